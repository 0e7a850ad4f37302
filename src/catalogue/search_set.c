/*
 * Texts, each once, by number in order of appearance: bytes one behind the other, and slots of
 * numbers by hash, of which at most half are taken.
 */
#include "search_private.h"

#include <string.h>

static uint64_t bytes_hash(struct text t)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < t.size; i++)
		hash = (hash ^ (uint8_t)t.at[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 29;
}

struct text text_set_at(const struct text_set *set, size_t number)
{
	return (struct text){ set->bytes + set->starts[number],
			      set->starts[number + 1] - set->starts[number] };
}

static uint32_t *slot_of(const struct text_set *set, struct text t)
{
	size_t mask = set->slot_count - 1, slot = bytes_hash(t) & mask;

	while (set->slots[slot] && !text_equal(text_set_at(set, set->slots[slot] - 1), t))
		slot = (slot + 1) & mask;
	return &set->slots[slot];
}

static bool set_widen(struct text_set *set)
{
	size_t count = set->slot_count ? 2 * set->slot_count : 512;
	uint32_t *slots = memory_take(count * sizeof(*slots));

	if (!slots)
		return false;
	memory_free(set->slots);
	set->slots = slots;
	set->slot_count = count;
	for (size_t i = 0; i < set->count; i++)
		*slot_of(set, text_set_at(set, i)) = (uint32_t)i + 1;
	return true;
}

static bool set_room(struct text_set *set, size_t more)
{
	if (2 * set->count >= set->slot_count && !set_widen(set))
		return false;
	if (set->count + 2 > set->start_room) {
		size_t room = set->start_room ? 2 * set->start_room : 256;
		uint32_t *starts = memory_grow(set->starts, room * sizeof(*starts));

		if (!starts)
			return false;
		set->starts = starts;
		set->start_room = room;
	}
	if (set->size + more > set->byte_room) {
		size_t room = 2 * (set->size + more) + KIB(4);
		char *bytes = room < UINT32_MAX ? memory_grow(set->bytes, room) : NULL;

		if (!bytes)
			return false;
		set->bytes = bytes;
		set->byte_room = room;
	}
	return true;
}

bool text_set_put(struct text_set *set, struct text t, uint32_t *out)
{
	if (!set_room(set, t.size))
		return false;
	uint32_t *slot = slot_of(set, t);

	if (!*slot) {
		set->starts[set->count] = (uint32_t)set->size;
		if (t.size)
			memcpy(set->bytes + set->size, t.at, t.size);
		set->size += t.size;
		set->starts[++set->count] = (uint32_t)set->size;
		*slot = (uint32_t)set->count;
	}
	*out = *slot - 1;
	return true;
}

void text_set_drop(struct text_set *set)
{
	memory_free(set->bytes);
	memory_free(set->starts);
	memory_free(set->slots);
	*set = (struct text_set){ 0 };
}
