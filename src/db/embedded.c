/*
 * The embedded server: who may start it, who only shares it. The holder of the lock on
 * DIR/embedded.lock owns the server. The lock goes with the process that holds it, so after a crash
 * the next one owns the server that still runs, and adopts it rather than starting a second on the
 * same data.
 *
 * Everybody holds a shared lock on DIR/embedded.users. Who can turn that into an exclusive one is
 * the last, and stops the server; an owner that ends before the others leaves it to them. While the
 * last one stops it, whoever comes anew waits for the end of that, and starts it again.
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
	int users;      /* descriptor; -1: not counted yet */
	bool is_up;
	int pause_s;           /* between one restart and the next */
	int64_t restart_after; /* by clock_monotonic */
};

static void pause_ms(int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

/* ---- the locks ------------------------------------------------------------------------------- */

/* Takes the lock DIR/@name as @how says, into @held; where others hold it against us, that stays
 * -1. False when there can be no lock. */
static bool lock_take(const struct embedded *embedded, const char *name, int how, int *held,
		      char *why)
{
	char path[SERVER_PATH_MAX];
	bool is_busy;
	int lock;

	snprintf(path, sizeof(path), "%s/%s", embedded->server.directory, name);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock >= 0 && !flock(lock, how | LOCK_NB)) {
		*held = lock;
		return true;
	}
	is_busy = lock >= 0 && errno == EWOULDBLOCK;
	if (!is_busy)
		snprintf(why, EMBEDDED_WHY_SIZE, "cannot lock %.150s: %s", path, strerror(errno));
	if (lock >= 0)
		close(lock);
	return is_busy;
}

/* Becomes the owner where there is none. */
static bool own(struct embedded *embedded, char *why)
{
	return embedded->lock >= 0 ||
	       lock_take(embedded, "embedded.lock", LOCK_EX, &embedded->lock, why);
}

/* Counts us among the users; while the last one stops the server, that is waited for. */
static bool join(struct embedded *embedded, char *why)
{
	int64_t end = clock_monotonic() + START_S * SECOND_US;

	while (lock_take(embedded, "embedded.users", LOCK_SH, &embedded->users, why)) {
		if (embedded->users >= 0)
			return true;
		snprintf(why, EMBEDDED_WHY_SIZE,
			 "another process has been stopping the database server for %d s", START_S);
		if (clock_monotonic() > end)
			return false;
		pause_ms(POLL_MS);
	}
	return false;
}

/* Whether nobody else uses the server: then it is ours, for an owner that is not the last goes at
 * once. */
static bool is_last(struct embedded *embedded)
{
	int64_t end = clock_monotonic() + SECOND_US;
	char why[EMBEDDED_WHY_SIZE];

	if (embedded->users < 0 || flock(embedded->users, LOCK_EX | LOCK_NB))
		return false;
	while (own(embedded, why) && embedded->lock < 0 && clock_monotonic() < end)
		pause_ms(POLL_MS);
	return embedded->lock >= 0;
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

/* Recovery after a crash may take a while, but a process that is gone is not waited for, unless its
 * owner may start it yet. */
static bool wait_until_up(struct embedded *embedded, char *why)
{
	int64_t end = clock_monotonic() + START_S * SECOND_US;

	while (clock_monotonic() < end) {
		bool is_alive = server_is_alive(&embedded->server);
		bool was_ours = embedded->lock >= 0;

		if (is_alive && server_answers(&embedded->server))
			return true;
		if (!is_alive && was_ours) {
			server_last_words(&embedded->server, "mariadbd", why);
			return false;
		}
		if (!is_alive && !own(embedded, why))
			return false;
		if (!was_ours)
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

	if (is_found && embedded->lock >= 0)
		log_line(embedded->log, LOG_INFO, "embedded",
			 "adopting a database server that still runs", LOG_INT("pid", server->pid));
	if (is_found || embedded->lock < 0) {
		if (wait_until_up(embedded, why))
			return server_create_database(server, why);
		if (embedded->lock < 0 || server_is_alive(server))
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
	embedded->lock = embedded->users = -1;
	if (!resolve(embedded, directory, why) || !join(embedded, why) || !own(embedded, why) ||
	    !bring_up(embedded, why)) {
		embedded_stop(embedded);
		return NULL;
	}
	embedded->is_up = true;
	*why = 0;
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
static void follow(struct embedded *embedded)
{
	char why[EMBEDDED_WHY_SIZE];

	if (embedded->lock >= 0)
		return;
	if (own(embedded, why) && embedded->lock >= 0)
		log_line(embedded->log, LOG_INFO, "embedded", "taking over the database server",
			 LOG_END);
	server_recall(&embedded->server);
}

bool embedded_watch(struct embedded *embedded)
{
	struct server *server = &embedded->server;

	follow(embedded);
	if (!server_is_alive(server)) {
		embedded->is_up = false;
		if (embedded->lock >= 0)
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
	if (is_last(embedded))
		shut_down(embedded);
	if (embedded->lock >= 0)
		close(embedded->lock);
	if (embedded->users >= 0)
		close(embedded->users);
	memory_free(embedded);
}
