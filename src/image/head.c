/*
 * What a picture is, by its own bytes, and how large it says it is: asked before any decoder sees
 * it. Bytes come from strangers: each read is behind a check that it is there.
 */
#include "image_private.h"

const char *const image_media[] = {
	[IMAGE_JPEG] = "image/jpeg", [IMAGE_PNG] = "image/png", [IMAGE_WEBP] = "image/webp", NULL
};

uint32_t big_endian(struct text t, size_t at, size_t size)
{
	uint32_t number = 0;

	assert(at + size <= t.size && size <= sizeof(number));
	for (size_t i = 0; i < size; i++)
		number = number << 8 | (uint8_t)t.at[at + i];
	return number;
}

uint32_t little_endian(struct text t, size_t at, size_t size)
{
	uint32_t number = 0;

	assert(at + size <= t.size && size <= sizeof(number));
	for (size_t i = size; i > 0; i--)
		number = number << 8 | (uint8_t)t.at[at + i - 1];
	return number;
}

/*
 * TIFF 6.0, section 2: byte order, 42, place of the first directory; there a count and entries of
 * twelve bytes: tag, type, count, value.
 */
int exif_orientation(struct text tiff)
{
	enum { HEAD = 8, ENTRY = 12, TAG = 0x112, SHORT = 3, MOST = 8 };
	bool little = text_starts(tiff, "II*");
	uint32_t (*number)(struct text, size_t, size_t) = little ? little_endian : big_endian;

	if (tiff.size < HEAD || (!little && !text_starts(tiff, "MM")))
		return 1;
	size_t at = number(tiff, 4, 4);
	if (at > tiff.size || tiff.size - at < 2)
		return 1;
	size_t count = number(tiff, at, 2);
	for (at += 2; count > 0 && tiff.size - at >= ENTRY; count--, at += ENTRY) {
		if (number(tiff, at, 2) != TAG || number(tiff, at + 2, 2) != SHORT)
			continue;
		uint32_t value = number(tiff, at + 8, 2);
		return value >= 1 && value <= MOST ? (int)value : 1;
	}
	return 1;
}

static enum err head_of_type(struct text content, struct image_head *out)
{
	if (text_starts(content, "\xff\xd8\xff"))
		return jpeg_head(content, out);
	if (text_starts(content, "\x89PNG\r\n\x1a\n"))
		return png_head(content, out);
	if (text_starts(content, "RIFF") && text_is(text_part(content, 8, 4), "WEBP"))
		return webp_head(content, out);
	return ERR_IMAGE_TYPE;
}

enum err image_head_read(struct text content, struct image_head *out)
{
	*out = (struct image_head){ .orientation = 1 };
	enum err e = head_of_type(content, out);

	if (e)
		return e;
	if (out->width < 1 || out->height < 1)
		return ERR_IMAGE_BROKEN;
	if (out->width > IMAGE_SIDE_MAX || out->height > IMAGE_SIDE_MAX ||
	    out->width * out->height > IMAGE_AREA_MAX)
		return ERR_IMAGE_LARGE;
	return OK;
}
