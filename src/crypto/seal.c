/*
 * Sealed fields: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits for each value, which
 * is safe for some 2^32 values under one key. What stands before the ciphertext, and the place of
 * the value, are authenticated with it.
 */
#include "keys.h"
#include "ring.h"

#include <openssl/crypto.h>
#include <string.h>

enum {
	FORMAT = 1,
	NONCE_SIZE = 12,
	TAG_SIZE = 16,
	HEAD_SIZE = 1 + SEAL_KEY_ID_SIZE,
	BODY_AT = HEAD_SIZE + NONCE_SIZE
};
_Static_assert(BODY_AT + TAG_SIZE == SEAL_OVERHEAD, "the face says how long a value becomes");

/* Gives the context what is authenticated but not sealed; names with the NUL that ends them. */
static bool add_place(EVP_CIPHER_CTX *context, const uint8_t *head, struct seal_place place)
{
	const struct text parts[] = {
		{ (const char *)head, HEAD_SIZE },
		{ place.table, strlen(place.table) + 1 },
		{ place.column, strlen(place.column) + 1 },
		{ (const char *)place.row.bytes, sizeof(place.row.bytes) },
	};
	int size;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (EVP_CipherUpdate(context, NULL, &size, (const uint8_t *)parts[i].at,
				     (int)parts[i].size) != 1)
			return false;
	return true;
}

/* @whole has its head and its nonce. */
static bool encrypt(EVP_CIPHER_CTX *context, const struct ring_key *key, struct seal_place place,
		    struct text plain, uint8_t *whole)
{
	uint8_t *body = whole + BODY_AT;
	int size = 0, last = 0;

	return EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->key, whole + HEAD_SIZE) ==
		       1 &&
	       add_place(context, whole, place) &&
	       EVP_EncryptUpdate(context, body, &size, (const uint8_t *)plain.at,
				 (int)plain.size) == 1 &&
	       EVP_EncryptFinal_ex(context, body + size, &last) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, body + plain.size) == 1;
}

enum err seal_text(const struct keys *keys, struct seal_place place, struct text plain,
		   struct arena *arena, struct text *out)
{
	*out = NO_TEXT;
	if (!plain.at)
		return OK;
	assert(plain.size <= SEALED_PLAIN_MAX);

	const struct ring_key *key = ring_newest(keys->source);
	uint8_t *whole = arena_take(arena, plain.size + SEAL_OVERHEAD);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool done = whole && context;

	if (done) {
		whole[0] = FORMAT;
		memcpy(whole + 1, key->id, sizeof(key->id));
		random_bytes(whole + HEAD_SIZE, NONCE_SIZE);
		done = encrypt(context, key, place, plain, whole);
	}
	EVP_CIPHER_CTX_free(context);
	if (!done)
		return ERR_MEMORY;
	*out = (struct text){ (const char *)whole, plain.size + SEAL_OVERHEAD };
	return OK;
}

static bool decrypt(EVP_CIPHER_CTX *context, const struct ring_key *key, struct seal_place place,
		    struct text sealed, uint8_t *plain)
{
	const uint8_t *whole = (const uint8_t *)sealed.at;
	uint8_t tag[TAG_SIZE];
	int size = 0, last = 0;

	memcpy(tag, whole + sealed.size - TAG_SIZE, TAG_SIZE);
	return EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->key, whole + HEAD_SIZE) ==
		       1 &&
	       add_place(context, whole, place) &&
	       EVP_DecryptUpdate(context, plain, &size, whole + BODY_AT,
				 (int)(sealed.size - SEAL_OVERHEAD)) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
	       EVP_DecryptFinal_ex(context, plain + size, &last) == 1;
}

enum err unseal_text(const struct keys *keys, struct seal_place place, struct text sealed,
		     struct arena *arena, struct text *out)
{
	*out = NO_TEXT;
	if (!sealed.at)
		return OK;
	if (sealed.size < SEAL_OVERHEAD || sealed.size > SEAL_OVERHEAD + SEALED_PLAIN_MAX ||
	    sealed.at[0] != FORMAT)
		return ERR_SEAL;

	const struct ring_key *key = ring_find(keys->source, (const uint8_t *)sealed.at + 1);

	if (!key)
		return ERR_SEAL;

	size_t size = sealed.size - SEAL_OVERHEAD;
	uint8_t *plain = arena_take(arena, size + 1); /* a NUL behind it */
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool done = plain && context;
	bool sound = done && decrypt(context, key, place, sealed, plain);

	EVP_CIPHER_CTX_free(context);
	if (!done)
		return ERR_MEMORY;
	if (!sound) {
		OPENSSL_cleanse(plain, size);
		return ERR_SEAL;
	}
	*out = (struct text){ (const char *)plain, size };
	return OK;
}

void seal_key_now(const struct keys *keys, uint8_t *out)
{
	memcpy(out, ring_newest(keys->source)->id, SEAL_KEY_ID_SIZE);
}
