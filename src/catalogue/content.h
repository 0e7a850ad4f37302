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
	int64_t stock; /* of a new code: what there is at first; INT_NONE: not said */
	bool is_new;   /* its row has to be made */
	bool joins;    /* it is the only SKU of another product and comes over with the approval */
};

/* One that is only named stands in content.certificates alone: it has no row. */
struct certificate {
	struct id revision;
	int64_t place; /* from 1 */
	struct text name, number, issuer;
	int32_t valid_until; /* DAY_NONE: without end */
	struct id file;
};

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
/* What clients send and are shown of it; no columns. */
extern const struct field content_fields[];
extern const size_t content_field_count;

/*
 * Form 2 of the digest: SM3 over all that is reviewed but prices. Texts as "<bytes>:<text>",
 * numbers with ';' behind, absent ones as the kind's own mark; SKUs by their codes; certificates
 * that have a row, and pictures, in their order. @scratch is overwritten. ERR_MEMORY.
 */
enum err content_digest(const struct content *content, struct buffer *scratch, struct digest *out);

#endif
