/*
 * What stands in the database that only its own keys can read. It is asked before the keys are made
 * and before the schema is brought up to date, so that tables and columns may be missing: then
 * nothing stands there.
 */
#include "key_need.h"

#include "sealed.h"

enum { COLUMN_STANDS, EVENT_STANDS, SQL_COUNT };

static const struct sql sql[] = {
	[COLUMN_STANDS] = { "SELECT COUNT(*)"
			    "  FROM information_schema.columns"
			    " WHERE table_schema = DATABASE() AND table_name = ? AND column_name = "
			    "?" },
	[EVENT_STANDS] = { "SELECT COUNT(*) FROM (SELECT 1 FROM event LIMIT 1) some" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static enum err column_stands(struct db *db, const char *table, const char *column, bool *stands)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[COLUMN_STANDS], db_values(table, column), &count);

	*stands = !e && count > 0;
	return e;
}

static enum err events_look(struct db *db, bool *stand)
{
	int64_t count = 0;
	enum err e = column_stands(db, "event", "id", stand);

	if (!e && *stand)
		e = db_number(db, &sql[EVENT_STANDS], db_none, &count);
	*stand = count > 0;
	return e;
}

/* The first one is enough. */
static enum err value_found(const struct sealed_column *column, struct id row, struct text value,
			    struct arena *page, void *context)
{
	bool *found = context;

	(void)column;
	(void)row;
	(void)value;
	(void)page;
	*found = true;
	return ERR_CONFLICT;
}

static enum err column_look(struct db *db, const struct sealed_column *column, struct arena *page,
			    bool *found)
{
	bool stands = false;
	enum err e = column_stands(db, column->table, column->column, &stands);

	if (!e && stands)
		e = sealed_each(db, column, TEXT("every"), page, value_found, found);
	return *found ? OK : e;
}

static enum err values_look(struct db *db, struct arena *page, bool *found)
{
	enum err e = OK;

	for (size_t i = 0; i < sealed_table_count && !e && !*found; i++)
		for (size_t k = 0; k < *sealed_tables[i].count && !e && !*found; k++)
			e = column_look(db, &sealed_tables[i].columns[k], page, found);
	return e;
}

enum err key_need_read(struct db *db, struct key_need *out)
{
	struct arena *page = arena_new(0);
	enum err e = page ? OK : ERR_MEMORY;

	*out = (struct key_need){ .authentication = false };
	if (!e)
		e = events_look(db, &out->authentication);
	if (!e)
		e = values_look(db, page, &out->encryption);
	arena_free(page);
	return e;
}
