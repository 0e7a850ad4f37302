/* What errors mean for a transaction, and what happens to it when its connection is lost. */
#include <signal.h>
#include <sys/wait.h>

#include "test_db_fixture.h"

enum {
	CREATE_PARENT,
	CREATE,
	EMPTY,
	EMPTY_PARENT,
	PARENT,
	INSERT,
	RETURNING,
	UPDATE,
	READ,
	COUNT,
	CONNECTION,
	KILL,
	DELETE_PARENT,
	SLEEP,
	BRIEF,
	IMPATIENT,
	STATEMENTS_MAX,
	READ_ONLY,
	LOOP,
	SQL_COUNT
};

static const struct sql sql[] = {
	[CREATE_PARENT] = { "CREATE TABLE IF NOT EXISTS parent (id BIGINT PRIMARY KEY)" },
	[CREATE] = { "CREATE TABLE IF NOT EXISTS child (id BIGINT PRIMARY KEY, parent BIGINT "
		     "REFERENCES parent (id),"
		     " stock INT NOT NULL CHECK (stock >= 0))" },
	[EMPTY] = { "DELETE FROM child" },
	[EMPTY_PARENT] = { "DELETE FROM parent" },
	[PARENT] = { "INSERT INTO parent VALUES (?)" },
	[INSERT] = { "INSERT INTO child VALUES (?, ?, ?)" },
	[RETURNING] = { "INSERT INTO child VALUES (?, ?, ?), (?, ?, ?) RETURNING id" },
	[UPDATE] = { "UPDATE child SET stock = stock + ? WHERE id = ?" },
	[READ] = { "SELECT stock FROM child WHERE id = ?" },
	[COUNT] = { "SELECT COUNT(*) FROM child" },
	[CONNECTION] = { "SELECT CONNECTION_ID()" },
	[KILL] = { "KILL CONNECTION ?" },
	[DELETE_PARENT] = { "DELETE FROM parent WHERE id = ?" },
	[SLEEP] = { "SELECT COUNT(*) FROM seq_1_to_1000000 a JOIN seq_1_to_1000000 b WHERE a.seq * "
		    "b.seq = 7" },
	[BRIEF] = { "SET max_statement_time = 0.05" },
	[IMPATIENT] = { "SET idle_transaction_timeout = 1" },
	[STATEMENTS_MAX] = { "SET GLOBAL max_prepared_stmt_count = ?" },
	[READ_ONLY] = { "SET SESSION TRANSACTION READ ONLY" },
	[LOOP] = { "SELECT id FROM child WHERE id IN (", "?", ")" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static struct db *second(const struct fixture *f)
{
	struct db *db = db_new(embedded_config(f->embedded), &f->log);

	assert_non_null(db);
	return db;
}

static enum err insert(struct db *db, int64_t id, int64_t parent, int64_t stock)
{
	return db_exec(db, &sql[INSERT], db_values(id, value_optional(parent), stock));
}

static enum err add(struct db *db, int64_t amount, int64_t id)
{
	return db_exec(db, &sql[UPDATE], db_values(amount, id));
}

static int64_t stock(struct db *db, int64_t id)
{
	int64_t out = -1;

	assert_int_equal(db_number(db, &sql[READ], db_values(id), &out), OK);
	return out;
}

static void begin_fresh(struct fixture *f)
{
	db_rollback(f->db);
	run(f->db, &sql[CREATE_PARENT]);
	run(f->db, &sql[CREATE]);
	run(f->db, &sql[EMPTY]);
	run(f->db, &sql[EMPTY_PARENT]);
	assert_int_equal(db_exec(f->db, &sql[PARENT], db_values(INT64_C(1))), OK);
	assert_int_equal(insert(f->db, 1, 1, 10), OK);
	assert_int_equal(insert(f->db, 2, 1, 10), OK);
}

static void refusals_by_the_data_have_names(void **state)
{
	struct fixture *f = *state;

	begin_fresh(f);
	assert_int_equal(insert(f->db, 1, 1, 10), ERR_DB_DUPLICATE);
	assert_int_equal(insert(f->db, 3, 1, -1), ERR_DB_CHECK);
	assert_int_equal(insert(f->db, 3, 1, INT64_C(3000000000)), ERR_DB_CHECK);
	assert_int_equal(insert(f->db, 3, 9, 1), ERR_DB_REFERENCE);
	assert_int_equal(db_exec(f->db, &sql[DELETE_PARENT], db_values(INT64_C(1))), ERR_DB_CHECK);
	assert_int_equal(add(f->db, -11, 1), ERR_DB_CHECK);
	assert_int_equal(number(f->db, &sql[COUNT]), 2);
}

/* The first row has been sent by then: only the end of the result tells. */
static void a_late_failure_of_returning_is_seen(void **state)
{
	static const struct field id = { .name = "id", .kind = KIND_INT };
	struct fixture *f = *state;
	struct values values = db_values(INT64_C(7), 1, 1, INT64_C(1), 1, 1);
	struct list list = { 0 };
	int64_t out;

	begin_fresh(f);
	assert_int_equal(db_read(f->db, &sql[RETURNING], values, &id, 1, f->arena, &out),
			 ERR_DB_DUPLICATE);
	assert_int_equal(
		db_list(f->db, &sql[RETURNING], values, &id, 1, sizeof(out), f->arena, &list),
		ERR_DB_DUPLICATE);
	assert_int_equal(db_exec(f->db, &sql[RETURNING], values), ERR_DB_DUPLICATE);
	assert_int_equal(number(f->db, &sql[COUNT]), 2);
}

static void transactions_commit_and_roll_back(void **state)
{
	struct fixture *f = *state;

	begin_fresh(f);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 5, 1), OK);
	assert_int_equal(db_rollback(f->db), OK);
	assert_int_equal(stock(f->db, 1), 10);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 5, 1), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(stock(f->db, 1), 15);
	assert_int_equal(db_commit(f->db), ERR_DB_BROKEN);
}

