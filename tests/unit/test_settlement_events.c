/*
 * Money and statements against a real database: credits and claims, advances that are applied and
 * released, statements that hold each accepted line once; and that verification names whatever
 * stored amount somebody changes.
 */
#include "test_settle_fixture.h"

#include "../../src/settlement/settlement_private.h"

static int scene(void **state)
{
	trade_start(state);
	trade_bank(*state);
	return 0;
}

static struct supply_balance balance_of(struct trade *t, size_t unit, struct id order)
{
	struct supply_order_answer answer;

	assert_int_equal(supply_order_read(t->db, &t->buyers[unit], order, t->arena, &answer), OK);
	return answer.balance;
}

static void assert_payment(struct trade *t, size_t unit, struct id order, const char *word)
{
	struct supply_order_answer answer;

	assert_int_equal(supply_order_read(t->db, &t->buyers[unit], order, t->arena, &answer), OK);
	assert_string_equal(word_of(payment_words, answer.payment), word);
}

/* An order of both suppliers, confirmed: 10 × 9.49 of the first, 2 × 13.33 of the second. */
enum { FIRST_FEN = 9490, SECOND_FEN = 2666 };

static void place_both(struct trade *t, struct submission *order, struct id parts[2])
{
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[0][0], 10 }, { t->skus[1][0], 2 } };
	struct confirmation confirmation;

	assert_int_equal(trade_place(t, 0, wants, order), OK);
	for (size_t s = 0; s < SUPPLIERS; s++) {
		parts[s] = trade_part(t, order, s)->id;
		assert_int_equal(trade_confirm(t, s, parts[s], NULL, &confirmation), OK);
	}
	assert_int_equal(trade_part(t, order, 0)->amount_fen, FIRST_FEN);
	assert_int_equal(trade_part(t, order, 1)->amount_fen, SECOND_FEN);
}

static struct text remark_of(struct trade *t, const struct submission *order)
{
	return arena_print(t->arena, "采购款 %.*s 谢谢", TEXT_FMT(order->payment_code));
}

/* ---- credits ---- */

static void a_credit_stands_once(void **state)
{
	struct trade *t = *state;
	struct bank_credit credit, again;
	struct bank_account account = { .id = id_new(t->now),
					.name = TEXT("x"),
					.bank = TEXT("y"),
					.number = TEXT("6100000000000001") };

	assert_int_equal(trade_credit(t, 100, TEXT("没有识别码"), &credit), OK);
	assert_null(credit.payment_code.at);
	assert_int_equal(credit.unclaimed_fen, 100);
	again = credit;
	again.id = id_new(t->now);
	assert_int_equal(trade_do(t, &t->reconcilers[0], bank_credit_enter, &again),
			 ERR_DB_DUPLICATE);
	assert_fault(t, 0, ERR_DB_DUPLICATE, "/serial", 0);
	again.bank_account = id_new(1);
	assert_int_equal(trade_do(t, &t->reconcilers[0], bank_credit_enter, &again),
			 ERR_UNKNOWN_REFERENCE);
	assert_fault(t, 0, ERR_UNKNOWN_REFERENCE, "/bank_account", 0);
	again = credit;
	again.day = day_of(t->now) + 1;
	assert_int_equal(trade_do(t, &t->reconcilers[0], bank_credit_enter, &again), ERR_FUTURE);
	assert_fault(t, 0, ERR_FUTURE, "/day", 0);
	assert_int_equal(trade_do(t, &t->reconcilers[0], bank_account_insert, &account),
			 ERR_DB_DUPLICATE);
	assert_fault(t, 0, ERR_DB_DUPLICATE, "/number", 0);
	assert_books(t);
}

/* ---- claims ---- */

static void exact_code_and_exact_amount(void **state)
{
	struct trade *t = *state;
	struct submission order;
	struct bank_credit credit;
	struct claim claim;
	struct id parts[2];

	place_both(t, &order, parts);
	assert_int_equal(trade_credit(t, FIRST_FEN + SECOND_FEN, remark_of(t, &order), &credit),
			 OK);
	assert_true(text_equal(credit.payment_code, order.payment_code));
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, order.payment_code, NULL, &claim),
			 OK);
	assert_int_equal(claim.amount_fen, FIRST_FEN + SECOND_FEN);
	assert_int_equal(claim.parts.count, 2);
	assert_int_equal(balance_of(t, 0, parts[0]).advance_fen, FIRST_FEN);
	assert_int_equal(balance_of(t, 0, parts[1]).held_fen, SECOND_FEN);
	assert_payment(t, 0, parts[0], "paid");
	/* a second time there is nothing left of either */
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, order.payment_code, NULL, &claim),
			 ERR_CLAIM_AMOUNT);
	assert_books(t);
}

