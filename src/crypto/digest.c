/* Digests by OpenSSL's EVP, and compares that take the same time whatever differs. */
#include "xiangcai/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static struct digest digest_of(const EVP_MD *kind, struct text t)
{
	struct digest digest;
	unsigned size = 0;
	int done = EVP_Digest(t.size ? t.at : "", t.size, digest.bytes, &size, kind, NULL);

	assert(done == 1 && size == DIGEST_SIZE);
	return digest;
}

struct digest sm3(struct text t)
{
	return digest_of(EVP_sm3(), t);
}

struct digest sha256(struct text t)
{
	return digest_of(EVP_sha256(), t);
}

/* The stream is OpenSSL's context under another name. */
static EVP_MD_CTX *context_of(struct sm3_stream *stream)
{
	return (EVP_MD_CTX *)stream;
}

struct sm3_stream *sm3_begin(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context)
		return NULL;

	int done = EVP_DigestInit_ex(context, EVP_sm3(), NULL);

	assert(done == 1);
	return (struct sm3_stream *)context;
}

void sm3_add(struct sm3_stream *stream, struct text t)
{
	int done = EVP_DigestUpdate(context_of(stream), t.at, t.size);

	assert(done == 1);
}

struct digest sm3_end(struct sm3_stream *stream)
{
	struct digest digest;
	unsigned size = 0;
	int done = EVP_DigestFinal_ex(context_of(stream), digest.bytes, &size);

	assert(done == 1 && size == DIGEST_SIZE);
	EVP_MD_CTX_free(context_of(stream));
	return digest;
}

bool bytes_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

bool digest_equal(struct digest a, struct digest b)
{
	return bytes_equal(a.bytes, b.bytes, sizeof(a.bytes));
}
