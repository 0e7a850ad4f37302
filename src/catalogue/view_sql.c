/*
 * What the builder asks of the trail: which events it has not seen, and which products they
 * touched.
 */
#include "view.h"

enum { COUNT, POSITION, EVENTS, SALES, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	/* An event leaves the outbox with the transaction that gives it a position: the sum counts
	 * each once. */
	[COUNT] = {
		"SELECT position + (SELECT COUNT(*) FROM outbox)"
		"  FROM sequencer WHERE id = 1" },
	[POSITION] = {
		"SELECT position FROM sequencer WHERE id = 1" },
	[EVENTS] = {
		"SELECT e.id, e.kind, e.object, FALSE"
		"  FROM sequence s JOIN event e ON e.id = s.event"
		" WHERE s.position > ?"
		" UNION ALL"
		" SELECT e.id, e.kind, e.object, TRUE"
		"  FROM outbox x JOIN event e ON e.id = x.event"
		" ORDER BY 1"
		" LIMIT ?" },
	[SALES] = {
		"SELECT sku, CAST(SUM(quantity) AS SIGNED)"
		"  FROM order_line"
		" WHERE supply_order >= ?"
		" GROUP BY sku" },
};

static const struct sql touched[] = {
	[TOUCH_OFFERS] = {
		"SELECT k.product, k.number, 0"
		"  FROM offer_change c JOIN sku k ON k.number = c.sku"
		" WHERE c.event IN (",
		"?",
		")" },
	[TOUCH_STOCK] = {
		"SELECT k.product, k.number, 0"
		"  FROM stock_movement m JOIN sku k ON k.number = m.sku"
		" WHERE m.event IN (",
		"?",
		")" },
	[TOUCH_ORDERS] = {
		"SELECT k.product, k.number, l.quantity"
		"  FROM movement m"
		"  JOIN order_line l ON l.supply_order = m.supply_order AND l.line = m.line"
		"  JOIN sku k ON k.number = l.sku"
		" WHERE m.measure = 'ordered' AND m.event IN (",
		"?",
		")" },
	[TOUCH_SUPPLIERS] = {
		"SELECT k.product, k.number, 0"
		"  FROM sku k"
		" WHERE k.supplier IN (",
		"?",
		")" },
	[TOUCH_IMAGES] = {
		"SELECT k.product, k.number, 0"
		"  FROM revision_image i"
		"  JOIN product p ON p.revision = i.revision"
		"  JOIN sku k ON k.product = p.id"
		" WHERE i.image IN (",
		"?",
		")" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");
_Static_assert(COUNT_OF(touched) == TOUCH_IMAGES + 1, "every kind has its text");

static const struct field event_fields[] = {
	{ "event", KIND_ID, FIELD_AT(seen_event, event) },
	{ "kind", KIND_TEXT, FIELD_AT(seen_event, kind) },
	{ "object", KIND_ID, FIELD_AT(seen_event, object), .optional = true },
	{ "waits", KIND_BOOL, FIELD_AT(seen_event, waits) },
};

static const struct field touch_fields[] = {
	{ "product", KIND_ID, FIELD_AT(touch, product) },
	{ "sku", KIND_INT, FIELD_AT(touch, sku) },
	{ "pieces", KIND_INT, FIELD_AT(touch, pieces) },
};

enum err events_count(struct db *db, int64_t *out)
{
	return db_number(db, &sql[COUNT], db_none, out);
}

enum err position_read(struct db *db, int64_t *out)
{
	return db_number(db, &sql[POSITION], db_none, out);
}

enum err events_read(struct db *db, int64_t position, int64_t limit, struct arena *arena,
		     struct list *out)
{
	return db_list(db, &sql[EVENTS], db_values(position, limit), event_fields,
		       COUNT_OF(event_fields), sizeof(struct seen_event), arena, out);
}

enum err touches_read(struct db *db, enum touch_kind kind, const struct value *keys, size_t count,
		      struct arena *arena, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(db, &touched[kind], db_none, keys, count, db_none, touch_fields,
			  COUNT_OF(touch_fields), sizeof(struct touch), arena, out);
}

static enum err take_sale(void *context, void *row)
{
	const struct touch *touch = row;

	return sales_add(context, touch->sku, touch->pieces);
}

/* Ids of supply orders ascend with the instants at which they were made (RFC 9562, UUIDv7): the
 * lines of some days stand one behind the other. */
enum err sales_read(struct db *db, int64_t from, struct sales *sales)
{
	static const struct field fields[] = {
		{ "sku", KIND_INT, FIELD_AT(touch, sku) },
		{ "pieces", KIND_INT, FIELD_AT(touch, pieces) },
	};
	uint64_t milliseconds = (uint64_t)from / 1000;
	struct id first = NO_ID;

	for (int i = 5; i >= 0; i--, milliseconds >>= 8)
		first.bytes[i] = (uint8_t)milliseconds;
	return db_each(db, &sql[SALES], db_values(first), fields, COUNT_OF(fields),
		       sizeof(struct touch), take_sale, sales);
}