static void a_fen_short_or_over(void **state)
{
	struct trade *t = *state;
	struct submission order;
	struct bank_credit credit;
	struct claim claim;
	struct id parts[2];

	place_both(t, &order, parts);
	for (int over = -1; over <= 1; over += 2) {
		int64_t fen = FIRST_FEN + SECOND_FEN + over;

		assert_int_equal(trade_credit(t, fen, remark_of(t, &order), &credit), OK);
		assert_int_equal(
			trade_claim(t, &t->finance[0], &credit, order.payment_code, NULL, &claim),
			ERR_CLAIM_AMOUNT);
		assert_fault(t, 0, ERR_CLAIM_AMOUNT, "/parts", fen);
		assert_int_equal(trade_fault(t, 0)->args[1].number, FIRST_FEN + SECOND_FEN);
	}
	/* the one over, by parts: a fen of it stays unclaimed */
	const struct claim_part both[] = { { .supply_order = parts[1], .amount_fen = SECOND_FEN },
					   { .supply_order = parts[0], .amount_fen = FIRST_FEN },
					   { .amount_fen = 0 } };
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, order.payment_code, both, &claim),
			 OK);
	assert_int_equal(claim.amount_fen, FIRST_FEN + SECOND_FEN);
	assert_payment(t, 0, parts[0], "paid");
	assert_payment(t, 0, parts[1], "paid");
	assert_books(t);
}

static void faults_of_parts(void **state)
{
	struct trade *t = *state;
	struct submission order, placed, other;
	struct bank_credit credit;
	struct claim claim;
	struct id parts[2], others[2];
	const struct want one[TRADE_LINES_MAX] = { { t->skus[0][0], 1 } };
	const struct claim_part enough[] = { { .supply_order = NO_ID, .amount_fen = 1 },
					     { { { 0 } } } };

	place_both(t, &order, parts);
	place_both(t, &other, others);
	assert_int_equal(trade_place(t, 0, one, &placed), OK);
	assert_int_equal(trade_credit(t, 5000, remark_of(t, &order), &credit), OK);
	const struct claim_part faulty[] = {
		{ .supply_order = parts[0], .amount_fen = FIRST_FEN + 1 },
		{ .supply_order = others[0], .amount_fen = 1 },
		{ .supply_order = parts[1], .amount_fen = 1 },
		{ .supply_order = parts[1], .amount_fen = 1 },
		{ .amount_fen = 0 },
	};
	assert_int_equal(
		trade_claim(t, &t->finance[0], &credit, order.payment_code, faulty, &claim),
		ERR_REPEATED);
	assert_int_equal(t->problems.items.count, 3);
	assert_fault(t, 0, ERR_OVERPAID, "/parts/0/amount_fen", FIRST_FEN);
	assert_fault(t, 1, ERR_UNKNOWN_REFERENCE, "/parts/1/supply_order", 0);
	assert_fault(t, 2, ERR_REPEATED, "/parts/3/supply_order", 0);
	/* more than the credit holds */
	const struct claim_part much[] = { { .supply_order = parts[0], .amount_fen = 4000 },
					   { .supply_order = parts[1], .amount_fen = 1001 },
					   { .amount_fen = 0 } };
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, order.payment_code, much, &claim),
			 ERR_CREDIT_SHORT);
	assert_fault(t, 0, ERR_CREDIT_SHORT, "/parts", 5000);
	/* an order that nobody confirmed yet */
	assert_int_equal(trade_credit(t, 1000, remark_of(t, &placed), &credit), OK);
	const struct claim_part early[] = { { .supply_order = trade_part(t, &placed, 0)->id,
					      .amount_fen = 1000 },
					    { .amount_fen = 0 } };
	assert_int_equal(
		trade_claim(t, &t->finance[0], &credit, placed.payment_code, early, &claim),
		ERR_TRANSITION);
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, placed.payment_code, NULL, &claim),
			 ERR_CLAIM_AMOUNT);
	/* of another unit, it is not there; nor by a code that is none */
	assert_int_equal(
		trade_claim(t, &t->finance[1], &credit, placed.payment_code, enough, &claim),
		ERR_PAYMENT_CODE);
	assert_int_equal(
		trade_claim(t, &t->finance[0], &credit, order.payment_code, enough, &claim),
		ERR_UNKNOWN_REFERENCE);
	assert_int_equal(
		trade_claim(t, &t->reconcilers[0], &credit, TEXT("0000000006"), enough, &claim),
		ERR_PAYMENT_CODE);
	credit.id = id_new(1);
	assert_int_equal(
		trade_claim(t, &t->reconcilers[0], &credit, order.payment_code, enough, &claim),
		ERR_UNKNOWN_REFERENCE);
	assert_fault(t, 0, ERR_UNKNOWN_REFERENCE, "/bank_credit", 0);
	assert_books(t);
}

