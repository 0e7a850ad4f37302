/*
 * Statements of decisions: what is locked, and what is written for all of them. Rows of revisions
 * and products are locked before prices, and stock comes last.
 */
#include "review_rows.h"

enum {
	REVISIONS_LOCK,
	SUPPLIERS_OF_COUNTY,
	MARK_APPROVED,
	MARK,
	POINTS_INSERT,
	PRODUCTS_APPROVE,
	SKUS_OF_REVISIONS,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[REVISIONS_LOCK] = {
		"SELECT STRAIGHT_JOIN r.id, r.product, r.supplier, r.submitted_by, r.state, r.category, r.county,"
		" r.certificates, r.mandate_until, p.revision,"
		" EXISTS (SELECT 1 FROM category c WHERE c.code = r.category AND c.until < ?"
		"  LOCK IN SHARE MODE)"
		"  FROM revision r JOIN product p ON p.id = r.product"
		" WHERE r.state <> 'draft' AND r.id IN (",
		"?",
		") FOR UPDATE" },
	[SUPPLIERS_OF_COUNTY] = {
		"SELECT organisation FROM supplier WHERE county = ? AND organisation IN (",
		"?",
		") LOCK IN SHARE MODE" },
	[MARK_APPROVED] = {
		"UPDATE revision SET state = 'approved', decided_by = ?, decided_at = ? WHERE id IN (",
		"?",
		")" },
	[MARK] = {
		"UPDATE revision SET state = ?, decided_by = ?, decided_at = ?, reason = ? WHERE id = ?" },
	[POINTS_INSERT] = {
		"INSERT INTO revision_point (revision, number, pointer, note) VALUES ",
		"(?, ?, ?, ?)",
		"" },
	[PRODUCTS_APPROVE] = {
		"UPDATE revision r JOIN product p ON p.id = r.product"
		"   SET p.revision = r.id, p.version = p.version + 1"
		" WHERE r.id IN (",
		"?",
		")" },
	[SKUS_OF_REVISIONS] = {
		"SELECT k.number FROM revision r STRAIGHT_JOIN sku k ON k.product = r.product"
		" WHERE r.id IN (",
		"?",
		") ORDER BY k.number LOCK IN SHARE MODE" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field locked_columns[] = {
	{ "id", KIND_ID, FIELD_AT(review, id) },
	{ "product", KIND_ID, FIELD_AT(review, product) },
	{ "supplier", KIND_ID, FIELD_AT(review, supplier) },
	{ "submitted_by", KIND_ID, FIELD_AT(review, submitted_by), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(review, state), .words = revision_words },
	{ "category", KIND_TEXT, FIELD_AT(review, category) },
	{ "county", KIND_TEXT, FIELD_AT(review, county) },
	{ "certificates", KIND_TEXT, FIELD_AT(review, certificate_names) },
	{ "mandate_until", KIND_DAY, FIELD_AT(review, mandate_until), .optional = true },
	{ "approved", KIND_ID, FIELD_AT(review, approved), .optional = true },
	{ "category_ended", KIND_BOOL, FIELD_AT(review, category_ended) },
};

struct identified {
	struct id id;
};
static const struct field id_columns[] = {
	{ "id", KIND_ID, FIELD_AT(identified, id) },
};

struct numbered {
	int64_t number;
};
static const struct field number_columns[] = {
	{ "number", KIND_REF, FIELD_AT(numbered, number) },
};

static const struct field point_columns[] = {
	{ "revision", KIND_ID, FIELD_AT(review_point, revision) },
	{ "number", KIND_INT, FIELD_AT(review_point, number) },
	{ "pointer", KIND_TEXT, FIELD_AT(review_point, pointer) },
	{ "note", KIND_TEXT, FIELD_AT(review_point, note) },
};

enum err revisions_lock(struct tx *tx, const struct value *ids, size_t count, struct list *out)
{
	return db_list_in(tx->db, &sql[REVISIONS_LOCK], db_values(value_day(tx->day)), ids, count,
			  db_none, locked_columns, COUNT_OF(locked_columns), sizeof(struct review),
			  tx->arena, out);
}

enum err suppliers_of_county(struct db *db, struct text county, const struct value *suppliers,
			     size_t count, struct arena *arena, struct list *out)
{
	return db_list_in(db, &sql[SUPPLIERS_OF_COUNTY], db_values(county), suppliers, count,
			  db_none, id_columns, COUNT_OF(id_columns), sizeof(struct id), arena, out);
}

enum err revisions_mark_approved(struct db *db, const struct value *ids, size_t count,
				 struct id user, int64_t at)
{
	if (!count)
		return OK;
	return db_list_in(db, &sql[MARK_APPROVED], db_values(user, at), ids, count, db_none, NULL,
			  0, 0, NULL, NULL);
}

enum err revision_mark(struct db *db, const struct decision *decision, struct id user)
{
	return db_exec(db, &sql[MARK],
		       db_values(word_of(revision_words, decision->state), user,
				 decision->decided_at, decision->reason, decision->id));
}

enum err review_points_insert(struct db *db, const struct review_point *points, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[POINTS_INSERT], point_columns, COUNT_OF(point_columns), points,
		       count, sizeof(*points));
}

enum err products_approve(struct tx *tx, const struct value *revisions, size_t count)
{
	if (!count)
		return OK;
	return db_list_in(tx->db, &sql[PRODUCTS_APPROVE], db_none, revisions, count, db_none, NULL,
			  0, 0, NULL, NULL);
}

enum err skus_of_revisions(struct db *db, const struct value *revisions, size_t count,
			   struct arena *arena, struct list *out)
{
	return db_list_in(db, &sql[SKUS_OF_REVISIONS], db_none, revisions, count, db_none,
			  number_columns, COUNT_OF(number_columns), sizeof(int64_t), arena, out);
}
