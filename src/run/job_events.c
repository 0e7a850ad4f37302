/*
 * Jobs watched as they run: event streams (text/event-stream of the HTML standard), one event for
 * each state that differs from the one told before, to the job's end.
 *
 * Whoever watches holds a place here, a connection of its loop and no thread. One thread reads the
 * rows of all jobs that are watched from this process, a few times a second and in one statement,
 * so it does not matter which process runs a job; what differs goes to the loop of each watcher as
 * a message. A place is taken by the worker that answers the request, which tells the present state
 * as the stream's first piece; it is compared from when the loop has opened the stream, so that
 * nothing is told before. Places are given back when a stream ends, in whatever way.
 *
 * A stream ends after a while even when its job has not: its client comes back by itself, and
 * whether it may still see the job is asked anew, since a session may have ended meanwhile.
 */
#include "background.h"

#include <string.h>

enum { STREAMS_MAX = 1024, STREAMS_OF_USER_MAX = 8 };
#define LOOK_US     (SECOND_US / 4)
#define ALIVE_US    (15 * SECOND_US)
#define WATCH_ARENA MIB(8)

struct seat {
	uint64_t ticket; /* 0: free */
	struct id job, user;
	size_t loop;
	bool open; /* its loop has begun the stream */
	/* what was told last, and when */
	int32_t state;
	int64_t done, total, told_at, taken_at;
	char counts[JOB_COUNTS_MAX + 1];
};

struct job_watch {
	struct app *app;
	struct db *db;
	struct arena *arena;
	struct beat beat;
	pthread_mutex_t mutex; /* over what follows */
	uint64_t tickets;      /* given so far */
	struct seat seats[STREAMS_MAX];
};

static struct job_watch *watch_of(const struct app *app)
{
	return app->runtime->background ? app->runtime->background->watch : NULL;
}

static bool has_ended(const struct job *job)
{
	return job->state != JOB_QUEUED && job->state != JOB_RUNNING;
}

static void event_write(struct buffer *out, const struct job *job)
{
	buffer_add(out, TEXT("event: job\ndata: "));
	json_encode(out, job_fields, job_field_count, job);
	buffer_add(out, TEXT("\n\n"));
}

/* ---- places -------------------------------------------------------------------------------------
 */

static struct seat *seat_find(struct job_watch *watch, uint64_t ticket)
{
	for (size_t i = 0; i < STREAMS_MAX; i++)
		if (watch->seats[i].ticket == ticket)
			return &watch->seats[i];
	return NULL;
}

static size_t seats_of(const struct job_watch *watch, struct id user)
{
	size_t count = 0;

	for (size_t i = 0; i < STREAMS_MAX; i++)
		count += watch->seats[i].ticket && id_equal(watch->seats[i].user, user);
	return count;
}

static void seat_note(struct seat *seat, const struct job *job)
{
	seat->state = job->state;
	seat->done = job->done;
	seat->total = job->total;
	seat->told_at = clock_monotonic();
	snprintf(seat->counts, sizeof(seat->counts), "%.*s", TEXT_FMT(job->counts));
}

static bool seat_differs(const struct seat *seat, const struct job *job)
{
	return seat->state != job->state || seat->done != job->done || seat->total != job->total ||
	       !text_is(job->counts, seat->counts);
}

/* ERR_TOO_MANY by one user, ERR_BUSY by all. */
static enum err seat_take(struct job_watch *watch, const struct req *rq, const struct job *job,
			  uint64_t *ticket)
{
	enum err e = ERR_TOO_MANY;

	pthread_mutex_lock(&watch->mutex);
	if (seats_of(watch, rq->actor.user) < STREAMS_OF_USER_MAX) {
		struct seat *seat = seat_find(watch, 0);

		e = seat ? OK : ERR_BUSY;
		if (seat) {
			*ticket = ++watch->tickets;
			*seat = (struct seat){ .ticket = *ticket,
					       .job = job->id,
					       .user = rq->actor.user,
					       .loop = rq->private->loop->number,
					       .taken_at = clock_monotonic() };
			seat_note(seat, job);
		}
	}
	pthread_mutex_unlock(&watch->mutex);
	return e;
}

