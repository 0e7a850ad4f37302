/* Which passwords may be chosen, and what is due of whom: tables of cases. */
#include "test_back_fixture.h"

#include "../../src/identity/credential.h"

static const struct identity_settings plain = { .totp_required = true, .password_days = 365 };
static const struct identity_settings mixed = { .password_composition = true };

static const struct {
	const char *password, *login;
	const struct identity_settings *settings;
	enum err faults[3];
} cases[] = {
	{ "correct horse battery", "buyer", &plain, { OK } },
	{ "xiangcai-demo", "buyer", &plain, { OK } },
	{ "春风又绿江南岸明月", "buyer", &plain, { ERR_LENGTH } },
	{ "春风又绿江南岸明月何", "buyer", &plain, { OK } },
	{ "", "buyer", &plain, { ERR_LENGTH } },
	{ "123456", "buyer", &plain, { ERR_LENGTH, ERR_PASSWORD_COMMON } },
	{ "1234567890", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "0987654321", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "aaaaaaaaaaaa", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "abcabcabcabc", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "爱你爱你爱你爱你爱你", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "WoAiNi1314520", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "WoAiNi5201314", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "zhangwei123456", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "ｚｈａｎｇｗｅｉ１２３４", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "Qwertyuiop", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "1qaz2wsx3edc", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "P@ssw0rd2026", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "Welcome@2026", "buyer", &plain, { ERR_PASSWORD_COMMON } },
	{ "zw19900101", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "20000229lm", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "zw1990-1-31x", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "张伟1990年12月31日", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "张伟19900101", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "zhangsan19900101", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "Zhang.San.90", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "zs19900101xx", "zhangsan", &plain, { ERR_PASSWORD_EASY } },
	{ "13800138000", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "138-0013-8000", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "lisi8-2026", "lisi8", &plain, { ERR_PASSWORD_EASY } },
	{ "2026-keeper!", "keeper", &plain, { ERR_PASSWORD_EASY } },
	{ "repeek@2026", "keeper", &plain, { ERR_PASSWORD_EASY } },
	{ "keeperkeeper", "keeper", &plain, { ERR_PASSWORD_COMMON } },
	{ "zhang3zhang3", "zhang3", &plain, { ERR_PASSWORD_COMMON } },
	{ "lisi7lisi7", "lisi7", &plain, { ERR_PASSWORD_COMMON } },
	{ "密码password!!2026", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "p@ssword zhang wei", "buyer", &plain, { ERR_PASSWORD_EASY } },
	{ "keeper of the lighthouse", "keeper", &plain, { OK } },
	{ "k3f9x2m7q1", "buyer", &plain, { OK } },
	{ "4096ab12c8f3", "buyer", &plain, { OK } },
	{ "9f3d2a71-5c0b-4e8f-a6d1-08b7c2e94f35", "buyer", &plain, { OK } },
	{ "chun feng you lv jiang nan an", "buyer", &plain, { OK } },
	{ "chunfengyoulvjiangnanan", "buyer", &plain, { OK } },
	{ "明月几时有把酒问青天", "buyer", &plain, { OK } },
	{ "purple monkey dishwasher", "buyer", &plain, { OK } },
	{ "the summer of 1998 was long", "buyer", &plain, { OK } },
	{ "caigou.zhang", "caigou.zhang", &plain, { ERR_PASSWORD_LOGIN } },
	{ "CAIGOU.Zhang", "caigou.zhang", &plain, { ERR_PASSWORD_LOGIN } },
	{ "gnahz.uogiac", "caigou.zhang", &plain, { ERR_PASSWORD_LOGIN } },
	{ "caigou.zhang!", "caigou.zhang", &plain, { ERR_PASSWORD_EASY } },
	{ "\xff\xfe\xfd bad bytes", "buyer", &plain, { ERR_LENGTH } },
	{ "correct horse battery", "buyer", &mixed, { ERR_PASSWORD_MIX } },
	{ "correct horse 7 battery", "buyer", &mixed, { OK } },
	{ "春风又绿江南岸，第10次", "buyer", &mixed, { OK } },
};

