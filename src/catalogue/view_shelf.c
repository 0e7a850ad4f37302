/*
 * Makes a shelf of what is sold: terms, JSON pieces, orders, facets and the text index, all in one
 * arena.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { SHELF_ARENA = 1024 * 1024 * 1024 };

/* What a good's words weigh in a search, by the field they stand in. */
enum {
	WEIGHT_NUMBER = 16,
	WEIGHT_NAME = 8,
	WEIGHT_CATEGORY = 4,
	WEIGHT_COUNTY = 3,
	WEIGHT_OTHER = 2
};

struct shelving {
	const struct shop *shop;
	struct shelf *shelf;
	struct buffer text; /* of the piece that is being written */
	struct index_builder index;
};

/* The names behind a row's codes; those that nobody knows stand for themselves. */
struct row_names {
	const struct shop_supplier *supplier;
	struct text county, city, category, parent, supplier_county;
};

/* ---- names ----------------------------------------------------------------------------------- */

static int supplier_id(const void *key, const void *item)
{
	const struct shop_supplier *supplier = item;
	const struct id *id = key;

	return id_compare(*id, supplier->id);
}

static int county_code(const void *key, const void *item)
{
	const struct county *county = item;
	const struct text *code = key;

	return text_compare(*code, county->code);
}

static int category_code(const void *key, const void *item)
{
	const struct category *category = item;
	const struct text *code = key;

	return text_compare(*code, category->code);
}

static const struct county *county_find(const struct shop *shop, struct text code)
{
	if (!shop->counties.count)
		return NULL;
	return bsearch(&code, shop->counties.at, shop->counties.count, sizeof(struct county),
		       county_code);
}

static struct text county_name(const struct shop *shop, struct text code)
{
	const struct county *found = county_find(shop, code);

	return found ? found->name : code;
}

static struct text category_name(const struct shop *shop, struct text code)
{
	const struct category *found =
		shop->categories.count ? bsearch(&code, shop->categories.at, shop->categories.count,
						 sizeof(*found), category_code)
				       : NULL;

	return found ? found->name : code;
}

static struct row_names names_of(const struct shop *shop, const struct terms *terms)
{
	static const struct shop_supplier nobody = { .name = { "", 0 }, .county = { "", 0 } };
	const struct shop_supplier *supplier =
		shop->suppliers.count
			? bsearch(&terms->supplier, shop->suppliers.at, shop->suppliers.count,
				  sizeof(*supplier), supplier_id)
			: NULL;
	const struct county *county = county_find(shop, terms->county);
	struct row_names names = {
		.supplier = supplier ? supplier : &nobody,
		.county = county ? county->name : terms->county,
		.city = county ? county->city_name : NO_TEXT,
		.category = category_name(shop, terms->category),
		.parent = category_name(shop, text_part(terms->category, 0, 2)),
	};

	names.supplier_county = county_name(shop, names.supplier->county);
	return names;
}

/* ---- JSON pieces ----------------------------------------------------------------------------- */

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

/* The item up to its closing brace; gives where the word of availability goes. */
static size_t write_item(struct json *json, const struct shop_row *row, const struct terms *terms,
			 const struct row_names *names)
{
	json_open(json, NULL, '{');
	json_id(json, "id", terms->product);
	write_number(json, "sku", terms->sku);
	json_text(json, "name", terms->name);
	json_text(json, "specification", terms->specification);
	json_text(json, "sale_unit", terms->sale_unit);
	write_coded(json, "county", terms->county, names->county);
	write_coded(json, "category", terms->category, names->category);
	json_open(json, "supplier", '{');
	json_id(json, "id", terms->supplier);
	json_text(json, "name", names->supplier->name);
	json_close(json, '}');
	json_int(json, "unit_price_fen", terms->ladder.rungs[0].unit_price_fen);
	json_int(json, "minimum", terms->minimum);
	json_int(json, "multiple", terms->multiple);
	json_text(json, "availability", TEXT(""));
	size_t word = json->out->size - 1;
	certificates_write(json, "certificates", row->certificates);
	json_text(json, "storage", row->storage);
	return word;
}

