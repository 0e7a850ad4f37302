/*
 * SKUs come over to another product of their supplier when a revision that names them is approved.
 * Lines of orders keep the revision that they were placed with, prices and stock are the SKU's own:
 * only whose variant it is changes. The product that it leaves has no SKU any more, nothing that is
 * approved, and is unlisted.
 * The products that are left are locked before their SKUs are counted, as drafts of them lock them.
 */
#include "product_draft.h"

enum { JOINING, SIBLINGS, SKU_MOVE, PRODUCT_LEAVE, REVISIONS_LEAVE, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[JOINING] = {
		"SELECT STRAIGHT_JOIN r.id, k.number, k.product, r.product"
		"  FROM revision_sku rs"
		"  JOIN revision r ON r.id = rs.revision"
		"  JOIN sku k ON k.number = rs.sku AND k.product <> r.product"
		"  JOIN product f ON f.id = k.product"
		" WHERE rs.revision IN (",
		"?",
		") ORDER BY r.id, k.number FOR UPDATE" },
	[SIBLINGS] = {
		"SELECT product FROM sku WHERE product IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[SKU_MOVE] = { "UPDATE sku SET product = ? WHERE number = ? AND product = ?" },
	[PRODUCT_LEAVE] = {
		"UPDATE product SET listed = FALSE, revision = NULL, draft = NULL, version = version + 1"
		" WHERE id = ?" },
	[REVISIONS_LEAVE] = {
		"UPDATE revision SET state = 'superseded', version = version + 1"
		" WHERE product = ? AND state IN ('draft', 'submitted')" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field joining_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(sku_joining, revision) },
	{ "sku", KIND_REF, FIELD_AT(sku_joining, sku) },
	{ "from", KIND_ID, FIELD_AT(sku_joining, from) },
	{ "to", KIND_ID, FIELD_AT(sku_joining, to) },
};

/* SKUs of the products that are left, counted now that nobody adds to them. */
static enum err siblings_count(struct tx *tx, struct list *joining)
{
	static const struct field fields[] = { { "product", KIND_ID, 0 } };
	struct value *keys = values_of_ids(tx->arena, joining->at, joining->count,
					   sizeof(struct sku_joining), FIELD_AT(sku_joining, from));
	struct list products = { 0 };
	enum err e = !keys ? ERR_MEMORY
			   : db_list_in(tx->db, &sql[SIBLINGS], db_none, keys, joining->count,
					db_none, fields, COUNT_OF(fields), sizeof(struct id),
					tx->arena, &products);

	for (size_t i = 0; i < joining->count && !e; i++) {
		struct sku_joining *one = LIST_ITEM(*joining, struct sku_joining, i);

		one->siblings = 0;
		for (size_t j = 0; j < products.count; j++)
			one->siblings += id_equal(*LIST_ITEM(products, struct id, j), one->from);
	}
	return e;
}

enum err skus_joining(struct tx *tx, const struct value *revisions, size_t count, struct list *out)
{
	enum err e = !count ? OK
			    : db_list_in(tx->db, &sql[JOINING], db_none, revisions, count, db_none,
					 joining_fields, COUNT_OF(joining_fields),
					 sizeof(struct sku_joining), tx->arena, out);

	return e || !out->count ? e : siblings_count(tx, out);
}

static enum err sku_join(struct db *db, const struct sku_joining *joining)
{
	enum err e =
		db_exec(db, &sql[SKU_MOVE], db_values(joining->to, joining->sku, joining->from));
	if (!e && db_affected(db) != 1)
		return ERR_CONFLICT;
	if (!e)
		e = db_exec(db, &sql[PRODUCT_LEAVE], db_values(joining->from));
	return e ? e : db_exec(db, &sql[REVISIONS_LEAVE], db_values(joining->from));
}

enum err skus_join(struct tx *tx, const struct list *joining)
{
	enum err e = OK;

	for (size_t i = 0; i < joining->count && !e; i++)
		e = sku_join(tx->db, LIST_ITEM(*joining, struct sku_joining, i));
	return e;
}
