/*
 * Answers questions about the shop from a view: filters and words are posting lists that are
 * intersected, smallest first; pages go on behind the place where the last one ended in its order,
 * so that they stay stable while goods come and go.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

const char *const sort_words[] = {
	"number", "newest", "price_asc", "price_desc", "relevance", NULL
};

/* A query's lists; more tokens than these say nothing new. */
enum { LISTS_MAX = 64, SCORE_MAX = 4095 };

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

struct id cursor_make(uint64_t key, int64_t sku)
{
	struct id id = NO_ID;

	put_number(id.bytes, key);
	put_number(id.bytes + 8, (uint64_t)sku);
	return id;
}

struct cursor {
	uint64_t key; /* in the order of the page: price, instant or score; 0 by number */
	int64_t sku;  /* 0: before the first */
};

static struct cursor cursor_read(struct id id)
{
	return (struct cursor){ get_number(id.bytes), (int64_t)get_number(id.bytes + 8) };
}

bool cursor_is_sound(struct id cursor)
{
	int64_t sku = cursor_read(cursor).sku;

	return id_is_none(cursor) || (sku > 0 && sku <= SKU_NUMBER_MAX);
}

/* ---- what matches ---------------------------------------------------------------------------- */

struct matches {
	uint32_t *ordinals; /* ascending */
	uint16_t *scores;
	size_t count;
};

/* The facets whose intersection a question's filters ask for: at least one, that of everything. */
struct filter {
	const struct facet *facets[2];
	size_t count;
};

static bool filter_add(const struct shelf *shelf, const char *kind, struct text a, struct text b,
		       struct filter *out)
{
	const struct text parts[] = { text_of(kind), a, b };
	char key[FACET_KEY_MAX];
	size_t size = 0;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (parts[i].size > sizeof(key) - size)
			return false;
		if (parts[i].size)
			memcpy(key + size, parts[i].at, parts[i].size);
		size += parts[i].size;
	}
	const struct facet *facet = facet_find(shelf, (struct text){ key, size });
	if (facet)
		out->facets[out->count++] = facet;
	return facet;
}

/* False when one of the filters fits nothing. */
static bool filter_make(const struct shelf *shelf, const struct shop_query *query,
			struct filter *out)
{
	struct text supplier = { (const char *)query->supplier.bytes, sizeof(query->supplier) };
	struct text county = county_code_today(&shelf->counties, query->county);
	bool fits = true;

	if (query->category.size && county.size)
		fits = filter_add(shelf, "p", county, query->category, out);
	else if (query->category.size)
		fits = filter_add(shelf, "c", query->category, NO_TEXT, out);
	else if (county.size)
		fits = filter_add(shelf, "o", county, NO_TEXT, out);
	if (fits && !id_is_none(query->supplier))
		fits = filter_add(shelf, "s", supplier, NO_TEXT, out);
	if (fits && !out->count)
		fits = filter_add(shelf, "", NO_TEXT, NO_TEXT, out);
	return fits;
}

/* Adds the lists of those tokens whose kind is one of @kinds. */
static bool token_lists(const struct shelf *shelf, const struct token *tokens, size_t token_count,
			unsigned kinds, struct postings *lists, size_t *count)
{
	for (size_t i = 0; i < token_count && *count < LISTS_MAX; i++) {
		if (!(kinds >> tokens[i].kind & 1))
			continue;
		lists[*count] = index_find(&shelf->index, tokens[i].key);
		if (!lists[(*count)++].count)
			return false;
	}
	return true;
}

static int by_count(const void *a, const void *b)
{
	const struct postings *x = a, *y = b;

	return (x->count > y->count) - (x->count < y->count);
}

static void score_add(uint16_t *score, const struct postings *list, size_t at)
{
	unsigned sum = *score + (list->weights ? list->weights[at] : 0u);

	*score = (uint16_t)(sum < SCORE_MAX ? sum : SCORE_MAX);
}

