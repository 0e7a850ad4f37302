/*
 * settlement: bank credits, claims, statements. What is held for one supply order pays that order
 * only.
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
	struct id entered_by;
};
event_fn bank_credit_enter; /* a serial that stands already: ERR_DB_DUPLICATE */

struct claim_part {
	struct id claim, supply_order;
	int64_t amount_fen;
};
struct claim {
	struct id id, bank_credit, purchase_order;
	struct text payment_code; /* of the purchase order */
	/* of struct claim_part; empty: the whole credit, when it is exactly what is due: each order
	 * gets its own */
	struct list parts;
	int64_t amount_fen, claimed_at; /* out */
	struct id claimed_by;
};
event_fn credit_claim; /* ERR_PAYMENT_CODE, ERR_CLAIM_AMOUNT, ERR_CREDIT_SHORT, ERR_OVERPAID */

enum statement_state { STATEMENT_PREPARED, STATEMENT_CONFIRMED, STATEMENT_RELEASED };
extern const char *const statement_words[];

struct statement {
	struct id id;
	int64_t number;
	struct id supplier;
	int32_t month; /* its first day */
	int32_t state;
	int64_t line_count, accepted_fen, tax_fen;
	int64_t held_fen; /* INT_NONE before the release */
	struct id prepared_by, confirmed_by, released_by;
	int64_t prepared_at, confirmed_at, released_at;
	struct text digest;
	struct text supplier_name; /* of the answer */
};
/* Collects every accepted quantity of the supplier up to the month's end that no statement holds.
 * ERR_NOTHING_TO_STATE. @id and @number are made by the caller. */
event_fn statement_prepare;
event_fn statement_confirm; /* by the supplier */
event_fn statement_release; /* by a second person: ERR_SAME_PERSON; seals the lines */

extern const struct route settlement_routes[];
extern const size_t settlement_route_count;

/* Claims against credits and balances; statements against their lines. */
enum err settlement_verify(struct app *app, struct db *db, struct arena *arena,
			   struct verdict *verdict);

#endif
