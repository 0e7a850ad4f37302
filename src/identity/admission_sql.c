/*
 * The statements of admission: what other tables say of whoever applies, and what becomes of an
 * application that is approved. Columns stand in the order of the field tables.
 */
#include "application.h"

enum {
	TAKEN,
	COUNTY_ASSISTED,
	PARENT,
	PARENT_PLANNED,
	ORGANISATION,
	ORGANISATION_SEEN,
	ADMINS,
	ADMINS_WIDEN,
	ORGANISATION_ADD,
	CAPACITY_SET,
	SUPPLIER_ADD,
	UNIT_ADD,
	LICENCES_ADD,
	CONTACT_PUT,
	HOLDERS,
	LINKS_REVOKE,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[TAKEN] = {
		"SELECT COUNT(*) FROM application WHERE open_code = ? AND id <> ? LOCK IN SHARE MODE" },
	[COUNTY_ASSISTED] = {
		"SELECT COUNT(*)"
		"  FROM county_designation"
		" WHERE county = ? AND kind = 'assisted' AND since <= ?"
		"   AND (until IS NULL OR until >= ?) LOCK IN SHARE MODE" },
	[PARENT] = {
		"SELECT o.id"
		"  FROM organisation o"
		"  JOIN unit_ancestor a ON a.hierarchy = ? AND a.ancestor = o.id AND a.unit = o.id"
		"   AND ? BETWEEN a.since AND a.until"
		" WHERE o.uscc = ? AND o.is_unit AND o.status = 'active'"
		" LIMIT 1 LOCK IN SHARE MODE" },
	[PARENT_PLANNED] = {
		"SELECT MIN(p.since)"
		"  FROM organisation o"
		"  JOIN unit_place p ON p.hierarchy = ? AND p.unit = o.id AND p.since > ?"
		" WHERE o.uscc = ? AND o.is_unit AND o.status = 'active'" },
	[ORGANISATION] = {
		"SELECT id, is_unit, is_supplier, status, name, version"
		"  FROM organisation"
		" WHERE uscc = ? FOR UPDATE" },
	[ORGANISATION_SEEN] = {
		"SELECT id, is_unit, is_supplier, status, name, version FROM organisation WHERE uscc = ?" },
	[ADMINS] = {
		"SELECT user, roles"
		"  FROM membership"
		" WHERE organisation = ? AND status = 'active' AND roles & ?"
		" ORDER BY user FOR UPDATE" },
	[ADMINS_WIDEN] = {
		"UPDATE membership"
		"   SET roles = roles | ?, version = version + 1"
		" WHERE organisation = ? AND status = 'active' AND roles & ?" },
	[ORGANISATION_ADD] = {
		"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier,"
		" is_authority, status, created_at)"
		" VALUES (?, ?, CONCAT('A', ?), ?, ?, ?, ?, FALSE, 'active', ?)" },
	[CAPACITY_SET] = {
		"UPDATE organisation"
		"   SET is_unit = is_unit OR ?, is_supplier = is_supplier OR ?"
		" WHERE id = ?" },
	[SUPPLIER_ADD] = {
		"INSERT INTO supplier (organisation, county, kind, households_assisted)"
		" VALUES (?, ?, ?, ?)" },
	[UNIT_ADD] = {
		"INSERT INTO unit (organisation, kind, city, region_code, member_count, annual_budget_fen)"
		" VALUES (?, ?, ?, ?, ?, ?)" },
	[LICENCES_ADD] = {
		"INSERT INTO licence (id, organisation, kind, file, expires_on, state, submitted_at,"
		" decided_by, decided_at) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[CONTACT_PUT] = {
		"INSERT INTO contact (organisation, name_sealed, phone_sealed, updated_at)"
		" VALUES (?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE organisation = VALUES(organisation)" },
	[HOLDERS] = {
		"SELECT COUNT(*)"
		"  FROM membership"
		" WHERE organisation = ? AND status = 'active' AND roles & ? LOCK IN SHARE MODE" },
	[LINKS_REVOKE] = {
		"UPDATE invitation"
		"   SET revoked_at = ?"
		" WHERE organisation = ? AND kind = 'admin' AND accepted_at IS NULL"
		"   AND revoked_at IS NULL" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- what other tables say ---- */

static enum err counted(struct db *db, int statement, struct values values, bool *some)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[statement], values, &count);

	*some = count > 0;
	return e;
}

enum err application_is_taken(struct db *db, struct text open_code, struct id but, bool *taken)
{
	return counted(db, TAKEN, db_values(open_code, but), taken);
}

enum err county_is_assisted(struct db *db, struct text county, int32_t day, bool *assisted)
{
	struct value on = value_day(day);

	return counted(db, COUNTY_ASSISTED, db_values(county, on, on), assisted);
}

