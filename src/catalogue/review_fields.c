/* Field tables of reviews: what answers, events and comparisons are made of. */
#include "review_rows.h"

static const char *const repeated_words[] = { "name", "barcode", NULL };
static const char *const decision_words[] = { "approve", "return", NULL };

static const struct field certificate_fields[] = {
	{ "name", KIND_TEXT, FIELD_AT(review_certificate, name) },
	{ "number", KIND_TEXT, FIELD_AT(review_certificate, number), .optional = true },
	{ "issuer", KIND_TEXT, FIELD_AT(review_certificate, issuer), .optional = true },
	{ "valid_until", KIND_DAY, FIELD_AT(review_certificate, valid_until), .optional = true },
	{ "file", KIND_ID, FIELD_AT(review_certificate, file), .optional = true },
};

static const struct field image_fields[] = {
	{ "image", KIND_ID, FIELD_AT(review_image, image) },
};

const struct field review_sku_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(review_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(review_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(review_sku, sale_unit) },
	{ "barcode", KIND_TEXT, FIELD_AT(review_sku, barcode), .optional = true },
	{ "weight_g", KIND_INT, FIELD_AT(review_sku, weight_g), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(review_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(review_sku, multiple) },
};
const size_t review_sku_field_count = COUNT_OF(review_sku_fields);

enum { SKU_SHOWN_FIELD_COUNT = 13 };
const struct field review_sku_shown_fields[SKU_SHOWN_FIELD_COUNT] = {
	{ "sku", KIND_REF, FIELD_AT(review_sku, sku) },
	{ "code", KIND_TEXT, FIELD_AT(review_sku, code) },
	{ "specification", KIND_TEXT, FIELD_AT(review_sku, specification) },
	{ "sale_unit", KIND_TEXT, FIELD_AT(review_sku, sale_unit) },
	{ "barcode", KIND_TEXT, FIELD_AT(review_sku, barcode), .optional = true },
	{ "weight_g", KIND_INT, FIELD_AT(review_sku, weight_g), .optional = true },
	{ "minimum", KIND_INT, FIELD_AT(review_sku, minimum) },
	{ "multiple", KIND_INT, FIELD_AT(review_sku, multiple) },
	{ "ladder", KIND_RAW, FIELD_AT(review_sku, ladder), .optional = true },
	{ "price_reason", KIND_TEXT, FIELD_AT(review_sku, price_reason), .optional = true },
	{ "present_ladder", KIND_RAW, FIELD_AT(review_sku, present_ladder), .optional = true },
	{ "present_reason", KIND_TEXT, FIELD_AT(review_sku, present_reason), .optional = true },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(review_sku, unit_price_fen), .optional = true },
};
const size_t review_sku_shown_field_count = SKU_SHOWN_FIELD_COUNT;

/* clang-format off */
#define LIST_OF(name, member, type, fields)                                                        \
	{ name, KIND_LIST, FIELD_AT(review, member), .of = (fields), .of_count = COUNT_OF(fields),   \
	  .of_size = sizeof(struct type) }
#define CONTENT_FIELDS                                                                             \
	{ "name", KIND_TEXT, FIELD_AT(review, name) },                                             \
	{ "brand", KIND_TEXT, FIELD_AT(review, brand) },                                           \
	{ "producer", KIND_TEXT, FIELD_AT(review, producer) },                                     \
	{ "county", KIND_TEXT, FIELD_AT(review, county) },                                         \
	{ "category", KIND_TEXT, FIELD_AT(review, category) },                                     \
	{ "origin", KIND_TEXT, FIELD_AT(review, origin) },                                         \
	{ "farmers", KIND_TEXT, FIELD_AT(review, farmers) },                                       \
	{ "households", KIND_INT, FIELD_AT(review, households), .optional = true },                \
	{ "agency", KIND_BOOL, FIELD_AT(review, agency) },                                         \
	{ "mandate", KIND_ID, FIELD_AT(review, mandate), .optional = true },                       \
	{ "mandate_until", KIND_DAY, FIELD_AT(review, mandate_until), .optional = true },          \
	{ "storage", KIND_TEXT, FIELD_AT(review, storage) },                                       \
	{ "shelf_days", KIND_SMALL, FIELD_AT(review, shelf_days), .optional = true },              \
	{ "remark", KIND_TEXT, FIELD_AT(review, remark) },                                         \
	{ "vat_kind", KIND_WORD, FIELD_AT(review, vat_kind), .words = vat_words },                 \
	{ "vat_rate", KIND_INT, FIELD_AT(review, vat_rate) },                                      \
	LIST_OF("certificates", certificates, review_certificate, certificate_fields),             \
	LIST_OF("images", images, review_image, image_fields)
