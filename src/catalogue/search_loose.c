/*
 * Loosely, for when nothing is found strictly: a document answers when it covers most of the places
 * of the question. A character alone covers its place only where the name has those characters in
 * the order in which they were asked for: 富硒茶 finds 富硒绿茶. And letters may spell a place and
 * its goods one behind the other.
 */
#include "search_private.h"

#include <stdlib.h>
#include <string.h>

/* Documents are looked at in blocks, so that little memory does for many. */
enum { BLOCK = 4096, CHARACTERS_MAX = 24, SPLIT_MAX = 24, MOST_AT_LEAST = 4 };

struct loose_list {
	struct postings_list list;
	size_t at;
	uint64_t covers;
	bool alone;    /* a character: covers only what the name confirms */
	bool leads;    /* to documents; else it is only asked whether it has one */
	uint64_t rest; /* what this and those behind it cover, where they do not lead */
};
struct block {
	uint64_t covered[BLOCK], alone[BLOCK], bits[BLOCK / 64];
	uint16_t weights[BLOCK];
};
struct loose {
	const struct search_index *index;
	const struct search_query *query;
	const struct document_set *within;
	size_t *within_at, within_count;
	unsigned places;          /* of the question */
	struct loose_list *lists; /* those that lead, then the others, the shortest first */
	size_t list_count, lead_count;
	struct block *block;
	uint32_t *documents;
	uint16_t *scores;
	size_t count, room;
	struct arena *arena;
};

