/*
 * Makes views over a shelf, and is the builder's eye on the database: it rereads the stock when an
 * event was committed, makes a new shelf when an offer moved, a new view when only a word of
 * availability did, and nothing otherwise.
 */
#include "view.h"

#include <string.h>

enum { VIEW_ARENA = 1024 * 1024 * 1024, LOOK_ARENA = 1024 * 1024 * 1024 };
/*
 * A look takes at most one part in LOOK_SHARE of the builder's time, unless that would put the next
 * one off beyond LOOK_SOON_US: a commit shall be seen within 200 ms. Looks that are longer
 * themselves leave twice their time between them.
 */
enum { LOOK_SHARE = 8, LOOK_SHARE_LONG = 3, LOOK_SOON_US = 100000 };

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

/* ---- bodies ---------------------------------------------------------------------------------- */

static enum err join(struct arena *arena, const struct text *parts, size_t count, struct ready *out)
{
	size_t size = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		size += parts[i].size;
	char *body = arena_take(arena, size);
	if (!body)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; at += parts[i++].size)
		memcpy(body + at, parts[i].at, parts[i].size);
	out->body = (struct text){ body, size };
	out->tag = tag_of(out->body);
	return OK;
}

static enum err make_good(struct catalogue_view *view, size_t ordinal)
{
	const struct good *good = &view->shelf->goods[ordinal];
	struct text word = text_of(word_of(availability_words, view->words[ordinal]));
	const struct text item[] = { good->head, word, good->tail, TEXT("}") };
	const struct text whole[] = { good->head, word, good->tail, good->more, TEXT("}") };
	enum err e = join(view->arena, item, COUNT_OF(item), &view->items[ordinal]);

	return e ? e : join(view->arena, whole, COUNT_OF(whole), &view->details[ordinal]);
}

static enum err make_page(struct catalogue_view *view, size_t facet)
{
	const struct postings *all = &view->shelf->facets[facet].postings;
	struct shop_hits hits = { .ordinals = all->at, .count = all->count };
	struct ready page;

	if (hits.count > SHOP_LIMIT) {
		hits.count = SHOP_LIMIT;
		hits.next = cursor_make(0, view->shelf->skus[all->at[SHOP_LIMIT - 1]]);
	}
	enum err e = shop_body(view, &hits, view->arena, &page);
	if (e)
		return e;
	char *body = arena_copy(view->arena, page.body.at, page.body.size);
	view->pages[facet] = (struct ready){ { body, page.body.size }, page.tag };
	memory_free((void *)(uintptr_t)page.body.at);
	return body ? OK : ERR_MEMORY;
}

static enum err make_bodies(struct catalogue_view *view)
{
	const struct shelf *shelf = view->shelf;
	enum err e = OK;

	view->items = arena_take(view->arena, (shelf->count + 1) * sizeof(struct ready));
	view->details = arena_take(view->arena, (shelf->count + 1) * sizeof(struct ready));
	view->pages = arena_take(view->arena, (shelf->facet_count + 1) * sizeof(struct ready));
	if (!view->items || !view->details || !view->pages)
		return ERR_MEMORY;
	for (size_t i = 0; i < shelf->count && !e; i++)
		e = make_good(view, i);
	for (size_t i = 0; i < shelf->facet_count && !e; i++)
		e = make_page(view, i);
	return e;
}

/* ---- views ----------------------------------------------------------------------------------- */

static enum err view_fill(struct catalogue_view *view, struct shelf *shelf, const uint8_t *words)
{
	view->shelf = shelf;
	view->watch = arena_take(view->arena, sizeof(*view->watch));
	view->words = arena_take(view->arena, shelf->count + 1);
	if (!view->watch || !view->words)
		return ERR_MEMORY;
	memcpy(view->words, words, shelf->count);
	return make_bodies(view);
}

/* One more view over @shelf, which is the caller's to drop when that fails. */
static const struct catalogue_view *view_over(struct shelf *shelf, const uint8_t *words,
					      enum err *e)
{
	struct arena *arena = arena_new(VIEW_ARENA);
	struct catalogue_view *view = arena ? arena_take(arena, sizeof(*view)) : NULL;

	*e = ERR_MEMORY;
	if (view) {
		view->arena = arena;
		*e = view_fill(view, shelf, words);
	}
	if (*e) {
		arena_free(arena);
		return NULL;
	}
	atomic_fetch_add(&shelf->views, 1);
	return view;
}

const struct catalogue_view *view_make(const struct shop *shop, enum err *e)
{
	const struct catalogue_view *view = NULL;
	struct shelf *shelf = shelf_make(shop, e);
	uint8_t *words = shelf ? memory_take(shelf->count + 1) : NULL;

	if (!shelf)
		return NULL;
	if (!words)
		*e = ERR_MEMORY;
	for (size_t i = 0; i < shelf->count && !*e; i++) {
		const struct shop_row *row = LIST_ITEM(shop->rows, struct shop_row, i);

		words[i] = (uint8_t)availability_of(row->available, row->terms.minimum);
	}
	if (!*e)
		view = view_over(shelf, words, e);
	if (!view)
		shelf_drop(shelf);
	memory_free(words);
	return view;
}

