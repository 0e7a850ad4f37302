/*
 * How a file would be read, before it is: its sheets, its header with the column that each cell was
 * taken for and by what, the columns that are missing, and the first rows as they stand. Nothing is
 * kept; the file is read no further than that.
 */
#include "import_rows.h"

enum { ROWS_SHOWN = 20, CELL_SHOWN = 200, LOOKED_AT = 1000, PREVIEW_MAX = 8 * 1024 * 1024 };
enum { FILE_ARENA = 256 * 1024 * 1024, ROW_ARENA = 16 * 1024 * 1024 };

struct asked {
	struct id file;
	struct import_options options;
};
static const struct field asked_fields[] = {
	{ "file", KIND_ID, FIELD_AT(asked, file) },
	IMPORT_OPTIONS_FIELDS(asked, options.),
};
/* Without the corrections: there is nothing to correct yet. */
enum { ASKED_FIELD_COUNT = COUNT_OF(asked_fields) - 1 };

/* Each part of the answer is written as it is met. */
struct preview {
	const struct import_table *table;
	struct import_options options;
	struct list kept; /* of struct import_header: what was remembered */
	struct header header;
	struct arena *arena, *scratch;
	struct sheet_source source;
	struct buffer columns, titles, rows; /* inside of arrays */
	struct json columns_json, titles_json, rows_json;
	int title_count, row_count;
};

static struct text shown(struct text cell)
{
	size_t at = 0;

	for (size_t i = 0; i < CELL_SHOWN && at < cell.size; i++)
		text_next(cell, &at);
	return (struct text){ cell.at ? cell.at : "", at };
}

static void put_row(struct json *json, const struct sheet_row *row)
{
	json_open(json, NULL, '{');
	json_int(json, "record", row->record);
	json_open(json, "cells", '[');
	for (size_t i = 0; i < row->filled_count && i < SHEET_CELLS_MAX; i++)
		json_text(json, NULL, shown(row->cells[i]));
	json_close(json, ']');
	json_close(json, '}');
}

/* "remembered" where it was said of an earlier file and not of this one. */
static const char *way_word(const struct preview *preview, struct text cell, enum header_way way)
{
	static const char *const words[] = {
		[WAY_NONE] = "none",       [WAY_WORD] = "word",         [WAY_SAID] = "said",
		[WAY_IGNORED] = "ignored", [WAY_REPEATED] = "repeated", [WAY_ERRORS] = "errors"
	};
	struct text key = header_fold(preview->scratch, cell);

	if (way != WAY_SAID && way != WAY_IGNORED)
		return words[way];
	for (size_t i = 0; i < preview->options.columns.count - preview->kept.count; i++)
		if (text_equal(key,
			       LIST_ITEM(preview->options.columns, struct import_header, i)->key))
			return words[way];
	return way == WAY_SAID ? "remembered" : "ignored";
}

static struct text column_at(const struct preview *preview, size_t cell)
{
	for (size_t i = 0; preview->table->columns[i]; i++)
		if (preview->header.place[i] == (int32_t)cell)
			return text_of(preview->table->columns[i]);
	return NO_TEXT;
}

static void put_header(struct preview *preview, const struct sheet_row *row)
{
	struct json *json = &preview->columns_json;

	preview->columns.size = 0;
	json->comma = false;
	for (size_t i = 0; i < preview->header.width && i < row->cell_count; i++) {
		enum header_way way = (enum header_way)preview->header.ways[i];

		if (cell_is_blank(row->cells[i]))
			continue;
		json_open(json, NULL, '{');
		json_int(json, "cell", (int64_t)i + 1);
		json_text(json, "header", shown(row->cells[i]));
		json_text(json, "column", column_at(preview, i));
		json_text(json, "by", text_of(way_word(preview, row->cells[i], way)));
		json_close(json, '}');
	}
}

