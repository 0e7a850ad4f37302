/*
 * The calls of the face: each binds, runs and reads by the three bridges beside it. Multi-row
 * statements of a few rows are one statement; above that they run in widths that are powers of two:
 * that keeps the number of prepared texts small and the number of round trips near the logarithm of
 * the rows.
 */
#include "db_internal.h"

/* Where the rows of a statement go; @list NULL: no rows are wanted. */
struct sink {
	const struct field *fields;
	size_t count, size;
	struct arena *arena;
	struct list *list;
};

/* Rows that a write gives back are not looked at, but read: their end says whether it was done. */
static enum err run_write(struct db *db, const struct sql *sql, size_t width)
{
	MYSQL_STMT *handle;

	enum err e = statement_run(db, sql, width, &handle);
	if (e)
		return e;
	if (mysql_stmt_field_count(handle))
		return fetch_end(db, handle, sql->text, OK);
	db->affected += mysql_stmt_affected_rows(handle);
	return OK;
}

static enum err add_rows(struct db *db, MYSQL_STMT *handle, const char *doing,
			 const struct sink *sink)
{
	for (;;) {
		void *row;
		enum err e = fetch_next(db, handle, doing);

		if (e)
			return e == ERR_NOT_FOUND ? OK : e;
		row = list_add(sink->list, sink->arena, sink->size);
		if (!row)
			return ERR_MEMORY;
		e = fetch_row(db, handle, sink->arena, row);
		if (e)
			return e;
	}
}

static enum err run_list(struct db *db, const struct sql *sql, size_t width,
			 const struct sink *sink)
{
	size_t before = sink->list->count;
	MYSQL_STMT *handle;

	enum err e = statement_run(db, sql, width, &handle);
	if (e)
		return e;
	e = fetch_begin(db, handle, sql->text, sink->fields, sink->count);
	if (!e)
		e = add_rows(db, handle, sql->text, sink);
	db->affected += sink->list->count - before;
	return fetch_end(db, handle, sql->text, e);
}

static enum err run_width(struct db *db, const struct sql *sql, size_t width,
			  const struct sink *sink)
{
	return sink->list ? run_list(db, sql, width, sink) : run_write(db, sql, width);
}

static enum err begin_values(struct db *db, struct values values)
{
	db->affected = 0;
	bind_begin(db);
	return bind_values(db, values);
}

/* ---- one statement --------------------------------------------------------------------------- */

enum err db_exec(struct db *db, const struct sql *sql, struct values values)
{
	enum err e = begin_values(db, values);

	return e ? e : run_write(db, sql, 0);
}

enum err db_read(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, struct arena *arena, void *out)
{
	MYSQL_STMT *handle;
	enum err e = begin_values(db, values);

	if (!e)
		e = statement_run(db, sql, 0, &handle);
	if (e)
		return e;
	e = fetch_begin(db, handle, sql->text, fields, count);
	if (!e)
		e = fetch_next(db, handle, sql->text);
	if (!e)
		e = fetch_row(db, handle, arena, out);
	db->affected = !e;
	return fetch_end(db, handle, sql->text, e);
}

enum err db_number(struct db *db, const struct sql *sql, struct values values, int64_t *out)
{
	static const struct field number = { .name = "number", .kind = KIND_INT, .optional = true };

	return db_read(db, sql, values, &number, 1, NULL, out);
}

enum err db_list(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, size_t size, struct arena *arena,
		 struct list *list)
{
	struct sink sink = { fields, count, size, arena, list };
	enum err e = begin_values(db, values);

	return e ? e : run_list(db, sql, 0, &sink);
}

static enum err each_row(struct db *db, MYSQL_STMT *handle, const char *doing, size_t size,
			 db_row_fn *fn, void *context)
{
	for (;;) {
		void *row;
		enum err e = fetch_next(db, handle, doing);

		if (e)
			return e == ERR_NOT_FOUND ? OK : e;
		arena_reset(db->scratch);
		row = arena_take(db->scratch, size);
		if (!row)
			return ERR_MEMORY;
		e = fetch_row(db, handle, db->scratch, row);
		if (!e)
			e = fn(context, row);
		if (e)
			return e;
	}
}

