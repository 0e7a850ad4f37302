/* The arena's inside for list.c: growing the last thing it gave, in place. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "xiangcai/base.h"

/* Whether the @old bytes at @at were the last thing given and could be made @size long where they
 * stand. */
bool arena_extend(struct arena *arena, void *at, size_t old, size_t size);

/* arena_print with its arguments as a list. */
struct text arena_vprint(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
