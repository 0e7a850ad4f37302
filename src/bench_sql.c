/* What the measurements look up before they begin. */
#include "bench.h"

struct sku_number {
	int64_t number;
};

static const struct field supplier_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(bench_supplier, id) },
	{ "county", KIND_TEXT, FIELD_AT(bench_supplier, county) },
};
static const struct field unit_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(bench_unit, id) },
};
static const struct field sku_fields[] = {
	{ "sku", KIND_INT, FIELD_AT(sku_number, number) },
};
static const struct field actor_fields[] = {
	{ "user", KIND_ID, FIELD_AT(actor, user) },
	{ "organisation", KIND_ID, FIELD_AT(actor, organisation) },
};

enum { SUPPLIERS, UNITS, SKUS, KEYS, BUYER, SQL_COUNT };

static const struct sql sql[] = {
	[SUPPLIERS] = { "SELECT organisation, county"
			"  FROM supplier"
			" ORDER BY organisation" },
	[UNITS] = { "SELECT organisation"
		    "  FROM unit"
		    " ORDER BY organisation" },
	[SKUS] = { "SELECT sku"
		   "  FROM stock"
		   " WHERE on_sale AND available > ?"
		   " ORDER BY sku"
		   " LIMIT ?" },
	[KEYS] = { "SELECT COUNT(*)"
		   "  FROM idempotency"
		   " WHERE idempotency_key LIKE ?" },
	[BUYER] = { "SELECT u.id, m.organisation"
		    "  FROM user u"
		    "  JOIN membership m ON m.user = u.id"
		    " WHERE u.login = ? AND FIND_IN_SET('buyer', m.roles)"
		    " LIMIT 1" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err bench_suppliers_read(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SUPPLIERS], db_none, supplier_fields, COUNT_OF(supplier_fields),
		       sizeof(struct bench_supplier), arena, out);
}

enum err bench_units_read(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[UNITS], db_none, unit_fields, COUNT_OF(unit_fields),
		       sizeof(struct bench_unit), arena, out);
}

enum err bench_skus_read(struct db *db, int64_t limit, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SKUS], db_values(BENCH_STOCK / 2, limit), sku_fields,
		       COUNT_OF(sku_fields), sizeof(struct sku_number), arena, out);
}

enum err bench_keys_count(struct db *db, const char *like, int64_t *out)
{
	return db_number(db, &sql[KEYS], db_values(like), out);
}

enum err bench_buyer_read(struct db *db, const char *login, struct actor *out)
{
	*out = (struct actor){ .roles = ROLE_BUYER };
	return db_read(db, &sql[BUYER], db_values(login), actor_fields, COUNT_OF(actor_fields),
		       NULL, out);
}
