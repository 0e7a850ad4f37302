/*
 * The trail as a file: CSV or a workbook, the same columns in both. Rows go from the connection
 * into a temporary file as they come, so that memory does not grow with them; a file of at most
 * TRAIL_AT_ONCE_MAX rows is the answer, of more the result of a job, which reads page by page up to
 * the instant at which it was asked for. Each is an event of the trail itself.
 */
#include "trail.h"

#include "xiangcai/sheet.h"

#include <stdlib.h>

#define XLSX_MEDIA "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static const char job_kind[] = "audit_export";
static const struct form {
	const char *media, *type, *name;
} forms[] = {
	[TRAIL_CSV] = { "text/csv", "text/csv; charset=utf-8", "audit-events.csv" },
	[TRAIL_XLSX] = { XLSX_MEDIA, XLSX_MEDIA, "audit-events.xlsx" },
};

static const char *const columns[] = {
	"position",          "id",     "at",    "kind",      "object", "organisation",
	"organisation_name", "user",   "login", "user_name", "roles",  "address",
	"request",           "before", "after", "chain",     "mac"
};

/* ---- a file being written ---- */

struct trail_file {
	enum trail_format format;
	FILE *out;
	struct xlsx *xlsx;
	struct buffer line, roles;
	bool first; /* in its line */
	int64_t rows;
	struct trail_place last; /* the row before */
};

static void put(struct trail_file *file, struct text text)
{
	if (file->xlsx)
		xlsx_text(file->xlsx, text);
	else
		csv_text(&file->line, file->first, text);
	file->first = false;
}

static void put_raw(struct trail_file *file, struct text text)
{
	if (file->xlsx)
		xlsx_text(file->xlsx, text);
	else
		csv_raw(&file->line, file->first, text);
	file->first = false;
}

static void put_id(struct trail_file *file, struct id id)
{
	char text[37];

	put_raw(file, id_is_none(id) ? TEXT("") : id_format(id, text));
}

static void put_bytes(struct trail_file *file, struct text bytes)
{
	char hex[2 * DIGEST_SIZE + 1];

	put_raw(file, bytes.size == DIGEST_SIZE ? hex_format(bytes.at, bytes.size, hex) : TEXT(""));
}

static void put_position(struct trail_file *file, int64_t position)
{
	if (position == INT_NONE)
		put_raw(file, TEXT(""));
	else if (file->xlsx)
		xlsx_int(file->xlsx, position);
	else
		csv_int(&file->line, file->first, position);
	file->first = false;
}

static void put_roles(struct trail_file *file, uint32_t roles)
{
	file->roles.size = 0;
	for (int i = 0; role_words[i]; i++) {
		if (!(roles & UINT32_C(1) << i))
			continue;
		if (file->roles.size)
			buffer_char(&file->roles, ' ');
		buffer_add(&file->roles, text_of(role_words[i]));
	}
	put_raw(file, buffer_text(&file->roles));
}

static enum err line_end(struct trail_file *file)
{
	bool well = !file->line.failed && !file->roles.failed;

	file->first = true;
	if (file->xlsx) {
		xlsx_row(file->xlsx);
		return well ? OK : ERR_MEMORY;
	}
	csv_end(&file->line);
	if (file->line.failed || !well)
		return ERR_MEMORY;
	well = fwrite(file->line.at, 1, file->line.size, file->out) == file->line.size;
	file->line.size = 0;
	return well ? OK : ERR_BUSY;
}

static enum err put_row(void *context, void *at)
{
	struct trail_file *file = context;
	const struct trail_row *row = at;
	char instant[28];

	file->rows++;
	file->last = (struct trail_place){ row->at, row->id };
	put_position(file, row->position);
	put_id(file, row->id);
	put_raw(file, instant_format(row->at, instant));
	put_raw(file, row->kind);
	put_id(file, row->object);
	put_id(file, row->organisation.id);
	put(file, row->organisation.name);
	put_id(file, row->user.id);
	put(file, row->user.login);
	put(file, row->user.name);
	put_roles(file, row->roles);
	put(file, row->address);
	put(file, row->request);
	put(file, row->before);
	put(file, row->after);
	put_bytes(file, row->chain);
	put_bytes(file, row->mac);
	return line_end(file);
}

