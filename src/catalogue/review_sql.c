/*
 * Statements of the reviewers' reading. A reviewer's scope stands in the WHERE: the platform's sees
 * all, a county's the suppliers of its county. What belongs to the revisions of a page is read for
 * all of them at once, and put into each.
 */
#include "review_rows.h"

#include <stdlib.h>

enum {
	REVIEWS,
	REVIEWS_OF_SUPPLIER,
	REVIEW,
	SUBMITTED_AT,
	SKUS,
	SKUS_LOCK,
	CERTIFICATES,
	CERTIFICATES_LOCK,
	IMAGES,
	REPEATED_NAMES,
	REPEATED_BARCODES,
	HISTORY,
	POINTS,
	FILE_KNOWN,
	SUMMARY,
	SQL_COUNT
};

#define REVIEW_COLUMNS                                                                             \
	"SELECT r.id, r.product, r.supplier, o.short_name, s.county, r.state, r.name, r.brand,"    \
	" r.producer, r.county, r.category, r.origin, r.farmers, r.households, r.agency,"          \
	" r.mandate, r.mandate_until, r.storage, r.shelf_days, r.certificates, r.remark,"          \
	" r.vat_kind, r.vat_rate, r.submitted_at, r.decided_at, r.reason, p.revision,"             \
	" r.submitted_by"
#define REVIEW_TABLES                                                                              \
	"  JOIN product p ON p.id = r.product"                                                     \
	"  JOIN organisation o ON o.id = r.supplier"                                               \
	"  JOIN supplier s ON s.organisation = r.supplier"
#define REVIEW_FILTER                                                                              \
	" WHERE r.state = ? AND r.submitted_at >= ? AND r.submitted_at < ?"                        \
	"   AND (? OR r.submitted_at > ? OR r.id > ?)"                                             \
	"   AND (? OR s.county = ?)"                                                               \
	"   AND (? OR s.county = ?)"                                                               \
	"   AND (? OR r.county = ?)"                                                               \
	"   AND (? OR LEFT(r.category, CHAR_LENGTH(?)) = ?)"                                       \
	"   AND (? OR r.supplier = ?)"                                                             \
	" ORDER BY r.submitted_at, r.id LIMIT ?"
#define SKUS_SELECT                                                                                \
	"SELECT rs.revision, rs.sku, k.code, rs.specification, rs.sale_unit, rs.barcode,"          \
	" rs.weight_g, rs.minimum, rs.multiple, rs.ladder, rs.price_reason, n.ladder, n.reason"    \
	"  FROM revision_sku rs"                                                                   \
	"  JOIN sku k ON k.number = rs.sku"                                                        \
	"  LEFT JOIN price n ON n.sku = rs.sku"                                                    \
	" WHERE rs.revision IN ("
#define SKUS_ORDER ") ORDER BY rs.revision, rs.sku"
#define CERTIFICATES_SELECT                                                                        \
	"SELECT revision, name, certificate_number, issuer, valid_until, file"                     \
	"  FROM revision_certificate WHERE revision IN ("
#define CERTIFICATES_ORDER ") ORDER BY revision, number"
/* the lowest other SKU, for each that is repeated */
#define REPEATED_COLUMNS                                                                           \
	"SELECT f.revision, f.sku, f.others, f.other, k.product, r.name, k.supplier, o.short_name" \
	"  FROM (SELECT a.revision, a.sku, COUNT(DISTINCT b.sku) AS others, MIN(b.sku) AS other"
#define REPEATED_TAIL                                                                              \
	"         GROUP BY a.revision, a.sku) f"                                                   \
	"  JOIN sku k ON k.number = f.other"                                                       \
	"  JOIN product p ON p.id = k.product"                                                     \
	"  JOIN revision r ON r.id = COALESCE(p.revision, p.latest)"                               \
	"  JOIN organisation o ON o.id = k.supplier"                                               \
	" ORDER BY f.revision, f.sku"
/* on sale, or waiting */
#define OTHER_IS_LIVE                                                                              \
	"           AND (t.state = 'submitted'"                                                    \
	"                OR t.state = 'approved' AND EXISTS ("                                     \
	"                     SELECT 1 FROM product q JOIN stock st ON st.sku = b.sku"             \
	"                      WHERE q.id = t.product AND q.revision = t.id AND st.on_sale))"
#define BLANKLESS(column) "REPLACE(REPLACE(" column ", ' ', ''), '　', '')"

