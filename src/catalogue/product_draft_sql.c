/*
 * Rows of revisions as their supplier writes them: product, SKUs, revision and what belongs to it.
 * Whose a product is stands in the WHERE.
 */
#include "product_draft.h"

enum {
	PRODUCT_LOCK,
	PRODUCT_HEAD,
	PRODUCT_INSERT,
	SKUS_INSERT,
	REVISION_INSERT,
	REVISION_REWRITE,
	SKU_ROWS_INSERT,
	CERTIFICATES_INSERT,
	IMAGES_INSERT,
	SKU_ROWS_DELETE,
	CERTIFICATES_DELETE,
	IMAGES_DELETE,
	REVISION_DELETE,
	DRAFT_SET,
	SKUS_ORPHANED,
	MOVEMENTS_DROP,
	STOCK_DROP,
	SKUS_DROP,
	REVISION_COUNT,
	PRODUCT_DELETE,
	SUPERSEDE_WAITING,
	SUBMIT,
	LADDERS_SETTLE,
	PRODUCT_SUBMITTED,
	WITHDRAW,
	PRODUCT_WITHDRAWN,
	LIST_SET,
	SKUS_HOLD,
	SQL_COUNT
};

#define PRODUCT_HEAD_SELECT                                                                        \
	"SELECT p.id, p.supplier, p.revision, p.latest, p.draft, l.state, p.listed, p.version"     \
	"  FROM product p JOIN revision l ON l.id = p.latest"                                      \
	" WHERE p.id = ? AND p.supplier = ?"

