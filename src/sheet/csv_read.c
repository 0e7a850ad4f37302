/*
 * Reading CSV: libcsv splits the bytes, this file gives it UTF-8 and numbers the records.
 *
 * The whole file is looked at once to choose its encoding, then goes through the splitter in
 * pieces, GB18030 by way of iconv, so that memory stays the same for any length. libcsv drops
 * blanks around cells and blank lines unless told otherwise; we keep both: a leading tab tells a
 * formula, and a record's number must be the row that a spreadsheet shows. It also reports CR and
 * LF of one line end one by one; the LF right behind the CR of a record is taken as part of it.
 */
#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <utf8proc.h>

#include "xiangcai/sheet.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static const size_t PIECE = KIB(64);

struct reading {
	sheet_row_fn *fn;
	void *context;
	struct buffer bytes; /* of the cells of this record, one behind the other */
	size_t starts[SHEET_CELLS_MAX + 1];
	struct sheet_row row;
	bool after_cr; /* the last thing seen was a CR that ended a record */
	enum err e;
};

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static bool holds_ink(struct text cell)
{
	return text_trim(cell).size > 0;
}

static void on_cell(void *at, size_t size, void *context)
{
	struct reading *reading = context;
	struct sheet_row *row = &reading->row;
	struct text cell = { at, size };

	if (reading->e)
		return;
	reading->after_cr = false;
	if (size > SHEET_CELL_MAX) {
		reading->e = ERR_FORMAT;
		return;
	}
	if (row->cell_count < SHEET_CELLS_MAX) {
		if (size > 0)
			buffer_add(&reading->bytes, cell);
		reading->starts[row->cell_count + 1] = reading->bytes.size;
	}
	row->cell_count++;
	if (holds_ink(cell))
		row->filled_count = row->cell_count;
}

static enum err row_give(struct reading *reading)
{
	struct sheet_row *row = &reading->row;
	struct text bytes = buffer_text(&reading->bytes);
	size_t kept = row->cell_count < SHEET_CELLS_MAX ? row->cell_count : SHEET_CELLS_MAX;

	if (reading->bytes.failed)
		return ERR_MEMORY;
	if (row->record == SHEET_ROWS_MAX)
		return ERR_TOO_LARGE;
	row->record++;
	for (size_t i = 0; i < kept; i++) {
		size_t size = reading->starts[i + 1] - reading->starts[i];

		row->cells[i] = size > 0 ? text_part(bytes, reading->starts[i], size) : TEXT("");
	}
	return reading->fn(reading->context, row);
}

static void on_row(int end, void *context)
{
	struct reading *reading = context;
	bool rest_of_line_end = reading->after_cr && end == '\n' && reading->row.cell_count == 0;

	if (reading->e)
		return;
	reading->after_cr = end == '\r';
	if (rest_of_line_end)
		return;
	reading->e = row_give(reading);
	reading->row.cell_count = 0;
	reading->row.filled_count = 0;
	reading->bytes.size = 0;
}

static enum err split_error(struct csv_parser *parser)
{
	return csv_error(parser) == CSV_EPARSE ? ERR_FORMAT : ERR_MEMORY;
}

static enum err feed(struct csv_parser *parser, struct reading *reading, struct text bytes)
{
	for (size_t at = 0; at < bytes.size && !reading->e; at += PIECE) {
		struct text piece = text_part(bytes, at, PIECE);

		if (csv_parse(parser, piece.at, piece.size, on_cell, on_row, reading) != piece.size)
			return split_error(parser);
	}
	return reading->e;
}

/* UTF-8 with its broken bytes replaced one by one; what is whole between them goes through as it
 * stands. */
static enum err feed_utf8(struct csv_parser *parser, struct reading *reading, struct text file)
{
	size_t whole = 0;
	size_t at = 0;
	enum err e;

	while (at < file.size) {
		size_t before = at;

		if (text_next(file, &at) != 0xFFFD)
			continue;
		e = feed(parser, reading, text_part(file, whole, before - whole));
		if (!e)
			e = feed(parser, reading, TEXT(REPLACEMENT));
		if (e)
			return e;
		whole = at;
	}
	return feed(parser, reading, text_part(file, whole, file.size - whole));
}

static enum err feed_converted(struct csv_parser *parser, struct reading *reading, iconv_t cd,
			       struct text file, char *room)
{
	/* iconv takes its input by a pointer to char and does not write to it. */
	union {
		const char *borrowed;
		char *taken;
	} in = { .borrowed = file.at };
	size_t in_left = file.size;

	while (in_left > 0) {
		char *out = room;
		size_t out_left = PIECE;
		bool stuck = iconv(cd, &in.taken, &in_left, &out, &out_left) == (size_t)-1;
		bool broken = stuck && errno != E2BIG;
		enum err e = feed(parser, reading, (struct text){ room, (size_t)(out - room) });

		if (!e && broken)
			e = feed(parser, reading, TEXT(REPLACEMENT));
		if (e)
			return e;
		if (broken) {
			in.taken++;
			in_left--;
		}
	}
	return OK;
}

static enum err feed_gb18030(struct csv_parser *parser, struct reading *reading, struct text file,
			     struct arena *arena)
{
	char *room = arena_take(arena, PIECE);
	iconv_t cd;
	enum err e;

