/*
 * A batch: what run_event does for one request, for many in one transaction. The keys of all are
 * inserted by one statement; those that were there before are answered from their rows; the
 * function does the rest together; all replies go into the keys' rows by one statement; one COMMIT.
 * When the function refuses, everything is undone and each item is tried alone, in the order of
 * arrival, so that one that fails never sinks its neighbours. A key that stands twice in a batch
 * waits for a later round, where it finds what the first one did.
 */
#include <string.h>

#include "run_private.h"

enum { SCRATCH_MAX = 64 * 1024 * 1024 };

/* An item on its way through the rounds. */
struct slot {
	struct batch_item *item;
	struct key_row key, stored;
	bool settled; /* its outcome stands */
	bool fresh;   /* its key was new in this run */
	struct buffer body;
	struct text location;
};

struct batch {
	struct step *step;
	struct arena *scratch; /* of one run */
	batch_fn *fn;
	struct slot *slots;
	size_t count;
	struct slot **round; /* those tried in this run */
	size_t round_count;
	struct batch_item **fresh;
	struct key_row *rows;
	struct retry retry;
};

/* ---- one run of a round --------------------------------------------------------------- */

static bool row_is_of(const struct key_row *taken, const struct slot *slot)
{
	return id_equal(taken->owner, slot->key.owner) && text_equal(taken->key, slot->key.key);
}

static enum err known_key(struct batch *batch, struct slot *slot)
{
	enum err e = key_read(batch->step->db, &slot->key, slot->item->arena, &slot->stored);

	return e == ERR_NOT_FOUND ? ERR_DB_CONFLICT : e;
}

static enum err keys_take(struct batch *batch)
{
	struct list taken = { 0 };

	for (size_t i = 0; i < batch->round_count; i++)
		batch->rows[i] = batch->round[i]->key;
	enum err e = keys_insert(batch->step->db, batch->rows, batch->round_count, batch->scratch,
				 &taken);
	for (size_t i = 0; i < batch->round_count && !e; i++) {
		struct slot *slot = batch->round[i];

		slot->fresh = false;
		for (size_t t = 0; t < taken.count && !slot->fresh; t++)
			slot->fresh = row_is_of(LIST_ITEM(taken, struct key_row, t), slot);
		if (!slot->fresh)
			e = known_key(batch, slot);
	}
	return e;
}

/* The function over all whose key is new; tx borrows from the first of them. */
static enum err work(struct batch *batch, size_t *fresh)
{
	struct step *step = batch->step;

	*fresh = 0;
	for (size_t i = 0; i < batch->round_count; i++) {
		struct batch_item *item = batch->round[i]->item;

		problems_clear(item->problems);
		if (!batch->round[i]->fresh)
			continue;
		item->event = id_new(item->now);
		batch->fresh[(*fresh)++] = item;
	}
	if (!*fresh)
		return OK;
	const struct batch_item *first = batch->fresh[0];
	struct tx tx = { .app = step->app,
			 .db = step->db,
			 .arena = batch->scratch,
			 .problems = first->problems,
			 .actor = first->actor,
			 .event = first->event,
			 .now = first->now,
			 .day = day_of(first->now),
			 .request_id = first->request_id,
			 .address = first->address };
	return batch->fn(&tx, batch->fresh, *fresh);
}

static enum err slot_encode(struct slot *slot)
{
	const struct batch_item *item = slot->item;

	buffer_free(&slot->body);
	slot->key.status = item->rq ? event_status(item->rq, item->field_count) : 200;
	slot->location = item->rq ? event_location(item->rq, item->fields, item->field_count,
						   item->arg, (int)slot->key.status)
				  : NO_TEXT;
	slot->key.location = slot->location;
	if (item->field_count)
		json_encode(&slot->body, item->fields, item->field_count, item->arg);
	slot->key.reply = item->field_count ? buffer_text(&slot->body) : NO_TEXT;
	return slot->body.failed ? ERR_MEMORY : OK;
}

static enum err replies_store(struct batch *batch)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->round_count; i++) {
		struct slot *slot = batch->round[i];

		if (!slot->fresh)
			continue;
		enum err e = slot_encode(slot);
		if (e)
			return e;
		batch->rows[count++] = slot->key;
	}
	return keys_store(batch->step->db, batch->rows, count);
}

static enum err inside(struct batch *batch, size_t *fresh)
{
	enum err e = keys_take(batch);

	if (e == ERR_DB_LOCKED && batch->round_count == 1 && !batch->retry.unknown)
		return ERR_KEY_BUSY;
	if (!e)
		e = work(batch, fresh);
	if (!e && *fresh)
		e = replies_store(batch);
	return e;
}

static enum err once(struct batch *batch)
{
	size_t fresh = 0;

	arena_reset(batch->scratch);
	enum err e = db_begin(batch->step->db);
	if (e)
		return e;
	e = inside(batch, &fresh);
	if (e || !fresh) {
		transaction_drop(batch->step->db, e);
		return e;
	}
	return db_commit(batch->step->db);
}

/* ---- outcomes ---------------------------------------------------------------------------- */

static enum err slot_reply(struct slot *slot, bool unknown)
{
	struct batch_item *item = slot->item;

	if (!slot->fresh && !text_equal(slot->stored.digest, slot->key.digest))
		return ERR_KEY_REUSED;
	if (!item->rq)
		return OK;
	if (!slot->fresh)
		return event_reply_stored(item->rq, &slot->stored, !unknown) ? OK : ERR_MEMORY;
	event_reply(item->rq, (int)slot->key.status, &slot->body, slot->location, false);
	return OK;
}

