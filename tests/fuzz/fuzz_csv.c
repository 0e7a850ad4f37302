/*
 * Arbitrary bytes as an uploaded CSV file. Whatever comes: records are numbered without gaps, cells
 * are UTF-8, cleaning a clean cell changes nothing, and what csv_text and csv_raw write of a record
 * is read back as it was.
 */
#include "xiangcai/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct check {
	struct arena *arena; /* of one record */
	int64_t records;
};

static enum err compare(void *context, const struct sheet_row *row)
{
	const struct sheet_row *original = context;

	assert(row->record == 1);
	assert(row->cell_count == original->cell_count);
	for (size_t i = 0; i < row->cell_count; i++) {
		struct text cell = i % 2 == 0 ? cell_bare(row->cells[i]) : row->cells[i];

		assert(text_equal(cell, original->cells[i]));
	}
	return OK;
}

static void check_round_trip(struct arena *arena, const struct sheet_row *row)
{
	struct sheet_row original = *row;
	struct buffer file = { 0 };
	bool nothing = row->cell_count == 0 || (row->cell_count == 1 && row->cells[0].size == 0);

	/* A line of one empty cell is a blank record; an apostrophe makes a cell of the greatest
	 * length too long. */
	if (nothing || row->cell_count > SHEET_CELLS_MAX)
		return;
	/* With a mark of its own, as files for download have: the first cell may begin with one. */
	buffer_add(&file, TEXT("\xEF\xBB\xBF"));
	for (size_t i = 0; i < row->cell_count; i++) {
		if (row->cells[i].size == SHEET_CELL_MAX)
			original.cells[i] = TEXT("");
		(i % 2 == 0 ? csv_text : csv_raw)(&file, i == 0, original.cells[i]);
	}
	csv_end(&file);
	assert(csv_read(buffer_text(&file), arena, NULL, compare, &original) == OK);
	buffer_free(&file);
}

static void check_cell(struct arena *arena, struct text cell)
{
	struct text clean = cell_clean(arena, cell);
	struct text fold = cell_fold(arena, cell);

	assert(clean.at && text_is_utf8(clean) && text_equal(cell_clean(arena, clean), clean));
	assert(fold.at && text_is_utf8(fold) && text_equal(cell_fold(arena, fold), fold));
	assert(cell_is_blank(cell) == (clean.size == 0));
	assert(!cell_is_formula(cell) || cell_needs_apostrophe(cell));
	(void)cell_has_control(cell);
	(void)cell_lost_characters(cell);
}

static enum err check_row(void *context, const struct sheet_row *row)
{
	struct check *check = context;
	size_t kept = row->cell_count < SHEET_CELLS_MAX ? row->cell_count : SHEET_CELLS_MAX;

	arena_reset(check->arena);
	assert(row->record == ++check->records);
	assert(row->filled_count <= row->cell_count);
	for (size_t i = 0; i < kept; i++) {
		assert(text_is_utf8(row->cells[i]));
		check_cell(check->arena, row->cells[i]);
	}
	check_round_trip(check->arena, row);
	return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text file = { (const char *)data, size };
	struct arena *arena = arena_new(MIB(4));
	struct check check = { .arena = arena_new(MIB(64)) };
	enum err e;

	assert(arena && check.arena);
	/* Cells come from elsewhere too: any bytes at all. */
	check_cell(check.arena, file);
	e = csv_read(file, arena, NULL, check_row, &check);
	assert(e == OK || e == ERR_FORMAT || e == ERR_TOO_LARGE);
	arena_free(check.arena);
	arena_free(arena);
	return 0;
}
