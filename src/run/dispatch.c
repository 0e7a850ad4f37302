/*
 * The dispatcher: what stands between the codec and every handler, on the loop thread. A head finds
 * its route and is checked before its body is read. What runs on the loop is then answered at once,
 * out of the exchange's own arena; everything else is copied into an arena of its own and queued
 * for a worker, so that a client who leaves takes nothing away from under it. All cross-cutting
 * decisions come from the route's row.
 */
#include <string.h>

#include "run_private.h"

enum { REQUEST_ARENA_MAX = 64 * 1024 * 1024, REQUEST_ID_MAX = 64, TRACE_MAX = 64 };

/* Stands for the route of what has none. */
static const struct route no_route = { .path = "", .roles = ROLES_PUBLIC };

/* ---- a request begins -------------------------------------------------------------------- */

static bool request_id_is_good(struct text id)
{
	for (size_t i = 0; i < id.size; i++) {
		char c = id.at[i];
		bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';

		if (!good)
			return false;
	}
	return id.size >= 1 && id.size <= REQUEST_ID_MAX;
}

/* Writes the prefix and the next number in hexadecimal; at least REQUEST_ID_ROOM bytes at @out. */
static struct text request_id_make(struct loop *loop, char *out)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = ++loop->request_number;
	size_t size = REQUEST_PREFIX_SIZE;

	memcpy(out, loop->request_prefix, REQUEST_PREFIX_SIZE);
	for (int shift = number >> 32 ? 60 : 28; shift >= 0; shift -= 4)
		out[size++] = digits[number >> shift & 15];
	return (struct text){ out, size };
}

static void request_begin(struct req_private *p, struct loop *loop, struct http_exchange *exchange,
			  const struct http_request *request, const struct head *head)
{
	struct req *rq = &p->req;

	p->loop = loop;
	p->exchange = exchange;
	p->method = request->method;
	p->begun = clock_monotonic();
	p->query_text = request->query;
	p->if_none_match = head->of[HEAD_IF_NONE_MATCH];
	p->trace = text_part(head->of[HEAD_TRACEPARENT], 0, TRACE_MAX);
	memcpy(p->network, request->network, sizeof(p->network));
	rq->app = loop->app;
	rq->private = p;
	rq->route = &no_route;
	rq->arena = http_arena(exchange);
	rq->problems.arena = rq->arena;
	rq->language = language_of(head->of[HEAD_ACCEPT_LANGUAGE]);
	rq->request_id = request_id_is_good(head->of[HEAD_REQUEST_ID])
				 ? head->of[HEAD_REQUEST_ID]
				 : request_id_make(loop, p->id_room);
	rq->address = request->peer;
	rq->host = request->host;
	rq->user_agent = head->of[HEAD_USER_AGENT];
	rq->now = clock_now(&loop->app->clock);
	rq->path = request->path;
	rq->content_type = head->of[HEAD_CONTENT_TYPE];
	rq->accept = head->of[HEAD_ACCEPT];
	rq->if_match = head->of[HEAD_IF_MATCH];
	rq->key = head->of[HEAD_IDEMPOTENCY_KEY];
}

/* ---- the head ---------------------------------------------------------------------------- */

static struct text allow_list(struct arena *arena, unsigned allow)
{
	char list[80];
	size_t size = 0;

	for (int m = 0; m < METHOD_COUNT; m++) {
		if (!(allow >> m & 1))
			continue;
		int written = snprintf(list + size, sizeof(list) - size, "%s%s", size ? ", " : "",
				       method_name((enum method)m));
		assert(written > 0 && (size_t)written < sizeof(list) - size);
		size += (size_t)written;
	}
	return arena_text(arena, (struct text){ list, size });
}

/* A path without a route for its method; OPTIONS is answered here. OK: an answer stands in @p. */
static enum err unmatched(struct req_private *p, const struct match *match)
{
	if (p->method == HTTP_OPTIONS && text_is(p->req.path, "*"))
		return reply_empty(&p->req);
	if (match->bad)
		return ERR_BAD_TARGET;
	if (match->index == -1)
		return ERR_NOT_FOUND;
	reply_header(&p->req, "Allow", allow_list(p->req.arena, match->allow));
	return p->method == HTTP_OPTIONS ? reply_empty(&p->req) : ERR_METHOD;
}

