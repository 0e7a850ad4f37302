/*
 * Numbers are read digit by digit into integers: a decimal is its whole part and the text of its
 * fraction, and each column says how many places it can keep. No floating point anywhere.
 */
#include "import_values.h"

#include "xiangcai/catalogue.h"

#include <string.h>

/* Beyond every limit of the product; whole parts stop growing here, so that three more places still
 * fit. */
#define WHOLE_MAX INT64_C(1000000000000)

struct decimal {
	int64_t whole;
	struct text fraction; /* digits behind the point, "" without one */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct text after(struct text t, size_t size)
{
	return text_part(t, size, t.size - size);
}

static bool take(struct text *rest, const char *word)
{
	if (!text_starts(*rest, word))
		return false;
	*rest = after(*rest, strlen(word));
	return true;
}

static void skip_blanks(struct text *rest)
{
	while (take(rest, " "))
		;
}

/* Digits, with commas between groups of three or without any. */
static bool whole_take(struct text *rest, int64_t *out)
{
	int64_t whole = 0;
	size_t group = 0, at = 0;
	bool grouped = false;

	for (; at < rest->size; at++) {
		char c = rest->at[at];

		if (is_digit(c)) {
			whole = whole < WHOLE_MAX ? whole * 10 + (c - '0') : WHOLE_MAX;
			group++;
		} else if (c == ',') {
			if (group == 0 || group > 3 || (grouped && group != 3))
				return false;
			grouped = true;
			group = 0;
		} else {
			break;
		}
	}
	if (group == 0 || (grouped && group != 3))
		return false;
	*out = whole < WHOLE_MAX ? whole : WHOLE_MAX;
	*rest = after(*rest, at);
	return true;
}

static bool decimal_take(struct text *rest, struct decimal *out)
{
	size_t digits = 0;

	if (!whole_take(rest, &out->whole))
		return false;
	out->fraction = TEXT("");
	if (!take(rest, "."))
		return true;
	while (digits < rest->size && is_digit(rest->at[digits]))
		digits++;
	out->fraction = text_part(*rest, 0, digits);
	*rest = after(*rest, digits);
	return digits > 0;
}

/* The number times ten to the @places; @exact tells whether that is all of it. */
static int64_t decimal_scaled(const struct decimal *decimal, size_t places, bool *exact)
{
	struct text fraction = decimal->fraction;
	int64_t value = decimal->whole;

	for (size_t i = 0; i < places; i++)
		value = value * 10 + (i < fraction.size ? fraction.at[i] - '0' : 0);
	*exact = true;
	for (size_t i = places; i < fraction.size; i++)
		if (fraction.at[i] != '0')
			*exact = false;
	return value;
}

/* The signs before a price, in either order: "¥-12", "-¥12". */
static bool signs_take(struct text *rest)
{
	bool negative = false, currency = false;

	for (;;) {
		skip_blanks(rest);
		if (!currency && take(rest, "\u00A5"))
			currency = true;
		else if (!negative && take(rest, "-"))
			negative = true;
		else
			return negative;
	}
}

static bool price_unit_take(struct text *rest, struct text *unit)
{
	*unit = NO_TEXT;
	skip_blanks(rest);
	if (!take(rest, "元"))
		take(rest, "圆");
	skip_blanks(rest);
	if (!take(rest, "/"))
		return rest->size == 0;
	*unit = text_trim(*rest);
	return unit->size > 0;
}

enum err price_parse(struct text cell, struct price_cell *out)
{
	struct decimal decimal;
	bool negative = signs_take(&cell);
	bool exact;
	int64_t fen;

	if (!decimal_take(&cell, &decimal) || !price_unit_take(&cell, &out->unit))
		return ERR_PRICE_FORMAT;
	if (negative)
		return ERR_PRICE_NEGATIVE;
	fen = decimal_scaled(&decimal, 2, &exact);
	if (!exact)
		return ERR_PRICE_PRECISION;
	if (fen == 0)
		return ERR_PRICE_ZERO;
	if (fen > PRICE_MAX_FEN)
		return ERR_PRICE_RANGE;
	out->fen = fen;
	return OK;
}

enum err quantity_parse(struct text cell, int64_t *out, struct text *suffix)
{
	struct decimal decimal;
	bool negative = take(&cell, "-");
	bool exact;
	int64_t value;

	if (!decimal_take(&cell, &decimal))
		return ERR_QTY_FORMAT;
	value = decimal_scaled(&decimal, 0, &exact);
	*suffix = text_trim(cell);
	if (!exact)
		return ERR_QTY_FORMAT;
	if (negative)
		return ERR_QTY_NEGATIVE;
	if (value > QUANTITY_MAX)
		return ERR_RANGE;
	*out = value;
	return OK;
}

/* A word behind a number, and what it multiplies the number by. */
struct measure {
	const char *word;
	int64_t factor;
};

static int64_t measure_factor(const struct measure *measures, size_t count, struct text word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_fold(word, text_of(measures[i].word)))
			return measures[i].factor;
	return 0;
}

