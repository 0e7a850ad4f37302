/*
 * The shop in memory, made of rows by hand: what is found, in which order, page by page, and when
 * the entity tag changes. No database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <stdlib.h>
#include <string.h>

#include "../../src/catalogue/view.h"

enum { GOODS = 300, FIRST_SKU = 10000001 };

static struct arena *arena;
static const struct catalogue_view *shop_view;

static struct id id_number(uint8_t kind, size_t number)
{
	struct id id = { { kind } };

	id.bytes[14] = (uint8_t)(number >> 8);
	id.bytes[15] = (uint8_t)number;
	return id;
}

/* ---- the shop ----------------------------------------------------------------------------------
 */

static const struct {
	const char *name, *county, *category;
} named[] = {
	{ "紫阳富硒绿茶", "610924", "0701" }, { "富硒红茶 Selen-Tea", "610924", "0702" },
	{ "延长苹果", "610621", "0501" },     { "苹果干", "610621", "0501" },
	{ "周至猕猴桃", "610124", "0502" },
};

static void fill_row(struct shop_row *row, size_t i)
{
	size_t of = i < COUNT_OF(named) ? i : i % COUNT_OF(named);

	*row = (struct shop_row){
		.terms = {
			.sku = FIRST_SKU + (int64_t)i,
			.offer = 1,
			.on_sale = true,
			.supplier = id_number('s', i % 7),
			.product = id_number('p', GOODS - i),
			.revision = id_number('r', i),
			.code = TEXT("A"),
			.name = i < COUNT_OF(named) ?
					text_of(named[i].name) :
					arena_print(arena, "小米 %zu 号 \"优\"", i),
			.specification = TEXT("500g"),
			.sale_unit = TEXT("袋"),
			.county = text_of(named[of].county),
			.category = i < COUNT_OF(named) ? text_of(named[of].category) : TEXT("0101"),
			.vat_kind = VAT_TAXED,
			.vat_rate = 9,
			.minimum = 2,
			.multiple = 2,
		},
		.ladder = arena_print(arena, "2:%zu;100:%zu", 1000 + i / 2, 500 + i / 2),
		.available = i % 3 == 0 ? 0 : i % 3 == 1 ? 19 : 20,
		.created_at = (int64_t)(1000 - i / 4),
		.storage = TEXT("常温"),
		.certificates = i % 2 ? TEXT("绿色食品、地理标志") : TEXT(""),
		.remark = TEXT(""),
		.shelf_days = SMALL_NONE,
		.weight_g = i == 0 ? INT_NONE : 500,
	};
}

static void fill_names(struct shop *shop)
{
	static const char *const counties[][3] = { { "610124", "周至县", "西安市" },
						   { "610621", "延长县", "延安市" },
						   { "610924", "紫阳县", "安康市" } };
	static const char *const categories[][2] = { { "01", "粮油" },     { "0101", "小米" },
						     { "05", "水果" },     { "0501", "苹果" },
						     { "0502", "猕猴桃" }, { "07", "茶叶" },
						     { "0701", "绿茶" },   { "0702", "红茶" } };

	for (size_t i = 0; i < 7; i++) {
		struct shop_supplier *supplier =
			list_add(&shop->suppliers, arena, sizeof(*supplier));

		*supplier = (struct shop_supplier){ id_number('s', i),
						    arena_print(arena, "第%zu合作社", i),
						    TEXT("610924") };
	}
	for (size_t i = 0; i < COUNT_OF(counties); i++)
		*(struct county *)list_add(&shop->counties, arena, sizeof(struct county)) =
			(struct county){ .code = text_of(counties[i][0]),
					 .name = text_of(counties[i][1]),
					 .city_name = text_of(counties[i][2]),
					 .former_codes = i == 2 ? TEXT("610927;612429") : NO_TEXT };
	for (size_t i = 0; i < COUNT_OF(categories); i++)
		*(struct category *)list_add(&shop->categories, arena, sizeof(struct category)) =
			(struct category){ .code = text_of(categories[i][0]),
					   .name = text_of(categories[i][1]),
					   .name_en = TEXT("x"),
					   .level = categories[i][0][2] ? 2 : 1 };
}

