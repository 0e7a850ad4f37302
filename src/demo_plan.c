/*
 * What will happen in the demonstration, without I/O: orders of four years, whose accepted amounts
 * add up to the fen. Each year but for its last order is drawn at random around what is still
 * missing; the last order is solved for, over two lines whose prices divide the rest.
 */
#include "demo.h"

#include <stdlib.h>

enum {
	YEARS = 4,
	RECENT_DAYS = 12,
	RECENT_PERCENT = 4,
	SUPPLIERS_MAX = 3,
	LINES_A_SUPPLIER = 3,
	SOLVE_TRIES = 4000
};

/* Shares of the years before this one, in percent of what this year does not have. */
static const int64_t year_percent[YEARS - 1] = { 24, 35, 41 };

struct generator {
	uint64_t state;
};

/* xorshift64*: the same numbers on every machine. */
static uint64_t draw(struct generator *generator, uint64_t below)
{
	uint64_t x = generator->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	generator->state = x;
	return (x * UINT64_C(2685821657736338717) >> 33) % below;
}

struct planner {
	struct demo_data *data;
	struct arena *arena;
	struct demo_plan *plan;
	struct generator generator;
	struct list *of_supplier; /* of size_t: its listings, by supplier */
	int32_t today;
	bool failed;
};

/* ---- what becomes of a line ---- */

enum part { NOTHING, ALL, HALF, ALL_OF_FIRST, HALF_OF_FIRST, TENTH_OF_FIRST };

/* How much of a line's quantity each stage gets; "first" is the first line of the supply order.
 * What is shipped and not in the first shipment follows in a second one. */
static const struct fate {
	enum part declined, first_shipment, shipped, received, decided, rejected;
} fates[] = {
	[DEMO_ACCEPTED] = { NOTHING, ALL, ALL, ALL, ALL, NOTHING },
	[DEMO_TWO_SHIPMENTS] = { NOTHING, HALF, ALL, ALL, ALL, NOTHING },
	[DEMO_PARTLY_REJECTED] = { NOTHING, ALL, ALL, ALL, ALL, TENTH_OF_FIRST },
	[DEMO_REJECTED] = { NOTHING, ALL, ALL, ALL, ALL, ALL },
	[DEMO_PARTLY_DECLINED] = { ALL_OF_FIRST, ALL, ALL, ALL, ALL, NOTHING },
	[DEMO_DECLINED] = { ALL, ALL, ALL, ALL, ALL, NOTHING },
	[DEMO_PLACED] = { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING },
	[DEMO_CONFIRMED] = { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING },
	[DEMO_PARTLY_SHIPPED] = { NOTHING, HALF_OF_FIRST, HALF_OF_FIRST, NOTHING, NOTHING,
				  NOTHING },
	[DEMO_SHIPPED] = { NOTHING, ALL, ALL, NOTHING, NOTHING, NOTHING },
	[DEMO_PARTLY_RECEIVED] = { NOTHING, ALL, ALL, ALL_OF_FIRST, NOTHING, NOTHING },
	[DEMO_RECEIVED] = { NOTHING, ALL, ALL, ALL, NOTHING, NOTHING },
	[DEMO_PARTLY_ACCEPTED] = { NOTHING, ALL, ALL, ALL, ALL_OF_FIRST, NOTHING },
};
_Static_assert(COUNT_OF(fates) == DEMO_OUTCOME_COUNT, "every outcome has its row");

static int64_t part_of(enum part part, int64_t line, int64_t quantity)
{
	switch (part) {
	case NOTHING:
		return 0;
	case ALL:
		return quantity;
	case HALF:
		return quantity > 1 ? quantity / 2 : quantity;
	case ALL_OF_FIRST:
		return line == 1 ? quantity : 0;
	case HALF_OF_FIRST:
		return line == 1 ? (quantity + 1) / 2 : 0;
	case TENTH_OF_FIRST:
		return line == 1 ? (quantity + 9) / 10 : 0;
	}
	return 0;
}

struct demo_fate demo_fate(enum demo_outcome outcome, int64_t line, int64_t quantity)
{
	const struct fate *fate = &fates[outcome];
	int64_t rejected = part_of(fate->rejected, line, quantity);

	if (part_of(fate->declined, line, quantity))
		return (struct demo_fate){ .declined = true };
	return (struct demo_fate){
		.first_shipment = part_of(fate->first_shipment, line, quantity),
		.shipped = part_of(fate->shipped, line, quantity),
		.received = part_of(fate->received, line, quantity),
		.accepted = part_of(fate->decided, line, quantity) - rejected,
		.rejected = rejected,
	};
}

/* ---- amounts ---- */

static struct demo_listing *listing_at(const struct planner *planner, size_t index)
{
	return LIST_ITEM(planner->data->listings, struct demo_listing, index);
}

