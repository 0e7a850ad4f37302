/* Rosters, users, regions and scopes in a real database. */
#include "test_identity_fixture.h"

static const struct sql rows_of_all = {
	"SELECT (SELECT COUNT(*) FROM organisation) * 10000 + (SELECT COUNT(*) FROM unit) * 1000"
	"     + (SELECT COUNT(*) FROM supplier) * 100 + (SELECT COUNT(*) FROM authority) * 10"
	"     + (SELECT COUNT(*) FROM unit_ancestor)"
};
static const struct sql users = { "SELECT COUNT(*) FROM user" };
static const struct sql end_designation = {
	"UPDATE county_designation SET until = '2025-12-31' WHERE county = '610621'"
};
static const struct sql ended = {
	"SELECT COUNT(*) FROM county_designation WHERE until IS NOT NULL"
};

static struct world *world_new(struct back *back)
{
	struct world *world = arena_take(back->arena, sizeof(*world));

	world_make(back, world);
	return world;
}

/* The ids that the database has, by code. */
static void world_read(struct back *back, struct id ids[WORLD_COUNT])
{
	struct list organisations = { 0 };

	assert_int_equal(organisation_list(back->db, back->arena, &organisations), OK);
	for (size_t i = 0; i < WORLD_COUNT; i++)
		for (size_t j = 0; j < organisations.count; j++) {
			const struct organisation *one =
				LIST_ITEM(organisations, struct organisation, j);

			if (text_is(one->code, world_rows[i].code))
				ids[i] = one->id;
		}
}

static void test_a_roster_is_loaded_once(void **state)
{
	struct back *back = *state;
	struct id before[WORLD_COUNT], after[WORLD_COUNT];

	assert_int_equal(step(back, roster_insert, &world_new(back)->roster), OK);
	world_read(back, before);
	/* 6 organisations, 3 units, 1 supplier, 3 authorities; FED itself, BRANCH itself and under
	 * FED, SCHOOL itself */
	assert_int_equal(number(back->db, &rows_of_all), 63134);

	assert_int_equal(step(back, roster_insert, &world_new(back)->roster), OK);
	world_read(back, after);
	assert_int_equal(number(back->db, &rows_of_all), 63134);
	for (size_t i = 0; i < WORLD_COUNT; i++)
		assert_true(id_equal(before[i], after[i]));
}

/* A second roster hangs a new unit under one that is there, by the id that this roster gives to it.
 */
static void test_a_roster_refers_to_what_is_there(void **state)
{
	struct back *back = *state;
	struct world *world = world_new(back);
	struct roster *roster = &world->roster;
	struct id leaf = id_new(1), ids[WORLD_COUNT];
	struct problems problems = { .arena = back->arena };
	const struct unit_place places[] = { { HIERARCHY_UNION, world->ids[FED], NO_ID },
					     { HIERARCHY_UNION, leaf, world->ids[FED] } };
	bool covers;

	struct organisation *one = list_add(&roster->organisations, back->arena, sizeof(*one));
	*one = (struct organisation){ .id = leaf,
				      .uscc = TEXT("51610403ABCDEFGH5W"),
				      .code = TEXT("LEAF"),
				      .name = TEXT("LEAF"),
				      .short_name = TEXT("LEAF"),
				      .is_unit = true,
				      .created_at = 1 };
	struct unit *unit = list_add(&roster->units, back->arena, sizeof(*unit));
	*unit = (struct unit){ leaf, TEXT("工会"), TEXT("省直"), TEXT("610000"), 1, 1 };
	roster->ancestors = (struct list){ 0 };
	assert_int_equal(unit_closure(places, COUNT_OF(places), &problems, &roster->ancestors), OK);
	assert_int_equal(step(back, roster_insert, roster), OK);

	world_read(back, ids);
	struct scope scope = { .kind = SCOPE_HIERARCHY,
			       .hierarchy = HIERARCHY_UNION,
			       .root = ids[FED] };
	assert_false(id_equal(ids[FED], world->ids[FED]));
	assert_int_equal(scope_covers_unit(back->db, &scope, leaf, &covers), OK);
	assert_true(covers);
}

