/*
 * fulfilment: the supplier's confirmation, shipments, receipts and acceptances, line by line. Each
 * is one business event; quantities move forward only, and never beyond what the stage before them
 * holds.
 */
#ifndef XIANGCAI_FULFILMENT_H
#define XIANGCAI_FULFILMENT_H

#include "xiangcai/ordering.h"

struct declined_line {
	struct id supply_order;
	int64_t line;
	struct text reason;
};
/* Confirms all lines but the declined ones; all declined: the order is declined. Declined stock
 * comes back. */
struct confirmation {
	struct id supply_order;
	struct list declined; /* of struct declined_line */
	int32_t agreement;    /* out */
	int64_t agreed_fen;   /* out */
	int32_t ship_by;      /* out */
};
event_fn supply_order_confirm; /* arg: struct confirmation */

struct shipment_line {
	struct id shipment;
	int64_t line, quantity;
	int64_t received, accepted, rejected; /* running sums */
};
struct shipment {
	struct id id, supply_order;
	struct text carrier, tracking_number;
	struct list lines;  /* of struct shipment_line; empty: all that is left */
	int64_t shipped_at; /* out */
	struct id shipped_by;
};
event_fn ship;

struct receipt_line {
	struct id receipt;
	int64_t line, quantity;
};
struct receipt {
	struct id id, supply_order, shipment;
	/* of struct receipt_line; empty: all that was sent and has not arrived */
	struct list lines;
	int64_t received_at; /* out */
	struct id received_by;
};
event_fn receive;

struct acceptance_line {
	struct id acceptance;
	int64_t line, accepted, rejected;
	struct text reason;
	int64_t accepted_fen, accepted_tax_fen; /* out */
};
struct acceptance {
	struct id id, supply_order, shipment, supplier;
	/* of struct acceptance_line; empty: everything received and undecided is accepted */
	struct list lines;
	int32_t day;                                         /* out */
	int64_t accepted_fen, accepted_tax_fen, accepted_at; /* out */
	struct id accepted_by;
};
/* Books the money too: journals of the acceptance, the advance applied or released. */
event_fn goods_accept;

extern const struct route fulfilment_routes[];
extern const size_t fulfilment_route_count;

/* Shipments, receipts and acceptances against their lines and progress. */
enum err fulfilment_verify(struct app *app, struct db *db, struct arena *arena,
			   struct verdict *verdict);

#endif
