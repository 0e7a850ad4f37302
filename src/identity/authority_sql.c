/* The statements that make an organisation an authority. */
#include "authority.h"

enum {
	ORGANISATION_MARK,
	AUTHORITY_PUT,
	SCOPE_COUNTY_EXISTS,
	ROOT_BY_CODE,
	AUTHORITY_WAS,
	SQL_COUNT
};

static const struct sql sql[] = {
	[ORGANISATION_MARK] = { "UPDATE organisation"
				"   SET is_authority = TRUE, version = version + 1"
				" WHERE id = ?" },
	[AUTHORITY_PUT] = { "INSERT INTO authority (organisation, scope, county, hierarchy, root)"
			    " VALUES (?, ?, ?, ?, ?)"
			    " ON DUPLICATE KEY UPDATE scope = VALUES(scope), county = "
			    "VALUES(county),"
			    "  hierarchy = VALUES(hierarchy), root = VALUES(root)" },
	[SCOPE_COUNTY_EXISTS] = { "SELECT COUNT(*) FROM county WHERE code = ?" },
	[ROOT_BY_CODE] = { "SELECT o.id"
			   "  FROM organisation o"
			   "  JOIN unit_place p ON p.unit = o.id AND p.hierarchy = ?"
			   "   AND ? BETWEEN p.since AND p.until"
			   " WHERE o.code = ?"
			   "  LOCK IN SHARE MODE" },
	[AUTHORITY_WAS] = { "SELECT o.id, o.code, o.name, a.scope, a.county, a.hierarchy, r.code"
			    "  FROM authority a"
			    "  JOIN organisation o ON o.id = a.organisation"
			    "  LEFT JOIN organisation r ON r.id = a.root"
			    " WHERE a.organisation = ? FOR UPDATE" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct found {
	struct id id;
};
static const struct field found_columns[] = { { "id", KIND_ID, FIELD_AT(found, id) } };

enum err authority_put(struct db *db, const struct authority *authority)
{
	bool hierarchy = authority->scope == SCOPE_HIERARCHY;

	enum err e = db_exec(db, &sql[ORGANISATION_MARK], db_values(authority->organisation));
	if (e)
		return e;
	return db_exec(db, &sql[AUTHORITY_PUT],
		       db_values(authority->organisation, scope_words[authority->scope],
				 authority->county,
				 text_of(hierarchy ? hierarchy_words[authority->hierarchy] : NULL),
				 hierarchy ? authority->root : NO_ID));
}

enum err authority_was(struct db *db, struct arena *arena, struct id organisation,
		       struct new_authority *out)
{
	return db_read(db, &sql[AUTHORITY_WAS], db_values(organisation), new_authority_fields,
		       new_authority_field_count, arena, out);
}

enum err county_exists(struct db *db, struct text code, bool *exists)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[SCOPE_COUNTY_EXISTS], db_values(code), &count);

	*exists = count == 1;
	return e;
}

enum err root_by_code(struct db *db, struct arena *arena, int32_t hierarchy, int32_t day,
		      struct text code, struct id *out)
{
	struct found found = { NO_ID };
	enum err e = db_read(db, &sql[ROOT_BY_CODE],
			     db_values(hierarchy_words[hierarchy], value_day(day), code),
			     found_columns, COUNT_OF(found_columns), arena, &found);

	*out = found.id;
	return e;
}
