/*
 * The catalogue's events against a real database: publishing is repeatable, revisions wait for
 * their reviewer, stock moves with its movements and is never taken twice, and a supplier's file
 * goes through its job.
 */
#include "test_back_fixture.h"

#include <pthread.h>
#include <stdio.h>

#include "../../src/catalogue/import_rules.h"
#include "../../src/catalogue/product_draft.h"
#include "../../src/catalogue/publishing.h"
#include "../../src/catalogue/review_rows.h"
#include "../../src/catalogue/view.h"
#include "../../src/import/import_rows.h"

static const struct sql add_organisation = {
	"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, "
	"is_authority,"
	" status, created_at) VALUES (?, ?, ?, ?, ?, FALSE, TRUE, FALSE, 'active', 1)"
};
static const struct sql add_county = { "INSERT INTO county (code, name, name_en, city_code, "
				       "city_name, longitude, latitude, former_codes)"
				       " VALUES (?, ?, 'x', '610900', '安康市', 108.5, 32.5, '')" };
static const struct sql add_designation = {
	"INSERT INTO county_designation (county, kind, since) VALUES (?, 'assisted', '2011-01-01')"
};
static const struct sql add_supplier = {
	"INSERT INTO supplier (organisation, county, kind, households_assisted)"
	" VALUES (?, '610924', 'x', 1)"
};
static const struct sql forget_movements = { "DELETE FROM stock_movement" };
static const struct sql forget_prices = { "DELETE FROM price" };
static const struct sql forget_price_changes = { "DELETE FROM price_change" };
static const struct sql forget_offer_changes = { "DELETE FROM offer_change" };
static const struct sql forget_stock = { "DELETE FROM stock" };
static const struct sql forget_skus = { "DELETE FROM sku" };
static const struct sql forget_products = { "DELETE FROM product" };
static const struct sql forget_revisions = { "DELETE FROM revision" };
static const struct sql forget_revision_skus = { "DELETE FROM revision_sku" };
static const struct sql forget_lines = { "DELETE FROM order_line" };
static const struct sql add_line = {
	"INSERT INTO order_line (supply_order, line, sku, revision, offer, quantity, "
	"unit_price_fen,"
	" amount_fen, vat_kind, vat_rate, tax_fen, county, category)"
	" VALUES (UUID(), 1, ?, UUID(), 1, ?, 1, 1, 'zero', 0, 0, '610924', '0701')"
};
static const struct sql spoil_stock = {
	"UPDATE stock SET available = available + 1 WHERE sku = ?"
};
static const struct sql spoil_sale = { "UPDATE stock SET on_sale = NOT on_sale WHERE sku = ?" };
static const struct sql revision_count = { "SELECT COUNT(*) FROM revision" };
static const struct sql submitted_count = {
	"SELECT COUNT(*) FROM revision WHERE state = 'submitted'"
};
static const struct sql superseded_count = {
	"SELECT COUNT(*) FROM revision WHERE state = 'superseded'"
};
static const struct sql price_change_count = { "SELECT COUNT(*) FROM price_change" };
static const struct sql movement_count = { "SELECT COUNT(*) FROM stock_movement" };
static const struct sql movement_sum = {
	"SELECT CAST(SUM(quantity) AS SIGNED) FROM stock_movement"
};
static const struct sql sku_of = { "SELECT number FROM sku WHERE code = ?" };
static const struct sql ended_jobs = {
	"SELECT COUNT(*) FROM job WHERE state IN ('done', 'failed')"
};
static const struct sql restart_jobs = {
	"UPDATE job SET state = 'queued', until = NULL, holder = NULL, ended_at = NULL"
};
static const struct sql reopen_import = { "UPDATE import SET state = 'running'" };
static const struct sql note_count = { "SELECT COUNT(*) FROM import_note" };
static const struct sql fault_count = { "SELECT COUNT(*) FROM import_fault" };

static struct id supplier;

static int begin(void **state)
{
	static const char *const categories[][2] = { { "07", NULL }, { "0701", "07" } };
	struct list list = { 0 };

	back_start(state);
	struct back *back = *state;
	supplier = back->actor.organisation;
	assert_int_equal(db_exec(back->db, &add_organisation,
				 db_values(supplier, "91610924XD0000008C", "S0001",
					   "紫阳茶业（演示）", "紫阳茶业")),
			 OK);
	assert_int_equal(db_exec(back->db, &add_county, db_values("610924", "紫阳县")), OK);
	assert_int_equal(db_exec(back->db, &add_county, db_values("610621", "延长县")), OK);
	assert_int_equal(db_exec(back->db, &add_designation, db_values("610924")), OK);
	assert_int_equal(db_exec(back->db, &add_supplier, db_values(supplier)), OK);
	for (size_t i = 0; i < COUNT_OF(categories); i++)
		*(struct category *)list_add(&list, back->arena, sizeof(struct category)) =
			(struct category){ .code = text_of(categories[i][0]),
					   .parent = text_of(categories[i][1]),
					   .name = i ? TEXT("绿茶") : TEXT("茶叶"),
					   .name_en = TEXT("Tea"),
					   .level = 1 + (int64_t)i,
					   .vat_kind = VAT_TAXED,
					   .vat_rate = 13 };
	assert_int_equal(in_transaction(back, categories_insert, &list), OK);
	assert_int_equal(in_transaction(back, categories_insert, &list), OK);
	assert_true(numbers_start(&back->app));
	return 0;
}

static int end(void **state)
{
	struct back *back = *state;

	numbers_free(&back->app);
	return back_stop(state);
}

