/* JSON and pairs into structs by field tables: values, absence, and every fault at its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>

static const char *const colours[] = { "red", "green", "blue", NULL };

struct line {
	struct id sku;
	int64_t quantity;
	struct text note;
};

struct place {
	struct text county;
	int32_t floor;
};

struct thing {
	bool urgent;
	int64_t number, price, ref, at, hidden;
	int32_t small, colour, day;
	uint32_t colours;
	struct text name, code, key;
	struct id id;
	struct list lines;
	struct place place;
};

static bool is_upper(struct text t)
{
	for (size_t i = 0; i < t.size; i++) {
		if (t.at[i] < 'A' || t.at[i] > 'Z')
			return false;
	}
	return t.size > 0;
}

/* clang-format off */
static const struct field line_fields[] = {
	{ .name = "sku", .kind = KIND_ID, .at = FIELD_AT(line, sku) },
	{ .name = "quantity", .kind = KIND_INT, .at = FIELD_AT(line, quantity), .min = 1, .max = 9 },
	{ .name = "note", .kind = KIND_TEXT, .at = FIELD_AT(line, note), .optional = true },
};

static const struct field place_fields[] = {
	{ .name = "county", .kind = KIND_TEXT, .at = FIELD_AT(place, county) },
	{ .name = "floor", .kind = KIND_SMALL, .at = FIELD_AT(place, floor), .optional = true },
};

static const struct field thing_fields[] = {
	{ .name = "urgent", .kind = KIND_BOOL, .at = FIELD_AT(thing, urgent), .optional = true },
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(thing, number), .optional = true },
	{ .name = "price", .kind = KIND_FEN, .at = FIELD_AT(thing, price), .optional = true },
	{ .name = "ref", .kind = KIND_REF, .at = FIELD_AT(thing, ref), .optional = true },
	{ .name = "at", .kind = KIND_INSTANT, .at = FIELD_AT(thing, at), .optional = true },
	{ .name = "hidden", .kind = KIND_INT, .at = FIELD_AT(thing, hidden), .only = OUT | ROW },
	{ .name = "small", .kind = KIND_SMALL, .at = FIELD_AT(thing, small), .optional = true },
	{ .name = "colour", .kind = KIND_WORD, .at = FIELD_AT(thing, colour), .words = colours, .optional = true },
	{ .name = "day", .kind = KIND_DAY, .at = FIELD_AT(thing, day), .optional = true },
	{ .name = "colours", .kind = KIND_WORDS, .at = FIELD_AT(thing, colours), .words = colours, .optional = true },
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(thing, name), .min = 1, .max = 4 },
	{ .name = "code", .kind = KIND_TEXT, .at = FIELD_AT(thing, code), .check = is_upper, .optional = true },
	{ .name = "key", .kind = KIND_BYTES, .at = FIELD_AT(thing, key), .min = 2, .max = 2, .optional = true },
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(thing, id), .optional = true },
	{ .name = "lines", .kind = KIND_LIST, .at = FIELD_AT(thing, lines), .min = 1, .max = 3, .optional = true,
	  .of = line_fields, .of_count = COUNT_OF(line_fields), .of_size = sizeof(struct line) },
	{ .name = "place", .kind = KIND_STRUCT, .at = FIELD_AT(thing, place), .optional = true,
	  .of = place_fields, .of_count = COUNT_OF(place_fields), .of_size = sizeof(struct place) },
};
/* clang-format on */

/* `pointer CODE; …` of all faults. */
static void list_faults(const struct problems *problems, struct buffer *out)
{
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);

		buffer_print(out, "%s%.*s %s", i ? "; " : "", TEXT_FMT(problem->pointer),
			     err_info(problem->code)->code + 2);
		bool has_limits = problem->code == ERR_RANGE || problem->code == ERR_LENGTH ||
				  problem->code == ERR_ITEMS;

		for (size_t j = 0; j < PROBLEM_ARGS_MAX; j++) {
			if (problem->args[j].text.at)
				buffer_print(out, " <%.*s>", TEXT_FMT(problem->args[j].text));
			else if (has_limits && j < 2)
				buffer_print(out, " %lld", (long long)problem->args[j].number);
		}
	}
}