static int64_t price_at(const struct planner *planner, size_t listing, int64_t quantity)
{
	return ladder_rung(&listing_at(planner, listing)->row.ladder, quantity)->unit_price_fen;
}

/* Lines count from 1 within their supply order, in order of the request. */
static int64_t line_in_supply_order(const struct planner *planner, const struct demo_order *order,
				    size_t index)
{
	size_t supplier =
		listing_at(planner, LIST_ITEM(order->lines, struct demo_line, index)->listing)
			->supplier;
	int64_t line = 1;

	for (size_t i = 0; i < index; i++)
		if (listing_at(planner, LIST_ITEM(order->lines, struct demo_line, i)->listing)
			    ->supplier == supplier)
			line++;
	return line;
}

/* What of the order will be accepted; its demand is added to the listings. */
static int64_t settle_order(struct planner *planner, const struct demo_order *order)
{
	int64_t accepted_fen = 0;

	for (size_t i = 0; i < order->lines.count; i++) {
		const struct demo_line *line = LIST_ITEM(order->lines, struct demo_line, i);
		struct demo_fate fate =
			demo_fate((enum demo_outcome)order->outcome,
				  line_in_supply_order(planner, order, i), line->quantity);

		accepted_fen += fate.accepted * price_at(planner, line->listing, line->quantity);
		/* declined lines hold stock too, until the supplier answers */
		listing_at(planner, line->listing)->demand += line->quantity;
	}
	return accepted_fen;
}

/* ---- orders ---- */

static struct demo_order *order_add(struct planner *planner, int32_t decided, int32_t lead)
{
	struct demo_order *order = list_add(&planner->plan->orders, planner->arena, sizeof(*order));

	if (!order) {
		planner->failed = true;
		return NULL;
	}
	order->unit = draw(&planner->generator, planner->data->units.count);
	order->decided = decided;
	order->placed = decided - lead;
	order->terms = draw(&planner->generator, 2) ? PAY_LATER : PAY_FIRST;
	order->paid = draw(&planner->generator, 100) < 70;
	return order;
}

static bool line_add(struct planner *planner, struct demo_order *order, size_t listing,
		     int64_t quantity)
{
	struct demo_line *line;

	for (size_t i = 0; i < order->lines.count; i++)
		if (LIST_ITEM(order->lines, struct demo_line, i)->listing == listing)
			return true;
	line = list_add(&order->lines, planner->arena, sizeof(*line));
	if (!line) {
		planner->failed = true;
		return false;
	}
	*line = (struct demo_line){ listing, quantity };
	return true;
}

/* Every second listing or so of one supplier, worth about @fen each. */
static void supplier_draw(struct planner *planner, struct demo_order *order, size_t supplier,
			  int64_t fen)
{
	const struct list *listings = &planner->of_supplier[supplier];

	for (size_t i = 0; i < listings->count; i++) {
		size_t at = *LIST_ITEM(*listings, size_t, i);
		const struct demo_listing *listing = listing_at(planner, at);
		int64_t quantity = fen / listing->row.ladder.rungs[0].unit_price_fen;

		if (quantity < listing->row.minimum)
			quantity = listing->row.minimum;
		if (i && draw(&planner->generator, 3) == 0)
			continue;
		if (!line_add(planner, order, at, quantity))
			return;
	}
}

/* Lines of one to three suppliers, worth about @fen together. */
static void lines_draw(struct planner *planner, struct demo_order *order, int64_t fen)
{
	size_t count = 1 + draw(&planner->generator, SUPPLIERS_MAX);

	for (size_t i = 0; i < count; i++)
		supplier_draw(planner, order,
			      draw(&planner->generator, planner->data->suppliers.count),
			      fen / (int64_t)count / LINES_A_SUPPLIER);
}

/* The rest of a year as two lines: some of one listing, and as much of another as divides what is
 * left. */
static bool lines_solve(struct planner *planner, struct demo_order *order, int64_t fen)
{
	size_t listings = planner->data->listings.count;

	for (int i = 0; i < SOLVE_TRIES; i++) {
		size_t first = draw(&planner->generator, listings);
		const struct demo_listing *listing = listing_at(planner, first);
		int64_t quantity = listing->row.minimum + (int64_t)draw(&planner->generator, 90);
		int64_t rest = fen - quantity * price_at(planner, first, quantity);

		for (size_t second = 0; rest > 0 && second < listings; second++) {
			int64_t wanted = rest / price_at(planner, second, QUANTITY_MAX);

			for (int64_t q = wanted > 400 ? wanted - 400 : 1; q <= wanted; q++)
				if (second != first &&
				    q >= listing_at(planner, second)->row.minimum &&
				    q * price_at(planner, second, q) == rest)
					return line_add(planner, order, first, quantity) &&
					       line_add(planner, order, second, q);
		}
	}
	return false;
}

