/*
 * Revisions as suppliers and reviewers see them. Whose a product is, and a reviewer's scope, stand
 * in the WHERE.
 */
#include "revisions.h"

enum {
	SUPPLIER_PRODUCTS,
	SUPPLIER_PRODUCT,
	REVISIONS_OF,
	REVIEWS,
	REVISION_LOCK,
	SUPPLIER_OF_COUNTY,
	REVISION_MARK,
	PRODUCT_APPROVE,
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
	[REVIEWS] = {
		"SELECT r.id, r.product, r.supplier, o.short_name, k.number, k.code, " CONTENT_COLUMNS
		", n.ladder"
		"  FROM revision r"
		"  JOIN revision_sku rs ON rs.revision = r.id"
		"  JOIN sku k ON k.number = rs.sku"
		"  JOIN product p ON p.id = r.product"
		"  JOIN organisation o ON o.id = r.supplier"
		"  JOIN supplier s ON s.organisation = r.supplier"
		"  LEFT JOIN price n ON n.sku = k.number"
		" WHERE r.state = ?"
		"   AND (? OR r.id > ?)"
		"   AND (? OR s.county = ?)"
		"   AND (? OR r.supplier = ?)"
		" ORDER BY r.id LIMIT ?" },
	[REVISION_LOCK] = {
		"SELECT r.product, r.supplier, r.submitted_by, r.state, p.listed"
		"  FROM revision r JOIN product p ON p.id = r.product"
		" WHERE r.id = ? FOR UPDATE" },
	[SUPPLIER_OF_COUNTY] = {
		"SELECT COUNT(*) FROM supplier WHERE organisation = ? AND county = ? LOCK IN SHARE MODE" },
	[REVISION_MARK] = {
		"UPDATE revision SET state = ?, decided_by = ?, decided_at = ?, reason = ? WHERE id = ?" },
	[PRODUCT_APPROVE] = {
		"UPDATE product SET revision = ? WHERE id = ?" },
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

const struct field review_fields[] = {
	{ "id", KIND_ID, FIELD_AT(review, id) },
	{ "product", KIND_ID, FIELD_AT(review, product) },
	{ "supplier", KIND_ID, FIELD_AT(review, supplier) },
	{ "supplier_name", KIND_TEXT, FIELD_AT(review, supplier_name) },
	{ "sku", KIND_REF, FIELD_AT(review, sku) },
	{ "code", KIND_TEXT, FIELD_AT(review, code) },
	{ "content_id", KIND_ID, FIELD_AT(review, content.id), .only = ROW },
	{ "state", KIND_WORD, FIELD_AT(review, content.state), .words = revision_words },
	{ "name", KIND_TEXT, FIELD_AT(review, content.name) },
	{ "county", KIND_TEXT, FIELD_AT(review, content.county) },
	{ "category", KIND_TEXT, FIELD_AT(review, content.category) },
	{ "specification", KIND_TEXT, FIELD_AT(review, content.specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(review, content.sale_unit) },
	{ "minimum", KIND_INT, FIELD_AT(review, content.minimum) },
	{ "multiple", KIND_INT, FIELD_AT(review, content.multiple) },
	{ "ladder", KIND_RAW, FIELD_AT(review, content.ladder) },
	{ "storage", KIND_TEXT, FIELD_AT(review, content.storage) },
	{ "certificates", KIND_RAW, FIELD_AT(review, content.certificates) },
	{ "barcode", KIND_TEXT, FIELD_AT(review, content.barcode), .optional = true },
	{ "remark", KIND_TEXT, FIELD_AT(review, content.remark) },
	{ "shelf_days", KIND_SMALL, FIELD_AT(review, content.shelf_days), .optional = true },
	{ "vat_kind", KIND_WORD, FIELD_AT(review, content.vat_kind), .words = vat_words },
	{ "weight_g", KIND_INT, FIELD_AT(review, content.weight_g), .optional = true },
	{ "vat_rate", KIND_INT, FIELD_AT(review, content.vat_rate) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(review, content.submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(review, content.decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review, content.reason), .optional = true },
	{ "approved_ladder", KIND_RAW, FIELD_AT(review, approved_ladder), .optional = true },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(review, unit_price_fen), .only = OUT },
	{ "age_days", KIND_INT, FIELD_AT(review, age_days), .only = OUT },
};
const size_t review_field_count = COUNT_OF(review_fields);

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

/* ---- reviewers ------------------------------------------------------------------------------- */

enum err review_list(struct db *db, struct arena *arena, const struct review_filter *filter,
		     struct list *out)
{
	bool everywhere = filter->scope->kind == SCOPE_PLATFORM;
	enum err e;

	if (!everywhere && filter->scope->kind != SCOPE_COUNTY)
		return OK;
	e = db_list(db, &sql[REVIEWS],
		    db_values(word_of(revision_words, filter->state), id_is_none(filter->after),
			      filter->after, everywhere, text_of(filter->scope->county),
			      id_is_none(filter->supplier), filter->supplier, filter->limit),
		    review_fields, review_field_count, sizeof(struct review), arena, out);
	for (size_t i = 0; i < out->count && !e; i++) {
		struct review *row = LIST_ITEM(*out, struct review, i);
		struct ladder ladder;

		if (!ladder_parse(row->content.ladder, &ladder))
			return ERR_INTERNAL;
		row->unit_price_fen = ladder.rungs[0].unit_price_fen;
		row->approved_ladder = ladder_json(row->approved_ladder, arena);
		e = revision_json(&row->content, arena);
	}
	return e;
}

static const struct field decided_fields[] = {
	{ "product", KIND_ID, FIELD_AT(decided_revision, product) },
	{ "supplier", KIND_ID, FIELD_AT(decided_revision, supplier) },
	{ "submitted_by", KIND_ID, FIELD_AT(decided_revision, submitted_by), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(decided_revision, state), .words = revision_words },
	{ "listed", KIND_BOOL, FIELD_AT(decided_revision, listed) },
};

enum err revision_lock(struct db *db, struct arena *arena, struct id id,
		       struct decided_revision *out)
{
	return db_read(db, &sql[REVISION_LOCK], db_values(id), decided_fields,
		       COUNT_OF(decided_fields), arena, out);
}

enum err supplier_is_of(struct db *db, struct id supplier, struct text county, bool *out)
{
	int64_t count;
	enum err e = db_number(db, &sql[SUPPLIER_OF_COUNTY], db_values(supplier, county), &count);

	*out = !e && count > 0;
	return e;
}

enum err revision_mark(struct db *db, const struct decision *decision, struct id user)
{
	return db_exec(db, &sql[REVISION_MARK],
		       db_values(word_of(revision_words, decision->state), user,
				 decision->decided_at, decision->reason, decision->id));
}

enum err product_approve(struct db *db, struct id product, struct id revision)
{
	return db_exec(db, &sql[PRODUCT_APPROVE], db_values(revision, product));
}
