/* Price ladders, the words buyers read of stock, the price card's figure, and the digest of
 * content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "../../src/catalogue/catalogue_rows.h"

static struct arena *arena;

static void ladders_are_strict(void **state)
{
	static const struct {
		const char *text;
		size_t count; /* 0: refused */
	} cases[] = {
		{ "1:7400", 1 },
		{ "5:7400;100:6960;500:6590", 3 },
		{ "1:10;2:9;3:8;4:7;5:6;6:5;7:4;8:3;9:2;10:1", 10 },
		{ "1:11;2:10;3:9;4:8;5:7;6:6;7:5;8:4;9:3;10:2;11:1", 0 },
		{ "1000000:100000000", 1 },
		{ "", 0 },
		{ ";", 0 },
		{ "5:7400;", 0 },
		{ "5", 0 },
		{ "5:", 0 },
		{ ":5", 0 },
		{ "0:5", 0 },
		{ "1:0", 0 },
		{ "-1:5", 0 },
		{ "1:5;1:4", 0 },
		{ "2:5;1:4", 0 },
		{ "1:5;2:5", 0 },
		{ "1:5;2:6", 0 },
		{ "1000001:5", 0 },
		{ "1:100000001", 0 },
		{ "1:5 ;2:4", 0 },
		{ "1:5;2:4:3", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ladder ladder = { .count = 77 };
		struct text text = text_of(cases[i].text);

		assert_int_equal(ladder_parse(text, &ladder), cases[i].count > 0);
		assert_int_equal(ladder.count, cases[i].count ? cases[i].count : 77);
		if (cases[i].count)
			assert_true(text_equal(ladder_format(&ladder, arena), text));
	}
}

static void rungs_by_quantity(void **state)
{
	static const struct {
		int64_t quantity, fen, next; /* next: its quantity, 0 at the top */
	} cases[] = {
		{ 1, 7400, 100 },   { 5, 7400, 100 }, { 99, 7400, 100 },    { 100, 6960, 500 },
		{ 499, 6960, 500 }, { 500, 6590, 0 }, { 1000000, 6590, 0 },
	};
	struct ladder ladder;

	(void)state;
	assert_true(ladder_parse(TEXT("5:7400;100:6960;500:6590"), &ladder));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct rung *next = ladder_next(&ladder, cases[i].quantity);

		assert_int_equal(ladder_rung(&ladder, cases[i].quantity)->unit_price_fen,
				 cases[i].fen);
		assert_int_equal(next ? next->quantity : 0, cases[i].next);
	}
}

static void ladder_as_json(void **state)
{
	(void)state;
	assert_true(text_is(ladder_json(TEXT("5:7400;100:6960"), arena),
			    "[{\"quantity\":5,\"unit_price_fen\":7400},"
			    "{\"quantity\":100,\"unit_price_fen\":6960}]"));
	assert_null(ladder_json(NO_TEXT, arena).at);
}

static void stock_in_words(void **state)
{
	static const struct {
		int64_t available, minimum;
		enum availability word;
	} cases[] = {
		{ 0, 1, AVAILABLE_OUT }, { 1, 1, AVAILABLE_LOW },  { 9, 1, AVAILABLE_LOW },
		{ 10, 1, AVAILABLE_IN }, { 49, 5, AVAILABLE_LOW }, { 50, 5, AVAILABLE_IN },
		{ 5, 5, AVAILABLE_LOW }, { 4, 5, AVAILABLE_OUT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(availability_of(cases[i].available, cases[i].minimum),
				 cases[i].word);
}

static void price_of_500_grams(void **state)
{
	static const struct {
		int64_t fen, weight_g, per_500g;
	} cases[] = {
		{ 7400, 5500, 673 },                   /* 672.7 */
		{ 100, 500, 100 },     { 1, 1000, 1 }, /* one half goes up */
		{ 1, 1001, 0 },        { 100000000, 1, INT64_C(50000000000) },
		{ 7400, 0, INT_NONE }, { 7400, INT_NONE, INT_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(fen_per_500g(cases[i].fen, cases[i].weight_g), cases[i].per_500g);
}

static struct catalogue_row sample(void)
{
	struct catalogue_row row = {
		.record = 1,
		.code = TEXT("A-1"),
		.name = TEXT("紫阳富硒绿茶"),
		.county = TEXT("610924"),
		.category = TEXT("0701"),
		.specification = TEXT("125g×2罐"),
		.sale_unit = TEXT("盒"),
		.minimum = 1,
		.multiple = 1,
		.stock = 500,
		.shelf_days = 540,
		.storage = TEXT("常温"),
		.weight_g = 520,
		.certificates = TEXT(""),
		.barcode = NO_TEXT,
		.remark = TEXT(""),
		.vat_kind = VAT_TAXED,
		.vat_rate = 13,
	};

	assert_true(ladder_parse(TEXT("1:16800"), &row.ladder));
	return row;
}

static struct digest digest_of(const struct catalogue_row *row)
{
	struct buffer scratch = { .max = KIB(64) };
	struct digest digest;

	assert_int_equal(row_digest(row, &scratch, &digest), OK);
	buffer_free(&scratch);
	return digest;
}

/* Every reviewed field tells; stock, code and record do not. */
static void content_is_told_apart(void **state)
{
	struct catalogue_row row = sample(), other = row;
	struct digest digest = digest_of(&row);

	(void)state;
	other.stock = 1;
	other.record = 9;
	other.code = TEXT("B");
	assert_true(digest_equal(digest, digest_of(&other)));

	struct text *const texts[] = { &other.name,          &other.county,    &other.category,
				       &other.specification, &other.sale_unit, &other.storage,
				       &other.certificates,  &other.barcode,   &other.remark };
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct text before = *texts[i];

		*texts[i] = TEXT("x");
		assert_false(digest_equal(digest, digest_of(&other)));
		*texts[i] = before;
	}
	int64_t *const numbers[] = { &other.minimum,
				     &other.multiple,
				     &other.weight_g,
				     &other.vat_rate,
				     &other.ladder.rungs[0].quantity,
				     &other.ladder.rungs[0].unit_price_fen };
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		++*numbers[i];
		assert_false(digest_equal(digest, digest_of(&other)));
		--*numbers[i];
	}
	/* what moves from one field to its neighbour is another content */
	other.certificates = TEXT("有机");
	struct digest certified = digest_of(&other);
	other.certificates = TEXT("");
	other.remark = TEXT("有机");
	assert_false(digest_equal(certified, digest_of(&other)));
}

static int start(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ladders_are_strict), cmocka_unit_test(rungs_by_quantity),
		cmocka_unit_test(ladder_as_json),     cmocka_unit_test(stock_in_words),
		cmocka_unit_test(price_of_500_grams), cmocka_unit_test(content_is_told_apart),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
