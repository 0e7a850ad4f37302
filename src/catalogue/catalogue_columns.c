/*
 * The columns of a catalogue's row as a table: of what each speaks and where it stands. From it
 * come the differences of two rows, what is filled in where a file is silent, and the cells of
 * exports, so that what goes out comes in again as the same.
 */
#include "publishing.h"

#include "import_values.h"

#include <string.h>

enum shape {
	SHAPE_TEXT,
	SHAPE_PROSE,
	SHAPE_INT,
	SHAPE_COUNT, /* an int, below 1: not said */
	SHAPE_DAYS,
	SHAPE_COUNTY,
	SHAPE_CATEGORY,
	SHAPE_VAT,
	SHAPE_PRICE, /* of the first rung */
	SHAPE_TIERS  /* the rungs behind it */
};
struct column {
	enum row_level level;
	enum shape shape;
	size_t at;
	bool is_number;
};

#define ROW_AT(member) FIELD_AT(catalogue_row, member)
/* clang-format off */
static const struct column columns[COLUMN_COUNT] = {
	[COLUMN_SKU] = { OF_CODE, SHAPE_TEXT, ROW_AT(code), false },
	[COLUMN_NAME] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(name), false },
	[COLUMN_COUNTY] = { OF_PRODUCT, SHAPE_COUNTY, ROW_AT(county), false },
	[COLUMN_CATEGORY] = { OF_PRODUCT, SHAPE_CATEGORY, ROW_AT(category), false },
	[COLUMN_SPEC] = { OF_SKU, SHAPE_PROSE, ROW_AT(specification), false },
	[COLUMN_UNIT] = { OF_SKU, SHAPE_TEXT, ROW_AT(sale_unit), false },
	[COLUMN_PRICE] = { OF_PRICE, SHAPE_PRICE, 0, false },
	[COLUMN_TIERS] = { OF_PRICE, SHAPE_TIERS, 0, false },
	[COLUMN_MOQ] = { OF_SKU, SHAPE_INT, ROW_AT(minimum), true },
	[COLUMN_STOCK] = { OF_STOCK, SHAPE_INT, ROW_AT(stock), true },
	[COLUMN_SHELF] = { OF_PRODUCT, SHAPE_DAYS, ROW_AT(shelf_days), true },
	[COLUMN_STORAGE] = { OF_PRODUCT, SHAPE_TEXT, ROW_AT(storage), false },
	[COLUMN_WEIGHT] = { OF_SKU, SHAPE_COUNT, ROW_AT(weight_g), true },
	[COLUMN_CERT] = { OF_PRODUCT, SHAPE_TEXT, ROW_AT(certificates), false },
	[COLUMN_BARCODE] = { OF_SKU, SHAPE_TEXT, ROW_AT(barcode), false },
	[COLUMN_REMARK] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(remark), false },
	[COLUMN_MULTIPLE] = { OF_SKU, SHAPE_INT, ROW_AT(multiple), true },
	[COLUMN_VAT] = { OF_PRODUCT, SHAPE_VAT, 0, false },
	[COLUMN_BRAND] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(brand), false },
	[COLUMN_PRODUCER] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(producer), false },
	[COLUMN_ORIGIN] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(origin), false },
	[COLUMN_FARMERS] = { OF_PRODUCT, SHAPE_PROSE, ROW_AT(farmers), false },
	[COLUMN_HOUSEHOLDS] = { OF_PRODUCT, SHAPE_COUNT, ROW_AT(households), true },
	[COLUMN_REASON] = { OF_REASON, SHAPE_PROSE, ROW_AT(price_reason), false },
};
/* clang-format on */

enum row_level column_level(enum import_column column)
{
	return columns[column].level;
}

uint32_t columns_of(enum row_level level)
{
	uint32_t bits = 0;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (columns[i].level == level)
			bits |= COLUMN_BIT(i);
	return bits;
}

bool column_is_number(enum import_column column)
{
	return columns[column].is_number;
}

static struct text text_at(const struct catalogue_row *row, const struct column *column)
{
	return *(const struct text *)(const void *)((const char *)row + column->at);
}

