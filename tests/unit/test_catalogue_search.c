/*
 * The search over the goods of the demonstration, which two suppliers of their county list each: a
 * table of questions (tests/data/search_queries.csv), each with what must be found first. The story
 * of the API asks the same questions of the shop. No database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <stdlib.h>
#include <string.h>

#include "../../src/catalogue/search.h"
#include "xiangcai/sheet.h"

enum { GOODS_MAX = 2000, CELLS_MAX = 16, SUPPLIERS_A_COUNTY = 5, FIRST_NUMBER = 10000001 };

static struct arena *arena, *scratch;
static struct search_index *shop;

/* Says what is wrong and ends the test: cmocka's own word for it is one of ours. */
#define wrong(...)                                                                                 \
	do {                                                                                       \
		print_error(__VA_ARGS__);                                                          \
		print_error("\n");                                                                 \
		assert_true(false);                                                                \
	} while (0)

/* ---- the files ------------------------------------------------------------------------------- */

struct table {
	struct text (*rows)[CELLS_MAX];
	size_t count;
};
static struct table products, suppliers, counties, categories, questions;

static enum err take_row(void *context, const struct sheet_row *row)
{
	struct table *table = context;

	if (row->record == 1)
		return OK;
	assert_true(table->count < GOODS_MAX && row->cell_count <= CELLS_MAX);
	for (size_t i = 0; i < row->cell_count; i++)
		table->rows[table->count][i] = arena_text(arena, row->cells[i]);
	table->count++;
	return OK;
}

static struct text read_file(const char *name)
{
	struct text path = arena_print(arena, "%s/%s", SOURCE_DIR, name);
	FILE *file = fopen(path.at, "rb");
	size_t max = MIB(1);
	char *bytes = arena_take(arena, max);

	assert_non_null(file);
	size_t size = fread(bytes, 1, max, file);
	assert_true(size < max);
	fclose(file);
	return (struct text){ bytes, size };
}

static void read_table(const char *name, struct table *out)
{
	out->rows = arena_take(arena, GOODS_MAX * sizeof(*out->rows));
	assert_int_equal(csv_read(read_file(name), arena, NULL, take_row, out), OK);
}

/* The row whose cell @column is @key. */
static const struct text *row_of(const struct table *table, size_t column, struct text key)
{
	for (size_t i = 0; i < table->count; i++)
		if (text_equal(table->rows[i][column], key))
			return table->rows[i];
	wrong("%.*s is nowhere", TEXT_FMT(key));
	return NULL;
}

/* ---- the shop -------------------------------------------------------------------------------- */

struct good {
	struct text name, county, number;
};
static struct good goods[GOODS_MAX];
static size_t good_count;

static void add_good(struct search_builder *builder, const struct text *product,
		     const struct text *supplier)
{
	const struct text *county = row_of(&counties, 0, product[3]);
	const struct text *category = row_of(&categories, 0, product[4]);
	const struct text *parent = row_of(&categories, 0, category[1]);
	uint32_t document = (uint32_t)good_count;
	struct good *good = &goods[good_count++];

	*good = (struct good){ product[1], county[1],
			       arena_print(arena, "%u", FIRST_NUMBER + document) };
	search_add(builder, document, SEARCH_NUMBER, good->number);
	search_add(builder, document, SEARCH_NUMBER, product[0]);
	search_add(builder, document, SEARCH_NAME, product[1]);
	search_add(builder, document, SEARCH_CATEGORY, category[3]);
	search_add(builder, document, SEARCH_COUNTY, county[1]);
	search_add(builder, document, SEARCH_SPECIFICATION, product[5]);
	search_add(builder, document, SEARCH_PARENT, parent[3]);
	search_add(builder, document, SEARCH_CITY, county[4]);
	search_add(builder, document, SEARCH_SUPPLIER, supplier[1]);
	if (!text_is(product[13], "无"))
		search_add(builder, document, SEARCH_CERTIFICATE, product[13]);
}

static size_t first_supplier(struct text county)
{
	for (size_t i = 0; i < suppliers.count; i++)
		if (text_equal(suppliers.rows[i][4], county))
			return i;
	wrong("%.*s has no supplier", TEXT_FMT(county));
	return 0;
}

