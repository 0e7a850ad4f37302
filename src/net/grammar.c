/*
 * Classes of characters as bit sets, so that a check is two shifts and no branch, and the few
 * productions that more than one file needs. Values of fields are the bulk of a head: they are
 * checked eight bytes at a time.
 */
#include "grammar.h"

#include <arpa/inet.h>
#include <string.h>

const uint64_t char_classes[CHAR_CLASS_COUNT][4] = {
	[CHAR_TOKEN] = { 0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0 },
	[CHAR_TARGET] = { 0xaffffff200000000, 0x7fffffffefffffff, 0, 0 },
	[CHAR_HOST] = { 0x03ff602000000000, 0x47fffffe87fffffe, 0, 0 },
	[CHAR_QUOTED] = { 0xfffffffb00000200, 0x7fffffffefffffff, UINT64_MAX, UINT64_MAX },
	[CHAR_WORD] = { 0x03ff600000000000, 0x07fffffe87fffffe, 0, 0 },
};

size_t text_span(struct text t, size_t at, enum char_class class)
{
	size_t from = at;

	while (at < t.size && char_is(class, t.at[at]))
		at++;
	return at - from;
}

bool text_is_all(struct text t, enum char_class class)
{
	return t.size && text_span(t, 0, class) == t.size;
}

static bool byte_is_value(char c)
{
	uint8_t byte = (uint8_t)c;

	return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

/* Whether some byte of @word is below 0x20 or is 0x7f; the classic of finding a zero byte without a
 * loop. */
static bool word_has_control(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t del = word ^ (ones * 0x7f);

	return (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & high;
}

bool text_is_value(struct text t)
{
	size_t at = 0;

	for (uint64_t word; at + sizeof(word) <= t.size; at += sizeof(word)) {
		memcpy(&word, t.at + at, sizeof(word));
		if (word_has_control(word))
			break;
	}
	while (at < t.size && byte_is_value(t.at[at]))
		at++;
	return at == t.size;
}

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool port_is_valid(struct text port)
{
	unsigned value = 0;

	for (size_t i = 0; i < port.size; i++) {
		if (port.at[i] < '0' || port.at[i] > '9' || value > 6553)
			return false;
		value = value * 10 + (unsigned)(port.at[i] - '0');
	}
	return value <= UINT16_MAX;
}

static bool ipv6_is_valid(struct text address)
{
	char string[INET6_ADDRSTRLEN];
	struct in6_addr parsed;

	if (address.size >= sizeof(string))
		return false;
	memcpy(string, address.at, address.size);
	string[address.size] = '\0';
	return inet_pton(AF_INET6, string, &parsed) == 1;
}

static bool host_name_is_valid(struct text name)
{
	if (!text_is_all(name, CHAR_HOST))
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.at[i] == '%' && (i + 2 >= name.size || hex_value(name.at[i + 1]) < 0 ||
					  hex_value(name.at[i + 2]) < 0))
			return false;
	return true;
}

bool host_is_valid(struct text host)
{
	const char *end;
	size_t size;

	if (!host.size)
		return false;
	if (host.at[0] == '[') {
		end = memchr(host.at, ']', host.size);
		if (!end || !ipv6_is_valid(text_part(host, 1, (size_t)(end - host.at) - 1)))
			return false;
		size = (size_t)(end - host.at) + 1;
	} else {
		end = memchr(host.at, ':', host.size);
		size = end ? (size_t)(end - host.at) : host.size;
		if (!host_name_is_valid((struct text){ host.at, size }))
			return false;
	}
	if (size == host.size)
		return true;
	return host.at[size] == ':' && port_is_valid(text_part(host, size + 1, host.size));
}

/* One byte of @t at *@at, decoded; -1 when a percent sign lacks its digits. */
static int decoded_byte(struct text t, size_t *at, bool plus)
{
	char c = t.at[(*at)++];
	int high, low;

	if (c == '+' && plus)
		return ' ';
	if (c != '%')
		return (uint8_t)c;
	if (*at + 2 > t.size)
		return -1;
	high = hex_value(t.at[*at]);
	low = hex_value(t.at[*at + 1]);
	*at += 2;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct text percent_decode(struct text t, bool plus, struct arena *arena)
{
	struct text out = { t.at, 0 };
	char *to;

	if (!t.size || (!memchr(t.at, '%', t.size) && !(plus && memchr(t.at, '+', t.size))))
		return t;
	to = arena_take(arena, t.size + 1);
	if (!to)
		return NO_TEXT;
	out.at = to;
	for (size_t at = 0; at < t.size;) {
		int byte = decoded_byte(t, &at, plus);

		if (byte <= 0)
			return NO_TEXT;
		to[out.size++] = (char)byte;
	}
	return text_is_utf8(out) ? out : NO_TEXT;
}
