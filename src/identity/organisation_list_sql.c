/*
 * Lists of units and suppliers: one statement each, driven by the index that the filters name first
 * (a subtree, who stands right below somebody, a region, a city, else all in order of their ids),
 * within what the actor's scope takes in. All come by their ids, so that a page is a range of that
 * index and ends where it is full.
 */
#include "organisation_rows.h"

/* A clause of three placeholders each: by what index the rows come, and whose they may be. */
#define TODAY_CODE                                                                                 \
	"COALESCE((SELECT c.code FROM county c"                                                    \
	"           WHERE FIND_IN_SET(?, REPLACE(c.former_codes, ';', ',')) LIMIT 1), ?)"
#define BY_ALL      "(? IS NULL AND ? IS NULL AND ? IS NULL)"
#define BY_REGION   "u.region_code = " TODAY_CODE " AND ? IS NULL"
#define BY_CITY     "u.city = ? AND ? IS NULL AND ? IS NULL"
#define BY_TREE     "t.hierarchy = ? AND t.ancestor = ? AND ? BETWEEN t.since AND t.until"
#define BY_CHILDREN "t.hierarchy = ? AND t.parent <=> ? AND ? BETWEEN t.since AND t.until"
#define IN_ALL      "(? IS NULL AND ? IS NULL AND ? IS NULL)"
#define IN_COUNTY   "u.region_code = ? AND ? IS NULL AND ? IS NULL"
/* the rows of one unit never share a day: none comes twice */
#define IN_TREE                                                                                    \
	"x.hierarchy = ? AND x.ancestor = ? AND ? BETWEEN x.since AND x.until"                     \
	" AND x.unit = u.organisation"

#define FROM_UNITS    "  FROM unit u"
#define FROM_TREE     "  FROM unit_ancestor t STRAIGHT_JOIN unit u ON u.organisation = t.unit"
#define AND_SCOPE     " STRAIGHT_JOIN unit_ancestor x"
#define FROM_CHILDREN "  FROM unit_place t STRAIGHT_JOIN unit u ON u.organisation = t.unit"
#define FILTERS                                                                                    \
	"   AND (? IS NULL OR u.city = ?)"                                                         \
	"   AND (? IS NULL OR u.region_code = " TODAY_CODE ")"                                     \
	"   AND (? IS NULL OR u.kind = ?)"                                                         \
	"   AND (? IS NULL OR o.status = ?)"                                                       \
	"   AND (? IS NULL OR o.name LIKE ? OR o.code LIKE ? OR o.uscc LIKE ?)"
#define UNITS(from, by, in, key)                                                                   \
	{                                                                                          \
		{ "SELECT o.id, o.uscc, o.code, o.name, o.short_name, o.status, o.ends_on,"        \
		  "       u.kind, u.city, u.region_code, u.member_count,"                          \
		  "       u.annual_budget_fen" from                                                \
		  " STRAIGHT_JOIN organisation o ON o.id = u.organisation"                         \
		  " WHERE " by " AND " in FILTERS "   AND (? IS NULL OR " key " > ?)"              \
		  " ORDER BY " key " LIMIT ?" },                                                   \
		{                                                                                  \
			"SELECT COUNT(*)" from                                                     \
			" STRAIGHT_JOIN organisation o ON o.id = u.organisation"                   \
			" WHERE " by " AND " in FILTERS                                            \
		}                                                                                  \
	}
enum { LISTS, COUNTS };
enum drive { DRIVE_ALL, DRIVE_REGION, DRIVE_CITY, DRIVE_TREE, DRIVE_CHILDREN, DRIVE_COUNT };
/* What of the scope the drive does not say already. */
enum sight { SIGHT_ALL, SIGHT_COUNTY, SIGHT_TREE, SIGHT_COUNT };

static const struct sql units[DRIVE_COUNT][SIGHT_COUNT][2] = {
	[DRIVE_ALL] = { [SIGHT_ALL] = UNITS(FROM_UNITS, BY_ALL, IN_ALL, "u.organisation") },
	[DRIVE_REGION] = { [SIGHT_ALL] = UNITS(FROM_UNITS, BY_REGION, IN_ALL, "u.organisation") },
	[DRIVE_CITY] = { [SIGHT_ALL] = UNITS(FROM_UNITS, BY_CITY, IN_ALL, "u.organisation") },
	[DRIVE_TREE] = { [SIGHT_ALL] = UNITS(FROM_TREE, BY_TREE, IN_ALL, "t.unit"),
			 [SIGHT_COUNTY] = UNITS(FROM_TREE, BY_TREE, IN_COUNTY, "t.unit"),
			 [SIGHT_TREE] = UNITS(FROM_TREE AND_SCOPE, BY_TREE, IN_TREE, "t.unit") },
	[DRIVE_CHILDREN] = { [SIGHT_ALL] = UNITS(FROM_CHILDREN, BY_CHILDREN, IN_ALL, "t.unit"),
			     [SIGHT_COUNTY] =
				     UNITS(FROM_CHILDREN, BY_CHILDREN, IN_COUNTY, "t.unit"),
			     [SIGHT_TREE] = UNITS(FROM_CHILDREN AND_SCOPE, BY_CHILDREN, IN_TREE,
						  "t.unit") },
};

