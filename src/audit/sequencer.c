/*
 * The sequencer: gives committed events gapless positions, chains them, and folds them into the
 * roll-ups, all in one transaction, so that the roll-ups are always those of a position. Events
 * commit in any order; within one step positions follow the ids.
 *
 * What waits is read, and its MACs checked, before the transaction: events never change, and only
 * the holder of the lease gives positions, which the transaction's fence makes sure of. The step
 * does the same few statements however many events it takes; when nothing waits it is one SELECT.
 */
#include "audit_private.h"

#include <time.h>
#include <unistd.h>

#define WAIT_US     (5 * SECOND_US)
#define DRAIN_US    (60 * SECOND_US)
#define POLL_MIN_US 2000
#define POLL_MAX_US 10000
#define DRAIN_ARENA MIB(256)

/* ---- one step
 * -------------------------------------------------------------------------------------- */

/* An event that gets a position, and one that gets none. */
struct taken {
	struct id event;
	struct digest mac;
};
struct refused {
	struct id event;
	const char *why;
};

struct step_events {
	struct app *app;
	struct arena *arena;
	struct buffer scratch;
	struct list taken, refused;
	const struct fold *folds;
	size_t fold_count;
};

static enum err refuse(struct step_events *step, struct id event, const char *why)
{
	struct refused *refused = list_add(&step->refused, step->arena, sizeof(*refused));

	if (!refused)
		return ERR_MEMORY;
	*refused = (struct refused){ event, why };
	return OK;
}

/* One row of the outbox: sorted into those that are positioned and those that are not. */
static enum err sort(void *context, void *row)
{
	struct step_events *step = context;
	const struct waiting *waiting = row;
	bool holds = false;

	if (id_is_none(waiting->event.id))
		return refuse(step, waiting->named, "there is no such event");
	if (waiting->position != INT_NONE)
		return refuse(step, waiting->named, "the event has a position already");
	enum err e = event_holds(step->app->keys, &waiting->event, &step->scratch, &holds);
	if (e)
		return e;
	if (!holds)
		return refuse(step, waiting->named, "the event's MAC does not hold");
	struct taken *taken = list_add(&step->taken, step->arena, sizeof(*taken));
	if (!taken)
		return ERR_MEMORY;
	taken->event = waiting->named;
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		taken->mac.bytes[i] = (uint8_t)waiting->event.mac.at[i];
	return OK;
}

static struct digest digest_of(struct text bytes)
{
	struct digest digest;

	assert(bytes.size == DIGEST_SIZE);
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		digest.bytes[i] = (uint8_t)bytes.at[i];
	return digest;
}

static struct text digest_text(const struct digest *digest)
{
	return (struct text){ (const char *)digest->bytes, DIGEST_SIZE };
}

/* The places behind @head, one for each event taken. */
static struct sequence_row *rows_make(const struct step_events *step, const struct head *head)
{
	struct digest chain = digest_of(head->chain);
	size_t count = step->taken.count;
	struct sequence_row *rows = arena_take(step->arena, count * sizeof(*rows));

	for (size_t i = 0; i < count && rows; i++) {
		const struct taken *taken = LIST_ITEM(step->taken, struct taken, i);
		struct sequence_row *row = &rows[i];

		row->position = head->position + 1 + (int64_t)i;
		row->event = taken->event;
		row->chain_bytes = chain =
			chain_next(chain, row->position, digest_text(&taken->mac));
		row->chain = digest_text(&row->chain_bytes);
	}
	return rows;
}

static enum err fold_all(struct tx *tx, const struct step_events *step, int64_t first, int64_t last)
{
	enum err e = OK;

	for (size_t i = 0; i < step->fold_count && !e; i++)
		e = step->folds[i].run(tx, first, last);
	return e;
}

/* Inside the transaction; may run again. The head's row comes first: it orders this step behind any
 * other one. */
static enum err position_all(struct tx *tx, const struct step_events *step)
{
	struct head head = { 0 };
	size_t count = step->taken.count;
	enum err e = head_lock(tx->db, tx->arena, &head);

	if (e)
		return e;
	struct sequence_row *rows = rows_make(step, &head);
	if (!rows)
		return ERR_MEMORY;
	int64_t first = head.position + 1, last = head.position + (int64_t)count;
	e = sequence_insert(tx->db, rows, count);
	if (!e)
		e = outbox_delete(tx->db, first, last);
	if (!e)
		e = fold_all(tx, step, first, last);
	return e ? e : head_move(tx->db, last, rows[count - 1].chain);
}

static enum err mark_refused(struct tx *tx, const struct step_events *step)
{
	size_t count = step->refused.count;
	struct value *keys = arena_take(tx->arena, count * sizeof(*keys));

