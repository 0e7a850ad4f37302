/* Migrations: applied once, in order, to the end; picked up where a crash left them; changed files
 * refused. */
#include <signal.h>
#include <sys/wait.h>

#include "test_db_fixture.h"

enum {
	DROP_ALL,
	CREATE_ALL,
	USE_ALL,
	TABLES,
	STEPS,
	FILES,
	DONE,
	ROWS,
	NOTE,
	LAST,
	FORGET,
	HOLD,
	RELEASE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[DROP_ALL] = { "DROP DATABASE xiangcai" },
	[CREATE_ALL] = { "CREATE DATABASE xiangcai CHARACTER SET utf8mb4 COLLATE "
			 "utf8mb4_nopad_bin" },
	[USE_ALL] = { "USE xiangcai" },
	[TABLES] = { "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
		     "'xiangcai'" },
	[STEPS] = { "SELECT statements_done FROM migration WHERE file = ?" },
	[FILES] = { "SELECT COUNT(*) FROM migration" },
	[DONE] = { "SELECT COUNT(*) FROM migration WHERE applied_at IS NOT NULL" },
	[ROWS] = { "SELECT COUNT(*) FROM a" },
	[NOTE] = { "SELECT note FROM a WHERE id = 2" },
	[LAST] = { "SELECT applied_at FROM migration WHERE file = ?" },
	[FORGET] = { "UPDATE migration SET statements_done = ?, applied_at = NULL WHERE file = ?" },
	[HOLD] = { "SELECT GET_LOCK('xiangcai.migrate', 0)" },
	[RELEASE] = { "SELECT RELEASE_LOCK('xiangcai.migrate')" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct place {
	char directory[256];
};

static void place_open(struct place *place, struct fixture *f)
{
	fixture_directory(place->directory, sizeof(place->directory));
	arena_reset(f->arena);
	run(f->db, &sql[DROP_ALL]);
	run(f->db, &sql[CREATE_ALL]);
	run(f->db, &sql[USE_ALL]);
}

static void place_write(const struct place *place, const char *name, const char *content)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void migrates(const struct fixture *f, const struct place *place, enum err expected,
		     size_t files)
{
	size_t applied = 99;

	assert_int_equal(db_migrate(f->db, place->directory, &f->log, &applied), expected);
	assert_int_equal(applied, files);
}

static int64_t steps(const struct fixture *f, const char *file)
{
	int64_t out = -1;

	assert_int_equal(db_number(f->db, &sql[STEPS], db_values(file), &out), OK);
	return out;
}

static const char first[] = "-- the first; of all\n"
			    "CREATE TABLE IF NOT EXISTS a (\n"
			    "  id BIGINT PRIMARY KEY, -- not a line of its own\n"
			    "  -- a comment between;\n"
			    "  note VARCHAR(50) NOT NULL\n"
			    ");\n"
			    "\n"
			    "INSERT INTO a VALUES (1, 'one');\r\n"
			    "  INSERT INTO a VALUES (2, 'a; b');  \n";
static const char later[] = "CREATE TABLE IF NOT EXISTS b (id BIGINT PRIMARY KEY);\n"
			    "SELECT 1;\n"
			    "ALTER TABLE b ADD COLUMN IF NOT EXISTS c INT;";

static void files_are_applied_once_and_in_order(void **state)
{
	static const struct field note = { .name = "note", .kind = KIND_TEXT };
	struct fixture *f = *state;
	struct place place;
	struct text text;
	int64_t when = 0;

	place_open(&place, f);
	place_write(&place, "0002_later.sql", later);
	place_write(&place, "0001_first.sql", first);
	place_write(&place, "README", "not a migration");
	f->clock.fixed_us = 1234567;
	migrates(f, &place, OK, 2);
	f->clock.fixed_us = 0;
	assert_int_equal(number(f->db, &sql[ROWS]), 2);
	assert_int_equal(number(f->db, &sql[TABLES]), 3);
	assert_int_equal(number(f->db, &sql[DONE]), 2);
	assert_int_equal(steps(f, "0001_first.sql"), 3);
	assert_int_equal(steps(f, "0002_later.sql"), 3);
	assert_int_equal(db_number(f->db, &sql[LAST], db_values("0001_first.sql"), &when), OK);
	assert_int_equal(when, 1234567);
	assert_int_equal(db_read(f->db, &sql[NOTE], db_none, &note, 1, f->arena, &text), OK);
	assert_true(text_is(text, "a; b"));
	migrates(f, &place, OK, 0);
	place_write(&place, "0003_more.sql", "INSERT INTO a VALUES (3, 'three');\n");
	migrates(f, &place, OK, 1);
	migrates(f, &place, OK, 0);
	assert_int_equal(number(f->db, &sql[ROWS]), 3);
	fixture_remove(place.directory);
}

static void a_changed_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct place place;

	place_open(&place, f);
	place_write(&place, "0001_first.sql", first);
	migrates(f, &place, OK, 1);
	place_write(&place, "0001_first.sql", "SELECT 1;\n");
	place_write(&place, "0002_later.sql", later);
	migrates(f, &place, ERR_DB_BROKEN, 0);
	assert_int_equal(number(f->db, &sql[FILES]), 1);
	fixture_remove(place.directory);
}

static void a_failing_statement_stops_and_may_be_mended(void **state)
{
	struct fixture *f = *state;
	struct place place;

	place_open(&place, f);
	place_write(&place, "0001_first.sql",
		    "CREATE TABLE IF NOT EXISTS a (id BIGINT PRIMARY KEY, note TEXT);\n"
		    "INSERT IGNORE INTO a VALUES (1, 'one');\n"
		    "INSERT INTO nowhere VALUES (1);\n"
		    "INSERT IGNORE INTO a VALUES (2, 'two');\n");
	place_write(&place, "0002_later.sql", later);
	migrates(f, &place, ERR_DB_BROKEN, 0);
	assert_int_equal(steps(f, "0001_first.sql"), 2);
	assert_int_equal(number(f->db, &sql[ROWS]), 1);
	assert_int_equal(number(f->db, &sql[DONE]), 0);
	place_write(&place, "0001_first.sql",
		    "CREATE TABLE IF NOT EXISTS a (id BIGINT PRIMARY KEY, note TEXT);\n"
		    "INSERT IGNORE INTO a VALUES (1, 'one');\n"
		    "INSERT IGNORE INTO a VALUES (2, 'two');\n");
	migrates(f, &place, OK, 2);
	assert_int_equal(steps(f, "0001_first.sql"), 3);
	assert_int_equal(number(f->db, &sql[ROWS]), 2);
	fixture_remove(place.directory);
}

/* As a crash leaves it: done but not recorded, for DDL; what is recorded is not run again. */
static void a_crash_half_way_is_picked_up(void **state)
{
	struct fixture *f = *state;
	struct place place;

	for (int done = 0; done <= 3; done++) {
		place_open(&place, f);
		place_write(&place, "0001_first.sql",
			    "CREATE TABLE IF NOT EXISTS a (id BIGINT PRIMARY KEY AUTO_INCREMENT, "
			    "note TEXT);\n"
			    "INSERT INTO a (note) VALUES ('x');\n"
			    "ALTER TABLE a ADD COLUMN IF NOT EXISTS more INT;\n");
		migrates(f, &place, OK, 1);
		assert_int_equal(db_exec(f->db, &sql[FORGET], db_values(done, "0001_first.sql")),
				 OK);
		migrates(f, &place, OK, 1);
		assert_int_equal(number(f->db, &sql[ROWS]), done < 2 ? 2 : 1);
		assert_int_equal(number(f->db, &sql[DONE]), 1);
		fixture_remove(place.directory);
	}
}

/* Killed again and again, wherever that strikes; every insert is there exactly once in the end. */
static void kills_at_any_place_lose_and_double_nothing(void **state)
{
	enum { INSERTS = 300 };
	struct fixture *f = *state;
	struct buffer content = { 0 };
	struct place place;

	place_open(&place, f);
	buffer_add(&content,
		   TEXT("CREATE TABLE IF NOT EXISTS a (id BIGINT PRIMARY KEY, note TEXT);\n"));
	for (int i = 0; i < INSERTS; i++)
		buffer_print(&content, "INSERT INTO a VALUES (%d, 'x');\n", i);
	buffer_char(&content, 0);
	place_write(&place, "0001_first.sql", content.at);
	for (int i = 1; i <= 5; i++) {
		size_t applied;
		pid_t pid = fork();

		if (!pid) {
			db_migrate(f->db, place.directory, &f->log, &applied);
			_exit(0);
		}
		usleep((useconds_t)i * 12000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	assert_int_equal(db_migrate(f->db, place.directory, &f->log, &(size_t){ 0 }), OK);
	assert_int_equal(number(f->db, &sql[ROWS]), INSERTS);
	assert_int_equal(steps(f, "0001_first.sql"), INSERTS + 1);
	buffer_free(&content);
	fixture_remove(place.directory);
}

static void faulty_directories_are_refused(void **state)
{
	static const struct {
		const char *name, *content;
	} cases[] = {
		{ "first.sql", "SELECT 1;\n" },
		{ "001_first.sql", "SELECT 1;\n" },
		{ "00001_first.sql", "SELECT 1;\n" },
		{ "0001.sql", "SELECT 1;\n" },
		{ "0002_twice.sql", "SELECT 1;\n" },
		{ "0003_no_end.sql", "SELECT 1;\nSELECT 2\n" },
	};
	struct fixture *f = *state;
	struct place place;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		place_open(&place, f);
		place_write(&place, "0002_good.sql", "SELECT 1;\n");
		place_write(&place, cases[i].name, cases[i].content);
		migrates(f, &place, ERR_DB_BROKEN, i == 5);
		fixture_remove(place.directory);
	}
	snprintf(place.directory, sizeof(place.directory), "/nonexistent");
	migrates(f, &place, ERR_DB_BROKEN, 0);
}

/* Two at once: one works, the other waits and finds it done. */
static void two_at_once_take_turns(void **state)
{
	struct fixture *f = *state;
	struct place place;
	size_t applied = 99;
	int status;
	pid_t pid;

	place_open(&place, f);
	place_write(&place, "0001_first.sql",
		    "CREATE TABLE a (id BIGINT PRIMARY KEY);\n"
		    "INSERT INTO a VALUES (1);\n");
	assert_int_equal(number(f->db, &sql[HOLD]), 1);
	pid = fork();
	if (!pid) {
		enum err e = db_migrate(f->db, place.directory, &f->log, &applied);

		_exit(e ? 100 : (int)applied);
	}
	usleep(100000);
	assert_int_equal(number(f->db, &sql[RELEASE]), 1);
	assert_int_equal(db_migrate(f->db, place.directory, &f->log, &applied), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal((size_t)WEXITSTATUS(status) + applied, 1);
	assert_int_equal(number(f->db, &sql[ROWS]), 1);
	fixture_remove(place.directory);
}

/* What follows the files: every time, under their lock, and not after a file that failed. */
struct following {
	struct fixture *f;
	int runs;
	enum err answer;
};

static enum err follow(struct db *db, void *context)
{
	struct following *following = context;

	following->runs++;
	assert_int_equal(number(following->f->db, &sql[HOLD]), 0);
	assert_int_equal(number(db, &sql[ROWS]), 1);
	return following->answer;
}

static void what_follows_runs_under_the_lock(void **state)
{
	struct fixture *f = *state;
	struct following following = { .f = f };
	struct place place;
	size_t applied;

	place_open(&place, f);
	place_write(&place, "0001_first.sql",
		    "CREATE TABLE a (id BIGINT PRIMARY KEY);\n"
		    "INSERT INTO a VALUES (1);\n");
	for (int i = 1; i <= 3; i++) {
		following.answer = i == 2 ? ERR_SEAL : OK;
		assert_int_equal(db_migrate_then(f->db, place.directory, &f->log, &applied, follow,
						 &following),
				 following.answer);
		assert_int_equal(following.runs, i);
	}
	place_write(&place, "0002_second.sql", "INSERT INTO nowhere VALUES (1);\n");
	assert_int_equal(
		db_migrate_then(f->db, place.directory, &f->log, &applied, follow, &following),
		ERR_DB_BROKEN);
	assert_int_equal(following.runs, 3);
	assert_int_equal(number(f->db, &sql[HOLD]), 1);
	assert_int_equal(number(f->db, &sql[RELEASE]), 1);
	fixture_remove(place.directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_applied_once_and_in_order),
		cmocka_unit_test(a_changed_file_is_refused),
		cmocka_unit_test(a_failing_statement_stops_and_may_be_mended),
		cmocka_unit_test(a_crash_half_way_is_picked_up),
		cmocka_unit_test(kills_at_any_place_lose_and_double_nothing),
		cmocka_unit_test(faulty_directories_are_refused),
		cmocka_unit_test(two_at_once_take_turns),
		cmocka_unit_test(what_follows_runs_under_the_lock),
	};

	return cmocka_run_group_tests_name("migrate", tests, fixture_start, fixture_stop);
}
