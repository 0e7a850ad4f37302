/*
 * The business events of organisations that exist: renamed, placed, merged, closed, suspended,
 * resumed, other facts. Each locks its organisation within the actor's scope, holds the version
 * against the one that the client saw, and raises it.
 *
 * What lies in the future is planned here and comes to pass by organisation_day.c; places are dated
 * rows and need nobody to come to pass. Whatever ends leaves its places on the same day.
 */
#include "organisation_rows.h"

/* ---- shapes: what is asked, answered and noted in the trail ---- */

#define CHANGE(type)                                                                               \
	{ "id", KIND_ID, FIELD_AT(type, change.id), .only = OUT },                                 \
	{                                                                                          \
		"version", KIND_INT, FIELD_AT(type, change.version), .only = OUT                   \
	}
#define NAME_FIELD(type, member, most)                                                             \
	{                                                                                          \
#member, KIND_TEXT, FIELD_AT(type, member), .min = 1, .max = (most)                \
	}
#define REASON(type)                                                                               \
	{                                                                                          \
		"reason", KIND_TEXT, FIELD_AT(type, reason), .min = 1, .max = 500                  \
	}

const struct field renaming_fields[] = {
	CHANGE(renaming),
	NAME_FIELD(renaming, name, 120),
	NAME_FIELD(renaming, short_name, 60),
	{ "since", KIND_DAY, FIELD_AT(renaming, since), .optional = true },
};
_Static_assert(COUNT_OF(renaming_fields) == RENAMING_FIELDS, "as the header says");

static bool region_holds(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.size == 6;
}

#define FACT(member) FIELD_AT(facts_change, facts.member)
const struct field facts_change_fields[] = {
	CHANGE(facts_change),
	{ "kind", KIND_TEXT, FACT(kind), .optional = true, .min = 1, .max = 20 },
	{ "city", KIND_TEXT, FACT(city), .optional = true, .min = 1, .max = 30 },
	{ "region_code", KIND_TEXT, FACT(region_code), .optional = true, .min = 1, .max = 30,
	  .check = region_holds, .wrong = ERR_REGION_CODE },
	{ "member_count", KIND_INT, FACT(member_count), .optional = true, .min = 0,
	  .max = 10000000 },
	{ "annual_budget_fen", KIND_FEN, FACT(annual_budget_fen), .optional = true, .min = 0,
	  .max = AMOUNT_MAX_FEN },
};
_Static_assert(COUNT_OF(facts_change_fields) == FACTS_CHANGE_FIELDS, "as the header says");

const struct field placing_fields[] = {
	CHANGE(placing),
	{ "hierarchy", KIND_WORD, FIELD_AT(placing, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(placing, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(placing, since), .optional = true },
	{ "leaves", KIND_BOOL, FIELD_AT(placing, leaves), .optional = true },
};
_Static_assert(COUNT_OF(placing_fields) == PLACING_FIELDS, "as the header says");

/* One struct, asked for in two ways: a merger says into what, a closing where those below go. */
const struct field merger_fields[] = {
	CHANGE(ending),
	{ "into", KIND_ID, FIELD_AT(ending, into) },
	{ "parent", KIND_ID, FIELD_AT(ending, parent), .optional = true, .only = OUT },
	{ "since", KIND_DAY, FIELD_AT(ending, since) },
	REASON(ending),
	{ "moved", KIND_INT, FIELD_AT(ending, moved), .only = OUT },
};
const struct field closing_fields[] = {
	CHANGE(ending),
	{ "into", KIND_ID, FIELD_AT(ending, into), .optional = true, .only = OUT },
	{ "parent", KIND_ID, FIELD_AT(ending, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(ending, since) },
	REASON(ending),
	{ "moved", KIND_INT, FIELD_AT(ending, moved), .only = OUT },
};
_Static_assert(COUNT_OF(merger_fields) == ENDING_FIELDS, "as the header says");
_Static_assert(COUNT_OF(closing_fields) == ENDING_FIELDS, "as the header says");

const struct field standing_fields[] = { CHANGE(standing), REASON(standing) };
_Static_assert(COUNT_OF(standing_fields) == STANDING_FIELDS, "as the header says");

/* ---- what all of them do ---- */

enum err organisation_take(struct tx *tx, const struct organisation_change *change, struct id own,
			   struct organisation_row *out)
{
	enum err e =
		organisation_read(tx->db, change->id, own, &tx->actor->scope, true, tx->arena, out);

	if (e)
		return e;
	if (change->seen != INT_NONE && change->seen != out->version)
		return ERR_PRECONDITION;
	if (out->status == STATUS_ENDED)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(status_words[STATUS_ENDED])));
	return OK;
}

static enum err note(struct tx *tx, const char *kind, struct id object, const struct field *fields,
		     size_t count, const void *before, const void *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = object,
						     .fields = fields,
						     .field_count = count,
						     .before = before,
						     .after = after });
}

