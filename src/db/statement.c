/*
 * Prepared statements: made on first use, found again by the address of their struct sql and their
 * width, closed with the connection.
 */
#include <mysqld_error.h>
#include <string.h>

#include "db_internal.h"

/* Both members fill whole words: keys are compared by their bytes. */
struct statement_key {
	const struct sql *sql;
	size_t width;
};

/* Addresses differ in their middle bits; the upper half of the product has them all mixed. */
static unsigned key_hash(const struct statement_key *key)
{
	return (unsigned)(((uintptr_t)key->sql + key->width) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

#define uthash_malloc(size)              memory_take(size)
#define uthash_free(at, size)            memory_free(at)
#define HASH_FUNCTION(key, size, result) ((result) = key_hash(key))
#define HASH_NONFATAL_OOM                1
#include <uthash.h>

struct statement {
	struct statement_key key;
	MYSQL_STMT *handle;
	UT_hash_handle hh;
};

static void statement_free(struct statement *statement)
{
	if (statement->handle)
		mysql_stmt_close(statement->handle);
	memory_free(statement);
}

void statements_free(struct db *db)
{
	struct statement *statement, *next;

	HASH_ITER(hh, db->statements, statement, next)
	{
		HASH_DEL(db->statements, statement);
		statement_free(statement);
	}
}

/* The statement's text in @width; the server keeps it, we do not. */
static void write_text(const struct sql *sql, size_t width, struct buffer *out)
{
	buffer_add(out, text_of(sql->text));
	for (size_t i = 0; i < width; i++) {
		if (i)
			buffer_add(out, TEXT(", "));
		buffer_add(out, text_of(sql->row));
	}
	if (width && sql->tail)
		buffer_add(out, text_of(sql->tail));
}

/* Nothing was bound to the text yet, so here the server's message quotes no values and may be told.
 */
static enum err prepare_failed(struct db *db, MYSQL_STMT *handle, const struct sql *sql)
{
	unsigned number = mysql_stmt_errno(handle);

	if (error_of(number) == ERR_DB_BROKEN)
		log_line(db->log, LOG_ERROR, "db", "a statement cannot be prepared",
			 LOG_TEXT("message", text_of(mysql_stmt_error(handle))));
	return db_failed(db, number, mysql_stmt_sqlstate(handle), sql->text);
}

static enum err prepare(struct db *db, MYSQL_STMT *handle, const struct sql *sql, size_t width)
{
	struct buffer text = { 0 };
	int failed;

	write_text(sql, width, &text);
	if (text.failed) {
		buffer_free(&text);
		return ERR_MEMORY;
	}
	failed = mysql_stmt_prepare(handle, text.at, (unsigned long)text.size);
	if (failed && mysql_stmt_errno(handle) == ER_MAX_PREPARED_STMT_COUNT_REACHED) {
		statements_free(db);
		failed = mysql_stmt_prepare(handle, text.at, (unsigned long)text.size);
	}
	buffer_free(&text);
	return failed ? prepare_failed(db, handle, sql) : OK;
}

/* The handle goes before the connection that a failure may have closed would be used again. */
static enum err statement_new(struct db *db, struct statement_key key, struct statement **out)
{
	struct statement *statement = memory_take(sizeof(*statement));
	enum err e;

	if (!statement)
		return ERR_MEMORY;
	statement->key = key;
	statement->handle = mysql_stmt_init(db->mysql);
	e = statement->handle ? prepare(db, statement->handle, key.sql, key.width) : ERR_MEMORY;
	if (e) {
		statement_free(statement);
		return e;
	}
	HASH_ADD(hh, db->statements, key, sizeof(key), statement);
	if (!statement->hh.tbl) {
		statement_free(statement);
		return ERR_MEMORY;
	}
	*out = statement;
	return OK;
}

static enum err statement_find(struct db *db, const struct sql *sql, size_t width,
			       struct statement **out)
{
	struct statement_key key = { sql, width };

	HASH_FIND(hh, db->statements, &key, sizeof(key), *out);
	return *out ? OK : statement_new(db, key, out);
}

/* What fails between two rows is told by the library at the connection, not at the statement. */
enum err statement_failed(struct db *db, MYSQL_STMT *handle, const char *doing)
{
	unsigned number = mysql_stmt_errno(handle);

	if (number)
		return db_failed(db, number, mysql_stmt_sqlstate(handle), doing);
	return db_failed(db, mysql_errno(db->mysql), mysql_sqlstate(db->mysql), doing);
}

static enum err statement_send(struct db *db, const struct sql *sql, size_t width, MYSQL_STMT **out)
{
	struct statement *statement;

	enum err e = statement_find(db, sql, width, &statement);
	if (e)
		return e;
	*out = statement->handle;
	if (mysql_stmt_param_count(*out) != db->bind_count)
		return db_broken(db, "placeholders and values differ in number", sql->text);
	if (db->bind_count && mysql_stmt_bind_param(*out, db->binds))
		return statement_failed(db, *out, sql->text);
	db->sent++;
	return mysql_stmt_execute(*out) ? statement_failed(db, *out, sql->text) : OK;
}

/* A SELECT alone may meet a connection that died while nobody looked, and be sent again: it did
 * nothing. */
enum err statement_run(struct db *db, const struct sql *sql, size_t width, MYSQL_STMT **out)
{
	bool may_repeat = !db->in_transaction && text_starts(text_of(sql->text), "SELECT");
	enum err e = db_ready(db);

	if (!e)
		e = statement_send(db, sql, width, out);
	if (e != ERR_DB_GONE || !may_repeat)
		return e;
	e = db_ready(db);
	return e ? e : statement_send(db, sql, width, out);
}
