/*
 * What run counts of itself, as Prometheus text. Counters of loops are plain numbers there and
 * published once a second; the others are atomics, touched once a request or transaction.
 */
#include "run_private.h"

/* Upper bounds of the buckets, microseconds; the last takes the rest. */
static const int64_t latency_bounds[LATENCY_COUNT] = {
	1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000, 5000000, INT64_MAX
};

static const struct {
	const char *name, *help;
} counters[] = {
	[COUNT_EXPIRED] = { "requests_expired_total",
			    "requests that waited in a queue past their deadline" },
	[COUNT_GONE] = { "requests_gone_total",
			 "requests dropped from a queue because the client had left" },
	[COUNT_EVENTS] = { "events_total", "business events committed" },
	[COUNT_EVENT_REPLAYS] = { "event_replays_total",
				  "events answered from the row of their key" },
	[COUNT_EVENT_CONFLICTS] = { "event_conflicts_total",
				    "transactions undone by a deadlock or a lock wait" },
	[COUNT_EVENT_BROKEN] = { "event_broken_total", "transactions undone by a lost connection" },
	[COUNT_EVENT_UNKNOWN] = { "event_unknown_total", "commits whose outcome was unknown" },
	[COUNT_BATCHES] = { "desk_batches_total", "batches of the order desk" },
	[COUNT_BATCH_ORDERS] = { "desk_orders_total", "orders in those batches" },
	[COUNT_BATCH_SPLITS] = { "desk_splits_total", "batches undone and tried order by order" },
	[COUNT_JOBS_DONE] = { "jobs_done_total", "jobs that ended well" },
	[COUNT_JOBS_FAILED] = { "jobs_failed_total", "jobs that failed" },
	[COUNT_VIEWS] = { "views_total", "views published" },
};
_Static_assert(COUNT_OF(counters) == COUNTER_COUNT, "every counter has its row");

static const struct {
	const char *name, *labels, *help; /* no help: another line of the metric above */
	const char *type;
} loop_counts[] = {
	[LOOP_REPLIES_2XX] = { "replies_total", "{status=\"2xx\"}", "replies by kind of status",
			       "counter" },
	[LOOP_REPLIES_3XX] = { "replies_total", "{status=\"3xx\"}", NULL, "counter" },
	[LOOP_REPLIES_4XX] = { "replies_total", "{status=\"4xx\"}", NULL, "counter" },
	[LOOP_REPLIES_5XX] = { "replies_total", "{status=\"5xx\"}", NULL, "counter" },
	[LOOP_ACCEPTED] = { "connections_accepted_total", "", "connections accepted", "counter" },
	[LOOP_REQUESTS] = { "requests_total", "", "requests read", "counter" },
	[LOOP_REFUSED] = { "requests_refused_total", "", "requests refused by the codec",
			   "counter" },
	[LOOP_TIMED_OUT] = { "connections_timed_out_total", "", "connections ended by a deadline",
			     "counter" },
	[LOOP_OPEN] = { "connections_open", "", "connections open", "gauge" },
	[LOOP_BYTES_IN] = { "bytes_in_total", "", "bytes received", "counter" },
	[LOOP_BYTES_OUT] = { "bytes_out_total", "", "bytes sent", "counter" },
};
_Static_assert(COUNT_OF(loop_counts) == LOOP_COUNT, "every number of a loop has its row");

void count_add(struct app *app, enum counter counter, uint64_t n)
{
	if (app->runtime)
		atomic_fetch_add_explicit(&app->runtime->counters[counter], n,
					  memory_order_relaxed);
}

void latency_add(struct app *app, int64_t us)
{
	size_t bucket = 0;

	while (us > latency_bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&app->runtime->latencies[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&app->runtime->latency_us, (uint64_t)us, memory_order_relaxed);
}

/* ---- printing ------------------------------------------------------------------------- */

static void head_print(struct buffer *out, const char *name, const char *help, const char *type)
{
	buffer_print(out, "# HELP xiangcai_%s %s\n# TYPE xiangcai_%s %s\n", name, help, name, type);
}

static void line_print(struct buffer *out, const char *name, const char *labels, uint64_t value)
{
	buffer_print(out, "xiangcai_%s%s %llu\n", name, labels, (unsigned long long)value);
}

static void loops_print(struct runtime *runtime, struct buffer *out)
{
	for (size_t n = 0; n < LOOP_COUNT; n++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < runtime->loop_count; i++)
			sum += atomic_load_explicit(&runtime->loops[i].published[n],
						    memory_order_relaxed);
		if (loop_counts[n].help)
			head_print(out, loop_counts[n].name, loop_counts[n].help,
				   loop_counts[n].type);
		line_print(out, loop_counts[n].name, loop_counts[n].labels, sum);
	}
}

