/*
 * JSON in, by field tables. The gate passes the text first; only then cJSON makes a tree of it, in
 * memory of its own that is freed before this returns. cJSON keeps numbers as doubles, which lose
 * digits: each number node gets the ordinal of its number among those that the gate kept as
 * written, so that integers are read by their digits. Members are met in the order of the body; the
 * next field of the table is tried first, because clients mostly keep to it.
 */
#include "field.h"
#include "json_gate.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { FIELDS_MAX = 128, NUMBER_SIZE_MAX = 63 /* cJSON's own */ };

struct reader {
	struct problems *problems;
	struct list numbers; /* of struct text */
};

typedef enum err read_fn(struct reader *reader, const cJSON *item, const struct field *field,
			 void *row, const struct place *place);

static int item_type(const cJSON *item)
{
	return item->type & 0xFF;
}

/* Gives every number node below @item, itself included, its ordinal. */
static void tie_numbers(cJSON *item, int *next)
{
	if (item_type(item) == cJSON_Number)
		item->valueint = (*next)++;
	for (cJSON *child = item->child; child; child = child->next)
		tie_numbers(child, next);
}

static enum err type_fault(struct reader *reader, const struct place *place, const char *type)
{
	fault(reader->problems, place, ERR_TYPE, ARG_TEXT(text_of(type)), ARG_END);
	return OK;
}

static enum err read_bool(struct reader *reader, const cJSON *item, const struct field *field,
			  void *row, const struct place *place)
{
	if (item_type(item) != cJSON_True && item_type(item) != cJSON_False)
		return type_fault(reader, place, "boolean");
	*(bool *)field_slot(field, row) = item_type(item) == cJSON_True;
	return OK;
}

static enum err read_integer(struct reader *reader, const cJSON *item, const struct field *field,
			     void *row, const struct place *place)
{
	if (item_type(item) != cJSON_Number)
		return type_fault(reader, place, "integer");

	struct text digits = *LIST_ITEM(reader->numbers, struct text, item->valueint);

	return field_take_digits(field, digits, row, place, reader->problems);
}

static enum err read_string(struct reader *reader, const cJSON *item, const struct field *field,
			    void *row, const struct place *place)
{
	if (item_type(item) != cJSON_String)
		return type_fault(reader, place, "string");
	return field_take_text(field, text_of(item->valuestring), row, place, reader->problems);
}

static enum err read_words(struct reader *reader, const cJSON *item, const struct field *field,
			   void *row, const struct place *place)
{
	struct place at = { .up = place };
	enum err e = OK;

	if (item_type(item) != cJSON_Array)
		return type_fault(reader, place, "array");
	for (const cJSON *word = item->child; word && !e; word = word->next, at.index++) {
		if (item_type(word) != cJSON_String)
			type_fault(reader, &at, "string");
		else
			e = field_take_word(field, text_of(word->valuestring), row, &at,
					    reader->problems);
	}
	return e;
}

static enum err read_object(struct reader *reader, const cJSON *object, const struct field *fields,
			    size_t count, void *row, const struct place *place);

static enum err read_struct(struct reader *reader, const cJSON *item, const struct field *field,
			    void *row, const struct place *place)
{
	return read_object(reader, item, field->of, field->of_count, field_slot(field, row), place);
}

static size_t item_count(const cJSON *array)
{
	size_t count = 0;

	for (const cJSON *item = array->child; item; item = item->next)
		count++;
	return count;
}

static enum err read_list(struct reader *reader, const cJSON *item, const struct field *field,
			  void *row, const struct place *place)
{
	struct list *list = field_slot(field, row);
	struct limits limits = field_limits(field);
	struct place at = { .up = place };
	enum err e = OK;

	if (item_type(item) != cJSON_Array)
		return type_fault(reader, place, "array");

	size_t count = item_count(item);

	if ((int64_t)count < limits.min || (int64_t)count > limits.max) {
		fault(reader->problems, place, ERR_ITEMS, ARG_INT(limits.min), ARG_INT(limits.max),
		      ARG_END);
		return OK;
	}
	if (!count)
		return OK;
	list->at = arena_take(reader->problems->arena, count * field->of_size);
	if (!list->at)
		return ERR_MEMORY;
	list->count = list->room = count;
	for (const cJSON *child = item->child; child && !e; child = child->next, at.index++)
		e = read_object(reader, child, field->of, field->of_count,
				(char *)list->at + at.index * field->of_size, &at);
	return e;
}

