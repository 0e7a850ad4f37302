/*
 * Chinese by how it is read. Names' characters stand in runs, each distinct run once, and runs are
 * found by short keys over their first letters and syllables; what a key gives is then held, letter
 * by letter, against all readings of the characters (pinyin.def), so that nothing is found by
 * accident. A character may be spelled by its first letter, by zh, ch, sh, or whole.
 */
#include "search_private.h"

#include <stdlib.h>
#include <string.h>

static const char *const syllables[] = {
#define PINYIN_SYLLABLES
#include "pinyin.def"
#undef PINYIN_SYLLABLES
};

enum { FIRST_CHARACTER = 0x4e00, LAST_CHARACTER = 0x9fff };

static const uint16_t own_readings[] = {
#define PINYIN_READINGS
#include "pinyin.def"
#undef PINYIN_READINGS
};
_Static_assert(COUNT_OF(own_readings) == LAST_CHARACTER - FIRST_CHARACTER + 1,
	       "a reading for each character");

enum { READINGS_MAX = 4 };

static const uint16_t several[][READINGS_MAX] = {
#define PINYIN_SEVERAL
#include "pinyin.def"
#undef PINYIN_SEVERAL
};
enum { FIRST_SEVERAL = 512 }; /* numbers from here on are rows of that table */
_Static_assert(COUNT_OF(syllables) <= FIRST_SEVERAL, "syllables stand below");

/* ---- readings -------------------------------------------------------------------------------- */

bool pinyin_has(uint32_t c)
{
	return c >= FIRST_CHARACTER && c <= LAST_CHARACTER && own_readings[c - FIRST_CHARACTER];
}

