/*
 * Serving: everything is made and started on the main thread, in the order in which it stands on
 * what is below it, and ended in the opposite order. The main thread then turns the admin loop,
 * which takes the signals. The first SIGTERM or SIGINT drains: nobody new is accepted, what was
 * begun is answered; a second one ends without waiting.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>

#include "run_private.h"

enum { HANDLING_SLACK_S = 5 };

struct serving {
	struct app *app;
	struct runtime *runtime;
	struct event *signals[2];
	size_t turning; /* loops that have not ended */
	size_t opened;  /* loops that must be closed */
	int64_t drain_until;
	bool draining, hurried;
	uint16_t port;
};

static bool failed(struct serving *serving, const char *what)
{
	log_line(&serving->app->log, LOG_ERROR, "serve", "cannot start",
		 LOG_TEXT("what", text_of(what)));
	return false;
}

/* ---- signals ----------------------------------------------------------------------------- */

static void hurry(struct loop *loop, void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void loops_drain(struct serving *serving, int64_t until)
{
	serving->draining = true;
	serving->drain_until = until;
	atomic_store(&serving->runtime->stopping, true);
	for (size_t i = 0; i < serving->opened; i++) {
		struct loop *loop = &serving->runtime->loops[i];

		loop->drain = (struct message){ .run = loop_drain, .arg = &serving->drain_until };
		loop_send(loop, &loop->drain);
	}
}

static void loops_hurry(struct serving *serving)
{
	serving->hurried = true;
	for (size_t i = 0; i < serving->opened; i++) {
		struct loop *loop = &serving->runtime->loops[i];

		loop->hurry = (struct message){ .run = hurry };
		loop_send(loop, &loop->hurry);
	}
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
	struct serving *serving = context;
	struct app *app = serving->app;

	(void)what;
	log_line(&app->log, LOG_INFO, "serve", serving->draining ? "ending at once" : "draining",
		 LOG_INT("signal", number));
	if (!serving->draining)
		loops_drain(serving, clock_monotonic() + app->settings.handling_s * SECOND_US);
	else if (!serving->hurried)
		loops_hurry(serving);
}

static bool signals_take(struct serving *serving)
{
	static const int numbers[] = { SIGTERM, SIGINT };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		serving->signals[i] =
			evsignal_new(serving->runtime->admin->base, numbers[i], on_signal, serving);
		if (!serving->signals[i] || event_add(serving->signals[i], NULL) != 0)
			return false;
	}
	return true;
}

/* ---- loops and listeners -------------------------------------------------------------- */

/* The kernel spreads connections over the loops by chance: each may have a tenth more than its
 * share. */
static size_t share(int64_t all, size_t loops)
{
	size_t each = ((size_t)all + loops - 1) / loops;

	return loops == 1 || all <= 0 ? (size_t)(all > 0 ? all : 0) : each + each / 10 + 16;
}

/* Without the header of a proxy all clients are one address, and a share of it would be
 * everybody's.
 */
static int64_t connections_of_address(const struct run_settings *settings)
{
	enum { OFFICES = 5 };
	int64_t all = settings->connections_max;

	if (settings->connections_per_address_max)
		return settings->connections_per_address_max;
	return settings->behind_proxy ? (all + OFFICES - 1) / OFFICES : all;
}

static struct http_limits limits_of(const struct runtime *runtime)
{
	const struct run_settings *settings = &runtime->app->settings;
	size_t loops = runtime->loop_count;
	struct http_limits limits = http_limits_standard;

	limits.idle_us = settings->idle_s * SECOND_US;
	limits.handling_us = (settings->handling_s + HANDLING_SLACK_S) * SECOND_US;
	limits.connections_max = share(settings->connections_max, loops);
	limits.connections_per_address_max = share(connections_of_address(settings), loops);
	limits.proxies = runtime->proxies;
	limits.proxy_count = runtime->proxy_count;
	return limits;
}

/* What the settings were held against at the start. */
static void proxies_take(struct runtime *runtime, struct text proxies)
{
	while (proxies.size && runtime->proxy_count < TRUSTED_PROXIES_MAX) {
		struct text one = text_trim(text_cut(&proxies, ','));
		bool parsed = http_network_parse(one, &runtime->proxies[runtime->proxy_count]);

		assert(parsed);
		runtime->proxy_count++;
	}
}

static bool sites_make(struct serving *serving)
{
	const struct hooks *hooks = serving->app->hooks;
	struct route_table tables[32];
	struct route_table admin = { admin_routes, admin_route_count };

	assert(hooks->table_count < COUNT_OF(tables));
	tables[0] = (struct route_table){ system_routes, system_route_count };
	for (size_t i = 0; i < hooks->table_count; i++)
		tables[i + 1] = hooks->tables[i];
	serving->runtime->site = site_new(tables, hooks->table_count + 1);
	serving->runtime->admin_site = site_new(&admin, 1);
	return serving->runtime->site && serving->runtime->admin_site;
}

