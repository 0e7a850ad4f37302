/*
 * Rules of reporting without I/O: what a measure is made of, how days fall into months.
 */
#include "reporting_private.h"

const char *const by_words[] = { "county", "supplier", "unit", "month", NULL };
_Static_assert(COUNT_OF(by_words) == BY_COUNT + 1, "every dimension has its word");
const char *const report_measure_words[] = { "ordered",  "confirmed", "shipped",      "accepted",
					     "returned", "settled",   "net_accepted", NULL };
_Static_assert(COUNT_OF(report_measure_words) == REPORT_MEASURE_COUNT + 1,
	       "every measure has its word");

static const struct measures measure_table[] = {
	[REPORT_ORDERED] = { MEASURE_ORDERED, MEASURE_ORDERED },
	[REPORT_CONFIRMED] = { MEASURE_CONFIRMED, MEASURE_CONFIRMED },
	[REPORT_SHIPPED] = { MEASURE_SHIPPED, MEASURE_SHIPPED },
	[REPORT_ACCEPTED] = { MEASURE_ACCEPTED, MEASURE_ACCEPTED },
	[REPORT_RETURNED] = { MEASURE_RETURNED, MEASURE_RETURNED },
	[REPORT_SETTLED] = { MEASURE_SETTLED, MEASURE_SETTLED },
	[REPORT_NET_ACCEPTED] = { MEASURE_ACCEPTED, MEASURE_RETURNED },
};
_Static_assert(COUNT_OF(measure_table) == REPORT_MEASURE_COUNT, "every measure has its movements");

struct measures measures_of(enum report_measure measure)
{
	assert(measure < REPORT_MEASURE_COUNT);
	return measure_table[measure];
}

struct periods periods_of(int32_t from, int32_t to)
{
	int32_t first = month_first(from) == from ? from : month_last(from) + 1;
	int32_t last = month_last(to) == to ? to : month_first(to) - 1;

	/* no whole month inside: all days stand in the head */
	if (first > last)
		return (struct periods){ .head_first = from,
					 .head_last = to,
					 .month_first = 1,
					 .month_last = 0,
					 .tail_first = 1,
					 .tail_last = 0 };
	return (struct periods){ .head_first = from,
				 .head_last = first - 1,
				 .month_first = first,
				 .month_last = last,
				 .tail_first = last + 1,
				 .tail_last = to };
}

bool definition_days(const struct definition *definition, struct arena *arena, int32_t *from,
		     int32_t *to)
{
	int32_t first;

	*from = definition->from;
	*to = definition->to;
	if (definition->by != BY_MONTH || !definition->key.at)
		return true;
	if (!day_parse(arena_print(arena, "%.*s-01", TEXT_FMT(definition->key)), &first))
		return false;
	if (*from < first)
		*from = first;
	if (*to > month_last(first))
		*to = month_last(first);
	return true;
}
