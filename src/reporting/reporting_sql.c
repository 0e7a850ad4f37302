/*
 * The only file of reporting that says SELECT. Totals come from the roll-ups, in one statement with
 * the position that they hold; rows come from the movements up to a position. Dimension and scope
 * choose among written texts.
 */
#include "reporting_private.h"

#include <string.h>

const struct field total_fields[] = {
	{ "key", KIND_TEXT, FIELD_AT(total, key), .optional = true },
	{ "label", KIND_TEXT, FIELD_AT(total, label), .optional = true },
	{ "movements", KIND_INT, FIELD_AT(total, movements) },
	{ "quantity", KIND_INT, FIELD_AT(total, quantity) },
	{ "amount_fen", KIND_FEN, FIELD_AT(total, amount_fen) },
	{ "position", KIND_INT, FIELD_AT(total, position), .only = ROW },
	{ "passport", KIND_TEXT, FIELD_AT(total, passport), .only = OUT },
};
const size_t total_field_count = COUNT_OF(total_fields);

const struct field passport_row_fields[] = {
	{ "position", KIND_INT, FIELD_AT(passport_row, position) },
	{ "number", KIND_INT, FIELD_AT(passport_row, number) },
	{ "day", KIND_DAY, FIELD_AT(passport_row, day) },
	{ "measure", KIND_WORD, FIELD_AT(passport_row, measure), .words = measure_words },
	{ "channel", KIND_WORD, FIELD_AT(passport_row, channel), .words = channel_words },
	{ "event", KIND_ID, FIELD_AT(passport_row, event) },
	{ "supply_order", KIND_ID, FIELD_AT(passport_row, supply_order) },
	{ "supply_order_number", KIND_REF, FIELD_AT(passport_row, supply_order_number),
	  .optional = true },
	{ "line", KIND_INT, FIELD_AT(passport_row, line) },
	{ "unit", KIND_ID, FIELD_AT(passport_row, unit) },
	{ "supplier", KIND_ID, FIELD_AT(passport_row, supplier) },
	{ "county", KIND_TEXT, FIELD_AT(passport_row, county) },
	{ "category", KIND_TEXT, FIELD_AT(passport_row, category) },
	{ "quantity", KIND_INT, FIELD_AT(passport_row, quantity) },
	{ "amount_fen", KIND_FEN, FIELD_AT(passport_row, amount_fen) },
};
const size_t passport_row_field_count = COUNT_OF(passport_row_fields);

/* ---- totals ---- */

/* Two placeholders of measures, three of channels, six of days: whole months from the months' sums,
 * the rest by day. */
#define CELLS                                                                                      \
	" WHERE r.measure IN (?, ?) AND r.channel IN (?, ?, ?)"                                    \
	"   AND ((r.grain = 'month' AND r.since BETWEEN ? AND ?)"                                  \
	"     OR (r.grain = 'day' AND (r.since BETWEEN ? AND ? OR r.since BETWEEN ? AND ?)))"
/* The position and the sums of one snapshot; a report without rows still tells its position. */
#define TOTALS(key, label, from, scope)                                                            \
	{                                                                                          \
		"SELECT t.k, " label ", COALESCE(t.movements, 0), COALESCE(t.quantity, 0),"        \
		"       COALESCE(t.fen, 0), s.position"                                            \
		"  FROM sequencer s"                                                               \
		"  LEFT JOIN (SELECT " key " AS k, CAST(SUM(r.movements) AS INT) AS movements,"    \
		"                    CAST(SUM(r.quantity) AS INT) AS quantity, CAST(SUM(r.fen) "   \
		"AS INT) AS fen"                                                                   \
		"               FROM " from CELLS scope " GROUP BY k) t ON TRUE"                   \
		"  LEFT JOIN county c ON c.code = t.k"                                             \
		" WHERE s.id = 1"                                                                  \
		" ORDER BY t.k"                                                                    \
	}
