/* Direct writing into a buffer, for the writers of this module. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "xiangcai/base.h"

/* Makes room for @size more bytes; false, and @failed set, when there is none. */
bool buffer_grow(struct buffer *buffer, size_t size);

/* Where the next @size bytes may be written; the caller then adds to buffer->size what it wrote.
 * NULL when failed. */
static inline char *buffer_room(struct buffer *buffer, size_t size)
{
	if (size > buffer->room - buffer->size && !buffer_grow(buffer, size))
		return NULL;
	return buffer->at + buffer->size;
}

enum { INT_SIZE_MAX = 20 };
/* The digits of @number at @out (INT_SIZE_MAX bytes, no NUL); gives their count. */
size_t int_format(int64_t number, char *out);

#endif
