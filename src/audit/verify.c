/*
 * Verification of the trail: every event in the order of its position, its MAC and its link of the
 * chain computed anew; then what stands outside the sequence. A broken link is told once: the next
 * ones are held against the chain as it stands. What was written while this runs is left for the
 * next time: the head read first bounds it.
 */
#include "audit_private.h"

#include <string.h>

void verdict_fault(struct verdict *verdict, const char *format, ...)
{
	char line[400];
	va_list args;

	if (verdict->faults++ >= VERDICT_LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	buffer_print(verdict->report, "%s\n", line);
}

/* ---- the sequence
 * -------------------------------------------------------------------------------- */

struct walk {
	const struct keys *keys;
	struct verdict *verdict;
	struct buffer scratch;
	int64_t position;    /* of the last place seen */
	struct digest chain; /* there */
	int64_t head;
	int64_t after; /* where the next page begins */
	size_t read;   /* rows of this page */
};

static void walk_chain(struct walk *walk, const struct positioned *row)
{
	struct digest expected = chain_next(walk->chain, row->position, row->event.mac);

	if (row->chain.size != DIGEST_SIZE) {
		verdict_fault(walk->verdict, "audit: position %lld: no chain",
			      (long long)row->position);
		return;
	}
	if (memcmp(expected.bytes, row->chain.at, DIGEST_SIZE) != 0)
		verdict_fault(walk->verdict,
			      "audit: position %lld: the chain is broken, something was changed, "
			      "removed or slipped in here",
			      (long long)row->position);
	memcpy(walk->chain.bytes, row->chain.at, DIGEST_SIZE);
}

static enum err walk_event(struct walk *walk, const struct positioned *row)
{
	char id[37];
	bool holds = false;
	enum err e = event_holds(walk->keys, &row->event, &walk->scratch, &holds);

	if (e)
		return e;
	if (!holds)
		verdict_fault(walk->verdict,
			      "audit: position %lld: event %s was changed or slipped in",
			      (long long)row->position, id_format(row->event.id, id).at);
	if (row->event.mac.size == DIGEST_SIZE)
		walk_chain(walk, row);
	return OK;
}

/* An event that is gone cannot be chained: the chain is taken up again behind it. */
static void walk_removed(struct walk *walk, const struct positioned *row)
{
	char id[37];

	verdict_fault(walk->verdict, "audit: position %lld: event %s was removed",
		      (long long)row->position, id_format(row->named, id).at);
	if (row->chain.size == DIGEST_SIZE)
		memcpy(walk->chain.bytes, row->chain.at, DIGEST_SIZE);
}

static enum err walk_place(void *context, void *at)
{
	struct walk *walk = context;
	const struct positioned *row = at;
	enum err e = OK;

	walk->read++;
	walk->after = row->position;
	if (row->position > walk->head)
		return OK;
	walk->verdict->checked++;
	if (row->position <= 0)
		verdict_fault(walk->verdict, "audit: position %lld was slipped in",
			      (long long)row->position);
	else if (row->position != walk->position + 1)
		verdict_fault(walk->verdict, "audit: positions %lld to %lld were removed",
			      (long long)walk->position + 1, (long long)row->position - 1);
	if (id_is_none(row->event.id))
		walk_removed(walk, row);
	else
		e = walk_event(walk, row);
	if (row->position > 0)
		walk->position = row->position;
	return e;
}

static enum err verify_sequence(struct db *db, struct walk *walk, const struct head *head)
{
	enum err e = OK;

	do {
		walk->read = 0;
		e = positions_each(db, walk->after, walk_place, walk);
	} while (!e && walk->read == VERIFY_PAGE && walk->after < walk->head);
	if (e)
		return e;
	if (walk->position != walk->head)
		verdict_fault(walk->verdict, "audit: positions %lld to %lld were removed",
			      (long long)walk->position + 1, (long long)walk->head);
	else if (memcmp(walk->chain.bytes, head->chain.at, DIGEST_SIZE) != 0)
		verdict_fault(walk->verdict,
			      "audit: position %lld: the head's chain is another one",
			      (long long)walk->head);
	return OK;
}

static enum err verify_end(struct db *db, struct verdict *verdict)
{
	int64_t first;
	enum err e = positions_beyond(db, &first);

	if (!e && first != INT_NONE)
		verdict_fault(verdict, "audit: position %lld was slipped in behind the head",
			      (long long)first);
	return e;
}

/* ---- outside the sequence
 * ----------------------------------------------------------------------------- */

struct outbox_walk {
	const struct keys *keys;
	struct verdict *verdict;
	struct buffer scratch;
	struct id last;
	size_t read;
};

static enum err check_waiting(void *context, void *at)
{
	struct outbox_walk *walk = context;
	const struct waiting *row = at;
	char id[37];
	bool holds = false;
	enum err e = OK;

	walk->read++;
	walk->last = row->named;
	walk->verdict->checked++;
	id_format(row->named, id);
	if (id_is_none(row->event.id)) {
		verdict_fault(walk->verdict, "audit: event %s was removed before it got a position",
			      id);
		return OK;
	}
	e = event_holds(walk->keys, &row->event, &walk->scratch, &holds);
	if (!e && !holds)
		verdict_fault(walk->verdict, "audit: event %s was changed or slipped in", id);
	else if (!e && row->position != INT_NONE)
		verdict_fault(walk->verdict, "audit: event %s waits for a second position", id);
	else if (!e && row->refused_at != INT_NONE)
		verdict_fault(walk->verdict,
			      "audit: event %s was refused a position, though it holds", id);
	return e;
}

static enum err verify_outbox(struct app *app, struct db *db, struct verdict *verdict)
{
	struct outbox_walk walk = {
		.keys = app->keys,
		.verdict = verdict,
		.scratch = { .max = 3 * STATE_SIZE_MAX },
	};
	enum err e = OK;

	do {
		walk.read = 0;
		e = waiting_each(db, walk.last, check_waiting, &walk);
	} while (!e && walk.read == VERIFY_PAGE);
	buffer_free(&walk.scratch);
	return e;
}

static enum err verify_astray(struct db *db, struct arena *arena, struct verdict *verdict)
{
	struct list events = { 0 };
	enum err e = events_astray(db, arena, &events);

	for (size_t i = 0; i < events.count && !e; i++) {
		char id[37];

		id_format(*LIST_ITEM(events, struct id, i), id);
		verdict_fault(
			verdict,
			"audit: event %s has no position and waits for none: it was slipped in, "
			"or its position was removed",
			id);
	}
	return e;
}

enum err audit_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict)
{
	struct head head = { 0 };
	struct walk walk = {
		.keys = app->keys,
		.verdict = verdict,
		.scratch = { .max = 3 * STATE_SIZE_MAX },
	};
	enum err e = sequence_head_read(db, arena, &head);

	if (e)
		return e;
	walk.head = head.position;
	walk.after = INT64_MIN;
	e = verify_sequence(db, &walk, &head);
	buffer_free(&walk.scratch);
	if (!e)
		e = verify_end(db, verdict);
	if (!e)
		e = seals_verify(app, db, verdict);
	if (!e)
		e = verify_outbox(app, db, verdict);
	return e ? e : verify_astray(db, arena, verdict);
}
