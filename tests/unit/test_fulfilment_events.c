/*
 * Confirmation, shipments, receipts and acceptances against a real database: quantities, stock,
 * facets, who may do what to whose order, and that neighbours do not wait for each other.
 */
#include "test_settle_fixture.h"

#include <pthread.h>

static const struct trade_check checks[] = {
	{ "audit", audit_verify },           { "catalogue", catalogue_verify },
	{ "ledger", ledger_verify },         { "ordering", ordering_verify },
	{ "fulfilment", fulfilment_verify },
};

static void assert_sound(struct trade *t)
{
	assert_checks(t, checks, COUNT_OF(checks));
}

static const struct sql measure_fen = { "SELECT CAST(COALESCE(SUM(fen), 0) AS INT) FROM movement"
					" WHERE measure = ? AND supply_order = ?" };
static const struct sql measure_quantity = {
	"SELECT CAST(COALESCE(SUM(quantity), 0) AS INT) FROM movement"
	" WHERE measure = ? AND supply_order = ?"
};
static const struct sql journal_count = {
	"SELECT COUNT(DISTINCT journal) FROM entry WHERE supply_order = ?"
};

static struct supply_order_answer read_order(struct trade *t, size_t unit, struct id order)
{
	struct supply_order_answer answer;

	assert_int_equal(supply_order_read(t->db, &t->buyers[unit], order, t->arena, &answer), OK);
	return answer;
}

static void assert_facets(struct trade *t, size_t unit, struct id order, const char *agreement,
			  const char *fulfilment, const char *payment)
{
	struct supply_order_answer answer = read_order(t, unit, order);

	assert_string_equal(word_of(agreement_words, answer.order.agreement), agreement);
	assert_string_equal(word_of(fulfilment_words, answer.fulfilment), fulfilment);
	assert_string_equal(word_of(payment_words, answer.payment), payment);
}

/* An order of three lines of the first supplier: 5, 10 and 20 pieces at 10.00, 19.56 and 29.63
 * yuan. */
static struct id place_three(struct trade *t, struct submission *order)
{
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[0][0], 5 },
						     { t->skus[0][1], 10 },
						     { t->skus[0][2], 20 } };

	assert_int_equal(trade_place(t, 0, wants, order), OK);
	assert_int_equal(order->amount_fen, 5000 + 19560 + 59260);
	return trade_part(t, order, 0)->id;
}

static void the_way_of_an_order(void **state)
{
	struct trade *t = *state;
	struct submission submission;
	struct confirmation confirmation;
	struct shipment first, second;
	struct acceptance acceptance;
	struct id order = place_three(t, &submission);
	int64_t stock = trade_available(t, t->skus[0][1]);

	assert_facets(t, 0, order, "placed", "pending", "unpaid");
	assert_int_equal(trade_confirm(t, 0, order, (struct part[]){ { 2 }, { 0 } }, &confirmation),
			 OK);
	assert_int_equal(confirmation.agreement, AGREEMENT_CONFIRMED);
	assert_int_equal(confirmation.agreed_fen, 64260);
	assert_int_equal(confirmation.ship_by, day_of(t->now) + 7);
	assert_int_equal(trade_available(t, t->skus[0][1]), stock + 10);
	assert_facets(t, 0, order, "confirmed", "pending", "unpaid");
	assert_sound(t);

	assert_int_equal(
		trade_ship(t, 0, order, (struct part[]){ { 1, 5 }, { 3, 8 }, { 0 } }, &first), OK);
	assert_facets(t, 0, order, "confirmed", "partly_shipped", "unpaid");
	assert_int_equal(trade_receive(t, 0, &first, (struct part[]){ { 3, 7 }, { 0 } }), OK);
	assert_facets(t, 0, order, "confirmed", "partly_received", "unpaid");
	assert_int_equal(trade_receive(t, 0, &first, NULL), OK);
	assert_int_equal(trade_ship(t, 0, order, NULL, &second), OK);
	assert_int_equal(LIST_ITEM(second.lines, struct shipment_line, 0)->quantity, 12);
	assert_sound(t);

	/* parcel 1 is decided while parcel 2 is on its way */
	assert_int_equal(trade_accept(t, 0, &first, (struct part[]){ { 1, 4, 1 }, { 3, 8 }, { 0 } },
				      &acceptance),
			 OK);
	assert_int_equal(acceptance.accepted_fen, 4 * 1000 + 8 * 2963);
	assert_int_equal(acceptance.accepted_tax_fen,
			 money_share(money_tax(5000, 13), 4, 5) +
				 money_share(money_tax(59260, 13), 8, 20));
	assert_facets(t, 0, order, "confirmed", "partly_accepted", "unpaid");
	assert_sound(t);
	assert_int_equal(trade_receive(t, 0, &second, NULL), OK);
	assert_int_equal(trade_accept(t, 0, &second, NULL, &acceptance), OK);
	assert_int_equal(acceptance.accepted_fen, 12 * 2963);
	assert_facets(t, 0, order, "confirmed", "accepted", "unpaid");

	struct supply_order_answer answer = read_order(t, 0, order);
	assert_int_equal(answer.balance.agreed_fen, 64260);
	assert_int_equal(answer.balance.accepted_fen, 63260);
	assert_int_equal(answer.balance.rejected_fen, 1000);
	assert_int_equal(answer.balance.receivable_fen, 63260);
	assert_int_equal(trade_number(t, &measure_fen, db_values("confirmed", order)), 64260);
	assert_int_equal(trade_number(t, &measure_fen, db_values("shipped", order)), 64260);
	assert_int_equal(trade_number(t, &measure_fen, db_values("accepted", order)), 63260);
	assert_int_equal(trade_number(t, &measure_quantity, db_values("accepted", order)), 24);
	assert_int_equal(trade_number(t, &journal_count, db_values(order)), 2);
	assert_sound(t);
}

