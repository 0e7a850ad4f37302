/* The embedded server: made, shared, adopted after a crash, restarted after its own, stopped. */
#include <signal.h>
#include <sys/wait.h>

#include "test_db_fixture.h"

enum { CREATE, INSERT, COUNT, PID_FILE, DURABLE, SQL_COUNT };

static const struct sql sql[] = {
	[CREATE] = { "CREATE TABLE IF NOT EXISTS kept (n BIGINT PRIMARY KEY)" },
	[INSERT] = { "INSERT INTO kept VALUES (?)" },
	[COUNT] = { "SELECT COUNT(*) FROM kept" },
	[PID_FILE] = { "SELECT @@pid_file" },
	[DURABLE] = { "SELECT @@innodb_flush_log_at_trx_commit = 1 AND @@innodb_doublewrite = 1 "
		      "AND @@skip_networking = 1" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* Each test has a directory of its own, as the fixture makes it, and starts what it needs. */
static int open_place(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	fixture_log(&f);
	fixture_directory(f.directory, sizeof(f.directory));
	f.arena = arena_new(0);
	*state = &f;
	return 0;
}

static int close_place(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	fixture_remove(f->directory);
	return 0;
}

static struct embedded *start(const struct fixture *f, const char *directory)
{
	char why[EMBEDDED_WHY_SIZE] = "";
	struct embedded *embedded = embedded_start(directory, &f->log, why);

	assert_string_equal(why, "");
	assert_non_null(embedded);
	return embedded;
}

static struct db *connect_to(const struct fixture *f, const struct embedded *embedded)
{
	struct db *db = db_new(embedded_config(embedded), &f->log);

	assert_non_null(db);
	assert_int_equal(db_connect(db), OK);
	return db;
}

static int64_t first_number(FILE *file)
{
	char line[64];
	int64_t out = 0;

	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_true(text_to_int(text_part(text_of(line), 0, strcspn(line, "\n")), &out));
	return out;
}

static pid_t server_pid(struct fixture *f, struct db *db)
{
	static const struct field path = { .name = "path", .kind = KIND_TEXT };
	struct text text;
	pid_t pid;

	assert_int_equal(db_read(db, &sql[PID_FILE], db_none, &path, 1, f->arena, &text), OK);
	pid = (pid_t)first_number(fopen(text.at, "r"));
	assert_true(pid > 1);
	return pid;
}

/* One that ended but that nobody has waited for yet has no working directory any more. */
static bool is_running(pid_t pid)
{
	char link[64], place[300];

	snprintf(link, sizeof(link), "/proc/%ld/cwd", (long)pid);
	return readlink(link, place, sizeof(place)) > 0;
}

static void the_server_is_made_and_stopped(void **state)
{
	struct fixture *f = *state;
	char inner[400], data[500];
	struct stat status;
	pid_t pid;

	snprintf(inner, sizeof(inner), "%s/deep/er", f->directory);
	snprintf(data, sizeof(data), "%s/db", inner);
	for (int64_t n = 0; n < 2; n++) {
		struct embedded *embedded = start(f, inner);
		struct db *db = connect_to(f, embedded);

		pid = server_pid(f, db);
		assert_true(is_running(pid));
		assert_int_not_equal(getsid(pid), getsid(0));
		assert_int_equal(number(db, &sql[DURABLE]), 1);
		run(db, &sql[CREATE]);
		assert_int_equal(number(db, &sql[COUNT]), n);
		assert_int_equal(db_exec(db, &sql[INSERT], db_values(n)), OK);
		assert_true(embedded_watch(embedded));
		db_free(db);
		embedded_stop(embedded);
		assert_false(is_running(pid));
	}
	assert_int_equal(stat(data, &status), 0);
	assert_int_equal(status.st_mode & 077, 0);
}

static void a_second_process_shares_the_server(void **state)
{
	struct fixture *f = *state;
	struct embedded *owner = start(f, f->directory);
	struct embedded *sharer = start(f, f->directory);
	struct db *db = connect_to(f, owner), *other = connect_to(f, sharer);
	pid_t pid = server_pid(f, db);

	assert_int_equal(server_pid(f, other), pid);
	assert_true(embedded_watch(sharer));
	db_free(other);
	embedded_stop(sharer);
	assert_true(is_running(pid));
	sharer = start(f, f->directory);
	embedded_stop(sharer);
	assert_true(is_running(pid));
	run(db, &sql[CREATE]);
	db_free(db);
	embedded_stop(owner);
	assert_false(is_running(pid));
}

/* A process of its own, that nobody gives time to clean up. */
static void serve_and_crash(struct fixture *f)
{
	char why[EMBEDDED_WHY_SIZE], path[300];
	struct embedded *embedded = embedded_start(f->directory, &f->log, why);
	struct db *db = embedded ? db_new(embedded_config(embedded), &f->log) : NULL;
	FILE *file;

	snprintf(path, sizeof(path), "%s/child.pid", f->directory);
	file = fopen(path, "w");
	if (!db || !file || db_exec(db, &sql[CREATE], db_none) ||
	    db_exec(db, &sql[INSERT], db_values(INT64_C(1))))
		_exit(1);
	fprintf(file, "%ld\n", (long)server_pid(f, db));
	fclose(file);
	kill(getpid(), SIGKILL);
}

static void a_server_is_adopted_after_a_crash_of_ours(void **state)
{
	struct fixture *f = *state;
	struct embedded *embedded;
	char path[300];
	struct db *db;
	int status;
	pid_t pid = fork();

	if (!pid)
		serve_and_crash(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	embedded = start(f, f->directory);
	db = connect_to(f, embedded);
	pid = server_pid(f, db);
	snprintf(path, sizeof(path), "%s/child.pid", f->directory);
	assert_int_equal(first_number(fopen(path, "r")), pid);
	assert_int_equal(number(db, &sql[COUNT]), 1);
	assert_true(embedded_watch(embedded));
	db_free(db);
	embedded_stop(embedded);
	assert_false(is_running(pid));
}

static bool comes_up(struct embedded *embedded)
{
	for (int i = 0; i < 1000; i++) {
		if (embedded_watch(embedded))
			return true;
		usleep(20000);
	}
	return false;
}

/* What was acknowledged is there afterwards; connections find their way back by themselves. */
static void a_dead_server_is_started_again(void **state)
{
	struct fixture *f = *state;
	struct embedded *embedded = start(f, f->directory);
	struct db *db = connect_to(f, embedded);
	pid_t pid = server_pid(f, db);

	run(db, &sql[CREATE]);
	for (int64_t n = 0; n < 100; n++)
		assert_int_equal(db_exec(db, &sql[INSERT], db_values(n)), OK);
	for (int round = 0; round < 2; round++) {
		pid_t before = pid;

		assert_int_equal(kill(pid, SIGKILL), 0);
		while (embedded_watch(embedded))
			usleep(1000);
		assert_true(comes_up(embedded));
		assert_int_equal(db_begin(db), OK);
		assert_int_equal(number(db, &sql[COUNT]), 100);
		assert_int_equal(db_commit(db), OK);
		pid = server_pid(f, db);
		assert_int_not_equal(pid, before);
	}
	db_free(db);
	embedded_stop(embedded);
	assert_false(is_running(pid));
}

/* The server died together with its owner; or its number belongs to somebody else by now. */
static void a_stale_record_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct embedded *embedded = start(f, f->directory);
	char path[300];
	FILE *file;

	embedded_stop(embedded);
	snprintf(path, sizeof(path), "%s/db.instance", f->directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "00112233445566778899aabbccddeeff %ld %s/db/mariadbd.sock\n", (long)getpid(),
		f->directory);
	fclose(file);
	embedded = start(f, f->directory);
	embedded_stop(embedded);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("rubbish\n", file);
	fclose(file);
	embedded = start(f, f->directory);
	embedded_stop(embedded);
}

/* A sharer takes over when the owner is gone, and the last one stops the server. */
static void a_sharer_inherits(void **state)
{
	struct fixture *f = *state;
	struct embedded *owner = start(f, f->directory);
	struct embedded *sharer = start(f, f->directory);
	struct db *db = connect_to(f, sharer);
	pid_t pid = server_pid(f, db);

	embedded_stop(owner);
	assert_true(embedded_watch(sharer));
	assert_int_equal(server_pid(f, db), pid);
	kill(pid, SIGKILL);
	while (embedded_watch(sharer))
		usleep(1000);
	assert_true(comes_up(sharer));
	assert_int_equal(db_begin(db), OK);
	assert_int_equal(db_rollback(db), OK);
	pid = server_pid(f, db);
	db_free(db);
	embedded_stop(sharer);
	assert_false(is_running(pid));
}

/* A command that only shares has no watch: it is the last all the same. */
static void the_last_one_stops_the_server(void **state)
{
	struct fixture *f = *state;
	struct embedded *owner = start(f, f->directory);
	struct embedded *sharer = start(f, f->directory);
	struct db *db = connect_to(f, sharer);
	pid_t pid = server_pid(f, db);

	embedded_stop(owner);
	assert_true(is_running(pid));
	assert_int_equal(server_pid(f, db), pid);
	db_free(db);
	embedded_stop(sharer);
	assert_false(is_running(pid));
}

/* Processes that come and go all the time: each finds a server that answers. */
static void who_comes_while_it_stops_waits(void **state)
{
	struct fixture *f = *state;
	pid_t pids[6];
	int status;

	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (int64_t n = 0; n < 3; n++) {
			char why[EMBEDDED_WHY_SIZE];
			struct embedded *embedded = embedded_start(f->directory, &f->log, why);
			struct db *db =
				embedded ? db_new(embedded_config(embedded), &f->log) : NULL;

			if (!db || db_exec(db, &sql[CREATE], db_none) ||
			    db_exec(db, &sql[INSERT], db_values((int64_t)i * 10 + n)))
				_exit(1);
			db_free(db);
			embedded_stop(embedded);
		}
		_exit(0);
	}
	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	struct embedded *embedded = start(f, f->directory);
	struct db *db = connect_to(f, embedded);
	assert_int_equal(number(db, &sql[COUNT]), 3 * COUNT_OF(pids));
	db_free(db);
	embedded_stop(embedded);
}

/* The owner was ended between the start of the server and the note of its process. */
static void a_server_without_its_number_is_found(void **state)
{
	struct fixture *f = *state;
	char path[300], line[256], instance[64], socket[128];
	struct embedded *embedded = start(f, f->directory);
	struct embedded *again;
	struct db *db = connect_to(f, embedded);
	pid_t pid = server_pid(f, db);
	long noted;
	FILE *file;

	db_free(db);
	snprintf(path, sizeof(path), "%s/db.instance", f->directory);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	/* the path of the socket may hold blanks */
	assert_int_equal(sscanf(line, "%63s %ld %127[^\n]", instance, &noted, socket), 3);
	assert_int_equal(noted, pid);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s 0 %s\n", instance, socket);
	fclose(file);
	again = start(f, f->directory);
	db = connect_to(f, again);
	assert_int_equal(server_pid(f, db), pid);
	db_free(db);
	embedded_stop(again);
	embedded_stop(embedded);
	assert_false(is_running(pid));
}

static void a_long_path_moves_the_socket(void **state)
{
	struct fixture *f = *state;
	struct embedded *embedded;
	char inner[400], socket[128];
	struct db *db;

	snprintf(inner, sizeof(inner), "%s/%090d", f->directory, 7);
	embedded = start(f, inner);
	snprintf(socket, sizeof(socket), "%s", embedded_config(embedded)->socket);
	assert_true(strlen(socket) <= 100);
	assert_false(text_starts(text_of(socket), f->directory));
	db = connect_to(f, embedded);
	run(db, &sql[CREATE]);
	db_free(db);
	embedded_stop(embedded);
	*strrchr(socket, '/') = 0;
	assert_int_not_equal(access(socket, F_OK), 0);
}

static void what_cannot_be_had_says_why(void **state)
{
	struct fixture *f = *state;
	char why[EMBEDDED_WHY_SIZE], path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/file", f->directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_null(embedded_start(path, &f->log, why));
	assert_non_null(strstr(why, "cannot lock"));
	assert_null(embedded_start("", &f->log, why));
	snprintf(path, sizeof(path), "%s/broken", f->directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/broken/db", f->directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/broken", f->directory);
	why[0] = 0;
	assert_null(embedded_start(path, &f->log, why));
	assert_non_null(strstr(why, "mariadbd ended: [ERROR] Fatal error"));
}

#define place_test(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		place_test(the_server_is_made_and_stopped),
		place_test(a_second_process_shares_the_server),
		place_test(a_server_is_adopted_after_a_crash_of_ours),
		place_test(a_dead_server_is_started_again),
		place_test(a_stale_record_is_not_believed),
		place_test(a_sharer_inherits),
		place_test(the_last_one_stops_the_server),
		place_test(who_comes_while_it_stops_waits),
		place_test(a_server_without_its_number_is_found),
		place_test(a_long_path_moves_the_socket),
		place_test(what_cannot_be_had_says_why),
	};

	return cmocka_run_group_tests_name("embedded", tests, NULL, NULL);
}
