/* Imports of a supplier's file: asked for, watched, and what became of their rows. */
#include "upload.h"

#include "xiangcai/sheet.h"

struct upload_query {
	struct page page;
};
static const struct field upload_query_fields[] = { PAGE_FIELDS(upload_query) };

enum { FAULT_CSV_MAX = 64 * 1024 * 1024 };

enum err post_import(struct req *rq)
{
	struct upload upload = { .state = JOB_QUEUED };
	enum err e = json_read(rq, upload_fields, upload_field_count, &upload);
	char id[37];

	if (e)
		return e;
	upload.id = id_new(rq->now);
	upload.supplier = rq->actor.organisation;
	upload.user = rq->actor.user;
	upload.created_at = rq->now;
	upload.ended_at = INT_NONE;
	struct text location =
		arena_print(rq->arena, "/api/v1/jobs/%s", id_format(upload.id, id).at);
	e = location.at ? reply_header(rq, "Location", location) : ERR_MEMORY;
	return e ? e : run_event(rq, upload_begin, &upload, upload_fields, upload_field_count);
}

/* ---- sentences ------------------------------------------------------------------------------- */

static enum err err_of(struct text code)
{
	for (int e = 1; e < ERR_COUNT; e++)
		if (text_is(code, err_info((enum err)e)->code))
			return (enum err)e;
	return ERR_INTERNAL;
}

/* Appends the sentence of a stored fault. */
static void fault_sentence(const struct upload_fault *fault, enum language language,
			   struct buffer *out)
{
	struct problem problem = { .code = err_of(fault->code), .pointer = fault->field };
	struct text rest = fault->arguments;
	size_t count = 0;

	while (rest.size && count < PROBLEM_ARGS_MAX)
		problem.args[count++] = ARG_TEXT(text_cut(&rest, '\x1f'));
	if (count < PROBLEM_ARGS_MAX)
		problem.args[count] = ARG_END;
	problem_sentence(&problem, language, out);
}

/* Gives the import the sentence of its problem. */
static enum err upload_explain(const struct req *rq, struct upload *upload)
{
	const struct upload_fault whole = { .code = upload->problem, .field = TEXT("") };
	struct buffer sentence = { .max = KIB(16) };

	if (!upload->problem.at)
		return OK;
	fault_sentence(&whole, rq->language, &sentence);
	upload->reason = arena_text(rq->arena, buffer_text(&sentence));
	buffer_free(&sentence);
	return upload->reason.at ? OK : ERR_MEMORY;
}

/* ---- how imports stand ----------------------------------------------------------------------- */

static struct text upload_cursor(struct arena *arena, const void *row)
{
	const struct upload *upload = row;

	return page_cursor_id(arena, upload->id);
}

enum err get_imports(struct req *rq)
{
	struct upload_query query = { 0 };
	struct list uploads = { 0 };
	struct id after;
	enum err e = query_read(rq, upload_query_fields, COUNT_OF(upload_query_fields), &query);

	if (!e)
		e = page_after_id(rq, &query.page, &after);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = upload_list(rq->db, rq->arena, rq->actor.organisation, after, limit + 1, &uploads);
	for (size_t i = 0; !e && i < uploads.count; i++)
		e = upload_explain(rq, LIST_ITEM(uploads, struct upload, i));
	return e ? e
		 : reply_page(rq, upload_fields, upload_field_count, sizeof(struct upload),
			      &uploads, limit, upload_cursor);
}

static enum err read_own(struct req *rq, struct upload *out)
{
	return upload_read(rq->db, rq->arena, rq->actor.organisation, req_path_id(rq, "id"), out);
}

enum err get_import(struct req *rq)
{
	struct upload upload = { .state = 0 };
	enum err e = read_own(rq, &upload);

	if (!e)
		e = upload_explain(rq, &upload);
	return e ? e : reply_fields(rq, upload_fields, upload_field_count, &upload);
}

/* ---- rejected rows --------------------------------------------------------------------------- */

static enum err explain(struct req *rq, struct list *faults)
{
	struct buffer sentence = { .max = KIB(16) };

