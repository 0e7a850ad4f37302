/*
 * The use of an invitation by whoever has its link: somebody new chooses login and password, a user
 * of the platform proves who he is and joins, a member whose password was reset chooses another
 * one. A token that is unknown, used, revoked or too old is not found, before anything is hashed:
 * tokens cannot be guessed. Behind that look a login that nobody has costs what a wrong password
 * does, and whatever is refused after a hash counts against the link: the fifth time revokes it, so
 * that nobody keeps the hashers busy with it, guesses at passwords or asks which logins are taken.
 */
#include "member_rows.h"

enum { CODE_MAX = 40 };

struct accepting {
	struct text login, name, password, code;
};
static const struct field accepting_fields[] = {
	{ "login", KIND_TEXT, FIELD_AT(accepting, login), .optional = true, .min = 1,
	  .max = LOGIN_MAX },
	{ "name", KIND_TEXT, FIELD_AT(accepting, name), .optional = true, .min = 1,
	  .max = NAME_MAX_LENGTH },
	{ "password", KIND_TEXT, FIELD_AT(accepting, password), .min = 1, .max = PASSWORD_MAX,
	  .secret = true },
	{ "code", KIND_TEXT, FIELD_AT(accepting, code), .optional = true, .min = 1, .max = CODE_MAX,
	  .secret = true },
};

static const struct field accepted_fields[] = {
	{ "user", KIND_ID, FIELD_AT(acceptance, user) },
	{ "login", KIND_TEXT, FIELD_AT(acceptance, login) },
	{ "organisation", KIND_ID, FIELD_AT(acceptance, organisation) },
	{ "organisation_name", KIND_TEXT, FIELD_AT(acceptance, organisation_name) },
	{ "roles", KIND_WORDS, FIELD_AT(acceptance, roles), .words = role_words },
};

/* ---- a new password ---- */

static enum err password_hash_new(struct req *rq, struct text password, struct acceptance *out)
{
	char hash[PASSWORD_HASH_SIZE];

	enum err e = password_check(password, out->login, identity_settings_of(rq->app),
				    &rq->problems, "/password");
	if (!e) {
		out->hashed = true;
		e = password_hash(password, scrypt_standard, hash);
	}
	if (e)
		return e;
	out->password_hash = arena_text(rq->arena, text_of(hash));
	return out->password_hash.at ? OK : ERR_MEMORY;
}

/* Before anything is looked up. */
static enum err login_check(struct req *rq, struct accepting *sent)
{
	if (!sent->login.at)
		return OK;
	sent->login = login_fold(rq->arena, sent->login);
	if (login_is_valid(sent->login))
		return OK;
	fail(&rq->problems, ERR_FORMAT, AT("/login"));
	return ERR_REFUSED;
}

/* The login that is meant: the one that was sent, or the one that was invited, if both then one. */
static enum err login_choose(struct req *rq, const struct accepting *sent,
			     const struct invitation *invitation, struct acceptance *out)
{
	out->login = sent->login.at ? sent->login : invitation->login;
	if (!out->login.at)
		fail(&rq->problems, ERR_REQUIRED, AT("/login"));
	else if (invitation->login.at && !text_equal(out->login, invitation->login))
		fail(&rq->problems, ERR_FORMAT, AT("/login"));
	return rq->problems.items.count ? ERR_REFUSED : OK;
}

static enum err newcomer_read(struct req *rq, const struct accepting *sent, struct acceptance *out)
{
	out->is_new = true;
	out->user = id_new(rq->now);
	out->name = sent->name;
	return password_hash_new(rq, sent->password, out);
}

static enum err reset_read(struct req *rq, const struct accepting *sent, struct acceptance *out)
{
	struct account account;

