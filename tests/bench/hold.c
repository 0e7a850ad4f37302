/*
 * Clients that have asked once and stay: hold PORT CONNECTIONS TARGET. Prints "held" when all have
 * their answer, and keeps the connections until its input ends.
 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int count, char **words)
{
	struct rlimit files = { 65536, 65536 };
	struct answer answer = { 0 };
	char request[1024], end;

	if (count != 4)
		give_up("usage: hold PORT CONNECTIONS TARGET");
	setrlimit(RLIMIT_NOFILE, &files);
	int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
			    words[3]);
	for (long i = strtol(words[2], NULL, 10); i > 0; i--) {
		int fd = connect_to((int)strtol(words[1], NULL, 10));

		ask(fd, request, (size_t)size, &answer);
		if (answer.status != 200)
			give_up("the answer is not 200");
	}
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &end, 1) > 0)
		continue;
	return 0;
}
