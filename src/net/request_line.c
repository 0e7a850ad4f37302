/*
 * The request line (RFC 9112 §3): method SP request-target SP HTTP-version, single spaces, nothing
 * to spare. Targets are of origin form, of absolute form with http or https, or '*' with OPTIONS;
 * CONNECT and its form are not served.
 */
#include "codec_private.h"
#include "grammar.h"

#include <string.h>

static const char *const method_names[] = {
	[HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS", [HTTP_OTHER] = "OTHER",
};
_Static_assert(COUNT_OF(method_names) == METHOD_COUNT, "every method has its name");

const char *method_name(enum method method)
{
	return method_names[method];
}

static enum method method_of(struct text token)
{
	enum method method = HTTP_GET;

	while (method < HTTP_OTHER && !text_is(token, method_names[method]))
		method++;
	return method;
}

/* HTTP/1.2 to 1.9, if they ever are, have to be served as 1.1 (RFC 9110 §2.5). */
static enum err version_read(struct http_request *request, struct text version)
{
	if (version.size != VERSION_SIZE || memcmp(version.at, "HTTP/", 5) != 0 ||
	    version.at[6] != '.')
		return ERR_BAD_REQUEST;
	if (version.at[5] < '0' || version.at[5] > '9' || version.at[7] < '0' ||
	    version.at[7] > '9')
		return ERR_BAD_REQUEST;
	if (version.at[5] != '1')
		return ERR_VERSION;
	request->http_1_0 = version.at[7] == '0';
	return OK;
}

static void path_read(struct http_request *request, struct text path)
{
	const char *mark = path.size ? memchr(path.at, '?', path.size) : NULL;
	size_t size = mark ? (size_t)(mark - path.at) : path.size;

	request->path = (struct text){ path.at, size };
	if (mark)
		request->query = text_part(path, size + 1, path.size);
}

static size_t scheme_size(struct text target)
{
	if (text_equal_fold(text_part(target, 0, 7), TEXT("http://")))
		return 7;
	if (text_equal_fold(text_part(target, 0, 8), TEXT("https://")))
		return 8;
	return 0;
}

/* Without path and query, an OPTIONS of absolute form is one of the whole server (RFC 9112 §3.2.4).
 */
static enum err absolute_read(struct codec *codec, struct text target)
{
	struct http_request *request = &codec->request;
	size_t at = scheme_size(target);
	size_t end = at;

	while (end < target.size && target.at[end] != '/' && target.at[end] != '?')
		end++;
	request->host = text_part(target, at, end - at);
	if (!at || !host_is_valid(request->host))
		return ERR_BAD_REQUEST;
	codec->authority_in_target = true;
	path_read(request, text_part(target, end, target.size));
	if (request->path.size)
		return OK;
	codec->target_is_asterisk = request->method == HTTP_OPTIONS && !request->query.at;
	request->path = codec->target_is_asterisk ? TEXT("*") : TEXT("/");
	return OK;
}

static enum err target_read(struct codec *codec, struct text target)
{
	if (!text_is_all(target, CHAR_TARGET))
		return ERR_BAD_REQUEST;
	if (target.size > HTTP_TARGET_MAX)
		return ERR_URI_TOO_LONG;
	if (target.at[0] == '/') {
		path_read(&codec->request, target);
		return OK;
	}
	if (!text_is(target, "*"))
		return absolute_read(codec, target);
	codec->target_is_asterisk = true;
	codec->request.path = target;
	return codec->request.method == HTTP_OPTIONS ? OK : ERR_BAD_REQUEST;
}

enum err request_line_read(struct codec *codec, struct text line)
{
	struct http_request *request = &codec->request;
	size_t method_size = text_span(line, 0, CHAR_TOKEN);
	size_t least = method_size + 1 + 1 + VERSION_SIZE;
	enum err e;

	if (!method_size || method_size > METHOD_SIZE_MAX || line.size <= least)
		return ERR_BAD_REQUEST;
	if (line.at[method_size] != ' ' || line.at[line.size - VERSION_SIZE - 1] != ' ')
		return ERR_BAD_REQUEST;
	request->method_text = text_part(line, 0, method_size);
	request->method = method_of(request->method_text);
	e = version_read(request, text_part(line, line.size - VERSION_SIZE, VERSION_SIZE));
	if (e)
		return e;
	return target_read(codec, text_part(line, method_size + 1, line.size - least));
}
