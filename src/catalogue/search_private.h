/*
 * What the files of the search know of each other. Texts are folded to letters; letters give keys;
 * an index holds for every key the documents (and the names that are suggested) that have it.
 */
#ifndef CATALOGUE_SEARCH_PRIVATE_H
#define CATALOGUE_SEARCH_PRIVATE_H

#include "search.h"

/* ---- letters (search_fold.c) ------------------------------------------------- */

enum { FOLD_MAX = 512 };
/*
 * The letters of @t: wide and other compatible forms, capitals and accents folded, traditional
 * characters simplified. 0 stands where something else stood. At most @max; the rest is dropped.
 */
size_t search_fold(struct text t, uint32_t *out, size_t max);
/* a to z and 0 to 9; what else is a letter stands for itself, as Chinese characters do. */
bool letter_is_latin(uint32_t c);

/* ---- keys -------------------------------------------------------------------- */

/* The kind above, what tells keys of a kind apart below; three digits of 16 bits in all. */
enum key_kind {
	KEY_PAIR, /* two neighbours; the second 0: a character */
	KEY_WORD,
	KEY_WHOLE,  /* all letters of a text */
	KEY_NUMBER, /* all letters of a number */
	KEY_RUN,    /* characters in a row, by number */
	KEY_START,  /* a word that goes on; of names only */
	KEY_SYLLABLE,
	KEY_SYLLABLE_LETTER,
	KEY_LETTERS,
	KEY_SYLLABLES /* two or three, whole */
};
enum { KEY_SHIFT = 42, KEY_BITS = 48 };
#define KEY(kind, number) ((uint64_t)(kind) << KEY_SHIFT | (number))

static inline uint64_t key_pair(uint32_t a, uint32_t b)
{
	return KEY(KEY_PAIR, (uint64_t)a << 21 | b);
}
/* Of letters in a row; breaks among them do not count. */
uint64_t key_hash(enum key_kind kind, const uint32_t *letters, size_t count);

/* ---- texts, each once (search_set.c) ----------------------------------------- */

struct text_set {
	char *bytes;
	size_t size, byte_room;
	uint32_t *starts; /* of each; the next one's is its end */
	size_t count, start_room;
	uint32_t *slots; /* number + 1; 0: free */
	size_t slot_count;
};
struct text text_set_at(const struct text_set *set, size_t number);
/* The number of @t, which is new when it was not there. False: no memory. */
bool text_set_put(struct text_set *set, struct text t, uint32_t *out);
void text_set_drop(struct text_set *set);

/* ---- postings (search_postings.c) -------------------------------------------- */

struct entry {
	uint64_t key;
	uint32_t id, weight;
};
struct entries {
	struct entry *at;
	size_t count, room;
	bool failed;
};
void entries_add(struct entries *entries, uint64_t key, uint32_t id, uint32_t weight);
/* By key, stable; equal key and id in a row become one with the greater weight. False: no memory.
 */
bool entries_sort(struct entries *entries);

/* Ascending ids; @weights NULL: of no weight. */
struct postings_list {
	const uint32_t *ids;
	const uint8_t *weights;
	size_t count;
};
struct core {
	uint64_t *keys;   /* ascending */
	uint32_t *starts; /* of each key's ids; one more than keys */
	uint32_t *ids;
	uint8_t *weights;
	size_t key_count, count;
	size_t key_room, room; /* while it is made */
};
/* Appends to the list of @key, which is not below the last one. False: no memory. */
bool core_add(struct core *core, uint64_t key, uint32_t id, uint32_t weight);
bool core_end(struct core *core); /* gives back what is too much */
void core_drop(struct core *core);
size_t core_bytes(const struct core *core);
struct postings_list core_find(const struct core *core, uint64_t key);
struct postings_list core_at(const struct core *core, size_t key);
/* Index of the first key that is not below @key. */
size_t core_lower(const struct core *core, uint64_t key);
/* The first place at or behind @from whose id is not below @id: steps double, then halve. */
size_t postings_seek(const uint32_t *ids, size_t count, size_t from, uint32_t id);
/* The same where it is likely near. */
static inline size_t postings_step(const uint32_t *ids, size_t count, size_t from, uint32_t id)
{
	for (int near = 0; near < 4; near++, from++)
		if (from >= count || ids[from] >= id)
			return from;
	return postings_seek(ids, count, from, id);
}

/* ---- pinyin (search_pinyin.c) ------------------------------------------------ */

