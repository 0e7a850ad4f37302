/*
 * Prices that suppliers change: at once, or at an instant that they name. Both ways end here: the
 * prices in force are locked, everything that a change is held against is read behind the locks,
 * and each wish is judged. Of wishes for one SKU each is held against those that start before it,
 * so that a supplier who puts down a sale and the price behind it is told today of a reason that
 * would be missed then.
 */
#include "changes.h"
#include "goods_rules.h"

#include <stdlib.h>

/* ---- judging --------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct price_wish *x = a, *y = b;

	if (x->sku != y->sku)
		return x->sku > y->sku ? 1 : -1;
	if (x->starts_at != y->starts_at) /* INT_NONE is the least */
		return x->starts_at > y->starts_at ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

static int standing_by_sku(const void *a, const void *b)
{
	const struct price_standing *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static struct price_standing *standing_find(const struct list *standings, int64_t sku)
{
	const struct price_standing key = { .sku = sku };

	return standings->count ? bsearch(&key, standings->at, standings->count, sizeof(key),
					  standing_by_sku)
				: NULL;
}

/* The SKUs of sorted wishes, each once. */
static int64_t *skus_of(struct tx *tx, const struct price_wish *wishes, size_t count, size_t *out)
{
	int64_t *skus = arena_take(tx->arena, (count + 1) * sizeof(*skus));

	*out = 0;
	for (size_t i = 0; skus && i < count; i++)
		if (!*out || skus[*out - 1] != wishes[i].sku)
			skus[(*out)++] = wishes[i].sku;
	return skus;
}

static void fill_bands(const struct list *standings, const struct list *prices,
		       const struct list *lows, const void *view)
{
	for (size_t i = 0; i < standings->count; i++) {
		struct price_standing *one = LIST_ITEM(*standings, struct price_standing, i);

		one->band = (struct price_band){
			.lowest_fen = INT_NONE,
			.median_per_500g = INT_NONE,
			.floor = &one->floor,
		};
		if (view && one->category.at)
			one->band.median_per_500g = view_median(view, one->category);
	}
	for (size_t i = 0; i < prices->count; i++) {
		const struct price *price = LIST_ITEM(*prices, struct price, i);
		struct price_standing *one = standing_find(standings, price->sku);

		if (!one)
			continue;
		one->now = price;
		one->band.now = &price->ladder;
	}
	for (size_t i = 0; i < lows->count; i++) {
		const struct price_low *low = LIST_ITEM(*lows, struct price_low, i);
		struct price_standing *one = standing_find(standings, low->sku);

		if (!one)
			continue;
		one->band.lowest_fen = low->unit_price_fen;
		one->floor = low->floor;
	}
}

/*
 * What the SKUs of the wishes are held against, by SKU: goods are locked before their prices, as
 * decisions lock them. All is read under locks, since a plain reading would open a snapshot, and an
 * order that takes of one of the stock rows behind it would undo the whole.
 */
static enum err standings_of(struct tx *tx, const void *view, const int64_t *skus, size_t count,
			     struct list *out)
{
	struct list prices = { 0 }, lows = { 0 };
	enum err e = price_standings_lock(tx->db, skus, count, tx->arena, out);

	if (!e)
		e = prices_lock(tx->db, skus, count, tx->arena, &prices);
	if (!e)
		e = price_lows_lock(tx->db, skus, count, tx->now - PRICE_HISTORY_DAYS * DAY_US,
				    tx->arena, &lows);
	if (e)
		return e;
	if (out->count)
		qsort(out->at, out->count, sizeof(struct price_standing), standing_by_sku);
	fill_bands(out, &prices, &lows, view);
	return OK;
}

enum err price_wishes_judge(struct tx *tx, const void *view, struct price_wish *wishes,
			    size_t count)
{
	struct list standings = { 0 };
	size_t sku_count;

	if (!count)
		return OK;
	qsort(wishes, count, sizeof(*wishes), by_start);
	int64_t *skus = skus_of(tx, wishes, count, &sku_count);
	if (!skus)
		return ERR_MEMORY;
	enum err e = standings_of(tx, view, skus, sku_count, &standings);
	for (size_t i = 0; i < count && !e; i++) {
		struct price_standing *standing = standing_find(&standings, wishes[i].sku);

		if (!standing)
			return ERR_INTERNAL;
		price_judge(&wishes[i], standing);
		if (wishes[i].outcome == PRICE_REJECTED)
			continue;
		/* what starts behind it is held against it */
		standing->band.now = &wishes[i].ladder;
		if (!floor_lower(&standing->floor, &wishes[i].ladder, tx->arena))
			e = ERR_MEMORY;
	}
	return e;
}

/* ---- writing --------------------------------------------------------------------------------- */

enum err price_wishes_put(struct tx *tx, const struct price_wish *wishes, size_t count)
{
	struct price *prices = arena_take(tx->arena, (count + 1) * sizeof(*prices));
	size_t put = 0;

	if (!prices)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (wishes[i].outcome == PRICE_CHANGED)
			prices[put++] = (struct price){
				.sku = wishes[i].sku,
				.ladder = wishes[i].ladder,
				.reason = wishes[i].reason.size ? wishes[i].reason : NO_TEXT,
			};
	return prices_put(tx, prices, put);
}

enum err price_wishes_offer(struct tx *tx, const struct price_wish *wishes, size_t count)
{
	int64_t *skus = arena_take(tx->arena, (count + 1) * sizeof(*skus));
	size_t moved = 0;

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (wishes[i].outcome == PRICE_CHANGED)
			skus[moved++] = wishes[i].sku;
	return offers_follow(tx, skus, moved);
}

/* ---- a request ------------------------------------------------------------------------------- */

/* Wishes of the items that can be judged; the others have their faults at once. */
static enum err wishes_of(struct tx *tx, struct price_update *update, struct price_wish *out,
			  size_t *count)
{
	enum err e = OK;

	*count = 0;
	for (size_t i = 0; i < update->items.count && !e; i++) {
		struct price_item *item = LIST_ITEM(update->items, struct price_item, i);
		struct price_wish wish = {
			.sku = item->sku,
			.unit_price_fen = item->unit_price_fen,
			.reason = text_trim_wide(item->reason),
			.starts_at = item->starts_at,
			.problems = { .arena = tx->arena },
			.number = i,
			.ladder = { .count = item->ladder.count },
		};

		item->outcome = PRICE_REJECTED;
		item->plan = NO_ID;
		for (size_t j = 0; j < item->ladder.count; j++)
			wish.ladder.rungs[j] = *LIST_ITEM(item->ladder, struct rung, j);
		if (item->sku == INT_NONE)
			fail(&wish.problems, ERR_UNKNOWN_REFERENCE, AT("/code"));
		if (item->repeated)
			fail(&wish.problems, ERR_REPEATED, AT("/code"));
		if (item->starts_at != INT_NONE && item->starts_at <= tx->now) {
			char now[28];

			fail(&wish.problems, ERR_TOO_EARLY, AT("/starts_at"),
			     ARG_TEXT(instant_format(tx->now, now)));
		}
		if (wish.problems.items.count)
			e = change_faults(&wish.problems, update->language, tx->arena,
					  &item->faults);
		else
			out[(*count)++] = wish;
	}
	return e;
}

/* What was judged goes back to the items, and is counted. */
static enum err items_answer(struct tx *tx, struct price_update *update,
			     const struct price_wish *wishes, size_t count)
{
	int64_t counts[] = { [PRICE_SCHEDULED] = 0 };
	enum err e = OK;

	for (size_t i = 0; i < count && !e; i++) {
		struct price_item *item =
			LIST_ITEM(update->items, struct price_item, wishes[i].number);

		item->outcome = wishes[i].outcome;
		e = change_faults(&wishes[i].problems, update->language, tx->arena, &item->faults);
	}
	for (size_t i = 0; i < update->items.count; i++)
		counts[LIST_ITEM(update->items, struct price_item, i)->outcome]++;
	update->rejected = counts[PRICE_REJECTED];
	update->changed = counts[PRICE_CHANGED];
	update->unchanged = counts[PRICE_UNCHANGED];
	update->scheduled = counts[PRICE_SCHEDULED];
	return e;
}

static enum err plans_make(struct tx *tx, const struct price_update *update,
			   const struct price_wish *wishes, size_t count)
{
	struct price_plan *plans = arena_take(tx->arena, (count + 1) * sizeof(*plans));
	size_t made = 0;

	if (!plans)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (wishes[i].outcome != PRICE_SCHEDULED)
			continue;
		struct price_item *item =
			LIST_ITEM(update->items, struct price_item, wishes[i].number);
		item->plan = id_new(tx->now);
		plans[made++] = (struct price_plan){
			.id = item->plan,
			.supplier = tx->actor->organisation,
			.sku = wishes[i].sku,
			.ladder = ladder_format(&wishes[i].ladder, tx->arena),
			.reason = wishes[i].reason.size ? wishes[i].reason : NO_TEXT,
			.starts_at = wishes[i].starts_at,
			.state = PLAN_WAITING,
			.created_at = tx->now,
			.ended_at = INT_NONE,
		};
		if (!plans[made - 1].ladder.at)
			return ERR_MEMORY;
	}
	return price_plans_put(tx->db, plans, made);
}

