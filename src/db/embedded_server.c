/*
 * A mariadbd of our own: where its files stand, how it is made and started. It runs in its own
 * session, so that a Ctrl-C at the terminal reaches only us, who then stop it in order. Durability
 * is never traded: every commit is flushed.
 */
#include "embedded_server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xiangcai/crypto.h"

#include "db_internal.h"

extern char **environ;

enum { ARGUMENTS_MAX = 48, LOG_TAIL = 8192 };
#define LOG_FILE_SIZE "--innodb-log-file-size=256M"

/* What does not depend on the place. */
static const char *const server_options[] = {
	"--skip-networking",
	"--skip-name-resolve",
	"--local-infile=0",
	"--character-set-server=utf8mb4",
	"--collation-server=utf8mb4_nopad_bin",
	"--transaction-isolation=REPEATABLE-READ",
	"--innodb-snapshot-isolation=ON",
	"--innodb-flush-log-at-trx-commit=1",
	"--innodb-doublewrite=ON",
	"--innodb-buffer-pool-size=256M",
	/*
	 * What the optimiser believes of tables is counted when they are opened: what stays from a
	 * server that ended soon after it was filled calls them empty, and whole tables are then
	 * read, and locked, for a row.
	 */
	"--innodb-stats-persistent=OFF",
	"--innodb-stats-transient-sample-pages=64",
	LOG_FILE_SIZE,
	"--performance-schema=OFF",
	"--max-allowed-packet=64M",
	"--max-connections=200",
	"--max-prepared-stmt-count=1048576",
};

struct arguments {
	const char *at[ARGUMENTS_MAX];
	size_t count;
	struct arena *arena;
};

static void argument(struct arguments *arguments, const char *option, const char *value)
{
	assert(arguments->count + 1 < ARGUMENTS_MAX);
	arguments->at[arguments->count++] =
		value ? arena_print(arguments->arena, "%s%s", option, value).at : option;
}

static bool failed(char *why, const char *what, const char *path)
{
	snprintf(why, EMBEDDED_WHY_SIZE, "%s %.150s: %s", what, path, strerror(errno));
	return false;
}

/* DIR/NAME; SERVER_PATH_MAX leaves room for all names below. */
static const char *path_of(const struct server *server, const char *name, char *out)
{
	snprintf(out, SERVER_PATH_MAX, "%s/%s", server->directory, name);
	return out;
}

/* ---- processes ------------------------------------------------------------------------------- */

/* mariadbd stands in /usr/sbin, which the PATH of ordinary users lacks. */
static bool find_program(const char *name, char *out)
{
	const char *path = getenv("PATH");
	struct text places[] = { text_of(path),
				 TEXT("/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") };

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		while (places[i].at) {
			struct text place = text_cut(&places[i], ':');

			if (!place.size || place.at[0] != '/' || place.size > 200)
				continue;
			snprintf(out, SERVER_PATH_MAX, "%.*s/%s", TEXT_FMT(place), name);
			if (!access(out, X_OK))
				return true;
		}
	}
	errno = ENOENT;
	return false;
}

/* All signals as a fresh process has them, whatever this one blocks or ignores. */
static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
}

/* posix_spawn because a restart happens in a process full of threads; no descriptor but the log's
 * goes along. */
static bool spawn(const struct arguments *arguments, const char *working, const char *log,
		  pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND,
					 0600);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	posix_spawn_file_actions_addchdir_np(&files, working);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);
	error = posix_spawn(pid, arguments->at[0], &files, &attributes,
			    (char *const *)(uintptr_t)arguments->at, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	errno = error;
	return !error;
}

/* --user=<self>: mariadbd refuses to run as root unless it is told so. */
static void argument_user(struct arguments *arguments)
{
	struct passwd entry, *found = NULL;
	char names[4096];

	if (!getpwuid_r(geteuid(), &entry, names, sizeof(names), &found) && found)
		argument(arguments, "--user=", found->pw_name);
}

