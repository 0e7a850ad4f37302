/*
 * Invitations over HTTP: sent by an administrator to colleagues, and by an authority to all units
 * that nobody belongs to yet. A token is told once, in the answer to whoever invites; the key's row
 * keeps an empty one.
 */
#include <stdlib.h>

#include "member_rows.h"
#include "xiangcai/sheet.h"

enum { UNITS_MAX = 10000, UNITS_A_STEP = 2000 };

/* ---- shapes ---- */

static const struct field row_fields[] = {
	{ "id", KIND_ID, FIELD_AT(invitation_row, invitation.id) },
	{ "kind", KIND_WORD, FIELD_AT(invitation_row, invitation.kind),
	  .words = invitation_kind_words },
	{ "state", KIND_WORD, FIELD_AT(invitation_row, state), .words = invitation_state_words },
	{ "login", KIND_TEXT, FIELD_AT(invitation_row, invitation.login), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(invitation_row, invitation.name), .optional = true },
	{ "roles", KIND_WORDS, FIELD_AT(invitation_row, invitation.roles), .words = role_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(invitation_row, invitation.created_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(invitation_row, invitation.expires_at) },
	{ "accepted_at", KIND_INSTANT, FIELD_AT(invitation_row, accepted_at), .optional = true },
	{ "revoked_at", KIND_INSTANT, FIELD_AT(invitation_row, revoked_at), .optional = true },
};

struct invitation_query {
	struct page page;
	int32_t state;
};
static const struct field query_fields[] = {
	PAGE_FIELDS(invitation_query),
	{ "state", KIND_WORD, FIELD_AT(invitation_query, state), .optional = true,
	  .words = invitation_state_words },
};

/* A reset is no invitation that anybody sends by this way. */
static const char *const sent_kind_words[] = { "member", "admin", NULL };

static const struct field sent_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(invitation, organisation), .optional = true },
	{ "kind", KIND_WORD, FIELD_AT(invitation, kind), .optional = true,
	  .words = sent_kind_words },
	{ "login", KIND_TEXT, FIELD_AT(invitation, login), .optional = true, .min = 1,
	  .max = LOGIN_MAX },
	{ "name", KIND_TEXT, FIELD_AT(invitation, name), .optional = true, .min = 1,
	  .max = NAME_MAX_LENGTH },
	{ "phone", KIND_TEXT, FIELD_AT(invitation, phone), .optional = true, .min = 1, .max = 30,
	  .secret = true, .check = phone_is_valid },
	{ "roles", KIND_WORDS, FIELD_AT(invitation, roles), .optional = true, .words = role_words },
};

struct link_answer {
	struct id id;
	struct text link, token;
	int64_t expires_at;
};
static const struct field link_fields[] = {
	{ "id", KIND_ID, FIELD_AT(link_answer, id) },
	{ "link", KIND_TEXT, FIELD_AT(link_answer, link), .secret = true },
	{ "token", KIND_TEXT, FIELD_AT(link_answer, token), .secret = true },
	{ "expires_at", KIND_INSTANT, FIELD_AT(link_answer, expires_at) },
};

enum err reply_link(struct req *rq, struct invitation *invitation)
{
	const struct link_answer answer = {
		.id = invitation->id,
		.link = invitation_link(rq->arena, req_origin(rq), invitation->token),
		.token = invitation->token,
		.expires_at = invitation->expires_at,
	};

	if (!answer.link.at)
		return ERR_MEMORY;
	return reply_fields(rq, link_fields, COUNT_OF(link_fields), &answer);
}

/* ---- an administrator's own ---- */

static struct text invitation_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct invitation_row *)row)->invitation.id);
}

enum err get_invitations(struct req *rq)
{
	struct invitation_query query = { 0 };
	struct list rows = { 0 };
	struct id after;

	enum err e = page_read_id(rq, query_fields, COUNT_OF(query_fields), &query, &after);
	if (!e)
		e = invitation_list(rq->db, rq->arena, rq->actor.organisation,
				    roles_grantable(rq->actor.roles), query.state, rq->now, after,
				    page_limit(&query.page) + 1, &rows);
	if (e)
		return e;
	return reply_page(rq, row_fields, COUNT_OF(row_fields), sizeof(struct invitation_row),
			  &rows, page_limit(&query.page), invitation_cursor);
}