static struct search_index *make_shop(void)
{
	struct search_builder *builder = search_begin();
	struct text county = NO_TEXT;
	size_t rank = 0, first = 0;

	assert_non_null(builder);
	for (size_t i = 0; i < products.count; i++) {
		if (!text_equal(products.rows[i][3], county)) {
			county = products.rows[i][3];
			first = first_supplier(county);
			rank = 0;
		}
		for (size_t j = 0; j < 2; j++)
			add_good(builder, products.rows[i],
				 suppliers.rows[first + (rank + j) % SUPPLIERS_A_COUNTY]);
		rank++;
	}
	return search_finish(builder, good_count);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static struct search_hits ask_within(struct text q, const struct document_set *within, size_t count)
{
	struct search_hits hits = { 0 };

	arena_reset(scratch);
	const struct search_query *query = search_parse(q, scratch);
	assert_non_null(query);
	for (int pass = SEARCH_STRICT; pass < SEARCH_PASS_COUNT && !hits.count; pass++)
		assert_int_equal(search_find(shop, query, (enum search_pass)pass, within, count,
					     scratch, &hits),
				 OK);
	for (size_t i = 0; i < hits.count; i++) {
		assert_in_range(hits.scores[i], 1, SEARCH_SCORE_MAX);
		assert_true(hits.documents[i] < good_count);
		assert_true(!i || hits.documents[i - 1] < hits.documents[i]);
	}
	return hits;
}

static struct search_hits ask(struct text q)
{
	return ask_within(q, NULL, 0);
}

static size_t best_of(const struct search_hits *hits)
{
	size_t best = 0;

	for (size_t i = 1; i < hits->count; i++)
		if (hits->scores[i] > hits->scores[best])
			best = i;
	return best;
}

/* "" is anything, "*茶" holds it, and else it is the very text. */
static bool fits(struct text wanted, struct text found)
{
	if (!wanted.size)
		return true;
	if (wanted.at[0] != '*')
		return text_equal(wanted, found);
	return memmem(found.at, found.size, wanted.at + 1, wanted.size - 1) != NULL;
}

enum { QUERY, KIND, NAME, COUNTY };

static bool answers(const struct text *question)
{
	struct search_hits hits = ask(question[QUERY]);

	if (text_is(question[NAME], "-")) {
		if (!hits.count)
			return true;
		print_error("%.*s (%.*s) finds %.*s\n", TEXT_FMT(question[QUERY]),
			    TEXT_FMT(question[KIND]),
			    TEXT_FMT(goods[hits.documents[best_of(&hits)]].name));
		return false;
	}
	if (!hits.count) {
		print_error("%.*s (%.*s) finds nothing\n", TEXT_FMT(question[QUERY]),
			    TEXT_FMT(question[KIND]));
		return false;
	}
	const struct good *good = &goods[hits.documents[best_of(&hits)]];
	if (fits(question[NAME], good->name) && fits(question[COUNTY], good->county))
		return true;
	print_error("%.*s (%.*s) finds %.*s of %.*s first\n", TEXT_FMT(question[QUERY]),
		    TEXT_FMT(question[KIND]), TEXT_FMT(good->name), TEXT_FMT(good->county));
	return false;
}

static void the_table_of_questions(void **state)
{
	size_t faults = 0;

	(void)state;
	assert_true(questions.count >= 150);
	for (size_t i = 0; i < questions.count; i++)
		faults += !answers(questions.rows[i]);
	assert_int_equal(faults, 0);
}

static void numbers_find_their_own(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < good_count; i += 7) {
		struct search_hits hits = ask(goods[i].number);

		assert_int_equal(hits.count, 1);
		assert_int_equal(hits.documents[0], i);
		/* a part of it is none */
		assert_int_equal(ask(text_part(goods[i].number, 0, 6)).count, 0);
	}
	/* the supplier's own number, with and without its sign */
	assert_int_equal(ask(TEXT("610621-001")).count, 2);
	assert_int_equal(ask(TEXT("610621001")).count, 2);
	assert_int_equal(ask(TEXT("６１０６２１－００１")).count, 2);
}

/* Whatever is asked for the whole shop is asked for a part of it: what is found there is the same.
 */
