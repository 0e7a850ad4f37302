/*
 * Results: from the connection into structs by field tables, row by row as they arrive. Numbers,
 * days, ids and words are converted into one cell a column; of texts only the length is asked
 * first, and then the bytes go straight to where they stay.
 */
#include <string.h>

#include "db_internal.h"

enum { SET_SIZE_MAX = 2048 };

/* Everything that is known about the value at hand. */
struct incoming {
	struct db *db;
	MYSQL_STMT *handle;
	struct column *column;
	unsigned index;
	struct arena *arena;
	void *at; /* the member */
};
typedef enum err take_member(const struct incoming *in);

/* ---- one member ------------------------------------------------------------------------------ */

static enum err does_not_fit(const struct incoming *in)
{
	return db_broken(in->db, "a column does not fit its field", in->column->field->name);
}

static enum err take_bool(const struct incoming *in)
{
	*(bool *)in->at = !in->column->is_null && in->column->cell.number != 0;
	return OK;
}

static enum err take_int(const struct incoming *in)
{
	/* of a NULL the library says nothing more: what was cut stands as the row before left it */
	if (in->column->is_null) {
		*(int64_t *)in->at = INT_NONE;
		return OK;
	}
	if (in->column->is_cut)
		return does_not_fit(in);
	*(int64_t *)in->at = in->column->cell.number;
	return OK;
}

static enum err take_small(const struct incoming *in)
{
	long long number = in->column->cell.number;

	if (in->column->is_null) {
		*(int32_t *)in->at = SMALL_NONE;
		return OK;
	}
	if (in->column->is_cut || number < INT32_MIN || number > INT32_MAX)
		return does_not_fit(in);
	*(int32_t *)in->at = (int32_t)number;
	return OK;
}

/* The bytes of a text into @to, which has room for them and a NUL. */
static enum err copy_text(const struct incoming *in, char *to)
{
	MYSQL_BIND bind = { .buffer_type = MYSQL_TYPE_STRING,
			    .buffer = to,
			    .buffer_length = in->column->size };
	if (in->column->size && mysql_stmt_fetch_column(in->handle, &bind, in->index, 0))
		return db_broken(in->db, "a column cannot be read", in->column->field->name);
	to[in->column->size] = 0;
	return OK;
}

static enum err take_text(const struct incoming *in)
{
	struct text *text = in->at;
	char *to;

	if (in->column->is_null) {
		*text = NO_TEXT;
		return OK;
	}
	to = arena_take(in->arena, in->column->size + 1);
	if (!to)
		return ERR_MEMORY;
	*text = (struct text){ to, in->column->size };
	return copy_text(in, to);
}

/* UUID columns arrive in writing, BINARY(16) as they are. */
static enum err take_id(const struct incoming *in)
{
	struct id *id = in->at;
	struct text text = { in->column->cell.text, in->column->size };

	*id = NO_ID;
	if (in->column->is_null)
		return OK;
	if (text.size != sizeof(id->bytes))
		return text.size <= WORD_SIZE_MAX && id_parse(text, id) ? OK : does_not_fit(in);
	memcpy(id->bytes, text.at, sizeof(id->bytes));
	return OK;
}

static enum err take_day(const struct incoming *in)
{
	const MYSQL_TIME *day = &in->column->cell.day;

	*(int32_t *)in->at = in->column->is_null
				     ? DAY_NONE
				     : day_make((int)day->year, (int)day->month, (int)day->day);
	return OK;
}

static enum err take_word(const struct incoming *in)
{
	struct text text = { in->column->cell.text, in->column->size };
	int value;

	if (in->column->is_null) {
		*(int32_t *)in->at = SMALL_NONE;
		return OK;
	}
	value = text.size > WORD_SIZE_MAX ? -1 : word_find(in->column->field->words, text);
	if (value < 0)
		return does_not_fit(in);
	*(int32_t *)in->at = value;
	return OK;
}

static enum err take_words(const struct incoming *in)
{
	char copy[SET_SIZE_MAX + 1];
	struct text rest = { copy, in->column->size };
	uint32_t set = 0;
	enum err e;

