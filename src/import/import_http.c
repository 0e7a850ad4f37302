/* Imports: asked for, watched, and what became of their rows. Each kind has its own paths. */
#include "import_rows.h"

struct import_query {
	struct page page;
};
static const struct field import_query_fields[] = { PAGE_FIELDS(import_query) };

#define ASKED_FIELDS                                                                               \
	{ "file", KIND_ID, FIELD_AT(import_asking, import.file) },                                 \
		{ "policy", KIND_WORD, FIELD_AT(import_asking, import.policy),                     \
		  .words = policy_words },                                                         \
	{                                                                                          \
		"dry_run", KIND_BOOL, FIELD_AT(import_asking, import.dry_run), .optional = true    \
	}

/* Of one table, of which something may be said; of two. */
static const struct field asked_fields[] = {
	ASKED_FIELDS,
	IMPORT_OPTIONS_FIELDS(import_asking, options.),
};
static const struct field asked_of_two_fields[] = {
	ASKED_FIELDS,
	{ "places", KIND_ID, FIELD_AT(import_asking, import.places), .optional = true },
};

static enum err asking_read(struct req *rq, struct import_asking *asking)
{
	bool two = asking->kind->table_count > 1;
	enum err e = two ? json_read(rq, asked_of_two_fields, COUNT_OF(asked_of_two_fields), asking)
			 : json_read_on(rq, asked_fields, COUNT_OF(asked_fields), asking);

	if (e || two)
		return e;
	said_check(asking->kind, &asking->options, &rq->problems);
	for (size_t i = 0; i < asking->options.columns.count; i++) {
		struct import_header *one =
			LIST_ITEM(asking->options.columns, struct import_header, i);

		one->id = id_new(rq->now);
		one->whose = rq->actor.organisation;
		one->kind = text_of(asking->kind->word);
		one->created_at = rq->now;
		if (!one->column.at)
			one->column = TEXT("");
	}
	return req_faults(rq);
}

enum err import_post(struct req *rq, const struct import_kind *kind)
{
	struct import_asking asking = { .kind = kind };
	struct import *import = &asking.import;
	enum err e = asking_read(rq, &asking);
	char id[37];

	if (e)
		return e;
	import->id = id_new(rq->now);
	import->whose = rq->actor.organisation;
	import->user = rq->actor.user;
	import->kind = text_of(kind->word);
	import->state = JOB_QUEUED;
	import->created_at = rq->now;
	import->ended_at = import->header_row = INT_NONE;
	struct text location =
		arena_print(rq->arena, "/api/v1/jobs/%s", id_format(import->id, id).at);
	e = location.at ? reply_header(rq, "Location", location) : ERR_MEMORY;
	return e ? e : run_event(rq, import_request, &asking, import_fields, kind->field_count);
}

/* ---- sentences ------------------------------------------------------------------------------- */

/* What did not fit the file was kept as its first fault, of no record. */
static enum err misfit_read(const struct req *rq, struct id import, struct import_fault *whole)
{
	struct list faults = { 0 };
	enum err e = fault_list(rq->db, rq->arena, import, -1, 1, &faults);
	const struct import_fault *first = faults.at;

	if (!e && faults.count && first->record == 0 && text_equal(first->code, whole->code))
		whole->arguments = first->arguments;
	return e;
}

/* Gives the import the sentence of its problem. */
static enum err import_explain(const struct req *rq, struct import *import)
{
	struct import_fault whole = { .code = import->problem, .field = TEXT("") };
	struct buffer sentence = { .max = KIB(16) };
	enum err e = OK;

	if (!import->problem.at)
		return OK;
	if (text_is(import->problem, err_info(ERR_CORRECTION_PLACE)->code) ||
	    text_is(import->problem, err_info(ERR_COLUMN_ABSENT)->code))
		e = misfit_read(rq, import->id, &whole);
	if (e)
		return e;
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

/* ---- what was normalised --------------------------------------------------------------------- */

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
	if (!e && import.kept != KEPT_WHOLE)
		e = ERR_IMPORT_FORGOTTEN;
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
