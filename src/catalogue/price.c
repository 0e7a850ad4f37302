/*
 * Rules of prices, without I/O: up to where a price needs no reason, and what becomes of a change
 * that somebody wants.
 */
#include "changes.h"
#include "goods_rules.h"

/* What a piece of that weight costs at @percent of the median; INT_NONE where that is more than any
 * price. */
static int64_t at_median(int64_t median_per_500g, int64_t percent, int64_t weight_g)
{
	int64_t share = median_per_500g * percent;

	if (share > INT64_MAX / weight_g)
		return INT_NONE;
	return share * weight_g / (500 * 100);
}

int64_t band_top(const struct price_band *band, int64_t weight_g)
{
	int64_t by_rise = INT_NONE, by_median = INT_NONE;

	if (band->lowest_fen != INT_NONE)
		by_rise = band->lowest_fen * BAND_RISE_PERCENT / 100;
	if (band->median_per_500g != INT_NONE && weight_g != INT_NONE && weight_g > 0)
		by_median = at_median(band->median_per_500g, BAND_MEDIAN_PERCENT, weight_g);
	if (by_rise == INT_NONE || by_median == INT_NONE)
		return by_rise == INT_NONE ? by_median : by_rise;
	return by_rise < by_median ? by_rise : by_median;
}

/* ---- by quantity -------------------------------------------------------------------------------
 */

/* What a piece costs of @quantity; fewer than are sold cost what the least number does. */
static int64_t rung_at(const struct rung *rungs, size_t count, int64_t quantity)
{
	size_t at = 0;

	while (at + 1 < count && rungs[at + 1].quantity <= quantity)
		at++;
	return rungs[at].unit_price_fen;
}

/* The least number of pieces above @quantity at which a price changes; INT64_MAX: none. */
static int64_t rung_above(const struct rung *rungs, size_t count, int64_t quantity)
{
	for (size_t i = 0; i < count; i++)
		if (rungs[i].quantity > quantity)
			return rungs[i].quantity;
	return INT64_MAX;
}

static bool floor_split(struct list *floor, int64_t quantity, struct arena *arena)
{
	struct rung *rungs = floor->at;
	size_t at = 0;

	while (at < floor->count && rungs[at].quantity < quantity)
		at++;
	if (at < floor->count && rungs[at].quantity == quantity)
		return true;
	int64_t fen = floor->count ? rung_at(rungs, floor->count, quantity) : PRICE_MAX_FEN;
	if (!list_add(floor, arena, sizeof(*rungs)))
		return false;
	rungs = floor->at;
	for (size_t i = floor->count - 1; i > at; i--)
		rungs[i] = rungs[i - 1];
	rungs[at] = (struct rung){ quantity, fen };
	return true;
}

bool floor_lower(struct list *floor, const struct ladder *ladder, struct arena *arena)
{
	for (size_t i = 0; i < ladder->count; i++)
		if (!floor_split(floor, ladder->rungs[i].quantity, arena))
			return false;
	for (size_t i = 0; i < floor->count; i++) {
		struct rung *rung = LIST_ITEM(*floor, struct rung, i);
		int64_t fen = rung_at(ladder->rungs, ladder->count, rung->quantity);

		if (fen < rung->unit_price_fen)
			rung->unit_price_fen = fen;
	}
	return true;
}

/* Whether @fen for a piece of @quantity is above the band and above what it costs now. */
static bool is_too_dear(const struct price_band *band, int64_t quantity, int64_t fen, int64_t top)
{
	return top != INT_NONE && fen > top &&
	       (!band->now || fen > rung_at(band->now->rungs, band->now->count, quantity));
}

/* The least number of pieces above @quantity at which the band may be another. */
static int64_t band_above(const struct price_band *band, int64_t quantity)
{
	int64_t floor =
		band->floor ? rung_above(band->floor->at, band->floor->count, quantity) : INT64_MAX;
	int64_t now =
		band->now ? rung_above(band->now->rungs, band->now->count, quantity) : INT64_MAX;

	return floor < now ? floor : now;
}

