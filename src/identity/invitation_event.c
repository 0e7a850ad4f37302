/*
 * The business events of invitations: sent, taken back, and used, once. Whoever has the link is not
 * logged in; the row, locked while it is open, is what lets exactly one of many through.
 */
#include "member_rows.h"

static struct seal_place invitation_place(struct id invitation)
{
	return (struct seal_place){ "invitation", "phone_sealed", invitation };
}

/* ---- sent ---- */

static const struct field invitation_trail_fields[] = {
	{ "id", KIND_ID, FIELD_AT(invitation, id) },
	{ "organisation", KIND_ID, FIELD_AT(invitation, organisation) },
	{ "kind", KIND_WORD, FIELD_AT(invitation, kind), .words = invitation_kind_words },
	{ "login", KIND_TEXT, FIELD_AT(invitation, login), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(invitation, name), .optional = true },
	{ "phone", KIND_TEXT, FIELD_AT(invitation, phone), .optional = true, .secret = true },
	{ "roles", KIND_WORDS, FIELD_AT(invitation, roles), .words = role_words },
	{ "expires_at", KIND_INSTANT, FIELD_AT(invitation, expires_at) },
};

enum err invitation_insert(struct tx *tx, void *arg)
{
	struct invitation *invitation = arg;
	struct text sealed;

	invitation->created_at = tx->now;
	if (!invitation->expires_at)
		invitation->expires_at = tx->now + INVITATION_US;
	enum err e = seal_text(tx->app->keys, invitation_place(invitation->id), invitation->phone,
			       tx->arena, &sealed);
	if (e)
		return e;
	return invitation_write(tx->db, invitation, sealed, tx->actor->user);
}

/* Whether the actor sees @organisation in his scope. */
static enum err in_scope(struct tx *tx, const struct organisation *organisation, bool *covers)
{
	const struct scope *scope = &tx->actor->scope;
	enum err e = OK;

	*covers = scope->kind == SCOPE_PLATFORM;
	if (!*covers && organisation->is_unit)
		e = scope_covers_unit(tx->db, scope, organisation->id, covers);
	if (!e && !*covers && organisation->is_supplier)
		e = scope_covers_supplier(tx->db, scope, organisation->id, covers);
	return e;
}

/* An organisation that has an administrator invites by itself. */
static enum err first_check(struct tx *tx, struct id organisation, uint32_t roles, const char *at)
{
	int64_t there;
	enum err e = members_with(tx->db, organisation, NO_ID, roles, &there);

	if (!e && there)
		e = fail(tx->problems, ERR_ADMIN_THERE, problem_at(tx->problems, "%s", at));
	return e;
}

/* Another organisation's first administrator is invited by whoever oversees it, that of an
 * authority by the platform alone; its members are its own matter. */
static enum err foreign_check(struct tx *tx, struct invitation *invitation,
			      const struct organisation *organisation)
{
	bool covers = false;
	enum err e = OK;

	if (tx->actor->roles & ROLE_SECURITY_ADMIN)
		e = in_scope(tx, organisation, &covers);
	if (e)
		return e;
	if (!covers) {
		fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation"));
		return ERR_REFUSED;
	}
	uint32_t possible = roles_of_admin(organisation);
	if (tx->actor->scope.kind != SCOPE_PLATFORM)
		possible &= ~(uint32_t)ROLE_SECURITY_ADMIN;
	invitation->kind = INVITATION_ADMIN;
	if (!invitation->roles)
		invitation->roles = possible;
	e = roles_refused(invitation->roles & ~possible, tx->problems);
	return e ? e : first_check(tx, organisation->id, invitation->roles, "/organisation");
}

static enum err own_check(struct tx *tx, struct invitation *invitation,
			  const struct organisation *organisation)
{
	if (!invitation->roles && invitation->kind == INVITATION_ADMIN)
		invitation->roles =
			roles_of_admin(organisation) & roles_grantable(tx->actor->roles);
	return roles_granted(tx->actor->roles, invitation->roles, tx->problems);
}

