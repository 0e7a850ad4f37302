/*
 * A supplier's own products over HTTP: lists, one product, its revisions, the switch that lists it.
 * All of it reads the database: a write shows at once.
 */
#include "category.h"
#include "goods_day.h"
#include "product_draft.h"

struct supplier_query {
	struct page page;
	int32_t state, stock, listed, on_sale, expiring;
	struct text category, q;
};
static const char *const flag_words[] = { "false", "true", NULL };
static const struct field supplier_query_fields[] = {
	PAGE_FIELDS(supplier_query),
	{ "state", KIND_WORD, FIELD_AT(supplier_query, state), .only = IN, .optional = true,
	  .words = revision_words },
	{ "stock", KIND_WORD, FIELD_AT(supplier_query, stock), .only = IN, .optional = true,
	  .words = stock_filter_words },
	{ "listed", KIND_WORD, FIELD_AT(supplier_query, listed), .only = IN, .optional = true,
	  .words = flag_words },
	{ "on_sale", KIND_WORD, FIELD_AT(supplier_query, on_sale), .only = IN, .optional = true,
	  .words = flag_words },
	{ "expiring", KIND_WORD, FIELD_AT(supplier_query, expiring), .only = IN, .optional = true,
	  .words = flag_words },
	{ "category", KIND_TEXT, FIELD_AT(supplier_query, category), .only = IN, .optional = true,
	  .min = 2, .max = 4, .check = category_code_is_formed },
	{ "q", KIND_TEXT, FIELD_AT(supplier_query, q), .only = IN, .optional = true, .min = 1,
	  .max = 60 },
};

static struct text product_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct supplier_product *)row)->id);
}

/* @q anywhere in a text; what LIKE would take for more than itself is escaped. NO_TEXT for NO_TEXT
 * and when out of memory. */
static struct text part_pattern(struct arena *arena, struct text q, bool upper)
{
	char *at = q.at ? arena_take(arena, 2 * q.size + 2) : NULL;
	size_t size = 0;

	if (!at)
		return NO_TEXT;
	at[size++] = '%';
	for (size_t i = 0; i < q.size; i++) {
		char c = q.at[i];

		if (upper && (unsigned char)c >= 0x80) /* codes are of ASCII */
			return NO_TEXT;
		if (c == '%' || c == '_' || c == '\\')
			at[size++] = '\\';
		at[size++] = upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	at[size++] = '%';
	return (struct text){ at, size };
}

enum err get_supplier_products(struct req *rq)
{
	struct supplier_query query = { 0 };
	struct supplier_products_filter filter = { .supplier = rq->actor.organisation };
	struct list products = { 0 };
	enum err e;

	if (catalogue_export_wanted(rq))
		return catalogue_export_get(rq);
	e = page_read_id(rq, supplier_query_fields, COUNT_OF(supplier_query_fields), &query,
			 &filter.after);

	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	filter.state = query.state;
	filter.stock = query.stock;
	filter.listed = query.listed;
	filter.on_sale = query.on_sale;
	filter.expiring = query.expiring;
	filter.soon = day_of(rq->now) + PAPER_SOON_DAYS;
	filter.category = query.category;
	filter.pattern = part_pattern(rq->arena, query.q, false);
	filter.code_pattern = part_pattern(rq->arena, query.q, true);
	filter.limit = limit + 1;
	e = supplier_product_list(rq->db, rq->arena, &filter, &products);
	return e ? e
		 : reply_page(rq, supplier_product_fields, supplier_product_field_count - 1,
			      sizeof(struct supplier_product), &products, limit, product_cursor);
}

enum err get_supplier_product(struct req *rq)
{
	struct supplier_product product = { .version = 0 };
	enum err e = supplier_product_read(rq->db, rq->arena, rq->actor.organisation,
					   req_path_id(rq, "id"), &product);

	if (!e)
		e = reply_version_of_body(rq, product.version);
	return e ? e
		 : reply_fields(rq, supplier_product_fields, supplier_product_field_count,
				&product);
}

/* ---- revisions ---------------------------------------------------------------------------------
 */

struct revisions_query {
	struct page page;
};
static const struct field revisions_query_fields[] = { PAGE_FIELDS(revisions_query) };

static struct text revision_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct product_revision *)row)->id);
}

enum err get_product_revisions(struct req *rq)
{
	struct revisions_query query = { 0 };
	struct supplier_product product = { .version = 0 };
	struct list revisions = { 0 };
	struct id before, id = req_path_id(rq, "id");
	enum err e = page_read_id(rq, revisions_query_fields, COUNT_OF(revisions_query_fields),
				  &query, &before);

	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = product_revisions_list(rq->db, rq->arena, rq->actor.organisation, id, before, limit + 1,
				   &revisions);
	if (!e && !revisions.count) /* of none: is there such a product? */
		e = supplier_product_read(rq->db, rq->arena, rq->actor.organisation, id, &product);
	for (size_t i = 0; i < revisions.count && !e; i++)
		e = product_revision_show(LIST_ITEM(revisions, struct product_revision, i),
					  rq->arena);
	return e ? e
		 : reply_page(rq, product_revision_fields, product_revision_field_count,
			      sizeof(struct product_revision), &revisions, limit, revision_cursor);
}

enum err get_product_revision(struct req *rq)
{
	struct product_revision revision = { .version = 0 };
	enum err e = product_revision_read(rq->db, rq->arena, rq->actor.organisation,
					   req_path_id(rq, "id"), req_path_id(rq, "revision"),
					   &revision);

	if (!e)
		e = product_revision_show(&revision, rq->arena);
	if (!e)
		e = reply_version_of_body(rq, revision.version);
	return e ? e
		 : reply_fields(rq, product_revision_fields, product_revision_field_count,
				&revision);
}

/* ---- the switch --------------------------------------------------------------------------------
 */

enum err put_listing(struct req *rq)
{
	struct listing listing = { .product = req_path_id(rq, "id") };
	enum err e = req_version(rq, &listing.seen);

	if (!e)
		e = json_read(rq, listing_fields, listing_field_count, &listing);
	if (!e)
		e = run_event(rq, product_list, &listing, listing_fields, listing_field_count);
	if (!e)
		view_kick(rq->app);
	return e;
}