#define ORGANISATION_TOTALS(key, from, scope)                                                      \
	{                                                                                          \
		"SELECT t.k, o.short_name, COALESCE(t.movements, 0), COALESCE(t.quantity, 0),"     \
		"       COALESCE(t.fen, 0), s.position"                                            \
		"  FROM sequencer s"                                                               \
		"  LEFT JOIN (SELECT " key " AS k, CAST(SUM(r.movements) AS INT) AS movements,"    \
		"                    CAST(SUM(r.quantity) AS INT) AS quantity, CAST(SUM(r.fen) "   \
		"AS INT) AS fen"                                                                   \
		"               FROM " from CELLS scope " GROUP BY k) t ON TRUE"                   \
		"  LEFT JOIN organisation o ON o.id = t.k"                                         \
		" WHERE s.id = 1"                                                                  \
		" ORDER BY t.k"                                                                    \
	}
#define MONTH "DATE_FORMAT(r.since, '%Y-%m')"

/* Every scope takes two placeholders, used or not, so that one list of values fills any of the
 * texts. */
#define WHOLE     " AND ? IS NULL AND ? IS NULL"
#define OF_COUNTY " AND r.county = ? AND ? IS NULL"
/*
 * A subtree as it stood on the day of each movement: a row of the closure holds for its days. Whole
 * months count where the whole month lies inside them, and the months at their ends day by day;
 * few rows have such ends, and the second part looks at no other. Each part sums by itself.
 */
#define LASTS_MONTH "a.since <= r.since AND a.until >= LAST_DAY(r.since)"
#define SUMS_OF(key)                                                                               \
	"SELECT " key " AS k, SUM(r.movements) AS movements, SUM(r.quantity) AS quantity,"         \
	"       SUM(r.fen) AS fen"
#define SUBTREE_SUMS(key)                                                                          \
	"SELECT k, CAST(SUM(movements) AS INT) AS movements,"                                      \
	"       CAST(SUM(quantity) AS INT) AS quantity, CAST(SUM(fen) AS INT) AS fen"              \
	"  FROM (" SUMS_OF(                                                                        \
		key) "  FROM unit_ancestor a"                                                      \
		     "  JOIN rollup_unit r ON r.unit = a.unit"                                     \
		     " WHERE r.measure IN (?, ?) AND r.channel IN (?, ?, ?)"                       \
		     "   AND ((r.grain = 'month' AND r.since BETWEEN ? AND ?"                      \
		     "         AND " LASTS_MONTH ")"                                               \
		     "     OR (r.grain = 'day'"                                                    \
		     "         AND (r.since BETWEEN ? AND ? OR r.since BETWEEN ? AND ?)"           \
		     "         AND r.since BETWEEN a.since AND a.until))"                          \
		     "   AND a.hierarchy = ? AND a.ancestor = ?"                                   \
		     " GROUP BY k"                                                                 \
		     " UNION ALL " SUMS_OF(                                                        \
			     key) "  FROM unit_ancestor a"                                         \
				  " STRAIGHT_JOIN rollup_unit r ON r.unit = a.unit"                \
				  " WHERE a.hierarchy = ? AND a.ancestor = ?"                      \
				  "   AND (a.since > '1970-01-01' OR a.until < '9999-12-31')"      \
				  "   AND r.measure IN (?, ?) AND r.channel IN (?, ?, ?)"          \
				  "   AND r.grain = 'day' AND r.since BETWEEN ? AND ?"             \
				  "   AND r.since BETWEEN a.since AND a.until"                     \
				  "   AND NOT (a.since <= r.since - INTERVAL DAYOFMONTH(r.since) " \
				  "- 1 DAY"                                                        \
				  "            AND a.until >= LAST_DAY(r.since))"                  \
				  " GROUP BY k) parts"                                             \
				  " GROUP BY k"
#define SUBTREE_TOTALS(key, label, join)                                                           \
	{                                                                                          \
		"SELECT t.k, " label ", COALESCE(t.movements, 0), COALESCE(t.quantity, 0),"        \
		"       COALESCE(t.fen, 0), s.position"                                            \
		"  FROM sequencer s"                                                               \
		"  LEFT JOIN (" SUBTREE_SUMS(key) ") t ON TRUE" join " WHERE s.id = 1"             \
						  " ORDER BY t.k"                                  \
	}
