/*
 * Pixels in memory: made, turned upright, and shrunk by the mean of the area that each new pixel
 * covers, which neither aliases nor sharpens. Whole numbers throughout, so that the same picture
 * gives the same bytes everywhere.
 */
#include "image_private.h"

#include <string.h>

enum err pixels_make(int64_t width, int64_t height, struct pixels *out)
{
	*out = (struct pixels){ 0 };
	if (width < 1 || height < 1 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX ||
	    width * height > IMAGE_AREA_MAX)
		return ERR_IMAGE_BROKEN;
	out->at = memory_take((size_t)(width * height) * PIXEL_SIZE);
	out->width = (int)width;
	out->height = (int)height;
	return out->at ? OK : ERR_MEMORY;
}

void pixels_free(struct pixels *pixels)
{
	memory_free(pixels->at);
	*pixels = (struct pixels){ 0 };
}

/* ---- turning ---- */

/* How the stored picture becomes the upright one: first its sides change places, then it is
 * mirrored (CIPA DC-008, tag 274). */
struct turn {
	bool swap, mirror_x, mirror_y;
};
static const struct turn turns[] = {
	[1] = { false, false, false }, [2] = { false, true, false }, [3] = { false, true, true },
	[4] = { false, false, true },  [5] = { true, false, false }, [6] = { true, true, false },
	[7] = { true, true, true },    [8] = { true, false, true },
};

static void pixel_put(const struct pixels *from, int x, int y, const struct turn *turn,
		      struct pixels *to)
{
	int out_x = turn->swap ? y : x, out_y = turn->swap ? x : y;

	if (turn->mirror_x)
		out_x = to->width - 1 - out_x;
	if (turn->mirror_y)
		out_y = to->height - 1 - out_y;
	memcpy(to->at + ((size_t)out_y * (size_t)to->width + (size_t)out_x) * PIXEL_SIZE,
	       from->at + ((size_t)y * (size_t)from->width + (size_t)x) * PIXEL_SIZE, PIXEL_SIZE);
}

enum err pixels_turn(struct pixels *pixels, int orientation)
{
	const struct turn *turn = &turns[orientation];
	struct pixels out;

	assert(orientation >= 1 && (size_t)orientation < COUNT_OF(turns));
	if (orientation == 1)
		return OK;
	enum err e = pixels_make(turn->swap ? pixels->height : pixels->width,
				 turn->swap ? pixels->width : pixels->height, &out);
	if (e)
		return e;
	for (int y = 0; y < pixels->height; y++)
		for (int x = 0; x < pixels->width; x++)
			pixel_put(pixels, x, y, turn, &out);
	pixels_free(pixels);
	*pixels = out;
	return OK;
}

/* ---- shrinking ---- */

/*
 * In units of 1 / (old × new) of a side, old pixel i spans [i × new, (i + 1) × new) and new pixel n
 * spans [n × old, (n + 1) × old): overlaps are whole numbers, and those of one new pixel sum to
 * old.
 */
static int64_t overlap(int64_t i, int64_t n, int64_t old_side, int64_t new_side)
{
	int64_t from = i * new_side > n * old_side ? i * new_side : n * old_side;
	int64_t old_end = (i + 1) * new_side, new_end = (n + 1) * old_side;

	return (old_end < new_end ? old_end : new_end) - from;
}

/* Sums the old rows under new row @y, each by its share. */
static void rows_sum(const struct pixels *from, int y, int height, uint32_t *sums)
{
	size_t count = (size_t)from->width * PIXEL_SIZE;
	int64_t old = from->height, first = (int64_t)y * old / height;
	int64_t last = (((int64_t)y + 1) * old - 1) / height;

	memset(sums, 0, count * sizeof(*sums));
	for (int64_t row = first; row <= last; row++) {
		const uint8_t *at = from->at + (size_t)row * count;
		uint32_t share = (uint32_t)overlap(row, y, old, height);

		for (size_t i = 0; i < count; i++)
			sums[i] += share * at[i];
	}
}

static void row_shrink(const struct pixels *from, const uint32_t *sums, int y, struct pixels *out)
{
	uint64_t whole = (uint64_t)from->width * (uint64_t)from->height;
	uint8_t *at = out->at + (size_t)y * (size_t)out->width * PIXEL_SIZE;

	for (int x = 0; x < out->width; x++) {
		int64_t first = (int64_t)x * from->width / out->width;
		int64_t last = (((int64_t)x + 1) * from->width - 1) / out->width;
		uint64_t total[PIXEL_SIZE] = { 0 };

		for (int64_t i = first; i <= last; i++) {
			uint64_t share = (uint64_t)overlap(i, x, from->width, out->width);

			for (size_t c = 0; c < PIXEL_SIZE; c++)
				total[c] += share * sums[(size_t)i * PIXEL_SIZE + c];
		}
		for (size_t c = 0; c < PIXEL_SIZE; c++)
			*at++ = (uint8_t)((total[c] + whole / 2) / whole);
	}
}

static int64_t side_of(int64_t side, int64_t longer, int64_t most)
{
	int64_t shrunk = longer > most ? (side * most + longer / 2) / longer : side;

	return shrunk ? shrunk : 1;
}

enum err pixels_shrink(const struct pixels *from, int longer_side, struct pixels *out)
{
	int longer = from->width > from->height ? from->width : from->height;
	enum err e = pixels_make(side_of(from->width, longer, longer_side),
				 side_of(from->height, longer, longer_side), out);
	uint32_t *sums = e ? NULL : memory_take((size_t)from->width * PIXEL_SIZE * sizeof(*sums));

	if (!e && !sums)
		e = ERR_MEMORY;
	for (int y = 0; !e && y < out->height; y++) {
		rows_sum(from, y, out->height, sums);
		row_shrink(from, sums, y, out);
	}
	memory_free(sums);
	if (e)
		pixels_free(out);
	return e;
}
