/*
 * Organisations over HTTP: lists of units and suppliers within a scope, one organisation with its
 * history, and the changes that its keepers make. Contacts are masked; in the clear they stand in
 * the answer to a disclosure, once, and nowhere else.
 */
#include "organisation_rows.h"

#include <string.h>

/* ---- lists ---- */

static bool is_region_code(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.size == 6;
}

struct unit_query {
	struct page page;
	int32_t hierarchy, status;
	struct id parent, ancestor;
	struct text city, region, kind, q;
	bool count;
};

#define QUERY_WORD(type, member, of)                                                               \
	{                                                                                          \
#member, KIND_WORD, FIELD_AT(type, member), .only = IN, .optional = true,          \
							    .words = (of)                          \
	}
#define QUERY_TEXT(type, member, most)                                                             \
	{                                                                                          \
#member, KIND_TEXT, FIELD_AT(type, member), .only = IN, .optional = true,          \
							    .min = 1, .max = (most)                \
	}
#define QUERY_REGION(type, member)                                                                 \
	{                                                                                          \
#member, KIND_TEXT, FIELD_AT(type, member),                                        \
			.only = IN, .optional = true, .min = 6, .max = 6, .check = is_region_code  \
	}
#define QUERY_ID(type, member)                                                                     \
	{                                                                                          \
#member, KIND_ID, FIELD_AT(type, member), .only = IN, .optional = true             \
	}
#define QUERY_COUNT(type)                                                                          \
	{                                                                                          \
		"count", KIND_BOOL, FIELD_AT(type, count), .only = IN, .optional = true            \
	}

static const struct field unit_query_fields[] = {
	PAGE_FIELDS(unit_query),          QUERY_WORD(unit_query, hierarchy, hierarchy_words),
	QUERY_ID(unit_query, parent),     QUERY_ID(unit_query, ancestor),
	QUERY_TEXT(unit_query, city, 30), QUERY_REGION(unit_query, region),
	QUERY_TEXT(unit_query, kind, 20), QUERY_WORD(unit_query, status, status_words),
	QUERY_TEXT(unit_query, q, 60),    QUERY_COUNT(unit_query),
};

struct supplier_query {
	struct page page;
	struct text county, q;
	int32_t status;
	bool count;
};

static const struct field supplier_query_fields[] = {
	PAGE_FIELDS(supplier_query),
	QUERY_REGION(supplier_query, county),
	QUERY_WORD(supplier_query, status, status_words),
	QUERY_TEXT(supplier_query, q, 60),
	QUERY_COUNT(supplier_query),
};

#define ITEM_HEAD(type)                                                                            \
	{ "id", KIND_ID, FIELD_AT(type, id) }, { "uscc", KIND_TEXT, FIELD_AT(type, uscc) },        \
		{ "code", KIND_TEXT, FIELD_AT(type, code) },                                       \
		{ "name", KIND_TEXT, FIELD_AT(type, name) },                                       \
		{ "short_name", KIND_TEXT, FIELD_AT(type, short_name) },                           \
		{ "status", KIND_WORD, FIELD_AT(type, status), .words = status_words },            \
	{                                                                                          \
		"ends_on", KIND_DAY, FIELD_AT(type, ends_on), .optional = true                     \
	}

static const struct field unit_item_fields[] = {
	ITEM_HEAD(unit_item),
	{ "kind", KIND_TEXT, FIELD_AT(unit_item, facts.kind) },
	{ "city", KIND_TEXT, FIELD_AT(unit_item, facts.city) },
	{ "region_code", KIND_TEXT, FIELD_AT(unit_item, facts.region_code) },
	{ "member_count", KIND_INT, FIELD_AT(unit_item, facts.member_count) },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(unit_item, facts.annual_budget_fen) },
};

static const struct field supplier_item_fields[] = {
	ITEM_HEAD(supplier_item),
	{ "county", KIND_TEXT, FIELD_AT(supplier_item, facts.county) },
	{ "kind", KIND_TEXT, FIELD_AT(supplier_item, facts.kind) },
	{ "households_assisted", KIND_INT, FIELD_AT(supplier_item, facts.households_assisted) },
	{ "selling", KIND_WORD, FIELD_AT(supplier_item, facts.selling), .words = selling_words },
	{ "selling_reason", KIND_TEXT, FIELD_AT(supplier_item, facts.selling_reason),
	  .optional = true },
};

