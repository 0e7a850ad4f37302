/*
 * The only file of settlement that says SELECT.
 */
#include "settlement_private.h"

static bool is_account_number(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

static bool is_serial(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return false;
	return true;
}

const struct field bank_account_fields[] = {
	{ "id", KIND_ID, FIELD_AT(bank_account, id), .only = OUT | ROW },
	{ "name", KIND_TEXT, FIELD_AT(bank_account, name), .min = 1, .max = 60 },
	{ "bank", KIND_TEXT, FIELD_AT(bank_account, bank), .min = 1, .max = 60 },
	{ "number", KIND_TEXT, FIELD_AT(bank_account, number), .min = 8, .max = 34,
	  .check = is_account_number },
	{ "created_at", KIND_INSTANT, FIELD_AT(bank_account, created_at), .only = OUT | ROW },
};
const size_t bank_account_field_count = COUNT_OF(bank_account_fields);

const struct field bank_credit_fields[] = {
	{ "id", KIND_ID, FIELD_AT(bank_credit, id), .only = OUT | ROW },
	{ "bank_account", KIND_ID, FIELD_AT(bank_credit, bank_account) },
	{ "serial", KIND_TEXT, FIELD_AT(bank_credit, serial), .min = 1, .max = 40,
	  .check = is_serial },
	{ "day", KIND_DAY, FIELD_AT(bank_credit, day) },
	{ "amount_fen", KIND_FEN, FIELD_AT(bank_credit, amount_fen), .min = 1,
	  .max = AMOUNT_MAX_FEN },
	{ "unclaimed_fen", KIND_FEN, FIELD_AT(bank_credit, unclaimed_fen), .only = OUT | ROW },
	{ "payer_name", KIND_TEXT, FIELD_AT(bank_credit, payer_name), .min = 1, .max = 120 },
	{ "remark", KIND_TEXT, FIELD_AT(bank_credit, remark), .max = 200 },
	{ "payment_code", KIND_TEXT, FIELD_AT(bank_credit, payment_code), .only = OUT | ROW,
	  .optional = true },
	{ "entered_by", KIND_ID, FIELD_AT(bank_credit, entered_by), .only = OUT | ROW },
	{ "entered_at", KIND_INSTANT, FIELD_AT(bank_credit, entered_at), .only = OUT | ROW },
};
const size_t bank_credit_field_count = COUNT_OF(bank_credit_fields);

static const struct field claim_part_fields[] = {
	{ "claim", KIND_ID, FIELD_AT(claim_part, claim), .only = ROW },
	{ "supply_order", KIND_ID, FIELD_AT(claim_part, supply_order) },
	{ "amount_fen", KIND_FEN, FIELD_AT(claim_part, amount_fen), .min = 1,
	  .max = AMOUNT_MAX_FEN },
};

const struct field claim_fields[] = {
	{ "id", KIND_ID, FIELD_AT(claim, id), .only = OUT | ROW },
	{ "bank_credit", KIND_ID, FIELD_AT(claim, bank_credit) },
	{ "purchase_order", KIND_ID, FIELD_AT(claim, purchase_order), .only = OUT | ROW },
	{ "payment_code", KIND_TEXT, FIELD_AT(claim, payment_code), .only = IN, .min = 10,
	  .max = 10, .check = payment_code_valid },
	{ "amount_fen", KIND_FEN, FIELD_AT(claim, amount_fen), .only = OUT | ROW },
	{ "claimed_by", KIND_ID, FIELD_AT(claim, claimed_by), .only = OUT | ROW },
	{ "claimed_at", KIND_INSTANT, FIELD_AT(claim, claimed_at), .only = OUT | ROW },
	{ "parts", KIND_LIST, FIELD_AT(claim, parts), .only = IN | OUT, .optional = true,
	  .max = 500, .of = claim_part_fields, .of_count = COUNT_OF(claim_part_fields),
	  .of_size = sizeof(struct claim_part) },
};
const size_t claim_field_count = COUNT_OF(claim_fields);

const struct field statement_fields[] = {
	{ "id", KIND_ID, FIELD_AT(statement, id) },
	{ "number", KIND_REF, FIELD_AT(statement, number) },
	{ "supplier", KIND_ID, FIELD_AT(statement, supplier) },
	{ "month", KIND_DAY, FIELD_AT(statement, month) },
	{ "state", KIND_WORD, FIELD_AT(statement, state), .words = statement_words },
	{ "line_count", KIND_INT, FIELD_AT(statement, line_count) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(statement, accepted_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement, tax_fen) },
	{ "held_fen", KIND_FEN, FIELD_AT(statement, held_fen), .optional = true },
	{ "prepared_by", KIND_ID, FIELD_AT(statement, prepared_by) },
	{ "prepared_at", KIND_INSTANT, FIELD_AT(statement, prepared_at) },
	{ "confirmed_by", KIND_ID, FIELD_AT(statement, confirmed_by), .optional = true },
	{ "confirmed_at", KIND_INSTANT, FIELD_AT(statement, confirmed_at), .optional = true },
	{ "released_by", KIND_ID, FIELD_AT(statement, released_by), .optional = true },
	{ "released_at", KIND_INSTANT, FIELD_AT(statement, released_at), .optional = true },
	{ "digest", KIND_BYTES, FIELD_AT(statement, digest), .optional = true },
	{ "supplier_name", KIND_TEXT, FIELD_AT(statement, supplier_name), .optional = true },
};
const size_t statement_field_count = COUNT_OF(statement_fields);
enum { STATEMENT_COLUMNS = COUNT_OF(statement_fields) - 1 }; /* the name is joined */

const struct field statement_line_fields[] = {
	{ "number", KIND_INT, FIELD_AT(statement_line, number) },
	{ "acceptance", KIND_ID, FIELD_AT(statement_line, acceptance) },
	{ "supply_order", KIND_ID, FIELD_AT(statement_line, supply_order) },
	{ "supply_order_number", KIND_REF, FIELD_AT(statement_line, supply_order_number) },
	{ "line", KIND_INT, FIELD_AT(statement_line, line) },
	{ "sku", KIND_REF, FIELD_AT(statement_line, sku) },
	{ "name", KIND_TEXT, FIELD_AT(statement_line, name) },
	{ "specification", KIND_TEXT, FIELD_AT(statement_line, specification) },
	{ "day", KIND_DAY, FIELD_AT(statement_line, day) },
	{ "quantity", KIND_INT, FIELD_AT(statement_line, quantity) },
	{ "amount_fen", KIND_FEN, FIELD_AT(statement_line, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement_line, tax_fen) },
};
const size_t statement_line_field_count = COUNT_OF(statement_line_fields);

static const struct field sums_fields[] = {
	{ "line_count", KIND_INT, FIELD_AT(statement, line_count) },
	{ "accepted_fen", KIND_FEN, FIELD_AT(statement, accepted_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(statement, tax_fen) },
};

#define STATEMENT_COLUMN_LIST                                                                      \
	"SELECT t.id, t.number, t.supplier, t.month, t.state, t.line_count, t.accepted_fen, "      \
	"t.tax_fen,"                                                                               \
	"       t.held_fen, t.prepared_by, t.prepared_at, t.confirmed_by, t.confirmed_at,"         \
	"       t.released_by, t.released_at, t.digest, o.short_name"                              \
	"  FROM statement t"                                                                       \
	"  JOIN organisation o ON o.id = t.supplier"

/* Whose statements an actor sees: the supplier its own, authorities by scope. Each text takes one
 * placeholder. */
enum sight { SIGHT_OWN, SIGHT_PLATFORM, SIGHT_COUNTY, SIGHT_COUNT };
#define OWN      " WHERE t.supplier = ?"
#define PLATFORM " WHERE ? IS NULL"
#define COUNTY   " WHERE t.supplier IN (SELECT w.organisation FROM supplier w WHERE w.county = ?)"
#define STATEMENT_PAGE                                                                             \
	" AND (? IS NULL OR t.state = ?) AND (? IS NULL OR t.id < ?) ORDER BY t.id DESC LIMIT ?"

static const struct sql statement_lists[SIGHT_COUNT] = {
	[SIGHT_OWN] = { STATEMENT_COLUMN_LIST OWN STATEMENT_PAGE },
	[SIGHT_PLATFORM] = { STATEMENT_COLUMN_LIST PLATFORM STATEMENT_PAGE },
	[SIGHT_COUNTY] = { STATEMENT_COLUMN_LIST COUNTY STATEMENT_PAGE },
};
static const struct sql statement_reads[SIGHT_COUNT] = {
	[SIGHT_OWN] = { STATEMENT_COLUMN_LIST OWN " AND t.id = ?" },
	[SIGHT_PLATFORM] = { STATEMENT_COLUMN_LIST PLATFORM " AND t.id = ?" },
	[SIGHT_COUNTY] = { STATEMENT_COLUMN_LIST COUNTY " AND t.id = ?" },
};

#define CREDIT_COLUMNS                                                                             \
	"SELECT c.id, c.bank_account, c.serial, c.day, c.amount_fen, c.unclaimed_fen,"             \
	"       c.payer_name, c.remark, c.payment_code, c.entered_by, c.entered_at"
#define CREDIT_PAGE                                                                                \
	"(? = 0 OR c.unclaimed_fen > 0) AND (? IS NULL OR c.id < ?) ORDER BY c.id DESC LIMIT ?"

enum {
	BANK_ACCOUNT_WRITE,
	BANK_ACCOUNT_EXISTS,
	BANK_ACCOUNT_READ,
	BANK_ACCOUNTS_LIST,
	BANK_CREDIT_WRITE,
	BANK_CREDIT_LOCK,
	BANK_CREDIT_TAKE,
	BANK_CREDITS_ALL,
	BANK_CREDITS_OF_UNIT,
	CLAIM_WRITE,
	CLAIM_PARTS_WRITE,
	CLAIMS_LIST,
	PARTS_OF_CLAIMS,
	SUPPLIER_LOCK,
	LINES_COLLECT,
	STATEMENT_SUMS,
	STATEMENT_WRITE,
	STATEMENT_LOCK,
	STATEMENT_MOVE,
	BALANCES_STATE,
	BALANCES_SETTLE,
	SETTLED_MOVEMENTS,
	STATEMENT_HELD,
	STATEMENT_LINES,
	SQL_COUNT
};

static const struct sql sql[] = {
	[BANK_ACCOUNT_WRITE] = { "INSERT INTO bank_account (id, name, bank, number, created_at) "
				 "VALUES ",
				 "(?, ?, ?, ?, ?)", "" },
	[BANK_ACCOUNT_EXISTS] = { "SELECT 1 FROM bank_account WHERE id = ? LOCK IN SHARE MODE" },
	[BANK_ACCOUNT_READ] = { "SELECT id, name, bank, number, created_at"
				"  FROM bank_account"
				" WHERE id = ?" },
	[BANK_ACCOUNTS_LIST] = { "SELECT id, name, bank, number, created_at"
				 "  FROM bank_account"
				 " ORDER BY id LIMIT 200" },
	[BANK_CREDIT_WRITE] = { "INSERT INTO bank_credit (id, bank_account, serial, day, "
				"amount_fen, unclaimed_fen,"
				" payer_name, remark, payment_code, entered_by, entered_at) "
				"VALUES ",
				"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[BANK_CREDIT_LOCK] = { "SELECT id, bank_account, serial, day, amount_fen, unclaimed_fen, "
			       "payer_name, remark,"
			       "       payment_code, entered_by, entered_at"
			       "  FROM bank_credit"
			       " WHERE id = ?"
			       "   FOR UPDATE" },
	[BANK_CREDIT_TAKE] = { "UPDATE bank_credit SET unclaimed_fen = unclaimed_fen - ? WHERE id "
			       "= ?" },
	[BANK_CREDITS_ALL] = { CREDIT_COLUMNS "  FROM bank_credit c"
					      " WHERE " CREDIT_PAGE },
	[BANK_CREDITS_OF_UNIT] = { CREDIT_COLUMNS
				   "  FROM purchase_order p"
				   "  JOIN bank_credit c ON c.payment_code = p.payment_code"
				   " WHERE p.unit = ? AND " CREDIT_PAGE },
	[CLAIM_WRITE] = { "INSERT INTO claim (id, bank_credit, purchase_order, amount_fen, "
			  "claimed_by, claimed_at) VALUES ",
			  "(?, ?, ?, ?, ?, ?)", "" },
	[CLAIM_PARTS_WRITE] = { "INSERT INTO claim_part (claim, supply_order, amount_fen) VALUES ",
				"(?, ?, ?)", "" },
	[CLAIMS_LIST] = { "SELECT c.id, c.bank_credit, c.purchase_order, c.amount_fen, "
			  "c.claimed_by, c.claimed_at"
			  "  FROM claim c"
			  "  JOIN purchase_order p ON p.id = c.purchase_order"
			  " WHERE (? IS NULL OR p.unit = ?)"
			  "   AND (? IS NULL OR c.purchase_order = ?)"
			  "   AND (? IS NULL OR c.id < ?)"
			  " ORDER BY c.id DESC LIMIT ?" },
	[PARTS_OF_CLAIMS] = { "SELECT claim, supply_order, amount_fen"
			      "  FROM claim_part"
			      " WHERE claim IN (",
			      "?",
			      ")"
			      " ORDER BY claim, supply_order" },
	[SUPPLIER_LOCK] = { "SELECT 1 FROM supplier WHERE organisation = ? FOR UPDATE" },
	[LINES_COLLECT] = { "INSERT INTO statement_line (statement, number, acceptance, line, "
			    "supply_order, quantity,"
			    "       amount_fen, tax_fen)"
			    " SELECT ?, ROW_NUMBER() OVER (ORDER BY a.day, a.id, l.line), a.id, "
			    "l.line, a.supply_order,"
			    "        l.accepted, l.accepted_fen, l.accepted_tax_fen"
			    "   FROM acceptance a"
			    "   JOIN acceptance_line l ON l.acceptance = a.id"
			    "   LEFT JOIN statement_line x ON x.acceptance = a.id AND x.line = "
			    "l.line"
			    "  WHERE a.supplier = ? AND a.day <= LAST_DAY(?) AND l.accepted > 0 "
			    "AND x.statement IS NULL" },
	[STATEMENT_SUMS] = { "SELECT COUNT(*), CAST(COALESCE(SUM(amount_fen), 0) AS INT), "
			     "CAST(COALESCE(SUM(tax_fen), 0) AS INT)"
			     "  FROM statement_line"
			     " WHERE statement = ?"
			     "  LOCK IN SHARE MODE" },
	[STATEMENT_WRITE] = { "INSERT INTO statement (id, number, supplier, month, state, "
			      "line_count, accepted_fen, tax_fen,"
			      " held_fen, prepared_by, prepared_at, confirmed_by, confirmed_at, "
			      "released_by, released_at,"
			      " digest) VALUES ",
			      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[STATEMENT_LOCK] = { STATEMENT_COLUMN_LIST " WHERE t.id = ? FOR UPDATE" },
	[STATEMENT_MOVE] = { "UPDATE statement"
			     "   SET state = ?, held_fen = ?, confirmed_by = ?, confirmed_at = ?, "
			     "released_by = ?,"
			     "       released_at = ?, digest = ?"
			     " WHERE id = ?" },
	[BALANCES_STATE] = { "UPDATE supply_balance b"
			     "  JOIN (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			     "statement_line"
			     "         WHERE statement = ? GROUP BY supply_order) s ON "
			     "s.supply_order = b.supply_order"
			     "   SET b.stated_fen = b.stated_fen + s.fen" },
	[BALANCES_SETTLE] = { "UPDATE supply_balance b"
			      "  JOIN (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			      "statement_line"
			      "         WHERE statement = ? GROUP BY supply_order) s ON "
			      "s.supply_order = b.supply_order"
			      "   SET b.settled_fen = b.settled_fen + s.fen" },
	[SETTLED_MOVEMENTS] = { "INSERT INTO movement (event, number, measure, day, channel, "
				"supply_order, line, unit,"
				"       supplier, county, category, quantity, fen)"
				" SELECT ?, t.number, 'settled', ?, 'online', t.supply_order, "
				"t.line, s.unit, s.supplier,"
				"        l.county, l.category, t.quantity, t.amount_fen"
				"   FROM statement_line t"
				"   JOIN supply_order s ON s.id = t.supply_order"
				"   JOIN order_line l ON l.supply_order = t.supply_order AND "
				"l.line = t.line"
				"  WHERE t.statement = ?" },
	/* Of each order at most what it holds beyond what earlier statements settled. */
	[STATEMENT_HELD] = { "SELECT CAST(COALESCE(SUM(GREATEST(0, LEAST(s.fen, b.held_fen - "
			     "b.settled_fen))), 0) AS INT)"
			     "  FROM (SELECT supply_order, SUM(amount_fen) AS fen FROM "
			     "statement_line"
			     "         WHERE statement = ? GROUP BY supply_order) s"
			     "  JOIN supply_balance b ON b.supply_order = s.supply_order"
			     "  FOR UPDATE" },
	[STATEMENT_LINES] = { "SELECT t.number, t.acceptance, t.supply_order, s.number, t.line, "
			      "l.sku, r.name,"
			      "       k.specification, a.day, t.quantity, t.amount_fen, t.tax_fen"
			      "  FROM statement_line t"
			      "  JOIN supply_order s ON s.id = t.supply_order"
			      "  JOIN acceptance a ON a.id = t.acceptance"
			      "  JOIN order_line l ON l.supply_order = t.supply_order AND l.line = "
			      "t.line"
			      "  JOIN revision r ON r.id = l.revision"
			      "  JOIN revision_sku k ON k.revision = l.revision AND k.sku = l.sku"
			      " WHERE t.statement = ? AND t.number > ?"
			      " ORDER BY t.number LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- bank ---- */

enum err bank_account_write(struct db *db, const struct bank_account *account)
{
	return db_rows(db, &sql[BANK_ACCOUNT_WRITE], bank_account_fields, bank_account_field_count,
		       account, 1, sizeof(*account));
}

enum err bank_account_exists(struct db *db, struct id id)
{
	int64_t one;

	return db_number(db, &sql[BANK_ACCOUNT_EXISTS], db_values(id), &one);
}

enum err bank_account_read(struct db *db, struct id id, struct arena *arena,
			   struct bank_account *out)
{
	return db_read(db, &sql[BANK_ACCOUNT_READ], db_values(id), bank_account_fields,
		       bank_account_field_count, arena, out);
}

enum err bank_accounts_list(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[BANK_ACCOUNTS_LIST], db_none, bank_account_fields,
		       bank_account_field_count, sizeof(struct bank_account), arena, out);
}

enum err bank_credit_write(struct db *db, const struct bank_credit *credit)
{
	return db_rows(db, &sql[BANK_CREDIT_WRITE], bank_credit_fields, bank_credit_field_count,
		       credit, 1, sizeof(*credit));
}

enum err bank_credit_lock(struct db *db, struct id id, struct arena *arena, struct bank_credit *out)
{
	return db_read(db, &sql[BANK_CREDIT_LOCK], db_values(id), bank_credit_fields,
		       bank_credit_field_count, arena, out);
}

enum err bank_credit_take(struct db *db, struct id id, int64_t fen)
{
	return db_exec(db, &sql[BANK_CREDIT_TAKE], db_values(fen, id));
}

enum err bank_credits_list(struct db *db, struct id unit, bool unclaimed_only, struct id after,
			   int64_t limit, struct arena *arena, struct list *out)
{
	if (id_is_none(unit))
		return db_list(db, &sql[BANK_CREDITS_ALL],
			       db_values(unclaimed_only, after, after, limit), bank_credit_fields,
			       bank_credit_field_count, sizeof(struct bank_credit), arena, out);
	return db_list(db, &sql[BANK_CREDITS_OF_UNIT],
		       db_values(unit, unclaimed_only, after, after, limit), bank_credit_fields,
		       bank_credit_field_count, sizeof(struct bank_credit), arena, out);
}

enum err claim_write(struct db *db, const struct claim *claim)
{
	enum err e = db_rows(db, &sql[CLAIM_WRITE], claim_fields, claim_field_count, claim, 1,
			     sizeof(*claim));
	if (e)
		return e;
	return db_rows(db, &sql[CLAIM_PARTS_WRITE], claim_part_fields, COUNT_OF(claim_part_fields),
		       claim->parts.at, claim->parts.count, sizeof(struct claim_part));
}

static void parts_attach(struct list *claims, const struct list *parts)
{
	for (size_t i = 0; i < claims->count; i++) {
		struct claim *claim = LIST_ITEM(*claims, struct claim, i);

		for (size_t k = 0; k < parts->count; k++) {
			struct claim_part *part = LIST_ITEM(*parts, struct claim_part, k);

			if (!id_equal(part->claim, claim->id))
				continue;
			if (!claim->parts.at)
				claim->parts.at = part;
			claim->parts.count++;
		}
	}
}

enum err claims_list(struct db *db, struct id unit, struct id purchase_order, struct id after,
		     int64_t limit, struct arena *arena, struct list *out)
{
	struct list parts = { 0 };

	enum err e =
		db_list(db, &sql[CLAIMS_LIST],
			db_values(unit, unit, purchase_order, purchase_order, after, after, limit),
			claim_fields, claim_field_count, sizeof(struct claim), arena, out);
	if (e || !out->count)
		return e;
	struct value *keys = values_of_ids(arena, out->at, out->count, sizeof(struct claim),
					   FIELD_AT(claim, id));
	if (!keys)
		return ERR_MEMORY;
	e = db_list_in(db, &sql[PARTS_OF_CLAIMS], db_none, keys, out->count, db_none,
		       claim_part_fields, COUNT_OF(claim_part_fields), sizeof(struct claim_part),
		       arena, &parts);
	if (!e)
		parts_attach(out, &parts);
	return e;
}

/* ---- statements ---- */

enum err supplier_lock(struct db *db, struct id supplier)
{
	int64_t one;

	return db_number(db, &sql[SUPPLIER_LOCK], db_values(supplier), &one);
}

enum err statement_lines_collect(struct db *db, const struct statement *statement)
{
	return db_exec(db, &sql[LINES_COLLECT],
		       db_values(statement->id, statement->supplier, value_day(statement->month)));
}

enum err statement_sums(struct db *db, struct statement *statement)
{
	struct statement sums = { 0 };

	enum err e = db_read(db, &sql[STATEMENT_SUMS], db_values(statement->id), sums_fields,
			     COUNT_OF(sums_fields), NULL, &sums);
	statement->line_count = sums.line_count;
	statement->accepted_fen = sums.accepted_fen;
	statement->tax_fen = sums.tax_fen;
	return e;
}

enum err statement_write(struct db *db, const struct statement *statement)
{
	return db_rows(db, &sql[STATEMENT_WRITE], statement_fields, STATEMENT_COLUMNS, statement, 1,
		       sizeof(*statement));
}

enum err statement_lock(struct db *db, struct id id, struct arena *arena, struct statement *out)
{
	return db_read(db, &sql[STATEMENT_LOCK], db_values(id), statement_fields,
		       statement_field_count, arena, out);
}

enum err statement_move(struct db *db, const struct statement *statement)
{
	return db_exec(db, &sql[STATEMENT_MOVE],
		       db_values(word_of(statement_words, statement->state),
				 value_optional(statement->held_fen), statement->confirmed_by,
				 value_optional(statement->confirmed_at), statement->released_by,
				 value_optional(statement->released_at),
				 value_bytes(statement->digest), statement->id));
}

enum err balances_state(struct db *db, struct id statement)
{
	return db_exec(db, &sql[BALANCES_STATE], db_values(statement));
}

enum err balances_settle(struct db *db, struct id statement)
{
	return db_exec(db, &sql[BALANCES_SETTLE], db_values(statement));
}

enum err settled_movements_insert(struct tx *tx, struct id statement)
{
	return db_exec(tx->db, &sql[SETTLED_MOVEMENTS],
		       db_values(tx->event, value_day(tx->day), statement));
}

enum err statement_held(struct db *db, struct id statement, int64_t *held_fen)
{
	return db_number(db, &sql[STATEMENT_HELD], db_values(statement), held_fen);
}

enum err statement_lines_read(struct db *db, struct id statement, int64_t after, int64_t limit,
			      struct arena *arena, struct list *out)
{
	return db_list(db, &sql[STATEMENT_LINES], db_values(statement, after, limit),
		       statement_line_fields, statement_line_field_count,
		       sizeof(struct statement_line), arena, out);
}

static enum sight sight_of(const struct actor *actor, struct value *limit)
{
	switch (actor->scope.kind) {
	case SCOPE_PLATFORM:
		*limit = value_null();
		return SIGHT_PLATFORM;
	case SCOPE_COUNTY:
		*limit = value_string(actor->scope.county);
		return SIGHT_COUNTY;
	default:
		*limit = value_id(actor->organisation);
		return SIGHT_OWN;
	}
}

enum err statements_list(struct db *db, const struct actor *actor, int32_t state, struct id after,
			 int64_t limit, struct arena *arena, struct list *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);
	struct value word =
		state == SMALL_NONE ? value_null() : value_string(word_of(statement_words, state));

	return db_list(db, &statement_lists[sight],
		       db_values(seen, word, word, after, after, limit), statement_fields,
		       statement_field_count, sizeof(struct statement), arena, out);
}

enum err statement_read(struct db *db, const struct actor *actor, struct id id, struct arena *arena,
			struct statement *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);

	return db_read(db, &statement_reads[sight], db_values(seen, id), statement_fields,
		       statement_field_count, arena, out);
}