static int64_t int_at(const struct catalogue_row *row, const struct column *column)
{
	return *(const int64_t *)(const void *)((const char *)row + column->at);
}

/* ---- differences ----------------------------------------------------------------------------- */

static bool prose_differs(struct text text, struct text base, struct arena *scratch)
{
	/* the import reads words for "none" as nothing */
	if (text_equal(text, base) || (!text.size && import_means_nothing(base)))
		return false;
	struct text clean = cell_clean(scratch, base);
	return !clean.at || !text_equal(text, clean);
}

static bool count_differs(int64_t a, int64_t b)
{
	return (a < 1 ? 0 : a) != (b < 1 ? 0 : b);
}

static bool tiers_differ(const struct ladder *a, const struct ladder *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 1; i < a->count; i++)
		if (a->rungs[i].quantity != b->rungs[i].quantity ||
		    a->rungs[i].unit_price_fen != b->rungs[i].unit_price_fen)
			return true;
	return false;
}

static bool column_differs(const struct column *column, const struct catalogue_row *row,
			   const struct catalogue_row *base, struct arena *scratch)
{
	switch (column->shape) {
	case SHAPE_TEXT:
	case SHAPE_COUNTY:
	case SHAPE_CATEGORY:
		return !text_equal(text_at(row, column), text_at(base, column));
	case SHAPE_PROSE:
		return prose_differs(text_at(row, column), text_at(base, column), scratch);
	case SHAPE_INT:
		return int_at(row, column) != int_at(base, column);
	case SHAPE_COUNT:
		return count_differs(int_at(row, column), int_at(base, column));
	case SHAPE_DAYS:
		return row->shelf_days != base->shelf_days;
	case SHAPE_VAT:
		return row->vat_kind != base->vat_kind || row->vat_rate != base->vat_rate;
	case SHAPE_PRICE:
		return row->ladder.rungs[0].unit_price_fen != base->ladder.rungs[0].unit_price_fen;
	case SHAPE_TIERS:
		return tiers_differ(&row->ladder, &base->ladder);
	}
	return false;
}

uint32_t rows_differ(const struct catalogue_row *row, const struct catalogue_row *base,
		     struct arena *scratch)
{
	uint32_t bits = 0;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (column_differs(&columns[i], row, base, scratch))
			bits |= COLUMN_BIT(i);
	return bits;
}

/* ---- what the file cannot say ---------------------------------------------------------------- */

static void column_take(struct catalogue_row *row, const struct catalogue_row *from,
			const struct column *column)
{
	size_t size = 0;

	switch (column->shape) {
	case SHAPE_TEXT:
	case SHAPE_PROSE:
	case SHAPE_COUNTY:
	case SHAPE_CATEGORY:
		size = sizeof(struct text);
		break;
	case SHAPE_INT:
	case SHAPE_COUNT:
		size = sizeof(int64_t);
		break;
	case SHAPE_DAYS:
		size = sizeof(int32_t);
		break;
	case SHAPE_VAT:
		row->vat_kind = from->vat_kind;
		row->vat_rate = from->vat_rate;
		break;
	case SHAPE_PRICE:
	case SHAPE_TIERS:
		row->ladder = from->ladder;
		break;
	}
	memcpy((char *)row + column->at, (const char *)from + column->at, size);
}

void row_take(struct catalogue_row *row, const struct catalogue_row *from, uint32_t which)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (which & COLUMN_BIT(i))
			column_take(row, from, &columns[i]);
}

/* The ladder begins at the minimum: one that is too great for the rungs of the file is not kept. */
static void minimum_fill(struct catalogue_row *row, const struct catalogue_row *base)
{
	struct ladder *ladder = &row->ladder;

	if (base->minimum < 1 || (ladder->count > 1 && base->minimum >= ladder->rungs[1].quantity))
		return;
	row->minimum = ladder->rungs[0].quantity = base->minimum;
}

