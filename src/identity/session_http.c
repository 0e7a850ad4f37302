/*
 * Sessions over HTTP: who am I, which sessions are mine, another of my organisations, logout; and
 * the hook by which the dispatcher learns who is asking, by a session's token or an API key, in one
 * statement.
 */
#include "session.h"

#include "identity_event.h"
#include "region_http.h"

/* ---- shapes ---- */

static const char *const due_words[] = { "password", "totp", NULL };
_Static_assert(COUNT_OF(due_words) == DUE_TOTP + 2, "a word for all that is due");

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

static const struct field answer_fields[] = {
	{ "id", KIND_ID, FIELD_AT(session_answer, id), .optional = true },
	{ "api_key", KIND_ID, FIELD_AT(session_answer, api_key), .optional = true },
	{ "user", KIND_STRUCT, FIELD_AT(session_answer, user), .of = user_fields,
	  .of_count = COUNT_OF(user_fields), .of_size = sizeof(struct account) },
	{ "organisation", KIND_STRUCT, FIELD_AT(session_answer, organisation),
	  .of = organisation_fields, .of_count = COUNT_OF(organisation_fields),
	  .of_size = sizeof(struct organisation_card) },
	{ "roles", KIND_WORDS, FIELD_AT(session_answer, roles), .words = role_words },
	{ "permissions", KIND_RAW, FIELD_AT(session_answer, permission_list), .only = OUT },
	{ "memberships", KIND_LIST, FIELD_AT(session_answer, memberships), .of = membership_fields,
	  .of_count = COUNT_OF(membership_fields), .of_size = sizeof(struct membership) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(session_answer, expires_at), .optional = true },
	{ "second_factor", KIND_BOOL, FIELD_AT(session_answer, second_factor) },
	{ "due", KIND_WORD, FIELD_AT(session_answer, due), .words = due_words, .optional = true },
	{ "last_login_at", KIND_INSTANT, FIELD_AT(session_answer, last_login_at),
	  .optional = true },
	{ "failures_since", KIND_INT, FIELD_AT(session_answer, failures_since) },
	{ "token", KIND_TEXT, FIELD_AT(session_answer, token), .optional = true, .secret = true },
};

static const struct field card_fields[] = {
	{ "id", KIND_ID, FIELD_AT(session_card, id) },
	{ "organisation", KIND_ID, FIELD_AT(session_card, organisation) },
	{ "organisation_name", KIND_TEXT, FIELD_AT(session_card, organisation_name) },
	{ "created_at", KIND_INSTANT, FIELD_AT(session_card, created_at) },
	{ "seen_at", KIND_INSTANT, FIELD_AT(session_card, seen_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(session_card, expires_at) },
	{ "address", KIND_TEXT, FIELD_AT(session_card, address) },
	{ "user_agent", KIND_TEXT, FIELD_AT(session_card, user_agent) },
	{ "second_factor", KIND_BOOL, FIELD_AT(session_card, second_factor) },
	{ "current", KIND_BOOL, FIELD_AT(session_card, current) },
};

struct session_query {
	struct page page;
};
static const struct field session_query_fields[] = { PAGE_FIELDS(session_query) };

struct switch_asked {
	struct id organisation;
};
static const struct field switch_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(switch_asked, organisation), .only = IN },
};

/* ---- the answer ---- */

static int32_t due_word(enum err due)
{
	switch (due) {
	case ERR_PASSWORD_DUE:
		return DUE_PASSWORD;
	case ERR_TOTP_DUE:
		return DUE_TOTP;
	default:
		return SMALL_NONE;
	}
}

struct session_answer session_answer_of(struct req *rq, const struct account *user,
					const struct session *session,
					const struct membership *membership,
					const struct list *memberships)
{
	const struct organisation_card *organisation = &membership->organisation;
	struct scope scope = { .kind = organisation->scope == SMALL_NONE ? SCOPE_NONE
									 : organisation->scope };
	enum err due =
		due_of(identity_settings_of(rq->app), membership->roles, session->second_factor,
		       user->password_changed_at, user->password_by_other, rq->now);

	return (struct session_answer){ .id = session->id,
					.user = *user,
					.organisation = *organisation,
					.roles = membership->roles,
					.permissions = permissions_of(membership->roles, &scope),
					.memberships = *memberships,
					.expires_at = session->created_at + SESSION_ABSOLUTE_US,
					.second_factor = session->second_factor,
					.due = due_word(due),
					.last_login_at = session->last_login_at,
					.failures_since = session->failures_since };
}

enum err session_reply(struct req *rq, const struct session_answer *answer)
{
	struct session_answer shown = *answer;