static void a_lock_is_waited_for_only_so_long(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	assert_int_equal(db_begin(other), OK);
	assert_int_equal(add(other, 1, 1), OK);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 1, 2), OK);
	assert_int_equal(add(f->db, 1, 1), ERR_DB_LOCKED);
	assert_int_equal(db_commit(other), OK);
	assert_int_equal(add(f->db, 1, 1), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(stock(f->db, 1), 12);
	db_free(other);
}

/* A row that changed behind the snapshot (1020): nothing of the transaction may go on. */
static void a_stale_snapshot_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(stock(f->db, 1), 10);
	assert_int_equal(add(other, 1, 1), OK);
	assert_int_equal(add(f->db, 1, 1), ERR_DB_CONFLICT);
	assert_int_equal(add(f->db, 1, 2), ERR_DB_CONFLICT);
	assert_int_equal(db_commit(f->db), ERR_DB_CONFLICT);
	assert_int_equal(db_rollback(f->db), OK);
	assert_int_equal(stock(f->db, 1), 11);
	assert_int_equal(stock(f->db, 2), 10);
	db_free(other);
}

/* A process of its own holds row 2 and wants row 1: one of the two is chosen to give way. False:
 * one was not given time for so long that the other waited in vain. */
static bool one_gives_way(struct fixture *f)
{
	int ready[2], status;
	enum err e;
	pid_t pid;
	char c;

	begin_fresh(f);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 1, 1), OK);
	pid = fork();
	if (!pid) {
		struct db *other = db_new(embedded_config(f->embedded), &f->log);

		e = db_begin(other);
		if (!e)
			e = add(other, 1, 2);
		if (write(ready[1], "x", 1) != 1)
			_exit(100);
		if (!e)
			e = add(other, 1, 1);
		if (!e)
			e = db_commit(other);
		_exit((int)e);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	usleep(200000);
	e = add(f->db, 1, 2);
	if (!e)
		e = db_commit(f->db);
	db_rollback(f->db);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	close(ready[0]);
	close(ready[1]);
	if (e == ERR_DB_LOCKED || WEXITSTATUS(status) == ERR_DB_LOCKED)
		return false;
	assert_true((e == OK && WEXITSTATUS(status) == ERR_DB_CONFLICT) ||
		    (e == ERR_DB_CONFLICT && WEXITSTATUS(status) == OK));
	assert_int_equal(stock(f->db, 1), 11);
	assert_int_equal(stock(f->db, 2), 11);
	return true;
}

