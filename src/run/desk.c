/*
 * The order desk: one thread with a connection of its own, on which submissions wait for each other
 * no longer than the batch before them takes. It takes what is there, at most BATCH_ORDERS_MAX
 * orders and BATCH_LINES_MAX lines (a larger order goes alone), runs the desk's function once for
 * all of them, and finishes each request. When nobody else waits, an order goes at once and alone.
 */
#include "run_private.h"

enum { DESK_ARENA_MAX = 1024 * 1024 };

struct desk {
	struct app *app;
	struct db *db;
	struct arena *arena;
	pthread_t thread;
	bool started;
	struct queue queue;
};

/* Those of the next batch. */
struct gathering {
	struct req_private *taken[BATCH_ORDERS_MAX];
	size_t count, lines;
};

static struct req_private *request_at(struct queue_link *link)
{
	return (struct req_private *)link; /* stands first */
}
_Static_assert(offsetof(struct req_private, link) == 0, "a link is its request");

static bool fits(void *context, struct queue_link *link)
{
	const struct gathering *gathering = context;

	return gathering->count < BATCH_ORDERS_MAX &&
	       gathering->lines + request_at(link)->batched->weight <= BATCH_LINES_MAX;
}

/* Those who waited too long, or left before anything began, are done with here. */
static void gather(struct gathering *gathering, struct req_private *p)
{
	struct app *app = p->req.app;

	if (atomic_load(&p->gone)) {
		count_add(app, COUNT_GONE, 1);
		request_done(p, ERR_BUSY);
	} else if (clock_monotonic() >= p->deadline) {
		count_add(app, COUNT_EXPIRED, 1);
		request_done(p, ERR_BUSY);
	} else {
		gathering->lines += p->batched->weight;
		gathering->taken[gathering->count++] = p;
	}
}

/* Waits for the first, then takes what else is there. False: closed and empty. */
static bool gathered(struct desk *desk, struct gathering *gathering)
{
	struct queue_link *link = queue_take(&desk->queue);

	*gathering = (struct gathering){ .count = 0 };
	if (!link)
		return false;
	do {
		gather(gathering, request_at(link));
		link = queue_try(&desk->queue, fits, gathering);
	} while (link);
	return true;
}

static int64_t deadline_of(const struct gathering *gathering)
{
	int64_t deadline = 0;

	for (size_t i = 0; i < gathering->count; i++) {
		if (gathering->taken[i]->deadline > deadline)
			deadline = gathering->taken[i]->deadline;
	}
	return deadline;
}

static void desk_batch(struct desk *desk, struct gathering *gathering)
{
	struct batch_item *items[BATCH_ORDERS_MAX];
	struct step step = { .app = desk->app, .db = desk->db, .arena = desk->arena };

	for (size_t i = 0; i < gathering->count; i++) {
		items[i] = gathering->taken[i]->batched;
		items[i]->rq->db = desk->db;
	}
	db_statement_count(desk->db);
	enum err e = batch_run(&step, items, gathering->count, desk->app->hooks->desk,
			       deadline_of(gathering));
	uint64_t statements = db_statement_count(desk->db);
	for (size_t i = 0; i < gathering->count; i++) {
		struct req_private *p = gathering->taken[i];

		p->statements += statements;
		p->batch_size = gathering->count;
		request_done(p, e ? e : items[i]->outcome);
	}
	arena_reset(desk->arena);
}

static void *desk_main(void *arg)
{
	struct desk *desk = arg;
	struct gathering gathering;

	while (gathered(desk, &gathering)) {
		if (gathering.count)
			desk_batch(desk, &gathering);
	}
	return NULL;
}

bool desk_start(struct app *app)
{
	struct desk *desk = memory_take(sizeof(*desk));

	if (!desk)
		return false;
	app->runtime->desk = desk;
	desk->app = app;
	queue_init(&desk->queue, (size_t)app->settings.queue_max);
	desk->db = db_new(app->database, &app->log);
	desk->arena = arena_new(DESK_ARENA_MAX);
	if (!desk->db || !desk->arena)
		return false;
	desk->started = thread_start(&desk->thread, "desk", desk_main, desk);
	return desk->started;
}

bool desk_put(struct app *app, struct req_private *p)
{
	return queue_put(&app->runtime->desk->queue, &p->link);
}

struct queue *desk_queue(struct app *app)
{
	return &app->runtime->desk->queue;
}

void desk_stop(struct app *app)
{
	struct desk *desk = app->runtime->desk;

	if (!desk)
		return;
	queue_close(&desk->queue);
	if (desk->started)
		pthread_join(desk->thread, NULL);
	queue_destroy(&desk->queue);
	db_free(desk->db);
	arena_free(desk->arena);
	memory_free(desk);
	app->runtime->desk = NULL;
}

/*
 * Only notes what is to be done: the request may be answered, and gone, as soon as the desk has it,
 * so the worker puts it there when its handler has returned.
 */
enum err run_batched(struct req *rq, void *arg, size_t weight, const struct field *fields,
		     size_t count)
{
	struct batch_item *item = arena_take(rq->arena, sizeof(*item));

	if (!item)
		return ERR_MEMORY;
	*item = (struct batch_item){
		.actor = &rq->actor,
		.request_id = rq->request_id,
		.address = rq->address,
		.key = rq->key.at ? rq->key : key_made(rq->arena),
		.digest = rq->digest,
		.now = rq->now,
		.arg = arg,
		.weight = weight,
		.arena = rq->arena,
		.problems = &rq->problems,
		.fields = fields,
		.field_count = count,
		.rq = rq,
	};
	if (!item->key.at)
		return ERR_MEMORY;
	rq->private->batched = item;
	return OK;
}
