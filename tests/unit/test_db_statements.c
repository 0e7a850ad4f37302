/* One statement: every kind of field there and back, absent values, misfits, streaming. */
#include "test_db_fixture.h"

enum { COLOUR_RED, COLOUR_GREEN, COLOUR_BLUE };
static const char *const colours[] = { "red", "green", "blue", NULL };

struct thing {
	int64_t n;
	bool flag;
	int64_t amount, reference, instant;
	int32_t small, day, colour;
	uint32_t palette;
	struct text name, bytes, raw;
	struct id id, binary_id;
	struct list parts;
};

static const struct field thing_fields[] = {
	{ .name = "n", .kind = KIND_INT, .at = FIELD_AT(thing, n) },
	{ .name = "flag", .kind = KIND_BOOL, .at = FIELD_AT(thing, flag) },
	{ .name = "amount", .kind = KIND_FEN, .at = FIELD_AT(thing, amount) },
	{ .name = "reference", .kind = KIND_REF, .at = FIELD_AT(thing, reference) },
	{ .name = "instant", .kind = KIND_INSTANT, .at = FIELD_AT(thing, instant) },
	{ .name = "small", .kind = KIND_SMALL, .at = FIELD_AT(thing, small) },
	{ .name = "day", .kind = KIND_DAY, .at = FIELD_AT(thing, day) },
	{ .name = "colour", .kind = KIND_WORD, .at = FIELD_AT(thing, colour), .words = colours },
	{ .name = "palette", .kind = KIND_WORDS, .at = FIELD_AT(thing, palette), .words = colours },
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(thing, name) },
	{ .name = "parts", .kind = KIND_LIST, .at = FIELD_AT(thing, parts) },
	{ .name = "bytes", .kind = KIND_BYTES, .at = FIELD_AT(thing, bytes) },
	{ .name = "shown", .kind = KIND_TEXT, .at = FIELD_AT(thing, name), .only = IN | OUT },
	{ .name = "raw", .kind = KIND_RAW, .at = FIELD_AT(thing, raw), .only = ROW },
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(thing, id) },
	{ .name = "binary_id", .kind = KIND_ID, .at = FIELD_AT(thing, binary_id) },
};
#define THING thing_fields, COUNT_OF(thing_fields)
#define COLUMNS                                                                                    \
	"n, flag, amount, reference, instant, small, day, colour, palette, name, bytes, raw, id, " \
	"binary_id"

enum {
	DROP,
	CREATE,
	INSERT,
	SELECT,
	SELECT_ONE,
	SELECT_BY_ID,
	SELECT_IN_ORDER,
	SUM,
	SUM_NOTHING,
	TOO_FEW,
	TOO_MANY,
	WRONG_WORD,
	TOO_BIG,
	FRACTION,
	NOT_AN_ID,
	ECHO,
	UPDATE,
	SYNTAX,
	NUMBERS,
	SESSION,
	MANY,
	SQL_COUNT
};

