/*
 * The statements of places in the reporting trees and of their closure. Each table of columns
 * stands in the order of its statement's columns or placeholders.
 */
#include "organisation_rows.h"

enum {
	HIERARCHY_LOCK,
	PLACES_OF_HIERARCHY,
	PLACES_AROUND,
	ANCESTORS_OF_HIERARCHY,
	ANCESTORS_AROUND,
	PLACES_ALL,
	ANCESTORS_ALL,
	PLACES_DROP,
	ANCESTORS_DROP,
	PLACES_PUT,
	ANCESTORS_PUT,
	WITH_MEMBERS,
	CHILDREN_FROM,
	PLACES_OF_UNIT,
	LATEST_INSTANT,
	SQL_COUNT
};

#define PLACE_COLUMNS    "SELECT p.hierarchy, p.unit, p.parent, p.since, p.until"
#define ANCESTOR_COLUMNS "SELECT a.hierarchy, a.ancestor, a.unit, a.depth, a.since, a.until"

static const struct sql sql[] = {
	[HIERARCHY_LOCK] = { "UPDATE hierarchy_change SET changes = changes + 1"
			     " WHERE hierarchy = ?" },
	[PLACES_OF_HIERARCHY] = { PLACE_COLUMNS "  FROM unit_place p"
						" WHERE p.hierarchy = ?" },
	/* the unit and what is below it, what was ever above those, what was ever above the parent;
	   a union, so that each stands once */
	[PLACES_AROUND] = { PLACE_COLUMNS
			    "  FROM (SELECT b.ancestor AS unit"
			    "          FROM unit_ancestor a"
			    "          JOIN unit_ancestor b ON b.hierarchy = a.hierarchy"
			    "                              AND b.unit = a.unit"
			    "         WHERE a.hierarchy = ? AND a.ancestor = ? AND a.until >= ?"
			    "         UNION"
			    "        SELECT c.ancestor"
			    "          FROM unit_ancestor c"
			    "         WHERE c.hierarchy = ? AND c.unit IN (?, ?)"
			    "         UNION"
			    "        SELECT ?) n"
			    "  STRAIGHT_JOIN unit_place p ON p.hierarchy = ? AND p.unit = n.unit" },
	[ANCESTORS_OF_HIERARCHY] = { ANCESTOR_COLUMNS "  FROM unit_ancestor a"
						      " WHERE a.hierarchy = ?" },
	[ANCESTORS_AROUND] = { ANCESTOR_COLUMNS
			       "  FROM (SELECT b.unit"
			       "          FROM unit_ancestor b"
			       "         WHERE b.hierarchy = ? AND b.ancestor = ? AND b.until >= ?"
			       "         UNION"
			       "        SELECT ?) n"
			       "  STRAIGHT_JOIN unit_ancestor a ON a.unit = n.unit"
			       "                               AND a.hierarchy = ?" },
	[PLACES_ALL] = { PLACE_COLUMNS "  FROM unit_place p" },
	[ANCESTORS_ALL] = { ANCESTOR_COLUMNS "  FROM unit_ancestor a" },
	[PLACES_DROP] = { "DELETE FROM unit_place WHERE hierarchy = ? AND unit IN (", "?", ")" },
	[ANCESTORS_DROP] = { "DELETE FROM unit_ancestor WHERE hierarchy = ? AND unit IN (", "?",
			     ")" },
	[PLACES_PUT] = { "INSERT INTO unit_place (hierarchy, unit, parent, since, until)"
			 " VALUES ",
			 "(?, ?, ?, ?, ?)" },
	[ANCESTORS_PUT] = { "INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth, since, "
			    "until)"
			    " VALUES ",
			    "(?, ?, ?, ?, ?, ?)",
			    " ON DUPLICATE KEY UPDATE depth = VALUES(depth), until = "
			    "VALUES(until)" },
	[WITH_MEMBERS] = { "SELECT DISTINCT organisation FROM membership WHERE organisation IN (",
			   "?", ")" },
	[CHILDREN_FROM] = { PLACE_COLUMNS "  FROM unit_place p"
					  " WHERE p.hierarchy IN ('union', 'state_assets', "
					  "'government')"
					  "   AND p.parent = ? AND p.until >= ?"
					  " ORDER BY p.hierarchy, p.unit, p.since" },
	[PLACES_OF_UNIT] = { PLACE_COLUMNS "  FROM unit_place p"
					   " WHERE p.hierarchy IN ('union', 'state_assets', "
					   "'government')"
					   "   AND p.unit = ?"
					   " ORDER BY p.hierarchy, p.since" },
	[LATEST_INSTANT] = { "SELECT COALESCE(MAX(at), 0) FROM event" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field place_columns[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(dated_place, hierarchy), .words = hierarchy_words },
	{ "unit", KIND_ID, FIELD_AT(dated_place, unit) },
	{ "parent", KIND_ID, FIELD_AT(dated_place, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(dated_place, since) },
	{ "until", KIND_DAY, FIELD_AT(dated_place, until) },
};

static const struct field ancestor_columns[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(dated_ancestor, hierarchy), .words = hierarchy_words },
	{ "ancestor", KIND_ID, FIELD_AT(dated_ancestor, ancestor) },
	{ "unit", KIND_ID, FIELD_AT(dated_ancestor, unit) },
	{ "depth", KIND_INT, FIELD_AT(dated_ancestor, depth) },
	{ "since", KIND_DAY, FIELD_AT(dated_ancestor, since) },
	{ "until", KIND_DAY, FIELD_AT(dated_ancestor, until) },
};

static const struct field member_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(known_code, id) },
};

