/*
 * Keys and who has them: entries are collected in any order of keys, sorted, and laid out in
 * arrays, each key's ids ascending.
 */
#include "search_private.h"

#include <string.h>

/* Doubles until @need items of @size fit. */
static bool grow(void *at, size_t *room, size_t need, size_t size)
{
	size_t wanted = *room ? *room : 256;
	void *moved;
	void *old;

	if (need <= *room)
		return true;
	while (wanted < need)
		wanted *= 2;
	memcpy(&old, at, sizeof(old));
	moved = memory_grow(old, wanted * size);
	if (!moved)
		return false;
	memcpy(at, &moved, sizeof(moved));
	*room = wanted;
	return true;
}

void entries_add(struct entries *entries, uint64_t key, uint32_t id, uint32_t weight)
{
	if (entries->failed ||
	    !grow(&entries->at, &entries->room, entries->count + 1, sizeof(*entries->at))) {
		entries->failed = true;
		return;
	}
	entries->at[entries->count++] = (struct entry){ key, id, weight };
}

/* ---- sorting --------------------------------------------------------------------------------- */

/*
 * Digit by digit from the last one: a tenth of the time of comparing. Few entries are merged
 * instead, for which counting 65,536 digits would be more work than sorting.
 */
enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS, FEW = 4096 };

static void sort_by_digit(const struct entry *from, struct entry *to, size_t count, size_t *places,
			  unsigned shift)
{
	size_t place = 0;

	memset(places, 0, DIGITS * sizeof(*places));
	for (size_t i = 0; i < count; i++)
		places[from[i].key >> shift & (DIGITS - 1)]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t next = place + places[digit];

		places[digit] = place;
		place = next;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

static void merge(const struct entry *from, struct entry *to, size_t first, size_t middle,
		  size_t end)
{
	size_t a = first, b = middle;

	for (size_t i = first; i < end; i++)
		to[i] = b == end || (a < middle && from[a].key <= from[b].key) ? from[a++]
									       : from[b++];
}

/* Gives the array of the two that holds the result. */
static struct entry *sort_few(struct entry *from, struct entry *to, size_t count)
{
	for (size_t width = 1; width < count; width *= 2) {
		for (size_t first = 0; first < count; first += 2 * width) {
			size_t middle = first + width < count ? first + width : count;
			size_t end = middle + width < count ? middle + width : count;

			merge(from, to, first, middle, end);
		}
		struct entry *swap = from;
		from = to;
		to = swap;
	}
	return from;
}

static struct entry *sort_many(struct entry *from, struct entry *to, size_t count, size_t *places)
{
	for (unsigned shift = 0; shift < KEY_BITS; shift += DIGIT_BITS) {
		sort_by_digit(from, to, count, places, shift);
		struct entry *swap = from;
		from = to;
		to = swap;
	}
	return from;
}

static void merge_equal(struct entries *entries)
{
	struct entry *at = entries->at;
	size_t kept = 0;

	for (size_t i = 0; i < entries->count; i++) {
		struct entry *last = kept ? &at[kept - 1] : NULL;

		if (!last || last->key != at[i].key || last->id != at[i].id)
			at[kept++] = at[i];
		else if (last->weight < at[i].weight)
			last->weight = at[i].weight;
	}
	entries->count = kept;
}

bool entries_sort(struct entries *entries)
{
	struct entry *spare = memory_take((entries->room + 1) * sizeof(*spare));
	size_t *places = entries->count < FEW ? NULL : memory_take(DIGITS * sizeof(*places));
	struct entry *sorted = NULL;

	if (!entries->failed && spare && entries->count < FEW)
		sorted = sort_few(entries->at, spare, entries->count);
	else if (!entries->failed && spare && places)
		sorted = sort_many(entries->at, spare, entries->count, places);
	memory_free(places);
	if (!sorted) {
		memory_free(spare);
		return entries->count == 0 && !entries->failed;
	}
	memory_free(sorted == spare ? entries->at : spare);
	entries->at = sorted;
	merge_equal(entries);
	return true;
}

/* ---- lists by key ---------------------------------------------------------------------------- */

static bool core_room(struct core *core, size_t keys, size_t count)
{
	size_t key_room = core->key_room, room = core->room;

	return grow(&core->keys, &key_room, keys, sizeof(*core->keys)) &&
	       grow(&core->starts, &core->key_room, keys, sizeof(*core->starts)) &&
	       grow(&core->ids, &room, count, sizeof(*core->ids)) &&
	       grow(&core->weights, &core->room, count, sizeof(*core->weights));
}

bool core_add(struct core *core, uint64_t key, uint32_t id, uint32_t weight)
{
	if (!core_room(core, core->key_count + 2, core->count + 1))
		return false;
	if (!core->key_count || core->keys[core->key_count - 1] != key) {
		core->keys[core->key_count] = key;
		core->starts[core->key_count++] = (uint32_t)core->count;
	}
	core->ids[core->count] = id;
	core->weights[core->count++] = (uint8_t)(weight < UINT8_MAX ? weight : UINT8_MAX);
	return true;
}

bool core_end(struct core *core)
{
	if (!core_room(core, core->key_count + 1, core->count + 1))
		return false;
	core->starts[core->key_count] = (uint32_t)core->count;
	const struct {
		void *at;
		size_t size;
	} parts[] = {
		{ &core->keys, (core->key_count + 1) * sizeof(*core->keys) },
		{ &core->starts, (core->key_count + 1) * sizeof(*core->starts) },
		{ &core->ids, (core->count + 1) * sizeof(*core->ids) },
		{ &core->weights, core->count + 1 },
	};
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		void *old, *cut;

		memcpy(&old, parts[i].at, sizeof(old));
		cut = memory_grow(old, parts[i].size);
		if (!cut)
			return false;
		memcpy(parts[i].at, &cut, sizeof(cut));
	}
	core->key_room = core->key_count + 1;
	core->room = core->count + 1;
	return true;
}

void core_drop(struct core *core)
{
	memory_free(core->keys);
	memory_free(core->starts);
	memory_free(core->ids);
	memory_free(core->weights);
	*core = (struct core){ 0 };
}

size_t core_bytes(const struct core *core)
{
	return core->key_room * (sizeof(*core->keys) + sizeof(*core->starts)) +
	       core->room * (sizeof(*core->ids) + sizeof(*core->weights));
}

size_t core_lower(const struct core *core, uint64_t key)
{
	size_t from = 0, to = core->key_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (core->keys[middle] < key)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct postings_list core_at(const struct core *core, size_t key)
{
	uint32_t start = core->starts[key];

	return (struct postings_list){ core->ids + start, core->weights + start,
				       core->starts[key + 1] - start };
}

struct postings_list core_find(const struct core *core, uint64_t key)
{
	size_t at = core_lower(core, key);

	if (at == core->key_count || core->keys[at] != key)
		return (struct postings_list){ NULL, NULL, 0 };
	return core_at(core, at);
}

size_t postings_seek(const uint32_t *ids, size_t count, size_t from, uint32_t id)
{
	size_t step = 1, to = from;

	while (to < count && ids[to] < id) {
		from = to + 1;
		to += step;
		step *= 2;
	}
	if (to > count)
		to = count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (ids[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}