static enum err issue_check(struct tx *tx, struct invitation *invitation)
{
	struct organisation organisation;
	bool own = id_equal(invitation->organisation, tx->actor->organisation);

	enum err e = organisation_by_id(tx->db, tx->arena, invitation->organisation, &organisation);
	if (e == ERR_NOT_FOUND) {
		fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation"));
		return ERR_REFUSED;
	}
	if (!e)
		e = own ? own_check(tx, invitation, &organisation)
			: foreign_check(tx, invitation, &organisation);
	return e ? e : roles_check(invitation->roles, 0, &organisation, tx->problems);
}

enum err invitation_issue(struct tx *tx, void *arg)
{
	struct invitation *invitation = arg;

	enum err e = issue_check(tx, invitation);
	if (!e)
		e = invitation_insert(tx, invitation);
	if (e)
		return e;
	return audit_event(tx,
			   &(struct audit_note){ .kind = "invitation.sent",
						 .object = invitation->id,
						 .fields = invitation_trail_fields,
						 .field_count = COUNT_OF(invitation_trail_fields),
						 .after = invitation });
}

/* A reset is worth the roles of its member; of somebody who is none, only those who give all roles
 * reset the password. */
static enum err take_back_check(struct tx *tx, const struct invitation_row *row)
{
	const struct invitation *invitation = &row->invitation;
	struct member member = { .roles = 0 };
	enum err e = OK;

	if (invitation->kind == INVITATION_PASSWORD)
		e = member_lock(tx->db, tx->arena, invitation->organisation, invitation->user,
				&member);
	if (e == ERR_NOT_FOUND)
		member.roles = ROLE_SECURITY_ADMIN;
	else if (e)
		return e;
	return roles_granted(tx->actor->roles, invitation->roles | member.roles, tx->problems);
}

enum err invitation_take_back(struct tx *tx, void *arg)
{
	const struct id *id = arg;
	struct invitation_row row;

	enum err e = invitation_of(tx->db, tx->arena, tx->actor->organisation, *id, tx->now, &row);
	if (!e)
		e = take_back_check(tx, &row);
	if (!e)
		e = invitation_revoke(tx->db, tx->actor->organisation, *id, tx->now);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "invitation.revoked", .object = *id });
}

/* ---- to many units at once ---- */

struct batch_trail {
	struct id batch;
	int64_t units;
};

static const struct field batch_fields[] = {
	{ "batch", KIND_ID, FIELD_AT(batch_trail, batch) },
	{ "units", KIND_INT, FIELD_AT(batch_trail, units) },
};

/* What was sent to whom stands in the rows of the batch. */
enum err units_invite(struct tx *tx, void *arg)
{
	const struct list *rows = arg;
	const struct batch_trail trail = { LIST_ITEM(*rows, struct unit_invitation, 0)->batch,
					   (int64_t)rows->count };

	enum err e = unit_invitations_revoke(tx->db, tx->arena, rows, tx->now);
	if (!e)
		e = unit_invitations_write(tx->db, rows);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "unit_invitations.sent",
						     .object = trail.batch,
						     .fields = batch_fields,
						     .field_count = COUNT_OF(batch_fields),
						     .after = &trail });
}

/* ---- used ---- */

static const struct field acceptance_trail_fields[] = {
	{ "invitation", KIND_ID, FIELD_AT(acceptance, invitation) },
	{ "user", KIND_ID, FIELD_AT(acceptance, user) },
	{ "login", KIND_TEXT, FIELD_AT(acceptance, login) },
	{ "name", KIND_TEXT, FIELD_AT(acceptance, name), .optional = true },
	{ "organisation", KIND_ID, FIELD_AT(acceptance, organisation) },
	{ "roles", KIND_WORDS, FIELD_AT(acceptance, roles), .words = role_words },
	{ "api_keys_ended", KIND_INT, FIELD_AT(acceptance, api_keys_ended) },
};

