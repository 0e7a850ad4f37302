/*
 * The rows of one sheet, as they come: only the cells of one row and the texts of merges that are
 * open stand in memory. Merges are told behind the rows, so the part is read twice, the first time
 * for them alone.
 *
 * What a row holds is decided by its cells, not by its element: rows without a value are counted
 * and given as blank records once something follows them.
 */
#include <stdlib.h>
#include <string.h>

#include "xlsx.h"

enum { MERGES_MAX = 65536, ROWS_POSSIBLE = 1048576, COLUMNS_POSSIBLE = 16384 };
/*
 * All that is given of a sheet: a text that many cells share, or that a merge shows in many rows,
 * is counted for each of them. It bounds the work of whoever takes the rows, which grows with what
 * is given and not with what was sent.
 */
#define GIVEN_MAX MIB(64)

/* A vertical merge: its first column, from 1 row to another. */
struct merge {
	size_t column;
	int64_t first, last;
};

/* A text of the row: shared with other cells, or in the bytes of the row. */
struct piece {
	const char *shared;
	size_t start, size;
};

struct open_merge {
	int64_t last; /* 0: none */
	struct buffer text;
};

struct rows {
	struct book *book;
	sheet_row_fn *fn;
	void *context;
	int64_t expected;   /* elements of rows, counted with the merges */
	struct list merges; /* of struct merge, by first row */
	size_t next_merge;
	struct open_merge *open; /* SHEET_CELLS_MAX of them */
	int64_t number;          /* of the row being read */
	int64_t given_rows;
	size_t given;
	struct sheet_row row;
	struct piece pieces[SHEET_CELLS_MAX];
	struct buffer bytes; /* of the row */
	/* the cell being read */
	size_t column, next_column;
	struct text type; /* one of the words of cell_kinds */
	bool is_date, has_formula, has_value, in_value, in_phonetic;
	struct buffer value;
};

/* ---- merges ---- */

static enum err merge_add(struct rows *rows, struct text reference)
{
	struct text rest = reference, from = text_cut(&rest, ':');
	struct merge merge;
	size_t last_column;
	struct merge *added;

	if (!reference_read(from, &merge.column, &merge.first) ||
	    !reference_read(rest, &last_column, &merge.last))
		return ERR_XLSX_BROKEN;
	if (merge.last <= merge.first || merge.column >= SHEET_CELLS_MAX)
		return OK;
	if (rows->merges.count == MERGES_MAX)
		return ERR_XLSX_LIMIT;
	added = list_add(&rows->merges, rows->book->arena, sizeof(*added));
	if (!added)
		return ERR_MEMORY;
	*added = merge;
	return OK;
}

static enum err merges_start(void *context, struct xml *xml, const char *name,
			     const char **attributes)
{
	(void)xml;
	if (strcmp(name, "row") == 0)
		((struct rows *)context)->expected++;
	if (strcmp(name, "mergeCell") != 0)
		return OK;
	return merge_add(context, xml_attribute(attributes, "ref"));
}

static enum err merges_end(void *context, struct xml *xml, const char *name)
{
	(void)context;
	if (strcmp(name, "mergeCells") == 0)
		xml_enough(xml);
	return OK;
}

