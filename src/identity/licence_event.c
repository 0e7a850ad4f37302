/*
 * The events of licences: handed in, accepted or refused, noticed, expired. What a licence does to
 * its supplier's selling is decided here, in the same transaction: the supplier's goods follow by
 * the consequence of `supplier.suspended` and `supplier.resumed`.
 */
#include "licence.h"

static const struct field trail_fields[] = {
	{ "organisation", KIND_ID, FIELD_AT(licence, organisation) },
	{ "kind", KIND_WORD, FIELD_AT(licence, kind), .words = licence_kind_words },
	{ "number", KIND_TEXT, FIELD_AT(licence, number), .optional = true },
	{ "file", KIND_ID, FIELD_AT(licence, file) },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence, state), .words = licence_words },
	{ "noticed", KIND_INT, FIELD_AT(licence, noticed), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(licence, reason), .optional = true },
};

static struct audit_note note_of(const char *kind, const struct licence *before,
				 const struct licence *after)
{
	return (struct audit_note){ .kind = kind,
				    .object = after->id,
				    .fields = trail_fields,
				    .field_count = COUNT_OF(trail_fields),
				    .before = before,
				    .after = after };
}

/* ---- standing ---- */

struct standing {
	struct id supplier;
	bool suspended;
};
static const struct field standing_fields[] = {
	{ "supplier", KIND_ID, FIELD_AT(standing, supplier) },
	{ "suspended", KIND_BOOL, FIELD_AT(standing, suspended) },
};

/*
 * Brings the supplier's suspension in line with its licences, and writes @note, with the change
 * where there is one. Whoever is no supplier has nothing to suspend.
 */
static enum err settle_standing(struct tx *tx, struct id organisation,
				const struct audit_note *note)
{
	struct list licences = { 0 };
	struct standing before = { organisation, false }, after = before;
	enum err e = supplier_lock(tx->db, organisation, &before.suspended);

	if (e == ERR_NOT_FOUND)
		return audit_event(tx, note);
	if (!e)
		e = licences_standing(tx->db, tx->arena, organisation, &licences);
	if (e)
		return e;
	after.suspended = licences_lapsed(&licences);
	if (after.suspended == before.suspended)
		return audit_event(tx, note);
	e = supplier_suspend(tx->db, organisation, after.suspended, tx->now);
	if (e)
		return e;
	const struct id events[] = { tx->event, id_new(tx->now) };
	const struct audit_note notes[] = {
		*note,
		{ .kind = after.suspended ? "supplier.suspended" : "supplier.resumed",
		  .object = organisation,
		  .fields = standing_fields,
		  .field_count = COUNT_OF(standing_fields),
		  .before = &before,
		  .after = &after },
	};
	return audit_many(tx, events, notes, COUNT_OF(notes));
}

/* ---- handed in ---- */

static enum err check_licence(struct tx *tx, const struct licence *licence)
{
	struct text media;
	enum err e = file_media_of(tx->db, tx->arena, licence->file, licence->organisation, &media);

	if (e && e != ERR_NOT_FOUND)
		return e;
	if (e)
		fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/file"));
	else if (!licence_media_is_taken(arena_string(tx->arena, media)))
		fail(tx->problems, ERR_DOCUMENT_TYPE, AT("/file"));
	if (licence->expires_on == DAY_NONE && licence_kinds[licence->kind].must_end)
		fail(tx->problems, ERR_REQUIRED, AT("/expires_on"));
	else if (licence->expires_on != DAY_NONE && licence->expires_on < tx->day)
		fail(tx->problems, ERR_LICENCE_OVER, AT("/expires_on"));
	return tx->problems->items.count ? ERR_REFUSED : OK;
}

enum err licence_submit(struct tx *tx, void *arg)
{
	struct licence *licence = arg;
	const struct audit_note note = note_of("licence.pending", NULL, licence);
	enum err e = check_licence(tx, licence);

