/*
 * Rows of products that have several SKUs. Each row repeats what it says of the product, and a file
 * in which they contradict each other says nothing certain: all rows that differ from the first one
 * are rejected, and the first with them, each naming the other by its record.
 */
#include "publishing.h"

#include <stdlib.h>

/* An accepted row and what was normalised in it, kept until the end of the reading. */
struct sibling {
	int32_t product; /* which of them, by number */
	struct text packed;
	uint32_t said;        /* columns that its header had */
	struct sibling *next; /* of those that the rows of the product are held against */
	struct list changes;  /* of struct import_change */
	uint32_t columns;     /* in which it contradicts the row of record @other */
	int64_t other;
};
struct siblings {
	struct arena *arena;
	struct names codes; /* → number of the product */
	size_t product_count;
	struct list rows; /* of struct sibling */
};

static int by_product(const void *a, const void *b)
{
	const struct sibling_sku *x = a, *y = b;

	return id_compare(x->product, y->product);
}

enum err siblings_read(struct db *db, struct arena *arena, struct id supplier,
		       struct siblings **out)
{
	struct siblings *siblings = arena_take(arena, sizeof(*siblings));
	struct list skus = { 0 };
	enum err e = siblings ? sibling_skus(db, supplier, arena, &skus) : ERR_MEMORY;
	int32_t product = 0;

	if (e)
		return e;
	siblings->arena = arena;
	names_begin(&siblings->codes, arena);
	if (skus.count)
		qsort(skus.at, skus.count, sizeof(struct sibling_sku), by_product);
	for (size_t i = 0; i < skus.count && !e; i++) {
		const struct sibling_sku *sku = LIST_ITEM(skus, struct sibling_sku, i);

		product += i && !id_equal(sku->product, sku[-1].product);
		e = names_put(&siblings->codes, sku->code, product);
	}
	siblings->product_count = (size_t)product + 1;
	*out = siblings;
	return e;
}

bool siblings_has(const struct siblings *siblings, struct text code)
{
	return names_get(&siblings->codes, code) >= 0;
}

static enum err changes_copy(struct arena *arena, const struct list *from, struct list *to)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct import_change *change = LIST_ITEM(*from, struct import_change, i);
		struct import_change *copy = list_add(to, arena, sizeof(*copy));

		if (!copy)
			return ERR_MEMORY;
		*copy = (struct import_change){ arena_text(arena, change->column),
						arena_text(arena, change->from),
						arena_text(arena, change->to) };
	}
	return OK;
}

enum err siblings_add(struct siblings *siblings, const struct import_result *result)
{
	struct arena *arena = siblings->arena;
	struct sibling *sibling = list_add(&siblings->rows, arena, sizeof(*sibling));

	if (!sibling)
		return ERR_MEMORY;
	sibling->product = names_get(&siblings->codes, result->row.code);
	sibling->said = result->row.said;
	sibling->packed = row_pack(&result->row, arena);
	return sibling->packed.at ? changes_copy(arena, &result->changes, &sibling->changes)
				  : ERR_MEMORY;
}

/* Holds a row against one before it. */
static void judge(struct sibling *row, struct sibling *first, struct arena *scratch)
{
	struct catalogue_row a, b;
	uint32_t columns;

	arena_reset(scratch);
	row_unpack(row->packed, &a);
	row_unpack(first->packed, &b);
	columns = rows_differ(&a, &b, scratch) & columns_of(OF_PRODUCT) & a.said & b.said;
	if (!columns)
		return;
	if (!row->columns)
		row->other = b.record;
	row->columns |= columns;
	if (!first->columns) {
		first->columns = columns;
		first->other = a.record;
	}
}

/* Against the first row of its product, and each that said by another header what none did before
 * it; it may be such a one itself. */
static void judge_row(struct sibling *row, struct sibling **firsts, struct arena *scratch)
{
	struct sibling **end = firsts;
	uint32_t said = 0;

	for (; *end; end = &(*end)->next) {
		judge(row, *end, scratch);
		said |= (*end)->said;
	}
	if (row->said & ~said & columns_of(OF_PRODUCT))
		*end = row;
}

/* The decision on a row; a fault for each column in which the two differ. */
static enum err decide(const struct sibling *sibling, const struct import_reference *reference,
		       struct arena *scratch, struct import_result *out)
{
	arena_reset(scratch);
	*out = (struct import_result){ .verdict = IMPORT_ACCEPTED, .changes = sibling->changes };
	row_unpack(sibling->packed, &out->row);
	out->record = out->row.record;
	out->problems.arena = scratch;
	if (!sibling->columns)
		return OK;
	out->verdict = IMPORT_REJECTED;
	int64_t low = out->record < sibling->other ? out->record : sibling->other;
	int64_t high = out->record < sibling->other ? sibling->other : out->record;
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if (!(sibling->columns & COLUMN_BIT(i)))
			continue;
		out->cells[i] = row_cell(&out->row, (enum import_column)i, reference, scratch);
		problem_add(&out->problems, ERR_ROWS_DISAGREE,
			    (const struct arg[]){ ARG_TEXT(text_of(import_column_words[i])),
						  ARG_INT(low), ARG_INT(high), ARG_END });
		if (!out->cells[i].at)
			return ERR_MEMORY;
	}
	return out->problems.items.count ? OK : ERR_MEMORY;
}

enum err siblings_judge(struct siblings *siblings, const struct import_reference *reference,
			struct arena *scratch, import_result_fn *fn, void *context)
{
	struct sibling **first =
		arena_take(siblings->arena, siblings->product_count * sizeof(struct sibling *));
	struct import_result result;
	enum err e = first ? OK : ERR_MEMORY;

	for (size_t i = 0; i < siblings->rows.count && !e; i++) {
		struct sibling *row = LIST_ITEM(siblings->rows, struct sibling, i);

		judge_row(row, &first[row->product], scratch);
	}
	for (size_t i = 0; i < siblings->rows.count && !e; i++) {
		e = decide(LIST_ITEM(siblings->rows, struct sibling, i), reference, scratch,
			   &result);
		if (!e)
			e = fn(context, &result);
	}
	return e;
}
