/*
 * The watch: once a second it looks after the embedded database server, which it restarts when that
 * died, and asks the database whether it answers, for /readyz.
 */
#include "run_private.h"

struct watch {
	struct app *app;
	struct db *db;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool started, stopping;
};

static void look(struct watch *watch)
{
	struct app *app = watch->app;
	bool up = !app->embedded || embedded_watch(app->embedded);
	bool ready = up && database_ping(watch->db) == OK;

	if (ready)
		atomic_store(&app->runtime->down_since, 0);
	else if (!atomic_load(&app->runtime->down_since))
		atomic_store(&app->runtime->down_since, clock_monotonic());
	if (atomic_exchange(&app->runtime->ready, ready) != ready)
		log_line(&app->log, ready ? LOG_INFO : LOG_WARNING, "database",
			 ready ? "answers" : "does not answer", LOG_END);
}

static void *watch_main(void *arg)
{
	struct watch *watch = arg;

	pthread_mutex_lock(&watch->mutex);
	while (!watch->stopping) {
		pthread_mutex_unlock(&watch->mutex);
		look(watch);
		struct timespec until = deadline_after(SECOND_US);
		pthread_mutex_lock(&watch->mutex);
		if (!watch->stopping)
			pthread_cond_timedwait(&watch->wake, &watch->mutex, &until);
	}
	pthread_mutex_unlock(&watch->mutex);
	return NULL;
}

bool watch_start(struct app *app)
{
	struct watch *watch = memory_take(sizeof(*watch));

	if (!watch)
		return false;
	app->runtime->watch = watch;
	watch->app = app;
	pthread_mutex_init(&watch->mutex, NULL);
	condition_init(&watch->wake);
	watch->db = db_new(app->database, &app->log);
	if (!watch->db)
		return false;
	look(watch); /* so that we are ready when we serve */
	watch->started = thread_start(&watch->thread, "watch", watch_main, watch);
	return watch->started;
}

void watch_stop(struct app *app)
{
	struct watch *watch = app->runtime->watch;

	if (!watch)
		return;
	pthread_mutex_lock(&watch->mutex);
	watch->stopping = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->mutex);
	if (watch->started)
		pthread_join(watch->thread, NULL);
	db_free(watch->db);
	pthread_mutex_destroy(&watch->mutex);
	pthread_cond_destroy(&watch->wake);
	memory_free(watch);
	app->runtime->watch = NULL;
}
