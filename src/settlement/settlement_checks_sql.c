/*
 * What `xiangcai verify` holds against each other in settlement: credits, claims and the accounts
 * of the bank; statements, their lines and what stands of them in balances and totals. Each check
 * is one SELECT of what disagrees. The seals of released statements are recomputed beside them.
 */
#include "settlement_private.h"

/* An amount of supply_balance against the sum that @source gives for its order. */
#define BALANCE_CHECK(column, source)                                                              \
	{                                                                                          \
		"amount " column " of supply order",                                               \
			{ "SELECT b.supply_order, b." column ", CAST(COALESCE(x.fen, 0) AS INT)"   \
			  "  FROM supply_balance b"                                                \
			  "  LEFT JOIN (" source ") x ON x.supply_order = b.supply_order"          \
			  " WHERE b." column " <> COALESCE(x.fen, 0)" },                           \
			{ "SELECT COUNT(*) FROM supply_balance" },                                 \
	}
#define CLAIMED                                                                                    \
	"SELECT supply_order, SUM(amount_fen) AS fen"                                              \
	"  FROM claim_part"                                                                        \
	" GROUP BY supply_order"

/* An account of the bank against the credits that arrived there. */
#define BANK_CHECK(kind, sum)                                                                      \
	{                                                                                          \
		"account " kind " of bank account",                                                \
			{ "SELECT b.number, COALESCE(a.balance_fen, 0), CAST(COALESCE(x.fen, 0) "  \
			  "AS INT)"                                                                \
			  "  FROM bank_account b"                                                  \
			  "  LEFT JOIN account a ON a.kind = '" kind "' AND a.owner = b.id"        \
			  "  LEFT JOIN (SELECT bank_account, SUM(" sum ") AS fen"                  \
			  "               FROM bank_credit"                                        \
			  "              GROUP BY bank_account) x ON x.bank_account = b.id"        \
			  " WHERE COALESCE(a.balance_fen, 0) <> COALESCE(x.fen, 0)" },             \
			{ "SELECT COUNT(*) FROM bank_credit" },                                    \
	}

