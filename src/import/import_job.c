/*
 * The job behind an import: the kind's reader goes through the file, its faults and notes are
 * staged in chunks meanwhile, and one transaction ends it: publishes the accepted rows, or says why
 * not. Reading is deterministic and each step has a key made of the import and its number, so that
 * a job that starts again after a crash does nothing twice.
 */
#include "import_rows.h"

enum {
	CHUNK_ROWS = 1000,
	PROGRESS_ROWS = 500,
	PROGRESS_BYTES = 1024 * 1024,
	SCRATCH_ARENA = 16 * 1024 * 1024,
	CHUNK_ARENA = 64 * 1024 * 1024,
	ARGUMENT_MAX = 60
};

const char *const policy_words[] = { "all_or_nothing", "accept_good_rows", NULL };

/* ---- staging --------------------------------------------------------------------------------- */

/* @t cut to @max characters. */
static struct text cut_text(struct text t, size_t max)
{
	size_t at = 0;

	while (at < t.size && max--)
		text_next(t, &at);
	return (struct text){ t.at ? t.at : "", at };
}

static enum err step(struct import_run *run, const char *what, int64_t number, event_fn *fn,
		     void *arg)
{
	struct step *step = &run->job->step;
	char id[37];
	struct text key = arena_print(step->arena, "import:%s:%s:%lld",
				      id_format(run->import.id, id).at, what, (long long)number);

	return key.at ? run_step(step, key, fn, arg, NULL) : ERR_MEMORY;
}

/* Writes what waits; empties the arena it waited in. */
static enum err stage(struct import_run *run)
{
	struct import_staging *staging = run->staging;
	enum err e = OK;

	if (staging->faults.count)
		e = step(run, "faults", ++staging->fault_chunks, import_stage_faults,
			 &staging->faults);
	if (!e && staging->notes.count)
		e = step(run, "notes", ++staging->note_chunks, import_stage_notes, &staging->notes);
	arena_reset(staging->chunk);
	staging->faults = staging->notes = (struct list){ 0 };
	return e;
}

static enum err stage_full(struct import_run *run)
{
	bool full = run->staging->faults.count + run->staging->notes.count >= CHUNK_ROWS;

	return full ? stage(run) : OK;
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
	return text.at ? text : TEXT("");
}

enum err import_add_fault(struct import_run *run, int64_t record, size_t number,
			  const struct problem *problem, struct text cell)
{
	struct arena *chunk = run->staging->chunk;
	struct import_fault *fault = list_add(&run->staging->faults, chunk, sizeof(*fault));

	assert(number < ROW_FAULTS_MAX);
	if (!fault)
		return ERR_MEMORY;
	*fault = (struct import_fault){
		.import = run->import.id,
		.record = record,
		.number = (int64_t)number,
		.field = arena_text(chunk, problem->pointer),
		.code = text_of(err_info(problem->code)->code),
		.cell = arena_text(chunk, cut_text(cell, CELL_KEPT_MAX)),
		.arguments = arguments_of(chunk, problem),
	};
	return fault->field.at && fault->cell.at ? stage_full(run) : ERR_MEMORY;
}

enum err import_add_note(struct import_run *run, int64_t record, size_t number, struct text column,
			 struct text cell, struct text taken)
{
	struct arena *chunk = run->staging->chunk;
	struct import_note *note = list_add(&run->staging->notes, chunk, sizeof(*note));