/* What LIKE would take for more than itself is escaped. */
static struct text pattern_of(struct arena *arena, const char *before, struct text q)
{
	char *at = arena_take(arena, 2 * q.size + 3);
	size_t size = 0;

	if (!at)
		return NO_TEXT;
	if (*before)
		at[size++] = *before;
	for (size_t i = 0; i < q.size; i++) {
		if (q.at[i] == '%' || q.at[i] == '_' || q.at[i] == '\\')
			at[size++] = '\\';
		at[size++] = q.at[i];
	}
	at[size++] = '%';
	return (struct text){ at, size };
}

/* Codes are of ASCII in capitals: other text begins none. */
static struct text code_pattern(struct arena *arena, struct text q)
{
	char *upper = arena_string(arena, q);

	if (!upper)
		return NO_TEXT;
	for (size_t i = 0; i < q.size; i++) {
		if ((unsigned char)upper[i] >= 0x80)
			return NO_TEXT;
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	}
	return pattern_of(arena, "", (struct text){ upper, q.size });
}

static enum err patterns(struct req *rq, struct text q, struct text *part, struct text *beginning)
{
	if (!q.at)
		return OK;
	*part = pattern_of(rq->arena, "%", q);
	*beginning = code_pattern(rq->arena, q);
	return part->at ? OK : ERR_MEMORY;
}

/* As reply_page, with the number of all where it was asked for. */
static enum err reply_items(struct req *rq, const struct field *fields, size_t count, size_t size,
			    struct list *items, int64_t limit, int64_t total)
{
	struct buffer body = { .max = MIB(1) };
	struct json json = { .out = &body };
	struct text next = NO_TEXT;

	if (items->count > (size_t)limit) {
		struct id last;

		items->count = (size_t)limit;
		memcpy(&last, (const char *)items->at + (items->count - 1) * size, sizeof(last));
		next = page_cursor_id(rq->arena, last);
		if (!next.at)
			return ERR_MEMORY;
	}
	json_open(&json, NULL, '{');
	json_list(&json, "items", fields, count, size, items);
	json_text(&json, "next", next);
	json_int(&json, "count", total);
	json_close(&json, '}');
	return reply_body(rq, "application/json", &body);
}
_Static_assert(offsetof(struct unit_item, id) == 0, "reply_items looks there");
_Static_assert(offsetof(struct supplier_item, id) == 0, "reply_items looks there");

/* A place is one of a hierarchy, and below one unit at a time. */
static enum err unit_query_check(struct req *rq, const struct unit_query *query)
{
	bool has_place = !id_is_none(query->parent) || !id_is_none(query->ancestor);

	if (has_place && query->hierarchy == SMALL_NONE)
		fail(&rq->problems, ERR_REQUIRED, AT("hierarchy"));
	if (!id_is_none(query->parent) && !id_is_none(query->ancestor))
		fail(&rq->problems, ERR_REPEATED, AT("ancestor"));
	return rq->problems.items.count ? ERR_REFUSED : OK;
}

static enum err get_units(struct req *rq)
{
	struct unit_query query = { 0 };
	struct list items = { 0 };
	struct id after;
	int64_t total = INT_NONE;

	enum err e =
		page_read_id(rq, unit_query_fields, COUNT_OF(unit_query_fields), &query, &after);
	if (!e)
		e = unit_query_check(rq, &query);
	if (e)
		return e;
	struct unit_filter filter = { .scope = &rq->actor.scope,
				      .hierarchy = query.hierarchy,
				      .status = query.status,
				      .parent = query.parent,
				      .ancestor = query.ancestor,
				      .below = !id_is_none(query.ancestor),
				      .city = query.city,
				      .region = query.region,
				      .kind = query.kind,
				      .day = day_of(rq->now),
				      .after = after,
				      .limit = page_limit(&query.page) + 1 };
	e = patterns(rq, query.q, &filter.part, &filter.beginning);
	if (!e)
		e = unit_items(rq->db, &filter, rq->arena, &items);
	if (!e && query.count)
		e = unit_items_count(rq->db, &filter, &total);
	return e ? e
		 : reply_items(rq, unit_item_fields, COUNT_OF(unit_item_fields),
			       sizeof(struct unit_item), &items, filter.limit - 1, total);
}

