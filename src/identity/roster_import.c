/*
 * Rosters of units as a kind of import: reads the table of units, then the list of their places (a
 * second file, or the second sheet of the workbook), asks the database about all that they name,
 * has everything judged, and tells what was found. Nothing but texts of the rows stays in memory.
 */
#include <stdlib.h>

#include "roster_import.h"

/* The note that says a second sheet was no list of places stands behind those of hidden sheets. */
enum { NOTE_OF_PLACES = ROW_FAULTS_MAX - 1 };

/* ---- the list of places ---- */

static enum err places_read(struct import_run *run, struct roster_reading *reading)
{
	bool own_file = !id_is_none(run->import.places);
	struct sheet_choice choice = { .index = own_file ? 0 : 1 };
	struct places_reading places = { .roster = reading };
	struct sheet_source source;
	enum err e = places_begin(reading, &places.header);

	if (!e)
		e = import_read_places(run, &choice, &source, roster_place_read, &places);
	if (e == ERR_SHEET_MISSING && !own_file)
		return OK;
	if (e || places.header.seen)
		return e;
	if (own_file)
		return ERR_PLACES_HEADER;
	return import_add_note(run, 0, NOTE_OF_PLACES, TEXT("sheet"), source.name, TEXT(""));
}

/* Which row has a code first: places are tied to it. */
static enum err codes_index(struct roster_reading *reading)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < reading->rows.count; i++) {
		struct text code = LIST_ITEM(reading->rows, struct roster_row, i)->code;

		if (code.size)
			e = names_put(&reading->codes, code, (int32_t)i);
	}
	return e;
}

/* ---- the database ---- */

/* What else stands in a cell of codes is nobody's, and nothing to compare with columns of ASCII. */
static bool may_be_known(struct text code)
{
	for (size_t i = 0; i < code.size; i++)
		if ((unsigned char)code.at[i] >= 0x80)
			return false;
	return code.size > 0;
}

static enum err codes_add(struct roster_reading *reading, struct list *codes, struct text code)
{
	struct value *value;

	if (!may_be_known(code))
		return OK;
	value = list_add(codes, reading->arena, sizeof(*value));
	if (!value)
		return ERR_MEMORY;
	*value = value_text(code);
	return OK;
}

static enum err database_ask(struct db *db, struct roster_reading *reading)
{
	struct list usccs = { 0 }, codes = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < reading->rows.count; i++) {
		const struct roster_row *row = LIST_ITEM(reading->rows, struct roster_row, i);

		e = codes_add(reading, &usccs, row->uscc);
		if (!e)
			e = codes_add(reading, &codes, row->code);
		if (!e)
			e = codes_add(reading, &codes, row->parent);
	}
	for (size_t i = 0; !e && i < reading->places.count; i++)
		e = codes_add(reading, &codes,
			      LIST_ITEM(reading->places, struct roster_place, i)->parent);
	if (!e && usccs.count)
		e = known_by_uscc(db, usccs.at, usccs.count, false, reading->arena,
				  &reading->known);
	if (!e && codes.count)
		e = known_by_code(db, codes.at, codes.count, reading->arena, &reading->others);
	for (int32_t hierarchy = 0; !e && hierarchy_words[hierarchy]; hierarchy++)
		e = places_of_hierarchy(db, hierarchy, reading->arena, &reading->forest);
	if (!e)
		places_sort(reading->forest.at, reading->forest.count);
	return e;
}

/* ---- telling ---- */

static enum err remarks_tell(struct import_run *run, const struct roster_row *row)
{
	bool good = roster_row_is_good(row);
	const struct list *remarks = good ? &row->notes : &row->faults;
	enum err e = OK;

	for (size_t i = 0; !e && i < remarks->count && i < ROW_FAULTS_MAX; i++) {
		const struct roster_remark *remark = LIST_ITEM(*remarks, struct roster_remark, i);

		e = good ? import_add_note(run, row->record, i, remark->problem.pointer,
					   remark->cell, remark->taken)
			 : import_add_fault(run, row->record, i, &remark->problem, remark->cell);
	}
	return e;
}

static int compare_fault(const void *a, const void *b)
{
	const struct place_fault *left = a, *right = b;

	return (left->record > right->record) - (left->record < right->record);
}

/* Counts rows of the list of places that stand for no unit of the file. */
static enum err place_faults_tell(struct import_run *run, struct roster_reading *reading)
{
	struct place_fault *faults = reading->place_faults.at;
	size_t number = 0;
	enum err e = OK;

	if (reading->place_faults.count)
		qsort(faults, reading->place_faults.count, sizeof(*faults), compare_fault);
	for (size_t i = 0; !e && i < reading->place_faults.count; i++) {
		bool same = i > 0 && faults[i - 1].record == faults[i].record;

		number = same ? number + 1 : 0;
		run->import.rejected += !same && faults[i].alone;
		e = import_add_fault(run, PLACES_RECORDS + faults[i].record, number,
				     &faults[i].remark.problem, faults[i].remark.cell);
	}
	return e;
}

static enum err tell(struct import_run *run, struct roster_reading *reading)
{
	enum err e = OK;

	run->import.skipped = reading->skipped;
	for (size_t i = 0; !e && i < reading->rows.count; i++) {
		const struct roster_row *row = LIST_ITEM(reading->rows, struct roster_row, i);

		if (roster_row_is_good(row))
			run->import.accepted++;
		else
			run->import.rejected++;
		e = remarks_tell(run, row);
	}
	return e ? e : place_faults_tell(run, reading);
}

/* ---- the kind ---- */

static enum err roster_read(struct import_run *run)
{
	struct roster_reading *reading = arena_take(run->arena, sizeof(*reading));
	struct step *step = &run->job->step;
	enum err e = reading ? roster_begin(reading, run->arena, run->scratch) : ERR_MEMORY;

	if (e)
		return e;
	reading->tomorrow = day_of(clock_now(&step->app->clock)) + 1;
	e = county_list(step->db, run->arena, &reading->counties);
	if (!e)
		e = import_read_file(run, NULL, roster_row_read, reading);
	if (!e && !reading->header.seen)
		e = ERR_ROSTER_HEADER;
	if (!e)
		e = codes_index(reading);
	if (!e)
		e = places_read(run, reading);
	if (!e)
		e = database_ask(step->db, reading);
	if (!e)
		e = roster_check(reading);
	run->rows = reading;
	return e ? e : tell(run, reading);
}

static const struct import_table tables[] = {
	{ .header = roster_header_begin,
	  .columns = roster_column_words,
	  .key = ROSTER_CODE,
	  .sheet = { [ZH] = "被拒绝的行", [EN] = "rejected-rows" } },
	{ .header = places_header_begin,
	  .columns = place_column_words,
	  .key = PLACE_UNIT,
	  .sheet = { [ZH] = "条线", [EN] = "places" } },
};

const struct import_kind roster_import = {
	.word = "roster",
	.job = "roster_import",
	.field_count = IMPORT_FIELDS_OF_TWO_FILES,
	.tables = tables,
	.table_count = COUNT_OF(tables),
	.read = roster_read,
	.publish = roster_publish,
	.plan = roster_plan,
};

static enum err roster_job(struct job_run *run)
{
	return import_job(run, &roster_import);
}

const struct job_kind roster_jobs[] = {
	{ .kind = "roster_import", .run = roster_job },
};
const size_t roster_job_count = COUNT_OF(roster_jobs);
