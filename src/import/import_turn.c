/*
 * What imports leave behind row by row (faults, notes, changes) is kept for a while: those of the
 * newest imports of an organisation, as long as they are not old. A leased loop takes away the
 * rest, some thousand rows a statement. Who asks for rows is told that they are gone from the
 * instant on that the first of them may be, so that nobody takes a part for the whole; the import
 * itself stays with its counts.
 */
#include "import_rows.h"

const char imports_loop_name[] = "imports";

/* The least id that something of @instant can have. */
static struct id id_least(int64_t instant)
{
	uint64_t milliseconds = (uint64_t)(instant / 1000);
	struct id id = { { [6] = 0x70, [8] = 0x80 } };

	for (size_t i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
	return id;
}

/* What two processes take away at once is taken away all the same. */
static enum err rows_forget(struct db *db, struct id import)
{
	uint64_t count = 1;
	enum err e = import_mark_kept(db, import, KEPT_GOING);

	while (!e && count)
		e = import_sweep_rows(db, import, &count);
	return e ? e : import_mark_kept(db, import, KEPT_GONE);
}

enum err imports_turn(struct app *app, struct db *db, struct arena *arena,
		      const struct lease *lease, bool *more)
{
	struct id oldest = id_least(clock_now(&app->clock) - IMPORT_KEPT_DAYS * DAY_US);
	struct list imports = { 0 };
	enum err e = imports_old(db, arena, oldest, &imports);

	(void)lease;
	for (size_t i = 0; i < imports.count && !e; i++)
		e = rows_forget(db, *LIST_ITEM(imports, struct id, i));
	*more = !e && imports.count > 0;
	return e;
}
