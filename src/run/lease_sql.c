/*
 * Leases by the database's clock, which all processes share. Whoever waits for one only reads until
 * it is free: an UPDATE that matches nothing would still queue behind the transaction that has
 * locked the row to check its fence.
 */
#include "background.h"

enum {
	LEASE_FREE,
	LEASE_MAKE,
	LEASE_TAKE,
	LEASE_FENCE,
	LEASE_RENEW,
	LEASE_GIVE,
	LEASE_LOCK,
	SQL_COUNT
};

static const struct sql sql[] = {
	[LEASE_FREE] = { "SELECT until < NOW(6)"
			 "  FROM lease"
			 " WHERE name = ?" },
	[LEASE_MAKE] = { "INSERT IGNORE INTO lease (name, holder, until, fence)"
			 " VALUES (?, ?, '2000-01-01', 0)" },
	[LEASE_TAKE] = { "UPDATE lease"
			 "   SET holder = ?, until = NOW(6) + INTERVAL ? SECOND, fence = fence + 1"
			 " WHERE name = ? AND until < NOW(6)" },
	[LEASE_FENCE] = { "SELECT fence"
			  "  FROM lease"
			  " WHERE name = ? AND holder = ?" },
	[LEASE_RENEW] = { "UPDATE lease"
			  "   SET until = NOW(6) + INTERVAL ? SECOND"
			  " WHERE name = ? AND holder = ? AND fence = ?" },
	[LEASE_GIVE] = { "UPDATE lease"
			 "   SET until = '2000-01-01'"
			 " WHERE name = ? AND holder = ? AND fence = ?" },
	[LEASE_LOCK] = { "SELECT fence"
			 "  FROM lease"
			 " WHERE name = ? AND holder = ? AND fence = ?"
			 "   FOR UPDATE" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static enum err lease_is_free(struct db *db, const char *name, struct id holder)
{
	int64_t is_free = 1;
	enum err e = db_number(db, &sql[LEASE_FREE], db_values(name), &is_free);

	if (e == ERR_NOT_FOUND)
		return db_exec(db, &sql[LEASE_MAKE], db_values(name, holder));
	if (e)
		return e;
	return is_free ? OK : ERR_CONFLICT;
}

enum err lease_take(struct db *db, const char *name, struct id holder, struct lease *out)
{
	enum err e = lease_is_free(db, name, holder);

	if (e)
		return e;
	e = db_exec(db, &sql[LEASE_TAKE], db_values(holder, (int32_t)LEASE_SECONDS, name));
	if (e)
		return e;
	if (db_affected(db) != 1)
		return ERR_CONFLICT;
	*out = (struct lease){ .name = name, .holder = holder };
	return db_number(db, &sql[LEASE_FENCE], db_values(name, holder), &out->fence);
}

/* The library says found rows, so an unchanged row counts as well. */
enum err still_ours(struct db *db, enum err e)
{
	if (e)
		return e;
	return db_affected(db) == 1 ? OK : ERR_CONFLICT;
}

enum err lease_renew(struct db *db, const struct lease *lease)
{
	return still_ours(db, db_exec(db, &sql[LEASE_RENEW],
				      db_values((int32_t)LEASE_SECONDS, lease->name, lease->holder,
						lease->fence)));
}

enum err lease_give(struct db *db, const struct lease *lease)
{
	return still_ours(db, db_exec(db, &sql[LEASE_GIVE],
				      db_values(lease->name, lease->holder, lease->fence)));
}

enum err lease_lock(struct db *db, const struct lease *lease)
{
	int64_t fence;
	enum err e = db_number(db, &sql[LEASE_LOCK],
			       db_values(lease->name, lease->holder, lease->fence), &fence);

	return e == ERR_NOT_FOUND ? ERR_CONFLICT : e;
}
