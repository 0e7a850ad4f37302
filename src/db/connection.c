/*
 * Connections and transactions. The library's own reconnecting stays off: a transaction that lost
 * its connection must be seen as lost, so only db_begin and calls outside a transaction connect
 * again.
 */
#include <string.h>

#include "db_internal.h"

enum { CONNECT_S = 3, READ_S = 30, WRITE_S = 30, STATEMENT_MARGIN_S = 5 };

/*
 * Every session is the same, whatever the server's own defaults are. A process that stands still
 * inside a transaction must not hold its rows, and whoever waits for them, for ever: between two
 * statements the server waits ten seconds.
 */
static const char session[] =
	"SET character_set_client = utf8mb4, character_set_results = utf8mb4,"
	" collation_connection = utf8mb4_nopad_bin,"
	" sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
	"NO_ENGINE_SUBSTITUTION',"
	" time_zone = '+00:00', tx_isolation = 'REPEATABLE-READ', autocommit = 1,"
	" innodb_snapshot_isolation = ON, innodb_lock_wait_timeout = 3,"
	" idle_transaction_timeout = 10, max_statement_time = %d";

struct db *db_new(const struct db_config *config, const struct log *log)
{
	struct db *db;

	if (mysql_library_init(0, NULL, NULL))
		return NULL;
	db = memory_take(sizeof(*db));
	if (!db)
		return NULL;
	db->config = config;
	db->log = log;
	db->is_null = 1;
	db->scratch = arena_new(0);
	if (!db->scratch) {
		memory_free(db);
		return NULL;
	}
	return db;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	db_disconnect(db);
	arena_free(db->scratch);
	memory_free(db->binds);
	memory_free(db);
}

/* The library first, its statements after: they then see that there is nobody left to tell. */
void db_disconnect(struct db *db)
{
	if (!db->mysql)
		return;
	mysql_close(db->mysql);
	db->mysql = NULL;
	db->is_reading = false;
	statements_free(db);
}

static unsigned seconds(int configured, unsigned standard)
{
	if (configured < 0)
		return 0;
	return configured ? (unsigned)configured : standard;
}

static MYSQL *prepare_connection(const struct db_config *config)
{
	MYSQL *mysql = mysql_init(NULL);
	unsigned connect_s = seconds(config->connect_s, CONNECT_S);
	unsigned read_s = seconds(config->read_s, READ_S);
	unsigned write_s = seconds(config->write_s, WRITE_S);
	unsigned long packet = MIB(64);
	my_bool no = 0;
	unsigned local_files = 0;

	if (!mysql)
		return NULL;
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &write_s);
	mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_files);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	return mysql;
}

/* The server gives a statement up before the read time-out would break the connection over it. */
static int statement_limit(const struct db_config *config)
{
	int read_s = (int)seconds(config->read_s, READ_S);

	if (!read_s)
		return 0;
	return read_s > 2 * STATEMENT_MARGIN_S ? read_s - STATEMENT_MARGIN_S : (read_s + 1) / 2;
}

static enum err connection_failed(const struct db *db, MYSQL *mysql)
{
	log_line(db->log, LOG_WARNING, "db", "the database cannot be reached",
		 LOG_INT("number", mysql ? mysql_errno(mysql) : 0),
		 LOG_TEXT("message", text_of(mysql ? mysql_error(mysql) : "out of memory")));
	if (mysql)
		mysql_close(mysql);
	return ERR_DB_DOWN;
}

enum err db_connect(struct db *db)
{
	const struct db_config *config = db->config;
	char set[sizeof(session) + 16];
	MYSQL *mysql;
	int size;

	if (db->mysql)
		return OK;
	mysql = prepare_connection(config);
	if (!mysql)
		return connection_failed(db, NULL);
	if (!mysql_real_connect(mysql, config->socket ? NULL : config->host, config->user,
				config->password, config->database, (unsigned)config->port,
				config->socket, CLIENT_FOUND_ROWS))
		return connection_failed(db, mysql);
	size = snprintf(set, sizeof(set), session, statement_limit(config));
	if (mysql_real_query(mysql, set, (unsigned long)size))
		return connection_failed(db, mysql);
	db->mysql = mysql;
	return OK;
}