/* The number that the invitation was written for goes with the new user. */
static enum err phone_take_over(struct tx *tx, const struct invitation_row *row, struct id user,
				struct text *sealed)
{
	struct text phone;

	enum err e = unseal_text(tx->app->keys, invitation_place(row->invitation.id),
				 row->phone_sealed, tx->arena, &phone);
	if (e)
		return e;
	return seal_text(tx->app->keys, (struct seal_place){ "user", "phone_sealed", user }, phone,
			 tx->arena, sealed);
}

static enum err newcomer_insert(struct tx *tx, const struct invitation_row *row,
				struct acceptance *acceptance)
{
	struct member person = { .user = acceptance->user, .name = acceptance->name };
	const struct account account = { .id = acceptance->user,
					 .login = acceptance->login,
					 .name = acceptance->name,
					 .password_hash = acceptance->password_hash };

	enum err e = account_insert(tx->db, &account, tx->now);
	if (e == ERR_DB_DUPLICATE) {
		fail(tx->problems, ERR_LOGIN_TAKEN, AT("/login"));
		return ERR_REFUSED;
	}
	if (e || !row->phone_sealed.at)
		return e;
	e = phone_take_over(tx, row, acceptance->user, &person.phone_sealed);
	return e ? e : person_write(tx->db, &person);
}

/* Whoever is a member already gets the new roles beside the old ones. */
static enum err membership_join(struct tx *tx, const struct organisation *organisation,
				struct acceptance *acceptance)
{
	struct member member;
	uint32_t elsewhere = 0;

	enum err e = member_lock(tx->db, tx->arena, organisation->id, acceptance->user, &member);
	if (!e && member.status == STATUS_SUSPENDED)
		return ERR_MEMBER_ALREADY;
	if (!e && member.status == STATUS_ACTIVE)
		acceptance->roles |= member.roles;
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = roles_elsewhere(tx->db, acceptance->user, organisation->id, &elsewhere);
	if (!e)
		e = roles_check(acceptance->roles, elsewhere, organisation, tx->problems);
	if (e)
		return e;
	return membership_put(tx->db, acceptance->user, organisation->id, acceptance->roles,
			      tx->now);
}

/* What was proved before the transaction must still hold in it. */
static enum err user_hold(struct tx *tx, const struct acceptance *acceptance)
{
	enum err e = password_hold(tx->db, acceptance->user, acceptance->password_before);

	if (!e)
		e = factor_take(tx->db, &acceptance->factor, tx->now);
	return e ? e : login_passed(tx->db, &acceptance->place, tx->now);
}

/* What was right when the link was sent must be so when it is used: its sender still may send it,
 * and whoever comes in as the first administrator is the first. */
static enum err sender_check(struct tx *tx, const struct invitation_row *row,
			     const struct sender *sender)
{
	const struct invitation *invitation = &row->invitation;
	bool sent = !id_is_none(row->created_by);

	if (sender->own)
		return OK;
	if (sent && (invitation->kind != INVITATION_ADMIN || !sender->oversees))
		return ERR_NOT_FOUND;
	return first_check(tx, invitation->organisation, invitation->roles, "");
}

/* Whoever joins belongs to more than one organisation now: what one of them alone was allowed, a
 * new password, is over. */
static enum err member_come_in(struct tx *tx, const struct invitation_row *row,
			       const struct organisation *organisation, const struct sender *sender,
			       struct acceptance *acceptance)
{
	enum err e = sender_check(tx, row, sender);

	if (e)
		return e;
	e = acceptance->is_new ? newcomer_insert(tx, row, acceptance) : user_hold(tx, acceptance);
	if (!e && !acceptance->is_new)
		e = resets_revoke(tx->db, acceptance->user, tx->now);
	return e ? e : membership_join(tx, organisation, acceptance);
}

/* The platform gives anybody a new password; another organisation only its own active members who
 * belong to nobody else, as long as whoever sent the link still administers it. */
