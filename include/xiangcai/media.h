/*
 * media: pictures of goods. A supplier uploads them, a job makes what is shown of them in a process
 * of its own, revisions of products name them, and everybody may see those that were approved.
 * docs/images.md tells it in words.
 */
#ifndef XIANGCAI_MEDIA_H
#define XIANGCAI_MEDIA_H

#include "xiangcai/identity.h"
#include "xiangcai/image.h"

/* ---- pictures ---------------------------------------------------------------- */

enum image_state { IMAGE_QUEUED, IMAGE_READY, IMAGE_REFUSED };
extern const char *const image_state_words[];

/* What is shown of a picture, in one size. */
struct image_rendition {
	struct id image;
	int32_t size;       /* enum rendition_size */
	struct text digest; /* SM3 of its content: /media/ and 64 digits of it is its place */
	struct text media_type;
	int64_t width, height, bytes;
	struct text content; /* while it is stored */
};
struct image {
	struct id id, supplier, user, file;
	struct text digest; /* SM3 of what was uploaded */
	int32_t state;
	struct text problem;   /* code of why it was refused */
	struct text reason;    /* the same as a sentence, for answers */
	int64_t width, height; /* upright; INT_NONE until they are known */
	int64_t created_at;
	struct list renditions; /* of struct image_rendition, by size; empty until it is ready */
};
extern const struct field image_fields[];
extern const size_t image_field_count;

/* ---- taking one in (uploads, archives) --------------------------------------- */

/*
 * Inside an event that writes its own audit row: takes @content in as a picture of @supplier, or
 * gives the one that it has already (*known). Its job is called as the picture, and makes what is
 * shown of it. @media: of image_media. @out->id is the id to use.
 */
struct image_intake {
	struct image image; /* in: id, supplier, user, created_at; out: all */
	struct text content;
	const char *media;
	bool known;
};
enum err image_take(struct tx *tx, struct image_intake *intake);
/*
 * For jobs: makes what is shown of a picture that waits, in a step of its own, and reads how it
 * stands behind that. What the picture is to blame for is told by its state; other failures come
 * back. May run again.
 */
enum err image_prepare(struct step *step, struct id image, struct image *out);

/* ---- pictures of revisions --------------------------------------------------- */

enum { REVISION_IMAGES_MAX = 9 };
struct revision_image {
	struct id revision;
	int32_t number; /* from 1 */
	struct id image;
	struct text small, medium, large; /* digests */
	int64_t width, height;
};
/* JSON and rows: image, small, medium, large, width, height. */
extern const struct field revision_image_fields[];
extern const size_t revision_image_field_count;
/*
 * Inside an event: holds @images until its end, so that none is deleted meanwhile. Notes
 * ERR_UNKNOWN_REFERENCE at "/images/N" for each that is not a ready picture of @supplier, and
 * ERR_REPEATED for one that stands there twice; ERR_REFUSED then.
 */
enum err revision_images_hold(struct tx *tx, struct id supplier, const struct id *images,
			      size_t count);
/* Inside an event: makes @images those of @revision, in their order; at most REVISION_IMAGES_MAX.
 * They are held already. */
enum err revision_images_put(struct tx *tx, struct id revision, const struct id *images,
			     size_t count);
/* Inside an event: the pictures of one revision are those of another one, which has none yet. */
enum err revision_images_copy(struct tx *tx, struct id from, struct id to);
/* Of all @revisions: struct revision_image, in no order. One statement per 512. */
enum err revision_images_read(struct db *db, const struct id *revisions, size_t count,
			      struct arena *arena, struct list *out);

/* ---- the program ------------------------------------------------------------- */

extern const struct route media_routes[];
extern const size_t media_route_count;
extern const struct job_kind media_jobs[];
extern const size_t media_job_count;

/*
 * `xiangcai thumbnail`, which main runs before all else: reads a picture from standard input, makes
 * its renditions behind walls, writes them to standard output. Gives the exit status.
 */
extern const char thumbnail_command[];
int thumbnail_child(void);

#endif
