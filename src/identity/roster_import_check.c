/*
 * Rows of a roster held against each other and against the database: what repeats, whose code is
 * another's, who hangs from nobody, from rejected rows, or in a circle.
 *
 * A rejected row may pull others with it, and without it the trees of the database hold for its
 * unit again; so places are looked at until a pass rejects nothing more.
 */
#include <stdlib.h>

#include "roster_import.h"

/* Each pass rejects a row at least; more than this many in a row are no mistake but a riddle. */
enum { PASSES_MAX = 200 };

/* Where a unit will stand: by the file, or as the database has it. */
struct node {
	int32_t hierarchy;
	struct id unit, parent;
	struct roster_place *place; /* NULL: of the database */
	int32_t since;              /* first day of a place of the database */
};

struct forest_new {
	struct roster_reading *reading;
	struct list nodes; /* of struct node, in order */
	bool rejected;
};

bool roster_row_is_good(const struct roster_row *row)
{
	return row->faults.count == 0;
}

static struct roster_row *row_at(const struct roster_reading *reading, size_t index)
{
	return LIST_ITEM(reading->rows, struct roster_row, index);
}

/* ---- the database's organisations ---- */

static int compare_uscc(const void *a, const void *b)
{
	return text_compare(((const struct known_unit *)a)->uscc,
			    ((const struct known_unit *)b)->uscc);
}

static const struct known_unit *known_find(const struct roster_reading *reading, struct text uscc)
{
	struct known_unit key = { .uscc = uscc };

	if (!reading->known.count || !uscc.size)
		return NULL;
	return bsearch(&key, reading->known.at, reading->known.count, sizeof(key), compare_uscc);
}

static const struct known_unit *other_find(const struct roster_reading *reading, struct text code)
{
	int32_t index = code.size ? names_get(&reading->known_codes, code) : -1;

	return index < 0 ? NULL : LIST_ITEM(reading->others, struct known_unit, index);
}

static void row_tie(struct roster_reading *reading, struct roster_row *row, struct id fresh)
{
	const struct known_unit *other = other_find(reading, row->code);
	const char *code = roster_column_words[ROSTER_CODE];
	const struct arg none = ARG_END;

	row->known = known_find(reading, row->uscc);
	row->id = row->known ? row->known->id : fresh;
	if (row->known && row->known->status == STATUS_ENDED)
		roster_fault(reading, row, roster_column_words[ROSTER_USCC], row->uscc, ERR_ENDED,
			     none, none);
	if (other && !text_equal(other->uscc, row->uscc))
		roster_fault(reading, row, code, row->code, ERR_CODE_TAKEN, ARG_TEXT(other->name),
			     ARG_END);
	else if (row->known)
		roster_note(reading, row, code, row->code, row->known->code);
}

static enum err rows_tie(struct roster_reading *reading)
{
	size_t count = reading->rows.count;
	struct id *fresh = arena_take(reading->arena, (count + 1) * sizeof(*fresh));

	if (!fresh)
		return ERR_MEMORY;
	ids_new(day_start(reading->tomorrow), fresh, count);
	if (reading->known.count)
		qsort(reading->known.at, reading->known.count, sizeof(struct known_unit),
		      compare_uscc);
	for (size_t i = 0; i < reading->others.count; i++) {
		const struct known_unit *other = LIST_ITEM(reading->others, struct known_unit, i);
		enum err e = names_put(&reading->known_codes, other->code, (int32_t)i);

		if (e)
			return e;
	}
	for (size_t i = 0; i < count; i++)
		row_tie(reading, row_at(reading, i), fresh[i]);
	return OK;
}

/* ---- what repeats ---- */

static enum err repeats_find(struct roster_reading *reading, struct names *seen,
			     enum roster_column column, size_t at)
{
	for (size_t i = 0; i < reading->rows.count; i++) {
		struct roster_row *row = row_at(reading, i);
		struct text text = *(const struct text *)((const char *)row + at);
		enum err e = text.size ? names_put(seen, text, (int32_t)i) : OK;
		int32_t first = text.size ? names_get(seen, text) : (int32_t)i;

		if (e)
			return e;
		if ((size_t)first != i)
			roster_fault(reading, row, roster_column_words[column], text, ERR_DUP_ROW,
				     ARG_INT(row_at(reading, (size_t)first)->record), ARG_END);
	}
	return OK;
}

