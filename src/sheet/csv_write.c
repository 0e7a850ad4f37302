/*
 * Writing CSV cell by cell (RFC 4180), so that what people open in a spreadsheet neither runs as a
 * formula nor falls apart: text gets the apostrophe that cell_bare takes off again, numbers never
 * do.
 */
#include "xiangcai/sheet.h"

static bool needs_quotes(struct text cell)
{
	if (text_trim(cell).size != cell.size)
		return true;
	for (size_t i = 0; i < cell.size; i++)
		switch (cell.at[i]) {
		case ',':
		case '"':
		case '\r':
		case '\n':
			return true;
		default:
			break;
		}
	return false;
}

static void quoted(struct buffer *out, struct text cell)
{
	for (size_t i = 0; i < cell.size; i++) {
		if (cell.at[i] == '"')
			buffer_char(out, '"');
		buffer_char(out, cell.at[i]);
	}
}

static void separate(struct buffer *out, bool first)
{
	if (!first)
		buffer_char(out, ',');
}

void csv_text(struct buffer *out, bool first, struct text cell)
{
	if (!cell_needs_apostrophe(cell)) {
		csv_raw(out, first, cell);
		return;
	}
	separate(out, first);
	buffer_add(out, TEXT("\"'"));
	quoted(out, cell);
	buffer_char(out, '"');
}

void csv_int(struct buffer *out, bool first, int64_t number)
{
	separate(out, first);
	buffer_int(out, number);
}

void csv_raw(struct buffer *out, bool first, struct text cell)
{
	separate(out, first);
	if (cell.size == 0)
		return;
	if (!needs_quotes(cell)) {
		buffer_add(out, cell);
		return;
	}
	buffer_char(out, '"');
	quoted(out, cell);
	buffer_char(out, '"');
}

void csv_end(struct buffer *out)
{
	buffer_char(out, '\n');
}
