/*
 * The business events of members: what their own administrators change, and what the platform's
 * security administrator does to users. Each runs inside a transaction, perhaps more than once.
 *
 * Every change of a member goes one way: the row is locked and held against the version that was
 * seen; roles that the actor could not give cannot be taken either; what would leave the
 * organisation without an administrator is refused; then membership and person are written.
 */
#include "member_rows.h"

/* ---- what the trail tells ---- */

struct member_trail {
	struct id user;
	struct text name, phone, reason;
	uint32_t roles;
	int32_t status;
	int64_t api_keys_ended;
};

static const struct field trail_fields[] = {
	{ "user", KIND_ID, FIELD_AT(member_trail, user) },
	{ "name", KIND_TEXT, FIELD_AT(member_trail, name), .optional = true },
	{ "phone", KIND_TEXT, FIELD_AT(member_trail, phone), .optional = true, .secret = true },
	{ "reason", KIND_TEXT, FIELD_AT(member_trail, reason), .optional = true },
	{ "roles", KIND_WORDS, FIELD_AT(member_trail, roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(member_trail, status), .words = status_words },
	{ "api_keys_ended", KIND_INT, FIELD_AT(member_trail, api_keys_ended) },
};

static struct member_trail trail_of(const struct member *member, struct text reason)
{
	return (struct member_trail){ .user = member->user,
				      .name = member->name,
				      .phone = member->phone,
				      .reason = reason,
				      .roles = member->roles,
				      .status = member->status,
				      .api_keys_ended = member->api_keys_ended };
}

static enum err member_audit(struct tx *tx, const char *kind, const struct member *before,
			     const struct member *after, struct text reason)
{
	struct member_trail was = trail_of(before, NO_TEXT), is = trail_of(after, reason);

	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = after->user,
						     .fields = trail_fields,
						     .field_count = COUNT_OF(trail_fields),
						     .before = &was,
						     .after = &is });
}

/* ---- phones ---- */

static struct seal_place phone_place(struct id user)
{
	return (struct seal_place){ "user", "phone_sealed", user };
}

static enum err phone_open(struct tx *tx, struct member *member)
{
	return unseal_text(tx->app->keys, phone_place(member->user), member->phone_sealed,
			   tx->arena, &member->phone);
}

/* An empty one is none. */
static enum err phone_set(struct tx *tx, struct member *member, struct text phone)
{
	member->phone = phone.size ? phone : NO_TEXT;
	return seal_text(tx->app->keys, phone_place(member->user), member->phone, tx->arena,
			 &member->phone_sealed);
}

/* ---- rules that need the database ---- */

/* The member as he is, locked; what the actor cannot give he cannot touch. */
static enum err member_begin(struct tx *tx, struct member_change *change, struct member *before)
{
	enum err e = member_lock(tx->db, tx->arena, tx->actor->organisation, change->user, before);

	if (!e && change->version != INT_NONE && change->version != before->version)
		e = ERR_PRECONDITION;
	if (!e && before->status == STATUS_ENDED)
		e = fail(tx->problems, ERR_TRANSITION, AT(""),
			 ARG_TEXT(text_of(status_words[STATUS_ENDED])));
	if (!e)
		e = phone_open(tx, before);
	return e;
}

/* Of each administrator's role that @after loses, somebody else must be left. */
static enum err admins_remain(struct tx *tx, const struct member *before,
			      const struct member *after)
{
	uint32_t had = before->status == STATUS_ACTIVE ? before->roles : 0;
	uint32_t has = after->status == STATUS_ACTIVE ? after->roles : 0;
	uint32_t lost = had & ~has & (uint32_t)ROLES_ADMIN;
	enum err e = OK;

	for (int i = 0; !e && role_words[i]; i++) {
		int64_t others = 1;

		if (!(lost & UINT32_C(1) << i))
			continue;
		e = members_with(tx->db, tx->actor->organisation, after->user, UINT32_C(1) << i,
				 &others);
		if (!e && !others)
			e = fail(tx->problems, ERR_LAST_ADMIN, AT("/roles"),
				 ARG_TEXT(text_of(role_words[i])));
	}
	return e;
}

