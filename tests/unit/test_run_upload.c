/*
 * What uploads leave behind: a file that is dropped takes its content along when nothing else names
 * it, in every order in which an upload or another drop of the same content may come; and the
 * budgets of a day, which count what was deleted too.
 */
#include "test_back_fixture.h"

static const struct sql chunks = { "SELECT COUNT(*) FROM file_chunk" };
static const struct sql files = { "SELECT COUNT(*) FROM file" };
static const struct sql sums = { "SELECT COUNT(*) FROM upload_day" };
static const struct sql name_by_job = {
	"INSERT INTO job_file (job, name, digest, size, media_type, created_at)"
	" SELECT id, 'x', digest, size, media_type, 1 FROM file"
};
static const struct sql forget_job = { "DELETE FROM job_file" };
static const char pdf[] = "application/pdf";

/* One of two people, each with a connection. */
struct side {
	struct back *back;
	struct db *db;
	struct tx tx;
	struct problems problems;
};

static void side_begin(struct side *side)
{
	int64_t now = clock_now(&side->back->app.clock);

	side->problems = (struct problems){ .arena = side->back->arena };
	side->tx = (struct tx){
		.app = &side->back->app,
		.db = side->db,
		.arena = side->back->arena,
		.problems = &side->problems,
		.actor = &side->back->actor,
		.event = id_new(now),
		.now = now,
		.day = day_of(now),
		.address = TEXT("192.0.2.1"),
	};
	assert_int_equal(db_begin(side->db), OK);
}

static struct id owner_of(const struct side *side)
{
	return side->back->actor.organisation;
}

static enum err side_store(struct side *side, struct id id, struct text content)
{
	return file_store(&side->tx, id, owner_of(side), content, pdf);
}

static struct id stored(struct side *side, struct text content)
{
	struct id id = id_new(clock_now(&side->back->app.clock));

	side_begin(side);
	assert_int_equal(side_store(side, id, content), OK);
	assert_int_equal(db_commit(side->db), OK);
	return id;
}

static void dropped(struct side *side, struct id id)
{
	side_begin(side);
	assert_int_equal(file_drop(&side->tx, owner_of(side), id), OK);
	assert_int_equal(db_commit(side->db), OK);
}

static void reads(struct side *side, struct id id, struct text content)
{
	struct text read;

	assert_int_equal(file_read(side->db, side->back->arena, &side->back->actor, id, &read), OK);
	assert_true(text_equal(read, content));
}

static void sides_open(struct back *back, struct side *a, struct side *b)
{
	*a = (struct side){ .back = back, .db = back->db };
	*b = (struct side){ .back = back, .db = db_new(back->app.database, &back->app.log) };
	assert_non_null(b->db);
	assert_int_equal(db_connect(b->db), OK);
	assert_int_equal(number(back->db, &files), 0);
	assert_int_equal(number(back->db, &chunks), 0);
}

static void sides_close(struct side *b)
{
	db_free(b->db);
}

static struct text big(struct back *back)
{
	size_t size = 2 * (size_t)FILE_CHUNK_SIZE + 5;
	char *bytes = arena_take(back->arena, size);

	memset(bytes, 'p', size);
	return (struct text){ bytes, size };
}

static void the_last_file_takes_its_content_along(void **state)
{
	struct back *back = *state;
	struct text content = big(back);
	struct side a, b;

	sides_open(back, &a, &b);
	struct id first = stored(&a, content), second = stored(&a, content);
	assert_int_equal(number(back->db, &chunks), 3);
	side_begin(&a);
	assert_int_equal(file_drop(&a.tx, id_new(7), first), ERR_NOT_FOUND);
	assert_int_equal(db_rollback(a.db), OK);
	dropped(&a, first);
	assert_int_equal(number(back->db, &chunks), 3);
	reads(&a, second, content);
	run(back->db, &name_by_job);
	dropped(&a, second);
	assert_int_equal(number(back->db, &chunks), 3);
	run(back->db, &forget_job);
	dropped(&a, stored(&a, content));
	assert_int_equal(number(back->db, &chunks), 0);
	assert_int_equal(number(back->db, &files), 0);
	sides_close(&b);
}

/* The upload holds the first piece: the drop waits for it, and finds the file then. */
static void a_drop_waits_for_an_upload(void **state)
{
	struct back *back = *state;
	struct text content = big(back);
	struct side up, down;
	struct id new = id_new(clock_now(&back->app.clock));

	sides_open(back, &up, &down);
	struct id old = stored(&up, content);
	side_begin(&up);
	assert_int_equal(side_store(&up, new, content), OK);
	side_begin(&down);
	assert_int_equal(file_drop(&down.tx, owner_of(&down), old), ERR_DB_LOCKED);
	assert_int_equal(db_rollback(down.db), OK);
	assert_int_equal(db_commit(up.db), OK);
	dropped(&down, old);
	reads(&up, new, content);
	dropped(&down, new);
	assert_int_equal(number(back->db, &chunks), 0);
	sides_close(&down);
}

