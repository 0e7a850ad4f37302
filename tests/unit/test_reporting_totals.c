/*
 * Totals against a real database: for any days, measure, dimension and scope they are the sums of
 * the movements, their passports open to exactly those movements, and go on doing so whatever
 * happens later.
 */
#include "test_audit_fixture.h"
#include "test_settle_fixture.h"

#include "../../src/reporting/reporting_private.h"

enum { ORDERS = 120, SCOPE_SAMPLES = 6, IDLE_EVENTS = 15000 };

static uint32_t random_below(uint32_t bound)
{
	static uint64_t seed = 20261122;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % bound);
}

/* ---- a year of business ---- */

/* Lines of a supply order with random quantities up to what @most gives. */
static struct part *some_parts(struct trade *t, const struct list *lines, bool reject)
{
	struct part *parts = arena_take(t->arena, (lines->count + 1) * sizeof(*parts));
	size_t count = 0;

	for (size_t i = 0; i < lines->count; i++) {
		const struct shipment_line *line = LIST_ITEM(*lines, struct shipment_line, i);
		int64_t quantity = 1 + random_below((uint32_t)line->quantity);

		parts[count] = (struct part){ .line = line->line, .quantity = quantity };
		if (reject && random_below(3) == 0) {
			parts[count].rejected = quantity;
			parts[count].quantity = line->quantity - quantity;
		}
		count++;
	}
	return parts;
}

/* What becomes of a supply order, as far as chance takes it. */
static void go_on(struct trade *t, size_t unit, size_t supplier, const struct supply_order *order)
{
	struct confirmation confirmation;
	struct shipment shipment;
	struct acceptance acceptance;
	const struct part second[] = { { .line = 2 }, { .line = 0 } };

	t->now += random_below(3) * DAY_US;
	if (random_below(8) == 0)
		return;
	assert_int_equal(
		trade_confirm(t, supplier, order->id,
			      order->line_count > 1 && random_below(4) == 0 ? second : NULL,
			      &confirmation),
		OK);
	t->now += random_below(6) * DAY_US;
	if (random_below(8) == 0)
		return;
	assert_int_equal(trade_ship(t, supplier, order->id, NULL, &shipment), OK);
	if (random_below(8) == 0)
		return;
	assert_int_equal(trade_receive(t, unit, &shipment, NULL), OK);
	t->now += random_below(20) * DAY_US;
	assert_int_equal(
		trade_accept(t, unit, &shipment, some_parts(t, &shipment.lines, true), &acceptance),
		OK);
}

static void business(struct trade *t, int32_t first, int32_t days, int orders)
{
	for (int i = 0; i < orders; i++) {
		struct want wants[TRADE_LINES_MAX] = { { 0 } };
		struct submission order;
		size_t unit = random_below(UNITS);

		t->now = day_start(first + (int32_t)random_below((uint32_t)days)) +
			 random_below(86400) * SECOND_US;
		for (uint32_t k = 0; k < 1 + random_below(4); k++)
			wants[k] = (struct want){
				t->skus[random_below(SUPPLIERS)][random_below(GOODS)],
				1 + random_below(3)
			};
		assert_int_equal(trade_place(t, unit, wants, &order), OK);
		int64_t placed = t->now;
		for (size_t s = 0; s < SUPPLIERS; s++)
			if (trade_part(t, &order, s)) {
				t->now = placed;
				go_on(t, unit, s, trade_part(t, &order, s));
			}
	}
	trade_sequence(t);
}

/* Some statements too, for what is settled. */
static void settle(struct trade *t, size_t supplier, int32_t month)
{
	struct statement statement = { .id = id_new(t->now),
				       .supplier = t->suppliers[supplier],
				       .month = month,
				       .held_fen = INT_NONE,
				       .confirmed_at = INT_NONE,
				       .released_at = INT_NONE };

	t->now = day_start(month_last(month) + 5);
	assert_int_equal(numbers_take(&t->back->app, NUMBER_STATEMENT, 1, &statement.number), OK);
	assert_int_equal(trade_do(t, &t->reconcilers[0], statement_prepare, &statement), OK);
	assert_int_equal(trade_do(t, &t->accountants[supplier], statement_confirm, &statement), OK);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_release, &statement), OK);
}

/* Movements of other channels and below zero, as later floors will write them. */
static enum err other_channels(struct tx *tx, void *arg)
{
	struct trade *t = arg;
	struct movement movements[60];
	const struct audit_note note = { .kind = "legacy.loaded", .object = tx->event };

