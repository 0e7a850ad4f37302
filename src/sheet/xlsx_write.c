/*
 * Workbooks, sheet by sheet and row by row: libxlsxwriter keeps one row in memory and what was
 * written in temporary files, so that a million rows cost no more than one. Texts are strings
 * always, whatever they begin with: no cell of ours is ever computed.
 */
#include "xiangcai/sheet.h"

#include <xlsxwriter.h>

/* What a spreadsheet shows of a number without rounding it: 15 digits. */
#define EXACT_MAX INT64_C(999999999999999)

struct xlsx {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_row_t row;
	lxw_col_t column;
	struct buffer cell; /* a C string for the library */
	bool failed;
	char path[32];
};

struct xlsx *xlsx_begin(FILE *out, const char *sheet)
{
	struct xlsx *xlsx = memory_take(sizeof(*xlsx));
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };

	if (!xlsx)
		return NULL;
	xlsx->cell.max = 2 * SHEET_CELL_BYTES_MAX;
	/* the library opens files by name only; @out may have none */
	snprintf(xlsx->path, sizeof(xlsx->path), "/proc/self/fd/%d", fileno(out));
	xlsx->book = workbook_new_opt(xlsx->path, &options);
	xlsx->sheet = xlsx->book ? workbook_add_worksheet(xlsx->book, sheet) : NULL;
	if (xlsx->sheet)
		return xlsx;
	if (xlsx->book)
		lxw_workbook_free(xlsx->book);
	memory_free(xlsx);
	return NULL;
}

/* Whether _xHHHH_ stands at @at: what readers take for the character HHHH (ECMA-376, ST_Xstring).
 */
static bool is_escape(struct text text, size_t at)
{
	char bytes[2];

	return text.size - at >= 7 && text.at[at] == '_' && text.at[at + 1] == 'x' &&
	       text.at[at + 6] == '_' && hex_parse(text_part(text, at + 2, 4), bytes, 2);
}

/*
 * The longest beginning of @text that a cell takes, as it will be written: characters as UTF-16
 * counts them, escapes whole. What is cut leaves room to show that it was.
 */
static struct text cell_part(struct text text, bool *cut)
{
	size_t units = 0, at = 0, kept = 0;

	*cut = false;
	if (text.size <= SHEET_CELL_MAX / 3)
		return text;
	while (at < text.size) {
		size_t from = at;

		units += is_escape(text, from) ? 8 : 1;
		units += text_next(text, &at) > 0xffff;
		if (units < SHEET_CELL_MAX)
			kept = at;
		if (units > SHEET_CELL_MAX) {
			*cut = true;
			return text_part(text, 0, kept);
		}
	}
	return text;
}

/* The text with the underscore of such places written as an escape itself. */
static void cell_add(struct buffer *cell, struct text text)
{
	size_t from = 0;

	for (size_t at = 0; at < text.size; at++) {
		if (!is_escape(text, at))
			continue;
		buffer_add(cell, text_part(text, from, at - from));
		buffer_add(cell, TEXT("_x005F_"));
		from = at + 1;
	}
	buffer_add(cell, text_part(text, from, text.size - from));
}

void xlsx_text(struct xlsx *xlsx, struct text text)
{
	bool cut;
	struct text part = cell_part(text, &cut);

	xlsx->cell.size = 0;
	cell_add(&xlsx->cell, part);
	if (cut)
		buffer_add(&xlsx->cell, TEXT("\xe2\x80\xa6"));
	buffer_char(&xlsx->cell, '\0');
	if (xlsx->cell.failed ||
	    (part.size && worksheet_write_string(xlsx->sheet, xlsx->row, xlsx->column,
						 xlsx->cell.at, NULL) != LXW_NO_ERROR))
		xlsx->failed = true;
	xlsx->column++;
}

void xlsx_int(struct xlsx *xlsx, int64_t number)
{
	char digits[24];

	if (number < -EXACT_MAX || number > EXACT_MAX) {
		snprintf(digits, sizeof(digits), "%lld", (long long)number);
		xlsx_text(xlsx, text_of(digits));
		return;
	}
	if (worksheet_write_number(xlsx->sheet, xlsx->row, xlsx->column++, (double)number, NULL) !=
	    LXW_NO_ERROR)
		xlsx->failed = true;
}

void xlsx_skip(struct xlsx *xlsx)
{
	xlsx->column++;
}

void xlsx_row(struct xlsx *xlsx)
{
	xlsx->row++;
	xlsx->column = 0;
}

void xlsx_sheet(struct xlsx *xlsx, const char *sheet)
{
	lxw_worksheet *next = workbook_add_worksheet(xlsx->book, sheet);

	if (!next) {
		xlsx->failed = true;
		return;
	}
	xlsx->sheet = next;
	xlsx->row = 0;
	xlsx->column = 0;
}

bool xlsx_end(struct xlsx *xlsx)
{
	bool well;

	if (!xlsx)
		return false;
	well = workbook_close(xlsx->book) == LXW_NO_ERROR && !xlsx->failed;
	buffer_free(&xlsx->cell);
	memory_free(xlsx);
	return well;
}