/* clang-format off */
static const struct sql sql[] = {
	[REVIEWS] = {
		REVIEW_COLUMNS
		"  FROM revision r FORCE INDEX (by_waiting)"
		REVIEW_TABLES
		REVIEW_FILTER },
	[REVIEWS_OF_SUPPLIER] = {
		REVIEW_COLUMNS
		"  FROM revision r FORCE INDEX (by_supplier)"
		REVIEW_TABLES
		REVIEW_FILTER },
	[REVIEW] = {
		REVIEW_COLUMNS
		"  FROM revision r"
		REVIEW_TABLES
		" WHERE r.id = ? AND r.state <> 'draft' AND (? OR s.county = ?)" },
	[SUBMITTED_AT] = { "SELECT submitted_at FROM revision WHERE id = ?" },
	[SKUS] = { SKUS_SELECT, "?", SKUS_ORDER },
	[SKUS_LOCK] = { SKUS_SELECT, "?", SKUS_ORDER " LOCK IN SHARE MODE" },
	[CERTIFICATES] = { CERTIFICATES_SELECT, "?", CERTIFICATES_ORDER },
	[CERTIFICATES_LOCK] = { CERTIFICATES_SELECT, "?", CERTIFICATES_ORDER " LOCK IN SHARE MODE" },
	[IMAGES] = {
		"SELECT revision, image FROM revision_image WHERE revision IN (",
		"?",
		") ORDER BY revision, number" },
	[REPEATED_NAMES] = {
		REPEATED_COLUMNS
		"          FROM revision r"
		"          JOIN revision_sku a ON a.revision = r.id"
		"          JOIN revision t ON t.supplier = r.supplier AND t.folded = r.folded"
		"                         AND t.county = r.county"
		"          JOIN revision_sku b ON b.revision = t.id AND b.sku <> a.sku"
		"           AND " BLANKLESS("b.specification") " COLLATE utf8mb4_uca1400_ai_ci"
		"             = " BLANKLESS("a.specification")
		OTHER_IS_LIVE
		"         WHERE r.id IN (",
		"?",
		")" REPEATED_TAIL },
	[REPEATED_BARCODES] = {
		REPEATED_COLUMNS
		"          FROM revision_sku a"
		"          JOIN revision_sku b ON b.barcode = a.barcode AND b.sku <> a.sku"
		"          JOIN revision t ON t.id = b.revision"
		OTHER_IS_LIVE
		"         WHERE a.barcode IS NOT NULL AND a.revision IN (",
		"?",
		")" REPEATED_TAIL },
	[HISTORY] = {
		"SELECT id, state, submitted_at, decided_at, reason FROM revision"
		" WHERE product = ? AND state <> 'draft' AND id <> ?"
		" ORDER BY id DESC LIMIT ?" },
	[POINTS] = {
		"SELECT revision, number, pointer, note FROM revision_point WHERE revision IN (",
		"?",
		") ORDER BY revision, number" },
	[FILE_KNOWN] = {
		"SELECT (SELECT COUNT(*) FROM revision WHERE id = ? AND mandate = ?)"
		"     + (SELECT COUNT(*) FROM revision_certificate WHERE revision = ? AND file = ?)" },
	[SUMMARY] = {
		"SELECT s.county, c.name, COUNT(*), SUM(r.submitted_at > ?),"
		" SUM(r.submitted_at > ? AND r.submitted_at <= ?),"
		" SUM(r.submitted_at > ? AND r.submitted_at <= ?), SUM(r.submitted_at <= ?),"
		" MIN(r.submitted_at)"
		"  FROM revision r"
		"  JOIN supplier s ON s.organisation = r.supplier"
		"  LEFT JOIN county c ON c.code = s.county"
		" WHERE r.state = 'submitted' AND (? OR s.county = ?)"
		" GROUP BY s.county ORDER BY s.county" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* As revisions_lock reads them too. */
static const struct field review_columns[] = {
	{ "id", KIND_ID, FIELD_AT(review, id) },
	{ "product", KIND_ID, FIELD_AT(review, product) },
	{ "supplier", KIND_ID, FIELD_AT(review, supplier) },
	{ "supplier_name", KIND_TEXT, FIELD_AT(review, supplier_name) },
	{ "supplier_county", KIND_TEXT, FIELD_AT(review, supplier_county) },
	{ "state", KIND_WORD, FIELD_AT(review, state), .words = revision_words },
	{ "name", KIND_TEXT, FIELD_AT(review, name) },
	{ "brand", KIND_TEXT, FIELD_AT(review, brand) },
	{ "producer", KIND_TEXT, FIELD_AT(review, producer) },
	{ "county", KIND_TEXT, FIELD_AT(review, county) },
	{ "category", KIND_TEXT, FIELD_AT(review, category) },
	{ "origin", KIND_TEXT, FIELD_AT(review, origin) },
	{ "farmers", KIND_TEXT, FIELD_AT(review, farmers) },
	{ "households", KIND_INT, FIELD_AT(review, households), .optional = true },
	{ "agency", KIND_BOOL, FIELD_AT(review, agency) },
	{ "mandate", KIND_ID, FIELD_AT(review, mandate), .optional = true },
	{ "mandate_until", KIND_DAY, FIELD_AT(review, mandate_until), .optional = true },
	{ "storage", KIND_TEXT, FIELD_AT(review, storage) },
	{ "shelf_days", KIND_SMALL, FIELD_AT(review, shelf_days), .optional = true },
	{ "certificates", KIND_TEXT, FIELD_AT(review, certificate_names) },
	{ "remark", KIND_TEXT, FIELD_AT(review, remark) },
	{ "vat_kind", KIND_WORD, FIELD_AT(review, vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(review, vat_rate) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(review, submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(review, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review, reason), .optional = true },
	{ "approved", KIND_ID, FIELD_AT(review, approved), .optional = true },
	{ "submitted_by", KIND_ID, FIELD_AT(review, submitted_by), .optional = true },
};

static const struct field sku_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_sku, revision) },
	{ "sku", KIND_REF, FIELD_AT(review_sku, sku) },
	{ "code", KIND_TEXT, FIELD_AT(review_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(review_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(review_sku, sale_unit) },
	{ "barcode", KIND_TEXT, FIELD_AT(review_sku, barcode), .optional = true },
	{ "weight_g", KIND_INT, FIELD_AT(review_sku, weight_g), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(review_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(review_sku, multiple) },
	{ "ladder", KIND_TEXT, FIELD_AT(review_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(review_sku, price_reason), .optional = true },
	{ "present_ladder", KIND_TEXT, FIELD_AT(review_sku, present_ladder), .optional = true },
	{ "present_reason", KIND_TEXT, FIELD_AT(review_sku, present_reason), .optional = true },
};

static const struct field certificate_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_certificate, revision) },
	{ "name", KIND_TEXT, FIELD_AT(review_certificate, name) },
	{ "certificate_number", KIND_TEXT, FIELD_AT(review_certificate, number) },
	{ "issuer", KIND_TEXT, FIELD_AT(review_certificate, issuer) },
	{ "valid_until", KIND_DAY, FIELD_AT(review_certificate, valid_until), .optional = true },
	{ "file", KIND_ID, FIELD_AT(review_certificate, file), .optional = true },
};

static const struct field image_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_image, revision) },
	{ "image", KIND_ID, FIELD_AT(review_image, image) },
};

