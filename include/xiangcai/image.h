/*
 * image: pictures as bytes in memory. What a picture says of itself, told by a few bounded lines
 * without any decoder, and the renditions that are made of its pixels. No I/O, no threads, no
 * database. Whatever is not pixels (EXIF, GPS, comments, colour profiles, what hangs before or
 * behind) does not reach a rendition: it is encoded anew, in sRGB.
 */
#ifndef XIANGCAI_IMAGE_H
#define XIANGCAI_IMAGE_H

#include "xiangcai/base.h"

enum image_type { IMAGE_JPEG, IMAGE_PNG, IMAGE_WEBP };
/* "image/jpeg" …, by enum image_type; NULL-ended. */
extern const char *const image_media[];

enum { IMAGE_SIDE_MAX = 20000, IMAGE_AREA_MAX = 40000000, IMAGE_SCANS_MAX = 100 };

/* What a picture says before anything is decoded. Width and height as they are stored. */
struct image_head {
	int32_t type;
	int64_t width, height;
	int orientation; /* 1 to 8, as EXIF has it (CIPA DC-008, 4.6.4 A); 1 where nothing is said
			  */
	bool animated;   /* only its first frame is shown */
};
/*
 * Reads the structure of @content from its first to its last part. ERR_IMAGE_TYPE for what is none
 * of the three, ERR_IMAGE_BROKEN for what does not hold together or ends early, ERR_IMAGE_LARGE
 * above IMAGE_SIDE_MAX or IMAGE_AREA_MAX, ERR_IMAGE_SCANS. Runs in time linear to @content.
 */
enum err image_head_read(struct text content, struct image_head *out);

/* Red, green, blue of each pixel, row by row; free with pixels_free. */
struct pixels {
	uint8_t *at;
	int width, height;
};
enum { PIXEL_SIZE = 3 };
void pixels_free(struct pixels *pixels); /* zeroed ones are allowed */
/*
 * Decodes what image_head_read took, as it is stored; what is transparent stands on white. May be
 * smaller than the head says, as long as the longer side has @enough pixels: reading less is
 * quicker. ERR_IMAGE_BROKEN, ERR_MEMORY. Foreign bytes reach the decoders here and nowhere else.
 */
enum err image_decode(struct text content, const struct image_head *head, int enough,
		      struct pixels *out);
/* Turns @pixels upright by the orientation of EXIF. ERR_MEMORY. */
enum err pixels_turn(struct pixels *pixels, int orientation);
/* The mean of the area that each new pixel covers; never larger than @from. ERR_MEMORY. */
enum err pixels_shrink(const struct pixels *from, int longer_side, struct pixels *out);

enum rendition_size { RENDITION_SMALL, RENDITION_MEDIUM, RENDITION_LARGE, RENDITION_COUNT };
extern const char *const rendition_words[]; /* NULL-ended */
enum { RENDITION_BYTES_MAX = 1024 * 1024 }; /* one piece of a stored content */

struct rendition {
	int width, height;
	struct text content; /* WebP */
};
struct renditions {
	int64_t width, height; /* of the picture, upright */
	struct rendition of[RENDITION_COUNT];
};
/*
 * All of the above: 160, 480 and 1280 pixels on the longer side, never enlarged. Contents in
 * @arena. Errors as those above.
 */
enum err image_render(struct text content, struct arena *arena, struct renditions *out);

/* How many pixels the longer side of a rendition has at most. */
int rendition_side(enum rendition_size size);

/* ---- archives ---------------------------------------------------------------- */

enum { ARCHIVE_ENTRIES_MAX = 1000, ARCHIVE_RATIO_MAX = 100 };
#define ARCHIVE_UNPACKED_MAX MIB(200)

struct archive_entry {
	struct text name; /* UTF-8, with its folders; leads nowhere outside */
	size_t from, at;  /* its header in the file, and its bytes */
	size_t packed_size, size;
	uint32_t checksum;
	int method;
};
/*
 * The entries of a ZIP (struct archive_entry) in the order of its directory, before anything is
 * unpacked; folders are entries whose names end with a slash. ERR_ARCHIVE_BROKEN;
 * ERR_ARCHIVE_LIMIT above ARCHIVE_…; ERR_ARCHIVE_UNSAFE for names that lead out, links, encryption
 * and entries that share bytes.
 */
enum err archive_open(struct text file, struct arena *arena, struct list *entries);
/* Unpacks one into @out, which is empty and has a ceiling: ERR_ARCHIVE_LIMIT above that,
 * ERR_ARCHIVE_BROKEN for what is not what it was said to be. */
enum err archive_read(struct text file, const struct archive_entry *entry, struct buffer *out);

#endif