static int clear(void **state)
{
	struct back *back = *state;

	run(back->db, &forget_lines);
	run(back->db, &forget_movements);
	run(back->db, &forget_stock);
	run(back->db, &forget_prices);
	run(back->db, &forget_price_changes);
	run(back->db, &forget_offer_changes);
	run(back->db, &forget_skus);
	run(back->db, &forget_products);
	run(back->db, &forget_revision_skus);
	run(back->db, &forget_revisions);
	back->actor.organisation = supplier;
	back->actor.scope = (struct scope){ .kind = SCOPE_PLATFORM };
	return 0;
}

/* ---- rows ---------------------------------------------------------------------------------------
 */

static struct catalogue_row *add_row(struct back *back, struct list *rows, const char *code,
				     const char *ladder, int64_t stock)
{
	struct catalogue_row *row = list_add(rows, back->arena, sizeof(*row));

	*row = (struct catalogue_row){
		.code = text_of(code),
		.name = TEXT("紫阳富硒绿茶"),
		.county = TEXT("610924"),
		.category = TEXT("0701"),
		.specification = TEXT("125g×2罐"),
		.sale_unit = TEXT("盒"),
		.minimum = 2,
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

static struct publication publish(struct back *back, struct list rows, bool approved)
{
	struct publication publication = { .supplier = supplier,
					   .rows = rows,
					   .approved = approved };

	assert_int_equal(in_transaction(back, catalogue_publish, &publication), OK);
	return publication;
}

static void assert_counts(struct publication p, int64_t created, int64_t changed, int64_t unchanged)
{
	assert_int_equal(p.created, created);
	assert_int_equal(p.changed, changed);
	assert_int_equal(p.unchanged, unchanged);
}

static int64_t sku_number(struct back *back, const char *code)
{
	int64_t sku = 0;

	assert_int_equal(db_number(back->db, &sku_of, db_values(code), &sku), OK);
	return sku;
}

static struct stock stock_of(struct back *back, const char *code)
{
	int64_t sku = sku_number(back, code);
	struct list stocks = { 0 };

	assert_int_equal(stock_read(back->db, &sku, 1, back->arena, &stocks), OK);
	assert_int_equal(stocks.count, 1);
	return *LIST_ITEM(stocks, struct stock, 0);
}

static int64_t faults_found(struct back *back)
{
	struct buffer report = { 0 };
	struct verdict verdict = { .report = &report };

	assert_int_equal(catalogue_verify(&back->app, back->db, back->arena, &verdict), OK);
	buffer_free(&report);
	return verdict.faults;
}

static struct list reviews(struct back *back, int32_t state)
{
	struct list list = { 0 };
	const struct review_filter filter = { .scope = &back->actor.scope,
					      .state = state,
					      .before = INT_NONE,
					      .flag = SMALL_NONE,
					      .limit = 100 };
	struct id next;

	assert_int_equal(review_list(back->db, back->arena, &filter, &list, &next), OK);
	assert_true(id_is_none(next));
	return list;
}

static enum err decide(struct back *back, struct id revision, int32_t word, const char *reason)
{
	struct decision decision = { .id = revision, .decision = word, .reason = text_of(reason) };
	struct id user = back->actor.user;

	back->actor.user = id_new(1);
	enum err e = in_transaction(back, revision_decide, &decision);
	back->actor.user = user;
	return e;
}

static void approve_all(struct back *back)
{
	struct list list = reviews(back, REVISION_SUBMITTED);

	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(
			decide(back, LIST_ITEM(list, struct review, i)->id, DECISION_APPROVE, NULL),
			OK);
}

/* ---- publishing
 * ----------------------------------------------------------------------------------- */

static void the_same_rows_change_nothing(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };

	add_row(back, &rows, "A-1", "2:16800", 500);
	add_row(back, &rows, "A-2", "2:16800;100:15000", 0);
	add_row(back, &rows, "A-3", "2:9900", 7);
	assert_counts(publish(back, rows, false), 3, 0, 0);
	assert_int_equal(number(back->db, &revision_count), 3);
	assert_int_equal(number(back->db, &movement_count), 2);
	assert_int_equal(stock_of(back, "A-1").available, 500);
	assert_false(stock_of(back, "A-1").on_sale);
	assert_counts(publish(back, rows, false), 0, 0, 3);
	assert_int_equal(number(back->db, &revision_count), 3);
	assert_int_equal(number(back->db, &movement_count), 2);
	assert_int_equal(faults_found(back), 0);
}

static void new_content_overtakes_what_waits(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "2:16800", 500);

	publish(back, rows, false);
	row->ladder.rungs[0].unit_price_fen = 17000;
	assert_counts(publish(back, rows, false), 0, 1, 0);
	assert_int_equal(number(back->db, &submitted_count), 1);
	assert_int_equal(number(back->db, &superseded_count), 1);
	approve_all(back);
	int64_t offer = stock_of(back, "A-1").offer;
	assert_true(stock_of(back, "A-1").on_sale);
	/* a change that is taken back before its decision is withdrawn */
	row->name = TEXT("紫阳富硒翠峰");
	assert_counts(publish(back, rows, false), 0, 1, 0);
	row->name = TEXT("紫阳富硒绿茶");
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(number(back->db, &submitted_count), 0);
	assert_int_equal(stock_of(back, "A-1").offer, offer);
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(number(back->db, &superseded_count), 2);
	assert_int_equal(faults_found(back), 0);
}

