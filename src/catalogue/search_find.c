/*
 * Strictly: lists of what must be there are walked together, the shortest leading; for each
 * document that is in all of them, lists of what may be there say more. A document answers when its
 * pairs cover all places: 延长苹果 is found where the county says 延长 and the name says 苹果, and
 * nothing says 长苹.
 */
#include "search_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- several lists as one -------------------------------------------------------------------- */

struct joined {
	uint64_t *bits;
	uint8_t *weights;
	size_t room; /* ids at most */
};

/* What says less than @least is left out. */
static void join(struct joined *joined, const struct postings_list *list, int more, uint8_t least)
{
	for (size_t i = 0; i < list->count; i++) {
		uint32_t id = list->ids[i];
		int weight = list->weights[i] + more;

		if (list->weights[i] < least)
			continue;
		weight = weight < 1 ? 1 : weight > UINT8_MAX ? UINT8_MAX : weight;
		joined->bits[id / 64] |= UINT64_C(1) << id % 64;
		if (joined->weights[id] < weight)
			joined->weights[id] = (uint8_t)weight;
	}
}

static enum err joined_list(const struct search_index *index, const struct joined *joined,
			    struct arena *arena, struct postings_list *out)
{
	size_t room = joined->room < index->document_count ? joined->room : index->document_count;
	uint32_t *ids = arena_take(arena, (room + 1) * sizeof(*ids));
	uint8_t *weights = arena_take(arena, room + 1);
	size_t count = 0;

	if (!ids || !weights)
		return ERR_MEMORY;
	for (size_t i = 0; i <= index->document_count / 64; i++)
		for (uint64_t bits = joined->bits[i]; bits; bits &= bits - 1) {
			ids[count] = (uint32_t)(i * 64 + (size_t)__builtin_ctzll(bits));
			weights[count] = joined->weights[ids[count]];
			count++;
		}
	*out = (struct postings_list){ ids, weights, count };
	return OK;
}

static enum err runs_join(const struct search_index *index, const struct list *hits,
			  const struct postings_list *words, uint8_t least, struct arena *arena,
			  struct postings_list *out)
{
	struct joined joined = {
		.bits = arena_take(arena, (index->document_count / 64 + 1) * sizeof(uint64_t)),
		.weights = arena_take(arena, index->document_count + 1),
		.room = words->count,
	};

	if (!joined.bits || !joined.weights)
		return ERR_MEMORY;
	join(&joined, words, WHOLE_RUN, 0);
	for (size_t i = 0; i < hits->count; i++) {
		const struct run_hit *hit = LIST_ITEM(*hits, struct run_hit, i);
		const struct postings_list list =
			core_at(&index->documents, index->run_keys + hit->run);
		uint32_t size = index->run_starts[hit->run + 1] - index->run_starts[hit->run];

		join(&joined, &list,
		     hit->at              ? INSIDE_RUN
		     : hit->count == size ? WHOLE_RUN
					  : 0,
		     least);
		joined.room += list.count;
	}
	return joined_list(index, &joined, arena, out);
}

/*
 * What is spelled plainly, and by many, stands ready. False where it does not: when the letters may
 * be several things that are there, or few runs have them, which are looked through as fast.
 */
static bool plain_find(const struct search_index *index, struct text letters,
		       struct postings_list *out)
{
	uint64_t keys[PLAIN_KEYS_MAX];
	size_t count = pinyin_plain_keys(letters, keys, COUNT_OF(keys)), ready = 0;

	for (size_t i = 0; i < count; i++) {
		struct postings_list list = core_find(&index->spelled, keys[i]);

		if (list.count && !ready++)
			*out = list;
		else if (list.count || core_find(&index->grams, keys[i]).count) {
			*out = (struct postings_list){ NULL, NULL, 0 };
			return false;
		}
	}
	return ready == 1;
}

enum err spelled_find(const struct search_index *index, uint64_t key, struct text letters,
		      struct arena *arena, struct postings_list *out)
{
	struct list hits = { 0 };

	*out = core_find(&index->documents, key);
	if (!letters.size)
		return OK;
	if (!out->count && plain_find(index, letters, out))
		return OK;
	enum err e = pinyin_find(index, letters, SIZE_MAX, arena, &hits);
	const struct postings_list words = *out;

	return e || !hits.count ? e : runs_join(index, &hits, &words, 0, arena, out);
}

/* ---- what a document is worth ---------------------------------------------------------------- */

