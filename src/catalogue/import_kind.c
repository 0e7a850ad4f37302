/*
 * Catalogues as a kind of import: the rules decide row by row, accepted rows wait in memory with
 * texts of their own, and publishing them is what any other publication is.
 */
#include "catalogue_rows.h"
#include "import_rules.h"

struct reading {
	struct import_run *run;
	struct list rows; /* of struct catalogue_row: the accepted ones */
};

/* The accepted row with texts of its own. */
static enum err keep_row(struct reading *reading, const struct catalogue_row *from)
{
	struct arena *arena = reading->run->arena;
	struct catalogue_row *row = list_add(&reading->rows, arena, sizeof(*row));

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

static enum err add_faults(struct import_run *run, const struct import_result *result)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < result->problems.items.count && i < ROW_FAULTS_MAX; i++) {
		const struct problem *problem =
			LIST_ITEM(result->problems.items, struct problem, i);

		e = import_add_fault(run, result->record, i, problem,
				     import_cell(result, problem->pointer));
	}
	return e;
}

static enum err add_notes(struct import_run *run, const struct import_result *result)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < result->changes.count && i < ROW_FAULTS_MAX; i++) {
		const struct import_change *change =
			LIST_ITEM(result->changes, struct import_change, i);

		e = import_add_note(run, result->record, i, change->column, change->from,
				    change->to);
	}
	return e;
}

static enum err take_result(void *context, const struct import_result *result)
{
	struct reading *reading = context;
	enum err e = OK;

	switch (result->verdict) {
	case IMPORT_SKIPPED:
		break;
	case IMPORT_REJECTED:
		e = add_faults(reading->run, result);
		break;
	case IMPORT_ACCEPTED:
		e = keep_row(reading, &result->row);
		if (!e)
			e = add_notes(reading->run, result);
		break;
	}
	return e;
}

static enum err read_rows(struct import_run *run)
{
	struct reading *reading = arena_take(run->arena, sizeof(*reading));
	struct db *db = run->job->step.db;
	struct import_reference reference = { 0 };
	struct import_reader reader = { 0 };
	enum err e = reading ? county_list(db, run->arena, &reference.counties) : ERR_MEMORY;

	if (!e)
		e = category_list(db, run->arena, &reference.categories);
	if (e)
		return e;
	reading->run = run;
	e = import_begin(&reader, &reference, run->arena, run->scratch, take_result, reading);
	if (!e)
		e = import_read_file(run, NULL, import_row, &reader);
	if (!e)
		e = import_end(&reader);
	run->import.accepted = reader.accepted_count;
	run->import.rejected = reader.rejected_count;
	run->import.skipped = reader.skipped_count;
	run->rows = &reading->rows;
	return e;
}

/* ---- publishing ---- */

static enum err run_publication(struct tx *tx, struct import_end *end,
				enum err (*fn)(struct tx *tx, struct publication *publication))
{
	struct publication publication = {
		.supplier = end->import.whose,
		.import = end->import.id,
		.rows = *(const struct list *)end->rows,
	};
	enum err e = fn(tx, &publication);

	end->import.created = publication.created;
	end->import.changed = publication.changed;
	end->import.unchanged = publication.unchanged;
	return e;
}

static enum err publish_rows(struct tx *tx, struct publication *publication)
{
	return catalogue_publish(tx, publication);
}

static enum err publish(struct tx *tx, struct import_end *end)
{
	return run_publication(tx, end, publish_rows);
}

static enum err plan(struct tx *tx, struct import_end *end)
{
	return run_publication(tx, end, publication_plan);
}

static const struct import_table tables[] = {
	{ .header = import_header_begin,
	  .columns = import_column_words,
	  .sheet = { [ZH] = "被拒绝的行", [EN] = "rejected-rows" } },
};

const struct import_kind catalogue_import = {
	.word = "catalogue",
	.job = "import",
	/* no second file: without the last field */
	.field_count = IMPORT_FIELDS_OF_ONE_FILE,
	.tables = tables,
	.table_count = COUNT_OF(tables),
	.read = read_rows,
	.publish = publish,
	.plan = plan,
	.published = view_kick,
};

enum err catalogue_import_job(struct job_run *run)
{
	return import_job(run, &catalogue_import);
}

/* ---- handlers ---- */

enum err post_import(struct req *rq)
{
	return import_post(rq, &catalogue_import);
}

enum err get_imports(struct req *rq)
{
	return import_list_get(rq, &catalogue_import);
}

enum err get_import(struct req *rq)
{
	return import_get(rq, &catalogue_import);
}

enum err get_rejected_rows(struct req *rq)
{
	return import_rejected_get(rq, &catalogue_import);
}

enum err get_normalisations(struct req *rq)
{
	return import_notes_get(rq, &catalogue_import);
}
