/*
 * The parts of a workbook that are read before its rows: where the sheets stand and which are
 * shown, the texts that cells share, the styles that show numbers as dates. Parts are found by
 * their relations (ECMA-376 part 2), never by their usual names.
 */
#include <string.h>

#include "xlsx.h"

enum {
	SHEETS_MAX = 1000,
	RELATIONS_MAX = 4096,
	FORMATS_MAX = 10000,
	STYLES_MAX = 65536,
	CODE_MAX = 256
};

/* ---- relations ---- */

struct relations {
	struct book *book;
	struct text base; /* the directory of the part whose relations these are, with its slash */
	struct text workbook;
	size_t count; /* each is looked for among all sheets */
};

static bool ends(struct text t, const char *word)
{
	size_t size = strlen(word);

	return t.size >= size && text_is(text_part(t, t.size - size, size), word);
}

/* The entry that @target names; NO_TEXT when it leads out of the archive. */
static struct text part_of(const struct relations *relations, struct text target)
{
	struct arena *arena = relations->book->arena;

	if (target.size > 0 && target.at[0] == '/')
		return arena_text(arena, text_part(target, 1, target.size - 1));
	return arena_print(arena, "%.*s%.*s", TEXT_FMT(relations->base), TEXT_FMT(target));
}

static bool leads_up(struct text target)
{
	struct text rest = target, part;

	while ((part = text_cut(&rest, '/')).at || rest.at)
		if (text_is(part, ".."))
			return true;
	return false;
}

static void sheet_part(struct book *book, struct text relation, struct text part)
{
	for (size_t i = 0; i < book->sheets.count; i++) {
		struct book_sheet *sheet = LIST_ITEM(book->sheets, struct book_sheet, i);

		if (text_equal(sheet->relation, relation))
			sheet->part = part;
	}
}

static bool is_read(struct text type)
{
	return ends(type, "/officeDocument") || ends(type, "/worksheet") ||
	       ends(type, "/sharedStrings") || ends(type, "/styles");
}

static enum err relation_start(void *context, struct xml *xml, const char *name,
			       const char **attributes)
{
	struct relations *relations = context;
	struct text type = xml_attribute(attributes, "Type");
	struct text target = xml_attribute(attributes, "Target");
	struct text part;

	(void)xml;
	if (strcmp(name, "Relationship") != 0)
		return OK;
	if (++relations->count > RELATIONS_MAX)
		return ERR_XLSX_LIMIT;
	if (!target.at || !is_read(type))
		return OK;
	if (text_is(xml_attribute(attributes, "TargetMode"), "External") || leads_up(target))
		return ERR_XLSX_UNSAFE;
	part = part_of(relations, target);
	if (!part.at)
		return ERR_MEMORY;
	if (ends(type, "/officeDocument"))
		relations->workbook = part;
	else if (ends(type, "/worksheet"))
		sheet_part(relations->book, xml_attribute(attributes, "Id"), part);
	else if (ends(type, "/sharedStrings"))
		relations->book->strings_part = part;
	else
		relations->book->styles_part = part;
	return OK;
}

/* The relations of @part: of xl/workbook.xml they stand in xl/_rels/workbook.xml.rels. */
static enum err relations_read(struct relations *relations, struct text part)
{
	static const struct xml_events events = { .start = relation_start };
	struct book *book = relations->book;
	size_t slash = part.size;
	struct text name;

	while (slash > 0 && part.at[slash - 1] != '/')
		slash--;
	relations->base = text_part(part, 0, slash);
	name = arena_print(book->arena, "%.*s_rels/%.*s.rels", TEXT_FMT(relations->base),
			   TEXT_FMT(text_part(part, slash, part.size - slash)));
	return name.at ? xml_read(book->zip, name, &events, relations) : ERR_MEMORY;
}

/* ---- sheets ---- */

