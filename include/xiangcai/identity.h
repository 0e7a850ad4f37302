/*
 * identity: organisations, users, memberships, sessions, roles, scopes. Who may do what stands in
 * the routes' rows; whose an object is, in the WHERE of its statement, by the scope clauses
 * described here.
 */
#ifndef XIANGCAI_IDENTITY_H
#define XIANGCAI_IDENTITY_H

#include "xiangcai/audit.h"

/* Roles as bits, in the order of role_words and of the SET in `membership`. */
enum role {
	ROLE_BUYER = 1 << 0,
	ROLE_APPROVER = 1 << 1,
	ROLE_UNIT_FINANCE = 1 << 2,
	ROLE_UNIT_ADMIN = 1 << 3,
	ROLE_CATALOGUER = 1 << 4,
	ROLE_DISPATCHER = 1 << 5,
	ROLE_SUPPLIER_FINANCE = 1 << 6,
	ROLE_SUPPLIER_ADMIN = 1 << 7,
	ROLE_REVIEWER = 1 << 8,
	ROLE_RECONCILER = 1 << 9,
	ROLE_SUPERVISOR = 1 << 10,
	ROLE_SYSTEM_ADMIN = 1 << 11,
	ROLE_SECURITY_ADMIN = 1 << 12,
	ROLE_AUDITOR = 1 << 13,
	ROLES_UNIT = 0xf,
	ROLES_SUPPLIER = 0xf0,
	ROLES_AUTHORITY = 0x3f00
};
extern const char *const role_words[];

/*
 * The permission table, `permission.def`. MAY_NAME is what a route says in `.roles`: the roles, any
 * one of which has the permission, and above their bits which permission it is, so that its reach
 * is known as well. Never joined with another one.
 */
enum permission_name {
#define PERMISSION(name, word, roles, reach, zh, en) PERMISSION_##name,
#include "xiangcai/permission.def"
#undef PERMISSION
	PERMISSION_COUNT
};
enum {
	PERMISSION_SHIFT = 16,
#define PERMISSION(name, word, roles, reach, zh, en)                                               \
	MAY_##name = (roles) | (PERMISSION_##name + 1) << PERMISSION_SHIFT,
#include "xiangcai/permission.def"
#undef PERMISSION
};
enum reach { REACH_SELF, REACH_OWN, REACH_PLATFORM };
struct permission {
	const char *word; /* "place_orders" */
	uint32_t roles;
	enum reach reach;
	const char *sentence[2]; /* by enum language */
};
extern const struct permission permissions[];
extern const size_t permission_count;
extern const char *const reach_words[];
/* The set of those that @roles give to whoever acts in @scope, as bits by enum permission_name; and
 * such a set as JSON, a list of words in the order of the table: NO_TEXT when out of memory. */
uint64_t permissions_of(uint32_t roles, const struct scope *scope);
struct text permissions_json(struct arena *arena, uint64_t permissions);
/* The permission that @route_roles (of a route) names; NULL: everybody, or whoever is logged in. */
const struct permission *permission_named(uint32_t route_roles);
/* Those of @roles that count on a route with @route_roles for whoever acts in @scope: where it names
 * a permission, those alone that give it. */
uint32_t roles_in_reach(uint32_t roles, uint32_t route_roles, const struct scope *scope);
extern const char *const scope_words[]; /* by enum scope_kind */
enum hierarchy { HIERARCHY_UNION, HIERARCHY_STATE_ASSETS, HIERARCHY_GOVERNMENT };
extern const char *const hierarchy_words[];

/*
 * GB 32100-2015: OK or the first rule that fails, as the code of docs: NULL when valid, else
 * "E_EMPTY", "E_LENGTH", "E_CHARSET", "E_DEPT", "E_CATEGORY", "E_REGION", "E_ORG_CHECK", "E_CHECK".
 */
const char *uscc_fault(struct text code);

/* ---- settings ---------------------------------------------------------------- */

