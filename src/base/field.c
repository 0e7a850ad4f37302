/*
 * Field tables: limits, absence, words, and the values of single fields with their faults. A reader
 * calls field_take_…; the row of the kind says which C type is written and how the text is
 * understood.
 */
#include "field.h"

#include <string.h>

enum { TEXT_MAX = 200, ITEMS_MAX = 10000 };

const char *word_of(const char *const *words, int value)
{
	for (int i = 0; words[i]; i++) {
		if (i == value)
			return words[i];
	}
	return "";
}

int word_find(const char *const *words, struct text word)
{
	for (int i = 0; words[i]; i++) {
		if (text_is(word, words[i]))
			return i;
	}
	return -1;
}

/* ---- places ---- */

/* Bytes of @name in a JSON pointer, where ~ and / take two; written to @out unless NULL. */
static size_t pointer_name(struct text name, char *out)
{
	size_t size = 0;

	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i];
		bool escaped = c == '~' || c == '/';

		if (out) {
			out[size] = escaped ? '~' : c;
			if (escaped)
				out[size + 1] = c == '~' ? '0' : '1';
		}
		size += 1U + escaped;
	}
	return size;
}

static struct text place_pointer(struct arena *arena, const struct place *place)
{
	size_t size = 0;
	char index[24];

	for (const struct place *p = place; p->up; p = p->up)
		size += 1 + (p->name.at ? pointer_name(p->name, NULL)
					: (size_t)snprintf(index, sizeof(index), "%zu", p->index));

	char *out = arena_take(arena, size + 1);

	if (!out)
		return TEXT("");

	char *end = out + size;

	for (const struct place *p = place; p->up; p = p->up) {
		if (p->name.at) {
			end -= pointer_name(p->name, NULL);
			pointer_name(p->name, end);
		} else {
			int digits = snprintf(index, sizeof(index), "%zu", p->index);

			end -= digits;
			memcpy(end, index, (size_t)digits);
		}
		*--end = '/';
	}
	return (struct text){ out, size };
}

void place_fault(struct problems *problems, const struct place *place, enum err code,
		 const struct arg *args)
{
	struct arg all[PROBLEM_ARGS_MAX + 2];
	size_t count = 1;
	bool counted_only = problems->items.count >= PROBLEMS_MAX;

	if (place->bare || counted_only)
		all[0] = ARG_TEXT(place->name);
	else
		all[0] = ARG_TEXT(place_pointer(problems->arena, place));
	for (; !args->end; args++) {
		assert(count <= PROBLEM_ARGS_MAX);
		all[count++] = *args;
	}
	all[count] = ARG_END;
	problem_add(problems, code, all);
}

size_t problem_count(const struct problems *problems)
{
	return problems->items.count + problems->dropped;
}

/* ---- tables ---- */

bool field_takes_part(const struct field *field, unsigned way)
{
	return !field->only || (field->only & way);
}

static const struct limits kind_limits[] = {
	[KIND_INT] = { INT64_MIN + 1, INT64_MAX },
	[KIND_FEN] = { -AMOUNT_MAX_FEN, AMOUNT_MAX_FEN },
	[KIND_REF] = { 0, INT64_MAX },
	[KIND_SMALL] = { INT32_MIN + 1, INT32_MAX },
	[KIND_TEXT] = { 0, TEXT_MAX },
	[KIND_DAY] = { INT32_MIN + 1, INT32_MAX },
	[KIND_INSTANT] = { INT64_MIN + 1, INT64_MAX },
	[KIND_BYTES] = { 0, TEXT_MAX },
	[KIND_LIST] = { 0, ITEMS_MAX },
	[KIND_RAW] = { 0, 0 },
};

struct limits field_limits(const struct field *field)
{
	if (field->min || field->max)
		return (struct limits){ field->min, field->max };
	return kind_limits[field->kind];
}

static void fields_clear(const struct field *fields, size_t count, void *row)
{
	for (size_t i = 0; i < count; i++) {
		if (field_takes_part(&fields[i], IN))
			field_clear(&fields[i], row);
	}
}

/* What a member looks like when it is absent: a number of its own, or as many zero bytes. */
enum absence { ABSENT_ZERO, ABSENT_INT, ABSENT_SMALL, ABSENT_FIELDS };

