/* The strict recogniser of JSON, and what the reader takes from it. */
#ifndef BASE_JSON_GATE_H
#define BASE_JSON_GATE_H

#include "xiangcai/base.h"

struct gate {
	struct text json;
	struct arena *arena; /* for names and numbers */
	size_t at;           /* where it stopped */
	int depth;
	const char *why; /* NULL while all is well */
	bool no_memory;
	struct list names;   /* of struct text, unescaped: a stack of those of the open objects */
	struct list numbers; /* of struct text: all numbers as they are written, in order */
};

/* Starts as { .json, .arena }. Whether it is one JSON value by the strict rules of base.h. */
bool gate_passes(struct gate *gate);

#endif
