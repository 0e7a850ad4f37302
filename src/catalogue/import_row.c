/*
 * One row of data: every cell is made plain text, judged by its column, and taken into the
 * catalogue row.
 *
 * `judges` says for each column whether it is required, how its text is folded, which dangers of
 * text are looked for, and which function reads it. Columns are judged in their order, and a fault
 * of one does not stop the next, so that all faults of a row are told at once. Only the minimum is
 * read ahead, because the ladder stands before it.
 */
#include <string.h>

#include "content.h"
#include "goods_rules.h"
#include "import_values.h"
#include "import_words.h"
#include "import_work.h"

/* ---- the columns ---- */

static void take_sku(struct import_work *work, enum import_column column)
{
	struct text sku = upper_case(work->arena, work->clean);

	if (!sku.at) {
		import_fault(work, column, ERR_MEMORY);
	} else if (!sku_code_is_formed(sku)) {
		import_fault(work, column, ERR_SKU_FORMAT);
	} else if (names_get(&work->reader->accepted, sku) >= 0) {
		import_fault(work, column, ERR_DUP_SKU);
	} else {
		work->result->row.code = sku;
		import_note(work, column, sku);
	}
}

/* Names and other prose, which are taken as they stand. */
static void take_prose(struct import_work *work, enum import_column column)
{
	const struct import_judge *judge = &import_judges[column];
	struct text *out = (struct text *)(void *)((char *)&work->result->row + judge->at);

	*out = judge->may_be_nothing && import_means_nothing(work->clean) ? TEXT("") : work->clean;
	import_note(work, column, *out);
}

static void take_county(struct import_work *work, enum import_column column)
{
	const struct county *county = NULL;
	enum err e = import_county(work->reader, work->clean, &county);

	if (e) {
		import_fault_quoting(work, column, e);
		return;
	}
	work->result->row.county = county->code;
	import_note(work, column, county->name);
}

static void take_category(struct import_work *work, enum import_column column)
{
	const struct category *category = NULL;
	enum err e = import_category(work->reader, work->clean, &category);

	if (e) {
		import_fault_quoting(work, column, e);
		return;
	}
	work->category = category;
	work->result->row.category = category->code;
	work->result->row.vat_kind = category->vat_kind;
	work->result->row.vat_rate = category->vat_rate;
	import_note(work, column, category->name);
}

static void take_unit(struct import_work *work, enum import_column column)
{
	work->unit = unit_find(work->clean);
	if (!work->unit) {
		import_fault_quoting(work, column, ERR_UNIT_UNKNOWN);
		return;
	}
	work->result->row.sale_unit = text_of(work->unit);
	import_note(work, column, work->result->row.sale_unit);
}

/* With a category at fault nobody can say whether a shelf life is needed: that fault is enough. */
static void take_shelf(struct import_work *work, enum import_column column)
{
	bool keeps = work->category && category_keeps(work->category->parent);
	int64_t days = 0;
	enum err e = work->clean.size > 0 ? shelf_parse(work->clean, &days) : OK;

	if (work->clean.size == 0 && work->category && !keeps)
		e = ERR_REQUIRED;
	else if (!e && work->clean.size > 0 && days == 0 && !keeps)
		e = ERR_RANGE;
	if (e == ERR_RANGE)
		import_fault_range(work, column, e, keeps ? 0 : 1, SHELF_MAX_DAYS);
	else if (e)
		import_fault(work, column, e);
	else
		import_note_int(work, column, days);
	work->result->row.shelf_days = days > 0 ? (int32_t)days : SMALL_NONE;
}

static void take_storage(struct import_work *work, enum import_column column)
{
	struct text cell = squeeze(work->arena, work->clean);
	const char *storage = cell.at ? storage_find(cell) : NULL;

	if (!storage) {
		import_fault(work, column, cell.at ? ERR_STORAGE : ERR_MEMORY);
		return;
	}
	work->result->row.storage = text_of(storage);
	import_note(work, column, work->result->row.storage);
}

/* Blank only where it is unknown, and may stay so. */
static void take_weight(struct import_work *work, enum import_column column)
{
	if (!work->clean.size)
		return;
	enum err e = weight_parse(work->clean, &work->result->row.weight_g);

	if (e == ERR_WEIGHT_RANGE)
		import_fault_range(work, column, e, 1, WEIGHT_MAX_G);
	else if (e)
		import_fault(work, column, e);
	else
		import_note_int(work, column, work->result->row.weight_g);
}

static void take_cert(struct import_work *work, enum import_column column)
{
	struct text *out = &work->result->row.certificates;
	enum err e = certificates_parse(work->arena, work->clean, out);

	if (e)
		import_fault_quoting(work, column, e);
	else
		import_note(work, column, out->size > 0 ? *out : TEXT("无"));
}

static void take_barcode(struct import_work *work, enum import_column column)
{
	struct text code = squeeze(work->arena, work->clean);
	enum err e = OK;

	if (!code.at)
		e = ERR_MEMORY;
	else if (import_means_nothing(code))
		code = TEXT("");
	else
		e = barcode_check(code);
	if (e) {
		import_fault(work, column, e);
		return;
	}
	work->result->row.barcode = code;
	import_note(work, column, code);
}

#define PROSE(member) .prose = true, .at = FIELD_AT(catalogue_row, member), .take = take_prose