static enum err get_suppliers(struct req *rq)
{
	struct supplier_query query = { 0 };
	struct list items = { 0 };
	struct id after;
	int64_t total = INT_NONE;

	enum err e = page_read_id(rq, supplier_query_fields, COUNT_OF(supplier_query_fields),
				  &query, &after);
	if (e)
		return e;
	struct supplier_filter filter = { .scope = &rq->actor.scope,
					  .status = query.status,
					  .county = query.county,
					  .after = after,
					  .limit = page_limit(&query.page) + 1 };
	e = patterns(rq, query.q, &filter.part, &filter.beginning);
	if (!e)
		e = supplier_items(rq->db, &filter, rq->arena, &items);
	if (!e && query.count)
		e = supplier_items_count(rq->db, &filter, &total);
	return e ? e
		 : reply_items(rq, supplier_item_fields, COUNT_OF(supplier_item_fields),
			       sizeof(struct supplier_item), &items, filter.limit - 1, total);
}

/* ---- one ---- */

static const struct field unit_fields[] = {
	{ "kind", KIND_TEXT, FIELD_AT(unit_facts, kind) },
	{ "city", KIND_TEXT, FIELD_AT(unit_facts, city) },
	{ "region_code", KIND_TEXT, FIELD_AT(unit_facts, region_code) },
	{ "member_count", KIND_INT, FIELD_AT(unit_facts, member_count) },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(unit_facts, annual_budget_fen) },
};
static const struct field supplier_fields[] = {
	{ "county", KIND_TEXT, FIELD_AT(supplier_facts, county) },
	{ "kind", KIND_TEXT, FIELD_AT(supplier_facts, kind) },
	{ "households_assisted", KIND_INT, FIELD_AT(supplier_facts, households_assisted) },
	{ "selling", KIND_WORD, FIELD_AT(supplier_facts, selling), .words = selling_words },
	{ "selling_reason", KIND_TEXT, FIELD_AT(supplier_facts, selling_reason), .optional = true },
};
static const struct field authority_fields[] = {
	{ "scope", KIND_WORD, FIELD_AT(authority_facts, scope), .words = scope_words },
	{ "county", KIND_TEXT, FIELD_AT(authority_facts, county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(authority_facts, hierarchy), .optional = true,
	  .words = hierarchy_words },
	{ "root", KIND_ID, FIELD_AT(authority_facts, root), .optional = true },
};
static const struct field place_fields[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(place_row, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(place_row, parent), .optional = true },
	{ "parent_name", KIND_TEXT, FIELD_AT(place_row, parent_name), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(place_row, since), .optional = true },
	{ "until", KIND_DAY, FIELD_AT(place_row, until), .optional = true },
};
static const struct field name_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(name_row, name) },
	{ "short_name", KIND_TEXT, FIELD_AT(name_row, short_name) },
	{ "since", KIND_DAY, FIELD_AT(name_row, since), .optional = true },
};
static const struct field contact_shown_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(contact, name) },
	{ "phone", KIND_TEXT, FIELD_AT(contact, phone) },
};
static void json_card(struct json *json, const struct organisation_row *row)
{
	json_id(json, "id", row->id);
	json_text(json, "uscc", row->uscc);
	json_text(json, "code", row->code);
	json_text(json, "name", row->name);
	json_text(json, "short_name", row->short_name);
	json_text(json, "status", text_of(word_of(status_words, row->status)));
	json_text(json, "status_reason", row->status_reason);
	json_day(json, "ends_on", row->ends_on);
	json_id(json, "successor", row->successor);
	json_int(json, "version", row->version);
	json_instant(json, "created_at", row->created_at);
	json_instant(json, "ended_at", row->ended_at);
}

/* A struct, or null where the organisation is no such thing. */
static void json_capacity(struct json *json, const char *key, bool is, const struct field *fields,
			  size_t count, const void *facts)
{
	if (is)
		json_fields(json, key, fields, count, facts);
	else
		json_text(json, key, NO_TEXT);
}

static enum err contact_masked(struct req *rq, const struct organisation_row *row,
			       struct contact *out)
{
	struct seal_place place = { "contact", "name_sealed", row->id };
	struct text name, phone;

