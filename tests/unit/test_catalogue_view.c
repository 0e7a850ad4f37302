/*
 * The shop in memory, made of rows by hand: what a naive count finds in random catalogues is what
 * lists and facets say, whatever changed in between and however it lies in layers; and no reader
 * ever sees half of a change. No database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/catalogue/view.h"

enum { PRODUCTS_MAX = 600, SKUS_MAX = 3, FIRST_SKU = 10000001, TODAY = 20000 };

/* ---- a catalogue that changes ---------------------------------------------------------------- */

/* One product as a test knows it; its rows and certificates are made when they are read. */
struct product {
	bool listed;
	int64_t revision;
	size_t skus, supplier, county, category, storage, certificate;
	int32_t certificate_until;
	int64_t price[SKUS_MAX], available[SKUS_MAX], weight, offer, created_at;
};

struct catalogue {
	struct product products[PRODUCTS_MAX];
	size_t count;
	uint64_t random;
	struct arena *arena;
};

static const char *const counties[] = { "610124", "610621", "610924" };
static const char *const county_names[] = { "周至县", "延长县", "紫阳县" };
static const char *const categories[] = { "0101", "0102", "0501", "0502", "0701" };
static const char *const category_names[] = { "小米", "大米", "苹果", "猕猴桃", "绿茶" };
static const char *const certificates[] = { "", "绿色食品", "有机", "绿色食品、地理标志" };

static size_t any(struct catalogue *c, size_t below)
{
	c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)((c->random >> 33) % below);
}

static struct id id_number(uint8_t kind, size_t number)
{
	struct id id = { { kind } };

	id.bytes[14] = (uint8_t)(number >> 8);
	id.bytes[15] = (uint8_t)number;
	return id;
}

static void product_price(struct catalogue *c, struct product *product)
{
	for (size_t i = 0; i < SKUS_MAX; i++) {
		product->price[i] = 500 + (int64_t)any(c, 300) * 100;
		product->available[i] = any(c, 3) ? (int64_t)any(c, 60) : 0;
	}
	product->offer++;
}

static void product_rewrite(struct catalogue *c, struct product *product)
{
	product->revision++;
	product->skus = 1 + any(c, SKUS_MAX);
	product->supplier = any(c, 7);
	product->county = any(c, COUNT_OF(counties));
	product->category = any(c, COUNT_OF(categories));
	product->storage = any(c, 3);
	product->certificate = any(c, COUNT_OF(certificates));
	product->certificate_until = any(c, 3) ? DAY_NONE : TODAY - 2 + (int32_t)any(c, 4);
	product->weight = any(c, 4) ? 250 + (int64_t)any(c, 8) * 250 : INT_NONE;
	product_price(c, product);
}

static void catalogue_fill(struct catalogue *c, size_t count, uint64_t seed)
{
	c->random = seed;
	c->count = count;
	for (size_t i = 0; i < count; i++) {
		product_rewrite(c, &c->products[i]);
		c->products[i].listed = any(c, 5) > 0;
		c->products[i].created_at = (int64_t)any(c, 40);
	}
}

static int64_t sku_of(size_t product, size_t place)
{
	return FIRST_SKU + (int64_t)(product * SKUS_MAX + place);
}

static void row_fill(const struct catalogue *c, size_t number, size_t place, struct shop_row *row)
{
	const struct product *product = &c->products[number];
	struct arena *arena = c->arena;

	*row = (struct shop_row){
		.terms = {
			.sku = sku_of(number, place),
			.offer = product->offer,
			.on_sale = true,
			.supplier = id_number('s', product->supplier),
			.product = id_number('p', (number * 7919) % PRODUCTS_MAX),
			.revision = id_number('r', (size_t)product->revision * PRODUCTS_MAX + number),
			.code = TEXT("A"),
			.name = arena_print(arena, "%s%s %zu 号 \"优\"",
					    product->revision % 2 ? "云雾" : "秦岭",
					    category_names[product->category], number),
			.specification = TEXT("500g"),
			.sale_unit = TEXT("袋"),
			.county = text_of(counties[product->county]),
			.category = text_of(categories[product->category]),
			.vat_kind = VAT_TAXED,
			.vat_rate = 9,
			.minimum = 2,
			.multiple = 2,
		},
		.ladder = arena_print(arena, "2:%lld;100:%lld", (long long)product->price[place],
				      (long long)product->price[place] - 100),
		.available = product->available[place],
		.created_at = product->created_at,
		.storage = text_of(storage_words[product->storage]),
		.certificates = text_of(certificates[product->certificate]),
		.remark = TEXT(""),
		.brand = TEXT(""),
		.producer = TEXT(""),
		.origin = TEXT(""),
		.farmers = TEXT(""),
		.shelf_days = SMALL_NONE,
		.households = SMALL_NONE,
		.weight_g = product->weight,
		.supplier_name = arena_print(arena, "第%zu合作社", product->supplier),
		.supplier_county = TEXT("610924"),
	};
}