static struct text price_in_force(struct back *back, const char *code)
{
	int64_t sku = sku_number(back, code);
	struct list prices = { 0 };

	assert_int_equal(prices_read(back->db, &sku, 1, back->arena, &prices), OK);
	return prices.count
		       ? ladder_format(&LIST_ITEM(prices, struct price, 0)->ladder, back->arena)
		       : NO_TEXT;
}

static void prices_move_within_their_band(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "2:10000", 500);

	publish(back, rows, false);
	assert_null(price_in_force(back, "A-1").at);
	approve_all(back);
	assert_true(text_is(price_in_force(back, "A-1"), "2:10000"));
	int64_t offer = stock_of(back, "A-1").offer;

	/* a tenth above the lowest price of 90 days moves at once */
	row->ladder.rungs[0].unit_price_fen = 11000;
	struct publication moved = publish(back, rows, false);
	assert_counts(moved, 0, 0, 1);
	assert_int_equal(moved.priced, 1);
	assert_int_equal(moved.restocked, 0);
	assert_true(text_is(price_in_force(back, "A-1"), "2:11000"));
	assert_int_equal(stock_of(back, "A-1").offer, offer + 1);
	moved = publish(back, rows, false);
	assert_int_equal(moved.priced, 0);
	assert_int_equal(stock_of(back, "A-1").offer, offer + 1);
	assert_int_equal(number(back->db, &price_change_count), 2);

	/* a fen more waits, with its reason, and the price stays */
	row->ladder.rungs[0].unit_price_fen = 11001;
	moved = publish(back, rows, false);
	assert_counts(moved, 0, 1, 0);
	assert_int_equal(moved.priced, 0);
	assert_true(text_is(price_in_force(back, "A-1"), "2:11000"));
	assert_counts(publish(back, rows, false), 0, 0, 1);
	row->price_reason = TEXT("春茶减产");
	assert_counts(publish(back, rows, false), 0, 1, 0);
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(number(back->db, &submitted_count), 1);
	approve_all(back);
	assert_true(text_is(price_in_force(back, "A-1"), "2:11001"));
	assert_counts(publish(back, rows, false), 0, 0, 1);

	/* another minimum is content */
	row->minimum = row->ladder.rungs[0].quantity = 5;
	assert_counts(publish(back, rows, false), 0, 1, 0);
	assert_true(text_is(price_in_force(back, "A-1"), "2:11001"));
	/* taken back */
	row->minimum = row->ladder.rungs[0].quantity = 2;
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(number(back->db, &submitted_count), 0);
	assert_int_equal(faults_found(back), 0);
}

static const struct sql join_skus = {
	"UPDATE sku SET product = (SELECT product FROM sku WHERE code = ?) WHERE code = ?"
};
static const struct sql join_revision = {
	"UPDATE revision_sku SET revision = (SELECT p.revision FROM sku k JOIN product p ON p.id = "
	"k.product"
	" WHERE k.code = ?) WHERE sku = (SELECT number FROM sku WHERE code = ?)"
};
static const struct sql drop_orphan = {
	"DELETE FROM product WHERE id NOT IN (SELECT product FROM sku)"
};
static const struct sql image = {
	"INSERT INTO image (id, supplier, user, file, digest, state, created_at)"
	" VALUES (?, UUID(), UUID(), UUID(), '', 'ready', 1)"
};
static const struct sql picture = {
	"INSERT INTO revision_image (revision, number, image)"
	" SELECT p.revision, 1, ? FROM sku k JOIN product p ON p.id = k.product WHERE k.code = ?"
};
static const struct sql paper = {
	"INSERT INTO revision_certificate (revision, number, name, certificate_number, issuer)"
	" SELECT p.revision, 1, '有机', 'N-1', 'x' FROM sku k JOIN product p ON p.id = k.product"
	" WHERE k.code = ?"
};
static const struct sql waiting_pictures = {
	"SELECT COUNT(*) FROM revision_image i JOIN revision r ON r.id = i.revision"
	" WHERE r.state = 'submitted'"
};
static const struct sql waiting_papers = {
	"SELECT COUNT(*) FROM revision_certificate i JOIN revision r ON r.id = i.revision"
	" WHERE r.state = 'submitted'"
};
static const struct sql waiting_skus = {
	"SELECT COUNT(*) FROM revision_sku i JOIN revision r ON r.id = i.revision"
	" WHERE r.state = 'submitted'"
};
static const struct sql waiting_prices = {
	"SELECT COUNT(*) FROM revision_sku i JOIN revision r ON r.id = i.revision"
	" WHERE r.state = 'submitted' AND i.ladder IS NOT NULL"
};
static const struct sql waiting_brands = {
	"SELECT COUNT(*) FROM revision WHERE state = 'submitted' AND brand = '秦巴'"
};

/* Two SKUs, each published alone, under one product. */
static void join(struct back *back, const char *code, const char *other)
{
	assert_int_equal(db_exec(back->db, &join_skus, db_values(code, other)), OK);
	assert_int_equal(db_exec(back->db, &join_revision, db_values(code, other)), OK);
	run(back->db, &drop_orphan);
}

