/* Batches of the order desk: one transaction for many, each with its own outcome. */
#include "test_run_fixture.h"

enum { MANY = 32 };

/* An order of these tests takes from the thing; a bad one is refused wherever it stands. */
struct order {
	struct id id;
	int64_t amount;
	bool bad;
	int runs;
};

static const struct field order_fields[] = {
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(order, id) },
	{ .name = "amount", .kind = KIND_INT, .at = FIELD_AT(order, amount) },
};

/* Sums what all take, as the desk does. */
static enum err take_all(struct tx *tx, struct batch_item *const *items, size_t count)
{
	int64_t sum = 0;

	assert_ptr_equal(tx->actor, items[0]->actor);
	for (size_t i = 0; i < count; i++) {
		struct order *order = items[i]->arg;

		order->runs++;
		sum += order->amount;
		if (order->bad)
			return fail(items[i]->problems, ERR_NOT_ON_SALE, AT("/lines/0"));
	}
	return db_exec(tx->db, &add_thing, db_values(-sum, INT64_C(1)));
}

/* Requests of a batch, and their items as run_batched makes them. */
struct load {
	struct stage *stage;
	struct order orders[MANY];
	struct req *requests[MANY];
	struct batch_item *items[MANY];
	size_t count;
};

static void load_add(struct load *load, const char *key, const char *body, int64_t amount)
{
	size_t i = load->count++;
	struct req *rq = request_of(load->stage, key, body);

	load->orders[i] = (struct order){ .id = id_new((int64_t)i), .amount = amount };
	assert_int_equal(
		run_batched(rq, &load->orders[i], 20, order_fields, COUNT_OF(order_fields)), OK);
	load->requests[i] = rq;
	load->items[i] = rq->private->batched;
}

static void load_run_until(struct load *load, struct db *db, int64_t deadline)
{
	struct step step = { .app = &load->stage->app,
			     .db = db,
			     .arena = load->stage->base->arena };

	assert_int_equal(batch_run(&step, load->items, load->count, take_all, deadline), OK);
}

static void load_run(struct load *load, struct db *db)
{
	load_run_until(load, db, clock_monotonic() + 20 * SECOND_US);
}

static void load_end(struct load *load)
{
	for (size_t i = 0; i < load->count; i++)
		request_end(load->requests[i]);
	load->count = 0;
}

static struct load load_of(struct stage *stage, int64_t there)
{
	stage_clear(stage);
	assert_int_equal(db_exec(stage->db, &add_thing, db_values(there - 10, INT64_C(1))), OK);
	db_statement_count(stage->db);
	return (struct load){ .stage = stage };
}

static void assert_outcome(const struct load *load, size_t i, enum err outcome, bool replayed)
{
	const struct req *rq = load->requests[i];

	assert_int_equal(load->items[i]->outcome, outcome);
	if (outcome)
		return;
	assert_int_equal(rq->private->reply.status, 201);
	assert_true(rq->private->reply.body.size > 10);
	assert_int_equal(header_of(rq, "Idempotency-Replayed").at != NULL, replayed);
}

static void many_are_one_transaction(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 1000);

	for (int i = 0; i < MANY; i++)
		load_add(&load, NULL, "body", 2);
	load_run(&load, stage->db);
	/* BEGIN, the keys, the orders, the replies, COMMIT */
	assert_int_equal(db_statement_count(stage->db), 5);
	for (size_t i = 0; i < MANY; i++) {
		assert_outcome(&load, i, OK, false);
		assert_int_equal(load.orders[i].runs, 1);
	}
	assert_int_equal(thing(stage, 1), 1000 - 2 * MANY);
	assert_int_equal(number(stage->other, &count_keys), MANY);
	load_end(&load);
}

