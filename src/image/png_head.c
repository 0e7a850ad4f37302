/*
 * The chunks of a PNG (ISO/IEC 15948, clause 5.3) from IHDR to IEND: size, orientation (chunk
 * eXIf), and whether it moves (acTL of APNG). A file that ends before IEND is cut off.
 */
#include "image_private.h"

enum { SIGNATURE = 8, CHUNK_HEAD = 8, CHUNK_TAIL = 4, IHDR_SIZE = 13 };

static void take_chunk(struct text type, struct text data, struct image_head *out)
{
	if (text_is(type, "eXIf"))
		out->orientation = exif_orientation(data);
	if (text_is(type, "acTL"))
		out->animated = true;
}

enum err png_head(struct text content, struct image_head *out)
{
	size_t at = SIGNATURE;
	bool data = false;

	out->type = IMAGE_PNG;
	while (content.size - at >= CHUNK_HEAD + CHUNK_TAIL) {
		size_t size = big_endian(content, at, 4);
		struct text type = text_part(content, at + 4, 4);

		if (size > content.size - at - CHUNK_HEAD - CHUNK_TAIL)
			return ERR_IMAGE_BROKEN;
		if (at == SIGNATURE) {
			if (!text_is(type, "IHDR") || size != IHDR_SIZE)
				return ERR_IMAGE_BROKEN;
			out->width = big_endian(content, at + CHUNK_HEAD, 4);
			out->height = big_endian(content, at + CHUNK_HEAD + 4, 4);
		}
		take_chunk(type, text_part(content, at + CHUNK_HEAD, size), out);
		data |= text_is(type, "IDAT");
		if (text_is(type, "IEND"))
			return data ? OK : ERR_IMAGE_BROKEN;
		at += CHUNK_HEAD + size + CHUNK_TAIL;
	}
	return ERR_IMAGE_BROKEN;
}