/* What the page of a product says beyond its item. */
static void write_more(struct json *json, const struct shop_row *row, const struct terms *terms,
		       const struct row_names *names)
{
	int64_t per_500g = fen_per_500g(terms->ladder.rungs[0].unit_price_fen, row->weight_g);

	json_open(json, "ladder", '[');
	for (size_t i = 0; i < terms->ladder.count; i++)
		rung_write(json, &terms->ladder.rungs[i]);
	json_close(json, ']');
	write_coded(json, "supplier_county", names->supplier->county, names->supplier_county);
	write_optional(json, "shelf_days", row->shelf_days, row->shelf_days != SMALL_NONE);
	write_optional(json, "weight_g", row->weight_g, row->weight_g != INT_NONE);
	write_optional(json, "fen_per_500g", per_500g, per_500g != INT_NONE);
	json_text(json, "barcode", row->barcode);
	json_text(json, "vat_kind", text_of(word_of(vat_words, terms->vat_kind)));
	json_int(json, "vat_rate", terms->vat_rate);
	json_text(json, "remark", row->remark);
}

static enum err write_pieces(struct shelving *s, const struct shop_row *row,
			     const struct row_names *names, struct good *good)
{
	struct buffer *text = &s->text;
	struct json json = { .out = text };
	struct arena *arena = s->shelf->arena;

	text->size = 0;
	size_t word = write_item(&json, row, &good->terms, names);
	size_t end = text->size;
	write_more(&json, row, &good->terms, names);
	if (text->failed)
		return ERR_MEMORY;
	struct text whole = arena_text(arena, buffer_text(text));
	good->head = text_part(whole, 0, word);
	good->tail = text_part(whole, word, end - word);
	good->more = text_part(whole, end, whole.size - end);
	return whole.at ? OK : ERR_MEMORY;
}

/* ---- goods ----------------------------------------------------------------------------------- */

static enum err own(struct arena *arena, struct text *text)
{
	*text = arena_text(arena, *text);
	return text->at ? OK : ERR_MEMORY;
}

static enum err own_terms(struct arena *arena, struct terms *terms)
{
	struct text *const texts[] = { &terms->code,      &terms->name,   &terms->specification,
				       &terms->sale_unit, &terms->county, &terms->category };
	enum err e = OK;

	for (size_t i = 0; i < COUNT_OF(texts) && !e; i++)
		e = own(arena, texts[i]);
	return e;
}

static void index_good(struct shelving *s, uint32_t ordinal, const struct shop_row *row,
		       const struct row_names *names)
{
	struct index_builder *index = &s->index;
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%08lld", (long long)row->terms.sku);

	index_add(index, ordinal, WEIGHT_NUMBER, (struct text){ digits, (size_t)size });
	index_add(index, ordinal, WEIGHT_NAME, row->terms.name);
	index_add(index, ordinal, WEIGHT_CATEGORY, names->category);
	index_add(index, ordinal, WEIGHT_OTHER, names->parent);
	index_add(index, ordinal, WEIGHT_COUNTY, names->county);
	index_add(index, ordinal, WEIGHT_OTHER, names->city);
	index_add(index, ordinal, WEIGHT_OTHER, names->supplier->name);
	index_add(index, ordinal, WEIGHT_OTHER, row->certificates);
}

static enum err shelve(struct shelving *s, uint32_t ordinal, const struct shop_row *row)
{
	struct good *good = &s->shelf->goods[ordinal];

	good->terms = row->terms;
	good->created_at = row->created_at;
	s->shelf->skus[ordinal] = row->terms.sku;
	if (!ladder_parse(row->ladder, &good->terms.ladder))
		return ERR_INTERNAL;
	enum err e = own_terms(s->shelf->arena, &good->terms);
	if (e)
		return e;
	struct row_names names = names_of(s->shop, &good->terms);
	e = write_pieces(s, row, &names, good);
	if (!e)
		index_good(s, ordinal, row, &names);
	return e;
}

/* ---- orders ---------------------------------------------------------------------------------- */

static int by_product(const void *a, const void *b, void *goods)
{
	const struct good *all = goods;
	const uint32_t *x = a, *y = b;
	int order = id_compare(all[*x].terms.product, all[*y].terms.product);

	return order ? order : (*x > *y) - (*x < *y);
}

