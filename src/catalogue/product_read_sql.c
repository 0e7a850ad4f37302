/*
 * A supplier's products and revisions as it reads them: from the database, so that a write shows at
 * once. Lists find their page first; what belongs to its rows is read for all of them at once.
 */
#include "product_draft.h"

#include <string.h>

enum {
	PRODUCTS,
	PRODUCT,
	SKUS_OF,
	REVISIONS_OF,
	REVISION,
	REVISION_VERSION,
	REVISION_SKUS,
	REVISION_CERTIFICATES,
	REVISION_IMAGES,
	REVISION_POINTS,
	SQL_COUNT
};

#define PRODUCT_COLUMNS                                                                            \
	"SELECT p.id, p.listed, p.revision, p.latest, p.draft, l.state, c.name, c.county,"         \
	" c.category, l.submitted_at, l.reason, p.version, p.created_at"                           \
	"  FROM product p"                                                                         \
	"  JOIN revision l ON l.id = p.latest"                                                     \
	"  JOIN revision c ON c.id = COALESCE(p.revision, p.latest)"
#define REVISION_COLUMNS                                                                           \
	"SELECT r.id, r.product, r.supplier, r.state, r.version, r.digest, r.name, r.county,"      \
	" r.category, r.storage, r.shelf_days, r.certificates, r.remark, r.brand, r.producer,"     \
	" r.origin, r.farmers, r.households, r.agency, r.mandate, r.mandate_until, r.vat_kind,"    \
	" r.vat_rate, r.submitted_by, r.submitted_at, r.decided_at, r.reason"                      \
	"  FROM revision r"

