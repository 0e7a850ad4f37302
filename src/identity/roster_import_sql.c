/*
 * The statements of rosters on their way in: what the database knows of the organisations that a
 * file names, and sets of them written at once.
 */
#include "roster_import.h"

enum {
	KNOWN_BY_USCC,
	KNOWN_BY_USCC_LOCKED,
	KNOWN_BY_CODE,
	ORGANISATIONS_PUT,
	UNITS_PUT,
	NAMES_KEEP,
	NAMES_SET,
	SQL_COUNT
};

#define KNOWN_COLUMNS                                                                              \
	"SELECT o.id, o.uscc, o.code, o.name, o.short_name, o.is_unit, o.status,"                  \
	" u.kind, u.city, u.region_code, u.member_count, u.annual_budget_fen"                      \
	"  FROM organisation o LEFT JOIN unit u ON u.organisation = o.id"

/* clang-format off */
static const struct sql sql[] = {
	[KNOWN_BY_USCC] = { KNOWN_COLUMNS " WHERE o.uscc IN (", "?", ")" },
	[KNOWN_BY_USCC_LOCKED] = { KNOWN_COLUMNS " WHERE o.uscc IN (", "?", ") FOR UPDATE" },
	[KNOWN_BY_CODE] = { KNOWN_COLUMNS " WHERE o.code IN (", "?", ")" },
	/* they exist: only the second half takes place */
	[ORGANISATIONS_PUT] = {
		"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier,"
		" is_authority, status, created_at) VALUES ",
		"(?, ?, ?, ?, ?, TRUE, FALSE, FALSE, 'active', 0)",
		" ON DUPLICATE KEY UPDATE name = VALUES(name), short_name = VALUES(short_name),"
		" is_unit = TRUE, version = version + 1" },
	[UNITS_PUT] = {
		"INSERT INTO unit (organisation, kind, city, region_code, member_count,"
		" annual_budget_fen) VALUES ",
		"(?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE kind = VALUES(kind), city = VALUES(city),"
		" region_code = VALUES(region_code), member_count = VALUES(member_count),"
		" annual_budget_fen = VALUES(annual_budget_fen)" },
	[NAMES_KEEP] = {
		"INSERT IGNORE INTO organisation_name (organisation, since, name, short_name,"
		" is_applied) VALUES ",
		"(?, ?, ?, ?, ?)" },
	[NAMES_SET] = {
		"INSERT INTO organisation_name (organisation, since, name, short_name, is_applied)"
		" VALUES ",
		"(?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE name = VALUES(name), short_name = VALUES(short_name),"
		" is_applied = VALUES(is_applied)" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field known_columns[] = {
	{ "id", KIND_ID, FIELD_AT(known_unit, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(known_unit, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(known_unit, code) },
	{ "name", KIND_TEXT, FIELD_AT(known_unit, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(known_unit, short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(known_unit, is_unit) },
	{ "status", KIND_WORD, FIELD_AT(known_unit, status), .words = status_words },
	{ "kind", KIND_TEXT, FIELD_AT(known_unit, facts.kind), .optional = true },
	{ "city", KIND_TEXT, FIELD_AT(known_unit, facts.city), .optional = true },
	{ "region_code", KIND_TEXT, FIELD_AT(known_unit, facts.region_code), .optional = true },
	{ "member_count", KIND_INT, FIELD_AT(known_unit, facts.member_count), .optional = true },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(known_unit, facts.annual_budget_fen),
	  .optional = true },
};

static const struct field organisation_columns[] = {
	{ "id", KIND_ID, FIELD_AT(organisation, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(organisation, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(organisation, code) },
	{ "name", KIND_TEXT, FIELD_AT(organisation, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(organisation, short_name) },
};

static const struct field unit_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(unit, organisation) },
	{ "kind", KIND_TEXT, FIELD_AT(unit, kind) },
	{ "city", KIND_TEXT, FIELD_AT(unit, city) },
	{ "region_code", KIND_TEXT, FIELD_AT(unit, region_code) },
	{ "member_count", KIND_INT, FIELD_AT(unit, member_count) },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(unit, annual_budget_fen) },
};

static const struct field name_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(dated_name, organisation) },
	{ "since", KIND_DAY, FIELD_AT(dated_name, since) },
	{ "name", KIND_TEXT, FIELD_AT(dated_name, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(dated_name, short_name) },
	{ "is_applied", KIND_BOOL, FIELD_AT(dated_name, is_applied) },
};

enum err known_by_uscc(struct db *db, const struct value *codes, size_t count, bool locks,
		       struct arena *arena, struct list *out)
{
	return db_list_in(db, &sql[locks ? KNOWN_BY_USCC_LOCKED : KNOWN_BY_USCC], db_none, codes,
			  count, db_none, known_columns, COUNT_OF(known_columns),
			  sizeof(struct known_unit), arena, out);
}

enum err known_by_code(struct db *db, const struct value *codes, size_t count, struct arena *arena,
		       struct list *out)
{
	return db_list_in(db, &sql[KNOWN_BY_CODE], db_none, codes, count, db_none, known_columns,
			  COUNT_OF(known_columns), sizeof(struct known_unit), arena, out);
}

enum err organisations_put(struct db *db, const struct list *organisations)
{
	return db_rows(db, &sql[ORGANISATIONS_PUT], organisation_columns,
		       COUNT_OF(organisation_columns), organisations->at, organisations->count,
		       sizeof(struct organisation));
}

enum err units_put(struct db *db, const struct list *units)
{
	return db_rows(db, &sql[UNITS_PUT], unit_columns, COUNT_OF(unit_columns), units->at,
		       units->count, sizeof(struct unit));
}

enum err names_keep(struct db *db, const struct list *names)
{
	return db_rows(db, &sql[NAMES_KEEP], name_columns, COUNT_OF(name_columns), names->at,
		       names->count, sizeof(struct dated_name));
}

enum err names_set(struct db *db, const struct list *names)
{
	return db_rows(db, &sql[NAMES_SET], name_columns, COUNT_OF(name_columns), names->at,
		       names->count, sizeof(struct dated_name));
}
