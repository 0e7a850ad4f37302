/*
 * Keys of transactions are kept for 35 days: longer than any client tries again. A leased loop
 * takes away the older ones, a thousand at a time, and with them the sums of uploads of past days.
 */
#include "background.h"

enum { KEYS_KEPT_DAYS = 35 };

enum err keys_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		   bool *more)
{
	uint64_t count;

	(void)arena;
	(void)lease; /* what two processes take away at once is gone all the same */
	enum err e = keys_purge(db, clock_now(&app->clock) - KEYS_KEPT_DAYS * DAY_US, &count);
	*more = !e && count > 0;
	return e ? e : uploads_turn(app, db);
}