const struct import_judge import_judges[COLUMN_COUNT] = {
	[COLUMN_SKU] = { .required = true, .dangers = FORMULA, .take = take_sku },
	[COLUMN_NAME] = { .required = true,
			  .dangers = FORMULA | MARKUP | QUESTION_MARKS,
			  .max = NAME_MAX_LENGTH,
			  PROSE(name) },
	[COLUMN_COUNTY] = { .required = true, .take = take_county },
	[COLUMN_CATEGORY] = { .required = true, .take = take_category },
	[COLUMN_SPEC] = { .required = true,
			  .dangers = FORMULA,
			  .max = SPEC_MAX_LENGTH,
			  PROSE(specification) },
	[COLUMN_UNIT] = { .required = true, .take = take_unit },
	[COLUMN_PRICE] = { .required = true, .dangers = EQUALS, .take = import_take_price },
	[COLUMN_TIERS] = { .take = import_take_tiers },
	[COLUMN_MOQ] = { .take = import_take_moq },
	[COLUMN_STOCK] = { .required = true, .take = import_take_stock },
	[COLUMN_SHELF] = { .take = take_shelf },
	[COLUMN_STORAGE] = { .required = true, .take = take_storage },
	[COLUMN_WEIGHT] = { .required = true, .take = take_weight },
	[COLUMN_CERT] = { .take = take_cert },
	[COLUMN_BARCODE] = { .take = take_barcode },
	[COLUMN_REMARK] = { .dangers = FORMULA, .max = REMARK_MAX_LENGTH, PROSE(remark) },
	[COLUMN_MULTIPLE] = { .take = import_take_multiple },
	[COLUMN_VAT] = { .take = import_take_vat },
	[COLUMN_BRAND] = { .dangers = FORMULA | MARKUP | QUESTION_MARKS,
			   .max = BRAND_MAX_LENGTH,
			   .may_be_nothing = true,
			   PROSE(brand) },
	[COLUMN_PRODUCER] = { .dangers = FORMULA | MARKUP | QUESTION_MARKS,
			      .max = PRODUCER_MAX_LENGTH,
			      .may_be_nothing = true,
			      PROSE(producer) },
	[COLUMN_ORIGIN] = { .dangers = FORMULA | MARKUP,
			    .max = STORY_MAX_LENGTH,
			    .may_be_nothing = true,
			    PROSE(origin) },
	[COLUMN_FARMERS] = { .dangers = FORMULA | MARKUP,
			     .max = STORY_MAX_LENGTH,
			     .may_be_nothing = true,
			     PROSE(farmers) },
	[COLUMN_HOUSEHOLDS] = { .take = import_take_households },
	[COLUMN_REASON] = { .dangers = FORMULA | MARKUP,
			    .max = REASON_MAX_LENGTH,
			    .may_be_nothing = true,
			    PROSE(price_reason) },
};

/* What a spreadsheet made of the cell: only the text columns refuse a formula that has a value. */
static enum err mark_fault(enum cell_mark mark, const struct import_judge *judge)
{
	switch (mark) {
	case CELL_ERROR:
		return ERR_CELL_ERROR;
	case CELL_UNCOMPUTED:
		return ERR_CELL_UNCOMPUTED;
	case CELL_FORMULA:
		return judge->dangers & FORMULA ? ERR_FORMULA : OK;
	case CELL_PLAIN:
		break;
	}
	return OK;
}

static void column_decide(struct import_work *work, enum import_column column)
{
	const struct import_judge *judge = &import_judges[column];
	struct text raw = cell_bare(work->result->cells[column]);
	enum err marked = mark_fault(work->result->marks[column], judge);

	work->raw = raw;
	work->clean = judge->prose ? cell_clean(work->arena, raw) : cell_fold(work->arena, raw);
	if (!work->clean.at)
		work->out_of_memory = true;
	else if (marked)
		import_fault_quoting(work, column, marked);
	else if (!import_text_is_sound(work, column, judge))
		return;
	else if (work->clean.size == 0 && judge->required &&
		 !(column == COLUMN_WEIGHT && import_stands(work, column)))
		import_fault(work, column, ERR_REQUIRED);
	else
		judge->take(work, column);
}

/* ---- the row ---- */

/* The unit is looked up ahead too: a minimum may carry it. */
static void read_ahead(struct import_work *work)
{
	struct text unit = cell_fold(work->arena, cell_bare(work->result->cells[COLUMN_UNIT]));

	work->unit = unit_find(unit);
	work->unit_cell = unit;
	import_minimum_read(work, cell_bare(work->result->cells[COLUMN_MOQ]));
}

enum err import_decide(struct import_reader *reader, const struct sheet_row *row,
		       struct import_result *result)
{
	struct import_work work = { .reader = reader, .result = result, .arena = reader->scratch };

	result->problems.arena = reader->scratch;
	result->row.record = row->record;
	result->row.multiple = 1;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (reader->header.place[i] >= 0)
			result->row.said |= UINT32_C(1) << i;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		result->cells[i] = header_cell(&reader->header, row, i, &result->marks[i]);
	read_ahead(&work);
	for (int i = 0; i < COLUMN_COUNT; i++)
		column_decide(&work, (enum import_column)i);
	if (header_exceeded(&reader->header, row))
		import_fault(&work, COLUMN_COUNT, ERR_COLUMN_COUNT);
	if (work.out_of_memory)
		return ERR_MEMORY;
	result->verdict = work.faulty ? IMPORT_REJECTED : IMPORT_ACCEPTED;
	return OK;
}

struct text import_cell(const struct import_result *result, struct text pointer)
{
	int column = word_find(import_column_words, pointer);

	return column < 0 ? TEXT("") : result->cells[column];
}
