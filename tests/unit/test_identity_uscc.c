/* Credit codes: the published vectors, and what stands in the demonstration's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "xiangcai/identity.h"

/* The cells of the next line, at most @count; false at the end. No file here quotes a cell. */
static bool next_cells(FILE *file, struct text *cells, size_t count)
{
	static char line[4096];

	memset(cells, 0, count * sizeof(*cells));
	if (!fgets(line, sizeof(line), file))
		return false;
	struct text rest = text_part(text_of(line), 0, strcspn(line, "\n"));
	for (size_t i = 0; i < count && rest.at; i++)
		cells[i] = text_cut(&rest, ',');
	return true;
}

static FILE *open_csv(const char *path)
{
	struct text header[1];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(next_cells(file, header, 1));
	return file;
}

static void test_every_vector_is_decided(void **state)
{
	enum { ID, CODE, VALID, REASON, CELLS };
	struct text cells[CELLS];
	FILE *file = open_csv(SOURCE_DIR "/tests/data/uscc_vectors.csv");
	int valid = 0, invalid = 0;

	(void)state;
	while (next_cells(file, cells, CELLS)) {
		const char *fault = uscc_fault(cells[CODE]);

		if (!text_is(cells[REASON], fault ? fault : "OK"))
			print_error("%.*s: %s, not %.*s\n", TEXT_FMT(cells[ID]),
				    fault ? fault : "OK", TEXT_FMT(cells[REASON]));
		assert_true(text_is(cells[REASON], fault ? fault : "OK"));
		assert_true(text_is(cells[VALID], fault ? "0" : "1"));
		fault ? invalid++ : valid++;
	}
	fclose(file);
	assert_int_equal(valid, 60);
	assert_int_equal(invalid, 60);
}

static void test_what_no_file_can_hold(void **state)
{
	static const struct {
		struct text code;
		const char *fault;
	} cases[] = {
		{ { NULL, 0 }, "E_EMPTY" },
		{ { "\t  ", 3 }, "E_EMPTY" },
		{ { "\xff\xff\xff", 3 }, "E_CHARSET" },
		{ { "91610924XD00000\xe9\x99Y", 18 }, "E_CHARSET" },
		{ { "91610924XD000001\0Y", 18 }, "E_CHARSET" },
		{ { "91350100M000100Y43", 18 }, NULL },
		{ { "91350100M000100Y43", 17 }, "E_LENGTH" },
		{ { "91350100M000100Y44", 18 }, "E_CHECK" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *fault = uscc_fault(cases[i].code);

		if (cases[i].fault)
			assert_string_equal(fault, cases[i].fault);
		else
			assert_null(fault);
	}
}

/* Any one character that is not as it was: never valid. Both check characters together see all
 * single changes. */
static void test_no_single_change_goes_unnoticed(void **state)
{
	static const char characters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const char code[] = "91350100M000100Y43";
	int changed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(code) - 1; i++) {
		for (const char *c = characters; *c; c++) {
			char other[sizeof(code)];

			memcpy(other, code, sizeof(code));
			if (other[i] == *c)
				continue;
			other[i] = *c;
			assert_non_null(uscc_fault(text_of(other)));
			changed++;
		}
	}
	assert_int_equal(changed, 18 * 30);
}

static void check_column(const char *path, size_t column, int expected)
{
	struct text cells[16];
	FILE *file = open_csv(path);
	int rows = 0;

	for (; next_cells(file, cells, COUNT_OF(cells)); rows++)
		assert_null(uscc_fault(cells[column]));
	fclose(file);
	assert_int_equal(rows, expected);
}

static void test_the_demonstration_has_valid_codes(void **state)
{
	(void)state;
	check_column(SOURCE_DIR "/demo/suppliers.csv", 6, 280);
	check_column(SOURCE_DIR "/demo/units.csv", 8, 6400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vector_is_decided),
		cmocka_unit_test(test_what_no_file_can_hold),
		cmocka_unit_test(test_no_single_change_goes_unnoticed),
		cmocka_unit_test(test_the_demonstration_has_valid_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
