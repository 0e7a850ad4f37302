/*
 * What stands on the shelf, as the database has it: terms of single SKUs, the whole shop, and some
 * of its products. A product whose mandate has ended is not on the shelf, whatever its stock says.
 */
#include "category.h"
#include "view.h"

enum {
	TERMS_READ,
	SHOP_ROWS,
	SHOP_CERTIFICATES,
	SHOP_IMAGES,
	SHOP_PRICES,
	SOME_ROWS,
	SOME_CERTIFICATES,
	SOME_IMAGES,
	SOME_PRICES,
	SQL_COUNT
};

#define OFFER_COLUMNS                                                                              \
	"k.number, st.offer, st.on_sale, k.supplier, p.id, r.id, k.code, r.name, "                 \
	"rs.specification,"                                                                        \
	" rs.sale_unit, r.county, r.category, r.vat_kind, r.vat_rate, rs.minimum, rs.multiple,"    \
	" r.mandate_until, n.ladder"
#define SHOP_COLUMNS                                                                               \
	OFFER_COLUMNS                                                                              \
	", n.reason, st.available, p.created_at, r.storage, r.certificates, r.remark, rs.barcode," \
	" r.brand, r.producer, r.origin, r.farmers, r.shelf_days, r.households, r.agency,"         \
	" rs.weight_g, o.short_name, v.county"
#define OFFER_JOINS                                                                                \
	"  JOIN revision r ON r.id = p.revision"                                                   \
	"  JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number"                       \
	"  JOIN price n ON n.sku = k.number"
#define OFFER_TABLES                                                                               \
	"  FROM stock st"                                                                          \
	"  JOIN sku k ON k.number = st.sku"                                                        \
	"  JOIN product p ON p.id = k.product" OFFER_JOINS
#define SUPPLIER_JOINS                                                                             \
	"  JOIN organisation o ON o.id = k.supplier"                                               \
	"  JOIN supplier v ON v.organisation = k.supplier"
#define CERTIFICATE_COLUMNS "c.revision, c.name, c.certificate_number, c.issuer, c.valid_until"
#define IMAGE_COLUMNS       "i.revision, i.number, d.size, d.digest, d.media_type, d.width, d.height"

/* A change since the first ?, or the one that was in force then: none follows it up to the second.
 */
#define PRICE_SHOWN                                                                                \
	"(c.at >= ?"                                                                               \
	" OR NOT EXISTS (SELECT 1 FROM price_change n"                                             \
	"                 WHERE n.sku = c.sku AND n.at > c.at AND n.at <= ?))"

