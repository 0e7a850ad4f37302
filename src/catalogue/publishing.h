/*
 * A publication: rows of a file, each a SKU, on their way into the catalogue. What the files of it
 * share: the columns of a row as a table, rows packed into little memory, what the database knows
 * of the goods that rows name, and what becomes of each row and product.
 */
#ifndef CATALOGUE_PUBLISHING_H
#define CATALOGUE_PUBLISHING_H

#include "content.h"
#include "goods.h"
#include "import_rules.h"

/* ---- rows (catalogue_columns.c) ---------------------------------------------- */

/* What a column speaks of. */
enum row_level { OF_CODE, OF_PRODUCT, OF_SKU, OF_PRICE, OF_REASON, OF_STOCK };
enum row_level column_level(enum import_column column);
#define COLUMN_BIT(column) (UINT32_C(1) << (column))
/* The columns of that level, as bits. */
uint32_t columns_of(enum row_level level);

/*
 * The columns in which two rows differ, as bits. Prose is the same when the import would read it
 * so;
 * @scratch is for that.
 */
uint32_t rows_differ(const struct catalogue_row *row, const struct catalogue_row *base,
		     struct arena *scratch);
/*
 * Fills what the file of @row cannot say from @base. Without a column of minimums the minimum is
 * @base's; without one of tiers, its rungs stay while the price does; without one of VAT, its VAT
 * stays while the category does.
 */
void row_fill(struct catalogue_row *row, const struct catalogue_row *base);
/* Takes over the columns @which of @from. */
void row_take(struct catalogue_row *row, const struct catalogue_row *from, uint32_t which);
/*
 * The cell of @column as exports write it and imports take it, counties and categories by their
 * names; NO_TEXT when out of memory.
 */
struct text row_cell(const struct catalogue_row *row, enum import_column column,
		     const struct import_reference *reference, struct arena *arena);
/* Whether the cell is a number for spreadsheets. */
bool column_is_number(enum import_column column);

/* ---- packed rows (catalogue_pack.c) ------------------------------------------ */

/* NO_TEXT when out of memory. */
struct text row_pack(const struct catalogue_row *row, struct arena *arena);
/* Texts are borrowed from @packed. */
void row_unpack(struct text packed, struct catalogue_row *out);
size_t publication_count(const struct publication *publication);
void publication_row(const struct publication *publication, size_t i, struct catalogue_row *out);

/* ---- rows of one product (import_siblings.c) ---------------------------------- */

/*
 * Products of several SKUs, while a file is read: what it says of the product must be the same in
 * all their rows, so these wait for the end of the reading.
 */
struct siblings;
enum err siblings_read(struct db *db, struct arena *arena, struct id supplier,
		       struct siblings **out);
bool siblings_has(const struct siblings *siblings, struct text code);
/* An accepted row of such a product; copied. */
enum err siblings_add(struct siblings *siblings, const struct import_result *result);
/* Gives each of them to @fn: accepted, or rejected with ERR_ROWS_DISAGREE for each column. */
enum err siblings_judge(struct siblings *siblings, const struct import_reference *reference,
			struct arena *scratch, import_result_fn *fn, void *context);
struct sibling_sku {
	struct id product;
	struct text code;
};
/*
 * What goods have that no file could say anew: no weight, or question marks that look like lost
 * characters. By what an export tells of them.
 */
struct standing_sku {
	struct text code, name, brand, producer;
	int64_t weight_g; /* INT_NONE: unknown */
};
/* publish_read_sql.c */
enum err standing_skus(struct db *db, struct id supplier, struct arena *arena, struct list *out);
enum err sibling_skus(struct db *db, struct id supplier, struct arena *arena, struct list *out);

/* ---- what the database knows (publish_read_sql.c) ---------------------------- */

/* A SKU that the supplier already has under a code, and the revisions of its product. */
struct known_code {
	struct text code;
	int64_t sku;
	struct id product;
	struct id approved; /* NO_ID before the first approval */
	struct id latest;
	struct id waiting; /* submitted; NO_ID: none */
};
struct known_revision {
	struct id id;
	int32_t state;
	struct catalogue_row row; /* what it says of the product */
	bool agency;
	struct id mandate;
	int32_t mandate_until;
};
struct known_sku {
	struct id revision;
	int64_t sku;
	struct text code;
	struct catalogue_row row; /* all that the revision says of this SKU and its product */
	struct text ladder;       /* NO_TEXT: the revision leaves the price as it is */
	struct text reason;
};
/* Makes publications of one supplier follow each other. */
enum err publication_lock(struct db *db, struct id supplier);
/* Each below: locked, in no order. The supplier's SKUs among @codes. */
enum err known_codes(struct db *db, struct id supplier, const struct value *codes, size_t count,
		     struct arena *arena, struct list *out);
enum err known_revisions(struct db *db, const struct value *revisions, size_t count,
			 struct arena *arena, struct list *out);
