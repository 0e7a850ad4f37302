/*
 * What the characters of a cell mean: which are blank, invisible, dangerous or lost, and how a cell
 * looks once those are taken away. Works on code points; categories come from utf8proc, the lists
 * that are policy rather than Unicode stand here.
 */
#include <utf8proc.h>

#include "xiangcai/sheet.h"

/* Closed ranges of code points, in rising order. */
struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count && ranges[i].first <= c; i++)
		if (c <= ranges[i].last)
			return true;
	return false;
}

static bool is_invisible(uint32_t c)
{
	/* Signs for breaks and directions, and letters that stand for none. U+200D stays: emoji are
	 * joined with it. */
	static const struct range invisible[] = {
		{ 0xAD, 0xAD },     { 0x34F, 0x34F },   { 0x61C, 0x61C },   { 0x115F, 0x1160 },
		{ 0x180E, 0x180E }, { 0x200B, 0x200C }, { 0x200E, 0x200F }, { 0x202A, 0x202E },
		{ 0x2060, 0x206F }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 }, { 0xFEFF, 0xFEFF },
		{ 0xFFA0, 0xFFA0 },
	};
	return in_ranges(c, invisible, COUNT_OF(invisible));
}

static bool is_blank(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || c == '\t' || c == '\r' || c == '\n';
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

static bool is_control(uint32_t c)
{
	/* C0, DEL and C1, and what Unicode calls Bidi_Control (UAX #9). */
	static const struct range control[] = {
		{ 0x00, 0x08 },   { 0x0B, 0x0C },     { 0x0E, 0x1F },     { 0x7F, 0x9F },
		{ 0x61C, 0x61C }, { 0x200E, 0x200F }, { 0x202A, 0x202E }, { 0x2066, 0x2069 },
	};
	return in_ranges(c, control, COUNT_OF(control));
}

static bool is_cjk(uint32_t c)
{
	/* Radicals to unified ideographs, compatibility forms, full-width forms, planes 2 and 3. */
	static const struct range cjk[] = {
		{ 0x2E80, 0x9FFF }, { 0xF900, 0xFAFF },   { 0xFE30, 0xFE4F },
		{ 0xFF00, 0xFFEF }, { 0x20000, 0x3FFFF },
	};
	return in_ranges(c, cjk, COUNT_OF(cjk));
}

static uint32_t half_width(uint32_t c)
{
	return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFEE0 : c;
}

static uint32_t fold_letter(uint32_t c)
{
	uint32_t half = half_width(c);
	bool letter = (half >= 'A' && half <= 'Z') || (half >= 'a' && half <= 'z');

	return letter || (half >= '0' && half <= '9') ? half : c;
}

static uint32_t fold_sign(uint32_t c)
{
	switch (c) {
	case 0xFFE5:
		return 0xA5;
	case 0x2212:
		return '-';
	default:
		return half_width(c);
	}
}

/* Most cells are short ASCII that is clean already: those are not copied. */
static bool is_clean_ascii(struct text cell)
{
	char before = ' ';

	for (size_t i = 0; i < cell.size; i++) {
		char c = cell.at[i];

		if (c < ' ' || c == 0x7F || (c == ' ' && before == ' '))
			return false;
		before = c;
	}
	return before != ' ';
}

static struct text rewrite(struct arena *arena, struct text cell, uint32_t (*fold)(uint32_t))
{
	/* A byte that is broken UTF-8 grows into the three of U+FFFD. */
	char *out = arena_take(arena, cell.size * 3 + 1);
	size_t size = 0;
	bool gap = false;

	if (!out)
		return NO_TEXT;
	for (size_t at = 0; at < cell.size;) {
		uint32_t c = text_next(cell, &at);

		if (is_invisible(c))
			continue;
		if (is_blank(c)) {
			gap = true;
			continue;
		}
		if (gap && size > 0)
			out[size++] = ' ';
		gap = false;
		size += (size_t)utf8proc_encode_char((utf8proc_int32_t)fold(c),
						     (utf8proc_uint8_t *)out + size);
	}
	return (struct text){ out, size };
}

struct text cell_clean(struct arena *arena, struct text cell)
{
	if (cell.size == 0)
		return TEXT("");
	return is_clean_ascii(cell) ? cell : rewrite(arena, cell, fold_letter);
}

struct text cell_fold(struct arena *arena, struct text cell)
{
	if (cell.size == 0)
		return TEXT("");
	return is_clean_ascii(cell) ? cell : rewrite(arena, cell, fold_sign);
}

/* What joins or changes a neighbour shows nothing by itself. */
static bool is_joiner(uint32_t c)
{
	return c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F);
}

/* The next code point that shows; false at the end. */
static bool next_visible(struct text cell, size_t *at, uint32_t *out)
{
	while (*at < cell.size) {
		*out = text_next(cell, at);
		if (!is_blank(*out) && !is_invisible(*out) && !is_joiner(*out))
			return true;
	}
	return false;
}

bool cell_is_blank(struct text cell)
{
	size_t at = 0;
	uint32_t c;

	return !next_visible(cell, &at, &c);
}

bool cell_has_control(struct text cell)
{
	for (size_t at = 0; at < cell.size;)
		if (is_control(text_next(cell, &at)))
			return true;
	return false;
}

bool cell_lost_characters(struct text cell)
{
	uint32_t before = 0;

	for (size_t at = 0; at < cell.size;) {
		uint32_t c = text_next(cell, &at);

		if (c == 0xFFFD || (c == '?' && (before == '?' || is_cjk(before))) ||
		    (before == '?' && is_cjk(c)))
			return true;
		before = c;
	}
	return false;
}

static bool leads_formula(uint32_t c)
{
	switch (half_width(c)) {
	case '=':
	case '+':
	case '@':
		return true;
	default:
		return false;
	}
}

bool cell_is_formula(struct text raw)
{
	size_t at = 0;
	uint32_t c;

	if (!next_visible(raw, &at, &c))
		return false;
	if (raw.at[0] == '\t' || raw.at[0] == '\r' || leads_formula(c))
		return true;
	if (half_width(c) != '-')
		return false;
	c = half_width(at < raw.size ? text_next(raw, &at) : 0);
	return c != '.' && (c < '0' || c > '9');
}

bool cell_needs_apostrophe(struct text cell)
{
	size_t at = 0;
	uint32_t c;

	/* What an apostrophe and a formula begin gets one more, or taking it off would take the
	 * cell's own. */
	while (cell.size > 0 && cell.at[0] == '\'')
		cell = text_part(cell, 1, cell.size - 1);
	if (cell.size == 0)
		return false;
	if (cell.at[0] == '\t' || cell.at[0] == '\r' || cell.at[0] == '\n')
		return true;
	return next_visible(cell, &at, &c) && (leads_formula(c) || half_width(c) == '-');
}

struct text cell_bare(struct text raw)
{
	struct text inside;

	if (raw.size == 0 || raw.at[0] != '\'')
		return raw;
	inside = text_part(raw, 1, raw.size - 1);
	return cell_needs_apostrophe(inside) ? inside : raw;
}
