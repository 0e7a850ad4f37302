/* The rows of an export. */
#include "catalogue_export.h"

enum { EXPORT_ROWS, EXPORT_COUNT, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[EXPORT_ROWS] = {
		"SELECT k.number, k.code, r.state, r.name, r.county, r.category, r.storage, r.shelf_days,"
		" r.certificates, r.remark, r.vat_kind, r.vat_rate, r.brand, r.producer, r.origin,"
		" r.farmers, r.households, rs.specification, rs.sale_unit, rs.weight_g, rs.barcode,"
		" rs.minimum, rs.multiple, rs.ladder, rs.price_reason, n.ladder, n.reason,"
		" COALESCE(st.available, 0)"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  LEFT JOIN revision w ON w.product = p.id AND w.state = 'submitted'"
		"  JOIN revision r ON r.id = COALESCE(w.id, p.revision, p.latest)"
		"  JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number"
		"  LEFT JOIN price n ON n.sku = k.number"
		"  LEFT JOIN stock st ON st.sku = k.number"
		" WHERE k.supplier = ? AND k.number > ? AND r.state IN ('submitted', 'approved', 'returned')"
		" ORDER BY k.number LIMIT ?" },
	[EXPORT_COUNT] = {
		"SELECT COUNT(*) FROM sku WHERE supplier = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

#define ROW_AT(member) FIELD_AT(export_row, member)
static const struct field export_fields[] = {
	{ "number", KIND_REF, ROW_AT(sku) },
	{ "code", KIND_TEXT, ROW_AT(row.code) },
	{ "state", KIND_WORD, ROW_AT(state), .words = revision_words },
	{ "name", KIND_TEXT, ROW_AT(row.name) },
	{ "county", KIND_TEXT, ROW_AT(row.county) },
	{ "category", KIND_TEXT, ROW_AT(row.category) },
	{ "storage", KIND_TEXT, ROW_AT(row.storage) },
	{ "shelf_days", KIND_SMALL, ROW_AT(row.shelf_days), .optional = true },
	{ "certificates", KIND_TEXT, ROW_AT(row.certificates) },
	{ "remark", KIND_TEXT, ROW_AT(row.remark), .max = STORY_MAX_LENGTH },
	{ "vat_kind", KIND_WORD, ROW_AT(row.vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, ROW_AT(row.vat_rate) },
	{ "brand", KIND_TEXT, ROW_AT(row.brand) },
	{ "producer", KIND_TEXT, ROW_AT(row.producer) },
	{ "origin", KIND_TEXT, ROW_AT(row.origin), .max = STORY_MAX_LENGTH },
	{ "farmers", KIND_TEXT, ROW_AT(row.farmers), .max = STORY_MAX_LENGTH },
	{ "households", KIND_INT, ROW_AT(row.households), .optional = true },
	{ "specification", KIND_TEXT, ROW_AT(row.specification) },
	{ "sale_unit", KIND_TEXT, ROW_AT(row.sale_unit) },
	{ "weight_g", KIND_INT, ROW_AT(row.weight_g), .optional = true },
	{ "barcode", KIND_TEXT, ROW_AT(row.barcode), .optional = true },
	{ "minimum", KIND_INT, ROW_AT(row.minimum) },
	{ "multiple", KIND_INT, ROW_AT(row.multiple) },
	{ "asked", KIND_TEXT, ROW_AT(asked), .optional = true, .max = 400 },
	{ "asked_reason", KIND_TEXT, ROW_AT(asked_reason), .optional = true },
	{ "price", KIND_TEXT, ROW_AT(price), .optional = true, .max = 400 },
	{ "reason", KIND_TEXT, ROW_AT(reason), .optional = true },
	{ "stock", KIND_INT, ROW_AT(row.stock) },
};

/* As the import compares: the price that is asked for stands before the one in force. */
static enum err row_price(struct export_row *row)
{
	bool asks = row->state != REVISION_APPROVED && row->asked.at;
	bool sold = !asks && row->price.at;
	struct text ladder = sold ? row->price : row->asked;

	row->row.price_reason = sold ? row->reason : row->asked_reason;
	if (!ladder.at)
		return OK;
	return ladder_parse(ladder, &row->row.ladder) ? OK : ERR_INTERNAL;
}

enum err export_rows(struct db *db, struct id supplier, int64_t after, int64_t limit,
		     struct arena *arena, struct list *out)
{
	enum err e =
		db_list(db, &sql[EXPORT_ROWS], db_values(supplier, after, limit), export_fields,
			COUNT_OF(export_fields), sizeof(struct export_row), arena, out);

	for (size_t i = 0; i < out->count && !e; i++)
		e = row_price(LIST_ITEM(*out, struct export_row, i));
	return e;
}

enum err export_count(struct db *db, struct id supplier, int64_t *out)
{
	return db_number(db, &sql[EXPORT_COUNT], db_values(supplier), out);
}
