/* The closure of reporting trees: depths and ancestors of good ones, and every fault of bad ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "../../src/identity/organisation_rows.h"

static struct id id_of(int number)
{
	return (struct id){ { [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };
}

struct reporting {
	int hierarchy, unit, parent; /* 0: a root */
};

enum { PLACES_MAX = 400 };

struct trial {
	struct arena *arena;
	struct problems problems;
	struct list ancestors;
	enum err outcome;
};

static struct trial try_places(const struct reporting *places, size_t count)
{
	struct unit_place rows[PLACES_MAX];
	struct trial trial = { .arena = arena_new(0) };

	assert_true(count <= PLACES_MAX);
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct unit_place){ .hierarchy = places[i].hierarchy,
					       .unit = id_of(places[i].unit),
					       .parent = places[i].parent ? id_of(places[i].parent)
									  : NO_ID };
	trial.problems.arena = trial.arena;
	trial.outcome = unit_closure(rows, count, &trial.problems, &trial.ancestors);
	return trial;
}

/* Depth between two units, -1 where neither stands above the other. */
static int64_t depth_of(const struct trial *trial, int hierarchy, int ancestor, int unit)
{
	int64_t depth = -1;

	for (size_t i = 0; i < trial->ancestors.count; i++) {
		const struct unit_ancestor *row =
			LIST_ITEM(trial->ancestors, struct unit_ancestor, i);

		if (row->hierarchy != hierarchy || !id_equal(row->ancestor, id_of(ancestor)) ||
		    !id_equal(row->unit, id_of(unit)))
			continue;
		assert_int_equal(depth, -1); /* once only */
		depth = row->depth;
	}
	return depth;
}

static void test_each_unit_has_itself_and_all_above(void **state)
{
	static const struct reporting places[] = {
		{ HIERARCHY_UNION, 4, 2 },        { HIERARCHY_UNION, 1, 0 },
		{ HIERARCHY_UNION, 2, 1 },        { HIERARCHY_UNION, 3, 1 },
		{ HIERARCHY_UNION, 5, 4 },        { HIERARCHY_STATE_ASSETS, 4, 9 },
		{ HIERARCHY_STATE_ASSETS, 9, 0 },
	};
	static const struct {
		int hierarchy, ancestor, unit;
		int64_t depth;
	} cases[] = {
		{ HIERARCHY_UNION, 1, 1, 0 },        { HIERARCHY_UNION, 1, 2, 1 },
		{ HIERARCHY_UNION, 1, 4, 2 },        { HIERARCHY_UNION, 1, 5, 3 },
		{ HIERARCHY_UNION, 2, 5, 2 },        { HIERARCHY_UNION, 3, 5, -1 },
		{ HIERARCHY_UNION, 5, 1, -1 },       { HIERARCHY_UNION, 9, 4, -1 },
		{ HIERARCHY_STATE_ASSETS, 9, 4, 1 }, { HIERARCHY_STATE_ASSETS, 1, 4, -1 },
		{ HIERARCHY_STATE_ASSETS, 4, 4, 0 }, { HIERARCHY_STATE_ASSETS, 4, 5, -1 },
	};
	struct trial trial = try_places(places, COUNT_OF(places));

	(void)state;
	assert_int_equal(trial.outcome, OK);
	assert_int_equal(trial.ancestors.count, 1 + 2 + 2 + 3 + 4 + 1 + 2);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
			depth_of(&trial, cases[i].hierarchy, cases[i].ancestor, cases[i].unit),
			cases[i].depth);
	arena_free(trial.arena);
}

