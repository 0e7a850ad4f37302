/* As much of an HTTP client as load needs: blocking questions, and what stands in answers. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_HEAD_MAX = 8192 };

/* An answer as it comes in; grows, and is used again for the next. */
struct answer {
	char *at; /* head and body, NUL behind them */
	size_t size, room;
	size_t head; /* bytes up to the body; 0 while the head is not whole */
	size_t body; /* its length */
	int status;
};

/* Says why on standard error and ends the program. */
void give_up(const char *what) __attribute__((noreturn));
void *more_memory(void *at, size_t size);

/* A blocking connection to a port of this machine. */
int connect_to(int port);
/* Room for more bytes at the answer's end; gives where, and how many. */
char *answer_room(struct answer *answer, size_t *room);
/* Tells of @size bytes more there; true when the answer is whole. */
bool answer_add(struct answer *answer, size_t size);
void answer_clear(struct answer *answer);
/* Sends a request and waits for its answer. */
void ask(int fd, const char *request, size_t size, struct answer *answer);
/* The number behind a header's name ("X-Batch: "), -1 when there is none. */
long answer_number(const struct answer *answer, const char *name);
const char *answer_body(const struct answer *answer);

#endif
