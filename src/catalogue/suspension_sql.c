/*
 * A supplier's goods follow what becomes of the supplier, in the transaction that changes it: the
 * views are told, and then comes one statement over the supplier's stock rows in the order of their
 * SKUs, as the order desk takes them: an order that was first has its goods, one that comes after
 * finds another offer.
 */
#include "catalogue_rows.h"

enum { GOODS_TELL, GOODS_FOLLOW, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[GOODS_TELL] = {
		"INSERT INTO offer_change (event, sku)"
		" SELECT ?, number FROM sku WHERE supplier = ?"
		" ON DUPLICATE KEY UPDATE sku = VALUES(sku)" },
	[GOODS_FOLLOW] = {
		"UPDATE sku k"
		"  STRAIGHT_JOIN stock st ON st.sku = k.number"
		"  STRAIGHT_JOIN product p ON p.id = k.product"
		"  STRAIGHT_JOIN supplier v ON v.organisation = k.supplier"
		"  STRAIGHT_JOIN organisation o ON o.id = k.supplier"
		"  LEFT JOIN revision r ON r.id = p.revision"
		"  LEFT JOIN revision_sku rs ON rs.revision = p.revision AND rs.sku = k.number"
		"  LEFT JOIN price n ON n.sku = k.number"
		"   SET st.offer = st.offer + 1, st.version = st.version + 1,"
		"       st.on_sale = p.listed AND rs.sku IS NOT NULL AND n.sku IS NOT NULL"
		"                    AND v.suspended_for IS NULL AND o.status = 'active'"
		"                    AND (r.mandate_until IS NULL OR r.mandate_until >= ?)"
		" WHERE k.supplier = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err supplier_goods_follow(struct tx *tx, void *arg)
{
	const struct id *supplier = arg;

	enum err e = db_exec(tx->db, &sql[GOODS_TELL], db_values(tx->event, *supplier));
	if (e)
		return e;
	return db_exec(tx->db, &sql[GOODS_FOLLOW], db_values(value_day(tx->day), *supplier));
}
