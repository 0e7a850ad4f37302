/*
 * Sessions over HTTP: login, who am I, logout, and the hook by which the dispatcher learns who is
 * asking.
 *
 * A login says the same in the same time whatever was wrong: an unknown name is hashed against a
 * hash that nobody's password has, a locked account is hashed before it is refused. The token is in
 * the answer, once, and nowhere else: the transaction that opens the session stores an empty reply
 * under a key of its own, and the answer is written behind it.
 */
#include "identity_event.h"
#include "region_http.h"

/* scrypt at the standard cost, with a salt and a hash of zeros: no password is known to give them.
 */
static const char nobody_hash[] =
	"$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* ---- shapes ---- */

struct login {
	struct text login, password;
	struct id organisation;
	bool bearer;
};

static const struct field login_fields[] = {
	{ "login", KIND_TEXT, FIELD_AT(login, login), .only = IN, .min = 1, .max = LOGIN_MAX },
	{ "password", KIND_TEXT, FIELD_AT(login, password), .only = IN, .min = 1,
	  .max = PASSWORD_MAX, .secret = true },
	{ "organisation", KIND_ID, FIELD_AT(login, organisation), .only = IN, .optional = true },
	{ "bearer", KIND_BOOL, FIELD_AT(login, bearer), .only = IN, .optional = true },
};

static const struct field user_fields[] = {
	{ "id", KIND_ID, FIELD_AT(account, id) },
	{ "login", KIND_TEXT, FIELD_AT(account, login) },
	{ "name", KIND_TEXT, FIELD_AT(account, name) },
};

