/*
 * The shop in memory. Two layers, both immutable once made: the shelf holds what is sold (terms,
 * JSON pieces, posting lists, the text index) and is made anew when an offer moved; the view over
 * it holds what depends on stock (the word of availability, whole bodies, first pages) and is made
 * anew, over the same shelf, when a word moved.
 *
 * A product on the shelf is named by its ordinal: its place among all SKUs on sale, by number.
 */
#ifndef CATALOGUE_VIEW_H
#define CATALOGUE_VIEW_H

#include <stdatomic.h>

#include "catalogue_rows.h"
#include "search.h"

/*
 * ---- what a view is made of ---------------------------------------------------------------------
 */

/* One SKU on sale, as the database has it. */
struct shop_row {
	struct terms terms; /* but for the ladder */
	struct text ladder;
	int64_t available, created_at;
	struct text storage, certificates, remark, barcode;
	int32_t shelf_days;
	int64_t weight_g;
};
struct shop_supplier {
	struct id id;
	struct text name, county;
};
struct shop {
	struct list rows;       /* of struct shop_row, ascending by SKU */
	struct list suppliers;  /* of struct shop_supplier, ascending by id */
	struct list counties;   /* of struct county, ascending by code */
	struct list categories; /* of struct category, ascending by code */
};

/* Where the database stood: equal places mean that nothing was committed in between. */
struct shop_place {
	int64_t position, categories;
	struct id waiting; /* newest event without a position */
};

/* offer_sql.c; in arenas of the caller. */
enum err shop_place_read(struct db *db, struct arena *arena, struct shop_place *out);
enum err shop_read(struct db *db, struct arena *arena, struct shop *out);
/* The stock rows of what is on sale, ascending by SKU. */
enum err stock_each(struct db *db, db_row_fn *fn, void *context);

/* ---- posting lists
 * ------------------------------------------------------------------------------- */

/* Ascending ordinals; @weights NULL: all alike. */
struct postings {
	const uint32_t *at;
	const uint8_t *weights;
	size_t count;
};

/*
 * A set of goods that pages are kept ready for. Keys: "" all, "c" + category (of either level), "o"
 * + county, "s" + the 16 bytes of a supplier, "p" + county + category.
 */
struct facet {
	struct text key;
	struct postings postings;
};
enum { FACET_KEY_MAX = 24 };

/* Full text: keys of single characters, of pairs of neighbours, and of words of Latin letters and
 * digits. */
struct text_index {
	const uint64_t *keys;   /* ascending */
	const uint32_t *starts; /* of each key's postings; one more than keys */
	const uint32_t *ordinals;
	const uint8_t *weights;
	size_t key_count;
};

enum token_kind {
	TOKEN_CHARACTER,
	TOKEN_LONE,
	TOKEN_PAIR,
	TOKEN_WORD
}; /* LONE: a character without a neighbour */
struct token {
	uint64_t key;
	enum token_kind kind;
};
/* The tokens of a text, folded; at most @max. */
size_t tokens_of(struct text t, struct token *out, size_t max);

/* Collects the texts of all goods, ascending by ordinal; then makes the index in @arena. */
struct index_entry {
	uint64_t key;
	uint32_t ordinal, weight;
};
struct index_builder {
	struct index_entry *entries; /* memory_take'n, as what follows */
	struct token *tokens;        /* of the text that is being added */
	size_t count, room;
	bool failed;
};
void index_add(struct index_builder *builder, uint32_t ordinal, uint32_t weight, struct text t);
enum err index_finish(struct index_builder *builder, struct arena *arena, struct text_index *out);
void index_drop(struct index_builder *builder);
struct postings index_find(const struct text_index *index, uint64_t key);

/* ---- shelf and view
 * -------------------------------------------------------------------------------- */

/* JSON of one product in pieces: head, word, tail and '}' are a list's item; head, word, tail, more
 * and '}' the whole of it. */
