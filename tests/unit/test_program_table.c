/* Tables that come with the program: columns by name, and every reason not to take a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "table.h"

struct rows {
	struct text first[10], second[10];
	size_t count;
	int64_t refuse_at;
};

static enum err take(void *context, int64_t record, const struct text *cells)
{
	struct rows *rows = context;

	if (record == rows->refuse_at)
		return ERR_FORMAT;
	rows->first[rows->count] = cells[0];
	rows->second[rows->count++] = cells[1];
	return OK;
}

struct trial {
	struct arena *arena;
	struct buffer faults;
	struct rows rows;
	bool loaded;
};

static struct trial load(const char *content, int64_t refuse_at)
{
	static const char *const columns[] = { "code", "name" };
	struct trial trial = { .arena = arena_new(0), .faults = { .max = KIB(4) } };
	char path[] = "/tmp/xiangcai-table-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
	trial.rows.refuse_at = refuse_at;
	trial.loaded = table_load(trial.arena, path, columns, COUNT_OF(columns), take, &trial.rows,
				  &trial.faults);
	unlink(path);
	buffer_char(&trial.faults, '\0');
	return trial;
}

static void trial_end(struct trial *trial)
{
	buffer_free(&trial->faults);
	arena_free(trial->arena);
}

static void test_columns_are_found_by_name(void **state)
{
	struct trial trial = load("name,x,code\n苹果,1,A\n\n\"a,b\",2\n,,C\n", 0);

	(void)state;
	assert_true(trial.loaded);
	assert_int_equal(trial.rows.count, 3);
	assert_true(text_is(trial.rows.first[0], "A"));
	assert_true(text_is(trial.rows.second[0], "苹果"));
	assert_true(text_is(trial.rows.first[1], ""));
	assert_true(text_is(trial.rows.second[1], "a,b"));
	assert_true(text_is(trial.rows.first[2], "C"));
	trial_end(&trial);
}

static void test_reasons_are_told(void **state)
{
	static const struct {
		const char *content;
		int64_t refuse_at;
		const char *fault;
	} cases[] = {
		{ "", 0, "is empty" },
		{ "a,b\n1,2\n", 0, "has no column code" },
		{ "code\n1\n", 0, "has no column name" },
		{ "code,name\n1,2\n3,4\n", 3, "row 3: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct trial trial = load(cases[i].content, cases[i].refuse_at);

		assert_false(trial.loaded);
		assert_non_null(strstr(trial.faults.at, cases[i].fault));
		trial_end(&trial);
	}
}

static void test_files_that_cannot_be_read(void **state)
{
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(4) };
	struct text out;

	(void)state;
	assert_false(file_load(arena, SOURCE_DIR "/no such file", KIB(1), &out, &faults));
	assert_false(file_load(arena, SOURCE_DIR "/demo/units.csv", 100, &out, &faults));
	assert_false(file_load(arena, SOURCE_DIR, KIB(100), &out, &faults));
	buffer_char(&faults, '\0');
	assert_non_null(strstr(faults.at, "no such file: cannot be read"));
	assert_non_null(strstr(faults.at, "is larger than 100 bytes"));
	buffer_free(&faults);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_found_by_name),
		cmocka_unit_test(test_reasons_are_told),
		cmocka_unit_test(test_files_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