static const struct field repeated_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_flag, revision) },
	{ "sku", KIND_REF, FIELD_AT(review_flag, sku) },
	{ "others", KIND_INT, FIELD_AT(review_flag, others) },
	{ "other_sku", KIND_REF, FIELD_AT(review_flag, other_sku) },
	{ "other_product", KIND_ID, FIELD_AT(review_flag, other_product) },
	{ "other_name", KIND_TEXT, FIELD_AT(review_flag, other_name) },
	{ "other_supplier", KIND_ID, FIELD_AT(review_flag, other_supplier) },
	{ "other_supplier_name", KIND_TEXT, FIELD_AT(review_flag, other_supplier_name) },
};

static const struct field history_columns[] = {
	{ "id", KIND_ID, FIELD_AT(review_history, id) },
	{ "state", KIND_WORD, FIELD_AT(review_history, state), .words = revision_words },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(review_history, submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(review_history, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review_history, reason), .optional = true },
};

static const struct field point_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_point, revision) },
	{ "number", KIND_INT, FIELD_AT(review_point, number) },
	{ "pointer", KIND_TEXT, FIELD_AT(review_point, pointer) },
	{ "note", KIND_TEXT, FIELD_AT(review_point, note) },
};

/* ---- revisions ---- */

/* An authority over a hierarchy sees no products. */
static bool sees_products(const struct scope *scope)
{
	return scope->kind == SCOPE_PLATFORM || scope->kind == SCOPE_COUNTY;
}

