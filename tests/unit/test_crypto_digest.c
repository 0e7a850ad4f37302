/* Digests, MACs under the key file, password hashes and tokens, against published vectors and other
 * implementations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/crypto.h"

#include <string.h>

static void check_digest(struct digest digest, const char *expected)
{
	char hex[2 * DIGEST_SIZE + 1];

	hex_format(digest.bytes, DIGEST_SIZE, hex);
	assert_string_equal(hex, expected);
}

static const char sixteen_abcd[] =
	"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd";

static void sm3_as_the_standard_says(void **state)
{
	/* GB/T 32905-2016, appendix A; the empty text by another implementation */
	(void)state;
	check_digest(sm3(TEXT("abc")),
		     "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
	check_digest(sm3(text_of(sixteen_abcd)),
		     "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
	check_digest(sm3(TEXT("")),
		     "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
	check_digest(sm3(NO_TEXT),
		     "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
}

static void sm3_in_parts(void **state)
{
	struct text whole = text_of(sixteen_abcd);

	(void)state;
	for (size_t part = 1; part <= whole.size; part++) {
		struct sm3_stream *stream = sm3_begin();

		assert_non_null(stream);
		for (size_t at = 0; at < whole.size; at += part)
			sm3_add(stream, text_part(whole, at, part));
		sm3_add(stream, NO_TEXT);
		assert_true(digest_equal(sm3_end(stream), sm3(whole)));
	}
}

static void sha256_as_the_standard_says(void **state)
{
	/* FIPS 180-4 */
	(void)state;
	check_digest(sha256(TEXT("abc")),
		     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_digest(sha256(TEXT("")),
		     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void digests_compare(void **state)
{
	struct digest a = sm3(TEXT("a")), b = a;

	(void)state;
	assert_true(digest_equal(a, b));
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		b.bytes[i] ^= 1;
		assert_false(digest_equal(a, b));
		b = a;
	}
	assert_true(bytes_equal("abc", "abd", 2));
	assert_false(bytes_equal("abc", "abd", 3));
}

static void tokens_are_long_and_new(void **state)
{
	struct arena *arena = arena_new(0);
	char a[TOKEN_TEXT_SIZE + 1], b[TOKEN_TEXT_SIZE + 1];
	struct text bytes;

	(void)state;
	for (int i = 0; i < 100; i++) {
		token_make(a);
		token_make(b);
		assert_int_equal(strlen(a), TOKEN_TEXT_SIZE);
		assert_string_not_equal(a, b);
		assert_true(base64url_decode(arena, text_of(a), &bytes));
		assert_int_equal(bytes.size, TOKEN_SIZE);
		assert_false(digest_equal(token_digest(text_of(a)), token_digest(text_of(b))));
	}
	assert_true(digest_equal(token_digest(text_of(a)), sha256(text_of(a))));
	arena_free(arena);
}

static const struct scrypt_cost low = { 4, 2, 1 };

static void passwords_match_their_hashes(void **state)
{
	/* the last two by another implementation */
	static const struct {
		const char *password, *hash;
	} known[] = {
		{ "correct horse", "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-"
				   "fVr03sWV770kp5wLOLoEakziKhqE" },
		{ "密码不要太短", "$scrypt$ln=8,r=4,p=2$AAECAwQFBgcICQoLDA0ODw$"
				  "o9VamUz37TJu1f2Duc3HN6pgyzBbjm01v4tgNdrt7gE" },
	};
	char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash(TEXT("秘密 secret"), low, hash), OK);
	assert_int_equal(password_hash(TEXT("秘密 secret"), low, again), OK);
	assert_string_not_equal(hash, again);
	assert_true(text_starts(text_of(hash), "$scrypt$ln=4,r=2,p=1$"));
	assert_true(password_matches(TEXT("秘密 secret"), text_of(hash)));
	assert_true(password_matches(TEXT("秘密 secret"), text_of(again)));
	assert_false(password_matches(TEXT("秘密 secret "), text_of(hash)));
	assert_false(password_matches(NO_TEXT, text_of(hash)));
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		assert_true(password_matches(text_of(known[i].password), text_of(known[i].hash)));
		assert_false(password_matches(TEXT("wrong"), text_of(known[i].hash)));
	}
}

static void the_standard_cost_is_the_standard(void **state)
{
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	assert_true(scrypt_standard.log2_n == 15 && scrypt_standard.r == 8 &&
		    scrypt_standard.p == 3);
	assert_int_equal(password_hash(TEXT("a password"), scrypt_standard, hash), OK);
	assert_true(strlen(hash) < PASSWORD_HASH_SIZE);
	assert_true(text_starts(text_of(hash), "$scrypt$ln=15,r=8,p=3$"));
	assert_true(password_matches(TEXT("a password"), text_of(hash)));
}

static void malformed_hashes_match_nothing(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"", "$", "x", "$scrypt$", "$scrypt$ln=4,r=2,p=1", "$scrypt$ln=4,r=2,p=1$", "$scrypt$ln=4,r=2,p=1$$",
		"$scrypt$ln=4,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$",
		"$scrypt$ln=4,r=2,p=1$AAECAwQFBgcICQoLDA0O$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=4,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhq",
		"$scrypt$ln=4,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE$",
		"$argon2$ln=4,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$r=2,ln=4,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=4,r=2,p=1,x=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=0,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=-4,r=2,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=20,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=63,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=4,r=0,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
		"$scrypt$ln=4,r=2,p=99999999999$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE",
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(password_matches(TEXT("correct horse"), text_of(bad[i])));
	assert_false(password_matches(TEXT("correct horse"), NO_TEXT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sm3_as_the_standard_says),
		cmocka_unit_test(sm3_in_parts),
		cmocka_unit_test(sha256_as_the_standard_says),
		cmocka_unit_test(digests_compare),
		cmocka_unit_test(tokens_are_long_and_new),
		cmocka_unit_test(passwords_match_their_hashes),
		cmocka_unit_test(the_standard_cost_is_the_standard),
		cmocka_unit_test(malformed_hashes_match_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
