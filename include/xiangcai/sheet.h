/*
 * sheet: what people upload and download, as rows of cells. CSV in (UTF-8 with or without BOM, GB18030) and out. No I/O: works on memory.
 */
#ifndef XIANGCAI_SHEET_H
#define XIANGCAI_SHEET_H

#include "xiangcai/base.h"

enum { SHEET_CELLS_MAX = 64, SHEET_ROWS_MAX = 100000, SHEET_CELL_MAX = 32767 };

enum encoding { ENCODING_UTF8, ENCODING_GB18030 };

/* One record, blank ones and titles counted: @record is 1 for the first, and equals the row a spreadsheet shows. */
struct sheet_row {
	int64_t record;
	size_t cell_count; /* cells beyond SHEET_CELLS_MAX are counted in @cell_count but not kept */
	struct text cells[SHEET_CELLS_MAX]; /* raw, UTF-8, quotes taken off; never trimmed or folded */
};

/* Called once a record, in order; anything but OK stops the reading and is returned. */
typedef enum err sheet_row_fn(void *context, const struct sheet_row *row);

/*
 * Reads RFC 4180 records (CRLF or LF) of @file: BOM → UTF-8, else valid UTF-8 → UTF-8, else GB18030. Broken GB18030 becomes U+FFFD.
 * The cells live as long as the call. ERR_TOO_LARGE above SHEET_ROWS_MAX, ERR_FORMAT for NUL bytes or a quote that never ends.
 */
enum err csv_read(struct text file, struct arena *arena, enum encoding *encoding, sheet_row_fn *row, void *context);

/* Appends one cell: quoted where RFC 4180 asks, a comma before all but the first of a line. Text that begins like a
 * formula (= + - @ TAB CR, full-width forms too) gets an apostrophe in front. */
void csv_text(struct buffer *out, bool first, struct text cell);
void csv_int(struct buffer *out, bool first, int64_t number); /* numbers never get an apostrophe */
void csv_raw(struct buffer *out, bool first, struct text cell); /* quoted where needed, no apostrophe: ids, dates, amounts */
void csv_end(struct buffer *out); /* LF */

/* Text rules shared by imports: what a spreadsheet's cell means. Results in @arena. */
struct text cell_fold(struct arena *arena, struct text cell); /* full-width letters, digits and signs → half-width; Chinese punctuation stays */
struct text cell_clean(struct arena *arena, struct text cell); /* invisible characters off, blanks collapsed, trimmed, folded */
bool cell_has_control(struct text cell); /* C0 but TAB CR LF, DEL, bidi controls */
bool cell_lost_characters(struct text cell); /* U+FFFD, or '?' beside a CJK character or another '?' */
bool cell_is_formula(struct text raw); /* by the first visible character, see docs/imports.md */

#endif