static void a_deadlock_is_a_conflict(void **state)
{
	int tries = 0;

	while (!one_gives_way(*state))
		assert_true(++tries < 5);
}

static void slow_statements_are_given_up(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);
	int64_t out;

	assert_int_equal(db_exec(other, &sql[BRIEF], db_none), OK);
	assert_int_equal(db_number(other, &sql[SLEEP], db_none, &out), ERR_DB_SLOW);
	assert_int_equal(db_number(other, &sql[CONNECTION], db_none, &out), OK);
	db_free(other);
}

static void kill_connection(struct fixture *f, struct db *killer)
{
	int64_t connection = number(f->db, &sql[CONNECTION]);

	assert_int_equal(db_exec(killer, &sql[KILL], db_values(connection)), OK);
	usleep(50000);
}

/* A new connection in the middle would carry on outside the transaction. */
static void a_lost_connection_loses_the_transaction(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 1, 1), OK);
	kill_connection(f, other);
	assert_int_equal(add(f->db, 1, 1), ERR_DB_GONE);
	assert_int_equal(add(f->db, 1, 1), ERR_DB_GONE);
	assert_int_equal(db_commit(f->db), ERR_DB_GONE);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 5, 1), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(stock(f->db, 1), 15);
	db_free(other);
}

/* As a process that was stopped in the middle. */
static void who_stands_still_holds_no_rows(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	run(other, &sql[IMPATIENT]);
	assert_int_equal(db_begin(other), OK);
	assert_int_equal(add(other, 5, 1), OK);
	usleep(1500000);
	assert_int_equal(add(f->db, -1, 1), OK);
	assert_int_equal(add(other, 5, 2), ERR_DB_GONE);
	assert_int_equal(db_commit(other), ERR_DB_GONE);
	assert_int_equal(db_begin(other), OK);
	assert_int_equal(add(other, 2, 1), OK);
	assert_int_equal(db_commit(other), OK);
	assert_int_equal(stock(f->db, 1), 11);
	db_free(other);
}

static void begin_finds_a_dead_connection(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	kill_connection(f, other);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(add(f->db, 1, 1), OK);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(stock(f->db, 1), 11);
	db_free(other);
}

/* Only what cannot have done anything is sent again. */
static void a_select_alone_survives_a_dead_connection(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	kill_connection(f, other);
	assert_int_equal(stock(f->db, 1), 10);
	kill_connection(f, other);
	assert_int_equal(add(f->db, 1, 1), ERR_DB_GONE);
	assert_int_equal(add(f->db, 1, 1), OK);
	assert_int_equal(stock(f->db, 1), 11);
	db_free(other);
}

static pid_t server_pid(const struct fixture *f)
{
	char path[320], line[32];
	int64_t pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/db/mariadbd.pid", f->directory);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_true(text_to_int(text_part(text_of(line), 0, strcspn(line, "\n")), &pid));
	assert_true(pid > 1);
	return (pid_t)pid;
}

