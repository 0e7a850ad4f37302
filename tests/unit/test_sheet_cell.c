/* What the characters of a cell mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/sheet.h"

static void cleans_and_folds(void **state)
{
	static const struct {
		const char *cell, *clean, *fold;
	} cases[] = {
		{ "", "", "" },
		{ "   ", "", "" },
		{ "\u3000 \u00A0", "", "" },
		{ "abc", "abc", "abc" },
		{ " a  b\t\r\nc ", "a b c", "a b c" },
		{ "\u3000紫阳\u00A0毛尖\u2003", "紫阳 毛尖", "紫阳 毛尖" },
		{ "紫阳\u200B毛尖\uFEFF", "紫阳毛尖", "紫阳毛尖" },
		{ "a\u00AD\u2060\u200Cb", "ab", "ab" },
		{ "Ａ级２０２６ｚ", "A级2026z", "A级2026z" },
		{ "（春茶），：；！？", "（春茶），：；！？", "(春茶),:;!?" },
		{ "ＺＹ－Ａ０１", "ZY－A01", "ZY-A01" },
		{ "￥１２８．５０", "￥128．50", "\u00A5128.50" },
		{ "\u22125", "\u22125", "-5" },
		{ "、。《》", "、。《》", "、。《》" },
		{ "👨\u200D🌾𠮷", "👨\u200D🌾𠮷", "👨\u200D🌾𠮷" },
		{ "a\x7F", "a\x7F", "a\x7F" },
		{ "a\xFF", "a\uFFFD", "a\uFFFD" },
	};
	struct arena *arena = arena_new(MIB(1));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text clean = cell_clean(arena, text_of(cases[i].cell));
		struct text fold = cell_fold(arena, text_of(cases[i].cell));

		assert_non_null(clean.at);
		assert_true(text_is(clean, cases[i].clean));
		assert_non_null(fold.at);
		assert_true(text_is(fold, cases[i].fold));
		assert_int_equal(cell_is_blank(text_of(cases[i].cell)), clean.size == 0);
	}
	arena_free(arena);
}

static void finds_dangers(void **state)
{
	static const struct {
		const char *cell;
		bool control, lost, formula;
	} cases[] = {
		{ "", false, false, false },
		{ "紫阳毛尖", false, false, false },
		{ "a\tb\r\nc", false, false, false },
		{ "a\x01", true, false, false },
		{ "a\x7F", true, false, false },
		{ "a\xC2\x85", true, false, false },
		{ "紫阳\u202E茶", true, false, false },
		{ "a\u2066b", true, false, false },
		{ "a\u200Eb", true, false, false },
		{ "👨\u200D🌾", false, false, false },
		{ "a\uFFFD", false, true, false },
		{ "?祥", false, true, false },
		{ "毛尖?", false, true, false },
		{ "a??b", false, true, false },
		{ "\U00020BB7?", false, true, false },
		{ "what?", false, false, false },
		{ "? a", false, false, false },
		{ "=1", false, false, true },
		{ "+cmd", false, false, true },
		{ "@SUM", false, false, true },
		{ "＝1", false, false, true },
		{ "＋a", false, false, true },
		{ "＠a", false, false, true },
		{ "  =1", false, false, true },
		{ "\u3000\u200B=1", false, false, true },
		{ "\t茶", false, false, true },
		{ "\r茶", false, false, true },
		{ "\t ", false, false, false },
		{ " \t茶", false, false, false },
		{ "-SUM(A1)", false, false, true },
		{ "－a", false, false, true },
		{ "-", false, false, true },
		{ "-18℃", false, false, false },
		{ "-１８℃", false, false, false },
		{ "-.5", false, false, false },
		{ "-2+3+cmd|' /C calc'!A0", false, false, false },
		{ "a=1", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text cell = text_of(cases[i].cell);

		assert_int_equal(cell_has_control(cell), cases[i].control);
		assert_int_equal(cell_lost_characters(cell), cases[i].lost);
		assert_int_equal(cell_is_formula(cell), cases[i].formula);
	}
}

static void takes_the_apostrophe_off(void **state)
{
	static const struct {
		const char *cell, *bare;
	} cases[] = {
		{ "", "" },
		{ "'", "'" },
		{ "'a", "'a" },
		{ "'=1", "=1" },
		{ "''=1", "'=1" },
		{ "'-18℃", "-18℃" },
		{ "'＝1", "＝1" },
		{ "'\t", "\t" },
		{ "' =1", " =1" },
		{ " '=1", " '=1" },
		{ "=1", "=1" },
		{ "''", "''" },
		{ "'\u3000@a", "\u3000@a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(text_is(cell_bare(text_of(cases[i].cell)), cases[i].bare));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_and_folds),
		cmocka_unit_test(finds_dangers),
		cmocka_unit_test(takes_the_apostrophe_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
