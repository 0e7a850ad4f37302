/* Query parameters and forms, by field tables: the values that JSON writes in quotes, digits and
 * words stand bare. */
#include "field.h"

enum { FIELDS_MAX = 128 };

static enum err take_bool(const struct field *field, struct text value, void *row,
			  const struct place *place, struct problems *problems)
{
	bool *slot = field_slot(field, row);

	*slot = text_is(value, "true");
	if (!*slot && !text_is(value, "false"))
		fault(problems, place, ERR_TYPE, AT("boolean"), ARG_END);
	return OK;
}

/* Words with commas between them. */
static enum err take_words(const struct field *field, struct text value, void *row,
			   const struct place *place, struct problems *problems)
{
	enum err e = OK;

	while (value.at && !e)
		e = field_take_word(field, text_cut(&value, ','), row, place, problems);
	return e;
}

typedef enum err take_fn(const struct field *field, struct text value, void *row,
			 const struct place *place, struct problems *problems);

static take_fn *const takes[] = {
	[KIND_BOOL] = take_bool,
	[KIND_INT] = field_take_digits,
	[KIND_FEN] = field_take_digits,
	[KIND_REF] = field_take_text,
	[KIND_SMALL] = field_take_digits,
	[KIND_TEXT] = field_take_text,
	[KIND_ID] = field_take_text,
	[KIND_DAY] = field_take_text,
	[KIND_INSTANT] = field_take_text,
	[KIND_WORD] = field_take_text,
	[KIND_WORDS] = take_words,
	[KIND_BYTES] = field_take_text,
	[KIND_RAW] = NULL,
};

static size_t find_field(const struct field *fields, size_t count, struct text name)
{
	for (size_t i = 0; i < count; i++) {
		if (field_takes_part(&fields[i], IN) && text_is(name, fields[i].name))
			return i;
	}
	return count;
}

static enum err take_pair(const struct field *field, struct text value, void *out,
			  const struct place *place, struct problems *problems)
{
	assert(field->kind < COUNT_OF(takes) && takes[field->kind]);
	if (!text_is_utf8(value)) {
		fault(problems, place, ERR_FORMAT, ARG_END);
		return OK;
	}
	return takes[field->kind](field, value, out, place, problems);
}

enum err pairs_decode(const struct pair *pairs, size_t pair_count, const struct field *fields,
		      size_t count, void *out, struct problems *problems)
{
	bool seen[FIELDS_MAX] = { false };
	size_t faults = problem_count(problems);
	enum err e = OK;

	assert(count <= FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (field_takes_part(&fields[i], IN))
			field_clear(&fields[i], out);
	}
	for (size_t i = 0; i < pair_count && !e; i++) {
		size_t at = find_field(fields, count, pairs[i].name);
		struct text name = text_is_utf8(pairs[i].name) ? pairs[i].name : TEXT("");
		struct place place = { .name = name, .bare = true };

		if (at == count)
			fault(problems, &place, ERR_UNKNOWN_FIELD, ARG_END);
		else if (seen[at])
			fault(problems, &place, ERR_REPEATED, ARG_END);
		else
			e = take_pair(&fields[at], pairs[i].value, out, &place, problems);
		if (at < count)
			seen[at] = true;
	}
	for (size_t i = 0; i < count; i++) {
		struct place place = { .name = text_of(fields[i].name), .bare = true };

		if (!seen[i] && !fields[i].optional && field_takes_part(&fields[i], IN))
			fault(problems, &place, ERR_REQUIRED, ARG_END);
	}
	if (e)
		return e;
	return problem_count(problems) > faults ? ERR_REFUSED : OK;
}