	enum err e = account_by_id(rq->db, rq->arena, out->user, &account);
	if (!e && account.status != STATUS_ACTIVE)
		e = ERR_NOT_FOUND;
	if (!e)
		e = password_check(sent->password, account.login, identity_settings_of(rq->app),
				   &rq->problems, "/password");
	if (!e) {
		out->hashed = true;
		e = password_unused(rq, &account, sent->password, "/password");
	}
	if (e)
		return e;
	out->password_before = account.password_hash;
	out->past = id_new(rq->now);
	return password_hash_new(rq, sent->password, out);
}

/* ---- a user who is there already ---- */

static enum err user_prove(struct req *rq, const struct accepting *sent, struct acceptance *out)
{
	struct account user = { .password_hash = text_of(nobody_hash) };
	struct login_facts facts;

	enum err e = account_by_login(rq->db, rq->arena, out->login, &user);
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = login_place_make(&out->place, rq, out->login, user.id);
	if (!e)
		e = login_address_check(rq, &out->place);
	if (!e)
		e = login_facts_read(rq->db, rq->arena, &out->place, &facts);
	if (e)
		return e;
	out->hashed = true;
	bool matches = password_matches(sent->password, user.password_hash);
	if (!out->place.known || !matches || user.status != STATUS_ACTIVE ||
	    !login_is_open(&facts, rq->now))
		return ERR_LOGIN_REFUSED;
	out->user = user.id;
	out->name = user.name;
	out->password_before = user.password_hash;
	e = factor_prove(rq, user.id, sent->code, &out->factor);
	return e == ERR_TOTP_CODE ? ERR_LOGIN_REFUSED : e;
}

/* ---- the handler ---- */

/* Counts what is refused as @why; a right password without its code only asks for that. */
static enum err refuse(struct req *rq, struct acceptance *acceptance, enum err why)
{
	struct problems told = rq->problems; /* an event begins without any */
	bool asks = why == ERR_TOTP_NEEDED;

	if (!acceptance->hashed || err_info(why)->status >= 500)
		return why;
	if (why == ERR_TOTP_CODE)
		why = ERR_LOGIN_REFUSED;
	rq->actor = (struct actor){ .organisation = acceptance->organisation };
	enum err e = asks ? run_event(rq, login_factor_miss, &acceptance->place, NULL, 0)
			  : run_event(rq, invitation_refuse, acceptance, NULL, 0);
	rq->problems = told;
	return e ? e : why;
}

static enum err acceptance_read(struct req *rq, const struct invitation_row *row,
				const struct accepting *sent, struct acceptance *out)
{
	const struct invitation *invitation = &row->invitation;

	out->invitation = invitation->id;
	out->organisation = invitation->organisation;
	out->user = invitation->user;
	enum err e = login_choose(rq, sent, invitation, out);
	if (e)
		return e;
	if (invitation->kind == INVITATION_PASSWORD)
		return reset_read(rq, sent, out);
	return sent->name.at ? newcomer_read(rq, sent, out) : user_prove(rq, sent, out);
}

enum err post_acceptance(struct req *rq)
{
	struct accepting sent = { 0 };
	struct acceptance acceptance = { 0 };
	struct invitation_row row;

	enum err e = json_read(rq, accepting_fields, COUNT_OF(accepting_fields), &sent);
	if (!e)
		e = login_check(rq, &sent);
	if (!e)
		e = invitation_by_token(rq->db, rq->arena, req_path_text(rq, "token"), rq->now,
					&row);
	if (!e)
		e = acceptance_read(rq, &row, &sent, &acceptance);
	rq->key = NO_TEXT; /* used once, and never answered twice */
	if (e)
		return refuse(rq, &acceptance, e);
	/* whoever has the link is the actor of the event */
	rq->actor = (struct actor){ .user = acceptance.user,
				    .organisation = row.invitation.organisation };
	e = run_event(rq, invitation_accept, &acceptance, accepted_fields,
		      COUNT_OF(accepted_fields));
	return e ? refuse(rq, &acceptance, e) : OK;
}
