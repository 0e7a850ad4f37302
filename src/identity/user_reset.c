/*
 * The operator's way out (`xiangcai user reset`): a password that was made takes the place of the
 * present one, everything that was open under it ends, and the user must change it. Nobody inside
 * the platform can do this for its last security administrator.
 */
#include "credential.h"
#include "member_rows.h"

struct reset_trail {
	struct text login;
	bool second_factor_removed;
	int64_t api_keys_ended;
};

static const struct field trail_fields[] = {
	{ "login", KIND_TEXT, FIELD_AT(reset_trail, login) },
	{ "second_factor_removed", KIND_BOOL, FIELD_AT(reset_trail, second_factor_removed) },
	{ "api_keys_ended", KIND_INT, FIELD_AT(reset_trail, api_keys_ended) },
};

static enum err factor_remove(struct db *db, struct id user)
{
	enum err e = totp_delete(db, user, TOTP_PENDING);

	if (!e)
		e = totp_delete(db, user, TOTP_ACTIVE);
	return e ? e : recovery_codes_delete(db, user);
}

static enum err password_put(struct tx *tx, const struct account *account,
			     const struct user_reset *reset)
{
	enum err e = password_force(tx->db, account->id, reset->password_hash,
				    clock_now(&tx->app->clock));

	if (!e)
		e = password_past_keep(tx->db, id_new(tx->now), account->id, account->password_hash,
				       tx->now);
	if (!e)
		e = resets_revoke(tx->db, account->id, tx->now);
	return e ? e : login_locks_lift(tx->db, account->id);
}

enum err user_reset(struct tx *tx, void *arg)
{
	struct user_reset *reset = arg;
	struct reset_trail trail = { .second_factor_removed = reset->second_factor };
	struct account account;

	trail.login = login_fold(tx->arena, reset->login);
	enum err e = account_by_login(tx->db, tx->arena, trail.login, &account);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/login"));
	if (!e)
		e = password_put(tx, &account, reset);
	if (!e && reset->second_factor)
		e = factor_remove(tx->db, account.id);
	if (!e)
		e = api_keys_end(tx->db, account.id, NO_ID, tx->now, &trail.api_keys_ended);
	if (!e)
		e = sessions_end(tx->db, account.id, NO_ID, tx->now);
	reset->id = account.id;
	return e ? e
		 : audit_event(tx, &(struct audit_note){ .kind = "user.reset",
							 .object = account.id,
							 .fields = trail_fields,
							 .field_count = COUNT_OF(trail_fields),
							 .after = &trail });
}
