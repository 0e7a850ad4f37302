/*
 * The renditions of a picture: decoded once, shrunk to the largest, made sRGB, turned upright, and
 * from that the smaller ones; each encoded as WebP, whose file holds a frame of pixels and nothing
 * beside.
 */
#include "image_private.h"

#include <webp/encode.h>

const char *const rendition_words[] = { [RENDITION_SMALL] = "small",
					[RENDITION_MEDIUM] = "medium",
					[RENDITION_LARGE] = "large",
					NULL };

int rendition_side(enum rendition_size size)
{
	static const int sides[] = {
		[RENDITION_SMALL] = 160, [RENDITION_MEDIUM] = 480, [RENDITION_LARGE] = 1280
	};

	return sides[size];
}

/* Noise needs a lower quality to fit into its room. */
enum err webp_encode(const struct pixels *pixels, struct buffer *out)
{
	static const float qualities[] = { 80, 60, 40, 20 };

	for (size_t i = 0; i < COUNT_OF(qualities); i++) {
		uint8_t *bytes = NULL;
		size_t size = WebPEncodeRGB(pixels->at, pixels->width, pixels->height,
					    pixels->width * PIXEL_SIZE, qualities[i], &bytes);
		bool fits = size > 0 && size <= RENDITION_BYTES_MAX;

		if (fits)
			buffer_add(out, (struct text){ (const char *)bytes, size });
		WebPFree(bytes);
		if (fits)
			return out->failed ? ERR_MEMORY : OK;
		if (!size)
			return ERR_MEMORY;
	}
	return ERR_IMAGE_BROKEN;
}

static enum err rendition_make(const struct pixels *from, enum rendition_size size,
			       struct arena *arena, struct rendition *out)
{
	struct buffer encoded = { .max = RENDITION_BYTES_MAX };
	struct pixels pixels = { 0 };
	enum err e = pixels_shrink(from, rendition_side(size), &pixels);

	if (!e)
		e = webp_encode(&pixels, &encoded);
	if (!e) {
		out->width = pixels.width;
		out->height = pixels.height;
		out->content = arena_text(arena, buffer_text(&encoded));
		e = out->content.at ? OK : ERR_MEMORY;
	}
	buffer_free(&encoded);
	pixels_free(&pixels);
	return e;
}

static enum err to_srgb(struct text content, const struct image_head *head, struct pixels *pixels)
{
	struct buffer profile = { 0 };

	profile_read(content, head, &profile);
	enum err e = colours_convert(buffer_text(&profile), pixels);
	buffer_free(&profile);
	return e;
}

static enum err upright(struct text content, const struct image_head *head, struct pixels *out)
{
	struct pixels whole = { 0 };
	enum err e = image_decode(content, head, rendition_side(RENDITION_LARGE), &whole);

	if (!e)
		e = pixels_shrink(&whole, rendition_side(RENDITION_LARGE), out);
	pixels_free(&whole);
	if (!e)
		e = to_srgb(content, head, out);
	if (!e)
		e = pixels_turn(out, head->orientation);
	return e;
}

enum err image_render(struct text content, struct arena *arena, struct renditions *out)
{
	struct image_head head;
	struct pixels large = { 0 };
	enum err e = image_head_read(content, &head);

	if (!e)
		e = upright(content, &head, &large);
	bool lies = head.orientation > 4;
	out->width = lies ? head.height : head.width;
	out->height = lies ? head.width : head.height;
	for (int size = 0; size < RENDITION_COUNT && !e; size++)
		e = rendition_make(&large, (enum rendition_size)size, arena, &out->of[size]);
	pixels_free(&large);
	return e;
}
