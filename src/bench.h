/*
 * What the measurements of tools/bench need of the program: goods without end of stock, orders
 * placed without HTTP, movements of many years. For scratch data only; each refuses nothing that
 * the product would refuse, because it calls the same functions.
 */
#ifndef BENCH_H
#define BENCH_H

#include "xiangcai/reporting.h"

/* Stock of the goods that bench-products makes: no measurement sells it out. */
#define BENCH_STOCK INT64_C(1000000000000)

/* An order's lines are neighbours by number, which are goods of one supplier: BENCH_RUN of them,
 * then others. */
enum { BENCH_RUN = 5, BENCH_CONNECTIONS_MAX = 16 };

struct bench_supplier {
	struct id id;
	struct text county;
};
struct bench_unit {
	struct id id;
};
/* bench_sql.c: of struct bench_supplier, struct bench_unit; numbers of SKUs with such a stock. */
enum err bench_suppliers_read(struct db *db, struct arena *arena, struct list *out);
enum err bench_units_read(struct db *db, struct arena *arena, struct list *out);
enum err bench_skus_read(struct db *db, int64_t limit, struct arena *arena, struct list *out);
/* How many events of this measurement there are already, so that a second run adds others. */
enum err bench_keys_count(struct db *db, const char *like, int64_t *out);
/* A user with a membership, and the organisation. */
enum err bench_buyer_read(struct db *db, const char *login, struct actor *out);

/* A generator that gives the same numbers everywhere: SplitMix64. */
uint64_t bench_random(uint64_t *state);

struct bench_products {
	int64_t count;
};
enum err bench_products_run(struct step *step, const struct bench_products *wanted);

struct bench_movements {
	int64_t lines;
};
enum err bench_movements_run(struct step *step, const struct bench_movements *wanted);

struct bench_orders {
	const char *login;
	int64_t connections, seconds, batch, lines, skus, orders; /* @orders 0: for @seconds */
	bool hot;
};
/* What one connection did; summed over all. */
struct bench_placed {
	int64_t orders, refused, batches, statements, cpu_us;
	double a_second;
};
/* Places orders on connections of their own, a process each. False: said on standard error. */
bool bench_orders_run(struct app *app, const struct bench_orders *wanted, struct bench_placed *out);

/* Sizes from the least on, each ten times the one before. */
struct bench_search {
	int64_t least, most, questions;
};
/* Asks indexes of such sizes and prints what it took. False: said on standard error, or no memory.
 */
bool bench_search_run(struct app *app, const struct bench_search *wanted);

#endif