	enum err e = unseal_text(rq->app->keys, place, row->name_sealed, rq->arena, &name);
	place.column = "phone_sealed";
	if (!e)
		e = unseal_text(rq->app->keys, place, row->phone_sealed, rq->arena, &phone);
	if (e)
		return e;
	out->name = mask_name(rq->arena, name);
	out->phone = mask_phone(rq->arena, phone);
	return out->name.at && out->phone.at ? OK : ERR_MEMORY;
}

static enum err organisation_reply(struct req *rq, const struct organisation_row *row,
				   const struct list *places, const struct list *names)
{
	struct buffer body = { .max = MIB(1) };
	struct json json = { .out = &body };
	struct contact contact = { 0 };
	bool has_contact = row->phone_sealed.at;

	enum err e = has_contact ? contact_masked(rq, row, &contact) : OK;
	if (!e)
		e = reply_version(rq, row->version);
	if (e)
		return e;
	json_open(&json, NULL, '{');
	json_card(&json, row);
	json_capacity(&json, "unit", row->is_unit, unit_fields, COUNT_OF(unit_fields), &row->unit);
	json_capacity(&json, "supplier", row->is_supplier, supplier_fields,
		      COUNT_OF(supplier_fields), &row->supplier);
	json_capacity(&json, "authority", row->is_authority, authority_fields,
		      COUNT_OF(authority_fields), &row->authority);
	json_list(&json, "places", place_fields, COUNT_OF(place_fields), sizeof(struct place_row),
		  places);
	json_list(&json, "names", name_fields, COUNT_OF(name_fields), sizeof(struct name_row),
		  names);
	json_capacity(&json, "contact", has_contact, contact_shown_fields,
		      COUNT_OF(contact_shown_fields), &contact);
	json_close(&json, '}');
	return reply_body(rq, "application/json", &body);
}

/* Whoever is logged in sees the own one; others, who may see organisations, within the scope. */
static enum err get_organisation(struct req *rq)
{
	static const struct scope nothing = { .kind = SCOPE_NONE };
	const bool oversees = rq->actor.roles & permissions[PERMISSION_SEE_ORGANISATIONS].roles;
	struct organisation_row row;
	struct list places = { 0 }, names = { 0 };
	struct id id = req_path_id(rq, "id");

	enum err e =
		organisation_read(rq->db, id, rq->actor.organisation,
				  oversees ? &rq->actor.scope : &nothing, false, rq->arena, &row);
	if (!e)
		e = place_rows(rq->db, id, rq->arena, &places);
	if (!e)
		e = name_rows(rq->db, id, rq->arena, &names);
	return e ? e : organisation_reply(rq, &row, &places, &names);
}

/* ---- changes ---- */

/* If-Match is held against the version where it is sent, and must be where a resource is edited. */
static enum err change_begin(struct req *rq, bool edits, struct organisation_change *change)
{
	change->id = req_path_id(rq, "id");
	change->seen = INT_NONE;
	return edits || rq->if_match.at ? req_version(rq, &change->seen) : OK;
}

/* A replay carries no version that was computed now: it says it by its body. */
static enum err change_run(struct req *rq, event_fn *event, void *arg, const struct field *fields,
			   size_t count)
{
	const struct organisation_change *change = arg;

	enum err e = change->seen >= 0 ? reply_version(rq, change->seen + 1) : OK;
	return e ? e : run_event(rq, event, arg, fields, count);
}

static enum err post_renaming(struct req *rq)
{
	struct renaming renaming = { 0 };

	enum err e = json_read(rq, renaming_fields, RENAMING_FIELDS, &renaming);
	if (!e)
		e = change_begin(rq, false, &renaming.change);
	return e ? e
		 : change_run(rq, organisation_renaming, &renaming, renaming_fields,
			      RENAMING_FIELDS);
}

static enum err patch_organisation(struct req *rq)
{
	struct facts_change change = { 0 };

	enum err e = json_read_on(rq, facts_change_fields, FACTS_CHANGE_FIELDS, &change);
	if (!e && req_faults(rq)) /* else its event looks at it */
		e = region_check(rq, change.facts.region_code);
	if (!e)
		e = req_faults(rq);
	if (!e)
		e = change_begin(rq, true, &change.change);
	if (e)
		return e;
	change.asked = change.facts;
	return change_run(rq, organisation_facts, &change, facts_change_fields,
			  FACTS_CHANGE_FIELDS);
}