enum { LENGTH_BITS = 5, LENGTH_MAX = (1 << LENGTH_BITS) - 1 };
_Static_assert(((UINT8_MAX / 2) << LENGTH_BITS) + LENGTH_MAX == (int)SEARCH_SCORE_MAX,
	       "relevance and length fill a score");

uint16_t search_score(const struct search_index *index, uint32_t document, unsigned relevance)
{
	unsigned length = index->lengths[document];
	unsigned bounded = relevance < UINT8_MAX ? relevance : UINT8_MAX;
	unsigned score = bounded / 2 << LENGTH_BITS |
			 (unsigned)(length && length < LENGTH_MAX ? LENGTH_MAX - (int)length : 0);

	return (uint16_t)(score ? score : 1);
}

/* ---- walking --------------------------------------------------------------------------------- */

enum role { ROLE_SET, ROLE_SAYS, ROLE_SOFT, ROLE_WHOLE };
struct walk {
	struct postings_list list;
	size_t at;
	enum role role;
	uint64_t covers;
};
struct finder {
	const struct search_index *index;
	const struct search_query *query;
	struct walk *needed, *more;
	size_t needed_count, more_count;
	size_t pairs; /* asked for between others, of which some may miss */
	bool nothing; /* can be found */
};

static void need(struct finder *finder, struct postings_list list, enum role role, uint64_t covers)
{
	finder->needed[finder->needed_count++] = (struct walk){ list, 0, role, covers };
	finder->nothing = finder->nothing || !list.count;
}

static void want(struct finder *finder, struct postings_list list, enum role role, uint64_t covers)
{
	if (list.count)
		finder->more[finder->more_count++] = (struct walk){ list, 0, role, covers };
}

static enum err add_term(struct finder *finder, const struct term *term, struct arena *arena)
{
	struct postings_list list;
	enum err e = OK;

	if (term->kind == TERM_CHARACTER && !term->required)
		return OK;
	if (term->kind == TERM_WORD)
		e = spelled_find(finder->index, term->key, term->letters, arena, &list);
	else
		list = core_find(&finder->index->documents, term->key);
	if (e)
		return e;
	finder->pairs += term->kind == TERM_PAIR && !term->required;
	if (term->required)
		need(finder, list, ROLE_SAYS, term->covers);
	else
		want(finder, list, term->kind == TERM_SOFT ? ROLE_SOFT : ROLE_SAYS, term->covers);
	return OK;
}

static enum err add_terms(struct finder *finder, struct arena *arena)
{
	const struct search_query *query = finder->query;
	uint64_t covered = 0;
	enum err e = OK;

	for (size_t i = 0; !e && !finder->nothing && i < query->term_count; i++)
		e = add_term(finder, &query->terms[i], arena);
	for (size_t i = 0; i < finder->needed_count; i++)
		covered |= finder->needed[i].covers;
	for (size_t i = 0; i < finder->more_count; i++)
		covered |= finder->more[i].covers;
	finder->nothing = finder->nothing || (query->need & ~covered);
	want(finder, core_find(&finder->index->documents, query->whole), ROLE_WHOLE, 0);
	return e;
}

/* A number is what it is the number of; words that spell something together are one. */
static enum err add_query(struct finder *finder, struct arena *arena)
{
	const struct search_query *query = finder->query;
	struct postings_list list = { NULL, NULL, 0 };
	enum err e = OK;

	if (query->has_number)
		list = core_find(&finder->index->documents, query->number);
	if (!list.count && query->spelled.size)
		e = spelled_find(finder->index, query->whole, query->spelled, arena, &list);
	if (e || !list.count)
		return e ? e : add_terms(finder, arena);
	need(finder, list, ROLE_SAYS, query->need);
	return OK;
}

/*
 * All of a question of characters alone, as one name, brand, category or county is read: what a
 * supplier or a city is called like says too little.
 */
static enum err add_sound(struct finder *finder, struct arena *arena)
{
	const struct search_query *query = finder->query;
	struct postings_list list = { NULL, NULL, 0 };
	struct list hits;
	size_t count = 0;

	finder->nothing = true;
	while (count < RUN_MAX && query->letters[count])
		count++;
	if (query->need != (UINT64_C(1) << count) - 1)
		return OK;
	enum err e = pinyin_sound(finder->index, query->letters, count, arena, &hits);
	if (!e && hits.count)
		e = runs_join(finder->index, &hits, &list, field_weights[SEARCH_COUNTY].inside,
			      arena, &list);
	finder->nothing = false;
	need(finder, list, ROLE_SAYS, query->need);
	return e;
}