static void queue_line(struct buffer *out, const char *metric, const char *queue, uint64_t value)
{
	buffer_print(out, "xiangcai_%s{queue=\"%s\"} %llu\n", metric, queue,
		     (unsigned long long)value);
}

static void queues_print(struct app *app, struct buffer *out)
{
	struct queue *queues = app->runtime->queues;

	head_print(out, "queue_waiting", "requests waiting", "gauge");
	for (size_t i = 0; i < QUEUE_COUNT; i++)
		queue_line(out, "queue_waiting", queue_names[i], queue_count(&queues[i]));
	if (app->runtime->desk)
		queue_line(out, "queue_waiting", "desk", queue_count(desk_queue(app)));
	head_print(out, "queue_refused_total", "requests that found a queue full", "counter");
	for (size_t i = 0; i < QUEUE_COUNT; i++)
		queue_line(out, "queue_refused_total", queue_names[i], queue_refused(&queues[i]));
	if (app->runtime->desk)
		queue_line(out, "queue_refused_total", "desk", queue_refused(desk_queue(app)));
}

static void limits_print(struct app *app, struct buffer *out)
{
	const struct limiter *limiter = app->runtime->limiter;

	if (!limiter)
		return;
	head_print(out, "rate_refused_total", "requests beyond the quota of an address or a user",
		   "counter");
	for (enum limit_by by = 0; by < LIMIT_BY_COUNT; by++) {
		for (enum rate_class rate = RATE_PUBLIC; rate < RATE_CLASS_COUNT; rate++)
			buffer_print(out,
				     "xiangcai_rate_refused_total{class=\"%s\",by=\"%s\"} %llu\n",
				     rate_words[rate], limit_words[by],
				     (unsigned long long)limiter_refused(limiter, by, rate));
	}
}

static void latencies_print(struct runtime *runtime, struct buffer *out)
{
	uint64_t sum = atomic_load_explicit(&runtime->latency_us, memory_order_relaxed);
	uint64_t count = 0;

	head_print(out, "request_seconds",
		   "time from a request's head to its reply, of what workers did", "histogram");
	for (size_t i = 0; i < LATENCY_COUNT; i++) {
		count += atomic_load_explicit(&runtime->latencies[i], memory_order_relaxed);
		if (latency_bounds[i] == INT64_MAX)
			buffer_print(out, "xiangcai_request_seconds_bucket{le=\"+Inf\"} ");
		else
			buffer_print(out, "xiangcai_request_seconds_bucket{le=\"%g\"} ",
				     (double)latency_bounds[i] / (double)SECOND_US);
		buffer_print(out, "%llu\n", (unsigned long long)count);
	}
	buffer_print(out, "xiangcai_request_seconds_sum %g\n", (double)sum / (double)SECOND_US);
	line_print(out, "request_seconds_count", "", count);
}

void metrics_print(struct app *app, struct buffer *out)
{
	struct runtime *runtime = app->runtime;

	loops_print(runtime, out);
	queues_print(app, out);
	limits_print(app, out);
	latencies_print(runtime, out);
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		head_print(out, counters[i].name, counters[i].help, "counter");
		line_print(out, counters[i].name, "",
			   atomic_load_explicit(&runtime->counters[i], memory_order_relaxed));
	}
	head_print(out, "bodies_bytes", "large bodies in memory, of requests and of replies",
		   "gauge");
	line_print(out, "bodies_bytes", "", atomic_load(&runtime->bodies));
	head_print(out, "database_ready", "1 while the database answers", "gauge");
	line_print(out, "database_ready", "", atomic_load(&runtime->ready));
}