static void test_every_fault_is_named(void **state)
{
	static const struct reporting places[] = {
		{ HIERARCHY_UNION, 1, 0 },   { HIERARCHY_UNION, 2, 77 },
		{ HIERARCHY_UNION, 1, 0 },   { HIERARCHY_UNION, 10, 11 },
		{ HIERARCHY_UNION, 11, 10 }, { HIERARCHY_UNION, 20, 20 },
		{ HIERARCHY_UNION, 30, 10 },
	};
	static const struct {
		enum err code;
		const char *pointers[5];
	} faults[] = {
		{ ERR_UNKNOWN_REFERENCE, { "/places/1" } },
		{ ERR_REPEATED, { "/places/0", "/places/2" } }, /* one of the two */
		{ ERR_CYCLE, { "/places/3", "/places/4", "/places/5", "/places/6" } },
	};
	static const size_t expected[] = { 1, 1, 4 };
	struct trial trial = try_places(places, COUNT_OF(places));
	size_t seen[COUNT_OF(faults)] = { 0 };

	(void)state;
	assert_int_equal(trial.outcome, ERR_REFUSED);
	for (size_t i = 0; i < trial.problems.items.count; i++) {
		const struct problem *problem = LIST_ITEM(trial.problems.items, struct problem, i);
		size_t kind = 0;
		bool named = false;

		while (kind < COUNT_OF(faults) && faults[kind].code != problem->code)
			kind++;
		assert_true(kind < COUNT_OF(faults));
		for (size_t j = 0; faults[kind].pointers[j]; j++)
			named |= text_is(problem->pointer, faults[kind].pointers[j]);
		assert_true(named);
		seen[kind]++;
	}
	for (size_t i = 0; i < COUNT_OF(faults); i++)
		assert_int_equal(seen[i], expected[i]);
	arena_free(trial.arena);
}

static void test_deep_trees_end_and_endless_ones_are_refused(void **state)
{
	struct reporting places[PLACES_MAX];

	(void)state;
	for (int i = 0; i < PLACES_MAX; i++)
		places[i] = (struct reporting){ HIERARCHY_GOVERNMENT, i + 1, i };
	struct trial deep = try_places(places, TREE_DEPTH_MAX + 1);
	assert_int_equal(deep.outcome, OK);
	assert_int_equal(depth_of(&deep, HIERARCHY_GOVERNMENT, 1, TREE_DEPTH_MAX + 1),
			 TREE_DEPTH_MAX);
	arena_free(deep.arena);

	struct trial deeper = try_places(places, TREE_DEPTH_MAX + 2);
	assert_int_equal(deeper.outcome, ERR_REFUSED);
	assert_int_equal(deeper.problems.items.count, 1);
	assert_int_equal(LIST_ITEM(deeper.problems.items, struct problem, 0)->code, ERR_TREE_DEEP);
	arena_free(deeper.arena);

	places[0].parent = PLACES_MAX;
	struct trial ring = try_places(places, PLACES_MAX);
	assert_int_equal(ring.outcome, ERR_REFUSED);
	assert_int_equal(ring.problems.items.count + ring.problems.dropped, PLACES_MAX);
	for (size_t i = 0; i < ring.problems.items.count; i++)
		assert_int_equal(LIST_ITEM(ring.problems.items, struct problem, i)->code,
				 ERR_CYCLE);
	arena_free(ring.arena);

	struct trial none = try_places(places, 0);
	assert_int_equal(none.outcome, OK);
	assert_int_equal(none.ancestors.count, 0);
	arena_free(none.arena);
}

/* ---- places in time ---- */

/* A chapter of a unit's history: under whom, on which days. */
struct stay {
	int unit, parent, since, until;
};

struct way {
	struct arena *arena;
	struct list rows; /* struct dated_ancestor */
	struct climb_fault fault;
};

static struct way way_of(const struct stay *stays, size_t count, int unit)
{
	struct way way = { .arena = arena_new(0) };
	struct dated_place *places = arena_take(way.arena, count * sizeof(*places));