static int merge_compare(const void *a, const void *b)
{
	const struct merge *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

static enum err give(struct rows *rows, struct text text)
{
	rows->given += text.size;
	return rows->given > GIVEN_MAX ? ERR_XLSX_LIMIT : OK;
}

/* Keeps the texts of the merges that begin in this row: each copy is counted, for many merges may
 * claim one cell. */
static enum err merges_begin(struct rows *rows)
{
	for (; rows->next_merge < rows->merges.count; rows->next_merge++) {
		const struct merge *merge = LIST_ITEM(rows->merges, struct merge, rows->next_merge);
		struct open_merge *open = &rows->open[merge->column];

		if (merge->first > rows->number)
			break;
		open->last = merge->first == rows->number ? merge->last : 0;
		open->text.size = 0;
		if (merge->column >= rows->row.cell_count)
			continue;
		enum err e = give(rows, rows->row.cells[merge->column]);
		if (e)
			return e;
		buffer_add(&open->text, rows->row.cells[merge->column]);
		if (open->text.failed)
			return ERR_MEMORY;
	}
	return OK;
}

/* Shows @text in the column @at, as far as nothing stands there. */
static enum err merge_show(struct rows *rows, size_t at, struct text text)
{
	struct sheet_row *row = &rows->row;

	while (row->cell_count <= at) {
		row->marks[row->cell_count] = CELL_PLAIN;
		row->cells[row->cell_count++] = TEXT("");
	}
	if (row->filled_count <= at)
		row->filled_count = at + 1;
	if (row->cells[at].size > 0)
		return OK;
	row->cells[at] = text;
	return give(rows, text);
}

static enum err merges_apply(struct rows *rows)
{
	enum err e = merges_begin(rows);

	for (size_t i = 0; i < SHEET_CELLS_MAX && !e; i++) {
		const struct open_merge *open = &rows->open[i];

		if (open->last >= rows->number && open->text.size > 0)
			e = merge_show(rows, i, buffer_text(&open->text));
	}
	return e;
}

/* ---- cells ---- */

static enum err cell_put(struct rows *rows, struct piece piece, struct text text,
			 enum cell_mark mark)
{
	struct sheet_row *row = &rows->row;
	size_t at = rows->column;
	enum err e = text.size > SHEET_CELL_MAX ? ERR_XLSX_BROKEN : give(rows, text);

	if (e)
		return e;
	for (size_t i = row->cell_count; i < at && i < SHEET_CELLS_MAX; i++) {
		rows->pieces[i] = (struct piece){ "", 0, 0 };
		row->marks[i] = CELL_PLAIN;
	}
	if (at < SHEET_CELLS_MAX) {
		rows->pieces[at] = piece;
		row->marks[at] = (uint8_t)mark;
	}
	row->cell_count = at + 1;
	if (text_trim(text).size > 0 || mark != CELL_PLAIN)
		row->filled_count = row->cell_count;
	return OK;
}

static enum err cell_own(struct rows *rows, struct text text, enum cell_mark mark)
{
	struct piece piece = { NULL, rows->bytes.size, text.size };

	buffer_add(&rows->bytes, text);
	return rows->bytes.failed ? ERR_MEMORY : cell_put(rows, piece, text, mark);
}

static enum err take_shared(struct rows *rows, struct text value, enum cell_mark mark)
{
	struct text text;

	if (!book_string(rows->book, value, &text))
		return ERR_XLSX_BROKEN;
	return cell_put(rows, (struct piece){ text.at, 0, text.size }, text, mark);
}

static enum err take_text(struct rows *rows, struct text value, enum cell_mark mark)
{
	size_t size = value.size ? escapes_take(rows->value.at, value.size) : 0;

	return cell_own(rows, text_part(value, 0, size), mark);
}

static enum err take_bool(struct rows *rows, struct text value, enum cell_mark mark)
{
	return cell_own(rows, text_is(value, "1") ? TEXT("TRUE") : TEXT("FALSE"), mark);
}

static enum err take_error(struct rows *rows, struct text value, enum cell_mark mark)
{
	(void)mark;
	return cell_own(rows, value, CELL_ERROR);
}

/* ISO 8601: of an instant the day. */
static enum err take_date(struct rows *rows, struct text value, enum cell_mark mark)
{
	int32_t day;
	struct text head = text_part(value, 0, 10);

	return cell_own(rows, day_parse(head, &day) ? head : value, mark);
}

static enum err take_number(struct rows *rows, struct text value, enum cell_mark mark)
{
	char day[11], number[NUMBER_TEXT_MAX];
	struct text text = value;

	if (!rows->is_date || !serial_day(value, rows->book->since_1904, day, &text))
		number_text(value, number, &text);
	return cell_own(rows, text, mark);
}

static const struct cell_kind {
	const char *word;
	enum err (*take)(struct rows *rows, struct text value, enum cell_mark mark);
	bool may_be_empty;
} cell_kinds[] = {
	{ "n", take_number, false },      { "s", take_shared, false }, { "str", take_text, true },
	{ "inlineStr", take_text, true }, { "b", take_bool, false },   { "e", take_error, false },
	{ "d", take_date, false },
};

static const struct cell_kind *kind_of(struct text type)
{
	for (size_t i = 0; i < COUNT_OF(cell_kinds); i++)
		if (text_is(type, cell_kinds[i].word))
			return &cell_kinds[i];
	return NULL;
}

static enum err cell_end(struct rows *rows)
{
	const struct cell_kind *kind = kind_of(rows->type);
	struct text value = rows->value.size ? buffer_text(&rows->value) : TEXT("");
	bool there = rows->has_value && kind && (value.size > 0 || kind->may_be_empty);

	if (!kind)
		return ERR_XLSX_BROKEN;
	if (rows->value.failed)
		return ERR_XLSX_BROKEN;
	if (rows->has_formula)
		return there ? kind->take(rows, value, CELL_FORMULA)
			     : cell_own(rows, TEXT(""), CELL_UNCOMPUTED);
	return there && value.size > 0 ? kind->take(rows, value, CELL_PLAIN) : OK;
}

static enum err cell_start(struct rows *rows, const char **attributes)
{
	struct text reference = xml_attribute(attributes, "r");
	struct text type = xml_attribute(attributes, "t");
	const struct cell_kind *kind;
	size_t column = rows->next_column;
	int64_t row;

	if (reference.at && !reference_read(reference, &column, &row))
		return ERR_XLSX_BROKEN;
	if (column < rows->next_column || column >= COLUMNS_POSSIBLE)
		return ERR_XLSX_BROKEN;
	kind = kind_of(type.at ? type : TEXT("n"));
	if (!kind)
		return ERR_XLSX_BROKEN;
	rows->column = column;
	rows->next_column = column + 1;
	rows->type = text_of(kind->word);
	rows->is_date = book_is_date(rows->book, xml_attribute(attributes, "s"));
	rows->has_formula = rows->has_value = rows->in_value = rows->in_phonetic = false;
	rows->value.size = 0;
	return OK;
}

/* ---- rows ---- */

static void row_clear(struct rows *rows)
{
	rows->row.cell_count = rows->row.filled_count = 0;
	rows->next_column = 0;
	rows->bytes.size = 0;
}

static enum err row_start(struct rows *rows, struct xml *xml, const char **attributes)
{
	struct text reference = xml_attribute(attributes, "r");
	int64_t number = rows->number + 1;

	if (reference.at && !text_to_int(reference, &number))
		return ERR_XLSX_BROKEN;
	if (number <= rows->number)
		return ERR_XLSX_BROKEN;
	/* behind the last row that a spreadsheet has nothing can stand */
	if (number > ROWS_POSSIBLE)
		xml_enough(xml);
	rows->number = number;
	row_clear(rows);
	return OK;
}

static void cells_point(struct rows *rows)
{
	struct sheet_row *row = &rows->row;

	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		const struct piece *piece = &rows->pieces[i];
		const char *at = piece->shared ? piece->shared : rows->bytes.at + piece->start;

		row->cells[i] = piece->size ? (struct text){ at, piece->size } : TEXT("");
	}
}

