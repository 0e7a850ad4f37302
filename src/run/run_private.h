/*
 * What the files of run know of each other. One struct runtime hangs from the app and owns every
 * thread. Threads share nothing but queues, mailboxes and the atomics named here; a request belongs
 * to one thread at a time and is handed on whole: loop → queue → worker (→ desk) → mailbox → loop.
 */
#ifndef XIANGCAI_RUN_PRIVATE_H
#define XIANGCAI_RUN_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "limit.h"

struct event;
struct event_base;
struct loop;

/* ---- threads ----------------------------------------------------------------- */

/*
 * A thread with all signals blocked (main alone takes them) and @name, of which 15 bytes are shown.
 */
bool thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg);
/*
 * A deadline @wait_us from now, for pthread_cond_timedwait on a condition made by condition_init.
 */
struct timespec deadline_after(int64_t wait_us);
/* A condition that waits by the monotonic clock. */
void condition_init(pthread_cond_t *condition);

/* ---- messages to a loop ------------------------------------------------------ */

/* Something to do on a loop's thread. Stands inside what it is about, so that sending allocates
 * nothing. */
struct message {
	struct message *next;
	void (*run)(struct loop *loop, void *arg);
	void *arg;
};

/* Unbounded: what is sent is bounded where it begins (requests by their queues, views by the
 * builder). */
struct mailbox {
	pthread_mutex_t mutex;
	struct message *first, *last;
	int descriptor; /* eventfd; written only when the box was empty */
};

/* Any thread. The loop runs the message and forgets it. */
void loop_send(struct loop *loop, struct message *message);
/*
 * The same by number (0 … runtime->loop_count - 1), with a message of its own; @fn gets the struct
 * loop of its thread. Messages of one sender keep their order. Out of memory: false, nothing is
 * sent.
 */
bool loop_post(struct app *app, size_t loop, void (*fn)(struct loop *loop, void *arg), void *arg);

/* ---- the published view, as a loop holds it ---------------------------------- */

/*
 * A loop's own hold of one view: the loop's while it is current, and one for every reply whose
 * bytes lie in it. Counted on the loop's thread alone; at zero the reference that came with it is
 * given back by view_return.
 */
struct view_hold {
	struct app *app;
	const void *view;
	size_t count;
};
/*
 * On the loop's thread, from a message: @view, whose reference is taken over, becomes the loop's
 * current one. Out of memory: false, the reference stays the caller's and the loop keeps what it
 * had.
 */
bool loop_view_set(struct loop *loop, const void *view);
void loop_view_clear(struct loop *loop); /* the loop's own hold ends */
struct view_hold *view_hold_take(struct view_hold *hold);
void view_hold_drop(void *hold);

/* ---- bounded queues ---------------------------------------------------------- */

/* A place in a queue; stands first in what is queued. */
struct queue_link {
	struct queue_link *next;
};

/*
 * A bounded queue: many loops put, many workers take. A put signals only when the queue was empty;
 * a taker that leaves something behind wakes the next one, so that no signal is sent while all are
 * busy.
 */
struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	struct queue_link *first, *last;
	size_t count, max;
	size_t waiting;   /* takers asleep */
	uint64_t refused; /* puts that found it full */
	bool closed;
};
void queue_init(struct queue *queue, size_t max);
bool queue_put(struct queue *queue, struct queue_link *link); /* false: full or closed */
struct queue_link *queue_take(struct queue *queue);           /* waits; NULL: closed and empty */
void queue_close(struct queue *queue);                        /* what is in it is still taken */
/* The first of the queue when @fits says so; NULL otherwise. Does not wait. */
struct queue_link *queue_try(struct queue *queue,
			     bool (*fits)(void *context, struct queue_link *link), void *context);
size_t queue_count(struct queue *queue);
uint64_t queue_refused(struct queue *queue);
void queue_destroy(struct queue *queue);

/* ---- a request, as run sees it ----------------------------------------------- */

enum { REPLY_HEADERS_MAX = 8, REQUEST_PREFIX_SIZE = 10, REQUEST_ID_ROOM = 32 };

