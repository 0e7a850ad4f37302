/*
 * The event of a roster that is taken over: new units with their places, other names and facts of
 * units that exist, and where they stand from tomorrow on. Sets are written, never rows; what the
 * database has is read again under lock, for it may have changed since the file was judged.
 */
#include <stdlib.h>

#include "roster_import.h"

/* What is to be written, by the lists that statements take. */
struct settling {
	struct tx *tx;
	struct roster_reading *reading;
	struct list known;                   /* of struct known_unit, by uscc */
	struct list organisations, units;    /* new ones */
	struct list renamed, refitted;       /* struct organisation, struct unit: changed ones */
	struct list names_before, names_now; /* of struct dated_name */
	struct list placements;              /* of struct placement */
	struct list changes;                 /* of struct unit_change, for the trail */
	int32_t next_day;                    /* the first on which places that exist may change */
	int64_t created, changed, unchanged;
};

static int compare_uscc(const void *a, const void *b)
{
	return text_compare(((const struct known_unit *)a)->uscc,
			    ((const struct known_unit *)b)->uscc);
}

static const struct known_unit *known_of(const struct settling *s, const struct roster_row *row)
{
	struct known_unit key = { .uscc = row->uscc };

	if (!s->known.count)
		return NULL;
	return bsearch(&key, s->known.at, s->known.count, sizeof(key), compare_uscc);
}

static enum err known_read(struct settling *s, bool locks)
{
	const struct list *rows = &s->reading->rows;
	struct value *codes = arena_take(s->tx->arena, (rows->count + 1) * sizeof(*codes));
	size_t count = 0;
	enum err e;

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < rows->count; i++) {
		const struct roster_row *row = LIST_ITEM(*rows, struct roster_row, i);

		if (roster_row_is_good(row))
			codes[count++] = value_text(row->uscc);
	}
	e = count ? known_by_uscc(s->tx->db, codes, count, locks, s->tx->arena, &s->known) : OK;
	if (!e && s->known.count)
		qsort(s->known.at, s->known.count, sizeof(struct known_unit), compare_uscc);
	return e;
}

static enum err copy_to(struct settling *s, struct list *list, const void *from, size_t size)
{
	char *to = list_add(list, s->tx->arena, size);

	if (!to)
		return ERR_MEMORY;
	for (size_t i = 0; i < size; i++)
		to[i] = ((const char *)from)[i];
	return OK;
}

static enum err unit_settle(struct settling *s, struct list *list, struct id id,
			    const struct unit_facts *facts)
{
	const struct unit unit = { .organisation = id,
				   .kind = facts->kind,
				   .city = facts->city,
				   .region_code = facts->region_code,
				   .member_count = facts->member_count,
				   .annual_budget_fen = facts->annual_budget_fen };

	return copy_to(s, list, &unit, sizeof(unit));
}

static enum err change_keep(struct settling *s, const struct roster_row *row,
			    const struct known_unit *known, bool is_renamed_only)
{
	struct unit_change change = { .is_new = !known,
				      .is_renamed_only = is_renamed_only,
				      .after = { .id = known ? known->id : row->id,
						 .uscc = row->uscc,
						 .code = known ? known->code : row->code,
						 .name = row->name,
						 .short_name = row->short_name,
						 .is_unit = true,
						 .facts = row->facts } };

	if (known)
		change.before = (struct unit_state){ .id = known->id,
						     .uscc = known->uscc,
						     .code = known->code,
						     .name = known->name,
						     .short_name = known->short_name,
						     .is_unit = known->is_unit,
						     .facts = known->facts };
	return copy_to(s, &s->changes, &change, sizeof(change));
}

static enum err row_create(struct settling *s, const struct roster_row *row)
{
	const struct organisation organisation = { .id = row->id,
						   .uscc = row->uscc,
						   .code = row->code,
						   .name = row->name,
						   .short_name = row->short_name,
						   .is_unit = true,
						   .created_at = s->tx->now };
	enum err e = copy_to(s, &s->organisations, &organisation, sizeof(organisation));

	if (!e)
		e = change_keep(s, row, NULL, false);
	s->created++;
	return e ? e : unit_settle(s, &s->units, row->id, &row->facts);
}

static bool facts_equal(const struct unit_facts *a, const struct unit_facts *b)
{
	return text_equal(a->kind, b->kind) && text_equal(a->city, b->city) &&
	       text_equal(a->region_code, b->region_code) && a->member_count == b->member_count &&
	       a->annual_budget_fen == b->annual_budget_fen;
}

static bool name_equal(const struct roster_row *row, const struct known_unit *known)
{
	return text_equal(row->name, known->name) && text_equal(row->short_name, known->short_name);
}

static enum err name_settle(struct settling *s, const struct roster_row *row,
			    const struct known_unit *known)
{
	const struct dated_name before = { known->id, DAY_EVER, known->name, known->short_name,
					   true };
	const struct dated_name now = { known->id, s->tx->day, row->name, row->short_name, true };
	enum err e = copy_to(s, &s->names_before, &before, sizeof(before));

	return e ? e : copy_to(s, &s->names_now, &now, sizeof(now));
}

