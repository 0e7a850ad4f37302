/* Many rows: widths and their number, RETURNING, keys by the thousand. */
#include "test_db_fixture.h"

struct line {
	struct id id;
	int64_t number, quantity;
	struct text note;
};

static const struct field line_fields[] = {
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(line, id) },
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(line, number) },
	{ .name = "quantity", .kind = KIND_INT, .at = FIELD_AT(line, quantity) },
	{ .name = "note", .kind = KIND_TEXT, .at = FIELD_AT(line, note), .optional = true },
};
#define LINE line_fields, COUNT_OF(line_fields)

enum {
	CREATE,
	EMPTY,
	INSERT,
	INSERT_IGNORE,
	ADD,
	BY_NUMBER,
	BY_ID,
	RAISE,
	DELETE_BY_NUMBER,
	COUNT,
	TOTAL,
	SQL_COUNT
};

static const struct sql sql[] = {
	[CREATE] = { "CREATE TABLE IF NOT EXISTS line (id UUID PRIMARY KEY, number BIGINT NOT NULL "
		     "UNIQUE,"
		     " quantity BIGINT NOT NULL CHECK (quantity >= 0), note VARCHAR(200))" },
	[EMPTY] = { "DELETE FROM line" },
	[INSERT] = { "INSERT INTO line (id, number, quantity, note) VALUES ", "(?, ?, ?, ?)" },
	[INSERT_IGNORE] = { "INSERT IGNORE INTO line (id, number, quantity, note) VALUES ",
			    "(?, ?, ?, ?)", " RETURNING id, number, quantity, note" },
	[ADD] = { "INSERT INTO line (id, number, quantity, note) VALUES ", "(?, ?, ?, ?)",
		  " ON DUPLICATE KEY UPDATE quantity = quantity + VALUES(quantity)" },
	[BY_NUMBER] = { "SELECT id, number, quantity, note FROM line WHERE quantity >= ? AND "
			"number IN (",
			"?", ") AND quantity <= ?" },
	[BY_ID] = { "SELECT id, number, quantity, note FROM line WHERE id IN (", "?",
		    ") ORDER BY number" },
	[RAISE] = { "UPDATE line SET quantity = quantity + ? WHERE number IN (", "?", ")" },
	[DELETE_BY_NUMBER] = { "DELETE FROM line WHERE number IN (", "?", ")" },
	[COUNT] = { "SELECT COUNT(*) FROM line" },
	[TOTAL] = { "SELECT SUM(quantity) FROM line" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static struct line *lines_make(size_t count)
{
	struct line *lines = memory_take((count + 1) * sizeof(*lines));

	assert_non_null(lines);
	for (size_t i = 0; i < count; i++)
		lines[i] = (struct line){ .id = id_new(INT64_C(1700000000000000) + (int64_t)i),
					  .number = (int64_t)i,
					  .quantity = (int64_t)i * 3,
					  .note = i % 2 ? TEXT("备注") : NO_TEXT };
	return lines;
}

static void begin_empty(struct fixture *f)
{
	run(f->db, &sql[CREATE]);
	run(f->db, &sql[EMPTY]);
	arena_reset(f->arena);
	db_statement_count(f->db);
}

static const struct {
	size_t rows, statements;
} sizes[] = { { 0, 0 },   { 1, 1 },   { 2, 1 },   { 15, 1 },  { 19, 2 },   { 20, 2 },
	      { 511, 6 }, { 512, 1 }, { 513, 2 }, { 640, 2 }, { 1000, 6 }, { 10000, 21 } };

static void any_number_of_rows_in_few_statements(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct line *lines = lines_make(sizes[i].rows);
		int64_t n = (int64_t)sizes[i].rows;

		begin_empty(f);
		assert_int_equal(
			db_rows(f->db, &sql[INSERT], LINE, lines, sizes[i].rows, sizeof(*lines)),
			OK);
		assert_int_equal(db_affected(f->db), sizes[i].rows);
		assert_int_equal(db_statement_count(f->db), sizes[i].statements);
		assert_int_equal(number(f->db, &sql[COUNT]), n);
		assert_int_equal(number(f->db, &sql[TOTAL]), n ? 3 * n * (n - 1) / 2 : INT_NONE);
		memory_free(lines);
	}
}

static void a_refused_row_ends_the_call(void **state)
{
	struct fixture *f = *state;
	struct line *lines = lines_make(600);

	begin_empty(f);
	lines[550].quantity = -1;
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(db_rows(f->db, &sql[INSERT], LINE, lines, 600, sizeof(*lines)),
			 ERR_DB_CHECK);
	assert_int_equal(db_rollback(f->db), OK);
	assert_int_equal(number(f->db, &sql[COUNT]), 0);
	memory_free(lines);
}

/* Twice the rows are affected where each was found and changed. */
static void duplicates_are_updated_set_by_set(void **state)
{
	struct fixture *f = *state;
	struct line *lines = lines_make(20);

	begin_empty(f);
	for (size_t i = 0; i < 20; i++)
		lines[i].quantity = 5;
	assert_int_equal(db_rows(f->db, &sql[ADD], LINE, lines, 20, sizeof(*lines)), OK);
	assert_int_equal(db_affected(f->db), 20);
	assert_int_equal(db_rows(f->db, &sql[ADD], LINE, lines, 20, sizeof(*lines)), OK);
	assert_int_equal(db_affected(f->db), 40);
	assert_int_equal(number(f->db, &sql[TOTAL]), 200);
	lines[7].quantity = -11;
	assert_int_equal(db_rows(f->db, &sql[ADD], LINE, lines, 20, sizeof(*lines)), ERR_DB_CHECK);
	memory_free(lines);
}

static void returning_gives_only_what_was_new(void **state)
{
	struct fixture *f = *state;
	struct line *lines = lines_make(700);
	struct list list = { 0 };

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], LINE, lines + 100, 50, sizeof(*lines)), OK);
	assert_int_equal(db_rows_returning(f->db, &sql[INSERT_IGNORE], LINE, lines, 700,
					   sizeof(*lines), LINE, sizeof(*lines), f->arena, &list),
			 OK);
	assert_int_equal(list.count, 650);
	assert_int_equal(db_affected(f->db), 650);
	for (size_t i = 0; i < list.count; i++) {
		const struct line *line = LIST_ITEM(list, struct line, i);
		const struct line *sent = &lines[i < 100 ? i : i + 50];

		assert_int_equal(line->number, sent->number);
		assert_true(id_equal(line->id, sent->id));
		assert_true(text_equal(line->note, sent->note));
	}
	assert_int_equal(number(f->db, &sql[COUNT]), 700);
	memory_free(lines);
}

