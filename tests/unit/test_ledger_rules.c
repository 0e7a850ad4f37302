/*
 * Rules of money: what an acceptance and a claim do to a balance and which journals they book, by
 * tables and by long random histories; the facets that are computed from quantities and amounts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/ledger/ledger_private.h"

static const struct id unit = { { 1 } }, supplier = { { 2 } }, order = { { 3 } },
		       bank_account = { { 4 } }, source = { { 5 } };

/* agreed, accepted, rejected, claimed, receivable, advance, refund, held */
enum { AGREED, ACCEPTED, REJECTED, CLAIMED, RECEIVABLE, ADVANCE, REFUND, HELD, AMOUNTS };

static struct supply_balance balance_of(const int64_t amounts[AMOUNTS])
{
	return (struct supply_balance){
		.supply_order = order,
		.unit = unit,
		.supplier = supplier,
		.agreed_fen = amounts[AGREED],
		.accepted_fen = amounts[ACCEPTED],
		.rejected_fen = amounts[REJECTED],
		.claimed_fen = amounts[CLAIMED],
		.receivable_fen = amounts[RECEIVABLE],
		.advance_fen = amounts[ADVANCE],
		.refund_fen = amounts[REFUND],
		.held_fen = amounts[HELD],
	};
}

static void assert_balance(const struct supply_balance *balance, const int64_t amounts[AMOUNTS])
{
	const struct supply_balance wanted = balance_of(amounts);

	assert_memory_equal(balance, &wanted, sizeof(wanted));
}

/* ---- by tables ---- */

/* A side of a journal: account, fen (0 ends the list). Owner and supply order follow from it. */
struct side {
	enum account_kind kind;
	int64_t fen;
};
struct booking {
	enum journal_kind kind;
	struct side sides[5];
};

static struct id owner_of(enum account_kind kind)
{
	static const struct id *const owners[] = {
		[ACCOUNT_RECEIVABLE] = &unit,   [ACCOUNT_PAYABLE] = &supplier,
		[ACCOUNT_ADVANCE] = &unit,      [ACCOUNT_REFUND] = &unit,
		[ACCOUNT_BANK] = &bank_account, [ACCOUNT_UNCLAIMED] = &bank_account,
		[ACCOUNT_PREPAID] = &supplier,
	};

	return *owners[kind];
}

static void assert_journals(const struct journal *journals, size_t count,
			    const struct booking wanted[3])
{
	size_t expected = 0;

	for (; expected < 3 && wanted[expected].sides[0].fen; expected++) {
		const struct journal *journal = &journals[expected];
		size_t sides = 0;

		assert_true(expected < count);
		assert_int_equal(journal->kind, wanted[expected].kind);
		assert_true(id_equal(journal->source, source));
		assert_true(id_is_none(journal->reverses));
		for (; wanted[expected].sides[sides].fen; sides++) {
			const struct side *side = &wanted[expected].sides[sides];
			const struct posting *posting = &journal->postings[sides];

			assert_int_equal(posting->kind, side->kind);
			assert_int_equal(posting->fen, side->fen);
			assert_true(id_equal(posting->owner, owner_of(side->kind)));
			assert_true(id_equal(posting->supply_order, order));
		}
		assert_int_equal(journal->posting_count, sides);
	}
	assert_int_equal(count, expected);
}

