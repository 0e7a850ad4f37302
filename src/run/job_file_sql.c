/*
 * Result files of jobs in the database: their content in the same pieces as uploads. Who may read
 * one stands in the statement: whoever asked for the job, as long as every role is still held that
 * it was asked with.
 */
#include "background.h"

enum { PIECE_ADD, JOB_FILE_ADD, JOB_FILE_GET, SQL_COUNT };

static const struct sql sql[] = {
	[PIECE_ADD] = { "INSERT INTO file_chunk (digest, chunk, content)"
			" VALUES (?, ?, ?)"
			" ON DUPLICATE KEY UPDATE chunk = VALUES(chunk)" },
	[JOB_FILE_ADD] = { "INSERT INTO job_file (job, name, digest, size, media_type, created_at)"
			   " VALUES (?, ?, ?, ?, ?, ?)" },
	[JOB_FILE_GET] = { "SELECT f.digest, f.size, f.media_type"
			   "  FROM job_file f"
			   "  JOIN job j ON j.id = f.job"
			   " WHERE f.job = ? AND f.name = ?"
			   "   AND j.organisation = ? AND j.user = ? AND j.roles & ~? = 0" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field job_file_fields[] = {
	{ "digest", KIND_BYTES, FIELD_AT(file, digest) },
	{ "size", KIND_INT, FIELD_AT(file, size) },
	{ "media_type", KIND_TEXT, FIELD_AT(file, media_type) },
};

enum err job_piece_insert(struct db *db, struct text digest, int32_t number, struct text content)
{
	return db_exec(db, &sql[PIECE_ADD],
		       db_values(value_bytes(digest), number, value_bytes(content)));
}

enum err job_file_insert(struct db *db, struct id job, const char *name, const struct file *file)
{
	return db_exec(db, &sql[JOB_FILE_ADD],
		       db_values(job, name, value_bytes(file->digest), file->size, file->media_type,
				 file->created_at));
}

enum err job_file_get(struct db *db, struct arena *arena, const struct actor *actor, struct id job,
		      struct text name, struct file *out)
{
	return db_read(db, &sql[JOB_FILE_GET],
		       db_values(job, name, actor->organisation, actor->user, actor->roles),
		       job_file_fields, COUNT_OF(job_file_fields), arena, out);
}