void server_last_words(const struct server *server, const char *program, char *why)
{
	char path[SERVER_PATH_MAX], tail[LOG_TAIL + 1];
	const char *last = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/log/%s.log", server->directory, program);
	file = fopen(path, "re");
	if (file) {
		if (fseek(file, -LOG_TAIL, SEEK_END))
			rewind(file);
		size = fread(tail, 1, LOG_TAIL, file);
		fclose(file);
	}
	tail[size] = 0;
	for (const char *at = strstr(tail, "[ERROR]"); at; at = strstr(at + 1, "[ERROR]")) {
		if (strncmp(at, "[ERROR] Aborting", 16) != 0)
			last = at;
	}
	if (last)
		snprintf(why, EMBEDDED_WHY_SIZE, "%s ended: %.*s", program,
			 (int)strcspn(last, "\n"), last);
	else
		snprintf(why, EMBEDDED_WHY_SIZE, "%s ended, see %.200s", program, path);
}

/* ---- making it ------------------------------------------------------------------------------- */

static bool make_directory(const char *path, char *why)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return true;
	return failed(why, "cannot make", path);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

/*
 * mariadb-install-db is a shell script that takes its arguments apart at blanks: it gets paths that
 * have none, from the server's directory, and for temporary files from the new data directory, in
 * which the server stands by then. Of two that are made at once in one place for such files, one
 * takes them from the other, so each has its own.
 */
static bool install_run(const struct server *server, struct arguments *arguments, char *why)
{
	char program[SERVER_PATH_MAX], log[SERVER_PATH_MAX];
	int status = 0;
	pid_t pid;

	path_of(server, "log/mariadb-install-db.log", log);
	if (!find_program("mariadb-install-db", program))
		return failed(why, "cannot find",
			      "mariadb-install-db (package mariadb-server-core)");
	argument(arguments, program, NULL);
	argument(arguments, "--no-defaults", NULL);
	argument_user(arguments);
	argument(arguments, "--datadir=./", "db.new");
	argument(arguments, "--auth-root-authentication-method=normal", NULL);
	argument(arguments, "--skip-test-db", NULL);
	argument(arguments, "--skip-name-resolve", NULL);
	argument(arguments, "--force", NULL);
	argument(arguments, "--tmpdir=", "../tmp");
	argument(arguments, LOG_FILE_SIZE, NULL);
	if (!spawn(arguments, server->directory, log, &pid))
		return failed(why, "cannot run", program);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return true;
	server_last_words(server, "mariadb-install-db", why);
	return false;
}

/* Under another name until it is whole: a data directory is either there or not. */
static bool install_data(struct server *server, const char *data, char *why)
{
	char fresh[SERVER_PATH_MAX], tables[SERVER_PATH_MAX];
	struct arguments arguments = { .arena = arena_new(0) };
	bool done;

	path_of(server, "db.new", fresh);
	path_of(server, "db.new/mysql", tables);
	nftw(fresh, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (!arguments.arena || !make_directory(fresh, why)) {
		arena_free(arguments.arena);
		return false;
	}
	done = install_run(server, &arguments, why);
	arena_free(arguments.arena);
	if (!done)
		return false;
	if (access(tables, F_OK))
		return failed(why, "mariadb-install-db did not make", tables);
	return !rename(fresh, data) || failed(why, "cannot make", data);
}

bool server_install(struct server *server, char *why)
{
	static const char *const directories[] = { "log", "tmp" };
	char path[SERVER_PATH_MAX];

	for (size_t i = 0; i < COUNT_OF(directories); i++) {
		if (!make_directory(path_of(server, directories[i], path), why))
			return false;
	}
	path_of(server, "db", path);
	return !access(path, F_OK) || install_data(server, path, why);
}

/* ---- starting it ----------------------------------------------------------------------------- */

/* Somebody else may have made the place of that name first. */
static bool place_is_private(const char *place, char *why)
{
	struct stat status;

	if (lstat(place, &status))
		return failed(why, "cannot use", place);
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 077))
		return true;
	snprintf(why, EMBEDDED_WHY_SIZE, "%.150s is not a private directory of ours", place);
	return false;
}

