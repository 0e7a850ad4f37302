/*
 * Statements in the database: collecting and settling are set-based, whatever the number of lines.
 */
#include "settlement_private.h"

const struct field statement_fields[] = {
	{ "id", KIND_ID, FIELD_AT(statement, id) },
	{ "number", KIND_REF, FIELD_AT(statement, number) },
	{ "supplier", KIND_ID, FIELD_AT(statement, supplier) },
	{ "month", KIND_DAY, FIELD_AT(statement, month) },
	{ "state", KIND_WORD, FIELD_AT(statement, state), .words = statement_words },
	{ "line_count", KIND_INT, FIELD_AT(statement, line_count) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(statement, accepted_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement, tax_fen) },
	{ "held_fen", KIND_FEN, FIELD_AT(statement, held_fen), .optional = true },
	{ "prepared_by", KIND_ID, FIELD_AT(statement, prepared_by) },
	{ "prepared_at", KIND_INSTANT, FIELD_AT(statement, prepared_at) },
	{ "confirmed_by", KIND_ID, FIELD_AT(statement, confirmed_by), .optional = true },
	{ "confirmed_at", KIND_INSTANT, FIELD_AT(statement, confirmed_at), .optional = true },
	{ "released_by", KIND_ID, FIELD_AT(statement, released_by), .optional = true },
	{ "released_at", KIND_INSTANT, FIELD_AT(statement, released_at), .optional = true },
	{ "digest", KIND_BYTES, FIELD_AT(statement, digest), .optional = true },
	{ "supplier_name", KIND_TEXT, FIELD_AT(statement, supplier_name), .optional = true },
};
const size_t statement_field_count = COUNT_OF(statement_fields);
enum { STATEMENT_COLUMNS = COUNT_OF(statement_fields) - 1 }; /* the name is joined */

const struct field statement_line_fields[] = {
	{ "number", KIND_INT, FIELD_AT(statement_line, number) },
	{ "acceptance", KIND_ID, FIELD_AT(statement_line, acceptance) },
	{ "supply_order", KIND_ID, FIELD_AT(statement_line, supply_order) },
	{ "supply_order_number", KIND_REF, FIELD_AT(statement_line, supply_order_number) },
	{ "line", KIND_INT, FIELD_AT(statement_line, line) },
	{ "sku", KIND_REF, FIELD_AT(statement_line, sku) },
	{ "name", KIND_TEXT, FIELD_AT(statement_line, name) },
	{ "specification", KIND_TEXT, FIELD_AT(statement_line, specification) },
	{ "day", KIND_DAY, FIELD_AT(statement_line, day) },
	{ "quantity", KIND_INT, FIELD_AT(statement_line, quantity) },
	{ "amount_fen", KIND_FEN, FIELD_AT(statement_line, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement_line, tax_fen) },
};
const size_t statement_line_field_count = COUNT_OF(statement_line_fields);

static const struct field sums_fields[] = {
	{ "line_count", KIND_INT, FIELD_AT(statement, line_count) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(statement, accepted_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement, tax_fen) },
};

#define STATEMENT_COLUMN_LIST                                                                      \
	"SELECT t.id, t.number, t.supplier, t.month, t.state, t.line_count, t.accepted_fen, "      \
	"t.tax_fen,"                                                                               \
	"       t.held_fen, t.prepared_by, t.prepared_at, t.confirmed_by, t.confirmed_at,"         \
	"       t.released_by, t.released_at, t.digest, o.short_name"                              \
	"  FROM statement t"                                                                       \
	"  JOIN organisation o ON o.id = t.supplier"

/* Whose statements an actor sees: the supplier its own, authorities by scope. Each text takes one
 * placeholder. */
enum sight { SIGHT_OWN, SIGHT_PLATFORM, SIGHT_COUNTY, SIGHT_COUNT };
#define OWN      " WHERE t.supplier = ?"
#define PLATFORM " WHERE ? IS NULL"
#define COUNTY   " WHERE t.supplier IN (SELECT w.organisation FROM supplier w WHERE w.county = ?)"
#define STATEMENT_PAGE                                                                             \
	" AND (? IS NULL OR t.state = ?) AND (? IS NULL OR t.id < ?) ORDER BY t.id DESC LIMIT ?"

static const struct sql statement_lists[SIGHT_COUNT] = {
	[SIGHT_OWN] = { STATEMENT_COLUMN_LIST OWN STATEMENT_PAGE },
	[SIGHT_PLATFORM] = { STATEMENT_COLUMN_LIST PLATFORM STATEMENT_PAGE },
	[SIGHT_COUNTY] = { STATEMENT_COLUMN_LIST COUNTY STATEMENT_PAGE },
};
static const struct sql statement_reads[SIGHT_COUNT] = {
	[SIGHT_OWN] = { STATEMENT_COLUMN_LIST OWN " AND t.id = ?" },
	[SIGHT_PLATFORM] = { STATEMENT_COLUMN_LIST PLATFORM " AND t.id = ?" },
	[SIGHT_COUNTY] = { STATEMENT_COLUMN_LIST COUNTY " AND t.id = ?" },
};

