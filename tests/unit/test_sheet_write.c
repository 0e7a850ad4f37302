/* Workbooks as they are written, read back by the reader of uploads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* base has its own */
#include <string.h>

#include "xiangcai/sheet.h"

static const char *const awkward[] = {
	"plain",   "=1+1",       "+49",       "-1",     "@x",           "\tx",
	"007",     " x ",        "a\"b,c\nd", "<&>'\"", "\xe8\x8c\xb6", "\xf0\xa0\xae\xb7",
	"_x0041_", "2026-11-22", "x",
};

struct reading {
	struct arena *arena;
	size_t rows;
	struct text cells[COUNT_OF(awkward)];
	uint8_t marks;
	struct text big, small;
};

static enum err take(void *context, const struct sheet_row *row)
{
	struct reading *reading = context;

	for (size_t i = 0; i < row->cell_count; i++)
		reading->marks |= row->marks[i];
	if (reading->rows < COUNT_OF(awkward)) {
		assert_int_equal(row->filled_count, 3);
		reading->cells[reading->rows] = arena_text(reading->arena, row->cells[2]);
	} else if (reading->rows == COUNT_OF(awkward)) {
		reading->big = arena_text(reading->arena, row->cells[1]);
		reading->small = arena_text(reading->arena, row->cells[2]);
	}
	reading->rows++;
	return OK;
}

static struct text whole(struct arena *arena, FILE *file)
{
	struct buffer bytes = { 0 };
	char piece[4096];
	size_t size;

	rewind(file);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		buffer_add(&bytes, (struct text){ piece, size });
	struct text text = arena_text(arena, buffer_text(&bytes));
	buffer_free(&bytes);
	return text;
}

static void write_all(FILE *file)
{
	struct xlsx *xlsx = xlsx_begin(file, "rows");

	assert_non_null(xlsx);
	for (size_t i = 0; i < COUNT_OF(awkward); i++) {
		xlsx_int(xlsx, (int64_t)i);
		xlsx_skip(xlsx);
		xlsx_text(xlsx, text_of(awkward[i]));
		xlsx_row(xlsx);
	}
	xlsx_text(xlsx, NO_TEXT);
	xlsx_int(xlsx, INT64_C(9007199254740993));
	xlsx_int(xlsx, -12);
	xlsx_row(xlsx);
	assert_true(xlsx_end(xlsx));
}

/* Nothing becomes a formula or a date or another text, and nothing is rounded. */
static void test_round_trip(void **state)
{
	struct arena *arena = arena_new(0);
	struct reading reading = { .arena = arena };
	struct sheet_source source = { 0 };
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	write_all(file);
	assert_int_equal(sheet_read(whole(arena, file), NULL, arena, &source, take, &reading), OK);
	assert_int_equal(source.format, SHEET_XLSX);
	assert_true(text_is(source.name, "rows"));
	assert_int_equal(reading.rows, COUNT_OF(awkward) + 1);
	assert_int_equal(reading.marks, CELL_PLAIN);
	for (size_t i = 0; i < COUNT_OF(awkward); i++) {
		if (!text_is(reading.cells[i], awkward[i]))
			print_error("%s: %.*s\n", awkward[i], TEXT_FMT(reading.cells[i]));
		assert_true(text_is(reading.cells[i], awkward[i]));
	}
	assert_true(text_is(reading.big, "9007199254740993"));
	assert_true(text_is(reading.small, "-12"));
	fclose(file);
	arena_free(arena);
}

/* More than a cell holds is cut, which the library would refuse. */
static void test_long_cells(void **state)
{
	static const char *const characters[] = { "x", "\xe8\x8c\xb6", "\xf0\xa0\xae\xb7",
						  "_x0041_" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(characters); i++)
		for (size_t count = SHEET_CELL_MAX - 1; count <= SHEET_CELL_MAX + 1; count++) {
			struct buffer text = { 0 };
			FILE *file = tmpfile();

			assert_non_null(file);
			for (size_t j = 0; j < count; j++)
				buffer_add(&text, text_of(characters[i]));
			struct xlsx *xlsx = xlsx_begin(file, "rows");
			xlsx_text(xlsx, buffer_text(&text));
			assert_true(xlsx_end(xlsx));
			buffer_free(&text);
			fclose(file);
		}
}

/* A file that takes nothing is told at the end. */
static void test_full_disk(void **state)
{
	FILE *file = fopen("/dev/full", "r+");
	struct xlsx *xlsx;

	(void)state;
	assert_non_null(file);
	xlsx = xlsx_begin(file, "rows");
	assert_non_null(xlsx);
	xlsx_text(xlsx, TEXT("x"));
	xlsx_row(xlsx);
	assert_false(xlsx_end(xlsx));
	assert_false(xlsx_end(NULL));
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_long_cells),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
