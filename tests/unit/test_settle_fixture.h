/*
 * The scene of test_trade_fixture.h with what follows an order: confirmations, shipments, receipts,
 * acceptances, bank credits and claims; and the whole of the books.
 */
#ifndef TEST_SETTLE_FIXTURE_H
#define TEST_SETTLE_FIXTURE_H

#include "test_trade_fixture.h"

#include "xiangcai/settlement.h"

/* ---- fulfilling: lines end with line 0; none at all means everything ---- */

struct part {
	int64_t line, quantity, rejected;
};

static inline enum err trade_confirm(struct trade *t, size_t supplier, struct id order,
				     const struct part *declined, struct confirmation *out)
{
	*out = (struct confirmation){ .supply_order = order };
	for (; declined && declined->line; declined++)
		*(struct declined_line *)list_add(&out->declined, t->arena,
						  sizeof(struct declined_line)) =
			(struct declined_line){ .line = declined->line, .reason = TEXT("缺货") };
	return trade_do(t, &t->dispatchers[supplier], supply_order_confirm, out);
}

static inline enum err trade_ship(struct trade *t, size_t supplier, struct id order,
				  const struct part *parts, struct shipment *out)
{
	*out = (struct shipment){ .id = id_new(t->now),
				  .supply_order = order,
				  .carrier = TEXT("顺丰"),
				  .tracking_number = TEXT("SF1") };
	for (; parts && parts->line; parts++)
		*(struct shipment_line *)list_add(&out->lines, t->arena,
						  sizeof(struct shipment_line)) =
			(struct shipment_line){ .line = parts->line, .quantity = parts->quantity };
	return trade_do(t, &t->dispatchers[supplier], ship, out);
}

static inline enum err trade_receive(struct trade *t, size_t unit, const struct shipment *shipment,
				     const struct part *parts)
{
	struct receipt receipt = { .id = id_new(t->now),
				   .supply_order = shipment->supply_order,
				   .shipment = shipment->id };

	for (; parts && parts->line; parts++)
		*(struct receipt_line *)list_add(&receipt.lines, t->arena,
						 sizeof(struct receipt_line)) =
			(struct receipt_line){ .line = parts->line, .quantity = parts->quantity };
	return trade_do(t, &t->buyers[unit], receive, &receipt);
}

static inline enum err trade_accept(struct trade *t, size_t unit, const struct shipment *shipment,
				    const struct part *parts, struct acceptance *out)
{
	*out = (struct acceptance){ .id = id_new(t->now),
				    .supply_order = shipment->supply_order,
				    .shipment = shipment->id };
	for (; parts && parts->line; parts++)
		*(struct acceptance_line *)list_add(&out->lines, t->arena,
						    sizeof(struct acceptance_line)) =
			(struct acceptance_line){ .line = parts->line,
						  .accepted = parts->quantity,
						  .rejected = parts->rejected,
						  .reason = parts->rejected ? TEXT("破损")
									    : TEXT("") };
	return trade_do(t, &t->buyers[unit], goods_accept, out);
}

/* Confirms, ships, receives and accepts all of a supply order. */
static inline void trade_fulfil(struct trade *t, size_t unit, size_t supplier, struct id order)
{
	struct confirmation confirmation;
	struct shipment shipment;
	struct acceptance acceptance;

	assert_int_equal(trade_confirm(t, supplier, order, NULL, &confirmation), OK);
	assert_int_equal(trade_ship(t, supplier, order, NULL, &shipment), OK);
	assert_int_equal(trade_receive(t, unit, &shipment, NULL), OK);
	assert_int_equal(trade_accept(t, unit, &shipment, NULL, &acceptance), OK);
}

/* ---- paying ---- */

static inline void trade_bank(struct trade *t)
{
	struct bank_account account = { .id = id_new(t->now),
					.name = TEXT("监管账户"),
					.bank = TEXT("示例银行"),
					.number = TEXT("6100000000000001") };

	assert_int_equal(trade_do(t, &t->reconcilers[0], bank_account_insert, &account), OK);
	t->bank_account = account.id;
}

static inline enum err trade_credit(struct trade *t, int64_t fen, struct text remark,
				    struct bank_credit *out)
{
	*out = (struct bank_credit){ .id = id_new(t->now),
				     .bank_account = t->bank_account,
				     .serial = arena_print(t->arena, "SERIAL%lld",
							   (long long)t->keys),
				     .day = day_of(t->now),
				     .amount_fen = fen,
				     .payer_name = TEXT("陕西省总工会"),
				     .remark = remark };
	return trade_do(t, &t->reconcilers[0], bank_credit_enter, out);
}

/* Parts end with amount 0; NULL: by what is due. */
static inline enum err trade_claim(struct trade *t, const struct actor *actor,
				   const struct bank_credit *credit, struct text code,
				   const struct claim_part *parts, struct claim *out)
{
	*out = (struct claim){ .id = id_new(t->now),
			       .bank_credit = credit->id,
			       .payment_code = code };
	for (; parts && parts->amount_fen; parts++)
		*(struct claim_part *)list_add(&out->parts, t->arena, sizeof(*parts)) = *parts;
	return trade_do(t, actor, credit_claim, out);
}

/* ---- the books ---- */

static const struct trade_check settle_checks[] = {
	{ "audit", audit_verify },           { "catalogue", catalogue_verify },
	{ "ledger", ledger_verify },         { "ordering", ordering_verify },
	{ "fulfilment", fulfilment_verify }, { "settlement", settlement_verify },
};

/* Everything agrees with everything. */
static inline void assert_books(struct trade *t)
{
	assert_checks(t, settle_checks, COUNT_OF(settle_checks));
}

#endif
