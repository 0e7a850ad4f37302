/* Between the files of media: statements, and what goes through the pipe to the child. */
#ifndef MEDIA_ROWS_H
#define MEDIA_ROWS_H

#include "xiangcai/media.h"

/* ---- statements (media_sql.c) ---- */

extern const struct field image_rendition_fields[];
extern const size_t image_rendition_field_count;

/* The supplier's picture of that digest; ERR_NOT_FOUND. Without renditions, as the next. */
enum err image_find(struct db *db, struct arena *arena, struct id supplier, struct text digest,
		    struct image *out);
/* Of @supplier; NO_ID: of anybody. */
enum err image_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
		    struct image *out);
enum err image_lock(struct db *db, struct arena *arena, struct id supplier, struct id id,
		    struct image *out);
/* The newest first, those older than @after. */
enum err image_list(struct db *db, struct arena *arena, struct id supplier, struct id after,
		    int64_t limit, struct list *out);
enum err image_insert(struct db *db, const struct image *image);
enum err image_mark(struct db *db, const struct image *image);
enum err image_delete(struct db *db, struct id id);
/* How many revisions name it. */
enum err image_uses(struct db *db, struct id id, int64_t *count);
/* Jobs of kind @job that were given up wait again where their pictures do. */
enum err images_again(struct db *db, const char *job);
enum err renditions_insert(struct db *db, const struct image_rendition *rows, size_t count);
/* Fills the renditions of each of @images. */
enum err renditions_read(struct db *db, struct arena *arena, struct image *images, size_t count);

/* Bytes to send. */
struct media_content {
	struct text digest, media_type, content;
};
/* Of that digest, if a revision that was approved shows it; ERR_NOT_FOUND. */
enum err media_public(struct db *db, struct arena *arena, struct text digest,
		      struct media_content *out);
enum err media_own(struct db *db, struct arena *arena, struct id image, int32_t size,
		   struct media_content *out);

/* ---- events (media_event.c) ---- */

event_fn image_finish; /* arg: struct image with renditions and their contents */
struct image_removal {
	struct id id, supplier;
};
event_fn image_remove; /* arg: struct image_removal */

/* ---- the child (thumbnail.c, thumbnail_child.c, walls.c) ---- */

/* What the child writes first, in this machine's own order; contents follow, by size. */
struct thumbnail_answer {
	uint32_t magic, error; /* enum err; OK, or nothing follows */
	uint32_t width, height;
	struct {
		uint32_t width, height, size;
	} of[RENDITION_COUNT];
};
enum { THUMBNAIL_MAGIC = 0x58435431 };
/* How it exits. */
enum { THUMBNAIL_ANSWERED = 0, THUMBNAIL_NO_WALLS = 3, THUMBNAIL_NO_ANSWER = 4 };

/*
 * What is shown of @content, made by a child; contents in @arena. What the picture is to blame for
 * is one of ERR_IMAGE_…; the rest is the world's.
 */
enum err thumbnails_make(struct app *app, struct text content, struct arena *arena,
			 struct renditions *out);
bool is_image_fault(enum err e);
/* What the end of a child says: OK, ERR_IMAGE_COST where the picture is to blame, ERR_BUSY where
 * the world is. */
enum err thumbnail_end(struct app *app, const struct child_end *end);
/* A child with nothing to do: whether there are walls to stand behind; told to the log if not. */
enum err thumbnails_try(struct app *app);

/* From here on this process can compute, read and write what is open, and end. False: it could not
 * be confined. */
bool walls_raise(void);

#endif
