/*
 * Reading the trail: one statement each. Newest first by instant and id, which every index of a
 * filter holds in that order behind its column, so that a page is read from its end and no further;
 * the index is told, for the filters of a statement are not known when it is prepared. A filter
 * that was not given folds away. Narrow scopes without a narrower filter begin at their
 * organisations; the others hold each row against the scope by its organisation's keys.
 */
#include "trail.h"

#define COLUMNS                                                                                    \
	"SELECT s.position, e.id, e.kind, e.object, e.organisation, o.name, e.user, u.login, "     \
	"u.name, e.roles, e.address, e.request, e.at, e.before_state, e.after_state, s.chain, "    \
	"e.mac"
#define NAMES                                                                                      \
	"  LEFT JOIN organisation o ON o.id = e.organisation"                                      \
	"  LEFT JOIN user u ON u.id = e.user"
#define PLACED "  LEFT JOIN sequence s ON s.event = e.id"

/* In this order also trail_values gives them. */
#define FILTERS                                                                                    \
	" WHERE e.at BETWEEN ? AND ? AND (e.at < ? OR e.id < ?)"                                   \
	"   AND (? IS NULL OR e.object = ?)"                                                       \
	"   AND (? IS NULL OR e.request = ?)"                                                      \
	"   AND (? IS NULL OR e.user = ?)"                                                         \
	"   AND (? IS NULL OR e.address = ?)"                                                      \
	"   AND (? IS NULL OR e.organisation = ?)"                                                 \
	"   AND (? IS NULL OR s.position >= ?)"                                                    \
	"   AND (? IS NULL OR s.position <= ?)"                                                    \
	"   AND (? IS NULL OR e.kind = ?)"                                                         \
	"   AND (? IS NULL OR e.kind BETWEEN ? AND ?)"
#define NEWEST " ORDER BY e.at DESC, e.id DESC LIMIT ?"

#define OF_WHOLE ""
#define OF_COUNTY                                                                                  \
	"   AND (e.organisation = ?"                                                               \
	"     OR EXISTS (SELECT 1 FROM unit n"                                                     \
	"                 WHERE n.organisation = e.organisation AND n.region_code = ?)"            \
	"     OR EXISTS (SELECT 1 FROM supplier p"                                                 \
	"                 WHERE p.organisation = e.organisation AND p.county = ?))"
#define OF_SUBTREE                                                                                 \
	"   AND (e.organisation = ?"                                                               \
	"     OR EXISTS (SELECT 1 FROM unit_ancestor a"                                            \
	"                 WHERE a.hierarchy = ? AND a.ancestor = ? AND a.unit = e.organisation"    \
	"                   AND ? BETWEEN a.since AND a.until))"
#define COUNTY_ORGANISATIONS                                                                       \
	"(SELECT CAST(? AS UUID) AS id"                                                            \
	" UNION SELECT organisation FROM unit WHERE region_code = ?"                               \
	" UNION SELECT organisation FROM supplier WHERE county = ?) w"
#define SUBTREE_ORGANISATIONS                                                                      \
	"(SELECT CAST(? AS UUID) AS id"                                                            \
	" UNION SELECT unit FROM unit_ancestor"                                                    \
	"        WHERE hierarchy = ? AND ancestor = ? AND ? BETWEEN since AND until) w"

#define BY_INDEX(index, scope)                                                                     \
	{                                                                                          \
		COLUMNS "  FROM event e FORCE INDEX (" index ")" PLACED NAMES FILTERS scope NEWEST \
	}
#define BY_PLACE(scope)                                                                            \
	{                                                                                          \
		COLUMNS "  FROM sequence s STRAIGHT_JOIN event e ON e.id = s.event" NAMES FILTERS  \
			scope NEWEST                                                               \
	}
#define BY_ORGANISATIONS(organisations)                                                            \
	{                                                                                          \
		COLUMNS "  FROM " organisations                                                    \
			" STRAIGHT_JOIN event e FORCE INDEX (by_organisation)"                     \
			" ON e.organisation = w.id" PLACED NAMES FILTERS NEWEST                    \
	}
#define WAYS(scope)                                                                                \
	[BY_OBJECT] = BY_INDEX("by_object", scope), [BY_REQUEST] = BY_INDEX("by_request", scope),  \
	[BY_USER] = BY_INDEX("by_user", scope), [BY_ADDRESS] = BY_INDEX("by_address", scope),      \
	[BY_ORGANISATION] = BY_INDEX("by_organisation", scope),                                    \
	[BY_POSITION_RANGE] = BY_PLACE(scope)

