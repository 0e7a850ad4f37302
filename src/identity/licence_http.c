/*
 * Licences over HTTP: those of the own organisation, or of all within the scope; handing one in;
 * decisions; and the daily run on demand.
 */
#include "application.h"

/* ---- lists ---- */

struct licence_query {
	struct page page;
	struct id organisation;
	int32_t state, expiring_before;
};
static const struct field licence_query_fields[] = {
	PAGE_FIELDS(licence_query),
	{ "organisation", KIND_ID, FIELD_AT(licence_query, organisation), .only = IN,
	  .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence_query, state), .only = IN, .optional = true,
	  .words = licence_words },
	{ "expiring_before", KIND_DAY, FIELD_AT(licence_query, expiring_before), .only = IN,
	  .optional = true },
};

static struct text licence_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct licence *)row)->id);
}

/* Reviewers see what lies in their scope, administrators their own organisation's. */
static enum err get_licences(struct req *rq)
{
	struct licence_query query = { 0 };
	struct list licences = { 0 };
	bool reviews = (rq->actor.roles & ROLE_REVIEWER) != 0;
	struct licence_filter filter = { .scope = &rq->actor.scope,
					 .own = reviews ? NO_ID : rq->actor.organisation };
	enum err e = page_read_id(rq, licence_query_fields, COUNT_OF(licence_query_fields), &query,
				  &filter.after);

	if (e)
		return e;
	filter.organisation = query.organisation;
	filter.state = query.state;
	filter.expiring_before = query.expiring_before;
	filter.limit = page_limit(&query.page) + 1;
	e = licence_list(rq->db, rq->arena, &filter, &licences);
	if (e)
		return e;
	return reply_page(rq, licence_fields, licence_field_count, sizeof(struct licence),
			  &licences, page_limit(&query.page), licence_cursor);
}

/* ---- handing in, deciding ---- */

static enum err post_licence(struct req *rq)
{
	struct licence licence = { 0 };
	enum err e = json_read(rq, licence_fields, licence_field_count, &licence);

	if (e)
		return e;
	licence.id = id_new(rq->now);
	licence.organisation = rq->actor.organisation;
	licence.state = LICENCE_PENDING;
	licence.noticed = licence.decided_at = INT_NONE;
	licence.submitted_by = rq->actor.user;
	licence.submitted_at = rq->now;
	return run_event(rq, licence_submit, &licence, licence_fields, licence_field_count);
}

static const char *const verdict_words[] = { "accept", "refuse", NULL };
static const struct field decision_fields[] = {
	{ "verdict", KIND_WORD, FIELD_AT(licence_decision, verdict), .only = IN,
	  .words = verdict_words },
	{ "reason", KIND_TEXT, FIELD_AT(licence_decision, reason), .only = IN, .optional = true,
	  .min = 1, .max = 500 },
};

/* Goods may go on the shelf again, or off it: the shop shall show it soon. */
static enum err post_licence_decision(struct req *rq)
{
	struct licence_decision decision = { 0 };
	enum err e = json_read(rq, decision_fields, COUNT_OF(decision_fields), &decision);

	if (e)
		return e;
	decision.id = req_path_id(rq, "id");
	e = run_event(rq, licence_decide, &decision, licence_fields, licence_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}

static enum err get_licence_file(struct req *rq)
{
	struct licence licence = { .noticed = 0 };
	bool within = false;
	enum err e = licence_read(rq->db, rq->arena, req_path_id(rq, "id"), &licence);

	if (!e && rq->actor.roles & ROLE_REVIEWER)
		e = licence_in_scope(rq->db, &rq->actor.scope, licence.organisation, &within);
	else if (!e)
		within = id_equal(licence.organisation, rq->actor.organisation);
	if (e)
		return e;
	return within ? file_reply(rq, licence.organisation, licence.file) : ERR_NOT_FOUND;
}

/* ---- the daily run ---- */

struct daily_request {
	struct id id;
	int32_t day;
};
static const struct field daily_fields[] = {
	{ "id", KIND_ID, FIELD_AT(daily_request, id), .only = OUT },
	{ "day", KIND_DAY, FIELD_AT(daily_request, day) },
};

struct daily_body {
	int32_t day;
	bool confirm_future;
};
static const struct field daily_body_fields[] = {
	{ "day", KIND_DAY, FIELD_AT(daily_body, day) },
	{ "confirm_future", KIND_BOOL, FIELD_AT(daily_body, confirm_future), .optional = true },
};

static enum err daily_ask(struct tx *tx, void *arg)
{
	const struct daily_request *request = arg;
	char day[11];
	struct text argument = arena_print(tx->arena, "{\"day\":\"%.*s\"}",
					   TEXT_FMT(day_format(request->day, day)));
	enum err e = argument.at ? job_add(tx, request->id, daily_job_kind, argument) : ERR_MEMORY;

	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "daily.requested",
						     .object = request->id,
						     .fields = daily_fields,
						     .field_count = COUNT_OF(daily_fields),
						     .after = request });
}

/* What a day to come makes happen cannot be taken back: a slip of the pen must not do it. */
static enum err daily_body_read(struct req *rq, struct daily_body *body)
{
	int32_t today = day_of(rq->now);
	char text[11];
	enum err e = json_read(rq, daily_body_fields, COUNT_OF(daily_body_fields), body);

	if (e || body->day <= today || body->confirm_future)
		return e;
	return fail(&rq->problems, ERR_FUTURE, AT("/day"), ARG_TEXT(day_format(today, text)));
}

static enum err post_daily_run(struct req *rq)
{
	struct daily_body body = { 0 };
	struct daily_request request;
	char id[37];
	enum err e = daily_body_read(rq, &body);

	if (e)
		return e;
	request = (struct daily_request){ .id = id_new(rq->now), .day = body.day };
	e = reply_header(rq, "Location",
			 arena_print(rq->arena, "/api/v1/jobs/%s", id_format(request.id, id).at));
	return e ? e : run_event(rq, daily_ask, &request, daily_fields, COUNT_OF(daily_fields));
}

/* ---- the table ---- */

const struct route licence_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/licences",
	  .handle = get_licences,
	  .roles = MAY_SEE_LICENCES,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/licences",
	  .handle = post_licence,
	  .roles = MAY_KEEP_LICENCES,
	  .runs = ON_WORKER,
	  .body_max = KIB(8),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/licences/{id}/file",
	  .handle = get_licence_file,
	  .roles = MAY_SEE_LICENCES,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/licences/{id}/decisions",
	  .handle = post_licence_decision,
	  .roles = MAY_ADMIT,
	  .runs = ON_WORKER,
	  .body_max = KIB(8) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/daily-runs",
	  .handle = post_daily_run,
	  .roles = MAY_RUN_DAILY,
	  .runs = ON_WORKER,
	  .body_max = KIB(4),
	  .success = 202 },
};
const size_t licence_route_count = COUNT_OF(licence_routes);
