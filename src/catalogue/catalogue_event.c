/*
 * The event that takes a supplier's rows over. Codes are looked up first, so that the rows of one
 * product stand together; then slices of products are decided and written; the stock, which orders
 * contend for, comes last. Memory goes with the slice: of all rows only a few numbers are kept.
 */
#include "publishing.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE_ROWS = 1024, SLICE_ARENA = 256 * 1024 * 1024, CODES_ROWS = 8192 };

/* What is kept of each row for the whole of the event. */
struct row_place {
	size_t row;                     /* in the publication */
	const struct known_code *known; /* NULL: a new SKU */
	int64_t sku, record, stock;
	bool moved; /* its offer moves */
};

struct publishing {
	struct tx *tx;
	struct publication *publication;
	struct arena *slice_arena;
	const void *view;
	struct row_place *places;
	size_t count;
	struct list known;               /* of struct known_code, by code */
	struct id *products, *revisions; /* ids that are not taken yet */
	int64_t next_sku;
	struct list siblings; /* int64_t: SKUs that no row names, and whose offers move */
	bool writes;
};

/* ---- what is known --------------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
	const struct known_code *x = a, *y = b;

	return text_compare(x->code, y->code);
}

/* Known goods by product, new ones behind them as they stand in the file. */
static int by_product(const void *a, const void *b)
{
	const struct row_place *x = a, *y = b;
	int order;

	if (!x->known || !y->known)
		order = (x->known == NULL) - (y->known == NULL);
	else
		order = id_compare(x->known->product, y->known->product);
	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* A part of the codes, for the texts of all would double what the rows take. */
static enum err codes_look(struct publishing *p, size_t from, size_t count)
{
	struct value *codes = arena_take(p->slice_arena, count * sizeof(*codes));
	struct catalogue_row row;

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		publication_row(p->publication, from + i, &row);
		codes[i] = value_text(row.code);
	}
	enum err e = known_codes(p->tx->db, p->publication->supplier, codes, count, p->tx->arena,
				 &p->known);
	arena_reset(p->slice_arena);
	return e;
}

static enum err places_begin(struct publishing *p)
{
	enum err e = OK;

	p->count = publication_count(p->publication);
	p->places = arena_take(p->tx->arena, (p->count + 1) * sizeof(*p->places));
	if (!p->places)
		return ERR_MEMORY;
	for (size_t at = 0; at < p->count && !e; at += CODES_ROWS)
		e = codes_look(p, at, p->count - at < CODES_ROWS ? p->count - at : CODES_ROWS);
	if (!e && p->known.count)
		qsort(p->known.at, p->known.count, sizeof(struct known_code), by_code);
	for (size_t i = 0; i < p->count && !e; i++) {
		struct row_place *place = &p->places[i];
		struct catalogue_row row;

		publication_row(p->publication, i, &row);
		const struct known_code key = { .code = row.code };
		*place = (struct row_place){ .row = i, .record = row.record, .stock = row.stock };
		place->known = p->known.count ? bsearch(&key, p->known.at, p->known.count,
							sizeof(key), by_code)
					      : NULL;
	}
	if (p->count)
		qsort(p->places, p->count, sizeof(*p->places), by_product);
	return e;
}

static int by_id(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return id_compare(*x, *y);
}

/* New ids that ascend: what is listed by id then stands in the order of the file, and rows go into
 * their tables in order. */
static struct id *new_ids(struct tx *tx, size_t count)
{
	struct id *ids = arena_take(tx->arena, (count + 1) * sizeof(*ids));

	if (ids && count) {
		ids_new(tx->now, ids, count);
		qsort(ids, count, sizeof(*ids), by_id);
	}
	return ids;
}

static enum err names_begin_of(struct publishing *p)
{
	size_t created = 0;

	for (size_t i = 0; i < p->count; i++)
		created += !p->places[i].known;
	if (!p->writes)
		return OK;
	p->products = new_ids(p->tx, created);
	p->revisions = new_ids(p->tx, p->count);
	if (!p->products || !p->revisions)
		return ERR_MEMORY;
	return created ? numbers_take(p->tx->app, NUMBER_SKU, created, &p->next_sku) : OK;
}

/* ---- slices ---------------------------------------------------------------------------------- */

static bool of_one_product(const struct row_place *a, const struct row_place *b)
{
	return a->known && b->known && id_equal(a->known->product, b->known->product);
}

/* Where the slice from @at ends: never between two rows of one product. */
static size_t slice_end(const struct publishing *p, size_t at)
{
	size_t end = p->count - at < SLICE_ROWS ? p->count : at + SLICE_ROWS;

	while (end < p->count && of_one_product(&p->places[end - 1], &p->places[end]))
		end++;
	return end;
}

static enum err lines_fill(struct publishing *p, struct slice *slice, size_t from)
{
	slice->lines = arena_take(slice->arena, slice->line_count * sizeof(*slice->lines));
	if (!slice->lines)
		return ERR_MEMORY;
	for (size_t i = 0; i < slice->line_count; i++) {
		struct line *line = &slice->lines[i];

		line->number = from + i;
		line->known = p->places[from + i].known;
		publication_row(p->publication, p->places[from + i].row, &line->row);
	}
	return OK;
}