static enum err workbook_start(void *context, struct xml *xml, const char *name,
			       const char **attributes)
{
	struct book *book = context;
	struct text state = xml_attribute(attributes, "state");
	struct text named = xml_attribute(attributes, "name");
	struct text relation = xml_attribute(attributes, "id");
	struct book_sheet *sheet;

	(void)xml;
	if (strcmp(name, "workbookPr") == 0) {
		struct text flag = xml_attribute(attributes, "date1904");

		book->since_1904 = text_is(flag, "1") || text_is(flag, "true");
		return OK;
	}
	if (strcmp(name, "sheet") != 0)
		return OK;
	if (book->sheets.count == SHEETS_MAX)
		return ERR_XLSX_LIMIT;
	if (!named.at || !relation.at)
		return ERR_XLSX_BROKEN;
	sheet = list_add(&book->sheets, book->arena, sizeof(*sheet));
	if (!sheet)
		return ERR_MEMORY;
	sheet->name = arena_text(book->arena, named);
	sheet->relation = arena_text(book->arena, relation);
	sheet->hidden = text_is(state, "hidden") || text_is(state, "veryHidden");
	return sheet->name.at && sheet->relation.at ? OK : ERR_MEMORY;
}

/* ---- shared texts ---- */

struct strings {
	struct book *book;
	size_t start; /* of the text being read */
	bool in_text, in_phonetic;
};

static enum err strings_start(void *context, struct xml *xml, const char *name,
			      const char **attributes)
{
	struct strings *strings = context;

	(void)xml;
	(void)attributes;
	if (strcmp(name, "si") == 0)
		strings->start = strings->book->strings.size;
	else if (strcmp(name, "rPh") == 0)
		strings->in_phonetic = true;
	else if (strcmp(name, "t") == 0)
		strings->in_text = !strings->in_phonetic;
	return OK;
}

static enum err strings_text(void *context, struct text text)
{
	struct strings *strings = context;

	if (strings->in_text)
		buffer_add(&strings->book->strings, text);
	return OK;
}

static enum err strings_end(void *context, struct xml *xml, const char *name)
{
	struct strings *strings = context;
	struct buffer *texts = &strings->book->strings;
	uint32_t end;

	(void)xml;
	if (strcmp(name, "t") == 0)
		strings->in_text = false;
	else if (strcmp(name, "rPh") == 0)
		strings->in_phonetic = false;
	if (strcmp(name, "si") != 0)
		return OK;
	if (texts->failed)
		return ERR_MEMORY;
	if (texts->size > strings->start)
		texts->size = strings->start + escapes_take(texts->at + strings->start,
							    texts->size - strings->start);
	end = (uint32_t)texts->size;
	buffer_add(&strings->book->string_ends, (struct text){ (const char *)&end, sizeof(end) });
	return strings->book->string_ends.failed ? ERR_MEMORY : OK;
}

static enum err strings_read(struct book *book)
{
	static const struct xml_events events = { strings_start, strings_end, strings_text };
	struct strings strings = { .book = book };

	if (!book->strings_part.at)
		return OK;
	book->strings.max = ZIP_UNPACKED_MAX;
	book->string_ends.max = ZIP_UNPACKED_MAX;
	return xml_read(book->zip, book->strings_part, &events, &strings);
}

static uint32_t string_end(const struct book *book, size_t index)
{
	uint32_t end;

	memcpy(&end, book->string_ends.at + index * sizeof(end), sizeof(end));
	return end;
}

bool book_string(const struct book *book, struct text index, struct text *out)
{
	size_t count = book->string_ends.size / sizeof(uint32_t);
	int64_t number;
	size_t start;

	if (!text_to_int(index, &number) || number < 0 || (uint64_t)number >= count)
		return false;
	start = number > 0 ? string_end(book, (size_t)number - 1) : 0;
	*out = text_part(buffer_text(&book->strings), start,
			 string_end(book, (size_t)number) - start);
	if (out->size == 0)
		*out = TEXT("");
	return true;
}

