/*
 * The order desk's function: places all orders of a batch with multi-row statements, and takes the
 * summed demand of the whole batch from the stock last, with one statement that cannot go below
 * zero. Whoever cannot be served makes the whole batch fail; it is then called again for each order
 * alone, and says for that one which lines are at fault.
 */
#include "ordering_private.h"

#include <stdlib.h>

/* The rows of a batch, one array a table. */
struct desk {
	struct list purchase_orders, supply_orders, lines, movements, stocks, notes;
};

static enum err add_purchase_order(struct desk *desk, struct arena *arena,
				   const struct batch_item *item)
{
	const struct submission *submission = item->arg;
	struct purchase_order *order = list_add(&desk->purchase_orders, arena, sizeof(*order));
	struct audit_note *note = list_add(&desk->notes, arena, sizeof(*note));

	if (!order || !note)
		return ERR_MEMORY;
	*order = (struct purchase_order){
		.id = submission->id,
		.number = submission->number,
		.unit = item->actor->organisation,
		.placed_by = item->actor->user,
		.terms = submission->terms,
		.payment_code = submission->payment_code,
		.ship_within_days = submission->ship_within_days,
		.delivery_address = submission->delivery_address,
		.note = submission->note,
		.line_count = submission->line_count,
		.supply_order_count = submission->supply_order_count,
		.amount_fen = submission->amount_fen,
		.tax_fen = submission->tax_fen,
		.submitted_at = item->now,
	};
	*note = (struct audit_note){
		.kind = "purchase_order.submitted",
		.object = submission->id,
		.fields = submission_reply_fields,
		.field_count = submission_reply_field_count,
		.after = submission,
	};
	return OK;
}

static enum err add_line(struct desk *desk, struct arena *arena, const struct batch_item *item,
			 const struct submitted_line *from, const struct supply_order *order,
			 int64_t line, int64_t number)
{
	struct order_line *row = list_add(&desk->lines, arena, sizeof(*row));
	struct movement *movement = list_add(&desk->movements, arena, sizeof(*movement));
	struct stock *stock = list_add(&desk->stocks, arena, sizeof(*stock));

	if (!row || !movement || !stock)
		return ERR_MEMORY;
	*row = (struct order_line){
		.supply_order = order->id,
		.line = line,
		.sku = from->sku,
		.revision = from->terms->revision,
		.offer = from->offer,
		.quantity = from->quantity,
		.unit_price_fen = from->unit_price_fen,
		.amount_fen = from->amount_fen,
		.vat_kind = from->terms->vat_kind,
		.vat_rate = from->terms->vat_rate,
		.tax_fen = from->tax_fen,
		.county = from->terms->county,
		.category = from->terms->category,
	};
	*movement = (struct movement){
		.event = item->event,
		.number = number,
		.measure = MEASURE_ORDERED,
		.day = day_of(item->now),
		.channel = CHANNEL_ONLINE,
		.supply_order = order->id,
		.line = line,
		.unit = order->unit,
		.supplier = order->supplier,
		.county = from->terms->county,
		.category = from->terms->category,
		.quantity = from->quantity,
		.fen = from->amount_fen,
	};
	*stock = (struct stock){ .sku = from->sku,
				 .available = from->quantity,
				 .offer = from->offer };
	return OK;
}

/* The lines stand in order of supplier, as the supply orders do. */
static enum err add_lines(struct desk *desk, struct arena *arena, const struct batch_item *item)
{
	const struct submission *submission = item->arg;
	size_t at = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < submission->supply_orders.count; i++) {
		const struct supply_order *from =
			LIST_ITEM(submission->supply_orders, struct supply_order, i);
		struct supply_order *order = list_add(&desk->supply_orders, arena, sizeof(*order));

		if (!order)
			return ERR_MEMORY;
		*order = *from;
		for (int64_t line = 1; !e && line <= from->line_count; line++, at++)
			e = add_line(desk, arena, item,
				     LIST_ITEM(submission->lines, struct submitted_line, at), from,
				     line, (int64_t)at + 1);
	}
	return e;
}

static int by_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/* Sums the demand per SKU. Two offers of one SKU cannot both be current. */
static enum err sum_demand(struct list *stocks)
{
	struct stock *at = stocks->at;
	size_t kept = 0;

	if (stocks->count)
		qsort(at, stocks->count, sizeof(*at), by_sku);
	for (size_t i = 0; i < stocks->count; i++) {
		if (kept && at[kept - 1].sku == at[i].sku) {
			if (at[kept - 1].offer != at[i].offer)
				return ERR_OFFER_STALE;
			at[kept - 1].available += at[i].available;
		} else {
			at[kept++] = at[i];
		}
	}
	stocks->count = kept;
	return OK;
}

/* ---- why a lone order was refused ---- */

static const struct stock *stock_of(const struct list *stocks, int64_t sku)
{
	const struct stock key = { .sku = sku };

	return stocks->count ? bsearch(&key, stocks->at, stocks->count, sizeof(key), by_sku) : NULL;
}

/*
 * The stock as it stands for this order, in order of SKU. Its own statements may have taken the
 * first @taken of its demand before one was refused: that much is not missing.
 */
