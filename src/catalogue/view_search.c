/*
 * Full text for Chinese: every character, every pair of neighbours, and every word of Latin letters
 * and digits is a key with the goods it occurs in, and how much that says of each. No dictionary: a
 * query's pairs must all occur.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

/* ---- tokens ---------------------------------------------------------------------------------- */

#define WORD_BIT (UINT64_C(1) << 63) /* characters and pairs stay below it */

enum letter { LETTER_NONE, LETTER_LATIN, LETTER_OTHER };

/* Full-width forms become ASCII, capitals small. */
static uint32_t fold(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	return c;
}

/* Signs beyond ASCII, by ascending code point; 〇 (U+3007) among them is a numeral. */
static const struct {
	uint32_t first, last;
} signs[] = {
	{ 0x80, 0xbf },     { 0x2000, 0x206f }, { 0x3000, 0x3006 },
	{ 0x3008, 0x303f }, { 0xfe00, 0xfe0f }, { 0xfe30, 0xfe4f },
	{ 0xfeff, 0xfeff }, { 0xff00, 0xffef }, { 0xfffd, 0xfffd },
};

static enum letter letter_of(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? LETTER_LATIN
									: LETTER_NONE;
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (c >= signs[i].first && c <= signs[i].last)
			return LETTER_NONE;
	return LETTER_OTHER;
}

struct tokeniser {
	struct token *out;
	size_t count, max;
	uint32_t before; /* the character in front, 0: none */
	size_t run;      /* characters since the last break */
	uint64_t word;   /* hash so far, 0: none */
};

static void token_put(struct tokeniser *t, uint64_t key, enum token_kind kind)
{
	if (t->count < t->max)
		t->out[t->count++] = (struct token){ key, kind };
}

static void end_run(struct tokeniser *t)
{
	if (t->run == 1 && t->count && t->out[t->count - 1].kind == TOKEN_CHARACTER)
		t->out[t->count - 1].kind = TOKEN_LONE;
	t->run = 0;
	t->before = 0;
}

static void end_word(struct tokeniser *t)
{
	if (t->word)
		token_put(t, t->word | WORD_BIT, TOKEN_WORD);
	t->word = 0;
}

static void add_character(struct tokeniser *t, uint32_t c)
{
	if (t->before)
		token_put(t, (uint64_t)t->before << 32 | c, TOKEN_PAIR);
	token_put(t, (uint64_t)c << 32, TOKEN_CHARACTER);
	t->before = c;
	t->run++;
}

/* FNV-1a. */
static void add_latin(struct tokeniser *t, uint32_t c)
{
	uint64_t hash = t->word ? t->word : UINT64_C(0xcbf29ce484222325);

	t->word = (hash ^ c) * UINT64_C(0x100000001b3);
}

size_t tokens_of(struct text t, struct token *out, size_t max)
{
	struct tokeniser state = { .out = out, .max = max };
	size_t at = 0;

	while (at < t.size) {
		uint32_t c = fold(text_next(t, &at));
		enum letter letter = letter_of(c);

		if (letter != LETTER_LATIN)
			end_word(&state);
		if (letter != LETTER_OTHER)
			end_run(&state);
		if (letter == LETTER_LATIN)
			add_latin(&state, c);
		if (letter == LETTER_OTHER)
			add_character(&state, c);
	}
	end_word(&state);
	end_run(&state);
	return state.count;
}

/* ---- the index ------------------------------------------------------------------------------- */

enum { TOKENS_MAX = 512 };

static bool room_for(struct index_builder *builder, size_t more)
{
	size_t room = builder->room ? builder->room : 4096;
	struct index_entry *entries;

	if (builder->count + more <= builder->room)
		return true;
	while (room < builder->count + more)
		room *= 2;
	entries = memory_grow(builder->entries, room * sizeof(*entries));
	if (!entries)
		return false;
	builder->entries = entries;
	builder->room = room;
	return true;
}

