/*
 * What the numbers of the server and of the library mean for a transaction, as one table, and how a
 * failure is told to the log: number, SQLSTATE and the statement's own text. The server's message
 * is left out, since it quotes values.
 */
#include <errmsg.h>
#include <mysqld_error.h>

#include "db_internal.h"

static const struct meaning {
	unsigned number;
	enum err err;
} meanings[] = {
	{ CR_CONNECTION_ERROR, ERR_DB_DOWN },
	{ CR_CONN_HOST_ERROR, ERR_DB_DOWN },
	{ CR_UNKNOWN_HOST, ERR_DB_DOWN },
	{ ER_CON_COUNT_ERROR, ERR_DB_DOWN },
	{ ER_TOO_MANY_USER_CONNECTIONS, ERR_DB_DOWN },
	{ ER_UNKNOWN_COM_ERROR, ERR_DB_DOWN },         /* 1047: a node outside the primary part */
	{ ER_OPTION_PREVENTS_STATEMENT, ERR_DB_DOWN }, /* 1290, 1836, 1792: read-only */
	{ ER_READ_ONLY_MODE, ERR_DB_DOWN },
	{ ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ERR_DB_DOWN },
	{ ER_DISK_FULL, ERR_DB_DOWN },
	{ ER_RECORD_FILE_FULL, ERR_DB_DOWN },
	{ CR_SERVER_GONE_ERROR, ERR_DB_GONE },
	{ CR_SERVER_LOST, ERR_DB_GONE },
	{ CR_SERVER_LOST_EXTENDED, ERR_DB_GONE },
	{ ER_SERVER_SHUTDOWN, ERR_DB_GONE },
	{ ER_CONNECTION_KILLED, ERR_DB_GONE },
	{ ER_LOCK_DEADLOCK, ERR_DB_CONFLICT },
	{ ER_CHECKREAD, ERR_DB_CONFLICT }, /* 1020: the snapshot is older than the row */
	{ ER_LOCK_WAIT_TIMEOUT, ERR_DB_LOCKED },
	{ ER_STATEMENT_TIMEOUT, ERR_DB_SLOW },
	{ ER_QUERY_INTERRUPTED, ERR_DB_SLOW },
	{ ER_DUP_ENTRY, ERR_DB_DUPLICATE },
	{ ER_DUP_ENTRY_WITH_KEY_NAME, ERR_DB_DUPLICATE },
	{ ER_CONSTRAINT_FAILED, ERR_DB_CHECK },
	{ ER_WARN_DATA_OUT_OF_RANGE, ERR_DB_CHECK },
	{ ER_ROW_IS_REFERENCED, ERR_DB_CHECK },
	{ ER_ROW_IS_REFERENCED_2, ERR_DB_CHECK },
	{ ER_NO_REFERENCED_ROW, ERR_DB_REFERENCE },
	{ ER_NO_REFERENCED_ROW_2, ERR_DB_REFERENCE },
	{ CR_OUT_OF_MEMORY, ERR_MEMORY },
};

enum err error_of(unsigned number)
{
	if (!number)
		return OK;
	for (size_t i = 0; i < COUNT_OF(meanings); i++) {
		if (meanings[i].number == number)
			return meanings[i].err;
	}
	return ERR_DB_BROKEN;
}

/* Refusals by the data and conflicts are the everyday business of callers; the rest wants eyes. */
static enum log_level level_of(enum err e)
{
	switch (e) {
	case ERR_DB_DUPLICATE:
	case ERR_DB_CHECK:
	case ERR_DB_REFERENCE:
	case ERR_DB_CONFLICT:
	case ERR_DB_LOCKED:
		return LOG_DEBUG;
	case ERR_DB_BROKEN:
		return LOG_ERROR;
	default:
		return LOG_WARNING;
	}
}

enum err db_failed(struct db *db, unsigned number, const char *sqlstate, const char *doing)
{
	enum err e = error_of(number);

	if (!e)
		return db_broken(db, "failed without a number", doing);
	log_line(db->log, level_of(e), "db", "a statement failed",
		 LOG_TEXT("code", text_of(err_info(e)->code)), LOG_INT("number", number),
		 LOG_TEXT("sqlstate", text_of(sqlstate)), LOG_TEXT("statement", text_of(doing)));
	if (e == ERR_DB_GONE || e == ERR_DB_DOWN)
		db_disconnect(db);
	if (db->in_transaction && (!db->mysql || e == ERR_DB_CONFLICT))
		db->lost = e;
	return e;
}

enum err db_broken(const struct db *db, const char *message, const char *doing)
{
	log_line(db->log, LOG_ERROR, "db", message, LOG_TEXT("statement", text_of(doing)));
	return ERR_DB_BROKEN;
}
