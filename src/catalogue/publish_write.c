/*
 * Writes what was decided on a slice of products: what waited and is overtaken, products, SKUs, the
 * new revisions with all that they carry over from those before them, and prices. Nothing of it is
 * contended; the stock comes at the end of the event.
 */
#include "publishing.h"

#include <stdlib.h>
#include <string.h>

/* The rows of a slice by their tables; each array has room for all that the slice may need. */
struct writes {
	struct slice *slice;
	struct put_product *products;
	struct put_sku *skus;
	struct put_revision *revisions;
	struct content_sku *revision_skus;
	struct price *prices;
	struct value *overtaken;
	struct list certificates, images;
	size_t product_count, sku_count, revision_count, revision_sku_count, price_count,
		overtaken_count;
	struct buffer scratch;
};

static enum err writes_begin(struct writes *w, struct slice *slice)
{
	struct arena *arena = slice->arena;
	size_t plans = slice->plan_count + 1, lines = slice->line_count + 1;

	*w = (struct writes){
		.slice = slice,
		.products = arena_take(arena, plans * sizeof(*w->products)),
		.skus = arena_take(arena, lines * sizeof(*w->skus)),
		.revisions = arena_take(arena, plans * sizeof(*w->revisions)),
		.revision_skus =
			arena_take(arena, (lines + slice->skus.count) * sizeof(*w->revision_skus)),
		.prices = arena_take(arena, lines * sizeof(*w->prices)),
		.overtaken = arena_take(arena, plans * sizeof(*w->overtaken)),
		.scratch = { .max = KIB(256) },
	};
	return w->products && w->skus && w->revisions && w->revision_skus && w->prices &&
			       w->overtaken
		       ? OK
		       : ERR_MEMORY;
}

/* ---- revisions ------------------------------------------------------------------------------- */

static struct text present(struct text t)
{
	return t.at ? t : TEXT("");
}

static struct text absent_if_empty(struct text t)
{
	return t.size ? t : NO_TEXT;
}

static struct content_sku sku_content(struct id revision, int64_t number, struct text code,
				      const struct catalogue_row *row)
{
	return (struct content_sku){
		.revision = revision,
		.sku = number,
		.code = code,
		.specification = row->specification,
		.sale_unit = row->sale_unit,
		.weight_g = row->weight_g > 0 ? row->weight_g : INT_NONE,
		.barcode = absent_if_empty(row->barcode),
		.minimum = row->minimum,
		.multiple = row->multiple,
		.stock = INT_NONE,
	};
}

/* The price that the new revision carries for a line. */
static enum err line_ladder(struct writes *w, const struct line *line, struct content_sku *out)
{
	bool carries = line->fate == PRICE_WAITS || line->fate == PRICE_CARRIED ||
		       (w->slice->publication->approved && line->fate == PRICE_MOVES);

	if (!carries)
		return OK;
	out->ladder = ladder_format(&line->row.ladder, w->slice->arena);
	out->price_reason = absent_if_empty(line->row.price_reason);
	if (line->fate == PRICE_CARRIED && !out->price_reason.at)
		out->price_reason = absent_if_empty(line->base->reason);
	return out->ladder.at ? OK : ERR_MEMORY;
}