/* clang-format off */
static const struct sql sql[] = {
	[PRODUCTS] = {
		PRODUCT_COLUMNS
		" WHERE p.supplier = ?"
		"   AND (? IS NULL OR p.id > ?)"
		"   AND (? IS NULL OR CASE ? WHEN 'draft' THEN p.draft IS NOT NULL"
		"                            WHEN 'approved' THEN p.revision IS NOT NULL"
		"                            ELSE l.state = ? END)"
		"   AND (? IS NULL OR p.listed = ?)"
		"   AND (? IS NULL OR c.category = ? OR LEFT(c.category, 2) = ?)"
		"   AND (? IS NULL OR c.name LIKE ?"
		"        OR EXISTS (SELECT 1 FROM sku k WHERE k.product = p.id AND k.code LIKE ?))"
		"   AND (? IS NULL OR ? = EXISTS (SELECT 1 FROM sku k JOIN stock st ON st.sku = k.number"
		"                                  WHERE k.product = p.id AND st.on_sale))"
		"   AND (? IS NULL OR ? = (COALESCE(c.mandate_until <= ?, FALSE)"
		"                          OR EXISTS (SELECT 1 FROM revision_certificate e"
		"                                      WHERE e.revision = c.id AND e.valid_until <= ?)))"
		"   AND EXISTS (SELECT 1"
		"                 FROM sku k"
		"                 JOIN stock st ON st.sku = k.number"
		"                 LEFT JOIN revision_sku rs ON rs.revision = c.id AND rs.sku = k.number"
		"                WHERE k.product = p.id"
		"                  AND (? IS NULL OR ? = IF(st.available < rs.minimum, 'out',"
		"                                           IF(st.available < 10 * rs.minimum, 'low', 'in'))))"
		" ORDER BY p.id LIMIT ?" },
	[PRODUCT] = {
		PRODUCT_COLUMNS
		" WHERE p.id = ? AND p.supplier = ?" },
	[SKUS_OF] = {
		"SELECT k.product, k.number, k.code, x.specification, x.sale_unit, x.weight_g, x.barcode,"
		"       x.minimum, x.multiple, COALESCE(n.ladder, x.ladder), n.reason, st.on_sale,"
		"       n.sku IS NOT NULL AND cs.sku IS NULL, st.available, st.offer"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  JOIN stock st ON st.sku = k.number"
		"  LEFT JOIN price n ON n.sku = k.number"
		"  LEFT JOIN revision_sku cs"
		"    ON cs.revision = COALESCE(p.revision, p.latest) AND cs.sku = k.number"
		"  JOIN revision_sku x ON x.sku = k.number"
		"   AND x.revision = COALESCE(cs.revision,"
		"                             (SELECT rs.revision FROM revision_sku rs WHERE rs.sku = k.number"
		"                               ORDER BY rs.revision DESC LIMIT 1))"
		" WHERE k.product IN (",
		"?",
		") ORDER BY k.number" },
	[REVISIONS_OF] = {
		REVISION_COLUMNS
		" WHERE r.product = ? AND r.supplier = ? AND (? IS NULL OR r.id < ?)"
		" ORDER BY r.id DESC LIMIT ?" },
	[REVISION] = {
		REVISION_COLUMNS
		" WHERE r.id = ? AND r.product = ? AND r.supplier = ?" },
	[REVISION_VERSION] = {
		"SELECT version FROM revision WHERE id = ? AND product = ? AND supplier = ?" },
	[REVISION_SKUS] = {
		"SELECT rs.revision, rs.sku, k.code, rs.specification, rs.sale_unit, rs.weight_g, rs.barcode,"
		"       rs.minimum, rs.multiple, rs.ladder, rs.price_reason,"
		"       k.product <> r.product AND r.state IN ('draft', 'submitted')"
		"  FROM revision_sku rs"
		"  JOIN revision r ON r.id = rs.revision"
		"  JOIN sku k ON k.number = rs.sku"
		" WHERE rs.revision IN (",
		"?",
		") ORDER BY rs.sku" },
	[REVISION_CERTIFICATES] = {
		"SELECT revision, number, name, certificate_number, issuer, valid_until, file"
		"  FROM revision_certificate WHERE revision IN (",
		"?",
		") ORDER BY revision, number" },
	[REVISION_IMAGES] = {
		"SELECT revision, number, image FROM revision_image WHERE revision IN (",
		"?",
		") ORDER BY revision, number" },
	[REVISION_POINTS] = {
		"SELECT revision, pointer, note FROM revision_point WHERE revision IN (",
		"?",
		") ORDER BY revision, number" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- revisions ---------------------------------------------------------------------------------
 */

#define REVISION_ROW(name, kind, member)                                                           \
	{                                                                                          \
		name, kind, FIELD_AT(product_revision, member)                                     \
	}
#define REVISION_OPTIONAL(name, kind, member)                                                      \
	{                                                                                          \
		name, kind, FIELD_AT(product_revision, member), .optional = true                   \
	}
static const struct field revision_row_fields[] = {
	REVISION_ROW("id", KIND_ID, id),
	REVISION_ROW("product", KIND_ID, product),
	REVISION_ROW("supplier", KIND_ID, supplier),
	{ "state", KIND_WORD, FIELD_AT(product_revision, state), .words = revision_words },
	REVISION_ROW("version", KIND_INT, version),
	REVISION_ROW("digest", KIND_BYTES, digest),
	REVISION_ROW("name", KIND_TEXT, content.name),
	REVISION_ROW("county", KIND_TEXT, content.county),
	REVISION_ROW("category", KIND_TEXT, content.category),
	REVISION_ROW("storage", KIND_TEXT, content.storage),
	REVISION_OPTIONAL("shelf_days", KIND_SMALL, content.shelf_days),
	REVISION_ROW("certificates", KIND_TEXT, content.certificates),
	REVISION_ROW("remark", KIND_TEXT, content.remark),
	REVISION_ROW("brand", KIND_TEXT, content.brand),
	REVISION_ROW("producer", KIND_TEXT, content.producer),
	REVISION_ROW("origin", KIND_TEXT, content.origin),
	REVISION_ROW("farmers", KIND_TEXT, content.farmers),
	REVISION_OPTIONAL("households", KIND_INT, content.households),
	REVISION_ROW("agency", KIND_BOOL, content.agency),
	REVISION_OPTIONAL("mandate", KIND_ID, content.mandate),
	REVISION_OPTIONAL("mandate_until", KIND_DAY, content.mandate_until),
	{ "vat_kind", KIND_WORD, FIELD_AT(product_revision, content.vat_kind), .words = vat_words },
	REVISION_ROW("vat_rate", KIND_INT, content.vat_rate),
	REVISION_OPTIONAL("submitted_by", KIND_ID, submitted_by),
	REVISION_ROW("submitted_at", KIND_INSTANT, submitted_at),
	REVISION_OPTIONAL("decided_at", KIND_INSTANT, decided_at),
	REVISION_OPTIONAL("reason", KIND_TEXT, reason),
};

static const struct field point_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(revision_point, revision), .only = ROW },
	{ "pointer", KIND_TEXT, FIELD_AT(revision_point, pointer) },
	{ "note", KIND_TEXT, FIELD_AT(revision_point, note) },
};

