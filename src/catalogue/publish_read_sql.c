/*
 * What a publication reads of the goods that its rows name. All of it is locked: a plain SELECT
 * would cost the transaction its snapshot when it comes to the stock, which orders move meanwhile.
 */
#include "publishing.h"

#include <stdlib.h>

enum {
	PUBLICATION_LOCK,
	KNOWN_CODES,
	KNOWN_REVISIONS,
	KNOWN_SKUS,
	KNOWN_CERTIFICATES,
	KNOWN_IMAGES,
	SIBLING_SKUS,
	STANDING_SKUS,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[PUBLICATION_LOCK] = {
		"INSERT INTO publication (supplier, count) VALUES (?, 1)"
		" ON DUPLICATE KEY UPDATE count = count + 1" },
	[KNOWN_CODES] = {
		"SELECT STRAIGHT_JOIN k.code, k.number, k.product, p.revision, p.latest, w.id"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  LEFT JOIN revision w ON w.product = p.id AND w.state = 'submitted'"
		" WHERE k.supplier = ? AND k.code IN (",
		"?",
		") FOR UPDATE" },
	[KNOWN_REVISIONS] = {
		"SELECT id, state, name, county, category, storage, shelf_days, certificates, remark,"
		" vat_kind, vat_rate, brand, producer, origin, farmers, households, agency, mandate,"
		" mandate_until"
		"  FROM revision WHERE id IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[KNOWN_SKUS] = {
		"SELECT rs.revision, rs.sku, k.code, rs.specification, rs.sale_unit, rs.weight_g,"
		" rs.barcode, rs.minimum, rs.multiple, rs.ladder, rs.price_reason"
		"  FROM revision_sku rs STRAIGHT_JOIN sku k ON k.number = rs.sku"
		" WHERE rs.revision IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[KNOWN_CERTIFICATES] = {
		"SELECT revision, number, name, certificate_number, issuer, valid_until, file"
		"  FROM revision_certificate WHERE revision IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[KNOWN_IMAGES] = {
		"SELECT revision, number, image FROM revision_image WHERE revision IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[SIBLING_SKUS] = {
		"SELECT k.product, k.code FROM sku k"
		" WHERE k.supplier = ?"
		"   AND EXISTS (SELECT 1 FROM sku o WHERE o.product = k.product AND o.number <> k.number)" },
	[STANDING_SKUS] = {
		"SELECT k.code, r.name, r.brand, r.producer, rs.weight_g"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  LEFT JOIN revision w ON w.product = p.id AND w.state = 'submitted'"
		"  JOIN revision r ON r.id = COALESCE(w.id, p.revision, p.latest)"
		"  JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number"
		" WHERE k.supplier = ? AND (rs.weight_g IS NULL OR r.name LIKE '%?%'"
		"       OR r.brand LIKE '%?%' OR r.producer LIKE '%?%')" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field known_code_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(known_code, code) },
	{ "number", KIND_REF, FIELD_AT(known_code, sku) },
	{ "product", KIND_ID, FIELD_AT(known_code, product) },
	{ "revision", KIND_ID, FIELD_AT(known_code, approved), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(known_code, latest) },
	{ "waiting", KIND_ID, FIELD_AT(known_code, waiting), .optional = true },
};

#define REVISION(member) FIELD_AT(known_revision, member)
static const struct field known_revision_fields[] = {
	{ "id", KIND_ID, REVISION(id) },
	{ "state", KIND_WORD, REVISION(state), .words = revision_words },
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
};

#define SKU(member) FIELD_AT(known_sku, member)
static const struct field known_sku_fields[] = {
	{ "revision", KIND_ID, SKU(revision) },
	{ "sku", KIND_REF, SKU(sku) },
	{ "code", KIND_TEXT, SKU(code) },
	{ "specification", KIND_TEXT, SKU(row.specification) },
	{ "sale_unit", KIND_TEXT, SKU(row.sale_unit) },
	{ "weight_g", KIND_INT, SKU(row.weight_g), .optional = true },
	{ "barcode", KIND_TEXT, SKU(row.barcode), .optional = true },
	{ "minimum", KIND_INT, SKU(row.minimum) },
	{ "multiple", KIND_INT, SKU(row.multiple) },
	{ "ladder", KIND_TEXT, SKU(ladder), .optional = true, .max = 400 },
	{ "price_reason", KIND_TEXT, SKU(reason), .optional = true },
};

