/*
 * What was said of a file beside the file itself: which sheet and which row is meant, what its
 * columns are, and cells that were mended without sending it again. It stands as JSON in the row of
 * the import, together with what was remembered of earlier files, so that whoever reads the file
 * again later (rejected rows, single rows) reads it as the import did.
 */
#include <stdlib.h>
#include <string.h>

#include "import_rows.h"

const struct field import_said_fields[IMPORT_SAID_FIELD_COUNT] = {
	{ "header", KIND_TEXT, FIELD_AT(import_header, header), .min = 1, .max = 100 },
	{ "column", KIND_TEXT, FIELD_AT(import_header, column), .optional = true, .max = 20 },
};
const struct field import_correction_fields[IMPORT_CORRECTION_FIELD_COUNT] = {
	{ "record", KIND_INT, FIELD_AT(import_correction, record), .min = 1,
	  .max = SHEET_ROWS_MAX },
	{ "column", KIND_TEXT, FIELD_AT(import_correction, column), .min = 1, .max = 20 },
	{ "value", KIND_TEXT, FIELD_AT(import_correction, value), .max = CORRECTION_LENGTH_MAX },
};
static const struct field options_fields[] = {
	IMPORT_OPTIONS_FIELDS(import_options, ),
	{ "said", KIND_INT, FIELD_AT(import_options, said), .optional = true,
	  .max = SHEET_CELLS_MAX },
};

/* ---- what may be said ---- */

static int column_index(const struct import_kind *kind, struct text word)
{
	return word_find(kind->tables[0].columns, word);
}

static struct text column_list(struct arena *arena, const struct import_kind *kind)
{
	struct buffer out = { .max = KIB(4) };

	for (const char *const *word = kind->tables[0].columns; *word; word++)
		buffer_print(&out, "%s%s", out.size ? ", " : "", *word);
	struct text list = arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return list;
}

static void columns_check(const struct import_kind *kind, struct import_options *options,
			  struct problems *problems)
{
	struct names seen;

	names_begin(&seen, problems->arena);
	for (size_t i = 0; i < options->columns.count; i++) {
		struct import_header *one = LIST_ITEM(options->columns, struct import_header, i);

		one->key = header_fold(problems->arena, one->header);
		if (!one->key.size)
			fail(problems, ERR_FORMAT, problem_at(problems, "/columns/%zu/header", i));
		else if (names_get(&seen, one->key) >= 0)
			fail(problems, ERR_REPEATED,
			     problem_at(problems, "/columns/%zu/header", i));
		else
			names_put(&seen, one->key, 0);
		if (one->column.at && column_index(kind, one->column) < 0)
			fail(problems, ERR_WORD, problem_at(problems, "/columns/%zu/column", i),
			     ARG_TEXT(column_list(problems->arena, kind)));
	}
}

static int correction_compare(const void *a, const void *b)
{
	const struct import_correction *left = a, *right = b;

	return (left->record > right->record) - (left->record < right->record);
}

static void corrections_check(const struct import_kind *kind, struct import_options *options,
			      struct problems *problems)
{
	struct names seen;

	names_begin(&seen, problems->arena);
	for (size_t i = 0; i < options->corrections.count; i++) {
		const struct import_correction *one =
			LIST_ITEM(options->corrections, struct import_correction, i);
		struct text cell = arena_print(problems->arena, "%lld %.*s", (long long)one->record,
					       TEXT_FMT(one->column));

		if (column_index(kind, one->column) < 0)
			fail(problems, ERR_WORD, problem_at(problems, "/corrections/%zu/column", i),
			     ARG_TEXT(column_list(problems->arena, kind)));
		else if (names_get(&seen, cell) >= 0)
			fail(problems, ERR_REPEATED, problem_at(problems, "/corrections/%zu", i));
		else
			names_put(&seen, cell, 0);
	}
	if (options->corrections.count)
		qsort(options->corrections.at, options->corrections.count,
		      sizeof(struct import_correction), correction_compare);
}

void said_check(const struct import_kind *kind, struct import_options *options,
		struct problems *problems)
{
	columns_check(kind, options, problems);
	corrections_check(kind, options, problems);
}

/* ---- kept in the row ---- */

enum err said_write(struct arena *arena, const struct import_options *options, struct text *out)
{
	struct buffer json = { .max = MIB(15) };

	*out = NO_TEXT;
	if (!options->sheet.at && options->header_row == INT_NONE && !options->columns.count &&
	    !options->corrections.count)
		return OK;
	json_encode(&json, options_fields, COUNT_OF(options_fields), options);
	*out = json.failed ? NO_TEXT : arena_text(arena, buffer_text(&json));
	buffer_free(&json);
	return out->at ? OK : ERR_MEMORY;
}

enum err said_begin(struct arena *arena, const struct import_kind *kind,
		    struct import_options *options)
{
	struct header_choice *choice = &options->choice;
	enum err e = OK;

