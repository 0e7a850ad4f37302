/*
 * Pictures made by the libraries' own encoders, and what becomes of them: colours, sides,
 * orientation; nothing but pixels; and each of them refused wherever it is cut off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <png.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include "xiangcai/image.h"

enum { ROOM = 1024 * 1024, WIDE = 320, HIGH = 200 };

/* What stands in the corners of the picture: red, green, blue, white, from the upper left on. */
static const uint8_t corners[4][3] = {
	{ 220, 30, 30 }, { 30, 200, 40 }, { 40, 40, 210 }, { 250, 250, 250 }
};

static void paint(uint8_t *at, int width, int height, int channels)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const uint8_t *colour = corners[(y >= height / 2) * 2 + (x >= width / 2)];

			memcpy(at, colour, 3);
			if (channels == 4)
				at[3] = 255;
			at += channels;
		}
}

static struct text jpeg_make(uint8_t *to, int flags, int format)
{
	static uint8_t pixels[WIDE * HIGH * 4];
	tjhandle handle = tjInitCompress();
	unsigned long size = ROOM;
	int channels = tjPixelSize[format];

	paint(pixels, WIDE, HIGH, channels);
	if (format == TJPF_CMYK) /* complements, and no black */
		for (size_t i = 3; i < sizeof(pixels); i += 4)
			pixels[i] = 255;
	assert_int_equal(tjCompress2(handle, pixels, WIDE, 0, HIGH, format, &to, &size,
				     format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444, 95,
				     flags | TJFLAG_NOREALLOC),
			 0);
	tjDestroy(handle);
	return (struct text){ (const char *)to, size };
}

static struct text png_make(uint8_t *to, uint32_t format)
{
	static uint8_t pixels[WIDE * HIGH * 8];
	png_image image = {
		.version = PNG_IMAGE_VERSION, .width = WIDE, .height = HIGH, .format = format
	};
	png_alloc_size_t size = ROOM;

	if (format & PNG_FORMAT_FLAG_LINEAR)
		memset(pixels, 0xff, sizeof(pixels));
	else
		paint(pixels, WIDE, HIGH, (int)PNG_IMAGE_PIXEL_CHANNELS(format));
	assert_true(png_image_write_to_memory(&image, to, &size, 0, pixels, 0, NULL));
	return (struct text){ (const char *)to, size };
}

static struct text webp_make(uint8_t *to, bool lossless)
{
	static uint8_t pixels[WIDE * HIGH * 4];
	uint8_t *out = NULL;

	paint(pixels, WIDE, HIGH, 4);
	size_t size = lossless ? WebPEncodeLosslessRGBA(pixels, WIDE, HIGH, WIDE * 4, &out)
			       : WebPEncodeRGBA(pixels, WIDE, HIGH, WIDE * 4, 90, &out);
	assert_true(size > 0 && size <= ROOM);
	memcpy(to, out, size);
	WebPFree(out);
	return (struct text){ (const char *)to, size };
}

/* Each corner of @rendition shows the colour of the corner that @order says. */
static void check_corners(const struct rendition *rendition, const int order[4])
{
	int width = 0, height = 0;
	uint8_t *rgb = WebPDecodeRGB((const uint8_t *)rendition->content.at,
				     rendition->content.size, &width, &height);

	assert_non_null(rgb);
	assert_int_equal(width, rendition->width);
	assert_int_equal(height, rendition->height);
	for (int i = 0; i < 4; i++) {
		int x = i % 2 ? width * 3 / 4 : width / 4, y = i / 2 ? height * 3 / 4 : height / 4;

		for (int c = 0; c < 3; c++)
			assert_in_range(rgb[(y * width + x) * 3 + c] + 20 - corners[order[i]][c], 0,
					40);
	}
	WebPFree(rgb);
}

/* ---- tests ---- */

static const int upright[] = { 0, 1, 2, 3 };

static void check_all(struct text content)
{
	struct arena *arena = arena_new(0);
	struct renditions out;

	assert_int_equal(image_render(content, arena, &out), OK);
	assert_int_equal(out.width, WIDE);
	assert_int_equal(out.height, HIGH);
	assert_int_equal(out.of[RENDITION_SMALL].width, 160);
	assert_int_equal(out.of[RENDITION_SMALL].height, 100);
	assert_int_equal(out.of[RENDITION_MEDIUM].width, WIDE); /* never enlarged */
	assert_int_equal(out.of[RENDITION_LARGE].height, HIGH);
	for (int i = 0; i < RENDITION_COUNT; i++)
		check_corners(&out.of[i], upright);
	arena_free(arena);
}