static enum err too_early(struct tx *tx, int32_t day)
{
	char text[11];

	return fail(tx->problems, ERR_TOO_EARLY, AT("/since"), ARG_TEXT(day_format(day, text)));
}

/* Whether it still is there on @day. */
static bool lasts(const struct organisation_row *row, int32_t day)
{
	return row->status != STATUS_ENDED && (row->ends_on == DAY_NONE || row->ends_on > day);
}

static enum err must_be_unit(struct tx *tx, const struct organisation_row *row)
{
	return row->is_unit ? OK : fail(tx->problems, ERR_NOT_A_UNIT, AT(""));
}

/* Authorities are the platform's matter: nobody overseen by one, nor itself, changes what it is. */
static enum err keeps_from_authority(const struct tx *tx, const struct organisation_row *row)
{
	return row->is_authority && tx->actor->scope.kind != SCOPE_PLATFORM ? ERR_SCOPE : OK;
}

/* ---- names ---- */

enum err organisation_renaming(struct tx *tx, void *arg)
{
	struct renaming *renaming = arg;
	struct organisation_row row;

	enum err e = organisation_take(tx, &renaming->change, NO_ID, &row);
	if (!e)
		e = keeps_from_authority(tx, &row);
	if (e)
		return e;
	if (renaming->since == DAY_NONE)
		renaming->since = tx->day;
	if (renaming->since < tx->day)
		return too_early(tx, tx->day);
	if (!lasts(&row, renaming->since))
		return fail(tx->problems, ERR_ENDED, AT("/since"));

	bool at_once = renaming->since == tx->day;
	const struct name_row name = { row.id, renaming->name, renaming->short_name,
				       renaming->since };
	const struct renaming before = {
		{ row.id, row.version }, row.name, row.short_name, DAY_NONE
	};
	renaming->change.version = row.version + 1;
	e = name_put(tx->db, &row, &name, at_once);
	if (!e)
		e = at_once ? organisation_rename(tx->db, row.id, name.name, name.short_name)
			    : organisation_touch(tx->db, row.id);
	if (e)
		return e;
	return note(tx, at_once ? "organisation.renamed" : "organisation.renaming_planned", row.id,
		    renaming_fields, RENAMING_FIELDS, &before, renaming);
}

/* ---- facts ---- */

bool region_is_known(const struct list *counties, struct text code)
{
	struct text province = text_part(code, 0, 2);

	for (size_t i = 0; i < counties->count; i++) {
		const struct county *county = LIST_ITEM(*counties, struct county, i);

		if (text_equal(code, county->code) || text_equal(code, county->city_code))
			return true;
		if (text_is(text_part(code, 2, 4), "0000") &&
		    text_equal(province, text_part(county->code, 0, 2)))
			return true;
	}
	return false;
}

/* A code that the county had before is taken for the one it has. */
static enum err region_settle(struct tx *tx, struct text *code)
{
	struct list counties = { 0 };

	if (!code->at)
		return OK;
	enum err e = county_list(tx->db, tx->arena, &counties);
	if (e)
		return e;
	*code = county_code_today(&counties, *code);
	if (!region_is_known(&counties, *code))
		return fail(tx->problems, ERR_REGION_UNKNOWN, AT("/region_code"), ARG_TEXT(*code));
	return OK;
}

enum err region_check(struct req *rq, struct text code)
{
	struct list counties = { 0 };
	enum err e = code.at ? county_list(rq->db, rq->arena, &counties) : OK;

	if (!e && code.at && !region_is_known(&counties, county_code_today(&counties, code)))
		fail(&rq->problems, ERR_REGION_UNKNOWN, AT("/region_code"), ARG_TEXT(code));
	return e;
}

