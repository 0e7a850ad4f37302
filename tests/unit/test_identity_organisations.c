/*
 * Organisations in time, in a real database: places in the trees and what follows from them day by
 * day, every refusal by its name, mergers, ends, names, suspensions, and what the daily step does.
 */
#include "test_identity_fixture.h"

#include "../../src/identity/organisation_rows.h"

enum { UNITS = 24, TODAY = 20000, RANDOM_MOVES = 250 };

static const struct sql organisation_sql = {
	"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, "
	"is_authority, status, created_at) VALUES (?, ?, ?, ?, ?, TRUE, ?, FALSE, 'active', 1)"
};
static const struct sql unit_sql = {
	"INSERT INTO unit (organisation, kind, city, region_code, member_count, annual_budget_fen)"
	" VALUES (?, '工会', '西安市', '610102', 10, 1000)"
};
static const struct sql supplier_sql = {
	"INSERT INTO supplier (organisation, county, kind, households_assisted)"
	" VALUES (?, '610621', '合作社', 3)"
};
static const struct sql covers_sql = {
	"SELECT COUNT(*) FROM unit_ancestor WHERE hierarchy = 'union' AND ancestor = ? AND unit = ?"
	"   AND ? BETWEEN since AND until"
};
static const struct sql rows_sql = { "SELECT COUNT(*) FROM unit_ancestor" };
static const struct sql status_sql = {
	"SELECT status + 0 FROM organisation WHERE id = ?" /* from 1 */
};
static const struct sql version_sql = { "SELECT version FROM organisation WHERE id = ?" };
static const struct sql kind_sql = { "SELECT COUNT(*) FROM event WHERE object = ? AND kind = ?" };
static const struct sql named_sql = {
	"SELECT COUNT(*) FROM organisation WHERE id = ? AND name = ?"
};
static const struct sql names_sql = {
	"SELECT COUNT(*) FROM organisation_name WHERE organisation = ?"
};
static const struct sql spoil_sql = {
	"UPDATE unit_ancestor SET until = '2030-01-01' WHERE depth = 1 ORDER BY unit LIMIT 1"
};
static const struct sql mend_sql = {
	"UPDATE unit_ancestor SET until = '9999-12-31' WHERE until = '2030-01-01'"
};
static const struct sql member_sql = {
	"INSERT INTO membership (user, organisation, roles, created_at)"
	" SELECT id, ?, 'buyer', 1 FROM user WHERE login = 'keeper'"
};
static const struct sql session_sql = {
	"INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address)"
	" SELECT REPEAT(CHAR(7), 32), ?, id, ?, 1, 1, '' FROM user WHERE login = 'keeper'"
};
static const struct sql open_sql = {
	"SELECT COUNT(*) FROM session WHERE organisation = ? AND ended_at IS NULL"
};
static const struct sql contact_sql = {
	"SELECT COUNT(*) FROM contact WHERE organisation = ? AND phone_sealed LIKE '%13800%'"
};
static const struct sql clear_events_sql = {
	"SELECT COUNT(*) FROM event WHERE before_state LIKE '%13800%' OR after_state LIKE "
	"'%13800%'"
};

struct scene {
	struct back *back;
	struct id units[UNITS];
	int32_t today;
	int64_t clock; /* the instant of what is done; 0: one o'clock of today */
	struct scope scope;
	struct problems problems;
	int keys;
};
static struct scene scene;

static int64_t count_of(struct values values, const struct sql *sql)
{
	int64_t out;

	assert_int_equal(db_number(scene.back->db, sql, values, &out), OK);
	return out;
}

/* ---- doing ---- */

static enum err act(event_fn *fn, void *arg)
{
	struct back *back = scene.back;
	struct step step = { .app = &back->app,
			     .db = back->db,
			     .arena = back->arena,
			     .problems = &scene.problems,
			     .actor = { .user = id_new(1),
					.organisation = { { 1 } },
					.roles = ROLE_REVIEWER,
					.scope = scene.scope },
			     .now = scene.clock ? scene.clock
						: day_start(scene.today) + 3600 * SECOND_US };

	step.actor.scope.day = scene.today;
	scene.problems = (struct problems){ .arena = back->arena };
	return run_step(&step, arena_print(back->arena, "scene %d", ++scene.keys), fn, arg, NULL);
}

static enum err first_fault(void)
{
	return scene.problems.items.count ? LIST_ITEM(scene.problems.items, struct problem, 0)->code
					  : OK;
}

struct placements {
	struct placement *at;
	size_t count;
};

static enum err place_all(struct tx *tx, void *arg)
{
	struct placements *placements = arg;
	const struct audit_note note = { .kind = "test.placed", .object = tx->event };

