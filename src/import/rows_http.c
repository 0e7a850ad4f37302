/*
 * The rows of an import as they stood in the file, by what became of them: page by page, each with
 * its cells and its faults, for whoever mends them in place. The file is read again as the import
 * read it; which rows were rejected is known from their faults.
 */
#include "import_rows.h"

enum { FILE_ARENA = 256 * 1024 * 1024, ROW_ARENA = 16 * 1024 * 1024, PAGE_BYTES_MAX = 8 << 20 };
/* More than this many faults of the rows of one page are not told. */
enum { FAULTS_OF_PAGE = 5000 };

enum verdict_word { VERDICT_ACCEPTED, VERDICT_REJECTED, VERDICT_SKIPPED };
static const char *const verdict_words[] = { "accepted", "rejected", "skipped", NULL };

struct rows_query {
	struct page page;
	int32_t verdict;
};
static const struct field rows_query_fields[] = {
	PAGE_FIELDS(rows_query),
	{ "verdict", KIND_WORD, FIELD_AT(rows_query, verdict), .only = IN, .optional = true,
	  .words = verdict_words },
};

struct rows_pass {
	struct req *rq;
	const struct import_kind *kind;
	const struct import_table *table;
	struct import_options *options;
	struct header header;
	struct arena *arena, *scratch;
	struct list faults; /* of struct import_fault, by record, from behind @after */
	size_t fault;       /* the next of them */
	int32_t wanted;     /* SMALL_NONE: all */
	int64_t after, limit, count, last;
	bool more;
	void *known; /* by import_kind.suggest */
	enum err e;  /* of the suggestions */
	struct buffer out;
	struct json json;
};

static void put_suggestions(struct rows_pass *pass, const struct import_fault *fault)
{
	const struct import_cell_fault asked = { fault->field, fault->code, fault->cell };
	struct near_names found = { .count = 0 };

	if (pass->kind->suggest && !pass->e)
		pass->e = pass->kind->suggest(pass->rq->db, pass->arena, day_of(pass->rq->now),
					      &pass->known, &asked, &found);
	json_open(&pass->json, "suggestions", '[');
	for (size_t i = 0; i < found.count; i++)
		json_text(&pass->json, NULL, found.names[i]);
	json_close(&pass->json, ']');
}

static void put_faults(struct rows_pass *pass, size_t from, size_t to)
{
	struct json *json = &pass->json;

	json_open(json, "faults", '[');
	for (size_t i = from; i < to; i++) {
		const struct import_fault *fault = LIST_ITEM(pass->faults, struct import_fault, i);
		struct buffer sentence = { .max = KIB(16) };

		fault_sentence(fault, pass->rq->language, &sentence);
		json_open(json, NULL, '{');
		json_text(json, "field", fault->field);
		json_text(json, "code", fault->code);
		json_text(json, "reason", buffer_text(&sentence));
		put_suggestions(pass, fault);
		json_close(json, '}');
		buffer_free(&sentence);
	}
	json_close(json, ']');
}