static const struct absence_of_kind {
	enum absence absence;
	size_t size; /* of ABSENT_ZERO */
} absences[] = {
	[KIND_BOOL] = { ABSENT_ZERO, sizeof(bool) },
	[KIND_INT] = { ABSENT_INT, 0 },
	[KIND_FEN] = { ABSENT_INT, 0 },
	[KIND_REF] = { ABSENT_INT, 0 },
	[KIND_SMALL] = { ABSENT_SMALL, 0 },
	[KIND_TEXT] = { ABSENT_ZERO, sizeof(struct text) },
	[KIND_ID] = { ABSENT_ZERO, sizeof(struct id) },
	[KIND_DAY] = { ABSENT_SMALL, 0 },
	[KIND_INSTANT] = { ABSENT_INT, 0 },
	[KIND_WORD] = { ABSENT_SMALL, 0 },
	[KIND_WORDS] = { ABSENT_ZERO, sizeof(uint32_t) },
	[KIND_BYTES] = { ABSENT_ZERO, sizeof(struct text) },
	[KIND_LIST] = { ABSENT_ZERO, sizeof(struct list) },
	[KIND_STRUCT] = { ABSENT_FIELDS, 0 },
	[KIND_RAW] = { ABSENT_ZERO, sizeof(struct text) },
};

void field_clear(const struct field *field, void *row)
{
	void *slot = field_slot(field, row);

	switch (absences[field->kind].absence) {
	case ABSENT_ZERO:
		memset(slot, 0, absences[field->kind].size);
		break;
	case ABSENT_INT:
		*(int64_t *)slot = INT_NONE;
		break;
	case ABSENT_SMALL:
		*(int32_t *)slot = SMALL_NONE;
		break;
	case ABSENT_FIELDS:
		fields_clear(field->of, field->of_count, slot);
		break;
	}
}
_Static_assert(DAY_NONE == SMALL_NONE, "absence of a day and of a small integer is written alike");

/* ---- values ---- */

static enum err take_int64(int64_t value, void *slot)
{
	*(int64_t *)slot = value;
	return OK;
}

static enum err range_fault(const struct place *place, struct problems *problems,
			    struct limits limits)
{
	fault(problems, place, ERR_RANGE, ARG_INT(limits.min), ARG_INT(limits.max), ARG_END);
	return OK;
}

/* Whether @t is an integer by its digits, whatever its size. */
static bool is_digits(struct text t)
{
	size_t at = t.size && t.at[0] == '-';

	if (at == t.size || (t.at[at] == '0' && t.size > at + 1))
		return false;
	for (; at < t.size; at++) {
		if (t.at[at] < '0' || t.at[at] > '9')
			return false;
	}
	return true;
}

enum err field_take_digits(const struct field *field, struct text digits, void *row,
			   const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	int64_t value;

	if (!is_digits(digits)) {
		fault(problems, place, ERR_TYPE, AT("integer"), ARG_END);
		return OK;
	}
	if (!text_to_int(digits, &value) || value < limits.min || value > limits.max)
		return range_fault(place, problems, limits);
	if (field->kind == KIND_SMALL) {
		*(int32_t *)field_slot(field, row) = (int32_t)value;
		return OK;
	}
	return take_int64(value, field_slot(field, row));
}

static bool has_control(struct text t)
{
	for (size_t i = 0; i < t.size; i++) {
		if ((unsigned char)t.at[i] < 0x20 || t.at[i] == 0x7F)
			return true;
	}
	return false;
}

static enum err length_fault(const struct place *place, struct problems *problems,
			     struct limits limits)
{
	fault(problems, place, ERR_LENGTH, ARG_INT(limits.min), ARG_INT(limits.max), ARG_END);
	return OK;
}

static enum err take_text(const struct field *field, struct text value, void *slot,
			  const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	int64_t length = (int64_t)text_length(value);

	if (length < limits.min || length > limits.max)
		return length_fault(place, problems, limits);
	if (has_control(value)) {
		fault(problems, place, ERR_CONTROL_CHAR, ARG_END);
		return OK;
	}
	if (field->check && !field->check(value)) {
		fault(problems, place, field->wrong ? field->wrong : ERR_FORMAT, ARG_END);
		return OK;
	}

	struct text copy = arena_text(problems->arena, value);

	*(struct text *)slot = copy;
	return copy.at ? OK : ERR_MEMORY;
}

