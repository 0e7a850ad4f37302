/*
 * settlement: bank credits, claims, statements. What is held for one supply order pays that order only.
 */
#ifndef XIANGCAI_SETTLEMENT_H
#define XIANGCAI_SETTLEMENT_H

#include "xiangcai/fulfilment.h"

struct bank_account {
	struct id id;
	struct text name, bank, number;
	int64_t created_at;
};
event_fn bank_account_insert;

struct bank_credit {
	struct id id, bank_account;
	struct text serial;
	int32_t day;
	int64_t amount_fen, unclaimed_fen;
	struct text payer_name, remark, payment_code;
	int64_t entered_at;
};
event_fn bank_credit_enter; /* a serial that stands already: ERR_DB_DUPLICATE */

struct claim_part {
	struct id claim, supply_order;
	int64_t amount_fen;
};
struct claim {
	struct id id, bank_credit, purchase_order;
	struct text payment_code; /* of the purchase order; or @parts name supply orders */
	struct list parts; /* of struct claim_part; empty: with the exact code and amount each gets what it is due */
	int64_t amount_fen, claimed_at; /* out */
};
event_fn credit_claim;

struct statement {
	struct id id;
	int64_t number;
	struct id supplier;
	int32_t month, state;
	int64_t line_count, accepted_fen, tax_fen, held_fen;
	struct text reason;
	struct id prepared_by, confirmed_by, released_by;
	int64_t prepared_at, confirmed_at, released_at;
	struct text digest;
};
event_fn statement_prepare, statement_confirm, statement_dispute, statement_release;

extern const struct route settlement_routes[];
extern const size_t settlement_route_count;

/* Claims against credits and balances; statements against their lines. */
enum err settlement_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict);

#endif