static struct shop make_shop(size_t goods)
{
	struct shop shop = { 0 };

	for (size_t i = 0; i < goods; i++)
		fill_row(list_add(&shop.rows, arena, sizeof(struct shop_row)), i);
	fill_names(&shop);
	return shop;
}

static struct shop_query anything(void)
{
	return (struct shop_query){ .limit = SHOP_LIMIT };
}

static struct shop_hits find(const struct shop_query *query)
{
	struct shop_hits hits;

	assert_int_equal(shop_find(shop_view, query, arena, &hits), OK);
	return hits;
}

/* The hits as a list, also where a ready page stands for them. */
static struct shop_hits find_list(struct shop_query query)
{
	query.limit = query.limit == SHOP_LIMIT ? 200 : query.limit;
	struct shop_hits hits = find(&query);

	assert_null(hits.page);
	return hits;
}

static size_t search(const char *q)
{
	struct shop_query query = anything();

	query.q = text_of(q);
	query.sort = SORT_RELEVANCE;
	return find_list(query).count;
}

/* ---- tests
 * --------------------------------------------------------------------------------------- */

static void search_by_pairs_and_words(void **state)
{
	static const struct {
		const char *q;
		size_t count;
	} cases[] = {
		{ "富硒", 2 },       { "紫阳富硒绿茶", 1 },
		{ "富硒绿茶", 1 },   { "茶", 2 },
		{ "苹果", 2 },       { "苹果 延长", 2 },
		{ "延长苹果", 1 },   { "猕猴桃", 1 },
		{ "selen", 1 },      { "ＳＥＬＥＮ－ＴＥＡ", 1 },
		{ "selent", 0 },     { "10000003", 1 },
		{ "99999999", 0 },   { "不存在的东西", 0 },
		{ "富硒茶", 2 }, /* no pair 硒茶 anywhere: the characters */
		{ "！！", 0 },       { "苹果，干", 1 },
		{ "小米", 200 },     { "第3合作社", 43 },
		{ "地理标志", 150 }, { "紫阳县", 120 },
		{ "安康", 120 },     { "\uFEFF安康\uFE0F市", 120 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t count = search(cases[i].q);

		if (count != cases[i].count)
			print_error("%s: %zu\n", cases[i].q, count);
		assert_int_equal(count, cases[i].count);
	}
}

/* A name says more than a county or a supplier. */
static void the_best_come_first(void **state)
{
	struct shop_query query = anything();

	(void)state;
	query.q = TEXT("紫阳");
	query.sort = SORT_RELEVANCE;
	struct shop_hits hits = find_list(query);
	assert_true(hits.count > 1);
	assert_int_equal(hits.ordinals[0], 0);
	assert_int_equal(hits.ordinals[1], 1);
	query.sort = SORT_PRICE_DOWN;
	hits = find_list(query);
	assert_int_equal(hits.ordinals[hits.count - 1], 0);
}

static size_t count_by_hand(const struct shop_query *query)
{
	size_t count = 0;

	for (size_t i = 0; i < GOODS; i++) {
		const struct terms *terms = &shop_view->shelf->goods[i].terms;
		bool fits = !query->county.size || text_equal(query->county, terms->county);

		fits = fits &&
		       (!query->category.size ||
			(terms->category.size >= query->category.size &&
			 !memcmp(terms->category.at, query->category.at, query->category.size)));
		fits = fits &&
		       (id_is_none(query->supplier) || id_equal(query->supplier, terms->supplier));
		count += fits;
	}
	return count;
}

static void a_code_of_before_finds_its_county(void **state)
{
	static const char *const before[] = { "610927", "612429" };
	struct shop_query query = anything();

	(void)state;
	query.limit = GOODS;
	query.county = TEXT("610924");
	size_t expected = find(&query).count;
	assert_true(expected > 0);
	for (size_t i = 0; i < COUNT_OF(before); i++) {
		query.county = text_of(before[i]);
		query.category = NO_TEXT;
		assert_int_equal(find(&query).count, expected);
		query.category = TEXT("05");
		size_t fruit = find(&query).count;
		query.county = TEXT("610924");
		assert_int_equal(find(&query).count, fruit);
	}
	query.county = TEXT("61092");
	assert_int_equal(find(&query).count, 0);
}

static void filters_intersect(void **state)
{
	static const char *const counties[] = { "", "610924", "610621", "999999" };
	static const char *const categories[] = { "", "01", "0101", "05", "0501", "99" };

	(void)state;
	for (size_t c = 0; c < COUNT_OF(counties); c++) {
		for (size_t k = 0; k < COUNT_OF(categories); k++) {
			for (size_t s = 0; s < 9; s++) {
				struct shop_query query = anything();

				query.county = text_of(counties[c]);
				query.category = text_of(categories[k]);
				query.supplier = s ? id_number('s', s - 1) : NO_ID;
				query.limit = GOODS;
				assert_int_equal(find(&query).count, count_by_hand(&query));
			}
		}
	}
}

/* Every sort, with and without words, in pages of every size: each good once, in the order of the
 * whole list. */
static void pages_join_up(void **state)
{
	static const int64_t limits[] = { 1, 2, 7, 19, 21, 199 };

	(void)state;
	for (int sort = SORT_NUMBER; sort <= SORT_RELEVANCE; sort++) {
		for (size_t i = 0; i < COUNT_OF(limits); i++) {
			struct shop_query query = anything();
			size_t at = 0;

			query.sort = (enum shop_sort)sort;
			query.q = sort == SORT_RELEVANCE || i % 2 ? TEXT("小米") : NO_TEXT;
			query.limit = GOODS;
			struct shop_hits all = find(&query);
			assert_true(id_is_none(all.next));
			query.limit = limits[i];
			do {
				struct shop_hits page = find(&query);

				assert_true(page.count > 0);
				for (size_t j = 0; j < page.count; j++)
					assert_int_equal(page.ordinals[j], all.ordinals[at++]);
				query.after = page.next;
			} while (!id_is_none(query.after));
			assert_int_equal(at, all.count);
		}
	}
}

static void sorts_hold(void **state)
{
	struct shop_query query = anything();
	const struct good *goods = shop_view->shelf->goods;

	(void)state;
	query.limit = GOODS;
	for (int sort = SORT_NUMBER; sort <= SORT_PRICE_DOWN; sort++) {
		query.sort = (enum shop_sort)sort;
		struct shop_hits hits = find(&query);

		assert_int_equal(hits.count, GOODS);
		for (size_t i = 1; i < hits.count; i++) {
			const struct good *a = &goods[hits.ordinals[i - 1]];
			const struct good *b = &goods[hits.ordinals[i]];
			int64_t p = a->terms.ladder.rungs[0].unit_price_fen;
			int64_t q = b->terms.ladder.rungs[0].unit_price_fen;

			assert_true(sort != SORT_NUMBER || a->terms.sku < b->terms.sku);
			assert_true(sort != SORT_NEWEST || a->created_at >= b->created_at);
			assert_true(sort != SORT_PRICE_UP || p <= q);
			assert_true(sort != SORT_PRICE_DOWN || p >= q);
		}
	}
}

/* A good that leaves the shop while somebody pages through it costs nobody a good. */
static void pages_survive_a_change(void **state)
{
	struct shop shop = make_shop(GOODS);
	struct shop_query query = anything();
	const struct catalogue_view *before = shop_view;
	enum err e;

	(void)state;
	query.limit = 10;
	for (int sort = SORT_NUMBER; sort <= SORT_PRICE_DOWN; sort++) {
		query.sort = (enum shop_sort)sort;
		query.after = NO_ID;
		struct shop_hits first = find(&query), all;
		uint32_t last = first.ordinals[9];

		query.limit = 11;
		all = find(&query);
		query.limit = 10;
		query.after = first.next;
		struct shop less = { .suppliers = shop.suppliers,
				     .counties = shop.counties,
				     .categories = shop.categories };
		for (size_t i = 0; i < GOODS; i++)
			if (i != last)
				*(struct shop_row *)list_add(&less.rows, arena,
							     sizeof(struct shop_row)) =
					*LIST_ITEM(shop.rows, struct shop_row, i);
		int64_t next = before->shelf->skus[all.ordinals[10]];
		shop_view = view_make(&less, &e);
		assert_non_null(shop_view);
		assert_int_equal(shop_view->shelf->skus[find(&query).ordinals[0]], next);
		view_release(shop_view);
		shop_view = before;
	}
}

static void first_pages_are_ready(void **state)
{
	static const struct {
		const char *category, *county;
		bool ready;
	} cases[] = {
		{ "", "", true },       { "01", "", true },          { "0101", "", true },
		{ "", "610924", true }, { "0701", "610924", true },  { "07", "610924", true },
		{ "99", "", false },    { "0502", "610924", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct shop_query query = anything();
		struct shop_hits list;
		struct ready body;

		query.category = text_of(cases[i].category);
		query.county = text_of(cases[i].county);
		struct shop_hits hits = find(&query);
		assert_int_equal(hits.page != NULL, cases[i].ready);
		query.sort = SORT_NUMBER;
		query.q = TEXT("");
		if (!cases[i].ready)
			continue;
		/* the same page made on the spot: by a cursor in front of everything */
		query.after = cursor_make(0, 1);
		list = find(&query);
		assert_null(list.page);
		assert_int_equal(shop_body(shop_view, &list, arena, &body), OK);
		assert_true(text_equal(body.body, hits.page->body));
		assert_true(body.tag == hits.page->tag);
		memory_free((void *)(uintptr_t)body.body.at);
	}
}

static void bodies_are_json(void **state)
{
	const char *why = "";
	struct shop_query query = anything();
	const struct shelf *shelf = shop_view->shelf;

	(void)state;
	assert_true(json_is_strict(find(&query).page->body, arena, &why));
	assert_true(json_is_strict(shelf->categories, arena, &why));
	for (size_t i = 0; i < GOODS; i++) {
		const struct ready *detail = shop_detail(shop_view, shelf->goods[i].terms.product);

		assert_non_null(detail);
		assert_true(json_is_strict(detail->body, arena, &why));
		assert_true(json_is_strict(shop_view->items[i].body, arena, &why));
	}
	assert_null(shop_detail(shop_view, id_number('p', GOODS + 1)));
	assert_null(shop_detail(shop_view, id_number('a', 1)));
	assert_true(text_is(
		shop_view->items[1].body,
		"{\"id\":\"70000000-0000-0000-0000-00000000012b\",\"sku\":\"10000002\","
		"\"name\":\"富硒红茶 Selen-Tea\",\"specification\":\"500g\",\"sale_unit\":\"袋\","
		"\"county\":{\"code\":\"610924\",\"name\":\"紫阳县\"},"
		"\"category\":{\"code\":\"0702\",\"name\":\"红茶\"},"
		"\"supplier\":{\"id\":\"73000000-0000-0000-0000-000000000001\",\"name\":"
		"\"第1合作社\"},"
		"\"unit_price_fen\":1000,\"minimum\":2,\"multiple\":2,\"availability\":\"low\","
		"\"certificates\":[\"绿色食品\",\"地理标志\"],\"storage\":\"常温\"}"));
	struct text detail = shop_detail(shop_view, shelf->goods[1].terms.product)->body;
	assert_non_null(memmem(detail.at, detail.size, "\"fen_per_500g\":1000", 19));
	assert_non_null(memmem(detail.at, detail.size, "\"ladder\":[{\"quantity\":2,", 23));
	detail = shop_detail(shop_view, shelf->goods[0].terms.product)->body;
	assert_non_null(memmem(detail.at, detail.size, "\"fen_per_500g\":null", 19));
}

/* New words over the same shelf: only what says them changes. */
static void tags_follow_the_words(void **state)
{
	uint8_t *words = arena_copy(arena, shop_view->words, GOODS);
	const struct shelf *shelf = shop_view->shelf;
	enum err e;

	(void)state;
	assert_int_equal(atomic_load(&shop_view->shelf->views), 1);
	words[0] = words[0] == AVAILABLE_IN ? AVAILABLE_OUT : AVAILABLE_IN;
	const struct catalogue_view *other = view_restock(shop_view, words, &e);
	assert_non_null(other);
	assert_ptr_equal(other->shelf, shelf);
	assert_int_equal(atomic_load(&shop_view->shelf->views), 2);
	assert_true(other->items[0].tag != shop_view->items[0].tag);
	assert_true(other->details[0].tag != shop_view->details[0].tag);
	assert_true(other->items[1].tag == shop_view->items[1].tag);
	for (size_t i = 0; i < shelf->facet_count; i++) {
		const struct postings *postings = &shelf->facets[i].postings;

		assert_int_equal(other->pages[i].tag != shop_view->pages[i].tag,
				 postings->at[0] == 0);
	}
	view_release(other);
	assert_int_equal(atomic_load(&shop_view->shelf->views), 1);
}

static void terms_by_number(void **state)
{
	(void)state;
	for (int64_t i = 0; i < GOODS; i++)
		assert_int_equal(view_terms(shop_view, FIRST_SKU + i)->sku, FIRST_SKU + i);
	assert_null(view_terms(shop_view, FIRST_SKU - 1));
	assert_null(view_terms(shop_view, FIRST_SKU + GOODS));
	assert_null(view_terms(NULL, FIRST_SKU));
	assert_int_equal(view_terms(shop_view, FIRST_SKU)->ladder.count, 2);
}

static void an_empty_shop_answers(void **state)
{
	struct shop shop = { 0 };
	const struct catalogue_view *before = shop_view;
	struct shop_query query = anything();
	struct ready body;
	enum err e;

	(void)state;
	shop_view = view_make(&shop, &e);
	assert_non_null(shop_view);
	struct shop_hits hits = find(&query);
	assert_int_equal(hits.count, 0);
	assert_int_equal(shop_body(shop_view, &hits, arena, &body), OK);
	assert_true(text_is(body.body, "{\"items\":[],\"next\":null}"));
	memory_free((void *)(uintptr_t)body.body.at);
	assert_int_equal(search("茶"), 0);
	view_release(shop_view);
	shop_view = before;
}

static void a_broken_ladder_is_refused(void **state)
{
	struct shop shop = make_shop(3);
	enum err e = OK;

	(void)state;
	LIST_ITEM(shop.rows, struct shop_row, 1)->ladder = TEXT("nonsense");
	assert_null(view_make(&shop, &e));
	assert_int_equal(e, ERR_INTERNAL);
}

static void cursors_are_checked(void **state)
{
	(void)state;
	assert_true(cursor_is_sound(NO_ID));
	assert_true(cursor_is_sound(cursor_make(UINT64_MAX, 1)));
	assert_false(cursor_is_sound(cursor_make(0, INT64_MAX)));
	assert_false(cursor_is_sound(cursor_make(0, -1)));
	assert_false(cursor_is_sound(cursor_make(5, 0)));
}

static int start(void **state)
{
	enum err e;

	(void)state;
	arena = arena_new(0);
	struct shop shop = make_shop(GOODS);
	shop_view = view_make(&shop, &e);
	return shop_view ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	view_release(shop_view);
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_by_pairs_and_words),
		cmocka_unit_test(the_best_come_first),
		cmocka_unit_test(filters_intersect),
		cmocka_unit_test(a_code_of_before_finds_its_county),
		cmocka_unit_test(pages_join_up),
		cmocka_unit_test(sorts_hold),
		cmocka_unit_test(pages_survive_a_change),
		cmocka_unit_test(first_pages_are_ready),
		cmocka_unit_test(bodies_are_json),
		cmocka_unit_test(tags_follow_the_words),
		cmocka_unit_test(terms_by_number),
		cmocka_unit_test(an_empty_shop_answers),
		cmocka_unit_test(a_broken_ladder_is_refused),
		cmocka_unit_test(cursors_are_checked),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
