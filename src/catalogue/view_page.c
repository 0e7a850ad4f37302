/*
 * Bodies: lists and pages of products, put together by copying what the shards hold ready. Who asks
 * a question first leaves its answer with the view for those who ask it again: a slot is taken once
 * and then never changes, so readers need no lock.
 */
#include "view.h"

#include <string.h>

struct page_kept {
	struct text key;
	struct ready ready;
};

/* ---- answers that are kept ------------------------------------------------------------------- */

/* An answer has two places, so that few keep each other out. */
static struct page_kept *_Atomic *page_slot(const struct catalogue_view *view, struct text key,
					    unsigned which)
{
	uint64_t tag = tag_of(key);

	return &view->pages[(which ? tag >> 32 : tag) % PAGES_KEPT];
}

const struct ready *page_find(const struct catalogue_view *view, struct text key)
{
	for (unsigned which = 0; which < 2; which++) {
		const struct page_kept *kept =
			atomic_load_explicit(page_slot(view, key, which), memory_order_acquire);

		if (kept && text_equal(kept->key, key))
			return &kept->ready;
	}
	return NULL;
}

static struct page_kept *kept_make(struct text key, struct ready ready)
{
	struct page_kept *kept = memory_take(sizeof(*kept) + key.size);

	if (!kept)
		return NULL;
	if (key.size)
		memcpy(kept + 1, key.at, key.size);
	kept->key = (struct text){ (const char *)(kept + 1), key.size };
	kept->ready = ready;
	return kept;
}

bool page_keep(const struct catalogue_view *view, struct text key, struct ready ready)
{
	struct page_kept *_Atomic *slot = page_slot(view, key, 0);

	if (atomic_load(slot))
		slot = page_slot(view, key, 1);
	if (ready.body.size > PAGE_KEPT_MAX || atomic_load(slot) || page_find(view, key))
		return false;
	struct page_kept *kept = kept_make(key, ready), *free_slot = NULL;
	if (kept && atomic_compare_exchange_strong(slot, &free_slot, kept))
		return true;
	memory_free(kept);
	return false;
}

void pages_drop(const struct catalogue_view *view)
{
	for (size_t i = 0; i < PAGES_KEPT; i++) {
		struct page_kept *kept = atomic_load(&view->pages[i]);

		if (!kept)
			continue;
		memory_free((void *)(uintptr_t)kept->ready.body.at);
		memory_free(kept);
	}
	memory_free(view->pages);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static char *put(char *at, struct text t)
{
	memcpy(at, t.at, t.size);
	return at + t.size;
}

static struct text item_of(const struct catalogue_view *view, const struct shop_hit *hit)
{
	const struct card *card = layer_card(&view->layers[hit->layer], hit->ordinal);

	return text_part(card->json, 0, card->item_size);
}

/* What stands behind the items. */
static enum err tail_write(const struct catalogue_view *view, const struct shop_hits *hits,
			   struct arena *arena, struct buffer *out)
{
	struct json json = { .out = out, .comma = true };
	struct text next = NO_TEXT;
	enum err e = OK;

	if (!id_is_none(hits->next)) {
		next = page_cursor_id(arena, hits->next);
		if (!next.at)
			return ERR_MEMORY;
	}
	json_text(&json, "next", next);
	json_int(&json, "count", hits->total);
	if (hits->facets[0])
		e = facets_write(view, hits->facets, arena, &json);
	else
		json_text(&json, "facets", NO_TEXT);
	buffer_char(out, '}');
	return e ? e : out->failed ? ERR_MEMORY : OK;
}

static enum err list_write(const struct catalogue_view *view, const struct shop_hits *hits,
			   struct text tail, struct ready *out)
{
	static const struct text open = { "{\"items\":[", 10 };
	size_t size = open.size + 1 + tail.size;

	for (size_t i = 0; i < hits->count; i++)
		size += item_of(view, &hits->at[i]).size + 1 + (i > 0);
	char *body = memory_take(size), *at = body;
	if (!body)
		return ERR_MEMORY;
	at = put(at, open);
	for (size_t i = 0; i < hits->count; i++) {
		if (i)
			*at++ = ',';
		at = put(at, item_of(view, &hits->at[i]));
		*at++ = '}';
	}
	*at++ = ']';
	at = put(at, tail);
	assert(at == body + size);
	out->body = (struct text){ body, size };
	out->tag = tag_of(out->body);
	return OK;
}

enum err shop_body(const struct catalogue_view *view, const struct shop_hits *hits,
		   struct arena *arena, struct ready *out)
{
	struct buffer tail = { .max = MIB(1) };
	enum err e = tail_write(view, hits, arena, &tail);

	if (!e)
		e = list_write(view, hits, buffer_text(&tail), out);
	buffer_free(&tail);
	return e;
}

/* ---- products -------------------------------------------------------------------------------- */

enum err shop_detail(const struct catalogue_view *view, struct id product, struct ready *out)
{
	struct spot place;
	struct buffer body = { 0 };

	if (!view_place(view, product, &place))
		return ERR_NOT_FOUND;
	int64_t median = view->medians[place.layer->segment->values[FACET_CATEGORY][place.ordinal]];
	buffer_add(&body, layer_card(place.layer, place.ordinal)->json);
	if (median == INT_NONE)
		buffer_add(&body, TEXT("null"));
	else
		buffer_int(&body, median);
	buffer_add(&body, TEXT("}}"));
	if (body.failed) {
		buffer_free(&body);
		return ERR_MEMORY;
	}
	out->body = buffer_text(&body);
	out->tag = tag_of(out->body);
	return OK;
}
