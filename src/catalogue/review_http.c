/*
 * The reviewers' queue of submitted revisions, one of them beside what it would replace, the files
 * that belong to it, and decisions, one or many at a time.
 */
#include "review_rows.h"

struct review_query {
	struct page page;
	int32_t state, flag;
	struct id supplier;
	struct text county, origin, category;
	int64_t older_than_days;
};

static bool is_digits(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return true;
}

static const struct field review_query_fields[] = {
	PAGE_FIELDS(review_query),
	{ "state", KIND_WORD, FIELD_AT(review_query, state), .only = IN, .optional = true,
	  .words = revision_words },
	{ "flag", KIND_WORD, FIELD_AT(review_query, flag), .only = IN, .optional = true,
	  .words = review_flag_words },
	{ "supplier", KIND_ID, FIELD_AT(review_query, supplier), .only = IN, .optional = true },
	{ "county", KIND_TEXT, FIELD_AT(review_query, county), .only = IN, .optional = true,
	  .min = 6, .max = 6, .check = is_digits },
	{ "origin", KIND_TEXT, FIELD_AT(review_query, origin), .only = IN, .optional = true,
	  .min = 6, .max = 6, .check = is_digits },
	{ "category", KIND_TEXT, FIELD_AT(review_query, category), .only = IN, .optional = true,
	  .min = 2, .max = 4, .check = is_digits },
	{ "older_than_days", KIND_INT, FIELD_AT(review_query, older_than_days), .only = IN,
	  .optional = true, .min = 0, .max = 3650 },
};

static enum err query_of(struct req *rq, struct review_query *query, struct review_filter *out)
{
	enum err e = page_read_id(rq, review_query_fields, COUNT_OF(review_query_fields), query,
				  &out->after);

	if (e)
		return e;
	if (query->state == REVISION_DRAFT) { /* the supplier's own */
		fail(&rq->problems, ERR_WORD, AT("state"),
		     ARG_TEXT(TEXT("submitted, approved, returned, superseded")));
		return ERR_REFUSED;
	}
	out->scope = &rq->actor.scope;
	out->state = query->state == SMALL_NONE ? REVISION_SUBMITTED : query->state;
	out->supplier = query->supplier;
	out->county = query->county;
	out->origin = query->origin;
	out->category = query->category;
	out->before = query->older_than_days == INT_NONE
			      ? INT_NONE
			      : rq->now - query->older_than_days * DAY_US;
	out->flag = query->flag;
	out->limit = page_limit(&query->page);
	out->now = rq->now;
	out->view = rq->view;
	return OK;
}

/* Of a flag, a page may be short of what was asked for and still have a next one. */
enum err get_product_reviews(struct req *rq)
{
	struct review_query query = { 0 };
	struct review_filter filter = { 0 };
	struct list reviews = { 0 };
	struct id next;
	struct buffer body = { .max = MIB(16) };
	struct json json = { .out = &body };
	enum err e = query_of(rq, &query, &filter);

	if (!e)
		e = review_list(rq->db, rq->arena, &filter, &reviews, &next);
	if (e)
		return e;
	json_open(&json, NULL, '{');
	json_list(&json, "items", review_fields, review_list_field_count, sizeof(struct review),
		  &reviews);
	json_text(&json, "next", id_is_none(next) ? NO_TEXT : page_cursor_id(rq->arena, next));
	json_close(&json, '}');
	return reply_body(rq, "application/json", &body);
}

enum err get_product_review(struct req *rq)
{
	struct review review = { .state = 0 };
	const struct review_filter filter = { .scope = &rq->actor.scope,
					      .now = rq->now,
					      .view = rq->view };
	enum err e = review_read(rq->db, rq->arena, &filter, req_path_id(rq, "id"), &review);

	return e ? e : reply_fields(rq, review_fields, review_field_count, &review);
}

/* The mandate, or the copy of a certificate: of a revision within the scope alone. */
enum err get_review_file(struct req *rq)
{
	struct review review = { .state = 0 };
	struct id file = req_path_id(rq, "file");
	bool known = false;
	enum err e =
		review_select(rq->db, rq->arena, &rq->actor.scope, req_path_id(rq, "id"), &review);

	if (!e)
		e = review_file_known(rq->db, review.id, file, &known);
	if (e)
		return e;
	return known ? file_reply(rq, review.supplier, file) : ERR_NOT_FOUND;
}

enum err get_review_summary(struct req *rq)
{
	struct summary {
		struct list counties;
		int64_t waiting;
	} summary = { .waiting = 0 };
	static const struct field fields[] = {
		{ "waiting", KIND_INT, FIELD_AT(summary, waiting) },
		{ "counties", KIND_LIST, FIELD_AT(summary, counties), .of = review_county_fields,
		  .of_count = REVIEW_COUNTY_FIELD_COUNT, .of_size = sizeof(struct review_county) },
	};
	enum err e =
		review_summary(rq->db, rq->arena, &rq->actor.scope, rq->now, &summary.counties);

	if (e)
		return e;
	for (size_t i = 0; i < summary.counties.count; i++)
		summary.waiting += LIST_ITEM(summary.counties, struct review_county, i)->waiting;
	return reply_fields(rq, fields, COUNT_OF(fields), &summary);
}

enum err post_decision(struct req *rq)
{
	struct decision decision = { .view = rq->view };
	enum err e = json_read(rq, decision_fields, decision_field_count, &decision);

	if (e)
		return e;
	decision.id = req_path_id(rq, "id");
	e = run_event(rq, revision_decide, &decision, decision_fields, decision_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}

/* A revision stands once in a request, else its second decision would speak of the first. */
static enum err check_repeated(struct req *rq, const struct list *items)
{
	for (size_t i = 1; i < items->count; i++)
		for (size_t j = 0; j < i; j++)
			if (id_equal(LIST_ITEM(*items, struct decision, i)->id,
				     LIST_ITEM(*items, struct decision, j)->id)) {
				fail(&rq->problems, ERR_REPEATED,
				     problem_at(&rq->problems, "/items/%zu/id", i));
				break;
			}
	return req_faults(rq);
}

enum err post_decisions(struct req *rq)
{
	struct decisions decisions = { .language = rq->language, .view = rq->view };
	enum err e = json_read(rq, decisions_fields, decisions_field_count, &decisions);

	if (!e)
		e = check_repeated(rq, &decisions.items);
	if (e)
		return e;
	e = run_event(rq, revisions_decide, &decisions, decisions_fields, decisions_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}