/* The first place at or behind @from whose ordinal is not below @ordinal: steps double, then halve.
 */
static size_t seek(const struct postings *list, size_t from, uint32_t ordinal)
{
	size_t step = 1, to = from;

	while (to < list->count && list->at[to] < ordinal) {
		from = to + 1;
		to += step;
		step *= 2;
	}
	if (to > list->count)
		to = list->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (list->at[middle] < ordinal)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Keeps of @matches what @list has too. */
static void intersect(struct matches *matches, const struct postings *list)
{
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < matches->count; i++) {
		at = seek(list, at, matches->ordinals[i]);
		if (at == list->count)
			break;
		if (list->at[at] != matches->ordinals[i])
			continue;
		matches->ordinals[kept] = matches->ordinals[i];
		matches->scores[kept] = matches->scores[i];
		score_add(&matches->scores[kept++], list, at);
	}
	matches->count = kept;
}

static enum err match_lists(struct postings *lists, size_t count, struct arena *arena,
			    struct matches *out)
{
	qsort(lists, count, sizeof(*lists), by_count);
	out->count = lists[0].count;
	out->ordinals = arena_take(arena, (out->count + 1) * sizeof(*out->ordinals));
	out->scores = arena_take(arena, (out->count + 1) * sizeof(*out->scores));
	if (!out->ordinals || !out->scores)
		return ERR_MEMORY;
	memcpy(out->ordinals, lists[0].at, out->count * sizeof(*out->ordinals));
	for (size_t i = 0; i < out->count; i++)
		score_add(&out->scores[i], &lists[0], i);
	for (size_t i = 1; i < count && out->count; i++)
		intersect(out, &lists[i]);
	return OK;
}

/*
 * Words and pairs must all occur. Where no good has them all, the single characters will do: 富硒茶
 * finds 富硒绿茶.
 */
static enum err match(const struct shelf *shelf, const struct shop_query *query,
		      struct arena *arena, struct matches *out)
{
	static const unsigned passes[] = { 1u << TOKEN_PAIR | 1u << TOKEN_LONE | 1u << TOKEN_WORD,
					   1u << TOKEN_CHARACTER | 1u << TOKEN_LONE |
						   1u << TOKEN_WORD };
	struct postings lists[LISTS_MAX + 2];
	struct token tokens[2 * LISTS_MAX];
	struct filter filter = { .count = 0 };
	size_t token_count = query->q.size ? tokens_of(query->q, tokens, COUNT_OF(tokens)) : 0;
	enum err e = OK;

	out->count = 0;
	if (!filter_make(shelf, query, &filter) || (query->q.size && !token_count))
		return OK;
	for (size_t pass = 0; pass < COUNT_OF(passes) && !out->count && !e; pass++) {
		size_t count = 0;

		for (; count < filter.count; count++)
			lists[count] = filter.facets[count]->postings;
		if (token_lists(shelf, tokens, token_count, passes[pass], lists, &count))
			e = match_lists(lists, count, arena, out);
	}
	return e;
}

/* ---- in which order -------------------------------------------------------------------------- */

struct page_maker {
	const struct shelf *shelf;
	const struct matches *matches;
	enum shop_sort sort;
	struct cursor after;
	uint32_t *ordinals; /* out: limit + 1 at most */
	uint64_t *keys;     /* of their cursors */
	size_t count, room;
};

static void take(struct page_maker *maker, uint32_t ordinal, uint64_t key)
{
	maker->keys[maker->count] = key;
	maker->ordinals[maker->count++] = ordinal;
}

static void page_by_number(struct page_maker *maker)
{
	const struct matches *matches = maker->matches;
	const struct postings list = { .at = matches->ordinals, .count = matches->count };
	size_t first = shelf_ordinal(maker->shelf, maker->after.sku + 1);

	for (size_t i = seek(&list, 0, (uint32_t)first);
	     i < matches->count && maker->count < maker->room; i++)
		take(maker, matches->ordinals[i], 0);
}