	for (size_t i = 0; i < faults->count; i++) {
		struct upload_fault *fault = LIST_ITEM(*faults, struct upload_fault, i);

		sentence.size = 0;
		fault_sentence(fault, rq->language, &sentence);
		fault->reason = arena_text(rq->arena, buffer_text(&sentence));
	}
	bool failed = sentence.failed;
	buffer_free(&sentence);
	return failed ? ERR_MEMORY : OK;
}

static struct text fault_cursor(struct arena *arena, const void *row)
{
	const struct upload_fault *fault = row;

	return page_cursor_number(arena, fault->record * ROW_FAULTS_MAX + fault->number);
}

struct fault_writer {
	struct buffer *out;
	struct buffer sentence;
	enum language language;
};

static enum err write_fault(void *context, void *row)
{
	struct fault_writer *writer = context;
	const struct upload_fault *fault = row;

	writer->sentence.size = 0;
	fault_sentence(fault, writer->language, &writer->sentence);
	csv_int(writer->out, true, fault->record);
	csv_raw(writer->out, false, fault->field);
	csv_raw(writer->out, false, fault->code);
	csv_text(writer->out, false, buffer_text(&writer->sentence));
	csv_text(writer->out, false, fault->cell);
	csv_end(writer->out);
	return writer->out->failed || writer->sentence.failed ? ERR_MEMORY : OK;
}

/* All faults as a file; a byte order mark tells spreadsheets the encoding. */
static enum err reply_csv(struct req *rq, struct id import)
{
	static const char *const header[] = { "record", "field", "code", "reason", "cell" };
	struct buffer out = { .max = FAULT_CSV_MAX };
	struct fault_writer writer = { .out = &out, .language = rq->language };

	writer.sentence.max = KIB(16);
	buffer_add(&out, TEXT("\xef\xbb\xbf"));
	for (size_t i = 0; i < COUNT_OF(header); i++)
		csv_raw(&out, i == 0, text_of(header[i]));
	csv_end(&out);
	enum err e = fault_each(rq->db, import, write_fault, &writer);
	if (!e)
		e = reply_header(rq, "Content-Disposition",
				 TEXT("attachment; filename=\"rejected-rows.csv\""));
	if (!e)
		e = reply_body(rq, "text/csv; charset=utf-8", &out);
	buffer_free(&writer.sentence);
	buffer_free(&out);
	return e;
}

/* The page of a list under an import of one's own. */
static enum err read_page(struct req *rq, int64_t *limit, int64_t *after)
{
	struct upload_query query = { 0 };
	enum err e = query_read(rq, upload_query_fields, COUNT_OF(upload_query_fields), &query);

	*limit = page_limit(&query.page);
	if (!e)
		e = page_after_number(rq, &query.page, after);
	if (!e && !query.page.after.at)
		*after = -1;
	return e;
}

enum err get_rejected_rows(struct req *rq)
{
	struct upload upload = { .state = 0 };
	struct list faults = { 0 };
	int64_t limit, after;
	enum err e = read_page(rq, &limit, &after);

	if (!e)
		e = read_own(rq, &upload);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_csv(rq, upload.id);
	e = fault_list(rq->db, rq->arena, upload.id, after, limit + 1, &faults);
	if (!e)
		e = explain(rq, &faults);
	return e ? e
		 : reply_page(rq, upload_fault_fields, upload_fault_field_count,
			      sizeof(struct upload_fault), &faults, limit, fault_cursor);
}

/* ---- what was normalised --------------------------------------------------------------------- */

static struct text note_cursor(struct arena *arena, const void *row)
{
	const struct upload_note *note = row;

	return page_cursor_number(arena, note->record * ROW_FAULTS_MAX + note->number);
}

enum err get_normalisations(struct req *rq)
{
	struct upload upload = { .state = 0 };
	struct list notes = { 0 };
	int64_t limit, after;
	enum err e = read_page(rq, &limit, &after);

	if (!e)
		e = read_own(rq, &upload);
	if (!e)
		e = note_list(rq->db, rq->arena, upload.id, after, limit + 1, &notes);
	return e ? e
		 : reply_page(rq, upload_note_fields, upload_note_field_count,
			      sizeof(struct upload_note), &notes, limit, note_cursor);
}
