/*
 * What people prove themselves by, beside the login itself: passwords that were, second factors
 * with their recovery codes, API keys. Secrets are sealed, codes and keys kept as digests; each is
 * told once.
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "login.h"

enum {
	PASSWORDS_PAST = 5,
	RECOVERY_CODES = 10,
	RECOVERY_CODE_TEXT = 19, /* four groups of four, by hyphens: 80 bits */
	API_KEYS_MAX = 20,
	API_KEY_DAYS_MAX = 366,
	API_KEY_PREFIX_SIZE = 8,
	API_KEY_TEXT_SIZE = 4 + API_KEY_PREFIX_SIZE + 1 + TOKEN_TEXT_SIZE
};
#define API_KEY_SIGN "xck_"

/* ---- rows ---- */

struct password_past {
	struct text password_hash;
};

enum totp_state { TOTP_PENDING, TOTP_ACTIVE };

struct totp {
	struct id id, user;
	int32_t state;
	struct text secret_sealed;
	int64_t created_at, step;
};

struct recovery_code {
	struct id user;
	struct text digest; /* its bytes */
	int64_t created_at;
};

struct totp_status {
	int32_t state; /* SMALL_NONE: no second factor */
	int64_t confirmed_at;
	int64_t recovery_codes_left;
};

struct api_key {
	struct id id;
	struct text name, prefix;
	struct id organisation;
	uint32_t roles;
	int64_t created_at, expires_at, last_used_at;
	struct text last_address;
	struct text key; /* told once; NO_TEXT afterwards */
	struct id user;
	struct digest digest;
};
extern const struct field api_key_fields[]; /* as answered, and as audited */
extern const size_t api_key_field_count;

/* A session as its owner sees it in the list. */
struct session_card {
	struct id id, organisation;
	struct text organisation_name;
	int64_t created_at, seen_at, expires_at;
	struct text address, user_agent;
	bool second_factor, current;
};

/* ---- the proof that a second factor gives ---- */

enum factor_kind { FACTOR_NONE, FACTOR_CODE, FACTOR_RECOVERY };

/* What was given beside a password, to be taken in the transaction that it opens. */
struct factor {
	enum factor_kind kind; /* FACTOR_NONE: the user has no second factor */
	struct id user, totp;
	int64_t step;
	struct digest recovery;
};
/*
 * Holds @code against the second factor of @user. ERR_TOTP_NEEDED where there is one and no code,
 * ERR_TOTP_CODE for a wrong one; that a recovery code is one is seen when it is taken.
 */
enum err factor_prove(struct req *rq, struct id user, struct text code, struct factor *out);
/* Takes it, once: ERR_TOTP_CODE when it was taken meanwhile, or never was a code. */
enum err factor_take(struct db *db, const struct factor *factor, int64_t now);

/* Makes a code as shown; what counts of one as typed: letters in one case, without hyphens. */
void recovery_code_make(char out[RECOVERY_CODE_TEXT + 1]);
struct digest recovery_code_digest(struct text typed);

/* Whether @password is neither the present one of @user nor one of those before it:
 * ERR_PASSWORD_USED at @pointer. Hashes PASSWORDS_PAST + 1 times. */
enum err password_unused(struct req *rq, const struct account *user, struct text password,
			 const char *pointer);

/* ---- the proof that everything of one's own asks for again ---- */

/* Who asks in a session, as somebody who must prove it. */
struct asker {
	struct account user;
	struct login_place place;
	struct login_facts facts;
};
/* Password and, where there is a second factor, a code: ERR_REFUSED or its like with a fault at
 * /password or /code, where it was counted as a wrong login; else @factor is still to be taken. */
enum err asker_prove(struct req *rq, struct text password, struct text code, struct asker *asker,
		     struct factor *factor);
/* Runs @fn, which takes the factor; a code that was none, or was taken meanwhile, counts as wrong.
 */
enum err asker_event(struct req *rq, event_fn *fn, void *arg, struct asker *asker);

/* ---- statements ---- */

enum err password_replace(struct db *db, struct id user, struct text before, struct text after,
			  int64_t now);
/* Whatever the present one is, and due to be changed. */
enum err password_force(struct db *db, struct id user, struct text hash, int64_t now);
enum err password_past_list(struct db *db, struct arena *arena, struct id user, struct list *out);
enum err password_past_keep(struct db *db, struct id id, struct id user, struct text hash,
			    int64_t now);
