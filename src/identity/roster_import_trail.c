/*
 * What a roster that is taken over leaves in the trail: beside the import's own event with its
 * counts, one for each unit that was made (with its places), one for each whose name or facts
 * changed, and one for each place of a unit that was there before. Written at once.
 */
#include <stdlib.h>

#include "roster_import.h"

static const struct field placed_fields[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(placement, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(placement, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(placement, since), .optional = true },
};

#define FACT(member) FIELD_AT(unit_state, facts.member)
static const struct field state_fields[] = {
	{ "id", KIND_ID, FIELD_AT(unit_state, id) },
	{ "uscc", KIND_TEXT, FIELD_AT(unit_state, uscc) },
	{ "code", KIND_TEXT, FIELD_AT(unit_state, code) },
	{ "name", KIND_TEXT, FIELD_AT(unit_state, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(unit_state, short_name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(unit_state, is_unit) },
	{ "kind", KIND_TEXT, FACT(kind), .optional = true },
	{ "city", KIND_TEXT, FACT(city), .optional = true },
	{ "region_code", KIND_TEXT, FACT(region_code), .optional = true },
	{ "member_count", KIND_INT, FACT(member_count), .optional = true },
	{ "annual_budget_fen", KIND_FEN, FACT(annual_budget_fen), .optional = true },
	{ "places", KIND_LIST, FIELD_AT(unit_state, places), .of = placed_fields,
	  .of_count = COUNT_OF(placed_fields), .of_size = sizeof(struct placement) },
};

struct trail {
	struct tx *tx;
	const struct roster_reading *reading;
	struct list notes;   /* of struct audit_note */
	struct list created; /* of struct unit_change *, by ids */
};

static enum err note_add(struct trail *trail, struct audit_note note)
{
	struct audit_note *to = list_add(&trail->notes, trail->tx->arena, sizeof(*to));

	if (!to)
		return ERR_MEMORY;
	*to = note;
	return OK;
}

static int compare_created(const void *a, const void *b)
{
	const struct unit_change *left = *(struct unit_change *const *)a;
	const struct unit_change *right = *(struct unit_change *const *)b;

	return id_compare(left->after.id, right->after.id);
}

static enum err created_sort(struct trail *trail, const struct list *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct unit_change *change = LIST_ITEM(*changes, struct unit_change, i);
		struct unit_change **to;

		if (!change->is_new)
			continue;
		to = list_add(&trail->created, trail->tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = change;
	}
	if (trail->created.count)
		qsort(trail->created.at, trail->created.count, sizeof(struct unit_change *),
		      compare_created);
	return OK;
}

static struct unit_change *created_of(const struct trail *trail, struct id unit)
{
	struct unit_change wanted = { .after = { .id = unit } }, *key = &wanted;
	struct unit_change *const *found =
		trail->created.count ? bsearch(&key, trail->created.at, trail->created.count,
					       sizeof(key), compare_created)
				     : NULL;

	return found ? *found : NULL;
}

/* A place of a unit that was there before; what stood last in that hierarchy is what was before. */
static enum err move_note(struct trail *trail, const struct placement *placement)
{
	const struct dated_place *last =
		roster_place_last(trail->reading, placement->hierarchy, placement->unit);
	struct placement *before = NULL;

	if (last) {
		before = arena_take(trail->tx->arena, sizeof(*before));
		if (!before)
			return ERR_MEMORY;
		*before = (struct placement){ .hierarchy = last->hierarchy,
					      .unit = last->unit,
					      .parent = last->parent,
					      .since = last->since == DAY_EVER ? DAY_NONE
									       : last->since };
	}
	return note_add(trail, (struct audit_note){ .kind = "unit.placed",
						    .object = placement->unit,
						    .fields = placed_fields,
						    .field_count = COUNT_OF(placed_fields),
						    .before = before,
						    .after = placement });
}

static enum err place_notes(struct trail *trail, const struct list *placements)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < placements->count; i++) {
		const struct placement *placement = LIST_ITEM(*placements, struct placement, i);
		struct unit_change *created = created_of(trail, placement->unit);
		struct placement *to;

		if (!created) {
			e = move_note(trail, placement);
			continue;
		}
		to = list_add(&created->after.places, trail->tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = *placement;
		if (to->since == DAY_EVER)
			to->since = DAY_NONE;
	}
	return e;
}

static const char *kind_of(const struct unit_change *change)
{
	if (change->is_new)
		return "unit.imported";
	return change->is_renamed_only ? "organisation.renamed" : "unit.changed";
}

static enum err change_notes(struct trail *trail, const struct list *changes)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < changes->count; i++) {
		const struct unit_change *change = LIST_ITEM(*changes, struct unit_change, i);

		e = note_add(trail,
			     (struct audit_note){ .kind = kind_of(change),
						  .object = change->after.id,
						  .fields = state_fields,
						  .field_count = COUNT_OF(state_fields),
						  .before = change->is_new ? NULL : &change->before,
						  .after = &change->after });
	}
	return e;
}

enum err roster_trail(struct tx *tx, const struct roster_reading *reading,
		      const struct list *changes, const struct list *placements,
		      const struct import *import)
{
	struct trail trail = { .tx = tx, .reading = reading };
	enum err e = note_add(&trail, (struct audit_note){ .kind = "import.published",
							   .object = import->id,
							   .fields = import_fields,
							   .field_count = import_field_count,
							   .after = import });

	if (!e)
		e = created_sort(&trail, changes);
	if (!e)
		e = place_notes(&trail, placements);
	if (!e)
		e = change_notes(&trail, changes);
	if (e)
		return e;
	struct id *events = arena_take(tx->arena, trail.notes.count * sizeof(*events));
	if (!events)
		return ERR_MEMORY;
	ids_new(tx->now, events, trail.notes.count);
	events[0] = tx->event;
	return audit_many(tx, events, trail.notes.at, trail.notes.count);
}
