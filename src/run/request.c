/*
 * What handlers ask of a request: parameters of the path, the body and the query by field tables,
 * and the cursors of keyset lists. A cursor is opaque to clients: base64url of a letter for its
 * kind and the key behind it.
 */
#include <string.h>

#include "run_private.h"

static struct text path_value(const struct req *rq, const char *name)
{
	for (size_t i = 0; i < rq->param_count; i++) {
		if (text_is(rq->params[i].name, name))
			return rq->params[i].value;
	}
	return NO_TEXT;
}

struct text req_path_text(const struct req *rq, const char *name)
{
	struct text value = path_value(rq, name);

	assert(value.at);
	return value;
}

struct id req_path_id(const struct req *rq, const char *name)
{
	struct id id;

	bool parsed = id_parse(req_path_text(rq, name), &id);
	assert(parsed);
	return id;
}

/* A number too large for any row is that of none: -1. */
int64_t req_path_number(const struct req *rq, const char *name)
{
	struct text digits = req_path_text(rq, name);
	int64_t number;

	while (digits.size > 1 && digits.at[0] == '0')
		digits = text_part(digits, 1, digits.size);
	return text_to_int(digits, &number) ? number : -1;
}

enum err json_read(struct req *rq, const struct field *fields, size_t count, void *out)
{
	return json_decode(rq->body, fields, count, out, &rq->problems);
}

enum err json_read_on(struct req *rq, const struct field *fields, size_t count, void *out)
{
	enum err e = json_read(rq, fields, count, out);

	return e == ERR_REFUSED ? OK : e;
}

enum err req_faults(const struct req *rq)
{
	return rq->problems.items.count ? ERR_REFUSED : OK;
}

bool req_faulty(const struct req *rq, const char *pointer)
{
	for (size_t i = 0; i < rq->problems.items.count; i++) {
		struct text at = LIST_ITEM(rq->problems.items, struct problem, i)->pointer;

		if (text_is(at, pointer))
			return true;
	}
	return false;
}

enum err query_read(struct req *rq, const struct field *fields, size_t count, void *out)
{
	return pairs_decode(rq->query, rq->query_count, fields, count, out, &rq->problems);
}

struct text req_bearer(const struct req *rq)
{
	return rq->route->roles == ROLES_PUBLIC ? rq->private->token : NO_TEXT;
}

enum err req_version(struct req *rq, int64_t *version)
{
	*version = -1;
	if (!rq->if_match.at)
		return ERR_PRECONDITION_MISSING;
	*version = version_of(rq->if_match);
	return OK;
}

/* ---- pages ------------------------------------------------------------------------------- */

enum { CURSOR_ID = 'i', CURSOR_NUMBER = 'n', LIMIT_STANDARD = 20 };

int64_t page_limit(const struct page *page)
{
	return page->limit == INT_NONE || page->limit == 0 ? LIMIT_STANDARD : page->limit;
}

static enum err cursor_wrong(struct req *rq)
{
	fail(&rq->problems, ERR_FORMAT, AT("after"));
	return ERR_REFUSED;
}

static bool cursor_open(struct req *rq, const struct page *page, char kind, struct text *out)
{
	struct text cursor;

	if (!base64url_decode(rq->arena, page->after, &cursor) || cursor.size < 2 ||
	    cursor.at[0] != kind)
		return false;
	*out = text_part(cursor, 1, cursor.size);
	return true;
}

enum err page_after_id(struct req *rq, const struct page *page, struct id *out)
{
	struct text key;

	*out = NO_ID;
	if (!page->after.at)
		return OK;
	if (!cursor_open(rq, page, CURSOR_ID, &key) || key.size != sizeof(out->bytes))
		return cursor_wrong(rq);
	memcpy(out->bytes, key.at, sizeof(out->bytes));
	return OK;
}

enum err page_read_id(struct req *rq, const struct field *fields, size_t count, void *query,
		      struct id *after)
{
	enum err e = query_read(rq, fields, count, query);

	return e ? e : page_after_id(rq, query, after);
}

enum err page_after_number(struct req *rq, const struct page *page, int64_t *out)
{
	struct text key;

	*out = 0;
	if (!page->after.at)
		return OK;
	if (!cursor_open(rq, page, CURSOR_NUMBER, &key) || !text_to_int(key, out))
		return cursor_wrong(rq);
	return OK;
}

struct text page_cursor_id(struct arena *arena, struct id id)
{
	char key[1 + sizeof(id.bytes)] = { CURSOR_ID };

	memcpy(key + 1, id.bytes, sizeof(id.bytes));
	return base64url_encode(arena, (struct text){ key, sizeof(key) });
}

struct text page_cursor_number(struct arena *arena, int64_t number)
{
	char key[24];

	int size = snprintf(key, sizeof(key), "%c%lld", CURSOR_NUMBER, (long long)number);
	assert(size > 0 && (size_t)size < sizeof(key));
	return base64url_encode(arena, (struct text){ key, (size_t)size });
}
