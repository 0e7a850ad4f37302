/* The second factor: RFC 6238 over HOTP (RFC 4226), HMAC-SHA-1, steps of 30 s, six digits. */
#include "xiangcai/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { STEP_US = 30 * 1000000, SHA1_SIZE = 20, CODES = 1000000 };

int64_t totp_step(int64_t instant_us)
{
	return instant_us / STEP_US;
}

/* RFC 4226 §5.3: the low four bits of the last byte say where the 31 bits stand. */
static uint32_t truncate_mac(const uint8_t mac[SHA1_SIZE])
{
	const uint8_t *at = mac + (mac[SHA1_SIZE - 1] & 15);

	return ((uint32_t)at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void totp_code(struct text secret, int64_t step, char out[TOTP_CODE_SIZE + 1])
{
	uint8_t counter[8], made[SHA1_SIZE];
	unsigned size = 0;

	for (size_t i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));

	const void *done = HMAC(EVP_sha1(), secret.at, (int)secret.size, counter, sizeof(counter),
				made, &size);

	assert(done && size == SHA1_SIZE);
	snprintf(out, TOTP_CODE_SIZE + 1, "%06u", (unsigned)(truncate_mac(made) % CODES));
	OPENSSL_cleanse(made, sizeof(made));
}

bool totp_matches(struct text secret, struct text code, int64_t now, int64_t used, int64_t *step)
{
	int64_t middle = totp_step(now);
	bool matches = false;

	if (code.size != TOTP_CODE_SIZE)
		return false;
	for (int64_t at = middle - 1; at <= middle + 1; at++) {
		char expected[TOTP_CODE_SIZE + 1];

		totp_code(secret, at, expected);
		if (bytes_equal(expected, code.at, TOTP_CODE_SIZE) && at > used && !matches) {
			*step = at;
			matches = true;
		}
	}
	return matches;
}

struct text base32_encode(struct arena *arena, struct text t)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t size = (t.size * 8 + 4) / 5;
	char *out = arena_take(arena, size + 1);

	if (!out)
		return NO_TEXT;
	for (size_t i = 0; i < size; i++) {
		size_t bit = 5 * i, at = bit / 8;
		unsigned pair = (unsigned)(unsigned char)t.at[at] << 8;

		if (at + 1 < t.size)
			pair |= (unsigned char)t.at[at + 1];
		out[i] = alphabet[pair >> (11 - bit % 8) & 31];
	}
	return (struct text){ out, size };
}
