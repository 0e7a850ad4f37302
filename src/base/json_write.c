/*
 * JSON out: straight into the buffer, no tree. Strings are copied in runs between the bytes that
 * RFC 8259 wants escaped; fixed-width values (ids, days, instants) are formatted in place.
 */
#include "buffer.h"
#include "field.h"
#include "text.h"

#include <string.h>

/* The letter behind the backslash for @c, 'u' where there is none. */
static char escape_letter(char c)
{
	switch (c) {
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '"':
	case '\\':
		return c;
	default:
		return 'u';
	}
}

static void write_escape(struct buffer *out, char c)
{
	char escape[8] = { '\\', escape_letter(c), '0', '0' };

	if (escape[1] == 'u')
		hex_format(&c, 1, escape + 4);
	buffer_add(out, (struct text){ escape, escape[1] == 'u' ? 6 : 2 });
}

void json_string(struct buffer *out, struct text t)
{
	size_t at = 0;

	buffer_char(out, '"');
	while (at < t.size) {
		size_t run = plain_run(t.at + at, t.size - at, false);

		buffer_add(out, (struct text){ t.at + at, run });
		at += run;
		if (at < t.size)
			write_escape(out, t.at[at++]);
	}
	buffer_char(out, '"');
}

/* ---- values of kinds ---- */

static void write_null(struct buffer *out)
{
	buffer_add(out, TEXT("null"));
}

/* A string of @size characters that need no escape, which @to formats; room for quotes and a NUL.
 */
static char *quoted_room(struct buffer *out, size_t size)
{
	char *to = buffer_room(out, size + 2);

	if (!to)
		return NULL;
	to[0] = '"';
	out->size += size + 2;
	return to + 1;
}

static void write_id(struct buffer *out, struct id id)
{
	char *to = quoted_room(out, 36);

	if (!to)
		return;
	id_format(id, to);
	to[36] = '"';
}

static void write_day(struct buffer *out, int32_t day)
{
	char *to = quoted_room(out, 10);

	if (!to)
		return;
	day_format(day, to);
	to[10] = '"';
}

static void write_instant(struct buffer *out, int64_t instant)
{
	char *to = quoted_room(out, 27);

	if (!to)
		return;
	instant_format(instant, to);
	to[27] = '"';
}

static void write_bytes(struct buffer *out, struct text bytes)
{
	char *to = quoted_room(out, bytes.size * 2);

	if (!to)
		return;
	hex_format(bytes.at, bytes.size, to);
	to[bytes.size * 2] = '"';
}

static void write_rows(struct buffer *out, const struct field *fields, size_t count, size_t size,
		       const struct list *list)
{
	buffer_char(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			buffer_char(out, ',');
		json_encode(out, fields, count, (const char *)list->at + i * size);
	}
	buffer_char(out, ']');
}

static bool text_absent(const void *value)
{
	return !((const struct text *)value)->at;
}

static bool id_absent(const void *value)
{
	return id_is_none(*(const struct id *)value);
}

static bool int_absent(const void *value)
{
	return *(const int64_t *)value == INT_NONE;
}

static bool small_absent(const void *value)
{
	return *(const int32_t *)value == SMALL_NONE;
}

/* By kind: whether a value is absent; NULL where it never is. Absence of the integers is a fault of
 * ours unless optional. */
static const struct absence {
	bool (*holds)(const void *value);
	bool is_integer;
} absences[KIND_RAW + 1] = {
	[KIND_INT] = { int_absent, true },     [KIND_FEN] = { int_absent, true },
	[KIND_REF] = { int_absent, true },     [KIND_SMALL] = { small_absent, true },
	[KIND_INSTANT] = { int_absent, true }, [KIND_WORD] = { small_absent, true },
	[KIND_TEXT] = { text_absent, false },  [KIND_ID] = { id_absent, false },
	[KIND_DAY] = { small_absent, false },  [KIND_BYTES] = { text_absent, false },
	[KIND_RAW] = { text_absent, false },
};

static void present_bool(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	buffer_add(out, *(const bool *)value ? TEXT("true") : TEXT("false"));
}

static void present_int(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	buffer_int(out, *(const int64_t *)value);
}

static void present_ref(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	buffer_char(out, '"');
	buffer_int(out, *(const int64_t *)value);
	buffer_char(out, '"');
}

static void present_small(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	buffer_int(out, *(const int32_t *)value);
}

static void present_text(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	json_string(out, *(const struct text *)value);
}

static void present_id(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	write_id(out, *(const struct id *)value);
}

static void present_day(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	write_day(out, *(const int32_t *)value);
}

static void present_instant(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	write_instant(out, *(const int64_t *)value);
}

