/*
 * Putting units into reporting trees, moving them, taking them out.
 *
 * The places (unit_place) are what is said; the closure (unit_ancestor) follows from them and is
 * computed anew for the units whose way up may have changed: those placed and all below them. Only
 * rows that come out otherwise are written. Whoever changes a hierarchy holds its lock until the
 * end, so that what is read here stays true, and two moves never make a circle together.
 */
#include "organisation_rows.h"

#include <stdlib.h>
#include <string.h>

/* Above this many placements in a hierarchy the whole of it is read once. */
enum { AROUND_MAX = 16 };
#define PLACE_MARGIN_US (300 * SECOND_US)

/* A unit whose way up is computed anew, and the placement because of which. */
struct affected {
	struct id unit;
	size_t cause;
};

struct replanting {
	struct tx *tx;
	int32_t hierarchy;
	struct placement *placements;
	size_t count;
	struct list places;   /* struct dated_place: those known, after the change */
	struct list old;      /* struct dated_ancestor: of the affected, in order */
	struct list affected; /* in order of units */
	struct list members;  /* struct known_code: units with members, in order of ids */
	bool *soon;           /* of each placement: its day is left to us */
	int32_t next_day;     /* the first on which places that exist may change */
	bool refused;
};

static bool takes_part(const struct replanting *r, size_t i)
{
	return r->placements[i].hierarchy == r->hierarchy;
}

static void refuse(struct replanting *r, struct placement *placement, enum err code)
{
	if (!placement->fault)
		placement->fault = code;
	r->refused = true;
}

static struct forest forest_of(const struct replanting *r)
{
	return (struct forest){ r->places.at, r->places.count };
}

/* ---- reading ---- */

/* The neighbourhoods of several placements overlap: each place once. */
static void places_unique(struct list *places)
{
	struct dated_place *rows = places->at;
	size_t kept = 0;

	places_sort(places->at, places->count);
	for (size_t i = 0; i < places->count; i++)
		if (!kept || !id_equal(rows[kept - 1].unit, rows[i].unit) ||
		    rows[kept - 1].since != rows[i].since)
			rows[kept++] = rows[i];
	places->count = kept;
}

static void ancestors_unique(struct list *ancestors)
{
	struct dated_ancestor *rows = ancestors->at;
	size_t kept = 0;

	if (ancestors->count)
		qsort(rows, ancestors->count, sizeof(*rows), dated_ancestor_compare);
	for (size_t i = 0; i < ancestors->count; i++)
		if (!kept || dated_ancestor_compare(&rows[kept - 1], &rows[i]) != 0)
			rows[kept++] = rows[i];
	ancestors->count = kept;
}

static enum err affect(struct replanting *r, struct id unit, size_t cause)
{
	struct affected *one = list_add(&r->affected, r->tx->arena, sizeof(*one));

	if (!one)
		return ERR_MEMORY;
	*one = (struct affected){ unit, cause };
	return OK;
}

/* What a placement may change from tomorrow on; earlier days are those of units without any. */
static enum err read_around(struct replanting *r, size_t index)
{
	struct placement *placement = &r->placements[index];
	struct tx *tx = r->tx;
	size_t before = r->old.count;

	enum err e = places_around(tx->db, r->hierarchy, placement->unit,
				   placement->leaves ? NO_ID : placement->parent, tx->day,
				   tx->arena, &r->places);
	if (!e)
		e = ancestors_around(tx->db, r->hierarchy, placement->unit, tx->day, tx->arena,
				     &r->old);
	for (size_t i = before; !e && i < r->old.count; i++)
		e = affect(r, LIST_ITEM(r->old, struct dated_ancestor, i)->unit, index);
	return e;
}

static enum err read_whole(struct replanting *r)
{
	struct tx *tx = r->tx;

	enum err e = places_of_hierarchy(tx->db, r->hierarchy, tx->arena, &r->places);
	if (!e)
		e = ancestors_of_hierarchy(tx->db, r->hierarchy, tx->arena, &r->old);
	for (size_t i = 0; !e && i < r->places.count; i++)
		e = affect(r, LIST_ITEM(r->places, struct dated_place, i)->unit, SIZE_MAX);
	return e;
}

static int compare_affected(const void *a, const void *b)
{
	const struct affected *left = a, *right = b;
	int order = id_compare(left->unit, right->unit);

	if (order)
		return order;
	return left->cause < right->cause ? -1 : left->cause > right->cause;
}

static void affected_unique(struct list *affected)
{
	struct affected *rows = affected->at;
	size_t kept = 0;

	if (affected->count)
		qsort(rows, affected->count, sizeof(*rows), compare_affected);
	for (size_t i = 0; i < affected->count; i++)
		if (!kept || !id_equal(rows[kept - 1].unit, rows[i].unit))
			rows[kept++] = rows[i];
	affected->count = kept;
}

