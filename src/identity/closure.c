/*
 * The closure of the reporting trees: from who reports to whom, every unit with all that stand
 * above it and itself, each with its days. A subtree is then one range of a primary key, however
 * deep.
 *
 * Places are sorted by hierarchy, unit and first day, and each unit is walked up to its roots by
 * binary search, with the days on which the whole way holds. A walk that comes by the same unit
 * twice runs in a circle.
 */
#include "organisation_rows.h"

#include <stdlib.h>

/* As many steps as tell a circle from a tree that is merely too deep. */
enum { CIRCLE_STEPS = 1000 };

static int compare_unit(const struct dated_place *left, int32_t hierarchy, struct id unit)
{
	if (left->hierarchy != hierarchy)
		return left->hierarchy < hierarchy ? -1 : 1;
	return id_compare(left->unit, unit);
}

static int compare_days(int32_t left, int32_t right)
{
	return left < right ? -1 : left > right;
}

static int compare_place(const void *a, const void *b)
{
	const struct dated_place *left = a, *right = b;
	int order = compare_unit(left, right->hierarchy, right->unit);

	return order ? order : compare_days(left->since, right->since);
}

int dated_ancestor_compare(const void *a, const void *b)
{
	const struct dated_ancestor *left = a, *right = b;

	if (left->hierarchy != right->hierarchy)
		return left->hierarchy < right->hierarchy ? -1 : 1;
	int order = id_compare(left->unit, right->unit);
	if (!order)
		order = id_compare(left->ancestor, right->ancestor);
	return order ? order : compare_days(left->since, right->since);
}

void places_sort(struct dated_place *places, size_t count)
{
	if (count)
		qsort(places, count, sizeof(*places), compare_place);
}

