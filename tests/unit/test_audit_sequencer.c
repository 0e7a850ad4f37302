/* The sequencer: positions without gaps, each event once, folds in the same transaction, few
 * statements, nothing written when idle. */
#include "test_audit_fixture.h"

#include <pthread.h>

static const struct sql in_order = {
	"SELECT COUNT(*) FROM sequence a JOIN sequence b ON b.position = a.position + 1"
	" WHERE b.event > a.event"
};
static const struct sql last_position = { "SELECT MAX(position) FROM sequence" };
static const struct sql refused = { "SELECT COUNT(*) FROM outbox WHERE refused_at IS NOT NULL" };
static const struct sql forge = { "UPDATE event SET at = at + 1 WHERE id = ?" };
static const struct sql lose = { "DELETE FROM event WHERE id = ?" };
static const struct sql again = {
	"INSERT INTO outbox (event) SELECT event FROM sequence WHERE position = 2"
};
static const struct sql folded_make = { "CREATE TABLE IF NOT EXISTS folded (first BIGINT NOT NULL, "
					"last BIGINT NOT NULL, events BIGINT NOT NULL)" };
static const struct sql folded_clear = { "DELETE FROM folded" };
static const struct sql folded_add = {
	"INSERT INTO folded (first, last, events)"
	" SELECT ?, ?, COUNT(*) FROM sequence s JOIN event e ON e.id = s.event"
	" WHERE s.position BETWEEN ? AND ?"
};
static const struct sql folded_sum = {
	"SELECT CAST(IFNULL(SUM(events), 0) AS SIGNED) FROM folded"
};
static const struct sql folded_steps = { "SELECT COUNT(*) FROM folded" };

static enum err fold(struct tx *tx, int64_t first, int64_t last)
{
	return db_exec(tx->db, &folded_add, db_values(first, last, first, last));
}
static enum err failing_fold(struct tx *tx, int64_t first, int64_t last)
{
	(void)tx;
	return first <= last ? ERR_DB_CHECK : OK;
}
static enum err slow_fold(struct tx *tx, int64_t first, int64_t last)
{
	return last - first >= 10 ? ERR_DB_SLOW : fold(tx, first, last);
}
static const struct fold slow[] = { { "slow", slow_fold } };
static const struct fold folds[] = { { "test", fold } };
static const struct fold failing[] = { { "test", fold }, { "failing", failing_fold } };

static int fresh_folds(void **state)
{
	struct back *back = *state;

	run(back->db, &folded_make);
	run(back->db, &folded_clear);
	return fresh(state);
}

static struct lease leased(struct back *back)
{
	struct lease lease;

	assert_int_equal(lease_take(back->db, sequencer_name, id_new(1), &lease), OK);
	return lease;
}

static void test_positions(void **state)
{
	static struct id events[3000];
	struct back *back = *state;
	struct lease lease = leased(back);
	bool more = true;

	events_make(back, 3000, events);
	for (int64_t done = 0; more;) {
		db_statement_count(back->db);
		assert_int_equal(
			sequencer_turn(&back->app, back->db, back->arena, &lease, folds, 1, &more),
			OK);
		done += done + SEQUENCE_STEP_MAX <= 3000 ? SEQUENCE_STEP_MAX : 3000 - done;
		/* read, BEGIN, fence, head, rows of the sequence, outbox, fold, head, COMMIT */
		assert_in_range(db_statement_count(back->db), 10, 9 + 9);
		assert_int_equal(more, done < 3000);
		assert_int_equal(number(back->db, &head_position), done);
		assert_int_equal(number(back->db, &folded_sum), done);
		arena_reset(back->arena);
	}
	assert_int_equal(number(back->db, &last_position), 3000);
	assert_int_equal(number(back->db, &sequence_count), 3000);
	assert_int_equal(number(back->db, &in_order), 2999);
	assert_int_equal(number(back->db, &outbox_count), 0);
	assert_int_equal(number(back->db, &folded_steps), 3);
}

/* More than ten at once take too long: the steps become shorter until they are done. */
static void test_slow_folds(void **state)
{
	static struct id events[30];
	struct back *back = *state;
	struct lease lease = leased(back);
	bool more = true;

	events_make(back, 30, events);
	while (more)
		assert_int_equal(
			sequencer_turn(&back->app, back->db, back->arena, &lease, slow, 1, &more),
			OK);
	assert_int_equal(number(back->db, &head_position), 30);
	assert_int_equal(number(back->db, &folded_sum), 30);
	assert_int_equal(number(back->db, &outbox_count), 0);
	assert_in_range(number(back->db, &folded_steps), 4, 6);
}

static void test_idle(void **state)
{
	struct back *back = *state;
	struct lease lease = leased(back);
	bool more = true;

	db_statement_count(back->db);
	assert_int_equal(sequencer_turn(&back->app, back->db, back->arena, &lease, folds, 1, &more),
			 OK);
	assert_int_equal(db_statement_count(back->db), 1);
	assert_false(more);
	assert_int_equal(number(back->db, &folded_steps), 0);
}

static void test_a_failing_fold_undoes_the_step(void **state)
{
	struct back *back = *state;
	struct lease lease = leased(back);
	struct id events[10];
	bool more;

	events_make(back, 10, events);
	assert_int_equal(
		sequencer_turn(&back->app, back->db, back->arena, &lease, failing, 2, &more),
		ERR_DB_CHECK);
	assert_int_equal(number(back->db, &head_position), 0);
	assert_int_equal(number(back->db, &sequence_count), 0);
	assert_int_equal(number(back->db, &outbox_count), 10);
	assert_int_equal(number(back->db, &folded_steps), 0);
	assert_int_equal(sequencer_turn(&back->app, back->db, back->arena, &lease, folds, 1, &more),
			 OK);
	assert_int_equal(number(back->db, &folded_sum), 10);
}

