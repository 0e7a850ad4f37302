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
	OPTIONS_READ,
	IMPORT_WAITS,
	IMPORTS_OLD,
	IMPORT_KEPT,
	FAULTS_SWEEP,
	NOTES_SWEEP,
	CHANGES_SWEEP,
	HEADERS_LIST,
	HEADERS_PUT,
	HEADER_READ,
	HEADER_DELETE,
	FAULTS_INSERT,
	NOTES_INSERT,
	FAULT_LIST,
	NOTE_LIST,
	SQL_COUNT
};

/* A job that was given up, or cancelled before it began, ends its import too. */
#define IMPORT_COLUMNS                                                                             \
	"SELECT i.id, i.supplier, i.user, i.file, i.kind, i.policy, i.dry_run,"                    \
	" IF(j.state IN ('failed', 'cancelled'), j.state, i.state), i.format, i.encoding, "        \
	"i.sheet, i.accepted, "                                                                    \
	"i.rejected, "                                                                             \
	"i.skipped,"                                                                               \
	" i.created, i.changed, i.unchanged, i.priced, i.restocked, i.published, "                 \
	"COALESCE(i.problem, j.problem),"                                                          \
	" i.created_at, COALESCE(i.ended_at, j.ended_at), i.header_row, i.unknown_columns, "       \
	"i.kept, i.places"                                                                         \
	"  FROM import i LEFT JOIN job j ON j.id = i.id"

/* clang-format off */
static const struct sql sql[] = {
	[FILE_MEDIA] = {
		"SELECT media_type FROM file WHERE id = ? AND organisation = ? FOR UPDATE" },
	[IMPORT_INSERT] = {
		"INSERT INTO import (id, supplier, user, file, places, kind, policy, dry_run, state,"
		" created_at, options)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[IMPORT_RUNNING] = {
		"UPDATE import SET state = 'running' WHERE id = ? AND state = 'queued'" },
	[IMPORT_END] = {
		"UPDATE import SET state = ?, format = ?, encoding = ?, sheet = ?, accepted = ?, rejected = ?, skipped = ?,"
		" created = ?, changed = ?, unchanged = ?, priced = ?, restocked = ?, published = ?, problem = ?, ended_at = ?,"
		" header_row = ?, unknown_columns = ?"
		" WHERE id = ?" },
	[IMPORT_READ] = {
		IMPORT_COLUMNS
		" WHERE i.id = ? AND i.kind = ? AND i.supplier = ?" },
	[IMPORT_LIST] = {
		IMPORT_COLUMNS
		" WHERE i.kind = ? AND i.supplier = ? AND (? OR i.id < ?)"
		" ORDER BY i.id DESC LIMIT ?" },
	[OPTIONS_READ] = { "SELECT options FROM import WHERE id = ?" },
	[IMPORT_WAITS] = {
		"SELECT COUNT(*) FROM import i JOIN job j ON j.id = i.id"
		" WHERE i.supplier = ? AND i.kind = ? AND i.file = ? AND i.places <=> ?"
		"   AND i.policy = ? AND i.dry_run = ? AND i.options <=> ?"
		"   AND j.state = 'queued'" },
	[IMPORTS_OLD] = {
		"SELECT q.id"
		"  FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY supplier ORDER BY id DESC) AS place"
		"          FROM import WHERE kept IN ('whole', 'going')) q"
		"  LEFT JOIN job j ON j.id = q.id"
		" WHERE (q.id < ? OR q.place > ?)"
		"   AND (j.id IS NULL OR j.state NOT IN ('queued', 'running'))"
		" ORDER BY q.id LIMIT 100" },
	[IMPORT_KEPT] = { "UPDATE import SET kept = ? WHERE id = ?" },
	[FAULTS_SWEEP] = { "DELETE FROM import_fault WHERE import = ? LIMIT 5000" },
	[NOTES_SWEEP] = { "DELETE FROM import_note WHERE import = ? LIMIT 5000" },
	[CHANGES_SWEEP] = { "DELETE FROM import_change WHERE import = ? LIMIT 5000" },
	[HEADERS_LIST] = {
		"SELECT id, whose, kind, header_key, header, column_word, created_at FROM import_header"
		" WHERE whose = ? AND kind = ? ORDER BY created_at DESC, id DESC LIMIT 501" },
	[HEADERS_PUT] = {
		"INSERT INTO import_header (id, whose, kind, header_key, header, column_word, created_at)"
		" VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE header = VALUES(header), column_word = VALUES(column_word),"
		" created_at = VALUES(created_at)" },
	[HEADER_READ] = {
		"SELECT id, whose, kind, header_key, header, column_word, created_at FROM import_header"
		" WHERE id = ? AND whose = ? AND kind = ? FOR UPDATE" },
	[HEADER_DELETE] = { "DELETE FROM import_header WHERE id = ?" },
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
	{ "options", KIND_TEXT, FIELD_AT(import, reason), .optional = true },
};