/* Of struct app; main reads them from the settings. */
struct identity_settings {
	bool totp_required;    /* of whoever acts for an authority; true */
	int64_t password_days; /* after which an authority's passwords must change: 365; 0: never */
	bool password_composition;    /* letters, digits and others must be mixed; false */
	int64_t failures_per_address; /* wrong logins of one address, of any names, in 15 minutes:
					 100 */
};
extern const struct identity_settings identity_settings_standard;
const struct identity_settings *identity_settings_of(const struct app *app);

/*
 * Whether @password may be chosen by whoever has @login: its length, that it is not the
 * login name, not a common one, and what @settings ask beside. Every fault goes to @problems at
 * @pointer, and the answer is ERR_REFUSED. That it was not used before is for whoever changes it.
 */
enum err password_check(struct text password, struct text login,
			const struct identity_settings *settings, struct problems *problems,
			const char *pointer);

/* ---- personal data ----------------------------------------------------------- */

/*
 * What is shown of a phone number (138****1234), a person's name (its first letter) and an account
 * number (6100 **** 0018) to whoever did not ask for it in the clear. NO_TEXT for NO_TEXT, and when
 * out of memory.
 */
struct text mask_phone(struct arena *arena, struct text phone);
struct text mask_name(struct arena *arena, struct text name);
struct text mask_account(struct arena *arena, struct text number);

/* The sealed columns of identity's tables, for the rotation of keys. */
extern const struct sealed_column identity_sealed[];
extern const size_t identity_sealed_count;

/* ---- loading organisations (commands, rosters) ------------------------------- */

struct organisation {
	struct id id;
	struct text uscc, code, name, short_name;
	bool is_unit, is_supplier, is_authority;
	int32_t status; /* 0 active */
	int64_t created_at;
};
struct unit {
	struct id organisation;
	struct text kind, city, region_code;
	int64_t member_count, annual_budget_fen;
};
struct unit_ancestor {
	int32_t hierarchy;
	struct id ancestor, unit;
	int64_t depth;
};
struct supplier {
	struct id organisation;
	struct text county, kind;
	int64_t households_assisted;
};
struct authority {
	struct id organisation;
	int32_t scope; /* enum scope_kind */
	struct text county;
	int32_t hierarchy; /* SMALL_NONE unless SCOPE_HIERARCHY */
	struct id root;
};
struct county {
	struct text code, name, name_en, city_code, city_name, longitude, latitude, former_codes;
	bool is_assisted, is_national_key;
};

/*
 * A set to insert, with multi-row statements; struct lists of the types above. Organisations whose
 * code exists are left alone with all that is theirs; their ids in places of trees and in scopes
 * are taken for those of the database. ERR_REFUSED with a fault for each credit code that does not
 * hold.
 */
struct roster {
	struct list organisations, units, ancestors, suppliers, authorities;
};
event_fn roster_insert; /* arg: struct roster */
/*
 * Fills @ancestors (struct unit_ancestor, in the arena of @problems) from who reports to whom: the
 * closure. ERR_REFUSED with a fault for every place that stands in a circle, twice, or under a
 * parent without a place; /places/N is the N-th of @places.
 */
struct unit_place {
	int32_t hierarchy;
	struct id unit, parent; /* NO_ID: a root */
};
enum err unit_closure(const struct unit_place *places, size_t count, struct problems *problems,
		      struct list *ancestors);
/*
 * Places in time, see docs/organisations.md. A placement puts a unit, with all below it, under
 * another one from a day on; what was planned for later days is replaced. Places change at the
 * beginning of a day, tomorrow at the earliest, since totals of today are told already; a unit that
 * never had a place and has no members may get its first one today, and one that this transaction
 * made may have it since ever.
 */
