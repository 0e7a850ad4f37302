/* The page made of a contract: what is shown, grouped how, and that nothing in it is taken for
 * markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "docs.h"

static const char contract[] = "openapi: 3.1.0\n"
			       "info:\n"
			       "  title: \"Trade <now>\"\n"
			       "  version: 1.2.3\r\n"
			       "  description: |\n"
			       "    paths: none of this\n"
			       "tags:\n"
			       "  - name: shop\n"
			       "    description: 商城 · the shop\n"
			       "paths:\n"
			       "  # a comment\n"
			       "  /products:\n"
			       "    parameters: []\n"
			       "    get:\n"
			       "      tags: [shop]\n"
			       "      summary: 'List of goods & \"more\": all'\n"
			       "      x-summary-zh: 货架\n"
			       "      x-roles: []\n"
			       "      parameters:\n"
			       "        - $ref: \"#/components/parameters/Limit\"\n"
			       "      responses:\n"
			       "        '200':\n"
			       "          summary: not this\n"
			       "  /orders/{id}:\n"
			       "    post:\n"
			       "      tags:\n"
			       "        - orders\n"
			       "      summary: Ship\n"
			       "      x-roles: [dispatcher, buyer]\n"
			       "      requestBody:\n"
			       "        content:\n"
			       "          application/json:\n"
			       "            schema: { $ref: \"#/components/schemas/New\" }\n"
			       "      responses:\n"
			       "        '201':\n"
			       "          description: done\n"
			       "    delete:\n"
			       "      summary: Take back\n"
			       "      tags: [shop]\n"
			       "components:\n"
			       "  parameters:\n"
			       "    Limit:\n"
			       "      name: limit\n"
			       "      in: query\n"
			       "      schema: { type: integer, minimum: 1, maximum: 9 }\n"
			       "  schemas:\n"
			       "    New:\n"
			       "      type: object\n"
			       "      required: [sku, count]\n"
			       "      properties:\n"
			       "        sku: { $ref: \"#/components/schemas/Sku\" }\n"
			       "        count: { type: integer, minimum: 1 }\n"
			       "        note: { type: [string, \"null\"], maxLength: 40 }\n"
			       "        kind:\n"
			       "          type: string\n"
			       "          enum: [a, b]\n"
			       "    Sku:\n"
			       "      type: string\n"
			       "      maxLength: 32\n"
			       "    get:\n"
			       "      summary: no operation\n";

struct rendering {
	struct arena *arena;
	struct buffer out;
	bool rendered;
};

static struct rendering render(const char *yaml)
{
	struct rendering page = { .arena = arena_new(0), .out = { .max = MIB(1) } };

	page.rendered = docs_render(text_of(yaml), page.arena, &page.out);
	buffer_char(&page.out, '\0');
	return page;
}

static void page_end(struct rendering *page)
{
	buffer_free(&page->out);
	arena_free(page->arena);
}

static void test_operations_stand_under_their_tags(void **state)
{
	/* in this order */
	static const char *const parts[] = {
		"<h1>Trade &lt;now&gt; <small>1.2.3</small>",
		"3 operations",
		"<a href=\"#shop\">商城 · the shop</a> 2",
		"<a href=\"#orders\">orders</a> 1",
		"<h2 id=\"shop\">商城 · the shop</h2>",
		"<b class=\"get\">GET</b><td><code>/products</code>",
		"<td>货架<p lang=\"en\">List of goods &amp; &quot;more&quot;: all</p>",
		"<b>limit</b> 查询 query <code>integer, ≥ 1, ≤ 9</code>",
		"<td>公开 public\n",
		"<b class=\"delete\">DELETE</b><td><code>/orders/{id}</code>",
		"Take back",
		"<h2 id=\"orders\">orders</h2>",
		"<b class=\"post\">POST</b><td><code>/orders/{id}</code>",
		">Ship</p>",
		"<h4>请求体 body <code>New</code></h4>",
		"<b>sku</b> <em>必填 required</em> <code> Sku (string, ≤ 32)</code>",
		"<b>count</b> <em>必填 required</em> <code>integer, ≥ 1</code>",
		"<b>note</b> <code>string, &quot;null&quot;, ≤ 40</code>",
		"<b>kind</b> <code>string: a, b</code>",
		"curl -X POST \"$host/orders/{id}\"",
		"-d '{\"sku\":\"…\",\"count\":1}'",
		"<td>dispatcher, buyer\n",
		"</html>",
	};
	static const char *const absent[] = { "not this", "no operation", "none of this", "<now>",
					      "<script>" };
	struct rendering page = render(contract);
	const char *at = page.out.at;

	(void)state;
	assert_true(page.rendered);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		at = strstr(at, parts[i]);
		if (!at)
			print_error("not there: %s\n", parts[i]);
		assert_non_null(at);
	}
	for (size_t i = 0; i < COUNT_OF(absent); i++)
		assert_null(strstr(page.out.at, absent[i]));
	page_end(&page);
}

static void test_what_holds_no_operation_is_no_contract(void **state)
{
	static const char *const texts[] = { "", "paths:\n", "paths:\n  /a:\n    trace:\n", "\n\n",
					     "{}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct rendering page = render(texts[i]);

		assert_false(page.rendered);
		page_end(&page);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations_stand_under_their_tags),
		cmocka_unit_test(test_what_holds_no_operation_is_no_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
