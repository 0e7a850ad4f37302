/*
 * A supplier takes its own catalogue away: at once up to EXPORT_AT_ONCE_MAX SKUs, more of them by a
 * job. Both are events of the trail.
 */
#include "catalogue_export.h"

#include "xiangcai/audit.h"

#define XLSX_MEDIA "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static const char job_kind[] = "catalogue_export";
static const struct form {
	const char *media, *type, *name;
} forms[] = {
	[EXPORT_CSV] = { "text/csv", "text/csv; charset=utf-8", "catalogue.csv" },
	[EXPORT_XLSX] = { XLSX_MEDIA, XLSX_MEDIA, "catalogue.xlsx" },
};

bool catalogue_export_wanted(const struct req *rq)
{
	return req_prefers(rq, "text/csv") || req_prefers(rq, XLSX_MEDIA);
}

/* ---- writing ---- */

static enum err reference_read(struct db *db, struct arena *arena, int32_t today,
			       struct import_reference *out)
{
	enum err e = county_list(db, arena, &out->counties);

	return e ? e : category_list_on(db, today, arena, &out->categories);
}

/* Rows behind @after, at most a slice of them; @after moves on. */
static enum err slice_put(struct catalogue_file *file, struct db *db, struct id supplier,
			  int64_t *after, struct arena *scratch, size_t *count)
{
	struct list rows = { 0 };
	enum err e = export_rows(db, supplier, *after, EXPORT_SLICE, scratch, &rows);

	for (size_t i = 0; i < rows.count && !e; i++) {
		const struct export_row *row = LIST_ITEM(rows, struct export_row, i);

		e = catalogue_file_row(file, &row->row, scratch);
		*after = row->sku;
	}
	*count = rows.count;
	arena_reset(scratch);
	return e;
}

static enum err file_fill(struct catalogue_file *file, struct db *db, struct id supplier,
			  struct arena *arena, struct job_run *run)
{
	struct arena *scratch = arena_new(0);
	int64_t after = 0;
	size_t count = EXPORT_SLICE;
	enum err e =
		scratch ? reference_read(db, arena, file->today, &file->reference) : ERR_MEMORY;

	if (!e)
		e = catalogue_file_open(file, arena);
	while (!e && count == EXPORT_SLICE) {
		e = slice_put(file, db, supplier, &after, scratch, &count);
		if (!e && run)
			e = job_progress(run, file->rows, 0);
	}
	if (!e)
		e = catalogue_file_finish(file);
	arena_free(scratch);
	return e;
}

/* ---- at once ---- */

static enum err reply_file(struct req *rq, struct catalogue_file *file)
{
	const struct form *form = &forms[file->format];
	struct buffer body = { .max = JOB_FILE_SIZE_MAX };
	char piece[8192];
	size_t size;
	enum err e =
		reply_header(rq, "Content-Disposition",
			     arena_print(rq->arena, "attachment; filename=\"%s\"", form->name));

	rewind(file->out);
	while (!e && (size = fread(piece, 1, sizeof(piece), file->out)) > 0)
		buffer_add(&body, (struct text){ piece, size });
	if (!e)
		e = ferror(file->out) ? ERR_BUSY : body.failed ? ERR_RESULT_TOO_LARGE : OK;
	if (!e)
		e = reply_body(rq, form->type, &body);
	buffer_free(&body);
	return e;
}

static enum err export_at_once(struct req *rq, enum export_format format)
{
	struct catalogue_file file = { .format = format,
				       .language = rq->language,
				       .today = day_of(rq->now) };
	enum err e = file_fill(&file, rq->db, rq->actor.organisation, rq->arena, NULL);

	if (!e)
		e = audit_export(rq, "catalogue.exported", rq->actor.organisation,
				 forms[format].media, file.rows);
	if (!e)
		e = reply_file(rq, &file);
	catalogue_file_close(&file);
	return e;
}

/* ---- as a job ---- */

struct export_argument {
	int32_t format, language;
};
static const char *const format_words[] = { "csv", "xlsx", NULL };
static const char *const language_words[] = { "zh", "en", NULL };
static const struct field argument_fields[] = {
	{ "format", KIND_WORD, FIELD_AT(export_argument, format), .words = format_words },
	{ "language", KIND_WORD, FIELD_AT(export_argument, language), .words = language_words },
};

struct export_request {
	struct id job, supplier;
	struct export_argument argument;
	struct export_note note;
};

static enum err note_export(struct tx *tx, const char *kind, const struct export_request *request)
{
	return audit_event(tx, &(struct audit_note){
				       .kind = kind,
				       .object = request->supplier,
				       .fields = export_note_fields,
				       .field_count = export_note_field_count,
				       .after = &request->note,
			       });
}

static enum err ask_export(struct tx *tx, void *arg)
{
	const struct export_request *request = arg;
	struct buffer argument = { .max = KIB(1) };
	enum err e = ERR_MEMORY;

	json_encode(&argument, argument_fields, COUNT_OF(argument_fields), &request->argument);
	if (!argument.failed)
		e = job_add(tx, request->job, job_kind, buffer_text(&argument));
	buffer_free(&argument);
	return e ? e : note_export(tx, "catalogue.export_requested", request);
}

static enum err export_by_job(struct req *rq, enum export_format format)
{
	struct export_request request = {
		.job = id_new(rq->now),
		.supplier = rq->actor.organisation,
		.argument = { (int32_t)format, (int32_t)rq->language },
	};
	enum err e = export_note_of(rq, forms[format].media, &request.note);

	if (e)
		return e;
	rq->key = NO_TEXT;
	e = run_event(rq, ask_export, &request, NULL, 0);
	return e ? e : reply_job(rq, request.job, forms[format].name);
}

static enum err end_export(struct tx *tx, void *arg)
{
	return note_export(tx, "catalogue.exported", arg);
}

static enum err export_store(struct job_run *run, struct catalogue_file *file)
{
	const struct form *form = &forms[file->format];
	struct export_request end = {
		.supplier = run->job.organisation,
		.note = { .path = TEXT("/api/v1/supplier/products"),
			  .filter = TEXT("{}"),
			  .media = text_of(form->media),
			  .rows = file->rows },
	};
	char id[37];
	struct text key = arena_print(run->step.arena, "job:%s:end", id_format(run->job.id, id).at);
	enum err e = key.at ? run_step(&run->step, key, end_export, &end, NULL) : ERR_MEMORY;

	return e ? e : job_file_put(run, form->name, form->type, file->out);
}

enum err catalogue_export_job(struct job_run *run)
{
	struct export_argument argument = { .format = EXPORT_CSV };
	enum err e = json_decode(run->job.argument, argument_fields, COUNT_OF(argument_fields),
				 &argument, run->step.problems);
	struct catalogue_file file = { .format = (enum export_format)argument.format,
				       .language = (enum language)argument.language,
				       .today = day_of(clock_now(&run->step.app->clock)) };

	if (!e)
		e = file_fill(&file, run->step.db, run->job.organisation, run->step.arena, run);
	if (!e)
		e = export_store(run, &file);
	catalogue_file_close(&file);
	return e;
}

/* ---- the handler ---- */

enum err catalogue_export_get(struct req *rq)
{
	enum export_format format = req_prefers(rq, XLSX_MEDIA) ? EXPORT_XLSX : EXPORT_CSV;
	int64_t count;
	enum err e = export_count(rq->db, rq->actor.organisation, &count);

	if (e)
		return e;
	return count > EXPORT_AT_ONCE_MAX ? export_by_job(rq, format) : export_at_once(rq, format);
}
