/*
 * Foreign bytes to pixels, by the well-kept library of each type. Colours come as 8 bits of red,
 * green and blue; a picture in cyan, magenta, yellow and black is converted as printers do it
 * without a profile. What a library complains of is not shown, but for blemishes that cameras are
 * known for.
 */
#include "image_private.h"

#include <png.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/demux.h>

static int longer_of(int width, int height)
{
	return width > height ? width : height;
}

/* ---- JPEG ---- */

/* The smallest size that the decoder makes by itself whose longer side has @enough pixels. */
static void jpeg_size(int enough, int *width, int *height)
{
	int count = 0, best_width = *width, best_height = *height;
	const tjscalingfactor *factors = tjGetScalingFactors(&count);

	for (int i = 0; i < count; i++) {
		int w = TJSCALED(*width, factors[i]), h = TJSCALED(*height, factors[i]);

		if (longer_of(w, h) < enough ||
		    longer_of(w, h) >= longer_of(best_width, best_height))
			continue;
		best_width = w;
		best_height = h;
	}
	*width = best_width;
	*height = best_height;
}

/* Adobe's writers store the complement, which is what the decoder gives. */
static void cmyk_to_pixels(const uint8_t *from, struct pixels *out)
{
	size_t count = (size_t)out->width * (size_t)out->height;

	for (size_t i = 0; i < count; i++, from += 4)
		for (size_t c = 0; c < PIXEL_SIZE; c++)
			out->at[i * PIXEL_SIZE + c] = (uint8_t)((unsigned)from[c] * from[3] / 255u);
}

/* Bytes that some cameras leave between segments, and headers of scans that all decoders mend. */
static bool is_blemish(tjhandle handle)
{
	const char *why = tjGetErrorStr2(handle);

	return tjGetErrorCode(handle) == TJERR_WARNING &&
	       (strstr(why, "extraneous bytes before marker") ||
		strstr(why, "Invalid SOS parameters"));
}

static bool jpeg_take(tjhandle handle, struct text content, uint8_t *to, const struct pixels *size,
		      int format)
{
	const unsigned char *bytes = (const unsigned char *)content.at;

	return tjDecompress2(handle, bytes, content.size, to, size->width, 0, size->height, format,
			     TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) == 0 ||
	       is_blemish(handle);
}

static enum err jpeg_pixels(tjhandle handle, struct text content, bool cmyk, struct pixels *out)
{
	if (!cmyk)
		return jpeg_take(handle, content, out->at, out, TJPF_RGB) ? OK : ERR_IMAGE_BROKEN;

	uint8_t *inks = memory_take((size_t)out->width * (size_t)out->height * 4);
	enum err e = inks ? OK : ERR_MEMORY;
	if (!e && !jpeg_take(handle, content, inks, out, TJPF_CMYK))
		e = ERR_IMAGE_BROKEN;
	if (!e)
		cmyk_to_pixels(inks, out);
	memory_free(inks);
	return e;
}

enum err jpeg_decode(struct text content, int enough, struct pixels *out)
{
	tjhandle handle = tjInitDecompress();
	int width = 0, height = 0, sampling, space = -1;

	if (!handle)
		return ERR_MEMORY;
	int failed = tjDecompressHeader3(handle, (const unsigned char *)content.at, content.size,
					 &width, &height, &sampling, &space);
	enum err e = failed ? ERR_IMAGE_BROKEN : OK;
	if (!e) {
		jpeg_size(enough, &width, &height);
		e = pixels_make(width, height, out);
	}
	if (!e)
		e = jpeg_pixels(handle, content, space == TJCS_CMYK || space == TJCS_YCCK, out);
	tjDestroy(handle);
	return e;
}

/* ---- PNG ---- */

enum err png_decode(struct text content, struct pixels *out)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	png_color white = { 255, 255, 255 };

	if (!png_image_begin_read_from_memory(&image, content.at, content.size))
		return ERR_IMAGE_BROKEN;
	image.format = PNG_FORMAT_RGB;
	enum err e = pixels_make(image.width, image.height, out);
	if (!e && !png_image_finish_read(&image, &white, out->at, 0, NULL))
		e = ERR_IMAGE_BROKEN;
	png_image_free(&image);
	return e;
}