/* clang-format off */
static const struct sql sql[] = {
	[TERMS_READ] = {
		"SELECT " OFFER_COLUMNS
		OFFER_TABLES
		" WHERE st.sku IN (",
		"?",
		")" },
	[SHOP_ROWS] = {
		"SELECT " SHOP_COLUMNS
		OFFER_TABLES
		SUPPLIER_JOINS
		" WHERE st.on_sale = TRUE"
		"   AND (r.mandate_until IS NULL OR r.mandate_until >= ?)" },
	[SHOP_CERTIFICATES] = {
		"SELECT " CERTIFICATE_COLUMNS
		"  FROM product p"
		"  JOIN revision_certificate c ON c.revision = p.revision" },
	[SHOP_IMAGES] = {
		"SELECT " IMAGE_COLUMNS
		"  FROM product p"
		"  JOIN revision_image i ON i.revision = p.revision"
		"  JOIN image_rendition d ON d.image = i.image" },
	[SHOP_PRICES] = {
		"SELECT c.sku, c.at, c.unit_price_fen"
		"  FROM stock st"
		"  JOIN price_change c ON c.sku = st.sku"
		" WHERE st.on_sale = TRUE AND " PRICE_SHOWN },
	[SOME_ROWS] = {
		"SELECT " SHOP_COLUMNS
		"  FROM product p"
		"  JOIN sku k ON k.product = p.id"
		"  JOIN stock st ON st.sku = k.number"
		OFFER_JOINS
		SUPPLIER_JOINS
		" WHERE st.on_sale = TRUE"
		"   AND (r.mandate_until IS NULL OR r.mandate_until >= ?)"
		"   AND p.id IN (",
		"?",
		")" },
	[SOME_CERTIFICATES] = {
		"SELECT " CERTIFICATE_COLUMNS
		"  FROM product p"
		"  JOIN revision_certificate c ON c.revision = p.revision"
		" WHERE p.id IN (",
		"?",
		")" },
	[SOME_IMAGES] = {
		"SELECT " IMAGE_COLUMNS
		"  FROM product p"
		"  JOIN revision_image i ON i.revision = p.revision"
		"  JOIN image_rendition d ON d.image = i.image"
		" WHERE p.id IN (",
		"?",
		")" },
	[SOME_PRICES] = {
		"SELECT c.sku, c.at, c.unit_price_fen"
		"  FROM sku k"
		"  JOIN price_change c ON c.sku = k.number"
		" WHERE " PRICE_SHOWN " AND k.product IN (",
		"?",
		")" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const char *const size_words[] = { "small", "medium", "large", NULL };

static const struct field offer_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(shop_row, terms.sku) },
	{ "offer", KIND_INT, FIELD_AT(shop_row, terms.offer) },
	{ "on_sale", KIND_BOOL, FIELD_AT(shop_row, terms.on_sale) },
	{ "supplier", KIND_ID, FIELD_AT(shop_row, terms.supplier) },
	{ "product", KIND_ID, FIELD_AT(shop_row, terms.product) },
	{ "revision", KIND_ID, FIELD_AT(shop_row, terms.revision) },
	{ "code", KIND_TEXT, FIELD_AT(shop_row, terms.code) },
	{ "name", KIND_TEXT, FIELD_AT(shop_row, terms.name) },
	{ "specification", KIND_TEXT, FIELD_AT(shop_row, terms.specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(shop_row, terms.sale_unit) },
	{ "county", KIND_TEXT, FIELD_AT(shop_row, terms.county) },
	{ "category", KIND_TEXT, FIELD_AT(shop_row, terms.category) },
	{ "vat_kind", KIND_WORD, FIELD_AT(shop_row, terms.vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(shop_row, terms.vat_rate) },
	{ "minimum", KIND_INT, FIELD_AT(shop_row, terms.minimum) },
	{ "multiple", KIND_INT, FIELD_AT(shop_row, terms.multiple) },
	{ "mandate_until", KIND_DAY, FIELD_AT(shop_row, terms.last_day), .optional = true },
	{ "ladder", KIND_TEXT, FIELD_AT(shop_row, ladder) },
	/* the shop alone */
	{ "reason", KIND_TEXT, FIELD_AT(shop_row, reason), .optional = true },
	{ "available", KIND_INT, FIELD_AT(shop_row, available) },
	{ "created_at", KIND_INSTANT, FIELD_AT(shop_row, created_at) },
	{ "storage", KIND_TEXT, FIELD_AT(shop_row, storage) },
	{ "certificates", KIND_TEXT, FIELD_AT(shop_row, certificates) },
	{ "remark", KIND_TEXT, FIELD_AT(shop_row, remark) },
	{ "barcode", KIND_TEXT, FIELD_AT(shop_row, barcode), .optional = true },
	{ "brand", KIND_TEXT, FIELD_AT(shop_row, brand) },
	{ "producer", KIND_TEXT, FIELD_AT(shop_row, producer) },
	{ "origin", KIND_TEXT, FIELD_AT(shop_row, origin) },
	{ "farmers", KIND_TEXT, FIELD_AT(shop_row, farmers) },
	{ "shelf_days", KIND_SMALL, FIELD_AT(shop_row, shelf_days), .optional = true },
	{ "households", KIND_SMALL, FIELD_AT(shop_row, households), .optional = true },
	{ "agency", KIND_BOOL, FIELD_AT(shop_row, agency) },
	{ "weight_g", KIND_INT, FIELD_AT(shop_row, weight_g), .optional = true },
	{ "supplier_name", KIND_TEXT, FIELD_AT(shop_row, supplier_name) },
	{ "supplier_county", KIND_TEXT, FIELD_AT(shop_row, supplier_county) },
};
enum { TERMS_COLUMN_COUNT = COUNT_OF(offer_fields) - 17 };

static const struct field shown_certificate_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(shop_certificate, revision) },
	{ "name", KIND_TEXT, FIELD_AT(shop_certificate, name) },
	{ "certificate_number", KIND_TEXT, FIELD_AT(shop_certificate, number) },
	{ "issuer", KIND_TEXT, FIELD_AT(shop_certificate, issuer) },
	{ "valid_until", KIND_DAY, FIELD_AT(shop_certificate, valid_until), .optional = true },
};

