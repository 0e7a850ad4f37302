/*
 * What was planned for organisations comes to pass: the names that begin, the ends that have come.
 * Each is an event of its own under a key of its own, so that the run of a day may be broken off
 * and done again, and days that were left out are made up for by the next one.
 */
#include "organisation_rows.h"

enum { DUE_MAX = 200 };

/* The two states of one end. */
struct end_event {
	struct id id;
	int32_t status, ended_on;
	struct id successor;
};
static const struct field end_event_fields[] = {
	{ "id", KIND_ID, FIELD_AT(end_event, id) },
	{ "status", KIND_WORD, FIELD_AT(end_event, status), .words = status_words },
	{ "ended_on", KIND_DAY, FIELD_AT(end_event, ended_on), .optional = true },
	{ "successor", KIND_ID, FIELD_AT(end_event, successor), .optional = true },
};

static const struct field name_event_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(name_row, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(name_row, short_name) },
	{ "since", KIND_DAY, FIELD_AT(name_row, since), .optional = true },
};

/* As it stands until now, locked. */
static enum err standing_read(struct tx *tx, struct id id, struct organisation_row *out)
{
	static const struct scope nothing = { .kind = SCOPE_NONE };

	return organisation_read(tx->db, id, id, &nothing, true, tx->arena, out);
}

static enum err name_apply(struct tx *tx, void *arg)
{
	const struct name_row *name = arg;
	struct organisation_row row;
	enum err e = standing_read(tx, name->organisation, &row);

	if (e)
		return e;
	const struct name_row before = { row.id, row.name, row.short_name, DAY_NONE };
	e = organisation_rename(tx->db, name->organisation, name->name, name->short_name);
	if (!e)
		e = name_mark(tx->db, name);
	if (e)
		return e;
	if (!db_affected(tx->db))
		return ERR_CONFLICT; /* another name of the day was said meanwhile */
	return audit_event(tx, &(struct audit_note){ .kind = "organisation.renamed",
						     .object = name->organisation,
						     .fields = name_event_fields,
						     .field_count = COUNT_OF(name_event_fields),
						     .before = &before,
						     .after = name });
}

/* Whoever oversaw by what was merged does so by its successor; each such authority has its event,
 * beside @own of the end. */
static enum err end_note(struct tx *tx, const struct organisation_row *row,
			 const struct audit_note *own)
{
	struct list scopes = { 0 }, notes = { 0 }, events = { 0 };
	struct audit_note *note = list_add(&notes, tx->arena, sizeof(*note));
	struct id *event = list_add(&events, tx->arena, sizeof(*event));
	enum err e = OK;

	if (!note || !event)
		return ERR_MEMORY;
	*note = *own;
	*event = tx->event;
	if (!id_is_none(row->successor))
		e = scopes_of_root(tx->db, row->id, tx->arena, &scopes);
	for (size_t i = 0; !e && i < scopes.count; i++) {
		const struct passed_scope *before = LIST_ITEM(scopes, struct passed_scope, i);
		struct passed_scope *after = arena_take(tx->arena, sizeof(*after));

		note = list_add(&notes, tx->arena, sizeof(*note));
		event = list_add(&events, tx->arena, sizeof(*event));
		if (!after || !note || !event)
			return ERR_MEMORY;
		*after = *before;
		after->root = row->successor;
		*event = id_new(tx->now);
		*note = (struct audit_note){ .kind = "authority.changed",
					     .object = before->organisation,
					     .fields = passed_scope_fields,
					     .field_count = passed_scope_field_count,
					     .before = before,
					     .after = after };
	}
	if (!e && scopes.count)
		e = scopes_pass_on(tx->db, row->id, row->successor);
	return e ? e : audit_many(tx, events.at, notes.at, notes.count);
}

static enum err end_apply(struct tx *tx, void *arg)
{
	const struct organisation_row *row = arg;
	const struct end_event event = { row->id, STATUS_ENDED, row->ends_on, row->successor };
	struct organisation_row standing;

	enum err e = standing_read(tx, row->id, &standing);
	if (e)
		return e;
	const struct end_event before = { row->id, standing.status, DAY_NONE, NO_ID };
	e = organisation_end(tx->db, row->id, tx->now);
	if (e)
		return e;
	if (!db_affected(tx->db))
		return ERR_CONFLICT; /* another process was first */
	e = organisation_sessions_end(tx->db, row->id, tx->now);
	if (e)
		return e;
	return end_note(tx, row,
			&(struct audit_note){ .kind = row->is_supplier ? "supplier.ended"
								       : "organisation.ended",
					      .object = row->id,
					      .fields = end_event_fields,
					      .field_count = COUNT_OF(end_event_fields),
					      .before = &before,
					      .after = &event });
}

struct due {
	struct step *step;
	int32_t day;
	int64_t *done;
};

static enum err due_run(const struct due *due, const char *what, struct id id, int32_t since,
			event_fn *fn, void *arg)
{
	struct step *step = due->step;
	bool done_before = false;
	char hex[37], day[11];
	struct text key =
		arena_print(step->arena, "%s:%.*s:%.*s", what, TEXT_FMT(id_format(id, hex)),
			    TEXT_FMT(day_format(since, day)));

	if (!key.at)
		return ERR_MEMORY;
	enum err e = run_step(step, key, fn, arg, &done_before);
	*due->done += !e && !done_before;
	return e == ERR_CONFLICT ? OK : e;
}

static enum err names_begin(const struct due *due, bool *more)
{
	struct list names = { 0 };

	enum err e = names_due(due->step->db, due->day, DUE_MAX, due->step->arena, &names);
	for (size_t i = 0; !e && i < names.count; i++) {
		struct name_row *name = LIST_ITEM(names, struct name_row, i);

		e = due_run(due, "name", name->organisation, name->since, name_apply, name);
	}
	*more |= names.count == DUE_MAX;
	return e;
}

static enum err ends_come(const struct due *due, bool *more)
{
	struct list ends = { 0 };

	enum err e = ends_due(due->step->db, due->day, DUE_MAX, due->step->arena, &ends);
	for (size_t i = 0; !e && i < ends.count; i++) {
		struct organisation_row *row = LIST_ITEM(ends, struct organisation_row, i);

		e = due_run(due, "end", row->id, row->ends_on, end_apply, row);
	}
	*more |= ends.count == DUE_MAX;
	return e;
}

enum err organisations_day(struct step *step, int32_t day, int64_t *done)
{
	const struct due due = { step, day, done };
	bool more;
	enum err e;

	do {
		more = false;
		e = names_begin(&due, &more);
		if (!e)
			e = ends_come(&due, &more);
	} while (!e && more);
	return e;
}