/* clang-format off */
static const struct sql sql[] = {
	[PRODUCT_LOCK] = { PRODUCT_HEAD_SELECT " FOR UPDATE" },
	[PRODUCT_HEAD] = { PRODUCT_HEAD_SELECT },
	[PRODUCT_INSERT] = {
		"INSERT INTO product (id, supplier, latest, draft, listed, created_at)"
		" VALUES (?, ?, ?, ?, TRUE, ?)" },
	[SKUS_INSERT] = {
		"INSERT INTO sku (number, product, supplier, code, created_at) VALUES ",
		"(?, ?, ?, ?, ?)",
		"" },
	[REVISION_INSERT] = {
		"INSERT INTO revision (id, product, supplier, state, digest, name, county, category, storage,"
		" shelf_days, certificates, remark, brand, producer, origin, farmers, households, agency,"
		" mandate, mandate_until, vat_kind, vat_rate, submitted_by, submitted_at)"
		" VALUES (?, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[REVISION_REWRITE] = {
		"UPDATE revision"
		"   SET digest = ?, name = ?, county = ?, category = ?, storage = ?, shelf_days = ?,"
		"       certificates = ?, remark = ?, brand = ?, producer = ?, origin = ?, farmers = ?,"
		"       households = ?, agency = ?, mandate = ?, mandate_until = ?, vat_kind = ?,"
		"       vat_rate = ?, submitted_by = ?, submitted_at = ?, version = version + 1"
		" WHERE id = ? AND state = 'draft' AND (? IS NULL OR version = ?)" },
	[SKU_ROWS_INSERT] = {
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
	[SKU_ROWS_DELETE] = { "DELETE FROM revision_sku WHERE revision = ?" },
	[CERTIFICATES_DELETE] = { "DELETE FROM revision_certificate WHERE revision = ?" },
	[IMAGES_DELETE] = { "DELETE FROM revision_image WHERE revision = ?" },
	[REVISION_DELETE] = { "DELETE FROM revision WHERE id = ? AND state = 'draft'" },
	[DRAFT_SET] = {
		"UPDATE product SET draft = ?, version = version + 1 WHERE id = ?" },
	[SKUS_ORPHANED] = {
		"SELECT k.number FROM sku k"
		" WHERE k.product = ?"
		"   AND NOT EXISTS (SELECT 1 FROM revision_sku rs WHERE rs.sku = k.number)"
		"   AND NOT EXISTS (SELECT 1 FROM price n WHERE n.sku = k.number)"
		" ORDER BY k.number FOR UPDATE" },
	[MOVEMENTS_DROP] = { "DELETE FROM stock_movement WHERE sku IN (", "?", ")" },
	[STOCK_DROP] = { "DELETE FROM stock WHERE sku IN (", "?", ")" },
	[SKUS_DROP] = { "DELETE FROM sku WHERE number IN (", "?", ")" },
	[REVISION_COUNT] = {
		"SELECT COUNT(*) FROM revision WHERE product = ? LOCK IN SHARE MODE" },
	[PRODUCT_DELETE] = { "DELETE FROM product WHERE id = ?" },
	[SUPERSEDE_WAITING] = {
		"UPDATE revision SET state = 'superseded', version = version + 1"
		" WHERE product = ? AND state = 'submitted'" },
	[SUBMIT] = {
		"UPDATE revision"
		"   SET state = 'submitted', digest = ?, submitted_by = ?, submitted_at = ?,"
		"       version = version + 1"
		" WHERE id = ? AND state = 'draft'" },
	[LADDERS_SETTLE] = {
		"UPDATE revision_sku rs JOIN price n ON n.sku = rs.sku"
		"   SET rs.ladder = NULL, rs.price_reason = NULL"
		" WHERE rs.revision = ? AND rs.ladder = n.ladder" },
	[PRODUCT_SUBMITTED] = {
		"UPDATE product SET latest = ?, draft = NULL, version = version + 1 WHERE id = ?" },
	[WITHDRAW] = {
		"UPDATE revision SET state = 'superseded', version = version + 1"
		" WHERE id = ? AND state = 'submitted'" },
	[PRODUCT_WITHDRAWN] = {
		"UPDATE product SET latest = COALESCE(revision, latest), version = version + 1 WHERE id = ?" },
	[LIST_SET] = {
		"UPDATE product SET listed = ?, version = version + 1 WHERE id = ?" },
	[SKUS_HOLD] = {
		"SELECT number FROM sku WHERE product = ? ORDER BY number LOCK IN SHARE MODE" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- products ----------------------------------------------------------------------------------
 */

static const struct field head_fields[] = {
	{ "id", KIND_ID, FIELD_AT(product_head, id) },
	{ "supplier", KIND_ID, FIELD_AT(product_head, supplier) },
	{ "revision", KIND_ID, FIELD_AT(product_head, revision), .optional = true },
	{ "latest", KIND_ID, FIELD_AT(product_head, latest) },
	{ "draft", KIND_ID, FIELD_AT(product_head, draft), .optional = true },
	{ "latest_state", KIND_WORD, FIELD_AT(product_head, latest_state),
	  .words = revision_words },
	{ "listed", KIND_BOOL, FIELD_AT(product_head, listed) },
	{ "version", KIND_INT, FIELD_AT(product_head, version) },
};

enum err product_lock(struct db *db, struct arena *arena, struct id supplier, struct id product,
		      struct product_head *out)
{
	return db_read(db, &sql[PRODUCT_LOCK], db_values(product, supplier), head_fields,
		       COUNT_OF(head_fields), arena, out);
}

enum err product_head_read(struct db *db, struct arena *arena, struct id supplier,
			   struct id product, struct product_head *out)
{
	return db_read(db, &sql[PRODUCT_HEAD], db_values(product, supplier), head_fields,
		       COUNT_OF(head_fields), arena, out);
}

enum err product_insert(struct db *db, const struct product_revision *draft, int64_t now)
{
	return db_exec(db, &sql[PRODUCT_INSERT],
		       db_values(draft->product, draft->supplier, draft->id, draft->id, now));
}

enum err product_draft_set(struct db *db, struct id product, struct id draft)
{
	return db_exec(db, &sql[DRAFT_SET], db_values(draft, product));
}

enum err product_revision_count(struct db *db, struct id product, int64_t *out)
{
	return db_number(db, &sql[REVISION_COUNT], db_values(product), out);
}

enum err product_delete(struct db *db, struct id product)
{
	return db_exec(db, &sql[PRODUCT_DELETE], db_values(product));
}

enum err product_list_set(struct db *db, struct id product, bool listed)
{
	return db_exec(db, &sql[LIST_SET], db_values(listed, product));
}

/* ---- SKUs --------------------------------------------------------------------------------------
 */

struct sku_row {
	int64_t number;
	struct id product, supplier;
	struct text code;
	int64_t created_at;
};
static const struct field sku_fields[] = {
	{ "number", KIND_REF, FIELD_AT(sku_row, number) },
	{ "product", KIND_ID, FIELD_AT(sku_row, product) },
	{ "supplier", KIND_ID, FIELD_AT(sku_row, supplier) },
	{ "code", KIND_TEXT, FIELD_AT(sku_row, code) },
	{ "created_at", KIND_INSTANT, FIELD_AT(sku_row, created_at) },
};

/* Of each new code its row, its stock and, where there is any, the movement that made it. */
struct new_skus {
	struct sku_row rows[CONTENT_SKUS_MAX];
	struct stock stocks[CONTENT_SKUS_MAX];
	struct stock_movement movements[CONTENT_SKUS_MAX];
	size_t count, movement_count;
};

static void new_sku_plan(struct tx *tx, const struct product_revision *draft,
			 const struct content_sku *sku, struct new_skus *out)
{
	int64_t stock = sku->stock == INT_NONE ? 0 : sku->stock;

	if (stock)
		out->movements[out->movement_count++] = (struct stock_movement){
			.event = tx->event,
			.sku = sku->sku,
			.quantity = stock,
			.reason = MOVEMENT_SET,
		};
	out->stocks[out->count] = (struct stock){ .sku = sku->sku, .available = stock, .offer = 1 };
	out->rows[out->count++] = (struct sku_row){
		.number = sku->sku,
		.product = draft->product,
		.supplier = draft->supplier,
		.code = sku->code,
		.created_at = tx->now,
	};
}

enum err product_skus_insert(struct tx *tx, const struct product_revision *draft)
{
	struct new_skus *new = arena_take(tx->arena, sizeof(*new));
	const struct list *skus = &draft->content.skus;

	if (!new)
		return ERR_MEMORY;
	for (size_t i = 0; i < skus->count; i++) {
		const struct content_sku *sku = LIST_ITEM(*skus, struct content_sku, i);

		if (sku->is_new)
			new_sku_plan(tx, draft, sku, new);
	}
	enum err e = db_rows(tx->db, &sql[SKUS_INSERT], sku_fields, COUNT_OF(sku_fields), new->rows,
			     new->count, sizeof(new->rows[0]));
	if (!e)
		e = stock_movements_insert(tx->db, new->movements, new->movement_count);
	return e ? e : stock_put(tx->db, new->stocks, new->count);
}

static const struct field number_fields[] = { { "number", KIND_REF, 0 } };

enum err product_skus_hold(struct db *db, struct id product, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SKUS_HOLD], db_values(product), number_fields, 1, sizeof(int64_t),
		       arena, out);
}

enum err product_skus_drop(struct db *db, struct id product, struct arena *arena)
{
	static const int drops[] = { MOVEMENTS_DROP, STOCK_DROP, SKUS_DROP };
	struct list skus = { 0 };
	enum err e = db_list(db, &sql[SKUS_ORPHANED], db_values(product), number_fields, 1,
			     sizeof(int64_t), arena, &skus);
	struct value *keys = sku_keys(skus.at, skus.count, arena);

	if (e || !skus.count)
		return e;
	if (!keys)
		return ERR_MEMORY;
	for (size_t i = 0; i < COUNT_OF(drops) && !e; i++)
		e = db_list_in(db, &sql[drops[i]], db_none, keys, skus.count, db_none, NULL, 0, 0,
			       NULL, NULL);
	return e;
}

/* ---- revisions ---------------------------------------------------------------------------------
 */

#define CONTENT_ROW(member) FIELD_AT(product_revision, content.member)

static const struct field sku_row_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(content_sku, revision) },
	{ "sku", KIND_REF, FIELD_AT(content_sku, sku) },
	{ "specification", KIND_TEXT, FIELD_AT(content_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(content_sku, sale_unit) },
	{ "weight_g", KIND_INT, FIELD_AT(content_sku, weight_g), .optional = true },
	{ "barcode", KIND_TEXT, FIELD_AT(content_sku, barcode), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(content_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(content_sku, multiple) },
	{ "ladder", KIND_TEXT, FIELD_AT(content_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(content_sku, price_reason), .optional = true },
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

/* What only has a name stands among the names. */
static enum err certificates_insert(struct db *db, const struct product_revision *draft)
{
	const struct list *all = &draft->content.certificate_list;
	struct certificate rows[CERTIFICATES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < all->count && count < COUNT_OF(rows); i++) {
		rows[count] = *LIST_ITEM(*all, struct certificate, i);
		rows[count].revision = draft->id;
		rows[count].place = (int64_t)count + 1;
		count += certificate_has_row(&rows[count]);
	}
	return db_rows(db, &sql[CERTIFICATES_INSERT], certificate_row_fields,
		       COUNT_OF(certificate_row_fields), rows, count, sizeof(rows[0]));
}

static enum err parts_insert(struct db *db, const struct product_revision *draft)
{
	const struct content *content = &draft->content;

	for (size_t i = 0; i < content->skus.count; i++)
		LIST_ITEM(content->skus, struct content_sku, i)->revision = draft->id;
	for (size_t i = 0; i < content->images.count; i++)
		LIST_ITEM(content->images, struct content_image, i)->revision = draft->id;
	enum err e = db_rows(db, &sql[SKU_ROWS_INSERT], sku_row_fields, COUNT_OF(sku_row_fields),
			     content->skus.at, content->skus.count, sizeof(struct content_sku));
	if (!e)
		e = certificates_insert(db, draft);
	return e ? e
		 : db_rows(db, &sql[IMAGES_INSERT], image_row_fields, COUNT_OF(image_row_fields),
			   content->images.at, content->images.count, sizeof(struct content_image));
}

enum { CONTENT_VALUE_COUNT = 18 };

/* The columns that insert and rewrite share, in their order. */
static void content_values(const struct content *c, struct value out[CONTENT_VALUE_COUNT])
{
	const struct value values[] = {
		value_text(c->name),
		value_text(c->county),
		value_text(c->category),
		value_text(c->storage),
		value_optional(c->shelf_days == SMALL_NONE ? INT_NONE : c->shelf_days),
		value_text(c->certificates),
		value_text(c->remark),
		value_text(c->brand),
		value_text(c->producer),
		value_text(c->origin),
		value_text(c->farmers),
		value_optional(c->households),
		value_bool(c->agency),
		value_id(c->mandate),
		value_day(c->mandate_until),
		value_string(word_of(vat_words, c->vat_kind)),
		value_i64(c->vat_rate),
	};
	_Static_assert(COUNT_OF(values) == CONTENT_VALUE_COUNT - 1, "the digest stands first");

	for (size_t i = 0; i < COUNT_OF(values); i++)
		out[i + 1] = values[i];
}

enum err product_revision_insert(struct db *db, const struct product_revision *draft)
{
	struct value values[CONTENT_VALUE_COUNT + 5] = {
		value_id(draft->id),
		value_id(draft->product),
		value_id(draft->supplier),
	};

	content_values(&draft->content, values + 3);
	values[3] = value_bytes(draft->digest);
	values[CONTENT_VALUE_COUNT + 3] = value_id(draft->submitted_by);
	values[CONTENT_VALUE_COUNT + 4] = value_i64(draft->submitted_at);
	enum err e =
		db_exec(db, &sql[REVISION_INSERT], (struct values){ values, COUNT_OF(values) });
	return e ? e : parts_insert(db, draft);
}

static enum err parts_delete(struct db *db, struct id revision)
{
	static const int parts[] = { SKU_ROWS_DELETE, CERTIFICATES_DELETE, IMAGES_DELETE };
	enum err e = OK;

	for (size_t i = 0; i < COUNT_OF(parts) && !e; i++)
		e = db_exec(db, &sql[parts[i]], db_values(revision));
	return e;
}

enum err product_revision_rewrite(struct db *db, const struct product_revision *draft, int64_t seen)
{
	struct value values[CONTENT_VALUE_COUNT + 5];

	content_values(&draft->content, values);
	values[0] = value_bytes(draft->digest);
	values[CONTENT_VALUE_COUNT] = value_id(draft->submitted_by);
	values[CONTENT_VALUE_COUNT + 1] = value_i64(draft->submitted_at);
	values[CONTENT_VALUE_COUNT + 2] = value_id(draft->id);
	values[CONTENT_VALUE_COUNT + 3] = value_optional(seen);
	values[CONTENT_VALUE_COUNT + 4] = value_optional(seen);
	enum err e =
		db_exec(db, &sql[REVISION_REWRITE], (struct values){ values, COUNT_OF(values) });
	if (!e && db_affected(db) != 1)
		e = ERR_PRECONDITION;
	if (!e)
		e = parts_delete(db, draft->id);
	return e ? e : parts_insert(db, draft);
}

enum err product_revision_delete(struct db *db, struct id revision)
{
	enum err e = parts_delete(db, revision);

	return e ? e : db_exec(db, &sql[REVISION_DELETE], db_values(revision));
}

/* ---- what becomes of them ----------------------------------------------------------------------
 */

enum err product_submit(struct db *db, const struct product_revision *draft)
{
	enum err e = db_exec(db, &sql[SUPERSEDE_WAITING], db_values(draft->product));

	if (!e)
		e = db_exec(db, &sql[SUBMIT],
			    db_values(value_bytes(draft->digest), draft->submitted_by,
				      draft->submitted_at, draft->id));
	if (!e && db_affected(db) != 1)
		e = ERR_CONFLICT;
	if (!e)
		e = db_exec(db, &sql[LADDERS_SETTLE], db_values(draft->id));
	return e ? e : db_exec(db, &sql[PRODUCT_SUBMITTED], db_values(draft->id, draft->product));
}

enum err product_withdraw(struct db *db, const struct product_head *head)
{
	enum err e = db_exec(db, &sql[WITHDRAW], db_values(head->latest));

	return e ? e : db_exec(db, &sql[PRODUCT_WITHDRAWN], db_values(head->id));
}
