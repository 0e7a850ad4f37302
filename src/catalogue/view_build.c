/*
 * Makes whole views, layers and copies of views, which share every piece that they do not change.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { MAKE_ARENA = 1024 * 1024 * 1024, MEDIAN_LEAST = 5 };

/* ---- entity tags ----------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xe9846af9b1a615d);
	h ^= h >> 32;
	h *= UINT64_C(0xe9846af9b1a615d);
	return h ^ h >> 28;
}

uint64_t tag_join(uint64_t a, uint64_t b)
{
	return mix(a * UINT64_C(0x9e3779b97f4a7c15) + b);
}

uint64_t tag_of(struct text t)
{
	uint64_t tag = tag_join(UINT64_C(0x9e3779b97f4a7c15), t.size);
	size_t at = 0;

	for (; at + sizeof(uint64_t) <= t.size; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, t.at + at, sizeof(word));
		tag = tag_join(tag, word);
	}
	if (at < t.size) {
		uint64_t word = 0;

		memcpy(&word, t.at + at, t.size - at);
		tag = tag_join(tag, word);
	}
	return tag;
}

/* ---- columns --------------------------------------------------------------------------------- */

static struct columns *columns_new(size_t count)
{
	size_t size = count * (3 * sizeof(uint32_t) + 3 * sizeof(uint8_t));
	struct columns *columns = memory_take(sizeof(*columns) + size);

	if (!columns)
		return NULL;
	atomic_init(&columns->references, 1);
	columns->count = columns->alive = count;
	columns->price = (void *)(columns + 1);
	columns->per_500g = columns->price + count;
	columns->sales = columns->per_500g + count;
	columns->band = (void *)(columns->sales + count);
	columns->word = columns->band + count;
	columns->dead = columns->word + count;
	return columns;
}

static void columns_drop(struct columns *columns)
{
	if (columns && atomic_fetch_sub(&columns->references, 1) == 1)
		memory_free(columns);
}

enum err layer_own_columns(struct layer *layer)
{
	struct columns *old = layer->columns, *own;

	if (atomic_load(&old->references) == 1)
		return OK;
	own = columns_new(old->count);
	if (!own)
		return ERR_MEMORY;
	own->alive = old->alive;
	memcpy(own->price, old->price, old->count * (3 * sizeof(uint32_t) + 3 * sizeof(uint8_t)));
	columns_drop(old);
	layer->columns = own;
	return OK;
}

void layer_set(struct layer *layer, size_t ordinal, const struct figures *figures)
{
	struct columns *columns = layer->columns;

	columns->price[ordinal] = figures->price;
	columns->per_500g[ordinal] = figures->per_500g;
	columns->band[ordinal] = figures->band;
	columns->word[ordinal] = figures->word;
}

uint32_t pieces_sold(const struct layer *layer, size_t ordinal, const struct sales *sales)
{
	const struct card *card = layer_card(layer, ordinal);
	uint64_t pieces = 0;

	for (size_t i = 0; i < card->sku_count; i++)
		pieces += sales_of(sales, card->terms[i].sku);
	return pieces < UINT32_MAX ? (uint32_t)pieces : UINT32_MAX;
}

void layer_sell(struct layer *layer, size_t ordinal, const struct sales *sales)
{
	layer->columns->sales[ordinal] = pieces_sold(layer, ordinal, sales);
}

const struct card *layer_card(const struct layer *layer, size_t ordinal)
{
	return &layer->shards[ordinal / SHARD_SIZE]->cards[ordinal % SHARD_SIZE];
}

/* ---- layers ---------------------------------------------------------------------------------- */

static size_t shards_in(const struct segment *segment)
{
	return (segment->count + SHARD_SIZE - 1) / SHARD_SIZE;
}

/* One shard of a new layer while it is written. */
struct sharding {
	const struct shop *shop;
	const struct reference *reference;
	struct layer *layer;
	const struct list *offerings;
	struct buffer text;
	struct arena *arena; /* emptied after each shard */
};

static enum err own_terms(struct arena *arena, const struct shop_row *row, struct terms *out)
{
	*out = row->terms;
	if (!ladder_parse(row->ladder, &out->ladder))
		return ERR_INTERNAL;
	struct text *const texts[] = { &out->code,      &out->name,   &out->specification,
				       &out->sale_unit, &out->county, &out->category };
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		*texts[i] = arena_text(arena, *texts[i]);
		if (!texts[i]->at)
			return ERR_MEMORY;
	}
	return OK;
}

