/*
 * What the tests of buying and selling share: two suppliers of two counties, three units (the
 * second below the first in the union's hierarchy, the third in the government's), goods with
 * stock, and orders as their buyers would place them, called straight, without HTTP.
 */
#ifndef TEST_TRADE_FIXTURE_H
#define TEST_TRADE_FIXTURE_H

#include "test_back_fixture.h"

#include "../../src/ordering/ordering_private.h"

enum { SUPPLIERS = 2, UNITS = 3, GOODS = 4, TRADE_LINES_MAX = 8 };

struct trade {
	struct back *back;
	struct db *db;
	struct arena *arena;
	struct id suppliers[SUPPLIERS], units[UNITS];
	struct actor dispatchers[SUPPLIERS], accountants[SUPPLIERS];
	struct actor buyers[UNITS], finance[UNITS];
	struct actor reconcilers[2];
	struct id bank_account;
	int64_t skus[SUPPLIERS][GOODS];
	struct problems problems; /* of the last event */
	int64_t now;              /* the instant of the next event */
	int64_t keys;             /* how many were used */
};

/* ---- scene ---- */

static const struct sql trade_organisation = {
	"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, "
	"is_authority, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', 1)"
};
static const struct sql trade_county = {
	"INSERT INTO county (code, name, name_en, city_code, city_name, longitude, latitude, "
	"former_codes) VALUES (?, ?, 'x', '610900', '安康市', 108.5, 32.5, '')"
};
static const struct sql trade_supplier = {
	"INSERT INTO supplier (organisation, county, kind, households_assisted) VALUES (?, ?, 'x', "
	"1)"
};
static const struct sql trade_ancestor = {
	"INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth) VALUES (?, ?, ?, ?)"
};
static const struct sql trade_sku = { "SELECT number FROM sku WHERE supplier = ? AND code = ?" };
static const struct sql trade_stock = { "SELECT available FROM stock WHERE sku = ?" };
static const struct sql trade_offer = { "SELECT offer FROM stock WHERE sku = ?" };

static const char *const trade_counties[SUPPLIERS] = { "610924", "610621" };

static inline struct actor trade_actor(struct id organisation, uint32_t roles)
{
	return (struct actor){ .user = id_new(1), .organisation = organisation, .roles = roles };
}

static inline struct id trade_organise(struct trade *t, const char *code, const char *name,
				       int64_t unit, int64_t supplier, int64_t authority)
{
	struct id id = id_new(1);

	assert_int_equal(db_exec(t->db, &trade_organisation,
				 db_values(id, code, code, name, name, unit, supplier, authority)),
			 OK);
	return id;
}

/* A step under a key of its own, at t->now, which moves on by a millisecond. */
static inline enum err trade_do(struct trade *t, const struct actor *actor, event_fn *fn, void *arg)
{
	struct step step = { .app = &t->back->app,
			     .db = t->db,
			     .arena = t->arena,
			     .problems = &t->problems,
			     .actor = *actor,
			     .now = t->now };

	t->now += 1000;
	t->problems = (struct problems){ .arena = t->arena };
	return run_step(&step, arena_print(t->arena, "key %lld", (long long)++t->keys), fn, arg,
			NULL);
}

static inline struct catalogue_row *trade_row(struct trade *t, struct list *rows, const char *code,
					      const char *county, const char *ladder, int64_t stock)
{
	struct catalogue_row *row = list_add(rows, t->arena, sizeof(*row));

	*row = (struct catalogue_row){
		.code = arena_text(t->arena, text_of(code)),
		.name = TEXT("紫阳富硒绿茶"),
		.county = text_of(county),
		.category = TEXT("0701"),
		.specification = TEXT("125g×2罐"),
		.sale_unit = TEXT("盒"),
		.minimum = 1,
		.multiple = 1,
		.stock = stock,
		.shelf_days = SMALL_NONE,
		.storage = TEXT("常温"),
		.weight_g = INT_NONE,
		.certificates = TEXT("有机"),
		.remark = TEXT(""),
		.vat_kind = VAT_TAXED,
		.vat_rate = 13,
	};
	assert_true(ladder_parse(text_of(ladder), &row->ladder));
	return row;
}

static inline void trade_publish(struct trade *t, size_t supplier, struct list rows)
{
	struct publication publication = { .supplier = t->suppliers[supplier],
					   .rows = rows,
					   .approved = true };

	assert_int_equal(trade_do(t, &t->dispatchers[supplier], catalogue_publish, &publication),
			 OK);
}

static inline int64_t trade_number(struct trade *t, const struct sql *sql, struct values values)
{
	int64_t out = INT_NONE;

	assert_int_equal(db_number(t->db, sql, values, &out), OK);
	return out;
}

static inline int64_t trade_sku_of(struct trade *t, size_t supplier, const char *code)
{
	return trade_number(t, &trade_sku, db_values(t->suppliers[supplier], code));
}

static inline int64_t trade_available(struct trade *t, int64_t sku)
{
	return trade_number(t, &trade_stock, db_values(sku));
}

