/*
 * What the shop says of products, as JSON, in shards: single blocks of memory that hold the cards
 * of 32 neighbours. A shard is never changed: whatever moves in it makes a new one, which costs as
 * much as a copy of 32 cards.
 */
#include "view.h"

#include <string.h>

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_coded(struct json *json, const char *key, struct text code, struct text name)
{
	json_open(json, key, '{');
	json_text(json, "code", code);
	json_text(json, "name", name);
	json_close(json, '}');
}

static void write_number(struct json *json, const char *key, int64_t sku)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%08lld", (long long)sku);

	json_text(json, key, (struct text){ digits, (size_t)size });
}

/* NULL where there is none. */
static void write_optional(struct json *json, const char *key, int64_t value, bool present)
{
	if (present)
		json_int(json, key, value);
	else
		json_text(json, key, NO_TEXT);
}

static struct text or_null(struct text t)
{
	return t.size ? t : NO_TEXT;
}

static void write_digest(struct json *json, const char *key, struct text digest)
{
	char hex[2 * 32 + 1];

	json_text(json, key, digest.size == 32 ? hex_format(digest.at, digest.size, hex) : NO_TEXT);
}

/* ---- figures --------------------------------------------------------------------------------- */

static int64_t first_price(const struct terms *terms)
{
	return terms->ladder.rungs[0].unit_price_fen;
}

/* The best word of any SKU, the lowest prices. */
struct figures figures_of(const struct offering *offering, const struct terms *terms)
{
	struct figures figures = { .price = UINT32_MAX, .word = AVAILABLE_OUT };

	for (size_t i = 0; i < offering->count; i++) {
		const struct shop_row *row = offering->rows[i];
		enum availability word = availability_of(row->available, row->terms.minimum);
		int64_t price = first_price(&terms[i]), per = fen_per_500g(price, row->weight_g);

		if (price < figures.price)
			figures.price = (uint32_t)price;
		if (per != INT_NONE && per > 0 && per <= UINT32_MAX &&
		    (!figures.per_500g || per < figures.per_500g))
			figures.per_500g = (uint32_t)per;
		if ((int)word < figures.word)
			figures.word = (uint8_t)word;
	}
	figures.band = band_of(figures.price);
	return figures;
}

/* ---- items ----------------------------------------------------------------------------------- */

struct writing {
	const struct shop *shop;
	const struct reference *reference;
	const struct offering *offering;
	const struct terms *terms;
	struct figures figures;
	struct list certificates; /* names that hold */
	struct json json;
};

static void write_place(struct writing *w, const char *key, struct text code)
{
	const struct county *county = reference_county(w->reference, code);

	write_coded(&w->json, key, code, county ? county->name : code);
}

static struct text first_reason(const struct offering *offering)
{
	for (size_t i = 0; i < offering->count; i++)
		if (offering->rows[i]->reason.size)
			return offering->rows[i]->reason;
	return NO_TEXT;
}

static struct text first_image(const struct offering *offering)
{
	for (size_t i = 0; i < offering->image_count; i++)
		if (offering->images[i].size == IMAGE_SMALL)
			return offering->images[i].digest;
	return NO_TEXT;
}

static void write_first_sku(struct writing *w)
{
	const struct shop_row *row = w->offering->rows[0];
	struct json *json = &w->json;

	json_id(json, "id", row->terms.product);
	write_number(json, "sku", row->terms.sku);
	json_text(json, "name", row->terms.name);
	json_text(json, "brand", or_null(row->brand));
	json_text(json, "specification", row->terms.specification);
	json_text(json, "sale_unit", row->terms.sale_unit);
	write_place(w, "county", row->terms.county);
	write_coded(json, "category", row->terms.category,
		    reference_category(w->reference, row->terms.category));
	json_open(json, "supplier", '{');
	json_id(json, "id", row->terms.supplier);
	json_text(json, "name", row->supplier_name);
	json_close(json, '}');
}

