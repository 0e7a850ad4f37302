/* Days, months and instants, around month ends, leap years and midnight in Shanghai; clocks and
 * ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/base.h"

#include <string.h>

static void days_have_numbers(void **state)
{
	static const struct {
		const char *day;
		int32_t number;
		const char *first, *last;
	} cases[] = {
		{ "1970-01-01", 0, "1970-01-01", "1970-01-31" },
		{ "1969-12-31", -1, "1969-12-01", "1969-12-31" },
		{ "2000-02-29", 11016, "2000-02-01", "2000-02-29" },
		{ "1900-03-01", -25508, "1900-03-01", "1900-03-31" },
		{ "1900-02-28", -25509, "1900-02-01", "1900-02-28" },
		{ "2024-02-15", 19768, "2024-02-01", "2024-02-29" },
		{ "2026-02-28", 20512, "2026-02-01", "2026-02-28" },
		{ "2026-11-22", 20779, "2026-11-01", "2026-11-30" },
		{ "2026-12-31", 20818, "2026-12-01", "2026-12-31" },
		{ "9999-12-31", 2932896, "9999-12-01", "9999-12-31" },
	};
	char out[11];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int32_t day = 7;

		assert_true(day_parse(text_of(cases[i].day), &day));
		assert_int_equal(day, cases[i].number);
		assert_true(text_is(day_format(day, out), cases[i].day));
		assert_true(text_is(day_format(month_first(day), out), cases[i].first));
		assert_true(text_is(day_format(month_last(day), out), cases[i].last));
	}
}

static void every_day_follows_the_day_before(void **state)
{
	int year = 1900, month = 1, of_month = 0;
	int y, m, d;
	int32_t end = day_make(9999, 12, 31);

	(void)state;
	for (int32_t day = day_make(1900, 1, 1); day <= end; day++) {
		of_month++;
		if (day_make(year, month, of_month) == DAY_NONE) {
			of_month = 1;
			month = month == 12 ? 1 : month + 1;
			year += month == 1;
		}
		day_split(day, &y, &m, &d);
		if (y != year || m != month || d != of_month || day_make(y, m, d) != day)
			assert_int_equal(day, DAY_NONE);
	}
	assert_int_equal(year, 9999);
}

static void refuses_bad_days(void **state)
{
	static const char *const bad[] = {
		"2026-02-29",  "1900-02-29",  "2026-04-31",  "2026-13-01", "2026-00-10",
		"2026-01-00",  "2026-1-1",    "26-01-01",    "1899-12-31", "2026-01-01 ",
		" 2026-01-01", "2026/01/01",  "20260101",    "",           "2026-01",
		"2026-01-0a",  "10000-01-01", "2026-01-011",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int32_t day = 7;

		assert_false(day_parse(text_of(bad[i]), &day));
		assert_int_equal(day, 7);
	}
	assert_int_equal(day_make(2023, 2, 29), DAY_NONE);
	assert_int_equal(day_make(10000, 1, 1), DAY_NONE);
}

static void midnight_is_shanghais(void **state)
{
	static const struct {
		const char *instant, *day;
	} cases[] = {
		{ "2026-01-31T15:59:59.999999Z", "2026-01-31" },
		{ "2026-01-31T16:00:00Z", "2026-02-01" },
		{ "2026-02-01T00:00:00+08:00", "2026-02-01" },
		{ "2026-01-31T23:59:59+08:00", "2026-01-31" },
		{ "1969-12-31T15:59:59Z", "1969-12-31" },
		{ "1969-12-31T16:00:00Z", "1970-01-01" },
	};
	char out[11];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t instant;

		assert_true(instant_parse(text_of(cases[i].instant), &instant));
		assert_true(text_is(day_format(day_of(instant), out), cases[i].day));
		assert_true(day_start(day_of(instant)) <= instant);
		assert_true(day_start(day_of(instant) + 1) > instant);
	}
}

static void reads_and_writes_instants(void **state)
{
	static const struct {
		const char *text, *again; /* NULL: refused */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z" },
		{ "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000Z" },
		{ "2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z" },
		{ "2026-01-31t12:00:00z", "2026-01-31T12:00:00.000000Z" },
		{ "2026-01-31T12:00:00+08:00", "2026-01-31T04:00:00.000000Z" },
		{ "2026-01-01T00:30:00-05:30", "2026-01-01T06:00:00.000000Z" },
		{ "2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00.000000Z" },
		{ "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
		{ "1900-01-01T00:00:00Z", "1900-01-01T00:00:00.000000Z" },
		{ "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
		{ "1900-01-01T00:00:00+00:01", NULL },
		{ "9999-12-31T23:59:59-00:01", NULL },
		{ "2026-01-31T24:00:00Z", NULL },
		{ "2026-01-31T12:60:00Z", NULL },
		{ "2026-01-31T12:00:60Z", NULL },
		{ "2026-01-31T12:00:00", NULL },
		{ "2026-01-31T12:00:00.Z", NULL },
		{ "2026-01-31T12:00:00.1234567Z", NULL },
		{ "2026-01-31T12:00:00+8:00", NULL },
		{ "2026-01-31T12:00:00+0800", NULL },
		{ "2026-01-31T12:00:00+24:00", NULL },
		{ "2026-01-31 12:00:00Z", NULL },
		{ "2026-02-30T12:00:00Z", NULL },
		{ "2026-01-31T12:00:00ZZ", NULL },
		{ "2026-01-31", NULL },
		{ "", NULL },
	};
	char out[28];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t instant = 7;

		assert_int_equal(instant_parse(text_of(cases[i].text), &instant),
				 cases[i].again != NULL);
		if (cases[i].again)
			assert_true(text_is(instant_format(instant, out), cases[i].again));
		else
			assert_int_equal(instant, 7);
	}
}

