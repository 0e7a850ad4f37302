/*
 * Fulfilment over HTTP: the supplier confirms and ships, the buyer receives and accepts. Bodies may
 * leave the lines out where all are meant.
 */
#include "fulfilment_private.h"

static const struct field declined_fields[] = {
	{ "line", KIND_INT, FIELD_AT(declined_line, line), .min = 1, .max = ORDER_LINES_MAX },
	{ "reason", KIND_TEXT, FIELD_AT(declined_line, reason), .min = 1, .max = 200 },
};
static const struct field confirmation_fields[] = {
	{ "declined", KIND_LIST, FIELD_AT(confirmation, declined), .only = IN, .optional = true,
	  .max = ORDER_LINES_MAX, .of = declined_fields, .of_count = COUNT_OF(declined_fields),
	  .of_size = sizeof(struct declined_line) },
	{ "supply_order", KIND_ID, FIELD_AT(confirmation, supply_order), .only = OUT },
	{ "agreement", KIND_WORD, FIELD_AT(confirmation, agreement), .only = OUT,
	  .words = agreement_words },
	{ "agreed_fen", KIND_FEN, FIELD_AT(confirmation, agreed_fen), .only = OUT },
	{ "ship_by", KIND_DAY, FIELD_AT(confirmation, ship_by), .only = OUT, .optional = true },
};

static enum err post_confirmation(struct req *rq)
{
	struct confirmation confirmation = { 0 };

	enum err e =
		json_read(rq, confirmation_fields, COUNT_OF(confirmation_fields), &confirmation);
	if (e)
		return e;
	confirmation.supply_order = req_path_id(rq, "id");
	return run_event(rq, supply_order_confirm, &confirmation, confirmation_fields,
			 COUNT_OF(confirmation_fields));
}

/*
 * An event fills in the lines that a body left out; when it runs again it must start from what was
 * sent. So each works on a copy.
 */
static enum err ship_as_sent(struct tx *tx, void *arg)
{
	struct shipment *shipment = arg;
	struct shipment copy = *shipment;

	enum err e = ship(tx, &copy);
	if (!e)
		*shipment = copy;
	return e;
}

static enum err post_shipment(struct req *rq)
{
	struct shipment shipment = { 0 };

	enum err e = json_read(rq, shipment_fields, shipment_field_count, &shipment);
	if (e)
		return e;
	shipment.id = id_new(rq->now);
	shipment.supply_order = req_path_id(rq, "id");
	return run_event(rq, ship_as_sent, &shipment, shipment_fields, shipment_field_count);
}

static enum err receive_as_sent(struct tx *tx, void *arg)
{
	struct receipt *receipt = arg;
	struct receipt copy = *receipt;

	enum err e = receive(tx, &copy);
	if (!e)
		*receipt = copy;
	return e;
}

static enum err post_receipt(struct req *rq)
{
	struct receipt receipt = { 0 };

	enum err e = json_read(rq, receipt_fields, receipt_field_count, &receipt);
	if (e)
		return e;
	receipt.id = id_new(rq->now);
	receipt.supply_order = req_path_id(rq, "id");
	return run_event(rq, receive_as_sent, &receipt, receipt_fields, receipt_field_count);
}

static enum err accept_as_sent(struct tx *tx, void *arg)
{
	struct acceptance *acceptance = arg;
	struct acceptance copy = *acceptance;

	enum err e = goods_accept(tx, &copy);
	if (!e)
		*acceptance = copy;
	return e;
}

static enum err post_acceptance(struct req *rq)
{
	struct acceptance acceptance = { 0 };

	enum err e = json_read(rq, acceptance_fields, acceptance_field_count, &acceptance);
	if (e)
		return e;
	for (size_t i = 0; i < acceptance.lines.count; i++) {
		struct acceptance_line *line =
			LIST_ITEM(acceptance.lines, struct acceptance_line, i);

		if (!line->reason.at)
			line->reason = TEXT("");
	}
	acceptance.id = id_new(rq->now);
	acceptance.supply_order = req_path_id(rq, "id");
	return run_event(rq, accept_as_sent, &acceptance, acceptance_fields,
			 acceptance_field_count);
}

struct order_shipments {
	struct list items; /* of struct shipment */
};
static enum err get_shipments(struct req *rq)
{
	const struct field fields[] = {
		{ "items", KIND_LIST, FIELD_AT(order_shipments, items), .of = shipment_fields,
		  .of_count = shipment_field_count, .of_size = sizeof(struct shipment) },
	};
	struct order_shipments shipments = { 0 };

	enum err e = supply_order_visible(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena);
	if (e)
		return e;
	e = shipments_list(rq->db, req_path_id(rq, "id"), rq->arena, &shipments.items);
	return e ? e : reply_fields(rq, fields, COUNT_OF(fields), &shipments);
}

struct order_acceptances {
	struct list items; /* of struct acceptance */
};
static enum err get_acceptances(struct req *rq)
{
	const struct field fields[] = {
		{ "items", KIND_LIST, FIELD_AT(order_acceptances, items), .of = acceptance_fields,
		  .of_count = acceptance_field_count, .of_size = sizeof(struct acceptance) },
	};
	struct order_acceptances acceptances = { 0 };

	enum err e = supply_order_visible(rq->db, &rq->actor, req_path_id(rq, "id"), rq->arena);
	if (e)
		return e;
	e = acceptances_list(rq->db, req_path_id(rq, "id"), rq->arena, &acceptances.items);
	return e ? e : reply_fields(rq, fields, COUNT_OF(fields), &acceptances);
}

enum { BODY_MAX = 2 * 1024 * 1024 };

const struct route fulfilment_routes[] = {
	{ .method = HTTP_POST,
	  .path = "/api/v1/supply-orders/{id}/confirmations",
	  .handle = post_confirmation,
	  .roles = MAY_FULFIL_ORDERS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = BODY_MAX,
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/supply-orders/{id}/shipments",
	  .handle = post_shipment,
	  .roles = MAY_FULFIL_ORDERS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = BODY_MAX,
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supply-orders/{id}/shipments",
	  .handle = get_shipments,
	  .roles = MAY_SEE_SUPPLIES,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/api/v1/supply-orders/{id}/receipts",
	  .handle = post_receipt,
	  .roles = MAY_RECEIVE_GOODS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = BODY_MAX,
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/api/v1/supply-orders/{id}/acceptances",
	  .handle = post_acceptance,
	  .roles = MAY_RECEIVE_GOODS,
	  .key = KEY_REQUIRED,
	  .runs = ON_WORKER,
	  .body_max = BODY_MAX,
	  .success = 201 },
	{ .method = HTTP_GET,
	  .path = "/api/v1/supply-orders/{id}/acceptances",
	  .handle = get_acceptances,
	  .roles = MAY_SEE_SUPPLIES,
	  .runs = ON_WORKER },
};
const size_t fulfilment_route_count = COUNT_OF(fulfilment_routes);