/* The readings of a character that has any; 0 ends them where they are fewer. Gives their count. */
static size_t readings_of(uint16_t c, const uint16_t **out)
{
	const uint16_t *own = &own_readings[c - FIRST_CHARACTER];
	size_t count = 1;

	*out = own;
	if (*own < FIRST_SEVERAL)
		return 1;
	*out = several[*own - FIRST_SEVERAL];
	while (count < READINGS_MAX && (*out)[count])
		count++;
	return count;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static uint64_t letter_number(char c)
{
	return (uint64_t)c - 'a' + 1;
}

static uint64_t syllable_key(size_t syllable)
{
	return KEY(KEY_SYLLABLE, syllable);
}

static uint64_t syllable_letter_key(size_t syllable, char next)
{
	return KEY(KEY_SYLLABLE_LETTER, (uint64_t)syllable << 5 | letter_number(next));
}

/* First letters of two to four characters; 0 where there are fewer. */
static uint64_t letters_key(char first, char second, char third, char fourth)
{
	return KEY(KEY_LETTERS, letter_number(first) << 15 | letter_number(second) << 10 |
					(third ? letter_number(third) << 5 : 0) |
					(fourth ? letter_number(fourth) : 0));
}

/* @third 0: two syllables. */
static uint64_t syllables_key(size_t first, size_t second, size_t third)
{
	return KEY(KEY_SYLLABLES, (uint64_t)first << 20 | (uint64_t)second << 10 | third);
}

struct reading_at {
	const uint16_t *syllables;
	size_t count;
};
/* A way to read the first characters of a run: one syllable of each. */
struct read {
	const struct reading_at *at;
	size_t left; /* characters from the first on */
	uint16_t syllables[4];
	uint32_t id;
	struct entries *out;
};

static char letter_of(const struct read *read, size_t place)
{
	return syllables[read->syllables[place]][0];
}

static void read_add(const struct read *read, size_t count)
{
	const uint16_t *own = read->syllables;
	char fourth = count == 4 ? letter_of(read, 3) : 0;
	char third = count > 2 ? letter_of(read, 2) : 0;

	if (count == 1) {
		entries_add(read->out, syllable_key(own[0]), read->id, 0);
		return;
	}
	entries_add(read->out, letters_key(letter_of(read, 0), letter_of(read, 1), third, fourth),
		    read->id, 0);
	if (count < 4)
		entries_add(read->out, syllables_key(own[0], own[1], count == 3 ? own[2] : 0),
			    read->id, 0);
	if (count == 2)
		entries_add(read->out, syllable_letter_key(own[0], letter_of(read, 1)), read->id,
			    0);
}

/* Every way to read one to four characters: a tree as deep as that, of few branches. */
static void read_all(struct read *read, size_t depth)
{
	for (size_t i = 0; i < read->at[depth].count; i++) {
		read->syllables[depth] = read->at[depth].syllables[i];
		read_add(read, depth + 1);
		if (depth + 1 < COUNT_OF(read->syllables) && depth + 1 < read->left)
			read_all(read, depth + 1);
	}
}

void pinyin_keys(const uint16_t *run, size_t count, uint32_t number, struct entries *out)
{
	struct reading_at at[RUN_MAX];

	assert(count <= RUN_MAX);
	for (size_t i = 0; i < count; i++)
		at[i].count = readings_of(run[i], &at[i].syllables);
	for (size_t i = 0; i < count; i++) {
		struct read read = { .at = &at[i],
				     .left = count - i,
				     .id = number << RUN_SHIFT | (uint32_t)i,
				     .out = out };

		read_all(&read, 0);
	}
}

bool pinyin_is_plain(uint64_t key)
{
	return key >> KEY_SHIFT == KEY_LETTERS || key >> KEY_SHIFT == KEY_SYLLABLES;
}

/* ---- spelling -------------------------------------------------------------------------------- */

/* ü stands as v, and is typed as u too. */
static bool letter_fits(char of_syllable, char typed)
{
	return of_syllable == typed || (of_syllable == 'v' && typed == 'u');
}

/* How many letters of @typed are those of the syllable, from its first on. */
static size_t letters_shared(const char *syllable, struct text typed)
{
	size_t i = 0;

	while (i < typed.size && syllable[i] && letter_fits(syllable[i], typed.at[i]))
		i++;
	return i;
}

/* The places that @typed can go on at, by bit, after this syllable was spelled from @from on. */
static uint64_t spell_syllable(const char *syllable, struct text typed, size_t from)
{
	struct text rest = { typed.at + from, typed.size - from };
	size_t shared = letters_shared(syllable, rest);
	uint64_t next = 0;

	if (!shared)
		return 0;
	next |= UINT64_C(1) << (from + 1);
	if (shared > 1 && syllable[1] == 'h')
		next |= UINT64_C(1) << (from + 2);
	if (shared == rest.size || !syllable[shared])
		next |= UINT64_C(1) << (from + shared);
	return next;
}

/* How many characters of @run, from its first on, the whole of @typed spells; 0: it does not. */
static size_t spell(struct text typed, const uint16_t *run, size_t count)
{
	uint64_t reached = 1, end = UINT64_C(1) << typed.size;

	for (size_t k = 0; k < count && reached; k++) {
		const uint16_t *readings;
		size_t reading_count = readings_of(run[k], &readings);
		uint64_t next = 0;

		for (; reached; reached &= reached - 1)
			for (size_t i = 0; i < reading_count; i++)
				next |= spell_syllable(syllables[readings[i]], typed,
						       (size_t)__builtin_ctzll(reached));
		if (next & end)
			return k + 1;
		reached = next;
	}
	return 0;
}

/* ---- finding runs ---------------------------------------------------------------------------- */

enum { KEYS_MAX = 256 };

struct key_set {
	uint64_t at[KEYS_MAX];
	size_t count;
};

static void key_put(struct key_set *set, uint64_t key)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i] == key)
			return;
	if (set->count < KEYS_MAX)
		set->at[set->count++] = key;
}

/* No syllable begins with i, u or v. */
static bool can_begin(char c)
{
	return c != 'i' && c != 'u' && c != 'v';
}

static bool begins_syllable(struct text typed)
{
	for (size_t i = 1; i < COUNT_OF(syllables); i++)
		if (letters_shared(syllables[i], typed) == typed.size)
			return true;
	return false;
}