const struct sql trail_sql[TRAIL_SCOPES][TRAIL_WAY_COUNT] = {
	[SCOPE_PLATFORM] = { WAYS(OF_WHOLE), [BY_KIND] = BY_INDEX("by_kind", OF_WHOLE),
			     [BY_TIME] = BY_INDEX("by_time", OF_WHOLE) },
	[SCOPE_COUNTY] = { WAYS(OF_COUNTY), [BY_SCOPE] = BY_ORGANISATIONS(COUNTY_ORGANISATIONS) },
	[SCOPE_HIERARCHY] = { WAYS(OF_SUBTREE), [BY_SCOPE] =
							BY_ORGANISATIONS(SUBTREE_ORGANISATIONS) },
};

#define ONE(scope)                                                                                 \
	{                                                                                          \
		COLUMNS "  FROM event e" PLACED NAMES " WHERE e.id = ?" scope                      \
	}
static const struct sql one_sql[TRAIL_SCOPES] = {
	[SCOPE_PLATFORM] = ONE(OF_WHOLE),
	[SCOPE_COUNTY] = ONE(OF_COUNTY),
	[SCOPE_HIERARCHY] = ONE(OF_SUBTREE),
};

/* ---- columns ---- */

static const struct field organisation_fields[] = {
	{ "id", KIND_ID, FIELD_AT(trail_party, id) },
	{ "name", KIND_TEXT, FIELD_AT(trail_party, name) },
};
static const struct field user_fields[] = {
	{ "id", KIND_ID, FIELD_AT(trail_party, id) },
	{ "login", KIND_TEXT, FIELD_AT(trail_party, login) },
	{ "name", KIND_TEXT, FIELD_AT(trail_party, name) },
};

const struct field trail_row_fields[] = {
	{ "position", KIND_INT, FIELD_AT(trail_row, position), .optional = true },
	{ "id", KIND_ID, FIELD_AT(trail_row, id) },
	{ "kind", KIND_TEXT, FIELD_AT(trail_row, kind) },
	{ "object", KIND_ID, FIELD_AT(trail_row, object) },
	{ "organisation", KIND_ID, FIELD_AT(trail_row, organisation.id), .only = ROW },
	{ "organisation_name", KIND_TEXT, FIELD_AT(trail_row, organisation.name), .only = ROW },
	{ "organisation", KIND_STRUCT, FIELD_AT(trail_row, organisation), .only = OUT,
	  .of = organisation_fields, .of_count = COUNT_OF(organisation_fields) },
	{ "user", KIND_ID, FIELD_AT(trail_row, user.id), .only = ROW },
	{ "login", KIND_TEXT, FIELD_AT(trail_row, user.login), .only = ROW },
	{ "user_name", KIND_TEXT, FIELD_AT(trail_row, user.name), .only = ROW },
	{ "user", KIND_STRUCT, FIELD_AT(trail_row, user), .only = OUT, .of = user_fields,
	  .of_count = COUNT_OF(user_fields) },
	{ "role_bits", KIND_INT, FIELD_AT(trail_row, role_bits), .only = ROW },
	{ "roles", KIND_WORDS, FIELD_AT(trail_row, roles), .only = OUT, .words = role_words },
	{ "address", KIND_TEXT, FIELD_AT(trail_row, address) },
	{ "request", KIND_TEXT, FIELD_AT(trail_row, request) },
	{ "at", KIND_INSTANT, FIELD_AT(trail_row, at) },
	{ "before", KIND_RAW, FIELD_AT(trail_row, before) },
	{ "after", KIND_RAW, FIELD_AT(trail_row, after) },
	{ "chain", KIND_BYTES, FIELD_AT(trail_row, chain) },
	{ "mac", KIND_BYTES, FIELD_AT(trail_row, mac) },
};
const size_t trail_row_field_count = COUNT_OF(trail_row_fields);

/* ---- values ---- */

struct values_made {
	struct value *at;
	size_t count;
};

static void add(struct values_made *values, struct value value)
{
	assert(values->count < TRAIL_VALUES_MAX);
	values->at[values->count++] = value;
}

static void add_twice(struct values_made *values, struct value value)
{
	add(values, value);
	add(values, value);
}

static void add_scope(struct values_made *values, const struct actor *actor, int32_t day)
{
	const struct scope *scope = &actor->scope;

	if (scope->kind == SCOPE_PLATFORM)
		return;
	add(values, value_id(actor->organisation));
	if (scope->kind == SCOPE_COUNTY) {
		add_twice(values, value_string(scope->county));
		return;
	}
	add(values, value_string(word_of(hierarchy_words, scope->hierarchy)));
	add(values, value_id(scope->root));
	add(values, value_day(day));
}

static void add_kind(struct values_made *values, const struct trail_query *query)
{
	struct text kind = query->filter->kind;
	bool is_prefix = query->kind_end.at != NULL;

	add_twice(values, is_prefix ? value_null() : value_text(kind));
	add_twice(values, value_text(query->kind_begin));
	add(values, value_text(query->kind_end));
}