	enum err e = units_place(tx, placements->at, placements->count);
	return e ? e : audit_event(tx, &note);
}

static enum err place(int unit, int parent, int32_t since, bool is_new, enum err *fault)
{
	struct placement placement = { .hierarchy = HIERARCHY_UNION,
				       .unit = scene.units[unit],
				       .parent = parent < 0 ? NO_ID : scene.units[parent],
				       .since = since,
				       .is_new = is_new };
	enum err e = act(place_all, &(struct placements){ &placement, 1 });

	*fault = placement.fault;
	return e;
}

static void placed(int unit, int parent, int32_t since)
{
	enum err fault;

	assert_int_equal(place(unit, parent, since, false, &fault), OK);
}

static bool is_below(int unit, int ancestor, int32_t day)
{
	int64_t rows = count_of(db_values(scene.units[ancestor], scene.units[unit], value_day(day)),
				&covers_sql);

	assert_in_range(rows, 0, 1);
	return rows;
}

static int64_t faults_found(void)
{
	struct buffer report = { 0 };
	struct verdict verdict = { .report = &report };

	assert_int_equal(
		identity_verify(&scene.back->app, scene.back->db, scene.back->arena, &verdict), OK);
	assert_true(verdict.checked > 0);
	buffer_free(&report);
	return verdict.faults;
}

/* ---- the scene: 0 is the root; 1 and 2 under it; 3, 4 under 1; 5 under 3; the rest nowhere ----
 */

static struct id organise(int i)
{
	struct back *back = scene.back;
	struct text name = arena_print(back->arena, "单位%d", i);
	struct text code = arena_print(back->arena, "T%05d", i);
	bool sells = i == UNITS - 1;
	struct id id = id_new(i + 1);

	assert_int_equal(
		db_exec(back->db, &organisation_sql, db_values(id, code, code, name, name, sells)),
		OK);
	assert_int_equal(db_exec(back->db, &unit_sql, db_values(id)), OK);
	if (sells)
		assert_int_equal(db_exec(back->db, &supplier_sql, db_values(id)), OK);
	return id;
}

static int start(void **state)
{
	static const int parents[] = { -1, 0, 0, 1, 1, 3 };
	struct placement first[COUNT_OF(parents)];
	struct new_user user;

	back_start(state);
	scene = (struct scene){ .back = *state,
				.today = TODAY,
				.scope = { .kind = SCOPE_PLATFORM } };
	scene.back->app.clock.fixed_us = day_start(TODAY); /* nothing happens later than that */
	world_counties(*state);
	for (int i = 0; i < UNITS; i++)
		scene.units[i] = organise(i);
	for (size_t i = 0; i < COUNT_OF(parents); i++)
		first[i] = (struct placement){ .hierarchy = HIERARCHY_UNION,
					       .unit = scene.units[i],
					       .parent = parents[i] < 0 ? NO_ID
									: scene.units[parents[i]],
					       .since = DAY_NONE,
					       .is_new = true };
	assert_int_equal(act(place_all, &(struct placements){ first, COUNT_OF(parents) }), OK);
	assert_int_equal(count_of(db_none, &rows_sql), 1 + 2 + 2 + 3 + 3 + 4);
	assert_int_equal(add_user(*state, "keeper", "T00000", ROLE_BUYER, &user), OK);
	return 0;
}

/* ---- places ---- */

