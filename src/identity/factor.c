/*
 * The second factor as a proof: six digits of an authenticator, or a recovery code, held against
 * what stands under seal, and taken in the transaction that they open. Codes are looked at only
 * behind a right password.
 */
#include "credential.h"

#include <string.h>

enum { RECOVERY_BYTES = 10, GROUP_SIZE = 4 };

static bool is_six_digits(struct text code)
{
	for (size_t i = 0; i < code.size; i++)
		if (code.at[i] < '0' || code.at[i] > '9')
			return false;
	return code.size == TOTP_CODE_SIZE;
}

enum err factor_prove(struct req *rq, struct id user, struct text code, struct factor *out)
{
	struct totp totp;
	struct text secret;

	*out = (struct factor){ .kind = FACTOR_NONE, .user = user };
	enum err e = totp_read(rq->db, rq->arena, user, TOTP_ACTIVE, &totp);
	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	code = text_trim(code);
	if (!code.size)
		return ERR_TOTP_NEEDED;
	if (!is_six_digits(code)) {
		out->kind = FACTOR_RECOVERY;
		out->recovery = recovery_code_digest(code);
		return OK;
	}
	e = unseal_text(rq->app->keys, (struct seal_place){ "totp", "secret_sealed", totp.id },
			totp.secret_sealed, rq->arena, &secret);
	if (e)
		return e;
	out->kind = FACTOR_CODE;
	out->totp = totp.id;
	return totp_matches(secret, code, rq->now, totp.step, &out->step) ? OK : ERR_TOTP_CODE;
}

enum err factor_take(struct db *db, const struct factor *factor, int64_t now)
{
	switch (factor->kind) {
	case FACTOR_CODE:
		return totp_take(db, factor->totp, factor->step);
	case FACTOR_RECOVERY:
		return recovery_take(db, factor->user, factor->recovery, now);
	default:
		return OK;
	}
}

/* ---- recovery codes ---- */

/* Crockford's letters and digits: none of them is taken for another. */
void recovery_code_make(char out[RECOVERY_CODE_TEXT + 1])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint8_t bytes[2 * RECOVERY_BYTES];
	size_t size = 0;

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; size < RECOVERY_CODE_TEXT; i++) {
		if (i && i % GROUP_SIZE == 0)
			out[size++] = '-';
		out[size++] = letters[bytes[i] & 31];
	}
	out[size] = '\0';
}

struct digest recovery_code_digest(struct text typed)
{
	char code[RECOVERY_CODE_TEXT + 1];
	size_t size = 0;

	for (size_t i = 0; i < typed.size && size < sizeof(code); i++) {
		char c = typed.at[i];

		if (c == '-' || c == ' ')
			continue;
		code[size++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return token_digest((struct text){ code, size });
}