	if (!keys)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		keys[i] = value_id(LIST_ITEM(step->refused, struct refused, i)->event);
	return outbox_refuse(tx->db, keys, count, tx->now);
}

static enum err write_step(struct tx *tx, void *arg)
{
	const struct step_events *step = arg;
	enum err e = step->taken.count ? position_all(tx, step) : OK;

	if (e || !step->refused.count)
		return e;
	return mark_refused(tx, step);
}

/* Folds take as long as there is behind the events: where the server gives one up, half of the
 * events go first. */
static enum err step_write(struct step_events *step, struct db *db, const struct lease *lease,
			   bool *more)
{
	enum err e = run_fenced(step->app, db, step->arena, lease, write_step, step);

	while (e == ERR_DB_SLOW && step->taken.count > 1) {
		step->taken.count /= 2;
		*more = true;
		e = run_fenced(step->app, db, step->arena, lease, write_step, step);
	}
	return e;
}

static void log_refused(const struct step_events *step)
{
	for (size_t i = 0; i < step->refused.count; i++) {
		const struct refused *refused = LIST_ITEM(step->refused, struct refused, i);
		char id[37];

		log_line(&step->app->log, LOG_ERROR, "sequencer", "an event gets no position",
			 LOG_TEXT("event", id_format(refused->event, id)),
			 LOG_TEXT("why", text_of(refused->why)));
	}
}

enum err sequencer_turn(struct app *app, struct db *db, struct arena *arena,
			const struct lease *lease, const struct fold *folds, size_t count,
			bool *more)
{
	struct step_events step = {
		.app = app,
		.arena = arena,
		.scratch = { .max = 3 * STATE_SIZE_MAX },
		.folds = folds,
		.fold_count = count,
	};
	enum err e = outbox_each(db, sort, &step);

	buffer_free(&step.scratch);
	*more = step.taken.count + step.refused.count == SEQUENCE_STEP_MAX;
	if (e || step.taken.count + step.refused.count == 0)
		return e;
	e = step_write(&step, db, lease, more);
	if (!e)
		log_refused(&step);
	return e;
}

/* ---- for commands
 * ------------------------------------------------------------------------------------- */

/* Positions all that waits, then gives the lease back. */
static enum err drain_leased(struct app *app, struct db *db, struct arena *arena,
			     const struct lease *lease, const struct fold *folds, size_t count)
{
	enum err e = OK;

	for (bool more = true; more && !e;) {
		e = sequencer_turn(app, db, arena, lease, folds, count, &more);
		arena_reset(arena);
		if (!e)
			e = lease_renew(db, lease);
	}
	lease_give(db, lease);
	return e;
}

static enum err drain(struct app *app, struct db *db, struct arena *arena, const struct fold *folds,
		      size_t count)
{
	struct id holder = id_new(clock_now(&app->clock)), last = NO_ID;
	int64_t give_up = clock_monotonic() + DRAIN_US;

	while (clock_monotonic() < give_up) {
		struct lease lease;
		struct id now_last = NO_ID;
		enum err e = outbox_last(db, arena, &now_last);

		if (e)
			return e == ERR_NOT_FOUND ? OK : e;
		if (!id_equal(last, now_last))
			give_up = clock_monotonic() + DRAIN_US;
		last = now_last;
		e = lease_take(db, sequencer_name, holder, &lease);
		if (!e)
			e = drain_leased(app, db, arena, &lease, folds, count);
		if (e && e != ERR_CONFLICT)
			return e;
		if (e)
			usleep(50000);
	}
	return ERR_BUSY;
}

enum err sequencer_drain(struct app *app, struct db *db, const struct fold *folds, size_t count)
{
	struct arena *arena = arena_new(DRAIN_ARENA);

	if (!arena)
		return ERR_MEMORY;
	enum err e = drain(app, db, arena, folds, count);
	arena_free(arena);
	return e;
}

/* ---- for readers of roll-ups
 * ------------------------------------------------------------------------------ */

/*
 * Rows of transactions that commit later may have smaller ids and so prolong the wait a little;
 * none that was committed before the call can be missed, since its row is at most @last and goes in
 * the transaction that gives its position.
 */
enum err sequencer_wait(struct req *rq)
{
	struct id last = NO_ID;
	int64_t give_up = clock_monotonic() + WAIT_US;
	unsigned pause = POLL_MIN_US;
	bool waits = true;
	enum err e = outbox_last(rq->db, rq->arena, &last);

	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	loop_kick(rq->app, sequencer_name);
	while (!e && waits) {
		if (clock_monotonic() > give_up)
			return ERR_BUSY;
		usleep(pause);
		pause = pause < POLL_MAX_US ? pause + pause / 2 : POLL_MAX_US;
		e = outbox_waits(rq->db, last, &waits);
	}
	return e;
}
