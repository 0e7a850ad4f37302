/* Any uploaded table: what it is is decided by its first bytes and what stands inside, never by its
 * name. */
#include <string.h>

#include "xlsx.h"

const char *const encoding_words[] = { "UTF-8", "GB18030", "UTF-16", NULL };
const char *const sheet_format_words[] = { "csv", "xlsx", NULL };

/* The compound files of Office before 2007 begin so. */
static bool is_compound(struct text file)
{
	return text_starts(file, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
}

/* A workbook with a password is a compound file with this stream in its directory ([MS-OFFCRYPTO]
 * 2.3.4.4), its name in UTF-16. */
static bool is_encrypted(struct text file)
{
	static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	return memmem(file.at, file.size, name, sizeof(name)) != NULL;
}

/* What old programs call .xls is often a page of the web. */
static bool is_page(struct text file)
{
	static const char *const begins[] = { "<!doctype html", "<html", "<table", "<head",
					      "<meta" };
	struct text head = text_starts(file, "\xEF\xBB\xBF") ? text_part(file, 3, file.size) : file;

	while (head.size && head.at[0] <= ' ' && head.at[0] > 0)
		head = text_part(head, 1, head.size);
	for (size_t i = 0; i < COUNT_OF(begins); i++)
		if (text_equal_fold(text_part(head, 0, strlen(begins[i])), text_of(begins[i])))
			return true;
	return false;
}

static bool is_archive(struct text file)
{
	return text_starts(file, "PK\x03\x04") || text_starts(file, "PK\x05\x06");
}

static enum err read_csv(struct text file, const struct sheet_choice *choice, struct arena *arena,
			 struct sheet_source *source, sheet_row_fn *row, void *context)
{
	enum err e;

	source->visible = 1;
	if (choice && (choice->name.at || choice->index > 0))
		return ERR_SHEET_MISSING;
	e = csv_read(file, arena, &source->encoding, row, context);
	if (e == ERR_FORMAT)
		return ERR_SHEET_BROKEN;
	return e == ERR_TOO_LARGE ? ERR_SHEET_TOO_LONG : e;
}

/* Counts the sheets that are shown and lists those that are not; gives the chosen one. */
static enum err sheet_choose(const struct book *book, const struct sheet_choice *choice,
			     struct sheet_source *source, const struct book_sheet **out)
{
	struct sheet_choice wanted = choice ? *choice : (struct sheet_choice){ .index = 0 };

	*out = NULL;
	for (size_t i = 0; i < book->sheets.count; i++) {
		const struct book_sheet *sheet = LIST_ITEM(book->sheets, struct book_sheet, i);

		if (!sheet->part.at)
			continue;
		if (sheet->hidden) {
			struct text *name = list_add(&source->hidden, book->arena, sizeof(*name));

			if (!name)
				return ERR_MEMORY;
			*name = sheet->name;
			continue;
		}
		struct text *shown = list_add(&source->shown, book->arena, sizeof(*shown));
		if (!shown)
			return ERR_MEMORY;
		*shown = sheet->name;
		if (wanted.name.at ? text_equal(sheet->name, wanted.name)
				   : source->visible == wanted.index)
			*out = sheet;
		source->visible++;
	}
	return *out ? OK : ERR_SHEET_MISSING;
}

static enum err read_book(struct zip *zip, const struct sheet_choice *choice, struct arena *arena,
			  struct sheet_source *source, sheet_row_fn *row, void *context)
{
	const struct book_sheet *sheet = NULL;
	struct book book;
	enum err e = book_open(zip, arena, &book);

	if (!e)
		e = sheet_choose(&book, choice, source, &sheet);
	if (!e) {
		source->name = sheet->name;
		e = book_rows(&book, sheet->part, &source->expected, row, context);
	}
	book_close(&book);
	return e;
}

static enum err read_xlsx(struct text file, const struct sheet_choice *choice, struct arena *arena,
			  struct sheet_source *source, sheet_row_fn *row, void *context)
{
	struct zip *zip;
	enum err e = zip_open(file, arena, &zip);

	if (e)
		return e;
	source->format = SHEET_XLSX;
	if (zip_has(zip, TEXT("[Content_Types].xml")))
		e = read_book(zip, choice, arena, source, row, context);
	else
		e = zip_has(zip, TEXT("content.xml")) ? ERR_SHEET_ODS : ERR_SHEET_ZIP;
	zip_close(zip);
	return e;
}

enum err sheet_read(struct text file, const struct sheet_choice *choice, struct arena *arena,
		    struct sheet_source *source, sheet_row_fn *row, void *context)
{
	struct sheet_source unasked = { .format = SHEET_CSV };

	source = source ? source : &unasked;
	*source = (struct sheet_source){ .format = SHEET_CSV };
	if (is_compound(file))
		return is_encrypted(file) ? ERR_SHEET_ENCRYPTED : ERR_SHEET_XLS;
	if (is_page(file))
		return ERR_SHEET_HTML;
	return (is_archive(file) ? read_xlsx : read_csv)(file, choice, arena, source, row, context);
}