static void clocks_move_or_stand(void **state)
{
	struct clock real = { 0 }, shifted = { .shift_us = DAY_US },
		     fixed = { .fixed_us = 1234567 };
	int64_t now = clock_now(&real);
	int64_t monotonic = clock_monotonic();

	(void)state;
	assert_true(now > day_start(day_make(2024, 1, 1)));
	assert_true(clock_now(&shifted) - now >= DAY_US);
	assert_true(clock_now(&shifted) - now < DAY_US + 60 * SECOND_US);
	assert_int_equal(clock_now(&fixed), 1234567);
	assert_true(clock_monotonic() >= monotonic);
}

static void ids_sort_by_time(void **state)
{
	int64_t now = day_start(day_make(2026, 11, 22));
	struct id last = id_new(now - 1000), many[100];
	char out[37];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct id id = id_new(now + i * 1000);

		assert_true(id_compare(last, id) < 0);
		assert_int_equal(id.bytes[6] >> 4, 7);
		assert_int_equal(id.bytes[8] >> 6, 2);
		last = id;
	}
	ids_new(now, many, COUNT_OF(many));
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(id_equal(many[i], many[j]));
		assert_memory_equal(many[i].bytes, many[0].bytes, 6);
	}
	/* 2026-11-21T16:00:00Z is 0x019aa…: the milliseconds stand in the first 12 digits */
	id_format(many[0], out);
	assert_int_equal(many[0].bytes[5], (uint8_t)(now / 1000));
	assert_int_equal(many[0].bytes[0], (uint8_t)(now / 1000 >> 40));
}

static void reads_and_writes_ids(void **state)
{
	static const char *const bad[] = {
		"",
		"0190163d8694739b8d95a3a0d2b9d9a5",
		"0190163d-8694-739b-8d95-a3a0d2b9d9a",
		"0190163d-8694-739b-8d95-a3a0d2b9d9a5a",
		"0190163d-8694-739b-8d95+a3a0d2b9d9a5",
		"0190163g-8694-739b-8d95-a3a0d2b9d9a5",
		"0190163-d8694-739b-8d95-a3a0d2b9d9a5",
		"{0190163d-8694-739b-8d95-a3a0d2b9d9}",
	};
	char out[37];
	struct id id, kept;

	(void)state;
	assert_true(id_parse(TEXT("0190163D-8694-739b-8d95-a3a0d2b9d9a5"), &id));
	assert_true(text_is(id_format(id, out), "0190163d-8694-739b-8d95-a3a0d2b9d9a5"));
	assert_string_equal(out, "0190163d-8694-739b-8d95-a3a0d2b9d9a5");
	assert_memory_equal(id.bytes,
			    "\x01\x90\x16\x3d\x86\x94\x73\x9b\x8d\x95\xa3\xa0\xd2\xb9\xd9\xa5", 16);
	assert_false(id_is_none(id));
	assert_true(id_is_none(NO_ID));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		kept = id;
		assert_false(id_parse(text_of(bad[i]), &kept));
		assert_true(id_equal(kept, id));
	}
}

static void random_bytes_differ(void **state)
{
	unsigned char a[1000] = { 0 }, b[1000] = { 0 };
	size_t zeros = 0;

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		zeros += a[i] == 0;
	assert_true(zeros < 50);
	random_bytes(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_have_numbers),
		cmocka_unit_test(every_day_follows_the_day_before),
		cmocka_unit_test(refuses_bad_days),
		cmocka_unit_test(midnight_is_shanghais),
		cmocka_unit_test(reads_and_writes_instants),
		cmocka_unit_test(clocks_move_or_stand),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(reads_and_writes_ids),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
