/*
 * Stock and its taking, and the set-based checks of `verify`.
 */
#include "catalogue_rows.h"

enum { STOCK_READ, STOCK_TAKE, STOCK_RELEASE, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[STOCK_READ] = { "SELECT sku, available, offer, on_sale FROM stock WHERE sku IN (", "?",
			 ")" },
	[STOCK_TAKE] = { "INSERT INTO stock (sku, available, offer, on_sale) VALUES ",
			 "(?, ?, ?, ?)",
			 " ON DUPLICATE KEY UPDATE"
			 " available = IF(offer = VALUES(offer) AND on_sale, available - "
			 "VALUES(available), -1), version = version + 1" },
	[STOCK_RELEASE] = { "INSERT INTO stock (sku, available, offer, on_sale) VALUES ",
			    "(?, ?, ?, ?)",
			    " ON DUPLICATE KEY UPDATE available = available + VALUES(available),"
			    " version = version + 1" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const struct field stock_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(stock, sku) },
	{ "available", KIND_INT, FIELD_AT(stock, available) },
	{ "offer", KIND_INT, FIELD_AT(stock, offer) },
	{ "on_sale", KIND_BOOL, FIELD_AT(stock, on_sale) },
};
const size_t stock_field_count = COUNT_OF(stock_fields);

struct value *sku_keys(const int64_t *skus, size_t count, struct arena *arena)
{
	struct value *keys = count ? arena_take(arena, count * sizeof(*keys)) : NULL;

	for (size_t i = 0; keys && i < count; i++)
		keys[i] = value_i64(skus[i]);
	return keys;
}

/* ---- stock ----------------------------------------------------------------------------------- */

enum err stock_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out)
{
	struct value *keys = sku_keys(skus, count, arena);

	if (!keys)
		return count ? ERR_MEMORY : OK;
	return db_list_in(db, &sql[STOCK_READ], db_none, keys, count, db_none, stock_fields,
			  stock_field_count, sizeof(struct stock), arena, out);
}

static void assert_quantities(const struct stock *stocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(stocks[i].available > 0);
		assert(!i || stocks[i - 1].sku < stocks[i].sku);
	}
}

/*
 * Every candidate row meets an existing one: a SKU without a stock row is refused by the foreign
 * key, a wrong offer or too little stock by the CHECK. An update counts twice, an insert once.
 */
enum err stock_take(struct tx *tx, const struct stock *stocks, size_t count)
{
	if (!count)
		return OK;
	assert_quantities(stocks, count);
	enum err e = db_rows(tx->db, &sql[STOCK_TAKE], stock_fields, stock_field_count, stocks,
			     count, sizeof(*stocks));
	if (e == ERR_DB_CHECK || e == ERR_DB_REFERENCE)
		return ERR_STOCK_SHORT;
	if (e)
		return e;
	return db_affected(tx->db) == 2 * (uint64_t)count ? OK : ERR_STOCK_SHORT;
}

enum err stock_release(struct tx *tx, const struct stock *stocks, size_t count)
{
	struct stock_movement *movements;

	if (!count)
		return OK;
	assert_quantities(stocks, count);
	movements = arena_take(tx->arena, count * sizeof(*movements));
	if (!movements)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		movements[i] = (struct stock_movement){
			.event = tx->event,
			.sku = stocks[i].sku,
			.quantity = stocks[i].available,
			.reason = MOVEMENT_RELEASED,
		};
	enum err e = stock_movements_insert(tx->db, movements, count);
	if (e)
		return e;
	e = db_rows(tx->db, &sql[STOCK_RELEASE], stock_fields, stock_field_count, stocks, count,
		    sizeof(*stocks));
	if (e)
		return e;
	return db_affected(tx->db) == 2 * (uint64_t)count ? OK : ERR_UNKNOWN_REFERENCE;
}

/* ---- verification ------------------------------------------------------------------------------
 */

