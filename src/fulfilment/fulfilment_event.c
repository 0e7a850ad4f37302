/*
 * The events of fulfilment. Each locks the supply order first, reads what it needs under that lock,
 * applies the rule, writes, and leaves contended rows (stock, balances of accounts) to the end.
 * They may run again: what they fill into the argument is computed anew.
 */
#include "fulfilment_private.h"

#include <stdlib.h>

enum side { SIDE_SUPPLIER, SIDE_UNIT };

/* Locks the order for the actor's side of it and reads its lines; somebody else's is not found. */
static enum err order_load(struct tx *tx, struct id supply_order, enum side side,
			   struct order_state *state)
{
	enum err e = supply_order_lock(tx->db, supply_order, tx->actor, &state->order);
	if (e)
		return e;
	struct id owner = side == SIDE_SUPPLIER ? state->order.supplier : state->order.unit;
	if (!id_equal(owner, tx->actor->organisation))
		return ERR_NOT_FOUND;
	return order_lines_read(tx->db, supply_order, tx->arena, &state->lines);
}

/*
 * What follows the confirmation needs one. Before it there is no progress to lock: asking for it
 * would lock the gap into which other confirmations insert theirs.
 */
static enum err confirmed_state_load(struct tx *tx, struct id supply_order, enum side side,
				     struct order_state *state)
{
	enum err e = order_load(tx, supply_order, side, state);
	if (e)
		return e;
	if (state->order.agreement != AGREEMENT_CONFIRMED)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(word_of(agreement_words, state->order.agreement))));
	return line_progress_lock(tx->db, supply_order, tx->arena, &state->progress);
}

static enum err add_movement(struct tx *tx, struct list *movements, enum measure measure,
			     const struct order_state *state, int64_t line, int64_t quantity)
{
	const struct order_line *ordered = state_line(state, line);
	struct movement *movement;

	if (!quantity)
		return OK;
	movement = list_add(movements, tx->arena, sizeof(*movement));
	if (!movement)
		return ERR_MEMORY;
	*movement = (struct movement){
		.event = tx->event,
		.number = (int64_t)movements->count,
		.measure = (int32_t)measure,
		.day = tx->day,
		.channel = CHANNEL_ONLINE,
		.supply_order = state->order.id,
		.line = line,
		.unit = state->order.unit,
		.supplier = state->order.supplier,
		.county = ordered->county,
		.category = ordered->category,
		.quantity = quantity,
		.fen = quantity * ordered->unit_price_fen,
	};
	return OK;
}

/* ---- confirmation ---- */

static const struct field declined_reply_fields[] = {
	{ "supply_order", KIND_ID, FIELD_AT(confirmation, supply_order) },
	{ "agreement", KIND_WORD, FIELD_AT(confirmation, agreement), .words = agreement_words },
	{ "agreed_fen", KIND_FEN, FIELD_AT(confirmation, agreed_fen) },
	{ "ship_by", KIND_DAY, FIELD_AT(confirmation, ship_by), .optional = true },
};

static enum err confirmation_write(struct tx *tx, struct confirmation *confirmation,
				   struct order_state *state)
{
	const struct supply_balance balance = {
		.supply_order = state->order.id,
		.unit = state->order.unit,
		.supplier = state->order.supplier,
		.agreed_fen = confirmation->agreed_fen,
	};
	struct list movements = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < state->progress.count; i++) {
		const struct line_progress *progress =
			LIST_ITEM(state->progress, struct line_progress, i);

		e = add_movement(tx, &movements, MEASURE_CONFIRMED, state, progress->line,
				 progress->confirmed);
	}
	if (!e)
		e = declined_lines_insert(tx->db, &confirmation->declined);
	if (!e)
		e = line_progress_insert(tx->db, state->progress.at, state->progress.count);
	if (!e)
		e = supply_balance_insert(tx->db, &balance, 1);
	if (!e)
		e = movements_insert(tx->db, movements.at, movements.count);
	return e;
}

static int by_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/* Stock of declined lines, in order of SKU: an order names each SKU once. */
static enum err declined_stock(struct tx *tx, const struct order_state *state, struct list *stocks)
{
	for (size_t i = 0; i < state->progress.count; i++) {
		const struct line_progress *progress =
			LIST_ITEM(state->progress, struct line_progress, i);
		struct stock *stock;

		if (!progress->declined)
			continue;
		stock = list_add(stocks, tx->arena, sizeof(*stock));
		if (!stock)
			return ERR_MEMORY;
		stock->sku = LIST_ITEM(state->lines, struct order_line, i)->sku;
		stock->available = progress->declined;
	}
	if (stocks->count)
		qsort(stocks->at, stocks->count, sizeof(struct stock), by_sku);
	return OK;
}

enum err supply_order_confirm(struct tx *tx, void *arg)
{
	struct confirmation *confirmation = arg;
	struct order_state state = { 0 };
	struct list stocks = { 0 };

	enum err e = order_load(tx, confirmation->supply_order, SIDE_SUPPLIER, &state);
	if (e)
		return e;
	if (state.order.agreement != AGREEMENT_PLACED)
		return agreement_next((enum agreement)state.order.agreement, CONFIRM, tx->problems,
				      &confirmation->agreement);
	e = confirmation_apply(confirmation, &state, tx->arena, tx->problems);
	if (e)
		return e;
	state.order.agreement = confirmation->agreement;
	state.order.confirmed_at = tx->now;
	state.order.ship_by = confirmation->agreement == AGREEMENT_CONFIRMED
				      ? tx->day + (int32_t)state.order.ship_within_days
				      : DAY_NONE;
	confirmation->ship_by = state.order.ship_by;
	e = supply_order_answer(tx->db, &state.order);
	if (e)
		return e;
	e = confirmation_write(tx, confirmation, &state);
	if (e)
		return e;
	e = audit_event(tx, &(struct audit_note){ .kind = "supply_order.answered",
						  .object = state.order.id,
						  .fields = declined_reply_fields,
						  .field_count = COUNT_OF(declined_reply_fields),
						  .after = confirmation });
	if (e)
		return e;
	e = declined_stock(tx, &state, &stocks);
	return e || !stocks.count ? e : stock_release(tx, stocks.at, stocks.count);
}

