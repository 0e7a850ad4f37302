/*
 * How often SKUs were bought of late: a table by number, open addressing, which only the builder
 * touches. Numbers are spread by multiplication (Knuth, The Art of Computer Programming 3, 6.4).
 */
#include "view.h"

enum { SALES_FIRST = 1024 };

static size_t slot_of(const struct sales *sales, uint32_t sku)
{
	size_t at = (sku * UINT32_C(2654435769)) & (sales->room - 1);

	while (sales->skus[at] && sales->skus[at] != sku)
		at = (at + 1) & (sales->room - 1);
	return at;
}

static enum err grow(struct sales *sales)
{
	struct sales larger = { .room = sales->room ? 2 * sales->room : SALES_FIRST };

	larger.skus = memory_take(larger.room * sizeof(*larger.skus));
	larger.pieces = memory_take(larger.room * sizeof(*larger.pieces));
	if (!larger.skus || !larger.pieces) {
		sales_free(&larger);
		return ERR_MEMORY;
	}
	for (size_t i = 0; i < sales->room; i++) {
		if (!sales->skus[i])
			continue;
		size_t at = slot_of(&larger, sales->skus[i]);

		larger.skus[at] = sales->skus[i];
		larger.pieces[at] = sales->pieces[i];
	}
	larger.count = sales->count;
	sales_free(sales);
	*sales = larger;
	return OK;
}

enum err sales_add(struct sales *sales, int64_t sku, int64_t pieces)
{
	if (2 * (sales->count + 1) > sales->room) {
		enum err e = grow(sales);

		if (e)
			return e;
	}
	size_t at = slot_of(sales, (uint32_t)sku);
	int64_t sum = (int64_t)sales->pieces[at] + pieces;

	sales->count += !sales->skus[at];
	sales->skus[at] = (uint32_t)sku;
	sales->pieces[at] = sum < 0 ? 0 : sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
	return OK;
}

uint32_t sales_of(const struct sales *sales, int64_t sku)
{
	if (!sales || !sales->room)
		return 0;
	size_t at = slot_of(sales, (uint32_t)sku);
	return sales->skus[at] ? sales->pieces[at] : 0;
}

void sales_free(struct sales *sales)
{
	memory_free(sales->skus);
	memory_free(sales->pieces);
	*sales = (struct sales){ 0 };
}
