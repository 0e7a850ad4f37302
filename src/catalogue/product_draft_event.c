/*
 * What suppliers do with their products and drafts. Each event begins with the lock that
 * publications of the same supplier wait for, so that codes cannot change under it; then the
 * product; then what was given is held against what the database knows now. An event may run again:
 * it works on a copy of what was given.
 */
#include "product_draft.h"

#include "publishing.h"
#include "view.h"

#include <string.h>

int64_t median_of(const void *view, struct text category)
{
	return view && category.at ? view_median(view, category) : INT_NONE;
}

/* ---- the trail ---------------------------------------------------------------------------------
 */

static const struct field sku_trail_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(content_sku, sku) },
	{ "code", KIND_TEXT, FIELD_AT(content_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(content_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(content_sku, sale_unit) },
	{ "weight_g", KIND_INT, FIELD_AT(content_sku, weight_g), .optional = true },
	{ "barcode", KIND_TEXT, FIELD_AT(content_sku, barcode), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(content_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(content_sku, multiple) },
	{ "ladder", KIND_TEXT, FIELD_AT(content_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(content_sku, price_reason), .optional = true },
	{ "joins", KIND_BOOL, FIELD_AT(content_sku, joins) },
};

#define TRAIL_TEXT(member)                                                                         \
	{                                                                                          \
#member, KIND_TEXT, FIELD_AT(product_revision, content.member)                     \
	}
/* clang-format off */
static const struct field trail_fields[] = {
	{ "product", KIND_ID, FIELD_AT(product_revision, product) },
	{ "state", KIND_WORD, FIELD_AT(product_revision, state), .words = revision_words },
	{ "version", KIND_INT, FIELD_AT(product_revision, version) },
	TRAIL_TEXT(name),
	TRAIL_TEXT(county),
	TRAIL_TEXT(category),
	TRAIL_TEXT(storage),
	{ "shelf_days", KIND_SMALL, FIELD_AT(product_revision, content.shelf_days),
	  .optional = true },
	TRAIL_TEXT(remark),
	TRAIL_TEXT(brand),
	TRAIL_TEXT(producer),
	TRAIL_TEXT(origin),
	TRAIL_TEXT(farmers),
	{ "households", KIND_INT, FIELD_AT(product_revision, content.households),
	  .optional = true },
	{ "agency", KIND_BOOL, FIELD_AT(product_revision, content.agency) },
	{ "mandate", KIND_ID, FIELD_AT(product_revision, content.mandate), .optional = true },
	{ "mandate_until", KIND_DAY, FIELD_AT(product_revision, content.mandate_until),
	  .optional = true },
	{ "vat_kind", KIND_WORD, FIELD_AT(product_revision, content.vat_kind),
	  .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(product_revision, content.vat_rate) },
	{ "certificates", KIND_LIST, FIELD_AT(product_revision, content.certificate_list),
	  .of = certificate_fields, .of_count = CERTIFICATE_FIELD_COUNT,
	  .of_size = sizeof(struct certificate) },
	{ "images", KIND_LIST, FIELD_AT(product_revision, content.images),
	  .of = content_image_fields, .of_count = CONTENT_IMAGE_FIELD_COUNT,
	  .of_size = sizeof(struct content_image) },
	{ "skus", KIND_LIST, FIELD_AT(product_revision, content.skus), .of = sku_trail_fields,
	  .of_count = COUNT_OF(sku_trail_fields), .of_size = sizeof(struct content_sku) },
};
/* clang-format on */

static enum err note(struct tx *tx, const char *kind, const struct product_revision *before,
		     const struct product_revision *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = (after ? after : before)->id,
						     .fields = trail_fields,
						     .field_count = COUNT_OF(trail_fields),
						     .before = before,
						     .after = after });
}

/* ---- what was given ----------------------------------------------------------------------------
 */

static struct look look_of(struct tx *tx, const struct draft_work *work, struct id product)
{
	return (struct look){
		.db = tx->db,
		.arena = tx->arena,
		.problems = tx->problems,
		.supplier = work->out.supplier,
		.product = product,
		.submits = work->submit,
		.now = tx->now,
		.median_per_500g = median_of(work->view, work->given.category),
	};
}

static enum err digest_put(struct tx *tx, struct product_revision *revision)
{
	struct buffer scratch = { .max = MIB(1) };
	struct digest digest;
	enum err e = content_digest(&revision->content, &scratch, &digest);

	buffer_free(&scratch);
	if (e)
		return e;
	revision->digest = arena_text(
		tx->arena, (struct text){ (const char *)digest.bytes, sizeof(digest.bytes) });
	return revision->digest.at ? OK : ERR_MEMORY;
}

static enum err new_codes_number(struct tx *tx, struct list *skus)
{
	size_t count = 0;
	int64_t next = 0;

	for (size_t i = 0; i < skus->count; i++)
		count += LIST_ITEM(*skus, struct content_sku, i)->is_new;
	enum err e = count ? numbers_take(tx->app, NUMBER_SKU, count, &next) : OK;
	for (size_t i = 0; i < skus->count && !e; i++) {
		struct content_sku *sku = LIST_ITEM(*skus, struct content_sku, i);

		if (sku->is_new)
			sku->sku = next++;
	}
	return e;
}

/*
 * Makes work->out what is to be written: a copy of what was given, with numbers of its codes, under
 * the locks. @product: NO_ID for one that is being made.
 */
static enum err draft_prepare(struct tx *tx, struct draft_work *work, struct id product)
{
	struct product_revision *out = &work->out;
	struct look look = look_of(tx, work, product);
	enum err e;

	out->state = REVISION_DRAFT;
	out->version = 1;
	out->content = work->given;
	out->submitted_by = tx->actor->user;
	out->submitted_at = tx->now;
	out->decided_at = INT_NONE;
	out->content.skus.at = arena_copy(tx->arena, work->given.skus.at,
					  work->given.skus.count * sizeof(struct content_sku));
	if (!out->content.skus.at)
		return ERR_MEMORY;
	e = look_at_codes(&look, &out->content);
	if (!e && work->submit)
		e = look_at_prices(&look, &out->content);
	if (!e && tx->problems->items.count)
		e = ERR_REFUSED;
	if (!e)
		e = new_codes_number(tx, &out->content.skus);
	return e ? e : digest_put(tx, out);
}

/* ---- submission --------------------------------------------------------------------------------
 */

static bool asks_for_prices(const struct content *content)
{
	for (size_t i = 0; i < content->skus.count; i++)
		if (LIST_ITEM(content->skus, struct content_sku, i)->ladder.at)
			return true;
	return false;
}

/* Rows of earlier releases have a digest of another form: what was approved is looked at itself. */
static enum err check_changed(struct tx *tx, const struct product_revision *draft,
			      struct id approved)
{
	struct product_revision old = { .version = 0 };
	enum err e;

	if (id_is_none(approved) || asks_for_prices(&draft->content))
		return OK;
	e = product_revision_read(tx->db, tx->arena, draft->supplier, draft->product, approved,
				  &old);
	if (!e)
		e = digest_put(tx, &old);
	return e ? e : text_equal(old.digest, draft->digest) ? ERR_UNCHANGED : OK;
}

static enum err submit(struct tx *tx, struct product_revision *draft, struct id approved)
{
	enum err e = check_changed(tx, draft, approved);

	if (!e)
		e = product_submit(tx->db, draft);
	draft->state = REVISION_SUBMITTED;
	draft->version++;
	return e;
}

/* ---- products and drafts -----------------------------------------------------------------------
 */

enum err product_create(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision *out = &work->out;
	enum err e = publication_lock(tx->db, out->supplier);

	if (!e)
		e = draft_prepare(tx, work, NO_ID);
	if (!e)
		e = product_insert(tx->db, out, tx->now);
	if (!e)
		e = product_skus_insert(tx, out);
	if (!e)
		e = product_revision_insert(tx->db, out);
	if (!e && work->submit)
		e = submit(tx, out, NO_ID);
	if (!e)
		e = note(tx, "product.created", NULL, out);
	return e ? e : product_revision_show(out, tx->arena);
}

enum err draft_create(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision *out = &work->out;
	struct product_head head = { .version = 0 };
	enum err e = publication_lock(tx->db, out->supplier);

	if (!e)
		e = product_lock(tx->db, tx->arena, out->supplier, out->product, &head);
	if (!e && !id_is_none(head.draft))
		return ERR_DRAFT_EXISTS;
	if (!e)
		e = draft_prepare(tx, work, out->product);
	if (!e)
		e = product_skus_insert(tx, out);
	if (!e)
		e = product_revision_insert(tx->db, out);
	if (!e)
		e = product_draft_set(tx->db, out->product, out->id);
	if (!e && work->submit)
		e = submit(tx, out, head.revision);
	if (!e)
		e = note(tx, work->submit ? "revision.submitted" : "revision.drafted", NULL, out);
	return e ? e : product_revision_show(out, tx->arena);
}

/* The revision in the state that the event is about, its product locked. */
static enum err revision_hold(struct tx *tx, const struct draft_work *work,
			      enum revision_state state, struct product_head *head,
			      struct product_revision *out)
{
	const struct product_revision *wanted = &work->out;
	enum err e = publication_lock(tx->db, wanted->supplier);

	if (!e)
		e = product_lock(tx->db, tx->arena, wanted->supplier, wanted->product, head);
	if (!e)
		e = product_revision_read(tx->db, tx->arena, wanted->supplier, wanted->product,
					  wanted->id, out);
	if (!e && out->state != (int32_t)state)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(word_of(revision_words, out->state))));
	return e;
}

