/*
 * Filters and counts over dense columns: a product's place in each facet is a number, a filter is a
 * table of numbers. Every facet is counted as if it had no filter itself, so that it shows what its
 * other values would find.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { LEVEL_1_SIZE = 2 };

/* ---- filters --------------------------------------------------------------------------------- */

/* A category of level 1 wants all that begin like it. */
static void want_category(const struct glossary *glossary, struct text code, uint8_t *wanted)
{
	const struct dictionary *all = &glossary->facets[FACET_CATEGORY];

	for (size_t i = 0; i < all->count; i++)
		if (text_equal(all->values[i].code, code) ||
		    (code.size == LEVEL_1_SIZE &&
		     text_equal(text_part(all->values[i].code, 0, LEVEL_1_SIZE), code)))
			wanted[i] = 1;
}

static void want(const struct catalogue_view *view, enum facet facet, struct text code,
		 uint8_t *wanted)
{
	int at;

	if (facet == FACET_CATEGORY) {
		want_category(view->glossary, code, wanted);
		return;
	}
	if (facet == FACET_COUNTY)
		code = county_code_today(&view->layers[0].segment->reference.counties, code);
	at = glossary_find(view->glossary, facet, code);
	if (at >= 0)
		wanted[at] = 1;
}

enum err filter_make(const struct catalogue_view *view, const struct shop_query *query,
		     struct arena *arena, struct filter *out)
{
	*out = (struct filter){ .available = query->available };
	for (int facet = 0; facet < FACET_COUNT; facet++) {
		struct text rest = query->values[facet];

		if (!rest.size)
			continue;
		uint8_t *wanted = arena_take(arena, view->glossary->facets[facet].count + 1);
		if (!wanted)
			return ERR_MEMORY;
		while (rest.at)
			want(view, (enum facet)facet, text_cut(&rest, ','), wanted);
		out->wanted[facet] = wanted;
	}
	return OK;
}

static bool has_certificate(const struct segment *segment, size_t ordinal, const uint8_t *wanted)
{
	for (uint32_t i = segment->certificate_starts[ordinal];
	     i < segment->certificate_starts[ordinal + 1]; i++)
		if (wanted[segment->certificates[i]])
			return true;
	return false;
}

unsigned filter_fails(const struct filter *filter, const struct layer *layer, size_t ordinal)
{
	static const enum facet single[] = { FACET_CATEGORY, FACET_COUNTY, FACET_SUPPLIER,
					     FACET_STORAGE };
	const struct segment *segment = layer->segment;
	unsigned fails = 0;

	for (size_t i = 0; i < COUNT_OF(single); i++) {
		const uint8_t *wanted = filter->wanted[single[i]];

		if (wanted && !wanted[segment->values[single[i]][ordinal]])
			fails |= 1u << single[i];
	}
	if (filter->wanted[FACET_BAND] &&
	    !filter->wanted[FACET_BAND][layer->columns->band[ordinal]])
		fails |= 1u << FACET_BAND;
	if (filter->wanted[FACET_CERTIFICATE] &&
	    !has_certificate(segment, ordinal, filter->wanted[FACET_CERTIFICATE]))
		fails |= 1u << FACET_CERTIFICATE;
	if (filter->available && layer->columns->word[ordinal] == AVAILABLE_OUT)
		fails |= FAILS_STOCK;
	return fails;
}

/* ---- counts ---------------------------------------------------------------------------------- */

enum err facets_begin(const struct catalogue_view *view, struct arena *arena,
		      uint32_t *counts[FACET_COUNT])
{
	for (int facet = 0; facet < FACET_COUNT; facet++) {
		size_t count = view->glossary->facets[facet].count + 1;

		counts[facet] = arena_take(arena, count * sizeof(uint32_t));
		if (!counts[facet])
			return ERR_MEMORY;
	}
	return OK;
}