	assert(number < ROW_FAULTS_MAX);
	if (!note)
		return ERR_MEMORY;
	*note = (struct import_note){
		.import = run->import.id,
		.record = record,
		.number = (int64_t)number,
		.field = arena_text(chunk, column),
		.cell = arena_text(chunk, cut_text(cell, CELL_KEPT_MAX)),
		.taken = arena_text(chunk, cut_text(taken, CELL_KEPT_MAX)),
	};
	return note->field.at && note->cell.at && note->taken.at ? stage_full(run) : ERR_MEMORY;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct progress {
	struct import_run *run;
	sheet_row_fn *row;
	void *context;
	const struct sheet_source *source;
	bool main;    /* the first table, of which something may have been said */
	size_t bytes; /* of cells, since it was last said how far the job is */
};

void import_watch(struct import_run *run, struct header *header, const int64_t *accepted,
		  const int64_t *rejected, const int64_t *skipped)
{
	run->header = header;
	header->choice = &run->options->choice;
	run->accepted = accepted;
	run->rejected = rejected;
	run->skipped = skipped;
}

static enum err counts_print(struct import_run *run, int64_t accepted, int64_t rejected,
			     int64_t skipped)
{
	struct job_run *job = run->job;

	job->job.counts = arena_print(job->step.arena,
				      "{\"accepted\":%lld,\"rejected\":%lld,\"skipped\":%lld}",
				      (long long)accepted, (long long)rejected, (long long)skipped);
	return job->job.counts.at ? OK : ERR_MEMORY;
}

static enum err tell(struct import_run *run, int64_t done, int64_t total)
{
	enum err e = run->accepted
			     ? counts_print(run, *run->accepted, *run->rejected, *run->skipped)
			     : OK;

	return e ? e : job_progress(run->job, done, total > done ? total : done);
}

/* A header that has just been met. */
static enum err header_note(struct import_run *run, const struct sheet_row *row)
{
	if (!run->header || !run->header->seen || run->header->record != row->record)
		return OK;
	if (said_meet(run->options, run->header, row))
		return ERR_MEMORY;
	run->import.header_row = row->record;
	run->import.unknown_columns = said_unknown(run->arena, run->header, row);
	return run->import.unknown_columns.at ? OK : ERR_MEMORY;
}

/* How long rows take goes by their bytes too: a job that is to stop must not go on for 500 long
 * ones. */
static enum err row_pass(void *context, const struct sheet_row *row)
{
	struct progress *progress = context;
	struct import_run *run = progress->run;
	enum err e = OK;

	if (progress->main)
		e = said_correct(run->options, run->header, run->kind->tables[0].columns, &row);
	if (!e)
		e = progress->row(progress->context, row);
	if (!e && progress->main)
		e = header_note(run, row);
	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++)
		progress->bytes += row->cells[i].size;
	if (e || (row->record % PROGRESS_ROWS && progress->bytes < PROGRESS_BYTES))
		return e;
	progress->bytes = 0;
	return tell(run, row->record, progress->source->expected);
}

static enum err file_rows(struct import_run *run, struct id file, const struct sheet_choice *choice,
			  struct sheet_source *source, struct progress *progress)
{
	struct step *step = &run->job->step;
	struct text content;
	enum err e = file_read(step->db, step->arena, &step->actor, file, &content);

	progress->source = source;
	*source = (struct sheet_source){ .format = SHEET_CSV };
	return e ? e : sheet_read(content, choice, run->arena, source, row_pass, progress);
}

/* What was said of the file does not fit it: a fault of the whole file has its name. */
static enum err misfit(struct import_run *run, enum err e)
{
	const struct problem problem = said_problem(run->options, e);
	enum err told = import_add_fault(run, 0, 0, &problem, TEXT(""));

	if (!told)
		told = stage(run);
	return told ? told : e;
}

enum err import_read_file(struct import_run *run, const struct sheet_choice *choice,
			  sheet_row_fn *row, void *context)
{
	struct import *import = &run->import;
	struct sheet_source source;
	struct progress progress = { .run = run, .row = row, .context = context, .main = true };
	struct sheet_choice said = { .name = run->options->sheet };
	enum err e =
		file_rows(run, import->file, said.name.at ? &said : choice, &source, &progress);

	import->format = text_of(sheet_format_words[source.format]);
	if (source.format == SHEET_CSV)
		import->encoding = text_of(encoding_words[source.encoding]);
	import->sheet = source.name.at ? cut_text(source.name, CELL_KEPT_MAX) : NO_TEXT;
	if (!e)
		e = said_end(run->options, run->header);
	if (e == ERR_COLUMN_ABSENT || e == ERR_CORRECTION_PLACE)
		e = misfit(run, e);
	for (size_t i = 0; !e && i < source.hidden.count && i < ROW_FAULTS_MAX; i++)
		e = import_add_note(run, 0, i, TEXT("sheet"),
				    *LIST_ITEM(source.hidden, struct text, i), TEXT(""));
	return e;
}