#define SUPPLIERS(by)                                                                              \
	{                                                                                          \
		{ "SELECT o.id, o.uscc, o.code, o.name, o.short_name, o.status, o.ends_on,"        \
		  "       s.county, s.kind, s.households_assisted,"                                \
		  "       IF(o.status = 'active' AND s.suspended_for IS NULL, 'open', "            \
		  "'suspended'),"                                                                  \
		  "       IF(o.status <> 'active', 'status', s.suspended_for)"                     \
		  "  FROM supplier s"                                                              \
		  " STRAIGHT_JOIN organisation o ON o.id = s.organisation"                         \
		  " WHERE " by SUPPLIER_FILTERS "   AND (? IS NULL OR s.organisation > ?)"         \
		  " ORDER BY s.organisation LIMIT ?" },                                            \
		{                                                                                  \
			"SELECT COUNT(*)"                                                          \
			"  FROM supplier s"                                                        \
			" STRAIGHT_JOIN organisation o ON o.id = s.organisation"                   \
			" WHERE " by SUPPLIER_FILTERS                                              \
		}                                                                                  \
	}
#define SUPPLIER_FILTERS                                                                           \
	"   AND (? IS NULL OR s.county = " TODAY_CODE ")"                                          \
	"   AND (? IS NULL OR o.status = ?)"                                                       \
	"   AND (? IS NULL OR o.name LIKE ? OR o.code LIKE ? OR o.uscc LIKE ?)"

enum { SUPPLIERS_ALL, SUPPLIERS_OF_COUNTY, SUPPLIERS_COUNT };
static const struct sql suppliers[SUPPLIERS_COUNT][2] = {
	[SUPPLIERS_ALL] = SUPPLIERS("(? IS NULL AND ? IS NULL)"),
	[SUPPLIERS_OF_COUNTY] = SUPPLIERS("s.county = " TODAY_CODE),
};

/* ---- columns ---- */

const char *const selling_words[] = { "open", "suspended", NULL };

