/*
 * Filters and counts: a product's place in each facet is a number, a filter is a table of numbers.
 * Many products have the same in all facets but the band of prices, which moves: they are one
 * profile, are filtered once, and take one step each to count. Every facet is counted as if it had
 * no filter itself, so that it shows what its other values would find.
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

/* A bit for each facet of a profile whose filter its products fail. */
static unsigned profile_fails(const struct filter *filter, const struct segment *segment,
			      uint32_t profile)
{
	static const enum facet single[] = { FACET_CATEGORY, FACET_COUNTY, FACET_SUPPLIER,
					     FACET_STORAGE };
	size_t model = segment->models[profile];
	unsigned fails = 0;

	for (size_t i = 0; i < COUNT_OF(single); i++) {
		const uint8_t *wanted = filter->wanted[single[i]];

		if (wanted && !wanted[segment->values[single[i]][model]])
			fails |= 1u << single[i];
	}
	if (filter->wanted[FACET_CERTIFICATE] &&
	    !has_certificate(segment, model, filter->wanted[FACET_CERTIFICATE]))
		fails |= 1u << FACET_CERTIFICATE;
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

enum { TALLY_KNOWN = 0x80 };
_Static_assert((int)TALLY_KNOWN > (int)FAILS_STOCK, "a byte holds what a profile fails");

enum err tally_begin(struct tally *tally, const struct filter *filter, const struct layer *layer,
		     uint32_t *const *facets, struct arena *arena)
{
	size_t count = layer->segment->profile_count + 1;

	*tally = (struct tally){ .filter = filter, .layer = layer };
	for (int facet = 0; facet < FACET_COUNT; facet++)
		tally->filters = tally->filters || (facet != FACET_BAND && filter->wanted[facet]);
	if (tally->filters && !(tally->known = arena_take(arena, count)))
		return ERR_MEMORY;
	if (!facets[0])
		return OK;
	tally->bands = facets[FACET_BAND];
	tally->counts = arena_take(arena, count * sizeof(*tally->counts));
	tally->seen = arena_take(arena, count * sizeof(*tally->seen));
	return tally->counts && tally->seen ? OK : ERR_MEMORY;
}

static unsigned tally_fails(struct tally *tally, uint32_t profile)
{
	if (!tally->filters)
		return 0;
	if (!tally->known[profile])
		tally->known[profile] =
			(uint8_t)(TALLY_KNOWN |
				  profile_fails(tally->filter, tally->layer->segment, profile));
	return tally->known[profile] & ~(unsigned)TALLY_KNOWN;
}

bool tally_passes(struct tally *tally, size_t ordinal)
{
	const struct columns *columns = tally->layer->columns;
	const uint8_t *bands = tally->filter->wanted[FACET_BAND];
	uint32_t profile = tally->layer->segment->profiles[ordinal];
	unsigned fails = tally_fails(tally, profile), moves = 0;

	if (bands && !bands[columns->band[ordinal]])
		moves |= 1u << FACET_BAND;
	if (tally->filter->available && columns->word[ordinal] == AVAILABLE_OUT)
		moves |= FAILS_STOCK;
	if (tally->counts && !moves && !tally->counts[profile]++)
		tally->seen[tally->seen_count++] = profile;
	if (tally->counts && !fails && !(moves & ~(1u << FACET_BAND)))
		tally->bands[columns->band[ordinal]]++;
	return !(fails | moves);
}

static void count_profile(const struct segment *segment, uint32_t profile, enum facet facet,
			  uint32_t count, uint32_t *counts)
{
	size_t model = segment->models[profile];

	if (facet != FACET_CERTIFICATE) {
		counts[segment->values[facet][model]] += count;
		return;
	}
	for (uint32_t i = segment->certificate_starts[model];
	     i < segment->certificate_starts[model + 1]; i++)
		counts[segment->certificates[i]] += count;
}

void tally_end(const struct tally *tally, uint32_t *const *facets)
{
	for (size_t i = 0; i < tally->seen_count; i++) {
		uint32_t profile = tally->seen[i];
		unsigned fails =
			tally->filters ? tally->known[profile] & ~(unsigned)TALLY_KNOWN : 0;

		for (int facet = 0; facet < FACET_COUNT; facet++)
			if (facet != FACET_BAND && !(fails & ~(1u << facet)))
				count_profile(tally->layer->segment, profile, (enum facet)facet,
					      tally->counts[profile], facets[facet]);
	}
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Values that were found: those of most products first, by code among equals. */
struct counted {
	struct text json;
	uint32_t count, order; /* order: by code */
};

static int most_first(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static bool alike(struct text a, struct text b)
{
	return text_equal(text_part(a, 0, LEVEL_1_SIZE), text_part(b, 0, LEVEL_1_SIZE));
}

/* Goods stand in level 2: what begins alike, one behind the other by code, is one of level 1. */
static uint32_t parent_count(const struct dictionary *all, size_t first, const uint32_t *counts)
{
	struct text code = all->values[all->by_code[first]].code;
	uint32_t sum = 0;

	for (size_t i = first; i < all->count && alike(all->values[all->by_code[i]].code, code);
	     i++)
		sum += counts[all->by_code[i]];
	return sum;
}

/* The first that was found of those that begin alike brings their parent, unless it is that itself.
 */
static bool brings_parent(struct text code, struct text before)
{
	return code.size > LEVEL_1_SIZE && !alike(code, before);
}

static enum err parent_json(const struct catalogue_view *view, struct text code,
			    struct arena *arena, struct text *out)
{
	struct buffer text = { 0 };

	facet_value_write(&text, code,
			  reference_category(&view->layers[0].segment->reference, code));
	*out = text.failed ? NO_TEXT : arena_text(arena, buffer_text(&text));
	buffer_free(&text);
	return out->at ? OK : ERR_MEMORY;
}

static enum err add_parent(const struct catalogue_view *view, size_t at, const uint32_t *counts,
			   struct arena *arena, struct counted *out)
{
	const struct dictionary *all = &view->glossary->facets[FACET_CATEGORY];
	struct text code = all->values[all->by_code[at]].code;

	*out = (struct counted){ .count = parent_count(all, at, counts),
				 .order = (uint32_t)(2 * at) };
	return parent_json(view, text_part(code, 0, LEVEL_1_SIZE), arena, &out->json);
}

static enum err collect(const struct catalogue_view *view, enum facet facet, const uint32_t *counts,
			struct arena *arena, struct list *out)
{
	const struct dictionary *all = &view->glossary->facets[facet];
	struct counted *found = arena_take(arena, (2 * all->count + 1) * sizeof(*found));
	struct text before = NO_TEXT;
	size_t count = 0;
	enum err e = OK;

	if (!found)
		return ERR_MEMORY;
	for (size_t i = 0; i < all->count && !e; i++) {
		uint16_t place = all->by_code[i];
		const struct facet_value *value = &all->values[place];

		if (!counts[place])
			continue;
		if (facet == FACET_CATEGORY && brings_parent(value->code, before))
			e = add_parent(view, i, counts, arena, &found[count++]);
		found[count++] =
			(struct counted){ value->json, counts[place], (uint32_t)(2 * i + 1) };
		before = value->code;
	}
	if (!e && count)
		qsort(found, count, sizeof(*found), most_first);
	*out = (struct list){ found, count, count };
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

			if (i)
				buffer_char(json->out, ',');
			buffer_add(json->out, each->json);
			buffer_int(json->out, each->count);
			buffer_char(json->out, '}');
		}
		json_close(json, ']');
	}
	json_close(json, '}');
	return OK;
}
