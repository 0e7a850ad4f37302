/*
 * The events of a statement: prepared by one reconciler, confirmed by the supplier, released and
 * sealed by another reconciler. Collecting is set-based: an accepted line is in at most one
 * statement because its row there is unique.
 */
#include "settlement_private.h"

static enum err note(struct tx *tx, const char *kind, const struct statement *before,
		     const struct statement *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = after->id,
						     .fields = statement_fields,
						     .field_count = statement_field_count,
						     .before = before,
						     .after = after });
}

enum err statement_prepare(struct tx *tx, void *arg)
{
	struct statement *statement = arg;

	if (statement->month > tx->day)
		return day_fault(tx, AT("/month"));
	enum err e = stated_supplier_lock(tx->db, statement->supplier);
	if (e == ERR_NOT_FOUND)
		return fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/supplier"));
	if (e)
		return e;
	e = statement_lines_collect(tx->db, statement);
	if (e)
		return e;
	e = statement_sums(tx->db, statement);
	if (e)
		return e;
	if (!statement->line_count)
		return ERR_NOTHING_TO_STATE;
	statement->state = STATEMENT_PREPARED;
	statement->prepared_by = tx->actor->user;
	statement->prepared_at = tx->now;
	e = statement_write(tx->db, statement);
	if (!e)
		e = balances_state(tx->db, statement->id);
	return e ? e : note(tx, "statement.prepared", NULL, statement);
}

enum err statement_confirm(struct tx *tx, void *arg)
{
	struct statement *statement = arg, before;

	enum err e = statement_lock(tx->db, statement->id, tx->arena, &before);
	if (e)
		return e;
	if (!id_equal(before.supplier, tx->actor->organisation))
		return ERR_NOT_FOUND;
	e = statement_step(before.state, STATEMENT_CONFIRMED, tx->problems);
	if (e)
		return e;
	*statement = before;
	statement->state = STATEMENT_CONFIRMED;
	statement->confirmed_by = tx->actor->user;
	statement->confirmed_at = tx->now;
	e = statement_move(tx->db, statement);
	return e ? e : note(tx, "statement.confirmed", &before, statement);
}

enum err statement_seal(struct db *db, struct id statement, struct arena *arena, struct digest *out)
{
	struct list lines = { 0 };
	struct buffer csv = { 0 };

	enum err e = statement_lines_read(db, statement, 0, INT64_MAX, arena, &lines);
	if (e)
		return e;
	statement_csv(&csv, &lines);
	*out = sm3(buffer_text(&csv));
	e = csv.failed ? ERR_MEMORY : OK;
	buffer_free(&csv);
	return e;
}

static enum err seal(struct tx *tx, struct statement *statement)
{
	struct digest digest;

	enum err e = statement_seal(tx->db, statement->id, tx->arena, &digest);
	if (e)
		return e;
	statement->digest =
		arena_text(tx->arena, (struct text){ (const char *)digest.bytes, DIGEST_SIZE });
	return statement->digest.at ? OK : ERR_MEMORY;
}

enum err statement_release(struct tx *tx, void *arg)
{
	struct statement *statement = arg, before;

	enum err e = statement_lock(tx->db, statement->id, tx->arena, &before);
	if (e)
		return e;
	e = statement_step(before.state, STATEMENT_RELEASED, tx->problems);
	if (e)
		return e;
	if (id_equal(before.prepared_by, tx->actor->user))
		return ERR_SAME_PERSON;
	*statement = before;
	statement->state = STATEMENT_RELEASED;
	statement->released_by = tx->actor->user;
	statement->released_at = tx->now;
	e = statement_held(tx->db, statement->id, &statement->held_fen);
	if (!e)
		e = balances_settle(tx->db, statement->id);
	if (!e)
		e = settled_movements_insert(tx, statement->id);
	/* the one plain read: behind the contended rows, where its snapshot costs nothing */
	if (!e)
		e = seal(tx, statement);
	if (!e)
		e = statement_move(tx->db, statement);
	return e ? e : note(tx, "statement.released", &before, statement);
}
