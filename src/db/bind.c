/*
 * Parameters: from values and from rows by field tables to the library's binds. A bind points at
 * the member itself wherever its memory is what the protocol wants, so a row is not copied on its
 * way; only days and sets of words are made in the scratch arena.
 *
 * Ids and bytes go as BLOB: that gives them the binary character set, by which the server takes 16
 * bytes for a UUID; as STRING they would be text, which 16 bytes are not.
 */
#include <string.h>

#include "db_internal.h"

bool field_in_row(const struct field *field)
{
	if (field->kind == KIND_LIST || field->kind == KIND_STRUCT)
		return false;
	return !field->only || (field->only & ROW);
}

void bind_begin(struct db *db)
{
	db->bind_count = 0;
	arena_reset(db->scratch);
}

/* A zeroed next bind; NULL when out of memory. */
static MYSQL_BIND *bind_add(struct db *db)
{
	MYSQL_BIND *bind;

	if (db->bind_count == db->bind_room) {
		size_t room = db->bind_room ? 2 * db->bind_room : 32;

		bind = memory_grow(db->binds, room * sizeof(*bind));
		if (!bind)
			return NULL;
		db->binds = bind;
		db->bind_room = room;
	}
	bind = &db->binds[db->bind_count++];
	memset(bind, 0, sizeof(*bind));
	return bind;
}

/* ---- one bind -------------------------------------------------------------------------------- */

/* The library's binds serve both ways, so they want memory they might write to; parameters are only
 * read. */
static void *lent(const void *at)
{
	return (void *)(uintptr_t)at;
}

static void bind_number(MYSQL_BIND *bind, enum enum_field_types type, const void *number)
{
	bind->buffer_type = type;
	bind->buffer = lent(number);
}

static void bind_bytes(MYSQL_BIND *bind, enum enum_field_types type, const void *at, size_t size)
{
	bind->buffer_type = type;
	bind->buffer = lent(at);
	bind->buffer_length = size;
}

static void bind_null(struct db *db, MYSQL_BIND *bind)
{
	bind->buffer_type = MYSQL_TYPE_STRING;
	bind->buffer = &db->is_null;
	bind->is_null = &db->is_null;
}

static enum err bind_day(struct db *db, MYSQL_BIND *bind, int32_t day)
{
	int year, month, day_of_month;
	MYSQL_TIME *time = arena_take(db->scratch, sizeof(*time));

	if (!time)
		return ERR_MEMORY;
	day_split(day, &year, &month, &day_of_month);
	time->year = (unsigned)year;
	time->month = (unsigned)month;
	time->day = (unsigned)day_of_month;
	time->time_type = MYSQL_TIMESTAMP_DATE;
	bind->buffer_type = MYSQL_TYPE_DATE;
	bind->buffer = time;
	bind->buffer_length = sizeof(*time);
	return OK;
}

/* The words of @set by commas, as a SET column takes them. */
static enum err bind_words(struct db *db, MYSQL_BIND *bind, const char *const *words, uint32_t set)
{
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < 32 && words[i]; i++)
		size += (set >> i & 1) ? strlen(words[i]) + 1 : 0;
	at = arena_take(db->scratch, size + 1);
	if (!at)
		return ERR_MEMORY;
	bind_bytes(bind, MYSQL_TYPE_STRING, at, size ? size - 1 : 0);
	for (size_t i = 0; i < 32 && words[i]; i++) {
		if (!(set >> i & 1))
			continue;
		memcpy(at, words[i], strlen(words[i]));
		at += strlen(words[i]);
		*at++ = ',';
	}
	return OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum err bind_value(struct db *db, const struct value *value)
{
	MYSQL_BIND *bind = bind_add(db);

	if (!bind)
		return ERR_MEMORY;
	switch (value->kind) {
	case VALUE_NULL:
		bind_null(db, bind);
		return OK;
	case VALUE_INT:
		bind_number(bind, MYSQL_TYPE_LONGLONG, &value->as.number);
		return OK;
	case VALUE_TEXT:
		bind_bytes(bind, MYSQL_TYPE_STRING, value->as.text.at, value->as.text.size);
		return OK;
	case VALUE_BYTES:
		bind_bytes(bind, MYSQL_TYPE_BLOB, value->as.text.at, value->as.text.size);
		return OK;
	case VALUE_ID:
		bind_bytes(bind, MYSQL_TYPE_BLOB, value->as.id.bytes, sizeof(value->as.id.bytes));
		return OK;
	case VALUE_DAY:
		return bind_day(db, bind, (int32_t)value->as.number);
	}
	return db_broken(db, "a value of no kind", "");
}

