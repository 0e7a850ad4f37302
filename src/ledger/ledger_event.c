/*
 * Booking inside somebody else's event, and the fold that the sequencer runs. Balances are the
 * contended rows: they are summed per account and written last, in key order.
 */
#include "ledger_private.h"

#include <stdlib.h>

static int by_account(const void *a, const void *b)
{
	const struct account_row *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return id_compare(x->owner, y->owner);
}

/* One row an account, however many entries touch it; accounts that come out at nothing are left
 * out. */
static void sum_accounts(struct list *accounts)
{
	struct account_row *at = accounts->at;
	size_t kept = 0;

	if (accounts->count)
		qsort(at, accounts->count, sizeof(*at), by_account);
	for (size_t i = 0; i < accounts->count; i++) {
		if (kept && by_account(&at[kept - 1], &at[i]) == 0)
			at[kept - 1].balance_fen += at[i].balance_fen;
		else
			at[kept++] = at[i];
	}
	accounts->count = kept;
}

static enum err add_entries(struct tx *tx, const struct journal *journal, struct id id,
			    struct list *entries, struct list *accounts)
{
	int64_t sum = 0;

	for (size_t i = 0; i < journal->posting_count; i++) {
		const struct posting *posting = &journal->postings[i];
		struct entry_row *entry = list_add(entries, tx->arena, sizeof(*entry));
		struct account_row *account = list_add(accounts, tx->arena, sizeof(*account));

		if (!entry || !account)
			return ERR_MEMORY;
		*entry = (struct entry_row){ id,
					     (int64_t)i + 1,
					     posting->kind,
					     posting->owner,
					     posting->supply_order,
					     posting->fen };
		*account = (struct account_row){ .kind = posting->kind,
						 .owner = posting->owner,
						 .balance_fen = posting->fen };
		sum += posting->fen;
	}
	assert(sum == 0 && journal->posting_count >= 2);
	return OK;
}

enum err journals_post(struct tx *tx, const struct journal *journals, size_t count)
{
	struct list rows = { 0 }, entries = { 0 }, accounts = { 0 };

	if (!count)
		return OK;
	for (size_t i = 0; i < count; i++) {
		struct journal_row *row = list_add(&rows, tx->arena, sizeof(*row));

		if (!row)
			return ERR_MEMORY;
		*row = (struct journal_row){
			.id = id_new(tx->now),
			.event = tx->event,
			.kind = journals[i].kind,
			.source = journals[i].source,
			.day = tx->day,
			.reverses = journals[i].reverses,
		};
		enum err e = add_entries(tx, &journals[i], row->id, &entries, &accounts);
		if (e)
			return e;
	}
	sum_accounts(&accounts);
	enum err e = journals_insert(tx->db, &rows, &entries);
	return e ? e : accounts_add(tx->db, &accounts);
}

static enum err fold_rollups(struct tx *tx, int64_t first, int64_t last)
{
	return rollups_fold(tx->db, first, last);
}

const struct fold ledger_folds[] = {
	{ .name = "rollups", .run = fold_rollups },
};
const size_t ledger_fold_count = COUNT_OF(ledger_folds);

enum err ledger_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict)
{
	(void)app;
	(void)arena;
	return checks_run(db, ledger_checks, ledger_check_count, verdict);
}