static void what_does_not_come_in_its_turn(void **state)
{
	struct trade *t = *state;
	struct submission submission;
	struct confirmation confirmation;
	struct shipment shipment, other = { .id = id_new(1) };
	struct acceptance acceptance;
	struct id order = place_three(t, &submission);

	assert_int_equal(trade_ship(t, 0, order, NULL, &shipment), ERR_TRANSITION);
	other.supply_order = order;
	assert_int_equal(trade_receive(t, 0, &other, NULL), ERR_TRANSITION);
	assert_int_equal(trade_accept(t, 0, &other, NULL, &acceptance), ERR_TRANSITION);
	/* whose it is not, it is not there */
	assert_int_equal(trade_confirm(t, 1, order, NULL, &confirmation), ERR_NOT_FOUND);
	assert_int_equal(trade_do(t, &t->buyers[0], supply_order_confirm, &confirmation),
			 ERR_NOT_FOUND);
	assert_int_equal(trade_confirm(t, 0, order, NULL, &confirmation), OK);
	assert_int_equal(trade_confirm(t, 0, order, NULL, &confirmation), ERR_TRANSITION);
	assert_true(text_is(trade_fault(t, 0)->args[0].text, "confirmed"));
	assert_int_equal(trade_ship(t, 1, order, NULL, &shipment), ERR_NOT_FOUND);
	assert_int_equal(trade_ship(t, 0, id_new(1), NULL, &shipment), ERR_NOT_FOUND);
	/* nothing was sent yet; then of another order */
	assert_int_equal(trade_receive(t, 0, &other, NULL), ERR_UNKNOWN_REFERENCE);
	assert_fault(t, 0, ERR_UNKNOWN_REFERENCE, "/shipment", 0);
	assert_int_equal(trade_ship(t, 0, order, NULL, &shipment), OK);
	assert_int_equal(trade_ship(t, 0, order, NULL, &shipment), ERR_QUANTITY_EXCEEDS);
	struct id neighbour = place_three(t, &submission);
	assert_int_equal(trade_confirm(t, 0, neighbour, NULL, &confirmation), OK);
	assert_int_equal(trade_ship(t, 0, neighbour, NULL, &shipment), OK);
	other = shipment;
	other.supply_order = order;
	assert_int_equal(trade_receive(t, 0, &other, NULL), ERR_UNKNOWN_REFERENCE);
	assert_int_equal(trade_accept(t, 0, &other, NULL, &acceptance), ERR_UNKNOWN_REFERENCE);
	assert_int_equal(trade_receive(t, 1, &shipment, NULL), ERR_NOT_FOUND);
	assert_int_equal(trade_accept(t, 0, &shipment, NULL, &acceptance), ERR_QUANTITY_EXCEEDS);
	assert_int_equal(trade_receive(t, 0, &shipment, NULL), OK);
	assert_int_equal(trade_accept(t, 1, &shipment, NULL, &acceptance), ERR_NOT_FOUND);
	assert_int_equal(trade_accept(t, 0, &shipment, NULL, &acceptance), OK);
	assert_int_equal(trade_accept(t, 0, &shipment, NULL, &acceptance), ERR_QUANTITY_EXCEEDS);
	assert_sound(t);
}