static struct value word_value(int32_t hierarchy)
{
	return value_string(word_of(hierarchy_words, hierarchy));
}

enum err hierarchy_lock(struct db *db, int32_t hierarchy)
{
	enum err e = db_exec(db, &sql[HIERARCHY_LOCK], db_values(word_value(hierarchy)));

	assert(e || db_affected(db) == 1);
	return e;
}

static enum err places_list(struct db *db, int statement, struct values values, struct arena *arena,
			    struct list *out)
{
	return db_list(db, &sql[statement], values, place_columns, COUNT_OF(place_columns),
		       sizeof(struct dated_place), arena, out);
}

static enum err ancestors_list(struct db *db, int statement, struct values values,
			       struct arena *arena, struct list *out)
{
	return db_list(db, &sql[statement], values, ancestor_columns, COUNT_OF(ancestor_columns),
		       sizeof(struct dated_ancestor), arena, out);
}

enum err places_of_hierarchy(struct db *db, int32_t hierarchy, struct arena *arena,
			     struct list *out)
{
	return places_list(db, PLACES_OF_HIERARCHY, db_values(word_value(hierarchy)), arena, out);
}

enum err places_around(struct db *db, int32_t hierarchy, struct id unit, struct id parent,
		       int32_t since, struct arena *arena, struct list *out)
{
	struct value tree = word_value(hierarchy);

	return places_list(db, PLACES_AROUND,
			   db_values(tree, unit, value_day(since), tree, unit, parent, unit, tree),
			   arena, out);
}

enum err ancestors_of_hierarchy(struct db *db, int32_t hierarchy, struct arena *arena,
				struct list *out)
{
	return ancestors_list(db, ANCESTORS_OF_HIERARCHY, db_values(word_value(hierarchy)), arena,
			      out);
}

enum err ancestors_around(struct db *db, int32_t hierarchy, struct id unit, int32_t since,
			  struct arena *arena, struct list *out)
{
	struct value tree = word_value(hierarchy);

	return ancestors_list(db, ANCESTORS_AROUND,
			      db_values(tree, unit, value_day(since), unit, tree), arena, out);
}

enum err places_all(struct db *db, struct arena *arena, struct list *out)
{
	return places_list(db, PLACES_ALL, db_none, arena, out);
}

enum err ancestors_all(struct db *db, struct arena *arena, struct list *out)
{
	return ancestors_list(db, ANCESTORS_ALL, db_none, arena, out);
}

static enum err drop(struct db *db, int statement, int32_t hierarchy, const struct list *units)
{
	if (!units->count)
		return OK;
	return db_list_in(db, &sql[statement], db_values(word_value(hierarchy)), units->at,
			  units->count, db_none, NULL, 0, 0, NULL, NULL);
}

enum err places_drop(struct db *db, int32_t hierarchy, const struct list *units)
{
	return drop(db, PLACES_DROP, hierarchy, units);
}

enum err ancestors_drop(struct db *db, int32_t hierarchy, const struct list *units)
{
	return drop(db, ANCESTORS_DROP, hierarchy, units);
}

enum err places_put(struct db *db, const struct list *places)
{
	return db_rows(db, &sql[PLACES_PUT], place_columns, COUNT_OF(place_columns), places->at,
		       places->count, sizeof(struct dated_place));
}

enum err ancestors_put(struct db *db, const struct list *ancestors)
{
	return db_rows(db, &sql[ANCESTORS_PUT], ancestor_columns, COUNT_OF(ancestor_columns),
		       ancestors->at, ancestors->count, sizeof(struct dated_ancestor));
}

enum err units_with_members(struct db *db, const struct list *units, struct arena *arena,
			    struct list *out)
{
	if (!units->count)
		return OK;
	return db_list_in(db, &sql[WITH_MEMBERS], db_none, units->at, units->count, db_none,
			  member_columns, COUNT_OF(member_columns), sizeof(struct known_code),
			  arena, out);
}

enum err children_from(struct db *db, struct id parent, int32_t day, struct arena *arena,
		       struct list *out)
{
	return places_list(db, CHILDREN_FROM, db_values(parent, value_day(day)), arena, out);
}

enum err places_of_unit(struct db *db, struct id unit, struct arena *arena, struct list *out)
{
	return places_list(db, PLACES_OF_UNIT, db_values(unit), arena, out);
}

enum err latest_instant(struct db *db, int64_t *out)
{
	return db_number(db, &sql[LATEST_INSTANT], db_none, out);
}
