/*
 * The job behind an import: reads the file by the rules, stages faults and notes in chunks while it
 * reads, and ends in one transaction that publishes the accepted rows, or says why not. Reading is
 * deterministic and each step has a key made of the import and its number, so that a job that
 * starts again after a crash does nothing twice.
 */
#include "import_rules.h"
#include "upload.h"

enum {
	CHUNK_ROWS = 1000,
	PROGRESS_ROWS = 500,
	SCRATCH_ARENA = 16 * 1024 * 1024,
	CHUNK_ARENA = 64 * 1024 * 1024,
	ARGUMENT_MAX = 60
};

struct reading {
	struct job_run *run;
	struct arena *scratch; /* of one record */
	struct arena *chunk;   /* of what waits to be staged */
	struct list faults, notes, rows;
	int64_t fault_chunks, note_chunks;
	struct upload upload;
};

/* ---- staging --------------------------------------------------------------------------------- */

/* @t cut to @max characters. */
static struct text cut_text(struct text t, size_t max)
{
	size_t at = 0;

	while (at < t.size && max--)
		text_next(t, &at);
	return (struct text){ t.at ? t.at : "", at };
}

static enum err step(struct reading *r, const char *what, int64_t number, event_fn *fn, void *arg)
{
	char id[37];
	struct text key = arena_print(r->run->step.arena, "import:%s:%s:%lld",
				      id_format(r->upload.id, id).at, what, (long long)number);

	return key.at ? run_step(&r->run->step, key, fn, arg, NULL) : ERR_MEMORY;
}

/* Writes what waits; empties the arena it waited in. */
static enum err stage(struct reading *r)
{
	enum err e = OK;

	if (r->faults.count)
		e = step(r, "faults", ++r->fault_chunks, upload_stage_faults, &r->faults);
	if (!e && r->notes.count)
		e = step(r, "notes", ++r->note_chunks, upload_stage_notes, &r->notes);
	arena_reset(r->chunk);
	r->faults = r->notes = (struct list){ 0 };
	return e;
}

/* What fills the sentence, each with a unit separator behind it. */
static struct text arguments_of(struct arena *arena, const struct problem *problem)
{
	struct buffer out = { .max = KIB(4) };

	for (size_t i = 0; i < PROBLEM_ARGS_MAX && !problem->args[i].end; i++) {
		const struct arg *arg = &problem->args[i];

		if (arg->text.at)
			buffer_add(&out, cut_text(arg->text, ARGUMENT_MAX));
		else
			buffer_int(&out, arg->number);
		buffer_char(&out, '\x1f');
	}
	struct text text = out.failed ? NO_TEXT : arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return out.failed || !text.at ? TEXT("") : text;
}

static enum err add_faults(struct reading *r, const struct import_result *result)
{
	for (size_t i = 0; i < result->problems.items.count && i < ROW_FAULTS_MAX; i++) {
		const struct problem *problem =
			LIST_ITEM(result->problems.items, struct problem, i);
		struct upload_fault *fault = list_add(&r->faults, r->chunk, sizeof(*fault));

		if (!fault)
			return ERR_MEMORY;
		*fault = (struct upload_fault){
			.import = r->upload.id,
			.record = result->record,
			.number = (int64_t)i,
			.field = arena_text(r->chunk, problem->pointer),
			.code = text_of(err_info(problem->code)->code),
			.cell = arena_text(r->chunk, cut_text(import_cell(result, problem->pointer),
							      CELL_KEPT_MAX)),
			.arguments = arguments_of(r->chunk, problem),
		};
	}
	return OK;
}

static enum err add_notes(struct reading *r, const struct import_result *result)
{
	for (size_t i = 0; i < result->changes.count && i < ROW_FAULTS_MAX; i++) {
		const struct import_change *change =
			LIST_ITEM(result->changes, struct import_change, i);
		struct upload_note *note = list_add(&r->notes, r->chunk, sizeof(*note));

		if (!note)
			return ERR_MEMORY;
		*note = (struct upload_note){
			.import = r->upload.id,
			.record = result->record,
			.number = (int64_t)i,
			.field = arena_text(r->chunk, change->column),
			.cell = arena_text(r->chunk, cut_text(change->from, CELL_KEPT_MAX)),
			.taken = arena_text(r->chunk, cut_text(change->to, CELL_KEPT_MAX)),
		};
	}
	return OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The accepted row with texts of its own. */
static enum err keep_row(struct reading *r, const struct catalogue_row *from)
{
	struct arena *arena = r->run->step.arena;
	struct catalogue_row *row = list_add(&r->rows, arena, sizeof(*row));

	if (!row)
		return ERR_MEMORY;
	*row = *from;
	struct text *const texts[] = { &row->code,     &row->name,          &row->county,
				       &row->category, &row->specification, &row->sale_unit,
				       &row->storage,  &row->certificates,  &row->barcode,
				       &row->remark };
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!texts[i]->at)
			continue;
		*texts[i] = arena_text(arena, *texts[i]);
		if (!texts[i]->at)
			return ERR_MEMORY;
	}
	return OK;
}