	if (!e)
		e = licence_insert(tx->db, licence);
	if (!e) /* with the organisation's name */
		e = licence_lock(tx->db, tx->arena, licence->id, licence);
	return e ? e : audit_event(tx, &note);
}

/* ---- decided ---- */

enum err licence_in_scope(struct db *db, const struct scope *scope, struct id organisation,
			  bool *within)
{
	enum err e = scope_covers_supplier(db, scope, organisation, within);

	return e || *within ? e : scope_covers_unit(db, scope, organisation, within);
}

static enum err lock_in_scope(struct tx *tx, struct id id, struct licence *out)
{
	bool within = false;
	enum err e = licence_lock(tx->db, tx->arena, id, out);

	if (!e)
		e = licence_in_scope(tx->db, &tx->actor->scope, out->organisation, &within);
	if (e)
		return e;
	return within ? OK : ERR_NOT_FOUND;
}

static enum err check_decision(struct tx *tx, const struct licence_decision *decision,
			       const struct licence *licence)
{
	if (licence->state != LICENCE_PENDING)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(licence_words[licence->state])));
	if (id_equal(licence->submitted_by, tx->actor->user))
		return ERR_SAME_PERSON;
	if (decision->verdict && !text_trim(decision->reason).size)
		fail(tx->problems, ERR_REQUIRED, AT("/reason"));
	else if (!decision->verdict && licence->expires_on != DAY_NONE &&
		 licence->expires_on < tx->day)
		fail(tx->problems, ERR_LICENCE_OVER, AT(""));
	return tx->problems->items.count ? ERR_REFUSED : OK;
}

enum err licence_decide(struct tx *tx, void *arg)
{
	struct licence_decision *decision = arg;
	struct licence before = { .noticed = 0 }, *after = &decision->out;
	bool accepts = decision->verdict == 0;
	enum err e = lock_in_scope(tx, decision->id, &before);

	if (!e)
		e = check_decision(tx, decision, &before);
	if (e)
		return e;
	*after = before;
	after->state = accepts ? LICENCE_VALID : LICENCE_REFUSED;
	after->decided_by = tx->actor->user;
	after->decided_at = tx->now;
	after->reason = decision->reason;
	e = licence_mark(tx->db, after);
	if (!e && accepts)
		e = licences_replace(tx->db, after);
	if (e)
		return e;
	const struct audit_note note =
		note_of(accepts ? "licence.accepted" : "licence.refused", &before, after);
	return accepts ? settle_standing(tx, after->organisation, &note) : audit_event(tx, &note);
}

/* ---- what a day does to them ---- */

enum err licence_notice(struct tx *tx, void *arg)
{
	struct licence_turn *turn = arg;
	struct licence before = { .noticed = 0 }, after;
	enum err e = licence_lock(tx->db, tx->arena, turn->id, &before);

	turn->done = false;
	if (e || before.state != LICENCE_VALID)
		return e;
	after = before;
	after.noticed = licence_threshold(before.expires_on, turn->day, before.noticed);
	if (!after.noticed)
		return OK;
	turn->done = true;
	e = licence_mark(tx->db, &after);
	const struct audit_note note = note_of("licence.expiring", &before, &after);
	return e ? e : audit_event(tx, &note);
}

enum err licence_expire(struct tx *tx, void *arg)
{
	struct licence_turn *turn = arg;
	struct licence before = { .noticed = 0 }, after;
	enum err e = licence_lock(tx->db, tx->arena, turn->id, &before);

	turn->done = false;
	if (e || before.state != LICENCE_VALID || before.expires_on == DAY_NONE ||
	    before.expires_on >= turn->day)
		return e;
	after = before;
	after.state = LICENCE_EXPIRED;
	turn->done = true;
	e = licence_mark(tx->db, &after);
	const struct audit_note note = note_of("licence.expired", &before, &after);
	return e ? e : settle_standing(tx, after.organisation, &note);
}