static enum err read_trees(struct replanting *r)
{
	size_t count = 0;
	enum err e = OK;

	for (size_t i = 0; i < r->count; i++)
		count += takes_part(r, i);
	if (count > AROUND_MAX)
		e = read_whole(r);
	for (size_t i = 0; !e && i < r->count; i++) {
		if (!takes_part(r, i))
			continue;
		if (count <= AROUND_MAX)
			e = read_around(r, i);
		if (!e)
			e = affect(r, r->placements[i].unit, i);
	}
	if (e)
		return e;
	places_unique(&r->places);
	ancestors_unique(&r->old);
	affected_unique(&r->affected);
	return OK;
}

/* ---- from which day ---- */

static int compare_known_id(const void *a, const void *b)
{
	return id_compare(((const struct known_code *)a)->id, ((const struct known_code *)b)->id);
}

static bool had_place(const struct replanting *r, struct id unit)
{
	struct forest forest = forest_of(r);
	size_t i = places_of(&forest, r->hierarchy, unit);

	return i < forest.count && id_equal(forest.places[i].unit, unit);
}

static enum err read_members(struct replanting *r)
{
	struct list units = { 0 };

	for (size_t i = 0; i < r->count; i++) {
		const struct placement *placement = &r->placements[i];

		if (!takes_part(r, i) || placement->is_new || had_place(r, placement->unit))
			continue;
		struct value *unit = list_add(&units, r->tx->arena, sizeof(*unit));
		if (!unit)
			return ERR_MEMORY;
		*unit = value_id(placement->unit);
	}
	enum err e = units_with_members(r->tx->db, &units, r->tx->arena, &r->members);
	if (!e && r->members.count)
		qsort(r->members.at, r->members.count, sizeof(struct known_code), compare_known_id);
	return e;
}

/*
 * No movement of the day may stand on record yet, nor come to stand there while this transaction
 * lasts: totals as of a position would change. What other servers did tells the latest clock that
 * anybody had; the margin is for how long a transaction and its repetitions take, and for clocks
 * that differ by less. A movement of that day that comes later finds the new tree.
 */
enum err places_next_day(struct tx *tx, int32_t *out)
{
	int64_t latest;

	enum err e = latest_instant(tx->db, &latest);
	if (e)
		return e;
	*out = day_of((latest > tx->now ? latest : tx->now) + PLACE_MARGIN_US) + 1;
	return OK;
}

/* What was ordered until now belongs to whoever the unit stood under; what will be ordered today
 * does too, once somebody can order. */
static int32_t earliest_day(const struct replanting *r, const struct placement *placement)
{
	struct known_code key = { .id = placement->unit };

	if (had_place(r, placement->unit))
		return r->next_day;
	if (placement->is_new)
		return DAY_EVER;
	return r->members.count && bsearch(&key, r->members.at, r->members.count, sizeof(key),
					   compare_known_id)
		       ? r->next_day
		       : r->tx->day;
}

/* ---- the change ---- */

static enum err place_add(struct replanting *r, struct list *out, const struct dated_place *place)
{
	struct dated_place *to = list_add(out, r->tx->arena, sizeof(*to));

	if (!to)
		return ERR_MEMORY;
	*to = *place;
	return OK;
}

static int compare_placement(const void *a, const void *b)
{
	const struct placement *left = *(struct placement *const *)a;
	const struct placement *right = *(struct placement *const *)b;

	return id_compare(left->unit, right->unit);
}

/* Those of the hierarchy that take effect, by their units. */
static enum err placements_sorted(struct replanting *r, struct list *out)
{
	for (size_t i = 0; i < r->count; i++) {
		struct placement *placement = &r->placements[i];

		if (!takes_part(r, i) || (placement->only_first && had_place(r, placement->unit)))
			continue;
		struct placement **at = list_add(out, r->tx->arena, sizeof(*at));
		if (!at)
			return ERR_MEMORY;
		*at = placement;
		placement->earliest = earliest_day(r, placement);
		if (placement->since == DAY_NONE)
			r->soon[i] = true;
		if (r->soon[i])
			placement->since = placement->earliest;
		else if (placement->since < placement->earliest)
			refuse(r, placement, ERR_TOO_EARLY);
		if (placement->leaves && !had_place(r, placement->unit))
			refuse(r, placement, ERR_PLACE_NONE);
	}
	if (out->count)
		qsort(out->at, out->count, sizeof(struct placement *), compare_placement);
	for (size_t i = 1; i < out->count; i++)
		if (compare_placement(LIST_ITEM(*out, struct placement *, i - 1),
				      LIST_ITEM(*out, struct placement *, i)) == 0)
			refuse(r, *LIST_ITEM(*out, struct placement *, i), ERR_REPEATED);
	return OK;
}

