/*
 * The codec: which byte of a connection belongs to what. A table has one step per place in the
 * message; a step takes bytes off the input and may move on to another place, so the same bytes in
 * any split take the same way. Lines end in CRLF and nothing else (RFC 9112 §2.2 lets a recipient
 * be lenient; leniency is where two parsers disagree).
 */
#include "codec_private.h"

#include <string.h>

void codec_init(struct codec *codec)
{
	memset(codec, 0, offsetof(struct codec, fields));
	codec->bytes = codec->first;
	codec->room = sizeof(codec->first);
	codec->request.fields = codec->fields;
}

void codec_clear(struct codec *codec)
{
	while (codec->blocks) {
		struct head_block *block = codec->blocks;

		codec->blocks = block->older;
		memory_free(block);
	}
	memory_free(codec->body);
	codec->body = NULL;
}

struct codec *codec_new(void)
{
	struct codec *codec = memory_take(sizeof(*codec));

	if (codec)
		codec_init(codec);
	return codec;
}

void codec_free(struct codec *codec)
{
	if (!codec)
		return;
	codec_clear(codec);
	memory_free(codec);
}

bool codec_has_begun(const struct codec *codec)
{
	return codec->at != AT_LINE || codec->used;
}

bool codec_is_idle(const struct codec *codec)
{
	return !codec_has_begun(codec) && !codec->blank_line_seen;
}

bool codec_fail(struct codec *codec, enum err e)
{
	codec->error = e;
	codec->at = AT_ERROR;
	return true;
}

/* A larger block, to which the line being read is carried over. */
static bool codec_grow(struct codec *codec, size_t more)
{
	size_t begun = codec->used - codec->line;
	size_t room = (begun + more) * 2 > KIB(4) ? (begun + more) * 2 : KIB(4);
	struct head_block *block = memory_take(sizeof(*block) + room);

	if (!block)
		return false;
	memcpy(block->bytes, codec->bytes + codec->line, begun);
	block->older = codec->blocks;
	codec->blocks = block;
	codec->bytes = block->bytes;
	codec->room = room;
	codec->used = begun;
	codec->line = 0;
	return true;
}

struct text codec_line(struct codec *codec, struct text *input, size_t max, enum err too_long)
{
	const char *end = input->size ? memchr(input->at, '\n', input->size) : NULL;
	size_t size = end ? (size_t)(end - input->at) + 1 : input->size;
	struct text line;

	if (codec->used - codec->line + size > max) {
		codec_fail(codec, too_long);
		return NO_TEXT;
	}
	if (codec->used + size > codec->room && !codec_grow(codec, size)) {
		codec_fail(codec, ERR_MEMORY);
		return NO_TEXT;
	}
	if (size)
		memcpy(codec->bytes + codec->used, input->at, size);
	codec->used += size;
	*input = (struct text){ input->at + size, input->size - size };
	if (!end)
		return NO_TEXT;
	line = (struct text){ codec->bytes + codec->line, codec->used - codec->line };
	if (line.size < 2 || line.at[line.size - 2] != '\r') {
		codec_fail(codec, ERR_BAD_REQUEST);
		return NO_TEXT;
	}
	line.size -= 2;
	return line;
}

void codec_keep_line(struct codec *codec)
{
	codec->head_size += codec->used - codec->line;
	codec->line = codec->used;
}

void codec_drop_line(struct codec *codec)
{
	codec->used = codec->line;
}

/* One empty line before a request line is forgiven, as RFC 9112 §2.2 asks. */
static bool step_line(struct codec *codec, struct text *input)
{
	struct text line = codec_line(codec, input, REQUEST_LINE_MAX, ERR_URI_TOO_LONG);
	enum err e;

	if (!line.at)
		return codec->at == AT_ERROR;
	if (!line.size && !codec->blank_line_seen) {
		codec->blank_line_seen = true;
		codec_drop_line(codec);
		return true;
	}
	e = request_line_read(codec, line);
	if (e)
		return codec_fail(codec, e);
	codec_keep_line(codec);
	codec->at = AT_FIELDS;
	return true;
}

static bool step_fields(struct codec *codec, struct text *input)
{
	size_t left = HTTP_HEAD_MAX - codec->head_size;
	struct text line = codec_line(codec, input, left < HTTP_LINE_MAX ? left : HTTP_LINE_MAX,
				      ERR_HEADERS_TOO_LARGE);
	enum err e;

	if (!line.at)
		return codec->at == AT_ERROR;
	e = line.size ? field_read(codec, line) : fields_end(codec);
	if (e)
		return codec_fail(codec, e);
	if (!line.size)
		codec->at = AT_ACCEPT;
	codec_keep_line(codec);
	return true;
}

static bool step_none(struct codec *codec, struct text *input)
{
	(void)codec;
	(void)input;
	return false;
}

static const struct place {
	bool (*step)(struct codec *codec, struct text *input);
	enum codec_event event; /* what is said when there is no more to do */
} places[] = {
	[AT_LINE] = { step_line, CODEC_MORE },
	[AT_FIELDS] = { step_fields, CODEC_MORE },
	[AT_ACCEPT] = { step_none, CODEC_HEAD },
	[AT_LENGTH] = { body_step_length, CODEC_MORE },
	[AT_SIZE] = { body_step_size, CODEC_MORE },
	[AT_DATA] = { body_step_data, CODEC_MORE },
	[AT_DATA_END] = { body_step_data_end, CODEC_MORE },
	[AT_TRAILERS] = { body_step_trailers, CODEC_MORE },
	[AT_WHOLE] = { step_none, CODEC_REQUEST },
	[AT_ERROR] = { step_none, CODEC_ERROR },
};
_Static_assert(COUNT_OF(places) == PLACE_COUNT, "every place has its step");

enum codec_event codec_feed(struct codec *codec, struct text *input)
{
	while (places[codec->at].step(codec, input))
		continue;
	if (codec->at == AT_WHOLE)
		codec->request.body =
			(struct text){ codec->body ? codec->body : "", codec->body_size };
	return places[codec->at].event;
}

void codec_accept(struct codec *codec, size_t body_max)
{
	assert(codec->at == AT_ACCEPT);
	codec->body_max = body_max;
	if (codec->chunked)
		codec->at = AT_SIZE;
	else if (!codec->left)
		codec->at = AT_WHOLE;
	else if (codec->left > body_max)
		codec_fail(codec, ERR_TOO_LARGE);
	else
		codec->at = AT_LENGTH;
}

const struct http_request *codec_request(const struct codec *codec)
{
	return &codec->request;
}

enum err codec_error(const struct codec *codec)
{
	return codec->error;
}

bool codec_has_body(const struct codec *codec)
{
	return codec->at >= AT_ACCEPT && codec->at < AT_WHOLE && (codec->chunked || codec->left);
}

bool codec_keeps_alive(const struct codec *codec)
{
	if (codec->at == AT_ERROR || codec->asked_close)
		return false;
	return !codec->request.http_1_0 || codec->asked_keep_alive;
}

bool codec_expects_continue(const struct codec *codec)
{
	return codec->expects_continue && !codec->request.http_1_0 && codec_has_body(codec);
}

void codec_next(struct codec *codec)
{
	codec_clear(codec);
	codec_init(codec);
}
