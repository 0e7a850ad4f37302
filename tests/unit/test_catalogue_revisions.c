/* The rules of products that suppliers write, fault by fault, and the digest of their content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include <string.h>

#include "../../src/catalogue/product_draft.h"

enum { TODAY = 20000 };

static struct arena *arena;

static struct county counties[] = {
	{ .code = TEXT_INIT("610124"), .name = TEXT_INIT("周至县"), .is_assisted = true },
	{ .code = TEXT_INIT("610102"), .name = TEXT_INIT("新城区") },
};
static struct category categories[] = {
	{ .code = TEXT_INIT("01"), .level = 1 },
	{ .code = TEXT_INIT("0101"),
	  .parent = TEXT_INIT("01"),
	  .level = 2,
	  .vat_kind = VAT_TAXED,
	  .vat_rate = 9 },
	{ .code = TEXT_INIT("1601"),
	  .parent = TEXT_INIT("16"),
	  .level = 2,
	  .vat_kind = VAT_TAXED,
	  .vat_rate = 13 },
};
static const struct goods_reference reference = {
	.counties = { counties, COUNT_OF(counties), COUNT_OF(counties) },
	.categories = { categories, COUNT_OF(categories), COUNT_OF(categories) },
	.day = TODAY,
};

/* Content without a fault: one SKU of two rungs, one certificate. */
static struct content sound(void)
{
	struct content content = {
		.name = TEXT("猕猴桃"),
		.county = TEXT("610124"),
		.category = TEXT("0101"),
		.storage = TEXT("常温"),
		.shelf_days = 30,
		.households = INT_NONE,
		.mandate_until = DAY_NONE,
		.vat_kind = SMALL_NONE,
		.vat_rate = INT_NONE,
	};
	struct content_sku *sku = list_add(&content.skus, arena, sizeof(*sku));
	struct certificate *certificate =
		list_add(&content.certificate_list, arena, sizeof(*certificate));

	*sku = (struct content_sku){
		.code = TEXT("A-1"),
		.specification = TEXT("5斤"),
		.sale_unit = TEXT("箱"),
		.weight_g = 2500,
		.minimum = INT_NONE,
		.multiple = INT_NONE,
		.stock = INT_NONE,
	};
	*(struct rung *)list_add(&sku->rungs, arena, sizeof(struct rung)) = (struct rung){ 2, 100 };
	*(struct rung *)list_add(&sku->rungs, arena, sizeof(struct rung)) = (struct rung){ 9, 90 };
	*certificate = (struct certificate){ .name = TEXT("有机产品"), .valid_until = DAY_NONE };
	return content;
}

static struct content_sku *first(struct content *content)
{
	return LIST_ITEM(content->skus, struct content_sku, 0);
}

/* ---- what breaks one rule each ------------------------------------------------------------------
 */

static void name_markup(struct content *c)
{
	c->name = TEXT("<i>桃");
}
static void name_formula(struct content *c)
{
	c->name = TEXT("=1+1");
}
static void name_lost(struct content *c)
{
	c->name = TEXT("桃\xEF\xBF\xBD");
}
static void name_blank(struct content *c)
{
	c->name = TEXT("\u3000");
}
static void brand_control(struct content *c)
{
	c->brand = TEXT("a\x07");
}
static void county_other(struct content *c)
{
	c->county = TEXT("610102");
}
static void county_none(struct content *c)
{
	c->county = TEXT("999999");
}
static void category_high(struct content *c)
{
	c->category = TEXT("01");
}
static void category_none(struct content *c)
{
	c->category = TEXT("77");
}
static void storage_none(struct content *c)
{
	c->storage = TEXT("哪里都行");
}
static void shelf_none(struct content *c)
{
	c->shelf_days = SMALL_NONE;
}
static void rate_alone(struct content *c)
{
	c->vat_rate = 9;
}
static void rate_odd(struct content *c)
{
	c->vat_kind = VAT_TAXED, c->vat_rate = 7;
}
static void rate_of_zero(struct content *c)
{
	c->vat_kind = VAT_ZERO, c->vat_rate = 9;
}
static void mandate_alone(struct content *c)
{
	c->mandate_until = TODAY;
}
static void code_small(struct content *c)
{
	first(c)->code = TEXT("-A");
}
static void unit_none(struct content *c)
{
	first(c)->sale_unit = TEXT("麻袋袋");
}
static void barcode_wrong(struct content *c)
{
	first(c)->barcode = TEXT("6901234567890");
}
static void minimum_odd(struct content *c)
{
	first(c)->multiple = 4;
}
static void minimum_other(struct content *c)
{
	first(c)->minimum = 1;
}
static void rungs_level(struct content *c)
{
	LIST_ITEM(first(c)->rungs, struct rung, 1)->unit_price_fen = 100;
}
static void certificate_none(struct content *c)
{
	LIST_ITEM(c->certificate_list, struct certificate, 0)->name = TEXT("有机、绿色");
}
static void code_twice(struct content *c)
{
	struct content_sku copy = *first(c);

	*(struct content_sku *)list_add(&c->skus, arena, sizeof(copy)) = copy;
}

