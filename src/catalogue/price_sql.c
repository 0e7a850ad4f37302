/*
 * Prices in force and their history. A price is put in force by one statement and copied into the
 * history by the next, so that the two cannot differ; of two changes in one instant the later one
 * is a microsecond younger, so that the newest is always known.
 */
#include "goods.h"

#include <stdlib.h>

enum {
	PRICES_READ,
	PRICES_LOCK,
	PRICES_PUT,
	PRICES_KEEP,
	PRICE_LOWS,
	PRICE_LOWS_LOCK,
	REVISION_PRICES,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[PRICES_READ] = {
		"SELECT sku, ladder, reason, since FROM price WHERE sku IN (",
		"?",
		")" },
	[PRICES_LOCK] = {
		"SELECT sku, ladder, reason, since FROM price WHERE sku IN (",
		"?",
		") ORDER BY sku FOR UPDATE" },
	[PRICES_PUT] = {
		"INSERT INTO price (sku, ladder, reason, since) VALUES ",
		"(?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE ladder = VALUES(ladder), reason = VALUES(reason),"
		" since = GREATEST(VALUES(since), since + 1)" },
	[PRICES_KEEP] = {
		"INSERT INTO price_change (event, sku, at, ladder, unit_price_fen, reason)"
		" SELECT ?, sku, since, ladder,"
		"        CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(ladder, ';', 1), ':', -1) AS INTEGER), reason"
		"  FROM price WHERE sku IN (",
		"?",
		")" },
	[PRICE_LOWS] = {
		"SELECT DISTINCT c.sku, c.ladder"
		"  FROM price_change c"
		" WHERE c.sku IN (",
		"?",
		") AND c.at >= COALESCE((SELECT MAX(d.at) FROM price_change d"
		"                         WHERE d.sku = c.sku AND d.at <= ?), 0)" },
	[PRICE_LOWS_LOCK] = {
		"SELECT DISTINCT c.sku, c.ladder"
		"  FROM price_change c"
		" WHERE c.sku IN (",
		"?",
		") AND c.at >= COALESCE((SELECT MAX(d.at) FROM price_change d"
		"                         WHERE d.sku = c.sku AND d.at <= ? LOCK IN SHARE MODE), 0)"
		" LOCK IN SHARE MODE" },
	[REVISION_PRICES] = {
		"SELECT sku, ladder, price_reason, 0 FROM revision_sku"
		" WHERE revision = ? AND ladder IS NOT NULL"
		" ORDER BY sku" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* A price as it stands in its row. */
struct price_row {
	int64_t sku;
	struct text ladder, reason;
	int64_t since;
};

static const struct field row_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(price_row, sku) },
	{ "ladder", KIND_TEXT, FIELD_AT(price_row, ladder), .min = 1, .max = 400 },
	{ "reason", KIND_TEXT, FIELD_AT(price_row, reason), .optional = true },
	{ "since", KIND_INSTANT, FIELD_AT(price_row, since) },
};

static enum err prices_of_rows(const struct list *rows, struct arena *arena, struct list *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct price_row *row = LIST_ITEM(*rows, struct price_row, i);
		struct price *price = list_add(out, arena, sizeof(*price));

		if (!price)
			return ERR_MEMORY;
		*price = (struct price){ row->sku, { .count = 0 }, row->reason, row->since };
		if (!ladder_parse(row->ladder, &price->ladder))
			return ERR_INTERNAL;
	}
	return OK;
}

static enum err prices_select(struct db *db, int statement, const int64_t *skus, size_t count,
			      struct arena *arena, struct list *out)
{
	struct value *keys = sku_keys(skus, count, arena);
	struct list rows = { 0 };

	if (!keys)
		return count ? ERR_MEMORY : OK;
	enum err e = db_list_in(db, &sql[statement], db_none, keys, count, db_none, row_fields,
				COUNT_OF(row_fields), sizeof(struct price_row), arena, &rows);
	return e ? e : prices_of_rows(&rows, arena, out);
}

enum err prices_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		     struct list *out)
{
	return prices_select(db, PRICES_READ, skus, count, arena, out);
}

