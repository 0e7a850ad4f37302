/* What became of each accepted row of an import. */
#include "import_changes.h"

enum { OUTCOMES_INSERT, OUTCOMES_RESTOCK, OUTCOMES_LIST, IMPORT_COUNT, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	[OUTCOMES_INSERT] = {
		"INSERT INTO import_change (import, record, code, name, created, changed, priced,"
		" differences) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE created = VALUES(created), changed = VALUES(changed),"
		" priced = VALUES(priced), differences = VALUES(differences)" },
	[OUTCOMES_RESTOCK] = {
		"INSERT INTO import_change (import, record, code, name, created, changed, priced,"
		" differences, restocked, stock_before, stock_after) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE restocked = VALUES(restocked),"
		" stock_before = VALUES(stock_before), stock_after = VALUES(stock_after)" },
	[OUTCOMES_LIST] = {
		"SELECT import, record, code, name, created, changed, priced, differences, restocked,"
		" stock_before, stock_after"
		"  FROM import_change"
		" WHERE import = ? AND record > ?"
		"   AND (? OR (? AND created) OR (? AND changed) OR (? AND priced) OR (? AND restocked)"
		"        OR (? AND NOT created AND NOT changed AND NOT priced AND NOT restocked))"
		" ORDER BY record LIMIT ?" },
	[IMPORT_COUNT] = {
		"SELECT CAST(COALESCE(SUM(IF(kept = 'whole', 1, 2)), 0) AS SIGNED) FROM import"
		" WHERE id = ? AND supplier = ? AND kind = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

#define OUTCOME(member) FIELD_AT(import_outcome_row, member)
static const struct field row_fields[] = {
	{ "import", KIND_ID, OUTCOME(import) },
	{ "record", KIND_INT, OUTCOME(record) },
	{ "code", KIND_TEXT, OUTCOME(code) },
	{ "name", KIND_TEXT, OUTCOME(name) },
	{ "created", KIND_BOOL, OUTCOME(created) },
	{ "changed", KIND_BOOL, OUTCOME(changed) },
	{ "priced", KIND_BOOL, OUTCOME(priced) },
	{ "differences", KIND_TEXT, OUTCOME(differences), .max = 65535 },
	{ "restocked", KIND_BOOL, OUTCOME(restocked) },
	{ "stock_before", KIND_INT, OUTCOME(stock_before), .optional = true },
	{ "stock_after", KIND_INT, OUTCOME(stock_after), .optional = true },
};
enum { BEFORE_STOCK = 8 };

enum err outcomes_insert(struct db *db, const struct import_outcome_row *rows, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[OUTCOMES_INSERT], row_fields, BEFORE_STOCK, rows, count,
		       sizeof(*rows));
}

enum err outcomes_restock(struct db *db, const struct import_outcome_row *rows, size_t count)
{
	if (!count)
		return OK;
	return db_rows(db, &sql[OUTCOMES_RESTOCK], row_fields, COUNT_OF(row_fields), rows, count,
		       sizeof(*rows));
}

enum err outcomes_list(struct db *db, struct arena *arena, struct id import,
		       const struct outcome_page *page, struct list *out)
{
	int32_t which = page->outcome;

	return db_list(
		db, &sql[OUTCOMES_LIST],
		db_values(import, page->after, which == SMALL_NONE, which == OUTCOME_CREATED,
			  which == OUTCOME_CHANGED, which == OUTCOME_PRICED,
			  which == OUTCOME_RESTOCKED, which == OUTCOME_UNCHANGED, page->limit),
		row_fields, COUNT_OF(row_fields), sizeof(struct import_outcome_row), arena, out);
}

enum err import_is_of(struct db *db, struct id import, struct id supplier)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[IMPORT_COUNT],
			       db_values(import, supplier, catalogue_import.word), &count);

	if (!e && count > 1)
		return ERR_IMPORT_FORGOTTEN;
	return e ? e : count ? OK : ERR_NOT_FOUND;
}
