/* JSON out: strings, field tables with absent values, and the writer by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>

static void check_text(struct buffer *buffer, const char *expected)
{
	buffer_char(buffer, '\0');
	assert_false(buffer->failed);
	assert_string_equal(buffer->at, expected);
	buffer_free(buffer);
}

static void writes_strings(void **state)
{
	/* clang-format off */
	static const struct {
		struct text text;
		const char *json;
	} cases[] = {
		{ { "", 0 }, "\"\"" },
		{ { "abc", 3 }, "\"abc\"" },
		{ { "甲𠮷é", 9 }, "\"甲𠮷é\"" },
		{ { "a\"b\\c/d", 7 }, "\"a\\\"b\\\\c/d\"" },
		{ { "\b\f\n\r\t", 5 }, "\"\\b\\f\\n\\r\\t\"" },
		{ { "\0\x01\x1F\x7F", 4 }, "\"\\u0000\\u0001\\u001f\x7F\"" },
		{ { "0123456789abcdef\"", 17 }, "\"0123456789abcdef\\\"\"" },
		{ { "\"0123456789abcdef", 17 }, "\"\\\"0123456789abcdef\"" },
		{ { "0123456\n01234567\\", 17 }, "\"0123456\\n01234567\\\\\"" },
		{ { " !#[]~", 6 }, "\" !#[]~\"" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer out = { .max = KIB(1) };

		json_string(&out, cases[i].text);
		check_text(&out, cases[i].json);
	}
}

/* Every byte at every place of a word is escaped exactly when it must be. */
static void escapes_at_every_place(void **state)
{
	(void)state;
	for (int c = 0; c < 0x80; c++) {
		for (size_t place = 0; place < 20; place++) {
			char text[20];
			struct buffer out = { .max = KIB(1) };
			bool escaped = c < 0x20 || c == '"' || c == '\\';

			memset(text, 'x', sizeof(text));
			text[place] = (char)c;
			json_string(&out, (struct text){ text, sizeof(text) });
			assert_int_equal(out.at[place + 1] == '\\', escaped);
			assert_int_equal(out.size == sizeof(text) + 2, !escaped);
			buffer_free(&out);
		}
	}
}

static const char *const colours[] = { "red", "green", "blue", NULL };

struct inner {
	int64_t number;
};

struct row {
	bool yes;
	int64_t number, price, ref, at;
	int32_t small, colour, day;
	uint32_t colours;
	struct text name, key, raw, secret;
	struct id id;
	struct list list;
	struct inner inner;
};

/* clang-format off */
static const struct field inner_fields[] = {
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(inner, number), .optional = true },
};

static const struct field fields[] = {
	{ .name = "yes", .kind = KIND_BOOL, .at = FIELD_AT(row, yes) },
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(row, number), .optional = true },
	{ .name = "price", .kind = KIND_FEN, .at = FIELD_AT(row, price), .optional = true },
	{ .name = "ref", .kind = KIND_REF, .at = FIELD_AT(row, ref), .optional = true },
	{ .name = "at", .kind = KIND_INSTANT, .at = FIELD_AT(row, at), .optional = true },
	{ .name = "small", .kind = KIND_SMALL, .at = FIELD_AT(row, small), .optional = true },
	{ .name = "colour", .kind = KIND_WORD, .at = FIELD_AT(row, colour), .words = colours, .optional = true },
	{ .name = "day", .kind = KIND_DAY, .at = FIELD_AT(row, day) },
	{ .name = "colours", .kind = KIND_WORDS, .at = FIELD_AT(row, colours), .words = colours },
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(row, name) },
	{ .name = "key", .kind = KIND_BYTES, .at = FIELD_AT(row, key) },
	{ .name = "raw", .kind = KIND_RAW, .at = FIELD_AT(row, raw), .only = OUT | ROW },
	{ .name = "secret", .kind = KIND_TEXT, .at = FIELD_AT(row, secret), .only = IN | ROW },
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(row, id) },
	{ .name = "list", .kind = KIND_LIST, .at = FIELD_AT(row, list), .of = inner_fields, .of_count = 1, .of_size = sizeof(struct inner) },
	{ .name = "inner", .kind = KIND_STRUCT, .at = FIELD_AT(row, inner), .of = inner_fields, .of_count = 1, .of_size = sizeof(struct inner) },
};
/* clang-format on */

