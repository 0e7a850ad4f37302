/*
 * Approvals by which SKUs come over from other products: whether each still can, now that all that
 * it depends on is locked, and beside what else is approved in the same request. One that cannot is
 * refused alone.
 */
#include "product_draft.h"
#include "review_rows.h"

static struct decision *decision_on(const struct list *decisions, struct id revision)
{
	for (size_t i = 0; i < decisions->count; i++)
		if (id_equal(LIST_ITEM(*decisions, struct decision, i)->id, revision))
			return LIST_ITEM(*decisions, struct decision, i);
	return NULL;
}

static bool is_approved(const struct list *decisions, struct id product)
{
	for (size_t i = 0; i < decisions->count; i++) {
		const struct decision *decision = LIST_ITEM(*decisions, struct decision, i);

		if (!decision->outcome && decision->decision == DECISION_APPROVE &&
		    id_equal(decision->revision.product, product))
			return true;
	}
	return false;
}

/* The product that the SKU leaves has nothing else, nobody took its SKU before, and nothing of it
 * is approved beside. */
static bool may_join(const struct list *decisions, const struct list *joining, size_t index)
{
	const struct sku_joining *one = LIST_ITEM(*joining, struct sku_joining, index);

	for (size_t i = 0; i < index; i++)
		if (id_equal(LIST_ITEM(*joining, struct sku_joining, i)->from, one->from))
			return false;
	return one->siblings == 1 && !is_approved(decisions, one->from);
}

static void join_refuse(struct decision *decision, const struct sku_joining *one)
{
	char from[37];

	fail(decision->problems, ERR_CODE_ELSEWHERE,
	     problem_at(decision->problems, "/skus/%lld", (long long)one->sku),
	     ARG_TEXT(id_format(one->from, from)));
	if (!decision->outcome)
		decision->outcome = ERR_CONFLICT;
}

enum err joins_judge(struct tx *tx, struct list *decisions, const struct list *approved,
		     struct list *out)
{
	struct list all = { 0 };
	enum err e = skus_joining(tx, approved->at, approved->count, &all);

	for (size_t i = 0; i < all.count && !e; i++) {
		const struct sku_joining *one = LIST_ITEM(all, struct sku_joining, i);

		if (!may_join(decisions, &all, i))
			join_refuse(decision_on(decisions, one->revision), one);
	}
	for (size_t i = 0; i < all.count && !e; i++) {
		const struct sku_joining *one = LIST_ITEM(all, struct sku_joining, i);
		struct sku_joining *to;

		if (decision_on(decisions, one->revision)->outcome)
			continue;
		to = list_add(out, tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = *one;
	}
	return e;
}