	for (size_t i = 0; i < COUNT_OF(movements); i++)
		movements[i] = (struct movement){
			.event = tx->event,
			.number = (int64_t)i + 1,
			.measure = random_below(3) ? MEASURE_ACCEPTED : MEASURE_RETURNED,
			.day = day_make(2025, 11, 1) + (int32_t)random_below(380),
			.channel = random_below(2) ? CHANNEL_OFFLINE : CHANNEL_LEGACY,
			.supply_order = { { 1 } },
			.line = 1,
			.unit = t->units[random_below(UNITS)],
			.supplier = t->suppliers[random_below(SUPPLIERS)],
			.county = text_of(trade_counties[random_below(SUPPLIERS)]),
			.category = TEXT("0701"),
			.quantity = 1 + random_below(100),
			.fen = 1 + random_below(1000000),
		};
	for (size_t i = 0; i < COUNT_OF(movements); i++)
		if (movements[i].measure == MEASURE_RETURNED) {
			movements[i].quantity *= -1;
			movements[i].fen *= -1;
		}
	enum err e = movements_insert(tx->db, movements, COUNT_OF(movements));
	return e ? e : audit_event(tx, &note);
}

static int scene(void **state)
{
	static struct id idle[IDLE_EVENTS];

	trade_start(state);
	struct trade *t = *state;

	business(t, day_make(2025, 11, 1), 370, ORDERS / 2);
	/* so many that rows are read window by window */
	events_make(t->back, IDLE_EVENTS, idle);
	business(t, day_make(2025, 11, 1), 370, ORDERS / 2);
	settle(t, 0, day_make(2026, 3, 1));
	settle(t, 1, day_make(2026, 7, 1));
	assert_int_equal(trade_do(t, &t->reconcilers[0], other_channels, t), OK);
	trade_sequence(t);
	return 0;
}

/* ---- the sums, counted one by one ---- */

struct moved {
	int32_t measure, day, channel;
	struct id unit, supplier;
	struct text county;
	int64_t quantity, fen;
};
static const struct field moved_fields[] = {
	{ "measure", KIND_WORD, FIELD_AT(moved, measure), .words = measure_words },
	{ "day", KIND_DAY, FIELD_AT(moved, day) },
	{ "channel", KIND_WORD, FIELD_AT(moved, channel), .words = channel_words },
	{ "unit", KIND_ID, FIELD_AT(moved, unit) },
	{ "supplier", KIND_ID, FIELD_AT(moved, supplier) },
	{ "county", KIND_TEXT, FIELD_AT(moved, county) },
	{ "quantity", KIND_INT, FIELD_AT(moved, quantity) },
	{ "fen", KIND_FEN, FIELD_AT(moved, fen) },
};
static const struct sql moved_sql = {
	"SELECT measure, day, channel, unit, supplier, county, quantity, fen FROM movement"
};

/*
 * Where units stand: by their numbers, from a day to a day. The second table is that of a world in
 * which units have moved: in the middle of months, at their ends, for some days, and for a time
 * nowhere.
 */
struct stay {
	int32_t hierarchy;
	size_t root, unit;
	int32_t since, until; /* YYYYMMDD; 0: always, without end */
};
static const struct stay settled[] = {
	{ HIERARCHY_UNION, 0, 0, 0, 0 },
	{ HIERARCHY_UNION, 0, 1, 0, 0 },
	{ HIERARCHY_UNION, 1, 1, 0, 0 },
	{ HIERARCHY_GOVERNMENT, 2, 2, 0, 0 },
};
static const struct stay wandering[] = {
	{ HIERARCHY_UNION, 0, 0, 0, 0 },
	/* unit 1 leaves unit 0 in mid-May, is back for eleven days of June, and from August on */
	{ HIERARCHY_UNION, 0, 1, 0, 20260509 },
	{ HIERARCHY_UNION, 0, 1, 20260615, 20260625 },
	{ HIERARCHY_UNION, 0, 1, 20260801, 0 },
	{ HIERARCHY_UNION, 1, 1, 0, 0 },
	/* unit 2 comes under unit 1 in mid-March and goes on to unit 0 alone with July */
	{ HIERARCHY_UNION, 1, 2, 20260317, 20260630 },
	{ HIERARCHY_UNION, 0, 2, 20260317, 20260509 },
	{ HIERARCHY_UNION, 0, 2, 20260615, 20260625 },
	{ HIERARCHY_UNION, 0, 2, 20260701, 20260903 },
	{ HIERARCHY_GOVERNMENT, 2, 2, 0, 20260101 },
	{ HIERARCHY_GOVERNMENT, 2, 2, 20260131, 20260131 },
	{ HIERARCHY_GOVERNMENT, 2, 2, 20260301, 20260430 },
};
static const struct stay *stays = settled;
static size_t stay_count = COUNT_OF(settled);