#define COUNTY_NAME       "  LEFT JOIN county c ON c.code = t.k"
#define ORGANISATION_NAME "  LEFT JOIN organisation o ON o.id = t.k"

/*
 * The movements of a subtree, unit by unit: two measures as rows, so that measure and unit find
 * them in their index. A measure without a roll-up has no positioned movement.
 */
#define BY_SUBTREE                                                                                 \
	"(SELECT DISTINCT measure FROM rollup_county WHERE measure IN (?, ?)) w"                   \
	" STRAIGHT_JOIN unit_ancestor a"                                                           \
	" STRAIGHT_JOIN movement m ON m.measure = w.measure AND m.unit = a.unit"                   \
	"                         AND m.day BETWEEN a.since AND a.until"                           \
	" STRAIGHT_JOIN sequence q ON q.event = m.event"

/*
 * No roll-up crosses units with suppliers: this one sums the movements themselves, unit by unit.
 * The placeholders are those of CELLS; the months' stand for nothing.
 */
#define TOTALS_OF_MOVEMENTS                                                                        \
	{                                                                                          \
		"SELECT t.k, o.short_name, COALESCE(t.movements, 0), COALESCE(t.quantity, 0),"     \
		"       COALESCE(t.fen, 0), s.position"                                            \
		"  FROM sequencer s"                                                               \
		"  LEFT JOIN (SELECT m.supplier AS k, COUNT(*) AS movements,"                      \
		"                    CAST(SUM(m.quantity) AS INT) AS quantity,"                    \
		"                    CAST(SUM(m.fen) AS INT) AS fen"                               \
		"               FROM " BY_SUBTREE "              WHERE m.channel IN (?, ?, ?)"     \
		"                AND (m.day BETWEEN ? AND ? OR m.day BETWEEN ? AND ?"              \
		"                  OR m.day BETWEEN ? AND ?)"                                      \
		"                AND a.hierarchy = ? AND a.ancestor = ?"                           \
		"              GROUP BY k) t ON TRUE"                                              \
		"  LEFT JOIN organisation o ON o.id = t.k"                                         \
		" WHERE s.id = 1"                                                                  \
		" ORDER BY t.k"                                                                    \
	}

enum { SCOPES = SCOPE_HIERARCHY + 1 };

static const struct sql totals_sql[SCOPES][BY_COUNT] = {
	[SCOPE_PLATFORM] = {
		[BY_COUNTY] = TOTALS("r.county", "c.name", "rollup_county r", WHOLE),
		[BY_MONTH] = TOTALS(MONTH, "NULL", "rollup_county r", WHOLE),
		[BY_SUPPLIER] = ORGANISATION_TOTALS("r.supplier", "rollup_supplier r", WHOLE),
		[BY_UNIT] = ORGANISATION_TOTALS("r.unit", "rollup_unit r", WHOLE),
	},
	[SCOPE_COUNTY] = {
		[BY_COUNTY] = TOTALS("r.county", "c.name", "rollup_county r", OF_COUNTY),
		[BY_MONTH] = TOTALS(MONTH, "NULL", "rollup_county r", OF_COUNTY),
		[BY_SUPPLIER] = ORGANISATION_TOTALS("r.supplier", "rollup_supplier r", OF_COUNTY),
		[BY_UNIT] = ORGANISATION_TOTALS("r.unit", "rollup_unit r", OF_COUNTY),
	},
	[SCOPE_HIERARCHY] = {
		[BY_COUNTY] = SUBTREE_TOTALS("r.county", "c.name", COUNTY_NAME),
		[BY_MONTH] = SUBTREE_TOTALS(MONTH, "NULL", ""),
		[BY_SUPPLIER] = TOTALS_OF_MOVEMENTS,
		[BY_UNIT] = SUBTREE_TOTALS("r.unit", "o.short_name", ORGANISATION_NAME),
	},
};

