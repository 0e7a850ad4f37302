/*
 * What the files of organisations share: dated places and their closure, an organisation with its
 * version, and the statements behind them.
 *
 * Dates are days, both ends included. A place without an end lasts until DAY_FOREVER, one that was
 * always there holds since DAY_EVER, so that "holds on a day" is one BETWEEN in every statement.
 */
#ifndef ORGANISATION_ROWS_H
#define ORGANISATION_ROWS_H

#include "identity_rows.h"

enum {
	DAY_EVER = 0,          /* 1970-01-01 */
	DAY_FOREVER = 2932896, /* 9999-12-31 */
	TREE_DEPTH_MAX = 16    /* steps from a root down to the lowest unit */
};

/* ---- closure.c: pure --------------------------------------------------------- */

struct dated_place {
	int32_t hierarchy;
	struct id unit, parent; /* NO_ID: a root */
	int32_t since, until;
	size_t index; /* where it stood in the input */
};
struct dated_ancestor {
	int32_t hierarchy;
	struct id ancestor, unit;
	int64_t depth;
	int32_t since, until;
};
struct forest {
	const struct dated_place *places; /* sorted by places_sort */
	size_t count;
};
/* By hierarchy, unit and first day. */
void places_sort(struct dated_place *places, size_t count);
/* The first place of @unit; places.count or another unit's where it has none. */
size_t places_of(const struct forest *forest, int32_t hierarchy, struct id unit);
int dated_ancestor_compare(const void *a, const void *b); /* by hierarchy, unit, ancestor, day */

/* What is wrong above a unit: OK, ERR_CYCLE, ERR_TREE_DEEP, or ERR_PLACE_MISSING: @at is right
 * above somebody on a day on which it has no place itself. */
struct climb_fault {
	enum err code;
	struct id at;
};
/*
 * All that stand above @unit and it itself, on all days, appended to @out as struct dated_ancestor,
 * in order and joined where one run of days goes on as another ended. ERR_MEMORY, else OK with
 * what was wrong in @fault.
 */
enum err ancestors_of(const struct forest *forest, int32_t hierarchy, struct id unit,
		      struct arena *arena, struct list *out, struct climb_fault *fault);

/* ---- organisation_place_sql.c ------------------------------------------------ */

enum err hierarchy_lock(struct db *db, int32_t hierarchy);
/* struct dated_place: of a whole hierarchy; or of a unit, of what is below it from @since on, and
 * of all that was ever above those or above @parent. */
enum err places_of_hierarchy(struct db *db, int32_t hierarchy, struct arena *arena,
			     struct list *out);
enum err places_around(struct db *db, int32_t hierarchy, struct id unit, struct id parent,
		       int32_t since, struct arena *arena, struct list *out);
/* struct dated_ancestor: of a whole hierarchy; or of a unit and all below it from @since on. */
enum err ancestors_of_hierarchy(struct db *db, int32_t hierarchy, struct arena *arena,
				struct list *out);
enum err ancestors_around(struct db *db, int32_t hierarchy, struct id unit, int32_t since,
			  struct arena *arena, struct list *out);
/* Every place, and every ancestor, in order. */
enum err places_all(struct db *db, struct arena *arena, struct list *out);
enum err ancestors_all(struct db *db, struct arena *arena, struct list *out);
/* What @units (struct value) have in the hierarchy. */
enum err places_drop(struct db *db, int32_t hierarchy, const struct list *units);
enum err ancestors_drop(struct db *db, int32_t hierarchy, const struct list *units);
enum err places_put(struct db *db, const struct list *places);
enum err ancestors_put(struct db *db, const struct list *ancestors);
/* Which of @units (struct value) have members, as struct known_code without a code. */
enum err units_with_members(struct db *db, const struct list *units, struct arena *arena,
			    struct list *out);
/* struct dated_place: whatever stands right below @parent on @day or later, in any hierarchy; and
 * the places of one unit in all of them. */
enum err children_from(struct db *db, struct id parent, int32_t day, struct arena *arena,
		       struct list *out);
enum err places_of_unit(struct db *db, struct id unit, struct arena *arena, struct list *out);
/* The latest instant of any business event on record; 0: there is none. */
enum err latest_instant(struct db *db, int64_t *out);

/* ---- organisation_place.c ---------------------------------------------------- */

