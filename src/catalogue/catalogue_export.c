/*
 * A catalogue as CSV or as a workbook, in the columns of imports and by their first words, cells as
 * the import would leave them: what comes back unchanged changes nothing. Rows go into a temporary
 * file as they come, so that memory does not grow with them.
 */
#include "catalogue_export.h"

static void put(struct catalogue_file *file, struct text cell, bool is_number)
{
	int64_t number;

	if (!file->xlsx) {
		(is_number ? csv_raw : csv_text)(&file->line, file->first, cell);
	} else if (is_number && text_to_int(cell, &number)) {
		xlsx_int(file->xlsx, number);
	} else if (cell.size && cell.at[0] == '\'' && cell_needs_apostrophe(cell)) {
		/* one of its own would be taken off */
		buffer_char(&file->line, '\'');
		buffer_add(&file->line, cell);
		xlsx_text(file->xlsx, buffer_text(&file->line));
		file->line.size = 0;
	} else {
		xlsx_text(file->xlsx, cell);
	}
	file->first = false;
}

static enum err line_end(struct catalogue_file *file)
{
	bool written = true;

	if (file->xlsx) {
		xlsx_row(file->xlsx);
	} else {
		csv_end(&file->line);
		written = !file->line.failed &&
			  fwrite(file->line.at, 1, file->line.size, file->out) == file->line.size;
	}
	if (file->line.failed)
		return ERR_MEMORY;
	file->line.size = 0;
	file->first = true;
	return written ? OK : ERR_BUSY;
}

enum err catalogue_file_open(struct catalogue_file *file, struct arena *arena)
{
	static const char *const sheet[] = { [ZH] = "商品", [EN] = "catalogue" };
	struct header header;
	enum err e = import_header_begin(&header, arena, arena);

	file->out = tmpfile();
	file->first = true;
	if (!file->out)
		return ERR_BUSY;
	if (file->format == EXPORT_XLSX) {
		file->xlsx = xlsx_begin(file->out, sheet[file->language]);
		if (!file->xlsx)
			return ERR_BUSY;
	} else {
		buffer_add(&file->line, TEXT("\xef\xbb\xbf"));
	}
	for (size_t i = 0; i < COLUMN_COUNT && !e; i++)
		put(file, header_column_word(&header, i, file->language), false);
	return e ? e : line_end(file);
}

enum err catalogue_file_row(struct catalogue_file *file, const struct catalogue_row *row,
			    struct arena *scratch)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		enum import_column column = (enum import_column)i;
		struct text cell = row_cell(row, column, &file->reference, scratch);

		if (!cell.at)
			return ERR_MEMORY;
		put(file, cell, column_is_number(column));
	}
	file->rows++;
	return line_end(file);
}

enum err catalogue_file_finish(struct catalogue_file *file)
{
	struct xlsx *xlsx = file->xlsx;

	file->xlsx = NULL;
	if (xlsx && !xlsx_end(xlsx))
		return ERR_BUSY;
	return fflush(file->out) == 0 ? OK : ERR_BUSY;
}

void catalogue_file_close(struct catalogue_file *file)
{
	if (file->xlsx)
		xlsx_end(file->xlsx);
	if (file->out)
		fclose(file->out);
	buffer_free(&file->line);
	*file = (struct catalogue_file){ 0 };
}
