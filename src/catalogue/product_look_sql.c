/*
 * What the database says of content that somebody writes: whose files, pictures and codes they are,
 * which prices are in force. Each look is a statement or two over all of them, and notes every
 * fault at its place.
 */
#include "product_draft.h"

#include <stdlib.h>

#include "goods_rules.h"

enum { FILES_OWN, IMAGES_OWN, CODES_OWN, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[FILES_OWN] = {
		"SELECT id, media_type FROM file WHERE organisation = ? AND id IN (",
		"?",
		")" },
	[IMAGES_OWN] = {
		"SELECT id, state FROM image WHERE supplier = ? AND id IN (",
		"?",
		")" },
	[CODES_OWN] = {
		"SELECT k.code, k.number, k.product, n.ladder,"
		"       (SELECT COUNT(*) FROM sku o WHERE o.product = k.product), p.latest <=> p.draft"
		"  FROM sku k"
		"  JOIN product p ON p.id = k.product"
		"  LEFT JOIN price n ON n.sku = k.number"
		" WHERE k.supplier = ? AND k.code IN (",
		"?",
		")" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- files and pictures ------------------------------------------------------------------------
 */

struct own_row {
	struct id id;
	struct text word; /* media type of a file, state of a picture */
};
static const struct field own_fields[] = {
	{ "id", KIND_ID, FIELD_AT(own_row, id) },
	{ "word", KIND_TEXT, FIELD_AT(own_row, word) },
};

static const struct own_row *own_find(const struct list *rows, struct id id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (id_equal(LIST_ITEM(*rows, struct own_row, i)->id, id))
			return LIST_ITEM(*rows, struct own_row, i);
	return NULL;
}

static enum err own_read(const struct look *look, int statement, const struct value *keys,
			 size_t count, struct list *out)
{
	if (!count)
		return OK;
	return db_list_in(look->db, &sql[statement], db_values(look->supplier), keys, count,
			  db_none, own_fields, COUNT_OF(own_fields), sizeof(struct own_row),
			  look->arena, out);
}

static void judge_file(const struct look *look, const struct list *files, struct id id,
		       struct arg at)
{
	const struct own_row *file = own_find(files, id);

	if (id_is_none(id))
		return;
	if (!file)
		fail(look->problems, ERR_UNKNOWN_REFERENCE, at);
	else if (!text_is(file->word, "application/pdf") && !text_is(file->word, "image/jpeg") &&
		 !text_is(file->word, "image/png"))
		fail(look->problems, ERR_DOCUMENT_TYPE, at);
}

static enum err look_at_documents(const struct look *look, const struct content *content)
{
	const struct list *certificates = &content->certificate_list;
	struct value keys[CERTIFICATES_MAX + 1];
	struct list files = { 0 };
	size_t count = 0;

	if (!id_is_none(content->mandate))
		keys[count++] = value_id(content->mandate);
	for (size_t i = 0; i < certificates->count; i++) {
		struct id file = LIST_ITEM(*certificates, struct certificate, i)->file;

		if (!id_is_none(file))
			keys[count++] = value_id(file);
	}
	enum err e = own_read(look, FILES_OWN, keys, count, &files);
	if (e)
		return e;
	judge_file(look, &files, content->mandate, AT("/mandate"));
	for (size_t i = 0; i < certificates->count; i++)
		judge_file(look, &files, LIST_ITEM(*certificates, struct certificate, i)->file,
			   problem_at(look->problems, "/certificates/%zu/file", i));
	return OK;
}

/* One that is not ready may stand in a draft; a refused one never will be. */
static void judge_image(const struct look *look, const struct list *known, size_t i, struct id id)
{
	const struct own_row *image = own_find(known, id);
	struct arg at = problem_at(look->problems, "/images/%zu/id", i);

	if (id_is_none(id))
		return;
	if (!image)
		fail(look->problems, ERR_UNKNOWN_REFERENCE, at);
	else if (text_is(image->word, "refused") ||
		 (look->submits && !text_is(image->word, "ready")))
		fail(look->problems, ERR_IMAGE_UNREADY, at);
}

enum err look_at_files(const struct look *look, const struct content *content)
{
	struct value keys[CONTENT_IMAGES_MAX];
	struct list images = { 0 };
	size_t count = 0;
	enum err e = look_at_documents(look, content);

	for (size_t i = 0; i < content->images.count; i++) {
		struct id id = LIST_ITEM(content->images, struct content_image, i)->id;

		if (!id_is_none(id))
			keys[count++] = value_id(id);
	}
	if (!e)
		e = own_read(look, IMAGES_OWN, keys, count, &images);
	for (size_t i = 0; i < content->images.count && !e; i++)
		judge_image(look, &images, i,
			    LIST_ITEM(content->images, struct content_image, i)->id);
	return e;
}

/* ---- codes -------------------------------------------------------------------------------------
 */

struct code_row {
	struct text code;
	int64_t sku;
	struct id product;
	struct text ladder;
	int64_t siblings; /* SKUs of its product, itself too */
	bool drafted;     /* the product is nothing but a draft, with which it may go away */
};
static const struct field code_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(code_row, code) },
	{ "sku", KIND_REF, FIELD_AT(code_row, sku) },
	{ "product", KIND_ID, FIELD_AT(code_row, product) },
	{ "ladder", KIND_TEXT, FIELD_AT(code_row, ladder), .optional = true },
	{ "siblings", KIND_INT, FIELD_AT(code_row, siblings) },
	{ "drafted", KIND_BOOL, FIELD_AT(code_row, drafted) },
};

