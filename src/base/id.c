/* UUIDs (RFC 9562): version 7 is 48 bits of milliseconds, then random bits around version and
 * variant. */
#include "xiangcai/base.h"

#include <string.h>

static void id_stamp(struct id *id, int64_t now_us)
{
	uint64_t now_ms = now_us > 0 ? (uint64_t)now_us / 1000 : 0;

	for (int i = 0; i < 6; i++)
		id->bytes[i] = (uint8_t)(now_ms >> (40 - 8 * i));
	id->bytes[6] = (uint8_t)(0x70 | (id->bytes[6] & 0x0F));
	id->bytes[8] = (uint8_t)(0x80 | (id->bytes[8] & 0x3F));
}

struct id id_new(int64_t now_us)
{
	struct id id;

	ids_new(now_us, &id, 1);
	return id;
}

void ids_new(int64_t now_us, struct id *out, size_t count)
{
	random_bytes(out, count * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		id_stamp(&out[i], now_us);
}

int id_compare(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

bool id_equal(struct id a, struct id b)
{
	return id_compare(a, b) == 0;
}

bool id_is_none(struct id id)
{
	return id_equal(id, NO_ID);
}

/* Where the groups 8-4-4-4-12 begin in the text, and how many bytes each holds. */
static const struct group {
	unsigned char at, from, bytes;
} groups[] = { { 0, 0, 4 }, { 9, 4, 2 }, { 14, 6, 2 }, { 19, 8, 2 }, { 24, 10, 6 } };

bool id_parse(struct text t, struct id *out)
{
	struct id id;

	if (t.size != 36)
		return false;
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		struct group group = groups[i];
		struct text part = { t.at + group.at, group.bytes * 2U };

		if (i > 0 && t.at[group.at - 1] != '-')
			return false;
		if (!hex_parse(part, id.bytes + group.from, group.bytes))
			return false;
	}
	*out = id;
	return true;
}

struct text id_format(struct id id, char out[37])
{
	for (size_t i = COUNT_OF(groups); i-- > 0;) {
		struct group group = groups[i];

		hex_format(id.bytes + group.from, group.bytes, out + group.at);
		if (i + 1 < COUNT_OF(groups))
			out[group.at + group.bytes * 2] = '-';
	}
	return (struct text){ out, 36 };
}
