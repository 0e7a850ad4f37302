/*
 * The statements of invitations. An invitation is open until it is accepted, revoked or expired; of
 * a token only the digest is known here.
 */
#include "member_rows.h"

enum {
	INVITATIONS,
	INVITATION_BY_TOKEN,
	INVITATION_LOCK,
	INVITATION_INSERT,
	INVITATION_ACCEPTED_SQL,
	INVITATION_REVOKE,
	INVITATION_REFUSED,
	INVITATION_IS_REVOKED,
	INVITATION_OF,
	RESETS_REVOKE,
	LINKS_REVOKE,
	PHONES_FORGET,
	SENDER,
	UNITS_OF_PLATFORM,
	UNITS_OF_COUNTY,
	UNITS_OF_SUBTREE,
	UNITS_REVOKE,
	UNITS_INSERT,
	SQL_COUNT
};

#define INVITATION_COLUMNS                                                                         \
	"SELECT id, organisation, kind, user, login, name, roles, created_at, expires_at,"         \
	"       CASE WHEN accepted_at IS NOT NULL THEN 'accepted'"                                 \
	"            WHEN revoked_at IS NOT NULL THEN 'revoked'"                                   \
	"            WHEN expires_at <= ? THEN 'expired' ELSE 'open' END AS state,"                \
	"       accepted_at, revoked_at, phone_sealed, created_by"                                 \
	"  FROM invitation"
#define IS_OPEN "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?"

/* a password that its owner changed since the link was sent stays */
#define IS_NOT_PAST                                                                                \
	" AND NOT EXISTS (SELECT 1 FROM user u"                                                    \
	"                  WHERE u.id = invitation.user"                                           \
	"                    AND u.password_changed_at > invitation.created_at)"

#define UNIT_COLUMNS                                                                               \
	"SELECT o.id, o.code, o.name"                                                              \
	"  FROM unit u"                                                                            \
	"  JOIN organisation o ON o.id = u.organisation AND o.status = 'active'"
#define WITHOUT_MEMBERS                                                                            \
	" NOT EXISTS (SELECT 1 FROM membership m"                                                  \
	"              WHERE m.organisation = o.id AND m.status <> 'ended')"                       \
	" ORDER BY o.code"                                                                         \
	" LIMIT ?"