/* All but the closing brace. */
static void write_item(struct writing *w)
{
	const struct shop_row *row = w->offering->rows[0];
	struct json *json = &w->json;

	json_open(json, NULL, '{');
	write_first_sku(w);
	json_int(json, "unit_price_fen", w->figures.price);
	write_optional(json, "fen_per_500g", w->figures.per_500g, w->figures.per_500g > 0);
	json_text(json, "price_reason", first_reason(w->offering));
	json_int(json, "minimum", row->terms.minimum);
	json_int(json, "multiple", row->terms.multiple);
	json_int(json, "sku_count", (int64_t)w->offering->count);
	json_text(json, "availability", text_of(word_of(availability_words, w->figures.word)));
	json_open(json, "certificates", '[');
	for (size_t i = 0; i < w->certificates.count; i++)
		json_text(json, NULL, *LIST_ITEM(w->certificates, struct text, i));
	json_close(json, ']');
	json_text(json, "storage", row->storage);
	write_digest(json, "image", first_image(w->offering));
}

/* ---- pages of products ----------------------------------------------------------------------- */

static void write_sku(struct writing *w, size_t at)
{
	const struct shop_row *row = w->offering->rows[at];
	const struct terms *terms = &w->terms[at];
	int64_t per_500g = fen_per_500g(first_price(terms), row->weight_g);
	enum availability word = availability_of(row->available, row->terms.minimum);
	struct json *json = &w->json;

	json_open(json, NULL, '{');
	write_number(json, "sku", row->terms.sku);
	json_text(json, "specification", row->terms.specification);
	json_text(json, "sale_unit", row->terms.sale_unit);
	write_optional(json, "weight_g", row->weight_g, row->weight_g != INT_NONE);
	json_text(json, "barcode", or_null(row->barcode));
	json_int(json, "minimum", row->terms.minimum);
	json_int(json, "multiple", row->terms.multiple);
	json_open(json, "ladder", '[');
	for (size_t i = 0; i < terms->ladder.count; i++)
		rung_write(json, &terms->ladder.rungs[i]);
	json_close(json, ']');
	write_optional(json, "fen_per_500g", per_500g, per_500g != INT_NONE);
	json_text(json, "availability", text_of(word_of(availability_words, (int)word)));
	json_text(json, "price_reason", or_null(row->reason));
	json_close(json, '}');
}

