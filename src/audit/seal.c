/*
 * Seals of days: soon after midnight in Shanghai a leased loop notes the head of the sequence as
 * the seal of the day that ended, once, under the server's key. A trail that was cut off at its end
 * hangs together like any other; only the seals, and whoever noted one down, know that there was
 * more. Days that were missed get the head of the moment, which sealed_at tells, a week back at
 * most. Seals of days to come, from a clock that was ahead for a while, do not stand in the way of
 * those in between.
 */
#include "audit_private.h"

const char sealer_name[] = "sealer";

/* The head as the seal of @day: read under the head's lock, so that no step is half of it. */
static enum err seal_make(struct tx *tx, void *arg)
{
	struct seal seal = { .day = *(const int32_t *)arg, .sealed_at = tx->now };
	struct head head = { 0 };
	struct digest digest;
	enum err e = head_lock(tx->db, tx->arena, &head);

	if (e || head.position == 0)
		return e;
	seal.position = head.position;
	seal.chain = head.chain;
	if (!seal_mac(tx->app->keys, &seal, &digest))
		return ERR_MEMORY;
	seal.mac = (struct text){ (const char *)digest.bytes, DIGEST_SIZE };
	return seal_insert(tx->db, &seal);
}

enum { MISSED_MAX = 7 };

enum err sealer_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	int32_t yesterday = day_of(clock_now(&app->clock)) - 1, last = DAY_NONE, day;
	struct head head = { 0 };
	enum err e = seal_last_day(db, arena, yesterday, &last);

	*more = false;
	if (e || last >= yesterday)
		return e;
	e = sequence_head_read(db, arena, &head);
	if (e || head.position == 0)
		return e;
	day = last == DAY_NONE ? yesterday : last + 1;
	if (day <= yesterday - MISSED_MAX)
		day = yesterday - MISSED_MAX + 1;
	e = run_fenced(app, db, arena, lease, seal_make, &day);
	*more = !e && day < yesterday;
	return e;
}

/* ---- verification ------------------------------------------------------------ */

struct seal_walk {
	const struct keys *keys;
	struct verdict *verdict;
};

static enum err seal_check(void *context, void *at)
{
	const struct seal_walk *walk = context;
	const struct sealed_position *row = at;
	const struct seal *seal = &row->seal;
	struct digest digest;
	char day[11];

	walk->verdict->checked++;
	day_format(seal->day, day);
	if (!seal_mac(walk->keys, seal, &digest))
		return ERR_MEMORY;
	if (seal->mac.size != DIGEST_SIZE || !bytes_equal(seal->mac.at, digest.bytes, DIGEST_SIZE))
		verdict_fault(walk->verdict, "audit: the seal of %s was changed or slipped in",
			      day);
	else if (!row->chain.at)
		verdict_fault(walk->verdict,
			      "audit: position %lld, sealed on %s, is not there any more: the "
			      "trail was cut off",
			      (long long)seal->position, day);
	else if (!text_equal(row->chain, seal->chain))
		verdict_fault(walk->verdict,
			      "audit: position %lld was sealed on %s with another chain: what "
			      "stands up to there was rewritten",
			      (long long)seal->position, day);
	return OK;
}

enum err seals_verify(struct app *app, struct db *db, struct verdict *verdict)
{
	struct seal_walk walk = { app->keys, verdict };

	return seals_each(db, seal_check, &walk);
}
