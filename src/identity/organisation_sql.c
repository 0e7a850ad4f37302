/*
 * The statements of single organisations: what they are, their places and names, and each change.
 * Whose organisation an actor sees or keeps chooses among written texts.
 */
#include "organisation_rows.h"

/* Each takes three placeholders: what the sight is limited to. */
#define SIGHT_NONE     "(? IS NOT NULL AND ? IS NOT NULL AND ? IS NOT NULL)"
#define SIGHT_PLATFORM "(? IS NULL AND ? IS NULL AND ? IS NULL)"
#define SIGHT_COUNTY   "(u.region_code = ? OR s.county = ? OR ? IS NOT NULL)"
#define SIGHT_TREE                                                                                 \
	"EXISTS (SELECT 1 FROM unit_ancestor t"                                                    \
	"         WHERE t.hierarchy = ? AND t.ancestor = ? AND t.unit = o.id"                      \
	"           AND ? BETWEEN t.since AND t.until)"
#define ORGANISATION(sight, tail)                                                                  \
	{                                                                                          \
		"SELECT o.id, o.code, o.uscc, o.name, o.short_name, o.is_unit, o.is_supplier,"     \
		"       o.is_authority, o.status, o.status_reason, o.ends_on, o.successor,"        \
		"       o.version, o.created_at, o.ended_at,"                                      \
		"       u.kind, u.city, u.region_code, u.member_count, u.annual_budget_fen,"       \
		"       s.county, s.kind, s.households_assisted,"                                  \
		"       IF(o.status = 'active' AND s.suspended_for IS NULL, 'open', 'suspended')," \
		"       IF(o.status <> 'active', 'status', s.suspended_for),"                      \
		"       a.scope, a.county, a.hierarchy, a.root, c.name_sealed, c.phone_sealed"     \
		"  FROM organisation o"                                                            \
		"  LEFT JOIN unit u ON u.organisation = o.id"                                      \
		"  LEFT JOIN supplier s ON s.organisation = o.id"                                  \
		"  LEFT JOIN authority a ON a.organisation = o.id"                                 \
		"  LEFT JOIN contact c ON c.organisation = o.id"                                   \
		" WHERE o.id = ? AND (o.id = ? OR " sight ")" tail                                 \
	}
#define FOR_UPDATE " FOR UPDATE"
enum { READS, LOCKS };

static const struct sql organisations[][2] = {
	[SCOPE_NONE] = { ORGANISATION(SIGHT_NONE, ""), ORGANISATION(SIGHT_NONE, FOR_UPDATE) },
	[SCOPE_PLATFORM] = { ORGANISATION(SIGHT_PLATFORM, ""),
			     ORGANISATION(SIGHT_PLATFORM, FOR_UPDATE) },
	[SCOPE_COUNTY] = { ORGANISATION(SIGHT_COUNTY, ""), ORGANISATION(SIGHT_COUNTY, FOR_UPDATE) },
	[SCOPE_HIERARCHY] = { ORGANISATION(SIGHT_TREE, ""), ORGANISATION(SIGHT_TREE, FOR_UPDATE) },
};

