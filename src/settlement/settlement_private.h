/* What the files of settlement share. */
#ifndef SETTLEMENT_PRIVATE_H
#define SETTLEMENT_PRIVATE_H

#include "xiangcai/settlement.h"

extern const struct field bank_account_fields[], supplier_account_fields[], bank_credit_fields[],
	claim_fields[], statement_fields[], statement_line_fields[];
extern const size_t bank_account_field_count, supplier_account_field_count, bank_credit_field_count,
	claim_field_count, statement_field_count, statement_line_field_count;

/* A line of a statement as it is answered and sealed. */
struct statement_line {
	int64_t number;
	struct id acceptance, supply_order;
	int64_t supply_order_number, line, sku;
	struct text name, specification;
	int32_t day;
	int64_t quantity, amount_fen, tax_fen;
};

struct transition_of_statement {
	enum statement_state from, to;
	uint32_t by; /* roles */
};
extern const struct transition_of_statement statement_transitions[];
extern const size_t statement_transition_count;
/* ERR_TRANSITION with a fault unless the table leads from @from to @to. */
enum err statement_step(int32_t from, enum statement_state to, struct problems *problems);

/*
 * The canonical CSV of a statement's lines: UTF-8, LF, no BOM, amounts in fen. Its SM3 digest is
 * the statement's seal.
 */
void statement_csv(struct buffer *out, const struct list *lines);

/* The fault of a day after the business day. */
enum err day_fault(struct tx *tx, struct arg place);

/* ---- account_sql.c ---- */

bool is_account_number(struct text t); /* digits alone */
enum err bank_account_write(struct db *db, const struct bank_account *account);
enum err bank_account_exists(struct db *db, struct id id); /* locking; ERR_NOT_FOUND */
/* Numbers sealed, as in the row. */
enum err bank_account_read(struct db *db, struct id id, struct arena *arena,
			   struct bank_account *out);
enum err bank_accounts_list(struct db *db, struct arena *arena, struct list *out);
/* Those whose number stands in the clear, at most 100: id and number. */
enum err bank_accounts_unsealed(struct db *db, struct arena *arena, struct list *out);
enum err bank_account_convert(struct db *db, const struct bank_account *account);

enum err supplier_account_write(struct db *db, const struct supplier_account *account);
/* ERR_PRECONDITION unless the row is at the version before account->version. */
enum err supplier_account_update(struct db *db, const struct supplier_account *account);
/* By what @actor sees: its own, or its scope. */
enum err supplier_account_read(struct db *db, const struct actor *actor, struct id id,
			       struct arena *arena, struct supplier_account *out);
enum err supplier_accounts_list(struct db *db, const struct actor *actor, struct id after,
				int64_t limit, struct arena *arena, struct list *out);

/* ---- account_event.c ---- */

/* number_masked from number_sealed; *number, where it is asked for, in the clear. */
enum err bank_account_show(const struct keys *keys, struct arena *arena,
			   struct bank_account *account, struct text *number);
enum err supplier_account_show(const struct keys *keys, struct arena *arena,
			       struct supplier_account *account, struct text *number);

/* ---- settlement_sql.c and statement_sql.c ---- */

enum err bank_credit_write(struct db *db, const struct bank_credit *credit);
enum err bank_credit_lock(struct db *db, struct id id, struct arena *arena,
			  struct bank_credit *out);
enum err bank_credit_take(struct db *db, struct id id, int64_t fen);
/* Newest first; of one unit's payment codes where @unit is not NO_ID. */
enum err bank_credits_list(struct db *db, struct id unit, bool unclaimed_only, struct id after,
			   int64_t limit, struct arena *arena, struct list *out);

enum err claim_write(struct db *db, const struct claim *claim);
enum err claims_list(struct db *db, struct id unit, struct id purchase_order, struct id after,
		     int64_t limit, struct arena *arena, struct list *out);

/* Locks the supplier against a second run at once; ERR_NOT_FOUND for an unknown one. */
enum err stated_supplier_lock(struct db *db, struct id supplier);
enum err statement_lines_collect(struct db *db, const struct statement *statement);
enum err statement_sums(struct db *db, struct statement *statement);
enum err statement_write(struct db *db, const struct statement *statement);
enum err statement_lock(struct db *db, struct id id, struct arena *arena, struct statement *out);
enum err statement_move(struct db *db,
			const struct statement *statement);  /* state, who and when, held, digest */
enum err balances_state(struct db *db, struct id statement); /* stated_fen of its supply orders */
enum err balances_settle(struct db *db, struct id statement); /* settled_fen */
enum err settled_movements_insert(struct tx *tx, struct id statement);
enum err statement_held(struct db *db, struct id statement, int64_t *held_fen);
enum err statement_lines_read(struct db *db, struct id statement, int64_t after, int64_t limit,
			      struct arena *arena, struct list *out);
enum err statements_list(struct db *db, const struct actor *actor, int32_t state, struct id after,
			 int64_t limit, struct arena *arena, struct list *out);
enum err statement_read(struct db *db, const struct actor *actor, struct id id, struct arena *arena,
			struct statement *out);

/* The digest of a statement's canonical CSV. */
enum err statement_seal(struct db *db, struct id statement, struct arena *arena,
			struct digest *out);

extern const struct check settlement_checks[];
extern const size_t settlement_check_count;
/* Recomputes the seals of all released statements. */
enum err seals_check(struct db *db, struct arena *arena, struct verdict *verdict);

/* The handlers of account_http.c and statement_http.c, in the one table of settlement_http.c. */
enum err get_bank_accounts(struct req *rq);
enum err get_bank_account(struct req *rq);
enum err post_bank_account(struct req *rq);
enum err post_bank_account_disclosure(struct req *rq);
enum err get_supplier_accounts(struct req *rq);
enum err get_supplier_account(struct req *rq);
enum err post_supplier_account(struct req *rq);
enum err patch_supplier_account(struct req *rq);
enum err post_supplier_account_disclosure(struct req *rq);
enum err post_statement_run(struct req *rq);
enum err get_statements(struct req *rq);
enum err get_statement(struct req *rq);
enum err get_statement_lines(struct req *rq);
enum err post_statement_confirmation(struct req *rq);
enum err post_statement_release(struct req *rq);

#endif