static void test_which_passwords_may_be_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena_new(0) };
		enum err e = password_check(text_of(cases[i].password), text_of(cases[i].login),
					    cases[i].settings, &problems, "/new");
		size_t count = 0;

		while (count < COUNT_OF(cases[i].faults) && cases[i].faults[count])
			count++;
		if (e != (count ? ERR_REFUSED : OK) || problems.items.count != count)
			print_error("%s: %zu faults\n", cases[i].password, problems.items.count);
		assert_int_equal(e, count ? ERR_REFUSED : OK);
		assert_int_equal(problems.items.count, count);
		for (size_t k = 0; k < count; k++) {
			const struct problem *problem =
				LIST_ITEM(problems.items, struct problem, k);

			assert_int_equal(problem->code, cases[i].faults[k]);
			assert_true(text_is(problem->pointer, "/new"));
		}
		arena_free(problems.arena);
	}
}

/* 128 characters may take 512 bytes, and many more once they are folded. */
static void test_the_longest_passwords_are_looked_at(void **state)
{
	static const char wide[] = "\xef\xb7\xba", tall[] = "\xf0\xa0\xae\xb7";
	struct problems problems = { .arena = arena_new(0) };
	char password[4 * 129 + 1];

	(void)state;
	for (size_t i = 0; i < 128; i++)
		memcpy(password + 3 * i, wide, 3);
	assert_int_equal(password_check((struct text){ password, (size_t)3 * 128 }, TEXT("buyer"),
					&plain, &problems, ""),
			 ERR_REFUSED); /* one character again and again */
	problems.items.count = 0;
	for (size_t i = 0; i < 129; i++)
		memcpy(password + 4 * i, tall, 4);
	assert_int_equal(password_check((struct text){ password, (size_t)4 * 129 }, TEXT("buyer"),
					&plain, &problems, ""),
			 ERR_REFUSED);
	assert_int_equal(problems.items.count, 1);
	arena_free(problems.arena);
}

static void test_what_is_due(void **state)
{
	static const struct {
		uint32_t roles;
		bool second_factor, by_other;
		int64_t age_days;
		enum err due;
	} rows[] = {
		{ ROLE_BUYER, false, false, 4000, OK },
		{ ROLE_BUYER, false, true, 0, ERR_PASSWORD_DUE },
		{ ROLE_AUDITOR, true, false, 364, OK },
		{ ROLE_AUDITOR, true, false, 365, ERR_PASSWORD_DUE },
		{ ROLE_AUDITOR, false, false, 0, ERR_TOTP_DUE },
		{ ROLE_AUDITOR | ROLE_BUYER, false, true, 0, ERR_PASSWORD_DUE },
	};
	int64_t now = 5000 * DAY_US;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(due_of(&plain, rows[i].roles, rows[i].second_factor,
					now - rows[i].age_days * DAY_US, rows[i].by_other, now),
				 rows[i].due);
	assert_int_equal(due_of(&mixed, ROLE_AUDITOR, false, 0, false, now), OK);
}

static void test_recovery_codes_are_read_as_they_are_typed(void **state)
{
	char code[RECOVERY_CODE_TEXT + 1], typed[40];
	size_t size = 0;

	(void)state;
	for (int round = 0; round < 50; round++) {
		recovery_code_make(code);
		assert_int_equal(strlen(code), RECOVERY_CODE_TEXT);
		size = 0;
		for (size_t i = 0; code[i]; i++) {
			char c = code[i];

			if (c == '-')
				typed[size++] = ' ';
			else
				typed[size++] = c >= 'a' ? (char)(c - 'a' + 'A') : c;
		}
		struct digest as_told = recovery_code_digest(text_of(code));
		struct digest as_typed = recovery_code_digest((struct text){ typed, size });
		assert_true(digest_equal(as_told, as_typed));
		typed[0] = typed[0] == '0' ? '1' : '0';
		assert_false(
			digest_equal(as_told, recovery_code_digest((struct text){ typed, size })));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_passwords_may_be_chosen),
		cmocka_unit_test(test_the_longest_passwords_are_looked_at),
		cmocka_unit_test(test_what_is_due),
		cmocka_unit_test(test_recovery_codes_are_read_as_they_are_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