/* clang-format off */
static const struct check checks[] = {
	{ "stock of SKU",
	  { "SELECT LPAD(s.sku, 8, '0'), s.available,"
	    " CAST(COALESCE(m.moved, 0) - COALESCE(l.held, 0) AS SIGNED)"
	    "  FROM (SELECT number AS sku, COALESCE(available, 0) AS available"
	    "          FROM sku LEFT JOIN stock ON stock.sku = number) s"
	    "  LEFT JOIN (SELECT sku, SUM(quantity) AS moved FROM stock_movement GROUP BY sku) m"
	    "    ON m.sku = s.sku"
	    "  LEFT JOIN (SELECT sku, SUM(quantity) AS held FROM order_line GROUP BY sku) l"
	    "    ON l.sku = s.sku"
	    " WHERE s.available <> COALESCE(m.moved, 0) - COALESCE(l.held, 0)"
	    " ORDER BY s.sku LIMIT 100" },
	  { "SELECT COUNT(*) FROM stock" } },
	/* with its mandate goods leave the shelf by the daily run of the next day, or by what moves
	 * their offer before; the database's own today is that of its newest event */
	{ "whether SKU is on sale",
	  { "SELECT LPAD(q.number, 8, '0'), COALESCE(q.on_sale, -1), q.may"
	    "  FROM (SELECT k.number, s.on_sale, r.mandate_until,"
	    "               p.listed AND rs.sku IS NOT NULL AND n.sku IS NOT NULL"
	    "               AND v.suspended_for IS NULL AND o.status = 'active' AS may"
	    "          FROM sku k"
	    "          JOIN product p ON p.id = k.product"
	    "          JOIN supplier v ON v.organisation = k.supplier"
	    "          JOIN organisation o ON o.id = k.supplier"
	    "          LEFT JOIN stock s ON s.sku = k.number"
	    "          LEFT JOIN revision r ON r.id = p.revision AND r.product = p.id"
	    "                              AND r.state = 'approved'"
	    "          LEFT JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number"
	    "          LEFT JOIN price n ON n.sku = k.number) q"
	    " WHERE q.on_sale IS NULL OR (q.on_sale AND NOT q.may)"
	    "    OR (q.may AND NOT q.on_sale"
	    "        AND (q.mandate_until IS NULL OR q.mandate_until >= GREATEST("
	    "             COALESCE((SELECT MAX(day) FROM daily_mark WHERE step = 'goods'), '1970-01-01'),"
	    "             COALESCE((SELECT DATE('1970-01-01')"
	    "                              + INTERVAL (e.at DIV 1000000 + 28800) DIV 86400 DAY"
	    "                         FROM event e ORDER BY e.id DESC LIMIT 1), '1970-01-01'))))"
	    " ORDER BY q.number LIMIT 100" },
	  { "SELECT COUNT(*) FROM sku" } },
	{ "price of SKU, as its history has it last",
	  { "SELECT LPAD(n.sku, 8, '0'), n.since,"
	    " COALESCE((SELECT MAX(d.at) FROM price_change d WHERE d.sku = n.sku), 0)"
	    "  FROM price n"
	    "  LEFT JOIN price_change c ON c.sku = n.sku AND c.at = n.since"
	    " WHERE c.sku IS NULL OR c.ladder <> n.ladder"
	    "    OR EXISTS (SELECT 1 FROM price_change d WHERE d.sku = n.sku AND d.at > n.since)"
	    " ORDER BY n.sku LIMIT 100" },
	  { "SELECT COUNT(*) FROM price" } },
	{ "revision that names SKU",
	  { "SELECT LPAD(k.number, 8, '0'), 0, 1"
	    "  FROM sku k"
	    " WHERE NOT EXISTS (SELECT 1 FROM revision_sku rs WHERE rs.sku = k.number)"
	    " ORDER BY k.number LIMIT 100" },
	  { "SELECT COUNT(*) FROM sku" } },
	{ "newest revision of product",
	  { "SELECT p.id, 0, 1"
	    "  FROM product p"
	    "  LEFT JOIN revision r ON r.id = p.latest AND r.product = p.id"
	    " WHERE r.id IS NULL"
	    "    OR NOT EXISTS (SELECT 1 FROM revision_sku rs WHERE rs.revision = r.id)"
	    " ORDER BY p.id LIMIT 100" },
	  { "SELECT COUNT(*) FROM product" } },
};
/* clang-format on */

enum err catalogue_verify(struct app *app, struct db *db, struct arena *arena,
			  struct verdict *verdict)
{
	(void)app;
	(void)arena;
	return checks_run(db, checks, COUNT_OF(checks), verdict);
}
