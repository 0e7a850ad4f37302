/*
 * Catalogues as a kind of import: the rules decide row by row, accepted rows wait in memory,
 * packed, and publishing them is what any other publication is.
 */
#include "import_suggest.h"
#include "publishing.h"

#include <stdlib.h>

/* What the reading of a file leaves: the accepted rows, and what their publication tells of. */
struct reading {
	struct import_run *run;
	struct list rows; /* of struct text: packed */
	struct import_reference reference;
	struct siblings *siblings;
	bool standing_read;
	struct list standing; /* of struct standing_sku, by code */
};

/* ---- what stands may stay -------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
	const struct standing_sku *x = a, *y = b;

	return text_compare(x->code, y->code);
}

/* Read once a row asks, which most files never do. */
static enum err standing_read(struct reading *reading)
{
	struct import_run *run = reading->run;
	struct list *all = &reading->standing;
	enum err e = standing_skus(run->job->step.db, run->import.whose, run->arena, all);

	reading->standing_read = !e;
	if (!e && all->count)
		qsort(all->at, all->count, sizeof(struct standing_sku), by_code);
	return e;
}

static enum err stands(void *context, struct text code, enum import_column column, struct text cell,
		       bool *out)
{
	struct reading *reading = context;
	const struct standing_sku key = { .code = code }, *sku;
	enum err e = reading->standing_read ? OK : standing_read(reading);

	if (e || !reading->standing.count)
		return e;
	sku = bsearch(&key, reading->standing.at, reading->standing.count, sizeof(key), by_code);
	if (sku && column == COLUMN_WEIGHT)
		*out = !cell.size && sku->weight_g == INT_NONE;
	else if (sku && column == COLUMN_NAME)
		*out = text_equal(cell, sku->name);
	else if (sku && column == COLUMN_BRAND)
		*out = text_equal(cell, sku->brand);
	else if (sku && column == COLUMN_PRODUCER)
		*out = text_equal(cell, sku->producer);
	return OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum err keep_row(struct reading *reading, const struct catalogue_row *row)
{
	struct arena *arena = reading->run->arena;
	struct text *packed = list_add(&reading->rows, arena, sizeof(*packed));

	if (!packed)
		return ERR_MEMORY;
	*packed = row_pack(row, arena);
	return packed->at ? OK : ERR_MEMORY;
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
		if (siblings_has(reading->siblings, result->row.code))
			return siblings_add(reading->siblings, result);
		e = keep_row(reading, &result->row);
		if (!e)
			e = add_notes(reading->run, result);
		break;
	}
	return e;
}

/* Rows of products with several SKUs, which had to wait for each other. */
static enum err take_sibling(void *context, const struct import_result *result)
{
	struct reading *reading = context;
	struct import *import = &reading->run->import;

	if (result->verdict == IMPORT_REJECTED) {
		import->accepted--;
		import->rejected++;
		return add_faults(reading->run, result);
	}
	enum err e = keep_row(reading, &result->row);
	return e ? e : add_notes(reading->run, result);
}

static enum err read_rows(struct import_run *run)
{
	struct reading *reading = arena_take(run->arena, sizeof(*reading));
	struct db *db = run->job->step.db;
	struct import_reader reader = { 0 };
	int32_t today = day_of(clock_now(&run->job->step.app->clock));
	enum err e = reading ? county_list_on(db, today, run->arena, &reading->reference.counties)
			     : ERR_MEMORY;

	if (!e)
		e = category_list_on(db, today, run->arena, &reading->reference.categories);
	if (!e)
		e = siblings_read(db, run->arena, run->import.whose, &reading->siblings);
	if (e)
		return e;
	reading->run = run;
	e = import_begin(&reader, &reading->reference, run->arena, run->scratch, take_result,
			 reading);
	reader.stands = stands;
	if (!e) {
		import_watch(run, &reader.header, &reader.accepted_count, &reader.rejected_count,
			     &reader.skipped_count);
		e = import_read_file(run, NULL, import_row, &reader);
	}
	if (!e)
		e = import_end(&reader);
	run->import.accepted = reader.accepted_count;
	run->import.rejected = reader.rejected_count;
	run->import.skipped = reader.skipped_count;
	run->rows = reading;
	return e ? e
		 : siblings_judge(reading->siblings, &reading->reference, run->scratch,
				  take_sibling, reading);
}

/* ---- publishing ---- */

static enum err run_publication(struct tx *tx, struct import_end *end,
				enum err (*fn)(struct tx *tx, struct publication *publication))
{
	const struct reading *reading = end->rows;
	struct publication publication = {
		.supplier = end->import.whose,
		.import = end->import.id,
		.packed = reading->rows,
		.reference = &reading->reference,
	};
	enum err e = fn(tx, &publication);

	end->import.created = publication.created;
	end->import.changed = publication.changed;
	end->import.unchanged = publication.unchanged;
	end->import.priced = publication.priced;
	end->import.restocked = publication.restocked;
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
	  .required = 1u << COLUMN_SKU | 1u << COLUMN_NAME | 1u << COLUMN_COUNTY |
		      1u << COLUMN_CATEGORY | 1u << COLUMN_SPEC | 1u << COLUMN_UNIT |
		      1u << COLUMN_PRICE | 1u << COLUMN_STOCK | 1u << COLUMN_STORAGE |
		      1u << COLUMN_WEIGHT,
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
	.suggest = import_suggest,
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
