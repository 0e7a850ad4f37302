/*
 * The import rules, held against what was decided by hand: every record of the messy file in its
 * four variants, the files of five suppliers, and tables for what those do not reach.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "../../src/catalogue/import_rules.h"
#include "../../src/catalogue/import_suggest.h"
#include "../../src/catalogue/import_values.h"
#include "../../src/catalogue/import_words.h"

#include <string.h>

/* cmocka's own, which fail_msg calls; the rules' macro of that name is not needed here. */
#undef fail
#define fail() _fail(__FILE__, __LINE__)

/* ---- files ---- */

static struct text data_read(struct arena *arena, const char *path)
{
	struct text name = arena_print(arena, "%s/%s", SOURCE_DIR, path);
	FILE *file = fopen(name.at, "rb");
	char *at = arena_take(arena, MIB(1));
	size_t size;

	assert_non_null(file);
	assert_non_null(at);
	size = fread(at, 1, MIB(1), file);
	assert_int_equal(fclose(file), 0);
	assert_true(size > 0 && size < MIB(1));
	return (struct text){ at, size };
}

/* A file with a header row, kept whole. */
enum { TABLE_COLUMNS_MAX = 32, TABLE_ROWS_MAX = 200 };

struct table {
	struct arena *arena;
	struct text names[TABLE_COLUMNS_MAX];
	struct text cells[TABLE_ROWS_MAX][TABLE_COLUMNS_MAX];
	size_t width, count;
};

static enum err table_row(void *context, const struct sheet_row *row)
{
	struct table *table = context;
	struct text *to = row->record == 1 ? table->names : table->cells[table->count++];

	assert_true(row->cell_count <= TABLE_COLUMNS_MAX && table->count < TABLE_ROWS_MAX);
	if (row->record == 1)
		table->width = row->cell_count;
	assert_int_equal(row->cell_count, table->width);
	for (size_t i = 0; i < row->cell_count; i++)
		to[i] = arena_text(table->arena, row->cells[i]);
	return OK;
}

static struct table *table_read(struct arena *arena, const char *path)
{
	struct table *table = arena_take(arena, sizeof(*table));

	assert_non_null(table);
	table->arena = arena;
	assert_int_equal(csv_read(data_read(arena, path), arena, NULL, table_row, table), OK);
	assert_true(table->count > 0);
	return table;
}

static struct text cell_of(const struct table *table, size_t row, const char *name)
{
	for (size_t i = 0; i < table->width; i++)
		if (text_is(table->names[i], name))
			return table->cells[row][i];
	fail_msg("no column %s", name);
	return NO_TEXT;
}

/* ---- reference data ---- */

static void counties_read(struct arena *arena, struct list *out)
{
	const struct table *table = table_read(arena, "schema/reference/counties.csv");

	for (size_t i = 0; i < table->count; i++) {
		struct county *county = list_add(out, arena, sizeof(*county));

		assert_non_null(county);
		county->code = cell_of(table, i, "code");
		county->name = cell_of(table, i, "name_zh");
		county->city_name = cell_of(table, i, "city_zh");
		county->former_codes = cell_of(table, i, "former_codes");
		county->is_assisted = text_is(cell_of(table, i, "is_assisted"), "1");
	}
}

static void categories_read(struct arena *arena, struct list *out)
{
	const struct table *table = table_read(arena, "schema/reference/categories.csv");

	for (size_t i = 0; i < table->count; i++) {
		struct category *category = list_add(out, arena, sizeof(*category));
		struct text rate = cell_of(table, i, "vat_rate");

		assert_non_null(category);
		category->code = cell_of(table, i, "code");
		category->parent = cell_of(table, i, "parent_code");
		category->name = cell_of(table, i, "name_zh");
		category->name_en = cell_of(table, i, "name_en");
		assert_true(text_to_int(cell_of(table, i, "level"), &category->level));
		category->vat_kind = text_is(rate, "exempt") ? VAT_EXEMPT : VAT_TAXED;
		assert_true(category->vat_kind == VAT_EXEMPT ||
			    text_to_int(rate, &category->vat_rate));
	}
}

struct fixture {
	struct arena *arena, *scratch;
	struct import_reference reference;
};

static int fixture_begin(void **state)
{
	struct fixture *fixture = memory_take(sizeof(*fixture));

	assert_non_null(fixture);
	fixture->arena = arena_new(MIB(64));
	fixture->scratch = arena_new(MIB(4));
	counties_read(fixture->arena, &fixture->reference.counties);
	categories_read(fixture->arena, &fixture->reference.categories);
	assert_int_equal(fixture->reference.counties.count, 107);
	assert_int_equal(fixture->reference.categories.count, 100);
	*state = fixture;
	return 0;
}

