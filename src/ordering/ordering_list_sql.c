/*
 * Orders as people look at them: lists, single orders, lines. Reads carry the scope in their WHERE:
 * a list or an object that is not the actor's gives no row. Whose orders an actor sees chooses
 * among written texts.
 */
#include "ordering_private.h"

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
	{ "vat_kind", KIND_WORD, LINE(vat_kind), .words = vat_words },
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

/*
 * Lists find their page first, by keys alone and in the order of an index, and join names and sums
 * to the rows of that page only. The filters that a request may leave out are NULL then.
 */
#define PURCHASE_COLUMNS                                                                           \
	"SELECT p.id, p.number, p.unit, p.placed_by, p.terms, p.payment_code, p.ship_within_days," \
	"       p.delivery_address, p.note, p.line_count, p.supply_order_count, p.amount_fen,"     \
	"       p.tax_fen, p.submitted_at, o.short_name"
#define PURCHASE_LIST(sight)                                                                       \
	{                                                                                          \
		PURCHASE_COLUMNS                                                                   \
		"  FROM (SELECT p.id"                                                              \
		"          FROM purchase_order p"                                                  \
		"         WHERE " sight "           AND (? IS NULL OR p.id < ?)"                   \
		"         ORDER BY p.id DESC LIMIT ?) page"                                        \
		"  STRAIGHT_JOIN purchase_order p ON p.id = page.id"                               \
		"  STRAIGHT_JOIN organisation o ON o.id = p.unit"                                  \
		" ORDER BY p.id DESC"                                                              \
	}
#define PURCHASE_READ(sight)                                                                       \
	{                                                                                          \
		PURCHASE_COLUMNS                                                                   \
		"  FROM purchase_order p"                                                          \
		"  JOIN organisation o ON o.id = p.unit"                                           \
		" WHERE p.id = ? AND " sight                                                       \
	}

#define PROGRESS_SUM(column)                                                                       \
	" (SELECT CAST(COALESCE(SUM(g." column "), 0) AS INT)"                                     \
	"    FROM line_progress g"                                                                 \
	"   WHERE g.supply_order = s.id)"
#define SUPPLY_COLUMNS                                                                             \
	"SELECT s.id, s.number, s.purchase_order, s.unit, s.supplier, s.agreement, s.terms,"       \
	"       s.ship_within_days, s.line_count, s.amount_fen, s.tax_fen, s.placed_at,"           \
	"       s.confirmed_at, s.ship_by, u.short_name, v.short_name,"                            \
	"       COALESCE(b.agreed_fen, 0), COALESCE(b.accepted_fen, 0),"                           \
	"       COALESCE(b.rejected_fen, 0), COALESCE(b.claimed_fen, 0),"                          \
	"       COALESCE(b.receivable_fen, 0), COALESCE(b.advance_fen, 0),"                        \
	"       COALESCE(b.refund_fen, 0), COALESCE(b.held_fen, 0), COALESCE(b.stated_fen, 0),"    \
	"       COALESCE(b.settled_fen, 0)," PROGRESS_SUM("confirmed") "," PROGRESS_SUM(           \
		"shipped") "," PROGRESS_SUM("received") "," PROGRESS_SUM("accepted") "," PROGRESS_SUM("rejected")
#define SUPPLY_LIST(sight)                                                                         \
	{                                                                                          \
		SUPPLY_COLUMNS                                                                     \
		"  FROM (SELECT s.id"                                                              \
		"          FROM supply_order s"                                                    \
		"         WHERE " sight "           AND (? IS NULL OR s.id < ?)"                   \
		"           AND (? IS NULL OR s.purchase_order = ?)"                               \
		"           AND (? IS NULL OR s.agreement = ?)"                                    \
		"         ORDER BY s.id DESC LIMIT ?) page"                                        \
		"  STRAIGHT_JOIN supply_order s ON s.id = page.id"                                 \
		"  STRAIGHT_JOIN organisation u ON u.id = s.unit"                                  \
		"  STRAIGHT_JOIN organisation v ON v.id = s.supplier"                              \
		"  LEFT JOIN supply_balance b ON b.supply_order = s.id"                            \
		" ORDER BY s.id DESC"                                                              \
	}
#define SUPPLY_READ(sight)                                                                         \
	{                                                                                          \
		SUPPLY_COLUMNS                                                                     \
		"  FROM supply_order s"                                                            \
		"  JOIN organisation u ON u.id = s.unit"                                           \
		"  JOIN organisation v ON v.id = s.supplier"                                       \
		"  LEFT JOIN supply_balance b ON b.supply_order = s.id"                            \
		" WHERE s.id = ? AND " sight                                                       \
	}