static void write_certificates(struct writing *w)
{
	struct json *json = &w->json;

	json_open(json, "certificate_details", '[');
	for (size_t i = 0; i < w->offering->certificate_count; i++) {
		const struct shop_certificate *each = &w->offering->certificates[i];

		if (!certificate_holds(each, w->shop->today))
			continue;
		json_open(json, NULL, '{');
		json_text(json, "name", each->name);
		json_text(json, "number", or_null(each->number));
		json_text(json, "issuer", or_null(each->issuer));
		json_day(json, "valid_until", each->valid_until);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_image(struct json *json, const struct shop_image *images, size_t count)
{
	static const char *const sizes[] = { "small", "medium", "large" };

	json_open(json, NULL, '{');
	for (size_t i = 0; i < count; i++) {
		if (images[i].size < 0 || images[i].size >= IMAGE_SIZE_COUNT)
			continue;
		json_open(json, sizes[images[i].size], '{');
		write_digest(json, "digest", images[i].digest);
		json_text(json, "media_type", images[i].media_type);
		json_int(json, "width", images[i].width);
		json_int(json, "height", images[i].height);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void write_images(struct writing *w)
{
	const struct shop_image *all = w->offering->images;
	size_t count = w->offering->image_count;

	json_open(&w->json, "images", '[');
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && all[to].number == all[from].number;)
			to++;
		if (to - from == IMAGE_SIZE_COUNT)
			write_image(&w->json, all + from, to - from);
	}
	json_close(&w->json, ']');
}

/* Ends where the median goes, which is the view's. */
static void write_price_card(struct writing *w)
{
	struct json *json = &w->json;

	json_open(json, "price_card", '{');
	write_optional(json, "fen_per_500g", w->figures.per_500g, w->figures.per_500g > 0);
	json_open(json, "history", '[');
	for (size_t i = 0; i < w->offering->count; i++) {
		int64_t sku = w->offering->rows[i]->terms.sku;
		size_t count;
		const struct shop_price *prices = prices_of(w->shop, sku, &count);

		for (size_t k = 0; k < count; k++) {
			json_open(json, NULL, '{');
			write_number(json, "sku", sku);
			json_instant(json, "at", prices[k].at);
			json_int(json, "unit_price_fen", prices[k].unit_price_fen);
			json_close(json, '}');
		}
	}
	json_close(json, ']');
	buffer_add(json->out, TEXT(",\"median_per_500g\":"));
}

static void write_more(struct writing *w)
{
	const struct shop_row *row = w->offering->rows[0];
	struct json *json = &w->json;

	write_place(w, "supplier_county", row->supplier_county);
	json_text(json, "producer", or_null(row->producer));
	json_text(json, "origin", or_null(row->origin));
	json_text(json, "farmers", or_null(row->farmers));
	write_optional(json, "households", row->households, row->households != SMALL_NONE);
	json_bool(json, "agency", row->agency);
	write_optional(json, "shelf_days", row->shelf_days, row->shelf_days != SMALL_NONE);
	json_text(json, "vat_kind", text_of(word_of(vat_words, row->terms.vat_kind)));
	json_int(json, "vat_rate", row->terms.vat_rate);
	json_text(json, "remark", row->remark);
	write_certificates(w);
	write_images(w);
	json_open(json, "skus", '[');
	for (size_t i = 0; i < w->offering->count; i++)
		write_sku(w, i);
	json_close(json, ']');
	write_price_card(w);
}

enum err card_write(const struct shop *shop, const struct reference *reference,
		    const struct offering *offering, const struct terms *terms, struct arena *arena,
		    struct buffer *out, size_t *item_size)
{
	struct writing w = {
		.shop = shop,
		.reference = reference,
		.offering = offering,
		.terms = terms,
		.figures = figures_of(offering, terms),
		.json = { .out = out },
	};
	size_t begun = out->size;
	enum err e = certificate_names(offering, shop->today, arena, &w.certificates);

	if (e)
		return e;
	write_item(&w);
	*item_size = out->size - begun;
	write_more(&w);
	return out->failed ? ERR_MEMORY : OK;
}

/* ---- shards ---------------------------------------------------------------------------------- */

struct shard *shard_make(const struct card *cards, size_t count)
{
	size_t terms_count = 0, size = sizeof(struct shard);

	assert(count <= SHARD_SIZE);
	for (size_t i = 0; i < count; i++) {
		terms_count += cards[i].sku_count;
		size += cards[i].json.size;
	}
	struct shard *shard = memory_take(size + terms_count * sizeof(struct terms));
	if (!shard)
		return NULL;
	struct terms *terms = (void *)(shard + 1);
	char *bytes = (char *)(terms + terms_count);
	shard->count = count;
	atomic_init(&shard->references, 1);
	for (size_t i = 0; i < count; i++) {
		shard->cards[i] = cards[i];
		shard->cards[i].terms = terms;
		shard->cards[i].json.at = bytes;
		memcpy(terms, cards[i].terms, cards[i].sku_count * sizeof(*terms));
		memcpy(bytes, cards[i].json.at, cards[i].json.size);
		terms += cards[i].sku_count;
		bytes += cards[i].json.size;
	}
	return shard;
}

void shard_drop(struct shard *shard)
{
	if (shard && atomic_fetch_sub(&shard->references, 1) == 1)
		memory_free(shard);
}