size_t trail_values(const struct trail_query *query, struct value *out)
{
	const struct trail_filter *filter = query->filter;
	struct values_made values = { .at = out };
	int64_t last = query->after.at < query->last ? query->after.at : query->last;
	bool by_scope = trail_way_of(query) == BY_SCOPE;

	if (by_scope)
		add_scope(&values, query->actor, query->day);
	add(&values, value_i64(query->first));
	add(&values, value_i64(last));
	add(&values, value_i64(query->after.at));
	add(&values, (struct value){ .kind = VALUE_ID, .as.id = query->after.id });
	add_twice(&values, value_id(filter->object));
	add_twice(&values, value_text(filter->request));
	add_twice(&values, value_id(filter->user));
	add_twice(&values, value_text(filter->address));
	add_twice(&values, value_id(filter->organisation));
	add_twice(&values, value_optional(filter->position_from));
	add_twice(&values, value_optional(filter->position_to));
	add_kind(&values, query);
	if (!by_scope)
		add_scope(&values, query->actor, query->day);
	add(&values, value_i64(query->limit));
	return values.count;
}

enum trail_way trail_way_of(const struct trail_query *query)
{
	const struct trail_filter *filter = query->filter;

	if (!id_is_none(filter->object))
		return BY_OBJECT;
	if (filter->request.at)
		return BY_REQUEST;
	if (!id_is_none(filter->user))
		return BY_USER;
	if (filter->address.at)
		return BY_ADDRESS;
	if (!id_is_none(filter->organisation))
		return BY_ORGANISATION;
	if (filter->position_from != INT_NONE || filter->position_to != INT_NONE)
		return BY_POSITION_RANGE;
	if (query->actor->scope.kind != SCOPE_PLATFORM)
		return BY_SCOPE;
	return filter->kind.at ? BY_KIND : BY_TIME;
}

/* ---- reading ---- */

static const struct sql user_sql = { "SELECT id FROM user WHERE login = ?" };
static const struct field user_id_fields[] = { { "id", KIND_ID, FIELD_AT(trail_party, id) } };

enum err trail_user(struct db *db, struct text login, struct id *out)
{
	struct trail_party user = { .id = NO_ID };
	enum err e = db_read(db, &user_sql, db_values(login), user_id_fields,
			     COUNT_OF(user_id_fields), NULL, &user);

	*out = user.id;
	if (e != ERR_NOT_FOUND)
		return e;
	for (size_t i = 0; i < sizeof(out->bytes); i++)
		out->bytes[i] = UINT8_MAX; /* nobody's */
	return OK;
}

/* Nobody without a scope has the role; the routes' permission says so. */
static const struct sql *text_of_query(const struct trail_query *query)
{
	int32_t scope = query->actor->scope.kind;

	assert(scope > SCOPE_NONE && scope < TRAIL_SCOPES);
	return &trail_sql[scope][trail_way_of(query)];
}

struct handing_on {
	db_row_fn *fn;
	void *context;
};

static enum err hand_on(void *context, void *at)
{
	const struct handing_on *to = context;
	struct trail_row *row = at;

	row->roles = (uint32_t)row->role_bits;
	return to->fn(to->context, row);
}

enum err trail_each(struct db *db, const struct trail_query *query, db_row_fn *fn, void *context)
{
	struct value values[TRAIL_VALUES_MAX];
	struct handing_on to = { fn, context };
	size_t count = trail_values(query, values);

	return db_each(db, text_of_query(query), (struct values){ values, count }, trail_row_fields,
		       trail_row_field_count, sizeof(struct trail_row), hand_on, &to);
}

enum err trail_list(struct db *db, const struct trail_query *query, struct arena *arena,
		    struct list *out)
{
	struct value values[TRAIL_VALUES_MAX];
	size_t count = trail_values(query, values);
	enum err e = db_list(db, text_of_query(query), (struct values){ values, count },
			     trail_row_fields, trail_row_field_count, sizeof(struct trail_row),
			     arena, out);

	for (size_t i = 0; i < out->count; i++) {
		struct trail_row *row = LIST_ITEM(*out, struct trail_row, i);

		row->roles = (uint32_t)row->role_bits;
	}
	return e;
}

enum err trail_read(struct db *db, const struct actor *actor, int32_t day, struct id id,
		    struct arena *arena, struct trail_row *out)
{
	struct value room[TRAIL_VALUES_MAX];
	struct values_made values = { .at = room };
	enum err e;

	assert(actor->scope.kind > SCOPE_NONE && actor->scope.kind < TRAIL_SCOPES);
	add(&values, value_id(id));
	add_scope(&values, actor, day);
	e = db_read(db, &one_sql[actor->scope.kind], (struct values){ room, values.count },
		    trail_row_fields, trail_row_field_count, arena, out);
	out->roles = (uint32_t)out->role_bits;
	return e;
}
