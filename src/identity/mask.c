/*
 * How personal data and account numbers are shown to whoever did not ask for them in the clear:
 * enough to tell two apart, not enough to use. The number of stars never tells the length.
 */
#include "xiangcai/identity.h"

/* The first @head and the last @tail bytes of an ASCII text around the stars. */
static struct text mask_middle(struct arena *arena, struct text t, size_t head, size_t tail,
			       const char *stars)
{
	return arena_print(arena, "%.*s%s%.*s", (int)head, t.at, stars, (int)tail,
			   t.at + t.size - tail);
}

struct text mask_phone(struct arena *arena, struct text phone)
{
	if (!phone.at)
		return NO_TEXT;
	if (phone.size >= 11)
		return mask_middle(arena, phone, 3, 4, "****");
	return mask_middle(arena, phone, 0, phone.size >= 7 ? 2 : 0, "****");
}

struct text mask_name(struct arena *arena, struct text name)
{
	size_t at = 0;

	if (!name.at)
		return NO_TEXT;
	if (name.size)
		text_next(name, &at);
	return mask_middle(arena, name, at, 0, "**");
}

struct text mask_account(struct arena *arena, struct text number)
{
	if (!number.at)
		return NO_TEXT;
	if (number.size >= 12)
		return mask_middle(arena, number, 4, 4, " **** ");
	return mask_middle(arena, number, 0, number.size >= 8 ? 2 : 0, "**** ");
}
