/*
 * Archives of pictures that are named by codes of SKUs: `610621-001.jpg`, `610621-001_2.png`. Each
 * picture is taken in as if it had been uploaded by itself; then every product that got new ones
 * has them in its draft, behind those that it has already.
 */
#ifndef CATALOGUE_IMAGE_ARCHIVE_H
#define CATALOGUE_IMAGE_ARCHIVE_H

#include "product_draft.h"
#include "xiangcai/media.h"

enum archive_state { ARCHIVE_QUEUED, ARCHIVE_DONE, ARCHIVE_REFUSED };
enum archive_outcome { ENTRY_ATTACHED, ENTRY_REPEATED, ENTRY_REFUSED };

struct image_archive {
	struct id id, supplier, user, file;
	bool submit;
	int32_t state;
	struct text problem, reason;
	int64_t attached, repeated, refused;
	int64_t created_at, ended_at;
	struct list entries; /* of struct archive_picture, while the job runs */
};
extern const struct field image_archive_fields[];
extern const size_t image_archive_field_count;

/* An entry that may be a picture, and what becomes of it. */
struct archive_picture {
	struct id archive;
	int64_t number; /* from 1 */
	struct text name;
	int32_t outcome;
	struct text problem, reason;
	struct id image, product;
	/* while the job runs */
	const struct archive_entry *entry;
	bool settled;           /* its row was written with its product, by an earlier run */
	struct text stem, code; /* the name without its ending, and without _2 */
	int64_t place;          /* what stands behind the _; 1 without */
};
extern const struct field archive_picture_fields[];
extern const size_t archive_picture_field_count;

/* ---- names (image_archive.c): pure ---- */

/* Whether an entry is a folder, or what systems put into archives by themselves. */
bool archive_skips(struct text name);
/* Fills stem, code and place; what is wrong with the name otherwise. */
enum err archive_name_read(struct archive_picture *picture);

/* ---- statements (image_archive_sql.c) ---- */

enum err image_archive_insert(struct db *db, const struct image_archive *archive);
/* ERR_NOT_FOUND for another supplier's; NO_ID: anybody's. */
enum err image_archive_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
			    struct image_archive *out);
enum err image_archive_end(struct db *db, const struct image_archive *archive);
/* What is written again stays whose it was; only its problem may change. */
enum err archive_pictures_insert(struct db *db, const struct list *pictures);
enum err archive_pictures_list(struct db *db, struct arena *arena, struct id archive, int64_t after,
			       int64_t limit, struct list *out);
/* The products of the supplier's codes: code and product of struct archive_picture. */
enum err archive_codes(struct db *db, struct arena *arena, struct id supplier,
		       const struct value *codes, size_t count, struct list *out);

/* ---- the job (image_archive_job.c), handlers (image_archive_http.c) ---- */

job_fn image_archive_job;
enum err post_image_archive(struct req *rq);
enum err get_image_archive(struct req *rq);
enum err get_image_archive_entries(struct req *rq);

#endif
