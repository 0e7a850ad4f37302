/*
 * Revisions as suppliers see them. Whose a product is stands in the WHERE.
 */
#include "revisions.h"

enum {
	SUPPLIER_PRODUCTS,
	SUPPLIER_PRODUCT,
	REVISIONS_OF,
	SQL_COUNT
};

#define PRODUCT_COLUMNS                                                                            \
	"SELECT p.id, k.number, k.code, p.listed, st.on_sale, st.available, st.offer, p.revision," \
	" c.name, c.county, c.category, cs.specification, cs.sale_unit, cs.minimum, cs.multiple,"  \
	" COALESCE(n.ladder, cs.ladder), l.id, l.state, COALESCE(ls.ladder, n.ladder),"            \
	" l.submitted_at, l.reason"                                                                \
	"  FROM sku k"                                                                             \
	"  JOIN product p ON p.id = k.product"                                                     \
	"  JOIN stock st ON st.sku = k.number"                                                     \
	"  JOIN revision c ON c.id = COALESCE(p.revision, p.latest)"                               \
	"  JOIN revision_sku cs ON cs.revision = c.id AND cs.sku = k.number"                       \
	"  JOIN revision l ON l.id = p.latest"                                                     \
	"  JOIN revision_sku ls ON ls.revision = l.id AND ls.sku = k.number"                       \
	"  LEFT JOIN price n ON n.sku = k.number"
#define CONTENT_COLUMNS                                                                            \
	"r.id, r.state, r.name, r.county, r.category, rs.specification, rs.sale_unit, rs.minimum," \
	" rs.multiple, COALESCE(rs.ladder, n.ladder), r.storage, r.certificates, rs.barcode,"      \
	" r.remark, r.shelf_days,"                                                                 \
	" r.vat_kind, rs.weight_g, r.vat_rate, r.submitted_at, r.decided_at, r.reason"