static void test_types(void **state)
{
	uint8_t *room = memory_take(ROOM);

	(void)state;
	check_all(jpeg_make(room, 0, TJPF_RGB));
	check_all(jpeg_make(room, TJFLAG_PROGRESSIVE, TJPF_RGB));
	check_all(jpeg_make(room, 0, TJPF_CMYK));
	check_all(png_make(room, PNG_FORMAT_RGB));
	check_all(png_make(room, PNG_FORMAT_RGBA));
	check_all(webp_make(room, false));
	check_all(webp_make(room, true));
	memory_free(room);
}

static void test_grey_and_deep(void **state)
{
	uint8_t *room = memory_take(ROOM);
	struct arena *arena = arena_new(0);
	struct renditions out;

	(void)state;
	assert_int_equal(image_render(jpeg_make(room, 0, TJPF_GRAY), arena, &out), OK);
	assert_int_equal(image_render(png_make(room, PNG_FORMAT_GRAY), arena, &out), OK);
	assert_int_equal(image_render(png_make(room, PNG_FORMAT_LINEAR_RGB_ALPHA), arena, &out),
			 OK);
	arena_free(arena);
	memory_free(room);
}

/* A picture that ends early is refused wherever it ends, and so is what only begins like one. */
static void test_cut_off(void **state)
{
	uint8_t *room = memory_take(ROOM);
	struct text all[] = { { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct text whole = i == 0   ? jpeg_make(room, 0, TJPF_RGB)
				    : i == 1 ? jpeg_make(room, TJFLAG_PROGRESSIVE, TJPF_RGB)
				    : i == 2 ? png_make(room, PNG_FORMAT_RGB)
					     : webp_make(room, i == 3);

		for (size_t size = 0; size < whole.size; size += 1 + size / 64) {
			struct arena *arena = arena_new(0);
			struct renditions out;
			char *cut = memory_take(size + 1); /* its own block: no read goes beyond */
			memcpy(cut, whole.at, size);
			enum err e = image_render((struct text){ cut, size }, arena, &out);
			assert_true(e == ERR_IMAGE_TYPE || e == ERR_IMAGE_BROKEN);
			memory_free(cut);
			arena_free(arena);
		}
	}
	memory_free(room);
}

/* Where an end was put behind the cut, the structure holds and the decoder finds it. */
static void test_scan_cut_off(void **state)
{
	uint8_t *room = memory_take(ROOM);
	struct text whole = jpeg_make(room, 0, TJPF_RGB);
	struct arena *arena = arena_new(0);
	struct renditions out;
	size_t half = whole.size / 2;

	(void)state;
	memcpy(room + half, "\xff\xd9", 2);
	assert_int_equal(image_render((struct text){ (char *)room, half + 2 }, arena, &out),
			 ERR_IMAGE_BROKEN);
	arena_free(arena);
	memory_free(room);
}

/* ---- orientation, and what is not pixels ---- */

static const uint8_t exif[] = { 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0,    0,    'M', 'M',
				0,    42,   0, 0,  0,   8,   0,   1,   0x01, 0x12, 0,   3,
				0,    0,    0, 1,  0,   1,   0,   0,   0,    0,    0,   0 };
enum { EXIF_VALUE = 29 };

static void test_orientation(void **state)
{
	/* which corner of the stored picture stands in each corner of the upright one */
	static const int order[9][4] = {
		[1] = { 0, 1, 2, 3 }, [2] = { 1, 0, 3, 2 }, [3] = { 3, 2, 1, 0 },
		[4] = { 2, 3, 0, 1 }, [5] = { 0, 2, 1, 3 }, [6] = { 2, 0, 3, 1 },
		[7] = { 3, 1, 2, 0 }, [8] = { 1, 3, 0, 2 },
	};
	static const char secret[] = "\xff\xfe\0\x14N34.163 E108.201!!";
	uint8_t *room = memory_take(ROOM), *jpeg = memory_take(ROOM);
	struct text whole = jpeg_make(jpeg, 0, TJPF_RGB);
	size_t extra = sizeof(exif) + sizeof(secret) - 1;

	(void)state;
	for (uint8_t value = 1; value <= 8; value++) {
		struct arena *arena = arena_new(0);
		struct renditions out;

		memcpy(room, whole.at, 2);
		memcpy(room + 2, exif, sizeof(exif));
		room[2 + EXIF_VALUE] = value;
		memcpy(room + 2 + sizeof(exif), secret, sizeof(secret) - 1);
		memcpy(room + 2 + extra, whole.at + 2, whole.size - 2);
		struct text content = { (char *)room, whole.size + extra };
		assert_int_equal(image_render(content, arena, &out), OK);
		assert_int_equal(out.width, value > 4 ? HIGH : WIDE);
		for (int i = 0; i < RENDITION_COUNT; i++) {
			struct text made = out.of[i].content;

			check_corners(&out.of[i], order[value]);
			assert_null(memmem(made.at, made.size, "Exif", 4));
			assert_null(memmem(made.at, made.size, "N34.163", 7));
		}
		arena_free(arena);
	}
	memory_free(room);
	memory_free(jpeg);
}

/* ---- what is seen through ---- */

/* Half a colour on white is its mean with white; nothing of it is white. */
static void test_alpha(void **state)
{
	static const uint8_t alphas[] = { 255, 128, 0 };
	static uint8_t pixels[WIDE * HIGH * 4];
	uint8_t *room = memory_take(ROOM), *bytes = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(alphas); i++) {
		png_image image = { .version = PNG_IMAGE_VERSION,
				    .width = WIDE,
				    .height = HIGH,
				    .format = PNG_FORMAT_RGBA };
		png_alloc_size_t png_size = ROOM;

		for (size_t at = 0; at < sizeof(pixels); at += 4)
			memcpy(pixels + at, (uint8_t[]){ 200, 40, 40, alphas[i] }, 4);
		assert_true(png_image_write_to_memory(&image, room, &png_size, 0, pixels, 0, NULL));
		size_t size = WebPEncodeLosslessRGBA(pixels, WIDE, HIGH, WIDE * 4, &bytes);
		const struct text made[] = { { (char *)room, png_size }, { (char *)bytes, size } };
		for (size_t type = 0; type < COUNT_OF(made); type++) {
			struct image_head head;
			struct pixels out;

			assert_int_equal(image_head_read(made[type], &head), OK);
			assert_int_equal(image_decode(made[type], &head, 160, &out), OK);
			/* libpng mixes as light does, libwebp by numbers */
			int expected = alphas[i] == 255 ? 40 : alphas[i] ? 167 : 255;
			assert_in_range(out.at[1] + 25 - expected, 0, 50);
			assert_true(out.at[0] >= out.at[1]);
			pixels_free(&out);
		}
		WebPFree(bytes);
	}
	memory_free(room);
}

