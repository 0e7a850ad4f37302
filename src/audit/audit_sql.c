/*
 * Rows of the trail: written two statements a transaction, whatever the number of events, and read
 * in order for verification. Whoever is nobody (the system) stands in it as the nil UUID, since
 * these columns are never NULL.
 */
#include "audit_private.h"

#define OR_NIL "IFNULL(?, x'00000000000000000000000000000000')"

enum { EVENT_ADD, OUTBOX_ADD, POSITIONS, BEYOND, ASTRAY, WAITING, SQL_COUNT };

static const struct sql sql[] = {
	[EVENT_ADD] = { "INSERT INTO event (id, kind, object, organisation, user, roles, address, "
			"request,"
			"  at, before_state, after_state, mac)"
			" VALUES ",
			"(?, ?, " OR_NIL ", " OR_NIL ", " OR_NIL ", ?, ?, ?, ?, ?, ?, ?)", "" },
	[OUTBOX_ADD] = { "INSERT INTO outbox (event)"
			 " VALUES ",
			 "(?)", "" },
	[POSITIONS] = { "SELECT s.position, s.event, s.chain, " EVENT_COLUMNS "  FROM sequence s"
			"  LEFT JOIN event e ON e.id = s.event"
			" WHERE s.position > ?"
			" ORDER BY s.position"
			" LIMIT ?" },
	[BEYOND] = { "SELECT MIN(s.position)"
		     "  FROM sequencer h"
		     "  JOIN sequence s ON s.position > h.position"
		     " WHERE h.id = 1" },
	[ASTRAY] = { "SELECT e.id"
		     "  FROM event e"
		     "  LEFT JOIN sequence s ON s.event = e.id"
		     "  LEFT JOIN outbox o ON o.event = e.id"
		     " WHERE s.event IS NULL AND o.event IS NULL"
		     " ORDER BY e.id"
		     " LIMIT ?" },
	[WAITING] = { "SELECT o.event, s.position, o.refused_at, " EVENT_COLUMNS "  FROM outbox o"
		      "  LEFT JOIN sequence s ON s.event = o.event"
		      "  LEFT JOIN event e ON e.id = o.event"
		      " WHERE o.event > ?"
		      " ORDER BY o.event"
		      " LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

static const struct field event_fields[] = { EVENT_FIELDS(event, ) };
static const struct field outbox_fields[] = { { "event", KIND_ID, FIELD_AT(event, id) } };
static const struct field positioned_fields[] = {
	{ "position", KIND_INT, FIELD_AT(positioned, position) },
	{ "event", KIND_ID, FIELD_AT(positioned, named) },
	{ "chain", KIND_BYTES, FIELD_AT(positioned, chain) },
	EVENT_FIELDS(positioned, event.),
};
const struct field waiting_fields[] = {
	{ "event", KIND_ID, FIELD_AT(waiting, named) },
	{ "position", KIND_INT, FIELD_AT(waiting, position) },
	{ "refused_at", KIND_INSTANT, FIELD_AT(waiting, refused_at) },
	EVENT_FIELDS(waiting, event.),
};
const size_t waiting_field_count = COUNT_OF(waiting_fields);

enum err events_insert(struct db *db, const struct event *events, size_t count)
{
	enum err e = db_rows(db, &sql[EVENT_ADD], event_fields, COUNT_OF(event_fields), events,
			     count, sizeof(events[0]));

	if (e)
		return e;
	return db_rows(db, &sql[OUTBOX_ADD], outbox_fields, COUNT_OF(outbox_fields), events, count,
		       sizeof(events[0]));
}

enum err positions_each(struct db *db, int64_t after, db_row_fn *fn, void *context)
{
	return db_each(db, &sql[POSITIONS], db_values(after, (int32_t)VERIFY_PAGE),
		       positioned_fields, COUNT_OF(positioned_fields), sizeof(struct positioned),
		       fn, context);
}

enum err positions_beyond(struct db *db, int64_t *first)
{
	return db_number(db, &sql[BEYOND], db_none, first);
}

enum err events_astray(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[ASTRAY], db_values((int32_t)VERDICT_LINES_MAX), outbox_fields,
		       COUNT_OF(outbox_fields), sizeof(struct id), arena, out);
}

enum err waiting_each(struct db *db, struct id after, db_row_fn *fn, void *context)
{
	struct value from = { .kind = VALUE_ID, .as.id = after };

	return db_each(db, &sql[WAITING], db_values(from, (int32_t)VERIFY_PAGE), waiting_fields,
		       waiting_field_count, sizeof(struct waiting), fn, context);
}
