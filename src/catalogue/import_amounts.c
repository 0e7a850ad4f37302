/*
 * The columns that count: price, ladder, minimum and stock, with the unit of sale that may stand
 * behind any of their numbers. A ladder begins at the minimum and the price; the file gives the
 * rungs above.
 */
#include <string.h>

#include "goods_rules.h"
#include "import_values.h"
#include "import_words.h"
#include "import_work.h"

/* Whether @word behind a number can mean the unit of this row; a row without a usable unit has no
 * say. */
static bool unit_agrees(const struct import_work *work, struct text word)
{
	const char *unit = unit_find(word);

	if (!work->unit)
		return work->unit_cell.size == 0 || unit || text_equal(word, work->unit_cell);
	return unit && strcmp(unit, work->unit) == 0;
}

void import_take_price(struct import_work *work, enum import_column column)
{
	char yuan[24];
	struct price_cell price;
	enum err e = price_parse(work->clean, &price);

	if (!e && price.unit.size > 0 && !unit_agrees(work, price.unit))
		e = ERR_PRICE_UNIT_MISMATCH;
	if (e) {
		import_fault(work, column, e);
		return;
	}
	work->price_fen = price.fen;
	import_note(work, column, arena_text(work->arena, money_yuan(price.fen, yuan)));
}

static enum err quantity_take(const struct import_work *work, struct text cell, int64_t *out)
{
	struct text suffix = NO_TEXT;
	enum err e = quantity_parse(cell, out, &suffix);

	if (suffix.size > 0 && !unit_agrees(work, suffix))
		return ERR_QTY_FORMAT;
	return e;
}

/* One rung "quantity:price" behind those in @ladder. */
static enum err rung_take(const struct import_work *work, struct text rung, struct ladder *ladder)
{
	struct text quantity = text_trim(text_cut(&rung, ':'));
	struct rung *next;
	struct price_cell price;

	if (ladder->count == LADDER_RUNGS_MAX)
		return ERR_ITEMS;
	next = &ladder->rungs[ladder->count];
	if (quantity_take(work, quantity, &next->quantity) ||
	    price_parse(text_trim(rung), &price) || next->quantity < 1 || price.unit.size > 0)
		return ERR_TIER_FORMAT;
	next->unit_price_fen = price.fen;
	ladder->count++;
	return OK;
}

static enum err rungs_take(const struct import_work *work, struct text cell, struct ladder *ladder)
{
	while (cell.size > 0) {
		struct text rung = text_trim(text_cut(&cell, ';'));
		enum err e = rung.size > 0 ? rung_take(work, rung, ladder) : OK;

		if (e)
			return e;
	}
	return OK;
}

/*
 * Puts the rung of minimum and price in front, unless the file has said it too, and looks at the
 * order; where minimum or price are at fault, the others are still held against each other.
 */
static enum err ladder_complete(const struct import_work *work, const struct ladder *given,
				struct ladder *out)
{
	struct rung first = { work->minimum, work->price_fen };
	bool known = first.quantity > 0 && first.unit_price_fen > 0;
	bool said = given->count > 0 && given->rungs[0].quantity == first.quantity &&
		    given->rungs[0].unit_price_fen == first.unit_price_fen;

	*out = (struct ladder){ 0 };
	if (known && !said)
		out->rungs[out->count++] = first;
	for (size_t i = 0; i < given->count; i++) {
		if (out->count == LADDER_RUNGS_MAX)
			return ERR_ITEMS;
		if (out->count > 0 && !rung_follows(&out->rungs[out->count - 1], &given->rungs[i]))
			return ERR_TIER_ORDER;
		out->rungs[out->count++] = given->rungs[i];
	}
	return OK;
}

/* The ladder as it would be written in the cell, in yuan. */
static struct text ladder_in_yuan(struct import_work *work, const struct ladder *ladder)
{
	struct text out = TEXT("");
	char yuan[24];

	for (size_t i = 0; i < ladder->count && out.at; i++)
		out = arena_print(work->arena, "%.*s%s%lld:%.*s", TEXT_FMT(out), i > 0 ? ";" : "",
				  (long long)ladder->rungs[i].quantity,
				  TEXT_FMT(money_yuan(ladder->rungs[i].unit_price_fen, yuan)));
	return out;
}

void import_take_tiers(struct import_work *work, enum import_column column)
{
	struct ladder given = { 0 };
	struct ladder *ladder = &work->result->row.ladder;
	bool none = import_means_nothing(work->clean);
	enum err e = none ? OK : rungs_take(work, work->clean, &given);

	if (!e)
		e = ladder_complete(work, &given, ladder);
	if (e == ERR_ITEMS)
		import_fault_range(work, column, e, 1, LADDER_RUNGS_MAX);
	else if (e)
		import_fault(work, column, e);
	else
		import_note(work, column, none ? TEXT("") : ladder_in_yuan(work, &given));
}

static void fault_quantity(struct import_work *work, enum import_column column, enum err e,
			   int64_t min)
{
	if (e == ERR_RANGE)
		import_fault_range(work, column, e, min, QUANTITY_MAX);
	else
		import_fault(work, column, e);
}

void import_minimum_read(struct import_work *work, struct text cell)
{
	struct text clean = cell_fold(work->arena, cell);
	int64_t minimum = 1;

	work->out_of_memory |= !clean.at;
	if (clean.size > 0)
		work->minimum_fault = quantity_take(work, clean, &minimum);
	if (!work->minimum_fault && minimum == 0)
		work->minimum_fault = ERR_MOQ_ZERO;
	work->minimum = work->minimum_fault ? 0 : minimum;
}

void import_take_moq(struct import_work *work, enum import_column column)
{
	if (work->minimum_fault) {
		fault_quantity(work, column, work->minimum_fault, 1);
		return;
	}
	work->result->row.minimum = work->minimum;
	import_note_int(work, column, work->minimum);
}

void import_take_multiple(struct import_work *work, enum import_column column)
{
	int64_t *multiple = &work->result->row.multiple;
	enum err e = work->clean.size ? quantity_take(work, work->clean, multiple) : OK;

	if (!e && *multiple == 0)
		e = ERR_RANGE;
	if (e)
		fault_quantity(work, column, e, 1);
	else
		import_note_int(work, column, *multiple);
}

/* Blank: the category's. */
void import_take_vat(struct import_work *work, enum import_column column)
{
	struct catalogue_row *row = &work->result->row;
	char taken[8];
	enum err e = work->clean.size ? vat_parse(work->clean, &row->vat_kind, &row->vat_rate) : OK;

	if (e)
		import_fault(work, column, e);
	else
		import_note(
			work, column,
			arena_text(work->arena, vat_format(row->vat_kind, row->vat_rate, taken)));
}

void import_take_households(struct import_work *work, enum import_column column)
{
	int64_t *households = &work->result->row.households;
	enum err e =
		import_means_nothing(work->clean) ? OK : households_parse(work->clean, households);

	if (e)
		import_fault_limit(work, column, e, IMPORT_HOUSEHOLDS_MAX);
	else if (*households > 0)
		import_note_int(work, column, *households);
	else
		import_note(work, column, TEXT(""));
}

void import_take_stock(struct import_work *work, enum import_column column)
{
	enum err e = quantity_take(work, work->clean, &work->result->row.stock);

	if (e)
		fault_quantity(work, column, e, 0);
	else
		import_note_int(work, column, work->result->row.stock);
}
