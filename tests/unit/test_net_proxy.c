/* Proxies: what a header of the PROXY protocol may be, which networks are meant by a word, and
 * connections that begin with one. */
#include "test_net_fixture.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IPV4      "\xc0\x00\x02\x07\xc0\x00\x02\x01\x30\x39\x01\xbb" /* 192.0.2.7 */
#define IPV6                                                                                       \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"                                               \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x30\x39\x01\xbb"
#define HEADER(rest)                                                                               \
	{                                                                                          \
		SIGNATURE rest, sizeof(SIGNATURE rest) - 1                                         \
	}

/* ---- the header ---- */

static const struct header_case {
	struct text bytes;
	enum proxy_event event;
	bool local;
	size_t behind; /* bytes that are not part of it */
} headers[] = {
	{ HEADER("\x21\x11\0\x0c" IPV4), PROXY_READ, false, 0 },
	{ HEADER("\x21\x21\0\x24" IPV6), PROXY_READ, false, 0 },
	{ HEADER("\x20\x00\0\0"), PROXY_READ, true, 0 },
	{ HEADER("\x20\x11\0\x0c" IPV4), PROXY_READ, true, 0 },
	{ HEADER("\x20\x00\0\x03zzz"), PROXY_READ, true, 0 },
	{ HEADER("\x21\x11\0\x0c" IPV4 "GET / HTTP/1.1"), PROXY_READ, false, 14 },
	/* TLVs: sound ones, an empty one, one that ends too late, half of one */
	{ HEADER("\x21\x11\0\x11" IPV4 "\x04\0\x02xx"), PROXY_READ, false, 0 },
	{ HEADER("\x21\x11\0\x14" IPV4 "\x04\0\x02xx\x01\0\0"), PROXY_READ, false, 0 },
	{ HEADER("\x21\x11\0\x11" IPV4 "\x04\0\x03xx"), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x11\0\x0e" IPV4 "\x04\0"), PROXY_BROKEN, false, 0 },
	/* versions, commands, families */
	{ HEADER("\x11\x11\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x31\x11\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x22\x11\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x00\0\0"), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x12\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x31\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x11\0\x0b" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x21\0\x0c" IPV4), PROXY_BROKEN, false, 0 },
	{ HEADER("\x21\x11\x04\0" IPV4), PROXY_BROKEN, false, 0 }, /* longer than allowed */
	{ HEADER("\x21\x11\xff\xff"), PROXY_BROKEN, false, 0 },
	/* version 1, and no header at all */
	{ { "PROXY TCP4 192.0.2.7 192.0.2.1 12345 443\r\n", 42 }, PROXY_BROKEN, false, 0 },
	{ { "GET / HTTP/1.1\r\n", 16 }, PROXY_BROKEN, false, 0 },
	{ { "\r\nGET / HTTP/1.1\r\n", 18 }, PROXY_BROKEN, false, 0 },
	/* not yet */
	{ { "", 0 }, PROXY_MORE, false, 0 },
	{ { SIGNATURE, 12 }, PROXY_MORE, false, 0 },
	{ HEADER("\x21\x11\0"), PROXY_MORE, false, 0 },
	{ HEADER("\x21\x11\0\x0c"
		 "\xc0\0\x02"),
	  PROXY_MORE, false, 0 },
};

static void headers_are_held_to_the_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const struct header_case *c = &headers[i];
		struct proxy_header header;

		if (proxy_header_read(c->bytes, &header) != c->event)
			print_error("header %zu\n", i);
		assert_int_equal(proxy_header_read(c->bytes, &header), c->event);
		if (c->event != PROXY_READ)
			continue;
		assert_int_equal(header.local, c->local);
		assert_int_equal(header.size + c->behind, c->bytes.size);
	}
}

/* Whatever is cut off its end, a header is not there yet; nothing behind it is looked at. */
static void headers_may_come_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		const struct header_case *c = &headers[i];
		struct proxy_header header;

		if (c->event != PROXY_READ)
			continue;
		for (size_t size = 0; size < c->bytes.size - c->behind; size++) {
			char *copy = malloc(size ? size : 1); /* so that no byte more is read */

			memcpy(copy, c->bytes.at, size);
			assert_int_equal(proxy_header_read((struct text){ copy, size }, &header),
					 PROXY_MORE);
			free(copy);
		}
	}
}

static void the_client_is_the_source(void **state)
{
	static const uint8_t ipv4[16] = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 7 };
	static const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
	struct proxy_header header;

	(void)state;
	assert_int_equal(proxy_header_read(headers[0].bytes, &header), PROXY_READ);
	assert_memory_equal(header.address, ipv4, 16);
	assert_int_equal(proxy_header_read(headers[1].bytes, &header), PROXY_READ);
	assert_memory_equal(header.address, ipv6, 16);
}

/* ---- networks ---- */

