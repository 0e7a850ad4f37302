/*
 * How the trail is read: which way each question takes, that no way looks at the whole trail when
 * it has 100,000 events, and what the filters mean.
 */
#include "test_back_fixture.h"

#include "../../src/reporting/trail.h"

enum { TODAY = 20000, EVENTS = 100000, ORGANISATIONS = 100 };

/* One event a second, of a few users, organisations and kinds; every hundredth of them rare. */
static const struct sql make_events = {
	"INSERT INTO event (id, kind, object, organisation, user, roles, address, request, at,"
	"                   after_state, mac)"
	" SELECT CAST(CONCAT('01900000-0000-7000-8000-', LPAD(seq, 12, '0')) AS UUID),"
	"        IF(seq % 100 = 0, 'rare.made', ELT(1 + seq % 3, 'order.made', 'session.opened',"
	"           'session.ended')),"
	"        CAST(CONCAT('02900000-0000-7000-8000-', LPAD(seq DIV 5, 12, '0')) AS UUID),"
	"        CAST(CONCAT('03900000-0000-7000-8000-', LPAD(seq % 100, 12, '0')) AS UUID),"
	"        CAST(CONCAT('04900000-0000-7000-8000-', LPAD(seq % 50, 12, '0')) AS UUID),"
	"        1, CONCAT('192.0.2.', seq % 200), CONCAT('r', seq), 1000000 * seq, '{}',"
	"        REPEAT('x', 32)"
	"   FROM seq_1_to_100000"
};
static const struct sql make_sequence = {
	"INSERT INTO sequence (position, event, chain)"
	" SELECT ROW_NUMBER() OVER (ORDER BY id), id, REPEAT('y', 32) FROM event"
};
static const struct sql analyze = {
	"ANALYZE TABLE event, sequence, unit, unit_ancestor, supplier"
};

static struct id made_id(const char *kind, int number)
{
	char text[37];
	struct id id;

	snprintf(text, sizeof(text), "0%s900000-0000-7000-8000-%012d", kind, number);
	assert_true(id_parse(text_of(text), &id));
	return id;
}

static struct trail_filter anything(void)
{
	return (struct trail_filter){ .position_from = INT_NONE, .position_to = INT_NONE };
}

static struct actor auditor(enum scope_kind kind)
{
	return (struct actor){
		.organisation = made_id("3", 7),
		.scope = { .kind = (int32_t)kind, .county = "610124", .root = made_id("3", 1) },
	};
}

static struct trail_query query_of(struct back *back, const struct trail_filter *filter,
				   const struct actor *actor)
{
	struct problems problems = { .arena = back->arena };
	struct trail_query query;

	assert_int_equal(trail_query_make(filter, actor, TODAY, &problems, &query), OK);
	query.limit = 21;
	return query;
}

static struct trail_filter filter_by(int way)
{
	struct trail_filter filter = anything();

	if (way == BY_OBJECT)
		filter.object = made_id("2", 77);
	else if (way == BY_REQUEST)
		filter.request = TEXT("r4711");
	else if (way == BY_USER)
		filter.user = made_id("4", 3);
	else if (way == BY_ADDRESS)
		filter.address = TEXT("192.0.2.8");
	else if (way == BY_ORGANISATION)
		filter.organisation = made_id("3", 9);
	else if (way == BY_POSITION_RANGE)
		filter.position_from = 50000, filter.position_to = 50100;
	else if (way == BY_KIND)
		filter.kind = TEXT("session.");
	return filter;
}

/* ---- plans ---- */

struct plan_row {
	struct text id, select_type, table, type, possible, key, key_len, ref, rows, extra;
};
/* clang-format off */
static const struct field plan_fields[] = {
	{ "id", KIND_TEXT, FIELD_AT(plan_row, id) },
	{ "select_type", KIND_TEXT, FIELD_AT(plan_row, select_type) },
	{ "table", KIND_TEXT, FIELD_AT(plan_row, table) },
	{ "type", KIND_TEXT, FIELD_AT(plan_row, type) },
	{ "possible_keys", KIND_TEXT, FIELD_AT(plan_row, possible) },
	{ "key", KIND_TEXT, FIELD_AT(plan_row, key) },
	{ "key_len", KIND_TEXT, FIELD_AT(plan_row, key_len) },
	{ "ref", KIND_TEXT, FIELD_AT(plan_row, ref) },
	{ "rows", KIND_TEXT, FIELD_AT(plan_row, rows) },
	{ "Extra", KIND_TEXT, FIELD_AT(plan_row, extra) },
};
/* clang-format on */

static bool is_large(struct text table)
{
	return text_is(table, "e") || text_is(table, "s");
}