static enum err decode(struct arena *arena, const char *json, struct thing *out,
		       struct buffer *faults)
{
	struct problems problems = { .arena = arena };
	enum err e =
		json_decode(text_of(json), thing_fields, COUNT_OF(thing_fields), out, &problems);

	list_faults(&problems, faults);
	return e;
}

static void reads_every_kind(void **state)
{
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(64) };
	struct thing thing = { .hidden = 7 };
	enum err e = decode(arena,
			    " { \"urgent\": true, \"number\": -9223372036854775807, \"price\": "
			    "12345, \"ref\": \"9007199254740993\","
			    "\"at\": \"2026-01-31T12:00:00+08:00\", \"small\": -5, \"colour\": "
			    "\"blue\", \"day\": \"2026-02-28\","
			    "\"colours\": [\"red\", \"blue\"], \"name\": "
			    "\"甲\\u4e59\\ud842\\udfb7\\\"\", \"code\": \"AB\","
			    "\"key\": \"00fF\", \"id\": \"0190163d-8694-739b-8d95-a3a0d2b9d9a5\","
			    "\"lines\": [{\"sku\": \"0190163d-8694-739b-8d95-a3a0d2b9d9a5\", "
			    "\"quantity\": 9, \"note\": \"x\"},"
			    "{\"quantity\": 1, \"sku\": \"0190163D-8694-739B-8D95-A3A0D2B9D9A6\"}],"
			    "\"place\": {\"county\": \"\", \"floor\": 3} } ",
			    &thing, &faults);

	(void)state;
	assert_true(text_is(buffer_text(&faults), ""));
	assert_int_equal(e, OK);
	assert_true(thing.urgent);
	assert_true(thing.number == INT64_MIN + 1);
	assert_int_equal(thing.price, 12345);
	assert_true(thing.ref == INT64_C(9007199254740993));
	assert_true(thing.at == day_start(day_make(2026, 1, 31)) + DAY_US / 2);
	assert_int_equal(thing.hidden, 7);
	assert_int_equal(thing.small, -5);
	assert_int_equal(thing.colour, 2);
	assert_int_equal(thing.day, day_make(2026, 2, 28));
	assert_int_equal(thing.colours, 5);
	assert_true(text_is(thing.name, "甲乙𠮷\""));
	assert_true(text_is(thing.code, "AB"));
	assert_int_equal(thing.key.size, 2);
	assert_memory_equal(thing.key.at, "\x00\xFF", 2);
	assert_int_equal(thing.id.bytes[15], 0xA5);
	assert_int_equal(thing.lines.count, 2);
	assert_int_equal(LIST_ITEM(thing.lines, struct line, 0)->quantity, 9);
	assert_true(text_is(LIST_ITEM(thing.lines, struct line, 0)->note, "x"));
	assert_int_equal(LIST_ITEM(thing.lines, struct line, 1)->sku.bytes[15], 0xA6);
	assert_null(LIST_ITEM(thing.lines, struct line, 1)->note.at);
	assert_true(text_is(thing.place.county, ""));
	assert_non_null(thing.place.county.at);
	assert_int_equal(thing.place.floor, 3);
	buffer_free(&faults);
	arena_free(arena);
}

static void check_absent(const struct thing *thing)
{
	assert_false(thing->urgent);
	assert_true(thing->number == INT_NONE && thing->price == INT_NONE &&
		    thing->ref == INT_NONE);
	assert_true(thing->at == INT_NONE && thing->small == SMALL_NONE &&
		    thing->colour == SMALL_NONE);
	assert_true(thing->day == DAY_NONE && thing->colours == 0);
	assert_null(thing->code.at);
	assert_null(thing->key.at);
	assert_true(id_is_none(thing->id));
	assert_int_equal(thing->lines.count, 0);
	assert_null(thing->place.county.at);
	assert_int_equal(thing->place.floor, SMALL_NONE);
	assert_true(text_is(thing->name, "n"));
}

