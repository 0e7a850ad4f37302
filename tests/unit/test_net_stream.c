/* Replies that come in pieces: how they look, how they end, and who is dropped. */
#include "test_net_fixture.h"

static void expect_bytes(int fd, const char *wanted)
{
	size_t heard;
	char *bytes = hear(fd, strlen(wanted), &heard);

	assert_string_equal(bytes, wanted);
	free(bytes);
}

/* The head of a stream that was asked for. */
static int streaming(const struct client *client, const char *request, char head[1024])
{
	int fd = connected(client);

	say(fd, request);
	free(hear_reply(fd, head, true));
	assert_memory_equal(head + 9, "200", 3);
	assert_null(strstr(head, "Content-Length"));
	return fd;
}

static void feed(const struct client *client, const char *request, const char *answer)
{
	int fd = connected(client);

	say(fd, request);
	expect_reply(fd, "200", answer);
	close(fd);
}

static void pieces_are_chunks_and_the_connection_is_kept(void **state)
{
	struct client client = serve(&patient);
	char head[1024];
	int fd = streaming(&client, GET("/live"), head);

	(void)state;
	assert_non_null(strstr(head, "\r\nTransfer-Encoding: chunked\r\n"));
	expect_bytes(fd, "5\r\nfirst\r\n");
	feed(&client, GET("/more?a=twenty%20or%20so%20more"), "live");
	expect_bytes(fd, "19\r\na=twenty%20or%20so%20more\r\n");
	feed(&client, GET("/end?b"), "none");
	expect_bytes(fd, "1\r\nb\r\n0\r\n\r\n");
	say(fd, GET("/?next"));
	expect_reply(fd, "200", "next");
	close(fd);
	expect_counts(&client, "left=0 ");
	stop(&client);
}

static void http_1_0_reads_to_the_end(void **state)
{
	struct client client = serve(&patient);
	char head[1024];
	int fd = streaming(&client, "GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", head);

	(void)state;
	assert_null(strstr(head, "Transfer-Encoding"));
	assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
	feed(&client, GET("/end?b"), "none");
	expect_bytes(fd, "firstb");
	expect_end(fd);
	stop(&client);
}

static void head_has_no_stream(void **state)
{
	struct client client = serve(&patient);
	char head[1024];
	int fd = streaming(&client, "HEAD /live HTTP/1.1\r\nHost: a\r\n\r\n", head);

	(void)state;
	say(fd, GET("/more?a"));
	expect_reply(fd, "200", "none");
	close(fd);
	stop(&client);
}

static void who_leaves_is_told(void **state)
{
	struct client client = serve(&patient);
	char head[1024];
	int fd = streaming(&client, GET("/live"), head);

	(void)state;
	expect_bytes(fd, "5\r\nfirst\r\n");
	close(fd);
	expect_counts(&client, "left=1 ");
	feed(&client, GET("/more?a"), "none");
	expect_counts(&client, "open=1 ");
	stop(&client);
}

/* Both ways: too much waits, or what waits is not taken for too long. A stream that is silent and
 * read stays. */
static void slow_readers_are_dropped(void **state)
{
	struct client client = serve(&impatient);
	char head[1024];
	int fd = streaming(&client, GET("/live"), head);

	(void)state;
	feed(&client, GET("/flood"), "none");
	expect_counts(&client, "left=0 ");
	close(fd);
	fd = streaming(&client, GET("/live"), head);
	expect_bytes(fd, "5\r\nfirst\r\n");
	usleep(1500000);
	feed(&client, GET("/more?b"), "live");
	expect_bytes(fd, "1\r\nb\r\n");
	close(fd);
	stop(&client);
}

static void draining_ends_streams_as_whole_replies(void **state)
{
	struct client client = serve(&patient);
	char head[1024];
	int fd = streaming(&client, GET("/live"), head);

	(void)state;
	stop(&client);
	expect_bytes(fd, "5\r\nfirst\r\n0\r\n\r\n");
	expect_end(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_chunks_and_the_connection_is_kept),
		cmocka_unit_test(http_1_0_reads_to_the_end),
		cmocka_unit_test(head_has_no_stream),
		cmocka_unit_test(who_leaves_is_told),
		cmocka_unit_test(slow_readers_are_dropped),
		cmocka_unit_test(draining_ends_streams_as_whole_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