static void test_every_wrong_placement_is_refused_by_its_name(void **state)
{
	static const struct {
		int unit, parent;
		int32_t since;
		enum err fault;
	} cases[] = {
		{ 3, 2, TODAY, ERR_TOO_EARLY }, /* what was ordered today is told already */
		{ 3, 2, TODAY - 1, ERR_TOO_EARLY },
		{ 1, 1, TODAY + 1, ERR_CYCLE }, /* under itself */
		{ 1, 5, TODAY + 1, ERR_CYCLE }, /* under its own subtree */
		{ 0, 4, TODAY + 1, ERR_CYCLE },
		{ 3, 10, TODAY + 1, ERR_PLACE_MISSING }, /* a parent without a place */
		{ 12, 10, TODAY + 1, ERR_PLACE_MISSING },
		{ 12, 1, TODAY - 1, ERR_TOO_EARLY }, /* the first one: today at the earliest */
		{ 0, -1, TODAY - 1, ERR_TOO_EARLY },
	};
	int64_t before = count_of(db_none, &rows_sql);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		enum err fault;

		assert_int_equal(
			place(cases[i].unit, cases[i].parent, cases[i].since, false, &fault),
			ERR_REFUSED);
		assert_int_equal(fault, cases[i].fault);
	}
	/* a chain as long as may be, and one more */
	struct placement chain[TREE_DEPTH_MAX + 1];
	for (int i = 0; i <= TREE_DEPTH_MAX; i++)
		chain[i] = (struct placement){ .hierarchy = HIERARCHY_GOVERNMENT,
					       .unit = scene.units[6 + i],
					       .parent = i ? scene.units[5 + i] : NO_ID,
					       .since = DAY_NONE };
	struct placement below = { .hierarchy = HIERARCHY_GOVERNMENT,
				   .unit = scene.units[UNITS - 1],
				   .parent = scene.units[6 + TREE_DEPTH_MAX],
				   .since = TODAY + 1 };
	assert_int_equal(act(place_all, &(struct placements){ chain, COUNT_OF(chain) }), OK);
	assert_int_equal(act(place_all, &(struct placements){ &below, 1 }), ERR_REFUSED);
	assert_int_equal(below.fault, ERR_TREE_DEEP);
	/* nobody leaves from above others, or from where it is not; none comes twice */
	struct placement twice[] = { below, below };
	twice[0].parent = twice[1].parent = scene.units[6];
	assert_int_equal(act(place_all, &(struct placements){ twice, 2 }), ERR_REFUSED);
	assert_true(twice[0].fault == ERR_REPEATED || twice[1].fault == ERR_REPEATED);
	struct placement leaving = { .hierarchy = HIERARCHY_UNION,
				     .unit = scene.units[3],
				     .since = TODAY + 1,
				     .leaves = true };
	assert_int_equal(act(place_all, &(struct placements){ &leaving, 1 }), ERR_REFUSED);
	assert_int_equal(leaving.fault, ERR_PLACE_BELOW);
	leaving.unit = scene.units[12];
	assert_int_equal(act(place_all, &(struct placements){ &leaving, 1 }), ERR_REFUSED);
	assert_int_equal(leaving.fault, ERR_PLACE_NONE);
	assert_int_equal(count_of(db_none, &rows_sql),
			 before + (TREE_DEPTH_MAX + 1) * (TREE_DEPTH_MAX + 2) / 2);
	assert_int_equal(faults_found(), 0);
}

static void test_a_move_takes_the_subtree_along_from_its_day_on(void **state)
{
	(void)state;
	placed(3, 2, TODAY + 10);
	for (int unit = 3; unit <= 5; unit += 2) {
		assert_true(is_below(unit, 1, TODAY + 9) && !is_below(unit, 2, TODAY + 9));
		assert_true(!is_below(unit, 1, TODAY + 10) && is_below(unit, 2, TODAY + 10));
		assert_true(is_below(unit, 0, TODAY - 5000) && is_below(unit, 0, TODAY + 5000));
	}
	assert_true(is_below(4, 1, TODAY + 10));
	/* the root stays above it without a break: one row, not two */
	assert_int_equal(faults_found(), 0);

	/* another plan takes the place of this one; the same again changes nothing */
	placed(3, 4, TODAY + 5);
	assert_true(is_below(5, 4, TODAY + 5) && is_below(5, 1, TODAY + 20));
	assert_false(is_below(5, 2, TODAY + 20));
	int64_t rows = count_of(db_none, &rows_sql);
	placed(3, 4, TODAY + 5);
	assert_int_equal(count_of(db_none, &rows_sql), rows);
	/* back to where it is: as if nothing had been planned */
	placed(3, 1, TODAY + 1);
	assert_true(is_below(5, 1, TODAY + 20) && !is_below(5, 4, TODAY + 20));
	assert_int_equal(faults_found(), 0);
}

static void test_a_first_place_is_of_today_while_nobody_can_order(void **state)
{
	enum err fault;

	(void)state;
	placed(13, 2, DAY_NONE);
	assert_true(is_below(13, 2, TODAY) && !is_below(13, 2, TODAY - 1));

	assert_int_equal(db_exec(scene.back->db, &member_sql, db_values(scene.units[14])), OK);
	assert_int_equal(place(14, 2, TODAY, false, &fault), ERR_REFUSED);
	assert_int_equal(fault, ERR_TOO_EARLY);
	placed(14, 2, DAY_NONE);
	assert_true(is_below(14, 2, TODAY + 1) && !is_below(14, 2, TODAY));
	assert_int_equal(faults_found(), 0);
}

static void test_the_check_names_what_does_not_follow(void **state)
{
	(void)state;
	assert_int_equal(faults_found(), 0);
	run(scene.back->db, &spoil_sql);
	assert_int_equal(faults_found(), 1);
	run(scene.back->db, &mend_sql);
	assert_int_equal(faults_found(), 0);
}

/* ---- the events ---- */

