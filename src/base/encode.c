/* Bytes as text and back: hexadecimal and base64url (RFC 4648 §5); and bytes from the kernel's
 * generator. */
#include "xiangcai/base.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *out, size_t size)
{
	char *at = out;

	while (size) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0) {
			assert(errno == EINTR);
			continue;
		}
		at += got;
		size -= (size_t)got;
	}
}

struct text hex_format(const void *from, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = from;

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * size] = '\0';
	return (struct text){ out, 2 * size };
}

/* One more than the value of each hexadecimal digit, 0 for all other bytes. */
static const unsigned char hex_values[256] = {
	['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

bool hex_parse(struct text t, void *out, size_t size)
{
	unsigned char *bytes = out;

	if (t.size / 2 != size || t.size % 2)
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned high = hex_values[(unsigned char)t.at[2 * i]];
		unsigned low = hex_values[(unsigned char)t.at[2 * i + 1]];

		if (!high || !low)
			return false;
		bytes[i] = (unsigned char)((high - 1) << 4 | (low - 1));
	}
	return true;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct text base64url_encode(struct arena *arena, struct text t)
{
	size_t size = t.size / 3 * 4 + (t.size % 3 * 8 + 5) / 6;
	char *out = arena_take(arena, size + 1);
	uint32_t bits = 0;
	int held = 0;
	size_t written = 0;

	if (!out)
		return NO_TEXT;
	for (size_t i = 0; i < t.size; i++) {
		bits = bits << 8 | (unsigned char)t.at[i];
		for (held += 8; held >= 6; held -= 6)
			out[written++] = alphabet[bits >> (held - 6) & 63];
	}
	if (held)
		out[written++] = alphabet[bits << (6 - held) & 63];
	assert(written == size);
	return (struct text){ out, size };
}

bool base64url_decode(struct arena *arena, struct text t, struct text *out)
{
	char *bytes = arena_take(arena, t.size / 4 * 3 + 3);
	uint32_t bits = 0;
	int held = 0;
	size_t written = 0;

	if (!bytes || t.size % 4 == 1)
		return false;
	for (size_t i = 0; i < t.size; i++) {
		const char *found = t.at[i] ? strchr(alphabet, t.at[i]) : NULL;

		if (!found)
			return false;
		bits = bits << 6 | (uint32_t)(found - alphabet);
		held += 6;
		if (held >= 8) {
			held -= 8;
			bytes[written++] = (char)(bits >> held);
		}
	}
	/* Left-over bits must be zero, so that no two texts mean the same bytes. */
	if (bits & ((1U << held) - 1))
		return false;
	*out = (struct text){ bytes, written };
	return true;
}
