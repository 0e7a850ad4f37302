/*
 * What is left of a password: somebody who knows the owner tries the login name, a birthday, a
 * phone number, a name, a year, each behind the other. So these are struck out where they stand,
 * one mark a byte, and what counts is how many different characters remain. A single digit among
 * letters remains; of pinyin at most one name is struck out, so that a sentence in it is as good as
 * any.
 */
#include "password_rest.h"

#include <string.h>

enum {
	LOGIN_STRUCK_MIN = 3,
	WORD_SIZE_MIN = 5,
	WORD_SIZE_MAX = 28,
	SYLLABLES_MAX = 3,
	NAME_SIZE_MAX = 18,
	FAMILY_SIZE_MAX = 9
};

struct rest {
	struct text word;
	bool *struck; /* one a byte of @word */
};

static void strike(struct rest *rest, size_t from, size_t size)
{
	memset(rest->struck + from, true, size);
}

/* ---- the login name ---- */

static bool stands_at(struct text word, size_t at, struct text part, bool backwards)
{
	if (part.size > word.size - at)
		return false;
	for (size_t i = 0; i < part.size; i++)
		if (word.at[at + i] != part.at[backwards ? part.size - 1 - i : i])
			return false;
	return true;
}

static void strike_login(struct rest *rest, struct text login)
{
	if (login.size < LOGIN_STRUCK_MIN)
		return;
	for (size_t at = 0; at < rest->word.size; at++)
		if (stands_at(rest->word, at, login, false) ||
		    stands_at(rest->word, at, login, true))
			strike(rest, at, login.size);
}

/* ---- listed words ---- */

static size_t listed_at(struct text word, size_t at)
{
	size_t left = word.size - at, size = left < WORD_SIZE_MAX ? left : WORD_SIZE_MAX;

	while (size >= WORD_SIZE_MIN && !password_is_listed(text_part(word, at, size)))
		size--;
	return size >= WORD_SIZE_MIN ? size : 0;
}

static void strike_words(struct rest *rest, struct text word)
{
	for (size_t at = 0; at < word.size;) {
		size_t size = listed_at(word, at);

		strike(rest, at, size);
		at += size ? size : 1;
	}
}

/* ---- dates and numbers ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The size of what parts numbers of a date or of a phone at @at, 0 for anything else. */
static size_t parting_at(struct text word, size_t at)
{
	static const char *const partings[] = { "-", "/", ".", " ", "年", "月", "日" };

	for (size_t i = 0; i < COUNT_OF(partings); i++)
		if (text_starts(text_part(word, at, word.size - at), partings[i]))
			return strlen(partings[i]);
	return 0;
}

/* Two digits or more, with single partings between and behind them. */
static void strike_numbers(struct rest *rest)
{
	struct text word = rest->word;

	for (size_t at = 0; at < word.size;) {
		size_t end = at, digits = 0;

		while (end < word.size && is_digit(word.at[end])) {
			end++;
			digits++;
			if (end < word.size && !is_digit(word.at[end]))
				end += parting_at(word, end);
		}
		if (digits > 1)
			strike(rest, at, end - at);
		at = end > at ? end : at + 1;
	}
}

/* ---- a name in pinyin ---- */

static const char *const initials[] = { "",  "b", "p", "m",  "f",  "d",  "t", "n",
					"l", "g", "k", "h",  "j",  "q",  "x", "r",
					"z", "c", "s", "zh", "ch", "sh", "y", "w" };
static const char *const finals[] = { "a",   "o",   "e",   "i",    "u",    "v",   "ai",
				      "ei",  "ui",  "ao",  "ou",   "iu",   "ie",  "ue",
				      "ve",  "er",  "an",  "en",   "in",   "un",  "ang",
				      "eng", "ing", "ong", "ia",   "ian",  "iao", "ua",
				      "uai", "uan", "uo",  "iang", "iong", "uang" };

