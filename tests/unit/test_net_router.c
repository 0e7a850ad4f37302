/* Paths to patterns, and queries to pairs, by tables. */
#include "xiangcai/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
	ROOT,
	PRODUCTS,
	PRODUCTS_POST,
	PRODUCT,
	PRODUCT_EXPORT,
	PRODUCT_PATCH,
	ORDER,
	ORDER_NUMBER,
	ORDER_WORD,
	LINES,
	FILES,
	DEEP,
	MIXED,
	PUT_ONLY,
	HEAD_OWN,
	HEAD_GET,
	PATTERN_COUNT
};

static const struct pattern patterns[] = {
	[ROOT] = { HTTP_GET, "/" },
	[PRODUCTS] = { HTTP_GET, "/api/v1/products" },
	[PRODUCTS_POST] = { HTTP_POST, "/api/v1/products" },
	[PRODUCT] = { HTTP_GET, "/api/v1/products/{id}" },
	[PRODUCT_EXPORT] = { HTTP_GET, "/api/v1/products/export" },
	[PRODUCT_PATCH] = { HTTP_PATCH, "/api/v1/products/{product:uuid}" },
	[ORDER] = { HTTP_GET, "/orders/{id:uuid}" },
	[ORDER_NUMBER] = { HTTP_GET, "/orders/{number:digits}" },
	[ORDER_WORD] = { HTTP_DELETE, "/orders/{code:word}" },
	[LINES] = { HTTP_GET, "/orders/{order:word}/lines/{line:digits}" },
	[FILES] = { HTTP_GET, "/files/{name:text}" },
	[DEEP] = { HTTP_GET, "/a/{w:word}/b/{x:word}/c/{y:word}/d/{z:word}" },
	[MIXED] = { HTTP_GET, "/orders/{id}/lines" },
	[PUT_ONLY] = { HTTP_PUT, "/put" },
	[HEAD_OWN] = { HTTP_HEAD, "/head" },
	[HEAD_GET] = { HTTP_GET, "/head" },
};
_Static_assert(COUNT_OF(patterns) == PATTERN_COUNT, "every pattern has its row");

#define UUID   "0198c0de-1234-7abc-8def-0123456789ab"
#define BIT(m) (1u << HTTP_##m)
enum { NOT_FOUND = -1, NOT_ALLOWED = -2, BAD = -3 };