static void absent_and_null_are_alike(void **state)
{
	static const char *const bodies[] = {
		"{\"name\":\"n\"}",
		"{\"name\":\"n\",\"urgent\":null,\"number\":null,\"price\":null,\"ref\":null,"
		"\"at\":null,\"small\":null,"
		"\"colour\":null,\"day\":null,\"colours\":null,\"code\":null,\"key\":null,\"id\":"
		"null,\"lines\":null,\"place\":null}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct arena *arena = arena_new(0);
		struct buffer faults = { .max = KIB(64) };
		struct thing thing = { 0 };

		assert_int_equal(decode(arena, bodies[i], &thing, &faults), OK);
		check_absent(&thing);
		buffer_free(&faults);
		arena_free(arena);
	}
}

/* clang-format off */
static const struct fault_case {
	const char *json, *faults;
	enum err e;
} fault_cases[] = {
	{ "", " BAD_JSON <it ends too early (byte 0)>", ERR_BAD_JSON },
	{ "{\"name\":\"n\",\"name\":\"n\"}", " BAD_JSON <a repeated name (byte 23)>", ERR_BAD_JSON },
	{ "{\"name\":01}", " BAD_JSON <a number with a leading zero (byte 9)>", ERR_BAD_JSON },
	{ "{\"name\":\"n\"} x", " BAD_JSON <text behind the value (byte 13)>", ERR_BAD_JSON },
	{ "{\"number\":1000000000000000000000000000000000000000000000000000000000000000}",
	  " BAD_JSON <a number of more than 63 characters (byte 10)>", ERR_BAD_JSON },
	{ "[]", " TYPE <object>", ERR_REFUSED },
	{ "null", " TYPE <object>", ERR_REFUSED },
	{ "7", " TYPE <object>", ERR_REFUSED },
	{ "{}", "/name REQUIRED", ERR_REFUSED },
	{ "{\"name\":null}", "/name REQUIRED", ERR_REFUSED },
	{ "{\"name\":\"n\",\"id\":\"00000000-0000-0000-0000-000000000000\"}", "/id TYPE <uuid>", ERR_REFUSED },
	{ "{\"name\":\"\"}", "/name LENGTH 1 4", ERR_REFUSED },
	{ "{\"name\":\"一二三四五\"}", "/name LENGTH 1 4", ERR_REFUSED },
	{ "{\"name\":\"a\\nb\"}", "/name CONTROL_CHAR", ERR_REFUSED },
	{ "{\"name\":\"a\x7F\"}", "/name CONTROL_CHAR", ERR_REFUSED },
	{ "{\"name\":1}", "/name TYPE <string>", ERR_REFUSED },
	{ "{\"name\":[\"n\"]}", "/name TYPE <string>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"x\":1,\"a/b~c\":{\"y\":[1,2]},\"\":1,\"hidden\":1}",
	  "/x UNKNOWN_FIELD; /a~1b~0c UNKNOWN_FIELD; / UNKNOWN_FIELD; /hidden UNKNOWN_FIELD", ERR_REFUSED },
	{ "{\"name\":\"n\",\"urgent\":\"true\",\"number\":\"1\",\"price\":true,\"ref\":1,\"at\":1,\"small\":[],\"colour\":0,\"day\":{},"
	  "\"colours\":\"red\",\"code\":false,\"key\":1,\"id\":1,\"lines\":{},\"place\":[]}",
	  "/urgent TYPE <boolean>; /number TYPE <integer>; /price TYPE <integer>; /ref TYPE <string>; /at TYPE <string>; /small TYPE <integer>; "
	  "/colour TYPE <string>; /day TYPE <string>; /colours TYPE <array>; /code TYPE <string>; /key TYPE <string>; /id TYPE <string>; "
	  "/lines TYPE <array>; /place TYPE <object>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"number\":1.0}", "/number TYPE <integer>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"number\":1e2}", "/number TYPE <integer>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"number\":9223372036854775808}", "/number RANGE -9223372036854775807 9223372036854775807", ERR_REFUSED },
	{ "{\"name\":\"n\",\"number\":-9223372036854775808}", "/number RANGE -9223372036854775807 9223372036854775807", ERR_REFUSED },
	{ "{\"name\":\"n\",\"price\":1000000000000001}", "/price RANGE -1000000000000000 1000000000000000", ERR_REFUSED },
	{ "{\"name\":\"n\",\"small\":2147483648}", "/small RANGE -2147483647 2147483647", ERR_REFUSED },
	{ "{\"name\":\"n\",\"ref\":\"-1\"}", "/ref RANGE 0 9223372036854775807", ERR_REFUSED },
	{ "{\"name\":\"n\",\"ref\":\"1x\"}", "/ref FORMAT", ERR_REFUSED },
	{ "{\"name\":\"n\",\"at\":\"2026-01-31\",\"day\":\"2026-02-30\",\"id\":\"x\"}",
	  "/at TYPE <date-time>; /day TYPE <date>; /id TYPE <uuid>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"colour\":\"pink\"}", "/colour WORD <red | green | blue>", ERR_REFUSED },
	{ "{\"name\":\"n\",\"colours\":[\"red\",\"pink\",3,\"red\"]}",
	  "/colours/1 WORD <red | green | blue>; /colours/2 TYPE <string>; /colours/3 REPEATED", ERR_REFUSED },
	{ "{\"name\":\"n\",\"code\":\"ab\"}", "/code FORMAT", ERR_REFUSED },
	{ "{\"name\":\"n\",\"key\":\"00\"}", "/key LENGTH 4 4", ERR_REFUSED },
	{ "{\"name\":\"n\",\"key\":\"00f\"}", "/key LENGTH 4 4", ERR_REFUSED },
	{ "{\"name\":\"n\",\"key\":\"00fg\"}", "/key FORMAT", ERR_REFUSED },
	{ "{\"name\":\"n\",\"lines\":[]}", "/lines ITEMS 1 3", ERR_REFUSED },
	{ "{\"name\":\"n\",\"lines\":[1,2,3,4]}", "/lines ITEMS 1 3", ERR_REFUSED },
	{ "{\"name\":\"n\",\"lines\":[1,{\"quantity\":10,\"note\":7,\"z\":0},"
	  "{\"sku\":\"0190163d-8694-739b-8d95-a3a0d2b9d9a5\",\"quantity\":0}]}",
	  "/lines/0 TYPE <object>; /lines/1/quantity RANGE 1 9; /lines/1/note TYPE <string>; /lines/1/z UNKNOWN_FIELD; /lines/1/sku REQUIRED; "
	  "/lines/2/quantity RANGE 1 9", ERR_REFUSED },
	{ "{\"name\":\"n\",\"place\":{\"floor\":\"1\"}}", "/place/floor TYPE <integer>; /place/county REQUIRED", ERR_REFUSED },
};
/* clang-format on */

