/* Prices that suppliers want: the band above which they say why, and what becomes of each wish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "../../src/catalogue/changes.h"

static struct arena *arena;

static void the_band_ends_at_the_nearer_of_its_tops(void **state)
{
	static const struct {
		int64_t lowest, median, weight, top;
	} cases[] = {
		{ INT_NONE, INT_NONE, 500, INT_NONE },
		{ 1000, INT_NONE, INT_NONE, 1100 },
		{ 1, INT_NONE, 500, 1 },
		{ 999, INT_NONE, 500, 1098 }, /* never rounded up */
		{ INT_NONE, 1000, INT_NONE, INT_NONE },
		{ INT_NONE, 1000, 500, 1500 },
		{ INT_NONE, 1000, 250, 750 },
		{ INT_NONE, 3, 500, 4 },
		{ 1000, 1000, 500, 1100 },
		{ 1000, 1000, 100, 300 },
		{ PRICE_MAX_FEN, 1, 1, 0 },
		{ PRICE_MAX_FEN, PRICE_MAX_FEN * 500, INT64_C(1000000000), 110000000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct price_band band = { .lowest_fen = cases[i].lowest,
						 .median_per_500g = cases[i].median };

		assert_int_equal(band_top(&band, cases[i].weight), cases[i].top);
	}
}