static void file_close(struct trail_file *file)
{
	if (file->xlsx)
		xlsx_end(file->xlsx);
	if (file->out)
		fclose(file->out);
	buffer_free(&file->line);
	buffer_free(&file->roles);
	*file = (struct trail_file){ 0 };
}

/* With the line of the columns' names. A temporary file that cannot be had is the world's fault. */
static enum err file_open(struct trail_file *file, enum trail_format format)
{
	*file = (struct trail_file){ .format = format, .first = true, .out = tmpfile() };
	if (!file->out)
		return ERR_BUSY;
	if (format == TRAIL_XLSX) {
		file->xlsx = xlsx_begin(file->out, "audit-events");
		if (!file->xlsx)
			return ERR_BUSY;
	} else {
		buffer_add(&file->line, TEXT("\xef\xbb\xbf"));
	}
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		put_raw(file, text_of(columns[i]));
	return line_end(file);
}

/* Everything is in file->out. */
static enum err file_finish(struct trail_file *file)
{
	struct xlsx *xlsx = file->xlsx;

	file->xlsx = NULL;
	if (xlsx && !xlsx_end(xlsx))
		return ERR_BUSY;
	return fflush(file->out) == 0 ? OK : ERR_BUSY;
}

/* ---- at once ---- */

static enum err reply_file(struct req *rq, struct trail_file *file)
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

/* ---- as a job ---- */

/* What the job is told: the filters, the form, and the instant up to which it reads. */
struct trail_argument {
	struct trail_filter filter;
	int32_t format;
	int64_t until;
	struct text query; /* as it was asked, for the event */
};
static const char *const format_words[] = { "json", "csv", "xlsx", NULL };
/* clang-format off */
static const struct field argument_fields[] = {
	{ "object", KIND_ID, FIELD_AT(trail_argument, filter.object), .optional = true },
	{ "organisation", KIND_ID, FIELD_AT(trail_argument, filter.organisation), .optional = true },
	{ "user", KIND_ID, FIELD_AT(trail_argument, filter.user), .optional = true },
	{ "kind", KIND_TEXT, FIELD_AT(trail_argument, filter.kind), .optional = true },
	{ "request", KIND_TEXT, FIELD_AT(trail_argument, filter.request), .optional = true },
	{ "address", KIND_TEXT, FIELD_AT(trail_argument, filter.address), .optional = true },
	{ "from", KIND_TEXT, FIELD_AT(trail_argument, filter.from), .optional = true },
	{ "to", KIND_TEXT, FIELD_AT(trail_argument, filter.to), .optional = true },
	{ "position_from", KIND_INT, FIELD_AT(trail_argument, filter.position_from), .optional = true, .min = 1, .max = INT64_MAX },
	{ "position_to", KIND_INT, FIELD_AT(trail_argument, filter.position_to), .optional = true, .min = 1, .max = INT64_MAX },
	{ "format", KIND_WORD, FIELD_AT(trail_argument, format), .words = format_words },
	{ "until", KIND_INSTANT, FIELD_AT(trail_argument, until) },
	{ "query", KIND_TEXT, FIELD_AT(trail_argument, query), .max = 65536 },
};
/* clang-format on */

struct export_request {
	struct id job;
	struct trail_argument argument;
	struct export_note note;
};

static enum err note_export(struct tx *tx, const char *kind, struct id object,
			    const struct export_note *note)
{
	return audit_event(tx, &(struct audit_note){
				       .kind = kind,
				       .object = object,
				       .fields = export_note_fields,
				       .field_count = export_note_field_count,
				       .after = note,
			       });
}

static enum err ask_export(struct tx *tx, void *arg)
{
	const struct export_request *request = arg;
	struct buffer argument = { .max = KIB(128) };
	enum err e = ERR_MEMORY;