/* clang-format on */

const struct field review_content_fields[] = { CONTENT_FIELDS };
const size_t review_content_field_count = COUNT_OF(review_content_fields);

static const struct field flag_fields[] = {
	{ "kind", KIND_WORD, FIELD_AT(review_flag, kind), .words = review_flag_words },
	{ "sku", KIND_REF, FIELD_AT(review_flag, sku), .optional = true },
	{ "unit_price_fen", KIND_FEN, FIELD_AT(review_flag, unit_price_fen), .optional = true },
	{ "top_fen", KIND_FEN, FIELD_AT(review_flag, top_fen), .optional = true },
	{ "lowest_fen", KIND_FEN, FIELD_AT(review_flag, lowest_fen), .optional = true },
	{ "median_per_500g_fen", KIND_FEN, FIELD_AT(review_flag, median_per_500g),
	  .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review_flag, reason), .optional = true },
	{ "by", KIND_WORD, FIELD_AT(review_flag, by), .optional = true, .words = repeated_words },
	{ "others", KIND_INT, FIELD_AT(review_flag, others), .optional = true },
	{ "other_sku", KIND_REF, FIELD_AT(review_flag, other_sku), .optional = true },
	{ "other_product", KIND_ID, FIELD_AT(review_flag, other_product), .optional = true },
	{ "other_name", KIND_TEXT, FIELD_AT(review_flag, other_name), .optional = true },
	{ "other_supplier", KIND_ID, FIELD_AT(review_flag, other_supplier), .optional = true },
	{ "other_supplier_name", KIND_TEXT, FIELD_AT(review_flag, other_supplier_name),
	  .optional = true },
	{ "certificate", KIND_TEXT, FIELD_AT(review_flag, certificate), .optional = true },
	{ "valid_until", KIND_DAY, FIELD_AT(review_flag, valid_until), .optional = true },
};

const struct field review_point_fields[] = {
	{ "pointer", KIND_TEXT, FIELD_AT(review_point, pointer), .min = 1, .max = 100 },
	{ "note", KIND_TEXT, FIELD_AT(review_point, note), .min = 1, .max = 300 },
};
const size_t review_point_field_count = COUNT_OF(review_point_fields);

static const struct field difference_fields[] = {
	{ "pointer", KIND_TEXT, FIELD_AT(review_difference, pointer) },
	{ "before", KIND_RAW, FIELD_AT(review_difference, before) },
	{ "after", KIND_RAW, FIELD_AT(review_difference, after) },
};

static const struct field history_fields[] = {
	{ "id", KIND_ID, FIELD_AT(review_history, id) },
	{ "state", KIND_WORD, FIELD_AT(review_history, state), .words = revision_words },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(review_history, submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(review_history, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review_history, reason), .optional = true },
	{ "points", KIND_LIST, FIELD_AT(review_history, points), .of = review_point_fields,
	  .of_count = COUNT_OF(review_point_fields), .of_size = sizeof(struct review_point) },
};

const struct field review_fields[] = {
	{ "id", KIND_ID, FIELD_AT(review, id) },
	{ "product", KIND_ID, FIELD_AT(review, product) },
	{ "supplier", KIND_ID, FIELD_AT(review, supplier) },
	{ "supplier_name", KIND_TEXT, FIELD_AT(review, supplier_name) },
	{ "supplier_county", KIND_TEXT, FIELD_AT(review, supplier_county) },
	{ "state", KIND_WORD, FIELD_AT(review, state), .words = revision_words },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(review, submitted_at) },
	{ "decided_at", KIND_INSTANT, FIELD_AT(review, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(review, reason), .optional = true },
	{ "approved", KIND_ID, FIELD_AT(review, approved), .optional = true },
	{ "age_days", KIND_INT, FIELD_AT(review, age_days) },
	CONTENT_FIELDS,
	LIST_OF("skus", skus, review_sku, review_sku_shown_fields),
	LIST_OF("flags", flags, review_flag, flag_fields),
	/* of one alone */
	{ "approved_content", KIND_RAW, FIELD_AT(review, approved_content), .optional = true },
	LIST_OF("differences", differences, review_difference, difference_fields),
	LIST_OF("points", points, review_point, review_point_fields),
	LIST_OF("history", history, review_history, history_fields),
};
const size_t review_field_count = COUNT_OF(review_fields);
const size_t review_list_field_count = COUNT_OF(review_fields) - 4;