/* ---- shipment and receipt ---- */

enum err ship(struct tx *tx, void *arg)
{
	struct shipment *shipment = arg;
	struct order_state state = { 0 };
	struct list movements = { 0 };

	enum err e = confirmed_state_load(tx, shipment->supply_order, SIDE_SUPPLIER, &state);
	if (e)
		return e;
	e = shipment_apply(shipment, &state, tx->arena, tx->problems);
	if (e)
		return e;
	shipment->shipped_at = tx->now;
	shipment->shipped_by = tx->actor->user;
	for (size_t i = 0; !e && i < shipment->lines.count; i++) {
		const struct shipment_line *line =
			LIST_ITEM(shipment->lines, struct shipment_line, i);

		e = add_movement(tx, &movements, MEASURE_SHIPPED, &state, line->line,
				 line->quantity);
	}
	if (!e)
		e = shipment_insert(tx->db, shipment);
	if (!e)
		e = line_progress_write(tx->db, state.progress.at, state.progress.count);
	if (!e)
		e = movements_insert(tx->db, movements.at, movements.count);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "shipment.created",
						     .object = shipment->id,
						     .fields = shipment_fields,
						     .field_count = shipment_field_count,
						     .after = shipment });
}

enum err receive(struct tx *tx, void *arg)
{
	struct receipt *receipt = arg;
	struct order_state state = { 0 };

	enum err e = confirmed_state_load(tx, receipt->supply_order, SIDE_UNIT, &state);
	if (e)
		return e;
	e = shipment_lines_lock(tx->db, receipt->shipment, receipt->supply_order, tx->arena,
				&state.parcel);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/shipment"));
	if (e)
		return e;
	e = receipt_apply(receipt, &state, tx->arena, tx->problems);
	if (e)
		return e;
	receipt->received_at = tx->now;
	receipt->received_by = tx->actor->user;
	e = receipt_insert(tx->db, receipt);
	if (!e)
		e = shipment_lines_write(tx->db, &state.parcel);
	if (!e)
		e = line_progress_write(tx->db, state.progress.at, state.progress.count);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "receipt.created",
						     .object = receipt->id,
						     .fields = receipt_fields,
						     .field_count = receipt_field_count,
						     .after = receipt });
}

/* ---- acceptance ---- */

static enum err acceptance_write(struct tx *tx, struct acceptance *acceptance,
				 const struct order_state *state)
{
	struct list movements = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < acceptance->lines.count; i++) {
		const struct acceptance_line *line =
			LIST_ITEM(acceptance->lines, struct acceptance_line, i);

		e = add_movement(tx, &movements, MEASURE_ACCEPTED, state, line->line,
				 line->accepted);
	}
	if (!e)
		e = acceptance_insert(tx->db, acceptance);
	if (!e)
		e = shipment_lines_write(tx->db, &state->parcel);
	if (!e)
		e = line_progress_write(tx->db, state->progress.at, state->progress.count);
	if (!e)
		e = movements_insert(tx->db, movements.at, movements.count);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "acceptance.created",
						     .object = acceptance->id,
						     .fields = acceptance_fields,
						     .field_count = acceptance_field_count,
						     .after = acceptance });
}

/* Books what was accepted; the balances of the accounts come last of all. */
static enum err acceptance_book(struct tx *tx, const struct acceptance *acceptance,
				int64_t rejected_fen)
{
	struct journal journals[3];
	struct list balances = { 0 };
	size_t count = 0;

	enum err e =
		supply_balances_lock(tx->db, &acceptance->supply_order, 1, tx->arena, &balances);
	if (e)
		return e;
	assert(balances.count == 1);
	struct supply_balance *balance = LIST_ITEM(balances, struct supply_balance, 0);
	e = book_acceptance(balance, acceptance->id, acceptance->accepted_fen, rejected_fen,
			    journals, &count);
	if (e)
		return e;
	e = supply_balances_write(tx->db, balance, 1);
	return e ? e : journals_post(tx, journals, count);
}

enum err goods_accept(struct tx *tx, void *arg)
{
	struct acceptance *acceptance = arg;
	struct order_state state = { 0 };
	int64_t rejected_fen = 0;

	enum err e = confirmed_state_load(tx, acceptance->supply_order, SIDE_UNIT, &state);
	if (e)
		return e;
	e = shipment_lines_lock(tx->db, acceptance->shipment, acceptance->supply_order, tx->arena,
				&state.parcel);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/shipment"));
	if (e)
		return e;
	e = acceptance_apply(acceptance, &state, &rejected_fen, tx->arena, tx->problems);
	if (e)
		return e;
	acceptance->supplier = state.order.supplier;
	acceptance->day = tx->day;
	acceptance->accepted_at = tx->now;
	acceptance->accepted_by = tx->actor->user;
	e = acceptance_write(tx, acceptance, &state);
	return e ? e : acceptance_book(tx, acceptance, rejected_fen);
}

enum err fulfilment_verify(struct app *app, struct db *db, struct arena *arena,
			   struct verdict *verdict)
{
	(void)app;
	(void)arena;
	return checks_run(db, fulfilment_checks, fulfilment_check_count, verdict);
}
