/* Business events: once and only once, whatever the database and the connection do meanwhile. */
#include "test_run_fixture.h"

/* What the event of these tests does and how it is disturbed. */
struct change {
	struct id id;
	int64_t amount, result;
	/* not in the reply */
	int runs;
	enum err refusal;
	bool conflict_once, kill_once;
	struct stage *stage;
};

static const struct field change_fields[] = {
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(change, id) },
	{ .name = "result", .kind = KIND_INT, .at = FIELD_AT(change, result) },
};

static void kill_ours(struct tx *tx, struct stage *stage)
{
	int64_t id;

	assert_int_equal(db_number(tx->db, &connection_id, db_none, &id), OK);
	db_exec(stage->other, &kill_connection, db_values(id));
}

static enum err change_thing(struct tx *tx, void *arg)
{
	struct change *change = arg;
	bool first = change->runs++ == 0;
	enum err e;

	assert_false(id_is_none(tx->event));
	if (change->refusal)
		return fail(tx->problems, change->refusal, AT("/amount"), ARG_INT(3));
	if (first && change->conflict_once) { /* a snapshot, then somebody else's change */
		e = db_number(tx->db, &get_thing, db_values(INT64_C(1)), &change->result);
		if (e)
			return e;
		assert_int_equal(db_exec(change->stage->other, &add_thing,
					 db_values(INT64_C(100), INT64_C(1))),
				 OK);
	}
	if (first && change->kill_once)
		kill_ours(tx, change->stage);
	e = db_exec(tx->db, &add_thing, db_values(change->amount, INT64_C(1)));
	if (e)
		return e;
	return db_number(tx->db, &get_thing, db_values(INT64_C(1)), &change->result);
}

static enum err go(struct req *rq, struct change *change)
{
	if (id_is_none(change->id))
		change->id = (struct id){ { 1, 2, 3 } };
	return run_event(rq, change_thing, change, change_fields, COUNT_OF(change_fields));
}

#define BODY  "{\"id\":\"01020300-0000-0000-0000-000000000000\",\"result\":15}"
#define PLACE "/things/01020300-0000-0000-0000-000000000000"

static void assert_reply(const struct req *rq, const char *replayed)
{
	assert_int_equal(rq->private->reply.status, 201);
	assert_text(buffer_text(&rq->private->reply.body), BODY);
	assert_text(header_of(rq, "Location"), PLACE);
	if (replayed)
		assert_text(header_of(rq, "Idempotency-Replayed"), replayed);
	else
		assert_null(header_of(rq, "Idempotency-Replayed").at);
}

static void a_key_is_done_once_and_answered_alike(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), OK);
	/* BEGIN, the key, the event's own two, the reply, COMMIT */
	assert_int_equal(db_statement_count(stage->db), 6);
	assert_reply(rq, NULL);
	request_end(rq);

	for (int i = 0; i < 3; i++) {
		rq = request_of(stage, "key-1", "body");
		assert_int_equal(go(rq, &change), OK);
		assert_reply(rq, "true");
		request_end(rq);
	}
	assert_int_equal(change.runs, 1);
	assert_int_equal(thing(stage, 1), 15);
	assert_int_equal(atomic_load(&stage->runtime.counters[COUNT_EVENT_REPLAYS]), 3);
}

static void a_key_stands_for_one_request(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), OK);
	request_end(rq);
	rq = request_of(stage, "key-1", "another body");
	assert_int_equal(go(rq, &change), ERR_KEY_REUSED);
	request_end(rq);
	/* the same key of somebody else is another one */
	rq = request_of(stage, "key-1", "another body");
	rq->actor.organisation = id_new(2);
	assert_int_equal(go(rq, &change), OK);
	request_end(rq);
	/* and so is one in other letters */
	rq = request_of(stage, "KEY-1", "another body");
	assert_int_equal(go(rq, &change), OK);
	request_end(rq);
	assert_int_equal(change.runs, 3);
	assert_int_equal(thing(stage, 1), 25);
}

static void nobody_has_keys_too(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };

	stage_clear(stage);
	for (int i = 0; i < 2; i++) {
		struct req *rq = request_of(stage, "key-1", "body");

		rq->actor.organisation = NO_ID;
		assert_int_equal(go(rq, &change), OK);
		assert_reply(rq, i ? "true" : NULL);
		request_end(rq);
	}
	assert_int_equal(change.runs, 1);
}

