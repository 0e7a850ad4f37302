/* The trail's rules without a database: what a state says, which bytes a seal covers, how the chain
 * goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* base has its own */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/audit/audit_private.h"

/* ---- states
 * ------------------------------------------------------------------------------------------ */

struct item {
	int64_t quantity;
	struct text code;
};
struct thing {
	struct id id;
	bool open;
	int64_t price_fen, optional;
	int32_t small, state, day;
	struct text name, password, digest, raw;
	int64_t at, reference;
	uint32_t roles;
	struct list items;
	struct item item;
};
static const char *const state_words[] = { "new", "old", NULL };
static const struct field item_fields[] = {
	{ "quantity", KIND_INT, FIELD_AT(item, quantity) },
	{ "code", KIND_TEXT, FIELD_AT(item, code), .secret = true },
};
static const struct field thing_fields[] = {
	{ "id", KIND_ID, FIELD_AT(thing, id), .only = OUT },
	{ "open", KIND_BOOL, FIELD_AT(thing, open), .only = ROW },
	{ "price_fen", KIND_FEN, FIELD_AT(thing, price_fen) },
	{ "optional", KIND_INT, FIELD_AT(thing, optional), .optional = true },
	{ "small", KIND_SMALL, FIELD_AT(thing, small) },
	{ "state", KIND_WORD, FIELD_AT(thing, state), .words = state_words },
	{ "day", KIND_DAY, FIELD_AT(thing, day) },
	{ "name", KIND_TEXT, FIELD_AT(thing, name), .only = IN },
	{ "password", KIND_TEXT, FIELD_AT(thing, password), .only = IN, .secret = true },
	{ "digest", KIND_BYTES, FIELD_AT(thing, digest) },
	{ "raw", KIND_RAW, FIELD_AT(thing, raw) },
	{ "at", KIND_INSTANT, FIELD_AT(thing, at) },
	{ "reference", KIND_REF, FIELD_AT(thing, reference) },
	{ "roles", KIND_WORDS, FIELD_AT(thing, roles), .words = state_words },
	{ "items", KIND_LIST, FIELD_AT(thing, items), .of = item_fields,
	  .of_count = COUNT_OF(item_fields), .of_size = sizeof(struct item) },
	{ "item", KIND_STRUCT, FIELD_AT(thing, item), .of = item_fields,
	  .of_count = COUNT_OF(item_fields), .of_size = sizeof(struct item) },
};

static void state_is(const struct thing *thing, const char *expected)
{
	struct buffer out = { 0 };

	event_state(&out, thing_fields, COUNT_OF(thing_fields), thing);
	buffer_char(&out, '\0');
	assert_false(out.failed);
	assert_string_equal(out.at, expected);
	buffer_free(&out);
}

static void test_state(void **state)
{
	struct arena *arena = arena_new(0);
	struct thing thing = {
		.id = { { 1, 2, 3 } },
		.open = true,
		.price_fen = 1250,
		.optional = INT_NONE,
		.small = -3,
		.state = 1,
		.day = day_make(2026, 11, 22),
		.name = TEXT("\xe8\x8c\xb6 \"x\""),
		.password = TEXT("hunter2"),
		.digest = TEXT("\x01\xff"),
		.raw = TEXT("{\"a\":[1]}"),
		.at = 1000000,
		.reference = 77,
		.roles = 3,
		.item = { 5, TEXT("secret") },
	};

	(void)state;
	struct item *item = list_add(&thing.items, arena, sizeof(*item));
	*item = (struct item){ 9, TEXT("also secret") };
	state_is(
		&thing,
		"{\"id\":\"01020300-0000-0000-0000-000000000000\",\"open\":true,\"price_fen\":1250,"
		"\"optional\":null,\"small\":-3,\"state\":\"old\",\"day\":\"2026-11-22\","
		"\"name\":\"\xe8\x8c\xb6 \\\"x\\\"\",\"password\":\"***\",\"digest\":\"01ff\","
		"\"raw\":{\"a\":[1]},\"at\":\"1970-01-01T00:00:01.000000Z\",\"reference\":\"77\","
		"\"roles\":[\"new\",\"old\"],\"items\":[{\"quantity\":9,\"code\":\"***\"}],"
		"\"item\":{\"quantity\":5,\"code\":\"***\"}}");
	arena_free(arena);
}

