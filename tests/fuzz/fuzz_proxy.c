/*
 * Arbitrary bytes in the place of a PROXY header. Whatever comes: a header is read from its own
 * bytes alone, is never longer than allowed, is the same with anything behind it, and is not there
 * before its last byte; bytes that are not one stay so. And any word is a network or is not: one
 * that is has no bits behind its prefix.
 */
#include "xiangcai/net.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that one byte more is found. */
static enum proxy_event read_part(const uint8_t *data, size_t size, struct proxy_header *out)
{
	char *copy = malloc(size ? size : 1);

	assert(copy);
	if (size)
		memcpy(copy, data, size);
	enum proxy_event event = proxy_header_read((struct text){ copy, size }, out);
	free(copy);
	return event;
}

static void check_prefixes(const uint8_t *data, size_t size, enum proxy_event whole,
			   const struct proxy_header *header)
{
	bool broken = false;

	for (size_t part = 0; part <= size; part++) {
		struct proxy_header of_part;
		enum proxy_event event = read_part(data, part, &of_part);

		assert(!broken || event == PROXY_BROKEN);
		broken = event == PROXY_BROKEN;
		assert(event != PROXY_READ ||
		       (whole == PROXY_READ && part >= header->size &&
			of_part.size == header->size && of_part.local == header->local &&
			memcmp(of_part.address, header->address, sizeof(of_part.address)) == 0));
		assert(whole != PROXY_READ || (event == PROXY_READ) == (part >= header->size));
	}
}

static void check_network(const uint8_t *data, size_t size)
{
	struct http_network network;
	struct text word = { (const char *)data, size };

	if (!http_network_parse(word, &network))
		return;
	assert(network.bits >= 0 && network.bits <= 128);
	for (int bit = network.bits; bit < 128; bit++)
		assert(!(network.bytes[bit / 8] & 0x80 >> bit % 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header header;
	enum proxy_event event = read_part(data, size, &header);

	assert(event != PROXY_READ || (header.size <= size && header.size <= PROXY_HEADER_MAX));
	assert(event != PROXY_MORE || size < PROXY_HEADER_MAX);
	if (size <= 2 * PROXY_HEADER_MAX)
		check_prefixes(data, size, event, &header);
	check_network(data, size);
	return 0;
}
