/*
 * The roll-ups as the sequencer folds them: equal to the movements for any days, each movement
 * counted once, and nobody who places orders meanwhile waits for it.
 */
#include "test_audit_fixture.h"

#include "../../src/ledger/ledger_private.h"

static const struct sql clear_movements = { "DELETE FROM movement" };
static const struct sql clear_tables[] = { { "DELETE FROM rollup_county" },
					   { "DELETE FROM rollup_supplier" },
					   { "DELETE FROM rollup_unit" } };

static int begin_clear(void **state)
{
	struct back *back = *state;

	fresh(state);
	run(back->db, &clear_movements);
	for (size_t i = 0; i < COUNT_OF(clear_tables); i++)
		run(back->db, &clear_tables[i]);
	return 0;
}

static uint32_t random_below(uint32_t bound)
{
	static uint64_t seed = 99;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % bound);
}

/* Movements of one event: any measure, day, county, supplier and unit; some below zero. */
struct event_movements {
	struct id event;
	size_t count;
	struct movement movements[40];
};

static void movements_fill(struct event_movements *out, struct id event, size_t count)
{
	static const char *const counties[] = { "610924", "610621", "610102" };

	out->event = event;
	out->count = count;
	for (size_t i = 0; i < count; i++)
		out->movements[i] = (struct movement){
			.event = event,
			.number = (int64_t)i + 1,
			.measure = (int32_t)random_below(MEASURE_SETTLED + 1),
			.day = day_make(2025, 11, 20) + (int32_t)random_below(100),
			.channel = (int32_t)random_below(3),
			.supply_order = { { 7 } },
			.line = (int64_t)i + 1,
			.unit = { { (uint8_t)(1 + random_below(4)) } },
			.supplier = { { (uint8_t)(11 + random_below(5)) } },
			.county = text_of(counties[random_below(3)]),
			.category = TEXT("0701"),
			.quantity = (int64_t)random_below(2000) - 300,
			.fen = (int64_t)random_below(2000000) - 300000,
		};
}

static enum err write_movements(struct tx *tx, void *arg)
{
	struct event_movements *events = arg;
	struct note_state state = { 1, TEXT("x") };
	const struct audit_note note = { .kind = "thing.moved",
					 .object = events->event,
					 .fields = note_fields,
					 .field_count = COUNT_OF(note_fields),
					 .after = &state };

	enum err e = movements_insert(tx->db, events->movements, events->count);
	return e ? e : audit_many(tx, &events->event, &note, 1);
}

static void event_make(struct back *back, size_t count)
{
	struct event_movements events;

	movements_fill(&events, id_new(clock_now(&back->app.clock)), count);
	assert_int_equal(in_transaction(back, write_movements, &events), OK);
	arena_reset(back->arena);
}

static void assert_rollups(struct back *back, int64_t checked)
{
	struct buffer report = { 0 };
	struct verdict verdict = { .report = &report };

	assert_int_equal(ledger_verify(&back->app, back->db, back->arena, &verdict), OK);
	if (verdict.faults)
		print_error("%.*s", TEXT_FMT(buffer_text(&report)));
	assert_int_equal(verdict.faults, 0);
	assert_true(verdict.checked >= checked);
	buffer_free(&report);
}

static const struct sql movement_sums[] = {
	{ "SELECT CAST(SUM(fen) AS INT) FROM movement WHERE measure = ? AND day BETWEEN ? AND ?" },
	{ "SELECT CAST(SUM(fen) AS INT) FROM rollup_county WHERE measure = ? AND since BETWEEN ? "
	  "AND ? AND grain = 'day'" },
	{ "SELECT CAST(SUM(fen) AS INT) FROM rollup_supplier WHERE measure = ? AND since BETWEEN ? "
	  "AND ? AND grain = 'day'" },
	{ "SELECT CAST(SUM(fen) AS INT) FROM rollup_unit WHERE measure = ? AND since BETWEEN ? AND "
	  "? AND grain = 'day'" },
};
static const struct sql whole_sums[] = {
	{ "SELECT CAST(SUM(movements) AS INT) FROM rollup_county WHERE grain = 'month'" },
	{ "SELECT CAST(SUM(movements) AS INT) FROM rollup_supplier WHERE grain = 'month'" },
	{ "SELECT CAST(SUM(movements) AS INT) FROM rollup_unit WHERE grain = 'month'" },
	{ "SELECT COUNT(*) FROM movement" },
};