static void products_of_two_skus_change_together(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };

	add_row(back, &rows, "A-1", "2:10000", 500);
	add_row(back, &rows, "A-2", "2:20000", 500)->specification = TEXT("250g×2罐");
	publish(back, rows, true);
	join(back, "A-1", "A-2");
	struct catalogue_row *first = LIST_ITEM(rows, struct catalogue_row, 0);
	struct catalogue_row *second = LIST_ITEM(rows, struct catalogue_row, 1);
	assert_counts(publish(back, rows, false), 0, 0, 2);
	/* one SKU's own content: one revision with both */
	second->specification = TEXT("300g×2罐");
	assert_counts(publish(back, rows, false), 0, 1, 1);
	assert_int_equal(number(back->db, &submitted_count), 1);
	assert_int_equal(number(back->db, &waiting_skus), 2);
	assert_int_equal(number(back->db, &waiting_prices), 0);
	assert_counts(publish(back, rows, false), 0, 0, 2);
	/* a file that names one of them leaves the other as it waits */
	struct list alone = { 0 };
	*add_row(back, &alone, "A-1", "2:10000", 500) = *first;
	assert_counts(publish(back, alone, false), 0, 0, 1);
	/* rows that agree change the product */
	first->name = second->name = TEXT("紫阳翠峰");
	assert_counts(publish(back, rows, false), 0, 2, 0);
	assert_int_equal(number(back->db, &submitted_count), 1);
	assert_int_equal(number(back->db, &waiting_skus), 2);
	/* rows that do not are taken by nobody */
	first->name = TEXT("紫阳银针");
	struct publication torn = { .supplier = supplier, .rows = rows };
	assert_int_equal(in_transaction(back, catalogue_publish, &torn), ERR_ROWS_DISAGREE);
	assert_int_equal(faults_found(back), 0);
}

static void what_a_file_cannot_say_is_kept(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "4:10000", 500);

	row->brand = TEXT("秦巴");
	row->multiple = 2;
	row->minimum = 4;
	row->vat_rate = 9;
	publish(back, rows, true);
	struct id shown = id_new(1);
	assert_int_equal(db_exec(back->db, &image, db_values(shown)), OK);
	assert_int_equal(db_exec(back->db, &picture, db_values(shown, "A-1")), OK);
	assert_int_equal(db_exec(back->db, &paper, db_values("A-1")), OK);
	/* a file without those columns */
	row->said = ~(COLUMN_BIT(COLUMN_BRAND) | COLUMN_BIT(COLUMN_MULTIPLE) |
		      COLUMN_BIT(COLUMN_VAT) | COLUMN_BIT(COLUMN_MOQ) | COLUMN_BIT(COLUMN_REMARK));
	row->brand = NO_TEXT;
	row->multiple = row->minimum = row->ladder.rungs[0].quantity = 1;
	row->vat_rate = 13;
	assert_counts(publish(back, rows, false), 0, 0, 1);
	row->name = TEXT("紫阳翠峰");
	assert_counts(publish(back, rows, false), 0, 1, 0);
	assert_int_equal(number(back->db, &waiting_brands), 1);
	assert_int_equal(number(back->db, &waiting_pictures), 1);
	assert_int_equal(number(back->db, &waiting_papers), 1);
	assert_int_equal(number(back->db, &waiting_prices), 0);
	/* a certificate that is no longer named goes with its paper */
	row->certificates = TEXT("");
	assert_counts(publish(back, rows, false), 0, 1, 0);
	assert_int_equal(number(back->db, &waiting_pictures), 1);
	assert_int_equal(number(back->db, &waiting_papers), 0);
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(faults_found(back), 0);
}

static void packed_rows_are_the_same(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "2:16800;10:16000", 500), out;

	row->brand = TEXT("秦巴");
	row->price_reason = TEXT("春茶减产");
	row->households = 12;
	row->said = 5;
	row_unpack(row_pack(row, back->arena), &out);
	assert_int_equal(rows_differ(row, &out, back->arena), 0);
	assert_int_equal(out.stock, 500);
	assert_int_equal(out.said, 5);
	assert_true(text_equal(out.code, row->code));
	out.households = 0;
	assert_int_equal(rows_differ(row, &out, back->arena), COLUMN_BIT(COLUMN_HOUSEHOLDS));
}

static void stock_is_what_the_row_says(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "2:16800", 500);

	publish(back, rows, false);
	row->stock = 20;
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(stock_of(back, "A-1").available, 20);
	assert_int_equal(stock_of(back, "A-1").offer, 1);
	assert_int_equal(number(back->db, &movement_sum), 20);
	row->stock = 30;
	publish(back, rows, false);
	assert_int_equal(number(back->db, &movement_sum), 30);
	assert_int_equal(faults_found(back), 0);
}

static void the_demonstration_is_approved_at_once(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct catalogue_row *row = add_row(back, &rows, "A-1", "2:16800", 500);

	assert_counts(publish(back, rows, true), 1, 0, 0);
	assert_true(stock_of(back, "A-1").on_sale);
	assert_counts(publish(back, rows, true), 0, 0, 1);
	assert_int_equal(stock_of(back, "A-1").offer, 1);
	row->ladder.rungs[0].unit_price_fen = 27000;
	assert_counts(publish(back, rows, true), 0, 0, 1);
	assert_int_equal(stock_of(back, "A-1").offer, 2);
	row->name = TEXT("紫阳翠峰");
	assert_counts(publish(back, rows, true), 0, 1, 0);
	assert_int_equal(stock_of(back, "A-1").offer, 3);
	assert_int_equal(number(back->db, &submitted_count), 0);
	assert_int_equal(faults_found(back), 0);
}

