/*
 * From records to decisions: finds the header, tells data from what only people read, has data
 * decided, and remembers the codes that were taken.
 */
#include "import_rules.h"
#include "import_values.h"
#include "import_words.h"

/* So many cells of one record that are header words make it a header. */
enum { HEADER_CELLS_MIN = 5 };
/* No header word is longer, in bytes: longer cells are not looked up. */
enum { HEADER_CELL_MAX = 96 };

enum err import_begin(struct import_reader *reader, const struct import_reference *reference,
		      struct arena *lasting, struct arena *scratch, import_result_fn *fn,
		      void *context)
{
	*reader = (struct import_reader){ .reference = reference,
					  .lasting = lasting,
					  .scratch = scratch,
					  .fn = fn,
					  .context = context };
	names_begin(&reader->headers, lasting);
	names_begin(&reader->accepted, lasting);
	for (size_t i = 0; i < header_word_count; i++) {
		const struct header_word *header = &header_words[i];
		enum err e = names_put(&reader->headers, text_of(header->word), header->column);

		if (e)
			return e;
	}
	return import_lookups_begin(reader);
}

/* ---- headers ---- */

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
static struct text bracket_off(struct text t)
{
	struct text inside = t;
	struct text word = text_cut(&inside, '(');

	if (inside.size == 0 || inside.at[inside.size - 1] != ')')
		return t;
	return header_bracket_known(text_part(inside, 0, inside.size - 1)) ? stars_off(word) : t;
}

static struct text header_key(struct arena *arena, struct text cell)
{
	struct text folded = cell_fold(arena, cell);
	struct text squeezed = folded.at ? squeeze(arena, folded) : NO_TEXT;
	struct text key = squeezed.at ? lower_case(arena, squeezed) : NO_TEXT;

	return key.at ? bracket_off(stars_off(key)) : NO_TEXT;
}

static enum err header_column(const struct import_reader *reader, struct text cell, int32_t *column)
{
	struct text key;

	*column = -1;
	if (cell.size == 0 || cell.size > HEADER_CELL_MAX)
		return OK;
	key = header_key(reader->scratch, cell);
	if (!key.at)
		return ERR_MEMORY;
	*column = names_get(&reader->headers, key);
	return OK;
}

/* How many columns the record names, and where; of a column named twice, the first place counts. */
static enum err header_read(const struct import_reader *reader, const struct sheet_row *row,
			    int32_t place[COLUMN_COUNT], int *known)
{
	*known = 0;
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		place[i] = -1;
	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		int32_t column;
		enum err e = header_column(reader, row->cells[i], &column);

		if (e)
			return e;
		if (column < 0 || place[column] >= 0)
			continue;
		place[column] = (int32_t)i;
		++*known;
	}
	return OK;
}

/* ---- what only people read ---- */

static size_t kept_cells(const struct sheet_row *row)
{
	return row->filled_count < SHEET_CELLS_MAX ? row->filled_count : SHEET_CELLS_MAX;
}

/* How many cells show something, and the first of them. */
static size_t visible_cells(const struct sheet_row *row, struct text *first)
{
	size_t count = row->filled_count > SHEET_CELLS_MAX;

	*first = NO_TEXT;
	for (size_t i = 0; i < kept_cells(row); i++) {
		if (cell_is_blank(row->cells[i]))
			continue;
		if (!first->at)
			*first = row->cells[i];
		count++;
	}
	return count;
}

static enum err is_total(const struct import_reader *reader, struct text first, bool *out)
{
	static const char *const words[] = { "合计", "小计", "总计", "共计", "total", "subtotal" };
	struct text key;

	*out = false;
	if (first.size > HEADER_CELL_MAX)
		return OK;
	key = header_key(reader->scratch, first);
	if (!key.at)
		return ERR_MEMORY;
	if (key.size > 0 && key.at[key.size - 1] == ':')
		key = text_part(key, 0, key.size - 1);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		*out |= text_is(key, words[i]);
	return OK;
}

/* SKIP_NONE for data. A header met on the way becomes the reader's. */
static enum err skip_of(struct import_reader *reader, const struct sheet_row *row,
			enum import_skip *skip)
{
	struct text first;
	size_t visible = visible_cells(row, &first);
	int32_t place[COLUMN_COUNT];
	bool total = false;
	int known = 0;
	enum err e = visible > 0 ? header_read(reader, row, place, &known) : OK;

	if (!e && visible > 0)
		e = is_total(reader, first, &total);
	if (e)
		return e;
	*skip = SKIP_NONE;
	if (visible == 0) {
		*skip = SKIP_BLANK;
	} else if (known >= HEADER_CELLS_MIN) {
		*skip = SKIP_HEADER;
		reader->header_seen = true;
		reader->width = kept_cells(row);
		for (size_t i = 0; i < COLUMN_COUNT; i++)
			reader->place[i] = place[i];
	} else if (!reader->header_seen) {
		*skip = SKIP_TITLE;
	} else if (total) {
		*skip = SKIP_TOTAL;
	} else if (visible == 1) {
		*skip = SKIP_NOTE;
	}
	return OK;
}

/* ---- records ---- */

static enum err count_result(struct import_reader *reader, const struct import_result *result)
{
	switch (result->verdict) {
	case IMPORT_SKIPPED:
		reader->skipped_count++;
		return OK;
	case IMPORT_REJECTED:
		reader->rejected_count++;
		return OK;
	case IMPORT_ACCEPTED:
		break;
	}
	reader->accepted_count++;
	return names_put(&reader->accepted, result->row.code, 0);
}

enum err import_row(void *context, const struct sheet_row *row)
{
	struct import_reader *reader = context;
	struct import_result result = { .record = row->record };
	enum err e;

	arena_reset(reader->scratch);
	result.problems.arena = reader->scratch;
	e = skip_of(reader, row, &result.skip);
	if (!e && result.skip == SKIP_NONE)
		e = import_decide(reader, row, &result);
	if (!e)
		e = count_result(reader, &result);
	return e ? e : reader->fn(reader->context, &result);
}

enum err import_end(const struct import_reader *reader)
{
	return reader->header_seen ? OK : ERR_HEADER_MISSING;
}