static void product_read(const struct catalogue *c, size_t number, struct shop *out)
{
	const struct product *product = &c->products[number];

	for (size_t i = 0; i < product->skus && product->listed; i++)
		row_fill(c, number, i, list_add(&out->rows, c->arena, sizeof(struct shop_row)));
	if (!product->listed || product->certificate_until == DAY_NONE || !product->certificate)
		return;
	struct shop_certificate *certificate =
		list_add(&out->certificates, c->arena, sizeof(*certificate));
	*certificate = (struct shop_certificate){
		.revision = id_number('r', (size_t)product->revision * PRODUCTS_MAX + number),
		.name = product->certificate == 2 ? TEXT("有机") : TEXT("绿色食品"),
		.number = TEXT("LB-1"),
		.issuer = TEXT("中心"),
		.valid_until = product->certificate_until,
	};
}

static void names_fill(struct catalogue *c, struct shop *shop)
{
	for (size_t i = 0; i < COUNT_OF(counties); i++)
		*(struct county *)list_add(&shop->counties, c->arena, sizeof(struct county)) =
			(struct county){ .code = text_of(counties[i]),
					 .name = text_of(county_names[i]),
					 .city_name = TEXT("西安市"),
					 .former_codes = i == 2 ? TEXT("610927;612429") : NO_TEXT };
	for (size_t i = 0; i < COUNT_OF(categories); i++)
		*(struct category *)list_add(&shop->categories, c->arena, sizeof(struct category)) =
			(struct category){ .code = text_of(categories[i]),
					   .name = text_of(category_names[i]),
					   .name_en = TEXT("x"),
					   .level = 2 };
}

static struct catalogue_view *whole(struct catalogue *c)
{
	struct shop shop = { .today = TODAY };
	enum err e;

	for (size_t i = 0; i < c->count; i++)
		product_read(c, i, &shop);
	names_fill(c, &shop);
	struct catalogue_view *view = view_make(&shop, NULL, &e);
	assert_int_equal(e, OK);
	return view;
}

static enum err some(void *context, const struct id *products, size_t count, struct arena *arena,
		     struct shop *out)
{
	const struct catalogue *c = context;

	(void)arena;
	out->today = TODAY;
	for (size_t i = 0; i < c->count; i++) {
		struct id id = id_number('p', (i * 7919) % PRODUCTS_MAX);

		for (size_t k = 0; k < count; k++)
			if (id_equal(id, products[k]))
				product_read(c, i, out);
	}
	return OK;
}

static int id_order(const void *a, const void *b)
{
	return id_compare(*(const struct id *)a, *(const struct id *)b);
}

/* What the view becomes when @numbers moved; the old one is dropped. */
static struct catalogue_view *follow(struct catalogue *c, struct catalogue_view *old,
				     const size_t *numbers, size_t count)
{
	const struct shop_reader reader = { some, c };
	struct id ids[PRODUCTS_MAX];
	size_t each = 0;
	enum err e;

	for (size_t i = 0; i < count; i++)
		ids[i] = id_number('p', (numbers[i] * 7919) % PRODUCTS_MAX);
	qsort(ids, count, sizeof(*ids), id_order);
	for (size_t i = 0; i < count; i++)
		if (!each || !id_equal(ids[i], ids[each - 1]))
			ids[each++] = ids[i];
	struct catalogue_view *view = view_follow(old, ids, each, &reader, NULL, &e);
	assert_int_equal(e, OK);
	if (!view)
		view = whole(c);
	if (view != old)
		view_drop(old);
	return view;
}

/* ---- the naive count ------------------------------------------------------------------------- */

struct naive {
	int64_t price, per_500g;
	bool available;
	char certificates[2][32];
	size_t certificate_count;
};

