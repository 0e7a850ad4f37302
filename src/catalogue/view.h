/*
 * The shop in memory. Products stand in layers: one large one and a few small ones behind it, each
 * over a segment, which is made once (texts, facet values, the text index) and never changed. What
 * moves often lies beside it in pieces that several views share: JSON and terms in shards of 32
 * products, prices and words of availability in dense columns. A change of price or stock makes the
 * shards and columns anew that it touches; changed content marks the product dead where it was and
 * puts it into a new small layer, into which the small ones before it are drawn from time to time.
 *
 * Everything is immutable once a view is given out, and counted, so that the last view that holds a
 * piece frees it. A product is named by its layer and its ordinal: its place in the segment, by its
 * number, which is that of its first SKU on sale.
 */
#ifndef CATALOGUE_VIEW_H
#define CATALOGUE_VIEW_H

#include <stdatomic.h>

#include "catalogue_rows.h"
#include "goods.h"
#include "search.h"

/* ---- what a view is made of ------------------------------------------------------------------ */

/* One SKU on sale, as the database has it. */
struct shop_row {
	struct terms terms; /* but for the ladder */
	struct text ladder, reason;
	int64_t available, created_at;
	struct text storage, certificates, remark, barcode, brand, producer, origin, farmers;
	int32_t shelf_days, households;
	bool agency;
	int64_t weight_g;
	struct text supplier_name, supplier_county;
};
struct shop_certificate {
	struct id revision;
	struct text name, number, issuer;
	int32_t valid_until;
};
enum { IMAGE_SMALL, IMAGE_MEDIUM, IMAGE_LARGE, IMAGE_SIZE_COUNT };
struct shop_image {
	struct id revision;
	int64_t number;
	int32_t size;
	struct text digest, media_type;
	int64_t width, height;
};
/* One price of the last 90 days. */
struct shop_price {
	int64_t sku, at, unit_price_fen;
};
/* Products with all of their SKUs on sale; in any order. */
struct shop {
	struct list rows;         /* of struct shop_row */
	struct list certificates; /* of struct shop_certificate */
	struct list images;       /* of struct shop_image */
	struct list prices;       /* of struct shop_price */
	struct list counties;     /* of struct county, ascending by code; whole shops alone */
	struct list categories;   /* of struct category, ascending by code; whole shops alone */
	struct list category_versions; /* all there ever were; whole shops alone */
	int32_t today;
};

/* A product out of a shop: its rows ascend by SKU. */
struct offering {
	const struct shop_row *const *rows;
	size_t count;
	const struct shop_certificate *certificates; /* of its revision */
	size_t certificate_count;
	const struct shop_image *images; /* ascending by number and size */
	size_t image_count;
};
/* Order of qsort: struct offering, by the number of the first SKU. */
int offering_by_number(const void *a, const void *b);
/* All of a shop, ascending by the number of the first SKU: struct offering. Sorts the shop's
 * lists. */
enum err offerings_of(struct shop *shop, struct arena *arena, struct list *out);
/* Certificates, pictures and prices in the order in which they are looked for. */
void shop_sort(struct shop *shop);
/* The prices of a SKU, ascending by instant. */
const struct shop_price *prices_of(const struct shop *shop, int64_t sku, size_t *count);
/* The certificate names that hold today: those that are only named, and those with a day to come.
 * Borrows. */
enum err certificate_names(const struct offering *offering, int32_t today, struct arena *arena,
			   struct list *out);
bool certificate_holds(const struct shop_certificate *certificate, int32_t today);

/* ---- names and facets (view_names.c) -----------------------------------------------------------
 */

enum facet {
	FACET_CATEGORY,
	FACET_COUNTY,
	FACET_SUPPLIER,
	FACET_BAND,
	FACET_CERTIFICATE,
	FACET_STORAGE,
	FACET_COUNT
};
extern const char *const facet_names[]; /* as in answers */
extern const char *const band_words[];
extern const char *const storage_words[];
/* The place of a price among the bands. */
uint8_t band_of(int64_t unit_price_fen);

/* Counties and categories, read with whole shops. */
struct reference {
	struct list counties, categories, category_versions;
	struct text categories_body; /* those of today */
	uint64_t categories_tag;
};
const struct county *reference_county(const struct reference *reference, struct text code);
/* The name of a category; its code where nobody knows it. */
struct text reference_category(const struct reference *reference, struct text code);

