/* Rules of ordering: the agreement's table, payment codes, what a line costs and what is wrong with
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/ordering/ordering_private.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* ---- agreement ---- */

static void every_step_of_the_agreement(void **state)
{
	/* [from][event]: where it leads; AGREEMENT_COUNT: nowhere */
	enum { NO = AGREEMENT_COUNT };
	static const int to[AGREEMENT_COUNT][AGREEMENT_EVENT_COUNT] = {
		[AGREEMENT_AWAITING_APPROVAL] = { NO, NO },
		[AGREEMENT_PLACED] = { [CONFIRM] = AGREEMENT_CONFIRMED,
				       [DECLINE] = AGREEMENT_DECLINED },
		[AGREEMENT_CONFIRMED] = { NO, NO },
		[AGREEMENT_REJECTED] = { NO, NO },
		[AGREEMENT_DECLINED] = { NO, NO },
		[AGREEMENT_CANCELLED] = { NO, NO },
		[AGREEMENT_EXPIRED] = { NO, NO },
	};
	size_t steps = 0;

	(void)state;
	for (int from = 0; from < AGREEMENT_COUNT; from++)
		for (int event = 0; event < AGREEMENT_EVENT_COUNT; event++) {
			struct problems problems = { .arena = arena };
			int32_t got = -1;
			enum err e = agreement_next((enum agreement)from,
						    (enum agreement_event)event, &problems, &got);

			if (to[from][event] == NO) {
				assert_int_equal(e, ERR_TRANSITION);
				assert_int_equal(got, -1);
				assert_int_equal(problems.items.count, 1);
				const struct problem *problem =
					LIST_ITEM(problems.items, struct problem, 0);
				assert_true(text_is(problem->args[0].text,
						    word_of(agreement_words, from)));
			} else {
				assert_int_equal(e, OK);
				assert_int_equal(got, to[from][event]);
				assert_int_equal(problems.items.count, 0);
				steps++;
			}
		}
	assert_int_equal(steps, agreement_transition_count);
	for (size_t i = 0; i < agreement_transition_count; i++)
		assert_int_equal(agreement_transitions[i].by, ROLE_DISPATCHER);
}

/* ---- payment codes ---- */

/* The same numbers at every run: a small generator of our own. */
static uint32_t random_below(uint32_t bound)
{
	static uint64_t seed = 20261122;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % bound);
}

static void codes_are_ten_digits(void **state)
{
	static const struct {
		int64_t counter;
		const char *code;
	} cases[] = {
		{ 0, "0000000006" },         { 1, "0000000014" },         { 79462, "0000794622" },
		{ 100000001, "1000000013" }, { 999999999, "9999999991" },
	};
	char out[11];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text code = payment_code_make(cases[i].counter, out);

		if (!text_is(code, cases[i].code))
			print_error("%lld: %.*s\n", (long long)cases[i].counter, TEXT_FMT(code));
		assert_true(text_is(code, cases[i].code));
		assert_int_equal(out[10], 0);
		assert_true(payment_code_valid(code));
	}
}