static void ids_give(struct publishing *p, struct slice *slice)
{
	for (size_t i = 0; i < slice->plan_count; i++) {
		struct product_plan *plan = &slice->plans[i];

		if (plan->fate == PRODUCT_CREATED) {
			plan->product = *p->products++;
			plan->lines[0].sku = p->next_sku++;
		}
		if (plan->fate == PRODUCT_CREATED || plan->fate == PRODUCT_REVISED)
			plan->revision = *p->revisions++;
	}
}

static void slice_count(struct publishing *p, const struct slice *slice)
{
	struct publication *publication = p->publication;

	for (size_t i = 0; i < slice->line_count; i++) {
		const struct line *line = &slice->lines[i];
		struct row_place *place = &p->places[line->number];

		publication->created += line->created;
		publication->changed += line->changed;
		publication->unchanged += !line->created && !line->changed;
		publication->priced += line->priced && !line->created;
		place->sku = line->sku;
		place->moved =
			line->priced || (publication->approved && (line->created || line->changed));
	}
}

/* Where a revision is approved at once, the offers of all its SKUs move. */
static enum err siblings_keep(struct publishing *p, const struct slice *slice)
{
	if (!p->publication->approved)
		return OK;
	for (size_t i = 0; i < slice->plan_count; i++) {
		const struct product_plan *plan = &slice->plans[i];

		for (size_t k = 0; plan->fate == PRODUCT_REVISED && k < plan->sku_count; k++) {
			int64_t *sku = list_add(&p->siblings, p->tx->arena, sizeof(*sku));

			if (!sku)
				return ERR_MEMORY;
			*sku = plan->skus[k].sku;
		}
	}
	return OK;
}

static enum err slice_publish(struct publishing *p, size_t from, size_t end)
{
	struct slice slice = {
		.tx = p->tx,
		.arena = p->slice_arena,
		.publication = p->publication,
		.view = p->view,
		.line_count = end - from,
	};
	enum err e = lines_fill(p, &slice, from);

	if (!e)
		e = slice_decide(&slice);
	if (!e && p->writes) {
		ids_give(p, &slice);
		e = slice_write(&slice);
	}
	if (!e)
		e = outcomes_keep(&slice);
	if (!e) {
		slice_count(p, &slice);
		e = siblings_keep(p, &slice);
	}
	arena_reset(p->slice_arena);
	return e;
}

static enum err publish_content(struct publishing *p)
{
	struct publication *publication = p->publication;
	enum err e = publication_lock(p->tx->db, publication->supplier);

	publication->created = publication->changed = publication->unchanged = 0;
	publication->priced = publication->restocked = 0;
	if (!e)
		e = places_begin(p);
	if (!e)
		e = names_begin_of(p);
	for (size_t at = 0, end; at < p->count && !e; at = end) {
		end = slice_end(p, at);
		e = slice_publish(p, at, end);
	}
	return e;
}

/* ---- stock ----------------------------------------------------------------------------------- */