static void writes_every_kind(void **state)
{
	struct inner items[] = { { 1 }, { INT_NONE }, { 3 } };
	struct row row = {
		.yes = true,
		.number = -5,
		.price = 12345,
		.ref = INT64_C(9007199254740993),
		.at = SECOND_US,
		.small = 7,
		.colour = 2,
		.day = 0,
		.colours = 5,
		.name = TEXT("甲\n"),
		.key = { "\x01\xFF", 2 },
		.raw = TEXT("{\"x\":[1]}"),
		.secret = TEXT("hush"),
		.id = { { 1, 2, 3 } },
		.list = { items, 3, 3 },
		.inner = { 9 },
	};
	struct buffer out = { .max = KIB(4) };

	(void)state;
	json_encode(&out, fields, COUNT_OF(fields), &row);
	check_text(&out, "{\"yes\":true,\"number\":-5,\"price\":12345,\"ref\":\"9007199254740993\","
			 "\"at\":\"1970-01-01T00:00:01.000000Z\",\"small\":7,\"colour\":\"blue\","
			 "\"day\":\"1970-01-01\","
			 "\"colours\":[\"red\",\"blue\"],\"name\":\"甲\\n\",\"key\":\"01ff\","
			 "\"raw\":{\"x\":[1]},"
			 "\"id\":\"01020300-0000-0000-0000-000000000000\","
			 "\"list\":[{\"number\":1},{\"number\":null},{\"number\":3}],\"inner\":{"
			 "\"number\":9}}");
}

static void writes_absence_as_null(void **state)
{
	struct row row = {
		.number = INT_NONE,
		.price = INT_NONE,
		.ref = INT_NONE,
		.at = INT_NONE,
		.small = SMALL_NONE,
		.colour = SMALL_NONE,
		.day = DAY_NONE,
		.inner = { INT_NONE },
	};
	struct buffer out = { .max = KIB(4) };

	(void)state;
	json_encode(&out, fields, COUNT_OF(fields), &row);
	check_text(&out, "{\"yes\":false,\"number\":null,\"price\":null,\"ref\":null,\"at\":null,"
			 "\"small\":null,\"colour\":null,"
			 "\"day\":null,\"colours\":[],\"name\":null,\"key\":null,\"raw\":null,"
			 "\"id\":null,\"list\":[],"
			 "\"inner\":{\"number\":null}}");
	json_encode(&out, fields, 0, &row);
	check_text(&out, "{}");
}

static void writes_by_hand(void **state)
{
	struct inner items[] = { { 1 }, { 2 } };
	struct list list = { items, 2, 2 };
	struct buffer out = { .max = KIB(4) };
	struct json json = { &out, false };

	(void)state;
	json_open(&json, NULL, '{');
	json_text(&json, "a\"b", TEXT("x"));
	json_text(&json, "none", NO_TEXT);
	json_open(&json, "array", '[');
	json_int(&json, NULL, 1);
	json_open(&json, NULL, '{');
	json_close(&json, '}');
	json_bool(&json, NULL, false);
	json_open(&json, NULL, '[');
	json_close(&json, ']');
	json_close(&json, ']');
	json_id(&json, "id", NO_ID);
	json_id(&json, "id2", (struct id){ { 0xFF } });
	json_day(&json, "day", 31);
	json_day(&json, "day2", DAY_NONE);
	json_instant(&json, "at", 1);
	json_instant(&json, "at2", INT_NONE);
	json_int(&json, "number", INT_NONE);
	json_fields(&json, "fields", inner_fields, 1, &items[1]);
	json_list(&json, "list", inner_fields, 1, sizeof(items[0]), &list);
	json_close(&json, '}');
	check_text(&out, "{\"a\\\"b\":\"x\",\"none\":null,\"array\":[1,{},false,[]],\"id\":null,"
			 "\"id2\":\"ff000000-0000-0000-0000-000000000000\",\"day\":\"1970-02-01\","
			 "\"day2\":null,"
			 "\"at\":\"1970-01-01T00:00:00.000001Z\",\"at2\":null,\"number\":null,"
			 "\"fields\":{\"number\":2},"
			 "\"list\":[{\"number\":1},{\"number\":2}]}");
}

static void stops_at_the_ceiling(void **state)
{
	struct row row = { .number = 1,
			   .small = 1,
			   .name = TEXT("abcdefgh"),
			   .key = TEXT("xyz"),
			   .id = { { 1 } } };
	struct buffer whole = { .max = KIB(4) };

	(void)state;
	json_encode(&whole, fields, COUNT_OF(fields), &row);
	for (size_t max = 1; max < whole.size; max++) {
		struct buffer out = { .max = max };

		json_encode(&out, fields, COUNT_OF(fields), &row);
		assert_true(out.failed);
		assert_true(out.size <= max);
		buffer_free(&out);
	}
	/* and not before it */
	struct buffer exact = { .max = whole.size };

	json_encode(&exact, fields, COUNT_OF(fields), &row);
	assert_false(exact.failed);
	buffer_free(&exact);
	buffer_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_strings),    cmocka_unit_test(escapes_at_every_place),
		cmocka_unit_test(writes_every_kind), cmocka_unit_test(writes_absence_as_null),
		cmocka_unit_test(writes_by_hand),    cmocka_unit_test(stops_at_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