/* Whether the plan looks at every row of a large table. */
static bool scans(struct back *back, const struct trail_query *query, const char *what)
{
	static struct sql explain[TRAIL_SCOPES][TRAIL_WAY_COUNT];
	struct value values[TRAIL_VALUES_MAX];
	struct list plan = { 0 };
	int32_t scope = query->actor->scope.kind;
	enum trail_way way = trail_way_of(query);
	size_t count = trail_values(query, values);
	struct text text = arena_print(back->arena, "EXPLAIN %s", trail_sql[scope][way].text);
	bool found = false;

	explain[scope][way].text = text.at;
	assert_int_equal(db_list(back->db, &explain[scope][way], (struct values){ values, count },
				 plan_fields, COUNT_OF(plan_fields), sizeof(struct plan_row),
				 back->arena, &plan),
			 OK);
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_row *row = LIST_ITEM(plan, struct plan_row, i);

		if (!is_large(row->table) || (!text_is(row->type, "ALL") && row->key.at))
			continue;
		print_error("%s: %.*s of %.*s\n", what, TEXT_FMT(row->type), TEXT_FMT(row->table));
		found = true;
	}
	return found;
}

/* Rows that the last statements looked at. */
static const struct sql flush = { "FLUSH STATUS" };
static const struct sql handled = {
	"SELECT CAST(SUM(VARIABLE_VALUE) AS INT) FROM information_schema.SESSION_STATUS"
	" WHERE VARIABLE_NAME LIKE 'HANDLER_READ%'"
};

static int64_t rows_looked_at(struct back *back, const struct trail_query *query, size_t *found)
{
	struct list rows = { 0 };

	run(back->db, &flush);
	int64_t before = number(back->db, &handled);
	assert_int_equal(trail_list(back->db, query, back->arena, &rows), OK);
	*found = rows.count;
	return number(back->db, &handled) - before;
}

static void test_no_way_looks_at_everything(void **state)
{
	struct back *back = *state;
	static const enum scope_kind scopes[] = { SCOPE_PLATFORM, SCOPE_COUNTY, SCOPE_HIERARCHY };

	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		for (int way = 0; way < TRAIL_WAY_COUNT; way++) {
			struct trail_filter filter = filter_by(way);
			struct actor actor = auditor(scopes[i]);
			struct trail_query query = query_of(back, &filter, &actor);
			char what[40];
			size_t found;

			snprintf(what, sizeof(what), "scope %d, way %d", (int)scopes[i], way);
			assert_false(scans(back, &query, what));
			int64_t looked = rows_looked_at(back, &query, &found);
			if (scopes[i] == SCOPE_PLATFORM && way != BY_KIND)
				assert_true(looked < 1500);
			if (scopes[i] == SCOPE_PLATFORM)
				assert_true(found > 0);
		}
}

/* ---- what the filters mean ---- */

static struct list listed(struct back *back, const struct trail_filter *filter,
			  const struct actor *actor, struct trail_place after, int64_t limit)
{
	struct trail_query query = query_of(back, filter, actor);
	struct list rows = { 0 };

	query.after = after;
	query.limit = limit;
	assert_int_equal(trail_list(back->db, &query, back->arena, &rows), OK);
	return rows;
}

static const struct trail_place newest = { .at = INT64_MAX };

static void test_pages_join(void **state)
{
	struct back *back = *state;
	struct trail_filter filter = filter_by(BY_ORGANISATION);
	struct actor actor = auditor(SCOPE_PLATFORM);
	struct trail_place after = newest;
	int64_t last = INT64_MAX;
	size_t total = 0;

	for (;;) {
		struct list rows = listed(back, &filter, &actor, after, 64);

		for (size_t i = 0; i < rows.count; i++) {
			const struct trail_row *row = LIST_ITEM(rows, struct trail_row, i);

			assert_true(row->at < last);
			assert_true(id_equal(row->organisation.id, filter.organisation));
			last = row->at;
			after = (struct trail_place){ row->at, row->id };
		}
		total += rows.count;
		if (rows.count < 64)
			break;
	}
	assert_int_equal(total, EVENTS / ORGANISATIONS);
}

static const struct count_row {
	const char *kind, *from, *to;
	int64_t position_from, position_to;
	size_t expected; /* of at most 3,000 */
} counts[] = {
	{ "rare.made", NULL, NULL, INT_NONE, INT_NONE, 1000 },
	{ "rare.", NULL, NULL, INT_NONE, INT_NONE, 1000 },
	{ "rare", NULL, NULL, INT_NONE, INT_NONE, 1000 },
	{ "rare.mad", NULL, NULL, INT_NONE, INT_NONE, 0 },
	{ "session.", NULL, NULL, INT_NONE, INT_NONE, 3000 },
	{ NULL, "1970-01-01T00:00:10Z", "1970-01-01T00:00:20Z", INT_NONE, INT_NONE, 11 },
	{ NULL, "1970-01-01T15:59:59Z", "1970-01-01", INT_NONE, INT_NONE, 1 },
	{ "rare.", "1970-01-02", "1970-01-02", INT_NONE, INT_NONE, 425 },
	{ NULL, NULL, NULL, 99991, INT_NONE, 10 },
	{ NULL, NULL, NULL, INT_NONE, 10, 10 },
	{ "rare.", NULL, NULL, 101, 300, 2 },
};

