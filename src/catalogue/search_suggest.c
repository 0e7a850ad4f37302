/*
 * As one types: names that begin with it, then names that hold it, each by how many documents have
 * them. Names are numbered by that, so that lists begin with the best; what a list gives is held
 * against the name before it is shown. Documents that are gone are taken off what a name counts.
 */
#include "search_private.h"

#include <stdlib.h>
#include <string.h>

/* How many names are held against the question at most, of one index. */
enum { LOOKS_MAX = 300, RUNS_MAX = 100, LETTERS_MAX = SEARCH_MAX };

struct asked {
	uint32_t letters[LETTERS_MAX]; /* without breaks */
	size_t count;
	char latin[LETTERS_MAX]; /* when all are Latin letters */
	bool is_latin, is_spelled;
};
/* A name that fits: how well, 0 best. */
enum fit { FIT_WHOLE, FIT_START, FIT_INSIDE, FIT_NOT };
struct candidate {
	const struct search_index *index;
	uint32_t rank;
	enum fit fit;
	int64_t count;
};
struct suggester {
	const struct search_index *index;
	const uint8_t *gone; /* NULL: none */
	const struct asked *asked;
	struct arena *arena;
	struct list *candidates;
	size_t limit, looks, begun; /* @begun: that begin with it */
};

static void asked_read(struct text q, struct asked *out)
{
	uint32_t letters[LETTERS_MAX];
	size_t count = search_fold(q, letters, LETTERS_MAX);

	*out = (struct asked){ .is_latin = true, .is_spelled = true };
	for (size_t i = 0; i < count; i++) {
		uint32_t c = letters[i];

		if (!c)
			continue;
		out->latin[out->count] = c < 0x80 ? (char)c : 0;
		out->letters[out->count++] = c;
		out->is_latin = out->is_latin && letter_is_latin(c);
		out->is_spelled = out->is_spelled && c >= 'a' && c <= 'z';
	}
}

static size_t letters_of(const struct search_index *index, uint32_t rank, uint32_t *out)
{
	size_t count = search_fold(rank_text(index, rank), out, FOLD_MAX), kept = 0;

	for (size_t i = 0; i < count; i++)
		if (out[i])
			out[kept++] = out[i];
	return kept;
}

static enum fit fit_of(const struct suggester *suggester, uint32_t rank)
{
	const struct asked *asked = suggester->asked;
	uint32_t letters[FOLD_MAX];
	size_t count = letters_of(suggester->index, rank, letters);

	for (size_t at = 0; at + asked->count <= count; at++)
		if (memcmp(letters + at, asked->letters, asked->count * sizeof(*letters)) == 0)
			return at ? FIT_INSIDE : count == asked->count ? FIT_WHOLE : FIT_START;
	return FIT_NOT;
}

/* Whether the document at @i of those that say the name's very letters says them in its field. */
static bool says(const struct search_index *index, const struct postings_list *list, size_t i,
		 uint32_t rank)
{
	uint8_t field = index->values[rank].field;

	if (field == SEARCH_NAME)
		return index->name_of[list->ids[i]] == rank;
	return !list->weights || list->weights[i] >= field_weights[field].whole;
}

/* Documents that have the name and are there. */
static int64_t count_live(const struct search_index *index, const uint8_t *gone, uint32_t rank)
{
	int64_t count = index->values[rank].documents;
	uint32_t letters[FOLD_MAX];

	if (!gone)
		return count;
	size_t size = letters_of(index, rank, letters);
	struct postings_list list =
		core_find(&index->documents, key_hash(KEY_WHOLE, letters, size));
	for (size_t i = 0; i < list.count && count > 0; i++)
		count -= gone[list.ids[i]] && says(index, &list, i, rank);
	return count;
}

static enum err suggest_add(struct suggester *suggester, uint32_t rank, enum fit fit)
{
	int64_t count = count_live(suggester->index, suggester->gone, rank);

	if (!count)
		return OK;
	struct candidate *candidate =
		list_add(suggester->candidates, suggester->arena, sizeof(*candidate));

	if (!candidate)
		return ERR_MEMORY;
	*candidate = (struct candidate){ suggester->index, rank, fit, count };
	suggester->begun += fit <= FIT_START;
	return OK;
}

