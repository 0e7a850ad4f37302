/*
 * The event that takes a supplier's rows over. First it decides what each row is: a new SKU, new
 * content of a known one, content as it was, or content as it was approved while something newer
 * waits (which is then withdrawn). Then it writes slices of rows, each with five multi-row
 * statements, and the stock last, since that is what orders contend for.
 */
#include "catalogue_rows.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE_ROWS = 4096 };

enum verdict_of_row { ROW_CREATED, ROW_CHANGED, ROW_UNCHANGED, ROW_WITHDRAWN };

/* What becomes of one row. */
struct plan {
	const struct catalogue_row *row;
	const struct known_sku *known; /* NULL: a new SKU */
	struct digest digest;
	enum verdict_of_row verdict;
	int64_t sku;
	struct id product, revision; /* revision: NO_ID where none is made */
};

struct publishing {
	struct tx *tx;
	struct publication *publication;
	struct plan *plans;
	size_t count;
};

/* ---- deciding -------------------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
	const struct known_sku *x = a, *y = b;

	return text_compare(x->code, y->code);
}

static bool digest_is(struct text stored, const struct digest *digest)
{
	return stored.size == DIGEST_SIZE && !memcmp(stored.at, digest->bytes, DIGEST_SIZE);
}

/* Rows of the demonstration are approved at once: then only the approved content counts. */
static enum verdict_of_row decide(const struct plan *plan, bool approved)
{
	const struct known_sku *known = plan->known;

	if (!known)
		return ROW_CREATED;
	bool waiting = known->latest_state == REVISION_SUBMITTED;
	if (waiting && !approved && digest_is(known->latest_digest, &plan->digest))
		return ROW_UNCHANGED;
	if (!digest_is(known->approved_digest, &plan->digest))
		return ROW_CHANGED;
	return waiting ? ROW_WITHDRAWN : ROW_UNCHANGED;
}

static enum err find_known(struct publishing *p, struct list *known)
{
	struct value *codes = arena_take(p->tx->arena, (p->count + 1) * sizeof(*codes));

	if (!codes)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->count; i++)
		codes[i] = value_text(p->plans[i].row->code);
	enum err e = known_skus(p->tx->db, p->publication->supplier, codes, p->count, p->tx->arena,
				known);
	if (!e && known->count)
		qsort(known->at, known->count, sizeof(struct known_sku), by_code);
	return e;
}

static enum err digest_rows(struct publishing *p)
{
	struct buffer scratch = { .max = KIB(64) };
	enum err e = OK;

	for (size_t i = 0; i < p->count && !e; i++) {
		p->plans[i].row = LIST_ITEM(p->publication->rows, struct catalogue_row, i);
		e = row_digest(p->plans[i].row, &scratch, &p->plans[i].digest);
	}
	buffer_free(&scratch);
	return e;
}

/* Fills the plans and the counts of the publication. */
static enum err plan_rows(struct publishing *p)
{
	struct publication *publication = p->publication;
	struct list known = { 0 };

	publication->created = publication->changed = publication->unchanged = 0;
	p->count = publication->rows.count;
	p->plans = arena_take(p->tx->arena, (p->count + 1) * sizeof(*p->plans));
	if (!p->plans)
		return ERR_MEMORY;
	enum err e = digest_rows(p);
	if (!e)
		e = publication_lock(p->tx->db, publication->supplier);
	if (!e)
		e = find_known(p, &known);
	for (size_t i = 0; i < p->count && !e; i++) {
		struct plan *plan = &p->plans[i];
		const struct known_sku key = { .code = plan->row->code };

		plan->known = known.count
				      ? bsearch(&key, known.at, known.count, sizeof(key), by_code)
				      : NULL;
		plan->verdict = decide(plan, publication->approved);
		publication->created += plan->verdict == ROW_CREATED;
		publication->changed += plan->verdict == ROW_CHANGED;
	}
	publication->unchanged = (int64_t)p->count - publication->created - publication->changed;
	return e;
}

enum err publication_plan(struct tx *tx, struct publication *publication)
{
	struct publishing p = { .tx = tx, .publication = publication };

	return plan_rows(&p);
}

/* ---- writing content ------------------------------------------------------------------------- */

/* The row of @plan with all its ids. */
static enum err revision_make(struct publishing *p, const struct plan *plan,
			      struct new_revision *out)
{
	struct tx *tx = p->tx;
	bool approved = p->publication->approved;