enum {
	PLACE_ROWS,
	NAME_ROWS,
	RENAME,
	TOUCH,
	MARK,
	END_PLAN,
	END,
	NAME_FIRST,
	NAME_PUT,
	NAME_MARK,
	FACTS_WRITE,
	CONTACT_PUT,
	SESSIONS_END,
	SCOPES_OF_ROOT,
	SCOPES_PASS_ON,
	IS_ROOT,
	MERGER_AWAITED,
	NAMES_DUE,
	ENDS_DUE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[PLACE_ROWS] = { "SELECT p.hierarchy, p.parent, o.short_name,"
			 "       IF(p.since = '1970-01-01', NULL, p.since),"
			 "       IF(p.until = '9999-12-31', NULL, p.until)"
			 "  FROM unit_place p"
			 "  LEFT JOIN organisation o ON o.id = p.parent"
			 " WHERE p.hierarchy IN ('union', 'state_assets', 'government')"
			 "   AND p.unit = ?"
			 " ORDER BY p.hierarchy, p.since" },
	[NAME_ROWS] = { "SELECT organisation, name, short_name,"
			"       IF(since = '1970-01-01', NULL, since)"
			"  FROM organisation_name"
			" WHERE organisation = ?"
			" ORDER BY organisation_name.since" },
	[RENAME] = { "UPDATE organisation SET name = ?, short_name = ?, version = version + 1"
		     " WHERE id = ?" },
	[TOUCH] = { "UPDATE organisation SET version = version + 1 WHERE id = ?" },
	[MARK] = { "UPDATE organisation"
		   "   SET status = ?, status_reason = ?, version = version + 1"
		   " WHERE id = ?" },
	[END_PLAN] = { "UPDATE organisation"
		       "   SET ends_on = ?, successor = ?, status_reason = ?,"
		       "       version = version + 1"
		       " WHERE id = ?" },
	[END] = { "UPDATE organisation"
		  "   SET status = 'ended', ended_at = ?, version = version + 1"
		  " WHERE id = ? AND status <> 'ended'" },
	[NAME_FIRST] = { "INSERT IGNORE INTO organisation_name (organisation, since, name, "
			 "short_name, is_applied)"
			 " VALUES (?, '1970-01-01', ?, ?, TRUE)" },
	[NAME_PUT] = { "INSERT INTO organisation_name (organisation, since, name, short_name, "
		       "is_applied)"
		       " VALUES (?, ?, ?, ?, ?)"
		       " ON DUPLICATE KEY UPDATE name = VALUES(name), short_name = "
		       "VALUES(short_name), is_applied = VALUES(is_applied)" },
	[NAME_MARK] = { "UPDATE organisation_name SET is_applied = TRUE"
			" WHERE organisation = ? AND since = ? AND NOT is_applied" },
	[FACTS_WRITE] = { "UPDATE unit"
			  "   SET kind = ?, city = ?, region_code = ?, member_count = ?,"
			  "       annual_budget_fen = ?"
			  " WHERE organisation = ?" },
	[CONTACT_PUT] = { "INSERT INTO contact (organisation, name_sealed, phone_sealed, "
			  "updated_at)"
			  " VALUES (?, ?, ?, ?)"
			  " ON DUPLICATE KEY UPDATE name_sealed = VALUES(name_sealed), "
			  "phone_sealed = VALUES(phone_sealed), updated_at = VALUES(updated_at)" },
	[SESSIONS_END] = { "UPDATE session s"
			   "  JOIN membership m ON m.user = s.user AND m.organisation = "
			   "s.organisation"
			   "   SET s.ended_at = ?"
			   " WHERE m.organisation = ? AND s.ended_at IS NULL" },
	[SCOPES_OF_ROOT] = { "SELECT organisation, scope, hierarchy, root"
			     "  FROM authority"
			     " WHERE root = ?"
			     " ORDER BY organisation FOR UPDATE" },
	[IS_ROOT] = { "SELECT COUNT(*) FROM authority WHERE root = ? LOCK IN SHARE MODE" },
	[MERGER_AWAITED] = { "SELECT COUNT(*)"
			     "  FROM organisation"
			     " WHERE successor = ? AND ends_on >= ? AND status <> 'ended' LOCK IN "
			     "SHARE MODE" },
	[SCOPES_PASS_ON] = { "UPDATE authority SET root = ? WHERE root = ?" },
	[NAMES_DUE] = { "SELECT organisation, name, short_name, since"
			"  FROM organisation_name"
			" WHERE is_applied = FALSE AND since <= ?"
			" ORDER BY since, organisation LIMIT ?" },
	[ENDS_DUE] = { "SELECT id, is_supplier, ends_on, successor"
		       "  FROM organisation"
		       " WHERE ends_on <= ? AND status <> 'ended'"
		       " ORDER BY ends_on, id LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- columns ---- */

#define ROW_AT(member) FIELD_AT(organisation_row, member)
static const struct field organisation_columns[] = {
	{ "id", KIND_ID, ROW_AT(id) },
	{ "code", KIND_TEXT, ROW_AT(code) },
	{ "uscc", KIND_TEXT, ROW_AT(uscc) },
	{ "name", KIND_TEXT, ROW_AT(name) },
	{ "short_name", KIND_TEXT, ROW_AT(short_name) },
	{ "is_unit", KIND_BOOL, ROW_AT(is_unit) },
	{ "is_supplier", KIND_BOOL, ROW_AT(is_supplier) },
	{ "is_authority", KIND_BOOL, ROW_AT(is_authority) },
	{ "status", KIND_WORD, ROW_AT(status), .words = status_words },
	{ "status_reason", KIND_TEXT, ROW_AT(status_reason), .optional = true },
	{ "ends_on", KIND_DAY, ROW_AT(ends_on), .optional = true },
	{ "successor", KIND_ID, ROW_AT(successor), .optional = true },
	{ "version", KIND_INT, ROW_AT(version) },
	{ "created_at", KIND_INSTANT, ROW_AT(created_at) },
	{ "ended_at", KIND_INSTANT, ROW_AT(ended_at), .optional = true },
	{ "kind", KIND_TEXT, ROW_AT(unit.kind), .optional = true },
	{ "city", KIND_TEXT, ROW_AT(unit.city), .optional = true },
	{ "region_code", KIND_TEXT, ROW_AT(unit.region_code), .optional = true },
	{ "member_count", KIND_INT, ROW_AT(unit.member_count), .optional = true },
	{ "annual_budget_fen", KIND_FEN, ROW_AT(unit.annual_budget_fen), .optional = true },
	{ "county", KIND_TEXT, ROW_AT(supplier.county), .optional = true },
	{ "kind", KIND_TEXT, ROW_AT(supplier.kind), .optional = true },
	{ "households_assisted", KIND_INT, ROW_AT(supplier.households_assisted), .optional = true },
	{ "selling", KIND_WORD, ROW_AT(supplier.selling), .words = selling_words },
	{ "selling_reason", KIND_TEXT, ROW_AT(supplier.selling_reason), .optional = true },
	{ "scope", KIND_WORD, ROW_AT(authority.scope), .words = scope_words, .optional = true },
	{ "county", KIND_TEXT, ROW_AT(authority.county), .optional = true },
	{ "hierarchy", KIND_WORD, ROW_AT(authority.hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_ID, ROW_AT(authority.root), .optional = true },
	{ "name_sealed", KIND_BYTES, ROW_AT(name_sealed), .optional = true, .secret = true },
	{ "phone_sealed", KIND_BYTES, ROW_AT(phone_sealed), .optional = true, .secret = true },
};

static const struct field place_columns[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(place_row, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(place_row, parent), .optional = true },
	{ "parent_name", KIND_TEXT, FIELD_AT(place_row, parent_name), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(place_row, since), .optional = true },
	{ "until", KIND_DAY, FIELD_AT(place_row, until), .optional = true },
};

static const struct field name_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(name_row, organisation) },
	{ "name", KIND_TEXT, FIELD_AT(name_row, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(name_row, short_name) },
	{ "since", KIND_DAY, FIELD_AT(name_row, since), .optional = true },
};

static const struct field end_columns[] = {
	{ "id", KIND_ID, ROW_AT(id) },
	{ "is_supplier", KIND_BOOL, ROW_AT(is_supplier) },
	{ "ends_on", KIND_DAY, ROW_AT(ends_on) },
	{ "successor", KIND_ID, ROW_AT(successor), .optional = true },
};

/* ---- reading ---- */

enum err organisation_read(struct db *db, struct id id, struct id own, const struct scope *scope,
			   bool locks, struct arena *arena, struct organisation_row *out)
{
	struct value limits[3] = { value_null(), value_null(), value_null() };

	if (scope->kind == SCOPE_COUNTY)
		limits[0] = limits[1] = value_string(scope->county);
	if (scope->kind == SCOPE_HIERARCHY) {
		limits[0] = value_string(word_of(hierarchy_words, scope->hierarchy));
		limits[1] = value_id(scope->root);
		limits[2] = value_day(scope->day);
	}
	return db_read(db, &organisations[scope->kind][locks ? LOCKS : READS],
		       db_values(id, own, limits[0], limits[1], limits[2]), organisation_columns,
		       COUNT_OF(organisation_columns), arena, out);
}

enum err place_rows(struct db *db, struct id unit, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[PLACE_ROWS], db_values(unit), place_columns,
		       COUNT_OF(place_columns), sizeof(struct place_row), arena, out);
}

enum err name_rows(struct db *db, struct id organisation, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[NAME_ROWS], db_values(organisation), name_columns,
		       COUNT_OF(name_columns), sizeof(struct name_row), arena, out);
}

