/*
 * db: the only floor that knows MariaDB. A connection with its prepared statements, made on first
 * use and kept; rows by field tables; multi-row statements in fixed widths; migrations; the
 * embedded server. A struct db belongs to one thread at a time.
 */
#ifndef XIANGCAI_DB_H
#define XIANGCAI_DB_H

#include "xiangcai/base.h"

/* ---- statements -------------------------------------------------------------- */

/*
 * A statement's text. Plain statements have @text alone. Multi-row ones repeat @row, by commas,
 * between @text and @tail in widths from 1 to 15 and powers of two up to 512: "INSERT INTO t (a, b)
 * VALUES ", "(?, ?)", " ON DUPLICATE KEY …", or "SELECT … IN (", "?", ")". Rows live in static
 * const tables: the prepared statement is found by the address of its struct sql.
 */
struct sql {
	const char *text;
	const char *row;
	const char *tail;
};

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BYTES, VALUE_ID, VALUE_DAY };

struct value {
	enum value_kind kind;
	union {
		int64_t number;
		struct text text; /* borrowed until the statement has run */
		struct id id;
	} as;
};
struct values {
	const struct value *at;
	size_t count;
};

struct value value_bool(bool v);
struct value value_i32(int32_t v);
struct value value_u32(uint32_t v);
struct value value_i64(int64_t v);
struct value value_text(struct text v);   /* NO_TEXT is NULL */
struct value value_string(const char *v); /* NULL is NULL */
struct value value_id(struct id v);       /* NO_ID is NULL; for UUID and BINARY(16) columns alike */
struct value value_digest(const void *bytes32); /* 32 bytes, borrowed */
struct value value_bytes(struct text v);
struct value value_day(int32_t day);    /* DAY_NONE is NULL */
struct value value_optional(int64_t v); /* INT_NONE is NULL */
struct value value_null(void);

/* db_values(a, b, c): one struct value each, by the argument's type; up to 24. */
#define VALUE(v)                                                                                   \
	_Generic((v), bool: value_bool, int32_t: value_i32, uint32_t: value_u32, int64_t: value_i64,   \
		 long long: value_i64, struct text: value_text, char *: value_string, const char *: value_string, \
		 struct id: value_id, struct value: value_self)(v)
struct value value_self(struct value v);
/*
 * Keys for db_list_in: the struct id at @offset of each of @count rows that stand @size bytes
 * apart. NULL when out of memory.
 */
struct value *values_of_ids(struct arena *arena, const void *rows, size_t count, size_t size,
			    size_t offset);
#include "xiangcai/db_values.h"
#define db_none ((struct values){ NULL, 0 }) /* where there are no placeholders */

/* ---- a connection ------------------------------------------------------------ */

struct db_config {
	const char *socket; /* or NULL, then host and port */
	const char *host;
	int port;
	const char *user, *password, *database;
	/* time-outs of the library; 0: 3, 30 and 30 s; below 0: none */
	int connect_s, read_s, write_s;
};

struct db;
/* Does not connect; @config and @log are borrowed. NULL when out of memory. The first call must
 * return before another thread calls. */
struct db *db_new(const struct db_config *config, const struct log *log);
void db_free(struct db *db); /* NULL is allowed */
/*
 * Connects when not connected. ERR_DB_DOWN. Sets strict mode, UTC, utf8mb4, snapshot isolation,
 * CLIENT_FOUND_ROWS, lock wait 3 s, and lets the server give up a transaction in which nothing
 * happens for 10 s (ERR_DB_GONE), and a statement (ERR_DB_SLOW) shortly before read_s would break
 * the connection.
 */
enum err db_connect(struct db *db);
/* Also done by ERR_DB_GONE and ERR_DB_UNKNOWN; statements are prepared again on use. */
void db_disconnect(struct db *db);
/* Statements sent since the last call: what statement budgets count. BEGIN, COMMIT and ROLLBACK are
 * counted as well. */
uint64_t db_statement_count(struct db *db);

/*
 * All of these return OK or: ERR_DB_DOWN (2002, 2003, 1040, 1047, 1290, 1836, 1792, full disk …),
 * ERR_DB_GONE (2006, 2013, 1053, 1927 …), ERR_DB_CONFLICT (1213, 1020), ERR_DB_LOCKED (1205),
 * ERR_DB_SLOW (1969, 1317), ERR_DB_DUPLICATE (1062), ERR_DB_CHECK (4025, 1264, 1451),
 * ERR_DB_REFERENCE (1452, 1216), ERR_MEMORY, ERR_DB_BROKEN (anything else: logged with the
 * statement's text, never its values; also when placeholders and values, or columns and fields,
 * differ in number, and when a column does not fit its field). After DOWN and GONE the connection
 * is closed. Outside a transaction the next call connects again, and a SELECT that met a dead
 * connection is sent once more by itself; inside one, every call is ERR_DB_GONE until db_begin or
 * db_rollback.
 */
enum err db_exec(struct db *db, const struct sql *sql, struct values values);
/* Rows of the last call, summed over its widths: found by a write, given by a read. */
uint64_t db_affected(const struct db *db);

/* The one row of a SELECT (or RETURNING) into @out by the fields with ROW, in their order; texts in
 * @arena. ERR_NOT_FOUND when there is none. */
enum err db_read(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, struct arena *arena, void *out);
/* The first column of the one row as an integer; ERR_NOT_FOUND when there is none, INT_NONE for
 * NULL. */
