/* CSV in and out: records, encodings, limits, apostrophes, and that what was written is read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/sheet.h"

#include <string.h>

/* Records as "[a|b]", so that a table can say what a file holds. */
struct transcript {
	struct buffer text;
	int64_t records;
	size_t cells, filled; /* of the last record */
	enum err answer;      /* what the callback gives */
};

static enum err transcribe(void *context, const struct sheet_row *row)
{
	struct transcript *transcript = context;

	assert_int_equal(row->record, ++transcript->records);
	assert_true(row->filled_count <= row->cell_count);
	transcript->cells = row->cell_count;
	transcript->filled = row->filled_count;
	buffer_char(&transcript->text, '[');
	for (size_t i = 0; i < row->cell_count && i < SHEET_CELLS_MAX; i++) {
		assert_non_null(row->cells[i].at);
		if (i > 0)
			buffer_char(&transcript->text, '|');
		buffer_add(&transcript->text, row->cells[i]);
	}
	buffer_char(&transcript->text, ']');
	return transcript->answer;
}

static enum err read_into(struct transcript *transcript, struct text file, enum encoding *encoding)
{
	struct arena *arena = arena_new(MIB(4));
	enum err e;

	assert_non_null(arena);
	e = csv_read(file, arena, encoding, transcribe, transcript);
	arena_free(arena);
	return e;
}

static void reads_records(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "", "" },
		{ "a,b\r\nc,d\r\n", "[a|b][c|d]" },
		{ "a,b\nc,d", "[a|b][c|d]" },
		{ "a\rb\r", "[a][b]" },
		{ "\r\n\r\na\r\n\r\n", "[][][a][]" },
		{ "\n\na\n\n", "[][][a][]" },
		{ "a\n\r\nb", "[a][][b]" },
		{ ",\n", "[|]" },
		{ "a,\n", "[a|]" },
		{ "a,", "[a|]" },
		{ "\"\"\n", "[]" },
		{ "\"a,b\",\"c\"\"d\"\"\",\"\"\n", "[a,b|c\"d\"|]" },
		{ "\"a\r\nb\",c\r\nd", "[a\r\nb|c][d]" },
		{ "\"a\n\n\nb\"\nc\n", "[a\n\n\nb][c]" },
		/* Blanks are part of a cell. */
		{ "  a , b\t,\t=1\n", "[  a | b\t|\t=1]" },
		{ "   \n\t\n", "[   ][\t]" },
		{ "\"\r=1\",\"\t\"\n", "[\r=1|\t]" },
		/* Quotes inside a cell that does not begin with one are text. */
		{ "5\" pipe,a\"b\"c\n", "[5\" pipe|a\"b\"c]" },
		{ "\xEF\xBB\xBFname,\xE7\xB4\xAB\xE9\x98\xB3\n", "[name|紫阳]" },
		{ "\xEF\xBB\xBF\"a,b\"\n", "[a,b]" },
		{ "\xEF\xBB\xBF", "" },
		/* Behind a BOM, what is broken is replaced and the rest kept. */
		{ "\xEF\xBB\xBF"
		  "a\xFF"
		  "b,\xE7\xB4\n",
		  "[a\uFFFDb|\uFFFD\uFFFD]" },
		{ "\xD7\xCF\xD1\xF4,1\n", "[紫阳|1]" },
		{ "\xD7\xCF\xFF\xFF,1\n\xFF", "[紫\uFFFD\uFFFD|1][\uFFFD]" },
		{ "\x95\x34\xB2\x35\n", "[𠮷]" },
		{ "\xD7\xCF\xD1", "[紫\uFFFD]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { 0 };

		assert_int_equal(read_into(&transcript, text_of(cases[i].file), NULL), OK);
		buffer_char(&transcript.text, '\0');
		assert_string_equal(transcript.text.at, cases[i].expected);
		buffer_free(&transcript.text);
	}
}

