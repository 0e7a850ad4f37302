/*
 * What of a text can be searched for: letters in one form. Unicode's compatibility decomposition
 * folds what keyboards and spreadsheets write in two ways; a table (simplified.def) does it for
 * traditional characters.
 */
#include "search_private.h"

#include <utf8proc.h>

static const uint16_t simplified[][2] = {
#include "simplified.def"
};

static uint32_t simplify(uint32_t c)
{
	size_t from = 0, to = COUNT_OF(simplified);

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (simplified[middle][0] < c)
			from = middle + 1;
		else
			to = middle;
	}
	return from < COUNT_OF(simplified) && simplified[from][0] == c ? simplified[from][1] : c;
}

static bool is_ideograph(uint32_t c)
{
	return c >= 0x4e00 && c <= 0x9fff;
}

bool letter_is_latin(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static uint32_t fold_ascii(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	return letter_is_latin(c) ? c : 0;
}

/* Letters and numbers; what joins or marks them is nothing, and all else a break. */
static bool is_letter(uint32_t c)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	       (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

static uint32_t fold_one(uint32_t c)
{
	if (c < 0x80)
		return fold_ascii(c);
	if (is_ideograph(c))
		return simplify(c);
	return is_letter(c) ? c : 0;
}

enum { DECOMPOSED_MAX = 32 };

static size_t decompose(uint32_t c, utf8proc_int32_t *out)
{
	int last = 0;
	const int options = UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
			    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
	utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)c, out, DECOMPOSED_MAX,
							 (utf8proc_option_t)options, &last);

	return count > 0 && count <= DECOMPOSED_MAX ? (size_t)count : 0;
}

size_t search_fold(struct text t, uint32_t *out, size_t max)
{
	utf8proc_int32_t parts[DECOMPOSED_MAX];
	size_t at = 0, count = 0;

	while (at < t.size && count < max) {
		uint32_t c = text_next(t, &at);

		if (c < 0x80 || is_ideograph(c)) {
			out[count++] = fold_one(c);
			continue;
		}
		size_t part_count = decompose(c, parts);

		for (size_t i = 0; i < part_count && count < max; i++)
			out[count++] = fold_one((uint32_t)parts[i]);
	}
	return count;
}

/* FNV-1a, folded to what a key has room for. */
uint64_t key_hash(enum key_kind kind, const uint32_t *letters, size_t count)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < count; i++)
		if (letters[i])
			hash = (hash ^ letters[i]) * UINT64_C(0x100000001b3);
	return KEY(kind, (hash ^ hash >> KEY_SHIFT) & ((UINT64_C(1) << KEY_SHIFT) - 1));
}
