/*
 * Where the columns of a table stand. People put titles above the header and sums below the data,
 * mark required columns with '*', and say units in brackets: all of that is told apart from data
 * here.
 */
#include <string.h>

#include "xiangcai/import.h"

/* So many known cells of one record make it a header, unless the reader says otherwise. */
enum { KNOWN_MIN = 5 };
/* No header word is longer, in bytes: longer cells are not looked up. */
enum { HEADER_CELL_MAX = 400 };
/* In `words`, behind all columns. */
enum { ERRORS_COLUMN = HEADER_COLUMNS_MAX };

const char *const header_errors_words[] = { [ZH] = "错误", [EN] = "errors" };

enum err header_begin(struct header *header, const struct header_word *words, size_t word_count,
		      size_t column_count, struct arena *lasting, struct arena *scratch)
{
	assert(column_count <= HEADER_COLUMNS_MAX);
	*header = (struct header){ .scratch = scratch,
				   .list = words,
				   .list_count = word_count,
				   .column_count = column_count,
				   .known_min = KNOWN_MIN,
				   .errors = -1 };
	names_begin(&header->words, lasting);
	for (size_t i = 0; i < word_count; i++) {
		enum err e =
			names_put(&header->words, text_of(words[i].word), (int32_t)words[i].column);
		if (e)
			return e;
	}
	enum err e = names_put(&header->words, text_of(header_errors_words[ZH]), ERRORS_COLUMN);
	return e ? e : names_put(&header->words, text_of(header_errors_words[EN]), ERRORS_COLUMN);
}

/* ---- words ---- */

static bool is_ascii(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if ((unsigned char)t.at[i] >= 0x80)
			return false;
	return true;
}

struct text header_column_word(const struct header *header, size_t column, enum language language)
{
	for (size_t i = 0; i < header->list_count; i++) {
		struct text word = text_of(header->list[i].word);

		if ((size_t)header->list[i].column == column && is_ascii(word) == (language == EN))
			return word;
	}
	return NO_TEXT;
}

/* Takes '*' off both ends: required columns are marked with it. */
static struct text stars_off(struct text t)
{
	while (t.size > 0 && t.at[0] == '*')
		t = text_part(t, 1, t.size - 1);
	while (t.size > 0 && t.at[t.size - 1] == '*')
		t = text_part(t, 0, t.size - 1);
	return t;
}

/* "单价(元)" is "单价" when the bracket says what is meant anyway. */
static struct text bracket_off(const struct header *header, struct text t)
{
	struct text inside = t;
	struct text word = text_cut(&inside, '(');

	if (inside.size == 0 || inside.at[inside.size - 1] != ')' || !header->bracket_known)
		return t;
	return header->bracket_known(text_part(inside, 0, inside.size - 1)) ? stars_off(word) : t;
}

struct text header_fold(struct arena *arena, struct text cell)
{
	struct text folded = cell_fold(arena, cell);
	struct text squeezed = folded.at ? squeeze(arena, folded) : NO_TEXT;
	struct text key = squeezed.at ? lower_case(arena, squeezed) : NO_TEXT;

	return key.at ? stars_off(key) : NO_TEXT;
}

static struct text header_key(const struct header *header, struct text cell)
{
	struct text key = header_fold(header->scratch, cell);

	return key.at ? bracket_off(header, key) : NO_TEXT;
}

/* What was said of the cell; -1: nothing. */
static int32_t said_of(const struct header *header, struct text folded)
{
	return header->choice && header->choice->columns.count
		       ? names_get(&header->choice->columns, folded)
		       : -1;
}

/* What was said of it goes first. The whole of it may be a word, with its bracket: 预算(元) is
 * another column than 预算(分). */
static enum err column_of(const struct header *header, struct text cell, int32_t *column,
			  enum header_way *way)
{
	struct text key;
	int32_t said;

	*column = -1;
	*way = WAY_NONE;
	if (cell.size == 0 || cell.size > HEADER_CELL_MAX)
		return OK;
	key = header_fold(header->scratch, cell);
	if (!key.at)
		return ERR_MEMORY;
	said = said_of(header, key);
	if (said >= 0) {
		*way = said ? WAY_SAID : WAY_IGNORED;
		*column = said - 1;
		return OK;
	}
	*column = names_get(&header->words, bracket_off(header, key));
	*way = *column == ERRORS_COLUMN ? WAY_ERRORS : *column < 0 ? WAY_NONE : WAY_WORD;
	return OK;
}

/* What a record would be as a header. */
struct columns {
	int32_t place[HEADER_COLUMNS_MAX];
	uint8_t ways[SHEET_CELLS_MAX];
	int32_t errors;
	int known; /* columns that it names */
};

/* Of a column named twice, the first place counts. */
static enum header_way column_put(struct columns *found, int32_t column, int32_t at,
				  enum header_way way)
{
	if (column == ERRORS_COLUMN) {
		found->errors = found->errors < 0 ? at : found->errors;
		return way;
	}
	if (column < 0)
		return way;
	if (found->place[column] >= 0)
		return WAY_REPEATED;
	found->place[column] = at;
	found->known++;
	return way;
}

