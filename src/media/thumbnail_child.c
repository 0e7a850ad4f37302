/*
 * The hidden command `thumbnail`: one picture in, its renditions out. It reads no settings, opens
 * nothing, and raises walls around itself before it looks at the first byte.
 */
#include "media_rows.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

const char thumbnail_command[] = "thumbnail";

static bool read_all(struct buffer *out)
{
	char piece[PIECE];

	for (;;) {
		ssize_t size = read(STDIN_FILENO, piece, sizeof(piece));

		if (size == 0)
			return !out->failed;
		if (size < 0 && errno != EINTR)
			return false;
		if (size > 0)
			buffer_add(out, (struct text){ piece, (size_t)size });
	}
}

static bool write_all(struct text bytes)
{
	while (bytes.size) {
		ssize_t size = write(STDOUT_FILENO, bytes.at, bytes.size);

		if (size < 0 && errno != EINTR)
			return false;
		if (size > 0)
			bytes = text_part(bytes, (size_t)size, bytes.size);
	}
	return true;
}

static bool answer(enum err e, const struct renditions *made)
{
	struct thumbnail_answer head = { .magic = THUMBNAIL_MAGIC, .error = (uint32_t)e };
	bool good;

	if (!e) {
		head.width = (uint32_t)made->width;
		head.height = (uint32_t)made->height;
	}
	for (size_t i = 0; i < RENDITION_COUNT && !e; i++) {
		head.of[i].width = (uint32_t)made->of[i].width;
		head.of[i].height = (uint32_t)made->of[i].height;
		head.of[i].size = (uint32_t)made->of[i].content.size;
	}
	good = write_all((struct text){ (const char *)&head, sizeof(head) });
	for (size_t i = 0; i < RENDITION_COUNT && !e && good; i++)
		good = write_all(made->of[i].content);
	return good;
}

int thumbnail_child(void)
{
	struct buffer content = { .max = FILE_SIZE_MAX };
	struct arena *arena = arena_new(0);
	struct renditions made = { 0 };
	enum err e = arena ? OK : ERR_MEMORY;

	/* makers of colour profiles ask for the date, and the C library once for the zone's file */
	tzset();
	if (!walls_raise())
		_exit(THUMBNAIL_NO_WALLS);
	if (!e && !read_all(&content))
		e = ERR_MEMORY;
	if (!e)
		e = image_render(buffer_text(&content), arena, &made);
	bool answered = answer(e, &made);
	buffer_free(&content);
	arena_free(arena);
	return answered ? THUMBNAIL_ANSWERED : THUMBNAIL_NO_ANSWER;
}
