/*
 * The shop: answered on the loop's thread from the view, by reference to bodies that are kept ready
 * wherever there is one.
 */
#include "view.h"

struct product_query {
	struct page page;
	struct text category, county, q;
	struct id supplier;
	int32_t sort;
};

enum { CODE_MAX = 6, ETAG_SIZE = 2 + 16 };

static const struct field product_query_fields[] = {
	PAGE_FIELDS(product_query),
	{ "category", KIND_TEXT, FIELD_AT(product_query, category), .only = IN, .optional = true,
	  .max = CODE_MAX },
	{ "county", KIND_TEXT, FIELD_AT(product_query, county), .only = IN, .optional = true,
	  .max = CODE_MAX },
	{ "q", KIND_TEXT, FIELD_AT(product_query, q), .only = IN, .optional = true,
	  .max = SEARCH_MAX },
	{ "supplier", KIND_ID, FIELD_AT(product_query, supplier), .only = IN, .optional = true },
	{ "sort", KIND_WORD, FIELD_AT(product_query, sort), .only = IN, .optional = true,
	  .words = sort_words },
};

/* Written for every answer from the view, so by hand: printf takes ten times as long. */
static struct text etag_write(struct arena *arena, uint64_t tag)
{
	static const char digits[] = "0123456789abcdef";
	char *at = arena_take(arena, ETAG_SIZE);

	if (!at)
		return NO_TEXT;
	at[0] = at[ETAG_SIZE - 1] = '"';
	for (size_t i = ETAG_SIZE - 2; i > 0; i--, tag >>= 4)
		at[i] = digits[tag & 15];
	return (struct text){ at, ETAG_SIZE };
}

/* Sends @ready; @release NULL: its bytes are the view's, which run holds until they are sent. */
static enum err reply_ready(struct req *rq, struct ready ready, void (*release)(void *))
{
	const struct shared_body body = {
		.bytes = ready.body,
		.release = release,
		.owner = release ? (void *)(uintptr_t)ready.body.at : NULL,
	};
	struct text etag = etag_write(rq->arena, ready.tag);

	if (etag.at)
		return reply_shared(rq, "application/json", body, etag);
	if (release)
		release(body.owner);
	return ERR_MEMORY;
}

enum err get_categories(struct req *rq)
{
	const struct catalogue_view *view = rq->view;

	if (!view)
		return ERR_BUSY;
	return reply_ready(
		rq, (struct ready){ view->shelf->categories, view->shelf->categories_tag }, NULL);
}

/* What is searched for, without blanks around it; those that Chinese keyboards write are wide. */
static struct text search_of(const struct product_query *query)
{
	static const struct text wide = { "\xe3\x80\x80", 3 };
	struct text q = text_trim(query->q), before;

	do {
		before = q;
		if (q.size >= wide.size && text_equal(text_part(q, 0, wide.size), wide))
			q = text_trim(text_part(q, wide.size, q.size));
		if (q.size >= wide.size &&
		    text_equal(text_part(q, q.size - wide.size, wide.size), wide))
			q = text_trim(text_part(q, 0, q.size - wide.size));
	} while (q.size < before.size);
	return q;
}

/* The order asked for; without a word the best first when there is something to search for. */
static enum err sort_of(struct req *rq, const struct product_query *query, enum shop_sort *out)
{
	bool searches = search_of(query).size > 0;

	*out = query->sort != SMALL_NONE ? (enum shop_sort)query->sort
	       : searches                ? SORT_RELEVANCE
					 : SORT_NUMBER;
	if (*out == SORT_RELEVANCE && !searches) {
		fail(&rq->problems, ERR_REQUIRED, AT("q"));
		return ERR_REFUSED;
	}
	return OK;
}

static enum err after_of(struct req *rq, const struct product_query *query, struct id *out)
{
	enum err e = page_after_id(rq, &query->page, out);

	if (!e && !cursor_is_sound(*out)) {
		fail(&rq->problems, ERR_FORMAT, AT("after"));
		e = ERR_REFUSED;
	}
	return e;
}

static enum err read_query(struct req *rq, struct shop_query *out)
{
	struct product_query query = { 0 };
	enum err e = query_read(rq, product_query_fields, COUNT_OF(product_query_fields), &query);

	if (e)
		return e;
	*out = (struct shop_query){
		.category = query.category,
		.county = query.county,
		.q = search_of(&query),
		.supplier = query.supplier,
		.limit = page_limit(&query.page),
	};
	e = sort_of(rq, &query, &out->sort);
	return e ? e : after_of(rq, &query, &out->after);
}

enum err get_products(struct req *rq)
{
	const struct catalogue_view *view = rq->view;
	struct shop_query query;
	struct shop_hits hits;
	struct ready body;
	enum err e = read_query(rq, &query);

	if (e)
		return e;
	if (!view)
		return ERR_BUSY;
	e = shop_find(view, &query, rq->arena, &hits);
	if (e)
		return e;
	if (hits.page)
		return reply_ready(rq, *hits.page, NULL);
	e = shop_body(view, &hits, rq->arena, &body);
	return e ? e : reply_ready(rq, body, memory_free);
}

enum err get_product(struct req *rq)
{
	const struct catalogue_view *view = rq->view;

	if (!view)
		return ERR_BUSY;
	const struct ready *detail = shop_detail(view, req_path_id(rq, "id"));
	return detail ? reply_ready(rq, *detail, NULL) : ERR_NOT_FOUND;
}
