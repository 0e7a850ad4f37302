/*
 * HMAC-SM3 under keys derived from the master key, one for each purpose: HMAC-SM3(master, label). A
 * label is fixed text of its own for each purpose, so the derived keys are independent (NIST SP
 * 800-108, one block, HMAC as the pseudorandom function).
 */
#include "keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>

static const char *const labels[] = {
	[MAC_AUDIT] = "xiangcai audit 1",
	[MAC_PASSPORT] = "xiangcai passport 1",
	[MAC_CURSOR] = "xiangcai cursor 1",
	[MAC_INDEX] = "xiangcai index 1",
};
_Static_assert(COUNT_OF(labels) == PURPOSE_COUNT, "every purpose has its label");

/* A context of HMAC-SM3 begun under @key; NULL when out of memory. */
static EVP_MAC_CTX *context_make(EVP_MAC *hmac, const unsigned char *key)
{
	char digest[] = "SM3";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
				OSSL_PARAM_construct_end() };
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);

	if (context && EVP_MAC_init(context, key, KEY_SIZE, params) != 1) {
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

static bool mac_on_copy(EVP_MAC_CTX *begun, const struct text *parts, size_t count,
			struct digest *out)
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_dup(begun);
	size_t size = 0;
	bool done = context;

	for (size_t i = 0; i < count && done; i++)
		done = EVP_MAC_update(context, (const unsigned char *)parts[i].at, parts[i].size) ==
		       1;
	done = done && EVP_MAC_final(context, out->bytes, &size, sizeof(out->bytes)) == 1;
	EVP_MAC_CTX_free(context);
	return done && size == DIGEST_SIZE;
}

bool keys_derive(struct keys *keys, const unsigned char *master)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *root = hmac ? context_make(hmac, master) : NULL;
	struct digest key;
	bool done = root;

	for (size_t i = 0; i < PURPOSE_COUNT && done; i++) {
		struct text label = text_of(labels[i]);

		done = mac_on_copy(root, &label, 1, &key);
		if (done)
			keys->contexts[i] = context_make(hmac, key.bytes);
		done = done && keys->contexts[i];
	}
	OPENSSL_cleanse(&key, sizeof(key));
	EVP_MAC_CTX_free(root);
	EVP_MAC_free(hmac);
	return done;
}

static struct digest mac_parts(const struct keys *keys, enum mac_purpose purpose,
			       const struct text *parts, size_t count)
{
	struct digest digest;
	bool done;

	assert((unsigned)purpose < PURPOSE_COUNT);
	done = mac_on_copy(keys->contexts[purpose], parts, count, &digest);
	assert(done);
	return digest;
}

struct digest mac(const struct keys *keys, enum mac_purpose purpose, struct text t)
{
	return mac_parts(keys, purpose, &t, 1);
}

struct digest seal_index(const struct keys *keys, const char *table, const char *column,
			 struct text plain)
{
	const struct text parts[] = { text_of(table), TEXT("."), text_of(column), TEXT("\0"),
				      plain };

	return mac_parts(keys, MAC_INDEX, parts, COUNT_OF(parts));
}