/* Sixteen bits that are linear become eight of sRGB: half the light is 188. */
static void test_deep(void **state)
{
	static uint16_t pixels[WIDE * HIGH * 3];
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = WIDE,
			    .height = HIGH,
			    .format = PNG_FORMAT_LINEAR_RGB };
	uint8_t *room = memory_take(ROOM);
	png_alloc_size_t size = ROOM;
	struct image_head head;
	struct pixels out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pixels); i++)
		pixels[i] = 0x8000;
	assert_true(png_image_write_to_memory(&image, room, &size, 0, pixels, 0, NULL));
	struct text content = { (char *)room, size };
	assert_int_equal(room[24], 16);
	assert_int_equal(image_head_read(content, &head), OK);
	assert_int_equal(image_decode(content, &head, WIDE, &out), OK);
	assert_in_range(out.at[0], 186, 190);
	pixels_free(&out);
	memory_free(room);
}

/* ---- sides ---- */

static void test_shrink(void **state)
{
	uint8_t grey[] = { 0,  0,  0,  100, 100, 100, 200, 200, 200,
			   50, 50, 50, 150, 150, 150, 250, 250, 250 };
	struct pixels from = { grey, 3, 2 }, out;

	(void)state;
	assert_int_equal(pixels_shrink(&from, 1, &out), OK);
	assert_int_equal(out.width, 1);
	assert_int_equal(out.height, 1);
	assert_int_equal(out.at[0], 125); /* the mean of all */
	pixels_free(&out);
	assert_int_equal(pixels_shrink(&from, 2, &out), OK);
	assert_int_equal(out.width, 2);
	assert_int_equal(out.height, 1);
	/* (0 + 100/2 + 50 + 150/2) / 3 = 58.33 */
	assert_int_equal(out.at[0], 58);
	assert_int_equal(out.at[3], 192);
	pixels_free(&out);
	assert_int_equal(pixels_shrink(&from, 10, &out), OK);
	assert_int_equal(out.width, 3);
	assert_memory_equal(out.at, grey, sizeof(grey));
	pixels_free(&out);
}

