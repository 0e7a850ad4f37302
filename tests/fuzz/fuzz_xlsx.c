/*
 * Arbitrary bytes as an uploaded workbook, and as a value inside one. Whatever comes: records are
 * numbered without gaps, cells have a bound, and the outcome is one of those that are told. The
 * corpus holds stored entries, so that a changed byte reaches the XML (checksums are asked last).
 */
#include "../../src/sheet/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err check_row(void *context, const struct sheet_row *row)
{
	int64_t *records = context;

	assert(row->record == ++*records && row->record <= SHEET_ROWS_MAX);
	assert(row->filled_count <= row->cell_count);
	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		assert(row->cells[i].at && row->cells[i].size <= SHEET_CELL_MAX);
		assert(row->marks[i] <= CELL_ERROR);
		assert(text_is_utf8(row->cells[i]));
	}
	return OK;
}

static void check_values(struct text text)
{
	char number[NUMBER_TEXT_MAX], day[11], copy[256];
	struct text kept = text_part(text, 0, sizeof(copy)), out;
	size_t column;
	int64_t row;

	for (size_t i = 0; i < kept.size; i++)
		copy[i] = kept.at[i];
	assert(escapes_take(copy, kept.size) <= kept.size);
	if (number_text(kept, number, &out))
		assert(out.size > 0 && out.size <= NUMBER_TEXT_MAX);
	if (serial_day(kept, false, day, &out))
		assert(out.size == 10);
	(void)format_is_date(200, kept);
	(void)reference_read(kept, &column, &row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text file = { (const char *)data, size };
	struct arena *arena = arena_new(MIB(256));
	struct sheet_source source;
	int64_t records = 0;
	enum err e;

	assert(arena);
	check_values(file);
	e = sheet_read(file, NULL, arena, &source, check_row, &records);
	assert(e == OK || err_info(e)->status == 422);
	arena_free(arena);
	return 0;
}
