/*
 * What the files of src/db share: the connection, and the bridges between rows and the library's
 * binds.
 *
 * A statement goes through three steps. bind.c describes its parameters in db->binds, pointing into
 * the caller's rows wherever the memory fits as it is. statement.c finds or prepares the statement
 * and sends it. fetch.c reads what comes back, straight from the connection, by a field table.
 * Nothing is kept between two calls but prepared statements and grown arrays.
 */
#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

/* The library's headers also declare a list_add, which it keeps to itself. */
#define list_add mysql_list_add
#include <mysql.h>
#undef list_add

#include "xiangcai/db.h"

enum {
	COLUMNS_MAX = 96,       /* of one result */
	WORD_SIZE_MAX = 64,     /* bytes of a word or an id as it arrives */
	PARAMETERS_MAX = 65000, /* of one statement; the protocol ends at 65,535 */
	WIDTH_MAX = 512,
	WIDTH_EXACT = 16 /* fewer rows than these are one statement */
};

struct column {
	const struct field *field;
	unsigned long size; /* of a text, also where it was not copied */
	my_bool is_null, is_cut;
	union {
		long long number;
		MYSQL_TIME day;
		char text[WORD_SIZE_MAX];
	} cell;
};

struct statement;

struct db {
	const struct db_config *config;
	const struct log *log;
	MYSQL *mysql;                 /* NULL: not connected */
	struct statement *statements; /* by address and width */
	bool in_transaction; /* from BEGIN to COMMIT or ROLLBACK, also when the connection was lost
				between */
	enum err lost; /* what every call inside the transaction gives since it cannot be saved */
	bool stays_closed; /* once lost, the connection is not made again: it held a lock */
	bool is_reading;   /* rows of a statement are still on their way */
	uint64_t sent, affected;
	struct arena *scratch; /* what binds point to; later the row of db_each */
	MYSQL_BIND *binds;
	size_t bind_count, bind_room;
	my_bool is_null; /* always 1: what the binds of NULLs point to */
	MYSQL_BIND results[COLUMNS_MAX];
	struct column columns[COLUMNS_MAX];
	size_t column_count;
};

/* ---- error.c ----------------------------------------------------------------- */

/* What the library's or server's @number means; OK for 0. */
enum err error_of(unsigned number);
/* Maps and logs a failed statement, and disconnects where the connection is of no more use. @doing
 * is fixed text. */
enum err db_failed(struct db *db, unsigned number, const char *sqlstate, const char *doing);
/* A fault of the program: logged. ERR_DB_BROKEN. */
enum err db_broken(const struct db *db, const char *message, const char *doing);

/* ---- connection.c ------------------------------------------------------------ */

/*
 * Connects outside a transaction; its error where one was lost; ERR_DB_BROKEN while rows are read.
 */
enum err db_ready(struct db *db);
/* Sends text that returns no rows, or whose rows do not matter. The number of the error, 0 for
 * none. */
unsigned db_send(struct db *db, const char *text, size_t size);

/* ---- bind.c ------------------------------------------------------------------ */

bool field_in_row(const struct field *field);
void bind_begin(struct db *db);
enum err bind_values(struct db *db, struct values values);
enum err bind_row(struct db *db, const struct field *fields, size_t count, const void *row);

/* ---- statement.c ------------------------------------------------------------- */

/* Sends @sql in @width (0: a plain statement) with what was bound since bind_begin. The result is
 * to be freed. */
enum err statement_run(struct db *db, const struct sql *sql, size_t width, MYSQL_STMT **out);
enum err statement_failed(struct db *db, MYSQL_STMT *handle, const char *doing);
/* Forgets all prepared statements; to be called when the connection is gone. */
void statements_free(struct db *db);

/* ---- fetch.c ----------------------------------------------------------------- */

/* Describes the columns of @handle's result by @fields. */
enum err fetch_begin(struct db *db, MYSQL_STMT *handle, const char *doing,
		     const struct field *fields, size_t count);
/* Moves to the next row. ERR_NOT_FOUND behind the last. */
enum err fetch_next(struct db *db, MYSQL_STMT *handle, const char *doing);
/* Its columns into the zeroed @row. */
enum err fetch_row(struct db *db, MYSQL_STMT *handle, struct arena *arena, void *row);
/* Reads what is left, which may end in an error; frees the result. Gives @e unless that is OK and
 * the rest failed. */
enum err fetch_end(struct db *db, MYSQL_STMT *handle, const char *doing, enum err e);

#endif
