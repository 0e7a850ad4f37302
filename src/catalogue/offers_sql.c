/*
 * What every event about goods ends with: the offers of its SKUs move. First it is read, under
 * locks that a suspension or a decision has to wait for, what may be sold now; then the views are
 * told; the stock rows come last, since orders contend for them.
 */
#include "goods.h"

#include <stdlib.h>

enum { STANDING, OFFERS_TELL, OFFERS_RAISE, SKUS_OF_PRODUCT, OFFERS_FORGET, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[STANDING] = {
		"SELECT STRAIGHT_JOIN k.number, 0, 1,"
		"       p.listed AND rs.sku IS NOT NULL AND n.sku IS NOT NULL"
		"       AND v.suspended_for IS NULL AND o.status = 'active'"
		"       AND (r.mandate_until IS NULL OR r.mandate_until >= ?)"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  JOIN supplier v ON v.organisation = k.supplier"
		"  JOIN organisation o ON o.id = k.supplier"
		"  LEFT JOIN revision r ON r.id = p.revision"
		"  LEFT JOIN revision_sku rs ON rs.revision = p.revision AND rs.sku = k.number"
		"  LEFT JOIN price n ON n.sku = k.number"
		" WHERE k.number IN (",
		"?",
		") ORDER BY k.number LOCK IN SHARE MODE" },
	[OFFERS_TELL] = {
		"INSERT INTO offer_change (event, sku) VALUES ",
		"(?, ?)",
		" ON DUPLICATE KEY UPDATE sku = VALUES(sku)" },
	[OFFERS_RAISE] = {
		"INSERT INTO stock (sku, available, offer, on_sale) VALUES ",
		"(?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE offer = offer + 1, on_sale = VALUES(on_sale),"
		" version = version + 1" },
	[SKUS_OF_PRODUCT] = {
		"SELECT number FROM sku WHERE product = ? ORDER BY number" },
	[OFFERS_FORGET] = {
		"DELETE FROM offer_change WHERE event < ? LIMIT 5000" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct offer_change {
	struct id event;
	int64_t sku;
};

static enum err offers_tell(struct tx *tx, const int64_t *skus, size_t count)
{
	static const struct field fields[] = {
		{ "event", KIND_ID, FIELD_AT(offer_change, event) },
		{ "sku", KIND_REF, FIELD_AT(offer_change, sku) },
	};
	struct offer_change *rows = arena_take(tx->arena, count * sizeof(*rows));

	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		assert(!i || skus[i - 1] < skus[i]);
		rows[i] = (struct offer_change){ tx->event, skus[i] };
	}
	return db_rows(tx->db, &sql[OFFERS_TELL], fields, COUNT_OF(fields), rows, count,
		       sizeof(*rows));
}

static int by_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

enum err offers_follow(struct tx *tx, const int64_t *skus, size_t count)
{
	struct value *keys = sku_keys(skus, count, tx->arena);
	struct list standing = { 0 };

	if (!keys)
		return count ? ERR_MEMORY : OK;
	enum err e = db_list_in(tx->db, &sql[STANDING], db_values(value_day(tx->day)), keys, count,
				db_none, stock_fields, stock_field_count, sizeof(struct stock),
				tx->arena, &standing);
	if (!e && standing.count != count)
		return ERR_UNKNOWN_REFERENCE;
	if (!e)
		e = offers_tell(tx, skus, count);
	if (e)
		return e;
	qsort(standing.at, standing.count, sizeof(struct stock), by_sku);
	return db_rows(tx->db, &sql[OFFERS_RAISE], stock_fields, stock_field_count, standing.at,
		       standing.count, sizeof(struct stock));
}

enum err skus_of_product(struct db *db, struct id product, struct arena *arena, struct list *out)
{
	static const struct field fields[] = { { "number", KIND_REF, 0 } };

	return db_list(db, &sql[SKUS_OF_PRODUCT], db_values(product), fields, COUNT_OF(fields),
		       sizeof(int64_t), arena, out);
}

/* ---- what every view has read long ago ------------------------------------------------------- */

enum { OFFERS_KEPT_DAYS = 1 };

const char offers_loop_name[] = "offers";

/* The least id that an event of @instant can have. */
static struct id id_least(int64_t instant)
{
	uint64_t milliseconds = (uint64_t)(instant / 1000);
	struct id id = { { [6] = 0x70, [8] = 0x80 } };

	for (size_t i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
	return id;
}

enum err offers_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	int64_t now = clock_now(&app->clock);

	(void)arena;
	(void)lease; /* what two processes take away at once is gone all the same */
	enum err e = db_exec(db, &sql[OFFERS_FORGET],
			     db_values(id_least(now - OFFERS_KEPT_DAYS * DAY_US)));
	*more = !e && db_affected(db) > 0;
	return e;
}
