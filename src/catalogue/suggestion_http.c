/*
 * What a search may go on as, while it is typed: answered on the loop's thread from the names that
 * the shop's indexes have.
 */
#include "search.h"
#include "view.h"

enum { PLACES_MAX = 16 };

struct suggestion_query {
	struct text q;
	int64_t limit;
};
static const struct field suggestion_query_fields[] = {
	{ "q", KIND_TEXT, FIELD_AT(suggestion_query, q), .only = IN, .min = 1, .max = SEARCH_MAX },
	{ "limit", KIND_INT, FIELD_AT(suggestion_query, limit), .only = IN, .optional = true,
	  .min = 1, .max = SUGGESTIONS_MAX },
};

static const char *const kind_words[SEARCH_FIELD_COUNT + 1] = {
	[SEARCH_NUMBER] = "number",     [SEARCH_NAME] = "product",
	[SEARCH_BRAND] = "brand",       [SEARCH_CATEGORY] = "category",
	[SEARCH_COUNTY] = "county",     [SEARCH_SPECIFICATION] = "specification",
	[SEARCH_PARENT] = "parent",     [SEARCH_CITY] = "city",
	[SEARCH_SUPPLIER] = "supplier", [SEARCH_CERTIFICATE] = "certificate",
};

static void suggestions_write(const struct list *suggestions, struct buffer *out)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	json_open(&json, "items", '[');
	for (size_t i = 0; i < suggestions->count; i++) {
		const struct suggestion *suggestion = LIST_ITEM(*suggestions, struct suggestion, i);

		json_open(&json, NULL, '{');
		json_text(&json, "text", suggestion->text);
		json_text(&json, "kind", text_of(kind_words[suggestion->kind]));
		json_int(&json, "count", suggestion->count);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

enum err get_search_suggestions(struct req *rq)
{
	struct search_place places[PLACES_MAX];
	struct suggestion_query query = { 0 };
	struct buffer body = { .max = KIB(64) };
	struct list found;
	enum err e =
		query_read(rq, suggestion_query_fields, COUNT_OF(suggestion_query_fields), &query);

	if (e)
		return e;
	if (!rq->view)
		return ERR_BUSY;
	size_t limit = query.limit == INT_NONE ? SUGGESTIONS_MAX : (size_t)query.limit;
	e = search_suggest(places, view_places(rq->view, places, PLACES_MAX), query.q, limit,
			   rq->arena, &found);
	if (e)
		return e;
	suggestions_write(&found, &body);
	return reply_body(rq, "application/json", &body);
}