static enum err roles_fit(struct tx *tx, const struct member *before, const struct member *after)
{
	struct organisation organisation;
	uint32_t elsewhere = 0;

	enum err e = roles_granted(tx->actor->roles, before->roles ^ after->roles, tx->problems);
	if (!e)
		e = organisation_by_id(tx->db, tx->arena, tx->actor->organisation, &organisation);
	if (!e)
		e = roles_elsewhere(tx->db, after->user, tx->actor->organisation, &elsewhere);
	return e ? e : roles_check(after->roles, elsewhere, &organisation, tx->problems);
}

/* ---- changes by the own administrator ---- */

/* Name and phone belong to the person, who may be a member elsewhere too. */
static enum err person_change(struct tx *tx, const struct member_change *change,
			      struct member *after)
{
	bool own = id_equal(after->user, tx->actor->user);
	enum err e = OK;

	if (!change->name.at && !change->phone.at)
		return OK;
	if (after->is_shared && !own)
		return ERR_MEMBER_ELSEWHERE;
	if (!own)
		e = roles_granted(tx->actor->roles, after->roles, tx->problems);
	if (e)
		return e;
	if (change->name.at)
		after->name = change->name;
	if (change->phone.at)
		e = phone_set(tx, after, change->phone);
	if (e)
		return e;
	after->version++;
	return person_write(tx->db, after);
}

static enum err roles_change(struct tx *tx, const struct member_change *change,
			     const struct member *before, struct member *after)
{
	if (!change->roles)
		return OK;
	if (change->roles != before->roles && id_equal(after->user, tx->actor->user))
		return ERR_SAME_PERSON;
	after->roles = change->roles;
	enum err e = roles_fit(tx, before, after);
	if (!e)
		e = admins_remain(tx, before, after);
	if (!e && before->roles & ~after->roles & (uint32_t)ROLES_ADMIN)
		e = links_revoke(tx->db, after->user, tx->actor->organisation, tx->now);
	if (e)
		return e;
	after->version++;
	return membership_write(tx->db, tx->actor->organisation, after);
}

enum err member_update(struct tx *tx, void *arg)
{
	struct member_change *change = arg;
	struct member before, after;

	enum err e = member_begin(tx, change, &before);
	if (e)
		return e;
	after = before;
	e = roles_change(tx, change, &before, &after);
	if (!e)
		e = person_change(tx, change, &after);
	if (!e)
		e = member_audit(tx, "member.changed", &before, &after, NO_TEXT);
	if (e)
		return e;
	after.phone = mask_phone(tx->arena, after.phone);
	change->member = after;
	return OK;
}

/* What was opened in the name of a membership that is no more: sessions, links that were sent, and
 * the one by which the password would be changed. */
static enum err member_out(struct tx *tx, struct id user)
{
	struct id organisation = tx->actor->organisation;
	enum err e = member_sessions_end(tx->db, user, organisation, tx->now);

	if (!e)
		e = links_revoke(tx->db, user, organisation, tx->now);
	return e ? e : resets_revoke(tx->db, user, tx->now);
}

/* The membership goes from @from to @to, and with it what stands on it. */
static enum err member_move(struct tx *tx, struct member_change *change, const char *kind,
			    int32_t from, int32_t to)
{
	struct member before, after;

	enum err e = member_begin(tx, change, &before);
	if (e)
		return e;
	after = before;
	after.status = to;
	after.ended_at = to == STATUS_ENDED ? tx->now : INT_NONE;
	after.version++;
	e = roles_granted(tx->actor->roles, before.roles, tx->problems);
	if (!e && to != STATUS_ENDED && before.status != from)
		e = fail(tx->problems, ERR_TRANSITION, AT(""),
			 ARG_TEXT(text_of(status_words[before.status])));
	if (!e)
		e = admins_remain(tx, &before, &after);
	if (!e)
		e = membership_write(tx->db, tx->actor->organisation, &after);
	if (!e && to != STATUS_ACTIVE)
		e = member_out(tx, after.user);
	if (!e && to == STATUS_ENDED)
		e = api_keys_end(tx->db, after.user, tx->actor->organisation, tx->now,
				 &after.api_keys_ended);
	if (!e)
		e = member_audit(tx, kind, &before, &after, change->reason);
	if (e)
		return e;
	after.phone = mask_phone(tx->arena, after.phone);
	change->member = after;
	return OK;
}

