/* Rules of settlement: the statement's states, and the canonical form that its seal covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/settlement/settlement_private.h"

enum { STATES = STATEMENT_RELEASED + 1 };

static void every_step_of_a_statement(void **test)
{
	static const bool leads[STATES][STATES] = {
		[STATEMENT_PREPARED] = { [STATEMENT_CONFIRMED] = true },
		[STATEMENT_CONFIRMED] = { [STATEMENT_RELEASED] = true },
	};
	struct arena *arena = arena_new(0);
	size_t steps = 0;

	(void)test;
	for (int32_t from = 0; from < STATES; from++)
		for (int to = 0; to < STATES; to++) {
			struct problems problems = { .arena = arena };

			assert_int_equal(statement_step(from, (enum statement_state)to, &problems),
					 leads[from][to] ? OK : ERR_TRANSITION);
			assert_int_equal(problems.items.count, !leads[from][to]);
			if (problems.items.count)
				assert_true(text_is(
					LIST_ITEM(problems.items, struct problem, 0)->args[0].text,
					statement_words[from]));
			steps += leads[from][to];
		}
	assert_int_equal(steps, statement_transition_count);
	for (size_t i = 0; i < statement_transition_count; i++)
		assert_int_equal(statement_transitions[i].by,
				 statement_transitions[i].to == STATEMENT_CONFIRMED
					 ? ROLE_SUPPLIER_FINANCE
					 : ROLE_RECONCILER);
	arena_free(arena);
}

static struct list lines_of(struct statement_line *lines, size_t count)
{
	return (struct list){ lines, count, count };
}

static void canonical_lines(void **test)
{
	struct id acceptance;
	struct statement_line lines[] = {
		{ .number = 1,
		  .supply_order_number = 200000001,
		  .line = 3,
		  .sku = 10000001,
		  .name = TEXT("紫阳富硒绿茶"),
		  .specification = TEXT("125g×2罐"),
		  .day = day_make(2026, 10, 31),
		  .quantity = 12,
		  .amount_fen = 201600,
		  .tax_fen = 23193 },
		{ .number = 2,
		  .supply_order_number = 200000002,
		  .line = 1,
		  .sku = 10000002,
		  .name = TEXT("a \"b\", c"),
		  .specification = TEXT("=1+1"),
		  .day = day_make(2026, 11, 1),
		  .quantity = 1,
		  .amount_fen = 1,
		  .tax_fen = 0 },
	};
	static const char wanted[] =
		"number,acceptance,supply_order_number,line,sku,name,specification,day,"
		"quantity,amount_fen,tax_fen\n"
		"1,019f0000-0000-7000-8000-000000000001,200000001,3,10000001,紫阳富硒绿茶,"
		"125g×2罐,2026-10-31,12,201600,23193\n"
		"2,019f0000-0000-7000-8000-000000000001,200000002,1,10000002,"
		"\"a \"\"b\"\", c\",\"'=1+1\",2026-11-01,1,1,0\n";
	struct list list = lines_of(lines, 2);
	struct buffer csv = { 0 };

	(void)test;
	assert_true(id_parse(TEXT("019f0000-0000-7000-8000-000000000001"), &acceptance));
	lines[0].acceptance = lines[1].acceptance = acceptance;
	statement_csv(&csv, &list);
	assert_false(csv.failed);
	if (!text_is(buffer_text(&csv), wanted))
		print_error("%.*s", TEXT_FMT(buffer_text(&csv)));
	assert_true(text_is(buffer_text(&csv), wanted));
	buffer_free(&csv);
}

/* No two statements that differ have the same form. */
static void every_column_shows(void **test)
{
	const struct statement_line base = {
		.number = 1, .name = TEXT("a"), .specification = TEXT("b"), .day = 20000
	};
	struct statement_line other[11];
	struct digest digests[12];

	(void)test;
	for (size_t i = 0; i < COUNT_OF(other); i++)
		other[i] = base;
	other[0].number = 2;
	other[1].acceptance.bytes[15] = 1;
	other[2].supply_order_number = 1;
	other[3].line = 1;
	other[4].sku = 1;
	other[5].name = TEXT("ab");
	other[5].specification = TEXT("");
	other[6].specification = TEXT("c");
	other[7].day = 20001;
	other[8].quantity = 1;
	other[9].amount_fen = 1;
	other[10].tax_fen = 1;
	for (size_t i = 0; i < COUNT_OF(digests); i++) {
		struct statement_line line = i ? other[i - 1] : base;
		struct list list = lines_of(&line, 1);
		struct buffer csv = { 0 };

		statement_csv(&csv, &list);
		digests[i] = sm3(buffer_text(&csv));
		buffer_free(&csv);
		for (size_t k = 0; k < i; k++)
			assert_false(digest_equal(digests[i], digests[k]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_of_a_statement),
		cmocka_unit_test(canonical_lines),
		cmocka_unit_test(every_column_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
