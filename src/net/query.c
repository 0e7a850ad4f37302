/* Queries and forms as browsers write them: pairs by '&', '+' for a blank, percent-decoded once,
 * UTF-8 only. */
#include "grammar.h"
#include "xiangcai/net.h"

static bool pair_decode(struct text piece, struct arena *arena, struct pair *pair)
{
	struct text value = piece;
	struct text name = text_cut(&value, '=');

	if (!name.size)
		return false;
	pair->name = percent_decode(name, true, arena);
	pair->value = value.size ? percent_decode(value, true, arena) : TEXT("");
	return pair->name.at && pair->value.at;
}

bool query_decode(struct text query, struct arena *arena, struct pair *pairs, size_t *count)
{
	*count = 0;
	while (query.at) {
		struct text piece = text_cut(&query, '&');

		if (!piece.size)
			continue;
		if (*count == QUERY_PAIRS_MAX || !pair_decode(piece, arena, &pairs[*count]))
			return false;
		++*count;
	}
	return true;
}
