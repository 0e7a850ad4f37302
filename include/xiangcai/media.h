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
 * Takes @content in as a picture of the supplier, or gives the one that it has already. Its job is
 * called as the picture and makes what is shown of it, unless the caller says that it prepares it.
 */
struct image_intake {
	struct image image; /* in: id, supplier, user, created_at; out: all */
	struct text content;
	const char *media; /* of image_media */
	bool prepared;     /* by image_prepare: no job, and nothing is counted as an upload */
	bool known;        /* out: it was there */
};
event_fn image_upload; /* arg: struct image_intake */
/*
 * For jobs: makes what is shown of a picture that waits, in a step of its own, and reads how it
 * stands behind that. @content: its bytes, where the caller has them; NO_TEXT: they are read. What
 * the picture is to blame for is told by its state; other failures come back. May run again.
 */
enum err image_prepare(struct step *step, struct id image, struct text content, struct image *out);

/* ---- the program ------------------------------------------------------------- */

extern const struct route media_routes[];
extern const size_t media_route_count;
extern const struct job_kind media_jobs[];
extern const size_t media_job_count;

/* A leased loop: are there walls for children, and which pictures still wait whose job was given
 * up? */
extern const char pictures_loop_name[];
enum err pictures_turn(struct app *app, struct db *db, struct arena *arena,
		       const struct lease *lease, bool *more);

/*
 * `xiangcai thumbnail`, which main runs before all else: reads a picture from standard input, makes
 * its renditions behind walls, writes them to standard output. Gives the exit status.
 */
extern const char thumbnail_command[];
int thumbnail_child(void);

#endif