static bool seen_enough(const struct suggester *suggester)
{
	return suggester->begun >= suggester->limit || suggester->looks >= LOOKS_MAX;
}

/*
 * The names of a list that fit, the commonest first. @first: it is the list of what is asked for
 * first, whose weights say which names begin with that; the others are not looked at when there are
 * enough.
 */
static enum err add_fitting(struct suggester *suggester, uint64_t key, bool first)
{
	const struct search_index *index = suggester->index;
	struct postings_list list = core_find(&index->names, key);
	size_t inside = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < list.count && !seen_enough(suggester); i++) {
		uint8_t field = index->values[list.ids[i]].field;
		bool starts = list.weights[i] == field_weights[field].first;

		if (first && !starts && inside >= suggester->limit)
			continue;
		enum fit fit = fit_of(suggester, list.ids[i]);

		suggester->looks++;
		if (fit == FIT_NOT || (fit == FIT_INSIDE && inside >= suggester->limit))
			continue;
		inside += fit == FIT_INSIDE;
		e = suggest_add(suggester, list.ids[i], fit);
	}
	return e;
}

static uint64_t asked_pair(const struct asked *asked, size_t at)
{
	return key_pair(asked->letters[at], at + 1 < asked->count ? asked->letters[at + 1] : 0);
}

/* Of the pairs, the place of that which fewest names have; that of the first among equals. */
static size_t rarest_pair(const struct suggester *suggester)
{
	const struct asked *asked = suggester->asked;
	size_t best = 0, least = SIZE_MAX;

	for (size_t i = 0; i + 1 < asked->count; i++) {
		size_t count = core_find(&suggester->index->names, asked_pair(asked, i)).count;
		bool latin = letter_is_latin(asked->letters[i]) ||
			     letter_is_latin(asked->letters[i + 1]);

		if (latin || count >= least)
			continue;
		best = i;
		least = count;
	}
	return best;
}

/* ---- by pinyin ------------------------------------------------------------------------------- */

/* Names with the run: where it is spelled from its first character, and the name begins with it. */
static enum err add_run(struct suggester *suggester, const struct run_hit *hit)
{
	const struct search_index *index = suggester->index;
	struct postings_list list = core_find(&index->names, KEY(KEY_RUN, hit->run));
	size_t size = index->run_starts[hit->run + 1] - index->run_starts[hit->run];
	size_t most = list.count < suggester->limit ? list.count : suggester->limit;
	enum err e = OK;

	for (size_t i = 0; !e && i < most; i++) {
		const struct search_value *value = &index->values[list.ids[i]];
		bool starts = !hit->at && list.weights[i] == field_weights[value->field].first;

		/* a character takes three bytes */
		bool whole = starts && hit->count == size && value->size == 3 * size;
		e = suggest_add(suggester, list.ids[i],
				whole    ? FIT_WHOLE
				: starts ? FIT_START
					 : FIT_INSIDE);
	}
	return e;
}

static enum err add_spelled(struct suggester *suggester)
{
	const struct asked *asked = suggester->asked;
	struct list hits = { 0 };
	enum err e = OK;

	if (asked->is_spelled)
		e = pinyin_find(suggester->index, (struct text){ asked->latin, asked->count },
				RUNS_MAX, suggester->arena, &hits);
	for (size_t i = 0; !e && i < hits.count; i++)
		e = add_run(suggester, LIST_ITEM(hits, struct run_hit, i));
	return e;
}

static enum err add_index(struct suggester *suggester)
{
	const struct asked *asked = suggester->asked;
	enum err e;

	if (asked->is_latin) {
		e = add_fitting(suggester, key_hash(KEY_START, asked->letters, asked->count),
				false);
		return e ? e : add_spelled(suggester);
	}
	size_t rarest = rarest_pair(suggester);

	return add_fitting(suggester, asked_pair(asked, rarest), rarest == 0);
}

/* ---- of all indexes -------------------------------------------------------------------------- */

static enum search_field kind_of(const struct candidate *candidate)
{
	enum search_field field =
		(enum search_field)candidate->index->values[candidate->rank].field;