static const struct sql sql[] = {
	[DROP] = { "DROP TABLE IF EXISTS thing" },
	[CREATE] = { "CREATE TABLE thing (n BIGINT PRIMARY KEY, flag BOOLEAN, amount BIGINT, "
		     "reference BIGINT, instant BIGINT,"
		     " small INT, day DATE, colour ENUM ('red', 'green', 'blue'), palette SET "
		     "('red', 'green', 'blue'),"
		     " name TEXT, bytes BLOB, raw JSON, id UUID, binary_id BINARY(16))" },
	[INSERT] = { "INSERT INTO thing (" COLUMNS ") VALUES ",
		     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[SELECT] = { "SELECT " COLUMNS " FROM thing ORDER BY n" },
	[SELECT_ONE] = { "SELECT " COLUMNS " FROM thing WHERE n = ?" },
	[SELECT_BY_ID] = { "SELECT n FROM thing WHERE id = ? AND binary_id = ?" },
	[SELECT_IN_ORDER] = { "SELECT " COLUMNS " FROM thing ORDER BY id" },
	[SUM] = { "SELECT SUM(amount) FROM thing" },
	[SUM_NOTHING] = { "SELECT SUM(amount) FROM thing WHERE n = -1" },
	[TOO_FEW] = { "SELECT n, flag FROM thing" },
	[TOO_MANY] = { "SELECT " COLUMNS ", 1 FROM thing" },
	[WRONG_WORD] = { "SELECT 'mauve'" },
	[TOO_BIG] = { "SELECT CAST(9223372036854775807 AS DECIMAL(30)) + 1" },
	[FRACTION] = { "SELECT 1.5" },
	[NOT_AN_ID] = { "SELECT 'not an id'" },
	[ECHO] = { "SELECT ?" },
	[UPDATE] = { "UPDATE thing SET name = ? WHERE n = ?" },
	[SYNTAX] = { "SELEKT 1" },
	[NUMBERS] = { "SELECT seq FROM seq_1_to_100000" },
	[SESSION] = { "SELECT CONCAT_WS(' ', @@sql_mode LIKE '%STRICT_ALL_TABLES%', @@time_zone, "
		      "@@collation_connection,"
		      " @@innodb_snapshot_isolation, @@innodb_lock_wait_timeout, @@autocommit, "
		      "@@tx_isolation, @@idle_transaction_timeout, DATABASE())" },
	[MANY] = { "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static void begin_empty(struct fixture *f)
{
	run(f->db, &sql[DROP]);
	run(f->db, &sql[CREATE]);
	arena_reset(f->arena);
}

static struct thing thing_full(int64_t n)
{
	return (struct thing){ .n = n,
			       .flag = true,
			       .amount = AMOUNT_MAX_FEN,
			       .reference = INT64_MAX,
			       .instant = INT64_MIN + 1,
			       .small = INT32_MAX,
			       .day = day_make(2026, 2, 28),
			       .colour = COLOUR_GREEN,
			       .palette = 1u << COLOUR_RED | 1u << COLOUR_BLUE,
			       .name = TEXT("𠮷野家 😀 \x00 end"),
			       .bytes = TEXT("\x00\xff\x80'\\"),
			       .raw = TEXT("{\"a\": [1, null]}"),
			       .id = id_new(1700000000000000 + n % 1000),
			       .binary_id = id_new(n & 0xffff) };
}

static struct thing thing_absent(int64_t n)
{
	return (struct thing){ .n = n,
			       .amount = INT_NONE,
			       .reference = INT_NONE,
			       .instant = INT_NONE,
			       .small = SMALL_NONE,
			       .day = DAY_NONE,
			       .colour = SMALL_NONE };
}

static void things_equal(const struct thing *a, const struct thing *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->flag, b->flag);
	assert_int_equal(a->amount, b->amount);
	assert_int_equal(a->reference, b->reference);
	assert_int_equal(a->instant, b->instant);
	assert_int_equal(a->small, b->small);
	assert_int_equal(a->day, b->day);
	assert_int_equal(a->colour, b->colour);
	assert_int_equal(a->palette, b->palette);
	assert_true(text_equal(a->name, b->name));
	assert_true(text_equal(a->bytes, b->bytes));
	assert_true(text_equal(a->raw, b->raw));
	assert_int_equal(!a->name.at, !b->name.at);
	assert_int_equal(!a->bytes.at, !b->bytes.at);
	assert_true(id_equal(a->id, b->id));
	assert_true(id_equal(a->binary_id, b->binary_id));
}

static void all_kinds_come_back_as_they_went(void **state)
{
	struct fixture *f = *state;
	struct thing things[] = { thing_full(INT64_MIN + 1), thing_absent(0), thing_full(1),
				  thing_full(INT64_MAX) };
	struct list list = { 0 };
	struct thing one;

	things[2].name = TEXT("");
	things[2].bytes = TEXT("");
	things[2].palette = 0;
	things[2].day = day_make(1900, 1, 1);
	things[2].flag = false;
	things[2].amount = -AMOUNT_MAX_FEN;
	things[2].small = INT32_MIN + 1;
	things[3].palette = 7;
	things[3].day = day_make(9999, 12, 31);
	begin_empty(f);
	assert_int_equal(
		db_rows(f->db, &sql[INSERT], THING, things, COUNT_OF(things), sizeof(things[0])),
		OK);
	assert_int_equal(db_affected(f->db), COUNT_OF(things));
	assert_int_equal(
		db_list(f->db, &sql[SELECT], db_none, THING, sizeof(things[0]), f->arena, &list),
		OK);
	assert_int_equal(list.count, COUNT_OF(things));
	for (size_t i = 0; i < list.count; i++)
		things_equal(LIST_ITEM(list, struct thing, i), &things[i]);
	assert_int_equal(
		db_read(f->db, &sql[SELECT_ONE], db_values(INT64_MAX), THING, f->arena, &one), OK);
	things_equal(&one, &things[3]);
	assert_int_equal(
		db_read(f->db, &sql[SELECT_ONE], db_values(INT64_C(77)), THING, f->arena, &one),
		ERR_NOT_FOUND);
}

static void ids_are_found_by_their_16_bytes(void **state)
{
	struct fixture *f = *state;
	struct thing things[] = { thing_full(1), thing_full(2) };
	int64_t n = 0;

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], THING, things, 2, sizeof(things[0])), OK);
	assert_int_equal(db_number(f->db, &sql[SELECT_BY_ID],
				   db_values(things[1].id, things[1].binary_id), &n),
			 OK);
	assert_int_equal(n, 2);
	assert_int_equal(db_number(f->db, &sql[SELECT_BY_ID],
				   db_values(things[1].id, things[0].binary_id), &n),
			 ERR_NOT_FOUND);
}