enum err known_skus(struct db *db, const struct value *revisions, size_t count, struct arena *arena,
		    struct list *out);
/* Those that have rows, of struct certificate; and struct content_image. By revision and place. */
enum err known_certificates(struct db *db, const struct value *revisions, size_t count,
			    struct arena *arena, struct list *out);
enum err known_images(struct db *db, const struct value *revisions, size_t count,
		      struct arena *arena, struct list *out);

/* ---- deciding (publish_plan.c) ----------------------------------------------- */

enum price_fate {
	PRICE_STAYS,
	PRICE_MOVES,   /* at once */
	PRICE_WAITS,   /* the new revision carries it */
	PRICE_CARRIED, /* the one that waits asks for it already */
};
/* A row of the file and what it meets. */
struct line {
	struct catalogue_row row;       /* what the file cannot say filled in */
	size_t number;                  /* in the publication */
	const struct known_code *known; /* NULL: a new SKU */
	const struct known_sku *base;   /* NULL: the revision that it builds on does not hold it */
	const struct price *price;      /* in force; NULL: none */
	enum price_fate fate;
	uint32_t differs; /* columns, from the base */
	int64_t sku;
	bool created, changed, priced;
};
/* What becomes of a product. */
enum product_fate { PRODUCT_STANDS, PRODUCT_CREATED, PRODUCT_REVISED, PRODUCT_WITHDRAWN };
struct product_plan {
	struct line *lines;
	size_t count;
	const struct known_code *known;    /* of its first line; NULL: a new product */
	const struct known_revision *base; /* NULL: a new product */
	const struct known_sku *skus;      /* of the base, by number */
	size_t sku_count;
	enum product_fate fate;
	struct id product, revision; /* revision: of PRODUCT_CREATED and PRODUCT_REVISED */
};
/* Some products with all their rows, decided together. */
struct slice {
	struct tx *tx;
	struct arena *arena; /* its own */
	const struct publication *publication;
	const void *view; /* of the shop, for medians; NULL: none */
	struct line *lines;
	size_t line_count;
	struct product_plan *plans;
	size_t plan_count;
	/* of the revisions that products build on, and of approved ones beside those that wait */
	struct list revisions, skus, prices, certificates, images;
};
/* Orders of qsort: struct price. */
int by_price_sku(const void *a, const void *b);
/* Whether the file has a line for @sku. */
bool plan_names(const struct product_plan *plan, int64_t sku);
/* Fills the plans of @lines, which have row, number and known, rows of a product side by side. */
enum err slice_decide(struct slice *slice);
const struct known_sku *slice_sku(const struct slice *slice, struct id revision, int64_t sku);
/* The first of a revision, by number, and how many there are. */
const struct known_sku *slice_skus(const struct slice *slice, struct id revision, size_t *count);
const struct certificate *slice_certificates(const struct slice *slice, struct id revision,
					     size_t *count);
const struct content_image *slice_images(const struct slice *slice, struct id revision,
					 size_t *count);

/* ---- writing (publish_write.c over publish_sql.c) ---------------------------- */

struct put_product {
	struct id id, supplier, approved, latest;
	bool listed;
	int64_t now;
};
struct put_sku {
	int64_t number;
	struct id product, supplier;
	struct text code;
	int64_t now;
};
struct put_revision {
	struct id id, product, supplier;
	int32_t state;
	struct text digest;
	struct catalogue_row row;
	bool agency;
	struct id mandate;
	int32_t mandate_until;
	struct id submitted_by;
	int64_t now, decided_at;
};
/* Writes what the plans say: revisions, products, SKUs, prices. */
enum err slice_write(struct slice *slice);

enum err products_put(struct db *db, const struct put_product *rows, size_t count);
enum err skus_insert(struct db *db, const struct put_sku *rows, size_t count);
enum err revisions_insert(struct db *db, const struct put_revision *rows, size_t count);
enum err revision_skus_insert(struct db *db, const struct content_sku *rows, size_t count);
enum err certificates_insert(struct db *db, const struct certificate *rows, size_t count);
enum err images_insert(struct db *db, const struct content_image *rows, size_t count);
enum err revisions_supersede(struct db *db, const struct value *revisions, size_t count);

/* ---- what became of each row (import_change.c, import_change_sql.c) ---------- */

/* A row of the table import_change. */
struct import_outcome_row {
	struct id import;
	int64_t record;
	struct text code, name;
	bool created, changed, priced, restocked;
	struct text differences; /* JSON list of {field, before, after}, without the stock */
	int64_t stock_before, stock_after;
};
/* Keeps them for the lines of a slice, where the publication is an import's. */
enum err outcomes_keep(struct slice *slice);
enum err outcomes_insert(struct db *db, const struct import_outcome_row *rows, size_t count);
/* Marks those rows whose stock moved. */
enum err outcomes_restock(struct db *db, const struct import_outcome_row *rows, size_t count);

#endif