/* The drop holds the first piece: the upload waits for it, and writes all pieces anew. */
static void an_upload_waits_for_a_drop(void **state)
{
	struct back *back = *state;
	struct text content = big(back);
	struct side up, down;
	struct id new = id_new(clock_now(&back->app.clock));

	sides_open(back, &up, &down);
	struct id old = stored(&up, content);
	side_begin(&down);
	assert_int_equal(file_drop(&down.tx, owner_of(&down), old), OK);
	side_begin(&up);
	assert_int_equal(side_store(&up, new, content), ERR_DB_LOCKED);
	assert_int_equal(db_rollback(up.db), OK);
	assert_int_equal(db_commit(down.db), OK);
	side_begin(&up);
	assert_int_equal(side_store(&up, new, content), OK);
	assert_int_equal(db_commit(up.db), OK);
	reads(&up, new, content);
	assert_int_equal(number(back->db, &chunks), 3);
	dropped(&up, new);
	sides_close(&down);
}

/* A snapshot from before the upload: the drop must not go by it. */
static void a_drop_does_not_go_by_what_it_saw_before(void **state)
{
	struct back *back = *state;
	struct text content = big(back);
	struct side up, down;

	sides_open(back, &up, &down);
	struct id old = stored(&up, content);
	side_begin(&down);
	assert_int_equal(number(down.db, &files), 1);
	struct id new = stored(&up, content);
	enum err e = file_drop(&down.tx, owner_of(&down), old);
	assert_true(e == OK || e == ERR_DB_CONFLICT);
	assert_int_equal(e ? db_rollback(down.db) : db_commit(down.db), OK);
	reads(&up, new, content);
	if (e)
		dropped(&down, old);
	reads(&up, new, content);
	dropped(&up, new);
	assert_int_equal(number(back->db, &chunks), 0);
	sides_close(&down);
}

/* ---- budgets ---- */

static enum err counted(struct side *side, struct text address, int64_t bytes)
{
	side_begin(side);
	side->tx.address = address;
	enum err e = upload_of_address(&side->tx, bytes);
	assert_int_equal(e ? db_rollback(side->db) : db_commit(side->db), OK);
	return e;
}

static void an_address_has_a_budget(void **state)
{
	static const struct {
		const char *address;
		int64_t mib;
		enum err expected;
	} rows[] = {
		{ "192.0.2.1", 2, OK },
		{ "192.0.2.1", 2, ERR_UPLOADS_OF_DAY },
		{ "192.0.2.1", 1, OK }, /* what was refused did not count */
		{ "192.0.2.1", 1, ERR_UPLOADS_OF_DAY },
		{ "192.0.2.2", 3, OK },
		{ "2001:db8:1:2::1", 3, OK },
		{ "2001:db8:1:2:ffff::9", 1, ERR_UPLOADS_OF_DAY }, /* the same network */
		{ "2001:db8:1:3::1", 3, OK },
	};
	struct back *back = *state;
	struct side side = { .back = back, .db = back->db };

	back->app.settings.upload_address_mib = 3;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum err e =
			counted(&side, text_of(rows[i].address), rows[i].mib * (int64_t)MIB(1));

		if (e != rows[i].expected)
			print_error("row %zu\n", i);
		assert_int_equal(e, rows[i].expected);
	}
	assert_int_equal(number(back->db, &sums), 4);
	back->app.settings.upload_address_mib = 0;
	assert_int_equal(counted(&side, TEXT("192.0.2.1"), (int64_t)MIB(100)), OK);
	back->app.clock.shift_us = 9 * DAY_US;
	assert_int_equal(uploads_turn(&back->app, back->db), OK);
	assert_int_equal(number(back->db, &sums), 0);
	back->app.clock.shift_us = 0;
}

static void an_organisation_has_a_budget(void **state)
{
	struct back *back = *state;
	struct side side = { .back = back, .db = back->db };
	struct id first = back->actor.organisation;
	enum err e[3];

	back->app.settings.upload_organisation_mib = 1;
	for (size_t i = 0; i < COUNT_OF(e); i++) {
		side_begin(&side);
		back->actor.organisation = i < 2 ? first : id_new(2);
		e[i] = upload_of_organisation(&side.tx, (int64_t)MIB(1));
		assert_int_equal(e[i] ? db_rollback(side.db) : db_commit(side.db), OK);
	}
	assert_int_equal(e[0], OK);
	assert_int_equal(e[1], ERR_UPLOADS_OF_DAY);
	assert_int_equal(e[2], OK);
	back->actor.organisation = first;
	back->app.settings.upload_organisation_mib = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_file_takes_its_content_along),
		cmocka_unit_test(a_drop_waits_for_an_upload),
		cmocka_unit_test(an_upload_waits_for_a_drop),
		cmocka_unit_test(a_drop_does_not_go_by_what_it_saw_before),
		cmocka_unit_test(an_address_has_a_budget),
		cmocka_unit_test(an_organisation_has_a_budget),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
