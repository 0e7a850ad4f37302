/*
 * The program's own pages: is it alive, is it ready, what does it count, and what does a problem's
 * type mean. All are answered by the loops; /metrics only by the admin listener.
 */
#include "run_private.h"

static enum err reply_words(struct req *rq, struct text words)
{
	struct buffer body = { 0 };

	buffer_add(&body, words);
	return reply_body(rq, "text/plain; charset=utf-8", &body);
}

static enum err no_store(struct req *rq)
{
	return reply_header(rq, "Cache-Control", TEXT("no-store"));
}

/* The loop turns: that is all that is asked. */
static enum err get_health(struct req *rq)
{
	enum err e = no_store(rq);

	return e ? e : reply_words(rq, TEXT("ok\n"));
}

/* Whether requests should be sent here: the database answers, and nobody asked us to stop. */
static enum err get_readiness(struct req *rq)
{
	const struct runtime *runtime = rq->app->runtime;
	enum err e = no_store(rq);

	if (e)
		return e;
	if (atomic_load(&runtime->stopping))
		return ERR_BUSY;
	return atomic_load(&runtime->ready) ? reply_words(rq, TEXT("ready\n")) : ERR_DB_DOWN;
}

static enum err get_metrics(struct req *rq)
{
	struct buffer body = { 0 };
	enum err e = no_store(rq);

	if (e)
		return e;
	metrics_print(rq->app, &body);
	return reply_body(rq, "text/plain; version=0.0.4; charset=utf-8", &body);
}

const struct route system_routes[] = {
	{ .method = HTTP_GET, .path = "/healthz", .handle = get_health, .runs = ON_LOOP },
	{ .method = HTTP_GET, .path = "/readyz", .handle = get_readiness, .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/problems/{slug:word}",
	  .handle = get_problem,
	  .runs = ON_LOOP },
};
const size_t system_route_count = COUNT_OF(system_routes);

const struct route admin_routes[] = {
	{ .method = HTTP_GET, .path = "/healthz", .handle = get_health, .runs = ON_LOOP },
	{ .method = HTTP_GET, .path = "/readyz", .handle = get_readiness, .runs = ON_LOOP },
	{ .method = HTTP_GET, .path = "/metrics", .handle = get_metrics, .runs = ON_LOOP },
};
const size_t admin_route_count = COUNT_OF(admin_routes);
