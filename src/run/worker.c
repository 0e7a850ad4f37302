/*
 * Workers: threads that own a database connection and run handlers from top to bottom. Three
 * queues, each with its own: orders and all ordinary requests, reports (which so cannot starve
 * orders), password hashes (slow by design). A worker says who asks, whether the role may, runs the
 * handler, and sends the request back to its loop.
 */
#include <string.h>
#include <sys/resource.h>

#include "run_private.h"

struct worker {
	struct app *app;
	struct queue *queue;
	struct db *db;
	pthread_t thread;
	bool started;
	int nice;
};

const char *const queue_names[QUEUE_COUNT] = {
	[QUEUE_ORDERS] = "orders",
	[QUEUE_REPORTS] = "reports",
	[QUEUE_HASHES] = "hashes",
};

/* ---- one request ---------------------------------------------------------------------- */

/* What a key stands for: method, path and query, and the body by its own digest. */
static enum err digest_make(struct req_private *p)
{
	struct req *rq = &p->req;
	struct digest body = sha256(rq->body);
	struct buffer all = { 0 };

	buffer_print(&all, "%s %.*s?%.*s\n", method_name(p->method), TEXT_FMT(rq->path),
		     TEXT_FMT(p->query_text));
	buffer_add(&all, (struct text){ (const char *)body.bytes, sizeof(body.bytes) });
	bool failed = all.failed;
	if (!failed)
		rq->digest = sha256(buffer_text(&all));
	buffer_free(&all);
	return failed ? ERR_MEMORY : OK;
}

static enum err actor_check(struct req_private *p)
{
	struct req *rq = &p->req;

	if (rq->route->roles == ROLES_PUBLIC)
		return OK;
	enum err e = rq->app->hooks->authenticate(rq, p->token, &rq->actor);
	if (!e && !id_is_none(rq->actor.user))
		e = request_limit(p, LIMIT_BY_USER, rq->actor.user.bytes, clock_monotonic());
	if (e)
		return e;
	if (rq->actor.due && !rq->route->while_due)
		return rq->actor.due;
	if (rq->route->by_session && !id_is_none(rq->actor.api_key))
		return ERR_FORBIDDEN;
	if (rq->route->roles == ROLES_ANY || (rq->route->roles & rq->actor.roles))
		return OK;
	return ERR_FORBIDDEN;
}

static enum err handle(struct req_private *p)
{
	struct req *rq = &p->req;
	enum err e = OK;

	if (p->method != HTTP_GET && p->method != HTTP_HEAD)
		e = digest_make(p);
	if (!e)
		e = retry_connect(rq->app, rq->db, p->deadline);
	if (!e)
		e = actor_check(p);
	if (!e)
		e = rq->route->handle(rq);
	return e;
}

static void work(struct worker *worker, struct req_private *p)
{
	struct app *app = worker->app;
	enum err e;

	if (atomic_load(&p->gone)) {
		count_add(app, COUNT_GONE, 1);
		e = ERR_BUSY;
	} else if (clock_monotonic() >= p->deadline) {
		count_add(app, COUNT_EXPIRED, 1);
		e = ERR_BUSY;
	} else {
		p->req.db = worker->db;
		p->req.view = view_borrow(app);
		db_statement_count(worker->db);
		e = handle(p);
		p->statements = db_statement_count(worker->db);
		p->req.db = NULL;
		if (!e && p->batched) {
			if (desk_put(app, p))
				return;
			e = ERR_BUSY;
		}
	}
	request_done(p, e);
}

/* ---- the end of it ----------------------------------------------------------------------- */

static void return_run(struct loop *loop, void *arg)
{
	(void)loop;
	request_send(arg);
}

void request_done(struct req_private *p, enum err e)
{
	if (p->req.view)
		view_return(p->req.app, p->req.view);
	p->req.view = NULL;
	p->req.db = NULL;
	reply_finish(p, e);
	request_log(p);
	latency_add(p->req.app, clock_monotonic() - p->begun);
	p->message = (struct message){ .run = return_run, .arg = p };
	loop_send(p->loop, &p->message);
}

/* ---- threads ----------------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct queue_link *link;

	if (worker->nice)
		setpriority(PRIO_PROCESS, 0, worker->nice); /* of this thread alone, on Linux */
	while ((link = queue_take(worker->queue)))
		work(worker, (struct req_private *)link);
	return NULL;
}

static bool worker_start(struct worker *worker, struct app *app, size_t kind, size_t number)
{
	char name[40];

	worker->app = app;
	worker->queue = &app->runtime->queues[kind];
	worker->nice = kind == QUEUE_HASHES ? 10 : 0;
	worker->db = db_new(app->database, &app->log);
	if (!worker->db)
		return false;
	snprintf(name, sizeof(name), "%s-%zu", queue_names[kind], number);
	worker->started = thread_start(&worker->thread, name, worker_main, worker);
	return worker->started;
}

bool workers_start(struct app *app)
{
	struct runtime *runtime = app->runtime;
	size_t total = 0;

	for (size_t kind = 0; kind < QUEUE_COUNT; kind++)
		total += runtime->worker_count[kind];
	runtime->workers = memory_take(total * sizeof(*runtime->workers));
	if (!runtime->workers)
		return false;
	runtime->worker_total = total;
	struct worker *worker = runtime->workers;
	for (size_t kind = 0; kind < QUEUE_COUNT; kind++) {
		for (size_t i = 0; i < runtime->worker_count[kind]; i++) {
			if (!worker_start(worker++, app, kind, i))
				return false;
		}
	}
	return true;
}

void workers_stop(struct app *app)
{
	struct runtime *runtime = app->runtime;

	for (size_t kind = 0; kind < QUEUE_COUNT; kind++)
		queue_close(&runtime->queues[kind]);
	for (size_t i = 0; i < runtime->worker_total; i++) {
		struct worker *worker = &runtime->workers[i];

		if (worker->started)
			pthread_join(worker->thread, NULL);
		db_free(worker->db);
	}
	memory_free(runtime->workers);
	runtime->workers = NULL;
	runtime->worker_total = 0;
}