static void a_declined_order_gives_all_back(void **state)
{
	struct trade *t = *state;
	struct submission submission;
	struct confirmation confirmation;
	struct shipment shipment;
	int64_t before[3];

	for (int i = 0; i < 3; i++)
		before[i] = trade_available(t, t->skus[0][i]);
	struct id order = place_three(t, &submission);
	assert_int_equal(trade_available(t, t->skus[0][2]), before[2] - 20);
	assert_int_equal(trade_confirm(t, 0, order, (struct part[]){ { 3 }, { 1 }, { 2 }, { 0 } },
				       &confirmation),
			 OK);
	assert_int_equal(confirmation.agreement, AGREEMENT_DECLINED);
	assert_int_equal(confirmation.ship_by, DAY_NONE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(trade_available(t, t->skus[0][i]), before[i]);
	assert_facets(t, 0, order, "declined", "pending", "unpaid");
	assert_int_equal(trade_ship(t, 0, order, NULL, &shipment), ERR_TRANSITION);
	assert_true(text_is(trade_fault(t, 0)->args[0].text, "declined"));
	assert_int_equal(trade_number(t, &measure_fen, db_values("confirmed", order)), 0);
	assert_sound(t);
}

/* A refused confirmation changes nothing, and the stock does not come back twice. */
static void refusals_change_nothing(void **state)
{
	struct trade *t = *state;
	struct submission submission;
	struct confirmation confirmation;
	struct shipment shipment;
	struct acceptance acceptance;
	struct id order = place_three(t, &submission);
	int64_t stock = trade_available(t, t->skus[0][0]);

	assert_int_equal(trade_confirm(t, 0, order, (struct part[]){ { 1 }, { 1 }, { 9 }, { 0 } },
				       &confirmation),
			 ERR_REFUSED);
	assert_int_equal(t->problems.items.count, 2);
	assert_fault(t, 0, ERR_REPEATED, "/declined/1/line", 0);
	assert_fault(t, 1, ERR_UNKNOWN_REFERENCE, "/declined/2/line", 0);
	assert_facets(t, 0, order, "placed", "pending", "unpaid");
	assert_int_equal(trade_available(t, t->skus[0][0]), stock);
	assert_int_equal(trade_confirm(t, 0, order, (struct part[]){ { 1 }, { 0 } }, &confirmation),
			 OK);
	assert_int_equal(trade_available(t, t->skus[0][0]), stock + 5);
	assert_int_equal(trade_confirm(t, 0, order, (struct part[]){ { 1 }, { 0 } }, &confirmation),
			 ERR_TRANSITION);
	assert_int_equal(trade_available(t, t->skus[0][0]), stock + 5);
	assert_int_equal(
		trade_ship(t, 0, order, (struct part[]){ { 2, 10 }, { 1, 1 }, { 0 } }, &shipment),
		ERR_QUANTITY_EXCEEDS);
	assert_facets(t, 0, order, "confirmed", "pending", "unpaid");
	assert_int_equal(trade_ship(t, 0, order, (struct part[]){ { 2, 10 }, { 0 } }, &shipment),
			 OK);
	assert_int_equal(trade_receive(t, 0, &shipment, (struct part[]){ { 2, 11 }, { 0 } }),
			 ERR_QUANTITY_EXCEEDS);
	assert_int_equal(trade_receive(t, 0, &shipment, (struct part[]){ { 2, 4 }, { 0 } }), OK);
	assert_int_equal(
		trade_accept(t, 0, &shipment, (struct part[]){ { 2, 5 }, { 0 } }, &acceptance),
		ERR_QUANTITY_EXCEEDS);
	assert_fault(t, 0, ERR_QUANTITY_EXCEEDS, "/lines/0/accepted", 4);
	assert_int_equal(
		trade_accept(t, 0, &shipment, (struct part[]){ { 2, 0, 4 }, { 0 } }, &acceptance),
		OK);
	assert_int_equal(trade_number(t, &journal_count, db_values(order)), 0);
	assert_facets(t, 0, order, "confirmed", "partly_accepted", "unpaid");
	assert_sound(t);
}

/* All rejected: nothing is owed, and the word says so. */
static void all_rejected(void **state)
{
	struct trade *t = *state;
	struct submission submission;
	struct confirmation confirmation;
	struct shipment shipment;
	struct acceptance acceptance;
	struct id order = place_three(t, &submission);

	assert_int_equal(trade_confirm(t, 0, order, NULL, &confirmation), OK);
	assert_int_equal(trade_ship(t, 0, order, NULL, &shipment), OK);
	assert_int_equal(trade_receive(t, 0, &shipment, NULL), OK);
	assert_int_equal(
		trade_accept(t, 0, &shipment,
			     (struct part[]){ { 1, 0, 5 }, { 2, 0, 10 }, { 3, 0, 20 }, { 0 } },
			     &acceptance),
		OK);
	assert_int_equal(acceptance.accepted_fen, 0);
	assert_facets(t, 0, order, "confirmed", "rejected", "unpaid");
	assert_int_equal(trade_number(t, &measure_quantity, db_values("accepted", order)), 0);
	assert_sound(t);
}

/* ---- neighbours ---- */

enum { NEIGHBOURS = 8, ROUNDS = 12 };

struct clerk {
	struct trade *t;
	struct db *db;
	struct arena *arena;
	struct id orders[ROUNDS];
	pthread_t thread;
	uint64_t statements;
	int failed;
};

/* Confirms its orders one after the other, as fast as it can. */
static void *confirm_all(void *arg)
{
	struct clerk *clerk = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct problems problems = { .arena = clerk->arena };
		struct step step = { .app = &clerk->t->back->app,
				     .db = clerk->db,
				     .arena = clerk->arena,
				     .problems = &problems,
				     .actor = clerk->t->dispatchers[0],
				     .now = clerk->t->now };
		struct confirmation confirmation = { .supply_order = clerk->orders[i] };
		char id[37];

		clerk->failed += run_step(&step, id_format(clerk->orders[i], id),
					  supply_order_confirm, &confirmation, NULL) != OK;
	}
	clerk->statements = db_statement_count(clerk->db);
	return NULL;
}