/* What the fields cannot say: a login is folded, and members need roles. */
static enum err sent_check(struct req *rq, struct invitation *invitation)
{
	if (invitation->kind == SMALL_NONE)
		invitation->kind = INVITATION_MEMBER;
	if (!invitation->roles && invitation->kind == INVITATION_MEMBER &&
	    !req_faulty(rq, "/roles") && !req_faulty(rq, "/roles/0"))
		fail(&rq->problems, ERR_REQUIRED, AT("/roles"));
	if (invitation->login.at) {
		invitation->login = login_fold(rq->arena, invitation->login);
		if (!login_is_valid(invitation->login))
			fail(&rq->problems, ERR_FORMAT, AT("/login"));
	}
	if (id_is_none(invitation->organisation))
		invitation->organisation = rq->actor.organisation;
	return rq->problems.items.count ? ERR_REFUSED : OK;
}

enum err post_invitation(struct req *rq)
{
	struct invitation invitation = { 0 };

	enum err e = json_read_on(rq, sent_fields, COUNT_OF(sent_fields), &invitation);
	if (!e)
		e = sent_check(rq, &invitation);
	if (e)
		return e;
	invitation.id = id_new(rq->now);
	invitation.token = invitation_token(rq->arena);
	if (!invitation.token.at)
		return ERR_MEMORY;
	rq->key = NO_TEXT; /* the answer tells a secret, which is not kept for a repetition */
	e = run_event(rq, invitation_issue, &invitation, NULL, 0);
	return e ? e : reply_link(rq, &invitation);
}

enum err delete_invitation(struct req *rq)
{
	struct id id = req_path_id(rq, "id");

	return run_event(rq, invitation_take_back, &id, NULL, 0);
}

/* ---- to all units that nobody belongs to ---- */

struct named_unit {
	struct id id;
};
struct units_order {
	struct list units; /* of struct named_unit; empty: all */
};

static const struct field named_fields[] = {
	{ "id", KIND_ID, FIELD_AT(named_unit, id) },
};
static const struct field order_fields[] = {
	{ "units", KIND_LIST, FIELD_AT(units_order, units), .optional = true, .max = UNITS_MAX,
	  .of = named_fields, .of_count = COUNT_OF(named_fields),
	  .of_size = sizeof(struct named_unit) },
};

struct units_answer {
	struct list items; /* of struct unit_invitation */
};
static const struct field unit_fields[] = {
	{ "unit", KIND_ID, FIELD_AT(unit_invitation, unit) },
	{ "code", KIND_TEXT, FIELD_AT(unit_invitation, code) },
	{ "name", KIND_TEXT, FIELD_AT(unit_invitation, name) },
	{ "link", KIND_TEXT, FIELD_AT(unit_invitation, link), .secret = true },
	{ "expires_at", KIND_INSTANT, FIELD_AT(unit_invitation, expires_at) },
};
static const struct field answer_fields[] = {
	{ "items", KIND_LIST, FIELD_AT(units_answer, items), .of = unit_fields,
	  .of_count = COUNT_OF(unit_fields), .of_size = sizeof(struct unit_invitation) },
};

static int by_unit(const void *a, const void *b)
{
	return id_compare(((const struct unit_invitation *)a)->unit,
			  ((const struct unit_invitation *)b)->unit);
}

static int by_code(const void *a, const void *b)
{
	return text_compare(((const struct unit_invitation *)a)->code,
			    ((const struct unit_invitation *)b)->code);
}

/* Keeps of @rows those that are named; every name that is not among them is a fault. */
static enum err named_keep(struct req *rq, const struct list *named, struct list *rows)
{
	struct list kept = { 0 };

