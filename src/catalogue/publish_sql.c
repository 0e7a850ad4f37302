/*
 * The statements of a publication: multi-row all of them. One struct new_revision gives a row to
 * each of four tables, so the field tables below are its columns there.
 */
#include "catalogue_rows.h"

enum {
	PUBLICATION_LOCK,
	KNOWN_SKUS,
	PRODUCTS_PUT,
	SKUS_INSERT,
	REVISIONS_INSERT,
	REVISION_SKUS_INSERT,
	REVISIONS_SUPERSEDE,
	MOVEMENTS_INSERT,
	STOCK_LOCK,
	STOCK_PUT,
	CATEGORIES_PUT,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[PUBLICATION_LOCK] = {
		"INSERT INTO publication (supplier, count) VALUES (?, 1)"
		" ON DUPLICATE KEY UPDATE count = count + 1" },
	[KNOWN_SKUS] = {
		"SELECT k.code, k.number, k.product, p.revision, a.digest, p.latest, l.digest, l.state"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  JOIN revision l ON l.id = p.latest"
		"  LEFT JOIN revision a ON a.id = p.revision"
		" WHERE k.supplier = ? AND k.code IN (",
		"?",
		") FOR UPDATE" },
	[PRODUCTS_PUT] = {
		"INSERT INTO product (id, supplier, revision, latest, listed, created_at) VALUES ",
		"(?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE revision = COALESCE(VALUES(revision), revision),"
		" latest = VALUES(latest)" },
	[SKUS_INSERT] = {
		"INSERT INTO sku (number, product, supplier, code, created_at) VALUES ",
		"(?, ?, ?, ?, ?)",
		"" },
	[REVISIONS_INSERT] = {
		"INSERT INTO revision (id, product, supplier, state, digest, name, county, category, storage,"
		" shelf_days, certificates, remark, vat_kind, vat_rate, submitted_by, submitted_at,"
		" decided_at) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[REVISION_SKUS_INSERT] = {
		"INSERT INTO revision_sku (revision, sku, specification, sale_unit, weight_g, barcode,"
		" minimum, multiple, ladder) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[REVISIONS_SUPERSEDE] = {
		"UPDATE revision SET state = 'superseded'"
		" WHERE state = 'submitted' AND id IN (",
		"?",
		")" },
	[MOVEMENTS_INSERT] = {
		"INSERT INTO stock_movement (event, sku, quantity, reason) VALUES ",
		"(?, ?, ?, ?)",
		"" },
	[STOCK_LOCK] = {
		"SELECT sku, available, offer, on_sale FROM stock WHERE sku IN (",
		"?",
		") ORDER BY sku FOR UPDATE" },
	[STOCK_PUT] = {
		"INSERT INTO stock (sku, available, offer, on_sale) VALUES ",
		"(?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE available = VALUES(available),"
		" offer = offer + VALUES(offer), on_sale = on_sale OR VALUES(on_sale),"
		" version = version + 1" },
	[CATEGORIES_PUT] = {
		"INSERT INTO category (code, parent, level, name, name_en, vat_kind, vat_rate) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE parent = VALUES(parent), level = VALUES(level),"
		" name = VALUES(name), name_en = VALUES(name_en), vat_kind = VALUES(vat_kind),"
		" vat_rate = VALUES(vat_rate)" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field known_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(known_sku, code) },
	{ "sku", KIND_REF, FIELD_AT(known_sku, sku) },
	{ "product", KIND_ID, FIELD_AT(known_sku, product) },
	{ "revision", KIND_ID, FIELD_AT(known_sku, approved), .optional = true },
	{ "digest", KIND_BYTES, FIELD_AT(known_sku, approved_digest), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(known_sku, latest) },
	{ "latest_digest", KIND_BYTES, FIELD_AT(known_sku, latest_digest) },
	{ "latest_state", KIND_WORD, FIELD_AT(known_sku, latest_state), .words = revision_words },
};

static const struct field product_fields[] = {
	{ "id", KIND_ID, FIELD_AT(new_revision, product) },
	{ "supplier", KIND_ID, FIELD_AT(new_revision, supplier) },
	{ "revision", KIND_ID, FIELD_AT(new_revision, approved), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(new_revision, latest) },
	{ "listed", KIND_BOOL, FIELD_AT(new_revision, listed) },
	{ "created_at", KIND_INSTANT, FIELD_AT(new_revision, now) },
};

static const struct field sku_fields[] = {
	{ "number", KIND_REF, FIELD_AT(new_revision, sku) },
	{ "product", KIND_ID, FIELD_AT(new_revision, product) },
	{ "supplier", KIND_ID, FIELD_AT(new_revision, supplier) },
	{ "code", KIND_TEXT, FIELD_AT(new_revision, row.code) },
	{ "created_at", KIND_INSTANT, FIELD_AT(new_revision, now) },
};

