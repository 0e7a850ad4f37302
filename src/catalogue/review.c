/*
 * Rules of reviews, without I/O: what differs between two revisions, what a reviewer should look
 * at, and what a returned point may name. Differences are found by the field tables that answers
 * are written from: two members differ when their JSON does.
 */
#include "review_rows.h"

#include <string.h>

const char *const review_flag_words[] = {
	"first", "price_above_band", "repeated", "certificate_expires_soon", "mandate_expires_soon",
	NULL
};

bool pointer_is_of_review(struct text pointer)
{
	if (!text_starts(pointer, "/"))
		return false;
	struct text rest = text_part(pointer, 1, pointer.size - 1);
	struct text name = text_cut(&rest, '/');
	if (text_is(name, "skus"))
		return true;
	for (size_t i = 0; i < review_content_field_count; i++)
		if (text_is(name, review_content_fields[i].name))
			return true;
	return false;
}

/* ---- certificates ---- */

static const struct review_certificate *held_find(const struct list *held, struct id revision,
						  struct text name, size_t nth)
{
	for (size_t i = 0; i < held->count; i++) {
		const struct review_certificate *one =
			LIST_ITEM(*held, struct review_certificate, i);

		if (id_equal(one->revision, revision) && text_equal(one->name, name) && nth-- == 0)
			return one;
	}
	return NULL;
}

/* Every one that is held under @name, or the bare name. */
static enum err certificates_of_name(struct text name, const struct list *held, struct id revision,
				     struct arena *arena, struct list *out)
{
	for (size_t nth = 0;; nth++) {
		const struct review_certificate *found = held_find(held, revision, name, nth);

		if (!found && nth)
			return OK;
		struct review_certificate *one = list_add(out, arena, sizeof(*one));
		if (!one)
			return ERR_MEMORY;
		*one = found ? *found
			     : (struct review_certificate){ .revision = revision,
							    .name = name,
							    .valid_until = DAY_NONE };
		if (!found)
			return OK;
	}
}

enum err certificates_join(struct text names, const struct list *held, struct id revision,
			   struct arena *arena, struct list *out)
{
	static const char separator[] = "、";
	struct text rest = names;
	enum err e = OK;

	while (rest.size && !e) {
		const char *found = memmem(rest.at, rest.size, separator, sizeof(separator) - 1);
		size_t size = found ? (size_t)(found - rest.at) : rest.size;

		if (size)
			e = certificates_of_name(text_part(rest, 0, size), held, revision, arena,
						 out);
		rest = found ? text_part(rest, size + sizeof(separator) - 1, rest.size) : NO_TEXT;
	}
	return e;
}

/* ---- differences ---- */

/* The JSON of one member, in @arena. */
static struct text member_json(const struct field *field, const void *row, struct arena *arena)
{
	struct buffer out = { .max = MIB(1) };
	size_t head = strlen(field->name) + 4; /* {"name": */

	json_encode(&out, field, 1, row);
	struct text all = out.failed ? NO_TEXT : arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return all.at ? text_part(all, head, all.size - head - 1) : NO_TEXT;
}

static struct text row_json(const struct field *fields, size_t count, const void *row,
			    struct arena *arena)
{
	struct buffer out = { .max = MIB(1) };

	json_encode(&out, fields, count, row);
	struct text all = out.failed ? NO_TEXT : arena_text(arena, buffer_text(&out));
	buffer_free(&out);
	return all;
}

static enum err difference_add(struct list *out, struct arena *arena, struct text pointer,
			       struct text before, struct text after)
{
	struct review_difference *difference = list_add(out, arena, sizeof(*difference));

	if (!difference || !pointer.at || !before.at || !after.at)
		return ERR_MEMORY;
	*difference = (struct review_difference){ pointer, before, after };
	return OK;
}

/* Members of @fields that differ, their pointers behind @place. */
static enum err rows_differ(const char *place, const struct field *fields, size_t count,
			    const void *before, const void *after, struct arena *arena,
			    struct list *out)
{
	for (size_t i = 0; i < count; i++) {
		struct text was = member_json(&fields[i], before, arena);
		struct text is = member_json(&fields[i], after, arena);
		enum err e = was.at && is.at ? OK : ERR_MEMORY;

		if (!e && !text_equal(was, is))
			e = difference_add(out, arena,
					   arena_print(arena, "%s/%s", place, fields[i].name), was,
					   is);
		if (e)
			return e;
	}
	return OK;
}

static enum err price_differs(const char *place, const struct review_sku *sku, struct arena *arena,
			      struct list *out)
{
	if (!sku->ladder.at ||
	    (sku->present_ladder.at && text_equal(sku->ladder, sku->present_ladder)))
		return OK;
	return difference_add(out, arena, arena_print(arena, "%s/ladder", place),
			      sku->present_ladder.at ? sku->present_ladder : TEXT("null"),
			      sku->ladder);
}