enum err bind_values(struct db *db, struct values values)
{
	for (size_t i = 0; i < values.count; i++) {
		enum err e = bind_value(db, &values.at[i]);
		if (e)
			return e;
	}
	return OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef enum err bind_member(struct db *db, MYSQL_BIND *bind, const struct field *field,
			     const void *at);

static enum err member_bool(struct db *db, MYSQL_BIND *bind, const struct field *field,
			    const void *at)
{
	(void)db;
	(void)field;
	bind_number(bind, MYSQL_TYPE_TINY, at);
	return OK;
}

static enum err member_int(struct db *db, MYSQL_BIND *bind, const struct field *field,
			   const void *at)
{
	const int64_t *number = at;

	(void)field;
	if (*number == INT_NONE)
		bind_null(db, bind);
	else
		bind_number(bind, MYSQL_TYPE_LONGLONG, number);
	return OK;
}

static enum err member_small(struct db *db, MYSQL_BIND *bind, const struct field *field,
			     const void *at)
{
	const int32_t *number = at;

	(void)field;
	if (*number == SMALL_NONE)
		bind_null(db, bind);
	else
		bind_number(bind, MYSQL_TYPE_LONG, number);
	return OK;
}

static enum err member_text(struct db *db, MYSQL_BIND *bind, const struct field *field,
			    const void *at)
{
	const struct text *text = at;

	if (!text->at)
		bind_null(db, bind);
	else
		bind_bytes(bind, field->kind == KIND_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING,
			   text->at, text->size);
	return OK;
}

static enum err member_id(struct db *db, MYSQL_BIND *bind, const struct field *field,
			  const void *at)
{
	const struct id *id = at;

	(void)field;
	if (id_is_none(*id))
		bind_null(db, bind);
	else
		bind_bytes(bind, MYSQL_TYPE_BLOB, id->bytes, sizeof(id->bytes));
	return OK;
}

static enum err member_day(struct db *db, MYSQL_BIND *bind, const struct field *field,
			   const void *at)
{
	const int32_t *day = at;

	(void)field;
	if (*day != DAY_NONE)
		return bind_day(db, bind, *day);
	bind_null(db, bind);
	return OK;
}

static enum err member_word(struct db *db, MYSQL_BIND *bind, const struct field *field,
			    const void *at)
{
	const int32_t *value = at;
	const char *word;

	if (*value == SMALL_NONE) {
		bind_null(db, bind);
		return OK;
	}
	word = word_of(field->words, *value);
	if (!*word)
		return db_broken(db, "a value that has no word", field->name);
	bind_bytes(bind, MYSQL_TYPE_STRING, word, strlen(word));
	return OK;
}

static enum err member_words(struct db *db, MYSQL_BIND *bind, const struct field *field,
			     const void *at)
{
	const uint32_t *set = at;

	return bind_words(db, bind, field->words, *set);
}

static bind_member *const binders[] = {
	[KIND_BOOL] = member_bool, [KIND_INT] = member_int,     [KIND_FEN] = member_int,
	[KIND_REF] = member_int,   [KIND_SMALL] = member_small, [KIND_TEXT] = member_text,
	[KIND_ID] = member_id,     [KIND_DAY] = member_day,     [KIND_INSTANT] = member_int,
	[KIND_WORD] = member_word, [KIND_WORDS] = member_words, [KIND_BYTES] = member_text,
	[KIND_RAW] = member_text,
};

enum err bind_row(struct db *db, const struct field *fields, size_t count, const void *row)
{
	for (size_t i = 0; i < count; i++) {
		MYSQL_BIND *bind;
		enum err e;

		if (!field_in_row(&fields[i]))
			continue;
		bind = bind_add(db);
		if (!bind)
			return ERR_MEMORY;
		e = binders[fields[i].kind](db, bind, &fields[i], (const char *)row + fields[i].at);
		if (e)
			return e;
	}
	return OK;
}