/* clang-format off */
static const struct sql sql[] = {
	[SUPPLIER_PRODUCTS] = {
		PRODUCT_COLUMNS
		" WHERE k.supplier = ? AND k.number > ?"
		" ORDER BY k.number LIMIT ?" },
	[SUPPLIER_PRODUCT] = {
		PRODUCT_COLUMNS
		" WHERE p.id = ? AND p.supplier = ?"
		" ORDER BY k.number LIMIT 1" },
	[REVISIONS_OF] = {
		"SELECT " CONTENT_COLUMNS
		"  FROM revision r JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = ?"
		"  LEFT JOIN price n ON n.sku = rs.sku"
		" WHERE r.product = ?"
		" ORDER BY r.id DESC LIMIT ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const struct field revision_fields[] = {
	{ "id", KIND_ID, FIELD_AT(revision, id) },
	{ "state", KIND_WORD, FIELD_AT(revision, state), .words = revision_words },
	{ "name", KIND_TEXT, FIELD_AT(revision, name) },
	{ "county", KIND_TEXT, FIELD_AT(revision, county) },
	{ "category", KIND_TEXT, FIELD_AT(revision, category) },
	{ "specification", KIND_TEXT, FIELD_AT(revision, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(revision, sale_unit) },
	{ "minimum", KIND_INT, FIELD_AT(revision, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(revision, multiple) },
	{ "ladder", KIND_RAW, FIELD_AT(revision, ladder) },
	{ "storage", KIND_TEXT, FIELD_AT(revision, storage) },
	{ "certificates", KIND_RAW, FIELD_AT(revision, certificates) },
	{ "barcode", KIND_TEXT, FIELD_AT(revision, barcode), .optional = true },
	{ "remark", KIND_TEXT, FIELD_AT(revision, remark) },
	{ "shelf_days", KIND_SMALL, FIELD_AT(revision, shelf_days), .optional = true },
	{ "vat_kind", KIND_WORD, FIELD_AT(revision, vat_kind), .words = vat_words },
	{ "weight_g", KIND_INT, FIELD_AT(revision, weight_g), .optional = true },
	{ "vat_rate", KIND_INT, FIELD_AT(revision, vat_rate) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(revision, submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(revision, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(revision, reason), .optional = true },
};
const size_t revision_field_count = COUNT_OF(revision_fields);

const struct field supplier_product_fields[] = {
	{ "id", KIND_ID, FIELD_AT(supplier_product, id) },
	{ "sku", KIND_REF, FIELD_AT(supplier_product, sku) },
	{ "code", KIND_TEXT, FIELD_AT(supplier_product, code) },
	{ "listed", KIND_BOOL, FIELD_AT(supplier_product, listed) },
	{ "on_sale", KIND_BOOL, FIELD_AT(supplier_product, on_sale) },
	{ "available", KIND_INT, FIELD_AT(supplier_product, available) },
	{ "offer", KIND_INT, FIELD_AT(supplier_product, offer) },
	{ "revision", KIND_ID, FIELD_AT(supplier_product, revision), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(supplier_product, name) },
	{ "county", KIND_TEXT, FIELD_AT(supplier_product, county) },
	{ "category", KIND_TEXT, FIELD_AT(supplier_product, category) },
	{ "specification", KIND_TEXT, FIELD_AT(supplier_product, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(supplier_product, sale_unit) },
	{ "minimum", KIND_INT, FIELD_AT(supplier_product, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(supplier_product, multiple) },
	{ "ladder", KIND_RAW, FIELD_AT(supplier_product, ladder) },
	{ "latest", KIND_ID, FIELD_AT(supplier_product, latest) },
	{ "latest_state", KIND_WORD, FIELD_AT(supplier_product, latest_state),
	  .words = revision_words },
	{ "latest_ladder", KIND_RAW, FIELD_AT(supplier_product, latest_ladder) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(supplier_product, submitted_at) },
	{ "reason", KIND_TEXT, FIELD_AT(supplier_product, reason), .optional = true },
	{ "revisions", KIND_LIST, FIELD_AT(supplier_product, revisions), .only = OUT,
	  .of = revision_fields, .of_count = COUNT_OF(revision_fields),
	  .of_size = sizeof(struct revision) },
};
const size_t supplier_product_field_count = COUNT_OF(supplier_product_fields);

/* ---- suppliers ------------------------------------------------------------------------------- */

enum err supplier_product_list(struct db *db, struct arena *arena, struct id supplier,
			       int64_t after, int64_t limit, struct list *out)
{
	enum err e = db_list(db, &sql[SUPPLIER_PRODUCTS], db_values(supplier, after, limit),
			     supplier_product_fields, supplier_product_field_count,
			     sizeof(struct supplier_product), arena, out);

	for (size_t i = 0; i < out->count && !e; i++) {
		struct supplier_product *row = LIST_ITEM(*out, struct supplier_product, i);

		row->ladder = ladder_json(row->ladder, arena);
		row->latest_ladder = ladder_json(row->latest_ladder, arena);
		if (!row->ladder.at || !row->latest_ladder.at)
			e = ERR_MEMORY;
	}
	return e;
}

/* Columns that lists are made of become JSON. */
static enum err revision_json(struct revision *revision, struct arena *arena)
{
	revision->ladder = ladder_json(revision->ladder, arena);
	revision->certificates = certificates_json(revision->certificates, arena);
	return revision->ladder.at && revision->certificates.at ? OK : ERR_MEMORY;
}

static enum err revisions_of(struct db *db, struct arena *arena, struct supplier_product *product)
{
	enum err e = db_list(db, &sql[REVISIONS_OF],
			     db_values(product->sku, product->id, value_i64(REVISIONS_SHOWN)),
			     revision_fields, revision_field_count, sizeof(struct revision), arena,
			     &product->revisions);

	for (size_t i = 0; i < product->revisions.count && !e; i++) {
		struct revision *row = LIST_ITEM(product->revisions, struct revision, i);

		e = revision_json(row, arena);
	}
	return e;
}

enum err supplier_product_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct supplier_product *out)
{
	enum err e = db_read(db, &sql[SUPPLIER_PRODUCT], db_values(product, supplier),
			     supplier_product_fields, supplier_product_field_count, arena, out);

	if (e)
		return e;
	out->ladder = ladder_json(out->ladder, arena);
	out->latest_ladder = ladder_json(out->latest_ladder, arena);
	if (!out->ladder.at || !out->latest_ladder.at)
		return ERR_MEMORY;
	return revisions_of(db, arena, out);
}
