/*
 * The business events of people: sessions opened, refused and closed; users and memberships added.
 * Each runs inside a transaction, perhaps more than once.
 */
#include "identity_event.h"

/* ---- sessions ---- */

static const struct field session_fields[] = {
	{ "id", KIND_ID, FIELD_AT(session, id) },
	{ "user", KIND_ID, FIELD_AT(session, user) },
	{ "organisation", KIND_ID, FIELD_AT(session, organisation) },
	{ "created_at", KIND_INSTANT, FIELD_AT(session, created_at) },
	{ "second_factor", KIND_BOOL, FIELD_AT(session, second_factor) },
};

/* What others may be at as well comes last: the counts of the user's logins. */
enum err session_open(struct tx *tx, void *arg)
{
	const struct opening *opening = arg;
	const struct session *session = &opening->session;
	enum err e = password_hold(tx->db, session->user, opening->password_hash);

	if (!e)
		e = factor_take(tx->db, &opening->factor, tx->now);
	if (!e)
		e = session_insert(tx->db, session);
	if (!e)
		e = audit_event(tx, &(struct audit_note){ .kind = "session.opened",
							  .object = session->id,
							  .fields = session_fields,
							  .field_count = COUNT_OF(session_fields),
							  .after = session });
	return e ? e : login_passed(tx->db, &opening->place, tx->now);
}

enum err session_close(struct tx *tx, void *arg)
{
	const struct id *session = arg;
	enum err e = session_end(tx->db, *session, tx->now);

	if (e)
		return e;
	return audit_event(tx,
			   &(struct audit_note){ .kind = "session.closed", .object = *session });
}

/* ---- users ---- */

static const struct field new_user_fields[] = {
	{ "id", KIND_ID, FIELD_AT(new_user, id) },
	{ "login", KIND_TEXT, FIELD_AT(new_user, login) },
	{ "name", KIND_TEXT, FIELD_AT(new_user, name) },
	{ "organisation_code", KIND_TEXT, FIELD_AT(new_user, organisation_code) },
	{ "roles", KIND_WORDS, FIELD_AT(new_user, roles), .words = role_words },
};

/* Finds the organisation and puts the membership of user->id into it. */
static enum err join(struct tx *tx, const struct new_user *user)
{
	struct organisation organisation;
	uint32_t elsewhere;

	enum err e =
		organisation_by_code(tx->db, tx->arena, user->organisation_code, &organisation);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/organisation_code"));
	if (e)
		return e;
	e = roles_elsewhere(tx->db, user->id, organisation.id, &elsewhere);
	if (e)
		return e;
	e = roles_check(user->roles, elsewhere, &organisation, tx->problems);
	if (e)
		return e;
	return membership_put(tx->db, user->id, organisation.id, user->roles, tx->now);
}

static enum err user_audit(struct tx *tx, const char *kind, const struct new_user *user)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = user->id,
						     .fields = new_user_fields,
						     .field_count = COUNT_OF(new_user_fields),
						     .after = user });
}

enum err user_insert(struct tx *tx, void *arg)
{
	struct new_user user = *(const struct new_user *)arg;

	user.id = ((struct new_user *)arg)->id = id_new(tx->now);
	user.login = login_fold(tx->arena, user.login);
	if (!login_is_valid(user.login))
		return fail(tx->problems, ERR_FORMAT, AT("/login"));

	struct account account = { .id = user.id,
				   .login = user.login,
				   .name = user.name,
				   .password_hash = user.password_hash,
				   .password_by_other = user.password_by_other,
				   /* by the clock, for demonstrations begin years ago */
				   .password_changed_at = clock_now(&tx->app->clock) };
	enum err e = account_insert(tx->db, &account, tx->now);
	if (e)
		return e;
	e = join(tx, &user);
	if (e)
		return e;
	return user_audit(tx, "user.added", &user);
}

enum err membership_insert(struct tx *tx, void *arg)
{
	struct new_user user = *(const struct new_user *)arg;
	struct account account;

	user.login = login_fold(tx->arena, user.login);
	enum err e = account_by_login(tx->db, tx->arena, user.login, &account);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/login"));
	if (e)
		return e;
	user.id = ((struct new_user *)arg)->id = account.id;
	user.name = account.name;
	e = join(tx, &user);
	if (e)
		return e;
	return user_audit(tx, "membership.added", &user);
}