static struct naive naive_of(const struct product *product)
{
	struct naive naive = { .price = INT64_MAX, .per_500g = INT64_MAX };
	struct text rest = text_of(certificates[product->certificate]);
	bool first_holds =
		product->certificate_until == DAY_NONE || product->certificate_until >= TODAY;

	for (size_t i = 0; i < product->skus; i++) {
		int64_t per = fen_per_500g(product->price[i], product->weight);

		if (product->price[i] < naive.price)
			naive.price = product->price[i];
		if (per != INT_NONE && per < naive.per_500g)
			naive.per_500g = per;
		naive.available |= product->available[i] >= 2;
	}
	if (rest.size && first_holds)
		snprintf(naive.certificates[naive.certificate_count++], 32, "%s",
			 product->certificate == 2 ? "有机" : "绿色食品");
	if (product->certificate == 3)
		snprintf(naive.certificates[naive.certificate_count++], 32, "地理标志");
	return naive;
}

static bool lists(struct text codes, const char *code)
{
	while (codes.at)
		if (text_is(text_cut(&codes, ','), code))
			return true;
	return false;
}

static const char *value_of(const struct product *product, const struct naive *naive,
			    enum facet facet, char *text)
{
	switch (facet) {
	case FACET_CATEGORY:
		return categories[product->category];
	case FACET_COUNTY:
		return counties[product->county];
	case FACET_SUPPLIER:
		id_format(id_number('s', product->supplier), text);
		return text;
	case FACET_BAND:
		return band_words[naive->price < 2000    ? 0
				  : naive->price < 5000  ? 1
				  : naive->price < 10000 ? 2
				  : naive->price < 20000 ? 3
							 : 4];
	case FACET_STORAGE:
		return storage_words[product->storage];
	default:
		return "";
	}
}

static bool passes(const struct product *product, const struct naive *naive,
		   const struct shop_query *query, enum facet facet)
{
	struct text wanted = query->values[facet];
	char text[40];

	if (!wanted.size)
		return true;
	if (facet != FACET_CERTIFICATE)
		return lists(wanted, value_of(product, naive, facet, text));
	for (size_t i = 0; i < naive->certificate_count; i++)
		if (lists(wanted, naive->certificates[i]))
			return true;
	return false;
}

static unsigned fails_of(const struct product *product, const struct naive *naive,
			 const struct shop_query *query)
{
	unsigned fails = query->available && !naive->available ? FAILS_STOCK : 0u;

	for (int facet = 0; facet < FACET_COUNT; facet++)
		if (!passes(product, naive, query, (enum facet)facet))
			fails |= 1u << facet;
	return fails;
}

/* How many products a value of a facet finds, all filters but the facet's own applied. */
static uint32_t naive_count(const struct catalogue *c, const struct shop_query *query,
			    enum facet facet, struct text code)
{
	uint32_t count = 0;
	char text[40];

	for (size_t i = 0; i < c->count; i++) {
		const struct product *product = &c->products[i];
		struct naive naive = naive_of(product);

		if (!product->listed || fails_of(product, &naive, query) & ~(1u << facet))
			continue;
		if (facet != FACET_CERTIFICATE)
			count += text_is(code, value_of(product, &naive, facet, text));
		for (size_t k = 0; k < naive.certificate_count && facet == FACET_CERTIFICATE; k++)
			count += text_is(code, naive.certificates[k]);
	}
	return count;
}

/* ---- random questions ------------------------------------------------------------------------ */

static struct shop_query random_query(struct catalogue *c)
{
	struct shop_query query = { .limit = 1 + (int64_t)any(c, 40),
				    .count = true,
				    .facets = true,
				    .sort = (enum shop_sort)any(c, SORT_RELEVANCE) };
	struct arena *arena = c->arena;
	char id[37];

	if (!any(c, 3))
		query.values[FACET_CATEGORY] =
			arena_print(arena, "%s,%s", categories[any(c, 5)], categories[any(c, 5)]);
	if (!any(c, 3))
		query.values[FACET_COUNTY] = text_of(counties[any(c, 3)]);
	if (!any(c, 4))
		query.values[FACET_SUPPLIER] =
			arena_text(arena, id_format(id_number('s', any(c, 8)), id));
	if (!any(c, 3))
		query.values[FACET_BAND] =
			arena_print(arena, "%s,%s", band_words[any(c, 5)], band_words[any(c, 5)]);
	if (!any(c, 3))
		query.values[FACET_CERTIFICATE] =
			any(c, 2) ? TEXT("绿色食品") : TEXT("有机,地理标志");
	if (!any(c, 4))
		query.values[FACET_STORAGE] = text_of(storage_words[any(c, 3)]);
	query.available = !any(c, 3);
	return query;
}