static void test_filters(void **state)
{
	struct back *back = *state;
	struct actor actor = auditor(SCOPE_PLATFORM);

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		const struct count_row *row = &counts[i];
		struct trail_filter filter = {
			.kind = text_of(row->kind),
			.from = text_of(row->from),
			.to = text_of(row->to),
			.position_from = row->position_from,
			.position_to = row->position_to,
		};
		struct list rows = listed(back, &filter, &actor, newest, 3000);

		if (rows.count != row->expected)
			print_error("row %zu: %zu\n", i, rows.count);
		assert_int_equal(rows.count, row->expected);
		arena_reset(back->arena);
	}
}

/* ---- scopes ---- */

static const struct sql make_place = { "INSERT IGNORE INTO unit_ancestor (hierarchy, ancestor, "
				       "unit, depth) VALUES ('union', ?, ?, 1)" };
static const struct sql no_keys = { "SET foreign_key_checks = 0" };
static const struct sql keys = { "SET foreign_key_checks = 1" };

static void test_scope(void **state)
{
	struct back *back = *state;
	struct actor actor = auditor(SCOPE_HIERARCHY);
	struct trail_filter all = anything(), user = filter_by(BY_USER);
	struct trail_row row = { 0 };

	run(back->db, &no_keys);
	assert_int_equal(
		db_exec(back->db, &make_place, db_values(made_id("3", 1), made_id("3", 53))), OK);
	run(back->db, &keys);
	/* its own and the one unit's */
	assert_int_equal(listed(back, &all, &actor, newest, 5000).count,
			 2 * EVENTS / ORGANISATIONS);
	/* user 3 works for organisations 3 and 53 */
	struct list rows = listed(back, &user, &actor, newest, 5000);
	assert_int_equal(rows.count, EVENTS / ORGANISATIONS);
	for (size_t i = 0; i < rows.count; i++)
		assert_true(id_equal(LIST_ITEM(rows, struct trail_row, i)->organisation.id,
				     made_id("3", 53)));
	assert_int_equal(trail_read(back->db, &actor, TODAY, made_id("1", 153), back->arena, &row),
			 OK);
	assert_int_equal(row.position, 153);
	assert_int_equal(trail_read(back->db, &actor, TODAY, made_id("1", 154), back->arena, &row),
			 ERR_NOT_FOUND);
	actor = auditor(SCOPE_PLATFORM);
	assert_int_equal(trail_read(back->db, &actor, TODAY, made_id("1", 154), back->arena, &row),
			 OK);
	actor.scope.kind = SCOPE_NONE;
	struct problems problems = { .arena = back->arena };
	struct trail_query query;
	assert_int_equal(trail_query_make(&all, &actor, TODAY, &problems, &query), ERR_FORBIDDEN);
}

/* ---- what is refused ---- */

static void test_faults(void **state)
{
	struct back *back = *state;
	struct actor actor = auditor(SCOPE_PLATFORM);
	struct problems problems = { .arena = back->arena };
	struct trail_filter filter = {
		.from = TEXT("yesterday"),
		.to = TEXT("2026-02-30"),
		.position_from = 9,
		.position_to = 8,
	};
	struct trail_query query;

	assert_int_equal(trail_query_make(&filter, &actor, TODAY, &problems, &query), ERR_REFUSED);
	assert_int_equal(problems.items.count, 3);
	problems.items.count = 0;
	filter = anything();
	filter.from = TEXT("2026-10-20");
	filter.to = TEXT("2026-10-19");
	assert_int_equal(trail_query_make(&filter, &actor, TODAY, &problems, &query), ERR_REFUSED);
	assert_int_equal(problems.items.count, 1);
}

static int plant(void **state)
{
	int failed = back_start(state);
	struct back *back = *state;

	run(back->db, &make_events);
	run(back->db, &make_sequence);
	run(back->db, &analyze);
	return failed;
}

static int clear(void **state)
{
	struct back *back = *state;

	arena_reset(back->arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_way_looks_at_everything, clear),
		cmocka_unit_test_setup(test_pages_join, clear),
		cmocka_unit_test_setup(test_filters, clear),
		cmocka_unit_test_setup(test_scope, clear),
		cmocka_unit_test_setup(test_faults, clear),
	};

	return cmocka_run_group_tests(tests, plant, back_stop);
}
