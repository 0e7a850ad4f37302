/*
 * What `xiangcai verify` holds against each other in the ledger. Each check is one SELECT of what
 * disagrees.
 */
#include "ledger_private.h"

/*
 * A roll-up against the movements that have a position: amounts, pieces and numbers of rows. Words
 * are compared as the numbers that they are stored as: grouping by their texts takes thrice as
 * long.
 */
#define MEASURE_WORD                                                                               \
	"ELT(measure, 'ordered', 'confirmed', 'shipped', 'accepted', 'returned', 'settled')"
#define CHANNEL_WORD "ELT(channel, 'online', 'offline', 'legacy')"
#define ROLLUP_CHECK(table, columns, grain, period)                                                \
	{                                                                                          \
		table " (" grain ")",                                                              \
			{ "SELECT CONCAT_WS(' ', " MEASURE_WORD ", " CHANNEL_WORD                  \
			  ", since, " columns "),"                                                 \
			  "       CAST(SUM(stored) AS INT), CAST(SUM(summed) AS INT)"              \
			  "  FROM (SELECT measure + 0 AS measure, channel + 0 AS channel, since,"  \
			  "               " columns                                                \
			  ", fen AS stored, 0 AS summed, quantity AS pieces,"                      \
			  "               movements AS n"                                          \
			  "          FROM " table "         WHERE grain = '" grain "'"             \
			  "        UNION ALL"                                                      \
			  "        SELECT m.measure + 0, m.channel + 0, " period                   \
			  " AS since, " columns ","                                                \
			  "               0, SUM(m.fen), -SUM(m.quantity), -COUNT(*)"              \
			  "          FROM sequence q"                                              \
			  "          JOIN movement m ON m.event = q.event"                         \
			  "         GROUP BY m.measure, m.channel, since, " columns ") x"          \
			  " GROUP BY measure, channel, since, " columns                            \
			  " HAVING SUM(stored) <> SUM(summed) OR SUM(pieces) <> 0 OR SUM(n) <> "   \
			  "0" },                                                                   \
			{ "SELECT COUNT(*) FROM " table " WHERE grain = '" grain "'" },            \
	}
#define MONTH_OF_DAY "m.day - INTERVAL DAYOFMONTH(m.day) - 1 DAY"

/* A column of supply_balance against the entries of its supply order on one kind of account. */
#define BALANCE_CHECK(column, kind, sign)                                                          \
	{                                                                                          \
		.what = "supply balance " column " of",                                            \
		.mismatches = { "SELECT b.supply_order, b." column "_fen, CAST(COALESCE(" sign     \
				"SUM(e.fen), 0) AS INT)"                                           \
				"  FROM supply_balance b"                                          \
				"  LEFT JOIN entry e ON e.supply_order = b.supply_order AND "      \
				"e.kind = '" kind "'"                                              \
				" GROUP BY b.supply_order, b." column "_fen"                       \
				" HAVING b." column "_fen <> COALESCE(" sign "SUM(e.fen), 0)" },   \
		.count = { "SELECT COUNT(*) FROM supply_balance" },                                \
	}

const struct check ledger_checks[] = {
	{ .what = "journal",
	  .mismatches = { "SELECT j.id, 0, CAST(COALESCE(SUM(e.fen), -1) AS INT)"
			  "  FROM journal j"
			  "  LEFT JOIN entry e ON e.journal = j.id"
			  " GROUP BY j.id"
			  " HAVING COALESCE(SUM(e.fen), -1) <> 0" },
	  .count = { "SELECT COUNT(*) FROM journal" } },
	{ .what = "entry without a journal",
	  .mismatches = { "SELECT e.journal, e.fen, 0"
			  "  FROM entry e"
			  "  LEFT JOIN journal j ON j.id = e.journal"
			  " WHERE j.id IS NULL" },
	  .count = { "SELECT COUNT(*) FROM entry" } },
	{ .what = "account",
	  .mismatches = { "SELECT CONCAT(x.kind, ' ', x.owner), CAST(SUM(x.stored) AS INT), "
			  "CAST(SUM(x.summed) AS INT)"
			  "  FROM (SELECT CAST(kind AS CHAR) AS kind, owner, balance_fen AS "
			  "stored, 0 AS summed FROM account"
			  "        UNION ALL"
			  "        SELECT CAST(kind AS CHAR), owner, 0, fen FROM entry) x"
			  " GROUP BY x.kind, x.owner"
			  " HAVING SUM(x.stored) <> SUM(x.summed)" },
	  .count = { "SELECT COUNT(*) FROM account" } },
	BALANCE_CHECK("receivable", "receivable", ""),
	BALANCE_CHECK("advance", "advance", "-"),
	BALANCE_CHECK("refund", "refund", "-"),
	BALANCE_CHECK("accepted", "payable", "-"),
	{ .what = "accepted amounts of",
	  .mismatches = { "SELECT b.supply_order, b.accepted_fen, "
			  "CAST(COALESCE(SUM(g.accepted_fen), 0) AS INT)"
			  "  FROM supply_balance b"
			  "  LEFT JOIN line_progress g ON g.supply_order = b.supply_order"
			  " GROUP BY b.supply_order, b.accepted_fen"
			  " HAVING b.accepted_fen <> COALESCE(SUM(g.accepted_fen), 0)" },
	  .count = { "SELECT COUNT(*) FROM line_progress" } },
	ROLLUP_CHECK("rollup_county", "county", "day", "m.day"),
	ROLLUP_CHECK("rollup_county", "county", "month", MONTH_OF_DAY),
	ROLLUP_CHECK("rollup_supplier", "county, supplier", "day", "m.day"),
	ROLLUP_CHECK("rollup_supplier", "county, supplier", "month", MONTH_OF_DAY),
	ROLLUP_CHECK("rollup_unit", "unit, county", "day", "m.day"),
	ROLLUP_CHECK("rollup_unit", "unit, county", "month", MONTH_OF_DAY),
};
const size_t ledger_check_count = COUNT_OF(ledger_checks);