/* The family names of nine in ten, as they are written in pinyin. */
static const char *const families[] = {
	"wang", "li",     "zhang", "liu",   "chen",      "yang",  "huang", "zhao", "wu",
	"zhou", "xu",     "sun",   "ma",    "zhu",       "hu",    "guo",   "he",   "gao",
	"lin",  "luo",    "zheng", "liang", "xie",       "song",  "tang",  "deng", "han",
	"feng", "cao",    "peng",  "zeng",  "xiao",      "tian",  "dong",  "pan",  "yuan",
	"cai",  "jiang",  "yu",    "du",    "ye",        "cheng", "wei",   "su",   "lv",
	"lu",   "ding",   "ren",   "shen",  "yao",       "cui",   "zhong", "tan",  "fan",
	"liao", "wan",    "jin",   "shi",   "dai",       "jia",   "xia",   "qiu",  "fang",
	"hou",  "zou",    "xiong", "meng",  "qin",       "bai",   "yi",    "yan",  "xue",
	"lei",  "long",   "hao",   "kong",  "shao",      "mao",   "chang", "wen",  "kang",
	"qian", "tao",    "hong",  "gong",  "niu",       "duan",  "yin",   "ni",   "gu",
	"hui",  "an",     "xing",  "qi",    "mo",        "nie",   "zhan",  "guan", "zhuang",
	"ge",   "ouyang", "sima",  "zhuge", "shangguan", NULL
};

/* Moves the counts on by every syllable that begins at @from: counts[i] is how few syllables take
 * the first i letters. */
static void syllables_from(struct text run, size_t from, size_t *counts)
{
	for (size_t i = 0; i < COUNT_OF(initials); i++) {
		size_t middle = from + strlen(initials[i]);

		if (!text_starts(text_part(run, from, run.size - from), initials[i]))
			continue;
		for (size_t f = 0; f < COUNT_OF(finals); f++) {
			size_t end = middle + strlen(finals[f]);

			if (end <= run.size && counts[from] + 1 < counts[end] &&
			    text_starts(text_part(run, middle, run.size - middle), finals[f]))
				counts[end] = counts[from] + 1;
		}
	}
}

/* How few syllables @run may be read as; more than SYLLABLES_MAX for whatever is no name. */
static size_t syllables_of(struct text run)
{
	size_t counts[NAME_SIZE_MAX + 1] = { 0 };

	if (run.size > NAME_SIZE_MAX)
		return SYLLABLES_MAX + 1;
	for (size_t i = 1; i <= run.size; i++)
		counts[i] = SYLLABLES_MAX + 1;
	for (size_t from = 0; from < run.size; from++)
		if (counts[from] < SYLLABLES_MAX)
			syllables_from(run, from, counts);
	return counts[run.size];
}

static bool is_open_letter(const struct rest *rest, size_t at)
{
	return !rest->struck[at] && rest->word.at[at] >= 'a' && rest->word.at[at] <= 'z';
}

static bool begins_with_family(struct text run)
{
	for (size_t size = 1; size <= FAMILY_SIZE_MAX && size <= run.size; size++)
		if (word_find(families, text_part(run, 0, size)) >= 0 &&
		    (size == run.size ||
		     syllables_of(text_part(run, size, run.size - size)) <= SYLLABLES_MAX - 1))
			return true;
	return false;
}

/* A family name with what follows it, together or apart. */
static void strike_name(struct rest *rest)
{
	size_t left = SYLLABLES_MAX;

	for (size_t at = 0; at < rest->word.size && left;) {
		size_t end = at;

		while (end < rest->word.size && is_open_letter(rest, end))
			end++;
		struct text run = text_part(rest->word, at, end - at);
		size_t count = syllables_of(run);
		if (run.size && count <= left &&
		    (left < SYLLABLES_MAX || begins_with_family(run))) {
			strike(rest, at, run.size);
			left -= count;
		}
		at = end > at ? end : at + 1;
	}
}

/* ---- what is left ---- */

static bool seen_before(const uint32_t *seen, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i] == c)
			return true;
	return false;
}

static size_t different(const struct rest *rest, uint32_t *seen)
{
	size_t count = 0;

	for (size_t at = 0; at < rest->word.size;) {
		bool struck = rest->struck[at];
		uint32_t c = text_next(rest->word, &at);

		if (!struck && !seen_before(seen, count, c))
			seen[count++] = c;
	}
	return count;
}

size_t password_rest(struct arena *arena, struct text word, struct text unmasked, struct text login)
{
	struct rest rest = { .word = word, .struck = arena_take(arena, word.size) };
	uint32_t *seen = arena_take(arena, word.size * sizeof(*seen));

	if (!rest.struck || !seen || unmasked.size != word.size)
		return 0;
	memset(rest.struck, false, word.size);
	strike_login(&rest, login);
	strike_words(&rest, word);
	strike_words(&rest, unmasked);
	strike_numbers(&rest);
	strike_name(&rest);
	return different(&rest, seen);
}
