/*
 * Applications as reviewers see them: the queue of those that wait, the longest first; one with its
 * documents; recommendations, decisions, disclosures. What lies outside the scope does not exist.
 */
#include "application.h"

struct review_query {
	struct page page;
	int32_t state, kind;
	struct text county;
	int64_t waiting_days;
};
static const struct field review_query_fields[] = {
	PAGE_FIELDS(review_query),
	{ "state", KIND_WORD, FIELD_AT(review_query, state), .only = IN, .optional = true,
	  .words = application_words },
	{ "kind", KIND_WORD, FIELD_AT(review_query, kind), .only = IN, .optional = true,
	  .words = application_kind_words },
	{ "county", KIND_TEXT, FIELD_AT(review_query, county), .only = IN, .optional = true,
	  .min = 6, .max = 6, .check = region_has_shape },
	{ "waiting_days", KIND_INT, FIELD_AT(review_query, waiting_days), .only = IN,
	  .optional = true, .min = 0, .max = 3650 },
};

static struct text review_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct application *)row)->id);
}

/* Drafts are their applicant's own. */
static enum err check_query(struct req *rq, const struct review_query *query)
{
	if (query->state != APPLICATION_DRAFT)
		return OK;
	fail(&rq->problems, ERR_WORD, AT("state"),
	     ARG_TEXT(TEXT("applied, recommended, approved, returned, rejected, withdrawn")));
	return ERR_REFUSED;
}

enum err get_application_reviews(struct req *rq)
{
	struct review_query query = { 0 };
	struct list applications = { 0 };
	struct application_filter filter = { .scope = &rq->actor.scope };
	enum err e = page_read_id(rq, review_query_fields, COUNT_OF(review_query_fields), &query,
				  &filter.after);

	if (!e)
		e = check_query(rq, &query);
	if (e)
		return e;
	filter.state = query.state;
	filter.kind = query.kind;
	filter.county = query.county;
	filter.waiting_before =
		query.waiting_days == INT_NONE ? INT_NONE : rq->now - query.waiting_days * DAY_US;
	filter.limit = page_limit(&query.page) + 1;
	e = application_list(rq->db, rq->arena, &filter, &applications);
	for (size_t i = 0; i < applications.count && !e; i++)
		e = application_show(rq->db, rq->app->keys, rq->arena, rq->now, false,
				     LIST_ITEM(applications, struct application, i));
	if (e)
		return e;
	return reply_page(rq, application_fields, application_list_field_count,
			  sizeof(struct application), &applications, page_limit(&query.page),
			  review_cursor);
}

static enum err read_in_scope(struct req *rq, struct application *out)
{
	bool within;
	enum err e = application_read(rq->db, rq->arena, req_path_id(rq, "id"), out);

	if (!e)
		e = application_in_scope(rq->db, &rq->actor.scope, out, &within);
	if (e)
		return e;
	return within ? OK : ERR_NOT_FOUND;
}

/* The organisation that has the credit code, for the reviewer to compare. */
static enum err existing_read(struct req *rq, struct application *application)
{
	struct applicant_organisation known = { 0 };
	struct buffer buffer = { .max = KIB(4) };
	enum err e =
		organisation_of_uscc(rq->db, rq->arena, application->content.uscc, false, &known);

	if (e)
		return e == ERR_NOT_FOUND ? OK : e;
	json_encode(&buffer, applicant_organisation_fields, applicant_organisation_field_count,
		    &known);
	if (!buffer.failed)
		application->existing = arena_text(rq->arena, buffer_text(&buffer));
	buffer_free(&buffer);
	return application->existing.at ? OK : ERR_MEMORY;
}

enum err get_application_review(struct req *rq)
{
	struct application application = { .number = 0 };
	enum err e = read_in_scope(rq, &application);

