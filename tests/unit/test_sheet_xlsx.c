/*
 * Workbooks made here, byte by byte, by a writer of archives that can also lie: what each kind of
 * cell becomes, which sheets are read, and which files are refused by which name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/sheet.h"

#include <string.h>

/* ---- an archive of stored entries (PKWARE APPNOTE 4.3) ---- */

struct archive {
	struct buffer file, directory;
	int count;
	uint32_t claim; /* size that the next entry claims to unpack to; 0: its own */
	uint16_t flags;
};

static uint32_t crc_of(struct text t)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < t.size; i++) {
		crc ^= (uint8_t)t.at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xEDB88320) : crc >> 1;
	}
	return ~crc;
}

static void little(struct buffer *out, uint64_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_char(out, (char)(number >> 8 * i & 0xff));
}

/* What the two headers of an entry have in common. */
static void entry_head(struct buffer *out, const struct archive *archive, struct text name,
		       struct text content)
{
	little(out, 20, 2);
	little(out, archive->flags, 2);
	little(out, 0, 2 + 2 + 2);
	little(out, 0, 0);
	little(out, crc_of(content), 4);
	little(out, (uint32_t)content.size, 4);
	little(out, archive->claim ? archive->claim : (uint32_t)content.size, 4);
	little(out, (uint32_t)name.size, 2);
	little(out, 0, 2);
}

static void archive_add(struct archive *archive, const char *name, struct text content)
{
	uint32_t at = (uint32_t)archive->file.size;
	struct text named = text_of(name);

	buffer_add(&archive->file, TEXT("PK\x03\x04"));
	entry_head(&archive->file, archive, named, content);
	buffer_add(&archive->file, named);
	buffer_add(&archive->file, content);
	buffer_add(&archive->directory, TEXT("PK\x01\x02"));
	little(&archive->directory, 20, 2);
	entry_head(&archive->directory, archive, named, content);
	little(&archive->directory, 0, 2);
	little(&archive->directory, 0, 2);
	little(&archive->directory, 0, 2);
	little(&archive->directory, 0, 4);
	little(&archive->directory, at, 4);
	buffer_add(&archive->directory, named);
	archive->count++;
	archive->claim = 0;
	archive->flags = 0;
}

static struct text archive_end(struct archive *archive)
{
	uint32_t at = (uint32_t)archive->file.size;

	buffer_add(&archive->file, buffer_text(&archive->directory));
	buffer_add(&archive->file, TEXT("PK\x05\x06"));
	little(&archive->file, 0, 4);
	little(&archive->file, (uint32_t)archive->count, 2);
	little(&archive->file, (uint32_t)archive->count, 2);
	little(&archive->file, (uint32_t)archive->directory.size, 4);
	little(&archive->file, at, 4);
	little(&archive->file, 0, 2);
	assert_false(archive->file.failed || archive->directory.failed);
	return buffer_text(&archive->file);
}

static void archive_free(struct archive *archive)
{
	buffer_free(&archive->file);
	buffer_free(&archive->directory);
}

/* ---- a workbook ---- */

#define MAIN      "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define OFFICE    "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define RELATIONS "http://schemas.openxmlformats.org/package/2006/relationships"

static const char root_relations[] =
	"<Relationships xmlns='" RELATIONS "'><Relationship Id='rId1' Type='" OFFICE
	"/officeDocument' Target='xl/workbook.xml'/></Relationships>";
static const char book_relations[] =
	"<Relationships xmlns='" RELATIONS "'>"
	"<Relationship Id='r1' Type='" OFFICE "/worksheet' Target='worksheets/sheet1.xml'/>"
	"<Relationship Id='r2' Type='" OFFICE "/worksheet' Target='/xl/worksheets/sheet2.xml'/>"
	"<Relationship Id='r3' Type='" OFFICE "/sharedStrings' Target='sharedStrings.xml'/>"
	"<Relationship Id='r4' Type='" OFFICE "/styles' Target='styles.xml'/>"
	"<Relationship Id='r5' Type='" OFFICE
	"/externalLink' TargetMode='External' Target='file:///etc/passwd'/></Relationships>";
