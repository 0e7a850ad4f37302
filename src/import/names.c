/*
 * Open addressing in an arena, doubled at half full. The hash takes a secret factor at each start,
 * so that no file can be written whose codes all fall into one place: 100,000 rows stay 100,000
 * steps.
 */
#include <string.h>

#include "xiangcai/import.h"

__extension__ typedef unsigned __int128 wide;

struct name {
	struct text key;
	int32_t value;
};

void names_begin(struct names *names, struct arena *arena)
{
	*names = (struct names){ .arena = arena };
	random_bytes(&names->seed, sizeof(names->seed));
	random_bytes(&names->factor, sizeof(names->factor));
	names->factor |= 1;
}

static uint64_t mix(uint64_t h, uint64_t block, uint64_t factor)
{
	wide product = (wide)(h ^ block) * factor;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const struct names *names, struct text key)
{
	uint64_t h = names->seed ^ key.size;

	for (size_t at = 0; at < key.size; at += sizeof(uint64_t)) {
		struct text part = text_part(key, at, sizeof(uint64_t));
		uint64_t block = 0;

		memcpy(&block, part.at, part.size);
		h = mix(h, block, names->factor);
	}
	return mix(h, names->seed, names->factor);
}

/* The slot that holds @key, or the free one where it would go. */
static struct name *slot_of(const struct names *names, struct text key)
{
	size_t at = (size_t)hash(names, key) & (names->room - 1);

	while (names->slots[at].key.at && !text_equal(names->slots[at].key, key))
		at = (at + 1) & (names->room - 1);
	return &names->slots[at];
}

static enum err grow(struct names *names)
{
	struct names larger = *names;

	larger.room = names->room ? names->room * 2 : 64;
	larger.slots = arena_take(names->arena, larger.room * sizeof(struct name));
	if (!larger.slots)
		return ERR_MEMORY;
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].key.at)
			*slot_of(&larger, names->slots[i].key) = names->slots[i];
	*names = larger;
	return OK;
}

enum err names_put(struct names *names, struct text key, int32_t value)
{
	struct name *slot;
	enum err e;

	assert(value >= 0);
	if (names->count * 2 >= names->room) {
		e = grow(names);
		if (e)
			return e;
	}
	slot = slot_of(names, key);
	if (slot->key.at)
		return OK;
	key = arena_text(names->arena, key);
	if (!key.at)
		return ERR_MEMORY;
	*slot = (struct name){ key, value };
	names->count++;
	return OK;
}

int32_t names_get(const struct names *names, struct text key)
{
	const struct name *slot;

	if (names->count == 0)
		return -1;
	slot = slot_of(names, key);
	return slot->key.at ? slot->value : -1;
}
