/*
 * The only file of ledger that says SELECT.
 */
#include "ledger_private.h"

static const struct field movement_fields[] = {
	{ "event", KIND_ID, FIELD_AT(movement, event) },
	{ "number", KIND_INT, FIELD_AT(movement, number) },
	{ "measure", KIND_WORD, FIELD_AT(movement, measure), .words = measure_words },
	{ "day", KIND_DAY, FIELD_AT(movement, day) },
	{ "channel", KIND_WORD, FIELD_AT(movement, channel), .words = channel_words },
	{ "supply_order", KIND_ID, FIELD_AT(movement, supply_order) },
	{ "line", KIND_INT, FIELD_AT(movement, line) },
	{ "unit", KIND_ID, FIELD_AT(movement, unit) },
	{ "supplier", KIND_ID, FIELD_AT(movement, supplier) },
	{ "county", KIND_TEXT, FIELD_AT(movement, county) },
	{ "category", KIND_TEXT, FIELD_AT(movement, category) },
	{ "quantity", KIND_INT, FIELD_AT(movement, quantity) },
	{ "fen", KIND_FEN, FIELD_AT(movement, fen) },
};

static const struct field entry_fields[] = {
	{ "journal", KIND_ID, FIELD_AT(entry_row, journal), .only = ROW },
	{ "number", KIND_INT, FIELD_AT(entry_row, number) },
	{ "account", KIND_WORD, FIELD_AT(entry_row, kind), .words = account_words },
	{ "owner", KIND_ID, FIELD_AT(entry_row, owner) },
	{ "supply_order", KIND_ID, FIELD_AT(entry_row, supply_order), .optional = true },
	{ "fen", KIND_FEN, FIELD_AT(entry_row, fen) },
};

const struct field journal_fields[] = {
	{ "id", KIND_ID, FIELD_AT(journal_row, id) },
	{ "event", KIND_ID, FIELD_AT(journal_row, event) },
	{ "kind", KIND_WORD, FIELD_AT(journal_row, kind), .words = journal_words },
	{ "source", KIND_ID, FIELD_AT(journal_row, source) },
	{ "day", KIND_DAY, FIELD_AT(journal_row, day) },
	{ "reverses", KIND_ID, FIELD_AT(journal_row, reverses), .optional = true },
	{ "entries", KIND_LIST, FIELD_AT(journal_row, entries), .only = OUT, .of = entry_fields,
	  .of_count = COUNT_OF(entry_fields), .of_size = sizeof(struct entry_row) },
};
const size_t journal_field_count = COUNT_OF(journal_fields);

const struct field account_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(account_row, kind), .words = account_words },
	{ "owner", KIND_ID, FIELD_AT(account_row, owner) },
	{ "balance_fen", KIND_FEN, FIELD_AT(account_row, balance_fen) },
	{ "owner_name", KIND_TEXT, FIELD_AT(account_row, owner_name), .optional = true },
};
const size_t account_field_count = COUNT_OF(account_fields);
enum { ACCOUNT_COLUMNS = COUNT_OF(account_fields) - 1 }; /* the name is joined */

const struct field trial_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(trial_row, kind), .words = account_words },
	{ "debit_fen", KIND_FEN, FIELD_AT(trial_row, debit_fen) },
	{ "credit_fen", KIND_FEN, FIELD_AT(trial_row, credit_fen) },
	{ "balance_fen", KIND_FEN, FIELD_AT(trial_row, balance_fen) },
};
const size_t trial_field_count = COUNT_OF(trial_fields);

static const struct field balance_fields[] = {
	{ "supply_order", KIND_ID, FIELD_AT(supply_balance, supply_order) },
	{ "unit", KIND_ID, FIELD_AT(supply_balance, unit) },
	{ "supplier", KIND_ID, FIELD_AT(supply_balance, supplier) },
	{ "agreed_fen", KIND_FEN, FIELD_AT(supply_balance, agreed_fen) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(supply_balance, accepted_fen) },
	{ "rejected_fen", KIND_FEN, FIELD_AT(supply_balance, rejected_fen) },
	{ "claimed_fen", KIND_FEN, FIELD_AT(supply_balance, claimed_fen) },
	{ "receivable_fen", KIND_FEN, FIELD_AT(supply_balance, receivable_fen) },
	{ "advance_fen", KIND_FEN, FIELD_AT(supply_balance, advance_fen) },
	{ "refund_fen", KIND_FEN, FIELD_AT(supply_balance, refund_fen) },
	{ "held_fen", KIND_FEN, FIELD_AT(supply_balance, held_fen) },
	{ "stated_fen", KIND_FEN, FIELD_AT(supply_balance, stated_fen) },
	{ "settled_fen", KIND_FEN, FIELD_AT(supply_balance, settled_fen) },
};