bool band_is_exceeded(const struct price_band *band, int64_t weight_g, const struct ladder *ladder,
		      int64_t *fen, int64_t *top)
{
	const struct rung *floor = band->floor ? band->floor->at : NULL;
	size_t count = band->floor ? band->floor->count : 0;
	struct price_band here = *band;
	int64_t next;

	for (int64_t at = ladder->rungs[0].quantity; at != INT64_MAX; at = next) {
		if (count)
			here.lowest_fen = rung_at(floor, count, at);
		*fen = rung_at(ladder->rungs, ladder->count, at);
		*top = band_top(&here, weight_g);
		if (is_too_dear(band, at, *fen, *top))
			return true;
		int64_t above = band_above(band, at);
		next = rung_above(ladder->rungs, ladder->count, at);
		if (above < next)
			next = above;
	}
	return false;
}

/* ---- judging a change ------------------------------------------------------------------------ */

bool ladder_is_sound(const struct ladder *ladder)
{
	for (size_t i = 1; i < ladder->count; i++)
		if (!rung_follows(&ladder->rungs[i - 1], &ladder->rungs[i]))
			return false;
	return ladder->count > 0;
}

int sku_order(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

const struct price_low *price_low_of(const struct list *lows, int64_t sku)
{
	for (size_t i = 0; i < lows->count; i++)
		if (LIST_ITEM(*lows, struct price_low, i)->sku == sku)
			return LIST_ITEM(*lows, struct price_low, i);
	return NULL;
}

bool ladder_equal(const struct ladder *a, const struct ladder *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = a->rungs[i].quantity == b->rungs[i].quantity &&
			a->rungs[i].unit_price_fen == b->rungs[i].unit_price_fen;
	return equal;
}

/* Whether the SKU may be repriced at all. */
static void judge_standing(struct price_wish *wish, const struct price_standing *standing)
{
	if (standing->ended)
		fail(&wish->problems, ERR_ENDED, AT("/code"));
	if (standing->waits || !standing->now || standing->minimum == INT_NONE)
		fail(&wish->problems, ERR_PRICE_WAITS, AT("/code"));
	if (wish->planned && !standing->listed)
		fail(&wish->problems, ERR_NOT_ON_SALE, AT("/code"));
}

/* Buyers are told why a price is above the band. */
static void judge_band(struct price_wish *wish, const struct price_standing *standing)
{
	int64_t fen, top;
	char yuan[24];

	if (!wish->reason.size &&
	    band_is_exceeded(&standing->band, standing->weight_g, &wish->ladder, &fen, &top))
		fail(&wish->problems, ERR_PRICE_REASON, AT("/reason"),
		     ARG_TEXT(money_yuan(top, yuan)));
}

void price_judge(struct price_wish *wish, const struct price_standing *standing)
{
	struct ladder *ladder = &wish->ladder;
	bool is_later = wish->starts_at != INT_NONE && !wish->planned;
	bool same;

	judge_standing(wish, standing);
	if (wish->unit_price_fen != INT_NONE)
		*ladder = (struct ladder){
			.rungs = { { standing->minimum, wish->unit_price_fen } },
			.count = 1,
		};
	if (!ladder_is_sound(ladder))
		fail(&wish->problems, ERR_TIER_ORDER, AT("/ladder"));
	if (standing->minimum != INT_NONE && ladder->rungs[0].quantity != standing->minimum)
		fail(&wish->problems, ERR_PRICE_MINIMUM, AT("/ladder"), ARG_INT(standing->minimum));
	/* what is to hold later is held against what holds until then, not against today */
	same = !is_later && standing->now && ladder_equal(ladder, &standing->now->ladder) &&
	       text_equal(wish->reason, standing->now->reason);
	if (!same)
		judge_band(wish, standing);
	if (wish->problems.items.count)
		wish->outcome = PRICE_REJECTED;
	else if (is_later)
		wish->outcome = PRICE_SCHEDULED;
	else
		wish->outcome = same ? PRICE_UNCHANGED : PRICE_CHANGED;
}
