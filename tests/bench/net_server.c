/*
 * The HTTP server with nothing above it: answers every request with one shared body of 6 KB, as the
 * shop's list does. What tests/bench measures against nginx serving a file of the same bytes.
 * Usage: net_server PORT [BYTES]; ends on SIGTERM.
 */
#include "xiangcai/net.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool on_head(void *context, struct http_exchange *exchange, size_t *body_max)
{
	(void)context;
	(void)exchange;
	*body_max = 0;
	return true;
}

static void on_request(void *context, struct http_exchange *exchange)
{
	const struct text *body = context;
	struct http_reply reply = {
		.status = 200,
		.fields = { { TEXT("Content-Type"), TEXT("application/json") },
			    { TEXT("ETag"), TEXT("\"6a1f-6144\"") },
			    { TEXT("Last-Modified"), TEXT("Sun, 22 Nov 2026 08:00:00 GMT") } },
		.field_count = 3,
		.shared = { .bytes = *body },
	};

	http_respond(exchange, &reply);
}

static void on_gone(void *context, struct http_exchange *exchange)
{
	(void)context;
	(void)exchange;
}

static void on_refusal(void *context, enum err e, int64_t argument, struct http_reply *reply)
{
	(void)context;
	(void)argument;
	reply->status = err_info(e)->status;
}

static void on_signal(int number, short what, void *base)
{
	(void)number;
	(void)what;
	event_base_loopbreak(base);
}

int main(int count, char **words)
{
	uint16_t port = count > 1 ? (uint16_t)strtoul(words[1], NULL, 10) : 0;
	size_t size = count > 2 ? strtoul(words[2], NULL, 10) : 6144;
	struct event_config *config = event_config_new();
	char *bytes = memory_take(size);
	struct text body = { bytes, size };
	struct http_handler handler = { .context = &body,
					.on_head = on_head,
					.on_request = on_request,
					.on_gone = on_gone,
					.on_refusal = on_refusal };
	struct event_base *base;
	struct http_server *server;
	struct event *term;

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	event_config_free(config);
	memset(bytes, 'x', size);
	server = http_server_new(base, &http_limits_standard, &handler);
	if (!server || !http_server_listen(server, "127.0.0.1", &port)) {
		perror("net_server");
		return 1;
	}
	printf("listening on %u\n", (unsigned)port);
	fflush(stdout);
	term = evsignal_new(base, SIGTERM, on_signal, base);
	event_add(term, NULL);
	event_base_dispatch(base);
	event_free(term);
	http_server_free(server);
	event_base_free(base);
	memory_free(bytes);
	return 0;
}