static bool is_seen(const struct draft_work *work, const struct product_revision *revision)
{
	return work->seen == INT_NONE || work->seen == revision->version;
}

enum err draft_change(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision *out = &work->out, before = { .version = 0 };
	struct product_head head = { .version = 0 };
	enum err e = revision_hold(tx, work, REVISION_DRAFT, &head, &before);

	if (!e && !is_seen(work, &before))
		return ERR_PRECONDITION;
	if (!e)
		e = draft_prepare(tx, work, out->product);
	out->version = before.version + 1;
	if (!e)
		e = product_skus_insert(tx, out);
	if (!e)
		e = product_revision_rewrite(tx->db, out, work->seen);
	if (!e)
		e = product_skus_drop(tx->db, out->product, tx->arena);
	if (!e)
		e = product_draft_set(tx->db, out->product, out->id);
	if (!e && work->submit)
		e = submit(tx, out, head.revision);
	if (!e)
		e = note(tx, work->submit ? "revision.submitted" : "revision.changed", &before,
			 out);
	return e ? e : product_revision_show(out, tx->arena);
}

/* A product that has nothing but its draft goes with it, and its codes are free again. */
enum err draft_delete(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision before = { .version = 0 };
	struct product_head head = { .version = 0 };
	int64_t left = 0;
	enum err e = revision_hold(tx, work, REVISION_DRAFT, &head, &before);

	if (!e && !is_seen(work, &before))
		return ERR_PRECONDITION;
	if (!e)
		e = product_revision_delete(tx->db, before.id);
	if (!e)
		e = product_skus_drop(tx->db, before.product, tx->arena);
	if (!e)
		e = product_revision_count(tx->db, before.product, &left);
	if (!e)
		e = left ? product_draft_set(tx->db, before.product, NO_ID)
			 : product_delete(tx->db, before.product);
	return e ? e : note(tx, "revision.deleted", &before, NULL);
}