static void each_rule_names_its_place(void **state)
{
	static const struct {
		void (*spoil)(struct content *content);
		const char *pointer;
		enum err code;
	} cases[] = {
		{ name_markup, "/name", ERR_MARKUP },
		{ name_formula, "/name", ERR_FORMULA },
		{ name_lost, "/name", ERR_ENCODING_LOSS },
		{ name_blank, "/name", ERR_REQUIRED },
		{ brand_control, "/brand", ERR_CONTROL_CHAR },
		{ county_other, "/county", ERR_COUNTY_NOT_ELIGIBLE },
		{ county_none, "/county", ERR_COUNTY_UNKNOWN },
		{ category_high, "/category", ERR_CATEGORY_LEVEL },
		{ category_none, "/category", ERR_CATEGORY_UNKNOWN },
		{ storage_none, "/storage", ERR_STORAGE },
		{ shelf_none, "/shelf_days", ERR_REQUIRED },
		{ rate_alone, "/vat_kind", ERR_REQUIRED },
		{ rate_odd, "/vat_rate", ERR_VAT },
		{ rate_of_zero, "/vat_rate", ERR_VAT },
		{ mandate_alone, "/mandate_until", ERR_AGENCY_ONLY },
		{ code_small, "/skus/0/code", ERR_SKU_FORMAT },
		{ unit_none, "/skus/0/sale_unit", ERR_UNIT_UNKNOWN },
		{ barcode_wrong, "/skus/0/barcode", ERR_BARCODE_CHECK },
		{ minimum_odd, "/skus/0/minimum", ERR_NOT_MULTIPLE },
		{ minimum_other, "/skus/0/ladder/0/quantity", ERR_PRICE_MINIMUM },
		{ rungs_level, "/skus/0/ladder/1", ERR_TIER_ORDER },
		{ certificate_none, "/certificates/0/name", ERR_CERT_UNKNOWN },
		{ code_twice, "/skus/1/code", ERR_REPEATED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct problems problems = { .arena = arena };
		struct content content = sound();

		cases[i].spoil(&content);
		assert_int_equal(content_judge(&content, &reference, &problems), OK);
		assert_int_equal(problems.items.count, 1);
		const struct problem *problem = LIST_ITEM(problems.items, struct problem, 0);
		assert_int_equal(problem->code, cases[i].code);
		assert_true(text_is(problem->pointer, cases[i].pointer));
	}
}

static void an_agency_needs_all_three(void **state)
{
	struct problems problems = { .arena = arena };
	struct content content = sound();

	(void)state;
	content.agency = true;
	assert_int_equal(content_judge(&content, &reference, &problems), OK);
	assert_int_equal(problems.items.count, 3);
	problems = (struct problems){ .arena = arena };
	content.producer = TEXT("合作社");
	content.mandate = id_new(1);
	content.mandate_until = TODAY - 1;
	assert_int_equal(content_judge(&content, &reference, &problems), OK);
	assert_int_equal(problems.items.count, 1);
	assert_int_equal(LIST_ITEM(problems.items, struct problem, 0)->code, ERR_LICENCE_OVER);
}

static void what_follows_is_filled_in(void **state)
{
	struct problems problems = { .arena = arena };
	struct content content = sound();

	(void)state;
	content.name = TEXT(" 猕猴桃\u3000Ａ级 ");
	first(&content)->code = TEXT("ａ-1");
	assert_int_equal(content_judge(&content, &reference, &problems), OK);
	assert_int_equal(problems.items.count, 0);
	assert_true(text_is(content.name, "猕猴桃 A级"));
	assert_true(text_is(content.certificates, "有机"));
	assert_int_equal(content.vat_rate, 9);
	assert_true(text_is(first(&content)->code, "A-1"));
	assert_int_equal(first(&content)->minimum, 2);
	assert_int_equal(first(&content)->multiple, 1);
	assert_true(text_is(first(&content)->ladder, "2:100;9:90"));

	content = sound();
	content.category = TEXT("1601");
	content.shelf_days = SMALL_NONE;
	assert_int_equal(content_judge(&content, &reference, &problems), OK);
	assert_int_equal(problems.items.count, 0);
}

/* ---- the digest ---------------------------------------------------------------------------------
 */

static struct digest digest_of(const struct content *content)
{
	struct buffer scratch = { .max = KIB(64) };
	struct digest digest;

	assert_int_equal(content_digest(content, &scratch, &digest), OK);
	buffer_free(&scratch);
	return digest;
}

static bool same(const struct content *a, const struct content *b)
{
	struct digest x = digest_of(a), y = digest_of(b);

	return !memcmp(x.bytes, y.bytes, sizeof(x.bytes));
}

static void prices_are_no_content(void **state)
{
	struct content a = sound(), b = sound();

	(void)state;
	first(&b)->ladder = TEXT("2:1");
	first(&b)->price_reason = TEXT("贵");
	first(&b)->sku = 7;
	assert_true(same(&a, &b));
}

static void add_sku(struct content *content, const char *code)
{
	struct content_sku sku = *first(content);

	sku.code = text_of(code);
	*(struct content_sku *)list_add(&content->skus, arena, sizeof(sku)) = sku;
}

static void all_else_is_content(void **state)
{
	struct content a = sound(), b = sound();

	(void)state;
	b.farmers = TEXT("三十户");
	assert_false(same(&a, &b));
	b = sound();
	b.households = 0;
	assert_false(same(&a, &b));
	b = sound();
	first(&b)->multiple = 3;
	assert_false(same(&a, &b));
	b = sound();
	LIST_ITEM(b.certificate_list, struct certificate, 0)->valid_until = TODAY;
	assert_false(same(&a, &b));
	b = sound();
	*(struct content_image *)list_add(&b.images, arena, sizeof(struct content_image)) =
		(struct content_image){ .id = id_new(1) };
	assert_false(same(&a, &b));
	b = sound();
	add_sku(&a, "B-1");
	add_sku(&a, "C-1");
	add_sku(&b, "C-1");
	assert_false(same(&a, &b));
	add_sku(&b, "B-1");
	assert_true(same(&a, &b));
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	return arena ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_names_its_place),
		cmocka_unit_test(an_agency_needs_all_three),
		cmocka_unit_test(what_follows_is_filled_in),
		cmocka_unit_test(prices_are_no_content),
		cmocka_unit_test(all_else_is_content),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