static void test_units_are_merged_with_all_below_them(void **state)
{
	struct ending ending = { .change = { .id = scene.units[3], .seen = INT_NONE },
				 .into = scene.units[4],
				 .since = TODAY + 3,
				 .reason = TEXT("合并") };

	(void)state;
	assert_int_equal(act(unit_merging, &ending), OK);
	assert_int_equal(ending.moved, 1);
	assert_true(is_below(5, 3, TODAY + 2) && !is_below(5, 4, TODAY + 2));
	assert_true(is_below(5, 4, TODAY + 3) && !is_below(5, 3, TODAY + 3));
	assert_false(is_below(3, 3, TODAY + 3));
	assert_int_equal(faults_found(), 0);

	/* an end is planned once, and nobody goes anywhere behind it */
	assert_int_equal(act(unit_merging, &ending), ERR_ENDED);
	struct placing placing = { .change = { .id = scene.units[13], .seen = INT_NONE },
				   .hierarchy = HIERARCHY_UNION,
				   .parent = scene.units[3],
				   .since = TODAY + 3 };
	assert_int_equal(act(unit_placing, &placing), ERR_ENDED);

	/* it is open until its day has come; then once for all */
	struct problems problems = { .arena = scene.back->arena };
	struct step step = { .app = &scene.back->app,
			     .db = scene.back->db,
			     .arena = scene.back->arena,
			     .problems = &problems,
			     .now = day_start(TODAY + 3) };
	assert_int_equal(organisations_day(&step, TODAY + 2, &(int64_t){ 0 }), OK);
	assert_int_equal(count_of(db_values(scene.units[3]), &status_sql), STATUS_ACTIVE + 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(organisations_day(&step, TODAY + 3, &(int64_t){ 0 }), OK);
		assert_int_equal(count_of(db_values(scene.units[3]), &status_sql),
				 STATUS_ENDED + 1);
		assert_int_equal(
			count_of(db_values(scene.units[3], "organisation.ended"), &kind_sql), 1);
	}
}

static void test_what_has_others_below_it_closes_only_with_a_place_for_them(void **state)
{
	struct ending ending = { .change = { .id = scene.units[1], .seen = INT_NONE },
				 .since = TODAY + 4,
				 .reason = TEXT("撤销") };

	(void)state;
	assert_int_equal(act(organisation_closing, &ending), ERR_REFUSED);
	assert_int_equal(first_fault(), ERR_PLACE_BELOW);
	ending.since = TODAY;
	assert_int_equal(act(organisation_closing, &ending), ERR_TOO_EARLY);
	ending.since = TODAY + 4;
	ending.parent = scene.units[5]; /* below itself */
	assert_int_equal(act(organisation_closing, &ending), ERR_REFUSED);
	ending.parent = scene.units[0];
	assert_int_equal(act(organisation_closing, &ending), OK);
	assert_true(is_below(4, 1, TODAY + 3) && !is_below(4, 1, TODAY + 4));
	assert_true(is_below(5, 4, TODAY + 4) && is_below(4, 0, TODAY + 4));
	assert_int_equal(faults_found(), 0);
}

static void test_names_have_days(void **state)
{
	struct renaming renaming = { .change = { .id = scene.units[6], .seen = INT_NONE },
				     .name = TEXT("新名"),
				     .short_name = TEXT("新"),
				     .since = TODAY - 1 };
	struct problems problems = { .arena = scene.back->arena };
	struct step step = { .app = &scene.back->app,
			     .db = scene.back->db,
			     .arena = scene.back->arena,
			     .problems = &problems,
			     .now = day_start(TODAY + 7) };

	(void)state;
	assert_int_equal(act(organisation_renaming, &renaming), ERR_TOO_EARLY);
	renaming.since = DAY_NONE;
	assert_int_equal(act(organisation_renaming, &renaming), OK);
	assert_int_equal(renaming.since, TODAY);
	assert_int_equal(count_of(db_values(scene.units[6], "新名"), &named_sql), 1);

	renaming.name = TEXT("将来之名");
	renaming.since = TODAY + 7;
	assert_int_equal(act(organisation_renaming, &renaming), OK);
	assert_int_equal(count_of(db_values(scene.units[6], "新名"), &named_sql), 1);
	assert_int_equal(organisations_day(&step, TODAY + 6, &(int64_t){ 0 }), OK);
	assert_int_equal(count_of(db_values(scene.units[6], "新名"), &named_sql), 1);
	int64_t version = count_of(db_values(scene.units[6]), &version_sql);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(organisations_day(&step, TODAY + 9, &(int64_t){ 0 }), OK);
		assert_int_equal(count_of(db_values(scene.units[6], "将来之名"), &named_sql), 1);
		assert_int_equal(count_of(db_values(scene.units[6]), &version_sql), version + 1);
	}
	assert_int_equal(count_of(db_values(scene.units[6]), &names_sql), 3);
}