void job_ticket_drop(struct app *app, uint64_t ticket)
{
	struct job_watch *watch = ticket ? watch_of(app) : NULL;

	if (!watch)
		return;
	pthread_mutex_lock(&watch->mutex);
	struct seat *seat = seat_find(watch, ticket);
	if (seat)
		seat->ticket = 0;
	pthread_mutex_unlock(&watch->mutex);
}

enum err get_job_events(struct req *rq)
{
	struct reply *reply = &rq->private->reply;
	struct buffer body = { .max = KIB(4) };
	struct job job = { 0 };
	enum err e = job_get(rq->db, rq->arena, &rq->actor, req_path_id(rq, "id"), &job);

	if (!e && !has_ended(&job) && rq->private->method == HTTP_GET)
		e = seat_take(watch_of(rq->app), rq, &job, &reply->ticket);
	if (e)
		return e;
	buffer_add(&body, TEXT("retry: 3000\n"));
	event_write(&body, &job);
	/* proxies that gather replies would gather this one to its end */
	e = reply_header(rq, "X-Accel-Buffering", TEXT("no"));
	if (!e)
		e = reply_body(rq, "text/event-stream", &body);
	buffer_free(&body);
	return e;
}

/* ---- on the loops -------------------------------------------------------------------------------
 */

struct job_stream {
	struct job_stream *next;
	struct loop *loop;
	uint64_t ticket;
	struct http_stream *stream;
};

static void stream_forget(void *owner)
{
	struct job_stream *stream = owner;
	struct job_stream **at = &stream->loop->streams;

	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	job_ticket_drop(stream->loop->app, stream->ticket);
	memory_free(stream);
}

static void seat_open(struct app *app, uint64_t ticket)
{
	struct job_watch *watch = watch_of(app);

	pthread_mutex_lock(&watch->mutex);
	struct seat *seat = seat_find(watch, ticket);
	if (seat)
		seat->open = true;
	pthread_mutex_unlock(&watch->mutex);
	beat_kick(&watch->beat);
}

void job_stream_open(struct loop *loop, struct http_exchange *exchange, struct http_reply *reply,
		     uint64_t ticket)
{
	struct job_stream *stream = memory_take(sizeof(*stream));

	if (!stream) { /* the present state is an answer, too */
		job_ticket_drop(loop->app, ticket);
		http_respond(exchange, reply);
		return;
	}
	*stream = (struct job_stream){ .next = loop->streams, .loop = loop, .ticket = ticket };
	loop->streams = stream;
	stream->stream = http_respond_stream(exchange, reply, stream_forget, stream);
	if (stream->stream)
		seat_open(loop->app, ticket);
	else
		stream_forget(stream);
}

/* What is to be said to one watcher. */
struct telling {
	uint64_t ticket;
	bool last;
	struct buffer bytes;
};

static void tell(struct loop *loop, void *arg)
{
	struct telling *telling = arg;
	struct job_stream *stream = loop->streams;

	while (stream && stream->ticket != telling->ticket)
		stream = stream->next;
	bool lives = stream && http_stream_write(stream->stream, buffer_text(&telling->bytes));
	if (lives && telling->last)
		http_stream_end(stream->stream);
	if (stream && (!lives || telling->last))
		stream_forget(stream);
	buffer_free(&telling->bytes);
	memory_free(telling);
}

/* ---- the thread that looks ----------------------------------------------------------------------
 */

/* Sends what @job is now, or a sign of life (NULL), perhaps as the @last; false: there was no
 * memory, it is tried again. */
