/*
 * What stands in the cells of a workbook: numbers as floating-point text, days as serial numbers,
 * characters as _xHHHH_. Spreadsheets keep 15 significant digits, so a number is what its first 15
 * digits say: 128.30000000000001 is 128.3.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "xlsx.h"

enum { DIGITS = 15, EXPONENT_MAX = 30, NUMBER_MAX = 40 };

/* Days from 1970-01-01 back to the day 0 of either system; serial 60 is a day that never was. */
enum { EPOCH_1900 = 25569, EPOCH_1904 = 24107, NEVER_WAS = 60, SERIAL_MAX = 2958465 };

static bool number_read(struct text v, double *out)
{
	char copy[NUMBER_MAX + 1];
	char *end;

	if (v.size == 0 || v.size > NUMBER_MAX)
		return false;
	for (size_t i = 0; i < v.size; i++)
		if (!v.at[i] || !strchr("0123456789+-.eE", v.at[i]))
			return false;
	memcpy(copy, v.at, v.size);
	copy[v.size] = '\0';
	*out = strtod(copy, &end);
	return end == copy + v.size && isfinite(*out);
}

/* "-1.234e+05": its digits without point, and where the point belongs. */
struct digits {
	bool negative;
	char at[DIGITS + 1];
	size_t count;
	int point; /* digits before it; may be negative or beyond the end */
};

static bool digits_of(double number, struct digits *out)
{
	char printed[NUMBER_MAX];
	char *exponent;
	long power;

	*out = (struct digits){ .negative = number < 0 };
	snprintf(printed, sizeof(printed), "%.*e", DIGITS - 1, fabs(number));
	exponent = strchr(printed, 'e');
	if (!exponent)
		return false;
	*exponent = '\0';
	for (const char *at = printed; *at; at++)
		if (*at != '.' && out->count < DIGITS)
			out->at[out->count++] = *at;
	while (out->count > 1 && out->at[out->count - 1] == '0')
		out->count--;
	power = 0;
	for (const char *at = exponent + 2; *at; at++)
		power = power * 10 + (*at - '0');
	if (exponent[1] == '-')
		power = -power;
	out->point = (int)power + 1;
	return power <= EXPONENT_MAX && power >= -EXPONENT_MAX;
}

bool number_text(struct text v, char out[NUMBER_TEXT_MAX], struct text *text)
{
	struct digits digits;
	double number;
	size_t size = 0;

	if (!number_read(v, &number) || !digits_of(number, &digits))
		return false;
	if (digits.negative && digits.at[0] != '0')
		out[size++] = '-';
	for (int i = digits.point < 1 ? digits.point - 1 : 0;
	     i < digits.point || i < (int)digits.count; i++) {
		if (i == digits.point)
			out[size++] = '.';
		out[size++] = i < 0 || i >= (int)digits.count ? '0' : digits.at[i];
	}
	*text = (struct text){ out, size };
	return true;
}

bool serial_day(struct text v, bool since_1904, char out[11], struct text *text)
{
	double number;
	int32_t serial;

	if (!number_read(v, &number) || number < 0 || number > SERIAL_MAX)
		return false;
	serial = (int32_t)number;
	if (!since_1904 && (serial == 0 || serial == NEVER_WAS))
		return false;
	if (since_1904)
		serial -= EPOCH_1904;
	else
		serial -= serial < NEVER_WAS ? EPOCH_1900 - 1 : EPOCH_1900;
	*text = day_format(serial, out);
	return true;
}

/* ---- formats of numbers (ECMA-376 part 1, 18.8.30) ---- */

static bool built_in_date(int64_t id)
{
	return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 ||
	       (id >= 50 && id <= 54) || id == 57 || id == 58;
}

/* How many bytes of @code from @at are no letters of the format: quoted, escaped, in brackets. */
static size_t literal_size(struct text code, size_t at)
{
	char closing;

	switch (code.at[at]) {
	case '\\':
	case '_':
	case '*':
		return 2;
	case '"':
		closing = '"';
		break;
	case '[':
		closing = ']';
		break;
	default:
		return 0;
	}
	for (size_t i = at + 1; i < code.size; i++)
		if (code.at[i] == closing)
			return i + 1 - at;
	return code.size - at;
}

bool format_is_date(int64_t id, struct text code)
{
	bool day = false, month = false, time = false;

	if (!code.at)
		return built_in_date(id);
	for (size_t at = 0; at < code.size;) {
		size_t skip = literal_size(code, at);
		char c = code.at[at];

		at += skip ? skip : 1;
		if (skip)
			continue;
		day |= c == 'y' || c == 'Y' || c == 'd' || c == 'D';
		month |= c == 'm' || c == 'M';
		time |= c == 'h' || c == 'H' || c == 's' || c == 'S';
	}
	return day || (month && !time);
}

/* ---- references and escapes ---- */

bool reference_read(struct text reference, size_t *column, int64_t *row)
{
	size_t at = 0, letters = 0;

	for (; at < reference.size && reference.at[at] >= 'A' && reference.at[at] <= 'Z'; at++)
		letters = at < 3 ? letters * 26 + (size_t)(reference.at[at] - 'A' + 1) : SIZE_MAX;
	*column = letters - 1;
	*row = 0;
	for (size_t start = at; at < reference.size; at++) {
		char c = reference.at[at];

		if (c < '0' || c > '9' || at - start > 7)
			return false;
		*row = *row * 10 + (c - '0');
	}
	return letters > 0 && letters < SIZE_MAX;
}

static bool escape_read(const char *at, size_t left, uint32_t *out)
{
	uint8_t bytes[2];

	if (left < 7 || at[0] != '_' || at[1] != 'x' || at[6] != '_' ||
	    !hex_parse((struct text){ at + 2, 4 }, bytes, sizeof(bytes)))
		return false;
	*out = (uint32_t)bytes[0] << 8 | bytes[1];
	if (*out >= 0xD800 && *out <= 0xDFFF)
		*out = 0xFFFD;
	return true;
}

size_t escapes_take(char *at, size_t size)
{
	size_t to = 0;

	for (size_t from = 0; from < size;) {
		uint32_t c;

		if (!escape_read(at + from, size - from, &c)) {
			at[to++] = at[from++];
			continue;
		}
		to += (size_t)utf8proc_encode_char((utf8proc_int32_t)c,
						   (utf8proc_uint8_t *)at + to);
		from += 7;
	}
	return to;
}