/* ERR_CANCELLED: enough has been seen. */
static enum err take_row(void *context, const struct sheet_row *row)
{
	struct preview *preview = context;
	enum import_skip skip;

	arena_reset(preview->scratch);
	enum err e = header_look(&preview->header, row, &skip);
	if (e)
		return e;
	if (skip == SKIP_HEADER) {
		e = said_meet(&preview->options, &preview->header, row);
		if (preview->row_count == 0)
			put_header(preview, row);
	}
	if (e)
		return e;
	if (skip == SKIP_TITLE && preview->title_count < ROWS_SHOWN) {
		preview->title_count++;
		put_row(&preview->titles_json, row);
	}
	if (skip == SKIP_NONE) {
		preview->row_count++;
		put_row(&preview->rows_json, row);
	}
	return preview->row_count == ROWS_SHOWN || row->record == LOOKED_AT ? ERR_CANCELLED : OK;
}

static void put_sheets(struct json *json, const struct list *names, bool visible)
{
	for (size_t i = 0; i < names->count; i++) {
		json_open(json, NULL, '{');
		json_text(json, "name", *LIST_ITEM(*names, struct text, i));
		json_bool(json, "visible", visible);
		json_close(json, '}');
	}
}

static void put_missing(struct json *json, const struct preview *preview)
{
	json_open(json, "missing", '[');
	for (size_t i = 0; i < HEADER_COLUMNS_MAX && preview->table->columns[i]; i++)
		if (preview->header.seen && (preview->table->required >> i & 1) &&
		    preview->header.place[i] < 0)
			json_text(json, NULL, text_of(preview->table->columns[i]));
	json_close(json, ']');
}

static void put_array(struct json *json, const char *name, const struct buffer *inside)
{
	json_open(json, name, '[');
	buffer_add(json->out, buffer_text(inside));
	json_close(json, ']');
}

static void put_all(struct buffer *out, const struct preview *preview)
{
	struct json json = { .out = out };
	const struct sheet_source *source = &preview->source;
	bool seen = preview->header.seen, csv = source->format == SHEET_CSV;

	json_open(&json, NULL, '{');
	json_text(&json, "format", text_of(sheet_format_words[source->format]));
	json_text(&json, "encoding", csv ? text_of(encoding_words[source->encoding]) : NO_TEXT);
	json_open(&json, "sheets", '[');
	put_sheets(&json, &source->shown, true);
	put_sheets(&json, &source->hidden, false);
	json_close(&json, ']');
	json_text(&json, "sheet", source->name);
	json_int(&json, "header_row", seen ? preview->header.record : 0);
	put_array(&json, "columns", &preview->columns);
	put_missing(&json, preview);
	put_array(&json, "rows", seen ? &preview->rows : &preview->titles);
	json_close(&json, '}');
}

/* As an import would refuse it. */
static enum err type_check(struct req *rq, struct text content)
{
	const char *media = file_media(content);

	if (!media || media_is_table(text_of(media)))
		return OK;
	fail(&rq->problems, ERR_SHEET_TYPE, AT("/file"), ARG_TEXT(text_of(media)));
	return ERR_REFUSED;
}

/* What was said of columns that the header does not have. */
static enum err columns_found(struct req *rq, const struct preview *preview)
{
	const struct import_options *options = &preview->options;

	for (size_t i = 0; preview->header.seen && (int64_t)i < options->said; i++) {
		const struct import_header *one =
			LIST_ITEM(options->columns, struct import_header, i);

		if (!one->found)
			fail(&rq->problems, ERR_COLUMN_ABSENT,
			     problem_at(&rq->problems, "/columns/%zu/header", i),
			     ARG_TEXT(one->header));
	}
	return req_faults(rq);
}

static enum err read_file(struct req *rq, const struct import_kind *kind, struct id file,
			  struct preview *preview)
{
	struct sheet_choice choice = { .name = preview->options.sheet };
	struct text content;
	enum err e = kind->tables[0].header(&preview->header, preview->arena, preview->scratch);

