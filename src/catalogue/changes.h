/*
 * Stock and prices as a supplier changes them, one SKU or thousands at once. A request names SKUs
 * by the supplier's codes; each item is judged by itself and has an answer of its own; those that
 * are good take effect in one transaction, or none does, by the policy. Rows of the files
 * stock_change_* and price_change_*.
 */
#ifndef CATALOGUE_CHANGES_H
#define CATALOGUE_CHANGES_H

#include "goods.h"
#include "xiangcai/import.h"

/* ---- what both have in common (changes.c, own_sku_sql.c) --------------------- */

enum { CHANGES_MAX = 10000, CHANGE_NOTE_MAX = 200, CHANGES_SHOWN = 20 };

/* Why an item was not taken, for its answer. */
struct change_fault {
	struct text code, detail;
};
extern const struct field change_fault_fields[];
enum { CHANGE_FAULT_FIELD_COUNT = 2 };
/* The faults of an item as rows of its answer: struct change_fault. */
enum err change_faults(const struct problems *problems, enum language language, struct arena *arena,
		       struct list *out);
/* Text that buyers or colleagues are shown: no markup, nothing that was lost in an encoding. */
bool words_are_sound(struct text t);

struct own_sku {
	struct text code;
	int64_t sku;
};
/* The supplier's SKUs among @codes (VALUE_TEXT), by code. A code names one SKU for ever, so that
 * this is no part of the event. */
enum err own_skus(struct db *db, struct id supplier, const struct value *codes, size_t count,
		  struct arena *arena, struct list *out);
/* ERR_NOT_FOUND. */
enum err own_sku(struct db *db, struct id supplier, struct text code, int64_t *out);
/* Where @code stands among @skus, as own_skus gave them; their count when it does not. */
size_t own_sku_place(const struct list *skus, struct text code);

/* ---- stock ------------------------------------------------------------------- */

enum { STOCK_MAX = 100000000 };

/* A SKU's stock as its supplier sees it. */
struct own_stock {
	int64_t sku;
	struct text code;
	int64_t available, held;
	bool on_sale;
	int64_t version;
};
extern const struct field own_stock_fields[];
extern const size_t own_stock_field_count;
enum err own_stock_read(struct db *db, struct id supplier, struct text code, struct arena *arena,
			struct own_stock *out);

struct own_movement {
	struct id event;
	int64_t at, quantity;
	int32_t reason;
	struct text note;
};
extern const struct field own_movement_fields[];
extern const size_t own_movement_field_count;
/* The newest first; from before @before, NO_ID: from the newest on. */
enum err own_movements(struct db *db, int64_t sku, struct id before, int64_t limit,
		       struct arena *arena, struct list *out);

/* A stock row that is to change, and the movement that changes it. */
struct stock_change {
	int64_t sku, available, version; /* as it was; then @available as it will be */
	bool on_sale;
	struct id event;
	int64_t quantity; /* 0: nothing moves */
	int32_t reason;
	struct text note;
};
/* Locks the stock of @skus: struct stock_change with what stands there, ascending. */
enum err stock_changes_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
			    struct list *out);
/* Two multi-row statements; @changes ascending by SKU. */
enum err stock_movements_put(struct db *db, const struct stock_change *changes, size_t count);
enum err stock_changes_put(struct db *db, const struct stock_change *changes, size_t count);

struct stock_item {
	struct text code;
	int64_t available, change; /* one of the two; INT_NONE: the other is meant */
	struct text note;
	int64_t sku;   /* INT_NONE: none of that code */
	bool repeated; /* an item before it has the code */
	int64_t now;   /* out: what is available now; INT_NONE: not known */
	struct list faults;
};
struct stock_update {
	int32_t policy;
	struct list items; /* of struct stock_item */
	enum language language;
	int64_t accepted, rejected;
	bool applied;
};
extern const struct field stock_update_fields[];
extern const size_t stock_update_field_count;
event_fn stock_update_event; /* arg: struct stock_update */

/* One SKU's stock is set or changed by who saw it at a version. */
struct stock_put {
	int64_t seen; /* INT_NONE: whatever it is */
	int64_t available, change;
	struct text note;
	struct own_stock stock; /* out */
};
extern const struct field stock_put_fields[];
extern const size_t stock_put_field_count;
event_fn stock_put_event; /* arg: struct stock_put */

/* ---- prices ------------------------------------------------------------------ */

/* What a price change is held against. */
struct price_standing {
	int64_t sku, minimum, weight_g; /* INT_NONE: nothing is approved yet; not known */
	struct text category;
	bool listed, waits, ended;
	const struct price *now; /* NULL: none yet */
	struct price_band band;
	struct list floor; /* the band's */
};
/* @minimum, @weight_g, @category and what stands between them and @now, locked; SKUs in no order.
 */
