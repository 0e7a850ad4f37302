/*
 * What rosters say, without a database: how cells are read, which rows fall with which, what the
 * vectors of credit codes become once an importer has normalised them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "../../src/identity/roster_import.h"

#include <string.h>

struct fixture {
	struct arena *arena, *scratch;
	struct roster_reading reading;
	struct places_reading places;
};

static void fixture_begin(struct fixture *f)
{
	struct county *county;

	*f = (struct fixture){ .arena = arena_new(0), .scratch = arena_new(0) };
	assert_int_equal(roster_begin(&f->reading, f->arena, f->scratch), OK);
	f->places.roster = &f->reading;
	assert_int_equal(places_begin(&f->reading, &f->places.header), OK);
	county = list_add(&f->reading.counties, f->arena, sizeof(*county));
	*county = (struct county){ .code = TEXT("610118"),
				   .city_code = TEXT("610100"),
				   .former_codes = TEXT("610125") };
	f->reading.tomorrow = day_make(2026, 11, 23);
}

static void fixture_end(struct fixture *f)
{
	arena_free(f->scratch);
	arena_free(f->arena);
}

/* As the job does it: units, their codes, places, the check. The database is empty. */
static void roster_read(struct fixture *f, const char *units, const char *places)
{
	assert_int_equal(
		sheet_read(text_of(units), NULL, f->arena, NULL, roster_row_read, &f->reading), OK);
	for (size_t i = 0; i < f->reading.rows.count; i++) {
		struct text code = LIST_ITEM(f->reading.rows, struct roster_row, i)->code;

		if (code.size)
			assert_int_equal(names_put(&f->reading.codes, code, (int32_t)i), OK);
	}
	if (places)
		assert_int_equal(sheet_read(text_of(places), NULL, f->arena, NULL,
					    roster_place_read, &f->places),
				 OK);
	assert_int_equal(roster_check(&f->reading), OK);
}

/* "2 uscc E_USCC(E_CHECK); …" */
static struct text faults_of(struct fixture *f)
{
	struct buffer out = { 0 };
	struct text text;

	for (size_t i = 0; i < f->reading.rows.count; i++) {
		const struct roster_row *row = LIST_ITEM(f->reading.rows, struct roster_row, i);

		for (size_t j = 0; j < row->faults.count; j++) {
			const struct problem *problem =
				&LIST_ITEM(row->faults, struct roster_remark, j)->problem;

			buffer_print(&out, "%s%lld %.*s %s", out.size ? "; " : "",
				     (long long)row->record, TEXT_FMT(problem->pointer),
				     err_info(problem->code)->code);
			if (problem->code == ERR_USCC)
				buffer_print(&out, "(%.*s)", TEXT_FMT(problem->args[0].text));
		}
	}
	text = arena_text(f->arena, out.size ? buffer_text(&out) : TEXT(""));
	buffer_free(&out);
	return text;
}

#define HEAD                                                                                                                   \
	"单位编码,单位名称,单位类型,上级编码,地市,行政区划代码,统一社会信用代码,职工人数," \
	"预算（元）\n"
/* Four codes of the demonstration's roster. */
#define A                       "89610000XU003B348X"
#define B                       "89610000XU003B4E6P"
#define C                       "89610000XU003B5Q05"
#define D                       "89610000XU003B735A"
#define ROW(code, parent, uscc) code ",单位,工会," parent ",省直,610118," uscc ",10,12.50\n"