enum err shelf_parse(struct text cell, int64_t *days)
{
	static const struct measure measures[] = {
		{ "", 1 },     { "天", 1 },    { "日", 1 },  { "day", 1 },
		{ "days", 1 }, { "个月", 30 }, { "月", 30 }, { "年", 365 },
	};
	struct decimal decimal;
	bool exact;
	int64_t number, factor;

	if (!decimal_take(&cell, &decimal))
		return ERR_SHELF_FORMAT;
	number = decimal_scaled(&decimal, 0, &exact);
	factor = measure_factor(measures, COUNT_OF(measures), text_trim(cell));
	if (!exact || factor == 0)
		return ERR_SHELF_FORMAT;
	if (number * factor > SHELF_MAX_DAYS)
		return ERR_RANGE;
	*days = number * factor;
	return OK;
}

enum err weight_parse(struct text cell, int64_t *grams)
{
	static const struct measure measures[] = {
		{ "", 1 },        { "g", 1 },       { "克", 1 },   { "kg", 1000 },
		{ "公斤", 1000 }, { "千克", 1000 }, { "斤", 500 }, { "市斤", 500 },
	};
	struct decimal decimal;
	bool negative = take(&cell, "-");
	bool exact;
	int64_t milligrams, factor;

	if (!decimal_take(&cell, &decimal))
		return ERR_WEIGHT_FORMAT;
	factor = measure_factor(measures, COUNT_OF(measures), text_trim(cell));
	milligrams = decimal_scaled(&decimal, 3, &exact) * factor;
	if (factor == 0 || !exact || milligrams % 1000 != 0)
		return ERR_WEIGHT_FORMAT;
	if (negative || milligrams == 0 || milligrams / 1000 > WEIGHT_MAX_G)
		return ERR_WEIGHT_RANGE;
	*grams = milligrams / 1000;
	return OK;
}

/* ---- VAT, households ---- */

static bool rate_is_known(int64_t rate)
{
	static const int64_t rates[] = { 0, 1, 3, 5, 6, 9, 13 };

	for (size_t i = 0; i < COUNT_OF(rates); i++)
		if (rates[i] == rate)
			return true;
	return false;
}

static enum err vat_number(struct text cell, int64_t *rate)
{
	struct decimal decimal;
	bool exact, percent;

	if (!decimal_take(&cell, &decimal))
		return ERR_VAT;
	skip_blanks(&cell);
	percent = take(&cell, "%");
	if (cell.size)
		return ERR_VAT;
	/* below one, and no percent sign: a share */
	*rate = decimal_scaled(&decimal,
			       !percent && !decimal.whole && decimal.fraction.size ? 2 : 0, &exact);
	return exact && rate_is_known(*rate) ? OK : ERR_VAT;
}

enum err vat_parse(struct text cell, int32_t *kind, int64_t *rate)
{
	static const struct {
		const char *word;
		enum vat_kind kind;
	} words[] = { { "免税", VAT_EXEMPT },   { "免征", VAT_EXEMPT },    { "免", VAT_EXEMPT },
		      { "exempt", VAT_EXEMPT }, { "零税率", VAT_ZERO },    { "零", VAT_ZERO },
		      { "zero", VAT_ZERO },     { "zero-rated", VAT_ZERO } };

	*rate = 0;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_equal_fold(cell, text_of(words[i].word))) {
			*kind = (int32_t)words[i].kind;
			return OK;
		}
	enum err e = vat_number(cell, rate);
	*kind = *rate ? VAT_TAXED : VAT_ZERO;
	return e;
}

struct text vat_format(int32_t kind, int64_t rate, char *out)
{
	if (kind == VAT_EXEMPT)
		return TEXT("免税");
	int size = snprintf(out, 8, "%d%%", kind == VAT_ZERO ? 0 : (int)(rate % 1000));
	return (struct text){ out, (size_t)size };
}

enum err households_parse(struct text cell, int64_t *out)
{
	struct text suffix = TEXT("");

	if (quantity_parse(cell, out, &suffix) || *out > IMPORT_HOUSEHOLDS_MAX)
		return ERR_HOUSEHOLDS;
	return !suffix.size || text_is(suffix, "户") ? OK : ERR_HOUSEHOLDS;
}

/* "6.90123E+12": what is left of a long number once a spreadsheet has taken it for one. */
static bool is_scientific(struct text t)
{
	struct decimal decimal, exponent;

	if (!decimal_take(&t, &decimal) || !(take(&t, "E") || take(&t, "e")))
		return false;
	if (!take(&t, "+"))
		take(&t, "-");
	return decimal_take(&t, &exponent) && t.size == 0;
}

enum err barcode_check(struct text cell)
{
	int sum = 0;

	if (is_scientific(cell))
		return ERR_BARCODE_SCI;
	if (cell.size != 13)
		return ERR_BARCODE_FORMAT;
	for (size_t i = 0; i < 13; i++) {
		if (!is_digit(cell.at[i]))
			return ERR_BARCODE_FORMAT;
		sum += (cell.at[i] - '0') * (i % 2 == 0 ? 1 : 3);
	}
	return sum % 10 == 0 ? OK : ERR_BARCODE_CHECK;
}
