/*
 * What the files of the catalogue know of each other, but for the view (view.h) and the import
 * rules (import_rules.h): words, small rules, rows of its tables and the functions over them.
 */
#ifndef CATALOGUE_ROWS_H
#define CATALOGUE_ROWS_H

#include "xiangcai/catalogue.h"

/*
 * ---- words and small rules (catalogue.c) --------------------------------------------------------
 */

enum revision_state {
	REVISION_DRAFT,
	REVISION_SUBMITTED,
	REVISION_APPROVED,
	REVISION_RETURNED,
	REVISION_SUPERSEDED
};
extern const char *const revision_words[];
/* What the public is told of stock. */
enum availability { AVAILABLE_IN, AVAILABLE_LOW, AVAILABLE_OUT };
extern const char *const availability_words[];
enum movement_reason { MOVEMENT_SET, MOVEMENT_RELEASED, MOVEMENT_ADJUSTED };
extern const char *const movement_words[];

/* Low: under ten minimum orders. Out: under one, for then nobody can order any. */
enum availability availability_of(int64_t available, int64_t minimum);
/* The price card's figure, rounded half up; INT_NONE where the weight is unknown. */
int64_t fen_per_500g(int64_t unit_price_fen, int64_t weight_g);
/* A ladder's column as the JSON list of its rungs; NO_TEXT for NO_TEXT and when out of memory. */
struct text ladder_json(struct text ladder, struct arena *arena);
void rung_write(struct json *json, const struct rung *rung);
/* The column's certificates, joined by 、, as a JSON list. NO_TEXT when out of memory. */
struct text certificates_json(struct text all, struct arena *arena);
void certificates_write(struct json *json, const char *key, struct text all);
/*
 * SM3 over the reviewed content: nine texts as "<bytes>:<text>", then six numbers and the rungs,
 * each with ';' behind. Stock, code and place in the file are not content. @scratch is overwritten.
 * ERR_MEMORY.
 */
enum err row_digest(const struct catalogue_row *row, struct buffer *scratch, struct digest *out);

/* ---- publication (publishing.h has the rest of it) ------------------------------ */

struct stock_movement {
	struct id event;
	int64_t sku, quantity;
	int32_t reason;
};

enum err stock_movements_insert(struct db *db, const struct stock_movement *rows, size_t count);
/* Locks the stock of @skus (ascending); struct stock in no order. */
enum err stock_lock(struct db *db, const int64_t *skus, size_t count, struct arena *arena,
		    struct list *out);
/* Sets available, adds @offer to the offer, and puts on sale where @on_sale; makes rows that are
 * missing. Ascending by sku. */
enum err stock_put(struct db *db, const struct stock *stocks, size_t count);

/* Counts what publishing would do: locks and reads, writes nothing. */
enum err publication_plan(struct tx *tx, struct publication *publication);

/* Columns of stock; keys of a statement over SKUs, NULL when out of memory or there
 * are none. */
extern const struct field stock_fields[];
extern const size_t stock_field_count;
struct value *sku_keys(const int64_t *skus, size_t count, struct arena *arena);

/* ---- handlers, by file; the table of routes is in catalogue_routes.c
 * ------------------------------ */

enum err get_products(struct req *rq);
enum err get_product(struct req *rq);
enum err get_search_suggestions(struct req *rq);
enum err get_supplier_products(struct req *rq);
enum err get_supplier_product(struct req *rq);
enum err post_supplier_product(struct req *rq);
enum err get_product_revisions(struct req *rq);
enum err post_product_revision(struct req *rq);
enum err get_product_revision(struct req *rq);
enum err put_product_revision(struct req *rq);
enum err delete_product_revision(struct req *rq);
enum err post_revision_copy(struct req *rq);
enum err post_submission(struct req *rq);
enum err post_withdrawal(struct req *rq);
enum err put_listing(struct req *rq);
enum err post_import(struct req *rq);
enum err get_imports(struct req *rq);
enum err get_import(struct req *rq);
enum err get_rejected_rows(struct req *rq);
enum err get_normalisations(struct req *rq);
enum err post_import_preview(struct req *rq);
enum err get_import_headers(struct req *rq);
enum err delete_import_header(struct req *rq);
enum err get_import_rows(struct req *rq);
enum err get_import_changes(struct req *rq);
/*
 * The own catalogue as a file in the columns that imports take: for the handler of the own products
 * when req_prefers says text/csv or a workbook (catalogue_export_wanted). Replies.
 */
bool catalogue_export_wanted(const struct req *rq);
enum err catalogue_export_get(struct req *rq);
enum err get_product_reviews(struct req *rq);
enum err get_product_review(struct req *rq);
enum err get_review_summary(struct req *rq);
enum err get_review_file(struct req *rq);
enum err post_decision(struct req *rq);
enum err post_decisions(struct req *rq);

/* The job behind an import. */
enum err catalogue_import_job(struct job_run *run);
/* The job behind an export of many goods. */
enum err catalogue_export_job(struct job_run *run);

#endif
