/*
 * Products that suppliers write by themselves: rules, rows and events of drafts and of what becomes
 * of them. Everything is the supplier's own; another one's is not found.
 *
 * A product has at most one draft (`product.draft`) and at most one revision that waits. `latest`
 * is the newest revision that was ever submitted. A code that is new makes its SKU with the draft,
 * so that stock can be counted before the approval; it goes away with the draft when nobody else
 * has seen it. What a revision leaves out ends with its approval.
 */
#ifndef CATALOGUE_PRODUCT_DRAFT_H
#define CATALOGUE_PRODUCT_DRAFT_H

#include "content.h"
#include "goods.h"

/* ---- a revision as its supplier sees it -------------------------------------- */

struct product_revision {
	struct id id, product, supplier;
	int32_t state;
	int64_t version;
	struct text digest;
	struct content content;
	struct id submitted_by;
	int64_t submitted_at, decided_at;
	struct text reason;
	struct list points; /* of struct revision_point: what a returned one should mend */
};
struct revision_point {
	struct id revision;
	struct text pointer, note;
};
extern const struct field product_revision_fields[];
extern const size_t product_revision_field_count;

/* ---- rules (product_rules.c) ------------------------------------------------- */

/* What the content of a product is held against. */
struct goods_reference {
	struct list counties;   /* of struct county */
	struct list categories; /* of struct category */
	int32_t day;
};
/*
 * Brings texts into the form in which imports keep them, fills what follows from the rest (VAT,
 * joined names, columns of ladders), and notes every fault. What could not be read is not judged
 * again. ERR_MEMORY or OK.
 */
enum err content_judge(struct content *content, const struct goods_reference *reference,
		       struct problems *problems);
/* What must hold on the day that it is handed in, beside. */
enum err content_judge_days(const struct content *content, int32_t day, struct problems *problems);

/* ---- what the database knows of content (product_look.c) ---------------------- */

/* Whose content it is, and how it is looked at. */
struct look {
	struct db *db;
	struct arena *arena;
	struct problems *problems;
	struct id supplier, product; /* product NO_ID: a new one */
	bool submits;                /* pictures must be ready, prices have their reasons */
	int64_t now;
	int64_t median_per_500g; /* of like goods; INT_NONE: none is known */
};
/* Files and pictures: the supplier's own, of the right kind. */
enum err look_at_files(const struct look *look, const struct content *content);
/*
 * Whose the codes are: fills sku, is_new and joins, makes the ladder NO_TEXT where it is the price
 * in force, and the minimum that was left out what that price begins at. Two statements.
 */
enum err look_at_codes(const struct look *look, struct content *content);
/* Reasons of prices above the band. One statement. */
enum err look_at_prices(const struct look *look, const struct content *content);

/* ---- rows (product_draft_sql.c) ---------------------------------------------- */

struct product_head {
	struct id id, supplier, revision, latest, draft;
	int32_t latest_state;
	bool listed;
	int64_t version;
};
/* Locked. ERR_NOT_FOUND for another supplier's. */
enum err product_lock(struct db *db, struct arena *arena, struct id supplier, struct id product,
		      struct product_head *out);
/* Not locked. */
enum err product_head_read(struct db *db, struct arena *arena, struct id supplier,
			   struct id product, struct product_head *out);
/* One revision with all of it, ERR_NOT_FOUND; and those of a product older than @before (NO_ID:
 * the newest), newest first. */
enum err product_revision_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct id revision, struct product_revision *out);
enum err product_revision_version(struct db *db, struct id supplier, struct id product,
				  struct id revision, int64_t *out);
enum err product_revisions_list(struct db *db, struct arena *arena, struct id supplier,
				struct id product, struct id before, int64_t limit,
				struct list *out);

/* Columns of ladders become JSON: the last thing before an answer. */
enum err product_revision_show(struct product_revision *revision, struct arena *arena);

enum err product_insert(struct db *db, const struct product_revision *draft, int64_t now);
/* SKUs of codes that are new, with stock and its movement. */
enum err product_skus_insert(struct tx *tx, const struct product_revision *draft);
enum err product_revision_insert(struct db *db, const struct product_revision *draft);
/* The rows of a draft anew. ERR_PRECONDITION unless it has @seen (INT_NONE: any). */
enum err product_revision_rewrite(struct db *db, const struct product_revision *draft,
				  int64_t seen);