static bool asks_nothing(const struct unit_facts *asked)
{
	return !asked->kind.at && !asked->city.at && !asked->region_code.at &&
	       asked->member_count == INT_NONE && asked->annual_budget_fen == INT_NONE;
}

static void facts_complete(struct unit_facts *facts, const struct unit_facts *before)
{
	if (!facts->kind.at)
		facts->kind = before->kind;
	if (!facts->city.at)
		facts->city = before->city;
	if (!facts->region_code.at)
		facts->region_code = before->region_code;
	if (facts->member_count == INT_NONE)
		facts->member_count = before->member_count;
	if (facts->annual_budget_fen == INT_NONE)
		facts->annual_budget_fen = before->annual_budget_fen;
}

enum err organisation_facts(struct tx *tx, void *arg)
{
	struct facts_change *change = arg;
	struct organisation_row row;

	enum err e = organisation_take(tx, &change->change, NO_ID, &row);
	if (!e)
		e = must_be_unit(tx, &row);
	if (!e)
		e = keeps_from_authority(tx, &row);
	if (!e && asks_nothing(&change->asked))
		e = fail(tx->problems, ERR_REQUIRED, AT(""));
	change->facts = change->asked;
	if (!e)
		e = region_settle(tx, &change->facts.region_code);
	if (!e && tx->actor->scope.kind == SCOPE_COUNTY && change->facts.region_code.at &&
	    !text_is(change->facts.region_code, tx->actor->scope.county))
		e = ERR_SCOPE;
	if (e)
		return e;

	const struct facts_change before = { { row.id, row.version }, .facts = row.unit };
	facts_complete(&change->facts, &row.unit);
	change->change.version = row.version + 1;
	e = unit_facts_write(tx->db, row.id, &change->facts);
	if (!e)
		e = organisation_touch(tx->db, row.id);
	if (e)
		return e;
	return note(tx, "organisation.changed", row.id, facts_change_fields, FACTS_CHANGE_FIELDS,
		    &before, change);
}

/* ---- places ---- */

/* A superior must be in the actor's sight, and last. */
static enum err check_parent(struct tx *tx, struct id parent, int32_t since, const char *pointer)
{
	struct organisation_row row;
	struct problems *problems = tx->problems;

	enum err e =
		organisation_read(tx->db, parent, NO_ID, &tx->actor->scope, false, tx->arena, &row);
	if (e == ERR_NOT_FOUND || (!e && !row.is_unit))
		return fail(problems, ERR_UNKNOWN_REFERENCE, problem_at(problems, "%s", pointer));
	if (e)
		return e;
	if (!lasts(&row, since == DAY_NONE ? tx->day : since))
		return fail(problems, ERR_ENDED, problem_at(problems, "%s", pointer));
	return OK;
}

/* Roots and other hierarchies are not for whoever oversees a part of one; counties place nothing.
 */
static enum err check_placing(struct tx *tx, const struct placing *placing,
			      const struct organisation_row *row)
{
	const struct scope *scope = &tx->actor->scope;

	if (keeps_from_authority(tx, row) || scope->kind == SCOPE_COUNTY ||
	    (scope->kind == SCOPE_HIERARCHY &&
	     (placing->hierarchy != scope->hierarchy || id_equal(row->id, scope->root))))
		return ERR_SCOPE;
	if (row->ends_on != DAY_NONE)
		return fail(tx->problems, ERR_ENDED, AT(""));
	if (placing->leaves)
		return id_is_none(placing->parent) ? OK
						   : fail(tx->problems, ERR_FORMAT, AT("/parent"));
	if (id_is_none(placing->parent))
		return scope->kind == SCOPE_PLATFORM ? OK : ERR_SCOPE;
	return check_parent(tx, placing->parent, placing->since, "/parent");
}

/* The place that stands last until now, planned ones included; *had: whether there is any. */
static enum err placing_before(struct tx *tx, const struct placing *placing, struct placing *before,
			       bool *had)
{
	struct list places = { 0 };
	enum err e = places_of_unit(tx->db, placing->change.id, tx->arena, &places);

	*had = false;
	for (size_t i = 0; i < places.count; i++) {
		const struct dated_place *place = LIST_ITEM(places, struct dated_place, i);

		if (place->hierarchy != placing->hierarchy)
			continue;
		*before = (struct placing){ .change = placing->change,
					    .hierarchy = place->hierarchy,
					    .parent = place->parent,
					    .since = place->since == DAY_EVER ? DAY_NONE
									      : place->since };
		*had = true;
	}
	return e;
}

