/* Text slices, UTF-8, and bytes as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>

static void compares(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
		bool folded;
	} cases[] = {
		{ "", "", 0, true },      { "a", "a", 0, true },    { "a", "b", -1, false },
		{ "a", "aa", -1, false }, { "b", "aa", 1, false },  { "aB", "Ab", 1, true },
		{ "ä", "Ä", 1, false },   { "z[", "Z{", 1, false }, { "甲", "乙", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text a = text_of(cases[i].a), b = text_of(cases[i].b);
		int order = text_compare(a, b);

		assert_int_equal((order > 0) - (order < 0), cases[i].order);
		assert_int_equal(text_equal(a, b), cases[i].order == 0);
		assert_int_equal(text_equal_fold(a, b), cases[i].folded);
	}
	assert_null(text_of(NULL).at);
	assert_true(text_equal(NO_TEXT, TEXT("")));
}

static void takes_parts(void **state)
{
	struct text rest = TEXT("a=b==c");
	struct text none = NO_TEXT;

	(void)state;
	assert_true(text_is(text_trim(TEXT(" \t a b\t ")), "a b"));
	assert_true(text_is(text_trim(TEXT(" \t ")), ""));
	assert_true(text_is(text_part(TEXT("abcdef"), 2, 3), "cde"));
	assert_true(text_is(text_part(TEXT("abcdef"), 4, 30), "ef"));
	assert_true(text_is(text_part(TEXT("abcdef"), 40, SIZE_MAX), ""));
	assert_null(text_part(NO_TEXT, 0, 1).at);
	assert_true(text_starts(TEXT("abc"), "ab") && text_starts(TEXT("abc"), "") &&
		    !text_starts(TEXT("a"), "ab"));
	assert_true(text_is(text_cut(&rest, '='), "a"));
	assert_true(text_is(text_cut(&rest, '='), "b"));
	assert_true(text_is(text_cut(&rest, '='), ""));
	assert_non_null(rest.at);
	assert_true(text_is(text_cut(&rest, '='), "c"));
	assert_null(rest.at);
	assert_null(text_cut(&none, '=').at);
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "7", true, 7 },
		{ "-7", true, -7 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "9999999999999999999", false, 0 },
		{ "10000000000000000000", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+1", false, 0 },
		{ "01", false, 0 },
		{ "-01", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "0x10", false, 0 },
		{ "１", false, 0 },
		{ "--1", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t value = 42;

		assert_int_equal(text_to_int(text_of(cases[i].text), &value), cases[i].good);
		assert_true(value == (cases[i].good ? cases[i].value : 42));
	}
}

static void knows_utf8(void **state)
{
	static const struct {
		struct text text;
		bool good;
	} cases[] = {
		{ { "", 0 }, true },
		{ { "abcdefgh", 8 }, true },
		{ { "\x7F", 1 }, true },
		{ { "\0", 1 }, true },
		{ { "\xC2\x80", 2 }, true },
		{ { "\xDF\xBF", 2 }, true },
		{ { "\xE0\xA0\x80", 3 }, true },
		{ { "\xED\x9F\xBF", 3 }, true },
		{ { "\xEE\x80\x80", 3 }, true },
		{ { "\xEF\xBF\xBF", 3 }, true },
		{ { "\xF0\x90\x80\x80", 4 }, true },
		{ { "\xF4\x8F\xBF\xBF", 4 }, true },
		{ { "abcdefgh\xE7\x94\xB2", 11 }, true },
		{ { "\x80", 1 }, false },
		{ { "\xBF", 1 }, false },
		{ { "\xC0\x80", 2 }, false },
		{ { "\xC1\xBF", 2 }, false },
		{ { "\xC2", 1 }, false },
		{ { "\xC2\x7F", 2 }, false },
		{ { "\xC2\xC0", 2 }, false },
		{ { "\xE0\x80\x80", 3 }, false },
		{ { "\xE0\x9F\xBF", 3 }, false },
		{ { "\xE1\x80", 2 }, false },
		{ { "\xE1\x80\x7F", 3 }, false },
		{ { "\xED\xA0\x80", 3 }, false },
		{ { "\xED\xBF\xBF", 3 }, false },
		{ { "\xF0\x80\x80\x80", 4 }, false },
		{ { "\xF0\x8F\xBF\xBF", 4 }, false },
		{ { "\xF0\x90\x80", 3 }, false },
		{ { "\xF4\x90\x80\x80", 4 }, false },
		{ { "\xF5\x80\x80\x80", 4 }, false },
		{ { "\xF8\x88\x80\x80\x80", 5 }, false },
		{ { "\xFE", 1 }, false },
		{ { "\xFF", 1 }, false },
		{ { "abcdefgh\xFF", 9 }, false },
		{ { "abcdefg\xE7\x94", 9 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(text_is_utf8(cases[i].text), cases[i].good);
}

static void walks_code_points(void **state)
{
	static const uint32_t expected[] = { 'a', 0xE9, 0x7532, 0x20BB7, 0xFFFD, 'b', 0xFFFD };
	struct text text = TEXT("a\xC3\xA9甲𠮷\x80"
				"b\xE7");
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		assert_int_equal(text_next(text, &at), expected[i]);
	assert_int_equal(at, text.size);
	assert_int_equal(text_length(TEXT("a é 甲 𠮷")), 7);
	assert_int_equal(text_length(TEXT("")), 0);
	at = 0;
	assert_int_equal(text_next(TEXT("\xF4\x8F\xBF\xBF"), &at), 0x10FFFF);
}

static void encodes_hex(void **state)
{
	char out[9];
	unsigned char bytes[4];

	(void)state;
	assert_true(text_is(hex_format("\x00\x1F\xA0\xFF", 4, out), "001fa0ff"));
	assert_string_equal(out, "001fa0ff");
	assert_true(hex_parse(TEXT("001fA0Ff"), bytes, 4));
	assert_memory_equal(bytes, "\x00\x1F\xA0\xFF", 4);
	assert_false(hex_parse(TEXT("001fA0F"), bytes, 4));
	assert_false(hex_parse(TEXT("001fA0Fg"), bytes, 4));
	assert_false(hex_parse(TEXT("001fA0F"), bytes, 3));
	assert_true(hex_parse(TEXT(""), bytes, 0));
}

static void encodes_base64url(void **state)
{
	/* RFC 4648 §10, without padding, and the two characters that differ */
	static const struct {
		const char *plain, *coded;
	} cases[] = {
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xFB\xEF\xBE", "----" },
		{ "\xFF\xFF\xFF", "____" },
	};
	static const char *const bad[] = { "A",    "Zh",  "Zm9",   "Zg==", "Zm+v",
					   "Zm/v", "Z g", "AAAAA", "甲" };
	struct arena *arena = arena_new(0);
	struct text out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text plain = text_of(cases[i].plain);

		assert_true(text_is(base64url_encode(arena, plain), cases[i].coded));
		assert_true(base64url_decode(arena, text_of(cases[i].coded), &out));
		assert_true(text_equal(out, plain));
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(base64url_decode(arena, text_of(bad[i]), &out));
	assert_false(base64url_decode(arena, (struct text){ "AA\0A", 4 }, &out));
	arena_free(arena);
}

static void knows_words(void **state)
{
	static const char *const words[] = { "low", "high", NULL };

	(void)state;
	assert_string_equal(word_of(words, 1), "high");
	assert_string_equal(word_of(words, 2), "");
	assert_string_equal(word_of(words, -1), "");
	assert_int_equal(word_find(words, TEXT("low")), 0);
	assert_int_equal(word_find(words, TEXT("Low")), -1);
	assert_int_equal(word_find(words, TEXT("")), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),          cmocka_unit_test(takes_parts),
		cmocka_unit_test(reads_integers),    cmocka_unit_test(knows_utf8),
		cmocka_unit_test(walks_code_points), cmocka_unit_test(encodes_hex),
		cmocka_unit_test(encodes_base64url), cmocka_unit_test(knows_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