/* clang-format off */
const struct field product_revision_fields[] = {
	{ "id", KIND_ID, FIELD_AT(product_revision, id), .only = OUT },
	{ "product", KIND_ID, FIELD_AT(product_revision, product), .only = OUT },
	{ "state", KIND_WORD, FIELD_AT(product_revision, state), .only = OUT,
	  .words = revision_words },
	{ "version", KIND_INT, FIELD_AT(product_revision, version), .only = OUT },
	CONTENT_FIELDS(product_revision),
	{ "submitted_at", KIND_INSTANT, FIELD_AT(product_revision, submitted_at), .only = OUT },
	{ "decided_at", KIND_INSTANT, FIELD_AT(product_revision, decided_at), .only = OUT,
	  .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(product_revision, reason), .only = OUT, .optional = true },
	{ "points", KIND_LIST, FIELD_AT(product_revision, points), .only = OUT,
	  .of = point_fields, .of_count = COUNT_OF(point_fields),
	  .of_size = sizeof(struct revision_point) },
};
/* clang-format on */
const size_t product_revision_field_count = COUNT_OF(product_revision_fields);

static const struct field sku_row_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(content_sku, revision) },
	{ "sku", KIND_REF, FIELD_AT(content_sku, sku) },
	{ "code", KIND_TEXT, FIELD_AT(content_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(content_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(content_sku, sale_unit) },
	{ "weight_g", KIND_INT, FIELD_AT(content_sku, weight_g), .optional = true },
	{ "barcode", KIND_TEXT, FIELD_AT(content_sku, barcode), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(content_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(content_sku, multiple) },
	{ "ladder", KIND_TEXT, FIELD_AT(content_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(content_sku, price_reason), .optional = true },
	{ "joins", KIND_BOOL, FIELD_AT(content_sku, joins) },
};
static const struct field certificate_row_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(certificate, revision) },
	{ "number", KIND_INT, FIELD_AT(certificate, place) },
	{ "name", KIND_TEXT, FIELD_AT(certificate, name) },
	{ "certificate_number", KIND_TEXT, FIELD_AT(certificate, number) },
	{ "issuer", KIND_TEXT, FIELD_AT(certificate, issuer) },
	{ "valid_until", KIND_DAY, FIELD_AT(certificate, valid_until), .optional = true },
	{ "file", KIND_ID, FIELD_AT(certificate, file), .optional = true },
};
static const struct field image_row_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(content_image, revision) },
	{ "number", KIND_INT, FIELD_AT(content_image, place) },
	{ "image", KIND_ID, FIELD_AT(content_image, id) },
};

static struct product_revision *revision_of(const struct list *revisions, struct id id)
{
	for (size_t i = 0; i < revisions->count; i++)
		if (id_equal(LIST_ITEM(*revisions, struct product_revision, i)->id, id))
			return LIST_ITEM(*revisions, struct product_revision, i);
	return NULL;
}

