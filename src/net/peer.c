/* Connections counted by the address that they come from: a hash table with chains, seeded, since
 * addresses can be chosen. */
#include "server_private.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_mapped(const struct sockaddr *address)
{
	struct sockaddr_in6 in6;

	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&in6, address, sizeof(in6));
	return IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
}

/* The bytes of the address: 4, or 16; IPv4 within IPv6 gives the 4. */
static size_t address_bytes(const struct sockaddr *address, uint8_t bytes[16])
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		memcpy(bytes, &in.sin_addr, 4);
		return 4;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		bool mapped = is_mapped(address);

		memcpy(&in6, address, sizeof(in6));
		memcpy(bytes, in6.sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 16);
		return mapped ? 4 : 16;
	}
	return 0;
}

void peer_name(const struct sockaddr *address, char name[INET6_ADDRSTRLEN])
{
	uint8_t bytes[16] = { 0 };
	size_t size = address_bytes(address, bytes);

	name[0] = '\0';
	if (size)
		inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, name, INET6_ADDRSTRLEN);
}

static void peer_key(const struct sockaddr *address, uint8_t key[8])
{
	uint8_t bytes[16] = { 0 };
	size_t size = address_bytes(address, bytes);

	memset(key, 0, 8);
	memcpy(key + (size == 4 ? 4 : 0), bytes, size == 4 ? 4 : 8);
}

static struct peer **peer_bucket(struct http_server *server, const uint8_t key[8])
{
	uint64_t value;

	memcpy(&value, key, sizeof(value));
	value = (value ^ server->peer_seed) * UINT64_C(0x9e3779b97f4a7c15);
	value ^= value >> 29;
	return &server->peers[(value * UINT64_C(0xbf58476d1ce4e5b9)) >> 54];
}
_Static_assert(PEER_BUCKETS == 1 << (64 - 54), "the hash fits the table");

struct peer *peer_enter(struct http_server *server, const struct sockaddr *address)
{
	size_t max = server->limits.connections_per_address_max;
	struct peer **bucket, *peer;
	uint8_t key[8];

	peer_key(address, key);
	bucket = peer_bucket(server, key);
	for (peer = *bucket; peer && memcmp(peer->key, key, sizeof(key)) != 0;)
		peer = peer->next;
	if (!peer) {
		peer = memory_take(sizeof(*peer));
		if (!peer)
			return NULL;
		memcpy(peer->key, key, sizeof(key));
		peer->next = *bucket;
		*bucket = peer;
	}
	if (max && peer->count >= max)
		return NULL;
	peer->count++;
	return peer;
}

void peer_leave(struct http_server *server, struct peer *peer)
{
	struct peer **link = peer_bucket(server, peer->key);

	if (--peer->count)
		return;
	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	memory_free(peer);
}
