/*
 * sheet: what people upload and download, as rows of cells. CSV (UTF-8 with or without BOM,
 * GB18030) and XLSX in, CSV out. No I/O: works on memory.
 */
#ifndef XIANGCAI_SHEET_H
#define XIANGCAI_SHEET_H

#include "xiangcai/base.h"

/* Rows: 100,000 and a header. */
enum { SHEET_CELLS_MAX = 256, SHEET_ROWS_MAX = 100001, SHEET_CELL_MAX = 32767 };

enum encoding { ENCODING_UTF8, ENCODING_GB18030, ENCODING_UTF16 };
extern const char *const encoding_words[];

/*
 * What a cell is beside its text; only workbooks know. A formula's text is its cached value;
 * CELL_UNCOMPUTED is one without, CELL_ERROR shows "#N/A" or the like.
 */
enum cell_mark { CELL_PLAIN, CELL_FORMULA, CELL_UNCOMPUTED, CELL_ERROR };

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
	uint8_t marks[SHEET_CELLS_MAX]; /* enum cell_mark */
};

/* Called once a record, in order; anything but OK stops the reading and is returned. The row lives
 * as long as the call. */
typedef enum err sheet_row_fn(void *context, const struct sheet_row *row);

/*
 * Reads RFC 4180 records (CRLF or LF) of @file, with commas, tabs or semicolons between
 * cells, whichever most of the first lines have; BOM → UTF-8 or UTF-16, else valid UTF-8 → UTF-8,
 * else GB18030. Broken GB18030, and broken UTF-8 behind a BOM, becomes U+FFFD. @encoding may be
 * NULL. ERR_TOO_LARGE above SHEET_ROWS_MAX records, ERR_FORMAT for NUL bytes, a quote that never
 * ends, or a cell above SHEET_CELL_MAX bytes. Memory does not grow with the file.
 */
enum err csv_read(struct text file, struct arena *arena, enum encoding *encoding, sheet_row_fn *row,
		  void *context);

/* ---- any file ---------------------------------------------------------------- */

enum sheet_format { SHEET_CSV, SHEET_XLSX };
extern const char *const sheet_format_words[];
/* Which sheet of a workbook: the one called @name, or, NO_TEXT, the @index-th visible one. */
struct sheet_choice {
	struct text name;
	size_t index;
};
/* What was read; texts stand in the arena. */
struct sheet_source {
	enum sheet_format format;
	enum encoding encoding; /* of CSV */
	struct text name;       /* of the sheet; NO_TEXT for CSV */
	size_t visible;         /* sheets that can be read */
	struct list hidden;     /* names (struct text) of sheets that are not shown, never read */
	struct list shown;      /* names of those that can be read; of a workbook */
	int64_t expected; /* about how many records there are; known before the first is given */
};
/*
 * Reads @file as what its content says it is: a ZIP archive with [Content_Types].xml is a workbook
 * (XLSX, ECMA-376), all else CSV. @choice NULL: the first visible sheet; CSV is the first of one.
 * Of a workbook: rows that hold nothing are given as blank records up to the last one that holds
 * something; numbers become their decimal text of at most 15 digits without an exponent, dates
 * YYYY-MM-DD, booleans TRUE and FALSE; what a vertical merge shows stands in each of its rows.
 *
 * Errors, beside ERR_MEMORY and those of @row: ERR_SHEET_BROKEN (CSV), ERR_XLSX_BROKEN,
 * ERR_XLSX_LIMIT (50 MB unpacked, hundredfold, 1,000 entries, 4,096 relations of a part, 64 MB of
 * texts given, which bounds the work of @row), ERR_XLSX_UNSAFE (a DTD, paths that
 * lead out, encryption, sheets that stand elsewhere), ERR_SHEET_TOO_LONG, ERR_SHEET_XLS (the format
 * before 2007), ERR_SHEET_ZIP (any other archive), ERR_SHEET_MISSING. Memory is bounded by the
 * texts that cells share, not by rows.
 */
enum err sheet_read(struct text file, const struct sheet_choice *choice, struct arena *arena,
		    struct sheet_source *source, sheet_row_fn *row, void *context);

/* ---- writing CSV ------------------------------------------------------------- */

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

/* ---- writing workbooks ------------------------------------------------------- */

/*
 * An XLSX file of a sheet or several, one behind the other, written cell by cell and row by row;
 * memory does not grow with it.
 * @out: an empty file open for reading and writing, with or without a name; what stands in it after
 * xlsx_end is the workbook. NULL: the system has no room. Texts are strings, never formulas, and
 * get no apostrophe; one longer than a cell may be is cut and ends with an ellipsis. Numbers of
 * more than 15 digits are written as texts, for a spreadsheet would round them.
 */
enum { SHEET_CELL_BYTES_MAX = 4 * SHEET_CELL_MAX };
struct xlsx;
struct xlsx *xlsx_begin(FILE *out, const char *sheet);
void xlsx_text(struct xlsx *xlsx, struct text text); /* the next cell; empty for NO_TEXT */
void xlsx_int(struct xlsx *xlsx, int64_t number);
void xlsx_skip(struct xlsx *xlsx);                     /* a cell that stays empty */
void xlsx_row(struct xlsx *xlsx);                      /* ends the row */
void xlsx_sheet(struct xlsx *xlsx, const char *sheet); /* what follows stands in a sheet behind */
/* Writes what is left and frees it; NULL is allowed. False: something of it could not be written.
 */
bool xlsx_end(struct xlsx *xlsx);

#endif
