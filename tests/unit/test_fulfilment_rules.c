/*
 * Rules of fulfilment: what may be confirmed, shipped, received and accepted of each line, that
 * every fault is named at its place, and that the tax of a line's parts adds up to the line's tax
 * however it is split.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/fulfilment/fulfilment_private.h"

enum { LINES = 3, ASKED = 4, FAULTS = 4 };

static struct arena *arena;
static const struct id order_id = { { 1 } }, parcel_id = { { 2 } }, new_id = { { 3 } };

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

/* ---- the state of an order, and what is asked of it ---- */

/* Of each line: confirmed, shipped, received, accepted, rejected; of the parcel: quantity,
 * received, accepted, rejected (quantity 0: the line is not in it). */
struct line_before {
	int64_t progress[5];
	int64_t parcel[4];
};

static struct order_state state_of(const struct line_before lines[LINES])
{
	static const int64_t prices[LINES] = { 100, 250, 999 };
	struct order_state state = { .order = { .id = order_id,
						.agreement = AGREEMENT_CONFIRMED } };

	for (size_t i = 0; i < LINES; i++) {
		const int64_t *done = lines[i].progress, *in = lines[i].parcel;
		struct order_line *line = list_add(&state.lines, arena, sizeof(*line));
		struct line_progress *progress =
			list_add(&state.progress, arena, sizeof(*progress));

		*line = (struct order_line){ .supply_order = order_id,
					     .line = (int64_t)i + 1,
					     .quantity = 10,
					     .unit_price_fen = prices[i],
					     .amount_fen = 10 * prices[i],
					     .tax_fen = money_tax(10 * prices[i], 13) };
		*progress = (struct line_progress){ .supply_order = order_id,
						    .line = (int64_t)i + 1,
						    .confirmed = done[0],
						    .declined = 10 - done[0],
						    .shipped = done[1],
						    .received = done[2],
						    .accepted = done[3],
						    .rejected = done[4],
						    .accepted_fen = done[3] * prices[i],
						    .accepted_tax_fen = money_share(line->tax_fen,
										    done[3], 10) };
		if (!in[0])
			continue;
		struct shipment_line *parcel = list_add(&state.parcel, arena, sizeof(*parcel));
		*parcel = (struct shipment_line){ .shipment = parcel_id,
						  .line = (int64_t)i + 1,
						  .quantity = in[0],
						  .received = in[1],
						  .accepted = in[2],
						  .rejected = in[3] };
	}
	return state;
}

struct expected_fault {
	enum err code;
	const char *pointer;
	int64_t argument;
};

/* Exactly those, in this order. */
static void assert_faults(const struct problems *problems, const struct expected_fault *faults)
{
	size_t count = 0;

	for (; count < FAULTS && faults[count].code; count++) {
		assert_true(count < problems->items.count);
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, count);

		if (!text_is(problem->pointer, faults[count].pointer))
			print_error("%.*s, not %s\n", TEXT_FMT(problem->pointer),
				    faults[count].pointer);
		assert_int_equal(problem->code, faults[count].code);
		assert_true(text_is(problem->pointer, faults[count].pointer));
		assert_int_equal(problem->args[0].number, faults[count].argument);
	}
	assert_int_equal(problems->items.count, count);
}

/* ---- confirmation ---- */

static struct order_state placed_state(void)
{
	static const struct line_before lines[LINES] = { { { 10 } }, { { 10 } }, { { 10 } } };
	struct order_state state = state_of(lines);

	state.progress = (struct list){ 0 };
	state.order.agreement = AGREEMENT_PLACED;
	return state;
}

