/* Verification: a sound trail has no fault, and whatever somebody does to its rows is named, the
 * first one first. */
#include "test_audit_fixture.h"

enum { EVENTS = 50 };

/* One thing done to a trail of EVENTS positioned events and, behind them, one that waits. */
static const struct damage {
	const char *name;
	struct sql sql;
	const char *first; /* how the report begins */
	int64_t faults;
} damages[] = {
	{ "nothing", { "SELECT 1" }, "", 0 },
	{ "a state",
	  { "UPDATE event SET after_state = CONCAT(after_state, ' ') WHERE id = (SELECT event FROM "
	    "sequence WHERE position = 8)" },
	  "audit: position 8: event ",
	  1 },
	{ "who did it",
	  { "UPDATE event SET user = UUID() WHERE id = (SELECT event FROM sequence WHERE position "
	    "= 1)" },
	  "audit: position 1: event ",
	  1 },
	{ "a mac",
	  { "UPDATE event SET mac = REPEAT('x', 32) WHERE id = (SELECT event FROM sequence WHERE "
	    "position = 20)" },
	  "audit: position 20: event ",
	  2 },
	{ "removed event",
	  { "DELETE FROM event WHERE id = (SELECT event FROM sequence WHERE position = 9)" },
	  "audit: position 9: event ",
	  1 },
	{ "removed position",
	  { "DELETE FROM sequence WHERE position = 10" },
	  "audit: positions 10 to 10 were removed",
	  3 },
	{ "removed tail",
	  { "DELETE FROM sequence WHERE position > 45" },
	  "audit: positions 46 to 50 were removed",
	  1 + 5 },
	{ "all removed",
	  { "DELETE FROM sequence" },
	  "audit: positions 1 to 50 were removed",
	  1 + 50 },
	{ "a link",
	  { "UPDATE sequence SET chain = REPEAT('x', 32) WHERE position = 30" },
	  "audit: position 30: the chain is broken",
	  2 },
	{ "two places changed",
	  { "UPDATE sequence SET position = IF(position = 1000, 12, 1000) WHERE position IN (12, "
	    "1000)" },
	  "audit: positions 12 to 12 were removed",
	  2 + 1 },
	{ "head moved back",
	  { "UPDATE sequencer SET position = 40" },
	  "audit: position 40: the head's chain",
	  2 },
	{ "slipped in",
	  { "INSERT INTO event SELECT UUID(), kind, object, organisation, user, roles, address, "
	    "request, at, before_state, after_state, mac FROM event LIMIT 1" },
	  "audit: event ",
	  1 },
	{ "slipped in to wait",
	  { "INSERT INTO outbox (event) VALUES (UUID())" },
	  "audit: event ",
	  1 },
	{ "the waiting one",
	  { "UPDATE event SET kind = 'thing.unmade' WHERE id IN (SELECT event FROM outbox)" },
	  "audit: event ",
	  1 },
	{ "not waiting any more", { "DELETE FROM outbox" }, "audit: event ", 1 },
	{ "refused", { "UPDATE outbox SET refused_at = 1" }, "audit: event ", 1 },
	{ "a second time",
	  { "INSERT INTO outbox (event) SELECT event FROM sequence WHERE position = 3" },
	  "audit: event ",
	  1 },
};

static void test_damages(void **state)
{
	struct back *back = *state;
	struct buffer report = { 0 };
	struct id events[EVENTS];

	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		const struct damage *row = &damages[i];

		fresh(state);
		events_make(back, EVENTS, events);
		drain(back);
		events_make(back, 1, events);
		run(back->db, &row->sql);
		struct verdict verdict = verify(back, &report);
		if (verdict.faults != row->faults ||
		    strncmp(report.at, row->first, strlen(row->first)) != 0)
			print_error("%s: %lld faults\n%s", row->name, (long long)verdict.faults,
				    report.at);
		assert_int_equal(verdict.faults, row->faults);
		assert_memory_equal(report.at, row->first, strlen(row->first));
		assert_int_equal(!verdict.faults, report.size == 1);
	}
	buffer_free(&report);
}

/* ---- seals of days ---- */

static struct lease sealer_lease(struct back *back)
{
	struct lease lease = { .name = "" };