static void test_wrong_credit_codes_are_named_and_nothing_is_loaded(void **state)
{
	struct back *back = *state;
	int64_t before = number(back->db, &rows_of_all);
	struct organisation rows[] = {
		{ .id = id_new(1),
		  .uscc = TEXT("52611026MA0000007U"),
		  .code = TEXT("GOOD"),
		  .name = TEXT("x"),
		  .short_name = TEXT("x"),
		  .is_unit = true },
		{ .id = id_new(2),
		  .uscc = TEXT("52611026MA0000007V"),
		  .code = TEXT("BAD1"),
		  .name = TEXT("x"),
		  .short_name = TEXT("x"),
		  .is_unit = true },
		{ .id = id_new(3),
		  .uscc = TEXT("12"),
		  .code = TEXT("BAD2"),
		  .name = TEXT("x"),
		  .short_name = TEXT("x"),
		  .is_unit = true },
	};
	struct roster roster = { .organisations = { rows, COUNT_OF(rows), COUNT_OF(rows) } };
	struct problems problems;

	assert_int_equal(step_with(back, roster_insert, &roster, &problems), ERR_REFUSED);
	assert_int_equal(problems.items.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct problem *problem = LIST_ITEM(problems.items, struct problem, i);

		assert_int_equal(problem->code, ERR_USCC);
		assert_true(text_is(problem->pointer,
				    i ? "/organisations/2/uscc" : "/organisations/1/uscc"));
		assert_true(text_is(problem->args[0].text, i ? "E_LENGTH" : "E_CHARSET"));
	}
	assert_int_equal(number(back->db, &rows_of_all), before);
}

static void test_users_are_added_by_the_rules(void **state)
{
	struct back *back = *state;
	int64_t before = number(back->db, &users);
	struct new_user user;
	static const struct {
		const char *login, *code;
		uint32_t roles;
		enum err e;
	} cases[] = {
		{ "Rule.One", "SCHOOL", ROLE_BUYER, OK },
		{ "rule.ONE", "SCHOOL", ROLE_BUYER, ERR_DB_DUPLICATE },
		{ "rule.two", "NOWHERE", ROLE_BUYER, ERR_UNKNOWN_REFERENCE },
		{ "rule.six", "学校", ROLE_BUYER, ERR_UNKNOWN_REFERENCE },
		{ "rule.seven", "school", ROLE_BUYER, ERR_UNKNOWN_REFERENCE },
		{ "rule.two", "SCHOOL", ROLE_CATALOGUER, ERR_REFUSED },
		{ "rule.two", "PLAT", ROLE_SYSTEM_ADMIN | ROLE_AUDITOR, ERR_REFUSED },
		{ "rule two", "SCHOOL", ROLE_BUYER, ERR_FORMAT },
		{ "rule.two", "PLAT", ROLE_AUDITOR, OK },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
			add_user(back, cases[i].login, cases[i].code, cases[i].roles, &user),
			cases[i].e);
	assert_int_equal(number(back->db, &users), before + 2);

	struct new_user other = { .login = TEXT("rule.two"),
				  .organisation_code = TEXT("OFF"),
				  .roles = ROLE_SYSTEM_ADMIN };
	assert_int_equal(step(back, membership_insert, &other),
			 ERR_REFUSED); /* auditor elsewhere */
	other.roles = ROLE_REVIEWER;   /* an auditor writes no business data, wherever */
	assert_int_equal(step(back, membership_insert, &other), ERR_REFUSED);
	other.roles = ROLE_SUPERVISOR;
	assert_int_equal(step(back, membership_insert, &other), OK);
	other.login = TEXT("rule.three");
	assert_int_equal(step(back, membership_insert, &other), ERR_UNKNOWN_REFERENCE);
}

