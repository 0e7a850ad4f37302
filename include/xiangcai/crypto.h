/*
 * crypto: the only floor that knows OpenSSL. Digests, message authentication, password hashes,
 * tokens. Stateless but for struct keys, which is read-only once loaded; any thread.
 */
#ifndef XIANGCAI_CRYPTO_H
#define XIANGCAI_CRYPTO_H

#include "xiangcai/base.h"

enum { DIGEST_SIZE = 32, TOKEN_SIZE = 32, TOKEN_TEXT_SIZE = 43 };

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* SM3 (GB/T 32905-2016). */
struct digest sm3(struct text t);
struct sm3_stream; /* for what does not fit in memory */
struct sm3_stream *sm3_begin(void);
void sm3_add(struct sm3_stream *stream, struct text t);
struct digest sm3_end(struct sm3_stream *stream); /* frees it */
/* SHA-256, for tokens and request digests. */
struct digest sha256(struct text t);
bool digest_equal(struct digest a, struct digest b);         /* constant time */
bool bytes_equal(const void *a, const void *b, size_t size); /* constant time */

/* The server's keys: DIR/authentication.key, 32 random bytes, mode 0600, made on first use. */
struct keys;
/* NULL, with a reason in @why (128 bytes), when the file cannot be read or made or is open to
 * others. */
struct keys *keys_load(const char *directory, char *why);
void keys_free(struct keys *keys); /* wiped */

/*
 * What a MAC is for: each purpose has its own derived key, so that one can never stand for another.
 */
enum mac_purpose { MAC_AUDIT, MAC_PASSPORT, MAC_CURSOR };
/* HMAC-SM3 under the key of @purpose. */
struct digest mac(const struct keys *keys, enum mac_purpose purpose, struct text t);

/* scrypt (RFC 7914); parameters stand in front of the hash: $scrypt$ln=15,r=8,p=3$salt$hash,
 * base64url. */
struct scrypt_cost {
	int log2_n, r, p;
};
extern const struct scrypt_cost scrypt_standard; /* 15, 8, 3: about 0.28 s and 32 MiB */
enum { PASSWORD_HASH_SIZE = 128 };
/* At most PASSWORD_HASH_SIZE bytes with its NUL at @out. ERR_MEMORY. */
enum err password_hash(struct text password, struct scrypt_cost cost, char *out);
/* False for a wrong password and for a malformed hash; takes as long as the hash's own cost. */
bool password_matches(struct text password, struct text hash);

/*
 * 256 random bits as 43 characters of base64url, NUL behind; the database keeps only token_digest.
 */
void token_make(char out[TOKEN_TEXT_SIZE + 1]);
struct digest token_digest(struct text token);

#endif