enum err price_standings_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
			      struct list *out);

enum price_outcome { PRICE_REJECTED, PRICE_CHANGED, PRICE_UNCHANGED, PRICE_SCHEDULED };

/* A price that somebody wants for a SKU. */
struct price_wish {
	int64_t sku;
	struct ladder ladder;   /* without rungs: @unit_price_fen from the minimum on */
	int64_t unit_price_fen; /* INT_NONE: the ladder is meant */
	struct text reason;     /* NO_TEXT: none */
	int64_t starts_at;      /* INT_NONE: at once */
	bool planned;           /* it was put down before and is due: only what is listed */
	int32_t outcome;
	struct problems problems;
	size_t number; /* whose it is, for the caller */
};
/* Completes the ladder, notes every fault in the wish's problems, and says what becomes of it. No
 * I/O. */
void price_judge(struct price_wish *wish, const struct price_standing *standing);
bool ladder_is_sound(const struct ladder *ladder);

/* Sorts wishes by SKU and start, locks the prices and judges them. @view: for medians; NULL: none
 * yet. */
enum err price_wishes_judge(struct tx *tx, const void *view, struct price_wish *wishes,
			    size_t count);
/* Puts those in force that are PRICE_CHANGED; and behind the audit event, moves their offers. */
enum err price_wishes_put(struct tx *tx, const struct price_wish *wishes, size_t count);
enum err price_wishes_offer(struct tx *tx, const struct price_wish *wishes, size_t count);

struct price_item {
	struct text code;
	struct list ladder; /* of struct rung */
	int64_t unit_price_fen;
	struct text reason;
	int64_t starts_at;
	int64_t sku;
	bool repeated;
	struct id plan; /* out: NO_ID unless it was put down for later */
	int32_t outcome;
	struct list faults;
};
struct price_update {
	int32_t policy;
	struct list items; /* of struct price_item */
	enum language language;
	const void *view;
	int64_t changed, unchanged, scheduled, rejected;
	bool applied;
};
extern const struct field price_update_fields[];
extern const size_t price_update_field_count;
event_fn price_update_event; /* arg: struct price_update */

enum plan_state { PLAN_WAITING, PLAN_APPLIED, PLAN_FAILED, PLAN_CANCELLED };
extern const char *const plan_words[];
struct price_plan {
	struct id id, supplier;
	int64_t sku;
	struct text code, ladder; /* JSON once it was read for an answer */
	struct text reason;
	int64_t starts_at;
	int32_t state;
	struct text problem, argument, detail;
	int64_t created_at, ended_at;
};
extern const struct field price_plan_fields[];
extern const size_t price_plan_field_count;
enum { PLAN_START_DAYS_MAX = 366, PLANS_A_TURN = CHANGES_MAX, PLANS_WAITING_MAX = 50000 };
/* Makes new ones, and says of others what became of them. */
enum err price_plans_put(struct db *db, const struct price_plan *plans, size_t count);
/* The newest first. @state SMALL_NONE: all. */
enum err price_plans_list(struct db *db, struct id supplier, int32_t state, struct id before,
			  int64_t limit, struct arena *arena, struct list *out);
/* Locked. ERR_NOT_FOUND. */
enum err price_plan_lock(struct db *db, struct id supplier, struct id id, struct arena *arena,
			 struct price_plan *out);
/* Whose plans are due first (@supplier, @starts_at); ERR_NOT_FOUND: nobody's. */
enum err price_plan_due(struct db *db, int64_t now, struct arena *arena, struct price_plan *out);
/* The supplier's plans of that instant, locked, by SKU and id; at most PLANS_A_TURN. Without codes,
 * as the one above. */
enum err price_plans_due(struct db *db, struct id supplier, int64_t starts_at, struct arena *arena,
			 struct list *out);
enum err price_plans_waiting(struct db *db, struct id supplier, int64_t *count);
event_fn price_plan_cancel; /* arg: struct price_plan with @id */

/* The history of a SKU's price. */
struct price_past {
	int64_t at;
	struct text ladder; /* JSON */
	int64_t unit_price_fen;
	struct text reason;
};
extern const struct field price_past_fields[];
extern const size_t price_past_field_count;
/* The newest first, from before @before; 0: from the newest. */
enum err price_history(struct db *db, int64_t sku, int64_t before, int64_t limit,
		       struct arena *arena, struct list *out);

/* ---- handlers ---------------------------------------------------------------- */

enum err get_stock(struct req *rq);
enum err put_stock(struct req *rq);
enum err get_stock_movements(struct req *rq);
enum err post_stock_update(struct req *rq);
enum err post_price_update(struct req *rq);
enum err get_price_updates(struct req *rq);
enum err delete_price_update(struct req *rq);
enum err get_prices(struct req *rq);

#endif
