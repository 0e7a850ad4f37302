/*
 * A page of the reviewers' queue, and one revision beside what it would replace. A page takes as
 * many statements as there are kinds of things in it, however many revisions it has.
 */
#include "review_rows.h"

#include <stdlib.h>

/* ---- prices against their bands ---- */

/* The SKUs whose price the revisions would change, ascending. */
static enum err skus_asking(const struct list *reviews, struct arena *arena, struct list *out)
{
	for (size_t i = 0; i < reviews->count; i++) {
		const struct review *review = LIST_ITEM(*reviews, struct review, i);

		for (size_t j = 0; j < review->skus.count; j++) {
			const struct review_sku *sku =
				LIST_ITEM(review->skus, struct review_sku, j);
			int64_t *to = sku->asked.count ? list_add(out, arena, sizeof(*to)) : NULL;

			if (to)
				*to = sku->sku;
			else if (sku->asked.count)
				return ERR_MEMORY;
		}
	}
	if (out->count)
		qsort(out->at, out->count, sizeof(int64_t), sku_order);
	return OK;
}

static enum err bands_of_review(struct review *review, const struct list *lows, const void *view,
				struct arena *arena)
{
	int64_t median = view ? view_median(view, review->category) : INT_NONE;

	for (size_t i = 0; i < review->skus.count; i++) {
		const struct review_sku *sku = LIST_ITEM(review->skus, struct review_sku, i);
		const struct price_low *low = price_low_of(lows, sku->sku);
		const struct price_band band = {
			.lowest_fen = low ? low->unit_price_fen : INT_NONE,
			.median_per_500g = median,
			.floor = low ? &low->floor : NULL,
			.now = sku->present.count ? &sku->present : NULL,
		};
		struct review_flag flag, *to;

		if (!price_needs_reason(sku, &band, &flag))
			continue;
		to = list_add(&review->flags, arena, sizeof(*to));
		if (!to)
			return ERR_MEMORY;
		*to = flag;
	}
	return OK;
}

enum err review_bands_read(struct db *db, struct arena *arena, const struct review_filter *filter,
			   struct list *reviews)
{
	struct list skus = { 0 }, lows = { 0 };
	enum err e = skus_asking(reviews, arena, &skus);

	if (!e && skus.count)
		e = (filter->locked ? price_lows_lock : price_lows)(
			db, skus.at, skus.count, filter->now - PRICE_HISTORY_DAYS * DAY_US, arena,
			&lows);
	for (size_t i = 0; i < reviews->count && !e; i++)
		e = bands_of_review(LIST_ITEM(*reviews, struct review, i), &lows, filter->view,
				    arena);
	return e;
}

/* ---- a page ---- */

static enum err reviews_fill(struct db *db, struct arena *arena, const struct review_filter *filter,
			     struct list *reviews)
{
	enum err e = OK;

	if (!reviews->count)
		return OK;
	e = review_skus_read(db, arena, false, reviews);
	if (!e)
		e = review_certificates_read(db, arena, false, reviews);
	if (!e)
		e = review_images_read(db, arena, reviews);
	for (size_t i = 0; i < reviews->count && !e; i++) {
		struct review *review = LIST_ITEM(*reviews, struct review, i);

		review->age_days = (filter->now - review->submitted_at) / DAY_US;
		e = review_flags_plain(review, day_of(filter->now), arena);
	}
	if (!e)
		e = review_bands_read(db, arena, filter, reviews);
	return e ? e : review_repeated_read(db, arena, reviews);
}

/* Keeps those with the flag, at most @limit; *next: the last one that was looked at, NO_ID when
 * there are no more behind it. */
static void keep_flagged(const struct review_filter *filter, bool more, struct list *list,
			 struct id *next)
{
	size_t kept = 0, i = 0;

	for (; i < list->count && kept < (size_t)filter->limit; i++) {
		struct review *review = LIST_ITEM(*list, struct review, i);

		if (filter->flag == SMALL_NONE || review_has_flag(review, filter->flag))
			*LIST_ITEM(*list, struct review, kept++) = *review;
		*next = LIST_ITEM(*list, struct review, i)->id;
	}
	if (i == list->count && !more)
		*next = NO_ID;
	list->count = kept;
}

enum err review_list(struct db *db, struct arena *arena, const struct review_filter *filter,
		     struct list *out, struct id *next)
{
	int64_t rows = filter->flag == SMALL_NONE ? filter->limit : REVIEWS_LOOKED_AT;
	enum err e = reviews_select(db, arena, filter, rows + 1, out);
	bool more = out->count > (size_t)rows;

	*next = NO_ID;
	if (e)
		return e;
	if (more)
		out->count = (size_t)rows;
	e = reviews_fill(db, arena, filter, out);
	if (!e)
		keep_flagged(filter, more, out, next);
	return e;
}

/* ---- one ---- */

static enum err content_json(const struct review *approved, struct arena *arena, struct text *out)
{
	struct buffer buffer = { .max = MIB(1) };
	struct json json = { .out = &buffer };

	json_open(&json, NULL, '{');
	json_id(&json, "id", approved->id);
	json_fields(&json, "content", review_content_fields, review_content_field_count, approved);
	json_list(&json, "skus", review_sku_shown_fields, review_sku_shown_field_count,
		  sizeof(struct review_sku), &approved->skus);
	json_close(&json, '}');
	*out = buffer.failed ? NO_TEXT : arena_text(arena, buffer_text(&buffer));
	buffer_free(&buffer);
	return out->at ? OK : ERR_MEMORY;
}

/* The approved revision, and what differs from it. */
static enum err compare(struct db *db, struct arena *arena, const struct review_filter *filter,
			struct review *review)
{
	struct review approved = { .state = 0 };
	struct list one = { .at = &approved, .count = 1, .room = 1 };

	if (id_is_none(review->approved) || id_equal(review->approved, review->id))
		return OK;
	enum err e = review_select(db, arena, filter->scope, review->approved, &approved);
	if (!e)
		e = review_skus_read(db, arena, false, &one);
	if (!e)
		e = review_certificates_read(db, arena, false, &one);
	if (!e)
		e = review_images_read(db, arena, &one);
	if (!e)
		e = content_json(&approved, arena, &review->approved_content);
	return e ? e : review_differences(&approved, review, arena, &review->differences);
}

enum err review_read(struct db *db, struct arena *arena, const struct review_filter *filter,
		     struct id id, struct review *out)
{
	struct list one = { .at = out, .count = 1, .room = 1 };
	enum err e = review_select(db, arena, filter->scope, id, out);

	if (!e)
		e = reviews_fill(db, arena, filter, &one);
	if (!e)
		e = compare(db, arena, filter, out);
	return e ? e : review_history_read(db, arena, out);
}