static void test_state_of_absent_values(void **state)
{
	struct thing thing = {
		.price_fen = INT_NONE,
		.optional = INT_NONE,
		.small = SMALL_NONE,
		.state = SMALL_NONE,
		.day = DAY_NONE,
		.at = INT_NONE,
		.reference = INT_NONE,
	};

	(void)state;
	state_is(&thing,
		 "{\"id\":null,\"open\":false,\"price_fen\":null,\"optional\":null,\"small\":null,"
		 "\"state\":null,\"day\":null,\"name\":null,\"password\":\"***\",\"digest\":null,"
		 "\"raw\":null,\"at\":null,\"reference\":null,\"roles\":[],\"items\":[],"
		 "\"item\":{\"quantity\":0,\"code\":\"***\"}}");
}

static void test_long_lists_are_counted(void **state)
{
	static const struct field fields[] = {
		{ "items", KIND_LIST, FIELD_AT(thing, items), .of = item_fields,
		  .of_count = COUNT_OF(item_fields), .of_size = sizeof(struct item) },
	};
	struct arena *arena = arena_new(0);
	struct thing thing = { 0 };
	struct buffer out = { 0 };

	(void)state;
	for (int i = 0; i < STATE_LIST_MAX; i++)
		list_add(&thing.items, arena, sizeof(struct item));
	event_state(&out, fields, 1, &thing);
	assert_true(text_starts(buffer_text(&out), "{\"items\":[{"));
	list_add(&thing.items, arena, sizeof(struct item));
	out.size = 0;
	event_state(&out, fields, 1, &thing);
	assert_true(text_is(buffer_text(&out), "{\"items\":51}"));
	buffer_free(&out);
	arena_free(arena);
}

/* ---- changes ---- */

static void change_is(const struct thing *before, const struct thing *after, const char *was,
		      const char *is)
{
	struct buffer scratch = { 0 };
	bool unchanged[COUNT_OF(thing_fields)];

	event_unchanged(thing_fields, COUNT_OF(thing_fields), before, after, &scratch, unchanged);
	assert_int_equal(scratch.size, 0);
	event_state_but(&scratch, thing_fields, COUNT_OF(thing_fields), before, unchanged);
	buffer_char(&scratch, '\0');
	assert_string_equal(scratch.at, was);
	scratch.size = 0;
	event_state_but(&scratch, thing_fields, COUNT_OF(thing_fields), after, unchanged);
	buffer_char(&scratch, '\0');
	assert_string_equal(scratch.at, is);
	buffer_free(&scratch);
}

#define ID_MEMBER "\"id\":\"01020300-0000-0000-0000-000000000000\""

/* Only what differs, and ids; secrets that differ show that they do, those that do not are silent.
 */
static void test_change(void **state)
{
	struct arena *arena = arena_new(0);
	struct thing before = {
		.id = { { 1, 2, 3 } },
		.price_fen = 5,
		.optional = INT_NONE,
		.password = TEXT("a"),
	};
	struct thing after = before;
	struct item *item;

	(void)state;
	change_is(&before, &after, "{" ID_MEMBER "}", "{" ID_MEMBER "}");
	after.price_fen = 6;
	after.optional = 0;
	change_is(&before, &after, "{" ID_MEMBER ",\"price_fen\":5,\"optional\":null}",
		  "{" ID_MEMBER ",\"price_fen\":6,\"optional\":0}");
	after = before;
	after.password = TEXT("b");
	change_is(&before, &after, "{" ID_MEMBER ",\"password\":\"***\"}",
		  "{" ID_MEMBER ",\"password\":\"***\"}");
	after = before;
	after.item.code = TEXT("secret");
	change_is(&before, &after, "{" ID_MEMBER ",\"item\":{\"quantity\":0,\"code\":\"***\"}}",
		  "{" ID_MEMBER ",\"item\":{\"quantity\":0,\"code\":\"***\"}}");
	after = before;
	item = list_add(&after.items, arena, sizeof(*item));
	item->quantity = 4;
	change_is(&before, &after, "{" ID_MEMBER ",\"items\":[]}",
		  "{" ID_MEMBER ",\"items\":[{\"quantity\":4,\"code\":\"***\"}]}");
	arena_free(arena);
}

/* Lists too long to be told whole are still compared whole. */
static void test_change_in_a_long_list(void **state)
{
	struct arena *arena = arena_new(0);
	struct thing before = { 0 }, after = { 0 };

	(void)state;
	for (int i = 0; i < STATE_LIST_MAX + 1; i++) {
		list_add(&before.items, arena, sizeof(struct item));
		list_add(&after.items, arena, sizeof(struct item));
	}
	change_is(&before, &after, "{\"id\":null}", "{\"id\":null}");
	LIST_ITEM(after.items, struct item, 7)->quantity = 1;
	change_is(&before, &after, "{\"id\":null,\"items\":51}", "{\"id\":null,\"items\":51}");
	arena_free(arena);
}