static read_fn *const readers[] = {
	[KIND_BOOL] = read_bool,   [KIND_INT] = read_integer,   [KIND_FEN] = read_integer,
	[KIND_REF] = read_string,  [KIND_SMALL] = read_integer, [KIND_TEXT] = read_string,
	[KIND_ID] = read_string,   [KIND_DAY] = read_string,    [KIND_INSTANT] = read_string,
	[KIND_WORD] = read_string, [KIND_WORDS] = read_words,   [KIND_BYTES] = read_string,
	[KIND_LIST] = read_list,   [KIND_STRUCT] = read_struct, [KIND_RAW] = NULL,
};

/* The index of the field named @name that takes part, looked for from @hint on; @count when there
 * is none. What is read and what is told may be two fields of one name. */
static size_t find_field(const struct field *fields, size_t count, const char *name, size_t hint)
{
	for (size_t tried = 0; tried < count; tried++) {
		size_t i = hint + tried < count ? hint + tried : hint + tried - count;

		if (field_takes_part(&fields[i], IN) && strcmp(fields[i].name, name) == 0)
			return i;
	}
	return count;
}

/* Clears all members that take part, and notes those that are missing. */
static void clear_members(const struct field *fields, size_t count, void *row, bool *missing)
{
	for (size_t i = 0; i < count; i++) {
		missing[i] = false;
		if (!field_takes_part(&fields[i], IN))
			continue;
		field_clear(&fields[i], row);
		missing[i] = !fields[i].optional;
	}
}

static enum err read_object(struct reader *reader, const cJSON *object, const struct field *fields,
			    size_t count, void *row, const struct place *place)
{
	bool missing[FIELDS_MAX];
	struct place at = { .up = place };
	size_t next = 0;
	enum err e = OK;

	assert(count <= FIELDS_MAX);
	clear_members(fields, count, row, missing);
	if (item_type(object) != cJSON_Object)
		return type_fault(reader, place, "object");
	for (const cJSON *item = object->child; item && !e; item = item->next) {
		size_t i = find_field(fields, count, item->string, next);

		at.name = text_of(item->string);
		if (i == count) {
			fault(reader->problems, &at, ERR_UNKNOWN_FIELD, ARG_END);
			continue;
		}
		next = i + 1 < count ? i + 1 : 0;
		if (item_type(item) == cJSON_NULL)
			continue;
		missing[i] = false;
		assert(readers[fields[i].kind]);
		e = readers[fields[i].kind](reader, item, &fields[i], row, &at);
	}
	for (size_t i = 0; i < count; i++) {
		if (!missing[i])
			continue;
		at.name = text_of(fields[i].name);
		fault(reader->problems, &at, ERR_REQUIRED, ARG_END);
	}
	return e;
}

static enum err bad_json(struct problems *problems, const char *why, size_t at)
{
	struct arg place = AT("");
	struct arg sentence = ARG_TEXT(arena_print(problems->arena, "%s (byte %zu)", why, at));

	return fail(problems, ERR_BAD_JSON, place, sentence);
}

/* cJSON takes no longer numbers; none that a field could mean is as long. */
static const struct text *number_too_long(const struct gate *gate)
{
	for (size_t i = 0; i < gate->numbers.count; i++) {
		const struct text *number = LIST_ITEM(gate->numbers, struct text, i);

		if (number->size > NUMBER_SIZE_MAX)
			return number;
	}
	return NULL;
}

static enum err pass_gate(struct gate *gate, struct problems *problems)
{
	const struct text *too_long;

	if (!gate_passes(gate))
		return gate->no_memory ? ERR_MEMORY : bad_json(problems, gate->why, gate->at);
	too_long = number_too_long(gate);
	if (too_long)
		return bad_json(problems, "a number of more than 63 characters",
				(size_t)(too_long->at - gate->json.at));
	return OK;
}

static enum err read_tree(struct text json, struct reader *reader, const struct field *fields,
			  size_t count, void *out)
{
	static const struct place root = { .name = { "", 0 } };
	size_t faults = problem_count(reader->problems);
	cJSON *tree = cJSON_ParseWithLength(json.at, json.size);
	int numbers = 0;

	if (!tree)
		return ERR_MEMORY;
	tie_numbers(tree, &numbers);
	assert((size_t)numbers == reader->numbers.count);

	enum err e = read_object(reader, tree, fields, count, out, &root);

	cJSON_Delete(tree);
	if (e)
		return e;
	return problem_count(reader->problems) > faults ? ERR_REFUSED : OK;
}

enum err json_decode(struct text json, const struct field *fields, size_t count, void *out,
		     struct problems *problems)
{
	struct arena *scratch = arena_new(MIB(256));
	struct gate gate = { .json = json, .arena = scratch };

	if (!scratch)
		return ERR_MEMORY;

	enum err e = pass_gate(&gate, problems);

	if (!e) {
		struct reader reader = { problems, gate.numbers };

		e = read_tree(json, &reader, fields, count, out);
	}
	arena_free(scratch);
	return e;
}