struct good {
	struct terms terms;
	int64_t created_at;
	struct text head, tail, more;
};

struct shelf {
	atomic_size_t views; /* that stand over it */
	struct arena *arena;
	struct good *goods;
	int64_t *skus; /* of the goods */
	size_t count;
	uint32_t *by_product, *by_price,
		*by_age; /* ordinals, ascending by product id; by price, SKU; by instant, SKU */
	struct facet *facets; /* ascending by key */
	size_t facet_count;
	struct text_index index;
	struct list counties;   /* of struct county, codes alone: those of today and before */
	struct text categories; /* body */
	uint64_t categories_tag;
};

/* Bytes ready to send, and the number that tells them from others under the same address. */
struct ready {
	struct text body;
	uint64_t tag;
};

/* What the builder knows of the database; its own, not the readers'. */
struct view_watch {
	struct shop_place place;
	int64_t next_look; /* by clock_monotonic */
};

struct catalogue_view {
	struct shelf *shelf;
	struct arena *arena;
	uint8_t *words;                /* enum availability, by ordinal */
	struct ready *items, *details; /* by ordinal; an item's body is what stands in lists */
	struct ready *pages;           /* first pages, by facet */
	struct view_watch *watch;
};

enum { SHOP_LIMIT = 20 }; /* of ready pages */

/* A new view of @shop, which is not needed afterwards; NULL with the error. */
const struct catalogue_view *view_make(const struct shop *shop, enum err *e);
/* The same shelf with other words. */
const struct catalogue_view *view_restock(const struct catalogue_view *view, const uint8_t *words,
					  enum err *e);
/* A shelf without views, of what is sold in @shop. */
struct shelf *shelf_make(const struct shop *shop, enum err *e);
void shelf_drop(struct shelf *shelf);
void view_drop(const struct catalogue_view *view);
/* The builder's look at the database. */
const void *view_look(struct app *app, struct db *db, const void *old, enum err *e);
void view_release(const void *view);

/* 64 bits that tell contents apart: for entity tags, not for secrets. */
uint64_t tag_of(struct text t);
uint64_t tag_join(uint64_t a, uint64_t b);

/* ---- questions
 * --------------------------------------------------------------------------------------- */

enum shop_sort { SORT_NUMBER, SORT_NEWEST, SORT_PRICE_UP, SORT_PRICE_DOWN, SORT_RELEVANCE };
extern const char *const sort_words[];

struct shop_query {
	struct text category, county, q; /* NO_TEXT: any */
	struct id supplier;              /* NO_ID: any */
	enum shop_sort sort;
	int64_t limit;
	struct id after; /* cursor; NO_ID: from the beginning */
};
struct shop_hits {
	const struct ready *page; /* whole body; NULL: the list below */
	const uint32_t *ordinals;
	size_t count;
	struct id next; /* cursor; NO_ID: this is the end */
};
/* Borrows the view; lists stand in @arena. */
enum err shop_find(const struct catalogue_view *view, const struct shop_query *query,
		   struct arena *arena, struct shop_hits *out);
/* The body of a list of goods, memory_take'n by itself, and its tag. @arena: for the cursor. */
enum err shop_body(const struct catalogue_view *view, const struct shop_hits *hits,
		   struct arena *arena, struct ready *out);
/* NULL when it is not on sale. */
const struct ready *shop_detail(const struct catalogue_view *view, struct id product);
const struct facet *facet_find(const struct shelf *shelf, struct text key);
/* The ordinal of a SKU, or of the first one above it; @count when there is none. */
size_t shelf_ordinal(const struct shelf *shelf, int64_t sku);
/* A cursor: where the last item of a page stands in its order. */
struct id cursor_make(uint64_t key, int64_t sku);
bool cursor_is_sound(struct id cursor);
enum { SKU_NUMBER_MAX = 99999999 };
/* The text indexes of the view, at most @max of them; gives how many. */
size_t view_indexes(const void *view, const struct search_index **out, size_t max);

#endif