static void tiers_fill(struct catalogue_row *row, const struct catalogue_row *base)
{
	if (row->ladder.count == 1 && base->ladder.count &&
	    row->ladder.rungs[0].quantity == base->ladder.rungs[0].quantity &&
	    row->ladder.rungs[0].unit_price_fen == base->ladder.rungs[0].unit_price_fen)
		row->ladder = base->ladder;
}

void row_fill(struct catalogue_row *row, const struct catalogue_row *base)
{
	uint32_t missing = row->said ? ~row->said : 0;
	/* the price is required, the code is the row's own, and a reason belongs to one price */
	uint32_t simple = missing & (columns_of(OF_PRODUCT) | columns_of(OF_SKU)) &
			  ~(COLUMN_BIT(COLUMN_MOQ) | COLUMN_BIT(COLUMN_VAT));

	row_take(row, base, simple);
	/* it was unknown when the row was accepted */
	if (row->weight_g < 1)
		row->weight_g = base->weight_g;
	if (missing & COLUMN_BIT(COLUMN_MOQ))
		minimum_fill(row, base);
	if (missing & COLUMN_BIT(COLUMN_TIERS))
		tiers_fill(row, base);
	if ((missing & COLUMN_BIT(COLUMN_VAT)) && text_equal(row->category, base->category))
		row_take(row, base, COLUMN_BIT(COLUMN_VAT));
}

/* ---- cells ----------------------------------------------------------------------------------- */

static struct text county_name(const struct import_reference *reference, struct text code)
{
	for (size_t i = 0; i < reference->counties.count; i++) {
		const struct county *county = LIST_ITEM(reference->counties, struct county, i);

		if (text_equal(county->code, code))
			return county->name;
	}
	return code;
}

/* By its code where the name stands on both levels, or twice. */
static struct text category_name(const struct import_reference *reference, struct text code)
{
	for (size_t i = 0; i < reference->categories.count; i++) {
		const struct category *category =
			LIST_ITEM(reference->categories, struct category, i);

		if (text_equal(category->code, code))
			return category->name;
	}
	return code;
}

static struct text price_cell(const struct ladder *ladder, struct arena *arena)
{
	char yuan[24];

	return ladder->count ? arena_text(arena, money_yuan(ladder->rungs[0].unit_price_fen, yuan))
			     : TEXT("");
}

static struct text tiers_cell(const struct ladder *ladder, struct arena *arena)
{
	struct text out = TEXT("");
	char yuan[24];

	for (size_t i = 1; i < ladder->count && out.at; i++)
		out = arena_print(arena, "%.*s%s%lld:%.*s", TEXT_FMT(out), i > 1 ? ";" : "",
				  (long long)ladder->rungs[i].quantity,
				  TEXT_FMT(money_yuan(ladder->rungs[i].unit_price_fen, yuan)));
	return out;
}

static struct text int_cell(int64_t number, struct arena *arena)
{
	return arena_print(arena, "%lld", (long long)number);
}

static struct text vat_cell(const struct catalogue_row *row, struct arena *arena)
{
	char vat[8];

	return arena_text(arena, vat_format(row->vat_kind, row->vat_rate, vat));
}

struct text row_cell(const struct catalogue_row *row, enum import_column column,
		     const struct import_reference *reference, struct arena *arena)
{
	const struct column *of = &columns[column];
	struct text text;

	switch (of->shape) {
	case SHAPE_TEXT:
	case SHAPE_PROSE:
		text = text_at(row, of);
		return text.at ? text : TEXT("");
	case SHAPE_COUNTY:
		return county_name(reference, row->county);
	case SHAPE_CATEGORY:
		return category_name(reference, row->category);
	case SHAPE_INT:
		return int_cell(int_at(row, of), arena);
	case SHAPE_COUNT:
		return int_at(row, of) > 0 ? int_cell(int_at(row, of), arena) : TEXT("");
	case SHAPE_DAYS:
		return row->shelf_days > 0 ? int_cell(row->shelf_days, arena) : TEXT("");
	case SHAPE_VAT:
		return vat_cell(row, arena);
	case SHAPE_PRICE:
		return price_cell(&row->ladder, arena);
	case SHAPE_TIERS:
		return tiers_cell(&row->ladder, arena);
	}
	return TEXT("");
}