static enum err draft_card(struct sharding *s, size_t ordinal, struct card *card, size_t *begin)
{
	const struct offering *offering = LIST_ITEM(*s->offerings, struct offering, ordinal);
	struct terms *terms = arena_take(s->arena, offering->count * sizeof(*terms));
	enum err e = terms ? OK : ERR_MEMORY;

	for (size_t i = 0; i < offering->count && !e; i++)
		e = own_terms(s->layer->segment->arena, offering->rows[i], &terms[i]);
	if (e)
		return e;
	*begin = s->text.size;
	card->terms = terms;
	card->sku_count = offering->count;
	e = card_write(s->shop, s->reference, offering, terms, s->arena, &s->text,
		       &card->item_size);
	card->json.size = s->text.size - *begin;
	struct figures figures = figures_of(offering, terms);
	layer_set(s->layer, ordinal, &figures);
	return e;
}

static enum err make_shard(struct sharding *s, size_t number)
{
	size_t first = number * SHARD_SIZE, count = s->layer->segment->count - first;
	struct card cards[SHARD_SIZE];
	size_t begins[SHARD_SIZE];
	enum err e = OK;

	if (count > SHARD_SIZE)
		count = SHARD_SIZE;
	s->text.size = 0;
	for (size_t i = 0; i < count && !e; i++)
		e = draft_card(s, first + i, &cards[i], &begins[i]);
	if (e)
		return e;
	for (size_t i = 0; i < count; i++)
		cards[i].json.at = s->text.at + begins[i];
	s->layer->shards[number] = shard_make(cards, count);
	arena_reset(s->arena);
	return s->layer->shards[number] ? OK : ERR_MEMORY;
}

static enum err make_shards(struct catalogue_view *view, struct layer *layer,
			    const struct shop *shop, const struct list *offerings)
{
	struct sharding s = {
		.shop = shop,
		.reference = &view->layers[0].segment->reference,
		.layer = layer,
		.offerings = offerings,
		.arena = arena_new(0),
	};
	enum err e = s.arena ? OK : ERR_MEMORY;

	for (size_t i = 0; i < shards_in(layer->segment) && !e; i++)
		e = make_shard(&s, i);
	buffer_free(&s.text);
	arena_free(s.arena);
	return e;
}

enum err layer_make(struct catalogue_view *view, struct layer *layer, struct shop *shop,
		    const struct list *offerings, const struct sales *sales)
{
	bool is_first = layer == view->layers;
	enum err e;

	layer->segment =
		segment_make(shop, offerings, is_first ? NULL : &view->layers[0].segment->reference,
			     &view->glossary, &e);
	if (!layer->segment)
		return e;
	layer->columns = columns_new(layer->segment->count);
	layer->shards = memory_take((shards_in(layer->segment) + 1) * sizeof(struct shard *));
	if (!layer->columns || !layer->shards)
		return ERR_MEMORY;
	e = make_shards(view, layer, shop, offerings);
	for (size_t i = 0; i < layer->segment->count && !e; i++)
		layer_sell(layer, i, sales);
	return e;
}

void layer_drop(struct layer *layer)
{
	if (layer->shards)
		for (size_t i = 0; i < shards_in(layer->segment); i++)
			shard_drop(layer->shards[i]);
	memory_free(layer->shards);
	columns_drop(layer->columns);
	segment_drop(layer->segment);
	*layer = (struct layer){ 0 };
}

static enum err layer_copy(const struct layer *old, struct layer *out)
{
	size_t count = shards_in(old->segment);

	out->shards = memory_take((count + 1) * sizeof(struct shard *));
	if (!out->shards)
		return ERR_MEMORY;
	out->segment = old->segment;
	out->columns = old->columns;
	atomic_fetch_add(&out->segment->references, 1);
	atomic_fetch_add(&out->columns->references, 1);
	for (size_t i = 0; i < count; i++) {
		out->shards[i] = old->shards[i];
		atomic_fetch_add(&out->shards[i]->references, 1);
	}
	return OK;
}

/* ---- medians of like goods ------------------------------------------------------------------- */

