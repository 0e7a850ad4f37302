/*
 * `xiangcai verify`: the closure of the reporting trees is exactly what follows from the places,
 * for every day. Both are kept in their shortest form, so that equal rows mean equal days.
 */
#include "organisation_rows.h"

#include <stdlib.h>

/* A province of 100 times the size must fit. */
#define VERIFY_MEMORY ((size_t)1 << 30)

static void fault_row(struct verdict *verdict, const char *what, const struct dated_ancestor *row)
{
	char unit[37], ancestor[37], since[11];

	verdict_fault(verdict, "hierarchy %s: unit %.*s under %.*s since %.*s %s",
		      word_of(hierarchy_words, row->hierarchy),
		      TEXT_FMT(id_format(row->unit, unit)),
		      TEXT_FMT(id_format(row->ancestor, ancestor)),
		      TEXT_FMT(day_format(row->since, since)), what);
}

static enum err closure_of(const struct list *places, struct arena *arena, struct list *out,
			   struct verdict *verdict)
{
	const struct forest forest = { places->at, places->count };

	for (size_t i = 0; i < places->count; i++) {
		const struct dated_place *place = LIST_ITEM(*places, struct dated_place, i);
		struct climb_fault fault;
		char unit[37];

		if (i && place[-1].hierarchy == place->hierarchy &&
		    id_equal(place[-1].unit, place->unit))
			continue;
		enum err e =
			ancestors_of(&forest, place->hierarchy, place->unit, arena, out, &fault);
		if (e)
			return e;
		if (fault.code)
			verdict_fault(verdict, "hierarchy %s: the places above unit %.*s: %s",
				      word_of(hierarchy_words, place->hierarchy),
				      TEXT_FMT(id_format(place->unit, unit)),
				      err_info(fault.code)->code);
	}
	return OK;
}

/* Both sorted: one walk over both. */
static void compare(const struct list *stored, const struct list *implied, struct verdict *verdict)
{
	size_t i = 0, j = 0;

	while (i < stored->count || j < implied->count) {
		const struct dated_ancestor *left = LIST_ITEM(*stored, struct dated_ancestor, i);
		const struct dated_ancestor *right = LIST_ITEM(*implied, struct dated_ancestor, j);
		int order = i == stored->count    ? 1
			    : j == implied->count ? -1
						  : dated_ancestor_compare(left, right);

		if (order < 0)
			fault_row(verdict, "follows from no place", left);
		else if (order > 0)
			fault_row(verdict, "is missing", right);
		else if (left->until != right->until || left->depth != right->depth)
			fault_row(verdict, "has other days or another depth than its places say",
				  left);
		i += order <= 0;
		j += order >= 0;
	}
}

enum err identity_verify(struct app *app, struct db *db, struct arena *arena,
			 struct verdict *verdict)
{
	struct list places = { 0 }, stored = { 0 }, implied = { 0 };
	struct arena *own = arena_new(VERIFY_MEMORY);

	(void)app;
	(void)arena;
	if (!own)
		return ERR_MEMORY;
	enum err e = places_all(db, own, &places);
	if (!e)
		e = ancestors_all(db, own, &stored);
	places_sort(places.at, places.count);
	if (!e)
		e = closure_of(&places, own, &implied, verdict);
	if (!e) {
		if (stored.count)
			qsort(stored.at, stored.count, sizeof(struct dated_ancestor),
			      dated_ancestor_compare);
		if (implied.count)
			qsort(implied.at, implied.count, sizeof(struct dated_ancestor),
			      dated_ancestor_compare);
		compare(&stored, &implied, verdict);
		verdict->checked += (int64_t)stored.count;
	}
	arena_free(own);
	return e;
}