static int fixture_end(void **state)
{
	struct fixture *fixture = *state;

	arena_free(fixture->scratch);
	arena_free(fixture->arena);
	memory_free(fixture);
	return 0;
}

static enum err import_file(const struct fixture *fixture, struct text file,
			    struct import_reader *reader, import_result_fn *fn, void *context)
{
	enum err e = import_begin(reader, &fixture->reference, fixture->arena, fixture->scratch, fn,
				  context);

	if (!e)
		e = sheet_read(file, NULL, fixture->arena, NULL, import_row, reader);
	return e ? e : import_end(reader);
}

/* ---- the messy file ---- */

struct expectation {
	const struct table *table;
	const char *decision, *reasons; /* names of the columns that hold them */
	size_t row;
};

/* Where a fault is, for codes that expected_results.csv does not give with their column. */
static const struct {
	const char *prefix, *column;
} own_columns[] = {
	{ "E_SKU_", "sku" },         { "E_DUP_SKU", "sku" },
	{ "E_COUNTY_", "county" },   { "E_CATEGORY_", "category" },
	{ "E_UNIT_", "unit" },       { "E_PRICE_", "price" },
	{ "E_TIER_", "tiers" },      { "E_MOQ_", "moq" },
	{ "E_SHELF_", "shelf" },     { "E_STORAGE", "storage" },
	{ "E_WEIGHT_", "weight" },   { "E_CERT_", "cert" },
	{ "E_BARCODE_", "barcode" }, { "E_COLUMN_COUNT", IMPORT_BEYOND },
};

static struct text reason_of(struct arena *arena, const struct problem *problem)
{
	const char *code = err_info(problem->code)->code;

	for (size_t i = 0; i < COUNT_OF(own_columns); i++)
		if (text_starts(text_of(code), own_columns[i].prefix)) {
			assert_true(text_is(problem->pointer, own_columns[i].column));
			return text_of(code);
		}
	return arena_print(arena, "%s:%.*s", code, TEXT_FMT(problem->pointer));
}

static struct text reasons_of(struct arena *arena, const struct problems *problems)
{
	struct text reasons = TEXT("");

	assert_int_equal(problems->dropped, 0);
	for (size_t i = 0; i < problems->items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, const struct problem, i);

		reasons = arena_print(arena, "%.*s%s%.*s", TEXT_FMT(reasons), i > 0 ? "|" : "",
				      TEXT_FMT(reason_of(arena, problem)));
	}
	return reasons;
}

static void expect(const struct expectation *expectation, const char *column, struct text actual)
{
	struct text expected = cell_of(expectation->table, expectation->row, column);

	if (!text_equal(actual, expected))
		fail_msg("record %zu, %s: %.*s, not %.*s", expectation->row + 1, column,
			 TEXT_FMT(actual), TEXT_FMT(expected));
}

static void expect_int(const struct expectation *expectation, struct arena *arena,
		       const char *column, int64_t actual)
{
	expect(expectation, column, arena_print(arena, "%lld", (long long)actual));
}

static struct text ladder_text(struct arena *arena, const struct ladder *ladder)
{
	struct text out = TEXT("");

	for (size_t i = 0; i < ladder->count; i++)
		out = arena_print(arena, "%.*s%s%lld:%lld", TEXT_FMT(out), i > 0 ? ";" : "",
				  (long long)ladder->rungs[i].quantity,
				  (long long)ladder->rungs[i].unit_price_fen);
	return out;
}

static void expect_row(const struct expectation *expectation, struct arena *arena,
		       const struct catalogue_row *row)
{
	expect(expectation, "norm_sku", row->code);
	expect(expectation, "norm_name", row->name);
	expect(expectation, "norm_county_code", row->county);
	expect(expectation, "norm_category_code", row->category);
	expect(expectation, "norm_spec", row->specification);
	expect(expectation, "norm_unit", row->sale_unit);
	expect_int(expectation, arena, "norm_price_fen", row->ladder.rungs[0].unit_price_fen);
	expect(expectation, "norm_tiers", ladder_text(arena, &row->ladder));
	expect_int(expectation, arena, "norm_moq", row->minimum);
	expect_int(expectation, arena, "norm_stock", row->stock);
	expect_int(expectation, arena, "norm_shelf_days",
		   row->shelf_days == SMALL_NONE ? 0 : row->shelf_days);
	expect(expectation, "norm_storage", row->storage);
	expect_int(expectation, arena, "norm_weight_g", row->weight_g);
	expect(expectation, "norm_cert",
	       row->certificates.size > 0 ? row->certificates : TEXT("无"));
	expect(expectation, "norm_barcode", row->barcode);
	expect(expectation, "norm_remark", row->remark);
	assert_int_equal(row->multiple, 1);
}