static void check_facets(const struct catalogue *c, const struct catalogue_view *view,
			 const struct shop_query *query, const struct shop_hits *hits)
{
	for (int facet = 0; facet < FACET_COUNT; facet++) {
		const struct dictionary *all = &view->glossary->facets[facet];

		for (size_t i = 0; i < all->count; i++)
			assert_int_equal(
				hits->facets[facet][i],
				naive_count(c, query, (enum facet)facet, all->values[i].code));
	}
}

static int64_t naive_key(const struct product *product, enum shop_sort sort)
{
	switch (sort) {
	case SORT_NEWEST:
		return -product->created_at;
	case SORT_PRICE_UP:
		return naive_of(product).price;
	case SORT_PRICE_DOWN:
		return -naive_of(product).price;
	default:
		return 0;
	}
}

/* All pages of a question: each match once, in order. */
static void check_pages(const struct catalogue *c, const struct catalogue_view *view,
			struct shop_query query)
{
	bool seen[PRODUCTS_MAX] = { false };
	int64_t key = INT64_MIN, before = 0;
	size_t found = 0, expected = 0;
	struct shop_hits hits;

	query.count = query.facets = false;
	do {
		assert_int_equal(shop_find(view, &query, c->arena, &hits), OK);
		for (size_t i = 0; i < hits.count; i++) {
			size_t number = (size_t)(hits.at[i].number - FIRST_SKU) / SKUS_MAX;
			const struct product *product = &c->products[number];
			struct naive naive = naive_of(product);
			int64_t next = naive_key(product, query.sort);

			assert_true(product->listed && !seen[number]);
			assert_int_equal(fails_of(product, &naive, &query), 0);
			assert_true(next > key || (next == key && hits.at[i].number > before));
			seen[number] = true;
			key = next;
			before = hits.at[i].number;
		}
		found += hits.count;
		query.after = hits.next;
	} while (!id_is_none(hits.next));
	for (size_t i = 0; i < c->count; i++) {
		struct naive naive = naive_of(&c->products[i]);

		expected += c->products[i].listed && !fails_of(&c->products[i], &naive, &query);
	}
	assert_int_equal(found, expected);
}

static void check_bodies(const struct catalogue *c, const struct catalogue_view *view)
{
	const char *why = "";

	for (size_t i = 0; i < c->count; i++) {
		struct id id = id_number('p', (i * 7919) % PRODUCTS_MAX);
		struct ready ready;
		enum err e = shop_detail(view, id, &ready);

		assert_int_equal(e, c->products[i].listed ? OK : ERR_NOT_FOUND);
		for (size_t k = 0; k < SKUS_MAX; k++) {
			const struct terms *terms = view_terms(view, sku_of(i, k));

			assert_int_equal(terms != NULL,
					 c->products[i].listed && k < c->products[i].skus);
			if (!terms)
				continue;
			assert_int_equal(terms->offer, c->products[i].offer);
			assert_int_equal(terms->ladder.rungs[0].unit_price_fen,
					 c->products[i].price[k]);
			assert_true(id_equal(terms->product, id));
		}
		if (e)
			continue;
		assert_true(json_is_strict(ready.body, c->arena, &why));
		memory_free((void *)(uintptr_t)ready.body.at);
	}
}