static void count_in(const struct layer *layer, size_t ordinal, enum facet facet, uint32_t *counts)
{
	const struct segment *segment = layer->segment;

	if (facet == FACET_BAND) {
		counts[layer->columns->band[ordinal]]++;
		return;
	}
	if (facet != FACET_CERTIFICATE) {
		counts[segment->values[facet][ordinal]]++;
		return;
	}
	for (uint32_t i = segment->certificate_starts[ordinal];
	     i < segment->certificate_starts[ordinal + 1]; i++)
		counts[segment->certificates[i]]++;
}

void facets_count(const struct layer *layer, size_t ordinal, unsigned fails,
		  uint32_t *counts[FACET_COUNT])
{
	for (int facet = 0; facet < FACET_COUNT; facet++)
		if (!(fails & ~(1u << facet)))
			count_in(layer, ordinal, (enum facet)facet, counts[facet]);
}

/* ---- answers --------------------------------------------------------------------------------- */

struct counted {
	struct text code, name;
	uint32_t count;
};

static int most_first(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return text_compare(x->code, y->code);
}

static int code_first(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return text_compare(x->code, y->code);
}

static enum err counted_add(struct list *list, struct arena *arena, struct text code,
			    struct text name, uint32_t count)
{
	struct counted *slot = list_add(list, arena, sizeof(*slot));

	if (!slot)
		return ERR_MEMORY;
	*slot = (struct counted){ code, name, count };
	return OK;
}

/* Goods stand in level 2: what begins alike, one behind the other by code, is one of level 1. */
static enum err add_parents(const struct catalogue_view *view, struct arena *arena,
			    struct list *list)
{
	size_t count = list->count;
	enum err e = OK;

	if (count)
		qsort(list->at, count, sizeof(struct counted), code_first);
	for (size_t i = 0, k; i < count && !e; i = k) {
		struct text parent =
			text_part(LIST_ITEM(*list, struct counted, i)->code, 0, LEVEL_1_SIZE);
		uint32_t sum = 0;

		for (k = i; k < count; k++) {
			const struct counted *each = LIST_ITEM(*list, struct counted, k);

			if (!text_equal(text_part(each->code, 0, LEVEL_1_SIZE), parent))
				break;
			sum += each->count;
		}
		if (text_equal(LIST_ITEM(*list, struct counted, i)->code, parent))
			continue;
		e = counted_add(list, arena, parent,
				reference_category(&view->layers[0].segment->reference, parent),
				sum);
	}
	return e;
}

static enum err collect(const struct catalogue_view *view, enum facet facet, const uint32_t *counts,
			struct arena *arena, struct list *out)
{
	const struct dictionary *all = &view->glossary->facets[facet];
	enum err e = OK;

	for (size_t i = 0; i < all->count && !e; i++)
		if (counts[i])
			e = counted_add(out, arena, all->values[i].code, all->values[i].name,
					counts[i]);
	if (!e && facet == FACET_CATEGORY)
		e = add_parents(view, arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct counted), most_first);
	return e;
}

enum err facets_write(const struct catalogue_view *view, uint32_t *const counts[FACET_COUNT],
		      struct arena *arena, struct json *json)
{
	json_open(json, "facets", '{');
	for (int facet = 0; facet < FACET_COUNT; facet++) {
		struct list values = { 0 };
		enum err e = collect(view, (enum facet)facet, counts[facet], arena, &values);

		if (e)
			return e;
		json_open(json, facet_names[facet], '[');
		for (size_t i = 0; i < values.count && i < FACET_SHOWN_MAX; i++) {
			const struct counted *each = LIST_ITEM(values, struct counted, i);

			json_open(json, NULL, '{');
			json_text(json, "code", each->code);
			json_text(json, "name", each->name);
			json_int(json, "count", each->count);
			json_close(json, '}');
		}
		json_close(json, ']');
	}
	json_close(json, '}');
	return OK;
}
