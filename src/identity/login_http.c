/*
 * The login. It says the same in the same time whatever was wrong: an unknown name is hashed
 * against a hash that nobody's password has, a locked user is hashed before the refusal, and all of
 * them are counted by the same statements. Only an address from which too many wrong logins came is
 * told so, before anything is hashed. Where strangers are kept out, a right password with a right
 * code comes in, and every other one is refused as if it were wrong. The token is in the answer,
 * once, and nowhere else: the transaction that opens the session stores an empty reply under a key
 * of its own, and the answer is written behind it.
 */
#include "identity_event.h"
#include "session.h"

enum { CODE_MAX = 40, USER_AGENT_MAX = 120 };

/* ---- shapes ---- */

struct login {
	struct text login, password, code;
	struct id organisation;
	bool bearer;
};

static const struct field login_fields[] = {
	{ "login", KIND_TEXT, FIELD_AT(login, login), .only = IN, .min = 1, .max = LOGIN_MAX },
	{ "password", KIND_TEXT, FIELD_AT(login, password), .only = IN, .min = 1,
	  .max = PASSWORD_MAX, .secret = true },
	{ "code", KIND_TEXT, FIELD_AT(login, code), .only = IN, .optional = true, .min = 1,
	  .max = CODE_MAX, .secret = true },
	{ "organisation", KIND_ID, FIELD_AT(login, organisation), .only = IN, .optional = true },
	{ "bearer", KIND_BOOL, FIELD_AT(login, bearer), .only = IN, .optional = true },
};

/* A login on its way. */
struct attempt {
	struct login login;
	struct account user; /* its id is NO_ID where nobody has the name */
	struct login_place place;
	struct login_facts facts;
	struct factor factor;
	struct list memberships;
};

/* ---- who it is ---- */

static enum err attempt_read(struct req *rq, struct attempt *attempt)
{
	struct text folded = login_fold(rq->arena, attempt->login.login);

	if (!folded.at)
		return ERR_MEMORY;
	enum err e = account_by_login(rq->db, rq->arena, folded, &attempt->user);
	if (e == ERR_NOT_FOUND)
		attempt->user = (struct account){ .password_hash = text_of(nobody_hash) };
	else if (e)
		return e;
	e = login_place_make(&attempt->place, rq, folded, attempt->user.id);
	if (!e)
		e = login_address_check(rq, &attempt->place);
	return e ? e : login_facts_read(rq->db, rq->arena, &attempt->place, &attempt->facts);
}

/* Where strangers are kept out: the code is looked at whatever the password was, so that nothing
 * tells whether that was right. */
static enum err stranger_prove(struct req *rq, struct attempt *attempt, bool matches)
{
	struct id user = attempt->place.user;

	enum err e = membership_list(rq->db, rq->arena, user, &attempt->memberships);
	if (e)
		return e;
	e = factor_prove(rq, user, attempt->login.code, &attempt->factor);
	if (e)
		return e == ERR_TOTP_CODE || e == ERR_TOTP_NEEDED ? ERR_LOGIN_REFUSED : e;
	bool proved = matches && attempt->place.known && attempt->user.status == STATUS_ACTIVE &&
		      attempt->memberships.count && attempt->factor.kind != FACTOR_NONE;
	return proved ? OK : ERR_LOGIN_REFUSED;
}

/*
 * OK: proved, with a membership to act for. ERR_LOGIN_REFUSED takes the same time for all reasons
 * but a wrong code, which shows only to whoever has the password.
 */
static enum err attempt_prove(struct req *rq, struct attempt *attempt)
{
	const struct account *user = &attempt->user;
	bool matches = password_matches(attempt->login.password, user->password_hash);

	bool strange = login_is_strange(&attempt->facts, rq->now);

	if (strange && attempt->login.code.at)
		return stranger_prove(rq, attempt, matches);
	if (!attempt->place.known || !matches || user->status != STATUS_ACTIVE ||
	    !login_is_open(&attempt->facts, rq->now))
		return ERR_LOGIN_REFUSED;
	enum err e = membership_list(rq->db, rq->arena, user->id, &attempt->memberships);
	if (e)
		return e;
	if (!attempt->memberships.count)
		return ERR_LOGIN_REFUSED;
	e = factor_prove(rq, user->id, attempt->login.code, &attempt->factor);
	return e == ERR_TOTP_CODE ? ERR_LOGIN_REFUSED : e;
}

