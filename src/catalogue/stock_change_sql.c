/*
 * Stock as its supplier sees and changes it. Every statement that changes a row of it raises the
 * row's version, those of orders too.
 */
#include <stdlib.h>

#include "changes.h"

enum { OWN_STOCK, OWN_MOVEMENTS, CHANGES_LOCK, MOVEMENTS_PUT, CHANGES_PUT, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[OWN_STOCK] = {
		"SELECT k.number, k.code, st.available,"
		"       CAST((SELECT COALESCE(SUM(m.quantity), 0) FROM stock_movement m"
		"              WHERE m.sku = k.number) - st.available AS SIGNED),"
		"       st.on_sale, st.version"
		"  FROM sku k JOIN stock st ON st.sku = k.number"
		" WHERE k.supplier = ? AND k.code = ?" },
	[OWN_MOVEMENTS] = {
		"SELECT m.event, e.at, m.quantity, m.reason, m.note"
		"  FROM stock_movement m JOIN event e ON e.id = m.event"
		" WHERE m.sku = ?"
		"   AND (? IS NULL OR m.event < ?)"
		" ORDER BY m.event DESC LIMIT ?" },
	[CHANGES_LOCK] = {
		"SELECT sku, available, version, on_sale FROM stock WHERE sku IN (",
		"?",
		") ORDER BY sku FOR UPDATE" },
	[MOVEMENTS_PUT] = {
		"INSERT INTO stock_movement (sku, event, quantity, reason, note) VALUES ",
		"(?, ?, ?, ?, ?)",
		"" },
	[CHANGES_PUT] = {
		"INSERT INTO stock (sku, available, version, offer, on_sale) VALUES ",
		"(?, ?, ?, 1, ?)",
		" ON DUPLICATE KEY UPDATE available = VALUES(available), version = version + 1" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const struct field own_stock_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(own_stock, sku) },
	{ "code", KIND_TEXT, FIELD_AT(own_stock, code) },
	{ "available", KIND_INT, FIELD_AT(own_stock, available) },
	{ "held", KIND_INT, FIELD_AT(own_stock, held) },
	{ "on_sale", KIND_BOOL, FIELD_AT(own_stock, on_sale) },
	{ "version", KIND_INT, FIELD_AT(own_stock, version), .only = ROW },
};
const size_t own_stock_field_count = COUNT_OF(own_stock_fields);

const struct field own_movement_fields[] = {
	{ "event", KIND_ID, FIELD_AT(own_movement, event) },
	{ "at", KIND_INSTANT, FIELD_AT(own_movement, at) },
	{ "quantity", KIND_INT, FIELD_AT(own_movement, quantity) },
	{ "reason", KIND_WORD, FIELD_AT(own_movement, reason), .words = movement_words },
	{ "note", KIND_TEXT, FIELD_AT(own_movement, note), .optional = true },
};
const size_t own_movement_field_count = COUNT_OF(own_movement_fields);

static const struct field stock_row_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(stock_change, sku) },
	{ "available", KIND_INT, FIELD_AT(stock_change, available) },
	{ "version", KIND_INT, FIELD_AT(stock_change, version) },
	{ "on_sale", KIND_BOOL, FIELD_AT(stock_change, on_sale) },
};

enum err own_stock_read(struct db *db, struct id supplier, struct text code, struct arena *arena,
			struct own_stock *out)
{
	return db_read(db, &sql[OWN_STOCK], db_values(supplier, code), own_stock_fields,
		       own_stock_field_count, arena, out);
}

enum err own_movements(struct db *db, int64_t sku, struct id before, int64_t limit,
		       struct arena *arena, struct list *out)
{
	return db_list(db, &sql[OWN_MOVEMENTS], db_values(sku, before, before, limit),
		       own_movement_fields, own_movement_field_count, sizeof(struct own_movement),
		       arena, out);
}

static int by_sku(const void *a, const void *b)
{
	const struct stock_change *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

enum err stock_changes_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
			    struct list *out)
{
	struct value *keys = sku_keys(skus, count, arena);

	if (!keys)
		return count ? ERR_MEMORY : OK;
	enum err e =
		db_list_in(db, &sql[CHANGES_LOCK], db_none, keys, count, db_none, stock_row_fields,
			   COUNT_OF(stock_row_fields), sizeof(struct stock_change), arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct stock_change), by_sku);
	return e;
}

enum err stock_movements_put(struct db *db, const struct stock_change *changes, size_t count)
{
	static const struct field fields[] = {
		{ "sku", KIND_REF, FIELD_AT(stock_change, sku) },
		{ "event", KIND_ID, FIELD_AT(stock_change, event) },
		{ "quantity", KIND_INT, FIELD_AT(stock_change, quantity) },
		{ "reason", KIND_WORD, FIELD_AT(stock_change, reason), .words = movement_words },
		{ "note", KIND_TEXT, FIELD_AT(stock_change, note), .optional = true },
	};

	if (!count)
		return OK;
	return db_rows(db, &sql[MOVEMENTS_PUT], fields, COUNT_OF(fields), changes, count,
		       sizeof(*changes));
}

enum err stock_changes_put(struct db *db, const struct stock_change *changes, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[CHANGES_PUT], stock_row_fields, COUNT_OF(stock_row_fields), changes,
		       count, sizeof(*changes));
}
