/*
 * What stands on the shelf, as the database has it: terms of single SKUs, all of the shop, and what
 * the view's builder asks to see whether anything moved.
 */
#include "view.h"

enum { PLACE, TERMS_READ, SHOP_ROWS, SHOP_SUPPLIERS, STOCK_EACH, SQL_COUNT };

#define OFFER_COLUMNS                                                                              \
	"k.number, st.offer, st.on_sale, k.supplier, p.id, r.id, k.code, r.name, "                 \
	"rs.specification,"                                                                        \
	" rs.sale_unit, r.county, r.category, r.vat_kind, r.vat_rate, rs.minimum, rs.multiple,"    \
	" rs.ladder"
#define OFFER_TABLES                                                                               \
	"  FROM stock st"                                                                          \
	"  JOIN sku k ON k.number = st.sku"                                                        \
	"  JOIN product p ON p.id = k.product"                                                     \
	"  JOIN revision r ON r.id = p.revision"                                                   \
	"  JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number"

/* clang-format off */
static const struct sql sql[] = {
	[PLACE] = {
		"SELECT position, (SELECT COUNT(*) FROM category), (SELECT MAX(event) FROM outbox)"
		"  FROM sequencer WHERE id = 1" },
	[TERMS_READ] = {
		"SELECT " OFFER_COLUMNS
		OFFER_TABLES
		" WHERE st.sku IN (",
		"?",
		")" },
	[SHOP_ROWS] = {
		"SELECT " OFFER_COLUMNS
		", st.available, p.created_at, r.storage, r.certificates, r.remark,"
		" rs.barcode, r.shelf_days, rs.weight_g"
		OFFER_TABLES
		" WHERE st.on_sale = TRUE"
		" ORDER BY st.sku" },
	[SHOP_SUPPLIERS] = {
		"SELECT o.id, o.short_name, s.county"
		"  FROM supplier s JOIN organisation o ON o.id = s.organisation"
		" ORDER BY o.id" },
	[STOCK_EACH] = {
		"SELECT sku, available, offer, on_sale FROM stock WHERE on_sale = TRUE ORDER BY sku" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

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
	{ "ladder", KIND_TEXT, FIELD_AT(shop_row, ladder) },
	/* the shop alone */
	{ "available", KIND_INT, FIELD_AT(shop_row, available) },
	{ "created_at", KIND_INSTANT, FIELD_AT(shop_row, created_at) },
	{ "storage", KIND_TEXT, FIELD_AT(shop_row, storage) },
	{ "certificates", KIND_TEXT, FIELD_AT(shop_row, certificates) },
	{ "remark", KIND_TEXT, FIELD_AT(shop_row, remark) },
	{ "barcode", KIND_TEXT, FIELD_AT(shop_row, barcode), .optional = true },
	{ "shelf_days", KIND_SMALL, FIELD_AT(shop_row, shelf_days), .optional = true },
	{ "weight_g", KIND_INT, FIELD_AT(shop_row, weight_g), .optional = true },
};
enum { TERMS_COLUMN_COUNT = COUNT_OF(offer_fields) - 8 };

static const struct field supplier_fields[] = {
	{ "id", KIND_ID, FIELD_AT(shop_supplier, id) },
	{ "name", KIND_TEXT, FIELD_AT(shop_supplier, name) },
	{ "county", KIND_TEXT, FIELD_AT(shop_supplier, county) },
};

static const struct field place_fields[] = {
	{ "position", KIND_INT, FIELD_AT(shop_place, position) },
	{ "categories", KIND_INT, FIELD_AT(shop_place, categories) },
	{ "waiting", KIND_ID, FIELD_AT(shop_place, waiting), .optional = true },
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

enum err shop_place_read(struct db *db, struct arena *arena, struct shop_place *out)
{
	return db_read(db, &sql[PLACE], db_none, place_fields, COUNT_OF(place_fields), arena, out);
}

enum err shop_read(struct db *db, struct arena *arena, struct shop *out)
{
	enum err e = db_list(db, &sql[SHOP_ROWS], db_none, offer_fields, COUNT_OF(offer_fields),
			     sizeof(struct shop_row), arena, &out->rows);

	if (!e)
		e = db_list(db, &sql[SHOP_SUPPLIERS], db_none, supplier_fields,
			    COUNT_OF(supplier_fields), sizeof(struct shop_supplier), arena,
			    &out->suppliers);
	if (!e)
		e = county_list(db, arena, &out->counties);
	if (!e)
		e = category_list(db, arena, &out->categories);
	return e;
}

enum err stock_each(struct db *db, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[STOCK_EACH], db_none, stock_fields, stock_field_count,
		       sizeof(struct stock), fn, context);
}