	return field == SEARCH_PARENT ? SEARCH_CATEGORY : field;
}

/* Documents of @place that have this very name in this field. */
static int64_t count_in(const struct search_place *place, const struct candidate *candidate)
{
	const struct search_index *index = place->index;
	struct text text = rank_text(candidate->index, candidate->rank);
	uint8_t field = candidate->index->values[candidate->rank].field;
	uint32_t letters[FOLD_MAX];
	size_t count = letters_of(candidate->index, candidate->rank, letters);
	struct postings_list list = core_find(&index->names, key_hash(KEY_WHOLE, letters, count));

	for (size_t i = 0; i < list.count; i++)
		if (index->values[list.ids[i]].field == field &&
		    text_equal(rank_text(index, list.ids[i]), text))
			return count_live(index, place->gone, list.ids[i]);
	return 0;
}

static int best_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	struct text s = rank_text(x->index, x->rank), t = rank_text(y->index, y->rank);
	enum search_field f = kind_of(x), g = kind_of(y);

	if (x->fit != y->fit)
		return x->fit < y->fit ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (f != g)
		return f < g ? -1 : 1;
	return s.size != t.size ? (s.size > t.size) - (s.size < t.size) : text_compare(s, t);
}

static bool is_shown(const struct list *shown, struct text text, enum search_field kind)
{
	for (size_t i = 0; i < shown->count; i++) {
		const struct suggestion *suggestion = LIST_ITEM(*shown, struct suggestion, i);

		if (suggestion->kind == kind && text_equal(suggestion->text, text))
			return true;
	}
	return false;
}

/* Counts are of one index yet: of each enough go on for the others to say theirs. */
enum { GO_ON = 4 * SUGGESTIONS_MAX };

static enum err add_best(struct list *from, struct arena *arena, struct list *to)
{
	if (from->count)
		qsort(from->at, from->count, sizeof(struct candidate), best_first);
	for (size_t i = 0; i < from->count && i < GO_ON; i++) {
		struct candidate *candidate = list_add(to, arena, sizeof(*candidate));

		if (!candidate)
			return ERR_MEMORY;
		*candidate = *LIST_ITEM(*from, struct candidate, i);
	}
	return OK;
}

static void count_all(const struct search_place *places, size_t place_count,
		      struct list *candidates)
{
	for (size_t i = 0; place_count > 1 && i < candidates->count; i++) {
		struct candidate *candidate = LIST_ITEM(*candidates, struct candidate, i);

		candidate->count = 0;
		for (size_t j = 0; j < place_count; j++)
			candidate->count += count_in(&places[j], candidate);
	}
}

static enum err show(struct list *candidates, size_t limit, struct arena *arena, struct list *out)
{
	qsort(candidates->at, candidates->count, sizeof(struct candidate), best_first);
	for (size_t i = 0; i < candidates->count && out->count < limit; i++) {
		const struct candidate *candidate = LIST_ITEM(*candidates, struct candidate, i);
		struct text text = rank_text(candidate->index, candidate->rank);
		struct suggestion *suggestion;

		if (is_shown(out, text, kind_of(candidate)))
			continue;
		suggestion = list_add(out, arena, sizeof(*suggestion));
		if (!suggestion)
			return ERR_MEMORY;
		*suggestion = (struct suggestion){ text, kind_of(candidate), candidate->count };
	}
	return OK;
}

enum err search_suggest(const struct search_place *places, size_t place_count, struct text q,
			size_t limit, struct arena *arena, struct list *out)
{
	struct list candidates = { 0 };
	struct asked asked;
	enum err e = OK;

	*out = (struct list){ 0 };
	asked_read(q, &asked);
	for (size_t i = 0; !e && asked.count && limit && i < place_count; i++) {
		struct list of_one = { 0 };
		struct suggester suggester = { .index = places[i].index,
					       .gone = places[i].gone,
					       .asked = &asked,
					       .arena = arena,
					       .candidates = &of_one,
					       .limit = limit };

		e = add_index(&suggester);
		if (!e)
			e = add_best(&of_one, arena, &candidates);
	}
	count_all(places, place_count, &candidates);
	return e || !candidates.count ? e : show(&candidates, limit, arena, out);
}