static const struct field organisation_fields[] = {
	{ "id", KIND_ID, FIELD_AT(organisation_card, id) },
	{ "code", KIND_TEXT, FIELD_AT(organisation_card, code) },
	{ "uscc", KIND_TEXT, FIELD_AT(organisation_card, uscc) },
	{ "name", KIND_TEXT, FIELD_AT(organisation_card, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(organisation_card, short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(organisation_card, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(organisation_card, is_supplier) },
	{ "is_authority", KIND_BOOL, FIELD_AT(organisation_card, is_authority) },
	{ "scope", KIND_WORD, FIELD_AT(organisation_card, scope), .words = scope_words,
	  .optional = true },
};

static const struct field membership_fields[] = {
	{ "organisation", KIND_STRUCT, FIELD_AT(membership, organisation),
	  .of = organisation_fields, .of_count = COUNT_OF(organisation_fields),
	  .of_size = sizeof(struct organisation_card) },
	{ "roles", KIND_WORDS, FIELD_AT(membership, roles), .words = role_words },
};

struct answer {
	struct id id;
	struct account user;
	struct organisation_card organisation;
	uint32_t roles;
	struct list memberships;
	int64_t expires_at;
	struct text token; /* NO_TEXT but in the answer to a program's login */
};

static const struct field answer_fields[] = {
	{ "id", KIND_ID, FIELD_AT(answer, id) },
	{ "user", KIND_STRUCT, FIELD_AT(answer, user), .of = user_fields,
	  .of_count = COUNT_OF(user_fields), .of_size = sizeof(struct account) },
	{ "organisation", KIND_STRUCT, FIELD_AT(answer, organisation), .of = organisation_fields,
	  .of_count = COUNT_OF(organisation_fields), .of_size = sizeof(struct organisation_card) },
	{ "roles", KIND_WORDS, FIELD_AT(answer, roles), .words = role_words },
	{ "memberships", KIND_LIST, FIELD_AT(answer, memberships), .of = membership_fields,
	  .of_count = COUNT_OF(membership_fields), .of_size = sizeof(struct membership) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(answer, expires_at) },
	{ "token", KIND_TEXT, FIELD_AT(answer, token), .optional = true, .secret = true },
};

/* The answer about @user in @membership; borrows both. */
static struct answer answer_of(const struct account *user, const struct membership *membership,
			       const struct list *memberships)
{
	return (struct answer){ .user = *user,
				.organisation = membership->organisation,
				.roles = membership->roles,
				.memberships = *memberships };
}

/* ---- login ---- */

/* Whether @login proves who it is; *user is NO_ID where nobody has the name. Takes the same time
 * for all. */
static enum err login_prove(struct req *rq, const struct login *login, struct account *user,
			    bool *proved)
{
	struct text folded = login_fold(rq->arena, login->login);

	if (!folded.at)
		return ERR_MEMORY;
	enum err e = account_by_login(rq->db, rq->arena, folded, user);
	bool known = e == OK;
	if (e == ERR_NOT_FOUND)
		*user = (struct account){ .password_hash = text_of(nobody_hash) };
	else if (e)
		return e;

	bool matches = password_matches(login->password, user->password_hash);
	*proved =
		known && matches && user->status == STATUS_ACTIVE && user->locked_until <= rq->now;
	return OK;
}

static enum err login_refuse(struct req *rq, const struct account *user)
{
	struct id id = user->id;
	enum err e = run_event(rq, session_refuse, &id, NULL, 0);

	return e ? e : ERR_LOGIN_REFUSED;
}

/* The token goes to a browser as a cookie that scripts cannot read, to a program in the body. */
static enum err login_reply(struct req *rq, struct answer *answer, const char *token, bool bearer)
{
	if (bearer) {
		answer->token = text_of(token);
		return reply_fields(rq, answer_fields, COUNT_OF(answer_fields), answer);
	}

	struct text cookie = arena_print(
		rq->arena, "__Host-session=%s; Path=/; Secure; HttpOnly; SameSite=Strict", token);
	if (!cookie.at)
		return ERR_MEMORY;
	enum err e = reply_header(rq, "Set-Cookie", cookie);
	if (e)
		return e;
	return reply_fields(rq, answer_fields, COUNT_OF(answer_fields), answer);
}

static enum err login_open(struct req *rq, struct answer *answer, bool bearer)
{
	char token[TOKEN_TEXT_SIZE + 1];
	token_make(token);
	struct digest digest = token_digest(text_of(token));
	struct session session = { .id = id_new(rq->now),
				   .user = answer->user.id,
				   .organisation = answer->organisation.id,
				   .created_at = rq->now,
				   .seen_at = rq->now,
				   .address = rq->address,
				   .token_digest = { (const char *)digest.bytes, DIGEST_SIZE } };

	/* whoever has just proved it is the actor of the event */
	rq->actor = (struct actor){ .user = session.user,
				    .organisation = session.organisation,
				    .session = session.id,
				    .roles = answer->roles };
	enum err e = run_event(rq, session_open, &session, NULL, 0);
	if (e)
		return e;
	answer->id = session.id;
	answer->expires_at = session.created_at + SESSION_ABSOLUTE_US;
	return login_reply(rq, answer, token, bearer);
}

static enum err post_session(struct req *rq)
{
	struct login login = { 0 };
	struct account user = { 0 };
	struct list memberships = { 0 };
	bool proved = false;

	enum err e = json_read(rq, login_fields, COUNT_OF(login_fields), &login);
	if (e)
		return e;
	rq->key = NO_TEXT; /* a login is never replayed */
	e = login_prove(rq, &login, &user, &proved);
	if (e)
		return e;
	if (!proved)
		return login_refuse(rq, &user);
	e = membership_list(rq->db, rq->arena, user.id, &memberships);
	if (e)
		return e;
	if (!memberships.count)
		return login_refuse(rq, &user);

	const struct membership *chosen = membership_choose(&memberships, login.organisation);
	if (!chosen)
		return fail(&rq->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation"));
	struct answer answer = answer_of(&user, chosen, &memberships);
	return login_open(rq, &answer, login.bearer);
}

/* ---- the current session ---- */

static enum err get_session(struct req *rq)
{
	struct account user;
	struct list memberships = { 0 };
	int64_t created_at;

	enum err e = account_by_id(rq->db, rq->arena, rq->actor.user, &user);
	if (!e)
		e = membership_list(rq->db, rq->arena, user.id, &memberships);
	if (!e)
		e = session_created_at(rq->db, rq->actor.session, &created_at);
	if (e)
		return e;

	const struct membership *active = membership_choose(&memberships, rq->actor.organisation);
	if (!active)
		return ERR_UNAUTHENTICATED; /* taken away since the request was authenticated */
	struct answer answer = answer_of(&user, active, &memberships);
	answer.id = rq->actor.session;
	answer.expires_at = created_at + SESSION_ABSOLUTE_US;
	return reply_fields(rq, answer_fields, COUNT_OF(answer_fields), &answer);
}

static enum err delete_session(struct req *rq)
{
	enum err e = reply_header(
		rq, "Set-Cookie",
		TEXT("__Host-session=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"));

	if (e)
		return e;
	return run_event(rq, session_close, &rq->actor.session, NULL, 0);
}

/* ---- the hook ---- */

enum err authenticate(struct req *rq, struct text token, struct actor *out)
{
	struct bearer bearer;

	if (token.size != TOKEN_TEXT_SIZE)
		return ERR_UNAUTHENTICATED;
	struct digest digest = token_digest(token);
	enum err e = bearer_read(rq->db, rq->arena, digest, rq->now, &bearer);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
	if (rq->now - bearer.session.seen_at >= SESSION_TOUCH_US)
		e = session_touch(rq->db, digest, rq->now);
	struct scope scope = scope_of(bearer.roles, &bearer.scope, day_of(rq->now));
	uint32_t roles = roles_in_reach(bearer.roles, rq->route->roles, &scope);
	*out = (struct actor){ .user = bearer.session.user,
			       .organisation = bearer.session.organisation,
			       .session = bearer.session.id,
			       .roles = roles,
			       .scope = scope_of(roles, &bearer.scope, day_of(rq->now)) };
	return e;
}

/* ---- the table ---- */

const struct route identity_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/sessions",
	  .handle = post_session,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/sessions/current",
	  .handle = get_session,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/sessions/current",
	  .handle = delete_session,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .success = 204 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/regions",
	  .handle = get_regions,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_WORKER },
};
const size_t identity_route_count = COUNT_OF(identity_routes);