enum err db_each(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, size_t size, db_row_fn *fn,
		 void *context)
{
	MYSQL_STMT *handle;
	enum err e = begin_values(db, values);

	if (!e)
		e = statement_run(db, sql, 0, &handle);
	if (e)
		return e;
	e = fetch_begin(db, handle, sql->text, fields, count);
	if (!e)
		e = each_row(db, handle, sql->text, size, fn, context);
	return fetch_end(db, handle, sql->text, e);
}

/* ---- many rows ------------------------------------------------------------------------------- */

static size_t fields_in_row(const struct field *fields, size_t count)
{
	size_t in_row = 0;

	for (size_t i = 0; i < count; i++)
		in_row += field_in_row(&fields[i]);
	return in_row;
}

/* All of a few rows, else the widest power of two of at most @rows; within what one statement may
 * hold. */
static size_t width_below(size_t rows, size_t parameters_per_row)
{
	size_t width = rows < WIDTH_EXACT ? rows : WIDTH_MAX;

	while (width > 1 && (width > rows || width * parameters_per_row > PARAMETERS_MAX))
		width /= 2;
	return width;
}

/* The narrowest that holds @keys, or the widest there is. */
static size_t width_above(size_t keys)
{
	size_t width = 1;

	while (width < keys && width < WIDTH_MAX)
		width *= 2;
	return width;
}

static enum err run_rows(struct db *db, const struct sql *sql, const struct field *fields,
			 size_t count, const void *rows, size_t row_count, size_t size,
			 const struct sink *sink)
{
	size_t in_row = fields_in_row(fields, count);
	const char *row = rows;

	db->affected = 0;
	while (row_count) {
		size_t width = width_below(row_count, in_row);
		enum err e = OK;

		bind_begin(db);
		for (size_t i = 0; !e && i < width; i++, row += size)
			e = bind_row(db, fields, count, row);
		if (!e)
			e = run_width(db, sql, width, sink);
		if (e)
			return e;
		row_count -= width;
	}
	return OK;
}

enum err db_rows(struct db *db, const struct sql *sql, const struct field *fields, size_t count,
		 const void *rows, size_t row_count, size_t size)
{
	struct sink none = { 0 };

	return run_rows(db, sql, fields, count, rows, row_count, size, &none);
}

enum err db_rows_returning(struct db *db, const struct sql *sql, const struct field *fields,
			   size_t count, const void *rows, size_t row_count, size_t size,
			   const struct field *out_fields, size_t out_count, size_t out_size,
			   struct arena *arena, struct list *list)
{
	struct sink sink = { out_fields, out_count, out_size, arena, list };

	return run_rows(db, sql, fields, count, rows, row_count, size, &sink);
}

static enum err bind_keys(struct db *db, const struct value *keys, size_t key_count, size_t width)
{
	struct values last = { &keys[key_count - 1], 1 };
	enum err e = bind_values(db, (struct values){ keys, key_count });

	for (size_t i = key_count; !e && i < width; i++)
		e = bind_values(db, last);
	return e;
}

enum err db_list_in(struct db *db, const struct sql *sql, struct values before,
		    const struct value *keys, size_t key_count, struct values after,
		    const struct field *fields, size_t count, size_t size, struct arena *arena,
		    struct list *list)
{
	struct sink sink = { fields, count, size, arena, fields ? list : NULL };

	db->affected = 0;
	for (size_t done = 0; done < key_count; done += WIDTH_MAX) {
		size_t part = key_count - done < WIDTH_MAX ? key_count - done : WIDTH_MAX;
		size_t width = width_above(part);
		enum err e;

		bind_begin(db);
		e = bind_values(db, before);
		if (!e)
			e = bind_keys(db, keys + done, part, width);
		if (!e)
			e = bind_values(db, after);
		if (!e)
			e = run_width(db, sql, width, &sink);
		if (e)
			return e;
	}
	return OK;
}
