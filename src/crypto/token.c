/* Session tokens: random, shown once; only their digest is kept, which needs no salt because they
 * are random. */
#include "xiangcai/crypto.h"

#include <openssl/crypto.h>
#include <string.h>

void token_make(char out[TOKEN_TEXT_SIZE + 1])
{
	/* A zero byte fills the last group of three; its character is not part of the token. */
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[TOKEN_SIZE + 1] = { 0 };

	random_bytes(bytes, TOKEN_SIZE);
	for (size_t i = 0; i < TOKEN_TEXT_SIZE; i++) {
		size_t bit = 6 * i;
		unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];

		out[i] = alphabet[pair >> (10 - bit % 8) & 63];
	}
	out[TOKEN_TEXT_SIZE] = '\0';
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

struct digest token_digest(struct text token)
{
	return sha256(token);
}
