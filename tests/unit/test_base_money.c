/* Money: ranges, rounding half up, shares through 128 bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

static void adds_and_multiplies(void **state)
{
	static const struct {
		int64_t a, b;
		enum err sum_err, product_err;
	} cases[] = {
		{ 1, 2, OK, OK },
		{ -5, 3, OK, OK },
		{ 0, INT64_MAX, ERR_AMOUNT_RANGE, OK },
		{ AMOUNT_MAX_FEN, 0, OK, OK },
		{ AMOUNT_MAX_FEN, 1, ERR_AMOUNT_RANGE, OK },
		{ -AMOUNT_MAX_FEN, -1, ERR_AMOUNT_RANGE, OK },
		{ AMOUNT_MAX_FEN, 2, ERR_AMOUNT_RANGE, ERR_AMOUNT_RANGE },
		{ INT64_MAX, INT64_MAX, ERR_AMOUNT_RANGE, ERR_AMOUNT_RANGE },
		{ INT64_MIN, INT64_MIN, ERR_AMOUNT_RANGE, ERR_AMOUNT_RANGE },
		{ INT64_MIN, -1, ERR_AMOUNT_RANGE, ERR_AMOUNT_RANGE },
		{ PRICE_MAX_FEN, QUANTITY_MAX, OK, OK },
		{ PRICE_MAX_FEN, 10 * QUANTITY_MAX, OK, OK },
		{ PRICE_MAX_FEN, 10 * QUANTITY_MAX + 1, OK, ERR_AMOUNT_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t sum = 42, product = 42;

		assert_int_equal(money_add(cases[i].a, cases[i].b, &sum), cases[i].sum_err);
		assert_int_equal(money_multiply(cases[i].a, cases[i].b, &product),
				 cases[i].product_err);
		assert_true(sum == (cases[i].sum_err ? 42 : cases[i].a + cases[i].b));
		assert_true(product == (cases[i].product_err ? 42 : cases[i].a * cases[i].b));
	}
}

static void finds_the_tax_inside_a_price(void **state)
{
	static const struct {
		int64_t amount;
		int rate;
		int64_t tax;
	} cases[] = {
		{ 0, 13, 0 },
		{ 11300, 13, 1300 },
		{ 10900, 9, 900 },
		{ 100, 13, 12 },
		{ 109, 9, 9 },
		{ 10000, 0, 0 },
		{ 106, 6, 6 },
		{ 1, 100, 1 },
		{ -1, 100, -1 },
		{ 3, 100, 2 },
		{ -3, 100, -2 },
		{ -11300, 13, -1300 },
		{ 12345678, 9, 1019368 },
		{ AMOUNT_MAX_FEN, 13, INT64_C(115044247787611) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(money_tax(cases[i].amount, cases[i].rate), cases[i].tax);
}

static void shares(void **state)
{
	static const struct {
		int64_t total, part, whole, share;
	} cases[] = {
		{ 100, 1, 3, 33 },
		{ 100, 2, 3, 67 },
		{ 100, 3, 3, 100 },
		{ 100, 0, 3, 0 },
		{ 1, 1, 2, 1 },
		{ -1, 1, 2, -1 },
		{ 5, 1, 10, 1 },
		{ 4, 1, 10, 0 },
		{ AMOUNT_MAX_FEN, AMOUNT_MAX_FEN - 1, AMOUNT_MAX_FEN, AMOUNT_MAX_FEN - 1 },
		{ AMOUNT_MAX_FEN, INT64_MAX, INT64_MAX, AMOUNT_MAX_FEN },
		{ AMOUNT_MAX_FEN, 1, INT64_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(money_share(cases[i].total, cases[i].part, cases[i].whole),
				 cases[i].share);
}

static void writes_yuan(void **state)
{
	static const struct {
		int64_t fen;
		const char *yuan;
	} cases[] = {
		{ 0, "0.00" },
		{ 5, "0.05" },
		{ -5, "-0.05" },
		{ 100, "1.00" },
		{ 1234567, "12345.67" },
		{ -1234567, "-12345.67" },
		{ AMOUNT_MAX_FEN, "10000000000000.00" },
		{ INT64_MIN, "-92233720368547758.08" },
	};
	char out[24];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(text_is(money_yuan(cases[i].fen, out), cases[i].yuan));
		assert_string_equal(out, cases[i].yuan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_and_multiplies),
		cmocka_unit_test(finds_the_tax_inside_a_price),
		cmocka_unit_test(shares),
		cmocka_unit_test(writes_yuan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
