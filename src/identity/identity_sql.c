/*
 * The statements of users, memberships, sessions and scopes. Each table of columns below stands in
 * the order of its statement's columns or placeholders. ENUM and SET columns are read and written
 * by their words.
 */
#include "identity_rows.h"

enum {
	ACCOUNT_BY_LOGIN,
	ACCOUNT_BY_ID,
	ACCOUNT_INSERT,
	MEMBERSHIPS_OF_USER,
	ROLES_ELSEWHERE,
	MEMBERSHIP_PUT,
	ORGANISATION_BY_CODE,
	SESSION_INSERT,
	SESSION_END,
	SESSION_READ,
	SESSION_END_OWN,
	SESSION_MOVE,
	SESSIONS_END,
	BEARER,
	SESSION_TOUCH,
	UNIT_IN_SUBTREE,
	UNIT_IN_REGION,
	SUPPLIER_IN_COUNTY,
	UNIT_EXISTS,
	SUPPLIER_EXISTS,
	SQL_COUNT
};

static const struct sql sql[] = {
	[ACCOUNT_BY_LOGIN] = { "SELECT id, login, name, password_hash, status,"
			       "       IFNULL(password_changed_at, created_at), password_by_other"
			       "  FROM user"
			       " WHERE login = ?" },
	[ACCOUNT_BY_ID] = { "SELECT id, login, name, password_hash, status,"
			    "       IFNULL(password_changed_at, created_at), password_by_other"
			    "  FROM user"
			    " WHERE id = ?" },
	[ACCOUNT_INSERT] = { "INSERT INTO user (id, login, name, password_hash, "
			     "password_by_other, password_changed_at, status, created_at)"
			     " VALUES (?, ?, ?, ?, ?, ?, 'active', ?)" },
	[MEMBERSHIPS_OF_USER] = { "SELECT o.id, o.code, o.uscc, o.name, o.short_name,"
				  "       o.is_unit, o.is_supplier, o.is_authority, a.scope, "
				  "m.roles"
				  "  FROM membership m"
				  "  JOIN organisation o ON o.id = m.organisation"
				  "  LEFT JOIN authority a ON a.organisation = o.id"
				  " WHERE m.user = ? AND m.status = 'active' AND o.status = "
				  "'active'"
				  " ORDER BY m.created_at, o.id" },
	[ROLES_ELSEWHERE] = { "SELECT IFNULL(BIT_OR(roles + 0), 0)"
			      "  FROM membership"
			      " WHERE user = ? AND organisation <> ? AND status <> 'ended'"
			      "  LOCK IN SHARE MODE" },
	[MEMBERSHIP_PUT] = { "INSERT INTO membership (user, organisation, roles, created_at)"
			     " VALUES (?, ?, ?, ?)"
			     " ON DUPLICATE KEY UPDATE roles = VALUES(roles), status = 'active', "
			     "ended_at = NULL, version = version + 1" },
	[ORGANISATION_BY_CODE] = { "SELECT id, uscc, code, name, short_name, is_unit, is_supplier, "
				   "is_authority, status,"
				   "       created_at"
				   "  FROM organisation"
				   " WHERE code = ?"
				   "  LOCK IN SHARE MODE" },
	[SESSION_INSERT] = { "INSERT INTO session (token_digest, id, user, organisation, "
			     "created_at, seen_at, address, user_agent, second_factor, "
			     "last_login_at, failures_since)"
			     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[SESSION_END] = { "UPDATE session"
			  "   SET ended_at = ?"
			  " WHERE id = ? AND ended_at IS NULL" },
	[SESSION_READ] = { "SELECT id, user, organisation, created_at, seen_at, address, "
			   "user_agent,"
			   "       second_factor, last_login_at, failures_since"
			   "  FROM session"
			   " WHERE id = ? AND user = ? AND ended_at IS NULL" },
	[SESSION_END_OWN] = { "UPDATE session"
			      "   SET ended_at = ?"
			      " WHERE id = ? AND user = ? AND ended_at IS NULL"
			      "   AND created_at > ? AND seen_at > ?" },
	[SESSION_MOVE] = { "UPDATE session"
			   "   SET organisation = ?"
			   " WHERE id = ? AND ended_at IS NULL" },
	[SESSIONS_END] = { "UPDATE session"
			   "   SET ended_at = ?"
			   " WHERE user = ? AND ended_at IS NULL AND NOT (id <=> ?)" },
	[BEARER] = { "SELECT s.id, s.user, s.organisation, s.created_at, s.seen_at, m.roles,"
		     "       a.scope, a.county, a.hierarchy, a.root, s.second_factor,"
		     "       IFNULL(u.password_changed_at, u.created_at), u.password_by_other"
		     "  FROM session s"
		     "  JOIN user u ON u.id = s.user AND u.status = 'active'"
		     "  JOIN organisation o ON o.id = s.organisation AND o.status = 'active'"
		     "  JOIN membership m ON m.user = s.user AND m.organisation = s.organisation"
		     "   AND m.status = 'active'"
		     "  LEFT JOIN authority a ON a.organisation = s.organisation"
		     " WHERE s.token_digest = ? AND s.ended_at IS NULL AND s.created_at > ? AND "
		     "s.seen_at > ?" },
	/* the condition keeps a clock of another server from turning it back */
	[SESSION_TOUCH] = { "UPDATE session"
			    "   SET seen_at = ?"
			    " WHERE token_digest = ? AND seen_at < ?" },
	[UNIT_IN_SUBTREE] = { "SELECT 1 FROM unit_ancestor"
			      " WHERE hierarchy = ? AND ancestor = ? AND unit = ?"
			      "   AND ? BETWEEN since AND until" },
	[UNIT_IN_REGION] = { "SELECT 1 FROM unit WHERE organisation = ? AND region_code = ?" },
	[SUPPLIER_IN_COUNTY] = { "SELECT 1 FROM supplier WHERE organisation = ? AND county = ?" },
	[UNIT_EXISTS] = { "SELECT 1 FROM unit WHERE organisation = ?" },
	[SUPPLIER_EXISTS] = { "SELECT 1 FROM supplier WHERE organisation = ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- columns ---- */

static const struct field account_columns[] = {
	{ "id", KIND_ID, FIELD_AT(account, id) },
	{ "login", KIND_TEXT, FIELD_AT(account, login) },
	{ "name", KIND_TEXT, FIELD_AT(account, name) },
	{ "password_hash", KIND_TEXT, FIELD_AT(account, password_hash), .secret = true },
	{ "status", KIND_WORD, FIELD_AT(account, status), .words = status_words },
	{ "password_changed_at", KIND_INSTANT, FIELD_AT(account, password_changed_at) },
	{ "password_by_other", KIND_BOOL, FIELD_AT(account, password_by_other) },
};

static const struct field membership_columns[] = {
	{ "id", KIND_ID, FIELD_AT(membership, organisation.id) },
	{ "code", KIND_TEXT, FIELD_AT(membership, organisation.code) },
	{ "uscc", KIND_TEXT, FIELD_AT(membership, organisation.uscc) },
	{ "name", KIND_TEXT, FIELD_AT(membership, organisation.name) },
	{ "short_name", KIND_TEXT, FIELD_AT(membership, organisation.short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(membership, organisation.is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(membership, organisation.is_supplier) },
	{ "is_authority", KIND_BOOL, FIELD_AT(membership, organisation.is_authority) },
	{ "scope", KIND_WORD, FIELD_AT(membership, organisation.scope), .words = scope_words,
	  .optional = true },
	{ "roles", KIND_WORDS, FIELD_AT(membership, roles), .words = role_words },
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

static const struct field bearer_columns[] = {
	{ "id", KIND_ID, FIELD_AT(bearer, session.id) },
	{ "user", KIND_ID, FIELD_AT(bearer, session.user) },
	{ "organisation", KIND_ID, FIELD_AT(bearer, session.organisation) },
	{ "created_at", KIND_INSTANT, FIELD_AT(bearer, session.created_at) },
	{ "seen_at", KIND_INSTANT, FIELD_AT(bearer, session.seen_at) },
	{ "roles", KIND_WORDS, FIELD_AT(bearer, roles), .words = role_words },
	{ "scope", KIND_WORD, FIELD_AT(bearer, scope.kind), .words = scope_words,
	  .optional = true },
	{ "county", KIND_TEXT, FIELD_AT(bearer, scope.county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(bearer, scope.hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_ID, FIELD_AT(bearer, scope.root), .optional = true },
	{ "second_factor", KIND_BOOL, FIELD_AT(bearer, session.second_factor) },
	{ "password_changed_at", KIND_INSTANT, FIELD_AT(bearer, password_changed_at) },
	{ "password_by_other", KIND_BOOL, FIELD_AT(bearer, password_by_other) },
};

static const struct field session_columns[] = {
	{ "id", KIND_ID, FIELD_AT(session, id) },
	{ "user", KIND_ID, FIELD_AT(session, user) },
	{ "organisation", KIND_ID, FIELD_AT(session, organisation) },
	{ "created_at", KIND_INSTANT, FIELD_AT(session, created_at) },
	{ "seen_at", KIND_INSTANT, FIELD_AT(session, seen_at) },
	{ "address", KIND_TEXT, FIELD_AT(session, address) },
	{ "user_agent", KIND_TEXT, FIELD_AT(session, user_agent) },
	{ "second_factor", KIND_BOOL, FIELD_AT(session, second_factor) },
	{ "last_login_at", KIND_INSTANT, FIELD_AT(session, last_login_at), .optional = true },
	{ "failures_since", KIND_INT, FIELD_AT(session, failures_since) },
};

/* ---- accounts ---- */

/* Names and codes are ASCII, and so are their columns: other text is no such name, and is not held
 * against the columns. */
static bool is_ascii(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if ((unsigned char)t.at[i] >= 0x80)
			return false;
	return true;
}

enum err account_by_login(struct db *db, struct arena *arena, struct text login,
			  struct account *out)
{
	if (!is_ascii(login))
		return ERR_NOT_FOUND;
	return db_read(db, &sql[ACCOUNT_BY_LOGIN], db_values(login), account_columns,
		       COUNT_OF(account_columns), arena, out);
}

enum err account_by_id(struct db *db, struct arena *arena, struct id user, struct account *out)
{
	return db_read(db, &sql[ACCOUNT_BY_ID], db_values(user), account_columns,
		       COUNT_OF(account_columns), arena, out);
}

enum err account_insert(struct db *db, const struct account *account, int64_t now)
{
	int64_t set_at = account->password_changed_at ? account->password_changed_at : now;

	return db_exec(db, &sql[ACCOUNT_INSERT],
		       db_values(account->id, account->login, account->name, account->password_hash,
				 account->password_by_other, set_at, now));
}

/* ---- memberships ---- */

enum err membership_list(struct db *db, struct arena *arena, struct id user, struct list *out)
{
	return db_list(db, &sql[MEMBERSHIPS_OF_USER], db_values(user), membership_columns,
		       COUNT_OF(membership_columns), sizeof(struct membership), arena, out);
}

enum err roles_elsewhere(struct db *db, struct id user, struct id organisation, uint32_t *out)
{
	int64_t roles;
	enum err e = db_number(db, &sql[ROLES_ELSEWHERE], db_values(user, organisation), &roles);

	if (e)
		return e;
	*out = (uint32_t)roles;
	return OK;
}

enum err membership_put(struct db *db, struct id user, struct id organisation, uint32_t roles,
			int64_t now)
{
	return db_exec(db, &sql[MEMBERSHIP_PUT], db_values(user, organisation, roles, now));
}

enum err organisation_by_code(struct db *db, struct arena *arena, struct text code,
			      struct organisation *out)
{
	if (!is_ascii(code))
		return ERR_NOT_FOUND;
	return db_read(db, &sql[ORGANISATION_BY_CODE], db_values(code), organisation_columns,
		       COUNT_OF(organisation_columns), arena, out);
}

/* ---- sessions ---- */

enum err session_insert(struct db *db, const struct session *session)
{
	return db_exec(db, &sql[SESSION_INSERT],
		       db_values(value_bytes(session->token_digest), session->id, session->user,
				 session->organisation, session->created_at, session->seen_at,
				 session->address, session->user_agent, session->second_factor,
				 value_optional(session->last_login_at), session->failures_since));
}

enum err session_end(struct db *db, struct id session, int64_t now)
{
	return db_exec(db, &sql[SESSION_END], db_values(now, session));
}

enum err session_read(struct db *db, struct arena *arena, struct id user, struct id session,
		      struct session *out)
{
	return db_read(db, &sql[SESSION_READ], db_values(session, user), session_columns,
		       COUNT_OF(session_columns), arena, out);
}

enum err session_end_own(struct db *db, struct id user, struct id session, int64_t now)
{
	int64_t created_after = now - SESSION_ABSOLUTE_US, seen_after = now - SESSION_IDLE_US;
	enum err e = db_exec(db, &sql[SESSION_END_OWN],
			     db_values(now, session, user, created_after, seen_after));

	if (e)
		return e;
	return db_affected(db) == 1 ? OK : ERR_NOT_FOUND;
}

enum err session_move(struct db *db, struct id session, struct id organisation)
{
	enum err e = db_exec(db, &sql[SESSION_MOVE], db_values(organisation, session));

	if (e)
		return e;
	return db_affected(db) == 1 ? OK : ERR_UNAUTHENTICATED;
}

enum err sessions_end(struct db *db, struct id user, struct id kept, int64_t now)
{
	return db_exec(db, &sql[SESSIONS_END], db_values(now, user, kept));
}

enum err bearer_read(struct db *db, struct arena *arena, struct digest digest, int64_t now,
		     struct bearer *out)
{
	int64_t created_after = now - SESSION_ABSOLUTE_US, seen_after = now - SESSION_IDLE_US;

	return db_read(db, &sql[BEARER],
		       db_values(value_digest(digest.bytes), created_after, seen_after),
		       bearer_columns, COUNT_OF(bearer_columns), arena, out);
}

enum err session_touch(struct db *db, struct digest digest, int64_t now)
{
	return db_exec(db, &sql[SESSION_TOUCH], db_values(now, value_digest(digest.bytes), now));
}

/* ---- scopes ---- */

static enum err row_exists(struct db *db, int statement, struct values values, bool *exists)
{
	int64_t one;
	enum err e = db_number(db, &sql[statement], values, &one);

	*exists = e == OK;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err scope_covers_unit(struct db *db, const struct scope *scope, struct id unit, bool *covers)
{
	*covers = false;
	switch (scope->kind) {
	case SCOPE_PLATFORM:
		return row_exists(db, UNIT_EXISTS, db_values(unit), covers);
	case SCOPE_COUNTY:
		return row_exists(db, UNIT_IN_REGION, db_values(unit, text_of(scope->county)),
				  covers);
	case SCOPE_HIERARCHY:
		return row_exists(db, UNIT_IN_SUBTREE,
				  db_values(hierarchy_words[scope->hierarchy], scope->root, unit,
					    value_day(scope->day)),
				  covers);
	default:
		return OK;
	}
}

enum err scope_covers_supplier(struct db *db, const struct scope *scope, struct id supplier,
			       bool *covers)
{
	*covers = false;
	switch (scope->kind) {
	case SCOPE_PLATFORM:
		return row_exists(db, SUPPLIER_EXISTS, db_values(supplier), covers);
	case SCOPE_COUNTY:
		return row_exists(db, SUPPLIER_IN_COUNTY,
				  db_values(supplier, text_of(scope->county)), covers);
	default:
		return OK;
	}
}
