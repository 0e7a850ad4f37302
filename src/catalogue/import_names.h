/*
 * A set of texts with a number each, for the names, codes and headers an import looks up row by
 * row. Private to the import rules.
 */
#ifndef CATALOGUE_IMPORT_NAMES_H
#define CATALOGUE_IMPORT_NAMES_H

#include "xiangcai/base.h"

struct name;
struct names {
	struct arena *arena;
	struct name *slots;
	size_t room, count; /* @room is a power of two */
	uint64_t seed, factor;
};

void names_begin(struct names *names, struct arena *arena);
/* Copies @key; the first value of a key stays. ERR_MEMORY or OK. */
enum err names_put(struct names *names, struct text key, int32_t value);
/* -1 when there is no such key; values are never negative. */
int32_t names_get(const struct names *names, struct text key);

#endif