const struct field review_county_fields[REVIEW_COUNTY_FIELD_COUNT] = {
	{ "county", KIND_TEXT, FIELD_AT(review_county, county) },
	{ "name", KIND_TEXT, FIELD_AT(review_county, name), .optional = true },
	{ "waiting", KIND_INT, FIELD_AT(review_county, waiting) },
	{ "within_1_day", KIND_INT, FIELD_AT(review_county, within_1_day) },
	{ "within_3_days", KIND_INT, FIELD_AT(review_county, within_3_days) },
	{ "within_7_days", KIND_INT, FIELD_AT(review_county, within_7_days) },
	{ "older", KIND_INT, FIELD_AT(review_county, older) },
	{ "oldest_at", KIND_INSTANT, FIELD_AT(review_county, oldest_at) },
};

/* clang-format off */
#define POINTS_FIELD                                                                               \
	{ "points", KIND_LIST, FIELD_AT(decision, points), .optional = true, .min = 0,             \
	  .max = REVIEW_POINTS_MAX, .of = review_point_fields,                                     \
	  .of_count = COUNT_OF(review_point_fields), .of_size = sizeof(struct review_point) }
/* clang-format on */

const struct field decision_fields[] = {
	{ "id", KIND_ID, FIELD_AT(decision, id), .only = OUT },
	{ "decision", KIND_WORD, FIELD_AT(decision, decision), .words = decision_words },
	{ "reason", KIND_TEXT, FIELD_AT(decision, reason), .optional = true, .min = 1, .max = 500 },
	POINTS_FIELD,
	{ "product", KIND_ID, FIELD_AT(decision, product), .only = OUT },
	{ "state", KIND_WORD, FIELD_AT(decision, state), .only = OUT, .words = revision_words },
	{ "decided_at", KIND_INSTANT, FIELD_AT(decision, decided_at), .only = OUT },
};
const size_t decision_field_count = COUNT_OF(decision_fields);

const struct field decision_in_many_fields[] = {
	{ "id", KIND_ID, FIELD_AT(decision, id) },
	{ "decision", KIND_WORD, FIELD_AT(decision, decision), .words = decision_words },
	{ "reason", KIND_TEXT, FIELD_AT(decision, reason), .optional = true, .min = 1, .max = 500 },
	POINTS_FIELD,
	{ "product", KIND_ID, FIELD_AT(decision, product), .only = OUT, .optional = true },
	{ "state", KIND_WORD, FIELD_AT(decision, state), .only = OUT, .optional = true,
	  .words = revision_words },
	{ "decided_at", KIND_INSTANT, FIELD_AT(decision, decided_at), .only = OUT,
	  .optional = true },
	{ "code", KIND_TEXT, FIELD_AT(decision, code), .only = OUT, .optional = true },
	{ "detail", KIND_TEXT, FIELD_AT(decision, detail), .only = OUT, .optional = true },
	{ "errors", KIND_RAW, FIELD_AT(decision, errors), .only = OUT, .optional = true },
};
const size_t decision_in_many_field_count = COUNT_OF(decision_in_many_fields);

const struct field decisions_fields[] = {
	{ "items", KIND_LIST, FIELD_AT(decisions, items), .min = 1, .max = DECISIONS_MAX,
	  .of = decision_in_many_fields, .of_count = COUNT_OF(decision_in_many_fields),
	  .of_size = sizeof(struct decision) },
	{ "done", KIND_INT, FIELD_AT(decisions, done), .only = OUT },
	{ "refused", KIND_INT, FIELD_AT(decisions, refused), .only = OUT },
};
const size_t decisions_field_count = COUNT_OF(decisions_fields);
