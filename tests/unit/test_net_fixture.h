/*
 * The server over real sockets: a child turns the loop, the test is the client. Paths of the
 * child's handler say what it does: answer at once, later, never, much, or refuse; /counts tells
 * what it has seen. Deadlines are short; no assertion depends on how long a thing took.
 */
#ifndef XIANGCAI_TEST_NET_FIXTURE_H
#define XIANGCAI_TEST_NET_FIXTURE_H

#include "xiangcai/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	BODY_MAX = 64 * 1024,
	BIG = 8 * 1024 * 1024,
	PATIENCE_S = 20,
	LATER_US = 30 * 1000,
	NARROW = 8 * 1024
};

/* ---- the child ---- */

struct site {
	struct event_base *base;
	struct http_server *server;
	struct event *term;
	char *big;
	int gone, released, left;
	struct http_stream *live; /* the last one that was begun */
};

struct later {
	struct http_exchange *exchange;
	struct event *timer;
};

static inline void big_released(void *owner)
{
	((struct site *)owner)->released++;
}

static inline bool on_head(void *context, struct http_exchange *exchange, size_t *body_max)
{
	struct http_reply reply = { .status = 403, .shared = { .bytes = TEXT("no") } };

	(void)context;
	*body_max = BODY_MAX;
	if (!text_is(http_request(exchange)->path, "/refuse"))
		return true;
	http_respond(exchange, &reply);
	return false;
}

/* Room for every body but those that are sent to /narrow. */
static inline bool on_body(void *context, struct http_exchange *exchange, size_t room)
{
	(void)context;
	return room <= NARROW || !text_is(http_request(exchange)->path, "/narrow");
}

static inline void answer_later(int fd, short what, void *arg)
{
	struct later *later = arg;
	struct http_reply reply = { .status = 200, .shared = { .bytes = TEXT("later") } };

	(void)fd;
	(void)what;
	http_respond(later->exchange, &reply);
	event_free(later->timer);
	free(later);
}

static inline void put_off(struct site *site, struct http_exchange *exchange)
{
	struct later *later = malloc(sizeof(*later));
	struct timeval delay = { 0, LATER_US };

	later->exchange = exchange;
	later->timer = evtimer_new(site->base, answer_later, later);
	http_set_context(exchange, later);
	evtimer_add(later->timer, &delay);
}

static inline void live_gone(void *owner)
{
	struct site *site = owner;

	site->left++;
	site->live = NULL;
}

/* /live begins a stream, /more writes to it (what the query says; of /flood many times), /end ends
 * it. */
static inline void stream_begin(struct site *site, struct http_exchange *exchange)
{
	struct http_reply reply = { .status = 200 };

	buffer_add(&reply.body, TEXT("first"));
	site->live = http_respond_stream(exchange, &reply, live_gone, site);
}

static inline void stream_feed(struct site *site, const struct http_request *request,
			       struct http_reply *reply)
{
	size_t times = text_is(request->path, "/flood") ? 100 : 1;
	struct text piece = times > 1 ? (struct text){ site->big, 256 * 1024 } : request->query;

	while (site->live && times--)
		if (!http_stream_write(site->live, piece))
			site->live = NULL;
	if (site->live && text_is(request->path, "/end")) {
		http_stream_end(site->live);
		site->live = NULL;
	}
	buffer_print(&reply->body, "%s", site->live ? "live" : "none");
}

static inline void tell_counts(struct site *site, struct http_reply *reply)
{
	struct http_counts counts = http_server_counts(site->server);

	buffer_print(&reply->body, "left=%d gone=%d released=%d open=%llu timed_out=%llu refused=%llu",
		     site->left, site->gone, site->released, (unsigned long long)counts.open,
		     (unsigned long long)counts.timed_out, (unsigned long long)counts.refused);
}

