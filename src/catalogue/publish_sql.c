/*
 * The statements by which a publication writes, multi-row all of them: each struct is a row of its
 * table.
 */
#include "publishing.h"

enum {
	PRODUCTS_PUT,
	SKUS_INSERT,
	REVISIONS_INSERT,
	REVISION_SKUS_INSERT,
	CERTIFICATES_INSERT,
	IMAGES_INSERT,
	REVISIONS_SUPERSEDE,
	MOVEMENTS_INSERT,
	STOCK_LOCK,
	STOCK_PUT,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
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
		" shelf_days, certificates, remark, vat_kind, vat_rate, brand, producer, origin, farmers,"
		" households, agency, mandate, mandate_until, submitted_by, submitted_at, decided_at)"
		" VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[REVISION_SKUS_INSERT] = {
		"INSERT INTO revision_sku (revision, sku, specification, sale_unit, weight_g, barcode,"
		" minimum, multiple, ladder, price_reason) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[CERTIFICATES_INSERT] = {
		"INSERT INTO revision_certificate (revision, number, name, certificate_number, issuer,"
		" valid_until, file) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		"" },
	[IMAGES_INSERT] = {
		"INSERT INTO revision_image (revision, number, image) VALUES ",
		"(?, ?, ?)",
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
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field put_product_fields[] = {
	{ "id", KIND_ID, FIELD_AT(put_product, id) },
	{ "supplier", KIND_ID, FIELD_AT(put_product, supplier) },
	{ "revision", KIND_ID, FIELD_AT(put_product, approved), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(put_product, latest) },
	{ "listed", KIND_BOOL, FIELD_AT(put_product, listed) },
	{ "created_at", KIND_INSTANT, FIELD_AT(put_product, now) },
};

static const struct field put_sku_fields[] = {
	{ "number", KIND_REF, FIELD_AT(put_sku, number) },
	{ "product", KIND_ID, FIELD_AT(put_sku, product) },
	{ "supplier", KIND_ID, FIELD_AT(put_sku, supplier) },
	{ "code", KIND_TEXT, FIELD_AT(put_sku, code) },
	{ "created_at", KIND_INSTANT, FIELD_AT(put_sku, now) },
};

#define REVISION(member) FIELD_AT(put_revision, member)
static const struct field put_revision_fields[] = {
	{ "id", KIND_ID, REVISION(id) },
	{ "product", KIND_ID, REVISION(product) },
	{ "supplier", KIND_ID, REVISION(supplier) },
	{ "state", KIND_WORD, REVISION(state), .words = revision_words },
	{ "digest", KIND_BYTES, REVISION(digest) },
	{ "name", KIND_TEXT, REVISION(row.name) },
	{ "county", KIND_TEXT, REVISION(row.county) },
	{ "category", KIND_TEXT, REVISION(row.category) },
	{ "storage", KIND_TEXT, REVISION(row.storage) },
	{ "shelf_days", KIND_SMALL, REVISION(row.shelf_days), .optional = true },
	{ "certificates", KIND_TEXT, REVISION(row.certificates) },
	{ "remark", KIND_TEXT, REVISION(row.remark), .max = STORY_MAX_LENGTH },
	{ "vat_kind", KIND_WORD, REVISION(row.vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, REVISION(row.vat_rate) },
	{ "brand", KIND_TEXT, REVISION(row.brand) },
	{ "producer", KIND_TEXT, REVISION(row.producer) },
	{ "origin", KIND_TEXT, REVISION(row.origin), .max = STORY_MAX_LENGTH },
	{ "farmers", KIND_TEXT, REVISION(row.farmers), .max = STORY_MAX_LENGTH },
	{ "households", KIND_INT, REVISION(row.households), .optional = true },
	{ "agency", KIND_BOOL, REVISION(agency) },
	{ "mandate", KIND_ID, REVISION(mandate), .optional = true },
	{ "mandate_until", KIND_DAY, REVISION(mandate_until), .optional = true },
	{ "submitted_by", KIND_ID, REVISION(submitted_by), .optional = true },
	{ "submitted_at", KIND_INSTANT, REVISION(now) },
	{ "decided_at", KIND_INSTANT, REVISION(decided_at), .optional = true },
};

#define SKU(member) FIELD_AT(content_sku, member)
static const struct field put_revision_sku_fields[] = {
	{ "revision", KIND_ID, SKU(revision) },
	{ "sku", KIND_REF, SKU(sku) },
	{ "specification", KIND_TEXT, SKU(specification) },
	{ "sale_unit", KIND_TEXT, SKU(sale_unit) },
	{ "weight_g", KIND_INT, SKU(weight_g), .optional = true },
	{ "barcode", KIND_TEXT, SKU(barcode), .optional = true },
	{ "minimum", KIND_INT, SKU(minimum) },
	{ "multiple", KIND_INT, SKU(multiple) },
	{ "ladder", KIND_TEXT, SKU(ladder), .optional = true, .max = 400 },
	{ "price_reason", KIND_TEXT, SKU(price_reason), .optional = true },
};

static const struct field put_certificate_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(certificate, revision) },
	{ "number", KIND_INT, FIELD_AT(certificate, place) },
	{ "name", KIND_TEXT, FIELD_AT(certificate, name) },
	{ "certificate_number", KIND_TEXT, FIELD_AT(certificate, number) },
	{ "issuer", KIND_TEXT, FIELD_AT(certificate, issuer) },
	{ "valid_until", KIND_DAY, FIELD_AT(certificate, valid_until), .optional = true },
	{ "file", KIND_ID, FIELD_AT(certificate, file), .optional = true },
};

static const struct field put_image_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(content_image, revision) },
	{ "number", KIND_INT, FIELD_AT(content_image, place) },
	{ "image", KIND_ID, FIELD_AT(content_image, id) },
};