static bool loops_make(struct serving *serving)
{
	struct app *app = serving->app;
	struct runtime *runtime = serving->runtime;

	if (app->settings.behind_proxy)
		proxies_take(runtime, app->settings.trusted_proxies);
	struct http_limits limits = limits_of(runtime);
	runtime->loops = memory_take(runtime->loop_count * sizeof(*runtime->loops));
	runtime->admin = memory_take(sizeof(*runtime->admin));
	if (!runtime->loops || !runtime->admin)
		return false;
	if (!loop_open(runtime->admin, app, runtime->loop_count, runtime->admin_site,
		       &http_limits_standard))
		return false;
	while (serving->opened < runtime->loop_count) {
		size_t i = serving->opened++;

		if (!loop_open(&runtime->loops[i], app, i, runtime->site, &limits))
			return false;
	}
	return true;
}

static bool listen_on(struct serving *serving, struct loop *loop, const char *host, uint16_t *port)
{
	/* the loops share it among themselves, but not with another process */
	bool is_first = loop->number == 0 || loop == serving->runtime->admin;

	if ((!is_first || http_port_is_free(host, *port)) &&
	    http_server_listen(loop->server, host, port))
		return true;
	log_line(&serving->app->log, LOG_ERROR, "serve", "cannot listen",
		 LOG_TEXT("host", text_of(host)), LOG_INT("port", *port),
		 LOG_TEXT("cause", text_of(strerror(errno))));
	return false;
}

/* Every loop has its own listener on the same port. What waits in their mailboxes (the first view)
 * is taken before the first client. */
static bool listeners_open(struct serving *serving)
{
	const struct run_settings *settings = &serving->app->settings;
	struct runtime *runtime = serving->runtime;
	struct arena *arena = arena_new(KIB(64));
	char *host = arena ? arena_string(arena, settings->listen_host) : NULL;
	uint16_t admin_port = (uint16_t)settings->admin_port;
	bool open = host != NULL;

	serving->port = (uint16_t)settings->listen_port;
	for (size_t i = 0; i < runtime->loop_count && open; i++) {
		mailbox_run(&runtime->loops[i]);
		open = listen_on(serving, &runtime->loops[i], host, &serving->port);
	}
	if (open && admin_port)
		open = listen_on(serving, runtime->admin, "127.0.0.1", &admin_port);
	arena_free(arena);
	return open;
}

static bool loops_start(struct serving *serving)
{
	for (size_t i = 0; i < serving->runtime->loop_count; i++) {
		if (!loop_start(&serving->runtime->loops[i], &serving->turning))
			return false;
	}
	return true;
}

/* ---- from start to end ------------------------------------------------------------------- */

static bool serving_start(struct serving *serving)
{
	struct app *app = serving->app;

	if (!sites_make(serving))
		return failed(serving, "routes");
	serving->runtime->limiter = limiter_new(&app->settings);
	if (!serving->runtime->limiter)
		return failed(serving, "rate limits");
	if (!loops_make(serving) || !signals_take(serving))
		return failed(serving, "loops");
	if (!workers_start(app) || !desk_start(app))
		return failed(serving, "workers");
	if (!watch_start(app))
		return failed(serving, "watch");
	if (!background_start(app))
		return failed(serving, "background");
	if (!listeners_open(serving))
		return failed(serving, "listeners");
	if (!loops_start(serving))
		return failed(serving, "threads of loops");
	return true;
}

/* The loops have ended, or never began: from here on nobody asks for anything new. */
static void serving_stop(struct serving *serving)
{
	struct app *app = serving->app;
	struct runtime *runtime = serving->runtime;

	for (size_t i = 0; i < serving->opened; i++) {
		if (runtime->loops[i].started)
			pthread_join(runtime->loops[i].thread, NULL);
	}
	workers_stop(app);
	desk_stop(app);
	background_stop(app);
	watch_stop(app);
	for (size_t i = 0; i < COUNT_OF(serving->signals); i++) {
		if (serving->signals[i])
			event_free(serving->signals[i]);
	}
	for (size_t i = 0; i < serving->opened; i++)
		loop_close(&runtime->loops[i]);
	if (runtime->admin)
		loop_close(runtime->admin);
	for (size_t i = 0; i < QUEUE_COUNT; i++)
		queue_destroy(&runtime->queues[i]);
	memory_free(runtime->loops);
	memory_free(runtime->admin);
	background_free(app);
	site_free(runtime->site);
	site_free(runtime->admin_site);
	limiter_free(runtime->limiter);
	runtime_free(app);
}

static void queues_init(struct runtime *runtime)
{
	size_t max = (size_t)runtime->app->settings.queue_max;

	for (size_t i = 0; i < QUEUE_COUNT; i++) {
		bool is_long = i == QUEUE_HASHES && max > HASHES_WAITING_MAX;

		queue_init(&runtime->queues[i], is_long ? HASHES_WAITING_MAX : max);
	}
}

int serve(struct app *app, void (*ready)(struct app *app, uint16_t port))
{
	struct serving serving = { .app = app, .runtime = runtime_new(app) };

	if (!serving.runtime)
		return 1;
	queues_init(serving.runtime);
	bool started = serving_start(&serving);
	if (started) {
		log_line(&app->log, LOG_INFO, "serve", "serving", LOG_INT("port", serving.port),
			 LOG_INT("loops", (int64_t)serving.runtime->loop_count));
		if (ready)
			ready(app, serving.port);
	} else if (serving.turning) {
		loops_drain(&serving, clock_monotonic());
	}
	if (serving.turning)
		loop_turn(serving.runtime->admin);
	log_line(&app->log, LOG_INFO, "serve", "ending", LOG_END);
	serving_stop(&serving);
	return started ? 0 : 1;
}