static const struct field rung_note_fields[] = {
	{ "quantity", KIND_INT, FIELD_AT(rung, quantity) },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(rung, unit_price_fen) },
};
static const struct field item_note_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(price_item, sku), .optional = true },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(price_item, unit_price_fen), .optional = true },
	{ "ladder", KIND_LIST, FIELD_AT(price_item, ladder), .of = rung_note_fields,
	  .of_count = COUNT_OF(rung_note_fields), .of_size = sizeof(struct rung) },
	{ "reason", KIND_TEXT, FIELD_AT(price_item, reason), .optional = true },
	{ "starts_at", KIND_INSTANT, FIELD_AT(price_item, starts_at), .optional = true },
};
static const struct field update_note_fields[] = {
	{ "changed", KIND_INT, FIELD_AT(price_update, changed) },
	{ "unchanged", KIND_INT, FIELD_AT(price_update, unchanged) },
	{ "scheduled", KIND_INT, FIELD_AT(price_update, scheduled) },
	{ "rejected", KIND_INT, FIELD_AT(price_update, rejected) },
	{ "items", KIND_LIST, FIELD_AT(price_update, items), .of = item_note_fields,
	  .of_count = COUNT_OF(item_note_fields), .of_size = sizeof(struct price_item) },
};

static enum err update_write(struct tx *tx, struct price_update *update,
			     const struct price_wish *wishes, size_t count)
{
	const struct audit_note note = {
		.kind = "price.updated",
		.object = tx->actor->organisation,
		.fields = update_note_fields,
		.field_count = COUNT_OF(update_note_fields) - (update->items.count > CHANGES_SHOWN),
		.after = update,
	};
	enum err e = plans_make(tx, update, wishes, count);

	if (!e)
		e = price_wishes_put(tx, wishes, count);
	if (!e)
		e = audit_event(tx, &note);
	return e ? e : price_wishes_offer(tx, wishes, count);
}