/* What was decided to answer; made by handler and dispatcher, sent by the loop. */
struct reply {
	int status; /* 0: nothing decided yet */
	const char *media;
	struct buffer body;
	struct shared_body shared;
	struct text etag;    /* with its quotes; NO_TEXT: none */
	struct text version; /* the same, said by reply_version: stays when the reply is cleared */
	bool version_and_body; /* the digest of the body stands behind it */
	struct pair headers[REPLY_HEADERS_MAX];
	size_t header_count;
	bool cache_header; /* the handler said Cache-Control itself */
	/* a place among the watchers of jobs: the body is the first piece of a stream; 0: none */
	uint64_t ticket;
};

/*
 * A request. Those that run on the loop live in the exchange's arena and end with the reply; the
 * others have an arena of their own, so that a worker may go on when the client has left.
 */
struct req_private {
	struct queue_link link; /* in a worker queue or at the desk */
	struct req req;
	struct message message; /* its way back */
	struct loop *loop;
	struct http_exchange *exchange; /* loop thread only; NULL once the client is gone */
	struct arena *own_arena;        /* NULL while it lives in the exchange's */
	atomic_bool gone;               /* the client left: what was not begun need not be */
	enum method method;
	char id_room[REQUEST_ID_ROOM];
	struct text query_text;
	struct text token, if_none_match, trace;
	bool by_cookie;
	int64_t begun, deadline;              /* by clock_monotonic */
	size_t body_reserved, reply_reserved; /* of runtime->bodies */
	uint8_t network[8];                   /* who sends it, as in struct http_request */
	enum rate_class rate;                 /* RATE_BY_METHOD: none */
	struct limit_answer limits[LIMIT_BY_COUNT];
	int64_t retry_s; /* what Retry-After says; 0: what the failure says by itself */
	bool held;       /* refused so cheaply that the answer must wait */
	struct reply reply;
	struct pair params[PATH_PARAMS_MAX];
	struct view_hold *hold;     /* on the loop */
	struct batch_item *batched; /* set by run_batched: the desk answers */
	uint64_t statements;        /* sent for this request */
	size_t batch_size;          /* orders of the batch it went in; 0: none */
};

/* ---- the runtime ------------------------------------------------------------- */

/* What a loop counts without atomics. */
enum loop_count_name {
	LOOP_REPLIES_2XX,
	LOOP_REPLIES_3XX,
	LOOP_REPLIES_4XX,
	LOOP_REPLIES_5XX,
	LOOP_ACCEPTED,
	LOOP_REQUESTS,
	LOOP_REFUSED,
	LOOP_TIMED_OUT,
	LOOP_OPEN,
	LOOP_BYTES_IN,
	LOOP_BYTES_OUT,
	LOOP_COUNT
};

/* One loop thread: connections, its mailbox and its hold of the view. */
struct loop {
	struct app *app;
	size_t number;
	pthread_t thread;
	bool started;
	struct event_base *base;
	struct http_server *server;
	struct event *mail, *tick;
	struct mailbox mailbox;
	struct view_hold *hold; /* NULL before the first view */
	const struct site *site;
	struct job_stream *streams;  /* those that watch jobs */
	struct message ended;        /* to the admin loop */
	struct message drain, hurry; /* from it */
	bool draining;
	int64_t drain_until;     /* by clock_monotonic */
	uint64_t request_number; /* for request ids */
	char request_prefix[REQUEST_PREFIX_SIZE];
	char refusal_id[REQUEST_ID_ROOM];
	/* By enum loop_count_name; the server's own are filled in by the tick, once a second.
	 * Others see a copy. */
	uint64_t told[LOOP_COUNT];
	atomic_uint_fast64_t published[LOOP_COUNT];
};

enum { QUEUE_ORDERS, QUEUE_REPORTS, QUEUE_HASHES, QUEUE_COUNT };
extern const char *const queue_names[QUEUE_COUNT];

