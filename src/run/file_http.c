/*
 * Uploads and downloads of private files. A file belongs to the organisation of whoever uploaded
 * it; for everybody else it does not exist. Its type is what its bytes say; it is always given as
 * an attachment, so that no browser runs what somebody uploaded.
 */
#include "background.h"

static enum err store_file(struct tx *tx, void *arg)
{
	const struct file *file = arg;
	enum err e = upload_of_organisation(tx, file->size);

	return e ? e : file_insert(tx, file);
}

/* A form's envelope around the bytes would be stored as if it were theirs. */
static bool is_envelope(struct text content_type)
{
	static const char form[] = "multipart/form-data";

	return text_equal_fold(text_part(content_type, 0, sizeof(form) - 1), text_of(form));
}

enum err post_file(struct req *rq)
{
	const char *type = file_media(rq->body);
	struct digest digest = sm3(rq->body);
	struct file file = {
		.id = id_new(rq->now),
		.organisation = rq->actor.organisation,
		.user = rq->actor.user,
		.digest = { (const char *)digest.bytes, sizeof(digest.bytes) },
		.size = (int64_t)rq->body.size,
		.media_type = text_of(type),
		.created_at = rq->now,
		.content = rq->body,
	};

	if (is_envelope(rq->content_type))
		return ERR_FILE_ENVELOPE;
	if (!rq->body.size)
		return ERR_FILE_EMPTY;
	if (!type)
		return file_refusal(rq->body);
	if (image_is_too_large(rq->body))
		return ERR_IMAGE_SIZE;
	return upload_refused(rq, run_event(rq, store_file, &file, file_fields, file_field_count));
}

enum err file_give(struct req *rq, const struct file *file, struct buffer *out)
{
	enum err e = file_content(rq->db, file, out);
	char digest[2 * DIGEST_SIZE + 1] = "";

	if (e != ERR_FILE_BROKEN || file->digest.size != DIGEST_SIZE)
		return e;
	log_line(&rq->app->log, LOG_ERROR, "file", "a content is not what was stored",
		 LOG_TEXT("request", rq->request_id),
		 LOG_TEXT("digest", hex_format(file->digest.at, DIGEST_SIZE, digest)));
	return e;
}

enum err file_reply(struct req *rq, struct id owner, struct id id)
{
	struct file file = { 0 };
	struct buffer body = { .max = FILE_STORED_MAX };
	char name[37];
	enum err e = file_get(rq->db, rq->arena, owner, id, &file);

	if (e)
		return e;
	struct text disposition =
		arena_print(rq->arena, "attachment; filename=\"%.*s%s\"",
			    TEXT_FMT(id_format(file.id, name)), file_ending(file.media_type));
	e = reply_header(rq, "Content-Disposition", disposition);
	if (!e)
		e = file_give(rq, &file, &body);
	if (!e)
		e = reply_body(rq, arena_string(rq->arena, file.media_type), &body);
	buffer_free(&body);
	return e;
}

enum err get_file(struct req *rq)
{
	return file_reply(rq, rq->actor.organisation, req_path_id(rq, "id"));
}