static void what_is_no_code(void **state)
{
	static const char *const cases[] = {
		"",
		"1",
		"100000001",
		"10000000135",
		"1000000014",
		"100000001 3",
		"1000000013 ",
		" 1000000013",
		"100000001x",
		"-000000013",
		"100000001\xef\xbc\x93",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_false(payment_code_valid(text_of(cases[i])));
	assert_false(payment_code_valid(NO_TEXT));
	assert_false(payment_code_valid((struct text){ "100000001\0", 10 }));
}

/* Every single wrong digit is found: 90 of each code. */
static void every_wrong_digit_is_found(void **state)
{
	char out[11];

	(void)state;
	for (int round = 0; round < 5000; round++) {
		payment_code_make(random_below(1000000000), out);
		for (int place = 0; place < 10; place++)
			for (char digit = '0'; digit <= '9'; digit++) {
				char right = out[place];

				out[place] = digit;
				assert_int_equal(payment_code_valid((struct text){ out, 10 }),
						 digit == right);
				out[place] = right;
			}
	}
}

/*
 * Swaps of neighbours: in each of the ten states that the sum can be in, exactly one of the 45
 * pairs of different digits can be swapped unseen. So 44 of 45 swaps are found, 97.8 %.
 */
static void nearly_every_swap_is_found(void **state)
{
	int64_t swaps = 0, missed = 0;
	char out[11];

	(void)state;
	for (int round = 0; round < 200000; round++) {
		payment_code_make(random_below(1000000000), out);
		for (int place = 0; place < 9; place++) {
			char left = out[place], right = out[place + 1];

			if (left == right)
				continue;
			out[place] = right;
			out[place + 1] = left;
			swaps++;
			missed += payment_code_valid((struct text){ out, 10 });
			out[place] = left;
			out[place + 1] = right;
		}
	}
	print_message("swapped neighbours: %lld of %lld missed\n", (long long)missed,
		      (long long)swaps);
	assert_true(missed * 45 > swaps * 97 / 100);
	assert_true(missed * 45 < swaps * 103 / 100);
}

static void codes_in_remarks(void **state)
{
	static const struct {
		const char *remark, *found; /* NULL: none */
	} cases[] = {
		{ "", NULL },
		{ "采购款", NULL },
		{ "1000000013", "1000000013" },
		{ "识别码1000000013", "1000000013" },
		{ "识别码：1000000013。谢谢", "1000000013" },
		{ "PO1000000013/INV", "1000000013" },
		{ "1000000014", NULL },
		{ "1000000014 1000000013", "1000000013" },
		{ "1000000013 1000000021", "1000000013" },
		{ "11000000013", NULL }, /* a longer number is no code */
		{ "10000000135", NULL },
		{ "2026-11-22 1000000013", "1000000013" },
		{ "13800138000 1000000013", "1000000013" }, /* a telephone number beside it */
		{ "１1000000013", NULL },                   /* full-width digits are digits */
		{ "1000000013５", NULL },
		{ "１000000013", "1000000013" },
		{ "识别码１０００００００１３，款", "1000000013" },
		{ "１０００００００１４", NULL },
		{ "٣1000000013", "1000000013" }, /* other scripts' digits are letters here */
		{ "1000000013\xff", "1000000013" },
		{ "\xef\xbc", NULL },
		{ "\xef\xbc\x90", NULL },
	};
	char out[11];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text found = payment_code_find(text_of(cases[i].remark), out);

		if (!text_equal(found, text_of(cases[i].found)))
			print_error("%s: %.*s\n", cases[i].remark, TEXT_FMT(found));
		assert_true(text_equal(found, text_of(cases[i].found)));
	}
	assert_null(payment_code_find(NO_TEXT, out).at);
}

/* ---- lines ---- */

static struct submitted_line *add_line(struct list *lines, int64_t sku, int64_t quantity,
				       int64_t offer, int64_t position)
{
	struct submitted_line *line = list_add(lines, arena, sizeof(*line));

	*line = (struct submitted_line){
		.sku = sku, .quantity = quantity, .offer = offer, .position = position
	};
	return line;
}