/* Who paid ahead: what is accepted is paid from it, what is rejected is owed back. */
static void advances(void **state)
{
	struct trade *t = *state;
	struct submission order;
	struct confirmation confirmation;
	struct bank_credit credit;
	struct shipment shipment;
	struct acceptance acceptance;
	struct claim claim;
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[1][0], 5 } }; /* 5 × 13.33 */

	trade_submission(t, wants, 1, &order);
	order.terms = PAY_FIRST;
	assert_int_equal(trade_prepare(t, 1, &order), OK);
	struct batch_item *item = trade_item(t, 1, &order);
	trade_batch(t, &item, 1);
	assert_int_equal(item->outcome, OK);
	struct id id = trade_part(t, &order, 1)->id;
	assert_int_equal(trade_confirm(t, 1, id, NULL, &confirmation), OK);
	assert_int_equal(trade_credit(t, 6665, order.payment_code, &credit), OK);
	assert_int_equal(
		trade_claim(t, &t->reconcilers[1], &credit, order.payment_code, NULL, &claim), OK);
	assert_int_equal(balance_of(t, 1, id).advance_fen, 6665);
	assert_int_equal(trade_ship(t, 1, id, NULL, &shipment), OK);
	assert_int_equal(trade_receive(t, 1, &shipment, NULL), OK);
	assert_int_equal(
		trade_accept(t, 1, &shipment, (struct part[]){ { 1, 2, 0 }, { 0 } }, &acceptance),
		OK);
	struct supply_balance balance = balance_of(t, 1, id);
	assert_int_equal(balance.accepted_fen, 2666);
	assert_int_equal(balance.receivable_fen, 0);
	assert_int_equal(balance.advance_fen, 3999);
	assert_payment(t, 1, id, "paid");
	assert_books(t);
	assert_int_equal(
		trade_accept(t, 1, &shipment, (struct part[]){ { 1, 1, 2 }, { 0 } }, &acceptance),
		OK);
	balance = balance_of(t, 1, id);
	assert_int_equal(balance.accepted_fen, 3999);
	assert_int_equal(balance.rejected_fen, 2666);
	assert_int_equal(balance.advance_fen, 0);
	assert_int_equal(balance.refund_fen, 2666);
	assert_int_equal(balance.held_fen, 6665);
	assert_payment(t, 1, id, "refund_due");
	assert_books(t);
}

static void paid_in_parts_after_the_acceptance(void **state)
{
	struct trade *t = *state;
	struct submission order;
	struct bank_credit credit;
	struct claim claim;
	struct id parts[2];
	struct shipment shipment;
	struct acceptance acceptance;

	place_both(t, &order, parts);
	assert_int_equal(trade_ship(t, 0, parts[0], NULL, &shipment), OK);
	assert_int_equal(trade_receive(t, 0, &shipment, NULL), OK);
	assert_int_equal(
		trade_accept(t, 0, &shipment, (struct part[]){ { 1, 4, 0 }, { 0 } }, &acceptance),
		OK);
	assert_int_equal(trade_credit(t, 5000, remark_of(t, &order), &credit), OK);
	const struct claim_part first[] = { { .supply_order = parts[0], .amount_fen = 4000 },
					    { .amount_fen = 0 } };
	assert_int_equal(trade_claim(t, &t->finance[0], &credit, order.payment_code, first, &claim),
			 OK);
	struct supply_balance balance = balance_of(t, 0, parts[0]);
	assert_int_equal(balance.receivable_fen, 0);
	assert_int_equal(balance.advance_fen, 4000 - 4 * 949);
	assert_payment(t, 0, parts[0], "partly_paid");
	assert_payment(t, 0, parts[1], "unpaid");
	assert_books(t);
	assert_int_equal(trade_accept(t, 0, &shipment, NULL, &acceptance), OK);
	assert_int_equal(balance_of(t, 0, parts[0]).receivable_fen, FIRST_FEN - 4000);
	assert_books(t);
}