static int number_order(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void check_medians(const struct catalogue *c, const struct catalogue_view *view)
{
	for (size_t k = 0; k < COUNT_OF(categories); k++) {
		int64_t all[PRODUCTS_MAX], expected = INT_NONE;
		size_t count = 0;

		for (size_t i = 0; i < c->count; i++) {
			int64_t per = naive_of(&c->products[i]).per_500g;

			if (c->products[i].listed && c->products[i].category == k &&
			    per != INT64_MAX)
				all[count++] = per;
		}
		qsort(all, count, sizeof(*all), number_order);
		if (count >= 5)
			expected = count % 2 ? all[count / 2]
					     : (all[count / 2 - 1] + all[count / 2] + 1) / 2;
		assert_int_equal(view_median(view, text_of(categories[k])), expected);
	}
}

static void check(struct catalogue *c, const struct catalogue_view *view, size_t questions)
{
	for (size_t i = 0; i < questions; i++) {
		struct shop_query query = random_query(c);
		struct shop_hits hits;
		uint32_t total = 0;

		assert_int_equal(shop_find(view, &query, c->arena, &hits), OK);
		check_facets(c, view, &query, &hits);
		for (size_t k = 0; k < c->count; k++) {
			struct naive naive = naive_of(&c->products[k]);

			total +=
				c->products[k].listed && !fails_of(&c->products[k], &naive, &query);
		}
		assert_int_equal(hits.total, total);
		check_pages(c, view, query);
	}
	check_medians(c, view);
	check_bodies(c, view);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void change_some(struct catalogue *c, size_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct product *product = &c->products[numbers[i] = any(c, c->count)];

		switch (any(c, 4)) {
		case 0:
			product_rewrite(c, product);
			break;
		case 1:
			product->listed = !product->listed;
			break;
		default:
			product_price(c, product);
		}
	}
}

static void counts_are_those_of_a_naive_count(void **state)
{
	static struct catalogue c;
	size_t numbers[PRODUCTS_MAX], deepest = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		c = (struct catalogue){ .arena = arena_new(MIB(512)) };
		catalogue_fill(&c, 40 + (size_t)seed * 80, seed);
		struct catalogue_view *view = whole(&c);
		for (size_t round = 0; round < 25; round++) {
			check(&c, view, 3);
			size_t count = 1 + any(&c, round % 5 ? 4 : c.count / 4);
			change_some(&c, numbers, count);
			view = follow(&c, view, numbers, count);
			if (view->layer_count > deepest)
				deepest = view->layer_count;
		}
		check(&c, view, 3);
		view_drop(view);
		arena_free(c.arena);
	}
	assert_in_range(deepest, 3, LAYERS_MAX);
}

/* A price makes one shard anew; content makes a layer; what shows nothing makes nothing. */
static void only_what_moved_is_made_anew(void **state)
{
	static struct catalogue c;
	size_t number = 77, moved = 0;
	enum err e;

	(void)state;
	c = (struct catalogue){ .arena = arena_new(0) };
	catalogue_fill(&c, 400, 9);
	for (size_t i = 0; i < c.count; i++)
		c.products[i].listed = true;
	struct catalogue_view *first = whole(&c);
	const struct shop_reader reader = { some, &c };
	struct id id = id_number('p', (number * 7919) % PRODUCTS_MAX);
	assert_ptr_equal(view_follow(first, &id, 1, &reader, NULL, &e), first);
	c.products[number].price[0]++;
	c.products[number].offer++;
	struct catalogue_view *second = view_follow(first, &id, 1, &reader, NULL, &e);
	assert_ptr_not_equal(second, first);
	assert_int_equal(second->layer_count, 1);
	assert_ptr_equal(second->layers[0].segment, first->layers[0].segment);
	for (size_t i = 0; i < (c.count + SHARD_SIZE - 1) / SHARD_SIZE; i++)
		moved += second->layers[0].shards[i] != first->layers[0].shards[i];
	assert_int_equal(moved, 1);
	c.products[number].revision++;
	struct catalogue_view *third = view_follow(second, &id, 1, &reader, NULL, &e);
	assert_int_equal(third->layer_count, 2);
	assert_int_equal(third->layers[1].segment->count, 1);
	assert_int_equal(third->layers[0].columns->alive, c.count - 1);
	assert_ptr_equal(third->layers[0].segment, first->layers[0].segment);
	view_drop(first);
	view_drop(second);
	check(&c, third, 2);
	view_drop(third);
	arena_free(c.arena);
}

static size_t found_by(const struct catalogue_view *view, struct arena *arena, const char *q)
{
	struct shop_query query = { .limit = 200, .q = text_of(q), .sort = SORT_RELEVANCE };
	struct shop_hits hits;

	assert_int_equal(shop_find(view, &query, arena, &hits), OK);
	return hits.count;
}

