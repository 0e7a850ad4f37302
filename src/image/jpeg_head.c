/*
 * The segments of a JPEG (ITU-T T.81, annex B), from the first marker to the end of the image:
 * frame, orientation, and how many scans there are. A few kilobytes of scans may ask for the whole
 * picture to be gone through a thousand times.
 */
#include "image_private.h"

enum marker {
	MARKER_TEM = 0x01,
	MARKER_RESTART = 0xd0,
	MARKER_START = 0xd8,
	MARKER_END = 0xd9,
	MARKER_SCAN = 0xda,
	MARKER_APP1 = 0xe1
};

struct walk {
	struct text content;
	size_t at; /* of a marker, behind its 0xFF */
	int frames, scans;
	struct image_head *head;
};

static bool is_frame(uint32_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static bool stands_alone(uint32_t marker)
{
	return marker == MARKER_TEM || (marker >= MARKER_RESTART && marker <= MARKER_START);
}

/* Behind the length: precision, height, width. A height that is told later is not taken. */
static enum err take_frame(struct walk *walk, struct text segment)
{
	if (segment.size < 6 || walk->frames++)
		return ERR_IMAGE_BROKEN;
	walk->head->height = big_endian(segment, 1, 2);
	walk->head->width = big_endian(segment, 3, 2);
	return walk->head->height ? OK : ERR_IMAGE_BROKEN;
}

static enum err take_segment(struct walk *walk, uint32_t marker, struct text segment)
{
	static const struct text exif = { "Exif\0\0", 6 };

	if (is_frame(marker))
		return take_frame(walk, segment);
	if (marker == MARKER_SCAN && ++walk->scans > IMAGE_SCANS_MAX)
		return ERR_IMAGE_SCANS;
	if (marker == MARKER_SCAN && !walk->frames)
		return ERR_IMAGE_BROKEN;
	if (marker == MARKER_APP1 && text_equal(text_part(segment, 0, exif.size), exif))
		walk->head->orientation =
			exif_orientation(text_part(segment, exif.size, segment.size));
	return OK;
}

/* To the next marker that is no restart; what stands between is the data of a scan, or is skipped
 * as decoders do. */
static bool marker_find(struct walk *walk)
{
	const uint8_t *bytes = (const uint8_t *)walk->content.at;
	size_t at = walk->at;

	for (; at + 1 < walk->content.size; at++) {
		uint8_t next = bytes[at + 1];
		bool restart = next >= MARKER_RESTART && next < MARKER_START;

		if (bytes[at] == 0xff && next != 0 && next != 0xff && !restart)
			break;
	}
	walk->at = at + 1;
	return walk->at < walk->content.size;
}

enum err jpeg_head(struct text content, struct image_head *out)
{
	struct walk walk = { .content = content, .at = 2, .head = out };

	out->type = IMAGE_JPEG;
	while (marker_find(&walk)) {
		uint32_t marker = big_endian(content, walk.at, 1);

		walk.at++;
		if (marker == MARKER_END)
			return walk.scans ? OK : ERR_IMAGE_BROKEN;
		if (stands_alone(marker))
			continue;
		if (content.size - walk.at < 2)
			break;
		size_t size = big_endian(content, walk.at, 2);
		if (size < 2 || size > content.size - walk.at)
			break;
		enum err e = take_segment(&walk, marker, text_part(content, walk.at + 2, size - 2));
		if (e)
			return e;
		walk.at += size;
	}
	return ERR_IMAGE_BROKEN;
}
