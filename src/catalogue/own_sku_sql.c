/* A supplier's SKUs by the codes that it gave them. */
#include <stdlib.h>

#include "changes.h"

enum { OWN_SKUS, OWN_SKU, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[OWN_SKUS] = {
		"SELECT code, number FROM sku WHERE supplier = ? AND code IN (",
		"?",
		")" },
	[OWN_SKU] = {
		"SELECT number FROM sku WHERE supplier = ? AND code = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static int by_code(const void *a, const void *b)
{
	const struct own_sku *x = a, *y = b;

	return text_compare(x->code, y->code);
}

enum err own_skus(struct db *db, struct id supplier, const struct value *codes, size_t count,
		  struct arena *arena, struct list *out)
{
	static const struct field fields[] = {
		{ "code", KIND_TEXT, FIELD_AT(own_sku, code) },
		{ "number", KIND_REF, FIELD_AT(own_sku, sku) },
	};

	if (!count)
		return OK;
	enum err e = db_list_in(db, &sql[OWN_SKUS], db_values(supplier), codes, count, db_none,
				fields, COUNT_OF(fields), sizeof(struct own_sku), arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct own_sku), by_code);
	return e;
}

enum err own_sku(struct db *db, struct id supplier, struct text code, int64_t *out)
{
	return db_number(db, &sql[OWN_SKU], db_values(supplier, code), out);
}
