/* Revisions as suppliers and reviewers see them: rows of revision_sql.c. */
#ifndef CATALOGUE_REVISIONS_H
#define CATALOGUE_REVISIONS_H

#include "catalogue_rows.h"

/* The content of one revision and what became of it. */
struct revision {
	struct id id;
	int32_t state;
	struct text name, county, category, specification, sale_unit;
	int64_t minimum, multiple;
	struct text ladder; /* the column's text; JSON once it was read, as the certificates */
	struct text storage, certificates, barcode, remark;
	int32_t shelf_days, vat_kind;
	int64_t weight_g, vat_rate, submitted_at, decided_at;
	struct text reason;
};
extern const struct field revision_fields[];
extern const size_t revision_field_count;

/* A supplier's own product: what is sold, and beside it the newest revision. */
struct supplier_product {
	struct id id;
	int64_t sku;
	struct text code;
	bool listed, on_sale;
	int64_t available, offer;
	struct id revision; /* approved; NO_ID: none yet, the content is that of the newest */
	struct text name, county, category, specification, sale_unit;
	int64_t minimum, multiple;
	struct text ladder;
	struct id latest;
	int32_t latest_state;
	struct text latest_ladder;
	int64_t submitted_at;
	struct text reason;
	struct list revisions; /* of struct revision, newest first; only of one product */
};
extern const struct field supplier_product_fields[];
extern const size_t supplier_product_field_count; /* with revisions; one less in lists */
enum { REVISIONS_SHOWN = 20 };

enum err supplier_product_list(struct db *db, struct arena *arena, struct id supplier,
			       int64_t after, int64_t limit, struct list *out);
/* With its revisions. ERR_NOT_FOUND. */
enum err supplier_product_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct supplier_product *out);

#endif