struct facet_value {
	struct text code, name;
	struct text json; /* ready to send, but for the count */
};
struct dictionary {
	struct facet_value *values; /* their places are what segments hold */
	uint16_t *by_code;          /* places, ascending by code */
	size_t count, room;
};
/* The values of all facets; grows by copies, so that places stay what they are. */
struct glossary {
	atomic_size_t references;
	struct arena *arena;
	struct dictionary facets[FACET_COUNT];
};
enum { FACET_VALUES_MAX = 65000 };
/* {"code":…,"name":…,"count": */
void facet_value_write(struct buffer *out, struct text code, struct text name);
/* With bands and storages; NULL when out of memory. */
struct glossary *glossary_new(void);
/* The place of a value that is added, or renamed, where need be; @glossary is replaced by a copy
 * when others hold it. */
enum err glossary_put(struct glossary **glossary, enum facet facet, struct text code,
		      struct text name, uint16_t *out);
/* -1 when there is none. */
int glossary_find(const struct glossary *glossary, enum facet facet, struct text code);
void glossary_drop(struct glossary *glossary);

/* ---- segments (view_segment.c) -----------------------------------------------------------------
 */

struct stand {
	int64_t sku;
	uint32_t product, place; /* ordinal; place among the product's SKUs */
};

struct segment {
	atomic_size_t references;
	struct arena *arena;
	struct reference reference; /* of the first layer alone */
	struct search_index *index;
	size_t count, stand_count;
	int64_t *numbers; /* by ordinal, as what follows */
	struct id *products;
	int64_t *created_at;
	uint64_t *contents;            /* what tells content apart; see content_of */
	uint16_t *values[FACET_COUNT]; /* NULL for bands and certificates */
	uint32_t *certificate_starts;  /* one more than products */
	uint16_t *certificates;
	uint32_t *profiles; /* which have the same values in all facets but the band */
	uint32_t *models;   /* of each profile, the first that has it */
	size_t profile_count;
	uint32_t *by_product; /* ordinals, ascending by id */
	struct stand *stands; /* ascending by SKU */
};

/* Makes a segment of @offerings, ascending; the first one of a view brings @shop's reference data,
 * others are named by @reference. */
struct segment *segment_make(struct shop *shop, const struct list *offerings,
			     const struct reference *reference, struct glossary **glossary,
			     enum err *e);
void segment_drop(struct segment *segment);
/* Bits that differ where a product must be put into a new segment. */
enum err content_of(const struct offering *offering, int32_t today, struct arena *arena,
		    uint64_t *out);

/* ---- shards (view_shard.c) ---------------------------------------------------------------------
 */

enum { SHARD_SIZE = 32 };
/*
 * JSON of a product: the first @item_size bytes and '}' are a list's item; all of it, the median of
 * like goods and "}}" its page.
 */
struct card {
	struct text json;
	size_t item_size;
	const struct terms *terms; /* of its SKUs, ascending */
	size_t sku_count;
};
struct shard {
	atomic_size_t references;
	size_t count;
	struct card cards[SHARD_SIZE];
};
/* A copy of all that the cards say, but for the texts of terms, which are the segment's. */
struct shard *shard_make(const struct card *cards, size_t count);
void shard_drop(struct shard *shard);

/* What prices and stock say of a product. */
struct figures {
	uint32_t price, per_500g; /* 0: unknown */
	uint8_t band, word;
};
/* Appends the JSON of a product; @terms of its SKUs with their ladders. */
enum err card_write(const struct shop *shop, const struct reference *reference,
		    const struct offering *offering, const struct terms *terms, struct arena *arena,
		    struct buffer *out, size_t *item_size);
struct figures figures_of(const struct offering *offering, const struct terms *terms);

/* ---- columns and views (view_build.c, view_change.c) -------------------------------------------
 */

struct columns {
	atomic_size_t references;
	size_t count, alive;
	uint32_t *price, *per_500g, *sales;
	uint8_t *band, *word, *dead; /* enum availability */
};

struct layer {
	struct segment *segment;
	struct columns *columns;
	struct shard **shards;
};
enum { LAYERS_MAX = 8, PAGES_KEPT = 1024, PAGE_KEPT_MAX = 64 * 1024, SHOP_LIMIT = 20 };

/* Bytes ready to send, and the number that tells them from others under the same address. */
struct ready {
	struct text body;
	uint64_t tag;
};
struct page_kept;
struct view_watch;

