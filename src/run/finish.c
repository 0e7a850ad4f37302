/*
 * The end of a request: an error becomes a problem document, a GET's body gets its entity tag, and
 * the loop sends it with the fields that every reply has. Those are written once, below, as whole
 * lines, so that a reply from the view costs the codec three fields and a copy.
 */
#include <string.h>

#include "run_private.h"

/* ---- the common lines ----------------------------------------------------------------- */

/* The policy holds for documents and does no harm to data: nothing but our own scripts, styles,
 * images and connections, no framing. */
#define COMMON_LINES                                                                               \
	"Server: xiangcai\r\n"                                                                     \
	"X-Content-Type-Options: nosniff\r\n"                                                      \
	"Referrer-Policy: no-referrer\r\n"                                                         \
	"Cross-Origin-Opener-Policy: same-origin\r\n"                                              \
	"Cross-Origin-Resource-Policy: same-origin\r\n"                                            \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "       \
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "       \
	"form-action 'self'; frame-ancestors 'none'; manifest-src 'self'\r\n"

struct text common_lines(bool public, bool cache_header)
{
	if (cache_header)
		return TEXT(COMMON_LINES);
	return public ? TEXT(COMMON_LINES "Cache-Control: no-cache\r\n")
		      : TEXT(COMMON_LINES "Cache-Control: no-store\r\n");
}

/* ---- what to answer ---------------------------------------------------------------------- */

static bool is_read(const struct req_private *p)
{
	return p->method == HTTP_GET || p->method == HTTP_HEAD;
}

static void number_header(struct req *rq, const char *name, int64_t number)
{
	char digits[24];

	int size = snprintf(digits, sizeof(digits), "%lld", (long long)number);
	assert(size > 0 && (size_t)size < sizeof(digits));
	reply_header(rq, name, (struct text){ digits, (size_t)size });
}

/*
 * Fields of the failed handler go, but for what the dispatcher said of the route, and for how long
 * the handler said to wait. True: it did say so.
 */
static bool headers_keep(struct reply *reply)
{
	size_t kept = 0;
	bool says_when = false;

	for (size_t i = 0; i < reply->header_count; i++) {
		bool when = text_is(reply->headers[i].name, "Retry-After");

		if (when || text_is(reply->headers[i].name, "Allow"))
			reply->headers[kept++] = reply->headers[i];
		says_when |= when;
	}
	reply->header_count = kept;
	reply->cache_header = false;
	return says_when;
}

/* How long to wait, as Retry-After says it. */
static struct text wait_said(const struct reply *reply, int64_t wait_s, struct arena *arena)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (text_is(reply->headers[i].name, "Retry-After"))
			return reply->headers[i].value;
	return arena_print(arena, "%lld", (long long)wait_s);
}

static void problem_reply(struct req_private *p, enum err e)
{
	struct reply *reply = &p->reply;
	int64_t wait_s = p->retry_s ? p->retry_s : retry_after(e);

	reply_clear(reply);
	bool says_when = headers_keep(reply);
	if (e == ERR_TOO_MANY)
		fail(&p->req.problems, e, ARG_TEXT(NO_TEXT),
		     ARG_TEXT(wait_said(reply, wait_s, p->req.arena)));
	reply->status = err_info(e)->status;
	reply->media = "application/problem+json";
	problem_write(&reply->body, e, p->req.language, &p->req.problems, p->req.request_id);
	if (wait_s && !says_when)
		number_header(&p->req, "Retry-After", wait_s);
	if (reply->status == 401)
		reply_header(&p->req, "WWW-Authenticate", TEXT("Bearer"));
}

/*
 * The version that the handler said, also of what a write leaves behind; else a digest of the body
 * as the resource's tag, unless there is one.
 */
static void etag_make(struct req_private *p)
{
	struct reply *reply = &p->reply;
	char tag[35];

	if (reply->version.at && !reply->version_and_body)
		reply->etag = reply->version;
	if (!is_read(p) || reply->status != 200 || reply->etag.at || !reply->body.size ||
	    !text_starts(text_of(reply->media), "application/json"))
		return;
	struct digest digest = sha256(buffer_text(&reply->body));
	hex_format(digest.bytes, 16, tag + 1);
	tag[0] = tag[33] = '"';
	reply->etag = arena_text(p->req.arena, (struct text){ tag, 34 });
	if (reply->version.at)
		reply->etag = arena_print(p->req.arena, "%.*s-%.*s\"", (int)reply->version.size - 1,
					  reply->version.at, 32, tag + 1);
}

static void not_modified(struct req_private *p)
{
	struct reply *reply = &p->reply;
	struct text etag = reply->etag;

	if (!is_read(p) || reply->status != 200 || !etag.at || !p->if_none_match.at ||
	    !etag_matches(p->if_none_match, etag))
		return;
	reply_clear(reply);
	reply->status = 304;
	reply->etag = etag;
}

/* What a handler made. A large body counts from here until its last byte has left: those who read
 * slowly must not fill the memory. */
static enum err reply_complete(struct req_private *p)
{
	assert(p->reply.status); /* a handler that returns OK has replied */
	etag_make(p);
	not_modified(p);
	return bodies_reserve(p->req.app, p->reply.body.size, &p->reply_reserved) ? OK : ERR_BUSY;
}

void reply_finish(struct req_private *p, enum err e)
{
	if (!e)
		e = reply_complete(p);
	if (e)
		problem_reply(p, e);
	if (p->req.app->settings.report_statements && p->req.route->runs != ON_LOOP) {
		number_header(&p->req, "X-Statements", (int64_t)p->statements);
		if (p->batch_size)
			number_header(&p->req, "X-Batch", (int64_t)p->batch_size);
	}
}

