/*
 * The statements of licences, of the suspension that follows from them, and of the daily run's
 * marks. Columns stand in the order of the field tables.
 */
#include "licence.h"

#define LICENCE_COLUMNS                                                                            \
	"l.id, l.organisation, o.short_name, l.kind, l.number, l.file, l.expires_on, l.state, "    \
	"l.noticed, l.submitted_by, l.submitted_at, l.decided_by, l.decided_at, l.reason"

enum {
	LICENCE_ADD,
	LICENCE_LOCK,
	LICENCE_READ,
	LICENCE_MARK,
	LICENCES_REPLACE,
	LICENCES_STANDING,
	LICENCE_LIST,
	LICENCES_ENDING,
	FILE_MEDIA,
	SUPPLIER_LOCK,
	SUPPLIER_SUSPEND,
	MARK_FIND,
	MARK_LAST,
	MARK_PUT,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[LICENCE_ADD] = {
		"INSERT INTO licence (id, organisation, kind, number, file, expires_on, state,"
		" submitted_by, submitted_at)"
		" VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?)" },
	[LICENCE_LOCK] = {
		"SELECT " LICENCE_COLUMNS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		" WHERE l.id = ? FOR UPDATE" },
	[LICENCE_READ] = {
		"SELECT " LICENCE_COLUMNS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		" WHERE l.id = ?" },
	[LICENCE_MARK] = {
		"UPDATE licence"
		"   SET state = ?, noticed = ?, decided_by = ?, decided_at = ?, reason = ?"
		" WHERE id = ?" },
	[LICENCES_REPLACE] = {
		"UPDATE licence"
		"   SET state = 'replaced'"
		" WHERE organisation = ? AND kind = ? AND state IN ('valid', 'expired') AND id <> ?" },
	[LICENCES_STANDING] = {
		"SELECT " LICENCE_COLUMNS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		" WHERE l.organisation = ? AND l.state IN ('valid', 'expired')"
		" ORDER BY l.id FOR UPDATE" },
	[LICENCE_LIST] = {
		"SELECT " LICENCE_COLUMNS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		"  LEFT JOIN supplier s ON s.organisation = l.organisation"
		"  LEFT JOIN unit n ON n.organisation = l.organisation"
		" WHERE (? IS NULL OR l.organisation = ?)"
		"   AND (? IS NULL OR l.state = ?)"
		"   AND (? IS NULL OR l.expires_on < ?)"
		"   AND (? IS NULL OR l.id > ?)"
		"   AND (? OR ? = 'platform'"
		"        OR ? = 'county' AND (s.county = ? OR n.region_code = ?)"
		"        OR ? = 'hierarchy' AND EXISTS ("
		"             SELECT 1 FROM unit_ancestor u"
		"              WHERE u.hierarchy = ? AND u.ancestor = ? AND u.unit = l.organisation"
		"                AND ? BETWEEN u.since AND u.until))"
		" ORDER BY l.id"
		" LIMIT ?" },
	[LICENCES_ENDING] = {
		"SELECT l.id, l.expires_on, l.noticed"
		"  FROM licence l"
		" WHERE l.state = 'valid' AND l.expires_on < ? AND (? IS NULL OR l.id > ?)"
		" ORDER BY l.id"
		" LIMIT 500" },
	[FILE_MEDIA] = {
		"SELECT media_type FROM file WHERE id = ? AND organisation = ?" },
	[SUPPLIER_LOCK] = {
		"SELECT suspended_for IS NOT NULL FROM supplier WHERE organisation = ? FOR UPDATE" },
	[SUPPLIER_SUSPEND] = {
		"UPDATE supplier"
		"   SET suspended_for = IF(?, 'licence', NULL), suspended_at = ?"
		" WHERE organisation = ?" },
	[MARK_FIND] = {
		"SELECT COUNT(*) FROM daily_mark WHERE day = ? AND step = ?" },
	[MARK_LAST] = {
		"SELECT MAX(day), 'x', 0, 0 FROM daily_mark WHERE step = ? AND day <= ?" },
	[MARK_PUT] = {
		"INSERT INTO daily_mark (day, step, done, at) VALUES (?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE done = done" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* What clients may send is the kind, the number, the file and the day. */
const struct field licence_fields[] = {
	{ "id", KIND_ID, FIELD_AT(licence, id), .only = OUT | ROW },
	{ "organisation", KIND_ID, FIELD_AT(licence, organisation), .only = OUT | ROW },
	{ "organisation_name", KIND_TEXT, FIELD_AT(licence, organisation_name), .only = OUT | ROW },
	{ "kind", KIND_WORD, FIELD_AT(licence, kind), .words = licence_kind_words },
	{ "number", KIND_TEXT, FIELD_AT(licence, number), .optional = true, .min = 1, .max = 60 },
	{ "file", KIND_ID, FIELD_AT(licence, file) },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence, state), .only = OUT | ROW, .words = licence_words },
	{ "noticed", KIND_INT, FIELD_AT(licence, noticed), .only = ROW, .optional = true },
	{ "submitted_by", KIND_ID, FIELD_AT(licence, submitted_by), .only = ROW, .optional = true },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(licence, submitted_at), .only = OUT | ROW },
	{ "decided_by", KIND_ID, FIELD_AT(licence, decided_by), .only = ROW, .optional = true },
	{ "decided_at", KIND_INSTANT, FIELD_AT(licence, decided_at), .only = OUT | ROW,
	  .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(licence, reason), .only = OUT | ROW, .optional = true },
};
const size_t licence_field_count = COUNT_OF(licence_fields);

/* ---- licences ---- */

