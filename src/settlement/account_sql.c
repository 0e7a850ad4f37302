/*
 * Accounts in the database: those that a bank supervises, and those that suppliers are paid to.
 * Their numbers stand there sealed, with an index beside them where no two may be the same.
 */
#include "settlement_private.h"

bool is_account_number(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

const struct field bank_account_fields[] = {
	{ "id", KIND_ID, FIELD_AT(bank_account, id), .only = OUT | ROW },
	{ "name", KIND_TEXT, FIELD_AT(bank_account, name), .min = 1, .max = 60 },
	{ "bank", KIND_TEXT, FIELD_AT(bank_account, bank), .min = 1, .max = 60 },
	{ "number", KIND_TEXT, FIELD_AT(bank_account, number), .only = IN, .secret = true, .min = 8,
	  .max = 34, .check = is_account_number },
	{ "number_masked", KIND_TEXT, FIELD_AT(bank_account, number_masked), .only = OUT },
	{ "number_sealed", KIND_BYTES, FIELD_AT(bank_account, number_sealed), .only = ROW,
	  .secret = true },
	{ "number_index", KIND_BYTES, FIELD_AT(bank_account, number_index), .only = ROW,
	  .secret = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(bank_account, created_at), .only = OUT | ROW },
};
const size_t bank_account_field_count = COUNT_OF(bank_account_fields);

static const struct field unsealed_fields[] = {
	{ "id", KIND_ID, FIELD_AT(bank_account, id) },
	{ "number", KIND_TEXT, FIELD_AT(bank_account, number), .secret = true },
};

const struct field supplier_account_fields[] = {
	{ "id", KIND_ID, FIELD_AT(supplier_account, id), .only = OUT | ROW },
	{ "supplier", KIND_ID, FIELD_AT(supplier_account, supplier), .only = OUT | ROW },
	{ "holder", KIND_TEXT, FIELD_AT(supplier_account, holder), .min = 1, .max = 120 },
	{ "bank", KIND_TEXT, FIELD_AT(supplier_account, bank), .min = 1, .max = 120 },
	{ "number", KIND_TEXT, FIELD_AT(supplier_account, number), .only = IN, .secret = true,
	  .min = 8, .max = 34, .check = is_account_number },
	{ "number_masked", KIND_TEXT, FIELD_AT(supplier_account, number_masked), .only = OUT },
	{ "number_sealed", KIND_BYTES, FIELD_AT(supplier_account, number_sealed), .only = ROW,
	  .secret = true },
	{ "version", KIND_INT, FIELD_AT(supplier_account, version), .only = OUT | ROW },
	{ "created_at", KIND_INSTANT, FIELD_AT(supplier_account, created_at), .only = OUT | ROW },
	{ "changed_at", KIND_INSTANT, FIELD_AT(supplier_account, changed_at), .only = OUT | ROW },
};
const size_t supplier_account_field_count = COUNT_OF(supplier_account_fields);

const struct sealed_column settlement_sealed[] = {
	SEALED_COLUMN("bank_account", "id", "number_sealed"),
	SEALED_COLUMN("supplier_account", "id", "number_sealed"),
};
const size_t settlement_sealed_count = COUNT_OF(settlement_sealed);

#define SUPPLIER_ACCOUNT_COLUMNS                                                                   \
	"SELECT t.id, t.supplier, t.holder, t.bank, t.number_sealed, t.version, t.created_at,"     \
	"       t.changed_at"                                                                      \
	"  FROM supplier_account t"
#define OWN      " WHERE t.supplier = ?"
#define PLATFORM " WHERE ? IS NULL"
#define COUNTY   " WHERE t.supplier IN (SELECT w.organisation FROM supplier w WHERE w.county = ?)"
#define PAGE     " AND (? IS NULL OR t.id < ?) ORDER BY t.id DESC LIMIT ?"

enum sight { SIGHT_OWN, SIGHT_PLATFORM, SIGHT_COUNTY, SIGHT_COUNT };

static const struct sql supplier_account_lists[SIGHT_COUNT] = {
	[SIGHT_OWN] = { SUPPLIER_ACCOUNT_COLUMNS OWN PAGE },
	[SIGHT_PLATFORM] = { SUPPLIER_ACCOUNT_COLUMNS PLATFORM PAGE },
	[SIGHT_COUNTY] = { SUPPLIER_ACCOUNT_COLUMNS COUNTY PAGE },
};
static const struct sql supplier_account_reads[SIGHT_COUNT] = {
	[SIGHT_OWN] = { SUPPLIER_ACCOUNT_COLUMNS OWN " AND t.id = ?" },
	[SIGHT_PLATFORM] = { SUPPLIER_ACCOUNT_COLUMNS PLATFORM " AND t.id = ?" },
	[SIGHT_COUNTY] = { SUPPLIER_ACCOUNT_COLUMNS COUNTY " AND t.id = ?" },
};

enum {
	BANK_ACCOUNT_WRITE,
	BANK_ACCOUNT_EXISTS,
	BANK_ACCOUNT_READ,
	BANK_ACCOUNTS_LIST,
	BANK_ACCOUNTS_UNSEALED,
	BANK_ACCOUNT_CONVERT,
	SUPPLIER_ACCOUNT_WRITE,
	SUPPLIER_ACCOUNT_UPDATE,
	SQL_COUNT
};

static const struct sql sql[] = {
	[BANK_ACCOUNT_WRITE] = { "INSERT INTO bank_account (id, name, bank, number_sealed,"
				 " number_index, created_at) VALUES ",
				 "(?, ?, ?, ?, ?, ?)", "" },
	[BANK_ACCOUNT_EXISTS] = { "SELECT 1 FROM bank_account WHERE id = ? LOCK IN SHARE MODE" },
	[BANK_ACCOUNT_READ] = { "SELECT id, name, bank, number_sealed, number_index, created_at"
				"  FROM bank_account"
				" WHERE id = ?" },
	[BANK_ACCOUNTS_LIST] = { "SELECT id, name, bank, number_sealed, number_index, created_at"
				 "  FROM bank_account"
				 " ORDER BY id LIMIT 200" },
	[BANK_ACCOUNTS_UNSEALED] = { "SELECT id, number"
				     "  FROM bank_account"
				     " WHERE number IS NOT NULL"
				     " ORDER BY id LIMIT 100" },
	[BANK_ACCOUNT_CONVERT] = { "UPDATE bank_account"
				   "   SET number_sealed = ?, number_index = ?, number = NULL"
				   " WHERE id = ? AND number = ?" },
	[SUPPLIER_ACCOUNT_WRITE] = { "INSERT INTO supplier_account (id, supplier, holder, bank,"
				     " number_sealed, version, created_at, changed_at) VALUES ",
				     "(?, ?, ?, ?, ?, ?, ?, ?)", "" },
	[SUPPLIER_ACCOUNT_UPDATE] = { "UPDATE supplier_account"
				      "   SET holder = ?, bank = ?, number_sealed = ?,"
				      "       version = ?, changed_at = ?"
				      " WHERE id = ? AND version = ? - 1" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- supervised accounts ---- */

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

enum err bank_accounts_unsealed(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[BANK_ACCOUNTS_UNSEALED], db_none, unsealed_fields,
		       COUNT_OF(unsealed_fields), sizeof(struct bank_account), arena, out);
}

enum err bank_account_convert(struct db *db, const struct bank_account *account)
{
	return db_exec(db, &sql[BANK_ACCOUNT_CONVERT],
		       db_values(value_bytes(account->number_sealed),
				 value_bytes(account->number_index), account->id, account->number));
}

/* ---- accounts of suppliers ---- */

enum err supplier_account_write(struct db *db, const struct supplier_account *account)
{
	return db_rows(db, &sql[SUPPLIER_ACCOUNT_WRITE], supplier_account_fields,
		       supplier_account_field_count, account, 1, sizeof(*account));
}

enum err supplier_account_update(struct db *db, const struct supplier_account *account)
{
	enum err e = db_exec(db, &sql[SUPPLIER_ACCOUNT_UPDATE],
			     db_values(account->holder, account->bank,
				       value_bytes(account->number_sealed), account->version,
				       account->changed_at, account->id, account->version));
	if (e)
		return e;
	return db_affected(db) == 1 ? OK : ERR_PRECONDITION;
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
	case SCOPE_HIERARCHY: /* sees no supplier, and not as one either */
		*limit = value_null();
		return SIGHT_OWN;
	default:
		*limit = value_id(actor->organisation);
		return SIGHT_OWN;
	}
}

enum err supplier_account_read(struct db *db, const struct actor *actor, struct id id,
			       struct arena *arena, struct supplier_account *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);

	return db_read(db, &supplier_account_reads[sight], db_values(seen, id),
		       supplier_account_fields, supplier_account_field_count, arena, out);
}

enum err supplier_accounts_list(struct db *db, const struct actor *actor, struct id after,
				int64_t limit, struct arena *arena, struct list *out)
{
	struct value seen;
	enum sight sight = sight_of(actor, &seen);

	return db_list(db, &supplier_account_lists[sight], db_values(seen, after, after, limit),
		       supplier_account_fields, supplier_account_field_count,
		       sizeof(struct supplier_account), arena, out);
}
