/* Imports, their faults and notes. An import belongs to its supplier: everybody else's WHERE finds
 * nothing. */
#include "upload.h"

enum {
	FILE_MEDIA,
	UPLOAD_INSERT,
	UPLOAD_RUNNING,
	UPLOAD_END,
	UPLOAD_READ,
	UPLOAD_LIST,
	FAULTS_INSERT,
	NOTES_INSERT,
	FAULT_LIST,
	FAULT_EACH,
	NOTE_LIST,
	SQL_COUNT
};

/* A job that was given up ends its import too. */
#define UPLOAD_COLUMNS                                                                             \
	"SELECT i.id, i.supplier, i.user, i.file, i.policy, i.dry_run,"                            \
	" IF(j.state = 'failed', 'failed', i.state), i.encoding, i.accepted, i.rejected, "         \
	"i.skipped,"                                                                               \
	" i.created, i.changed, i.unchanged, i.published, COALESCE(i.problem, j.problem),"         \
	" i.created_at, COALESCE(i.ended_at, j.ended_at)"                                          \
	"  FROM import i LEFT JOIN job j ON j.id = i.id"

/* clang-format off */
static const struct sql sql[] = {
	[FILE_MEDIA] = {
		"SELECT media_type FROM file WHERE id = ? AND organisation = ? LOCK IN SHARE MODE" },
	[UPLOAD_INSERT] = {
		"INSERT INTO import (id, supplier, user, file, policy, dry_run, state, created_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
	[UPLOAD_RUNNING] = {
		"UPDATE import SET state = 'running' WHERE id = ? AND state = 'queued'" },
	[UPLOAD_END] = {
		"UPDATE import SET state = ?, encoding = ?, accepted = ?, rejected = ?, skipped = ?,"
		" created = ?, changed = ?, unchanged = ?, published = ?, problem = ?, ended_at = ?"
		" WHERE id = ?" },
	[UPLOAD_READ] = {
		UPLOAD_COLUMNS
		" WHERE i.id = ? AND i.supplier = ?" },
	[UPLOAD_LIST] = {
		UPLOAD_COLUMNS
		" WHERE i.supplier = ? AND (? OR i.id < ?)"
		" ORDER BY i.id DESC LIMIT ?" },
	[FAULTS_INSERT] = {
		"INSERT INTO import_fault (import, record, number, field, code, cell, arguments) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE field = VALUES(field), code = VALUES(code),"
		" cell = VALUES(cell), arguments = VALUES(arguments)" },
	[NOTES_INSERT] = {
		"INSERT INTO import_note (import, record, number, field, cell, taken) VALUES ",
		"(?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE field = VALUES(field), cell = VALUES(cell),"
		" taken = VALUES(taken)" },
	[FAULT_LIST] = {
		"SELECT import, record, number, field, code, cell, arguments FROM import_fault"
		" WHERE import = ? AND record >= ? AND (record > ? OR number > ?)"
		" ORDER BY record, number LIMIT ?" },
	[FAULT_EACH] = {
		"SELECT import, record, number, field, code, cell, arguments FROM import_fault"
		" WHERE import = ? ORDER BY record, number" },
	[NOTE_LIST] = {
		"SELECT import, record, number, field, cell, taken FROM import_note"
		" WHERE import = ? AND record >= ? AND (record > ? OR number > ?)"
		" ORDER BY record, number LIMIT ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct upload_file {
	struct text media_type;
};
static const struct field file_fields[] = {
	{ "media_type", KIND_TEXT, FIELD_AT(upload_file, media_type) },
};

static const struct field insert_fields[] = {
	{ "id", KIND_ID, FIELD_AT(upload, id) },
	{ "supplier", KIND_ID, FIELD_AT(upload, supplier) },
	{ "user", KIND_ID, FIELD_AT(upload, user) },
	{ "file", KIND_ID, FIELD_AT(upload, file) },
	{ "policy", KIND_WORD, FIELD_AT(upload, policy), .words = policy_words },
	{ "dry_run", KIND_BOOL, FIELD_AT(upload, dry_run) },
	{ "state", KIND_WORD, FIELD_AT(upload, state), .words = job_state_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(upload, created_at) },
};

/* In: file, policy, dry_run. */
const struct field upload_fields[] = {
	{ "id", KIND_ID, FIELD_AT(upload, id), .only = OUT | ROW },
	{ "supplier", KIND_ID, FIELD_AT(upload, supplier), .only = ROW },
	{ "user", KIND_ID, FIELD_AT(upload, user), .only = ROW },
	{ "file", KIND_ID, FIELD_AT(upload, file) },
	{ "policy", KIND_WORD, FIELD_AT(upload, policy), .words = policy_words },
	{ "dry_run", KIND_BOOL, FIELD_AT(upload, dry_run), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(upload, state), .only = OUT | ROW,
	  .words = job_state_words },
	{ "encoding", KIND_TEXT, FIELD_AT(upload, encoding), .only = OUT | ROW, .optional = true },
	{ "accepted", KIND_INT, FIELD_AT(upload, accepted), .only = OUT | ROW },
	{ "rejected", KIND_INT, FIELD_AT(upload, rejected), .only = OUT | ROW },
	{ "skipped", KIND_INT, FIELD_AT(upload, skipped), .only = OUT | ROW },
	{ "created", KIND_INT, FIELD_AT(upload, created), .only = OUT | ROW },
	{ "changed", KIND_INT, FIELD_AT(upload, changed), .only = OUT | ROW },
	{ "unchanged", KIND_INT, FIELD_AT(upload, unchanged), .only = OUT | ROW },
	{ "published", KIND_BOOL, FIELD_AT(upload, published), .only = OUT | ROW },
	{ "problem", KIND_TEXT, FIELD_AT(upload, problem), .only = OUT | ROW, .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(upload, reason), .only = OUT, .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(upload, created_at), .only = OUT | ROW },
	{ "ended_at", KIND_INSTANT, FIELD_AT(upload, ended_at), .only = OUT | ROW,
	  .optional = true },
};
const size_t upload_field_count = COUNT_OF(upload_fields);

const struct field upload_fault_fields[] = {
	{ "import", KIND_ID, FIELD_AT(upload_fault, import), .only = ROW },
	{ "record", KIND_INT, FIELD_AT(upload_fault, record) },
	{ "number", KIND_INT, FIELD_AT(upload_fault, number), .only = ROW },
	{ "field", KIND_TEXT, FIELD_AT(upload_fault, field) },
	{ "code", KIND_TEXT, FIELD_AT(upload_fault, code) },
	{ "cell", KIND_TEXT, FIELD_AT(upload_fault, cell) },
	{ "arguments", KIND_TEXT, FIELD_AT(upload_fault, arguments), .only = ROW },
	{ "reason", KIND_TEXT, FIELD_AT(upload_fault, reason), .only = OUT },
};
const size_t upload_fault_field_count = COUNT_OF(upload_fault_fields);

const struct field upload_note_fields[] = {
	{ "import", KIND_ID, FIELD_AT(upload_note, import), .only = ROW },
	{ "record", KIND_INT, FIELD_AT(upload_note, record) },
	{ "number", KIND_INT, FIELD_AT(upload_note, number), .only = ROW },
	{ "field", KIND_TEXT, FIELD_AT(upload_note, field) },
	{ "cell", KIND_TEXT, FIELD_AT(upload_note, cell) },
	{ "taken", KIND_TEXT, FIELD_AT(upload_note, taken) },
};
const size_t upload_note_field_count = COUNT_OF(upload_note_fields);

enum err upload_file_media(struct db *db, struct arena *arena, struct id file,
			   struct id organisation, struct text *media_type)
{
	struct upload_file found = { .media_type = NO_TEXT };
	enum err e = db_read(db, &sql[FILE_MEDIA], db_values(file, organisation), file_fields,
			     COUNT_OF(file_fields), arena, &found);

	*media_type = found.media_type;
	return e;
}

enum err upload_insert(struct db *db, const struct upload *upload)
{
	return db_rows(db, &sql[UPLOAD_INSERT], insert_fields, COUNT_OF(insert_fields), upload, 1,
		       sizeof(*upload));
}

enum err upload_mark_running(struct db *db, struct id id)
{
	return db_exec(db, &sql[UPLOAD_RUNNING], db_values(id));
}

enum err upload_end(struct db *db, const struct upload *upload)
{
	return db_exec(db, &sql[UPLOAD_END],
		       db_values(word_of(job_state_words, upload->state), upload->encoding,
				 upload->accepted, upload->rejected, upload->skipped,
				 upload->created, upload->changed, upload->unchanged,
				 upload->published, upload->problem, upload->ended_at, upload->id));
}

enum err upload_read(struct db *db, struct arena *arena, struct id supplier, struct id id,
		     struct upload *out)
{
	return db_read(db, &sql[UPLOAD_READ], db_values(id, supplier), upload_fields,
		       upload_field_count, arena, out);
}

enum err upload_list(struct db *db, struct arena *arena, struct id supplier, struct id after,
		     int64_t limit, struct list *out)
{
	return db_list(db, &sql[UPLOAD_LIST], db_values(supplier, id_is_none(after), after, limit),
		       upload_fields, upload_field_count, sizeof(struct upload), arena, out);
}

enum err faults_insert(struct db *db, const struct upload_fault *rows, size_t count)
{
	return db_rows(db, &sql[FAULTS_INSERT], upload_fault_fields, upload_fault_field_count, rows,
		       count, sizeof(*rows));
}

enum err notes_insert(struct db *db, const struct upload_note *rows, size_t count)
{
	return db_rows(db, &sql[NOTES_INSERT], upload_note_fields, upload_note_field_count, rows,
		       count, sizeof(*rows));
}

enum err fault_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		    int64_t limit, struct list *out)
{
	int64_t record = after / ROW_FAULTS_MAX, number = after % ROW_FAULTS_MAX;

	return db_list(db, &sql[FAULT_LIST], db_values(import, record, record, number, limit),
		       upload_fault_fields, upload_fault_field_count, sizeof(struct upload_fault),
		       arena, out);
}

enum err fault_each(struct db *db, struct id import, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[FAULT_EACH], db_values(import), upload_fault_fields,
		       upload_fault_field_count, sizeof(struct upload_fault), fn, context);
}

enum err note_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		   int64_t limit, struct list *out)
{
	int64_t record = after / ROW_FAULTS_MAX, number = after % ROW_FAULTS_MAX;

	return db_list(db, &sql[NOTE_LIST], db_values(import, record, record, number, limit),
		       upload_note_fields, upload_note_field_count, sizeof(struct upload_note),
		       arena, out);
}
