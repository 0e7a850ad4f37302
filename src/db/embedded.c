/*
 * The embedded server: who may start it, who only shares it. The holder of the lock on
 * DIR/embedded.lock owns the server. The lock goes with the process that holds it, so after a crash
 * the next one owns the server that still runs, and adopts it rather than starting a second on the
 * same data.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "embedded_server.h"

enum { START_S = 120, STOP_S = 60, POLL_MS = 20, PAUSE_MAX_S = 30 };

struct embedded {
	const struct log *log;
	struct db_config config;
	struct server server;
	char socket[SOCKET_PATH_MAX +
		    1]; /* what @config says: read by all threads, so never written again */
	int lock;       /* descriptor; -1: not ours */
	bool is_up;
	int pause_s;           /* between one restart and the next */
	int64_t restart_after; /* by clock_monotonic */
};

static void pause_ms(int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- the lock -------------------------------------------------------------------------------- */

/* Tries to become the owner; where another process is, @lock stays -1. False when there can be no
 * lock. */
static bool lock_take(struct embedded *embedded, char *why)
{
	char path[SERVER_PATH_MAX];
	int lock;

	snprintf(path, sizeof(path), "%s/embedded.lock", embedded->server.directory);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock >= 0 && !flock(lock, LOCK_EX | LOCK_NB)) {
		embedded->lock = lock;
		return true;
	}
	if (lock >= 0 && errno == EWOULDBLOCK) {
		close(lock);
		return true;
	}
	snprintf(why, EMBEDDED_WHY_SIZE, "cannot lock %.150s: %s", path, strerror(errno));
	if (lock >= 0)
		close(lock);
	return false;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Made with the parents it lacks, and only for us: what stands in it trusts whoever can enter. */
static bool make_directories(const char *directory, char *why)
{
	char path[PATH_MAX];
	size_t size = strlen(directory);

	if (!size || size >= sizeof(path)) {
		snprintf(why, EMBEDDED_WHY_SIZE, "the name of the directory has a bad length");
		return false;
	}
	memcpy(path, directory, size + 1);
	for (size_t i = 1; i <= size; i++) {
		if (path[i] && path[i] != '/')
			continue;
		path[i] = 0;
		if (mkdir(path, 0700) && errno != EEXIST) {
			snprintf(why, EMBEDDED_WHY_SIZE, "cannot make %.150s: %s", path,
				 strerror(errno));
			return false;
		}
		path[i] = directory[i];
	}
	return true;
}

/* Recovery after a crash may take a while, but a process that is gone is not waited for. */
static bool wait_until_up(struct embedded *embedded, char *why)
{
	int64_t end = clock_monotonic() + START_S * SECOND_US;

	while (clock_monotonic() < end) {
		bool is_alive = server_is_alive(&embedded->server);

		if (is_alive && server_answers(&embedded->server))
			return true;
		if (!is_alive && embedded->lock >= 0) {
			server_last_words(&embedded->server, "mariadbd", why);
			return false;
		}
		if (embedded->lock < 0)
			server_recall(&embedded->server);
		pause_ms(POLL_MS);
	}
	snprintf(why, EMBEDDED_WHY_SIZE,
		 "the database server did not answer within %d s, see %.150s/log", START_S,
		 embedded->server.directory);
	return false;
}

/* What still runs may also be about to end: it was told to stop before its owner died. */
static bool bring_up(struct embedded *embedded, char *why)
{
	struct server *server = &embedded->server;
	bool is_found = server_recall(server) && server_is_alive(server);

	if (embedded->lock < 0)
		return wait_until_up(embedded, why);
	if (is_found) {
		log_line(embedded->log, LOG_INFO, "embedded",
			 "adopting a database server that still runs", LOG_INT("pid", server->pid));
		if (wait_until_up(embedded, why))
			return server_create_database(server, why);
		if (server_is_alive(server))
			return false;
	}
	return server_install(server, why) && server_start(server, why) &&
	       wait_until_up(embedded, why) && server_create_database(server, why);
}

static void describe_connection(struct embedded *embedded)
{
	snprintf(embedded->socket, sizeof(embedded->socket), "%s", embedded->server.socket);
	embedded->config = (struct db_config){ .socket = embedded->socket,
					       .user = "root",
					       .database = "xiangcai" };
}

static bool resolve(struct embedded *embedded, const char *directory, char *why)
{
	if (!make_directories(directory, why))
		return false;
	if (realpath(directory, embedded->server.directory))
		return true;
	snprintf(why, EMBEDDED_WHY_SIZE, "cannot use %.150s: %s", directory, strerror(errno));
	return false;
}

struct embedded *embedded_start(const char *directory, const struct log *log, char *why)
{
	struct embedded *embedded = memory_take(sizeof(*embedded));
	int64_t since = clock_monotonic();

	if (!embedded) {
		snprintf(why, EMBEDDED_WHY_SIZE, "out of memory");
		return NULL;
	}
	embedded->log = log;
	embedded->lock = -1;
	if (!resolve(embedded, directory, why) || !lock_take(embedded, why) ||
	    !bring_up(embedded, why)) {
		embedded_stop(embedded);
		return NULL;
	}
	embedded->is_up = true;
	describe_connection(embedded);
	log_line(log, LOG_INFO, "embedded",
		 embedded->lock < 0 ? "sharing the database server" : "the database server runs",
		 LOG_INT("pid", embedded->server.pid),
		 LOG_INT("ms", (clock_monotonic() - since) / 1000));
	return embedded;
}

const struct db_config *embedded_config(const struct embedded *embedded)
{
	return &embedded->config;
}

/* ---- watching -------------------------------------------------------------------------------- */

static void restart(struct embedded *embedded)
{
	char why[EMBEDDED_WHY_SIZE] = "";

	if (clock_monotonic() < embedded->restart_after)
		return;
	embedded->pause_s = embedded->pause_s ? embedded->pause_s * 2 : 1;
	if (embedded->pause_s > PAUSE_MAX_S)
		embedded->pause_s = PAUSE_MAX_S;
	embedded->restart_after = clock_monotonic() + embedded->pause_s * SECOND_US;
	server_last_words(&embedded->server, "mariadbd", why);
	log_line(embedded->log, LOG_ERROR, "embedded",
		 "the database server died, starting it again", LOG_TEXT("why", text_of(why)));
	if (!server_start(&embedded->server, why))
		log_line(embedded->log, LOG_ERROR, "embedded",
			 "the database server cannot be started", LOG_TEXT("why", text_of(why)));
}

/* A sharer follows the owner's restarts, and takes over where the owner is gone. */
static bool is_ours_to_restart(struct embedded *embedded)
{
	char why[EMBEDDED_WHY_SIZE];

	if (embedded->lock >= 0)
		return true;
	server_recall(&embedded->server);
	return !server_is_alive(&embedded->server) && lock_take(embedded, why) &&
	       embedded->lock >= 0;
}

bool embedded_watch(struct embedded *embedded)
{
	struct server *server = &embedded->server;

	if (!server_is_alive(server)) {
		embedded->is_up = false;
		if (is_ours_to_restart(embedded))
			restart(embedded);
		return false;
	}
	if (!embedded->is_up && server_answers(server)) {
		embedded->is_up = true;
		embedded->pause_s = 0;
		log_line(embedded->log, LOG_INFO, "embedded", "the database server runs",
			 LOG_INT("pid", server->pid));
	}
	return embedded->is_up;
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void shut_down(struct embedded *embedded)
{
	int64_t end = clock_monotonic() + STOP_S * SECOND_US;
	pid_t pid = embedded->server.pid;

	if (!server_is_alive(&embedded->server))
		return;
	kill(pid, SIGTERM);
	while (server_is_alive(&embedded->server)) {
		if (clock_monotonic() > end) {
			log_line(embedded->log, LOG_WARNING, "embedded",
				 "the database server is still shutting down", LOG_INT("pid", pid));
			return;
		}
		pause_ms(POLL_MS);
	}
	server_forget(&embedded->server);
	log_line(embedded->log, LOG_INFO, "embedded", "the database server has stopped",
		 LOG_INT("pid", pid));
}

void embedded_stop(struct embedded *embedded)
{
	if (!embedded)
		return;
	if (embedded->lock >= 0) {
		shut_down(embedded);
		close(embedded->lock);
	}
	memory_free(embedded);
}
