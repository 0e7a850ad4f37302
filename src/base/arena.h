/* The arena's inside for list.c: growing the last thing it gave, in place. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "xiangcai/base.h"

/* Whether the @old bytes at @at were the last thing given and could be made @size long where they
 * stand. */
bool arena_extend(struct arena *arena, void *at, size_t old, size_t size);

#endif
