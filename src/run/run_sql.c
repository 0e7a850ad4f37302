/*
 * The keys of transactions: the statements by which every write happens once. A key's row is the
 * first that its transaction inserts and the last that it completes, so that whoever finds it
 * committed finds the reply with it.
 */
#include "run_private.h"

enum {
	KEY_INSERT,
	KEY_READ,
	KEY_STORE,
	KEYS_INSERT,
	KEYS_STORE,
	KEYS_PURGE,
	REPLIES_SCRUB,
	PING,
	SQL_COUNT
};

static const struct sql sql[] = {
	[KEY_INSERT] = { "INSERT IGNORE INTO idempotency"
			 "  (organisation, idempotency_key, digest, created_at)"
			 " VALUES (?, ?, ?, ?)"
			 " RETURNING 1" },
	[KEY_READ] = { "SELECT digest, status, reply, location"
		       "  FROM idempotency"
		       " WHERE organisation = ? AND idempotency_key = ?"
		       "  LOCK IN SHARE MODE" },
	[KEY_STORE] = { "UPDATE idempotency"
			"   SET status = ?, reply = ?, location = ?"
			" WHERE organisation = ? AND idempotency_key = ?" },
	[KEYS_INSERT] = { "INSERT IGNORE INTO idempotency"
			  "  (organisation, idempotency_key, digest, created_at)"
			  " VALUES ",
			  "(?, ?, ?, ?)", " RETURNING organisation, idempotency_key" },
	[KEYS_STORE] = { "INSERT INTO idempotency"
			 "  (organisation, idempotency_key, digest, created_at, status, reply, "
			 "location)"
			 " VALUES ",
			 "(?, ?, ?, ?, ?, ?, ?)",
			 " ON DUPLICATE KEY UPDATE"
			 "   status = VALUES(status), reply = VALUES(reply), location = "
			 "VALUES(location)" },
	[KEYS_PURGE] = { "DELETE FROM idempotency"
			 " WHERE created_at < ?"
			 " ORDER BY created_at"
			 " LIMIT 1000" },
	[REPLIES_SCRUB] = { "UPDATE idempotency"
			    "   SET reply = REPLACE(reply, ?, ?)"
			    " WHERE status IS NOT NULL AND INSTR(reply, ?) > 0" },
	[PING] = { "SELECT 1" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

#define KEY_FIELD(member, field_kind)                                                              \
	{                                                                                          \
#member, field_kind, FIELD_AT(key_row, member), .optional = true                   \
	}

static const struct field insert_fields[] = {
	KEY_FIELD(organisation, KIND_BYTES),
	{ "idempotency_key", KIND_TEXT, FIELD_AT(key_row, key) },
	KEY_FIELD(digest, KIND_BYTES),
	KEY_FIELD(created_at, KIND_INSTANT),
};

static const struct field store_fields[] = {
	KEY_FIELD(organisation, KIND_BYTES),
	{ "idempotency_key", KIND_TEXT, FIELD_AT(key_row, key) },
	KEY_FIELD(digest, KIND_BYTES),
	KEY_FIELD(created_at, KIND_INSTANT),
	KEY_FIELD(status, KIND_INT),
	KEY_FIELD(reply, KIND_BYTES),
	KEY_FIELD(location, KIND_TEXT),
};

static const struct field read_fields[] = {
	KEY_FIELD(digest, KIND_BYTES),
	KEY_FIELD(status, KIND_INT),
	KEY_FIELD(reply, KIND_BYTES),
	KEY_FIELD(location, KIND_TEXT),
};

static const struct field taken_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(key_row, owner), .optional = true },
	{ "idempotency_key", KIND_TEXT, FIELD_AT(key_row, key) },
};

void key_row_of(struct key_row *row, const struct id *organisation, struct text key,
		const struct digest *digest, int64_t now)
{
	*row = (struct key_row){
		.owner = *organisation,
		.organisation = { (const char *)organisation->bytes, sizeof(organisation->bytes) },
		.key = key,
		.digest = { (const char *)digest->bytes, sizeof(digest->bytes) },
		.created_at = now,
		.status = INT_NONE,
	};
}

enum err key_insert(struct db *db, const struct key_row *row, bool *taken)
{
	int64_t one;

	enum err e = db_number(db, &sql[KEY_INSERT],
			       db_values(value_bytes(row->organisation), row->key,
					 value_bytes(row->digest), row->created_at),
			       &one);
	*taken = !e;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err key_read(struct db *db, const struct key_row *row, struct arena *arena,
		  struct key_row *out)
{
	return db_read(db, &sql[KEY_READ], db_values(value_bytes(row->organisation), row->key),
		       read_fields, COUNT_OF(read_fields), arena, out);
}

enum err key_store(struct db *db, const struct key_row *row)
{
	return db_exec(db, &sql[KEY_STORE],
		       db_values(row->status, value_bytes(row->reply), row->location,
				 value_bytes(row->organisation), row->key));
}

enum err keys_insert(struct db *db, const struct key_row *rows, size_t count, struct arena *arena,
		     struct list *taken)
{
	return db_rows_returning(db, &sql[KEYS_INSERT], insert_fields, COUNT_OF(insert_fields),
				 rows, count, sizeof(*rows), taken_fields, COUNT_OF(taken_fields),
				 sizeof(*rows), arena, taken);
}

enum err keys_store(struct db *db, const struct key_row *rows, size_t count)
{
	return db_rows(db, &sql[KEYS_STORE], store_fields, COUNT_OF(store_fields), rows, count,
		       sizeof(*rows));
}

enum err replies_scrub(struct db *db, struct text from, struct text to)
{
	struct value was = value_bytes(from);

	return db_exec(db, &sql[REPLIES_SCRUB], db_values(was, value_bytes(to), was));
}

enum err keys_purge(struct db *db, int64_t before, uint64_t *count)
{
	enum err e = db_exec(db, &sql[KEYS_PURGE], db_values(before));

	*count = e ? 0 : db_affected(db);
	return e;
}

enum err database_ping(struct db *db)
{
	int64_t one;

	return db_number(db, &sql[PING], db_none, &one);
}
