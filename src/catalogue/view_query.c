/*
 * Answers questions about the shop from a view: every layer is looked through, or what its text
 * index found, the best are kept in a heap as large as the page; pages go on behind the place where
 * the last one ended in its order, so that they stay stable while goods come and go.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

const char *const sort_words[] = { "number", "newest",    "price_asc", "price_desc",
				   "sales",  "relevance", NULL };

/* ---- cursors --------------------------------------------------------------------------------- */

static void put_number(uint8_t *out, uint64_t number)
{
	for (int i = 7; i >= 0; i--, number >>= 8)
		out[i] = (uint8_t)number;
}

static uint64_t get_number(const uint8_t *at)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | at[i];
	return number;
}

struct id cursor_make(uint64_t key, int64_t number)
{
	struct id id = NO_ID;

	put_number(id.bytes, key);
	put_number(id.bytes + 8, (uint64_t)number);
	return id;
}

bool cursor_is_sound(struct id cursor)
{
	int64_t number = (int64_t)get_number(cursor.bytes + 8);

	return id_is_none(cursor) || (number > 0 && number <= SKU_NUMBER_MAX);
}

/* ---- the best so far ------------------------------------------------------------------------- */

/* A heap with the last in order on top. */
struct best {
	struct shop_hit *hits;
	size_t count, room;
};

static bool is_before(const struct shop_hit *a, const struct shop_hit *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->number < b->number;
}

static void sift_down(struct best *best, struct shop_hit hit)
{
	size_t at = 0, child;

	while ((child = 2 * at + 1) < best->count) {
		if (child + 1 < best->count &&
		    is_before(&best->hits[child], &best->hits[child + 1]))
			child++;
		if (!is_before(&hit, &best->hits[child]))
			break;
		best->hits[at] = best->hits[child];
		at = child;
	}
	best->hits[at] = hit;
}

