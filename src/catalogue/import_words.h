/*
 * What people write for the same thing: header words, units of sale, storage, certificates,
 * categories and counties by other names. Tables only, and the small functions that read them.
 * Private to the import rules.
 */
#ifndef CATALOGUE_IMPORT_WORDS_H
#define CATALOGUE_IMPORT_WORDS_H

#include "xiangcai/import.h"

/* @from is written for @to. */
struct alias {
	const char *from, *to;
};
extern const struct alias category_aliases[]; /* to the Chinese name of a category of level 2 */
extern const size_t category_alias_count;
extern const struct alias
	county_aliases[]; /* former names to present ones, where the stem changed */
extern const size_t county_alias_count;

/* Words of headers, by enum import_column. */
extern const struct header_word header_words[];
extern const size_t header_word_count;
/* What may stand in brackets behind a header word and changes nothing; other brackets make another
 * header. */
bool header_bracket_known(struct text inside);

/* The unit of sale that @cell (after cell_clean) names, NULL for an unknown one. */
const char *unit_find(struct text cell);
/* 常温, 冷藏 or 冷冻, NULL when @cell (after cell_fold, squeezed) does not say or says two. */
const char *storage_find(struct text cell);
/* The certificates in @cell (after cell_fold) in fixed order joined by 、, "" for none;
 * ERR_CERT_UNKNOWN, ERR_MEMORY. */
enum err certificates_parse(struct arena *arena, struct text cell, struct text *out);

#endif