/* What was asked for a piece within 90 days, what is to be asked, and where that is too much. */
static void every_rung_lies_within_the_band(void **state)
{
	static const struct {
		const char *past[3], *wanted;
		int64_t fen, top; /* 0: nowhere */
	} cases[] = {
		{ { "1:1000" }, "1:1100", 0, 0 },
		{ { "1:1000" }, "1:1101", 1101, 1100 },
		{ { "1:4000;2:400" }, "1:4000", 4000, 440 },
		{ { "1:4000;2:400" }, "1:4000;2:441", 441, 440 },
		{ { "1:4000;2:400" }, "1:4000;2:440", 0, 0 },
		{ { "1:4000;2:400" }, "1:4400;3:400", 4400, 440 },
		{ { "1:4000;2:400" }, "2:440", 0, 0 },
		{ { "1:4000;2:400" }, "5:440", 0, 0 },
		{ { "5:1000" }, "1:1100;9:900", 0, 0 },
		{ { "1:1000", "1:990;10:980", "3:985" }, "1:1083;10:1078", 0, 0 },
		{ { "1:1000", "1:990;10:980", "3:985" }, "1:1084;10:1078", 1084, 1083 },
		{ { "1:1000", "1:990;10:980", "3:985" }, "1:1083;11:1078", 1083, 1078 },
		{ { NULL }, "1:100000", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct list floor = { 0 };
		struct ladder ladder;
		int64_t fen, top;

		for (size_t j = 0; j < COUNT_OF(cases[i].past) && cases[i].past[j]; j++) {
			assert_true(ladder_parse(text_of(cases[i].past[j]), &ladder));
			assert_true(floor_lower(&floor, &ladder, arena));
		}
		const struct price_band band = { .lowest_fen = INT_NONE,
						 .median_per_500g = INT_NONE,
						 .floor = &floor };
		assert_true(ladder_parse(text_of(cases[i].wanted), &ladder));
		assert_int_equal(band_is_exceeded(&band, 500, &ladder, &fen, &top),
				 cases[i].fen > 0);
		if (cases[i].fen) {
			assert_int_equal(fen, cases[i].fen);
			assert_int_equal(top, cases[i].top);
		}
	}
}

/* 1000 was the lowest of 90 days, and a piece of 500 g lies around 800; what holds now is dearer.
 */
static void what_is_no_raise_needs_no_reason(void **state)
{
	static const struct {
		const char *now, *wanted;
		int64_t fen; /* 0: no reason is needed */
	} cases[] = {
		{ "1:2000", "1:2000", 0 },
		{ "1:2000", "1:1999", 0 },
		{ "1:2000", "1:2001", 2001 },
		{ "1:2000;10:1000", "1:2000", 2000 }, /* dearer from ten on */
		{ "1:2000;10:1500", "1:1900;10:1500", 0 },
		{ "1:2000;10:1500", "1:1900;9:1600", 1600 }, /* of ten, as of nine no raise */
		{ "1:2000;10:1500", "1:1900;9:1400", 0 },
		{ "2:1500", "5:1500", 0 },
		{ NULL, "1:1500", 1500 },
	};
	struct rung rung = { 1, 1000 };
	const struct list floor = { .at = &rung, .count = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ladder now, wanted;
		int64_t fen = 0, top;
		const struct price_band band = {
			.lowest_fen = 1000,
			.median_per_500g = 800,
			.floor = &floor,
			.now = cases[i].now ? &now : NULL,
		};

		assert_true(!cases[i].now || ladder_parse(text_of(cases[i].now), &now));
		assert_true(ladder_parse(text_of(cases[i].wanted), &wanted));
		assert_int_equal(band_is_exceeded(&band, 500, &wanted, &fen, &top),
				 cases[i].fen > 0);
		if (cases[i].fen)
			assert_int_equal(fen, cases[i].fen);
	}
}

static void ladders_are_compared_and_checked(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{ "1:1000", "1:1000", true },
		{ "1:1000", "1:1001", false },
		{ "1:1000", "2:1000", false },
		{ "1:1000;5:900", "1:1000", false },
		{ "1:1000;5:900", "1:1000;5:900", true },
	};
	static const struct {
		struct ladder ladder;
		bool sound;
	} cases[] = {
		{ { .count = 0 }, false },
		{ { { { 1, 5 } }, 1 }, true },
		{ { { { 1, 5 }, { 2, 4 } }, 2 }, true },
		{ { { { 1, 5 }, { 1, 4 } }, 2 }, false },
		{ { { { 1, 5 }, { 2, 5 } }, 2 }, false },
		{ { { { 1, 5 }, { 3, 4 }, { 2, 3 } }, 3 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct ladder a, b;

		assert_true(ladder_parse(text_of(pairs[i].a), &a));
		assert_true(ladder_parse(text_of(pairs[i].b), &b));
		assert_int_equal(ladder_equal(&a, &b), pairs[i].equal);
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(ladder_is_sound(&cases[i].ladder), cases[i].sound);
}

/* What a wish for a SKU sold from five pieces at 1,000 fen becomes; the lowest of 90 days is 950.
 */
static void wishes_are_judged(void **state)
{
	static const struct {
		const char *ladder, *reason; /* @ladder NULL: @fen */
		int64_t fen, starts_at;
		bool planned, waits, ended, unlisted, unpriced;
		enum price_outcome outcome;
		enum err faults[4];
	} cases[] = {
		{ .ladder = "5:1000", .outcome = PRICE_UNCHANGED },
		{ .ladder = "5:1000", .reason = "冻灾", .outcome = PRICE_CHANGED },
		{ .ladder = "5:1000;10:900", .outcome = PRICE_CHANGED },
		{ .fen = 1000, .outcome = PRICE_UNCHANGED },
		{ .fen = 1045, .outcome = PRICE_CHANGED },
		{ .fen = 1046, .faults = { ERR_PRICE_REASON } },
		{ .fen = 1046, .reason = "冻灾", .outcome = PRICE_CHANGED },
		{ .ladder = "4:1000", .faults = { ERR_PRICE_MINIMUM } },
		{ .ladder = "6:2000", .faults = { ERR_PRICE_MINIMUM, ERR_PRICE_REASON } },
		{ .fen = 900, .waits = true, .faults = { ERR_PRICE_WAITS } },
		{ .fen = 900, .unpriced = true, .faults = { ERR_PRICE_WAITS } },
		{ .fen = 900,
		  .ended = true,
		  .waits = true,
		  .faults = { ERR_ENDED, ERR_PRICE_WAITS } },
		{ .fen = 900, .unlisted = true, .outcome = PRICE_CHANGED },
		{ .fen = 900, .starts_at = 9, .outcome = PRICE_SCHEDULED },
		{ .fen = 1000, .starts_at = 9, .outcome = PRICE_SCHEDULED },
		{ .fen = 1100, .starts_at = 9, .faults = { ERR_PRICE_REASON } },
		{ .fen = 900, .starts_at = 9, .planned = true, .outcome = PRICE_CHANGED },
		{ .fen = 900,
		  .starts_at = 9,
		  .planned = true,
		  .unlisted = true,
		  .faults = { ERR_NOT_ON_SALE } },
	};
	const struct price now = { .ladder = { { { 5, 1000 } }, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct price_standing standing = {
			.minimum = 5,
			.weight_g = INT_NONE,
			.listed = !cases[i].unlisted,
			.waits = cases[i].waits,
			.ended = cases[i].ended,
			.now = cases[i].unpriced ? NULL : &now,
			.band = { .lowest_fen = 950, .median_per_500g = INT_NONE },
		};
		struct price_wish wish = {
			.unit_price_fen = cases[i].ladder ? INT_NONE : cases[i].fen,
			.reason = text_of(cases[i].reason),
			.starts_at = cases[i].starts_at ? cases[i].starts_at : INT_NONE,
			.planned = cases[i].planned,
			.problems = { .arena = arena },
		};
		size_t faults = 0;

		if (cases[i].ladder)
			assert_true(ladder_parse(text_of(cases[i].ladder), &wish.ladder));
		price_judge(&wish, &standing);
		assert_int_equal(wish.outcome, cases[i].outcome);
		while (faults < COUNT_OF(cases[i].faults) && cases[i].faults[faults])
			faults++;
		assert_int_equal(wish.problems.items.count, faults);
		for (size_t j = 0; j < faults; j++)
			assert_int_equal(LIST_ITEM(wish.problems.items, struct problem, j)->code,
					 cases[i].faults[j]);
	}
}

static void a_fault_is_told_with_what_is_allowed(void **state)
{
	const struct price now = { .ladder = { { { 1, 1000 } }, 1 } };
	const struct price_standing standing = { .minimum = 1,
						 .weight_g = INT_NONE,
						 .listed = true,
						 .now = &now,
						 .band = { .lowest_fen = 1000,
							   .median_per_500g = INT_NONE } };
	struct price_wish wish = { .unit_price_fen = 5000,
				   .starts_at = INT_NONE,
				   .problems = { .arena = arena } };
	struct list faults = { 0 };

	(void)state;
	price_judge(&wish, &standing);
	assert_int_equal(change_faults(&wish.problems, EN, arena, &faults), OK);
	assert_int_equal(faults.count, 1);
	const struct change_fault *fault = LIST_ITEM(faults, struct change_fault, 0);
	assert_true(text_is(fault->code, "E_PRICE_REASON"));
	assert_true(
		text_is(fault->detail,
			"a price is above 11.00 yuan (110 % of the lowest price of 90 days, or 150 "
			"% of the median of like goods), which needs a reason that buyers see"));
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_band_ends_at_the_nearer_of_its_tops),
		cmocka_unit_test(every_rung_lies_within_the_band),
		cmocka_unit_test(what_is_no_raise_needs_no_reason),
		cmocka_unit_test(ladders_are_compared_and_checked),
		cmocka_unit_test(wishes_are_judged),
		cmocka_unit_test(a_fault_is_told_with_what_is_allowed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