/* ---- statements ---- */

static struct statement run_of(struct trade *t, size_t supplier, int year, int month)
{
	struct statement statement = { .id = id_new(t->now),
				       .supplier = t->suppliers[supplier],
				       .month = day_make(year, month, 1),
				       .held_fen = INT_NONE,
				       .confirmed_at = INT_NONE,
				       .released_at = INT_NONE };

	assert_int_equal(numbers_take(&t->back->app, NUMBER_STATEMENT, 1, &statement.number), OK);
	return statement;
}

static struct digest seal_of(struct trade *t, struct id statement)
{
	struct list lines = { 0 };
	struct buffer csv = { 0 };

	assert_int_equal(statement_lines_read(t->db, statement, 0, 100000, t->arena, &lines), OK);
	statement_csv(&csv, &lines);
	struct digest digest = sm3(buffer_text(&csv));
	buffer_free(&csv);
	return digest;
}

static const struct sql settled_fen = {
	"SELECT CAST(COALESCE(SUM(fen), 0) AS INT) FROM movement WHERE measure = 'settled' AND "
	"supplier = ?"
};
static const struct sql accepted_fen = {
	"SELECT CAST(COALESCE(SUM(fen), 0) AS INT) FROM movement WHERE measure = 'accepted' AND "
	"supplier = ? AND day <= ?"
};
static const struct sql held_fen = { "SELECT CAST(COALESCE(SUM(LEAST(held_fen, accepted_fen)), 0) "
				     "AS INT) FROM supply_balance WHERE supplier = ?" };

static void a_statement_from_run_to_release(void **state)
{
	struct trade *t = *state;
	struct submission order;
	struct id parts[2];
	struct statement statement = run_of(t, 0, 2026, 10), step;

	int64_t accepted = trade_number(
		t, &accepted_fen, db_values(t->suppliers[0], value_day(day_make(2026, 10, 31))));
	int64_t held = trade_number(t, &held_fen, db_values(t->suppliers[0]));
	assert_true(accepted > 0);
	/* what is accepted in the next month waits for it */
	place_both(t, &order, parts);
	int64_t october = t->now;
	t->now = day_start(day_make(2026, 11, 3)) + 9 * 3600 * SECOND_US;
	struct shipment shipment;
	struct acceptance acceptance;
	assert_int_equal(trade_ship(t, 0, parts[0], NULL, &shipment), OK);
	assert_int_equal(trade_receive(t, 0, &shipment, NULL), OK);
	assert_int_equal(trade_accept(t, 0, &shipment, NULL, &acceptance), OK);

	assert_int_equal(trade_do(t, &t->reconcilers[0], statement_prepare, &statement), OK);
	assert_int_equal(statement.accepted_fen, accepted);
	assert_int_equal(statement.state, STATEMENT_PREPARED);
	assert_books(t);
	/* twice changes nothing */
	struct statement again = run_of(t, 0, 2026, 10);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_prepare, &again),
			 ERR_NOTHING_TO_STATE);
	again.supplier = id_new(1);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_prepare, &again),
			 ERR_UNKNOWN_REFERENCE);
	again = run_of(t, 0, 2026, 12);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_prepare, &again), ERR_FUTURE);
	assert_fault(t, 0, ERR_FUTURE, "/month", 0);
	/* each step in its turn, by its people */
	step = (struct statement){ .id = statement.id };
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_release, &step), ERR_TRANSITION);
	step.id = statement.id;
	assert_int_equal(trade_do(t, &t->accountants[1], statement_confirm, &step), ERR_NOT_FOUND);
	step.id = statement.id;
	assert_int_equal(trade_do(t, &t->accountants[0], statement_confirm, &step), OK);
	assert_int_equal(step.state, STATEMENT_CONFIRMED);
	assert_int_equal(trade_do(t, &t->accountants[0], statement_confirm, &step), ERR_TRANSITION);
	assert_int_equal(trade_do(t, &t->reconcilers[0], statement_release, &step),
			 ERR_SAME_PERSON);
	assert_int_equal(trade_number(t, &settled_fen, db_values(t->suppliers[0])), 0);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_release, &step), OK);
	assert_int_equal(step.state, STATEMENT_RELEASED);
	assert_int_equal(step.held_fen, held);
	struct digest seal = seal_of(t, statement.id);
	assert_memory_equal(step.digest.at, seal.bytes, DIGEST_SIZE);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_release, &step), ERR_TRANSITION);
	assert_int_equal(trade_number(t, &settled_fen, db_values(t->suppliers[0])), accepted);
	assert_books(t);
	/* November's has November's */
	struct statement next = run_of(t, 0, 2026, 11);
	assert_int_equal(trade_do(t, &t->reconcilers[1], statement_prepare, &next), OK);
	assert_int_equal(next.accepted_fen, FIRST_FEN);
	assert_int_equal(next.line_count, 1);
	assert_books(t);
	t->now = october;
}

