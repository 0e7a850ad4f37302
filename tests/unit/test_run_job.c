/* Jobs: taken once, run again after a crash or a bad moment, given up in the end; seen by their own
 * organisation alone. */
#include "test_back_fixture.h"

static const struct sql forget = { "DELETE FROM job" };
static const struct sql expire = { "UPDATE job SET until = NOW(6) - INTERVAL 1 SECOND" };
static const struct sql tire = { "UPDATE job SET attempts = 5" };
static const struct sql steal = { "UPDATE job SET fence = fence + 1" };
static const struct sql ended = {
	"SELECT COUNT(*) FROM job WHERE state IN ('done', 'failed') AND ended_at IS NOT NULL"
};
static const struct sql attempts = { "SELECT MAX(attempts) FROM job" };
static const struct sql time_left = {
	"SELECT MIN(TIMESTAMPDIFF(MICROSECOND, NOW(6), until)) FROM job WHERE state = 'running'"
};

struct new_job {
	struct id id;
	const char *kind;
	struct text argument;
};

static enum err add(struct tx *tx, void *arg)
{
	struct new_job *job = arg;

	return job_add(tx, job->id, job->kind, job->argument);
}

static struct id job_of_kind(struct back *back, const char *kind, struct text argument)
{
	struct new_job job = { id_new(clock_now(&back->app.clock)), kind, argument };

	usleep(2000); /* ids keep the order of their milliseconds */
	assert_int_equal(in_transaction(back, add, &job), OK);
	return job.id;
}

static struct job look(struct back *back, struct id id)
{
	struct job job = { 0 };

	assert_int_equal(job_get(back->db, back->arena, &back->actor, id, &job), OK);
	return job;
}

static int fresh(void **state)
{
	struct back *back = *state;

	run(back->db, &forget);
	back->actor.scope = (struct scope){ 0 };
	atomic_store(&back->runtime.stopping, false);
	return 0;
}

/* ---- in the database
 * -------------------------------------------------------------------------------- */

static void test_taken_in_order_and_once(void **state)
{
	struct back *back = *state;
	struct id a = job_of_kind(back, "first", TEXT("{\"n\":1}"));
	struct id b = job_of_kind(back, "second", TEXT("{}"));
	struct job_taken one = { 0 }, two = { 0 }, none = { 0 };

	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &one), OK);
	assert_true(id_equal(one.job.id, a));
	assert_true(text_is(one.job.kind, "first"));
	assert_true(text_is(one.job.argument, "{\"n\":1}"));
	assert_int_equal(one.attempts, 1);
	assert_int_equal(one.fence, 1);
	assert_int_equal(job_take(back->db, back->arena, id_new(2), 2, &two), OK);
	assert_true(id_equal(two.job.id, b));
	assert_int_equal(job_take(back->db, back->arena, id_new(3), 2, &none), ERR_NOT_FOUND);
	/* whose runner died is taken again, and the dead one's word does not count */
	run(back->db, &expire);
	assert_int_equal(job_take(back->db, back->arena, id_new(3), 2, &none), OK);
	assert_true(id_equal(none.job.id, a));
	assert_int_equal(none.fence, 2);
	assert_int_equal(none.attempts, 2);
	assert_int_equal(job_keep(back->db, a, one.fence), ERR_CONFLICT);
	one.job.done = 1;
	one.job.total = 2;
	assert_int_equal(job_tell(back->db, &one.job, one.fence), ERR_CONFLICT);
	assert_int_equal(job_finish(back->db, &one, OK, 7), ERR_CONFLICT);
	assert_int_equal(look(back, a).state, JOB_RUNNING);
	none.job.done = none.job.total = 9;
	assert_int_equal(job_finish(back->db, &none, OK, 7), OK);
	struct job done = look(back, a);
	assert_int_equal(done.state, JOB_DONE);
	assert_int_equal(done.done, 9);
	assert_int_equal(done.ended_at, 7);
	assert_null(done.problem.at);
	/* an ended job is nobody's */
	assert_int_equal(job_finish(back->db, &none, ERR_REFUSED, 8), ERR_CONFLICT);
}