static uint64_t key_of(const struct page_maker *maker, uint32_t ordinal)
{
	const struct good *good = &maker->shelf->goods[ordinal];

	return (uint64_t)(maker->sort == SORT_NEWEST ? good->created_at
						     : good->terms.ladder.rungs[0].unit_price_fen);
}

/* Whether the cursor stands at or behind the good, in ascending order. */
static bool is_passed(const struct page_maker *maker, uint32_t ordinal)
{
	uint64_t key = key_of(maker, ordinal);

	return key < maker->after.key ||
	       (key == maker->after.key && maker->shelf->skus[ordinal] <= maker->after.sku);
}

/* How many of @order are not behind the cursor; all of them have a place below all others. */
static size_t passed(const struct page_maker *maker, const uint32_t *order)
{
	size_t from = 0, to = maker->shelf->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (is_passed(maker, order[middle]))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Where in @order a page begins: upwards the first to look at, downwards one behind it. */
static size_t page_start(const struct page_maker *maker, const uint32_t *order, bool up)
{
	const struct shelf *shelf = maker->shelf;

	if (!maker->after.sku)
		return up ? 0 : shelf->count;
	size_t at = passed(maker, order);
	bool shown = !up && at && shelf->skus[order[at - 1]] == maker->after.sku &&
		     key_of(maker, order[at - 1]) == maker->after.key;
	return shown ? at - 1 : at;
}

/* Walks an order of all goods and takes those that match; downwards for the newest and the dearest.
 */
static enum err page_by_order(struct page_maker *maker, struct arena *arena)
{
	const struct shelf *shelf = maker->shelf;
	const uint32_t *order = maker->sort == SORT_NEWEST ? shelf->by_age : shelf->by_price;
	bool up = maker->sort == SORT_PRICE_UP;
	bool *wanted = arena_take(arena, shelf->count + 1);
	size_t at = page_start(maker, order, up);

	if (!wanted)
		return ERR_MEMORY;
	for (size_t i = 0; i < maker->matches->count; i++)
		wanted[maker->matches->ordinals[i]] = true;
	while (maker->count < maker->room && (up ? at < shelf->count : at > 0)) {
		uint32_t ordinal = up ? order[at++] : order[--at];

		if (wanted[ordinal])
			take(maker, ordinal, key_of(maker, ordinal));
	}
	return OK;
}

/* The best first, by number among equals: a counting sort, since scores are small. */
static enum err page_by_score(struct page_maker *maker, struct arena *arena)
{
	const struct matches *matches = maker->matches;
	const struct cursor *after = &maker->after;
	size_t *starts = arena_take(arena, (SCORE_MAX + 2) * sizeof(*starts));
	uint32_t *sorted = arena_take(arena, (matches->count + 1) * sizeof(*sorted));

	if (!starts || !sorted)
		return ERR_MEMORY;
	for (size_t i = 0; i < matches->count; i++)
		starts[SCORE_MAX - matches->scores[i] + 1]++;
	for (size_t i = 1; i <= SCORE_MAX; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < matches->count; i++)
		sorted[starts[SCORE_MAX - matches->scores[i]]++] = (uint32_t)i;
	for (size_t i = 0; i < matches->count && maker->count < maker->room; i++) {
		uint32_t ordinal = matches->ordinals[sorted[i]];
		uint16_t score = matches->scores[sorted[i]];

		if (!after->sku || score < after->key ||
		    (score == after->key && maker->shelf->skus[ordinal] > after->sku))
			take(maker, ordinal, score);
	}
	return OK;
}

static enum err make_page(struct page_maker *maker, struct arena *arena)
{
	switch (maker->sort) {
	case SORT_NUMBER:
		page_by_number(maker);
		return OK;
	case SORT_RELEVANCE:
		return page_by_score(maker, arena);
	case SORT_NEWEST:
	case SORT_PRICE_UP:
	case SORT_PRICE_DOWN:
		return page_by_order(maker, arena);
	}
	return ERR_INTERNAL;
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* The first page that is kept ready for this question, if there is one. */
static const struct ready *ready_page(const struct catalogue_view *view,
				      const struct shop_query *query)
{
	struct filter filter = { .count = 0 };

	if (query->q.size || query->sort != SORT_NUMBER || query->limit != SHOP_LIMIT ||
	    !id_is_none(query->after))
		return NULL;
	if (!filter_make(view->shelf, query, &filter) || filter.count != 1)
		return NULL;
	return &view->pages[filter.facets[0] - view->shelf->facets];
}

static enum err find(const struct catalogue_view *view, const struct shop_query *query,
		     struct arena *arena, struct shop_hits *out)
{
	struct matches matches = { 0 };
	size_t room = (size_t)query->limit + 1;
	struct page_maker maker = {
		.shelf = view->shelf,
		.matches = &matches,
		.sort = query->sort,
		.after = cursor_read(query->after),
		.ordinals = arena_take(arena, room * sizeof(uint32_t)),
		.keys = arena_take(arena, room * sizeof(uint64_t)),
		.room = room,
	};

	if (!maker.ordinals || !maker.keys)
		return ERR_MEMORY;
	enum err e = match(view->shelf, query, arena, &matches);
	if (!e && matches.count)
		e = make_page(&maker, arena);
	if (e)
		return e;
	if (maker.count == room) {
		size_t last = --maker.count - 1;

		out->next = cursor_make(maker.keys[last], view->shelf->skus[maker.ordinals[last]]);
	}
	out->ordinals = maker.ordinals;
	out->count = maker.count;
	return OK;
}

enum err shop_find(const struct catalogue_view *view, const struct shop_query *query,
		   struct arena *arena, struct shop_hits *out)
{
	*out = (struct shop_hits){ .page = ready_page(view, query) };
	return out->page ? OK : find(view, query, arena, out);
}

const struct ready *shop_detail(const struct catalogue_view *view, struct id product)
{
	const struct shelf *shelf = view->shelf;
	size_t from = 0, to = shelf->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(shelf->goods[shelf->by_product[middle]].terms.product, product) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == shelf->count ||
	    !id_equal(shelf->goods[shelf->by_product[from]].terms.product, product))
		return NULL;
	return &view->details[shelf->by_product[from]];
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static char *put(char *at, struct text t)
{
	memcpy(at, t.at, t.size);
	return at + t.size;
}

static struct text next_text(struct arena *arena, struct id next)
{
	struct text cursor;

	if (id_is_none(next))
		return TEXT("null");
	cursor = page_cursor_id(arena, next);
	return cursor.at ? arena_print(arena, "\"%.*s\"", TEXT_FMT(cursor)) : NO_TEXT;
}

enum err shop_body(const struct catalogue_view *view, const struct shop_hits *hits,
		   struct arena *arena, struct ready *out)
{
	static const struct text open = { "{\"items\":[", 10 }, middle = { "],\"next\":", 9 };
	struct text next = next_text(arena, hits->next);
	size_t size = open.size + middle.size + next.size + 1;
	uint64_t tag = tag_of(next);

	for (size_t i = 0; i < hits->count; i++)
		size += view->items[hits->ordinals[i]].body.size + (i > 0);
	char *body = next.at ? memory_take(size) : NULL, *at = body;
	if (!body)
		return ERR_MEMORY;
	at = put(at, open);
	for (size_t i = 0; i < hits->count; i++) {
		const struct ready *item = &view->items[hits->ordinals[i]];

		if (i)
			*at++ = ',';
		at = put(at, item->body);
		tag = tag_join(tag, item->tag);
	}
	at = put(put(at, middle), next);
	*at++ = '}';
	assert(at == body + size);
	*out = (struct ready){ { body, size }, tag };
	return OK;
}