static void networks_are_read_strictly(void **state)
{
	static const struct {
		const char *word;
		int bits; /* -1: none */
		uint8_t first;
	} cases[] = {
		{ "192.0.2.7", 128, 0 },
		{ " 192.0.2.7 ", 128, 0 },
		{ "192.0.2.0/24", 120, 0 },
		{ "0.0.0.0/0", 96, 0 },
		{ "::1", 128, 0 },
		{ "2001:db8::/32", 32, 0x20 },
		{ "::/0", 0, 0 },
		{ "10.1.0.0/8", -1, 0 },
		{ "2001:db8::1/64", -1, 0 },
		{ "10.0.0.0/33", -1, 0 },
		{ "::/129", -1, 0 },
		{ "10.0.0.0/-1", -1, 0 },
		{ "10.0.0.0/", -1, 0 },
		{ "10.0.0", -1, 0 },
		{ "localhost", -1, 0 },
		{ "", -1, 0 },
		{ "/8", -1, 0 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa", -1, 0 },
	};
	struct http_network network;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool parsed = http_network_parse(text_of(cases[i].word), &network);

		if (parsed != (cases[i].bits >= 0))
			print_error("%s\n", cases[i].word);
		assert_int_equal(parsed, cases[i].bits >= 0);
		if (!parsed)
			continue;
		assert_int_equal(network.bits, cases[i].bits);
		assert_int_equal(network.bytes[0], cases[i].first);
	}
}

/* ---- connections ---- */

static struct client serve_behind(const char *proxy, size_t per_address)
{
	struct http_network network;
	struct http_limits limits = patient;

	assert_true(http_network_parse(text_of(proxy), &network));
	limits.proxies = &network;
	limits.proxy_count = 1;
	limits.connections_per_address_max = per_address;
	limits.head_us = 300000;
	return serve(&limits);
}

static void say_bytes(int fd, struct text bytes)
{
	assert_int_equal(send(fd, bytes.at, bytes.size, MSG_NOSIGNAL), bytes.size);
}

static void expect_peer(int fd, const char *peer)
{
	char head[1024], field[100];
	char *body = hear_reply(fd, head, false);

	snprintf(field, sizeof(field), "X-Peer: %s\r\n", peer);
	assert_non_null(strstr(head, field));
	free(body);
}

static void clients_have_the_address_that_the_proxy_says(void **state)
{
	static const struct {
		size_t header;
		const char *peer;
	} cases[] = { { 0, "192.0.2.7" }, { 1, "2001:db8::7" }, { 2, "127.0.0.1" } };
	struct client client = serve_behind("127.0.0.0/8", 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text header = headers[cases[i].header].bytes;
		int fd = connected(&client);

		/* in pieces, and with the first request right behind it */
		say_bytes(fd, text_part(header, 0, 5));
		usleep(20000);
		say_bytes(fd, text_part(header, 5, header.size));
		if (i)
			usleep(20000);
		say(fd, GET("/") GET("/"));
		expect_peer(fd, cases[i].peer);
		expect_peer(fd, cases[i].peer);
		say(fd, GET("/"));
		expect_peer(fd, cases[i].peer);
		close(fd);
	}
	stop(&client);
}

static void whoever_brings_no_header_is_turned_away(void **state)
{
	static const char *const words[] = { GET("/"), "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n",
					     "\r\n\r\n" };
	struct client client = serve_behind("127.0.0.1", 0);
	struct client elsewhere = serve_behind("192.0.2.0/24", 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		int fd = connected(&client);

		say(fd, words[i]);
		expect_end(fd);
	}
	int silent = connected(&client);
	expect_end(silent);
	/* a proxy that is not trusted */
	int fd = connected(&elsewhere);
	say_bytes(fd, headers[0].bytes);
	expect_end(fd);
	stop(&client);
	stop(&elsewhere);
}

static void ceilings_count_the_clients_address(void **state)
{
	struct client client = serve_behind("127.0.0.1", 2);
	int held[3];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(held); i++) {
		held[i] = connected(&client);
		say_bytes(held[i], headers[i < 2 ? 0 : 1].bytes);
		say(held[i], GET("/?a"));
		expect_reply(held[i], "200", "a");
	}
	int more = connected(&client);
	say_bytes(more, headers[0].bytes);
	expect_end(more);
	close(held[0]);
	usleep(50000);
	int again = connected(&client);
	say_bytes(again, headers[0].bytes);
	say(again, GET("/?b"));
	expect_reply(again, "200", "b");
	close(again);
	close(held[1]);
	close(held[2]);
	stop(&client);
}

/* The end does not wait for proxies that have said nothing. */
static void the_end_waits_for_no_header(void **state)
{
	struct http_network network;
	struct http_limits limits = patient;
	struct client client;
	int fd;

	(void)state;
	assert_true(http_network_parse(TEXT("127.0.0.1"), &network));
	limits.proxies = &network;
	limits.proxy_count = 1;
	client = serve(&limits);
	fd = connected(&client);
	say(fd, "\r\n");
	usleep(50000);
	stop(&client);
	expect_end(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_held_to_the_grammar),
		cmocka_unit_test(headers_may_come_in_pieces),
		cmocka_unit_test(the_client_is_the_source),
		cmocka_unit_test(networks_are_read_strictly),
		cmocka_unit_test(clients_have_the_address_that_the_proxy_says),
		cmocka_unit_test(whoever_brings_no_header_is_turned_away),
		cmocka_unit_test(ceilings_count_the_clients_address),
		cmocka_unit_test(the_end_waits_for_no_header),
	};

	return cmocka_run_group_tests_name("proxies", tests, NULL, NULL);
}