static enum err stock_now(struct tx *tx, const struct desk *desk, size_t taken, struct list *out)
{
	size_t count = desk->stocks.count;
	int64_t *skus = arena_take(tx->arena, count * sizeof(*skus));

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		skus[i] = LIST_ITEM(desk->stocks, struct stock, i)->sku;
	enum err e = stock_read(tx->db, skus, count, tx->arena, out);
	if (e || !out->count)
		return e;
	qsort(out->at, out->count, sizeof(struct stock), by_sku);
	for (size_t i = 0; i < taken && i < count; i++) {
		const struct stock *own = LIST_ITEM(desk->stocks, struct stock, i);
		struct stock key = { .sku = own->sku };
		struct stock *stock = bsearch(&key, out->at, out->count, sizeof(key), by_sku);

		if (stock)
			stock->available += own->available;
	}
	return OK;
}

static int terms_by_sku(const void *a, const void *b)
{
	const struct terms *x = a, *y = b;

	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/* The current terms of all lines whose offer is not the current one, in order of SKU. */
static enum err terms_now(struct tx *tx, const struct list *lines, const struct list *stocks,
			  struct list *out)
{
	int64_t *skus = arena_take(tx->arena, lines->count * sizeof(*skus));
	size_t count = 0;

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < lines->count; i++) {
		const struct submitted_line *line = LIST_ITEM(*lines, struct submitted_line, i);
		const struct stock *stock = stock_of(stocks, line->sku);

		if (stock && stock->on_sale && stock->offer != line->offer)
			skus[count++] = line->sku;
	}
	enum err e = terms_read(tx->db, skus, count, tx->arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct terms), terms_by_sku);
	return e;
}

static enum err line_explain(struct problems *problems, const struct submitted_line *line,
			     const struct stock *stock, const struct list *terms)
{
	const struct terms key = { .sku = line->sku }, *now;
	char yuan[24];

	if (!stock || !stock->on_sale)
		return line_fault(problems, line, LINE_NOT_ON_SALE, 0);
	if (stock->offer == line->offer)
		return stock->available < line->quantity
			       ? line_fault(problems, line, LINE_SHORT, stock->available)
			       : OK;
	now = terms->count ? bsearch(&key, terms->at, terms->count, sizeof(key), terms_by_sku)
			   : NULL;
	if (!now || !now->ladder.count)
		return line_fault(problems, line, LINE_NOT_ON_SALE, 0);
	return fail(problems, ERR_OFFER_STALE,
		    problem_at(problems, "/lines/%lld/offer", (long long)line->position),
		    ARG_INT(now->offer),
		    ARG_TEXT(money_yuan(ladder_rung(&now->ladder, line->quantity)->unit_price_fen,
					yuan)));
}

/* What changed or ran out since the lines were priced; called when the stock of a lone order could
 * not be taken. */
static enum err explain_stock(struct tx *tx, const struct batch_item *item, const struct desk *desk,
			      size_t taken)
{
	const struct submission *submission = item->arg;
	struct list stocks = { 0 }, terms = { 0 };
	enum err outcome = OK;

	enum err e = stock_now(tx, desk, taken, &stocks);
	if (!e)
		e = terms_now(tx, &submission->lines, &stocks, &terms);
	if (e)
		return e;
	for (size_t i = 0; i < submission->lines.count; i++) {
		const struct submitted_line *line =
			LIST_ITEM(submission->lines, struct submitted_line, i);

		outcome = worse(outcome, line_explain(item->problems, line,
						      stock_of(&stocks, line->sku), &terms));
	}
	return outcome ? outcome : ERR_DB_CONFLICT; /* it came back meanwhile: try again */
}

/* ---- placing ---- */

static enum err write_orders(struct tx *tx, struct desk *desk, struct batch_item *const *items)
{
	enum err e = purchase_orders_insert(tx->db, desk->purchase_orders.at,
					    desk->purchase_orders.count);
	if (e)
		return e;
	e = supply_orders_insert(tx->db, desk->supply_orders.at, desk->supply_orders.count);
	if (e)
		return e;
	e = order_lines_insert(tx->db, desk->lines.at, desk->lines.count);
	if (e)
		return e;
	e = movements_insert(tx->db, desk->movements.at, desk->movements.count);
	if (e)
		return e;
	return audit_batch(tx, items, desk->notes.at, desk->notes.count);
}

enum err order_desk(struct tx *tx, struct batch_item *const *items, size_t count)
{
	struct desk desk = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < count; i++) {
		e = add_purchase_order(&desk, tx->arena, items[i]);
		if (!e)
			e = add_lines(&desk, tx->arena, items[i]);
	}
	if (e)
		return e;
	e = sum_demand(&desk.stocks);
	if (e)
		return count == 1 ? explain_stock(tx, items[0], &desk, 0) : e;
	e = write_orders(tx, &desk, items);
	if (e)
		return e;
	e = stock_take(tx, desk.stocks.at, desk.stocks.count);
	/* an update counts twice; of the statement that was refused nothing is counted */
	if (e == ERR_STOCK_SHORT && count == 1)
		return explain_stock(tx, items[0], &desk, db_affected(tx->db) / 2);
	return e;
}
