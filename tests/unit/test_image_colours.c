/*
 * Colour profiles: found in each of the three types, made sRGB, and as if they were not there when
 * they are broken, cut off, too large or of other colours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <lcms2.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>
#include <zlib.h>

#include "../../src/image/image_private.h"

enum { ROOM = 4 * 1024 * 1024, SIDE = 64, PROFILE_ROOM = 4096 };

/* In Display P3 a green between those of sRGB and its own: in sRGB it has less red and more green.
 */
static const uint8_t wide[3] = { 100, 200, 80 };
enum { RED_IN_SRGB = 45, GREEN_IN_SRGB = 203, BLUE_IN_SRGB = 56 };

/* ---- pictures with a profile ---- */

/* Display P3 (SMPTE EG 432-1 primaries, D65, the curve of sRGB). */
static struct text display_p3(uint8_t *to)
{
	static const cmsCIExyYTRIPLE primaries = { { 0.680, 0.320, 1 },
						   { 0.265, 0.690, 1 },
						   { 0.150, 0.060, 1 } };
	static const cmsCIExyY white = { 0.3127, 0.3290, 1 };
	static const double curve[] = { 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045 };
	cmsToneCurve *one = cmsBuildParametricToneCurve(NULL, 4, curve);
	cmsToneCurve *curves[] = { one, one, one };
	cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves);
	cmsUInt32Number size = PROFILE_ROOM;

	assert_true(cmsSaveProfileToMem(profile, to, &size));
	cmsCloseProfile(profile);
	cmsFreeToneCurve(one);
	return (struct text){ (char *)to, size };
}

static struct text grey_profile(uint8_t *to)
{
	cmsToneCurve *curve = cmsBuildGamma(NULL, 2.2);
	cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
	cmsUInt32Number size = PROFILE_ROOM;

	assert_true(cmsSaveProfileToMem(profile, to, &size));
	cmsCloseProfile(profile);
	cmsFreeToneCurve(curve);
	return (struct text){ (char *)to, size };
}

static void paint(uint8_t *pixels)
{
	for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
		memcpy(pixels + i * 3, wide, 3);
}

static void add(struct buffer *out, const void *at, size_t size)
{
	buffer_add(out, (struct text){ at, size });
}

static void add_u32(struct buffer *out, size_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_char(out, (char)(number >> shift & 0xff));
}

/* In @parts segments. */
static void jpeg_make(struct text profile, size_t parts, struct buffer *out)
{
	uint8_t pixels[SIDE * SIDE * 3], *jpeg = NULL;
	tjhandle handle = tjInitCompress();
	unsigned long size = 0;

	paint(pixels);
	assert_int_equal(tjCompress2(handle, pixels, SIDE, 0, SIDE, TJPF_RGB, &jpeg, &size,
				     TJSAMP_444, 98, 0),
			 0);
	add(out, jpeg, 2);
	for (size_t i = 0; i < parts; i++) {
		size_t from = profile.size * i / parts, to = profile.size * (i + 1) / parts;
		size_t length = 2 + 14 + to - from;

		add(out, "\xff\xe2", 2);
		buffer_char(out, (char)(length >> 8));
		buffer_char(out, (char)(length & 0xff));
		add(out, "ICC_PROFILE", 12);
		buffer_char(out, (char)(i + 1));
		buffer_char(out, (char)parts);
		add(out, profile.at + from, to - from);
	}
	add(out, jpeg + 2, size - 2);
	tjFree(jpeg);
	tjDestroy(handle);
}

static void png_chunk(struct buffer *out, const char *type, struct text data)
{
	uLong crc =
		crc32(crc32(0, (const Bytef *)type, 4), (const Bytef *)data.at, (uInt)data.size);

	add_u32(out, data.size);
	add(out, type, 4);
	buffer_add(out, data);
	add_u32(out, data.size ? crc : crc32(0, (const Bytef *)type, 4));
}

static void png_make(struct text profile, size_t parts, struct buffer *out)
{
	uint8_t rows[SIDE * (1 + SIDE * 3)], *packed = memory_take(ROOM);
	uint8_t pixels[SIDE * SIDE * 3];
	struct buffer named = { .max = ROOM };
	uLongf size = ROOM;

	(void)parts;
	paint(pixels);
	for (size_t y = 0; y < SIDE; y++) {
		rows[y * (1 + SIDE * 3)] = 0;
		memcpy(rows + y * (1 + SIDE * 3) + 1, pixels + y * SIDE * 3, SIDE * 3);
	}
	add(out, "\x89PNG\r\n\x1a\n", 8);
	png_chunk(out, "IHDR", (struct text){ "\0\0\0\x40\0\0\0\x40\x08\2\0\0", 13 });
	assert_int_equal(compress(packed, &size, (const Bytef *)profile.at, profile.size), Z_OK);
	add(&named, "P3\0", 4);
	add(&named, packed, size);
	png_chunk(out, "iCCP", buffer_text(&named));
	size = ROOM;
	assert_int_equal(compress(packed, &size, rows, sizeof(rows)), Z_OK);
	png_chunk(out, "IDAT", (struct text){ (char *)packed, size });
	png_chunk(out, "IEND", (struct text){ "", 0 });
	buffer_free(&named);
	memory_free(packed);
}

