/* What is shown of phones, names and account numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/identity.h"

static void shows_little(void **state)
{
	static const struct {
		struct text (*mask)(struct arena *, struct text);
		const char *plain, *shown;
	} cases[] = {
		{ mask_phone, "13812341234", "138****1234" },
		{ mask_phone, "+8613812341234", "+86****1234" },
		{ mask_phone, "0731-88880018", "073****0018" },
		{ mask_phone, "88880018", "****18" },
		{ mask_phone, "110", "****" },
		{ mask_phone, "", "****" },
		{ mask_name, "张三", "张**" },
		{ mask_name, "欧阳小明", "欧**" },
		{ mask_name, "𠮷田", "𠮷**" },
		{ mask_name, "Li", "L**" },
		{ mask_name, "", "**" },
		{ mask_account, "6100123412340018", "6100 **** 0018" },
		{ mask_account, "610012340018", "6100 **** 0018" },
		{ mask_account, "61001234001", "**** 01" },
		{ mask_account, "61001234", "**** 34" },
		{ mask_account, "6100", "**** " },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text shown = cases[i].mask(arena, text_of(cases[i].plain));

		assert_non_null(shown.at);
		if (!text_is(shown, cases[i].shown))
			print_error("%s is shown as %s\n", cases[i].plain, shown.at);
		assert_true(text_is(shown, cases[i].shown));
		assert_null(cases[i].mask(arena, NO_TEXT).at);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shows_little) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