static enum err expect_result(void *context, const struct import_result *result)
{
	static const char *const verdicts[] = { [IMPORT_SKIPPED] = "skip",
						[IMPORT_ACCEPTED] = "accept",
						[IMPORT_REJECTED] = "reject" };
	static const char *const skips[] = {
		[SKIP_NONE] = "data",     [SKIP_BLANK] = "blank", [SKIP_TITLE] = "title",
		[SKIP_HEADER] = "header", [SKIP_TOTAL] = "total", [SKIP_NOTE] = "note"
	};
	struct expectation *expectation = context;
	/* its own: the reader's may be all but used up */
	struct arena *arena = arena_new(0);

	assert_true(expectation->row < expectation->table->count);
	expect_int(expectation, arena, "record", result->record);
	expect(expectation, "kind", text_of(skips[result->skip]));
	expect(expectation, expectation->reasons, reasons_of(arena, &result->problems));
	expect(expectation, expectation->decision, text_of(verdicts[result->verdict]));
	if (result->verdict == IMPORT_ACCEPTED)
		expect_row(expectation, arena, &result->row);
	arena_free(arena);
	expectation->row++;
	return OK;
}

static void messy_file_is_decided(void **state)
{
	static const struct {
		const char *path, *decision, *reasons;
	} variants[] = {
		{ "tests/data/messy_catalogue.csv", "decision", "reasons" },
		{ "tests/data/messy_catalogue_gb18030.csv", "decision", "reasons" },
		{ "tests/data/messy_catalogue_gbk.csv", "decision_gbk", "reasons_gbk" },
		{ "tests/data/messy_catalogue.xlsx", "decision_xlsx", "reasons_xlsx" },
	};
	const struct fixture *fixture = *state;
	const struct table *expected =
		table_read(fixture->arena, "tests/data/expected_results.csv");

	for (size_t i = 0; i < COUNT_OF(variants); i++) {
		struct expectation expectation = { .table = expected,
						   .decision = variants[i].decision,
						   .reasons = variants[i].reasons };
		struct text file = data_read(fixture->arena, variants[i].path);
		struct import_reader reader;

		assert_int_equal(import_file(fixture, file, &reader, expect_result, &expectation),
				 OK);
		assert_int_equal(expectation.row, 119);
		assert_int_equal(
			reader.accepted_count + reader.rejected_count + reader.skipped_count, 119);
	}
}

/* ---- five suppliers ---- */

static enum err expect_accepted(void *context, const struct import_result *result)
{
	int64_t *rows = context;

	if (result->verdict == IMPORT_REJECTED)
		fail_msg("record %lld: %.*s", (long long)result->record,
			 TEXT_FMT(reasons_of(result->problems.arena, &result->problems)));
	if (result->verdict == IMPORT_ACCEPTED) {
		assert_true(result->row.ladder.count >= 1);
		assert_true(result->row.ladder.rungs[0].quantity == result->row.minimum);
		++*rows;
	}
	return OK;
}

static void uploads_are_accepted(void **state)
{
	static const struct {
		const char *path;
		int64_t rows;
	} files[] = {
		{ "tests/data/uploads/S0101.csv", 11 }, { "tests/data/uploads/S0116.csv", 12 },
		{ "tests/data/uploads/S0176.csv", 12 }, { "tests/data/uploads/S0236.csv", 12 },
		{ "tests/data/uploads/S0256.csv", 11 },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct import_reader reader;
		int64_t rows = 0;

		assert_int_equal(import_file(fixture, data_read(fixture->arena, files[i].path),
					     &reader, expect_accepted, &rows),
				 OK);
		assert_int_equal(rows, files[i].rows);
		assert_int_equal(reader.rejected_count, 0);
		assert_int_equal(reader.skipped_count, 1);
	}
}

/* ---- one row at a time ---- */

static const char *const header = "商品编码,商品名称,产地,类目,规格,单位,单价,阶梯价,起订量,库存,"
				  "保质期,储存方式,毛重,认证,条码,备注\n";
