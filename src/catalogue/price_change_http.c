/*
 * A supplier's prices: changes of many SKUs, at once or from an instant on, what is put down for
 * later and what became of it, and the history of each.
 */
#include "changes.h"
#include "goods_rules.h"

static const char *const outcome_words[] = { "rejected", "changed", "unchanged", "scheduled",
					     NULL };

static const struct field rung_fields[] = {
	{ "quantity", KIND_INT, FIELD_AT(rung, quantity), .min = 1, .max = QUANTITY_MAX },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(rung, unit_price_fen), .min = 1,
	  .max = PRICE_MAX_FEN },
};

static const struct field price_item_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(price_item, code), .min = 2, .max = 32,
	  .check = sku_code_is_formed, .wrong = ERR_SKU_FORMAT },
	{ "ladder", KIND_LIST, FIELD_AT(price_item, ladder), .only = IN, .optional = true, .min = 1,
	  .max = LADDER_RUNGS_MAX, .of = rung_fields, .of_count = COUNT_OF(rung_fields),
	  .of_size = sizeof(struct rung) },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(price_item, unit_price_fen), .only = IN,
	  .optional = true, .min = 1, .max = PRICE_MAX_FEN },
	{ "reason", KIND_TEXT, FIELD_AT(price_item, reason), .only = IN, .optional = true,
	  .max = PRICE_REASON_MAX, .check = words_are_sound, .wrong = ERR_MARKUP },
	{ "starts_at", KIND_INSTANT, FIELD_AT(price_item, starts_at), .only = IN,
	  .optional = true },
	{ "sku", KIND_REF, FIELD_AT(price_item, sku), .only = OUT, .optional = true },
	{ "outcome", KIND_WORD, FIELD_AT(price_item, outcome), .only = OUT,
	  .words = outcome_words },
	{ "plan", KIND_ID, FIELD_AT(price_item, plan), .only = OUT, .optional = true },
	{ "problems", KIND_LIST, FIELD_AT(price_item, faults), .only = OUT,
	  .of = change_fault_fields, .of_count = CHANGE_FAULT_FIELD_COUNT,
	  .of_size = sizeof(struct change_fault) },
};

const struct field price_update_fields[] = {
	{ "policy", KIND_WORD, FIELD_AT(price_update, policy), .words = policy_words },
	{ "applied", KIND_BOOL, FIELD_AT(price_update, applied), .only = OUT },
	{ "changed", KIND_INT, FIELD_AT(price_update, changed), .only = OUT },
	{ "unchanged", KIND_INT, FIELD_AT(price_update, unchanged), .only = OUT },
	{ "scheduled", KIND_INT, FIELD_AT(price_update, scheduled), .only = OUT },
	{ "rejected", KIND_INT, FIELD_AT(price_update, rejected), .only = OUT },
	{ "items", KIND_LIST, FIELD_AT(price_update, items), .min = 1, .max = CHANGES_MAX,
	  .of = price_item_fields, .of_count = COUNT_OF(price_item_fields),
	  .of_size = sizeof(struct price_item) },
};
const size_t price_update_field_count = COUNT_OF(price_update_fields);

/* ---- changing -------------------------------------------------------------------------------- */

/* A fault unless just one of the two was given; what could not be read was given. */
static void check_price(struct req *rq, size_t i, const struct price_item *item)
{
	struct arg at = problem_at(&rq->problems, "/items/%zu/ladder", i);
	struct arg by = problem_at(&rq->problems, "/items/%zu/unit_price_fen", i);

	if (!at.text.at || !by.text.at)
		return;
	bool has_ladder = item->ladder.count > 0 || req_faulty(rq, at.text.at);
	bool has_price = item->unit_price_fen != INT_NONE || req_faulty(rq, by.text.at);
	if (has_ladder == has_price)
		fail(&rq->problems, ERR_ONE_OF_TWO, at, ARG_TEXT(TEXT("ladder")),
		     ARG_TEXT(TEXT("unit_price_fen")));
}

/* Not so far ahead that nobody remembers it. */
static void check_start(struct req *rq, size_t i, const struct price_item *item)
{
	int64_t last = rq->now + PLAN_START_DAYS_MAX * DAY_US;
	char from[28], to[28];

	if (item->starts_at != INT_NONE && item->starts_at > last)
		fail(&rq->problems, ERR_RANGE, problem_at(&rq->problems, "/items/%zu/starts_at", i),
		     ARG_TEXT(instant_format(rq->now, from)), ARG_TEXT(instant_format(last, to)));
}

static bool means_the_same(const struct price_item *a, const struct price_item *b)
{
	return a->starts_at == b->starts_at;
}

/* Which SKU each item means; one SKU may be priced now and at other instants, each once. */
static enum err items_find(struct req *rq, struct price_update *update)
{
	size_t count = update->items.count;
	struct value *codes = arena_take(rq->arena, (count + 1) * sizeof(*codes));
	size_t *before = arena_take(rq->arena, (count + 1) * sizeof(*before));
	struct list skus = { 0 };