enum err price_update_event(struct tx *tx, void *arg)
{
	struct price_update *update = arg;
	struct price_wish *wishes =
		arena_take(tx->arena, (update->items.count + 1) * sizeof(*wishes));
	size_t count;
	enum err e = wishes ? wishes_of(tx, update, wishes, &count) : ERR_MEMORY;

	if (!e)
		e = price_wishes_judge(tx, update->view, wishes, count);
	if (!e)
		e = items_answer(tx, update, wishes, count);
	if (e)
		return e;
	update->applied = update->policy == POLICY_ACCEPT_GOOD_ROWS || !update->rejected;
	if (!update->applied || !(update->changed + update->scheduled))
		return OK;
	return update_write(tx, update, wishes, count);
}

/* ---- taking back ----------------------------------------------------------------------------- */

static const struct field cancel_note_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(price_plan, sku) },
	{ "starts_at", KIND_INSTANT, FIELD_AT(price_plan, starts_at) },
};

enum err price_plan_cancel(struct tx *tx, void *arg)
{
	const struct price_plan *asked = arg;
	struct price_plan plan = { .sku = 0 };
	enum err e = price_plan_lock(tx->db, tx->actor->organisation, asked->id, tx->arena, &plan);

	if (e)
		return e;
	if (plan.state != PLAN_WAITING)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(word_of(plan_words, plan.state))));
	plan.state = PLAN_CANCELLED;
	plan.ended_at = tx->now;
	const struct audit_note note = {
		.kind = "price_plan.cancelled",
		.object = plan.id,
		.fields = cancel_note_fields,
		.field_count = COUNT_OF(cancel_note_fields),
		.after = &plan,
	};
	e = price_plans_put(tx->db, &plan, 1);
	return e ? e : audit_event(tx, &note);
}
