/*
 * What the tests of the work behind the requests share: the embedded server of test_db_fixture.h
 * with the tables of schema/sql, and an app whose runtime has no loops and no workers.
 */
#ifndef TEST_BACK_FIXTURE_H
#define TEST_BACK_FIXTURE_H

#include "test_db_fixture.h"

#include "../../src/run/background.h"

struct back {
	struct fixture *base;
	struct db *db;
	struct arena *arena;
	struct hooks hooks;
	struct runtime runtime;
	struct app app;
	struct actor actor;
};

static inline int back_start(void **state)
{
	static struct back back;
	char why[128] = "";
	size_t applied = 0;

	fixture_start(state);
	back.base = *state;
	back.db = back.base->db;
	back.arena = back.base->arena;
	assert_int_equal(db_migrate(back.db, SOURCE_DIR "/schema/sql", &back.base->log, &applied),
			 OK);
	back.app = (struct app){
		.log = back.base->log,
		.keys = keys_load(back.base->directory, why),
		.database = embedded_config(back.base->embedded),
		.hooks = &back.hooks,
		.runtime = &back.runtime,
	};
	assert_non_null(back.app.keys);
	back.runtime.app = &back.app;
	back.actor = (struct actor){ .user = id_new(1), .organisation = id_new(1), .roles = 5 };
	*state = &back;
	return 0;
}

static inline int back_stop(void **state)
{
	struct back *back = *state;

	keys_free(back->app.keys);
	*state = back->base;
	return fixture_stop(state);
}

/* Runs @fn as one transaction of the test's actor. */
static inline enum err in_transaction(struct back *back, event_fn *fn, void *arg)
{
	struct problems problems = { .arena = back->arena };
	int64_t now = clock_now(&back->app.clock);
	struct tx tx = {
		.app = &back->app,
		.db = back->db,
		.arena = back->arena,
		.problems = &problems,
		.actor = &back->actor,
		.event = id_new(now),
		.now = now,
		.day = day_of(now),
		.request_id = TEXT("test"),
		.address = TEXT("192.0.2.1"),
	};

	assert_int_equal(db_begin(back->db), OK);
	enum err e = fn(&tx, arg);
	if (e) {
		assert_int_equal(db_rollback(back->db), OK);
		return e;
	}
	return db_commit(back->db);
}

/* Waits up to 20 s until the number that @sql gives is @expected. */
static inline void wait_for(struct db *db, const struct sql *sql, int64_t expected)
{
	int64_t give_up = clock_monotonic() + 20 * SECOND_US;

	while (number(db, sql) != expected) {
		assert_true(clock_monotonic() < give_up);
		usleep(5000);
	}
}

#endif