/* ---- rows ---- */

/*
 * The order of the joins is told, since what limits the rows differs: the key or the county, each
 * with an index of movements; the units of a subtree; or, for sums of the whole platform, the
 * positions, of which a statement then looks at no more than a window.
 */
#define ROWS(from, measures, scope, filter)                                                        \
	{                                                                                          \
		"SELECT q.position, m.number, m.day, m.measure, m.channel, m.event,"               \
		"       m.supply_order, s.number, m.line, m.unit, m.supplier, m.county,"           \
		"       m.category, m.quantity, m.fen"                                             \
		"  FROM " from "  LEFT JOIN supply_order s ON s.id = m.supply_order"               \
		" WHERE " measures "m.channel IN (?, ?, ?) AND m.day BETWEEN ? AND ?"              \
		"   AND q.position <= ?" scope filter                                              \
		"   AND (q.position > ? OR (q.position = ? AND m.number > ?))"                     \
		" ORDER BY q.position, m.number LIMIT ?"                                           \
	}
#define MEASURES    "m.measure IN (?, ?) AND "
#define BY_POSITION "sequence q STRAIGHT_JOIN movement m ON m.event = q.event"
#define BY_MOVEMENT "movement m STRAIGHT_JOIN sequence q ON q.event = m.event"
#define BY_MOVEMENT_OF_UNIT                                                                        \
	"movement m STRAIGHT_JOIN unit_ancestor a ON a.unit = m.unit"                              \
	"                                        AND m.day BETWEEN a.since AND a.until"            \
	" STRAIGHT_JOIN sequence q ON q.event = m.event"
#define ROWS_WHOLE   " AND ? IS NULL AND ? IS NULL"
#define ROWS_COUNTY  " AND m.county = ? AND ? IS NULL"
#define ROWS_SUBTREE " AND a.hierarchy = ? AND a.ancestor = ?"

/* One placeholder each: the key, NULL where the row is the sum or a month. */
enum row_filter { FILTER_NONE, FILTER_COUNTY, FILTER_SUPPLIER, FILTER_UNIT, FILTER_COUNT };
#define BY_KEY_NONE     " AND ? IS NULL"
#define BY_KEY_COUNTY   " AND m.county = ?"
#define BY_KEY_SUPPLIER " AND m.supplier = ?"
#define BY_KEY_UNIT     " AND m.unit = ?"

#define ROWS_OF_SCOPE(whole, measures, keyed, scope)                                               \
	{                                                                                          \
		[FILTER_NONE] = ROWS(whole, measures, scope, BY_KEY_NONE),                         \
		[FILTER_COUNTY] = ROWS(keyed, MEASURES, scope, BY_KEY_COUNTY),                     \
		[FILTER_SUPPLIER] = ROWS(keyed, MEASURES, scope, BY_KEY_SUPPLIER),                 \
		[FILTER_UNIT] = ROWS(keyed, MEASURES, scope, BY_KEY_UNIT),                         \
	}

static const struct sql rows_sql[SCOPES][FILTER_COUNT] = {
	[SCOPE_PLATFORM] = ROWS_OF_SCOPE(BY_POSITION, MEASURES, BY_MOVEMENT, ROWS_WHOLE),
	[SCOPE_COUNTY] = ROWS_OF_SCOPE(BY_MOVEMENT, MEASURES, BY_MOVEMENT, ROWS_COUNTY),
	[SCOPE_HIERARCHY] = ROWS_OF_SCOPE(BY_SUBTREE, "", BY_MOVEMENT_OF_UNIT, ROWS_SUBTREE),
};

static const struct sql instant_sql = { "SELECT e.at"
					"  FROM sequence q"
					"  JOIN event e ON e.id = q.event"
					" WHERE q.position = ?" };

/* ---- values ---- */

struct scope_values {
	struct value first, second;
};

