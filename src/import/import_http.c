/* Imports: asked for, watched, and what became of their rows. Each kind has its own paths. */
#include "import_rows.h"

struct import_query {
	struct page page;
};
static const struct field import_query_fields[] = { PAGE_FIELDS(import_query) };

enum { FAULT_CSV_MAX = 64 * 1024 * 1024 };

enum err import_post(struct req *rq, const struct import_kind *kind)
{
	struct import_asking asking = { .kind = kind };
	struct import *import = &asking.import;
	enum err e = json_read(rq, import_fields, kind->field_count, import);
	char id[37];

	if (e)
		return e;
	import->id = id_new(rq->now);
	import->whose = rq->actor.organisation;
	import->user = rq->actor.user;
	import->kind = text_of(kind->word);
	import->state = JOB_QUEUED;
	import->created_at = rq->now;
	import->ended_at = INT_NONE;
	struct text location =
		arena_print(rq->arena, "/api/v1/jobs/%s", id_format(import->id, id).at);
	e = location.at ? reply_header(rq, "Location", location) : ERR_MEMORY;
	return e ? e : run_event(rq, import_request, &asking, import_fields, kind->field_count);
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
static void fault_sentence(const struct import_fault *fault, enum language language,
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
static enum err import_explain(const struct req *rq, struct import *import)
{
	const struct import_fault whole = { .code = import->problem, .field = TEXT("") };
	struct buffer sentence = { .max = KIB(16) };

	if (!import->problem.at)
		return OK;
	fault_sentence(&whole, rq->language, &sentence);
	import->reason = arena_text(rq->arena, buffer_text(&sentence));
	buffer_free(&sentence);
	return import->reason.at ? OK : ERR_MEMORY;
}

/* ---- how imports stand ----------------------------------------------------------------------- */

static struct text import_cursor(struct arena *arena, const void *row)
{
	const struct import *import = row;

	return page_cursor_id(arena, import->id);
}

enum err import_list_get(struct req *rq, const struct import_kind *kind)
{
	struct import_query query = { 0 };
	struct list imports = { 0 };
	struct id after;
	enum err e = query_read(rq, import_query_fields, COUNT_OF(import_query_fields), &query);

	if (!e)
		e = page_after_id(rq, &query.page, &after);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = import_list(rq->db, rq->arena, kind->word, rq->actor.organisation, after, limit + 1,
			&imports);
	for (size_t i = 0; !e && i < imports.count; i++)
		e = import_explain(rq, LIST_ITEM(imports, struct import, i));
	return e ? e
		 : reply_page(rq, import_fields, kind->field_count, sizeof(struct import), &imports,
			      limit, import_cursor);
}

static enum err read_own(struct req *rq, const struct import_kind *kind, struct import *out)
{
	return import_read(rq->db, rq->arena, kind->word, rq->actor.organisation,
			   req_path_id(rq, "id"), out);
}

enum err import_get(struct req *rq, const struct import_kind *kind)
{
	struct import import = { .state = 0 };
	enum err e = read_own(rq, kind, &import);

	if (!e)
		e = import_explain(rq, &import);
	return e ? e : reply_fields(rq, import_fields, kind->field_count, &import);
}

/* ---- rejected rows --------------------------------------------------------------------------- */

static enum err explain(struct req *rq, struct list *faults)
{
	struct buffer sentence = { .max = KIB(16) };

	for (size_t i = 0; i < faults->count; i++) {
		struct import_fault *fault = LIST_ITEM(*faults, struct import_fault, i);

		fault->shown = fault->record % PLACES_RECORDS;
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
	const struct import_fault *fault = row;

	return page_cursor_number(arena, fault->record * ROW_FAULTS_MAX + fault->number);
}

struct fault_writer {
	struct buffer *out;
	struct buffer sentence;
	enum language language;
	int64_t rows;
};

static enum err write_fault(void *context, void *row)
{
	struct fault_writer *writer = context;
	const struct import_fault *fault = row;

	writer->rows++;
	writer->sentence.size = 0;
	fault_sentence(fault, writer->language, &writer->sentence);
	csv_int(writer->out, true, fault->record % PLACES_RECORDS);
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
		e = audit_export(rq, "import.exported", import, "text/csv", writer.rows);
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
	struct import_query query = { 0 };
	enum err e = query_read(rq, import_query_fields, COUNT_OF(import_query_fields), &query);

	*limit = page_limit(&query.page);
	if (!e)
		e = page_after_number(rq, &query.page, after);
	if (!e && !query.page.after.at)
		*after = -1;
	return e;
}

enum err import_rejected_get(struct req *rq, const struct import_kind *kind)
{
	struct import import = { .state = 0 };
	struct list faults = { 0 };
	int64_t limit, after;
	enum err e = read_page(rq, &limit, &after);

	if (!e)
		e = read_own(rq, kind, &import);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_csv(rq, import.id);
	e = fault_list(rq->db, rq->arena, import.id, after, limit + 1, &faults);
	if (!e)
		e = explain(rq, &faults);
	return e ? e
		 : reply_page(rq, import_fault_fields, import_fault_field_count,
			      sizeof(struct import_fault), &faults, limit, fault_cursor);
}

/* ---- what was normalised --------------------------------------------------------------------- */

static struct text note_cursor(struct arena *arena, const void *row)
{
	const struct import_note *note = row;

	return page_cursor_number(arena, note->record * ROW_FAULTS_MAX + note->number);
}

enum err import_notes_get(struct req *rq, const struct import_kind *kind)
{
	struct import import = { .state = 0 };
	struct list notes = { 0 };
	int64_t limit, after;
	enum err e = read_page(rq, &limit, &after);

	if (!e)
		e = read_own(rq, kind, &import);
	if (!e)
		e = note_list(rq->db, rq->arena, import.id, after, limit + 1, &notes);
	for (size_t i = 0; !e && i < notes.count; i++) {
		struct import_note *one = LIST_ITEM(notes, struct import_note, i);

		one->shown = one->record % PLACES_RECORDS;
	}
	return e ? e
		 : reply_page(rq, import_note_fields, import_note_field_count,
			      sizeof(struct import_note), &notes, limit, note_cursor);
}