static struct placement *placement_of(const struct list *sorted, struct id unit)
{
	struct placement wanted = { .unit = unit }, *key = &wanted;
	struct placement *const *found = sorted->count ? bsearch(&key, sorted->at, sorted->count,
								 sizeof(key), compare_placement)
						       : NULL;

	return found ? *found : NULL;
}

/* Whoever comes as early as may be comes no earlier than the first place of its superior. */
static void wait_for_parents(struct replanting *r, const struct list *sorted)
{
	bool moved = true;

	for (int step = 0; moved && step <= TREE_DEPTH_MAX; step++) {
		moved = false;
		for (size_t i = 0; i < sorted->count; i++) {
			struct placement *placement = *LIST_ITEM(*sorted, struct placement *, i);
			const struct placement *parent = placement_of(sorted, placement->parent);

			if (!r->soon[placement - r->placements] || placement->leaves || !parent ||
			    had_place(r, parent->unit) || parent->since <= placement->since)
				continue;
			placement->since = parent->since;
			moved = true;
		}
	}
}

/* The places after the change: what begins on the day or later goes, what lasts beyond it ends. */
static enum err places_change(struct replanting *r, const struct list *sorted)
{
	struct list after = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < r->places.count; i++) {
		struct dated_place place = *LIST_ITEM(r->places, struct dated_place, i);
		const struct placement *placement = placement_of(sorted, place.unit);

		if (placement && place.since >= placement->since)
			continue;
		if (placement && place.until >= placement->since)
			place.until = placement->since - 1;
		e = place_add(r, &after, &place);
	}
	for (size_t i = 0; !e && i < sorted->count; i++) {
		const struct placement *placement = *LIST_ITEM(*sorted, struct placement *, i);

		if (!placement->leaves)
			e = place_add(r, &after,
				      &(struct dated_place){ r->hierarchy, placement->unit,
							     placement->parent, placement->since,
							     DAY_FOREVER, i });
	}
	if (e)
		return e;
	places_sort(after.at, after.count);
	r->places = after;
	return OK;
}

/* The same parent before and after is one place. */
static void places_join(struct list *places)
{
	struct dated_place *rows = places->at;
	size_t kept = 0;

	for (size_t i = 0; i < places->count; i++) {
		struct dated_place *last = kept ? &rows[kept - 1] : NULL;

		if (last && id_equal(last->unit, rows[i].unit) &&
		    id_equal(last->parent, rows[i].parent) && last->until + 1 == rows[i].since)
			last->until = rows[i].until;
		else
			rows[kept++] = rows[i];
	}
	places->count = kept;
}

/* ---- the closure ---- */

/* Somebody stays below one that leaves: the fault of that one; else of whoever was placed. */
static void blame(struct replanting *r, const struct list *sorted, const struct affected *affected,
		  const struct climb_fault *fault)
{
	struct placement *own = placement_of(sorted, affected->unit);
	struct placement *gone = placement_of(sorted, fault->at);

	if (fault->code == ERR_PLACE_MISSING && !own && gone && gone->leaves)
		refuse(r, gone, ERR_PLACE_BELOW);
	else if (own)
		refuse(r, own, fault->code);
	else
		refuse(r,
		       affected->cause < r->count ? &r->placements[affected->cause]
						  : *LIST_ITEM(*sorted, struct placement *, 0),
		       fault->code);
}

static enum err closure_compute(struct replanting *r, const struct list *sorted, struct list *out)
{
	struct forest forest = forest_of(r);

	for (size_t i = 0; i < r->affected.count; i++) {
		const struct affected *affected = LIST_ITEM(r->affected, struct affected, i);
		struct climb_fault fault;

		enum err e = ancestors_of(&forest, r->hierarchy, affected->unit, r->tx->arena, out,
					  &fault);
		if (e)
			return e;
		if (fault.code)
			blame(r, sorted, affected, &fault);
	}
	return OK;
}

static enum err unit_add(struct replanting *r, struct list *units, struct id unit)
{
	if (units->count &&
	    id_equal(LIST_ITEM(*units, struct value, units->count - 1)->as.id, unit))
		return OK;
	struct value *at = list_add(units, r->tx->arena, sizeof(*at));
	if (!at)
		return ERR_MEMORY;
	*at = value_id(unit);
	return OK;
}

