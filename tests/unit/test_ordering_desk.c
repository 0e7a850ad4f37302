/*
 * The order desk against a real database: orders alone and in batches, stock to the piece, refusals
 * that name the lines, lists within everybody's sight, and the number of statements, which grows
 * with the widths of the multi-row statements and not with the lines.
 */
#include "test_trade_fixture.h"

#include <pthread.h>

static const struct sql order_count = { "SELECT COUNT(*) FROM purchase_order" };
static const struct sql line_count = { "SELECT COUNT(*) FROM order_line" };
static const struct sql movement_count = { "SELECT COUNT(*) FROM movement" };
static const struct sql stock_sum = { "SELECT CAST(SUM(available) AS INT) FROM stock" };
static const struct sql stock_least = { "SELECT MIN(available) FROM stock" };

static void an_order_is_split_by_supplier(void **state)
{
	struct trade *t = *state;
	struct submission order;
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[1][0], 3 },
						     { t->skus[0][1], 12 },
						     { t->skus[1][2], 1 },
						     { t->skus[1][0], 7 } };

	int64_t before = number(t->db, &stock_sum);
	assert_int_equal(trade_place(t, 0, wants, &order), OK);
	assert_int_equal(order.line_count, 3);
	assert_int_equal(order.supply_order_count, 2);
	/* 10 × 12.82 + 12 × 19.56 + 33.47, the sums of the parts */
	assert_int_equal(order.amount_fen, 10 * (1333 - 51) + 12 * (2007 - 51) + 3347);
	assert_int_equal(trade_part(t, &order, 0)->amount_fen, 12 * (2007 - 51));
	assert_int_equal(trade_part(t, &order, 1)->amount_fen, 10 * (1333 - 51) + 3347);
	assert_int_equal(trade_part(t, &order, 0)->line_count, 1);
	assert_int_equal(trade_part(t, &order, 1)->line_count, 2);
	assert_int_equal(order.tax_fen, money_tax(10 * (1333 - 51), 13) +
						money_tax(12 * (2007 - 51), 13) +
						money_tax(3347, 13));
	assert_true(payment_code_valid(order.payment_code));
	assert_int_equal(number(t->db, &stock_sum), before - 23);
	assert_int_equal(trade_available(t, t->skus[1][0]), 990);
	assert_int_equal(trade_available(t, t->skus[0][1]), 988);
	assert_int_equal(trade_available(t, t->skus[1][2]), 999);
	assert_orders(t);
}

/* ---- refused before the desk ---- */

static void every_fault_of_every_line(void **state)
{
	struct trade *t = *state;
	struct submission order;
	const struct want wants[TRADE_LINES_MAX] = {
		{ t->skus[0][0], 1 },
		{ 99999999, 1, 1 },
		{ t->skus[0][1], 1, 77 },
		{ t->skus[0][2], QUANTITY_MAX + 1 },
	};
	int64_t orders = number(t->db, &order_count);

	assert_int_equal(trade_place(t, 0, wants, &order), ERR_UNKNOWN_REFERENCE);
	assert_int_equal(t->problems.items.count, 3);
	assert_fault(t, 0, ERR_UNKNOWN_REFERENCE, "/lines/1/sku", 0);
	assert_fault(t, 1, ERR_OFFER_STALE, "/lines/2/offer", 1);
	assert_fault(t, 2, ERR_AMOUNT_RANGE, "/lines/3/quantity", 0);
	assert_int_equal(number(t->db, &order_count), orders);
}

/* ---- the stock at the desk ---- */

static void short_lines_are_named(void **state)
{
	struct trade *t = *state;
	struct submission order;
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[0][0], 2 },
						     { t->skus[0][3], 1001 },
						     { t->skus[1][3], 5 },
						     { t->skus[1][2], 2000 } };
	int64_t orders = number(t->db, &order_count), lines = number(t->db, &line_count);
	int64_t stock = number(t->db, &stock_sum), movements = number(t->db, &movement_count);

	assert_int_equal(trade_place(t, 0, wants, &order), ERR_STOCK_SHORT);
	assert_int_equal(t->problems.items.count, 2);
	bool first = text_is(trade_fault(t, 0)->pointer, "/lines/1/quantity");
	assert_fault(t, !first, ERR_STOCK_SHORT, "/lines/1/quantity",
		     trade_available(t, t->skus[0][3]));
	assert_fault(t, first, ERR_STOCK_SHORT, "/lines/3/quantity",
		     trade_available(t, t->skus[1][2]));
	assert_int_equal(number(t->db, &order_count), orders);
	assert_int_equal(number(t->db, &line_count), lines);
	assert_int_equal(number(t->db, &movement_count), movements);
	assert_int_equal(number(t->db, &stock_sum), stock);
	assert_orders(t);
}

