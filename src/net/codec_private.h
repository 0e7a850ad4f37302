/*
 * The inside of the codec, shared by its files: codec.c (lines and the order of things),
 * request_line.c, fields.c, body.c.
 *
 * The head is kept as it was sent, line behind line, and the request's texts point into it. A line
 * never moves once it is read: where the block at hand cannot hold the next line, a larger block is
 * taken and only the unread line is carried over.
 */
#ifndef XIANGCAI_NET_CODEC_PRIVATE_H
#define XIANGCAI_NET_CODEC_PRIVATE_H

#include "xiangcai/net.h"

enum {
	METHOD_SIZE_MAX = 32,
	VERSION_SIZE = 8, /* HTTP/1.1 */
	REQUEST_LINE_MAX = METHOD_SIZE_MAX + 1 + HTTP_TARGET_MAX + 1 + VERSION_SIZE + 2,
	LENGTH_DIGITS_MAX = 18,
	CHUNK_DIGITS_MAX = 16,
	CHUNK_EXTENSION_MAX = 256,  /* of one chunk */
	EXTENSIONS_MAX = 16 * 1024, /* of a body */
	TRAILERS_MAX = 8 * 1024,
	HEAD_BLOCK_SIZE = 1536 /* holds nearly every head */
};

/* What the next byte belongs to. From AT_ACCEPT, AT_WHOLE and AT_ERROR only the caller leads on. */
enum codec_place {
	AT_LINE,
	AT_FIELDS,
	AT_ACCEPT,
	AT_LENGTH,
	AT_SIZE,
	AT_DATA,
	AT_DATA_END,
	AT_TRAILERS,
	AT_WHOLE,
	AT_ERROR,
	PLACE_COUNT
};

/* Fields that the codec itself understands. */
enum known_field {
	FIELD_HOST,
	FIELD_LENGTH,
	FIELD_CODING,
	FIELD_CONNECTION,
	FIELD_EXPECT,
	KNOWN_FIELD_COUNT
};

struct head_block {
	struct head_block *older;
	char bytes[];
};

struct codec {
	enum codec_place at;
	enum err error;
	enum err refusal; /* of a head in order otherwise: an expectation or a coding that we do not
			     serve */
	struct http_request request;

	char *bytes; /* the block at hand: @first, or that of @blocks */
	size_t used, room;
	size_t line;      /* where in it the line being read begins */
	size_t head_size; /* over all blocks */
	struct head_block *blocks;

	unsigned seen; /* bits by enum known_field */
	bool blank_line_seen, authority_in_target, target_is_asterisk;
	bool asked_close, asked_keep_alive, expects_continue;
	bool chunked;

	uint64_t left; /* bytes of the body or of the chunk that are still to come */
	size_t body_max, body_size, body_room;
	char *body;
	size_t extension_bytes, trailer_bytes;

	struct pair fields[HTTP_FIELDS_MAX];
	char first[HEAD_BLOCK_SIZE];
};

/* For codecs that are part of something else. Ends with codec_clear. */
void codec_init(struct codec *codec);
void codec_clear(struct codec *codec);
/* Nothing has come yet; an empty line is something, but not of a request. */
bool codec_is_idle(const struct codec *codec);
bool codec_has_begun(const struct codec *codec);
/* The head was accepted and a body is to come, or was when the head ended. */
bool codec_has_body(const struct codec *codec);

/*
 * For the steps. A step says whether there is more to do with what is at hand; codec_fail says so,
 * too, so that a step ends with it.
 */
bool codec_fail(struct codec *codec, enum err e);
/*
 * Reads a line of at most @max bytes with its end; gives it without CRLF, NO_TEXT while it is not
 * whole or once it failed:
 * @too_long, or ERR_BAD_REQUEST when it does not end in CRLF. codec_keep_line or codec_drop_line is
 * due behind it.
 */
struct text codec_line(struct codec *codec, struct text *input, size_t max, enum err too_long);
void codec_keep_line(struct codec *codec);
void codec_drop_line(struct codec *codec);

enum err request_line_read(struct codec *codec, struct text line);
enum err field_read(struct codec *codec, struct text line);
bool field_split(struct text line, struct pair *field); /* false: not a field line by the grammar */
enum err fields_end(struct codec *codec);

bool body_step_length(struct codec *codec, struct text *input);
bool body_step_size(struct codec *codec, struct text *input);
bool body_step_data(struct codec *codec, struct text *input);
bool body_step_data_end(struct codec *codec, struct text *input);
bool body_step_trailers(struct codec *codec, struct text *input);

#endif
