/*
 * A loop thread: libevent turns it, net serves connections on it, the dispatcher stands above, and
 * a mailbox brings what other threads want of it. It never waits for anything but its events, and
 * shares nothing but the mailbox and the numbers that it publishes once a second.
 */
#include <event2/event.h>
#include <sys/time.h>

#include "run_private.h"

enum { DRAIN_LOOK_US = 20000 };

static void on_mail(evutil_socket_t descriptor, short what, void *context)
{
	(void)descriptor;
	(void)what;
	mailbox_run(context);
}

static void publish_counts(struct loop *loop)
{
	struct http_counts counts = http_server_counts(loop->server);

	loop->told[LOOP_ACCEPTED] = counts.accepted;
	loop->told[LOOP_REQUESTS] = counts.requests;
	loop->told[LOOP_REFUSED] = counts.refused;
	loop->told[LOOP_TIMED_OUT] = counts.timed_out;
	loop->told[LOOP_OPEN] = counts.open;
	loop->told[LOOP_BYTES_IN] = counts.bytes_in;
	loop->told[LOOP_BYTES_OUT] = counts.bytes_out;
	for (size_t i = 0; i < LOOP_COUNT; i++)
		atomic_store_explicit(&loop->published[i], loop->told[i], memory_order_relaxed);
}

static void on_tick(evutil_socket_t descriptor, short what, void *context)
{
	struct loop *loop = context;

	(void)descriptor;
	(void)what;
	publish_counts(loop);
	if (!loop->draining)
		return;
	if (loop->told[LOOP_OPEN] == 0 || clock_monotonic() >= loop->drain_until)
		loop_stop(loop);
}

static bool tick_every(struct loop *loop, int64_t period_us)
{
	struct timeval period = { .tv_sec = period_us / SECOND_US,
				  .tv_usec = period_us % SECOND_US };

	return event_add(loop->tick, &period) == 0;
}

/* Ids of requests are a random prefix of the loop and a number: unique, short, and made without a
 * system call. */
static void request_prefix_make(struct loop *loop)
{
	uint8_t random[REQUEST_PREFIX_SIZE / 2];
	char hex[2 * sizeof(random) + 1];

	random_bytes(random, sizeof(random));
	hex_format(random, sizeof(random), hex);
	for (size_t i = 0; i < REQUEST_PREFIX_SIZE; i++)
		loop->request_prefix[i] = hex[i];
}

bool loop_open(struct loop *loop, struct app *app, size_t number, const struct site *site,
	       const struct http_limits *limits)
{
	struct http_handler handler = dispatcher;

	*loop = (struct loop){ .app = app, .number = number, .site = site };
	mailbox_open(&loop->mailbox);
	request_prefix_make(loop);
	loop->base = event_base_new();
	if (!loop->base || loop->mailbox.descriptor < 0)
		return false;
	handler.context = loop;
	loop->server = http_server_new(loop->base, limits, &handler);
	loop->mail = event_new(loop->base, loop->mailbox.descriptor, EV_READ | EV_PERSIST, on_mail,
			       loop);
	loop->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
	return loop->server && loop->mail && loop->tick && event_add(loop->mail, NULL) == 0 &&
	       tick_every(loop, SECOND_US);
}

void loop_turn(struct loop *loop)
{
	event_base_dispatch(loop->base);
	publish_counts(loop);
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

static void loop_ended(struct loop *admin, void *arg)
{
	size_t *turning = arg;

	(*turning)--;
	if (*turning == 0)
		loop_stop(admin);
}

static void *loop_main(void *arg)
{
	struct loop *loop = arg;

	loop_turn(loop);
	loop_send(loop->app->runtime->admin, &loop->ended);
	return NULL;
}

bool loop_start(struct loop *loop, size_t *turning)
{
	char name[40];

	loop->ended = (struct message){ .run = loop_ended, .arg = turning };
	snprintf(name, sizeof(name), "loop-%zu", loop->number);
	loop->started = thread_start(&loop->thread, name, loop_main, loop);
	if (loop->started)
		(*turning)++;
	return loop->started;
}

void loop_drain(struct loop *loop, void *until)
{
	if (!loop->draining)
		http_server_drain(loop->server);
	loop->draining = true;
	loop->drain_until = *(const int64_t *)until;
	bool ticks = tick_every(loop, DRAIN_LOOK_US);
	assert(ticks);
}

/* What is in the mailbox speaks to the server, and its replies to connections: they go first. */
void loop_close(struct loop *loop)
{
	if (loop->server && loop->mailbox.descriptor >= 0)
		mailbox_run(loop);
	if (loop->server)
		http_server_free(loop->server);
	loop_view_clear(loop);
	if (loop->mail)
		event_free(loop->mail);
	if (loop->tick)
		event_free(loop->tick);
	if (loop->base)
		event_base_free(loop->base);
	mailbox_close(&loop->mailbox);
}