static int by_price(const void *a, const void *b, void *goods)
{
	const struct good *all = goods;
	const uint32_t *x = a, *y = b;
	int64_t p = all[*x].terms.ladder.rungs[0].unit_price_fen;
	int64_t q = all[*y].terms.ladder.rungs[0].unit_price_fen;

	return p != q ? (p > q) - (p < q) : (*x > *y) - (*x < *y);
}

static int by_age(const void *a, const void *b, void *goods)
{
	const struct good *all = goods;
	const uint32_t *x = a, *y = b;
	int64_t p = all[*x].created_at, q = all[*y].created_at;

	return p != q ? (p > q) - (p < q) : (*x > *y) - (*x < *y);
}

static uint32_t *ordered(const struct shelf *shelf,
			 int (*order)(const void *, const void *, void *))
{
	uint32_t *ordinals = arena_take(shelf->arena, (shelf->count + 1) * sizeof(*ordinals));

	if (!ordinals)
		return NULL;
	for (size_t i = 0; i < shelf->count; i++)
		ordinals[i] = (uint32_t)i;
	qsort_r(ordinals, shelf->count, sizeof(*ordinals), order, shelf->goods);
	return ordinals;
}

static enum err make_orders(struct shelf *shelf)
{
	shelf->by_product = ordered(shelf, by_product);
	shelf->by_price = ordered(shelf, by_price);
	shelf->by_age = ordered(shelf, by_age);
	return shelf->by_product && shelf->by_price && shelf->by_age ? OK : ERR_MEMORY;
}

/* ---- facets ---------------------------------------------------------------------------------- */

enum { FACETS_OF_GOOD = 7 };

struct facet_entry {
	char key[FACET_KEY_MAX];
	uint32_t size, ordinal;
};

static struct text entry_key(const struct facet_entry *entry)
{
	return (struct text){ entry->key, entry->size };
}

static int by_facet(const void *a, const void *b)
{
	const struct facet_entry *x = a, *y = b;
	int order = text_compare(entry_key(x), entry_key(y));

	return order ? order : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static void entry_fill(struct facet_entry *entry, uint32_t ordinal, char kind, struct text a,
		       struct text b)
{
	entry->ordinal = ordinal;
	if (!kind)
		return;
	assert(a.size + b.size < FACET_KEY_MAX);
	entry->key[0] = kind;
	memcpy(entry->key + 1, a.at, a.size);
	if (b.size)
		memcpy(entry->key + 1 + a.size, b.at, b.size);
	entry->size = (uint32_t)(1 + a.size + b.size);
}

static void entries_of(struct facet_entry *out, uint32_t ordinal, const struct terms *terms)
{
	struct text parent = text_part(terms->category, 0, 2);
	struct text supplier = { (const char *)terms->supplier.bytes, sizeof(terms->supplier) };

	entry_fill(&out[0], ordinal, 0, NO_TEXT, NO_TEXT);
	entry_fill(&out[1], ordinal, 'c', parent, NO_TEXT);
	entry_fill(&out[2], ordinal, 'c', terms->category, NO_TEXT);
	entry_fill(&out[3], ordinal, 'o', terms->county, NO_TEXT);
	entry_fill(&out[4], ordinal, 's', supplier, NO_TEXT);
	entry_fill(&out[5], ordinal, 'p', terms->county, parent);
	entry_fill(&out[6], ordinal, 'p', terms->county, terms->category);
}

static enum err group_facets(struct shelf *shelf, const struct facet_entry *entries, size_t count)
{
	uint32_t *ordinals = arena_take(shelf->arena, (count + 1) * sizeof(*ordinals));
	struct facet *facet = NULL;
	size_t facets = 0;

	for (size_t i = 0; i < count; i++)
		facets += !i || !text_equal(entry_key(&entries[i]), entry_key(&entries[i - 1]));
	shelf->facets = arena_take(shelf->arena, (facets + 1) * sizeof(*shelf->facets));
	if (!ordinals || !shelf->facets)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		ordinals[i] = entries[i].ordinal;
		if (!facet || !text_equal(entry_key(&entries[i]), facet->key)) {
			facet = &shelf->facets[shelf->facet_count++];
			facet->key = arena_text(shelf->arena, entry_key(&entries[i]));
			facet->postings.at = &ordinals[i];
			if (!facet->key.at)
				return ERR_MEMORY;
		}
		facet->postings.count++;
	}
	return OK;
}

