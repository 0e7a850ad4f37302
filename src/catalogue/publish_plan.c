/*
 * Deciding what becomes of the rows of a publication, a slice of products at a time: what the file
 * cannot say is filled in from the revision that a row builds on (the one that waits, else the
 * approved one, else the newest), the rest is compared with it, and a price that differs either
 * moves at once, where it lies within the band, or waits with a new revision.
 */
#include "publishing.h"

#include <stdlib.h>

/* ---- finding --------------------------------------------------------------------------------- */

static int by_revision_id(const void *a, const void *b)
{
	return id_compare(((const struct known_revision *)a)->id,
			  ((const struct known_revision *)b)->id);
}

static int by_revision_and_sku(const void *a, const void *b)
{
	const struct known_sku *x = a, *y = b;
	int order = id_compare(x->revision, y->revision);

	return order ? order : (x->sku > y->sku) - (x->sku < y->sku);
}

int by_price_sku(const void *a, const void *b)
{
	const struct price *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static int by_low_sku(const void *a, const void *b)
{
	const struct price_low *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static void sort(struct list *list, size_t size, int (*order)(const void *, const void *))
{
	if (list->count)
		qsort(list->at, list->count, size, order);
}

static const void *find(const struct list *list, const void *key, size_t size,
			int (*order)(const void *, const void *))
{
	return list->count ? bsearch(key, list->at, list->count, size, order) : NULL;
}

static const struct known_revision *revision_of(const struct slice *slice, struct id id)
{
	const struct known_revision key = { .id = id };

	return find(&slice->revisions, &key, sizeof(key), by_revision_id);
}

const struct known_sku *slice_sku(const struct slice *slice, struct id revision, int64_t sku)
{
	const struct known_sku key = { .revision = revision, .sku = sku };

	return find(&slice->skus, &key, sizeof(key), by_revision_and_sku);
}

static const struct price *price_of(const struct slice *slice, int64_t sku)
{
	const struct price key = { .sku = sku };

	return find(&slice->prices, &key, sizeof(key), by_price_sku);
}

/* The run of items of @revision in a list whose items begin with it, and are sorted by it. */
static const void *run_of(const struct list *list, size_t size, struct id revision, size_t *count)
{
	const char *items = list->at;
	size_t low = 0, high = list->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct id id = *(const struct id *)(const void *)(items + middle * size);

		if (id_compare(id, revision) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < list->count; end++)
		if (!id_equal(*(const struct id *)(const void *)(items + end * size), revision))
			break;
	*count = end - low;
	return *count ? items + low * size : NULL;
}

_Static_assert(offsetof(struct known_sku, revision) == 0, "run_of");
_Static_assert(offsetof(struct certificate, revision) == 0, "run_of");
_Static_assert(offsetof(struct content_image, revision) == 0, "run_of");

const struct known_sku *slice_skus(const struct slice *slice, struct id revision, size_t *count)
{
	return run_of(&slice->skus, sizeof(struct known_sku), revision, count);
}

const struct certificate *slice_certificates(const struct slice *slice, struct id revision,
					     size_t *count)
{
	return run_of(&slice->certificates, sizeof(struct certificate), revision, count);
}

const struct content_image *slice_images(const struct slice *slice, struct id revision,
					 size_t *count)
{
	return run_of(&slice->images, sizeof(struct content_image), revision, count);
}

/* ---- what the slice builds on ---------------------------------------------------------------- */

/* Rows of the demonstration are approved at once: then only the approved content counts. */
static struct id base_of(const struct slice *slice, const struct known_code *known)
{
	bool approved = slice->publication->approved && !id_is_none(known->approved);

	if (!approved && !id_is_none(known->waiting))
		return known->waiting;
	return id_is_none(known->approved) ? known->latest : known->approved;
}

/* Splits the lines into plans. */
static enum err plans_begin(struct slice *slice)
{
	slice->plans = arena_take(slice->arena, (slice->line_count + 1) * sizeof(*slice->plans));
	if (!slice->plans)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->line_count; i++) {
		struct line *line = &slice->lines[i];
		struct product_plan *last =
			slice->plan_count ? &slice->plans[slice->plan_count - 1] : NULL;

		if (last && last->known && line->known &&
		    id_equal(last->known->product, line->known->product))
			last->count++;
		else
			slice->plans[slice->plan_count++] = (struct product_plan){
				.lines = line, .count = 1, .known = line->known
			};
	}
	return OK;
}

/* The ladder that a SKU of that revision will be sold at, once it is approved. */
static enum err sku_complete(const struct slice *slice, struct known_sku *sku)
{
	const struct known_revision *revision = revision_of(slice, sku->revision);
	const struct price *price = price_of(slice, sku->sku);
	bool asks = revision && revision->state != REVISION_APPROVED && sku->ladder.at;

	if (!revision)
		return ERR_INTERNAL;
	row_take(&sku->row, &revision->row, columns_of(OF_PRODUCT));
	if (price && !asks) {
		sku->row.ladder = price->ladder;
		sku->row.price_reason = price->reason;
	} else if (sku->ladder.at) {
		if (!ladder_parse(sku->ladder, &sku->row.ladder))
			return ERR_INTERNAL;
		sku->row.price_reason = sku->reason;
	}
	return OK;
}

static enum err prices_load(struct slice *slice)
{
	size_t room = slice->skus.count + slice->line_count, count = 0, kept = 0;
	int64_t *skus = arena_take(slice->arena, (room + 1) * sizeof(*skus));

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->skus.count; i++)
		skus[count++] = LIST_ITEM(slice->skus, struct known_sku, i)->sku;
	for (size_t i = 0; i < slice->line_count; i++)
		if (slice->lines[i].known)
			skus[count++] = slice->lines[i].known->sku;
	if (!count)
		return OK;
	qsort(skus, count, sizeof(*skus), sku_order);
	for (size_t i = 0; i < count; i++)
		if (!kept || skus[kept - 1] != skus[i])
			skus[kept++] = skus[i];
	enum err e = prices_lock(slice->tx->db, skus, kept, slice->arena, &slice->prices);
	sort(&slice->prices, sizeof(struct price), by_price_sku);
	return e;
}