enum err reviews_select(struct db *db, struct arena *arena, const struct review_filter *filter,
			int64_t limit, struct list *out)
{
	bool everywhere = filter->scope->kind == SCOPE_PLATFORM, first = id_is_none(filter->after);
	int64_t from = 0, before = filter->before == INT_NONE ? INT64_MAX : filter->before;
	enum err e = OK;

	if (!sees_products(filter->scope))
		return OK;
	if (!first)
		e = db_number(db, &sql[SUBMITTED_AT], db_values(filter->after), &from);
	if (e)
		return e == ERR_NOT_FOUND ? OK : e; /* a cursor of nothing stands at the end */
	return db_list(db, &sql[id_is_none(filter->supplier) ? REVIEWS : REVIEWS_OF_SUPPLIER],
		       db_values(word_of(revision_words, filter->state), from, before, first, from,
				 filter->after, everywhere, text_of(filter->scope->county),
				 !filter->county.at, filter->county, !filter->origin.at,
				 filter->origin, !filter->category.at, filter->category,
				 filter->category, id_is_none(filter->supplier), filter->supplier,
				 limit),
		       review_columns, COUNT_OF(review_columns), sizeof(struct review), arena, out);
}

enum err review_select(struct db *db, struct arena *arena, const struct scope *scope, struct id id,
		       struct review *out)
{
	if (!sees_products(scope))
		return ERR_NOT_FOUND;
	return db_read(db, &sql[REVIEW],
		       db_values(id, scope->kind == SCOPE_PLATFORM, text_of(scope->county)),
		       review_columns, COUNT_OF(review_columns), arena, out);
}

/* ---- what belongs to them ---- */

static struct value *keys_of(const struct list *reviews, struct arena *arena)
{
	return values_of_ids(arena, reviews->at, reviews->count, sizeof(struct review),
			     offsetof(struct review, id));
}

static struct review *review_of(struct list *reviews, struct id id)
{
	for (size_t i = 0; i < reviews->count; i++)
		if (id_equal(LIST_ITEM(*reviews, struct review, i)->id, id))
			return LIST_ITEM(*reviews, struct review, i);
	return NULL;
}

/* What a statement gives for the revisions of @reviews, as structs of @size bytes. */
static enum err belongings_read(struct db *db, struct arena *arena, int statement,
				const struct list *reviews, const struct field *fields,
				size_t count, size_t size, struct list *out)
{
	struct value *keys = reviews->count ? keys_of(reviews, arena) : NULL;

	if (!reviews->count)
		return OK;
	if (!keys)
		return ERR_MEMORY;
	return db_list_in(db, &sql[statement], db_none, keys, reviews->count, db_none, fields,
			  count, size, arena, out);
}

/* Ladders are read, and become JSON; the price is what it will be sold at. */
static enum err sku_ready(struct review_sku *sku, struct arena *arena)
{
	const struct ladder *sold;

	if ((sku->ladder.at && !ladder_parse(sku->ladder, &sku->asked)) ||
	    (sku->present_ladder.at && !ladder_parse(sku->present_ladder, &sku->present)))
		return ERR_INTERNAL;
	sold = sku->asked.count ? &sku->asked : &sku->present;
	sku->unit_price_fen = sold->count ? sold->rungs[0].unit_price_fen : INT_NONE;
	if (sku->ladder.at) {
		sku->ladder = ladder_json(sku->ladder, arena);
		if (!sku->ladder.at)
			return ERR_MEMORY;
	}
	if (sku->present_ladder.at) {
		sku->present_ladder = ladder_json(sku->present_ladder, arena);
		if (!sku->present_ladder.at)
			return ERR_MEMORY;
	}
	return OK;
}

enum err review_skus_read(struct db *db, struct arena *arena, bool locked, struct list *reviews)
{
	struct list rows = { 0 };
	enum err e = belongings_read(db, arena, locked ? SKUS_LOCK : SKUS, reviews, sku_columns,
				     COUNT_OF(sku_columns), sizeof(struct review_sku), &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		struct review_sku *row = LIST_ITEM(rows, struct review_sku, i);
		struct review *review = review_of(reviews, row->revision);
		struct review_sku *to = review ? list_add(&review->skus, arena, sizeof(*to)) : NULL;

		if (!to)
			return review ? ERR_MEMORY : ERR_INTERNAL;
		e = sku_ready(row, arena);
		*to = *row;
	}
	return e;
}

enum err review_certificates_read(struct db *db, struct arena *arena, bool locked,
				  struct list *reviews)
{
	struct list rows = { 0 };
	enum err e = belongings_read(db, arena, locked ? CERTIFICATES_LOCK : CERTIFICATES, reviews,
				     certificate_columns, COUNT_OF(certificate_columns),
				     sizeof(struct review_certificate), &rows);

	for (size_t i = 0; i < reviews->count && !e; i++) {
		struct review *review = LIST_ITEM(*reviews, struct review, i);

		e = certificates_join(review->certificate_names, &rows, review->id, arena,
				      &review->certificates);
	}
	return e;
}

