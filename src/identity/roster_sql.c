/*
 * The statements of organisations and regions: what rosters and the reference file load, and the
 * lists of them. Each table of columns below stands in the order of its statement's columns or
 * placeholders.
 */
#include "identity_rows.h"

enum {
	ORGANISATIONS,
	CODES_KNOWN,
	ORGANISATIONS_INSERT,
	UNITS_INSERT,
	SUPPLIERS_INSERT,
	AUTHORITIES_INSERT,
	COUNTIES_PUT,
	DESIGNATIONS_PUT,
	COUNTIES,
	REGIONS,
	DESIGNATIONS,
	DESIGNATIONS_LOCK,
	DESIGNATION_END,
	COUNTIES_ON,
	SQL_COUNT
};

static const struct sql sql[] = {
	[ORGANISATIONS] = { "SELECT id, uscc, code, name, short_name, is_unit, is_supplier, "
			    "is_authority, status,"
			    "       created_at"
			    "  FROM organisation"
			    " ORDER BY code" },
	[CODES_KNOWN] = { "SELECT code, id FROM organisation WHERE code IN (", "?",
			  ") LOCK IN SHARE MODE" },
	[ORGANISATIONS_INSERT] = { "INSERT INTO organisation"
				   " (id, uscc, code, name, short_name, is_unit, is_supplier, "
				   "is_authority, status, created_at)"
				   " VALUES ",
				   "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[UNITS_INSERT] = { "INSERT INTO unit (organisation, kind, city, region_code, member_count, "
			   "annual_budget_fen)"
			   " VALUES ",
			   "(?, ?, ?, ?, ?, ?)" },
	[SUPPLIERS_INSERT] = { "INSERT INTO supplier (organisation, county, kind, "
			       "households_assisted)"
			       " VALUES ",
			       "(?, ?, ?, ?)" },
	[AUTHORITIES_INSERT] = { "INSERT INTO authority (organisation, scope, county, hierarchy, "
				 "root)"
				 " VALUES ",
				 "(?, ?, ?, ?, ?)" },
	[COUNTIES_PUT] = { "INSERT INTO county"
			   " (code, name, name_en, city_code, city_name, longitude, latitude, "
			   "former_codes)"
			   " VALUES ",
			   "(?, ?, ?, ?, ?, ?, ?, ?)",
			   " ON DUPLICATE KEY UPDATE name = VALUES(name), name_en = "
			   "VALUES(name_en),"
			   " city_code = VALUES(city_code), city_name = VALUES(city_name),"
			   " longitude = VALUES(longitude), latitude = VALUES(latitude),"
			   " former_codes = VALUES(former_codes)" },
	/* one that was ended since stays ended */
	[DESIGNATIONS_PUT] = { "INSERT INTO county_designation (county, kind, since, until)"
			       " VALUES ",
			       "(?, ?, ?, ?)", " ON DUPLICATE KEY UPDATE until = until" },
	[COUNTIES] = { "SELECT c.code, c.name, c.name_en, c.city_code, c.city_name, c.longitude, "
		       "c.latitude,"
		       "       c.former_codes,"
		       "       EXISTS (SELECT 1 FROM county_designation d"
		       "                WHERE d.county = c.code AND d.kind = 'assisted' AND "
		       "d.until IS NULL),"
		       "       EXISTS (SELECT 1 FROM county_designation d"
		       "                WHERE d.county = c.code AND d.kind = 'national_key' AND "
		       "d.until IS NULL)"
		       "  FROM county c"
		       " ORDER BY c.code" },
	[REGIONS] = { "SELECT code, name, name_en, city_code, city_name, longitude, latitude, "
		      "former_codes"
		      "  FROM county"
		      " ORDER BY code" },
	[DESIGNATIONS] = { "SELECT county, kind, since, until"
			   "  FROM county_designation"
			   " WHERE ? OR (since <= ? AND (until IS NULL OR until >= ?))"
			   " ORDER BY county, kind, since" },
	[DESIGNATIONS_LOCK] = { "SELECT county, kind, since, until"
				"  FROM county_designation"
				" WHERE county = ? AND kind = ? AND (until IS NULL OR until >= ?)"
				" ORDER BY since FOR UPDATE" },
	[DESIGNATION_END] = { "UPDATE county_designation SET until = ?"
			      " WHERE county = ? AND kind = ? AND since = ?" },
	[COUNTIES_ON] = { "SELECT c.code, c.name, c.name_en, c.city_code, c.city_name,"
			  "       c.longitude, c.latitude, c.former_codes,"
			  "       EXISTS (SELECT 1 FROM county_designation d"
			  "                WHERE d.county = c.code AND d.kind = 'assisted'"
			  "                  AND d.since <= ? AND (d.until IS NULL OR d.until >= "
			  "?)),"
			  "       EXISTS (SELECT 1 FROM county_designation d"
			  "                WHERE d.county = c.code AND d.kind = 'national_key'"
			  "                  AND d.since <= ? AND (d.until IS NULL OR d.until >= "
			  "?))"
			  "  FROM county c"
			  " ORDER BY c.code" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- columns ---- */

static const struct field organisation_columns[] = {
	{ "id", KIND_ID, FIELD_AT(organisation, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(organisation, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(organisation, code) },
	{ "name", KIND_TEXT, FIELD_AT(organisation, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(organisation, short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(organisation, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(organisation, is_supplier) },
	{ "is_authority", KIND_BOOL, FIELD_AT(organisation, is_authority) },
	{ "status", KIND_WORD, FIELD_AT(organisation, status), .words = status_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(organisation, created_at) },
};

static const struct field unit_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(unit, organisation) },
	{ "kind", KIND_TEXT, FIELD_AT(unit, kind) },
	{ "city", KIND_TEXT, FIELD_AT(unit, city) },
	{ "region_code", KIND_TEXT, FIELD_AT(unit, region_code) },
	{ "member_count", KIND_INT, FIELD_AT(unit, member_count) },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(unit, annual_budget_fen) },
};

static const struct field supplier_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(supplier, organisation) },
	{ "county", KIND_TEXT, FIELD_AT(supplier, county) },
	{ "kind", KIND_TEXT, FIELD_AT(supplier, kind) },
	{ "households_assisted", KIND_INT, FIELD_AT(supplier, households_assisted) },
};

static const struct field authority_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(authority, organisation) },
	{ "scope", KIND_WORD, FIELD_AT(authority, scope), .words = scope_words },
	{ "county", KIND_TEXT, FIELD_AT(authority, county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(authority, hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_ID, FIELD_AT(authority, root), .optional = true },
};

static const struct field known_columns[] = {
	{ "code", KIND_TEXT, FIELD_AT(known_code, code) },
	{ "id", KIND_ID, FIELD_AT(known_code, id) },
};

/* The last two are read only. */
static const struct field county_columns[] = {
	{ "code", KIND_TEXT, FIELD_AT(county, code) },
	{ "name", KIND_TEXT, FIELD_AT(county, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(county, name_en) },
	{ "city_code", KIND_TEXT, FIELD_AT(county, city_code) },
	{ "city_name", KIND_TEXT, FIELD_AT(county, city_name) },
	{ "longitude", KIND_TEXT, FIELD_AT(county, longitude) },
	{ "latitude", KIND_TEXT, FIELD_AT(county, latitude) },
	{ "former_codes", KIND_TEXT, FIELD_AT(county, former_codes) },
	{ "is_assisted", KIND_BOOL, FIELD_AT(county, is_assisted) },
	{ "is_national_key", KIND_BOOL, FIELD_AT(county, is_national_key) },
};
enum { COUNTY_WRITTEN = COUNT_OF(county_columns) - 2 };

static const struct field region_columns[] = {
	{ "code", KIND_TEXT, FIELD_AT(region, code) },
	{ "name", KIND_TEXT, FIELD_AT(region, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(region, name_en) },
	{ "city_code", KIND_TEXT, FIELD_AT(region, city_code) },
	{ "city_name", KIND_TEXT, FIELD_AT(region, city_name) },
	{ "longitude", KIND_RAW, FIELD_AT(region, longitude) },
	{ "latitude", KIND_RAW, FIELD_AT(region, latitude) },
	{ "former_codes", KIND_TEXT, FIELD_AT(region, former_codes) },
};

static const struct field designation_columns[] = {
	{ "county", KIND_TEXT, FIELD_AT(designation, county) },
	{ "kind", KIND_WORD, FIELD_AT(designation, kind), .words = designation_words },
	{ "since", KIND_DAY, FIELD_AT(designation, since) },
	{ "until", KIND_DAY, FIELD_AT(designation, until), .optional = true },
};

/* ---- organisations ---- */

enum err organisation_list(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[ORGANISATIONS], db_none, organisation_columns,
		       COUNT_OF(organisation_columns), sizeof(struct organisation), arena, out);
}

enum err codes_known(struct db *db, struct arena *arena, const struct value *codes, size_t count,
		     struct list *out)
{
	return db_list_in(db, &sql[CODES_KNOWN], db_none, codes, count, db_none, known_columns,
			  COUNT_OF(known_columns), sizeof(struct known_code), arena, out);
}

enum err organisations_insert(struct db *db, const struct list *organisations)
{
	return db_rows(db, &sql[ORGANISATIONS_INSERT], organisation_columns,
		       COUNT_OF(organisation_columns), organisations->at, organisations->count,
		       sizeof(struct organisation));
}

enum err units_insert(struct db *db, const struct list *units)
{
	return db_rows(db, &sql[UNITS_INSERT], unit_columns, COUNT_OF(unit_columns), units->at,
		       units->count, sizeof(struct unit));
}

enum err suppliers_insert(struct db *db, const struct list *suppliers)
{
	return db_rows(db, &sql[SUPPLIERS_INSERT], supplier_columns, COUNT_OF(supplier_columns),
		       suppliers->at, suppliers->count, sizeof(struct supplier));
}

enum err authorities_insert(struct db *db, const struct list *authorities)
{
	return db_rows(db, &sql[AUTHORITIES_INSERT], authority_columns, COUNT_OF(authority_columns),
		       authorities->at, authorities->count, sizeof(struct authority));
}

/* ---- regions ---- */

enum err counties_put(struct db *db, const struct list *counties)
{
	return db_rows(db, &sql[COUNTIES_PUT], county_columns, COUNTY_WRITTEN, counties->at,
		       counties->count, sizeof(struct county));
}

enum err designations_put(struct db *db, const struct list *designations)
{
	return db_rows(db, &sql[DESIGNATIONS_PUT], designation_columns,
		       COUNT_OF(designation_columns), designations->at, designations->count,
		       sizeof(struct designation));
}

enum err county_list(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[COUNTIES], db_none, county_columns, COUNT_OF(county_columns),
		       sizeof(struct county), arena, out);
}

enum err region_list(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[REGIONS], db_none, region_columns, COUNT_OF(region_columns),
		       sizeof(struct region), arena, out);
}

enum err county_list_on(struct db *db, int32_t day, struct arena *arena, struct list *out)
{
	struct value on = value_day(day);

	return db_list(db, &sql[COUNTIES_ON], db_values(on, on, on, on), county_columns,
		       COUNT_OF(county_columns), sizeof(struct county), arena, out);
}

enum err designation_list(struct db *db, int32_t day, struct arena *arena, struct list *out)
{
	struct value on = value_day(day);

	return db_list(db, &sql[DESIGNATIONS], db_values(day == DAY_NONE, on, on),
		       designation_columns, COUNT_OF(designation_columns),
		       sizeof(struct designation), arena, out);
}

enum err designations_lock(struct db *db, struct text county, int32_t kind, int32_t since,
			   struct arena *arena, struct list *out)
{
	return db_list(db, &sql[DESIGNATIONS_LOCK],
		       db_values(county, word_of(designation_words, kind), value_day(since)),
		       designation_columns, COUNT_OF(designation_columns),
		       sizeof(struct designation), arena, out);
}

enum err designation_end(struct db *db, const struct designation *designation)
{
	return db_exec(db, &sql[DESIGNATION_END],
		       db_values(value_day(designation->until), designation->county,
				 word_of(designation_words, designation->kind),
				 value_day(designation->since)));
}