/* Goods 1 to GOODS of each supplier: 1,000 pieces at 10.00, 20.07, 30.14 … yuan, cheaper from 10
 * on. */
static inline void trade_goods(struct trade *t)
{
	for (size_t s = 0; s < SUPPLIERS; s++) {
		struct list rows = { 0 };
		char code[16], ladder[64];

		for (int g = 0; g < GOODS; g++) {
			int price = 1000 + 1007 * g + (int)s * 333;

			snprintf(code, sizeof(code), "G-%d", g + 1);
			snprintf(ladder, sizeof(ladder), "1:%d;10:%d", price, price - 51);
			trade_row(t, &rows, code, trade_counties[s], ladder, 1000);
		}
		trade_publish(t, s, rows);
		for (int g = 0; g < GOODS; g++) {
			snprintf(code, sizeof(code), "G-%d", g + 1);
			t->skus[s][g] = trade_sku_of(t, s, code);
		}
	}
}

static inline void trade_people(struct trade *t)
{
	static const char *const unit_names[UNITS] = { "陕西省总工会", "安康市总工会", "紫阳中学" };
	char code[32];

	for (size_t s = 0; s < SUPPLIERS; s++) {
		snprintf(code, sizeof(code), "S%04zu", s + 1);
		t->suppliers[s] = trade_organise(t, code, s ? "延长果业" : "紫阳茶业", 0, 1, 0);
		assert_int_equal(db_exec(t->db, &trade_county,
					 db_values(trade_counties[s], s ? "延长县" : "紫阳县")),
				 OK);
		assert_int_equal(db_exec(t->db, &trade_supplier,
					 db_values(t->suppliers[s], trade_counties[s])),
				 OK);
		t->dispatchers[s] = trade_actor(t->suppliers[s], ROLE_DISPATCHER);
		t->accountants[s] = trade_actor(t->suppliers[s], ROLE_SUPPLIER_FINANCE);
	}
	for (size_t u = 0; u < UNITS; u++) {
		snprintf(code, sizeof(code), "U%05zu", u + 1);
		t->units[u] = trade_organise(t, code, unit_names[u], 1, 0, 0);
		t->buyers[u] = trade_actor(t->units[u], ROLE_BUYER);
		t->finance[u] = trade_actor(t->units[u], ROLE_UNIT_FINANCE);
		assert_int_equal(db_exec(t->db, &trade_ancestor,
					 db_values(u < 2 ? "union" : "government", t->units[u],
						   t->units[u], INT64_C(0))),
				 OK);
	}
	assert_int_equal(db_exec(t->db, &trade_ancestor,
				 db_values("union", t->units[0], t->units[1], INT64_C(1))),
			 OK);
	struct id authority = trade_organise(t, "A0001", "省平台", 0, 0, 1);
	for (size_t r = 0; r < 2; r++) {
		t->reconcilers[r] = trade_actor(authority, ROLE_RECONCILER);
		t->reconcilers[r].scope.kind = SCOPE_PLATFORM;
	}
}

static inline int trade_start(void **state)
{
	static struct trade trade;
	static struct category categories[] = {
		{ .code = TEXT_INIT("07"),
		  .name = TEXT_INIT("茶叶"),
		  .name_en = TEXT_INIT("Tea"),
		  .level = 1,
		  .vat_rate = 13 },
		{ .code = TEXT_INIT("0701"),
		  .parent = TEXT_INIT("07"),
		  .name = TEXT_INIT("绿茶"),
		  .name_en = TEXT_INIT("Green tea"),
		  .level = 2,
		  .vat_rate = 13 },
	};
	struct list list = { categories, COUNT_OF(categories), COUNT_OF(categories) };
	struct trade *t = &trade;

	back_start(state);
	t->back = *state;
	t->db = t->back->db;
	t->arena = t->back->arena;
	t->now = day_start(day_make(2026, 10, 20)) + 10 * 3600 * SECOND_US;
	t->back->hooks.desk = order_desk;
	assert_true(numbers_start(&t->back->app));
	trade_people(t);
	assert_int_equal(trade_do(t, &t->dispatchers[0], categories_insert, &list), OK);
	trade_goods(t);
	*state = t;
	return 0;
}

static inline int trade_stop(void **state)
{
	struct trade *t = *state;

	numbers_free(&t->back->app);
	*state = t->back;
	return back_stop(state);
}

/* ---- buying ---- */

/* What one line of an order asks for; quantity 0 ends the lines. Offer 0: the current one. */
struct want {
	int64_t sku, quantity, offer;
};

static inline void trade_submission(struct trade *t, const struct want *wants, size_t count,
				    struct submission *out)
{
	*out = (struct submission){ .submit = true,
				    .terms = PAY_LATER,
				    .ship_within_days = 7,
				    .delivery_address = TEXT("西安市莲湖区1号"),
				    .note = TEXT("") };
	for (size_t i = 0; i < count && wants[i].quantity; i++) {
		struct submitted_line *line = list_add(&out->lines, t->arena, sizeof(*line));

		line->sku = wants[i].sku;
		line->quantity = wants[i].quantity;
		line->offer = wants[i].offer ? wants[i].offer
					     : trade_number(t, &trade_offer, db_values(line->sku));
	}
}