static int by_count(const void *a, const void *b)
{
	const struct walk *x = a, *y = b;

	return (x->list.count > y->list.count) - (x->list.count < y->list.count);
}

struct said {
	uint64_t covered;
	unsigned sum, count, least, whole, soft, pairs;
};

static void say(struct said *said, const struct walk *walk)
{
	unsigned weight = walk->list.weights ? walk->list.weights[walk->at] : 0;

	if (walk->role == ROLE_SET)
		return;
	said->covered |= walk->covers;
	if (walk->role == ROLE_WHOLE) {
		said->whole = weight;
		return;
	}
	said->sum += weight;
	said->count++;
	said->soft += walk->role == ROLE_SOFT;
	said->least = weight < said->least ? weight : said->least;
}

static bool stands_at(struct walk *walk, uint32_t document)
{
	walk->at = postings_step(walk->list.ids, walk->list.count, walk->at, document);
	return walk->at < walk->list.count && walk->list.ids[walk->at] == document;
}

/* What is said least counts as much as a fourth of all: who says all of it goes before who says one
 * part loudly. */
enum { SOFT_WORTH = 8, MISSING_COST = 6 };

static unsigned relevance_of(const struct finder *finder, const struct said *said)
{
	unsigned relevance, cost = 0;

	if (!said->count)
		return 1;
	relevance = (3 * said->sum / said->count + said->least) / 4 + said->whole +
		    SOFT_WORTH * said->soft;
	if (finder->pairs > said->pairs)
		cost = MISSING_COST * ((unsigned)finder->pairs - said->pairs);
	return relevance > cost ? relevance - cost : 1;
}

static void check(struct finder *finder, uint32_t document, struct search_hits *out)
{
	struct said said = { .least = UINT8_MAX };

	for (size_t i = 1; i < finder->needed_count; i++)
		if (!stands_at(&finder->needed[i], document))
			return;
	for (size_t i = 0; i < finder->needed_count; i++)
		say(&said, &finder->needed[i]);
	for (size_t i = 0; i < finder->more_count; i++) {
		struct walk *walk = &finder->more[i];

		if (!stands_at(walk, document))
			continue;
		say(&said, walk);
		said.pairs += walk->role == ROLE_SAYS;
	}
	if (finder->query->need & ~said.covered)
		return;
	out->documents[out->count] = document;
	out->scores[out->count++] =
		search_score(finder->index, document, relevance_of(finder, &said));
}

static enum err walk_all(struct finder *finder, struct arena *arena, struct search_hits *out)
{
	if (finder->nothing || !finder->needed_count)
		return OK;
	qsort(finder->needed, finder->needed_count, sizeof(*finder->needed), by_count);
	struct walk *first = &finder->needed[0];

	out->documents = arena_take(arena, (first->list.count + 1) * sizeof(*out->documents));
	out->scores = arena_take(arena, (first->list.count + 1) * sizeof(*out->scores));
	if (!out->documents || !out->scores)
		return ERR_MEMORY;
	for (; first->at < first->list.count; first->at++)
		check(finder, first->list.ids[first->at], out);
	return OK;
}

static enum err whole_find(const struct search_index *index, const struct search_query *query,
			   enum search_pass pass, const struct document_set *within,
			   size_t within_count, struct arena *arena, struct search_hits *out)
{
	struct finder finder = {
		.index = index,
		.query = query,
		.needed = arena_take(arena,
				     (query->term_count + within_count + 1) * sizeof(struct walk)),
		.more = arena_take(arena, (query->term_count + 1) * sizeof(struct walk)),
	};

	if (!finder.needed || !finder.more)
		return ERR_MEMORY;
	for (size_t i = 0; i < within_count; i++)
		need(&finder, (struct postings_list){ within[i].at, NULL, within[i].count },
		     ROLE_SET, 0);
	enum err e = OK;
	if (!finder.nothing)
		e = pass == SEARCH_SOUND ? add_sound(&finder, arena) : add_query(&finder, arena);
	return e ? e : walk_all(&finder, arena, out);
}

enum err search_find(const struct search_index *index, const struct search_query *query,
		     enum search_pass pass, const struct document_set *within, size_t within_count,
		     struct arena *arena, struct search_hits *out)
{
	*out = (struct search_hits){ NULL, NULL, 0 };
	if (search_is_empty(query) || !index->document_count)
		return OK;
	if (pass == SEARCH_LOOSE)
		return loose_find(index, query, within, within_count, arena, out);
	return whole_find(index, query, pass, within, within_count, arena, out);
}