	shown.permission_list = permissions_json(rq->arena, answer->permissions);
	return shown.permission_list.at
		       ? reply_fields(rq, answer_fields, COUNT_OF(answer_fields), &shown)
		       : ERR_MEMORY;
}

/* ---- the current session ---- */

/* The session of the request, with its user and memberships. */
struct present {
	struct account user;
	struct session session;
	struct list memberships;
};

static enum err present_read(struct req *rq, struct present *out)
{
	enum err e = account_by_id(rq->db, rq->arena, rq->actor.user, &out->user);

	if (!e)
		e = membership_list(rq->db, rq->arena, rq->actor.user, &out->memberships);
	if (!e && id_is_none(rq->actor.api_key))
		e = session_read(rq->db, rq->arena, rq->actor.user, rq->actor.session,
				 &out->session);
	/* ended since the request was authenticated */
	return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
}

static enum err present_reply(struct req *rq, const struct present *present, struct id organisation)
{
	const struct membership *active = membership_choose(&present->memberships, organisation);

	if (!active)
		return ERR_UNAUTHENTICATED; /* taken away since the request was authenticated */
	struct session_answer answer = session_answer_of(rq, &present->user, &present->session,
							 active, &present->memberships);
	if (!id_is_none(rq->actor.api_key)) {
		answer.api_key = rq->actor.api_key;
		answer.roles = rq->actor.roles;
		answer.permissions = permissions_of(rq->actor.roles, &rq->actor.scope);
		answer.due = SMALL_NONE;
		answer.expires_at = answer.last_login_at = INT_NONE;
	}
	return session_reply(rq, &answer);
}

static enum err get_session(struct req *rq)
{
	struct present present = { 0 };
	enum err e = present_read(rq, &present);

	return e ? e : present_reply(rq, &present, rq->actor.organisation);
}

static enum err patch_session(struct req *rq)
{
	struct switch_asked asked = { 0 };
	struct present present = { 0 };

	enum err e = json_read(rq, switch_fields, COUNT_OF(switch_fields), &asked);
	if (!e)
		e = present_read(rq, &present);
	if (e)
		return e;
	if (!membership_choose(&present.memberships, asked.organisation))
		return fail(&rq->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation"));
	struct session_switch change = { .session = rq->actor.session,
					 .before = rq->actor.organisation,
					 .after = asked.organisation };
	rq->key = NO_TEXT; /* done again it is the same */
	e = run_event(rq, session_switch, &change, NULL, 0);
	return e ? e : present_reply(rq, &present, asked.organisation);
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

/* ---- all sessions of mine ---- */

static struct text session_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct session_card *)row)->id);
}

static enum err get_sessions(struct req *rq)
{
	struct session_query query = { 0 };
	struct list cards = { 0 };
	struct id after;

	enum err e = page_read_id(rq, session_query_fields, COUNT_OF(session_query_fields), &query,
				  &after);
	if (!e)
		e = session_cards(rq->db, rq->arena, rq->actor.user, after,
				  page_limit(&query.page) + 1, rq->now, &cards);
	if (e)
		return e;
	for (size_t i = 0; i < cards.count; i++) {
		struct session_card *card = LIST_ITEM(cards, struct session_card, i);

		card->current = id_equal(card->id, rq->actor.session);
	}
	return reply_page(rq, card_fields, COUNT_OF(card_fields), sizeof(struct session_card),
			  &cards, page_limit(&query.page), session_cursor);
}

static enum err delete_session_by_id(struct req *rq)
{
	struct id session = req_path_id(rq, "id");

	return run_event(rq, session_revoke, &session, NULL, 0);
}

/* ---- the hook ---- */

static enum err authenticate_key(struct req *rq, struct text key, struct actor *out)
{
	struct bearer bearer = { 0 };
	enum err e = key_bearer_read(rq->db, rq->arena, token_digest(key), rq->now, &bearer);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
	uint32_t roles = bearer.key_roles & bearer.roles;
	if (!roles)
		return ERR_UNAUTHENTICATED;
	if (bearer.last_used_at == INT_NONE || rq->now - bearer.last_used_at >= SESSION_TOUCH_US)
		e = api_key_touch(rq->db, bearer.api_key, rq->now, rq->address);
	*out = (struct actor){ .user = bearer.session.user,
			       .organisation = bearer.session.organisation,
			       .roles = roles,
			       .scope = scope_of(roles, &bearer.scope, day_of(rq->now)),
			       .api_key = bearer.api_key };
	return e;
}

