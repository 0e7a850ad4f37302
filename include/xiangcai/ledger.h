/*
 * ledger: accounts, journals and balances; quantity and money movements and their roll-ups; the
 * running quantities of order lines, from which all facets are computed. The floors above call it
 * inside their events; it has routes of its own only for reading.
 */
#ifndef XIANGCAI_LEDGER_H
#define XIANGCAI_LEDGER_H

#include "xiangcai/identity.h"

/* ---- movements --------------------------------------------------------------- */

enum measure {
	MEASURE_ORDERED,
	MEASURE_CONFIRMED,
	MEASURE_SHIPPED,
	MEASURE_ACCEPTED,
	MEASURE_RETURNED,
	MEASURE_SETTLED
};
extern const char *const measure_words[];
enum channel { CHANNEL_ONLINE, CHANNEL_OFFLINE, CHANNEL_LEGACY };
extern const char *const channel_words[];

/* One row behind every total. @quantity and @fen are negative for returns. */
struct movement {
	struct id event;
	int64_t number; /* within the event, from 1 */
	int32_t measure;
	int32_t day;
	int32_t channel;
	struct id supply_order;
	int64_t line;
	struct id unit, supplier;
	struct text county, category;
	int64_t quantity, fen;
};
enum err movements_insert(struct db *db, const struct movement *movements, size_t count);

/* The folds that the sequencer runs: movements of the new positions into rollup_county,
 * rollup_supplier, rollup_unit. */
extern const struct fold ledger_folds[];
extern const size_t ledger_fold_count;

/* ---- journals ---------------------------------------------------------------- */

enum account_kind {
	ACCOUNT_RECEIVABLE,
	ACCOUNT_PAYABLE,
	ACCOUNT_ADVANCE,
	ACCOUNT_REFUND,
	ACCOUNT_BANK,
	ACCOUNT_UNCLAIMED,
	ACCOUNT_PREPAID
};
extern const char *const account_words[];
enum journal_kind {
	JOURNAL_ACCEPTANCE,
	JOURNAL_ADVANCE_APPLIED,
	JOURNAL_ADVANCE_RELEASED,
	JOURNAL_BANK_CREDIT,
	JOURNAL_CLAIM,
	JOURNAL_STATEMENT_PAYOUT
};
extern const char *const journal_words[];

struct posting {
	int32_t kind;           /* enum account_kind */
	struct id owner;        /* organisation or bank account */
	struct id supply_order; /* NO_ID where none is concerned */
	int64_t fen;            /* debit above zero, credit below, never zero */
};
struct journal {
	int32_t kind;
	struct id source;
	struct id reverses;
	struct posting postings[8];
	size_t posting_count;
};
/*
 * Books @count journals under tx->event on tx->day: each must sum to zero (asserted). Journals,
 * entries, then the contended balances in key order: call it last in an event. Four multi-row
 * statements at most.
 */
enum err journals_post(struct tx *tx, const struct journal *journals, size_t count);

/* ---- the money of one supply order ------------------------------------------- */

struct supply_balance {
	struct id supply_order, unit, supplier;
	int64_t agreed_fen, accepted_fen, rejected_fen, claimed_fen, receivable_fen, advance_fen,
		refund_fen, held_fen, stated_fen, settled_fen;
};
enum err supply_balance_insert(struct db *db, const struct supply_balance *balances, size_t count);
/* Locked, in key order; missing ones are missing. */
enum err supply_balances_lock(struct db *db, const struct id *supply_orders, size_t count,
			      struct arena *arena, struct list *out);
enum err supply_balances_write(struct db *db, const struct supply_balance *balances, size_t count);

/*
 * The rules of the table of events in docs/money.md, without I/O: change the balance and add the
 * journals to book. @journals has room for three more.
 */
/* Goods worth @accepted_fen accepted, @rejected_fen rejected: receivable/payable, the advance
 * applied, an advance no longer needed released. */
enum err book_acceptance(struct supply_balance *balance, struct id acceptance, int64_t accepted_fen,
			 int64_t rejected_fen, struct journal *journals, size_t *count);
/* A claim of @fen from @bank_account: to what is owed first, the rest in advance. ERR_OVERPAID
 * above what is still due (agreed − rejected − claimed). */
enum err book_claim(struct supply_balance *balance, struct id claim, struct id bank_account,
		    int64_t fen, struct journal *journals, size_t *count);
/* What is still to pay: agreed − rejected − (claimed − refund), never below 0; for pay-later orders
 * before acceptance it is what may be paid ahead. */
int64_t balance_due(const struct supply_balance *balance);

/* ---- the quantities of one order line ---------------------------------------- */

struct line_progress {
	struct id supply_order;
	int64_t line;
	int64_t confirmed, declined, shipped, received, accepted, rejected;
	int64_t accepted_fen, accepted_tax_fen;
};
enum err line_progress_insert(struct db *db, const struct line_progress *lines, size_t count);
/* all its lines, by line */
enum err line_progress_lock(struct db *db, struct id supply_order, struct arena *arena,
			    struct list *out);
enum err line_progress_write(struct db *db, const struct line_progress *lines, size_t count);

/* The four facets of a supply order; computed, never stored. */
enum fulfilment_facet {
	FACET_PENDING,
	FACET_PARTLY_SHIPPED,
	FACET_SHIPPED,
	FACET_PARTLY_RECEIVED,
	FACET_RECEIVED,
	FACET_PARTLY_ACCEPTED,
	FACET_ACCEPTED,
	FACET_REJECTED
};
enum payment_facet { FACET_UNPAID, FACET_PARTLY_PAID, FACET_PAID, FACET_REFUND_DUE };
enum settlement_facet { FACET_OPEN, FACET_PARTLY_STATED, FACET_STATED, FACET_SETTLED };
extern const char *const fulfilment_words[], *const payment_words[], *const settlement_words[];
/* The sums of a supply order's line_progress, as SQL gives them beside its head. */
struct quantities {
	int64_t confirmed, shipped, received, accepted, rejected;
};
int32_t fulfilment_facet(const struct quantities *sums);
int32_t payment_facet(const struct supply_balance *balance);
int32_t settlement_facet(const struct supply_balance *balance);

extern const struct route ledger_routes[];
extern const size_t ledger_route_count;

/* Journals sum to zero, balances equal their entries, supply balances their entries, progress its
 * shipments, roll-ups their movements. */
enum err ledger_verify(struct app *app, struct db *db, struct arena *arena,
		       struct verdict *verdict);

#endif