static void whose_statements(void **state)
{
	struct trade *t = *state;
	struct actor county = { .roles = ROLE_SUPERVISOR, .scope = { .kind = SCOPE_COUNTY } };
	struct list lists[4] = { { 0 } };

	memcpy(county.scope.county, trade_counties[0], 7);
	const struct actor *eyes[] = { &t->accountants[0], &t->accountants[1], &t->reconcilers[0],
				       &county };
	static const size_t seen[] = { 2, 0, 2, 2 };
	for (size_t i = 0; i < COUNT_OF(eyes); i++) {
		assert_int_equal(statements_list(t->db, eyes[i], SMALL_NONE, NO_ID, 100, t->arena,
						 &lists[i]),
				 OK);
		assert_int_equal(lists[i].count, seen[i]);
	}
	struct statement *one = LIST_ITEM(lists[0], struct statement, 0), read;
	assert_int_equal(statement_read(t->db, eyes[0], one->id, t->arena, &read), OK);
	assert_int_equal(statement_read(t->db, eyes[1], one->id, t->arena, &read), ERR_NOT_FOUND);
	struct list released = { 0 };
	assert_int_equal(statements_list(t->db, eyes[0], STATEMENT_RELEASED, NO_ID, 100, t->arena,
					 &released),
			 OK);
	assert_int_equal(released.count, 1);
	struct list credits = { 0 }, own = { 0 }, claims = { 0 };
	assert_int_equal(bank_credits_list(t->db, NO_ID, false, NO_ID, 1000, t->arena, &credits),
			 OK);
	assert_int_equal(bank_credits_list(t->db, t->units[1], false, NO_ID, 1000, t->arena, &own),
			 OK);
	assert_int_equal(own.count, 1);
	assert_true(credits.count > 5);
	own = (struct list){ 0 };
	assert_int_equal(bank_credits_list(t->db, t->units[1], true, NO_ID, 1000, t->arena, &own),
			 OK);
	assert_int_equal(own.count, 0);
	assert_int_equal(claims_list(t->db, t->units[1], NO_ID, NO_ID, 1000, t->arena, &claims),
			 OK);
	assert_int_equal(claims.count, 1);
	assert_int_equal(LIST_ITEM(claims, struct claim, 0)->parts.count, 1);
}

/* ---- what verification finds ---- */