static const char *const kept_words[] = {
	[KEPT_WHOLE] = "whole", [KEPT_GOING] = "going", [KEPT_GONE] = "gone", NULL
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
	{ "header_row", KIND_INT, FIELD_AT(import, header_row), .only = OUT | ROW,
	  .optional = true },
	{ "unknown_columns", KIND_RAW, FIELD_AT(import, unknown_columns), .only = OUT | ROW,
	  .optional = true },
	{ "kept", KIND_WORD, FIELD_AT(import, kept), .only = ROW, .words = kept_words },
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

/* An import that is asked for has no sentence yet: its options stand there on their way. */
enum err import_insert(struct db *db, const struct import *import, struct text options)
{
	struct import row = *import;

	row.reason = options;
	return db_rows(db, &sql[IMPORT_INSERT], insert_fields, COUNT_OF(insert_fields), &row, 1,
		       sizeof(row));
}

struct options_row {
	struct text options;
};
static const struct field options_row_fields[] = {
	{ "options", KIND_TEXT, FIELD_AT(options_row, options), .optional = true },
};

enum err import_options_read(struct db *db, struct arena *arena, struct id id, struct text *out)
{
	struct options_row row = { .options = NO_TEXT };
	enum err e = db_read(db, &sql[OPTIONS_READ], db_values(id), options_row_fields,
			     COUNT_OF(options_row_fields), arena, &row);

	*out = row.options;
	return e;
}

enum err import_sweep_rows(struct db *db, struct id import, uint64_t *count)
{
	enum err e = db_exec(db, &sql[FAULTS_SWEEP], db_values(import));

	*count = e ? 0 : db_affected(db);
	if (!e)
		e = db_exec(db, &sql[NOTES_SWEEP], db_values(import));
	*count += e ? 0 : db_affected(db);
	if (!e)
		e = db_exec(db, &sql[CHANGES_SWEEP], db_values(import));
	*count += e ? 0 : db_affected(db);
	return e;
}

enum err import_waits(struct db *db, const struct import *import, struct text options, bool *waits)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[IMPORT_WAITS],
			       db_values(import->whose, import->kind, import->file, import->places,
					 word_of(policy_words, import->policy), import->dry_run,
					 options),
			       &count);

	*waits = count > 0;
	return e;
}

enum err imports_old(struct db *db, struct arena *arena, struct id oldest, struct list *out)
{
	static const struct field fields[] = { { "id", KIND_ID, 0 } };

	return db_list(db, &sql[IMPORTS_OLD], db_values(oldest, value_i64(IMPORT_KEPT_COUNT)),
		       fields, COUNT_OF(fields), sizeof(struct id), arena, out);
}

enum err import_mark_kept(struct db *db, struct id id, int32_t kept)
{
	return db_exec(db, &sql[IMPORT_KEPT], db_values(word_of(kept_words, kept), id));
}

/* The key is the row's own business. */
const struct field import_header_fields[] = {
	{ "id", KIND_ID, FIELD_AT(import_header, id) },
	{ "whose", KIND_ID, FIELD_AT(import_header, whose), .only = ROW },
	{ "kind", KIND_TEXT, FIELD_AT(import_header, kind), .only = ROW },
	{ "header_key", KIND_TEXT, FIELD_AT(import_header, key), .only = ROW },
	{ "header", KIND_TEXT, FIELD_AT(import_header, header) },
	{ "column", KIND_TEXT, FIELD_AT(import_header, column), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(import_header, created_at) },
};
const size_t import_header_field_count = COUNT_OF(import_header_fields);

enum err headers_list(struct db *db, struct arena *arena, struct id whose, const char *kind,
		      struct list *out)
{
	return db_list(db, &sql[HEADERS_LIST], db_values(whose, kind), import_header_fields,
		       import_header_field_count, sizeof(struct import_header), arena, out);
}

enum err headers_put(struct db *db, const struct list *headers)
{
	return db_rows(db, &sql[HEADERS_PUT], import_header_fields, import_header_field_count,
		       headers->at, headers->count, sizeof(struct import_header));
}

enum err header_read(struct db *db, struct arena *arena, struct id whose, const char *kind,
		     struct id id, struct import_header *out)
{
	return db_read(db, &sql[HEADER_READ], db_values(id, whose, kind), import_header_fields,
		       import_header_field_count, arena, out);
}

enum err header_delete(struct db *db, struct id id)
{
	return db_exec(db, &sql[HEADER_DELETE], db_values(id));
}

enum err import_mark_running(struct db *db, struct id id)
{
	return db_exec(db, &sql[IMPORT_RUNNING], db_values(id));
}

enum err import_close(struct db *db, const struct import *import)
{
	return db_exec(
		db, &sql[IMPORT_END],
		db_values(word_of(job_state_words, import->state), import->format, import->encoding,
			  import->sheet, import->accepted, import->rejected, import->skipped,
			  import->created, import->changed, import->unchanged, import->priced,
			  import->restocked, import->published, import->problem, import->ended_at,
			  value_optional(import->header_row), import->unknown_columns, import->id));
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
