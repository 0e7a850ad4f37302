/*
 * The business events that load many rows: rosters of organisations, and the counties.
 *
 * A roster may name organisations that are there already. Their codes are looked up first: what
 * belongs to them is left out, and where other rows refer to them, the id of the database is put in
 * place of the roster's.
 */
#include "identity_rows.h"

#include <stdlib.h>
#include <string.h>

const char *const designation_words[] = { "assisted", "national_key", NULL };

/* ---- rosters ---- */

struct loaded {
	int64_t organisations, units, places, suppliers, authorities;
};

static const struct field loaded_fields[] = {
	{ "organisations", KIND_INT, FIELD_AT(loaded, organisations) },
	{ "units", KIND_INT, FIELD_AT(loaded, units) },
	{ "places", KIND_INT, FIELD_AT(loaded, places) },
	{ "suppliers", KIND_INT, FIELD_AT(loaded, suppliers) },
	{ "authorities", KIND_INT, FIELD_AT(loaded, authorities) },
};

/* An organisation of the roster that stands in the database already, under another id. */
struct rename {
	struct id from, to;
};

static int compare_known(const void *a, const void *b)
{
	return text_compare(((const struct known_code *)a)->code,
			    ((const struct known_code *)b)->code);
}

static int compare_rename(const void *a, const void *b)
{
	return id_compare(((const struct rename *)a)->from, ((const struct rename *)b)->from);
}

static const struct rename *rename_find(const struct list *renames, struct id from)
{
	struct rename key = { .from = from };

	if (!renames->count)
		return NULL;
	return bsearch(&key, renames->at, renames->count, sizeof(key), compare_rename);
}

static enum err roster_known(struct tx *tx, const struct roster *roster, struct list *known)
{
	size_t count = roster->organisations.count;
	struct value *codes = arena_take(tx->arena, (count + 1) * sizeof(*codes));

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		codes[i] =
			value_text(LIST_ITEM(roster->organisations, struct organisation, i)->code);

	enum err e = count ? codes_known(tx->db, tx->arena, codes, count, known) : OK;
	if (e)
		return e;
	if (known->count)
		qsort(known->at, known->count, sizeof(struct known_code), compare_known);
	return OK;
}

/* Splits the roster's organisations into new ones and renames; each credit code must hold. */
static enum err roster_split(struct tx *tx, const struct roster *roster, struct list *fresh,
			     struct list *renames)
{
	struct list known = { 0 };
	bool refused = false;

	enum err e = roster_known(tx, roster, &known);
	for (size_t i = 0; !e && i < roster->organisations.count; i++) {
		const struct organisation *one =
			LIST_ITEM(roster->organisations, struct organisation, i);
		struct known_code key = { .code = one->code };
		const struct known_code *found = known.count ? bsearch(&key, known.at, known.count,
								       sizeof(key), compare_known)
							     : NULL;
		const char *fault = found ? NULL : uscc_fault(one->uscc);

		if (fault) {
			fail(tx->problems, ERR_USCC,
			     problem_at(tx->problems, "/organisations/%zu/uscc", i),
			     ARG_TEXT(text_of(fault)));
			refused = true;
		}

		void *added = list_add(found ? renames : fresh, tx->arena,
				       found ? sizeof(struct rename) : sizeof(*one));
		if (!added)
			e = ERR_MEMORY;
		else if (found)
			*(struct rename *)added = (struct rename){ one->id, found->id };
		else
			*(struct organisation *)added = *one;
	}
	if (!e && renames->count)
		qsort(renames->at, renames->count, sizeof(struct rename), compare_rename);
	return e ? e : refused ? ERR_REFUSED : OK;
}

/* The items of @list (of @size bytes, their organisation's id first) whose organisation is new. */
static enum err keep_fresh(struct tx *tx, const struct list *list, size_t size,
			   const struct list *renames, struct list *kept)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *item = (const char *)list->at + i * size;
		struct id organisation;

		memcpy(&organisation, item, sizeof(organisation));
		if (rename_find(renames, organisation))
			continue;
		void *copy = list_add(kept, tx->arena, size);
		if (!copy)
			return ERR_MEMORY;
		memcpy(copy, item, size);
	}
	return OK;
}
_Static_assert(offsetof(struct unit, organisation) == 0, "keep_fresh looks there");
_Static_assert(offsetof(struct supplier, organisation) == 0, "keep_fresh looks there");
_Static_assert(offsetof(struct authority, organisation) == 0, "keep_fresh looks there");

static struct id renamed(const struct list *renames, struct id id)
{
	const struct rename *found = rename_find(renames, id);

	return found ? found->to : id;
}

/*
 * Who goes where: every unit's own row of the closure is a place, and the row one step above it
 * names the parent. The closure itself is computed anew, since what stands above a unit in the
 * database may have a history.
 */
static int compare_ancestor(const void *a, const void *b)
{
	const struct unit_ancestor *left = a, *right = b;
	int order = left->hierarchy < right->hierarchy ? -1 : left->hierarchy > right->hierarchy;

	if (!order)
		order = id_compare(left->unit, right->unit);
	return order ? order : left->depth < right->depth ? -1 : left->depth > right->depth;
}