/* The first day on which a place that exists may change; meaningful under the hierarchy's lock. */
enum err places_next_day(struct tx *tx, int32_t *out);

/* ---- an organisation as it is shown and kept --------------------------------- */

struct unit_facts {
	struct text kind, city, region_code;
	int64_t member_count, annual_budget_fen;
};
struct supplier_facts {
	struct text county, kind;
	int64_t households_assisted;
	int32_t selling;            /* enum selling: whether its goods may be on the shelf */
	struct text selling_reason; /* why not: "licence" or "status"; NO_TEXT while it sells */
};
enum selling { SELLING_OPEN, SELLING_SUSPENDED };
extern const char *const selling_words[];
struct authority_facts {
	int32_t scope; /* enum scope_kind */
	struct text county;
	int32_t hierarchy;
	struct id root;
};
struct organisation_row {
	struct id id;
	struct text code, uscc, name, short_name;
	bool is_unit, is_supplier, is_authority;
	int32_t status; /* enum status */
	struct text status_reason;
	int32_t ends_on;
	struct id successor;
	int64_t version, created_at, ended_at;
	struct unit_facts unit; /* meaningful where is_unit; the others likewise */
	struct supplier_facts supplier;
	struct authority_facts authority;
	struct text name_sealed, phone_sealed; /* of the contact; NO_TEXT: none */
};

/* A place with the name of who stands right above; a name with its first day. DAY_NONE: always. */
struct place_row {
	int32_t hierarchy;
	struct id parent;
	struct text parent_name;
	int32_t since, until;
};
struct name_row {
	struct id organisation;
	struct text name, short_name;
	int32_t since;
};

/* ---- organisation_sql.c ------------------------------------------------------ */

/*
 * The organisation, if it is @own (NO_ID: none is) or lies in @scope; locked where @locks.
 * ERR_NOT_FOUND.
 */
enum err organisation_read(struct db *db, struct id id, struct id own, const struct scope *scope,
			   bool locks, struct arena *arena, struct organisation_row *out);
enum err place_rows(struct db *db, struct id unit, struct arena *arena, struct list *out);
enum err name_rows(struct db *db, struct id organisation, struct arena *arena, struct list *out);
/* Each raises the version by one. */
enum err organisation_rename(struct db *db, struct id id, struct text name, struct text short_name);
enum err organisation_touch(struct db *db, struct id id);
enum err organisation_mark(struct db *db, struct id id, enum status status, struct text reason);
enum err organisation_end_plan(struct db *db, struct id id, int32_t day, struct id successor,
			       struct text reason);
enum err organisation_end(struct db *db, struct id id, int64_t now);
/* A name from a day on, in the place of another one of that day; the first rename also keeps what
 * it was called before. */
enum err name_put(struct db *db, const struct organisation_row *before, const struct name_row *name,
		  bool is_applied);
enum err name_mark(struct db *db, const struct name_row *name);
enum err unit_facts_write(struct db *db, struct id id, const struct unit_facts *facts);
enum err contact_put(struct db *db, struct id id, struct text name_sealed, struct text phone_sealed,
		     int64_t now);
/* Everybody who is logged in for it. */
enum err organisation_sessions_end(struct db *db, struct id organisation, int64_t now);
/* Scopes whose root was @from have @to as theirs. */
enum err scopes_pass_on(struct db *db, struct id from, struct id to);
/* Those scopes, locked: struct passed_scope, as the trail shows them. */
struct passed_scope {
	struct id organisation;
	int32_t scope, hierarchy;
	struct id root;
};
extern const struct field passed_scope_fields[];
extern const size_t passed_scope_field_count;
enum err scopes_of_root(struct db *db, struct id root, struct arena *arena, struct list *out);
enum err is_root_of_scope(struct db *db, struct id unit, bool *is_root);
/* Whether somebody is to be merged into it on @day or later. */
enum err merger_is_awaited(struct db *db, struct id into, int32_t day, bool *awaits);
/* What is due on @day, at most @limit: names not applied yet (struct name_row), organisations whose
 * end has come (struct organisation_row: id, successor and capacities only). */
enum err names_due(struct db *db, int32_t day, int64_t limit, struct arena *arena,
		   struct list *out);
enum err ends_due(struct db *db, int32_t day, int64_t limit, struct arena *arena, struct list *out);