/* A text is found where it is now, in whichever layer, and no longer where it was. */
static void search_follows_content(void **state)
{
	static struct catalogue c;
	size_t number = 5;

	(void)state;
	c = (struct catalogue){ .arena = arena_new(0) };
	catalogue_fill(&c, 100, 4);
	for (size_t i = 0; i < c.count; i++) {
		c.products[i].listed = true;
		c.products[i].revision = 2;
	}
	struct catalogue_view *view = whole(&c);
	assert_int_equal(found_by(view, c.arena, "云雾"), 0);
	assert_int_equal(found_by(view, c.arena, "秦岭"), 100);
	c.products[number].revision = 3;
	view = follow(&c, view, &number, 1);
	assert_int_equal(view->layer_count, 2);
	assert_int_equal(found_by(view, c.arena, "云雾"), 1);
	assert_int_equal(found_by(view, c.arena, "秦岭"), 99);
	assert_int_equal(found_by(view, c.arena, "！！"), 0);
	c.products[number].listed = false;
	view = follow(&c, view, &number, 1);
	assert_int_equal(found_by(view, c.arena, "云雾"), 0);
	view_drop(view);
	arena_free(c.arena);
}

static void sales_sort_and_move(void **state)
{
	static struct catalogue c;
	struct sales sales = { 0 };
	struct shop_query query = { .limit = 3, .sort = SORT_SALES };
	struct shop_hits hits;
	enum err e;

	(void)state;
	c = (struct catalogue){ .arena = arena_new(0) };
	catalogue_fill(&c, 50, 4);
	for (size_t i = 0; i < c.count; i++)
		c.products[i].listed = true;
	struct catalogue_view *view = whole(&c);
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(sales_add(&sales, FIRST_SKU + 1000 + (int64_t)i, 1), OK);
	assert_ptr_equal(view_resell(view, &sales, &e), view);
	assert_int_equal(sales_add(&sales, sku_of(30, 0), 5), OK);
	assert_int_equal(sales_add(&sales, sku_of(20, 0), 7), OK);
	struct catalogue_view *sold = view_resell(view, &sales, &e);
	assert_int_equal(shop_find(sold, &query, c.arena, &hits), OK);
	assert_int_equal(hits.at[0].number, sku_of(20, 0));
	assert_int_equal(hits.at[1].number, sku_of(30, 0));
	assert_int_equal(hits.at[2].number, sku_of(0, 0));
	sales_free(&sales);
	view_drop(view);
	view_drop(sold);
	arena_free(c.arena);
}

static void answers_are_kept_once(void **state)
{
	static struct catalogue c;

	(void)state;
	c = (struct catalogue){ .arena = arena_new(0) };
	catalogue_fill(&c, 10, 4);
	struct catalogue_view *view = whole(&c);
	char *body = memory_take(2);
	struct ready ready = { { body, 2 }, 1 };
	assert_null(page_find(view, TEXT("a=1")));
	assert_true(page_keep(view, TEXT("a=1"), ready));
	assert_false(page_keep(view, TEXT("a=1"), ready));
	assert_ptr_equal(page_find(view, TEXT("a=1"))->body.at, body);
	assert_null(page_find(view, TEXT("a=2")));
	view_drop(view);
	arena_free(c.arena);
}

