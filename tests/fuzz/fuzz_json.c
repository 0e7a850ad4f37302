/*
 * The JSON reader over any bytes. What the gate refuses the reader refuses; what the reader takes,
 * written out and read again, gives the same text; and every fault has a place and a sentence.
 */
#include "xiangcai/base.h"

#include <stdlib.h>

static const char *const colours[] = { "red", "green", NULL };

struct inner {
	int64_t number;
	struct text name;
};

struct row {
	bool yes;
	int64_t number, price, ref, at;
	int32_t small, colour, day;
	uint32_t colours;
	struct text name, key;
	struct id id;
	struct list list;
	struct inner inner;
};

/* clang-format off */
static const struct field inner_fields[] = {
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(inner, number), .optional = true },
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(inner, name), .optional = true },
};

static const struct field fields[] = {
	{ .name = "yes", .kind = KIND_BOOL, .at = FIELD_AT(row, yes), .optional = true },
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(row, number), .optional = true },
	{ .name = "price", .kind = KIND_FEN, .at = FIELD_AT(row, price), .optional = true },
	{ .name = "ref", .kind = KIND_REF, .at = FIELD_AT(row, ref), .optional = true },
	{ .name = "at", .kind = KIND_INSTANT, .at = FIELD_AT(row, at), .optional = true },
	{ .name = "small", .kind = KIND_SMALL, .at = FIELD_AT(row, small), .optional = true },
	{ .name = "colour", .kind = KIND_WORD, .at = FIELD_AT(row, colour), .words = colours, .optional = true },
	{ .name = "day", .kind = KIND_DAY, .at = FIELD_AT(row, day), .optional = true },
	{ .name = "colours", .kind = KIND_WORDS, .at = FIELD_AT(row, colours), .words = colours, .optional = true },
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(row, name), .optional = true },
	{ .name = "key", .kind = KIND_BYTES, .at = FIELD_AT(row, key), .optional = true },
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(row, id), .optional = true },
	{ .name = "list", .kind = KIND_LIST, .at = FIELD_AT(row, list), .optional = true,
	  .of = inner_fields, .of_count = COUNT_OF(inner_fields), .of_size = sizeof(struct inner) },
	{ .name = "inner", .kind = KIND_STRUCT, .at = FIELD_AT(row, inner), .optional = true,
	  .of = inner_fields, .of_count = COUNT_OF(inner_fields), .of_size = sizeof(struct inner) },
};
/* clang-format on */

static enum err decode(struct text json, struct arena *arena, struct row *row,
		       struct problems *problems)
{
	*problems = (struct problems){ .arena = arena };
	*row = (struct row){ 0 };
	return json_decode(json, fields, COUNT_OF(fields), row, problems);
}

static void check_again(const struct row *row, struct arena *arena)
{
	struct buffer first = { .max = MIB(16) }, second = { .max = MIB(16) };
	struct problems problems;
	struct row again;

	json_encode(&first, fields, COUNT_OF(fields), row);
	assert(!first.failed && json_is_strict(buffer_text(&first), arena, NULL));

	enum err e = decode(buffer_text(&first), arena, &again, &problems);

	assert(e == OK);
	json_encode(&second, fields, COUNT_OF(fields), &again);
	assert(text_equal(buffer_text(&first), buffer_text(&second)));
	buffer_free(&first);
	buffer_free(&second);
}

static void check_faults(const struct problems *problems, enum err e)
{
	struct buffer sentence = { .max = MIB(1) };

	assert(problems->items.count > 0);
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);

		assert(problem->code && (problem->pointer.size > 0 || problem->code == ERR_TYPE ||
					 e == ERR_BAD_JSON));
		assert(text_is_utf8(problem->pointer));
		problem_sentence(problem, ZH, &sentence);
		problem_sentence(problem, EN, &sentence);
	}
	assert(text_is_utf8(buffer_text(&sentence)));
	buffer_free(&sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text json = { (const char *)data, size };
	struct arena *arena = arena_new(0);
	struct problems problems;
	struct row row;
	const char *why = NULL;

	if (!arena)
		abort();

	bool strict = json_is_strict(json, arena, &why);
	enum err e = decode(json, arena, &row, &problems);

	assert(strict == !why);
	assert(strict || e == ERR_BAD_JSON);
	assert(!strict || text_is_utf8(json));
	if (e)
		check_faults(&problems, e);
	else
		check_again(&row, arena);
	arena_free(arena);
	return 0;
}
