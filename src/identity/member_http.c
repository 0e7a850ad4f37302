/*
 * Members over HTTP: an administrator's own organisation, and everybody's own name and phone.
 * Somebody of another organisation is not found. Phones are masked in every answer but that of a
 * disclosure, which says why it was asked for and is kept nowhere.
 */
#include "member_rows.h"

/* ---- shapes ---- */

static const struct field member_fields[] = {
	{ "id", KIND_ID, FIELD_AT(member, user) },
	{ "login", KIND_TEXT, FIELD_AT(member, login) },
	{ "name", KIND_TEXT, FIELD_AT(member, name) },
	{ "roles", KIND_WORDS, FIELD_AT(member, roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(member, status), .words = status_words },
	{ "user_status", KIND_WORD, FIELD_AT(member, user_status), .words = status_words },
	{ "phone", KIND_TEXT, FIELD_AT(member, phone), .optional = true },
	{ "has_totp", KIND_BOOL, FIELD_AT(member, has_totp) },
	{ "last_login_at", KIND_INSTANT, FIELD_AT(member, last_login_at), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(member, created_at) },
	{ "ended_at", KIND_INSTANT, FIELD_AT(member, ended_at), .optional = true },
};

struct member_query {
	struct page page;
	int32_t status;
};
static const struct field query_fields[] = {
	PAGE_FIELDS(member_query),
	{ "status", KIND_WORD, FIELD_AT(member_query, status), .optional = true,
	  .words = status_words },
};

static const struct field change_fields[] = {
	{ "roles", KIND_WORDS, FIELD_AT(member_change, roles), .optional = true,
	  .words = role_words },
	{ "name", KIND_TEXT, FIELD_AT(member_change, name), .optional = true, .min = 1,
	  .max = NAME_MAX_LENGTH },
	{ "phone", KIND_TEXT, FIELD_AT(member_change, phone), .optional = true, .min = 0, .max = 30,
	  .secret = true, .check = phone_is_valid },
};

static const struct field reason_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(member_change, reason), .min = 1, .max = REASON_MAX },
};

/* Of a change, the member as he is afterwards. */
static const struct field changed_fields[] = {
	{ "id", KIND_ID, FIELD_AT(member_change, member.user) },
	{ "login", KIND_TEXT, FIELD_AT(member_change, member.login) },
	{ "name", KIND_TEXT, FIELD_AT(member_change, member.name) },
	{ "roles", KIND_WORDS, FIELD_AT(member_change, member.roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(member_change, member.status), .words = status_words },
	{ "user_status", KIND_WORD, FIELD_AT(member_change, member.user_status),
	  .words = status_words },
	{ "phone", KIND_TEXT, FIELD_AT(member_change, member.phone), .optional = true },
	{ "has_totp", KIND_BOOL, FIELD_AT(member_change, member.has_totp) },
	{ "last_login_at", KIND_INSTANT, FIELD_AT(member_change, member.last_login_at),
	  .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(member_change, member.created_at) },
	{ "ended_at", KIND_INSTANT, FIELD_AT(member_change, member.ended_at), .optional = true },
};

static struct text member_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct member *)row)->user);
}

static enum err phone_mask(struct req *rq, struct member *member)
{
	struct text phone;
	struct seal_place place = { "user", "phone_sealed", member->user };

	enum err e = unseal_text(rq->app->keys, place, member->phone_sealed, rq->arena, &phone);
	if (!e)
		member->phone = mask_phone(rq->arena, phone);
	return e;
}

/* ---- reading ---- */

enum err get_members(struct req *rq)
{
	struct member_query query = { 0 };
	struct list members = { 0 };
	struct id after;

	enum err e = page_read_id(rq, query_fields, COUNT_OF(query_fields), &query, &after);
	if (!e)
		e = member_list(rq->db, rq->arena, rq->actor.organisation, query.status, after,
				page_limit(&query.page) + 1, &members);
	for (size_t i = 0; !e && i < members.count; i++)
		e = phone_mask(rq, LIST_ITEM(members, struct member, i));
	if (e)
		return e;
	return reply_page(rq, member_fields, COUNT_OF(member_fields), sizeof(struct member),
			  &members, page_limit(&query.page), member_cursor);
}

