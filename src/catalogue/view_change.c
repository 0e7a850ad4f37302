/*
 * What a view becomes when some of its products moved. Prices, stock and words of availability go
 * into new shards over the same segments. Products whose content changed die where they are and
 * live on in a new layer; small layers in front of it are drawn into it, so that layers shrink by
 * LAYER_FACTOR and are few. The first layer is only made anew with the whole view.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { LAYER_FACTOR = 4, CHANGE_ARENA = 1024 * 1024 * 1024 };

/* A card to be replaced, with the figures that belong to it. */
struct revised {
	struct layer *layer;
	size_t ordinal;
	struct card card;
	struct figures figures;
};

struct changing {
	const struct catalogue_view *old;
	struct catalogue_view *view; /* a copy of @old; NULL as long as nothing shows */
	const struct shop_reader *reader;
	const struct sales *sales;
	struct arena *arena;
	struct shop shop;
	struct list offerings; /* of the products that moved, by product */
	struct list revised;   /* of struct revised */
	struct list fresh;     /* of struct offering */
	struct list drawn;     /* of struct id: products of layers that are drawn in */
	size_t kept;           /* layers in front of them */
	bool *dirty;           /* categories whose median may have moved */
};

static int offering_order(const void *a, const void *b)
{
	const struct offering *x = a, *y = b;

	return id_compare(x->rows[0]->terms.product, y->rows[0]->terms.product);
}

static int offering_key(const void *key, const void *item)
{
	const struct offering *offering = item;
	const struct id *id = key;

	return id_compare(*id, offering->rows[0]->terms.product);
}

static const struct offering *offering_find(const struct changing *c, struct id product)
{
	return c->offerings.count ? bsearch(&product, c->offerings.at, c->offerings.count,
					    sizeof(struct offering), offering_key)
				  : NULL;
}

/* The view that is being made, or the old one as long as it shows the same. */
static const struct catalogue_view *standing(const struct changing *c)
{
	return c->view ? c->view : c->old;
}

/* The maker's own layer behind a place that was found in what stands: the copy is made by the first
 * who asks. */
static enum err own_layer(struct changing *c, const struct spot *place, struct layer **out)
{
	size_t number = (size_t)(place->layer - standing(c)->layers);
	enum err e = OK;

	if (!c->view)
		c->view = view_copy(c->old, &e);
	if (e)
		return e;
	*out = &c->view->layers[number];
	return layer_own_columns(*out);
}

static void mark_category(struct changing *c, const struct layer *layer, size_t ordinal)
{
	c->dirty[layer->segment->values[FACET_CATEGORY][ordinal]] = true;
}

/* ---- prices and stock ------------------------------------------------------------------------ */

/* The terms of before with what moves; false in @same where something did. */
static enum err revise_terms(const struct card *old, const struct offering *offering,
			     struct arena *arena, struct terms **out, bool *same)
{
	struct terms *terms = arena_copy(arena, old->terms, old->sku_count * sizeof(*terms));

	if (!terms)
		return ERR_MEMORY;
	assert(old->sku_count == offering->count);
	for (size_t i = 0; i < old->sku_count; i++) {
		struct ladder before = terms[i].ladder;

		if (!ladder_parse(offering->rows[i]->ladder, &terms[i].ladder))
			return ERR_INTERNAL;
		*same = *same && terms[i].offer == offering->rows[i]->terms.offer &&
			ladder_equal(&before, &terms[i].ladder);
		terms[i].offer = offering->rows[i]->terms.offer;
	}
	*out = terms;
	return OK;
}

static enum err revise_card(struct changing *c, const struct card *old,
			    const struct offering *offering, struct card *out, bool *same)
{
	struct buffer text = { 0 };
	struct terms *terms = NULL;
	enum err e = revise_terms(old, offering, c->arena, &terms, same);

	*out = (struct card){ .terms = terms, .sku_count = old->sku_count };
	if (!e)
		e = card_write(&c->shop, &c->old->layers[0].segment->reference, offering, terms,
			       c->arena, &text, &out->item_size);
	if (!e)
		*same = *same && text_equal(buffer_text(&text), old->json);
	if (!e && !*same) {
		out->json = arena_text(c->arena, buffer_text(&text));
		e = out->json.at ? OK : ERR_MEMORY;
	}
	buffer_free(&text);
	return e;
}

static enum err revise(struct changing *c, const struct spot *place,
		       const struct offering *offering)
{
	const struct card *old = layer_card(place->layer, place->ordinal);
	struct card card;
	struct layer *layer;
	bool same = true;
	enum err e = revise_card(c, old, offering, &card, &same);

	if (e || same)
		return e;
	e = own_layer(c, place, &layer);
	if (e)
		return e;
	struct revised *revised = list_add(&c->revised, c->arena, sizeof(*revised));
	if (!revised)
		return ERR_MEMORY;
	*revised =
		(struct revised){ layer, place->ordinal, card, figures_of(offering, card.terms) };
	mark_category(c, layer, place->ordinal);
	return OK;
}

