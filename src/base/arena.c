/*
 * Memory. An arena is a chain of blocks, newest first; the first block is part of the arena's own
 * allocation, so that a small request costs one malloc. Blocks double up to BLOCK_MAX; what is
 * large beside a block gets a block of its own behind the newest, so that the newest stays in use.
 * Memory is zeroed when it is handed out. Under AddressSanitizer every allocation is a block of its
 * own, so that an overrun is seen where it happens.
 */
#include "arena.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EVERY_ALLOCATION_APART 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVERY_ALLOCATION_APART 1
#endif
#endif
#ifndef EVERY_ALLOCATION_APART
#define EVERY_ALLOCATION_APART 0
#endif

enum { FIRST_SIZE = 16 * 1024, BLOCK_MAX = 1024 * 1024, ALIGNMENT = _Alignof(max_align_t) };
static const size_t ceiling_standard = MIB(64);

/* Its bytes follow, aligned because its size is. */
struct block {
	_Alignas(max_align_t) struct block *older;
	size_t size, used;
};

struct arena {
	struct block *newest;
	size_t ceiling, used;
	size_t next_size;
	struct block first;
};

void *memory_take(size_t size)
{
	return calloc(1, size ? size : 1);
}

void *memory_grow(void *at, size_t size)
{
	return realloc(at, size ? size : 1);
}

void memory_free(void *at)
{
	free(at);
}

void memory_give_back(void)
{
	malloc_trim(0);
}

static size_t rounded(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static char *block_bytes(struct block *block)
{
	return (char *)(block + 1);
}

struct arena *arena_new(size_t ceiling)
{
	size_t size = EVERY_ALLOCATION_APART ? 0 : FIRST_SIZE - sizeof(struct arena);
	struct arena *arena = malloc(sizeof(*arena) + size);

	if (!arena)
		return NULL;
	*arena = (struct arena){ .ceiling = ceiling ? ceiling : ceiling_standard,
				 .next_size = FIRST_SIZE * 2,
				 .first = { .size = size } };
	arena->newest = &arena->first;
	return arena;
}

static void blocks_free(struct arena *arena)
{
	struct block *block = arena->newest;

	while (block != &arena->first) {
		struct block *older = block->older;

		free(block);
		block = older;
	}
}

void arena_reset(struct arena *arena)
{
	blocks_free(arena);
	arena->newest = &arena->first;
	arena->first.used = 0;
	arena->used = 0;
	arena->next_size = FIRST_SIZE * 2;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	blocks_free(arena);
	free(arena);
}

/* A block that holds exactly @size bytes, put behind the newest unless that is the first. */
static void *take_apart(struct arena *arena, size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = block->used = size;
	if (arena->newest == &arena->first) {
		block->older = arena->newest;
		arena->newest = block;
	} else {
		block->older = arena->newest->older;
		arena->newest->older = block;
	}
	arena->used += size;
	return block_bytes(block);
}

static bool add_block(struct arena *arena)
{
	struct block *block = malloc(sizeof(*block) + arena->next_size);

	if (!block)
		return false;
	*block = (struct block){ .older = arena->newest, .size = arena->next_size };
	arena->newest = block;
	if (arena->next_size < BLOCK_MAX)
		arena->next_size *= 2;
	return true;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t full = rounded(size ? size : 1);

	if (size > arena->ceiling || full > arena->ceiling - arena->used)
		return NULL;
	if (EVERY_ALLOCATION_APART)
		return take_apart(arena, size ? size : 1);
	if (full > arena->newest->size - arena->newest->used) {
		if (full > arena->next_size / 4)
			return take_apart(arena, full);
		if (!add_block(arena))
			return NULL;
	}

	void *at = block_bytes(arena->newest) + arena->newest->used;

	arena->newest->used += full;
	arena->used += full;
	return memset(at, 0, full);
}

bool arena_extend(struct arena *arena, void *at, size_t old, size_t size)
{
	struct block *block = arena->newest;

	if (EVERY_ALLOCATION_APART || !at || rounded(old) > block->used ||
	    (char *)at != block_bytes(block) + block->used - rounded(old))
		return false;

	size_t more = rounded(size) - rounded(old);

	if (more > block->size - block->used || more > arena->ceiling - arena->used)
		return false;
	memset(block_bytes(block) + block->used, 0, more);
	block->used += more;
	arena->used += more;
	return true;
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
	void *at = arena_take(arena, size);

	if (at && size)
		memcpy(at, from, size);
	return at;
}

struct text arena_text(struct arena *arena, struct text t)
{
	if (!t.at)
		return NO_TEXT;

	char *at = arena_string(arena, t);

	return at ? (struct text){ at, t.size } : NO_TEXT;
}

char *arena_string(struct arena *arena, struct text t)
{
	char *at = arena_take(arena, t.size + 1);

	if (at && t.size)
		memcpy(at, t.at, t.size);
	return at;
}

struct text arena_vprint(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(size >= 0);

	char *at = arena_take(arena, (size_t)size + 1);

	if (!at)
		return NO_TEXT;
	vsnprintf(at, (size_t)size + 1, format, args);
	return (struct text){ at, (size_t)size };
}

struct text arena_print(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct text printed = arena_vprint(arena, format, args);
	va_end(args);
	return printed;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