/*
 * Beside the data, unless the path is too long for a socket's address; then in the run directory,
 * or, where there is none, in a private one of ours.
 */
static bool choose_socket(struct server *server, char *why)
{
	char path[SERVER_PATH_MAX], place[SOCKET_PATH_MAX - 9], hash[2 * DIGEST_SIZE + 1];
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct digest digest;

	path_of(server, "db/mariadbd.sock", path);
	if (strlen(path) <= SOCKET_PATH_MAX) {
		snprintf(server->socket, sizeof(server->socket), "%.*s", SOCKET_PATH_MAX, path);
		return true;
	}
	digest = sha256(text_of(server->directory));
	hex_format(digest.bytes, 8, hash);
	if (run && run[0] == '/' && strlen(run) < 50)
		snprintf(place, sizeof(place), "%.50s/xiangcai-%.16s", run, hash);
	else
		snprintf(place, sizeof(place), "/tmp/xiangcai-%u-%.16s", (unsigned)geteuid(), hash);
	if (!make_directory(place, why) || !place_is_private(place, why))
		return false;
	snprintf(server->socket, sizeof(server->socket), "%s/db.sock", place);
	return true;
}

static bool start_run(struct server *server, struct arguments *arguments, char *why)
{
	char program[SERVER_PATH_MAX], data[SERVER_PATH_MAX], path[SERVER_PATH_MAX],
		log[SERVER_PATH_MAX];

	if (!find_program("mariadbd", program))
		return failed(why, "cannot find", "mariadbd (package mariadb-server-core)");
	path_of(server, "db", data);
	path_of(server, "log/mariadbd.log", log);
	argument(arguments, program, NULL);
	argument(arguments, "--no-defaults", NULL);
	argument_user(arguments);
	argument(arguments, "--datadir=", data);
	argument(arguments, "--socket=", server->socket);
	argument(arguments, "--pid-file=", path_of(server, "db/mariadbd.pid", path));
	argument(arguments, "--tmpdir=", path_of(server, "tmp", path));
	argument(arguments, "--log-error=", log);
	/* Read by nobody without replication: a place where a server can carry a name that SQL can
	 * ask for. */
	argument(arguments, "--report-host=", server->instance);
	for (size_t i = 0; i < COUNT_OF(server_options); i++)
		argument(arguments, server_options[i], NULL);
	if (!spawn(arguments, data, log, &server->pid))
		return failed(why, "cannot run", program);
	server->is_child = true;
	return true;
}

/* The record is what a later process adopts the server by. */
static bool record(const struct server *server, char *why)
{
	char path[SERVER_PATH_MAX], fresh[SERVER_PATH_MAX];
	FILE *file;
	bool written;

	path_of(server, "db.instance", path);
	path_of(server, "db.instance.new", fresh);
	file = fopen(fresh, "we");
	if (!file)
		return failed(why, "cannot write", fresh);
	written = fprintf(file, "%s %ld %s\n", server->instance, (long)server->pid,
			  server->socket) > 0;
	written = !fclose(file) && written;
	return (written && !rename(fresh, path)) || failed(why, "cannot write", path);
}

bool server_start(struct server *server, char *why)
{
	struct arguments arguments = { .arena = arena_new(0) };
	uint8_t instance[INSTANCE_SIZE / 2];
	bool done;

	random_bytes(instance, sizeof(instance));
	hex_format(instance, sizeof(instance), server->instance);
	server->pid = 0;
	/* recorded before, too: a crash between leaves a server that can be found */
	done = arguments.arena && choose_socket(server, why) && record(server, why) &&
	       start_run(server, &arguments, why) && record(server, why);
	arena_free(arguments.arena);
	return done;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

/* Numbers of processes are used again: ours stands in our data directory. */
static bool stands_in_data(const struct server *server, pid_t pid)
{
	char link[64], data[SERVER_PATH_MAX], place[SERVER_PATH_MAX];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
	size = readlink(link, place, sizeof(place));
	path_of(server, "db", data);
	return size > 0 && text_is((struct text){ place, (size_t)size }, data);
}

/* The process that stands in our data directory; 0: none does. */
static pid_t find_process(const struct server *server)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int64_t pid;
	pid_t found = 0;

	while (processes && !found && (entry = readdir(processes))) {
		if (text_to_int(text_of(entry->d_name), &pid) && pid > 1 &&
		    stands_in_data(server, (pid_t)pid))
			found = (pid_t)pid;
	}
	if (processes)
		closedir(processes);
	return found;
}