enum err unit_placing(struct tx *tx, void *arg)
{
	struct placing *placing = arg, before = { .since = DAY_NONE };
	struct organisation_row row;
	bool had;

	enum err e = organisation_take(tx, &placing->change, NO_ID, &row);
	if (!e)
		e = must_be_unit(tx, &row);
	if (!e)
		e = check_placing(tx, placing, &row);
	if (!e)
		e = placing_before(tx, placing, &before, &had);
	if (!e)
		e = organisation_touch(tx->db, row.id);
	if (e)
		return e;

	struct placement placement = { .hierarchy = placing->hierarchy,
				       .unit = row.id,
				       .parent = placing->parent,
				       .since = placing->since,
				       .leaves = placing->leaves };
	e = units_place(tx, &placement, 1);
	if (e == ERR_REFUSED)
		return placement_fail(tx->problems, "", &placement);
	if (e)
		return e;
	placing->since = placement.since;
	placing->change.version = row.version + 1;
	before.change.version = row.version;
	return note(tx, placing->leaves ? "unit.taken_out" : "unit.placed", row.id, placing_fields,
		    PLACING_FIELDS, had ? &before : NULL, placing);
}

/* ---- ends ---- */

static enum err placement_add(struct tx *tx, struct list *placements, struct placement placement)
{
	struct placement *to = list_add(placements, tx->arena, sizeof(*to));

	if (!to)
		return ERR_MEMORY;
	*to = placement;
	return OK;
}

/* Those below go under @parent from the day on; each once in each hierarchy. */
static enum err children_move(struct tx *tx, const struct ending *ending, struct id parent,
			      struct list *placements)
{
	struct list children = { 0 };
	const struct dated_place *last = NULL;

	enum err e = children_from(tx->db, ending->change.id, ending->since, tx->arena, &children);
	for (size_t i = 0; !e && i < children.count; i++) {
		const struct dated_place *child = LIST_ITEM(children, struct dated_place, i);
		bool again = last && last->hierarchy == child->hierarchy &&
			     id_equal(last->unit, child->unit);

		last = child;
		if (again)
			continue;
		e = placement_add(tx, placements,
				  (struct placement){ .hierarchy = child->hierarchy,
						      .unit = child->unit,
						      .parent = parent,
						      .since = ending->since > child->since
								       ? ending->since
								       : child->since });
	}
	return e;
}

/* It leaves every hierarchy in which it has a place on the day or later. */
static enum err places_leave(struct tx *tx, const struct ending *ending, struct list *placements)
{
	struct list places = { 0 };
	int32_t left = SMALL_NONE;

	enum err e = places_of_unit(tx->db, ending->change.id, tx->arena, &places);
	for (size_t i = 0; !e && i < places.count; i++) {
		const struct dated_place *place = LIST_ITEM(places, struct dated_place, i);

		if (place->until < ending->since || place->hierarchy == left)
			continue;
		left = place->hierarchy;
		e = placement_add(tx, placements,
				  (struct placement){ .hierarchy = place->hierarchy,
						      .unit = ending->change.id,
						      .since = ending->since,
						      .leaves = true });
	}
	return e;
}

/* Faults by their cause: those below have nowhere to go, or the new superior no place there. */
static enum err ending_fail(struct tx *tx, const struct ending *ending,
			    const struct list *placements)
{
	const char *superior = id_is_none(ending->into) ? "/parent" : "/into";

	for (size_t i = 0; i < placements->count; i++) {
		const struct placement *placement = LIST_ITEM(*placements, struct placement, i);
		enum err fault = placement->fault;

		if (fault == ERR_TOO_EARLY)
			placement_fail(tx->problems, "", placement);
		else if (fault == ERR_TREE_DEEP)
			fail(tx->problems, fault, problem_at(tx->problems, "%s", superior),
			     ARG_INT(TREE_DEPTH_MAX));
		else if (fault)
			fail(tx->problems, fault, problem_at(tx->problems, "%s", superior));
	}
	return ERR_REFUSED;
}

