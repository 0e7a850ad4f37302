/*
 * The events of a picture: taken in, finished by its job, removed. What was uploaded is a private
 * file of the supplier; what is shown stands by digest beside the contents of files.
 */
#include "media_rows.h"

static enum err note(struct tx *tx, const char *kind, const struct image *before,
		     const struct image *after)
{
	const struct image *image = after ? after : before;

	assert(image);
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = image->id,
						     .fields = image_fields,
						     .field_count = image_field_count,
						     .before = before,
						     .after = after });
}

/* ---- taken in ---- */

static enum err store(struct tx *tx, struct image_intake *intake)
{
	struct image *image = &intake->image;
	/* what an archive's bytes become is counted by what is stored of it, beside the archive */
	enum err e =
		intake->prepared ? upload_of_organisation(tx, (int64_t)intake->content.size) : OK;

	if (!e)
		e = file_store(tx, image->file, image->supplier, intake->content, intake->media);

	if (!e)
		e = image_insert(tx->db, image);
	/* another upload of the same was faster: seen by the next run */
	if (e == ERR_DB_DUPLICATE)
		return ERR_DB_CONFLICT;
	if (e || intake->prepared)
		return e;
	return job_add(tx, image->id, media_jobs[0].kind, TEXT("{}"));
}

static enum err image_take(struct tx *tx, struct image_intake *intake)
{
	struct image *image = &intake->image, known = { 0 };
	struct digest digest = sm3(intake->content);
	struct text bytes = { arena_copy(tx->arena, digest.bytes, DIGEST_SIZE), DIGEST_SIZE };

	if (!bytes.at)
		return ERR_MEMORY;
	enum err e = image_find(tx->db, tx->arena, image->supplier, bytes, &known);
	intake->known = !e;
	if (!e) {
		*image = known;
		return renditions_read(tx->db, tx->arena, image, 1);
	}
	if (e != ERR_NOT_FOUND)
		return e;
	image->digest = bytes;
	image->file = id_new(tx->now);
	image->state = IMAGE_QUEUED;
	image->width = image->height = INT_NONE;
	return store(tx, intake);
}

enum err image_upload(struct tx *tx, void *arg)
{
	struct image_intake *intake = arg;
	enum err e =
		intake->prepared ? OK : upload_of_organisation(tx, (int64_t)intake->content.size);

	if (!e)
		e = image_take(tx, intake);
	return e || intake->known ? e : note(tx, "image.uploaded", NULL, &intake->image);
}

/* ---- finished ---- */

static enum err renditions_store(struct tx *tx, struct image *image)
{
	struct digest *digests = arena_take(tx->arena, RENDITION_COUNT * sizeof(*digests));
	enum err e = digests ? OK : ERR_MEMORY;

	for (size_t i = 0; i < image->renditions.count && !e; i++) {
		struct image_rendition *row =
			LIST_ITEM(image->renditions, struct image_rendition, i);

		e = content_put(tx, row->content, &digests[i]);
		row->digest = (struct text){ (const char *)digests[i].bytes, DIGEST_SIZE };
	}
	return e ? e : renditions_insert(tx->db, image->renditions.at, image->renditions.count);
}

/* Whoever removed it meanwhile has the last word. */
enum err image_finish(struct tx *tx, void *arg)
{
	struct image *image = arg, before = { 0 };
	enum err e = image_lock(tx->db, tx->arena, image->supplier, image->id, &before);

	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	if (before.state != IMAGE_QUEUED)
		return OK;
	e = renditions_store(tx, image);
	if (!e)
		e = image_mark(tx->db, image);
	return e ? e
		 : note(tx, image->state == IMAGE_READY ? "image.ready" : "image.refused", &before,
			image);
}

/* ---- removed ---- */

enum err image_remove(struct tx *tx, void *arg)
{
	const struct image_removal *removal = arg;
	struct image image = { 0 };
	int64_t uses = 0;
	enum err e = image_lock(tx->db, tx->arena, removal->supplier, removal->id, &image);

	if (!e)
		e = image_uses(tx->db, image.id, &uses);
	if (!e && uses)
		return ERR_IMAGE_USED;
	if (!e)
		e = renditions_read(tx->db, tx->arena, &image, 1);
	if (!e)
		e = image_delete(tx->db, image.id);
	/* a draft that came to name it just now holds it by its key */
	if (e == ERR_DB_CHECK)
		return ERR_IMAGE_USED;
	for (size_t i = 0; i < image.renditions.count && !e; i++)
		e = content_drop(tx,
				 LIST_ITEM(image.renditions, struct image_rendition, i)->digest);
	if (!e)
		e = file_drop(tx, image.supplier, image.file);
	return e ? e : note(tx, "image.removed", &image, NULL);
}
