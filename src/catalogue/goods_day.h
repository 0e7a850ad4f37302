/*
 * Papers of goods in the daily run: certificates and mandates of what is listed, told when they end
 * within thirty days and again when they have ended, and goods that are off the shelf since their
 * mandate ended. `paper_told` remembers what was told, so that a day that was left out, run late or
 * run twice loses and repeats nothing.
 */
#ifndef CATALOGUE_GOODS_DAY_H
#define CATALOGUE_GOODS_DAY_H

#include "goods.h"

enum { PAPER_SOON_DAYS = 30 };
enum paper_stage { PAPER_EXPIRING, PAPER_EXPIRED };
extern const char *const paper_stage_words[];

/* What the day makes due for one supplier at one stage. */
struct paper_turn {
	struct id supplier;
	int32_t stage, day;
	int64_t papers, skus; /* out: told of; taken off the shelf */
};

/* Suppliers with papers to tell of, or goods to take off the shelf: struct id, ascending. */
enum err paper_suppliers(struct db *db, const struct paper_turn *turn, struct arena *arena,
			 struct list *out);
/* Notes what is told under tx->event, counted in turn->papers. */
enum err papers_tell(struct tx *tx, struct paper_turn *turn);
/* SKUs that stand on sale though their mandate ended before @day: int64_t, ascending. */
enum err skus_over(struct tx *tx, const struct paper_turn *turn, struct list *out);

#endif
