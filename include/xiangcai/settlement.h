/*
 * settlement: bank credits, claims, statements. What is held for one supply order pays that order
 * only.
 */
#ifndef XIANGCAI_SETTLEMENT_H
#define XIANGCAI_SETTLEMENT_H

#include "xiangcai/fulfilment.h"

/* @number is in the clear on its way in and when it is disclosed; the database has it sealed. */
struct bank_account {
	struct id id;
	struct text name, bank, number;
	struct text number_masked;               /* of the answer: 6100 **** 0018 */
	struct text number_sealed, number_index; /* of the row */
	int64_t created_at;
};
event_fn bank_account_insert; /* ERR_DB_DUPLICATE for a number that stands already */
/* What the row of an account's number is found by. */
struct digest bank_account_index(const struct app *app, struct text number);

/* Where a supplier is paid, one account each. */
struct supplier_account {
	struct id id, supplier;
	struct text holder, bank, number; /* NO_TEXT in a change: stays */
	struct text number_masked, number_sealed;
	int64_t version, created_at, changed_at;
};
event_fn supplier_account_insert; /* ERR_DB_DUPLICATE when the supplier has one */
event_fn supplier_account_change; /* @version as it was seen: ERR_PRECONDITION; ERR_NOT_FOUND */

/* A number asked for in the clear. */
struct account_disclosure {
	struct id account;
	struct text reason;
	struct text number; /* out */
	int64_t disclosed_at;
};
event_fn bank_account_disclose, supplier_account_disclose;

/* The sealed columns of settlement's tables, for the rotation of keys. */
extern const struct sealed_column settlement_sealed[];
extern const size_t settlement_sealed_count;
/* Seals the account numbers that a database of before has in the clear; re-runnable. */
enum err settlement_convert(struct app *app, struct db *db, struct arena *arena);

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
