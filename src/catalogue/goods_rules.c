/* Rules of goods that imports and the API share. No I/O, no memory. */
#include "goods_rules.h"

#include <string.h>

#include "xiangcai/sheet.h"

/* Handicrafts: they alone keep for ever. */
static const char *const KEEPS_FOR_EVER = "16";

bool sku_code_is_formed(struct text code)
{
	if (code.size < 2 || code.size > 32)
		return false;
	for (size_t i = 0; i < code.size; i++) {
		char c = code.at[i];
		bool head = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!head && (i == 0 || (c != '_' && c != '-')))
			return false;
	}
	return true;
}

static bool is_ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool text_holds_markup(struct text t)
{
	for (size_t i = 0; i + 1 < t.size; i++) {
		char next = t.at[i + 1];

		if (t.at[i] == '<' && (is_ascii_letter(next) || next == '/' || next == '!'))
			return true;
	}
	return false;
}

bool text_holds_replacement(struct text t)
{
	return t.size > 0 && memmem(t.at, t.size, "\xEF\xBF\xBD", 3) != NULL;
}

/* Where the last code point of @t begins. */
static size_t last_of(struct text t)
{
	size_t at = t.size - 1;

	while (at > 0 && ((unsigned char)t.at[at] & 0xC0) == 0x80)
		at--;
	return at;
}

struct text text_trim_wide(struct text t)
{
	size_t next = 0;

	while (t.size) {
		size_t last = last_of(t);

		if (!cell_is_blank(text_part(t, last, t.size - last)))
			break;
		t.size = last;
	}
	while (t.size) {
		next = 0;
		text_next(t, &next);
		if (!cell_is_blank(text_part(t, 0, next)))
			break;
		t = text_part(t, next, t.size - next);
	}
	return t;
}

bool category_keeps(struct text level_1)
{
	return text_is(level_1, KEEPS_FOR_EVER);
}

bool rung_follows(const struct rung *below, const struct rung *rung)
{
	return rung->quantity > below->quantity && rung->unit_price_fen < below->unit_price_fen;
}
