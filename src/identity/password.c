/*
 * The rules of new passwords. Length comes first, in characters of any script; then that it is
 * neither the login name nor one that everybody tries: the list of common_passwords.def and
 * repetitions; then that something is left of it beside what is easily guessed of its owner
 * (password_rest.c). What is typed is folded before it is looked up, so that full-width letters,
 * capitals and digits that stand for letters do not hide a common word. Mixing kinds of characters
 * is asked for by a setting alone.
 */
#include "password_rest.h"

#include <string.h>
#include <utf8proc.h>

/* No character becomes more than 18 others by compatibility (Unicode, UAX #15). */
enum { FOLDED_MAX = PASSWORD_MAX * 18, PERIOD_MAX = 12, REST_MIN = 4 };

static const char *const common[] = {
#include "common_passwords.def"
};
_Static_assert(COUNT_OF(common) >= 3000, "the list is long enough to be worth the look");

/* ---- folding ---- */

/* By compatibility and case; NO_TEXT where that is nothing to look up. */
static struct text folded(struct arena *arena, struct text password)
{
	utf8proc_int32_t *points = arena_take(arena, (FOLDED_MAX + 1) * sizeof(*points));
	utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
				UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;

	if (!points)
		return NO_TEXT;
	utf8proc_ssize_t count =
		utf8proc_decompose((const utf8proc_uint8_t *)password.at,
				   (utf8proc_ssize_t)password.size, points, FOLDED_MAX, how);
	if (count <= 0 || count > FOLDED_MAX)
		return NO_TEXT;
	utf8proc_ssize_t size = utf8proc_reencode(points, count, how);
	return size > 0 ? (struct text){ (const char *)points, (size_t)size } : NO_TEXT;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Signs and digits that stand for letters, but for the digits at the end, which stand for
 * themselves. */
static struct text unmasked(struct arena *arena, struct text word)
{
	static const char masks[] = "@4031!5$7", letters[] = "aaoeiisst";
	char *out = arena_string(arena, word);
	size_t end = word.size;

	if (!out)
		return NO_TEXT;
	while (end && is_digit(word.at[end - 1]))
		end--;
	for (size_t i = 0; i < end; i++) {
		const char *mask = out[i] ? strchr(masks, out[i]) : NULL;

		if (mask)
			out[i] = letters[mask - masks];
	}
	return (struct text){ out, word.size };
}

/* ---- what everybody tries ---- */

bool password_is_listed(struct text word)
{
	size_t low = 0, high = COUNT_OF(common);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = text_compare(word, text_of(common[middle]));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* The same few bytes again and again, at least twice. */
static bool is_repetition(struct text word)
{
	for (size_t period = 1; period <= PERIOD_MAX && 2 * period <= word.size; period++) {
		size_t i = period;

		while (i < word.size && word.at[i] == word.at[i - period])
			i++;
		if (i == word.size)
			return true;
	}
	return false;
}

static bool is_common(struct arena *arena, struct text word)
{
	return is_repetition(word) || password_is_listed(word) ||
	       password_is_listed(unmasked(arena, word));
}

/* ---- the other rules ---- */

static size_t rest_of(struct arena *arena, struct text word, struct text login)
{
	return word.size ? password_rest(arena, word, unmasked(arena, word), login) : 0;
}

static bool is_login(struct text word, struct text login)
{
	bool same = word.size == login.size, reversed = same;

	for (size_t i = 0; same && i < word.size; i++)
		same = word.at[i] == login.at[i];
	for (size_t i = 0; reversed && i < word.size; i++)
		reversed = word.at[i] == login.at[login.size - 1 - i];
	return same || reversed;
}

/* Letters (of any script), digits and something that is neither. */
static bool is_mixed(struct text password)
{
	bool letter = false, digit = false, other = false;

	for (size_t at = 0; at < password.size;) {
		uint32_t c = text_next(password, &at);
		utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);

		if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
			letter = true;
		else if (category == UTF8PROC_CATEGORY_ND)
			digit = true;
		else
			other = true;
	}
	return letter && digit && other;
}

/* With @e, what was found before. @password has some characters, and not too many to be folded. */
static enum err guess_check(struct text password, struct text login, struct problems *problems,
			    struct arg at, enum err e)
{
	struct text word = folded(problems->arena, password);
	struct text name = folded(problems->arena, login);

	if (word.size && is_login(word, name))
		e = fail(problems, ERR_PASSWORD_LOGIN, at);
	if (is_repetition(password) || (word.size && is_common(problems->arena, word)))
		e = fail(problems, ERR_PASSWORD_COMMON, at);
	if (!e && rest_of(problems->arena, word, name) < REST_MIN)
		e = fail(problems, ERR_PASSWORD_EASY, at, ARG_INT(REST_MIN));
	return e;
}

enum err password_check(struct text password, struct text login,
			const struct identity_settings *settings, struct problems *problems,
			const char *pointer)
{
	struct arg at = ARG_TEXT(text_of(pointer));
	bool readable = password.size && text_is_utf8(password);
	size_t length = readable ? text_length(password) : 0;
	enum err e = OK;

	if (length < PASSWORD_MIN || length > PASSWORD_MAX)
		e = fail(problems, ERR_LENGTH, at, ARG_INT(PASSWORD_MIN), ARG_INT(PASSWORD_MAX));
	if (!length || length > PASSWORD_MAX)
		return ERR_REFUSED;
	e = guess_check(password, login, problems, at, e);
	if (settings->password_composition && !is_mixed(password))
		e = fail(problems, ERR_PASSWORD_MIX, at);
	return e ? ERR_REFUSED : OK;
}
