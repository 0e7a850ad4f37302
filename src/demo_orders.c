/*
 * The planned orders, done by the functions behind the API: the order desk places them, suppliers
 * confirm and ship, units receive and accept, bank credits are claimed. A block of orders with all
 * that follows from them is one transaction; each event in it has its own actor, instant and audit
 * row, as if it had come by itself.
 */
#include "demo.h"

#include "command.h"

/* Days from the placing; the acceptance is on the planned day. */
enum { CONFIRMED_AFTER = 1, PAID_AFTER = 2, SHIPPED_AFTER = 3, RECEIVED_AFTER = 5 };

struct block {
	struct demo_run *run;
	size_t first, count;
};

/* The transaction as it looks to one event of the block. */
static struct tx event_tx(const struct tx *tx, struct actor *actor, struct id organisation,
			  int32_t day, int64_t hour)
{
	struct tx one = *tx;

	actor->organisation = organisation;
	one.actor = actor;
	one.now = day_start(day) + hour * 3600 * SECOND_US;
	one.day = day;
	one.event = id_new(one.now);
	return one;
}

/* ---- placing ---- */

static enum err submission_fill(struct demo_run *run, const struct demo_order *order,
				struct arena *arena, struct submission *out)
{
	const struct demo_unit *unit = LIST_ITEM(run->data.units, struct demo_unit, order->unit);

	*out = (struct submission){ .terms = order->terms,
				    .ship_within_days = 7,
				    .delivery_address = unit->name,
				    .note = TEXT("") };
	for (size_t i = 0; i < order->lines.count; i++) {
		const struct demo_line *from = LIST_ITEM(order->lines, struct demo_line, i);
		const struct demo_listing *listing =
			LIST_ITEM(run->data.listings, struct demo_listing, from->listing);
		struct submitted_line *line = list_add(&out->lines, arena, sizeof(*line));

		if (!line)
			return ERR_MEMORY;
		line->sku = listing->sku;
		line->offer = listing->offer;
		line->quantity = from->quantity;
	}
	return OK;
}

static enum err place_block(struct tx *tx, const struct block *block,
			    struct submission *submissions)
{
	struct demo_run *run = block->run;
	struct batch_item *items = arena_take(tx->arena, block->count * sizeof(*items));
	struct batch_item **places = arena_take(tx->arena, block->count * sizeof(*places));
	struct actor *actors = arena_take(tx->arena, block->count * sizeof(*actors));

	if (!items || !places || !actors)
		return ERR_MEMORY;
	for (size_t i = 0; i < block->count; i++) {
		const struct demo_order *order =
			LIST_ITEM(run->plan.orders, struct demo_order, block->first + i);
		int64_t now = day_start(order->placed) + 10 * 3600 * SECOND_US;

		actors[i] = run->clerk;
		actors[i].organisation =
			LIST_ITEM(run->data.units, struct demo_unit, order->unit)->id;
		enum err e = submission_fill(run, order, tx->arena, &submissions[i]);
		if (!e)
			e = submission_prepare(tx->app, tx->db, NULL, tx->arena, tx->problems,
					       &actors[i], now, &submissions[i]);
		if (e)
			return e;
		places[i] = &items[i];
		items[i] = (struct batch_item){ .actor = &actors[i],
						.event = id_new(now),
						.request_id = TEXT("demo"),
						.address = TEXT(""),
						.now = now,
						.arg = &submissions[i],
						.weight = submissions[i].lines.count,
						.arena = tx->arena,
						.problems = tx->problems };
	}
	return order_desk(tx, places, block->count);
}

/* ---- what follows ---- */

/* A supply order on its way through the block. */
struct passage {
	struct demo_run *run;
	const struct demo_order *order;
	const struct supply_order *supply_order;
	const struct submission *submission;
	size_t first_line; /* of the supply order among the submission's lines */
	int64_t due_fen;   /* agreed less rejected */
};