/* By twos, fours and eights, in place: a processor of any age is asked a million times a second. */
static inline unsigned bits_of(uint64_t set)
{
	set -= set >> 1 & UINT64_C(0x5555555555555555);
	set = (set & UINT64_C(0x3333333333333333)) + (set >> 2 & UINT64_C(0x3333333333333333));
	set = (set + (set >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(set * UINT64_C(0x0101010101010101) >> 56);
}

/* All of it; or two thirds of four places and more. */
static bool is_most(const struct loose *loose, uint64_t some)
{
	return some == loose->query->need ||
	       (loose->places >= MOST_AT_LEAST && 3 * bits_of(some) >= 2 * loose->places);
}

static bool is_enough(const struct loose *loose, uint64_t covered, uint64_t alone)
{
	return (covered || loose->places <= 2) && is_most(loose, covered | alone);
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
	size_t count = search_fold(rank_text(index, index->name_of[document]), letters, FOLD_MAX);

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

/* A character alone says something of a short question only. */
static unsigned weight_of(const struct loose *loose, const struct loose_list *list)
{
	unsigned weight = list->list.weights[list->at];

	return !list->alone ? weight : loose->places <= 2 ? weight / 4 : 0;
}

static void fill_block(struct loose *loose, size_t first)
{
	struct block *block = loose->block;

	for (size_t i = 0; i < loose->lead_count; i++) {
		struct loose_list *list = &loose->lists[i];
		const struct postings_list *postings = &list->list;
		uint64_t *covers = list->alone ? block->alone : block->covered;

		for (; list->at < postings->count && postings->ids[list->at] < first + BLOCK;
		     list->at++) {
			size_t place = postings->ids[list->at] - first;

			block->bits[place / 64] |= UINT64_C(1) << place % 64;
			covers[place] |= list->covers;
			block->weights[place] =
				(uint16_t)(block->weights[place] + weight_of(loose, list));
		}
	}
}

static bool stands_at(struct loose_list *list, uint32_t document)
{
	list->at = postings_step(list->list.ids, list->list.count, list->at, document);
	return list->at < list->list.count && list->list.ids[list->at] == document;
}

/* Asks the lists that do not lead; false as soon as those that are left cannot make it enough. */
static bool ask_others(struct loose *loose, uint32_t document, uint64_t *covered, uint64_t *alone,
		       unsigned *weight)
{
	for (size_t i = loose->lead_count; i < loose->list_count; i++) {
		struct loose_list *list = &loose->lists[i];

		if (!is_most(loose, *covered | *alone | list->rest))
			return false;
		if ((list->alone && !(list->covers & ~*covered)) || !stands_at(list, document))
			continue;
		*(list->alone ? alone : covered) |= list->covers;
		*weight += weight_of(loose, list);
	}
	*alone &= ~*covered;
	return true;
}

static enum err check_one(struct loose *loose, size_t first, size_t place)
{
	struct block *block = loose->block;
	uint32_t document = (uint32_t)(first + place);
	uint64_t covered = block->covered[place], alone = block->alone[place];
	unsigned weight = block->weights[place];

	block->covered[place] = block->alone[place] = 0;
	block->weights[place] = 0;
	if (!ask_others(loose, document, &covered, &alone, &weight) ||
	    !is_enough(loose, covered, alone) || !is_within(loose, document))
		return OK;
	alone = alone ? confirm(loose, document, alone) : 0;
	return is_enough(loose, covered, alone) ? keep(loose, document, weight / loose->places + 1)
						: OK;
}

static enum err check_block(struct loose *loose, size_t first)
{
	struct block *block = loose->block;
	enum err e = OK;

	for (size_t i = 0; i < COUNT_OF(block->bits); i++) {
		for (uint64_t bits = block->bits[i]; bits && !e; bits &= bits - 1)
			e = check_one(loose, first, i * 64 + (size_t)__builtin_ctzll(bits));
		block->bits[i] = 0;
	}
	return e;
}

static enum err lists_fill(struct loose *loose)
{
	const struct search_query *query = loose->query;
	enum err e = OK;

	for (size_t i = 0; !e && i < query->term_count; i++) {
		const struct term *term = &query->terms[i];
		struct loose_list *list = &loose->lists[loose->list_count];
		bool alone = term->kind == TERM_CHARACTER;

		if (alone && loose->places > CHARACTERS_MAX)
			continue;
		*list = (struct loose_list){ .covers = term->covers, .alone = alone };
		if (term->kind == TERM_WORD)
			e = spelled_find(loose->index, term->key, term->letters, loose->arena,
					 &list->list);
		else
			list->list = core_find(&loose->index->documents, term->key);
		loose->list_count += list->list.count > 0;
	}
	return e;
}

/* ---- who leads ------------------------------------------------------------------------------- */

/*
 * Enough leaves few places open: who has enough has one of any places that are one more than those.
 * The lists of those that are said most rarely lead, unless all that say more than a character are
 * shorter together.
 */
static uint64_t rare_places(const struct loose *loose)
{
	size_t left = loose->places < MOST_AT_LEAST ? 1 : loose->places / 3 + 1;
	uint64_t rare = 0;

	for (; left; left--) {
		uint64_t best = 0;
		size_t least = SIZE_MAX;

		for (uint64_t open = loose->query->need & ~rare; open; open &= open - 1) {
			uint64_t place = open & -open;
			size_t count = 0;

			for (size_t i = 0; i < loose->list_count; i++)
				if (loose->lists[i].covers & place)
					count += loose->lists[i].list.count;
			if (count < least) {
				least = count;
				best = place;
			}
		}
		rare |= best;
	}
	return rare;
}

static void choose_leads(struct loose *loose)
{
	uint64_t rare = rare_places(loose);
	size_t by_rare = 0, by_all = 0;

	for (size_t i = 0; i < loose->list_count; i++) {
		const struct loose_list *list = &loose->lists[i];

		by_rare += list->covers & rare ? list->list.count : 0;
		by_all += list->alone ? 0 : list->list.count;
	}
	for (size_t i = 0; i < loose->list_count; i++) {
		struct loose_list *list = &loose->lists[i];

		list->leads = loose->places <= 2 ? true
			      : by_rare < by_all ? (list->covers & rare) != 0
						 : !list->alone;
		loose->lead_count += list->leads;
	}
}

static int leads_first(const void *a, const void *b)
{
	const struct loose_list *x = a, *y = b;

	if (x->leads != y->leads)
		return x->leads ? -1 : 1;
	return (x->list.count > y->list.count) - (x->list.count < y->list.count);
}

static void order_lists(struct loose *loose)
{
	uint64_t rest = 0;

	choose_leads(loose);
	if (loose->list_count)
		qsort(loose->lists, loose->list_count, sizeof(*loose->lists), leads_first);
	for (size_t i = loose->list_count; i-- > loose->lead_count;)
		loose->lists[i].rest = rest |= loose->lists[i].covers;
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
	if (e || !is_enough(loose, covered, alone))
		return e;
	order_lists(loose);
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
		.places = bits_of(query->need),
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