enum err member_end(struct tx *tx, void *arg)
{
	return member_move(tx, arg, "member.ended", STATUS_ACTIVE, STATUS_ENDED);
}

enum err member_suspend(struct tx *tx, void *arg)
{
	return member_move(tx, arg, "member.suspended", STATUS_ACTIVE, STATUS_SUSPENDED);
}

enum err member_resume(struct tx *tx, void *arg)
{
	return member_move(tx, arg, "member.resumed", STATUS_SUSPENDED, STATUS_ACTIVE);
}

enum err member_disclose(struct tx *tx, void *arg)
{
	struct member_change *change = arg;
	struct member *member = &change->member;

	enum err e = member_lock(tx->db, tx->arena, tx->actor->organisation, change->user, member);
	if (!e && !id_equal(member->user, tx->actor->user))
		e = roles_granted(tx->actor->roles, member->roles, tx->problems);
	if (!e)
		e = phone_open(tx, member);
	if (e)
		return e;
	return member_audit(tx, "member.disclosed", member, member, change->reason);
}

enum err me_update(struct tx *tx, void *arg)
{
	struct member_change *change = arg;

	change->user = tx->actor->user;
	change->version = INT_NONE;
	change->roles = 0;
	return member_update(tx, change);
}

/* ---- a new password by a link ---- */

static enum err reset_send(struct tx *tx, struct invitation *invitation, const struct member *of)
{
	invitation->user = of->user;
	invitation->organisation = tx->actor->organisation;
	invitation->kind = INVITATION_PASSWORD;
	invitation->login = of->login;
	invitation->expires_at = tx->now + PASSWORD_RESET_US;
	enum err e = resets_revoke(tx->db, of->user, tx->now);
	if (!e)
		e = invitation_insert(tx, invitation);
	if (!e)
		e = member_audit(tx, "member.password_reset", of, of, NO_TEXT);
	return e;
}

/* Whoever has the link becomes that person everywhere: an administrator of one organisation must
 * not become a member of another one so. */
enum err member_reset(struct tx *tx, void *arg)
{
	struct member_reset *reset = arg;
	struct member_change change = { .user = reset->user, .version = INT_NONE };
	struct member member;

	enum err e = member_begin(tx, &change, &member);
	if (!e)
		e = roles_granted(tx->actor->roles, member.roles, tx->problems);
	if (!e && id_equal(member.user, tx->actor->user))
		e = ERR_SAME_PERSON;
	if (!e && member.is_shared)
		e = ERR_MEMBER_ELSEWHERE;
	if (!e && (member.status != STATUS_ACTIVE || member.user_status != STATUS_ACTIVE))
		e = fail(tx->problems, ERR_TRANSITION, AT(""),
			 ARG_TEXT(text_of(status_words[STATUS_SUSPENDED])));
	return e ? e : reset_send(tx, &reset->invitation, &member);
}

/* ---- by the platform's security administrator ---- */

static const struct field user_trail_fields[] = {
	{ "id", KIND_ID, FIELD_AT(platform_change, user) },
	{ "reason", KIND_TEXT, FIELD_AT(platform_change, reason), .optional = true },
	{ "status", KIND_WORD, FIELD_AT(platform_change, after.status), .words = status_words },
	{ "has_totp", KIND_BOOL, FIELD_AT(platform_change, after.has_totp) },
	{ "locked_until", KIND_INSTANT, FIELD_AT(platform_change, after.locked_until) },
	{ "api_keys_ended", KIND_INT, FIELD_AT(platform_change, api_keys_ended) },
};

static enum err user_audit(struct tx *tx, const char *kind, const struct platform_user *before,
			   const struct platform_change *change)
{
	struct platform_change was = { .user = change->user, .after = *before };

	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = change->user,
						     .fields = user_trail_fields,
						     .field_count = COUNT_OF(user_trail_fields),
						     .before = &was,
						     .after = change });
}