static inline void tell_request(const struct http_request *request, struct arena *arena,
				struct http_reply *reply)
{
	buffer_add(&reply->body, arena_text(arena, request->query));
	buffer_add(&reply->body, request->body);
	reply->fields[reply->field_count++] = (struct pair){ TEXT("X-Peer"), request->peer };
}

static inline void on_request(void *context, struct http_exchange *exchange)
{
	struct site *site = context;
	const struct http_request *request = http_request(exchange);
	struct http_reply reply = { .status = 200 };

	if (text_is(request->path, "/never"))
		return;
	if (text_is(request->path, "/later")) {
		put_off(site, exchange);
		return;
	}
	if (text_is(request->path, "/live")) {
		stream_begin(site, exchange);
		return;
	}
	if (text_is(request->path, "/more") || text_is(request->path, "/flood") ||
	    text_is(request->path, "/end"))
		stream_feed(site, request, &reply);
	else if (text_is(request->path, "/big"))
		reply.shared = (struct shared_body){ { site->big, BIG }, big_released, site };
	else if (text_is(request->path, "/counts"))
		tell_counts(site, &reply);
	else if (text_is(request->path, "/empty"))
		reply.status = 204;
	else if (text_is(request->path, "/same"))
		reply.status = 304;
	else
		tell_request(request, http_arena(exchange), &reply);
	reply.close = text_is(request->path, "/close");
	reply.held = text_is(request->path, "/held");
	if (text_is(request->path, "/inject"))
		reply.fields[reply.field_count++] =
			(struct pair){ TEXT("X-Name"), TEXT("a\r\nSet-Cookie: b\x7f") };
	reply.prepared[0] = text_is(request->path, "/inject") ? TEXT("X-Ready: yes\r\n") : NO_TEXT;
	http_respond(exchange, &reply);
}

static inline void on_gone(void *context, struct http_exchange *exchange)
{
	struct later *later = http_context(exchange);

	((struct site *)context)->gone++;
	if (!later)
		return;
	event_free(later->timer);
	free(later);
}

static inline void on_refusal(void *context, enum err e, int64_t argument, struct http_reply *reply)
{
	(void)context;
	reply->status = err_info(e)->status;
	buffer_print(&reply->body, "%s %lld", err_info(e)->code, (long long)argument);
}

static inline void on_term(int number, short what, void *arg)
{
	struct site *site = arg;

	(void)number;
	(void)what;
	http_server_drain(site->server);
	event_del(site->term);
}

/* Turns the loop until it is drained; what is left allocated then, the sanitizer tells by the exit
 * status. */
static inline void site_serve(struct site *site, const struct http_limits *limits, int tell)
{
	const struct http_handler handler = { .context = site,
					      .on_head = on_head,
					      .on_body = on_body,
					      .on_request = on_request,
					      .on_gone = on_gone,
					      .on_refusal = on_refusal };
	uint16_t port = 0;

	site->base = event_base_new();
	site->big = malloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		site->big[i] = (char)('a' + i % 23);
	site->server = http_server_new(site->base, limits, &handler);
	if (!site->server || !http_server_listen(site->server, "127.0.0.1", &port))
		_exit(2);
	signal(SIGTERM, SIG_IGN); /* what a second one meets */
	site->term = evsignal_new(site->base, SIGTERM, on_term, site);
	event_add(site->term, NULL);
	if (write(tell, &port, sizeof(port)) != sizeof(port))
		_exit(3);
	event_base_dispatch(site->base);
	http_server_free(site->server);
	event_free(site->term);
	event_base_free(site->base);
	free(site->big);
	exit(0);
}

/* ---- the client ---- */

struct client {
	pid_t child;
	uint16_t port;
};

static const struct http_limits patient = { .head_us = 60 * SECOND_US,
					    .body_us = 60 * SECOND_US,
					    .idle_us = 60 * SECOND_US,
					    .handling_us = 60 * SECOND_US,
					    .bytes_per_second_min = 512,
					    .connections_max = 50,
					    .connections_per_address_max = 40 };

