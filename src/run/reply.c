/*
 * Replies as handlers decide them: nothing is sent here. What is decided last holds; the bytes go
 * out when the request is finished and back on its loop.
 */
#include "run_private.h"

static struct reply *reply_of(struct req *rq, int status, const char *media)
{
	struct reply *reply = &rq->private->reply;

	reply_clear(reply);
	reply->status = status;
	reply->media = media;
	return reply;
}

static int success_of(const struct req *rq)
{
	return rq->route->success ? rq->route->success : 200;
}

void reply_clear(struct reply *reply)
{
	buffer_free(&reply->body);
	if (reply->shared.release)
		reply->shared.release(reply->shared.owner);
	reply->shared = (struct shared_body){ 0 };
	reply->etag = NO_TEXT;
	reply->media = NULL;
}

static enum err reply_checked(struct reply *reply)
{
	return reply->body.failed ? ERR_MEMORY : OK;
}

enum err reply_fields(struct req *rq, const struct field *fields, size_t count, const void *row)
{
	struct reply *reply = reply_of(rq, success_of(rq), "application/json");

	json_encode(&reply->body, fields, count, row);
	return reply_checked(reply);
}

enum err reply_page(struct req *rq, const struct field *fields, size_t count, size_t size,
		    struct list *list, int64_t limit,
		    struct text (*cursor)(struct arena *, const void *row))
{
	struct reply *reply = reply_of(rq, success_of(rq), "application/json");
	struct json json = { .out = &reply->body };
	struct text next = NO_TEXT;

	assert(limit > 0);
	if (list->count > (size_t)limit) {
		list->count = (size_t)limit;
		next = cursor(rq->arena, (const char *)list->at + (list->count - 1) * size);
		if (!next.at)
			return ERR_MEMORY;
	}
	json_open(&json, NULL, '{');
	json_list(&json, "items", fields, count, size, list);
	json_text(&json, "next", next);
	json_close(&json, '}');
	return reply_checked(reply);
}

enum err reply_body(struct req *rq, const char *media, struct buffer *body)
{
	struct reply *reply = reply_of(rq, success_of(rq), media);

	reply->body = *body;
	*body = (struct buffer){ .max = body->max };
	return reply_checked(reply);
}

enum err reply_shared(struct req *rq, const char *media, struct shared_body body, struct text etag)
{
	struct reply *reply = reply_of(rq, success_of(rq), media);

	assert(rq->route->runs == ON_LOOP);
	reply->shared = body;
	reply->etag = etag;
	return OK;
}

enum err reply_empty(struct req *rq)
{
	reply_of(rq, 204, NULL);
	return OK;
}

enum err reply_version(struct req *rq, int64_t version)
{
	struct text *etag = &rq->private->reply.version;

	assert(version >= 0);
	*etag = arena_print(rq->arena, "\"v%lld\"", (long long)version);
	return etag->at ? OK : ERR_MEMORY;
}

enum err reply_version_of_body(struct req *rq, int64_t version)
{
	rq->private->reply.version_and_body = true;
	return reply_version(rq, version);
}

enum err reply_digest(struct req *rq, struct text digest)
{
	struct text *etag = &rq->private->reply.version;
	char hex[2 * DIGEST_SIZE + 1];

	assert(digest.size == DIGEST_SIZE);
	hex_format(digest.at, digest.size, hex);
	*etag = arena_print(rq->arena, "\"%s\"", hex);
	return etag->at ? OK : ERR_MEMORY;
}

enum err reply_header(struct req *rq, const char *name, struct text value)
{
	struct reply *reply = &rq->private->reply;
	struct text label = text_of(name);
	size_t at = 0;

	while (at < reply->header_count && !text_equal_fold(reply->headers[at].name, label))
		at++;
	assert(at < REPLY_HEADERS_MAX);
	struct text copy = arena_text(rq->arena, value);
	if (!copy.at)
		return ERR_MEMORY;
	reply->headers[at] = (struct pair){ label, copy };
	if (at == reply->header_count)
		reply->header_count++;
	if (text_equal_fold(label, TEXT("Cache-Control")))
		reply->cache_header = true;
	return OK;
}
