/* What the filters of the trail mean, without I/O. */
#include "trail.h"

#include <arpa/inet.h>
#include <string.h>

/* Letters, digits and signs of ASCII without blanks, as these columns hold: other text is in no
 * row, and is not held against them. */
static bool is_visible(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return false;
	return t.size > 0;
}

/* Commands and the platform itself stand where requests have their address. */
static bool is_address(struct text t)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr room;

	if (text_is(t, "command") || text_is(t, "system"))
		return true;
	if (t.size >= sizeof(address))
		return false;
	memcpy(address, t.at, t.size);
	address[t.size] = 0;
	return strlen(address) == t.size && (inet_pton(AF_INET, address, &room) == 1 ||
					     inet_pton(AF_INET6, address, &room) == 1);
}

static bool is_kind(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (!(t.at[i] >= 'a' && t.at[i] <= 'z') && t.at[i] != '.' && t.at[i] != '_')
			return false;
	return t.size > 0;
}

const struct field trail_filter_fields[] = {
	PAGE_FIELDS(trail_filter),
	{ "object", KIND_ID, FIELD_AT(trail_filter, object), .optional = true },
	{ "organisation", KIND_ID, FIELD_AT(trail_filter, organisation), .optional = true },
	{ "user", KIND_ID, FIELD_AT(trail_filter, user), .optional = true },
	{ "login", KIND_TEXT, FIELD_AT(trail_filter, login), .optional = true, .max = 100,
	  .check = is_visible },
	{ "kind", KIND_TEXT, FIELD_AT(trail_filter, kind), .optional = true, .max = 60,
	  .check = is_kind },
	{ "request", KIND_TEXT, FIELD_AT(trail_filter, request), .optional = true, .max = 64,
	  .check = is_visible },
	{ "address", KIND_TEXT, FIELD_AT(trail_filter, address), .optional = true, .max = 45,
	  .check = is_address, .wrong = ERR_ADDRESS },
	{ "from", KIND_TEXT, FIELD_AT(trail_filter, from), .optional = true, .max = 40 },
	{ "to", KIND_TEXT, FIELD_AT(trail_filter, to), .optional = true, .max = 40 },
	{ "position_from", KIND_INT, FIELD_AT(trail_filter, position_from), .optional = true,
	  .min = 1, .max = INT64_MAX },
	{ "position_to", KIND_INT, FIELD_AT(trail_filter, position_to), .optional = true, .min = 1,
	  .max = INT64_MAX },
};
const size_t trail_filter_field_count = COUNT_OF(trail_filter_fields);

/* The instant, or the beginning of the day @later days on. */
static bool time_parse(struct text t, int32_t later, int64_t *out)
{
	int32_t day;

	if (!day_parse(t, &day))
		return instant_parse(t, out);
	*out = day_start(day + later) - later;
	return true;
}

static void times_take(const struct trail_filter *filter, struct problems *problems,
		       struct trail_query *out)
{
	out->first = INT64_MIN + 1;
	out->last = INT64_MAX;
	if (filter->from.at && !time_parse(filter->from, 0, &out->first))
		fail(problems, ERR_FORMAT, AT("from"));
	if (filter->to.at && !time_parse(filter->to, 1, &out->last))
		fail(problems, ERR_FORMAT, AT("to"));
	else if (out->last < out->first)
		fail(problems, ERR_PERIOD, AT("to"), ARG_TEXT(filter->from));
}

enum err trail_query_make(const struct trail_filter *filter, const struct actor *actor, int32_t day,
			  struct problems *problems, struct trail_query *out)
{
	struct text kind = filter->kind;

	*out = (struct trail_query){ .filter = filter, .actor = actor, .day = day };
	out->after.at = INT64_MAX;
	if (actor->scope.kind == SCOPE_NONE)
		return ERR_FORBIDDEN;
	times_take(filter, problems, out);
	if (filter->position_from != INT_NONE && filter->position_to != INT_NONE &&
	    filter->position_to < filter->position_from)
		fail(problems, ERR_PERIOD, AT("position_to"), ARG_INT(filter->position_from));
	if (problems->items.count)
		return ERR_REFUSED;
	if (!kind.size || (memchr(kind.at, '.', kind.size) && kind.at[kind.size - 1] != '.'))
		return OK;
	/* an object without what happened to it stands for all of its kinds; '~' stands behind all
	 * letters of a kind */
	if (kind.at[kind.size - 1] != '.')
		kind = arena_print(problems->arena, "%.*s.", TEXT_FMT(kind));
	if (kind.at)
		out->kind_end = arena_print(problems->arena, "%.*s~", TEXT_FMT(kind));
	if (!out->kind_end.at)
		return ERR_MEMORY;
	out->kind_begin = kind;
	return OK;
}