enum err names_due(struct db *db, int32_t day, int64_t limit, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[NAMES_DUE], db_values(value_day(day), limit), name_columns,
		       COUNT_OF(name_columns), sizeof(struct name_row), arena, out);
}

enum err ends_due(struct db *db, int32_t day, int64_t limit, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[ENDS_DUE], db_values(value_day(day), limit), end_columns,
		       COUNT_OF(end_columns), sizeof(struct organisation_row), arena, out);
}

/* ---- changes ---- */

enum err organisation_rename(struct db *db, struct id id, struct text name, struct text short_name)
{
	return db_exec(db, &sql[RENAME], db_values(name, short_name, id));
}

enum err organisation_touch(struct db *db, struct id id)
{
	return db_exec(db, &sql[TOUCH], db_values(id));
}

enum err organisation_mark(struct db *db, struct id id, enum status status, struct text reason)
{
	return db_exec(db, &sql[MARK], db_values(word_of(status_words, (int)status), reason, id));
}

enum err organisation_end_plan(struct db *db, struct id id, int32_t day, struct id successor,
			       struct text reason)
{
	return db_exec(db, &sql[END_PLAN], db_values(value_day(day), successor, reason, id));
}

enum err organisation_end(struct db *db, struct id id, int64_t now)
{
	return db_exec(db, &sql[END], db_values(now, id));
}