static enum err make_facets(struct shelf *shelf)
{
	size_t count = shelf->count * FACETS_OF_GOOD;
	struct facet_entry *entries = memory_take((count + 1) * sizeof(*entries));

	if (!entries)
		return ERR_MEMORY;
	for (size_t i = 0; i < shelf->count; i++)
		entries_of(&entries[i * FACETS_OF_GOOD], (uint32_t)i, &shelf->goods[i].terms);
	qsort(entries, count, sizeof(*entries), by_facet);
	enum err e = group_facets(shelf, entries, count);
	memory_free(entries);
	return e;
}

static int facet_key(const void *key, const void *item)
{
	const struct facet *facet = item;
	const struct text *wanted = key;

	return text_compare(*wanted, facet->key);
}

const struct facet *facet_find(const struct shelf *shelf, struct text key)
{
	return shelf->facet_count ? bsearch(&key, shelf->facets, shelf->facet_count,
					    sizeof(*shelf->facets), facet_key)
				  : NULL;
}

/* ---- the shelf ------------------------------------------------------------------------------- */

static enum err make_categories(struct shelving *s)
{
	struct json json = { .out = &s->text };

	s->text.size = 0;
	json_open(&json, NULL, '{');
	json_list(&json, "items", category_fields, category_field_count, sizeof(struct category),
		  &s->shop->categories);
	json_text(&json, "next", NO_TEXT);
	json_close(&json, '}');
	if (s->text.failed)
		return ERR_MEMORY;
	s->shelf->categories = arena_text(s->shelf->arena, buffer_text(&s->text));
	s->shelf->categories_tag = tag_of(s->shelf->categories);
	return s->shelf->categories.at ? OK : ERR_MEMORY;
}

/* What a reader may call a county by: also the codes that it had before. */
static enum err keep_counties(struct shelving *s)
{
	struct arena *arena = s->shelf->arena;

	for (size_t i = 0; i < s->shop->counties.count; i++) {
		const struct county *from = LIST_ITEM(s->shop->counties, struct county, i);
		struct county *to = list_add(&s->shelf->counties, arena, sizeof(*to));

		if (!to)
			return ERR_MEMORY;
		to->code = arena_text(arena, from->code);
		to->former_codes = arena_text(arena, from->former_codes);
		if (!to->code.at || (from->former_codes.at && !to->former_codes.at))
			return ERR_MEMORY;
	}
	return OK;
}

static enum err fill(struct shelving *s)
{
	struct shelf *shelf = s->shelf;
	enum err e = OK;

	shelf->count = s->shop->rows.count;
	shelf->goods = arena_take(shelf->arena, (shelf->count + 1) * sizeof(*shelf->goods));
	shelf->skus = arena_take(shelf->arena, (shelf->count + 1) * sizeof(*shelf->skus));
	if (!shelf->goods || !shelf->skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < shelf->count && !e; i++)
		e = shelve(s, (uint32_t)i, LIST_ITEM(s->shop->rows, struct shop_row, i));
	if (!e)
		e = make_orders(shelf);
	if (!e)
		e = make_facets(shelf);
	if (!e)
		e = index_finish(&s->index, shelf->arena, &shelf->index);
	if (!e)
		e = keep_counties(s);
	return e ? e : make_categories(s);
}

struct shelf *shelf_make(const struct shop *shop, enum err *e)
{
	struct arena *arena = arena_new(SHELF_ARENA);
	struct shelf *shelf = arena ? arena_take(arena, sizeof(*shelf)) : NULL;
	struct shelving shelving = { .shop = shop, .shelf = shelf };

	*e = ERR_MEMORY;
	if (shelf) {
		shelf->arena = arena;
		atomic_init(&shelf->views, 0);
		*e = fill(&shelving);
	}
	buffer_free(&shelving.text);
	index_drop(&shelving.index);
	if (!*e)
		return shelf;
	arena_free(arena);
	return NULL;
}

void shelf_drop(struct shelf *shelf)
{
	arena_free(shelf->arena);
}

size_t shelf_ordinal(const struct shelf *shelf, int64_t sku)
{
	size_t from = 0, to = shelf->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (shelf->skus[middle] < sku)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}
