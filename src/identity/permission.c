/* The permission table as data: what sessions tell, what docs/roles.md is printed from. */
#include "xiangcai/identity.h"

const struct permission permissions[] = {
#define PERMISSION(name, who, how_far, zh, en)                                                     \
	{ .word = #name, .roles = (who), .reach = REACH_##how_far, .sentence = { zh, en } },
#include "xiangcai/permission.def"
#undef PERMISSION
};
const size_t permission_count = COUNT_OF(permissions);

const struct identity_settings identity_settings_standard = {
	.totp_required = true,
	.password_days = 365,
	.failures_per_address = 100,
};

const struct identity_settings *identity_settings_of(const struct app *app)
{
	return app->identity ? app->identity : &identity_settings_standard;
}