enum {
	SUPPLIER_LOCK,
	LINES_COLLECT,
	STATEMENT_SUMS,
	STATEMENT_WRITE,
	STATEMENT_LOCK,
	STATEMENT_MOVE,
	BALANCES_STATE,
	BALANCES_SETTLE,
	SETTLED_MOVEMENTS,
	STATEMENT_HELD,
	STATEMENT_LINES,
	SQL_COUNT
};

static const struct sql sql[] = {
	[SUPPLIER_LOCK] = { "SELECT 1 FROM supplier WHERE organisation = ? FOR UPDATE" },
	[LINES_COLLECT] = { "INSERT INTO statement_line (statement, number, acceptance, line, "
			    "supply_order, quantity,"
			    "       amount_fen, tax_fen)"
			    " SELECT ?, ROW_NUMBER() OVER (ORDER BY a.day, a.id, l.line), a.id, "
			    "l.line, a.supply_order,"
			    "        l.accepted, l.accepted_fen, l.accepted_tax_fen"
			    "   FROM acceptance a"
			    "   JOIN acceptance_line l ON l.acceptance = a.id"
			    "   LEFT JOIN statement_line x ON x.acceptance = a.id AND x.line = "
			    "l.line"
			    "  WHERE a.supplier = ? AND a.day <= LAST_DAY(?) AND l.accepted > 0 "
			    "AND x.statement IS NULL" },
	[STATEMENT_SUMS] = { "SELECT COUNT(*), CAST(COALESCE(SUM(amount_fen), 0) AS INT), "
			     "CAST(COALESCE(SUM(tax_fen), 0) AS INT)"
			     "  FROM statement_line"
			     " WHERE statement = ?"
			     "  LOCK IN SHARE MODE" },
	[STATEMENT_WRITE] = { "INSERT INTO statement (id, number, supplier, month, state, "
			      "line_count, accepted_fen, tax_fen,"
			      " held_fen, prepared_by, prepared_at, confirmed_by, confirmed_at, "
			      "released_by, released_at,"
			      " digest) VALUES ",
			      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[STATEMENT_LOCK] = { STATEMENT_COLUMN_LIST " WHERE t.id = ? FOR UPDATE" },
	[STATEMENT_MOVE] = { "UPDATE statement"
			     "   SET state = ?, held_fen = ?, confirmed_by = ?, confirmed_at = ?, "
			     "released_by = ?,"
			     "       released_at = ?, digest = ?"
			     " WHERE id = ?" },
	[BALANCES_STATE] = { "UPDATE supply_balance b"
			     "  JOIN (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			     "statement_line"
			     "         WHERE statement = ? GROUP BY supply_order) s ON "
			     "s.supply_order = b.supply_order"
			     "   SET b.stated_fen = b.stated_fen + s.fen" },
	[BALANCES_SETTLE] = { "UPDATE supply_balance b"
			      "  JOIN (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			      "statement_line"
			      "         WHERE statement = ? GROUP BY supply_order) s ON "
			      "s.supply_order = b.supply_order"
			      "   SET b.settled_fen = b.settled_fen + s.fen" },
	[SETTLED_MOVEMENTS] = { "INSERT INTO movement (event, number, measure, day, channel, "
				"supply_order, line, unit,"
				"       supplier, county, category, quantity, fen)"
				" SELECT ?, t.number, 'settled', ?, 'online', t.supply_order, "
				"t.line, s.unit, s.supplier,"
				"        l.county, l.category, t.quantity, t.amount_fen"
				"   FROM statement_line t"
				"   JOIN supply_order s ON s.id = t.supply_order"
				"   JOIN order_line l ON l.supply_order = t.supply_order AND "
				"l.line = t.line"
				"  WHERE t.statement = ?" },
	/* Of each order at most what it holds beyond what earlier statements settled. */
	[STATEMENT_HELD] = { "SELECT CAST(COALESCE(SUM(GREATEST(0, LEAST(s.fen, b.held_fen - "
			     "b.settled_fen))), 0) AS INT)"
			     "  FROM (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			     "statement_line"
			     "         WHERE statement = ? GROUP BY supply_order) s"
			     "  JOIN supply_balance b ON b.supply_order = s.supply_order"
			     "  FOR UPDATE" },
	[STATEMENT_LINES] = { "SELECT t.number, t.acceptance, t.supply_order, s.number, t.line, "
			      "l.sku, r.name,"
			      "       k.specification, a.day, t.quantity, t.amount_fen, t.tax_fen"
			      "  FROM statement_line t"
			      "  JOIN supply_order s ON s.id = t.supply_order"
			      "  JOIN acceptance a ON a.id = t.acceptance"
			      "  JOIN order_line l ON l.supply_order = t.supply_order AND l.line = "
			      "t.line"
			      "  JOIN revision r ON r.id = l.revision"
			      "  JOIN revision_sku k ON k.revision = l.revision AND k.sku = l.sku"
			      " WHERE t.statement = ? AND t.number > ?"
			      " ORDER BY t.number LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err stated_supplier_lock(struct db *db, struct id supplier)
{
	int64_t one;

	return db_number(db, &sql[SUPPLIER_LOCK], db_values(supplier), &one);
}

enum err statement_lines_collect(struct db *db, const struct statement *statement)
{
	return db_exec(db, &sql[LINES_COLLECT],
		       db_values(statement->id, statement->supplier, value_day(statement->month)));
}

enum err statement_sums(struct db *db, struct statement *statement)
{
	struct statement sums = { 0 };

	enum err e = db_read(db, &sql[STATEMENT_SUMS], db_values(statement->id), sums_fields,
			     COUNT_OF(sums_fields), NULL, &sums);
	statement->line_count = sums.line_count;
	statement->accepted_fen = sums.accepted_fen;
	statement->tax_fen = sums.tax_fen;
	return e;
}

enum err statement_write(struct db *db, const struct statement *statement)
{
	return db_rows(db, &sql[STATEMENT_WRITE], statement_fields, STATEMENT_COLUMNS, statement, 1,
		       sizeof(*statement));
}

enum err statement_lock(struct db *db, struct id id, struct arena *arena, struct statement *out)
{
	return db_read(db, &sql[STATEMENT_LOCK], db_values(id), statement_fields,
		       statement_field_count, arena, out);
}

enum err statement_move(struct db *db, const struct statement *statement)
{
	return db_exec(db, &sql[STATEMENT_MOVE],
		       db_values(word_of(statement_words, statement->state),
				 value_optional(statement->held_fen), statement->confirmed_by,
				 value_optional(statement->confirmed_at), statement->released_by,
				 value_optional(statement->released_at),
				 value_bytes(statement->digest), statement->id));
}

enum err balances_state(struct db *db, struct id statement)
{
	return db_exec(db, &sql[BALANCES_STATE], db_values(statement));
}

enum err balances_settle(struct db *db, struct id statement)
{
	return db_exec(db, &sql[BALANCES_SETTLE], db_values(statement));
}

enum err settled_movements_insert(struct tx *tx, struct id statement)
{
	return db_exec(tx->db, &sql[SETTLED_MOVEMENTS],
		       db_values(tx->event, value_day(tx->day), statement));
}

enum err statement_held(struct db *db, struct id statement, int64_t *held_fen)
{
	return db_number(db, &sql[STATEMENT_HELD], db_values(statement), held_fen);
}

enum err statement_lines_read(struct db *db, struct id statement, int64_t after, int64_t limit,
			      struct arena *arena, struct list *out)
{
	return db_list(db, &sql[STATEMENT_LINES], db_values(statement, after, limit),
		       statement_line_fields, statement_line_field_count,
		       sizeof(struct statement_line), arena, out);
}

static enum sight sight_of(const struct actor *actor, struct value *limit)
{
	switch (actor->scope.kind) {
	case SCOPE_PLATFORM:
		*limit = value_null();
		return SIGHT_PLATFORM;
	case SCOPE_COUNTY:
		*limit = value_string(actor->scope.county);
		return SIGHT_COUNTY;
	case SCOPE_HIERARCHY: /* sees no supplier, and not as one either */
		*limit = value_null();
		return SIGHT_OWN;
	default:
		*limit = value_id(actor->organisation);
		return SIGHT_OWN;
	}
}

enum err statements_list(struct db *db, const struct actor *actor, int32_t state, struct id after,
			 int64_t limit, struct arena *arena, struct list *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);
	struct value word =
		state == SMALL_NONE ? value_null() : value_string(word_of(statement_words, state));

	return db_list(db, &statement_lists[sight],
		       db_values(seen, word, word, after, after, limit), statement_fields,
		       statement_field_count, sizeof(struct statement), arena, out);
}

enum err statement_read(struct db *db, const struct actor *actor, struct id id, struct arena *arena,
			struct statement *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);

	return db_read(db, &statement_reads[sight], db_values(seen, id), statement_fields,
		       statement_field_count, arena, out);
}