static const char *const good[COLUMN_COUNT] = { "A-1",    "茶", "紫阳县", "绿茶", "1盒", "盒",
						"168.00", "",   "5",      "500",  "540", "常温",
						"520",    "无", "",       "" };

/* What became of the last record. */
struct outcome {
	struct arena *arena;
	struct text reasons, change, ladder, county, category, storage, certificates;
	int64_t weight_g, shelf_days;
	size_t change_count;
};

static enum err outcome_take(void *context, const struct import_result *result)
{
	struct outcome *outcome = context;
	struct arena *arena = outcome->arena;

	outcome->reasons = arena_text(arena, reasons_of(arena, &result->problems));
	outcome->ladder = ladder_text(arena, &result->row.ladder);
	outcome->county = arena_text(arena, result->row.county);
	outcome->category = arena_text(arena, result->row.category);
	outcome->storage = arena_text(arena, result->row.storage);
	outcome->certificates = arena_text(arena, result->row.certificates);
	outcome->weight_g = result->row.weight_g;
	outcome->shelf_days = result->row.shelf_days;
	outcome->change_count = result->changes.count;
	outcome->change = TEXT("");
	for (size_t i = 0; i < result->changes.count; i++) {
		const struct import_change *change =
			LIST_ITEM(result->changes, const struct import_change, i);

		outcome->change = arena_print(arena, "%.*s[%.*s:%.*s>%.*s]",
					      TEXT_FMT(outcome->change), TEXT_FMT(change->column),
					      TEXT_FMT(change->from), TEXT_FMT(change->to));
	}
	return OK;
}

/* Imports the good row with @cell in place of one of its own. */
static struct outcome outcome_of(const struct fixture *fixture, enum import_column column,
				 const char *cell)
{
	struct outcome outcome = { .arena = fixture->arena };
	struct import_reader reader;
	struct buffer file = { 0 };

	buffer_add(&file, text_of(header));
	for (int i = 0; i < COLUMN_COUNT; i++)
		csv_raw(&file, i == 0, text_of(i == (int)column ? cell : good[i]));
	csv_end(&file);
	assert_int_equal(import_file(fixture, buffer_text(&file), &reader, outcome_take, &outcome),
			 OK);
	buffer_free(&file);
	return outcome;
}

