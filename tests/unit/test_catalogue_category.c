/* What holds of categories on a day, and what may be asked of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "../../src/catalogue/category.h"

enum { TODAY = 20000 };

static struct arena *arena;

#define ROW(c, n, s, u, f)                                                                         \
	{                                                                                          \
		.code = TEXT_INIT(c), .name = TEXT_INIT(n), .since = (s), .until = (u),            \
		.from = (f), .version = 3                                                          \
	}
/* As rows come: by code, then by day, what a category began with first. */
static struct category rows[] = {
	ROW("01", "grain", DAY_NONE, DAY_NONE, DAY_NONE),
	ROW("0101", "rice", DAY_NONE, DAY_NONE, DAY_NONE),
	ROW("0101", "white rice", DAY_NONE, DAY_NONE, TODAY - 10),
	ROW("0101", "pearl rice", DAY_NONE, DAY_NONE, TODAY + 10),
	ROW("0102", "wheat", DAY_NONE, TODAY - 1, DAY_NONE),
	ROW("0103", "oats", TODAY + 5, DAY_NONE, DAY_NONE),
	ROW("0103", "rolled oats", TODAY + 5, DAY_NONE, TODAY + 5),
	ROW("02", "tea", TODAY - 50, TODAY + 30, DAY_NONE),
	ROW("0201", "green tea", TODAY - 50, TODAY + 20, DAY_NONE),
};
static const struct list versions = { rows, COUNT_OF(rows), COUNT_OF(rows) };

/* ---- what holds on a day ---- */