static void confirmations(void **test)
{
	static const struct {
		const char *what;
		int64_t declined[ASKED]; /* lines */
		enum agreement agreement;
		int64_t agreed_fen;
		int64_t confirmed[LINES];
		struct expected_fault faults[FAULTS];
	} cases[] = {
		{ "all", { 0 }, AGREEMENT_CONFIRMED, 13490, { 10, 10, 10 }, { { 0 } } },
		{ "but one", { 2 }, AGREEMENT_CONFIRMED, 10990, { 10, 0, 10 }, { { 0 } } },
		{ "but two", { 3, 1 }, AGREEMENT_CONFIRMED, 2500, { 0, 10, 0 }, { { 0 } } },
		{ "none", { 3, 1, 2 }, AGREEMENT_DECLINED, 0, { 0, 0, 0 }, { { 0 } } },
		{ "one twice", { 2, 2 }, .faults = { { ERR_REPEATED, "/declined/1/line", 0 } } },
		{ "every fault",
		  { 4, 1, 1, -1 },
		  .faults = { { ERR_UNKNOWN_REFERENCE, "/declined/0/line", 0 },
			      { ERR_REPEATED, "/declined/2/line", 0 },
			      { ERR_UNKNOWN_REFERENCE, "/declined/3/line", 0 } } },
	};

	(void)test;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		struct order_state state = placed_state();
		struct confirmation confirmation = { .supply_order = order_id };

		print_message("  %s\n", cases[i].what);
		for (size_t k = 0; k < ASKED && cases[i].declined[k]; k++)
			((struct declined_line *)list_add(&confirmation.declined, arena,
							  sizeof(struct declined_line)))
				->line = cases[i].declined[k];
		enum err e = confirmation_apply(&confirmation, &state, arena, &problems);
		assert_faults(&problems, cases[i].faults);
		if (cases[i].faults[0].code) {
			assert_int_equal(e, ERR_REFUSED);
			continue;
		}
		assert_int_equal(e, OK);
		assert_int_equal(confirmation.agreement, cases[i].agreement);
		assert_int_equal(confirmation.agreed_fen, cases[i].agreed_fen);
		for (size_t k = 0; k < LINES; k++) {
			const struct line_progress *progress =
				state_progress(&state, (int64_t)k + 1);

			assert_int_equal(progress->confirmed, cases[i].confirmed[k]);
			assert_int_equal(progress->declined, 10 - cases[i].confirmed[k]);
			assert_int_equal(progress->line, k + 1);
			assert_true(id_equal(progress->supply_order, order_id));
		}
		for (size_t k = 0; k < confirmation.declined.count; k++)
			assert_true(
				id_equal(LIST_ITEM(confirmation.declined, struct declined_line, k)
						 ->supply_order,
					 order_id));
	}
}

/* ---- shipment ---- */

