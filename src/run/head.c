/*
 * What a request's head says to the dispatcher: one pass over its fields, and the checks that need
 * neither body nor database. They run before the body is read, so that nobody uploads what will be
 * refused.
 */
#include <string.h>

#include "run_private.h"

/* ---- one pass over the fields ------------------------------------------------------------ */

static const struct text names[] = {
	[HEAD_ACCEPT] = { "Accept", 6 },
	[HEAD_ACCEPT_LANGUAGE] = { "Accept-Language", 15 },
	[HEAD_AUTHORIZATION] = { "Authorization", 13 },
	[HEAD_CONTENT_LENGTH] = { "Content-Length", 14 },
	[HEAD_CONTENT_TYPE] = { "Content-Type", 12 },
	[HEAD_COOKIE] = { "Cookie", 6 },
	[HEAD_IDEMPOTENCY_KEY] = { "Idempotency-Key", 15 },
	[HEAD_IF_MATCH] = { "If-Match", 8 },
	[HEAD_IF_NONE_MATCH] = { "If-None-Match", 13 },
	[HEAD_ORIGIN] = { "Origin", 6 },
	[HEAD_SEC_FETCH_SITE] = { "Sec-Fetch-Site", 14 },
	[HEAD_TRACEPARENT] = { "traceparent", 11 },
	[HEAD_TRANSFER_ENCODING] = { "Transfer-Encoding", 17 },
	[HEAD_USER_AGENT] = { "User-Agent", 10 },
	[HEAD_REQUEST_ID] = { "X-Request-Id", 12 },
};
_Static_assert(COUNT_OF(names) == HEAD_NAME_COUNT, "every name has its field");

void head_read(struct head *head, const struct pair *fields, size_t count)
{
	*head = (struct head){ 0 };
	for (size_t i = 0; i < count; i++) {
		for (size_t n = 0; n < HEAD_NAME_COUNT; n++) {
			if (fields[i].name.size != names[n].size || head->of[n].at ||
			    !text_equal_fold(fields[i].name, names[n]))
				continue;
			head->of[n] = fields[i].value;
			break;
		}
	}
}

/* ---- language ------------------------------------------------------------------------- */

/* Thousandths of "q=0.5"; 1000 where it is not said, 0 where it cannot be read. */
static int quality_of(struct text parameter)
{
	static const int weights[] = { 1000, 100, 10, 1 };
	int quality = 0;
	size_t digit = 0;

	parameter = text_trim(parameter);
	if (!parameter.size)
		return 1000;
	if (!text_starts(parameter, "q="))
		return 0;
	for (size_t i = 2; i < parameter.size; i++) {
		char c = parameter.at[i];

		if (c == '.' && i == 3)
			continue;
		if (c < '0' || c > '9' || digit >= COUNT_OF(weights))
			return 0;
		quality += (c - '0') * weights[digit++];
	}
	return quality;
}

enum language language_of(struct text accept_language)
{
	int best[2] = { 0, 0 };

	while (accept_language.size) {
		struct text part = text_cut(&accept_language, ',');
		struct text range = text_trim(text_cut(&part, ';'));
		struct text primary = text_cut(&range, '-');
		int quality = quality_of(part);

		if (text_equal_fold(primary, TEXT("zh")) && quality > best[ZH])
			best[ZH] = quality;
		if (text_equal_fold(primary, TEXT("en")) && quality > best[EN])
			best[EN] = quality;
	}
	return best[EN] > best[ZH] ? EN : ZH;
}

/* ---- media ----------------------------------------------------------------------------- */

/* Of the parameters of a range; thousandths. */
static int range_quality(struct text parameters)
{
	while (parameters.at) {
		struct text one = text_trim(text_cut(&parameters, ';'));

		if (text_starts(one, "q="))
			return quality_of(one);
	}
	return quality_of(NO_TEXT);
}

bool media_preferred(struct text accept, const char *media)
{
	int best = 0;
	bool preferred = false;

	while (accept.size) {
		struct text parameters = text_cut(&accept, ',');
		struct text range = text_trim(text_cut(&parameters, ';'));
		bool named = text_equal_fold(range, text_of(media));
		int quality = range_quality(parameters);

		if (quality <= best ||
		    (!named && !text_equal_fold(range, TEXT("application/json")) &&
		     !text_is(range, "*/*")))
			continue;
		best = quality;
		preferred = named;
	}
	return preferred;
}

bool req_prefers(const struct req *rq, const char *media)
{
	return media_preferred(rq->accept, media);
}

/* ---- entity tags ---------------------------------------------------------------------- */

static struct text etag_strong(struct text etag)
{
	etag = text_trim(etag);
	return text_starts(etag, "W/") ? text_part(etag, 2, etag.size) : etag;
}

bool etag_matches(struct text if_none_match, struct text etag)
{
	if (text_equal(if_none_match, etag))
		return true;
	etag = etag_strong(etag);
	while (if_none_match.size) {
		struct text one = etag_strong(text_cut(&if_none_match, ','));

		if (text_is(one, "*") || text_equal(one, etag))
			return true;
	}
	return false;
}

/* Takes the first tag off a list, a comma inside its quotes not being one between tags. */
static struct text tag_cut(struct text *list)
{
	bool quoted = false;
	size_t end = 0;

	while (end < list->size && (quoted || list->at[end] != ',')) {
		if (list->at[end] == '"')
			quoted = !quoted;
		end++;
	}
	struct text tag = text_trim(text_part(*list, 0, end));
	*list = text_part(*list, end < list->size ? end + 1 : end, list->size);
	return tag;
}

