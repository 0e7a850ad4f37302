/*
 * What the demonstration looks up by names that people know.
 */
#include "demo.h"

static const struct field sku_fields[] = {
	{ "number", KIND_INT, FIELD_AT(demo_sku, number) },
	{ "supplier", KIND_ID, FIELD_AT(demo_sku, supplier) },
	{ "code", KIND_TEXT, FIELD_AT(demo_sku, code) },
	{ "offer", KIND_INT, FIELD_AT(demo_sku, offer) },
};

struct found {
	struct id id;
};
static const struct field found_fields[] = { { "id", KIND_ID, FIELD_AT(found, id) } };

enum { SKUS, TURN_LOCK, TURN, USER_BY_LOGIN, BANK_ACCOUNT_BY_NUMBER, SQL_COUNT };

static const struct sql sql[] = {
	[SKUS] = { "SELECT k.number, k.supplier, k.code, s.offer"
		   "  FROM sku k"
		   "  JOIN stock s ON s.sku = k.number" },
	[TURN_LOCK] = { "SELECT r.id"
			"  FROM sku k"
			"  JOIN product p ON p.id = k.product"
			"  JOIN revision r ON r.id = p.latest"
			" WHERE k.supplier = ? AND k.code = ? AND r.state = 'submitted' FOR "
			"UPDATE" },
	[TURN] = { "UPDATE revision SET state = ?, decided_by = ?, decided_at = ?, reason = ?"
		   " WHERE id = ?" },
	[USER_BY_LOGIN] = { "SELECT id FROM user WHERE login = ?" },
	[BANK_ACCOUNT_BY_NUMBER] = { "SELECT id FROM bank_account WHERE number_index = ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

enum err demo_skus_read(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[SKUS], db_none, sku_fields, COUNT_OF(sku_fields),
		       sizeof(struct demo_sku), arena, out);
}

static enum err find(struct db *db, const struct sql *by, struct value key, struct id *out)
{
	struct found found = { 0 };
	enum err e =
		db_read(db, by, db_values(key), found_fields, COUNT_OF(found_fields), NULL, &found);

	*out = found.id;
	return e;
}

enum err demo_user_read(struct db *db, const char *login, struct id *out)
{
	return find(db, &sql[USER_BY_LOGIN], value_string(login), out);
}

enum err demo_bank_account_read(struct db *db, struct digest index, struct id *out)
{
	return find(db, &sql[BANK_ACCOUNT_BY_NUMBER], value_digest(index.bytes), out);
}

struct turned {
	struct id revision;
	struct text state, reason;
};
static const struct field turned_fields[] = {
	{ "revision", KIND_ID, FIELD_AT(turned, revision) },
	{ "state", KIND_TEXT, FIELD_AT(turned, state) },
	{ "reason", KIND_TEXT, FIELD_AT(turned, reason), .optional = true },
};

enum err demo_turn(struct tx *tx, void *arg)
{
	const struct demo_turn *turn = arg;
	bool returns = turn->reason.at != NULL;
	struct turned turned = { .state = returns ? TEXT("returned") : TEXT("draft"),
				 .reason = turn->reason };
	struct found found = { 0 };
	enum err e = db_read(tx->db, &sql[TURN_LOCK], db_values(turn->supplier, turn->code),
			     found_fields, COUNT_OF(found_fields), NULL, &found);

	turned.revision = found.id;
	if (!e)
		e = db_exec(tx->db, &sql[TURN],
			    db_values(turned.state, returns ? turn->reviewer : NO_ID,
				      value_optional(returns ? tx->now : INT_NONE), turn->reason,
				      found.id));
	return e ? e
		 : audit_event(tx,
			       &(struct audit_note){
				       .kind = returns ? "revision.returned" : "revision.drafted",
				       .object = found.id,
				       .fields = turned_fields,
				       .field_count = COUNT_OF(turned_fields),
				       .after = &turned,
			       });
}