enum err db_number(struct db *db, const struct sql *sql, struct values values, int64_t *out);
/* All rows, appended to @list as structs of @size bytes. */
enum err db_list(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, size_t size, struct arena *arena,
		 struct list *list);
/*
 * All rows, one at a time through the zeroed struct @row of @size bytes (texts last until the
 * callback returns): for what must not stand in memory at once. They are read from the connection
 * as they come: no other statement may run on @db inside the callback (ERR_DB_BROKEN). What the
 * callback returns other than OK ends the reading and is given back.
 */
typedef enum err db_row_fn(void *context, void *row);
enum err db_each(struct db *db, const struct sql *sql, struct values values,
		 const struct field *fields, size_t count, size_t size, db_row_fn *fn,
		 void *context);

/*
 * A multi-row write: each of the @row_count structs at @rows (@size bytes apart) gives one row
 * group by its fields with ROW, in order. Runs in the widths 512, 256 … 16 and what is left, widest
 * first: 15 rows are 1 statement, 20 rows 2 (16 + 4), 10,000 rows 21, never one a row. No rows:
 * nothing is sent. Out of a transaction each width is committed by itself.
 */
enum err db_rows(struct db *db, const struct sql *sql, const struct field *fields, size_t count,
		 const void *rows, size_t row_count, size_t size);
/* The same, the rows that RETURNING gives appended to @list by @out_fields. */
enum err db_rows_returning(struct db *db, const struct sql *sql, const struct field *fields,
			   size_t count, const void *rows, size_t row_count, size_t size,
			   const struct field *out_fields, size_t out_count, size_t out_size,
			   struct arena *arena, struct list *list);
/*
 * A SELECT (or UPDATE, DELETE: @fields NULL) over many keys: @before fills the placeholders of
 * @text, each of @keys one row group, @after those of @tail. Up to 512 keys are one statement: the
 * last width is filled up with its last key, which IN (…) does not mind. Rows in no order.
 */
enum err db_list_in(struct db *db, const struct sql *sql, struct values before,
		    const struct value *keys, size_t key_count, struct values after,
		    const struct field *fields, size_t count, size_t size, struct arena *arena,
		    struct list *list);

/*
 * Only run_event, run_step and run_batch say these. db_begin connects when needed, also when the
 * connection turns out dead. ERR_DB_UNKNOWN from db_commit: it may have happened; ERR_DB_CONFLICT:
 * it has not. db_rollback of a lost connection is OK: the server rolls back.
 */
enum err db_begin(struct db *db);
/*
 * The same at READ COMMITTED, for background work that copies many rows: its INSERT … SELECT locks
 * neither the rows it reads nor the gaps beside them, into which requests insert at the same time.
 * Every statement sees what is committed when it begins. Two statements. Only run_fenced says it.
 */
enum err db_begin_read_committed(struct db *db);
/*
 * For reading alone: every statement up to db_rollback sees what was committed at this moment, so
 * that what one transaction did is seen whole or not at all. Only the builder of the shop's view
 * says it.
 */
enum err db_begin_snapshot(struct db *db);
enum err db_commit(struct db *db);
enum err db_rollback(struct db *db);

/* ---- migrations -------------------------------------------------------------- */

/*
 * Applies the files DIR/NNNN_name.sql that the database has not, in order, under a lock, statement
 * by statement (each ends with ';' at a line's end; lines that begin with -- are skipped),
 * recording file, number of statements done and SHA-256 in the table `migration`. Refuses when an
 * applied file has changed; a file that was never finished may change and begins anew, so every
 * statement must bear being run twice. Re-runnable after a crash at any place. Works over a
 * connection of its own, like @db's but without time limits. ERR_DB_BROKEN, with the cause in @log,
 * for files that cannot be read, are not named so, or were refused; ERR_DB_LOCKED when another
 * migrates for 60 s.
 */
enum err db_migrate(struct db *db, const char *directory, const struct log *log, size_t *applied);
/*
 * The same, and then @after under the same lock and over the same connection: for what no statement
 * can do to the rows of before. It runs every time, so it must find quickly that nothing is left.
 */
typedef enum err db_after_fn(struct db *db, void *context);
enum err db_migrate_then(struct db *db, const char *directory, const struct log *log,
			 size_t *applied, db_after_fn *after, void *context);

/* ---- the embedded server ----------------------------------------------------- */

/*
 * A private mariadbd under DIR/db on a Unix socket, its log in DIR/log, with the empty database
 * `xiangcai`. Made and started by the first call, adopted when it still runs from before a crash
 * (its process stands in DIR/db, and it knows the instance id of DIR/db.instance). Whoever holds
 * the lock of DIR/embedded.lock owns the server: starts and restarts it; further processes on DIR
 * share it, and one of them takes over when the owner ends. A thread is not needed: embedded_watch
 * is called now and then, by one thread.
 * The account is root without a password, behind a directory of mode 0700.
 */
struct embedded;
enum { EMBEDDED_WHY_SIZE = 256 };
/* Returns when the server answers; makes @directory if need be. NULL, with a reason in @why
 * (EMBEDDED_WHY_SIZE bytes), when it cannot be had. */
struct embedded *embedded_start(const char *directory, const struct log *log, char *why);
/* Lasts until embedded_stop. */
const struct db_config *embedded_config(const struct embedded *embedded);
/* Restarts a dead server without waiting for it; false while it is down. */
bool embedded_watch(struct embedded *embedded);
/* The last process on DIR asks it to shut down and waits up to 60 s; others leave it running.
 * Frees; NULL is allowed. */
void embedded_stop(struct embedded *embedded);

#endif
