/*
 * What an import rejected: its faults as a list, page by page, or the rows themselves as a file, by
 * Accept. Taking rows away is an event of the trail.
 */
#include "rejected.h"

struct rejected_query {
	struct page page;
	int32_t part;
};
static const char *const part_words[] = { [PART_ROWS] = "rows", [PART_PLACES] = "places", NULL };
/* `part` is the last: imports of one table have none. */
static const struct field rejected_query_fields[] = {
	PAGE_FIELDS(rejected_query),
	{ "part", KIND_WORD, FIELD_AT(rejected_query, part), .only = IN, .optional = true,
	  .words = part_words },
};

static const char workbook_type[] =
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/* ---- the rows -------------------------------------------------------------------------------- */

static enum err file_take(FILE *file, struct buffer *out)
{
	char piece[8192];
	size_t size;

	rewind(file);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		buffer_add(out, (struct text){ piece, size });
	return ferror(file) ? ERR_BUSY : out->failed ? ERR_RESULT_TOO_LARGE : OK;
}

/* A temporary file that cannot be had is the world's fault. */
static enum err write_xlsx(const struct rejected *rejected)
{
	struct rejected_sink *sink = rejected->sink;
	FILE *file = tmpfile();
	enum err e = ERR_BUSY;

	if (!file)
		return e;
	sink->xlsx = xlsx_begin(file, rejected->kind->tables[0].sheet[rejected->rq->language]);
	if (sink->xlsx)
		e = rejected_write(rejected);
	if (!xlsx_end(sink->xlsx) && !e)
		e = ERR_BUSY;
	if (!e)
		e = file_take(file, &sink->csv);
	fclose(file);
	return e;
}

/* A byte order mark tells spreadsheets the encoding. */
static enum err write_csv(const struct rejected *rejected)
{
	buffer_add(&rejected->sink->csv, TEXT("\xef\xbb\xbf"));
	return rejected_write(rejected);
}

static enum err reply_file(const struct rejected *asked, bool workbook)
{
	struct rejected_sink sink = { .csv = { .max = JOB_FILE_SIZE_MAX } };
	struct rejected rejected = *asked;
	struct req *rq = asked->rq;
	const char *type = workbook ? workbook_type : "text/csv";
	const char *name = workbook ? "attachment; filename=\"rejected-rows.xlsx\""
			   : asked->part == PART_PLACES
				   ? "attachment; filename=\"rejected-places.csv\""
				   : "attachment; filename=\"rejected-rows.csv\"";

	if (asked->import->state != JOB_DONE)
		return ERR_IMPORT_NOT_READ;
	rejected.sink = &sink;
	enum err e = (workbook ? write_xlsx : write_csv)(&rejected);
	if (!e)
		e = audit_export(rq, "import.exported", asked->import->id, type, sink.rows);
	if (!e)
		e = reply_header(rq, "Content-Disposition", text_of(name));
	if (!e)
		e = reply_body(rq, workbook ? type : "text/csv; charset=utf-8", &sink.csv);
	buffer_free(&sink.csv);
	return e;
}

/* ---- the faults ------------------------------------------------------------------------------ */

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

static enum err reply_list(struct req *rq, struct id import, int64_t after, int64_t limit)
{
	struct list faults = { 0 };
	enum err e = fault_list(rq->db, rq->arena, import, after, limit + 1, &faults);

	if (!e)
		e = explain(rq, &faults);
	return e ? e
		 : reply_page(rq, import_fault_fields, import_fault_field_count,
			      sizeof(struct import_fault), &faults, limit, fault_cursor);
}

enum err import_rejected_get(struct req *rq, const struct import_kind *kind)
{
	struct rejected_query query = { .part = PART_ROWS };
	struct import import = { .state = 0 };
	struct rejected rejected = { .rq = rq, .kind = kind, .import = &import };
	size_t field_count = COUNT_OF(rejected_query_fields) - (kind->table_count < 2);
	int64_t after;
	enum err e = query_read(rq, rejected_query_fields, field_count, &query);

	if (!e)
		e = page_after_number(rq, &query.page, &after);
	if (!e)
		e = import_read(rq->db, rq->arena, kind->word, rq->actor.organisation,
				req_path_id(rq, "id"), &import);
	if (e)
		return e;
	if (import.kept != KEPT_WHOLE)
		return ERR_IMPORT_FORGOTTEN;
	rejected.part = query.part == PART_PLACES ? PART_PLACES : PART_ROWS;
	if (req_prefers(rq, workbook_type))
		return reply_file(&rejected, true);
	if (req_prefers(rq, "text/csv"))
		return reply_file(&rejected, false);
	return reply_list(rq, import.id, query.page.after.at ? after : -1, page_limit(&query.page));
}
