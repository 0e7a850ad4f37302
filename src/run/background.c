/*
 * The threads behind the requests: how one of them waits, and how they all start and end. A beat is
 * a condition with two flags; a kick that comes while the thread works is kept for its next wait,
 * so none is lost.
 */
#include "background.h"

#include <errno.h>

bool beat_start(struct beat *beat, const char *name, void *(*run)(void *), void *arg)
{
	assert(!beat->started);
	pthread_mutex_init(&beat->mutex, NULL);
	condition_init(&beat->wake);
	beat->started = thread_start(&beat->thread, name, run, arg);
	return beat->started;
}

enum beat_cause beat_wait(struct beat *beat, int64_t pause_us)
{
	struct timespec until = deadline_after(pause_us > 0 ? pause_us : 0);

	pthread_mutex_lock(&beat->mutex);
	while (!beat->stopping && !beat->kicked && pause_us > 0)
		if (pthread_cond_timedwait(&beat->wake, &beat->mutex, &until) == ETIMEDOUT)
			break;
	enum beat_cause cause = beat->stopping ? BEAT_STOP : beat->kicked ? BEAT_KICK : BEAT_TIME;
	beat->kicked = false;
	pthread_mutex_unlock(&beat->mutex);
	return cause;
}

static void beat_flag(struct beat *beat, bool *flag)
{
	if (!beat->started)
		return;
	pthread_mutex_lock(&beat->mutex);
	*flag = true;
	pthread_cond_signal(&beat->wake);
	pthread_mutex_unlock(&beat->mutex);
}

void beat_kick(struct beat *beat)
{
	beat_flag(beat, &beat->kicked);
}

void beat_stop(struct beat *beat)
{
	beat_flag(beat, &beat->stopping);
}

void beat_join(struct beat *beat)
{
	if (!beat->started)
		return;
	pthread_join(beat->thread, NULL);
	pthread_cond_destroy(&beat->wake);
	pthread_mutex_destroy(&beat->mutex);
	beat->started = false;
}

bool background_start(struct app *app)
{
	struct id holder = id_new(clock_now(&app->clock));
	struct background *background = memory_take(sizeof(*background));

	if (!background)
		return false;
	app->runtime->background = background;
	if (!publisher_start(app))
		return false;
	background->loops = leased_loops_start(app, holder);
	background->jobs = job_runners_start(app, holder);
	background->watch = job_watch_start(app);
	return background->loops && background->jobs && background->watch;
}

void background_stop(struct app *app)
{
	struct background *background = app->runtime->background;

	publisher_stop(app);
	if (!background)
		return;
	job_watch_stop(background->watch);
	job_runners_stop(background->jobs);
	background->jobs = NULL;
	leased_loops_stop(background->loops);
	background->loops = NULL;
}

void background_free(struct app *app)
{
	publisher_free(app);
	if (app->runtime->background)
		job_watch_free(app->runtime->background->watch);
	memory_free(app->runtime->background);
	app->runtime->background = NULL;
}

void loop_kick(struct app *app, const char *name)
{
	if (app->runtime && app->runtime->background && app->runtime->background->loops)
		leased_loops_kick(app->runtime->background->loops, name);
}
