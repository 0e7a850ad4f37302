/*
 * SKUs come over to another product of their supplier when a revision that names them is approved.
 * Lines of orders keep the revision that they were placed with, prices and stock are the SKU's own:
 * only whose variant it is changes. The product that it leaves has no SKU any more and is unlisted.
 */
#include "product_draft.h"

enum { JOINING, SKU_MOVE, PRODUCT_LEAVE, REVISIONS_LEAVE, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[JOINING] = {
		"SELECT k.number, k.product, r.product,"
		"       (SELECT COUNT(*) FROM sku o WHERE o.product = k.product)"
		"  FROM revision_sku rs"
		"  JOIN revision r ON r.id = rs.revision"
		"  JOIN sku k ON k.number = rs.sku AND k.product <> r.product"
		" WHERE rs.revision IN (",
		"?",
		") FOR UPDATE" },
	[SKU_MOVE] = { "UPDATE sku SET product = ? WHERE number = ? AND product = ?" },
	[PRODUCT_LEAVE] = {
		"UPDATE product SET listed = FALSE, draft = NULL, version = version + 1 WHERE id = ?" },
	[REVISIONS_LEAVE] = {
		"UPDATE revision SET state = 'superseded', version = version + 1"
		" WHERE product = ? AND state IN ('draft', 'submitted')" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

struct joining {
	int64_t sku;
	struct id from, to;
	int64_t siblings; /* SKUs of the product that it leaves, itself too */
};
static const struct field joining_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(joining, sku) },
	{ "from", KIND_ID, FIELD_AT(joining, from) },
	{ "to", KIND_ID, FIELD_AT(joining, to) },
	{ "siblings", KIND_INT, FIELD_AT(joining, siblings) },
};

static enum err sku_join(struct db *db, const struct joining *joining)
{
	if (joining->siblings != 1)
		return ERR_CONFLICT;
	enum err e =
		db_exec(db, &sql[SKU_MOVE], db_values(joining->to, joining->sku, joining->from));
	if (!e && db_affected(db) != 1)
		return ERR_CONFLICT;
	if (!e)
		e = db_exec(db, &sql[PRODUCT_LEAVE], db_values(joining->from));
	return e ? e : db_exec(db, &sql[REVISIONS_LEAVE], db_values(joining->from));
}

enum err skus_join(struct tx *tx, const struct value *revisions, size_t count)
{
	struct list rows = { 0 };
	enum err e = !count ? OK
			    : db_list_in(tx->db, &sql[JOINING], db_none, revisions, count, db_none,
					 joining_fields, COUNT_OF(joining_fields),
					 sizeof(struct joining), tx->arena, &rows);

	for (size_t i = 0; i < rows.count && !e; i++)
		e = sku_join(tx->db, LIST_ITEM(rows, struct joining, i));
	return e;
}