static void names_every_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fault_cases); i++) {
		struct arena *arena = arena_new(0);
		struct buffer faults = { .max = KIB(64) };
		struct thing thing = { 0 };
		enum err e = decode(arena, fault_cases[i].json, &thing, &faults);

		buffer_char(&faults, '\0');
		assert_string_equal(faults.at, fault_cases[i].faults);
		assert_int_equal(e, fault_cases[i].e);
		buffer_free(&faults);
		arena_free(arena);
	}
}

static void numbers_keep_their_order(void **state)
{
	/* unknown members with numbers stand before, between and behind those that are read */
	static const char json[] = "{\"x\":[1,[2,{\"y\":3}]],\"price\":44,\"z\":{\"a\":5},"
				   "\"number\":66,\"w\":7,\"small\":88,\"name\":\"n\"}";
	struct arena *arena = arena_new(0);
	struct buffer faults = { .max = KIB(64) };
	struct thing thing = { 0 };

	(void)state;
	assert_int_equal(decode(arena, json, &thing, &faults), ERR_REFUSED);
	assert_true(text_is(buffer_text(&faults),
			    "/x UNKNOWN_FIELD; /z UNKNOWN_FIELD; /w UNKNOWN_FIELD"));
	assert_int_equal(thing.price, 44);
	assert_int_equal(thing.number, 66);
	assert_int_equal(thing.small, 88);
	buffer_free(&faults);
	arena_free(arena);
}

