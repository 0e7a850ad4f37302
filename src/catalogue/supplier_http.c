/* A supplier's own products: what is sold, exact stock, and the revisions on their way. */
#include "revisions.h"

struct supplier_query {
	struct page page;
};
static const struct field supplier_query_fields[] = { PAGE_FIELDS(supplier_query) };

static struct text product_cursor(struct arena *arena, const void *row)
{
	const struct supplier_product *product = row;

	return page_cursor_number(arena, product->sku);
}

enum err get_supplier_products(struct req *rq)
{
	struct supplier_query query = { 0 };
	struct list products = { 0 };
	int64_t after;
	enum err e = query_read(rq, supplier_query_fields, COUNT_OF(supplier_query_fields), &query);

	if (!e)
		e = page_after_number(rq, &query.page, &after);
	if (e)
		return e;
	int64_t limit = page_limit(&query.page);
	e = supplier_product_list(rq->db, rq->arena, rq->actor.organisation, after, limit + 1,
				  &products);
	return e ? e
		 : reply_page(rq, supplier_product_fields, supplier_product_field_count - 1,
			      sizeof(struct supplier_product), &products, limit, product_cursor);
}

enum err get_supplier_product(struct req *rq)
{
	struct supplier_product product = { .sku = 0 };
	enum err e = supplier_product_read(rq->db, rq->arena, rq->actor.organisation,
					   req_path_id(rq, "id"), &product);

	return e ? e
		 : reply_fields(rq, supplier_product_fields, supplier_product_field_count,
				&product);
}
