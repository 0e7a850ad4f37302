/*
 * Business events: one function, one transaction, exactly once. The key's row is inserted first, so
 * of two requests with one key the second waits for the first and then finds its reply; effect and
 * reply commit together, so a COMMIT whose outcome is unknown is resolved by running again: the row
 * is there, or nothing is.
 */
#include <string.h>

#include "run_private.h"

/* One event on its way: what is the same at every run. */
struct event_run {
	struct tx tx;
	struct key_row key;
	event_fn *fn;
	void *arg;
	struct retry retry;
	bool known; /* the key was there: @stored holds its row */
	struct key_row stored;
	/* run_event's reply; a step has none */
	struct req *rq;
	const struct field *fields;
	size_t field_count;
	struct buffer body;
	struct text location;
};

/* ---- replies -------------------------------------------------------------------------- */

int event_status(const struct req *rq, size_t field_count)
{
	if (!field_count)
		return 204;
	return rq->route->success ? rq->route->success : 200;
}

/* Whether what is created has a place of its own to be read at. */
static bool is_readable(struct req *rq, struct text path)
{
	const struct runtime *runtime = rq->app->runtime;

	if (!runtime || !runtime->site || !path.at)
		return path.at != NULL;
	return router_match(runtime->site->router, HTTP_GET, path, rq->arena).index >= 0;
}

/*
 * What the handler said itself; else the path of what was created, whose id is the first field,
 * where that can be read.
 */
struct text event_location(struct req *rq, const struct field *fields, size_t count,
			   const void *arg, int status)
{
	const struct reply *reply = &rq->private->reply;
	char id[37];

	for (size_t i = 0; i < reply->header_count; i++) {
		if (text_is(reply->headers[i].name, "Location"))
			return reply->headers[i].value;
	}
	if (status != 201 || !count || fields[0].kind != KIND_ID ||
	    !text_is(text_of(fields[0].name), "id"))
		return NO_TEXT;
	struct id value;
	memcpy(&value, (const char *)arg + fields[0].at, sizeof(value));
	id_format(value, id);
	struct text path = arena_print(rq->arena, "%.*s/%s", TEXT_FMT(rq->path), id);
	return is_readable(rq, path) ? path : NO_TEXT;
}

void event_reply(struct req *rq, int status, struct buffer *body, struct text location,
		 bool replayed)
{
	struct reply *reply = &rq->private->reply;

	reply_clear(reply);
	reply->status = status;
	reply->body = *body;
	reply->media = body->size ? "application/json" : NULL;
	*body = (struct buffer){ 0 };
	if (location.at)
		reply_header(rq, "Location", location);
	if (replayed)
		reply_header(rq, "Idempotency-Replayed", TEXT("true"));
}

bool event_reply_stored(struct req *rq, const struct key_row *stored, bool replayed)
{
	struct buffer body = { 0 };

	if (stored->reply.at)
		buffer_add(&body, stored->reply);
	if (body.failed) {
		buffer_free(&body);
		return false;
	}
	event_reply(rq, (int)stored->status, &body, stored->location, replayed);
	return true;
}

/* ---- one run ----------------------------------------------------------------------------- */

static enum err known_key(struct event_run *run)
{
	enum err e = key_read(run->tx.db, &run->key, run->tx.arena, &run->stored);

	if (e == ERR_NOT_FOUND) /* its transaction was undone between our two looks */
		return ERR_DB_CONFLICT;
	if (e)
		return e;
	if (!text_equal(run->stored.digest, run->key.digest))
		return ERR_KEY_REUSED;
	run->known = true;
	return OK;
}

/* Reply into the key's row: the body is written once, for the row and for the client. */
static enum err store_reply(struct event_run *run)
{
	struct req *rq = run->rq;

	run->key.status = 200;
	if (rq) {
		run->key.status = event_status(rq, run->field_count);
		run->location = event_location(rq, run->fields, run->field_count, run->arg,
					       (int)run->key.status);
		run->key.location = run->location;
		buffer_free(&run->body);
		if (run->field_count) {
			json_encode(&run->body, run->fields, run->field_count, run->arg);
			run->key.reply = buffer_text(&run->body);
		}
		if (run->body.failed)
			return ERR_MEMORY;
	}
	return key_store(run->tx.db, &run->key);
}

/* Between BEGIN and COMMIT. */
static enum err inside(struct event_run *run)
{
	struct tx *tx = &run->tx;
	bool taken;

	enum err e = key_insert(tx->db, &run->key, &taken);
	/* Held by somebody else's transaction; or by our own one before, which the server has not
	 * ended yet. */
	if (e == ERR_DB_LOCKED && !run->retry.unknown)
		return ERR_KEY_BUSY;
	if (e)
		return e;
	if (!taken)
		return known_key(run);
	tx->event = id_new(tx->now);
	e = run->fn(tx, run->arg);
	if (e)
		return e;
	return store_reply(run);
}

