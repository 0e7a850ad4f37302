/*
 * Statements of the sequencer. Reading what waits is a plain SELECT outside any transaction, so it
 * never meets the locks of the events that are just being written. Rows leave the outbox by a join
 * from the places just given: each is found by its key, where a list of keys might be answered by a
 * scan that locks the rows of others.
 */
#include "audit_private.h"

enum {
	OUTBOX_NEXT,
	OUTBOX_REFUSE,
	OUTBOX_LAST,
	OUTBOX_WAITS,
	OUTBOX_DELETE,
	HEAD_READ,
	HEAD_LOCK,
	HEAD_MOVE,
	SEQUENCE_ADD,
	SQL_COUNT
};

static const struct sql sql[] = {
	[OUTBOX_NEXT] = { "SELECT o.event, s.position, o.refused_at, " EVENT_COLUMNS
			  "  FROM outbox o"
			  "  LEFT JOIN sequence s ON s.event = o.event"
			  "  LEFT JOIN event e ON e.id = o.event"
			  " WHERE o.refused_at IS NULL"
			  " ORDER BY o.event"
			  " LIMIT ?" },
	[OUTBOX_REFUSE] = { "UPDATE outbox"
			    "   SET refused_at = ?"
			    " WHERE event IN (",
			    "?", ")" },
	[OUTBOX_LAST] = { "SELECT event"
			  "  FROM outbox"
			  " WHERE refused_at IS NULL"
			  " ORDER BY event DESC"
			  " LIMIT 1" },
	[OUTBOX_WAITS] = { "SELECT EXISTS (SELECT 1"
			   "  FROM outbox"
			   " WHERE event <= ? AND refused_at IS NULL)" },
	[OUTBOX_DELETE] = { "DELETE o"
			    "  FROM sequence s"
			    "  STRAIGHT_JOIN outbox o ON o.event = s.event"
			    " WHERE s.position BETWEEN ? AND ?" },
	[HEAD_READ] = { "SELECT position, chain"
			"  FROM sequencer"
			" WHERE id = 1" },
	[HEAD_LOCK] = { "SELECT position, chain"
			"  FROM sequencer"
			" WHERE id = 1"
			"   FOR UPDATE" },
	[HEAD_MOVE] = { "UPDATE sequencer"
			"   SET position = ?, chain = ?"
			" WHERE id = 1" },
	[SEQUENCE_ADD] = { "INSERT INTO sequence (position, event, chain)"
			   " VALUES ",
			   "(?, ?, ?)", "" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field head_fields[] = {
	{ "position", KIND_INT, FIELD_AT(head, position) },
	{ "chain", KIND_BYTES, FIELD_AT(head, chain) },
};
static const struct field sequence_fields[] = {
	{ "position", KIND_INT, FIELD_AT(sequence_row, position) },
	{ "event", KIND_ID, FIELD_AT(sequence_row, event) },
	{ "chain", KIND_BYTES, FIELD_AT(sequence_row, chain) },
};
static const struct field last_fields[] = { { "event", KIND_ID, 0 } };

enum err outbox_each(struct db *db, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[OUTBOX_NEXT], db_values((int32_t)SEQUENCE_STEP_MAX), waiting_fields,
		       waiting_field_count, sizeof(struct waiting), fn, context);
}

enum err outbox_refuse(struct db *db, const struct value *events, size_t count, int64_t now)
{
	return db_list_in(db, &sql[OUTBOX_REFUSE], db_values(now), events, count, db_none, NULL, 0,
			  0, NULL, NULL);
}

enum err outbox_last(struct db *db, struct arena *arena, struct id *out)
{
	return db_read(db, &sql[OUTBOX_LAST], db_none, last_fields, COUNT_OF(last_fields), arena,
		       out);
}

enum err outbox_waits(struct db *db, struct id last, bool *waits)
{
	int64_t exists = 0;
	enum err e = db_number(db, &sql[OUTBOX_WAITS], db_values(last), &exists);

	*waits = exists != 0;
	return e;
}

enum err outbox_delete(struct db *db, int64_t first, int64_t last)
{
	enum err e = db_exec(db, &sql[OUTBOX_DELETE], db_values(first, last));

	if (e)
		return e;
	return db_affected(db) == (uint64_t)(last - first + 1) ? OK : ERR_CONFLICT;
}

static enum err head_by(struct db *db, const struct sql *text, struct arena *arena,
			struct head *out)
{
	enum err e = db_read(db, text, db_none, head_fields, COUNT_OF(head_fields), arena, out);

	if (e)
		return e == ERR_NOT_FOUND ? ERR_DB_BROKEN : e;
	return out->chain.size == DIGEST_SIZE ? OK : ERR_DB_BROKEN;
}

enum err sequence_head_read(struct db *db, struct arena *arena, struct head *out)
{
	return head_by(db, &sql[HEAD_READ], arena, out);
}

enum err head_lock(struct db *db, struct arena *arena, struct head *out)
{
	return head_by(db, &sql[HEAD_LOCK], arena, out);
}

enum err head_move(struct db *db, int64_t position, struct text chain)
{
	return db_exec(db, &sql[HEAD_MOVE], db_values(position, value_bytes(chain)));
}

enum err sequence_insert(struct db *db, const struct sequence_row *rows, size_t count)
{
	return db_rows(db, &sql[SEQUENCE_ADD], sequence_fields, COUNT_OF(sequence_fields), rows,
		       count, sizeof(rows[0]));
}