static const struct field progress_fields[] = {
	{ "supply_order", KIND_ID, FIELD_AT(line_progress, supply_order) },
	{ "line", KIND_INT, FIELD_AT(line_progress, line) },
	{ "confirmed", KIND_INT, FIELD_AT(line_progress, confirmed) },
	{ "declined", KIND_INT, FIELD_AT(line_progress, declined) },
	{ "shipped", KIND_INT, FIELD_AT(line_progress, shipped) },
	{ "received", KIND_INT, FIELD_AT(line_progress, received) },
	{ "accepted", KIND_INT, FIELD_AT(line_progress, accepted) },
	{ "rejected", KIND_INT, FIELD_AT(line_progress, rejected) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(line_progress, accepted_fen) },
	{ "accepted_tax_fen", KIND_FEN, FIELD_AT(line_progress, accepted_tax_fen) },
};

enum {
	MOVEMENTS_INSERT,
	JOURNALS_INSERT,
	ENTRIES_INSERT,
	ACCOUNTS_ADD,
	BALANCES_INSERT,
	BALANCES_LOCK,
	BALANCES_WRITE,
	PROGRESS_INSERT,
	PROGRESS_LOCK,
	PROGRESS_WRITE,
	JOURNALS_ALL,
	JOURNALS_OF_ORDER,
	ENTRIES_OF_JOURNALS,
	ACCOUNTS_LIST,
	TRIAL_BALANCE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[MOVEMENTS_INSERT] = { "INSERT INTO movement (event, number, measure, day, channel, "
			       "supply_order, line, unit,"
			       " supplier, county, category, quantity, fen) VALUES ",
			       "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[JOURNALS_INSERT] = { "INSERT INTO journal (id, event, kind, source, day, reverses) "
			      "VALUES ",
			      "(?, ?, ?, ?, ?, ?)", "" },
	[ENTRIES_INSERT] = { "INSERT INTO entry (journal, number, kind, owner, supply_order, fen) "
			     "VALUES ",
			     "(?, ?, ?, ?, ?, ?)", "" },
	[ACCOUNTS_ADD] = { "INSERT INTO account (kind, owner, balance_fen) VALUES ", "(?, ?, ?)",
			   " ON DUPLICATE KEY UPDATE balance_fen = balance_fen + "
			   "VALUES(balance_fen)" },
	[BALANCES_INSERT] = { "INSERT INTO supply_balance (supply_order, unit, supplier, "
			      "agreed_fen, accepted_fen,"
			      " rejected_fen, claimed_fen, receivable_fen, advance_fen, "
			      "refund_fen, held_fen, stated_fen,"
			      " settled_fen) VALUES ",
			      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[BALANCES_LOCK] = { "SELECT supply_order, unit, supplier, agreed_fen, accepted_fen, "
			    "rejected_fen, claimed_fen,"
			    "       receivable_fen, advance_fen, refund_fen, held_fen, stated_fen, "
			    "settled_fen"
			    "  FROM supply_balance"
			    " WHERE supply_order IN (",
			    "?",
			    ")"
			    " ORDER BY supply_order"
			    "   FOR UPDATE" },
	[BALANCES_WRITE] = { "INSERT INTO supply_balance (supply_order, unit, supplier, "
			     "agreed_fen, accepted_fen,"
			     " rejected_fen, claimed_fen, receivable_fen, advance_fen, refund_fen, "
			     "held_fen, stated_fen,"
			     " settled_fen) VALUES ",
			     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			     " ON DUPLICATE KEY UPDATE agreed_fen = VALUES(agreed_fen),"
			     " accepted_fen = VALUES(accepted_fen), rejected_fen = "
			     "VALUES(rejected_fen),"
			     " claimed_fen = VALUES(claimed_fen), receivable_fen = "
			     "VALUES(receivable_fen),"
			     " advance_fen = VALUES(advance_fen), refund_fen = VALUES(refund_fen),"
			     " held_fen = VALUES(held_fen), stated_fen = VALUES(stated_fen),"
			     " settled_fen = VALUES(settled_fen)" },
	[PROGRESS_INSERT] = { "INSERT INTO line_progress (supply_order, line, confirmed, declined, "
			      "shipped, received,"
			      " accepted, rejected, accepted_fen, accepted_tax_fen) VALUES ",
			      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[PROGRESS_LOCK] = { "SELECT supply_order, line, confirmed, declined, shipped, received, "
			    "accepted, rejected,"
			    "       accepted_fen, accepted_tax_fen"
			    "  FROM line_progress"
			    " WHERE supply_order = ?"
			    " ORDER BY line"
			    "   FOR UPDATE" },
	[PROGRESS_WRITE] = { "INSERT INTO line_progress (supply_order, line, confirmed, declined, "
			     "shipped, received,"
			     " accepted, rejected, accepted_fen, accepted_tax_fen) VALUES ",
			     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			     " ON DUPLICATE KEY UPDATE confirmed = VALUES(confirmed), declined = "
			     "VALUES(declined),"
			     " shipped = VALUES(shipped), received = VALUES(received), accepted = "
			     "VALUES(accepted),"
			     " rejected = VALUES(rejected), accepted_fen = VALUES(accepted_fen),"
			     " accepted_tax_fen = VALUES(accepted_tax_fen)" },
	[JOURNALS_ALL] = { "SELECT id, event, kind, source, day, reverses"
			   "  FROM journal"
			   " WHERE ? IS NULL OR id < ?"
			   " ORDER BY id DESC LIMIT ?" },
	[JOURNALS_OF_ORDER] = { "SELECT DISTINCT j.id, j.event, j.kind, j.source, j.day, j.reverses"
				"  FROM entry e"
				"  JOIN journal j ON j.id = e.journal"
				" WHERE e.supply_order = ? AND (? IS NULL OR j.id < ?)"
				" ORDER BY j.id DESC LIMIT ?" },
	[ENTRIES_OF_JOURNALS] = { "SELECT journal, number, kind, owner, supply_order, fen"
				  "  FROM entry"
				  " WHERE journal IN (",
				  "?",
				  ")"
				  " ORDER BY journal, number" },
	[ACCOUNTS_LIST] = { "SELECT a.kind, a.owner, a.balance_fen, o.short_name"
			    "  FROM account a"
			    "  LEFT JOIN organisation o ON o.id = a.owner"
			    " WHERE a.kind = ? AND (? IS NULL OR a.owner > ?)"
			    " ORDER BY a.owner LIMIT ?" },
	[TRIAL_BALANCE] = { "SELECT kind,"
			    "       CAST(SUM(IF(balance_fen > 0, balance_fen, 0)) AS INT),"
			    "       CAST(SUM(IF(balance_fen < 0, -balance_fen, 0)) AS INT),"
			    "       CAST(SUM(balance_fen) AS INT)"
			    "  FROM account"
			    " GROUP BY kind"
			    " ORDER BY kind" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/*
 * The roll-ups, by day and by month. The movements of an event are found through its position, so
 * that each is summed exactly once: in the transaction that gave the position.
 */
#define FOLD(table, columns, grain, since)                                                         \
	{                                                                                          \
		"INSERT INTO " table " (measure, channel, grain, since, " columns                  \
		", movements, quantity, fen)"                                                      \
		" SELECT STRAIGHT_JOIN m.measure, m.channel, '" grain "', " since                  \
		" AS period, " columns ", COUNT(*), SUM(m.quantity), SUM(m.fen)"                   \
		"   FROM sequence q"                                                               \
		"   JOIN movement m ON m.event = q.event"                                          \
		"  WHERE q.position BETWEEN ? AND ?"                                               \
		"  GROUP BY m.measure, m.channel, period, " columns                                \
		" ON DUPLICATE KEY UPDATE movements = " table ".movements + VALUES(movements),"    \
		" quantity = " table ".quantity + VALUES(quantity), fen = " table                  \
		".fen + VALUES(fen)"                                                               \
	}
#define MONTH_OF_DAY "m.day - INTERVAL DAYOFMONTH(m.day) - 1 DAY"

static const struct sql rollups[] = {
	FOLD("rollup_county", "county", "day", "m.day"),
	FOLD("rollup_county", "county", "month", MONTH_OF_DAY),
	FOLD("rollup_supplier", "county, supplier", "day", "m.day"),
	FOLD("rollup_supplier", "county, supplier", "month", MONTH_OF_DAY),
	FOLD("rollup_unit", "unit, county", "day", "m.day"),
	FOLD("rollup_unit", "unit, county", "month", MONTH_OF_DAY),
};

enum err movements_insert(struct db *db, const struct movement *movements, size_t count)
{
	return db_rows(db, &sql[MOVEMENTS_INSERT], movement_fields, COUNT_OF(movement_fields),
		       movements, count, sizeof(*movements));
}

enum err journals_insert(struct db *db, const struct list *journals, const struct list *entries)
{
	enum err e = db_rows(db, &sql[JOURNALS_INSERT], journal_fields, journal_field_count,
			     journals->at, journals->count, sizeof(struct journal_row));
	if (e)
		return e;
	return db_rows(db, &sql[ENTRIES_INSERT], entry_fields, COUNT_OF(entry_fields), entries->at,
		       entries->count, sizeof(struct entry_row));
}

enum err accounts_add(struct db *db, const struct list *accounts)
{
	return db_rows(db, &sql[ACCOUNTS_ADD], account_fields, ACCOUNT_COLUMNS, accounts->at,
		       accounts->count, sizeof(struct account_row));
}

enum err supply_balance_insert(struct db *db, const struct supply_balance *balances, size_t count)
{
	return db_rows(db, &sql[BALANCES_INSERT], balance_fields, COUNT_OF(balance_fields),
		       balances, count, sizeof(*balances));
}

enum err supply_balances_lock(struct db *db, const struct id *supply_orders, size_t count,
			      struct arena *arena, struct list *out)
{
	struct value *keys = values_of_ids(arena, supply_orders, count, sizeof(*supply_orders), 0);

	if (!keys)
		return ERR_MEMORY;
	return db_list_in(db, &sql[BALANCES_LOCK], db_none, keys, count, db_none, balance_fields,
			  COUNT_OF(balance_fields), sizeof(struct supply_balance), arena, out);
}

enum err supply_balances_write(struct db *db, const struct supply_balance *balances, size_t count)
{
	return db_rows(db, &sql[BALANCES_WRITE], balance_fields, COUNT_OF(balance_fields), balances,
		       count, sizeof(*balances));
}

enum err line_progress_insert(struct db *db, const struct line_progress *lines, size_t count)
{
	return db_rows(db, &sql[PROGRESS_INSERT], progress_fields, COUNT_OF(progress_fields), lines,
		       count, sizeof(*lines));
}

enum err line_progress_lock(struct db *db, struct id supply_order, struct arena *arena,
			    struct list *out)
{
	return db_list(db, &sql[PROGRESS_LOCK], db_values(supply_order), progress_fields,
		       COUNT_OF(progress_fields), sizeof(struct line_progress), arena, out);
}

enum err line_progress_write(struct db *db, const struct line_progress *lines, size_t count)
{
	return db_rows(db, &sql[PROGRESS_WRITE], progress_fields, COUNT_OF(progress_fields), lines,
		       count, sizeof(*lines));
}

/* Both are small: at most a page of journals with at most eight entries each. */
static void entries_attach(struct list *journals, const struct list *entries)
{
	for (size_t i = 0; i < journals->count; i++) {
		struct journal_row *journal = LIST_ITEM(*journals, struct journal_row, i);

		for (size_t k = 0; k < entries->count; k++) {
			struct entry_row *entry = LIST_ITEM(*entries, struct entry_row, k);

			if (!id_equal(entry->journal, journal->id))
				continue;
			if (!journal->entries.at)
				journal->entries.at = entry;
			journal->entries.count++;
		}
	}
}

enum err journals_list(struct db *db, struct id supply_order, struct id after, int64_t limit,
		       struct arena *arena, struct list *out)
{
	struct list entries = { 0 };
	enum err e;

	if (id_is_none(supply_order))
		e = db_list(db, &sql[JOURNALS_ALL], db_values(after, after, limit), journal_fields,
			    journal_field_count, sizeof(struct journal_row), arena, out);
	else
		e = db_list(db, &sql[JOURNALS_OF_ORDER],
			    db_values(supply_order, after, after, limit), journal_fields,
			    journal_field_count, sizeof(struct journal_row), arena, out);
	if (e || !out->count)
		return e;
	struct value *keys = values_of_ids(arena, out->at, out->count, sizeof(struct journal_row),
					   FIELD_AT(journal_row, id));
	if (!keys)
		return ERR_MEMORY;
	e = db_list_in(db, &sql[ENTRIES_OF_JOURNALS], db_none, keys, out->count, db_none,
		       entry_fields, COUNT_OF(entry_fields), sizeof(struct entry_row), arena,
		       &entries);
	if (!e)
		entries_attach(out, &entries);
	return e;
}

enum err accounts_list(struct db *db, int32_t kind, struct id after, int64_t limit,
		       struct arena *arena, struct list *out)
{
	return db_list(db, &sql[ACCOUNTS_LIST],
		       db_values(word_of(account_words, kind), after, after, limit), account_fields,
		       account_field_count, sizeof(struct account_row), arena, out);
}

enum err trial_balance_read(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[TRIAL_BALANCE], db_none, trial_fields, trial_field_count,
		       sizeof(struct trial_row), arena, out);
}

enum err rollups_fold(struct db *db, int64_t first, int64_t last)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < COUNT_OF(rollups); i++)
		e = db_exec(db, &rollups[i], db_values(first, last));
	return e;
}