/* What belongs to revisions: which statement, its rows, and the list of a revision they go into.
 * Each row begins with the id of its revision. */
static const struct part {
	int statement;
	const struct field *fields;
	size_t field_count, size, at;
} parts[] = {
	{ REVISION_SKUS, sku_row_fields, COUNT_OF(sku_row_fields), sizeof(struct content_sku),
	  FIELD_AT(product_revision, content.skus) },
	{ REVISION_CERTIFICATES, certificate_row_fields, COUNT_OF(certificate_row_fields),
	  sizeof(struct certificate), FIELD_AT(product_revision, content.certificate_list) },
	{ REVISION_IMAGES, image_row_fields, COUNT_OF(image_row_fields),
	  sizeof(struct content_image), FIELD_AT(product_revision, content.images) },
	{ REVISION_POINTS, point_fields, COUNT_OF(point_fields), sizeof(struct revision_point),
	  FIELD_AT(product_revision, points) },
};

static enum err part_read(struct db *db, const struct part *part, const struct value *keys,
			  struct list *revisions, struct arena *arena)
{
	struct list rows = { 0 };
	enum err e = db_list_in(db, &sql[part->statement], db_none, keys, revisions->count, db_none,
				part->fields, part->field_count, part->size, arena, &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		const char *row = (const char *)rows.at + i * part->size;
		struct product_revision *owner =
			revision_of(revisions, *(const struct id *)(const void *)row);
		struct list *list =
			owner ? (struct list *)(void *)((char *)owner + part->at) : NULL;
		void *item = list ? list_add(list, arena, part->size) : NULL;

		if (!item)
			return ERR_MEMORY;
		memcpy(item, row, part->size);
	}
	return e;
}

static bool certificate_is_listed(const struct list *all, struct text name)
{
	for (size_t i = 0; i < all->count; i++)
		if (text_equal(LIST_ITEM(*all, struct certificate, i)->name, name))
			return true;
	return false;
}

/* Certificates that are only named stand behind those that have rows. */
static enum err certificates_named(struct content *content, struct arena *arena)
{
	static const char separator[] = "、";
	struct text rest = content->certificates;

	while (rest.size) {
		const char *found = memmem(rest.at, rest.size, separator, sizeof(separator) - 1);
		size_t size = found ? (size_t)(found - rest.at) : rest.size;
		struct text name = text_part(rest, 0, size);
		struct certificate *one;

		rest = found ? text_part(rest, size + sizeof(separator) - 1, rest.size) : NO_TEXT;
		if (certificate_is_listed(&content->certificate_list, name))
			continue;
		one = list_add(&content->certificate_list, arena, sizeof(*one));
		if (!one)
			return ERR_MEMORY;
		*one = (struct certificate){ .name = name,
					     .number = TEXT(""),
					     .issuer = TEXT(""),
					     .valid_until = DAY_NONE };
	}
	return OK;
}

static enum err parts_read(struct db *db, struct arena *arena, struct list *revisions)
{
	struct value *keys =
		values_of_ids(arena, revisions->at, revisions->count,
			      sizeof(struct product_revision), FIELD_AT(product_revision, id));
	enum err e = keys || !revisions->count ? OK : ERR_MEMORY;

	if (!revisions->count)
		return OK;
	for (size_t i = 0; i < COUNT_OF(parts) && !e; i++)
		e = part_read(db, &parts[i], keys, revisions, arena);
	for (size_t i = 0; i < revisions->count && !e; i++)
		e = certificates_named(&LIST_ITEM(*revisions, struct product_revision, i)->content,
				       arena);
	return e;
}

enum err product_revisions_list(struct db *db, struct arena *arena, struct id supplier,
				struct id product, struct id before, int64_t limit,
				struct list *out)
{
	enum err e =
		db_list(db, &sql[REVISIONS_OF], db_values(product, supplier, before, before, limit),
			revision_row_fields, COUNT_OF(revision_row_fields),
			sizeof(struct product_revision), arena, out);