static void faults_beyond_the_list_still_refuse(void **state)
{
	struct buffer json = { .max = MIB(1) };
	struct arena *arena = arena_new(0);
	struct problems problems = { .arena = arena };
	struct thing thing = { 0 };

	(void)state;
	buffer_add(&json, TEXT("{\"name\":\"n\""));
	for (int i = 0; i < 300; i++)
		buffer_print(&json, ",\"x%d\":0", i);
	buffer_char(&json, '}');
	assert_int_equal(json_decode(buffer_text(&json), thing_fields, COUNT_OF(thing_fields),
				     &thing, &problems),
			 ERR_REFUSED);
	assert_int_equal(problems.items.count, PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 100);
	/* the list is full already: a further body with faults is refused all the same */
	assert_int_equal(
		json_decode(TEXT("{}"), thing_fields, COUNT_OF(thing_fields), &thing, &problems),
		ERR_REFUSED);
	assert_int_equal(problems.dropped, 101);
	assert_int_equal(json_decode(TEXT("{\"name\":\"n\"}"), thing_fields, COUNT_OF(thing_fields),
				     &thing, &problems),
			 OK);
	buffer_free(&json);
	arena_free(arena);
}

static void tells_when_memory_is_used_up(void **state)
{
	struct arena *arena = arena_new(16);
	struct problems problems = { .arena = arena };
	struct thing thing = { 0 };

	(void)state;
	assert_int_equal(
		json_decode(TEXT("{\"name\":\"n\",\"code\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"}"),
			    thing_fields, COUNT_OF(thing_fields), &thing, &problems),
		ERR_MEMORY);
	arena_free(arena);
}

/* Whatever part of the memory is missing, the answer is right or says so. */
static void small_memory_is_told(void **state)
{
	static const char json[] = "{\"name\":\"n\",\"code\":\"ABC\",\"key\":\"0102\",\"lines\":[{"
				   "\"sku\":\"0190163d-8694-739b-8d95-a3a0d2b9d9a5\","
				   "\"quantity\":3,\"note\":\"x\"}]}";
	static const char refused[] =
		"{\"name\":1,\"lines\":[{\"quantity\":0,\"a/b\":0}],\"colours\":[\"pink\"]}";
	bool enough = false;

	(void)state;
	for (size_t ceiling = 16; ceiling < 4096; ceiling += 16) {
		struct arena *arena = arena_new(ceiling);
		struct problems problems = { .arena = arena };
		struct thing thing = { 0 };
		enum err e = json_decode(text_of(json), thing_fields, COUNT_OF(thing_fields),
					 &thing, &problems);

		assert_true(e == OK || e == ERR_MEMORY);
		assert_true(e == OK || !enough);
		enough = e == OK;
		assert_true(!enough || text_is(LIST_ITEM(thing.lines, struct line, 0)->note, "x"));
		arena_reset(arena);
		problems = (struct problems){ .arena = arena };
		e = json_decode(text_of(refused), thing_fields, COUNT_OF(thing_fields), &thing,
				&problems);
		assert_true(e == ERR_REFUSED || e == ERR_MEMORY);
		assert_true(e == ERR_MEMORY || problems.items.count + problems.dropped > 0);
		arena_free(arena);
	}
	assert_true(enough);
}

/* clang-format off */
static const struct pairs_case {
	struct pair pairs[4];
	const char *faults; /* NULL: good */
} pairs_cases[] = {
	{ { { TEXT_INIT("name"), TEXT_INIT("n") } }, NULL },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("urgent"), TEXT_INIT("true") }, { TEXT_INIT("number"), TEXT_INIT("-5") } }, NULL },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("colours"), TEXT_INIT("red,blue") }, { TEXT_INIT("day"), TEXT_INIT("2026-01-01") } }, NULL },
	{ { { TEXT_INIT("urgent"), TEXT_INIT("1") } }, "urgent TYPE <boolean>; name REQUIRED" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("name"), TEXT_INIT("n") } }, "name REPEATED" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("x/y"), TEXT_INIT("n") } }, "x/y UNKNOWN_FIELD" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("\xFF"), TEXT_INIT("n") } }, " UNKNOWN_FIELD" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("hidden"), TEXT_INIT("1") } }, "hidden UNKNOWN_FIELD" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("number"), TEXT_INIT("1.5") } }, "number TYPE <integer>" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("number"), TEXT_INIT("") } }, "number TYPE <integer>" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("small"), TEXT_INIT("99999999999") } }, "small RANGE -2147483647 2147483647" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n\n") } }, "name CONTROL_CHAR" },
	{ { { TEXT_INIT("name"), TEXT_INIT("\xFF") } }, "name FORMAT" },
	{ { { TEXT_INIT("name"), TEXT_INIT("n") }, { TEXT_INIT("colours"), TEXT_INIT("red,,red") } }, "colours WORD <red | green | blue>; colours REPEATED" },
};
/* clang-format on */