static enum err take_bytes(const struct field *field, struct text value, void *slot,
			   const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	size_t size = value.size / 2;

	if ((int64_t)size < limits.min || (int64_t)size > limits.max)
		return length_fault(place, problems,
				    (struct limits){ limits.min * 2, limits.max * 2 });

	char *bytes = arena_take(problems->arena, size);

	if (!bytes)
		return ERR_MEMORY;
	if (!hex_parse(value, bytes, size))
		fault(problems, place, ERR_FORMAT, ARG_END);
	else
		*(struct text *)slot = (struct text){ bytes, size };
	return OK;
}

static enum err take_ref(const struct field *field, struct text value, void *slot,
			 const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	int64_t number;

	if (!text_to_int(value, &number)) {
		fault(problems, place, ERR_FORMAT, ARG_END);
		return OK;
	}
	if (number < limits.min || number > limits.max)
		return range_fault(place, problems, limits);
	return take_int64(number, slot);
}

/* The nil UUID names nothing: it would read as if the field were absent. */
static enum err take_id(const struct field *field, struct text value, void *slot,
			const struct place *place, struct problems *problems)
{
	struct id *id = slot;

	(void)field;
	if (id_parse(value, id) && !id_is_none(*id))
		return OK;
	*id = NO_ID;
	fault(problems, place, ERR_TYPE, AT("uuid"), ARG_END);
	return OK;
}

static enum err take_day(const struct field *field, struct text value, void *slot,
			 const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	char min[11], max[11];
	int32_t day;

	if (!day_parse(value, &day))
		fault(problems, place, ERR_TYPE, AT("date"), ARG_END);
	else if (day < limits.min || day > limits.max)
		fault(problems, place, ERR_RANGE, ARG_TEXT(day_format((int32_t)limits.min, min)),
		      ARG_TEXT(day_format((int32_t)limits.max, max)), ARG_END);
	else
		*(int32_t *)slot = day;
	return OK;
}

static enum err take_instant(const struct field *field, struct text value, void *slot,
			     const struct place *place, struct problems *problems)
{
	struct limits limits = field_limits(field);
	char min[28], max[28];
	int64_t instant;

	if (!instant_parse(value, &instant))
		fault(problems, place, ERR_TYPE, AT("date-time"), ARG_END);
	else if (instant < limits.min || instant > limits.max)
		fault(problems, place, ERR_RANGE, ARG_TEXT(instant_format(limits.min, min)),
		      ARG_TEXT(instant_format(limits.max, max)), ARG_END);
	else
		*(int64_t *)slot = instant;
	return OK;
}

static enum err word_fault(const struct field *field, const struct place *place,
			   struct problems *problems)
{
	struct buffer words = { .max = KIB(4) };

	for (size_t i = 0; field->words[i]; i++) {
		if (i)
			buffer_add(&words, TEXT(" | "));
		buffer_add(&words, text_of(field->words[i]));
	}
	fault(problems, place, ERR_WORD, ARG_TEXT(buffer_text(&words)), ARG_END);
	buffer_free(&words);
	return OK;
}

static enum err take_word(const struct field *field, struct text value, void *slot,
			  const struct place *place, struct problems *problems)
{
	int word = word_find(field->words, value);

	if (word < 0)
		return word_fault(field, place, problems);
	*(int32_t *)slot = word;
	return OK;
}

enum err field_take_word(const struct field *field, struct text word, void *row,
			 const struct place *place, struct problems *problems)
{
	uint32_t *set = field_slot(field, row);
	int bit = word_find(field->words, word);

	if (bit < 0)
		return word_fault(field, place, problems);
	assert(bit < 32);
	if (*set & UINT32_C(1) << bit)
		fault(problems, place, ERR_REPEATED, ARG_END);
	*set |= UINT32_C(1) << bit;
	return OK;
}

typedef enum err take_fn(const struct field *field, struct text value, void *slot,
			 const struct place *place, struct problems *problems);

static take_fn *const takes[] = {
	[KIND_REF] = take_ref,         [KIND_TEXT] = take_text, [KIND_ID] = take_id,
	[KIND_DAY] = take_day,         [KIND_WORD] = take_word, [KIND_BYTES] = take_bytes,
	[KIND_INSTANT] = take_instant, [KIND_RAW] = NULL,
};

enum err field_take_text(const struct field *field, struct text value, void *row,
			 const struct place *place, struct problems *problems)
{
	assert(takes[field->kind]);
	return takes[field->kind](field, value, field_slot(field, row), place, problems);
}
