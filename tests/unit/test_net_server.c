/* What a client may do with the server, and what it gets. */
#include "test_net_fixture.h"

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

/* A second process would get every other connection. */
static void a_port_in_use_is_seen(void **state)
{
	struct client client = serve(&patient);

	(void)state;
	errno = 0;
	assert_false(http_port_is_free("127.0.0.1", client.port));
	assert_int_equal(errno, EADDRINUSE);
	assert_false(http_port_is_free("0.0.0.0", client.port));
	assert_true(http_port_is_free("127.0.0.2", client.port));
	assert_true(http_port_is_free("127.0.0.1", 0));
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
		cmocka_unit_test(a_port_in_use_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
