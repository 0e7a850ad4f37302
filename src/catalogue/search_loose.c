/*
 * Loosely, for when nothing is found strictly: a document answers when it covers most of the places
 * of the question. A character alone covers its place only where the name has those characters in
 * the order in which they were asked for: 富硒茶 finds 富硒绿茶. And letters may spell a place and
 * its goods one behind the other.
 */
#include "search_private.h"

#include <string.h>

/* Documents are looked at in blocks, so that little memory does for many. */
enum { BLOCK = 4096, CHARACTERS_MAX = 24, SPLIT_MAX = 24, MOST_AT_LEAST = 4 };

struct loose_list {
	struct postings_list list;
	size_t at;
	uint64_t covers;
	bool alone; /* a character: covers only what the name confirms */
};
struct block {
	uint64_t covered[BLOCK], alone[BLOCK];
	uint16_t weights[BLOCK];
};
struct loose {
	const struct search_index *index;
	const struct search_query *query;
	const struct document_set *within;
	size_t *within_at, within_count;
	struct loose_list *lists;
	size_t list_count;
	struct block *block;
	uint32_t *documents;
	uint16_t *scores;
	size_t count, room;
	struct arena *arena;
};

static unsigned bits_of(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

/* All of it; or two thirds of four places and more. */
static bool is_enough(const struct search_query *query, uint64_t covered, uint64_t alone)
{
	unsigned all = bits_of(query->need), some = bits_of(covered | alone);

	if (!covered && all > 2)
		return false;
	return some == all || (all >= MOST_AT_LEAST && 3 * some >= 2 * all);
}

/* Those of @alone whose characters the name has, one behind the other. */
static uint64_t confirm(const struct loose *loose, uint32_t document, uint64_t alone)
{
	const struct search_index *index = loose->index;
	uint32_t letters[FOLD_MAX];
	uint64_t confirmed = 0;
	size_t from = 0;

	if (!index->lengths[document])
		return 0;
	size_t count = search_fold(value_text(index, index->name_of[document]), letters, FOLD_MAX);

	for (; alone; alone &= alone - 1) {
		size_t place = (size_t)__builtin_ctzll(alone), at = from;

		while (at < count && letters[at] != loose->query->letters[place])
			at++;
		if (at == count)
			continue;
		confirmed |= UINT64_C(1) << place;
		from = at + 1;
	}
	return confirmed;
}

static bool is_within(struct loose *loose, uint32_t document)
{
	for (size_t i = 0; i < loose->within_count; i++) {
		const struct document_set *set = &loose->within[i];
		size_t *at = &loose->within_at[i];

		*at = postings_seek(set->at, set->count, *at, document);
		if (*at == set->count || set->at[*at] != document)
			return false;
	}
	return true;
}

static enum err keep(struct loose *loose, uint32_t document, unsigned relevance)
{
	if (loose->count == loose->room) {
		size_t room = loose->room ? 2 * loose->room : 256;
		uint32_t *documents = arena_take(loose->arena, room * sizeof(*documents));
		uint16_t *scores = arena_take(loose->arena, room * sizeof(*scores));

		if (!documents || !scores)
			return ERR_MEMORY;
		if (loose->count) {
			memcpy(documents, loose->documents, loose->count * sizeof(*documents));
			memcpy(scores, loose->scores, loose->count * sizeof(*scores));
		}
		loose->documents = documents;
		loose->scores = scores;
		loose->room = room;
	}
	loose->documents[loose->count] = document;
	loose->scores[loose->count++] = search_score(loose->index, document, relevance);
	return OK;
}

static void fill_block(struct loose *loose, size_t first)
{
	struct block *block = loose->block;

	memset(block, 0, sizeof(*block));
	for (size_t i = 0; i < loose->list_count; i++) {
		struct loose_list *list = &loose->lists[i];
		const struct postings_list *postings = &list->list;

		for (; list->at < postings->count && postings->ids[list->at] < first + BLOCK;
		     list->at++) {
			size_t place = postings->ids[list->at] - first;
			unsigned weight = postings->weights[list->at];

			if (list->alone)
				block->alone[place] |= list->covers;
			else
				block->covered[place] |= list->covers;
			block->weights[place] =
				(uint16_t)(block->weights[place] + weight / (list->alone ? 4 : 1));
		}
	}
}

static enum err check_block(struct loose *loose, size_t first)
{
	const struct block *block = loose->block;
	size_t left = loose->index->document_count - first, end = left < BLOCK ? left : BLOCK;
	unsigned places = bits_of(loose->query->need);
	enum err e = OK;

	for (size_t i = 0; !e && i < end; i++) {
		uint64_t covered = block->covered[i], alone = block->alone[i] & ~covered;
		uint32_t document = (uint32_t)(first + i);

		if (!is_enough(loose->query, covered, alone) || !is_within(loose, document))
			continue;
		alone = alone ? confirm(loose, document, alone) : 0;
		if (is_enough(loose->query, covered, alone))
			e = keep(loose, document, block->weights[i] / places + 1);
	}
	return e;
}

static enum err lists_fill(struct loose *loose)
{
	const struct search_query *query = loose->query;
	bool characters = bits_of(query->need) <= CHARACTERS_MAX;
	enum err e = OK;

	for (size_t i = 0; !e && i < query->term_count; i++) {
		const struct term *term = &query->terms[i];
		struct loose_list *list = &loose->lists[loose->list_count];

		if (term->kind == TERM_CHARACTER && !characters)
			continue;
		*list = (struct loose_list){ .covers = term->covers,
					     .alone = term->kind == TERM_CHARACTER };
		if (term->kind == TERM_WORD)
			e = spelled_find(loose->index, term->key, term->letters, loose->arena,
					 &list->list);
		else
			list->list = core_find(&loose->index->documents, term->key);
		loose->list_count += list->list.count > 0;
	}
	return e;
}

static enum err most_find(struct loose *loose)
{
	uint64_t covered = 0, alone = 0;
	enum err e = lists_fill(loose);

	for (size_t i = 0; i < loose->list_count; i++) {
		if (loose->lists[i].alone)
			alone |= loose->lists[i].covers;
		else
			covered |= loose->lists[i].covers;
	}
	if (e || !is_enough(loose->query, covered, alone))
		return e;
	loose->block = arena_take(loose->arena, sizeof(*loose->block));
	if (!loose->block)
		return ERR_MEMORY;
	for (size_t first = 0; !e && first < loose->index->document_count; first += BLOCK) {
		fill_block(loose, first);
		e = check_block(loose, first);
	}
	return e;
}

/* ---- letters in two parts -------------------------------------------------------------------- */

static enum err both_keep(struct loose *loose, const struct postings_list *a,
			  const struct postings_list *b)
{
	size_t at = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < a->count; i++) {
		at = postings_seek(b->ids, b->count, at, a->ids[i]);
		if (at == b->count)
			break;
		if (b->ids[at] == a->ids[i] && is_within(loose, a->ids[i]))
			e = keep(loose, a->ids[i], (a->weights[i] + b->weights[at]) / 2u);
	}
	return e;
}