static void known_keys_are_answered_beside_new_ones(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);

	load_add(&load, "a", "body a", 1);
	load_run(&load, stage->db);
	struct text first =
		arena_text(stage->base->arena, buffer_text(&load.requests[0]->private->reply.body));
	load_end(&load);

	load_add(&load, "b", "body b", 2);
	load_add(&load, "a", "body a", 1);
	load_add(&load, "a", "another body", 4);
	load_add(&load, "c", "body c", 8);
	load_run(&load, stage->db);
	assert_outcome(&load, 0, OK, false);
	assert_outcome(&load, 1, OK, true);
	assert_true(text_equal(first, buffer_text(&load.requests[1]->private->reply.body)));
	assert_outcome(&load, 2, ERR_KEY_REUSED, false);
	assert_outcome(&load, 3, OK, false);
	assert_int_equal(load.orders[1].runs, 0);
	assert_int_equal(thing(stage, 1), 100 - 1 - 2 - 8);
	load_end(&load);
}

static void a_key_twice_in_a_batch_is_done_once(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);

	load_add(&load, "a", "body a", 1);
	load_add(&load, "b", "body b", 2);
	load_add(&load, "a", "body a", 1);
	load_add(&load, "b", "another", 4);
	load_add(&load, "a", "body a", 1);
	load_run(&load, stage->db);
	assert_outcome(&load, 0, OK, false);
	assert_outcome(&load, 1, OK, false);
	assert_outcome(&load, 2, OK, true);
	assert_outcome(&load, 3, ERR_KEY_REUSED, false);
	assert_outcome(&load, 4, OK, true);
	assert_int_equal(thing(stage, 1), 97);
	load_end(&load);
}

/* There are three left: in order of arrival the first two fit, the third does not, the fourth does
 * again. */
static void one_that_fails_sinks_no_other(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 3);

	load_add(&load, "a", "body", 1);
	load_add(&load, "b", "body", 1);
	load_add(&load, "c", "body", 2);
	load_add(&load, "d", "body", 1);
	load_add(&load, "e", "body", 0);
	load.orders[4].bad = true;
	load_run(&load, stage->db);
	assert_outcome(&load, 0, OK, false);
	assert_outcome(&load, 1, OK, false);
	assert_outcome(&load, 2, ERR_DB_CHECK, false);
	assert_outcome(&load, 3, OK, false);
	assert_outcome(&load, 4, ERR_NOT_ON_SALE, false);
	assert_int_equal(load.requests[4]->problems.items.count, 1);
	assert_int_equal(load.requests[3]->problems.items.count, 0);
	assert_int_equal(thing(stage, 1), 0);
	assert_int_equal(number(stage->other, &count_keys), 3);
	assert_int_equal(atomic_load(&stage->runtime.counters[COUNT_BATCH_SPLITS]), 1);
	load_end(&load);
}

static void nobody_is_tried_behind_the_time_of_all(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);

	load_add(&load, "a", "body a", 1);
	load_add(&load, "b", "body b", 2);
	load.orders[1].bad = true;
	load_run_until(&load, stage->db, clock_monotonic());
	for (size_t i = 0; i < load.count; i++) {
		assert_outcome(&load, i, ERR_BUSY, false);
		assert_int_equal(load.orders[i].runs, 1);
	}
	assert_int_equal(thing(stage, 1), 100);
	load_end(&load);
}

/* Wants half of what there is, and conflicts three times. */
static enum err take_hungrily(struct tx *tx, struct batch_item *const *items, size_t count)
{
	struct order *order = items[0]->arg;

	if (!arena_take(tx->arena, MIB(40)))
		return ERR_MEMORY;
	if (order->runs >= 3)
		return take_all(tx, items, count);
	order->runs++;
	return ERR_DB_CONFLICT;
}

static void a_run_has_memory_of_its_own(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);
	struct step step = { .app = &stage->app, .db = stage->db, .arena = stage->base->arena };

	load_add(&load, "a", "body a", 1);
	assert_int_equal(batch_run(&step, load.items, load.count, take_hungrily,
				   clock_monotonic() + 20 * SECOND_US),
			 OK);
	assert_outcome(&load, 0, OK, false);
	assert_int_equal(load.orders[0].runs, 4);
	load_end(&load);
}

static void a_busy_key_holds_up_only_itself(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);
	struct key_row row;
	bool taken;

	load_add(&load, "a", "body", 1);
	load_add(&load, "b", "body", 2);
	key_row_of(&row, &stage->organisation, TEXT("a"), &load.requests[0]->digest, 1);
	assert_int_equal(db_begin(stage->other), OK);
	assert_int_equal(key_insert(stage->other, &row, &taken), OK);
	load_run(&load, stage->db);
	assert_int_equal(db_rollback(stage->other), OK);
	assert_outcome(&load, 0, ERR_KEY_BUSY, false);
	assert_outcome(&load, 1, OK, false);
	assert_int_equal(thing(stage, 1), 98);
	load_end(&load);
}