static const struct code_row *code_find(const struct list *rows, struct text code)
{
	for (size_t i = 0; i < rows->count; i++)
		if (text_equal(LIST_ITEM(*rows, struct code_row, i)->code, code))
			return LIST_ITEM(*rows, struct code_row, i);
	return NULL;
}

/* A code that is there already: of this product, or the only one of another, which may come over
 * to a product that there is. */
static void judge_known(const struct look *look, struct content_sku *sku,
			const struct code_row *known, size_t i)
{
	bool own = id_equal(known->product, look->product);

	sku->sku = known->sku;
	sku->joins = !own;
	if (!own && (id_is_none(look->product) || known->siblings > 1 || known->drafted)) {
		char product[37];

		fail(look->problems, ERR_CODE_ELSEWHERE,
		     problem_at(look->problems, "/skus/%zu/code", i),
		     ARG_TEXT(id_format(known->product, product)));
	}
	if (sku->stock != INT_NONE)
		fail(look->problems, ERR_STOCK_KEPT,
		     problem_at(look->problems, "/skus/%zu/stock", i));
}

/* Where the price stays as it is, so does the quantity that it begins at. */
static void judge_minimum(const struct look *look, struct content_sku *sku,
			  const struct ladder *in_force, size_t i)
{
	int64_t begins = in_force->count ? in_force->rungs[0].quantity : sku->multiple;
	struct arg at = problem_at(look->problems, "/skus/%zu/minimum", i);

	if (sku->minimum == INT_NONE) {
		sku->minimum = begins;
		if (sku->multiple > 0 && begins % sku->multiple)
			fail(look->problems, ERR_NOT_MULTIPLE, at, ARG_INT(sku->multiple));
	} else if (in_force->count && sku->minimum != begins) {
		fail(look->problems, ERR_MINIMUM_PRICED, at, ARG_INT(begins));
	}
}

/* The price in force said again changes nothing; whoever has no price must say one. */
static enum err judge_price(const struct look *look, struct content_sku *sku, size_t i)
{
	struct text in_force = sku->in_force;
	struct ladder price = { .count = 0 };
	bool stays = !sku->ladder.at && !sku->rungs.count;

	if (in_force.at && !ladder_parse(in_force, &price))
		return ERR_INTERNAL;
	if (in_force.at && (!sku->ladder.at || text_equal(in_force, sku->ladder)))
		sku->ladder = sku->price_reason = NO_TEXT;
	else if (!in_force.at && stays)
		fail(look->problems, ERR_REQUIRED,
		     problem_at(look->problems, "/skus/%zu/ladder", i));
	if (stays || sku->minimum == INT_NONE)
		judge_minimum(look, sku, &price, i);
	return OK;
}

enum err look_at_codes(const struct look *look, struct content *content)
{
	struct value keys[CONTENT_SKUS_MAX];
	struct list known = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < content->skus.count && count < CONTENT_SKUS_MAX; i++) {
		struct text code = LIST_ITEM(content->skus, struct content_sku, i)->code;

		if (sku_code_is_formed(code)) /* the column is ASCII and takes nothing else */
			keys[count++] = value_text(code);
	}
	enum err e = !count ? OK
			    : db_list_in(look->db, &sql[CODES_OWN], db_values(look->supplier), keys,
					 count, db_none, code_fields, COUNT_OF(code_fields),
					 sizeof(struct code_row), look->arena, &known);
	for (size_t i = 0; i < content->skus.count && !e; i++) {
		struct content_sku *sku = LIST_ITEM(content->skus, struct content_sku, i);
		const struct code_row *row = sku->code.size ? code_find(&known, sku->code) : NULL;

		sku->is_new = !row;
		sku->joins = false;
		sku->sku = INT_NONE;
		sku->in_force = row ? row->ladder : NO_TEXT;
		if (row)
			judge_known(look, sku, row, i);
		e = judge_price(look, sku, i);
	}
	return e;
}

/* ---- prices ------------------------------------------------------------------------------------
 */

static enum err judge_reason(const struct look *look, const struct content_sku *sku,
			     const struct list *lows, size_t i)
{
	const struct price_low *low = price_low_of(lows, sku->sku);
	struct ladder ladder, now = { .count = 0 };
	const struct price_band band = {
		.lowest_fen = low ? low->unit_price_fen : INT_NONE,
		.median_per_500g = look->median_per_500g,
		.floor = low ? &low->floor : NULL,
		.now = sku->in_force.at ? &now : NULL,
	};
	int64_t fen, top;
	char yuan[24];

	if (!sku->ladder.at || sku->price_reason.size)
		return OK;
	if (!ladder_parse(sku->ladder, &ladder) ||
	    (sku->in_force.at && !ladder_parse(sku->in_force, &now)))
		return ERR_INTERNAL;
	if (band_is_exceeded(&band, sku->weight_g, &ladder, &fen, &top))
		fail(look->problems, ERR_PRICE_REASON,
		     problem_at(look->problems, "/skus/%zu/price_reason", i),
		     ARG_TEXT(money_yuan(top, yuan)));
	return OK;
}

enum err look_at_prices(const struct look *look, const struct content *content)
{
	int64_t known[CONTENT_SKUS_MAX];
	struct list lows = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < content->skus.count; i++) {
		const struct content_sku *sku = LIST_ITEM(content->skus, struct content_sku, i);

		if (sku->sku != INT_NONE && sku->ladder.at)
			known[count++] = sku->sku;
	}
	enum err e =
		!count ? OK
		       : price_lows(look->db, known, count, look->now - PRICE_HISTORY_DAYS * DAY_US,
				    look->arena, &lows);
	for (size_t i = 0; i < content->skus.count && !e; i++)
		e = judge_reason(look, LIST_ITEM(content->skus, struct content_sku, i), &lows, i);
	return e;
}
