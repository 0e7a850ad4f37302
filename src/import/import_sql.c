/* Imports, their faults and notes. An import belongs to the organisation that asked, in the column
 * `supplier`: everybody else's WHERE finds nothing. */
#include "import_rows.h"

enum {
	FILE_MEDIA,
	IMPORT_INSERT,
	IMPORT_RUNNING,
	IMPORT_END,
	IMPORT_READ,
	IMPORT_LIST,
	FAULTS_INSERT,
	NOTES_INSERT,
	FAULT_LIST,
	NOTE_LIST,
	SQL_COUNT
};

/* A job that was given up ends its import too. */
#define IMPORT_COLUMNS                                                                             \
	"SELECT i.id, i.supplier, i.user, i.file, i.kind, i.policy, i.dry_run,"                    \
	" IF(j.state = 'failed', 'failed', i.state), i.format, i.encoding, i.sheet, i.accepted, "  \
	"i.rejected, "                                                                             \
	"i.skipped,"                                                                               \
	" i.created, i.changed, i.unchanged, i.priced, i.restocked, i.published, "                 \
	"COALESCE(i.problem, j.problem),"                                                          \
	" i.created_at, COALESCE(i.ended_at, j.ended_at), i.places"                                \
	"  FROM import i LEFT JOIN job j ON j.id = i.id"

