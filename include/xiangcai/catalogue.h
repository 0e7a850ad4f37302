/*
 * catalogue: categories, products and their reviewed revisions, SKUs, prices, stock, imports, and
 * the in-memory view of the shop with its search index. The floors above buy by `struct terms`: all
 * that a price depends on, at one offer.
 */
#ifndef XIANGCAI_CATALOGUE_H
#define XIANGCAI_CATALOGUE_H

#include "xiangcai/identity.h"

enum { LADDER_RUNGS_MAX = 10 };
struct import_reference;
enum vat_kind { VAT_TAXED, VAT_ZERO, VAT_EXEMPT };
extern const char *const vat_words[];

struct rung {
	int64_t quantity, unit_price_fen;
};
/* "5:7400;100:6960": quantities strictly up, prices strictly down; false otherwise. */
struct ladder {
	struct rung rungs[LADDER_RUNGS_MAX];
	size_t count;
};
bool ladder_parse(struct text t, struct ladder *out);
struct text ladder_format(const struct ladder *ladder, struct arena *arena);
/* The rung for @quantity; the first when it is below the minimum. And the next one above, NULL at
 * the top. */
const struct rung *ladder_rung(const struct ladder *ladder, int64_t quantity);
const struct rung *ladder_next(const struct ladder *ladder, int64_t quantity);

/* What one SKU is sold for at one offer: the same offer always means the same terms. */
struct terms {
	int64_t sku, offer;
	bool on_sale;
	struct id supplier, product, revision;
	struct text code; /* the supplier's own */
	struct text name, specification, sale_unit, county, category;
	int32_t vat_kind;
	int32_t last_day; /* on which it may be sold: that of its mandate; DAY_NONE: no end */
	int64_t vat_rate, minimum, multiple;
	struct ladder ladder;
};
/* From the view: borrowed as long as it; NULL when the SKU is not on sale there. */
const struct terms *view_terms(const void *view, int64_t sku);
/* From the database, for SKUs whose offer in the view is not the one asked for: appended in no
 * order, unknown SKUs are missing. One statement per 512 SKUs. */
enum err terms_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out);

/* Stock as pricing shows it. */
struct stock {
	int64_t sku, available, offer;
	bool on_sale;
};
enum err stock_read(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out);
/*
 * Takes the demand of a whole batch: @stocks in ascending order of sku, each once, @available
 * holding the quantity wanted and @offer the offer it was priced at. One multi-row statement.
 * ERR_STOCK_SHORT when any cannot be had, is not on sale or its offer has moved: nothing tells
 * which, read stock_read after the rollback.
 */
enum err stock_take(struct tx *tx, const struct stock *stocks, size_t count);
/* Gives quantities back (declined lines): stock and movement rows under tx->event. @available holds
 * the quantity. */
enum err stock_release(struct tx *tx, const struct stock *stocks, size_t count);

/* ---- loading (commands) and imports ------------------------------------------ */

struct category {
	struct text code, parent, name, name_en;
	int64_t level;
	int32_t vat_kind;
	int64_t vat_rate;
	/* its first and last day; DAY_NONE: since ever, and while it lasts. Those that are loaded
	 * were there ever since. */
	int32_t since, until;
	int32_t from;    /* the first day of these names and VAT; DAY_NONE: since it began */
	int64_t version; /* raised by every change of it */
	bool ended;      /* by the day that was asked for: no goods come into it any more */
};
/* arg: struct list of struct category; those that exist are left as they are */
event_fn categories_insert;
/* All that have begun by @day, as they are then, ended ones too; ascending by code. */
enum err category_list_on(struct db *db, int32_t day, struct arena *arena, struct list *out);

/* One accepted row of a supplier's catalogue: a SKU, and what is said of its product. */
struct catalogue_row {
	int64_t record;
	uint32_t said; /* columns that its file has, by bit of enum import_column; 0: all */
	struct text code, name, county, category, specification, sale_unit;
	struct ladder ladder;
	int64_t minimum, multiple, stock;
	int32_t shelf_days; /* SMALL_NONE: none */
	struct text storage;
	int64_t weight_g; /* INT_NONE: unknown */
	struct text certificates, barcode, remark;
	int32_t vat_kind;
	int64_t vat_rate;
	struct text brand, producer, origin, farmers;
	int64_t households;       /* below 1: not said */
	struct text price_reason; /* why the price is above the band; empty: none */
};
/*
 * Takes rows over for one supplier: new SKUs are made, products of known ones get a submitted
 * revision where their reviewed content changed, prices within the band change at once, stock is
 * set. The same rows again change nothing. Counts of what happened come back. Multi-row statements
 * only; one transaction. ERR_ROWS_DISAGREE when rows of one product contradict each other.
 */
struct publication {
	struct id supplier;
	struct id import;   /* the import it belongs to; NO_ID: a command */
	struct list rows;   /* of struct catalogue_row; or */
	struct list packed; /* the same, of struct text: each a row packed (catalogue_pack.c) */
	bool approved;      /* the demonstration: revisions are approved and listed at once */
	/* of the import: names of counties and categories, for what is kept of each row; NULL: none
	 */
	const struct import_reference *reference;
	/* out: by content, together all rows; and rows whose price or stock moved */
	int64_t created, changed, unchanged, priced, restocked;
};
event_fn catalogue_publish; /* arg: struct publication */

/*
 * The consequence of anything that changes whether a supplier may sell; arg: struct id of its
 * organisation. All its goods follow: on the shelf while they are listed, approved and the supplier
 * neither suspended nor ended. Their offers move, so that whoever priced them before is told; what
 * was placed goes on.
 */
event_fn supplier_goods_follow;

extern const struct route catalogue_routes[];
extern const size_t catalogue_route_count;
extern const struct job_kind catalogue_jobs[];
extern const size_t catalogue_job_count;
extern const struct view_source catalogue_view_source;

/* A leased loop, once an hour: what was told to the views on earlier days is taken away. */
extern const char offers_loop_name[];
enum err offers_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more);
/* A leased loop: prices that were put down for an instant take effect. */
extern const char prices_loop_name[];
enum err prices_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more);

/*
 * The step of the daily run: certificates and mandates of listed goods that end within 30 days, and
 * those that have ended, each told once ("goods.expiring", "goods.expired": one event a supplier
 * and day, about the supplier); goods whose mandate has ended are no longer on sale.
 */
enum err goods_day(struct step *step, int32_t day, int64_t *done);

/* Stock equal to its movements less what orders hold; offers and revisions consistent. */
enum err catalogue_verify(struct app *app, struct db *db, struct arena *arena,
			  struct verdict *verdict);

#endif