/* Confirmations of different orders at the same time never run twice: each sends what one alone
 * sends. */
static void confirmations_do_not_meet(void **state)
{
	static struct clerk clerks[NEIGHBOURS];
	struct trade *t = *state;
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[0][0], 1 }, { t->skus[0][3], 1 } };

	for (int i = 0; i < ROUNDS; i++)
		for (int c = 0; c < NEIGHBOURS; c++) {
			struct submission order;

			assert_int_equal(trade_place(t, 0, wants, &order), OK);
			clerks[c].orders[i] = trade_part(t, &order, 0)->id;
		}
	for (int c = 0; c < NEIGHBOURS; c++) {
		clerks[c].t = t;
		clerks[c].db = db_new(t->back->app.database, &t->back->app.log);
		clerks[c].arena = arena_new(0);
		assert_int_equal(pthread_create(&clerks[c].thread, NULL, confirm_all, &clerks[c]),
				 0);
	}
	uint64_t statements = 0;
	for (int c = 0; c < NEIGHBOURS; c++) {
		pthread_join(clerks[c].thread, NULL);
		statements += clerks[c].statements;
		assert_int_equal(clerks[c].failed, 0);
		db_free(clerks[c].db);
		arena_free(clerks[c].arena);
	}
	print_message("%d confirmations at once: %llu statements\n", NEIGHBOURS * ROUNDS,
		      (unsigned long long)statements);
	assert_int_equal(statements % (NEIGHBOURS * ROUNDS), 0);
	assert_sound(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_of_an_order),
		cmocka_unit_test(what_does_not_come_in_its_turn),
		cmocka_unit_test(a_declined_order_gives_all_back),
		cmocka_unit_test(refusals_change_nothing),
		cmocka_unit_test(all_rejected),
		cmocka_unit_test(confirmations_do_not_meet),
	};

	return cmocka_run_group_tests(tests, trade_start, trade_stop);
}