	return e ? e : parts_read(db, arena, out);
}

enum err product_revision_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct id revision, struct product_revision *out)
{
	struct list one = { 0 };
	enum err e = db_list(db, &sql[REVISION], db_values(revision, product, supplier),
			     revision_row_fields, COUNT_OF(revision_row_fields), sizeof(*out),
			     arena, &one);

	if (!e && !one.count)
		return ERR_NOT_FOUND;
	if (!e)
		e = parts_read(db, arena, &one);
	if (!e)
		*out = *LIST_ITEM(one, struct product_revision, 0);
	return e;
}

enum err product_revision_version(struct db *db, struct id supplier, struct id product,
				  struct id revision, int64_t *out)
{
	return db_number(db, &sql[REVISION_VERSION], db_values(revision, product, supplier), out);
}

enum err product_revision_show(struct product_revision *revision, struct arena *arena)
{
	for (size_t i = 0; i < revision->content.skus.count; i++) {
		struct content_sku *sku = LIST_ITEM(revision->content.skus, struct content_sku, i);

		if (!sku->ladder.at)
			continue;
		sku->ladder = ladder_json(sku->ladder, arena);
		if (!sku->ladder.at)
			return ERR_MEMORY;
	}
	return OK;
}

/* ---- products ----------------------------------------------------------------------------------
 */

const char *const stock_filter_words[] = { "low", "out", NULL };