static const struct damage {
	const char *module, *what; /* how the first line of the report begins */
	struct sql spoil, mend;
} damages[] = {
#define ADD_ONE(module, what, table, column)                                                       \
	{                                                                                          \
		module, what, { "UPDATE " table " SET " column " = " column " + 1 LIMIT 1" },      \
		{                                                                                  \
			"UPDATE " table " SET " column " = " column " - 1 LIMIT 1"                 \
		}                                                                                  \
	}
	ADD_ONE("catalogue", "stock of SKU", "stock", "available"),
	ADD_ONE("ordering", "supply order", "supply_order", "amount_fen"),
	ADD_ONE("ordering", "supply order", "supply_order", "tax_fen"),
	ADD_ONE("ordering", "supply order", "supply_order", "line_count"),
	ADD_ONE("ordering", "purchase order", "purchase_order", "amount_fen"),
	ADD_ONE("ordering", "purchase order", "purchase_order", "tax_fen"),
	ADD_ONE("ordering", "purchase order", "purchase_order", "line_count"),
	ADD_ONE("ordering", "purchase order", "purchase_order", "supply_order_count"),
	ADD_ONE("ordering", "supply order", "order_line", "amount_fen"),
	ADD_ONE("ordering", "amount of order line", "order_line", "quantity"),
	ADD_ONE("ordering", "amount of order line", "order_line", "unit_price_fen"),
	ADD_ONE("ordering", "supply order", "order_line", "tax_fen"),
	ADD_ONE("ledger", "journal", "entry", "fen"),
	ADD_ONE("ledger", "account", "account", "balance_fen"),
	ADD_ONE("ledger", "supply balance receivable", "supply_balance", "receivable_fen"),
	ADD_ONE("ledger", "supply balance advance", "supply_balance", "advance_fen"),
	ADD_ONE("ledger", "supply balance refund", "supply_balance", "refund_fen"),
	ADD_ONE("ledger", "supply balance accepted", "supply_balance", "accepted_fen"),
	ADD_ONE("ledger", "rollup_county (day)", "rollup_county", "fen"),
	ADD_ONE("ledger", "rollup_county (day)", "rollup_county", "quantity"),
	ADD_ONE("ledger", "rollup_supplier (day)", "rollup_supplier", "movements"),
	ADD_ONE("ledger", "rollup_supplier (day)", "rollup_supplier", "fen"),
	ADD_ONE("ledger", "rollup_unit (day)", "rollup_unit", "fen"),
	ADD_ONE("ledger", "rollup_unit (day)", "rollup_unit", "quantity"),
	ADD_ONE("ledger", "rollup_county (day)", "movement", "fen"),
	ADD_ONE("ledger", "rollup_county (day)", "movement", "quantity"),
	ADD_ONE("fulfilment", "answer to line", "line_progress", "confirmed"),
	ADD_ONE("fulfilment", "quantity accepted_tax_fen of line", "line_progress",
		"accepted_tax_fen"),
	ADD_ONE("fulfilment", "quantity accepted_fen of line", "line_progress", "accepted_fen"),
	ADD_ONE("fulfilment", "quantity shipped of line", "shipment_line", "quantity"),
	ADD_ONE("fulfilment", "quantity received of line", "receipt_line", "quantity"),
	ADD_ONE("fulfilment", "quantity accepted of line", "acceptance_line", "accepted"),
	ADD_ONE("fulfilment", "quantity rejected of line", "acceptance_line", "rejected"),
	ADD_ONE("fulfilment", "quantity accepted_fen of line", "acceptance_line", "accepted_fen"),
	ADD_ONE("fulfilment", "acceptance", "acceptance", "accepted_fen"),
	ADD_ONE("fulfilment", "acceptance", "acceptance", "accepted_tax_fen"),
	ADD_ONE("fulfilment", "amount agreed_fen of supply order", "supply_balance", "agreed_fen"),
	ADD_ONE("fulfilment", "amount rejected_fen of supply order", "supply_balance",
		"rejected_fen"),
	ADD_ONE("settlement", "bank credit", "bank_credit", "amount_fen"),
	ADD_ONE("settlement", "bank credit", "bank_credit", "unclaimed_fen"),
	ADD_ONE("settlement", "bank credit", "claim", "amount_fen"),
	ADD_ONE("settlement", "claim", "claim_part", "amount_fen"),
	ADD_ONE("settlement", "amount claimed_fen of supply order", "supply_balance",
		"claimed_fen"),
	ADD_ONE("settlement", "amount held_fen of supply order", "supply_balance", "held_fen"),
	ADD_ONE("settlement", "amount stated_fen of supply order", "supply_balance", "stated_fen"),
	ADD_ONE("settlement", "amount settled_fen of supply order", "supply_balance",
		"settled_fen"),
	ADD_ONE("settlement", "statement", "statement", "accepted_fen"),
	ADD_ONE("settlement", "statement", "statement", "tax_fen"),
	ADD_ONE("settlement", "statement", "statement", "line_count"),
	ADD_ONE("settlement", "statement", "statement_line", "amount_fen"),
	ADD_ONE("settlement", "statement line", "statement_line", "quantity"),
	ADD_ONE("audit", "audit: position", "event", "at"),
	{ "settlement",
	  "seal of statement",
	  { "UPDATE statement SET number = number - 1, digest = REVERSE(digest) WHERE state = "
	    "'released'" },
	  { "UPDATE statement SET number = number + 1, digest = REVERSE(digest) WHERE state = "
	    "'released'" } },
	{ "settlement",
	  "seal of statement",
	  { "UPDATE supply_order SET number = number + 1000000 WHERE id IN (SELECT supply_order "
	    "FROM statement_line)" },
	  { "UPDATE supply_order SET number = number - 1000000 WHERE id IN (SELECT supply_order "
	    "FROM statement_line)" } },
	/* an amount changed everywhere it is summed, but for the documents */
	{ "ordering",
	  "ordered movement of line",
	  { "UPDATE movement m, rollup_county r SET m.fen = m.fen + 1, r.fen = r.fen + 1 WHERE "
	    "m.measure = 'ordered' AND m.line = 1 AND r.measure = 'ordered'" },
	  { "UPDATE movement m, rollup_county r SET m.fen = m.fen - 1, r.fen = r.fen - 1 WHERE "
	    "m.measure = 'ordered' AND m.line = 1 AND r.measure = 'ordered'" } },
	{ "fulfilment",
	  "confirmed movement of line",
	  { "UPDATE movement SET quantity = quantity + 1 WHERE measure = 'confirmed'" },
	  { "UPDATE movement SET quantity = quantity - 1 WHERE measure = 'confirmed'" } },
	{ "fulfilment",
	  "shipped movement of line",
	  { "UPDATE movement SET fen = fen + 1 WHERE measure = 'shipped'" },
	  { "UPDATE movement SET fen = fen - 1 WHERE measure = 'shipped'" } },
	{ "fulfilment",
	  "accepted movement of line",
	  { "UPDATE movement SET fen = fen + 1 WHERE measure = 'accepted'" },
	  { "UPDATE movement SET fen = fen - 1 WHERE measure = 'accepted'" } },
	{ "settlement",
	  "settled movement of line",
	  { "UPDATE movement SET fen = fen + 1 WHERE measure = 'settled'" },
	  { "UPDATE movement SET fen = fen - 1 WHERE measure = 'settled'" } },
	{ "settlement",
	  "account bank of bank account",
	  { "UPDATE account SET balance_fen = balance_fen + 1 WHERE kind = 'bank'" },
	  { "UPDATE account SET balance_fen = balance_fen - 1 WHERE kind = 'bank'" } },
	{ "settlement",
	  "account unclaimed of bank account",
	  { "UPDATE account SET balance_fen = balance_fen + 1 WHERE kind = 'unclaimed'" },
	  { "UPDATE account SET balance_fen = balance_fen - 1 WHERE kind = 'unclaimed'" } },
	{ "ledger",
	  "entry without a journal",
	  { "UPDATE entry SET journal = INSERT(CAST(journal AS CHAR), 1, 1, 'f')" },
	  { "UPDATE entry SET journal = INSERT(CAST(journal AS CHAR), 1, 1, '0')" } },
	{ "ledger",
	  "rollup_unit (day)",
	  { "UPDATE rollup_unit SET since = since + INTERVAL 1000 DAY WHERE grain = 'day'" },
	  { "UPDATE rollup_unit SET since = since - INTERVAL 1000 DAY WHERE grain = 'day'" } },
};