/* A SKU that the file does not name goes over as it is; so does a price that it waits for. */
static bool other_keeps_ladder(const struct writes *w, const struct product_plan *plan,
			       const struct known_sku *sku)
{
	const struct price key = { .sku = sku->sku };

	if (w->slice->publication->approved || plan->base->state == REVISION_APPROVED)
		return false;
	if (plan->base->state == REVISION_SUBMITTED)
		return true;
	for (size_t i = 0; i < w->slice->prices.count; i++)
		if (LIST_ITEM(w->slice->prices, struct price, i)->sku == key.sku)
			return false;
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct content_sku *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

/* All SKUs of the new revision, by number; @skus is where they were put. */
static enum err revision_skus_add(struct writes *w, const struct product_plan *plan,
				  struct list *skus)
{
	struct content_sku *first = &w->revision_skus[w->revision_sku_count], *at = first;
	enum err e = OK;

	for (size_t i = 0; i < plan->count && !e; i++, at++) {
		const struct line *line = &plan->lines[i];

		*at = sku_content(plan->revision, line->sku, line->row.code, &line->row);
		e = line_ladder(w, line, at);
	}
	for (size_t i = 0; i < plan->sku_count; i++) {
		const struct known_sku *sku = &plan->skus[i];

		if (plan_names(plan, sku->sku))
			continue;
		*at = sku_content(plan->revision, sku->sku, sku->code, &sku->row);
		if (other_keeps_ladder(w, plan, sku)) {
			at->ladder = sku->ladder;
			at->price_reason = sku->reason;
		}
		at++;
	}
	*skus = (struct list){ .at = first, .count = (size_t)(at - first) };
	w->revision_sku_count += skus->count;
	qsort(first, skus->count, sizeof(*first), by_number);
	return e;
}

/* Whether @name is one of the certificates joined by 、. */
static bool names_certificate(struct text all, struct text name)
{
	static const char separator[] = "、";

	for (size_t at = 0; at < all.size;) {
		const char *found =
			memmem(all.at + at, all.size - at, separator, sizeof(separator) - 1);
		size_t end = found ? (size_t)(found - all.at) : all.size;

		if (text_equal(text_part(all, at, end - at), name))
			return true;
		at = found ? end + sizeof(separator) - 1 : all.size;
	}
	return false;
}

/* Certificates that are still named, and all pictures, go over. */
static enum err extras_add(struct writes *w, const struct product_plan *plan,
			   struct content *content)
{
	struct arena *arena = w->slice->arena;
	size_t certificate_count = 0, image_count = 0;
	const struct certificate *certificates =
		plan->base ? slice_certificates(w->slice, plan->base->id, &certificate_count)
			   : NULL;
	const struct content_image *images =
		plan->base ? slice_images(w->slice, plan->base->id, &image_count) : NULL;

	for (size_t i = 0; i < certificate_count; i++) {
		if (!names_certificate(content->certificates, certificates[i].name))
			continue;
		struct certificate *put = list_add(&w->certificates, arena, sizeof(*put));
		struct certificate *told =
			list_add(&content->certificate_list, arena, sizeof(*told));
		if (!put || !told)
			return ERR_MEMORY;
		*put = certificates[i];
		put->revision = plan->revision;
		put->place = (int64_t)content->certificate_list.count;
		*told = *put;
	}
	for (size_t i = 0; i < image_count; i++) {
		struct content_image *put = list_add(&w->images, arena, sizeof(*put));
		struct content_image *told = list_add(&content->images, arena, sizeof(*told));

		if (!put || !told)
			return ERR_MEMORY;
		*put = images[i];
		put->revision = plan->revision;
		*told = *put;
	}
	return OK;
}

static struct content content_of(const struct put_revision *revision)
{
	const struct catalogue_row *row = &revision->row;

	return (struct content){
		.name = row->name,
		.county = row->county,
		.category = row->category,
		.storage = row->storage,
		.shelf_days = row->shelf_days,
		.certificates = row->certificates,
		.remark = row->remark,
		.brand = row->brand,
		.producer = row->producer,
		.origin = row->origin,
		.farmers = row->farmers,
		.households = row->households,
		.agency = revision->agency,
		.mandate = revision->mandate,
		.mandate_until = revision->mandate_until,
		.vat_kind = row->vat_kind,
		.vat_rate = row->vat_rate,
	};
}

static struct put_revision revision_row(const struct writes *w, const struct product_plan *plan)
{
	const struct tx *tx = w->slice->tx;
	bool approved = w->slice->publication->approved;
	struct put_revision revision = {
		.id = plan->revision,
		.product = plan->product,
		.supplier = w->slice->publication->supplier,
		.state = approved ? REVISION_APPROVED : REVISION_SUBMITTED,
		.row = plan->lines[0].row,
		.agency = plan->base && plan->base->agency,
		.mandate = plan->base ? plan->base->mandate : NO_ID,
		.mandate_until = plan->base ? plan->base->mandate_until : DAY_NONE,
		.submitted_by = tx->actor->user,
		.now = tx->now,
		.decided_at = approved ? tx->now : INT_NONE,
	};
	struct catalogue_row *row = &revision.row;
	struct text *const texts[] = { &row->certificates, &row->remark, &row->brand,
				       &row->producer,     &row->origin, &row->farmers };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		*texts[i] = present(*texts[i]);
	if (row->households < 1)
		row->households = INT_NONE;
	return revision;
}

static enum err revision_add(struct writes *w, const struct product_plan *plan)
{
	struct put_revision *revision = &w->revisions[w->revision_count++];
	struct digest digest;

	*revision = revision_row(w, plan);
	struct content content = content_of(revision);
	enum err e = revision_skus_add(w, plan, &content.skus);
	if (!e)
		e = extras_add(w, plan, &content);
	if (!e)
		e = content_digest(&content, &w->scratch, &digest);
	if (e)
		return e;
	revision->digest = arena_text(w->slice->arena,
				      (struct text){ (const char *)digest.bytes, DIGEST_SIZE });
	return revision->digest.at ? OK : ERR_MEMORY;
}

/* ---- products -------------------------------------------------------------------------------- */

/* What waited for a decision, and is overtaken or withdrawn. */
static void overtake(struct writes *w, const struct product_plan *plan)
{
	if (plan->known && !id_is_none(plan->known->waiting))
		w->overtaken[w->overtaken_count++] = value_id(plan->known->waiting);
}

/* Of what was handed in the newest: a draft is named by itself, and may go away. */
static struct id latest_of(const struct product_plan *plan)
{
	return plan->fate == PRODUCT_WITHDRAWN ? plan->known->approved : plan->revision;
}

static void product_add(struct writes *w, const struct product_plan *plan)
{
	const struct publication *publication = w->slice->publication;

	w->products[w->product_count++] = (struct put_product){
		.id = plan->product,
		.supplier = publication->supplier,
		.approved = publication->approved ? plan->revision : NO_ID,
		.latest = latest_of(plan),
		.listed = true,
		.now = w->slice->tx->now,
	};
}

static enum err plan_add(struct writes *w, const struct product_plan *plan)
{
	const struct line *line = &plan->lines[0];

	if (plan->fate == PRODUCT_STANDS)
		return OK;
	overtake(w, plan);
	product_add(w, plan);
	if (plan->fate == PRODUCT_WITHDRAWN)
		return OK;
	if (plan->fate == PRODUCT_CREATED)
		w->skus[w->sku_count++] =
			(struct put_sku){ line->sku, plan->product, w->slice->publication->supplier,
					  line->row.code, w->slice->tx->now };
	return revision_add(w, plan);
}

/* ---- prices ---------------------------------------------------------------------------------- */

/* What moves at once lies within the band and needs no reason; one that explains the price in force
 * may be put in other words. */
static void price_add(struct writes *w, const struct line *line)
{
	const struct price *price = line->price;
	bool explains = w->slice->publication->approved ||
			(price && ladder_equal(&line->row.ladder, &price->ladder));

	w->prices[w->price_count++] = (struct price){
		.sku = line->sku,
		.ladder = line->row.ladder,
		.reason = explains ? absent_if_empty(line->row.price_reason) : NO_TEXT,
	};
}

static void prices_add(struct writes *w)
{
	bool approved = w->slice->publication->approved;

	for (size_t i = 0; i < w->slice->line_count; i++) {
		const struct line *line = &w->slice->lines[i];

		if (line->priced || (approved && line->created))
			price_add(w, line);
	}
	if (w->price_count)
		qsort(w->prices, w->price_count, sizeof(*w->prices), by_price_sku);
}

/* ---- the slice ------------------------------------------------------------------------------- */

static enum err writes_send(const struct writes *w)
{
	struct tx *tx = w->slice->tx;
	struct db *db = tx->db;
	enum err e = revisions_supersede(db, w->overtaken, w->overtaken_count);

	if (!e)
		e = products_put(db, w->products, w->product_count);
	if (!e)
		e = skus_insert(db, w->skus, w->sku_count);
	if (!e)
		e = revisions_insert(db, w->revisions, w->revision_count);
	if (!e)
		e = revision_skus_insert(db, w->revision_skus, w->revision_sku_count);
	if (!e)
		e = certificates_insert(db, w->certificates.at, w->certificates.count);
	if (!e)
		e = images_insert(db, w->images.at, w->images.count);
	return e ? e : prices_put(tx, w->prices, w->price_count);
}

enum err slice_write(struct slice *slice)
{
	struct writes w;
	enum err e = writes_begin(&w, slice);

	for (size_t i = 0; i < slice->plan_count && !e; i++)
		e = plan_add(&w, &slice->plans[i]);
	if (!e) {
		prices_add(&w);
		e = writes_send(&w);
	}
	buffer_free(&w.scratch);
	return e;
}