	if (!room)
		return ERR_MEMORY;
	cd = iconv_open("UTF-8", "GB18030");
	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? ERR_MEMORY : ERR_INTERNAL;
	e = feed_converted(parser, reading, cd, file, room);
	iconv_close(cd);
	return e;
}

/* The end of the file ends the last record, but not an open quote. */
static enum err finish(struct csv_parser *parser, struct reading *reading)
{
	csv_set_opts(parser, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
	if (csv_fini(parser, on_cell, on_row, reading) != 0)
		return split_error(parser);
	return reading->e;
}

static enum err read_all(struct csv_parser *parser, struct reading *reading, struct text file,
			 struct arena *arena, enum encoding *encoding)
{
	bool marked = text_starts(file, "\xEF\xBB\xBF");
	struct text content = marked ? text_part(file, 3, file.size - 3) : file;
	bool utf8 = marked || text_is_utf8(file);
	enum err e;

	if (encoding)
		*encoding = utf8 ? ENCODING_UTF8 : ENCODING_GB18030;
	if (utf8)
		e = feed_utf8(parser, reading, content);
	else
		e = feed_gb18030(parser, reading, content, arena);
	return e ? e : finish(parser, reading);
}

/* ---- what spreadsheets save beside RFC 4180 ---- */

static const char delimiters[] = { ',', '\t', ';' };
/* A header has five columns at least: so many delimiters a line, in most of the first lines. */
enum { DELIMITERS_MIN = 4, LINES_LOOKED_AT = 100 };

/* One line from @at, its delimiters outside of quotes counted; gives where the next one begins. */
static size_t line_count(struct text file, size_t at, size_t counts[COUNT_OF(delimiters)])
{
	bool quoted = false;

	for (; at < file.size && (quoted || file.at[at] != '\n'); at++) {
		quoted ^= file.at[at] == '"';
		for (size_t i = 0; i < COUNT_OF(delimiters) && !quoted; i++)
			counts[i] += file.at[at] == delimiters[i];
	}
	return at + 1;
}

/* None of them is a part of a longer character in UTF-8 or GB18030. */
static char delimiter_of(struct text file)
{
	size_t lines[COUNT_OF(delimiters)] = { 0 }, best = 0;
	struct text head = text_part(file, 0, KIB(256));
	size_t at = 0;

	for (size_t line = 0; line < LINES_LOOKED_AT && at < head.size; line++) {
		size_t counts[COUNT_OF(delimiters)] = { 0 };

		at = line_count(head, at, counts);
		for (size_t i = 0; i < COUNT_OF(delimiters); i++)
			lines[i] += counts[i] >= DELIMITERS_MIN;
	}
	for (size_t i = 1; i < COUNT_OF(delimiters); i++)
		best = lines[i] > lines[best] ? i : best;
	return delimiters[best];
}

static bool is_utf16(struct text file)
{
	return text_starts(file, "\xFF\xFE") || text_starts(file, "\xFE\xFF");
}

static uint32_t unit_at(struct text file, size_t at)
{
	bool little = file.at[0] == '\xFF';
	uint8_t first = (uint8_t)file.at[at], second = (uint8_t)file.at[at + 1];

	return little ? (uint32_t)second << 8 | first : (uint32_t)first << 8 | second;
}

/* "Unicode text" of spreadsheets (RFC 2781, with its byte order mark) as UTF-8; a surrogate alone
 * is U+FFFD. NO_TEXT when out of memory. */
static struct text from_utf16(struct text file, struct arena *arena)
{
	uint8_t *out = arena_take(arena, file.size / 2 * 3 + 1);
	size_t size = 0;

	for (size_t at = 2; out && at + 1 < file.size; at += 2) {
		uint32_t c = unit_at(file, at);
		uint32_t low = at + 3 < file.size ? unit_at(file, at + 2) : 0;

		if (c >= 0xD800 && c <= 0xDBFF && low >= 0xDC00 && low <= 0xDFFF) {
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			at += 2;
		} else if (c >= 0xD800 && c <= 0xDFFF) {
			c = 0xFFFD;
		}
		size += (size_t)utf8proc_encode_char((utf8proc_int32_t)c, out + size);
	}
	return out ? (struct text){ (const char *)out, size } : NO_TEXT;
}

enum err csv_read(struct text file, struct arena *arena, enum encoding *encoding, sheet_row_fn *row,
		  void *context)
{
	struct reading reading = { .fn = row, .context = context };
	struct csv_parser parser;
	bool wide = is_utf16(file);
	enum err e;

	if (wide)
		file = from_utf16(file, arena);
	if (!file.at)
		return ERR_MEMORY;
	if (file.size > 0 && memchr(file.at, '\0', file.size))
		return ERR_FORMAT;
	if (csv_init(&parser, CSV_REPALL_NL) != 0)
		return ERR_MEMORY;
	csv_set_realloc_func(&parser, memory_grow);
	csv_set_free_func(&parser, memory_free);
	csv_set_space_func(&parser, no_space);
	csv_set_delim(&parser, (unsigned char)delimiter_of(file));
	e = read_all(&parser, &reading, file, arena, encoding);
	if (wide && encoding)
		*encoding = ENCODING_UTF16;
	csv_free(&parser);
	buffer_free(&reading.bytes);
	return e;
}