static int revised_order(const void *a, const void *b)
{
	const struct revised *x = a, *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* The first of @count revised cards and those behind it that lie in the same shard. */
static size_t same_shard(const struct revised *revised, size_t count)
{
	size_t i = 1;

	while (i < count && revised[i].layer == revised->layer &&
	       revised[i].ordinal / SHARD_SIZE == revised->ordinal / SHARD_SIZE)
		i++;
	return i;
}

static enum err replace_shard(const struct revised *revised, size_t count)
{
	struct shard **slot = &revised->layer->shards[revised->ordinal / SHARD_SIZE];
	struct card cards[SHARD_SIZE];

	memcpy(cards, (*slot)->cards, sizeof(cards));
	for (size_t i = 0; i < count; i++) {
		cards[revised[i].ordinal % SHARD_SIZE] = revised[i].card;
		layer_set(revised[i].layer, revised[i].ordinal, &revised[i].figures);
	}
	struct shard *shard = shard_make(cards, (*slot)->count);
	if (!shard)
		return ERR_MEMORY;
	shard_drop(*slot);
	*slot = shard;
	return OK;
}

static enum err replace_shards(struct changing *c)
{
	struct revised *all = c->revised.at;
	size_t count = c->revised.count;
	enum err e = OK;

	if (count)
		qsort(all, count, sizeof(*all), revised_order);
	for (size_t i = 0, part; i < count && !e; i += part) {
		part = same_shard(all + i, count - i);
		e = replace_shard(all + i, part);
	}
	return e;
}

/* ---- content --------------------------------------------------------------------------------- */

static enum err bury(struct changing *c, const struct spot *place)
{
	struct layer *layer;
	enum err e;

	mark_category(c, place->layer, place->ordinal);
	e = own_layer(c, place, &layer);
	if (e)
		return e;
	layer->columns->dead[place->ordinal] = 1;
	layer->columns->alive--;
	return OK;
}

static enum err add_fresh(struct changing *c, const struct offering *offering)
{
	struct offering *slot = list_add(&c->fresh, c->arena, sizeof(*slot));

	if (!slot)
		return ERR_MEMORY;
	*slot = *offering;
	return OK;
}

static enum err follow_product(struct changing *c, struct id product)
{
	const struct offering *offering = offering_find(c, product);
	struct spot place;
	uint64_t content = 0;
	bool stands = view_place(standing(c), product, &place);
	enum err e = OK;

	if (offering)
		e = content_of(offering, c->shop.today, c->arena, &content);
	if (e)
		return e;
	if (stands && offering && place.layer->segment->contents[place.ordinal] == content)
		return revise(c, &place, offering);
	if (stands)
		e = bury(c, &place);
	if (!e && !c->view && offering)
		c->view = view_copy(c->old, &e);
	return e || !offering ? e : add_fresh(c, offering);
}

/* The living of the last kept layer go into the new one. */
static enum err draw_in(struct changing *c)
{
	const struct layer *layer = &c->view->layers[--c->kept];

	for (size_t i = 0; i < layer->segment->count; i++) {
		if (layer->columns->dead[i])
			continue;
		struct id *id = list_add(&c->drawn, c->arena, sizeof(*id));

		if (!id)
			return ERR_MEMORY;
		*id = layer->segment->products[i];
	}
	return OK;
}

/* Which layers are drawn in: those that are not LAYER_FACTOR times what stands behind them. */
static enum err plan_layers(struct changing *c)
{
	enum err e = OK;

	c->kept = c->view->layer_count;
	while (!e && c->kept > 1) {
		size_t behind = c->fresh.count + c->drawn.count;
		const struct columns *columns = c->view->layers[c->kept - 1].columns;

		if (c->kept < LAYERS_MAX && columns->alive > LAYER_FACTOR * behind)
			break;
		e = draw_in(c);
	}
	return e;
}

static int id_order(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return id_compare(*x, *y);
}

static enum err join_prices(struct changing *c, const struct shop *more)
{
	for (size_t i = 0; i < more->prices.count; i++) {
		struct shop_price *slot = list_add(&c->shop.prices, c->arena, sizeof(*slot));

		if (!slot)
			return ERR_MEMORY;
		*slot = *LIST_ITEM(more->prices, struct shop_price, i);
	}
	shop_sort(&c->shop);
	return OK;
}

/* Reads what is drawn in, which did not move, and joins it with what is fresh. */
static enum err read_drawn(struct changing *c)
{
	struct shop more = { .today = c->shop.today };
	enum err e = OK;

	if (!c->drawn.count)
		return OK;
	qsort(c->drawn.at, c->drawn.count, sizeof(struct id), id_order);
	e = c->reader->read(c->reader->context, c->drawn.at, c->drawn.count, c->arena, &more);
	if (!e)
		e = offerings_of(&more, c->arena, &c->fresh);
	return e ? e : join_prices(c, &more);
}

static enum err add_layer(struct changing *c)
{
	struct catalogue_view *view = c->view;
	enum err e = read_drawn(c);

	if (e)
		return e;
	for (size_t i = view->layer_count; i > c->kept; i--)
		layer_drop(&view->layers[i - 1]);
	view->layer_count = c->kept;
	if (!c->fresh.count)
		return OK;
	qsort(c->fresh.at, c->fresh.count, sizeof(struct offering), offering_by_number);
	view->layer_count++;
	e = layer_make(view, &view->layers[c->kept], &c->shop, &c->fresh, c->sales);
	for (size_t i = 0; i < c->fresh.count && !e; i++)
		mark_category(c, &view->layers[c->kept], i);
	return e;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Sales of products that moved; those of the new layer are known already. */
static enum err sell(struct changing *c, const struct id *products, size_t count)
{
	struct layer *layer;
	struct spot place;
	enum err e = OK;

	for (size_t i = 0; i < count && !e; i++) {
		if (!view_place(standing(c), products[i], &place) ||
		    place.layer->columns->sales[place.ordinal] ==
			    pieces_sold(place.layer, place.ordinal, c->sales))
			continue;
		e = own_layer(c, &place, &layer);
		if (!e)
			layer_sell(layer, place.ordinal, c->sales);
	}
	return e;
}

/* Cards that were revised in layers which are drawn in now are read again with them. */
static enum err settle(struct changing *c, bool *due)
{
	enum err e = replace_shards(c);

	if (e || !c->fresh.count)
		return e;
	e = plan_layers(c);
	*due = c->kept == 1 && c->fresh.count + c->drawn.count > c->view->layers[0].columns->alive;
	return e || *due ? e : add_layer(c);
}

static enum err change(struct changing *c, const struct id *products, size_t count, bool *due)
{
	size_t categories = c->old->median_count + count + 1;
	enum err e = c->reader->read(c->reader->context, products, count, c->arena, &c->shop);

	c->dirty = arena_take(c->arena, categories * sizeof(*c->dirty));
	if (!e && !c->dirty)
		e = ERR_MEMORY;
	if (!e)
		e = offerings_of(&c->shop, c->arena, &c->offerings);
	if (e)
		return e;
	if (c->offerings.count)
		qsort(c->offerings.at, c->offerings.count, sizeof(struct offering), offering_order);
	for (size_t i = 0; i < count && !e; i++)
		e = follow_product(c, products[i]);
	if (!e && c->view)
		e = settle(c, due);
	if (!e && !*due)
		e = sell(c, products, count);
	return e || *due || !c->view ? e : view_medians(c->view, c->dirty);
}

struct catalogue_view *view_follow(const struct catalogue_view *old, const struct id *products,
				   size_t count, const struct shop_reader *reader,
				   const struct sales *sales, enum err *e)
{
	struct changing c = {
		.old = old,
		.reader = reader,
		.sales = sales,
		.arena = arena_new(CHANGE_ARENA),
	};
	bool due = false;

	*e = c.arena ? change(&c, products, count, &due) : ERR_MEMORY;
	arena_free(c.arena);
	if (!*e && !due)
		return c.view ? c.view : (struct catalogue_view *)(uintptr_t)old;
	view_drop(c.view);
	return NULL;
}

static bool sells_otherwise(const struct layer *layer, const struct sales *sales)
{
	for (size_t i = 0; i < layer->segment->count; i++)
		if (layer->columns->sales[i] != pieces_sold(layer, i, sales))
			return true;
	return false;
}

struct catalogue_view *view_resell(const struct catalogue_view *old, const struct sales *sales,
				   enum err *e)
{
	struct catalogue_view *view = (struct catalogue_view *)(uintptr_t)old;

	*e = OK;
	for (size_t l = 0; l < old->layer_count && !*e; l++) {
		if (!sells_otherwise(&old->layers[l], sales))
			continue;
		if (view == old)
			view = view_copy(old, e);
		if (!*e)
			*e = layer_own_columns(&view->layers[l]);
		for (size_t i = 0; i < old->layers[l].segment->count && !*e; i++)
			layer_sell(&view->layers[l], i, sales);
	}
	if (!*e)
		return view;
	if (view != old)
		view_drop(view);
	return NULL;
}
