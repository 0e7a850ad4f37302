/*
 * Arbitrary bytes as a picture and as an archive of pictures. Whatever comes: the outcome is one of
 * those that are told, a rendition is a still WebP of the size that it says, and entries of an
 * archive lie within it.
 */
#include "xiangcai/image.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIXELS_MAX = 1 << 20, UNPACKED_MAX = 1 << 20 };

static void check_rendition(const struct rendition *rendition, int side)
{
	struct image_head head;

	assert(rendition->width >= 1 && rendition->width <= side);
	assert(rendition->height >= 1 && rendition->height <= side);
	assert(rendition->content.size <= RENDITION_BYTES_MAX);
	assert(image_head_read(rendition->content, &head) == OK);
	assert(head.type == IMAGE_WEBP && !head.animated && head.orientation == 1);
	assert(head.width == rendition->width && head.height == rendition->height);
}

static void check_picture(struct text content, struct arena *arena)
{
	struct image_head head;
	struct renditions made;
	enum err e = image_head_read(content, &head);

	assert(e == OK || err_info(e)->status == 415 || err_info(e)->status == 422);
	/* large ones take long, and nothing else */
	if (e || head.width * head.height > PIXELS_MAX)
		return;
	e = image_render(content, arena, &made);
	assert(e == OK || e == ERR_MEMORY || err_info(e)->status == 422);
	for (int i = 0; i < RENDITION_COUNT && !e; i++)
		check_rendition(&made.of[i], rendition_side((enum rendition_size)i));
}

static void check_archive(struct text content, struct arena *arena)
{
	struct list entries = { 0 };
	enum err e = archive_open(content, arena, &entries);

	assert(e == OK || e == ERR_MEMORY || err_info(e)->status == 422);
	assert(entries.count <= ARCHIVE_ENTRIES_MAX);
	for (size_t i = 0; i < entries.count && !e; i++) {
		const struct archive_entry *entry = LIST_ITEM(entries, struct archive_entry, i);
		struct buffer out = { .max = UNPACKED_MAX };

		assert(entry->at + entry->packed_size <= content.size);
		assert(entry->name.size && entry->name.at[0] != '/');
		if (archive_read(content, entry, &out) == OK)
			assert(out.size == entry->size);
		buffer_free(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = { (const char *)data, size };
	struct arena *arena = arena_new(MIB(256));

	assert(arena);
	check_picture(content, arena);
	check_archive(content, arena);
	arena_free(arena);
	return 0;
}
