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
/* @out is empty and has a ceiling. ERR_IMAGE_BROKEN when no quality makes it small enough. */
enum err webp_encode(const struct pixels *pixels, struct buffer *out);

#endif