static struct scope_values scope_values(const struct scope *scope)
{
	switch (scope->kind) {
	case SCOPE_COUNTY:
		return (struct scope_values){ value_string(scope->county), value_null() };
	case SCOPE_HIERARCHY:
		return (struct scope_values){ value_string(
						      word_of(hierarchy_words, scope->hierarchy)),
					      value_id(scope->root) };
	default:
		return (struct scope_values){ value_null(), value_null() };
	}
}

/* The channel meant, thrice; or all three. */
static const char *channel_value(const struct definition *definition, int index)
{
	return word_of(channel_words,
		       definition->channel == SMALL_NONE ? index : definition->channel);
}

/* The values of TOTALS and ORGANISATION_TOTALS, of SUBTREE_TOTALS, of TOTALS_OF_MOVEMENTS. */
enum { TOTALS_VALUES = 13, SUBTREE_VALUES = 22 };

static struct values totals_values(const struct definition *definition,
				   struct value storage[SUBTREE_VALUES])
{
	struct measures measures = measures_of((enum report_measure)definition->measure);
	struct periods periods = periods_of(definition->from, definition->to);
	struct scope_values scope = scope_values(&definition->scope);
	bool is_subtree = definition->scope.kind == SCOPE_HIERARCHY;

	if (is_subtree && definition->by == BY_SUPPLIER)
		periods = (struct periods){ definition->from, definition->to, 1, 0, 1, 0 };
	const struct value first = value_string(word_of(measure_words, (int)measures.first));
	const struct value second = value_string(word_of(measure_words, (int)measures.second));
	const struct value channels[] = { value_string(channel_value(definition, 0)),
					  value_string(channel_value(definition, 1)),
					  value_string(channel_value(definition, 2)) };
	const struct value values[SUBTREE_VALUES] = {
		first,
		second,
		channels[0],
		channels[1],
		channels[2],
		value_day(periods.month_first),
		value_day(periods.month_last),
		value_day(periods.head_first),
		value_day(periods.head_last),
		value_day(periods.tail_first),
		value_day(periods.tail_last),
		scope.first,
		scope.second,
		/* the months at the ends of places */
		scope.first,
		scope.second,
		first,
		second,
		channels[0],
		channels[1],
		channels[2],
		value_day(periods.month_first),
		value_day(periods.month_last),
	};

	memcpy(storage, values, sizeof(values));
	return (struct values){ storage, is_subtree && definition->by != BY_SUPPLIER
						 ? SUBTREE_VALUES
						 : TOTALS_VALUES };
}

enum err totals_read(struct db *db, const struct definition *definition, struct arena *arena,
		     struct list *out, int64_t *position)
{
	const struct sql *sql = &totals_sql[definition->scope.kind][definition->by];
	struct value storage[SUBTREE_VALUES];

	if (!sql->text)
		return ERR_NOT_FOUND;
	enum err e = db_list(db, sql, totals_values(definition, storage), total_fields,
			     total_field_count, sizeof(struct total), arena, out);
	if (e)
		return e;
	*position = out->count ? LIST_ITEM(*out, struct total, 0)->position : 0;
	if (out->count && !LIST_ITEM(*out, struct total, 0)->key.at)
		out->count = 0;
	return OK;
}

static enum row_filter filter_of(const struct definition *definition)
{
	static const enum row_filter filters[BY_COUNT] = { [BY_COUNTY] = FILTER_COUNTY,
							   [BY_SUPPLIER] = FILTER_SUPPLIER,
							   [BY_UNIT] = FILTER_UNIT,
							   [BY_MONTH] = FILTER_NONE };

	return definition->key.at ? filters[definition->by] : FILTER_NONE;
}

/* What a statement reads: behind (@position, @number), and at most up to @last. */
struct stretch {
	int64_t position, number, last;
};

/* Fills the placeholders of rows_sql; @storage keeps them for the caller. */
static enum err rows_values(const struct definition *definition, struct arena *arena,
			    const struct stretch *stretch, int64_t limit, struct value storage[15],
			    struct values *out)
{
	struct measures measures = measures_of((enum report_measure)definition->measure);
	struct scope_values scope = scope_values(&definition->scope);
	enum row_filter filter = filter_of(definition);
	struct id organisation;
	int32_t from, to;
	struct value key = value_null();