size_t places_of(const struct forest *forest, int32_t hierarchy, struct id unit)
{
	size_t low = 0, high = forest->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_unit(&forest->places[middle], hierarchy, unit) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- one unit ---- */

struct climb {
	const struct forest *forest;
	int32_t hierarchy;
	struct id path[TREE_DEPTH_MAX + 1];
	struct arena *arena;
	struct list *out;
	struct climb_fault *fault;
};

static void climb_fail(struct climb *climb, enum err code, struct id at)
{
	if (!climb->fault->code)
		*climb->fault = (struct climb_fault){ code, at };
}

/* Whether the way up from @at on @day does not end. */
static bool is_endless(const struct climb *climb, struct id at, int32_t day)
{
	for (int steps = 0; steps < CIRCLE_STEPS; steps++) {
		size_t i = places_of(climb->forest, climb->hierarchy, at);

		for (; i < climb->forest->count; i++) {
			const struct dated_place *place = &climb->forest->places[i];

			if (compare_unit(place, climb->hierarchy, at))
				return false;
			if (place->since <= day && day <= place->until)
				break;
		}
		if (i == climb->forest->count || id_is_none(climb->forest->places[i].parent))
			return false;
		at = climb->forest->places[i].parent;
	}
	return true;
}

static bool was_here(const struct climb *climb, struct id at, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		if (id_equal(climb->path[i], at))
			return true;
	return false;
}

/* Whether the way may go on to @at; else why not is noted. */
static bool may_go_on(struct climb *climb, struct id at, int32_t day, size_t depth)
{
	if (was_here(climb, at, depth) || (depth > TREE_DEPTH_MAX && is_endless(climb, at, day)))
		climb_fail(climb, ERR_CYCLE, at);
	else if (depth > TREE_DEPTH_MAX)
		climb_fail(climb, ERR_TREE_DEEP, at);
	else
		return true;
	return false;
}

static enum err row_add(struct climb *climb, struct id at, size_t depth, int32_t first,
			int32_t last)
{
	struct dated_ancestor *row = list_add(climb->out, climb->arena, sizeof(*row));

	if (!row)
		return ERR_MEMORY;
	*row = (struct dated_ancestor){ climb->hierarchy, at,    climb->path[0],
					(int64_t)depth,   first, last };
	return OK;
}

/* @at and all above it on the days @since to @until, @depth steps above where the way began. */
static enum err climb_up(struct climb *climb, struct id at, int32_t since, int32_t until,
			 size_t depth)
{
	int32_t covered = since; /* the first day that no place was found for yet */
	enum err e = OK;

	if (!may_go_on(climb, at, since, depth))
		return OK;
	climb->path[depth] = at;
	for (size_t i = places_of(climb->forest, climb->hierarchy, at);
	     !e && i < climb->forest->count; i++) {
		const struct dated_place *place = &climb->forest->places[i];
		int32_t first = place->since > covered ? place->since : covered;
		int32_t last = place->until < until ? place->until : until;

		if (compare_unit(place, climb->hierarchy, at))
			break;
		if (first > last)
			continue;
		if (first > covered && depth)
			climb_fail(climb, ERR_PLACE_MISSING, at);
		covered = last + 1;
		e = row_add(climb, at, depth, first, last);
		if (!e && !id_is_none(place->parent))
			e = climb_up(climb, place->parent, first, last, depth + 1);
	}
	if (covered <= until && depth)
		climb_fail(climb, ERR_PLACE_MISSING, at);
	return e;
}

/* Joins rows of @list from @start on, in order, where one goes on as the one before it ended. */
static void join_runs(struct list *list, size_t start)
{
	struct dated_ancestor *rows = list->at;
	size_t kept = start;

	for (size_t i = start + 1; i < list->count; i++) {
		struct dated_ancestor *last = &rows[kept];

		if (id_equal(last->ancestor, rows[i].ancestor) && last->depth == rows[i].depth &&
		    last->until + 1 == rows[i].since)
			last->until = rows[i].until;
		else
			rows[++kept] = rows[i];
	}
	list->count = kept + 1;
}

enum err ancestors_of(const struct forest *forest, int32_t hierarchy, struct id unit,
		      struct arena *arena, struct list *out, struct climb_fault *fault)
{
	struct climb climb = {
		.forest = forest, .hierarchy = hierarchy, .arena = arena, .out = out, .fault = fault
	};
	size_t start = out->count;

	*fault = (struct climb_fault){ .code = OK };
	enum err e = climb_up(&climb, unit, DAY_EVER, DAY_FOREVER, 0);
	if (e || out->count == start)
		return e;
	qsort(LIST_ITEM(*out, struct dated_ancestor, start), out->count - start,
	      sizeof(struct dated_ancestor), dated_ancestor_compare);
	join_runs(out, start);
	return OK;
}

/* ---- rosters: places without days ---- */

static enum err place_fail(struct problems *problems, const struct dated_place *place,
			   enum err code)
{
	return fail(problems, code, problem_at(problems, "/places/%zu", place->index));
}

static bool has_place(const struct forest *forest, const struct dated_place *like)
{
	size_t i = places_of(forest, like->hierarchy, like->parent);

	return i < forest->count &&
	       compare_unit(&forest->places[i], like->hierarchy, like->parent) == 0;
}

static enum err look_at_places(const struct forest *forest, struct problems *problems)
{
	enum err outcome = OK;

	for (size_t i = 0; i < forest->count; i++) {
		const struct dated_place *place = &forest->places[i];

		if (i > 0 && compare_unit(place - 1, place->hierarchy, place->unit) == 0)
			outcome = place_fail(problems, place, ERR_REPEATED);
		if (!id_is_none(place->parent) && !has_place(forest, place))
			outcome = place_fail(problems, place, ERR_UNKNOWN_REFERENCE);
	}
	return outcome;
}

/* Places with nobody's place above them are named where they are looked at, not below them. */
static enum err climb_all(const struct forest *forest, struct problems *problems, struct list *rows)
{
	enum err outcome = OK;

	for (size_t i = 0; i < forest->count; i++) {
		const struct dated_place *place = &forest->places[i];
		struct climb_fault fault;

		enum err e = ancestors_of(forest, place->hierarchy, place->unit, problems->arena,
					  rows, &fault);
		if (e)
			return e;
		if (fault.code && fault.code != ERR_PLACE_MISSING)
			outcome = place_fail(problems, place, fault.code);
	}
	return outcome;
}

static enum err undate(const struct list *rows, struct arena *arena, struct list *ancestors)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct dated_ancestor *from = LIST_ITEM(*rows, struct dated_ancestor, i);
		struct unit_ancestor *to = list_add(ancestors, arena, sizeof(*to));

		if (!to)
			return ERR_MEMORY;
		*to = (struct unit_ancestor){ from->hierarchy, from->ancestor, from->unit,
					      from->depth };
	}
	return OK;
}

enum err unit_closure(const struct unit_place *places, size_t count, struct problems *problems,
		      struct list *ancestors)
{
	struct list rows = { 0 };
	struct dated_place *dated = arena_take(problems->arena, (count + 1) * sizeof(*dated));

	if (!dated)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		dated[i] = (struct dated_place){ places[i].hierarchy, places[i].unit,
						 places[i].parent,    DAY_EVER,
						 DAY_FOREVER,         i };
	places_sort(dated, count);

	const struct forest forest = { dated, count };
	bool refused = look_at_places(&forest, problems) != OK;
	enum err e = climb_all(&forest, problems, &rows);
	if (e == ERR_MEMORY)
		return e;
	refused |= e != OK;
	e = undate(&rows, problems->arena, ancestors);
	return e ? e : refused ? ERR_REFUSED : OK;
}
