/*
 * Days and instants. Days are counted in the proleptic Gregorian calendar by era of 400 years, with
 * the year taken to begin in March, so that the leap day is its last (Hinnant, "chrono-compatible
 * low-level date algorithms"). Shanghai has kept UTC+8 without summer time since 1991; the
 * product's days use that offset throughout.
 */
#include "xiangcai/base.h"

#include <string.h>

enum { YEAR_MIN = 1900, YEAR_MAX = 9999, ERA_DAYS = 146097, EPOCH_DAYS = 719468 };

static const int64_t shanghai_us = 8 * 3600 * SECOND_US;

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int32_t days_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAYS;
}

void day_split(int32_t day, int *year, int *month, int *day_of_month)
{
	int64_t days = (int64_t)day + EPOCH_DAYS;
	int64_t era = floor_divide(days, ERA_DAYS);
	int of_era = (int)(days - era * ERA_DAYS);
	int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * of_year + 2) / 153;

	*day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = (int)(year_of_era + era * 400) + (*month <= 2);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

int32_t day_of(int64_t instant_us)
{
	return (int32_t)floor_divide(instant_us + shanghai_us, DAY_US);
}

int64_t day_start(int32_t day)
{
	return day * DAY_US - shanghai_us;
}

int32_t day_make(int year, int month, int day)
{
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
	    day > month_days(year, month))
		return DAY_NONE;
	return days_from_civil(year, month, day);
}

int32_t month_first(int32_t day)
{
	int year, month, of_month;

	day_split(day, &year, &month, &of_month);
	return day - of_month + 1;
}

int32_t month_last(int32_t day)
{
	int year, month, of_month;

	day_split(day, &year, &month, &of_month);
	return day - of_month + month_days(year, month);
}

/* Exactly @digits digits at @at, moved on. */
static bool take_digits(struct text t, size_t *at, size_t digits, int *out)
{
	int value = 0;

	if (t.size - *at < digits)
		return false;
	for (size_t end = *at + digits; *at < end; (*at)++) {
		unsigned digit = (unsigned)(t.at[*at] - '0');

		if (digit > 9)
			return false;
		value = value * 10 + (int)digit;
	}
	*out = value;
	return true;
}

static bool take_char(struct text t, size_t *at, const char *choice)
{
	if (*at >= t.size || t.at[*at] == '\0' || !strchr(choice, t.at[*at]))
		return false;
	(*at)++;
	return true;
}

static bool take_day(struct text t, size_t *at, int32_t *out)
{
	int year, month, day;

	if (!take_digits(t, at, 4, &year) || !take_char(t, at, "-") ||
	    !take_digits(t, at, 2, &month) || !take_char(t, at, "-") ||
	    !take_digits(t, at, 2, &day))
		return false;
	*out = day_make(year, month, day);
	return *out != DAY_NONE;
}

bool day_parse(struct text t, int32_t *out)
{
	size_t at = 0;
	int32_t day;

	if (!take_day(t, &at, &day) || at != t.size)
		return false;
	*out = day;
	return true;
}

static void put_digits(char *out, int digits, int64_t value)
{
	for (int i = digits - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

static void put_day(int32_t day, char *out)
{
	int year, month, of_month;

	day_split(day, &year, &month, &of_month);
	assert(year >= 0 && year <= YEAR_MAX);
	put_digits(out, 4, year);
	out[4] = out[7] = '-';
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, of_month);
}

struct text day_format(int32_t day, char out[11])
{
	put_day(day, out);
	out[10] = '\0';
	return (struct text){ out, 10 };
}

static bool take_time(struct text t, size_t *at, int64_t *seconds)
{
	int hour, minute, second;

	if (!take_digits(t, at, 2, &hour) || !take_char(t, at, ":") ||
	    !take_digits(t, at, 2, &minute) || !take_char(t, at, ":") ||
	    !take_digits(t, at, 2, &second))
		return false;
	*seconds = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

/* The decimals of a second, if any, as microseconds: 1 to 6 digits. */
static bool take_fraction(struct text t, size_t *at, int64_t *micros)
{
	int64_t unit = SECOND_US;
	int digit;

	*micros = 0;
	if (!take_char(t, at, "."))
		return true;
	while (unit > 1 && take_digits(t, at, 1, &digit)) {
		unit /= 10;
		*micros += digit * unit;
	}
	return unit < SECOND_US;
}

static bool take_offset(struct text t, size_t *at, int64_t *seconds)
{
	int hours, minutes;

	*seconds = 0;
	if (take_char(t, at, "Zz"))
		return true;
	if (!take_char(t, at, "+-"))
		return false;

	int sign = t.at[*at - 1] == '-' ? -1 : 1;

	if (!take_digits(t, at, 2, &hours) || !take_char(t, at, ":") ||
	    !take_digits(t, at, 2, &minutes))
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return hours < 24 && minutes < 60;
}

/* An offset may lead out of the years that day_make knows and instant_format writes. */
bool instant_parse(struct text t, int64_t *out)
{
	const int64_t first = days_from_civil(YEAR_MIN, 1, 1) * DAY_US;
	const int64_t behind = days_from_civil(YEAR_MAX + 1, 1, 1) * DAY_US;
	size_t at = 0;
	int32_t day;
	int64_t seconds, micros, offset, instant;

	if (!take_day(t, &at, &day) || !take_char(t, &at, "Tt") || !take_time(t, &at, &seconds) ||
	    !take_fraction(t, &at, &micros) || !take_offset(t, &at, &offset) || at != t.size)
		return false;
	instant = day * DAY_US + (seconds - offset) * SECOND_US + micros;
	if (instant < first || instant >= behind)
		return false;
	*out = instant;
	return true;
}

struct text instant_format(int64_t instant_us, char out[28])
{
	int64_t day = floor_divide(instant_us, DAY_US);
	int64_t of_day = instant_us - day * DAY_US;
	int64_t seconds = of_day / SECOND_US;

	put_day((int32_t)day, out);
	out[10] = 'T';
	put_digits(out + 11, 2, seconds / 3600);
	put_digits(out + 14, 2, seconds / 60 % 60);
	put_digits(out + 17, 2, seconds % 60);
	put_digits(out + 20, 6, of_day % SECOND_US);
	out[13] = out[16] = ':';
	out[19] = '.';
	out[26] = 'Z';
	out[27] = '\0';
	return (struct text){ out, 27 };
}