/* Prepared at one price, placed at the next: told the new offer and the new price. */
static void a_price_that_moved_meanwhile(void **state)
{
	struct trade *t = *state;
	struct submission order;
	const struct want wants[] = { { t->skus[0][2], 20 }, { t->skus[0][3], 1 } };
	struct list rows = { 0 };

	trade_submission(t, wants, 2, &order);
	assert_int_equal(trade_prepare(t, 0, &order), OK);
	trade_row(t, &rows, "G-3", trade_counties[0], "1:5000;10:4321", 500);
	trade_publish(t, 0, rows);
	struct batch_item *item = trade_item(t, 0, &order);
	trade_batch(t, &item, 1);
	t->problems = *item->problems;
	assert_int_equal(item->outcome, ERR_OFFER_STALE);
	assert_int_equal(t->problems.items.count, 1);
	assert_fault(t, 0, ERR_OFFER_STALE, "/lines/0/offer",
		     trade_number(t, &trade_offer, db_values(t->skus[0][2])));
	assert_true(text_is(trade_fault(t, 0)->args[1].text, "43.21"));
	assert_int_equal(trade_available(t, t->skus[0][2]), 500);
	/* and at the new offer it goes */
	assert_int_equal(trade_place(t, 0,
				     (const struct want[TRADE_LINES_MAX]){ { t->skus[0][2], 20 },
									   { t->skus[0][3], 1 } },
				     &order),
			 OK);
	assert_int_equal(trade_available(t, t->skus[0][2]), 480);
	assert_orders(t);
}

static void what_went_off_the_shelf_meanwhile(void **state)
{
	static const struct sql unlist = { "UPDATE stock SET on_sale = FALSE WHERE sku = ?" };
	static const struct sql list = { "UPDATE stock SET on_sale = TRUE WHERE sku = ?" };
	struct trade *t = *state;
	struct submission order;
	const struct want wants[] = { { t->skus[0][3], 1 }, { t->skus[1][3], 1 } };

	trade_submission(t, wants, 2, &order);
	assert_int_equal(trade_prepare(t, 0, &order), OK);
	assert_int_equal(db_exec(t->db, &unlist, db_values(t->skus[1][3])), OK);
	struct batch_item *item = trade_item(t, 0, &order);
	trade_batch(t, &item, 1);
	t->problems = *item->problems;
	assert_int_equal(item->outcome, ERR_NOT_ON_SALE);
	assert_int_equal(t->problems.items.count, 1);
	assert_fault(t, 0, ERR_NOT_ON_SALE, "/lines/1/sku", 0);
	assert_int_equal(db_exec(t->db, &list, db_values(t->skus[1][3])), OK);
	assert_orders(t);
}

/* ---- batches ---- */

