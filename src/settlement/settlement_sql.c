/*
 * What the bank says, and what it pays, in the database: credits, claims with their parts.
 */
#include "settlement_private.h"

static bool is_serial(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return false;
	return true;
}

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

#define CREDIT_COLUMNS                                                                             \
	"SELECT c.id, c.bank_account, c.serial, c.day, c.amount_fen, c.unclaimed_fen,"             \
	"       c.payer_name, c.remark, c.payment_code, c.entered_by, c.entered_at"
#define CREDIT_PAGE                                                                                \
	"(? = 0 OR c.unclaimed_fen > 0) AND (? IS NULL OR c.id < ?) ORDER BY c.id DESC LIMIT ?"

enum {
	BANK_CREDIT_WRITE,
	BANK_CREDIT_LOCK,
	BANK_CREDIT_TAKE,
	BANK_CREDITS_ALL,
	BANK_CREDITS_OF_UNIT,
	CLAIM_WRITE,
	CLAIM_PARTS_WRITE,
	CLAIMS_LIST,
	PARTS_OF_CLAIMS,
	SQL_COUNT
};

static const struct sql sql[] = {
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
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

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