static const struct sql drop_stays = { "DELETE FROM unit_ancestor" };
static const struct sql put_stay = {
	"INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth, since, until)"
	" VALUES (?, ?, ?, ?, ?, ?)"
};

static int32_t stay_day(int32_t written, int32_t otherwise)
{
	return written ? day_make(written / 10000, written / 100 % 100, written % 100) : otherwise;
}

static void move_units(struct trade *t)
{
	stays = wandering;
	stay_count = COUNT_OF(wandering);
	run(t->db, &drop_stays);
	for (size_t i = 0; i < stay_count; i++)
		assert_int_equal(db_exec(t->db, &put_stay,
					 db_values(word_of(hierarchy_words, stays[i].hierarchy),
						   t->units[stays[i].root], t->units[stays[i].unit],
						   (int32_t)(stays[i].root != stays[i].unit),
						   value_day(stay_day(stays[i].since, 0)),
						   value_day(stay_day(stays[i].until,
								      day_make(9999, 12, 31))))),
				 OK);
}

static bool is_below(const struct trade *t, const struct scope *scope, struct id unit, int32_t day)
{
	for (size_t i = 0; i < stay_count; i++)
		if (stays[i].hierarchy == scope->hierarchy &&
		    id_equal(t->units[stays[i].root], scope->root) &&
		    id_equal(t->units[stays[i].unit], unit) && day >= stay_day(stays[i].since, 0) &&
		    day <= stay_day(stays[i].until, INT32_MAX))
			return true;
	return false;
}

static bool counts(const struct trade *t, const struct definition *d, const struct moved *m)
{
	struct measures of = measures_of((enum report_measure)d->measure);

	if (m->measure != (int32_t)of.first && m->measure != (int32_t)of.second)
		return false;
	if (m->day < d->from || m->day > d->to ||
	    (d->channel != SMALL_NONE && d->channel != m->channel))
		return false;
	if (d->scope.kind == SCOPE_COUNTY)
		return text_is(m->county, d->scope.county);
	return d->scope.kind != SCOPE_HIERARCHY || is_below(t, &d->scope, m->unit, m->day);
}

static bool has_key(const struct definition *d, const struct moved *m, struct text key)
{
	char text[37];
	int year, month, day;

	switch (d->by) {
	case BY_COUNTY:
		return text_equal(m->county, key);
	case BY_SUPPLIER:
		return text_equal(id_format(m->supplier, text), key);
	case BY_UNIT:
		return text_equal(id_format(m->unit, text), key);
	default:
		day_split(m->day, &year, &month, &day);
		snprintf(text, sizeof(text), "%04d-%02d", year, month);
		return text_is(key, text);
	}
}

static struct total count_up(const struct trade *t, const struct list *moved,
			     const struct definition *d, struct text key)
{
	struct total total = { .key = key };

	for (size_t i = 0; i < moved->count; i++) {
		const struct moved *m = LIST_ITEM(*moved, struct moved, i);

		if (!counts(t, d, m) || (key.at && !has_key(d, m, key)))
			continue;
		total.movements++;
		total.quantity += m->quantity;
		total.amount_fen += m->fen;
	}
	return total;
}

static void assert_total(const struct total *a, const struct total *b)
{
	assert_int_equal(a->movements, b->movements);
	assert_int_equal(a->quantity, b->quantity);
	assert_int_equal(a->amount_fen, b->amount_fen);
}

/* ---- the rows behind a passport ---- */

struct summed {
	struct total total;
	int64_t position, number; /* of the row before */
	struct sm3_stream *sm3;
};

static enum err sum_row(void *context, void *row)
{
	struct summed *summed = context;
	const struct passport_row *movement = row;

	assert_true(movement->position > summed->position ||
		    (movement->position == summed->position && movement->number > summed->number));
	summed->position = movement->position;
	summed->number = movement->number;
	summed->total.movements++;
	summed->total.quantity += movement->quantity;
	summed->total.amount_fen += movement->amount_fen;
	sm3_add(summed->sm3, (struct text){ (const char *)movement->event.bytes, 16 });
	sm3_add(summed->sm3, (struct text){ (const char *)&movement->number, 8 });
	sm3_add(summed->sm3, (struct text){ (const char *)&movement->amount_fen, 8 });
	return OK;
}

