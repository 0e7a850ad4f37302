/*
 * The counts of logins. Each is one row that an INSERT … ON DUPLICATE KEY UPDATE moves on, so that
 * of any number of wrong logins at once each is counted; the assignments run from left to right,
 * and see what those before them have set. VALUES(touched_at) is the instant of the login.
 */
#include "login.h"

enum {
	FACTS,
	ADDRESS,
	ADDRESS_FAILED,
	PAIR_FAILED,
	USER_FAILED,
	CODE_MISSED,
	CHANGE_COUNT,
	PAIR_PASSED,
	USER_PASSED,
	PAIR_LIFT,
	USER_LIFT,
	ADDRESS_PURGE,
	PAIR_PURGE,
	USER_PURGE,
	SESSION_PURGE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[FACTS] = { "SELECT IFNULL(p.locked_until, 0), IFNULL(p.passed_at, 0), u.strangers_until,"
		    "       u.passed_at, u.failures_since, u.codes_missing, u.changes,"
		    "       u.changes_began_at"
		    "  FROM login_user u"
		    "  LEFT JOIN login_pair p ON p.user = u.user AND p.address = ?"
		    " WHERE u.user = ?" },
	[ADDRESS] = { "SELECT failures, began_at FROM login_address WHERE address = ?" },
	[ADDRESS_FAILED] = { "INSERT INTO login_address (address, began_at, failures)"
			     " VALUES (?, ?, 1)"
			     " ON DUPLICATE KEY UPDATE"
			     "   failures = IF(began_at <= VALUES(began_at) - ?, 1, failures + 1),"
			     "   began_at = IF(failures = 1, VALUES(began_at), began_at)" },
	/* a lock that is over, or a quarter of an hour without a failure, begins a new count; while
	   it lasts the count goes on, and says which failures came after it */
	[PAIR_FAILED] = { "INSERT INTO login_pair (user, address, failures, touched_at)"
			  " VALUES (?, ?, 1, ?)"
			  " ON DUPLICATE KEY UPDATE"
			  "   failures = IF(locked_until <= VALUES(touched_at) AND"
			  "                 (locked_until > 0 OR touched_at <= "
			  "VALUES(touched_at) - ?),"
			  "                 1, LEAST(failures + 1, 30000)),"
			  "   locked_until = IF(locked_until > VALUES(touched_at), locked_until,"
			  "                     IF(failures >= ?, VALUES(touched_at) + ?, 0)),"
			  "   touched_at = GREATEST(touched_at, VALUES(touched_at))"
			  " RETURNING failures" },
	/* what comes while strangers are refused does not make that longer */
	[USER_FAILED] = { "INSERT INTO login_user"
			  "  (user, failures, began_at, failures_since, touched_at)"
			  " VALUES (?, ?, ?, 1, ?)"
			  " ON DUPLICATE KEY UPDATE"
			  "   failures = IF(strangers_until > VALUES(touched_at), failures,"
			  "                 VALUES(failures) + IF(strangers_until > 0 OR"
			  "                   began_at <= VALUES(touched_at) - ?, 0, failures)),"
			  "   began_at = IF(strangers_until <= VALUES(touched_at) AND"
			  "                 (strangers_until > 0 OR began_at <= VALUES(touched_at) "
			  "- ?),"
			  "                 VALUES(touched_at), began_at),"
			  "   strangers_until = IF(strangers_until > VALUES(touched_at), "
			  "strangers_until,"
			  "                        IF(failures >= ?, VALUES(touched_at) + ?, 0)),"
			  "   failures_since = failures_since + 1,"
			  "   touched_at = GREATEST(touched_at, VALUES(touched_at))" },
	[CODE_MISSED] = { "INSERT INTO login_user (user, codes_missing, touched_at)"
			  " VALUES (?, 1, ?)"
			  " ON DUPLICATE KEY UPDATE"
			  "   codes_missing = codes_missing + 1,"
			  "   touched_at = GREATEST(touched_at, VALUES(touched_at))" },
	/* an hour that begins later than it can was counted before the clock was put back */
	[CHANGE_COUNT] = { "INSERT INTO login_user (user, changes, changes_began_at, touched_at)"
			   " VALUES (?, 1, ?, ?)"
			   " ON DUPLICATE KEY UPDATE"
			   "   changes = IF(ABS(changes_began_at - VALUES(changes_began_at)) >= ?,"
			   "                1, LEAST(changes + 1, 30000)),"
			   "   changes_began_at = IF(changes = 1, VALUES(changes_began_at),"
			   "                         changes_began_at),"
			   "   touched_at = GREATEST(touched_at, VALUES(touched_at))"
			   " RETURNING changes, changes_began_at" },
	[PAIR_PASSED] = { "INSERT INTO login_pair (user, address, passed_at, touched_at)"
			  " VALUES (?, ?, ?, ?)"
			  " ON DUPLICATE KEY UPDATE"
			  "   failures = IF(locked_until > VALUES(touched_at), failures, 0),"
			  "   passed_at = IF(locked_until > VALUES(touched_at), passed_at, "
			  "VALUES(passed_at)),"
			  "   locked_until = IF(locked_until > VALUES(touched_at), locked_until, "
			  "0),"
			  "   touched_at = GREATEST(touched_at, VALUES(touched_at))"
			  " RETURNING locked_until" },
	[USER_PASSED] = { "INSERT INTO login_user (user, passed_at, touched_at)"
			  " VALUES (?, ?, ?)"
			  " ON DUPLICATE KEY UPDATE"
			  "   failures_since = 0, codes_missing = 0,"
			  "   passed_at = GREATEST(IFNULL(passed_at, 0), VALUES(passed_at)),"
			  "   touched_at = GREATEST(touched_at, VALUES(touched_at))" },
	[PAIR_LIFT] = { "UPDATE login_pair SET failures = 0, locked_until = 0 WHERE user = ?" },
	[USER_LIFT] = { "UPDATE login_user SET failures = 0, strangers_until = 0 WHERE user = ?" },
	[ADDRESS_PURGE] = { "DELETE FROM login_address"
			    " WHERE began_at < ?"
			    " ORDER BY began_at"
			    " LIMIT 1000" },
	[PAIR_PURGE] = { "DELETE FROM login_pair"
			 " WHERE touched_at < ?"
			 " ORDER BY touched_at"
			 " LIMIT 1000" },
	[USER_PURGE] = { "DELETE FROM login_user"
			 " WHERE touched_at < ? AND passed_at IS NULL"
			 " ORDER BY touched_at"
			 " LIMIT 1000" },
	[SESSION_PURGE] = { "DELETE FROM session"
			    " WHERE created_at < ?"
			    " ORDER BY created_at"
			    " LIMIT 1000" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field facts_columns[] = {
	{ "locked_until", KIND_INSTANT, FIELD_AT(login_facts, locked_until) },
	{ "pair_passed_at", KIND_INSTANT, FIELD_AT(login_facts, pair_passed_at) },
	{ "strangers_until", KIND_INSTANT, FIELD_AT(login_facts, strangers_until) },
	{ "passed_at", KIND_INSTANT, FIELD_AT(login_facts, passed_at), .optional = true },
	{ "failures_since", KIND_INT, FIELD_AT(login_facts, failures_since) },
	{ "codes_missing", KIND_INT, FIELD_AT(login_facts, codes_missing) },
	{ "changes", KIND_INT, FIELD_AT(login_facts, changes) },
	{ "changes_began_at", KIND_INSTANT, FIELD_AT(login_facts, changes_began_at) },
};

struct count_row {
	int64_t count, began_at;
};

static const struct field count_columns[] = {
	{ "count", KIND_INT, FIELD_AT(count_row, count) },
	{ "began_at", KIND_INSTANT, FIELD_AT(count_row, began_at) },
};

enum err login_facts_read(struct db *db, struct arena *arena, const struct login_place *place,
			  struct login_facts *out)
{
	enum err e = db_read(db, &sql[FACTS], db_values(text_of(place->address), place->user),
			     facts_columns, COUNT_OF(facts_columns), arena, out);

	if (e != ERR_NOT_FOUND)
		return e;
	*out = (struct login_facts){ .passed_at = INT_NONE };
	return OK;
}

enum err login_address_read(struct db *db, struct arena *arena, const struct login_place *place,
			    int64_t *failures, int64_t *began_at)
{
	struct count_row row = { 0 };
	enum err e = db_read(db, &sql[ADDRESS], db_values(text_of(place->address)), count_columns,
			     COUNT_OF(count_columns), arena, &row);

	*failures = row.count;
	*began_at = row.began_at;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err login_failed(struct db *db, const struct login_place *place, int64_t now)
{
	struct text address = text_of(place->address);
	int64_t window = ADDRESS_WINDOW_US, lock = LOCK_US, hour = FAILURE_HOUR_US;
	int64_t pair_max = FAILURES_MAX, user_max = FAILURES_HOUR_MAX, in_a_row = 0;

	enum err e = db_exec(db, &sql[ADDRESS_FAILED], db_values(address, now, window));
	if (e)
		return e;
	e = db_number(db, &sql[PAIR_FAILED],
		      db_values(place->user, address, now, lock, pair_max, lock), &in_a_row);
	if (e)
		return e;
	/* whoever is refused here anyway does not count against the user elsewhere */
	int64_t counted = in_a_row <= FAILURES_MAX;
	return db_exec(db, &sql[USER_FAILED],
		       db_values(place->user, counted, now, now, hour, hour, user_max, lock));
}

enum err login_code_missed(struct db *db, struct id user, int64_t now)
{
	return db_exec(db, &sql[CODE_MISSED], db_values(user, now));
}

enum err login_change_count(struct db *db, struct arena *arena, struct id user, int64_t now,
			    int64_t *changes, int64_t *began_at)
{
	struct count_row row = { 0 };
	int64_t hour = CHANGES_HOUR_US;
	enum err e = db_read(db, &sql[CHANGE_COUNT], db_values(user, now, now, hour), count_columns,
			     COUNT_OF(count_columns), arena, &row);

	*changes = row.count;
	*began_at = row.began_at;
	return e;
}

enum err login_passed(struct db *db, const struct login_place *place, int64_t now)
{
	struct text address = text_of(place->address);
	int64_t locked_until = 0;

	enum err e = db_number(db, &sql[PAIR_PASSED], db_values(place->user, address, now, now),
			       &locked_until);
	if (e)
		return e;
	if (login_is_locked(locked_until, now))
		return ERR_LOGIN_REFUSED;
	return db_exec(db, &sql[USER_PASSED], db_values(place->user, now, now));
}

enum err login_locks_lift(struct db *db, struct id user)
{
	enum err e = db_exec(db, &sql[PAIR_LIFT], db_values(user));

	return e ? e : db_exec(db, &sql[USER_LIFT], db_values(user));
}

enum err login_purge(struct db *db, int64_t now, uint64_t *count)
{
	static const struct {
		int statement;
		int64_t kept_us;
	} tables[] = {
		{ ADDRESS_PURGE, DAY_US },
		{ PAIR_PURGE, LOGINS_KEPT_US },
		{ USER_PURGE, LOGINS_KEPT_US },
		{ SESSION_PURGE, SESSIONS_KEPT_US + SESSION_ABSOLUTE_US },
	};

	*count = 0;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		int64_t before = now - tables[i].kept_us;
		enum err e = db_exec(db, &sql[tables[i].statement], db_values(before));

		if (e)
			return e;
		*count += db_affected(db);
	}
	return OK;
}
