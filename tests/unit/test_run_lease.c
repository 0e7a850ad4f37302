/* Leases by the database's clock, transactions under their fence, and the loops that hold them. */
#include "test_back_fixture.h"

static const struct sql expire = {
	"UPDATE lease SET until = NOW(6) - INTERVAL 1 SECOND WHERE name = 'work'"
};
static const struct sql forget = { "DELETE FROM lease" };
static const struct sql fence_now = { "SELECT fence FROM lease WHERE name = 'work'" };
static const struct sql scratch_make = {
	"CREATE TABLE IF NOT EXISTS scratch (n BIGINT NOT NULL PRIMARY KEY)"
};
static const struct sql scratch_clear = { "DELETE FROM scratch" };
static const struct sql scratch_add = { "INSERT INTO scratch (n) VALUES (?)" };
static const struct sql scratch_count = { "SELECT COUNT(*) FROM scratch" };
static const struct sql writes_made = {
	"SELECT CAST(SUM(variable_value) AS SIGNED) FROM information_schema.global_status"
	" WHERE variable_name IN ('COM_INSERT', 'COM_UPDATE', 'COM_DELETE', 'COM_BEGIN')"
};

static struct id person(uint8_t n)
{
	return (struct id){ { n } };
}

static int fresh(void **state)
{
	struct back *back = *state;

	run(back->db, &forget);
	run(back->db, &scratch_make);
	run(back->db, &scratch_clear);
	return 0;
}

static void test_one_holder(void **state)
{
	struct back *back = *state;
	struct lease a, b;

	assert_int_equal(lease_take(back->db, "work", person(1), &a), OK);
	assert_int_equal(a.fence, 1);
	assert_int_equal(lease_take(back->db, "work", person(2), &b), ERR_CONFLICT);
	assert_int_equal(lease_take(back->db, "other", person(2), &b), OK);
	assert_int_equal(lease_renew(back->db, &a), OK);
	assert_int_equal(lease_renew(back->db, &a), OK);
	assert_int_equal(lease_give(back->db, &a), OK);
	assert_int_equal(lease_take(back->db, "work", person(2), &b), OK);
	assert_int_equal(b.fence, 2);
	assert_int_equal(lease_renew(back->db, &a), ERR_CONFLICT);
	assert_int_equal(lease_give(back->db, &a), ERR_CONFLICT);
	assert_int_equal(lease_take(back->db, "work", person(1), &a), ERR_CONFLICT);
}

static void test_an_end_is_an_end(void **state)
{
	struct back *back = *state;
	struct lease a, b;

	assert_int_equal(lease_take(back->db, "work", person(1), &a), OK);
	run(back->db, &expire);
	/* nobody took it: the holder goes on */
	assert_int_equal(lease_renew(back->db, &a), OK);
	run(back->db, &expire);
	assert_int_equal(lease_take(back->db, "work", person(2), &b), OK);
	assert_int_equal(lease_renew(back->db, &a), ERR_CONFLICT);
	/* the same holder's next lease is another one */
	run(back->db, &expire);
	assert_int_equal(lease_take(back->db, "work", person(1), &b), OK);
	assert_int_equal(lease_renew(back->db, &a), ERR_CONFLICT);
}

struct write {
	int64_t number;
	int conflicts; /* how often it says so before it is done */
	enum err answer;
	int runs;
};

static enum err write_number(struct tx *tx, void *arg)
{
	struct write *write = arg;
	enum err e = db_exec(tx->db, &scratch_add, db_values(write->number));

	assert_false(id_is_none(tx->event));
	assert_int_equal(tx->day, day_of(tx->now));
	assert_true(id_is_none(tx->actor->user));
	write->runs++;
	if (!e && write->conflicts-- > 0)
		e = ERR_DB_CONFLICT;
	return e ? e : write->answer;
}

static void test_fence(void **state)
{
	struct back *back = *state;
	struct write write = { .number = 1 };
	struct lease a, b;

	assert_int_equal(lease_take(back->db, "work", person(1), &a), OK);
	assert_int_equal(run_fenced(&back->app, back->db, back->arena, &a, write_number, &write),
			 OK);
	assert_int_equal(number(back->db, &scratch_count), 1);
	run(back->db, &expire);
	assert_int_equal(lease_take(back->db, "work", person(2), &b), OK);
	write = (struct write){ .number = 2 };
	assert_int_equal(run_fenced(&back->app, back->db, back->arena, &a, write_number, &write),
			 ERR_CONFLICT);
	assert_int_equal(write.runs, 0);
	assert_int_equal(number(back->db, &scratch_count), 1);
	assert_int_equal(run_fenced(&back->app, back->db, back->arena, &b, write_number, &write),
			 OK);
	assert_int_equal(number(back->db, &scratch_count), 2);
}