#define LINE_COLUMNS                                                                               \
	"SELECT l.supply_order, l.line, l.sku, l.revision, l.offer, l.quantity, l.unit_price_fen," \
	"       l.amount_fen, l.vat_kind, l.vat_rate, l.tax_fen, l.county, l.category, r.name,"    \
	"       k.specification, k.sale_unit, s.number,"                                           \
	"       COALESCE(g.confirmed, 0), COALESCE(g.declined, 0), COALESCE(g.shipped, 0),"        \
	"       COALESCE(g.received, 0), COALESCE(g.accepted, 0), COALESCE(g.rejected, 0),"        \
	"       COALESCE(g.accepted_fen, 0), COALESCE(g.accepted_tax_fen, 0)"
#define LINE_PAGE(filter)                                                                          \
	LINE_COLUMNS                                                                               \
	"  FROM (SELECT l.supply_order, l.line"                                                    \
	"          FROM supply_order s"                                                            \
	"          JOIN order_line l ON l.supply_order = s.id"                                     \
	"         WHERE " filter "         ORDER BY l.supply_order, l.line LIMIT ?) page"          \
	"  STRAIGHT_JOIN order_line l ON l.supply_order = page.supply_order"                       \
	"                            AND l.line = page.line"                                       \
	"  STRAIGHT_JOIN supply_order s ON s.id = l.supply_order"                                  \
	"  STRAIGHT_JOIN revision r ON r.id = l.revision"                                          \
	"  STRAIGHT_JOIN revision_sku k ON k.revision = l.revision AND k.sku = l.sku"              \
	"  LEFT JOIN line_progress g ON g.supply_order = l.supply_order AND g.line = l.line"       \
	" ORDER BY l.supply_order, l.line"

/* Whose orders an actor sees; each kind has its own text of every list and of every single read:
 * what one's organisation buys, what it sells, either, or what an authority's scope takes in. */
enum sight {
	SIGHT_BUYS,
	SIGHT_SELLS,
	SIGHT_OWN,
	SIGHT_PLATFORM,
	SIGHT_COUNTY,
	SIGHT_HIERARCHY,
	SIGHT_COUNT
};

/* Each takes three placeholders: what the sight is limited to. */
#define PURCHASE_OWN "(p.unit = ? AND ? IS NOT NULL AND ? IS NULL)"
#define PURCHASE_ALL "(? IS NULL AND ? IS NULL AND ? IS NULL)"
#define PURCHASE_COUNTY                                                                            \
	"(EXISTS (SELECT 1"                                                                        \
	"           FROM supply_order s JOIN supplier w ON w.organisation = s.supplier"            \
	"          WHERE s.purchase_order = p.id AND w.county = ?) AND ? IS NULL AND ? IS NULL)"
#define PURCHASE_HIERARCHY                                                                         \
	"EXISTS (SELECT 1"                                                                         \
	"          FROM unit_ancestor a"                                                           \
	"         WHERE a.hierarchy = ? AND a.ancestor = ? AND a.unit = p.unit"                    \
	"           AND ? BETWEEN a.since AND a.until)"
#define SUPPLY_BUYS  "(s.unit = ? AND ? IS NOT NULL AND ? IS NULL)"
#define SUPPLY_SELLS "(s.supplier = ? AND ? IS NOT NULL AND ? IS NULL)"
#define SUPPLY_OWN   "((s.unit = ? OR s.supplier = ?) AND ? IS NULL)"
#define SUPPLY_ALL   "(? IS NULL AND ? IS NULL AND ? IS NULL)"
#define SUPPLY_COUNTY                                                                              \
	"(s.supplier IN (SELECT w.organisation FROM supplier w WHERE w.county = ?) AND ? IS NULL " \
	"AND ? IS NULL)"
#define SUPPLY_HIERARCHY                                                                           \
	"EXISTS (SELECT 1"                                                                         \
	"          FROM unit_ancestor a"                                                           \
	"         WHERE a.hierarchy = ? AND a.ancestor = ? AND a.unit = s.unit"                    \
	"           AND ? BETWEEN a.since AND a.until)"