struct catalogue_view {
	struct layer layers[LAYERS_MAX];
	size_t layer_count;
	struct glossary *glossary;
	int64_t *medians; /* by category; INT_NONE: fewer than five have a weight */
	size_t median_count;
	struct page_kept *_Atomic *pages; /* answers, kept by those who asked first */
	struct view_watch *watch;         /* the builder's own */
};

/* How often each SKU was bought of late: pieces (view_sales.c). */
struct sales {
	uint32_t *skus, *pieces; /* open addressing; 0: free */
	size_t count, room;
};
enum err sales_add(struct sales *sales, int64_t sku, int64_t pieces);
uint32_t sales_of(const struct sales *sales, int64_t sku);
void sales_free(struct sales *sales);

/* Reads products as they are now, those that are not on sale left out. */
struct shop_reader {
	enum err (*read)(void *context, const struct id *products, size_t count,
			 struct arena *arena, struct shop *out);
	void *context;
};

/* A new view of a whole shop, which is not needed afterwards; NULL with the error. */
struct catalogue_view *view_make(struct shop *shop, const struct sales *sales, enum err *e);
/*
 * What @old becomes when these products, ascending and each once, have moved: @old itself when
 * nothing shows; NULL with OK when a new view of the whole shop is due.
 */
struct catalogue_view *view_follow(const struct catalogue_view *old, const struct id *products,
				   size_t count, const struct shop_reader *reader,
				   const struct sales *sales, enum err *e);
/* The same with all sales anew; @old itself when none moved. */
struct catalogue_view *view_resell(const struct catalogue_view *old, const struct sales *sales,
				   enum err *e);
void view_drop(const struct catalogue_view *view);

/* What view_change.c makes views from, in view_build.c. A copy is its maker's own until it is
 * given out. */
struct catalogue_view *view_copy(const struct catalogue_view *old, enum err *e);
enum err layer_make(struct catalogue_view *view, struct layer *layer, struct shop *shop,
		    const struct list *offerings, const struct sales *sales);
void layer_drop(struct layer *layer);
enum err layer_own_columns(struct layer *layer);
void layer_set(struct layer *layer, size_t ordinal, const struct figures *figures);
uint32_t pieces_sold(const struct layer *layer, size_t ordinal, const struct sales *sales);
void layer_sell(struct layer *layer, size_t ordinal, const struct sales *sales);
/* Medians of the categories marked in @dirty, or all (NULL). */
enum err view_medians(struct catalogue_view *view, const bool *dirty);
const struct card *layer_card(const struct layer *layer, size_t ordinal);

struct spot {
	const struct layer *layer;
	size_t ordinal;
};
/* Where a product lives; false when it is not on sale. */
bool view_place(const struct catalogue_view *view, struct id product, struct spot *out);

/* ---- following the database (view_feed.c over view_sql.c and offer_sql.c) ----------------------
 */

const void *view_look(struct app *app, struct db *db, const void *old, enum err *e);
void view_release(const void *view);
void watch_drop(struct view_watch *watch);
/* When the next look is due, by clock_monotonic; earlier ones give the old view. */
int64_t watch_next(const struct catalogue_view *view);

/* In arenas of the caller. */
enum err shop_read(struct db *db, int32_t today, struct arena *arena, struct shop *out);
enum err shop_read_products(struct db *db, int32_t today, const struct id *products, size_t count,
			    struct arena *arena, struct shop *out);

/* Events committed so far, whether they have a position or not. */
enum err events_count(struct db *db, int64_t *out);
struct seen_event {
	struct id event;
	struct text kind;
	struct id object;
	bool waits; /* without a position */
};
/* Those behind @position and those without one, ascending by id; at most @limit. */
enum err events_read(struct db *db, int64_t position, int64_t limit, struct arena *arena,
		     struct list *out);
enum err position_read(struct db *db, int64_t *out);
/* What events touched: struct touch, some twice. */
struct touch {
	struct id product;
	int64_t sku, pieces; /* pieces: ordered */
};
enum touch_kind { TOUCH_OFFERS, TOUCH_STOCK, TOUCH_ORDERS, TOUCH_SUPPLIERS, TOUCH_IMAGES };
/* @keys: events, or the organisations or pictures that they were about. */
enum err touches_read(struct db *db, enum touch_kind kind, const struct value *keys, size_t count,
		      struct arena *arena, struct list *out);
/* All sales since @from into @sales. */
enum err sales_read(struct db *db, int64_t from, struct sales *sales);