static enum err post_placement(struct req *rq)
{
	struct placing placing = { 0 };

	enum err e = json_read(rq, placing_fields, PLACING_FIELDS, &placing);
	if (!e)
		e = change_begin(rq, false, &placing.change);
	return e ? e : change_run(rq, unit_placing, &placing, placing_fields, PLACING_FIELDS);
}

static enum err post_ending(struct req *rq, event_fn *event, const struct field *fields)
{
	struct ending ending = { 0 };

	enum err e = json_read(rq, fields, ENDING_FIELDS, &ending);
	if (!e)
		e = change_begin(rq, false, &ending.change);
	return e ? e : change_run(rq, event, &ending, fields, ENDING_FIELDS);
}

static enum err post_merger(struct req *rq)
{
	return post_ending(rq, unit_merging, merger_fields);
}

static enum err post_closing(struct req *rq)
{
	return post_ending(rq, organisation_closing, closing_fields);
}

static enum err post_standing(struct req *rq, event_fn *event)
{
	struct standing standing = { 0 };

	enum err e = json_read(rq, standing_fields, STANDING_FIELDS, &standing);
	if (!e)
		e = change_begin(rq, false, &standing.change);
	return e ? e : change_run(rq, event, &standing, standing_fields, STANDING_FIELDS);
}

static enum err post_suspension(struct req *rq)
{
	return post_standing(rq, organisation_suspend);
}

static enum err post_resumption(struct req *rq)
{
	return post_standing(rq, organisation_resume);
}

static enum err put_contact(struct req *rq)
{
	struct contact contact = { 0 };

	enum err e = json_read(rq, contact_fields, CONTACT_FIELDS, &contact);
	if (!e)
		e = change_begin(rq, true, &contact.change);
	return e ? e : change_run(rq, contact_change, &contact, NULL, 0);
}

/* The key's row keeps an empty answer; the contact is written behind it. */
static enum err post_disclosure(struct req *rq)
{
	struct disclosure disclosure = { 0 };

	enum err e = json_read(rq, disclosure_fields, DISCLOSURE_FIELDS, &disclosure);
	if (!e)
		e = change_begin(rq, false, &disclosure.change);
	rq->key = NO_TEXT; /* in the clear once only */
	if (!e)
		e = run_event(rq, contact_disclose, &disclosure, NULL, 0);
	if (e)
		return e;
	const struct contact contact = { .name = disclosure.name, .phone = disclosure.phone };
	return reply_fields(rq, contact_shown_fields, COUNT_OF(contact_shown_fields), &contact);
}

/* ---- the table ---- */

#define CHANGES(of_path, handler)                                                                  \
	{                                                                                          \
		.method = HTTP_POST, .path = (of_path), .handle = (handler),                       \
		.roles = MAY_KEEP_ORGANISATIONS, .runs = ON_WORKER, .body_max = KIB(8),            \
		.success = 201                                                                     \
	}

const struct route organisation_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/units",
	  .handle = get_units,
	  .roles = MAY_SEE_ORGANISATIONS,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/suppliers",
	  .handle = get_suppliers,
	  .roles = MAY_SEE_ORGANISATIONS,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/organisations/{id}",
	  .handle = get_organisation,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_PATCH,
	  .path = "/api/v1/organisations/{id}",
	  .handle = patch_organisation,
	  .roles = MAY_KEEP_ORGANISATIONS,
	  .runs = ON_WORKER,
	  .body_max = KIB(8) },
	CHANGES("/api/v1/organisations/{id}/renamings", post_renaming),
	CHANGES("/api/v1/organisations/{id}/closings", post_closing),
	CHANGES("/api/v1/organisations/{id}/suspensions", post_suspension),
	CHANGES("/api/v1/organisations/{id}/resumptions", post_resumption),
	CHANGES("/api/v1/units/{id}/placements", post_placement),
	CHANGES("/api/v1/units/{id}/mergers", post_merger),
	{ .method = HTTP_PUT,
	  .path = "/api/v1/organisations/{id}/contact",
	  .handle = put_contact,
	  .roles = MAY_KEEP_CONTACTS,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 204 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/organisations/{id}/disclosures",
	  .handle = post_disclosure,
	  .roles = MAY_KEEP_CONTACTS,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 201 },
};
const size_t organisation_route_count = COUNT_OF(organisation_routes);