static bool send(struct job_watch *watch, const struct seat *seat, const struct job *job, bool last)
{
	struct telling *telling = memory_take(sizeof(*telling));

	if (!telling)
		return false;
	*telling =
		(struct telling){ .ticket = seat->ticket, .last = last || (job && has_ended(job)) };
	if (job)
		event_write(&telling->bytes, job);
	else
		buffer_add(&telling->bytes, TEXT(":\n\n"));
	if (!telling->bytes.failed && loop_post(watch->app, seat->loop, tell, telling))
		return true;
	buffer_free(&telling->bytes);
	memory_free(telling);
	return false;
}

static const struct job *job_of(const struct list *jobs, struct id id)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (id_equal(LIST_ITEM(*jobs, struct job, i)->id, id))
			return LIST_ITEM(*jobs, struct job, i);
	return NULL;
}

static void seat_tell(struct job_watch *watch, struct seat *seat, const struct job *job)
{
	int64_t now = clock_monotonic();
	bool over = now - seat->taken_at >= watch->app->settings.stream_s * SECOND_US;
	bool told = job && seat_differs(seat, job);

	if (told && send(watch, seat, job, over))
		seat_note(seat, job);
	else if (!told && (over || now - seat->told_at >= ALIVE_US) &&
		 send(watch, seat, NULL, over))
		seat->told_at = now;
	else
		return;
	if (over) /* its loop is told once; the place is given back there */
		seat->open = false;
}

/* A database that does not answer is no reason to leave clients without a sign of life. */
static void seats_tell(struct job_watch *watch, const struct list *jobs)
{
	pthread_mutex_lock(&watch->mutex);
	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct seat *seat = &watch->seats[i];

		if (seat->ticket && seat->open)
			seat_tell(watch, seat, job_of(jobs, seat->job));
	}
	pthread_mutex_unlock(&watch->mutex);
}

/* The jobs of all open places; false when there are none. */
static bool ids_collect(struct job_watch *watch, struct value **ids, size_t *count)
{
	*count = 0;
	*ids = arena_take(watch->arena, STREAMS_MAX * sizeof(**ids));
	pthread_mutex_lock(&watch->mutex);
	for (size_t i = 0; *ids && i < STREAMS_MAX; i++)
		if (watch->seats[i].ticket && watch->seats[i].open)
			(*ids)[(*count)++] =
				(struct value){ .kind = VALUE_ID, .as.id = watch->seats[i].job };
	pthread_mutex_unlock(&watch->mutex);
	return *count > 0;
}

static void *watch_main(void *arg)
{
	struct job_watch *watch = arg;
	int64_t pause = LOOK_US;
	struct value *ids;
	size_t count;

	while (beat_wait(&watch->beat, pause) != BEAT_STOP) {
		struct list jobs = { 0 };

		arena_reset(watch->arena);
		bool watched = ids_collect(watch, &ids, &count);
		pause = watched ? LOOK_US : SECOND_US;
		if (!watched)
			continue;
		if (job_watch(watch->db, watch->arena, ids, count, &jobs))
			jobs.count = 0;
		seats_tell(watch, &jobs);
	}
	return NULL;
}

struct job_watch *job_watch_start(struct app *app)
{
	struct job_watch *watch = memory_take(sizeof(*watch));

	if (!watch)
		return NULL;
	watch->app = app;
	pthread_mutex_init(&watch->mutex, NULL);
	watch->db = db_new(app->database, &app->log);
	watch->arena = arena_new(WATCH_ARENA);
	if (watch->db && watch->arena && beat_start(&watch->beat, "job-watch", watch_main, watch))
		return watch;
	job_watch_stop(watch);
	job_watch_free(watch);
	return NULL;
}

void job_watch_stop(struct job_watch *watch)
{
	if (!watch)
		return;
	beat_stop(&watch->beat);
	beat_join(&watch->beat);
	db_free(watch->db);
	watch->db = NULL;
}

void job_watch_free(struct job_watch *watch)
{
	if (!watch)
		return;
	arena_free(watch->arena);
	pthread_mutex_destroy(&watch->mutex);
	memory_free(watch);
}