static void round_settle(struct batch *batch, enum err e)
{
	for (size_t i = 0; i < batch->round_count; i++) {
		struct slot *slot = batch->round[i];

		slot->settled = true;
		slot->item->outcome = e ? e : slot_reply(slot, batch->retry.unknown);
		if (slot->item->outcome == OK)
			count_add(batch->step->app,
				  slot->fresh ? COUNT_EVENTS : COUNT_EVENT_REPLAYS, 1);
	}
}

/* Whether one of them may be the cause, and the others go through; not so when there is no
 * database. */
static bool is_refusal(enum err e)
{
	return e != ERR_DB_DOWN && e != ERR_DB_GONE && e != ERR_DB_UNKNOWN;
}

static enum err round_try(struct batch *batch)
{
	enum err e;

	do
		e = once(batch);
	/* Where one of several keys is held by somebody, only trying each alone shows whose. */
	while (e && (e != ERR_DB_LOCKED || batch->round_count == 1) &&
	       retry_again(&batch->retry, batch->step->app, batch->step->db, e));
	if (e && batch->retry.unknown && err_info(e)->status >= 500)
		e = ERR_DB_UNKNOWN;
	return e;
}

/* Where each alone takes long, too, the last of many are not tried behind their time. */
static enum err round_in_time(struct batch *batch)
{
	if (clock_monotonic() < batch->retry.deadline)
		return round_try(batch);
	return batch->retry.unknown ? ERR_DB_UNKNOWN : ERR_BUSY;
}

/* Each alone. What was unknown of the whole stays so for each: its key may still be held by what we
 * sent before. */
static void round_split(struct batch *batch, int64_t deadline)
{
	struct slot **round = batch->round;
	size_t count = batch->round_count;
	bool unknown = batch->retry.unknown;

	count_add(batch->step->app, COUNT_BATCH_SPLITS, 1);
	batch->round_count = 1;
	for (size_t i = 0; i < count; i++) {
		batch->round = &round[i];
		batch->retry = (struct retry){ .deadline = deadline, .unknown = unknown };
		round_settle(batch, round_in_time(batch));
	}
	batch->round = round;
}

static void round_run(struct batch *batch, int64_t deadline)
{
	batch->retry = (struct retry){ .deadline = deadline };
	enum err e = round_try(batch);
	if (e && batch->round_count > 1 && is_refusal(e))
		round_split(batch, deadline);
	else
		round_settle(batch, e);
}

/* ---- rounds ------------------------------------------------------------------------------ */

static bool key_in_round(const struct batch *batch, const struct slot *slot)
{
	for (size_t i = 0; i < batch->round_count; i++) {
		if (row_is_of(&batch->round[i]->key, slot))
			return true;
	}
	return false;
}

/* All that are not settled, each key once; false when none is left. */
static bool round_pick(struct batch *batch)
{
	batch->round_count = 0;
	for (size_t i = 0; i < batch->count; i++) {
		struct slot *slot = &batch->slots[i];

		if (!slot->settled && !key_in_round(batch, slot))
			batch->round[batch->round_count++] = slot;
	}
	return batch->round_count > 0;
}

static bool batch_room(struct batch *batch, struct arena *arena, size_t count)
{
	batch->scratch = arena_new(SCRATCH_MAX);
	batch->slots = arena_take(arena, count * sizeof(*batch->slots));
	batch->round = arena_take(arena, count * sizeof(struct slot *));
	batch->fresh = arena_take(arena, count * sizeof(struct batch_item *));
	batch->rows = arena_take(arena, count * sizeof(*batch->rows));
	return batch->scratch && batch->slots && batch->round && batch->fresh && batch->rows;
}

static void slots_fill(struct batch *batch, struct batch_item *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &batch->slots[i];

		slot->item = items[i];
		key_row_of(&slot->key, &items[i]->actor->organisation, items[i]->key,
			   &items[i]->digest, items[i]->now);
	}
	batch->count = count;
}

enum err batch_run(struct step *step, struct batch_item *const *items, size_t count, batch_fn *fn,
		   int64_t deadline)
{
	struct batch batch = { .step = step, .fn = fn };

	if (!batch_room(&batch, step->arena, count)) {
		arena_free(batch.scratch);
		return ERR_MEMORY;
	}
	slots_fill(&batch, items, count);
	while (round_pick(&batch))
		round_run(&batch, deadline);
	count_add(step->app, COUNT_BATCHES, 1);
	count_add(step->app, COUNT_BATCH_ORDERS, count);
	for (size_t i = 0; i < count; i++)
		buffer_free(&batch.slots[i].body);
	arena_free(batch.scratch);
	return OK;
}

enum { BATCH_BUDGET_S = 60 };

/* Keys of commands are marked as those of steps are. */
static enum err keys_prefix(struct step *step, struct batch_item *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text key = arena_print(step->arena, "step %.*s", TEXT_FMT(items[i]->key));

		if (!key.at)
			return ERR_MEMORY;
		assert(key.size <= KEY_TEXT_MAX);
		items[i]->key = key;
	}
	return OK;
}

enum err run_batch(struct step *step, struct batch_item *const *items, size_t count)
{
	enum err e = keys_prefix(step, items, count);

	if (e)
		return e;
	return batch_run(step, items, count, step->app->hooks->desk,
			 clock_monotonic() + BATCH_BUDGET_S * SECOND_US);
}
