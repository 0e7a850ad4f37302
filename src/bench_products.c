/*
 * Goods for measurements: published by the function behind imports, with names that are searched
 * like real ones, spread over suppliers in blocks, so that neighbours by number are goods of one
 * supplier.
 */
#include "bench.h"

enum { PRODUCTS_A_SUPPLIER = 20 };

static const struct kind_of_good {
	const char *name, *category, *unit, *specification;
	int64_t fen;
} kinds[] = {
	{ "富硒绿茶", "0401", "盒", "250g×2罐", 16800 },
	{ "手工挂面", "0104", "箱", "1kg×6把", 5980 },
	{ "紫阳毛尖", "0401", "盒", "100g×4罐", 23800 },
	{ "秦岭土蜂蜜", "1001", "瓶", "500g", 6900 },
	{ "薄皮核桃", "0602", "袋", "1kg", 4980 },
	{ "有机小米", "0201", "袋", "2.5kg", 3960 },
	{ "浓香菜籽油", "0105", "桶", "5L", 9800 },
	{ "秦巴黑木耳", "0301", "袋", "500g", 5600 },
	{ "洛川苹果", "0501", "箱", "5kg", 7800 },
	{ "魔芋面", "0703", "箱", "270g×10袋", 4500 },
};

static struct text grade_of(size_t number)
{
	static const char *const grades[] = { "特级", "一级", "精选", "家庭装", "礼盒" };

	return text_of(grades[number % COUNT_OF(grades)]);
}

static bool row_fill(struct arena *arena, const struct bench_supplier *supplier, size_t number,
		     struct catalogue_row *row)
{
	const struct kind_of_good *kind = &kinds[number % COUNT_OF(kinds)];

	*row = (struct catalogue_row){
		.record = (int64_t)number + 1,
		.code = arena_print(arena, "BENCH-%06zu", number),
		.name = arena_print(arena, "%s（%.*s%zu号）", kind->name,
				    TEXT_FMT(grade_of(number)), number % 97),
		.county = supplier->county,
		.category = text_of(kind->category),
		.specification = text_of(kind->specification),
		.sale_unit = text_of(kind->unit),
		.ladder = { .rungs = { { 1, kind->fen + (int64_t)(number % 89) * 10 } },
			    .count = 1 },
		.minimum = 1,
		.multiple = 1,
		.stock = BENCH_STOCK,
		.shelf_days = 360,
		.storage = TEXT("常温"),
		.weight_g = 1000,
		.certificates = TEXT(""),
		.barcode = TEXT(""),
		.remark = TEXT(""),
		.vat_kind = VAT_TAXED,
		.vat_rate = 9,
	};
	return row->code.at && row->name.at;
}

static enum err publish(struct step *step, const struct bench_supplier *supplier, size_t first,
			size_t count)
{
	struct publication publication = { .supplier = supplier->id, .approved = true };

	for (size_t i = 0; i < count; i++) {
		struct catalogue_row *row = list_add(&publication.rows, step->arena, sizeof(*row));

		if (!row || !row_fill(step->arena, supplier, first + i, row))
			return ERR_MEMORY;
	}
	step->actor = (struct actor){ .organisation = supplier->id };
	struct text key = arena_print(step->arena, "bench-products-%zu", first);
	return key.at ? run_step(step, key, catalogue_publish, &publication, NULL) : ERR_MEMORY;
}

/* As many suppliers as there are blocks; the last ones get more when there are not enough. */
enum err bench_products_run(struct step *step, const struct bench_products *wanted)
{
	size_t count = (size_t)wanted->count, done = 0;
	struct list suppliers = { 0 };
	enum err e = bench_suppliers_read(step->db, step->arena, &suppliers);

	if (!e && !suppliers.count)
		e = ERR_NOT_FOUND;
	for (size_t block = 0; !e && done < count; block++) {
		size_t part =
			count - done < PRODUCTS_A_SUPPLIER ? count - done : PRODUCTS_A_SUPPLIER;

		e = publish(step,
			    LIST_ITEM(suppliers, struct bench_supplier, block % suppliers.count),
			    done, part);
		done += part;
	}
	return e;
}