	*out = (struct new_revision){
		.product = plan->product,
		.supplier = p->publication->supplier,
		.revision = plan->revision,
		.listed = true,
		.now = tx->now,
		.sku = plan->sku,
		.state = approved ? REVISION_APPROVED : REVISION_SUBMITTED,
		.digest = { (const char *)plan->digest.bytes, DIGEST_SIZE },
		.row = *plan->row,
		.ladder = ladder_format(&plan->row->ladder, tx->arena),
		.submitted_by = tx->actor->user,
		.decided_at = approved ? tx->now : INT_NONE,
	};
	out->latest = out->revision;
	if (approved)
		out->approved = out->revision;
	if (!out->row.barcode.size)
		out->row.barcode = NO_TEXT;
	if (!out->row.certificates.at)
		out->row.certificates = TEXT("");
	if (!out->row.remark.at)
		out->row.remark = TEXT("");
	return out->ladder.at ? OK : ERR_MEMORY;
}

static enum err write_content(struct publishing *p, enum verdict_of_row verdict,
			      const struct new_revision *rows, size_t count)
{
	struct db *db = p->tx->db;
	enum err e = products_put(db, rows, count);

	if (!e && verdict == ROW_CREATED)
		e = skus_insert(db, rows, count);
	return e ? e : revisions_insert(db, rows, count);
}

/* Writes all rows of one verdict, a slice at a time. */
static enum err write_rows(struct publishing *p, enum verdict_of_row verdict, size_t total)
{
	size_t room = total < SLICE_ROWS ? total : SLICE_ROWS, filled = 0;
	struct new_revision *rows = arena_take(p->tx->arena, (room + 1) * sizeof(*rows));
	enum err e = rows ? OK : ERR_MEMORY;

	for (size_t i = 0; i < p->count && !e; i++) {
		if (p->plans[i].verdict != verdict)
			continue;
		e = revision_make(p, &p->plans[i], &rows[filled++]);
		if (!e && filled == room) {
			e = write_content(p, verdict, rows, filled);
			filled = 0;
		}
	}
	return !e && filled ? write_content(p, verdict, rows, filled) : e;
}

static enum err withdraw(struct publishing *p, size_t total)
{
	struct new_revision *rows = arena_take(p->tx->arena, (total + 1) * sizeof(*rows));
	size_t filled = 0;

	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->count; i++) {
		const struct known_sku *known = p->plans[i].known;

		if (p->plans[i].verdict == ROW_WITHDRAWN)
			rows[filled++] = (struct new_revision){
				.product = known->product,
				.supplier = p->publication->supplier,
				.approved = known->approved,
				.latest = known->approved,
				.listed = true,
				.now = p->tx->now,
			};
	}
	return products_put(p->tx->db, rows, filled);
}

/* What waited for a decision and is overtaken or withdrawn. */
static enum err supersede(struct publishing *p)
{
	struct value *revisions = arena_take(p->tx->arena, (p->count + 1) * sizeof(*revisions));
	size_t count = 0;

	if (!revisions)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->count; i++) {
		const struct plan *plan = &p->plans[i];

		if (plan->known && plan->known->latest_state == REVISION_SUBMITTED &&
		    plan->verdict != ROW_UNCHANGED)
			revisions[count++] = value_id(plan->known->latest);
	}
	return revisions_supersede(p->tx->db, revisions, count);
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

	for (size_t i = 0; ids && i < count; i++)
		ids[i] = id_new(tx->now);
	if (ids)
		qsort(ids, count, sizeof(*ids), by_id);
	return ids;
}

static enum err name_rows(struct publishing *p)
{
	const struct publication *publication = p->publication;
	int64_t next_sku = 0;
	size_t created = (size_t)publication->created;
	struct id *products = new_ids(p->tx, created);
	struct id *revisions = new_ids(p->tx, created + (size_t)publication->changed);
	enum err e = products && revisions ? OK : ERR_MEMORY;

	if (!e && created)
		e = numbers_take(p->tx->app, NUMBER_SKU, created, &next_sku);
	for (size_t i = 0; i < p->count && !e; i++) {
		struct plan *plan = &p->plans[i];

		plan->sku = plan->known ? plan->known->sku : next_sku++;
		plan->product = plan->known ? plan->known->product : *products++;
		if (plan->verdict == ROW_CREATED || plan->verdict == ROW_CHANGED)
			plan->revision = *revisions++;
	}
	return e;
}

static enum err write_all_content(struct publishing *p)
{
	size_t changed = (size_t)p->publication->changed;
	size_t created = (size_t)p->publication->created;
	enum err e = name_rows(p);

	if (!e)
		e = supersede(p);
	if (!e && created)
		e = write_rows(p, ROW_CREATED, created);
	if (!e && changed)
		e = write_rows(p, ROW_CHANGED, changed);
	return e ? e : withdraw(p, p->count - created - changed);
}