/* Whoever has many jobs has one at a time while others wait, and never all the runners. */
static void test_organisations_take_turns(void **state)
{
	struct back *back = *state;
	struct id greedy = back->actor.organisation, other = id_new(2);
	struct job_taken taken = { 0 }, first = { 0 };
	struct id jobs[4], late;

	for (size_t i = 0; i < COUNT_OF(jobs); i++)
		jobs[i] = job_of_kind(back, "any", TEXT("{}"));
	back->actor.organisation = other;
	late = job_of_kind(back, "any", TEXT("{}"));
	back->actor.organisation = greedy;
	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &first), OK);
	assert_true(id_equal(first.job.id, jobs[0]));
	assert_int_equal(job_take(back->db, back->arena, id_new(2), 2, &taken), OK);
	assert_true(id_equal(taken.job.id, late));
	assert_int_equal(job_take(back->db, back->arena, id_new(3), 2, &taken), OK);
	assert_true(id_equal(taken.job.id, jobs[1]));
	assert_int_equal(job_take(back->db, back->arena, id_new(4), 2, &taken), ERR_NOT_FOUND);
	assert_int_equal(job_finish(back->db, &first, OK, 7), OK);
	assert_int_equal(job_take(back->db, back->arena, id_new(4), 2, &taken), OK);
	assert_true(id_equal(taken.job.id, jobs[2]));
	/* whoever died holds nothing: that job goes on before the next one begins */
	run(back->db, &expire);
	assert_int_equal(job_take(back->db, back->arena, id_new(5), 1, &taken), OK);
}

static void test_retry_and_put_back(void **state)
{
	struct back *back = *state;
	struct job_taken taken = { 0 };

	job_of_kind(back, "any", TEXT("{}"));
	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &taken), OK);
	assert_int_equal(job_retry(back->db, &taken, 60), OK);
	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &taken), ERR_NOT_FOUND);
	run(back->db, &expire);
	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &taken), OK);
	assert_int_equal(taken.attempts, 2);
	assert_int_equal(job_put_back(back->db, &taken), OK);
	assert_int_equal(job_take(back->db, back->arena, id_new(1), 2, &taken), OK);
	assert_int_equal(taken.attempts, 2);
}

/* ---- run
 * ---------------------------------------------------------------------------------------------- */

static atomic_int runs, told;

static enum err succeed(struct job_run *run)
{
	assert(run->job.state == JOB_RUNNING && run->step.db && run->step.arena);
	assert(run->step.actor.roles == 5 && run->step.actor.scope.kind == SCOPE_COUNTY);
	assert(text_is(text_of(run->step.actor.scope.county), "610921"));
	assert(id_equal(run->step.actor.organisation, run->job.organisation));
	assert(text_is(run->job.argument, "{\"file\":\"x\"}"));
	atomic_fetch_add(&runs, 1);
	return job_progress(run, 3, 3);
}

static enum err refuse(struct job_run *run)
{
	atomic_fetch_add(&runs, 1);
	return fail(run->step.problems, ERR_HEADER_MISSING, AT(""));
}

/* The world is against it the first time. */
static enum err stumble(struct job_run *run)
{
	(void)run;
	return atomic_fetch_add(&runs, 1) == 0 ? ERR_DB_DOWN : OK;
}

/* Works until it is told to stop. */
static enum err endless(struct job_run *run)
{
	enum err e = OK;

	atomic_fetch_add(&runs, 1);
	for (int64_t i = 1; !e; i++) {
		usleep(2000);
		e = job_progress(run, i, 0);
		atomic_store(&told, (int)e);
	}
	return e;
}

/* Says nothing while it works: the keeper renews. */
static enum err silent(struct job_run *run)
{
	(void)run;
	atomic_fetch_add(&runs, 1);
	while (!atomic_load(&told))
		usleep(1000);
	return OK;
}

static const struct job_kind kinds[] = {
	{ "succeed", succeed }, { "refuse", refuse }, { "stumble", stumble },
	{ "endless", endless }, { "silent", silent },
};

static struct job_runners *start(struct back *back, size_t count)
{
	atomic_store(&runs, 0);
	atomic_store(&told, OK);
	back->hooks.jobs = kinds;
	back->hooks.job_count = COUNT_OF(kinds);
	back->runtime.job_runner_count = count;
	struct job_runners *runners = job_runners_start(&back->app, id_new(1));
	assert_non_null(runners);
	return runners;
}

static void wait_for_runs(int expected)
{
	int64_t give_up = clock_monotonic() + 20 * SECOND_US;

	while (atomic_load(&runs) < expected) {
		assert_true(clock_monotonic() < give_up);
		usleep(1000);
	}
}

