/* What the files of ledger share. */
#ifndef LEDGER_PRIVATE_H
#define LEDGER_PRIVATE_H

#include "xiangcai/ledger.h"

/* A journal as it is stored and answered. */
struct journal_row {
	struct id id, event;
	int32_t kind;
	struct id source;
	int32_t day;
	struct id reverses;
	struct list entries; /* of struct entry_row */
};
struct entry_row {
	struct id journal;
	int64_t number;
	int32_t kind;
	struct id owner, supply_order;
	int64_t fen;
};
struct account_row {
	int32_t kind;
	struct id owner;
	int64_t balance_fen;
	struct text owner_name; /* of the answer; NO_TEXT for bank accounts */
};
struct trial_row {
	int32_t kind;
	int64_t debit_fen, credit_fen, balance_fen;
};
extern const struct field journal_fields[], account_fields[], trial_fields[];
extern const size_t journal_field_count, account_field_count, trial_field_count;

enum err journals_insert(struct db *db, const struct list *journals, const struct list *entries);
/* Adds to the balances: @accounts in key order, each once. */
enum err accounts_add(struct db *db, const struct list *accounts);

/* Newest first behind @after, with their entries: of one supply order where it is not NO_ID. Two
 * statements. */
enum err journals_list(struct db *db, struct id supply_order, struct id after, int64_t limit,
		       struct arena *arena, struct list *out);
enum err accounts_list(struct db *db, int32_t kind, struct id after, int64_t limit,
		       struct arena *arena, struct list *out);
enum err trial_balance_read(struct db *db, struct arena *arena, struct list *out);

/* Sums the movements of the positions first..last into all roll-ups. */
enum err rollups_fold(struct db *db, int64_t first, int64_t last);

extern const struct check ledger_checks[];
extern const size_t ledger_check_count;

#endif
