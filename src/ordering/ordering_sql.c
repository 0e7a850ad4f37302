/*
 * What ordering writes, and what the events of the floors above read under its locks. All of it
 * multi-row; what people look at is read by ordering_list_sql.c.
 */
#include "ordering_private.h"

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
	{ "vat_kind", KIND_WORD, FIELD_AT(order_line, vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(order_line, vat_rate) },
	{ "tax_fen", KIND_FEN, FIELD_AT(order_line, tax_fen) },
	{ "county", KIND_TEXT, FIELD_AT(order_line, county) },
	{ "category", KIND_TEXT, FIELD_AT(order_line, category) },
};

enum {
	PURCHASE_ORDERS_INSERT,
	SUPPLY_ORDERS_INSERT,
	ORDER_LINES_INSERT,
	SUPPLY_ORDER_LOCK,
	SUPPLY_ORDER_ANSWER,
	ORDER_LINES_READ,
	ORDERS_BY_PAYMENT_CODE,
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
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

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
