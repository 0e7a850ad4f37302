/*
 * Text slices and UTF-8. Well-formedness is table 3-7 of the Unicode standard: the first byte fixes
 * the length and the range of the second byte, which keeps out overlong forms, surrogates and all
 * above U+10FFFF.
 */
#include "text.h"

#include <string.h>

struct text text_of(const char *string)
{
	return string ? (struct text){ string, strlen(string) } : NO_TEXT;
}

bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool text_is(struct text t, const char *string)
{
	return text_equal(t, text_of(string));
}

int text_compare(struct text a, struct text b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.at, b.at, size) : 0;

	if (order)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

static unsigned char folded(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool text_equal_fold(struct text a, struct text b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++) {
		if (folded(a.at[i]) != folded(b.at[i]))
			return false;
	}
	return true;
}

bool text_starts(struct text t, const char *prefix)
{
	size_t size = strlen(prefix);

	return t.size >= size && (size == 0 || memcmp(t.at, prefix, size) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct text text_trim(struct text t)
{
	while (t.size && is_blank(t.at[t.size - 1]))
		t.size--;
	while (t.size && is_blank(t.at[0])) {
		t.at++;
		t.size--;
	}
	return t;
}

struct text text_part(struct text t, size_t from, size_t size)
{
	if (!t.at)
		return NO_TEXT;
	if (from > t.size)
		from = t.size;
	if (size > t.size - from)
		size = t.size - from;
	return (struct text){ t.at + from, size };
}

struct text text_cut(struct text *rest, char separator)
{
	struct text whole = *rest;
	const char *found = whole.size ? memchr(whole.at, separator, whole.size) : NULL;

	if (!found) {
		*rest = NO_TEXT;
		return whole;
	}

	size_t size = (size_t)(found - whole.at);

	*rest = (struct text){ found + 1, whole.size - size - 1 };
	return (struct text){ whole.at, size };
}

bool text_to_int(struct text t, int64_t *out)
{
	bool negative = t.size && t.at[0] == '-';
	uint64_t value = 0;
	size_t at = negative;
	size_t digits = t.size - at;

	if (digits < 1 || digits > 19 || (digits > 1 && t.at[at] == '0'))
		return false;
	for (; at < t.size; at++) {
		unsigned digit = (unsigned)(t.at[at] - '0');

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	if (value > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

size_t utf8_size(const unsigned char *at, size_t left)
{
	unsigned char first = at[0];
	unsigned char low = 0x80, high = 0xBF;
	size_t size;

	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (size > left)
		return 0;
	if (first == 0xE0)
		low = 0xA0;
	else if (first == 0xED)
		high = 0x9F;
	else if (first == 0xF0)
		low = 0x90;
	else if (first == 0xF4)
		high = 0x8F;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	}
	return size;
}

size_t utf8_write(uint32_t point, char *out)
{
	static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = size - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3F));
		point >>= 6;
	}
	out[0] = (char)(lead[size] | point);
	return size;
}

bool text_is_utf8(struct text t)
{
	const unsigned char *bytes = (const unsigned char *)t.at;
	size_t at = 0;

	while (at < t.size) {
		uint64_t eight;

		if (t.size - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				at += sizeof(eight);
				continue;
			}
		}

		size_t size = utf8_size(bytes + at, t.size - at);

		if (!size)
			return false;
		at += size;
	}
	return true;
}

uint32_t text_next(struct text t, size_t *at)
{
	static const unsigned char mask[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	const unsigned char *bytes = (const unsigned char *)t.at + *at;
	size_t size = utf8_size(bytes, t.size - *at);

	if (!size) {
		(*at)++;
		return 0xFFFD;
	}

	uint32_t point = bytes[0] & mask[size];

	for (size_t i = 1; i < size; i++)
		point = point << 6 | (bytes[i] & 0x3F);
	*at += size;
	return point;
}

size_t text_length(struct text t)
{
	size_t length = 0;

	for (size_t i = 0; i < t.size; i++)
		length += ((unsigned char)t.at[i] & 0xC0) != 0x80;
	return length;
}

#define EVERY_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The high bit of each byte of @word below @limit (at most 0x80); bytes above the first such may be
 * marked falsely. */
static uint64_t bytes_below(uint64_t word, unsigned limit)
{
	return (word - EVERY_BYTE(limit)) & ~word & EVERY_BYTE(0x80);
}

static bool is_plain(unsigned char c, bool ascii)
{
	return c >= 0x20 && c != '"' && c != '\\' && !(ascii && c >= 0x80);
}

size_t plain_run(const char *at, size_t size, bool ascii)
{
	uint64_t high = ascii ? EVERY_BYTE(0x80) : 0;
	size_t run = 0;

	while (size - run >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, at + run, sizeof(word));
		if (bytes_below(word, 0x20) | bytes_below(word ^ EVERY_BYTE('"'), 1) |
		    bytes_below(word ^ EVERY_BYTE('\\'), 1) | (word & high))
			break;
		run += sizeof(word);
	}
	while (run < size && is_plain((unsigned char)at[run], ascii))
		run++;
	return run;
}