/* New rows go to the end of the primary key only if the server sorts UUIDs as the program does. */
static void ids_sort_as_they_were_made(void **state)
{
	enum { ROWS = 300 };
	struct fixture *f = *state;
	struct thing *things = memory_take(ROWS * sizeof(*things));
	struct list list = { 0 };

	begin_empty(f);
	for (size_t i = 0; i < ROWS; i++) {
		things[i] = thing_absent((int64_t)(i * 7919 % ROWS));
		things[i].id = id_new(INT64_C(1700000000000000) + (int64_t)i * 1000);
	}
	assert_int_equal(db_rows(f->db, &sql[INSERT], THING, things, ROWS, sizeof(*things)), OK);
	assert_int_equal(db_list(f->db, &sql[SELECT_IN_ORDER], db_none, THING, sizeof(*things),
				 f->arena, &list),
			 OK);
	assert_int_equal(list.count, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		assert_true(id_equal(LIST_ITEM(list, struct thing, i)->id, things[i].id));
	memory_free(things);
}

/* SUM(BIGINT) is a DECIMAL, which must not go through a double. */
static void sums_are_exact(void **state)
{
	struct fixture *f = *state;
	static const int64_t amounts[] = { AMOUNT_MAX_FEN, INT64_C(999999999999999), 1, -7,
					   INT64_C(9000000000000000000) };
	int64_t expected = 0;

	begin_empty(f);
	assert_int_equal(number(f->db, &sql[SUM_NOTHING]), INT_NONE);
	for (size_t i = 0; i < COUNT_OF(amounts); i++) {
		struct thing thing = thing_absent((int64_t)i);

		thing.amount = amounts[i];
		expected += amounts[i];
		assert_int_equal(db_rows(f->db, &sql[INSERT], THING, &thing, 1, sizeof(thing)), OK);
		assert_int_equal(number(f->db, &sql[SUM]), expected);
	}
}

static void values_of_every_type_are_bound(void **state)
{
	struct fixture *f = *state;
	static const struct field fields[] = {
		{ .name = "a", .kind = KIND_BOOL, .at = FIELD_AT(thing, flag) },
		{ .name = "b", .kind = KIND_SMALL, .at = FIELD_AT(thing, small) },
		{ .name = "c", .kind = KIND_INT, .at = FIELD_AT(thing, n) },
		{ .name = "d", .kind = KIND_TEXT, .at = FIELD_AT(thing, name) },
		{ .name = "e", .kind = KIND_RAW, .at = FIELD_AT(thing, raw) },
		{ .name = "f", .kind = KIND_ID, .at = FIELD_AT(thing, id) },
		{ .name = "g", .kind = KIND_DAY, .at = FIELD_AT(thing, day) },
		{ .name = "h", .kind = KIND_BYTES, .at = FIELD_AT(thing, bytes) },
		{ .name = "i", .kind = KIND_INT, .at = FIELD_AT(thing, amount) },
		{ .name = "j", .kind = KIND_INT, .at = FIELD_AT(thing, reference) },
	};
	struct id id = id_new(1);
	uint8_t digest[32] = { 1, 2, 0, 255 };
	bool yes = true;
	struct thing thing = { 0 };

	assert_int_equal(db_read(f->db, &sql[MANY],
				 db_values(yes, (int32_t)-5, INT64_MAX, TEXT("字"), "string", id,
					   value_day(day_make(2024, 2, 29)), value_digest(digest),
					   value_optional(INT_NONE), value_optional(9)),
				 fields, COUNT_OF(fields), f->arena, &thing),
			 OK);
	assert_true(thing.flag);
	assert_int_equal(thing.small, -5);
	assert_int_equal(thing.n, INT64_MAX);
	assert_true(text_is(thing.name, "字"));
	assert_true(text_is(thing.raw, "string"));
	assert_true(id_equal(thing.id, id));
	assert_int_equal(thing.day, day_make(2024, 2, 29));
	assert_int_equal(thing.bytes.size, 32);
	assert_memory_equal(thing.bytes.at, digest, 32);
	assert_int_equal(thing.amount, INT_NONE);
	assert_int_equal(thing.reference, 9);
}

static void absent_values_are_null(void **state)
{
	struct fixture *f = *state;
	struct value absent[] = {
		value_null(),    value_text(NO_TEXT), value_string(NULL),      value_bytes(NO_TEXT),
		value_id(NO_ID), value_day(DAY_NONE), value_optional(INT_NONE)
	};
	int64_t out;

	for (size_t i = 0; i < COUNT_OF(absent); i++) {
		out = 0;
		assert_int_equal(db_number(f->db, &sql[ECHO], db_values(absent[i]), &out), OK);
		assert_int_equal(out, INT_NONE);
	}
}

static void long_texts_are_whole(void **state)
{
	struct fixture *f = *state;
	static const struct field field = { .name = "text", .kind = KIND_TEXT, .at = 0 };
	static const size_t sizes[] = { 1, 63, 64, 65, 255, 256, 65535, 65536, 3 * 1024 * 1024 };

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char *at = memory_take(sizes[i]);
		struct text text = { at, sizes[i] }, out = NO_TEXT;

		for (size_t k = 0; k < sizes[i]; k++)
			at[k] = (char)('a' + (int)(k % 23));
		arena_reset(f->arena);
		assert_int_equal(
			db_read(f->db, &sql[ECHO], db_values(text), &field, 1, f->arena, &out), OK);
		assert_true(text_equal(out, text));
		assert_int_equal(out.at[out.size], 0);
		memory_free(at);
	}
}

