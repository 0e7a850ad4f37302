/*
 * What every column needs: its word, a way to note faults and what was normalised, and the dangers
 * of text. Running out of memory is remembered, never taken for a blank cell.
 */
#include <string.h>

#include "goods_rules.h"
#include "import_work.h"

const char *const import_column_words[] = {
	[COLUMN_SKU] = "sku",
	[COLUMN_NAME] = "name",
	[COLUMN_COUNTY] = "county",
	[COLUMN_CATEGORY] = "category",
	[COLUMN_SPEC] = "spec",
	[COLUMN_UNIT] = "unit",
	[COLUMN_PRICE] = "price",
	[COLUMN_TIERS] = "tiers",
	[COLUMN_MOQ] = "moq",
	[COLUMN_STOCK] = "stock",
	[COLUMN_SHELF] = "shelf",
	[COLUMN_STORAGE] = "storage",
	[COLUMN_WEIGHT] = "weight",
	[COLUMN_CERT] = "cert",
	[COLUMN_BARCODE] = "barcode",
	[COLUMN_REMARK] = "remark",
	[COLUMN_MULTIPLE] = "multiple",
	[COLUMN_VAT] = "vat",
	[COLUMN_BRAND] = "brand",
	[COLUMN_PRODUCER] = "producer",
	[COLUMN_ORIGIN] = "origin",
	[COLUMN_FARMERS] = "farmers",
	[COLUMN_HOUSEHOLDS] = "households",
	[COLUMN_REASON] = "price_reason",
	[COLUMN_COUNT] = NULL,
};
_Static_assert(COUNT_OF(import_column_words) == COLUMN_COUNT + 1, "every column has its word");

#define CHANGE(member)                                                                             \
	{                                                                                          \
		.name = #member, .kind = KIND_TEXT, .at = FIELD_AT(import_change, member),         \
		.max = SHEET_CELL_MAX                                                              \
	}
const struct field import_change_fields[IMPORT_CHANGE_FIELD_COUNT] = {
	CHANGE(column),
	CHANGE(from),
	CHANGE(to),
};

/* A word in a sentence about a cell is cut here, in characters. */
enum { QUOTED_MAX = 30 };

static struct text column_text(enum import_column column)
{
	return column == COLUMN_COUNT ? TEXT(IMPORT_BEYOND) : text_of(import_column_words[column]);
}

/* Notes one fault; what no longer fits into memory must not be lost from the list. */
static void fault_add(struct import_work *work, enum err code, const struct arg *args)
{
	struct problems *problems = &work->result->problems;
	size_t before = problems->items.count;

	work->faulty = true;
	problem_add(problems, code, args);
	if (code == ERR_MEMORY || problems->items.count == before ||
	    !LIST_ITEM(problems->items, struct problem, before)->pointer.at)
		work->out_of_memory = true;
}

#define FAULT_ARGS(...) ((const struct arg[]){ __VA_ARGS__, ARG_END })

void import_fault(struct import_work *work, enum import_column column, enum err code)
{
	fault_add(work, code, FAULT_ARGS(ARG_TEXT(column_text(column))));
}

void import_fault_quoting(struct import_work *work, enum import_column column, enum err code)
{
	size_t at = 0;

	for (size_t i = 0; i < QUOTED_MAX && at < work->clean.size; i++)
		text_next(work->clean, &at);
	fault_add(
		work, code,
		FAULT_ARGS(ARG_TEXT(column_text(column)), ARG_TEXT(text_part(work->clean, 0, at))));
}

void import_fault_range(struct import_work *work, enum import_column column, enum err code,
			int64_t min, int64_t max)
{
	fault_add(work, code,
		  FAULT_ARGS(ARG_TEXT(column_text(column)), ARG_INT(min), ARG_INT(max)));
}

void import_fault_limit(struct import_work *work, enum import_column column, enum err code,
			int64_t max)
{
	fault_add(work, code, FAULT_ARGS(ARG_TEXT(column_text(column)), ARG_INT(max)));
}

void import_note(struct import_work *work, enum import_column column, struct text taken)
{
	struct import_change *change;

	/* of a cell without text, or of none at all, nothing was normalised */
	if (taken.at && (!work->clean.size || text_equal(work->raw, taken)))
		return;
	change = taken.at ? list_add(&work->result->changes, work->arena, sizeof(*change)) : NULL;
	if (change)
		*change = (struct import_change){ column_text(column), work->raw, taken };
	else
		work->out_of_memory = true;
}

void import_note_int(struct import_work *work, enum import_column column, int64_t taken)
{
	import_note(work, column, arena_print(work->arena, "%lld", (long long)taken));
}

/* ---- the text of any cell ---- */

bool import_stands(struct import_work *work, enum import_column column)
{
	const struct import_reader *reader = work->reader;
	struct text code = work->result->row.code;
	bool stands = false;

	if (reader->stands && code.size &&
	    reader->stands(reader->context, code, column, work->clean, &stands)) {
		work->out_of_memory = true;
		return false;
	}
	return stands;
}

static bool is_formula(const struct import_work *work, const struct import_judge *judge)
{
	if (judge->dangers & FORMULA)
		return cell_is_formula(work->raw);
	return (judge->dangers & EQUALS) && text_starts(work->clean, "=");
}

/* Question marks only look like it: goods may have them already. */
static bool characters_are_lost(struct import_work *work, enum import_column column,
				const struct import_judge *judge)
{
	if (text_holds_replacement(work->clean))
		return true;
	return (judge->dangers & QUESTION_MARKS) && cell_lost_characters(work->clean) &&
	       !import_stands(work, column);
}

bool import_text_is_sound(struct import_work *work, enum import_column column,
			  const struct import_judge *judge)
{
	bool lost = characters_are_lost(work, column, judge);
	bool control = cell_has_control(work->raw);
	bool formula = is_formula(work, judge);
	bool markup = (judge->dangers & MARKUP) && text_holds_markup(work->clean);
	bool too_long = judge->max > 0 && text_length(work->clean) > judge->max;

	if (lost)
		import_fault(work, column, ERR_ENCODING_LOSS);
	if (control)
		import_fault(work, column, ERR_CONTROL_CHAR);
	if (formula)
		import_fault(work, column, ERR_FORMULA);
	if (markup)
		import_fault(work, column, ERR_MARKUP);
	if (too_long)
		fault_add(work, ERR_TOO_LONG,
			  FAULT_ARGS(ARG_TEXT(column_text(column)), ARG_INT((int64_t)judge->max)));
	return !(lost || control || formula || markup || too_long);
}