/* Statements grow with widths, not with rows. */
static void many_rows_take_few_statements(void **state)
{
	enum { ROWS = 2000 };
	struct back *back = *state;
	struct list rows = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		add_row(back, &rows,
			arena_string(back->arena, arena_print(back->arena, "B-%zu", i)), "2:16800",
			(int64_t)i);
	db_statement_count(back->db);
	assert_counts(publish(back, rows, false), ROWS, 0, 0);
	uint64_t statements = db_statement_count(back->db);
	assert_in_range(statements, 1, 8 * 20);
	assert_counts(publish(back, rows, false), 0, 0, ROWS);
	statements = db_statement_count(back->db);
	assert_in_range(statements, 1, 3 * 20);
	assert_int_equal(faults_found(back), 0);
}

/* ---- reviewing
 * ------------------------------------------------------------------------------------ */

static void reviewers_decide_once_and_in_their_county(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct scope here = { .kind = SCOPE_COUNTY, .county = "610924" };
	struct scope there = { .kind = SCOPE_COUNTY, .county = "610621" };

	add_row(back, &rows, "A-1", "2:16800;10:16000", 500);
	publish(back, rows, false);
	back->actor.scope = there;
	assert_int_equal(reviews(back, REVISION_SUBMITTED).count, 0);
	back->actor.scope = here;
	struct list list = reviews(back, REVISION_SUBMITTED);
	assert_int_equal(list.count, 1);
	const struct review *review = LIST_ITEM(list, struct review, 0);
	const struct review_sku *sku = LIST_ITEM(review->skus, struct review_sku, 0);
	assert_int_equal(sku->unit_price_fen, 16800);
	assert_true(text_is(review->supplier_name, "紫阳茶业"));
	assert_null(sku->present_ladder.at);
	back->actor.scope = there;
	assert_int_equal(decide(back, review->id, DECISION_APPROVE, NULL), ERR_NOT_FOUND);
	assert_int_equal(decide(back, id_new(1), DECISION_APPROVE, NULL), ERR_NOT_FOUND);
	back->actor.scope = (struct scope){ .kind = SCOPE_HIERARCHY };
	assert_int_equal(decide(back, review->id, DECISION_APPROVE, NULL), ERR_NOT_FOUND);
	back->actor.scope = here;
	assert_int_equal(decide(back, review->id, DECISION_RETURN, NULL), ERR_REFUSED);
	assert_int_equal(decide(back, review->id, DECISION_RETURN, "  "), ERR_REFUSED);
	struct decision own = { .id = review->id, .decision = DECISION_APPROVE };
	assert_int_equal(in_transaction(back, revision_decide, &own), ERR_SAME_PERSON);
	assert_int_equal(decide(back, review->id, DECISION_RETURN, "照片不清"), OK);
	assert_int_equal(decide(back, review->id, DECISION_APPROVE, NULL), ERR_TRANSITION);
	assert_false(stock_of(back, "A-1").on_sale);
	/* what was returned comes back mended, not as it was */
	assert_counts(publish(back, rows, false), 0, 0, 1);
	assert_int_equal(reviews(back, REVISION_SUBMITTED).count, 0);
	rows = (struct list){ 0 };
	add_row(back, &rows, "A-1", "2:16500;10:16000", 500);
	assert_counts(publish(back, rows, false), 0, 1, 0);
	approve_all(back);
	assert_true(stock_of(back, "A-1").on_sale);
	assert_int_equal(faults_found(back), 0);
}

/* ---- stock
 * ---------------------------------------------------------------------------------------- */

struct demand {
	struct stock stocks[3];
	size_t count;
};

static enum err take(struct tx *tx, void *arg)
{
	const struct demand *demand = arg;

	return stock_take(tx, demand->stocks, demand->count);
}

static enum err release(struct tx *tx, void *arg)
{
	const struct demand *demand = arg;

	return stock_release(tx, demand->stocks, demand->count);
}

static void stock_is_taken_whole_or_not(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };

	add_row(back, &rows, "A-1", "2:16800", 100);
	add_row(back, &rows, "A-2", "2:16800", 50);
	publish(back, rows, true);
	struct list unlisted = { 0 };
	add_row(back, &unlisted, "A-3", "2:16800", 50);
	publish(back, unlisted, false);
	int64_t a = sku_number(back, "A-1"), b = sku_number(back, "A-2"),
		c = sku_number(back, "A-3");
	const struct {
		struct demand demand;
		enum err expected;
	} cases[] = {
		{ { { { a, 100, 1, false }, { b, 51, 1, false } }, 2 }, ERR_STOCK_SHORT },
		{ { { { a, 101, 1, false } }, 1 }, ERR_STOCK_SHORT },
		{ { { { a, 1, 2, false } }, 1 }, ERR_STOCK_SHORT }, /* another offer */
		{ { { { a, 1, 1, false }, { c, 1, 1, false } }, 2 },
		  ERR_STOCK_SHORT }, /* not on sale */
		{ { { { a, 1, 1, false }, { 99999999, 1, 1, false } }, 2 }, ERR_STOCK_SHORT },
		{ { { { 1, 1, 1, false } }, 1 }, ERR_STOCK_SHORT },
		{ { { { a, 60, 1, false }, { b, 50, 1, false } }, 2 }, OK },
		{ { { { a, 41, 1, false } }, 1 }, ERR_STOCK_SHORT },
		{ { { { a, 40, 1, false } }, 1 }, OK },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct demand demand = cases[i].demand;

		assert_int_equal(in_transaction(back, take, &demand), cases[i].expected);
	}
	assert_int_equal(stock_of(back, "A-1").available, 0);
	assert_int_equal(stock_of(back, "A-2").available, 0);
	/* what orders hold is theirs; what they give back is a movement */
	assert_int_equal(faults_found(back), 2);
	assert_int_equal(db_exec(back->db, &add_line, db_values(a, INT64_C(100))), OK);
	assert_int_equal(db_exec(back->db, &add_line, db_values(b, INT64_C(50))), OK);
	assert_int_equal(faults_found(back), 0);
	struct demand given = { { { a, 10, 0, false }, { b, 5, 0, false } }, 2 };
	assert_int_equal(in_transaction(back, release, &given), OK);
	assert_int_equal(stock_of(back, "A-1").available, 10);
	assert_true(stock_of(back, "A-1").on_sale);
	assert_int_equal(faults_found(back), 0);
	struct demand nobody = { { { 99999999, 1, 0, false } }, 1 };
	assert_int_equal(in_transaction(back, release, &nobody), ERR_DB_REFERENCE);
}