static void misfits_are_broken(void **state)
{
	struct fixture *f = *state;
	static const struct field word = { .name = "w", .kind = KIND_WORD, .words = colours };
	static const struct field words = { .name = "w", .kind = KIND_WORDS, .words = colours };
	static const struct field small = { .name = "s", .kind = KIND_SMALL };
	static const struct field id = { .name = "i", .kind = KIND_ID };
	struct thing thing = thing_full(5);
	struct list list = { 0 };
	int64_t out[2];

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], THING, &thing, 1, sizeof(thing)), OK);
	assert_int_equal(db_read(f->db, &sql[TOO_FEW], db_none, THING, f->arena, &thing),
			 ERR_DB_BROKEN);
	assert_int_equal(
		db_list(f->db, &sql[TOO_MANY], db_none, THING, sizeof(thing), f->arena, &list),
		ERR_DB_BROKEN);
	assert_int_equal(db_read(f->db, &sql[WRONG_WORD], db_none, &word, 1, f->arena, out),
			 ERR_DB_BROKEN);
	assert_int_equal(db_read(f->db, &sql[WRONG_WORD], db_none, &words, 1, f->arena, out),
			 ERR_DB_BROKEN);
	assert_int_equal(db_read(f->db, &sql[NOT_AN_ID], db_none, &id, 1, f->arena, out),
			 ERR_DB_BROKEN);
	assert_int_equal(db_number(f->db, &sql[TOO_BIG], db_none, out), ERR_DB_BROKEN);
	assert_int_equal(db_number(f->db, &sql[FRACTION], db_none, out), ERR_DB_BROKEN);
	assert_int_equal(db_read(f->db, &sql[ECHO], db_values(INT64_C(2147483648)), &small, 1,
				 f->arena, out),
			 ERR_DB_BROKEN);
	assert_int_equal(db_number(f->db, &sql[ECHO], db_none, out), ERR_DB_BROKEN);
	assert_int_equal(db_number(f->db, &sql[ECHO], db_values("a", "b"), out), ERR_DB_BROKEN);
	assert_int_equal(db_exec(f->db, &sql[SYNTAX], db_none), ERR_DB_BROKEN);
	thing.colour = 3;
	assert_int_equal(db_rows(f->db, &sql[INSERT], THING, &thing, 1, sizeof(thing)),
			 ERR_DB_BROKEN);
	assert_int_equal(db_number(f->db, &sql[ECHO], db_values("12"), out), OK);
	assert_int_equal(out[0], 12);
}