/* The server stands still while COMMIT is on its way: nobody can say, until one looks. */
static void a_commit_without_an_answer_is_unknown(void **state)
{
	struct fixture *f = *state;
	struct db_config brief = *embedded_config(f->embedded);
	pid_t pid = server_pid(f);
	struct db *db;

	begin_fresh(f);
	brief.read_s = 1;
	db = db_new(&brief, &f->log);
	assert_int_equal(db_begin(db), OK);
	assert_int_equal(add(db, 1, 1), OK);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(db_commit(db), ERR_DB_UNKNOWN);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(db_begin(db), OK);
	assert_in_range(stock(db, 1), 10, 11);
	assert_int_equal(db_commit(db), OK);
	db_free(db);
}

static void no_server_is_down(void **state)
{
	struct fixture *f = *state;
	static const struct db_config nowhere = { .socket = "/nonexistent/socket", .user = "root" };
	static const struct db_config refused = { .host = "127.0.0.1", .port = 1, .user = "root" };
	const struct db_config *configs[] = { &nowhere, &refused };
	int64_t out;

	for (size_t i = 0; i < COUNT_OF(configs); i++) {
		struct db *db = db_new(configs[i], &f->log);

		assert_int_equal(db_connect(db), ERR_DB_DOWN);
		assert_int_equal(db_begin(db), ERR_DB_DOWN);
		assert_int_equal(db_number(db, &sql[COUNT], db_none, &out), ERR_DB_DOWN);
		assert_int_equal(db_rollback(db), OK);
		db_free(db);
	}
}

static void a_read_only_server_is_down(void **state)
{
	struct fixture *f = *state;
	struct db *other = second(f);

	begin_fresh(f);
	assert_int_equal(db_exec(other, &sql[READ_ONLY], db_none), OK);
	assert_int_equal(db_begin(other), OK);
	assert_int_equal(add(other, 1, 1), ERR_DB_DOWN);
	db_free(other);
	assert_int_equal(stock(f->db, 1), 10);
}

/* At the server's limit of prepared statements the connection lets go of its own. */
static void prepared_statements_make_room(void **state)
{
	static const struct field id = { .name = "id", .kind = KIND_INT };
	struct fixture *f = *state;
	struct db *other = second(f);
	struct value keys[512];

	begin_fresh(f);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		keys[i] = value_i64((int64_t)i);
	db_disconnect(f->db);
	assert_int_equal(db_exec(other, &sql[STATEMENTS_MAX], db_values(4)), OK);
	for (size_t count = 1; count <= COUNT_OF(keys); count *= 2) {
		struct list list = { 0 };

		assert_int_equal(db_list_in(f->db, &sql[LOOP], db_none, keys, count, db_none, &id,
					    1, sizeof(int64_t), f->arena, &list),
				 OK);
		assert_int_equal(list.count, count > 2 ? 2 : count - 1);
	}
	assert_int_equal(db_exec(other, &sql[STATEMENTS_MAX], db_values(10000)), OK);
	db_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_by_the_data_have_names),
		cmocka_unit_test(a_late_failure_of_returning_is_seen),
		cmocka_unit_test(transactions_commit_and_roll_back),
		cmocka_unit_test(a_lock_is_waited_for_only_so_long),
		cmocka_unit_test(a_stale_snapshot_is_a_conflict),
		cmocka_unit_test(a_deadlock_is_a_conflict),
		cmocka_unit_test(slow_statements_are_given_up),
		cmocka_unit_test(a_lost_connection_loses_the_transaction),
		cmocka_unit_test(who_stands_still_holds_no_rows),
		cmocka_unit_test(begin_finds_a_dead_connection),
		cmocka_unit_test(a_select_alone_survives_a_dead_connection),
		cmocka_unit_test(a_commit_without_an_answer_is_unknown),
		cmocka_unit_test(no_server_is_down),
		cmocka_unit_test(a_read_only_server_is_down),
		cmocka_unit_test(prepared_statements_make_room),
	};

	return cmocka_run_group_tests_name("transactions", tests, fixture_start, fixture_stop);
}
