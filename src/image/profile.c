/*
 * The colour profile that a picture carries (ICC.1:2010, annex B): in segments of a JPEG that are
 * numbered, in a packed chunk of a PNG, in a chunk of a WebP. What does not hold together, or is
 * larger than a profile may be, is as if there were none: a picture without one is sRGB.
 */
#include "image_private.h"

#include <string.h>
#include <zlib.h>

enum { JPEG_PARTS_MAX = 255, PNG_NAME_MAX = 79, PIECE = 64 * 1024 };

/* ---- JPEG ------------------------------------------------------------------------------------ */

struct jpeg_parts {
	struct text of[JPEG_PARTS_MAX + 1]; /* from 1 */
	size_t count;                       /* as each of them says; 0: none was met */
};

/* Behind a name: the number of this part, and how many there are. */
static bool take_part(struct jpeg_parts *parts, struct text segment)
{
	static const struct text name = { "ICC_PROFILE", 12 };

	if (!text_equal(text_part(segment, 0, name.size), name) || segment.size < name.size + 2)
		return true;
	size_t number = big_endian(segment, name.size, 1);
	size_t count = big_endian(segment, name.size + 1, 1);
	if (!number || number > count || (parts->count && parts->count != count) ||
	    parts->of[number].at)
		return false;
	parts->count = count;
	parts->of[number] = text_part(segment, name.size + 2, segment.size);
	return true;
}

/* They stand before the first scan. */
static void jpeg_profile(struct text content, struct buffer *out)
{
	enum { MARK = 0xff, APP2 = 0xe2, SCAN = 0xda, HEAD = 4 };
	struct jpeg_parts parts = { .count = 0 };
	size_t at = 2;

	while (content.size - at >= HEAD && big_endian(content, at, 1) == MARK &&
	       big_endian(content, at + 1, 1) != SCAN) {
		uint32_t marker = big_endian(content, at + 1, 1);
		size_t size = marker == MARK ? 0 : big_endian(content, at + 2, 2);

		if (size > content.size - at - 2)
			return;
		if (marker == APP2 &&
		    !take_part(&parts, text_part(content, at + HEAD, size < 2 ? 0 : size - 2)))
			return;
		at += marker == MARK ? 1 : 2 + size;
	}
	for (size_t i = 1; i <= parts.count; i++) {
		if (!parts.of[i].at)
			out->failed = true;
		buffer_add(out, parts.of[i]);
	}
}

/* ---- PNG ------------------------------------------------------------------------------------- */

static void inflate_profile(struct text packed, struct buffer *out)
{
	z_stream stream = { .avail_in = (uInt)packed.size };
	uint8_t piece[PIECE];
	int state = inflateInit(&stream);

	if (state != Z_OK)
		return;
	/* zlib takes its input by a pointer to bytes that may change, and does not write to it */
	memcpy(&stream.next_in, &packed.at, sizeof(packed.at));
	while (state == Z_OK && !out->failed) {
		stream.next_out = piece;
		stream.avail_out = sizeof(piece);
		state = inflate(&stream, Z_NO_FLUSH);
		buffer_add(out, (struct text){ (char *)piece, sizeof(piece) - stream.avail_out });
	}
	inflateEnd(&stream);
	out->failed |= state != Z_STREAM_END;
}

/* Before the first IDAT; a name, its end, a byte that names the packing, and what is packed. */
static void png_profile(struct text content, struct buffer *out)
{
	enum { SIGNATURE = 8, HEAD = 8, TAIL = 4 };
	size_t at = SIGNATURE;

	while (content.size - at >= HEAD + TAIL) {
		size_t size = big_endian(content, at, 4);
		struct text type = text_part(content, at + 4, 4),
			    data = text_part(content, at + HEAD, size);
		const char *end = data.size ? memchr(data.at, 0, data.size) : NULL;

		if (data.size != size || content.size - at - HEAD - size < TAIL ||
		    text_is(type, "IDAT"))
			return;
		if (text_is(type, "iCCP") && end && end - data.at <= PNG_NAME_MAX)
			inflate_profile(text_part(data, (size_t)(end - data.at) + 2, data.size),
					out);
		if (text_is(type, "iCCP"))
			return;
		at += HEAD + size + TAIL;
	}
}

/* ---- WebP ------------------------------------------------------------------------------------ */

/* The first chunk behind VP8X (RFC 9649, 2.7). */
static void webp_profile(struct text content, struct buffer *out)
{
	enum { FIRST = 12, HEAD = 8, EXTENDED = 10, SECOND = FIRST + HEAD + EXTENDED };

	if (content.size < SECOND + HEAD || !text_is(text_part(content, FIRST, 4), "VP8X") ||
	    !text_is(text_part(content, SECOND, 4), "ICCP"))
		return;
	size_t size = little_endian(content, SECOND + 4, 4);
	struct text data = text_part(content, SECOND + HEAD, size);
	if (data.size == size)
		buffer_add(out, data);
}

/* ---- any of them ----------------------------------------------------------------------------- */

void profile_read(struct text content, const struct image_head *head, struct buffer *out)
{
	static void (*const readers[])(struct text, struct buffer *) = {
		[IMAGE_JPEG] = jpeg_profile, [IMAGE_PNG] = png_profile, [IMAGE_WEBP] = webp_profile
	};

	out->max = PROFILE_SIZE_MAX;
	readers[head->type](content, out);
	if (out->failed)
		buffer_free(out);
}