	if (rows->count)
		qsort(rows->at, rows->count, sizeof(struct unit_invitation), by_unit);
	for (size_t i = 0; i < named->count; i++) {
		struct unit_invitation key = {
			.unit = LIST_ITEM(*named, struct named_unit, i)->id
		};
		struct unit_invitation *found =
			rows->count ? bsearch(&key, rows->at, rows->count, sizeof(key), by_unit)
				    : NULL;

		if (!found || found->kind == INVITATION_ADMIN) {
			fail(&rq->problems, found ? ERR_REPEATED : ERR_UNIT_NOT_INVITABLE,
			     problem_at(&rq->problems, "/units/%zu/id", i));
			continue;
		}
		struct unit_invitation *row = list_add(&kept, rq->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		*row = *found;
		found->kind = INVITATION_ADMIN; /* taken */
	}
	if (rq->problems.items.count)
		return ERR_REFUSED;
	qsort(kept.at, kept.count, sizeof(struct unit_invitation), by_code);
	*rows = kept;
	return OK;
}

/* Ids, tokens and links: made before the first transaction, so that a second run of one writes the
 * same. */
static enum err units_prepare(struct req *rq, struct list *rows)
{
	struct id batch = id_new(rq->now);

	for (size_t i = 0; i < rows->count; i++) {
		struct unit_invitation *row = LIST_ITEM(*rows, struct unit_invitation, i);

		row->id = id_new(rq->now);
		row->batch = batch;
		row->created_by = rq->actor.user;
		row->roles = ROLE_UNIT_ADMIN;
		row->kind = INVITATION_ADMIN;
		row->created_at = rq->now;
		row->expires_at = rq->now + INVITATION_US;
		row->token = invitation_token(rq->arena);
		row->link = invitation_link(rq->arena, req_origin(rq), row->token);
		struct digest digest = token_digest(row->token);
		row->token_digest = arena_text(
			rq->arena, (struct text){ (const char *)digest.bytes, DIGEST_SIZE });
		if (!row->token.at || !row->link.at || !row->token_digest.at)
			return ERR_MEMORY;
	}
	return OK;
}

/* A transaction for so many: what a later one cannot do is sent again, for that revokes these. */
static enum err units_send(struct req *rq, const struct list *rows)
{
	enum err e = OK;

	for (size_t from = 0; !e && from < rows->count; from += UNITS_A_STEP) {
		size_t left = rows->count - from;
		struct list step = { .at = LIST_ITEM(*rows, struct unit_invitation, from),
				     .count = left < UNITS_A_STEP ? left : UNITS_A_STEP };

		e = run_event(rq, units_invite, &step, NULL, 0);
	}
	return e;
}

static enum err reply_units_csv(struct req *rq, const struct list *rows)
{
	struct buffer csv = { 0 };
	char until[28];

	buffer_add(&csv, TEXT("\xEF\xBB\xBF"
			      "code,name,link,expires_at\n"));
	for (size_t i = 0; i < rows->count; i++) {
		const struct unit_invitation *row = LIST_ITEM(*rows, struct unit_invitation, i);

		csv_text(&csv, true, row->code);
		csv_text(&csv, false, row->name);
		csv_text(&csv, false, row->link);
		csv_raw(&csv, false, instant_format(row->expires_at, until));
		csv_end(&csv);
	}
	return reply_body(rq, "text/csv; charset=utf-8", &csv);
}

enum err post_unit_invitations(struct req *rq)
{
	struct units_order order = { 0 };
	struct units_answer answer = { 0 };

	enum err e = json_read(rq, order_fields, COUNT_OF(order_fields), &order);
	if (!e)
		e = units_without_members(rq->db, rq->arena, &rq->actor.scope,
					  order.units.count ? INT32_MAX : UNITS_MAX, &answer.items);
	if (!e && order.units.count)
		e = named_keep(rq, &order.units, &answer.items);
	if (!e)
		e = units_prepare(rq, &answer.items);
	rq->key = NO_TEXT; /* as in post_invitation */
	if (!e)
		e = units_send(rq, &answer.items);
	if (e)
		return e;
	if (req_prefers(rq, "text/csv"))
		return reply_units_csv(rq, &answer.items);
	return reply_fields(rq, answer_fields, COUNT_OF(answer_fields), &answer);
}