static void requests_without_a_key_are_each_their_own(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };

	stage_clear(stage);
	for (int i = 0; i < 2; i++) {
		struct req *rq = request_of(stage, NULL, "body");

		assert_int_equal(go(rq, &change), OK);
		request_end(rq);
	}
	assert_int_equal(change.runs, 2);
	assert_int_equal(number(stage->other, &count_keys), 2);
}

static void a_refusal_leaves_nothing_behind(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5, .refusal = ERR_STOCK_SHORT };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), ERR_STOCK_SHORT);
	assert_int_equal(rq->problems.items.count, 1);
	assert_int_equal(number(stage->other, &count_keys), 0);
	change.refusal = OK;
	assert_int_equal(go(rq, &change), OK);
	assert_reply(rq, NULL);
	assert_int_equal(rq->problems.items.count, 0);
	request_end(rq);
}

static void what_the_data_forbid_is_undone(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = -11 };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), ERR_DB_CHECK);
	assert_int_equal(change.runs, 1);
	assert_int_equal(number(stage->other, &count_keys), 0);
	assert_int_equal(thing(stage, 1), 10);
	request_end(rq);
}

static void a_key_in_work_is_busy(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };
	struct req *rq = request_of(stage, "key-1", "body");
	struct key_row row;
	bool taken;

	stage_clear(stage);
	key_row_of(&row, &rq->actor.organisation, rq->key, &rq->digest, rq->now);
	assert_int_equal(db_begin(stage->other), OK);
	assert_int_equal(key_insert(stage->other, &row, &taken), OK);
	assert_true(taken);
	assert_int_equal(go(rq, &change), ERR_KEY_BUSY);
	assert_int_equal(change.runs, 0);
	assert_int_equal(db_rollback(stage->other), OK);
	assert_int_equal(go(rq, &change), OK);
	request_end(rq);
}

/* What a handler refuses, by what changed since: not what was done under the key, or is being done.
 */
static void what_was_done_is_not_refused_later(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };
	struct req *rq = request_of(stage, "key-1", "body");
	struct req *again = request_of(stage, "key-1", "body");
	struct req *another = request_of(stage, "key-1", "other body");
	struct key_row row;
	bool taken;

	stage_clear(stage);
	assert_int_equal(run_replay(rq, ERR_STOCK_SHORT), ERR_STOCK_SHORT);
	key_row_of(&row, &rq->actor.organisation, rq->key, &rq->digest, rq->now);
	assert_int_equal(db_begin(stage->other), OK);
	assert_int_equal(key_insert(stage->other, &row, &taken), OK);
	assert_int_equal(run_replay(rq, ERR_STOCK_SHORT), ERR_KEY_BUSY);
	assert_int_equal(db_rollback(stage->other), OK);
	assert_int_equal(go(rq, &change), OK);
	fail(&again->problems, ERR_STOCK_SHORT, AT("/amount"), ARG_INT(4));
	assert_int_equal(run_replay(again, ERR_STOCK_SHORT), OK);
	assert_reply(again, "true");
	assert_int_equal(again->problems.items.count, 0);
	assert_true(text_equal(buffer_text(&rq->private->reply.body),
			       buffer_text(&again->private->reply.body)));
	assert_int_equal(run_replay(another, ERR_STOCK_SHORT), ERR_KEY_REUSED);
	assert_int_equal(run_replay(again, ERR_DB_DOWN), ERR_DB_DOWN);
	request_end(rq);
	request_end(again);
	request_end(another);
}

static void a_conflict_is_run_again(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5, .conflict_once = true, .stage = stage };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), OK);
	assert_int_equal(change.runs, 2);
	assert_int_equal(change.result, 115);
	assert_int_equal(thing(stage, 1), 115);
	assert_int_equal(atomic_load(&stage->runtime.counters[COUNT_EVENT_CONFLICTS]), 1);
	request_end(rq);
}

static void a_lost_connection_is_run_again(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5, .kill_once = true, .stage = stage };
	struct req *rq = request_of(stage, "key-1", "body");

	stage_clear(stage);
	assert_int_equal(go(rq, &change), OK);
	assert_int_equal(change.runs, 2);
	assert_int_equal(thing(stage, 1), 15);
	assert_reply(rq, NULL);
	request_end(rq);
}