static const struct field known_certificate_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(certificate, revision) },
	{ "number", KIND_INT, FIELD_AT(certificate, place) },
	{ "name", KIND_TEXT, FIELD_AT(certificate, name) },
	{ "certificate_number", KIND_TEXT, FIELD_AT(certificate, number) },
	{ "issuer", KIND_TEXT, FIELD_AT(certificate, issuer) },
	{ "valid_until", KIND_DAY, FIELD_AT(certificate, valid_until), .optional = true },
	{ "file", KIND_ID, FIELD_AT(certificate, file), .optional = true },
};

static const struct field known_image_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(content_image, revision) },
	{ "number", KIND_INT, FIELD_AT(content_image, place) },
	{ "image", KIND_ID, FIELD_AT(content_image, id) },
};

static const struct field sibling_fields[] = {
	{ "product", KIND_ID, FIELD_AT(sibling_sku, product) },
	{ "code", KIND_TEXT, FIELD_AT(sibling_sku, code) },
};

enum err sibling_skus(struct db *db, struct id supplier, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SIBLING_SKUS], db_values(supplier), sibling_fields,
		       COUNT_OF(sibling_fields), sizeof(struct sibling_sku), arena, out);
}

enum err publication_lock(struct db *db, struct id supplier)
{
	return db_exec(db, &sql[PUBLICATION_LOCK], db_values(supplier));
}

enum err known_codes(struct db *db, struct id supplier, const struct value *codes, size_t count,
		     struct arena *arena, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[KNOWN_CODES], db_values(supplier), codes, count, db_none,
			  known_code_fields, COUNT_OF(known_code_fields), sizeof(struct known_code),
			  arena, out);
}

static enum err list_of(struct db *db, int statement, const struct value *revisions, size_t count,
			const struct field *fields, size_t field_count, size_t size,
			struct arena *arena, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[statement], db_none, revisions, count, db_none, fields,
			  field_count, size, arena, out);
}

enum err known_revisions(struct db *db, const struct value *revisions, size_t count,
			 struct arena *arena, struct list *out)
{
	return list_of(db, KNOWN_REVISIONS, revisions, count, known_revision_fields,
		       COUNT_OF(known_revision_fields), sizeof(struct known_revision), arena, out);
}

enum err known_skus(struct db *db, const struct value *revisions, size_t count, struct arena *arena,
		    struct list *out)
{
	return list_of(db, KNOWN_SKUS, revisions, count, known_sku_fields,
		       COUNT_OF(known_sku_fields), sizeof(struct known_sku), arena, out);
}

static int by_certificate(const void *a, const void *b)
{
	const struct certificate *x = a, *y = b;
	int order = id_compare(x->revision, y->revision);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_image(const void *a, const void *b)
{
	const struct content_image *x = a, *y = b;
	int order = id_compare(x->revision, y->revision);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

enum err known_certificates(struct db *db, const struct value *revisions, size_t count,
			    struct arena *arena, struct list *out)
{
	enum err e =
		list_of(db, KNOWN_CERTIFICATES, revisions, count, known_certificate_fields,
			COUNT_OF(known_certificate_fields), sizeof(struct certificate), arena, out);

	if (out->count)
		qsort(out->at, out->count, sizeof(struct certificate), by_certificate);
	return e;
}

enum err known_images(struct db *db, const struct value *revisions, size_t count,
		      struct arena *arena, struct list *out)
{
	enum err e =
		list_of(db, KNOWN_IMAGES, revisions, count, known_image_fields,
			COUNT_OF(known_image_fields), sizeof(struct content_image), arena, out);

	if (out->count)
		qsort(out->at, out->count, sizeof(struct content_image), by_image);
	return e;
}

enum err standing_skus(struct db *db, struct id supplier, struct arena *arena, struct list *out)
{
	static const struct field fields[] = {
		{ "code", KIND_TEXT, FIELD_AT(standing_sku, code) },
		{ "name", KIND_TEXT, FIELD_AT(standing_sku, name) },
		{ "brand", KIND_TEXT, FIELD_AT(standing_sku, brand) },
		{ "producer", KIND_TEXT, FIELD_AT(standing_sku, producer) },
		{ "weight_g", KIND_INT, FIELD_AT(standing_sku, weight_g), .optional = true },
	};

	return db_list(db, &sql[STANDING_SKUS], db_values(supplier), fields, COUNT_OF(fields),
		       sizeof(struct standing_sku), arena, out);
}