struct placement {
	int32_t hierarchy;
	struct id unit, parent; /* parent NO_ID: a root */
	int32_t since;    /* DAY_NONE: as early as may be; on the way out the day that it is */
	bool is_new;      /* the unit was made by this transaction */
	bool only_first;  /* nothing happens where it has a place already */
	bool leaves;      /* it leaves the hierarchy; @parent is not looked at */
	enum err fault;   /* out: OK, or why not */
	int32_t earliest; /* out, with ERR_TOO_EARLY: the first day that may be */
};
/*
 * Inside an event: any number at once, in any order (a unit may go under one that gets its own
 * place by the same call). Either all are done or, with ERR_REFUSED, the faults stand in the
 * placements: ERR_TOO_EARLY, ERR_PLACE_MISSING (the parent has no place on all days from then on),
 * ERR_PLACE_BELOW (something stays below a unit that leaves), ERR_PLACE_NONE (it leaves what it is
 * not in), ERR_REPEATED, ERR_CYCLE, ERR_TREE_DEEP. Writes no event. Statements: five a hierarchy
 * and two a placement, or five a hierarchy for many.
 */
enum err units_place(struct tx *tx, struct placement *placements, size_t count);
/* Notes placement->fault at @prefix with "/since", "/parent" or "/hierarchy" behind. */
enum err placement_fail(struct problems *problems, const char *prefix,
			const struct placement *placement);
/*
 * The daily step: applies names that begin and ends that come up to @day, each an event of its own
 * ("organisation.renamed", "organisation.ended", "supplier.ended" for one that sells). Days left
 * out are made up for; a day done before does nothing. As does whoever suspends an organisation
 * ("supplier.suspended", "supplier.resumed", "organisation.suspended", "organisation.resumed"), it
 * leaves to consequences what must follow elsewhere.
 */
/* @done counts what was done now. */
enum err organisations_day(struct step *step, int32_t day, int64_t *done);
/* For `xiangcai verify`: the closure is what the places imply, on every day. */
enum err identity_verify(struct app *app, struct db *db, struct arena *arena,
			 struct verdict *verdict);
/* All organisations by their codes (struct organisation): for commands, which name them by code. */
enum err organisation_list(struct db *db, struct arena *arena, struct list *out);
/* Counties and designations from schema/reference/counties.csv into the database: re-runnable. */
event_fn counties_insert; /* arg: struct list of struct county */
/* All counties, for imports, shop filters and reports. */
enum err county_list(struct db *db, struct arena *arena, struct list *out);
/* The same as they are designated on @day: for whoever asks what a county is then. county_list
 * knows designations without an end alone. */
enum err county_list_on(struct db *db, int32_t day, struct arena *arena, struct list *out);
/* The code of today for @code, which may be one that a county (struct county) had before; any other
 * code is given back as it is. */
struct text county_code_today(const struct list *counties, struct text code);

/*
 * An authority: an organisation that is there already, by its code, or a new one with name and
 * credit code, and what it oversees. The operator's act (`xiangcai authority add`), which nobody
 * can do over HTTP. Again, it changes the scope.
 */
struct new_authority {
	struct text code, uscc, name, short_name; /* all but the code: NO_TEXT where it is there */
	int32_t scope;                            /* enum scope_kind */
	struct text county;                       /* SCOPE_COUNTY */
	int32_t hierarchy;                        /* SCOPE_HIERARCHY, else SMALL_NONE */
	struct text root;                         /* SCOPE_HIERARCHY: the code of the unit on top */
	struct id id;                             /* out */
};
event_fn authority_add; /* ERR_REFUSED with every fault */
/* Notes what is wrong with its code, and with what is said beside it; of a new one all must be. */
void authority_check(struct problems *problems, const struct new_authority *authority,
		     bool is_new);

/*
 * A user with roles in one organisation (by its code). `xiangcai user add` and the demonstration.
 */