static void test_a_lost_lease_writes_nothing(void **state)
{
	struct back *back = *state;
	struct lease lease = leased(back), stale = lease;
	struct id events[3];
	bool more;

	stale.fence--;
	events_make(back, 3, events);
	assert_int_equal(sequencer_turn(&back->app, back->db, back->arena, &stale, folds, 1, &more),
			 ERR_CONFLICT);
	assert_int_equal(number(back->db, &outbox_count), 3);
	assert_int_equal(number(back->db, &sequence_count), 0);
}

/* What does not hold gets no position, stays where it is, and is in nobody's way. */
static void test_refused(void **state)
{
	struct back *back = *state;
	struct id events[10];
	struct req rq = { .app = &back->app, .db = back->db, .arena = back->arena };

	events_make(back, 4, events);
	drain(back);
	events_make(back, 10, events);
	assert_int_equal(db_exec(back->db, &forge, db_values(events[3])), OK);
	assert_int_equal(db_exec(back->db, &lose, db_values(events[7])), OK);
	run(back->db, &again);
	drain(back);
	assert_int_equal(number(back->db, &head_position), 4 + 8);
	assert_int_equal(number(back->db, &sequence_count), 4 + 8);
	assert_int_equal(number(back->db, &outbox_count), 3);
	assert_int_equal(number(back->db, &refused), 3);
	assert_int_equal(sequencer_wait(&rq), OK);
	events_make(back, 2, events);
	drain(back);
	assert_int_equal(number(back->db, &head_position), 4 + 8 + 2);
	assert_int_equal(number(back->db, &outbox_count), 3);
}

/* ---- with writers and a running loop
 * -------------------------------------------------------------------- */

static enum err turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more)
{
	return sequencer_turn(app, db, arena, lease, folds, 1, more);
}
static const struct leased_loop loops[] = { { sequencer_name, SECOND_US / 20, turn } };

enum { WRITERS = 3, ROUNDS = 40 };
struct writer {
	pthread_t thread;
	struct back back; /* a connection and an arena of its own */
	size_t written;
};

static void *writer_main(void *arg)
{
	static const size_t counts[] = { 1, 7, 32, 3 };
	struct writer *writer = arg;
	struct id events[32];

	for (size_t i = 0; i < ROUNDS; i++) {
		events_make(&writer->back, counts[i % 4], events);
		writer->written += counts[i % 4];
	}
	return NULL;
}

static void test_writers_and_waiters(void **state)
{
	static struct writer writers[WRITERS];
	struct back *back = *state;
	struct background background = { 0 };
	struct req rq = { .app = &back->app, .db = back->db, .arena = back->arena };
	struct id events[5];
	size_t written = 0;

	back->hooks.loops = loops;
	back->hooks.loop_count = 1;
	background.loops = leased_loops_start(&back->app, id_new(1));
	back->runtime.background = &background;
	assert_non_null(background.loops);
	for (size_t i = 0; i < WRITERS; i++) {
		writers[i].back = *back;
		writers[i].back.db = db_new(back->app.database, &back->app.log);
		writers[i].back.arena = arena_new(0);
		assert_int_equal(pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]),
				 0);
	}
	for (int i = 0; i < 20; i++) {
		/* whatever was committed before the wait is folded behind it */
		events_make(back, 5, events);
		written += 5;
		assert_int_equal(sequencer_wait(&rq), OK);
		assert_true(number(back->db, &folded_sum) >= (int64_t)written);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		written += writers[i].written;
		db_free(writers[i].back.db);
		arena_free(writers[i].back.arena);
	}
	assert_int_equal(sequencer_wait(&rq), OK);
	leased_loops_stop(background.loops);
	back->runtime.background = NULL;
	assert_int_equal(number(back->db, &head_position), written);
	assert_int_equal(number(back->db, &last_position), written);
	assert_int_equal(number(back->db, &sequence_count), written);
	assert_int_equal(number(back->db, &folded_sum), written);
}

static void test_nothing_to_wait_for(void **state)
{
	struct back *back = *state;
	struct req rq = { .app = &back->app, .db = back->db, .arena = back->arena };

	db_statement_count(back->db);
	assert_int_equal(sequencer_wait(&rq), OK);
	assert_int_equal(db_statement_count(back->db), 1);
}

static void test_nobody_sequences(void **state)
{
	struct back *back = *state;
	struct req rq = { .app = &back->app, .db = back->db, .arena = back->arena };
	struct id event;

	events_make(back, 1, &event);
	assert_int_equal(sequencer_wait(&rq), ERR_BUSY);
	drain(back);
	assert_int_equal(sequencer_wait(&rq), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_positions, fresh_folds),
		cmocka_unit_test_setup(test_slow_folds, fresh_folds),
		cmocka_unit_test_setup(test_idle, fresh_folds),
		cmocka_unit_test_setup(test_a_failing_fold_undoes_the_step, fresh_folds),
		cmocka_unit_test_setup(test_a_lost_lease_writes_nothing, fresh_folds),
		cmocka_unit_test_setup(test_refused, fresh_folds),
		cmocka_unit_test_setup(test_writers_and_waiters, fresh_folds),
		cmocka_unit_test_setup(test_nothing_to_wait_for, fresh_folds),
		cmocka_unit_test_setup(test_nobody_sequences, fresh_folds),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