static void cells_are_judged(void **state)
{
	static const struct {
		enum import_column column;
		const char *cell, *reasons;
	} cases[] = {
		{ COLUMN_SKU, "A-1", "" },
		{ COLUMN_SKU, "A", "E_SKU_FORMAT" },
		{ COLUMN_SKU, "_A1", "E_SKU_FORMAT" },
		{ COLUMN_SKU, "-A1", "E_FORMULA:sku" },
		{ COLUMN_SKU, "A 1", "E_SKU_FORMAT" },
		{ COLUMN_SKU, "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "" },
		{ COLUMN_SKU, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "E_SKU_FORMAT" },
		{ COLUMN_SKU, "=A1", "E_FORMULA:sku" },
		{ COLUMN_SKU, "\tA1", "E_FORMULA:sku" },
		{ COLUMN_NAME, "'=1+1", "E_FORMULA:name" },
		{ COLUMN_NAME, "'-18℃茶", "" },
		{ COLUMN_NAME, "<b>=\x01??",
		  "E_ENCODING_LOSS:name|E_CONTROL_CHAR:name|E_MARKUP:name" },
		{ COLUMN_NAME, "a</b", "E_MARKUP:name" },
		{ COLUMN_NAME, "a<!--", "E_MARKUP:name" },
		{ COLUMN_NAME, "a<", "" },
		{ COLUMN_SPEC, "什么?", "" },
		{ COLUMN_SPEC, "\uFFFD", "E_ENCODING_LOSS:spec" },
		{ COLUMN_REMARK, "a\x02", "E_CONTROL_CHAR:remark" },
		{ COLUMN_PRICE, "\uFFFD96", "E_ENCODING_LOSS:price" },
		{ COLUMN_PRICE, "1 68", "E_PRICE_FORMAT" },
		{ COLUMN_PRICE, "168元/", "E_PRICE_FORMAT" },
		{ COLUMN_PRICE, "168/礼盒", "" },
		{ COLUMN_PRICE, "168 元 / 盒", "" },
		{ COLUMN_PRICE, "＝1", "E_FORMULA:price" },
		{ COLUMN_UNIT, "kg", "" },
		{ COLUMN_UNIT, "筐", "E_UNIT_UNKNOWN" },
		{ COLUMN_TIERS, "5:168;50:160", "" },
		{ COLUMN_TIERS, "5:160", "E_TIER_ORDER" },
		{ COLUMN_TIERS, "4:160", "E_TIER_ORDER" },
		{ COLUMN_TIERS, "50盒:160元", "" },
		{ COLUMN_TIERS, "50箱:160", "E_TIER_FORMAT" },
		{ COLUMN_TIERS, "50", "E_TIER_FORMAT" },
		{ COLUMN_TIERS, "50:", "E_TIER_FORMAT" },
		{ COLUMN_TIERS, "50:1.005", "E_TIER_FORMAT" },
		{ COLUMN_TIERS, "6:160;7:159;8:158;9:157;10:156;11:155;12:154;13:153;14:152", "" },
		{ COLUMN_TIERS, "6:160;7:159;8:158;9:157;10:156;11:155;12:154;13:153;14:152;15:151",
		  "E_ITEMS:tiers" },
		{ COLUMN_TIERS, "无", "" },
		{ COLUMN_MOQ, "-1", "E_QTY_NEGATIVE:moq" },
		{ COLUMN_MOQ, "1.5", "E_QTY_FORMAT:moq" },
		{ COLUMN_MOQ, "1000001", "E_RANGE:moq" },
		{ COLUMN_MOQ, "2盒", "" },
		{ COLUMN_MOQ, "2箱", "E_QTY_FORMAT:moq" },
		{ COLUMN_STOCK, "0", "" },
		{ COLUMN_STOCK, "1,000,000", "" },
		{ COLUMN_STOCK, "1,000,001", "E_RANGE:stock" },
		{ COLUMN_STOCK, "99999999999999999999999", "E_RANGE:stock" },
		{ COLUMN_STOCK, "1,00", "E_QTY_FORMAT:stock" },
		{ COLUMN_SHELF, "0", "E_RANGE:shelf" },
		{ COLUMN_SHELF, "101年", "E_RANGE:shelf" },
		{ COLUMN_SHELF, "1.5年", "E_SHELF_FORMAT" },
		{ COLUMN_SHELF, "2 年", "" },
		{ COLUMN_WEIGHT, "1.2345kg", "E_WEIGHT_FORMAT" },
		{ COLUMN_WEIGHT, "1001kg", "E_WEIGHT_RANGE" },
		{ COLUMN_WEIGHT, "-5", "E_WEIGHT_RANGE" },
		{ COLUMN_WEIGHT, "5磅", "E_WEIGHT_FORMAT" },
		{ COLUMN_WEIGHT, "", "E_REQUIRED:weight" },
		{ COLUMN_BARCODE, "690123456789", "E_BARCODE_FORMAT" },
		{ COLUMN_BARCODE, "690123456789A", "E_BARCODE_FORMAT" },
		{ COLUMN_BARCODE, "6.9E12", "E_BARCODE_SCI" },
		{ COLUMN_BARCODE, "6 901234 567892", "" },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outcome outcome = outcome_of(fixture, cases[i].column, cases[i].cell);

		if (!text_is(outcome.reasons, cases[i].reasons))
			fail_msg("%s: %.*s, not %s", cases[i].cell, TEXT_FMT(outcome.reasons),
				 cases[i].reasons);
	}
}

static void words_are_understood(void **state)
{
	static const struct {
		enum import_column column;
		const char *cell, *means; /* or the fault */
	} cases[] = {
		{ COLUMN_COUNTY, "紫阳", "610924" },
		{ COLUMN_COUNTY, "610924", "610924" },
		{ COLUMN_COUNTY, "陕西紫阳", "610924" },
		{ COLUMN_COUNTY, "陕西省紫阳县", "610924" },
		{ COLUMN_COUNTY, "安康紫阳县", "610924" },
		{ COLUMN_COUNTY, "陕西省 / 安康市 / 紫阳县", "610924" },
		{ COLUMN_COUNTY, "陕西-安康-紫阳", "610924" },
		{ COLUMN_COUNTY, "宝鸡市紫阳县", "E_COUNTY_UNKNOWN" },
		{ COLUMN_COUNTY, "610928", "610981" },
		{ COLUMN_COUNTY, "旬阳", "610981" },
		{ COLUMN_COUNTY, "旬阳市", "610981" },
		{ COLUMN_COUNTY, "南郑县", "610703" },
		{ COLUMN_COUNTY, "耀县", "610204" },
		{ COLUMN_COUNTY, "洋县", "610723" },
		{ COLUMN_COUNTY, "洋", "E_COUNTY_UNKNOWN" },
		{ COLUMN_COUNTY, "紫阳市", "E_COUNTY_UNKNOWN" },
		{ COLUMN_COUNTY, "安康", "E_COUNTY_NOT_ELIGIBLE" },
		{ COLUMN_COUNTY, "陕西省安康市", "E_COUNTY_NOT_ELIGIBLE" },
		{ COLUMN_COUNTY, "陕西省", "E_COUNTY_NOT_ELIGIBLE" },
		{ COLUMN_COUNTY, "户县", "E_COUNTY_NOT_ELIGIBLE" },
		{ COLUMN_COUNTY, "成都市", "E_COUNTY_UNKNOWN" },
		{ COLUMN_CATEGORY, "茶叶 > 绿茶", "0401" },
		{ COLUMN_CATEGORY, "Green Tea", "0401" },
		{ COLUMN_CATEGORY, "403", "0403" },
		{ COLUMN_CATEGORY, "04", "E_CATEGORY_LEVEL" },
		{ COLUMN_CATEGORY, "4", "E_CATEGORY_LEVEL" },
		{ COLUMN_CATEGORY, "9999", "E_CATEGORY_UNKNOWN" },
		{ COLUMN_CATEGORY, "茶叶/", "E_CATEGORY_UNKNOWN" },
		{ COLUMN_CATEGORY, "土豆", "0206" },
		{ COLUMN_STORAGE, "冷藏", "冷藏" },
		{ COLUMN_STORAGE, "冷藏保存（0-4℃）", "冷藏" },
		{ COLUMN_STORAGE, "2—8 摄氏度", "冷藏" },
		{ COLUMN_STORAGE, "0℃～4℃", "冷藏" },
		{ COLUMN_STORAGE, "≤-18°C", "冷冻" },
		{ COLUMN_STORAGE, "室温避光", "常温" },
		{ COLUMN_STORAGE, "冷藏或冷冻", "E_STORAGE" },
		{ COLUMN_STORAGE, "请勿冷冻", "E_STORAGE" },
		{ COLUMN_STORAGE, "70℃", "E_STORAGE" },
		{ COLUMN_CERT, "", "" },
		{ COLUMN_CERT, "合格证，地标/绿标", "绿色食品、地理标志、达标合格证" },
		{ COLUMN_CERT, "有机、有机食品", "有机" },
		{ COLUMN_CERT, "有机、米其林", "E_CERT_UNKNOWN" },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outcome outcome = outcome_of(fixture, cases[i].column, cases[i].cell);
		const struct text *means[COLUMN_COUNT] = {
			[COLUMN_COUNTY] = &outcome.county,
			[COLUMN_CATEGORY] = &outcome.category,
			[COLUMN_STORAGE] = &outcome.storage,
			[COLUMN_CERT] = &outcome.certificates,
		};
		struct text got =
			outcome.reasons.size > 0 ? outcome.reasons : *means[cases[i].column];

		if (!text_is(got, cases[i].means))
			fail_msg("%s: %.*s, not %s", cases[i].cell, TEXT_FMT(got), cases[i].means);
	}
}

static void normalisation_is_told(void **state)
{
	static const struct {
		enum import_column column;
		const char *cell, *change;
	} cases[] = {
		{ COLUMN_SKU, "A-1", "" },
		{ COLUMN_SKU, " a-1", "[sku: a-1>A-1]" },
		{ COLUMN_NAME, "茶Ａ", "[name:茶Ａ>茶A]" },
		{ COLUMN_NAME, "'-1茶", "" },
		{ COLUMN_COUNTY, "紫阳", "[county:紫阳>紫阳县]" },
		{ COLUMN_CATEGORY, "0401", "[category:0401>绿茶]" },
		{ COLUMN_PRICE, "￥168元/盒", "[price:￥168元/盒>168.00]" },
		{ COLUMN_TIERS, "50：160；", "[tiers:50：160；>50:160.00]" },
		{ COLUMN_TIERS, "50:160.00", "" },
		{ COLUMN_MOQ, "", "" },
		{ COLUMN_MOQ, "01", "[moq:01>1]" },
		{ COLUMN_SHELF, "2年", "[shelf:2年>730]" },
		{ COLUMN_STORAGE, "阴凉处", "[storage:阴凉处>常温]" },
		{ COLUMN_WEIGHT, "6斤", "[weight:6斤>3000]" },
		{ COLUMN_CERT, "", "" },
		{ COLUMN_CERT, "/", "[cert:/>无]" },
		{ COLUMN_BARCODE, "无", "[barcode:无>]" },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct outcome outcome = outcome_of(fixture, cases[i].column, cases[i].cell);

		if (!text_is(outcome.change, cases[i].change))
			fail_msg("%s: %.*s, not %s", cases[i].cell, TEXT_FMT(outcome.change),
				 cases[i].change);
	}
}

/* ---- headers ---- */

/* Every record of @file, as one letter each: b t h s n for skipped ones, A accepted, R rejected. */
struct letters {
	char at[64];
	size_t count;
};

static enum err letter_add(void *context, const struct import_result *result)
{
	static const char skips[] = { [SKIP_NONE] = '?',   [SKIP_BLANK] = 'b', [SKIP_TITLE] = 't',
				      [SKIP_HEADER] = 'h', [SKIP_TOTAL] = 's', [SKIP_NOTE] = 'n' };
	struct letters *letters = context;

	assert_true(letters->count < sizeof(letters->at) - 1);
	if (result->verdict == IMPORT_SKIPPED)
		letters->at[letters->count++] = skips[result->skip];
	else
		letters->at[letters->count++] = result->verdict == IMPORT_ACCEPTED ? 'A' : 'R';
	return OK;
}

#define ENGLISH                                                                                    \
	"SKU,Name,County,Category,Spec,Unit,Price,Stock,Shelf life,Storage,Gross weight (g)\n"
#define TEA(sku) sku ",Tea,紫阳,0401,1,盒,9,9,9,常温,9\n"

static void headers_are_found(void **state)
{
	static const struct {
		const char *file, *letters;
		enum err e;
	} cases[] = {
		{ "", "", ERR_HEADER_MISSING },
		{ "a,b,c\n\n", "tb", ERR_HEADER_MISSING },
		{ "SKU,Name,County,Category\n" TEA("A1"), "tt", ERR_HEADER_MISSING },
		{ ENGLISH TEA("A1") TEA("A1") TEA("A2"), "hARA", OK },
		/* Columns in another order, with one in between that nobody knows. */
		{ "序号,Storage,*Name,SKU*,County,Category,Spec,Unit,Price（元）,Stock,Shelf "
		  "life,Weight\n"
		  "1,常温,Tea,A1,紫阳,0401,1,盒,9,9,9,9\n",
		  "hA", OK },
		/* A second header with other columns holds for what follows. */
		{ ENGLISH TEA("A1") "Name,SKU,County,Category,Spec,Unit,Price,Stock,Shelf,Storage,"
				    "Weight\n"
				    "Tea,A2,紫阳,0401,1,盒,9,9,9,常温,9\n",
		  "hAhA", OK },
		/* Kilograms are not grams: a header that says so is another header. */
		{ "SKU,Name,County,Category,Spec,Unit,Price,Stock,Shelf,Storage,Weight(kg)\n" TEA(
			  "A1"),
		  "hR", OK },
		{ ENGLISH " 合 计 ：,,,,,,9,9\nTotal,,,,,,9,9\n,,小计,,,,1\nnote\n,,,,,,,,,,,,,,\n",
		  "hsssnb", OK },
		{ ENGLISH "A1,Tea,紫阳,0401,1,盒,9,9,9,常温,9,,\u3000,\n", "hA", OK },
		{ ENGLISH "A1,Tea,紫阳,0401,1,盒,9,9,9,常温,9,,x\n", "hR", OK },
		/* The first of two columns of one name counts. */
		{ "SKU,Name,County,Category,Spec,Unit,Price,Stock,Shelf,Storage,Weight,单价\n"
		  "A1,Tea,紫阳,0401,1,盒,9,9,9,常温,9,bad\n",
		  "hA", OK },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct import_reader reader;
		struct letters letters = { { 0 }, 0 };

		assert_int_equal(
			import_file(fixture, text_of(cases[i].file), &reader, letter_add, &letters),
			cases[i].e);
		assert_string_equal(letters.at, cases[i].letters);
	}
}

static void cells_beyond_those_kept_are_faults(void **state)
{
	const struct fixture *fixture = *state;
	struct import_reader reader;
	struct letters letters = { { 0 }, 0 };
	struct buffer file = { 0 };

	buffer_add(&file, TEXT(ENGLISH "A1,Tea,紫阳,0401,1,盒,9,9,9,常温,9"));
	for (int i = 0; i < 100; i++)
		buffer_char(&file, ',');
	buffer_add(&file, TEXT("\nA2,Tea,紫阳,0401,1,盒,9,9,9,常温,9"));
	for (int i = 0; i < 100; i++)
		buffer_char(&file, ',');
	buffer_add(&file, TEXT("x\n"));
	assert_int_equal(import_file(fixture, buffer_text(&file), &reader, letter_add, &letters),
			 OK);
	assert_string_equal(letters.at, "hAR");
	buffer_free(&file);
}

/* ---- many rows, little memory ---- */

static enum err count_only(void *context, const struct import_result *result)
{
	(void)context;
	(void)result;
	return OK;
}

static void near_names_are_found(void **state)
{
	static const struct {
		bool county;
		const char *cell, *first; /* NULL: nothing is near */
	} cases[] = {
		{ true, "紫羊县", "紫阳县" },
		{ true, "紫阳乡", "紫阳县" },
		{ true, "石泉镇", "石泉县" },
		{ true, "周致县", "周至县" },
		{ true, "火星县", NULL },
		{ true, "县", NULL },
		{ true, "", NULL },
		{ true, "Atlantis", NULL },
		{ false, "绿荼", "绿茶" },
		{ false, "绿茶叶", "绿茶" },
		{ false, "gren tea", "绿茶" },
		{ false, "汽车配件", NULL },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct near_names found;

		if (cases[i].county)
			suggest_counties(&fixture->reference.counties, text_of(cases[i].cell),
					 &found);
		else
			suggest_categories(&fixture->reference.categories, text_of(cases[i].cell),
					   &found);
		bool right = cases[i].first ? found.count && text_is(found.names[0], cases[i].first)
					    : !found.count;
		if (!right)
			print_error("%s: %zu %.*s\n", cases[i].cell, found.count,
				    found.count ? (int)found.names[0].size : 0,
				    found.count ? found.names[0].at : "");
		assert_true(right);
		assert_true(found.count <= NEAR_NAMES_MAX);
		for (size_t k = 1; k < found.count; k++)
			assert_true(found.likeness[k - 1] >= found.likeness[k]);
	}
}

static void many_rows_are_one_pass(void **state)
{
	const struct fixture *fixture = *state;
	struct import_reader reader;
	struct buffer file = { 0 };

	buffer_add(&file, TEXT(ENGLISH));
	for (int i = 0; i < 40000; i++)
		buffer_print(&file, "P%d,Tea,紫阳,0401,1,盒,9,9,9,常温,9\n", i % 39999);
	assert_int_equal(import_file(fixture, buffer_text(&file), &reader, count_only, NULL), OK);
	assert_int_equal(reader.accepted_count, 39999);
	assert_int_equal(reader.rejected_count, 1);
	buffer_free(&file);
}

/* With ever more memory: ERR_MEMORY, until the decisions are those of plenty; never others. */
static void little_memory_changes_no_decision(void **state)
{
	const struct fixture *fixture = *state;
	const struct table *expected =
		table_read(fixture->arena, "tests/data/expected_results.csv");
	struct text file = data_read(fixture->arena, "tests/data/messy_catalogue.csv");
	bool done = false;
	int refused = 0;

	for (size_t ceiling = KIB(1); !done && ceiling < MIB(2); ceiling += 1021) {
		struct expectation expectation = { .table = expected,
						   .decision = "decision",
						   .reasons = "reasons" };
		struct arena *lasting = arena_new(MIB(8));
		struct arena *scratch = arena_new(ceiling);
		struct import_reader reader;
		enum err e = import_begin(&reader, &fixture->reference, lasting, scratch,
					  expect_result, &expectation);

		if (!e)
			e = csv_read(file, lasting, NULL, import_row, &reader);
		assert_true(e == OK || e == ERR_MEMORY);
		refused += e == ERR_MEMORY;
		done = e == OK;
		arena_free(scratch);
		arena_free(lasting);
	}
	assert_true(done && refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messy_file_is_decided),
		cmocka_unit_test(uploads_are_accepted),
		cmocka_unit_test(cells_are_judged),
		cmocka_unit_test(words_are_understood),
		cmocka_unit_test(normalisation_is_told),
		cmocka_unit_test(headers_are_found),
		cmocka_unit_test(cells_beyond_those_kept_are_faults),
		cmocka_unit_test(near_names_are_found),
		cmocka_unit_test(many_rows_are_one_pass),
		cmocka_unit_test(little_memory_changes_no_decision),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
