/*
 * ordering: pricing, submission through the order desk, purchase and supply orders. One agreement
 * state per supply order, changed only by the transition table; everything else about an order is
 * computed from what the ledger keeps.
 */
#ifndef XIANGCAI_ORDERING_H
#define XIANGCAI_ORDERING_H

#include "xiangcai/catalogue.h"
#include "xiangcai/ledger.h"

enum { ORDER_LINES_MAX = 10000 };

enum agreement {
	AGREEMENT_AWAITING_APPROVAL,
	AGREEMENT_PLACED,
	AGREEMENT_CONFIRMED,
	AGREEMENT_REJECTED,
	AGREEMENT_DECLINED,
	AGREEMENT_CANCELLED,
	AGREEMENT_EXPIRED,
	AGREEMENT_COUNT
};
extern const char *const agreement_words[];
enum agreement_event { CONFIRM, DECLINE, AGREEMENT_EVENT_COUNT };
struct transition {
	enum agreement from;
	enum agreement_event event;
	enum agreement to;
	uint32_t by; /* roles */
};
extern const struct transition agreement_transitions[];
extern const size_t agreement_transition_count;
/* ERR_TRANSITION with a fault when the table has no such row. */
enum err agreement_next(enum agreement from, enum agreement_event event, struct problems *problems,
			int32_t *to);

enum terms_of_payment { PAY_FIRST, PAY_LATER };
extern const char *const terms_words[];

/* 9 digits and a check digit (ISO 7064 MOD 11,10): one wrong digit never gives another valid code,
 * two swapped neighbours do so once in 45 times. */
struct text payment_code_make(int64_t counter, char out[11]);
bool payment_code_valid(struct text t);
/* The first valid code among the runs of digits, full-width ones too, of a bank remark; written to
 * @out. NO_TEXT when there is none. */
struct text payment_code_find(struct text remark, char out[11]);

/* ---- submission -------------------------------------------------------------- */

/* A line as the client sends it, and as it is priced. */
struct submitted_line {
	int64_t sku, quantity, offer;
	int64_t position; /* index in the request, of the first where several name one SKU */
	const struct terms *terms; /* at @offer */
	int64_t unit_price_fen, amount_fen, tax_fen;
};
/* What the order desk places: the argument of run_batched. @lines sum repeated codes and are in
 * order of supplier, then as sent. */
struct submission {
	struct id id; /* of the purchase order, made at decoding */
	int64_t number;
	struct text payment_code;
	int32_t terms;
	int64_t ship_within_days;
	struct text delivery_address, note;
	bool submit;
	struct list lines; /* of struct submitted_line */
	int64_t line_count, supply_order_count, amount_fen, tax_fen;
	struct list supply_orders; /* of struct supply_order */
	int64_t submitted_at;
};
extern const struct field submission_reply_fields[];
extern const size_t submission_reply_field_count;

/* Prices and splits a decoded submission: every fault of every line. Numbers and ids are taken
 * here, so that the desk may run again. */
enum err submission_prepare(struct app *app, struct db *db, const void *view, struct arena *arena,
			    struct problems *problems, const struct actor *actor, int64_t now,
			    struct submission *submission);
/* The desk's function: all orders of the batch with multi-row statements, the stock last. */
batch_fn order_desk;

/* ---- orders as the floors above use them ------------------------------------- */

struct supply_order {
	struct id id;
	int64_t number;
	struct id purchase_order, unit, supplier;
	int32_t agreement, terms;
	int64_t ship_within_days, line_count, amount_fen, tax_fen, placed_at, confirmed_at;
	int32_t ship_by;
};
struct order_line {
	struct id supply_order;
	int64_t line, sku;
	struct id revision;
	int64_t offer, quantity, unit_price_fen, amount_fen;
	int32_t vat_kind;
	int64_t vat_rate, tax_fen;
	struct text county, category;
};
/* The order of the actor's organisation, as supplier or as unit, locked; ERR_NOT_FOUND for anybody
 * else's. */
enum err supply_order_lock(struct db *db, struct id id, const struct actor *actor,
			   struct supply_order *out);
/* of struct order_line, by line; a locking read */
enum err order_lines_read(struct db *db, struct id supply_order, struct arena *arena,
			  struct list *out);
/* Whether the actor may see the order, by its organisation or scope: OK or ERR_NOT_FOUND. */
enum err supply_order_visible(struct db *db, const struct actor *actor, struct id id,
			      struct arena *arena);
/* Stores a new agreement with the supplier's answer: @confirmed_at and @ship_by of @order. */
enum err supply_order_answer(struct db *db, const struct supply_order *order);
/* The supply orders of the purchase order with this payment code and unit (NO_ID: any); ids in key
 * order. */
enum err supply_orders_by_payment_code(struct db *db, struct text payment_code, struct id unit,
				       struct arena *arena, struct list *out);

extern const struct route ordering_routes[];
extern const size_t ordering_route_count;

/* Order totals equal their lines. */
enum err ordering_verify(struct app *app, struct db *db, struct arena *arena,
			 struct verdict *verdict);

#endif