static void rollups_are_the_sums(void **state)
{
	struct back *back = *state;

	for (int step = 0; step < 6; step++) {
		for (int i = 0; i < 12; i++)
			event_make(back, random_below(41));
		assert_int_equal(
			sequencer_drain(&back->app, back->db, ledger_folds, ledger_fold_count), OK);
		assert_rollups(back, 100);
	}
	for (int i = 0; i < 60; i++) {
		const char *measure = measure_words[random_below(MEASURE_SETTLED + 1)];
		int32_t from = day_make(2025, 11, 1) + (int32_t)random_below(60);
		int32_t to = from + (int32_t)random_below(80);
		int64_t first = 0;

		for (size_t k = 0; k < COUNT_OF(movement_sums); k++) {
			int64_t sum;

			assert_int_equal(
				db_number(back->db, &movement_sums[k],
					  db_values(measure, value_day(from), value_day(to)), &sum),
				OK);
			assert_int_equal(sum, k ? first : sum);
			first = sum;
		}
	}
	for (size_t k = 0; k < COUNT_OF(whole_sums); k++)
		assert_int_equal(number(back->db, &whole_sums[k]),
				 number(back->db, &whole_sums[COUNT_OF(whole_sums) - 1]));
	/* a second pass finds nothing to do */
	assert_int_equal(sequencer_drain(&back->app, back->db, ledger_folds, ledger_fold_count),
			 OK);
	assert_rollups(back, 100);
}

/* ---- meanwhile ---- */

/* Somebody else's connection, used in the middle of the sequencer's transaction. */
static struct db *other_db;
static int64_t waited_us;
static enum err other_outcome;

/* Later than all that is being positioned, and in the midst of it. */
static enum err insert_meanwhile(struct tx *tx, int64_t first, int64_t last)
{
	static const struct sql middle = { "SELECT UNHEX(REPLACE(event, '-', '')) FROM sequence"
					   " WHERE position = ?" };
	static const struct field event_field[] = { { "event", KIND_BYTES, 0 } };
	int64_t begun = clock_monotonic();
	struct text bytes = { 0 };
	struct event_movements events;
	struct id ids[2] = { id_new(tx->now + 3600 * SECOND_US) };

	assert_int_equal(db_read(tx->db, &middle, db_values((first + last) / 2), event_field, 1,
				 tx->arena, &bytes),
			 OK);
	assert_int_equal(bytes.size, sizeof(struct id));
	memcpy(&ids[1], bytes.at, sizeof(struct id));
	ids[1].bytes[15]++;
	for (size_t i = 0; i < COUNT_OF(ids) && !other_outcome; i++) {
		struct tx other = *tx;

		other.db = other_db;
		movements_fill(&events, ids[i], 20);
		assert_int_equal(db_begin(other_db), OK);
		other_outcome = write_movements(&other, &events);
		if (!other_outcome)
			other_outcome = db_commit(other_db);
		else
			db_rollback(other_db);
	}
	waited_us = clock_monotonic() - begun;
	return OK;
}

static void nobody_waits_for_the_sequencer(void **state)
{
	struct back *back = *state;
	const struct fold folds[] = { ledger_folds[0], { "meanwhile", insert_meanwhile } };

	other_db = db_new(back->app.database, &back->app.log);
	for (int i = 0; i < 20; i++)
		event_make(back, 10);
	struct lease lease;
	bool more;
	assert_int_equal(lease_take(back->db, sequencer_name, id_new(1), &lease), OK);
	assert_int_equal(sequencer_turn(&back->app, back->db, back->arena, &lease, folds, 2, &more),
			 OK);
	db_free(other_db);
	print_message("two events beside an open step of the sequencer: %lld us\n",
		      (long long)waited_us);
	assert_int_equal(other_outcome, OK);
	assert_true(waited_us < SECOND_US);
	assert_int_equal(lease_give(back->db, &lease), OK);
	assert_int_equal(number(back->db, &outbox_count), 2);
	assert_int_equal(sequencer_drain(&back->app, back->db, ledger_folds, ledger_fold_count),
			 OK);
	assert_rollups(back, 20);
}

/* ---- how many statements ---- */

static void statements_of_a_step(void **state)
{
	struct back *back = *state;
	uint64_t counts[2];

	for (size_t i = 0; i < 2; i++) {
		for (int k = 0; k < (i ? 256 : 1); k++)
			event_make(back, 40);
		struct lease lease;
		bool more;
		assert_int_equal(lease_take(back->db, sequencer_name, id_new(1), &lease), OK);
		db_statement_count(back->db);
		assert_int_equal(sequencer_turn(&back->app, back->db, back->arena, &lease,
						ledger_folds, ledger_fold_count, &more),
				 OK);
		counts[i] = db_statement_count(back->db);
		assert_int_equal(lease_give(back->db, &lease), OK);
	}
	print_message("a step over 1 and over 256 events: %llu and %llu statements\n",
		      (unsigned long long)counts[0], (unsigned long long)counts[1]);
	assert_int_equal(counts[0], counts[1]);
	assert_rollups(back, 257);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rollups_are_the_sums, begin_clear),
		cmocka_unit_test_setup(nobody_waits_for_the_sequencer, begin_clear),
		cmocka_unit_test_setup(statements_of_a_step, begin_clear),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