static enum err bases_load(struct slice *slice)
{
	struct db *db = slice->tx->db;
	size_t count = 0;
	struct value *keys = arena_take(slice->arena, (2 * slice->plan_count + 1) * sizeof(*keys));
	enum err e = keys ? OK : ERR_MEMORY;

	for (size_t i = 0; i < slice->plan_count && !e; i++) {
		const struct known_code *known = slice->plans[i].known;

		if (!known)
			continue;
		keys[count++] = value_id(base_of(slice, known));
		if (!id_is_none(known->waiting) && !id_is_none(known->approved))
			keys[count++] = value_id(id_equal(base_of(slice, known), known->waiting)
							 ? known->approved
							 : known->waiting);
	}
	if (!e)
		e = known_revisions(db, keys, count, slice->arena, &slice->revisions);
	if (!e)
		e = known_skus(db, keys, count, slice->arena, &slice->skus);
	sort(&slice->revisions, sizeof(struct known_revision), by_revision_id);
	sort(&slice->skus, sizeof(struct known_sku), by_revision_and_sku);
	if (!e)
		e = prices_load(slice);
	for (size_t i = 0; i < slice->skus.count && !e; i++)
		e = sku_complete(slice, LIST_ITEM(slice->skus, struct known_sku, i));
	return e;
}

/* ---- prices ---------------------------------------------------------------------------------- */

/* What the revision that waits, or the one that was returned and never approved, asks for; NULL: it
 * leaves the price as it is. */
