/*
 * Growing runs of bytes for bodies. Room doubles. A failed buffer keeps room == size, so that every
 * further write takes the slow path, which refuses it.
 */
#include "buffer.h"

#include <string.h>

enum { ROOM_FIRST = 256 };

static bool buffer_fail(struct buffer *buffer)
{
	buffer->failed = true;
	buffer->room = buffer->size;
	return false;
}

bool buffer_grow(struct buffer *buffer, size_t size)
{
	size_t max = buffer->max ? buffer->max : MIB(64);
	size_t room = buffer->room ? buffer->room : ROOM_FIRST;

	if (buffer->failed || buffer->size > max || size > max - buffer->size)
		return buffer_fail(buffer);
	while (room < buffer->size + size)
		room *= 2;
	if (room > max)
		room = max;

	/* One byte more than is counted, for the NUL that vsnprintf wants behind its text. */
	char *at = memory_grow(buffer->at, room + 1);

	if (!at)
		return buffer_fail(buffer);
	buffer->at = at;
	buffer->room = room;
	return true;
}

void buffer_add(struct buffer *buffer, struct text t)
{
	char *to = t.size ? buffer_room(buffer, t.size) : NULL;

	if (!to)
		return;
	memcpy(to, t.at, t.size);
	buffer->size += t.size;
}

void buffer_char(struct buffer *buffer, char c)
{
	char *to = buffer_room(buffer, 1);

	if (!to)
		return;
	*to = c;
	buffer->size++;
}

void buffer_html(struct buffer *buffer, struct text t)
{
	for (size_t i = 0; i < t.size; i++) {
		switch (t.at[i]) {
		case '<':
			buffer_add(buffer, TEXT("&lt;"));
			break;
		case '>':
			buffer_add(buffer, TEXT("&gt;"));
			break;
		case '&':
			buffer_add(buffer, TEXT("&amp;"));
			break;
		case '"':
			buffer_add(buffer, TEXT("&quot;"));
			break;
		default:
			buffer_char(buffer, t.at[i]);
		}
	}
}

size_t int_format(int64_t number, char *out)
{
	char digits[INT_SIZE_MAX];
	size_t at = sizeof(digits);
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (number < 0)
		digits[--at] = '-';
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

void buffer_int(struct buffer *buffer, int64_t number)
{
	char digits[INT_SIZE_MAX];

	buffer_add(buffer, (struct text){ digits, int_format(number, digits) });
}

void buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(size >= 0);

	char *to = size ? buffer_room(buffer, (size_t)size) : NULL;

	if (!to)
		return;
	va_start(args, format);
	vsnprintf(to, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += (size_t)size;
}

struct text buffer_text(const struct buffer *buffer)
{
	return buffer->at ? (struct text){ buffer->at, buffer->size } : TEXT("");
}

void buffer_free(struct buffer *buffer)
{
	memory_free(buffer->at);
	*buffer = (struct buffer){ .max = buffer->max };
}
