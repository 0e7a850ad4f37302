/*
 * The business events of credentials: passwords changed, second factors set up and removed, API
 * keys, sessions switched and revoked. Each runs inside a transaction, perhaps more than once.
 */
#include "credential.h"

static enum err note(struct tx *tx, const char *kind, struct id object)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind, .object = object });
}

/* ---- passwords ---- */

/* Whoever else was in with the old password is out. */
enum err password_change(struct tx *tx, void *arg)
{
	const struct password_change *change = arg;
	enum err e = password_replace(tx->db, change->user, change->before, change->after, tx->now);

	if (!e)
		e = password_past_keep(tx->db, change->past, change->user, change->before, tx->now);
	if (!e)
		e = sessions_end(tx->db, change->user, change->session, tx->now);
	return e ? e : note(tx, "password.changed", change->user);
}

enum err password_refuse(struct tx *tx, void *arg)
{
	const struct login_place *place = arg;
	enum err e = note(tx, "password.refused", place->user);

	return e ? e : login_failed(tx->db, place, tx->now);
}

/* ---- second factors ---- */

enum err totp_begin(struct tx *tx, void *arg)
{
	const struct totp_change *change = arg;
	enum err e = factor_take(tx->db, &change->factor, tx->now);

	if (!e)
		e = totp_delete(tx->db, change->totp.user, TOTP_PENDING);
	if (!e)
		e = totp_insert(tx->db, &change->totp);
	return e ? e : note(tx, "totp.begun", change->totp.user);
}

static enum err recovery_codes_put(struct tx *tx, const struct totp_change *change)
{
	enum err e = recovery_codes_delete(tx->db, change->totp.user);

	return e ? e : recovery_codes_insert(tx->db, change->codes, RECOVERY_CODES);
}

/* The new factor takes the place of the old one; other sessions have not given it. */
enum err totp_confirm(struct tx *tx, void *arg)
{
	const struct totp_change *change = arg;
	struct id user = change->totp.user;
	enum err e = totp_delete(tx->db, user, TOTP_ACTIVE);

	if (!e)
		e = totp_activate(tx->db, change->totp.id, change->totp.step, tx->now);
	if (!e)
		e = recovery_codes_put(tx, change);
	if (!e)
		e = sessions_factor(tx->db, user, change->session);
	return e ? e : note(tx, "totp.confirmed", user);
}

/* Six digits are soon guessed: the secret lasts for a few of them. */
enum err totp_refuse(struct tx *tx, void *arg)
{
	const struct totp_change *change = arg;
	bool dropped = false;
	enum err e = totp_refused(tx->db, change->totp.id, &dropped);

	return e ? e : note(tx, dropped ? "totp.dropped" : "totp.refused", change->totp.user);
}

enum err totp_remove(struct tx *tx, void *arg)
{
	const struct totp_change *change = arg;
	struct id user = change->totp.user;
	enum err e = factor_take(tx->db, &change->factor, tx->now);

	if (!e)
		e = totp_delete(tx->db, user, TOTP_PENDING);
	if (!e)
		e = totp_delete(tx->db, user, TOTP_ACTIVE);
	if (!e)
		e = recovery_codes_delete(tx->db, user);
	if (!e)
		e = sessions_factor(tx->db, user, NO_ID);
	return e ? e : note(tx, "totp.removed", user);
}

enum err recovery_codes_renew(struct tx *tx, void *arg)
{
	const struct totp_change *change = arg;
	enum err e = factor_take(tx->db, &change->factor, tx->now);

	if (!e)
		e = recovery_codes_put(tx, change);
	return e ? e : note(tx, "recovery_codes.renewed", change->totp.user);
}

/* ---- sessions ---- */

struct seat {
	struct id organisation;
};

static const struct field seat_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(seat, organisation) },
};

enum err session_switch(struct tx *tx, void *arg)
{
	const struct session_switch *change = arg;
	struct seat before = { change->before }, after = { change->after };
	enum err e = session_move(tx->db, change->session, change->after);

	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "session.switched",
						     .object = change->session,
						     .fields = seat_fields,
						     .field_count = COUNT_OF(seat_fields),
						     .before = &before,
						     .after = &after });
}

enum err session_revoke(struct tx *tx, void *arg)
{
	const struct id *session = arg;
	enum err e = session_end_own(tx->db, tx->actor->user, *session, tx->now);

	return e ? e : note(tx, "session.revoked", *session);
}

/* ---- API keys ---- */

enum err api_key_add(struct tx *tx, void *arg)
{
	const struct key_addition *addition = arg;
	const struct api_key *key = &addition->key;
	int64_t count;
	enum err e = factor_take(tx->db, &addition->factor, tx->now);

	if (!e)
		e = api_keys_count(tx->db, key->user, &count);
	if (!e && count >= API_KEYS_MAX)
		e = fail(tx->problems, ERR_KEYS_MANY, ARG_TEXT(NO_TEXT), ARG_INT(API_KEYS_MAX));
	if (!e)
		e = api_key_insert(tx->db, key);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "api_key.added",
						     .object = key->id,
						     .fields = api_key_fields,
						     .field_count = api_key_field_count,
						     .after = key });
}

enum err api_key_remove(struct tx *tx, void *arg)
{
	const struct id *key = arg;
	enum err e = api_key_end(tx->db, tx->actor->user, *key, tx->now);

	return e ? e : note(tx, "api_key.removed", *key);
}

enum err member_key_revoke(struct tx *tx, void *arg)
{
	const struct key_of_member *of = arg;
	enum err e = member_key_end(tx->db, of->user, tx->actor->organisation, of->key, tx->now);

	return e ? e : note(tx, "api_key.revoked", of->key);
}