static void answer(struct req_private *p, enum err e)
{
	reply_finish(p, e);
	request_log(p);
	request_send(p);
}

static void answer_without_memory(struct http_exchange *exchange)
{
	struct http_reply reply = { .status = err_info(ERR_MEMORY)->status,
				    .prepared = { common_lines(false, false) },
				    .close = true };

	http_respond(exchange, &reply);
}

enum err request_limit(struct req_private *p, enum limit_by by, const uint8_t key[LIMIT_KEY_SIZE],
		       int64_t now)
{
	struct limiter *limiter = p->req.app->runtime->limiter;
	struct limit_answer *answer = &p->limits[by];

	if (!p->rate || !limiter)
		return OK;
	*answer = limiter_ask(limiter, by, p->rate, key, now);
	if (!answer->over)
		return OK;
	p->retry_s = (answer->wait_us + SECOND_US - 1) / SECOND_US;
	return ERR_TOO_MANY;
}

static void route_take(struct req_private *p, const struct site *site, const struct match *match)
{
	p->req.route = site->routes[match->index];
	p->rate = site->rates[match->index];
	memcpy(p->params, match->params, match->param_count * sizeof(match->params[0]));
	p->req.params = p->params;
	p->req.param_count = match->param_count;
}

static enum err address_limit(struct req_private *p, const struct http_request *request)
{
	uint8_t key[LIMIT_KEY_SIZE] = { 0 };

	memcpy(key, request->network, sizeof(request->network));
	return request_limit(p, LIMIT_BY_ADDRESS, key, p->begun);
}

static bool on_head(void *context, struct http_exchange *exchange, size_t *body_max)
{
	struct loop *loop = context;
	const struct http_request *request = http_request(exchange);
	struct req_private *p = arena_take(http_arena(exchange), sizeof(*p));
	struct head head;

	if (!p) {
		answer_without_memory(exchange);
		return false;
	}
	head_read(&head, request->fields, request->field_count);
	request_begin(p, loop, exchange, request, &head);
	http_set_context(exchange, p);
	struct match match =
		router_match(loop->site->router, request->method, request->path, p->req.arena);
	bool matched = match.index >= 0 && !match.bad;
	if (matched)
		route_take(p, loop->site, &match);
	else
		p->rate = site_rate_of_nothing(request->path);
	enum err e = address_limit(p, request);
	if (!e)
		e = matched ? head_check(p, &head) : unmatched(p, &match);
	if (e || !matched) {
		answer(p, e);
		return false;
	}
	*body_max = p->req.route->body_max;
	return true;
}

/* ---- the request ------------------------------------------------------------------------- */

static enum err query_take(struct req_private *p)
{
	struct pair pairs[QUERY_PAIRS_MAX];
	struct req *rq = &p->req;

	if (!p->query_text.at)
		return OK;
	if (!query_decode(p->query_text, rq->arena, pairs, &rq->query_count))
		return ERR_BAD_TARGET;
	rq->query = arena_copy(rq->arena, pairs, rq->query_count * sizeof(pairs[0]));
	return rq->query || rq->query_count == 0 ? OK : ERR_MEMORY;
}

/* Answered here and now, from the view of this loop. */
static void run_here(struct req_private *p)
{
	struct loop *loop = p->loop;

	p->hold = loop->hold;
	p->req.view = loop->hold ? loop->hold->view : NULL;
	enum err e = query_take(p);
	if (!e)
		e = p->req.route->handle(&p->req);
	answer(p, e);
}

/* False when out of memory: a request that lost its key on the way would be done twice. */
static bool texts_copy(struct arena *arena, struct text *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text copy = arena_text(arena, *texts[i]);

		if (texts[i]->at && !copy.at)
			return false;
		*texts[i] = copy;
	}
	return true;
}

static bool params_copy(struct arena *arena, struct pair *params, size_t count)
{
	bool copied = true;

	for (size_t i = 0; i < count && copied; i++) {
		struct text *const texts[] = { &params[i].name, &params[i].value };

		copied = texts_copy(arena, texts, COUNT_OF(texts));
	}
	return copied;
}