static void test_versions_and_scopes_are_held_against(void **state)
{
	struct facts_change change = { .change = { .id = scene.units[7], .seen = 1 },
				       .asked = { .kind = TEXT("学校"),
						  .region_code = TEXT("612429"),
						  .member_count = INT_NONE,
						  .annual_budget_fen = 77 } };

	(void)state;
	/* the code that Langao had before */
	assert_int_equal(act(organisation_facts, &change), OK);
	assert_true(text_is(change.facts.region_code, "610925"));
	assert_int_equal(change.facts.member_count, 10);
	assert_int_equal(change.change.version, 2);
	assert_int_equal(act(organisation_facts, &change), ERR_PRECONDITION);
	change.change.seen = INT_NONE;
	change.asked.region_code = TEXT("999999");
	assert_int_equal(act(organisation_facts, &change), ERR_REGION_UNKNOWN);
	change.asked.region_code = NO_TEXT;

	const struct {
		struct scope scope;
		enum err e;
	} cases[] = {
		{ { .kind = SCOPE_COUNTY, .county = "610925" }, OK },
		{ { .kind = SCOPE_COUNTY, .county = "610102" }, ERR_NOT_FOUND },
		{ { .kind = SCOPE_HIERARCHY,
		    .hierarchy = HIERARCHY_GOVERNMENT,
		    .root = scene.units[6] },
		  OK },
		{ { .kind = SCOPE_HIERARCHY, .hierarchy = HIERARCHY_UNION, .root = scene.units[0] },
		  ERR_NOT_FOUND },
		{ { .kind = SCOPE_NONE }, ERR_NOT_FOUND },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		scene.scope = cases[i].scope;
		assert_int_equal(act(organisation_facts, &change), cases[i].e);
	}
	/* whoever oversees a part of a tree makes no roots, and nothing in other trees */
	scene.scope = cases[2].scope;
	struct placing placing = { .change = { .id = scene.units[7], .seen = INT_NONE },
				   .hierarchy = HIERARCHY_GOVERNMENT,
				   .since = DAY_NONE };
	assert_int_equal(act(unit_placing, &placing), ERR_SCOPE);
	placing.hierarchy = HIERARCHY_UNION;
	placing.parent = scene.units[0];
	assert_int_equal(act(unit_placing, &placing), ERR_SCOPE);
	scene.scope = (struct scope){ .kind = SCOPE_PLATFORM };
}

static void test_suspending_ends_sessions_and_says_what_follows(void **state)
{
	static const struct {
		int unit;
		const char *suspended, *resumed;
	} cases[] = { { 8, "organisation.suspended", "organisation.resumed" },
		      { UNITS - 1, "supplier.suspended", "supplier.resumed" } };

	(void)state;
	assert_int_equal(db_exec(scene.back->db, &member_sql, db_values(scene.units[8])), OK);
	assert_int_equal(
		db_exec(scene.back->db, &session_sql, db_values(id_new(9), scene.units[8])), OK);
	assert_int_equal(count_of(db_values(scene.units[8]), &open_sql), 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct id id = scene.units[cases[i].unit];
		struct standing standing = { .change = { .id = id, .seen = INT_NONE },
					     .reason = TEXT("核查") };

		assert_int_equal(act(organisation_resume, &standing), ERR_TRANSITION);
		assert_int_equal(act(organisation_suspend, &standing), OK);
		assert_int_equal(act(organisation_suspend, &standing), ERR_TRANSITION);
		assert_int_equal(count_of(db_values(id), &status_sql), STATUS_SUSPENDED + 1);
		assert_int_equal(act(organisation_resume, &standing), OK);
		assert_int_equal(count_of(db_values(id), &status_sql), STATUS_ACTIVE + 1);
		assert_int_equal(count_of(db_values(id, cases[i].suspended), &kind_sql), 1);
		assert_int_equal(count_of(db_values(id, cases[i].resumed), &kind_sql), 1);
	}
	assert_int_equal(count_of(db_values(scene.units[8]), &open_sql), 0);
}

static void test_contacts_are_nowhere_in_the_clear(void **state)
{
	struct contact contact = { .change = { .id = scene.units[9], .seen = 1 },
				   .name = TEXT("王小明"),
				   .phone = TEXT("13800001234") };
	struct disclosure disclosure = { .change = { .id = scene.units[9], .seen = INT_NONE },
					 .reason = TEXT("联系验收") };

	(void)state;
	assert_int_equal(act(contact_disclose, &disclosure), ERR_NOT_FOUND);
	assert_int_equal(act(contact_change, &contact), OK);
	assert_int_equal(act(contact_change, &contact), ERR_PRECONDITION);
	assert_int_equal(act(contact_disclose, &disclosure), OK);
	assert_true(text_is(disclosure.phone, "13800001234"));
	assert_true(text_is(disclosure.name, "王小明"));
	assert_int_equal(count_of(db_values(scene.units[9]), &contact_sql), 0);
	assert_int_equal(count_of(db_none, &clear_events_sql), 0);
	assert_int_equal(count_of(db_values(scene.units[9], "contact.disclosed"), &kind_sql), 1);
}

