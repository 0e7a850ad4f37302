/*
 * The permission table as data: what sessions tell, what docs/roles.md is printed from, and by
 * which roles of a narrower authority count for nothing where a permission reaches over the whole
 * platform.
 */
#include "xiangcai/identity.h"

const struct permission permissions[] = {
#define PERMISSION(name, string, who, how_far, zh, en)                                             \
	[PERMISSION_##name] = {                                                                    \
		.word = (string), .roles = (who), .reach = REACH_##how_far, .sentence = { zh, en } \
	},
#include "xiangcai/permission.def"
#undef PERMISSION
};
const size_t permission_count = COUNT_OF(permissions);

_Static_assert(PERMISSION_COUNT <= 64, "a set of permissions is a set of bits");

const char *const reach_words[] = { "self", "own", "platform", NULL };
_Static_assert(COUNT_OF(reach_words) == REACH_PLATFORM + 2, "a word for every reach");

/* What @roles are worth where only authorities of the whole platform act. */
static uint32_t roles_of_platform(uint32_t roles, const struct scope *scope)
{
	return scope->kind == SCOPE_PLATFORM ? roles : roles & ~(uint32_t)ROLES_AUTHORITY;
}

uint64_t permissions_of(uint32_t roles, const struct scope *scope)
{
	uint64_t held = 0;

	for (size_t i = 0; i < permission_count; i++) {
		bool wide = permissions[i].reach == REACH_PLATFORM;

		if (permissions[i].roles & (wide ? roles_of_platform(roles, scope) : roles))
			held |= UINT64_C(1) << i;
	}
	return held;
}

struct text permissions_json(struct arena *arena, uint64_t held)
{
	struct buffer list = { .max = KIB(4) };
	struct json json = { .out = &list };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < permission_count; i++)
		if (held & UINT64_C(1) << i)
			json_text(&json, NULL, text_of(permissions[i].word));
	json_close(&json, ']');
	struct text out = list.failed ? NO_TEXT : arena_text(arena, buffer_text(&list));
	buffer_free(&list);
	return out;
}

const struct permission *permission_named(uint32_t route_roles)
{
	uint32_t number = route_roles >> PERMISSION_SHIFT;

	if (route_roles == ROLES_PUBLIC || route_roles == ROLES_ANY)
		return NULL;
	assert(number >= 1 && number <= PERMISSION_COUNT);
	return &permissions[number - 1];
}

uint32_t roles_in_reach(uint32_t roles, uint32_t route_roles, const struct scope *scope)
{
	const struct permission *permission = permission_named(route_roles);

	if (!permission)
		return roles;
	roles &= permission->roles;
	return permission->reach == REACH_PLATFORM ? roles_of_platform(roles, scope) : roles;
}

const struct identity_settings identity_settings_standard = {
	.totp_required = true,
	.password_days = 365,
	.failures_per_address = 100,
};

const struct identity_settings *identity_settings_of(const struct app *app)
{
	return app->identity ? app->identity : &identity_settings_standard;
}
