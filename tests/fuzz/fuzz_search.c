/*
 * Arbitrary bytes as goods and as a question about them. Whatever comes: hits ascend, lie within
 * what was asked for, have scores within bounds; what a set takes away is all that it changes; a
 * name that has a letter is found by the whole of it; and suggestions are names that there are.
 */
#include "../../src/catalogue/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DOCUMENTS_MAX = 64, NAME_MAX = 60 };

struct trial {
	struct arena *arena;
	struct search_index *index;
	struct text question;
	struct text names[DOCUMENTS_MAX];
	uint32_t count;
	bool has_numbers; /* which come before all else */
};

/* The first line is the question; each other one a document, its first byte the field. */
static void trial_make(struct trial *trial, const uint8_t *data, size_t size)
{
	struct text rest = { (const char *)data, size };
	struct search_builder *builder = search_begin();

	assert(builder);
	trial->question = text_cut(&rest, '\n');
	while (rest.size && trial->count < DOCUMENTS_MAX) {
		struct text line = text_cut(&rest, '\n');
		enum search_field field =
			line.size ? (enum search_field)((uint8_t)line.at[0] % SEARCH_FIELD_COUNT)
				  : SEARCH_NAME;
		struct text name = text_part(line, 1, line.size);

		trial->has_numbers = trial->has_numbers || field == SEARCH_NUMBER;
		trial->names[trial->count] = field == SEARCH_NAME ? name : NO_TEXT;
		search_add(builder, trial->count++, field, name);
	}
	trial->index = search_finish(builder, trial->count);
	assert(trial->index);
}

static struct search_hits find(const struct trial *trial, struct text q, enum search_pass pass,
			       const struct document_set *within, size_t within_count)
{
	const struct search_query *query = search_parse(q, trial->arena);
	struct search_hits hits;

	assert(query);
	enum err e =
		search_find(trial->index, query, pass, within, within_count, trial->arena, &hits);
	assert(e == OK && (!hits.count || !search_is_empty(query)));
	for (size_t i = 0; i < hits.count; i++) {
		assert(hits.documents[i] < trial->count);
		assert(!i || hits.documents[i - 1] < hits.documents[i]);
		assert(hits.scores[i] > 0 && hits.scores[i] <= SEARCH_SCORE_MAX);
	}
	return hits;
}

/* Strictly, what is found in a part is what is found in all of it and lies in the part. */
static void check_within(const struct trial *trial)
{
	uint32_t even[DOCUMENTS_MAX];
	struct document_set set = { even, 0 };

	for (uint32_t i = 0; i < trial->count; i += 2)
		even[set.count++] = i;
	struct search_hits all = find(trial, trial->question, SEARCH_STRICT, NULL, 0);
	struct search_hits part = find(trial, trial->question, SEARCH_STRICT, &set, 1);
	size_t at = 0;

	for (size_t i = 0; i < all.count; i++) {
		if (all.documents[i] % 2)
			continue;
		assert(at < part.count && part.documents[at] == all.documents[i]);
		assert(part.scores[at++] == all.scores[i]);
	}
	assert(at == part.count);
	part = find(trial, trial->question, SEARCH_LOOSE, &set, 1);
	for (size_t i = 0; i < part.count; i++)
		assert(part.documents[i] % 2 == 0);
}

/* Of letters that stand for one letter each: a question has room for 64. */
static bool is_plain(struct text name)
{
	for (size_t at = 0; at < name.size;) {
		uint32_t c = text_next(name, &at);

		if (c >= 0x80 && (c < 0x4e00 || c > 0x9fff))
			return false;
	}
	return name.size && name.size <= NAME_MAX;
}

static void check_names(const struct trial *trial)
{
	for (uint32_t i = 0; i < trial->count; i++) {
		struct text name = trial->names[i];
		bool found = false;

		if (trial->has_numbers || !is_plain(name) ||
		    search_is_empty(search_parse(name, trial->arena)))
			continue;
		struct search_hits hits = find(trial, name, SEARCH_STRICT, NULL, 0);
		for (size_t j = 0; j < hits.count; j++)
			found = found || hits.documents[j] == i;
		assert(found);
	}
}

static void check_suggestions(const struct trial *trial)
{
	const struct search_place places[] = { { trial->index, NULL }, { trial->index, NULL } };
	struct list found;

	assert(search_suggest(places, 2, trial->question, SUGGESTIONS_MAX, trial->arena, &found) ==
	       OK);
	assert(found.count <= SUGGESTIONS_MAX);
	for (size_t i = 0; i < found.count; i++) {
		const struct suggestion *suggestion = LIST_ITEM(found, struct suggestion, i);

		assert(suggestion->text.size && suggestion->count >= 2 &&
		       suggestion->count % 2 == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trial trial = { .arena = arena_new(MIB(64)) };

	assert(trial.arena);
	trial_make(&trial, data, size);
	check_within(&trial);
	check_names(&trial);
	check_suggestions(&trial);
	search_free(trial.index);
	arena_free(trial.arena);
	return 0;
}
