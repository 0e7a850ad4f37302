/*
 * Orders over HTTP: submission through the order desk, lists and single orders with their lines.
 * Scope stands in the statements: what is not the actor's is not found.
 */
#include "ordering_private.h"

static const struct field line_input_fields[] = {
	{ "sku", KIND_REF, FIELD_AT(submitted_line, sku), .min = 1, .max = 99999999 },
	{ "quantity", KIND_INT, FIELD_AT(submitted_line, quantity), .min = 1, .max = QUANTITY_MAX },
	{ "offer", KIND_INT, FIELD_AT(submitted_line, offer), .min = 1, .max = INT64_MAX },
};

static const struct field submission_fields[] = {
	{ "submit", KIND_BOOL, FIELD_AT(submission, submit) },
	{ "terms", KIND_WORD, FIELD_AT(submission, terms), .optional = true, .words = terms_words },
	{ "ship_within_days", KIND_INT, FIELD_AT(submission, ship_within_days), .optional = true,
	  .min = 7, .max = 30 },
	{ "delivery_address", KIND_TEXT, FIELD_AT(submission, delivery_address), .min = 1,
	  .max = 200 },
	{ "note", KIND_TEXT, FIELD_AT(submission, note), .optional = true, .max = 500 },
	{ "lines", KIND_LIST, FIELD_AT(submission, lines), .min = 1, .max = ORDER_LINES_MAX,
	  .of = line_input_fields, .of_count = COUNT_OF(line_input_fields),
	  .of_size = sizeof(struct submitted_line) },
};

static const struct field placed_fields[] = {
	{ "id", KIND_ID, FIELD_AT(supply_order, id) },
	{ "number", KIND_REF, FIELD_AT(supply_order, number) },
	{ "supplier", KIND_ID, FIELD_AT(supply_order, supplier) },
	{ "agreement", KIND_WORD, FIELD_AT(supply_order, agreement), .words = agreement_words },
	{ "line_count", KIND_INT, FIELD_AT(supply_order, line_count) },
	{ "amount_fen", KIND_FEN, FIELD_AT(supply_order, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(supply_order, tax_fen) },
};

const struct field submission_reply_fields[] = {
	{ "id", KIND_ID, FIELD_AT(submission, id) },
	{ "number", KIND_REF, FIELD_AT(submission, number) },
	{ "terms", KIND_WORD, FIELD_AT(submission, terms), .words = terms_words },
	{ "payment_code", KIND_TEXT, FIELD_AT(submission, payment_code) },
	{ "ship_within_days", KIND_INT, FIELD_AT(submission, ship_within_days) },
	{ "line_count", KIND_INT, FIELD_AT(submission, line_count) },
	{ "supply_order_count", KIND_INT, FIELD_AT(submission, supply_order_count) },
	{ "amount_fen", KIND_FEN, FIELD_AT(submission, amount_fen) },
	{ "tax_fen", KIND_FEN, FIELD_AT(submission, tax_fen) },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(submission, submitted_at) },
	{ "supply_orders", KIND_LIST, FIELD_AT(submission, supply_orders), .of = placed_fields,
	  .of_count = COUNT_OF(placed_fields), .of_size = sizeof(struct supply_order) },
};
const size_t submission_reply_field_count = COUNT_OF(submission_reply_fields);

/* What the field table cannot say, and the defaults. */
static enum err submission_check(struct req *rq, struct submission *submission)
{
	enum err e = OK;

	if (!submission->submit)
		e = fail(&rq->problems, ERR_WORD, AT("/submit"), ARG_TEXT(TEXT("true")));
	if (submission->terms == SMALL_NONE)
		submission->terms = PAY_LATER;
	if (submission->ship_within_days == INT_NONE)
		submission->ship_within_days = 7;
	if (submission->ship_within_days != 7 && submission->ship_within_days != 15 &&
	    submission->ship_within_days != 30)
		e = fail(&rq->problems, ERR_WORD, AT("/ship_within_days"),
			 ARG_TEXT(TEXT("7 | 15 | 30")));
	if (!submission->note.at)
		submission->note = TEXT("");
	return e ? ERR_REFUSED : OK;
}

static enum err post_purchase_order(struct req *rq)
{
	struct submission *submission = arena_take(rq->arena, sizeof(*submission));

	if (!submission)
		return ERR_MEMORY;
	enum err e = json_read(rq, submission_fields, COUNT_OF(submission_fields), submission);
	if (e)
		return e;
	e = submission_check(rq, submission);
	e = worse(e, submission_prepare(rq->app, rq->db, rq->view, rq->arena, &rq->problems,
					&rq->actor, rq->now, submission));
	if (e)
		return run_replay(rq, e);
	return run_batched(rq, submission, submission->lines.count, submission_reply_fields,
			   submission_reply_field_count);
}

struct list_query {
	struct page page;
	struct id purchase_order;
	int32_t agreement;
};
static const struct field page_query_fields[] = { PAGE_FIELDS(list_query) };
static const struct field supply_query_fields[] = {
	PAGE_FIELDS(list_query),
	{ "purchase_order", KIND_ID, FIELD_AT(list_query, purchase_order), .optional = true },
	{ "agreement", KIND_WORD, FIELD_AT(list_query, agreement), .optional = true,
	  .words = agreement_words },
};

static struct text purchase_order_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct purchase_order *)row)->id);
}

static struct text supply_order_cursor(struct arena *arena, const void *row)
{
	return page_cursor_id(arena, ((const struct supply_order_answer *)row)->order.id);
}

