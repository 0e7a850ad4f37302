/*
 * The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, 2.2): a header in front of a
 * connection's bytes, by which a proxy says who its client is. Believed only from addresses that
 * are set as proxies, and then never absent. Strict: TCP over IPv4 or IPv6, or LOCAL; sound TLVs,
 * which are passed over; nothing longer than PROXY_HEADER_MAX. Version 1, a line of text, is
 * refused.
 */
#include "server_private.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	SIGNATURE_SIZE = 12,
	FRONT_SIZE = SIGNATURE_SIZE + 4, /* version and command, family, length */
	TLV_FRONT_SIZE = 3,
	VERSION_LOCAL = 0x20,
	VERSION_PROXY = 0x21,
	FAMILY_TCP4 = 0x11,
	FAMILY_TCP6 = 0x21,
	ADDRESSES_TCP4 = 12, /* two addresses, two ports */
	ADDRESSES_TCP6 = 36
};

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
_Static_assert(sizeof(signature) - 1 == SIGNATURE_SIZE, "the signature is whole");

/* ---- the header -------------------------------------------------------------------------- */

static uint8_t byte_at(struct text t, size_t at)
{
	return (uint8_t)t.at[at];
}

static size_t length_at(struct text t, size_t at)
{
	return (size_t)byte_at(t, at) << 8 | byte_at(t, at + 1);
}

/* type, length, value; one behind the other up to the end */
static bool tlvs_are_sound(struct text t)
{
	size_t at = 0;

	while (at < t.size) {
		if (t.size - at < TLV_FRONT_SIZE)
			return false;
		at += TLV_FRONT_SIZE + length_at(t, at + 1);
	}
	return at == t.size;
}

static bool client_read(struct text rest, uint8_t family, struct proxy_header *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t size = family == FAMILY_TCP4 ? ADDRESSES_TCP4 : ADDRESSES_TCP6;

	if ((family != FAMILY_TCP4 && family != FAMILY_TCP6) || rest.size < size)
		return false;
	if (family == FAMILY_TCP4) {
		memcpy(out->address, mapped, sizeof(mapped));
		memcpy(out->address + sizeof(mapped), rest.at, 4);
	} else {
		memcpy(out->address, rest.at, 16);
	}
	return tlvs_are_sound(text_part(rest, size, rest.size));
}

enum proxy_event proxy_header_read(struct text bytes, struct proxy_header *out)
{
	size_t shown = bytes.size < SIGNATURE_SIZE ? bytes.size : SIGNATURE_SIZE;

	*out = (struct proxy_header){ 0 };
	if (shown && memcmp(bytes.at, signature, shown) != 0)
		return PROXY_BROKEN;
	if (bytes.size < FRONT_SIZE)
		return PROXY_MORE;
	uint8_t version = byte_at(bytes, SIGNATURE_SIZE);
	out->size = FRONT_SIZE + length_at(bytes, SIGNATURE_SIZE + 2);
	out->local = version == VERSION_LOCAL;
	if ((!out->local && version != VERSION_PROXY) || out->size > PROXY_HEADER_MAX)
		return PROXY_BROKEN;
	if (bytes.size < out->size)
		return PROXY_MORE;
	struct text rest = text_part(bytes, FRONT_SIZE, out->size - FRONT_SIZE);
	if (out->local || client_read(rest, byte_at(bytes, SIGNATURE_SIZE + 1), out))
		return PROXY_READ;
	return PROXY_BROKEN;
}

/* ---- networks ---------------------------------------------------------------------------- */

static bool begins_with(const uint8_t address[16], const struct http_network *network)
{
	int whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(address, network->bytes, (size_t)whole) != 0)
		return false;
	return !rest || (address[whole] ^ network->bytes[whole]) >> (8 - rest) == 0;
}

bool proxy_is_trusted(const struct http_server *server, const uint8_t address[16])
{
	for (size_t i = 0; i < server->limits.proxy_count; i++) {
		if (begins_with(address, &server->limits.proxies[i]))
			return true;
	}
	return false;
}

/* Nothing is set behind the prefix: 10.1.0.0/8 is a slip of somebody who meant another network. */
static bool ends_in_zeros(const struct http_network *network)
{
	for (int bit = network->bits; bit < 128; bit++) {
		if (network->bytes[bit / 8] & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

bool http_network_parse(struct text t, struct http_network *out)
{
	char name[INET6_ADDRSTRLEN];
	struct text address = text_trim(text_cut(&t, '/'));
	bool is_ipv6 = memchr(address.at, ':', address.size) != NULL;
	int most = is_ipv6 ? 128 : 32;
	int64_t bits = most;

	*out = (struct http_network){ 0 };
	if (!address.size || address.size >= sizeof(name))
		return false;
	memcpy(name, address.at, address.size);
	name[address.size] = '\0';
	if (!is_ipv6)
		out->bytes[10] = out->bytes[11] = 0xff;
	if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, name, out->bytes + (is_ipv6 ? 0 : 12)) != 1 ||
	    (t.at && !text_to_int(t, &bits)) || bits < 0 || bits > most)
		return false;
	out->bits = (int)bits + 128 - most;
	return ends_in_zeros(out);
}