static void lines_of_one_sku_are_summed(void **state)
{
	/* as sent: sku, quantity, offer; then as merged: sku, quantity, offer, position */
	static const struct {
		int64_t sent[6][3];
		int64_t merged[6][4];
	} cases[] = {
		{ { { 7, 1, 1 } }, { { 7, 1, 1, 0 } } },
		{ { { 7, 1, 1 }, { 7, 2, 1 } }, { { 7, 3, 1, 0 } } },
		{ { { 9, 1, 1 }, { 7, 2, 1 }, { 9, 4, 1 } }, { { 7, 2, 1, 1 }, { 9, 5, 1, 0 } } },
		{ { { 7, 1, 2 }, { 7, 2, 1 }, { 7, 4, 2 } }, { { 7, 2, 1, 1 }, { 7, 5, 2, 0 } } },
		{ { { 5, 1, 1 }, { 4, 1, 1 }, { 3, 1, 1 }, { 4, 1, 1 }, { 5, 1, 1 } },
		  { { 3, 1, 1, 2 }, { 4, 2, 1, 1 }, { 5, 2, 1, 0 } } },
		{ { { 7, QUANTITY_MAX, 1 }, { 7, QUANTITY_MAX, 1 } },
		  { { 7, 2 * QUANTITY_MAX, 1, 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct list lines = { 0 };
		size_t wanted = 0;

		for (size_t k = 0; k < 6 && cases[i].sent[k][0]; k++)
			add_line(&lines, cases[i].sent[k][0], cases[i].sent[k][1],
				 cases[i].sent[k][2], (int64_t)k);
		lines_sort_by_sku(&lines);
		lines_merge(&lines);
		for (; wanted < 6 && cases[i].merged[wanted][0]; wanted++) {
			const struct submitted_line *line =
				LIST_ITEM(lines, struct submitted_line, wanted);

			assert_true(wanted < lines.count);
			assert_int_equal(line->sku, cases[i].merged[wanted][0]);
			assert_int_equal(line->quantity, cases[i].merged[wanted][1]);
			assert_int_equal(line->offer, cases[i].merged[wanted][2]);
			assert_int_equal(line->position, cases[i].merged[wanted][3]);
		}
		assert_int_equal(lines.count, wanted);
	}
	struct list none = { 0 };
	lines_sort_by_sku(&none);
	lines_merge(&none);
	assert_int_equal(none.count, 0);
}

static void what_lines_cost(void **state)
{
	static const struct {
		const char *ladder;
		int64_t minimum, multiple, quantity;
		int32_t vat_kind;
		int64_t vat_rate;
		enum line_status status;
		int64_t price, amount, tax;
	} cases[] = {
		{ "1:7400", 1, 1, 1, VAT_TAXED, 13, LINE_OK, 7400, 7400, 851 },
		{ "1:7400", 1, 1, 3, VAT_TAXED, 9, LINE_OK, 7400, 22200, 1833 },
		{ "1:7400", 1, 1, 3, VAT_ZERO, 0, LINE_OK, 7400, 22200, 0 },
		{ "1:7400", 1, 1, 3, VAT_EXEMPT, 9, LINE_OK, 7400, 22200, 0 },
		{ "5:7400;100:6960", 5, 1, 99, VAT_TAXED, 13, LINE_OK, 7400, 732600, 84281 },
		{ "5:7400;100:6960", 5, 1, 100, VAT_TAXED, 13, LINE_OK, 6960, 696000, 80071 },
		{ "5:7400;100:6960", 5, 1, 101, VAT_TAXED, 13, LINE_OK, 6960, 702960, 80872 },
		{ "5:7400", 5, 1, 4, VAT_TAXED, 13, LINE_BELOW_MINIMUM, 7400, 29600, 3405 },
		{ "5:7400", 5, 5, 12, VAT_TAXED, 13, LINE_NOT_MULTIPLE, 7400, 88800, 10216 },
		{ "5:7400", 5, 5, 4, VAT_TAXED, 13, LINE_BELOW_MINIMUM, 7400, 29600, 3405 },
		{ "1:100000000", 1, 1, 1000000, VAT_ZERO, 0, LINE_OK, 100000000, 100000000000000,
		  0 },
		{ "1:1", 1, 1, 1000001, VAT_ZERO, 0, LINE_OUT_OF_RANGE, 1, 0, 0 },
		{ "1:1", 1, 1, 10000000000, VAT_ZERO, 0, LINE_OUT_OF_RANGE, 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct terms terms = { .on_sale = true,
				       .last_day = DAY_NONE,
				       .minimum = cases[i].minimum,
				       .multiple = cases[i].multiple,
				       .vat_kind = cases[i].vat_kind,
				       .vat_rate = cases[i].vat_rate };
		struct submitted_line line = { .quantity = cases[i].quantity, .terms = &terms };

		assert_true(ladder_parse(text_of(cases[i].ladder), &terms.ladder));
		assert_int_equal(line_price(&line, 0), cases[i].status);
		assert_int_equal(line.unit_price_fen, cases[i].price);
		assert_int_equal(line.amount_fen, cases[i].amount);
		assert_int_equal(line.tax_fen, cases[i].tax);
		terms.last_day = 20000;
		assert_int_equal(line_price(&line, 20000), cases[i].status);
		assert_int_equal(line_price(&line, 20001), LINE_NOT_ON_SALE);
		terms.on_sale = false;
		assert_int_equal(line_price(&line, 0), LINE_NOT_ON_SALE);
		terms.on_sale = true;
		terms.ladder.count = 0;
		assert_int_equal(line_price(&line, 0), LINE_NOT_ON_SALE);
		line.terms = NULL;
		assert_int_equal(line_price(&line, 0), LINE_UNKNOWN);
	}
}

static void faults_of_lines(void **state)
{
	static const struct {
		enum line_status status;
		enum err fault;
		const char *pointer;
		int64_t argument;
	} cases[] = {
		{ LINE_UNKNOWN, ERR_UNKNOWN_REFERENCE, "/lines/41/sku", 0 },
		{ LINE_NOT_ON_SALE, ERR_NOT_ON_SALE, "/lines/41/sku", 0 },
		{ LINE_BELOW_MINIMUM, ERR_BELOW_MINIMUM, "/lines/41/quantity", 6 },
		{ LINE_NOT_MULTIPLE, ERR_NOT_MULTIPLE, "/lines/41/quantity", 3 },
		{ LINE_OUT_OF_RANGE, ERR_AMOUNT_RANGE, "/lines/41/quantity", 0 },
		{ LINE_SHORT, ERR_STOCK_SHORT, "/lines/41/quantity", 17 },
	};
	const struct terms terms = { .minimum = 6, .multiple = 3 };
	const struct submitted_line line = { .position = 41, .terms = &terms };
	struct problems problems = { .arena = arena };

	(void)state;
	assert_int_equal(COUNT_OF(cases), LINE_STATUS_COUNT - 1);
	assert_int_equal(line_fault(&problems, &line, LINE_OK, 17), OK);
	assert_int_equal(problems.items.count, 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(line_fault(&problems, &line, cases[i].status, 17), cases[i].fault);
		const struct problem *problem = LIST_ITEM(problems.items, struct problem, i);
		assert_int_equal(problem->code, cases[i].fault);
		assert_true(text_is(problem->pointer, cases[i].pointer));
		assert_int_equal(problem->args[0].number, cases[i].argument);
	}
}

static void the_worse_of_two(void **state)
{
	(void)state;
	assert_int_equal(worse(OK, OK), OK);
	assert_int_equal(worse(OK, ERR_STOCK_SHORT), ERR_STOCK_SHORT);
	assert_int_equal(worse(ERR_STOCK_SHORT, OK), ERR_STOCK_SHORT);
	assert_int_equal(worse(ERR_STOCK_SHORT, ERR_BELOW_MINIMUM), ERR_BELOW_MINIMUM);
	assert_int_equal(worse(ERR_BELOW_MINIMUM, ERR_STOCK_SHORT), ERR_BELOW_MINIMUM);
	assert_int_equal(worse(ERR_STOCK_SHORT, ERR_NOT_ON_SALE), ERR_STOCK_SHORT);
	assert_int_equal(worse(ERR_BELOW_MINIMUM, ERR_MEMORY), ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_of_the_agreement),
		cmocka_unit_test(codes_are_ten_digits),
		cmocka_unit_test(what_is_no_code),
		cmocka_unit_test(every_wrong_digit_is_found),
		cmocka_unit_test(nearly_every_swap_is_found),
		cmocka_unit_test(codes_in_remarks),
		cmocka_unit_test(lines_of_one_sku_are_summed),
		cmocka_unit_test(what_lines_cost),
		cmocka_unit_test(faults_of_lines),
		cmocka_unit_test(the_worse_of_two),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
