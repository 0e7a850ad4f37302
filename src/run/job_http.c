/* Jobs and files over HTTP: the routes that are run's own business. Somebody else's job is not
 * found, a colleague's neither. */
#include "background.h"

struct job_query {
	struct page page;
};
static const struct field job_query_fields[] = { PAGE_FIELDS(job_query) };

static struct text job_cursor(struct arena *arena, const void *row)
{
	const struct job *job = row;

	return page_cursor_id(arena, job->id);
}

static enum err get_jobs(struct req *rq)
{
	struct job_query query = { 0 };
	struct id after;
	struct list jobs = { 0 };
	enum err e = query_read(rq, job_query_fields, COUNT_OF(job_query_fields), &query);

	if (e)
		return e;
	e = page_after_id(rq, &query.page, &after);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = job_list(rq->db, rq->arena, &rq->actor, after, limit + 1, &jobs);
	if (e)
		return e;
	return reply_page(rq, job_fields, job_field_count, sizeof(struct job), &jobs, limit,
			  job_cursor);
}

static enum err get_job(struct req *rq)
{
	struct job job = { 0 };
	enum err e = job_get(rq->db, rq->arena, &rq->actor, req_path_id(rq, "id"), &job);

	return e ? e : reply_fields(rq, job_fields, job_field_count, &job);
}

static enum err post_cancellation(struct req *rq)
{
	struct job job = { .id = req_path_id(rq, "id") };

	return run_event(rq, job_cancel, &job, job_fields, job_field_count);
}

const struct route run_routes[] = {
	{ .method = HTTP_GET,
	  .path = "/api/v1/jobs",
	  .handle = get_jobs,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/jobs/{id}",
	  .handle = get_job,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/jobs/{id}/events",
	  .handle = get_job_events,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/jobs/{id}/cancellations",
	  .handle = post_cancellation,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .success = 202 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/jobs/{id}/files/{name:word}",
	  .handle = get_job_file,
	  .roles = ROLES_ANY,
	  .runs = ON_REPORTS,
	  .rate = RATE_REPORT },
	{ .method = HTTP_POST,
	  .path = "/api/v1/files",
	  .rate = RATE_REPORT,
	  .handle = post_file,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER,
	  .body_max = FILE_SIZE_MAX,
	  .media = "*",
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/files/{id}",
	  .rate = RATE_REPORT,
	  .handle = get_file,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
};
const size_t run_route_count = COUNT_OF(run_routes);
