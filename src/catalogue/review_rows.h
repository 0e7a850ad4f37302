/*
 * Reviews of products: the queue of submitted revisions with what a reviewer should look at, one
 * revision beside what it would replace, and decisions, one or many at a time. A revision never
 * changes once it was submitted, so its id alone says what was seen.
 */
#ifndef CATALOGUE_REVIEW_ROWS_H
#define CATALOGUE_REVIEW_ROWS_H

#include "goods.h"
#include "goods_rules.h"

/* ---- what a revision says ---- */

struct review_sku {
	struct id revision;
	int64_t sku;
	struct text code, specification, sale_unit, barcode;
	int64_t weight_g, minimum, multiple;
	struct text ladder;         /* the price that it asks for; NO_TEXT: stays as it is */
	struct text price_reason;   /* why that one is above the band */
	struct text present_ladder; /* in force; NO_TEXT: none yet */
	struct text present_reason;
	struct ladder asked, present; /* the same, read; of no rungs where there is none */
	int64_t unit_price_fen;       /* of the first rung, once it is approved */
};
struct review_certificate {
	struct id revision;
	struct text name, number, issuer;
	int32_t valid_until; /* DAY_NONE: without end */
	struct id file;
};
struct review_image {
	struct id revision, image;
};
/* What a returned revision should mend, by a pointer into it. */
struct review_point {
	struct id revision;
	int64_t number;
	struct text pointer, note;
};
enum { REVIEW_POINTS_MAX = 50 };

enum review_flag_kind {
	FLAG_FIRST,
	FLAG_PRICE_ABOVE_BAND,
	FLAG_REPEATED,
	FLAG_CERTIFICATE_EXPIRES_SOON,
	FLAG_MANDATE_EXPIRES_SOON
};
enum repeated_by { BY_NAME, BY_BARCODE };
extern const char *const review_flag_words[];
enum { EXPIRES_SOON_DAYS = 30 };
/* What a reviewer should look at; members that do not belong to the kind are absent. */
struct review_flag {
	struct id revision;
	int32_t kind;
	int64_t sku, unit_price_fen, top_fen, lowest_fen, median_per_500g;
	struct text reason;
	int32_t by;
	int64_t other_sku, others; /* the lowest of that many */
	struct id other_product, other_supplier;
	struct text other_name, other_supplier_name;
	struct text certificate;
	int32_t valid_until;
};

/* A difference between a revision and the approved one: JSON values. */
struct review_difference {
	struct text pointer, before, after;
};
/* Another revision of the product, and what became of it. */
struct review_history {
	struct id id;
	int32_t state;
	int64_t submitted_at, decided_at;
	struct text reason;
	struct list points; /* of struct review_point */
};
enum { HISTORY_SHOWN = 20 };

struct review {
	struct id id, product, supplier;
	struct text supplier_name, supplier_county;
	int32_t state;
	struct text name, brand, producer, county, category, origin, farmers;
	int64_t households;
	bool agency;
	struct id mandate;
	int32_t mandate_until;
	struct text storage;
	int32_t shelf_days;
	struct text certificate_names; /* by 、, as the column has them */
	struct text remark;
	int32_t vat_kind;
	int64_t vat_rate, submitted_at, decided_at;
	struct text reason;
	struct id approved; /* the revision on sale; NO_ID: none yet */
	struct id submitted_by;
	bool category_ended;      /* of what is decided on */
	int64_t age_days;         /* computed, as the rest */
	struct list skus;         /* of struct review_sku, ascending */
	struct list certificates; /* of struct review_certificate, in the order of the names */
	struct list images;       /* of struct review_image */
	struct list flags;        /* of struct review_flag */
	/* of one alone */
	struct text approved_content; /* JSON */
	struct list differences;      /* of struct review_difference */
	struct list points, history;
};
extern const struct field review_fields[];
extern const size_t review_field_count;
extern const size_t review_list_field_count;
/* What a revision says, without what became of it: members that are compared. */
extern const struct field review_content_fields[];
extern const size_t review_content_field_count;
extern const struct field review_sku_fields[];
extern const size_t review_sku_field_count;
extern const struct field review_sku_shown_fields[]; /* with number and prices */
extern const size_t review_sku_shown_field_count;
extern const struct field review_point_fields[]; /* pointer and note */
extern const size_t review_point_field_count;

/* ---- rules (review.c, review_flags.c) ---- */

/* Whether @pointer names what a revision says. */
bool pointer_is_of_review(struct text pointer);
/* A certificate for each name of the revision, with what @held knows of it. ERR_MEMORY. */
enum err certificates_join(struct text names, const struct list *held, struct id revision,
			   struct arena *arena, struct list *out);
/* By pointers, product first, then SKUs ascending; prices against those in force. ERR_MEMORY. */
enum err review_differences(const struct review *before, const struct review *after,
			    struct arena *arena, struct list *out);
/* Whether the price that the SKU asks for needs a reason; *flag says why. */
bool price_needs_reason(const struct review_sku *sku, const struct price_band *band,
			struct review_flag *flag);
/* The flags that need no other rows: first, certificates and the mandate on @day. */
enum err review_flags_plain(struct review *review, int32_t day, struct arena *arena);
bool review_has_flag(const struct review *review, int32_t kind);

/* ---- the queue (review_sql.c, review_read.c) ---- */