static void every_damage_is_named(void **state)
{
	struct trade *t = *state;
	struct buffer report = { 0 };

	assert_books(t);
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		const struct damage *damage = &damages[i];
		size_t module = 0;
		bool named;

		while (strcmp(settle_checks[module].name, damage->module) != 0)
			module++;
		run(t->db, &damage->spoil);
		int64_t faults = trade_faults(t, &settle_checks[module], &report);
		buffer_char(&report, '\0');
		named = strstr(report.at, damage->what) != NULL;
		if (!faults || !named)
			print_error("%s\n%s: %s", damage->spoil.text, damage->what, report.at);
		assert_true(faults > 0);
		assert_true(named);
		run(t->db, &damage->mend);
		arena_reset(t->arena);
	}
	buffer_free(&report);
	assert_books(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_credit_stands_once),
		cmocka_unit_test(exact_code_and_exact_amount),
		cmocka_unit_test(a_fen_short_or_over),
		cmocka_unit_test(faults_of_parts),
		cmocka_unit_test(advances),
		cmocka_unit_test(paid_in_parts_after_the_acceptance),
		cmocka_unit_test(a_statement_from_run_to_release),
		cmocka_unit_test(whose_statements),
		cmocka_unit_test(every_damage_is_named),
	};

	return cmocka_run_group_tests(tests, scene, trade_stop);
}
