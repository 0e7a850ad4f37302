/*
 * What people do about their own password and second factor. All of it asks for the present
 * password again, for a session that was left open is not its owner; wrong ones are counted like
 * wrong logins and stop like them. Secrets and codes are in the answer once: the event stores an
 * empty reply under a key of its own, and the answer is written behind it.
 */
#include "credential.h"

enum { CODE_MAX = 40 };

/* ---- shapes ---- */

struct password_asked {
	struct text current, chosen;
};
static const struct field password_fields[] = {
	{ "current", KIND_TEXT, FIELD_AT(password_asked, current), .only = IN, .min = 1,
	  .max = PASSWORD_MAX, .secret = true },
	{ "new", KIND_TEXT, FIELD_AT(password_asked, chosen), .only = IN, .min = PASSWORD_MIN,
	  .max = PASSWORD_MAX, .secret = true },
};

struct proof_asked {
	struct text password, code;
};
static const struct field proof_fields[] = {
	{ "password", KIND_TEXT, FIELD_AT(proof_asked, password), .only = IN, .min = 1,
	  .max = PASSWORD_MAX, .secret = true },
	{ "code", KIND_TEXT, FIELD_AT(proof_asked, code), .only = IN, .optional = true, .min = 1,
	  .max = CODE_MAX, .secret = true },
};
static const struct field code_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(proof_asked, code), .only = IN, .min = 1, .max = CODE_MAX,
	  .secret = true },
};

struct secret_answer {
	struct text secret, uri;
};
static const struct field secret_fields[] = {
	{ "secret", KIND_TEXT, FIELD_AT(secret_answer, secret), .only = OUT, .secret = true },
	{ "uri", KIND_TEXT, FIELD_AT(secret_answer, uri), .only = OUT, .secret = true },
};

struct codes_answer {
	struct text recovery_codes; /* JSON */
};
static const struct field codes_fields[] = {
	{ "recovery_codes", KIND_RAW, FIELD_AT(codes_answer, recovery_codes), .only = OUT,
	  .secret = true },
};

enum totp_told { TOLD_NONE, TOLD_PENDING, TOLD_ACTIVE };
static const char *const told_words[] = { "none", "pending", "active", NULL };

struct totp_answer {
	int32_t state;
	bool is_required;
	int64_t confirmed_at, recovery_codes_left;
};
static const struct field totp_fields[] = {
	{ "state", KIND_WORD, FIELD_AT(totp_answer, state), .words = told_words },
	{ "is_required", KIND_BOOL, FIELD_AT(totp_answer, is_required) },
	{ "confirmed_at", KIND_INSTANT, FIELD_AT(totp_answer, confirmed_at), .optional = true },
	{ "recovery_codes_left", KIND_INT, FIELD_AT(totp_answer, recovery_codes_left) },
};

/* ---- the proof ---- */

static enum err refuse(struct req *rq, struct asker *asker, enum err why, const char *pointer)
{
	enum err e = run_event(rq, password_refuse, &asker->place, NULL, 0);

	return e ? e : fail(&rq->problems, why, ARG_TEXT(text_of(pointer)));
}

static enum err asker_read(struct req *rq, struct asker *asker)
{
	rq->key = NO_TEXT; /* what was proved is never replayed */
	enum err e = account_by_id(rq->db, rq->arena, rq->actor.user, &asker->user);
	if (!e)
		e = login_place_make(&asker->place, rq, asker->user.login, asker->user.id);
	if (!e)
		e = login_facts_read(rq->db, rq->arena, &asker->place, &asker->facts);
	return e;
}

/* A right password is wrong too where too many wrong ones were tried, as in the login. */
static enum err password_prove(struct req *rq, struct text password, const char *pointer,
			       struct asker *asker)
{
	bool matches = password_matches(password, asker->user.password_hash);

	if (!matches || login_is_locked(asker->facts.locked_until, rq->now))
		return refuse(rq, asker, ERR_PASSWORD_WRONG, pointer);
	return OK;
}

enum err asker_prove(struct req *rq, struct text password, struct text code, struct asker *asker,
		     struct factor *factor)
{
	enum err e = asker_read(rq, asker);
	if (!e)
		e = password_prove(rq, password, "/password", asker);
	if (e)
		return e;
	e = factor_prove(rq, asker->user.id, code, factor);
	if (e == ERR_TOTP_NEEDED)
		return fail(&rq->problems, ERR_REQUIRED, AT("/code"));
	return e == ERR_TOTP_CODE ? refuse(rq, asker, ERR_TOTP_CODE, "/code") : e;
}

enum err asker_event(struct req *rq, event_fn *fn, void *arg, struct asker *asker)
{
	enum err e = run_event(rq, fn, arg, NULL, 0);

	return e == ERR_TOTP_CODE ? refuse(rq, asker, ERR_TOTP_CODE, "/code") : e;
}