enum err licence_insert(struct db *db, const struct licence *l)
{
	return db_exec(db, &sql[LICENCE_ADD],
		       db_values(l->id, l->organisation, licence_kind_words[l->kind], l->number,
				 l->file, value_day(l->expires_on), l->submitted_by,
				 l->submitted_at));
}

enum err licence_lock(struct db *db, struct arena *arena, struct id id, struct licence *out)
{
	return db_read(db, &sql[LICENCE_LOCK], db_values(id), licence_fields,
		       COUNT_OF(licence_fields), arena, out);
}

enum err licence_read(struct db *db, struct arena *arena, struct id id, struct licence *out)
{
	return db_read(db, &sql[LICENCE_READ], db_values(id), licence_fields,
		       COUNT_OF(licence_fields), arena, out);
}

enum err licence_mark(struct db *db, const struct licence *l)
{
	return db_exec(db, &sql[LICENCE_MARK],
		       db_values(licence_words[l->state], value_optional(l->noticed), l->decided_by,
				 value_optional(l->decided_at), l->reason, l->id));
}

enum err licences_replace(struct db *db, const struct licence *by)
{
	return db_exec(db, &sql[LICENCES_REPLACE],
		       db_values(by->organisation, licence_kind_words[by->kind], by->id));
}

enum err licences_standing(struct db *db, struct arena *arena, struct id organisation,
			   struct list *out)
{
	return db_list(db, &sql[LICENCES_STANDING], db_values(organisation), licence_fields,
		       COUNT_OF(licence_fields), sizeof(struct licence), arena, out);
}

enum err licence_list(struct db *db, struct arena *arena, const struct licence_filter *f,
		      struct list *out)
{
	const struct scope *scope = f->scope;
	bool own = !id_is_none(f->own);
	struct id organisation = own ? f->own : f->organisation;
	struct value state = value_string(f->state == SMALL_NONE ? NULL : licence_words[f->state]);
	struct value in = value_string(word_of(scope_words, scope->kind));
	struct value tree = value_string(
		scope->kind == SCOPE_HIERARCHY ? hierarchy_words[scope->hierarchy] : NULL);
	const struct value values[] = {
		value_id(organisation),
		value_id(organisation),
		state,
		state,
		value_day(f->expiring_before),
		value_day(f->expiring_before),
		value_id(f->after),
		value_id(f->after),
		value_bool(own),
		in,
		in,
		value_string(scope->county),
		value_string(scope->county),
		in,
		tree,
		value_id(scope->root),
		value_day(scope->day),
		value_i64(f->limit),
	};

	if (own && !id_is_none(f->organisation) && !id_equal(f->own, f->organisation))
		return OK;
	return db_list(db, &sql[LICENCE_LIST], (struct values){ values, COUNT_OF(values) },
		       licence_fields, COUNT_OF(licence_fields), sizeof(struct licence), arena,
		       out);
}

static const struct field ending_columns[] = {
	{ "id", KIND_ID, FIELD_AT(licence, id) },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on) },
	{ "noticed", KIND_INT, FIELD_AT(licence, noticed), .optional = true },
};

enum err licences_ending(struct db *db, struct arena *arena, int32_t before, struct id after,
			 struct list *out)
{
	return db_list(db, &sql[LICENCES_ENDING], db_values(value_day(before), after, after),
		       ending_columns, COUNT_OF(ending_columns), sizeof(struct licence), arena,
		       out);
}

struct media_row {
	struct text media;
};
static const struct field media_columns[] = { { "media_type", KIND_TEXT,
						FIELD_AT(media_row, media) } };

enum err file_media_of(struct db *db, struct arena *arena, struct id file, struct id organisation,
		       struct text *out)
{
	struct media_row row = { 0 };
	enum err e = db_read(db, &sql[FILE_MEDIA], db_values(file, organisation), media_columns, 1,
			     arena, &row);

	*out = row.media;
	return e;
}

/* ---- suppliers ---- */

enum err supplier_lock(struct db *db, struct id organisation, bool *suspended)
{
	int64_t is_suspended = 0;
	enum err e = db_number(db, &sql[SUPPLIER_LOCK], db_values(organisation), &is_suspended);

	*suspended = is_suspended != 0;
	return e;
}

enum err supplier_suspend(struct db *db, struct id organisation, bool suspended, int64_t now)
{
	return db_exec(
		db, &sql[SUPPLIER_SUSPEND],
		db_values(suspended, value_optional(suspended ? now : INT_NONE), organisation));
}

/* ---- marks ---- */

enum err daily_mark_find(struct db *db, int32_t day, struct text step, bool *found)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[MARK_FIND], db_values(value_day(day), step), &count);

	*found = count > 0;
	return e;
}

static const struct field mark_columns[] = {
	{ "day", KIND_DAY, FIELD_AT(daily_mark, day), .optional = true },
	{ "step", KIND_TEXT, FIELD_AT(daily_mark, step) },
	{ "done", KIND_INT, FIELD_AT(daily_mark, done) },
	{ "at", KIND_INSTANT, FIELD_AT(daily_mark, at) },
};

enum err daily_last(struct db *db, struct arena *arena, struct text step, int32_t until,
		    int32_t *out)
{
	struct daily_mark mark = { 0 };
	enum err e = db_read(db, &sql[MARK_LAST], db_values(step, value_day(until)), mark_columns,
			     COUNT_OF(mark_columns), arena, &mark);

	*out = mark.day;
	return e;
}

enum err daily_mark_put(struct db *db, const struct daily_mark *mark)
{
	return db_exec(db, &sql[MARK_PUT],
		       db_values(value_day(mark->day), mark->step, mark->done, mark->at));
}