static bool holds_unit(const struct list *units, struct id unit)
{
	size_t low = 0, high = units->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = id_compare(LIST_ITEM(*units, struct value, middle)->as.id, unit);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Units of which a row is there no more: all of theirs are written again. */
static enum err units_dropped(struct replanting *r, const struct list *after, struct list *units)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < r->old.count; i++) {
		const struct dated_ancestor *row = LIST_ITEM(r->old, struct dated_ancestor, i);

		if (!after->count ||
		    !bsearch(row, after->at, after->count, sizeof(*row), dated_ancestor_compare))
			e = unit_add(r, units, row->unit);
	}
	return e;
}

static enum err closure_write(struct replanting *r, const struct list *after)
{
	struct list units = { 0 }, changed = { 0 };

	enum err e = units_dropped(r, after, &units);
	for (size_t i = 0; !e && i < after->count; i++) {
		const struct dated_ancestor *row = LIST_ITEM(*after, struct dated_ancestor, i);
		const struct dated_ancestor *old =
			r->old.count ? bsearch(row, r->old.at, r->old.count, sizeof(*row),
					       dated_ancestor_compare)
				     : NULL;

		if (old && old->depth == row->depth && old->until == row->until &&
		    !holds_unit(&units, row->unit))
			continue;
		struct dated_ancestor *to = list_add(&changed, r->tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = *row;
	}
	if (!e)
		e = ancestors_drop(r->tx->db, r->hierarchy, &units);
	return e ? e : ancestors_put(r->tx->db, &changed);
}

/* The places of those placed, written again as they are now. */
static enum err places_write(struct replanting *r, const struct list *sorted)
{
	struct list units = { 0 }, rows = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < sorted->count; i++)
		e = unit_add(r, &units, (*LIST_ITEM(*sorted, struct placement *, i))->unit);
	for (size_t i = 0; !e && i < r->places.count; i++) {
		const struct dated_place *place = LIST_ITEM(r->places, struct dated_place, i);

		if (placement_of(sorted, place->unit))
			e = place_add(r, &rows, place);
	}
	if (!e)
		e = places_drop(r->tx->db, r->hierarchy, &units);
	return e ? e : places_put(r->tx->db, &rows);
}

static enum err replant(struct replanting *r)
{
	struct list sorted = { 0 }, after = { 0 };

	enum err e = hierarchy_lock(r->tx->db, r->hierarchy);
	if (!e)
		e = read_trees(r);
	if (!e)
		e = read_members(r);
	if (!e)
		e = places_next_day(r->tx, &r->next_day);
	if (!e)
		e = placements_sorted(r, &sorted);
	if (e || !sorted.count || r->refused)
		return e;
	wait_for_parents(r, &sorted);
	e = places_change(r, &sorted);
	if (e)
		return e;
	places_join(&r->places);
	e = closure_compute(r, &sorted, &after);
	if (e || r->refused)
		return e;
	if (after.count)
		qsort(after.at, after.count, sizeof(struct dated_ancestor), dated_ancestor_compare);
	e = places_write(r, &sorted);
	return e ? e : closure_write(r, &after);
}

enum err units_place(struct tx *tx, struct placement *placements, size_t count)
{
	bool refused = false, *soon = arena_take(tx->arena, count + 1);

	if (!soon)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		placements[i].fault = OK;
	for (int32_t hierarchy = 0; hierarchy_words[hierarchy]; hierarchy++) {
		struct replanting r = { .tx = tx,
					.hierarchy = hierarchy,
					.placements = placements,
					.count = count,
					.soon = soon };
		size_t i = 0;

		while (i < count && placements[i].hierarchy != hierarchy)
			i++;
		if (i == count)
			continue;
		enum err e = replant(&r);
		if (e)
			return e;
		refused |= r.refused;
	}
	return refused ? ERR_REFUSED : OK;
}

enum err placement_fail(struct problems *problems, const char *prefix,
			const struct placement *placement)
{
	char day[11];

	switch (placement->fault) {
	case ERR_TOO_EARLY:
		return fail(problems, ERR_TOO_EARLY, problem_at(problems, "%s/since", prefix),
			    ARG_TEXT(day_format(placement->earliest, day)));
	case ERR_TREE_DEEP:
		return fail(problems, ERR_TREE_DEEP, problem_at(problems, "%s/parent", prefix),
			    ARG_INT(TREE_DEPTH_MAX));
	case ERR_PLACE_NONE:
	case ERR_PLACE_BELOW:
	case ERR_REPEATED:
		return fail(problems, placement->fault,
			    problem_at(problems, "%s/hierarchy", prefix));
	default:
		return fail(problems, placement->fault, problem_at(problems, "%s/parent", prefix));
	}
}
