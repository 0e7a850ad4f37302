/*
 * How fast the shop's search answers, in this process alone: goods are made of the names of the
 * demonstration, of counties and of words that suppliers put behind names; questions are made of
 * the goods. Each is asked with the counts of facets that a page of the shop shows, on one thread,
 * and what it took is that thread's work.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalogue/search.h"
#include "program.h"
#include "table.h"

/* Nanoseconds of this thread's own work: what else the machine does is not the search's. */
static int64_t worked(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

enum { SPECIFICATION, CATEGORY, COUNTY, NAME, PRODUCT_COLUMNS };
static const char *const product_columns[] = { "spec", "category_code", "county_code", "name_zh" };
static const char *const county_columns[] = { "code", "name_zh", "city_zh" };
static const char *const category_columns[] = { "code", "parent_code", "name_zh" };

struct row {
	struct text cells[PRODUCT_COLUMNS];
};
struct words {
	struct arena *arena;
	struct list products, counties, categories; /* of struct row */
};
struct adding {
	struct arena *arena;
	struct list *to;
	size_t columns;
};

static enum err add_row(void *context, int64_t record, const struct text *cells)
{
	struct adding *adding = context;
	struct row *row = list_add(adding->to, adding->arena, sizeof(*row));

	(void)record;
	if (!row)
		return ERR_MEMORY;
	memcpy(row->cells, cells, adding->columns * sizeof(*cells));
	return OK;
}

static bool words_read(struct app *app, struct words *words)
{
	const struct {
		const char *path;
		const char *const *columns;
		size_t count;
		struct list *to;
	} files[] = {
		{ "demo/products.csv", product_columns, COUNT_OF(product_columns),
		  &words->products },
		{ "schema/reference/counties.csv", county_columns, COUNT_OF(county_columns),
		  &words->counties },
		{ "schema/reference/categories.csv", category_columns, COUNT_OF(category_columns),
		  &words->categories },
	};
	struct buffer faults = { .max = KIB(16) };
	bool read = true;

	for (size_t i = 0; read && i < COUNT_OF(files); i++) {
		struct adding adding = { words->arena, files[i].to, files[i].count };
		const char *path = program_path(app, files[i].path);

		read = path && table_load(words->arena, path, files[i].columns, files[i].count,
					  add_row, &adding, &faults);
	}
	if (!read)
		fprintf(stderr, "xiangcai: %.*s", TEXT_FMT(buffer_text(&faults)));
	buffer_free(&faults);
	return read;
}

static const struct row *row_of(const struct list *rows, struct text code)
{
	for (size_t i = 0; i < rows->count; i++)
		if (text_equal(LIST_ITEM(*rows, struct row, i)->cells[0], code))
			return LIST_ITEM(*rows, struct row, i);
	return NULL;
}

/* ---- the shop -------------------------------------------------------------------------------- */

static const char *const behind[] = { "",       "（特级）", "（一级）", "礼盒",
				      "家庭装", "精选装",   "（新货）", "（产地直供）" };
static const char *const houses[] = { "绿源", "乐农", "金穗", "云岭", "万禾", "康源", "春晓" };
static const char *const kinds[] = { "果业有限公司", "农业科技有限公司",
				     "特色农产品种植农民专业合作社", "家庭农场" };
static const char *const certificates[] = { "", "", "地理标志", "绿色食品", "有机" };

/* As many facets as a page of the shop counts; of each document its value in each. */
enum { FACETS = 6, FACET_VALUES = 512, FIRST_NUMBER = 10000001 };
struct bench_shop {
	struct search_index *index;
	uint16_t *facets[FACETS];
	size_t count;
	int64_t build_ns; /* of search_finish */
};
struct making {
	const struct words *words;
	struct bench_shop *shop;
	struct search_builder *builder;
	struct arena *scratch;
	uint64_t random;
};

static size_t any(struct making *making, size_t count)
{
	return bench_random(&making->random) % count;
}

static struct text stem_of(struct text county)
{
	return text_part(county, 0, county.size > 6 ? county.size - 3 : county.size);
}

/* Without the county that the demonstration's names begin with. */
static struct text goods_of(const struct words *words, const struct row *product)
{
	const struct row *county = row_of(&words->counties, product->cells[COUNTY]);
	struct text stem = county ? stem_of(county->cells[1]) : NO_TEXT;
	struct text name = product->cells[NAME];

	return name.size > stem.size && text_equal(text_part(name, 0, stem.size), stem)
		       ? text_part(name, stem.size, name.size)
		       : name;
}

/* Three names in four begin with the county, and most end with words and a number of their own. */
static void add_name(struct making *making, uint32_t document, const struct row *product,
		     const struct row *county)
{
	struct text stem = any(making, 4) ? stem_of(county->cells[1]) : TEXT("");
	struct text goods = goods_of(making->words, product);
	const char *tail = behind[any(making, COUNT_OF(behind))];
	size_t number = any(making, 97);

	search_add(making->builder, document, SEARCH_NAME,
		   arena_print(making->scratch, "%.*s%.*s%s%zu号", TEXT_FMT(stem), TEXT_FMT(goods),
			       tail, number));
}

static void add_supplier(struct making *making, uint32_t document, const struct row *county)
{
	size_t house = any(making, COUNT_OF(houses)), kind = any(making, COUNT_OF(kinds));

	search_add(making->builder, document, SEARCH_SUPPLIER,
		   arena_print(making->scratch, "%.*s%s%s", TEXT_FMT(county->cells[1]),
			       houses[house], kinds[kind]));
	making->shop->facets[2][document] = (uint16_t)(house * COUNT_OF(kinds) + kind);
}

static void add_category(struct making *making, uint32_t document, const struct row *product)
{
	const struct row *category = row_of(&making->words->categories, product->cells[CATEGORY]);
	const struct row *parent =
		category ? row_of(&making->words->categories, category->cells[1]) : NULL;

	if (!category || !parent)
		return;
	search_add(making->builder, document, SEARCH_CATEGORY, category->cells[2]);
	search_add(making->builder, document, SEARCH_PARENT, parent->cells[2]);
	making->shop->facets[0][document] =
		(uint16_t)(category - LIST_ITEM(making->words->categories, struct row, 0));
}

static void add_good(struct making *making, uint32_t document)
{
	const struct words *words = making->words;
	const struct row *product =
		LIST_ITEM(words->products, struct row, any(making, words->products.count));
	size_t place = any(making, words->counties.count);
	const struct row *county = LIST_ITEM(words->counties, struct row, place);
	size_t certificate = any(making, COUNT_OF(certificates));

	arena_reset(making->scratch);
	search_add(making->builder, document, SEARCH_NUMBER,
		   arena_print(making->scratch, "%u", FIRST_NUMBER + document));
	add_name(making, document, product, county);
	add_category(making, document, product);
	add_supplier(making, document, county);
	search_add(making->builder, document, SEARCH_COUNTY, county->cells[1]);
	search_add(making->builder, document, SEARCH_CITY, county->cells[2]);
	search_add(making->builder, document, SEARCH_SPECIFICATION, product->cells[SPECIFICATION]);
	search_add(making->builder, document, SEARCH_CERTIFICATE,
		   text_of(certificates[certificate]));
	making->shop->facets[1][document] = (uint16_t)place;
	making->shop->facets[3][document] = (uint16_t)certificate;
	making->shop->facets[4][document] = (uint16_t)any(making, 12);
	making->shop->facets[5][document] = (uint16_t)any(making, 4);
}

static bool shop_make(const struct words *words, size_t count, struct arena *arena,
		      struct bench_shop *out)
{
	struct making making = { .words = words,
				 .shop = out,
				 .builder = search_begin(),
				 .scratch = arena_new(0),
				 .random = count };
	bool room = making.builder && making.scratch;

	out->count = count;
	for (size_t i = 0; i < FACETS; i++) {
		out->facets[i] = arena_take(arena, count * sizeof(uint16_t));
		room = room && out->facets[i];
	}
	for (uint32_t i = 0; room && i < count; i++)
		add_good(&making, i);
	int64_t start = worked();

	if (making.builder)
		out->index = search_finish(making.builder, count);
	out->build_ns = worked() - start;
	arena_free(making.scratch);
	return room && out->index;
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct asker {
	const struct words *words;
	const struct bench_shop *shop;
	struct arena *arena;
	uint32_t *counts; /* FACETS times FACET_VALUES */
	uint64_t random;
};

enum { PAGE = 20 };

/* A page of the best, kept in order as they come. */
static uint32_t page_of(const struct search_hits *hits)
{
	uint32_t best[PAGE + 1] = { 0 };
	size_t count = 0;

	for (uint32_t i = 0; i < hits->count; i++) {
		size_t at = count;

		if (count == PAGE && hits->scores[best[PAGE - 1]] >= hits->scores[i])
			continue;
		for (; at && hits->scores[best[at - 1]] < hits->scores[i]; at--)
			best[at] = best[at - 1];
		best[at] = i;
		count += count < PAGE;
	}
	return count ? hits->documents[best[0]] : 0;
}

static uint32_t facets_count(struct asker *asker, const struct search_hits *hits)
{
	memset(asker->counts, 0, sizeof(*asker->counts) * FACETS * FACET_VALUES);
	for (size_t facet = 0; facet < FACETS; facet++)
		for (size_t i = 0; i < hits->count; i++)
			asker->counts[facet * FACET_VALUES +
				      asker->shop->facets[facet][hits->documents[i]]]++;
	return asker->counts[0];
}

static size_t ask(struct asker *asker, struct text q)
{
	struct search_hits hits = { 0 };
	const struct search_query *query = search_parse(q, asker->arena);
	enum err e = query ? OK : ERR_MEMORY;

	for (int pass = SEARCH_STRICT; !e && pass < SEARCH_PASS_COUNT && !hits.count; pass++)
		e = search_find(asker->shop->index, query, (enum search_pass)pass, NULL, 0,
				asker->arena, &hits);
	return hits.count + (facets_count(asker, &hits) + page_of(&hits) == UINT32_MAX);
}

static size_t suggest(struct asker *asker, struct text q)
{
	const struct search_place places[] = { { .index = asker->shop->index } };
	struct list found = { 0 };

	if (search_suggest(places, 1, q, SUGGESTIONS_MAX, asker->arena, &found))
		return 0;
	return found.count;
}

static const struct row *any_row(struct asker *asker, const struct list *rows)
{
	return LIST_ITEM(*rows, struct row, bench_random(&asker->random) % rows->count);
}

static struct text whole_name(struct asker *asker)
{
	return any_row(asker, &asker->words->products)->cells[NAME];
}

static struct text part_of_name(struct asker *asker)
{
	return goods_of(asker->words, any_row(asker, &asker->words->products));
}

static struct text county_and_goods(struct asker *asker)
{
	struct text county = any_row(asker, &asker->words->counties)->cells[1];
	struct text goods = part_of_name(asker);

	return arena_print(asker->arena, "%.*s %.*s", TEXT_FMT(county), TEXT_FMT(goods));
}

static struct text short_part(struct asker *asker)
{
	struct text goods = part_of_name(asker);

	return text_part(goods, goods.size > 6 ? goods.size - 6 : 0, 6);
}

static struct text one_of(struct asker *asker, const char *const *words, size_t count)
{
	return text_of(words[bench_random(&asker->random) % count]);
}

static struct text pinyin(struct asker *asker)
{
	static const char *const words[] = { "fxlc",    "pingguo",    "ycpg",     "mihoutao",
					     "hongzao", "xiaomi",     "zyfxlc",   "tufengmi",
					     "heimuer", "yanchangpg", "ziyanglc", "hetao",
					     "gouqi",   "zzmht",      "huajiao",  "ping guo" };

	return one_of(asker, words, COUNT_OF(words));
}

static struct text number(struct asker *asker)
{
	return arena_print(asker->arena, "%zu",
			   FIRST_NUMBER +
				   (size_t)(bench_random(&asker->random) % asker->shop->count));
}

static struct text nonsense(struct asker *asker)
{
	static const char *const words[] = { "苹果手机", "笔记本电脑", "qwertyuiop",
					     "富贵竹子", "红色衣服",   "华为小米电视机" };

	return one_of(asker, words, COUNT_OF(words));
}

static struct text mixed(struct asker *asker);

typedef struct text question_fn(struct asker *asker);
typedef size_t ask_fn(struct asker *asker, struct text q);
static const struct question {
	const char *name;
	question_fn *make;
	ask_fn *ask;
} questions[] = {
	{ "whole_name", whole_name, ask },
	{ "part_of_name", part_of_name, ask },
	{ "county_and_goods", county_and_goods, ask },
	{ "last_two_characters", short_part, ask },
	{ "pinyin", pinyin, ask },
	{ "number", number, ask },
	{ "nonsense", nonsense, ask },
	{ "mixed", mixed, ask },
	{ "suggest_chinese", short_part, suggest },
	{ "suggest_pinyin", pinyin, suggest },
};
enum { PLAIN_QUESTIONS = 7 };

static struct text mixed(struct asker *asker)
{
	return questions[bench_random(&asker->random) % PLAIN_QUESTIONS].make(asker);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(struct asker *asker, const struct question *question, size_t times,
		    int64_t *took)
{
	size_t found = 0;
	int64_t sum = 0;

	for (size_t i = 0; i < times; i++) {
		arena_reset(asker->arena);
		struct text q = question->make(asker);
		int64_t start = worked();

		found += question->ask(asker, q);
		took[i] = worked() - start;
		sum += took[i];
	}
	qsort(took, times, sizeof(*took), by_size);
	const int64_t *middle = &took[times / 2], *late = &took[times * 99 / 100];

	printf("%zu %s a_second %.0f p50_us %.1f p99_us %.1f found %.1f\n", asker->shop->count,
	       question->name, (double)times * 1e9 / (double)(sum ? sum : 1), (double)*middle / 1e3,
	       (double)*late / 1e3, (double)found / (double)times);
}

static bool size_run(const struct words *words, size_t count, size_t times)
{
	struct arena *arena = arena_new(MIB(512)), *scratch = arena_new(0);
	struct bench_shop shop = { 0 };
	bool room = arena && scratch && shop_make(words, count, arena, &shop);

	if (room) {
		int64_t *took = arena_take(arena, times * sizeof(*took));
		struct asker asker = { .words = words,
				       .shop = &shop,
				       .arena = scratch,
				       .counts = arena_take(arena, sizeof(uint32_t) * FACETS *
									   FACET_VALUES),
				       .random = 1 };

		printf("%zu build ms %.0f bytes %zu\n", count, (double)shop.build_ns / 1e6,
		       search_bytes(shop.index));
		room = took && asker.counts;
		for (size_t i = 0; room && i < COUNT_OF(questions); i++)
			measure(&asker, &questions[i], times, took);
	}
	search_free(shop.index);
	arena_free(scratch);
	arena_free(arena);
	return room;
}

bool bench_search_run(struct app *app, const struct bench_search *wanted)
{
	struct words words = { .arena = arena_new(0) };
	bool done = words.arena && words_read(app, &words);

	for (int64_t count = wanted->least; done && count <= wanted->most; count *= 10)
		done = size_run(&words, (size_t)count, (size_t)wanted->questions);
	arena_free(words.arena);
	return done;
}
