/*
 * Statements of pictures. Whose a picture is stands in the WHERE; that one may be seen by everybody
 * stands in there, too: a revision that was approved names it.
 */
#include "media_rows.h"

enum {
	IMAGE_FIND,
	IMAGE_READ,
	IMAGE_LOCK,
	IMAGE_LIST,
	IMAGE_INSERT,
	IMAGE_MARK,
	IMAGE_DELETE,
	IMAGE_USES,
	IMAGES_AGAIN,
	RENDITIONS_INSERT,
	RENDITIONS_DELETE,
	RENDITIONS_READ,
	MEDIA_PUBLIC,
	MEDIA_OWN,
	SQL_COUNT
};

#define IMAGE_COLUMNS                                                                              \
	"SELECT id, supplier, user, file, digest, state, problem, width, height, created_at"       \
	"  FROM image"

/* clang-format off */
static const struct sql sql[] = {
	[IMAGE_FIND] = {
		IMAGE_COLUMNS
		" WHERE supplier = ? AND digest = ?" },
	[IMAGE_READ] = {
		IMAGE_COLUMNS
		" WHERE id = ? AND (? OR supplier = ?)" },
	[IMAGE_LOCK] = {
		IMAGE_COLUMNS
		" WHERE id = ? AND supplier = ? FOR UPDATE" },
	[IMAGE_LIST] = {
		IMAGE_COLUMNS
		" WHERE supplier = ? AND (? OR id < ?)"
		" ORDER BY id DESC LIMIT ?" },
	[IMAGE_INSERT] = {
		"INSERT INTO image (id, supplier, user, file, digest, state, created_at)"
		" VALUES (?, ?, ?, ?, ?, 'queued', ?)" },
	[IMAGE_MARK] = {
		"UPDATE image SET state = ?, problem = ?, width = ?, height = ? WHERE id = ?" },
	[IMAGE_DELETE] = {
		"DELETE FROM image WHERE id = ?" },
	[IMAGE_USES] = {
		"SELECT COUNT(*) FROM revision_image WHERE image = ?" },
	[IMAGES_AGAIN] = {
		"UPDATE job j JOIN image i ON i.id = j.id"
		"   SET j.state = 'queued', j.attempts = 0, j.holder = NULL, j.until = NULL,"
		"       j.problem = NULL, j.ended_at = NULL"
		" WHERE j.kind = ? AND j.state = 'failed' AND i.state = 'queued'" },
	[RENDITIONS_INSERT] = {
		"INSERT INTO image_rendition (image, size, digest, media_type, width, height, bytes) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE bytes = VALUES(bytes)" },
	[RENDITIONS_DELETE] = {
		"DELETE FROM image_rendition WHERE image = ?" },
	[RENDITIONS_READ] = {
		"SELECT image, size, digest, media_type, width, height, bytes"
		"  FROM image_rendition"
		" WHERE image IN (", "?", ")"
		" ORDER BY image, size" },
	[MEDIA_PUBLIC] = {
		"SELECT c.digest, r.media_type, c.content"
		"  FROM image_rendition r"
		"  JOIN revision_image i ON i.image = r.image"
		"  JOIN revision v ON v.id = i.revision"
		"  JOIN file_chunk c ON c.digest = r.digest AND c.chunk = 0"
		" WHERE r.digest = ? AND v.state = 'approved'"
		" LIMIT 1" },
	[MEDIA_OWN] = {
		"SELECT c.digest, r.media_type, c.content"
		"  FROM image_rendition r"
		"  JOIN file_chunk c ON c.digest = r.digest AND c.chunk = 0"
		" WHERE r.image = ? AND r.size = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const char *const image_state_words[] = {
	[IMAGE_QUEUED] = "queued", [IMAGE_READY] = "ready", [IMAGE_REFUSED] = "refused", NULL
};

const struct field image_rendition_fields[] = {
	{ "image", KIND_ID, FIELD_AT(image_rendition, image), .only = ROW },
	{ "size", KIND_WORD, FIELD_AT(image_rendition, size), .words = rendition_words },
	{ "digest", KIND_BYTES, FIELD_AT(image_rendition, digest) },
	{ "media_type", KIND_TEXT, FIELD_AT(image_rendition, media_type) },
	{ "width", KIND_INT, FIELD_AT(image_rendition, width) },
	{ "height", KIND_INT, FIELD_AT(image_rendition, height) },
	{ "bytes", KIND_INT, FIELD_AT(image_rendition, bytes) },
};
const size_t image_rendition_field_count = COUNT_OF(image_rendition_fields);

const struct field image_fields[] = {
	{ "id", KIND_ID, FIELD_AT(image, id) },
	{ "supplier", KIND_ID, FIELD_AT(image, supplier), .only = ROW },
	{ "user", KIND_ID, FIELD_AT(image, user), .only = ROW },
	{ "file", KIND_ID, FIELD_AT(image, file) },
	{ "digest", KIND_BYTES, FIELD_AT(image, digest) },
	{ "state", KIND_WORD, FIELD_AT(image, state), .words = image_state_words },
	{ "problem", KIND_TEXT, FIELD_AT(image, problem), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(image, reason), .only = OUT, .optional = true },
	{ "width", KIND_INT, FIELD_AT(image, width), .optional = true },
	{ "height", KIND_INT, FIELD_AT(image, height), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(image, created_at) },
	{ "job", KIND_ID, FIELD_AT(image, id), .only = OUT }, /* it is called as the picture */
	{ "renditions", KIND_LIST, FIELD_AT(image, renditions), .only = OUT,
	  .of = image_rendition_fields, .of_count = COUNT_OF(image_rendition_fields),
	  .of_size = sizeof(struct image_rendition) },
};
const size_t image_field_count = COUNT_OF(image_fields);

/* ---- pictures -------------------------------------------------------------------------------- */

enum err image_find(struct db *db, struct arena *arena, struct id supplier, struct text digest,
		    struct image *out)
{
	return db_read(db, &sql[IMAGE_FIND], db_values(supplier, value_bytes(digest)), image_fields,
		       image_field_count, arena, out);
}

enum err image_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
		    struct image *out)
{
	return db_read(db, &sql[IMAGE_READ], db_values(id, id_is_none(supplier), supplier),
		       image_fields, image_field_count, arena, out);
}