enum err product_revision_delete(struct db *db, struct id revision);
/* Draft and version of the product. */
enum err product_draft_set(struct db *db, struct id product, struct id draft);
/* SKUs of the product that no revision names and nobody has priced. */
enum err product_skus_drop(struct db *db, struct id product, struct arena *arena);
enum err product_revision_count(struct db *db, struct id product, int64_t *out);
enum err product_delete(struct db *db, struct id product);
/* Makes the draft the product's waiting revision; an older one is superseded. */
enum err product_submit(struct db *db, const struct product_revision *draft);
enum err product_withdraw(struct db *db, const struct product_head *head);
enum err product_list_set(struct db *db, struct id product, bool listed);
/* Ascending, held where they are: int64_t. */
enum err product_skus_hold(struct db *db, struct id product, struct arena *arena, struct list *out);

/* ---- events (product_draft_event.c, product_event.c) --------------------------- */

/* What an event does, and what it leaves: that stands first, since it is the answer. */
struct draft_work {
	struct product_revision out; /* ids are made by the handler */
	struct content given;        /* judged; of what is written */
	const struct goods_reference *reference;
	int64_t seen; /* version in If-Match */
	bool submit;
	const void *view; /* for medians; NULL: none are known */
};
event_fn product_create; /* 13 statements and more, by what is given */
event_fn draft_create;   /* ERR_DRAFT_EXISTS */
event_fn draft_change;   /* ERR_PRECONDITION */
event_fn draft_delete;   /* the product too when it has nothing else */
event_fn draft_submit;   /* ERR_UNCHANGED */
event_fn revision_withdraw;
/* The content of a revision as if it were given again; prices of approved ones stay as they are. */
enum err content_again(const struct product_revision *revision, struct arena *arena,
		       struct content *out);
/* The median of like goods, fen per 500 g. */
int64_t median_of(const void *view, struct text category);

struct listing {
	struct id product;
	bool listed;
	int64_t seen;
};
extern const struct field listing_fields[];
extern const size_t listing_field_count;
event_fn product_list; /* arg: struct listing; ERR_PRODUCT_EMPTY */

/*
 * Of approvals, before the products show what was approved: SKUs that these revisions (VALUE_ID)
 * name and that stand under other products, which they leave; locked, by revision. One statement
 * when there are none.
 */
struct sku_joining {
	struct id revision;
	int64_t sku;
	struct id from, to;
	int64_t siblings; /* SKUs of the product that it leaves, itself too: more than one cannot
			     join */
};
enum err skus_joining(struct tx *tx, const struct value *revisions, size_t count, struct list *out);
/* They come over; what they leave has nothing approved and is unlisted, and what waited or was
 * being written for it is superseded. Nothing of one product twice. */
enum err skus_join(struct tx *tx, const struct list *joining);

/* ---- reading (product_read_sql.c) ------------------------------------------------ */

struct supplier_sku {
	struct id product;
	int64_t sku;
	struct text code, specification, sale_unit, barcode;
	int64_t weight_g, minimum, multiple;
	struct text ladder; /* in force; before there is one, the one asked for */
	struct text price_reason;
	bool on_sale, ended;
	int64_t available, offer;
};
struct supplier_product {
	struct id id;
	bool listed, on_sale;
	struct id revision; /* approved; NO_ID: none yet, the content is that of the newest */
	struct id latest, draft;
	int32_t latest_state;
	struct text name, county, category;
	int64_t submitted_at;
	struct text reason;
	int64_t version, created_at;
	struct list skus;      /* of struct supplier_sku, ascending */
	struct list revisions; /* of struct product_revision, newest first; only of one product */
};
extern const struct field supplier_product_fields[];
extern const size_t supplier_product_field_count; /* with revisions; one less in lists */
enum { REVISIONS_SHOWN = 20 };

enum stock_filter { STOCK_LOW, STOCK_OUT };
extern const char *const stock_filter_words[];
struct supplier_products_filter {
	struct id supplier, after;
	int32_t state, stock;    /* SMALL_NONE: any */
	int32_t listed, on_sale; /* 0, 1; SMALL_NONE: any */
	int32_t expiring;        /* the same: whether a paper has ended or ends by soon */
	int32_t soon;            /* a day */
	struct text category;
	struct text pattern, code_pattern; /* of LIKE; NO_TEXT: any */
	int64_t limit;
};
enum err supplier_product_list(struct db *db, struct arena *arena,
			       const struct supplier_products_filter *filter, struct list *out);
/* With its newest revisions. ERR_NOT_FOUND. */
enum err supplier_product_read(struct db *db, struct arena *arena, struct id supplier,
			       struct id product, struct supplier_product *out);

#endif
