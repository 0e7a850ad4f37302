/*
 * Files in the database: one row per upload, and the content once per SM3 digest in pieces of 1
 * MiB, which pass every limit on packets and write sets. Content is never deleted while a file may
 * name it, so a second upload finds its pieces there.
 *
 * The first piece is the lock of a content. An upload writes it before all else (of one that is
 * there the write changes nothing, but locks it); whoever drops a file locks it before looking
 * whether another file names the content. So of an upload U and a drop D of the same content:
 * U first: D waits at the first piece, then sees U's file and leaves the pieces; when its snapshot
 * is older than that file, InnoDB refuses the look as a conflict, and D runs again.
 * D first: U waits at the first piece; behind D's COMMIT it is gone, and U writes all pieces anew.
 * Two drops: the second waits, and then finds itself the last one. What is copied is locked, so
 * that it is not dropped meanwhile. Only what applicants hand in is dropped, PDF and pictures;
 * results of jobs, whose pieces are stored before their name, are neither.
 */
#include "background.h"

#include <string.h>

enum {
	FILE_ADD,
	FILE_COPY,
	CHUNK_ADD,
	FILE_GET,
	CHUNKS,
	FILE_LOCK,
	FILE_DROP,
	CHUNKS_DROP,
	CHUNK_LOCK,
	UPLOAD_COUNT,
	UPLOADS_FORGET,
	SQL_COUNT
};