static void acceptances(void **state)
{
	static const struct {
		const char *what;
		int64_t before[AMOUNTS], accepted, rejected;
		enum err outcome;
		int64_t after[AMOUNTS];
		struct booking journals[3];
	} cases[] = {
		{ "all accepted, nothing paid",
		  { 1000 },
		  1000,
		  0,
		  OK,
		  { 1000, 1000, 0, 0, 1000, 0, 0, 0 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 1000 }, { ACCOUNT_PAYABLE, -1000 } } } } },
		{ "a part accepted",
		  { 1000 },
		  300,
		  0,
		  OK,
		  { 1000, 300, 0, 0, 300, 0, 0, 0 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 300 }, { ACCOUNT_PAYABLE, -300 } } } } },
		{ "the rest, the first part paid",
		  { 1000, 300, 0, 300, 0, 0, 0, 300 },
		  700,
		  0,
		  OK,
		  { 1000, 1000, 0, 300, 700, 0, 0, 300 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 700 }, { ACCOUNT_PAYABLE, -700 } } } } },
		{ "all rejected, nothing paid",
		  { 1000 },
		  0,
		  1000,
		  OK,
		  { 1000, 0, 1000, 0, 0, 0, 0, 0 },
		  { { 0 } } },
		{ "paid ahead, all accepted",
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  1000,
		  0,
		  OK,
		  { 1000, 1000, 0, 1000, 0, 0, 0, 1000 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 1000 }, { ACCOUNT_PAYABLE, -1000 } } },
		    { JOURNAL_ADVANCE_APPLIED,
		      { { ACCOUNT_ADVANCE, 1000 }, { ACCOUNT_RECEIVABLE, -1000 } } } } },
		{ "paid ahead in part, all accepted",
		  { 1000, 0, 0, 400, 0, 400, 0, 400 },
		  1000,
		  0,
		  OK,
		  { 1000, 1000, 0, 400, 600, 0, 0, 400 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 1000 }, { ACCOUNT_PAYABLE, -1000 } } },
		    { JOURNAL_ADVANCE_APPLIED,
		      { { ACCOUNT_ADVANCE, 400 }, { ACCOUNT_RECEIVABLE, -400 } } } } },
		{ "paid ahead, a part accepted",
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  300,
		  0,
		  OK,
		  { 1000, 300, 0, 1000, 0, 700, 0, 1000 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 300 }, { ACCOUNT_PAYABLE, -300 } } },
		    { JOURNAL_ADVANCE_APPLIED,
		      { { ACCOUNT_ADVANCE, 300 }, { ACCOUNT_RECEIVABLE, -300 } } } } },
		{ "paid ahead, all rejected",
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  0,
		  1000,
		  OK,
		  { 1000, 0, 1000, 1000, 0, 0, 1000, 1000 },
		  { { JOURNAL_ADVANCE_RELEASED,
		      { { ACCOUNT_ADVANCE, 1000 }, { ACCOUNT_REFUND, -1000 } } } } },
		{ "paid ahead, some accepted and the rest rejected",
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  600,
		  400,
		  OK,
		  { 1000, 600, 400, 1000, 0, 0, 400, 1000 },
		  { { JOURNAL_ACCEPTANCE,
		      { { ACCOUNT_RECEIVABLE, 600 }, { ACCOUNT_PAYABLE, -600 } } },
		    { JOURNAL_ADVANCE_APPLIED,
		      { { ACCOUNT_ADVANCE, 600 }, { ACCOUNT_RECEIVABLE, -600 } } },
		    { JOURNAL_ADVANCE_RELEASED,
		      { { ACCOUNT_ADVANCE, 400 }, { ACCOUNT_REFUND, -400 } } } } },
		{ "paid ahead in part: what is left is kept for what may still come",
		  { 1000, 0, 0, 500, 0, 500, 0, 500 },
		  0,
		  400,
		  OK,
		  { 1000, 0, 400, 500, 0, 500, 0, 500 },
		  { { 0 } } },
		{ "paid ahead in part: more than may still come goes back",
		  { 1000, 0, 0, 500, 0, 500, 0, 500 },
		  0,
		  700,
		  OK,
		  { 1000, 0, 700, 500, 0, 300, 200, 500 },
		  { { JOURNAL_ADVANCE_RELEASED,
		      { { ACCOUNT_ADVANCE, 200 }, { ACCOUNT_REFUND, -200 } } } } },
		{ "nothing of either", { 1000 }, 0, 0, OK, { 1000 }, { { 0 } } },
		{ "more than agreed", { 1000 }, 1001, 0, ERR_AMOUNT_RANGE, { 1000 }, { { 0 } } },
		{ "both more than agreed",
		  { 1000 },
		  600,
		  401,
		  ERR_AMOUNT_RANGE,
		  { 1000 },
		  { { 0 } } },
		{ "more than is undecided",
		  { 1000, 900, 50, 0, 900, 0, 0, 0 },
		  51,
		  0,
		  ERR_AMOUNT_RANGE,
		  { 1000, 900, 50, 0, 900, 0, 0, 0 },
		  { { 0 } } },
		{ "below nothing", { 1000 }, -1, 0, ERR_AMOUNT_RANGE, { 1000 }, { { 0 } } },
		{ "rejected below nothing",
		  { 1000 },
		  2,
		  -1,
		  ERR_AMOUNT_RANGE,
		  { 1000 },
		  { { 0 } } },
		{ "a declined order", { 0 }, 1, 0, ERR_AMOUNT_RANGE, { 0 }, { { 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct supply_balance balance = balance_of(cases[i].before);
		struct journal journals[3];
		size_t count = 0;

		print_message("  %s\n", cases[i].what);
		assert_int_equal(book_acceptance(&balance, source, cases[i].accepted,
						 cases[i].rejected, journals, &count),
				 cases[i].outcome);
		assert_balance(&balance, cases[i].after);
		assert_journals(journals, count, cases[i].journals);
	}
}

static void claims(void **state)
{
	static const struct {
		const char *what;
		int64_t before[AMOUNTS], fen;
		enum err outcome;
		int64_t after[AMOUNTS];
		struct booking journals[3];
	} cases[] = {
		{ "before the acceptance: in advance",
		  { 1000 },
		  1000,
		  OK,
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  { { JOURNAL_CLAIM,
		      { { ACCOUNT_UNCLAIMED, 1000 }, { ACCOUNT_ADVANCE, -1000 } } } } },
		{ "after the acceptance: what is owed",
		  { 1000, 1000, 0, 0, 1000, 0, 0, 0 },
		  1000,
		  OK,
		  { 1000, 1000, 0, 1000, 0, 0, 0, 1000 },
		  { { JOURNAL_CLAIM,
		      { { ACCOUNT_UNCLAIMED, 1000 }, { ACCOUNT_RECEIVABLE, -1000 } } } } },
		{ "a part of what is owed",
		  { 1000, 1000, 0, 0, 1000, 0, 0, 0 },
		  1,
		  OK,
		  { 1000, 1000, 0, 1, 999, 0, 0, 1 },
		  { { JOURNAL_CLAIM, { { ACCOUNT_UNCLAIMED, 1 }, { ACCOUNT_RECEIVABLE, -1 } } } } },
		{ "what is owed first, the rest in advance",
		  { 1000, 300, 0, 0, 300, 0, 0, 0 },
		  1000,
		  OK,
		  { 1000, 300, 0, 1000, 0, 700, 0, 1000 },
		  { { JOURNAL_CLAIM,
		      { { ACCOUNT_UNCLAIMED, 300 },
			{ ACCOUNT_RECEIVABLE, -300 },
			{ ACCOUNT_UNCLAIMED, 700 },
			{ ACCOUNT_ADVANCE, -700 } } } } },
		{ "the second payment",
		  { 1000, 0, 0, 400, 0, 400, 0, 400 },
		  600,
		  OK,
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  { { JOURNAL_CLAIM,
		      { { ACCOUNT_UNCLAIMED, 600 }, { ACCOUNT_ADVANCE, -600 } } } } },
		{ "less what was rejected",
		  { 1000, 600, 400, 0, 600, 0, 0, 0 },
		  600,
		  OK,
		  { 1000, 600, 400, 600, 0, 0, 0, 600 },
		  { { JOURNAL_CLAIM,
		      { { ACCOUNT_UNCLAIMED, 600 }, { ACCOUNT_RECEIVABLE, -600 } } } } },
		{ "a fen too much", { 1000 }, 1001, ERR_OVERPAID, { 1000 }, { { 0 } } },
		{ "a fen above what the rejection left",
		  { 1000, 600, 400, 0, 600, 0, 0, 0 },
		  601,
		  ERR_OVERPAID,
		  { 1000, 600, 400, 0, 600, 0, 0, 0 },
		  { { 0 } } },
		{ "paid already",
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  1,
		  ERR_OVERPAID,
		  { 1000, 0, 0, 1000, 0, 1000, 0, 1000 },
		  { { 0 } } },
		{ "what waits for its refund pays nothing",
		  { 1000, 0, 1000, 1000, 0, 0, 1000, 1000 },
		  1,
		  ERR_OVERPAID,
		  { 1000, 0, 1000, 1000, 0, 0, 1000, 1000 },
		  { { 0 } } },
		{ "nothing", { 1000 }, 0, ERR_OVERPAID, { 1000 }, { { 0 } } },
		{ "below nothing", { 1000 }, -1, ERR_OVERPAID, { 1000 }, { { 0 } } },
		{ "a declined order", { 0 }, 1, ERR_OVERPAID, { 0 }, { { 0 } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct supply_balance balance = balance_of(cases[i].before);
		struct journal journals[3];
		size_t count = 0;

		print_message("  %s\n", cases[i].what);
		assert_int_equal(
			book_claim(&balance, source, bank_account, cases[i].fen, journals, &count),
			cases[i].outcome);
		assert_balance(&balance, cases[i].after);
		assert_journals(journals, count, cases[i].journals);
	}
}

/* ---- by random histories ---- */

static int64_t random_to(int64_t most)
{
	static uint64_t seed = 7;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((seed >> 17) % (uint64_t)(most + 1));
}

/* Balances of the accounts as the journals alone give them; each journal sums to zero. */
static void post(int64_t accounts[], const struct journal *journals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t sum = 0;

		assert_true(journals[i].posting_count >= 2);
		for (size_t k = 0; k < journals[i].posting_count; k++) {
			const struct posting *posting = &journals[i].postings[k];

			assert_int_not_equal(posting->fen, 0);
			accounts[posting->kind] += posting->fen;
			sum += posting->fen;
		}
		assert_int_equal(sum, 0);
	}
}

/* What always holds between a balance and its accounts. */
static void assert_sound(const struct supply_balance *b, const int64_t accounts[])
{
	int64_t undecided = b->agreed_fen - b->accepted_fen - b->rejected_fen;

	assert_true(b->receivable_fen >= 0 && b->advance_fen >= 0 && b->refund_fen >= 0);
	assert_true(undecided >= 0 && b->advance_fen <= undecided);
	assert_int_equal(b->held_fen, b->claimed_fen);
	/* money that came in is owed for goods, kept ahead, or to be given back */
	assert_int_equal(b->claimed_fen,
			 b->accepted_fen - b->receivable_fen + b->advance_fen + b->refund_fen);
	/* owed and paid ahead at once would be a payment that was not applied */
	assert_true(!b->receivable_fen || !b->advance_fen);
	assert_int_equal(balance_due(b), b->receivable_fen + undecided - b->advance_fen);
	assert_int_equal(accounts[ACCOUNT_RECEIVABLE], b->receivable_fen);
	assert_int_equal(accounts[ACCOUNT_PAYABLE], -b->accepted_fen);
	assert_int_equal(accounts[ACCOUNT_ADVANCE], -b->advance_fen);
	assert_int_equal(accounts[ACCOUNT_REFUND], -b->refund_fen);
	assert_int_equal(accounts[ACCOUNT_UNCLAIMED], b->claimed_fen);
	assert_int_equal(accounts[ACCOUNT_BANK], 0);
	assert_int_equal(accounts[ACCOUNT_PREPAID], 0);
}

static void random_histories(void **state)
{
	int64_t steps = 0, refused = 0, refunds = 0, mixed = 0;

	(void)state;
	for (int history = 0; history < 20000; history++) {
		const int64_t agreed[AMOUNTS] = { random_to(history % 7 ? 5000 : 3) };
		struct supply_balance balance = balance_of(agreed);
		int64_t accounts[ACCOUNT_PREPAID + 1] = { 0 };

		for (int step = 0; step < 12; step++) {
			const struct supply_balance before = balance;
			int64_t left =
				balance.agreed_fen - balance.accepted_fen - balance.rejected_fen;
			struct journal journals[3];
			size_t count = 0;
			enum err e;

			if (random_to(1)) {
				int64_t accepted = random_to(left + 1);
				e = book_acceptance(&balance, source, accepted,
						    random_to(left - accepted + 1 > 0
								      ? left - accepted + 1
								      : 0),
						    journals, &count);
			} else {
				int64_t fen = random_to(2) ? random_to(balance_due(&balance) + 1)
							   : balance_due(&balance);
				e = book_claim(&balance, source, bank_account, fen, journals,
					       &count);
				mixed += count && journals[0].posting_count == 4;
			}
			steps++;
			if (e) {
				refused++;
				assert_int_equal(count, 0);
				assert_memory_equal(&balance, &before, sizeof(before));
			}
			assert_true(count <= 3);
			post(accounts, journals, count);
			assert_sound(&balance, accounts);
		}
		refunds += balance.refund_fen > 0;
	}
	print_message("%lld steps, %lld refused, %lld refunds, %lld mixed claims\n",
		      (long long)steps, (long long)refused, (long long)refunds, (long long)mixed);
	assert_true(refused > 1000 && refunds > 1000 && mixed > 100);
}

/* ---- facets ---- */

static void fulfilment_facets(void **state)
{
	static const struct {
		struct quantities sums; /* confirmed, shipped, received, accepted, rejected */
		enum fulfilment_facet facet;
	} cases[] = {
		{ { 0, 0, 0, 0, 0 }, FACET_PENDING },
		{ { 9, 0, 0, 0, 0 }, FACET_PENDING },
		{ { 9, 1, 0, 0, 0 }, FACET_PARTLY_SHIPPED },
		{ { 9, 9, 0, 0, 0 }, FACET_SHIPPED },
		{ { 9, 1, 1, 0, 0 }, FACET_PARTLY_RECEIVED },
		{ { 9, 9, 8, 0, 0 }, FACET_PARTLY_RECEIVED },
		{ { 9, 9, 9, 0, 0 }, FACET_RECEIVED },
		{ { 9, 4, 4, 4, 0 }, FACET_PARTLY_ACCEPTED },
		{ { 9, 9, 9, 8, 0 }, FACET_PARTLY_ACCEPTED },
		{ { 9, 9, 9, 0, 8 }, FACET_PARTLY_ACCEPTED },
		{ { 9, 9, 9, 9, 0 }, FACET_ACCEPTED },
		{ { 9, 9, 9, 1, 8 }, FACET_ACCEPTED },
		{ { 9, 9, 9, 0, 9 }, FACET_REJECTED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(fulfilment_facet(&cases[i].sums), cases[i].facet);
}

static void payment_facets(void **state)
{
	static const struct {
		int64_t amounts[AMOUNTS];
		enum payment_facet facet;
		int64_t due;
	} cases[] = {
		{ { 0 }, FACET_UNPAID, 0 },
		{ { 1000 }, FACET_UNPAID, 1000 },
		{ { 1000, 0, 0, 1, 0, 1, 0, 1 }, FACET_PARTLY_PAID, 999 },
		{ { 1000, 0, 0, 1000, 0, 1000, 0, 1000 }, FACET_PAID, 0 },
		{ { 1000, 1000, 0, 0, 1000, 0, 0, 0 }, FACET_UNPAID, 1000 },
		{ { 1000, 1000, 0, 999, 1, 0, 0, 999 }, FACET_PARTLY_PAID, 1 },
		{ { 1000, 1000, 0, 1000, 0, 0, 0, 1000 }, FACET_PAID, 0 },
		{ { 1000, 600, 400, 600, 0, 0, 0, 600 }, FACET_PAID, 0 },
		{ { 1000, 600, 400, 1000, 0, 0, 400, 1000 }, FACET_REFUND_DUE, 0 },
		{ { 1000, 0, 1000, 0, 0, 0, 0, 0 }, FACET_UNPAID, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct supply_balance balance = balance_of(cases[i].amounts);

		assert_int_equal(payment_facet(&balance), cases[i].facet);
		assert_int_equal(balance_due(&balance), cases[i].due);
	}
}

static void settlement_facets(void **state)
{
	static const struct {
		int64_t accepted, stated, settled;
		enum settlement_facet facet;
	} cases[] = {
		{ 0, 0, 0, FACET_OPEN },
		{ 1000, 0, 0, FACET_OPEN },
		{ 1000, 400, 0, FACET_PARTLY_STATED },
		{ 1000, 400, 400, FACET_PARTLY_STATED },
		{ 1000, 1000, 0, FACET_STATED },
		{ 1000, 1000, 400, FACET_STATED },
		{ 1000, 1000, 1000, FACET_SETTLED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct supply_balance balance = { .accepted_fen = cases[i].accepted,
							.stated_fen = cases[i].stated,
							.settled_fen = cases[i].settled };

		assert_int_equal(settlement_facet(&balance), cases[i].facet);
	}
}

static void every_word_is_there(void **state)
{
	(void)state;
	assert_string_equal(word_of(measure_words, MEASURE_SETTLED), "settled");
	assert_string_equal(word_of(channel_words, CHANNEL_LEGACY), "legacy");
	assert_string_equal(word_of(account_words, ACCOUNT_PREPAID), "prepaid");
	assert_string_equal(word_of(journal_words, JOURNAL_STATEMENT_PAYOUT), "statement_payout");
	assert_string_equal(word_of(fulfilment_words, FACET_REJECTED), "rejected");
	assert_string_equal(word_of(payment_words, FACET_REFUND_DUE), "refund_due");
	assert_string_equal(word_of(settlement_words, FACET_SETTLED), "settled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acceptances),         cmocka_unit_test(claims),
		cmocka_unit_test(random_histories),    cmocka_unit_test(fulfilment_facets),
		cmocka_unit_test(payment_facets),      cmocka_unit_test(settlement_facets),
		cmocka_unit_test(every_word_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