static enum err proof_read(struct req *rq, struct asker *asker, struct factor *factor)
{
	struct proof_asked asked = { 0 };

	enum err e = json_read(rq, proof_fields, COUNT_OF(proof_fields), &asked);
	return e ? e : asker_prove(rq, asked.password, asked.code, asker, factor);
}

/* ---- the password ---- */

/* One hash each: this is why it runs where passwords are hashed. */
enum err password_unused(struct req *rq, const struct account *user, struct text password,
			 const char *pointer)
{
	struct list past = { 0 };

	enum err e = password_past_list(rq->db, rq->arena, user->id, &past);
	if (e)
		return e;
	bool used = password_matches(password, user->password_hash);
	for (size_t i = 0; i < past.count && !used; i++)
		used = password_matches(password,
					LIST_ITEM(past, struct password_past, i)->password_hash);
	return used ? fail(&rq->problems, ERR_PASSWORD_USED, ARG_TEXT(text_of(pointer))) : OK;
}

/* The history is dear to look through, also for whoever knows the password: not often. */
static enum err change_count(struct req *rq, const struct asker *asker)
{
	int64_t changes, began_at;
	enum err e =
		login_change_count(rq->db, rq->arena, asker->user.id, rq->now, &changes, &began_at);

	return e ? e : login_changes_check(rq, changes - 1, began_at);
}

/* What costs nothing comes first. */
static enum err change_prove(struct req *rq, const struct password_asked *asked,
			     struct asker *asker)
{
	enum err e = asker_read(rq, asker);
	if (!e)
		e = password_check(asked->chosen, asker->user.login, identity_settings_of(rq->app),
				   &rq->problems, "/new");
	if (!e)
		e = login_changes_check(rq, asker->facts.changes, asker->facts.changes_began_at);
	if (!e)
		e = password_prove(rq, asked->current, "/current", asker);
	if (!e)
		e = change_count(rq, asker);
	return e ? e : password_unused(rq, &asker->user, asked->chosen, "/new");
}

enum err put_password(struct req *rq)
{
	struct password_asked asked = { 0 };
	struct asker asker = { 0 };
	char hash[PASSWORD_HASH_SIZE];

	enum err e = json_read(rq, password_fields, COUNT_OF(password_fields), &asked);
	if (!e)
		e = change_prove(rq, &asked, &asker);
	if (!e)
		e = password_hash(asked.chosen, scrypt_standard, hash);
	if (e)
		return e;
	struct password_change change = { .user = asker.user.id,
					  .session = rq->actor.session,
					  .past = id_new(rq->now),
					  .before = asker.user.password_hash,
					  .after = text_of(hash) };
	return run_event(rq, password_change, &change, NULL, 0);
}

/* ---- the second factor ---- */

/* Of whoever acts for an authority somewhere, whatever the session acts for. */
static enum err requirement_read(struct req *rq, bool *required)
{
	struct list memberships = { 0 };
	enum err e = membership_list(rq->db, rq->arena, rq->actor.user, &memberships);

	*required = false;
	for (size_t i = 0; i < memberships.count; i++)
		if (LIST_ITEM(memberships, struct membership, i)->roles & ROLES_AUTHORITY)
			*required = identity_settings_of(rq->app)->totp_required;
	return e;
}

enum err get_totp(struct req *rq)
{
	struct totp_status status = { 0 };
	struct totp_answer answer = { 0 };

	enum err e = totp_status_read(rq->db, rq->arena, rq->actor.user, &status);
	if (!e)
		e = requirement_read(rq, &answer.is_required);
	if (e)
		return e;
	answer.state = TOLD_NONE;
	if (status.state != SMALL_NONE)
		answer.state = status.state == TOTP_ACTIVE ? TOLD_ACTIVE : TOLD_PENDING;
	answer.confirmed_at = status.confirmed_at;
	answer.recovery_codes_left = status.recovery_codes_left;
	return reply_fields(rq, totp_fields, COUNT_OF(totp_fields), &answer);
}

static enum err secret_reply(struct req *rq, const struct account *user, struct text secret)
{
	struct secret_answer answer = { .secret = base32_encode(rq->arena, secret) };

	if (!answer.secret.at)
		return ERR_MEMORY;
	answer.uri = arena_print(rq->arena,
				 "otpauth://totp/Xiangcai:%.*s?secret=%.*s&issuer=Xiangcai"
				 "&algorithm=SHA1&digits=6&period=30",
				 TEXT_FMT(user->login), TEXT_FMT(answer.secret));
	return answer.uri.at ? reply_fields(rq, secret_fields, COUNT_OF(secret_fields), &answer)
			     : ERR_MEMORY;
}

enum err post_totp(struct req *rq)
{
	struct asker asker = { 0 };
	struct totp_change change = { 0 };
	uint8_t bytes[TOTP_SECRET_SIZE];
	struct text secret = { (const char *)bytes, sizeof(bytes) };

