/*
 * The content of a revision, whoever writes it: a product with all its SKUs, certificates and
 * pictures. What was read from a request or from the database stands in the same struct, so that
 * rules, digest and answers are the same for both.
 */
#ifndef CATALOGUE_CONTENT_H
#define CATALOGUE_CONTENT_H

#include "catalogue_rows.h"

enum {
	CONTENT_SKUS_MAX = 50,
	CONTENT_IMAGES_MAX = 9,
	CERTIFICATES_MAX = 10,
	BRAND_MAX_LENGTH = 40,
	PRODUCER_MAX_LENGTH = 80,
	STORY_MAX_LENGTH = 500, /* origin, farmers, remark */
	HOUSEHOLDS_MAX = 100000,
};

struct content_sku {
	struct id revision;
	int64_t sku; /* INT_NONE: a code that is new */
	struct text code, specification, sale_unit;
	int64_t weight_g;
	struct text barcode; /* NO_TEXT: none */
	int64_t minimum, multiple;
	struct list rungs; /* as given, of struct rung; empty: not given */
	/* the column: the price that takes effect with the approval; NO_TEXT: it stays as it is */
	struct text ladder;
	struct text price_reason;
	struct text in_force; /* the price now, written as @ladder is; NO_TEXT: none */
	int64_t stock;        /* of a new code: what there is at first; INT_NONE: not said */
	bool is_new;          /* its row has to be made */
	bool joins; /* it is the only SKU of another product and comes over with the approval */
};

/* One that is only named stands in content.certificates alone: it has no row. */
struct certificate {
	struct id revision;
	int64_t place; /* from 1 */
	struct text name, number, issuer;
	int32_t valid_until; /* DAY_NONE: without end */
	struct id file;
};

/* Whether there is more to it than its name. */
bool certificate_has_row(const struct certificate *certificate);

struct content_image {
	struct id revision;
	int64_t place; /* from 1: the first stands in lists */
	struct id id;
};

struct content {
	struct text name, county, category, storage;
	int32_t shelf_days;       /* SMALL_NONE: keeps for ever */
	struct text certificates; /* names joined by 、, in fixed order */
	struct text remark, brand, producer, origin, farmers;
	int64_t households; /* INT_NONE: not said */
	bool agency;
	struct id mandate;
	int32_t mandate_until;
	int32_t vat_kind;
	int64_t vat_rate;
	struct list certificate_list; /* of struct certificate */
	struct list images;           /* of struct content_image */
	struct list skus;             /* of struct content_sku */
};
/* The parts of it as clients send them and are shown them. */
enum { CONTENT_SKU_FIELD_COUNT = 16, CERTIFICATE_FIELD_COUNT = 5, CONTENT_IMAGE_FIELD_COUNT = 1 };
extern const struct field content_sku_fields[CONTENT_SKU_FIELD_COUNT];
extern const struct field certificate_fields[CERTIFICATE_FIELD_COUNT];
extern const struct field content_image_fields[CONTENT_IMAGE_FIELD_COUNT];
bool content_county_is_formed(struct text code);

/* The rows of a field table for a struct @type that has a `struct content content`: JSON in and
 * out, no columns. The limits are those of imported rows. */
/* clang-format off */
#define CONTENT_AT(type, member) FIELD_AT(type, content.member)
#define CONTENT_TEXT(type, member, most)                                                      \
	{ #member, KIND_TEXT, CONTENT_AT(type, member), .only = IN | OUT, .optional = true,   \
	  .max = (most) }
#define CONTENT_FIELDS(type)                                                                  \
	{ "name", KIND_TEXT, CONTENT_AT(type, name), .only = IN | OUT, .min = 1, .max = 80 }, \
	{ "county", KIND_TEXT, CONTENT_AT(type, county), .only = IN | OUT, .min = 6,          \
	  .max = 6, .check = content_county_is_formed, .wrong = ERR_REGION_CODE },            \
	{ "category", KIND_TEXT, CONTENT_AT(type, category), .only = IN | OUT, .min = 2,      \
	  .max = 4 },                                                                         \
	{ "storage", KIND_TEXT, CONTENT_AT(type, storage), .only = IN | OUT, .min = 1,        \
	  .max = 40 },                                                                        \
	{ "shelf_days", KIND_SMALL, CONTENT_AT(type, shelf_days), .only = IN | OUT,           \
	  .optional = true, .min = 1, .max = 36500 },                                         \
	CONTENT_TEXT(type, remark, STORY_MAX_LENGTH),                                         \
	CONTENT_TEXT(type, brand, BRAND_MAX_LENGTH),                                          \
	CONTENT_TEXT(type, producer, PRODUCER_MAX_LENGTH),                                    \
	CONTENT_TEXT(type, origin, STORY_MAX_LENGTH),                                         \
	CONTENT_TEXT(type, farmers, STORY_MAX_LENGTH),                                        \
	{ "households", KIND_INT, CONTENT_AT(type, households), .only = IN | OUT,             \
	  .optional = true, .max = HOUSEHOLDS_MAX },                                          \
	{ "agency", KIND_BOOL, CONTENT_AT(type, agency), .only = IN | OUT, .optional = true },\
	{ "mandate", KIND_ID, CONTENT_AT(type, mandate), .only = IN | OUT, .optional = true },\
	{ "mandate_until", KIND_DAY, CONTENT_AT(type, mandate_until), .only = IN | OUT,       \
	  .optional = true },                                                                 \
	{ "vat_kind", KIND_WORD, CONTENT_AT(type, vat_kind), .only = IN | OUT,                \
	  .optional = true, .words = vat_words },                                             \
	{ "vat_rate", KIND_INT, CONTENT_AT(type, vat_rate), .only = IN | OUT,                 \
	  .optional = true, .max = 100 },                                                     \
	{ "certificates", KIND_LIST, CONTENT_AT(type, certificate_list), .only = IN | OUT,    \
	  .optional = true, .max = CERTIFICATES_MAX, .of = certificate_fields,                \
	  .of_count = CERTIFICATE_FIELD_COUNT, .of_size = sizeof(struct certificate) },       \
	{ "images", KIND_LIST, CONTENT_AT(type, images), .only = IN | OUT, .optional = true,  \
	  .max = CONTENT_IMAGES_MAX, .of = content_image_fields,                              \
	  .of_count = CONTENT_IMAGE_FIELD_COUNT, .of_size = sizeof(struct content_image) },   \
	{ "skus", KIND_LIST, CONTENT_AT(type, skus), .only = IN | OUT, .min = 1,              \
	  .max = CONTENT_SKUS_MAX, .of = content_sku_fields,                                  \
	  .of_count = CONTENT_SKU_FIELD_COUNT, .of_size = sizeof(struct content_sku) }
/* clang-format on */

/*
 * Form 2 of the digest: SM3 over all that is reviewed but prices. Texts as "<bytes>:<text>",
 * numbers with ';' behind, absent ones as the kind's own mark; SKUs by their codes; certificates
 * that have a row, and pictures, in their order. @scratch is overwritten. ERR_MEMORY.
 */
enum err content_digest(const struct content *content, struct buffer *scratch, struct digest *out);

#endif
