/*
 * The dry run: what each line would cost and whether it could be had, for up to 10,000 lines,
 * before anybody commits. Exact stock and current offers come from the database, terms from the
 * view wherever it holds the same offer.
 */
#include "ordering_private.h"

#include <stdlib.h>

/* A priced line as it is answered. */
struct priced_line {
	int64_t sku, quantity;
	int32_t status;
	int64_t offer; /* INT_NONE for unknown SKUs, as all below */
	struct text name, specification, sale_unit;
	struct id supplier;
	int64_t unit_price_fen, amount_fen, tax_fen, available, minimum, multiple;
	int64_t next_quantity, next_unit_price_fen,
		next_more; /* the next rung, and how much more reaches it */
};

struct supplier_sum {
	struct id supplier;
	int64_t line_count, amount_fen;
};

struct pricing {
	struct list wanted;    /* of struct submitted_line */
	struct list lines;     /* of struct priced_line */
	struct list suppliers; /* of struct supplier_sum */
	int64_t line_count, amount_fen, tax_fen;
	bool orderable; /* every line is ok */
};

static const struct field wanted_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(submitted_line, sku), .min = 1, .max = 99999999 },
	{ "quantity", KIND_INT, FIELD_AT(submitted_line, quantity), .min = 1, .max = QUANTITY_MAX },
};
static const struct field priced_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(priced_line, sku) },
	{ "quantity", KIND_INT, FIELD_AT(priced_line, quantity) },
	{ "status", KIND_WORD, FIELD_AT(priced_line, status), .words = line_status_words },
	{ "offer", KIND_INT, FIELD_AT(priced_line, offer), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(priced_line, name), .optional = true },
	{ "specification", KIND_TEXT, FIELD_AT(priced_line, specification), .optional = true },
	{ "sale_unit", KIND_TEXT, FIELD_AT(priced_line, sale_unit), .optional = true },
	{ "supplier", KIND_ID, FIELD_AT(priced_line, supplier), .optional = true },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(priced_line, unit_price_fen), .optional = true },
	{ "amount_fen", KIND_FEN, FIELD_AT(priced_line, amount_fen), .optional = true },
	{ "tax_fen", KIND_FEN, FIELD_AT(priced_line, tax_fen), .optional = true },
	{ "available", KIND_INT, FIELD_AT(priced_line, available), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(priced_line, minimum), .optional = true },
	{ "multiple", KIND_INT, FIELD_AT(priced_line, multiple), .optional = true },
	{ "next_quantity", KIND_INT, FIELD_AT(priced_line, next_quantity), .optional = true },
	{ "next_unit_price_fen", KIND_FEN, FIELD_AT(priced_line, next_unit_price_fen),
	  .optional = true },
	{ "next_more", KIND_INT, FIELD_AT(priced_line, next_more), .optional = true },
};
static const struct field sum_fields[] = {
	{ "supplier", KIND_ID, FIELD_AT(supplier_sum, supplier) },
	{ "line_count", KIND_INT, FIELD_AT(supplier_sum, line_count) },
	{ "amount_fen", KIND_FEN, FIELD_AT(supplier_sum, amount_fen) },
};
static const struct field pricing_fields[] = {
	{ "lines", KIND_LIST, FIELD_AT(pricing, wanted), .only = IN, .min = 1,
	  .max = ORDER_LINES_MAX, .of = wanted_fields, .of_count = COUNT_OF(wanted_fields),
	  .of_size = sizeof(struct submitted_line) },
	{ "lines", KIND_LIST, FIELD_AT(pricing, lines), .only = OUT, .of = priced_fields,
	  .of_count = COUNT_OF(priced_fields), .of_size = sizeof(struct priced_line) },
	{ "suppliers", KIND_LIST, FIELD_AT(pricing, suppliers), .only = OUT, .of = sum_fields,
	  .of_count = COUNT_OF(sum_fields), .of_size = sizeof(struct supplier_sum) },
	{ "line_count", KIND_INT, FIELD_AT(pricing, line_count), .only = OUT },
	{ "amount_fen", KIND_FEN, FIELD_AT(pricing, amount_fen), .only = OUT },
	{ "tax_fen", KIND_FEN, FIELD_AT(pricing, tax_fen), .only = OUT },
	{ "orderable", KIND_BOOL, FIELD_AT(pricing, orderable), .only = OUT },
};

static int stock_by_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/* Two lines of one SKU are one line of their sum; stock and current offers of all, in order of SKU.
 */
static enum err wanted_stock(struct req *rq, struct pricing *pricing, struct list *stocks)
{
	size_t count = 0;

	for (size_t i = 0; i < pricing->wanted.count; i++) {
		struct submitted_line *line = LIST_ITEM(pricing->wanted, struct submitted_line, i);

		line->offer = INT_NONE;
		line->position = (int64_t)i;
	}
	lines_sort_by_sku(&pricing->wanted);
	lines_merge(&pricing->wanted);
	int64_t *skus = arena_take(rq->arena, pricing->wanted.count * sizeof(*skus));
	if (!skus)
		return ERR_MEMORY;
	for (; count < pricing->wanted.count; count++)
		skus[count] = LIST_ITEM(pricing->wanted, struct submitted_line, count)->sku;
	enum err e = stock_read(rq->db, skus, count, rq->arena, stocks);
	if (!e && stocks->count)
		qsort(stocks->at, stocks->count, sizeof(struct stock), stock_by_sku);
	return e;
}

