/* Imports: asked for, watched, and what became of their rows. Each kind has its own paths. */
#include "import_rows.h"

struct import_query {
	struct page page;
};
static const struct field import_query_fields[] = { PAGE_FIELDS(import_query) };

enum { FAULT_FILE_MAX = 64 * 1024 * 1024 };

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

/* The faults as a file: CSV into @out, or a workbook. */
struct fault_writer {
	struct buffer out;
	struct xlsx *xlsx; /* NULL: CSV */
	struct buffer sentence;
	enum language language;
	int64_t rows;
};
static const char *const fault_header[] = { "record", "field", "code", "reason", "cell" };
static const char workbook_type[] =
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

static void put_csv(struct buffer *out, const struct import_fault *fault, struct text sentence)
{
	csv_int(out, true, fault->record % PLACES_RECORDS);
	csv_raw(out, false, fault->field);
	csv_raw(out, false, fault->code);
	csv_text(out, false, sentence);
	csv_text(out, false, fault->cell);
	csv_end(out);
}

static void put_xlsx(struct xlsx *xlsx, const struct import_fault *fault, struct text sentence)
{
	xlsx_int(xlsx, fault->record % PLACES_RECORDS);
	xlsx_text(xlsx, fault->field);
	xlsx_text(xlsx, fault->code);
	xlsx_text(xlsx, sentence);
	xlsx_text(xlsx, fault->cell);
	xlsx_row(xlsx);
}

static enum err write_fault(void *context, void *row)
{
	struct fault_writer *writer = context;
	const struct import_fault *fault = row;

	writer->rows++;
	writer->sentence.size = 0;
	fault_sentence(fault, writer->language, &writer->sentence);
	if (writer->xlsx)
		put_xlsx(writer->xlsx, fault, buffer_text(&writer->sentence));
	else
		put_csv(&writer->out, fault, buffer_text(&writer->sentence));
	return writer->out.failed || writer->sentence.failed ? ERR_MEMORY : OK;
}

/* A byte order mark tells spreadsheets the encoding. */
static enum err write_csv(struct req *rq, struct id import, struct fault_writer *writer)
{
	buffer_add(&writer->out, TEXT("\xef\xbb\xbf"));
	for (size_t i = 0; i < COUNT_OF(fault_header); i++)
		csv_raw(&writer->out, i == 0, text_of(fault_header[i]));
	csv_end(&writer->out);
	return fault_each(rq->db, import, write_fault, writer);
}

static enum err file_take(FILE *file, struct buffer *out)
{
	char piece[8192];
	size_t size;

	rewind(file);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		buffer_add(out, (struct text){ piece, size });
	return ferror(file) ? ERR_BUSY : out->failed ? ERR_MEMORY : OK;
}

/* A temporary file that cannot be had is the world's fault. */
static enum err write_xlsx(struct req *rq, struct id import, struct fault_writer *writer)
{
	FILE *file = tmpfile();
	enum err e;

	if (!file)
		return ERR_BUSY;
	writer->xlsx = xlsx_begin(file, "rejected-rows");
	for (size_t i = 0; writer->xlsx && i < COUNT_OF(fault_header); i++)
		xlsx_text(writer->xlsx, text_of(fault_header[i]));
	if (writer->xlsx)
		xlsx_row(writer->xlsx);
	e = writer->xlsx ? fault_each(rq->db, import, write_fault, writer) : ERR_BUSY;
	if (!xlsx_end(writer->xlsx) && !e)
		e = ERR_BUSY;
	if (!e)
		e = file_take(file, &writer->out);
	fclose(file);
	return e;
}

/* All faults as a file. */
static enum err reply_file(struct req *rq, struct id import, bool workbook)
{
	struct fault_writer writer = { .language = rq->language };
	struct text name = workbook ? TEXT("attachment; filename=\"rejected-rows.xlsx\"")
				    : TEXT("attachment; filename=\"rejected-rows.csv\"");
	const char *type = workbook ? workbook_type : "text/csv";

	writer.out.max = FAULT_FILE_MAX;
	writer.sentence.max = KIB(16);
	enum err e = (workbook ? write_xlsx : write_csv)(rq, import, &writer);
	if (!e)
		e = audit_export(rq, "import.exported", import, type, writer.rows);
	if (!e)
		e = reply_header(rq, "Content-Disposition", name);
	if (!e)
		e = reply_body(rq, workbook ? type : "text/csv; charset=utf-8", &writer.out);
	buffer_free(&writer.sentence);
	buffer_free(&writer.out);
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
	if (req_prefers(rq, workbook_type))
		return reply_file(rq, import.id, true);
	if (req_prefers(rq, "text/csv"))
		return reply_file(rq, import.id, false);
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