/* Nobody does these things to himself. */
static enum err user_begin(struct tx *tx, const struct platform_change *change,
			   struct platform_user *before)
{
	enum err e = platform_user_lock(tx->db, tx->arena, change->user, before);

	if (!e && id_equal(change->user, tx->actor->user))
		e = ERR_SAME_PERSON;
	return e;
}

static enum err user_done(struct tx *tx, const char *kind, const struct platform_user *before,
			  struct platform_change *change)
{
	enum err e = user_audit(tx, kind, before, change);

	if (e)
		return e;
	change->after.memberships = (struct list){ 0 };
	return platform_memberships(tx->db, tx->arena, change->user, &change->after.memberships);
}

/* Two who suspend each other at once: whoever comes second finds nobody else left. */
static enum err security_remains(struct tx *tx, struct id user)
{
	int64_t others;
	enum err e = platform_security(tx->db, user, &others);

	if (!e && !others)
		e = fail(tx->problems, ERR_LAST_ADMIN, AT(""), ARG_TEXT(TEXT("security_admin")));
	return e;
}

/* As member_out, of all organisations. */
static enum err user_out(struct tx *tx, struct id user)
{
	enum err e = sessions_end(tx->db, user, NO_ID, tx->now);

	if (!e)
		e = links_revoke(tx->db, user, NO_ID, tx->now);
	return e ? e : resets_revoke(tx->db, user, tx->now);
}

static enum err user_move(struct tx *tx, struct platform_change *change, const char *kind,
			  int32_t from, int32_t to)
{
	struct platform_user before;

	enum err e = user_begin(tx, change, &before);
	if (e)
		return e;
	if (before.status != from)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(status_words[before.status])));
	change->after = before;
	change->after.status = to;
	change->after.version++;
	if (to != STATUS_ACTIVE)
		e = security_remains(tx, change->user);
	if (!e)
		e = user_status_write(tx->db, change->user, to);
	if (!e && to != STATUS_ACTIVE)
		e = user_out(tx, change->user);
	return e ? e : user_done(tx, kind, &before, change);
}

enum err user_suspend(struct tx *tx, void *arg)
{
	return user_move(tx, arg, "user.suspended", STATUS_ACTIVE, STATUS_SUSPENDED);
}

enum err user_resume(struct tx *tx, void *arg)
{
	return user_move(tx, arg, "user.resumed", STATUS_SUSPENDED, STATUS_ACTIVE);
}

enum err user_unlock(struct tx *tx, void *arg)
{
	struct platform_change *change = arg;
	struct platform_user before;

	enum err e = user_begin(tx, change, &before);
	if (e)
		return e;
	change->after = before;
	change->after.locked_until = 0;
	e = login_locks_lift(tx->db, change->user);
	return e ? e : user_done(tx, "user.unlocked", &before, change);
}

/* A lost second factor: whoever is logged in with it is out, and sets up another one. */
enum err user_totp_remove(struct tx *tx, void *arg)
{
	struct platform_change *change = arg;
	struct platform_user before;

	enum err e = user_begin(tx, change, &before);
	if (e)
		return e;
	if (!before.has_totp)
		return ERR_NOT_FOUND;
	change->after = before;
	change->after.has_totp = false;
	e = totp_delete(tx->db, change->user, TOTP_ACTIVE);
	if (!e)
		e = recovery_codes_delete(tx->db, change->user);
	if (!e)
		e = api_keys_end(tx->db, change->user, NO_ID, tx->now, &change->api_keys_ended);
	if (!e)
		e = sessions_end(tx->db, change->user, NO_ID, tx->now);
	return e ? e : user_done(tx, "user.totp_removed", &before, change);
}

enum err platform_reset(struct tx *tx, void *arg)
{
	struct member_reset *reset = arg;
	struct platform_change change = { .user = reset->user };
	struct platform_user user;

	enum err e = user_begin(tx, &change, &user);
	if (e)
		return e;
	if (user.status != STATUS_ACTIVE)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(status_words[user.status])));
	const struct member member = {
		.user = user.id, .login = user.login, .name = user.name, .status = user.status
	};
	return reset_send(tx, &reset->invitation, &member);
}