static void sets_only_take_away(void **state)
{
	uint32_t even[GOODS_MAX], third[GOODS_MAX];
	struct document_set sets[] = { { even, 0 }, { third, 0 } };

	(void)state;
	for (uint32_t i = 0; i < good_count; i++) {
		if (i % 2 == 0)
			even[sets[0].count++] = i;
		if (i % 3 == 0)
			third[sets[1].count++] = i;
	}
	for (size_t i = 0; i < questions.count; i++) {
		struct search_hits all = ask(questions.rows[i][QUERY]);
		uint32_t *wanted = arena_take(arena, (all.count + 1) * sizeof(*wanted));
		size_t count = 0, sixth = 0;

		for (size_t j = 0; j < all.count; j++)
			if (all.documents[j] % 6 == 0)
				wanted[count++] = all.documents[j];
		struct search_hits part = ask_within(questions.rows[i][QUERY], sets, 2);
		if (!count) /* then the loose pass may have found others */
			continue;
		assert_int_equal(part.count, count);
		for (; sixth < count; sixth++)
			assert_int_equal(part.documents[sixth], wanted[sixth]);
	}
	assert_int_equal(ask_within(TEXT("苹果"), &(struct document_set){ NULL, 0 }, 1).count, 0);
}

/* ---- what is asked to hurt ------------------------------------------------------------------- */

static struct text different_characters(uint32_t first)
{
	struct buffer out = { 0 };

	for (uint32_t c = first; c < first + SEARCH_MAX; c++) {
		buffer_char(&out, (char)(0xe0 | c >> 12));
		buffer_char(&out, (char)(0x80 | (c >> 6 & 0x3f)));
		buffer_char(&out, (char)(0x80 | (c & 0x3f)));
	}
	struct text text = arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return text;
}

static struct text repeated(const char *word, size_t times)
{
	struct buffer out = { 0 };

	for (size_t i = 0; i < times; i++)
		buffer_add(&out, text_of(word));
	struct text text = arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return text;
}

static void odd_questions_are_answered(void **state)
{
	const struct text nothing[] = {
		TEXT(""),
		TEXT("   "),
		TEXT("，。！？"),
		TEXT("🍎🍏"),
		TEXT("()[]{}\"'\\/*%_"),
		different_characters(0x4e00),
		different_characters(0x8c00),
		TEXT("\xff\xfe\x80"),
		TEXT("\xe8\x8b"),
		repeated("\xf0\x9f\x8d\x8e", 64),
		repeated("㋿", 64),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(nothing); i++)
		assert_int_equal(ask(nothing[i]).count, 0);
	/* what is too long is cut, and signs among letters are nothing */
	assert_true(ask(TEXT("🍎苹果！")).count == ask(TEXT("苹果")).count);
	(void)ask(repeated("苹果", 5000));
	(void)ask(repeated("a", 64));
	(void)ask(repeated("zhong", 12));
	(void)ask(repeated("a b ", 16));
	(void)ask(repeated("㍿", 64));
	(void)ask(repeated("ﷺ", 64));
	assert_true(search_is_empty(search_parse(TEXT("—…・"), scratch)));
	assert_false(search_is_empty(search_parse(TEXT("〇"), scratch)));
}

/* ---- order ----------------------------------------------------------------------------------- */