static const struct field movement_fields[] = {
	{ "event", KIND_ID, FIELD_AT(stock_movement, event) },
	{ "sku", KIND_REF, FIELD_AT(stock_movement, sku) },
	{ "quantity", KIND_INT, FIELD_AT(stock_movement, quantity) },
	{ "reason", KIND_WORD, FIELD_AT(stock_movement, reason), .words = movement_words },
};

static enum err put(struct db *db, int statement, const struct field *fields, size_t field_count,
		    const void *rows, size_t count, size_t size)
{
	return count ? db_rows(db, &sql[statement], fields, field_count, rows, count, size) : OK;
}

enum err products_put(struct db *db, const struct put_product *rows, size_t count)
{
	return put(db, PRODUCTS_PUT, put_product_fields, COUNT_OF(put_product_fields), rows, count,
		   sizeof(*rows));
}

enum err skus_insert(struct db *db, const struct put_sku *rows, size_t count)
{
	return put(db, SKUS_INSERT, put_sku_fields, COUNT_OF(put_sku_fields), rows, count,
		   sizeof(*rows));
}

enum err revisions_insert(struct db *db, const struct put_revision *rows, size_t count)
{
	return put(db, REVISIONS_INSERT, put_revision_fields, COUNT_OF(put_revision_fields), rows,
		   count, sizeof(*rows));
}

enum err revision_skus_insert(struct db *db, const struct content_sku *rows, size_t count)
{
	return put(db, REVISION_SKUS_INSERT, put_revision_sku_fields,
		   COUNT_OF(put_revision_sku_fields), rows, count, sizeof(*rows));
}

enum err certificates_insert(struct db *db, const struct certificate *rows, size_t count)
{
	return put(db, CERTIFICATES_INSERT, put_certificate_fields,
		   COUNT_OF(put_certificate_fields), rows, count, sizeof(*rows));
}

enum err images_insert(struct db *db, const struct content_image *rows, size_t count)
{
	return put(db, IMAGES_INSERT, put_image_fields, COUNT_OF(put_image_fields), rows, count,
		   sizeof(*rows));
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
