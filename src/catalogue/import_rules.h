/*
 * The rules that decide a supplier's file, row by row: skipped, accepted as a catalogue row, or
 * rejected with all its faults. Pure: reference data comes in, decisions go out by a callback; no
 * I/O, no database. The face of the import towards the rest of this module.
 *
 *     struct import_reader reader;
 *     e = import_begin(&reader, &reference, arena, scratch, take_result, context);
 *     e = sheet_read(file, NULL, arena, &source, import_row, &reader);
 *     e = import_end(&reader);
 */
#ifndef CATALOGUE_IMPORT_RULES_H
#define CATALOGUE_IMPORT_RULES_H

#include "xiangcai/catalogue.h"
#include "xiangcai/import.h"

/* Limits of cells, in characters; those of the columns of revision and revision_sku. */
enum {
	NAME_MAX_LENGTH = 80,
	SPEC_MAX_LENGTH = 100,
	REMARK_MAX_LENGTH = 500,
	REASON_MAX_LENGTH = 200
};

/* In the order in which faults are told. */
enum import_column {
	COLUMN_SKU,
	COLUMN_NAME,
	COLUMN_COUNTY,
	COLUMN_CATEGORY,
	COLUMN_SPEC,
	COLUMN_UNIT,
	COLUMN_PRICE,
	COLUMN_TIERS,
	COLUMN_MOQ,
	COLUMN_STOCK,
	COLUMN_SHELF,
	COLUMN_STORAGE,
	COLUMN_WEIGHT,
	COLUMN_CERT,
	COLUMN_BARCODE,
	COLUMN_REMARK,
	COLUMN_MULTIPLE,
	COLUMN_VAT,
	COLUMN_BRAND,
	COLUMN_PRODUCER,
	COLUMN_ORIGIN,
	COLUMN_FARMERS,
	COLUMN_HOUSEHOLDS,
	COLUMN_REASON,
	COLUMN_COUNT
};
/* "sku", "name" …; behind them, NULL-ended, IMPORT_BEYOND: the pointer of ERR_COLUMN_COUNT. */
extern const char *const import_column_words[];
#define IMPORT_BEYOND "columns"

/* What names are looked up in: all counties of the province and all categories of both levels.
 * Borrowed by the reader. */
struct import_reference {
	struct list counties;   /* of struct county */
	struct list categories; /* of struct category */
};

enum import_verdict { IMPORT_SKIPPED, IMPORT_ACCEPTED, IMPORT_REJECTED };

/* What was normalised in one cell of an accepted row. */
struct import_change {
	struct text column, from, to;
};
enum { IMPORT_CHANGE_FIELD_COUNT = 3 };
extern const struct field import_change_fields[IMPORT_CHANGE_FIELD_COUNT];

/* The decision on one record. Everything in it lives as long as the callback. */
struct import_result {
	int64_t record;
	enum import_verdict verdict;
	enum import_skip skip; /* why, of a skipped one */
	/*
	 * Of an accepted one: county and category are codes, storage is 常温, 冷藏 or 冷冻,
	 * certificates are joined by 、 and empty when there are none, the ladder begins at minimum
	 * and price; where the file has no such column, the multiple is 1 and VAT the category's.
	 */
	struct catalogue_row row;
	struct list changes;      /* of struct import_change; of an accepted one */
	struct problems problems; /* of a rejected one: pointer = word of the column, in the order
				     of the columns */
	struct text cells[COLUMN_COUNT]; /* as they stood in the file, by enum import_column */
	enum cell_mark marks[COLUMN_COUNT];
};

/* The cell that a problem of @result is about; "" for IMPORT_BEYOND. */
struct text import_cell(const struct import_result *result, struct text pointer);

/* Called once a record, in order; anything but OK stops the reading. */
typedef enum err import_result_fn(void *context, const struct import_result *result);

/*
 * Whether the goods of @code already have @cell, after cell_clean, in @column: what an export said
 * may stay, though nobody could write it anew.
 */
typedef enum err import_stands_fn(void *context, struct text code, enum import_column column,
				  struct text cell, bool *stands);

struct import_reader {
	const struct import_reference *reference;
	import_stands_fn
		*stands;       /* with the context; NULL, as import_begin leaves it: nothing does */
	struct arena *lasting; /* the lookups and the accepted codes */
	struct arena *scratch; /* reset before each record */
	import_result_fn *fn;
	void *context;
	struct header header;  /* by enum import_column */
	struct names places;   /* county in any of its names → index, or one of the marks of
				  import_reference.c */
	struct names cities;   /* city name, full or short → index of a county of that city */
	struct names kinds;    /* category in any of its names → index */
	struct names accepted; /* codes of the accepted rows so far */
	int64_t accepted_count, rejected_count, skipped_count;
};

/* A header that finds the columns of a catalogue. */
enum err import_header_begin(struct header *header, struct arena *lasting, struct arena *scratch);
enum err import_begin(struct import_reader *reader, const struct import_reference *reference,
		      struct arena *lasting, struct arena *scratch, import_result_fn *fn,
		      void *context);
/* A sheet_row_fn whose context is the reader. */
enum err import_row(void *reader, const struct sheet_row *row);
/* ERR_HEADER_MISSING when no header row was found: all records were skipped. */
enum err import_end(const struct import_reader *reader);

/* The rules as a kind of import (import_kind.c). */
extern const struct import_kind catalogue_import;

/* ---- between the files of the rules ------------------------------------------ */

/* Decides a row that is data: fills everything of @result but its record and skip. ERR_MEMORY or
 * OK. */
enum err import_decide(struct import_reader *reader, const struct sheet_row *row,
		       struct import_result *result);

/* Fills the lookups of the reader from its reference. */
enum err import_lookups_begin(struct import_reader *reader);
/* The county of a cell after cell_fold; ERR_COUNTY_UNKNOWN, ERR_COUNTY_NOT_ELIGIBLE, ERR_MEMORY. */
enum err import_county(const struct import_reader *reader, struct text cell,
		       const struct county **out);
/* The category of a cell after cell_fold; ERR_CATEGORY_UNKNOWN, ERR_CATEGORY_LEVEL,
 * ERR_CATEGORY_ENDED, ERR_MEMORY. */
enum err import_category(const struct import_reader *reader, struct text cell,
			 const struct category **out);

#endif