/* ---- places ---- */

static void place_refuse(struct roster_reading *reading, struct roster_place *place,
			 enum place_column column, enum err code, struct arg arg)
{
	struct roster_row *row = row_at(reading, place->row);

	place->refused = true;
	if (place->record == 0) {
		roster_fault(reading, row, roster_column_words[ROSTER_PARENT], place->parent, code,
			     arg, ARG_END);
		return;
	}
	roster_place_fault(reading, place, column, place->parent, code, arg, false);
	roster_fault(reading, row, "places", place->parent, ERR_PLACE_REFUSED,
		     ARG_INT(place->record), ARG_END);
}

/* Rows that no list places stand under the superior that they name themselves. */
static enum err places_complete(struct roster_reading *reading)
{
	for (size_t i = 0; i < reading->places.count; i++) {
		struct roster_place *place = LIST_ITEM(reading->places, struct roster_place, i);
		struct roster_row *row = row_at(reading, place->row);

		if (row->placed & 1u << place->hierarchy)
			place_refuse(reading, place, PLACE_HIERARCHY, ERR_REPEATED, ARG_END);
		row->placed |= 1u << place->hierarchy;
	}
	for (size_t i = 0; i < reading->rows.count; i++) {
		struct roster_row *row = row_at(reading, i);

		for (int32_t hierarchy = 0; !row->has_places && hierarchy_words[hierarchy];
		     hierarchy++) {
			struct roster_place *place;

			if (!(row->hierarchies & 1u << hierarchy))
				continue;
			place = list_add(&reading->places, reading->arena, sizeof(*place));
			if (!place)
				return ERR_MEMORY;
			*place = (struct roster_place){ .row = i,
							.hierarchy = hierarchy,
							.parent = row->parent };
		}
	}
	return OK;
}

static bool can_be_parent(const struct known_unit *known)
{
	return known && known->is_unit && known->status != STATUS_ENDED;
}

/* Finds the superior, in the file first; false: there is none, which is the place's fault. */
static bool parent_find(struct roster_reading *reading, struct roster_place *place)
{
	int32_t row = place->parent.size ? names_get(&reading->codes, place->parent) : -1;
	const struct known_unit *known = other_find(reading, place->parent);

	place->parent_id = NO_ID;
	if (!place->parent.size)
		return true;
	if (row >= 0 && roster_row_is_good(row_at(reading, (size_t)row))) {
		place->parent_id = row_at(reading, (size_t)row)->id;
		return true;
	}
	if (can_be_parent(known)) {
		place->parent_id = known->id;
		return true;
	}
	place_refuse(reading, place, PLACE_PARENT,
		     row >= 0 ? ERR_SUPERIOR_REJECTED : ERR_SUPERIOR_UNKNOWN,
		     ARG_TEXT(place->parent));
	return false;
}

/* Rows that are rejected already are told of a superior that nobody knows, too. */
static void rejected_judge(struct roster_reading *reading)
{
	for (size_t i = 0; i < reading->places.count; i++) {
		struct roster_place *place = LIST_ITEM(reading->places, struct roster_place, i);
		bool is_known = !place->parent.size ||
				names_get(&reading->codes, place->parent) >= 0 ||
				can_be_parent(other_find(reading, place->parent));

		if (!is_known && !place->refused &&
		    !roster_row_is_good(row_at(reading, place->row)))
			place_refuse(reading, place, PLACE_PARENT, ERR_SUPERIOR_UNKNOWN,
				     ARG_TEXT(place->parent));
	}
}

/* ---- the forest as it will be ---- */

static int compare_node(const void *a, const void *b)
{
	const struct node *left = a, *right = b;

	if (left->hierarchy != right->hierarchy)
		return left->hierarchy < right->hierarchy ? -1 : 1;
	return id_compare(left->unit, right->unit);
}

