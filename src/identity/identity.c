/*
 * Rules of identity that need neither SQL nor HTTP: the words of roles and scopes, which roles fit
 * an organisation and each other, what a login name looks like, when a session is over, what an
 * actor sees.
 */
#include "identity_rows.h"

#include <string.h>

const char *const role_words[] = {
	"buyer",      "approver",         "unit_finance",   "unit_admin", "cataloguer",
	"dispatcher", "supplier_finance", "supplier_admin", "reviewer",   "reconciler",
	"supervisor", "system_admin",     "security_admin", "auditor",    NULL
};
_Static_assert(COUNT_OF(role_words) == 15, "a word for every role");
_Static_assert(ROLE_AUDITOR == 1 << (COUNT_OF(role_words) - 2),
	       "words stand in the order of the bits");

const char *const scope_words[] = { "none", "platform", "county", "hierarchy", NULL };
_Static_assert(COUNT_OF(scope_words) == SCOPE_HIERARCHY + 2, "a word for every scope");

const char *const hierarchy_words[] = { "union", "state_assets", "government", NULL };
_Static_assert(COUNT_OF(hierarchy_words) == HIERARCHY_GOVERNMENT + 2, "a word for every hierarchy");

const char *const status_words[] = { "active", "suspended", "ended", NULL };

/* In whatever organisations: of the first three nobody holds two, nor any of them together with a
 * role by which an authority writes business data. */
static const uint32_t apart = ROLE_SYSTEM_ADMIN | ROLE_SECURITY_ADMIN | ROLE_AUDITOR;
static const uint32_t apart_from = ROLE_REVIEWER | ROLE_RECONCILER;

static const struct capacity {
	size_t at;
	uint32_t roles;
} capacities[] = {
	{ offsetof(struct organisation, is_unit), ROLES_UNIT },
	{ offsetof(struct organisation, is_supplier), ROLES_SUPPLIER },
	{ offsetof(struct organisation, is_authority), ROLES_AUTHORITY },
};

/* The roles that @organisation can give by its capacities. */
static uint32_t roles_possible(const struct organisation *organisation)
{
	uint32_t possible = 0;

	for (size_t i = 0; i < COUNT_OF(capacities); i++)
		if (*(const bool *)((const char *)organisation + capacities[i].at))
			possible |= capacities[i].roles;
	return possible;
}

static bool one_at_most(uint32_t bits)
{
	return (bits & (bits - 1)) == 0;
}

enum err roles_check(uint32_t roles, uint32_t held_elsewhere,
		     const struct organisation *organisation, struct problems *problems)
{
	uint32_t alien = roles & ~roles_possible(organisation);

	assert(!(roles & ~(uint32_t)(ROLES_UNIT | ROLES_SUPPLIER | ROLES_AUTHORITY)));
	if (!roles)
		return fail(problems, ERR_REQUIRED, AT("/roles"));
	for (int i = 0; role_words[i]; i++)
		if (alien & (1u << i))
			fail(problems, ERR_ROLE_CAPACITY, AT("/roles"),
			     ARG_TEXT(text_of(role_words[i])));
	uint32_t held = roles | held_elsewhere;
	if (!one_at_most(held & apart) || (held & apart && held & apart_from))
		fail(problems, ERR_ROLES_APART, AT("/roles"));
	return problems->items.count || problems->dropped ? ERR_REFUSED : OK;
}

bool login_is_valid(struct text login)
{
	if (login.size < LOGIN_MIN || login.size > LOGIN_MAX)
		return false;
	for (size_t i = 0; i < login.size; i++)
		if (!login.at[i] ||
		    !strchr("abcdefghijklmnopqrstuvwxyz0123456789._@-", login.at[i]))
			return false;
	return true;
}

struct text login_fold(struct arena *arena, struct text login)
{
	char *folded = arena_string(arena, login);

	if (!folded)
		return NO_TEXT;
	for (size_t i = 0; i < login.size; i++)
		if (folded[i] >= 'A' && folded[i] <= 'Z')
			folded[i] = (char)(folded[i] - 'A' + 'a');
	return (struct text){ folded, login.size };
}

/* Only roles of an authority come with its scope: the federation's own buyer sees what a buyer
 * sees. */
struct scope scope_of(uint32_t roles, const struct scope_row *row, int32_t day)
{
	struct scope scope = { .kind = SCOPE_NONE };

	if (!(roles & ROLES_AUTHORITY) || row->kind == SMALL_NONE)
		return scope;
	scope.kind = row->kind;
	if (row->kind == SCOPE_COUNTY) {
		assert(row->county.size < sizeof(scope.county));
		memcpy(scope.county, row->county.at, row->county.size);
	}
	if (row->kind == SCOPE_HIERARCHY) {
		scope.hierarchy = row->hierarchy;
		scope.root = row->root;
		scope.day = day;
	}
	return scope;
}

enum err due_of(const struct identity_settings *settings, uint32_t roles, bool second_factor,
		int64_t password_changed_at, bool password_by_other, int64_t now)
{
	bool authority = (roles & ROLES_AUTHORITY) != 0;
	bool old = settings->password_days > 0 &&
		   now - password_changed_at >= settings->password_days * DAY_US;

	if (password_by_other || (authority && old))
		return ERR_PASSWORD_DUE;
	return authority && settings->totp_required && !second_factor ? ERR_TOTP_DUE : OK;
}

const struct membership *membership_choose(const struct list *memberships, struct id organisation)
{
	for (size_t i = 0; i < memberships->count; i++) {
		const struct membership *membership = LIST_ITEM(*memberships, struct membership, i);

		if (id_is_none(organisation) || id_equal(membership->organisation.id, organisation))
			return membership;
	}
	return NULL;
}