static void each_day_has_its_names(void **state)
{
	static const struct {
		int32_t day;
		const char *code, *name; /* NULL: it has not begun */
		bool ended;
	} cases[] = {
		{ 0, "0101", "rice", false },
		{ TODAY - 11, "0101", "rice", false },
		{ TODAY - 10, "0101", "white rice", false },
		{ TODAY + 9, "0101", "white rice", false },
		{ TODAY + 10, "0101", "pearl rice", false },
		{ TODAY - 1, "0102", "wheat", false },
		{ TODAY, "0102", "wheat", true },
		{ TODAY + 4, "0103", NULL, false },
		{ TODAY + 5, "0103", "rolled oats", false },
		{ TODAY - 51, "02", NULL, false },
		{ TODAY + 30, "02", "tea", false },
		{ TODAY + 31, "02", "tea", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct list found = { 0 };

		assert_int_equal(categories_on(&versions, cases[i].day, arena, &found), OK);
		const struct category *one = category_find(&found, text_of(cases[i].code));
		assert_int_equal(one != NULL, cases[i].name != NULL);
		if (!one)
			continue;
		assert_true(text_is(one->name, cases[i].name));
		assert_int_equal(one->ended, cases[i].ended);
		for (size_t j = 1; j < found.count; j++)
			assert_true(text_compare(LIST_ITEM(found, struct category, j - 1)->code,
						 LIST_ITEM(found, struct category, j)->code) < 0);
	}
}

static void a_card_has_each_version_once(void **state)
{
	struct category_card card;

	(void)state;
	assert_int_equal(category_card_of(&versions, TEXT("0101"), arena, &card), OK);
	assert_int_equal(card.versions.count, 3);
	assert_int_equal(LIST_ITEM(card.versions, struct category, 0)->from, DAY_NONE);
	assert_int_equal(category_card_of(&versions, TEXT("0103"), arena, &card), OK);
	assert_int_equal(card.versions.count, 1); /* of the two of one day, the later */
	assert_true(text_is(LIST_ITEM(card.versions, struct category, 0)->name, "rolled oats"));
	assert_int_equal(category_card_of(&versions, TEXT("0104"), arena, &card), ERR_NOT_FOUND);
}

static void codes_are_two_digits_a_level(void **state)
{
	static const struct {
		const char *code;
		bool formed;
	} cases[] = {
		{ "01", true },   { "0101", true },   { "", false },     { "1", false },
		{ "011", false }, { "01011", false }, { "01a1", false }, { "０１", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(category_code_is_formed(text_of(cases[i].code)), cases[i].formed);
}

/* ---- what may be asked ---- */

enum ask { ADD, CHANGE, END };

static void judge(enum ask ask, struct category_asked asked, struct problems *problems)
{
	switch (ask) {
	case ADD:
		category_judge_new(&versions, &asked, TODAY, problems);
		break;
	case CHANGE:
		category_judge_version(&versions, &asked, TODAY, problems);
		break;
	case END:
		category_judge_end(&versions, &asked, TODAY, problems);
		break;
	}
}

/* At most two faults are told by each case; 0: none. */
static void faults_are_all_named(void **state)
{
	static const struct {
		enum ask ask;
		struct category_asked asked;
		enum err faults[2];
	} cases[] = {
#define ASKED(c, n, k, r, s, u)                                                                    \
	{ .code = TEXT_INIT(c),                                                                    \
	  .name = TEXT_INIT(n),                                                                    \
	  .name_en = TEXT_INIT("Name"),                                                            \
	  .vat_kind = (k),                                                                         \
	  .vat_rate = (r),                                                                         \
	  .since = (s),                                                                            \
	  .until = (u) }
#define WORDS(c, n, s) ASKED(c, n, VAT_TAXED, 9, s, DAY_NONE)
#define ENDS(c, u)     ASKED(c, "", VAT_TAXED, 9, DAY_NONE, u)
		{ ADD, WORDS("0104", "new", TODAY), { 0 } },
		{ ADD, WORDS("0104", "new", TODAY - 1), { ERR_TOO_EARLY } },
		{ ADD, WORDS("0101", "new", TODAY), { ERR_CATEGORY_TAKEN } },
		{ ADD, WORDS("0102", "new", TODAY), { ERR_CATEGORY_TAKEN } }, /* though it ended */
		{ ADD, WORDS("0901", "new", TODAY), { ERR_CATEGORY_PARENT } },
		{ ADD, WORDS("0202", "new", TODAY), { ERR_CATEGORY_PARENT } }, /* it will end */
		{ ADD, WORDS("09", "new", TODAY), { 0 } },
		{ ADD, WORDS("09", "grain", TODAY), { ERR_CATEGORY_NAME } },
		{ ADD, WORDS("09", "rice", TODAY), { 0 } },    /* a name of another level */
		{ ADD, WORDS("0104", "wheat", TODAY), { 0 } }, /* what had it has ended */
		{ ADD, WORDS("0104", "rice", TODAY), { 0 } },  /* it is called otherwise since */
		{ ADD, WORDS("0104", "white rice", TODAY), { ERR_CATEGORY_NAME } },
		{ ADD, WORDS("0104", "white rice", TODAY + 10), { 0 } },
		{ ADD, WORDS("0104", "pearl rice", TODAY), { ERR_CATEGORY_NAME } },
		{ ADD, WORDS("0104", "green tea", TODAY + 20), { ERR_CATEGORY_NAME } },
		{ ADD, WORDS("0104", "green tea", TODAY + 21), { 0 } },
		{ ADD, WORDS("0104", "  ", TODAY), { ERR_REQUIRED } },
		{ ADD, WORDS("0104", "=1+1", TODAY), { ERR_FORMULA } },
		{ ADD, WORDS("0104", "<b>", TODAY - 1), { ERR_TOO_EARLY, ERR_MARKUP } },
		{ ADD, ASKED("0104", "n", VAT_TAXED, INT_NONE, TODAY, 0), { ERR_REQUIRED } },
		{ ADD, ASKED("0104", "n", VAT_TAXED, 0, TODAY, 0), { ERR_VAT } },
		{ ADD, ASKED("0104", "n", VAT_TAXED, 99, TODAY, 0), { ERR_VAT } },
		{ ADD, ASKED("0104", "n", VAT_EXEMPT, 9, TODAY, 0), { ERR_VAT } },
		{ ADD, ASKED("0104", "n", VAT_ZERO, INT_NONE, TODAY, 0), { 0 } },
		{ CHANGE, WORDS("0101", "rice", TODAY), { 0 } },
		{ CHANGE, WORDS("0101", "rice", TODAY - 1), { ERR_TOO_EARLY } },
		{ CHANGE, WORDS("0103", "flakes", TODAY + 4), { ERR_TOO_EARLY } }, /* not begun */
		{ CHANGE, WORDS("0201", "tea leaves", TODAY + 20), { 0 } },
		{ CHANGE, WORDS("0201", "tea leaves", TODAY + 21), { ERR_CATEGORY_ENDED } },
		{ CHANGE, WORDS("0102", "rice", TODAY), { ERR_CATEGORY_ENDED } },
		{ END, ENDS("0101", TODAY), { 0 } },
		{ END, ENDS("0101", TODAY - 1), { ERR_TOO_EARLY } },
		{ END, ENDS("0102", TODAY), { ERR_CATEGORY_ENDED } },
		{ END, ENDS("0103", TODAY + 4), { ERR_TOO_EARLY } },
		{ END, ENDS("01", TODAY), { ERR_CATEGORY_BELOW } },
		{ END, ENDS("02", TODAY + 19), { ERR_CATEGORY_BELOW } },
		{ END, ENDS("02", TODAY + 20), { 0 } },
		{ END, ENDS("0201", TODAY + 30), { 0 } },
		{ END, ENDS("0201", TODAY + 31), { ERR_CATEGORY_PARENT } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };

		judge(cases[i].ask, cases[i].asked, &problems);
		size_t wanted = cases[i].faults[0] ? cases[i].faults[1] ? 2 : 1 : 0;
		if (problems.items.count != wanted)
			print_error("case %zu: %zu faults\n", i, problems.items.count);
		assert_int_equal(problems.items.count, wanted);
		for (size_t j = 0; j < wanted; j++)
			assert_int_equal(LIST_ITEM(problems.items, struct problem, j)->code,
					 cases[i].faults[j]);
	}
}

static int arena_open(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int arena_close(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_day_has_its_names),
		cmocka_unit_test(a_card_has_each_version_once),
		cmocka_unit_test(codes_are_two_digits_a_level),
		cmocka_unit_test(faults_are_all_named),
	};

	return cmocka_run_group_tests(tests, arena_open, arena_close);
}
