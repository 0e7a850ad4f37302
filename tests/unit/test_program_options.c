/* The command line, by tables of arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "options.h"

enum { ARGUMENTS_MAX = 8 };

static const struct {
	const char *arguments[ARGUMENTS_MAX];
	const char *login;
	bool quiet;
	const char *rest;  /* the first argument that nobody took */
	const char *fault; /* how the faults begin; NULL: none */
} cases[] = {
	{ { NULL }, NULL, false, NULL, NULL },
	{ { "--login", "li" }, "li", false, NULL, NULL },
	{ { "--login=li" }, "li", false, NULL, NULL },
	{ { "--login=" }, "", false, NULL, NULL },
	{ { "add", "--quiet", "--login", "--quiet" }, "--quiet", true, "add", NULL },
	{ { "--login" }, NULL, false, NULL, "--login: a value is missing" },
	{ { "--login", "a", "--login", "b" }, "a", false, NULL, "--login: is given twice" },
	{ { "--quiet=yes" }, NULL, true, NULL, "--quiet: takes no value" },
	{ { "--logi", "a" }, NULL, false, "--logi", NULL },
	{ { "--loginx=a" }, NULL, false, "--loginx=a", NULL },
};

static void test_options_are_taken_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char copies[ARGUMENTS_MAX][20] = { 0 };
		char *argv[ARGUMENTS_MAX];
		struct buffer faults = { .max = KIB(4) };
		const char *login = NULL;
		bool quiet = false;
		const struct option_row rows[] = { { .name = "--login", .value = &login },
						   { .name = "--quiet", .flag = &quiet } };
		int argc = 0;

		for (; cases[i].arguments[argc]; argc++) {
			snprintf(copies[argc], sizeof(copies[argc]), "%s",
				 cases[i].arguments[argc]);
			argv[argc] = copies[argc];
		}
		argc = options_take(rows, COUNT_OF(rows), argc, argv, &faults);
		assert_int_equal(quiet, cases[i].quiet);
		assert_int_equal(login != NULL, cases[i].login != NULL);
		if (login)
			assert_string_equal(login, cases[i].login);
		assert_int_equal(argc > 0, cases[i].rest != NULL);
		if (argc > 0)
			assert_string_equal(argv[0], cases[i].rest);
		assert_int_equal(faults.size > 0, cases[i].fault != NULL);
		if (cases[i].fault)
			assert_true(text_starts(buffer_text(&faults), cases[i].fault));
		buffer_free(&faults);
	}
}

static void test_what_is_left_is_named(void **state)
{
	char first[] = "--what", second[] = "ever";
	char *argv[] = { first, second };
	struct buffer faults = { .max = KIB(4) };

	(void)state;
	options_end(0, argv, &faults);
	assert_int_equal(faults.size, 0);
	options_end(2, argv, &faults);
	struct text lines = buffer_text(&faults);
	assert_true(text_starts(text_cut(&lines, '\n'), "--what: "));
	assert_true(text_starts(text_cut(&lines, '\n'), "ever: "));
	assert_int_equal(lines.size, 0);
	buffer_free(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_are_taken_out),
		cmocka_unit_test(test_what_is_left_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