/* ---- WebP ---- */

static void on_white(const uint8_t *from, struct pixels *out)
{
	size_t count = (size_t)out->width * (size_t)out->height;

	for (size_t i = 0; i < count; i++, from += 4)
		for (size_t c = 0; c < PIXEL_SIZE; c++) {
			unsigned sum =
				from[c] + 255u - from[3]; /* colours are multiplied already */

			out->at[i * PIXEL_SIZE + c] = (uint8_t)(sum > 255 ? 255 : sum);
		}
}

/* The decoder shrinks while it reads: half of what a lossless picture needs. */
static void webp_size(WebPDecoderConfig *config, int enough, int *width, int *height)
{
	int longer = longer_of(*width, *height);

	if (longer <= 2 * enough)
		return;
	*width = (int)((int64_t)*width * 2 * enough / longer);
	*height = (int)((int64_t)*height * 2 * enough / longer);
	*width = *width ? *width : 1;
	*height = *height ? *height : 1;
	config->options.use_scaling = 1;
	config->options.scaled_width = *width;
	config->options.scaled_height = *height;
}

static enum err still_decode(const uint8_t *bytes, size_t size, int enough, struct pixels *out)
{
	WebPDecoderConfig config;

	if (!WebPInitDecoderConfig(&config) ||
	    WebPGetFeatures(bytes, size, &config.input) != VP8_STATUS_OK)
		return ERR_IMAGE_BROKEN;
	int width = config.input.width, height = config.input.height;
	if ((int64_t)width * height > IMAGE_AREA_MAX || config.input.has_animation)
		return ERR_IMAGE_BROKEN;
	webp_size(&config, enough, &width, &height);
	enum err e = pixels_make(width, height, out);
	size_t room = (size_t)width * (size_t)height * 4;
	uint8_t *mixed = e ? NULL : memory_take(room);
	if (!e && !mixed)
		e = ERR_MEMORY;
	config.output.colorspace = MODE_rgbA;
	config.output.is_external_memory = 1;
	config.output.u.RGBA = (WebPRGBABuffer){ .rgba = mixed, .stride = width * 4, .size = room };
	if (!e && WebPDecode(bytes, size, &config) != VP8_STATUS_OK)
		e = ERR_IMAGE_BROKEN;
	if (!e)
		on_white(mixed, out);
	memory_free(mixed);
	return e;
}

/* Of what moves the first frame, as large as that is. */
static enum err frame_decode(struct text content, int enough, struct pixels *out)
{
	WebPData data = { (const uint8_t *)content.at, content.size };
	WebPDemuxer *demuxer = WebPDemux(&data);
	WebPIterator frame;
	enum err e = ERR_IMAGE_BROKEN;

	if (!demuxer)
		return e;
	if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
		e = still_decode(frame.fragment.bytes, frame.fragment.size, enough, out);
		WebPDemuxReleaseIterator(&frame);
	}
	WebPDemuxDelete(demuxer);
	return e;
}

enum err webp_decode(struct text content, const struct image_head *head, int enough,
		     struct pixels *out)
{
	if (head->animated)
		return frame_decode(content, enough, out);
	return still_decode((const uint8_t *)content.at, content.size, enough, out);
}

/* ---- any of them ---- */

enum err image_decode(struct text content, const struct image_head *head, int enough,
		      struct pixels *out)
{
	enum err e = ERR_IMAGE_TYPE;

	*out = (struct pixels){ 0 };
	if (head->type == IMAGE_JPEG)
		e = jpeg_decode(content, enough, out);
	else if (head->type == IMAGE_PNG)
		e = png_decode(content, out);
	else if (head->type == IMAGE_WEBP)
		e = webp_decode(content, head, enough, out);
	if (e)
		pixels_free(out);
	return e;
}