static void test_fenced_failures(void **state)
{
	struct back *back = *state;
	struct write refused = { .number = 1, .answer = ERR_STOCK_SHORT };
	struct write unlucky = { .number = 2, .conflicts = 3 };
	struct lease a;

	assert_int_equal(lease_take(back->db, "work", person(1), &a), OK);
	assert_int_equal(run_fenced(&back->app, back->db, back->arena, &a, write_number, &refused),
			 ERR_STOCK_SHORT);
	assert_int_equal(refused.runs, 1);
	assert_int_equal(number(back->db, &scratch_count), 0);
	assert_int_equal(run_fenced(&back->app, back->db, back->arena, &a, write_number, &unlucky),
			 OK);
	assert_int_equal(unlucky.runs, 4);
	assert_int_equal(number(back->db, &scratch_count), 1);
}

/* ---- loops
 * ------------------------------------------------------------------------------------------ */

static atomic_int turns, at_once, most_at_once;

static enum err turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	int now = atomic_fetch_add(&at_once, 1) + 1;

	if (now > atomic_load(&most_at_once))
		atomic_store(&most_at_once, now);
	assert(app && db && arena && lease->fence > 0 && !*more);
	int64_t fence;
	enum err e = db_number(db, &fence_now, db_none, &fence);
	assert(!e && fence == lease->fence);
	usleep(1000);
	*more = atomic_fetch_add(&turns, 1) % 10 == 0;
	atomic_fetch_sub(&at_once, 1);
	return OK;
}

static void wait_for_turns(int more)
{
	int64_t give_up = clock_monotonic() + 10 * SECOND_US;
	int until = atomic_load(&turns) + more;

	while (atomic_load(&turns) < until) {
		assert_true(clock_monotonic() < give_up);
		usleep(1000);
	}
}

static void test_loops_of_two_processes(void **state)
{
	static const struct leased_loop loops[] = { { "work", 5000, turn } };
	struct back *back = *state;

	back->hooks.loops = loops;
	back->hooks.loop_count = 1;
	struct leased_loops *a = leased_loops_start(&back->app, person(1));
	assert_non_null(a);
	wait_for_turns(5);
	struct leased_loops *b = leased_loops_start(&back->app, person(2));
	assert_non_null(b);
	wait_for_turns(5);
	assert_int_equal(number(back->db, &fence_now), 1);
	int64_t stopped = clock_monotonic();
	leased_loops_stop(a);
	wait_for_turns(5);
	/* at once, not when the lease would have ended */
	assert_true(clock_monotonic() - stopped < LEASE_SECONDS * SECOND_US / 2);
	assert_int_equal(number(back->db, &fence_now), 2);
	leased_loops_stop(b);
	assert_int_equal(atomic_load(&most_at_once), 1);
}

static void test_kick(void **state)
{
	static const struct leased_loop loops[] = { { "work", 3600 * SECOND_US, turn } };
	struct back *back = *state;
	struct background background = { 0 };

	atomic_store(&turns, 1);
	back->hooks.loops = loops;
	back->hooks.loop_count = 1;
	background.loops = leased_loops_start(&back->app, person(1));
	back->runtime.background = &background;
	assert_non_null(background.loops);
	wait_for_turns(1);
	for (int i = 0; i < 3; i++) {
		int before = atomic_load(&turns);
		loop_kick(&back->app, "another");
		usleep(20000);
		assert_int_equal(atomic_load(&turns), before);
		loop_kick(&back->app, "work");
		wait_for_turns(1);
	}
	leased_loops_stop(background.loops);
	back->runtime.background = NULL;
}

/* A turn that finds nothing writes nothing; neither does who waits for the lease. */
static void test_idle_loops_write_nothing(void **state)
{
	static const struct leased_loop loops[] = { { "work", 5000, turn } };
	struct back *back = *state;

	back->hooks.loops = loops;
	back->hooks.loop_count = 1;
	struct leased_loops *a = leased_loops_start(&back->app, person(1));
	wait_for_turns(1);
	struct leased_loops *b = leased_loops_start(&back->app, person(2));
	wait_for_turns(1);
	int64_t before = number(back->db, &writes_made);
	wait_for_turns(100);
	int64_t after = number(back->db, &writes_made);
	assert_in_range(after - before, 0, 1); /* a renewal may fall into that time */
	leased_loops_stop(a);
	leased_loops_stop(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_holder, fresh),
		cmocka_unit_test_setup(test_an_end_is_an_end, fresh),
		cmocka_unit_test_setup(test_fence, fresh),
		cmocka_unit_test_setup(test_fenced_failures, fresh),
		cmocka_unit_test_setup(test_loops_of_two_processes, fresh),
		cmocka_unit_test_setup(test_kick, fresh),
		cmocka_unit_test_setup(test_idle_loops_write_nothing, fresh),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