static const struct ladder *asked_of(const struct product_plan *plan, const struct line *line)
{
	bool undecided =
		plan->base->state == REVISION_SUBMITTED || plan->base->state == REVISION_RETURNED;
	bool asks = undecided && line->base && line->base->ladder.at;

	return asks ? &line->base->row.ladder : NULL;
}

/* A price that could move at once, were it within the band. */
static bool may_move(const struct product_plan *plan, const struct line *line)
{
	return line->price && line->base && !asked_of(plan, line) &&
	       line->row.ladder.rungs[0].quantity == line->price->ladder.rungs[0].quantity &&
	       !ladder_equal(&line->row.ladder, &line->price->ladder);
}

static enum err lows_load(struct slice *slice, struct list *lows)
{
	size_t count = 0;
	int64_t *skus = arena_take(slice->arena, (slice->line_count + 1) * sizeof(*skus));

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->plan_count; i++)
		for (size_t k = 0; slice->plans[i].base && k < slice->plans[i].count; k++)
			if (may_move(&slice->plans[i], &slice->plans[i].lines[k]))
				skus[count++] = slice->plans[i].lines[k].sku;
	if (!count || slice->publication->approved)
		return OK;
	qsort(skus, count, sizeof(*skus), sku_order);
	int64_t from = slice->tx->now - PRICE_HISTORY_DAYS * DAY_US;
	enum err e = price_lows_lock(slice->tx->db, skus, count, from, slice->arena, lows);
	sort(lows, sizeof(struct price_low), by_low_sku);
	return e;
}

static bool is_within_band(const struct slice *slice, const struct list *lows,
			   const struct line *line)
{
	const struct price_low key = { .sku = line->sku };
	const struct price_low *low = find(lows, &key, sizeof(key), by_low_sku);
	const struct price_band band = {
		.lowest_fen = low ? low->unit_price_fen : INT_NONE,
		.floor = low ? &low->floor : NULL,
		.median_per_500g =
			slice->view ? view_median(slice->view, line->row.category) : INT_NONE,
		.now = line->price ? &line->price->ladder : NULL,
	};
	int64_t fen, top;

	return !band_is_exceeded(&band, line->row.weight_g, &line->row.ladder, &fen, &top);
}

/* A reason that the file gives, and that is another one than @stored. */
static bool reason_is_new(const struct line *line, struct text stored)
{
	return line->row.price_reason.size && !text_equal(line->row.price_reason, stored);
}

static enum price_fate fate_of(const struct slice *slice, const struct list *lows,
			       const struct product_plan *plan, const struct line *line)
{
	const struct ladder *wanted = &line->row.ladder, *asked = asked_of(plan, line);
	bool as_sold = line->price && ladder_equal(wanted, &line->price->ladder);

	if (slice->publication->approved)
		return as_sold ? PRICE_STAYS : PRICE_MOVES;
	if (asked && ladder_equal(wanted, asked))
		return reason_is_new(line, line->base->reason) ? PRICE_WAITS : PRICE_CARRIED;
	if (as_sold && !asked && line->price->reason.size &&
	    reason_is_new(line, line->price->reason))
		return PRICE_MOVES;
	if (as_sold)
		return PRICE_STAYS;
	return may_move(plan, line) && is_within_band(slice, lows, line) ? PRICE_MOVES
									 : PRICE_WAITS;
}

/* ---- products -------------------------------------------------------------------------------- */

/* What was returned is handed in again when something of it was mended: not by an export that comes
 * back as it went. */
static bool stands(const struct slice *slice, const struct known_revision *base)
{
	bool answered = base->state == REVISION_SUBMITTED || base->state == REVISION_RETURNED;

	return base->state == REVISION_APPROVED || (answered && !slice->publication->approved);
}

/* Fills in what the file of a line cannot say, and compares. */
static void line_compare(const struct slice *slice, const struct product_plan *plan,
			 struct line *line)
{
	struct catalogue_row base = line->row;