struct racer {
	pthread_t thread;
	struct back *back;
	struct db *db;
	int64_t sku;
	int taken;
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct arena *arena = arena_new(0);
	const struct stock one = { racer->sku, 1, 1, false };
	struct tx tx = { .db = racer->db, .arena = arena };

	for (int i = 0; i < 20; i++) {
		if (db_begin(racer->db))
			break;
		enum err e = stock_take(&tx, &one, 1);
		if (!e && !db_commit(racer->db))
			racer->taken++;
		else
			db_rollback(racer->db);
	}
	arena_free(arena);
	return NULL;
}

/* Eight buyers want twenty each of fifty. */
static void the_last_box_is_sold_once(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };
	struct racer racers[8];
	int taken = 0;

	add_row(back, &rows, "A-1", "2:16800", 50);
	publish(back, rows, true);
	for (size_t i = 0; i < COUNT_OF(racers); i++) {
		racers[i] = (struct racer){ .back = back,
					    .db = db_new(back->app.database, &back->app.log),
					    .sku = sku_number(back, "A-1") };
		assert_int_equal(db_connect(racers[i].db), OK);
	}
	for (size_t i = 0; i < COUNT_OF(racers); i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (size_t i = 0; i < COUNT_OF(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		taken += racers[i].taken;
		db_free(racers[i].db);
	}
	assert_int_equal(taken, 50);
	assert_int_equal(stock_of(back, "A-1").available, 0);
}

static void verify_names_what_was_spoilt(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 };

	add_row(back, &rows, "A-1", "2:16800", 50);
	publish(back, rows, true);
	int64_t sku = sku_number(back, "A-1");
	assert_int_equal(faults_found(back), 0);
	assert_int_equal(db_exec(back->db, &spoil_stock, db_values(sku)), OK);
	assert_int_equal(faults_found(back), 1);
	assert_int_equal(db_exec(back->db, &spoil_sale, db_values(sku)), OK);
	assert_int_equal(faults_found(back), 2);
}

/* ---- the view ---------------------------------------------------------------- */

/* A look that comes too early is put off: waits until one is taken. */
static const void *look(struct back *back, const void *old)
{
	const struct catalogue_view *before = old;
	enum err e;

	while (before && clock_monotonic() < watch_next(before))
		usleep(1000);
	const void *view = view_look(&back->app, back->db, old, &e);
	assert_int_equal(e, OK);
	return view;
}

static void the_view_follows_the_database(void **state)
{
	struct back *back = *state;
	struct list rows = { 0 }, terms = { 0 };

	add_row(back, &rows, "A-1", "2:16800", 500);
	publish(back, rows, false);
	const struct catalogue_view *first = look(back, NULL), *second, *third;
	assert_int_equal(first->layers[0].segment->count, 0);
	assert_ptr_equal(look(back, first), first);
	approve_all(back);
	second = look(back, first);
	assert_ptr_not_equal(second, first);
	assert_int_equal(second->layers[second->layer_count - 1].columns->alive, 1);
	int64_t sku = sku_number(back, "A-1");
	const struct terms *seen = view_terms(second, sku);
	assert_int_equal(seen->offer, 2);
	assert_true(seen->on_sale);
	assert_int_equal(terms_read(back->db, &sku, 1, back->arena, &terms), OK);
	const struct terms *read = LIST_ITEM(terms, struct terms, 0);
	assert_int_equal(read->offer, seen->offer);
	assert_true(text_equal(read->name, seen->name));
	assert_true(id_equal(read->revision, seen->revision));
	assert_int_equal(read->ladder.rungs[0].unit_price_fen, 16800);
	/* less stock, same word: the same view; another word: the same segment */
	LIST_ITEM(rows, struct catalogue_row, 0)->stock = 499;
	publish(back, rows, false);
	assert_ptr_equal(look(back, second), second);
	LIST_ITEM(rows, struct catalogue_row, 0)->stock = 3;
	publish(back, rows, false);
	third = look(back, second);
	assert_ptr_not_equal(third, second);
	assert_ptr_equal(third->layers[0].segment, second->layers[0].segment);
	assert_int_equal(third->layers[0].columns->word[0], AVAILABLE_LOW);
	view_release(first);
	view_release(second);
	view_release(third);
}