	enum err e = proof_read(rq, &asker, &change.factor);
	if (e)
		return e;
	random_bytes(bytes, sizeof(bytes));
	change.totp = (struct totp){ .id = id_new(rq->now),
				     .user = asker.user.id,
				     .created_at = rq->now };
	e = seal_text(rq->app->keys, (struct seal_place){ "totp", "secret_sealed", change.totp.id },
		      secret, rq->arena, &change.totp.secret_sealed);
	if (!e)
		e = asker_event(rq, totp_begin, &change, &asker);
	return e ? e : secret_reply(rq, &asker.user, secret);
}

/* RECOVERY_CODES new ones: as JSON to tell, and as rows to keep. */
static enum err codes_make(struct req *rq, struct totp_change *change, struct codes_answer *answer)
{
	struct recovery_code *rows = arena_take(rq->arena, RECOVERY_CODES * sizeof(*rows));
	struct text list = TEXT("");

	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		char code[RECOVERY_CODE_TEXT + 1];

		recovery_code_make(code);
		struct digest digest = recovery_code_digest(text_of(code));
		const char *bytes = arena_copy(rq->arena, digest.bytes, DIGEST_SIZE);
		list = arena_print(rq->arena, "%.*s%s\"%s\"", TEXT_FMT(list), i ? "," : "", code);
		if (!bytes || !list.at)
			return ERR_MEMORY;
		rows[i] = (struct recovery_code){ .user = change->totp.user,
						  .digest = { bytes, DIGEST_SIZE },
						  .created_at = rq->now };
	}
	change->codes = rows;
	answer->recovery_codes = arena_print(rq->arena, "[%.*s]", TEXT_FMT(list));
	return answer->recovery_codes.at ? OK : ERR_MEMORY;
}

/* The pending factor, when @code is one of it. */
static enum err pending_prove(struct req *rq, struct text code, struct totp *totp)
{
	struct text secret;

	enum err e = totp_read(rq->db, rq->arena, rq->actor.user, TOTP_PENDING, totp);
	if (e == ERR_NOT_FOUND || (!e && rq->now - totp->created_at >= TOTP_PENDING_US))
		return ERR_CONFLICT; /* nothing to confirm, or too late */
	if (!e)
		e = unseal_text(rq->app->keys,
				(struct seal_place){ "totp", "secret_sealed", totp->id },
				totp->secret_sealed, rq->arena, &secret);
	if (e)
		return e;
	return totp_matches(secret, text_trim(code), rq->now, INT_NONE, &totp->step)
		       ? OK
		       : ERR_TOTP_CODE;
}

static enum err pending_refuse(struct req *rq, struct totp_change *change)
{
	rq->key = NO_TEXT;
	enum err e = run_event(rq, totp_refuse, change, NULL, 0);

	return e ? e : fail(&rq->problems, ERR_TOTP_CODE, AT("/code"));
}

enum err post_totp_confirmation(struct req *rq)
{
	struct proof_asked asked = { 0 };
	struct totp_change change = { .session = rq->actor.session };
	struct codes_answer answer = { 0 };

	enum err e = json_read(rq, code_fields, COUNT_OF(code_fields), &asked);
	if (!e)
		e = pending_prove(rq, asked.code, &change.totp);
	if (e == ERR_TOTP_CODE)
		return pending_refuse(rq, &change);
	if (!e)
		e = codes_make(rq, &change, &answer);
	if (e)
		return e;
	rq->key = NO_TEXT;
	e = run_event(rq, totp_confirm, &change, NULL, 0);
	return e ? e : reply_fields(rq, codes_fields, COUNT_OF(codes_fields), &answer);
}

enum err delete_totp(struct req *rq)
{
	struct asker asker = { 0 };
	struct totp_change change = { 0 };
	bool required;

	enum err e = proof_read(rq, &asker, &change.factor);
	if (!e)
		e = requirement_read(rq, &required);
	if (e)
		return e;
	if (required)
		return ERR_TOTP_KEPT;
	if (change.factor.kind == FACTOR_NONE)
		return ERR_NOT_FOUND;
	change.totp.user = asker.user.id;
	return asker_event(rq, totp_remove, &change, &asker);
}

enum err post_recovery_codes(struct req *rq)
{
	struct asker asker = { 0 };
	struct totp_change change = { 0 };
	struct codes_answer answer = { 0 };

	enum err e = proof_read(rq, &asker, &change.factor);
	if (e)
		return e;
	if (change.factor.kind == FACTOR_NONE)
		return ERR_CONFLICT;
	change.totp.user = asker.user.id;
	e = codes_make(rq, &change, &answer);
	if (!e)
		e = asker_event(rq, recovery_codes_renew, &change, &asker);
	return e ? e : reply_fields(rq, codes_fields, COUNT_OF(codes_fields), &answer);
}
