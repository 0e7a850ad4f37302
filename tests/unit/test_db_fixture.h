/*
 * What the tests of db share: one embedded server for each executable, in a directory of its own
 * that goes with it. SQL that sets the scene is run by db_exec like any other.
 */
#ifndef TEST_DB_FIXTURE_H
#define TEST_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* base has its own */
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xiangcai/db.h"

struct fixture {
	char directory[256];
	struct clock clock;
	struct log log;
	struct embedded *embedded;
	struct db *db;
	struct arena *arena;
};

static inline int fixture_remove_one(const char *path, const struct stat *status, int kind,
				     struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static inline void fixture_remove(const char *directory)
{
	nftw(directory, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_directory(char *out, size_t size)
{
	const char *base = getenv("TMPDIR");

	snprintf(out, size, "%s/xiangcai test-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(out));
}

/* Errors are provoked all the time: only XIANGCAI_TEST_LOG=1 shows what the log says of them. */
static inline void fixture_log(struct fixture *f)
{
	f->log = (struct log){ .fd = STDERR_FILENO, .level = LOG_ERROR + 1, .clock = &f->clock };
	if (getenv("XIANGCAI_TEST_LOG"))
		f->log.level = LOG_DEBUG;
}

static inline int fixture_start(void **state)
{
	static struct fixture f;
	char why[EMBEDDED_WHY_SIZE] = "";

	*state = &f;
	fixture_log(&f);
	fixture_directory(f.directory, sizeof(f.directory));
	f.embedded = embedded_start(f.directory, &f.log, why);
	if (!f.embedded)
		print_error("%s\n", why);
	assert_non_null(f.embedded);
	f.db = db_new(embedded_config(f.embedded), &f.log);
	f.arena = arena_new(0);
	assert_non_null(f.db);
	assert_non_null(f.arena);
	return 0;
}

static inline int fixture_stop(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	db_free(f->db);
	embedded_stop(f->embedded);
	fixture_remove(f->directory);
	return 0;
}

static inline void run(struct db *db, const struct sql *sql)
{
	assert_int_equal(db_exec(db, sql, db_none), OK);
}

static inline int64_t number(struct db *db, const struct sql *sql)
{
	int64_t out = -1;

	assert_int_equal(db_number(db, sql, db_none, &out), OK);
	return out;
}

#endif