static struct text line_cursor(struct arena *arena, const void *row)
{
	const struct order_line *line = &((const struct line_answer *)row)->line;
	char id[37];

	return arena_print(arena, "%.*s.%lld", TEXT_FMT(id_format(line->supply_order, id)),
			   (long long)line->line);
}

/* The cursor of lines names the last line seen: "supply order.line". */
static enum err line_cursor_read(struct req *rq, const struct page *page, struct id *order,
				 int64_t *line)
{
	struct text rest = page->after;

	*order = NO_ID;
	*line = 0;
	if (!rest.at)
		return OK;
	if (id_parse(text_cut(&rest, '.'), order) && text_to_int(rest, line) && *line > 0)
		return OK;
	fail(&rq->problems, ERR_FORMAT, AT("after"));
	return ERR_REFUSED;
}

static enum err get_purchase_orders(struct req *rq)
{
	struct list_query query = { 0 };
	struct list orders = { 0 };
	struct id after;

	enum err e =
		page_read_id(rq, page_query_fields, COUNT_OF(page_query_fields), &query, &after);
	if (e)
		return e;
	e = purchase_orders_list(rq->db, &rq->actor, after, page_limit(&query.page) + 1, rq->arena,
				 &orders);
	if (e)
		return e;
	return reply_page(rq, purchase_order_fields, purchase_order_field_count,
			  sizeof(struct purchase_order), &orders, page_limit(&query.page),
			  purchase_order_cursor);
}

static enum err get_purchase_order(struct req *rq)
{
	struct purchase_order order;

	enum err e =
		purchase_order_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &order);
	if (e)
		return e;
	return reply_fields(rq, purchase_order_fields, purchase_order_field_count, &order);
}

static enum err reply_lines(struct req *rq, struct list *lines, const struct page *page)
{
	return reply_page(rq, line_answer_fields, line_answer_field_count,
			  sizeof(struct line_answer), lines, page_limit(page), line_cursor);
}

static enum err get_purchase_order_lines(struct req *rq)
{
	struct purchase_order order;
	struct list_query query = { 0 };
	struct list lines = { 0 };
	struct id after;
	int64_t after_line;

	enum err e = query_read(rq, page_query_fields, COUNT_OF(page_query_fields), &query);
	if (e)
		return e;
	e = line_cursor_read(rq, &query.page, &after, &after_line);
	if (e)
		return e;
	e = purchase_order_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &order);
	if (e)
		return e;
	e = purchase_order_lines_list(rq->db, order.id, after, after_line,
				      page_limit(&query.page) + 1, rq->arena, &lines);
	return e ? e : reply_lines(rq, &lines, &query.page);
}

static enum err get_supply_orders(struct req *rq)
{
	struct list_query query = { 0 };
	struct list orders = { 0 };
	struct id after;

	enum err e = page_read_id(rq, supply_query_fields, COUNT_OF(supply_query_fields), &query,
				  &after);
	if (e)
		return e;
	e = supply_orders_list(rq->db, &rq->actor, query.purchase_order, query.agreement, after,
			       page_limit(&query.page) + 1, rq->arena, &orders);
	if (e)
		return e;
	return reply_page(rq, supply_order_answer_fields, supply_order_answer_field_count,
			  sizeof(struct supply_order_answer), &orders, page_limit(&query.page),
			  supply_order_cursor);
}

static enum err get_supply_order(struct req *rq)
{
	struct supply_order_answer order;

	enum err e =
		supply_order_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &order);
	if (e)
		return e;
	return reply_fields(rq, supply_order_answer_fields, supply_order_answer_field_count,
			    &order);
}

static enum err get_supply_order_lines(struct req *rq)
{
	struct supply_order_answer order;
	struct list_query query = { 0 };
	struct list lines = { 0 };
	struct id after;
	int64_t after_line;

	enum err e = query_read(rq, page_query_fields, COUNT_OF(page_query_fields), &query);
	if (e)
		return e;
	e = line_cursor_read(rq, &query.page, &after, &after_line);
	if (e)
		return e;
	e = supply_order_read(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena, &order);
	if (e)
		return e;
	e = supply_order_lines_list(rq->db, order.order.id, after_line, page_limit(&query.page) + 1,
				    rq->arena, &lines);
	return e ? e : reply_lines(rq, &lines, &query.page);
}

const struct route ordering_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/order-pricings",
	  .handle = post_order_pricing,
	  .roles = MAY_PLACE_ORDERS,
	  .runs = ON_WORKER,
	  .body_max = MIB(1) },
	{ .method = HTTP_POST,
	  .path = "/api/v1/purchase-orders",
	  .handle = post_purchase_order,
	  .roles = MAY_PLACE_ORDERS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = MIB(2),
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/purchase-orders",
	  .handle = get_purchase_orders,
	  .roles = MAY_SEE_PURCHASES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/purchase-orders/{id}",
	  .handle = get_purchase_order,
	  .roles = MAY_SEE_PURCHASES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/purchase-orders/{id}/lines",
	  .handle = get_purchase_order_lines,
	  .roles = MAY_SEE_PURCHASES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supply-orders",
	  .handle = get_supply_orders,
	  .roles = MAY_SEE_SUPPLIES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supply-orders/{id}",
	  .handle = get_supply_order,
	  .roles = MAY_SEE_SUPPLIES,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supply-orders/{id}/lines",
	  .handle = get_supply_order_lines,
	  .roles = MAY_SEE_SUPPLIES,
	  .runs = ON_WORKER },
};
const size_t ordering_route_count = COUNT_OF(ordering_routes);
