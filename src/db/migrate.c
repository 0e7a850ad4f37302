/*
 * Migrations: numbered files of single statements. DDL commits by itself and does not roll back, so
 * each statement is recorded as soon as it is done, in one transaction with it where the server
 * lets it; one that was done but not recorded before a crash is run again, which it must bear.
 *
 * They run over a connection of their own: changing a large table may take longer than any
 * time-out, and the lock goes with the connection, whatever happens to the process.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "xiangcai/crypto.h"

#include "db_internal.h"

enum { FILE_NAME_MAX = 120, LOCK_WAIT_S = 60 };
#define MIGRATION_MAX MIB(16)

enum {
	MIGRATION_TABLE,
	MIGRATION_LOCK,
	MIGRATION_UNLOCK,
	MIGRATION_FIND,
	MIGRATION_BEGIN,
	MIGRATION_STEP,
	MIGRATION_DONE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[MIGRATION_TABLE] = { "CREATE TABLE IF NOT EXISTS migration ("
			      " file VARCHAR(120) NOT NULL COMMENT 'name of the file',"
			      " checksum BINARY(32) NOT NULL COMMENT 'SHA-256 of its bytes',"
			      " statements_done INT NOT NULL COMMENT 'how many of its statements "
			      "were run',"
			      " applied_at BIGINT NULL COMMENT 'instant at which the last was "
			      "done; NULL until then',"
			      " PRIMARY KEY (file)"
			      ") ENGINE = InnoDB COMMENT = 'files of the schema that this database "
			      "has'" },
	[MIGRATION_LOCK] = { "SELECT GET_LOCK('xiangcai.migrate', ?)" },
	[MIGRATION_UNLOCK] = { "SELECT RELEASE_LOCK('xiangcai.migrate')" },
	[MIGRATION_FIND] = { "SELECT checksum, statements_done, applied_at"
			     "  FROM migration"
			     " WHERE file = ?" },
	[MIGRATION_BEGIN] = { "INSERT INTO migration (file, checksum, statements_done)"
			      " VALUES (?, ?, 0)"
			      " ON DUPLICATE KEY UPDATE checksum = VALUES(checksum), "
			      "statements_done = 0" },
	[MIGRATION_STEP] = { "UPDATE migration"
			     "   SET statements_done = ?"
			     " WHERE file = ?" },
	[MIGRATION_DONE] = { "UPDATE migration"
			     "   SET applied_at = ?"
			     " WHERE file = ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct migration {
	const char *file;
	struct text content;
	struct digest checksum;
	struct text recorded; /* the checksum in the database; NO_TEXT: never begun */
	int64_t statements_done, applied_at;
};

static const struct field migration_fields[] = {
	{ .name = "checksum", .kind = KIND_BYTES, .at = FIELD_AT(migration, recorded) },
	{ .name = "statements_done", .kind = KIND_INT, .at = FIELD_AT(migration, statements_done) },
	{ .name = "applied_at",
	  .kind = KIND_INSTANT,
	  .at = FIELD_AT(migration, applied_at),
	  .optional = true },
};

/* ---- files ----------------------------------------------------------------------------------- */

static enum err refused(const struct log *log, const char *message, const char *file)
{
	log_line(log, LOG_ERROR, "migration", message, LOG_TEXT("file", text_of(file)));
	return ERR_DB_BROKEN;
}

/* NNNN_name.sql */
static bool name_is_good(const char *name)
{
	size_t size = strlen(name);

	return size > strlen("0000_.sql") && size <= FILE_NAME_MAX &&
	       strspn(name, "0123456789") == 4 && name[4] == '_';
}

static int is_sql(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 4 && !strcmp(entry->d_name + size - 4, ".sql");
}

static enum err file_read(const char *path, struct buffer *content)
{
	char part[4096];
	size_t size;
	bool failed;
	FILE *file = fopen(path, "re");

	if (!file)
		return ERR_DB_BROKEN;
	while ((size = fread(part, 1, sizeof(part), file)) > 0)
		buffer_add(content, (struct text){ part, size });
	failed = ferror(file) || content->failed;
	fclose(file);
	return failed ? ERR_DB_BROKEN : OK;
}

/* ---- statements of a file -------------------------------------------------------------------- */

static struct text without_end(struct text line)
{
	line = text_trim(line);
	if (line.size && line.at[line.size - 1] == '\r')
		line = text_trim(text_part(line, 0, line.size - 1));
	return line;
}

/*
 * Cuts the next statement off @rest into @out, without its comments and its last ';'. False at the
 * end; text that no ';' ends is what is then left in @out.
 */
static bool next_statement(struct text *rest, struct buffer *out)
{
	out->size = 0;
	while (rest->size) {
		struct text line = without_end(text_cut(rest, '\n'));
		bool ends = line.size && line.at[line.size - 1] == ';';

		if (!line.size || text_starts(line, "--"))
			continue;
		buffer_add(out, text_part(line, 0, line.size - ends));
		if (ends)
			return true;
		buffer_char(out, '\n');
	}
	return false;
}

static enum err step_failed(struct db *db, unsigned number, const struct migration *migration,
			    int64_t index)
{
	if (!number)
		return OK;
	log_line(db->log, LOG_ERROR, "migration", "a statement failed",
		 LOG_TEXT("file", text_of(migration->file)), LOG_INT("statement", index + 1),
		 LOG_INT("number", number), LOG_TEXT("answer", text_of(mysql_error(db->mysql))));
	return db_failed(db, number, mysql_sqlstate(db->mysql), migration->file);
}