enum err review_images_read(struct db *db, struct arena *arena, struct list *reviews)
{
	struct list rows = { 0 };
	enum err e = belongings_read(db, arena, IMAGES, reviews, image_columns,
				     COUNT_OF(image_columns), sizeof(struct review_image), &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		const struct review_image *row = LIST_ITEM(rows, struct review_image, i);
		struct review *review = review_of(reviews, row->revision);
		struct review_image *to =
			review ? list_add(&review->images, arena, sizeof(*to)) : NULL;

		if (!to)
			return review ? ERR_MEMORY : ERR_INTERNAL;
		*to = *row;
	}
	return e;
}

static enum err repeated_read(struct db *db, struct arena *arena, int statement, int32_t by,
			      struct list *reviews)
{
	struct list rows = { 0 };
	enum err e = belongings_read(db, arena, statement, reviews, repeated_columns,
				     COUNT_OF(repeated_columns), sizeof(struct review_flag), &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		struct review_flag *row = LIST_ITEM(rows, struct review_flag, i);
		struct review *review = review_of(reviews, row->revision);
		struct review_flag *to =
			review ? list_add(&review->flags, arena, sizeof(*to)) : NULL;

		if (!to)
			return review ? ERR_MEMORY : ERR_INTERNAL;
		*to = *row;
		to->kind = FLAG_REPEATED;
		to->by = by;
		to->unit_price_fen = to->top_fen = to->lowest_fen = to->median_per_500g = INT_NONE;
		to->valid_until = DAY_NONE;
	}
	return e;
}

enum err review_repeated_read(struct db *db, struct arena *arena, struct list *reviews)
{
	enum err e = repeated_read(db, arena, REPEATED_NAMES, BY_NAME, reviews);

	return e ? e : repeated_read(db, arena, REPEATED_BARCODES, BY_BARCODE, reviews);
}

/* ---- what became of them ---- */

enum err review_points_read(struct db *db, struct arena *arena, const struct value *revisions,
			    size_t count, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[POINTS], db_none, revisions, count, db_none, point_columns,
			  COUNT_OF(point_columns), sizeof(struct review_point), arena, out);
}

/* Puts a point where it belongs: to the review itself, or into its history. */
static enum err point_place(struct review *review, const struct review_point *point,
			    struct arena *arena)
{
	struct list *list = id_equal(point->revision, review->id) ? &review->points : NULL;

	for (size_t i = 0; i < review->history.count && !list; i++) {
		struct review_history *past = LIST_ITEM(review->history, struct review_history, i);

		if (id_equal(point->revision, past->id))
			list = &past->points;
	}
	struct review_point *to = list ? list_add(list, arena, sizeof(*to)) : NULL;
	if (!to)
		return list ? ERR_MEMORY : ERR_INTERNAL;
	*to = *point;
	return OK;
}

enum err review_history_read(struct db *db, struct arena *arena, struct review *review)
{
	struct list points = { 0 };
	struct value keys[HISTORY_SHOWN + 1];
	enum err e = db_list(db, &sql[HISTORY],
			     db_values(review->product, review->id, value_i64(HISTORY_SHOWN)),
			     history_columns, COUNT_OF(history_columns),
			     sizeof(struct review_history), arena, &review->history);

	if (e)
		return e;
	keys[0] = value_id(review->id);
	for (size_t i = 0; i < review->history.count; i++)
		keys[i + 1] = value_id(LIST_ITEM(review->history, struct review_history, i)->id);
	e = review_points_read(db, arena, keys, review->history.count + 1, &points);
	for (size_t i = 0; i < points.count && !e; i++)
		e = point_place(review, LIST_ITEM(points, struct review_point, i), arena);
	return e;
}

enum err review_file_known(struct db *db, struct id revision, struct id file, bool *known)
{
	int64_t count;
	enum err e =
		db_number(db, &sql[FILE_KNOWN], db_values(revision, file, revision, file), &count);

	*known = !e && count > 0;
	return e;
}

enum err review_summary(struct db *db, struct arena *arena, const struct scope *scope, int64_t now,
			struct list *out)
{
	const int64_t one = now - DAY_US, three = now - 3 * DAY_US, seven = now - 7 * DAY_US;

	if (!sees_products(scope))
		return OK;
	return db_list(db, &sql[SUMMARY],
		       db_values(one, three, one, seven, three, seven,
				 scope->kind == SCOPE_PLATFORM, text_of(scope->county)),
		       review_county_fields, REVIEW_COUNTY_FIELD_COUNT,
		       sizeof(struct review_county), arena, out);
}
