/*
 * Between the files that read workbooks: the archive, its XML, the workbook's own parts, the values
 * of cells. Bytes come from strangers: every size has a bound, and what is refused has a name.
 */
#ifndef SHEET_XLSX_H
#define SHEET_XLSX_H

#include "xiangcai/sheet.h"

/* ---- the archive (zip.c) ------------------------------------------------------ */

enum { ZIP_ENTRIES_MAX = 1000, ZIP_RATIO_MAX = 100 };
#define ZIP_UNPACKED_MAX MIB(50)

struct zip;
/*
 * Looks at every entry of @file before anything is unpacked. ERR_XLSX_BROKEN, ERR_XLSX_LIMIT,
 * ERR_XLSX_UNSAFE for paths that lead out and for encryption. The archive lives in @arena but for
 * what zip_close gives back.
 */
enum err zip_open(struct text file, struct arena *arena, struct zip **out);
void zip_close(struct zip *zip);
bool zip_has(const struct zip *zip, struct text name);
/* Unpacks the entry piece by piece; what @take returns other than OK ends it. ERR_NOT_FOUND. */
typedef enum err zip_take_fn(void *context, struct text piece, bool last);
enum err zip_read(struct zip *zip, struct text name, zip_take_fn *take, void *context);

/* ---- its XML (xml.c) ----------------------------------------------------------- */

struct xml;
/* What a reader does with elements and text; names are local, "" in foreign namespaces. */
struct xml_events {
	enum err (*start)(void *context, struct xml *xml, const char *name,
			  const char **attributes);
	enum err (*end)(void *context, struct xml *xml, const char *name);
	enum err (*text)(void *context, struct text text);
};
/* The attribute's value, whatever its prefix; NO_TEXT without it. */
struct text xml_attribute(const char **attributes, const char *name);
void xml_enough(struct xml *xml); /* what follows is not read */
/* ERR_XLSX_BROKEN, ERR_XLSX_UNSAFE for a DTD, ERR_XLSX_LIMIT; ERR_NOT_FOUND. */
enum err xml_read(struct zip *zip, struct text name, const struct xml_events *events,
		  void *context);

/* ---- the workbook (xlsx_book.c) ------------------------------------------------ */

struct book_sheet {
	struct text name, relation, part; /* part: NO_TEXT when it is no worksheet */
	bool hidden;
};
struct book {
	struct arena *arena;
	struct zip *zip;
	struct list sheets; /* of struct book_sheet */
	struct text strings_part, styles_part;
	bool since_1904;
	struct buffer strings;     /* shared texts, one behind the other, and */
	struct buffer string_ends; /* uint32_t: where each ends */
	struct buffer date_styles; /* one byte a style: whether it shows a date */
};
/* Everything but the rows. Free with book_close, also after a failure. */
enum err book_open(struct zip *zip, struct arena *arena, struct book *out);
void book_close(struct book *book);
bool book_string(const struct book *book, struct text index, struct text *out);
bool book_is_date(const struct book *book, struct text style);

/* ---- rows (xlsx_sheet.c) ------------------------------------------------------- */

/* *expected: how many rows the sheet says it has, before the first is given. */
enum err book_rows(struct book *book, struct text part, int64_t *expected, sheet_row_fn *fn,
		   void *context);

/* ---- values (xlsx_value.c): pure ----------------------------------------------- */

enum { NUMBER_TEXT_MAX = 64 };
/* The decimal text of @v, without an exponent; false when it is no finite number of sane size. */
bool number_text(struct text v, char out[NUMBER_TEXT_MAX], struct text *text);
/* YYYY-MM-DD of a serial day; false when there is none. */
bool serial_day(struct text v, bool since_1904, char out[11], struct text *text);
bool format_is_date(int64_t id, struct text code); /* code: NO_TEXT for one that is built in */
/* "BC12": column from 0, row from 1. The row may be missing: 0. */
bool reference_read(struct text reference, size_t *column, int64_t *row);
/* _xHHHH_ → the character, in place; gives the new size. */
size_t escapes_take(char *at, size_t size);

#endif
