/*
 * Categories over HTTP. The list comes from the view, today's as bytes that stand ready; what one
 * category was and will be comes from the database, with the version that a change of it must have
 * seen.
 */
#include "category.h"

#include "view.h"

/* ---- reading --------------------------------------------------------------------------------- */

struct category_query {
	int32_t on;
};
static const struct field category_query_fields[] = {
	{ "on", KIND_DAY, FIELD_AT(category_query, on), .only = IN, .optional = true },
};

void categories_write(const struct list *categories, struct buffer *out)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	json_open(&json, "items", '[');
	for (size_t i = 0; i < categories->count; i++) {
		const struct category *category = LIST_ITEM(*categories, struct category, i);

		if (!category->ended)
			json_fields(&json, NULL, category_fields, category_field_count, category);
	}
	json_close(&json, ']');
	json_text(&json, "next", NO_TEXT);
	json_close(&json, '}');
}

static enum err reply_on(struct req *rq, const struct reference *reference, int32_t day)
{
	struct buffer body = { .max = MIB(1) };
	struct list categories = { 0 };
	enum err e = categories_on(&reference->category_versions, day, rq->arena, &categories);

	if (e)
		return e;
	categories_write(&categories, &body);
	return reply_body(rq, "application/json", &body);
}

enum err get_categories(struct req *rq)
{
	const struct catalogue_view *view = rq->view;
	struct category_query query = { .on = DAY_NONE };
	enum err e = query_read(rq, category_query_fields, COUNT_OF(category_query_fields), &query);

	if (e)
		return e;
	if (!view)
		return ERR_BUSY;
	const struct reference *reference = &view->layers[0].segment->reference;
	if (query.on != DAY_NONE)
		return reply_on(rq, reference, query.on);
	return reply_ready(
		rq, (struct ready){ reference->categories_body, reference->categories_tag }, NULL);
}

enum err get_category(struct req *rq)
{
	struct category_card card;
	struct list versions = { 0 };
	enum err e = category_versions_read(rq->db, rq->arena, &versions);

	if (!e)
		e = category_card_of(&versions, req_path_text(rq, "code"), rq->arena, &card);
	if (!e)
		e = reply_version(rq, card.now.version);
	return e ? e : reply_fields(rq, category_card_fields, category_card_field_count, &card);
}

/* ---- by a reviewer of the platform ----------------------------------------------------------- */

#define WORD_FIELDS                                                                                \
	{ "name", KIND_TEXT, FIELD_AT(category_asked, name), .min = 1, .max = 30 },                \
		{ "name_en", KIND_TEXT, FIELD_AT(category_asked, name_en), .min = 1, .max = 60 },  \
		{ "vat_kind", KIND_WORD, FIELD_AT(category_asked, vat_kind), .words = vat_words }, \
		{ "vat_rate",       KIND_INT, FIELD_AT(category_asked, vat_rate),                  \
		  .optional = true, .min = 0, .max = 100 },                                        \
	{                                                                                          \
		"since", KIND_DAY, FIELD_AT(category_asked, since)                                 \
	}

static const struct field new_category_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(category_asked, code), .min = 2, .max = 4,
	  .check = category_code_is_formed },
	WORD_FIELDS,
};
static const struct field new_version_fields[] = { WORD_FIELDS };
static const struct field new_ending_fields[] = {
	{ "until", KIND_DAY, FIELD_AT(category_asked, until) },
};

static enum err run_change(struct req *rq, event_fn *event, struct category_change *change)
{
	enum err e = run_event(rq, event, change, category_card_fields, category_card_field_count);

	if (!e)
		view_kick(rq->app);
	return e;
}

enum err post_category(struct req *rq)
{
	struct category_change change = { .asked = { .seen = INT_NONE } };
	enum err e =
		json_read(rq, new_category_fields, COUNT_OF(new_category_fields), &change.asked);

	if (!e)
		e = reply_header(rq, "Location",
				 arena_print(rq->arena, "/api/v1/categories/%.*s",
					     TEXT_FMT(change.asked.code)));
	return e ? e : run_change(rq, category_add, &change);
}

/* A change of a category that was seen. */
static enum err post_change(struct req *rq, const struct field *fields, size_t count,
			    event_fn *event)
{
	struct category_change change = { .asked = { .seen = INT_NONE } };
	enum err e = req_version(rq, &change.asked.seen);

	if (!e)
		e = json_read(rq, fields, count, &change.asked);
	change.asked.code = req_path_text(rq, "code");
	return e ? e : run_change(rq, event, &change);
}

enum err post_category_version(struct req *rq)
{
	return post_change(rq, new_version_fields, COUNT_OF(new_version_fields), category_change);
}

enum err post_category_ending(struct req *rq)
{
	return post_change(rq, new_ending_fields, COUNT_OF(new_ending_fields), category_end);
}
