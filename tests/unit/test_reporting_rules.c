/*
 * Rules of reporting: days as months between days, held against counting day by day; passports,
 * which open to what they were made of and to nothing else; who may open which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/reporting/reporting_private.h"

static struct arena *arena;
static struct keys *keys, *other_keys;
static char directories[2][64];

static struct keys *keys_of(char directory[64])
{
	char why[128] = "";

	snprintf(directory, 64, "/tmp/xiangcai-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return keys_load(directory, why);
}

static int begin(void **state)
{
	(void)state;
	arena = arena_new(0);
	keys = keys_of(directories[0]);
	other_keys = keys_of(directories[1]);
	return arena && keys && other_keys ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	keys_free(keys);
	keys_free(other_keys);
	for (size_t i = 0; i < COUNT_OF(directories); i++)
		nftw(directories[i], remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* ---- measures and periods ---- */

static void measures(void **state)
{
	static const struct {
		const char *word;
		enum measure first, second;
	} cases[REPORT_MEASURE_COUNT] = {
		[REPORT_ORDERED] = { "ordered", MEASURE_ORDERED, MEASURE_ORDERED },
		[REPORT_CONFIRMED] = { "confirmed", MEASURE_CONFIRMED, MEASURE_CONFIRMED },
		[REPORT_SHIPPED] = { "shipped", MEASURE_SHIPPED, MEASURE_SHIPPED },
		[REPORT_ACCEPTED] = { "accepted", MEASURE_ACCEPTED, MEASURE_ACCEPTED },
		[REPORT_RETURNED] = { "returned", MEASURE_RETURNED, MEASURE_RETURNED },
		[REPORT_SETTLED] = { "settled", MEASURE_SETTLED, MEASURE_SETTLED },
		[REPORT_NET_ACCEPTED] = { "net_accepted", MEASURE_ACCEPTED, MEASURE_RETURNED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct measures of = measures_of((enum report_measure)i);

		assert_string_equal(word_of(report_measure_words, (int)i), cases[i].word);
		assert_int_equal(of.first, cases[i].first);
		assert_int_equal(of.second, cases[i].second);
	}
}

static bool within(int32_t day, int32_t first, int32_t last)
{
	return first <= day && day <= last;
}

/*
 * Counts how often the periods take in @day: a day's row when it is in head or tail, a month's row
 * when the first of its month is in the months. The roll-ups are asked exactly so.
 */
static int taken(const struct periods *p, int32_t day)
{
	int32_t month = month_first(day);

	return within(day, p->head_first, p->head_last) + within(day, p->tail_first, p->tail_last) +
	       within(month, p->month_first, p->month_last);
}

static void assert_periods(int32_t from, int32_t to)
{
	struct periods p = periods_of(from, to);
	int32_t days = 0;

	for (int32_t day = from - 40; day <= to + 40; day++)
		if (taken(&p, day) != within(day, from, to)) {
			char a[11], b[11], c[11];

			day_format(from, a);
			day_format(to, b);
			day_format(day, c);
			print_error("%s..%s: %s is taken %d times\n", a, b, c, taken(&p, day));
			assert_int_equal(taken(&p, day), within(day, from, to));
		}
	/* months are used where there are any: at most 30 days before, 30 behind */
	days += p.head_last >= p.head_first ? p.head_last - p.head_first + 1 : 0;
	days += p.tail_last >= p.tail_first ? p.tail_last - p.tail_first + 1 : 0;
	assert_true(days <= 60);
	if (p.month_first <= p.month_last) {
		assert_int_equal(month_first(p.month_first), p.month_first);
		assert_int_equal(month_last(p.month_last), p.month_last);
	}
}

static void every_range_of_days(void **state)
{
	int32_t first = day_make(2023, 11, 20), last = day_make(2024, 5, 2); /* a leap year */

	(void)state;
	for (int32_t from = first; from <= last; from++)
		for (int32_t to = from; to <= last; to++)
			assert_periods(from, to);
	assert_periods(day_make(2026, 1, 1), day_make(2026, 12, 31));
	assert_periods(day_make(2026, 1, 1), day_make(2026, 11, 22));
	assert_periods(day_make(2022, 3, 17), day_make(2026, 11, 22));
	assert_periods(day_make(2000, 1, 1), day_make(2099, 12, 31));
	assert_periods(day_make(2025, 2, 1), day_make(2025, 2, 28));
	assert_periods(day_make(2025, 2, 2), day_make(2025, 2, 28));
	assert_periods(day_make(2025, 2, 1), day_make(2025, 2, 27));
	assert_periods(day_make(1999, 12, 31), day_make(2000, 1, 1));
}

static void days_of_a_definition(void **state)
{
	static const struct {
		enum by by;
		const char *key;
		int32_t from[3], to[3];
		int32_t first[3], last[3]; /* month 0: refused */
	} cases[] = {
		{ BY_MONTH, NULL, { 2026, 1, 5 }, { 2026, 3, 9 }, { 2026, 1, 5 }, { 2026, 3, 9 } },
		{ BY_MONTH,
		  "2026-01",
		  { 2026, 1, 5 },
		  { 2026, 3, 9 },
		  { 2026, 1, 5 },
		  { 2026, 1, 31 } },
		{ BY_MONTH,
		  "2026-02",
		  { 2026, 1, 5 },
		  { 2026, 3, 9 },
		  { 2026, 2, 1 },
		  { 2026, 2, 28 } },
		{ BY_MONTH,
		  "2026-03",
		  { 2026, 1, 5 },
		  { 2026, 3, 9 },
		  { 2026, 3, 1 },
		  { 2026, 3, 9 } },
		{ BY_MONTH, "2026-13", { 2026, 1, 5 }, { 2026, 3, 9 }, { 0 }, { 0 } },
		{ BY_MONTH, "2026-1", { 2026, 1, 5 }, { 2026, 3, 9 }, { 0 }, { 0 } },
		{ BY_MONTH, "", { 2026, 1, 5 }, { 2026, 3, 9 }, { 0 }, { 0 } },
		{ BY_COUNTY,
		  "610924",
		  { 2026, 1, 5 },
		  { 2026, 3, 9 },
		  { 2026, 1, 5 },
		  { 2026, 3, 9 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct definition definition = {
			.by = (int32_t)cases[i].by,
			.key = text_of(cases[i].key),
			.from = day_make(cases[i].from[0], cases[i].from[1], cases[i].from[2]),
			.to = day_make(cases[i].to[0], cases[i].to[1], cases[i].to[2]),
		};
		int32_t from, to;
		bool ok = definition_days(&definition, arena, &from, &to);

		assert_int_equal(ok, cases[i].first[1] != 0);
		if (!ok)
			continue;
		assert_int_equal(from,
				 day_make(cases[i].first[0], cases[i].first[1], cases[i].first[2]));
		assert_int_equal(to,
				 day_make(cases[i].last[0], cases[i].last[1], cases[i].last[2]));
	}
}

/* ---- passports ---- */

static struct scope county_scope(const char *county)
{
	struct scope scope = { .kind = SCOPE_COUNTY };

	memcpy(scope.county, county, sizeof(scope.county));
	return scope;
}

static struct scope subtree_scope(enum hierarchy hierarchy, uint8_t root)
{
	return (struct scope){ .kind = SCOPE_HIERARCHY,
			       .hierarchy = (int32_t)hierarchy,
			       .root = { { root } } };
}

enum { DEFINITIONS = 3 * BY_COUNT * 2 };

/* Definitions of every kind: each dimension, with and without a key, in each kind of scope. */
static struct definition definition_of(size_t i)
{
	static const char *const texts[BY_COUNT] = {
		[BY_COUNTY] = "610924",
		[BY_SUPPLIER] = "019f0000-0000-7000-8000-000000000001",
		[BY_UNIT] = "019f0000-0000-7000-8000-000000000002",
		[BY_MONTH] = "2026-10",
	};
	size_t scope = i / (BY_COUNT * 2);
	int32_t by = (int32_t)(i / 2 % BY_COUNT);

	return (struct definition){
		.measure = (int32_t)(i % REPORT_MEASURE_COUNT),
		.by = by,
		.key = i % 2 ? text_of(texts[by]) : NO_TEXT,
		.from = day_make(2022, 3, 17),
		.to = day_make(2026, 11, (int)(1 + i)),
		.channel = i % 4 == 3 ? SMALL_NONE : (int32_t)(i % 4),
		.scope = scope == 0   ? (struct scope){ .kind = SCOPE_PLATFORM }
			 : scope == 1 ? county_scope("610924")
				      : subtree_scope(HIERARCHY_STATE_ASSETS, 9),
		.position = (int64_t)i * 1234567,
	};
}

static void assert_same(const struct definition *a, const struct definition *b)
{
	assert_int_equal(a->measure, b->measure);
	assert_int_equal(a->by, b->by);
	assert_true(text_equal(a->key, b->key));
	assert_int_equal(!a->key.at, !b->key.at);
	assert_int_equal(a->from, b->from);
	assert_int_equal(a->to, b->to);
	assert_int_equal(a->channel, b->channel);
	assert_int_equal(a->position, b->position);
	assert_memory_equal(&a->scope, &b->scope, sizeof(a->scope));
}

static void passports_open_to_what_they_were_made_of(void **state)
{
	struct text made[DEFINITIONS];

	(void)state;
	for (size_t i = 0; i < DEFINITIONS; i++) {
		struct definition definition = definition_of(i), opened;

		made[i] = passport_make(keys, &definition, arena);
		assert_non_null(made[i].at);
		assert_true(made[i].size <= 400);
		assert_int_equal(passport_open(keys, made[i], arena, &opened), OK);
		assert_same(&opened, &definition);
		assert_true(text_equal(passport_make(keys, &opened, arena), made[i]));
		for (size_t k = 0; k < i; k++)
			assert_false(text_equal(made[i], made[k]));
		assert_int_equal(passport_open(other_keys, made[i], arena, &opened), ERR_PASSPORT);
	}
}

/* Every byte of it set to every other value. */
static void no_byte_can_be_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < DEFINITIONS; i += 5) {
		struct definition definition = definition_of(i), opened;
		struct text made = passport_make(keys, &definition, arena);
		char *bytes = arena_string(arena, made);

		for (size_t at = 0; at < made.size; at++) {
			char right = bytes[at];

			for (int byte = 0; byte < 256; byte++) {
				bytes[at] = (char)byte;
				assert_int_equal(passport_open(keys,
							       (struct text){ bytes, made.size },
							       arena, &opened),
						 bytes[at] == right ? OK : ERR_PASSPORT);
			}
			bytes[at] = right;
			assert_int_equal(
				passport_open(keys, text_part(made, 0, at), arena, &opened),
				ERR_PASSPORT);
		}
		assert_int_equal(
			passport_open(keys, arena_print(arena, "%s0", bytes), arena, &opened),
			ERR_PASSPORT);
		arena_reset(arena);
	}
}

static void what_no_server_made(void **state)
{
	static const char *const cases[] = { "",   ".",  "a",        "a.b", "..",
					     "a.", ".a", "MXxvcmRl", "1|2", "\xff.\xff" };
	struct definition opened;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(passport_open(keys, text_of(cases[i]), arena, &opened),
				 ERR_PASSPORT);
	assert_int_equal(passport_open(keys, NO_TEXT, arena, &opened), ERR_PASSPORT);
}

static void who_may_open(void **state)
{
	const struct scope scopes[] = {
		{ .kind = SCOPE_NONE },
		{ .kind = SCOPE_PLATFORM },
		county_scope("610924"),
		county_scope("610621"),
		subtree_scope(HIERARCHY_UNION, 1),
		subtree_scope(HIERARCHY_UNION, 2),
		subtree_scope(HIERARCHY_GOVERNMENT, 1),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		for (size_t k = 1; k < COUNT_OF(scopes); k++) {
			const struct definition definition = { .scope = scopes[k] };

			assert_int_equal(scope_covers(&scopes[i], &definition), i == 1 || i == k);
		}
	const struct definition of_none = { .scope = scopes[0] };
	assert_false(scope_covers(&scopes[0], &of_none));
}

static void scopes_in_words(void **state)
{
	const struct scope platform = { .kind = SCOPE_PLATFORM };
	const struct scope none = { .kind = SCOPE_NONE };
	const struct scope county = county_scope("610924");
	const struct scope subtree = subtree_scope(HIERARCHY_UNION, 0x1f);

	(void)state;
	assert_true(text_is(scope_text(&platform, arena), "platform"));
	assert_true(text_is(scope_text(&none, arena), "none"));
	assert_true(text_is(scope_text(&county, arena), "county:610924"));
	assert_true(text_is(scope_text(&subtree, arena),
			    "hierarchy:union:1f000000-0000-0000-0000-000000000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures),
		cmocka_unit_test(every_range_of_days),
		cmocka_unit_test(days_of_a_definition),
		cmocka_unit_test(passports_open_to_what_they_were_made_of),
		cmocka_unit_test(no_byte_can_be_changed),
		cmocka_unit_test(what_no_server_made),
		cmocka_unit_test(who_may_open),
		cmocka_unit_test(scopes_in_words),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