	choice->record = options->header_row == INT_NONE ? 0 : options->header_row;
	options->next = 0;
	names_begin(&choice->columns, arena);
	for (size_t i = 0; i < options->columns.count && !e; i++) {
		struct import_header *one = LIST_ITEM(options->columns, struct import_header, i);
		int column = one->column.size ? column_index(kind, one->column) : -1;

		one->key = header_fold(arena, one->header);
		e = one->key.at ? names_put(&choice->columns, one->key, column + 1) : ERR_MEMORY;
	}
	return e;
}

enum err said_load(struct db *db, struct arena *arena, const struct import_kind *kind,
		   struct id import, struct import_options *out)
{
	struct problems problems = { .arena = arena };
	struct text json;
	enum err e = import_options_read(db, arena, import, &json);

	*out = (struct import_options){ .header_row = INT_NONE };
	if (!e && json.at)
		e = json_decode(json, options_fields, COUNT_OF(options_fields), out, &problems);
	if (e)
		return e == ERR_REFUSED || e == ERR_BAD_JSON ? ERR_INTERNAL : e;
	if (out->said == INT_NONE)
		out->said = 0; /* of an earlier release: what was said stands among the rest */
	return said_begin(arena, kind, out);
}

/* ---- while rows pass ---- */

static void cell_set(struct sheet_row *row, size_t at, struct text value)
{
	while (row->cell_count <= at) {
		row->cells[row->cell_count] = TEXT("");
		row->marks[row->cell_count++] = CELL_PLAIN;
	}
	row->cells[at] = value.at ? value : TEXT("");
	row->marks[at] = CELL_PLAIN;
	if (row->filled_count <= at && value.size)
		row->filled_count = at + 1;
}

enum err said_correct(struct import_options *options, const struct header *header,
		      const char *const *columns, const struct sheet_row **row)
{
	const struct list *all = &options->corrections;
	bool copied = false;

	for (; options->next < all->count; options->next++) {
		const struct import_correction *one =
			LIST_ITEM(*all, struct import_correction, options->next);
		int column = word_find(columns, one->column);

		if (one->record > (*row)->record)
			break;
		if (one->record < (*row)->record || !header || !header->seen || column < 0 ||
		    header->place[column] < 0)
			return ERR_CORRECTION_PLACE;
		if (!copied)
			options->row = **row;
		copied = true;
		cell_set(&options->row, (size_t)header->place[column], one->value);
	}
	if (copied)
		*row = &options->row;
	return OK;
}

enum err said_meet(struct import_options *options, const struct header *header,
		   const struct sheet_row *row)
{
	for (size_t i = 0; i < header->width && i < row->cell_count && options->said; i++) {
		struct text key;

		if (header->ways[i] == WAY_NONE || header->ways[i] == WAY_WORD)
			continue;
		key = header_fold(header->scratch, row->cells[i]);
		if (!key.at)
			return ERR_MEMORY;
		for (size_t k = 0; k < options->columns.count; k++) {
			struct import_header *one =
				LIST_ITEM(options->columns, struct import_header, k);

			one->found |= text_equal(one->key, key);
		}
	}
	return OK;
}

/* The first that was said of this file and is not in it; NULL: there is none. */
static const struct import_header *said_absent(const struct import_options *options)
{
	for (size_t i = 0; i < options->columns.count && (int64_t)i < options->said; i++) {
		const struct import_header *one =
			LIST_ITEM(options->columns, struct import_header, i);

		if (!one->found)
			return one;
	}
	return NULL;
}

enum err said_end(const struct import_options *options, const struct header *header)
{
	if (header && header->seen && said_absent(options))
		return ERR_COLUMN_ABSENT;
	return options->next < options->corrections.count ? ERR_CORRECTION_PLACE : OK;
}

struct problem said_problem(const struct import_options *options, enum err code)
{
	struct problem problem = { .code = code, .pointer = TEXT("columns") };
	const struct import_correction *one;

	if (code == ERR_COLUMN_ABSENT) {
		problem.args[0] = ARG_TEXT(said_absent(options)->header);
		problem.args[1] = ARG_END;
		return problem;
	}
	one = LIST_ITEM(options->corrections, struct import_correction, options->next);
	problem.pointer = one->column;
	problem.args[0] = ARG_INT(one->record);
	problem.args[1] = ARG_TEXT(one->column);
	problem.args[2] = ARG_END;
	return problem;
}

struct text said_unknown(struct arena *arena, const struct header *header,
			 const struct sheet_row *row)
{
	struct buffer out = { .max = KIB(60) };
	struct json json = { .out = &out };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < header->width && i < row->cell_count; i++) {
		bool unknown = header->ways[i] == WAY_NONE || header->ways[i] == WAY_REPEATED;
		struct text cell = text_trim(row->cells[i]);

		if (unknown && !cell_is_blank(cell))
			json_text(&json, NULL, text_part(cell, 0, cell.size < 200 ? cell.size : 0));
	}
	json_close(&json, ']');
	struct text text = out.failed ? TEXT("[]") : arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return text;
}