void index_add(struct index_builder *builder, uint32_t ordinal, uint32_t weight, struct text t)
{
	if (!builder->tokens)
		builder->tokens = memory_take(TOKENS_MAX * sizeof(*builder->tokens));
	if (builder->failed || !builder->tokens || !room_for(builder, TOKENS_MAX)) {
		builder->failed = true;
		return;
	}
	size_t count = tokens_of(t, builder->tokens, TOKENS_MAX);

	for (size_t i = 0; i < count; i++)
		builder->entries[builder->count++] =
			(struct index_entry){ builder->tokens[i].key, ordinal, weight };
}

/*
 * Sorts by key, digit by digit from the last one: a tenth of the time of comparing. It is stable,
 * so that the entries of a key stay in the order of their ordinals, in which they were added.
 */
enum { DIGIT_BITS = 16, DIGITS = 1 << DIGIT_BITS, KEY_BITS = 64 };
_Static_assert(KEY_BITS / DIGIT_BITS % 2 == 0, "the last pass ends where the first began");

static void sort_by_digit(const struct index_entry *from, struct index_entry *to, size_t count,
			  size_t *places, int shift)
{
	size_t place = 0;

	memset(places, 0, DIGITS * sizeof(*places));
	for (size_t i = 0; i < count; i++)
		places[from[i].key >> shift & (DIGITS - 1)]++;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t next = place + places[digit];

		places[digit] = place;
		place = next;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

static bool sort_entries(struct index_entry *entries, size_t count)
{
	struct index_entry *spare = memory_take((count + 1) * sizeof(*spare));
	size_t *places = memory_take(DIGITS * sizeof(*places));
	bool room = spare && places;

	for (int shift = 0; room && shift < KEY_BITS; shift += 2 * DIGIT_BITS) {
		sort_by_digit(entries, spare, count, places, shift);
		sort_by_digit(spare, entries, count, places, shift + DIGIT_BITS);
	}
	memory_free(spare);
	memory_free(places);
	return room;
}

/* What a good says of the same key in several places is added up. */
static size_t merge(struct index_entry *entries, size_t count, size_t *keys)
{
	size_t kept = 0;

	*keys = 0;
	for (size_t i = 0; i < count; i++) {
		struct index_entry *last = kept ? &entries[kept - 1] : NULL;

		if (!last || last->key != entries[i].key)
			++*keys;
		if (last && last->key == entries[i].key && last->ordinal == entries[i].ordinal)
			last->weight += entries[i].weight;
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

enum err index_finish(struct index_builder *builder, struct arena *arena, struct text_index *out)
{
	struct index_entry *entries = builder->entries;
	size_t key_count, key = 0;

	if (builder->failed || !sort_entries(entries, builder->count))
		return ERR_MEMORY;
	size_t count = merge(entries, builder->count, &key_count);
	uint64_t *keys = arena_take(arena, (key_count + 1) * sizeof(*keys));
	uint32_t *starts = arena_take(arena, (key_count + 1) * sizeof(*starts));
	uint32_t *ordinals = arena_take(arena, (count + 1) * sizeof(*ordinals));
	uint8_t *weights = arena_take(arena, count + 1);

	if (!keys || !starts || !ordinals || !weights)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (!i || entries[i].key != entries[i - 1].key) {
			keys[key] = entries[i].key;
			starts[key++] = (uint32_t)i;
		}
		ordinals[i] = entries[i].ordinal;
		weights[i] =
			(uint8_t)(entries[i].weight < UINT8_MAX ? entries[i].weight : UINT8_MAX);
	}
	starts[key_count] = (uint32_t)count;
	*out = (struct text_index){ keys, starts, ordinals, weights, key_count };
	return OK;
}

void index_drop(struct index_builder *builder)
{
	memory_free(builder->entries);
	memory_free(builder->tokens);
	*builder = (struct index_builder){ 0 };
}

static int compare_key(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct postings index_find(const struct text_index *index, uint64_t key)
{
	const uint64_t *found = index->key_count ? bsearch(&key, index->keys, index->key_count,
							   sizeof(key), compare_key)
						 : NULL;
	if (!found)
		return (struct postings){ NULL, NULL, 0 };
	size_t at = (size_t)(found - index->keys);
	uint32_t start = index->starts[at];
	return (struct postings){ index->ordinals + start, index->weights + start,
				  index->starts[at + 1] - start };
}