enum err prices_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		     struct list *out)
{
	return prices_select(db, PRICES_LOCK, skus, count, arena, out);
}

static enum err prices_keep(struct tx *tx, const struct price_row *rows, size_t count)
{
	struct value *keys = arena_take(tx->arena, count * sizeof(*keys));

	if (!keys)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		keys[i] = value_i64(rows[i].sku);
	return db_list_in(tx->db, &sql[PRICES_KEEP], db_values(tx->event), keys, count, db_none,
			  NULL, 0, 0, NULL, NULL);
}

enum err prices_put(struct tx *tx, const struct price *prices, size_t count)
{
	struct price_row *rows;

	if (!count)
		return OK;
	rows = arena_take(tx->arena, count * sizeof(*rows));
	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		assert(!i || prices[i - 1].sku < prices[i].sku);
		rows[i] = (struct price_row){
			.sku = prices[i].sku,
			.ladder = ladder_format(&prices[i].ladder, tx->arena),
			.reason = prices[i].reason,
			.since = tx->now,
		};
		if (!rows[i].ladder.at)
			return ERR_MEMORY;
	}
	enum err e = db_rows(tx->db, &sql[PRICES_PUT], row_fields, COUNT_OF(row_fields), rows,
			     count, sizeof(*rows));
	return e ? e : prices_keep(tx, rows, count);
}

static int row_by_sku(const void *a, const void *b)
{
	const struct price_row *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

/* What was in force of each SKU becomes one row, ascending. */
static enum err lows_of_rows(const struct list *rows, struct arena *arena, struct list *out)
{
	struct price_low *low = NULL;

	if (rows->count)
		qsort(rows->at, rows->count, sizeof(struct price_row), row_by_sku);
	for (size_t i = 0; i < rows->count; i++) {
		const struct price_row *row = LIST_ITEM(*rows, struct price_row, i);
		struct ladder ladder;

		if (!ladder_parse(row->ladder, &ladder))
			return ERR_INTERNAL;
		int64_t first = ladder.rungs[0].unit_price_fen;
		if (!low || low->sku != row->sku) {
			low = list_add(out, arena, sizeof(*low));
			if (!low)
				return ERR_MEMORY;
			*low = (struct price_low){ .sku = row->sku, .unit_price_fen = first };
		}
		if (first < low->unit_price_fen)
			low->unit_price_fen = first;
		if (!floor_lower(&low->floor, &ladder, arena))
			return ERR_MEMORY;
	}
	return OK;
}

static enum err lows_select(struct db *db, int statement, const int64_t *skus, size_t count,
			    int64_t from, struct arena *arena, struct list *out)
{
	enum { LOW_FIELDS = 2 }; /* of a row: its SKU and its ladder */
	struct value *keys = sku_keys(skus, count, arena);
	struct list rows = { 0 };

	if (!keys)
		return count ? ERR_MEMORY : OK;
	enum err e = db_list_in(db, &sql[statement], db_none, keys, count, db_values(from),
				row_fields, LOW_FIELDS, sizeof(struct price_row), arena, &rows);
	return e ? e : lows_of_rows(&rows, arena, out);
}

enum err price_lows(struct db *db, const int64_t *skus, size_t count, int64_t from,
		    struct arena *arena, struct list *out)
{
	return lows_select(db, PRICE_LOWS, skus, count, from, arena, out);
}

enum err price_lows_lock(struct db *db, const int64_t *skus, size_t count, int64_t from,
			 struct arena *arena, struct list *out)
{
	return lows_select(db, PRICE_LOWS_LOCK, skus, count, from, arena, out);
}

enum err revision_prices_put(struct tx *tx, struct id revision)
{
	struct list rows = { 0 }, prices = { 0 };
	enum err e = db_list(tx->db, &sql[REVISION_PRICES], db_values(revision), row_fields,
			     COUNT_OF(row_fields), sizeof(struct price_row), tx->arena, &rows);

	if (!e)
		e = prices_of_rows(&rows, tx->arena, &prices);
	return e ? e : prices_put(tx, prices.at, prices.count);
}