const struct field applicant_organisation_fields[] = {
	{ "id", KIND_ID, FIELD_AT(applicant_organisation, id) },
	{ "is_unit", KIND_BOOL, FIELD_AT(applicant_organisation, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(applicant_organisation, is_supplier) },
	{ "status", KIND_WORD, FIELD_AT(applicant_organisation, status), .words = status_words },
	{ "name", KIND_TEXT, FIELD_AT(applicant_organisation, name) },
	{ "version", KIND_INT, FIELD_AT(applicant_organisation, version), .only = ROW },
};
const size_t applicant_organisation_field_count = COUNT_OF(applicant_organisation_fields);

static const struct field parent_columns[] = {
	{ "id", KIND_ID, FIELD_AT(applicant_organisation, id) },
};

enum err parent_find(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
		     struct id *out)
{
	struct applicant_organisation found = { 0 };
	enum err e = db_read(db, &sql[PARENT],
			     db_values(hierarchy_words[hierarchy], value_day(day), uscc),
			     parent_columns, COUNT_OF(parent_columns), NULL, &found);

	*out = found.id;
	return e;
}

struct planned_parent {
	int32_t since;
};
static const struct field planned_columns[] = {
	{ "since", KIND_DAY, FIELD_AT(planned_parent, since), .optional = true },
};

enum err parent_planned(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
			int32_t *out)
{
	struct planned_parent found = { DAY_NONE };
	enum err e = db_read(db, &sql[PARENT_PLANNED],
			     db_values(hierarchy_words[hierarchy], value_day(day), uscc),
			     planned_columns, COUNT_OF(planned_columns), NULL, &found);

	*out = found.since;
	return e;
}

enum err organisation_of_uscc(struct db *db, struct arena *arena, struct text uscc, bool locks,
			      struct applicant_organisation *out)
{
	return db_read(db, &sql[locks ? ORGANISATION : ORGANISATION_SEEN], db_values(uscc),
		       applicant_organisation_fields, COUNT_OF(applicant_organisation_fields),
		       arena, out);
}

static const struct field widened_columns[] = {
	{ "user", KIND_ID, FIELD_AT(widened_member, user) },
	{ "roles", KIND_WORDS, FIELD_AT(widened_member, roles), .words = role_words },
};

enum err admins_of(struct db *db, struct arena *arena, struct id organisation, uint32_t had,
		   struct list *out)
{
	return db_list(db, &sql[ADMINS], db_values(organisation, had), widened_columns,
		       COUNT_OF(widened_columns), sizeof(struct widened_member), arena, out);
}

enum err admins_widen(struct db *db, struct id organisation, uint32_t had, uint32_t more)
{
	return db_exec(db, &sql[ADMINS_WIDEN], db_values(more, organisation, had));
}

/* ---- admission ---- */

enum err organisation_admit(struct db *db, const struct application *a, struct id id, int64_t now)
{
	const struct application_content *c = &a->content;
	bool is_unit = a->kind == APPLICATION_UNIT;

	return db_exec(db, &sql[ORGANISATION_ADD],
		       db_values(id, c->uscc, a->number, c->name,
				 c->short_name.size ? c->short_name : text_part(c->name, 0, 60),
				 is_unit, !is_unit, now));
}

static int64_t or_zero(int64_t number)
{
	return number == INT_NONE ? 0 : number;
}

enum err capacity_add(struct db *db, const struct application *a, struct id id)
{
	const struct application_content *c = &a->content;
	bool is_unit = a->kind == APPLICATION_UNIT;
	enum err e = db_exec(db, &sql[CAPACITY_SET], db_values(is_unit, !is_unit, id));

	if (!e && !is_unit)
		return db_exec(db, &sql[SUPPLIER_ADD],
			       db_values(id, c->county, c->type, or_zero(c->households_assisted)));
	if (e)
		return e;
	return db_exec(db, &sql[UNIT_ADD],
		       db_values(id, c->type, c->city, c->region_code, or_zero(c->member_count),
				 or_zero(c->annual_budget_fen)));
}

static const struct field taken_over_columns[] = {
	{ "id", KIND_ID, FIELD_AT(licence, id) },
	{ "organisation", KIND_ID, FIELD_AT(licence, organisation) },
	{ "kind", KIND_WORD, FIELD_AT(licence, kind), .words = licence_kind_words },
	{ "file", KIND_ID, FIELD_AT(licence, file) },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence, state), .words = licence_words },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(licence, submitted_at) },
	{ "decided_by", KIND_ID, FIELD_AT(licence, decided_by), .optional = true },
	{ "decided_at", KIND_INSTANT, FIELD_AT(licence, decided_at), .optional = true },
};

enum err licences_take_over(struct db *db, const struct list *licences)
{
	return db_rows(db, &sql[LICENCES_ADD], taken_over_columns, COUNT_OF(taken_over_columns),
		       licences->at, licences->count, sizeof(struct licence));
}

enum err contact_take_over(struct db *db, struct id organisation, struct text name,
			   struct text phone, int64_t now)
{
	return db_exec(db, &sql[CONTACT_PUT],
		       db_values(organisation, value_bytes(name), value_bytes(phone), now));
}

enum err holders_count(struct db *db, struct id organisation, uint32_t roles, int64_t *out)
{
	return db_number(db, &sql[HOLDERS], db_values(organisation, roles), out);
}

enum err admin_links_revoke(struct db *db, struct id organisation, int64_t now)
{
	return db_exec(db, &sql[LINKS_REVOKE], db_values(now, organisation));
}
