/*
 * How many pixels a picture says it has, by its own header: a few hundred bytes may claim billions,
 * which would cost whoever opens it gigabytes. PNG tells it in its first chunk (ISO/IEC 15948,
 * 11.2.2), JPEG in the frame header before the first scan (ITU-T T.81, B.2). Bytes from strangers:
 * what is not there, or not in order, is no size.
 */
#include "background.h"

#include <string.h>

static uint32_t big_endian(struct text t, size_t at, size_t size)
{
	uint32_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | (uint8_t)t.at[at + i];
	return number;
}

static uint64_t png_pixels(struct text t)
{
	enum { IHDR_AT = 12, WIDTH_AT = 16, HEIGHT_AT = 20, NEEDED = 24 };

	if (t.size < NEEDED || memcmp(t.at + IHDR_AT, "IHDR", 4) != 0)
		return 0;
	return (uint64_t)big_endian(t, WIDTH_AT, 4) * big_endian(t, HEIGHT_AT, 4);
}

static bool is_frame(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

/* Behind the marker at @at: length, precision, height, width. Height 0 is told behind the first
 * scan: then it may be any. */
static uint64_t frame_pixels(struct text t, size_t at)
{
	uint64_t height = big_endian(t, at + 4, 2), width = big_endian(t, at + 6, 2);

	return (height ? height : UINT16_MAX) * width;
}

/* The largest frame before the first scan. @at: of a segment's marker, behind its 0xFF. */
static uint64_t jpeg_pixels(struct text t)
{
	enum { SCAN = 0xda, END = 0xd9, FRAME_SIZE = 8 };
	uint64_t most = 0;
	size_t at = 3;

	while (at + 3 <= t.size) {
		uint8_t marker = (uint8_t)t.at[at];
		bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);

		if (marker == SCAN || marker == END)
			break;
		if (marker == 0xff) { /* fill */
			at++;
			continue;
		}
		if (is_frame(marker) && at + FRAME_SIZE <= t.size) {
			uint64_t pixels = frame_pixels(t, at);

			most = pixels > most ? pixels : most;
		}
		at += alone ? 1 : 1 + big_endian(t, at + 1, 2);
		if (at >= t.size || (uint8_t)t.at[at] != 0xff)
			break;
		at++;
	}
	return most;
}

bool image_is_too_large(struct text content)
{
	uint64_t pixels = 0;

	if (text_starts(content, "\x89PNG\r\n\x1a\n"))
		pixels = png_pixels(content);
	else if (text_starts(content, "\xff\xd8\xff"))
		pixels = jpeg_pixels(content);
	return pixels > IMAGE_PIXELS_MAX;
}