static const struct http_limits impatient = { .head_us = 300000,
					      .body_us = 300000,
					      .idle_us = 800000,
					      .handling_us = 150000,
					      .hold_us = 500000,
					      .bytes_per_second_min = 2000 };

static inline struct client serve(const struct http_limits *limits)
{
	struct client client = { 0 };
	struct site site = { 0 };
	int ends[2];

	fflush(NULL);
	assert_int_equal(pipe(ends), 0);
	client.child = fork();
	if (client.child == 0)
		site_serve(&site, limits, ends[1]);
	close(ends[1]);
	assert_int_equal(read(ends[0], &client.port, sizeof(client.port)), sizeof(client.port));
	close(ends[0]);
	return client;
}

static inline void stop(struct client *client)
{
	int status = -1;

	kill(client->child, SIGTERM);
	assert_int_equal(waitpid(client->child, &status, 0), client->child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static inline int try_connect(const struct client *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(client->port) };
	struct timeval patience = { PATIENCE_S, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (void *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int connected(const struct client *client)
{
	int fd = try_connect(client);

	assert_true(fd >= 0);
	return fd;
}

static inline void say(int fd, const char *words)
{
	size_t size = strlen(words);

	assert_int_equal(send(fd, words, size, MSG_NOSIGNAL), size);
}

/* All that comes until @size bytes are there or the end; the caller frees. */
static inline char *hear(int fd, size_t size, size_t *heard)
{
	char *bytes = calloc(1, size + 1);

	*heard = 0;
	while (*heard < size) {
		ssize_t got = recv(fd, bytes + *heard, size - *heard, 0);

		if (got < 0 && errno != ECONNRESET)
			fail_msg("recv: %s after %zu bytes: %s", strerror(errno), *heard, bytes);
		if (got <= 0)
			break;
		*heard += (size_t)got;
	}
	return bytes;
}

/* One reply: its head into @head (NUL behind it), its body as told by Content-Length into a new
 * string. */
static inline char *hear_reply(int fd, char head[1024], bool bodiless)
{
	const char *length;
	size_t size = 0, heard;
	char *body;

	memset(head, 0, 1024);
	while (size < 1023 && !strstr(head, "\r\n\r\n")) {
		ssize_t got = recv(fd, head + size, 1, 0);

		if (got != 1)
			fail_msg("no reply, but %s behind %s", got ? strerror(errno) : "the end",
				 head);
		size++;
	}
	length = strstr(head, "Content-Length: ");
	size = length && !bodiless ? strtoul(length + 16, NULL, 10) : 0;
	body = hear(fd, size, &heard);
	assert_int_equal(heard, size);
	return body;
}

static inline void expect_reply(int fd, const char *status, const char *body)
{
	char head[1024];
	char *heard = hear_reply(fd, head, false);

	assert_memory_equal(head, "HTTP/1.1 ", 9);
	assert_memory_equal(head + 9, status, 3);
	assert_string_equal(heard, body);
	free(heard);
}

static inline void expect_end(int fd)
{
	size_t heard;
	char *bytes = hear(fd, 1, &heard);

	assert_int_equal(heard, 0);
	free(bytes);
	close(fd);
}

/* Asks for /counts until @wanted stands in it: what the server notices, it notices soon, not at
 * once. */
static inline void expect_counts(const struct client *client, const char *wanted)
{
	char head[1024];

	for (int tries = 0; tries < PATIENCE_S * 100; tries++) {
		int fd = connected(client);
		char *body;
		bool found;

		say(fd, "GET /counts HTTP/1.0\r\n\r\n");
		body = hear_reply(fd, head, false);
		found = strstr(body, wanted) != NULL;
		close(fd);
		free(body);
		if (found)
			return;
		usleep(10000);
	}
	fail_msg("never %s", wanted);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

#endif