static const struct sql sql[] = {
	/* a reset gives no roles, but takes over those of its user */
	[INVITATIONS] = { "SELECT * FROM (" INVITATION_COLUMNS " WHERE organisation = ?"
			  "   AND roles & ? = 0"
			  "   AND (user IS NULL OR ? = 0 OR EXISTS (SELECT 1 FROM membership m"
			  "          WHERE m.user = invitation.user"
			  "            AND m.organisation = invitation.organisation"
			  "            AND m.roles & ? = 0))"
			  "   AND (? IS NULL OR id < ?)) i"
			  " WHERE ? IS NULL OR state = ?"
			  " ORDER BY id DESC"
			  " LIMIT ?" },
	[INVITATION_BY_TOKEN] = { INVITATION_COLUMNS
				  " WHERE token_digest = ? AND " IS_OPEN IS_NOT_PAST },
	[INVITATION_LOCK] = { INVITATION_COLUMNS " WHERE id = ? AND " IS_OPEN IS_NOT_PAST
						 " FOR UPDATE" },
	[INVITATION_INSERT] = { "INSERT INTO invitation (id, token_digest, organisation, kind, "
				"user, login, name,"
				" phone_sealed, roles, batch, created_by, created_at, expires_at)"
				" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[INVITATION_ACCEPTED_SQL] = { "UPDATE invitation"
				      "   SET accepted_at = ?, accepted_by = ?, phone_sealed = NULL"
				      " WHERE id = ?" },
	[INVITATION_REFUSED] = { "UPDATE invitation"
				 "   SET refusals = refusals + 1,"
				 "       revoked_at = IF(refusals >= ?, ?, NULL),"
				 "       phone_sealed = IF(refusals >= ?, NULL, phone_sealed)"
				 " WHERE id = ? AND " IS_OPEN },
	[INVITATION_IS_REVOKED] = { "SELECT revoked_at IS NOT NULL FROM invitation WHERE id = ?" },
	[INVITATION_REVOKE] = { "UPDATE invitation"
				"   SET revoked_at = ?, phone_sealed = NULL"
				" WHERE id = ? AND organisation = ? AND " IS_OPEN },
	[INVITATION_OF] = { INVITATION_COLUMNS " WHERE id = ? AND organisation = ? FOR UPDATE" },
	[RESETS_REVOKE] = { "UPDATE invitation"
			    "   SET revoked_at = ?, phone_sealed = NULL"
			    " WHERE user = ? AND " IS_OPEN },
	/* by the memberships: there are few of them, and links are found by their organisation */
	[LINKS_REVOKE] = { "UPDATE membership m"
			   "  STRAIGHT_JOIN invitation i ON i.organisation = m.organisation"
			   "   SET i.revoked_at = ?, i.phone_sealed = NULL"
			   " WHERE m.user = ? AND (? IS NULL OR m.organisation = ?)"
			   "   AND i.created_by = ? AND " IS_OPEN },
	[PHONES_FORGET] = { "UPDATE invitation"
			    "   SET phone_sealed = NULL"
			    " WHERE phone_sealed IS NOT NULL AND expires_at <= ?"
			    " LIMIT 1000" },
	[SENDER] = { "SELECT IFNULL(MAX(m.organisation = ? AND m.roles & ? <> 0), 0),"
		     "       IFNULL(MAX(o.is_authority AND m.roles & ? <> 0), 0),"
		     "       IFNULL(MAX(m.organisation = ? AND a.scope = 'platform' AND"
		     "                  m.roles & ? <> 0), 0)"
		     "  FROM membership m"
		     "  JOIN user u ON u.id = m.user AND u.status = 'active'"
		     "  JOIN organisation o ON o.id = m.organisation AND o.status = 'active'"
		     "  LEFT JOIN authority a ON a.organisation = m.organisation"
		     " WHERE m.user = ? AND m.status = 'active'"
		     "  LOCK IN SHARE MODE" },
	[UNITS_OF_PLATFORM] = { UNIT_COLUMNS " WHERE" WITHOUT_MEMBERS },
	[UNITS_OF_COUNTY] = { UNIT_COLUMNS " WHERE u.region_code = ? AND" WITHOUT_MEMBERS },
	[UNITS_OF_SUBTREE] = { UNIT_COLUMNS
			       "  JOIN unit_ancestor a ON a.unit = u.organisation"
			       " WHERE a.hierarchy = ? AND a.ancestor = ?"
			       "   AND ? BETWEEN a.since AND a.until AND" WITHOUT_MEMBERS },
	[UNITS_REVOKE] = { "UPDATE invitation"
			   "   SET revoked_at = ?, phone_sealed = NULL"
			   " WHERE kind = 'admin' AND " IS_OPEN " AND organisation IN (",
			   "?", ")" },
	[UNITS_INSERT] = { "INSERT INTO invitation (id, token_digest, organisation, kind, roles, "
			   "batch, created_by,"
			   " created_at, expires_at) VALUES ",
			   "(?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field invitation_columns[] = {
	{ "id", KIND_ID, FIELD_AT(invitation_row, invitation.id) },
	{ "organisation", KIND_ID, FIELD_AT(invitation_row, invitation.organisation) },
	{ "kind", KIND_WORD, FIELD_AT(invitation_row, invitation.kind),
	  .words = invitation_kind_words },
	{ "user", KIND_ID, FIELD_AT(invitation_row, invitation.user), .optional = true },
	{ "login", KIND_TEXT, FIELD_AT(invitation_row, invitation.login), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(invitation_row, invitation.name), .optional = true },
	{ "roles", KIND_WORDS, FIELD_AT(invitation_row, invitation.roles), .words = role_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(invitation_row, invitation.created_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(invitation_row, invitation.expires_at) },
	{ "state", KIND_WORD, FIELD_AT(invitation_row, state), .words = invitation_state_words },
	{ "accepted_at", KIND_INSTANT, FIELD_AT(invitation_row, accepted_at), .optional = true },
	{ "revoked_at", KIND_INSTANT, FIELD_AT(invitation_row, revoked_at), .optional = true },
	{ "phone_sealed", KIND_BYTES, FIELD_AT(invitation_row, phone_sealed), .optional = true },
	{ "created_by", KIND_ID, FIELD_AT(invitation_row, created_by), .optional = true },
};

static const struct field sender_columns[] = {
	{ "own", KIND_BOOL, FIELD_AT(sender, own) },
	{ "oversees", KIND_BOOL, FIELD_AT(sender, oversees) },
	{ "platform", KIND_BOOL, FIELD_AT(sender, platform) },
};

static const struct field unit_columns[] = {
	{ "unit", KIND_ID, FIELD_AT(unit_invitation, unit) },
	{ "code", KIND_TEXT, FIELD_AT(unit_invitation, code) },
	{ "name", KIND_TEXT, FIELD_AT(unit_invitation, name) },
};

static const struct field unit_row[] = {
	{ "id", KIND_ID, FIELD_AT(unit_invitation, id) },
	{ "token_digest", KIND_BYTES, FIELD_AT(unit_invitation, token_digest) },
	{ "organisation", KIND_ID, FIELD_AT(unit_invitation, unit) },
	{ "kind", KIND_WORD, FIELD_AT(unit_invitation, kind), .words = invitation_kind_words },
	{ "roles", KIND_WORDS, FIELD_AT(unit_invitation, roles), .words = role_words },
	{ "batch", KIND_ID, FIELD_AT(unit_invitation, batch) },
	{ "created_by", KIND_ID, FIELD_AT(unit_invitation, created_by), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(unit_invitation, created_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(unit_invitation, expires_at) },
};

enum err invitation_list(struct db *db, struct arena *arena, struct id organisation,
			 uint32_t grantable, int32_t state, int64_t now, struct id after,
			 int64_t limit, struct list *out)
{
	uint32_t alien = ROLES_ALL & ~grantable;
	const char *word = state == SMALL_NONE ? NULL : invitation_state_words[state];

	return db_list(
		db, &sql[INVITATIONS],
		db_values(now, organisation, alien, alien, alien, after, after, word, word, limit),
		invitation_columns, COUNT_OF(invitation_columns), sizeof(struct invitation_row),
		arena, out);
}

enum err invitation_by_token(struct db *db, struct arena *arena, struct text token, int64_t now,
			     struct invitation_row *out)
{
	struct digest digest = token_digest(token);

	*out = (struct invitation_row){ 0 };
	return db_read(db, &sql[INVITATION_BY_TOKEN],
		       db_values(now, value_digest(digest.bytes), now), invitation_columns,
		       COUNT_OF(invitation_columns), arena, out);
}

enum err invitation_lock(struct db *db, struct arena *arena, struct id invitation, int64_t now,
			 struct invitation_row *out)
{
	*out = (struct invitation_row){ 0 };
	return db_read(db, &sql[INVITATION_LOCK], db_values(now, invitation, now),
		       invitation_columns, COUNT_OF(invitation_columns), arena, out);
}

enum err invitation_write(struct db *db, const struct invitation *invitation,
			  struct text phone_sealed, struct id created_by)
{
	struct digest digest = token_digest(invitation->token);

	return db_exec(db, &sql[INVITATION_INSERT],
		       db_values(invitation->id, value_digest(digest.bytes),
				 invitation->organisation, invitation_kind_words[invitation->kind],
				 invitation->user, invitation->login, invitation->name,
				 value_bytes(phone_sealed), invitation->roles, invitation->batch,
				 created_by, invitation->created_at, invitation->expires_at));
}

enum err invitation_accepted(struct db *db, struct id invitation, struct id user, int64_t now)
{
	return db_exec(db, &sql[INVITATION_ACCEPTED_SQL], db_values(now, user, invitation));
}

enum err invitation_refused(struct db *db, struct id invitation, int64_t now, bool *revoked)
{
	int64_t last = LINK_REFUSALS_MAX, over = 0;
	enum err e =
		db_exec(db, &sql[INVITATION_REFUSED], db_values(last, now, last, invitation, now));

	if (!e)
		e = db_number(db, &sql[INVITATION_IS_REVOKED], db_values(invitation), &over);
	*revoked = over;
	return e;
}

enum err invitation_of(struct db *db, struct arena *arena, struct id organisation,
		       struct id invitation, int64_t now, struct invitation_row *out)
{
	*out = (struct invitation_row){ 0 };
	return db_read(db, &sql[INVITATION_OF], db_values(now, invitation, organisation),
		       invitation_columns, COUNT_OF(invitation_columns), arena, out);
}

enum err invitation_revoke(struct db *db, struct id organisation, struct id invitation, int64_t now)
{
	enum err e =
		db_exec(db, &sql[INVITATION_REVOKE], db_values(now, invitation, organisation, now));

	return e || db_affected(db) == 1 ? e : ERR_CONFLICT;
}

enum err resets_revoke(struct db *db, struct id user, int64_t now)
{
	return db_exec(db, &sql[RESETS_REVOKE], db_values(now, user, now));
}

enum err links_revoke(struct db *db, struct id user, struct id organisation, int64_t now)
{
	return db_exec(db, &sql[LINKS_REVOKE],
		       db_values(now, user, organisation, organisation, user, now));
}

enum err invitation_phones_forget(struct db *db, int64_t now, uint64_t *count)
{
	enum err e = db_exec(db, &sql[PHONES_FORGET], db_values(now));

	*count = e ? 0 : db_affected(db);
	return e;
}

enum err sender_read(struct db *db, struct arena *arena, const struct invitation_row *row,
		     struct sender *out)
{
	uint32_t admins = ROLES_ADMIN, overseers = ROLE_REVIEWER | ROLE_SECURITY_ADMIN;
	uint32_t security = ROLE_SECURITY_ADMIN;
	struct id organisation = row->invitation.organisation;

	*out = (struct sender){ 0 };
	return db_read(
		db, &sql[SENDER],
		db_values(organisation, admins, overseers, organisation, security, row->created_by),
		sender_columns, COUNT_OF(sender_columns), arena, out);
}

/* ---- all units of a scope ---- */

enum err units_without_members(struct db *db, struct arena *arena, const struct scope *scope,
			       int64_t limit, struct list *out)
{
	switch (scope->kind) {
	case SCOPE_PLATFORM:
		return db_list(db, &sql[UNITS_OF_PLATFORM], db_values(limit), unit_columns,
			       COUNT_OF(unit_columns), sizeof(struct unit_invitation), arena, out);
	case SCOPE_COUNTY:
		return db_list(db, &sql[UNITS_OF_COUNTY], db_values(text_of(scope->county), limit),
			       unit_columns, COUNT_OF(unit_columns), sizeof(struct unit_invitation),
			       arena, out);
	case SCOPE_HIERARCHY:
		return db_list(db, &sql[UNITS_OF_SUBTREE],
			       db_values(hierarchy_words[scope->hierarchy], scope->root,
					 value_day(scope->day), limit),
			       unit_columns, COUNT_OF(unit_columns), sizeof(struct unit_invitation),
			       arena, out);
	default:
		return OK;
	}
}

enum err unit_invitations_revoke(struct db *db, struct arena *arena, const struct list *rows,
				 int64_t now)
{
	struct value *units =
		values_of_ids(arena, rows->at, rows->count, sizeof(struct unit_invitation),
			      offsetof(struct unit_invitation, unit));

	if (!units)
		return ERR_MEMORY;
	return db_list_in(db, &sql[UNITS_REVOKE], db_values(now, now), units, rows->count, db_none,
			  NULL, 0, 0, arena, NULL);
}

enum err unit_invitations_write(struct db *db, const struct list *rows)
{
	return db_rows(db, &sql[UNITS_INSERT], unit_row, COUNT_OF(unit_row), rows->at, rows->count,
		       sizeof(struct unit_invitation));
}