enum err db_ready(struct db *db)
{
	if (db->is_reading)
		return db_broken(db, "a statement inside db_each", "");
	if (!db->mysql && db->stays_closed)
		return ERR_DB_GONE;
	if (!db->in_transaction)
		return db_connect(db);
	if (db->lost)
		return db->lost;
	return db->mysql ? OK : ERR_DB_GONE;
}

unsigned db_send(struct db *db, const char *text, size_t size)
{
	MYSQL_RES *rows;

	db->sent++;
	if (mysql_real_query(db->mysql, text, (unsigned long)size))
		return mysql_errno(db->mysql);
	rows = mysql_store_result(db->mysql);
	if (rows)
		mysql_free_result(rows);
	return mysql_errno(db->mysql);
}

uint64_t db_statement_count(struct db *db)
{
	uint64_t sent = db->sent;

	db->sent = 0;
	return sent;
}

uint64_t db_affected(const struct db *db)
{
	return db->affected;
}

/* ---- transactions ---------------------------------------------------------------------------- */

enum beginning { BEGIN_PLAIN, BEGIN_READ_COMMITTED, BEGIN_SNAPSHOT };

static enum err begin_once(struct db *db, enum beginning beginning)
{
	static const char level[] = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
	static const char snapshot[] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
	static const char plain[] = "BEGIN";
	struct text text = beginning == BEGIN_SNAPSHOT
				   ? (struct text){ snapshot, sizeof(snapshot) - 1 }
				   : (struct text){ plain, sizeof(plain) - 1 };
	unsigned number = 0;

	enum err e = db_ready(db);
	if (e)
		return e;
	if (beginning == BEGIN_READ_COMMITTED)
		number = db_send(db, level, sizeof(level) - 1);
	if (!number)
		number = db_send(db, text.at, text.size);
	return number ? db_failed(db, number, mysql_sqlstate(db->mysql), text.at) : OK;
}

/* A connection that slept through a restart of the server shows it at BEGIN, where nothing is lost
 * yet. */
static enum err begin(struct db *db, enum beginning beginning)
{
	enum err e;

	db->in_transaction = false;
	db->lost = OK;
	e = begin_once(db, beginning);
	if (e == ERR_DB_GONE)
		e = begin_once(db, beginning);
	db->in_transaction = !e;
	return e;
}

enum err db_begin(struct db *db)
{
	return begin(db, BEGIN_PLAIN);
}

enum err db_begin_read_committed(struct db *db)
{
	return begin(db, BEGIN_READ_COMMITTED);
}

enum err db_begin_snapshot(struct db *db)
{
	return begin(db, BEGIN_SNAPSHOT);
}

/*
 * Two errors at COMMIT say for certain that nothing was done. After any other the transaction may
 * stand or not: the connection is given up, and who asked finds out by its key.
 */
enum err db_commit(struct db *db)
{
	unsigned number;
	enum err e;

	if (!db->in_transaction)
		return db_broken(db, "no transaction is open", "COMMIT");
	e = db_ready(db);
	if (e)
		return e;
	number = db_send(db, "COMMIT", 6);
	db->in_transaction = false;
	if (!number)
		return OK;
	if (error_of(number) == ERR_DB_CONFLICT) {
		e = db_failed(db, number, mysql_sqlstate(db->mysql), "COMMIT");
		db_rollback(db);
		return e;
	}
	log_line(db->log, LOG_WARNING, "db", "the outcome of a COMMIT is unknown",
		 LOG_INT("number", number));
	db_disconnect(db);
	return ERR_DB_UNKNOWN;
}

enum err db_rollback(struct db *db)
{
	unsigned number;

	db->in_transaction = false;
	db->lost = OK;
	if (!db->mysql)
		return OK;
	number = db_send(db, "ROLLBACK", 8);
	if (!number)
		return OK;
	log_line(db->log, LOG_WARNING, "db", "a ROLLBACK failed, the connection is closed",
		 LOG_INT("number", number));
	db_disconnect(db);
	return OK;
}
