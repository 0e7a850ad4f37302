/*
 * Changes of prices and stock as suppliers' programs send them, and how soon the shop shows them.
 *
 * changes-load --port P --token T --goods FILE --rate N --items N --seconds S
 *     sends so many changes a second in requests of so many items (or of all goods, where those are
 * fewer), stock and prices in turns, on
 * one connection, at even intervals; says how many were made, how late the last one was, and what
 * an answer took. changes-load --port P --token T --goods FILE --see PORT[,PORT…] --times N changes
 * one price after the other and asks the shop at each port until it shows it; says how long that
 * took from the answer to the change.
 *
 * FILE has a line for each SKU: code, minimum, unit price in fen, id of its product.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

enum {
	GOODS_MAX = 100000,
	PORTS_MAX = 4,
	BODY_MAX = 1 << 20,
	ITEM_MAX = 200,
	SEE_LIMIT_US = 10000000
};

struct good {
	char code[40], product[40];
	long minimum, fen;
};

static struct {
	int port, see[PORTS_MAX], see_count;
	const char *token, *goods;
	long rate, items, seconds, times;
} wanted = { .rate = 1000, .items = 50, .seconds = 5, .times = 20 };

static struct good *goods;
static size_t good_count;
static char *body, *request;

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static int by_number(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tell(const char *name, long *values, size_t count)
{
	if (!count)
		return;
	qsort(values, count, sizeof(*values), by_number);
	printf("%s_p50_us %ld\n%s_p99_us %ld\n%s_max_us %ld\n", name, values[count / 2], name,
	       values[count * 99 / 100], name, values[count - 1]);
}

static void goods_read(void)
{
	FILE *file = fopen(wanted.goods, "r");
	struct good *good;

	goods = more_memory(NULL, GOODS_MAX * sizeof(*goods));
	if (!file)
		give_up(wanted.goods);
	do
		good = &goods[good_count];
	while (fscanf(file, "%39s %ld %ld %39s", good->code, &good->minimum, &good->fen,
		      good->product) == 4 &&
	       ++good_count < GOODS_MAX);
	fclose(file);
	if (!good_count)
		give_up("no goods");
}

/* Never more than a tenth above the lowest of late: no reason is asked for. */
static long price_of(const struct good *good, long turn)
{
	return good->fen - good->fen * (turn % 7) / 100;
}

static size_t item_write(char *at, const struct good *good, int prices, long turn)
{
	if (prices)
		return (size_t)snprintf(at, ITEM_MAX,
					"{\"code\":\"%s\",\"ladder\":[{\"quantity\":%ld,"
					"\"unit_price_fen\":%ld}]},",
					good->code, good->minimum, price_of(good, turn));
	return (size_t)snprintf(at, ITEM_MAX, "{\"code\":\"%s\",\"available\":%ld},", good->code,
				1000000 + turn);
}

/* A request that changes @count goods from @first on; gives its size. */
static size_t request_write(size_t first, size_t count, int prices, long turn)
{
	size_t size =
		(size_t)snprintf(body, BODY_MAX, "{\"policy\":\"accept_good_rows\",\"items\":[");

	for (size_t i = 0; i < count; i++)
		size += item_write(body + size, &goods[(first + i) % good_count], prices, turn);
	size--;
	size += (size_t)snprintf(body + size, 3, "]}");
	return (size_t)snprintf(
		request, (size_t)2 * BODY_MAX,
		"POST /api/v1/supplier/%s-updates HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		"Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
		"Idempotency-Key: changes-%d-%ld-%d\r\nContent-Length: %zu\r\n\r\n%s",
		prices ? "price" : "stock", wanted.port, wanted.token, (int)getpid(), turn, prices,
		size, body);
}

static void change(int fd, size_t first, size_t count, int prices, long turn, struct answer *answer)
{
	ask(fd, request, request_write(first, count, prices, turn), answer);
	if (answer->status != 200 || !strstr(answer_body(answer), "\"rejected\":0,")) {
		fprintf(stderr, "%s\n", answer_body(answer));
		give_up("the change was refused");
	}
}

