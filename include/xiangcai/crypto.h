/*
 * crypto: the only floor that knows OpenSSL. Digests, message authentication, password hashes,
 * tokens, sealed fields. Stateless but for struct keys; any thread.
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

/*
 * The server's keys: DIR/authentication.key, 32 random bytes, and DIR/encryption.keys (below), mode
 * 0600, made on first use. Any thread may use them.
 */
struct keys;
/* NULL, with a reason in @why (128 bytes), when the file cannot be read or made or is open to
 * others. */
struct keys *keys_load(const char *directory, char *why);
void keys_free(struct keys *keys); /* wiped */

/*
 * What a MAC is for: each purpose has its own derived key, so that one can never stand for another.
 */
enum mac_purpose { MAC_AUDIT, MAC_PASSPORT, MAC_CURSOR, MAC_INDEX };
/* HMAC-SM3 under the key of @purpose. */
struct digest mac(const struct keys *keys, enum mac_purpose purpose, struct text t);

/* ---- fields at rest ---- */

/*
 * Values are sealed with AES-256-GCM under the newest key of DIR/encryption.keys, made on first
 * use: a byte for the format (1), the key's id (4 bytes), nonce (12), ciphertext, tag (16). Table,
 * column and row are authenticated with it, so that a value cannot be moved. A key that is not
 * known yet is looked for in the file again, for another process may have added it; old keys stay
 * in the file as long as any value needs them.
 */
struct seal_place {
	const char *table, *column;
	struct id row;
};
enum { SEALED_PLAIN_MAX = 1024, SEAL_OVERHEAD = 33, SEAL_KEY_ID_SIZE = 4 };
/* NO_TEXT stays NO_TEXT. ERR_MEMORY. */
enum err seal_text(const struct keys *keys, struct seal_place place, struct text plain,
		   struct arena *arena, struct text *out);
/* ERR_SEAL for what was changed, moved, or sealed under a key that is nowhere. */
enum err unseal_text(const struct keys *keys, struct seal_place place, struct text sealed,
		     struct arena *arena, struct text *out);
/* For lookups and uniqueness of what is sealed: HMAC-SM3 over "table.column", a NUL, the value. */
struct digest seal_index(const struct keys *keys, const char *table, const char *column,
			 struct text plain);
/* The id of the key that is used now; SEAL_KEY_ID_SIZE bytes at @out, as in the values. */
void seal_key_now(const struct keys *keys, uint8_t *out);

/*
 * The ring itself, for commands. Every process on the file seals under a key that was added within
 * a second (SEAL_NOTICE_US), and reads what is sealed under it at once. False, with a reason in
 * @why (128 bytes), when the file cannot be read or written.
 */
enum { SEAL_KEYS_MAX = 64, SEAL_NOTICE_US = 1000000 };
struct seal_key {
	uint8_t id[SEAL_KEY_ID_SIZE];
	int64_t made;
};
/* As they stand in the file, oldest first. */
bool seal_key_list(const struct keys *keys, struct seal_key out[SEAL_KEYS_MAX], size_t *count,
		   char *why);
/* A new newest key; its id at @id. Refused when there are SEAL_KEYS_MAX. */
bool seal_key_add(const struct keys *keys, int64_t now, uint8_t *id, char *why);
/* Takes the key out of the file; what is sealed under it can never be read again. The newest is
 * refused, and one that is not there. */
bool seal_key_drop(const struct keys *keys, const uint8_t *id, char *why);

/* ---- second factor ---- */

/* RFC 6238 with HMAC-SHA-1, steps of 30 s, six digits: what every authenticator takes. */
enum { TOTP_SECRET_SIZE = 20, TOTP_CODE_SIZE = 6 };
int64_t totp_step(int64_t instant_us);
/* The code of @step as six digits, NUL behind. */
void totp_code(struct text secret, int64_t step, char out[TOTP_CODE_SIZE + 1]);
/*
 * Whether @code is that of the step of @now, the one before or the one after, and the step is later
 * than @used (the last that was taken; INT_NONE: none): each is taken once. *step: which.
 */
bool totp_matches(struct text secret, struct text code, int64_t now, int64_t used, int64_t *step);
/* Base32 without padding (RFC 4648 §6), as authenticators show secrets. */
struct text base32_encode(struct arena *arena, struct text t);

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