/* ---- any history ---- */

static uint32_t random_below(uint32_t bound)
{
	static uint64_t seed = 20261122;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % bound);
}

enum { HISTORY = 14, HISTORY_DAYS = 120 };
/* parents[unit][day]: as a naive reader of the events would know it; -2: nowhere */
static int parents[HISTORY][HISTORY_DAYS + 1];

static bool naive_below(int unit, int ancestor, int day)
{
	for (int at = unit, steps = 0; at >= 0 && steps <= HISTORY; steps++) {
		if (parents[at][day] == -2)
			return false;
		if (at == ancestor)
			return true;
		at = parents[at][day];
	}
	return false;
}

/* Whether everybody's way up ends at a root, through places, on every day from @first on. */
static bool naive_holds(int first)
{
	for (int day = first; day <= HISTORY_DAYS; day++)
		for (int unit = 0; unit < HISTORY; unit++) {
			int steps = 0;

			if (parents[unit][day] == -2)
				continue;
			for (int at = unit; parents[at][day] != -1; at = parents[at][day])
				if (parents[at][day] == -2 || ++steps > HISTORY)
					return false;
		}
	return true;
}

static void test_any_history_is_that_of_its_days(void **state)
{
	struct id ids[HISTORY];
	int done = 0, refused = 0;

	(void)state;
	for (int i = 0; i < HISTORY; i++) {
		ids[i] = organise(100 + i);
		for (int day = 0; day <= HISTORY_DAYS; day++)
			parents[i][day] = -2;
	}
	for (int n = 0; n < RANDOM_MOVES; n++) {
		static int kept[HISTORY][HISTORY_DAYS + 1];
		int unit = (int)random_below(HISTORY), parent = (int)random_below(HISTORY + 2) - 1;
		int today = n * (HISTORY_DAYS - 20) / RANDOM_MOVES;
		int since = today + 1 + (int)random_below(15);
		bool leaves = parent == HISTORY;
		struct placement placement = { .hierarchy = HIERARCHY_STATE_ASSETS,
					       .unit = ids[unit],
					       .parent = parent < 0 || leaves ? NO_ID : ids[parent],
					       .since = TODAY + since,
					       .leaves = leaves };

		scene.today = TODAY + today;
		memcpy(kept, parents, sizeof(kept));
		bool had = false;
		for (int day = 0; day <= HISTORY_DAYS; day++)
			had |= parents[unit][day] != -2;
		for (int day = since; day <= HISTORY_DAYS; day++)
			parents[unit][day] = leaves ? -2 : parent;
		bool holds = naive_holds(since) && (had || !leaves);
		enum err e = act(place_all, &(struct placements){ &placement, 1 });
		assert_int_equal(e, holds ? OK : ERR_REFUSED);
		if (!holds)
			memcpy(parents, kept, sizeof(kept));
		done += holds;
		refused += !holds;
	}
	assert_true(done > 50 && refused > 20);
	assert_int_equal(faults_found(), 0);

	static const struct sql below = {
		"SELECT COUNT(*) FROM unit_ancestor WHERE hierarchy = 'state_assets'"
		"   AND ancestor = ? AND unit = ? AND ? BETWEEN since AND until"
	};
	for (int day = 0; day <= HISTORY_DAYS; day += 3)
		for (int unit = 0; unit < HISTORY; unit++)
			for (int above = 0; above < HISTORY; above++)
				assert_int_equal(count_of(db_values(ids[above], ids[unit],
								    value_day(TODAY + day)),
							  &below),
						 naive_below(unit, above, day));
	print_message("%d placements done, %d refused; %d days compared\n", done, refused,
		      HISTORY_DAYS / 3 + 1);
	scene.today = TODAY;
}

static enum err note_only(struct tx *tx, void *arg)
{
	const struct audit_note note = { .kind = "test.done", .object = tx->event };

	(void)arg;
	return audit_event(tx, &note);
}

static const struct sql authority_sql = {
	"INSERT INTO authority (organisation, scope, hierarchy, root)"
	" VALUES (?, 'hierarchy', 'union', ?)"
};
static const struct sql is_authority_sql = {
	"UPDATE organisation SET is_authority = TRUE WHERE id = ?"
};
static const struct sql passed_sql = {
	"SELECT COUNT(*) FROM authority a JOIN event e ON e.object = a.organisation"
	" WHERE a.organisation = ? AND a.root = ? AND e.kind = 'authority.changed'"
	"   AND e.before_state LIKE '%\"root\"%' AND e.after_state LIKE '%\"root\"%'"
};

