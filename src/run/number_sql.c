/* Ranges of spoken numbers: one UPDATE moves the end of what is reserved and remembers, for its
 * connection, where it stood. */
#include "background.h"

enum { NUMBER_RESERVE, NUMBER_RESERVED, SQL_COUNT };

static const struct sql sql[] = {
	[NUMBER_RESERVE] = { "UPDATE number_range"
			     "   SET next = LAST_INSERT_ID(next) + ?"
			     " WHERE name = ?" },
	[NUMBER_RESERVED] = { "SELECT LAST_INSERT_ID()" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err number_reserve(struct db *db, const char *name, int64_t count, int64_t *first)
{
	enum err e = db_exec(db, &sql[NUMBER_RESERVE], db_values(count, name));

	if (e)
		return e;
	if (db_affected(db) != 1)
		return ERR_DB_BROKEN;
	e = db_number(db, &sql[NUMBER_RESERVED], db_none, first);
	if (e)
		return e;
	/* A new connection remembers nothing: the old one broke between the two, and what it
	 * reserved is a gap. */
	return *first > 0 ? OK : ERR_DB_GONE;
}
