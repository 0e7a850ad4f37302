/*
 * Leased loops: background works that one process at a time does, each on a thread and a connection
 * of its own. A loop that holds its lease turns every period and renews the lease at a third of its
 * time; one that does not looks four times a second whether it became free. What a turn writes goes
 * through run_fenced, so that a process that slept through the end of its lease writes nothing. A
 * clean stop gives the lease back, so that another process goes on at once.
 */
#include "background.h"

#include <string.h>

#define FENCED_US  (LEASE_SECONDS * SECOND_US)
#define STANDBY_US (SECOND_US / 4)
#define TROUBLE_US SECOND_US
#define LOOP_ARENA MIB(256)

/* ---- transactions under a fence -------------------------------------------------------------- */

static enum err fenced_body(struct tx *tx, const struct lease *lease, event_fn *fn, void *arg)
{
	enum err e = lease_lock(tx->db, lease);

	return e ? e : fn(tx, arg);
}

/* The fence alone keeps two holders apart, so that no snapshot is needed; and gap locks of a step
 * that copies rows would hold up whoever inserts beside them. */
static enum err fenced_once(struct tx *tx, const struct lease *lease, event_fn *fn, void *arg)
{
	enum err e = db_begin_read_committed(tx->db);

	if (!e)
		e = fenced_body(tx, lease, fn, arg);
	if (!e)
		e = db_commit(tx->db);
	if (e)
		transaction_drop(tx->db, e);
	return e;
}

/* An unknown COMMIT is given back: there is no key to tell what happened, so the caller looks anew.
 */
enum err run_fenced(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		    event_fn *fn, void *arg)
{
	static const struct actor the_system;
	struct retry retry = { .deadline = clock_monotonic() + FENCED_US };
	enum err e;

	do {
		struct problems problems = { .arena = arena };
		int64_t now = clock_now(&app->clock);
		struct tx tx = {
			.app = app,
			.db = db,
			.arena = arena,
			.problems = &problems,
			.actor = &the_system,
			.event = id_new(now),
			.now = now,
			.day = day_of(now),
		};

		e = fenced_once(&tx, lease, fn, arg);
	} while (e && e != ERR_DB_UNKNOWN && retry_again(&retry, app, db, e));
	return e;
}

/* ---- the threads
 * --------------------------------------------------------------------------------- */

struct running_loop {
	const struct leased_loop *work;
	struct app *app;
	struct db *db;
	struct arena *arena;
	struct beat beat;
	struct lease lease;
	bool held;
	int64_t renew_at, turn_at; /* by the monotonic clock */
	enum err trouble;          /* the last failure told to the log */
};
struct leased_loops {
	struct id holder;
	size_t count;
	struct running_loop loops[];
};

/* One line when a loop gets into trouble, not one a second while it lasts. */
static void loop_trouble(struct running_loop *loop, const char *message, enum err e)
{
	if (e != loop->trouble && e)
		log_line(&loop->app->log, LOG_WARNING, "loop", message,
			 LOG_TEXT("name", text_of(loop->work->name)),
			 LOG_TEXT("code", text_of(err_info(e)->code)));
	loop->trouble = e;
}

static enum err loop_hold(struct running_loop *loop, int64_t now)
{
	enum err e = OK;

	if (loop->held && now < loop->renew_at)
		return OK;
	if (loop->held)
		e = lease_renew(loop->db, &loop->lease);
	else
		e = lease_take(loop->db, loop->work->name, loop->lease.holder, &loop->lease);
	loop->held = e == OK || (loop->held && e != ERR_CONFLICT);
	if (!e)
		loop->renew_at = now + LEASE_RENEW_US;
	return e;
}

/* One turn when it is time; gives the pause before the next look. */
static int64_t loop_step(struct running_loop *loop)
{
	int64_t now = clock_monotonic();
	enum err e = loop_hold(loop, now);
	bool more = false;

	if (e == ERR_CONFLICT)
		return STANDBY_US;
	if (e) {
		loop_trouble(loop, "the lease cannot be had", e);
		return TROUBLE_US;
	}
	if (now >= loop->turn_at) {
		e = loop->work->turn(loop->app, loop->db, loop->arena, &loop->lease, &more);
		arena_reset(loop->arena);
		loop->held = e != ERR_CONFLICT;
		loop_trouble(loop, "a turn failed", e);
		if (e)
			return e == ERR_CONFLICT ? 0 : TROUBLE_US;
		loop->turn_at = more ? 0 : clock_monotonic() + loop->work->period_us;
	}
	int64_t next = loop->turn_at < loop->renew_at ? loop->turn_at : loop->renew_at;

	return next - clock_monotonic();
}

static void *loop_main(void *arg)
{
	struct running_loop *loop = arg;
	int64_t pause = 0;

	for (;;) {
		enum beat_cause cause = beat_wait(&loop->beat, pause);

		if (cause == BEAT_STOP)
			break;
		if (cause == BEAT_KICK)
			loop->turn_at = 0;
		pause = loop_step(loop);
	}
	if (loop->held)
		lease_give(loop->db, &loop->lease);
	return NULL;
}

static bool running_loop_start(struct running_loop *loop, struct app *app,
			       const struct leased_loop *work, struct id holder)
{
	char name[16];

	loop->work = work;
	loop->app = app;
	loop->lease = (struct lease){ .name = work->name, .holder = holder };
	loop->db = db_new(app->database, &app->log);
	loop->arena = arena_new(LOOP_ARENA);
	snprintf(name, sizeof(name), "%s", work->name);
	return loop->db && loop->arena && beat_start(&loop->beat, name, loop_main, loop);
}

struct leased_loops *leased_loops_start(struct app *app, struct id holder)
{
	size_t count = app->hooks->loop_count;
	struct leased_loops *loops = memory_take(sizeof(*loops) + count * sizeof(loops->loops[0]));

	if (!loops)
		return NULL;
	loops->holder = holder;
	loops->count = count;
	for (size_t i = 0; i < count; i++)
		if (!running_loop_start(&loops->loops[i], app, &app->hooks->loops[i], holder)) {
			leased_loops_stop(loops);
			return NULL;
		}
	return loops;
}

void leased_loops_kick(struct leased_loops *loops, const char *name)
{
	for (size_t i = 0; i < loops->count; i++)
		if (strcmp(loops->loops[i].work->name, name) == 0)
			beat_kick(&loops->loops[i].beat);
}

void leased_loops_stop(struct leased_loops *loops)
{
	if (!loops)
		return;
	for (size_t i = 0; i < loops->count; i++)
		beat_stop(&loops->loops[i].beat);
	for (size_t i = 0; i < loops->count; i++) {
		beat_join(&loops->loops[i].beat);
		db_free(loops->loops[i].db);
		arena_free(loops->loops[i].arena);
	}
	memory_free(loops);
}
