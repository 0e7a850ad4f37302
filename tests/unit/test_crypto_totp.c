/* The second factor against the vectors of its standards, and each code taken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/crypto.h"

static const int64_t second = 1000000;
static const struct text secret = TEXT_INIT("12345678901234567890");

static void codes_as_the_standard_says(void **state)
{
	/* RFC 6238, appendix B, SHA-1; the last six of its eight digits */
	static const struct {
		int64_t seconds, step;
		const char *code;
	} cases[] = {
		{ 59, 0x1, "287082" },
		{ 1111111109, 0x23523EC, "081804" },
		{ 1111111111, 0x23523ED, "050471" },
		{ 1234567890, 0x273EF07, "005924" },
		{ 2000000000, 0x3F940AA, "279037" },
		{ 20000000000, 0x27BC86AA, "353130" },
	};
	char code[TOTP_CODE_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t step = 0, now = cases[i].seconds * second;

		assert_int_equal(totp_step(now), cases[i].step);
		totp_code(secret, cases[i].step, code);
		assert_string_equal(code, cases[i].code);
		assert_true(totp_matches(secret, text_of(code), now, INT_NONE, &step));
		assert_int_equal(step, cases[i].step);
	}
}

static void codes_of_counters(void **state)
{
	/* RFC 4226, appendix D */
	static const char *const codes[] = { "755224", "287082", "359152", "969429", "338314",
					     "254676", "287922", "162583", "399871", "520489" };
	char code[TOTP_CODE_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		totp_code(secret, (int64_t)i, code);
		assert_string_equal(code, codes[i]);
	}
}

/* The step before and the one after are taken, those beyond them are not. */
static void steps_beside_are_taken(void **state)
{
	enum { MIDDLE = 50000000 };
	char code[TOTP_CODE_SIZE + 1];

	(void)state;
	for (int64_t away = -3; away <= 3; away++) {
		int64_t step = 0, begins = (MIDDLE + away) * 30 * second;
		bool near = away >= -1 && away <= 1;

		totp_code(secret, MIDDLE, code);
		assert_int_equal(totp_matches(secret, text_of(code), begins, INT_NONE, &step),
				 near);
		assert_int_equal(totp_matches(secret, text_of(code), begins + 30 * second - 1,
					      INT_NONE, &step),
				 near);
		assert_int_equal(step, near ? MIDDLE : 0);
	}
}

static void each_step_is_taken_once(void **state)
{
	enum { MIDDLE = 50000001 };
	int64_t used = INT_NONE, step = 0, now = MIDDLE * 30 * second;
	char code[TOTP_CODE_SIZE + 1];

	(void)state;
	for (int64_t at = MIDDLE - 1; at <= MIDDLE + 1; at++) {
		totp_code(secret, at, code);
		assert_true(totp_matches(secret, text_of(code), now, used, &step));
		assert_int_equal(step, at);
		used = step;
		assert_false(totp_matches(secret, text_of(code), now, used, &step));
	}
	totp_code(secret, MIDDLE, code);
	assert_false(totp_matches(secret, text_of(code), now, used, &step));
}

static void what_is_no_code_is_refused(void **state)
{
	static const char *const codes[] = { "",       "2",      "28708", "2870820",
					     "287083", "28708a", " 28708" };
	int64_t step = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		assert_false(totp_matches(secret, text_of(codes[i]), 59 * second, INT_NONE, &step));
	assert_false(totp_matches(secret, NO_TEXT, 59 * second, INT_NONE, &step));
	assert_false(totp_matches(TEXT("12345678901234567891"), TEXT("287082"), 59 * second,
				  INT_NONE, &step));
	assert_true(totp_matches(secret, TEXT("287082"), 59 * second, INT_NONE, &step));
}

static void secrets_as_authenticators_show_them(void **state)
{
	/* RFC 4648 §10 without padding; the last is the secret of RFC 6238 */
	static const struct {
		const char *plain, *shown;
	} cases[] = {
		{ "", "" },
		{ "f", "MY" },
		{ "fo", "MZXQ" },
		{ "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" },
		{ "fooba", "MZXW6YTB" },
		{ "foobar", "MZXW6YTBOI" },
		{ "12345678901234567890", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(text_is(base32_encode(arena, text_of(cases[i].plain)), cases[i].shown));
	assert_true(text_is(base32_encode(arena, TEXT("\xff\xff\xff\xff\xff")), "77777777"));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_as_the_standard_says),
		cmocka_unit_test(codes_of_counters),
		cmocka_unit_test(steps_beside_are_taken),
		cmocka_unit_test(each_step_is_taken_once),
		cmocka_unit_test(what_is_no_code_is_refused),
		cmocka_unit_test(secrets_as_authenticators_show_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
