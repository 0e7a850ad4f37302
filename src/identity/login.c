/* The rules of counted logins, and their part of the trail. */
#include "member_rows.h"

#include <arpa/inet.h>
#include <string.h>

/* With a salt and a hash of zeros: no password is known to give them. */
const char nobody_hash[] =
	"$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

enum { PREFIX_BYTES = 7, IPV6_BYTES = 16 };

/* Of an IPv6 address its first 56 bits; one of IPv4 inside IPv6 is taken whole. */
static void address_fold(struct text address, char out[46])
{
	struct in6_addr six;

	memset(out, 0, 46);
	memcpy(out, address.at, address.size < 45 ? address.size : 45);
	if (inet_pton(AF_INET6, out, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six))
		return;
	memset(six.s6_addr + PREFIX_BYTES, 0, IPV6_BYTES - PREFIX_BYTES);
	inet_ntop(AF_INET6, &six, out, 46);
}

enum err login_place_make(struct login_place *place, const struct req *rq, struct text login,
			  struct id user)
{
	*place = (struct login_place){ .user = user, .known = !id_is_none(user) };
	address_fold(rq->address, place->address);
	if (place->known)
		return OK;
	struct text named = arena_print(rq->arena, "login %.*s", TEXT_FMT(login));
	if (!named.at)
		return ERR_MEMORY;
	struct digest digest = sha256(named);
	memcpy(place->user.bytes, digest.bytes, sizeof(place->user.bytes));
	return OK;
}

bool login_is_locked(int64_t until, int64_t now)
{
	return until > now && until <= now + LOCK_US;
}

bool login_is_open(const struct login_facts *facts, int64_t now)
{
	bool stranger = facts->pair_passed_at <= now - LOGINS_KEPT_US;

	return !login_is_locked(facts->locked_until, now) &&
	       !(stranger && login_is_locked(facts->strangers_until, now));
}

bool login_is_strange(const struct login_facts *facts, int64_t now)
{
	return !login_is_locked(facts->locked_until, now) && !login_is_open(facts, now);
}

int64_t login_failures_told(const struct login_facts *facts)
{
	return facts->failures_since + (facts->codes_missing > 1 ? facts->codes_missing - 1 : 0);
}

/* ERR_TOO_MANY for @wait_us. */
static enum err wait_told(struct req *rq, int64_t wait_us)
{
	enum err e = reply_header(
		rq, "Retry-After",
		arena_print(rq->arena, "%lld", (long long)((wait_us + SECOND_US - 1) / SECOND_US)));

	return e ? e : ERR_TOO_MANY;
}

enum err login_changes_check(struct req *rq, int64_t changes, int64_t began_at)
{
	int64_t wait_us = began_at + CHANGES_HOUR_US - rq->now;

	if (changes < CHANGES_HOUR_MAX || wait_us <= 0 || wait_us > CHANGES_HOUR_US)
		return OK;
	return wait_told(rq, wait_us);
}

enum err login_address_check(struct req *rq, const struct login_place *place)
{
	int64_t failures, began_at;
	enum err e = login_address_read(rq->db, rq->arena, place, &failures, &began_at);

	if (e)
		return e;
	int64_t wait_us = began_at + ADDRESS_WINDOW_US - rq->now;
	if (failures < identity_settings_of(rq->app)->failures_per_address || wait_us <= 0 ||
	    wait_us > ADDRESS_WINDOW_US)
		return OK;
	return wait_told(rq, wait_us);
}

/* A name that nobody has is no object: then the event stands for itself, and what was typed is not
 * kept, for it may be a password. */
enum err login_refuse(struct tx *tx, void *arg)
{
	const struct login_place *place = arg;
	enum err e = audit_event(
		tx, &(struct audit_note){ .kind = "session.refused",
					  .object = place->known ? place->user : tx->event });

	return e ? e : login_failed(tx->db, place, tx->now);
}

/* Behind a right password: whoever has it may not be its owner. */
enum err login_factor_miss(struct tx *tx, void *arg)
{
	const struct login_place *place = arg;
	enum err e = audit_event(
		tx, &(struct audit_note){ .kind = "session.factor_needed", .object = place->user });

	return e ? e : login_code_missed(tx->db, place->user, tx->now);
}

enum err logins_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	uint64_t count;

	(void)arena;
	(void)lease; /* what two processes take away at once is gone all the same */
	enum err e = login_purge(db, clock_now(&app->clock), &count);
	uint64_t phones = 0;
	if (!e)
		e = invitation_phones_forget(db, clock_now(&app->clock), &phones);
	*more = !e && count + phones > 0;
	return e;
}