/* LOCK IN SHARE MODE: ERR_LOGIN_REFUSED unless @hash still is the password of an active user. */
enum err password_hold(struct db *db, struct id user, struct text hash);

enum err totp_read(struct db *db, struct arena *arena, struct id user, enum totp_state state,
		   struct totp *out);
enum err totp_status_read(struct db *db, struct arena *arena, struct id user,
			  struct totp_status *out);
enum err totp_insert(struct db *db, const struct totp *totp);
enum err totp_delete(struct db *db, struct id user, enum totp_state state);
enum err totp_activate(struct db *db, struct id id, int64_t step, int64_t now);
/* Counts a wrong code of a pending one, and takes it away with the last that it may have. */
enum err totp_refused(struct db *db, struct id id, bool *dropped);
/* Only later steps than the last are taken; ERR_TOTP_CODE. */
enum err totp_take(struct db *db, struct id id, int64_t step);
enum err recovery_take(struct db *db, struct id user, struct digest digest, int64_t now);
enum err recovery_codes_delete(struct db *db, struct id user);
enum err recovery_codes_insert(struct db *db, const struct recovery_code *codes, size_t count);
/* Of all open sessions of @user only @session (NO_ID: none) has given the second factor. */
enum err sessions_factor(struct db *db, struct id user, struct id session);

enum err session_cards(struct db *db, struct arena *arena, struct id user, struct id after,
		       int64_t limit, int64_t now, struct list *out);

enum err api_keys_list(struct db *db, struct arena *arena, struct id user, struct list *out);
/* How many @user has, locking them until the end of the transaction. */
enum err api_keys_count(struct db *db, struct id user, int64_t *out);
enum err api_key_insert(struct db *db, const struct api_key *key);
enum err api_key_end(struct db *db, struct id user, struct id key, int64_t now);
/* Those with which a program acts for @user in @organisation. */
enum err member_keys_list(struct db *db, struct arena *arena, struct id user,
			  struct id organisation, struct list *out);
enum err member_key_end(struct db *db, struct id user, struct id organisation, struct id key,
			int64_t now);
/* Ends all keys of @user, or those for @organisation (NO_ID: all), and says how many those were. */
enum err api_keys_end(struct db *db, struct id user, struct id organisation, int64_t now,
		      int64_t *count);
/* Of a key that is not over, whose user, organisation and membership are active; ERR_NOT_FOUND. */
enum err key_bearer_read(struct db *db, struct arena *arena, struct digest digest, int64_t now,
			 struct bearer *out);
enum err api_key_touch(struct db *db, struct id key, int64_t now, struct text address);

/* ---- events ---- */

/* A login that opens a session, all at once or not at all. */
struct opening {
	struct session session;
	struct login_place place;
	struct factor factor;
	struct text password_hash; /* what was proved */
};
struct password_change {
	struct id user, session, past; /* @past: of the row that keeps the old one */
	struct text before, after;     /* hashes */
};
struct totp_change {
	struct totp totp;
	struct factor factor;
	struct id session;
	const struct recovery_code *codes; /* RECOVERY_CODES of them */
};
struct session_switch {
	struct id session;
	struct id before, after; /* organisations */
};
event_fn password_change;
event_fn password_refuse; /* arg: struct login_place: a wrong password or code in a session */
event_fn totp_refuse;     /* arg: struct totp_change: a wrong first code */
event_fn totp_begin, totp_confirm, totp_remove, recovery_codes_renew; /* arg: struct totp_change */
event_fn session_switch;
event_fn session_revoke; /* arg: struct id; ERR_NOT_FOUND unless the actor's own */
struct key_addition {
	struct api_key key;
	struct factor factor;
};
struct key_of_member {
	struct id user, key;
};
event_fn api_key_add;       /* arg: struct key_addition */
event_fn api_key_remove;    /* arg: struct id; ERR_NOT_FOUND unless the actor's own */
event_fn member_key_revoke; /* arg: struct key_of_member; for the actor's organisation alone */

/* ---- handlers ---- */

enum err put_password(struct req *rq);
enum err get_totp(struct req *rq);
enum err post_totp(struct req *rq);
enum err post_totp_confirmation(struct req *rq);
enum err delete_totp(struct req *rq);
enum err post_recovery_codes(struct req *rq);
enum err get_api_keys(struct req *rq);
enum err post_api_key(struct req *rq);
enum err delete_api_key(struct req *rq);
enum err get_member_keys(struct req *rq);
enum err delete_member_key(struct req *rq);
enum err post_session(struct req *rq);

#endif
