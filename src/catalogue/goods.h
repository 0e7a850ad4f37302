/*
 * What every event about goods shares: prices, which stand apart from the reviewed content, and the
 * offer, which moves with anything that a buyer must know of. An event writes its own rows first,
 * then prices, then its audit event, and last the stock rows, which orders contend for.
 */
#ifndef CATALOGUE_GOODS_H
#define CATALOGUE_GOODS_H

#include "catalogue_rows.h"

/* ---- prices (price.c without I/O, price_sql.c) ------------------------------- */

enum { PRICE_REASON_MAX = 200, PRICE_HISTORY_DAYS = 90 };
/* A reason is needed above so many percent of the lowest price of the last 90 days, or of the
 * median of like goods. */
enum { BAND_RISE_PERCENT = 110, BAND_MEDIAN_PERCENT = 150 };

struct price {
	int64_t sku;
	struct ladder ladder;
	struct text reason; /* NO_TEXT: none */
	int64_t since;
};
/* What a price is held against; INT_NONE where there is nothing to hold it against. */
struct price_band {
	int64_t lowest_fen;      /* a piece, of any price in force within the last 90 days */
	int64_t median_per_500g; /* of goods of the same category of level 2 */
	/* what a piece cost at least at that time, by quantity, as floor_lower made it: of struct
	 * rung; NULL or empty: @lowest_fen holds for all */
	const struct list *floor;
	/* the price in force: what asks no more than it needs no reason; NULL: none */
	const struct ladder *now;
};
/* The highest first-rung price that needs no reason; INT_NONE: any. */
int64_t band_top(const struct price_band *band, int64_t weight_g);
/*
 * Whether @ladder asks more than what needs no reason, for any number of pieces: then *fen is what
 * a piece costs at the least such number, and *top what it may cost there. A number of pieces that
 * costs no more than it does now is never too dear, wherever the band stands.
 */
bool band_is_exceeded(const struct price_band *band, int64_t weight_g, const struct ladder *ladder,
		      int64_t *fen, int64_t *top);
bool ladder_equal(const struct ladder *a, const struct ladder *b);
/* Order of qsort: SKUs (int64_t). */
int sku_order(const void *a, const void *b);
/* Makes @floor hold @ladder too; its rungs ascend by quantity. False: no memory. */
bool floor_lower(struct list *floor, const struct ladder *ladder, struct arena *arena);
/* The median of like goods as the shop shows it; fen per 500 g, INT_NONE where fewer than five have
 * a weight. */
int64_t view_median(const void *view, struct text category);

/* The prices in force, with the reason; SKUs without one are missing; in no order. */
enum err prices_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		     struct list *out);
/* The same, locked until the end of the transaction. */
enum err prices_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		     struct list *out);
/* Puts prices in force from tx->now and keeps them in the history, under tx->event. Ascending by
 * sku. offers_follow comes after it. */
enum err prices_put(struct tx *tx, const struct price *prices, size_t count);
/* The lowest prices of each SKU since @from, those in force at @from counted: struct price_low;
 * SKUs without any are missing. */
struct price_low {
	int64_t sku, unit_price_fen; /* of first rungs */
	struct list floor;           /* by quantity, of struct rung */
};
/* That of @sku; NULL: none. */
const struct price_low *price_low_of(const struct list *lows, int64_t sku);
enum err price_lows(struct db *db, const int64_t *skus, size_t count, int64_t from,
		    struct arena *arena, struct list *out);
/* The same in a transaction that comes to contended rows later, which a plain reading would cost
 * its snapshot. */
enum err price_lows_lock(struct db *db, const int64_t *skus, size_t count, int64_t from,
			 struct arena *arena, struct list *out);

/* Puts in force what an approved revision says of prices; SKUs of which it says nothing keep
 * theirs. offers_follow comes after it. */
enum err revision_prices_put(struct tx *tx, struct id revision);

/* ---- offers (offers_sql.c) --------------------------------------------------- */

/*
 * The last statements of an event that changed prices, listing, content or the supplier's standing:
 * every SKU's offer is raised, it is on sale when its product is listed, its approved revision
 * holds it, it has a price, no mandate that has ended and its supplier is neither suspended nor
 * ended; and the views of all processes are told. @skus ascending, each once. One read and two
 * multi-row writes, whatever the count is up to 512.
 */
enum err offers_follow(struct tx *tx, const int64_t *skus, size_t count);
/* The SKUs of a product, ascending: int64_t. */
enum err skus_of_product(struct db *db, struct id product, struct arena *arena, struct list *out);

#endif