static enum err authenticate_session(struct req *rq, struct text token, struct actor *out)
{
	struct bearer bearer = { 0 };
	struct digest digest = token_digest(token);
	enum err e = bearer_read(rq->db, rq->arena, digest, rq->now, &bearer);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
	if (rq->now - bearer.session.seen_at >= SESSION_TOUCH_US)
		e = session_touch(rq->db, digest, rq->now);
	*out = (struct actor){ .user = bearer.session.user,
			       .organisation = bearer.session.organisation,
			       .session = bearer.session.id,
			       .roles = bearer.roles,
			       .scope = scope_of(bearer.roles, &bearer.scope, day_of(rq->now)),
			       .due = due_of(identity_settings_of(rq->app), bearer.roles,
					     bearer.session.second_factor,
					     bearer.password_changed_at, bearer.password_by_other,
					     rq->now) };
	return e;
}

/* Where the route names a permission, only the roles that give it count, and on one of the whole
 * platform none of a narrower authority; the scope comes with a role of an authority among them. So
 * what a role of the own unit allows is not done in the sight of another role. */
static void actor_reach(const struct req *rq, struct actor *actor)
{
	actor->roles = roles_in_reach(actor->roles, rq->route->roles, &actor->scope);
	if (!(actor->roles & ROLES_AUTHORITY))
		actor->scope = (struct scope){ .kind = SCOPE_NONE };
}

enum err authenticate(struct req *rq, struct text token, struct actor *out)
{
	enum err e = ERR_UNAUTHENTICATED;

	if (token.size == TOKEN_TEXT_SIZE)
		e = authenticate_session(rq, token, out);
	else if (token.size == API_KEY_TEXT_SIZE && text_starts(token, API_KEY_SIGN))
		e = authenticate_key(rq, token, out);
	if (!e)
		actor_reach(rq, out);
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
	  .success = 201,
	  .rate = RATE_LOGIN },
	{ .method = HTTP_GET,
	  .path = "/api/v1/sessions",
	  .handle = get_sessions,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .by_session = true },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/sessions/{id}",
	  .handle = delete_session_by_id,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .success = 204,
	  .by_session = true },
	{ .method = HTTP_GET,
	  .path = "/api/v1/sessions/current",
	  .handle = get_session,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .while_due = true },
	{ .method = HTTP_PATCH,
	  .path = "/api/v1/sessions/current",
	  .handle = patch_session,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/sessions/current",
	  .handle = delete_session,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .success = 204,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_PUT,
	  .path = "/api/v1/me/password",
	  .handle = put_password,
	  .roles = ROLES_ANY,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 204,
	  .rate = RATE_LOGIN,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_GET,
	  .path = "/api/v1/me/totp",
	  .handle = get_totp,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_POST,
	  .path = "/api/v1/me/totp",
	  .handle = post_totp,
	  .roles = ROLES_ANY,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 201,
	  .rate = RATE_LOGIN,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/me/totp",
	  .handle = delete_totp,
	  .roles = ROLES_ANY,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 204,
	  .rate = RATE_LOGIN,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_POST,
	  .path = "/api/v1/me/totp/confirmations",
	  .handle = post_totp_confirmation,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 201,
	  .rate = RATE_LOGIN,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_POST,
	  .path = "/api/v1/me/totp/recovery-codes",
	  .handle = post_recovery_codes,
	  .roles = ROLES_ANY,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 201,
	  .rate = RATE_LOGIN,
	  .while_due = true,
	  .by_session = true },
	{ .method = HTTP_GET,
	  .path = "/api/v1/me/api-keys",
	  .handle = get_api_keys,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .by_session = true },
	{ .method = HTTP_POST,
	  .path = "/api/v1/me/api-keys",
	  .handle = post_api_key,
	  .roles = ROLES_ANY,
	  .runs = ON_HASHER,
	  .body_max = KIB(4),
	  .success = 201,
	  .rate = RATE_LOGIN,
	  .by_session = true },
	{ .method = HTTP_DELETE,
	  .path = "/api/v1/me/api-keys/{id}",
	  .handle = delete_api_key,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .success = 204,
	  .by_session = true },
	{ .method = HTTP_GET,
	  .path = "/api/v1/regions",
	  .handle = get_regions,
	  .roles = ROLES_PUBLIC,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/regions/{code:word}/designations",
	  .handle = post_designation,
	  .roles = MAY_KEEP_REFERENCE,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/regions/{code:word}/designation-endings",
	  .handle = post_designation_end,
	  .roles = MAY_KEEP_REFERENCE,
	  .runs = ON_WORKER,
	  .body_max = KIB(4) },
};
const size_t identity_route_count = COUNT_OF(identity_routes);
