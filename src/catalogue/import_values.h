/*
 * How numbers are written in a supplier's cells. Pure: each takes a cell after cell_fold and gives
 * OK or the fault of that column. Private to the import rules.
 */
#ifndef CATALOGUE_IMPORT_VALUES_H
#define CATALOGUE_IMPORT_VALUES_H

#include "xiangcai/import.h"

enum { WEIGHT_MAX_G = 1000000, SHELF_MAX_DAYS = 36500 };

struct price_cell {
	int64_t fen;
	struct text unit; /* what stands behind the slash of "128元/箱"; NO_TEXT without one.
			     Borrowed */
};
/* [¥][-]digits[.digits][元][/unit], thousands in groups of three; 0 < fen ≤ PRICE_MAX_FEN. */
enum err price_parse(struct text cell, struct price_cell *out);

/* [-]digits[.000][suffix]: ERR_QTY_FORMAT, ERR_QTY_NEGATIVE, or ERR_RANGE above QUANTITY_MAX.
 * @suffix is "" or borrowed. */
enum err quantity_parse(struct text cell, int64_t *out, struct text *suffix);

/* Days; months count 30 and years 365. ERR_SHELF_FORMAT, or ERR_RANGE above SHELF_MAX_DAYS. */
enum err shelf_parse(struct text cell, int64_t *days);

/* Grams; kg, 公斤, 千克 = 1000 and 斤 = 500. ERR_WEIGHT_FORMAT, or ERR_WEIGHT_RANGE outside 1 …
 * WEIGHT_MAX_G. */
enum err weight_parse(struct text cell, int64_t *grams);

/*
 * "9%", "9", and 0.09, which is what a spreadsheet holds for 9 %; 0 is zero-rated, 免税 exempt.
 * ERR_VAT for rates that there are none.
 */
enum err vat_parse(struct text cell, int32_t *kind, int64_t *rate);
/* How that is written; at least 8 bytes at @out. */
struct text vat_format(int32_t kind, int64_t rate, char *out);

enum { IMPORT_HOUSEHOLDS_MAX = 100000 };
/* Whole numbers, 户 behind them or not. ERR_HOUSEHOLDS. */
enum err households_parse(struct text cell, int64_t *out);

/* Thirteen digits with the check digit of EAN-13 (GB 12904). ERR_BARCODE_SCI, ERR_BARCODE_FORMAT,
 * ERR_BARCODE_CHECK. */
enum err barcode_check(struct text cell);

#endif