/* Of the columns that the file has, in their order. */
static void put_cells(struct rows_pass *pass, const struct sheet_row *row)
{
	struct json *json = &pass->json;

	json_open(json, "cells", '[');
	for (size_t i = 0; pass->header.seen && pass->table->columns[i]; i++) {
		if (i >= HEADER_COLUMNS_MAX || pass->header.place[i] < 0)
			continue;
		json_open(json, NULL, '{');
		json_text(json, "column", text_of(pass->table->columns[i]));
		json_text(json, "value", header_cell(&pass->header, row, i, NULL));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_row(struct rows_pass *pass, const struct sheet_row *row, enum verdict_word verdict,
		    size_t from, size_t to)
{
	struct json *json = &pass->json;

	json_open(json, NULL, '{');
	json_int(json, "record", row->record);
	json_text(json, "verdict", text_of(verdict_words[verdict]));
	put_cells(pass, row);
	put_faults(pass, from, to);
	json_close(json, '}');
	pass->last = row->record;
	pass->count++;
}

/* ERR_CANCELLED: the page is full. */
static enum err take_row(void *context, const struct sheet_row *row)
{
	struct rows_pass *pass = context;
	size_t from = pass->fault, to;
	enum import_skip skip;

	arena_reset(pass->scratch);
	enum err e = said_correct(pass->options, &pass->header, pass->table->columns, &row);
	if (!e)
		e = header_look(&pass->header, row, &skip);
	if (e || row->record <= pass->after)
		return e;
	for (to = from; to < pass->faults.count; to++)
		if (LIST_ITEM(pass->faults, struct import_fault, to)->record != row->record)
			break;
	pass->fault = to;
	enum verdict_word verdict = skip != SKIP_NONE ? VERDICT_SKIPPED
				    : to > from       ? VERDICT_REJECTED
						      : VERDICT_ACCEPTED;
	if (skip == SKIP_BLANK || (pass->wanted != SMALL_NONE && pass->wanted != (int32_t)verdict))
		return OK;
	pass->more = pass->count == pass->limit || pass->out.size > PAGE_BYTES_MAX;
	if (pass->more)
		return ERR_CANCELLED;
	put_row(pass, row, verdict, from, to);
	return pass->out.failed ? ERR_MEMORY : pass->e;
}

static enum err read_rows(struct rows_pass *pass, const struct import_kind *kind,
			  const struct import *import)
{
	struct sheet_choice choice = { .name = pass->options->sheet };
	struct sheet_source source;
	struct db *db = pass->rq->db;
	struct text content = NO_TEXT;
	enum err e = said_load(db, pass->arena, kind, import->id, pass->options);

	choice.name = pass->options->sheet;
	if (!e)
		e = pass->table->header(&pass->header, pass->arena, pass->scratch);
	pass->header.choice = &pass->options->choice;
	if (!e)
		e = fault_list(db, pass->arena, import->id, (pass->after + 1) * ROW_FAULTS_MAX - 1,
			       FAULTS_OF_PAGE, &pass->faults);
	if (!e)
		e = file_read(db, pass->arena, &pass->rq->actor, import->file, &content);
	if (!e)
		e = sheet_read(content, &choice, pass->arena, &source, take_row, pass);
	return e == ERR_CANCELLED ? OK : e;
}

static enum err rows_reply(struct rows_pass *pass, const struct import_kind *kind,
			   const struct import *import)
{
	struct json *json = &pass->json;

	json_open(json, NULL, '{');
	json_open(json, "items", '[');
	enum err e = read_rows(pass, kind, import);
	json_close(json, ']');
	json_text(json, "next",
		  pass->more ? page_cursor_number(pass->rq->arena, pass->last) : NO_TEXT);
	json_close(json, '}');
	return e ? e : reply_body(pass->rq, "application/json", &pass->out);
}

enum err import_rows_get(struct req *rq, const struct import_kind *kind)
{
	struct rows_query query = { .verdict = SMALL_NONE };
	struct import import = { .state = 0 };
	struct rows_pass pass = { .rq = rq, .kind = kind, .table = &kind->tables[0] };
	enum err e = query_read(rq, rows_query_fields, COUNT_OF(rows_query_fields), &query);

	if (!e)
		e = page_after_number(rq, &query.page, &pass.after);
	if (!e)
		e = import_read(rq->db, rq->arena, kind->word, rq->actor.organisation,
				req_path_id(rq, "id"), &import);
	if (!e && import.state != JOB_DONE)
		e = ERR_IMPORT_NOT_READ;
	if (!e && import.kept != KEPT_WHOLE)
		e = ERR_IMPORT_FORGOTTEN;
	if (e)
		return e;
	pass.wanted = query.verdict;
	pass.limit = page_limit(&query.page);
	pass.out.max = 2 * PAGE_BYTES_MAX;
	pass.json.out = &pass.out;
	pass.arena = arena_new(FILE_ARENA);
	pass.scratch = arena_new(ROW_ARENA);
	pass.options = pass.arena ? arena_take(pass.arena, sizeof(*pass.options)) : NULL;
	e = pass.options && pass.scratch ? rows_reply(&pass, kind, &import) : ERR_MEMORY;
	buffer_free(&pass.out);
	arena_free(pass.arena);
	arena_free(pass.scratch);
	return e;
}