/* Keys where the first character is spelled by a letter (or zh, ch, sh) and @rest is the others'.
 */
static void keys_of_letter(char first, struct text rest, struct key_set *out)
{
	char second = rest.at[0];

	if (!can_begin(second))
		return;
	if (begins_syllable(rest))
		key_put(out, letters_key(first, second, 0, 0));
	for (size_t i = 1; i < COUNT_OF(syllables); i++) {
		size_t shared = letters_shared(syllables[i], rest);
		const size_t sizes[] = { 1, shared > 1 && syllables[i][1] == 'h' ? 2 : 0,
					 syllables[i][shared] ? 0 : shared };

		for (size_t j = 0; shared && j < COUNT_OF(sizes); j++)
			if (sizes[j] && sizes[j] < rest.size && can_begin(rest.at[sizes[j]]))
				key_put(out, letters_key(first, second, rest.at[sizes[j]], 0));
	}
}

static void keys_of(struct text typed, struct key_set *out)
{
	if (!can_begin(typed.at[0]))
		return;
	for (size_t i = 1; i < COUNT_OF(syllables); i++) {
		size_t shared = letters_shared(syllables[i], typed);

		if (!shared)
			continue;
		if (shared == typed.size)
			key_put(out, syllable_key(i));
		else if (!syllables[i][shared] && can_begin(typed.at[shared]))
			key_put(out, syllable_letter_key(i, typed.at[shared]));
	}
	if (typed.size > 1)
		keys_of_letter(typed.at[0], text_part(typed, 1, typed.size), out);
	if (typed.size > 2 && typed.at[1] == 'h' && strchr("zcs", typed.at[0]))
		keys_of_letter(typed.at[0], text_part(typed, 2, typed.size), out);
}

/* ---- plain spelling -------------------------------------------------------------------------- */

static bool plain_letters(struct text typed, uint64_t *out)
{
	char at[4] = { 0 };

	if (typed.size < 2 || typed.size > COUNT_OF(at))
		return false;
	for (size_t i = 0; i < typed.size; i++) {
		if (!can_begin(typed.at[i]))
			return false;
		at[i] = typed.at[i];
	}
	*out = letters_key(at[0], at[1], at[2], at[3]);
	return true;
}

/* Puts what @typed from @from on is when it is @depth + 1 to three syllables; @own: those before.
 */
static size_t plain_syllables(struct text typed, size_t from, uint16_t own[3], size_t depth,
			      uint64_t *out, size_t max)
{
	struct text rest = text_part(typed, from, typed.size);
	size_t count = 0;

	for (size_t i = 1; i < COUNT_OF(syllables); i++) {
		size_t shared = letters_shared(syllables[i], rest);

		if (!shared || syllables[i][shared])
			continue;
		own[depth] = (uint16_t)i;
		if (shared == rest.size && depth) {
			if (count < max)
				out[count] = syllables_key(own[0], own[1], depth == 2 ? own[2] : 0);
			count++;
		} else if (shared < rest.size && depth < 2) {
			size_t left = count < max ? max - count : 0;

			count += plain_syllables(typed, from + shared, own, depth + 1,
						 out + (left ? count : 0), left);
		}
	}
	return count;
}