/* Of the file before of the database. */
static int compare_node_source(const void *a, const void *b)
{
	const struct node *left = a, *right = b;
	int order = compare_node(a, b);

	return order ? order : (left->place == NULL) - (right->place == NULL);
}

static struct node *node_find(const struct forest_new *forest, int32_t hierarchy, struct id unit)
{
	struct node key = { .hierarchy = hierarchy, .unit = unit };

	if (!forest->nodes.count)
		return NULL;
	return bsearch(&key, forest->nodes.at, forest->nodes.count, sizeof(key), compare_node);
}

static enum err node_add(struct forest_new *forest, struct node node)
{
	struct node *to = list_add(&forest->nodes, forest->reading->arena, sizeof(*to));

	if (!to)
		return ERR_MEMORY;
	*to = node;
	return OK;
}

static enum err nodes_of_database(struct forest_new *forest)
{
	const struct roster_reading *reading = forest->reading;
	int32_t first = DAY_NONE;
	enum err e = OK;

	for (size_t i = 0; !e && i < reading->forest.count; i++) {
		const struct dated_place *place = LIST_ITEM(reading->forest, struct dated_place, i);
		bool begins = i == 0 || !id_equal(place[-1].unit, place->unit) ||
			      place[-1].hierarchy != place->hierarchy;

		if (begins)
			first = place->since;
		if (place->until == DAY_FOREVER)
			e = node_add(forest, (struct node){ place->hierarchy, place->unit,
							    place->parent, NULL, first });
	}
	return e;
}

static enum err nodes_of_file(struct forest_new *forest)
{
	struct roster_reading *reading = forest->reading;
	enum err e = OK;

	for (size_t i = 0; !e && i < reading->places.count; i++) {
		struct roster_place *place = LIST_ITEM(reading->places, struct roster_place, i);
		const struct roster_row *row = row_at(reading, place->row);

		if (place->refused || !roster_row_is_good(row))
			continue;
		if (!parent_find(reading, place))
			forest->rejected = true;
		else
			e = node_add(forest, (struct node){ place->hierarchy, row->id,
							    place->parent_id, place, DAY_NONE });
	}
	return e;
}

static enum err forest_make(struct forest_new *forest)
{
	struct node *nodes;
	size_t kept = 0;
	enum err e = nodes_of_file(forest);

	if (!e)
		e = nodes_of_database(forest);
	if (e || !forest->nodes.count)
		return e;
	nodes = forest->nodes.at;
	qsort(nodes, forest->nodes.count, sizeof(*nodes), compare_node_source);
	for (size_t i = 0; i < forest->nodes.count; i++)
		if (!kept || compare_node(&nodes[kept - 1], &nodes[i]) != 0)
			nodes[kept++] = nodes[i];
	forest->nodes.count = kept;
	return OK;
}

static const struct node *above(const struct forest_new *forest, const struct node *node)
{
	return node && !id_is_none(node->parent) ? node_find(forest, node->hierarchy, node->parent)
						 : NULL;
}

/*
 * Why the way up from @start does not end soon: it comes back to @start, or it is long, or it runs
 * into a circle of others, whose rejection in this pass rejects @start in the next one (OK).
 */
static enum err way_fault(const struct forest_new *forest, const struct node *start)
{
	const struct node *slow = start, *fast = start;

	do {
		slow = above(forest, slow);
		fast = above(forest, fast);
		if (fast == start)
			return ERR_CYCLE;
		fast = above(forest, fast);
		if (fast == start)
			return ERR_CYCLE;
	} while (fast && slow != fast);
	return fast ? OK : ERR_TREE_DEEP;
}

/* One that is no unit until this file makes it one has bought nothing yet: no day is taken. */
static bool is_old_unit(const struct roster_row *row)
{
	return row->known && row->known->is_unit;
}

/* A new unit has its place as long as those above it have theirs. */
static int32_t since_of(const struct roster_reading *reading, const struct node *node,
			int32_t since)
{
	const struct roster_row *row = node->place ? row_at(reading, node->place->row) : NULL;
	int32_t own = row && is_old_unit(row) ? reading->tomorrow
		      : node->place           ? DAY_EVER
					      : node->since;

	if (row && row->known && roster_place_last(reading, node->hierarchy, node->unit))
		own = DAY_EVER;
	return own > since ? own : since;
}