	json_encode(&argument, argument_fields, COUNT_OF(argument_fields), &request->argument);
	if (!argument.failed)
		e = job_add(tx, request->job, job_kind, buffer_text(&argument));
	buffer_free(&argument);
	return e ? e : note_export(tx, "audit.export_requested", request->job, &request->note);
}

static enum err export_by_job(struct req *rq, const struct trail_query *query,
			      enum trail_format format)
{
	struct export_request request = {
		.job = id_new(rq->now),
		.argument = { .filter = *query->filter,
			      .format = (int32_t)format,
			      .until = rq->now },
	};
	enum err e = export_note_of(rq, forms[format].media, &request.note);

	if (e)
		return e;
	request.argument.query = request.note.filter;
	rq->key = NO_TEXT;
	e = run_event(rq, ask_export, &request, NULL, 0);
	return e ? e : reply_job(rq, request.job, forms[format].name);
}

/* Page by page, since no statement may take longer than a request. */
static enum err export_pages(struct job_run *run, struct trail_query *query,
			     struct trail_file *file)
{
	int64_t before;
	enum err e;

	query->limit = TRAIL_AT_ONCE_MAX;
	do {
		before = file->rows;
		e = trail_each(run->step.db, query, put_row, file);
		query->after = file->last;
		if (!e)
			e = job_progress(run, file->rows, 0);
	} while (!e && file->rows - before == query->limit);
	return e;
}

struct export_end {
	struct id job;
	struct export_note note;
};

static enum err end_export(struct tx *tx, void *arg)
{
	const struct export_end *end = arg;

	return note_export(tx, "audit.exported", end->job, &end->note);
}

static enum err export_store(struct job_run *run, const struct trail_argument *argument,
			     struct trail_file *file)
{
	const struct form *form = &forms[file->format];
	struct export_end end = {
		.job = run->job.id,
		.note = { .path = TEXT("/api/v1/audit-events"),
			  .filter = argument->query,
			  .media = text_of(form->media),
			  .rows = file->rows },
	};
	char id[37];
	struct text key = arena_print(run->step.arena, "job:%s:end", id_format(end.job, id).at);
	enum err e = key.at ? file_finish(file) : ERR_MEMORY;

	if (!e)
		e = run_step(&run->step, key, end_export, &end, NULL);
	return e ? e : job_file_put(run, form->name, form->type, file->out);
}

static enum err run_export(struct job_run *run)
{
	struct trail_argument argument = { .format = TRAIL_CSV };
	struct trail_query query;
	struct trail_file file = { 0 };
	enum err e = json_decode(run->job.argument, argument_fields, COUNT_OF(argument_fields),
				 &argument, run->step.problems);

	if (!e)
		e = trail_query_make(&argument.filter, &run->step.actor, day_of(argument.until),
				     run->step.problems, &query);
	if (e)
		return e;
	if (query.last > argument.until)
		query.last = argument.until;
	e = file_open(&file, (enum trail_format)argument.format);
	if (!e)
		e = export_pages(run, &query, &file);
	if (!e)
		e = export_store(run, &argument, &file);
	file_close(&file);
	return e;
}

const struct job_kind trail_jobs[] = { { job_kind, run_export } };
const size_t trail_job_count = COUNT_OF(trail_jobs);

enum err trail_export(struct req *rq, struct trail_query *query, enum trail_format format)
{
	struct trail_file file = { 0 };
	enum err e = file_open(&file, format);

	query->limit = TRAIL_AT_ONCE_MAX + 1;
	if (!e)
		e = trail_each(rq->db, query, put_row, &file);
	bool at_once = file.rows <= TRAIL_AT_ONCE_MAX;
	if (!e && at_once)
		e = file_finish(&file);
	if (!e && at_once)
		e = audit_export(rq, "audit.exported", NO_ID, forms[format].media, file.rows);
	if (!e && at_once)
		e = reply_file(rq, &file);
	file_close(&file);
	return e || at_once ? e : export_by_job(rq, query, format);
}