/* ---- handing in and taking back ----------------------------------------------------------------
 */

enum err content_again(const struct product_revision *revision, struct arena *arena,
		       struct content *out)
{
	*out = revision->content;
	out->skus = (struct list){ 0 };
	for (size_t i = 0; i < revision->content.skus.count; i++) {
		struct content_sku *sku = list_add(&out->skus, arena, sizeof(*sku));
		struct ladder ladder = { .count = 0 };

		if (!sku)
			return ERR_MEMORY;
		*sku = *LIST_ITEM(revision->content.skus, struct content_sku, i);
		sku->stock = INT_NONE;
		sku->rungs = (struct list){ 0 };
		if (!sku->ladder.at || revision->state == REVISION_APPROVED) {
			sku->ladder = sku->price_reason = NO_TEXT;
			continue;
		}
		if (!ladder_parse(sku->ladder, &ladder))
			return ERR_INTERNAL;
		sku->rungs.at = arena_copy(arena, ladder.rungs, ladder.count * sizeof(struct rung));
		if (!sku->rungs.at)
			return ERR_MEMORY;
		sku->rungs.count = sku->rungs.room = ladder.count;
	}
	return OK;
}

/* All that was looked at when it was written is looked at again: a draft may be old. */
static enum err check_submission(struct tx *tx, struct draft_work *work)
{
	struct look look = look_of(tx, work, work->out.product);
	enum err e = content_judge(&work->given, work->reference, tx->problems);

