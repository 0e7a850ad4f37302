/*
 * Licences inside identity: kinds, rows, rules, events, the steps of the daily run.
 */
#ifndef IDENTITY_LICENCE_H
#define IDENTITY_LICENCE_H

#include "identity_rows.h"

enum licence_kind {
	LICENCE_BUSINESS,
	LICENCE_LEGAL_PERSON,
	LICENCE_FOOD_PRODUCTION,
	LICENCE_FOOD_BUSINESS,
	LICENCE_FOOD_REGISTRATION,
	LICENCE_ORGANIC,
	LICENCE_GREEN_FOOD,
	LICENCE_GEOGRAPHICAL,
	LICENCE_OTHER,
	LICENCE_KIND_COUNT
};
extern const char *const licence_kind_words[];

/* Licences of one group stand for each other. */
enum licence_group { GROUP_IDENTITY, GROUP_FOOD, GROUP_CERTIFICATE, LICENCE_GROUP_COUNT };
extern const char *const licence_group_words[];

struct licence_kind_row {
	const char *name[2]; /* by enum language */
	enum licence_group group;
	bool must_end; /* always has a last day */
};
extern const struct licence_kind_row licence_kinds[];
/* The groups of which those capacities (1 << enum application_kind) need one, as bits. */
unsigned licence_groups_needed(unsigned capacities);

enum licence_state {
	LICENCE_PENDING,
	LICENCE_VALID,
	LICENCE_REFUSED,
	LICENCE_REPLACED,
	LICENCE_EXPIRED
};
extern const char *const licence_words[];

struct licence {
	struct id id, organisation;
	struct text organisation_name;
	int32_t kind;
	struct text number;
	struct id file;
	int32_t expires_on; /* the last day on which it holds; DAY_NONE: without end */
	int32_t state;
	int64_t noticed; /* INT_NONE, or 90, 30, 7 */
	struct id submitted_by;
	int64_t submitted_at;
	struct id decided_by;
	int64_t decided_at;
	struct text reason;
};
extern const struct field licence_fields[];
extern const size_t licence_field_count;

/* ---- rules ------------------------------------------------------------------- */

/*
 * The narrowest of 90, 30 and 7 days that holds on @day and was not told yet; 0: nothing to tell.
 */
int64_t licence_threshold(int32_t expires_on, int32_t day, int64_t noticed);
/*
 * Whether one of the groups that a supplier needs has expired licences and none that holds.
 * Organisations that came by a roster never handed any in: those are not held against them.
 */
bool licences_lapsed(const struct list *licences);

/* Whether a scan of a licence may be of that type. */
bool licence_media_is_taken(const char *type);

/* ---- events ------------------------------------------------------------------ */

/* What an event leaves stands first, so that its field table writes the answer. */
struct licence_decision {
	struct licence out;
	struct id id;
	int32_t verdict; /* 0 accept, 1 refuse */
	struct text reason;
};
event_fn licence_submit; /* arg: struct licence, whole */
event_fn licence_decide; /* arg: struct licence_decision */

/* Whether a reviewer of @scope sees the licences of an organisation. */
enum err licence_in_scope(struct db *db, const struct scope *scope, struct id organisation,
			  bool *within);

/* What the daily run does to one licence. */
struct licence_turn {
	struct id id;
	int32_t day;
	int64_t threshold;
	bool done; /* out */
};
event_fn licence_notice; /* arg: struct licence_turn */
event_fn licence_expire; /* arg: struct licence_turn */

/* ---- statements -------------------------------------------------------------- */

enum err licence_insert(struct db *db, const struct licence *licence);
enum err licence_lock(struct db *db, struct arena *arena, struct id id, struct licence *out);
enum err licence_read(struct db *db, struct arena *arena, struct id id, struct licence *out);
enum err licence_mark(struct db *db, const struct licence *licence);
/* The older ones of its kind that hold. */
enum err licences_replace(struct db *db, const struct licence *by);
/* Those of an organisation that hold or have expired, under lock. */
enum err licences_standing(struct db *db, struct arena *arena, struct id organisation,
			   struct list *out);
struct licence_filter {
	const struct scope *scope;
	struct id own; /* NO_ID: by the scope */
	struct id organisation;
	int32_t state; /* SMALL_NONE: any */
	int32_t expiring_before;
	struct id after;
	int64_t limit;
};
enum err licence_list(struct db *db, struct arena *arena, const struct licence_filter *filter,
		      struct list *out);
enum err file_media_of(struct db *db, struct arena *arena, struct id file, struct id organisation,
		       struct text *out);
/* Ids of valid licences that end before @before, from @after on; struct licence with id, expires_on
 * and noticed. */
enum err licences_ending(struct db *db, struct arena *arena, int32_t before, struct id after,
			 struct list *out);
/* The supplier's lock, and why it is suspended; ERR_NOT_FOUND for what is no supplier. */
enum err supplier_lock(struct db *db, struct id organisation, bool *suspended);
enum err supplier_suspend(struct db *db, struct id organisation, bool suspended, int64_t now);

enum err daily_mark_find(struct db *db, int32_t day, struct text step, bool *found);
enum err daily_last(struct db *db, struct arena *arena, struct text step, int32_t until,
		    int32_t *out);
struct daily_mark {
	int32_t day;
	struct text step;
	int64_t done, at;
};
enum err daily_mark_put(struct db *db, const struct daily_mark *mark);

#endif
