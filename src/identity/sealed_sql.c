/*
 * The sealed columns of identity's tables: whatever stands here is rotated by `xiangcai keys
 * rotate`, counted by `keys list` and keeps its keys from being dropped. Each is SEALED_COLUMN of
 * table, key and column, as its values' struct seal_place names them; the row without names ends
 * the list.
 */
#include "xiangcai/identity.h"

const struct sealed_column identity_sealed[] = {
	SEALED_COLUMN("contact", "organisation", "name_sealed"),
	SEALED_COLUMN("contact", "organisation", "phone_sealed"),
	SEALED_COLUMN("totp", "id", "secret_sealed"),
	SEALED_COLUMN("application", "id", "contact_name"),
	SEALED_COLUMN("application", "id", "contact_phone"),
	SEALED_COLUMN("user", "id", "phone_sealed"),
	SEALED_COLUMN("invitation", "id", "phone_sealed"),
	{ 0 },
};
const size_t identity_sealed_count = COUNT_OF(identity_sealed) - 1;