/* The password was right: the answer says what is missing, and the trail that it was asked for. */
static enum err factor_ask(struct req *rq, struct attempt *attempt)
{
	rq->actor = (struct actor){ 0 };
	enum err e = run_event(rq, login_factor_miss, &attempt->place, NULL, 0);

	return e ? e : ERR_TOTP_NEEDED;
}

static enum err refuse(struct req *rq, struct attempt *attempt)
{
	rq->actor = (struct actor){ 0 };
	enum err e = run_event(rq, login_refuse, &attempt->place, NULL, 0);

	return e ? e : ERR_LOGIN_REFUSED;
}

/* ---- the session ---- */

/* The token goes to a browser as a cookie that scripts cannot read, to a program in the body. */
static enum err login_reply(struct req *rq, struct session_answer *answer, const char *token,
			    bool bearer)
{
	if (bearer) {
		answer->token = text_of(token);
		return session_reply(rq, answer);
	}

	struct text cookie = arena_print(
		rq->arena, "__Host-session=%s; Path=/; Secure; HttpOnly; SameSite=Strict", token);
	if (!cookie.at)
		return ERR_MEMORY;
	enum err e = reply_header(rq, "Set-Cookie", cookie);
	return e ? e : session_reply(rq, answer);
}

/* What the client calls itself, as far as it is visible ASCII. */
static struct text user_agent_of(struct req *rq)
{
	struct text agent = text_part(rq->user_agent, 0, USER_AGENT_MAX);
	char *out = arena_string(rq->arena, agent);

	if (!out)
		return TEXT("");
	for (size_t i = 0; i < agent.size; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
	return (struct text){ out, agent.size };
}

static enum err attempt_open(struct req *rq, struct attempt *attempt,
			     const struct membership *chosen)
{
	char token[TOKEN_TEXT_SIZE + 1];
	token_make(token);
	struct digest digest = token_digest(text_of(token));
	struct opening opening = {
		.session = { .id = id_new(rq->now),
			     .user = attempt->user.id,
			     .organisation = chosen->organisation.id,
			     .created_at = rq->now,
			     .seen_at = rq->now,
			     .address = rq->address,
			     .token_digest = { (const char *)digest.bytes, DIGEST_SIZE },
			     .user_agent = user_agent_of(rq),
			     .second_factor = attempt->factor.kind != FACTOR_NONE,
			     .last_login_at = attempt->facts.passed_at,
			     .failures_since = login_failures_told(&attempt->facts) },
		.place = attempt->place,
		.factor = attempt->factor,
		.password_hash = attempt->user.password_hash,
	};

	/* whoever has just proved it is the actor of the event */
	rq->actor = (struct actor){ .user = opening.session.user,
				    .organisation = opening.session.organisation,
				    .session = opening.session.id,
				    .roles = chosen->roles };
	enum err e = run_event(rq, session_open, &opening, NULL, 0);
	if (e == ERR_LOGIN_REFUSED || e == ERR_TOTP_CODE)
		return refuse(rq, attempt);
	if (e)
		return e;
	struct session_answer answer = session_answer_of(rq, &attempt->user, &opening.session,
							 chosen, &attempt->memberships);
	return login_reply(rq, &answer, token, attempt->login.bearer);
}

enum err post_session(struct req *rq)
{
	struct attempt attempt = { 0 };

	enum err e = json_read(rq, login_fields, COUNT_OF(login_fields), &attempt.login);
	if (e)
		return e;
	rq->key = NO_TEXT; /* a login is never replayed */
	e = attempt_read(rq, &attempt);
	if (!e)
		e = attempt_prove(rq, &attempt);
	if (e == ERR_LOGIN_REFUSED)
		return refuse(rq, &attempt);
	if (e == ERR_TOTP_NEEDED)
		return factor_ask(rq, &attempt);
	if (e)
		return e;

	const struct membership *chosen =
		membership_choose(&attempt.memberships, attempt.login.organisation);
	if (!chosen)
		return fail(&rq->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation"));
	return attempt_open(rq, &attempt, chosen);
}