/* Name, capacity and facts of one that exists; *changed: whether anything differs. */
static enum err row_change(struct settling *s, const struct roster_row *row,
			   const struct known_unit *known, bool *changed)
{
	bool same_name = name_equal(row, known);
	bool same_facts = known->is_unit && facts_equal(&row->facts, &known->facts);
	const struct organisation organisation = { .id = known->id,
						   .uscc = known->uscc,
						   .code = known->code,
						   .name = row->name,
						   .short_name = row->short_name };
	enum err e = OK;

	*changed = !same_name || !same_facts;
	if (!same_name)
		e = name_settle(s, row, known);
	if (!e && *changed)
		e = change_keep(s, row, known, same_facts);
	if (!e && *changed)
		e = copy_to(s, &s->renamed, &organisation, sizeof(organisation));
	if (!e && !same_facts)
		e = unit_settle(s, &s->refitted, known->id, &row->facts);
	return e;
}

/* Whether the place is another than the one that the unit has in the end. */
static bool place_differs(const struct settling *s, const struct roster_place *place,
			  struct id unit)
{
	const struct dated_place *last = roster_place_last(s->reading, place->hierarchy, unit);

	return !last || !id_equal(last->parent, place->parent_id);
}

static enum err place_settle(struct settling *s, const struct roster_place *place,
			     const struct roster_row *row)
{
	/* what this file makes a unit has bought nothing, and may have its place at once */
	bool is_new = !row->known || !row->known->is_unit;
	const struct placement placement = {
		.hierarchy = place->hierarchy,
		.unit = row->id,
		.parent = place->parent_id,
		.since = is_new ? place->since : s->next_day,
		.is_new = is_new,
	};

	return copy_to(s, &s->placements, &placement, sizeof(placement));
}

/* Marks rows whose place moves, in the order of rows. */
static enum err places_settle(struct settling *s, bool *moved)
{
	const struct roster_reading *reading = s->reading;
	enum err e = OK;

	for (size_t i = 0; !e && i < reading->places.count; i++) {
		const struct roster_place *place =
			LIST_ITEM(reading->places, struct roster_place, i);
		const struct roster_row *row =
			LIST_ITEM(reading->rows, struct roster_row, place->row);

		if (!roster_row_is_good(row) || (row->known && !place_differs(s, place, row->id)))
			continue;
		moved[place->row] = true;
		e = place_settle(s, place, row);
	}
	return e;
}

/* One that was made, or given another code, since the file was judged: the file is judged anew by
 * whoever sends it again. */
static bool is_as_judged(const struct roster_row *row, const struct known_unit *known)
{
	if (!row->known)
		return known == NULL;
	return known && id_equal(known->id, row->known->id) && known->status != STATUS_ENDED;
}

static enum err settle(struct settling *s, bool locks)
{
	const struct list *rows = &s->reading->rows;
	bool *moved = arena_take(s->tx->arena, rows->count + 1);
	enum err e = moved ? known_read(s, locks) : ERR_MEMORY;

	if (!e)
		e = places_next_day(s->tx, &s->next_day);
	if (!e)
		e = places_settle(s, moved);
	for (size_t i = 0; !e && i < rows->count; i++) {
		const struct roster_row *row = LIST_ITEM(*rows, struct roster_row, i);
		const struct known_unit *known;
		bool changed = false;

		if (!roster_row_is_good(row))
			continue;
		known = known_of(s, row);
		if (!is_as_judged(row, known))
			return ERR_DB_CONFLICT;
		if (!known) {
			e = row_create(s, row);
			continue;
		}
		e = row_change(s, row, known, &changed);
		if (changed || moved[i])
			s->changed++;
		else
			s->unchanged++;
	}
	return e;
}

/* ---- writing ---- */

static const struct part {
	size_t at;
	enum err (*write)(struct db *db, const struct list *rows);
} parts[] = {
	{ offsetof(struct settling, organisations), organisations_insert },
	{ offsetof(struct settling, units), units_insert },
	{ offsetof(struct settling, names_before), names_keep },
	{ offsetof(struct settling, names_now), names_set },
	{ offsetof(struct settling, renamed), organisations_put },
	{ offsetof(struct settling, refitted), units_put },
};

static enum err place_all(struct settling *s)
{
	struct placement *placements = s->placements.at;
	enum err e = units_place(s->tx, placements, s->placements.count);

	for (size_t i = 0; e == ERR_REFUSED && i < s->placements.count; i++)
		if (placements[i].fault)
			return placements[i].fault;
	return e;
}

static enum err write_all(struct settling *s)
{
	enum err e = OK;

	for (size_t i = 0; !e && i < COUNT_OF(parts); i++) {
		const struct list *rows = (const struct list *)((const char *)s + parts[i].at);

		if (rows->count)
			e = parts[i].write(s->tx->db, rows);
	}
	return !e && s->placements.count ? place_all(s) : e;
}

static void count_to(const struct settling *s, struct import *import)
{
	import->created = s->created;
	import->changed = s->changed;
	import->unchanged = s->unchanged;
}

enum err roster_publish(struct tx *tx, struct import_end *end)
{
	struct settling s = { .tx = tx, .reading = end->rows };
	enum err e = settle(&s, true);

	if (!e)
		e = write_all(&s);
	if (e)
		return e;
	count_to(&s, &end->import);
	return roster_trail(tx, end->rows, &s.changes, &s.placements, &end->import);
}

enum err roster_plan(struct tx *tx, struct import_end *end)
{
	struct settling s = { .tx = tx, .reading = end->rows };
	enum err e = settle(&s, false);

	if (!e)
		count_to(&s, &end->import);
	return e;
}
