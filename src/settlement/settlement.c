/*
 * Rules of settlement without I/O: the statement's states and its canonical form.
 */
#include "settlement_private.h"

#include "xiangcai/sheet.h"

const char *const statement_words[] = { "prepared", "confirmed", "released", NULL };

const struct transition_of_statement statement_transitions[] = {
	{ STATEMENT_PREPARED, STATEMENT_CONFIRMED, .by = ROLE_SUPPLIER_FINANCE },
	{ STATEMENT_CONFIRMED, STATEMENT_RELEASED, .by = ROLE_RECONCILER },
};
const size_t statement_transition_count = COUNT_OF(statement_transitions);

enum err statement_step(int32_t from, enum statement_state to, struct problems *problems)
{
	for (size_t i = 0; i < COUNT_OF(statement_transitions); i++)
		if ((int32_t)statement_transitions[i].from == from &&
		    statement_transitions[i].to == to)
			return OK;
	return fail(problems, ERR_TRANSITION, AT(""),
		    ARG_TEXT(text_of(word_of(statement_words, from))));
}

static void csv_line(struct buffer *out, const struct statement_line *line)
{
	char id[37], day[11];

	csv_int(out, true, line->number);
	csv_raw(out, false, id_format(line->acceptance, id));
	csv_int(out, false, line->supply_order_number);
	csv_int(out, false, line->line);
	csv_int(out, false, line->sku);
	csv_text(out, false, line->name);
	csv_text(out, false, line->specification);
	csv_raw(out, false, day_format(line->day, day));
	csv_int(out, false, line->quantity);
	csv_int(out, false, line->amount_fen);
	csv_int(out, false, line->tax_fen);
	csv_end(out);
}

void statement_csv(struct buffer *out, const struct list *lines)
{
	buffer_add(out,
		   TEXT("number,acceptance,supply_order_number,line,sku,name,specification,day,"
			"quantity,amount_fen,tax_fen\n"));
	for (size_t i = 0; i < lines->count; i++)
		csv_line(out, LIST_ITEM(*lines, struct statement_line, i));
}