	line->sku = line->known->sku;
	line->price = price_of(slice, line->sku);
	line->base = slice_sku(slice, plan->base->id, line->sku);
	if (line->base)
		base = line->base->row;
	else
		row_take(&base, &plan->base->row, columns_of(OF_PRODUCT));
	row_fill(&line->row, &base);
	line->differs = rows_differ(&line->row, &base, slice->arena);
	if (!line->base)
		line->differs |= columns_of(OF_SKU);
}

/* A row says of its product what others of the same say, where its own header has no such column:
 * those that both have were held against each other when the file was read. */
static void lines_share(struct product_plan *plan)
{
	uint32_t said = 0;

	for (size_t i = 0; i < plan->count; i++)
		said |= plan->lines[i].row.said & columns_of(OF_PRODUCT);
	for (size_t i = 0; i < plan->count; i++) {
		struct catalogue_row *row = &plan->lines[i].row;

		for (size_t k = 0; k < plan->count && (said & ~row->said); k++) {
			const struct catalogue_row *other = &plan->lines[k].row;
			uint32_t more = said & other->said & ~row->said;

			row_take(row, other, more);
			row->said |= more;
		}
	}
}

static enum err plan_compare(const struct slice *slice, struct product_plan *plan)
{
	plan->product = plan->known->product;
	plan->base = revision_of(slice, base_of(slice, plan->known));
	if (!plan->base)
		return ERR_INTERNAL;
	plan->skus = slice_skus(slice, plan->base->id, &plan->sku_count);
	lines_share(plan);
	for (size_t i = 0; i < plan->count; i++) {
		line_compare(slice, plan, &plan->lines[i]);
		if (rows_differ(&plan->lines[i].row, &plan->lines[0].row, slice->arena) &
		    columns_of(OF_PRODUCT))
			return ERR_ROWS_DISAGREE;
	}
	return OK;
}

static void plan_create(struct product_plan *plan)
{
	plan->fate = PRODUCT_CREATED;
	plan->lines[0].created = true;
	plan->lines[0].fate = PRICE_WAITS;
}

static void plan_judge(const struct slice *slice, const struct list *lows,
		       struct product_plan *plan)
{
	const uint32_t content = columns_of(OF_PRODUCT) | columns_of(OF_SKU);
	bool standing = stands(slice, plan->base);

	for (size_t i = 0; i < plan->count; i++) {
		struct line *line = &plan->lines[i];
		bool taken_back;

		line->fate = fate_of(slice, lows, plan, line);
		taken_back = asked_of(plan, line) && line->fate == PRICE_STAYS;
		line->changed = (line->differs & content) || line->fate == PRICE_WAITS ||
				taken_back || !standing;
		line->priced = line->fate == PRICE_MOVES;
		if (line->changed)
			plan->fate = PRODUCT_REVISED;
	}
}

/* ---- what is taken back ---------------------------------------------------------------------- */

static bool names_waiting(const struct slice *slice, const struct product_plan *plan)
{
	return plan->fate == PRODUCT_REVISED && plan->base->state == REVISION_SUBMITTED &&
	       !id_is_none(plan->known->approved) && !slice->publication->approved;
}

/* Certificates and pictures of what is written, or held against each other. */
static enum err extras_load(struct slice *slice)
{
	struct db *db = slice->tx->db;
	size_t count = 0;
	struct value *keys = arena_take(slice->arena, (2 * slice->plan_count + 1) * sizeof(*keys));

	if (!keys)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->plan_count; i++) {
		const struct product_plan *plan = &slice->plans[i];

		if (plan->fate != PRODUCT_REVISED)
			continue;
		keys[count++] = value_id(plan->base->id);
		if (names_waiting(slice, plan))
			keys[count++] = value_id(plan->known->approved);
	}
	enum err e = known_certificates(db, keys, count, slice->arena, &slice->certificates);
	return e ? e : known_images(db, keys, count, slice->arena, &slice->images);
}