static void swap_numbers(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

/* Puts the @nth smallest in its place, none below it above it (Hoare's selection). */
static uint32_t select_nth(uint32_t *all, size_t count, size_t nth)
{
	size_t from = 0, to = count;

	while (to - from > 1) {
		uint32_t pivot = all[from + (to - from - 1) / 2];
		size_t i = from - 1, k = to;

		for (;;) {
			do
				i++;
			while (all[i] < pivot);
			do
				k--;
			while (all[k] > pivot);
			if (i >= k)
				break;
			swap_numbers(&all[i], &all[k]);
		}
		if (nth <= k)
			to = k + 1;
		else
			from = k + 1;
	}
	return all[nth];
}

/* Of an even number of prices, half way between the two in the middle, rounded up. */
static int64_t median_of(uint32_t *all, size_t count)
{
	uint32_t upper, lower = 0;

	if (count < MEDIAN_LEAST)
		return INT_NONE;
	upper = select_nth(all, count, count / 2);
	if (count % 2)
		return upper;
	for (size_t i = 0; i < count / 2; i++)
		if (all[i] > lower)
			lower = all[i];
	return ((int64_t)upper + lower + 1) / 2;
}

/* How many prices each category has, then where its prices begin. */
static void count_prices(const struct catalogue_view *view, uint32_t *starts, size_t categories)
{
	for (size_t l = 0; l < view->layer_count; l++) {
		const struct layer *layer = &view->layers[l];
		const uint16_t *category = layer->segment->values[FACET_CATEGORY];

		for (size_t i = 0; i < layer->segment->count; i++)
			starts[category[i] + 1] +=
				!layer->columns->dead[i] && layer->columns->per_500g[i];
	}
	for (size_t i = 0; i < categories; i++)
		starts[i + 1] += starts[i];
}

static void gather_prices(const struct catalogue_view *view, uint32_t *ends, uint32_t *prices)
{
	for (size_t l = 0; l < view->layer_count; l++) {
		const struct layer *layer = &view->layers[l];
		const uint16_t *category = layer->segment->values[FACET_CATEGORY];

		for (size_t i = 0; i < layer->segment->count; i++)
			if (!layer->columns->dead[i] && layer->columns->per_500g[i])
				prices[ends[category[i]]++] = layer->columns->per_500g[i];
	}
}

static enum err fill_medians(struct catalogue_view *view, const bool *dirty, struct arena *arena)
{
	size_t categories = view->median_count;
	uint32_t *starts = arena_take(arena, (categories + 2) * sizeof(*starts));
	uint32_t *ends = arena_take(arena, (categories + 1) * sizeof(*ends));

	if (!starts || !ends)
		return ERR_MEMORY;
	count_prices(view, starts, categories);
	memcpy(ends, starts, categories * sizeof(*ends));
	uint32_t *prices = arena_take(arena, (starts[categories] + 1) * sizeof(*prices));
	if (!prices)
		return ERR_MEMORY;
	gather_prices(view, ends, prices);
	for (size_t i = 0; i < categories; i++)
		if (!dirty || dirty[i])
			view->medians[i] = median_of(prices + starts[i], starts[i + 1] - starts[i]);
	return OK;
}

enum err view_medians(struct catalogue_view *view, const bool *dirty)
{
	size_t count = view->glossary->facets[FACET_CATEGORY].count;
	struct arena *arena;
	enum err e;

	if (count > view->median_count) {
		int64_t *medians = memory_grow(view->medians, count * sizeof(*medians));

		if (!medians)
			return ERR_MEMORY;
		for (size_t i = view->median_count; i < count; i++)
			medians[i] = INT_NONE;
		view->medians = medians;
		view->median_count = count;
	}
	arena = arena_new(MAKE_ARENA);
	e = arena ? fill_medians(view, dirty, arena) : ERR_MEMORY;
	arena_free(arena);
	return e;
}

int64_t view_median(const void *view, struct text category)
{
	const struct catalogue_view *shop = view;
	int at = shop ? glossary_find(shop->glossary, FACET_CATEGORY, category) : -1;

	return at >= 0 && (size_t)at < shop->median_count ? shop->medians[at] : INT_NONE;
}

/* ---- views ----------------------------------------------------------------------------------- */

static struct catalogue_view *view_new(void)
{
	struct catalogue_view *view = memory_take(sizeof(*view));

	if (!view)
		return NULL;
	view->pages = memory_take(PAGES_KEPT * sizeof(*view->pages));
	if (view->pages)
		return view;
	memory_free(view);
	return NULL;
}

void view_drop(const struct catalogue_view *const_view)
{
	struct catalogue_view *view = (void *)(uintptr_t)const_view;

	if (!view)
		return;
	for (size_t i = view->layer_count; i > 0; i--)
		layer_drop(&view->layers[i - 1]);
	glossary_drop(view->glossary);
	memory_free(view->medians);
	pages_drop(view);
	watch_drop(view->watch);
	memory_free(view);
}

void view_release(const void *view)
{
	view_drop(view);
}

static enum err view_fill(struct catalogue_view *view, struct shop *shop, const struct sales *sales)
{
	struct arena *arena = arena_new(MAKE_ARENA);
	struct list offerings = { 0 };
	enum err e = arena ? offerings_of(shop, arena, &offerings) : ERR_MEMORY;

	view->glossary = glossary_new();
	if (!e && !view->glossary)
		e = ERR_MEMORY;
	view->layer_count = 1;
	if (!e)
		e = layer_make(view, &view->layers[0], shop, &offerings, sales);
	if (!e)
		e = view_medians(view, NULL);
	arena_free(arena);
	return e;
}

struct catalogue_view *view_make(struct shop *shop, const struct sales *sales, enum err *e)
{
	struct catalogue_view *view = view_new();

	*e = view ? view_fill(view, shop, sales) : ERR_MEMORY;
	if (!*e)
		return view;
	view_drop(view);
	return NULL;
}

static enum err copy_into(struct catalogue_view *view, const struct catalogue_view *old)
{
	enum err e = OK;

	view->glossary = old->glossary;
	atomic_fetch_add(&view->glossary->references, 1);
	for (size_t i = 0; i < old->layer_count && !e; i++) {
		e = layer_copy(&old->layers[i], &view->layers[i]);
		view->layer_count = i + 1;
	}
	view->medians = memory_take((old->median_count + 1) * sizeof(*view->medians));
	if (!view->medians)
		return ERR_MEMORY;
	if (old->median_count) /* a shop that was empty has none */
		memcpy(view->medians, old->medians, old->median_count * sizeof(*view->medians));
	view->median_count = old->median_count;
	return e;
}

struct catalogue_view *view_copy(const struct catalogue_view *old, enum err *e)
{
	struct catalogue_view *view = view_new();

	*e = view ? copy_into(view, old) : ERR_MEMORY;
	if (!*e)
		return view;
	view_drop(view);
	return NULL;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static bool product_in(const struct layer *layer, struct id product, size_t *out)
{
	const struct segment *segment = layer->segment;
	size_t from = 0, to = segment->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(segment->products[segment->by_product[middle]], product) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == segment->count ||
	    !id_equal(segment->products[segment->by_product[from]], product))
		return false;
	*out = segment->by_product[from];
	return !layer->columns->dead[*out];
}

bool view_place(const struct catalogue_view *view, struct id product, struct spot *out)
{
	for (size_t i = 0; i < view->layer_count; i++) {
		out->layer = &view->layers[i];
		if (product_in(out->layer, product, &out->ordinal))
			return true;
	}
	return false;
}

static const struct terms *terms_in(const struct layer *layer, int64_t sku)
{
	const struct segment *segment = layer->segment;
	size_t from = 0, to = segment->stand_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (segment->stands[middle].sku < sku)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == segment->stand_count || segment->stands[from].sku != sku)
		return NULL;
	const struct stand *stand = &segment->stands[from];
	return layer->columns->dead[stand->product]
		       ? NULL
		       : &layer_card(layer, stand->product)->terms[stand->place];
}

const struct terms *view_terms(const void *view, int64_t sku)
{
	const struct catalogue_view *shop = view;
	const struct terms *terms = NULL;

	for (size_t i = 0; shop && i < shop->layer_count && !terms; i++)
		terms = terms_in(&shop->layers[i], sku);
	return terms;
}

size_t view_places(const void *view, struct search_place *out, size_t max)
{
	const struct catalogue_view *shop = view;
	size_t count = 0;

	for (; shop && count < shop->layer_count && count < max; count++) {
		const struct columns *columns = shop->layers[count].columns;

		out[count].index = shop->layers[count].segment->index;
		out[count].gone = memchr(columns->dead, 1, columns->count) ? columns->dead : NULL;
	}
	return count;
}
