/* Between the files of image: what reads structures, and the three decoders. */
#ifndef IMAGE_PRIVATE_H
#define IMAGE_PRIVATE_H

#include "xiangcai/image.h"

/* ---- numbers in bytes (head.c); the caller has checked that they are there ---- */

uint32_t big_endian(struct text t, size_t at, size_t size);
uint32_t little_endian(struct text t, size_t at, size_t size);

/* The orientation in EXIF's TIFF structure; 1 when it says none. */
int exif_orientation(struct text tiff);

/* ---- structures (jpeg_head.c, png_head.c, webp_head.c): errors as image_head_read's ---- */

enum err jpeg_head(struct text content, struct image_head *out);
enum err png_head(struct text content, struct image_head *out);
enum err webp_head(struct text content, struct image_head *out);

/* ---- decoders ---- */

/* Room for pixels. ERR_MEMORY. */
enum err pixels_make(int64_t width, int64_t height, struct pixels *out);
enum err jpeg_decode(struct text content, int enough, struct pixels *out);
enum err png_decode(struct text content, struct pixels *out);
enum err webp_decode(struct text content, const struct image_head *head, int enough,
		     struct pixels *out);

/* ---- colours (profile.c, colours.c) ---- */

enum { PROFILE_SIZE_MAX = 1024 * 1024 };
/* The colour profile of a picture that image_head_read took, into the empty @out: nothing when it
 * has none, or one that does not hold together or is larger. */
void profile_read(struct text content, const struct image_head *head, struct buffer *out);
/* Makes @pixels sRGB; leaves them when the profile is of no use. ERR_MEMORY. */
enum err colours_convert(struct text profile, struct pixels *pixels);

/* ---- the encoder ---- */

/* @out is empty and has a ceiling. ERR_IMAGE_BROKEN when no quality makes it small enough. */
enum err webp_encode(const struct pixels *pixels, struct buffer *out);

#endif
