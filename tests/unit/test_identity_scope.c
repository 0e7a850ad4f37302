/*
 * The scope queries over the 6,400 units of the demonstration: what an authority of the province,
 * of a city, of a county and of a subtree sees, in one statement each, and by which indexes the
 * database finds it. The plans are printed.
 */
#include "test_identity_fixture.h"

#include "../../src/identity/organisation_list_sql.c"

enum { UNITS_MIN = 6400, LINE_MAX = 1024 };

struct row {
	struct text code, name, short_name, kind, city, region, uscc;
	int64_t members, budget;
	struct id id;
};

static struct {
	struct back *back;
	struct list rows;   /* struct row, in order of codes */
	struct list places; /* struct unit_place */
} province;

/* ---- the demonstration's units ---- */

/* Calls @line with each line behind the first; the files hold no quotes. */
static void each_line(const char *path, void (*line)(struct text))
{
	char buffer[LINE_MAX];
	FILE *file = fopen(path, "r");
	bool head = true;

	assert_non_null(file);
	while (fgets(buffer, sizeof(buffer), file)) {
		struct text t = text_of(buffer);

		assert_true(t.size && t.at[t.size - 1] == '\n');
		t.size--;
		if (t.size && t.at[t.size - 1] == '\r')
			t.size--;
		if (!head)
			line(arena_text(province.back->arena, t));
		head = false;
	}
	fclose(file);
}

static void take_unit(struct text line)
{
	struct row *row = list_add(&province.rows, province.back->arena, sizeof(*row));

	row->id = id_new((int64_t)province.rows.count * 1000);
	row->code = text_cut(&line, ',');
	row->name = text_cut(&line, ',');
	row->short_name = text_cut(&line, ',');
	row->kind = text_cut(&line, ',');
	text_cut(&line, ',');
	text_cut(&line, ',');
	row->city = text_cut(&line, ',');
	row->region = text_cut(&line, ',');
	row->uscc = text_cut(&line, ',');
	assert_true(text_to_int(text_cut(&line, ','), &row->members));
	assert_true(text_to_int(text_cut(&line, ','), &row->budget));
}

static int compare_code(const void *a, const void *b)
{
	return text_compare(((const struct row *)a)->code, ((const struct row *)b)->code);
}

static struct row *row_of(struct text code)
{
	const struct row key = { .code = code };

	return bsearch(&key, province.rows.at, province.rows.count, sizeof(key), compare_code);
}

static void take_place(struct text line)
{
	struct unit_place *place = list_add(&province.places, province.back->arena, sizeof(*place));

	place->unit = row_of(text_cut(&line, ','))->id;
	place->hierarchy = word_find(hierarchy_words, text_cut(&line, ','));
	place->parent = line.size ? row_of(line)->id : NO_ID;
}

static void *added(struct list *list, size_t size)
{
	return list_add(list, province.back->arena, size);
}

static int start(void **state)
{
	struct roster roster = { 0 };
	struct problems problems;

	back_start(state);
	province.back = *state;
	problems = (struct problems){ .arena = province.back->arena };
	each_line(SOURCE_DIR "/demo/units.csv", take_unit);
	qsort(province.rows.at, province.rows.count, sizeof(struct row), compare_code);
	each_line(SOURCE_DIR "/demo/unit_hierarchies.csv", take_place);
	assert_true(province.rows.count >= UNITS_MIN);
	for (size_t i = 0; i < province.rows.count; i++) {
		const struct row *row = LIST_ITEM(province.rows, struct row, i);

		*(struct organisation *)added(&roster.organisations, sizeof(struct organisation)) =
			(struct organisation){ .id = row->id,
					       .uscc = row->uscc,
					       .code = row->code,
					       .name = row->name,
					       .short_name = row->short_name,
					       .is_unit = true,
					       .created_at = 1 };
		*(struct unit *)added(&roster.units, sizeof(struct unit)) =
			(struct unit){ row->id,     row->kind,    row->city,
				       row->region, row->members, row->budget };
	}
	assert_int_equal(unit_closure(province.places.at, province.places.count, &problems,
				      &roster.ancestors),
			 OK);
	int64_t began = clock_monotonic();
	db_statement_count(province.back->db);
	assert_int_equal(step(*state, roster_insert, &roster), OK);
	print_message("%zu units and %zu places loaded in %lld ms by %llu statements\n",
		      province.rows.count, province.places.count,
		      (long long)((clock_monotonic() - began) / 1000),
		      (unsigned long long)db_statement_count(province.back->db));
	world_counties(*state);
	static const struct sql analyze = { "ANALYZE TABLE unit, organisation, unit_ancestor, "
					    "unit_place" };
	assert_int_equal(db_exec(province.back->db, &analyze, db_none), OK);
	return 0;
}

