/*
 * A supplier counts its stock, or adds and takes off. The stock rows are locked first, since what
 * moves depends on what is there; orders that were first have taken theirs, later ones find what is
 * left. Nothing falls below zero: such an item is refused and says what there is.
 */
#include "changes.h"
#include "goods_rules.h"

/* ---- one change ------------------------------------------------------------------------------ */

/* What @change becomes when it is to be set to @available, or changed by @difference. */
static enum err change_make(struct tx *tx, struct problems *problems, struct stock_change *change,
			    int64_t available, int64_t difference, struct text note)
{
	bool is_count = available != INT_NONE;
	int64_t after = is_count ? available : change->available + difference;

	if (after < 0)
		return fail(problems, ERR_STOCK_NEGATIVE, AT("/change"),
			    ARG_INT(change->available));
	if (after > STOCK_MAX)
		return fail(problems, ERR_RANGE, AT("/change"), ARG_INT(0), ARG_INT(STOCK_MAX));
	change->quantity = after - change->available;
	change->available = after;
	change->event = tx->event;
	change->reason = is_count ? MOVEMENT_SET : MOVEMENT_ADJUSTED;
	note = text_trim_wide(note);
	change->note = note.size ? note : NO_TEXT;
	return OK;
}

/* Movements of those that move, then the audit event, then the rows that orders wait for. */
static enum err changes_write(struct tx *tx, const struct stock_change *changes, size_t count,
			      const struct audit_note *note)
{
	struct stock_change *moved = arena_take(tx->arena, (count + 1) * sizeof(*moved));
	size_t moved_count = 0;

	if (!moved)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		if (changes[i].quantity)
			moved[moved_count++] = changes[i];
	enum err e = stock_movements_put(tx->db, moved, moved_count);
	if (!e)
		e = audit_event(tx, note);
	return e ? e : stock_changes_put(tx->db, changes, count);
}

/* ---- many ------------------------------------------------------------------------------------ */

static const struct field item_note_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(stock_item, sku), .optional = true },
	{ "available", KIND_INT, FIELD_AT(stock_item, available), .optional = true },
	{ "change", KIND_INT, FIELD_AT(stock_item, change), .optional = true },
};
static const struct field update_note_fields[] = {
	{ "accepted", KIND_INT, FIELD_AT(stock_update, accepted) },
	{ "rejected", KIND_INT, FIELD_AT(stock_update, rejected) },
	{ "items", KIND_LIST, FIELD_AT(stock_update, items), .of = item_note_fields,
	  .of_count = COUNT_OF(item_note_fields), .of_size = sizeof(struct stock_item) },
};

/* What is found in an item before its stock is looked at. */
static void item_check(const struct stock_item *item, struct problems *problems)
{
	if (item->sku == INT_NONE)
		fail(problems, ERR_UNKNOWN_REFERENCE, AT("/code"));
	if (item->repeated)
		fail(problems, ERR_REPEATED, AT("/code"));
}

static struct stock_change *change_find(const struct list *changes, int64_t sku)
{
	size_t from = 0, to = changes->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		struct stock_change *change = LIST_ITEM(*changes, struct stock_change, middle);

		if (change->sku == sku)
			return change;
		if (change->sku < sku)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static enum err item_judge(struct tx *tx, struct stock_update *update, struct stock_item *item,
			   const struct list *locked)
{
	struct problems problems = { .arena = tx->arena };
	struct stock_change *change = change_find(locked, item->sku);

	item->now = INT_NONE;
	item_check(item, &problems);
	if (!problems.items.count && !change)
		fail(&problems, ERR_UNKNOWN_REFERENCE, AT("/code"));
	if (!problems.items.count &&
	    !change_make(tx, &problems, change, item->available, item->change, item->note))
		item->now = change->available;
	if (!problems.items.count)
		update->accepted++;
	else
		update->rejected++;
	return change_faults(&problems, update->language, tx->arena, &item->faults);
}

static enum err lock_items(struct tx *tx, const struct stock_update *update, struct list *out)
{
	int64_t *skus = arena_take(tx->arena, (update->items.count + 1) * sizeof(*skus));
	size_t count = 0;

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < update->items.count; i++) {
		const struct stock_item *item = LIST_ITEM(update->items, struct stock_item, i);

		if (item->sku != INT_NONE && !item->repeated)
			skus[count++] = item->sku;
	}
	return stock_changes_lock(tx->db, skus, count, tx->arena, out);
}

/* Those of which an item became something; they keep their order. */
static size_t changes_keep(struct list *changes)
{
	struct stock_change *all = changes->at;
	size_t count = 0;

	for (size_t i = 0; i < changes->count; i++)
		if (!id_is_none(all[i].event))
			all[count++] = all[i];
	return count;
}

enum err stock_update_event(struct tx *tx, void *arg)
{
	struct stock_update *update = arg;
	struct list locked = { 0 };
	enum err e = lock_items(tx, update, &locked);

	update->accepted = update->rejected = 0;
	for (size_t i = 0; i < update->items.count && !e; i++)
		e = item_judge(tx, update, LIST_ITEM(update->items, struct stock_item, i), &locked);
	if (e)
		return e;
	update->applied = update->accepted &&
			  (update->policy == POLICY_ACCEPT_GOOD_ROWS || !update->rejected);
	if (!update->applied) {
		for (size_t i = 0; i < update->items.count; i++)
			LIST_ITEM(update->items, struct stock_item, i)->now = INT_NONE;
		return OK;
	}
	const struct audit_note note = {
		.kind = "stock.updated",
		.object = tx->actor->organisation,
		.fields = update_note_fields,
		.field_count = COUNT_OF(update_note_fields) - (update->items.count > CHANGES_SHOWN),
		.after = update,
	};
	return changes_write(tx, locked.at, changes_keep(&locked), &note);
}

/* ---- one ------------------------------------------------------------------------------------- */

static const struct field put_note_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(stock_put, stock.sku) },
	{ "available", KIND_INT, FIELD_AT(stock_put, stock.available) },
	{ "change", KIND_INT, FIELD_AT(stock_put, change), .optional = true },
	{ "note", KIND_TEXT, FIELD_AT(stock_put, note), .optional = true },
};

enum err stock_put_event(struct tx *tx, void *arg)
{
	struct stock_put *put = arg;
	struct list locked = { 0 };
	enum err e = stock_changes_lock(tx->db, &put->stock.sku, 1, tx->arena, &locked);

	if (e)
		return e;
	if (!locked.count)
		return ERR_NOT_FOUND;
	struct stock_change *change = LIST_ITEM(locked, struct stock_change, 0);
	if (put->seen != INT_NONE && put->seen != change->version)
		return ERR_PRECONDITION;
	e = change_make(tx, tx->problems, change, put->available, put->change, put->note);
	if (e)
		return e;
	put->stock.available = change->available;
	const struct audit_note note = {
		.kind = "stock.set",
		.object = tx->actor->organisation,
		.fields = put_note_fields,
		.field_count = COUNT_OF(put_note_fields),
		.after = put,
	};
	e = changes_write(tx, change, 1, &note);
	return e ? e
		 : own_stock_read(tx->db, tx->actor->organisation, put->stock.code, tx->arena,
				  &put->stock);
}