	for (size_t i = 0; i < count; i++)
		places[i] = (struct dated_place){ HIERARCHY_UNION,
						  id_of(stays[i].unit),
						  stays[i].parent ? id_of(stays[i].parent) : NO_ID,
						  stays[i].since,
						  stays[i].until,
						  i };
	places_sort(places, count);
	const struct forest forest = { places, count };
	assert_int_equal(ancestors_of(&forest, HIERARCHY_UNION, id_of(unit), way.arena, &way.rows,
				      &way.fault),
			 OK);
	return way;
}

static void test_the_way_up_is_that_of_each_day(void **state)
{
	/* 3 goes from 2 to 4 on day 100; 2 itself went from 1 to 5 on day 50, and back on 70 */
	static const struct stay stays[] = {
		{ 1, 0, 0, DAY_FOREVER },   { 5, 0, 10, DAY_FOREVER }, { 2, 1, 0, 49 },
		{ 2, 5, 50, 69 },           { 2, 1, 70, DAY_FOREVER }, { 4, 1, 0, DAY_FOREVER },
		{ 3, 4, 100, DAY_FOREVER }, { 3, 2, 20, 99 },
	};
	static const struct {
		int ancestor, depth, since, until;
	} expected[] = {
		{ 1, 2, 20, 49 },          { 1, 2, 70, DAY_FOREVER },  { 2, 1, 20, 99 },
		{ 3, 0, 20, DAY_FOREVER }, { 4, 1, 100, DAY_FOREVER }, { 5, 2, 50, 69 },
	};
	struct way way = way_of(stays, COUNT_OF(stays), 3);

	(void)state;
	assert_int_equal(way.fault.code, OK);
	assert_int_equal(way.rows.count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct dated_ancestor *row = LIST_ITEM(way.rows, struct dated_ancestor, i);

		assert_true(id_equal(row->ancestor, id_of(expected[i].ancestor)));
		assert_true(id_equal(row->unit, id_of(3)));
		assert_int_equal(row->depth, expected[i].depth);
		assert_int_equal(row->since, expected[i].since);
		assert_int_equal(row->until, expected[i].until);
	}
	arena_free(way.arena);
}

static void test_what_is_wrong_above_a_unit_is_told(void **state)
{
	static const struct {
		struct stay stays[4];
		size_t count;
		enum err code;
		int at;
	} cases[] = {
		/* the parent comes later, ends earlier, is away in between, was never there */
		{ { { 1, 0, 10, DAY_FOREVER }, { 2, 1, 5, 20 } }, 2, ERR_PLACE_MISSING, 1 },
		{ { { 1, 0, 0, 19 }, { 2, 1, 5, 20 } }, 2, ERR_PLACE_MISSING, 1 },
		{ { { 1, 0, 0, 9 }, { 1, 0, 12, 99 }, { 2, 1, 5, 20 } }, 3, ERR_PLACE_MISSING, 1 },
		{ { { 2, 1, 5, 20 } }, 1, ERR_PLACE_MISSING, 1 },
		/* a circle of some days only */
		{ { { 1, 3, 5, 9 }, { 1, 0, 10, 99 }, { 2, 1, 5, 20 }, { 3, 2, 5, 9 } },
		  4,
		  ERR_CYCLE,
		  2 },
		{ { { 1, 0, 5, 20 }, { 2, 1, 5, 20 } }, 2, OK, 0 },
		/* its own days need not be without gaps */
		{ { { 1, 0, 0, 99 }, { 2, 1, 5, 8 }, { 2, 1, 11, 20 } }, 3, OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct way way = way_of(cases[i].stays, cases[i].count, 2);

		assert_int_equal(way.fault.code, cases[i].code);
		if (cases[i].code)
			assert_true(id_equal(way.fault.at, id_of(cases[i].at)));
		arena_free(way.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_unit_has_itself_and_all_above),
		cmocka_unit_test(test_every_fault_is_named),
		cmocka_unit_test(test_deep_trees_end_and_endless_ones_are_refused),
		cmocka_unit_test(test_the_way_up_is_that_of_each_day),
		cmocka_unit_test(test_what_is_wrong_above_a_unit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