/* 64 bits that tell contents apart: for entity tags, not for secrets. */
uint64_t tag_of(struct text t);
uint64_t tag_join(uint64_t a, uint64_t b);

/* ---- questions (view_query.c, view_facets.c, view_page.c) --------------------------------------
 */

enum shop_sort {
	SORT_NUMBER,
	SORT_NEWEST,
	SORT_PRICE_UP,
	SORT_PRICE_DOWN,
	SORT_SALES,
	SORT_RELEVANCE
};
extern const char *const sort_words[];

struct shop_query {
	struct text values[FACET_COUNT]; /* codes by commas; NO_TEXT: any */
	bool available;                  /* only what can be ordered now */
	struct text q;
	enum shop_sort sort;
	int64_t limit;
	struct id after; /* cursor; NO_ID: from the beginning */
	bool count, facets;
};
struct shop_hit {
	uint64_t rank; /* ascending in the order asked for */
	int64_t number;
	uint32_t layer, ordinal;
};
struct shop_hits {
	const struct shop_hit *at;
	size_t count;
	struct id next;                /* cursor; NO_ID: this is the end */
	int64_t total;                 /* INT_NONE: not asked for */
	uint32_t *facets[FACET_COUNT]; /* by place in the glossary; NULL: not asked for */
};
/* Borrows the view; lists stand in @arena. */
enum err shop_find(const struct catalogue_view *view, const struct shop_query *query,
		   struct arena *arena, struct shop_hits *out);

/* The filters of a question against one view. */
struct filter {
	const uint8_t *wanted[FACET_COUNT]; /* by place; NULL: any */
	bool available;
};
enum err filter_make(const struct catalogue_view *view, const struct shop_query *query,
		     struct arena *arena, struct filter *out);
/* Bits of the facets that a product fails, and of its stock. */
enum { FAILS_STOCK = 1 << FACET_COUNT };
/*
 * Products of one layer on their way through a filter. What the filter says of a profile is found
 * out once; products are counted by profile, and profiles into facets when the layer is done.
 */
struct tally {
	const struct filter *filter;
	const struct layer *layer;
	bool filters;     /* by what profiles say */
	uint8_t *known;   /* by profile: what it fails, and TALLY_KNOWN */
	uint32_t *counts; /* by profile; NULL: nothing is counted */
	uint32_t *seen;   /* profiles that were counted */
	size_t seen_count;
	uint32_t *bands; /* the facet of prices */
};
/* @facets NULL: nothing is counted. */
enum err tally_begin(struct tally *tally, const struct filter *filter, const struct layer *layer,
		     uint32_t *const *facets, struct arena *arena);
/* Counts a product in each facet in which it would be found but for that facet's own filter; true
 * when it passes all of them. */
bool tally_passes(struct tally *tally, size_t ordinal);
void tally_end(const struct tally *tally, uint32_t *const *facets);
enum err facets_begin(const struct catalogue_view *view, struct arena *arena,
		      uint32_t *counts[FACET_COUNT]);
/* Sums up categories of level 1 and writes the member. */
enum { FACET_SHOWN_MAX = 200 };
enum err facets_write(const struct catalogue_view *view, uint32_t *const counts[FACET_COUNT],
		      struct arena *arena, struct json *json);

/* The body of a list, memory_take'n by itself. @arena: for the rest. */
enum err shop_body(const struct catalogue_view *view, const struct shop_hits *hits,
		   struct arena *arena, struct ready *out);
/* The page of a product, the same way; ERR_NOT_FOUND. */
enum err shop_detail(const struct catalogue_view *view, struct id product, struct ready *out);
/* An answer that this view gave to the same question; NULL. */
const struct ready *page_find(const struct catalogue_view *view, struct text key);
/* Keeps an answer as long as the view lives: true when its bytes are the view's from now on. */
bool page_keep(const struct catalogue_view *view, struct text key, struct ready ready);
void pages_drop(const struct catalogue_view *view);
/* Sends @ready; @release NULL: its bytes are the view's, which run holds until they are sent. */
enum err reply_ready(struct req *rq, struct ready ready, void (*release)(void *));
/* A cursor: where the last item of a page stands in its order. */
struct id cursor_make(uint64_t key, int64_t number);
bool cursor_is_sound(struct id cursor);
enum { SKU_NUMBER_MAX = 99999999 };
/* The text indexes of the view, and what is gone of each; at most @max of them; gives how many. */
size_t view_places(const void *view, struct search_place *out, size_t max);

#endif