static const struct field unit_columns[] = {
	{ "id", KIND_ID, FIELD_AT(unit_item, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(unit_item, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(unit_item, code) },
	{ "name", KIND_TEXT, FIELD_AT(unit_item, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(unit_item, short_name) },
	{ "status", KIND_WORD, FIELD_AT(unit_item, status), .words = status_words },
	{ "ends_on", KIND_DAY, FIELD_AT(unit_item, ends_on), .optional = true },
	{ "kind", KIND_TEXT, FIELD_AT(unit_item, facts.kind) },
	{ "city", KIND_TEXT, FIELD_AT(unit_item, facts.city) },
	{ "region_code", KIND_TEXT, FIELD_AT(unit_item, facts.region_code) },
	{ "member_count", KIND_INT, FIELD_AT(unit_item, facts.member_count) },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(unit_item, facts.annual_budget_fen) },
};

static const struct field supplier_columns[] = {
	{ "id", KIND_ID, FIELD_AT(supplier_item, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(supplier_item, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(supplier_item, code) },
	{ "name", KIND_TEXT, FIELD_AT(supplier_item, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(supplier_item, short_name) },
	{ "status", KIND_WORD, FIELD_AT(supplier_item, status), .words = status_words },
	{ "ends_on", KIND_DAY, FIELD_AT(supplier_item, ends_on), .optional = true },
	{ "county", KIND_TEXT, FIELD_AT(supplier_item, facts.county) },
	{ "kind", KIND_TEXT, FIELD_AT(supplier_item, facts.kind) },
	{ "households_assisted", KIND_INT, FIELD_AT(supplier_item, facts.households_assisted) },
	{ "selling", KIND_WORD, FIELD_AT(supplier_item, facts.selling), .words = selling_words },
	{ "selling_reason", KIND_TEXT, FIELD_AT(supplier_item, facts.selling_reason),
	  .optional = true },
};

/* ---- which text, and its values ---- */

enum { UNIT_COUNT_VALUES = 19, UNIT_LIST_VALUES = 22, SUPPLIER_COUNT_VALUES = 11 };
enum { SUPPLIER_LIST_VALUES = SUPPLIER_COUNT_VALUES + 3 };

static struct value word_value(const char *const *words, int32_t value)
{
	return value == SMALL_NONE ? value_null() : value_string(word_of(words, value));
}

static enum drive drive_of(const struct unit_filter *filter, struct value by[3])
{
	const struct scope *scope = filter->scope;

	by[0] = by[1] = by[2] = value_null();
	if (filter->hierarchy != SMALL_NONE) {
		by[0] = word_value(hierarchy_words, filter->hierarchy);
		by[1] = value_id(filter->below ? filter->ancestor : filter->parent);
		by[2] = value_day(filter->day);
		return filter->below ? DRIVE_TREE : DRIVE_CHILDREN;
	}
	if (scope->kind == SCOPE_HIERARCHY) {
		by[0] = word_value(hierarchy_words, scope->hierarchy);
		by[1] = value_id(scope->root);
		by[2] = value_day(scope->day);
		return DRIVE_TREE;
	}
	if (scope->kind == SCOPE_COUNTY || filter->region.at) {
		by[0] = by[1] = scope->kind == SCOPE_COUNTY ? value_string(scope->county)
							    : value_text(filter->region);
		return DRIVE_REGION;
	}
	by[0] = value_text(filter->city);
	return filter->city.at ? DRIVE_CITY : DRIVE_ALL;
}

static enum sight sight_of(const struct unit_filter *filter, struct value in[3])
{
	const struct scope *scope = filter->scope;

	in[0] = in[1] = in[2] = value_null();
	if (filter->hierarchy == SMALL_NONE)
		return SIGHT_ALL;
	if (scope->kind == SCOPE_COUNTY) {
		in[0] = value_string(scope->county);
		return SIGHT_COUNTY;
	}
	if (scope->kind != SCOPE_HIERARCHY)
		return SIGHT_ALL;
	in[0] = word_value(hierarchy_words, scope->hierarchy);
	in[1] = value_id(scope->root);
	in[2] = value_day(scope->day);
	return SIGHT_TREE;
}

/* The text, with its values in @storage, those of a page at the end. */
static const struct sql *units_text(const struct unit_filter *filter, int which,
				    struct value storage[UNIT_LIST_VALUES])
{
	struct value by[3], in[3];
	enum drive drive = drive_of(filter, by);
	enum sight sight = sight_of(filter, in);
	struct value city = value_text(filter->city), region = value_text(filter->region);
	struct value kind = value_text(filter->kind);
	struct value status = word_value(status_words, filter->status);
	struct value beginning = value_text(filter->beginning), part = value_text(filter->part);
	struct value after = value_id(filter->after);
	const struct value values[UNIT_LIST_VALUES] = {
		by[0],     by[1],
		by[2],     in[0],
		in[1],     in[2],
		city,      city,
		region,    region,
		region,    kind,
		kind,      status,
		status,    part,
		part,      beginning,
		beginning, after,
		after,     value_i64(filter->limit),
	};

	for (size_t i = 0; i < UNIT_LIST_VALUES; i++)
		storage[i] = values[i];
	return &units[drive][sight][which];
}

enum err unit_items(struct db *db, const struct unit_filter *filter, struct arena *arena,
		    struct list *out)
{
	struct value values[UNIT_LIST_VALUES];
	const struct sql *text = units_text(filter, LISTS, values);

	assert(filter->scope->kind != SCOPE_NONE);
	return db_list(db, text, (struct values){ values, UNIT_LIST_VALUES }, unit_columns,
		       COUNT_OF(unit_columns), sizeof(struct unit_item), arena, out);
}

enum err unit_items_count(struct db *db, const struct unit_filter *filter, int64_t *out)
{
	struct value values[UNIT_LIST_VALUES];
	const struct sql *text = units_text(filter, COUNTS, values);

	return db_number(db, text, (struct values){ values, UNIT_COUNT_VALUES }, out);
}

static const struct sql *suppliers_text(const struct supplier_filter *filter, int which,
					struct value storage[SUPPLIER_LIST_VALUES])
{
	bool of_county = filter->scope->kind == SCOPE_COUNTY;
	struct value county = value_text(filter->county);
	struct value by = of_county ? value_string(filter->scope->county) : county;
	struct value status = word_value(status_words, filter->status);
	struct value beginning = value_text(filter->beginning), part = value_text(filter->part);
	struct value after = value_id(filter->after);
	const struct value values[SUPPLIER_LIST_VALUES] = {
		by,   by,   county,    county,    county, status, status,
		part, part, beginning, beginning, after,  after,  value_i64(filter->limit),
	};

	for (size_t i = 0; i < SUPPLIER_LIST_VALUES; i++)
		storage[i] = values[i];
	return &suppliers[of_county || filter->county.at ? SUPPLIERS_OF_COUNTY : SUPPLIERS_ALL]
			 [which];
}

/* An authority of a hierarchy oversees no supplier. */
enum err supplier_items(struct db *db, const struct supplier_filter *filter, struct arena *arena,
			struct list *out)
{
	struct value values[SUPPLIER_LIST_VALUES];
	const struct sql *text = suppliers_text(filter, LISTS, values);

	if (filter->scope->kind != SCOPE_PLATFORM && filter->scope->kind != SCOPE_COUNTY)
		return OK;
	return db_list(db, text, (struct values){ values, SUPPLIER_LIST_VALUES }, supplier_columns,
		       COUNT_OF(supplier_columns), sizeof(struct supplier_item), arena, out);
}

enum err supplier_items_count(struct db *db, const struct supplier_filter *filter, int64_t *out)
{
	struct value values[SUPPLIER_LIST_VALUES];
	const struct sql *text = suppliers_text(filter, COUNTS, values);

	*out = 0;
	if (filter->scope->kind != SCOPE_PLATFORM && filter->scope->kind != SCOPE_COUNTY)
		return OK;
	return db_number(db, text, (struct values){ values, SUPPLIER_COUNT_VALUES }, out);
}
