/*
 * The audit trail over HTTP, for auditors. Events that the sequencer has not positioned yet, or has
 * refused, are listed too, without a position: what somebody tampered with is there to be seen.
 */
#include "trail.h"

#include <string.h>

#define XLSX_MEDIA "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* A cursor: instant and id of the last row. */
static struct text place_cursor(struct arena *arena, const void *row)
{
	const struct trail_row *last = row;
	char id[37];

	return arena_print(arena, "%lld.%s", (long long)last->at, id_format(last->id, id).at);
}

static enum err place_read(struct req *rq, struct text cursor, struct trail_place *out)
{
	struct text rest = cursor;

	if (!cursor.at)
		return OK;
	if (text_to_int(text_cut(&rest, '.'), &out->at) && id_parse(rest, &out->id))
		return OK;
	fail(&rq->problems, ERR_FORMAT, AT("after"));
	return ERR_REFUSED;
}

static enum trail_format format_of(const struct req *rq)
{
	if (req_prefers(rq, XLSX_MEDIA))
		return TRAIL_XLSX;
	return req_prefers(rq, "text/csv") ? TRAIL_CSV : TRAIL_JSON;
}

/* By either name of the user; two that do not belong together are nobody's. */
static enum err login_take(struct req *rq, struct trail_filter *filter)
{
	struct id user, asked = filter->user;
	enum err e = trail_user(rq->db, filter->login, &user);

	filter->user = user;
	if (!e && !id_is_none(asked) && !id_equal(asked, user))
		memset(filter->user.bytes, 0xFF, sizeof(filter->user.bytes));
	return e;
}

static enum err get_audit_events(struct req *rq)
{
	struct trail_filter filter = { 0 };
	struct trail_query query;
	struct list rows = { 0 };
	enum trail_format format = format_of(rq);
	enum err e = query_read(rq, trail_filter_fields, trail_filter_field_count, &filter);

	if (!e)
		e = trail_query_make(&filter, &rq->actor, day_of(rq->now), &rq->problems, &query);
	if (!e)
		e = place_read(rq, filter.page.after, &query.after);
	if (!e && filter.login.at)
		e = login_take(rq, &filter);
	if (e)
		return e;
	if (format != TRAIL_JSON)
		return trail_export(rq, &query, format);
	query.limit = page_limit(&filter.page) + 1;
	e = trail_list(rq->db, &query, rq->arena, &rows);
	if (e)
		return e;
	return reply_page(rq, trail_row_fields, trail_row_field_count, sizeof(struct trail_row),
			  &rows, query.limit - 1, place_cursor);
}

static enum err get_audit_event(struct req *rq)
{
	struct trail_row row = { .position = INT_NONE };
	enum err e;

	if (rq->actor.scope.kind == SCOPE_NONE)
		return ERR_FORBIDDEN;
	e = trail_read(rq->db, &rq->actor, day_of(rq->now), req_path_id(rq, "id"), rq->arena, &row);
	return e ? e : reply_fields(rq, trail_row_fields, trail_row_field_count, &row);
}

/* ---- seals ---- */

struct seals_query {
	struct page page;
};
static const struct field seals_query_fields[] = { PAGE_FIELDS(seals_query) };

static struct text seal_cursor(struct arena *arena, const void *row)
{
	const struct seal *seal = row;

	return page_cursor_number(arena, seal->day);
}

static enum err get_audit_seals(struct req *rq)
{
	struct seals_query query = { 0 };
	struct list seals = { 0 };
	int64_t before;
	enum err e = query_read(rq, seals_query_fields, COUNT_OF(seals_query_fields), &query);

	if (!e)
		e = page_after_number(rq, &query.page, &before);
	if (e)
		return e;
	if (query.page.after.at &&
	    (before < day_make(1900, 1, 1) || before > day_make(9999, 12, 31))) {
		fail(&rq->problems, ERR_FORMAT, AT("after"));
		return ERR_REFUSED;
	}
	e = seals_list(rq->db, rq->arena, query.page.after.at ? (int32_t)before : DAY_NONE,
		       page_limit(&query.page) + 1, &seals);
	if (e)
		return e;
	return reply_page(rq, seal_fields, seal_field_count, sizeof(struct seal), &seals,
			  page_limit(&query.page), seal_cursor);
}

const struct route trail_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/audit-events",
	  .handle = get_audit_events,
	  .roles = MAY_SEE_AUDIT,
	  .runs = ON_REPORTS,
	  .rate = RATE_REPORT },
	{ .method = HTTP_GET,
	  .path = "/api/v1/audit-events/{id}",
	  .handle = get_audit_event,
	  .roles = MAY_SEE_AUDIT,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/audit-seals",
	  .handle = get_audit_seals,
	  .roles = MAY_SEE_AUDIT,
	  .runs = ON_WORKER },
};
const size_t trail_route_count = COUNT_OF(trail_routes);
