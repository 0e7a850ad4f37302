/*
 * The rules of members that need neither SQL nor HTTP: which roles an administrator may give, what
 * administers an organisation, what a phone number looks like, what an invitation's link is.
 */
#include "member_rows.h"

#include <string.h>

const char *const invitation_kind_words[] = { "member", "admin", "password", NULL };
_Static_assert(COUNT_OF(invitation_kind_words) == INVITATION_PASSWORD + 2, "a word for every kind");

const char *const invitation_state_words[] = { "open", "accepted", "revoked", "expired", NULL };
_Static_assert(COUNT_OF(invitation_state_words) == INVITATION_EXPIRED + 2,
	       "a word for every state");

enum { PHONE_DIGITS_MIN = 6, PHONE_DIGITS_MAX = 20 };

/* Members of an authority are kept by its security administrator alone. */
static const struct grant {
	uint32_t by, roles;
} grants[] = {
	{ ROLE_UNIT_ADMIN, ROLES_UNIT },
	{ ROLE_SUPPLIER_ADMIN, ROLES_SUPPLIER },
	{ ROLE_SECURITY_ADMIN, ROLES_ALL },
};

uint32_t roles_grantable(uint32_t actor_roles)
{
	uint32_t roles = 0;

	for (size_t i = 0; i < COUNT_OF(grants); i++)
		if (actor_roles & grants[i].by)
			roles |= grants[i].roles;
	return roles;
}

enum err roles_refused(uint32_t alien, struct problems *problems)
{
	for (int i = 0; role_words[i]; i++)
		if (alien & UINT32_C(1) << i)
			fail(problems, ERR_ROLE_GRANT, AT("/roles"),
			     ARG_TEXT(text_of(role_words[i])));
	return alien ? ERR_ROLE_GRANT : OK;
}

enum err roles_granted(uint32_t actor_roles, uint32_t roles, struct problems *problems)
{
	return roles_refused(roles & ~roles_grantable(actor_roles), problems);
}

uint32_t roles_of_admin(const struct organisation *organisation)
{
	return (organisation->is_unit ? (uint32_t)ROLE_UNIT_ADMIN : 0) |
	       (organisation->is_supplier ? (uint32_t)ROLE_SUPPLIER_ADMIN : 0) |
	       (organisation->is_authority ? (uint32_t)ROLE_SECURITY_ADMIN : 0);
}

bool phone_is_valid(struct text phone)
{
	size_t digits = 0, begin = phone.size && phone.at[0] == '+';
	bool after_digit = false;

	for (size_t i = begin; i < phone.size; i++) {
		bool is_digit = phone.at[i] >= '0' && phone.at[i] <= '9';

		if (!is_digit && !(after_digit && (phone.at[i] == ' ' || phone.at[i] == '-')))
			return false;
		digits += is_digit;
		after_digit = is_digit;
	}
	return !phone.size ||
	       (after_digit && digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX);
}

struct text invitation_token(struct arena *arena)
{
	char token[TOKEN_TEXT_SIZE + 1];

	token_make(token);
	return arena_text(arena, text_of(token));
}

struct text invitation_link(struct arena *arena, struct text origin, struct text token)
{
	return arena_print(arena, "%.*s/#/invitations/%.*s", TEXT_FMT(origin), TEXT_FMT(token));
}