/* Not asserted, but told: how long a shop of 1,200 takes to read and to build. */
static void a_large_shop_is_built(void **state)
{
	enum { ROWS = 1200 };
	struct back *back = *state;
	struct list rows = { 0 };
	struct shop shop = { 0 };
	enum err e;

	for (size_t i = 0; i < ROWS; i++)
		add_row(back, &rows,
			arena_string(back->arena, arena_print(back->arena, "C-%zu", i)),
			"2:16800;100:15000", 1000);
	publish(back, rows, true);
	int64_t begun = clock_monotonic();
	assert_int_equal(shop_read(back->db, 20000, back->arena, &shop), OK);
	int64_t read = clock_monotonic();
	struct catalogue_view *view = view_make(&shop, NULL, &e);
	int64_t built = clock_monotonic();

	print_message("read in %lld us, built in %lld us\n", (long long)(read - begun),
		      (long long)(built - read));
	assert_int_equal(view->layers[0].segment->count, ROWS);
	view_drop(view);
}

/* ---- imports
 * --------------------------------------------------------------------------------------- */

static enum err store(struct tx *tx, void *arg)
{
	return file_insert(tx, arg);
}

static struct import import_file(struct back *back, struct text content, int32_t policy,
				 bool dry_run)
{
	struct digest digest = sm3(content);
	struct file file = {
		.id = id_new(clock_now(&back->app.clock)),
		.organisation = supplier,
		.user = back->actor.user,
		.digest = { (const char *)digest.bytes, sizeof(digest.bytes) },
		.size = (int64_t)content.size,
		.media_type = TEXT("text/csv"),
		.created_at = 1,
		.content = content,
	};
	struct import_asking asking = { .kind = &catalogue_import,
					.options = { .header_row = INT_NONE } };

	asking.import = (struct import){
		.id = id_new(clock_now(&back->app.clock)),
		.whose = supplier,
		.kind = text_of(catalogue_import.word),
		.user = back->actor.user,
		.file = file.id,
		.policy = policy,
		.dry_run = dry_run,
		.state = JOB_QUEUED,
		.created_at = 1,
		.ended_at = INT_NONE,
		.header_row = INT_NONE,
	};

	assert_int_equal(in_transaction(back, store, &file), OK);
	assert_int_equal(in_transaction(back, import_request, &asking), OK);
	return asking.import;
}

/* Lets runners do what waits. */
static void run_jobs(struct back *back, int64_t expected)
{
	back->hooks.jobs = catalogue_jobs;
	back->hooks.job_count = catalogue_job_count;
	back->runtime.job_runner_count = 1;
	struct job_runners *runners = job_runners_start(&back->app, id_new(1));

	assert_non_null(runners);
	wait_for(back->db, &ended_jobs, expected);
	job_runners_stop(runners);
}

static struct import import_of(struct back *back, struct id id)
{
	struct import import = { .state = 0 };

	assert_int_equal(import_read(back->db, back->arena, "catalogue", supplier, id, &import),
			 OK);
	return import;
}

#define HEADER                                                                                                                  \
	"商品编码,商品名称*,产地（县）,类目,规格,单位,单价（元）,阶梯价,起订量,库存,保质期," \
	"储存方式,毛重,认证,条码,备注\n"
#define GOOD_ROW "ZY-%03d,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,168.00,,1,500,540,常温,520,无,,\n"

static const char mixed_file[] =
	HEADER "ZY-001,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,168.00,,1,500,540,常温,520,无,,\n"
	       "ZY-002,紫阳富硒绿茶,紫阳县,没有,125g×2罐,盒,168.00,,0,500,540,常温,520,无,,\n"
	       "\n"
	       "ZY-003,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,￥１６８元,,1,500,540,常温,520,无,,\n";

static void files_are_imported_by_their_policy(void **state)
{
	static const struct {
		int32_t policy;
		bool dry_run, published;
		int64_t created;
		const char *problem;
	} cases[] = {
		{ POLICY_ACCEPT_GOOD_ROWS, true, false, 2, NULL },
		{ POLICY_ALL_OR_NOTHING, false, false, 0, "E_ROWS_REJECTED" },
		{ POLICY_ACCEPT_GOOD_ROWS, false, true, 2, NULL },
		{ POLICY_ALL_OR_NOTHING, true, false, 0, "E_ROWS_REJECTED" },
	};
	struct back *back = *state;
	struct list faults = { 0 }, notes = { 0 };
	struct import imports[COUNT_OF(cases)];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		imports[i] =
			import_file(back, text_of(mixed_file), cases[i].policy, cases[i].dry_run);
	run_jobs(back, COUNT_OF(cases));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct import done = import_of(back, imports[i].id);

		assert_int_equal(done.state, JOB_DONE);
		assert_int_equal(done.accepted, 2);
		assert_int_equal(done.rejected, 1);
		assert_int_equal(done.skipped, 2);
		assert_int_equal(done.created, cases[i].created);
		assert_int_equal(done.published, cases[i].published);
		assert_true(text_is(done.encoding, "UTF-8"));
		assert_int_equal(!done.problem.at, !cases[i].problem);
		if (cases[i].problem)
			assert_true(text_is(done.problem, cases[i].problem));
	}
	assert_int_equal(number(back->db, &revision_count), 2);
	assert_int_equal(fault_list(back->db, back->arena, imports[2].id, -1, 10, &faults), OK);
	assert_int_equal(faults.count, 2);
	const struct import_fault *first = LIST_ITEM(faults, struct import_fault, 0);
	assert_int_equal(first->record, 3);
	assert_true(text_is(first->field, "category"));
	assert_true(text_is(first->code, "E_CATEGORY_UNKNOWN"));
	assert_true(text_is(first->cell, "没有"));
	assert_true(text_is(LIST_ITEM(faults, struct import_fault, 1)->code, "E_MOQ_ZERO"));
	faults = (struct list){ 0 };
	assert_int_equal(
		fault_list(back->db, back->arena, imports[2].id, 3 * ROW_FAULTS_MAX, 10, &faults),
		OK);
	assert_int_equal(faults.count, 1);
	assert_int_equal(note_list(back->db, back->arena, imports[2].id, -1, 10, &notes), OK);
	assert_true(notes.count > 0);
	assert_int_equal(faults_found(back), 0);
}