static void test_claims(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum err e;
	} cases[] = {
#define CASE(literal, error) { literal, sizeof(literal) - 1, error }
		CASE("", ERR_IMAGE_TYPE),
		CASE("GIF89a\1\0\1\0", ERR_IMAGE_TYPE),
		CASE("<svg xmlns='http://www.w3.org/2000/svg'/>", ERR_IMAGE_TYPE),
		CASE("BM6\0\0\0", ERR_IMAGE_TYPE),
		CASE("II*\0\x08\0\0\0", ERR_IMAGE_TYPE),
		CASE("\0\0\1\0\1\0", ERR_IMAGE_TYPE),
		CASE("\0\0\0\x1c"
		     "ftypavif",
		     ERR_IMAGE_TYPE),
		CASE("%PDF-1.4", ERR_IMAGE_TYPE),
		CASE("\xff\xd8\xff\xd9", ERR_IMAGE_BROKEN),
		CASE("\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\1\1\x11\0"
		     "\xff\xda\0\x08\1\1\0\0\x3f\0\0\xff\xd9",
		     ERR_IMAGE_LARGE),
		CASE("\xff\xd8\xff\xc0\0\x0b\x08\0\0\0\x10\1\1\x11\0"
		     "\xff\xda\0\x08\1\1\0\0\x3f\0\0\xff\xd9",
		     ERR_IMAGE_BROKEN),
		CASE("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xff\xff\0\0\xff\xff\x08\2\0\0\0CRCC"
		     "\0\0\0\0IDATCRCC\0\0\0\0IENDCRCC",
		     ERR_IMAGE_LARGE),
		CASE("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x4e\x21\0\0\0\1\x08\2\0\0\0CRCC"
		     "\0\0\0\0IDATCRCC\0\0\0\0IENDCRCC",
		     ERR_IMAGE_LARGE),
		CASE("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0CRCC"
		     "\xff\xff\xff\xffIDATCRCC",
		     ERR_IMAGE_BROKEN),
		CASE("RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0",
		     ERR_IMAGE_LARGE),
		CASE("RIFF\xff\xff\0\0WEBPVP8L\x0a\0\0\0\x2f\1\0\0\0\0\0\0\0\0", ERR_IMAGE_BROKEN),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct image_head head;

		enum err e = image_head_read((struct text){ cases[i].bytes, cases[i].size }, &head);
		if (e != cases[i].e)
			print_message("case %zu\n", i);
		assert_int_equal(e, cases[i].e);
	}
}

/* A hundred scans and one more. */
static void test_scans(void **state)
{
	static const uint8_t frame[] = {
		0xff, 0xd8, 0xff, 0xc2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 17, 0
	};
	static const uint8_t scan[] = { 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x55 };
	uint8_t bytes[sizeof(frame) + (IMAGE_SCANS_MAX + 1) * sizeof(scan) + 2];
	size_t size = sizeof(frame);
	struct image_head head;

	(void)state;
	memcpy(bytes, frame, sizeof(frame));
	for (int i = 0; i <= IMAGE_SCANS_MAX; i++, size += sizeof(scan))
		memcpy(bytes + size, scan, sizeof(scan));
	memcpy(bytes + size, "\xff\xd9", 2);
	assert_int_equal(image_head_read((struct text){ (char *)bytes, size + 2 }, &head),
			 ERR_IMAGE_SCANS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),       cmocka_unit_test(test_grey_and_deep),
		cmocka_unit_test(test_cut_off),     cmocka_unit_test(test_scan_cut_off),
		cmocka_unit_test(test_orientation), cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_claims),      cmocka_unit_test(test_scans),
		cmocka_unit_test(test_alpha),       cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