/* Rare things happen to one order in twenty or so. */
static enum demo_outcome outcome_draw(struct generator *generator)
{
	uint64_t dice = draw(generator, 100);

	return dice < 72   ? DEMO_ACCEPTED
	       : dice < 90 ? DEMO_TWO_SHIPMENTS
	       : dice < 94 ? DEMO_PARTLY_REJECTED
	       : dice < 97 ? DEMO_PARTLY_DECLINED
	       : dice < 99 ? DEMO_DECLINED
			   : DEMO_REJECTED;
}

/* A year's orders, whose accepted amounts add up to @fen; @already of it is accepted by others. */
static void plan_year(struct planner *planner, int32_t first, int32_t last, int64_t count,
		      int64_t fen)
{
	for (int64_t i = 0; !planner->failed && i + 1 < count; i++) {
		int32_t decided =
			first + (int32_t)draw(&planner->generator, (uint64_t)(last - first) + 1);
		struct demo_order *order =
			order_add(planner, decided, 9 + (int32_t)draw(&planner->generator, 8));
		int64_t share = fen / (count - i);

		if (!order)
			return;
		order->outcome = (int32_t)outcome_draw(&planner->generator);
		lines_draw(planner, order,
			   share / 2 + (int64_t)draw(&planner->generator, (uint64_t)share + 1) / 2);
		fen -= settle_order(planner, order);
	}
	struct demo_order *closing = planner->failed ? NULL : order_add(planner, last, 9);
	if (!closing || fen <= 0 || !lines_solve(planner, closing, fen)) {
		planner->failed = true;
		return;
	}
	closing->outcome = DEMO_ACCEPTED;
	settle_order(planner, closing);
}

/* Orders under way, in every stage; what of them is accepted counts to this year. */
static int64_t plan_recent(struct planner *planner, int64_t count, int64_t fen)
{
	int64_t accepted_fen = 0;

	for (int64_t i = 0; !planner->failed && i < count; i++) {
		struct demo_order *order = order_add(planner, planner->today - 1, RECENT_DAYS);

		if (!order)
			return 0;
		order->outcome =
			DEMO_PLACED + (int32_t)(i % (DEMO_OUTCOME_COUNT - (int64_t)DEMO_PLACED));
		order->paid = false;
		lines_draw(planner, order, fen);
		accepted_fen += settle_order(planner, order);
	}
	return accepted_fen;
}

static int by_day(const void *a, const void *b)
{
	const struct demo_order *x = a, *y = b;

	if (x->placed != y->placed)
		return x->placed < y->placed ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return x->decided < y->decided ? -1 : x->decided > y->decided;
}

static bool group_listings(struct planner *planner)
{
	planner->of_supplier =
		arena_take(planner->arena, planner->data->suppliers.count * sizeof(struct list));
	for (size_t i = 0; planner->of_supplier && i < planner->data->listings.count; i++) {
		size_t *at = list_add(&planner->of_supplier[listing_at(planner, i)->supplier],
				      planner->arena, sizeof(*at));

		if (!at)
			return false;
		*at = i;
	}
	return planner->of_supplier != NULL;
}

bool demo_plan_make(struct demo_data *data, int32_t today, int64_t count, struct arena *arena,
		    struct demo_plan *out)
{
	struct planner planner = { .data = data,
				   .arena = arena,
				   .plan = out,
				   .generator = { UINT64_C(0x9E3779B97F4A7C15) },
				   .today = today };
	int64_t recent = count * RECENT_PERCENT / 100;
	int64_t average = DEMO_TOTAL_FEN / (count ? count : 1);
	int year, month, day;

	if (!count)
		return true;
	if (!group_listings(&planner))
		return false;
	day_split(today, &year, &month, &day);
	int64_t this_year = DEMO_YEAR_FEN - plan_recent(&planner, recent, average / 4);
	for (int i = 0; i < YEARS - 1; i++)
		plan_year(&planner, day_make(year - YEARS + 1 + i, 1, 20),
			  day_make(year - YEARS + 1 + i, 12, 31),
			  (count - recent) * year_percent[i] * 85 / 10000,
			  (DEMO_TOTAL_FEN - DEMO_YEAR_FEN) * year_percent[i] / 100);
	int32_t first = day_make(year, 1, 1);
	int32_t last = today - 1 > first ? today - 1 : first;
	if (!planner.failed)
		plan_year(&planner, first, last, count - (int64_t)out->orders.count, this_year);
	if (planner.failed)
		return false;
	qsort(out->orders.at, out->orders.count, sizeof(struct demo_order), by_day);
	out->accepted_fen = DEMO_TOTAL_FEN;
	return true;
}