static void an_empty_shop_answers(void **state)
{
	struct shop shop = { .today = TODAY };
	struct arena *arena = arena_new(0);
	struct shop_query query = { .limit = SHOP_LIMIT, .facets = true };
	struct shop_hits hits;
	struct ready body;
	enum err e;

	(void)state;
	struct catalogue_view *view = view_make(&shop, NULL, &e);
	assert_int_equal(shop_find(view, &query, arena, &hits), OK);
	assert_int_equal(shop_body(view, &hits, arena, &body), OK);
	assert_true(
		text_is(body.body,
			"{\"items\":[],\"next\":null,\"count\":null,\"facets\":{\"category\":[],"
			"\"county\":[],"
			"\"supplier\":[],\"price_band\":[],\"certificate\":[],\"storage\":[]}}"));
	memory_free((void *)(uintptr_t)body.body.at);
	assert_int_equal(found_by(view, arena, "茶"), 0);
	view_drop(view);
	arena_free(arena);
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

/* ---- readers --------------------------------------------------------------------------------- */

enum { READERS = 4, SWAPS = 150, TOGETHER = 40 };

/* The view that readers take, counted as the program counts it. */
struct shared {
	pthread_mutex_t mutex;
	struct catalogue_view *current;
	size_t *references; /* of the current view */
	bool ends;
	size_t read;
};

static struct catalogue_view *borrow(struct shared *shared, size_t **references, bool *ends)
{
	pthread_mutex_lock(&shared->mutex);
	struct catalogue_view *view = shared->current;

	*references = shared->references;
	++**references;
	*ends = shared->ends;
	shared->read++;
	pthread_mutex_unlock(&shared->mutex);
	return view;
}

static void give_back(struct shared *shared, struct catalogue_view *view, size_t *references)
{
	pthread_mutex_lock(&shared->mutex);
	bool is_last = --*references == 0;

	pthread_mutex_unlock(&shared->mutex);
	if (!is_last)
		return;
	view_drop(view);
	free(references);
}

/* All of one event's products bear the same offer, and the lists say what the terms say. */
static void *reader_main(void *arg)
{
	struct shared *shared = arg;
	bool ends = false;

	while (!ends) {
		size_t *references;
		struct catalogue_view *view = borrow(shared, &references, &ends);
		struct arena *arena = arena_new(0);
		struct shop_query query = {
			.limit = SHOP_LIMIT, .facets = true, .count = true, .sort = SORT_PRICE_UP
		};
		struct shop_hits hits;
		struct ready body;
		int64_t offer = view_terms(view, sku_of(0, 0))->offer;

		for (size_t i = 0; i < TOGETHER; i++)
			for (size_t k = 0; k < 2; k++)
				if (view_terms(view, sku_of(i, k))->offer != offer)
					abort();
		if (shop_find(view, &query, arena, &hits) || shop_body(view, &hits, arena, &body))
			abort();
		if (!page_keep(view, TEXT("a question"), body))
			memory_free((void *)(uintptr_t)body.body.at);
		if (!page_find(view, TEXT("a question")))
			abort();
		arena_free(arena);
		give_back(shared, view, references);
	}
	return NULL;
}

static void publish_view(struct shared *shared, struct catalogue_view *view, bool ends)
{
	size_t *references = malloc(sizeof(*references)), *before = shared->references;
	struct catalogue_view *old = shared->current;

	*references = 1;
	pthread_mutex_lock(&shared->mutex);
	shared->current = view;
	shared->references = references;
	shared->ends = ends;
	pthread_mutex_unlock(&shared->mutex);
	if (old)
		give_back(shared, old, before);
}

/* Every event moves prices of TOGETHER products and content of some, now and then of many. */
static void event(struct catalogue *c, size_t *numbers, size_t round)
{
	for (size_t i = 0; i < TOGETHER; i++) {
		numbers[i] = i;
		c->products[i].offer++;
		c->products[i].price[0] = 500 + (int64_t)any(c, 300) * 100;
		c->products[i].available[1] = (int64_t)any(c, 40);
		if (!any(c, round % 10 ? 20 : 2))
			c->products[i].revision++;
	}
}

static void nobody_sees_half_a_change(void **state)
{
	static struct catalogue c;
	struct shared shared = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	const struct shop_reader reader = { some, &c };
	pthread_t threads[READERS];
	size_t numbers[TOGETHER];
	struct id ids[TOGETHER];
	enum err e;

	(void)state;
	c = (struct catalogue){ .arena = arena_new(MIB(512)) };
	catalogue_fill(&c, 300, 4);
	for (size_t i = 0; i < c.count; i++) {
		c.products[i].listed = true;
		c.products[i].skus = 2;
		c.products[i].offer = 1;
	}
	publish_view(&shared, whole(&c), false);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader_main, &shared), 0);
	for (size_t round = 0; round < SWAPS; round++) {
		event(&c, numbers, round);
		for (size_t i = 0; i < TOGETHER; i++)
			ids[i] = id_number('p', (numbers[i] * 7919) % PRODUCTS_MAX);
		qsort(ids, TOGETHER, sizeof(*ids), id_order);
		struct catalogue_view *view =
			view_follow(shared.current, ids, TOGETHER, &reader, NULL, &e);
		assert_int_equal(e, OK);
		publish_view(&shared, view ? view : whole(&c), round + 1 == SWAPS);
	}
	for (size_t i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	check(&c, shared.current, 2);
	assert_true(shared.read >= READERS);
	give_back(&shared, shared.current, shared.references);
	arena_free(c.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_a_naive_count),
		cmocka_unit_test(only_what_moved_is_made_anew),
		cmocka_unit_test(search_follows_content),
		cmocka_unit_test(sales_sort_and_move),
		cmocka_unit_test(answers_are_kept_once),
		cmocka_unit_test(an_empty_shop_answers),
		cmocka_unit_test(cursors_are_checked),
		cmocka_unit_test(nobody_sees_half_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
