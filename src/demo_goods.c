/*
 * What is on its way with the goods of the demonstration, so that every page has something to do:
 * prices that came down within the last 90 days, a price above its band, other content, the same
 * goods listed again, a draft, a revision that was returned. Deterministic; the prices that orders
 * pay are those of the files.
 */
#include "demo.h"

enum { MOVES_EVERY = 97, WAITS_EVERY = 11, PRICE_ABOVE_PERCENT = 130, PRICE_DAYS = 90 };

bool demo_price_moves(size_t number)
{
	return number % MOVES_EVERY == 13;
}

void demo_price_scale(struct catalogue_row *row, int64_t percent)
{
	for (size_t i = 0; i < row->ladder.count; i++)
		row->ladder.rungs[i].unit_price_fen =
			row->ladder.rungs[i].unit_price_fen * percent / 100;
}

/* The row of a listing as it was published. */
static struct catalogue_row *row_add(struct demo_run *run, struct publication *publication,
				     size_t number)
{
	const struct demo_listing *listing =
		LIST_ITEM(run->data.listings, struct demo_listing, number);
	struct catalogue_row *row = list_add(&publication->rows, run->arena, sizeof(*row));

	if (!row)
		return NULL;
	*row = listing->row;
	row->stock = demo_stock(listing, number);
	return row;
}

static struct publication publication_of(const struct demo_run *run, size_t supplier, bool approved)
{
	return (struct publication){
		.supplier = LIST_ITEM(run->data.suppliers, struct demo_supplier, supplier)->id,
		.approved = approved,
	};
}

static bool publish(struct demo_run *run, struct publication *publication, size_t supplier,
		    const char *what)
{
	const struct demo_supplier *from =
		LIST_ITEM(run->data.suppliers, struct demo_supplier, supplier);

	return !publication->rows.count ||
	       demo_step(run, "moving a catalogue",
			 arena_print(run->arena, "demo-%s-%.*s", what, TEXT_FMT(from->code)),
			 catalogue_publish, publication);
}

static bool is_of(const struct demo_run *run, size_t number, size_t supplier)
{
	return LIST_ITEM(run->data.listings, struct demo_listing, number)->supplier == supplier;
}

/* From the price of before to that of the files, on a day within the last 90. */
static bool prices_move(struct demo_run *run, size_t supplier)
{
	struct publication publication = publication_of(run, supplier, true);

	for (size_t i = 0; i < run->data.listings.count; i++)
		if (is_of(run, i, supplier) && demo_price_moves(i) &&
		    !row_add(run, &publication, i))
			return false;
	run->step.now = day_start(run->today - 3 - (int32_t)(supplier * 7 % (PRICE_DAYS - 10)));
	return publish(run, &publication, supplier, "prices");
}

/* @kinds of what waits, one for each of the supplier's first goods. */
static bool row_change(struct demo_run *run, struct catalogue_row *row, size_t kind)
{
	switch (kind) {
	case 0:
		demo_price_scale(row, PRICE_ABOVE_PERCENT);
		row->price_reason = TEXT("今年减产，收购价上涨");
		return true;
	case 1:
		row->remark = TEXT("新包装：内附产地溯源卡");
		return true;
	default:
		/* a new code: goods that are listed already */
		row->code = arena_print(run->arena, "%.*s-%c", TEXT_FMT(row->code),
					(int)('A' + (int)kind - 2));
		return row->code.at != NULL;
	}
}

static bool turn(struct demo_run *run, size_t supplier, struct text code, struct text reason)
{
	struct demo_turn turning = {
		.supplier = LIST_ITEM(run->data.suppliers, struct demo_supplier, supplier)->id,
		.reviewer = run->clerk.user,
		.code = code,
		.reason = reason,
	};

	return demo_step(run, "turning a revision",
			 arena_print(run->arena, "demo-turn-%zu-%.*s", supplier, TEXT_FMT(code)),
			 demo_turn, &turning);
}

static bool revisions_wait(struct demo_run *run, size_t supplier)
{
	enum { KINDS = 5, DRAFT = 3, RETURNED = 4 };
	struct publication publication = publication_of(run, supplier, false);
	struct text codes[KINDS] = { NO_TEXT };

	for (size_t i = 0; i < run->data.listings.count && publication.rows.count < KINDS; i++) {
		size_t kind = publication.rows.count;
		struct catalogue_row *row;

		if (!is_of(run, i, supplier) || demo_price_moves(i))
			continue;
		row = row_add(run, &publication, i);
		if (!row || !row_change(run, row, kind))
			return false;
		codes[kind] = row->code;
	}
	run->step.now = day_start(run->today - 1 - (int32_t)(supplier % 20));
	return publish(run, &publication, supplier, "waiting") &&
	       (!codes[DRAFT].at || turn(run, supplier, codes[DRAFT], NO_TEXT)) &&
	       (!codes[RETURNED].at ||
		turn(run, supplier, codes[RETURNED], TEXT("产品图片与规格不符，请补充检验报告")));
}

bool demo_catalogue_moves(struct demo_run *run, size_t supplier)
{
	return prices_move(run, supplier) &&
	       (supplier % WAITS_EVERY != 1 || revisions_wait(run, supplier));
}
