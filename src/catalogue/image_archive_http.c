/* Archives of pictures over HTTP: asked for, watched, and what became of each entry. */
#include "image_archive.h"

static const char zip_media[] = "application/zip";

/* What an archive is asked for with; that stands first, since it is the answer. */
struct archive_intake {
	struct image_archive archive;
	struct text content;
};

/* By its own bytes, whatever it is said to be; one without entries begins with its end. */
static bool looks_like_zip(struct text content)
{
	return text_starts(content, "PK\3\4") || text_starts(content, "PK\5\6");
}

static enum err archive_request(struct tx *tx, void *arg)
{
	const struct archive_intake *intake = arg;
	const struct image_archive *archive = &intake->archive;
	enum err e = upload_of_organisation(tx, (int64_t)intake->content.size);

	if (!e)
		e = file_store(tx, archive->file, archive->supplier, intake->content, zip_media);
	if (!e)
		e = image_archive_insert(tx->db, archive);
	if (!e)
		e = job_add(tx, archive->id, "image-archive", TEXT("{}"));
	return e ? e
		 : audit_event(tx, &(struct audit_note){ .kind = "image_archive.requested",
							 .object = archive->id,
							 .fields = image_archive_fields,
							 .field_count = image_archive_field_count,
							 .after = archive });
}

struct archive_query {
	bool submit;
};
static const struct field archive_query_fields[] = {
	{ "submit", KIND_BOOL, FIELD_AT(archive_query, submit), .only = IN, .optional = true },
};

static enum err archive_check(struct req *rq, struct archive_query *query)
{
	enum err e = query_read(rq, archive_query_fields, COUNT_OF(archive_query_fields), query);

	if (!e && !rq->body.size)
		e = ERR_FILE_EMPTY;
	return e || looks_like_zip(rq->body) ? e : ERR_ARCHIVE_BROKEN;
}

enum err post_image_archive(struct req *rq)
{
	struct archive_query query = { 0 };
	char id[37];
	enum err e = archive_check(rq, &query);

	if (e)
		return e;
	struct archive_intake intake = {
		.archive = { .id = id_new(rq->now),
			     .supplier = rq->actor.organisation,
			     .user = rq->actor.user,
			     .file = id_new(rq->now),
			     .submit = query.submit,
			     .state = ARCHIVE_QUEUED,
			     .created_at = rq->now,
			     .ended_at = INT_NONE },
		.content = rq->body,
	};
	struct text location =
		arena_print(rq->arena, "/api/v1/jobs/%s", id_format(intake.archive.id, id).at);
	e = location.at ? reply_header(rq, "Location", location) : ERR_MEMORY;
	return e ? e
		 : upload_refused(rq, run_event(rq, archive_request, &intake, image_archive_fields,
						image_archive_field_count));
}

/* The sentence of a code; NO_TEXT for none. */
static enum err explain(struct req *rq, struct text code, struct text *out)
{
	const struct problem problem = { .code = code.at ? err_named(code) : OK,
					 .args = { ARG_INT(CONTENT_IMAGES_MAX), ARG_END } };

	return code.at ? problem_text(&problem, rq->language, rq->arena, out) : OK;
}

static enum err archive_own(struct req *rq, struct image_archive *out)
{
	return image_archive_read(rq->db, rq->arena, rq->actor.organisation, req_path_id(rq, "id"),
				  out);
}

enum err get_image_archive(struct req *rq)
{
	struct image_archive archive = { .state = 0 };
	enum err e = archive_own(rq, &archive);

	if (!e)
		e = explain(rq, archive.problem, &archive.reason);
	return e ? e : reply_fields(rq, image_archive_fields, image_archive_field_count, &archive);
}

struct entry_query {
	struct page page;
};
static const struct field entry_query_fields[] = { PAGE_FIELDS(entry_query) };

static struct text entry_cursor(struct arena *arena, const void *row)
{
	const struct archive_picture *picture = row;

	return page_cursor_number(arena, picture->number);
}

enum err get_image_archive_entries(struct req *rq)
{
	struct entry_query query = { 0 };
	struct image_archive archive = { .state = 0 };
	struct list pictures = { 0 };
	int64_t after = 0;
	enum err e = query_read(rq, entry_query_fields, COUNT_OF(entry_query_fields), &query);
	int64_t limit = page_limit(&query.page);

	if (!e)
		e = page_after_number(rq, &query.page, &after);
	if (!e)
		e = archive_own(rq, &archive);
	if (!e)
		e = archive_pictures_list(rq->db, rq->arena, archive.id, after, limit + 1,
					  &pictures);
	for (size_t i = 0; i < pictures.count && !e; i++) {
		struct archive_picture *picture = LIST_ITEM(pictures, struct archive_picture, i);

		e = explain(rq, picture->problem, &picture->reason);
	}
	return e ? e
		 : reply_page(rq, archive_picture_fields, archive_picture_field_count,
			      sizeof(struct archive_picture), &pictures, limit, entry_cursor);
}
