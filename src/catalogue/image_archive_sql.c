/* Statements of archives of pictures. A job that was given up ends its archive, too. */
#include "image_archive.h"

enum {
	ARCHIVE_INSERT,
	ARCHIVE_READ,
	ARCHIVE_END,
	PICTURES_INSERT,
	PICTURES_LIST,
	CODES_READ,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[ARCHIVE_INSERT] = {
		"INSERT INTO image_archive (id, supplier, user, file, submit, state, created_at)"
		" VALUES (?, ?, ?, ?, ?, 'queued', ?)" },
	[ARCHIVE_READ] = {
		"SELECT a.id, a.supplier, a.user, a.file, a.submit, IF(j.state = 'failed', 'refused', a.state),"
		" COALESCE(a.problem, j.problem), a.attached, a.repeated, a.refused, a.created_at,"
		" COALESCE(a.ended_at, j.ended_at)"
		"  FROM image_archive a LEFT JOIN job j ON j.id = a.id"
		" WHERE a.id = ? AND (? OR a.supplier = ?)" },
	[ARCHIVE_END] = {
		"UPDATE image_archive"
		"   SET state = ?, problem = ?, attached = ?, repeated = ?, refused = ?, ended_at = ?"
		" WHERE id = ?" },
	[PICTURES_INSERT] = {
		"INSERT INTO image_archive_entry (archive, number, name, outcome, problem, image, product) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE problem = VALUES(problem)" },
	[PICTURES_LIST] = {
		"SELECT archive, number, name, outcome, problem, image, product"
		"  FROM image_archive_entry"
		" WHERE archive = ? AND number > ?"
		" ORDER BY number LIMIT ?" },
	[CODES_READ] = {
		"SELECT code, product FROM sku WHERE supplier = ? AND code IN (", "?", ")" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const char *const state_words[] = { "queued", "done", "refused", NULL };
static const char *const outcome_words[] = { "attached", "repeated", "refused", NULL };

/* clang-format off */
const struct field image_archive_fields[] = {
	{ "id", KIND_ID, FIELD_AT(image_archive, id), .only = OUT | ROW },
	{ "supplier", KIND_ID, FIELD_AT(image_archive, supplier), .only = ROW },
	{ "user", KIND_ID, FIELD_AT(image_archive, user), .only = ROW },
	{ "file", KIND_ID, FIELD_AT(image_archive, file), .only = OUT | ROW },
	{ "submit", KIND_BOOL, FIELD_AT(image_archive, submit), .only = OUT | ROW },
	{ "state", KIND_WORD, FIELD_AT(image_archive, state), .only = OUT | ROW, .words = state_words },
	{ "problem", KIND_TEXT, FIELD_AT(image_archive, problem), .only = OUT | ROW, .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(image_archive, reason), .only = OUT, .optional = true },
	{ "attached", KIND_INT, FIELD_AT(image_archive, attached), .only = OUT | ROW },
	{ "repeated", KIND_INT, FIELD_AT(image_archive, repeated), .only = OUT | ROW },
	{ "refused", KIND_INT, FIELD_AT(image_archive, refused), .only = OUT | ROW },
	{ "created_at", KIND_INSTANT, FIELD_AT(image_archive, created_at), .only = OUT | ROW },
	{ "ended_at", KIND_INSTANT, FIELD_AT(image_archive, ended_at), .only = OUT | ROW, .optional = true },
};
const size_t image_archive_field_count = COUNT_OF(image_archive_fields);

const struct field archive_picture_fields[] = {
	{ "archive", KIND_ID, FIELD_AT(archive_picture, archive), .only = ROW },
	{ "number", KIND_INT, FIELD_AT(archive_picture, number) },
	{ "name", KIND_TEXT, FIELD_AT(archive_picture, name) },
	{ "outcome", KIND_WORD, FIELD_AT(archive_picture, outcome), .words = outcome_words },
	{ "problem", KIND_TEXT, FIELD_AT(archive_picture, problem), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(archive_picture, reason), .only = OUT, .optional = true },
	{ "image", KIND_ID, FIELD_AT(archive_picture, image), .optional = true },
	{ "product", KIND_ID, FIELD_AT(archive_picture, product), .optional = true },
};
const size_t archive_picture_field_count = COUNT_OF(archive_picture_fields);
/* clang-format on */

enum err image_archive_insert(struct db *db, const struct image_archive *archive)
{
	return db_exec(db, &sql[ARCHIVE_INSERT],
		       db_values(archive->id, archive->supplier, archive->user, archive->file,
				 archive->submit, archive->created_at));
}

enum err image_archive_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
			    struct image_archive *out)
{
	return db_read(db, &sql[ARCHIVE_READ], db_values(id, id_is_none(supplier), supplier),
		       image_archive_fields, image_archive_field_count, arena, out);
}

enum err image_archive_end(struct db *db, const struct image_archive *archive)
{
	return db_exec(db, &sql[ARCHIVE_END],
		       db_values(word_of(state_words, archive->state), archive->problem,
				 archive->attached, archive->repeated, archive->refused,
				 archive->ended_at, archive->id));
}

enum err archive_pictures_insert(struct db *db, const struct list *pictures)
{
	return db_rows(db, &sql[PICTURES_INSERT], archive_picture_fields,
		       archive_picture_field_count, pictures->at, pictures->count,
		       sizeof(struct archive_picture));
}

enum err archive_pictures_list(struct db *db, struct arena *arena, struct id archive, int64_t after,
			       int64_t limit, struct list *out)
{
	return db_list(db, &sql[PICTURES_LIST], db_values(archive, after, limit),
		       archive_picture_fields, archive_picture_field_count,
		       sizeof(struct archive_picture), arena, out);
}

enum err archive_codes(struct db *db, struct arena *arena, struct id supplier,
		       const struct value *codes, size_t count, struct list *out)
{
	static const struct field fields[] = {
		{ "code", KIND_TEXT, FIELD_AT(archive_picture, code) },
		{ "product", KIND_ID, FIELD_AT(archive_picture, product) },
	};

	if (!count)
		return OK;
	return db_list_in(db, &sql[CODES_READ], db_values(supplier), codes, count, db_none, fields,
			  COUNT_OF(fields), sizeof(struct archive_picture), arena, out);
}