/* ---- plans ---- */

struct plan_row {
	int64_t id;
	struct text select_type, table, type, possible_keys, key, key_len, ref, rows, extra;
};
/* What the optimiser believes of the tables is what stands in them, counted the careful way: plans
 * at the border between two would else change from run to run. */
static void figures_renew(struct back *back)
{
	struct answer {
		struct text table, operation, kind, text;
	};
	static const struct field fields[] = {
		{ "table", KIND_TEXT, FIELD_AT(answer, table) },
		{ "operation", KIND_TEXT, FIELD_AT(answer, operation) },
		{ "kind", KIND_TEXT, FIELD_AT(answer, kind) },
		{ "text", KIND_TEXT, FIELD_AT(answer, text) },
	};
	static const struct sql analyse = { "ANALYZE TABLE unit, unit_ancestor, organisation" };
	static const struct sql careful = { "SET GLOBAL innodb_stats_persistent = ON" };
	struct list answers = { 0 };

	assert_int_equal(db_exec(back->db, &careful, db_none), OK);
	assert_int_equal(db_list(back->db, &analyse, db_none, fields, COUNT_OF(fields),
				 sizeof(struct answer), back->arena, &answers),
			 OK);
	assert_int_equal(answers.count, 3);
}

static const struct field plan_fields[] = {
	{ "id", KIND_INT, FIELD_AT(plan_row, id), .optional = true },
	{ "select_type", KIND_TEXT, FIELD_AT(plan_row, select_type), .optional = true },
	{ "table", KIND_TEXT, FIELD_AT(plan_row, table), .optional = true },
	{ "type", KIND_TEXT, FIELD_AT(plan_row, type), .optional = true },
	{ "possible_keys", KIND_TEXT, FIELD_AT(plan_row, possible_keys), .optional = true },
	{ "key", KIND_TEXT, FIELD_AT(plan_row, key), .optional = true },
	{ "key_len", KIND_TEXT, FIELD_AT(plan_row, key_len), .optional = true },
	{ "ref", KIND_TEXT, FIELD_AT(plan_row, ref), .optional = true },
	{ "rows", KIND_TEXT, FIELD_AT(plan_row, rows), .optional = true },
	{ "Extra", KIND_TEXT, FIELD_AT(plan_row, extra), .optional = true },
};

/* Every table of the plan but the counties, of which there are a hundred, is found by an index, and
 * nothing is sorted. */
static void check_plan(const char *what, const struct unit_filter *filter, int which)
{
	static struct sql explained[64];
	static size_t count;
	struct back *back = province.back;
	struct value values[UNIT_LIST_VALUES];
	const struct sql *sql = units_text(filter, which, values);
	struct list plan = { 0 };
	/* whoever counts all there are reads all there are */
	bool reads_all = which == COUNTS && filter->scope->kind == SCOPE_PLATFORM &&
			 filter->hierarchy == SMALL_NONE && !filter->city.at && !filter->region.at;

	assert_true(count < COUNT_OF(explained));
	struct sql *explain = &explained[count++];
	explain->text = arena_print(back->arena, "EXPLAIN %s", sql->text).at;
	assert_int_equal(db_list(back->db, explain,
				 (struct values){ values, which == LISTS ? UNIT_LIST_VALUES
									 : UNIT_COUNT_VALUES },
				 plan_fields, COUNT_OF(plan_fields), sizeof(struct plan_row),
				 back->arena, &plan),
			 OK);
	print_message("%s, %s\n", what, which == LISTS ? "a page" : "the count");
	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_row *row = LIST_ITEM(plan, struct plan_row, i);

		if (!row->table.at)
			continue; /* "Impossible WHERE" and the like */
		print_message("  %.*s: %.*s by %.*s, %.*s rows; %.*s\n", TEXT_FMT(row->table),
			      TEXT_FMT(row->type), TEXT_FMT(row->key), TEXT_FMT(row->rows),
			      TEXT_FMT(row->extra));
		if (text_is(row->table, "c") || (reads_all && text_is(row->table, "u")))
			continue;
		assert_false(text_is(row->type, "ALL"));
		assert_true(row->key.size);
		assert_false(text_holds(row->extra, "filesort"));
		assert_false(text_holds(row->extra, "temporary"));
	}
}

/* ---- what is seen ---- */