static enum err blanks_give(struct rows *rows)
{
	struct sheet_row blank = { .record = 0 };
	enum err e = OK;

	while (!e && rows->given_rows < rows->number - 1) {
		blank.record = ++rows->given_rows;
		e = rows->fn(rows->context, &blank);
	}
	return e;
}

static enum err row_end(struct rows *rows)
{
	enum err e;

	if (rows->row.cell_count == 0)
		return OK;
	if (rows->number > SHEET_ROWS_MAX)
		return ERR_SHEET_TOO_LONG;
	e = blanks_give(rows);
	if (e)
		return e;
	cells_point(rows);
	e = merges_apply(rows);
	if (e)
		return e;
	rows->row.record = ++rows->given_rows;
	return rows->fn(rows->context, &rows->row);
}

/* ---- elements ---- */

static enum err rows_start(void *context, struct xml *xml, const char *name,
			   const char **attributes)
{
	struct rows *rows = context;

	if (strcmp(name, "c") == 0)
		return cell_start(rows, attributes);
	if (strcmp(name, "row") == 0)
		return row_start(rows, xml, attributes);
	if (strcmp(name, "f") == 0)
		rows->has_formula = true;
	else if (strcmp(name, "rPh") == 0)
		rows->in_phonetic = true;
	else if ((strcmp(name, "v") == 0 || strcmp(name, "t") == 0) && !rows->in_phonetic)
		rows->has_value = rows->in_value = true;
	return OK;
}

static enum err rows_text(void *context, struct text text)
{
	struct rows *rows = context;

	if (rows->in_value)
		buffer_add(&rows->value, text);
	return OK;
}

static enum err rows_end(void *context, struct xml *xml, const char *name)
{
	struct rows *rows = context;

	if (strcmp(name, "c") == 0)
		return cell_end(rows);
	if (strcmp(name, "row") == 0)
		return row_end(rows);
	if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
		rows->in_value = false;
	else if (strcmp(name, "rPh") == 0)
		rows->in_phonetic = false;
	else if (strcmp(name, "sheetData") == 0)
		xml_enough(xml);
	return OK;
}

static enum err merges_read(struct rows *rows, struct text part)
{
	static const struct xml_events events = { .start = merges_start, .end = merges_end };
	enum err e = xml_read(rows->book->zip, part, &events, rows);

	if (!e && rows->merges.count)
		qsort(rows->merges.at, rows->merges.count, sizeof(struct merge), merge_compare);
	return e;
}

enum err book_rows(struct book *book, struct text part, int64_t *expected, sheet_row_fn *fn,
		   void *context)
{
	static const struct xml_events events = { rows_start, rows_end, rows_text };
	struct rows *rows = arena_take(book->arena, sizeof(*rows));
	enum err e;

	if (!rows)
		return ERR_MEMORY;
	*rows = (struct rows){ .book = book, .fn = fn, .context = context };
	/* escapes shrink: _x4E00_ is one character of the cell */
	rows->value.max = (size_t)7 * SHEET_CELL_MAX;
	rows->bytes.max = GIVEN_MAX;
	rows->open = arena_take(book->arena, SHEET_CELLS_MAX * sizeof(*rows->open));
	e = rows->open ? merges_read(rows, part) : ERR_MEMORY;
	*expected = rows->expected < SHEET_ROWS_MAX ? rows->expected : SHEET_ROWS_MAX;
	if (!e)
		e = xml_read(book->zip, part, &events, rows);
	for (size_t i = 0; rows->open && i < SHEET_CELLS_MAX; i++)
		buffer_free(&rows->open[i].text);
	buffer_free(&rows->bytes);
	buffer_free(&rows->value);
	return e == ERR_NOT_FOUND ? ERR_XLSX_BROKEN : e;
}