static enum err placements_make(struct tx *tx, const struct list *ancestors,
				const struct list *renames, struct list *out)
{
	struct unit_ancestor *rows =
		arena_copy(tx->arena, ancestors->at, ancestors->count * sizeof(*rows));

	if (!rows)
		return ERR_MEMORY;
	qsort(rows, ancestors->count, sizeof(*rows), compare_ancestor);
	for (size_t i = 0; i < ancestors->count; i++) {
		bool has_parent = i + 1 < ancestors->count && rows[i + 1].depth == 1 &&
				  id_equal(rows[i + 1].unit, rows[i].unit);

		if (rows[i].depth != 0)
			continue;
		struct placement *placement = list_add(out, tx->arena, sizeof(*placement));
		if (!placement)
			return ERR_MEMORY;
		*placement = (struct placement){
			.hierarchy = rows[i].hierarchy,
			.unit = renamed(renames, rows[i].unit),
			.parent = has_parent ? renamed(renames, rows[i + 1].ancestor) : NO_ID,
			.since = DAY_NONE,
			.is_new = !rename_find(renames, rows[i].unit),
			.only_first = true,
		};
	}
	return OK;
}

static void rename_scopes(struct list *authorities, const struct list *renames)
{
	for (size_t i = 0; i < authorities->count; i++) {
		struct authority *authority = LIST_ITEM(*authorities, struct authority, i);

		authority->root = renamed(renames, authority->root);
	}
}

/* The part of @roster that the database has not. */
static enum err roster_fresh(struct tx *tx, const struct roster *roster, struct roster *fresh,
			     struct list *placements)
{
	struct list renames = { 0 };

	enum err e = roster_split(tx, roster, &fresh->organisations, &renames);
	if (!e)
		e = keep_fresh(tx, &roster->units, sizeof(struct unit), &renames, &fresh->units);
	if (!e)
		e = keep_fresh(tx, &roster->suppliers, sizeof(struct supplier), &renames,
			       &fresh->suppliers);
	if (!e)
		e = keep_fresh(tx, &roster->authorities, sizeof(struct authority), &renames,
			       &fresh->authorities);
	rename_scopes(&fresh->authorities, &renames);
	if (!e && roster->ancestors.count)
		e = placements_make(tx, &roster->ancestors, &renames, placements);
	return e;
}

/* In the order of the foreign keys. */
static const struct roster_part {
	size_t at;
	enum err (*insert)(struct db *db, const struct list *rows);
} roster_parts[] = {
	{ offsetof(struct roster, organisations), organisations_insert },
	{ offsetof(struct roster, units), units_insert },
	{ offsetof(struct roster, suppliers), suppliers_insert },
	{ offsetof(struct roster, authorities), authorities_insert },
};

static enum err roster_place(struct tx *tx, struct list *placements)
{
	enum err e = units_place(tx, placements->at, placements->count);

	for (size_t i = 0; e == ERR_REFUSED && i < placements->count; i++) {
		const struct placement *placement = LIST_ITEM(*placements, struct placement, i);

		if (placement->fault)
			placement_fail(tx->problems,
				       problem_at(tx->problems, "/ancestors/%zu", i).text.at,
				       placement);
	}
	return e;
}

enum err roster_insert(struct tx *tx, void *arg)
{
	struct roster fresh = { 0 };
	struct list placements = { 0 };

	enum err e = roster_fresh(tx, arg, &fresh, &placements);
	for (size_t i = 0; !e && i < COUNT_OF(roster_parts); i++) {
		const struct list *rows =
			(const struct list *)((const char *)&fresh + roster_parts[i].at);

		if (rows->count)
			e = roster_parts[i].insert(tx->db, rows);
	}
	if (!e)
		e = roster_place(tx, &placements);
	if (e)
		return e;

	struct loaded loaded = { (int64_t)fresh.organisations.count, (int64_t)fresh.units.count,
				 (int64_t)placements.count, (int64_t)fresh.suppliers.count,
				 (int64_t)fresh.authorities.count };
	return audit_event(tx, &(struct audit_note){ .kind = "roster.loaded",
						     .object = tx->event,
						     .fields = loaded_fields,
						     .field_count = COUNT_OF(loaded_fields),
						     .after = &loaded });
}

/* ---- counties ---- */

struct counties_loaded {
	int64_t counties, designations;
};

static const struct field counties_loaded_fields[] = {
	{ "counties", KIND_INT, FIELD_AT(counties_loaded, counties) },
	{ "designations", KIND_INT, FIELD_AT(counties_loaded, designations) },
};

/*
 * Since when a county of the reference file is what it is: the lists of poor counties published on
 * 2012-06-14 (their successors are the assisted counties of today), and the national key counties
 * published on 2021-08-27.
 */
static enum err designate(struct tx *tx, const struct county *county, struct list *designations)
{
	const struct {
		bool holds;
		int32_t kind, since;
	} kinds[] = {
		{ county->is_assisted, DESIGNATION_ASSISTED, day_make(2012, 6, 14) },
		{ county->is_national_key, DESIGNATION_NATIONAL_KEY, day_make(2021, 8, 27) },
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!kinds[i].holds)
			continue;
		struct designation *row = list_add(designations, tx->arena, sizeof(*row));
		if (!row)
			return ERR_MEMORY;
		*row = (struct designation){ county->code, kinds[i].kind, kinds[i].since,
					     DAY_NONE };
	}
	return OK;
}

enum err counties_insert(struct tx *tx, void *arg)
{
	const struct list *counties = arg;
	struct list designations = { 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < counties->count; i++)
		e = designate(tx, LIST_ITEM(*counties, struct county, i), &designations);
	if (!e && counties->count)
		e = counties_put(tx->db, counties);
	if (!e && designations.count)
		e = designations_put(tx->db, &designations);
	if (e)
		return e;

	struct counties_loaded loaded = { (int64_t)counties->count, (int64_t)designations.count };
	return audit_event(tx,
			   &(struct audit_note){ .kind = "region.loaded",
						 .object = tx->event,
						 .fields = counties_loaded_fields,
						 .field_count = COUNT_OF(counties_loaded_fields),
						 .after = &loaded });
}