static void unknown_commits_are_resolved_by_the_key(void **state)
{
	static const struct {
		enum proxy_mode mode;
		int runs;
	} cases[] = { { PROXY_DROPS_COMMIT, 2 }, { PROXY_DROPS_ANSWER, 1 } };
	struct stage *stage = *state;
	struct proxy proxy;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct change change = { .amount = 5 };
		struct req *rq = request_of(stage, i ? "key-1" : NULL, "body");

		stage_clear(stage);
		proxy_start(&proxy, stage);
		atomic_store(&proxy.mode, cases[i].mode);
		rq->db = db_new(&proxy.config, &stage->app.log);
		assert_int_equal(go(rq, &change), OK);
		assert_int_equal(change.runs, cases[i].runs);
		assert_int_equal(thing(stage, 1), 15);
		assert_reply(rq, NULL);
		assert_int_equal(atomic_load(&stage->runtime.counters[COUNT_EVENT_UNKNOWN]), 1);
		db_free(rq->db);
		proxy_stop(&proxy);
		request_end(rq);
	}
}

static void without_a_database_the_budget_ends(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };
	struct req *rq = request_of(stage, "key-1", "body");
	struct db_config nowhere = { .socket = "/nonexistent/socket",
				     .user = "root",
				     .database = "xiangcai" };

	rq->db = db_new(&nowhere, &stage->app.log);
	rq->private->deadline = clock_monotonic() + SECOND_US;
	assert_int_equal(go(rq, &change), ERR_DB_DOWN);
	assert_true(clock_monotonic() < rq->private->deadline + SECOND_US);
	assert_int_equal(change.runs, 0);
	db_free(rq->db);
	request_end(rq);
}

static void steps_are_done_once(void **state)
{
	struct stage *stage = *state;
	struct problems problems = { .arena = stage->base->arena };
	struct step step = { .app = &stage->app,
			     .db = stage->db,
			     .arena = stage->base->arena,
			     .problems = &problems,
			     .actor = { .organisation = stage->organisation } };
	struct change change = { .amount = 5 };
	bool before = true;

	stage_clear(stage);
	assert_int_equal(run_step(&step, TEXT("one"), change_thing, &change, &before), OK);
	assert_false(before);
	assert_int_equal(run_step(&step, TEXT("one"), change_thing, &change, &before), OK);
	assert_true(before);
	/* a client's key of that name is another one */
	struct req *rq = request_of(stage, "one", "body");
	assert_int_equal(go(rq, &change), OK);
	request_end(rq);
	assert_int_equal(change.runs, 2);
	change.refusal = ERR_REFUSED;
	assert_int_equal(run_step(&step, TEXT("two"), change_thing, &change, NULL), ERR_REFUSED);
	assert_int_equal(problems.items.count, 1);
}

static void an_event_without_fields_is_no_content(void **state)
{
	struct stage *stage = *state;
	struct change change = { .amount = 5 };

	stage_clear(stage);
	for (int i = 0; i < 2; i++) {
		struct req *rq = request_of(stage, "key-1", "body");

		assert_int_equal(run_event(rq, change_thing, &change, NULL, 0), OK);
		assert_int_equal(rq->private->reply.status, 204);
		assert_int_equal(rq->private->reply.body.size, 0);
		request_end(rq);
	}
	assert_int_equal(change.runs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_done_once_and_answered_alike),
		cmocka_unit_test(a_key_stands_for_one_request),
		cmocka_unit_test(nobody_has_keys_too),
		cmocka_unit_test(requests_without_a_key_are_each_their_own),
		cmocka_unit_test(a_refusal_leaves_nothing_behind),
		cmocka_unit_test(what_the_data_forbid_is_undone),
		cmocka_unit_test(a_key_in_work_is_busy),
		cmocka_unit_test(what_was_done_is_not_refused_later),
		cmocka_unit_test(a_conflict_is_run_again),
		cmocka_unit_test(a_lost_connection_is_run_again),
		cmocka_unit_test(unknown_commits_are_resolved_by_the_key),
		cmocka_unit_test(without_a_database_the_budget_ends),
		cmocka_unit_test(steps_are_done_once),
		cmocka_unit_test(an_event_without_fields_is_no_content),
	};

	return cmocka_run_group_tests_name("events", tests, stage_start, stage_stop);
}