/* Places of other hierarchies are changed by those who oversee them, or by the platform. */
static bool is_elsewhere(const struct scope *scope, const struct placement *placement)
{
	return scope->kind != SCOPE_PLATFORM &&
	       !(scope->kind == SCOPE_HIERARCHY && placement->hierarchy == scope->hierarchy);
}

static enum err check_elsewhere(struct tx *tx, const struct list *placements)
{
	for (size_t i = 0; i < placements->count; i++)
		if (is_elsewhere(&tx->actor->scope, LIST_ITEM(*placements, struct placement, i)))
			return fail(tx->problems, ERR_PLACE_ELSEWHERE, AT(""));
	return OK;
}

/* Those below go to the new superior, and the unit itself leaves. */
static enum err places_end(struct tx *tx, struct ending *ending)
{
	struct id parent = id_is_none(ending->into) ? ending->parent : ending->into;
	struct list placements = { 0 };
	enum err e = OK;

	ending->moved = 0;
	if (!id_is_none(parent))
		e = children_move(tx, ending, parent, &placements);
	if (e)
		return e;
	ending->moved = (int64_t)placements.count;
	e = places_leave(tx, ending, &placements);
	if (!e)
		e = check_elsewhere(tx, &placements);
	if (!e && placements.count)
		e = units_place(tx, placements.at, placements.count);
	return e == ERR_REFUSED ? ending_fail(tx, ending, &placements) : e;
}

/* Nobody ends or suspends the own organisation; an authority is the platform's matter alone. */
static bool is_above(const struct tx *tx, const struct organisation_row *row)
{
	return id_equal(row->id, tx->actor->organisation) ||
	       (row->is_authority && tx->actor->scope.kind != SCOPE_PLATFORM);
}

/* Whoever takes others over lasts until they have come; whoever oversees by it, the platform moves.
 */
static enum err check_followed(struct tx *tx, const struct ending *ending)
{
	bool awaits, is_root = false;
	enum err e = merger_is_awaited(tx->db, ending->change.id, ending->since, &awaits);

	if (!e && awaits)
		return fail(tx->problems, ERR_MERGER_AWAITED, AT("/since"));
	if (!e && tx->actor->scope.kind != SCOPE_PLATFORM)
		e = is_root_of_scope(tx->db, ending->change.id, &is_root);
	return !e && is_root ? ERR_SCOPE : e;
}

static enum err check_ending(struct tx *tx, const struct ending *ending,
			     const struct organisation_row *row)
{
	if (is_above(tx, row))
		return ERR_FORBIDDEN;
	if (row->ends_on != DAY_NONE)
		return fail(tx->problems, ERR_ENDED, AT(""));
	if (ending->since <= tx->day)
		return too_early(tx, tx->day + 1);
	return check_followed(tx, ending);
}

