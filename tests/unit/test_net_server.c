/*
 * The server over real sockets: a child turns the loop, the test is the client. Paths of the
 * child's handler say what it does: answer at once, later, never, much, or refuse; /counts tells
 * what it has seen. Deadlines are short; no assertion depends on how long a thing took.
 */
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

enum { BODY_MAX = 64 * 1024, BIG = 8 * 1024 * 1024, PATIENCE_S = 20, LATER_US = 30 * 1000 };

/* ---- the child ---- */

struct site {
	struct event_base *base;
	struct http_server *server;
	struct event *term;
	char *big;
	int gone, released;
};

struct later {
	struct http_exchange *exchange;
	struct event *timer;
};

static void big_released(void *owner)
{
	((struct site *)owner)->released++;
}

static bool on_head(void *context, struct http_exchange *exchange, size_t *body_max)
{
	struct http_reply reply = { .status = 403, .shared = { .bytes = TEXT("no") } };

	(void)context;
	*body_max = BODY_MAX;
	if (!text_is(http_request(exchange)->path, "/refuse"))
		return true;
	http_respond(exchange, &reply);
	return false;
}

static void answer_later(int fd, short what, void *arg)
{
	struct later *later = arg;
	struct http_reply reply = { .status = 200, .shared = { .bytes = TEXT("later") } };

	(void)fd;
	(void)what;
	http_respond(later->exchange, &reply);
	event_free(later->timer);
	free(later);
}

static void put_off(struct site *site, struct http_exchange *exchange)
{
	struct later *later = malloc(sizeof(*later));
	struct timeval delay = { 0, LATER_US };

	later->exchange = exchange;
	later->timer = evtimer_new(site->base, answer_later, later);
	http_set_context(exchange, later);
	evtimer_add(later->timer, &delay);
}

static void tell_counts(struct site *site, struct http_reply *reply)
{
	struct http_counts counts = http_server_counts(site->server);

	buffer_print(&reply->body, "gone=%d released=%d open=%llu timed_out=%llu refused=%llu",
		     site->gone, site->released, (unsigned long long)counts.open,
		     (unsigned long long)counts.timed_out, (unsigned long long)counts.refused);
}

static void tell_request(const struct http_request *request, struct arena *arena,
			 struct http_reply *reply)
{
	buffer_add(&reply->body, arena_text(arena, request->query));
	buffer_add(&reply->body, request->body);
	reply->fields[reply->field_count++] = (struct pair){ TEXT("X-Peer"), request->peer };
}

static void on_request(void *context, struct http_exchange *exchange)
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
	if (text_is(request->path, "/big"))
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
	if (text_is(request->path, "/inject"))
		reply.fields[reply.field_count++] =
			(struct pair){ TEXT("X-Name"), TEXT("a\r\nSet-Cookie: b\x7f") };
	reply.prepared = text_is(request->path, "/inject") ? TEXT("X-Ready: yes\r\n") : NO_TEXT;
	http_respond(exchange, &reply);
}

static void on_gone(void *context, struct http_exchange *exchange)
{
	struct later *later = http_context(exchange);

	((struct site *)context)->gone++;
	if (!later)
		return;
	event_free(later->timer);
	free(later);
}

static void on_refusal(void *context, enum err e, int64_t argument, struct http_reply *reply)
{
	(void)context;
	reply->status = err_info(e)->status;
	buffer_print(&reply->body, "%s %lld", err_info(e)->code, (long long)argument);
}

static void on_term(int number, short what, void *arg)
{
	struct site *site = arg;

	(void)number;
	(void)what;
	http_server_drain(site->server);
	event_del(site->term);
}

/* Turns the loop until it is drained; what is left allocated then, the sanitizer tells by the exit
 * status. */
static void site_serve(struct site *site, const struct http_limits *limits, int tell)
{
	const struct http_handler handler = { site, on_head, on_request, on_gone, on_refusal };
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
					      .bytes_per_second_min = 2000 };

static struct client serve(const struct http_limits *limits)
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