static void rows_are_judged(void **state)
{
	static const struct {
		const char *units, *faults;
	} cases[] = {
		{ HEAD ROW("U1", "", A) ROW("U2", "U1", B), "" },
		{ HEAD "u1,单位,工会,,省直,610125," A ",1,1\n", "" },
		{ HEAD "U1,单位,工会,,省直,610000," A ",\"1,000\",￥12.50元\n", "" },
		{ HEAD ROW("U1", "", A) ROW("U1", "", B), "3 unit_code E_DUP_ROW" },
		{ HEAD ROW("U1", "", A) ROW("U2", "U1", A), "3 uscc E_DUP_ROW" },
		{ HEAD ROW("U1", "U9", A), "2 parent_code E_SUPERIOR_UNKNOWN" },
		{ HEAD ROW("U1", "U1", A), "2 parent_code E_CYCLE" },
		{ HEAD ROW("U1", "U3", A) ROW("U2", "U1", B) ROW("U3", "U2", C) ROW("U4", "U1", D),
		  "2 parent_code E_CYCLE; 3 parent_code E_CYCLE; 4 parent_code E_CYCLE; "
		  "5 parent_code E_SUPERIOR_REJECTED" },
		{ HEAD ROW("U1", "", "89610000XU003B3481") ROW("U2", "U1", B) ROW("U3", "U2", C),
		  "2 uscc E_USCC(E_CHECK); 3 parent_code E_SUPERIOR_REJECTED; "
		  "4 parent_code E_SUPERIOR_REJECTED" },
		{ HEAD ",,,,,,,,\n" HEAD "合计,,,,,,,10,\n" ROW("U1", "", A), "" },
		{ HEAD "!,=1+1,工会,,,999999,X,x,1.001\n",
		  "2 unit_code E_UNIT_CODE; 2 name E_FORMULA; 2 city E_REQUIRED; "
		  "2 region_code E_REGION_UNKNOWN; 2 uscc E_USCC(E_LENGTH); "
		  "2 member_count E_QTY_FORMAT; 2 annual_budget E_AMOUNT_FORMAT" },
		{ HEAD "U1,单位,工会,,省直,610118," A ",99999999,\n",
		  "2 member_count E_RANGE; 2 annual_budget E_REQUIRED" },
		{ HEAD "U1,单位,工会,,省直,610118," A ",1,1,more\n", "2 columns E_COLUMN_COUNT" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		char *faults;

		fixture_begin(&f);
		roster_read(&f, cases[i].units, NULL);
		faults = arena_string(f.arena, faults_of(&f));
		assert_string_equal(faults, cases[i].faults);
		fixture_end(&f);
	}
}

#define PLACES "unit_code,hierarchy,parent_unit_code\n"

static void places_are_judged(void **state)
{
	static const struct {
		const char *places, *faults;
		size_t alone;
	} cases[] = {
		{ PLACES "U1,union,\nU2,union,U1\nU2,government,\n", "", 0 },
		{ PLACES "U1,工会,\nU2,国资,\n", "", 0 },
		{ PLACES "U1,union,\nU2,clubs,U1\n", "3 places E_PLACE_REFUSED", 0 },
		{ PLACES "U9,union,\n", "", 1 },
		{ PLACES "U1,union,\nU1,union,\n",
		  "2 places E_PLACE_REFUSED; 3 parent_code "
		  "E_SUPERIOR_REJECTED",
		  0 },
		/* U1 stands in another hierarchy only */
		{ PLACES "U1,government,\nU2,union,U1\n", "3 places E_PLACE_REFUSED", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fixture f;
		size_t alone = 0;

		fixture_begin(&f);
		roster_read(&f, HEAD ROW("U1", "", A) ROW("U2", "U1", B), cases[i].places);
		for (size_t j = 0; j < f.reading.place_faults.count; j++)
			alone += LIST_ITEM(f.reading.place_faults, struct place_fault, j)->alone;
		assert_string_equal(arena_string(f.arena, faults_of(&f)), cases[i].faults);
		assert_int_equal(alone, cases[i].alone);
		fixture_end(&f);
	}
}

static void what_is_normalised_is_said(void **state)
{
	struct fixture f;
	const struct roster_row *row;
	struct buffer out = { 0 };

	(void)state;
	fixture_begin(&f);
	roster_read(&f, HEAD "ｕ1,单 位,工会,,省直,610125,89610000xu003b348x,10,12.5\n", NULL);
	row = LIST_ITEM(f.reading.rows, struct roster_row, 0);
	assert_true(roster_row_is_good(row));
	for (size_t i = 0; i < row->notes.count; i++) {
		const struct roster_remark *note = LIST_ITEM(row->notes, struct roster_remark, i);

		buffer_print(&out, "%.*s=%.*s ", TEXT_FMT(note->problem.pointer),
			     TEXT_FMT(note->taken));
	}
	buffer_char(&out, '\0');
	assert_string_equal(out.at, "unit_code=U1 region_code=610118 uscc=" A " ");
	assert_int_equal(row->facts.annual_budget_fen, 1250);
	assert_true(text_is(row->short_name, "单 位"));
	buffer_free(&out);
	fixture_end(&f);
}

/* ---- a deep tree ---- */

static void depth_has_a_limit(void **state)
{
	static const char *const usccs[] = { A, B, C, D };
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	/* rows are made by hand: real codes are not needed any more */
	for (size_t i = 0; i < 20; i++) {
		struct roster_row *row =
			list_add(&f.reading.rows, f.arena, sizeof(struct roster_row));

		row->record = (int64_t)i + 2;
		row->code = arena_print(f.arena, "U%zu", i);
		row->uscc = arena_print(f.arena, "%s%zu", usccs[i % 4], i);
		row->parent = i ? arena_print(f.arena, "U%zu", i - 1) : TEXT("");
		row->hierarchies = 1u << HIERARCHY_UNION;
		assert_int_equal(names_put(&f.reading.codes, row->code, (int32_t)i), OK);
	}
	assert_int_equal(roster_check(&f.reading), OK);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(
			roster_row_is_good(LIST_ITEM(f.reading.rows, struct roster_row, i)),
			i <= TREE_DEPTH_MAX);
	fixture_end(&f);
}

/* ---- credit codes ---- */

struct vectors {
	struct arena *arena;
	size_t count;
	struct buffer mended; /* vectors that become valid */
};

static enum err take_vector(void *context, const struct sheet_row *row)
{
	struct vectors *vectors = context;
	bool valid = text_is(row->cells[2], "1");
	struct text code = uscc_normalised(vectors->arena, row->cells[1]);
	bool holds = uscc_fault(code) == NULL;

	if (row->record == 1)
		return OK;
	vectors->count++;
	assert_true(!valid || holds);
	if (!valid && holds)
		buffer_print(&vectors->mended, "%.*s ", TEXT_FMT(row->cells[0]));
	return OK;
}

static void credit_codes_are_normalised(void **state)
{
	static char content[256 * 1024];
	struct vectors vectors = { .arena = arena_new(0) };
	FILE *file = fopen(SOURCE_DIR "/tests/data/uscc_vectors.csv", "rb");
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(content, 1, sizeof(content), file);
	fclose(file);
	assert_int_equal(csv_read((struct text){ content, size }, vectors.arena, NULL, take_vector,
				  &vectors),
			 OK);
	buffer_char(&vectors.mended, '\0');
	assert_true(vectors.count > 80);
	assert_string_equal(vectors.mended.at, "V074 V075 V076 V090 ");
	buffer_free(&vectors.mended);
	arena_free(vectors.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_judged),
		cmocka_unit_test(places_are_judged),
		cmocka_unit_test(what_is_normalised_is_said),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(credit_codes_are_normalised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