static enum err reset_check(struct tx *tx, const struct acceptance *acceptance,
			    const struct sender *sender)
{
	struct platform_user user;
	struct member member;

	enum err e = platform_user_lock(tx->db, tx->arena, acceptance->user, &user);
	if (!e && user.status != STATUS_ACTIVE)
		e = ERR_NOT_FOUND;
	if (e || sender->platform)
		return e;
	if (!sender->own)
		return ERR_NOT_FOUND;
	e = member_lock(tx->db, tx->arena, acceptance->organisation, acceptance->user, &member);
	return !e && (member.status != STATUS_ACTIVE || member.is_shared) ? ERR_NOT_FOUND : e;
}

/* The old password is worth nothing any more, nor what was opened with it. */
static enum err password_reset(struct tx *tx, struct acceptance *acceptance,
			       const struct sender *sender)
{
	enum err e = reset_check(tx, acceptance, sender);

	if (e)
		return e;
	e = password_replace(tx->db, acceptance->user, acceptance->password_before,
			     acceptance->password_hash, tx->now);

	if (!e)
		e = password_past_keep(tx->db, acceptance->past, acceptance->user,
				       acceptance->password_before, tx->now);
	if (!e)
		e = login_locks_lift(tx->db, acceptance->user);
	if (!e)
		e = api_keys_end(tx->db, acceptance->user, NO_ID, tx->now,
				 &acceptance->api_keys_ended);
	return e ? e : sessions_end(tx->db, acceptance->user, NO_ID, tx->now);
}

enum err invitation_accept(struct tx *tx, void *arg)
{
	struct acceptance *acceptance = arg;
	struct invitation_row row;
	struct organisation organisation;
	struct sender sender;

	enum err e = invitation_lock(tx->db, tx->arena, acceptance->invitation, tx->now, &row);
	if (!e)
		e = organisation_by_id(tx->db, tx->arena, row.invitation.organisation,
				       &organisation);
	if (!e && organisation.status != STATUS_ACTIVE)
		e = ERR_NOT_FOUND;
	if (!e && id_equal(row.created_by, acceptance->user))
		e = ERR_SAME_PERSON;
	if (!e)
		e = sender_read(tx->db, tx->arena, &row, &sender);
	if (e)
		return e;
	/* each run begins with what the invitation says */
	acceptance->organisation = organisation.id;
	acceptance->organisation_name = organisation.name;
	acceptance->roles = row.invitation.roles;
	e = row.invitation.kind == INVITATION_PASSWORD
		    ? password_reset(tx, acceptance, &sender)
		    : member_come_in(tx, &row, &organisation, &sender, acceptance);
	if (!e)
		e = invitation_accepted(tx->db, acceptance->invitation, acceptance->user, tx->now);
	if (e)
		return e;
	return audit_event(tx,
			   &(struct audit_note){ .kind = "invitation.accepted",
						 .object = acceptance->invitation,
						 .fields = acceptance_trail_fields,
						 .field_count = COUNT_OF(acceptance_trail_fields),
						 .after = acceptance });
}

struct refusal_trail {
	struct id invitation;
	bool revoked;
};
static const struct field refusal_fields[] = {
	{ "invitation", KIND_ID, FIELD_AT(refusal_trail, invitation) },
	{ "revoked", KIND_BOOL, FIELD_AT(refusal_trail, revoked) },
};

enum err invitation_refuse(struct tx *tx, void *arg)
{
	const struct acceptance *acceptance = arg;
	struct refusal_trail trail = { .invitation = acceptance->invitation };

	enum err e = invitation_refused(tx->db, trail.invitation, tx->now, &trail.revoked);
	if (!e)
		e = audit_event(tx, &(struct audit_note){ .kind = "invitation.refused",
							  .object = trail.invitation,
							  .fields = refusal_fields,
							  .field_count = COUNT_OF(refusal_fields),
							  .after = &trail });
	if (e || id_is_none(acceptance->place.user))
		return e;
	return login_failed(tx->db, &acceptance->place, tx->now);
}