static void test_done_and_failed(void **state)
{
	struct back *back = *state;

	back->actor.scope = (struct scope){ .kind = SCOPE_COUNTY, .county = "610921" };
	struct id good = job_of_kind(back, "succeed", TEXT("{\"file\":\"x\"}"));
	struct id bad = job_of_kind(back, "refuse", TEXT("{}"));
	struct id strange = job_of_kind(back, "from another version", TEXT("{}"));
	struct job_runners *runners = start(back, 2);
	wait_for(back->db, &ended, 3);
	job_runners_stop(runners);
	assert_int_equal(look(back, good).state, JOB_DONE);
	assert_int_equal(look(back, good).done, 3);
	assert_int_equal(look(back, bad).state, JOB_FAILED);
	assert_true(text_is(look(back, bad).problem, "E_HEADER_MISSING"));
	assert_int_equal(look(back, strange).state, JOB_FAILED);
	assert_int_equal(atomic_load(&runs), 2);
}

static void test_each_once_by_many_runners(void **state)
{
	enum { JOBS = 40 };
	struct back *back = *state;

	back->actor.scope = (struct scope){ .kind = SCOPE_COUNTY, .county = "610921" };
	struct job_runners *one = start(back, 3), *other = start(back, 3);
	for (int i = 0; i < JOBS; i++)
		job_of_kind(back, "succeed", TEXT("{\"file\":\"x\"}"));
	wait_for(back->db, &ended, JOBS);
	job_runners_stop(one);
	job_runners_stop(other);
	assert_int_equal(atomic_load(&runs), JOBS);
	assert_int_equal(number(back->db, &attempts), 1);
}

static void test_a_bad_moment_passes(void **state)
{
	struct back *back = *state;
	struct id id = job_of_kind(back, "stumble", TEXT("{}"));
	struct job_runners *runners = start(back, 1);

	wait_for(back->db, &ended, 1);
	job_runners_stop(runners);
	assert_int_equal(look(back, id).state, JOB_DONE);
	assert_int_equal(atomic_load(&runs), 2);
}

static void test_given_up(void **state)
{
	struct back *back = *state;
	struct id id = job_of_kind(back, "stumble", TEXT("{}"));

	run(back->db, &tire);
	struct job_runners *runners = start(back, 1);
	wait_for(back->db, &ended, 1);
	job_runners_stop(runners);
	assert_int_equal(look(back, id).state, JOB_FAILED);
	assert_true(text_is(look(back, id).problem, "E_INTERNAL"));
	assert_int_equal(atomic_load(&runs), 0);
}

/* A stop of the program puts the job back, as if this attempt had not been. */
static void test_stop_puts_back(void **state)
{
	struct back *back = *state;
	struct id id = job_of_kind(back, "endless", TEXT("{}"));
	struct job_runners *runners = start(back, 1);

	wait_for_runs(1);
	atomic_store(&back->runtime.stopping, true);
	job_runners_stop(runners);
	assert_int_equal(atomic_load(&told), ERR_BUSY);
	assert_int_equal(look(back, id).state, JOB_QUEUED);
	assert_int_equal(number(back->db, &attempts), 0);
}

/* Who lost its job hears of it and changes nothing any more. */
static void test_lost_job_stops(void **state)
{
	struct back *back = *state;
	struct id id = job_of_kind(back, "endless", TEXT("{}"));
	struct job_runners *runners = start(back, 1);

	wait_for_runs(1);
	run(back->db, &steal);
	while (atomic_load(&told) == OK)
		usleep(1000);
	assert_int_equal(atomic_load(&told), ERR_CONFLICT);
	job_runners_stop(runners);
	assert_int_equal(look(back, id).state, JOB_RUNNING);
	assert_int_equal(number(back->db, &ended), 0);
}

static void test_keeper(void **state)
{
	struct back *back = *state;

	job_of_kind(back, "silent", TEXT("{}"));
	struct job_runners *runners = start(back, 1);
	wait_for_runs(1);
	int64_t least = number(back->db, &time_left), most = least;
	while (most <= least) { /* until it jumps up again */
		int64_t now = number(back->db, &time_left);
		assert_true(now > 0);
		least = now < least ? now : least;
		most = now;
		usleep(50000);
	}
	assert_true(least > LEASE_SECONDS * SECOND_US / 3);
	atomic_store(&told, 1);
	wait_for(back->db, &ended, 1);
	job_runners_stop(runners);
}

