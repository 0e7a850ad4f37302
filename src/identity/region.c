/* Codes that counties had before they were renamed or raised: aliases of those they have. */
#include "xiangcai/identity.h"

static bool had_code(struct text former, struct text code)
{
	while (former.at) {
		if (text_equal(text_cut(&former, ';'), code))
			return true;
	}
	return false;
}

struct text county_code_today(const struct list *counties, struct text code)
{
	if (!code.size)
		return code;
	for (size_t i = 0; i < counties->count; i++)
		if (text_equal(LIST_ITEM(*counties, struct county, i)->code, code))
			return code;
	for (size_t i = 0; i < counties->count; i++) {
		const struct county *county = LIST_ITEM(*counties, struct county, i);

		if (had_code(county->former_codes, code))
			return county->code;
	}
	return code;
}
