/* Small texts on their way into lookups. */
#include <string.h>

#include "xiangcai/import.h"

struct text squeeze(struct arena *arena, struct text t)
{
	size_t size = 0;
	char *out;

	if (t.size == 0 || !memchr(t.at, ' ', t.size))
		return t;
	out = arena_take(arena, t.size);
	if (!out)
		return NO_TEXT;
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] != ' ')
			out[size++] = t.at[i];
	return (struct text){ out, size };
}

/* @t with the letters from @first to @first + 25 moved by @distance. */
static struct text letters_moved(struct arena *arena, struct text t, char first, int distance)
{
	char *out = arena_take(arena, t.size + 1);

	if (!out)
		return NO_TEXT;
	for (size_t i = 0; i < t.size; i++) {
		char c = t.at[i];

		out[i] = c >= first && c <= first + 25 ? (char)(c + distance) : c;
	}
	return (struct text){ out, t.size };
}

struct text lower_case(struct arena *arena, struct text t)
{
	return letters_moved(arena, t, 'A', 'a' - 'A');
}

struct text upper_case(struct arena *arena, struct text t)
{
	return letters_moved(arena, t, 'a', 'A' - 'a');
}

bool import_means_nothing(struct text clean)
{
	return clean.size == 0 || text_is(clean, "无") || text_is(clean, "-") ||
	       text_is(clean, "/");
}
