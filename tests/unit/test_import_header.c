/* Headers with the column of errors that files of rejected rows have, and what a header lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/import.h"

enum { CODE, NAME, PRICE, COLUMNS };

static const struct header_word words[] = {
	{ "code", CODE }, { "编码", CODE },   { "name", NAME },
	{ "名称", NAME }, { "price", PRICE }, { "单价", PRICE },
};

struct fixture {
	struct arena *lasting, *scratch;
	struct header header;
};

static int begin(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .lasting = arena_new(0), .scratch = arena_new(0) };
	assert_int_equal(
		header_begin(&f.header, words, COUNT_OF(words), COLUMNS, f.lasting, f.scratch), OK);
	f.header.known_min = 2;
	*state = &f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	arena_free(f->lasting);
	arena_free(f->scratch);
	return 0;
}

/* A record of the cells in @line, which commas separate. */
static struct sheet_row row_of(const char *line)
{
	struct sheet_row row = { .record = 1 };
	struct text rest = text_of(line);

	while (rest.at) {
		row.cells[row.cell_count] = text_cut(&rest, ',');
		if (!row.cells[row.cell_count].at)
			row.cells[row.cell_count] = TEXT("");
		if (row.cells[row.cell_count++].size)
			row.filled_count = row.cell_count;
	}
	return row;
}

static enum import_skip look(struct fixture *f, const char *line)
{
	struct sheet_row row = row_of(line);
	enum import_skip skip;

	arena_reset(f->scratch);
	assert_int_equal(header_look(&f->header, &row, &skip), OK);
	return skip;
}

static void the_column_of_errors_is_found_in_both_languages(void **state)
{
	static const struct {
		const char *line;
		int32_t errors;
		size_t width;
	} cases[] = {
		{ "编码,名称,单价", -1, 3 },     { "编码,名称,单价,错误", 3, 4 },
		{ "code,Errors,name", 1, 3 },    { " 错误 *,编码,名称", 0, 3 },
		{ "编码,名称,错误,错误", 2, 4 }, { "编码,名称,错误说明", -1, 3 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture *f = *state;

		assert_int_equal(look(f, cases[i].line), SKIP_HEADER);
		assert_int_equal(f->header.errors, cases[i].errors);
		assert_int_equal(f->header.width, cases[i].width);
	}
}

static void what_stands_among_errors_counts_as_nothing(void **state)
{
	static const struct {
		const char *line;
		enum import_skip skip;
	} cases[] = {
		{ "A1,茶,1,单价：必填", SKIP_NONE },  { "A1,茶,,单价：必填", SKIP_NONE },
		{ "A1,,,单价：必填", SKIP_NOTE },     { ",,,单价：必填", SKIP_BLANK },
		{ "合计,,9,单价：必填", SKIP_TOTAL },
	};
	struct fixture *f = *state;

	/* it alone, with one known column, makes no header */
	assert_int_equal(look(f, "编码,错误"), SKIP_TITLE);
	assert_int_equal(look(f, "编码,名称,单价,错误"), SKIP_HEADER);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(look(f, cases[i].line), cases[i].skip);

	struct sheet_row row = row_of("A1,茶,1,单价：必填");
	assert_false(header_exceeded(&f->header, &row));
	row = row_of("A1,茶,1,单价：必填,x");
	assert_true(header_exceeded(&f->header, &row));
}

static void columns_have_words_in_both_languages(void **state)
{
	struct fixture *f = *state;

	assert_true(text_is(header_column_word(&f->header, PRICE, ZH), "单价"));
	assert_true(text_is(header_column_word(&f->header, PRICE, EN), "price"));
	assert_null(header_column_word(&f->header, COLUMNS, ZH).at);
}

static void errors_of_spreadsheets_are_known_without_marks(void **state)
{
	static const struct {
		const char *line;
		enum cell_mark mark;
	} cases[] = {
		{ "A1,茶,#N/A", CELL_ERROR },    { "A1,茶,#DIV/0!", CELL_ERROR },
		{ "A1,茶,#N/A 缺", CELL_PLAIN }, { "A1,茶,#1", CELL_PLAIN },
		{ "A1,茶", CELL_PLAIN },
	};
	struct fixture *f = *state;

	assert_int_equal(look(f, "编码,名称,单价"), SKIP_HEADER);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sheet_row row = row_of(cases[i].line);
		enum cell_mark mark;

		header_cell(&f->header, &row, PRICE, &mark);
		assert_int_equal(mark, cases[i].mark);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_column_of_errors_is_found_in_both_languages,
						begin, end),
		cmocka_unit_test_setup_teardown(what_stands_among_errors_counts_as_nothing, begin,
						end),
		cmocka_unit_test_setup_teardown(columns_have_words_in_both_languages, begin, end),
		cmocka_unit_test_setup_teardown(errors_of_spreadsheets_are_known_without_marks,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
