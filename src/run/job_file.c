/*
 * Result files of jobs. A job writes its result to a temporary file, from which it is taken in
 * pieces: one for the digest of all, then one a transaction, so that neither memory nor a
 * transaction grows with it. Pieces stand under the digest; only the last step gives the file its
 * name, and a job that starts again finds what it has stored.
 */
#include "background.h"

#include <string.h>

struct piece {
	struct text digest;
	int32_t number;
	struct text content;
};

static enum err store_piece(struct tx *tx, void *arg)
{
	const struct piece *piece = arg;

	return job_piece_insert(tx->db, piece->digest, piece->number, piece->content);
}

struct named_file {
	struct id job;
	const char *name;
	struct file file;
};

static enum err store_name(struct tx *tx, void *arg)
{
	struct named_file *named = arg;

	named->file.created_at = tx->now;
	return job_file_insert(tx->db, named->job, named->name, &named->file);
}

static enum err file_step(struct job_run *run, const char *name, const char *what, int64_t number,
			  event_fn *fn, void *arg)
{
	char key[100], id[37];
	int size = snprintf(key, sizeof(key), "job:%s:%s:%s:%lld", id_format(run->job.id, id).at,
			    name, what, (long long)number);

	assert(size > 0 && (size_t)size < sizeof(key));
	return run_step(&run->step, (struct text){ key, (size_t)size }, fn, arg, NULL);
}

/* The next piece of @content into @room; empty at its end. */
static enum err piece_read(FILE *content, char *room, struct text *out)
{
	*out = (struct text){ room, fread(room, 1, FILE_CHUNK_SIZE, content) };
	return ferror(content) ? ERR_BUSY : OK;
}

static enum err digest_of(FILE *content, char *room, struct digest *digest, int64_t *size)
{
	struct sm3_stream *sm3 = sm3_begin();
	struct text piece = { NULL, 0 };
	enum err e = sm3 ? OK : ERR_MEMORY;

	*size = 0;
	if (e)
		return e;
	rewind(content);
	do {
		e = piece_read(content, room, &piece);
		sm3_add(sm3, piece);
		*size += (int64_t)piece.size;
	} while (!e && piece.size);
	*digest = sm3_end(sm3);
	if (e)
		return e;
	return *size > JOB_FILE_SIZE_MAX ? ERR_RESULT_TOO_LARGE : OK;
}

/* The keys tell the content, which may be another one when the job runs again. */
static enum err pieces_store(struct job_run *run, const char *name, struct text digest,
			     FILE *content, char *room)
{
	struct piece piece = { .digest = digest };
	char what[2 * 6 + 1];
	enum err e;

	hex_format(digest.at, 6, what);
	rewind(content);
	do {
		e = piece_read(content, room, &piece.content);
		if (!e && piece.content.size)
			e = file_step(run, name, what, piece.number, store_piece, &piece);
		piece.number++;
	} while (!e && piece.content.size);
	return e;
}

enum err job_file_put(struct job_run *run, const char *name, const char *media, FILE *content)
{
	char *room = memory_take(FILE_CHUNK_SIZE);
	struct named_file named = { .job = run->job.id, .name = name };
	struct digest digest;
	enum err e = room ? OK : ERR_MEMORY;

	if (!e)
		e = digest_of(content, room, &digest, &named.file.size);
	if (!e) {
		named.file.digest = (struct text){ (const char *)digest.bytes, DIGEST_SIZE };
		named.file.media_type = text_of(media);
		e = pieces_store(run, name, named.file.digest, content, room);
	}
	memory_free(room);
	return e ? e : file_step(run, name, "name", 0, store_name, &named);
}

/* ---- over HTTP --------------------------------------------------------------- */

enum err get_job_file(struct req *rq)
{
	struct file file = { 0 };
	struct buffer body = { .max = JOB_FILE_SIZE_MAX };
	struct text name = req_path_text(rq, "name");
	enum err e =
		job_file_get(rq->db, rq->arena, &rq->actor, req_path_id(rq, "id"), name, &file);

	if (e)
		return e;
	e = reply_header(rq, "Content-Disposition",
			 arena_print(rq->arena, "attachment; filename=\"%.*s\"", TEXT_FMT(name)));
	if (!e)
		e = file_give(rq, &file, &body);
	if (!e)
		e = reply_body(rq, arena_string(rq->arena, file.media_type), &body);
	buffer_free(&body);
	return e;
}

struct pending_file {
	struct id job;
	struct text file;
};
static const struct field pending_file_fields[] = {
	{ "job", KIND_ID, FIELD_AT(pending_file, job) },
	{ "file", KIND_TEXT, FIELD_AT(pending_file, file) },
};

enum err reply_job(struct req *rq, struct id job, const char *name)
{
	struct pending_file pending = { .job = job };
	char id[37];
	struct text location = arena_print(rq->arena, "/api/v1/jobs/%s", id_format(job, id).at);

	pending.file = arena_print(rq->arena, "%.*s/files/%s", TEXT_FMT(location), name);
	if (!pending.file.at)
		return ERR_MEMORY;
	enum err e = reply_fields(rq, pending_file_fields, COUNT_OF(pending_file_fields), &pending);
	if (e)
		return e;
	rq->private->reply.status = 202;
	return reply_header(rq, "Location", location);
}
