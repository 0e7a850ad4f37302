/*
 * The rules that hold for goods however they come in, by a file or by the API: what a code is,
 * which dangers text may hold, what keeps for ever, how rungs follow each other. Pure.
 */
#ifndef CATALOGUE_GOODS_RULES_H
#define CATALOGUE_GOODS_RULES_H

#include "xiangcai/catalogue.h"

/* 2 to 32 of A–Z, 0–9, - and _, a letter or digit first. */
bool sku_code_is_formed(struct text code);
/* '<' before a letter, '/' or '!'; "<6%" is text. */
bool text_holds_markup(struct text t);
/* U+FFFD: what is left where an encoding was lost. */
bool text_holds_replacement(struct text t);
/* Takes off both ends whatever nobody sees: blanks of every width, signs without one, controls. */
struct text text_trim_wide(struct text t);
/* Goods of these categories of level 1 may leave the shelf life blank. */
bool category_keeps(struct text level_1);
/* Quantities rise and unit prices fall. */
bool rung_follows(const struct rung *below, const struct rung *rung);

#endif