/* Documents that differ in one thing, best first; each of @texts is of the field before it. */
struct said {
	enum search_field field;
	const char *text;
};
static const struct order {
	const char *query;
	struct said documents[8][4];
} orders[] = {
	/* the name before all else, the whole before its beginning, that before its inside */
	{ "苹果",
	  { { { SEARCH_NAME, "苹果" } },
	    { { SEARCH_NAME, "苹果干" } },
	    { { SEARCH_NAME, "红苹果" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_BRAND, "苹果" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_CATEGORY, "苹果" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_PARENT, "苹果" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_SUPPLIER, "苹果公司" } } } },
	/* of that county with that name; in one word and in two */
	{ "延长苹果",
	  { { { SEARCH_NAME, "延长苹果" } },
	    { { SEARCH_NAME, "延长苹果脆片" } },
	    { { SEARCH_NAME, "苹果" }, { SEARCH_COUNTY, "延长县" } },
	    { { SEARCH_NAME, "苹果脆片" }, { SEARCH_COUNTY, "延长县" } },
	    { { SEARCH_NAME, "小米" }, { SEARCH_SUPPLIER, "延长苹果合作社" } } } },
	{ "延长 苹果",
	  { { { SEARCH_NAME, "延长苹果" }, { SEARCH_COUNTY, "延长县" } },
	    { { SEARCH_NAME, "苹果" }, { SEARCH_COUNTY, "延长县" } },
	    { { SEARCH_NAME, "延长小米" }, { SEARCH_SUPPLIER, "苹果合作社" } },
	    { { SEARCH_NAME, "小米" }, { SEARCH_SUPPLIER, "延长苹果合作社" } } } },
	/* the shorter name before the longer */
	{ "绿茶",
	  { { { SEARCH_NAME, "紫阳绿茶" } },
	    { { SEARCH_NAME, "紫阳富硒绿茶" } },
	    { { SEARCH_NAME, "紫阳富硒绿茶礼盒" } } } },
	/* a county that the name only begins with */
	{ "富县",
	  { { { SEARCH_NAME, "甲" }, { SEARCH_COUNTY, "富县" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_SUPPLIER, "富县果业" } } } },
	{ "pingguo",
	  { { { SEARCH_NAME, "苹果" } },
	    { { SEARCH_NAME, "苹果干" } },
	    { { SEARCH_NAME, "红苹果" } } } },
	{ "pg",
	  { { { SEARCH_NAME, "苹果" } },
	    { { SEARCH_NAME, "枇杷果" }, { SEARCH_BRAND, "苹果" } },
	    { { SEARCH_NAME, "甲" }, { SEARCH_CATEGORY, "苹果" } } } },
};

static void the_best_come_first(void **state)
{
	struct search_index *before = shop;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct search_builder *builder = search_begin();
		uint32_t count = 0;

		for (; orders[i].documents[count][0].text; count++)
			for (size_t j = 0; j < 4 && orders[i].documents[count][j].text; j++)
				search_add(builder, count, orders[i].documents[count][j].field,
					   text_of(orders[i].documents[count][j].text));
		shop = search_finish(builder, count);
		assert_non_null(shop);
		struct search_hits hits = ask(text_of(orders[i].query));
		if (hits.count != count)
			wrong("%s finds %zu of %u", orders[i].query, hits.count, count);
		for (size_t j = 1; j < hits.count; j++)
			if (hits.scores[j - 1] <= hits.scores[j])
				wrong("%s: document %zu (%u) before %zu (%u)", orders[i].query, j,
				      hits.scores[j], j - 1, hits.scores[j - 1]);
		search_free(shop);
	}
	shop = before;
}

/* ---- suggestions ----------------------------------------------------------------------------- */

static const struct typed {
	const char *q, *first;
	enum search_field kind;
} typed[] = {
	{ "苹", "苹果", SEARCH_CATEGORY },
	{ "苹果", "苹果", SEARCH_CATEGORY },
	{ "pingg", "苹果", SEARCH_CATEGORY },
	{ "pg", "苹果", SEARCH_CATEGORY },
	{ "PINGGUO", "苹果", SEARCH_CATEGORY },
	{ "蘋果", "苹果", SEARCH_CATEGORY },
	{ "延长", "延长县", SEARCH_COUNTY },
	{ "yanchang", "延长县", SEARCH_COUNTY },
	{ "yanchangxian", "延长县", SEARCH_COUNTY },
	{ "延长县", "延长县", SEARCH_COUNTY },
	{ "食用", "食用菌", SEARCH_CATEGORY },
	{ "syj", "食用菌", SEARCH_CATEGORY },
	{ "延长县乐农", "延长县乐农果业有限公司（演示）", SEARCH_SUPPLIER },
	{ "毛尖", "紫阳毛尖", SEARCH_NAME },
	{ "maojian", "紫阳毛尖", SEARCH_NAME },
	{ "紫阳毛", "紫阳毛尖", SEARCH_NAME },
	{ "zymj", "紫阳毛尖", SEARCH_NAME },
	{ "手机", NULL, 0 },
	{ "qxzzw", NULL, 0 },
	{ "🍎", NULL, 0 },
	{ "", NULL, 0 },
};

