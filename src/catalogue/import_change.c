/*
 * What the rows of an import do to the catalogue, kept for the wizard's comparison before and after
 * an import: the columns that differ, as exports would write them.
 */
#include "publishing.h"

enum { KEPT_LENGTH = 200 };

/* @t cut to what is kept of it. */
static struct text cut(struct text t)
{
	size_t at = 0;

	for (size_t i = 0; at < t.size && i < KEPT_LENGTH; i++)
		text_next(t, &at);
	return (struct text){ t.at ? t.at : "", at };
}

static enum err difference_write(const struct slice *slice, const struct line *line,
				 const struct catalogue_row *base, enum import_column column,
				 struct json *json)
{
	const struct import_reference *reference = slice->publication->reference;
	struct text before = row_cell(base, column, reference, slice->arena);
	struct text after = row_cell(&line->row, column, reference, slice->arena);

	if (!before.at || !after.at)
		return ERR_MEMORY;
	json_open(json, NULL, '{');
	json_text(json, "field", text_of(import_column_words[column]));
	json_text(json, "before", cut(before));
	json_text(json, "after", cut(after));
	json_close(json, '}');
	return OK;
}

/* Whether the file's word on that column does anything. */
static bool is_told(const struct line *line, enum import_column column)
{
	enum row_level level = column_level(column);

	if (!(line->differs & COLUMN_BIT(column)) || level == OF_STOCK || level == OF_CODE)
		return false;
	if (level == OF_REASON)
		return line->row.price_reason.size && (line->priced || line->changed);
	return true;
}

static enum err differences_of(const struct slice *slice, const struct product_plan *plan,
			       const struct line *line, struct text *out)
{
	struct buffer buffer = { .max = KIB(60) };
	struct json json = { .out = &buffer };
	struct catalogue_row base = { .record = 0 };
	enum err e = OK;

	if (line->base)
		base = line->base->row;
	else
		row_take(&base, &plan->base->row, columns_of(OF_PRODUCT));
	json_open(&json, NULL, '[');
	for (int i = 0; i < COLUMN_COUNT && !e; i++)
		if (is_told(line, (enum import_column)i))
			e = difference_write(slice, line, &base, (enum import_column)i, &json);
	json_close(&json, ']');
	*out = buffer.failed ? NO_TEXT : arena_text(slice->arena, buffer_text(&buffer));
	buffer_free(&buffer);
	return e ? e : out->at ? OK : ERR_MEMORY;
}

static enum err outcome_fill(const struct slice *slice, const struct product_plan *plan,
			     const struct line *line, struct import_outcome_row *out)
{
	*out = (struct import_outcome_row){
		.import = slice->publication->import,
		.record = line->row.record,
		.code = line->row.code,
		.name = line->row.name,
		.created = line->created,
		.changed = line->changed,
		.priced = line->priced,
		.differences = TEXT("[]"),
	};
	return line->changed || line->priced ? differences_of(slice, plan, line, &out->differences)
					     : OK;
}

enum err outcomes_keep(struct slice *slice)
{
	struct import_outcome_row *rows;
	size_t count = 0;
	enum err e = OK;

	if (id_is_none(slice->publication->import) || !slice->publication->reference)
		return OK;
	rows = arena_take(slice->arena, (slice->line_count + 1) * sizeof(*rows));
	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->plan_count && !e; i++)
		for (size_t k = 0; k < slice->plans[i].count && !e; k++)
			e = outcome_fill(slice, &slice->plans[i], &slice->plans[i].lines[k],
					 &rows[count++]);
	return e ? e : outcomes_insert(slice->tx->db, rows, count);
}
