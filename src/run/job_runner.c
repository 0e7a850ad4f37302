/*
 * The runners of jobs: each takes the oldest job that may run and runs what its kind does, on its
 * own connection. One keeper thread renews the leases of all jobs that run in this process, so that
 * a long statement does not cost a job its lease and a dead process does, within LEASE_SECONDS; the
 * job then runs again from the beginning, in any process.
 *
 * What a job's failure means: the world's (status 503) is tried again after a pause, at most
 * JOB_ATTEMPTS_MAX times in all; every other one ends it. When the program stops, job_progress says
 * so and the job goes back to the queue.
 */
#include "background.h"

#include <string.h>

#define POLL_US     (SECOND_US / 10)
#define TROUBLE_US  SECOND_US
#define PROGRESS_US (SECOND_US / 4)
#define JOB_ARENA   MIB(512)
#define LARGE_JOB   MIB(8)

struct runner {
	struct job_runners *all;
	struct db *db;
	struct arena *arena;
	struct beat beat;
	enum err trouble;      /* the last failure to take a job told to the log */
	pthread_mutex_t mutex; /* over the two below, which the keeper reads */
	struct id job;         /* NO_ID between jobs */
	int64_t fence;
	atomic_bool lost; /* the keeper found the job with another fence */
};

struct job_runners {
	struct app *app;
	struct id holder;
	struct db *keeper_db;
	struct beat keeper;
	size_t count;
	struct runner runners[];
};

struct job_run_private {
	struct runner *runner;
	struct job_taken taken;
	int64_t told_at; /* by the monotonic clock */
};

/* ---- one job --------------------------------------------------------------------------------- */

static void runner_holds(struct runner *runner, struct id job, int64_t fence)
{
	pthread_mutex_lock(&runner->mutex);
	runner->job = job;
	runner->fence = fence;
	atomic_store(&runner->lost, false);
	pthread_mutex_unlock(&runner->mutex);
}

static bool is_stopping(const struct app *app)
{
	return atomic_load(&app->runtime->stopping);
}

enum err job_progress(struct job_run *run, int64_t done, int64_t total)
{
	struct job_run_private *private = run->private;
	int64_t now = clock_monotonic();

	run->job.done = done;
	run->job.total = total;
	private->taken.job = run->job;
	if (atomic_load(&private->runner->lost))
		return ERR_CONFLICT;
	if (is_stopping(run->step.app))
		return ERR_BUSY;
	if (now - private->told_at < PROGRESS_US)
		return OK;
	private->told_at = now;
	return job_tell(run->step.db, &run->job, private->taken.fence);
}

enum err job_decide(struct job_run *run)
{
	return job_settle(run->step.db, run->job.id, run->private->taken.fence);
}

static const struct job_kind *kind_of(const struct app *app, struct text name)
{
	for (size_t i = 0; i < app->hooks->job_count; i++)
		if (text_is(name, app->hooks->jobs[i].kind))
			return &app->hooks->jobs[i];
	return NULL;
}

static struct actor owner_of(const struct job_taken *taken, int64_t now)
{
	struct actor actor = {
		.user = taken->job.user,
		.organisation = taken->job.organisation,
		.roles = (uint32_t)taken->roles,
		.scope = {
			.kind = taken->scope,
			.hierarchy = taken->scope_hierarchy,
			.root = taken->scope_root,
			.day = day_of(now),
		},
	};

	snprintf(actor.scope.county, sizeof(actor.scope.county), "%.*s",
		 TEXT_FMT(taken->scope_county));
	return actor;
}

static enum err job_run(struct runner *runner, struct job_run_private *private)
{
	struct app *app = runner->all->app;
	struct problems problems = { .arena = runner->arena };
	const struct job_kind *kind = kind_of(app, private->taken.job.kind);
	struct job_run run = {
		.step = {
			.app = app,
			.db = runner->db,
			.arena = runner->arena,
			.problems = &problems,
			.actor = owner_of(&private->taken, clock_now(&app->clock)),
		},
		.job = private->taken.job,
		.private = private,
	};

	if (!kind)
		return ERR_NOT_IMPLEMENTED;
	return kind->run(&run);
}

/* Writes what became of the job. Whoever lost it meanwhile changes nothing. */
static enum err job_end(struct runner *runner, const struct job_taken *taken, enum err outcome)
{
	struct app *app = runner->all->app;

	if (outcome && is_stopping(app))
		return job_put_back(runner->db, taken);
	if (err_info(outcome)->status == 503 && taken->attempts < JOB_ATTEMPTS_MAX)
		return job_retry(runner->db, taken, INT64_C(1) << taken->attempts);
	enum err e = job_finish(runner->db, taken, outcome, clock_now(&app->clock));
	if (!e && outcome != ERR_CANCELLED)
		count_add(app, outcome ? COUNT_JOBS_FAILED : COUNT_JOBS_DONE, 1);
	return e;
}

static void job_log(const struct app *app, const struct job_taken *taken, enum err outcome,
		    enum err e)
{
	char id[37];

	bool cancelled = outcome == ERR_CANCELLED;