	*(uint32_t *)in->at = 0;
	if (in->column->is_null || !rest.size)
		return OK;
	if (rest.size > SET_SIZE_MAX)
		return does_not_fit(in);
	e = copy_text(in, copy);
	if (e)
		return e;
	while (rest.at) {
		int value = word_find(in->column->field->words, text_cut(&rest, ','));

		if (value < 0 || value > 31)
			return does_not_fit(in);
		set |= (uint32_t)1 << value;
	}
	*(uint32_t *)in->at = set;
	return OK;
}

/* What the library is asked to make of a column of each kind, and what takes it from there. */
static const struct taker {
	enum enum_field_types type;
	unsigned long room; /* of the cell; 0: only the length is wanted */
	take_member *take;
} takers[] = {
	[KIND_BOOL] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_bool },
	[KIND_INT] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_int },
	[KIND_FEN] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_int },
	[KIND_REF] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_int },
	[KIND_SMALL] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_small },
	[KIND_TEXT] = { MYSQL_TYPE_STRING, 0, take_text },
	[KIND_ID] = { MYSQL_TYPE_STRING, WORD_SIZE_MAX, take_id },
	[KIND_DAY] = { MYSQL_TYPE_DATE, sizeof(MYSQL_TIME), take_day },
	[KIND_INSTANT] = { MYSQL_TYPE_LONGLONG, sizeof(long long), take_int },
	[KIND_WORD] = { MYSQL_TYPE_STRING, WORD_SIZE_MAX, take_word },
	[KIND_WORDS] = { MYSQL_TYPE_STRING, 0, take_words },
	[KIND_BYTES] = { MYSQL_TYPE_STRING, 0, take_text },
	[KIND_RAW] = { MYSQL_TYPE_STRING, 0, take_text },
};

/* ---- a result -------------------------------------------------------------------------------- */

static void describe(struct db *db, size_t index, const struct field *field)
{
	const struct taker *taker = &takers[field->kind];
	struct column *column = &db->columns[index];

	column->field = field;
	db->results[index] = (MYSQL_BIND){ .buffer_type = taker->type,
					   .buffer = &column->cell,
					   .buffer_length = taker->room,
					   .length = &column->size,
					   .is_null = &column->is_null,
					   .error = &column->is_cut };
}

enum err fetch_begin(struct db *db, MYSQL_STMT *handle, const char *doing,
		     const struct field *fields, size_t count)
{
	db->column_count = 0;
	db->is_reading = true;
	for (size_t i = 0; i < count; i++) {
		if (!field_in_row(&fields[i]))
			continue;
		if (db->column_count == COLUMNS_MAX)
			return db_broken(db, "too many columns", doing);
		describe(db, db->column_count++, &fields[i]);
	}
	if (mysql_stmt_field_count(handle) != db->column_count)
		return db_broken(db, "columns and fields differ in number", doing);
	return mysql_stmt_bind_result(handle, db->results) ? statement_failed(db, handle, doing)
							   : OK;
}

enum err fetch_next(struct db *db, MYSQL_STMT *handle, const char *doing)
{
	int got = mysql_stmt_fetch(handle);

	if (got == MYSQL_NO_DATA)
		return ERR_NOT_FOUND;
	return got && got != MYSQL_DATA_TRUNCATED ? statement_failed(db, handle, doing) : OK;
}

enum err fetch_row(struct db *db, MYSQL_STMT *handle, struct arena *arena, void *row)
{
	struct incoming in = { .db = db, .handle = handle, .arena = arena };

	for (; in.index < db->column_count; in.index++) {
		enum err e;

		in.column = &db->columns[in.index];
		in.at = (char *)row + in.column->field->at;
		e = takers[in.column->field->kind].take(&in);
		if (e)
			return e;
	}
	return OK;
}

/*
 * RETURNING may send rows first and fail after, so a result counts only once it was read to its
 * end. Where it failed, the rest is thrown away; where that closed the connection, the handle is
 * gone with it.
 */
enum err fetch_end(struct db *db, MYSQL_STMT *handle, const char *doing, enum err e)
{
	enum err rest = e;

	while (!rest)
		rest = fetch_next(db, handle, doing);
	db->is_reading = false;
	if (db->mysql)
		mysql_stmt_free_result(handle);
	return rest == ERR_NOT_FOUND && !e ? OK : rest;
}
