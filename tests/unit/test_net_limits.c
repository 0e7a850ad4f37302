/* Slow, absent and numerous clients, and the server's own end. */
#include "test_net_fixture.h"

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

/* Nothing that comes steadily may take as long as it likes all the same. */
static void bodies_have_an_end(void **state)
{
	struct http_limits limits = impatient;
	char piece[100];
	static const char *const heads[] = {
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n",
	};

	(void)state;
	memset(piece, 'x', sizeof(piece));
	limits.body_rate = 100000;
	limits.body_max_us = 2 * SECOND_US;
	struct client client = serve(&limits);
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		int fd = connected(&client);
		size_t sent = 0;
		char one;

		say(fd, heads[i]);
		for (; recv(fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) != 1; sent += sizeof(piece)) {
			assert_true(sent < 60000);
			send(fd, piece, sizeof(piece), MSG_NOSIGNAL);
			usleep(20000);
		}
		expect_reply(fd, "408", "E_TIMEOUT 0");
		expect_end(fd);
	}
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

/* ---- replies that wait ---- */

/* In order, and nothing behind it goes before it; who leaves meanwhile is noticed. */
static void held_replies_leave_in_their_time(void **state)
{
	struct client client = serve(&impatient);
	int fd = connected(&client), other = connected(&client), leaver = connected(&client);
	char one;

	(void)state;
	say(leaver, GET("/held?c"));
	say(fd, GET("/held?a") GET("/?b"));
	say(other, GET("/?x"));
	expect_reply(other, "200", "x");
	assert_int_equal(recv(fd, &one, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(leaver);
	expect_reply(fd, "200", "a");
	expect_reply(fd, "200", "b");
	close(fd);
	close(other);
	expect_counts(&client, "open=1 timed_out=0 ");
	stop(&client);
}

static void held_replies_may_close_and_survive_the_end(void **state)
{
	struct http_limits limits = patient;
	struct client client;
	int fd, last;

	(void)state;
	limits.hold_us = 400000;
	client = serve(&limits);
	fd = connected(&client);
	last = connected(&client);
	say(fd, "GET /held?a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	expect_reply(fd, "200", "a");
	expect_end(fd);
	say(last, GET("/held?b"));
	usleep(100000);
	stop(&client); /* waits for it */
	expect_reply(last, "200", "b");
	expect_end(last);
}

/* ---- bodies that find no room ---- */

static void bodies_are_refused_where_they_outgrow_the_room(void **state)
{
	static const char chunk[] = "800\r\n";
	struct client client = serve(&patient);
	char piece[2049] = { 0 };
	int chunked = connected(&client), plain = connected(&client), small = connected(&client);

	(void)state;
	memset(piece, 'x', 2048);
	say(chunked, "POST /narrow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	say(plain, "POST /narrow HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
	say(small, "POST /narrow HTTP/1.1\r\nHost: a\r\nContent-Length: 2048\r\n\r\n");
	for (int i = 0; i < 5; i++) {
		say(chunked, chunk);
		say(chunked, piece);
		say(chunked, "\r\n");
		say(plain, piece);
	}
	expect_reply(chunked, "503", "E_BUSY 0");
	expect_end(chunked);
	expect_reply(plain, "503", "E_BUSY 0");
	expect_end(plain);
	say(small, piece);
	expect_reply(small, "200", piece);
	close(small);
	expect_counts(&client, "gone=2 ");
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
		cmocka_unit_test(slow_heads_and_bodies_get_408),
		cmocka_unit_test(bodies_that_keep_pace_may_take_long),
		cmocka_unit_test(bodies_have_an_end),
		cmocka_unit_test(idle_connections_end_in_silence),
		cmocka_unit_test(handling_has_an_end),
		cmocka_unit_test(resets_are_survived),
		cmocka_unit_test(replies_nobody_reads_are_given_up),
		cmocka_unit_test(held_replies_leave_in_their_time),
		cmocka_unit_test(held_replies_may_close_and_survive_the_end),
		cmocka_unit_test(bodies_are_refused_where_they_outgrow_the_room),
		cmocka_unit_test(connections_are_bounded),
		cmocka_unit_test(running_out_of_descriptors_is_survived),
		cmocka_unit_test(drain_lets_work_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