static enum err take_result(void *context, const struct import_result *result)
{
	struct reading *r = context;
	enum err e = OK;

	if (result->verdict == IMPORT_ACCEPTED) {
		e = keep_row(r, &result->row);
		if (!e)
			e = add_notes(r, result);
	} else if (result->verdict == IMPORT_REJECTED) {
		e = add_faults(r, result);
	}
	if (!e && r->faults.count + r->notes.count >= CHUNK_ROWS)
		e = stage(r);
	if (!e && result->record % PROGRESS_ROWS == 0)
		e = job_progress(r->run, result->record, 0);
	return e;
}

static enum err read_rows(struct reading *r, struct text content)
{
	static const char *const encodings[] = {
		[ENCODING_UTF8] = "UTF-8", [ENCODING_GB18030] = "GB18030"
	};
	struct arena *arena = r->run->step.arena;
	struct import_reference reference = { 0 };
	struct import_reader reader = { 0 };
	enum encoding encoding = ENCODING_UTF8;
	enum err e = county_list(r->run->step.db, arena, &reference.counties);

	if (!e)
		e = category_list(r->run->step.db, arena, &reference.categories);
	if (!e)
		e = import_begin(&reader, &reference, arena, r->scratch, take_result, r);
	if (!e)
		e = csv_read(content, arena, &encoding, import_row, &reader);
	if (e == ERR_FORMAT)
		e = ERR_SHEET_BROKEN;
	else if (e == ERR_TOO_LARGE)
		e = ERR_SHEET_TOO_LONG;
	if (!e)
		e = import_end(&reader);
	r->upload.encoding = text_of(encodings[encoding]);
	r->upload.accepted = reader.accepted_count;
	r->upload.rejected = reader.rejected_count;
	r->upload.skipped = reader.skipped_count;
	return e ? e : stage(r);
}

/* ---- ending ---------------------------------------------------------------------------------- */

static enum err finish(struct reading *r, enum upload_outcome outcome)
{
	struct upload_end end = {
		.upload = r->upload,
		.publication = {
			.supplier = r->upload.supplier,
			.import = r->upload.id,
			.rows = r->rows,
		},
		.outcome = outcome,
	};
	enum err e = step(r, "end", 0, upload_finish, &end);

	if (!e && outcome == END_PUBLISHED)
		view_kick(r->run->step.app);
	return e;
}

/* Why nothing of a file that was read is taken over; OK when something is. */
static enum err refusal_of(const struct upload *upload)
{
	if (!upload->accepted && !upload->rejected)
		return ERR_NO_ROWS;
	if (upload->policy == POLICY_ALL_OR_NOTHING && upload->rejected)
		return ERR_ROWS_REJECTED;
	return OK;
}

/* What is refused has no rows left, so that a dry run too says that nothing would change. */
static enum err judge(struct reading *r)
{
	enum err refusal = refusal_of(&r->upload);

	if (refusal) {
		r->upload.problem = text_of(err_info(refusal)->code);
		r->rows = (struct list){ 0 };
	}
	if (r->upload.dry_run)
		return finish(r, END_CHECKED);
	return finish(r, refusal ? END_REFUSED : END_PUBLISHED);
}

static enum err read_and_finish(struct reading *r)
{
	struct text content;
	const struct upload *upload = &r->upload;
	struct step *step = &r->run->step;
	enum err e = file_read(step->db, step->arena, &step->actor, upload->file, &content);

	if (!e)
		e = read_rows(r, content);
	if (e)
		return e;
	int64_t records = upload->accepted + upload->rejected + upload->skipped;
	e = job_progress(r->run, records, records);
	return e ? e : judge(r);
}

/* A file that cannot be read at all is the client's: the import says so, and nothing of it stays.
 */
static enum err run_import(struct reading *r)
{
	enum err e = step(r, "begin", 0, upload_running, &r->upload);

	if (!e)
		e = read_and_finish(r);
	if (!e || err_info(e)->status >= 500 || e == ERR_CONFLICT)
		return e;
	r->upload.problem = text_of(err_info(e)->code);
	enum err ended = finish(r, END_FAILED);
	return ended ? ended : e;
}

enum err upload_job(struct job_run *run)
{
	struct reading reading = { .run = run };
	struct step *step = &run->step;
	enum err e = upload_read(step->db, step->arena, run->job.organisation, run->job.id,
				 &reading.upload);

	if (e || reading.upload.state == JOB_DONE)
		return e;
	reading.scratch = arena_new(SCRATCH_ARENA);
	reading.chunk = arena_new(CHUNK_ARENA);
	e = reading.scratch && reading.chunk ? run_import(&reading) : ERR_MEMORY;
	arena_free(reading.scratch);
	arena_free(reading.chunk);
	return e;
}