/* clang-format off */
const struct check settlement_checks[] = {
	{ "bank credit",
	  { "SELECT c.serial, c.amount_fen - c.unclaimed_fen, CAST(COALESCE(SUM(m.amount_fen), 0) AS INT)"
	    "  FROM bank_credit c"
	    "  LEFT JOIN claim m ON m.bank_credit = c.id"
	    " GROUP BY c.id, c.serial, c.amount_fen, c.unclaimed_fen"
	    " HAVING c.amount_fen - c.unclaimed_fen <> COALESCE(SUM(m.amount_fen), 0)" },
	  { "SELECT COUNT(*) FROM bank_credit" } },
	{ "claim",
	  { "SELECT m.id, m.amount_fen, CAST(COALESCE(SUM(p.amount_fen), 0) AS INT)"
	    "  FROM claim m"
	    "  LEFT JOIN claim_part p ON p.claim = m.id"
	    " GROUP BY m.id, m.amount_fen"
	    " HAVING m.amount_fen <> COALESCE(SUM(p.amount_fen), 0)" },
	  { "SELECT COUNT(*) FROM claim" } },
	BANK_CHECK("bank", "amount_fen"),
	BANK_CHECK("unclaimed", "-unclaimed_fen"),
	BALANCE_CHECK("claimed_fen", CLAIMED),
	BALANCE_CHECK("held_fen", CLAIMED),
	{ "statement",
	  { "SELECT CAST(t.number AS CHAR), t.accepted_fen, CAST(COALESCE(SUM(l.amount_fen), 0) AS INT)"
	    "  FROM statement t"
	    "  LEFT JOIN statement_line l ON l.statement = t.id"
	    " GROUP BY t.id, t.number, t.accepted_fen, t.tax_fen, t.line_count"
	    " HAVING t.accepted_fen <> COALESCE(SUM(l.amount_fen), 0)"
	    "     OR t.tax_fen <> COALESCE(SUM(l.tax_fen), 0)"
	    "     OR t.line_count <> COUNT(l.number)" },
	  { "SELECT COUNT(*) FROM statement" } },
	{ "statement line",
	  { "SELECT CONCAT(l.statement, ' ', l.number), l.amount_fen, COALESCE(a.accepted_fen, 0)"
	    "  FROM statement_line l"
	    "  LEFT JOIN acceptance_line a ON a.acceptance = l.acceptance AND a.line = l.line"
	    " WHERE a.line IS NULL OR l.amount_fen <> a.accepted_fen OR l.quantity <> a.accepted"
	    "    OR l.tax_fen <> a.accepted_tax_fen" },
	  { "SELECT COUNT(*) FROM statement_line" } },
	BALANCE_CHECK("stated_fen",
		      "SELECT supply_order, SUM(amount_fen) AS fen"
		      "  FROM statement_line"
		      " GROUP BY supply_order"),
	BALANCE_CHECK("settled_fen",
		      "SELECT l.supply_order, SUM(l.amount_fen) AS fen"
		      "  FROM statement t"
		      "  JOIN statement_line l ON l.statement = t.id"
		      " WHERE t.state = 'released'"
		      " GROUP BY l.supply_order"),
	{ "settled movement of line",
	  { "SELECT CONCAT(x.supply_order, ' ', x.line), CAST(SUM(x.moved) AS INT),"
	    "       CAST(SUM(x.released) AS INT)"
	    "  FROM (SELECT supply_order, line, fen AS moved, quantity, 0 AS released"
	    "          FROM movement"
	    "         WHERE measure = 'settled' AND channel = 'online'"
	    "        UNION ALL"
	    "        SELECT l.supply_order, l.line, 0, -l.quantity, l.amount_fen"
	    "          FROM statement t"
	    "          JOIN statement_line l ON l.statement = t.id"
	    "         WHERE t.state = 'released') x"
	    " GROUP BY x.supply_order, x.line"
	    " HAVING SUM(x.moved) <> SUM(x.released) OR SUM(x.quantity) <> 0" },
	  { "SELECT COUNT(*) FROM movement WHERE measure = 'settled'" } },
};
/* clang-format on */
const size_t settlement_check_count = COUNT_OF(settlement_checks);

/* ---- seals ---- */

struct sealed {
	struct id id;
	int64_t number;
	struct text digest;
};
static const struct field sealed_fields[] = {
	{ "id", KIND_ID, FIELD_AT(sealed, id) },
	{ "number", KIND_REF, FIELD_AT(sealed, number) },
	{ "digest", KIND_BYTES, FIELD_AT(sealed, digest), .optional = true },
};

static const struct sql sealed_sql = { "SELECT id, number, digest"
				       "  FROM statement"
				       " WHERE state = 'released'"
				       " ORDER BY number" };

static enum err seal_check(struct db *db, const struct sealed *statement, struct verdict *verdict)
{
	struct arena *arena = arena_new(0);
	struct digest digest;

	if (!arena)
		return ERR_MEMORY;
	enum err e = statement_seal(db, statement->id, arena, &digest);
	arena_free(arena);
	if (e)
		return e;
	verdict->checked++;
	if (statement->digest.size != DIGEST_SIZE ||
	    !bytes_equal(statement->digest.at, digest.bytes, DIGEST_SIZE))
		verdict_fault(verdict, "seal of statement %lld does not hold",
			      (long long)statement->number);
	return OK;
}

enum err seals_check(struct db *db, struct arena *arena, struct verdict *verdict)
{
	struct list statements = { 0 };

	enum err e = db_list(db, &sealed_sql, db_none, sealed_fields, COUNT_OF(sealed_fields),
			     sizeof(struct sealed), arena, &statements);
	for (size_t i = 0; !e && i < statements.count; i++)
		e = seal_check(db, LIST_ITEM(statements, struct sealed, i), verdict);
	return e;
}