static const struct {
	enum method method;
	const char *path;
	int expected; /* BAD: malformed */
	unsigned allow;
	const char *params; /* name=value;… */
} cases[] = {
	{ HTTP_GET, "/", ROOT, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "" },
	{ HTTP_HEAD, "/", ROOT, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "" },
	{ HTTP_GET, "/api/v1/products", PRODUCTS, BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS),
	  "" },
	{ HTTP_POST, "/api/v1/products", PRODUCTS_POST,
	  BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS), "" },
	{ HTTP_PUT, "/api/v1/products", NOT_ALLOWED,
	  BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS), "" },
	{ HTTP_OPTIONS, "/api/v1/products", NOT_ALLOWED,
	  BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS), "" },
	{ HTTP_OTHER, "/api/v1/products", NOT_ALLOWED,
	  BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(OPTIONS), "" },
	{ HTTP_GET, "/put", NOT_ALLOWED, BIT(PUT) | BIT(OPTIONS), "" },
	{ HTTP_HEAD, "/put", NOT_ALLOWED, BIT(PUT) | BIT(OPTIONS), "" },
	{ HTTP_HEAD, "/head", HEAD_OWN, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "" },
	{ HTTP_GET, "/head", HEAD_GET, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "" },
	{ HTTP_OPTIONS, "*", NOT_ALLOWED,
	  BIT(GET) | BIT(HEAD) | BIT(POST) | BIT(PUT) | BIT(PATCH) | BIT(DELETE) | BIT(OPTIONS),
	  "" },

	/* parameters and their types */
	{ HTTP_GET, "/api/v1/products/" UUID, PRODUCT,
	  BIT(GET) | BIT(HEAD) | BIT(PATCH) | BIT(OPTIONS), "id=" UUID ";" },
	{ HTTP_PATCH, "/api/v1/products/" UUID, PRODUCT_PATCH,
	  BIT(GET) | BIT(HEAD) | BIT(PATCH) | BIT(OPTIONS), "product=" UUID ";" },
	{ HTTP_GET, "/api/v1/products/0198C0DE-1234-7ABC-8DEF-0123456789AB", PRODUCT,
	  BIT(GET) | BIT(HEAD) | BIT(PATCH) | BIT(OPTIONS),
	  "id=0198C0DE-1234-7ABC-8DEF-0123456789AB;" },
	{ HTTP_GET, "/api/v1/products/0198c0de12347abc8def0123456789ab", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/products/" UUID "0", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/products/x", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/products/export", PRODUCT_EXPORT, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "" },
	{ HTTP_PATCH, "/api/v1/products/export", NOT_ALLOWED, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "" },
	{ HTTP_GET, "/orders/" UUID, ORDER, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "id=" UUID ";" },
	{ HTTP_GET, "/orders/0042", ORDER_NUMBER, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "number=0042;" },
	{ HTTP_DELETE, "/orders/A-1.b_2", ORDER_WORD, BIT(DELETE) | BIT(OPTIONS), "code=A-1.b_2;" },
	{ HTTP_DELETE, "/orders/42", NOT_ALLOWED, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "" },
	{ HTTP_GET, "/orders/abc", NOT_ALLOWED, BIT(DELETE) | BIT(OPTIONS), "" },
	{ HTTP_DELETE, "/orders/a%41", ORDER_WORD, BIT(DELETE) | BIT(OPTIONS), "code=aA;" },
	{ HTTP_DELETE, "/orders/a~b", NOT_FOUND, 0, "" },
	{ HTTP_DELETE, "/orders/a%20b", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/orders/" UUID "/lines", MIXED, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "id=" UUID ";" },
	{ HTTP_GET, "/orders/" UUID "/lines/7", LINES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "order=" UUID ";line=7;" },
	{ HTTP_GET, "/orders/12/lines/7", LINES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "order=12;line=7;" },
	{ HTTP_GET, "/orders/12/lines", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/files/a.csv", FILES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "name=a.csv;" },
	{ HTTP_GET, "/files/%E4%B9%A1%E9%87%87%20+.csv", FILES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "name=乡采 +.csv;" },
	{ HTTP_GET, "/files/%2525", FILES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "name=%25;" },
	{ HTTP_GET, "/files/...", FILES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "name=...;" },
	{ HTTP_GET, "/files/.a", FILES, BIT(GET) | BIT(HEAD) | BIT(OPTIONS), "name=.a;" },
	{ HTTP_GET, "/a/1/b/2/c/3/d/4", DEEP, BIT(GET) | BIT(HEAD) | BIT(OPTIONS),
	  "w=1;x=2;y=3;z=4;" },

	/* no such path */
	{ HTTP_GET, "/api", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/product", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/productss", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/API/v1/products", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/products/", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/products/" UUID "/", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api//v1/products", NOT_FOUND, 0, "" },
	{ HTTP_GET, "//api/v1/products", NOT_FOUND, 0, "" },
	{ HTTP_GET, "//", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/api/v1/%70roducts", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/files/", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/files/a/b", NOT_FOUND, 0, "" },
	{ HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18", NOT_FOUND, 0, "" },

	/* malformed, wherever it leads */
	{ HTTP_GET, "", BAD, 0, "" },
	{ HTTP_GET, "api", BAD, 0, "" },
	{ HTTP_GET, "/files/%", BAD, 0, "" },
	{ HTTP_GET, "/files/%4", BAD, 0, "" },
	{ HTTP_GET, "/files/%4g", BAD, 0, "" },
	{ HTTP_GET, "/files/%%41", BAD, 0, "" },
	{ HTTP_GET, "/files/%00", BAD, 0, "" },
	{ HTTP_GET, "/files/a%00.csv", BAD, 0, "" },
	{ HTTP_GET, "/files/a%0d%0ab", BAD, 0, "" },
	{ HTTP_GET, "/files/a%09b", BAD, 0, "" },
	{ HTTP_GET, "/files/a%7fb", BAD, 0, "" },
	{ HTTP_GET, "/files/%2F", BAD, 0, "" },
	{ HTTP_GET, "/files/..%2fa", BAD, 0, "" },
	{ HTTP_GET, "/files/%ff", BAD, 0, "" },
	{ HTTP_GET, "/files/%c0%af", BAD, 0, "" },
	{ HTTP_GET, "/files/%c0%ae%c0%ae", BAD, 0, "" },
	{ HTTP_GET, "/files/%ed%a0%80", BAD, 0, "" },
	{ HTTP_GET, "/files/%f4%90%80%80", BAD, 0, "" },
	{ HTTP_GET, "/files/%e4%b9", BAD, 0, "" },
	{ HTTP_GET, "/files/..", BAD, 0, "" },
	{ HTTP_GET, "/files/.", BAD, 0, "" },
	{ HTTP_GET, "/files/../orders/1", BAD, 0, "" },
	{ HTTP_GET, "/./files/a", BAD, 0, "" },
	{ HTTP_GET, "/files/%2e%2E", BAD, 0, "" },
	{ HTTP_GET, "/files/.%2e/a", BAD, 0, "" },
	{ HTTP_GET, "/files/%2e", BAD, 0, "" },
	{ HTTP_GET, "/nowhere/..", BAD, 0, "" },
	{ HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/..", BAD, 0, "" },
};

static void paths_lead_where_they_should(void **state)
{
	struct router *router = router_new(patterns, PATTERN_COUNT);
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct match match =
			router_match(router, cases[i].method, text_of(cases[i].path), arena);
		struct buffer params = { 0 };

		for (size_t k = 0; k < match.param_count; k++)
			buffer_print(&params, "%.*s=%.*s;", TEXT_FMT(match.params[k].name),
				     TEXT_FMT(match.params[k].value));
		if ((match.bad ? BAD : match.index) != cases[i].expected ||
		    match.allow != cases[i].allow ||
		    !text_is(buffer_text(&params), cases[i].params))
			fail_msg("%s %s gave %d, bad %d, allow %x, params %.*s",
				 method_name(cases[i].method), cases[i].path, match.index,
				 match.bad, match.allow, TEXT_FMT(buffer_text(&params)));
		assert_true(!match.bad || match.index == -1);
		buffer_free(&params);
		arena_reset(arena);
	}
	arena_free(arena);
	router_free(router);
}

/* Many siblings, each found, and nothing between them. */
static void many_literals_are_told_apart(void **state)
{
	enum { MANY = 100 };
	static char paths[MANY][16];
	struct pattern many[MANY];
	struct arena *arena = arena_new(0);
	struct router *router;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof(paths[i]), "/p%zu", i * 7919 % 1000);
		many[i] = (struct pattern){ HTTP_GET, paths[i] };
	}
	router = router_new(many, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(router_match(router, HTTP_GET, text_of(paths[i]), arena).index, i);
	assert_int_equal(router_match(router, HTTP_GET, TEXT("/p"), arena).index, -1);
	assert_int_equal(router_match(router, HTTP_GET, TEXT("/q"), arena).index, -1);
	arena_free(arena);
	router_free(router);
}

static const struct {
	const char *query;
	const char *expected; /* name=value; NULL: malformed */
} queries[] = {
	{ "", "" },
	{ "a=1", "a=1;" },
	{ "a=1&b=2", "a=1;b=2;" },
	{ "a=1&a=2", "a=1;a=2;" },
	{ "a", "a=;" },
	{ "a=", "a=;" },
	{ "a=b=c", "a=b=c;" },
	{ "&a=1&&b=2&", "a=1;b=2;" },
	{ "a=b+c%20d", "a=b c d;" },
	{ "a%20b=c", "a b=c;" },
	{ "a=%2B%26%3D", "a=+&=;" },
	{ "q=%E4%B9%A1%E9%87%87", "q=乡采;" },
	{ "a=%2541", "a=%41;" },
	{ "a=1;b=2", "a=1;b=2;" },
	{ "a[]=1", "a[]=1;" },
	{ "=1", NULL },
	{ "a=%", NULL },
	{ "a=%4", NULL },
	{ "a=%zz", NULL },
	{ "a=%00", NULL },
	{ "%00=a", NULL },
	{ "a=%ff", NULL },
	{ "a=%c0%80", NULL },
	{ "a=%ed%a0%80", NULL },
	{ "a=1&b=%", NULL },
};

static void queries_decode(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		struct pair pairs[QUERY_PAIRS_MAX];
		struct buffer words = { 0 };
		size_t count;
		bool good = query_decode(text_of(queries[i].query), arena, pairs, &count);

		for (size_t k = 0; good && k < count; k++)
			buffer_print(&words, "%.*s=%.*s;", TEXT_FMT(pairs[k].name),
				     TEXT_FMT(pairs[k].value));
		if (good != (queries[i].expected != NULL) ||
		    (good && !text_is(buffer_text(&words), queries[i].expected)))
			fail_msg("%s gave %d %.*s", queries[i].query, good,
				 TEXT_FMT(buffer_text(&words)));
		buffer_free(&words);
	}
	arena_free(arena);
}

static void queries_are_bounded(void **state)
{
	struct arena *arena = arena_new(0);
	struct pair pairs[QUERY_PAIRS_MAX];
	struct buffer query = { 0 };
	size_t count;

	(void)state;
	for (size_t i = 0; i < QUERY_PAIRS_MAX; i++)
		buffer_print(&query, "&p%zu=%zu", i, i);
	assert_true(query_decode(buffer_text(&query), arena, pairs, &count));
	assert_int_equal(count, QUERY_PAIRS_MAX);
	assert_true(text_is(pairs[63].name, "p63") && text_is(pairs[63].value, "63"));
	buffer_add(&query, TEXT("&x"));
	assert_false(query_decode(buffer_text(&query), arena, pairs, &count));
	assert_true(query_decode(NO_TEXT, arena, pairs, &count));
	assert_int_equal(count, 0);
	buffer_free(&query);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lead_where_they_should),
		cmocka_unit_test(many_literals_are_told_apart),
		cmocka_unit_test(queries_decode),
		cmocka_unit_test(queries_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