	assert_int_equal(lease_take(back->db, sealer_name, id_new(7), &lease), OK);
	return lease;
}

static const struct sql clear_seals = { "DELETE FROM audit_seal" };
static const struct sql seal_count = { "SELECT COUNT(*) FROM audit_seal" };
static const struct sql seal_position = { "SELECT position FROM audit_seal ORDER BY day DESC "
					  "LIMIT 1" };

static void seal_turn(struct back *back, const struct lease *lease)
{
	bool more = true;

	assert_int_equal(sealer_turn(&back->app, back->db, back->arena, lease, &more), OK);
	assert_false(more);
}

/* All that is due with the clock @days ahead. */
static void seal_turns(struct back *back, const struct lease *lease, int64_t days)
{
	bool more = true;

	back->app.clock.shift_us = days * DAY_US;
	for (int i = 0; more; i++) {
		assert_true(i < 20);
		assert_int_equal(sealer_turn(&back->app, back->db, back->arena, lease, &more), OK);
	}
	back->app.clock.shift_us = 0;
}

/* A day is sealed once, with the head of that moment; an empty trail has nothing to seal. */
static void test_a_day_is_sealed_once(void **state)
{
	struct back *back = *state;
	struct id events[EVENTS];
	struct buffer report = { 0 };
	struct lease lease = sealer_lease(back);

	run(back->db, &clear_seals);
	seal_turn(back, &lease);
	assert_int_equal(number(back->db, &seal_count), 0);
	events_make(back, 30, events);
	drain(back);
	seal_turn(back, &lease);
	assert_int_equal(number(back->db, &seal_position), 30);
	events_make(back, 20, events);
	drain(back);
	seal_turn(back, &lease);
	assert_int_equal(number(back->db, &seal_count), 1);
	back->app.clock.shift_us = DAY_US;
	seal_turn(back, &lease);
	back->app.clock.shift_us = 0;
	assert_int_equal(number(back->db, &seal_count), 2);
	assert_int_equal(number(back->db, &seal_position), 50);
	assert_int_equal(verify(back, &report).faults, 0);
	buffer_free(&report);
}

/* Missed days are made up for, a week back; a clock that was a year ahead for a while keeps no day
 * from its seal. */
static void test_missed_days_and_jumps(void **state)
{
	static const struct {
		int64_t days, seals;
	} turns[] = { { 0, 1 },   { 3, 4 },   { 30, 11 }, { 400, 18 },
		      { 31, 19 }, { 33, 21 }, { 33, 21 } };
	struct back *back = *state;
	struct id events[EVENTS];
	struct buffer report = { 0 };
	struct lease lease = sealer_lease(back);

	run(back->db, &clear_seals);
	events_make(back, 30, events);
	drain(back);
	for (size_t i = 0; i < COUNT_OF(turns); i++) {
		seal_turns(back, &lease, turns[i].days);
		assert_int_equal(number(back->db, &seal_count), turns[i].seals);
	}
	assert_int_equal(verify(back, &report).faults, 0);
	buffer_free(&report);
}

static const struct seal_damage {
	const char *name;
	struct sql sql[4];
	const char *first;
	int64_t faults;
} seal_damages[] = {
	{ "another position",
	  { { "UPDATE audit_seal SET position = 49" } },
	  "audit: the seal of ",
	  1 },
	{ "another chain",
	  { { "UPDATE audit_seal SET chain = REPEAT('x', 32)" } },
	  "audit: the seal of ",
	  1 },
	{ "another instant",
	  { { "UPDATE audit_seal SET sealed_at = sealed_at + 1" } },
	  "audit: the seal of ",
	  1 },
	{ "another day",
	  { { "UPDATE audit_seal SET day = day - INTERVAL 1 DAY" } },
	  "audit: the seal of ",
	  1 },
	{ "another seal",
	  { { "UPDATE audit_seal SET mac = REPEAT('x', 32)" } },
	  "audit: the seal of ",
	  1 },
	{ "the end cut off, the head set back",
	  { { "DELETE e FROM event e JOIN sequence s ON s.event = e.id WHERE s.position > 45" },
	    { "UPDATE sequencer h JOIN sequence s ON s.position = 45 SET h.position = 45, h.chain "
	      "= "
	      "s.chain" },
	    { "DELETE FROM sequence WHERE position > 45" } },
	  "audit: position 50, sealed on ",
	  1 },
};

