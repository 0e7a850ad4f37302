/*
 * From what a client sent to what the desk places: terms for every line (from the view where it
 * holds the offer that the client saw, else from the database), prices, faults, and the split into
 * supply orders. Ids and numbers are taken here, so that the desk may run any number of times and
 * still place the same order.
 */
#include "ordering_private.h"

#include <stdlib.h>

static int by_sku(const void *a, const void *b)
{
	const struct submitted_line *x = a, *y = b;

	if (x->sku != y->sku)
		return x->sku < y->sku ? -1 : 1;
	if (x->offer != y->offer)
		return x->offer < y->offer ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static int by_supplier(const void *a, const void *b)
{
	const struct submitted_line *x = a, *y = b;
	int order = id_compare(x->terms->supplier, y->terms->supplier);

	if (order)
		return order;
	return x->position < y->position ? -1 : x->position > y->position;
}

static int by_position(const void *a, const void *b)
{
	const struct submitted_line *x = a, *y = b;

	return x->position < y->position ? -1 : x->position > y->position;
}

void lines_sort_by_position(struct list *lines)
{
	if (lines->count)
		qsort(lines->at, lines->count, sizeof(struct submitted_line), by_position);
}

void lines_sort_by_sku(struct list *lines)
{
	if (lines->count)
		qsort(lines->at, lines->count, sizeof(struct submitted_line), by_sku);
}

static int terms_by_sku(const void *a, const void *b)
{
	const struct terms *x = a, *y = b;

	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

static const struct terms *terms_find(const struct list *terms, int64_t sku)
{
	struct terms key = { .sku = sku };

	if (!terms->count)
		return NULL;
	return bsearch(&key, terms->at, terms->count, sizeof(key), terms_by_sku);
}

/* The lines for which the view did not do, from the database. */
static enum err resolve_from_database(struct db *db, struct arena *arena, struct list *lines,
				      size_t missing)
{
	int64_t *skus = arena_take(arena, missing * sizeof(*skus));
	struct list terms = { 0 };
	size_t count = 0;

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < lines->count; i++) {
		struct submitted_line *line = LIST_ITEM(*lines, struct submitted_line, i);

		if (!line->terms && (!count || skus[count - 1] != line->sku))
			skus[count++] = line->sku;
	}
	enum err e = terms_read(db, skus, count, arena, &terms);
	if (e)
		return e;
	if (terms.count)
		qsort(terms.at, terms.count, sizeof(struct terms), terms_by_sku);
	for (size_t i = 0; i < lines->count; i++) {
		struct submitted_line *line = LIST_ITEM(*lines, struct submitted_line, i);

		if (!line->terms)
			line->terms = terms_find(&terms, line->sku);
	}
	return OK;
}

enum err lines_resolve(struct db *db, const void *view, struct arena *arena, struct list *lines)
{
	size_t missing = 0;

	for (size_t i = 0; i < lines->count; i++) {
		struct submitted_line *line = LIST_ITEM(*lines, struct submitted_line, i);
		const struct terms *terms = view ? view_terms(view, line->sku) : NULL;

		if (terms && (line->offer == INT_NONE || terms->offer == line->offer))
			line->terms = terms;
		else
			missing++;
	}
	return missing ? resolve_from_database(db, arena, lines, missing) : OK;
}

static enum err line_check(struct submitted_line *line, int32_t day, struct problems *problems)
{
	enum line_status status = line_price(line, day);
	enum err e = OK;
	char yuan[24];

	if (line->terms && status != LINE_NOT_ON_SALE && line->terms->offer != line->offer)
		e = fail(problems, ERR_OFFER_STALE,
			 problem_at(problems, "/lines/%lld/offer", (long long)line->position),
			 ARG_INT(line->terms->offer),
			 ARG_TEXT(money_yuan(line->unit_price_fen, yuan)));
	return worse(e, line_fault(problems, line, status, 0));
}

/* Opens the next supply order of the split. */
static struct supply_order *supply_order_open(struct submission *submission, struct arena *arena,
					      const struct actor *actor, int64_t now,
					      struct id supplier)
{
	struct supply_order *order = list_add(&submission->supply_orders, arena, sizeof(*order));

	if (!order)
		return NULL;
	*order = (struct supply_order){
		.id = id_new(now),
		.purchase_order = submission->id,
		.unit = actor->organisation,
		.supplier = supplier,
		.agreement = AGREEMENT_PLACED,
		.terms = submission->terms,
		.ship_within_days = submission->ship_within_days,
		.placed_at = now,
		.confirmed_at = INT_NONE,
		.ship_by = DAY_NONE,
	};
	return order;
}

static enum err split(struct submission *submission, struct arena *arena, const struct actor *actor,
		      int64_t now)
{
	struct supply_order *order = NULL;

	qsort(submission->lines.at, submission->lines.count, sizeof(struct submitted_line),
	      by_supplier);
	for (size_t i = 0; i < submission->lines.count; i++) {
		const struct submitted_line *line =
			LIST_ITEM(submission->lines, struct submitted_line, i);

		if (!order || !id_equal(order->supplier, line->terms->supplier))
			order = supply_order_open(submission, arena, actor, now,
						  line->terms->supplier);
		if (!order)
			return ERR_MEMORY;
		order->line_count++;
		if (money_add(order->amount_fen, line->amount_fen, &order->amount_fen) ||
		    money_add(submission->amount_fen, line->amount_fen, &submission->amount_fen))
			return ERR_AMOUNT_RANGE;
		order->tax_fen += line->tax_fen;
		submission->tax_fen += line->tax_fen;
	}
	submission->line_count = (int64_t)submission->lines.count;
	submission->supply_order_count = (int64_t)submission->supply_orders.count;
	return OK;
}

static enum err numbers_give(struct app *app, struct arena *arena, struct submission *submission)
{
	int64_t first, counter;
	char *code = arena_take(arena, 11);

	if (!code)
		return ERR_MEMORY;
	enum err e = numbers_take(app, NUMBER_PURCHASE_ORDER, 1, &submission->number);
	if (e)
		return e;
	e = numbers_take(app, NUMBER_PAYMENT_CODE, 1, &counter);
	if (e)
		return e;
	submission->payment_code = payment_code_make(counter, code);
	e = numbers_take(app, NUMBER_SUPPLY_ORDER, submission->supply_orders.count, &first);
	if (e)
		return e;
	for (size_t i = 0; i < submission->supply_orders.count; i++)
		LIST_ITEM(submission->supply_orders, struct supply_order, i)->number =
			first + (int64_t)i;
	return OK;
}

enum err submission_prepare(struct app *app, struct db *db, const void *view, struct arena *arena,
			    struct problems *problems, const struct actor *actor, int64_t now,
			    struct submission *submission)
{
	enum err outcome = OK;

	submission->id = id_new(now);
	submission->submitted_at = now;
	for (size_t i = 0; i < submission->lines.count; i++)
		LIST_ITEM(submission->lines, struct submitted_line, i)->position = (int64_t)i;
	lines_sort_by_sku(&submission->lines);
	lines_merge(&submission->lines);
	enum err e = lines_resolve(db, view, arena, &submission->lines);
	if (e)
		return e;
	lines_sort_by_position(&submission->lines);
	for (size_t i = 0; i < submission->lines.count; i++)
		outcome = worse(outcome,
				line_check(LIST_ITEM(submission->lines, struct submitted_line, i),
					   day_of(now), problems));
	if (outcome)
		return outcome;
	e = split(submission, arena, actor, now);
	return e ? e : numbers_give(app, arena, submission);
}