static inline enum err trade_prepare(struct trade *t, size_t unit, struct submission *submission)
{
	t->problems = (struct problems){ .arena = t->arena };
	return submission_prepare(&t->back->app, t->db, NULL, t->arena, &t->problems,
				  &t->buyers[unit], t->now, submission);
}

static inline struct batch_item *trade_item(struct trade *t, size_t unit,
					    struct submission *submission)
{
	struct batch_item *item = arena_take(t->arena, sizeof(*item));
	struct problems *problems = arena_take(t->arena, sizeof(*problems));

	problems->arena = t->arena;
	*item = (struct batch_item){
		.actor = &t->buyers[unit],
		.request_id = TEXT("test"),
		.address = TEXT("192.0.2.1"),
		.key = arena_print(t->arena, "order %lld", (long long)++t->keys),
		.now = t->now,
		.arg = submission,
		.weight = submission->lines.count,
		.arena = t->arena,
		.problems = problems,
		.fields = submission_reply_fields,
		.field_count = submission_reply_field_count,
	};
	item->digest = sha256(item->key);
	t->now += 1000;
	return item;
}

static inline void trade_batch(struct trade *t, struct batch_item **items, size_t count)
{
	struct step step = { .app = &t->back->app, .db = t->db, .arena = t->arena };

	assert_int_equal(run_batch(&step, items, count), OK);
}

/* Places one order; the faults stay in t->problems. */
static inline enum err trade_place(struct trade *t, size_t unit, const struct want *wants,
				   struct submission *out)
{
	trade_submission(t, wants, TRADE_LINES_MAX, out);
	enum err e = trade_prepare(t, unit, out);
	if (e)
		return e;
	struct batch_item *item = trade_item(t, unit, out);
	trade_batch(t, &item, 1);
	t->problems = *item->problems;
	return item->outcome;
}

/* The part of an order that @supplier fulfils; NULL when there is none. */
static inline struct supply_order *trade_part(struct trade *t, struct submission *submission,
					      size_t supplier)
{
	for (size_t i = 0; i < submission->supply_orders.count; i++) {
		struct supply_order *order =
			LIST_ITEM(submission->supply_orders, struct supply_order, i);

		if (id_equal(order->supplier, t->suppliers[supplier]))
			return order;
	}
	return NULL;
}

/* ---- what the last event found fault with ---- */

static inline const struct problem *trade_fault(const struct trade *t, size_t index)
{
	assert_true(index < t->problems.items.count);
	return LIST_ITEM(t->problems.items, struct problem, index);
}

static inline void assert_fault(const struct trade *t, size_t index, enum err code,
				const char *pointer, int64_t argument)
{
	const struct problem *problem = trade_fault(t, index);

	if (problem->code != code || !text_is(problem->pointer, pointer) ||
	    problem->args[0].number != argument)
		print_error("%s at %.*s, %lld\n", err_info(problem->code)->code,
			    TEXT_FMT(problem->pointer), (long long)problem->args[0].number);
	assert_int_equal(problem->code, code);
	assert_true(text_is(problem->pointer, pointer));
	assert_int_equal(problem->args[0].number, argument);
}

/* ---- the books ---- */

typedef enum err verify_fn(struct app *app, struct db *db, struct arena *arena,
			   struct verdict *verdict);

struct trade_check {
	const char *name;
	verify_fn *run;
};
static const struct trade_check trade_checks[] = {
	{ "audit", audit_verify },
	{ "catalogue", catalogue_verify },
	{ "ledger", ledger_verify },
	{ "ordering", ordering_verify },
};

static inline void trade_sequence(struct trade *t)
{
	assert_int_equal(sequencer_drain(&t->back->app, t->db, ledger_folds, ledger_fold_count),
			 OK);
}

/* Faults of one module; their lines stay in @report. */
static inline int64_t trade_faults(struct trade *t, const struct trade_check *check,
				   struct buffer *report)
{
	struct verdict verdict = { .report = report };

	report->size = 0;
	assert_int_equal(check->run(&t->back->app, t->db, t->arena, &verdict), OK);
	return verdict.faults;
}

/* What those checks hold against each other agrees. */
static inline void assert_checks(struct trade *t, const struct trade_check *checks, size_t count)
{
	struct buffer report = { 0 };

	trade_sequence(t);
	for (size_t i = 0; i < count; i++) {
		if (trade_faults(t, &checks[i], &report))
			print_error("%s: %.*s", checks[i].name, TEXT_FMT(buffer_text(&report)));
		assert_int_equal(report.size, 0);
	}
	buffer_free(&report);
}

/* The books up to the floor of ordering. */
static inline void assert_orders(struct trade *t)
{
	assert_checks(t, trade_checks, COUNT_OF(trade_checks));
}

#endif
