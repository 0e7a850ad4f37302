/*
 * Arbitrary bytes from a client. Whatever comes: the codec gives the same requests and the same
 * refusal however the bytes are split; an accepted head is what the grammar promises to those
 * above; paths and queries decode to text that is safe to use.
 */
#include "xiangcai/net.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 4096 };

static const struct pattern patterns[] = {
	{ HTTP_GET, "/" },
	{ HTTP_GET, "/a/{id}" },
	{ HTTP_POST, "/a/{number:digits}" },
	{ HTTP_GET, "/a/{code:word}/b" },
	{ HTTP_GET, "/a/{name:text}/b/{other:text}" },
};

static bool is_visible(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] <= ' ' || t.at[i] > '~')
			return false;
	return true;
}

static bool has_control(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (((uint8_t)t.at[i] < ' ' && t.at[i] != '\t') || t.at[i] == 0x7f)
			return true;
	return false;
}

static void check_path(const struct http_request *request, struct arena *arena)
{
	struct router *router = router_new(patterns, COUNT_OF(patterns));
	struct match match = router_match(router, request->method, request->path, arena);

	assert(!match.bad || (match.index == -1 && match.allow == 0));
	for (size_t i = 0; i < match.param_count; i++) {
		struct text value = match.params[i].value;

		assert(value.size && text_is_utf8(value) && !has_control(value) &&
		       !memchr(value.at, '/', value.size));
		assert(!text_is(value, ".") && !text_is(value, ".."));
	}
	router_free(router);
}

static void check_query(const struct http_request *request, struct arena *arena)
{
	struct pair pairs[QUERY_PAIRS_MAX];
	size_t count;

	if (!query_decode(request->query, arena, pairs, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		assert(pairs[i].name.size && text_is_utf8(pairs[i].name) &&
		       text_is_utf8(pairs[i].value));
		assert(!memchr(pairs[i].name.at, '\0', pairs[i].name.size));
		assert(!pairs[i].value.size ||
		       !memchr(pairs[i].value.at, '\0', pairs[i].value.size));
	}
}

static void check_head(const struct codec *codec)
{
	const struct http_request *request = codec_request(codec);
	struct arena *arena = arena_new(0);

	assert(request->path.size && (request->path.at[0] == '/' || text_is(request->path, "*")));
	assert(request->path.size + request->query.size <= HTTP_TARGET_MAX);
	assert(is_visible(request->path) && is_visible(request->query) &&
	       is_visible(request->method_text));
	assert(request->http_1_0 || http_field(request, "Host").at);
	assert(is_visible(request->host) && request->field_count <= HTTP_FIELDS_MAX);
	assert(!http_field(request, "Transfer-Encoding").at ||
	       !http_field(request, "Content-Length").at);
	for (size_t i = 0; i < request->field_count; i++)
		assert(is_visible(request->fields[i].name) &&
		       !has_control(request->fields[i].value));
	check_path(request, arena);
	check_query(request, arena);
	arena_free(arena);
}

static void tell(struct buffer *out, struct text t)
{
	buffer_int(out, (int64_t)t.size);
	buffer_char(out, ' ');
	buffer_add(out, t);
	buffer_char(out, '\n');
}

static void tell_request(struct buffer *out, const struct codec *codec)
{
	const struct http_request *request = codec_request(codec);

	tell(out, request->method_text);
	tell(out, request->path);
	tell(out, request->query);
	tell(out, request->host);
	for (size_t i = 0; i < request->field_count; i++) {
		tell(out, request->fields[i].name);
		tell(out, request->fields[i].value);
	}
	assert(request->body.size <= BODY_MAX);
	tell(out, request->body);
	buffer_int(out, codec_keeps_alive(codec));
	buffer_char(out, '\n');
}

/* False once the codec refused. */
static bool feed(struct codec *codec, struct text piece, struct buffer *out)
{
	char *copy = memory_take(piece.size);
	struct text input = { copy, piece.size };
	enum codec_event event;

	if (piece.size)
		memcpy(copy, piece.at, piece.size);
	while ((event = codec_feed(codec, &input)) != CODEC_MORE && event != CODEC_ERROR) {
		if (event == CODEC_HEAD) {
			check_head(codec);
			codec_accept(codec, BODY_MAX);
		} else {
			tell_request(out, codec);
			codec_next(codec);
		}
	}
	assert(event == CODEC_ERROR || !input.size);
	memory_free(copy);
	if (event == CODEC_ERROR)
		buffer_print(out, "error %d\n", (int)codec_error(codec));
	return event == CODEC_MORE;
}

/* In pieces of up to @most bytes, whose sizes follow from @seed; 0: whole. */
static struct buffer run(struct text all, size_t most, uint32_t seed)
{
	struct codec *codec = codec_new();
	struct buffer out = { 0 };
	size_t at = 0;
	bool more = true;

	while (more && at < all.size) {
		size_t piece = all.size;

		seed = seed * 1664525 + 1013904223;
		if (most)
			piece = 1 + (seed >> 16) % most;
		more = feed(codec, text_part(all, at, piece), &out);
		at += piece;
	}
	codec_free(codec);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t mosts[] = { 1, 3, 17, 300 };
	struct text all = { (const char *)data, size };
	struct buffer whole = run(all, 0, 0);

	for (size_t i = 0; i < COUNT_OF(mosts); i++) {
		struct buffer split = run(all, mosts[i], (uint32_t)size * 7 + (uint32_t)i);

		assert(text_equal(buffer_text(&whole), buffer_text(&split)));
		buffer_free(&split);
	}
	buffer_free(&whole);
	return 0;
}