struct review_filter {
	const struct scope *scope;
	int32_t state;
	struct id supplier, after;
	struct text county, origin, category; /* of the supplier; of the goods; of either level */
	int64_t before;                       /* submitted before that instant; INT_NONE: any */
	int32_t flag;                         /* SMALL_NONE: any */
	int64_t limit;
	int64_t now;
	const void *view; /* for medians; NULL: none are known */
	bool locked;      /* what prices are held against is read under locks */
};
/* Rows of reviews that were looked at for a flag, at most, in one request. */
enum { REVIEWS_LOOKED_AT = 512 };
/*
 * Those within the scope, the longest waiting first, with SKUs, certificates and flags; an
 * authority over a hierarchy sees no products. With a flag asked for, at most REVIEWS_LOOKED_AT are
 * looked at: *next is where to go on, NO_ID at the end.
 */
enum err review_list(struct db *db, struct arena *arena, const struct review_filter *filter,
		     struct list *out, struct id *next);
/* One of any state but draft within the scope, with everything. ERR_NOT_FOUND. */
enum err review_read(struct db *db, struct arena *arena, const struct review_filter *filter,
		     struct id id, struct review *out);

enum err reviews_select(struct db *db, struct arena *arena, const struct review_filter *filter,
			int64_t limit, struct list *out);
enum err review_select(struct db *db, struct arena *arena, const struct scope *scope, struct id id,
		       struct review *out);
/* What belongs to @reviews, put into them. @locked: in a transaction that comes to contended rows
 * later, which a plain reading would cost its snapshot. */
enum err review_skus_read(struct db *db, struct arena *arena, bool locked, struct list *reviews);
enum err review_certificates_read(struct db *db, struct arena *arena, bool locked,
				  struct list *reviews);
enum err review_images_read(struct db *db, struct arena *arena, struct list *reviews);
/* The same goods under another SKU, on sale or waiting: flags. */
enum err review_repeated_read(struct db *db, struct arena *arena, struct list *reviews);
enum err review_history_read(struct db *db, struct arena *arena, struct review *review);
/* Flags of prices above the band. */
enum err review_bands_read(struct db *db, struct arena *arena, const struct review_filter *filter,
			   struct list *reviews);
/* The points with which revisions were returned, by revision and number: struct review_point. */
enum err review_points_read(struct db *db, struct arena *arena, const struct value *revisions,
			    size_t count, struct list *out);
/* Whether @file is the mandate of the revision or the copy of one of its certificates. */
enum err review_file_known(struct db *db, struct id revision, struct id file, bool *known);

struct review_county {
	struct text county, name;
	int64_t waiting, within_1_day, within_3_days, within_7_days, older;
	int64_t oldest_at;
};
enum { REVIEW_COUNTY_FIELD_COUNT = 8 };
extern const struct field review_county_fields[REVIEW_COUNTY_FIELD_COUNT];
enum err review_summary(struct db *db, struct arena *arena, const struct scope *scope, int64_t now,
			struct list *out);

/* ---- decisions (review_event.c) ---- */

enum decision_word { DECISION_APPROVE, DECISION_RETURN };
struct decision {
	struct id id; /* of the revision */
	int32_t decision;
	struct text reason;
	struct list points; /* of struct review_point */
	struct id product;  /* out, as the rest */
	int32_t state;
	int64_t decided_at;
	/* of many: why this one was not done */
	struct text code, detail, errors;
	const void *view; /* for medians; NULL: none are known */
	/* of the event alone */
	struct review revision;
	enum err outcome;
	struct problems *problems;
};
extern const struct field decision_fields[]; /* of one decision, as it is answered and noted */
extern const size_t decision_field_count;
extern const struct field decision_in_many_fields[];
extern const size_t decision_in_many_field_count;
enum { DECISIONS_MAX = 200 };

struct decisions {
	struct list items; /* of struct decision */
	int64_t done, refused;
	enum language language;
	const void *view;
};
extern const struct field decisions_fields[];
extern const size_t decisions_field_count;

/*
 * SKUs that come over by the approvals (VALUE_ID): struct sku_joining. Decisions by which one
 * cannot are refused: ERR_CONFLICT, with the SKU and where it stands.
 */
enum err joins_judge(struct tx *tx, struct list *decisions, const struct list *approved,
		     struct list *out);

event_fn revision_decide;  /* arg: struct decision; what refuses it refuses the event */
event_fn revisions_decide; /* arg: struct decisions; what is refused leaves the others alone */

/* Locks revisions of any state but draft, in the scope of the actor, in no order: struct review
 * with content, without lists. */
enum err revisions_lock(struct tx *tx, const struct value *ids, size_t count, struct list *out);
/* Those of @suppliers that lie in the county: struct id. */
enum err suppliers_of_county(struct db *db, struct text county, const struct value *suppliers,
			     size_t count, struct arena *arena, struct list *out);
enum err revisions_mark_approved(struct db *db, const struct value *ids, size_t count,
				 struct id user, int64_t at);
enum err revision_mark(struct db *db, const struct decision *decision, struct id user);
enum err review_points_insert(struct db *db, const struct review_point *points, size_t count);
/* What approval makes of products: each shows the approved revision from now on. Prices were put
 * in force before; offers follow after it. */
enum err products_approve(struct tx *tx, const struct value *revisions, size_t count);
/* The SKUs of the products of these revisions, ascending: int64_t. */
enum err skus_of_revisions(struct db *db, const struct value *revisions, size_t count,
			   struct arena *arena, struct list *out);

#endif
