/*
 * What a process does behind its requests: the threads of jobs, of leased loops and of the view's builder, and the
 * ranges of spoken numbers. All hang from one struct background, which the runtime holds and which lives between
 * background_open and background_close; the threads live between background_start and background_stop.
 *
 * Each thread has a database connection of its own and a struct beat, by which it is paused, kicked and stopped.
 */
#ifndef XIANGCAI_RUN_BACKGROUND_H
#define XIANGCAI_RUN_BACKGROUND_H

#include <pthread.h>
#include <stdatomic.h>

#include "xiangcai/run.h"

/* ---- a background thread ------------------------------------------------------------------------ */

struct beat {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool running, kicked, stopping;
};

/* Starts @main(@arg) on a thread of its own. False when the system gives none. */
bool beat_start(struct beat *beat, void *(*main)(void *), void *arg);
/* Called by the thread: sleeps @pause_us or until kicked. False: end now. */
bool beat_wait(struct beat *beat, int64_t pause_us);
void beat_kick(struct beat *beat);
/* Asks the thread to end; beat_join waits for it. Neither minds a thread that was never started. */
void beat_stop(struct beat *beat);
void beat_join(struct beat *beat);

/* ---- the view ------------------------------------------------------------------------------------- */

/* A view with the number of its readers; freed by the source's release when the last one let go. Any thread. */
struct published;
const void *published_view(const struct published *published);
void published_hold(struct published *published);
void published_let_go(struct published *published);

/* Called on the builder's thread with each new view; who keeps it holds it. */
typedef void publish_fn(struct app *app, struct published *published);

struct publisher;
/* Builds the first view on the caller's thread (NULL source: none), then starts the builder. */
enum err publisher_start(struct app *app, publish_fn *deliver, struct publisher **out);
void publisher_stop(struct publisher *publisher);

/* ---- loops, jobs, numbers ------------------------------------------------------------------------- */

struct leased_loops;
enum err leased_loops_start(struct app *app, struct id holder, struct leased_loops **out);
void leased_loops_stop(struct leased_loops *loops);

struct job_runners;
enum err job_runners_start(struct app *app, struct id holder, struct job_runners **out);
void job_runners_stop(struct job_runners *runners);
/* Looks for work now: for whoever knows that a job was just committed. */
void job_runners_kick(struct job_runners *runners);

struct numbers;
struct numbers *numbers_new(struct app *app); /* NULL when out of memory */
void numbers_free(struct numbers *numbers);

/* ---- all of it ------------------------------------------------------------------------------------ */

struct background {
	struct id holder; /* names this process in leases and jobs */
	struct numbers *numbers;
	struct publisher *publisher;
	struct leased_loops *loops;
	struct job_runners *jobs;
};

/* The runtime's own; NULL where app has no runtime. Given by the runtime. */
struct background *runtime_background(const struct app *app);

/* What commands need too: the numbers. */
enum err background_open(struct background *background, struct app *app);
/* Builds the first view and starts every thread. @deliver is called for each view but the first, which is borrowed by view_borrow. */
enum err background_start(struct background *background, struct app *app, publish_fn *deliver);
/* Ends every thread behind its turn, gives leases back. Before the loops end, since it may still deliver. */
void background_stop(struct background *background);
void background_close(struct background *background);

/* ---- leases, as the loops and jobs use them -------------------------------------------------------- */

enum { LEASE_SECONDS = 10 };

#endif
