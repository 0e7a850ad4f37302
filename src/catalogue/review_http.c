/* The reviewers' queue of submitted revisions, and their decisions. */
#include "revisions.h"

struct review_query {
	struct page page;
	int32_t state;
	struct id supplier;
};

static const struct field review_query_fields[] = {
	PAGE_FIELDS(review_query),
	{ "state", KIND_WORD, FIELD_AT(review_query, state), .only = IN, .optional = true,
	  .words = revision_words },
	{ "supplier", KIND_ID, FIELD_AT(review_query, supplier), .only = IN, .optional = true },
};

static struct text review_cursor(struct arena *arena, const void *row)
{
	const struct review *review = row;

	return page_cursor_id(arena, review->id);
}

enum err get_product_reviews(struct req *rq)
{
	struct review_query query = { 0 };
	struct list reviews = { 0 };
	struct review_filter filter = { .scope = &rq->actor.scope };
	enum err e = query_read(rq, review_query_fields, COUNT_OF(review_query_fields), &query);

	if (!e)
		e = page_after_id(rq, &query.page, &filter.after);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	filter.state = query.state == SMALL_NONE ? REVISION_SUBMITTED : query.state;
	filter.supplier = query.supplier;
	filter.limit = limit + 1;
	e = review_list(rq->db, rq->arena, &filter, &reviews);
	if (e)
		return e;
	for (size_t i = 0; i < reviews.count; i++) {
		struct review *review = LIST_ITEM(reviews, struct review, i);

		review->age_days = (rq->now - review->content.submitted_at) / DAY_US;
	}
	return reply_page(rq, review_fields, review_field_count, sizeof(struct review), &reviews,
			  limit, review_cursor);
}

enum err post_decision(struct req *rq)
{
	struct decision decision = { 0 };
	enum err e = json_read(rq, decision_fields, decision_field_count, &decision);

	if (e)
		return e;
	decision.id = req_path_id(rq, "id");
	e = run_event(rq, revision_decide, &decision, decision_fields, decision_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}
