/*
 * Rules of money and quantities without I/O: which journals an acceptance or a claim books, and the
 * facets that are computed from what is stored. Every journal made here sums to zero.
 */
#include "ledger_private.h"

const char *const measure_words[] = { "ordered",  "confirmed", "shipped", "accepted",
				      "returned", "settled",   NULL };
const char *const channel_words[] = { "online", "offline", "legacy", NULL };
const char *const account_words[] = { "receivable", "payable",   "advance", "refund",
				      "bank",       "unclaimed", "prepaid", NULL };
const char *const journal_words[] = { "acceptance",  "advance_applied", "advance_released",
				      "bank_credit", "claim",           "statement_payout",
				      NULL };
const char *const fulfilment_words[] = { "pending",         "partly_shipped", "shipped",
					 "partly_received", "received",       "partly_accepted",
					 "accepted",        "rejected",       NULL };
const char *const payment_words[] = { "unpaid", "partly_paid", "paid", "refund_due", NULL };
const char *const settlement_words[] = { "open", "partly_stated", "stated", "settled", NULL };

/* Moves @fen from the credit account to the debit account of @journal. */
static void transfer(struct journal *journal, struct id supply_order, enum account_kind debit,
		     struct id debit_owner, enum account_kind credit, struct id credit_owner,
		     int64_t fen)
{
	struct posting *postings = &journal->postings[journal->posting_count];

	assert(fen > 0 && journal->posting_count + 2 <= COUNT_OF(journal->postings));
	postings[0] = (struct posting){ (int32_t)debit, debit_owner, supply_order, fen };
	postings[1] = (struct posting){ (int32_t)credit, credit_owner, supply_order, -fen };
	journal->posting_count += 2;
}

static struct journal *open_journal(struct journal *journals, size_t *count, enum journal_kind kind,
				    struct id source)
{
	struct journal *journal = &journals[(*count)++];

	*journal = (struct journal){ .kind = (int32_t)kind, .source = source };
	return journal;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t balance_due(const struct supply_balance *balance)
{
	int64_t due = balance->agreed_fen - balance->rejected_fen - balance->claimed_fen +
		      balance->refund_fen;

	return due > 0 ? due : 0;
}

/* What was paid ahead for goods that nobody will get is owed back to the unit. */
static void release_advance(struct supply_balance *balance, struct id source,
			    struct journal *journals, size_t *count)
{
	int64_t undecided = balance->agreed_fen - balance->accepted_fen - balance->rejected_fen;
	int64_t over = balance->advance_fen - undecided;

	if (over <= 0)
		return;
	balance->advance_fen -= over;
	balance->refund_fen += over;
	transfer(open_journal(journals, count, JOURNAL_ADVANCE_RELEASED, source),
		 balance->supply_order, ACCOUNT_ADVANCE, balance->unit, ACCOUNT_REFUND,
		 balance->unit, over);
}

enum err book_acceptance(struct supply_balance *balance, struct id acceptance, int64_t accepted_fen,
			 int64_t rejected_fen, struct journal *journals, size_t *count)
{
	if (accepted_fen < 0 || rejected_fen < 0 ||
	    balance->accepted_fen + balance->rejected_fen + accepted_fen + rejected_fen >
		    balance->agreed_fen)
		return ERR_AMOUNT_RANGE;
	balance->accepted_fen += accepted_fen;
	balance->rejected_fen += rejected_fen;
	if (accepted_fen) {
		balance->receivable_fen += accepted_fen;
		transfer(open_journal(journals, count, JOURNAL_ACCEPTANCE, acceptance),
			 balance->supply_order, ACCOUNT_RECEIVABLE, balance->unit, ACCOUNT_PAYABLE,
			 balance->supplier, accepted_fen);
	}
	int64_t applied = lesser(balance->advance_fen, balance->receivable_fen);
	if (applied) {
		balance->advance_fen -= applied;
		balance->receivable_fen -= applied;
		transfer(open_journal(journals, count, JOURNAL_ADVANCE_APPLIED, acceptance),
			 balance->supply_order, ACCOUNT_ADVANCE, balance->unit, ACCOUNT_RECEIVABLE,
			 balance->unit, applied);
	}
	release_advance(balance, acceptance, journals, count);
	return OK;
}

enum err book_claim(struct supply_balance *balance, struct id claim, struct id bank_account,
		    int64_t fen, struct journal *journals, size_t *count)
{
	if (fen <= 0 || fen > balance_due(balance))
		return ERR_OVERPAID;
	int64_t owed = lesser(fen, balance->receivable_fen);
	struct journal *journal = open_journal(journals, count, JOURNAL_CLAIM, claim);

	if (owed)
		transfer(journal, balance->supply_order, ACCOUNT_UNCLAIMED, bank_account,
			 ACCOUNT_RECEIVABLE, balance->unit, owed);
	if (fen > owed)
		transfer(journal, balance->supply_order, ACCOUNT_UNCLAIMED, bank_account,
			 ACCOUNT_ADVANCE, balance->unit, fen - owed);
	balance->receivable_fen -= owed;
	balance->advance_fen += fen - owed;
	balance->claimed_fen += fen;
	balance->held_fen += fen;
	return OK;
}

int32_t fulfilment_facet(const struct quantities *sums)
{
	int64_t decided = sums->accepted + sums->rejected;

	if (decided)
		return decided < sums->confirmed ? FACET_PARTLY_ACCEPTED
		       : sums->accepted          ? FACET_ACCEPTED
						 : FACET_REJECTED;
	if (sums->received)
		return sums->received < sums->confirmed ? FACET_PARTLY_RECEIVED : FACET_RECEIVED;
	if (sums->shipped)
		return sums->shipped < sums->confirmed ? FACET_PARTLY_SHIPPED : FACET_SHIPPED;
	return FACET_PENDING;
}

int32_t payment_facet(const struct supply_balance *balance)
{
	int64_t paid = balance->claimed_fen - balance->refund_fen;

	if (balance->refund_fen)
		return FACET_REFUND_DUE;
	if (!paid)
		return FACET_UNPAID;
	return balance_due(balance) ? FACET_PARTLY_PAID : FACET_PAID;
}

int32_t settlement_facet(const struct supply_balance *balance)
{
	if (!balance->stated_fen)
		return FACET_OPEN;
	if (balance->stated_fen < balance->accepted_fen)
		return FACET_PARTLY_STATED;
	return balance->settled_fen < balance->accepted_fen ? FACET_STATED : FACET_SETTLED;
}
