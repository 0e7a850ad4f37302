/* Rules of reviews: what a blank reason is, what a point may name, which prices need a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "../../src/catalogue/review_rows.h"

static void blanks_of_all_widths_are_taken_off(void **state)
{
	static const struct {
		const char *given, *trimmed;
	} cases[] = {
		{ "", "" },
		{ "  ", "" },
		{ "\u3000\u3000", "" },
		{ " \u3000 \u00a0\u2003", "" },
		{ "\u200b", "" },
		{ "\u202e\u2066\u200f\ufeff", "" },
		{ "\u3164 \u2800\u200d", "" },
		{ "\u200e名称\u200b", "名称" },
		{ "\u3000名称 不清\u3000 ", "名称 不清" },
		{ "名称\u3000不清", "名称\u3000不清" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(text_is(text_trim_wide(text_of(cases[i].given)), cases[i].trimmed));
}

static void points_name_what_a_revision_says(void **state)
{
	static const struct {
		const char *pointer;
		bool holds;
	} cases[] = {
		{ "/name", true },        { "/skus/10000001/specification", true },
		{ "/images/0", true },    { "/certificates", true },
		{ "name", false },        { "", false },
		{ "/", false },           { "/state", false },
		{ "/nowhere/at", false }, { "/names", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(pointer_is_of_review(text_of(cases[i].pointer)), cases[i].holds);
}

static void prices_above_the_band_need_a_reason(void **state)
{
	static const struct {
		const char *asked, *present;
		int64_t weight_g, lowest_fen, median_per_500g;
		bool needs;
	} cases[] = {
		{ "1:1400", "1:1300", 500, 1230, INT_NONE, true },
		{ "1:1353", "1:1300", 500, 1230, INT_NONE, false },
		{ "1:1354", "1:1300", 500, 1230, INT_NONE, true },
		{ "1:1400", "1:1400", 500, 1230, INT_NONE, false }, /* as it is */
		{ NULL, "1:9999", 500, 1230, INT_NONE, false },     /* nothing is asked for */
		{ "1:9999", NULL, 500, INT_NONE, INT_NONE, false }, /* nothing to hold it against */
		{ "1:1501", NULL, 500, INT_NONE, 1000, true },
		{ "1:1500", NULL, 500, INT_NONE, 1000, false },
		{ "1:9999", NULL, INT_NONE, INT_NONE, 1000, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct review_sku sku = { .sku = 1, .weight_g = cases[i].weight_g };
		const struct price_band band = { .lowest_fen = cases[i].lowest_fen,
						 .median_per_500g = cases[i].median_per_500g };
		struct review_flag flag;

		if (cases[i].asked)
			assert_true(ladder_parse(text_of(cases[i].asked), &sku.asked));
		if (cases[i].present)
			assert_true(ladder_parse(text_of(cases[i].present), &sku.present));
		assert_int_equal(price_needs_reason(&sku, &band, &flag), cases[i].needs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_of_all_widths_are_taken_off),
		cmocka_unit_test(points_name_what_a_revision_says),
		cmocka_unit_test(prices_above_the_band_need_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
