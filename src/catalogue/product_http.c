/*
 * The shop: answered on the loop's thread from the view; by reference to the answer that the same
 * question got before, wherever there is one.
 */
#include "view.h"

#include <string.h>

struct product_query {
	struct page page;
	struct text category, county, supplier, certificate, q;
	uint32_t bands, storages;
	int32_t sort;
	bool available, count, facets;
};

enum {
	CODES_MAX = 10 * 7,
	SUPPLIERS_MAX = 10 * 37,
	CERTIFICATES_MAX = 120,
	KEY_MAX = 1024,
	ETAG_SIZE = 2 + 16
};

static const struct field product_query_fields[] = {
	PAGE_FIELDS(product_query),
	{ "category", KIND_TEXT, FIELD_AT(product_query, category), .only = IN, .optional = true,
	  .max = CODES_MAX },
	{ "county", KIND_TEXT, FIELD_AT(product_query, county), .only = IN, .optional = true,
	  .max = CODES_MAX },
	{ "supplier", KIND_TEXT, FIELD_AT(product_query, supplier), .only = IN, .optional = true,
	  .max = SUPPLIERS_MAX },
	{ "certificate", KIND_TEXT, FIELD_AT(product_query, certificate), .only = IN,
	  .optional = true, .max = CERTIFICATES_MAX },
	{ "price_band", KIND_WORDS, FIELD_AT(product_query, bands), .only = IN, .optional = true,
	  .words = band_words },
	{ "storage", KIND_WORDS, FIELD_AT(product_query, storages), .only = IN, .optional = true,
	  .words = storage_words },
	{ "available", KIND_BOOL, FIELD_AT(product_query, available), .only = IN,
	  .optional = true },
	{ "q", KIND_TEXT, FIELD_AT(product_query, q), .only = IN, .optional = true,
	  .max = SEARCH_MAX },
	{ "sort", KIND_WORD, FIELD_AT(product_query, sort), .only = IN, .optional = true,
	  .words = sort_words },
	{ "count", KIND_BOOL, FIELD_AT(product_query, count), .only = IN, .optional = true },
	{ "facets", KIND_BOOL, FIELD_AT(product_query, facets), .only = IN, .optional = true },
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

enum err reply_ready(struct req *rq, struct ready ready, void (*release)(void *))
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

/* Ids by commas, as they stand in the glossary: small letters. */
static enum err suppliers_of(struct req *rq, struct text given, struct text *out)
{
	struct text rest = given;
	char *all = arena_take(rq->arena, given.size + 1), *at = all;
	struct id id;
	char text[37];

	*out = NO_TEXT;
	if (!given.at)
		return OK;
	if (!all)
		return ERR_MEMORY;
	while (rest.at) {
		struct text part = text_cut(&rest, ',');

		if (!id_parse(part, &id)) {
			fail(&rq->problems, ERR_FORMAT, AT("supplier"));
			return ERR_REFUSED;
		}
		struct text written = id_format(id, text);
		if (at > all)
			*at++ = ',';
		memcpy(at, written.at, written.size);
		at += written.size;
	}
	*out = (struct text){ all, (size_t)(at - all) };
	return OK;
}

/* The words of a set, by commas. */
static enum err words_of(struct arena *arena, const char *const *words, uint32_t set,
			 struct text *out)
{
	*out = NO_TEXT;
	for (size_t i = 0; words[i]; i++) {
		if (!(set >> i & 1))
			continue;
		*out = arena_print(arena, "%.*s%s%s", TEXT_FMT(*out), out->size ? "," : "",
				   words[i]);
		if (!out->at)
			return ERR_MEMORY;
	}
	return OK;
}

static enum err filters_of(struct req *rq, const struct product_query *query,
			   struct shop_query *out)
{
	enum err e = suppliers_of(rq, query->supplier, &out->values[FACET_SUPPLIER]);

	out->values[FACET_CATEGORY] = query->category;
	out->values[FACET_COUNTY] = query->county;
	out->values[FACET_CERTIFICATE] = query->certificate;
	if (!e)
		e = words_of(rq->arena, band_words, query->bands, &out->values[FACET_BAND]);
	return e ? e
		 : words_of(rq->arena, storage_words, query->storages, &out->values[FACET_STORAGE]);
}

/* What cannot be read is named with all else that is at fault. */
static enum err read_query(struct req *rq, struct shop_query *out)
{
	struct product_query query = { 0 };
	enum err e = query_read(rq, product_query_fields, COUNT_OF(product_query_fields), &query);
	enum err others[3];

	if (e)
		return e;
	*out = (struct shop_query){
		.available = query.available,
		.q = search_of(&query),
		.limit = page_limit(&query.page),
		.count = query.count,
		.facets = query.facets,
	};
	others[0] = filters_of(rq, &query, out);
	others[1] = sort_of(rq, &query, &out->sort);
	others[2] = after_of(rq, &query, &out->after);
	for (size_t i = 0; i < COUNT_OF(others) && !e; i++)
		e = others[i];
	return e;
}

/* A piece of the key, with its length before it: no two questions have the same pieces. */
static size_t key_put(char *out, struct text piece)
{
	out[0] = (char)(piece.size & 0xFF);
	out[1] = (char)(piece.size >> 8);
	if (piece.size)
		memcpy(out + 2, piece.at, piece.size);
	return 2 + piece.size;
}

/* All that an answer hangs on beside the view, as it was asked; NO_TEXT when it is long. */
static struct text key_of(const struct req *rq, char *out)
{
	size_t size = 0;

	for (size_t i = 0; i < rq->query_count; i++) {
		const struct pair *pair = &rq->query[i];

		if (pair->name.size + pair->value.size + 4 > KEY_MAX - size)
			return NO_TEXT;
		size += key_put(out + size, pair->name);
		size += key_put(out + size, pair->value);
	}
	return (struct text){ out, size };
}

static enum err answer(struct req *rq, struct text key)
{
	const struct catalogue_view *view = rq->view;
	struct shop_query query;
	struct shop_hits hits;
	struct ready body;
	enum err e = read_query(rq, &query);

	if (e)
		return e;
	e = shop_find(view, &query, rq->arena, &hits);
	if (!e)
		e = shop_body(view, &hits, rq->arena, &body);
	if (e)
		return e;
	bool is_kept = key.at && page_keep(view, key, body);
	return reply_ready(rq, body, is_kept ? NULL : memory_free);
}

enum err get_products(struct req *rq)
{
	char buffer[KEY_MAX];
	struct text key = key_of(rq, buffer);
	const struct ready *kept;

	if (!rq->view)
		return ERR_BUSY;
	kept = key.at ? page_find(rq->view, key) : NULL;
	return kept ? reply_ready(rq, *kept, NULL) : answer(rq, key);
}

enum err get_product(struct req *rq)
{
	struct ready detail;

	if (!rq->view)
		return ERR_BUSY;
	enum err e = shop_detail(rq->view, req_path_id(rq, "id"), &detail);
	return e ? e : reply_ready(rq, detail, memory_free);
}