static void names_are_suggested(void **state)
{
	const struct search_place places[] = { { shop, NULL }, { shop, NULL } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(typed); i++)
		for (size_t both = 1; both <= 2; both++) {
			struct list found;

			arena_reset(scratch);
			assert_int_equal(search_suggest(places, both, text_of(typed[i].q),
							SUGGESTIONS_MAX, scratch, &found),
					 OK);
			assert_true(found.count <= SUGGESTIONS_MAX);
			assert_int_equal(found.count > 0, typed[i].first != NULL);
			if (!found.count)
				continue;
			const struct suggestion *first = found.at;
			if (!text_is(first->text, typed[i].first) || first->kind != typed[i].kind)
				wrong("%s suggests %.*s first", typed[i].q, TEXT_FMT(first->text));
			assert_true(first->count >= (int64_t)both &&
				    first->count % (int64_t)both == 0);
			for (size_t j = 1; j < found.count; j++)
				assert_false(text_equal(first[j].text, first[0].text) &&
					     first[j].kind == first[0].kind);
		}
}

/* How often the name of a kind is said there, as a suggestion counts it. */
static int64_t suggested(const struct search_place *places, size_t count, struct text name,
			 enum search_field kind)
{
	struct list found;

	arena_reset(scratch);
	assert_int_equal(search_suggest(places, count, name, SUGGESTIONS_MAX, scratch, &found), OK);
	for (size_t i = 0; i < found.count; i++) {
		const struct suggestion *one = LIST_ITEM(found, struct suggestion, i);

		if (one->kind == kind && text_equal(one->text, name))
			return one->count;
	}
	return 0;
}

static void what_is_gone_is_suggested_no_more(void **state)
{
	uint8_t gone[GOODS_MAX] = { 0 };
	const struct search_place places[] = { { shop, gone }, { shop, NULL } };
	struct text name = goods[0].name, county = goods[0].county;
	int64_t of_name = suggested(places, 1, name, SEARCH_NAME);
	int64_t of_county = suggested(places, 1, county, SEARCH_COUNTY);

	(void)state;
	assert_true(of_name > 0 && of_county > of_name);
	for (size_t i = 0; i < good_count; i++) {
		if (!text_equal(goods[i].name, name))
			continue;
		gone[i] = 1;
		of_county -= text_equal(goods[i].county, county);
		assert_int_equal(suggested(places, 1, name, SEARCH_NAME), --of_name);
	}
	assert_int_equal(of_name, 0);
	assert_int_equal(suggested(places, 1, county, SEARCH_COUNTY), of_county);
	assert_int_equal(suggested(places, 2, name, SEARCH_NAME),
			 suggested(&places[1], 1, name, SEARCH_NAME));
}

static void an_empty_shop_finds_nothing(void **state)
{
	struct search_index *before = shop;
	struct list found;

	(void)state;
	shop = search_finish(search_begin(), 0);
	assert_non_null(shop);
	assert_int_equal(ask(TEXT("苹果")).count, 0);
	assert_int_equal(ask(TEXT("pg")).count, 0);
	const struct search_place place = { shop, NULL };
	assert_int_equal(search_suggest(&place, 1, TEXT("苹"), 10, scratch, &found), OK);
	assert_int_equal(found.count, 0);
	assert_true(search_bytes(shop) > 0);
	search_free(shop);
	shop = before;
}

static int start(void **state)
{
	(void)state;
	arena = arena_new(0);
	scratch = arena_new(0);
	read_table("demo/products.csv", &products);
	read_table("demo/suppliers.csv", &suppliers);
	read_table("schema/reference/counties.csv", &counties);
	read_table("schema/reference/categories.csv", &categories);
	read_table("tests/data/search_queries.csv", &questions);
	shop = make_shop();
	return shop ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	search_free(shop);
	arena_free(scratch);
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_questions),
		cmocka_unit_test(numbers_find_their_own),
		cmocka_unit_test(sets_only_take_away),
		cmocka_unit_test(odd_questions_are_answered),
		cmocka_unit_test(the_best_come_first),
		cmocka_unit_test(names_are_suggested),
		cmocka_unit_test(what_is_gone_is_suggested_no_more),
		cmocka_unit_test(an_empty_shop_finds_nothing),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