static struct placement under(int32_t hierarchy, struct id unit, struct id parent)
{
	return (struct placement){ .hierarchy = hierarchy,
				   .unit = unit,
				   .parent = parent,
				   .since = DAY_NONE,
				   .is_new = true };
}

static struct ending into(struct id unit, struct id other, int32_t since)
{
	return (struct ending){ .change = { .id = unit, .seen = INT_NONE },
				.into = other,
				.since = since,
				.reason = TEXT("机构改革") };
}

/* 0 over 1, 2 and 3 in union; in state_assets 3 has 4 below it; 5 is an authority by 1. */
static void tree_of_scopes(struct id ids[6])
{
	struct placement places[6];

	for (int i = 0; i < 6; i++)
		ids[i] = organise(300 + i);
	for (int i = 0; i < 4; i++)
		places[i] = under(HIERARCHY_UNION, ids[i], i ? ids[0] : NO_ID);
	places[4] = under(HIERARCHY_STATE_ASSETS, ids[3], NO_ID);
	places[5] = under(HIERARCHY_STATE_ASSETS, ids[4], ids[3]);
	assert_int_equal(act(place_all, &(struct placements){ places, 6 }), OK);
	assert_int_equal(db_exec(scene.back->db, &authority_sql, db_values(ids[5], ids[1])), OK);
	assert_int_equal(db_exec(scene.back->db, &is_authority_sql, db_values(ids[5])), OK);
}

static void test_nobody_reaches_into_what_others_oversee(void **state)
{
	struct id ids[6];
	struct scope county = { .kind = SCOPE_COUNTY, .county = "610102" };

	(void)state;
	tree_of_scopes(ids);
	scene.scope = (struct scope){ .kind = SCOPE_HIERARCHY,
				      .hierarchy = HIERARCHY_UNION,
				      .root = ids[0] };
	struct ending ending = into(ids[3], ids[2], TODAY + 200);
	assert_int_equal(act(unit_merging, &ending), ERR_PLACE_ELSEWHERE);
	ending = into(ids[1], ids[2], TODAY + 200);
	assert_int_equal(act(unit_merging, &ending), ERR_SCOPE); /* somebody's root */

	scene.scope = county;
	struct placing placing = { .change = { .id = ids[2], .seen = INT_NONE },
				   .hierarchy = HIERARCHY_UNION,
				   .parent = ids[3],
				   .since = DAY_NONE };
	assert_int_equal(act(unit_placing, &placing), ERR_SCOPE);
	placing = (struct placing){ .change = placing.change,
				    .hierarchy = HIERARCHY_UNION,
				    .since = DAY_NONE,
				    .leaves = true };
	assert_int_equal(act(unit_placing, &placing), ERR_SCOPE);
	ending = into(ids[2], ids[3], TODAY + 200);
	assert_int_equal(act(unit_merging, &ending), ERR_PLACE_ELSEWHERE);
	struct facts_change facts = { .change = placing.change,
				      .asked = { .region_code = TEXT("610621"),
						 .member_count = INT_NONE,
						 .annual_budget_fen = INT_NONE } };
	assert_int_equal(act(organisation_facts, &facts), ERR_SCOPE);
	facts.asked.region_code = TEXT("610102");
	assert_int_equal(act(organisation_facts, &facts), OK);
	/* an authority keeps its name from all but the platform */
	struct renaming renaming = { .change = { .id = ids[5], .seen = INT_NONE },
				     .name = TEXT("新名"),
				     .short_name = TEXT("新"),
				     .since = DAY_NONE };
	assert_int_equal(act(organisation_renaming, &renaming), ERR_SCOPE);
	facts.change.id = ids[5];
	assert_int_equal(act(organisation_facts, &facts), ERR_SCOPE);
	scene.scope = (struct scope){ .kind = SCOPE_PLATFORM };
	assert_int_equal(act(organisation_renaming, &renaming), OK);
}