/* CLIENT_FOUND_ROWS: what was found counts, also where nothing changed. */
static void affected_counts_what_was_found(void **state)
{
	struct fixture *f = *state;
	struct thing thing = thing_full(5);

	begin_empty(f);
	assert_int_equal(db_rows(f->db, &sql[INSERT], THING, &thing, 1, sizeof(thing)), OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_exec(f->db, &sql[UPDATE], db_values("same", INT64_C(5))), OK);
		assert_int_equal(db_affected(f->db), 1);
	}
	assert_int_equal(db_exec(f->db, &sql[UPDATE], db_values("same", INT64_C(6))), OK);
	assert_int_equal(db_affected(f->db), 0);
}

struct counting {
	struct db *db;
	int64_t seen, stop_at;
	enum err inside;
};

static enum err count_row(void *context, void *row)
{
	struct counting *counting = context;
	const int64_t *n = row;
	int64_t out;

	assert_int_equal(*n, ++counting->seen);
	if (counting->seen == 10)
		counting->inside = db_number(counting->db, &sql[SUM], db_none, &out);
	return counting->seen == counting->stop_at ? ERR_NOT_FOUND : OK;
}

static void each_streams_and_stops_when_told(void **state)
{
	struct fixture *f = *state;
	static const struct field n = { .name = "n", .kind = KIND_INT };
	struct counting all = { .db = f->db }, some = { .db = f->db, .stop_at = 42 };

	begin_empty(f);
	assert_int_equal(
		db_each(f->db, &sql[NUMBERS], db_none, &n, 1, sizeof(int64_t), count_row, &all),
		OK);
	assert_int_equal(all.seen, 100000);
	assert_int_equal(all.inside, ERR_DB_BROKEN);
	assert_int_equal(
		db_each(f->db, &sql[NUMBERS], db_none, &n, 1, sizeof(int64_t), count_row, &some),
		ERR_NOT_FOUND);
	assert_int_equal(some.seen, 42);
	assert_int_equal(number(f->db, &sql[SUM]), INT_NONE);
}

static void the_session_is_ours(void **state)
{
	struct fixture *f = *state;
	static const struct field field = { .name = "session", .kind = KIND_TEXT };
	struct text out;

	assert_int_equal(db_read(f->db, &sql[SESSION], db_none, &field, 1, f->arena, &out), OK);
	assert_string_equal(out.at,
			    "1 +00:00 utf8mb4_nopad_bin ON 3 ON REPEATABLE-READ 10 xiangcai");
}

static void statements_are_counted(void **state)
{
	struct fixture *f = *state;
	int64_t out;

	db_statement_count(f->db);
	assert_int_equal(db_begin(f->db), OK);
	assert_int_equal(db_number(f->db, &sql[ECHO], db_values(1), &out), OK);
	assert_int_equal(db_number(f->db, &sql[ECHO], db_values(2), &out), OK);
	assert_int_equal(out, 2);
	assert_int_equal(db_commit(f->db), OK);
	assert_int_equal(db_statement_count(f->db), 4);
	assert_int_equal(db_statement_count(f->db), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_come_back_as_they_went),
		cmocka_unit_test(ids_are_found_by_their_16_bytes),
		cmocka_unit_test(ids_sort_as_they_were_made),
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(values_of_every_type_are_bound),
		cmocka_unit_test(absent_values_are_null),
		cmocka_unit_test(long_texts_are_whole),
		cmocka_unit_test(misfits_are_broken),
		cmocka_unit_test(affected_counts_what_was_found),
		cmocka_unit_test(each_streams_and_stops_when_told),
		cmocka_unit_test(the_session_is_ours),
		cmocka_unit_test(statements_are_counted),
	};

	return cmocka_run_group_tests_name("statements", tests, fixture_start, fixture_stop);
}