/* The same request in an arena of its own, which owns all that it points to. NULL when out of
 * memory. */
static struct req_private *request_own(struct req_private *head)
{
	struct arena *arena = arena_new(REQUEST_ARENA_MAX);
	struct req_private *p = arena ? arena_copy(arena, head, sizeof(*head)) : NULL;

	if (!p) {
		arena_free(arena);
		return NULL;
	}
	struct req *rq = &p->req;
	struct text *const texts[] = { &p->trace,       &p->query_text,  &p->if_none_match,
				       &p->token,       &rq->request_id, &rq->address,
				       &rq->user_agent, &rq->path,       &rq->content_type,
				       &rq->accept,     &rq->if_match,   &rq->key,
				       &rq->body };
	if (!texts_copy(arena, texts, COUNT_OF(texts)) ||
	    !params_copy(arena, p->params, rq->param_count)) {
		arena_free(arena);
		return NULL;
	}
	rq->params = p->params;
	rq->private = p;
	rq->arena = p->own_arena = arena;
	rq->problems = (struct problems){ .arena = arena };
	head->body_reserved = 0; /* the copy's now */
	return p;
}

static struct queue *queue_of(struct app *app, enum place place)
{
	static const int queues[] = {
		[ON_WORKER] = QUEUE_ORDERS, [ON_REPORTS] = QUEUE_REPORTS, [ON_HASHER] = QUEUE_HASHES
	};

	return &app->runtime->queues[queues[place]];
}

/* The time for handling begins when the body is there: a slow client's upload has its own. */
static void run_elsewhere(struct req_private *head)
{
	struct req_private *p = request_own(head);

	if (!p) {
		answer(head, ERR_MEMORY);
		return;
	}
	p->deadline = clock_monotonic() + p->req.app->settings.handling_s * SECOND_US;
	http_set_context(p->exchange, p);
	enum err e = query_take(p);
	if (!e && !queue_put(queue_of(p->req.app, p->req.route->runs), &p->link)) {
		e = ERR_BUSY;
		/* The long queue: who asks again at once would have the loop work for nothing. */
		p->held = p->req.route->runs == ON_HASHER;
		p->retry_s = p->held ? HASHES_RETRY_S : 0;
	}
	if (e)
		answer(p, e);
}

static bool on_body(void *context, struct http_exchange *exchange, size_t room)
{
	struct req_private *p = http_context(exchange);

	(void)context;
	return body_take(p, room);
}

static void on_request(void *context, struct http_exchange *exchange)
{
	struct req_private *p = http_context(exchange);

	(void)context;
	p->req.body = http_request(exchange)->body;
	if (p->req.route->runs == ON_LOOP)
		run_here(p);
	else
		run_elsewhere(p);
}

/* A worker may have it: that goes on, with memory of its own, and its reply is dropped. */
static void on_gone(void *context, struct http_exchange *exchange)
{
	struct req_private *p = http_context(exchange);

	(void)context;
	if (!p)
		return;
	p->exchange = NULL;
	atomic_store(&p->gone, true);
	if (!p->own_arena)
		request_free(p);
}

static void on_refusal(void *context, enum err e, int64_t argument, struct http_reply *reply)
{
	struct loop *loop = context;
	struct problem one = { .code = e, .args = { ARG_INT(argument) } };
	struct problems problems = { .items = { .at = &one, .count = 1 } };
	struct text id = request_id_make(loop, loop->refusal_id);

	reply->status = err_info(e)->status;
	reply->fields[0] = (struct pair){ TEXT("Content-Type"), TEXT("application/problem+json") };
	reply->fields[1] = (struct pair){ TEXT("X-Request-Id"), id };
	reply->field_count = 2;
	if (reply->status == 503)
		reply->fields[reply->field_count++] =
			(struct pair){ TEXT("Retry-After"), TEXT("1") };
	reply->prepared[0] = common_lines(false, false);
	problem_write(&reply->body, e, ZH, &problems, id);
	reply_count(loop, reply->status);
}

const struct http_handler dispatcher = { .on_head = on_head,
					 .on_body = on_body,
					 .on_request = on_request,
					 .on_gone = on_gone,
					 .on_refusal = on_refusal };
