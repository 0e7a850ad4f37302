/*
 * Going through sealed columns, page by page, by the rows that the modules give. A page is read in
 * full before its values are handed on, because a connection does one thing at a time.
 */
#include "sealed.h"

struct sealed_row {
	struct id row;
	struct text value;
};
static const struct field sealed_row_fields[] = {
	{ "row", KIND_ID, FIELD_AT(sealed_row, row) },
	{ "value", KIND_BYTES, FIELD_AT(sealed_row, value), .secret = true },
};

enum err sealed_each(struct db *db, const struct sealed_column *column, struct text but,
		     struct arena *page, sealed_fn *fn, void *context)
{
	struct id after = NO_ID;
	struct list rows;
	enum err e;

	do {
		rows = (struct list){ 0 };
		arena_reset(page);
		e = db_list(db, &column->read, db_values(value_bytes(but), after, after),
			    sealed_row_fields, COUNT_OF(sealed_row_fields),
			    sizeof(struct sealed_row), page, &rows);
		for (size_t i = 0; i < rows.count && !e; i++) {
			const struct sealed_row *row = LIST_ITEM(rows, struct sealed_row, i);

			after = row->row;
			e = fn(column, row->row, row->value, page, context);
		}
	} while (!e && rows.count);
	return e;
}

/* ---- verify ---- */

struct check_run {
	const struct keys *keys;
	struct verdict *verdict;
};

static enum err value_check(const struct sealed_column *column, struct id row, struct text value,
			    struct arena *page, void *context)
{
	struct check_run *run = context;
	struct text plain;
	char text[37];
	enum err e =
		unseal_text(run->keys, (struct seal_place){ column->table, column->column, row },
			    value, page, &plain);

	run->verdict->checked++;
	if (e == ERR_SEAL) {
		verdict_fault(run->verdict, "%s.%s of %s cannot be read", column->table,
			      column->column, id_format(row, text).at);
		return OK;
	}
	return e;
}

enum err sealed_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict)
{
	struct check_run run = { app->keys, verdict };
	enum err e = OK;

	for (size_t i = 0; i < sealed_table_count; i++)
		for (size_t k = 0; k < *sealed_tables[i].count && !e; k++)
			e = sealed_each(db, &sealed_tables[i].columns[k], TEXT("every"), arena,
					value_check, &run);
	return e;
}
