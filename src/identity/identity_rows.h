/*
 * What the rooms of identity share: rows of its tables, the pure rules, and the statements behind
 * them.
 */
#ifndef IDENTITY_ROWS_H
#define IDENTITY_ROWS_H

#include "xiangcai/identity.h"

#define SESSION_IDLE_US     (30 * 60 * SECOND_US)
#define SESSION_ABSOLUTE_US (12 * 3600 * SECOND_US)
#define SESSION_TOUCH_US    (60 * SECOND_US)
#define LOCK_US             (15 * 60 * SECOND_US)
#define FAILURE_HOUR_US     (3600 * SECOND_US)
#define ADDRESS_WINDOW_US   (15 * 60 * SECOND_US)
#define LOGINS_KEPT_US      (30 * DAY_US)
#define SESSIONS_KEPT_US    (30 * DAY_US)
#define TOTP_PENDING_US     (3600 * SECOND_US)
#define CHANGES_HOUR_US     (3600 * SECOND_US)

/* FAILURES_MAX: wrong logins in a row of one user from one address; FAILURES_HOUR_MAX: of one user
 * in an hour from all addresses; CHANGES_HOUR_MAX: changes of a password that are tried in an hour;
 * LINK_REFUSALS_MAX, CODE_REFUSALS_MAX: what a link, and a second factor to come, outlive not. */
enum {
	FAILURES_MAX = 5,
	FAILURES_HOUR_MAX = 50,
	CHANGES_HOUR_MAX = 5,
	LINK_REFUSALS_MAX = 5,
	CODE_REFUSALS_MAX = 5,
	LOGIN_MIN = 2,
	LOGIN_MAX = 64,
	PASSWORD_MIN = 10,
	PASSWORD_MAX = 128
};

enum status { STATUS_ACTIVE, STATUS_SUSPENDED, STATUS_ENDED };
extern const char *const status_words[];

/* ---- rows -------------------------------------------------------------------- */

struct account {
	struct id id;
	struct text login, name, password_hash;
	int32_t status; /* enum status */
	int64_t password_changed_at;
	bool password_by_other; /* somebody else knows the password */
};

/* An organisation as its members see it. */
struct organisation_card {
	struct id id;
	struct text code, uscc, name, short_name;
	bool is_unit, is_supplier, is_authority;
	int32_t scope; /* enum scope_kind, SMALL_NONE unless it is an authority */
};

struct membership {
	struct organisation_card organisation;
	uint32_t roles;
};

struct scope_row {
	int32_t kind; /* SMALL_NONE: no authority */
	struct text county;
	int32_t hierarchy;
	struct id root;
};

struct session {
	struct id id, user, organisation;
	int64_t created_at, seen_at;
	struct text address;
	struct text token_digest; /* its bytes */
	struct text user_agent;   /* clipped; ASCII */
	bool second_factor;
	int64_t last_login_at; /* of the login before; INT_NONE: none */
	int64_t failures_since;
};

/* A session with what `authenticate` must know of its user and organisation. */
struct bearer {
	struct session session;
	uint32_t roles;
	struct scope_row scope;
	int64_t password_changed_at;
	bool password_by_other;
	/* of an API key instead of a session, whose user and organisation stand in @session */
	struct id api_key;
	uint32_t key_roles;
	int64_t last_used_at; /* INT_NONE: never */
};

struct designation {
	struct text county;
	int32_t kind; /* by designation_words */
	int32_t since, until;
};
enum { DESIGNATION_ASSISTED, DESIGNATION_NATIONAL_KEY };
extern const char *const designation_words[];

struct region {
	struct text code, name, name_en, city_code, city_name, longitude, latitude, former_codes;
	struct list designations;
};

/* An organisation's code and the id under which the database has it. */
struct known_code {
	struct text code;
	struct id id;
};

/* ---- rules ------------------------------------------------------------------- */

/*
 * Whether @roles may be given by @organisation to somebody who holds @held_elsewhere in others.
 * Every fault goes to
 * @problems, at /roles.
 */
enum err roles_check(uint32_t roles, uint32_t held_elsewhere,
		     const struct organisation *organisation, struct problems *problems);
bool login_is_valid(struct text login); /* of a folded login */
struct text login_fold(struct arena *arena, struct text login);
struct scope scope_of(uint32_t roles, const struct scope_row *row, int32_t day);
/*
 * What a user with @roles must do before anything else, who chose the password at
 * @password_changed_at: ERR_PASSWORD_DUE, ERR_TOTP_DUE, or OK.
 */
enum err due_of(const struct identity_settings *settings, uint32_t roles, bool second_factor,
		int64_t password_changed_at, bool password_by_other, int64_t now);