static const struct sql purchase_lists[SIGHT_COUNT] = {
	[SIGHT_BUYS] = PURCHASE_LIST(PURCHASE_OWN),
	[SIGHT_SELLS] = PURCHASE_LIST(PURCHASE_OWN),
	[SIGHT_OWN] = PURCHASE_LIST(PURCHASE_OWN),
	[SIGHT_PLATFORM] = PURCHASE_LIST(PURCHASE_ALL),
	[SIGHT_COUNTY] = PURCHASE_LIST(PURCHASE_COUNTY),
	[SIGHT_HIERARCHY] = PURCHASE_LIST(PURCHASE_HIERARCHY),
};
static const struct sql purchase_reads[SIGHT_COUNT] = {
	[SIGHT_BUYS] = PURCHASE_READ(PURCHASE_OWN),
	[SIGHT_SELLS] = PURCHASE_READ(PURCHASE_OWN),
	[SIGHT_OWN] = PURCHASE_READ(PURCHASE_OWN),
	[SIGHT_PLATFORM] = PURCHASE_READ(PURCHASE_ALL),
	[SIGHT_COUNTY] = PURCHASE_READ(PURCHASE_COUNTY),
	[SIGHT_HIERARCHY] = PURCHASE_READ(PURCHASE_HIERARCHY),
};
static const struct sql supply_lists[SIGHT_COUNT] = {
	[SIGHT_BUYS] = SUPPLY_LIST(SUPPLY_BUYS),
	[SIGHT_SELLS] = SUPPLY_LIST(SUPPLY_SELLS),
	[SIGHT_OWN] = SUPPLY_LIST(SUPPLY_OWN),
	[SIGHT_PLATFORM] = SUPPLY_LIST(SUPPLY_ALL),
	[SIGHT_COUNTY] = SUPPLY_LIST(SUPPLY_COUNTY),
	[SIGHT_HIERARCHY] = SUPPLY_LIST(SUPPLY_HIERARCHY),
};
static const struct sql supply_reads[SIGHT_COUNT] = {
	[SIGHT_BUYS] = SUPPLY_READ(SUPPLY_BUYS),
	[SIGHT_SELLS] = SUPPLY_READ(SUPPLY_SELLS),
	[SIGHT_OWN] = SUPPLY_READ(SUPPLY_OWN),
	[SIGHT_PLATFORM] = SUPPLY_READ(SUPPLY_ALL),
	[SIGHT_COUNTY] = SUPPLY_READ(SUPPLY_COUNTY),
	[SIGHT_HIERARCHY] = SUPPLY_READ(SUPPLY_HIERARCHY),
};

enum { SUPPLY_ORDER_LINES, PURCHASE_ORDER_LINES, SQL_COUNT };

static const struct sql sql[] = {
	[SUPPLY_ORDER_LINES] = { LINE_PAGE("s.id = ? AND l.line > ?") },
	[PURCHASE_ORDER_LINES] = { LINE_PAGE("s.purchase_order = ? AND (? IS NULL OR s.id > ? OR"
					     " (s.id = ? AND l.line > ?))") },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* Which text, and what fills its three placeholders. */
static enum sight sight_of(const struct actor *actor, struct value limits[3])
{
	limits[0] = limits[1] = limits[2] = value_null();
	switch (actor->scope.kind) {
	case SCOPE_PLATFORM:
		return SIGHT_PLATFORM;
	case SCOPE_COUNTY:
		limits[0] = value_string(actor->scope.county);
		return SIGHT_COUNTY;
	case SCOPE_HIERARCHY:
		limits[0] = value_string(word_of(hierarchy_words, actor->scope.hierarchy));
		limits[1] = value_id(actor->scope.root);
		limits[2] = value_day(actor->scope.day);
		return SIGHT_HIERARCHY;
	default:
		limits[0] = limits[1] = value_id(actor->organisation);
		if (!(actor->roles & ROLES_SUPPLIER))
			return SIGHT_BUYS;
		return actor->roles & ROLES_UNIT ? SIGHT_OWN : SIGHT_SELLS;
	}
}

enum err purchase_orders_list(struct db *db, const struct actor *actor, struct id after,
			      int64_t limit, struct arena *arena, struct list *out)
{
	struct value limits[3];
	enum sight sight = sight_of(actor, limits);

	return db_list(db, &purchase_lists[sight],
		       db_values(limits[0], limits[1], limits[2], after, after, limit),
		       purchase_order_fields, purchase_order_field_count,
		       sizeof(struct purchase_order), arena, out);
}

enum err purchase_order_read(struct db *db, const struct actor *actor, struct id id,
			     struct arena *arena, struct purchase_order *out)
{
	struct value limits[3];
	enum sight sight = sight_of(actor, limits);

	return db_read(db, &purchase_reads[sight], db_values(id, limits[0], limits[1], limits[2]),
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
	struct value limits[3];
	enum sight sight = sight_of(actor, limits);
	struct value state = agreement == SMALL_NONE
				     ? value_null()
				     : value_string(word_of(agreement_words, agreement));

	enum err e = db_list(db, &supply_lists[sight],
			     db_values(limits[0], limits[1], limits[2], after, after,
				       purchase_order, purchase_order, state, state, limit),
			     supply_order_answer_fields, supply_order_answer_field_count,
			     sizeof(struct supply_order_answer), arena, out);
	for (size_t i = 0; !e && i < out->count; i++)
		facets_fill(LIST_ITEM(*out, struct supply_order_answer, i));
	return e;
}

enum err supply_order_read(struct db *db, const struct actor *actor, struct id id,
			   struct arena *arena, struct supply_order_answer *out)
{
	struct value limits[3];
	enum sight sight = sight_of(actor, limits);

	enum err e =
		db_read(db, &supply_reads[sight], db_values(id, limits[0], limits[1], limits[2]),
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
