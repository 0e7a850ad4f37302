/* Answers are trusted to be well formed: they come from the server that is measured. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void give_up(const char *what)
{
	fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

void *more_memory(void *at, size_t size)
{
	at = realloc(at, size);
	if (!at)
		give_up("memory");
	return at;
}

int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((unsigned short)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		give_up("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

char *answer_room(struct answer *answer, size_t *room)
{
	if (answer->room - answer->size < 4096) {
		answer->room = answer->room ? 2 * answer->room : 16384;
		answer->at = more_memory(answer->at, answer->room);
	}
	*room = answer->room - answer->size - 1;
	return answer->at + answer->size;
}

long answer_number(const struct answer *answer, const char *name)
{
	const char *found = strcasestr(answer->at, name);

	if (!found || found >= answer->at + answer->head)
		return -1;
	return strtol(found + strlen(name), NULL, 10);
}

bool answer_add(struct answer *answer, size_t size)
{
	answer->size += size;
	answer->at[answer->size] = 0;
	if (!answer->head) {
		const char *end = strstr(answer->at, "\r\n\r\n");
		long length;

		if (!end)
			return false;
		answer->head = (size_t)(end - answer->at) + 4;
		length = answer_number(answer, "Content-Length: ");
		answer->body = length > 0 ? (size_t)length : 0;
		answer->status = (int)strtol(answer->at + 9, NULL, 10);
	}
	return answer->size >= answer->head + answer->body;
}

void answer_clear(struct answer *answer)
{
	answer->size = answer->head = answer->body = 0;
}

void ask(int fd, const char *request, size_t size, struct answer *answer)
{
	bool whole = false;

	answer_clear(answer);
	for (size_t sent = 0; sent < size;) {
		ssize_t part = send(fd, request + sent, size - sent, MSG_NOSIGNAL);

		if (part <= 0)
			give_up("cannot send");
		sent += (size_t)part;
	}
	while (!whole) {
		size_t room;
		char *at = answer_room(answer, &room);
		ssize_t got = recv(fd, at, room, 0);

		if (got <= 0)
			give_up("no answer");
		whole = answer_add(answer, (size_t)got);
	}
}

const char *answer_body(const struct answer *answer)
{
	return answer->at + answer->head;
}