/* Of a strong tag such as "v12", or "v12-" and a digest, with its quotes; -1: it names none. */
static int64_t version_in(struct text tag)
{
	int64_t version;

	if (tag.size < 4 || !text_starts(tag, "\"v") || tag.at[tag.size - 1] != '"')
		return -1;
	struct text inside = text_part(tag, 2, tag.size - 3);
	if (!text_to_int(text_cut(&inside, '-'), &version) || version < 0)
		return -1;
	return version;
}

/*
 * Of several tags the greatest version: versions only grow, so that it is the one that a client who
 * has seen all of them can still be right with.
 */
int64_t version_of(struct text if_match)
{
	int64_t greatest = -1;

	if (text_is(text_trim(if_match), "*"))
		return INT_NONE;
	while (if_match.size) {
		int64_t version = version_in(tag_cut(&if_match));

		if (version > greatest)
			greatest = version;
	}
	return greatest;
}

/* ---- checks ------------------------------------------------------------------------------ */

static bool is_safe(enum method method)
{
	return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS;
}

static bool is_visible(struct text t, size_t max)
{
	assert(t.at || !t.size);
	for (size_t i = 0; i < t.size; i++) {
		if (t.at[i] <= ' ' || t.at[i] >= 0x7f)
			return false;
	}
	return t.size >= 1 && t.size <= max;
}

static struct text bearer_of(struct text authorization)
{
	struct text scheme = text_cut(&authorization, ' ');

	return text_equal_fold(scheme, TEXT("Bearer")) ? text_trim(authorization) : NO_TEXT;
}

static struct text session_of(struct text cookies)
{
	while (cookies.size) {
		struct text value = text_trim(text_cut(&cookies, ';'));
		struct text name = text_cut(&value, '=');

		if (text_is(name, "__Host-session"))
			return value;
	}
	return NO_TEXT;
}

struct text req_origin(const struct req *rq)
{
	struct text set = rq->app->settings.public_url;

	while (set.size && set.at[set.size - 1] == '/')
		set.size--;
	return set.size ? set : arena_print(rq->arena, "http://%.*s", TEXT_FMT(rq->host));
}

/*
 * Against requests that another site makes a browser send: with a cookie something must say that
 * they come from here; without, nothing may say that they come from elsewhere (nobody shall be
 * logged in from elsewhere either). Bearers send their token on purpose.
 */
static enum err origin_check(const struct req_private *p, const struct head *head)
{
	struct text origin = head->of[HEAD_ORIGIN], site = head->of[HEAD_SEC_FETCH_SITE];

	if (is_safe(p->method) || (p->req.route->roles != ROLES_PUBLIC && !p->by_cookie))
		return OK;
	if (origin.at)
		return text_equal_fold(origin, req_origin(&p->req)) ? OK : ERR_ORIGIN;
	if (site.at)
		return text_is(site, "same-origin") || text_is(site, "none") ? OK : ERR_ORIGIN;
	return p->by_cookie ? ERR_ORIGIN : OK;
}

static enum err token_check(struct req_private *p, const struct head *head)
{
	p->token = bearer_of(head->of[HEAD_AUTHORIZATION]);
	if (p->req.route->roles == ROLES_PUBLIC)
		return OK;
	if (!p->token.at) {
		p->token = session_of(head->of[HEAD_COOKIE]);
		p->by_cookie = p->token.at != NULL;
	}
	return is_visible(p->token, KIB(1)) ? OK : ERR_UNAUTHENTICATED;
}

static enum err key_check(const struct req_private *p)
{
	struct text key = p->req.key;

	if (!key.at)
		return p->req.route->key == KEY_REQUIRED ? ERR_KEY_MISSING : OK;
	return is_visible(key, 64) ? OK : ERR_KEY_FORMAT;
}

/* Type and subtype alone; of the parameters only a charset that is not UTF-8 is refused. */
static bool media_is(struct text content_type, const char *media)
{
	struct text type = text_trim(text_cut(&content_type, ';'));

	if (!text_equal_fold(type, text_of(media)))
		return false;
	while (content_type.size) {
		struct text value = text_trim(text_cut(&content_type, ';'));
		struct text name = text_cut(&value, '=');

		if (text_equal_fold(name, TEXT("charset")) &&
		    !text_equal_fold(value, TEXT("utf-8")) &&
		    !text_equal_fold(value, TEXT("\"utf-8\"")))
			return false;
	}
	return true;
}

/* What the codec let through: up to 18 digits, or nothing. */
static uint64_t length_of(struct text content_length)
{
	uint64_t length = 0;

	for (size_t i = 0; i < content_length.size; i++)
		length = 10 * length + (uint64_t)(content_length.at[i] - '0');
	return length;
}

static enum err body_check(struct req_private *p, const struct head *head)
{
	const struct route *route = p->req.route;
	const char *media = route->media ? route->media : "application/json";
	bool chunked = head->of[HEAD_TRANSFER_ENCODING].at != NULL;
	uint64_t size = length_of(head->of[HEAD_CONTENT_LENGTH]);

	if ((size == 0 && !chunked) || is_safe(p->method))
		return OK;
	if (size > route->body_max) {
		fail(&p->req.problems, ERR_TOO_LARGE, ARG_TEXT(NO_TEXT),
		     ARG_INT((int64_t)route->body_max));
		return ERR_TOO_LARGE;
	}
	if (route->body_max > 0 && !text_is(text_of(media), "*") &&
	    !media_is(p->req.content_type, media))
		return ERR_MEDIA_TYPE;
	/* Counted as it comes: an announcement costs nothing, and so must not take anything away.
	 */
	return body_has_room(p, size) ? OK : ERR_BUSY;
}

enum err head_check(struct req_private *p, const struct head *head)
{
	enum err e = token_check(p, head);

	if (!e)
		e = origin_check(p, head);
	if (!e)
		e = key_check(p);
	if (!e)
		e = body_check(p, head);
	return e;
}