static const struct field shown_image_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(shop_image, revision) },
	{ "number", KIND_INT, FIELD_AT(shop_image, number) },
	{ "size", KIND_WORD, FIELD_AT(shop_image, size), .words = size_words },
	{ "digest", KIND_BYTES, FIELD_AT(shop_image, digest) },
	{ "media_type", KIND_TEXT, FIELD_AT(shop_image, media_type) },
	{ "width", KIND_INT, FIELD_AT(shop_image, width) },
	{ "height", KIND_INT, FIELD_AT(shop_image, height) },
};

static const struct field shown_price_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(shop_price, sku) },
	{ "at", KIND_INSTANT, FIELD_AT(shop_price, at) },
	{ "unit_price_fen", KIND_INT, FIELD_AT(shop_price, unit_price_fen) },
};

enum err terms_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out)
{
	struct value *keys = sku_keys(skus, count, arena);
	struct list rows = { 0 };

	if (!keys)
		return count ? ERR_MEMORY : OK;
	enum err e = db_list_in(db, &sql[TERMS_READ], db_none, keys, count, db_none, offer_fields,
				TERMS_COLUMN_COUNT, sizeof(struct shop_row), arena, &rows);
	for (size_t i = 0; i < rows.count && !e; i++) {
		const struct shop_row *row = LIST_ITEM(rows, struct shop_row, i);
		struct terms *terms = list_add(out, arena, sizeof(*terms));

		if (!terms)
			return ERR_MEMORY;
		*terms = row->terms;
		if (!ladder_parse(row->ladder, &terms->ladder))
			e = ERR_INTERNAL;
	}
	return e;
}

/* Prices of today and of PRICE_HISTORY_DAYS before. */
static int64_t history_from(int32_t today)
{
	return day_start(today - PRICE_HISTORY_DAYS);
}

enum err shop_read(struct db *db, int32_t today, struct arena *arena, struct shop *out)
{
	enum err e = db_list(db, &sql[SHOP_ROWS], db_values(value_day(today)), offer_fields,
			     COUNT_OF(offer_fields), sizeof(struct shop_row), arena, &out->rows);

	out->today = today;
	if (!e)
		e = db_list(db, &sql[SHOP_CERTIFICATES], db_none, shown_certificate_fields,
			    COUNT_OF(shown_certificate_fields), sizeof(struct shop_certificate),
			    arena, &out->certificates);
	if (!e)
		e = db_list(db, &sql[SHOP_IMAGES], db_none, shown_image_fields,
			    COUNT_OF(shown_image_fields), sizeof(struct shop_image), arena,
			    &out->images);
	if (!e)
		e = db_list(db, &sql[SHOP_PRICES],
			    db_values(history_from(today), history_from(today)), shown_price_fields,
			    COUNT_OF(shown_price_fields), sizeof(struct shop_price), arena,
			    &out->prices);
	if (!e)
		e = county_list(db, arena, &out->counties);
	if (!e)
		e = category_versions_read(db, arena, &out->category_versions);
	return e ? e : categories_on(&out->category_versions, today, arena, &out->categories);
}

enum err shop_read_products(struct db *db, int32_t today, const struct id *products, size_t count,
			    struct arena *arena, struct shop *out)
{
	struct value *keys = values_of_ids(arena, products, count, sizeof(*products), 0);
	enum err e = keys ? OK : ERR_MEMORY;

	out->today = today;
	if (!e)
		e = db_list_in(db, &sql[SOME_ROWS], db_values(value_day(today)), keys, count,
			       db_none, offer_fields, COUNT_OF(offer_fields),
			       sizeof(struct shop_row), arena, &out->rows);
	if (!e)
		e = db_list_in(db, &sql[SOME_CERTIFICATES], db_none, keys, count, db_none,
			       shown_certificate_fields, COUNT_OF(shown_certificate_fields),
			       sizeof(struct shop_certificate), arena, &out->certificates);
	if (!e)
		e = db_list_in(db, &sql[SOME_IMAGES], db_none, keys, count, db_none,
			       shown_image_fields, COUNT_OF(shown_image_fields),
			       sizeof(struct shop_image), arena, &out->images);
	return e ? e
		 : db_list_in(db, &sql[SOME_PRICES],
			      db_values(history_from(today), history_from(today)), keys, count,
			      db_none, shown_price_fields, COUNT_OF(shown_price_fields),
			      sizeof(struct shop_price), arena, &out->prices);
}
