/*
 * The statements of passwords, second factors and API keys. What may be taken once is taken by an
 * UPDATE whose condition only the first one meets.
 */
#include "credential.h"

enum {
	PASSWORD_REPLACE,
	PASSWORD_FORCE,
	PASSWORD_HOLD,
	PAST_LIST,
	PAST_INSERT,
	PAST_FORGET,
	TOTP_READ,
	TOTP_STATUS,
	TOTP_INSERT,
	TOTP_DELETE,
	TOTP_ACTIVATE,
	TOTP_TAKE,
	TOTP_REFUSED,
	TOTP_DROP,
	RECOVERY_TAKE,
	RECOVERY_DELETE,
	RECOVERY_INSERT,
	SESSIONS_FACTOR,
	SESSION_CARDS,
	KEYS_LIST,
	KEYS_COUNT,
	KEY_INSERT,
	KEY_END,
	MEMBER_KEYS_LIST,
	MEMBER_KEY_END,
	KEYS_END,
	KEY_BEARER,
	KEY_TOUCH,
	SQL_COUNT
};

#define KEY_COLUMNS                                                                                \
	"SELECT id, name, prefix, organisation, roles, created_at, expires_at,"                    \
	"       last_used_at, last_address"                                                        \
	"  FROM api_key"

static const struct sql sql[] = {
	[PASSWORD_REPLACE] = { "UPDATE user"
			       "   SET password_hash = ?, password_changed_at = ?,"
			       "       password_by_other = FALSE"
			       " WHERE id = ? AND password_hash = ?" },
	[PASSWORD_FORCE] = { "UPDATE user"
			     "   SET password_hash = ?, password_changed_at = ?,"
			     "       password_by_other = TRUE"
			     " WHERE id = ?" },
	[PASSWORD_HOLD] = { "SELECT 1 FROM user"
			    " WHERE id = ? AND password_hash = ? AND status = 'active'"
			    "  LOCK IN SHARE MODE" },
	[PAST_LIST] = { "SELECT password_hash"
			"  FROM password_past"
			" WHERE user = ?"
			" ORDER BY id DESC"
			" LIMIT ?" },
	[PAST_INSERT] = { "INSERT INTO password_past (id, user, password_hash, replaced_at)"
			  " VALUES (?, ?, ?, ?)" },
	[PAST_FORGET] = { "DELETE FROM password_past"
			  " WHERE user = ? AND id <= (SELECT id FROM (SELECT id FROM password_past"
			  "   WHERE user = ? ORDER BY id DESC LIMIT 1 OFFSET ?) AS oldest)" },
	[TOTP_READ] = { "SELECT id, user, state, secret_sealed, created_at, step"
			"  FROM totp"
			" WHERE user = ? AND state = ?" },
	[TOTP_STATUS] = { "SELECT t.state, t.confirmed_at,"
			  "       (SELECT COUNT(*) FROM recovery_code r"
			  "         WHERE r.user = t.user AND r.used_at IS NULL)"
			  "  FROM totp t"
			  " WHERE t.user = ?"
			  " ORDER BY t.state DESC"
			  " LIMIT 1" },
	[TOTP_INSERT] = { "INSERT INTO totp (id, user, state, secret_sealed, created_at)"
			  " VALUES (?, ?, 'pending', ?, ?)" },
	[TOTP_DELETE] = { "DELETE FROM totp WHERE user = ? AND state = ?" },
	[TOTP_ACTIVATE] = { "UPDATE totp"
			    "   SET state = 'active', step = ?, confirmed_at = ?"
			    " WHERE id = ? AND state = 'pending'" },
	[TOTP_TAKE] = { "UPDATE totp"
			"   SET step = ?"
			" WHERE id = ? AND state = 'active' AND step < ?" },
	[TOTP_REFUSED] = { "UPDATE totp"
			   "   SET refusals = refusals + 1"
			   " WHERE id = ? AND state = 'pending'" },
	[TOTP_DROP] = { "DELETE FROM totp WHERE id = ? AND state = 'pending' AND refusals >= ?" },
	[RECOVERY_TAKE] = { "UPDATE recovery_code"
			    "   SET used_at = ?"
			    " WHERE user = ? AND digest = ? AND used_at IS NULL" },
	[RECOVERY_DELETE] = { "DELETE FROM recovery_code WHERE user = ?" },
	[RECOVERY_INSERT] = { "INSERT INTO recovery_code (user, digest, created_at) VALUES ",
			      "(?, ?, ?)", "" },
	[SESSIONS_FACTOR] = { "UPDATE session"
			      "   SET second_factor = IFNULL(id = ?, FALSE)"
			      " WHERE user = ? AND ended_at IS NULL" },
	[SESSION_CARDS] = { "SELECT s.id, s.organisation, o.name, s.created_at, s.seen_at,"
			    "       s.created_at + ?, s.address, s.user_agent, s.second_factor"
			    "  FROM session s"
			    "  JOIN organisation o ON o.id = s.organisation"
			    " WHERE s.user = ? AND s.ended_at IS NULL AND s.created_at > ?"
			    "   AND s.seen_at > ? AND (? OR s.id < ?)"
			    " ORDER BY s.id DESC"
			    " LIMIT ?" },
	[KEYS_LIST] = { KEY_COLUMNS " WHERE user = ? AND ended_at IS NULL"
				    " ORDER BY id DESC" },
	[KEYS_COUNT] = { "SELECT COUNT(*) FROM api_key"
			 " WHERE user = ? AND ended_at IS NULL"
			 "   FOR UPDATE" },
	[KEY_INSERT] = { "INSERT INTO api_key (id, digest, prefix, user, organisation, name,"
			 "       roles, created_at, expires_at)"
			 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[KEY_END] = { "UPDATE api_key"
		      "   SET ended_at = ?"
		      " WHERE id = ? AND user = ? AND ended_at IS NULL" },
	[MEMBER_KEYS_LIST] = { KEY_COLUMNS
			       " WHERE user = ? AND organisation = ? AND ended_at IS NULL"
			       " ORDER BY id DESC" },
	[MEMBER_KEY_END] = { "UPDATE api_key"
			     "   SET ended_at = ?"
			     " WHERE id = ? AND user = ? AND organisation = ? AND ended_at IS "
			     "NULL" },
	[KEYS_END] = { "UPDATE api_key"
		       "   SET ended_at = ?"
		       " WHERE user = ? AND ended_at IS NULL AND (? IS NULL OR organisation = ?)" },
	[KEY_BEARER] = { "SELECT k.id, k.user, k.organisation, k.roles, k.last_used_at, m.roles,"
			 "       a.scope, a.county, a.hierarchy, a.root"
			 "  FROM api_key k"
			 "  JOIN user u ON u.id = k.user AND u.status = 'active'"
			 "  JOIN organisation o ON o.id = k.organisation AND o.status = 'active'"
			 "  JOIN membership m ON m.user = k.user AND m.organisation = "
			 "k.organisation"
			 "   AND m.status = 'active'"
			 "  LEFT JOIN authority a ON a.organisation = k.organisation"
			 " WHERE k.digest = ? AND k.ended_at IS NULL AND k.expires_at > ?" },
	[KEY_TOUCH] = { "UPDATE api_key"
			"   SET last_used_at = ?, last_address = ?"
			" WHERE id = ? AND IFNULL(last_used_at, 0) < ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const char *const totp_state_words[] = { "pending", "active", NULL };
static const struct id nil;

/* ---- columns ---- */

static const struct field past_columns[] = {
	{ "password_hash", KIND_TEXT, FIELD_AT(password_past, password_hash), .secret = true },
};

static const struct field totp_columns[] = {
	{ "id", KIND_ID, FIELD_AT(totp, id) },
	{ "user", KIND_ID, FIELD_AT(totp, user) },
	{ "state", KIND_WORD, FIELD_AT(totp, state), .words = totp_state_words },
	{ "secret_sealed", KIND_BYTES, FIELD_AT(totp, secret_sealed), .secret = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(totp, created_at) },
	{ "step", KIND_INT, FIELD_AT(totp, step) },
};

static const struct field status_columns[] = {
	{ "state", KIND_WORD, FIELD_AT(totp_status, state), .words = totp_state_words },
	{ "confirmed_at", KIND_INSTANT, FIELD_AT(totp_status, confirmed_at), .optional = true },
	{ "recovery_codes_left", KIND_INT, FIELD_AT(totp_status, recovery_codes_left) },
};

static const struct field recovery_columns[] = {
	{ "user", KIND_ID, FIELD_AT(recovery_code, user) },
	{ "digest", KIND_BYTES, FIELD_AT(recovery_code, digest), .secret = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(recovery_code, created_at) },
};

static const struct field card_columns[] = {
	{ "id", KIND_ID, FIELD_AT(session_card, id) },
	{ "organisation", KIND_ID, FIELD_AT(session_card, organisation) },
	{ "name", KIND_TEXT, FIELD_AT(session_card, organisation_name) },
	{ "created_at", KIND_INSTANT, FIELD_AT(session_card, created_at) },
	{ "seen_at", KIND_INSTANT, FIELD_AT(session_card, seen_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(session_card, expires_at) },
	{ "address", KIND_TEXT, FIELD_AT(session_card, address) },
	{ "user_agent", KIND_TEXT, FIELD_AT(session_card, user_agent) },
	{ "second_factor", KIND_BOOL, FIELD_AT(session_card, second_factor) },
};

const struct field api_key_fields[] = {
	{ "id", KIND_ID, FIELD_AT(api_key, id) },
	{ "name", KIND_TEXT, FIELD_AT(api_key, name) },
	{ "prefix", KIND_TEXT, FIELD_AT(api_key, prefix) },
	{ "organisation", KIND_ID, FIELD_AT(api_key, organisation) },
	{ "roles", KIND_WORDS, FIELD_AT(api_key, roles), .words = role_words },
	{ "created_at", KIND_INSTANT, FIELD_AT(api_key, created_at) },
	{ "expires_at", KIND_INSTANT, FIELD_AT(api_key, expires_at) },
	{ "last_used_at", KIND_INSTANT, FIELD_AT(api_key, last_used_at), .optional = true },
	{ "last_address", KIND_TEXT, FIELD_AT(api_key, last_address), .optional = true },
	{ "key", KIND_TEXT, FIELD_AT(api_key, key), .only = OUT, .optional = true, .secret = true },
};
const size_t api_key_field_count = COUNT_OF(api_key_fields);

static const struct field key_bearer_columns[] = {
	{ "id", KIND_ID, FIELD_AT(bearer, api_key) },
	{ "user", KIND_ID, FIELD_AT(bearer, session.user) },
	{ "organisation", KIND_ID, FIELD_AT(bearer, session.organisation) },
	{ "key_roles", KIND_WORDS, FIELD_AT(bearer, key_roles), .words = role_words },
	{ "last_used_at", KIND_INSTANT, FIELD_AT(bearer, last_used_at), .optional = true },
	{ "roles", KIND_WORDS, FIELD_AT(bearer, roles), .words = role_words },
	{ "scope", KIND_WORD, FIELD_AT(bearer, scope.kind), .words = scope_words,
	  .optional = true },
	{ "county", KIND_TEXT, FIELD_AT(bearer, scope.county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(bearer, scope.hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_ID, FIELD_AT(bearer, scope.root), .optional = true },
};

/* An UPDATE that must find its one row, or is @missed. */
static enum err exec_one(struct db *db, int statement, struct values values, enum err missed)
{
	enum err e = db_exec(db, &sql[statement], values);

	if (e)
		return e;
	return db_affected(db) == 1 ? OK : missed;
}

/* ---- passwords ---- */

enum err password_replace(struct db *db, struct id user, struct text before, struct text after,
			  int64_t now)
{
	return exec_one(db, PASSWORD_REPLACE, db_values(after, now, user, before), ERR_CONFLICT);
}

enum err password_hold(struct db *db, struct id user, struct text hash)
{
	int64_t one;
	enum err e = db_number(db, &sql[PASSWORD_HOLD], db_values(user, hash), &one);

	return e == ERR_NOT_FOUND ? ERR_LOGIN_REFUSED : e;
}

enum err password_force(struct db *db, struct id user, struct text hash, int64_t now)
{
	return exec_one(db, PASSWORD_FORCE, db_values(hash, now, user), ERR_NOT_FOUND);
}

enum err password_past_list(struct db *db, struct arena *arena, struct id user, struct list *out)
{
	int64_t limit = PASSWORDS_PAST;

	return db_list(db, &sql[PAST_LIST], db_values(user, limit), past_columns,
		       COUNT_OF(past_columns), sizeof(struct password_past), arena, out);
}

enum err password_past_keep(struct db *db, struct id id, struct id user, struct text hash,
			    int64_t now)
{
	int64_t kept = PASSWORDS_PAST;
	enum err e = db_exec(db, &sql[PAST_INSERT], db_values(id, user, hash, now));

	return e ? e : db_exec(db, &sql[PAST_FORGET], db_values(user, user, kept));
}

/* ---- second factors ---- */

enum err totp_read(struct db *db, struct arena *arena, struct id user, enum totp_state state,
		   struct totp *out)
{
	return db_read(db, &sql[TOTP_READ], db_values(user, totp_state_words[state]), totp_columns,
		       COUNT_OF(totp_columns), arena, out);
}

enum err totp_status_read(struct db *db, struct arena *arena, struct id user,
			  struct totp_status *out)
{
	enum err e = db_read(db, &sql[TOTP_STATUS], db_values(user), status_columns,
			     COUNT_OF(status_columns), arena, out);

	if (e != ERR_NOT_FOUND)
		return e;
	*out = (struct totp_status){ .state = SMALL_NONE, .confirmed_at = INT_NONE };
	return OK;
}

enum err totp_insert(struct db *db, const struct totp *totp)
{
	return db_exec(db, &sql[TOTP_INSERT],
		       db_values(totp->id, totp->user, value_bytes(totp->secret_sealed),
				 totp->created_at));
}

enum err totp_delete(struct db *db, struct id user, enum totp_state state)
{
	return db_exec(db, &sql[TOTP_DELETE], db_values(user, totp_state_words[state]));
}

enum err totp_activate(struct db *db, struct id id, int64_t step, int64_t now)
{
	return exec_one(db, TOTP_ACTIVATE, db_values(step, now, id), ERR_CONFLICT);
}

enum err totp_take(struct db *db, struct id id, int64_t step)
{
	return exec_one(db, TOTP_TAKE, db_values(step, id, step), ERR_TOTP_CODE);
}

enum err totp_refused(struct db *db, struct id id, bool *dropped)
{
	int64_t last = CODE_REFUSALS_MAX;
	enum err e = db_exec(db, &sql[TOTP_REFUSED], db_values(id));

	if (!e)
		e = db_exec(db, &sql[TOTP_DROP], db_values(id, last));
	*dropped = !e && db_affected(db) == 1;
	return e;
}

enum err recovery_take(struct db *db, struct id user, struct digest digest, int64_t now)
{
	return exec_one(db, RECOVERY_TAKE, db_values(now, user, value_digest(digest.bytes)),
			ERR_TOTP_CODE);
}

enum err recovery_codes_delete(struct db *db, struct id user)
{
	return db_exec(db, &sql[RECOVERY_DELETE], db_values(user));
}

enum err recovery_codes_insert(struct db *db, const struct recovery_code *codes, size_t count)
{
	return db_rows(db, &sql[RECOVERY_INSERT], recovery_columns, COUNT_OF(recovery_columns),
		       codes, count, sizeof(*codes));
}

/* ---- sessions ---- */

enum err sessions_factor(struct db *db, struct id user, struct id session)
{
	return db_exec(db, &sql[SESSIONS_FACTOR], db_values(session, user));
}

enum err session_cards(struct db *db, struct arena *arena, struct id user, struct id after,
		       int64_t limit, int64_t now, struct list *out)
{
	int64_t lasts = SESSION_ABSOLUTE_US, created = now - lasts, seen = now - SESSION_IDLE_US;
	bool first = id_equal(after, nil);

	return db_list(db, &sql[SESSION_CARDS],
		       db_values(lasts, user, created, seen, first, after, limit), card_columns,
		       COUNT_OF(card_columns), sizeof(struct session_card), arena, out);
}

/* ---- API keys ---- */

enum err api_keys_list(struct db *db, struct arena *arena, struct id user, struct list *out)
{
	return db_list(db, &sql[KEYS_LIST], db_values(user), api_key_fields, api_key_field_count,
		       sizeof(struct api_key), arena, out);
}

enum err api_keys_count(struct db *db, struct id user, int64_t *out)
{
	return db_number(db, &sql[KEYS_COUNT], db_values(user), out);
}

enum err api_key_insert(struct db *db, const struct api_key *key)
{
	return db_exec(db, &sql[KEY_INSERT],
		       db_values(key->id, value_digest(key->digest.bytes), key->prefix, key->user,
				 key->organisation, key->name, key->roles, key->created_at,
				 key->expires_at));
}

enum err api_key_end(struct db *db, struct id user, struct id key, int64_t now)
{
	return exec_one(db, KEY_END, db_values(now, key, user), ERR_NOT_FOUND);
}

enum err member_keys_list(struct db *db, struct arena *arena, struct id user,
			  struct id organisation, struct list *out)
{
	return db_list(db, &sql[MEMBER_KEYS_LIST], db_values(user, organisation), api_key_fields,
		       api_key_field_count, sizeof(struct api_key), arena, out);
}

enum err member_key_end(struct db *db, struct id user, struct id organisation, struct id key,
			int64_t now)
{
	return exec_one(db, MEMBER_KEY_END, db_values(now, key, user, organisation), ERR_NOT_FOUND);
}

enum err api_keys_end(struct db *db, struct id user, struct id organisation, int64_t now,
		      int64_t *count)
{
	enum err e = db_exec(db, &sql[KEYS_END], db_values(now, user, organisation, organisation));

	*count = e ? 0 : (int64_t)db_affected(db);
	return e;
}

enum err key_bearer_read(struct db *db, struct arena *arena, struct digest digest, int64_t now,
			 struct bearer *out)
{
	return db_read(db, &sql[KEY_BEARER], db_values(value_digest(digest.bytes), now),
		       key_bearer_columns, COUNT_OF(key_bearer_columns), arena, out);
}

enum err api_key_touch(struct db *db, struct id key, int64_t now, struct text address)
{
	return db_exec(db, &sql[KEY_TOUCH], db_values(now, address, key, now));
}
