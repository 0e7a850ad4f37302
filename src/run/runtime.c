/*
 * The runtime: what hangs from the app while it serves, and its sizes. Where a number of threads is
 * not set, it comes from the cores that this process may use.
 */
#include <sched.h>

#include "run_private.h"

static size_t cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (size_t)CPU_COUNT(&set);
}

static size_t threads(int64_t set, size_t standard)
{
	return set > 0 ? (size_t)set : standard;
}

/* Loops and workers share the cores with the database: workers mostly wait for it, hence twice as
 * many as cores. */
static void sizes_decide(struct runtime *runtime, const struct run_settings *settings)
{
	size_t n = cores();

	runtime->loop_count = threads(settings->loops, n < 16 ? n : 16);
	runtime->worker_count[QUEUE_ORDERS] = threads(settings->workers, 2 * n);
	runtime->worker_count[QUEUE_REPORTS] = threads(settings->report_workers, (n + 1) / 2);
	runtime->worker_count[QUEUE_HASHES] = threads(settings->hashers, n > 1 ? n / 2 : 1);
	/* two at least: one organisation's long job must not have all others wait */
	runtime->job_runner_count = threads(settings->job_runners, n > 4 ? n / 2 : 2);
}

struct runtime *runtime_new(struct app *app)
{
	struct runtime *runtime = memory_take(sizeof(*runtime));

	assert(!app->runtime);
	if (!runtime)
		return NULL;
	app->runtime = runtime;
	runtime->app = app;
	pthread_mutex_init(&runtime->senders.mutex, NULL);
	sizes_decide(runtime, &app->settings);
	if (numbers_start(app))
		return runtime;
	pthread_mutex_destroy(&runtime->senders.mutex);
	memory_free(runtime);
	app->runtime = NULL;
	return NULL;
}

enum err runtime_for_command(struct app *app)
{
	return runtime_new(app) ? OK : ERR_MEMORY;
}

void runtime_free(struct app *app)
{
	if (!app->runtime)
		return;
	numbers_free(app);
	pthread_mutex_destroy(&app->runtime->senders.mutex);
	memory_free(app->runtime);
	app->runtime = NULL;
}