static struct demo_fate fate_of(const struct passage *passage, int64_t line)
{
	const struct submitted_line *submitted =
		LIST_ITEM(passage->submission->lines, struct submitted_line,
			  passage->first_line + (size_t)line - 1);

	return demo_fate((enum demo_outcome)passage->order->outcome, line, submitted->quantity);
}

static enum err confirm_one(const struct tx *tx, struct passage *passage, struct actor *actor)
{
	struct tx one = event_tx(tx, actor, passage->supply_order->supplier,
				 passage->order->placed + CONFIRMED_AFTER, 9);
	struct confirmation confirmation = { .supply_order = passage->supply_order->id };

	for (int64_t line = 1; line <= passage->supply_order->line_count; line++) {
		struct declined_line *declined;

		if (!fate_of(passage, line).declined)
			continue;
		declined = list_add(&confirmation.declined, tx->arena, sizeof(*declined));
		if (!declined)
			return ERR_MEMORY;
		declined->line = line;
		declined->reason = TEXT("暂时缺货");
	}
	return supply_order_confirm(&one, &confirmation);
}

/* Ships the first part of each line, or what the first left. */
static enum err ship_one(const struct tx *tx, struct passage *passage, struct actor *actor,
			 bool second, struct id *shipment)
{
	struct tx one = event_tx(tx, actor, passage->supply_order->supplier,
				 passage->order->placed + SHIPPED_AFTER + second, 14);
	struct shipment sent = { .id = id_new(one.now),
				 .supply_order = passage->supply_order->id,
				 .carrier = TEXT("示例物流（演示）"),
				 .tracking_number =
					 arena_print(tx->arena, "DEMO%lld%c",
						     (long long)passage->supply_order->number,
						     second ? 'B' : 'A') };

	*shipment = NO_ID;
	for (int64_t line = 1; line <= passage->supply_order->line_count; line++) {
		struct demo_fate fate = fate_of(passage, line);
		int64_t quantity =
			second ? fate.shipped - fate.first_shipment : fate.first_shipment;
		struct shipment_line *row;

		if (!quantity)
			continue;
		row = list_add(&sent.lines, tx->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		row->line = line;
		row->quantity = quantity;
	}
	if (!sent.lines.count)
		return OK;
	*shipment = sent.id;
	return ship(&one, &sent);
}

static enum err receive_one(const struct tx *tx, struct passage *passage, struct actor *actor,
			    struct id shipment, bool two)
{
	struct tx one = event_tx(tx, actor, passage->supply_order->unit,
				 passage->order->placed + RECEIVED_AFTER, 10);
	struct receipt receipt = { .id = id_new(one.now),
				   .supply_order = passage->supply_order->id,
				   .shipment = shipment };
	bool any = two;

	for (int64_t line = 1; !two && line <= passage->supply_order->line_count; line++) {
		int64_t quantity = fate_of(passage, line).received;
		struct receipt_line *row;

		if (!quantity)
			continue;
		any = true;
		row = list_add(&receipt.lines, tx->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		row->line = line;
		row->quantity = quantity;
	}
	return any ? receive(&one, &receipt) : OK;
}

static enum err accept_one(const struct tx *tx, struct passage *passage, struct actor *actor,
			   struct id shipment, bool two)
{
	struct tx one =
		event_tx(tx, actor, passage->supply_order->unit, passage->order->decided, 15);
	struct acceptance acceptance = { .id = id_new(one.now),
					 .supply_order = passage->supply_order->id,
					 .shipment = shipment };
	bool any = two;

	for (int64_t line = 1; !two && line <= passage->supply_order->line_count; line++) {
		struct demo_fate fate = fate_of(passage, line);
		struct acceptance_line *row;

		if (!fate.accepted && !fate.rejected)
			continue;
		any = true;
		row = list_add(&acceptance.lines, tx->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		row->line = line;
		row->accepted = fate.accepted;
		row->rejected = fate.rejected;
		row->reason = fate.rejected ? TEXT("包装破损") : TEXT("");
	}
	return any ? goods_accept(&one, &acceptance) : OK;
}

/* One shipment, or two of which each is received and accepted whole. */
static enum err deliver(const struct tx *tx, struct passage *passage, struct actor *actor)
{
	bool two = passage->order->outcome == DEMO_TWO_SHIPMENTS;
	struct id shipment;
	enum err e = OK;

	for (int part = 0; !e && part <= (int)two; part++) {
		e = ship_one(tx, passage, actor, part == 1, &shipment);
		if (e || id_is_none(shipment))
			continue;
		e = receive_one(tx, passage, actor, shipment, two);
		if (!e)
			e = accept_one(tx, passage, actor, shipment, two);
	}
	return e;
}

/* What the unit transfers, and the claim that ties it to the order. */
static enum err pay(const struct tx *tx, struct demo_run *run, const struct demo_order *order,
		    const struct submission *submission, int32_t day, int64_t due_fen,
		    struct actor *actor)
{
	const struct demo_unit *unit = LIST_ITEM(run->data.units, struct demo_unit, order->unit);
	struct tx one = event_tx(tx, actor, run->clerk.organisation, day, 11);
	struct bank_credit credit = {
		.id = id_new(one.now),
		.bank_account = run->bank_account,
		.serial = arena_print(tx->arena, "DEMO-%lld", (long long)submission->number),
		.day = day,
		.amount_fen = due_fen,
		.payer_name = unit->name,
		.remark = arena_print(tx->arena, "货款 %.*s", TEXT_FMT(submission->payment_code)),
	};

	if (due_fen <= 0)
		return OK;
	actor->user = run->reconcilers[0];
	actor->roles = ROLE_RECONCILER;
	enum err e = bank_credit_enter(&one, &credit);
	if (!e) {
		struct claim claim = { .id = id_new(one.now),
				       .bank_credit = credit.id,
				       .payment_code = submission->payment_code };

		one.event = id_new(one.now);
		e = credit_claim(&one, &claim);
	}
	*actor = run->clerk;
	return e;
}

/* What the order will owe in the end, or what it may be asked ahead. */
static int64_t order_due(struct demo_run *run, const struct demo_order *order,
			 const struct submission *submission, bool ahead)
{
	struct passage passage = { .run = run, .order = order, .submission = submission };
	int64_t due = 0;

	for (size_t i = 0; i < submission->supply_orders.count; i++) {
		passage.supply_order = LIST_ITEM(submission->supply_orders, struct supply_order, i);
		for (int64_t line = 1; line <= passage.supply_order->line_count; line++) {
			const struct submitted_line *submitted =
				LIST_ITEM(submission->lines, struct submitted_line,
					  passage.first_line + (size_t)line - 1);
			struct demo_fate fate = fate_of(&passage, line);

			if (!fate.declined)
				due += submitted->amount_fen -
				       (ahead ? 0 : fate.rejected * submitted->unit_price_fen);
		}
		passage.first_line += (size_t)passage.supply_order->line_count;
	}
	return due;
}

static enum err follow_order(const struct tx *tx, struct demo_run *run,
			     const struct demo_order *order, const struct submission *submission)
{
	struct actor actor = run->clerk;
	struct passage passage = { .run = run, .order = order, .submission = submission };
	bool ahead = order->terms == PAY_FIRST;
	enum err e = OK;

	if (order->outcome == DEMO_PLACED)
		return OK;
	for (size_t i = 0; !e && i < submission->supply_orders.count; i++) {
		passage.supply_order = LIST_ITEM(submission->supply_orders, struct supply_order, i);
		e = confirm_one(tx, &passage, &actor);
		passage.first_line += (size_t)passage.supply_order->line_count;
	}
	if (!e && order->paid && ahead)
		e = pay(tx, run, order, submission, order->placed + PAID_AFTER,
			order_due(run, order, submission, true), &actor);
	passage.first_line = 0;
	for (size_t i = 0; !e && i < submission->supply_orders.count; i++) {
		passage.supply_order = LIST_ITEM(submission->supply_orders, struct supply_order, i);
		if (order->outcome != DEMO_DECLINED)
			e = deliver(tx, &passage, &actor);
		passage.first_line += (size_t)passage.supply_order->line_count;
	}
	if (!e && order->paid && !ahead)
		e = pay(tx, run, order, submission, order->decided,
			order_due(run, order, submission, false), &actor);
	return e;
}

static enum err do_block(struct tx *tx, void *arg)
{
	const struct block *block = arg;
	struct submission *submissions = arena_take(tx->arena, block->count * sizeof(*submissions));
	struct list trail = { 0 };
	struct tx later = *tx;

	if (!submissions)
		return ERR_MEMORY;
	enum err e = place_block(tx, block, submissions);
	audit_later(&later, &trail);
	for (size_t i = 0; !e && i < block->count; i++)
		e = follow_order(
			&later, block->run,
			LIST_ITEM(block->run->plan.orders, struct demo_order, block->first + i),
			&submissions[i]);
	return e ? e : audit_write(&later);
}

bool demo_orders(struct demo_run *run)
{
	struct arena *arena = arena_new(MIB(256));
	struct arena *lasting = run->step.arena;
	bool done = arena != NULL;

	run->step.arena = arena;
	for (size_t first = 0; done && first < run->plan.orders.count; first += DEMO_BLOCK_ORDERS) {
		struct block block = { run, first, run->plan.orders.count - first };

		if (block.count > DEMO_BLOCK_ORDERS)
			block.count = DEMO_BLOCK_ORDERS;
		done = demo_step(run, "placing orders",
				 arena_print(arena, "demo-orders-%zu", first), do_block, &block);
		arena_reset(arena);
	}
	run->step.arena = lasting;
	arena_free(arena);
	return done;
}

/* ---- statements ---- */

enum { STATED_SUPPLIERS = 12, STATED_MONTHS = 12 };

static bool statement_of(struct demo_run *run, const struct demo_supplier *supplier, int32_t month)
{
	event_fn *const steps[] = { statement_prepare, statement_confirm, statement_release };
	struct statement statement = { .id = id_new(day_start(month_last(month) + 3)),
				       .supplier = supplier->id,
				       .month = month,
				       .held_fen = INT_NONE,
				       .confirmed_at = INT_NONE,
				       .released_at = INT_NONE };

	if (numbers_take(run->app, NUMBER_STATEMENT, 1, &statement.number))
		return false;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		run->step.actor = run->clerk;
		run->step.actor.user = i == 0   ? run->reconcilers[0]
				       : i == 2 ? run->reconcilers[1]
						: run->clerk.user;
		if (i == 1)
			run->step.actor.organisation = supplier->id;
		run->step.now = day_start(month_last(month) + 3 + (int32_t)i);
		enum err e = run_step(&run->step,
				      arena_print(run->arena, "demo-statement-%.*s-%d-%zu",
						  TEXT_FMT(supplier->code), (int)month, i),
				      steps[i], &statement, NULL);
		if (e == ERR_NOTHING_TO_STATE)
			return true;
		if (e) {
			command_failed("preparing statements", e, &run->problems);
			return false;
		}
	}
	return true;
}

/* The last months of a few suppliers; the newest month is left to be prepared by hand. */
bool demo_statements(struct demo_run *run)
{
	int32_t month = month_first(month_first(run->today) - 1);
	int32_t months[STATED_MONTHS];

	for (int i = STATED_MONTHS - 1; i >= 0; i--)
		months[i] = month = month_first(month - 1);
	for (size_t i = 0; i < STATED_SUPPLIERS; i++) {
		const struct demo_supplier *supplier =
			LIST_ITEM(run->data.suppliers, struct demo_supplier,
				  i * (run->data.suppliers.count / STATED_SUPPLIERS));

		for (int k = 0; k < STATED_MONTHS; k++)
			if (!statement_of(run, supplier, months[k]))
				return false;
	}
	return true;
}