static void keys_by_number(struct fixture *f, size_t count, size_t statements)
{
	struct value *keys = memory_take((count + 1) * sizeof(*keys));
	bool *seen = memory_take(count + 1);
	struct list list = { 0 };

	for (size_t i = 0; i < count; i++)
		keys[i] = value_i64((int64_t)i);
	db_statement_count(f->db);
	assert_int_equal(db_list_in(f->db, &sql[BY_NUMBER], db_values(0), keys, count,
				    db_values(INT64_MAX), LINE, sizeof(struct line), f->arena,
				    &list),
			 OK);
	assert_int_equal(db_statement_count(f->db), statements);
	assert_int_equal(list.count, count);
	for (size_t i = 0; i < count; i++) {
		int64_t at = LIST_ITEM(list, struct line, i)->number;

		assert_in_range(at, 0, count - 1);
		assert_false(seen[at]);
		seen[at] = true;
	}
	memory_free(keys);
	memory_free(seen);
}

static void lists_of_keys_are_filled_up(void **state)
{
	static const struct {
		size_t keys, statements;
	} cases[] = {
		{ 0, 0 }, { 1, 1 }, { 3, 1 }, { 20, 1 }, { 512, 1 }, { 513, 2 }, { 2000, 4 }
	};
	struct fixture *f = *state;
	struct line *lines = lines_make(2000);

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], LINE, lines, 2000, sizeof(*lines)), OK);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		keys_by_number(f, cases[i].keys, cases[i].statements);
	memory_free(lines);
}

static void ids_serve_as_keys(void **state)
{
	struct fixture *f = *state;
	struct line *lines = lines_make(30);
	struct value keys[5];
	struct list list = { 0 };

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], LINE, lines, 30, sizeof(*lines)), OK);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		keys[i] = value_id(lines[i * 4].id);
	assert_int_equal(db_list_in(f->db, &sql[BY_ID], db_none, keys, COUNT_OF(keys), db_none,
				    LINE, sizeof(struct line), f->arena, &list),
			 OK);
	assert_int_equal(list.count, COUNT_OF(keys));
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(LIST_ITEM(list, struct line, i)->number, i * 4);
	memory_free(lines);
}

static void writes_go_by_keys_too(void **state)
{
	struct fixture *f = *state;
	struct line *lines = lines_make(700);
	struct value keys[600];

	begin_empty(f);
	for (size_t i = 0; i < 700; i++)
		lines[i].quantity = 1;
	assert_int_equal(db_rows(f->db, &sql[INSERT], LINE, lines, 700, sizeof(*lines)), OK);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		keys[i] = value_i64((int64_t)i);
	assert_int_equal(db_list_in(f->db, &sql[RAISE], db_values(10), keys, COUNT_OF(keys),
				    db_none, NULL, 0, 0, NULL, NULL),
			 OK);
	assert_int_equal(db_affected(f->db), 600);
	assert_int_equal(number(f->db, &sql[TOTAL]), 6700);
	assert_int_equal(db_list_in(f->db, &sql[DELETE_BY_NUMBER], db_none, keys, COUNT_OF(keys),
				    db_none, NULL, 0, 0, NULL, NULL),
			 OK);
	assert_int_equal(db_affected(f->db), 600);
	assert_int_equal(number(f->db, &sql[COUNT]), 100);
	memory_free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number_of_rows_in_few_statements),
		cmocka_unit_test(a_refused_row_ends_the_call),
		cmocka_unit_test(duplicates_are_updated_set_by_set),
		cmocka_unit_test(returning_gives_only_what_was_new),
		cmocka_unit_test(lists_of_keys_are_filled_up),
		cmocka_unit_test(ids_serve_as_keys),
		cmocka_unit_test(writes_go_by_keys_too),
	};

	return cmocka_run_group_tests_name("rows", tests, fixture_start, fixture_stop);
}