static const struct field supplier_sku_fields[] = {
	{ "product", KIND_ID, FIELD_AT(supplier_sku, product), .only = ROW },
	{ "sku", KIND_REF, FIELD_AT(supplier_sku, sku) },
	{ "code", KIND_TEXT, FIELD_AT(supplier_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(supplier_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(supplier_sku, sale_unit) },
	{ "weight_g", KIND_INT, FIELD_AT(supplier_sku, weight_g), .optional = true },
	{ "barcode", KIND_TEXT, FIELD_AT(supplier_sku, barcode), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(supplier_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(supplier_sku, multiple) },
	{ "ladder", KIND_RAW, FIELD_AT(supplier_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(supplier_sku, price_reason), .optional = true },
	{ "on_sale", KIND_BOOL, FIELD_AT(supplier_sku, on_sale) },
	{ "ended", KIND_BOOL, FIELD_AT(supplier_sku, ended) },
	{ "available", KIND_INT, FIELD_AT(supplier_sku, available) },
	{ "offer", KIND_INT, FIELD_AT(supplier_sku, offer) },
};

/* clang-format off */
const struct field supplier_product_fields[] = {
	{ "id", KIND_ID, FIELD_AT(supplier_product, id) },
	{ "listed", KIND_BOOL, FIELD_AT(supplier_product, listed) },
	{ "on_sale", KIND_BOOL, FIELD_AT(supplier_product, on_sale), .only = OUT },
	{ "revision", KIND_ID, FIELD_AT(supplier_product, revision), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(supplier_product, latest) },
	{ "draft", KIND_ID, FIELD_AT(supplier_product, draft), .optional = true },
	{ "latest_state", KIND_WORD, FIELD_AT(supplier_product, latest_state),
	  .words = revision_words },
	{ "name", KIND_TEXT, FIELD_AT(supplier_product, name) },
	{ "county", KIND_TEXT, FIELD_AT(supplier_product, county) },
	{ "category", KIND_TEXT, FIELD_AT(supplier_product, category) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(supplier_product, submitted_at) },
	{ "reason", KIND_TEXT, FIELD_AT(supplier_product, reason), .optional = true },
	{ "version", KIND_INT, FIELD_AT(supplier_product, version) },
	{ "created_at", KIND_INSTANT, FIELD_AT(supplier_product, created_at) },
	{ "skus", KIND_LIST, FIELD_AT(supplier_product, skus), .only = OUT,
	  .of = supplier_sku_fields, .of_count = COUNT_OF(supplier_sku_fields),
	  .of_size = sizeof(struct supplier_sku) },
	{ "revisions", KIND_LIST, FIELD_AT(supplier_product, revisions), .only = OUT,
	  .of = product_revision_fields, .of_count = COUNT_OF(product_revision_fields),
	  .of_size = sizeof(struct product_revision) },
};
/* clang-format on */
const size_t supplier_product_field_count = COUNT_OF(supplier_product_fields);

static struct supplier_product *product_of(const struct list *products, struct id id)
{
	for (size_t i = 0; i < products->count; i++)
		if (id_equal(LIST_ITEM(*products, struct supplier_product, i)->id, id))
			return LIST_ITEM(*products, struct supplier_product, i);
	return NULL;
}

static enum err skus_read(struct db *db, struct arena *arena, const struct list *products)
{
	struct value *keys =
		values_of_ids(arena, products->at, products->count, sizeof(struct supplier_product),
			      FIELD_AT(supplier_product, id));
	struct list rows = { 0 };

	if (!products->count)
		return OK;
	enum err e = !keys ? ERR_MEMORY
			   : db_list_in(db, &sql[SKUS_OF], db_none, keys, products->count, db_none,
					supplier_sku_fields, COUNT_OF(supplier_sku_fields),
					sizeof(struct supplier_sku), arena, &rows);
	for (size_t i = 0; i < rows.count && !e; i++) {
		struct supplier_sku *row = LIST_ITEM(rows, struct supplier_sku, i);
		struct supplier_product *product = product_of(products, row->product);
		struct supplier_sku *sku =
			product ? list_add(&product->skus, arena, sizeof(*sku)) : NULL;

		if (!sku)
			return ERR_MEMORY;
		*sku = *row;
		product->on_sale |= sku->on_sale;
		if (sku->ladder.at && !(sku->ladder = ladder_json(sku->ladder, arena)).at)
			e = ERR_MEMORY;
	}
	return e;
}

static struct value word_value(const char *const *words, int32_t word)
{
	return value_string(word == SMALL_NONE ? NULL : word_of(words, word));
}

static struct value flag_value(int32_t flag)
{
	return value_optional(flag == SMALL_NONE ? INT_NONE : flag);
}

enum err supplier_product_list(struct db *db, struct arena *arena,
			       const struct supplier_products_filter *f, struct list *out)
{
	struct value state = word_value(revision_words, f->state);
	struct value stock = word_value(stock_filter_words, f->stock);
	struct value listed = flag_value(f->listed), on_sale = flag_value(f->on_sale);
	struct value expiring = flag_value(f->expiring), soon = value_day(f->soon);
	enum err e = db_list(db, &sql[PRODUCTS],
			     db_values(f->supplier, f->after, f->after, state, state, state, listed,
				       listed, f->category, f->category, f->category, f->pattern,
				       f->pattern, f->code_pattern, on_sale, on_sale, expiring,
				       expiring, soon, soon, stock, stock, f->limit),
			     supplier_product_fields, supplier_product_field_count,
			     sizeof(struct supplier_product), arena, out);

	return e ? e : skus_read(db, arena, out);
}

enum err supplier_product_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct supplier_product *out)
{
	struct list one = { out, 1, 1 };
	enum err e = db_read(db, &sql[PRODUCT], db_values(product, supplier),
			     supplier_product_fields, supplier_product_field_count, arena, out);

	if (!e)
		e = skus_read(db, arena, &one);
	if (!e)
		e = product_revisions_list(db, arena, supplier, product, NO_ID, REVISIONS_SHOWN,
					   &out->revisions);
	for (size_t i = 0; i < out->revisions.count && !e; i++)
		e = product_revision_show(LIST_ITEM(out->revisions, struct product_revision, i),
					  arena);
	return e;
}