/* clang-format off */
static const struct sql sql[] = {
	[FILE_MEDIA] = {
		"SELECT media_type FROM file WHERE id = ? AND organisation = ? LOCK IN SHARE MODE" },
	[IMPORT_INSERT] = {
		"INSERT INTO import (id, supplier, user, file, places, kind, policy, dry_run, state,"
		" created_at)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[IMPORT_RUNNING] = {
		"UPDATE import SET state = 'running' WHERE id = ? AND state = 'queued'" },
	[IMPORT_END] = {
		"UPDATE import SET state = ?, format = ?, encoding = ?, sheet = ?, accepted = ?, rejected = ?, skipped = ?,"
		" created = ?, changed = ?, unchanged = ?, priced = ?, restocked = ?, published = ?, problem = ?, ended_at = ?"
		" WHERE id = ?" },
	[IMPORT_READ] = {
		IMPORT_COLUMNS
		" WHERE i.id = ? AND i.kind = ? AND i.supplier = ?" },
	[IMPORT_LIST] = {
		IMPORT_COLUMNS
		" WHERE i.kind = ? AND i.supplier = ? AND (? OR i.id < ?)"
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
	[NOTE_LIST] = {
		"SELECT import, record, number, field, cell, taken FROM import_note"
		" WHERE import = ? AND record >= ? AND (record > ? OR number > ?)"
		" ORDER BY record, number LIMIT ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct import_media {
	struct text media_type;
};
static const struct field file_fields[] = {
	{ "media_type", KIND_TEXT, FIELD_AT(import_media, media_type) },
};

static const struct field insert_fields[] = {
	{ "id", KIND_ID, FIELD_AT(import, id) },
	{ "supplier", KIND_ID, FIELD_AT(import, whose) },
	{ "user", KIND_ID, FIELD_AT(import, user) },
	{ "file", KIND_ID, FIELD_AT(import, file) },
	{ "places", KIND_ID, FIELD_AT(import, places), .optional = true },
	{ "kind", KIND_TEXT, FIELD_AT(import, kind) },
	{ "policy", KIND_WORD, FIELD_AT(import, policy), .words = policy_words },
	{ "dry_run", KIND_BOOL, FIELD_AT(import, dry_run) },
	{ "state", KIND_WORD, FIELD_AT(import, state), .words = job_state_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(import, created_at) },
};

/* In: file, policy, dry_run, places. */
const struct field import_fields[] = {
	{ "id", KIND_ID, FIELD_AT(import, id), .only = OUT | ROW },
	{ "supplier", KIND_ID, FIELD_AT(import, whose), .only = ROW },
	{ "user", KIND_ID, FIELD_AT(import, user), .only = ROW },
	{ "file", KIND_ID, FIELD_AT(import, file) },
	{ "kind", KIND_TEXT, FIELD_AT(import, kind), .only = ROW },
	{ "policy", KIND_WORD, FIELD_AT(import, policy), .words = policy_words },
	{ "dry_run", KIND_BOOL, FIELD_AT(import, dry_run), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(import, state), .only = OUT | ROW,
	  .words = job_state_words },
	{ "format", KIND_TEXT, FIELD_AT(import, format), .only = OUT | ROW, .optional = true },
	{ "encoding", KIND_TEXT, FIELD_AT(import, encoding), .only = OUT | ROW, .optional = true },
	{ "sheet", KIND_TEXT, FIELD_AT(import, sheet), .only = OUT | ROW, .optional = true },
	{ "accepted", KIND_INT, FIELD_AT(import, accepted), .only = OUT | ROW },
	{ "rejected", KIND_INT, FIELD_AT(import, rejected), .only = OUT | ROW },
	{ "skipped", KIND_INT, FIELD_AT(import, skipped), .only = OUT | ROW },
	{ "created", KIND_INT, FIELD_AT(import, created), .only = OUT | ROW },
	{ "changed", KIND_INT, FIELD_AT(import, changed), .only = OUT | ROW },
	{ "unchanged", KIND_INT, FIELD_AT(import, unchanged), .only = OUT | ROW },
	{ "priced", KIND_INT, FIELD_AT(import, priced), .only = OUT | ROW },
	{ "restocked", KIND_INT, FIELD_AT(import, restocked), .only = OUT | ROW },
	{ "published", KIND_BOOL, FIELD_AT(import, published), .only = OUT | ROW },
	{ "problem", KIND_TEXT, FIELD_AT(import, problem), .only = OUT | ROW, .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(import, reason), .only = OUT, .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(import, created_at), .only = OUT | ROW },
	{ "ended_at", KIND_INSTANT, FIELD_AT(import, ended_at), .only = OUT | ROW,
	  .optional = true },
	{ "places", KIND_ID, FIELD_AT(import, places), .optional = true },
};
const size_t import_field_count = COUNT_OF(import_fields);
_Static_assert(COUNT_OF(import_fields) == IMPORT_FIELDS_OF_TWO_FILES,
	       "the second file is the last");

const struct field import_fault_fields[] = {
	{ "import", KIND_ID, FIELD_AT(import_fault, import), .only = ROW },
	{ "record", KIND_INT, FIELD_AT(import_fault, shown), .only = OUT },
	{ "record", KIND_INT, FIELD_AT(import_fault, record), .only = ROW },
	{ "number", KIND_INT, FIELD_AT(import_fault, number), .only = ROW },
	{ "field", KIND_TEXT, FIELD_AT(import_fault, field) },
	{ "code", KIND_TEXT, FIELD_AT(import_fault, code) },
	{ "cell", KIND_TEXT, FIELD_AT(import_fault, cell) },
	{ "arguments", KIND_TEXT, FIELD_AT(import_fault, arguments), .only = ROW },
	{ "reason", KIND_TEXT, FIELD_AT(import_fault, reason), .only = OUT },
};
const size_t import_fault_field_count = COUNT_OF(import_fault_fields);

const struct field import_note_fields[] = {
	{ "import", KIND_ID, FIELD_AT(import_note, import), .only = ROW },
	{ "record", KIND_INT, FIELD_AT(import_note, shown), .only = OUT },
	{ "record", KIND_INT, FIELD_AT(import_note, record), .only = ROW },
	{ "number", KIND_INT, FIELD_AT(import_note, number), .only = ROW },
	{ "field", KIND_TEXT, FIELD_AT(import_note, field) },
	{ "cell", KIND_TEXT, FIELD_AT(import_note, cell) },
	{ "taken", KIND_TEXT, FIELD_AT(import_note, taken) },
};
const size_t import_note_field_count = COUNT_OF(import_note_fields);

enum err import_file_media(struct db *db, struct arena *arena, struct id file,
			   struct id organisation, struct text *media_type)
{
	struct import_media found = { .media_type = NO_TEXT };
	enum err e = db_read(db, &sql[FILE_MEDIA], db_values(file, organisation), file_fields,
			     COUNT_OF(file_fields), arena, &found);

	*media_type = found.media_type;
	return e;
}

enum err import_insert(struct db *db, const struct import *import)
{
	return db_rows(db, &sql[IMPORT_INSERT], insert_fields, COUNT_OF(insert_fields), import, 1,
		       sizeof(*import));
}

enum err import_mark_running(struct db *db, struct id id)
{
	return db_exec(db, &sql[IMPORT_RUNNING], db_values(id));
}

enum err import_close(struct db *db, const struct import *import)
{
	return db_exec(db, &sql[IMPORT_END],
		       db_values(word_of(job_state_words, import->state), import->format,
				 import->encoding, import->sheet, import->accepted,
				 import->rejected, import->skipped, import->created,
				 import->changed, import->unchanged, import->priced,
				 import->restocked, import->published, import->problem,
				 import->ended_at, import->id));
}

enum err import_read(struct db *db, struct arena *arena, const char *kind, struct id whose,
		     struct id id, struct import *out)
{
	return db_read(db, &sql[IMPORT_READ], db_values(id, kind, whose), import_fields,
		       import_field_count, arena, out);
}

enum err import_list(struct db *db, struct arena *arena, const char *kind, struct id whose,
		     struct id after, int64_t limit, struct list *out)
{
	return db_list(db, &sql[IMPORT_LIST],
		       db_values(kind, whose, id_is_none(after), after, limit), import_fields,
		       import_field_count, sizeof(struct import), arena, out);
}

enum err faults_insert(struct db *db, const struct import_fault *rows, size_t count)
{
	return db_rows(db, &sql[FAULTS_INSERT], import_fault_fields, import_fault_field_count, rows,
		       count, sizeof(*rows));
}

enum err notes_insert(struct db *db, const struct import_note *rows, size_t count)
{
	return db_rows(db, &sql[NOTES_INSERT], import_note_fields, import_note_field_count, rows,
		       count, sizeof(*rows));
}

enum err fault_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		    int64_t limit, struct list *out)
{
	int64_t record = after / ROW_FAULTS_MAX, number = after % ROW_FAULTS_MAX;

	return db_list(db, &sql[FAULT_LIST], db_values(import, record, record, number, limit),
		       import_fault_fields, import_fault_field_count, sizeof(struct import_fault),
		       arena, out);
}

enum err note_list(struct db *db, struct arena *arena, struct id import, int64_t after,
		   int64_t limit, struct list *out)
{
	int64_t record = after / ROW_FAULTS_MAX, number = after % ROW_FAULTS_MAX;

	return db_list(db, &sql[NOTE_LIST], db_values(import, record, record, number, limit),
		       import_note_fields, import_note_field_count, sizeof(struct import_note),
		       arena, out);
}