	if (!definition_days(definition, arena, &from, &to))
		return ERR_PASSPORT;
	if (filter == FILTER_COUNTY)
		key = value_text(definition->key);
	else if (filter != FILTER_NONE && !id_parse(definition->key, &organisation))
		return ERR_PASSPORT;
	else if (filter != FILTER_NONE)
		key = value_id(organisation);
	const struct value values[] = {
		value_string(word_of(measure_words, (int)measures.first)),
		value_string(word_of(measure_words, (int)measures.second)),
		value_string(channel_value(definition, 0)),
		value_string(channel_value(definition, 1)),
		value_string(channel_value(definition, 2)),
		value_day(from),
		value_day(to),
		value_i64(stretch->last),
		scope.first,
		scope.second,
		key,
		value_i64(stretch->position),
		value_i64(stretch->position),
		value_i64(stretch->number),
		value_i64(limit),
	};
	_Static_assert(COUNT_OF(values) == 15, "one value a placeholder");
	for (size_t i = 0; i < COUNT_OF(values); i++)
		storage[i] = values[i];
	*out = (struct values){ storage, COUNT_OF(values) };
	return OK;
}

/*
 * The end of the next statement's window. Where positions lead, windows keep each sort small and
 * each statement short however many movements there are; they grow, so that a few statements pass
 * over whatever holds no row. Elsewhere one statement does it.
 */
enum { WINDOW_FIRST = 4096, WINDOW_MOST = 65536 };
static int64_t window_end(const struct definition *definition, const struct stretch *stretch,
			  int64_t *window)
{
	bool leads =
		definition->scope.kind == SCOPE_PLATFORM && filter_of(definition) == FILTER_NONE;
	int64_t left = definition->position - stretch->position;

	*window = *window ? *window * 2 : WINDOW_FIRST;
	if (*window > WINDOW_MOST)
		*window = WINDOW_MOST;
	return leads && left > *window ? stretch->position + *window : definition->position;
}

static const struct sql *rows_text(const struct definition *definition)
{
	return &rows_sql[definition->scope.kind][filter_of(definition)];
}

enum err passport_rows_list(struct db *db, const struct definition *definition,
			    int64_t after_position, int64_t after_number, int64_t limit,
			    struct arena *arena, struct list *out)
{
	struct stretch stretch = { after_position, after_number, 0 };
	struct value storage[15];
	struct values values;
	int64_t window = 0;
	enum err e;

	do {
		stretch.last = window_end(definition, &stretch, &window);
		e = rows_values(definition, arena, &stretch, limit - (int64_t)out->count, storage,
				&values);
		if (!e)
			e = db_list(db, rows_text(definition), values, passport_row_fields,
				    passport_row_field_count, sizeof(struct passport_row), arena,
				    out);
		stretch.position = stretch.last;
		stretch.number = INT64_MAX;
	} while (!e && (int64_t)out->count < limit && stretch.last < definition->position);
	return e;
}

enum err passport_rows_each(struct db *db, const struct definition *definition, struct arena *arena,
			    db_row_fn *fn, void *context)
{
	struct stretch stretch = { 0 };
	struct value storage[15];
	struct values values;
	int64_t window = 0;
	enum err e;

	do {
		stretch.last = window_end(definition, &stretch, &window);
		e = rows_values(definition, arena, &stretch, INT64_MAX, storage, &values);
		if (!e)
			e = db_each(db, rows_text(definition), values, passport_row_fields,
				    passport_row_field_count, sizeof(struct passport_row), fn,
				    context);
		stretch.position = stretch.last;
		stretch.number = INT64_MAX;
	} while (!e && stretch.last < definition->position);
	return e;
}

enum err position_instant(struct db *db, int64_t position, int64_t *at)
{
	enum err e = db_number(db, &instant_sql, db_values(position), at);

	if (e != ERR_NOT_FOUND)
		return e;
	*at = INT_NONE;
	return OK;
}