enum err import_read_places(struct import_run *run, const struct sheet_choice *choice,
			    struct sheet_source *source, sheet_row_fn *row, void *context)
{
	const struct import *import = &run->import;
	struct id file = id_is_none(import->places) ? import->file : import->places;
	struct progress progress = { .run = run, .row = row, .context = context };

	return file_rows(run, file, choice, source, &progress);
}

/* ---- ending ---------------------------------------------------------------------------------- */

static enum err finish(struct import_run *run, enum import_outcome outcome)
{
	struct import_ending ending = {
		.end = { .import = run->import, .outcome = outcome, .rows = run->rows },
		.kind = run->kind,
	};
	enum err e = step(run, "end", 0, import_finish, &ending);

	if (!e && outcome == IMPORT_PUBLISHED && run->kind->published)
		run->kind->published(run->job->step.app);
	return e;
}

/* Why nothing of a file that was read is taken over; OK when something is. */
static enum err refusal_of(const struct import *import)
{
	if (!import->accepted && !import->rejected)
		return ERR_NO_ROWS;
	if (import->policy == POLICY_ALL_OR_NOTHING && import->rejected)
		return ERR_ROWS_REJECTED;
	if (!import->accepted)
		return ERR_ALL_ROWS_REJECTED;
	return OK;
}

/* What is refused has no rows left, so that a dry run too says that nothing would change. */
static enum err judge(struct import_run *run)
{
	enum err refusal = refusal_of(&run->import);

	if (refusal) {
		run->import.problem = text_of(err_info(refusal)->code);
		run->rows = NULL;
	}
	enum err e = job_decide(run->job);
	if (e)
		return e;
	if (run->import.dry_run)
		return finish(run, IMPORT_CHECKED);
	return finish(run, refusal ? IMPORT_REFUSED : IMPORT_PUBLISHED);
}

static enum err read_and_finish(struct import_run *run)
{
	const struct import *import = &run->import;
	enum err e = run->kind->read(run);

	if (!e)
		e = stage(run);
	if (e)
		return e;
	int64_t records = import->accepted + import->rejected + import->skipped;
	e = counts_print(run, import->accepted, import->rejected, import->skipped);
	if (!e)
		e = job_progress(run->job, records, records);
	return e ? e : judge(run);
}

/* What was staged goes, in steps of a bounded size; each runs whenever it is asked for. */
static enum err sweep(struct import_run *run)
{
	struct import_sweep left = { .import = run->import, .more = true };
	enum err e = OK;

	while (left.more && !e)
		e = step(run, "sweep", clock_monotonic(), import_sweep_some, &left);
	return e ? e : step(run, "cancelled", 0, import_cancelled, &left);
}

/* A file that cannot be read at all is the client's: the import says so, and nothing of it stays.
 */
static enum err run_import(struct import_run *run)
{
	enum err e = step(run, "begin", 0, import_running, &run->import);

	if (!e)
		e = read_and_finish(run);
	if (e == ERR_CANCELLED) {
		enum err swept = sweep(run);
		return swept ? swept : e;
	}
	if (!e || err_info(e)->status >= 500 || e == ERR_CONFLICT)
		return e;
	run->import.problem = text_of(err_info(e)->code);
	run->rows = NULL;
	enum err ended = finish(run, IMPORT_FAILED);
	return ended ? ended : e;
}

enum err import_job(struct job_run *job, const struct import_kind *kind)
{
	struct step *step = &job->step;
	struct import_staging staging = { .fault_chunks = 0 };
	struct import_run run = {
		.job = job, .kind = kind, .arena = step->arena, .staging = &staging
	};
	enum err e = import_read(step->db, step->arena, kind->word, job->job.organisation,
				 job->job.id, &run.import);

	if (e || run.import.state == JOB_DONE)
		return e;
	run.options = arena_take(step->arena, sizeof(*run.options));
	e = run.options ? said_load(step->db, step->arena, kind, job->job.id, run.options)
			: ERR_MEMORY;
	if (e)
		return e;
	run.scratch = arena_new(SCRATCH_ARENA);
	staging.chunk = arena_new(CHUNK_ARENA);
	e = run.scratch && staging.chunk ? run_import(&run) : ERR_MEMORY;
	arena_free(run.scratch);
	arena_free(staging.chunk);
	return e;
}