static bool is_under(const struct row *row, int32_t hierarchy, struct id root)
{
	struct id at = row->id;

	while (!id_is_none(at)) {
		const struct unit_place *places = province.places.at;
		size_t i = 0;

		if (id_equal(at, root))
			return true;
		while (i < province.places.count &&
		       !(places[i].hierarchy == hierarchy && id_equal(places[i].unit, at)))
			i++;
		if (i == province.places.count)
			return false;
		at = places[i].parent;
	}
	return false;
}

struct expectation {
	const char *what;
	struct scope scope;
	const char *city, *region;
	struct id ancestor; /* of the union's tree */
};

static int64_t count_by_hand(const struct expectation *e)
{
	int64_t count = 0;

	for (size_t i = 0; i < province.rows.count; i++) {
		const struct row *row = LIST_ITEM(province.rows, struct row, i);

		count += (!e->city || text_is(row->city, e->city)) &&
			 (!e->region || text_is(row->region, e->region)) &&
			 (e->scope.kind != SCOPE_COUNTY || text_is(row->region, e->scope.county)) &&
			 (e->scope.kind != SCOPE_HIERARCHY ||
			  is_under(row, e->scope.hierarchy, e->scope.root)) &&
			 (id_is_none(e->ancestor) || is_under(row, HIERARCHY_UNION, e->ancestor));
	}
	return count;
}

static struct unit_filter filter_of(const struct expectation *e)
{
	return (struct unit_filter){
		.scope = &e->scope,
		.hierarchy = id_is_none(e->ancestor) ? SMALL_NONE : HIERARCHY_UNION,
		.status = SMALL_NONE,
		.ancestor = e->ancestor,
		.below = true,
		.city = e->city ? text_of(e->city) : NO_TEXT,
		.region = e->region ? text_of(e->region) : NO_TEXT,
		.day = 20000,
		.limit = 201,
	};
}

static void look(const struct expectation *e)
{
	struct back *back = province.back;
	struct unit_filter filter = filter_of(e);
	int64_t wanted = count_by_hand(e), counted, seen = 0;
	struct list page;

	check_plan(e->what, &filter, LISTS);
	check_plan(e->what, &filter, COUNTS);
	do {
		page = (struct list){ 0 };
		db_statement_count(back->db);
		assert_int_equal(unit_items(back->db, &filter, back->arena, &page), OK);
		assert_int_equal(db_statement_count(back->db), 1);
		for (size_t i = 0; i < page.count; i++) {
			struct id id = LIST_ITEM(page, struct unit_item, i)->id;

			assert_true(id_compare(filter.after, id) < 0);
			filter.after = id;
		}
		seen += (int64_t)page.count;
	} while (page.count == (size_t)filter.limit);
	assert_int_equal(seen, wanted);
	db_statement_count(back->db);
	int64_t began = clock_monotonic();
	assert_int_equal(unit_items_count(back->db, &filter, &counted), OK);
	assert_int_equal(db_statement_count(back->db), 1);
	assert_int_equal(counted, wanted);
	print_message("  %lld units, counted in %lld us\n", (long long)counted,
		      (long long)(clock_monotonic() - began));
}

static void test_scopes_are_one_indexed_statement_each(void **state)
{
	const struct id root = row_of(TEXT("U00001"))->id, branch = row_of(TEXT("U00010"))->id;
	const struct scope platform = { .kind = SCOPE_PLATFORM };
	const struct scope county = { .kind = SCOPE_COUNTY, .county = "610102" };
	const struct scope whole = {
		.kind = SCOPE_HIERARCHY, .hierarchy = HIERARCHY_UNION, .root = root, .day = 20000
	};
	const struct scope part = {
		.kind = SCOPE_HIERARCHY, .hierarchy = HIERARCHY_UNION, .root = branch, .day = 20000
	};
	const struct expectation cases[] = {
		{ "the province", platform },
		{ "the province's union", whole },
		{ "a city, for the platform", platform, .city = "西安市" },
		{ "a city, for the province's union", whole, .city = "西安市" },
		{ "a county's office", county },
		{ "a county, for the platform", platform, .region = "610102" },
		{ "a city federation's own subtree", part },
		{ "a city federation's subtree, for the platform", platform, .ancestor = branch },
		{ "a city federation's subtree, for the province's union", whole,
		  .ancestor = branch },
		{ "the whole tree, for a city federation", part, .ancestor = root },
		{ "the whole tree, for a county", county, .ancestor = root },
	};

	(void)state;
	figures_renew(*state);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		look(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes_are_one_indexed_statement_each),
	};

	return cmocka_run_group_tests(tests, start, back_stop);
}
