/* The inside of struct keys, for mac.c and seal.c. */
#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include "xiangcai/crypto.h"

#include <openssl/evp.h>

enum { KEY_SIZE = 32, PURPOSE_COUNT = MAC_INDEX + 1 };

/* One context per purpose, keyed and begun: a MAC is made on a copy, so that any thread may use
 * them. */
struct keys {
	EVP_MAC_CTX *contexts[PURPOSE_COUNT];
	struct ring_source *source; /* of encryption.keys */
};

/* Derives the keys of all purposes from the 32 bytes at @master; false when out of memory. */
bool keys_derive(struct keys *keys, const unsigned char *master);

#endif