/* Through the passport and back: its rows' sums, and their digest. */
static struct total rows_of(struct trade *t, const struct definition *definition,
			    struct digest *digest)
{
	struct definition opened;
	struct summed summed = { .sm3 = sm3_begin() };
	struct text passport = passport_make(t->back->app.keys, definition, t->arena);

	assert_int_equal(passport_open(t->back->app.keys, passport, t->arena, &opened), OK);
	assert_int_equal(passport_rows_each(t->db, &opened, t->arena, sum_row, &summed), OK);
	*digest = sm3_end(summed.sm3);
	return summed.total;
}

/* The same by pages. */
static struct total pages_of(struct trade *t, const struct definition *definition, int64_t limit)
{
	struct total total = { 0 };
	int64_t position = 0, number = 0;
	struct list rows;

	do {
		rows = (struct list){ 0 };
		assert_int_equal(passport_rows_list(t->db, definition, position, number, limit,
						    t->arena, &rows),
				 OK);
		for (size_t i = 0; i < rows.count; i++) {
			const struct passport_row *row = LIST_ITEM(rows, struct passport_row, i);

			total.movements++;
			total.quantity += row->quantity;
			total.amount_fen += row->amount_fen;
			position = row->position;
			number = row->number;
		}
	} while (rows.count == (size_t)limit);
	return total;
}

/* ---- tests ---- */

static struct scope scope_sample(const struct trade *t, int sample)
{
	struct scope scope = { .kind = SCOPE_PLATFORM };

	if (sample == 1 || sample == 2) {
		scope.kind = SCOPE_COUNTY;
		memcpy(scope.county, trade_counties[sample - 1], sizeof(scope.county));
	} else if (sample > 2) {
		scope.kind = SCOPE_HIERARCHY;
		scope.hierarchy = sample == 5 ? HIERARCHY_GOVERNMENT : HIERARCHY_UNION;
		scope.root = t->units[sample - 3];
	}
	return scope;
}

static struct definition definition_sample(const struct trade *t, int sample)
{
	int32_t from = day_make(2025, 10, 15) + (int32_t)random_below(380);
	struct definition definition = {
		.measure = (int32_t)random_below(REPORT_MEASURE_COUNT),
		.by = sample % BY_COUNT,
		.from = from,
		.to = from + (int32_t)random_below(200),
		.channel = random_below(3) ? SMALL_NONE : (int32_t)random_below(3),
		.scope = scope_sample(t, sample / BY_COUNT % SCOPE_SAMPLES),
	};

	if (random_below(4) == 0) {
		definition.from = month_first(definition.from);
		definition.to = month_last(definition.to);
	}
	if (random_below(2) == 0)
		definition.measure = REPORT_NET_ACCEPTED;
	return definition;
}

static void totals_are_sums_of_movements(void **state)
{
	struct trade *t = *state;
	struct list moved = { 0 };
	struct arena *kept = t->arena;
	int64_t rows = 0, opened = 0;

	assert_int_equal(db_list(t->db, &moved_sql, db_none, moved_fields, COUNT_OF(moved_fields),
				 sizeof(struct moved), kept, &moved),
			 OK);
	t->arena = arena_new(0);
	for (int sample = 0; sample < 20 * BY_COUNT * SCOPE_SAMPLES; sample++) {
		struct definition definition = definition_sample(t, sample);
		struct total sum = { 0 }, whole = count_up(t, &moved, &definition, NO_TEXT);
		struct list found = { 0 };
		struct digest digest;

		assert_int_equal(
			totals_read(t->db, &definition, t->arena, &found, &definition.position),
			OK);
		assert_true(definition.position > 0);
		for (size_t i = 0; i < found.count; i++) {
			struct total *row = LIST_ITEM(found, struct total, i);
			struct total wanted = count_up(t, &moved, &definition, row->key);

			assert_total(row, &wanted);
			assert_true(row->movements > 0);
			assert_int_equal(row->position, definition.position);
			if (definition.by != BY_MONTH)
				assert_non_null(row->label.at);
			assert_true(!i || text_compare((row - 1)->key, row->key) < 0);
			sum.movements += row->movements;
			sum.quantity += row->quantity;
			sum.amount_fen += row->amount_fen;
			rows++;
			if (sample % 8)
				continue;
			struct definition of_row = definition;
			of_row.key = row->key;
			struct total behind = rows_of(t, &of_row, &digest);
			assert_total(&behind, row);
			opened++;
		}
		assert_total(&sum, &whole);
		if (sample % 8 == 0) {
			struct total behind = rows_of(t, &definition, &digest);
			assert_total(&behind, &whole);
			behind = pages_of(t, &definition, 7);
			assert_total(&behind, &whole);
			opened++;
		}
		arena_reset(t->arena);
	}
	arena_free(t->arena);
	t->arena = kept;
	print_message("%zu movements; %lld rows of totals, %lld passports opened\n", moved.count,
		      (long long)rows, (long long)opened);
	assert_true(rows > 500 && opened > 100);
}