static void test_a_merger_hands_scopes_on_and_says_so(void **state)
{
	struct back *back = scene.back;
	struct problems problems = { .arena = back->arena };
	struct step step = { .app = &back->app,
			     .db = back->db,
			     .arena = back->arena,
			     .problems = &problems,
			     .now = day_start(TODAY + 210) };
	struct scope platform = { .kind = SCOPE_PLATFORM };
	struct id ids[6];
	int64_t done = 0;

	(void)state;
	scene.scope = platform;
	for (int i = 0; i < 6; i++)
		ids[i] = organise(320 + i);
	struct placement places[3];
	for (int i = 0; i < 3; i++)
		places[i] = under(HIERARCHY_UNION, ids[i], i ? ids[0] : NO_ID);
	assert_int_equal(act(place_all, &(struct placements){ places, 3 }), OK);
	assert_int_equal(db_exec(back->db, &authority_sql, db_values(ids[5], ids[1])), OK);
	/* in a circle: the successor would be gone */
	struct ending ending = into(ids[1], ids[2], TODAY + 210);
	assert_int_equal(act(unit_merging, &ending), OK);
	ending = into(ids[2], ids[1], TODAY + 205);
	assert_int_equal(act(unit_merging, &ending), ERR_MERGER_AWAITED);

	assert_int_equal(organisations_day(&step, TODAY + 210, &done), OK);
	assert_int_equal(count_of(db_values(ids[5], ids[2]), &passed_sql), 1);
	assert_int_equal(count_of(db_values(ids[1], "organisation.ended"), &kind_sql), 1);
	assert_int_equal(faults_found(), 0);
}

enum { LATER = TODAY + 1000 };

/* Each step by another clock than the one before, as by two servers or one set back. */
static void test_no_place_begins_on_a_day_that_any_clock_has_seen(void **state)
{
	static const struct {
		int64_t seen, now; /* minutes from the beginning of today; seen: an event of then */
		int32_t since;
		enum err fault;
	} cases[] = {
		{ 0, 12 * 60, LATER + 1, OK },
		/* between the check and the end of the transaction midnight may pass */
		{ 0, 24 * 60 - 6, LATER + 1, OK },
		{ 0, 24 * 60 - 4, LATER + 1, ERR_TOO_EARLY },
		{ 0, 24 * 60 - 4, LATER + 2, OK },
		/* another server's clock is past midnight, and it has said so */
		{ 24 * 60 + 1, 24 * 60 - 10, LATER + 1, ERR_TOO_EARLY },
		{ 24 * 60 + 1, 24 * 60 - 10, LATER + 2, OK },
		/* set back by days */
		{ 72 * 60 + 60, 60, LATER + 3, ERR_TOO_EARLY },
		{ 72 * 60 + 60, 60, LATER + 4, OK },
	};

	struct id ids[4];
	struct placement places[4];

	(void)state;
	scene.clock = day_start(LATER - 1);
	for (int i = 0; i < 4; i++) {
		ids[i] = organise(200 + i);
		places[i] = (struct placement){ .hierarchy = HIERARCHY_STATE_ASSETS,
						.unit = ids[i],
						.parent = i ? ids[i == 3] : NO_ID,
						.since = DAY_NONE };
	}
	assert_int_equal(act(place_all, &(struct placements){ places, 4 }), OK);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct placement move = places[3];

		move.parent = ids[1 + i % 2];
		move.since = cases[i].since;
		scene.clock = day_start(LATER) + cases[i].seen * 60 * SECOND_US;
		if (cases[i].seen)
			assert_int_equal(act(note_only, NULL), OK);
		scene.clock = day_start(LATER) + cases[i].now * 60 * SECOND_US;
		assert_int_equal(act(place_all, &(struct placements){ &move, 1 }),
				 cases[i].fault ? ERR_REFUSED : OK);
		assert_int_equal(move.fault, cases[i].fault);
	}
	/* as early as may be: behind what was seen */
	struct placement soon = places[3];

	soon.since = DAY_NONE;
	assert_int_equal(act(place_all, &(struct placements){ &soon, 1 }), OK);
	assert_int_equal(soon.since, LATER + 4);
	scene.clock = 0;
	assert_int_equal(faults_found(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_wrong_placement_is_refused_by_its_name),
		cmocka_unit_test(test_a_move_takes_the_subtree_along_from_its_day_on),
		cmocka_unit_test(test_a_first_place_is_of_today_while_nobody_can_order),
		cmocka_unit_test(test_the_check_names_what_does_not_follow),
		cmocka_unit_test(test_units_are_merged_with_all_below_them),
		cmocka_unit_test(test_what_has_others_below_it_closes_only_with_a_place_for_them),
		cmocka_unit_test(test_names_have_days),
		cmocka_unit_test(test_versions_and_scopes_are_held_against),
		cmocka_unit_test(test_suspending_ends_sessions_and_says_what_follows),
		cmocka_unit_test(test_contacts_are_nowhere_in_the_clear),
		cmocka_unit_test(test_any_history_is_that_of_its_days),
		cmocka_unit_test(test_nobody_reaches_into_what_others_oversee),
		cmocka_unit_test(test_a_merger_hands_scopes_on_and_says_so),
		cmocka_unit_test(test_no_place_begins_on_a_day_that_any_clock_has_seen),
	};

	return cmocka_run_group_tests(tests, start, back_stop);
}
