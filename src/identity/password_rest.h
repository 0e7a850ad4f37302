/* What is left of a password beside what is easily guessed of its owner. */
#ifndef PASSWORD_REST_H
#define PASSWORD_REST_H

#include "identity_rows.h"

/* Whether the folded @word is on the list of common passwords. */
bool password_is_listed(struct text word);
/*
 * How many different characters @word has (folded; @unmasked is the same byte by byte, with signs
 * that stand for letters taken as those) outside of @login and that backwards, listed words, dates
 * and numbers, and names in pinyin. Gives 0 when out of memory.
 */
size_t password_rest(struct arena *arena, struct text word, struct text unmasked,
		     struct text login);

#endif