static void five_at_once(void **state)
{
	struct trade *t = *state;
	struct submission orders[5];
	struct batch_item *items[5];
	int64_t before[2] = { trade_available(t, t->skus[0][0]),
			      trade_available(t, t->skus[1][1]) };

	for (size_t i = 0; i < 5; i++) {
		const struct want wants[] = { { t->skus[0][0], 1 + (int64_t)i },
					      { t->skus[1][1], 10 } };

		trade_submission(t, wants, i % 2 ? 1 : 2, &orders[i]);
		assert_int_equal(trade_prepare(t, i % UNITS, &orders[i]), OK);
		items[i] = trade_item(t, i % UNITS, &orders[i]);
	}
	db_statement_count(t->db);
	trade_batch(t, items, 5);
	print_message("a batch of 5 orders: %llu statements\n",
		      (unsigned long long)db_statement_count(t->db));
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(items[i]->outcome, OK);
	assert_int_equal(trade_available(t, t->skus[0][0]), before[0] - 15);
	assert_int_equal(trade_available(t, t->skus[1][1]), before[1] - 30);
	/* the same keys again change nothing */
	for (size_t i = 0; i < 5; i++)
		items[i]->key = text_part(items[i]->key, 5, items[i]->key.size);
	trade_batch(t, items, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(items[i]->outcome, OK);
	assert_int_equal(trade_available(t, t->skus[0][0]), before[0] - 15);
	assert_orders(t);
}

/* One of five asks for too much: it is told so, the four others go through. */
static void one_of_five_is_short(void **state)
{
	struct trade *t = *state;
	struct submission orders[5];
	struct batch_item *items[5];
	int64_t left = trade_available(t, t->skus[1][0]), first = trade_available(t, t->skus[0][0]);
	int64_t placed = number(t->db, &order_count);

	for (size_t i = 0; i < 5; i++) {
		const struct want wants[] = { { t->skus[0][0], 1 },
					      { t->skus[1][0], i == 2 ? left + 1 : 1 } };

		trade_submission(t, wants, 2, &orders[i]);
		assert_int_equal(trade_prepare(t, 0, &orders[i]), OK);
		items[i] = trade_item(t, 0, &orders[i]);
	}
	trade_batch(t, items, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(items[i]->outcome, i == 2 ? ERR_STOCK_SHORT : OK);
		assert_int_equal(items[i]->problems->items.count, i == 2);
	}
	t->problems = *items[2]->problems;
	assert_fault(t, 0, ERR_STOCK_SHORT, "/lines/1/quantity", left - 2);
	assert_int_equal(trade_available(t, t->skus[1][0]), left - 4);
	assert_int_equal(trade_available(t, t->skus[0][0]), first - 4);
	assert_int_equal(number(t->db, &order_count), placed + 4);
	assert_orders(t);
}

/* Each could be had, all together not: those who came first get it. */
static void the_last_pieces_go_in_order(void **state)
{
	struct trade *t = *state;
	struct submission orders[5];
	struct batch_item *items[5];
	struct list rows = { 0 };

	trade_row(t, &rows, "G-9", trade_counties[1], "1:100", 10);
	trade_publish(t, 1, rows);
	int64_t sku = trade_sku_of(t, 1, "G-9");
	for (size_t i = 0; i < 5; i++) {
		const struct want wants[] = { { sku, 4 } };

		trade_submission(t, wants, 1, &orders[i]);
		assert_int_equal(trade_prepare(t, 1, &orders[i]), OK);
		items[i] = trade_item(t, 1, &orders[i]);
	}
	trade_batch(t, items, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(items[i]->outcome, i < 2 ? OK : ERR_STOCK_SHORT);
	t->problems = *items[2]->problems;
	assert_fault(t, 0, ERR_STOCK_SHORT, "/lines/0/quantity", 2);
	assert_int_equal(trade_available(t, sku), 2);
	assert_int_equal(number(t->db, &stock_least), 2);
	assert_orders(t);
}

/* ---- several desks at once ---- */

enum { DESKS = 4, RACERS = 40, LAST_PIECES = 100 };

struct race {
	struct trade *t;
	struct db *db;
	struct arena *arena;
	struct submission orders[RACERS];
	struct batch_item items[RACERS];
	struct problems problems[RACERS];
	pthread_t thread;
	int won, lost, other;
};

/* Places its orders in batches of eight, as a process with a desk of its own would. */
static void *race_run(void *arg)
{
	struct race *race = arg;

	for (size_t i = 0; i < RACERS; i += 8) {
		struct step step = { .app = &race->t->back->app,
				     .db = race->db,
				     .arena = race->arena };
		struct batch_item *items[8];

		for (size_t k = 0; k < 8; k++)
			items[k] = &race->items[i + k];
		run_batch(&step, items, 8);
		for (size_t k = 0; k < 8; k++) {
			race->won += items[k]->outcome == OK;
			race->lost += items[k]->outcome == ERR_STOCK_SHORT;
			race->other +=
				items[k]->outcome != OK && items[k]->outcome != ERR_STOCK_SHORT;
		}
	}
	return NULL;
}

/* The last 100 pieces of one SKU, in baskets that overlap in opposite orders: all are sold, none
 * twice, nobody meets anything but a short stock. */
static void the_last_pieces_for_several_desks(void **state)
{
	static struct race races[DESKS];
	struct trade *t = *state;
	struct list rows = { 0 };
	int64_t sku[3];
	int won = 0, lost = 0;

	trade_row(t, &rows, "R-1", trade_counties[0], "1:100", 100000);
	trade_row(t, &rows, "R-2", trade_counties[0], "1:100", LAST_PIECES);
	trade_row(t, &rows, "R-3", trade_counties[0], "1:100", 100000);
	trade_publish(t, 0, rows);
	for (int i = 0; i < 3; i++)
		sku[i] = trade_sku_of(t, 0, (const char *[]){ "R-1", "R-2", "R-3" }[i]);
	for (size_t r = 0; r < DESKS; r++) {
		struct race *race = &races[r];

		race->t = t;
		race->db = db_new(t->back->app.database, &t->back->app.log);
		race->arena = arena_new(0);
		for (size_t i = 0; i < RACERS; i++) {
			const struct want wants[] = { { sku[r % 2 ? 2 : 0], 1 },
						      { sku[1], 1 },
						      { sku[r % 2 ? 0 : 2], 1 } };

			trade_submission(t, wants, 3, &race->orders[i]);
			assert_int_equal(trade_prepare(t, r % UNITS, &race->orders[i]), OK);
			race->items[i] = *trade_item(t, r % UNITS, &race->orders[i]);
			race->items[i].arena = race->arena;
			race->problems[i] = (struct problems){ .arena = race->arena };
			race->items[i].problems = &race->problems[i];
		}
	}
	for (size_t r = 0; r < DESKS; r++)
		assert_int_equal(pthread_create(&races[r].thread, NULL, race_run, &races[r]), 0);
	for (size_t r = 0; r < DESKS; r++) {
		pthread_join(races[r].thread, NULL);
		won += races[r].won;
		lost += races[r].lost;
		assert_int_equal(races[r].other, 0);
		db_free(races[r].db);
		arena_free(races[r].arena);
	}
	assert_int_equal(won, LAST_PIECES);
	assert_int_equal(lost, DESKS * RACERS - LAST_PIECES);
	assert_int_equal(trade_available(t, sku[1]), 0);
	assert_int_equal(trade_available(t, sku[0]), 100000 - LAST_PIECES);
	assert_int_equal(trade_available(t, sku[2]), 100000 - LAST_PIECES);
	assert_orders(t);
}

/* ---- lists ---- */

struct seen {
	size_t purchases, supplies;
};

static struct seen seen_by(struct trade *t, const struct actor *actor)
{
	struct list purchases = { 0 }, supplies = { 0 };

	assert_int_equal(purchase_orders_list(t->db, actor, NO_ID, 1000, t->arena, &purchases), OK);
	assert_int_equal(supply_orders_list(t->db, actor, NO_ID, SMALL_NONE, NO_ID, 1000, t->arena,
					    &supplies),
			 OK);
	for (size_t i = 0; i < purchases.count; i++) {
		struct purchase_order *order = LIST_ITEM(purchases, struct purchase_order, i), one;

		assert_int_equal(purchase_order_read(t->db, actor, order->id, t->arena, &one), OK);
		assert_true(!i || id_compare(order->id, (order - 1)->id) < 0);
	}
	for (size_t i = 0; i < supplies.count; i++) {
		struct supply_order_answer *order = LIST_ITEM(supplies, struct supply_order_answer,
							      i),
					   one;

		assert_int_equal(supply_order_read(t->db, actor, order->order.id, t->arena, &one),
				 OK);
		assert_int_equal(one.order.number, order->order.number);
		assert_true(!i || id_compare(order->order.id, (order - 1)->order.id) < 0);
	}
	return (struct seen){ purchases.count, supplies.count };
}

static void everybody_sees_their_own(void **state)
{
	struct trade *t = *state;
	struct submission orders[3];
	struct purchase_order one;
	struct supply_order_answer answer;
	const struct want of_first[TRADE_LINES_MAX] = { { t->skus[0][0], 1 } };
	const struct want of_both[TRADE_LINES_MAX] = { { t->skus[0][0], 1 }, { t->skus[1][0], 1 } };
	struct actor county = { .roles = ROLE_SUPERVISOR, .scope = { .kind = SCOPE_COUNTY } };
	struct actor subtree = { .roles = ROLE_SUPERVISOR,
				 .scope = { .kind = SCOPE_HIERARCHY,
					    .hierarchy = HIERARCHY_UNION,
					    .root = t->units[0] } };
	struct actor child = subtree, stranger = trade_actor(id_new(1), ROLE_BUYER);

	memcpy(county.scope.county, trade_counties[1], 7);
	child.scope.root = t->units[1];
	const struct actor *eyes[] = { &t->buyers[0],
				       &t->buyers[1],
				       &t->buyers[2],
				       &t->dispatchers[0],
				       &t->dispatchers[1],
				       &t->reconcilers[0],
				       &county,
				       &subtree,
				       &child,
				       &stranger };
	/* what the three orders below add for each of them: purchases, supply orders */
	static const struct seen more[] = { { 1, 2 }, { 1, 1 }, { 1, 2 }, { 0, 3 }, { 0, 2 },
					    { 3, 5 }, { 2, 2 }, { 2, 3 }, { 1, 1 }, { 0, 0 } };
	struct seen before[COUNT_OF(eyes)];

	for (size_t i = 0; i < COUNT_OF(eyes); i++)
		before[i] = seen_by(t, eyes[i]);
	assert_int_equal(trade_place(t, 0, of_both, &orders[0]), OK);
	assert_int_equal(trade_place(t, 1, of_first, &orders[1]), OK);
	assert_int_equal(trade_place(t, 2, of_both, &orders[2]), OK);
	for (size_t i = 0; i < COUNT_OF(eyes); i++) {
		struct seen after = seen_by(t, eyes[i]);

		assert_int_equal(after.purchases - before[i].purchases, more[i].purchases);
		assert_int_equal(after.supplies - before[i].supplies, more[i].supplies);
	}
	assert_int_equal(purchase_order_read(t->db, &t->buyers[1], orders[0].id, t->arena, &one),
			 ERR_NOT_FOUND);
	assert_int_equal(supply_order_read(t->db, &t->dispatchers[1],
					   trade_part(t, &orders[1], 0)->id, t->arena, &answer),
			 ERR_NOT_FOUND);
}

/* Pages of every size give each line once, in order. */
static void lines_by_pages(void **state)
{
	struct trade *t = *state;
	struct submission order;
	const struct want wants[TRADE_LINES_MAX] = { { t->skus[0][0], 1 }, { t->skus[1][0], 2 },
						     { t->skus[0][1], 3 }, { t->skus[1][1], 4 },
						     { t->skus[0][2], 5 }, { t->skus[1][2], 6 } };

	assert_int_equal(trade_place(t, 0, wants, &order), OK);
	for (int64_t limit = 1; limit <= 7; limit++) {
		struct id after = NO_ID;
		int64_t after_line = 0, seen = 0, quantity = 0;
		struct list lines;

		do {
			lines = (struct list){ 0 };
			assert_int_equal(purchase_order_lines_list(t->db, order.id, after,
								   after_line, limit, t->arena,
								   &lines),
					 OK);
			for (size_t i = 0; i < lines.count; i++) {
				const struct order_line *line =
					&LIST_ITEM(lines, struct line_answer, i)->line;
				int way = id_compare(line->supply_order, after);

				assert_true(way > 0 || (way == 0 && line->line > after_line));
				after = line->supply_order;
				after_line = line->line;
				quantity += line->quantity;
				seen++;
			}
		} while (lines.count == (size_t)limit);
		assert_int_equal(seen, 6);
		assert_int_equal(quantity, 21);
	}
	struct list lines = { 0 };
	assert_int_equal(supply_order_lines_list(t->db, trade_part(t, &order, 1)->id, 1, 10,
						 t->arena, &lines),
			 OK);
	assert_int_equal(lines.count, 2);
	assert_int_equal(LIST_ITEM(lines, struct line_answer, 0)->line.line, 2);
	assert_true(text_is(LIST_ITEM(lines, struct line_answer, 0)->name, "紫阳富硒绿茶"));
}

/* ---- how many statements ---- */

/* As many as db_rows sends for @rows rows: 512 at a time, then powers of two, the last few at once.
 */
static uint64_t widths(uint64_t rows)
{
	uint64_t statements = rows / 512;

	for (uint64_t width = 256; width >= 16; width /= 2)
		statements += (rows & width) != 0;
	return statements + (rows % 16 != 0);
}

enum { MANY = 10000 };

static void publish_many(struct trade *t)
{
	struct list rows = { 0 };
	char code[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(code, sizeof(code), "M-%05d", i);
		trade_row(t, &rows, code, trade_counties[0], "1:1000", 100);
	}
	trade_publish(t, 0, rows);
}

static void many_lines(struct trade *t, int64_t first, size_t count, int64_t quantity,
		       struct submission *order)
{
	trade_submission(t, NULL, 0, order);
	for (size_t i = 0; i < count; i++) {
		struct submitted_line *line = list_add(&order->lines, t->arena, sizeof(*line));

		line->sku = first + (int64_t)i;
		line->quantity = quantity;
		line->offer = 1;
	}
}

static void statements_do_not_grow_with_the_lines(void **state)
{
	static const size_t sizes[] = { 20, 1000, MANY };
	struct trade *t = *state;

	publish_many(t);
	int64_t first = trade_sku_of(t, 0, "M-00000");
	assert_int_equal(trade_sku_of(t, 0, "M-09999"), first + MANY - 1);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct submission order;

		many_lines(t, first, sizes[i], 2, &order);
		db_statement_count(t->db);
		int64_t begun = clock_monotonic();
		assert_int_equal(trade_prepare(t, 0, &order), OK);
		uint64_t pricing = db_statement_count(t->db);
		struct batch_item *item = trade_item(t, 0, &order);
		trade_batch(t, &item, 1);
		uint64_t placing = db_statement_count(t->db);
		int64_t took = clock_monotonic() - begun;
		assert_int_equal(item->outcome, OK);
		print_message("%5zu lines: %llu statements to price, %llu to place, %lld ms\n",
			      sizes[i], (unsigned long long)pricing, (unsigned long long)placing,
			      (long long)took / 1000);
		assert_int_equal(pricing, (sizes[i] + 511) / 512);
		/* BEGIN, key, purchase order, supply order, event, outbox, reply, COMMIT; then
		 * lines, movements and stock in their widths */
		assert_int_equal(placing, 8 + 3 * widths(sizes[i]));
	}
	assert_int_equal(trade_available(t, first), 94);
	assert_int_equal(trade_available(t, first + MANY - 1), 98);
	assert_orders(t);
}

/* A refusal names exactly the short lines, though stock of others was taken before it was found. */
static void short_lines_of_a_large_order(void **state)
{
	struct trade *t = *state;
	int64_t first = trade_sku_of(t, 0, "M-00000");
	int64_t stock = number(t->db, &stock_sum);
	struct submission order;

	many_lines(t, first, 600, 60, &order);
	LIST_ITEM(order.lines, struct submitted_line, 599)->quantity = 101;
	LIST_ITEM(order.lines, struct submitted_line, 3)->quantity = 95;
	assert_int_equal(trade_prepare(t, 0, &order), OK);
	LIST_ITEM(order.lines, struct submitted_line, 3)->quantity = 60;
	struct batch_item *item = trade_item(t, 0, &order);
	trade_batch(t, &item, 1);
	t->problems = *item->problems;
	assert_int_equal(item->outcome, ERR_STOCK_SHORT);
	assert_int_equal(t->problems.items.count, 1);
	assert_fault(t, 0, ERR_STOCK_SHORT, "/lines/599/quantity", 96);
	assert_int_equal(number(t->db, &stock_sum), stock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_split_by_supplier),
		cmocka_unit_test(every_fault_of_every_line),
		cmocka_unit_test(short_lines_are_named),
		cmocka_unit_test(a_price_that_moved_meanwhile),
		cmocka_unit_test(what_went_off_the_shelf_meanwhile),
		cmocka_unit_test(five_at_once),
		cmocka_unit_test(one_of_five_is_short),
		cmocka_unit_test(the_last_pieces_go_in_order),
		cmocka_unit_test(everybody_sees_their_own),
		cmocka_unit_test(lines_by_pages),
		cmocka_unit_test(statements_do_not_grow_with_the_lines),
		cmocka_unit_test(short_lines_of_a_large_order),
		cmocka_unit_test(the_last_pieces_for_several_desks),
	};

	return cmocka_run_group_tests(tests, trade_start, trade_stop);
}