const struct catalogue_view *view_restock(const struct catalogue_view *view, const uint8_t *words,
					  enum err *e)
{
	return view_over(view->shelf, words, e);
}

void view_drop(const struct catalogue_view *view)
{
	struct shelf *shelf = view->shelf;

	arena_free(view->arena);
	if (atomic_fetch_sub(&shelf->views, 1) == 1)
		shelf_drop(shelf);
}

void view_release(const void *view)
{
	if (view)
		view_drop(view);
}

const struct terms *view_terms(const void *view, int64_t sku)
{
	const struct catalogue_view *shop = view;

	if (!shop)
		return NULL;
	size_t at = shelf_ordinal(shop->shelf, sku);
	return at < shop->shelf->count && shop->shelf->skus[at] == sku
		       ? &shop->shelf->goods[at].terms
		       : NULL;
}

/* ---- looking --------------------------------------------------------------------------------- */

/* Holds the stock rows against a view, in one pass: both ascend by SKU. */
struct comparison {
	const struct catalogue_view *view;
	uint8_t *words;
	size_t at;
	bool offers_moved, words_moved;
};

static enum err compare_stock(void *context, void *row)
{
	struct comparison *c = context;
	const struct shelf *shelf = c->view->shelf;
	const struct stock *stock = row;

	if (c->offers_moved)
		return OK;
	if (c->at == shelf->count || shelf->skus[c->at] != stock->sku ||
	    shelf->goods[c->at].terms.offer != stock->offer) {
		c->offers_moved = true;
		return OK;
	}
	c->words[c->at] =
		(uint8_t)availability_of(stock->available, shelf->goods[c->at].terms.minimum);
	c->words_moved |= c->words[c->at] != c->view->words[c->at];
	c->at++;
	return OK;
}

static const struct catalogue_view *read_all(struct db *db, struct arena *arena, enum err *e)
{
	struct shop shop = { 0 };

	*e = shop_read(db, arena, &shop);
	return *e ? NULL : view_make(&shop, e);
}

/* A view that holds what the database holds: @old where it does. */
static const struct catalogue_view *look_again(struct db *db, struct arena *arena,
					       const struct catalogue_view *old, enum err *e)
{
	struct comparison c = { .view = old };

	c.words = arena_take(arena, old->shelf->count + 1);
	*e = c.words ? stock_each(db, compare_stock, &c) : ERR_MEMORY;
	if (*e)
		return NULL;
	if (c.offers_moved || c.at != old->shelf->count)
		return read_all(db, arena, e);
	return c.words_moved ? view_restock(old, c.words, e) : old;
}

static bool same_place(const struct shop_place *a, const struct shop_place *b)
{
	return a->position == b->position && a->categories == b->categories &&
	       id_equal(a->waiting, b->waiting);
}

static int64_t pause_after(int64_t took)
{
	int64_t pause = (LOOK_SHARE - 1) * took, most = (LOOK_SHARE_LONG - 1) * took;

	if (most < LOOK_SOON_US)
		most = LOOK_SOON_US;
	return pause < most ? pause : most;
}

static const struct catalogue_view *look(struct db *db, struct arena *arena,
					 const struct catalogue_view *old, enum err *e)
{
	struct shop_place place = { 0 };
	const struct catalogue_view *view;
	int64_t begun = clock_monotonic();

	*e = shop_place_read(db, arena, &place);
	if (*e || (old && same_place(&place, &old->watch->place)))
		return *e ? NULL : old;
	if (old && place.categories == old->watch->place.categories)
		view = look_again(db, arena, old, e);
	else
		view = read_all(db, arena, e);
	if (view) {
		int64_t now = clock_monotonic();

		view->watch->place = place;
		view->watch->next_look = now + pause_after(now - begun);
	}
	return view;
}

/*
 * The place is read before the rows: whatever is committed in between is seen by the next look.
 * Over a large catalogue looks become rarer, so that the builder never takes more than its share.
 */
const void *view_look(struct app *app, struct db *db, const void *old, enum err *e)
{
	const struct catalogue_view *before = old;
	struct arena *arena;

	(void)app;
	*e = OK;
	if (before && clock_monotonic() < before->watch->next_look)
		return old;
	arena = arena_new(LOOK_ARENA);
	*e = ERR_MEMORY;
	const struct catalogue_view *view = arena ? look(db, arena, before, e) : NULL;
	arena_free(arena);
	return view;
}

const struct view_source catalogue_view_source = { .build = view_look, .release = view_release };
