/*
 * The gate before the JSON reader, held against the cases of JSONTestSuite: all that must be
 * refused, all that must be taken and, where that suite leaves the choice, the strict answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <stdio.h>
#include <string.h>

struct json_case {
	const char *name;
	struct text text;
};
/* clang-format off */
#define CASE(name, literal) { (name), TEXT_INIT(literal) }

static const struct json_case taken[] = {
	CASE("array_arraysWithSpaces", "[[]   ]"),
	CASE("array_empty-string", "[\"\"]"),
	CASE("array_empty", "[]"),
	CASE("array_ending_with_newline", "[\"a\"]\n"),
	CASE("array_false", "[false]"),
	CASE("array_heterogeneous", "[null, 1, \"1\", {}]"),
	CASE("array_null", "[null]"),
	CASE("array_with_1_and_newline", "[1\n]"),
	CASE("array_with_leading_space", " [1]"),
	CASE("array_with_several_null", "[1,null,null,null,2]"),
	CASE("array_with_trailing_space", "[2] "),
	CASE("number", "[123e65]"),
	CASE("number_0e+1", "[0e+1]"),
	CASE("number_0e1", "[0e1]"),
	CASE("number_after_space", "[ 4]"),
	CASE("number_double_close_to_zero", "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]\n"),
	CASE("number_int_with_exp", "[20e1]"),
	CASE("number_minus_zero", "[-0]"),
	CASE("number_negative_int", "[-123]"),
	CASE("number_negative_one", "[-1]"),
	CASE("number_negative_zero", "[-0]"),
	CASE("number_real_capital_e", "[1E22]"),
	CASE("number_real_capital_e_neg_exp", "[1E-2]"),
	CASE("number_real_capital_e_pos_exp", "[1E+2]"),
	CASE("number_real_exponent", "[123.456e78]"),
	CASE("number_real_fraction_exponent", "[123.456e78]"),
	CASE("number_real_neg_exp", "[1e-2]"),
	CASE("number_real_pos_exponent", "[1e+2]"),
	CASE("number_simple_int", "[123]"),
	CASE("number_simple_real", "[123.456789]"),
	CASE("object", "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
	CASE("object_basic", "{\"asd\":\"sdf\"}"),
	CASE("object_empty", "{}"),
	CASE("object_empty_key", "{\"\":0}"),
	CASE("object_extreme_numbers", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
	CASE("object_long_strings", "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"),
	CASE("object_simple", "{\"a\":[]}"),
	CASE("object_string_unicode", "{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430 \\u0417\\u0435\\u043c\\u043b\\u0435\\u043a\\u043e\\u043f\\u0430\" }"),
	CASE("object_with_newlines", "{\n\"a\": \"b\"\n}"),
	CASE("string_1_2_3_bytes_UTF-8_sequences", "[\"\\u0060\\u012a\\u12AB\"]"),
	CASE("string_accepted_surrogate_pair", "[\"\\uD801\\udc37\"]"),
	CASE("string_accepted_surrogate_pairs", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	CASE("string_allowed_escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	CASE("string_backslash_and_u_escaped_zero", "[\"\\\\u0000\"]"),
	CASE("string_backslash_doublequotes", "[\"\\\"\"]"),
	CASE("string_comments", "[\"a/*b*/c/*d//e\"]"),
	CASE("string_double_escape_a", "[\"\\\\a\"]"),
	CASE("string_double_escape_n", "[\"\\\\n\"]"),
	CASE("string_escaped_control_character", "[\"\\u0012\"]"),
	CASE("string_escaped_noncharacter", "[\"\\uFFFF\"]"),
	CASE("string_in_array", "[\"asd\"]"),
	CASE("string_in_array_with_leading_space", "[ \"asd\"]"),
	CASE("string_last_surrogates_1_and_2", "[\"\\uDBFF\\uDFFF\"]"),
	CASE("string_nbsp_uescaped", "[\"new\\u00A0line\"]"),
	CASE("string_nonCharacterInUTF-8_U+10FFFF", "[\"\xF4\x8F\xBF\xBF\"]"),
	CASE("string_nonCharacterInUTF-8_U+FFFF", "[\"\xEF\xBF\xBF\"]"),
	CASE("string_one-byte-utf-8", "[\"\\u002c\"]"),
	CASE("string_pi", "[\"\xCF\x80\"]"),
	CASE("string_reservedCharacterInUTF-8_U+1BFFF", "[\"\xF0\x9B\xBF\xBF\"]"),
	CASE("string_simple_ascii", "[\"asd \"]"),
	CASE("string_space", "\" \""),
	CASE("string_surrogates_U+1D11E", "[\"\\uD834\\uDd1e\"]"),
	CASE("string_three-byte-utf-8", "[\"\\u0821\"]"),
	CASE("string_two-byte-utf-8", "[\"\\u0123\"]"),
	CASE("string_u+2028_line_sep", "[\"\xE2\x80\xA8\"]"),
	CASE("string_u+2029_par_sep", "[\"\xE2\x80\xA9\"]"),
	CASE("string_uEscape", "[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
	CASE("string_unescaped_char_delete", "[\"\x7F\"]"),
	CASE("string_unicode", "[\"\\uA66D\"]"),
	CASE("string_unicodeEscapedBackslash", "[\"\\u005C\"]"),
	CASE("string_unicode_2", "[\"\xE2\x8D\x82\xE3\x88\xB4\xE2\x8D\x82\"]"),
	CASE("string_unicode_U+10FFFE", "[\"\\uDBFF\\uDFFE\"]"),
	CASE("string_unicode_U+200B", "[\"\\u200B\"]"),
	CASE("string_unicode_U+FDD0", "[\"\\uFDD0\"]"),
	CASE("string_unicode_escaped_double_quote", "[\"\\u0022\"]"),
	CASE("string_utf8", "[\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"]"),
	CASE("string_with_del_character", "[\"a\x7F" "a\"]"),
	CASE("structure_lonely_false", "false"),
	CASE("structure_lonely_int", "42"),
	CASE("structure_lonely_negative_real", "-0.1"),
	CASE("structure_lonely_null", "null"),
	CASE("structure_lonely_string", "\"asd\""),
	CASE("structure_lonely_true", "true"),
	CASE("structure_string_empty", "\"\""),
	CASE("structure_trailing_newline", "[\"a\"]\n"),
	CASE("structure_true_in_array", "[true]"),
	CASE("structure_whitespace_array", " [] "),
	CASE("depth_32", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	CASE("depth_32_mixed", "{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}"),
	CASE("same_names_in_different_objects", "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}"),
	CASE("i_number_huge_exp", "[0.4e00669999999999999999999999999999999999999999999999999999999999999999999999969999999006]"),
	CASE("i_number_too_big_pos_int", "[100000000000000000000]"),
};

static const struct json_case refused[] = {
	CASE("array_1_true_without_comma", "[1 true]"),
	CASE("array_a_invalid_utf8", "[a\xE5]"),
	CASE("array_colon_instead_of_comma", "[\"\": 1]"),
	CASE("array_comma_after_close", "[\"\"],"),
	CASE("array_comma_and_number", "[,1]"),
	CASE("array_double_comma", "[1,,2]"),
	CASE("array_double_extra_comma", "[\"x\",,]"),
	CASE("array_extra_close", "[\"x\"]]"),
	CASE("array_extra_comma", "[\"\",]"),
	CASE("array_incomplete", "[\"x\""),
	CASE("array_incomplete_invalid_value", "[x"),
	CASE("array_inner_array_no_comma", "[3[4]]"),
	CASE("array_invalid_utf8", "[\xFF]"),
	CASE("array_items_separated_by_semicolon", "[1:2]"),
	CASE("array_just_comma", "[,]"),
	CASE("array_just_minus", "[-]"),
	CASE("array_missing_value", "[   , \"\"]"),
	CASE("array_newlines_unclosed", "[\"a\",\n4\n,1,"),
	CASE("array_number_and_comma", "[1,]"),
	CASE("array_number_and_several_commas", "[1,,]"),
	CASE("array_spaces_vertical_tab_formfeed", "[\"\x0B" "a\"\\f]"),
	CASE("array_star_inside", "[*]"),
	CASE("array_unclosed", "[\"\""),
	CASE("array_unclosed_trailing_comma", "[1,"),
	CASE("array_unclosed_with_new_lines", "[1,\n1\n,1"),
	CASE("array_unclosed_with_object_inside", "[{}"),
	CASE("incomplete_false", "[fals]"),
	CASE("incomplete_null", "[nul]"),
	CASE("incomplete_true", "[tru]"),
	CASE("multidigit_number_then_00", "123\x00"),
	CASE("number_++", "[++1234]"),
	CASE("number_+1", "[+1]"),
	CASE("number_+Inf", "[+Inf]"),
	CASE("number_-01", "[-01]"),
	CASE("number_-1.0.", "[-1.0.]"),
	CASE("number_-2.", "[-2.]"),
	CASE("number_-NaN", "[-NaN]"),
	CASE("number_.-1", "[.-1]"),
	CASE("number_.2e-3", "[.2e-3]"),
	CASE("number_0.1.2", "[0.1.2]"),
	CASE("number_0.3e+", "[0.3e+]"),
	CASE("number_0.3e", "[0.3e]"),
	CASE("number_0.e1", "[0.e1]"),
	CASE("number_0_capital_E+", "[0E+]"),
	CASE("number_0_capital_E", "[0E]"),
	CASE("number_0e+", "[0e+]"),
	CASE("number_0e", "[0e]"),
	CASE("number_1.0e+", "[1.0e+]"),
	CASE("number_1.0e-", "[1.0e-]"),
	CASE("number_1.0e", "[1.0e]"),
	CASE("number_1_000", "[1 000.0]"),
	CASE("number_1eE2", "[1eE2]"),
	CASE("number_2.e+3", "[2.e+3]"),
	CASE("number_2.e-3", "[2.e-3]"),
	CASE("number_2.e3", "[2.e3]"),
	CASE("number_9.e+", "[9.e+]"),
	CASE("number_Inf", "[Inf]"),
	CASE("number_NaN", "[NaN]"),
	CASE("number_U+FF11_fullwidth_digit_one", "[\xEF\xBC\x91]"),
	CASE("number_expression", "[1+2]"),
	CASE("number_hex_1_digit", "[0x1]"),
	CASE("number_hex_2_digits", "[0x42]"),
	CASE("number_infinity", "[Infinity]"),
	CASE("number_invalid+-", "[0e+-1]"),
	CASE("number_invalid-negative-real", "[-123.123foo]"),
	CASE("number_invalid-utf-8-in-bigger-int", "[123\xE5]"),
	CASE("number_invalid-utf-8-in-exponent", "[1e1\xE5]"),
	CASE("number_invalid-utf-8-in-int", "[0\xE5]\n"),
	CASE("number_minus_infinity", "[-Infinity]"),
	CASE("number_minus_sign_with_trailing_garbage", "[-foo]"),
	CASE("number_minus_space_1", "[- 1]"),
	CASE("number_neg_int_starting_with_zero", "[-012]"),
	CASE("number_neg_real_without_int_part", "[-.123]"),
	CASE("number_neg_with_garbage_at_end", "[-1x]"),
	CASE("number_real_garbage_after_e", "[1ea]"),
	CASE("number_real_with_invalid_utf8_after_e", "[1e\xE5]"),
	CASE("number_real_without_fractional_part", "[1.]"),
	CASE("number_starting_with_dot", "[.123]"),
	CASE("number_with_alpha", "[1.2a-3]"),
	CASE("number_with_alpha_char", "[1.8011670033376514H-308]"),
	CASE("number_with_leading_zero", "[012]"),
	CASE("object_bad_value", "[\"x\", truth]"),
	CASE("object_bracket_key", "{[: \"x\"}\n"),
	CASE("object_comma_instead_of_colon", "{\"x\", null}"),
	CASE("object_double_colon", "{\"x\"::\"b\"}"),
	CASE("object_emoji", "{\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD}"),
	CASE("object_garbage_at_end", "{\"a\":\"a\" 123}"),
	CASE("object_key_with_single_quotes", "{key: 'value'}"),
	CASE("object_lone_continuation_byte_in_key_and_trailing_comma", "{\"\xB9\":\"0\",}"),
	CASE("object_missing_colon", "{\"a\" b}"),
	CASE("object_missing_key", "{:\"b\"}"),
	CASE("object_missing_semicolon", "{\"a\" \"b\"}"),
	CASE("object_missing_value", "{\"a\":"),
	CASE("object_no-colon", "{\"a\""),
	CASE("object_non_string_key", "{1:1}"),
	CASE("object_non_string_key_but_huge_number_instead", "{9999E9999:1}"),
	CASE("object_repeated_null_null", "{null:null,null:null}"),
	CASE("object_several_trailing_commas", "{\"id\":0,,,,,}"),
	CASE("object_single_quote", "{'a':0}"),
	CASE("object_trailing_comma", "{\"id\":0,}"),
	CASE("object_trailing_comment", "{\"a\":\"b\"}/**/"),
	CASE("object_trailing_comment_slash_open", "{\"a\":\"b\"}//"),
	CASE("object_two_commas_in_a_row", "{\"a\":\"b\",,\"c\":\"d\"}"),
	CASE("object_unquoted_key", "{a: \"b\"}"),
	CASE("object_unterminated-value", "{\"a\":\"a"),
	CASE("object_with_single_string", "{ \"foo\" : \"bar\", \"a\" }"),
	CASE("object_with_trailing_garbage", "{\"a\":\"b\"}#"),
	CASE("single_space", " "),
	CASE("string_1_surrogate_then_escape", "[\"\\uD800\\\"]"),
	CASE("string_1_surrogate_then_escape_u", "[\"\\uD800\\u\"]"),
	CASE("string_1_surrogate_then_escape_u1", "[\"\\uD800\\u1\"]"),
	CASE("string_1_surrogate_then_escape_u1x", "[\"\\uD800\\u1x\"]"),
	CASE("string_accentuated_char_no_quotes", "[\xC3\xA9]"),
	CASE("string_backslash_00", "[\"\\\x00\"]"),
	CASE("string_escape_x", "[\"\\x00\"]"),
	CASE("string_escaped_backslash_bad", "[\"\\\\\\\"]"),
	CASE("string_escaped_ctrl_char_tab", "[\"\\\t\"]"),
	CASE("string_escaped_emoji", "[\"\\\xF0\x9F\x8C\x80\"]"),
	CASE("string_incomplete_escape", "[\"\\\"]"),
	CASE("string_incomplete_escaped_character", "[\"\\u00A\"]"),
	CASE("string_incomplete_surrogate", "[\"\\uD834\\uDd\"]"),
	CASE("string_incomplete_surrogate_escape_invalid", "[\"\\uD800\\uD800\\x\"]"),
	CASE("string_invalid-utf-8-in-escape", "[\"\\u\xE5\"]"),
	CASE("string_invalid_backslash_esc", "[\"\\a\"]"),
	CASE("string_invalid_unicode_escape", "[\"\\uqqqq\"]"),
	CASE("string_invalid_utf8_after_escape", "[\"\\\xE5\"]"),
	CASE("string_leading_uescaped_thinspace", "[\\u0020\"asd\"]"),
	CASE("string_no_quotes_with_bad_escape", "[\\n]"),
	CASE("string_single_doublequote", "\""),
	CASE("string_single_quote", "['single quote']"),
	CASE("string_single_string_no_double_quotes", "abc"),
	CASE("string_start_escape_unclosed", "[\"\\"),
	CASE("string_unescaped_ctrl_char", "[\"a\x00" "a\"]"),
	CASE("string_unescaped_newline", "[\"new\nline\"]"),
	CASE("string_unescaped_tab", "[\"\t\"]"),
	CASE("string_unicode_CapitalU", "\"\\UA66D\""),
	CASE("string_with_trailing_garbage", "\"\"x"),
	CASE("structure_angle_bracket_.", "<.>"),
	CASE("structure_angle_bracket_null", "[<null>]"),
	CASE("structure_array_trailing_garbage", "[1]x"),
	CASE("structure_array_with_extra_array_close", "[1]]"),
	CASE("structure_array_with_unclosed_string", "[\"asd]"),
	CASE("structure_ascii-unicode-identifier", "a\xC3\xA5"),
	CASE("structure_capitalized_True", "[True]"),
	CASE("structure_close_unopened_array", "1]"),
	CASE("structure_comma_instead_of_closing_brace", "{\"x\": true,"),
	CASE("structure_double_array", "[][]"),
	CASE("structure_end_array", "]"),
	CASE("structure_incomplete_UTF8_BOM", "\xEF\xBB{}"),
	CASE("structure_lone-invalid-utf-8", "\xE5"),
	CASE("structure_lone-open-bracket", "["),
	CASE("structure_no_data", ""),
	CASE("structure_null-byte-outside-string", "[\x00]"),
	CASE("structure_number_with_trailing_garbage", "2@"),
	CASE("structure_object_followed_by_closing_object", "{}}"),
	CASE("structure_object_unclosed_no_value", "{\"\":"),
	CASE("structure_object_with_comment", "{\"a\":/*comment*/\"b\"}"),
	CASE("structure_object_with_trailing_garbage", "{\"a\": true} \"x\""),
	CASE("structure_open_array_apostrophe", "['"),
	CASE("structure_open_array_comma", "[,"),
	CASE("structure_open_array_open_object", "[{"),
	CASE("structure_open_array_open_string", "[\"a"),
	CASE("structure_open_array_string", "[\"a\""),
	CASE("structure_open_object", "{"),
	CASE("structure_open_object_close_array", "{]"),
	CASE("structure_open_object_comma", "{,"),
	CASE("structure_open_object_open_array", "{["),
	CASE("structure_open_object_open_string", "{\"a"),
	CASE("structure_open_object_string_with_apostrophes", "{'a'"),
	CASE("structure_open_open", "[\"\\{[\"\\{[\"\\{[\"\\{"),
	CASE("structure_single_eacute", "\xE9"),
	CASE("structure_single_star", "*"),
	CASE("structure_trailing_#", "{\"a\":\"b\"}#{}"),
	CASE("structure_U+2060_word_joined", "[\xE2\x81\xA0]"),
	CASE("structure_uescaped_LF_before_string", "[\\u000A\"\"]"),
	CASE("structure_unclosed_array", "[1"),
	CASE("structure_unclosed_array_partial_null", "[ false, nul"),
	CASE("structure_unclosed_array_unfinished_false", "[ true, fals"),
	CASE("structure_unclosed_array_unfinished_true", "[ false, tru"),
	CASE("structure_unclosed_object", "{\"asd\":\"asd\""),
	CASE("structure_unicode-identifier", "\xC3\xA5"),
	CASE("structure_UTF8_BOM_no_data", "\xEF\xBB\xBF"),
	CASE("structure_whitespace_formfeed", "[\x0C]"),
	CASE("structure_whitespace_U+2060_word_joiner", "[\xE2\x81\xA0]"),
	CASE("structure_100000_opening_arrays", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
	CASE("structure_open_array_object", "[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":[{\"\":"),
	CASE("own_bom", "\xEF\xBB\xBF{}"),
	CASE("own_depth_33", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	CASE("own_depth_33_mixed", "{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}]}"),
	CASE("own_repeated", "{\"a\":1,\"a\":1}"),
	CASE("own_repeated_escaped", "{\"a\":1,\"\\u0061\":1}"),
	CASE("own_repeated_escaped_pair", "{\"\xF0\x9F\x98\xB9\":1,\"\\ud83d\\ude39\":1}"),
	CASE("own_repeated_empty", "{\"\":1,\"b\":2,\"\":3}"),
	CASE("own_repeated_inner", "[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]"),
	CASE("own_repeated_slash", "{\"a/b\":1,\"a\\/b\":2}"),
	CASE("own_repeated_after_inner", "{\"a\":{\"b\":1,\"c\":2},\"a\":1}"),
	CASE("own_repeated_among_many", "{\"k0\":0,\"k1\":0,\"k2\":0,\"k3\":0,\"k4\":0,\"k5\":0,\"k6\":0,\"k7\":0,\"k8\":0,\"k9\":0,\"k10\":0,\"k11\":0,\"k12\":0,\"k13\":0,\"k14\":0,\"k15\":0,\"k16\":0,\"k17\":0,\"k18\":0,\"k19\":0,\"k20\":0,\"k21\":0,\"k22\":0,\"k23\":0,\"k24\":0,\"k25\":0,\"k26\":0,\"k27\":0,\"k28\":0,\"k29\":0,\"k7\":0}"),
	CASE("own_escaped_nul", "[\"\\u0000\"]"),
	CASE("own_lone_high", "[\"\\uD800\"]"),
	CASE("own_lone_low", "[\"\\uDC00\"]"),
	CASE("own_swapped", "[\"\\uDC00\\uD800\"]"),
	CASE("own_high_high", "[\"\\uD800\\uD800\"]"),
	CASE("own_high_then_text", "[\"\\uD800abc\"]"),
	CASE("own_encoded_surrogate", "[\"\xED\xA0\x80\"]"),
	CASE("own_overlong", "[\"\xC0\xAF\"]"),
	CASE("own_above_10ffff", "[\"\xF4\x90\x80\x80\"]"),
	CASE("own_cut_utf8", "[\"\xE7\x94"),
	CASE("own_latin1", "[\"\xE9\"]"),
	CASE("own_utf16le", "[\x00\"\x00\xE9\x00\"\x00]\x00"),
	CASE("own_truncated_utf8", "[\"\xE0\xFF\"]"),
	CASE("own_two_values", "1 2"),
	CASE("own_trailing_nul", "{}\x00"),
};
/* clang-format on */

static void check(const struct json_case *cases, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++) {
		struct arena *arena = arena_new(0);
		/* a copy of its exact size lets AddressSanitizer see every overrun */
		char *exact = arena_copy(arena, cases[i].text.at, cases[i].text.size);
		const char *why = NULL;
		bool strict =
			json_is_strict((struct text){ exact, cases[i].text.size }, arena, &why);

		if (strict != expected)
			print_message("%s: %s\n", cases[i].name, why ? why : "taken");
		assert_int_equal(strict, expected);
		assert_int_equal(why == NULL, expected);
		arena_free(arena);
	}
}

static void takes_json(void **state)
{
	(void)state;
	check(taken, COUNT_OF(taken), true);
}

static void refuses_what_is_not_json(void **state)
{
	(void)state;
	check(refused, COUNT_OF(refused), false);
}

/* Every beginning of a text that is one value with brackets is unfinished. */
static void refuses_beginnings(void **state)
{
	struct text whole =
		TEXT("{\"a\":[1,-2.5e+3,\"\\u00e9\\ud83d\\ude39甲\",true,false,null,{}]}");

	(void)state;
	for (size_t size = 0; size <= whole.size; size++) {
		struct arena *arena = arena_new(0);
		char *exact = arena_copy(arena, whole.at, size);

		assert_int_equal(json_is_strict((struct text){ exact, size }, arena, NULL),
				 size == whole.size);
		arena_free(arena);
	}
}

/* An object of very many names is looked through for repeats without comparing all with all. */
static void many_names_are_cheap(void **state)
{
	struct buffer json = { .max = MIB(8) };
	struct arena *arena = arena_new(0);
	int64_t begun = clock_monotonic();

	(void)state;
	buffer_char(&json, '{');
	for (int i = 0; i < 200000; i++)
		buffer_print(&json, "%s\"%06x\":0", i ? "," : "", (unsigned)i * 7919U & 0xFFFFFFU);
	buffer_add(&json, TEXT(",\"last\":0}"));
	assert_true(json_is_strict(buffer_text(&json), arena, NULL));
	json.size--;
	buffer_add(&json, TEXT(",\"000000\":0}"));
	assert_false(json_is_strict(buffer_text(&json), arena, NULL));
	/* quadratic would be minutes */
	assert_true(clock_monotonic() - begun < 20 * SECOND_US);
	arena_free(arena);
	buffer_free(&json);
}

static void tells_when_memory_is_used_up(void **state)
{
	struct arena *arena = arena_new(100);
	const char *why = NULL;

	(void)state;
	assert_false(json_is_strict(TEXT("[1,2,3,4,5,6,7,8,9,10,11,12]"), arena, &why));
	assert_string_equal(why, "out of memory");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_json),
		cmocka_unit_test(refuses_what_is_not_json),
		cmocka_unit_test(refuses_beginnings),
		cmocka_unit_test(many_names_are_cheap),
		cmocka_unit_test(tells_when_memory_is_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