enum { RUN_MAX = 31, RUN_SHIFT = 5, SPELLED_MAX = 60 };
/* Whether a character has a reading; only such ones stand in runs. */
bool pinyin_has(uint32_t c);
/* Adds the keys under which @run is found by how it is read; id: @number << RUN_SHIFT | place. */
void pinyin_keys(const uint16_t *run, size_t count, uint32_t number, struct entries *out);

struct run_hit {
	uint32_t run;
	uint8_t at, count; /* characters that the letters spell */
};
/* Runs that have a place where @letters spell characters: each by its first letter or first two
 * (zh, ch, sh) or whole, the last perhaps not to its end. Ascending, each once; those of the
 * commonest texts are below, and of each key @most are enough. */
enum err pinyin_find(const struct search_index *index, struct text letters, size_t most,
		     struct arena *arena, struct list *out);

/* Runs that have a place where as many characters in a row are read as @letters are, syllable by
 * syllable; at least two, each with a reading. Ascending, each once. */
enum err pinyin_sound(const struct search_index *index, const uint32_t *letters, size_t count,
		      struct arena *arena, struct list *out);

/*
 * The keys of all that @letters may spell when each character is spelled in one way, by its first
 * letter or whole; none when they may be a part of one character. At most @max; 0 too when there
 * would be more.
 */
size_t pinyin_plain_keys(struct text letters, uint64_t *out, size_t max);
/* Whether documents are kept for this key when many runs have it. */
bool pinyin_is_plain(uint64_t key);
enum { PLAIN_KEYS_MAX = 16 };
/* Spelling a whole run says more, and one that begins inside says less than it stands there for. */
enum { WHOLE_RUN = 20, INSIDE_RUN = -12 };

/* ---- the index --------------------------------------------------------------- */

/* What documents say in a field; the number of one is its rank: that of most documents is 0. */
struct search_value {
	uint32_t at, size, documents;
	uint8_t field;
};
struct search_index {
	struct core documents, names, grams;
	struct core spelled; /* documents of keys that many runs have */
	struct search_value *values;
	char *texts;
	size_t value_count, text_size;
	uint16_t *run_letters;
	uint32_t *run_starts; /* one more than runs */
	size_t run_count;
	size_t run_keys;   /* where in documents.keys those of runs begin */
	uint32_t *name_of; /* a document's name: rank */
	uint8_t *lengths;  /* its letters, at most 255 */
	size_t document_count;
};
static inline struct text rank_text(const struct search_index *index, uint32_t rank)
{
	return (struct text){ index->texts + index->values[rank].at, index->values[rank].size };
}

/* Weights of a hit by field: those of a document's fields are added. */
struct field_weight {
	uint8_t inside, first, whole;
	bool characters; /* single ones are keys too */
	bool spelled;    /* found by pinyin */
	bool suggested;
};
extern const struct field_weight field_weights[SEARCH_FIELD_COUNT];

/* ---- questions (search_query.c) ---------------------------------------------- */

enum term_kind { TERM_CHARACTER, TERM_PAIR, TERM_SOFT, TERM_WORD };
/* SOFT: a pair with something between its two. */
struct term {
	enum term_kind kind;
	bool required; /* of the strict pass */
	uint64_t key;
	uint64_t covers;     /* places of the question, by bit */
	struct text letters; /* of a word without digits, to be read as pinyin; else NO_TEXT */
};
enum { TERMS_MAX = 3 * SEARCH_MAX };
struct search_query {
	struct term terms[TERMS_MAX];
	size_t term_count;
	uint64_t need; /* all places */
	uint64_t whole, number;
	bool has_number;
	struct text spelled;          /* all words as one, when there is nothing else; or NO_TEXT */
	uint32_t letters[SEARCH_MAX]; /* by place; 0: of a word */
	char latin[SEARCH_MAX + 1];   /* words' letters, one behind the other */
	size_t latin_size;
};

/* ---- finding (search_find.c, search_loose.c) --------------------------------- */

/* Documents with this word, or a name that its letters spell. */
enum err spelled_find(const struct search_index *index, uint64_t key, struct text letters,
		      struct arena *arena, struct postings_list *out);
uint16_t search_score(const struct search_index *index, uint32_t document, unsigned relevance);
enum err loose_find(const struct search_index *index, const struct search_query *query,
		    const struct document_set *within, size_t within_count, struct arena *arena,
		    struct search_hits *out);

#endif