static void present_word(struct buffer *out, const struct field *field, const void *value)
{
	json_string(out, text_of(word_of(field->words, *(const int32_t *)value)));
}

static void present_words(struct buffer *out, const struct field *field, const void *value)
{
	const char *const *words = field->words;
	uint32_t set = *(const uint32_t *)value;
	char before = '[';

	for (int i = 0; words[i]; i++) {
		if (!(set & UINT32_C(1) << i))
			continue;
		buffer_char(out, before);
		json_string(out, text_of(words[i]));
		before = ',';
	}
	if (before == '[')
		buffer_char(out, before);
	buffer_char(out, ']');
}

static void present_bytes(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	write_bytes(out, *(const struct text *)value);
}

static void present_list(struct buffer *out, const struct field *field, const void *value)
{
	write_rows(out, field->of, field->of_count, field->of_size, value);
}

static void present_struct(struct buffer *out, const struct field *field, const void *value)
{
	json_encode(out, field->of, field->of_count, value);
}

static void present_raw(struct buffer *out, const struct field *field, const void *value)
{
	(void)field;
	buffer_add(out, *(const struct text *)value);
}

typedef void present_fn(struct buffer *out, const struct field *field, const void *value);

static present_fn *const presents[] = {
	[KIND_BOOL] = present_bool,       [KIND_INT] = present_int,
	[KIND_FEN] = present_int,         [KIND_REF] = present_ref,
	[KIND_SMALL] = present_small,     [KIND_TEXT] = present_text,
	[KIND_ID] = present_id,           [KIND_DAY] = present_day,
	[KIND_INSTANT] = present_instant, [KIND_WORD] = present_word,
	[KIND_WORDS] = present_words,     [KIND_BYTES] = present_bytes,
	[KIND_LIST] = present_list,       [KIND_STRUCT] = present_struct,
	[KIND_RAW] = present_raw,
};

static void write_field(struct buffer *out, const struct field *field, const void *row)
{
	const void *value = field_value(field, row);
	const struct absence *absence = &absences[field->kind];

	if (absence->holds && absence->holds(value)) {
		assert(!absence->is_integer || field->optional);
		write_null(out);
		return;
	}
	presents[field->kind](out, field, value);
}

void json_encode(struct buffer *out, const struct field *fields, size_t count, const void *row)
{
	char before = '{';

	for (size_t i = 0; i < count; i++) {
		if (!field_takes_part(&fields[i], OUT))
			continue;

		size_t size = strlen(fields[i].name);
		char *to = buffer_room(out, size + 4);

		if (!to)
			return;
		to[0] = before;
		to[1] = '"';
		memcpy(to + 2, fields[i].name, size);
		to[size + 2] = '"';
		to[size + 3] = ':';
		out->size += size + 4;
		before = ',';
		write_field(out, &fields[i], row);
	}
	if (before == '{')
		buffer_char(out, before);
	buffer_char(out, '}');
}

/* ---- the writer by hand ---- */

static void write_key(struct json *json, const char *key)
{
	if (json->comma)
		buffer_char(json->out, ',');
	json->comma = true;
	if (!key)
		return;
	json_string(json->out, text_of(key));
	buffer_char(json->out, ':');
}

void json_open(struct json *json, const char *key, char bracket)
{
	write_key(json, key);
	buffer_char(json->out, bracket);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	buffer_char(json->out, bracket);
	json->comma = true;
}

void json_text(struct json *json, const char *key, struct text value)
{
	write_key(json, key);
	if (value.at)
		json_string(json->out, value);
	else
		write_null(json->out);
}

void json_int(struct json *json, const char *key, int64_t value)
{
	write_key(json, key);
	if (value == INT_NONE)
		write_null(json->out);
	else
		buffer_int(json->out, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	write_key(json, key);
	buffer_add(json->out, value ? TEXT("true") : TEXT("false"));
}

void json_id(struct json *json, const char *key, struct id value)
{
	write_key(json, key);
	if (id_is_none(value))
		write_null(json->out);
	else
		write_id(json->out, value);
}

void json_day(struct json *json, const char *key, int32_t day)
{
	write_key(json, key);
	if (day == DAY_NONE)
		write_null(json->out);
	else
		write_day(json->out, day);
}

void json_instant(struct json *json, const char *key, int64_t instant)
{
	write_key(json, key);
	if (instant == INT_NONE)
		write_null(json->out);
	else
		write_instant(json->out, instant);
}

void json_fields(struct json *json, const char *key, const struct field *fields, size_t count,
		 const void *row)
{
	write_key(json, key);
	json_encode(json->out, fields, count, row);
}

void json_list(struct json *json, const char *key, const struct field *fields, size_t count,
	       size_t size, const struct list *list)
{
	write_key(json, key);
	write_rows(json->out, fields, count, size, list);
}