/* What is counted, each told by /metrics under its row in metrics.c. */
enum counter {
	COUNT_EXPIRED, /* waited in a queue past the deadline */
	COUNT_GONE,    /* dropped because the client had left */
	COUNT_EVENTS,
	COUNT_EVENT_REPLAYS,
	COUNT_EVENT_CONFLICTS,
	COUNT_EVENT_BROKEN,
	COUNT_EVENT_UNKNOWN,
	COUNT_BATCHES,
	COUNT_BATCH_ORDERS,
	COUNT_BATCH_SPLITS,
	COUNT_JOBS_DONE,
	COUNT_JOBS_FAILED,
	COUNT_VIEWS,
	COUNTER_COUNT
};
void count_add(struct app *app, enum counter counter,
	       uint64_t n); /* any thread; no runtime: nothing */
enum { LATENCY_COUNT = 10 };
void latency_add(struct app *app, int64_t us);

/* A password costs a hasher a third of a second: who would wait longer than this many is told so.
 */
enum { HASHES_WAITING_MAX = 64, HASHES_RETRY_S = 10 };
enum {
	BODIES_MAX = 256 * 1024 * 1024,
	BODIES_PUBLIC_MAX = 32 * 1024 * 1024, /* of requests that ask for no login */
	BODY_SMALL = 64 * 1024,
	BODY_SENDERS_MAX = BODIES_MAX / BODY_SMALL
};

/* Who sends large bodies just now. */
struct body_senders {
	pthread_mutex_t mutex;
	size_t public_bytes, count;
	struct body_sender {
		uint8_t network[8];
		size_t bytes, public_count;
	} rows[BODY_SENDERS_MAX + 1]; /* one to look for */
};

struct runtime {
	struct app *app;
	struct loop *loops; /* loop_count serving ones */
	size_t loop_count;
	struct loop *admin; /* main's own: signals and the admin listener */
	struct site *site, *admin_site;
	size_t worker_count[QUEUE_COUNT], job_runner_count; /* as settings and cores say */
	struct worker *workers;
	size_t worker_total;
	struct queue queues[QUEUE_COUNT];
	struct limiter *limiter;
	struct http_network proxies[TRUSTED_PROXIES_MAX];
	size_t proxy_count;
	struct desk *desk;
	struct watch *watch;
	atomic_bool stopping; /* SIGTERM came: background threads end at their next step */
	atomic_bool ready;    /* the database answers */
	atomic_int_fast64_t down_since; /* by clock_monotonic, while it does not; else 0 */
	atomic_int children;            /* processes of child.c that run */
	atomic_size_t bodies;           /* bytes of large bodies, in and out, at most BODIES_MAX */
	struct body_senders senders;
	atomic_uint_fast64_t counters[COUNTER_COUNT];
	atomic_uint_fast64_t latencies[LATENCY_COUNT],
		latency_us; /* of what workers did; by the bounds in metrics.c */
	/* owned by background.c, publish.c and numbers.c */
	struct background *background;
	struct publisher *publisher;
	struct numbers *numbers;
};

struct runtime *runtime_new(struct app *app); /* hangs it from @app; NULL when out of memory */

/* ---- background: job runners, leased loops, the view's builder --------------- */

/*
 * Called by serve: start before listening, on the main thread, with the loops made but not turning:
 * builds the first view (false when that fails), makes runtime->publisher and runtime->background,
 * starts the threads. Views are handed to loop i by loop_post and loop_view_set.
 */
bool background_start(struct app *app);
/*
 * Ends and joins all those threads; borrowed and held views stay valid. Also after a failed start.
 */
void background_stop(struct app *app);
/* Frees what is left, when the last hold was dropped. */
void background_free(struct app *app);
/* The same for runtime->numbers; commands without serve have them too. Does not connect. */
bool numbers_start(struct app *app);
void numbers_free(struct app *app);

/* ---- sites: tables of routes behind a matcher -------------------------------- */

struct site {
	struct router *router;
	struct pattern *patterns;
	const struct route **routes; /* by the matcher's index */
	enum rate_class *rates;      /* by the same; RATE_BY_METHOD: no limit */
	size_t count;
};
/* Of all rows of @tables; asserts on rows that contradict each other. NULL when out of memory. */
/* The class of a path without a route. */
enum rate_class site_rate_of_nothing(struct text path);
struct site *site_new(const struct route_table *tables, size_t table_count);
void site_free(struct site *site);