/* The longest first part that leaves a second one: yanchangpg where the name is only 苹果. */
static enum err split_find(struct loose *loose, struct text letters)
{
	enum err e = OK;

	for (size_t size = letters.size - 2; !e && !loose->count && size >= 2; size--) {
		struct postings_list first, second = { NULL, NULL, 0 };
		struct text a = text_part(letters, 0, size);
		struct text b = text_part(letters, size, letters.size);

		memset(loose->within_at, 0, (loose->within_count + 1) * sizeof(size_t));
		e = spelled_find(loose->index, KEY(KEY_WORD, 0), a, loose->arena, &first);
		if (!e && first.count)
			e = spelled_find(loose->index, KEY(KEY_WORD, 0), b, loose->arena, &second);
		if (!e)
			e = both_keep(loose, &first, &second);
	}
	return e;
}

static struct text spelled_of(const struct search_query *query)
{
	if (query->spelled.size)
		return query->spelled;
	return query->term_count == 1 ? query->terms[0].letters : NO_TEXT;
}

enum err loose_find(const struct search_index *index, const struct search_query *query,
		    const struct document_set *within, size_t within_count, struct arena *arena,
		    struct search_hits *out)
{
	struct loose loose = {
		.index = index,
		.query = query,
		.within = within,
		.within_count = within_count,
		.within_at = arena_take(arena, (within_count + 1) * sizeof(size_t)),
		.lists = arena_take(arena, (query->term_count + 1) * sizeof(struct loose_list)),
		.arena = arena,
	};
	struct text letters = spelled_of(query);

	if (!loose.within_at || !loose.lists)
		return ERR_MEMORY;
	enum err e = most_find(&loose);

	if (!e && !loose.count && letters.size >= MOST_AT_LEAST && letters.size <= SPLIT_MAX)
		e = split_find(&loose, letters);
	*out = (struct search_hits){ loose.documents, loose.scores, loose.count };
	return e;
}
