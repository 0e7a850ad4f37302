/*
 * The inbox over HTTP: everybody's own, for the organisation that the session acts for. Marking a
 * notice as read is nobody's business but the reader's, and leaves no event.
 */
#include "notify_private.h"

struct notice_query {
	struct page page;
	bool unread;
};
static const struct field notice_query_fields[] = {
	PAGE_FIELDS(notice_query),
	{ "unread", KIND_BOOL, FIELD_AT(notice_query, unread), .only = IN, .optional = true },
};

static struct text notice_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct notice *)row)->id);
}

static enum err say(struct req *rq, struct notice *notice)
{
	notice->sentence = notice_sentence(notice, rq->language, rq->arena);
	return notice->sentence.at ? OK : ERR_MEMORY;
}

static enum err get_notices(struct req *rq)
{
	struct notice_query query = { 0 };
	struct list notices = { 0 };
	struct id after;
	enum err e = page_read_id(rq, notice_query_fields, COUNT_OF(notice_query_fields), &query,
				  &after);

	if (!e)
		e = notice_list(rq->db, rq->arena, &rq->actor, query.unread, after,
				page_limit(&query.page) + 1, &notices);
	for (size_t i = 0; i < notices.count && !e; i++)
		e = say(rq, LIST_ITEM(notices, struct notice, i));
	if (e)
		return e;
	return reply_page(rq, notice_fields, notice_field_count, sizeof(struct notice), &notices,
			  page_limit(&query.page), notice_cursor);
}

static const struct field patch_fields[] = {
	{ "read", KIND_BOOL, FIELD_AT(notice, read), .only = IN },
};

/* One that was read before keeps its instant. */
static enum err mark_one(struct tx *tx, void *arg)
{
	struct notice *notice = arg, old;
	enum err e = notice_read(tx->db, tx->arena, tx->actor, notice->id, &old);

	if (e)
		return e;
	old.read = notice->read;
	old.sentence = notice->sentence;
	if (!old.read)
		old.read_at = INT_NONE;
	else if (old.read_at == INT_NONE)
		old.read_at = tx->now;
	*notice = old;
	return notice_mark(tx->db, tx->actor, notice->id, notice->read_at);
}

static enum err patch_notice(struct req *rq)
{
	struct notice patch = { 0 }, notice;
	enum err e = json_read(rq, patch_fields, COUNT_OF(patch_fields), &patch);

	if (!e)
		e = notice_read(rq->db, rq->arena, &rq->actor, req_path_id(rq, "id"), &notice);
	if (!e)
		e = say(rq, &notice);
	if (e)
		return e;
	notice.read = patch.read;
	return run_event(rq, mark_one, &notice, notice_fields, notice_field_count);
}

struct marks {
	int64_t count;
};
static const struct field marks_fields[] = {
	{ "count", KIND_INT, FIELD_AT(marks, count), .only = OUT },
};

static enum err mark_all(struct tx *tx, void *arg)
{
	struct marks *marks = arg;

	return notices_mark_all(tx->db, tx->actor, tx->now, &marks->count);
}

static enum err post_read_marks(struct req *rq)
{
	struct marks marks = { 0 };
	enum err e = json_read(rq, NULL, 0, &marks);

	return e ? e : run_event(rq, mark_all, &marks, marks_fields, COUNT_OF(marks_fields));
}

const struct route notify_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/notices",
	  .handle = get_notices,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_PATCH,
	  .path = "/api/v1/notices/{id}",
	  .handle = patch_notice,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .body_max = KIB(4) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/notices/read-marks",
	  .handle = post_read_marks,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .body_max = KIB(4) },
};
const size_t notify_route_count = COUNT_OF(notify_routes);