/* ---- writing stock --------------------------------------------------------------------------- */

static int by_plan_sku(const void *a, const void *b)
{
	const struct plan *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static int by_stock_sku(const void *a, const void *b)
{
	const struct stock *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

/* The stock of the known SKUs, locked; ascending. */
static enum err lock_known(struct publishing *p, struct list *out)
{
	int64_t *skus = arena_take(p->tx->arena, (p->count + 1) * sizeof(*skus));
	size_t count = 0;

	if (!skus)
		return ERR_MEMORY;
	for (size_t i = 0; i < p->count; i++)
		if (p->plans[i].known)
			skus[count++] = p->plans[i].sku;
	enum err e = stock_lock(p->tx->db, skus, count, p->tx->arena, out);
	if (!e && out->count)
		qsort(out->at, out->count, sizeof(struct stock), by_stock_sku);
	return e;
}

struct stock_writes {
	struct stock *stocks;
	struct stock_movement *movements;
	size_t stock_count, movement_count;
};

/* What of @plan goes into stock and movements, when @old stands there (NULL: nothing yet). */
static void stock_plan(const struct publishing *p, const struct plan *plan, const struct stock *old,
		       struct stock_writes *out)
{
	bool approved = p->publication->approved;
	bool offer_moves = !old || (approved && plan->verdict == ROW_CHANGED);
	int64_t moved = plan->row->stock - (old ? old->available : 0);

	if (moved)
		out->movements[out->movement_count++] = (struct stock_movement){
			.event = p->tx->event,
			.sku = plan->sku,
			.quantity = moved,
			.reason = MOVEMENT_SET,
		};
	if (moved || offer_moves)
		out->stocks[out->stock_count++] = (struct stock){
			.sku = plan->sku,
			.available = plan->row->stock,
			.offer = offer_moves,
			.on_sale = approved && offer_moves,
		};
}

/* Sorts the plans: nothing after it may rely on the order of the rows. */
static enum err write_stock(struct publishing *p)
{
	struct stock_writes writes = {
		.stocks = arena_take(p->tx->arena, (p->count + 1) * sizeof(struct stock)),
		.movements =
			arena_take(p->tx->arena, (p->count + 1) * sizeof(struct stock_movement)),
	};
	struct list known = { 0 };

	if (!writes.stocks || !writes.movements)
		return ERR_MEMORY;
	qsort(p->plans, p->count, sizeof(*p->plans), by_plan_sku);
	enum err e = lock_known(p, &known);
	for (size_t i = 0; i < p->count && !e; i++) {
		const struct stock key = { .sku = p->plans[i].sku };

		stock_plan(p, &p->plans[i],
			   p->plans[i].known && known.count
				   ? bsearch(&key, known.at, known.count, sizeof(key), by_stock_sku)
				   : NULL,
			   &writes);
	}
	if (!e)
		e = stock_movements_insert(p->tx->db, writes.movements, writes.movement_count);
	return e ? e : stock_put(p->tx->db, writes.stocks, writes.stock_count);
}

/* ---- the event ------------------------------------------------------------------------------- */

static const struct field publication_fields[] = {
	{ "supplier", KIND_ID, FIELD_AT(publication, supplier) },
	{ "approved", KIND_BOOL, FIELD_AT(publication, approved) },
	{ "created", KIND_INT, FIELD_AT(publication, created) },
	{ "changed", KIND_INT, FIELD_AT(publication, changed) },
	{ "unchanged", KIND_INT, FIELD_AT(publication, unchanged) },
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

enum err catalogue_publish(struct tx *tx, void *arg)
{
	struct publishing p = { .tx = tx, .publication = arg };
	enum err e = plan_rows(&p);

	if (!e)
		e = write_all_content(&p);
	if (!e)
		e = publication_note(tx, p.publication);
	if (!e && p.count)
		e = write_stock(&p);
	return e;
}

/* ---- categories ------------------------------------------------------------------------------ */

struct categories_loaded {
	int64_t count;
};
static const struct field categories_loaded_fields[] = {
	{ "count", KIND_INT, FIELD_AT(categories_loaded, count) },
};

enum err categories_insert(struct tx *tx, void *arg)
{
	const struct list *categories = arg;
	struct categories_loaded loaded = { (int64_t)categories->count };
	const struct audit_note note = {
		.kind = "category.loaded",
		.object = tx->event,
		.fields = categories_loaded_fields,
		.field_count = COUNT_OF(categories_loaded_fields),
		.after = &loaded,
	};
	enum err e = categories_put(tx->db, categories->at, categories->count);

	return e ? e : audit_event(tx, &note);
}
