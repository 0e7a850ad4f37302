/*
 * The closure of the reporting trees: from who reports to whom, every unit with all that stand
 * above it and itself. A subtree is then one range of a primary key, however deep.
 *
 * Places are sorted by hierarchy and unit, and each is walked up to its root by binary search. A
 * walk that goes deeper than any real hierarchy runs in a circle.
 */
#include "xiangcai/identity.h"

#include <stdlib.h>

enum { DEPTH_MAX = 100 };

/* A place and where it stood in the input, for its faults. */
struct placed {
	struct unit_place place;
	size_t index;
};

struct tree {
	struct placed *places;
	size_t count;
	struct problems *problems;
};

static int compare_placed(const void *a, const void *b)
{
	const struct unit_place *left = &((const struct placed *)a)->place;
	const struct unit_place *right = &((const struct placed *)b)->place;

	if (left->hierarchy != right->hierarchy)
		return left->hierarchy < right->hierarchy ? -1 : 1;
	return id_compare(left->unit, right->unit);
}

static const struct placed *parent_of(const struct tree *tree, const struct placed *child)
{
	struct placed key = { .place = { .hierarchy = child->place.hierarchy,
					 .unit = child->place.parent } };

	return bsearch(&key, tree->places, tree->count, sizeof(key), compare_placed);
}

static enum err place_fail(const struct tree *tree, const struct placed *placed, enum err code)
{
	return fail(tree->problems, code, problem_at(tree->problems, "/places/%zu", placed->index));
}

/* One unit with each of its ancestors, itself first. */
static enum err climb(const struct tree *tree, const struct placed *start, struct list *ancestors)
{
	const struct placed *at = start;

	for (int64_t depth = 0; depth <= DEPTH_MAX; depth++) {
		struct unit_ancestor *row =
			list_add(ancestors, tree->problems->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		*row = (struct unit_ancestor){ start->place.hierarchy, at->place.unit,
					       start->place.unit, depth };
		if (id_is_none(at->place.parent))
			return OK;
		at = parent_of(tree, at);
		if (!at)
			return OK; /* named where the place itself was looked at */
	}
	return place_fail(tree, start, ERR_CYCLE);
}

static enum err look_at_places(const struct tree *tree)
{
	enum err outcome = OK;

	for (size_t i = 0; i < tree->count; i++) {
		const struct placed *placed = &tree->places[i];

		if (i > 0 && compare_placed(placed - 1, placed) == 0)
			outcome = place_fail(tree, placed, ERR_REPEATED);
		if (!id_is_none(placed->place.parent) && !parent_of(tree, placed))
			outcome = place_fail(tree, placed, ERR_UNKNOWN_REFERENCE);
	}
	return outcome;
}

enum err unit_closure(const struct unit_place *places, size_t count, struct problems *problems,
		      struct list *ancestors)
{
	struct tree tree = { .count = count, .problems = problems };

	if (count == 0)
		return OK;
	tree.places = arena_take(problems->arena, count * sizeof(*tree.places));
	if (!tree.places)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		tree.places[i] = (struct placed){ places[i], i };
	qsort(tree.places, count, sizeof(*tree.places), compare_placed);

	bool refused = look_at_places(&tree) != OK;
	for (size_t i = 0; i < count; i++) {
		enum err e = climb(&tree, &tree.places[i], ancestors);
		if (e == ERR_MEMORY)
			return e;
		refused |= e != OK;
	}
	return refused ? ERR_REFUSED : OK;
}
