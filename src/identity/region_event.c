/*
 * Designations of counties, dated: one begins on a day from today on and ends with a day from today
 * on, so that what was sold keeps the county as it was designated then. Two of a kind never
 * overlap.
 */
#include "authority.h"
#include "identity_rows.h"
#include "xiangcai/audit.h"

const struct field designation_fields[DESIGNATION_FIELD_COUNT] = {
	{ "kind", KIND_WORD, FIELD_AT(designation, kind), .words = designation_words },
	{ "since", KIND_DAY, FIELD_AT(designation, since) },
	{ "until", KIND_DAY, FIELD_AT(designation, until), .optional = true },
};

static const struct field note_fields[] = {
	{ "county", KIND_TEXT, FIELD_AT(designation, county) },
	{ "kind", KIND_WORD, FIELD_AT(designation, kind), .words = designation_words },
	{ "since", KIND_DAY, FIELD_AT(designation, since) },
	{ "until", KIND_DAY, FIELD_AT(designation, until), .optional = true },
};

/* What overlaps the days from @day on, of a county that exists; a past day is refused. */
static enum err open_ones(struct tx *tx, const struct designation *designation, int32_t day,
			  const char *pointer, struct list *out)
{
	char today[11];
	bool exists;
	enum err e = county_exists(tx->db, designation->county, &exists);

	if (!e && !exists)
		e = ERR_NOT_FOUND;
	if (!e && day < tx->day) {
		fail(tx->problems, ERR_TOO_EARLY, ARG_TEXT(text_of(pointer)),
		     ARG_TEXT(day_format(tx->day, today)));
		e = ERR_REFUSED;
	}
	return e ? e
		 : designations_lock(tx->db, designation->county, designation->kind, day, tx->arena,
				     out);
}

static enum err note(struct tx *tx, const char *kind, const struct designation *before,
		     const struct designation *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = NO_ID,
						     .fields = note_fields,
						     .field_count = COUNT_OF(note_fields),
						     .before = before,
						     .after = after });
}

enum err county_designate(struct tx *tx, void *arg)
{
	struct designation *designation = arg;
	struct list open = { 0 }, one = { .at = designation, .count = 1, .room = 1 };
	enum err e = open_ones(tx, designation, designation->since, "/since", &open);

	if (!e && open.count)
		e = fail(tx->problems, ERR_DESIGNATED, AT("/kind"));
	if (!e)
		e = designations_put(tx->db, &one);
	return e ? e : note(tx, "county.designated", NULL, designation);
}

enum err county_designation_end(struct tx *tx, void *arg)
{
	struct designation *designation = arg;
	struct list open = { 0 };
	enum err e = open_ones(tx, designation, designation->until, "/until", &open);

	if (e)
		return e;
	for (size_t i = 0; i < open.count; i++) {
		struct designation before = *LIST_ITEM(open, struct designation, i);

		if (before.since > designation->until)
			continue;
		designation->since = before.since;
		e = designation_end(tx->db, designation);
		return e ? e : note(tx, "county.designation_ended", &before, designation);
	}
	return fail(tx->problems, ERR_NOT_DESIGNATED, AT("/until"));
}
