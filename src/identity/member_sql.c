/*
 * The statements of members and of users as the platform's security administrator sees them. Each
 * table of columns stands in the order of its statement's columns.
 */
#include "member_rows.h"

enum {
	MEMBERS,
	MEMBER_READ,
	MEMBER_LOCK,
	MEMBERS_WITH,
	PLATFORM_SECURITY,
	MEMBERSHIP_WRITE,
	PERSON_WRITE,
	SESSIONS_END,
	ORGANISATION_BY_ID,
	USER_BY_LOGIN,
	USER_LOCK,
	MEMBERSHIPS_OF,
	USER_STATUS,
	HOLDS_ROLE,
	SQL_COUNT
};

#define MEMBER_COLUMNS                                                                             \
	"SELECT m.user, u.login, u.name, m.roles, m.status, u.status, u.phone_sealed,"             \
	"       EXISTS (SELECT 1 FROM totp t WHERE t.user = m.user AND t.state = 'active'),"       \
	"       (SELECT MAX(s.created_at) FROM session s"                                          \
	"         WHERE s.user = m.user AND s.organisation = m.organisation),"                     \
	"       m.created_at, m.ended_at, m.version + u.version,"                                  \
	"       EXISTS (SELECT 1 FROM membership x"                                                \
	"                WHERE x.user = m.user AND x.organisation <> m.organisation"               \
	"                  AND x.status <> 'ended')"                                               \
	"  FROM membership m"                                                                      \
	"  JOIN user u ON u.id = m.user"

#define USER_COLUMNS                                                                               \
	"SELECT u.id, u.login, u.name, u.status,"                                                  \
	"       EXISTS (SELECT 1 FROM totp t WHERE t.user = u.id AND t.state = 'active'),"         \
	"       GREATEST((SELECT IFNULL(MAX(p.locked_until), 0) FROM login_pair p"                 \
	"                  WHERE p.user = u.id),"                                                  \
	"                (SELECT IFNULL(MAX(l.strangers_until), 0) FROM login_user l"              \
	"                  WHERE l.user = u.id)),"                                                 \
	"       u.version"                                                                         \
	"  FROM user u"

