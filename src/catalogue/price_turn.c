/*
 * Prices that were put down for an instant take effect: a leased loop looks every second whose are
 * due, and puts those of one supplier and one instant in force in one event, under the fence, so
 * that nobody sees half a sale. What cannot be put in force then says why; the supplier is told
 * either way. The earliest instant goes first, and of several prices of one SKU the first, so that
 * its history has them all.
 */
#include "changes.h"

const char prices_loop_name[] = "prices";

struct due {
	struct price_plan first; /* whose turn it is, and of which instant */
	const void *view;
	int64_t applied, failed;
};

/* One wish a SKU of the plans, which come by SKU. */
static enum err wishes_of(struct tx *tx, const struct list *plans, struct price_wish *out,
			  size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < plans->count; i++) {
		const struct price_plan *plan = LIST_ITEM(*plans, struct price_plan, i);

		if (*count && out[*count - 1].sku == plan->sku)
			continue;
		out[*count] = (struct price_wish){
			.sku = plan->sku,
			.unit_price_fen = INT_NONE,
			.reason = plan->reason,
			.starts_at = plan->starts_at,
			.planned = true,
			.problems = { .arena = tx->arena },
			.number = i,
		};
		if (!ladder_parse(plan->ladder, &out[(*count)++].ladder))
			return ERR_INTERNAL;
	}
	return OK;
}

static struct text first_argument(const struct problem *problem, struct arena *arena)
{
	const struct arg *arg = &problem->args[0];

	if (arg->end)
		return NO_TEXT;
	return arg->text.at ? arg->text : arena_print(arena, "%lld", (long long)arg->number);
}

static enum err plans_end(struct tx *tx, struct due *due, const struct list *plans,
			  const struct price_wish *wishes, size_t count)
{
	struct price_plan *ended = arena_take(tx->arena, (count + 1) * sizeof(*ended));

	if (!ended)
		return ERR_MEMORY;
	due->applied = due->failed = 0;
	for (size_t i = 0; i < count; i++) {
		const struct list *problems = &wishes[i].problems.items;

		ended[i] = *LIST_ITEM(*plans, struct price_plan, wishes[i].number);
		ended[i].ended_at = tx->now;
		ended[i].state = problems->count ? PLAN_FAILED : PLAN_APPLIED;
		due->applied += !problems->count;
		due->failed += problems->count > 0;
		if (problems->count) {
			const struct problem *problem = LIST_ITEM(*problems, struct problem, 0);

			ended[i].problem = text_of(err_info(problem->code)->code);
			ended[i].argument = first_argument(problem, tx->arena);
		}
	}
	return price_plans_put(tx->db, ended, count);
}

static const struct field due_note_fields[] = {
	{ "applied", KIND_INT, FIELD_AT(due, applied) },
	{ "failed", KIND_INT, FIELD_AT(due, failed) },
};

static enum err plans_apply(struct tx *tx, void *arg)
{
	struct due *due = arg;
	struct list plans = { 0 };
	struct price_wish *wishes = arena_take(tx->arena, PLANS_A_TURN * sizeof(*wishes));
	size_t count = 0;
	enum err e = wishes ? price_plans_due(tx->db, due->first.supplier, due->first.starts_at,
					      tx->arena, &plans)
			    : ERR_MEMORY;

	if (!e)
		e = wishes_of(tx, &plans, wishes, &count);
	if (e || !count)
		return e;
	e = price_wishes_judge(tx, due->view, wishes, count);
	if (!e)
		e = plans_end(tx, due, &plans, wishes, count);
	if (!e)
		e = price_wishes_put(tx, wishes, count);
	const struct audit_note note = {
		.kind = due->failed ? "price_plan.failed" : "price_plan.applied",
		.object = due->first.supplier,
		.fields = due_note_fields,
		.field_count = COUNT_OF(due_note_fields),
		.after = due,
	};
	if (!e)
		e = audit_event(tx, &note);
	return e ? e : price_wishes_offer(tx, wishes, count);
}

enum err prices_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	struct due due = { .applied = 0 };
	enum err e = price_plan_due(db, clock_now(&app->clock), arena, &due.first);

	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	due.view = view_borrow(app);
	e = run_fenced(app, db, arena, lease, plans_apply, &due);
	if (due.view)
		view_return(app, due.view);
	if (e)
		return e;
	view_kick(app);
	*more = true;
	return OK;
}