enum err get_member(struct req *rq)
{
	struct member member;

	enum err e = member_read(rq->db, rq->arena, rq->actor.organisation, req_path_id(rq, "id"),
				 &member);
	if (!e)
		e = phone_mask(rq, &member);
	if (!e)
		e = reply_version(rq, member.version);
	return e ? e : reply_fields(rq, member_fields, COUNT_OF(member_fields), &member);
}

/* ---- changing ---- */

static enum err change_run(struct req *rq, event_fn *event, struct member_change *change)
{
	enum err e = run_event(rq, event, change, changed_fields, COUNT_OF(changed_fields));

	return e ? e : reply_version(rq, change->member.version);
}

static enum err change_read(struct req *rq, struct member_change *change)
{
	enum err e = json_read(rq, change_fields, COUNT_OF(change_fields), change);

	if (!e && !change->roles && !change->name.at && !change->phone.at) {
		fail(&rq->problems, ERR_REQUIRED, AT(""));
		e = ERR_REFUSED;
	}
	return e;
}

enum err patch_member(struct req *rq)
{
	struct member_change change = { 0 };

	enum err e = change_read(rq, &change);
	if (!e)
		e = req_version(rq, &change.version);
	change.user = req_path_id(rq, "id");
	return e ? e : change_run(rq, member_update, &change);
}

enum err delete_member(struct req *rq)
{
	struct member_change change = { .user = req_path_id(rq, "id") };

	enum err e = req_version(rq, &change.version);
	return e ? e : run_event(rq, member_end, &change, NULL, 0);
}

static enum err post_reasoned(struct req *rq, event_fn *event)
{
	struct member_change change = { 0 };

	enum err e = json_read(rq, reason_fields, COUNT_OF(reason_fields), &change);
	change.user = req_path_id(rq, "id");
	change.version = INT_NONE;
	return e ? e : change_run(rq, event, &change);
}

enum err post_member_suspension(struct req *rq)
{
	return post_reasoned(rq, member_suspend);
}

enum err post_member_resumption(struct req *rq)
{
	return post_reasoned(rq, member_resume);
}

/* The number stands in the answer and nowhere else: the key's row keeps an empty one. */
enum err post_member_disclosure(struct req *rq)
{
	static const struct field fields[] = {
		{ "id", KIND_ID, FIELD_AT(member_change, member.user) },
		{ "phone", KIND_TEXT, FIELD_AT(member_change, member.phone), .optional = true,
		  .secret = true },
	};
	struct member_change change = { 0 };

	enum err e = json_read(rq, reason_fields, COUNT_OF(reason_fields), &change);
	if (e)
		return e;
	change.user = req_path_id(rq, "id");
	rq->key = NO_TEXT;
	e = run_event(rq, member_disclose, &change, NULL, 0);
	return e ? e : reply_fields(rq, fields, COUNT_OF(fields), &change);
}

static enum err reset_run(struct req *rq, event_fn *event)
{
	struct member_reset reset = { .user = req_path_id(rq, "id"),
				      .invitation = { .id = id_new(rq->now) } };
	struct member_change nothing;

	enum err e = json_read(rq, NULL, 0, &nothing);
	if (e)
		return e;
	reset.invitation.token = invitation_token(rq->arena);
	if (!reset.invitation.token.at)
		return ERR_MEMORY;
	rq->key = NO_TEXT;
	e = run_event(rq, event, &reset, NULL, 0);
	return e ? e : reply_link(rq, &reset.invitation);
}

enum err post_member_reset(struct req *rq)
{
	return reset_run(rq, member_reset);
}

enum err post_user_reset(struct req *rq)
{
	return reset_run(rq, platform_reset);
}

/* ---- oneself ---- */

enum err patch_me(struct req *rq)
{
	struct member_change change = { 0 };

	/* without the first one: nobody changes his own roles here */
	enum err e = json_read(rq, change_fields + 1, COUNT_OF(change_fields) - 1, &change);
	if (!e && !change.name.at && !change.phone.at) {
		fail(&rq->problems, ERR_REQUIRED, AT(""));
		e = ERR_REFUSED;
	}
	return e ? e : change_run(rq, me_update, &change);
}