size_t pinyin_plain_keys(struct text letters, uint64_t *out, size_t max)
{
	uint16_t own[3] = { 0 };
	size_t count = 0;

	if (!letters.size || begins_syllable(letters))
		return 0;
	if (plain_letters(letters, out))
		count++;
	count += plain_syllables(letters, 0, own, 0, out + count, max - count);
	return count <= max ? count : 0;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static int by_run(const void *a, const void *b)
{
	const struct run_hit *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void keep_first_of_each(struct list *hits)
{
	struct run_hit *at = hits->at;
	size_t kept = 0, sorted = 1;

	while (sorted < hits->count && by_run(&at[sorted - 1], &at[sorted]) <= 0)
		sorted++;
	if (sorted < hits->count)
		qsort(at, hits->count, sizeof(*at), by_run);
	for (size_t i = 0; i < hits->count; i++)
		if (!kept || at[kept - 1].run != at[i].run)
			at[kept++] = at[i];
	hits->count = kept;
}

static bool check_run(const struct search_index *index, uint32_t id, struct text typed,
		      struct run_hit *out)
{
	uint32_t run = id >> RUN_SHIFT, at = id & RUN_MAX;
	uint32_t start = index->run_starts[run], end = index->run_starts[run + 1];
	size_t count;

	/* one letter says too little of what stands inside */
	if (typed.size == 1 && at)
		return false;
	count = spell(typed, index->run_letters + start + at, end - start - at);
	*out = (struct run_hit){ run, (uint8_t)at, (uint8_t)count };
	return count;
}

static enum err add_hits(const struct search_index *index, uint64_t key, struct text typed,
			 size_t most, struct arena *arena, struct list *out)
{
	struct postings_list list = core_find(&index->grams, key);

	for (size_t i = 0; i < list.count && most; i++) {
		struct run_hit hit, *kept;

		if (!check_run(index, list.ids[i], typed, &hit))
			continue;
		kept = list_add(out, arena, sizeof(*kept));
		if (!kept)
			return ERR_MEMORY;
		*kept = hit;
		most--;
	}
	return OK;
}

enum err pinyin_find(const struct search_index *index, struct text letters, size_t most,
		     struct arena *arena, struct list *out)
{
	struct key_set keys = { .count = 0 };
	enum err e = OK;

	*out = (struct list){ 0 };
	if (!letters.size || letters.size > SPELLED_MAX || !index->run_count)
		return OK;
	keys_of(letters, &keys);
	for (size_t i = 0; !e && i < keys.count; i++)
		e = add_hits(index, keys.at[i], letters, most, arena, out);
	keep_first_of_each(out);
	return e;
}

/* ---- sound ----------------------------------------------------------------------------------- */

static bool sounds_alike(uint16_t a, uint16_t b)
{
	const uint16_t *x, *y;
	size_t x_count = readings_of(a, &x), y_count = readings_of(b, &y);

	for (size_t i = 0; i < x_count; i++)
		for (size_t j = 0; j < y_count; j++)
			if (x[i] == y[j])
				return true;
	return false;
}

static enum err add_alike(const struct search_index *index, uint64_t key, const uint32_t *letters,
			  size_t count, struct arena *arena, struct list *out)
{
	struct postings_list list = core_find(&index->grams, key);

	for (size_t i = 0; i < list.count; i++) {
		uint32_t run = list.ids[i] >> RUN_SHIFT, at = list.ids[i] & RUN_MAX;
		const uint16_t *own = index->run_letters + index->run_starts[run] + at;
		size_t left = index->run_starts[run + 1] - index->run_starts[run] - at, alike = 0;
		struct run_hit *hit;

		while (alike < count && count <= left &&
		       sounds_alike(own[alike], (uint16_t)letters[alike]))
			alike++;
		if (alike < count)
			continue;
		hit = list_add(out, arena, sizeof(*hit));
		if (!hit)
			return ERR_MEMORY;
		*hit = (struct run_hit){ run, (uint8_t)at, (uint8_t)count };
	}
	return OK;
}

enum err pinyin_sound(const struct search_index *index, const uint32_t *letters, size_t count,
		      struct arena *arena, struct list *out)
{
	const uint16_t *first, *second;
	enum err e = OK;

	*out = (struct list){ 0 };
	for (size_t i = 0; i < count; i++)
		if (!pinyin_has(letters[i]))
			return OK;
	if (count < 2 || count > RUN_MAX)
		return OK;
	size_t first_count = readings_of((uint16_t)letters[0], &first);
	size_t second_count = readings_of((uint16_t)letters[1], &second);
	for (size_t i = 0; i < first_count; i++)
		for (size_t j = 0; j < second_count && !e; j++)
			e = add_alike(index, syllable_letter_key(first[i], syllables[second[j]][0]),
				      letters, count, arena, out);
	if (!e)
		keep_first_of_each(out);
	return e;
}