struct new_user {
	struct text login, name, password_hash, organisation_code;
	uint32_t roles;
	bool password_by_other; /* it was not chosen by the user, who must change it first */
	struct id id; /* out */
};
/* arg: struct new_user; password_hash is ready; ERR_DB_DUPLICATE for a taken login,
 * ERR_UNKNOWN_REFERENCE, ERR_REFUSED for roles that do not fit the capacities or each other */
event_fn user_insert;

/* Another membership for the user that has new_user.login (name and password_hash are not looked
 * at), or other roles in one; ERR_REFUSED with the same faults. */
event_fn membership_insert; /* arg: struct new_user */

/* A made password for whoever lost the own one; sessions, API keys and reset links end, locks are
 * lifted, and the password is due. `xiangcai user reset`; ERR_UNKNOWN_REFERENCE. */
struct user_reset {
	struct text login, password_hash;
	bool second_factor; /* the second factor goes, too */
	struct id id;       /* out */
};
event_fn user_reset;

/* Whether @user holds any of @roles in @organisation, in whatever session he acts now. */
enum err member_holds(struct db *db, struct id user, struct id organisation, uint32_t roles,
		      bool *holds);

/* ---- admission, licences, the daily run -------------------------------------- */

/* What a kind of licence ("business_licence") is called; NULL: no such kind. */
const char *licence_kind_name(struct text word, enum language language);

/*
 * The daily run: everything that happens because a business day has come, step by step, each once a
 * day. A day that was done before does nothing; days may be run in any order, and for any day: then
 * it is done as if that day had come. Commands and the loop call it as the system; any thread.
 */
struct daily_count {
	const char *step;
	int64_t done;     /* things that it did */
	bool done_before; /* it had been run for that day */
};
enum { DAILY_STEPS_MAX = 8 };
struct daily_report {
	struct daily_count counts[DAILY_STEPS_MAX];
	size_t count;
};
enum err daily_run(struct app *app, struct db *db, struct arena *arena, int32_t day,
		   struct daily_report *out);
/* A turn of main's table of loops: runs the days that have come since the last one, one a turn. */
enum err daily_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		    bool *more);
extern const char daily_job_kind[]; /* {"day": "2026-10-20"} */
extern const struct job_kind daily_jobs[];
extern const size_t daily_job_count;
extern const struct route organisation_routes[];
extern const size_t organisation_route_count;
extern const struct route application_routes[];
extern const size_t application_route_count;
extern const struct route licence_routes[]; /* and the daily run's */
extern const size_t licence_route_count;

/* ---- scopes ------------------------------------------------------------------ */

/*
 * Whether the business of a unit, or of a supplier, is seen by an authority of @scope; one indexed
 * statement. The platform sees all that exist; a county its suppliers and the units of its region;
 * a hierarchy the units of the subtree, and no supplier.
 */
enum err scope_covers_unit(struct db *db, const struct scope *scope, struct id unit, bool *covers);
enum err scope_covers_supplier(struct db *db, const struct scope *scope, struct id supplier,
			       bool *covers);

/* ---- the hook of run, and routes --------------------------------------------- */

/*
 * Who holds the session or the API key of @token: ERR_UNAUTHENTICATED unless a session is open,
 * seen within 30 minutes and opened within 12 hours, or a key is not over, and user, organisation
 * and membership are active. One statement, and once a minute a second one. Only roles of an
 * authority come with its scope; of an API key only those roles that its maker still has.
 */
enum err authenticate(struct req *rq, struct text token, struct actor *out);
/* A turn, for main's table: forgets counts of logins and sessions that are long over. Once an hour
 * is enough. */
enum err logins_turn(struct app *app, struct db *db, struct arena *arena,
		     const struct lease *lease, bool *more);
extern const struct route identity_routes[];
extern const size_t identity_route_count;
extern const struct route roster_routes[]; /* imports of units */
extern const size_t roster_route_count;
extern const struct job_kind roster_jobs[];
extern const size_t roster_job_count;
extern const struct route member_routes[]; /* members, invitations, users of the platform */
extern const size_t member_route_count;

#endif