static const struct sql sql[] = {
	[MEMBERS] = { MEMBER_COLUMNS " WHERE m.organisation = ? AND (? IS NULL OR m.user > ?)"
				     "   AND (m.status = ? OR (? AND m.status <> 'ended'))"
				     " ORDER BY m.user"
				     " LIMIT ?" },
	[MEMBER_READ] = { MEMBER_COLUMNS " WHERE m.organisation = ? AND m.user = ?" },
	[MEMBER_LOCK] = { MEMBER_COLUMNS " WHERE m.organisation = ? AND m.user = ? FOR UPDATE" },
	[MEMBERS_WITH] = { "SELECT COUNT(*)"
			   "  FROM membership m"
			   "  JOIN user u ON u.id = m.user AND u.status = 'active'"
			   " WHERE m.organisation = ? AND NOT m.user <=> ? AND m.status = 'active'"
			   "   AND m.roles & ?"
			   "   FOR UPDATE" },
	[PLATFORM_SECURITY] = { "SELECT COUNT(*)"
				"  FROM authority a"
				"  JOIN organisation o"
				"    ON o.id = a.organisation AND o.status = 'active'"
				"  JOIN membership m"
				"    ON m.organisation = a.organisation AND m.status = 'active'"
				"  JOIN user u ON u.id = m.user AND u.status = 'active'"
				" WHERE a.scope = 'platform' AND m.user <> ?"
				"   AND FIND_IN_SET('security_admin', m.roles)"
				"   FOR UPDATE" },
	[MEMBERSHIP_WRITE] = { "UPDATE membership"
			       "   SET roles = ?, status = ?, ended_at = ?, version = version + 1"
			       " WHERE user = ? AND organisation = ?" },
	[PERSON_WRITE] = { "UPDATE user"
			   "   SET name = ?, phone_sealed = ?, version = version + 1"
			   " WHERE id = ?" },
	[SESSIONS_END] = { "UPDATE session"
			   "   SET ended_at = ?"
			   " WHERE user = ? AND organisation = ? AND ended_at IS NULL" },
	[ORGANISATION_BY_ID] = { "SELECT id, uscc, code, name, short_name, is_unit, is_supplier,"
				 "       is_authority, status, created_at"
				 "  FROM organisation"
				 " WHERE id = ?"
				 "  LOCK IN SHARE MODE" },
	[USER_BY_LOGIN] = { USER_COLUMNS " WHERE u.login = ?" },
	[USER_LOCK] = { USER_COLUMNS " WHERE u.id = ? FOR UPDATE" },
	[MEMBERSHIPS_OF] = { "SELECT o.id, o.code, o.name, m.roles, m.status"
			     "  FROM membership m"
			     "  JOIN organisation o ON o.id = m.organisation"
			     " WHERE m.user = ?"
			     " ORDER BY m.created_at, o.id" },
	[USER_STATUS] = { "UPDATE user SET status = ?, version = version + 1 WHERE id = ?" },
	[HOLDS_ROLE] = { "SELECT COUNT(*)"
			 "  FROM membership"
			 " WHERE user = ? AND organisation = ? AND status <> 'ended'"
			 "   AND roles & ?"
			 "  LOCK IN SHARE MODE" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field member_columns[] = {
	{ "user", KIND_ID, FIELD_AT(member, user) },
	{ "login", KIND_TEXT, FIELD_AT(member, login) },
	{ "name", KIND_TEXT, FIELD_AT(member, name) },
	{ "roles", KIND_WORDS, FIELD_AT(member, roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(member, status), .words = status_words },
	{ "user_status", KIND_WORD, FIELD_AT(member, user_status), .words = status_words },
	{ "phone_sealed", KIND_BYTES, FIELD_AT(member, phone_sealed), .optional = true },
	{ "has_totp", KIND_BOOL, FIELD_AT(member, has_totp) },
	{ "last_login_at", KIND_INSTANT, FIELD_AT(member, last_login_at), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(member, created_at) },
	{ "ended_at", KIND_INSTANT, FIELD_AT(member, ended_at), .optional = true },
	{ "version", KIND_INT, FIELD_AT(member, version) },
	{ "is_shared", KIND_BOOL, FIELD_AT(member, is_shared) },
};

static const struct field user_columns[] = {
	{ "id", KIND_ID, FIELD_AT(platform_user, id) },
	{ "login", KIND_TEXT, FIELD_AT(platform_user, login) },
	{ "name", KIND_TEXT, FIELD_AT(platform_user, name) },
	{ "status", KIND_WORD, FIELD_AT(platform_user, status), .words = status_words },
	{ "has_totp", KIND_BOOL, FIELD_AT(platform_user, has_totp) },
	{ "locked_until", KIND_INSTANT, FIELD_AT(platform_user, locked_until) },
	{ "version", KIND_INT, FIELD_AT(platform_user, version) },
};

static const struct field membership_columns[] = {
	{ "organisation", KIND_ID, FIELD_AT(platform_membership, organisation) },
	{ "code", KIND_TEXT, FIELD_AT(platform_membership, code) },
	{ "name", KIND_TEXT, FIELD_AT(platform_membership, name) },
	{ "roles", KIND_WORDS, FIELD_AT(platform_membership, roles), .words = role_words },
	{ "status", KIND_WORD, FIELD_AT(platform_membership, status), .words = status_words },
};

static const struct field organisation_columns[] = {
	{ "id", KIND_ID, FIELD_AT(organisation, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(organisation, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(organisation, code) },
	{ "name", KIND_TEXT, FIELD_AT(organisation, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(organisation, short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(organisation, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(organisation, is_supplier) },
	{ "is_authority", KIND_BOOL, FIELD_AT(organisation, is_authority) },
	{ "status", KIND_WORD, FIELD_AT(organisation, status), .words = status_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(organisation, created_at) },
};

/* ---- members ---- */

enum err member_list(struct db *db, struct arena *arena, struct id organisation, int32_t status,
		     struct id after, int64_t limit, struct list *out)
{
	bool present = status == SMALL_NONE;
	const char *word = present ? NULL : status_words[status];

	return db_list(db, &sql[MEMBERS],
		       db_values(organisation, after, after, word, present, limit), member_columns,
		       COUNT_OF(member_columns), sizeof(struct member), arena, out);
}

static enum err member_by(struct db *db, struct arena *arena, int statement, struct id organisation,
			  struct id user, struct member *out)
{
	*out = (struct member){ 0 };
	return db_read(db, &sql[statement], db_values(organisation, user), member_columns,
		       COUNT_OF(member_columns), arena, out);
}

enum err member_read(struct db *db, struct arena *arena, struct id organisation, struct id user,
		     struct member *out)
{
	return member_by(db, arena, MEMBER_READ, organisation, user, out);
}

enum err member_lock(struct db *db, struct arena *arena, struct id organisation, struct id user,
		     struct member *out)
{
	return member_by(db, arena, MEMBER_LOCK, organisation, user, out);
}

enum err members_with(struct db *db, struct id organisation, struct id user, uint32_t roles,
		      int64_t *count)
{
	return db_number(db, &sql[MEMBERS_WITH], db_values(organisation, user, roles), count);
}

enum err platform_security(struct db *db, struct id user, int64_t *count)
{
	return db_number(db, &sql[PLATFORM_SECURITY], db_values(user), count);
}

enum err membership_write(struct db *db, struct id organisation, const struct member *member)
{
	return db_exec(db, &sql[MEMBERSHIP_WRITE],
		       db_values(member->roles, status_words[member->status],
				 value_optional(member->ended_at), member->user, organisation));
}

enum err person_write(struct db *db, const struct member *member)
{
	return db_exec(db, &sql[PERSON_WRITE],
		       db_values(member->name, value_bytes(member->phone_sealed), member->user));
}

enum err member_sessions_end(struct db *db, struct id user, struct id organisation, int64_t now)
{
	return db_exec(db, &sql[SESSIONS_END], db_values(now, user, organisation));
}

enum err organisation_by_id(struct db *db, struct arena *arena, struct id organisation,
			    struct organisation *out)
{
	return db_read(db, &sql[ORGANISATION_BY_ID], db_values(organisation), organisation_columns,
		       COUNT_OF(organisation_columns), arena, out);
}

enum err member_holds(struct db *db, struct id user, struct id organisation, uint32_t roles,
		      bool *holds)
{
	int64_t count;
	enum err e = db_number(db, &sql[HOLDS_ROLE], db_values(user, organisation, roles), &count);

	*holds = !e && count > 0;
	return e;
}

/* ---- users of the platform ---- */

enum err platform_user_by_login(struct db *db, struct arena *arena, struct text login,
				struct platform_user *out)
{
	*out = (struct platform_user){ 0 };
	return db_read(db, &sql[USER_BY_LOGIN], db_values(login), user_columns,
		       COUNT_OF(user_columns), arena, out);
}

enum err platform_user_lock(struct db *db, struct arena *arena, struct id user,
			    struct platform_user *out)
{
	*out = (struct platform_user){ 0 };
	return db_read(db, &sql[USER_LOCK], db_values(user), user_columns, COUNT_OF(user_columns),
		       arena, out);
}

enum err platform_memberships(struct db *db, struct arena *arena, struct id user, struct list *out)
{
	return db_list(db, &sql[MEMBERSHIPS_OF], db_values(user), membership_columns,
		       COUNT_OF(membership_columns), sizeof(struct platform_membership), arena,
		       out);
}

enum err user_status_write(struct db *db, struct id user, int32_t status)
{
	return db_exec(db, &sql[USER_STATUS], db_values(status_words[status], user));
}