	if (!e)
		e = said_begin(preview->arena, kind, &preview->options);
	preview->header.choice = &preview->options.choice;
	if (!e)
		e = file_read(rq->db, preview->arena, &rq->actor, file, &content);
	if (e == ERR_NOT_FOUND) {
		fail(&rq->problems, ERR_UNKNOWN_REFERENCE, AT("/file"));
		return ERR_REFUSED;
	}
	if (!e)
		e = type_check(rq, content);
	if (!e)
		e = sheet_read(content, &choice, preview->arena, &preview->source, take_row,
			       preview);
	return e && e != ERR_CANCELLED ? e : columns_found(rq, preview);
}

/* What was remembered stands behind what is said now, which goes first. */
static enum err recall(struct req *rq, const struct import_kind *kind, struct preview *preview)
{
	enum err e =
		headers_list(rq->db, rq->arena, rq->actor.organisation, kind->word, &preview->kept);

	for (size_t i = 0; i < preview->kept.count && !e; i++) {
		struct import_header *one =
			list_add(&preview->options.columns, rq->arena, sizeof(*one));

		if (one)
			*one = *LIST_ITEM(preview->kept, struct import_header, i);
		e = one ? OK : ERR_MEMORY;
	}
	return e;
}

static enum err preview_reply(struct req *rq, const struct import_kind *kind, struct id file,
			      struct preview *preview)
{
	struct buffer out = { .max = PREVIEW_MAX };
	enum err e = recall(rq, kind, preview);

	if (!e)
		e = read_file(rq, kind, file, preview);
	if (!e) {
		put_all(&out, preview);
		e = reply_body(rq, "application/json", &out);
	}
	buffer_free(&out);
	return e;
}

enum err import_preview_post(struct req *rq, const struct import_kind *kind)
{
	struct asked asked = { .file = NO_ID };
	struct preview preview = { .table = &kind->tables[0] };
	enum err e = json_read_on(rq, asked_fields, ASKED_FIELD_COUNT, &asked);

	if (!e)
		said_check(kind, &asked.options, &rq->problems);
	if (!e)
		e = req_faults(rq);
	if (e)
		return e;
	preview.options = asked.options;
	preview.options.said = (int64_t)asked.options.columns.count;
	preview.columns.max = preview.titles.max = preview.rows.max = PREVIEW_MAX;
	preview.columns_json.out = &preview.columns;
	preview.titles_json.out = &preview.titles;
	preview.rows_json.out = &preview.rows;
	preview.arena = arena_new(FILE_ARENA);
	preview.scratch = arena_new(ROW_ARENA);
	e = preview.arena && preview.scratch ? preview_reply(rq, kind, asked.file, &preview)
					     : ERR_MEMORY;
	buffer_free(&preview.columns);
	buffer_free(&preview.titles);
	buffer_free(&preview.rows);
	arena_free(preview.arena);
	arena_free(preview.scratch);
	return e;
}

/* ---- what is remembered ---- */

enum err import_headers_get(struct req *rq, const struct import_kind *kind)
{
	struct list kept = { 0 };
	enum err e = headers_list(rq->db, rq->arena, rq->actor.organisation, kind->word, &kept);

	for (size_t i = 0; i < kept.count; i++) {
		struct import_header *one = LIST_ITEM(kept, struct import_header, i);

		if (!one->column.size)
			one->column = NO_TEXT;
	}
	return e ? e
		 : reply_page(rq, import_header_fields, import_header_field_count,
			      sizeof(struct import_header), &kept, HEADERS_KEPT_MAX + 1, NULL);
}

enum err import_header_delete(struct req *rq, const struct import_kind *kind)
{
	struct import_header asked = { .id = req_path_id(rq, "id"),
				       .whose = rq->actor.organisation,
				       .kind = text_of(kind->word) };

	return run_event(rq, import_header_drop, &asked, NULL, 0);
}