static enum err columns_find(const struct header *header, const struct sheet_row *row,
			     struct columns *found)
{
	found->known = 0;
	found->errors = -1;
	for (size_t i = 0; i < HEADER_COLUMNS_MAX; i++)
		found->place[i] = -1;
	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		enum header_way way;
		int32_t column;
		enum err e = column_of(header, row->cells[i], &column, &way);

		if (e)
			return e;
		found->ways[i] = (uint8_t)column_put(found, column, (int32_t)i, way);
	}
	return OK;
}

/* ---- what only people read ---- */

static size_t kept_cells(const struct sheet_row *row)
{
	return row->filled_count < SHEET_CELLS_MAX ? row->filled_count : SHEET_CELLS_MAX;
}

/* How many cells show something, and the first of them. */
static size_t visible_cells(const struct header *header, const struct sheet_row *row,
			    struct text *first)
{
	size_t count = row->filled_count > SHEET_CELLS_MAX;

	*first = NO_TEXT;
	for (size_t i = 0; i < kept_cells(row); i++) {
		if (cell_is_blank(row->cells[i]) && row->marks[i] == CELL_PLAIN)
			continue;
		if ((int32_t)i == header->errors)
			continue;
		if (!first->at)
			*first = row->cells[i];
		count++;
	}
	return count;
}

/* A Latin word may be the code of goods: then most of the row is filled. */
static enum err is_total(const struct header *header, struct text first, size_t visible, bool *out)
{
	static const char *const words[] = { "合计", "小计", "总计", "共计", "total", "subtotal" };
	struct text key;

	*out = false;
	if (first.size > HEADER_CELL_MAX)
		return OK;
	key = header_key(header, first);
	if (!key.at)
		return ERR_MEMORY;
	if (key.size > 0 && key.at[key.size - 1] == ':')
		key = text_part(key, 0, key.size - 1);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		*out |= text_is(key, words[i]);
	*out &= !is_ascii(key) || 2 * visible <= header->width;
	return OK;
}

static void header_take(struct header *header, const struct sheet_row *row,
			const struct columns *found)
{
	header->seen = true;
	header->record = row->record;
	header->width = kept_cells(row);
	header->errors = found->errors;
	memcpy(header->place, found->place, sizeof(found->place));
	memcpy(header->ways, found->ways, sizeof(found->ways));
}

/* Where a record was chosen, those before it are titles, whatever stands in them. */
static enum err is_header(const struct header *header, const struct sheet_row *row,
			  const struct columns *found, bool *out)
{
	int64_t chosen = header->choice ? header->choice->record : 0;

	*out = found->known >= header->known_min && row->record >= chosen;
	if (row->record != chosen)
		return OK;
	*out = found->known > 0;
	return *out ? OK : ERR_HEADER_ROW;
}

static enum import_skip skip_of(const struct header *header, size_t visible, bool heads, bool total)
{
	if (visible == 0)
		return SKIP_BLANK;
	if (heads)
		return SKIP_HEADER;
	if (!header->seen)
		return SKIP_TITLE;
	if (total)
		return SKIP_TOTAL;
	return visible == 1 ? SKIP_NOTE : SKIP_NONE;
}

enum err header_look(struct header *header, const struct sheet_row *row, enum import_skip *skip)
{
	struct text first;
	size_t visible = visible_cells(header, row, &first);
	struct columns found = { .known = 0 };
	bool total = false, heads = false;
	enum err e = visible > 0 ? columns_find(header, row, &found) : OK;

	if (!e && visible > 0)
		e = is_total(header, first, visible, &total);
	if (!e)
		e = is_header(header, row, &found, &heads);
	if (e)
		return e;
	*skip = skip_of(header, visible, heads, total);
	if (*skip == SKIP_HEADER)
		header_take(header, row, &found);
	return OK;
}

/* ---- cells ---- */

/* A file that was saved as CSV, or a cell that was pasted, keeps what an error looked like. */
static bool looks_like_error(struct text cell)
{
	static const char *const words[] = { "#N/A",   "#REF!", "#VALUE!", "#DIV/0!",
					     "#NAME?", "#NUM!", "#NULL!" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_is(cell, words[i]))
			return true;
	return false;
}

struct text header_cell(const struct header *header, const struct sheet_row *row, size_t column,
			enum cell_mark *mark)
{
	int32_t place = header->place[column];
	bool there = place >= 0 && (size_t)place < row->cell_count;

	if (mark)
		*mark = there ? (enum cell_mark)row->marks[place] : CELL_PLAIN;
	if (mark && there && *mark == CELL_PLAIN && looks_like_error(row->cells[place]))
		*mark = CELL_ERROR;
	return there ? row->cells[place] : TEXT("");
}

bool header_exceeded(const struct header *header, const struct sheet_row *row)
{
	if (row->filled_count > SHEET_CELLS_MAX)
		return true;
	for (size_t i = header->width; i < row->filled_count; i++)
		if (!cell_is_blank(row->cells[i]) || row->marks[i] != CELL_PLAIN)
			return true;
	return false;
}