/* ---- organisation_list_sql.c ------------------------------------------------- */

struct unit_filter {
	const struct scope *scope;
	int32_t hierarchy, status; /* SMALL_NONE: any */
	struct id parent, ancestor;
	bool below; /* @ancestor is meant; else, with a hierarchy, those right under @parent */
	struct text city, region, kind;
	struct text part, beginning; /* patterns of the name and of the codes; NO_TEXT: any */
	int32_t day;
	struct id after;
	int64_t limit;
};
struct unit_item {
	struct id id;
	struct text uscc, code, name, short_name;
	int32_t status, ends_on;
	struct unit_facts facts;
};
struct supplier_filter {
	const struct scope *scope;
	int32_t status;
	struct text county;
	struct text part, beginning;
	struct id after;
	int64_t limit;
};
struct supplier_item {
	struct id id;
	struct text uscc, code, name, short_name;
	int32_t status, ends_on;
	struct supplier_facts facts;
};
/* In order of their ids. One statement. */
enum err unit_items(struct db *db, const struct unit_filter *filter, struct arena *arena,
		    struct list *out);
enum err unit_items_count(struct db *db, const struct unit_filter *filter, int64_t *out);
enum err supplier_items(struct db *db, const struct supplier_filter *filter, struct arena *arena,
			struct list *out);
enum err supplier_items_count(struct db *db, const struct supplier_filter *filter, int64_t *out);

/* ---- organisation_event.c ---------------------------------------------------- */

/* What each event is about, first of its argument. */
struct organisation_change {
	struct id id;
	int64_t version; /* out: the one that it has then */
	int64_t seen;    /* the one that the client saw; INT_NONE: any */
};
/*
 * The organisation of @change, locked, that is not ended and at the version that was seen: in the
 * actor's scope or, with @own, the actor's.
 */
enum err organisation_take(struct tx *tx, const struct organisation_change *change, struct id own,
			   struct organisation_row *out);
struct renaming {
	struct organisation_change change;
	struct text name, short_name;
	int32_t since; /* DAY_NONE: today */
};
struct facts_change {
	struct organisation_change change;
	struct unit_facts facts; /* out */
	struct unit_facts asked; /* what is absent stays */
};
struct placing {
	struct organisation_change change;
	int32_t hierarchy;
	struct id parent;
	int32_t since;
	bool leaves;
};
struct ending {
	struct organisation_change change;
	struct id into;   /* merged into; NO_ID: closed */
	struct id parent; /* new superior of those below; NO_ID: there must be none */
	int32_t since;
	struct text reason;
	int64_t moved; /* out: places of those below that were moved */
};
struct standing {
	struct organisation_change change;
	struct text reason;
};
struct contact {
	struct organisation_change change;
	struct text name, phone;
};
struct disclosure {
	struct organisation_change change;
	struct text reason;
	struct text name, phone; /* out, in the clear */
};
event_fn organisation_renaming; /* arg: struct renaming */
event_fn organisation_facts;    /* arg: struct facts_change */
event_fn unit_placing;          /* arg: struct placing */
event_fn unit_merging;          /* arg: struct ending */
event_fn organisation_closing;  /* arg: struct ending */
event_fn organisation_suspend;  /* arg: struct standing */
event_fn organisation_resume;   /* arg: struct standing */
event_fn contact_change;        /* arg: struct contact */
event_fn contact_disclose;      /* arg: struct disclosure */
extern const struct field renaming_fields[], facts_change_fields[], placing_fields[],
	merger_fields[], closing_fields[], standing_fields[], contact_fields[], disclosure_fields[];
enum {
	RENAMING_FIELDS = 5,
	FACTS_CHANGE_FIELDS = 7,
	PLACING_FIELDS = 6,
	ENDING_FIELDS = 7,
	STANDING_FIELDS = 3,
	CONTACT_FIELDS = 4,
	DISCLOSURE_FIELDS = 3
};
/* Whether a unit may say that it lies there: GB/T 2260 of a county, of a prefecture that has one,
 * or of the province. */
bool region_is_known(const struct list *counties, struct text code);
/* For handlers: notes the fault of a code that is known to nobody; NO_TEXT: none. */
enum err region_check(struct req *rq, struct text code);

#endif
