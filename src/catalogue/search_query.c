/*
 * A question in terms: places are its Chinese characters one by one and its words by two; a
 * document answers when what it has covers all places. Of characters in a row neighbours are asked
 * for; a blank between them asks for nothing, but being neighbours all the same is worth something.
 */
#include "search_private.h"

#include <string.h>

struct parser {
	struct search_query *query;
	size_t places;
	uint32_t before;  /* the character in front, 0: none */
	size_t run;       /* characters since the last break */
	size_t last_pair; /* term of the run's last pair */
	uint32_t word[SEARCH_MAX];
	size_t word_size;
	size_t words, characters;
};

static struct term *term_add(struct parser *parser, enum term_kind kind, uint64_t key,
			     uint64_t covers)
{
	struct search_query *query = parser->query;

	assert(query->term_count < TERMS_MAX);
	query->terms[query->term_count] =
		(struct term){ .kind = kind, .key = key, .covers = covers };
	return &query->terms[query->term_count++];
}

/* Of a run the first and the last pair must be there; those between may miss where others cover. */
static void run_end(struct parser *parser)
{
	struct search_query *query = parser->query;

	if (parser->run == 1)
		query->terms[query->term_count - 1].required = true;
	else if (parser->run > 1)
		query->terms[parser->last_pair].required = true;
	parser->run = 0;
}

static void character_add(struct parser *parser, uint32_t c)
{
	struct search_query *query = parser->query;
	uint64_t here = UINT64_C(1) << parser->places;

	if (parser->before) {
		struct term *pair = term_add(parser, parser->run ? TERM_PAIR : TERM_SOFT,
					     key_pair(parser->before, c), here | here >> 1);

		pair->required = parser->run == 1;
		if (parser->run)
			parser->last_pair = query->term_count - 1;
	}
	term_add(parser, TERM_CHARACTER, key_pair(c, 0), here);
	query->letters[parser->places++] = c;
	query->need |= here;
	parser->before = c;
	parser->run++;
	parser->characters++;
}

/* Letters of a word that could be pinyin, kept in the query; NO_TEXT where there is a digit. */
static struct text word_letters(struct parser *parser)
{
	struct search_query *query = parser->query;
	struct text letters = { query->latin + query->latin_size, parser->word_size };
	bool spelled = true;

	for (size_t i = 0; i < parser->word_size; i++) {
		query->latin[query->latin_size++] = (char)parser->word[i];
		spelled = spelled && parser->word[i] >= 'a';
		query->has_number = query->has_number || parser->word[i] <= '9';
	}
	return spelled ? letters : NO_TEXT;
}

static void word_end(struct parser *parser)
{
	size_t places = parser->word_size < 2 ? parser->word_size : 2;

	if (places && parser->places + places <= SEARCH_MAX) {
		uint64_t covers = ((UINT64_C(1) << places) - 1) << parser->places;
		struct term *term =
			term_add(parser, TERM_WORD,
				 key_hash(KEY_WORD, parser->word, parser->word_size), covers);

		term->required = true;
		term->letters = word_letters(parser);
		parser->places += places;
		parser->query->need |= covers;
		parser->words++;
		parser->before = 0;
	}
	parser->word_size = 0;
}

static void letter_add(struct parser *parser, uint32_t c)
{
	if (!c || letter_is_latin(c))
		run_end(parser);
	if (!letter_is_latin(c))
		word_end(parser);
	if (c && letter_is_latin(c))
		parser->word[parser->word_size++] = c;
	else if (c && parser->places < SEARCH_MAX)
		character_add(parser, c);
}

struct search_query *search_parse(struct text q, struct arena *arena)
{
	struct search_query *query = arena_take(arena, sizeof(*query));
	struct parser parser = { .query = query };
	uint32_t letters[SEARCH_MAX];

	if (!query)
		return NULL;
	size_t count = search_fold(q, letters, SEARCH_MAX);
	for (size_t i = 0; i < count; i++)
		letter_add(&parser, letters[i]);
	letter_add(&parser, 0);
	query->whole = key_hash(KEY_WHOLE, letters, count);
	query->number = key_hash(KEY_NUMBER, letters, count);
	if (parser.words > 1 && !parser.characters && !query->has_number)
		query->spelled = (struct text){ query->latin, query->latin_size };
	query->has_number = query->has_number && !parser.characters;
	return query;
}

bool search_is_empty(const struct search_query *query)
{
	return !query->need;
}