/* ---- styles ---- */

struct format {
	int64_t id;
	bool is_date;
};

struct styles {
	struct book *book;
	struct list formats; /* of struct format: those of the file */
	bool in_cells;
};

static enum err format_add(struct styles *styles, const char **attributes)
{
	struct text code = xml_attribute(attributes, "formatCode");
	struct format *format;
	int64_t id;

	if (!text_to_int(xml_attribute(attributes, "numFmtId"), &id) || code.size > CODE_MAX)
		return OK;
	if (styles->formats.count == FORMATS_MAX)
		return ERR_XLSX_LIMIT;
	format = list_add(&styles->formats, styles->book->arena, sizeof(*format));
	if (!format)
		return ERR_MEMORY;
	*format = (struct format){ id, format_is_date(id, code.at ? code : TEXT("")) };
	return OK;
}

static bool shows_date(const struct styles *styles, int64_t id)
{
	for (size_t i = 0; i < styles->formats.count; i++)
		if (LIST_ITEM(styles->formats, struct format, i)->id == id)
			return LIST_ITEM(styles->formats, struct format, i)->is_date;
	return format_is_date(id, NO_TEXT);
}

static enum err styles_start(void *context, struct xml *xml, const char *name,
			     const char **attributes)
{
	struct styles *styles = context;
	int64_t id = 0;

	(void)xml;
	if (strcmp(name, "numFmt") == 0)
		return format_add(styles, attributes);
	if (strcmp(name, "cellXfs") == 0)
		styles->in_cells = true;
	if (strcmp(name, "xf") != 0 || !styles->in_cells)
		return OK;
	if (styles->book->date_styles.size == STYLES_MAX)
		return ERR_XLSX_LIMIT;
	text_to_int(xml_attribute(attributes, "numFmtId"), &id);
	buffer_char(&styles->book->date_styles, shows_date(styles, id));
	return styles->book->date_styles.failed ? ERR_MEMORY : OK;
}

static enum err styles_end(void *context, struct xml *xml, const char *name)
{
	struct styles *styles = context;

	if (strcmp(name, "cellXfs") == 0) {
		styles->in_cells = false;
		xml_enough(xml);
	}
	return OK;
}

static enum err styles_read(struct book *book)
{
	static const struct xml_events events = { .start = styles_start, .end = styles_end };
	struct styles styles = { .book = book };

	return book->styles_part.at ? xml_read(book->zip, book->styles_part, &events, &styles) : OK;
}

bool book_is_date(const struct book *book, struct text style)
{
	int64_t number;

	return text_to_int(style, &number) && number >= 0 &&
	       (uint64_t)number < book->date_styles.size && book->date_styles.at[number];
}

/* ---- all of it ---- */

enum err book_open(struct zip *zip, struct arena *arena, struct book *out)
{
	static const struct xml_events workbook = { .start = workbook_start };
	struct relations relations = { .book = out };
	enum err e;

	*out = (struct book){ .arena = arena, .zip = zip };
	e = relations_read(&relations, TEXT(""));
	if (!e && !relations.workbook.at)
		e = ERR_SHEET_ZIP;
	if (!e && ends(relations.workbook, "workbook.bin"))
		e = ERR_SHEET_XLSB;
	/* a text document or a presentation is an archive of this kind too */
	if (!e && !ends(relations.workbook, "workbook.xml"))
		e = ERR_SHEET_ZIP;
	if (!e)
		e = xml_read(zip, relations.workbook, &workbook, out);
	if (!e)
		e = relations_read(&relations, relations.workbook);
	if (!e)
		e = strings_read(out);
	if (!e)
		e = styles_read(out);
	return e == ERR_NOT_FOUND ? ERR_XLSX_BROKEN : e;
}

void book_close(struct book *book)
{
	buffer_free(&book->strings);
	buffer_free(&book->string_ends);
	buffer_free(&book->date_styles);
}