static enum err sku_differs(const struct review_sku *before, const struct review_sku *after,
			    struct arena *arena, struct list *out)
{
	const struct review_sku *one = after ? after : before;

	assert(one);
	long long number = (long long)one->sku;
	struct text place = arena_print(arena, "/skus/%lld", number);
	enum err e;

	if (!place.at)
		return ERR_MEMORY;
	if (!before || !after) {
		struct text was =
			before ? row_json(review_sku_fields, review_sku_field_count, before, arena)
			       : TEXT("null");
		struct text is =
			after ? row_json(review_sku_fields, review_sku_field_count, after, arena)
			      : TEXT("null");
		return difference_add(out, arena, place, was, is);
	}
	e = rows_differ(place.at, review_sku_fields, review_sku_field_count, before, after, arena,
			out);
	return e ? e : price_differs(place.at, after, arena, out);
}

enum err review_differences(const struct review *before, const struct review *after,
			    struct arena *arena, struct list *out)
{
	enum err e = rows_differ("", review_content_fields, review_content_field_count, before,
				 after, arena, out);
	size_t i = 0, j = 0;

	/* both ascend by number */
	while (!e && (i < before->skus.count || j < after->skus.count)) {
		const struct review_sku *a = i < before->skus.count
						     ? LIST_ITEM(before->skus, struct review_sku, i)
						     : NULL;
		const struct review_sku *b =
			j < after->skus.count ? LIST_ITEM(after->skus, struct review_sku, j) : NULL;
		bool takes_a = a && (!b || a->sku <= b->sku),
		     takes_b = b && (!a || b->sku <= a->sku);

		e = sku_differs(takes_a ? a : NULL, takes_b ? b : NULL, arena, out);
		i += takes_a;
		j += takes_b;
	}
	return e;
}

/* ---- flags ---- */

bool price_needs_reason(const struct review_sku *sku, const struct price_band *band,
			struct review_flag *flag)
{
	int64_t fen, top;

	if (!sku->asked.count || ladder_equal(&sku->asked, &sku->present) ||
	    !band_is_exceeded(band, sku->weight_g, &sku->asked, &fen, &top))
		return false;
	*flag = (struct review_flag){
		.revision = sku->revision,
		.kind = FLAG_PRICE_ABOVE_BAND,
		.sku = sku->sku,
		.unit_price_fen = fen,
		.top_fen = top,
		.lowest_fen = band->lowest_fen,
		.median_per_500g = band->median_per_500g,
		.reason = sku->price_reason,
		.by = SMALL_NONE,
		.other_sku = INT_NONE,
		.others = INT_NONE,
		.valid_until = DAY_NONE,
	};
	return true;
}

static const struct review_flag no_flag = {
	.sku = INT_NONE,
	.unit_price_fen = INT_NONE,
	.top_fen = INT_NONE,
	.lowest_fen = INT_NONE,
	.median_per_500g = INT_NONE,
	.by = SMALL_NONE,
	.other_sku = INT_NONE,
	.others = INT_NONE,
	.valid_until = DAY_NONE,
};

static enum err flag_add(struct review *review, int32_t kind, struct text certificate,
			 int32_t valid_until, struct arena *arena)
{
	struct review_flag *flag = list_add(&review->flags, arena, sizeof(*flag));

	if (!flag)
		return ERR_MEMORY;
	*flag = no_flag;
	flag->revision = review->id;
	flag->kind = kind;
	flag->certificate = certificate;
	flag->valid_until = valid_until;
	return OK;
}

enum err review_flags_plain(struct review *review, int32_t day, struct arena *arena)
{
	int32_t soon = day + EXPIRES_SOON_DAYS;
	enum err e = OK;

	if (id_is_none(review->approved))
		e = flag_add(review, FLAG_FIRST, NO_TEXT, DAY_NONE, arena);
	for (size_t i = 0; i < review->certificates.count && !e; i++) {
		const struct review_certificate *one =
			LIST_ITEM(review->certificates, struct review_certificate, i);

		if (one->valid_until != DAY_NONE && one->valid_until <= soon)
			e = flag_add(review, FLAG_CERTIFICATE_EXPIRES_SOON, one->name,
				     one->valid_until, arena);
	}
	if (!e && review->mandate_until != DAY_NONE && review->mandate_until <= soon)
		e = flag_add(review, FLAG_MANDATE_EXPIRES_SOON, NO_TEXT, review->mandate_until,
			     arena);
	return e;
}

bool review_has_flag(const struct review *review, int32_t kind)
{
	for (size_t i = 0; i < review->flags.count; i++)
		if (LIST_ITEM(review->flags, struct review_flag, i)->kind == kind)
			return true;
	return false;
}
