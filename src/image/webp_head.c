/*
 * The chunks of a WebP (RFC 9649, section 2): one of VP8 (lossy), VP8L (lossless), or VP8X with the
 * size of the canvas and further chunks behind it. The RIFF header must tell the size that is
 * there: what hangs behind is not the picture's, and what is missing makes it broken.
 */
#include "image_private.h"

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8, RIFF_OVERHEAD = 8, ANIMATION = 0x02 };

/* RFC 6386, 9.1: behind the frame tag and a start code, two sides of 14 bits. */
static bool take_lossy(struct text data, struct image_head *out)
{
	if (data.size < 10 || !text_equal(text_part(data, 3, 3), TEXT("\x9d\x01\x2a")))
		return false;
	out->width = little_endian(data, 6, 2) & 0x3fff;
	out->height = little_endian(data, 8, 2) & 0x3fff;
	return true;
}

/* RFC 9649, 3.4: a signature byte, then two sides of 14 bits less one. */
static bool take_lossless(struct text data, struct image_head *out)
{
	if (data.size < 5 || data.at[0] != 0x2f)
		return false;
	uint32_t bits = little_endian(data, 1, 4);
	out->width = (bits & 0x3fff) + 1;
	out->height = (bits >> 14 & 0x3fff) + 1;
	return true;
}

static bool take_extended(struct text data, struct image_head *out)
{
	if (data.size < 10)
		return false;
	out->animated = little_endian(data, 0, 1) & ANIMATION;
	out->width = little_endian(data, 4, 3) + 1;
	out->height = little_endian(data, 7, 3) + 1;
	return true;
}

/* Some writers put JPEG's mark in front of the structure. */
static int orientation_of(struct text data)
{
	static const struct text mark = { "Exif\0\0", 6 };
	bool marked = text_equal(text_part(data, 0, mark.size), mark);

	return exif_orientation(marked ? text_part(data, mark.size, data.size) : data);
}

/* The chunk's own size stands; behind VP8X it must not be another one than the canvas's. */
static bool take_image(struct text type, struct text data, bool extended, struct image_head *out)
{
	struct image_head own = { 0 };
	bool good = text_is(type, "VP8 ") ? take_lossy(data, &own) : take_lossless(data, &own);

	if (!good || (extended && (own.width != out->width || own.height != out->height)))
		return false;
	out->width = own.width;
	out->height = own.height;
	return true;
}

struct found {
	bool extended, image;
};

static bool take_chunk(struct text type, struct text data, bool first, struct image_head *out,
		       struct found *found)
{
	if (text_is(type, "VP8X"))
		return found->extended = first && take_extended(data, out);
	if (text_is(type, "VP8 ") || text_is(type, "VP8L")) {
		bool again = found->image || (!first && !found->extended);

		found->image = true;
		return !again && take_image(type, data, found->extended, out);
	}
	if (text_is(type, "ANMF"))
		found->image |= out->animated;
	if (text_is(type, "EXIF"))
		out->orientation = orientation_of(data);
	return !first;
}

enum err webp_head(struct text content, struct image_head *out)
{
	struct found found = { 0 };
	size_t at = RIFF_HEAD;

	out->type = IMAGE_WEBP;
	if (content.size < RIFF_HEAD || little_endian(content, 4, 4) > content.size - RIFF_OVERHEAD)
		return ERR_IMAGE_BROKEN;
	content.size = RIFF_OVERHEAD + little_endian(content, 4, 4);
	while (at <= content.size && content.size - at >= CHUNK_HEAD) {
		size_t size = little_endian(content, at + 4, 4);

		if (size > content.size - at - CHUNK_HEAD)
			return ERR_IMAGE_BROKEN;
		if (!take_chunk(text_part(content, at, 4),
				text_part(content, at + CHUNK_HEAD, size), at == RIFF_HEAD, out,
				&found))
			return ERR_IMAGE_BROKEN;
		at += CHUNK_HEAD + size + size % 2;
	}
	return found.image ? OK : ERR_IMAGE_BROKEN;
}