/* run's own routes on the admin listener. */
extern const struct route admin_routes[];
extern const size_t admin_route_count;
enum err get_problem(struct req *rq);

/* ---- loops ------------------------------------------------------------------- */

/* Its base, its server with the dispatcher above it, its mailbox; not yet turning. */
bool loop_open(struct loop *loop, struct app *app, size_t number, const struct site *site,
	       const struct http_limits *limits);
bool loop_start(
	struct loop *loop,
	size_t *turning); /* its thread; @turning counts those not ended, on the admin loop */
void loop_turn(struct loop *loop); /* on the caller's thread, until it drained or was stopped */
void loop_stop(struct loop *loop); /* on its own thread: ends the turning */
void loop_drain(struct loop *loop, void *until); /* a message: ends when the last reply is out, or
						    at *@until (int64_t, monotonic) */
void loop_close(struct loop *loop); /* its thread has ended: frees all of it, running what is left
				       in the mailbox */

void mailbox_open(struct mailbox *mailbox);
void mailbox_run(struct loop *loop); /* on the loop's thread: all that waits */
void mailbox_close(struct mailbox *mailbox);

/* ---- the dispatcher ---------------------------------------------------------- */

extern const struct http_handler dispatcher; /* its context is the struct loop */
/* Counts @p's request for whom @key stands; ERR_TOO_MANY. */
enum err request_limit(struct req_private *p, enum limit_by by, const uint8_t key[LIMIT_KEY_SIZE],
		       int64_t now);

/* What the dispatcher looks at in a head. */
enum head_name {
	HEAD_ACCEPT,
	HEAD_ACCEPT_LANGUAGE,
	HEAD_AUTHORIZATION,
	HEAD_CONTENT_LENGTH,
	HEAD_CONTENT_TYPE,
	HEAD_COOKIE,
	HEAD_IDEMPOTENCY_KEY,
	HEAD_IF_MATCH,
	HEAD_IF_NONE_MATCH,
	HEAD_ORIGIN,
	HEAD_SEC_FETCH_SITE,
	HEAD_TRACEPARENT,
	HEAD_TRANSFER_ENCODING,
	HEAD_USER_AGENT,
	HEAD_REQUEST_ID,
	HEAD_NAME_COUNT
};
struct head {
	struct text of[HEAD_NAME_COUNT]; /* NO_TEXT where the field is absent */
};
void head_read(struct head *head, const struct pair *fields, size_t count);
/* Everything that can be decided before the body: content type, size, key, token, origin. Fills
 * @p's request. */
enum err head_check(struct req_private *p, const struct head *head);
enum language language_of(struct text accept_language); /* by quality; Chinese where nothing fits */
/* See req_prefers. */
bool media_preferred(struct text accept, const char *media);
bool etag_matches(struct text if_none_match, struct text etag); /* weak comparison */
/* See req_version: INT_NONE for `*`, -1 for what names no version. */
int64_t version_of(struct text if_match);

/*
 * The end of every request, on the thread that worked on it: @e becomes a problem document, a GET's
 * body gets its ETag. Then request_send on the loop, which also frees it.
 */
void reply_finish(struct req_private *p, enum err e);
void request_send(struct req_private *p);
void request_log(const struct req_private *p); /* what changes something, and what went wrong */
/* For job_events.c: sends @reply as a stream that tells of the ticket's job; or gives the ticket
 * back. */
void job_stream_open(struct loop *loop, struct http_exchange *exchange, struct http_reply *reply,
		     uint64_t ticket);
void job_ticket_drop(struct app *app, uint64_t ticket); /* 0: nothing */
void reply_count(struct loop *loop, int status);
void reply_clear(struct reply *reply);
/* For workers and the desk: finishes, gives the view back, logs, and hands it to its loop. */
void request_done(struct req_private *p, enum err e);
void request_free(struct req_private *p); /* with its own arena, where it has one */

/* The problem document of @e, with all of @problems. */
void problem_write(struct buffer *out, enum err e, enum language language,
		   const struct problems *problems, struct text request_id);