/* Fields that pairs may hold: all but the last two. */
enum { PAIR_FIELDS = COUNT_OF(thing_fields) - 2 };

static void reads_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs_cases); i++) {
		const struct pairs_case *c = &pairs_cases[i];
		struct arena *arena = arena_new(0);
		struct problems problems = { .arena = arena };
		struct buffer faults = { .max = KIB(64) };
		struct thing thing = { 0 };
		size_t count = 0;

		while (count < COUNT_OF(c->pairs) && c->pairs[count].name.at)
			count++;
		assert_int_equal(
			pairs_decode(c->pairs, count, thing_fields, PAIR_FIELDS, &thing, &problems),
			c->faults ? ERR_REFUSED : OK);
		list_faults(&problems, &faults);
		buffer_char(&faults, '\0');
		assert_string_equal(faults.at, c->faults ? c->faults : "");
		buffer_free(&faults);
		arena_free(arena);
	}
}

static void pairs_give_values(void **state)
{
	struct pair pairs[] = {
		{ TEXT("name"), TEXT("甲") },
		{ TEXT("urgent"), TEXT("true") },
		{ TEXT("number"), TEXT("-5") },
		{ TEXT("colours"), TEXT("red,blue") },
		{ TEXT("colour"), TEXT("green") },
		{ TEXT("day"), TEXT("2026-02-28") },
		{ TEXT("at"), TEXT("1970-01-01T00:00:01Z") },
		{ TEXT("key"), TEXT("0102") },
		{ TEXT("id"), TEXT("0190163d-8694-739b-8d95-a3a0d2b9d9a5") },
		{ TEXT("ref"), TEXT("77") },
	};
	struct arena *arena = arena_new(0);
	struct problems problems = { .arena = arena };
	struct thing thing = { 0 };

	(void)state;
	assert_int_equal(
		pairs_decode(pairs, COUNT_OF(pairs), thing_fields, PAIR_FIELDS, &thing, &problems),
		OK);
	assert_true(text_is(thing.name, "甲") && thing.urgent && thing.number == -5 &&
		    thing.colours == 5);
	assert_true(thing.colour == 1 && thing.day == day_make(2026, 2, 28) &&
		    thing.at == SECOND_US);
	assert_true(thing.ref == 77 && thing.price == INT_NONE && thing.id.bytes[0] == 1);
	assert_memory_equal(thing.key.at, "\x01\x02", 2);
	arena_free(arena);
}

struct counted {
	int64_t wished, told;
	struct text note;
};

/* What is read and what is told may share a name: in whatever order members come. */
static void one_name_may_be_read_and_told(void **state)
{
	static const struct field fields[] = {
		{ "count", KIND_INT, FIELD_AT(counted, wished), .only = IN },
		{ "note", KIND_TEXT, FIELD_AT(counted, note), .optional = true },
		{ "count", KIND_INT, FIELD_AT(counted, told), .only = OUT },
	};
	static const char *const bodies[] = { "{\"count\":5,\"note\":\"n\"}",
					      "{\"note\":\"n\",\"count\":5}" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct arena *arena = arena_new(KIB(64));
		struct problems problems = { .arena = arena };
		struct counted counted = { .told = 7 };

		assert_int_equal(json_decode(text_of(bodies[i]), fields, COUNT_OF(fields), &counted,
					     &problems),
				 OK);
		assert_true(counted.wished == 5 && counted.told == 7 && text_is(counted.note, "n"));
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind),
		cmocka_unit_test(absent_and_null_are_alike),
		cmocka_unit_test(names_every_fault),
		cmocka_unit_test(numbers_keep_their_order),
		cmocka_unit_test(faults_beyond_the_list_still_refuse),
		cmocka_unit_test(tells_when_memory_is_used_up),
		cmocka_unit_test(small_memory_is_told),
		cmocka_unit_test(reads_pairs),
		cmocka_unit_test(pairs_give_values),
		cmocka_unit_test(one_name_may_be_read_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
