/* The list of failures as a table. */
#include "xiangcai/base.h"

static const struct err_info rows[] = {
	[OK] = { "OK", 200, "", { "成功", "done" } },
#define ERR(name, status, slug, zh, en) [ERR_##name] = { "E_" #name, status, slug, { zh, en } },
#include "xiangcai/err.def"
#undef ERR
};
_Static_assert(COUNT_OF(rows) == ERR_COUNT, "every failure has its row");

const struct err_info *err_info(enum err e)
{
	assert((unsigned)e < ERR_COUNT);
	return &rows[e];
}

enum err err_named(struct text code)
{
	for (int e = OK + 1; e < ERR_COUNT; e++)
		if (text_is(code, rows[e].code))
			return (enum err)e;
	return ERR_INTERNAL;
}
