/*
 * When a transaction is run again. What the database says is one of four things: nothing was done
 * and the connection is good (a conflict: at most ten times, after a moment of chance), nothing was
 * done and the connection is gone, the COMMIT's outcome is unknown (both: again on a new
 * connection, where the key tells what happened), or there is no database at present (wait for it,
 * but not for ever). Everything else is an answer. The request's deadline ends it all.
 */
#include <time.h>

#include "run_private.h"

static void pause_for(int64_t wait_us)
{
	struct timespec until = deadline_after(wait_us);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

/* 1 ms to @most_ms. */
static int64_t jitter_us(int64_t most_ms)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	return 1000 + (int64_t)(random % (uint32_t)(most_ms * 1000));
}

/* Who comes when the database has long been away is told so at once, and does not fill the queues.
 */
static int64_t down_until(const struct app *app, int64_t now)
{
	int64_t since = app->runtime ? atomic_load(&app->runtime->down_since) : 0;

	return (since ? since : now) + RETRY_DOWN_S * SECOND_US;
}

/* How long to wait before the next run; -1: there is none. */
static int64_t retry_pause(struct retry *retry, struct app *app, enum err e, int64_t now)
{
	switch (e) {
	case ERR_DB_CONFLICT:
	case ERR_DB_LOCKED:
		count_add(app, COUNT_EVENT_CONFLICTS, 1);
		if (retry->conflicts >= RETRY_CONFLICTS_MAX)
			return -1;
		retry->conflicts++;
		return jitter_us(retry->conflicts < 6 ? INT64_C(2) << retry->conflicts : 64);
	case ERR_DB_UNKNOWN:
		count_add(app, COUNT_EVENT_UNKNOWN, 1);
		retry->unknown = true;
		return jitter_us(64);
	case ERR_DB_GONE:
		count_add(app, COUNT_EVENT_BROKEN, 1);
		return jitter_us(64);
	case ERR_DB_DOWN:
		if (!retry->down_until)
			retry->down_until = down_until(app, now);
		return now < retry->down_until ? 50000 + jitter_us(100) : -1;
	default:
		return -1;
	}
}

bool retry_again(struct retry *retry, struct app *app, struct db *db, enum err e)
{
	int64_t now = clock_monotonic();
	int64_t wait_us = retry_pause(retry, app, e, now);

	if (wait_us < 0 || now + wait_us >= retry->deadline)
		return false;
	if (e != ERR_DB_CONFLICT && e != ERR_DB_LOCKED)
		db_disconnect(db);
	if (e != ERR_DB_DOWN)
		retry->down_until = 0;
	pause_for(wait_us);
	return true;
}

enum err retry_connect(struct app *app, struct db *db, int64_t deadline)
{
	struct retry retry = { .deadline = deadline };
	enum err e;

	do
		e = db_connect(db);
	while (e && retry_again(&retry, app, db, e));
	return e;
}

/* A connection that cannot even roll back is of no more use. */
void transaction_drop(struct db *db, enum err e)
{
	if (e == ERR_DB_GONE || e == ERR_DB_UNKNOWN || e == ERR_DB_DOWN || db_rollback(db))
		db_disconnect(db);
}
