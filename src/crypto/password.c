/*
 * Password hashes: scrypt with its parameters in front, `$scrypt$ln=15,r=8,p=3$salt$hash`, so that
 * the standard can be raised while old hashes still match. Parameters read from a hash are bounded:
 * a row of the database must not be able to ask for gigabytes.
 */
#include "xiangcai/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum {
	SALT_SIZE = 16,
	HASH_SIZE = 32,
	LOG2_N_MAX = 20,
	R_MAX = 32,
	P_MAX = 16,
	SCRATCH_SIZE = 2048
};

static const uint64_t memory_max = UINT64_C(256) * 1024 * 1024;

const struct scrypt_cost scrypt_standard = { 15, 8, 3 };

/* OpenSSL counts its work area, 128 r (N + p + 1) and a little, against its ceiling. */
static uint64_t memory_needed(struct scrypt_cost cost)
{
	uint64_t blocks = (UINT64_C(1) << cost.log2_n) + (uint64_t)cost.p + 2;

	return 128 * (uint64_t)cost.r * blocks + 4096;
}

static bool cost_is_sound(struct scrypt_cost cost)
{
	return cost.log2_n >= 1 && cost.log2_n <= LOG2_N_MAX && cost.r >= 1 && cost.r <= R_MAX &&
	       cost.p >= 1 && cost.p <= P_MAX && memory_needed(cost) <= memory_max;
}

static bool derive(struct text password, struct text salt, struct scrypt_cost cost,
		   unsigned char *out)
{
	return EVP_PBE_scrypt(password.size ? password.at : "", password.size,
			      (const unsigned char *)salt.at, salt.size, UINT64_C(1) << cost.log2_n,
			      (uint64_t)cost.r, (uint64_t)cost.p, memory_needed(cost), out,
			      HASH_SIZE) == 1;
}

enum err password_hash(struct text password, struct scrypt_cost cost, char *out)
{
	unsigned char salt_bytes[SALT_SIZE], hash_bytes[HASH_SIZE];
	struct text salt = { (const char *)salt_bytes, SALT_SIZE };
	struct text hash = { (const char *)hash_bytes, HASH_SIZE };
	struct arena *arena = arena_new(SCRATCH_SIZE);
	enum err e = ERR_MEMORY;

	assert(cost_is_sound(cost));
	random_bytes(salt_bytes, sizeof(salt_bytes));
	if (arena && derive(password, salt, cost, hash_bytes)) {
		struct text salt_text = base64url_encode(arena, salt);
		struct text hash_text = base64url_encode(arena, hash);

		if (salt_text.at && hash_text.at) {
			snprintf(out, PASSWORD_HASH_SIZE, "$scrypt$ln=%d,r=%d,p=%d$%s$%s",
				 cost.log2_n, cost.r, cost.p, salt_text.at, hash_text.at);
			e = OK;
		}
	}
	arena_free(arena);
	OPENSSL_cleanse(hash_bytes, sizeof(hash_bytes));
	return e;
}

/* `name=digits` */
static bool parse_parameter(struct text part, const char *name, int *out)
{
	struct text value = part;
	struct text found = text_cut(&value, '=');
	int64_t number;

	if (!text_is(found, name) || !text_to_int(value, &number) || number < 0 || number > 1000)
		return false;
	*out = (int)number;
	return true;
}

static bool parse_cost(struct text part, struct scrypt_cost *out)
{
	return parse_parameter(text_cut(&part, ','), "ln", &out->log2_n) &&
	       parse_parameter(text_cut(&part, ','), "r", &out->r) &&
	       parse_parameter(text_cut(&part, ','), "p", &out->p) && !part.at &&
	       cost_is_sound(*out);
}

static bool parse_hash(struct arena *arena, struct text whole, struct scrypt_cost *cost,
		       struct text *salt, struct text *hash)
{
	return text_is(text_cut(&whole, '$'), "") && text_is(text_cut(&whole, '$'), "scrypt") &&
	       parse_cost(text_cut(&whole, '$'), cost) &&
	       base64url_decode(arena, text_cut(&whole, '$'), salt) &&
	       base64url_decode(arena, text_cut(&whole, '$'), hash) && !whole.at &&
	       salt->size == SALT_SIZE && hash->size == HASH_SIZE;
}

bool password_matches(struct text password, struct text hash)
{
	struct arena *arena = arena_new(SCRATCH_SIZE);
	struct scrypt_cost cost;
	struct text salt, kept;
	unsigned char made[HASH_SIZE];
	bool matches = arena && hash.size < PASSWORD_HASH_SIZE &&
		       parse_hash(arena, hash, &cost, &salt, &kept) &&
		       derive(password, salt, cost, made) &&
		       bytes_equal(made, kept.at, sizeof(made));

	OPENSSL_cleanse(made, sizeof(made));
	arena_free(arena);
	return matches;
}