static const struct field revision_fields[] = {
	{ "id", KIND_ID, FIELD_AT(new_revision, revision) },
	{ "product", KIND_ID, FIELD_AT(new_revision, product) },
	{ "supplier", KIND_ID, FIELD_AT(new_revision, supplier) },
	{ "state", KIND_WORD, FIELD_AT(new_revision, state), .words = revision_words },
	{ "digest", KIND_BYTES, FIELD_AT(new_revision, digest) },
	{ "name", KIND_TEXT, FIELD_AT(new_revision, row.name) },
	{ "county", KIND_TEXT, FIELD_AT(new_revision, row.county) },
	{ "category", KIND_TEXT, FIELD_AT(new_revision, row.category) },
	{ "storage", KIND_TEXT, FIELD_AT(new_revision, row.storage) },
	{ "shelf_days", KIND_SMALL, FIELD_AT(new_revision, row.shelf_days), .optional = true },
	{ "certificates", KIND_TEXT, FIELD_AT(new_revision, row.certificates) },
	{ "remark", KIND_TEXT, FIELD_AT(new_revision, row.remark) },
	{ "vat_kind", KIND_WORD, FIELD_AT(new_revision, row.vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(new_revision, row.vat_rate) },
	{ "submitted_by", KIND_ID, FIELD_AT(new_revision, submitted_by), .optional = true },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(new_revision, now) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(new_revision, decided_at), .optional = true },
};

static const struct field revision_sku_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(new_revision, revision) },
	{ "sku", KIND_REF, FIELD_AT(new_revision, sku) },
	{ "specification", KIND_TEXT, FIELD_AT(new_revision, row.specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(new_revision, row.sale_unit) },
	{ "weight_g", KIND_INT, FIELD_AT(new_revision, row.weight_g), .optional = true },
	{ "barcode", KIND_TEXT, FIELD_AT(new_revision, row.barcode), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(new_revision, row.minimum) },
	{ "multiple", KIND_INT, FIELD_AT(new_revision, row.multiple) },
	{ "ladder", KIND_TEXT, FIELD_AT(new_revision, ladder) },
};

static const struct field movement_fields[] = {
	{ "event", KIND_ID, FIELD_AT(stock_movement, event) },
	{ "sku", KIND_REF, FIELD_AT(stock_movement, sku) },
	{ "quantity", KIND_INT, FIELD_AT(stock_movement, quantity) },
	{ "reason", KIND_WORD, FIELD_AT(stock_movement, reason), .words = movement_words },
};

enum err publication_lock(struct db *db, struct id supplier)
{
	return db_exec(db, &sql[PUBLICATION_LOCK], db_values(supplier));
}

enum err known_skus(struct db *db, struct id supplier, const struct value *codes, size_t count,
		    struct arena *arena, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[KNOWN_SKUS], db_values(supplier), codes, count, db_none,
			  known_fields, COUNT_OF(known_fields), sizeof(struct known_sku), arena,
			  out);
}

/* Every row of a table from one struct new_revision each. */
static enum err put(struct db *db, int statement, const struct field *fields, size_t field_count,
		    const struct new_revision *rows, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[statement], fields, field_count, rows, count, sizeof(*rows));
}

enum err products_put(struct db *db, const struct new_revision *rows, size_t count)
{
	return put(db, PRODUCTS_PUT, product_fields, COUNT_OF(product_fields), rows, count);
}

enum err skus_insert(struct db *db, const struct new_revision *rows, size_t count)
{
	return put(db, SKUS_INSERT, sku_fields, COUNT_OF(sku_fields), rows, count);
}

enum err revisions_insert(struct db *db, const struct new_revision *rows, size_t count)
{
	enum err e =
		put(db, REVISIONS_INSERT, revision_fields, COUNT_OF(revision_fields), rows, count);
	if (e)
		return e;
	return put(db, REVISION_SKUS_INSERT, revision_sku_fields, COUNT_OF(revision_sku_fields),
		   rows, count);
}

enum err revisions_supersede(struct db *db, const struct value *revisions, size_t count)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[REVISIONS_SUPERSEDE], db_none, revisions, count, db_none, NULL,
			  0, 0, NULL, NULL);
}

enum err stock_movements_insert(struct db *db, const struct stock_movement *rows, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[MOVEMENTS_INSERT], movement_fields, COUNT_OF(movement_fields), rows,
		       count, sizeof(*rows));
}

enum err stock_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out)
{
	struct value *keys = sku_keys(skus, count, arena);

	if (!keys)
		return count ? ERR_MEMORY : OK;
	return db_list_in(db, &sql[STOCK_LOCK], db_none, keys, count, db_none, stock_fields,
			  stock_field_count, sizeof(struct stock), arena, out);
}

enum err stock_put(struct db *db, const struct stock *stocks, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[STOCK_PUT], stock_fields, stock_field_count, stocks, count,
		       sizeof(*stocks));
}

static const struct field category_put_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(category, code) },
	{ "parent", KIND_TEXT, FIELD_AT(category, parent), .optional = true },
	{ "level", KIND_INT, FIELD_AT(category, level) },
	{ "name", KIND_TEXT, FIELD_AT(category, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(category, name_en) },
	{ "vat_kind", KIND_WORD, FIELD_AT(category, vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(category, vat_rate) },
};

enum err categories_put(struct db *db, const struct category *rows, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[CATEGORIES_PUT], category_put_fields, COUNT_OF(category_put_fields),
		       rows, count, sizeof(*rows));
}
