/* Growing arrays in an arena: room doubles; what was outgrown stays in the arena until its end. */
#include "arena.h"

#include <string.h>

enum { ROOM_FIRST = 8 };

static bool list_grow(struct list *list, struct arena *arena, size_t size)
{
	size_t room = list->room ? list->room * 2 : ROOM_FIRST;

	if (room > SIZE_MAX / 2 / size)
		return false;
	if (!arena_extend(arena, list->at, list->room * size, room * size)) {
		void *at = arena_take(arena, room * size);

		if (!at)
			return false;
		if (list->count)
			memcpy(at, list->at, list->count * size);
		list->at = at;
	}
	list->room = room;
	return true;
}

void *list_add(struct list *list, struct arena *arena, size_t size)
{
	if (list->count == list->room && !list_grow(list, arena, size))
		return NULL;

	void *item = (char *)list->at + list->count++ * size;

	return memset(item, 0, size);
}