static bool certificates_equal(const struct slice *slice, struct id a, struct id b)
{
	size_t a_count, b_count;
	const struct certificate *x = slice_certificates(slice, a, &a_count);
	const struct certificate *y = slice_certificates(slice, b, &b_count);

	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!text_equal(x[i].name, y[i].name) || !text_equal(x[i].number, y[i].number) ||
		    !text_equal(x[i].issuer, y[i].issuer) || x[i].valid_until != y[i].valid_until ||
		    !id_equal(x[i].file, y[i].file))
			return false;
	return true;
}

static bool images_equal(const struct slice *slice, struct id a, struct id b)
{
	size_t a_count, b_count;
	const struct content_image *x = slice_images(slice, a, &a_count);
	const struct content_image *y = slice_images(slice, b, &b_count);

	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!id_equal(x[i].id, y[i].id))
			return false;
	return true;
}

bool plan_names(const struct product_plan *plan, int64_t sku)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->lines[i].sku == sku)
			return true;
	return false;
}

/* SKUs that the file does not name wait as they are approved. */
static bool others_are_as_approved(const struct slice *slice, const struct product_plan *plan)
{
	size_t approved_count;

	slice_skus(slice, plan->known->approved, &approved_count);
	if (approved_count != plan->sku_count)
		return false;
	for (size_t i = 0; i < plan->sku_count; i++) {
		const struct known_sku *sku = &plan->skus[i], *approved;

		if (plan_names(plan, sku->sku))
			continue;
		approved = slice_sku(slice, plan->known->approved, sku->sku);
		if (!approved || sku->ladder.at ||
		    (rows_differ(&sku->row, &approved->row, slice->arena) & columns_of(OF_SKU)))
			return false;
	}
	return true;
}

/* Whether the rows, with all that they leave as it is, are what is approved. */
static bool is_as_approved(const struct slice *slice, const struct product_plan *plan)
{
	const struct known_revision *approved = revision_of(slice, plan->known->approved);
	const uint32_t content = columns_of(OF_PRODUCT) | columns_of(OF_SKU);

	if (!approved || approved->agency != plan->base->agency ||
	    approved->mandate_until != plan->base->mandate_until ||
	    !id_equal(approved->mandate, plan->base->mandate))
		return false;
	for (size_t i = 0; i < plan->count; i++) {
		const struct line *line = &plan->lines[i];
		const struct known_sku *sku = slice_sku(slice, approved->id, line->sku);

		if (!sku || (line->fate != PRICE_STAYS && line->fate != PRICE_MOVES) ||
		    (rows_differ(&line->row, &sku->row, slice->arena) & content))
			return false;
	}
	return others_are_as_approved(slice, plan) &&
	       certificates_equal(slice, plan->base->id, approved->id) &&
	       images_equal(slice, plan->base->id, approved->id);
}

static void withdraw(const struct slice *slice, struct product_plan *plan)
{
	if (!names_waiting(slice, plan) || !is_as_approved(slice, plan))
		return;
	plan->fate = PRODUCT_WITHDRAWN;
	for (size_t i = 0; i < plan->count; i++)
		plan->lines[i].changed = false;
}

enum err slice_decide(struct slice *slice)
{
	struct list lows = { 0 };
	enum err e = plans_begin(slice);

	if (!e)
		e = bases_load(slice);
	for (size_t i = 0; i < slice->plan_count && !e; i++) {
		if (slice->plans[i].known)
			e = plan_compare(slice, &slice->plans[i]);
		else
			plan_create(&slice->plans[i]);
	}
	if (!e)
		e = lows_load(slice, &lows);
	for (size_t i = 0; i < slice->plan_count && !e; i++)
		if (slice->plans[i].known)
			plan_judge(slice, &lows, &slice->plans[i]);
	if (!e)
		e = extras_load(slice);
	for (size_t i = 0; i < slice->plan_count && !e; i++)
		withdraw(slice, &slice->plans[i]);
	return e;
}