static void add_little(struct buffer *out, size_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buffer_char(out, (char)(number >> 8 * i & 0xff));
}

static void webp_make(struct text profile, size_t parts, struct buffer *out)
{
	uint8_t pixels[SIDE * SIDE * 3], *webp = NULL;

	(void)parts;
	paint(pixels);
	size_t size = WebPEncodeLosslessRGB(pixels, SIDE, SIDE, SIDE * 3, &webp);
	size_t even = profile.size + profile.size % 2;
	add(out, "RIFF", 4);
	add_little(out, 4 + 18 + 8 + even + size - 12, 4);
	add(out, "WEBPVP8X\x0a\0\0\0\x20\0\0\0", 16);
	add_little(out, SIDE - 1, 3);
	add_little(out, SIDE - 1, 3);
	add(out, "ICCP", 4);
	add_little(out, profile.size, 4);
	buffer_add(out, profile);
	if (even != profile.size)
		buffer_char(out, 0);
	add(out, webp + 12, size - 12);
	WebPFree(webp);
}

typedef void make_fn(struct text profile, size_t parts, struct buffer *out);
static make_fn *const makers[] = { jpeg_make, png_make, webp_make };

/* The colour in the middle of what is shown. */
static void check_colour(const struct buffer *picture, const uint8_t expected[3])
{
	struct arena *arena = arena_new(0);
	struct renditions made;
	int width, height;

	assert_false(picture->failed);
	assert_int_equal(image_render(buffer_text(picture), arena, &made), OK);
	struct text webp = made.of[RENDITION_LARGE].content;
	uint8_t *rgb = WebPDecodeRGB((const uint8_t *)webp.at, webp.size, &width, &height);
	assert_non_null(rgb);
	for (int c = 0; c < 3; c++)
		assert_in_range(rgb[(height / 2 * width + width / 2) * 3 + c] + 6 - expected[c], 0,
				12);
	assert_null(memmem(webp.at, webp.size, "ICCP", 4));
	WebPFree(rgb);
	arena_free(arena);
}

/* ---- tests ---- */

static void test_wide(void **state)
{
	static const uint8_t expected[] = { RED_IN_SRGB, GREEN_IN_SRGB, BLUE_IN_SRGB };
	uint8_t bytes[PROFILE_ROOM];
	struct text profile = display_p3(bytes);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(makers); i++)
		for (size_t parts = 1; parts < 4; parts++) {
			struct buffer picture = { .max = ROOM };

			makers[i](profile, parts, &picture);
			check_colour(&picture, expected);
			buffer_free(&picture);
		}
}

/* Colours stay as they are. */
static void check_ignored(struct text profile)
{
	for (size_t i = 0; i < COUNT_OF(makers); i++) {
		struct buffer picture = { .max = ROOM };

		makers[i](profile, 40, &picture);
		check_colour(&picture, wide);
		buffer_free(&picture);
	}
}

static void test_useless(void **state)
{
	uint8_t bytes[PROFILE_ROOM], *large = memory_take(PROFILE_SIZE_MAX + 2);
	struct text profile = display_p3(bytes);

	(void)state;
	check_ignored((struct text){ "", 0 });
	check_ignored((struct text){ "this is no profile", 18 });
	/* where its list of parts ends, the colours are not there yet */
	for (size_t size = 0; size < 256; size += 37)
		check_ignored(text_part(profile, 0, size));
	memset(large, 0, PROFILE_SIZE_MAX + 2);
	memcpy(large, bytes, profile.size);
	check_ignored((struct text){ (char *)large, PROFILE_SIZE_MAX + 1 });
	memory_free(large);
	check_ignored(grey_profile(bytes));
}

/* Any byte turned over gives some colours, and nothing worse. */
static void test_torn(void **state)
{
	uint8_t bytes[PROFILE_ROOM];
	struct text profile = display_p3(bytes);

	(void)state;
	for (size_t at = 0; at < profile.size; at += 3) {
		struct buffer picture = { .max = ROOM };
		struct arena *arena = arena_new(0);
		struct renditions made;

		bytes[at] ^= 0xff;
		jpeg_make(profile, 2, &picture);
		assert_int_equal(image_render(buffer_text(&picture), arena, &made), OK);
		bytes[at] ^= 0xff;
		arena_free(arena);
		buffer_free(&picture);
	}
}

/* Parts that are missing, twice there, or of another count. */
static void test_parts(void **state)
{
	static const struct {
		size_t segment, at;
		char byte;
	} cases[] = {
		{ 0, 0, 2 }, { 1, 0, 1 }, { 1, 0, 0 }, { 1, 0, 9 }, { 0, 1, 3 }, { 1, 1, 1 }
	};
	uint8_t bytes[PROFILE_ROOM];
	struct text profile = display_p3(bytes);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buffer picture = { .max = ROOM };
		size_t segment = 18 + profile.size / 2;

		jpeg_make(profile, 2, &picture);
		picture.at[2 + cases[i].segment * segment + 16 + cases[i].at] = cases[i].byte;
		check_colour(&picture, wide);
		buffer_free(&picture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_useless),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