static void shipments(void **test)
{
	static const struct {
		const char *what;
		struct line_before before[LINES];
		int64_t asked[ASKED][2]; /* line, quantity */
		enum err outcome;
		int64_t shipped[LINES]; /* afterwards */
		struct expected_fault faults[FAULTS];
	} cases[] = {
		{ "all that is confirmed",
		  { { { 10 } }, { { 10 } }, { { 0 } } },
		  { { 0 } },
		  OK,
		  { 10, 10, 0 },
		  { { 0 } } },
		{ "all that is left",
		  { { { 10, 4 } }, { { 10, 10 } }, { { 10 } } },
		  { { 0 } },
		  OK,
		  { 10, 10, 10 },
		  { { 0 } } },
		{ "a part",
		  { { { 10 } }, { { 10 } }, { { 10 } } },
		  { { 3, 1 }, { 1, 9 } },
		  OK,
		  { 9, 0, 1 },
		  { { 0 } } },
		{ "the rest of one",
		  { { { 10, 9 } }, { { 10 } }, { { 10 } } },
		  { { 1, 1 } },
		  OK,
		  { 10, 0, 0 },
		  { { 0 } } },
		{ "nothing is left",
		  { { { 10, 10 } }, { { 0 } }, { { 10, 10 } } },
		  { { 0 } },
		  ERR_QUANTITY_EXCEEDS,
		  { 10, 0, 10 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines", 0 } } },
		{ "more than is left",
		  { { { 10, 4 } }, { { 10 } }, { { 10 } } },
		  { { 1, 7 } },
		  ERR_QUANTITY_EXCEEDS,
		  { 4, 0, 0 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines/0/quantity", 6 } } },
		{ "a declined line",
		  { { { 0 } }, { { 10 } }, { { 10 } } },
		  { { 1, 1 } },
		  ERR_QUANTITY_EXCEEDS,
		  { 0, 0, 0 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines/0/quantity", 0 } } },
		{ "every fault",
		  { { { 10, 4 } }, { { 10 } }, { { 10 } } },
		  { { 1, 7 }, { 9, 1 }, { 2, 1 }, { 2, 1 } },
		  ERR_REPEATED,
		  { 4, 1, 0 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines/0/quantity", 6 },
		    { ERR_UNKNOWN_REFERENCE, "/lines/1/line", 0 },
		    { ERR_REPEATED, "/lines/3/line", 0 } } },
		{ "lines that are none",
		  { { { 10 } }, { { 10 } }, { { 10 } } },
		  { { -1, 1 }, { 4, 1 }, { 10001, 1 } },
		  ERR_UNKNOWN_REFERENCE,
		  { 0, 0, 0 },
		  { { ERR_UNKNOWN_REFERENCE, "/lines/0/line", 0 },
		    { ERR_UNKNOWN_REFERENCE, "/lines/1/line", 0 },
		    { ERR_UNKNOWN_REFERENCE, "/lines/2/line", 0 } } },
	};

	(void)test;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		struct order_state state = state_of(cases[i].before);
		struct shipment shipment = { .id = new_id };

		print_message("  %s\n", cases[i].what);
		for (size_t k = 0; k < ASKED && cases[i].asked[k][0]; k++) {
			struct shipment_line *line =
				list_add(&shipment.lines, arena, sizeof(*line));

			line->line = cases[i].asked[k][0];
			line->quantity = cases[i].asked[k][1];
		}
		assert_int_equal(shipment_apply(&shipment, &state, arena, &problems),
				 cases[i].outcome);
		assert_faults(&problems, cases[i].faults);
		for (size_t k = 0; k < LINES; k++)
			assert_int_equal(state_progress(&state, (int64_t)k + 1)->shipped,
					 cases[i].shipped[k]);
		for (size_t k = 0; !cases[i].outcome && k < shipment.lines.count; k++) {
			const struct shipment_line *line =
				LIST_ITEM(shipment.lines, struct shipment_line, k);

			assert_true(id_equal(line->shipment, new_id));
			assert_true(line->quantity > 0);
		}
	}
}

/* ---- receipt ---- */

static void receipts(void **test)
{
	static const struct {
		const char *what;
		struct line_before before[LINES];
		int64_t asked[ASKED][2];
		enum err outcome;
		int64_t received[LINES]; /* of the order, afterwards */
		int64_t of_parcel[LINES];
		struct expected_fault faults[FAULTS];
	} cases[] = {
		{ "all that was sent",
		  { { { 10, 6 }, { 6 } }, { { 10 }, { 0 } }, { { 10, 10 }, { 4 } } },
		  { { 0 } },
		  OK,
		  { 6, 0, 4 },
		  { 6, 0, 4 },
		  { { 0 } } },
		{ "what another parcel brought stays",
		  { { { 10, 10, 4 }, { 6 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  OK,
		  { 10, 0, 0 },
		  { 6, 0, 0 },
		  { { 0 } } },
		{ "a part",
		  { { { 10, 6 }, { 6 } }, { { 10, 5 }, { 5 } }, { { 10 }, { 0 } } },
		  { { 2, 5 }, { 1, 2 } },
		  OK,
		  { 2, 5, 0 },
		  { 2, 5, 0 },
		  { { 0 } } },
		{ "the rest",
		  { { { 10, 6, 2 }, { 6, 2 } }, { { 10, 5, 5 }, { 5, 5 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  OK,
		  { 6, 5, 0 },
		  { 6, 5, 0 },
		  { { 0 } } },
		{ "nothing is left",
		  { { { 10, 6, 6 }, { 6, 6 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  ERR_QUANTITY_EXCEEDS,
		  { 6, 0, 0 },
		  { 6, 0, 0 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines", 0 } } },
		{ "every fault",
		  { { { 10, 6, 2 }, { 6, 2 } }, { { 10, 10 }, { 0 } }, { { 10, 9 }, { 9 } } },
		  { { 1, 5 }, { 2, 1 }, { 3, 9 }, { 3, 1 } },
		  ERR_REPEATED,
		  { 2, 0, 9 },
		  { 2, 0, 9 },
		  { { ERR_QUANTITY_EXCEEDS, "/lines/0/quantity", 4 },
		    { ERR_UNKNOWN_REFERENCE, "/lines/1/line", 0 },
		    { ERR_REPEATED, "/lines/3/line", 0 } } },
	};

	(void)test;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		struct order_state state = state_of(cases[i].before);
		struct receipt receipt = { .id = new_id, .shipment = parcel_id };

		print_message("  %s\n", cases[i].what);
		for (size_t k = 0; k < ASKED && cases[i].asked[k][0]; k++) {
			struct receipt_line *line = list_add(&receipt.lines, arena, sizeof(*line));

			line->line = cases[i].asked[k][0];
			line->quantity = cases[i].asked[k][1];
		}
		assert_int_equal(receipt_apply(&receipt, &state, arena, &problems),
				 cases[i].outcome);
		assert_faults(&problems, cases[i].faults);
		for (int64_t line = 1; line <= LINES; line++) {
			const struct shipment_line *parcel = state_parcel(&state, line);

			assert_int_equal(state_progress(&state, line)->received,
					 cases[i].received[line - 1]);
			assert_int_equal(parcel ? parcel->received : 0,
					 cases[i].of_parcel[line - 1]);
		}
	}
}

/* ---- acceptance ---- */

static void acceptances(void **test)
{
	static const struct {
		const char *what;
		struct line_before before[LINES];
		struct {
			int64_t line, accepted, rejected;
			const char *reason;
		} asked[ASKED];
		enum err outcome;
		int64_t accepted[LINES], rejected[LINES]; /* of the order, afterwards */
		int64_t accepted_fen, rejected_fen;
		struct expected_fault faults[FAULTS];
	} cases[] = {
		{ "all that arrived",
		  { { { 10, 6, 6 }, { 6, 6 } }, { { 10, 5, 2 }, { 5, 2 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  OK,
		  { 6, 2, 0 },
		  { 0 },
		  1100,
		  0,
		  { { 0 } } },
		{ "some of it, some not",
		  { { { 10, 6, 6 }, { 6, 6 } }, { { 10, 5, 5 }, { 5, 5 } }, { { 10 }, { 0 } } },
		  { { 1, 4, 2, "破损" }, { 2, 0, 5, "破损" } },
		  OK,
		  { 4, 0, 0 },
		  { 2, 5, 0 },
		  400,
		  1450,
		  { { 0 } } },
		{ "what is undecided",
		  { { { 10, 6, 6, 3, 1 }, { 6, 6, 3, 1 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  OK,
		  { 5, 0, 0 },
		  { 1, 0, 0 },
		  200,
		  0,
		  { { 0 } } },
		{ "all is decided",
		  { { { 10, 6, 6, 5, 1 }, { 6, 6, 5, 1 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 0 } },
		  ERR_QUANTITY_EXCEEDS,
		  { 5, 0, 0 },
		  { 1, 0, 0 },
		  0,
		  0,
		  { { ERR_QUANTITY_EXCEEDS, "/lines", 0 } } },
		{ "not yet arrived",
		  { { { 10, 6, 2 }, { 6, 2 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 1, 2, 1, "破损" } },
		  ERR_QUANTITY_EXCEEDS,
		  { 0 },
		  { 0 },
		  0,
		  0,
		  { { ERR_QUANTITY_EXCEEDS, "/lines/0/accepted", 2 } } },
		{ "neither accepted nor rejected",
		  { { { 10, 6, 6 }, { 6, 6 } }, { { 10 }, { 0 } }, { { 10 }, { 0 } } },
		  { { 1, 0, 0, "" } },
		  ERR_RANGE,
		  { 0 },
		  { 0 },
		  0,
		  0,
		  { { ERR_RANGE, "/lines/0/accepted", 1 } } },
		{ "rejected without a reason; every fault, and nothing is done",
		  { { { 10, 6, 6 }, { 6, 6 } }, { { 10, 6, 6 }, { 6, 6 } }, { { 10, 6 }, { 0 } } },
		  { { 1, 5, 1, "" }, { 3, 1, 0, "" }, { 2, 6, 0, "" }, { 2, 1, 0, "" } },
		  ERR_REPEATED,
		  { 0 },
		  { 0 },
		  0,
		  0,
		  { { ERR_REQUIRED, "/lines/0/reason", 0 },
		    { ERR_UNKNOWN_REFERENCE, "/lines/1/line", 0 },
		    { ERR_REPEATED, "/lines/3/line", 0 } } },
	};

	(void)test;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		struct order_state state = state_of(cases[i].before);
		struct acceptance acceptance = { .id = new_id, .shipment = parcel_id };
		int64_t rejected_fen = 0;

		print_message("  %s\n", cases[i].what);
		for (size_t k = 0; k < ASKED && cases[i].asked[k].line; k++) {
			struct acceptance_line *line =
				list_add(&acceptance.lines, arena, sizeof(*line));

			line->line = cases[i].asked[k].line;
			line->accepted = cases[i].asked[k].accepted;
			line->rejected = cases[i].asked[k].rejected;
			line->reason = text_of(cases[i].asked[k].reason);
		}
		assert_int_equal(
			acceptance_apply(&acceptance, &state, &rejected_fen, arena, &problems),
			cases[i].outcome);
		assert_faults(&problems, cases[i].faults);
		assert_int_equal(acceptance.accepted_fen, cases[i].accepted_fen);
		assert_int_equal(rejected_fen, cases[i].rejected_fen);
		for (int64_t line = 1; line <= LINES; line++) {
			const struct line_progress *progress = state_progress(&state, line);

			assert_int_equal(progress->accepted, cases[i].accepted[line - 1]);
			assert_int_equal(progress->rejected, cases[i].rejected[line - 1]);
		}
	}
}

/* Accepts @parts of one line of @quantity, one after the other; the tax of each is never below
 * nothing. */
static int64_t tax_of_parts(int64_t quantity, int64_t price, int64_t tax, const int64_t *parts,
			    size_t count)
{
	struct order_line line = { .line = 1,
				   .quantity = quantity,
				   .unit_price_fen = price,
				   .amount_fen = quantity * price,
				   .tax_fen = tax };
	struct line_progress progress = {
		.line = 1, .confirmed = quantity, .shipped = quantity, .received = quantity
	};
	struct shipment_line parcel = { .line = 1, .quantity = quantity, .received = quantity };
	struct order_state state = { .lines = { &line, 1, 1 },
				     .progress = { &progress, 1, 1 },
				     .parcel = { &parcel, 1, 1 } };
	struct problems problems = { .arena = arena };
	int64_t sum = 0, fen = 0;

	for (size_t i = 0; i < count; i++) {
		struct acceptance_line part = { .line = 1, .accepted = parts[i] };
		struct acceptance acceptance = { .lines = { &part, 1, 1 } };
		int64_t rejected_fen;

		if (!parts[i])
			continue;
		assert_int_equal(
			acceptance_apply(&acceptance, &state, &rejected_fen, arena, &problems), OK);
		assert_true(part.accepted_tax_fen >= 0);
		assert_true(part.accepted_tax_fen <= part.accepted_fen);
		assert_int_equal(acceptance.accepted_tax_fen, part.accepted_tax_fen);
		sum += part.accepted_tax_fen;
		fen += part.accepted_fen;
	}
	assert_int_equal(progress.accepted_tax_fen, sum);
	assert_int_equal(progress.accepted_fen, fen);
	return sum;
}

static void tax_adds_up_for_every_split(void **test)
{
	static const int64_t prices[] = { 1, 7, 99, 7400, 100000000 };
	static const int rates[] = { 0, 6, 9, 13 };
	int64_t splits = 0;

	(void)test;
	for (size_t p = 0; p < COUNT_OF(prices); p++)
		for (size_t r = 0; r < COUNT_OF(rates); r++)
			for (int64_t quantity = 1; quantity <= 7; quantity++) {
				int64_t tax = money_tax(quantity * prices[p], rates[r]);

				/* bit k: a new part begins behind piece k + 1 */
				for (unsigned cuts = 0; cuts < 1U << (quantity - 1); cuts++) {
					int64_t parts[8] = { 1 };
					size_t count = 1;

					for (int64_t k = 1; k < quantity; k++) {
						if (cuts >> (k - 1) & 1)
							count++;
						parts[count - 1]++;
					}
					assert_int_equal(tax_of_parts(quantity, prices[p], tax,
								      parts, count),
							 tax);
					splits++;
				}
				arena_reset(arena);
			}
	print_message("%lld splits\n", (long long)splits);
	/* and of the greatest line there is */
	const int64_t parts[] = { 333333, 333333, 333334 };
	assert_int_equal(tax_of_parts(QUANTITY_MAX, PRICE_MAX_FEN,
				      money_tax(QUANTITY_MAX * PRICE_MAX_FEN, 13), parts, 3),
			 money_tax(QUANTITY_MAX * PRICE_MAX_FEN, 13));
}

/* The part of a line that is rejected takes its tax with it: the rest has its share. */
static void rejected_tax_is_the_rest(void **test)
{
	static const int64_t two_of_three[] = { 2 }, one_one[] = { 1, 1 };

	(void)test;
	assert_int_equal(tax_of_parts(3, 100, 35, two_of_three, 1), money_share(35, 2, 3));
	assert_int_equal(tax_of_parts(3, 100, 35, one_one, 2), money_share(35, 2, 3));
}

static void places_of_lines(void **test)
{
	static const struct line_before lines[LINES] = { { { 10 }, { 5 } },
							 { { 10 }, { 0 } },
							 { { 10 }, { 7 } } };
	struct order_state state = state_of(lines);

	(void)test;
	for (int64_t line = -1; line <= LINES + 1; line++) {
		bool is_one = line >= 1 && line <= LINES;

		assert_int_equal(state_line(&state, line) != NULL, is_one);
		assert_int_equal(state_progress(&state, line) != NULL, is_one);
		assert_int_equal(state_parcel(&state, line) != NULL, line == 1 || line == 3);
		if (is_one)
			assert_int_equal(state_line(&state, line)->line, line);
	}
	struct order_state none = { 0 };
	assert_null(state_parcel(&none, 1));
	assert_null(state_line(&none, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(confirmations),
		cmocka_unit_test(shipments),
		cmocka_unit_test(receipts),
		cmocka_unit_test(acceptances),
		cmocka_unit_test(tax_adds_up_for_every_split),
		cmocka_unit_test(rejected_tax_is_the_rest),
		cmocka_unit_test(places_of_lines),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