static void run_changes(void)
{
	size_t items = (size_t)wanted.items < good_count ? (size_t)wanted.items : good_count;
	long turns = wanted.rate * wanted.seconds / (long)items;
	long interval = 1000000 * (long)items / wanted.rate, begun = now_us(), late = 0;
	long *took = more_memory(NULL, (size_t)(turns + 1) * sizeof(*took));
	int fd = connect_to(wanted.port);
	struct answer answer = { 0 };

	for (long turn = 0; turn < turns; turn++) {
		long due = begun + turn * interval, at = now_us();

		if (at < due)
			usleep((useconds_t)(due - at));
		at = now_us();
		late = at - due;
		change(fd, (size_t)turn / 2 * items, items, (int)(turn % 2), turn, &answer);
		took[turn] = now_us() - at;
	}
	printf("changes %ld\nchanges_a_second %.0f\nlate_us %ld\n", turns * (long)items,
	       (double)turns * (double)items * 1e6 / (double)(now_us() - begun), late);
	tell("answer", took, (size_t)turns);
	close(fd);
}

/* ---- seeing ---- */

static int shows(int fd, int port, const struct good *good, long fen, struct answer *answer)
{
	char text[200], price[64];
	int size = snprintf(text, sizeof(text),
			    "GET /api/v1/products/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
			    good->product, port);

	snprintf(price, sizeof(price), "\"unit_price_fen\":%ld", fen);
	ask(fd, text, (size_t)size, answer);
	return answer->status == 200 && strstr(answer_body(answer), price) != NULL;
}

static void see(void)
{
	long *took[PORTS_MAX];
	struct answer answer = { 0 };
	int fd = connect_to(wanted.port), fds[PORTS_MAX];

	for (int i = 0; i < wanted.see_count; i++) {
		fds[i] = connect_to(wanted.see[i]);
		took[i] = more_memory(NULL, (size_t)wanted.times * sizeof(*took[i]));
	}
	for (long turn = 0; turn < wanted.times; turn++) {
		size_t which = (size_t)(turn * 7919) % good_count;
		long fen = goods[which].fen - 1 - turn % 50, committed;
		int left = wanted.see_count, seen[PORTS_MAX] = { 0 };

		goods[which].fen = fen;
		change(fd, which, 1, 1, 7 * (turn + 1), &answer);
		committed = now_us();
		while (left) {
			if (now_us() - committed > SEE_LIMIT_US)
				give_up("the shop does not show it");
			for (int i = 0; i < wanted.see_count; i++)
				if (!seen[i] &&
				    shows(fds[i], wanted.see[i], &goods[which], fen, &answer)) {
					seen[i] = 1;
					took[i][turn] = now_us() - committed;
					left--;
				}
			usleep(1000);
		}
		usleep((useconds_t)(20000 + turn * 7919 % 60000));
	}
	for (int i = 0; i < wanted.see_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "seen_%d", i + 1);
		tell(name, took[i], (size_t)wanted.times);
	}
}

static void ports_read(char *list)
{
	char *end = list;

	do
		wanted.see[wanted.see_count++] = (int)strtol(*end == ',' ? end + 1 : end, &end, 10);
	while (*end == ',' && wanted.see_count < PORTS_MAX);
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		char *name = argv[i], *value = argv[i + 1];

		if (!strcmp(name, "--port"))
			wanted.port = (int)strtol(value, NULL, 10);
		else if (!strcmp(name, "--token"))
			wanted.token = value;
		else if (!strcmp(name, "--goods"))
			wanted.goods = value;
		else if (!strcmp(name, "--rate"))
			wanted.rate = strtol(value, NULL, 10);
		else if (!strcmp(name, "--items"))
			wanted.items = strtol(value, NULL, 10);
		else if (!strcmp(name, "--seconds"))
			wanted.seconds = strtol(value, NULL, 10);
		else if (!strcmp(name, "--times"))
			wanted.times = strtol(value, NULL, 10);
		else if (!strcmp(name, "--see"))
			ports_read(value);
		else
			give_up(name);
	}
	if (!wanted.port || !wanted.token || !wanted.goods)
		give_up("--port, --token and --goods are needed");
	body = more_memory(NULL, BODY_MAX);
	request = more_memory(NULL, 2 * BODY_MAX);
	goods_read();
	if (wanted.see_count)
		see();
	else
		run_changes();
	return 0;
}
