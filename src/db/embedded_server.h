/*
 * The process behind the embedded server: its files, its making, its start, what it says of itself.
 * Whether it is ours to touch is decided in embedded.c.
 */
#ifndef EMBEDDED_SERVER_H
#define EMBEDDED_SERVER_H

#include <limits.h>
#include <sys/types.h>

#include "xiangcai/db.h"

enum { SOCKET_PATH_MAX = 100, INSTANCE_SIZE = 32, SERVER_PATH_MAX = PATH_MAX + 64 };

struct server {
	char directory[PATH_MAX]; /* absolute; the data stand in its db/ */
	char socket[SOCKET_PATH_MAX + 1];
	char instance[INSTANCE_SIZE + 1]; /* random digits, new at every start, which the server
					     repeats when asked */
	pid_t pid;                        /* 0: none known */
	bool is_child;                    /* of this process, which then has to wait for it */
};

/* Each says in @why (EMBEDDED_WHY_SIZE bytes) what went wrong where it gives false. */

/* Makes the directories and the data directory with its system tables, if they are not there. */
bool server_install(struct server *server, char *why);
/* Starts mariadbd with a new instance id and records it. Does not wait for it. */
bool server_start(struct server *server, char *why);

/* Reads what the last start recorded. False when there is no record. */
bool server_recall(struct server *server);
/* Takes back what server_start left outside the data directory, once the process has ended. */
void server_forget(const struct server *server);
/* Whether the process lives and is this directory's mariadbd. Takes leave of a child that died. */
bool server_is_alive(struct server *server);
/* Whether it answers on its socket and is the instance it should be. @mysql_error, where not NULL,
 * gets the reason. */
bool server_answers(const struct server *server);
/* Creates the empty database of the product. */
bool server_create_database(const struct server *server, char *why);
/* The last line of the log of @program ("mariadbd") that tells of an error, into @why. */
void server_last_words(const struct server *server, const char *program, char *why);

#endif
