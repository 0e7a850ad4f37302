/*
 * Accepted rows of a file wait for the end of its reading: 100,000 of them, so each is kept as one
 * run of bytes, numbers first and then every text behind its length.
 */
#include "publishing.h"

#include <string.h>

#define ROW_AT(member) FIELD_AT(catalogue_row, member)
static const size_t texts[] = {
	ROW_AT(code),          ROW_AT(name),      ROW_AT(county),       ROW_AT(category),
	ROW_AT(specification), ROW_AT(sale_unit), ROW_AT(storage),      ROW_AT(certificates),
	ROW_AT(barcode),       ROW_AT(remark),    ROW_AT(brand),        ROW_AT(producer),
	ROW_AT(origin),        ROW_AT(farmers),   ROW_AT(price_reason),
};

/* What is not text; the rungs stand behind it. */
struct numbers {
	int64_t record, minimum, multiple, stock, weight_g, vat_rate, households;
	uint32_t said;
	int32_t shelf_days, vat_kind;
	uint32_t rung_count;
};

static struct text text_at(const struct catalogue_row *row, size_t i)
{
	return *(const struct text *)(const void *)((const char *)row + texts[i]);
}

static size_t packed_size(const struct catalogue_row *row)
{
	size_t size = sizeof(struct numbers) + row->ladder.count * sizeof(struct rung);

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		size += sizeof(uint16_t) + text_at(row, i).size;
	return size;
}

struct text row_pack(const struct catalogue_row *row, struct arena *arena)
{
	const struct numbers numbers = {
		.record = row->record,
		.minimum = row->minimum,
		.multiple = row->multiple,
		.stock = row->stock,
		.weight_g = row->weight_g,
		.vat_rate = row->vat_rate,
		.households = row->households,
		.said = row->said,
		.shelf_days = row->shelf_days,
		.vat_kind = row->vat_kind,
		.rung_count = (uint32_t)row->ladder.count,
	};
	size_t size = packed_size(row), rungs = row->ladder.count * sizeof(struct rung);
	char *packed = arena_take(arena, size), *at = packed;

	if (!packed)
		return NO_TEXT;
	memcpy(at, &numbers, sizeof(numbers));
	at += sizeof(numbers);
	memcpy(at, row->ladder.rungs, rungs);
	at += rungs;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct text t = text_at(row, i);
		uint16_t length = (uint16_t)t.size;

		assert(t.size <= UINT16_MAX);
		memcpy(at, &length, sizeof(length));
		at += sizeof(length);
		if (t.size)
			memcpy(at, t.at, t.size);
		at += t.size;
	}
	return (struct text){ packed, size };
}

void row_unpack(struct text packed, struct catalogue_row *out)
{
	struct numbers numbers;
	const char *at = packed.at;

	memcpy(&numbers, at, sizeof(numbers));
	at += sizeof(numbers);
	*out = (struct catalogue_row){
		.record = numbers.record,
		.said = numbers.said,
		.minimum = numbers.minimum,
		.multiple = numbers.multiple,
		.stock = numbers.stock,
		.weight_g = numbers.weight_g,
		.vat_rate = numbers.vat_rate,
		.households = numbers.households,
		.shelf_days = numbers.shelf_days,
		.vat_kind = numbers.vat_kind,
		.ladder.count = numbers.rung_count,
	};
	memcpy(out->ladder.rungs, at, numbers.rung_count * sizeof(struct rung));
	at += numbers.rung_count * sizeof(struct rung);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		uint16_t length;

		memcpy(&length, at, sizeof(length));
		at += sizeof(length);
		*(struct text *)(void *)((char *)out + texts[i]) = (struct text){ at, length };
		at += length;
	}
	assert(at == packed.at + packed.size);
}

size_t publication_count(const struct publication *publication)
{
	return publication->packed.count ? publication->packed.count : publication->rows.count;
}

void publication_row(const struct publication *publication, size_t i, struct catalogue_row *out)
{
	if (publication->packed.count)
		row_unpack(*LIST_ITEM(publication->packed, struct text, i), out);
	else
		*out = *LIST_ITEM(publication->rows, struct catalogue_row, i);
}