enum err name_put(struct db *db, const struct organisation_row *before, const struct name_row *name,
		  bool is_applied)
{
	enum err e = db_exec(db, &sql[NAME_FIRST],
			     db_values(before->id, before->name, before->short_name));

	if (e)
		return e;
	return db_exec(db, &sql[NAME_PUT],
		       db_values(name->organisation, value_day(name->since), name->name,
				 name->short_name, is_applied));
}

enum err name_mark(struct db *db, const struct name_row *name)
{
	return db_exec(db, &sql[NAME_MARK], db_values(name->organisation, value_day(name->since)));
}

enum err unit_facts_write(struct db *db, struct id id, const struct unit_facts *facts)
{
	return db_exec(db, &sql[FACTS_WRITE],
		       db_values(facts->kind, facts->city, facts->region_code, facts->member_count,
				 facts->annual_budget_fen, id));
}

enum err contact_put(struct db *db, struct id id, struct text name_sealed, struct text phone_sealed,
		     int64_t now)
{
	return db_exec(db, &sql[CONTACT_PUT],
		       db_values(id, value_bytes(name_sealed), value_bytes(phone_sealed), now));
}

enum err organisation_sessions_end(struct db *db, struct id organisation, int64_t now)
{
	return db_exec(db, &sql[SESSIONS_END], db_values(now, organisation));
}

const struct field passed_scope_fields[] = {
	{ "id", KIND_ID, FIELD_AT(passed_scope, organisation) },
	{ "scope", KIND_WORD, FIELD_AT(passed_scope, scope), .words = scope_words },
	{ "hierarchy", KIND_WORD, FIELD_AT(passed_scope, hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_ID, FIELD_AT(passed_scope, root) },
};
const size_t passed_scope_field_count = COUNT_OF(passed_scope_fields);

enum err scopes_of_root(struct db *db, struct id root, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SCOPES_OF_ROOT], db_values(root), passed_scope_fields,
		       COUNT_OF(passed_scope_fields), sizeof(struct passed_scope), arena, out);
}

static enum err counted(struct db *db, int statement, struct values values, bool *some)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[statement], values, &count);

	*some = count > 0;
	return e;
}

enum err is_root_of_scope(struct db *db, struct id unit, bool *is_root)
{
	return counted(db, IS_ROOT, db_values(unit), is_root);
}

enum err merger_is_awaited(struct db *db, struct id into, int32_t day, bool *awaits)
{
	return counted(db, MERGER_AWAITED, db_values(into, value_day(day)), awaits);
}

enum err scopes_pass_on(struct db *db, struct id from, struct id to)
{
	return db_exec(db, &sql[SCOPES_PASS_ON], db_values(to, from));
}