/* The membership in @organisation, or the first for NO_ID; NULL when there is none. */
const struct membership *membership_choose(const struct list *memberships, struct id organisation);

/* ---- invitations ------------------------------------------------------------- */

#define INVITATION_US     (14 * DAY_US)
#define PASSWORD_RESET_US DAY_US

enum invitation_kind { INVITATION_MEMBER, INVITATION_ADMIN, INVITATION_PASSWORD };
extern const char *const invitation_kind_words[];

struct invitation {
	struct id id, organisation;
	int32_t kind;   /* enum invitation_kind */
	struct id user; /* INVITATION_PASSWORD: whose */
	struct text login, name, phone;
	uint32_t roles;
	struct id batch;
	int64_t created_at, expires_at;
	struct text token; /* as it is told, once; the row keeps its digest */
};
/*
 * Writes the row; sets created_at, and expires_at where it is 0. Writes no event: the caller's
 * tells what happened. The caller has made id and token (invitation_token) before, so that a second
 * run makes the same.
 */
event_fn invitation_insert; /* arg: struct invitation */
/* NO_TEXT when out of memory. */
struct text invitation_token(struct arena *arena);
/* What is sent to whoever is invited: a page of the console at @origin (see req_origin), the token
 * behind the #, so that no server's log has it. */
struct text invitation_link(struct arena *arena, struct text origin, struct text token);

/* ---- statements -------------------------------------------------------------- */

enum err account_by_login(struct db *db, struct arena *arena, struct text login,
			  struct account *out);
enum err account_by_id(struct db *db, struct arena *arena, struct id user, struct account *out);
/* The password is as old as password_changed_at says; 0: made now. */
enum err account_insert(struct db *db, const struct account *account, int64_t now);

/* In active organisations, the oldest membership first. */
enum err membership_list(struct db *db, struct arena *arena, struct id user, struct list *out);
/* Roles of the user in all organisations together but @organisation. */
enum err roles_elsewhere(struct db *db, struct id user, struct id organisation, uint32_t *out);
enum err membership_put(struct db *db, struct id user, struct id organisation, uint32_t roles,
			int64_t now);
enum err organisation_by_code(struct db *db, struct arena *arena, struct text code,
			      struct organisation *out);

enum err session_insert(struct db *db, const struct session *session);
enum err session_end(struct db *db, struct id session, int64_t now);
/* The user's own; of one that is open. ERR_NOT_FOUND. */
enum err session_read(struct db *db, struct arena *arena, struct id user, struct id session,
		      struct session *out);
/* ERR_NOT_FOUND unless it is open and the user's. */
enum err session_end_own(struct db *db, struct id user, struct id session, int64_t now);
enum err session_move(struct db *db, struct id session, struct id organisation);
/* Ends all sessions of @user but @kept (NO_ID: all): after a change of the password, and for
 * whoever suspends a user. */
enum err sessions_end(struct db *db, struct id user, struct id kept, int64_t now);
/* Of a session that is not over, whose user and organisation are active; ERR_NOT_FOUND. */
enum err bearer_read(struct db *db, struct arena *arena, struct digest digest, int64_t now,
		     struct bearer *out);
enum err session_touch(struct db *db, struct digest digest, int64_t now);

/* Those of @codes that the database has, as struct known_code. */
enum err codes_known(struct db *db, struct arena *arena, const struct value *codes, size_t count,
		     struct list *out);
enum err organisations_insert(struct db *db, const struct list *organisations);
enum err units_insert(struct db *db, const struct list *units);
enum err suppliers_insert(struct db *db, const struct list *suppliers);
enum err authorities_insert(struct db *db, const struct list *authorities);

enum err counties_put(struct db *db, const struct list *counties);
enum err designations_put(struct db *db, const struct list *designations);
enum err region_list(struct db *db, struct arena *arena, struct list *out);
/* Those that hold on @day; DAY_NONE: all there ever were. */
enum err designation_list(struct db *db, int32_t day, struct arena *arena, struct list *out);
/* The designations of a county that overlap the days from @since on, locked with the gap behind. */
enum err designations_lock(struct db *db, struct text county, int32_t kind, int32_t since,
			   struct arena *arena, struct list *out);
enum err designation_end(struct db *db, const struct designation *designation);
enum { DESIGNATION_FIELD_COUNT = 3 };
extern const struct field designation_fields[DESIGNATION_FIELD_COUNT]; /* as answers have them */
event_fn county_designate;                                             /* arg: struct designation */
event_fn county_designation_end; /* arg: the same: county, kind and until are given */

#endif
