/*
 * sheet: what people upload and download, as rows of cells. CSV in (UTF-8 with or without BOM,
 * GB18030) and out. No I/O: works on memory.
 */
#ifndef XIANGCAI_SHEET_H
#define XIANGCAI_SHEET_H

#include "xiangcai/base.h"

/* Rows: 100,000 and a header. */
enum { SHEET_CELLS_MAX = 64, SHEET_ROWS_MAX = 100001, SHEET_CELL_MAX = 32767 };

enum encoding { ENCODING_UTF8, ENCODING_GB18030 };

/* One record, blank ones and titles counted: @record is 1 for the first, and equals the row a
 * spreadsheet shows. */
struct sheet_row {
	int64_t record;
	/* cells beyond SHEET_CELLS_MAX are counted in @cell_count but not kept */
	size_t cell_count;
	/* as @cell_count, without the cells at the end that hold nothing but blanks and tabs */
	size_t filled_count;
	/* raw, UTF-8, quotes taken off; never trimmed or folded */
	struct text cells[SHEET_CELLS_MAX];
};

/* Called once a record, in order; anything but OK stops the reading and is returned. The row lives
 * as long as the call. */
typedef enum err sheet_row_fn(void *context, const struct sheet_row *row);

/*
 * Reads RFC 4180 records (CRLF or LF) of @file: BOM → UTF-8, else valid UTF-8 → UTF-8, else
 * GB18030. Broken GB18030, and broken UTF-8 behind a BOM, becomes U+FFFD. @encoding may be NULL.
 * ERR_TOO_LARGE above SHEET_ROWS_MAX records, ERR_FORMAT for NUL bytes, a quote that never ends, or
 * a cell above SHEET_CELL_MAX bytes. Memory does not grow with the file.
 */
enum err csv_read(struct text file, struct arena *arena, enum encoding *encoding, sheet_row_fn *row,
		  void *context);

/*
 * Appends one cell: quoted where RFC 4180 asks or blanks stand at an end, a comma before all but
 * the first of a line. Text that begins like a formula (= + - @ TAB CR LF, full-width forms too,
 * also behind blanks) gets an apostrophe in front and quotes.
 */
void csv_text(struct buffer *out, bool first, struct text cell);
void csv_int(struct buffer *out, bool first, int64_t number); /* numbers never get an apostrophe */
/* quoted where needed, no apostrophe: ids, dates, amounts */
void csv_raw(struct buffer *out, bool first, struct text cell);
void csv_end(struct buffer *out); /* LF */

/*
 * Text rules shared by imports: what a spreadsheet's cell means. Results stand in @arena, or are
 * the cell itself where nothing changes; NO_TEXT only when out of memory, {"", 0} for what is
 * empty.
 */
/* The cell without the apostrophe that csv_text put in front; for every text, csv_text and then
 * cell_bare give the same text again. */
struct text cell_bare(struct text raw);
/* Whether csv_text would put an apostrophe in front of @cell. */
bool cell_needs_apostrophe(struct text cell);
/* Invisible characters (U+FEFF 200B 200C 2060 00AD) off, blanks and line breaks collapsed to one
 * space, trimmed, full-width letters and digits → half-width; Chinese punctuation stays. For names
 * and other prose. */
struct text cell_clean(struct arena *arena, struct text cell);
/* As cell_clean, and all full-width signs (（ ： ； ． ￥ …) and U+2212 → their half-width forms.
 * For numbers, codes and headers. */
struct text cell_fold(struct arena *arena, struct text cell);
bool cell_is_blank(struct text cell);    /* nothing visible in it */
bool cell_has_control(struct text cell); /* C0 but TAB CR LF, DEL, C1, bidi controls */
/* U+FFFD, or '?' beside a CJK character or another '?' */
bool cell_lost_characters(struct text cell);
/* First visible character = + @ (full-width too), or a leading TAB or CR, or '-' without a digit or
 * dot behind it. */
bool cell_is_formula(struct text raw);

#endif