static const char shared_strings[] =
	"<sst xmlns='" MAIN "'><si><t>shared</t></si>"
	"<si><r><rPr><b/></rPr><t>rich </t></r><r><t>text</t></r><rPh sb='0' eb='1'><t>no</t></rPh>"
	"</si><si><t>a_x000D_b_x005F_c</t></si></sst>";
/* 0: a number; 1: built-in date; 2: date of the file; 3: time; 4: its quoted d is no day */
static const char styles[] =
	"<styleSheet xmlns='" MAIN
	"'><numFmts><numFmt numFmtId='164' formatCode='yyyy&quot;年&quot;m'/>"
	"<numFmt numFmtId='165' formatCode='[Red]0.00&quot;d&quot;'/></numFmts>"
	"<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf "
	"numFmtId='14'/>"
	"<xf numFmtId='164'/><xf numFmtId='20'/><xf numFmtId='165'/></cellXfs></styleSheet>";

struct parts {
	const char *book, *relations, *sheet; /* NULL: the usual ones */
	bool no_types;
};

static const char usual_book[] = "<workbook xmlns='" MAIN "' xmlns:r='" OFFICE
				 "'><sheets><sheet name='one' r:id='r1'/></sheets></workbook>";

static void book_add(struct archive *archive, const struct parts *parts)
{
	if (!parts->no_types)
		archive_add(archive, "[Content_Types].xml", TEXT("<Types/>"));
	archive_add(archive, "_rels/.rels", text_of(root_relations));
	archive_add(archive, "xl/workbook.xml", text_of(parts->book ? parts->book : usual_book));
	archive_add(archive, "xl/_rels/workbook.xml.rels",
		    text_of(parts->relations ? parts->relations : book_relations));
	archive_add(archive, "xl/sharedStrings.xml", text_of(shared_strings));
	archive_add(archive, "xl/styles.xml", text_of(styles));
	archive_add(archive, "xl/worksheets/sheet1.xml", text_of(parts->sheet));
	archive_add(archive, "xl/worksheets/sheet2.xml",
		    TEXT("<worksheet xmlns='" MAIN
			 "'><sheetData><row><c><v>2</v></c></row></sheetData></worksheet>"));
}

/* ---- reading, as one text: cells by |, records by newline, marks before their cells ---- */

static enum err transcribe(void *context, const struct sheet_row *row)
{
	static const char *const marks[] = { "", "=", "?", "!" };
	struct buffer *out = context;

	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		buffer_print(out, "%s%s", i > 0 ? "|" : "", marks[row->marks[i]]);
		buffer_add(out, row->cells[i]);
	}
	buffer_char(out, '\n');
	return OK;
}

static void expect_read(struct text file, const struct sheet_choice *choice, enum err expected,
			const char *transcript)
{
	struct arena *arena = arena_new(0);
	struct buffer out = { 0 };
	struct sheet_source source;
	enum err e = sheet_read(file, choice, arena, &source, transcribe, &out);

	assert_string_equal(err_info(e)->code, err_info(expected)->code);
	if (transcript) {
		buffer_char(&out, '\0');
		assert_string_equal(out.at, transcript);
	}
	buffer_free(&out);
	arena_free(arena);
}

static void expect_parts(const struct parts *parts, const struct sheet_choice *choice,
			 enum err expected, const char *transcript)
{
	struct archive archive = { .count = 0 };

	book_add(&archive, parts);
	expect_read(archive_end(&archive), choice, expected, transcript);
	archive_free(&archive);
}

#define SHEET(rows) "<worksheet xmlns='" MAIN "'><sheetData>" rows "</sheetData></worksheet>"