static void unknown_commits_of_batches_are_resolved(void **state)
{
	static const struct {
		enum proxy_mode mode;
		int runs;
	} cases[] = { { PROXY_DROPS_COMMIT, 2 }, { PROXY_DROPS_ANSWER, 1 } };
	struct stage *stage = *state;
	struct proxy proxy;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct load load = load_of(stage, 100);

		proxy_start(&proxy, stage);
		atomic_store(&proxy.mode, cases[i].mode);
		struct db *db = db_new(&proxy.config, &stage->app.log);
		load_add(&load, "a", "body", 1);
		load_add(&load, NULL, "body", 2);
		load_run(&load, db);
		for (size_t n = 0; n < load.count; n++) {
			assert_outcome(&load, n, OK, false);
			assert_int_equal(load.orders[n].runs, cases[i].runs);
		}
		assert_int_equal(thing(stage, 1), 97);
		load_end(&load);
		db_free(db);
		proxy_stop(&proxy);
	}
}

static void without_a_database_all_are_told(void **state)
{
	struct stage *stage = *state;
	struct load load = load_of(stage, 100);
	struct db_config nowhere = { .socket = "/nonexistent/socket",
				     .user = "root",
				     .database = "xiangcai" };
	struct db *db = db_new(&nowhere, &stage->app.log);
	struct step step = { .app = &stage->app, .db = db, .arena = stage->base->arena };

	load_add(&load, "a", "body", 1);
	load_add(&load, "b", "body", 1);
	assert_int_equal(
		batch_run(&step, load.items, load.count, take_all, clock_monotonic() + SECOND_US),
		OK);
	assert_outcome(&load, 0, ERR_DB_DOWN, false);
	assert_outcome(&load, 1, ERR_DB_DOWN, false);
	load_end(&load);
	db_free(db);
}

static void commands_have_batches_too(void **state)
{
	struct stage *stage = *state;
	struct problems problems = { .arena = stage->base->arena };
	struct step step = { .app = &stage->app, .db = stage->db, .arena = stage->base->arena };
	struct actor actor = { .organisation = stage->organisation };

	stage_clear(stage);
	stage->hooks.desk = take_all;
	for (int round = 0; round < 2; round++) {
		struct order orders[3] = { { .amount = 1 }, { .amount = 2 }, { .bad = true } };
		struct batch_item items[3], *list[3];

		for (size_t i = 0; i < 3; i++) {
			items[i] =
				(struct batch_item){ .actor = &actor,
						     .key = arena_print(step.arena, "line %zu", i),
						     .request_id = TEXT("demo"),
						     .address = TEXT(""),
						     .now = 1,
						     .arg = &orders[i],
						     .arena = step.arena,
						     .problems = &problems,
						     .weight = 1 };
			list[i] = &items[i];
		}
		assert_int_equal(run_batch(&step, list, 3), OK);
		assert_int_equal(items[0].outcome, OK);
		assert_int_equal(items[1].outcome, OK);
		assert_int_equal(items[2].outcome, ERR_NOT_ON_SALE);
		assert_int_equal(orders[0].runs > 0, round == 0);
	}
	assert_int_equal(thing(stage, 1), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_are_one_transaction),
		cmocka_unit_test(known_keys_are_answered_beside_new_ones),
		cmocka_unit_test(a_key_twice_in_a_batch_is_done_once),
		cmocka_unit_test(one_that_fails_sinks_no_other),
		cmocka_unit_test(nobody_is_tried_behind_the_time_of_all),
		cmocka_unit_test(a_run_has_memory_of_its_own),
		cmocka_unit_test(a_busy_key_holds_up_only_itself),
		cmocka_unit_test(unknown_commits_of_batches_are_resolved),
		cmocka_unit_test(without_a_database_all_are_told),
		cmocka_unit_test(commands_have_batches_too),
	};

	return cmocka_run_group_tests_name("batches", tests, stage_start, stage_stop);
}