static void test_scopes_cover_what_they_should(void **state)
{
	struct back *back = *state;
	struct id ids[WORLD_COUNT], nobody = id_new(5);
	world_read(back, ids);
	const struct scope none = { 0 }, platform = { .kind = SCOPE_PLATFORM };
	const struct scope county = { .kind = SCOPE_COUNTY, .county = "610621" };
	const struct scope elsewhere = { .kind = SCOPE_COUNTY, .county = "610925" };
	const struct scope tree = { .kind = SCOPE_HIERARCHY,
				    .hierarchy = HIERARCHY_UNION,
				    .root = ids[FED] };
	const struct scope branch = { .kind = SCOPE_HIERARCHY,
				      .hierarchy = HIERARCHY_UNION,
				      .root = ids[BRANCH] };
	const struct {
		const struct scope *scope;
		bool fed, branch, school, farm;
	} cases[] = {
		{ &none, false, false, false, false }, { &platform, true, true, true, true },
		{ &county, false, false, true, true }, { &elsewhere, false, false, false, false },
		{ &tree, true, true, false, false },   { &branch, false, true, false, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct {
			struct id unit;
			bool covers;
		} units[] = { { ids[FED], cases[i].fed },
			      { ids[BRANCH], cases[i].branch },
			      { ids[SCHOOL], cases[i].school },
			      { ids[FARM], false },
			      { nobody, false } };
		bool covers;

		for (size_t j = 0; j < COUNT_OF(units); j++) {
			assert_int_equal(
				scope_covers_unit(back->db, cases[i].scope, units[j].unit, &covers),
				OK);
			assert_int_equal(covers, units[j].covers);
		}
		assert_int_equal(
			scope_covers_supplier(back->db, cases[i].scope, ids[FARM], &covers), OK);
		assert_int_equal(covers, cases[i].farm);
		assert_int_equal(scope_covers_supplier(back->db, cases[i].scope, ids[FED], &covers),
				 OK);
		assert_false(covers);
	}
}

static void test_regions_tell_their_designations(void **state)
{
	struct back *back = *state;
	struct req *rq = request_of(back, HTTP_GET, "/api/v1/regions", "", 1);
	struct list counties = { 0 };

	assert_int_equal(rq->route->handle(rq), OK);
	assert_true(json_is_strict(body_of(rq), rq->arena, &(const char *){ NULL }));
	assert_true(text_holds(body_of(rq), "\"code\":\"610102\",\"name\":\"新城区\""));
	assert_true(text_holds(body_of(rq), "\"longitude\":110.01,\"latitude\":36.58"));
	assert_true(
		text_holds(body_of(rq),
			   "\"former_codes\":\"610928;612429\",\"designations\":["
			   "{\"kind\":\"assisted\",\"since\":\"2012-06-14\",\"until\":null},"
			   "{\"kind\":\"national_key\",\"since\":\"2021-08-27\",\"until\":null}]"));
	assert_true(text_starts(header_of(rq, "Cache-Control"), "public"));
	request_free(rq->private);

	assert_int_equal(county_list(back->db, back->arena, &counties), OK);
	assert_int_equal(counties.count, 3);
	assert_false(LIST_ITEM(counties, struct county, 0)->is_assisted);
	assert_true(LIST_ITEM(counties, struct county, 1)->is_assisted);
	assert_false(LIST_ITEM(counties, struct county, 1)->is_national_key);
	assert_true(LIST_ITEM(counties, struct county, 2)->is_national_key);
}

static void test_counties_loaded_again_keep_what_was_ended(void **state)
{
	struct back *back = *state;
	struct list counties = { 0 };

	run(back->db, &end_designation);
	world_counties(back);
	assert_int_equal(number(back->db, &ended), 1);
	assert_int_equal(county_list(back->db, back->arena, &counties), OK);
	assert_int_equal(counties.count, 3);
	assert_false(LIST_ITEM(counties, struct county, 1)->is_assisted);
}

static int start(void **state)
{
	back_start(state);
	world_counties(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_roster_is_loaded_once),
		cmocka_unit_test(test_a_roster_refers_to_what_is_there),
		cmocka_unit_test(test_wrong_credit_codes_are_named_and_nothing_is_loaded),
		cmocka_unit_test(test_users_are_added_by_the_rules),
		cmocka_unit_test(test_scopes_cover_what_they_should),
		cmocka_unit_test(test_regions_tell_their_designations),
		cmocka_unit_test(test_counties_loaded_again_keep_what_was_ended),
	};

	return cmocka_run_group_tests(tests, start, back_stop);
}