/* What an end takes away, for the trail: the places that hold on the day or begin later. */
struct ending_state {
	struct ending ending;
	struct list places; /* struct place_row */
};
static const struct field lost_place_fields[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(place_row, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(place_row, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(place_row, since), .optional = true },
};
static const struct field ending_state_fields[] = {
	{ "id", KIND_ID, FIELD_AT(ending_state, ending.change.id) },
	{ "version", KIND_INT, FIELD_AT(ending_state, ending.change.version) },
	{ "into", KIND_ID, FIELD_AT(ending_state, ending.into), .optional = true },
	{ "parent", KIND_ID, FIELD_AT(ending_state, ending.parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(ending_state, ending.since), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(ending_state, ending.reason), .optional = true },
	{ "moved", KIND_INT, FIELD_AT(ending_state, ending.moved), .optional = true },
	{ "places", KIND_LIST, FIELD_AT(ending_state, places), .of = lost_place_fields,
	  .of_count = COUNT_OF(lost_place_fields), .of_size = sizeof(struct place_row) },
};

static enum err places_lost(struct tx *tx, const struct ending *ending, struct list *out)
{
	struct list places = { 0 };
	enum err e = place_rows(tx->db, ending->change.id, tx->arena, &places);

	for (size_t i = 0; !e && i < places.count; i++) {
		const struct place_row *place = LIST_ITEM(places, struct place_row, i);
		struct place_row *to;

		if (place->until != DAY_NONE && place->until < ending->since)
			continue;
		to = list_add(out, tx->arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = *place;
	}
	return e;
}

static enum err end_plan(struct tx *tx, struct ending *ending, const struct organisation_row *row,
			 const char *kind)
{
	struct ending_state before = { .ending = { { .id = row->id, .version = row->version },
						   .since = DAY_NONE,
						   .reason = row->status_reason,
						   .moved = INT_NONE } };
	enum err e = places_lost(tx, ending, &before.places);

	if (!e)
		e = organisation_end_plan(tx->db, row->id, ending->since, ending->into,
					  ending->reason);
	if (!e)
		e = places_end(tx, ending);
	if (e)
		return e;
	ending->change.version = row->version + 1;
	const struct ending_state after = { .ending = *ending };
	return note(tx, kind, row->id, ending_state_fields, COUNT_OF(ending_state_fields), &before,
		    &after);
}

enum err unit_merging(struct tx *tx, void *arg)
{
	struct ending *ending = arg;
	struct organisation_row row;

	enum err e = organisation_take(tx, &ending->change, NO_ID, &row);
	if (!e)
		e = must_be_unit(tx, &row);
	if (!e)
		e = check_ending(tx, ending, &row);
	if (e)
		return e;
	if (id_equal(ending->into, row.id))
		return fail(tx->problems, ERR_MERGER_SELF, AT("/into"));
	e = check_parent(tx, ending->into, ending->since, "/into");
	return e ? e : end_plan(tx, ending, &row, "unit.merger_planned");
}

enum err organisation_closing(struct tx *tx, void *arg)
{
	struct ending *ending = arg;
	struct organisation_row row;

	enum err e = organisation_take(tx, &ending->change, NO_ID, &row);
	if (!e)
		e = check_ending(tx, ending, &row);
	if (!e && !id_is_none(ending->parent))
		e = check_parent(tx, ending->parent, ending->since, "/parent");
	return e ? e : end_plan(tx, ending, &row, "organisation.closing_planned");
}

/* ---- standing ---- */

struct standing_state {
	struct id id;
	int64_t version;
	int32_t status;
	struct text reason;
};
static const struct field standing_state_fields[] = {
	{ "id", KIND_ID, FIELD_AT(standing_state, id) },
	{ "version", KIND_INT, FIELD_AT(standing_state, version) },
	{ "status", KIND_WORD, FIELD_AT(standing_state, status), .words = status_words },
	{ "reason", KIND_TEXT, FIELD_AT(standing_state, reason), .optional = true },
};

static const char *kind_of(const struct organisation_row *row, const char *supplier,
			   const char *other)
{
	return row->is_supplier ? supplier : other;
}

static enum err stand(struct tx *tx, struct standing *standing, enum status to,
		      const char *kinds[2])
{
	struct organisation_row row;

	enum err e = organisation_take(tx, &standing->change, NO_ID, &row);
	if (e)
		return e;
	if (is_above(tx, &row))
		return ERR_FORBIDDEN;
	if (row.status == (int32_t)to)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(status_words[to])));

	const struct standing_state before = { row.id, row.version, row.status, row.status_reason };
	const struct standing_state after = { row.id, row.version + 1, (int32_t)to,
					      standing->reason };
	standing->change.version = row.version + 1;
	e = organisation_mark(tx->db, row.id, to,
			      to == STATUS_SUSPENDED ? standing->reason : NO_TEXT);
	if (!e && to == STATUS_SUSPENDED)
		e = organisation_sessions_end(tx->db, row.id, tx->now);
	if (e)
		return e;
	return note(tx, kind_of(&row, kinds[0], kinds[1]), row.id, standing_state_fields,
		    COUNT_OF(standing_state_fields), &before, &after);
}

enum err organisation_suspend(struct tx *tx, void *arg)
{
	return stand(tx, arg, STATUS_SUSPENDED,
		     (const char *[]){ "supplier.suspended", "organisation.suspended" });
}

enum err organisation_resume(struct tx *tx, void *arg)
{
	return stand(tx, arg, STATUS_ACTIVE,
		     (const char *[]){ "supplier.resumed", "organisation.resumed" });
}