enum err image_lock(struct db *db, struct arena *arena, struct id supplier, struct id id,
		    struct image *out)
{
	return db_read(db, &sql[IMAGE_LOCK], db_values(id, supplier), image_fields,
		       image_field_count, arena, out);
}

enum err image_list(struct db *db, struct arena *arena, struct id supplier, struct id after,
		    int64_t limit, struct list *out)
{
	return db_list(db, &sql[IMAGE_LIST], db_values(supplier, id_is_none(after), after, limit),
		       image_fields, image_field_count, sizeof(struct image), arena, out);
}

enum err image_insert(struct db *db, const struct image *image)
{
	return db_exec(db, &sql[IMAGE_INSERT],
		       db_values(image->id, image->supplier, image->user, image->file,
				 value_bytes(image->digest), image->created_at));
}

enum err image_mark(struct db *db, const struct image *image)
{
	return db_exec(db, &sql[IMAGE_MARK],
		       db_values(word_of(image_state_words, image->state), image->problem,
				 value_optional(image->width), value_optional(image->height),
				 image->id));
}

enum err image_delete(struct db *db, struct id id)
{
	enum err e = db_exec(db, &sql[RENDITIONS_DELETE], db_values(id));

	return e ? e : db_exec(db, &sql[IMAGE_DELETE], db_values(id));
}

enum err image_uses(struct db *db, struct id id, int64_t *count)
{
	return db_number(db, &sql[IMAGE_USES], db_values(id), count);
}

enum err renditions_insert(struct db *db, const struct image_rendition *rows, size_t count)
{
	return db_rows(db, &sql[RENDITIONS_INSERT], image_rendition_fields,
		       image_rendition_field_count, rows, count, sizeof(*rows));
}

/* Rows come by picture: each one's are a run, of which its list is a slice. */
static void renditions_hand_out(struct image *image, const struct list *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct image_rendition *row = LIST_ITEM(*rows, struct image_rendition, i);

		if (!id_equal(row->image, image->id))
			continue;
		if (!image->renditions.count)
			image->renditions.at = row;
		image->renditions.count++;
	}
}

enum err renditions_read(struct db *db, struct arena *arena, struct image *images, size_t count)
{
	struct value *keys =
		values_of_ids(arena, images, count, sizeof(*images), offsetof(struct image, id));
	struct list rows = { 0 };

	if (!count)
		return OK;
	if (!keys)
		return ERR_MEMORY;
	enum err e = db_list_in(db, &sql[RENDITIONS_READ], db_none, keys, count, db_none,
				image_rendition_fields, image_rendition_field_count,
				sizeof(struct image_rendition), arena, &rows);
	for (size_t i = 0; i < count && !e; i++)
		renditions_hand_out(&images[i], &rows);
	return e;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static const struct field content_fields[] = {
	{ "digest", KIND_BYTES, FIELD_AT(media_content, digest) },
	{ "media_type", KIND_TEXT, FIELD_AT(media_content, media_type) },
	{ "content", KIND_BYTES, FIELD_AT(media_content, content) },
};

enum err media_public(struct db *db, struct arena *arena, struct text digest,
		      struct media_content *out)
{
	return db_read(db, &sql[MEDIA_PUBLIC], db_values(value_bytes(digest)), content_fields,
		       COUNT_OF(content_fields), arena, out);
}

enum err media_own(struct db *db, struct arena *arena, struct id image, int32_t size,
		   struct media_content *out)
{
	return db_read(db, &sql[MEDIA_OWN], db_values(image, word_of(rendition_words, size)),
		       content_fields, COUNT_OF(content_fields), arena, out);
}

enum err images_again(struct db *db, const char *job)
{
	return db_exec(db, &sql[IMAGES_AGAIN], db_values(job));
}
