/*
 * What is counted of logins. Three counts stand against guessing: of a user from one address, of a
 * user from everywhere, of an address for all names. None of them shuts a user out from an address
 * where the right password was given within the last 30 days, but for wrong ones from that address
 * itself.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "identity_rows.h"

/*
 * Whom a login names and from where: the user's id, or for a name that nobody has an id made of the
 * name, so that both cost the same; an IPv6 address by its /56, the least that one customer has.
 */
struct login_place {
	struct id user;
	bool known;
	char address[46]; /* NUL-ended */
};
enum err login_place_make(struct login_place *place, const struct req *rq, struct text login,
			  struct id user);

/* What is known of earlier logins at a place; all zero where there were none. */
struct login_facts {
	int64_t locked_until, pair_passed_at, strangers_until;
	int64_t passed_at; /* from wherever; INT_NONE: never */
	int64_t failures_since;
	int64_t codes_missing; /* right passwords without a code since then */
	int64_t changes, changes_began_at;
};
/* What the password of a name that nobody has is held against: as dear as any, and nobody's. */
extern const char nobody_hash[];
/*
 * Before a password is hashed, which is what a flood would cost: ERR_TOO_MANY, with Retry-After,
 * for an address from which too many logins were refused.
 */
enum err login_address_check(struct req *rq, const struct login_place *place);
/* The same for a user whose password was to be changed too often within an hour. */
enum err login_changes_check(struct req *rq, int64_t changes, int64_t began_at);
/* A lock that ends later than any can was set before the clock was put back: it is none. */
bool login_is_locked(int64_t until, int64_t now);
bool login_is_open(const struct login_facts *facts, int64_t now);
/* Whether it is open but for strangers, of whom this is one: a second factor lets him in. */
bool login_is_strange(const struct login_facts *facts, int64_t now);
/* Logins since the last one that the user may not know of: those refused, and right passwords
 * without a code, but for the one that asked for the code of this login. */
int64_t login_failures_told(const struct login_facts *facts);

/* ---- statements ---- */

enum err login_facts_read(struct db *db, struct arena *arena, const struct login_place *place,
			  struct login_facts *out);
/* Refused logins of the address in the window that began at *began_at; 0 where none are counted. */
enum err login_address_read(struct db *db, struct arena *arena, const struct login_place *place,
			    int64_t *failures, int64_t *began_at);
/* Counts a refused login: three statements, in the order in which every transaction takes them. */
enum err login_failed(struct db *db, const struct login_place *place, int64_t now);
/* Counts a right password without the code that belongs to it: it locks nobody out. */
enum err login_code_missed(struct db *db, struct id user, int64_t now);
/* Counts a change of the password that is tried, before it is hashed. */
enum err login_change_count(struct db *db, struct arena *arena, struct id user, int64_t now,
			    int64_t *changes, int64_t *began_at);
/* Notes one that succeeded; ERR_LOGIN_REFUSED when the user was locked out here meanwhile. */
enum err login_passed(struct db *db, const struct login_place *place, int64_t now);
/* Forgets all locks and counts of a user. */
enum err login_locks_lift(struct db *db, struct id user);
/* Takes away what is too old to count, a thousand rows of each table. */
enum err login_purge(struct db *db, int64_t now, uint64_t *count);

/* ---- events ---- */

event_fn login_refuse;      /* arg: struct login_place */
event_fn login_factor_miss; /* arg: struct login_place: a right password without a code */

#endif