static void stop(struct client *client)
{
	int status = -1;

	kill(client->child, SIGTERM);
	assert_int_equal(waitpid(client->child, &status, 0), client->child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int try_connect(const struct client *client)
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

static int connected(const struct client *client)
{
	int fd = try_connect(client);

	assert_true(fd >= 0);
	return fd;
}

static void say(int fd, const char *words)
{
	size_t size = strlen(words);

	assert_int_equal(send(fd, words, size, MSG_NOSIGNAL), size);
}

/* All that comes until @size bytes are there or the end; the caller frees. */
static char *hear(int fd, size_t size, size_t *heard)
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
static char *hear_reply(int fd, char head[1024], bool bodiless)
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

static void expect_reply(int fd, const char *status, const char *body)
{
	char head[1024];
	char *heard = hear_reply(fd, head, false);

	assert_memory_equal(head, "HTTP/1.1 ", 9);
	assert_memory_equal(head + 9, status, 3);
	assert_string_equal(heard, body);
	free(heard);
}

static void expect_end(int fd)
{
	size_t heard;
	char *bytes = hear(fd, 1, &heard);

	assert_int_equal(heard, 0);
	free(bytes);
	close(fd);
}

/* Asks for /counts until @wanted stands in it: what the server notices, it notices soon, not at
 * once. */
static void expect_counts(const struct client *client, const char *wanted)
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

/* ---- what is asked of it ---- */

static void connections_are_kept(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	for (int i = 0; i < 3; i++) {
		char *body;

		say(fd, GET("/?hello"));
		body = hear_reply(fd, head, false);
		assert_string_equal(body, "hello");
		assert_non_null(strstr(head, "\r\nDate: "));
		assert_non_null(strstr(head, " GMT\r\n"));
		assert_non_null(strstr(head, "\r\nX-Peer: 127.0.0.1\r\n"));
		assert_null(strstr(head, "Connection:"));
		free(body);
	}
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	free(hear_reply(fd, head, false));
	assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
	expect_end(fd);
	fd = connected(&client);
	say(fd, GET("/close"));
	expect_reply(fd, "200", "");
	expect_end(fd);
	stop(&client);
}

/* One empty line is forgiven, but it is no request: silence, not 408, when nothing follows. */
static void empty_lines_are_no_request(void **state)
{
	struct client client = serve(&impatient);
	int fd = connected(&client);

	(void)state;
	say(fd, "\r\n" GET("/?a") "\r\n" GET("/?b") "\r\n");
	expect_reply(fd, "200", "a");
	expect_reply(fd, "200", "b");
	expect_end(fd);
	stop(&client);
}

static void http_1_0_is_kept_only_when_asked(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	say(fd, "GET /?a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	free(hear_reply(fd, head, false));
	assert_non_null(strstr(head, "\r\nConnection: keep-alive\r\n"));
	say(fd, "GET /?b HTTP/1.0\r\n\r\n");
	expect_reply(fd, "200", "b");
	expect_end(fd);
	stop(&client);
}

/* More than one turn's worth, with some that are answered later in between. */
static void pipelined_requests_are_answered_in_order(void **state)
{
	enum { MANY = 350 };
	struct client client = serve(&patient);
	int fd = connected(&client);
	struct buffer all = { 0 };

	(void)state;
	for (int i = 0; i < MANY; i++)
		buffer_print(&all, i % 50 == 7 ? GET("/later?%d") : GET("/?%d"), i);
	buffer_char(&all, '\0');
	say(fd, all.at);
	for (int i = 0; i < MANY; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%d", i);
		expect_reply(fd, "200", i % 50 == 7 ? "later" : number);
	}
	close(fd);
	buffer_free(&all);
	stop(&client);
}

static void head_has_no_body(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	say(fd, "HEAD /?hello HTTP/1.1\r\nHost: a\r\n\r\n");
	free(hear_reply(fd, head, true));
	assert_non_null(strstr(head, "\r\nContent-Length: 5\r\n"));
	say(fd, "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n" GET("/?next"));
	free(hear_reply(fd, head, true));
	assert_non_null(strstr(head, "\r\nContent-Length: 8388608\r\n"));
	expect_reply(fd, "200", "next");
	say(fd, "HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
	free(hear_reply(fd, head, true));
	assert_memory_equal(head + 9, "400", 3);
	expect_end(fd);
	stop(&client);
}

static void statuses_without_body_have_no_length(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	say(fd, GET("/empty") GET("/same") GET("/?next"));
	free(hear_reply(fd, head, false));
	assert_memory_equal(head + 9, "204 No Content\r\n", 16);
	assert_null(strstr(head, "Content-Length"));
	free(hear_reply(fd, head, false));
	assert_memory_equal(head + 9, "304 Not Modified\r\n", 18);
	assert_null(strstr(head, "Content-Length"));
	expect_reply(fd, "200", "next");
	close(fd);
	stop(&client);
}

static void continue_is_said_only_where_the_head_is_accepted(void **state)
{
	static const char ask[] =
		"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n";
	static const char told[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct client client = serve(&patient);
	int fd = connected(&client);
	char words[256], *heard;
	size_t size;

	(void)state;
	snprintf(words, sizeof(words), ask, "/", 5);
	say(fd, words);
	heard = hear(fd, sizeof(told) - 1, &size);
	assert_string_equal(heard, told);
	free(heard);
	say(fd, "hello" GET("/?next"));
	expect_reply(fd, "200", "hello");
	expect_reply(fd, "200", "next");
	snprintf(words, sizeof(words), ask, "/refuse", 5);
	say(fd, words);
	expect_reply(fd, "403", "no");
	expect_end(fd);
	fd = connected(&client);
	snprintf(words, sizeof(words), ask, "/", BODY_MAX + 1);
	say(fd, words);
	expect_reply(fd, "413", "E_TOO_LARGE 65536");
	expect_end(fd);
	fd = connected(&client);
	say(fd, "GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n");
	expect_reply(fd, "417", "E_EXPECTATION 0");
	expect_end(fd);
	stop(&client);
}

/* A head refused without a body behind it leaves the connection usable. */
static void refused_heads_keep_the_connection_where_they_can(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);

	(void)state;
	say(fd, GET("/refuse"));
	expect_reply(fd, "403", "no");
	say(fd, GET("/?next"));
	expect_reply(fd, "200", "next");
	say(fd, "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n" GET("/?smuggled"));
	expect_reply(fd, "403", "no");
	expect_end(fd);
	stop(&client);
}

/* The reply arrives although the client was in the middle of sending much more, and nothing of that
 * is taken for a request. */
static void refusals_arrive_and_close(void **state)
{
	struct client client = serve(&patient);
	char *much = calloc(1, 400000);
	int fd = connected(&client);

	(void)state;
	memset(much, 'x', 399999);
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
		"chunked\r\n\r\n" GET("/?smuggled"));
	say(fd, much);
	expect_reply(fd, "400", "E_BAD_REQUEST 0");
	expect_end(fd);
	fd = connected(&client);
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 399999\r\n\r\n");
	say(fd, much);
	expect_reply(fd, "413", "E_TOO_LARGE 65536");
	expect_end(fd);
	fd = connected(&client);
	say(fd,
	    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n");
	expect_reply(fd, "400", "E_BAD_REQUEST 0");
	expect_end(fd);
	expect_counts(&client, "gone=2 ");
	expect_counts(&client, "refused=3");
	free(much);
	stop(&client);
}

static void bodies_come_in_any_pieces(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	const char *raw = "POST /?a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
			  "chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: u\r\n\r\n";

	(void)state;
	for (const char *at = raw; *at; at++) {
		char one[2] = { *at, '\0' };

		say(fd, one);
		usleep(100);
	}
	expect_reply(fd, "200", "ahello!");
	close(fd);
	stop(&client);
}

/* Controls in a field's value never reach the wire as such; prepared lines do as they are. */
static void replies_cannot_be_split(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	say(fd, GET("/inject"));
	free(hear_reply(fd, head, false));
	assert_non_null(strstr(head, "\r\nX-Name: a  Set-Cookie: b \r\n"));
	assert_non_null(strstr(head, "\r\nX-Ready: yes\r\n"));
	close(fd);
	stop(&client);
}

static void large_replies_are_whole(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024];

	(void)state;
	for (int i = 0; i < 2; i++) {
		char *body;

		say(fd, GET("/big") GET("/?next"));
		usleep(20000);
		body = hear_reply(fd, head, false);
		for (size_t k = 0; k < BIG; k++)
			if (body[k] != (char)('a' + k % 23))
				fail_msg("byte %zu is wrong", k);
		free(body);
		expect_reply(fd, "200", "next");
	}
	expect_counts(&client, "released=2 ");
	close(fd);
	stop(&client);
}

/* A client may shut its side behind its last request and still be answered, by a handler that
 * answers at once. */
static void half_closed_clients_are_answered(void **state)
{
	struct client client = serve(&patient);
	int fd = connected(&client);
	char head[1024], *body;

	(void)state;
	say(fd, GET("/?a") GET("/big"));
	shutdown(fd, SHUT_WR);
	expect_reply(fd, "200", "a");
	body = hear_reply(fd, head, false);
	assert_int_equal(strlen(body), BIG);
	free(body);
	expect_end(fd);
	stop(&client);
}

static void clients_that_leave_are_noticed(void **state)
{
	struct client client = serve(&patient);
	int never = connected(&client), later = connected(&client), body = connected(&client),
	    head = connected(&client);

	(void)state;
	say(never, GET("/never"));
	say(later, GET("/later"));
	say(body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
	say(head, "GET / HT");
	expect_reply(later, "200", "later");
	close(head);
	close(body);
	close(never);
	expect_counts(&client, "gone=2 ");
	expect_counts(&client, "open=2 ");
	close(later);
	stop(&client);
}

/* ---- deadlines ---- */

/* However steadily a head trickles in. */
static void slow_heads_and_bodies_get_408(void **state)
{
	struct client client = serve(&impatient);
	int head = connected(&client), body = connected(&client);
	char one;

	(void)state;
	say(body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\nhel");
	say(head, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (recv(head, &one, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
		send(head, "x", 1, MSG_NOSIGNAL);
		usleep(5000);
	}
	expect_reply(head, "408", "E_TIMEOUT 0");
	expect_end(head);
	expect_reply(body, "408", "E_TIMEOUT 0");
	expect_end(body);
	expect_counts(&client, "gone=1 ");
	stop(&client);
}

/* More than one span of time is fine as long as each brings its share. */
static void bodies_that_keep_pace_may_take_long(void **state)
{
	struct client client = serve(&impatient);
	int fd = connected(&client);
	char piece[1025] = { 0 }, head[1024], *body;

	(void)state;
	memset(piece, 'x', 1024);
	say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 51200\r\n\r\n");
	for (int i = 0; i < 50; i++) {
		say(fd, piece);
		usleep(20000);
	}
	body = hear_reply(fd, head, false);
	assert_int_equal(strlen(body), 51200);
	free(body);
	close(fd);
	stop(&client);
}

static void idle_connections_end_in_silence(void **state)
{
	struct client client = serve(&impatient);
	int fresh = connected(&client), used = connected(&client);

	(void)state;
	say(used, GET("/?a"));
	expect_reply(used, "200", "a");
	expect_end(fresh);
	expect_end(used);
	stop(&client);
}

static void handling_has_an_end(void **state)
{
	struct client client = serve(&impatient);
	int fd = connected(&client);

	(void)state;
	say(fd, GET("/never"));
	expect_end(fd);
	expect_counts(&client, "gone=1 ");
	stop(&client);
}

/* A reset in the middle of a reply ends the connection and nothing else. */
static void resets_are_survived(void **state)
{
	struct client client = serve(&patient);
	struct linger at_once = { 1, 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		int fd = connected(&client);
		size_t heard;

		say(fd, GET("/big") GET("/big"));
		free(hear(fd, 100, &heard));
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
	}
	expect_counts(&client, "released=5 open=1 ");
	stop(&client);
}

/* A client that asks for much and reads nothing: the body is given back, the connection ended. */
static void replies_nobody_reads_are_given_up(void **state)
{
	struct client client = serve(&impatient);
	int fd = connected(&client);

	(void)state;
	say(fd, GET("/big"));
	expect_counts(&client, "released=1 ");
	close(fd);
	stop(&client);
}

/* ---- ceilings and the end ---- */

static void connections_are_bounded(void **state)
{
	struct http_limits limits = patient;
	struct client client;
	int held[3], more;

	(void)state;
	limits.connections_per_address_max = 3;
	client = serve(&limits);
	for (size_t i = 0; i < COUNT_OF(held); i++) {
		held[i] = connected(&client);
		say(held[i], GET("/?a"));
		expect_reply(held[i], "200", "a");
	}
	more = connected(&client);
	expect_end(more);
	say(held[0], GET("/?b"));
	expect_reply(held[0], "200", "b");
	close(held[1]);
	expect_counts(&client, "open=3 ");
	close(held[0]);
	close(held[2]);
	stop(&client);
}

/* Without a descriptor left, connections wait in the kernel until one is free. */
static void running_out_of_descriptors_is_survived(void **state)
{
	enum { FEW = 24, MANY = 40 };
	struct client client;
	struct rlimit full, few;
	int fds[MANY];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &full);
	few = (struct rlimit){ FEW, full.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	client = serve(&patient);
	setrlimit(RLIMIT_NOFILE, &full);
	for (size_t i = 0; i < MANY; i++) {
		fds[i] = connected(&client);
		say(fds[i], GET("/?a"));
	}
	for (size_t i = 0; i < MANY; i++) {
		expect_reply(fds[i], "200", "a");
		close(fds[i]);
	}
	stop(&client);
}

/* Idle connections end at once, what is in work is answered, and nobody new is let in. */
static void drain_lets_work_finish(void **state)
{
	struct client client = serve(&patient);
	int idle = connected(&client), busy = connected(&client), begun = connected(&client), late;
	char head[1024];

	(void)state;
	say(idle, GET("/?a"));
	expect_reply(idle, "200", "a");
	say(begun, "GET /?b HTT");
	say(busy, GET("/later") GET("/?never-served"));
	expect_counts(&client, "open=4 ");
	kill(client.child, SIGTERM);
	expect_end(idle);
	late = try_connect(&client);
	assert_int_equal(late, -1);
	free(hear_reply(busy, head, false));
	close(busy);
	say(begun, "P/1.1\r\nHost: a\r\n\r\n");
	free(hear_reply(begun, head, false));
	assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
	expect_end(begun);
	stop(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_kept),
		cmocka_unit_test(empty_lines_are_no_request),
		cmocka_unit_test(http_1_0_is_kept_only_when_asked),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(statuses_without_body_have_no_length),
		cmocka_unit_test(continue_is_said_only_where_the_head_is_accepted),
		cmocka_unit_test(refused_heads_keep_the_connection_where_they_can),
		cmocka_unit_test(refusals_arrive_and_close),
		cmocka_unit_test(bodies_come_in_any_pieces),
		cmocka_unit_test(replies_cannot_be_split),
		cmocka_unit_test(large_replies_are_whole),
		cmocka_unit_test(half_closed_clients_are_answered),
		cmocka_unit_test(clients_that_leave_are_noticed),
		cmocka_unit_test(slow_heads_and_bodies_get_408),
		cmocka_unit_test(bodies_that_keep_pace_may_take_long),
		cmocka_unit_test(idle_connections_end_in_silence),
		cmocka_unit_test(handling_has_an_end),
		cmocka_unit_test(resets_are_survived),
		cmocka_unit_test(replies_nobody_reads_are_given_up),
		cmocka_unit_test(connections_are_bounded),
		cmocka_unit_test(running_out_of_descriptors_is_survived),
		cmocka_unit_test(drain_lets_work_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