static const struct stock *stock_of(const struct list *stocks, int64_t sku)
{
	const struct stock key = { .sku = sku };

	if (!stocks->count)
		return NULL;
	return bsearch(&key, stocks->at, stocks->count, sizeof(key), stock_by_sku);
}

static void rung_above(struct priced_line *out, const struct submitted_line *line)
{
	const struct rung *next = ladder_next(&line->terms->ladder, line->quantity);

	if (!next)
		return;
	out->next_quantity = next->quantity;
	out->next_unit_price_fen = next->unit_price_fen;
	out->next_more = next->quantity - line->quantity;
}

static struct priced_line price(struct submitted_line *line, const struct stock *stock, int32_t day)
{
	struct priced_line out = {
		.sku = line->sku,
		.quantity = line->quantity,
		.offer = INT_NONE,
		.unit_price_fen = INT_NONE,
		.amount_fen = INT_NONE,
		.tax_fen = INT_NONE,
		.available = INT_NONE,
		.minimum = INT_NONE,
		.multiple = INT_NONE,
		.next_quantity = INT_NONE,
		.next_unit_price_fen = INT_NONE,
		.next_more = INT_NONE,
	};
	const struct terms *terms = line->terms;

	out.status = (int32_t)line_price(line, day);
	if (out.status == LINE_UNKNOWN || out.status == LINE_NOT_ON_SALE)
		return out;
	out.offer = terms->offer;
	out.name = terms->name;
	out.specification = terms->specification;
	out.sale_unit = terms->sale_unit;
	out.supplier = terms->supplier;
	out.minimum = terms->minimum;
	out.multiple = terms->multiple;
	out.unit_price_fen = line->unit_price_fen;
	out.available = stock ? stock->available : 0;
	rung_above(&out, line);
	if (out.status == LINE_OUT_OF_RANGE)
		return out;
	out.amount_fen = line->amount_fen;
	out.tax_fen = line->tax_fen;
	if (out.status == LINE_OK && out.available < line->quantity)
		out.status = LINE_SHORT;
	return out;
}

static enum err add_to_supplier(struct req *rq, struct pricing *pricing,
				const struct priced_line *line)
{
	struct supplier_sum *sum = NULL;

	for (size_t i = 0; !sum && i < pricing->suppliers.count; i++) {
		struct supplier_sum *known = LIST_ITEM(pricing->suppliers, struct supplier_sum, i);

		if (id_equal(known->supplier, line->supplier))
			sum = known;
	}
	if (!sum)
		sum = list_add(&pricing->suppliers, rq->arena, sizeof(*sum));
	if (!sum)
		return ERR_MEMORY;
	sum->supplier = line->supplier;
	sum->line_count++;
	return money_add(sum->amount_fen, line->amount_fen, &sum->amount_fen);
}

/* Sums are of the lines that could be ordered as they stand. */
static enum err add_line(struct req *rq, struct pricing *pricing, struct submitted_line *line,
			 const struct stock *stock)
{
	struct priced_line *out = list_add(&pricing->lines, rq->arena, sizeof(*out));

	if (!out)
		return ERR_MEMORY;
	*out = price(line, stock, day_of(rq->now));
	pricing->line_count++;
	if (out->status != LINE_OK) {
		pricing->orderable = false;
		return OK;
	}
	pricing->tax_fen += out->tax_fen;
	enum err e = money_add(pricing->amount_fen, out->amount_fen, &pricing->amount_fen);
	return e ? e : add_to_supplier(rq, pricing, out);
}

enum err post_order_pricing(struct req *rq)
{
	struct pricing pricing = { .orderable = true };
	struct list stocks = { 0 };

	enum err e = json_read(rq, pricing_fields, COUNT_OF(pricing_fields), &pricing);
	if (e)
		return e;
	e = wanted_stock(rq, &pricing, &stocks);
	if (e)
		return e;
	for (size_t i = 0; i < pricing.wanted.count; i++) {
		struct submitted_line *line = LIST_ITEM(pricing.wanted, struct submitted_line, i);
		const struct stock *stock = stock_of(&stocks, line->sku);

		line->offer = stock ? stock->offer : INT_NONE;
	}
	e = lines_resolve(rq->db, rq->view, rq->arena, &pricing.wanted);
	if (e)
		return e;
	lines_sort_by_position(&pricing.wanted);
	for (size_t i = 0; !e && i < pricing.wanted.count; i++) {
		struct submitted_line *line = LIST_ITEM(pricing.wanted, struct submitted_line, i);

		e = add_line(rq, &pricing, line, stock_of(&stocks, line->sku));
	}
	return e ? e : reply_fields(rq, pricing_fields, COUNT_OF(pricing_fields), &pricing);
}