	log_line(&app->log, (outcome && !cancelled) || e ? LOG_WARNING : LOG_INFO, "job",
		 cancelled ? "cancelled"
		 : outcome ? "failed"
		 : e       ? "done, but not recorded"
			   : "done",
		 LOG_TEXT("id", id_format(taken->job.id, id)), LOG_TEXT("kind", taken->job.kind),
		 LOG_INT("attempt", taken->attempts), LOG_INT("done", taken->job.done),
		 LOG_TEXT("code", text_of(err_info(outcome ? outcome : e)->code)));
}

/* A job that was taken too often killed each of its processes, or none of them came to its end: it
 * is given up. */
static void job_do(struct runner *runner, const struct job_taken *taken)
{
	struct job_run_private private = { .runner = runner, .taken = *taken };
	enum err outcome = ERR_INTERNAL;

	runner_holds(runner, taken->job.id, taken->fence);
	if (taken->attempts <= JOB_ATTEMPTS_MAX)
		outcome = job_run(runner, &private);
	enum err e = job_end(runner, &private.taken, outcome);
	runner_holds(runner, NO_ID, 0);
	job_log(runner->all->app, &private.taken, outcome, e);
}

/* ---- the threads -------------------------------------------------------------------------------
 */

/* How many runners one organisation may hold: one is left for the others where there are two. */
static int64_t jobs_of_one(const struct job_runners *all)
{
	return all->count > 1 ? (int64_t)all->count - 1 : 1;
}

/* Takes and does one job; gives the pause before the next look. */
static int64_t runner_step(struct runner *runner)
{
	struct job_taken taken = { 0 };
	enum err e = job_take(runner->db, runner->arena, runner->all->holder,
			      jobs_of_one(runner->all), &taken);
	int64_t pause = 0;
	bool is_large = false;

	if (!e) {
		job_do(runner, &taken);
		is_large = arena_used(runner->arena) > LARGE_JOB;
	} else if (e != ERR_CONFLICT) {
		pause = e == ERR_NOT_FOUND ? POLL_US : TROUBLE_US;
	}
	if (pause == TROUBLE_US && e != runner->trouble)
		log_line(&runner->all->app->log, LOG_WARNING, "job", "no job can be taken",
			 LOG_TEXT("code", text_of(err_info(e)->code)));
	runner->trouble = pause == TROUBLE_US ? e : OK;
	arena_reset(runner->arena);
	if (is_large)
		memory_give_back();
	return pause;
}

static void *runner_main(void *arg)
{
	struct runner *runner = arg;
	int64_t pause = 0;

	while (beat_wait(&runner->beat, pause) != BEAT_STOP)
		pause = runner_step(runner);
	return NULL;
}

static void keep(struct job_runners *runners, struct runner *runner)
{
	pthread_mutex_lock(&runner->mutex);
	struct id job = runner->job;
	int64_t fence = runner->fence;
	pthread_mutex_unlock(&runner->mutex);

	if (id_is_none(job) || job_keep(runners->keeper_db, job, fence) != ERR_CONFLICT)
		return;
	pthread_mutex_lock(&runner->mutex);
	if (id_equal(job, runner->job) && fence == runner->fence)
		atomic_store(&runner->lost, true);
	pthread_mutex_unlock(&runner->mutex);
}

static void *keeper_main(void *arg)
{
	struct job_runners *runners = arg;

	while (beat_wait(&runners->keeper, LEASE_RENEW_US) != BEAT_STOP)
		for (size_t i = 0; i < runners->count; i++)
			keep(runners, &runners->runners[i]);
	return NULL;
}

static bool runner_start(struct job_runners *all, struct runner *runner)
{
	runner->all = all;
	runner->db = db_new(all->app->database, &all->app->log);
	runner->arena = arena_new(JOB_ARENA);
	return runner->db && runner->arena && beat_start(&runner->beat, "job", runner_main, runner);
}

struct job_runners *job_runners_start(struct app *app, struct id holder)
{
	size_t count = app->hooks->job_count ? app->runtime->job_runner_count : 0;
	struct job_runners *all = memory_take(sizeof(*all) + count * sizeof(all->runners[0]));
	bool well = all != NULL;

	if (!well)
		return NULL;
	all->app = app;
	all->holder = holder;
	all->count = count;
	for (size_t i = 0; i < count; i++)
		pthread_mutex_init(&all->runners[i].mutex, NULL);
	for (size_t i = 0; i < count; i++)
		well = well && runner_start(all, &all->runners[i]);
	all->keeper_db = count ? db_new(app->database, &app->log) : NULL;
	if (count)
		well = well && all->keeper_db &&
		       beat_start(&all->keeper, "job-keeper", keeper_main, all);
	if (well)
		return all;
	job_runners_stop(all);
	return NULL;
}

void job_runners_stop(struct job_runners *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		beat_stop(&all->runners[i].beat);
	for (size_t i = 0; i < all->count; i++) {
		beat_join(&all->runners[i].beat);
		db_free(all->runners[i].db);
		arena_free(all->runners[i].arena);
	}
	beat_stop(&all->keeper);
	beat_join(&all->keeper);
	db_free(all->keeper_db);
	for (size_t i = 0; i < all->count; i++)
		pthread_mutex_destroy(&all->runners[i].mutex);
	memory_free(all);
}