bool server_recall(struct server *server)
{
	char path[SERVER_PATH_MAX], line[256];
	struct text rest, instance, pid, socket;
	int64_t number;
	FILE *file = fopen(path_of(server, "db.instance", path), "re");
	bool read = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	if (!read)
		return false;
	rest = text_of(line);
	rest = text_cut(&rest, '\n');
	instance = text_cut(&rest, ' ');
	pid = text_cut(&rest, ' ');
	socket = rest;
	if (instance.size != INSTANCE_SIZE || !text_to_int(pid, &number) || number < 0 ||
	    number > INT32_MAX || !socket.size || socket.size > SOCKET_PATH_MAX)
		return false;
	snprintf(server->instance, sizeof(server->instance), "%.*s", TEXT_FMT(instance));
	snprintf(server->socket, sizeof(server->socket), "%.*s", TEXT_FMT(socket));
	if (!number) /* its owner was ended before it could say */
		number = find_process(server);
	server->is_child = server->is_child && server->pid == (pid_t)number;
	server->pid = (pid_t)number;
	return true;
}

void server_forget(const struct server *server)
{
	char path[SERVER_PATH_MAX], place[SOCKET_PATH_MAX + 1];
	char *end;

	unlink(path_of(server, "db.instance", path));
	snprintf(place, sizeof(place), "%s", server->socket);
	end = strrchr(place, '/');
	if (!end || !strncmp(place, server->directory, strlen(server->directory)))
		return;
	*end = 0;
	rmdir(place);
}

bool server_is_alive(struct server *server)
{
	if (server->pid <= 0)
		return false;
	if (server->is_child && waitpid(server->pid, NULL, WNOHANG) == server->pid) {
		server->pid = 0;
		server->is_child = false;
		return false;
	}
	return stands_in_data(server, server->pid);
}

static MYSQL *server_connect(const struct server *server)
{
	unsigned limit_s = 5;
	MYSQL *mysql = mysql_init(NULL);

	if (!mysql)
		return NULL;
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &limit_s);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &limit_s);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &limit_s);
	if (mysql_real_connect(mysql, NULL, "root", NULL, NULL, 0, server->socket, 0))
		return mysql;
	mysql_close(mysql);
	return NULL;
}

bool server_answers(const struct server *server)
{
	static const char question[] = "SELECT @@report_host, @@datadir";
	char data[SERVER_PATH_MAX];
	MYSQL *mysql = server_connect(server);
	MYSQL_RES *result = NULL;
	MYSQL_ROW row;
	bool is_ours;

	if (!mysql)
		return false;
	path_of(server, "db/", data);
	if (!mysql_real_query(mysql, question, sizeof(question) - 1))
		result = mysql_store_result(mysql);
	row = result ? mysql_fetch_row(result) : NULL;
	is_ours = row && row[0] && row[1] && !strcmp(row[0], server->instance) &&
		  !strcmp(row[1], data);
	mysql_free_result(result);
	mysql_close(mysql);
	return is_ours;
}

bool server_create_database(const struct server *server, char *why)
{
	static const char statement[] = "CREATE DATABASE IF NOT EXISTS xiangcai"
					" CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";
	MYSQL *mysql = server_connect(server);
	bool done = mysql && !mysql_real_query(mysql, statement, sizeof(statement) - 1);

	if (!done)
		snprintf(why, EMBEDDED_WHY_SIZE, "the database cannot be made: %.150s",
			 mysql ? mysql_error(mysql) : "no connection");
	mysql_close(mysql);
	return done;
}