/* The way up from a place of the file: to a root, within the depth, over places that exist. */
static enum err climb(const struct forest_new *forest, const struct node *start)
{
	const struct node *at = start;
	int32_t since = DAY_EVER;

	for (int depth = 0; depth <= TREE_DEPTH_MAX; depth++) {
		const struct node *next = above(forest, at);

		since = since_of(forest->reading, at, since);
		if (id_is_none(at->parent)) {
			start->place->since = since > DAY_EVER ? since : DAY_NONE;
			return OK;
		}
		if (!next)
			return at == start ? ERR_PLACE_MISSING : OK;
		at = next;
	}
	return way_fault(forest, start);
}

static void forest_judge(struct forest_new *forest)
{
	for (size_t i = 0; i < forest->nodes.count; i++) {
		const struct node *node = LIST_ITEM(forest->nodes, struct node, i);
		enum err e = node->place ? climb(forest, node) : OK;

		if (!e)
			continue;
		place_refuse(forest->reading, node->place, PLACE_PARENT, e,
			     e == ERR_TREE_DEEP ? ARG_INT(TREE_DEPTH_MAX) : ARG_END);
		forest->rejected = true;
	}
}

const struct dated_place *roster_place_last(const struct roster_reading *reading, int32_t hierarchy,
					    struct id unit)
{
	struct forest forest = { reading->forest.at, reading->forest.count };
	size_t i = places_of(&forest, hierarchy, unit);
	const struct dated_place *last = NULL;

	for (; i < forest.count && id_equal(forest.places[i].unit, unit) &&
	       forest.places[i].hierarchy == hierarchy;
	     i++)
		if (forest.places[i].until == DAY_FOREVER)
			last = &forest.places[i];
	return last;
}

/* The day on which a place begins that is not there today; DAY_NONE: it is there, or at once. */
static int32_t day_to_come(const struct roster_reading *reading, const struct roster_place *place)
{
	const struct roster_row *row = row_at(reading, place->row);
	const struct dated_place *last =
		row->known ? roster_place_last(reading, place->hierarchy, row->id) : NULL;

	if (last)
		return id_equal(last->parent, place->parent_id) ? DAY_NONE : reading->tomorrow;
	return place->since >= reading->tomorrow ? place->since : DAY_NONE;
}

/* Places that do not hold today, of units that move or wait for their superior: that is said. */
static void moves_note(struct roster_reading *reading)
{
	char text[11];

	for (size_t i = 0; i < reading->places.count; i++) {
		const struct roster_place *place =
			LIST_ITEM(reading->places, struct roster_place, i);
		struct roster_row *row = row_at(reading, place->row);

		if (!roster_row_is_good(row))
			continue;
		int32_t day = day_to_come(reading, place);

		if (day != DAY_NONE)
			roster_note(reading, row, roster_column_words[ROSTER_PARENT],
				    place->parent.size ? place->parent : TEXT("-"),
				    day_format(day, text));
	}
}

enum err roster_check(struct roster_reading *reading)
{
	struct names usccs;
	enum err e = rows_tie(reading);

	names_begin(&usccs, reading->arena);
	if (!e)
		e = repeats_find(reading, &reading->codes, ROSTER_CODE,
				 offsetof(struct roster_row, code));
	if (!e)
		e = repeats_find(reading, &usccs, ROSTER_USCC, offsetof(struct roster_row, uscc));
	if (!e)
		e = places_complete(reading);
	if (!e)
		rejected_judge(reading);
	for (int pass = 0; !e; pass++) {
		struct forest_new forest = { .reading = reading };

		if (pass == PASSES_MAX)
			return ERR_CYCLE;
		e = forest_make(&forest);
		if (!e)
			forest_judge(&forest);
		if (!forest.rejected)
			break;
	}
	if (!e)
		moves_note(reading);
	return e ? e : reading->out_of_memory ? ERR_MEMORY : OK;
}
