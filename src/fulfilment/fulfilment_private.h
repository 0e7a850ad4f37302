/* What the files of fulfilment share. */
#ifndef FULFILMENT_PRIVATE_H
#define FULFILMENT_PRIVATE_H

#include "xiangcai/fulfilment.h"

/* Field tables: of the bodies that are sent, and of rows and answers. */
extern const struct field shipment_fields[], receipt_fields[], acceptance_fields[];
extern const size_t shipment_field_count, receipt_field_count, acceptance_field_count;

enum err declined_lines_insert(struct db *db, const struct list *lines);
enum err shipment_insert(struct db *db, const struct shipment *shipment);
/* The lines of a shipment of that order, locked, by line; ERR_NOT_FOUND when it is not of that
 * order. */
enum err shipment_lines_lock(struct db *db, struct id shipment, struct id supply_order,
			     struct arena *arena, struct list *out);
/* Stores the running sums. */
enum err shipment_lines_write(struct db *db, const struct list *lines);
enum err receipt_insert(struct db *db, const struct receipt *receipt);
enum err acceptance_insert(struct db *db, const struct acceptance *acceptance);

/* All of an order, oldest first, with their lines: a supply order has few. Two statements each. */
enum err shipments_list(struct db *db, struct id supply_order, struct arena *arena,
			struct list *out);
enum err acceptances_list(struct db *db, struct id supply_order, struct arena *arena,
			  struct list *out);

extern const struct check fulfilment_checks[];
extern const size_t fulfilment_check_count;

/* ---- rules, without I/O ------------------------------------------------------ */

/* What an event works on: an order's lines beside their progress, both by line from 1. */
struct order_state {
	struct supply_order order;
	struct list lines;    /* of struct order_line */
	struct list progress; /* of struct line_progress; empty before the confirmation */
	struct list parcel;   /* of struct shipment_line: of the shipment received or accepted */
};
/* NULL when the order has no such line. */
struct order_line *state_line(const struct order_state *state, int64_t line);
struct line_progress *state_progress(const struct order_state *state, int64_t line);
struct shipment_line *state_parcel(const struct order_state *state, int64_t line);

/*
 * Each checks what was asked against the state, noting every fault, fills in what was left out, and
 * moves the running quantities. Lines named twice are faults.
 */
enum err confirmation_apply(struct confirmation *confirmation, struct order_state *state,
			    struct arena *arena, struct problems *problems);
enum err shipment_apply(struct shipment *shipment, struct order_state *state, struct arena *arena,
			struct problems *problems);
enum err receipt_apply(struct receipt *receipt, struct order_state *state, struct arena *arena,
		       struct problems *problems);
enum err acceptance_apply(struct acceptance *acceptance, struct order_state *state,
			  int64_t *rejected_fen, struct arena *arena, struct problems *problems);

#endif
