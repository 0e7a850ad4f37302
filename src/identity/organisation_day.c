/*
 * What was planned for organisations comes to pass: the names that begin, the ends that have come.
 * Each is an event of its own under a key of its own, so that the run of a day may be broken off
 * and done again, and days that were left out are made up for by the next one.
 */
#include "organisation_rows.h"

enum { DUE_MAX = 200 };

/* The event of one end; @at as noted. */
struct end_event {
	struct id id;
	int32_t ends_on;
	struct id successor;
};
static const struct field end_event_fields[] = {
	{ "id", KIND_ID, FIELD_AT(end_event, id) },
	{ "ends_on", KIND_DAY, FIELD_AT(end_event, ends_on) },
	{ "successor", KIND_ID, FIELD_AT(end_event, successor), .optional = true },
};

static const struct field name_event_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(name_row, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(name_row, short_name) },
	{ "since", KIND_DAY, FIELD_AT(name_row, since) },
};

static enum err name_apply(struct tx *tx, void *arg)
{
	const struct name_row *name = arg;

	enum err e = organisation_rename(tx->db, name->organisation, name->name, name->short_name);
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
						     .after = name });
}

static enum err end_apply(struct tx *tx, void *arg)
{
	const struct organisation_row *row = arg;
	const struct end_event event = { row->id, row->ends_on, row->successor };

	enum err e = organisation_end(tx->db, row->id, tx->now);
	if (e)
		return e;
	if (!db_affected(tx->db))
		return ERR_CONFLICT; /* another process was first */
	if (!id_is_none(row->successor))
		e = scopes_pass_on(tx->db, row->id, row->successor);
	if (!e)
		e = organisation_sessions_end(tx->db, row->id, tx->now);
	if (e)
		return e;
	return audit_event(tx,
			   &(struct audit_note){ .kind = row->is_supplier ? "supplier.ended"
									  : "organisation.ended",
						 .object = row->id,
						 .fields = end_event_fields,
						 .field_count = COUNT_OF(end_event_fields),
						 .after = &event });
}

static enum err due_run(struct step *step, const char *what, struct id id, int32_t since,
			event_fn *fn, void *arg)
{
	char hex[37], day[11];
	struct text key =
		arena_print(step->arena, "%s:%.*s:%.*s", what, TEXT_FMT(id_format(id, hex)),
			    TEXT_FMT(day_format(since, day)));

	if (!key.at)
		return ERR_MEMORY;
	enum err e = run_step(step, key, fn, arg, NULL);
	return e == ERR_CONFLICT ? OK : e;
}

static enum err names_begin(struct step *step, int32_t day, bool *more)
{
	struct list names = { 0 };

	enum err e = names_due(step->db, day, DUE_MAX, step->arena, &names);
	for (size_t i = 0; !e && i < names.count; i++) {
		struct name_row *name = LIST_ITEM(names, struct name_row, i);

		e = due_run(step, "name", name->organisation, name->since, name_apply, name);
	}
	*more |= names.count == DUE_MAX;
	return e;
}

static enum err ends_come(struct step *step, int32_t day, bool *more)
{
	struct list ends = { 0 };

	enum err e = ends_due(step->db, day, DUE_MAX, step->arena, &ends);
	for (size_t i = 0; !e && i < ends.count; i++) {
		struct organisation_row *row = LIST_ITEM(ends, struct organisation_row, i);

		e = due_run(step, "end", row->id, row->ends_on, end_apply, row);
	}
	*more |= ends.count == DUE_MAX;
	return e;
}

enum err organisations_day(struct step *step, int32_t day)
{
	bool more;
	enum err e;

	do {
		more = false;
		e = names_begin(step, day, &more);
		if (!e)
			e = ends_come(step, day, &more);
	} while (!e && more);
	return e;
}