static enum err step_run(struct db *db, struct text statement, const struct migration *migration,
			 int64_t index)
{
	enum err e = db_begin(db);

	if (!e)
		e = step_failed(db, db_send(db, statement.at, statement.size), migration, index);
	if (!e)
		e = db_exec(db, &sql[MIGRATION_STEP], db_values(index + 1, migration->file));
	if (e) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}

static enum err migration_run(struct db *db, const struct migration *migration)
{
	struct text rest = migration->content;
	struct buffer statement = { .max = MIGRATION_MAX };
	int64_t index = 0;
	enum err e = OK;

	for (; !e && next_statement(&rest, &statement); index++) {
		if (index >= migration->statements_done)
			e = step_run(db, buffer_text(&statement), migration, index);
	}
	if (!e && statement.failed)
		e = ERR_MEMORY;
	if (!e && statement.size)
		e = refused(db->log, "the last statement has no ';' at its end", migration->file);
	buffer_free(&statement);
	if (!e)
		e = db_exec(db, &sql[MIGRATION_DONE],
			    db_values(clock_now(db->log->clock), migration->file));
	return e;
}

/* ---- one file -------------------------------------------------------------------------------- */

/* What the database knows of the file; one that is new, or changed before it was ever finished,
 * begins at its first statement. */
static enum err migration_open(struct db *db, struct migration *migration, struct arena *arena)
{
	struct text checksum = { (const char *)migration->checksum.bytes, DIGEST_SIZE };

	enum err e = db_read(db, &sql[MIGRATION_FIND], db_values(migration->file), migration_fields,
			     COUNT_OF(migration_fields), arena, migration);
	if (e && e != ERR_NOT_FOUND)
		return e;
	if (!e && text_equal(migration->recorded, checksum))
		return OK;
	if (!e && migration->applied_at != INT_NONE)
		return refused(db->log, "the file has changed since it was applied",
			       migration->file);
	migration->statements_done = 0;
	migration->applied_at = INT_NONE;
	return db_exec(db, &sql[MIGRATION_BEGIN],
		       db_values(migration->file, value_bytes(checksum)));
}

static enum err migration_apply(struct db *db, const char *directory, const char *file,
				struct arena *arena, size_t *applied)
{
	struct buffer content = { .max = MIGRATION_MAX };
	struct migration migration = { .file = file };
	const char *path = arena_print(arena, "%s/%s", directory, file).at;
	enum err e;

	if (!path)
		return ERR_MEMORY;
	e = file_read(path, &content);
	if (e)
		refused(db->log, "the file cannot be read", path);
	migration.content = buffer_text(&content);
	migration.checksum = sha256(migration.content);
	if (!e)
		e = migration_open(db, &migration, arena);
	if (!e && migration.applied_at == INT_NONE) {
		e = migration_run(db, &migration);
		*applied += !e;
		log_line(db->log, LOG_INFO, "migration", e ? "stopped" : "applied",
			 LOG_TEXT("file", text_of(file)));
	}
	buffer_free(&content);
	return e;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static enum err names_check(const struct log *log, struct dirent *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (!name_is_good(names[i]->d_name))
			return refused(log, "a file is not named NNNN_name.sql", names[i]->d_name);
		if (i && !strncmp(names[i]->d_name, names[i - 1]->d_name, 4))
			return refused(log, "two files have one number", names[i]->d_name);
	}
	return OK;
}

static enum err migrate_locked(struct db *db, const char *directory, struct dirent *const *names,
			       int count, size_t *applied)
{
	enum err e = db_exec(db, &sql[MIGRATION_TABLE], db_none);

	for (int i = 0; !e && i < count; i++) {
		struct arena *arena = arena_new(0);

		e = arena ? migration_apply(db, directory, names[i]->d_name, arena, applied)
			  : ERR_MEMORY;
		arena_free(arena);
	}
	return e;
}

struct after {
	db_after_fn *run;
	void *context;
};

static enum err migrate(struct db *db, const char *directory, struct dirent *const *names,
			int count, size_t *applied, struct after after)
{
	int64_t granted, freed;
	enum err e = names_check(db->log, names, count);

	if (!e)
		e = db_connect(db);
	if (!e)
		e = db_number(db, &sql[MIGRATION_LOCK], db_values(LOCK_WAIT_S), &granted);
	if (!e && granted != 1)
		e = ERR_DB_LOCKED;
	if (e)
		return e;
	db->stays_closed = true;
	e = migrate_locked(db, directory, names, count, applied);
	if (!e && after.run)
		e = after.run(db, after.context);
	if (db->mysql)
		db_number(db, &sql[MIGRATION_UNLOCK], db_none, &freed);
	return e;
}

enum err db_migrate(struct db *db, const char *directory, const struct log *log, size_t *applied)
{
	return db_migrate_then(db, directory, log, applied, NULL, NULL);
}

enum err db_migrate_then(struct db *db, const char *directory, const struct log *log,
			 size_t *applied, db_after_fn *after, void *context)
{
	struct db_config patient = *db->config;
	struct dirent **names;
	struct db *own;
	enum err e;
	int count = scandir(directory, &names, is_sql, alphasort);

	*applied = 0;
	if (count < 0)
		return refused(log, "the directory cannot be read", directory);
	patient.read_s = patient.write_s = -1;
	own = db_new(&patient, log);
	e = own ? migrate(own, directory, names, count, applied, (struct after){ after, context })
		: ERR_MEMORY;
	db_free(own);
	for (int i = 0; i < count; i++)
		memory_free(names[i]);
	memory_free(names);
	return e;
}
