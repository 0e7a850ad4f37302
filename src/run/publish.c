/*
 * Publication of the in-memory view. The builder, a thread with a connection of its own, asks the
 * source at most twenty times a second whether anything moved. A new view is counted: one reference
 * is the publisher's own while the view is current, one each loop's (given back by view_return when
 * the last reply of that loop that lies in it is out), one each borrower's. At zero the source
 * frees it.
 *
 * Few views live at once, so who gives one back finds it in a short list under one lock; loops take
 * that lock once a view, never once a request.
 */
#include "background.h"

#define BUILD_US   (SECOND_US / 20)
#define TROUBLE_US SECOND_US

struct published {
	struct published *next;
	struct app *app;
	const void *view;
	size_t references; /* under the publisher's mutex */
};

struct publisher {
	pthread_mutex_t mutex; /* over @all, @current and the references */
	struct published *all, *current;
	struct db *db;
	struct beat beat;
	enum err trouble; /* of the last turn */
};

/* ---- references --------------------------------------------------------------------------------
 */

/* The mutex is held. Gives the view when that was its last reference: to be released without the
 * mutex. */
static const void *let_go(struct publisher *publisher, struct published *published)
{
	struct published **place = &publisher->all;
	const void *view = published->view;

	assert(published->references > 0);
	if (--published->references)
		return NULL;
	while (*place != published)
		place = &(*place)->next;
	*place = published->next;
	memory_free(published);
	return view;
}

const void *view_borrow(struct app *app)
{
	struct publisher *publisher = app->runtime ? app->runtime->publisher : NULL;
	const void *view = NULL;

	if (!publisher)
		return NULL;
	pthread_mutex_lock(&publisher->mutex);
	if (publisher->current) {
		publisher->current->references++;
		view = publisher->current->view;
	}
	pthread_mutex_unlock(&publisher->mutex);
	return view;
}

void view_return(struct app *app, const void *view)
{
	struct publisher *publisher = app->runtime->publisher;
	struct published *published;

	pthread_mutex_lock(&publisher->mutex);
	for (published = publisher->all; published && published->view != view;)
		published = published->next;
	assert(published);
	const void *unused = let_go(publisher, published);
	pthread_mutex_unlock(&publisher->mutex);
	if (unused)
		app->hooks->view.release(unused);
}

/* ---- a new view
 * ---------------------------------------------------------------------------------- */

/* On a loop's thread: its reference came with the message. */
static void loop_gets_view(struct loop *loop, void *arg)
{
	struct published *published = arg;

	if (!loop_view_set(loop, published->view))
		view_return(published->app, published->view);
}

static void hand_to_loops(struct app *app, struct published *published)
{
	struct publisher *publisher = app->runtime->publisher;

	for (size_t i = 0; i < app->runtime->loop_count; i++) {
		pthread_mutex_lock(&publisher->mutex);
		published->references++;
		pthread_mutex_unlock(&publisher->mutex);
		if (!loop_post(app, i, loop_gets_view, published))
			view_return(app, published->view);
	}
}

/* Makes @view the current one. The publisher's reference moves from the old view to the new one. */
static enum err publish(struct app *app, const void *view)
{
	struct publisher *publisher = app->runtime->publisher;
	struct published *published = memory_take(sizeof(*published));
	const void *unused = NULL;

	if (!published) {
		app->hooks->view.release(view);
		return ERR_MEMORY;
	}
	*published = (struct published){ .app = app, .view = view, .references = 1 };
	pthread_mutex_lock(&publisher->mutex);
	struct published *old = publisher->current;
	published->next = publisher->all;
	publisher->all = published;
	publisher->current = published;
	if (old)
		unused = let_go(publisher, old);
	pthread_mutex_unlock(&publisher->mutex);
	if (unused)
		app->hooks->view.release(unused);
	hand_to_loops(app, published);
	count_add(app, COUNT_VIEWS, 1);
	return OK;
}

/* The builder alone changes @current, so reading it here needs no lock. */
static enum err build(struct app *app)
{
	struct publisher *publisher = app->runtime->publisher;
	const void *old = publisher->current ? publisher->current->view : NULL;
	enum err e = OK;
	const void *view = app->hooks->view.build(app, publisher->db, old, &e);

	if (e || !view || view == old)
		return e;
	return publish(app, view);
}

/* ---- the builder
 * ------------------------------------------------------------------------------------ */

static void builder_trouble(struct app *app, enum err e)
{
	struct publisher *publisher = app->runtime->publisher;

	if (e && e != publisher->trouble)
		log_line(&app->log, LOG_WARNING, "view", "not built",
			 LOG_TEXT("code", text_of(err_info(e)->code)));
	publisher->trouble = e;
}

/* A kick ends a long pause, never the one that keeps builds to twenty a second. */
static void *builder_main(void *arg)
{
	struct app *app = arg;
	struct publisher *publisher = app->runtime->publisher;
	int64_t begun = clock_monotonic(), pause = BUILD_US;

	for (;;) {
		enum beat_cause cause =
			beat_wait(&publisher->beat, begun + pause - clock_monotonic());

		if (cause == BEAT_STOP)
			return NULL;
		if (cause == BEAT_KICK && clock_monotonic() < begun + BUILD_US) {
			pause = BUILD_US;
			continue;
		}
		begun = clock_monotonic();
		builder_trouble(app, build(app));
		pause = publisher->trouble ? TROUBLE_US : BUILD_US;
	}
}

bool publisher_start(struct app *app)
{
	struct publisher *publisher;

	if (!app->hooks->view.build)
		return true;
	publisher = memory_take(sizeof(*publisher));
	if (!publisher)
		return false;
	pthread_mutex_init(&publisher->mutex, NULL);
	app->runtime->publisher = publisher;
	publisher->db = db_new(app->database, &app->log);
	if (!publisher->db)
		return false;
	builder_trouble(app, build(app));
	if (publisher->trouble)
		return false;
	return beat_start(&publisher->beat, "view", builder_main, app);
}

void publisher_stop(struct app *app)
{
	struct publisher *publisher = app->runtime->publisher;

	if (!publisher)
		return;
	beat_stop(&publisher->beat);
	beat_join(&publisher->beat);
}

void publisher_free(struct app *app)
{
	struct publisher *publisher = app->runtime->publisher;

	if (!publisher)
		return;
	while (publisher->all) {
		struct published *published = publisher->all;
		publisher->all = published->next;
		app->hooks->view.release(published->view);
		memory_free(published);
	}
	db_free(publisher->db);
	pthread_mutex_destroy(&publisher->mutex);
	memory_free(publisher);
	app->runtime->publisher = NULL;
}

void view_kick(struct app *app)
{
	if (app->runtime && app->runtime->publisher)
		beat_kick(&app->runtime->publisher->beat);
}