static int by_place_sku(const void *a, const void *b)
{
	const struct row_place *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static int by_stock_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

/* Sorted, each once. */
static size_t numbers_sort(int64_t *numbers, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(numbers, count, sizeof(*numbers), sku_order);
	for (size_t i = 0; i < count; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

/* The SKUs whose offers move; NULL when out of memory. */
static int64_t *moved_skus(const struct publishing *p, size_t *count)
{
	size_t room = p->count + p->siblings.count + 1;
	int64_t *skus = arena_take(p->tx->arena, room * sizeof(*skus));

	*count = 0;
	for (size_t i = 0; skus && i < p->count; i++)
		if (p->places[i].moved)
			skus[(*count)++] = p->places[i].sku;
	for (size_t i = 0; skus && i < p->siblings.count; i++)
		skus[(*count)++] = *LIST_ITEM(p->siblings, int64_t, i);
	if (skus)
		*count = numbers_sort(skus, *count);
	return skus;
}

/* The stock of all SKUs that are known, locked in their order; ascending. */
static enum err lock_known(struct publishing *p, struct list *out)
{
	size_t count = 0;
	int64_t *skus =
		arena_take(p->tx->arena, (p->count + p->siblings.count + 1) * sizeof(*skus));

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->count; i++)
		if (p->places[i].known)
			skus[count++] = p->places[i].sku;
	for (size_t i = 0; i < p->siblings.count; i++)
		skus[count++] = *LIST_ITEM(p->siblings, int64_t, i);
	count = numbers_sort(skus, count);
	enum err e = stock_lock(p->tx->db, skus, count, p->tx->arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct stock), by_stock_sku);
	return e;
}

struct stock_writes {
	struct stock *stocks;
	struct stock_movement *movements;
	struct import_outcome_row *restocked;
	size_t stock_count, movement_count, restocked_count;
};

/* What of @place goes into stock and movements, when @old stands there (NULL: nothing yet). */
static void stock_plan(const struct publishing *p, const struct row_place *place,
		       const struct stock *old, struct stock_writes *out)
{
	int64_t moved = place->stock - (old ? old->available : 0);

	if (moved)
		out->movements[out->movement_count++] = (struct stock_movement){
			.event = p->tx->event,
			.sku = place->sku,
			.quantity = moved,
			.reason = MOVEMENT_SET,
		};
	if (moved && place->known)
		out->restocked[out->restocked_count++] = (struct import_outcome_row){
			.import = p->publication->import,
			.record = place->record,
			.code = TEXT(""),
			.name = TEXT(""),
			.differences = TEXT(""),
			.restocked = true,
			.stock_before = old ? old->available : 0,
			.stock_after = place->stock,
		};
	/* an offer that moves behind this begins at one */
	if (moved || !old)
		out->stocks[out->stock_count++] = (struct stock){
			.sku = place->sku,
			.available = place->stock,
			.offer = !old && !place->moved,
		};
}

/* Sorts the places: nothing after it may rely on their order. */
static enum err stock_decide(struct publishing *p, struct stock_writes *out)
{
	struct arena *arena = p->tx->arena;
	struct list known = { 0 };

	*out = (struct stock_writes){
		.stocks = arena_take(arena, (p->count + 1) * sizeof(*out->stocks)),
		.movements = arena_take(arena, (p->count + 1) * sizeof(*out->movements)),
		.restocked = arena_take(arena, (p->known.count + 1) * sizeof(*out->restocked)),
	};
	if (!out->stocks || !out->movements || !out->restocked)
		return ERR_MEMORY;
	if (p->count)
		qsort(p->places, p->count, sizeof(*p->places), by_place_sku);
	enum err e = lock_known(p, &known);
	for (size_t i = 0; i < p->count && !e; i++) {
		const struct stock key = { .sku = p->places[i].sku };

		stock_plan(p, &p->places[i],
			   p->places[i].known && known.count
				   ? bsearch(&key, known.at, known.count, sizeof(key), by_stock_sku)
				   : NULL,
			   out);
	}
	p->publication->restocked = (int64_t)out->restocked_count;
	if (!e && !id_is_none(p->publication->import))
		e = outcomes_restock(p->tx->db, out->restocked, out->restocked_count);
	return e;
}

enum { OFFERS_AT_ONCE = 512 };

static enum err offers_move(struct publishing *p)
{
	size_t count;
	int64_t *skus = moved_skus(p, &count);
	enum err e = skus ? OK : ERR_MEMORY;

	for (size_t at = 0; at < count && !e; at += OFFERS_AT_ONCE)
		e = offers_follow(p->tx, skus + at,
				  count - at < OFFERS_AT_ONCE ? count - at : OFFERS_AT_ONCE);
	return e;
}

/* ---- the event ------------------------------------------------------------------------------- */

static const struct field publication_fields[] = {
	{ "supplier", KIND_ID, FIELD_AT(publication, supplier) },
	{ "approved", KIND_BOOL, FIELD_AT(publication, approved) },
	{ "created", KIND_INT, FIELD_AT(publication, created) },
	{ "changed", KIND_INT, FIELD_AT(publication, changed) },
	{ "unchanged", KIND_INT, FIELD_AT(publication, unchanged) },
	{ "priced", KIND_INT, FIELD_AT(publication, priced) },
	{ "restocked", KIND_INT, FIELD_AT(publication, restocked) },
};

static enum err publication_note(struct tx *tx, const struct publication *publication)
{
	bool is_import = !id_is_none(publication->import);
	const struct audit_note note = {
		.kind = is_import ? "import.published" : "catalogue.loaded",
		.object = is_import ? publication->import : publication->supplier,
		.fields = publication_fields,
		.field_count = COUNT_OF(publication_fields),
		.after = publication,
	};

	return audit_event(tx, &note);
}

static enum err publish(struct publishing *p)
{
	struct stock_writes stock;
	enum err e = publish_content(p);

	if (!e)
		e = stock_decide(p, &stock);
	if (e || !p->writes)
		return e;
	e = publication_note(p->tx, p->publication);
	if (!e)
		e = stock_movements_insert(p->tx->db, stock.movements, stock.movement_count);
	if (!e)
		e = stock_put(p->tx->db, stock.stocks, stock.stock_count);
	return e ? e : offers_move(p);
}

static enum err publication_run(struct tx *tx, struct publication *publication, bool writes)
{
	struct publishing p = {
		.tx = tx,
		.publication = publication,
		.slice_arena = arena_new(SLICE_ARENA),
		.view = view_borrow(tx->app),
		.writes = writes,
	};
	enum err e = p.slice_arena ? publish(&p) : ERR_MEMORY;

	if (p.view)
		view_return(tx->app, p.view);
	arena_free(p.slice_arena);
	return e;
}

enum err publication_plan(struct tx *tx, struct publication *publication)
{
	return publication_run(tx, publication, false);
}

enum err catalogue_publish(struct tx *tx, void *arg)
{
	return publication_run(tx, arg, true);
}