/* ---- over the handlers
 * ------------------------------------------------------------------------------ */

static enum err get(struct back *back, struct req_private *private, const char *path,
		    const char *id, struct pair *query, size_t query_count)
{
	static struct pair param;
	struct req *rq = &private->req;

	param = (struct pair){ TEXT("id"), text_of(id) };
	*rq = (struct req){
		.app = &back->app,
		.db = back->db,
		.arena = back->arena,
		.actor = back->actor,
		.params = &param,
		.param_count = 1,
		.query = query,
		.query_count = query_count,
		.problems = { .arena = back->arena },
		.private = private,
	};
	for (size_t i = 0; i < run_route_count; i++)
		if (strcmp(run_routes[i].path, path) == 0 && run_routes[i].method == HTTP_GET)
			rq->route = &run_routes[i];
	assert_non_null(rq->route);
	return rq->route->handle(rq);
}

static void test_one_job(void **state)
{
	struct back *back = *state;
	struct req_private private = { 0 };
	struct id mine = back->actor.organisation, id = job_of_kind(back, "succeed", TEXT("{}"));
	char text[37];

	id_format(id, text);
	assert_int_equal(get(back, &private, "/api/v1/jobs/{id}", text, NULL, 0), OK);
	char *body = arena_string(back->arena, buffer_text(&private.reply.body));
	assert_non_null(strstr(body, "\"state\":\"queued\""));
	assert_non_null(strstr(body, text));
	assert_null(strstr(body, "argument"));
	reply_clear(&private.reply);
	back->actor.organisation = id_new(3);
	assert_int_equal(get(back, &private, "/api/v1/jobs/{id}", text, NULL, 0), ERR_NOT_FOUND);
	back->actor.organisation = mine;
}

/* Pages of two, the newest first; every job of the organisation exactly once, none of another's. */
static void test_list(void **state)
{
	enum { JOBS = 5 };
	struct back *back = *state;
	struct id mine = back->actor.organisation;
	struct id ids[JOBS];
	char cursor[200] = "";
	int seen = 0;

	for (int i = 0; i < JOBS; i++) {
		ids[i] = job_of_kind(back, "succeed", TEXT("{}"));
		back->actor.organisation = id_new(2);
		job_of_kind(back, "succeed", TEXT("{}"));
		back->actor.organisation = mine;
	}
	for (int pages = 0; pages < 3; pages++) {
		struct req_private private = { 0 };
		struct pair query[] = { { TEXT("limit"), TEXT("2") },
					{ TEXT("after"), text_of(cursor) } };

		assert_int_equal(get(back, &private, "/api/v1/jobs", "", query, pages ? 2 : 1), OK);
		char *body = arena_string(back->arena, buffer_text(&private.reply.body));
		for (char *at = body; (at = strstr(at, "\"id\":\"")); seen++) {
			char id[37];
			at += strlen("\"id\":\"");
			assert_true(seen < JOBS);
			assert_memory_equal(at, id_format(ids[JOBS - 1 - seen], id).at, 36);
		}
		char *next = strstr(body, "\"next\":\"");
		assert_int_equal(!next, pages == 2);
		if (next)
			snprintf(cursor, sizeof(cursor), "%.*s", (int)strcspn(next + 8, "\""),
				 next + 8);
		reply_clear(&private.reply);
	}
	assert_int_equal(seen, JOBS);
	struct req_private private = { 0 };
	struct pair bad = { TEXT("after"), TEXT("nonsense") };
	assert_int_equal(get(back, &private, "/api/v1/jobs", "", &bad, 1), ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_taken_in_order_and_once, fresh),
		cmocka_unit_test_setup(test_organisations_take_turns, fresh),
		cmocka_unit_test_setup(test_retry_and_put_back, fresh),
		cmocka_unit_test_setup(test_done_and_failed, fresh),
		cmocka_unit_test_setup(test_each_once_by_many_runners, fresh),
		cmocka_unit_test_setup(test_a_bad_moment_passes, fresh),
		cmocka_unit_test_setup(test_given_up, fresh),
		cmocka_unit_test_setup(test_stop_puts_back, fresh),
		cmocka_unit_test_setup(test_lost_job_stops, fresh),
		cmocka_unit_test_setup(test_keeper, fresh),
		cmocka_unit_test_setup(test_one_job, fresh),
		cmocka_unit_test_setup(test_list, fresh),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