static const struct sql sql[] = {
	[FILE_ADD] = { "INSERT INTO file (id, organisation, user, digest, size, media_type, "
		       "created_at)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?)" },
	[FILE_COPY] = { "INSERT INTO file (id, organisation, user, digest, size, media_type, "
			"created_at)"
			" SELECT ?, ?, user, digest, size, media_type, ?"
			"   FROM file"
			"  WHERE id = ? AND organisation = ? LOCK IN SHARE MODE" },
	[CHUNK_ADD] = { "INSERT INTO file_chunk (digest, chunk, content)"
			" VALUES ",
			"(?, ?, ?)", " ON DUPLICATE KEY UPDATE chunk = VALUES(chunk)" },
	[FILE_GET] = { "SELECT id, organisation, user, digest, size, media_type, created_at"
		       "  FROM file"
		       " WHERE id = ? AND organisation = ?" },
	[CHUNKS] = { "SELECT digest, chunk, content"
		     "  FROM file_chunk"
		     " WHERE digest = ?"
		     " ORDER BY chunk" },
	[FILE_LOCK] = { "SELECT f.id, f.organisation, f.user, COALESCE(c.digest, f.digest), f.size,"
			" f.media_type, f.created_at"
			"  FROM file f"
			"  LEFT JOIN file_chunk c ON c.digest = f.digest AND c.chunk = 0"
			" WHERE f.id = ? AND f.organisation = ? FOR UPDATE" },
	[FILE_DROP] = { "DELETE FROM file WHERE id = ?" },
	[CHUNKS_DROP] = { "DELETE FROM file_chunk"
			  " WHERE digest = ?"
			  "   AND NOT EXISTS (SELECT 1 FROM file f WHERE f.digest = ?)"
			  "   AND NOT EXISTS (SELECT 1 FROM job_file j WHERE j.digest = ?)"
			  "   AND NOT EXISTS (SELECT 1 FROM image_rendition r WHERE r.digest = "
			  "?)" },
	[CHUNK_LOCK] = { "SELECT COUNT(*) FROM file_chunk WHERE digest = ? AND chunk = 0 FOR "
			 "UPDATE" },
	[UPLOAD_COUNT] = { "INSERT INTO upload_day (day, who, bytes)"
			   " VALUES (?, ?, ?)"
			   " ON DUPLICATE KEY UPDATE bytes = bytes + VALUES(bytes)"
			   " RETURNING bytes" },
	[UPLOADS_FORGET] = { "DELETE FROM upload_day WHERE day < ? LIMIT 1000" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const struct field file_fields[] = {
	{ "id", KIND_ID, FIELD_AT(file, id) },
	{ "organisation", KIND_ID, FIELD_AT(file, organisation), .only = ROW },
	{ "user", KIND_ID, FIELD_AT(file, user), .only = ROW },
	{ "digest", KIND_BYTES, FIELD_AT(file, digest) },
	{ "size", KIND_INT, FIELD_AT(file, size) },
	{ "media_type", KIND_TEXT, FIELD_AT(file, media_type) },
	{ "created_at", KIND_INSTANT, FIELD_AT(file, created_at) },
};
const size_t file_field_count = COUNT_OF(file_fields);

struct chunk {
	struct text digest;
	int32_t number;
	struct text content;
};
static const struct field chunk_fields[] = {
	{ "digest", KIND_BYTES, FIELD_AT(chunk, digest) },
	{ "chunk", KIND_SMALL, FIELD_AT(chunk, number) },
	{ "content", KIND_BYTES, FIELD_AT(chunk, content) },
};

/* Four a statement: 64 MiB in one would be more than a server takes by default. */
enum { CHUNKS_MAX = FILE_STORED_MAX / FILE_CHUNK_SIZE, CHUNKS_TOGETHER = 4 };

static enum err chunks_insert(struct db *db, const struct chunk *chunks, size_t count)
{
	enum err e = OK;

	for (size_t at = 0; at < count && !e; at += CHUNKS_TOGETHER) {
		size_t left = count - at;
		e = db_rows(db, &sql[CHUNK_ADD], chunk_fields, COUNT_OF(chunk_fields), &chunks[at],
			    left < CHUNKS_TOGETHER ? left : CHUNKS_TOGETHER, sizeof(chunks[0]));
	}
	return e;
}

/* Whoever has no login has uploaded it. */
static struct value id_or_nil(struct id id)
{
	return (struct value){ .kind = VALUE_ID, .as.id = id };
}

enum err file_insert(struct tx *tx, const struct file *file)
{
	struct chunk chunks[CHUNKS_MAX];
	size_t count = 0;

	for (size_t at = 0; at < file->content.size; at += FILE_CHUNK_SIZE, count++) {
		assert(count < CHUNKS_MAX);
		chunks[count] = (struct chunk){
			.digest = file->digest,
			.number = (int32_t)count,
			.content = text_part(file->content, at, FILE_CHUNK_SIZE),
		};
	}
	enum err e = chunks_insert(tx->db, chunks, count);
	if (e)
		return e;
	return db_exec(tx->db, &sql[FILE_ADD],
		       db_values(file->id, file->organisation, id_or_nil(file->user),
				 value_bytes(file->digest), file->size, file->media_type,
				 file->created_at));
}

enum err file_store(struct tx *tx, struct id id, struct id owner, struct text content,
		    const char *media_type)
{
	struct digest digest = sm3(content);
	struct file file = {
		.id = id,
		.organisation = owner,
		.user = tx->actor->user,
		.digest = { (const char *)digest.bytes, sizeof(digest.bytes) },
		.size = (int64_t)content.size,
		.media_type = text_of(media_type),
		.created_at = tx->now,
		.content = content,
	};

	return file_insert(tx, &file);
}

enum err file_copy(struct tx *tx, struct id from, struct id owner, struct id to,
		   struct id new_owner)
{
	enum err e =
		db_exec(tx->db, &sql[FILE_COPY], db_values(to, new_owner, tx->now, from, owner));

	if (e)
		return e;
	return db_affected(tx->db) ? OK : ERR_NOT_FOUND;
}

enum err file_drop(struct tx *tx, struct id owner, struct id id)
{
	struct file file = { 0 };
	enum err e = db_read(tx->db, &sql[FILE_LOCK], db_values(id, owner), file_fields,
			     file_field_count, tx->arena, &file);
	struct value digest = value_bytes(file.digest);

	if (!e)
		e = db_exec(tx->db, &sql[FILE_DROP], db_values(id));
	return e ? e
		 : db_exec(tx->db, &sql[CHUNKS_DROP], db_values(digest, digest, digest, digest));
}

enum err content_put(struct tx *tx, struct text content, struct digest *digest)
{
	struct chunk chunk = { .content = content };

	assert(content.size <= FILE_CHUNK_SIZE);
	*digest = sm3(content);
	chunk.digest = (struct text){ (const char *)digest->bytes, sizeof(digest->bytes) };
	return chunks_insert(tx->db, &chunk, 1);
}

enum err content_drop(struct tx *tx, struct text bytes)
{
	struct value digest = value_bytes(bytes);
	int64_t count;
	enum err e = db_number(tx->db, &sql[CHUNK_LOCK], db_values(digest), &count);

	return e ? e
		 : db_exec(tx->db, &sql[CHUNKS_DROP], db_values(digest, digest, digest, digest));
}

enum err upload_sum(struct tx *tx, struct text who, int64_t bytes, int64_t *sum)
{
	return db_number(tx->db, &sql[UPLOAD_COUNT], db_values(value_day(tx->day), who, bytes),
			 sum);
}

enum err uploads_forget(struct db *db, int32_t before)
{
	return db_exec(db, &sql[UPLOADS_FORGET], db_values(value_day(before)));
}

enum err file_get(struct db *db, struct arena *arena, struct id organisation, struct id id,
		  struct file *out)
{
	return db_read(db, &sql[FILE_GET], db_values(id, organisation), file_fields,
		       file_field_count, arena, out);
}

static enum err add_chunk(void *context, void *row)
{
	struct buffer *out = context;
	const struct chunk *chunk = row;

	buffer_add(out, chunk->content);
	return out->failed ? ERR_MEMORY : OK;
}

enum err file_content(struct db *db, const struct file *file, struct buffer *out)
{
	struct digest digest;
	enum err e = db_each(db, &sql[CHUNKS], db_values(value_bytes(file->digest)), chunk_fields,
			     COUNT_OF(chunk_fields), sizeof(struct chunk), add_chunk, out);

	if (e)
		return e;
	digest = sm3(buffer_text(out));
	return out->size == (size_t)file->size && file->digest.size == DIGEST_SIZE &&
			       bytes_equal(digest.bytes, file->digest.at, DIGEST_SIZE)
		       ? OK
		       : ERR_FILE_BROKEN;
}

enum err file_read_into(struct db *db, struct arena *arena, const struct actor *actor, struct id id,
			struct buffer *out)
{
	struct file file = { 0 };
	enum err e = file_get(db, arena, actor->organisation, id, &file);

	if (e)
		return e;
	out->max = file.size && file.size <= FILE_STORED_MAX ? (size_t)file.size : 1;
	return file_content(db, &file, out);
}

enum err file_read(struct db *db, struct arena *arena, const struct actor *actor, struct id id,
		   struct text *out)
{
	struct file file = { 0 };
	struct buffer content = { .max = FILE_SIZE_MAX };
	enum err e = file_get(db, arena, actor->organisation, id, &file);

	if (e)
		return e;
	e = file_content(db, &file, &content);
	if (!e) {
		*out = arena_text(arena, buffer_text(&content));
		e = out->at ? OK : ERR_MEMORY;
	}
	buffer_free(&content);
	return e;
}
