/*
 * Statements of the seals of days. A day is sealed once: of two sealers the second finds the row.
 */
#include "audit_private.h"

enum { SEAL_LAST, SEAL_ADD, SEALS_NEWEST, SEALS_EACH, SQL_COUNT };

#define SEAL_COLUMNS "z.day, z.position, z.chain, z.sealed_at, z.mac"

static const struct sql sql[] = {
	[SEAL_LAST] = { "SELECT MAX(day)"
			"  FROM audit_seal"
			" WHERE day <= ?" },
	[SEAL_ADD] = { "INSERT IGNORE INTO audit_seal (day, position, chain, sealed_at, mac)"
		       " VALUES (?, ?, ?, ?, ?)" },
	[SEALS_NEWEST] = { "SELECT " SEAL_COLUMNS "  FROM audit_seal z"
			   " WHERE z.day < ?"
			   " ORDER BY z.day DESC"
			   " LIMIT ?" },
	[SEALS_EACH] = { "SELECT " SEAL_COLUMNS ", s.chain"
			 "  FROM audit_seal z"
			 "  LEFT JOIN sequence s ON s.position = z.position"
			 " ORDER BY z.day" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* clang-format off */
#define SEAL_FIELDS(type, at)                                                                       \
	{ "day", KIND_DAY, FIELD_AT(type, at day), .optional = true },                              \
	{ "position", KIND_INT, FIELD_AT(type, at position) },                                      \
	{ "chain", KIND_BYTES, FIELD_AT(type, at chain) },                                          \
	{ "sealed_at", KIND_INSTANT, FIELD_AT(type, at sealed_at) },                                \
	{ "mac", KIND_BYTES, FIELD_AT(type, at mac) }
/* clang-format on */

const struct field seal_fields[] = { SEAL_FIELDS(seal, ) };
const size_t seal_field_count = COUNT_OF(seal_fields);

static const struct field sealed_position_fields[] = {
	SEAL_FIELDS(sealed_position, seal.),
	{ "chain_now", KIND_BYTES, FIELD_AT(sealed_position, chain), .optional = true },
};

enum err seal_last_day(struct db *db, struct arena *arena, int32_t until, int32_t *day)
{
	struct seal seal = { .day = DAY_NONE };
	enum err e = db_read(db, &sql[SEAL_LAST], db_values(value_day(until)), seal_fields, 1,
			     arena, &seal);

	*day = seal.day;
	return e;
}

enum err seal_insert(struct db *db, const struct seal *seal)
{
	return db_exec(db, &sql[SEAL_ADD],
		       db_values(value_day(seal->day), seal->position, value_bytes(seal->chain),
				 seal->sealed_at, value_bytes(seal->mac)));
}

enum err seals_list(struct db *db, struct arena *arena, int32_t before, int64_t limit,
		    struct list *out)
{
	int32_t end = before == DAY_NONE ? day_make(9999, 12, 31) : before;

	return db_list(db, &sql[SEALS_NEWEST], db_values(value_day(end), limit), seal_fields,
		       seal_field_count, sizeof(struct seal), arena, out);
}

enum err seals_each(struct db *db, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[SEALS_EACH], db_none, sealed_position_fields,
		       COUNT_OF(sealed_position_fields), sizeof(struct sealed_position), fn,
		       context);
}