/* ---- seals
 * ------------------------------------------------------------------------------------------- */

static struct event sample(void)
{
	return (struct event){
		.id = { { 0xaa } },
		.kind = TEXT("shipment.created"),
		.object = { { 0xbb } },
		.organisation = { { 0xcc } },
		.roles = 0x01020304,
		.address = TEXT("::1"),
		.request = TEXT("r1"),
		.at = 0x0102,
		.after = TEXT("{}"),
	};
}

/* The layout of docs/audit.md, byte by byte. */
static void test_canonical_bytes(void **state)
{
	static const char head[] = "xiangcai event 1\n\xaa";
	static const char tail[] =
		"\0\0\0\x03::1\0\0\0\x02r1\0\0\0\0\0\0\x01\x02\xff\xff\xff\xff\0\0\0\x02{}";
	struct event event = sample();
	struct buffer out = { 0 };

	(void)state;
	event_canonical(&event, &out);
	assert_int_equal(out.size, 17 + 16 + 4 + 16 + 3 * 16 + 4 + 7 + 6 + 8 + 4 + 6);
	assert_memory_equal(out.at, head, sizeof(head) - 1);
	assert_memory_equal(out.at + 33, "\0\0\0\x10shipment.created\xbb", 21);
	assert_memory_equal(out.at + 101, "\x01\x02\x03\x04", 4);
	assert_memory_equal(out.at + 105, tail, sizeof(tail) - 1);
	buffer_free(&out);
}

static void make_other(struct event *event, int what)
{
	switch (what) {
	case 0:
		event->id.bytes[15]++;
		break;
	case 1:
		event->kind = TEXT("shipment.createe");
		break;
	case 2:
		event->object.bytes[0]++;
		break;
	case 3:
		event->organisation.bytes[0]++;
		break;
	case 4:
		event->user.bytes[0]++;
		break;
	case 5:
		event->roles++;
		break;
	case 6:
		event->address = TEXT("::1r");
		event->request = TEXT("1");
		break;
	case 7:
		event->request = TEXT("r2");
		break;
	case 8:
		event->at++;
		break;
	case 9:
		event->before = TEXT("");
		break;
	case 10:
		event->before = event->after;
		event->after = NO_TEXT;
		break;
	default:
		event->after = TEXT("{ }");
		break;
	}
}

static void test_any_change_breaks_the_seal(void **state)
{
	char directory[] = "/tmp/xiangcai-test-XXXXXX", why[128], path[64];
	struct buffer scratch = { 0 };
	struct digest digest;
	bool holds = false;

	(void)state;
	assert_non_null(mkdtemp(directory));
	struct keys *keys = keys_load(directory, why);
	assert_non_null(keys);
	for (int what = 0; what < 12; what++) {
		struct event event = sample();

		assert_true(event_mac(keys, &event, &scratch, &digest));
		event.mac = (struct text){ (const char *)digest.bytes, sizeof(digest.bytes) };
		assert_int_equal(event_holds(keys, &event, &scratch, &holds), OK);
		assert_true(holds);
		make_other(&event, what);
		assert_int_equal(event_holds(keys, &event, &scratch, &holds), OK);
		if (holds)
			print_error("change %d went unnoticed\n", what);
		assert_false(holds);
	}
	keys_free(keys);
	buffer_free(&scratch);
	snprintf(path, sizeof(path), "%s/authentication.key", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/encryption.keys", directory);
	unlink(path);
	rmdir(directory);
}

static void test_chain(void **state)
{
	static const char bytes[72] = { [0] = 7, [38] = 1, [39] = 2, [40] = 9 };
	struct digest before = { { 7 } };
	char mac_bytes[32] = { 9 };
	struct digest next = chain_next(before, 0x0102, (struct text){ mac_bytes, 32 });

	(void)state;
	assert_true(digest_equal(next, sm3((struct text){ bytes, sizeof(bytes) })));
	assert_false(
		digest_equal(next, chain_next(before, 0x0103, (struct text){ mac_bytes, 32 })));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_state_of_absent_values),
		cmocka_unit_test(test_long_lists_are_counted),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_change_in_a_long_list),
		cmocka_unit_test(test_canonical_bytes),
		cmocka_unit_test(test_any_change_breaks_the_seal),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
