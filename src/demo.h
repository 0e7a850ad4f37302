/*
 * The demonstration: organisations, catalogue and four years of orders, loaded through the same
 * functions as the API. What will happen is planned first, by a generator with a fixed seed, so
 * that the sums come out to the fen; then it is done, a block of orders in a transaction, each
 * under its own key: stopped and started again, it goes on where it was.
 */
#ifndef DEMO_H
#define DEMO_H

#include "xiangcai/reporting.h"

enum { DEMO_LISTINGS_A_PRODUCT = 2, DEMO_SUPPLIERS_A_COUNTY = 5, DEMO_BLOCK_ORDERS = 24 };

/* Net accepted of all years and of the year of today: what the published totals of such a platform
 * are. */
#define DEMO_TOTAL_FEN INT64_C(22600000000)
#define DEMO_YEAR_FEN  INT64_C(3500000000)

/* A supplier's row of suppliers.csv, and what the database knows it by. */
struct demo_supplier {
	struct text code, name, short_name, county, kind, uscc;
	int64_t households;
	struct id id;
	size_t rank; /* among the suppliers of its county, from 0 */
};
struct demo_unit {
	struct text code, name, short_name, kind, city, region, uscc;
	int64_t members, budget_fen;
	struct id id;
};
struct demo_place {
	struct text unit, hierarchy, parent;
};
/* A product as one supplier lists it. */
struct demo_listing {
	size_t supplier; /* index */
	struct catalogue_row row;
	int64_t demand; /* pieces that the planned orders keep */
	int64_t sku, offer;
};
struct demo_data {
	struct list suppliers, units, places, listings; /* of the structs above */
	struct list categories;                         /* of struct category */
};
/* Reads the files of demo/. False: @faults says why. */
bool demo_read(struct app *app, struct arena *arena, struct demo_data *out, struct buffer *faults);

/* ---- the plan ---------------------------------------------------------------- */

enum demo_outcome {
	DEMO_ACCEPTED,
	DEMO_TWO_SHIPMENTS,
	DEMO_PARTLY_REJECTED,
	DEMO_REJECTED,
	DEMO_PARTLY_DECLINED,
	DEMO_DECLINED,
	DEMO_PLACED,
	DEMO_CONFIRMED,
	DEMO_PARTLY_SHIPPED,
	DEMO_SHIPPED,
	DEMO_PARTLY_RECEIVED,
	DEMO_RECEIVED,
	DEMO_PARTLY_ACCEPTED,
	DEMO_OUTCOME_COUNT
};
struct demo_line {
	size_t listing;
	int64_t quantity;
};
struct demo_order {
	size_t unit;
	int32_t placed;  /* days */
	int32_t decided; /* day of the acceptance */
	int32_t outcome; /* enum demo_outcome, of each of its supply orders */
	int32_t terms;
	bool paid;
	struct list lines; /* of struct demo_line, each listing once */
};
struct demo_plan {
	struct list orders; /* of struct demo_order, by day of placing */
	int64_t accepted_fen;
};
/* Plans @count orders up to the day before @today, and adds their demand to the listings. False
 * when out of memory or @count is too small for its sums. */
bool demo_plan_make(struct demo_data *data, int32_t today, int64_t count, struct arena *arena,
		    struct demo_plan *out);

/* Line @line (from 1) of a supply order with that outcome: whether it is declined, and how many of
 * @quantity are shipped in the first shipment, received, accepted and rejected in the end. */
struct demo_fate {
	bool declined;
	int64_t first_shipment, shipped, received, accepted, rejected;
};
struct demo_fate demo_fate(enum demo_outcome outcome, int64_t line, int64_t quantity);

/* ---- doing it ---------------------------------------------------------------- */

struct demo_run {
	struct app *app;
	struct arena *arena; /* for the whole run */
	struct problems problems;
	struct step step;
	struct demo_data data;
	struct demo_plan plan;
	/* stands for the people of all organisations; the organisation is filled in */
	struct actor clerk;
	struct id reconcilers[2];
	struct id bank_account;
	int32_t today;
};
/* Organisations and trees; users; bank account; catalogue with its stock. Each fails with a message
 * on standard error. */
bool demo_organisations(struct demo_run *run);
bool demo_users(struct demo_run *run, struct text password);
bool demo_bank_account(struct demo_run *run);
bool demo_catalogue(struct demo_run *run);
/* What is on its way with the goods of some suppliers: prices that changed within the last 90 days,
 * revisions that wait, were returned, or are drafts. */
enum { DEMO_OLD_PERCENT = 106 };
int64_t demo_stock(const struct demo_listing *listing, size_t number);
/* Whether the price of a listing, by its number, changed within the last 90 days; and the one
 * before in percent of the present. */
bool demo_price_moves(size_t number);
void demo_price_scale(struct catalogue_row *row, int64_t percent);
bool demo_catalogue_moves(struct demo_run *run, size_t supplier);
bool demo_orders(struct demo_run *run);
bool demo_statements(struct demo_run *run);
void demo_users_print(struct text password);

/* Runs a step and says what went wrong. */
bool demo_step(struct demo_run *run, const char *doing, struct text key, event_fn *fn, void *arg);

/* ---- demo_sql.c -------------------------------------------------------------- */
struct demo_sku {
	int64_t number, offer;
	struct id supplier;
	struct text code;
};
enum err demo_skus_read(struct db *db, struct arena *arena, struct list *out);
/* Turns what waits under a code of a supplier into a draft, or returns it with a reason. */
struct demo_turn {
	struct id supplier, reviewer;
	struct text code, reason; /* @reason NO_TEXT: a draft */
};
event_fn demo_turn;
enum err demo_user_read(struct db *db, const char *login, struct id *out);
enum err demo_bank_account_read(struct db *db, struct digest index, struct id *out);

#endif
