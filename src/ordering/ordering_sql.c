/*
 * The only file of ordering that says SELECT. Writes are multi-row; reads carry the scope in their
 * WHERE: a list or an object that is not the actor's gives no row. An authority's scope chooses
 * among written texts.
 */
#include "ordering_private.h"

#include <string.h>

static const char *const vat_kinds[] = { "taxed", "zero", "exempt", NULL };

const struct field purchase_order_fields[] = {
	{ "id", KIND_ID, FIELD_AT(purchase_order, id) },
	{ "number", KIND_REF, FIELD_AT(purchase_order, number) },
	{ "unit", KIND_ID, FIELD_AT(purchase_order, unit) },
	{ "placed_by", KIND_ID, FIELD_AT(purchase_order, placed_by) },
	{ "terms", KIND_WORD, FIELD_AT(purchase_order, terms), .words = terms_words },
	{ "payment_code", KIND_TEXT, FIELD_AT(purchase_order, payment_code) },
	{ "ship_within_days", KIND_INT, FIELD_AT(purchase_order, ship_within_days) },
	{ "delivery_address", KIND_TEXT, FIELD_AT(purchase_order, delivery_address) },
	{ "note", KIND_TEXT, FIELD_AT(purchase_order, note) },
	{ "line_count", KIND_INT, FIELD_AT(purchase_order, line_count) },
	{ "supply_order_count", KIND_INT, FIELD_AT(purchase_order, supply_order_count) },
	{ "amount_fen", KIND_FEN, FIELD_AT(purchase_order, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(purchase_order, tax_fen) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(purchase_order, submitted_at) },
	{ "unit_name", KIND_TEXT, FIELD_AT(purchase_order, unit_name) },
};
const size_t purchase_order_field_count = COUNT_OF(purchase_order_fields);
enum { PURCHASE_ORDER_COLUMNS = COUNT_OF(purchase_order_fields) - 1 }; /* the name is joined */

static const struct field supply_order_fields[] = {
	{ "id", KIND_ID, FIELD_AT(supply_order, id) },
	{ "number", KIND_REF, FIELD_AT(supply_order, number) },
	{ "purchase_order", KIND_ID, FIELD_AT(supply_order, purchase_order) },
	{ "unit", KIND_ID, FIELD_AT(supply_order, unit) },
	{ "supplier", KIND_ID, FIELD_AT(supply_order, supplier) },
	{ "agreement", KIND_WORD, FIELD_AT(supply_order, agreement), .words = agreement_words },
	{ "terms", KIND_WORD, FIELD_AT(supply_order, terms), .words = terms_words },
	{ "ship_within_days", KIND_INT, FIELD_AT(supply_order, ship_within_days) },
	{ "line_count", KIND_INT, FIELD_AT(supply_order, line_count) },
	{ "amount_fen", KIND_FEN, FIELD_AT(supply_order, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(supply_order, tax_fen) },
	{ "placed_at", KIND_INSTANT, FIELD_AT(supply_order, placed_at) },
	{ "confirmed_at", KIND_INSTANT, FIELD_AT(supply_order, confirmed_at), .optional = true },
	{ "ship_by", KIND_DAY, FIELD_AT(supply_order, ship_by), .optional = true },
};

static const struct field order_line_fields[] = {
	{ "supply_order", KIND_ID, FIELD_AT(order_line, supply_order) },
	{ "line", KIND_INT, FIELD_AT(order_line, line) },
	{ "sku", KIND_REF, FIELD_AT(order_line, sku) },
	{ "revision", KIND_ID, FIELD_AT(order_line, revision) },
	{ "offer", KIND_INT, FIELD_AT(order_line, offer) },
	{ "quantity", KIND_INT, FIELD_AT(order_line, quantity) },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(order_line, unit_price_fen) },
	{ "amount_fen", KIND_FEN, FIELD_AT(order_line, amount_fen) },
	{ "vat_kind", KIND_WORD, FIELD_AT(order_line, vat_kind), .words = vat_kinds },
	{ "vat_rate", KIND_INT, FIELD_AT(order_line, vat_rate) },
	{ "tax_fen", KIND_FEN, FIELD_AT(order_line, tax_fen) },
	{ "county", KIND_TEXT, FIELD_AT(order_line, county) },
	{ "category", KIND_TEXT, FIELD_AT(order_line, category) },
};

#define ORDER(member) FIELD_AT(supply_order_answer, order.member)
const struct field supply_order_answer_fields[] = {
	{ "id", KIND_ID, ORDER(id) },
	{ "number", KIND_REF, ORDER(number) },
	{ "purchase_order", KIND_ID, ORDER(purchase_order) },
	{ "unit", KIND_ID, ORDER(unit) },
	{ "supplier", KIND_ID, ORDER(supplier) },
	{ "agreement", KIND_WORD, ORDER(agreement), .words = agreement_words },
	{ "terms", KIND_WORD, ORDER(terms), .words = terms_words },
	{ "ship_within_days", KIND_INT, ORDER(ship_within_days) },
	{ "line_count", KIND_INT, ORDER(line_count) },
	{ "amount_fen", KIND_FEN, ORDER(amount_fen) },
	{ "tax_fen", KIND_FEN, ORDER(tax_fen) },
	{ "placed_at", KIND_INSTANT, ORDER(placed_at) },
	{ "confirmed_at", KIND_INSTANT, ORDER(confirmed_at), .optional = true },
	{ "ship_by", KIND_DAY, ORDER(ship_by), .optional = true },
	{ "unit_name", KIND_TEXT, FIELD_AT(supply_order_answer, unit_name) },
	{ "supplier_name", KIND_TEXT, FIELD_AT(supply_order_answer, supplier_name) },
	{ "agreed_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.agreed_fen) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.accepted_fen) },
	{ "rejected_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.rejected_fen) },
	{ "claimed_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.claimed_fen) },
	{ "receivable_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.receivable_fen) },
	{ "advance_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.advance_fen) },
	{ "refund_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.refund_fen) },
	{ "held_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.held_fen) },
	{ "stated_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.stated_fen) },
	{ "settled_fen", KIND_FEN, FIELD_AT(supply_order_answer, balance.settled_fen) },
	{ "confirmed", KIND_INT, FIELD_AT(supply_order_answer, sums.confirmed), .only = ROW },
	{ "shipped", KIND_INT, FIELD_AT(supply_order_answer, sums.shipped), .only = ROW },
	{ "received", KIND_INT, FIELD_AT(supply_order_answer, sums.received), .only = ROW },
	{ "accepted", KIND_INT, FIELD_AT(supply_order_answer, sums.accepted), .only = ROW },
	{ "rejected", KIND_INT, FIELD_AT(supply_order_answer, sums.rejected), .only = ROW },
	{ "fulfilment", KIND_WORD, FIELD_AT(supply_order_answer, fulfilment), .only = OUT,
	  .words = fulfilment_words },
	{ "payment", KIND_WORD, FIELD_AT(supply_order_answer, payment), .only = OUT,
	  .words = payment_words },
	{ "settlement", KIND_WORD, FIELD_AT(supply_order_answer, settlement), .only = OUT,
	  .words = settlement_words },
};
const size_t supply_order_answer_field_count = COUNT_OF(supply_order_answer_fields);

#define LINE(member)     FIELD_AT(line_answer, line.member)
#define PROGRESS(member) FIELD_AT(line_answer, progress.member)
const struct field line_answer_fields[] = {
	{ "supply_order", KIND_ID, LINE(supply_order) },
	{ "line", KIND_INT, LINE(line) },
	{ "sku", KIND_REF, LINE(sku) },
	{ "revision", KIND_ID, LINE(revision) },
	{ "offer", KIND_INT, LINE(offer) },
	{ "quantity", KIND_INT, LINE(quantity) },
	{ "unit_price_fen", KIND_FEN, LINE(unit_price_fen) },
	{ "amount_fen", KIND_FEN, LINE(amount_fen) },
	{ "vat_kind", KIND_WORD, LINE(vat_kind), .words = vat_kinds },
	{ "vat_rate", KIND_INT, LINE(vat_rate) },
	{ "tax_fen", KIND_FEN, LINE(tax_fen) },
	{ "county", KIND_TEXT, LINE(county) },
	{ "category", KIND_TEXT, LINE(category) },
	{ "name", KIND_TEXT, FIELD_AT(line_answer, name) },
	{ "specification", KIND_TEXT, FIELD_AT(line_answer, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(line_answer, sale_unit) },
	{ "supply_order_number", KIND_REF, FIELD_AT(line_answer, supply_order_number) },
	{ "confirmed", KIND_INT, PROGRESS(confirmed) },
	{ "declined", KIND_INT, PROGRESS(declined) },
	{ "shipped", KIND_INT, PROGRESS(shipped) },
	{ "received", KIND_INT, PROGRESS(received) },
	{ "accepted", KIND_INT, PROGRESS(accepted) },
	{ "rejected", KIND_INT, PROGRESS(rejected) },
	{ "accepted_fen", KIND_FEN, PROGRESS(accepted_fen) },
	{ "accepted_tax_fen", KIND_FEN, PROGRESS(accepted_tax_fen) },
};
const size_t line_answer_field_count = COUNT_OF(line_answer_fields);

#define PURCHASE_COLUMNS                                                                           \
	"SELECT p.id, p.number, p.unit, p.placed_by, p.terms, p.payment_code, p.ship_within_days," \
	"       p.delivery_address, p.note, p.line_count, p.supply_order_count, p.amount_fen,"     \
	"       p.tax_fen, p.submitted_at, o.short_name"                                           \
	"  FROM purchase_order p"                                                                  \
	"  JOIN organisation o ON o.id = p.unit"
#define PURCHASE_PAGE " ORDER BY p.id DESC LIMIT ?"

#define SUPPLY_COLUMNS                                                                             \
	"SELECT s.id, s.number, s.purchase_order, s.unit, s.supplier, s.agreement, s.terms,"       \
	"       s.ship_within_days, s.line_count, s.amount_fen, s.tax_fen, s.placed_at,"           \
	"       s.confirmed_at, s.ship_by, u.short_name, v.short_name,"                            \
	"       COALESCE(b.agreed_fen, 0), COALESCE(b.accepted_fen, 0), COALESCE(b.rejected_fen, " \
	"0),"                                                                                      \
	"       COALESCE(b.claimed_fen, 0), COALESCE(b.receivable_fen, 0),"                        \
	"       COALESCE(b.advance_fen, 0), COALESCE(b.refund_fen, 0), COALESCE(b.held_fen, 0),"   \
	"       COALESCE(b.stated_fen, 0), COALESCE(b.settled_fen, 0),"                            \
	"       (SELECT CAST(COALESCE(SUM(g.confirmed), 0) AS INT) FROM line_progress g WHERE "    \
	"g.supply_order = s.id),"                                                                  \
	"       (SELECT CAST(COALESCE(SUM(g.shipped), 0) AS INT) FROM line_progress g WHERE "      \
	"g.supply_order = s.id),"                                                                  \
	"       (SELECT CAST(COALESCE(SUM(g.received), 0) AS INT) FROM line_progress g WHERE "     \
	"g.supply_order = s.id),"                                                                  \
	"       (SELECT CAST(COALESCE(SUM(g.accepted), 0) AS INT) FROM line_progress g WHERE "     \
	"g.supply_order = s.id),"                                                                  \
	"       (SELECT CAST(COALESCE(SUM(g.rejected), 0) AS INT) FROM line_progress g WHERE "     \
	"g.supply_order = s.id)"                                                                   \
	"  FROM supply_order s"                                                                    \
	"  JOIN organisation u ON u.id = s.unit"                                                   \
	"  JOIN organisation v ON v.id = s.supplier"                                               \
	"  LEFT JOIN supply_balance b ON b.supply_order = s.id"
/* Filters that a request may leave out: absent ones are NULL. */
#define SUPPLY_PAGE                                                                                \
	"   AND (? IS NULL OR s.purchase_order = ?) AND (? IS NULL OR s.agreement = ?)"            \
	" ORDER BY s.id DESC LIMIT ?"

#define LINE_COLUMNS                                                                               \
	"SELECT l.supply_order, l.line, l.sku, l.revision, l.offer, l.quantity, l.unit_price_fen," \
	"       l.amount_fen, l.vat_kind, l.vat_rate, l.tax_fen, l.county, l.category, r.name,"    \
	"       k.specification, k.sale_unit, s.number,"                                           \
	"       COALESCE(g.confirmed, 0), COALESCE(g.declined, 0), COALESCE(g.shipped, 0),"        \
	"       COALESCE(g.received, 0), COALESCE(g.accepted, 0), COALESCE(g.rejected, 0),"        \
	"       COALESCE(g.accepted_fen, 0), COALESCE(g.accepted_tax_fen, 0)"                      \
	"  FROM supply_order s"                                                                    \
	"  JOIN order_line l ON l.supply_order = s.id"                                             \
	"  JOIN revision r ON r.id = l.revision"                                                   \
	"  JOIN revision_sku k ON k.revision = l.revision AND k.sku = l.sku"                       \
	"  LEFT JOIN line_progress g ON g.supply_order = l.supply_order AND g.line = l.line"

/* Whose orders an actor sees; each kind of scope has its own text of every list and of every single
 * read. */
enum sight { SIGHT_OWN, SIGHT_PLATFORM, SIGHT_COUNTY, SIGHT_HIERARCHY, SIGHT_COUNT };

/* Each takes two placeholders: what the sight is limited to. */
#define PURCHASE_OWN "(p.unit = ? AND ? IS NOT NULL)"
#define PURCHASE_ALL "(? IS NULL AND ? IS NULL)"
#define PURCHASE_COUNTY                                                                            \
	"(EXISTS (SELECT 1 FROM supply_order s JOIN supplier w ON w.organisation = s.supplier"     \
	"          WHERE s.purchase_order = p.id AND w.county = ?) AND ? IS NULL)"
#define PURCHASE_HIERARCHY                                                                         \
	"EXISTS (SELECT 1 FROM unit_ancestor a WHERE a.hierarchy = ? AND a.ancestor = ? AND "      \
	"a.unit = p.unit)"
#define SUPPLY_OWN "(s.unit = ? OR s.supplier = ?)"
#define SUPPLY_ALL "(? IS NULL AND ? IS NULL)"
#define SUPPLY_COUNTY                                                                              \
	"(s.supplier IN (SELECT w.organisation FROM supplier w WHERE w.county = ?) AND ? IS NULL)"
#define SUPPLY_HIERARCHY                                                                           \
	"EXISTS (SELECT 1 FROM unit_ancestor a WHERE a.hierarchy = ? AND a.ancestor = ? AND "      \
	"a.unit = s.unit)"

#define PURCHASE_AFTER " AND (? IS NULL OR p.id < ?)"
#define SUPPLY_AFTER   " AND (? IS NULL OR s.id < ?)"

static const struct sql purchase_lists[SIGHT_COUNT] = {
	[SIGHT_OWN] = { PURCHASE_COLUMNS " WHERE " PURCHASE_OWN PURCHASE_AFTER PURCHASE_PAGE },
	[SIGHT_PLATFORM] = { PURCHASE_COLUMNS " WHERE " PURCHASE_ALL PURCHASE_AFTER PURCHASE_PAGE },
	[SIGHT_COUNTY] = { PURCHASE_COLUMNS
			   " WHERE " PURCHASE_COUNTY PURCHASE_AFTER PURCHASE_PAGE },
	[SIGHT_HIERARCHY] = { PURCHASE_COLUMNS
			      " WHERE " PURCHASE_HIERARCHY PURCHASE_AFTER PURCHASE_PAGE },
};
static const struct sql purchase_reads[SIGHT_COUNT] = {
	[SIGHT_OWN] = { PURCHASE_COLUMNS " WHERE p.id = ? AND " PURCHASE_OWN },
	[SIGHT_PLATFORM] = { PURCHASE_COLUMNS " WHERE p.id = ? AND " PURCHASE_ALL },
	[SIGHT_COUNTY] = { PURCHASE_COLUMNS " WHERE p.id = ? AND " PURCHASE_COUNTY },
	[SIGHT_HIERARCHY] = { PURCHASE_COLUMNS " WHERE p.id = ? AND " PURCHASE_HIERARCHY },
};
static const struct sql supply_lists[SIGHT_COUNT] = {
	[SIGHT_OWN] = { SUPPLY_COLUMNS " WHERE " SUPPLY_OWN SUPPLY_AFTER SUPPLY_PAGE },
	[SIGHT_PLATFORM] = { SUPPLY_COLUMNS " WHERE " SUPPLY_ALL SUPPLY_AFTER SUPPLY_PAGE },
	[SIGHT_COUNTY] = { SUPPLY_COLUMNS " WHERE " SUPPLY_COUNTY SUPPLY_AFTER SUPPLY_PAGE },
	[SIGHT_HIERARCHY] = { SUPPLY_COLUMNS " WHERE " SUPPLY_HIERARCHY SUPPLY_AFTER SUPPLY_PAGE },
};
static const struct sql supply_reads[SIGHT_COUNT] = {
	[SIGHT_OWN] = { SUPPLY_COLUMNS " WHERE s.id = ? AND " SUPPLY_OWN },
	[SIGHT_PLATFORM] = { SUPPLY_COLUMNS " WHERE s.id = ? AND " SUPPLY_ALL },
	[SIGHT_COUNTY] = { SUPPLY_COLUMNS " WHERE s.id = ? AND " SUPPLY_COUNTY },
	[SIGHT_HIERARCHY] = { SUPPLY_COLUMNS " WHERE s.id = ? AND " SUPPLY_HIERARCHY },
};

enum {
	PURCHASE_ORDERS_INSERT,
	SUPPLY_ORDERS_INSERT,
	ORDER_LINES_INSERT,
	SUPPLY_ORDER_LOCK,
	SUPPLY_ORDER_ANSWER,
	ORDER_LINES_READ,
	ORDERS_BY_PAYMENT_CODE,
	SUPPLY_ORDER_LINES,
	PURCHASE_ORDER_LINES,
	SQL_COUNT
};

static const struct sql sql[] = {
	[PURCHASE_ORDERS_INSERT] = { "INSERT INTO purchase_order (id, number, unit, placed_by, "
				     "terms, payment_code,"
				     " ship_within_days, delivery_address, note, line_count, "
				     "supply_order_count, amount_fen,"
				     " tax_fen, submitted_at) VALUES ",
				     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[SUPPLY_ORDERS_INSERT] = { "INSERT INTO supply_order (id, number, purchase_order, unit, "
				   "supplier, agreement, terms,"
				   " ship_within_days, line_count, amount_fen, tax_fen, placed_at, "
				   "confirmed_at, ship_by) VALUES ",
				   "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[ORDER_LINES_INSERT] = { "INSERT INTO order_line (supply_order, line, sku, revision, "
				 "offer, quantity, unit_price_fen,"
				 " amount_fen, vat_kind, vat_rate, tax_fen, county, category) "
				 "VALUES ",
				 "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[SUPPLY_ORDER_LOCK] = { "SELECT id, number, purchase_order, unit, supplier, agreement, "
				"terms, ship_within_days,"
				"       line_count, amount_fen, tax_fen, placed_at, confirmed_at, "
				"ship_by"
				"  FROM supply_order"
				" WHERE id = ? AND (unit = ? OR supplier = ?)"
				"   FOR UPDATE" },
	[SUPPLY_ORDER_ANSWER] = { "UPDATE supply_order"
				  "   SET agreement = ?, confirmed_at = ?, ship_by = ?"
				  " WHERE id = ?" },
	[ORDER_LINES_READ] = { "SELECT supply_order, line, sku, revision, offer, quantity, "
			       "unit_price_fen, amount_fen,"
			       "       vat_kind, vat_rate, tax_fen, county, category"
			       "  FROM order_line"
			       " WHERE supply_order = ?"
			       " ORDER BY line"
			       "  LOCK IN SHARE MODE" },
	[ORDERS_BY_PAYMENT_CODE] = { "SELECT s.id, s.number, s.purchase_order, s.unit, s.supplier, "
				     "s.agreement, s.terms,"
				     "       s.ship_within_days, s.line_count, s.amount_fen, "
				     "s.tax_fen, s.placed_at,"
				     "       s.confirmed_at, s.ship_by"
				     "  FROM purchase_order p"
				     "  JOIN supply_order s ON s.purchase_order = p.id"
				     " WHERE p.payment_code = ? AND (? IS NULL OR p.unit = ?)"
				     " ORDER BY s.id"
				     "  LOCK IN SHARE MODE" },
	[SUPPLY_ORDER_LINES] = { LINE_COLUMNS " WHERE s.id = ? AND l.line > ?"
					      " ORDER BY l.supply_order, l.line LIMIT ?" },
	[PURCHASE_ORDER_LINES] = { LINE_COLUMNS " WHERE s.purchase_order = ? AND (? IS NULL OR "
						"s.id > ? OR (s.id = ? AND l.line > ?))"
						" ORDER BY l.supply_order, l.line LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* Which text, and what fills its two placeholders. */
static enum sight sight_of(const struct actor *actor, struct value limits[2])
{
	limits[0] = limits[1] = value_null();
	switch (actor->scope.kind) {
	case SCOPE_PLATFORM:
		return SIGHT_PLATFORM;
	case SCOPE_COUNTY:
		limits[0] = value_string(actor->scope.county);
		return SIGHT_COUNTY;
	case SCOPE_HIERARCHY:
		limits[0] = value_string(word_of(hierarchy_words, actor->scope.hierarchy));
		limits[1] = value_id(actor->scope.root);
		return SIGHT_HIERARCHY;
	default:
		limits[0] = limits[1] = value_id(actor->organisation);
		return SIGHT_OWN;
	}
}

enum err purchase_orders_insert(struct db *db, const struct purchase_order *orders, size_t count)
{
	return db_rows(db, &sql[PURCHASE_ORDERS_INSERT], purchase_order_fields,
		       PURCHASE_ORDER_COLUMNS, orders, count, sizeof(*orders));
}

enum err supply_orders_insert(struct db *db, const struct supply_order *orders, size_t count)
{
	return db_rows(db, &sql[SUPPLY_ORDERS_INSERT], supply_order_fields,
		       COUNT_OF(supply_order_fields), orders, count, sizeof(*orders));
}

enum err order_lines_insert(struct db *db, const struct order_line *lines, size_t count)
{
	return db_rows(db, &sql[ORDER_LINES_INSERT], order_line_fields, COUNT_OF(order_line_fields),
		       lines, count, sizeof(*lines));
}

enum err supply_order_lock(struct db *db, struct id id, const struct actor *actor,
			   struct supply_order *out)
{
	return db_read(db, &sql[SUPPLY_ORDER_LOCK],
		       db_values(id, actor->organisation, actor->organisation), supply_order_fields,
		       COUNT_OF(supply_order_fields), NULL, out);
}

enum err supply_order_answer(struct db *db, const struct supply_order *order)
{
	return db_exec(db, &sql[SUPPLY_ORDER_ANSWER],
		       db_values(word_of(agreement_words, order->agreement), order->confirmed_at,
				 value_day(order->ship_by), order->id));
}

enum err order_lines_read(struct db *db, struct id supply_order, struct arena *arena,
			  struct list *out)
{
	return db_list(db, &sql[ORDER_LINES_READ], db_values(supply_order), order_line_fields,
		       COUNT_OF(order_line_fields), sizeof(struct order_line), arena, out);
}

enum err supply_orders_by_payment_code(struct db *db, struct text payment_code, struct id unit,
				       struct arena *arena, struct list *out)
{
	return db_list(db, &sql[ORDERS_BY_PAYMENT_CODE], db_values(payment_code, unit, unit),
		       supply_order_fields, COUNT_OF(supply_order_fields),
		       sizeof(struct supply_order), arena, out);
}

enum err purchase_orders_list(struct db *db, const struct actor *actor, struct id after,
			      int64_t limit, struct arena *arena, struct list *out)
{
	struct value limits[2];
	enum sight sight = sight_of(actor, limits);

	return db_list(db, &purchase_lists[sight],
		       db_values(limits[0], limits[1], after, after, limit), purchase_order_fields,
		       purchase_order_field_count, sizeof(struct purchase_order), arena, out);
}

enum err purchase_order_read(struct db *db, const struct actor *actor, struct id id,
			     struct arena *arena, struct purchase_order *out)
{
	struct value limits[2];
	enum sight sight = sight_of(actor, limits);

	return db_read(db, &purchase_reads[sight], db_values(id, limits[0], limits[1]),
		       purchase_order_fields, purchase_order_field_count, arena, out);
}

static void facets_fill(struct supply_order_answer *answer)
{
	answer->fulfilment = fulfilment_facet(&answer->sums);
	answer->payment = payment_facet(&answer->balance);
	answer->settlement = settlement_facet(&answer->balance);
}

enum err supply_orders_list(struct db *db, const struct actor *actor, struct id purchase_order,
			    int32_t agreement, struct id after, int64_t limit, struct arena *arena,
			    struct list *out)
{
	struct value limits[2];
	enum sight sight = sight_of(actor, limits);
	struct value state = agreement == SMALL_NONE
				     ? value_null()
				     : value_string(word_of(agreement_words, agreement));

	enum err e = db_list(db, &supply_lists[sight],
			     db_values(limits[0], limits[1], after, after, purchase_order,
				       purchase_order, state, state, limit),
			     supply_order_answer_fields, supply_order_answer_field_count,
			     sizeof(struct supply_order_answer), arena, out);
	for (size_t i = 0; !e && i < out->count; i++)
		facets_fill(LIST_ITEM(*out, struct supply_order_answer, i));
	return e;
}

enum err supply_order_read(struct db *db, const struct actor *actor, struct id id,
			   struct arena *arena, struct supply_order_answer *out)
{
	struct value limits[2];
	enum sight sight = sight_of(actor, limits);

	enum err e =
		db_read(db, &supply_reads[sight], db_values(id, limits[0], limits[1]),
			supply_order_answer_fields, supply_order_answer_field_count, arena, out);
	if (!e)
		facets_fill(out);
	return e;
}

enum err supply_order_visible(struct db *db, const struct actor *actor, struct id id,
			      struct arena *arena)
{
	struct supply_order_answer answer;

	return supply_order_read(db, actor, id, arena, &answer);
}

enum err supply_order_lines_list(struct db *db, struct id supply_order, int64_t after_line,
				 int64_t limit, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SUPPLY_ORDER_LINES], db_values(supply_order, after_line, limit),
		       line_answer_fields, line_answer_field_count, sizeof(struct line_answer),
		       arena, out);
}

enum err purchase_order_lines_list(struct db *db, struct id purchase_order, struct id after,
				   int64_t after_line, int64_t limit, struct arena *arena,
				   struct list *out)
{
	return db_list(db, &sql[PURCHASE_ORDER_LINES],
		       db_values(purchase_order, after, after, after, after_line, limit),
		       line_answer_fields, line_answer_field_count, sizeof(struct line_answer),
		       arena, out);
}
