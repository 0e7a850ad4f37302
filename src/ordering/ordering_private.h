/* What the files of ordering share. */
#ifndef ORDERING_PRIVATE_H
#define ORDERING_PRIVATE_H

#include "xiangcai/ordering.h"

/* What pricing says of a line. */
enum line_status {
	LINE_OK,
	LINE_UNKNOWN,
	LINE_NOT_ON_SALE,
	LINE_BELOW_MINIMUM,
	LINE_NOT_MULTIPLE,
	LINE_OUT_OF_RANGE,
	LINE_SHORT,
	LINE_STATUS_COUNT
};
extern const char *const line_status_words[];

/* Sums neighbours with the same SKU and offer: @lines in order of SKU. */
void lines_merge(struct list *lines);
/* Prices @line at its terms; the price is there whenever the goods are on sale, also on @day. */
enum line_status line_price(struct submitted_line *line, int32_t day);
/* Notes the fault of @status at the line's place; OK for LINE_OK. */
enum err line_fault(struct problems *problems, const struct submitted_line *line,
		    enum line_status status, int64_t available);
/* Of two failures the one with the higher status: what the whole request answers. */
enum err worse(enum err a, enum err b);

/* Sorts lines by SKU, offer and place. */
void lines_sort_by_sku(struct list *lines);
/* Sorts lines as they were sent. */
void lines_sort_by_position(struct list *lines);
/*
 * Gives each line its terms: from the view where that knows the SKU at the wanted offer (INT_NONE:
 * any), else from the database, one statement for 512 of them. Lines whose SKU nobody knows keep
 * NULL.
 */
enum err lines_resolve(struct db *db, const void *view, struct arena *arena, struct list *lines);

/* The handler of pricing_http.c, in the one table of ordering_http.c. */
enum err post_order_pricing(struct req *rq);

/* ---- ordering_sql.c ---------------------------------------------------------- */

struct purchase_order {
	struct id id;
	int64_t number;
	struct id unit, placed_by;
	int32_t terms;
	struct text payment_code;
	int64_t ship_within_days;
	struct text delivery_address, note;
	int64_t line_count, supply_order_count, amount_fen, tax_fen, submitted_at;
	struct text unit_name; /* of the answer */
};
extern const struct field purchase_order_fields[];
extern const size_t purchase_order_field_count;

enum err purchase_orders_insert(struct db *db, const struct purchase_order *orders, size_t count);
enum err supply_orders_insert(struct db *db, const struct supply_order *orders, size_t count);
enum err order_lines_insert(struct db *db, const struct order_line *lines, size_t count);

/* A supply order as it is answered: head, names, facets. */
struct supply_order_answer {
	struct supply_order order;
	struct text unit_name, supplier_name;
	int32_t fulfilment, payment, settlement; /* facets */
	struct quantities sums;
	struct supply_balance balance; /* zeros before the confirmation */
};
extern const struct field supply_order_answer_fields[];
extern const size_t supply_order_answer_field_count;

/* A line as it is answered. */
struct line_answer {
	struct order_line line;
	struct text name, specification, sale_unit;
	int64_t supply_order_number;
	struct line_progress progress;
};
extern const struct field line_answer_fields[];
extern const size_t line_answer_field_count;

/* Lists and single orders within the actor's scope: own as unit or supplier, or by the authority's
 * scope. One statement each. */
enum err purchase_orders_list(struct db *db, const struct actor *actor, struct id after,
			      int64_t limit, struct arena *arena, struct list *out);
enum err purchase_order_read(struct db *db, const struct actor *actor, struct id id,
			     struct arena *arena, struct purchase_order *out);
enum err supply_orders_list(struct db *db, const struct actor *actor, struct id purchase_order,
			    int32_t agreement, struct id after, int64_t limit, struct arena *arena,
			    struct list *out);
enum err supply_order_read(struct db *db, const struct actor *actor, struct id id,
			   struct arena *arena, struct supply_order_answer *out);
/* Lines of one supply order, or of all of a purchase order in order of supply order and line,
 * behind (@after, @after_line). The caller has checked the scope of the order. */
enum err supply_order_lines_list(struct db *db, struct id supply_order, int64_t after_line,
				 int64_t limit, struct arena *arena, struct list *out);
enum err purchase_order_lines_list(struct db *db, struct id purchase_order, struct id after,
				   int64_t after_line, int64_t limit, struct arena *arena,
				   struct list *out);

extern const struct check ordering_checks[];
extern const size_t ordering_check_count;

#endif
