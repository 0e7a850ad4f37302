/*
 * What changes of stock and of prices have in common: the answer of an item, and the text that
 * people write beside a change. No I/O.
 */
#include "changes.h"

#include "goods_rules.h"

const struct field change_fault_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(change_fault, code) },
	{ "detail", KIND_TEXT, FIELD_AT(change_fault, detail) },
};
_Static_assert(COUNT_OF(change_fault_fields) == CHANGE_FAULT_FIELD_COUNT, "as the face says");

bool words_are_sound(struct text t)
{
	return !text_holds_markup(t) && !text_holds_replacement(t);
}

enum err change_faults(const struct problems *problems, enum language language, struct arena *arena,
		       struct list *out)
{
	struct buffer sentence = { .max = KIB(4) };
	enum err e = OK;

	*out = (struct list){ 0 };
	for (size_t i = 0; i < problems->items.count && !e; i++) {
		const struct problem *problem = LIST_ITEM(problems->items, struct problem, i);
		struct change_fault *fault = list_add(out, arena, sizeof(*fault));

		sentence.size = 0;
		problem_sentence(problem, language, &sentence);
		if (!fault || sentence.failed)
			e = ERR_MEMORY;
		else
			*fault = (struct change_fault){
				.code = text_of(err_info(problem->code)->code),
				.detail = arena_text(arena, buffer_text(&sentence)),
			};
		if (!e && !fault->detail.at)
			e = ERR_MEMORY;
	}
	buffer_free(&sentence);
	return e;
}

size_t own_sku_place(const struct list *skus, struct text code)
{
	size_t from = 0, to = skus->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct own_sku *sku = LIST_ITEM(*skus, struct own_sku, middle);
		int order = text_compare(code, sku->code);

		if (!order)
			return middle;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return skus->count;
}