	if (!e)
		e = application_show(rq->db, rq->app->keys, rq->arena, rq->now, true, &application);
	if (!e)
		e = existing_read(rq, &application);
	if (!e)
		e = reply_version(rq, application.version);
	return e ? e : reply_fields(rq, application_fields, application_field_count, &application);
}

enum err get_review_document(struct req *rq)
{
	struct application application = { .number = 0 };
	struct application_document document = { .size = 0 };
	enum err e = read_in_scope(rq, &application);

	if (!e)
		e = document_read(rq->db, rq->arena, application.id, req_path_id(rq, "document"),
				  &document);
	return e ? e : file_reply(rq, application.id, document.file);
}

/* ---- verdicts ---- */

static const struct field point_fields[] = {
	{ "pointer", KIND_TEXT, FIELD_AT(application_point, pointer), .only = IN, .min = 1,
	  .max = 60 },
	{ "text", KIND_TEXT, FIELD_AT(application_point, text), .only = IN, .min = 1, .max = 300 },
};

static const char *const recommendation_words[] = { "recommend", "return", "reject", NULL };
static const char *const decision_words[] = { "approve", "return", "reject", NULL };

/* clang-format off */
#define VERDICT_FIELDS(verdicts)                                                                   \
	{ "verdict", KIND_WORD, FIELD_AT(verdict_on_application, verdict), .only = IN,             \
	  .words = (verdicts) },                                                                     \
	{ "reason", KIND_TEXT, FIELD_AT(verdict_on_application, reason), .only = IN,               \
	  .optional = true, .min = 1, .max = 500 },                                                \
	{ "points", KIND_LIST, FIELD_AT(verdict_on_application, points), .only = IN,               \
	  .optional = true, .min = 0, .max = POINTS_MAX, .of = point_fields,                       \
	  .of_count = COUNT_OF(point_fields), .of_size = sizeof(struct application_point) }
/* clang-format on */

static const struct field recommendation_fields[] = { VERDICT_FIELDS(recommendation_words) };
static const struct field decision_fields[] = { VERDICT_FIELDS(decision_words) };
enum { VERDICT_FIELD_COUNT = COUNT_OF(decision_fields) };

static enum err post_verdict(struct req *rq, const struct field *fields, event_fn *event)
{
	struct verdict_on_application verdict = { 0 };
	enum err e = json_read(rq, fields, VERDICT_FIELD_COUNT, &verdict);

	if (!e)
		e = req_version(rq, &verdict.version);
	if (!e && verdict.version >= 0)
		e = reply_version(rq, verdict.version + 1);
	if (e)
		return e;
	verdict.id = req_path_id(rq, "id");
	verdict.organisation = id_new(rq->now);
	return run_event(rq, event, &verdict, application_fields, application_field_count);
}

enum err post_recommendation(struct req *rq)
{
	return post_verdict(rq, recommendation_fields, application_recommend);
}

enum err post_application_decision(struct req *rq)
{
	return post_verdict(rq, decision_fields, application_decide);
}

/* ---- disclosure ---- */

static const struct field disclosure_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(disclosure_of_application, reason), .min = 2, .max = 200 },
	{ "contact_name", KIND_TEXT, FIELD_AT(disclosure_of_application, contact_name), .only = OUT,
	  .optional = true },
	{ "contact_phone", KIND_TEXT, FIELD_AT(disclosure_of_application, contact_phone),
	  .only = OUT, .optional = true },
};

/* What is told stands in this answer alone: nothing of it is kept for repetitions. */
enum err post_application_disclosure(struct req *rq)
{
	struct disclosure_of_application disclosure = { 0 };
	enum err e = json_read(rq, disclosure_fields, COUNT_OF(disclosure_fields), &disclosure);

	if (e)
		return e;
	disclosure.id = req_path_id(rq, "id");
	rq->key = NO_TEXT;
	e = run_event(rq, application_disclose, &disclosure, NULL, 0);
	if (e)
		return e;
	return reply_fields(rq, disclosure_fields, COUNT_OF(disclosure_fields), &disclosure);
}