/* Field lines of every reply, by what may be kept of it. */
struct text common_lines(bool public, bool cache_header);
int64_t retry_after(enum err e); /* seconds; 0: none */
/* Counts a body that has grown to @size bytes, of which *reserved are counted already; up to
 * BODY_SMALL it counts as none. *reserved is to be given back. False: all together would be too
 * many. */
bool bodies_reserve(struct app *app, size_t size, size_t *reserved);
void bodies_release(struct app *app, size_t reserved);
/* The same for the request's own body, which must fit its sender's share, too. */
bool body_take(struct req_private *p, size_t size);
void body_give_back(struct req_private *p);
/* Whether a body of @size bytes would find room now. */
bool body_has_room(struct req_private *p, size_t size);

/* ---- transactions ------------------------------------------------------------ */

/*
 * When a transaction is run again, and when it is given up; retry.c says which failure means what.
 */
struct retry {
	int64_t deadline;   /* by clock_monotonic */
	int64_t down_until; /* 0: the database was not missed yet */
	int conflicts;
	bool unknown; /* a COMMIT's outcome was unknown */
};
enum { RETRY_CONFLICTS_MAX = 10, RETRY_DOWN_S = 10 };
/* Whether to run again after @e: then it has slept, and cleared @db for the next run. */
bool retry_again(struct retry *retry, struct app *app, struct db *db, enum err e);
/* Connects, with patience until the database is there or the budget ends. */
enum err retry_connect(struct app *app, struct db *db, int64_t deadline);
/* What ends a transaction that did not commit. */
void transaction_drop(struct db *db, enum err e);

/* A row of `idempotency`. */
struct key_row {
	struct id owner;          /* the organisation */
	struct text organisation; /* its 16 bytes; the nil UUID is a value here */
	struct text key;
	struct text digest;
	int64_t created_at;
	int64_t status; /* INT_NONE until stored */
	struct text reply, location;
};
/* Clients' keys hold no blank, so that those made here can never be theirs. */
enum { KEY_TEXT_MAX = 100 };
void key_row_of(struct key_row *row, const struct id *organisation, struct text key,
		const struct digest *digest, int64_t now);

enum err key_insert(struct db *db, const struct key_row *row, bool *taken);
/* Waits for whoever is at work under the key: ERR_DB_LOCKED after 3 s. */
enum err key_read(struct db *db, const struct key_row *row, struct arena *arena,
		  struct key_row *out);
enum err key_store(struct db *db, const struct key_row *row);
/* Of many: @taken gets struct key_row with owner and key of those that are new. */
enum err keys_insert(struct db *db, const struct key_row *rows, size_t count, struct arena *arena,
		     struct list *taken);
enum err keys_store(struct db *db, const struct key_row *rows, size_t count);
enum err keys_purge(struct db *db, int64_t before, uint64_t *count);
enum err database_ping(struct db *db);
void problems_clear(struct problems *problems); /* NULL is allowed */

/* The reply of an event that was done: status, Location and body of @arg by @fields. */
int event_status(const struct req *rq, size_t field_count);
struct text event_location(struct req *rq, const struct field *fields, size_t count,
			   const void *arg, int status);
void event_reply(struct req *rq, int status, struct buffer *body, struct text location,
		 bool replayed);
bool event_reply_stored(struct req *rq, const struct key_row *stored,
			bool replayed); /* false when out of memory */

/* For who sent none: a key that nobody else has, so that an unknown COMMIT is resolved by it all
 * the same. NO_TEXT when out of memory. */
struct text key_made(struct arena *arena);

/* run_batch with the deadline of those who wait. */
enum err batch_run(struct step *step, struct batch_item *const *items, size_t count, batch_fn *fn,
		   int64_t deadline);

/* ---- workers, desk, watch ---------------------------------------------------- */

bool workers_start(struct app *app);
void workers_stop(struct app *app); /* what is queued is still done */
bool desk_start(struct app *app);
bool desk_put(struct app *app, struct req_private *p); /* false: full */
struct queue *desk_queue(struct app *app);
void desk_stop(struct app *app);
bool watch_start(struct app *app); /* the embedded server, and whether the database answers */
void watch_stop(struct app *app);

#endif
