/*
 * What the files of run know of each other. One struct runtime hangs from the app and owns every thread. Threads
 * share nothing but queues, mailboxes and the atomics named here; a request belongs to one thread at a time and
 * is handed on whole: loop → queue → worker (→ desk) → mailbox → loop.
 */
#ifndef XIANGCAI_RUN_PRIVATE_H
#define XIANGCAI_RUN_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "xiangcai/run.h"

struct event;
struct event_base;
struct loop;

/* ---- threads ------------------------------------------------------------------------------- */

/* A thread with all signals blocked (main alone takes them) and @name (at most 15 bytes). */
bool thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg);
/* A deadline @wait_us from now, for pthread_cond_timedwait on a condition made by condition_init. */
struct timespec deadline_after(int64_t wait_us);
/* A condition that waits by the monotonic clock. */
void condition_init(pthread_cond_t *condition);

/* ---- messages to a loop -------------------------------------------------------------------- */

/* Something to do on a loop's thread. Stands inside what it is about, so that sending allocates nothing. */
struct message {
	struct message *next;
	void (*run)(struct loop *loop, void *arg);
	void *arg;
};

/* Unbounded: what is sent is bounded where it begins (requests by their queues, views by the builder). */
struct mailbox {
	pthread_mutex_t mutex;
	struct message *first, *last;
	int descriptor; /* eventfd; written only when the box was empty */
};

/* Any thread. The loop runs the message and forgets it. */
void loop_send(struct loop *loop, struct message *message);
/*
 * The same by number (0 … runtime->loop_count - 1), with a message of its own; @fn gets the struct loop of its
 * thread. Messages of one sender keep their order. Out of memory: false, nothing is sent.
 */
bool loop_post(struct app *app, size_t loop, void (*fn)(struct loop *loop, void *arg), void *arg);

/* ---- the published view, as a loop holds it -------------------------------------------------- */

/*
 * A loop's own hold of one view: the loop's while it is current, and one for every reply whose bytes lie in it.
 * Counted on the loop's thread alone; at zero the reference that came with it is given back by view_return.
 */
struct view_hold {
	struct app *app;
	const void *view;
	size_t count;
};
/*
 * On the loop's thread, from a message: @view, whose reference is taken over, becomes the loop's current one. Out of memory: false, the
 * reference stays the caller's and the loop keeps what it had.
 */
bool loop_view_set(struct loop *loop, const void *view);
struct view_hold *view_hold_take(struct view_hold *hold);
void view_hold_drop(void *hold);

/* ---- bounded queues ---------------------------------------------------------------------------- */

/* A place in a queue; stands first in what is queued. */
struct queue_link {
	struct queue_link *next;
};

/*
 * A bounded queue: many loops put, many workers take. A put signals only when the queue was empty; a taker that leaves
 * something behind wakes the next one, so that no signal is sent while all are busy.
 */
struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	struct queue_link *first, *last;
	size_t count, max;
	size_t waiting; /* takers asleep */
	uint64_t refused; /* puts that found it full */
	bool closed;
};
void queue_init(struct queue *queue, size_t max);
bool queue_put(struct queue *queue, struct queue_link *link); /* false: full or closed */
struct queue_link *queue_take(struct queue *queue); /* waits; NULL: closed and empty */
void queue_close(struct queue *queue); /* what is in it is still taken */
size_t queue_count(struct queue *queue);
void queue_destroy(struct queue *queue);

/* ---- a request, as run sees it -------------------------------------------------------------------- */

enum { REPLY_HEADERS_MAX = 6 };

/* What was decided to answer; made by handler and dispatcher, sent by the loop. */
struct reply {
	int status; /* 0: nothing decided yet */
	const char *media;
	struct buffer body;
	struct shared_body shared;
	struct text etag; /* with its quotes; NO_TEXT: none */
	struct pair headers[REPLY_HEADERS_MAX];
	size_t header_count;
	bool cache_header; /* the handler said Cache-Control itself */
};

/*
 * A request. Those that run on the loop live in the exchange's arena and end with the reply; the others have an
 * arena of their own, so that a worker may go on when the client has left.
 */