static void test_seals_hold_the_trail(void **state)
{
	struct back *back = *state;
	struct buffer report = { 0 };
	struct id events[EVENTS];

	for (size_t i = 0; i < COUNT_OF(seal_damages); i++) {
		const struct seal_damage *row = &seal_damages[i];

		fresh(state);
		run(back->db, &clear_seals);
		events_make(back, EVENTS, events);
		drain(back);
		struct lease lease = sealer_lease(back);
		seal_turn(back, &lease);
		for (size_t j = 0; j < COUNT_OF(row->sql) && row->sql[j].text; j++)
			run(back->db, &row->sql[j]);
		struct verdict verdict = verify(back, &report);
		if (verdict.faults != row->faults)
			print_error("%s: %lld faults\n%s", row->name, (long long)verdict.faults,
				    report.at);
		assert_int_equal(verdict.faults, row->faults);
		assert_memory_equal(report.at, row->first, strlen(row->first));
	}
	run(back->db, &clear_seals);
	buffer_free(&report);
}

static void test_names_the_event(void **state)
{
	static const struct sql forge = { "UPDATE event SET at = at - 1 WHERE id = ?" };
	struct back *back = *state;
	struct buffer report = { 0 };
	struct id events[EVENTS];
	char id[37];

	events_make(back, EVENTS, events);
	drain(back);
	assert_int_equal(db_exec(back->db, &forge, db_values(events[40])), OK);
	assert_int_equal(db_exec(back->db, &forge, db_values(events[4])), OK);
	assert_int_equal(verify(back, &report).faults, 2);
	char *first = strstr(report.at, id_format(events[4], id).at);
	assert_non_null(first);
	char *second = strstr(report.at, id_format(events[40], id).at);
	assert_true(second > first);
	buffer_free(&report);
}

/* Another key file: nothing holds, and the report stays short. */
static void test_another_key(void **state)
{
	static struct id events[500];
	struct back *back = *state;
	struct keys *keys = back->app.keys;
	struct buffer report = { 0 };
	char directory[256], why[128];
	int lines = 0;

	events_make(back, 500, events);
	drain(back);
	fixture_directory(directory, sizeof(directory));
	back->app.keys = keys_load(directory, why);
	assert_int_equal(verify(back, &report).faults, 500);
	for (const char *at = report.at; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, VERDICT_LINES_MAX);
	keys_free(back->app.keys);
	back->app.keys = keys;
	fixture_remove(directory);
	buffer_free(&report);
}

/* Several pages; how long it takes is printed, not asserted. */
static void test_many(void **state)
{
	enum { AT_ONCE = 5000 };
	static struct id events[AT_ONCE];
	const char *size = getenv("XIANGCAI_TEST_EVENTS");
	int64_t count = 100000;
	struct back *back = *state;
	struct buffer report = { 0 };

	if (size)
		assert_true(text_to_int(text_of(size), &count));
	for (int64_t i = 0; i < count; i += AT_ONCE)
		events_make(back, AT_ONCE, events);
	int64_t begun = clock_monotonic();
	drain(back);
	int64_t drained = clock_monotonic();
	struct verdict verdict = verify(back, &report);
	print_message("%lld events: sequenced in %lld ms, verified in %lld ms\n", (long long)count,
		      (long long)(drained - begun) / 1000,
		      (long long)(clock_monotonic() - drained) / 1000);
	assert_int_equal(verdict.checked, count);
	assert_int_equal(verdict.faults, 0);
	buffer_free(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_damages, fresh),
		cmocka_unit_test_setup(test_a_day_is_sealed_once, fresh),
		cmocka_unit_test_setup(test_missed_days_and_jumps, fresh),
		cmocka_unit_test_setup(test_seals_hold_the_trail, fresh),
		cmocka_unit_test_setup(test_names_the_event, fresh),
		cmocka_unit_test_setup(test_another_key, fresh),
		cmocka_unit_test_setup(test_many, fresh),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
