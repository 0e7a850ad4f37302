/*
 * Bodies: by Content-Length or in chunks (RFC 9112 §6, §7). The buffer grows with what has come,
 * never with what was announced, so that an announcement costs the announcer.
 */
#include "codec_private.h"
#include "grammar.h"

#include <string.h>

/* How far a large body's room runs ahead of what has come: it counts for its sender. */
enum { ROOM_STEP = 256 * 1024 };

/* Room for @more bytes: twice what there was, in small steps once it is large, but no more than may
 * ever come. */
static bool body_reserve(struct codec *codec, size_t more)
{
	size_t need = codec->body_size + more;
	size_t most = codec->body_max;
	size_t room = codec->body_room ? codec->body_room * 2 : KIB(1);
	char *body;

	if (need <= codec->body_room)
		return true;
	if (room > codec->body_room + ROOM_STEP)
		room = codec->body_room + ROOM_STEP;
	if (!codec->chunked && codec->body_size + codec->left < most)
		most = codec->body_size + codec->left;
	if (room > most)
		room = most;
	if (room < need)
		room = need;
	body = memory_grow(codec->body, room);
	if (!body)
		return false;
	codec->body = body;
	codec->body_room = room;
	return true;
}

/* Takes what there is of @left bytes; false when they are not all there. */
static bool body_take(struct codec *codec, struct text *input)
{
	size_t size = input->size < codec->left ? input->size : (size_t)codec->left;

	if (!size)
		return !codec->left;
	if (!body_reserve(codec, size))
		return codec_fail(codec, ERR_MEMORY);
	memcpy(codec->body + codec->body_size, input->at, size);
	codec->body_size += size;
	codec->left -= size;
	*input = (struct text){ input->at + size, input->size - size };
	return !codec->left;
}

bool body_step_length(struct codec *codec, struct text *input)
{
	bool done = body_take(codec, input);

	if (done && codec->at != AT_ERROR)
		codec->at = AT_WHOLE;
	return done;
}

static size_t blanks(struct text t, size_t at)
{
	while (at < t.size && (t.at[at] == ' ' || t.at[at] == '\t'))
		at++;
	return at;
}

/* Behind a quoted-string that begins at @at, or @at when there is none. */
static size_t quoted_string(struct text t, size_t from)
{
	size_t at = from;

	if (at >= t.size || t.at[at] != '"')
		return from;
	for (at++; at < t.size && t.at[at] != '"'; at++) {
		if (t.at[at] == '\\' && ++at < t.size && text_is_value(text_part(t, at, 1)))
			continue;
		if (at >= t.size || !char_is(CHAR_QUOTED, t.at[at]))
			return from;
	}
	return at < t.size ? at + 1 : from;
}

/* Behind one `name [ = value ]` at @at, or @at when there is none. */
static size_t extension(struct text t, size_t from)
{
	size_t at = from + text_span(t, from, CHAR_TOKEN);
	size_t equals = blanks(t, at);
	size_t value, end;

	if (at == from || equals == t.size || t.at[equals] != '=')
		return at;
	value = blanks(t, equals + 1);
	end = value + text_span(t, value, CHAR_TOKEN);
	if (end == value)
		end = quoted_string(t, value);
	return end == value ? from : end;
}

/* chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) (RFC 9112 §7.1.1) */
static bool extensions_are_valid(struct text t)
{
	for (size_t at = 0; at < t.size;) {
		size_t name;

		at = blanks(t, at);
		if (at == t.size || t.at[at] != ';')
			return false;
		name = blanks(t, at + 1);
		at = extension(t, name);
		if (at == name)
			return false;
	}
	return true;
}

static enum err chunk_line_read(struct codec *codec, struct text line)
{
	uint64_t size = 0;
	size_t digits = 0;

	for (; digits < line.size && hex_value(line.at[digits]) >= 0; digits++) {
		if (digits == CHUNK_DIGITS_MAX)
			return ERR_BAD_REQUEST;
		size = size << 4 | (uint64_t)hex_value(line.at[digits]);
	}
	if (!digits || line.size - digits > CHUNK_EXTENSION_MAX)
		return ERR_BAD_REQUEST;
	codec->extension_bytes += line.size - digits;
	if (codec->extension_bytes > EXTENSIONS_MAX ||
	    !extensions_are_valid(text_part(line, digits, line.size)))
		return ERR_BAD_REQUEST;
	if (size > codec->body_max - codec->body_size)
		return ERR_TOO_LARGE;
	codec->left = size;
	return OK;
}

bool body_step_size(struct codec *codec, struct text *input)
{
	struct text line = codec_line(codec, input, CHUNK_DIGITS_MAX + CHUNK_EXTENSION_MAX + 2,
				      ERR_BAD_REQUEST);
	enum err e;

	if (!line.at)
		return codec->at == AT_ERROR;
	e = chunk_line_read(codec, line);
	if (e)
		return codec_fail(codec, e);
	codec_drop_line(codec);
	codec->at = codec->left ? AT_DATA : AT_TRAILERS;
	return true;
}

bool body_step_data(struct codec *codec, struct text *input)
{
	bool done = body_take(codec, input);

	if (done && codec->at != AT_ERROR)
		codec->at = AT_DATA_END;
	return done;
}

/* Exactly CRLF: two bytes are all the line may have. */
bool body_step_data_end(struct codec *codec, struct text *input)
{
	if (!codec_line(codec, input, 2, ERR_BAD_REQUEST).at)
		return codec->at == AT_ERROR;
	codec_drop_line(codec);
	codec->at = AT_SIZE;
	return true;
}

/* Trailers are held to the grammar and dropped: nothing here needs them, and merging them is a
 * known hole (RFC 9110 §6.5.1). */
bool body_step_trailers(struct codec *codec, struct text *input)
{
	struct text line = codec_line(codec, input, TRAILERS_MAX - codec->trailer_bytes,
				      ERR_HEADERS_TOO_LARGE);
	struct pair field;

	if (!line.at)
		return codec->at == AT_ERROR;
	if (line.size && !field_split(line, &field))
		return codec_fail(codec, ERR_BAD_REQUEST);
	if (!line.size)
		codec->at = AT_WHOLE;
	codec->trailer_bytes += line.size + 2;
	codec_drop_line(codec);
	return true;
}