static void best_add(struct best *best, struct shop_hit hit)
{
	size_t at = best->count;

	if (best->count == best->room) {
		if (is_before(&hit, &best->hits[0]))
			sift_down(best, hit);
		return;
	}
	best->count++;
	while (at > 0 && is_before(&best->hits[(at - 1) / 2], &hit)) {
		best->hits[at] = best->hits[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	best->hits[at] = hit;
}

static int hit_order(const void *a, const void *b)
{
	return is_before(a, b) ? -1 : is_before(b, a);
}

/* ---- looking --------------------------------------------------------------------------------- */

struct finding {
	const struct catalogue_view *view;
	const struct shop_query *query;
	struct filter filter;
	struct tally tally;    /* of the layer that is looked at */
	struct shop_hit after; /* number 0: from the beginning */
	struct best best;
	struct shop_hits *out;
	bool is_whole; /* everything must be counted */
	struct arena *arena;
};

static uint64_t rank_of(const struct finding *f, const struct layer *layer, size_t ordinal,
			uint16_t score)
{
	switch (f->query->sort) {
	case SORT_NEWEST:
		return ~(uint64_t)layer->segment->created_at[ordinal];
	case SORT_PRICE_UP:
		return layer->columns->price[ordinal];
	case SORT_PRICE_DOWN:
		return ~(uint64_t)layer->columns->price[ordinal];
	case SORT_SALES:
		return ~(uint64_t)layer->columns->sales[ordinal];
	case SORT_RELEVANCE:
		return ~(uint64_t)score;
	case SORT_NUMBER:
		break;
	}
	return 0;
}

/* A full page whose last comes first for certain, without a look at numbers: those of a layer
 * ascend. */
static bool comes_late(const struct best *best, const struct shop_hit *hit)
{
	const struct shop_hit *last = &best->hits[0];

	return best->count == best->room &&
	       (hit->rank > last->rank || (hit->rank == last->rank && hit->layer == last->layer &&
					   hit->ordinal > last->ordinal));
}

static enum err layer_begin(struct finding *f, size_t number)
{
	return tally_begin(&f->tally, &f->filter, &f->view->layers[number], f->out->facets,
			   f->arena);
}

static void layer_end(const struct finding *f)
{
	if (f->query->facets)
		tally_end(&f->tally, f->out->facets);
}

/* Weighs one product; true when it has a place on the page or before it. */
static bool weigh(struct finding *f, size_t number, size_t ordinal, uint16_t score)
{
	const struct layer *layer = f->tally.layer;

	if (layer->columns->dead[ordinal] || !tally_passes(&f->tally, ordinal))
		return false;
	if (f->query->count)
		f->out->total++;
	struct shop_hit hit = { .rank = rank_of(f, layer, ordinal, score),
				.layer = (uint32_t)number,
				.ordinal = (uint32_t)ordinal };
	if (comes_late(&f->best, &hit))
		return false;
	hit.number = layer->segment->numbers[ordinal];
	if (f->after.number && !is_before(&f->after, &hit))
		return false;
	best_add(&f->best, hit);
	return true;
}

/* The first ordinal of a layer whose number is not below @number. */
static size_t first_from(const struct segment *segment, int64_t number)
{
	size_t from = 0, to = segment->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (segment->numbers[middle] < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* By number a layer is in order, and done when it has filled a page by itself. */
static enum err look_through(struct finding *f)
{
	bool in_order = f->query->sort == SORT_NUMBER && !f->is_whole;
	enum err e = OK;

	for (size_t l = 0; l < f->view->layer_count && !e; l++) {
		const struct segment *segment = f->view->layers[l].segment;
		size_t found = 0;

		e = layer_begin(f, l);
		if (e)
			return e;
		for (size_t i = in_order ? first_from(segment, f->after.number) : 0;
		     i < segment->count; i++) {
			found += weigh(f, l, i, 0);
			if (in_order && found == f->best.room)
				break;
		}
		layer_end(f);
	}
	return OK;
}

static bool any_lives(const struct layer *layer, const struct search_hits *hits)
{
	for (size_t i = 0; i < hits->count; i++)
		if (!layer->columns->dead[hits->documents[i]])
			return true;
	return false;
}

/* One pass over all indexes, whatever the filters are: what was meant does not hang on them. */
static enum err search(struct finding *f, const struct search_query *query)
{
	struct search_hits hits[LAYERS_MAX];
	bool found = false;
	enum err e = OK;

	for (int pass = 0; pass < SEARCH_PASS_COUNT && !found; pass++) {
		for (size_t l = 0; l < f->view->layer_count; l++) {
			const struct layer *layer = &f->view->layers[l];

			hits[l] = (struct search_hits){ 0 };
			e = search_find(layer->segment->index, query, (enum search_pass)pass, NULL,
					0, f->arena, &hits[l]);
			if (e)
				return e;
			found = found || any_lives(layer, &hits[l]);
		}
	}
	for (size_t l = 0; l < f->view->layer_count && found; l++) {
		if (!hits[l].count)
			continue;
		e = layer_begin(f, l);
		if (e)
			return e;
		for (size_t i = 0; i < hits[l].count; i++)
			weigh(f, l, hits[l].documents[i], hits[l].scores[i]);
		layer_end(f);
	}
	return OK;
}

static enum err look(struct finding *f)
{
	struct search_query *query;

	if (!f->query->q.size)
		return look_through(f);
	query = search_parse(f->query->q, f->arena);
	if (!query)
		return ERR_MEMORY;
	return search_is_empty(query) ? OK : search(f, query);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void finish(struct finding *f)
{
	struct best *best = &f->best;

	if (best->count)
		qsort(best->hits, best->count, sizeof(*best->hits), hit_order);
	f->out->at = best->hits;
	f->out->count = best->count;
	if (best->count == best->room) {
		const struct shop_hit *last = &best->hits[--f->out->count - 1];

		f->out->next = cursor_make(last->rank, last->number);
	}
}

enum err shop_find(const struct catalogue_view *view, const struct shop_query *query,
		   struct arena *arena, struct shop_hits *out)
{
	struct finding f = {
		.view = view,
		.query = query,
		.after = { .rank = get_number(query->after.bytes),
			   .number = (int64_t)get_number(query->after.bytes + 8) },
		.best = { .room = (size_t)query->limit + 1 },
		.out = out,
		.is_whole = query->count || query->facets,
		.arena = arena,
	};
	enum err e = filter_make(view, query, arena, &f.filter);

	*out = (struct shop_hits){ .total = query->count ? 0 : INT_NONE };
	f.best.hits = arena_take(arena, f.best.room * sizeof(*f.best.hits));
	if (!e && !f.best.hits)
		e = ERR_MEMORY;
	if (!e && query->facets)
		e = facets_begin(view, arena, out->facets);
	if (!e)
		e = look(&f);
	if (!e)
		finish(&f);
	return e;
}