static void tells_encodings(void **state)
{
	static const struct {
		const char *file;
		enum encoding encoding;
	} cases[] = {
		{ "a", ENCODING_UTF8 },
		{ "紫阳", ENCODING_UTF8 },
		{ "\xEF\xBB\xBF\xFF", ENCODING_UTF8 },
		{ "\xD7\xCF", ENCODING_GB18030 },
		{ "紫阳\xD7\xCF", ENCODING_GB18030 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { 0 };
		enum encoding encoding = ENCODING_UTF8;

		assert_int_equal(read_into(&transcript, text_of(cases[i].file), &encoding), OK);
		assert_int_equal(encoding, cases[i].encoding);
		buffer_free(&transcript.text);
	}
}

static void refuses_what_cannot_be_read(void **state)
{
	static const struct {
		struct text file;
		enum err e;
		int64_t records; /* given before the failure */
	} cases[] = {
		{ { "a\0b\n", 4 }, ERR_FORMAT, 0 },
		{ { "a\n\"b\nc\n", 7 }, ERR_FORMAT, 1 },
		{ { "\"", 1 }, ERR_FORMAT, 0 },
		{ { "\"\"\"", 3 }, ERR_FORMAT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { 0 };

		assert_int_equal(read_into(&transcript, cases[i].file, NULL), cases[i].e);
		assert_int_equal(transcript.records, cases[i].records);
		buffer_free(&transcript.text);
	}
}

/* A file of @count times @piece. */
static void repeat(struct buffer *out, const char *piece, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_add(out, text_of(piece));
}

static void keeps_limits(void **state)
{
	static const struct {
		const char *piece;
		size_t count;
		enum err e;
		int64_t records;
	} cases[] = {
		{ "a\n", SHEET_ROWS_MAX, OK, SHEET_ROWS_MAX },
		{ "\n", SHEET_ROWS_MAX + 1, ERR_TOO_LARGE, SHEET_ROWS_MAX },
		{ "a", SHEET_CELL_MAX, OK, 1 },
		{ "a", SHEET_CELL_MAX + 1, ERR_FORMAT, 0 },
		/* Longer than one piece that goes through iconv, with characters across its end. */
		{ "\xD7\xCF\xD1\xF4,a\n", 40000, OK, 40000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { 0 };
		struct buffer file = { 0 };

		repeat(&file, cases[i].piece, cases[i].count);
		assert_int_equal(read_into(&transcript, buffer_text(&file), NULL), cases[i].e);
		assert_int_equal(transcript.records, cases[i].records);
		buffer_free(&transcript.text);
		buffer_free(&file);
	}
}

static void counts_cells_it_does_not_keep(void **state)
{
	struct transcript transcript = { 0 };
	struct buffer file = { 0 };

	(void)state;
	repeat(&file, ",", 99);
	assert_int_equal(read_into(&transcript, buffer_text(&file), NULL), OK);
	assert_int_equal(transcript.cells, 100);
	assert_int_equal(transcript.filled, 0);
	buffer_add(&file, TEXT("x, "));
	transcript.records = 0;
	assert_int_equal(read_into(&transcript, buffer_text(&file), NULL), OK);
	assert_int_equal(transcript.cells, 101);
	assert_int_equal(transcript.filled, 100);
	buffer_free(&transcript.text);
	buffer_free(&file);
}

/* What spreadsheets save beside commas: the sign that most of the lines have often enough. */
static void finds_delimiters(void **state)
{
	static const struct {
		const char *file, *expected;
	} cases[] = {
		{ "a\tb\tc\td\te\n1\t2\t3\t4\t5\n", "[a|b|c|d|e][1|2|3|4|5]" },
		{ "a;b;c;d;e\n1;2,5;3;4;5\n", "[a|b|c|d|e][1|2,5|3|4|5]" },
		{ "a,b,c,d,e\n1;2;3;4;5,x\n", "[a|b|c|d|e][1;2;3;4;5|x]" },
		/* titles above, and prose full of the other sign */
		{ "价目表\na\tb\tc\td\te\n,,,,,,,\t1\t2\t3\t4\nv\tw\tx\ty\tz\n",
		  "[价目表][a|b|c|d|e][,,,,,,,|1|2|3|4][v|w|x|y|z]" },
		/* within quotes nothing counts */
		{ "a,b,c,d,e\n\"1;2;3;4;5;6\n;;;;\",2,3,4,5\n",
		  "[a|b|c|d|e][1;2;3;4;5;6\n;;;;|2|3|4|5]" },
		{ "\"a;1\";\"b\";c;d;e\r\n", "[a;1|b|c|d|e]" },
		/* too few to be one: then it is RFC 4180 */
		{ "a;b;c\n", "[a;b;c]" },
		{ "a\tb,c\n", "[a\tb|c]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { .answer = OK };

		assert_int_equal(read_into(&transcript, text_of(cases[i].file), NULL), OK);
		assert_true(text_is(buffer_text(&transcript.text), cases[i].expected));
		buffer_free(&transcript.text);
	}
}

/* RFC 2781 with its mark, in both orders of bytes. */
static void reads_utf16(void **state)
{
#define FILE_OF(literal)                                                                           \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
	static const struct {
		struct text file;
		const char *expected;
	} cases[] = {
		{ FILE_OF("\xFF\xFE"), "" },
		{ FILE_OF("\xFF\xFE"
			  "a\0,\0\x2B\x7D\n\0"),
		  "[a|紫]" },
		{ FILE_OF("\xFE\xFF"
			  "\0a\0,\x7D\x2B\0\n"),
		  "[a|紫]" },
		{ FILE_OF("\xFF\xFE"
			  "a\0\t\0b\0\t\0c\0\t\0d\0\t\0e\0"),
		  "[a|b|c|d|e]" },
		/* 𠮷, a pair of surrogates; one alone; the first half at the end; half a unit */
		{ FILE_OF("\xFF\xFE"
			  "\x42\xD8\xB7\xDF"),
		  "[𠮷]" },
		{ FILE_OF("\xFE\xFF"
			  "\xD8\x42\xDF\xB7"),
		  "[𠮷]" },
		{ FILE_OF("\xFF\xFE"
			  "\xB7\xDF"
			  "a\0"),
		  "[\xEF\xBF\xBD"
		  "a]" },
		{ FILE_OF("\xFF\xFE"
			  "a\0\x42\xD8"),
		  "[a\xEF\xBF\xBD]" },
		{ FILE_OF("\xFF\xFE"
			  "a\0b"),
		  "[a]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct transcript transcript = { .answer = OK };
		enum encoding encoding = ENCODING_UTF8;

		assert_int_equal(read_into(&transcript, cases[i].file, &encoding), OK);
		assert_int_equal(encoding, ENCODING_UTF16);
		assert_true(text_is(buffer_text(&transcript.text), cases[i].expected));
		buffer_free(&transcript.text);
	}
	struct transcript nul = { .answer = OK };
	assert_int_equal(read_into(&nul,
				   (struct text)FILE_OF("\xFF\xFE"
							"a\0\0\0"),
				   NULL),
			 ERR_FORMAT);
	buffer_free(&nul.text);
}

static void stops_when_told(void **state)
{
	struct transcript transcript = { .answer = ERR_CONFLICT };

	(void)state;
	assert_int_equal(read_into(&transcript, TEXT("a\nb\nc\n"), NULL), ERR_CONFLICT);
	assert_int_equal(transcript.records, 1);
	buffer_free(&transcript.text);
}

/* Out of memory is told, never taken for a shorter file. */
static void survives_a_small_arena(void **state)
{
	struct arena *arena = arena_new(KIB(1));
	struct transcript transcript = { 0 };

	(void)state;
	assert_int_equal(csv_read(TEXT("\xD7\xCF\n"), arena, NULL, transcribe, &transcript),
			 ERR_MEMORY);
	assert_int_equal(transcript.records, 0);
	arena_free(arena);
	buffer_free(&transcript.text);
}

static void writes_cells(void **state)
{
	static const struct {
		const char *cell, *text, *raw;
	} cases[] = {
		{ "", "", "" },
		{ "a", "a", "a" },
		{ "紫阳 毛尖", "紫阳 毛尖", "紫阳 毛尖" },
		{ "a,b", "\"a,b\"", "\"a,b\"" },
		{ "a\"b", "\"a\"\"b\"", "\"a\"\"b\"" },
		{ "a\r\nb", "\"a\r\nb\"", "\"a\r\nb\"" },
		{ " a", "\" a\"", "\" a\"" },
		{ "=1+1", "\"'=1+1\"", "=1+1" },
		{ "+1", "\"'+1\"", "+1" },
		{ "-18℃", "\"'-18℃\"", "-18℃" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"", "@SUM(A1)" },
		{ "\t=1", "\"'\t=1\"", "\"\t=1\"" },
		{ "\ra", "\"'\ra\"", "\"\ra\"" },
		{ "\na", "\"'\na\"", "\"\na\"" },
		{ "＝1", "\"'＝1\"", "＝1" },
		{ "＋1", "\"'＋1\"", "＋1" },
		{ "－1", "\"'－1\"", "－1" },
		{ "＠a", "\"'＠a\"", "＠a" },
		{ "  =1", "\"'  =1\"", "\"  =1\"" },
		{ "\u3000\u200B=1", "\"'\u3000\u200B=1\"", "\u3000\u200B=1" },
		{ "'=1", "\"''=1\"", "'=1" },
		{ "'tis", "'tis", "'tis" },
		{ "a=1", "a=1", "a=1" },
		{ "=\"x\"", "\"'=\"\"x\"\"\"", "\"=\"\"x\"\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer out = { 0 };

		csv_text(&out, true, text_of(cases[i].cell));
		buffer_char(&out, '\0');
		assert_string_equal(out.at, cases[i].text);
		out.size = 0;
		csv_raw(&out, true, text_of(cases[i].cell));
		buffer_char(&out, '\0');
		assert_string_equal(out.at, cases[i].raw);
		buffer_free(&out);
	}
}

static void writes_lines(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	csv_text(&out, true, TEXT("=a"));
	csv_int(&out, false, -5);
	csv_raw(&out, false, TEXT("-12.50"));
	csv_text(&out, false, TEXT(""));
	csv_end(&out);
	csv_int(&out, true, INT64_MIN);
	csv_end(&out);
	assert_true(text_is(buffer_text(&out), "\"'=a\",-5,-12.50,\n-9223372036854775808\n"));
	buffer_free(&out);
}

/* ---- round trip ---- */

enum { TRIP_CELLS = 5, TRIP_ROWS = 2000 };

/* Numbers from a linear congruence (Knuth's MMIX), so that a failure repeats. */
static uint32_t next_number(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* A cell of pieces that matter to somebody on the way. */
static struct text any_cell(struct arena *arena, uint64_t *state)
{
	static const char *const pieces[] = { "'", "\"", ",",  "\n",     "\r", "\t",
					      " ", "=",  "+",  "-",      "@",  "＝",
					      "a", "7",  "茶", "\u3000", "𠮷", "\u200B" };
	struct text cell = TEXT("");

	for (uint32_t left = next_number(state) % 6; left > 0; left--)
		cell = arena_print(arena, "%.*s%s", TEXT_FMT(cell),
				   pieces[next_number(state) % COUNT_OF(pieces)]);
	return cell;
}

struct trip {
	struct text cells[TRIP_ROWS][TRIP_CELLS];
	size_t row;
};

static enum err trip_compare(void *context, const struct sheet_row *row)
{
	struct trip *trip = context;

	assert_true(trip->row < TRIP_ROWS);
	assert_int_equal(row->cell_count, TRIP_CELLS);
	for (size_t i = 0; i < TRIP_CELLS; i++) {
		struct text read = i % 2 == 0 ? cell_bare(row->cells[i]) : row->cells[i];

		assert_true(text_equal(read, trip->cells[trip->row][i]));
	}
	trip->row++;
	return OK;
}

static void reads_what_it_wrote(void **state)
{
	struct arena *arena = arena_new(MIB(16));
	struct trip *trip = arena_take(arena, sizeof(*trip));
	struct buffer file = { 0 };
	uint64_t numbers = 20261122;

	(void)state;
	for (size_t i = 0; i < TRIP_ROWS; i++) {
		for (size_t j = 0; j < TRIP_CELLS; j++) {
			trip->cells[i][j] = any_cell(arena, &numbers);
			(j % 2 == 0 ? csv_text : csv_raw)(&file, j == 0, trip->cells[i][j]);
		}
		csv_end(&file);
	}
	assert_int_equal(csv_read(buffer_text(&file), arena, NULL, trip_compare, trip), OK);
	assert_int_equal(trip->row, TRIP_ROWS);
	buffer_free(&file);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(tells_encodings),
		cmocka_unit_test(refuses_what_cannot_be_read),
		cmocka_unit_test(keeps_limits),
		cmocka_unit_test(counts_cells_it_does_not_keep),
		cmocka_unit_test(finds_delimiters),
		cmocka_unit_test(reads_utf16),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(survives_a_small_arena),
		cmocka_unit_test(writes_cells),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(reads_what_it_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
