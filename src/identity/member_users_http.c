/*
 * Users over HTTP as the platform's security administrator sees them: found by their login, with
 * their memberships and nothing of their business; suspended and resumed everywhere, freed of locks
 * and of a lost second factor. Nobody does any of it to himself.
 */
#include "member_rows.h"

/* ---- shapes ---- */

static const struct field membership_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(platform_membership, organisation) },
	{ "code", KIND_TEXT, FIELD_AT(platform_membership, code) },
	{ "name", KIND_TEXT, FIELD_AT(platform_membership, name) },
	{ "roles", KIND_WORDS, FIELD_AT(platform_membership, roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(platform_membership, status), .words = status_words },
};

#define USER_FIELDS(type, prefix)                                                                  \
	{ "id", KIND_ID, FIELD_AT(type, prefix id) },                                              \
		{ "login", KIND_TEXT, FIELD_AT(type, prefix login) },                              \
		{ "name", KIND_TEXT, FIELD_AT(type, prefix name) },                                \
		{ "status", KIND_WORD, FIELD_AT(type, prefix status), .words = status_words },     \
		{ "has_totp", KIND_BOOL, FIELD_AT(type, prefix has_totp) },                        \
		{ "locked_until", KIND_INSTANT, FIELD_AT(type, prefix locked_until),               \
		  .optional = true },                                                              \
	{                                                                                          \
		"memberships", KIND_LIST, FIELD_AT(type, prefix memberships),                      \
			.of = membership_fields, .of_count = COUNT_OF(membership_fields),          \
			.of_size = sizeof(struct platform_membership)                              \
	}

static const struct field user_fields[] = { USER_FIELDS(platform_user, ) };
static const struct field changed_fields[] = { USER_FIELDS(platform_change, after.) };

static const struct field reason_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(platform_change, reason), .min = 1, .max = REASON_MAX },
};

struct login_query {
	struct text login;
};
static const struct field login_fields[] = {
	{ "login", KIND_TEXT, FIELD_AT(login_query, login), .min = 1, .max = LOGIN_MAX },
};

struct users_answer {
	struct list items; /* of struct platform_user */
};
static const struct field answer_fields[] = {
	{ "items", KIND_LIST, FIELD_AT(users_answer, items), .of = user_fields,
	  .of_count = COUNT_OF(user_fields), .of_size = sizeof(struct platform_user) },
};

/* A lock that is over is none. */
static void lock_clear(struct platform_user *user, int64_t now)
{
	if (user->locked_until <= now)
		user->locked_until = INT_NONE;
}

/* ---- handlers ---- */

enum err get_users(struct req *rq)
{
	struct login_query query = { 0 };
	struct users_answer answer = { 0 };
	struct platform_user user;

	enum err e = query_read(rq, login_fields, COUNT_OF(login_fields), &query);
	if (e)
		return e;
	struct text login = login_fold(rq->arena, query.login);
	e = login_is_valid(login) ? platform_user_by_login(rq->db, rq->arena, login, &user)
				  : ERR_NOT_FOUND;
	if (!e)
		e = platform_memberships(rq->db, rq->arena, user.id, &user.memberships);
	if (!e) {
		lock_clear(&user, rq->now);
		struct platform_user *item = list_add(&answer.items, rq->arena, sizeof(user));
		if (!item)
			return ERR_MEMORY;
		*item = user;
	}
	if (e && e != ERR_NOT_FOUND)
		return e;
	return reply_fields(rq, answer_fields, COUNT_OF(answer_fields), &answer);
}

/* The event, with what the answer leaves out already left out. */
static enum err event_cleared(struct tx *tx, struct platform_change *change, event_fn *event)
{
	enum err e = event(tx, change);

	lock_clear(&change->after, tx->now);
	return e;
}

static enum err suspend(struct tx *tx, void *arg)
{
	return event_cleared(tx, arg, user_suspend);
}

static enum err resume(struct tx *tx, void *arg)
{
	return event_cleared(tx, arg, user_resume);
}

static enum err post_reasoned(struct req *rq, event_fn *event)
{
	struct platform_change change = { 0 };

	enum err e = json_read(rq, reason_fields, COUNT_OF(reason_fields), &change);
	change.user = req_path_id(rq, "id");
	return e ? e : run_event(rq, event, &change, changed_fields, COUNT_OF(changed_fields));
}

enum err post_user_suspension(struct req *rq)
{
	return post_reasoned(rq, suspend);
}

enum err post_user_resumption(struct req *rq)
{
	return post_reasoned(rq, resume);
}

/* The reason stands in the query: bodies of DELETE get lost on the way. */
static enum err delete_reasoned(struct req *rq, event_fn *event)
{
	struct platform_change change = { 0 };

	enum err e = query_read(rq, reason_fields, COUNT_OF(reason_fields), &change);
	change.user = req_path_id(rq, "id");
	return e ? e : run_event(rq, event, &change, NULL, 0);
}

enum err delete_user_locks(struct req *rq)
{
	return delete_reasoned(rq, user_unlock);
}

enum err delete_user_totp(struct req *rq)
{
	return delete_reasoned(rq, user_totp_remove);
}