/* What an undone run found fault with is found again by the next one. */
void problems_clear(struct problems *problems)
{
	if (problems) {
		problems->items.count = 0;
		problems->dropped = 0;
	}
}

static enum err once(struct event_run *run)
{
	problems_clear(run->tx.problems);
	run->known = false;
	enum err e = db_begin(run->tx.db);
	if (e)
		return e;
	e = inside(run);
	if (e || run->known) {
		transaction_drop(run->tx.db, e);
		return e;
	}
	return db_commit(run->tx.db);
}

static enum err run_until_settled(struct event_run *run)
{
	struct app *app = run->tx.app;
	enum err e;

	run->tx.day = day_of(run->tx.now);
	do
		e = once(run);
	while (e && retry_again(&run->retry, app, run->tx.db, e));
	if (e) {
		if (run->retry.unknown && err_info(e)->status >= 500)
			e = ERR_DB_UNKNOWN;
		return e;
	}
	count_add(app, run->known && !run->retry.unknown ? COUNT_EVENT_REPLAYS : COUNT_EVENTS, 1);
	return OK;
}

/* ---- for requests ------------------------------------------------------------------------ */

struct text key_made(struct arena *arena)
{
	char id[37];

	id_format(id_new(clock_now(&(struct clock){ 0 })), id);
	return arena_print(arena, "made %s", id);
}

enum err run_event(struct req *rq, event_fn *fn, void *arg, const struct field *fields,
		   size_t count)
{
	struct text key = rq->key.at ? rq->key : key_made(rq->arena);
	struct event_run run = {
		.tx = { .app = rq->app,
			.db = rq->db,
			.arena = rq->arena,
			.problems = &rq->problems,
			.actor = &rq->actor,
			.now = rq->now,
			.request_id = rq->request_id,
			.address = rq->address },
		.fn = fn,
		.arg = arg,
		.rq = rq,
		.fields = fields,
		.field_count = count,
		.retry = { .deadline = rq->private->deadline },
	};

	if (!key.at)
		return ERR_MEMORY;
	key_row_of(&run.key, &rq->actor.organisation, key, &rq->digest, rq->now);
	enum err e = run_until_settled(&run);
	if (e) {
		buffer_free(&run.body);
		return e;
	}
	if (!run.known) {
		event_reply(rq, (int)run.key.status, &run.body, run.location, false);
		return OK;
	}
	buffer_free(&run.body);
	return event_reply_stored(rq, &run.stored, !run.retry.unknown) ? OK : ERR_MEMORY;
}

enum err run_replay(struct req *rq, enum err refusal)
{
	struct key_row key, stored;

	if (!rq->key.at || err_info(refusal)->status >= 500)
		return refusal;
	key_row_of(&key, &rq->actor.organisation, rq->key, &rq->digest, rq->now);
	enum err e = key_read(rq->db, &key, rq->arena, &stored);
	if (e == ERR_NOT_FOUND)
		return refusal;
	if (e)
		return e == ERR_DB_LOCKED ? ERR_KEY_BUSY : e;
	problems_clear(&rq->problems);
	if (!text_equal(stored.digest, key.digest))
		return ERR_KEY_REUSED;
	count_add(rq->app, COUNT_EVENT_REPLAYS, 1);
	return event_reply_stored(rq, &stored, true) ? OK : ERR_MEMORY;
}

/* ---- for jobs and commands --------------------------------------------------------------- */

enum err run_step(struct step *step, struct text key, event_fn *fn, void *arg, bool *done_before)
{
	struct digest digest = sha256(key);
	struct event_run run = {
		.tx = { .app = step->app,
			.db = step->db,
			.arena = step->arena,
			.problems = step->problems,
			.actor = &step->actor,
			.now = step->now ? step->now : clock_now(&step->app->clock),
			.request_id = key,
			.address = step->address.at ? step->address : TEXT("system") },
		.fn = fn,
		.arg = arg,
		.retry = { .deadline = clock_monotonic() + STEP_BUDGET_S * SECOND_US },
	};

	struct text prefixed = arena_print(step->arena, "step %.*s", TEXT_FMT(key));
	if (!prefixed.at)
		return ERR_MEMORY;
	assert(prefixed.size <= KEY_TEXT_MAX);
	run.tx.request_id = text_part(key, 0, 64);
	key_row_of(&run.key, &step->actor.organisation, prefixed, &digest, run.tx.now);
	enum err e = run_until_settled(&run);
	if (done_before)
		*done_before = !e && run.known && !run.retry.unknown;
	return e;
}
