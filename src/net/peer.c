/* Connections counted by the address that they come from: a hash table with chains, seeded, since
 * addresses can be chosen. */
#include "server_private.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool peer_address(const struct sockaddr *address, uint8_t bytes[16])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + sizeof(mapped), &in.sin_addr, 4);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&in6, address, sizeof(in6));
	memcpy(bytes, in6.sin6_addr.s6_addr, 16);
	return true;
}

static bool is_mapped(const uint8_t address[16])
{
	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

void peer_name(const uint8_t address[16], char name[INET6_ADDRSTRLEN])
{
	bool is_ipv4 = is_mapped(address);

	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, address + (is_ipv4 ? sizeof(mapped) : 0), name,
		  INET6_ADDRSTRLEN);
}

void peer_key(const uint8_t address[16], uint8_t key[8])
{
	memset(key, 0, 8);
	if (is_mapped(address))
		memcpy(key + 4, address + sizeof(mapped), 4);
	else
		memcpy(key, address, 8);
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

struct peer *peer_enter(struct http_server *server, const uint8_t address[16])
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
	struct peer **link;

	if (!peer || --peer->count)
		return;
	link = peer_bucket(server, peer->key);
	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	memory_free(peer);
}