static void test_cells(void **state)
{
	static const struct {
		const char *cell, *text;
	} cases[] = {
		{ "<c t='s'><v>0</v></c>", "shared" },
		{ "<c t='s'><v>1</v></c>", "rich text" },
		{ "<c t='s'><v>2</v></c>", "a\rb_c" },
		{ "<c t='inlineStr'><is><t>in</t><rPh><t>no</t></rPh></is></c>", "in" },
		{ "<c t='inlineStr'><is><r><t>a</t></r><r><t> b</t></r></is></c>", "a b" },
		{ "<c t='b'><v>1</v></c>", "TRUE" },
		{ "<c t='b'><v>0</v></c>", "FALSE" },
		{ "<c t='e'><v>#N/A</v></c>", "!#N/A" },
		{ "<c><v>128.30000000000001</v></c>", "128.3" },
		{ "<c><v>1.28E2</v></c>", "128" },
		{ "<c><v>1.5e-7</v></c>", "0.00000015" },
		{ "<c><v>-0.5</v></c>", "-0.5" },
		{ "<c><v>-0</v></c>", "0" },
		{ "<c><v>6901234567892</v></c>", "6901234567892" },
		{ "<c><v>1E+20</v></c>", "100000000000000000000" },
		{ "<c><v>1E+300</v></c>", "1E+300" },
		{ "<c><v>nonsense</v></c>", "nonsense" },
		{ "<c s='1'><v>45000</v></c>", "2023-03-15" },
		{ "<c s='2'><v>45000.75</v></c>", "2023-03-15" },
		{ "<c s='1'><v>59</v></c>", "1900-02-28" },
		{ "<c s='1'><v>60</v></c>", "60" },
		{ "<c s='1'><v>61</v></c>", "1900-03-01" },
		{ "<c s='3'><v>0.5</v></c>", "0.5" },
		{ "<c s='4'><v>45000</v></c>", "45000" },
		{ "<c s='99'><v>45000</v></c>", "45000" },
		{ "<c t='d'><v>2026-01-31T00:00:00</v></c>", "2026-01-31" },
		{ "<c><f>1+1</f><v>2</v></c>", "=2" },
		{ "<c t='str'><f>A1&amp;B1</f><v>x</v></c>", "=x" },
		{ "<c t='str'><f>\"\"</f><v></v></c>", "=" },
		{ "<c><f>1+1</f></c>", "?" },
		{ "<c t='e'><f>1/0</f><v>#DIV/0!</v></c>", "!#DIV/0!" },
		{ "<c t='inlineStr'><is><t>=1+1</t></is></c>", "=1+1" },
		{ "<c r='C1'><v>3</v></c>", "||3" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer sheet = { 0 }, wanted = { 0 };

		buffer_print(&sheet, SHEET("<row r='1'>%s</row>"), cases[i].cell);
		buffer_print(&wanted, "%s\n", cases[i].text);
		buffer_char(&sheet, '\0');
		buffer_char(&wanted, '\0');
		expect_parts(&(struct parts){ .sheet = sheet.at }, NULL, OK, wanted.at);
		buffer_free(&sheet);
		buffer_free(&wanted);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *sheet, *text;
	} cases[] = {
		{ SHEET(""), "" },
		{ SHEET("<row r='2'><c r='A2'><v>1</v></c></row>"), "\n1\n" },
		{ SHEET("<row r='1'/><row r='2'><c r='B2' s='1'/></row>"), "" },
		{ SHEET("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"),
		  "1|2\n3\n" },
		{ "<x:worksheet xmlns:x='" MAIN
		  "'><x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row>"
		  "</x:sheetData></x:worksheet>",
		  "1\n" },
		{ "<worksheet xmlns='" MAIN "'><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c>"
		  "<c r='B1'><v>1</v></c></row><row r='2'><c r='B2'><v>2</v></c></row>"
		  "<row r='3'><c r='A3'><v>7</v></c><c r='B3'><v>3</v></c></row></sheetData>"
		  "<mergeCells><mergeCell ref='A1:A3'/><mergeCell "
		  "ref='A1:C1'/></mergeCells></worksheet>",
		  "shared|1\nshared|2\n7|3\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect_parts(&(struct parts){ .sheet = cases[i].sheet }, NULL, OK, cases[i].text);
}

static void test_sheets(void **state)
{
	static const char book[] =
		"<workbook xmlns='" MAIN "' xmlns:r='" OFFICE "'><workbookPr date1904='1'/><sheets>"
		"<sheet name='secret' state='hidden' r:id='r2'/><sheet name='one' r:id='r1'/>"
		"<sheet name='two' r:id='r2'/><sheet name='chart' r:id='r9'/></sheets></workbook>";
	static const char sheet[] = SHEET("<row><c s='1'><v>0</v></c></row>");
	const struct parts parts = { .book = book, .sheet = sheet };
	struct archive archive = { .count = 0 };
	struct arena *arena = arena_new(0);
	struct buffer out = { 0 };
	struct sheet_source source;

	(void)state;
	expect_parts(&parts, NULL, OK, "1904-01-01\n");
	expect_parts(&parts, &(struct sheet_choice){ .index = 1 }, OK, "2\n");
	expect_parts(&parts, &(struct sheet_choice){ .index = 2 }, ERR_SHEET_MISSING, "");
	expect_parts(&parts, &(struct sheet_choice){ .name = TEXT("two") }, OK, "2\n");
	expect_parts(&parts, &(struct sheet_choice){ .name = TEXT("secret") }, ERR_SHEET_MISSING,
		     "");
	book_add(&archive, &parts);
	assert_int_equal(sheet_read(archive_end(&archive), NULL, arena, &source, transcribe, &out),
			 OK);
	assert_int_equal(source.format, SHEET_XLSX);
	assert_true(text_is(source.name, "one"));
	assert_int_equal(source.visible, 2);
	assert_int_equal(source.hidden.count, 1);
	assert_true(text_is(*LIST_ITEM(source.hidden, struct text, 0), "secret"));
	buffer_free(&out);
	archive_free(&archive);
	arena_free(arena);
}

static void test_broken_parts(void **state)
{
	static const struct {
		const char *sheet;
		enum err e;
	} cases[] = {
		{ "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>" SHEET(""),
		  ERR_XLSX_UNSAFE },
		{ "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" SHEET(""), ERR_XLSX_UNSAFE },
		{ "<worksheet xmlns='" MAIN "'><sheetData>", ERR_XLSX_BROKEN },
		{ "nothing", ERR_XLSX_BROKEN },
		{ SHEET("<row r='2'/><row r='1'><c><v>1</v></c></row>"), ERR_XLSX_BROKEN },
		{ SHEET("<row><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>"),
		  ERR_XLSX_BROKEN },
		{ SHEET("<row><c r='XXXX1'><v>1</v></c></row>"), ERR_XLSX_BROKEN },
		{ SHEET("<row><c t='s'><v>3</v></c></row>"), ERR_XLSX_BROKEN },
		{ SHEET("<row><c t='s'><v>-1</v></c></row>"), ERR_XLSX_BROKEN },
		{ SHEET("<row><c t='zz'><v>1</v></c></row>"), ERR_XLSX_BROKEN },
		{ SHEET("<row r='100002'><c><v>1</v></c></row>"), ERR_SHEET_TOO_LONG },
		{ SHEET("<row r='99999999'><c><v>1</v></c></row>"), OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect_parts(&(struct parts){ .sheet = cases[i].sheet }, NULL, cases[i].e, NULL);
}

static void test_relations(void **state)
{
	static const struct {
		const char *relation;
		enum err e;
	} cases[] = {
		{ "Target='../../sheet1.xml'", ERR_XLSX_UNSAFE },
		{ "TargetMode='External' Target='http://example.invalid/sheet.xml'",
		  ERR_XLSX_UNSAFE },
		{ "Target='missing.xml'", ERR_XLSX_BROKEN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer relations = { 0 };

		buffer_print(&relations,
			     "<Relationships xmlns='" RELATIONS
			     "'><Relationship Id='r1' Type='" OFFICE
			     "/worksheet' %s/></Relationships>",
			     cases[i].relation);
		buffer_char(&relations, '\0');
		expect_parts(&(struct parts){ .relations = relations.at, .sheet = SHEET("") }, NULL,
			     cases[i].e, NULL);
		buffer_free(&relations);
	}
	expect_parts(&(struct parts){ .sheet = SHEET(""), .no_types = true }, NULL, ERR_SHEET_ZIP,
		     NULL);
}

/* A sound workbook and one more entry. */
static void expect_with(const char *name, uint32_t claim, uint16_t flags, enum err e)
{
	struct archive archive = { .count = 0 };

	book_add(&archive, &(struct parts){ .sheet = SHEET("<row><c><v>1</v></c></row>") });
	archive.claim = claim;
	archive.flags = flags;
	archive_add(&archive, name, TEXT("content"));
	expect_read(archive_end(&archive), NULL, e, NULL);
	archive_free(&archive);
}

static void test_entries(void **state)
{
	(void)state;
	expect_with("xl/media/image1.png", 0, 0, OK);
	expect_with("../evil", 0, 0, ERR_XLSX_UNSAFE);
	expect_with("xl/../../evil", 0, 0, ERR_XLSX_UNSAFE);
	expect_with("/etc/passwd", 0, 0, ERR_XLSX_UNSAFE);
	expect_with("c:\\evil", 0, 0, ERR_XLSX_UNSAFE);
	expect_with("xl/styles.xml", 0, 0, ERR_XLSX_BROKEN);
	expect_with("XL/Styles.xml", 0, 0, ERR_XLSX_BROKEN);
	expect_with("encrypted", 0, 1, ERR_XLSX_UNSAFE);
	expect_with("bomb", 60u * 1024 * 1024, 0, ERR_XLSX_LIMIT);
	expect_with("hundredfold", 2u * 1024 * 1024, 0, ERR_XLSX_LIMIT);
}

static void test_too_many_entries(void **state)
{
	struct archive archive = { .count = 0 };
	char name[] = "xl/e0000";

	(void)state;
	book_add(&archive, &(struct parts){ .sheet = SHEET("") });
	for (int i = 0; i < 1000; i++) {
		for (int digit = 0, rest = i; digit < 4; digit++, rest /= 10)
			name[4 + digit] = (char)('0' + rest % 10);
		archive_add(&archive, name, TEXT("x"));
	}
	expect_read(archive_end(&archive), NULL, ERR_XLSX_LIMIT, NULL);
	archive_free(&archive);
}

static void test_other_files(void **state)
{
	(void)state;
	expect_read(TEXT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"), NULL, ERR_SHEET_XLS, "");
	expect_read(TEXT("PK\x03\x04 and nothing more"), NULL, ERR_XLSX_BROKEN, "");
	expect_read(TEXT("a,b\n1,2\n"), NULL, OK, "a|b\n1|2\n");
	expect_read(TEXT("a,\"b\n"), NULL, ERR_SHEET_BROKEN, NULL);
	expect_read(TEXT("a\n"), &(struct sheet_choice){ .index = 1 }, ERR_SHEET_MISSING, "");
}

/* A file that was cut off has lost its directory, which stands at the end. */
static void test_truncated(void **state)
{
	struct archive archive = { .count = 0 };
	struct text whole;

	(void)state;
	book_add(&archive, &(struct parts){ .sheet = SHEET("<row><c><v>1</v></c></row>") });
	whole = archive_end(&archive);
	for (size_t size = 4; size + 22 < whole.size; size += 7)
		expect_read(text_part(whole, 0, size), NULL, ERR_XLSX_BROKEN, NULL);
	archive_free(&archive);
}

/* So many empty rows as no spreadsheet has: they end without a record. */
static void test_empty_rows(void **state)
{
	struct buffer sheet = { .max = MIB(50) };

	(void)state;
	buffer_add(&sheet, TEXT("<worksheet xmlns='" MAIN "'><sheetData>"));
	for (int i = 0; i < 2000000; i++)
		buffer_add(&sheet, TEXT("<row/>"));
	buffer_add(&sheet, TEXT("</sheetData></worksheet>"));
	buffer_char(&sheet, '\0');
	assert_false(sheet.failed);
	expect_parts(&(struct parts){ .sheet = sheet.at }, NULL, OK, "");
	buffer_free(&sheet);
}

/* Cells that share one long text are counted each. */
static void test_shared_bomb(void **state)
{
	struct buffer text = { .max = MIB(1) }, sheet = { .max = MIB(50) };
	struct archive archive = { .count = 0 };

	(void)state;
	buffer_add(&text, TEXT("<sst xmlns='" MAIN "'><si><t>"));
	for (int i = 0; i < 32000; i++)
		buffer_char(&text, 'x');
	buffer_add(&text, TEXT("</t></si></sst>"));
	buffer_add(&sheet, TEXT("<worksheet xmlns='" MAIN "'><sheetData>"));
	for (int i = 0; i < 5000; i++)
		buffer_add(&sheet, TEXT("<row><c t='s'><v>0</v></c></row>"));
	buffer_add(&sheet, TEXT("</sheetData></worksheet>"));
	archive_add(&archive, "[Content_Types].xml", TEXT("<Types/>"));
	archive_add(&archive, "_rels/.rels", text_of(root_relations));
	archive_add(&archive, "xl/workbook.xml", text_of(usual_book));
	archive_add(&archive, "xl/_rels/workbook.xml.rels", text_of(book_relations));
	archive_add(&archive, "xl/sharedStrings.xml", buffer_text(&text));
	archive_add(&archive, "xl/styles.xml", text_of(styles));
	archive_add(&archive, "xl/worksheets/sheet1.xml", buffer_text(&sheet));
	expect_read(archive_end(&archive), NULL, ERR_XLSX_LIMIT, NULL);
	archive_free(&archive);
	buffer_free(&text);
	buffer_free(&sheet);
}

/* What a merge shows is counted in every row that it is shown in, and a text that many merges claim
 * is counted for each of them. */
static void test_merge_bombs(void **state)
{
	static const struct {
		int rows, merges;
		enum err e;
	} cases[] = { { 2000, 1, OK },
		      { 3000, 1, ERR_XLSX_LIMIT },
		      { 1, 2000, OK },
		      { 1, 3000, ERR_XLSX_LIMIT } };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		struct buffer sheet = { .max = MIB(50) };

		buffer_add(&sheet, TEXT("<worksheet xmlns='" MAIN
					"'><sheetData><row><c t='inlineStr'><is><t>"));
		for (int i = 0; i < 32000; i++)
			buffer_char(&sheet, 'x');
		buffer_add(&sheet, TEXT("</t></is></c></row>"));
		for (int i = 0; i < cases[at].rows; i++)
			buffer_print(&sheet, "<row><c r='B%d'><v>1</v></c></row>", i + 2);
		buffer_add(&sheet, TEXT("</sheetData><mergeCells>"));
		for (int i = 0; i < cases[at].merges; i++)
			buffer_print(&sheet, "<mergeCell ref='A1:A%d'/>", cases[at].rows + 1);
		buffer_add(&sheet, TEXT("</mergeCells></worksheet>"));
		buffer_char(&sheet, '\0');
		assert_false(sheet.failed);
		expect_parts(&(struct parts){ .sheet = sheet.at }, NULL, cases[at].e, NULL);
		buffer_free(&sheet);
	}
}

static void test_too_many_relations(void **state)
{
	struct buffer relations = { .max = MIB(4) };

	(void)state;
	buffer_add(&relations, TEXT("<Relationships xmlns='" RELATIONS "'>"));
	for (int i = 0; i < 4097; i++)
		buffer_print(&relations, "<Relationship Id='a%d' Type='t' Target='b'/>", i);
	buffer_add(&relations, TEXT("</Relationships>"));
	buffer_char(&relations, '\0');
	assert_false(relations.failed);
	expect_parts(&(struct parts){ .relations = relations.at, .sheet = SHEET("") }, NULL,
		     ERR_XLSX_LIMIT, NULL);
	buffer_free(&relations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sheets),
		cmocka_unit_test(test_broken_parts),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_too_many_entries),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_empty_rows),
		cmocka_unit_test(test_shared_bomb),
		cmocka_unit_test(test_merge_bombs),
		cmocka_unit_test(test_too_many_relations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
