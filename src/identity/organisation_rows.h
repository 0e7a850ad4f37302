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

#endif