struct req_private {
	struct queue_link link; /* in a worker queue or at the desk */
	struct req req;
	struct message message; /* its way back */
	struct loop *loop;
	struct http_exchange *exchange; /* loop thread only; NULL once the client is gone */
	atomic_bool gone; /* the client left: what was not begun need not be */
	enum method method;
	struct text query_text, origin;
	struct text token, if_none_match;
	bool by_cookie;
	int64_t begun, deadline; /* by clock_monotonic */
	size_t body_reserved; /* of runtime->bodies */
	struct reply reply;
	struct pair params[PATH_PARAMS_MAX];
	struct view_hold *hold; /* on the loop */
	struct batch_item *batched; /* set by run_batched: the desk answers */
	uint64_t statements; /* sent for this request */
	size_t batch_size; /* orders of the batch it went in; 0: none */
};

/* ---- the runtime ------------------------------------------------------------------------------------ */

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
	bool draining;
	int64_t drain_until; /* by clock_monotonic */
	uint64_t request_number; /* for request ids */
	char request_prefix[12];
	char refusal_id[32];
	/* what other threads may see, told once a second */
	atomic_uint_fast64_t accepted, requests, refused, timed_out, open, bytes_in, bytes_out;
};

enum { QUEUE_ORDERS, QUEUE_REPORTS, QUEUE_HASHES, QUEUE_COUNT };
extern const char *const queue_names[QUEUE_COUNT];

/* What is counted, each told by /metrics under its row in metrics.c. */
enum counter {
	COUNT_REPLY_2XX, COUNT_REPLY_3XX, COUNT_REPLY_4XX, COUNT_REPLY_5XX,
	COUNT_EXPIRED, /* waited in a queue past the deadline */
	COUNT_GONE, /* dropped because the client had left */
	COUNT_EVENTS, COUNT_EVENT_REPLAYS, COUNT_EVENT_CONFLICTS, COUNT_EVENT_BROKEN, COUNT_EVENT_UNKNOWN,
	COUNT_BATCHES, COUNT_BATCH_ORDERS, COUNT_BATCH_SPLITS,
	COUNT_JOBS_DONE, COUNT_JOBS_FAILED, COUNT_VIEWS,
	COUNTER_COUNT
};
void count_add(struct app *app, enum counter counter, uint64_t n); /* any thread; no runtime: nothing */

enum { BODIES_MAX = 256 * 1024 * 1024, BODY_SMALL = 64 * 1024 };

struct runtime {
	struct app *app;
	struct loop *loops; /* loop_count serving ones */
	size_t loop_count;
	struct loop *admin; /* main's own: signals and the admin listener */
	struct site *site, *admin_site;
	size_t worker_count[QUEUE_COUNT], job_runner_count; /* as settings and cores say */
	struct worker *workers;
	size_t workers_started;
	struct queue queues[QUEUE_COUNT];
	struct desk *desk;
	struct watch *watch;
	atomic_bool stopping; /* SIGTERM came: background threads end at their next step */
	atomic_bool ready; /* the database answers */
	atomic_size_t bodies; /* bytes of large bodies in memory, at most BODIES_MAX */
	atomic_uint_fast64_t counters[COUNTER_COUNT];
	/* owned by job_runner.c, publish.c and numbers.c */
	struct background *background;
	struct publisher *publisher;
	struct numbers *numbers;
};

/* ---- background: job runners, leased loops, the view's builder ------------------------------------------ */

/*
 * Called by serve: start before listening, on the main thread, with the loops made but not turning: builds the first view (false when that
 * fails), makes runtime->publisher and runtime->background, starts the threads. Views are handed to loop i by loop_post and loop_view_set.
 */
bool background_start(struct app *app);
/* Ends and joins all those threads; borrowed and held views stay valid. Also after a failed start. */
void background_stop(struct app *app);
/* Frees what is left, when the last hold was dropped. */
void background_free(struct app *app);
/* The same for runtime->numbers; commands without serve have them too. Does not connect. */
bool numbers_start(struct app *app);
void numbers_free(struct app *app);

/* ---- keys of transactions (run_sql.c) --------------------------------------------------------------------- */

#endif