/* The same in a world in which units moved: nothing is counted twice, and nothing is lost. */
static void totals_go_with_the_units_on_their_days(void **state)
{
	move_units(*state);
	totals_are_sums_of_movements(state);
}

static void a_passport_is_for_ever(void **state)
{
	enum { PASSPORTS = 24 };
	struct trade *t = *state;
	struct definition definitions[PASSPORTS];
	struct digest digests[PASSPORTS];
	struct total totals[PASSPORTS], now;
	int changed = 0;

	for (int i = 0; i < PASSPORTS; i++) {
		struct list found = { 0 };

		definitions[i] = definition_sample(t, i);
		definitions[i].from = day_make(2025, 11, 1);
		definitions[i].to = day_make(2026, 12, 31);
		definitions[i].channel = SMALL_NONE;
		assert_int_equal(totals_read(t->db, &definitions[i], t->arena, &found,
					     &definitions[i].position),
				 OK);
		totals[i] = rows_of(t, &definitions[i], &digests[i]);
	}
	business(t, day_make(2025, 11, 1), 370, 30);
	for (int i = 0; i < PASSPORTS; i++) {
		struct digest digest;
		struct definition later = definitions[i];
		struct list found = { 0 };

		now = rows_of(t, &definitions[i], &digest);
		assert_total(&now, &totals[i]);
		assert_true(digest_equal(digest, digests[i]));
		assert_int_equal(totals_read(t->db, &later, t->arena, &found, &later.position), OK);
		assert_true(later.position > definitions[i].position);
		now = rows_of(t, &later, &digest);
		changed += now.movements != totals[i].movements;
	}
	assert_true(changed > PASSPORTS / 2);
}

static void nothing_at_all(void **state)
{
	struct trade *t = *state;
	int64_t at = 0;

	for (int sample = 0; sample < BY_COUNT * SCOPE_SAMPLES; sample++) {
		struct definition definition = definition_sample(t, sample);
		struct list found = { 0 };
		struct digest digest;

		definition.from = day_make(2030, 1, 2);
		definition.to = day_make(2030, 4, 5);
		assert_int_equal(
			totals_read(t->db, &definition, t->arena, &found, &definition.position),
			OK);
		assert_int_equal(found.count, 0);
		assert_true(definition.position > 0);
		struct total total = rows_of(t, &definition, &digest);
		assert_int_equal(total.movements, 0);
		definition.by = BY_UNIT;
		definition.key = TEXT("no id");
		assert_int_equal(passport_rows_list(t->db, &definition, 0, 0, 10, t->arena, &found),
				 ERR_PASSPORT);
	}
	assert_int_equal(position_instant(t->db, 0, &at), OK);
	assert_int_equal(at, INT_NONE);
	assert_int_equal(position_instant(t->db, 1, &at), OK);
	assert_true(at > 0);
}

/* One statement for any total. */
static void a_total_is_one_statement(void **state)
{
	struct trade *t = *state;

	for (int sample = 0; sample < BY_COUNT * SCOPE_SAMPLES; sample++) {
		struct definition definition = definition_sample(t, sample);
		struct list found = { 0 };

		db_statement_count(t->db);
		assert_int_equal(
			totals_read(t->db, &definition, t->arena, &found, &definition.position),
			OK);
		assert_int_equal(db_statement_count(t->db), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_are_sums_of_movements),
		cmocka_unit_test(totals_go_with_the_units_on_their_days),
		cmocka_unit_test(a_passport_is_for_ever),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(a_total_is_one_statement),
	};

	return cmocka_run_group_tests(tests, scene, trade_stop);
}