	if (!e)
		content_judge_days(&work->given, tx->day, tx->problems);
	return e ? e : look_at_files(&look, &work->given);
}

enum err draft_submit(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision *out = &work->out, before = { .version = 0 };
	struct product_head head = { .version = 0 };
	enum err e = revision_hold(tx, work, REVISION_DRAFT, &head, &before);

	work->submit = true;
	if (!e)
		e = content_again(&before, tx->arena, &work->given);
	if (!e)
		e = check_submission(tx, work);
	if (!e)
		e = draft_prepare(tx, work, before.product);
	out->version = before.version;
	if (!e)
		e = submit(tx, out, head.revision);
	if (!e)
		e = note(tx, "revision.submitted", &before, out);
	return e ? e : product_revision_show(out, tx->arena);
}

enum err revision_withdraw(struct tx *tx, void *arg)
{
	struct draft_work *work = arg;
	struct product_revision *out = &work->out, before = { .version = 0 };
	struct product_head head = { .version = 0 };
	enum err e = revision_hold(tx, work, REVISION_SUBMITTED, &head, &before);

	if (e)
		return e;
	*out = before;
	out->state = REVISION_SUPERSEDED;
	out->version++;
	e = product_withdraw(tx->db, &head);
	if (!e)
		e = note(tx, "revision.withdrawn", &before, out);
	return e ? e : product_revision_show(out, tx->arena);
}

/* ---- the switch --------------------------------------------------------------------------------
 */

const struct field listing_fields[] = {
	{ "product", KIND_ID, FIELD_AT(listing, product), .only = OUT },
	{ "listed", KIND_BOOL, FIELD_AT(listing, listed) },
};
const size_t listing_field_count = COUNT_OF(listing_fields);

enum err product_list(struct tx *tx, void *arg)
{
	const struct listing *listing = arg;
	struct listing before = *listing;
	struct product_head head = { .version = 0 };
	struct list skus = { 0 };
	enum err e =
		product_lock(tx->db, tx->arena, tx->actor->organisation, listing->product, &head);

	if (!e && listing->seen != INT_NONE && listing->seen != head.version)
		return ERR_PRECONDITION;
	if (e || head.listed == listing->listed)
		return e;
	before.listed = head.listed;
	e = product_skus_hold(tx->db, listing->product, tx->arena, &skus);
	if (!e && listing->listed && !skus.count)
		return ERR_PRODUCT_EMPTY;
	if (!e)
		e = product_list_set(tx->db, listing->product, listing->listed);
	if (!e)
		e = audit_event(tx,
				&(struct audit_note){ .kind = listing->listed ? "product.listed"
									      : "product.unlisted",
						      .object = listing->product,
						      .fields = listing_fields,
						      .field_count = listing_field_count,
						      .before = &before,
						      .after = listing });
	return e ? e : offers_follow(tx, skus.at, skus.count);
}