/* A job that runs again, all of it, because its runner died before it could say that it was done.
 */
static void a_job_that_runs_again_does_nothing_twice(void **state)
{
	struct back *back = *state;
	struct import import =
		import_file(back, text_of(mixed_file), POLICY_ACCEPT_GOOD_ROWS, false);
	int64_t before = number(back->db, &ended_jobs);

	run_jobs(back, before + 1);
	int64_t movements = number(back->db, &movement_count),
		notes = number(back->db, &note_count);
	int64_t faults = number(back->db, &fault_count);
	run(back->db, &restart_jobs);
	run(back->db, &reopen_import);
	run_jobs(back, before + 1);
	assert_int_equal(number(back->db, &movement_count), movements);
	assert_int_equal(number(back->db, &note_count), notes);
	assert_int_equal(number(back->db, &fault_count), faults);
	assert_int_equal(number(back->db, &revision_count), 2);
	(void)import;
}

static void a_file_without_rows_says_so(void **state)
{
	struct back *back = *state;
	int64_t before = number(back->db, &ended_jobs);
	struct import import = import_file(back, TEXT(HEADER "\n"), POLICY_ACCEPT_GOOD_ROWS, false);

	run_jobs(back, before + 1);
	struct import done = import_of(back, import.id);
	assert_int_equal(done.state, JOB_DONE);
	assert_true(text_is(done.problem, "E_NO_ROWS"));
	assert_false(done.published);
}

static void a_file_without_a_header_fails(void **state)
{
	struct back *back = *state;
	int64_t before = number(back->db, &ended_jobs);
	struct import import =
		import_file(back, TEXT("a,b,c\n1,2,3\n"), POLICY_ACCEPT_GOOD_ROWS, false);

	run_jobs(back, before + 1);
	struct import done = import_of(back, import.id);
	assert_int_equal(done.state, JOB_FAILED);
	assert_true(text_is(done.problem, "E_HEADER_MISSING"));
	assert_false(done.published);
	struct import stranger = { .state = 0 };
	assert_int_equal(
		import_read(back->db, back->arena, "catalogue", id_new(1), import.id, &stranger),
		ERR_NOT_FOUND);
	struct import_asking missing = { import, &catalogue_import, { .header_row = INT_NONE } };
	missing.import.id = missing.import.file = id_new(1);
	assert_int_equal(in_transaction(back, import_request, &missing), ERR_REFUSED);
}

/* Told, not asserted: a large file's time. */
static void a_large_file_is_imported(void **state)
{
	struct back *back = *state;
	int rows = getenv("XIANGCAI_TEST_ROWS") ? 50000 : 5000;
	int64_t before = number(back->db, &ended_jobs);
	struct buffer content = { 0 };

	buffer_add(&content, TEXT(HEADER));
	for (int i = 0; i < rows; i++)
		buffer_print(&content,
			     "ZY-%05d,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,168.00,,1,500,540,"
			     "常温,%s,无,,\n",
			     i, i % 10 ? "520" : "没有");
	struct import import =
		import_file(back, buffer_text(&content), POLICY_ACCEPT_GOOD_ROWS, false);
	int64_t begun = clock_monotonic();
	run_jobs(back, before + 1);
	print_message("%d rows in %lld ms\n", rows, (long long)(clock_monotonic() - begun) / 1000);
	struct import done = import_of(back, import.id);
	assert_int_equal(done.state, JOB_DONE);
	assert_int_equal(done.accepted, rows - rows / 10);
	assert_int_equal(done.created, rows - rows / 10);
	assert_int_equal(done.rejected, rows / 10);
	assert_int_equal(faults_found(back), 0);
	buffer_free(&content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_rows_change_nothing, clear),
		cmocka_unit_test_setup(new_content_overtakes_what_waits, clear),
		cmocka_unit_test_setup(stock_is_what_the_row_says, clear),
		cmocka_unit_test_setup(the_demonstration_is_approved_at_once, clear),
		cmocka_unit_test_setup(many_rows_take_few_statements, clear),
		cmocka_unit_test_setup(reviewers_decide_once_and_in_their_county, clear),
		cmocka_unit_test_setup(prices_move_within_their_band, clear),
		cmocka_unit_test_setup(products_of_two_skus_change_together, clear),
		cmocka_unit_test_setup(what_a_file_cannot_say_is_kept, clear),
		cmocka_unit_test_setup(packed_rows_are_the_same, clear),
		cmocka_unit_test_setup(stock_is_taken_whole_or_not, clear),
		cmocka_unit_test_setup(the_last_box_is_sold_once, clear),
		cmocka_unit_test_setup(verify_names_what_was_spoilt, clear),
		cmocka_unit_test_setup(the_view_follows_the_database, clear),
		cmocka_unit_test_setup(a_large_shop_is_built, clear),
		cmocka_unit_test_setup(files_are_imported_by_their_policy, clear),
		cmocka_unit_test_setup(a_job_that_runs_again_does_nothing_twice, clear),
		cmocka_unit_test_setup(a_file_without_rows_says_so, clear),
		cmocka_unit_test_setup(a_file_without_a_header_fails, clear),
		cmocka_unit_test_setup(a_large_file_is_imported, clear),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
