/*
 * Field lines (RFC 9112 §5) and the few fields on which the framing of a message depends. Each of
 * those has a row in a table; whatever two parsers could read in two ways is refused. Errors of
 * framing come before expectations and codings that are merely not served.
 */
#include "codec_private.h"
#include "grammar.h"

#include <string.h>

bool field_split(struct text line, struct pair *field)
{
	size_t size = text_span(line, 0, CHAR_TOKEN);

	if (!size || size == line.size || line.at[size] != ':')
		return false;
	field->name = text_part(line, 0, size);
	field->value = text_trim(text_part(line, size + 1, line.size));
	return text_is_value(field->value);
}

/* An absolute target's authority wins over the field, which must be there and in order all the same
 * (RFC 9112 §3.2.2). */
static enum err take_host(struct codec *codec, struct text value)
{
	if (codec->seen & 1u << FIELD_HOST)
		return ERR_BAD_REQUEST;
	if (!host_is_valid(value) && !(codec->target_is_asterisk && !value.size))
		return ERR_BAD_REQUEST;
	if (!codec->authority_in_target)
		codec->request.host = value;
	return OK;
}

static enum err take_length(struct codec *codec, struct text value)
{
	uint64_t length = 0;

	if (codec->seen & 1u << FIELD_LENGTH || !value.size || value.size > LENGTH_DIGITS_MAX)
		return ERR_BAD_REQUEST;
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return ERR_BAD_REQUEST;
		length = length * 10 + (uint64_t)(value.at[i] - '0');
	}
	codec->left = length;
	return OK;
}

/*
 * Only `chunked`, alone. Where it is last behind another coding, the end of the body is known and
 * the coding is merely one we do not serve; anything else leaves the length open (RFC 9112 §6.3).
 */
static enum err take_coding(struct codec *codec, struct text value)
{
	bool other = false, chunked = false;

	if (codec->seen & 1u << FIELD_CODING || codec->request.http_1_0)
		return ERR_BAD_REQUEST;
	while (value.at) {
		struct text coding = text_trim(text_cut(&value, ','));

		if (!text_is_all(coding, CHAR_TOKEN) || chunked)
			return ERR_BAD_REQUEST;
		chunked = text_equal_fold(coding, TEXT("chunked"));
		other |= !chunked;
	}
	if (!chunked)
		return ERR_BAD_REQUEST;
	codec->chunked = true;
	if (other)
		codec->refusal = ERR_NOT_IMPLEMENTED;
	return OK;
}

static enum err take_connection(struct codec *codec, struct text value)
{
	while (value.at) {
		struct text option = text_trim(text_cut(&value, ','));

		codec->asked_close |= text_equal_fold(option, TEXT("close"));
		codec->asked_keep_alive |= text_equal_fold(option, TEXT("keep-alive"));
	}
	return OK;
}

/* HTTP/1.0 knows no expectations: they are ignored there (RFC 9110 §10.1.1). */
static enum err take_expect(struct codec *codec, struct text value)
{
	if (text_equal_fold(value, TEXT("100-continue")))
		codec->expects_continue = true;
	else if (!codec->request.http_1_0)
		codec->refusal = ERR_EXPECTATION;
	return OK;
}

static const struct known {
	const char *name;
	size_t size;
	enum err (*take)(struct codec *codec, struct text value);
} known_fields[] = {
	[FIELD_HOST] = { "host", 4, take_host },
	[FIELD_LENGTH] = { "content-length", 14, take_length },
	[FIELD_CODING] = { "transfer-encoding", 17, take_coding },
	[FIELD_CONNECTION] = { "connection", 10, take_connection },
	[FIELD_EXPECT] = { "expect", 6, take_expect },
};
_Static_assert(COUNT_OF(known_fields) == KNOWN_FIELD_COUNT, "every known field has its row");

enum err field_read(struct codec *codec, struct text line)
{
	struct http_request *request = &codec->request;
	struct pair *field = &codec->fields[request->field_count];
	enum err e;

	if (request->field_count == HTTP_FIELDS_MAX)
		return ERR_HEADERS_TOO_LARGE;
	if (!field_split(line, field))
		return ERR_BAD_REQUEST;
	request->field_count++;
	for (size_t i = 0; i < KNOWN_FIELD_COUNT; i++) {
		const struct known *known = &known_fields[i];

		if (field->name.size != known->size ||
		    !text_equal_fold(field->name, (struct text){ known->name, known->size }))
			continue;
		e = known->take(codec, field->value);
		codec->seen |= 1u << i;
		return e;
	}
	return OK;
}

enum err fields_end(struct codec *codec)
{
	const unsigned both = 1u << FIELD_LENGTH | 1u << FIELD_CODING;

	if (!codec->request.http_1_0 && !(codec->seen & 1u << FIELD_HOST))
		return ERR_BAD_REQUEST;
	if ((codec->seen & both) == both)
		return ERR_BAD_REQUEST;
	return codec->refusal;
}

struct text http_field(const struct http_request *request, const char *name)
{
	struct text wanted = text_of(name);

	for (size_t i = 0; i < request->field_count; i++)
		if (text_equal_fold(request->fields[i].name, wanted))
			return request->fields[i].value;
	return NO_TEXT;
}
