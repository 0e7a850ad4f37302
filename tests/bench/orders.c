/*
 * Buyers that order in bulk: each of so many clients has one connection and one order under way,
 * and sends the next when it is placed. One thread and epoll, so that the load takes little of the
 * machine that it shares with what it measures.
 *
 * orders --port N --token T [--clients N] [--seconds N | --orders N] [--lines N] [--skus N] [--hot]
 */
#include "http.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1024, SAMPLES_MAX = 4 * 1024 * 1024, PAGE = 200, RUN = 5, PRICED = 1000 };

/* Neighbours by number are goods of one supplier: an order takes runs of them. */
struct sku {
	char number[16];
	long long offer;
};

struct client {
	int fd;
	char *request;
	size_t size, room, sent;
	struct answer answer;
	int64_t begun;
};

static struct load {
	int port;
	long clients, seconds, orders, lines, skus;
	bool hot;
	const char *token;
	struct sku *goods;
	long good_count;
	uint64_t random;
	long begun, placed, refused; /* orders */
	long statements, batch;      /* of the last answer, when the server tells */
	uint32_t *samples;           /* microseconds */
	bool ending;
} load = { .clients = 64, .seconds = 5, .lines = 20, .skus = 1000 };

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t next_random(void)
{
	uint64_t z = load.random += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

/* ---- requests ---- */

static void request_print(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void request_print(struct client *client, const char *format, ...)
{
	va_list arguments;
	int size;

	if (client->room - client->size < 1024) {
		client->room = client->room ? 2 * client->room : 8192;
		client->request = more_memory(client->request, client->room);
	}
	va_start(arguments, format);
	size = vsnprintf(client->request + client->size, client->room - client->size, format,
			 arguments);
	va_end(arguments);
	client->size += (size_t)size;
}

/* The head goes in front of what was printed as the body. */
static void request_head(struct client *client, const char *method, const char *path,
			 const char *more)
{
	char head[1024];
	int size = snprintf(head, sizeof(head),
			    "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
			    "Content-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
			    method, path, load.port, load.token, client->size, more);

	while (client->room < client->size + (size_t)size) {
		client->room = client->room ? 2 * client->room : 8192;
		client->request = more_memory(client->request, client->room);
	}
	memmove(client->request + size, client->request, client->size);
	memcpy(client->request, head, (size_t)size);
	client->size += (size_t)size;
}

/* A blocking question; what was printed is its body. */
static const char *client_ask(struct client *client, const char *method, const char *path)
{
	request_head(client, method, path, "");
	ask(client->fd, client->request, client->size, &client->answer);
	client->size = 0;
	if (client->answer.status >= 300) {
		fprintf(stderr, "load: %s %s: %.600s\n", method, path, client->answer.at);
		exit(1);
	}
	return answer_body(&client->answer);
}

/* What stands behind @name up to @end; NULL when it is not there. */
static const char *value_of(const char *json, const char *name, char end, char *out, size_t room)
{
	const char *from = strstr(json, name), *to = from ? strchr(from + strlen(name), end) : NULL;

	if (!to || (size_t)(to - from) - strlen(name) >= room)
		return NULL;
	from += strlen(name);
	memcpy(out, from, (size_t)(to - from));
	out[to - from] = 0;
	return to;
}

/* ---- before it begins ---- */

/* Keeps those of the priced goods that are never sold out. */
static void price(struct client *client, char (*numbers)[16], long count)
{
	const char *at;
	char offer[32], available[32], number[16];

	for (long i = 0; i < count; i++)
		request_print(client, "%s{\"sku\":\"%s\",\"quantity\":1}", i ? "," : "{\"lines\":[",
			      numbers[i]);
	request_print(client, "]}");
	at = client_ask(client, "POST", "/api/v1/order-pricings");
	while ((at = value_of(at, "{\"sku\":\"", '"', number, sizeof(number))) &&
	       load.good_count < load.skus) {
		if (!value_of(at, "\"offer\":", ',', offer, sizeof(offer)) ||
		    !value_of(at, "\"available\":", ',', available, sizeof(available)))
			give_up("a price without an offer");
		if (strtoll(available, NULL, 10) < 100000000000)
			continue;
		struct sku *good = &load.goods[load.good_count++];
		memcpy(good->number, number, sizeof(number));
		good->offer = strtoll(offer, NULL, 10);
	}
}

/* Through the shop, page by page. */
static void find_goods(struct client *client)
{
	char numbers[PRICED][16], path[256] = "/api/v1/products?limit=200", next[128];
	long count = 0;
	bool more = true;

	load.goods = more_memory(NULL, (size_t)load.skus * sizeof(*load.goods));
	while (more && load.good_count < load.skus) {
		const char *body = client_ask(client, "GET", path), *at = body;

		while ((at = value_of(at, "\"sku\":\"", '"', numbers[count], 16)))
			count++;
		more = value_of(body, "\"next\":\"", '"', next, sizeof(next)) != NULL;
		snprintf(path, sizeof(path), "/api/v1/products?limit=200&after=%s", next);
		if (count + PAGE > PRICED || !more) {
			price(client, numbers, count);
			count = 0;
		}
	}
	if (!load.good_count)
		give_up("no goods without end of stock; see xiangcai bench-products");
}

/* ---- orders ---- */

static void add_line(struct client *client, long at, bool first)
{
	const struct sku *sku = &load.goods[at % load.good_count];

	request_print(client, "%s{\"sku\":\"%s\",\"quantity\":1,\"offer\":%lld}", first ? "" : ",",
		      sku->number, sku->offer);
}

static void order_make(struct client *client)
{
	bool all = load.lines >= load.good_count;
	char key[96];
	long at = 0;

	client->size = client->sent = 0;
	request_print(client, "{\"submit\":true,\"delivery_address\":\"西安市新城区\",\"lines\":[");
	for (long i = 0; i < load.lines; i++) {
		if (!all && i % RUN == 0)
			at = (long)(next_random() % (uint64_t)load.good_count);
		add_line(client, load.hot && i == 0 ? 0 : at++, i == 0);
	}
	request_print(client, "]}");
	snprintf(key, sizeof(key), "Idempotency-Key: bench-%016llx%016llx\r\n",
		 (unsigned long long)next_random(), (unsigned long long)next_random());
	request_head(client, "POST", "/api/v1/purchase-orders", key);
}

static void order_begin(struct client *client)
{
	if (load.ending || (load.orders && load.begun == load.orders)) {
		load.ending = true;
		return;
	}
	load.begun++;
	order_make(client);
	answer_clear(&client->answer);
	client->begun = now_us();
}

/* What of the request does not fit the socket's buffer waits for the next look. */
static void client_send(struct client *client)
{
	while (client->sent < client->size) {
		ssize_t part = send(client->fd, client->request + client->sent,
				    client->size - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (part < 0 && errno == EAGAIN)
			return;
		if (part <= 0)
			give_up("cannot send");
		client->sent += (size_t)part;
	}
}

static void order_end(struct client *client)
{
	const struct answer *answer = &client->answer;

	if (answer->status == 201) {
		if (load.placed < SAMPLES_MAX)
			load.samples[load.placed] = (uint32_t)(now_us() - client->begun);
		load.placed++;
		load.statements = answer_number(answer, "X-Statements: ");
		load.batch = answer_number(answer, "X-Batch: ");
	} else if (!load.refused++) {
		fprintf(stderr, "load: refused: %.800s\n", answer->at);
	}
}

static long client_look(struct client *client)
{
	size_t room;
	char *at = answer_room(&client->answer, &room);
	ssize_t got = recv(client->fd, at, room, MSG_DONTWAIT);

	client_send(client);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		give_up("the server closed a connection");
	if (!answer_add(&client->answer, (size_t)got))
		return 0;
	order_end(client);
	order_begin(client);
	if (load.ending)
		return 1;
	client_send(client);
	return 0;
}

static void watch(int poll, struct client *client)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = client };

	if (epoll_ctl(poll, EPOLL_CTL_ADD, client->fd, &event) != 0)
		give_up("epoll");
}

/* Until the time is over or all orders are placed; gives how long it took. */
static int64_t run(struct client *clients)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	int64_t begun = now_us(), until = begun + load.seconds * 1000000;
	long resting = 0;

	for (long i = 0; i < load.clients; i++) {
		order_begin(&clients[i]);
		watch(poll, &clients[i]);
		if (load.ending)
			resting++;
		else
			client_send(&clients[i]);
	}
	while (resting < load.clients) {
		struct epoll_event events[256];
		int count = epoll_wait(poll, events, 256, 1000);

		if (!load.orders && now_us() >= until)
			load.ending = true;
		if (now_us() > until + 60000000)
			give_up("answers are missing a minute after the end");
		for (int i = 0; i < count; i++)
			resting += client_look(events[i].data.ptr);
	}
	close(poll);
	return now_us() - begun;
}