	if (!codes || !before)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		codes[i] = value_text(LIST_ITEM(update->items, struct price_item, i)->code);
	enum err e = own_skus(rq->db, rq->actor.organisation, codes, count, rq->arena, &skus);
	size_t *last = e ? NULL : arena_take(rq->arena, (skus.count + 1) * sizeof(*last));
	if (!last)
		return e ? e : ERR_MEMORY;
	/* items of one SKU hang together by @before, from its @last one; 0 ends */
	for (size_t i = 0; i < count; i++) {
		struct price_item *item = LIST_ITEM(update->items, struct price_item, i);
		size_t at = own_sku_place(&skus, item->code);

		item->sku = at < skus.count ? LIST_ITEM(skus, struct own_sku, at)->sku : INT_NONE;
		if (at == skus.count)
			continue;
		for (size_t j = last[at]; j && !item->repeated; j = before[j - 1])
			item->repeated = means_the_same(
				item, LIST_ITEM(update->items, struct price_item, j - 1));
		before[i] = last[at];
		last[at] = i + 1;
	}
	return OK;
}

/*
 * How many prices of one supplier may wait for their instants. Counted before the event, which must
 * read nothing plainly: requests of the same moment may together put down some more.
 */
static enum err check_waiting(struct req *rq, const struct price_update *update)
{
	int64_t waiting = 0, more = 0;
	enum err e = OK;

	for (size_t i = 0; i < update->items.count; i++)
		more += LIST_ITEM(update->items, struct price_item, i)->starts_at != INT_NONE;
	if (more)
		e = price_plans_waiting(rq->db, rq->actor.organisation, &waiting);
	if (e || waiting + more <= PLANS_WAITING_MAX || !more)
		return e;
	fail(&rq->problems, ERR_PLANS_WAITING, AT("/items"), ARG_INT(waiting),
	     ARG_INT(PLANS_WAITING_MAX));
	return req_faults(rq);
}

enum err post_price_update(struct req *rq)
{
	struct price_update update = { .language = rq->language, .view = rq->view };
	enum err e = json_read_on(rq, price_update_fields, price_update_field_count, &update);

	for (size_t i = 0; i < update.items.count && !e; i++) {
		const struct price_item *item = LIST_ITEM(update.items, struct price_item, i);

		check_price(rq, i, item);
		check_start(rq, i, item);
	}
	if (!e)
		e = req_faults(rq);
	if (!e)
		e = items_find(rq, &update);
	if (!e)
		e = check_waiting(rq, &update);
	if (!e)
		e = run_event(rq, price_update_event, &update, price_update_fields,
			      price_update_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}

/* ---- for later ------------------------------------------------------------------------------- */

struct plan_query {
	struct page page;
	int32_t state;
};
static const struct field plan_query_fields[] = {
	PAGE_FIELDS(plan_query),
	{ "state", KIND_WORD, FIELD_AT(plan_query, state), .only = IN, .optional = true,
	  .words = plan_words },
};

static struct text plan_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct price_plan *)row)->id);
}

/* The sentence of what went wrong; codes of failures are never changed, so that it is still there.
 */
static enum err plan_explain(struct req *rq, struct price_plan *plan)
{
	struct problem problem = { .args = { ARG_TEXT(plan->argument), ARG_END } };

	plan->ladder = ladder_json(plan->ladder, rq->arena);
	if (!plan->ladder.at)
		return ERR_MEMORY;
	if (!plan->problem.at)
		return OK;
	problem.code = err_named(plan->problem);
	return problem_text(&problem, rq->language, rq->arena, &plan->detail);
}

enum err get_price_updates(struct req *rq)
{
	struct plan_query query = { .state = SMALL_NONE };
	struct list plans = { 0 };
	struct id before;
	enum err e =
		page_read_id(rq, plan_query_fields, COUNT_OF(plan_query_fields), &query, &before);

	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = price_plans_list(rq->db, rq->actor.organisation, query.state, before, limit + 1,
			     rq->arena, &plans);
	for (size_t i = 0; i < plans.count && !e; i++)
		e = plan_explain(rq, LIST_ITEM(plans, struct price_plan, i));
	return e ? e
		 : reply_page(rq, price_plan_fields, price_plan_field_count,
			      sizeof(struct price_plan), &plans, limit, plan_cursor);
}

enum err delete_price_update(struct req *rq)
{
	struct price_plan plan = { .id = req_path_id(rq, "id") };

	return run_event(rq, price_plan_cancel, &plan, NULL, 0);
}

/* ---- history --------------------------------------------------------------------------------- */

struct past_query {
	struct page page;
};
static const struct field past_query_fields[] = { PAGE_FIELDS(past_query) };

static struct text past_cursor(struct arena *arena, const void *row)
{
	return page_cursor_number(arena, ((const struct price_past *)row)->at);
}

enum err get_prices(struct req *rq)
{
	struct past_query query = { 0 };
	struct list past = { 0 };
	int64_t before = 0, sku;
	struct text code = req_path_text(rq, "code");
	enum err e = query_read(rq, past_query_fields, COUNT_OF(past_query_fields), &query);

	if (!e)
		e = page_after_number(rq, &query.page, &before);
	if (!e)
		e = sku_code_is_formed(code) ? own_sku(rq->db, rq->actor.organisation, code, &sku)
					     : ERR_NOT_FOUND;
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = price_history(rq->db, sku, before, limit + 1, rq->arena, &past);
	return e ? e
		 : reply_page(rq, price_past_fields, price_past_field_count,
			      sizeof(struct price_past), &past, limit, past_cursor);
}