/* A token in a path is a secret: then the pattern stands for it. */
static struct text path_of_log(const struct req *rq)
{
	return strstr(rq->route->path, "{token") ? text_of(rq->route->path) : rq->path;
}

void request_log(const struct req_private *p)
{
	const struct req *rq = &p->req;

	if (atomic_load(&p->gone) || (p->reply.status < 400 && is_read(p)))
		return;
	log_line(&rq->app->log, LOG_INFO, "request", "answered",
		 LOG_TEXT("request", rq->request_id),
		 LOG_TEXT("trace", p->trace.at ? p->trace : TEXT("")),
		 LOG_TEXT("method", text_of(method_name(p->method))),
		 LOG_TEXT("path", path_of_log(rq)), LOG_INT("status", p->reply.status),
		 LOG_INT("us", clock_monotonic() - p->begun));
}

/* ---- sending, on the loop ---------------------------------------------------------------- */

/* A body with an owner of its own, and the view beside it. */
struct shared_pair {
	struct shared_body body;
	struct view_hold *hold;
};

static void shared_pair_drop(void *arg)
{
	struct shared_pair *pair = arg;

	pair->body.release(pair->body.owner);
	view_hold_drop(pair->hold);
	memory_free(pair);
}

/* The bytes may lie in the view: it is held until they are sent. */
static bool shared_hold(struct req_private *p, struct http_reply *out)
{
	struct shared_body *body = &p->reply.shared;

	out->shared = *body;
	if (!body->bytes.at || !p->hold)
		return true;
	if (!body->release) {
		out->shared.release = view_hold_drop;
		out->shared.owner = view_hold_take(p->hold);
		return true;
	}
	struct shared_pair *pair = memory_take(sizeof(*pair));
	if (!pair)
		return false;
	*pair = (struct shared_pair){ *body, view_hold_take(p->hold) };
	out->shared.release = shared_pair_drop;
	out->shared.owner = pair;
	return true;
}

/* A counted body on its way out. */
struct counted_body {
	struct app *app;
	struct buffer body;
	size_t reserved;
};

static void counted_body_drop(void *arg)
{
	struct counted_body *counted = arg;

	buffer_free(&counted->body);
	bodies_release(counted->app, counted->reserved);
	memory_free(counted);
}

static bool counted_hold(struct req_private *p, struct http_reply *out)
{
	struct counted_body *counted = p->reply_reserved ? memory_take(sizeof(*counted)) : NULL;

	if (!counted)
		return !p->reply_reserved;
	*counted = (struct counted_body){ p->req.app, out->body, p->reply_reserved };
	out->shared = (struct shared_body){ .bytes = buffer_text(&counted->body),
					    .release = counted_body_drop,
					    .owner = counted };
	out->body = (struct buffer){ 0 };
	p->reply_reserved = 0;
	return true;
}

static void field_put(struct http_reply *out, struct text name, struct text value)
{
	if (value.at)
		out->fields[out->field_count++] = (struct pair){ name, value };
}

static void reply_fill(struct req_private *p, struct http_reply *out, char room[LIMIT_ROOM])
{
	struct reply *reply = &p->reply;
	bool public = p->req.route->roles == ROLES_PUBLIC && is_read(p) && reply->status < 400;

	out->status = reply->status;
	out->prepared[0] = common_lines(public, reply->cache_header);
	out->prepared[1] =
		p->rate ? limit_lines(p->req.app->runtime->limiter, p->rate, p->limits, room)
			: NO_TEXT;
	field_put(out, TEXT("Content-Type"), text_of(reply->media));
	field_put(out, TEXT("ETag"), reply->etag);
	field_put(out, TEXT("X-Request-Id"), p->req.request_id);
	for (size_t i = 0; i < reply->header_count; i++)
		field_put(out, reply->headers[i].name, reply->headers[i].value);
	out->held = p->held || out->status == 429;
	out->body = reply->body;
	reply->body = (struct buffer){ 0 };
	if (!shared_hold(p, out) || !counted_hold(p, out)) {
		reply_clear(reply);
		buffer_free(&out->body);
		out->status = err_info(ERR_MEMORY)->status;
		out->shared = (struct shared_body){ 0 };
		out->field_count = 0;
	}
	reply->shared = (struct shared_body){ 0 };
}

void reply_count(struct loop *loop, int status)
{
	int kind = status / 100 - 2;

	assert(kind >= 0 && kind < 4);
	loop->told[LOOP_REPLIES_2XX + kind]++;
}

void request_send(struct req_private *p)
{
	struct http_exchange *exchange = p->exchange;
	struct http_reply out;
	char room[LIMIT_ROOM];

	if (!exchange) {
		request_free(p);
		return;
	}
	/* Not the whole: the table of fields is large, and only field_count says what of it holds.
	 */
	out.field_count = 0;
	out.close = false;
	reply_fill(p, &out, room);
	reply_count(p->loop, out.status);
	p->exchange = NULL;
	if (p->reply.ticket && out.status == 200) {
		job_stream_open(p->loop, exchange, &out, p->reply.ticket);
		p->reply.ticket = 0;
		request_free(p);
	} else if (p->own_arena) {
		http_respond(exchange, &out);
		request_free(p);
	} else { /* its memory goes with the exchange */
		request_free(p);
		http_respond(exchange, &out);
	}
}

void request_free(struct req_private *p)
{
	struct arena *arena = p->own_arena;

	job_ticket_drop(p->req.app, p->reply.ticket);
	reply_clear(&p->reply);
	body_give_back(p);
	bodies_release(p->req.app, p->reply_reserved);
	p->reply_reserved = 0;
	arena_free(arena);
}