/* ---- results ---- */

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint32_t quantile(long count, int percent)
{
	return count ? load.samples[(count - 1) * percent / 100] : 0;
}

static void tell(int64_t took_us)
{
	long count = load.placed < SAMPLES_MAX ? load.placed : SAMPLES_MAX;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	qsort(load.samples, (size_t)count, sizeof(*load.samples), by_size);
	printf("orders %ld\nrefused %ld\norders_a_second %.1f\np50_us %u\np99_us %u\n", load.placed,
	       load.refused, (double)load.placed * 1e6 / (double)took_us, quantile(count, 50),
	       quantile(count, 99));
	printf("load_cpu_us %lld\nstatements %ld\nbatch %ld\n",
	       (long long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
	       load.statements, load.batch);
}

static void options_read(int count, char **words)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "token", required_argument, NULL, 't' },
		{ "clients", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "orders", required_argument, NULL, 'n' },
		{ "lines", required_argument, NULL, 'l' },
		{ "skus", required_argument, NULL, 'k' },
		{ "hot", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		long number = optarg ? strtol(optarg, NULL, 10) : 0;

		switch (option) {
		case 'p':
			load.port = (int)number;
			break;
		case 't':
			load.token = optarg;
			break;
		case 'c':
			load.clients = number;
			break;
		case 's':
			load.seconds = number;
			break;
		case 'n':
			load.orders = number;
			break;
		case 'l':
			load.lines = number;
			break;
		case 'k':
			load.skus = number;
			break;
		case 'h':
			load.hot = true;
			break;
		default:
			exit(2);
		}
	}
	if (!load.port || !load.token || load.clients < 1 || load.clients > CLIENTS_MAX ||
	    load.lines < 1 || load.skus < 1)
		give_up("--port and --token are needed; --clients is from 1 to 1024");
}

int main(int count, char **words)
{
	struct client *clients;

	options_read(count, words);
	load.random = (uint64_t)now_us();
	load.samples = more_memory(NULL, SAMPLES_MAX * sizeof(*load.samples));
	clients = calloc((size_t)load.clients, sizeof(*clients));
	if (!clients)
		give_up("memory");
	for (long i = 0; i < load.clients; i++)
		clients[i].fd = connect_to(load.port);
	find_goods(&clients[0]);
	tell(run(clients));
	return load.refused ? 1 : 0;
}
