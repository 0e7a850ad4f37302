/*
 * The face of a product's content towards clients, and the digest by which the same content is
 * recognised. No I/O.
 */
#include "content.h"

#include "import_rules.h"
#include "import_values.h"

#include <stdlib.h>

bool content_county_is_formed(struct text t)
{
	for (size_t i = 0; i < t.size; i++)
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
	return t.size == 6;
}

#define RUNG(member, least, most)                                                                  \
	{                                                                                          \
#member, KIND_INT, FIELD_AT(rung, member), .min = (least), .max = (most)           \
	}
static const struct field rung_in_fields[] = {
	RUNG(quantity, 1, QUANTITY_MAX),
	RUNG(unit_price_fen, 1, PRICE_MAX_FEN),
};

/* clang-format off */
#define SKU(member) FIELD_AT(content_sku, member)
const struct field content_sku_fields[CONTENT_SKU_FIELD_COUNT] = {
	{ "sku", KIND_REF, SKU(sku), .only = OUT },
	{ "code", KIND_TEXT, SKU(code), .min = 1, .max = 40 },
	{ "specification", KIND_TEXT, SKU(specification), .min = 1, .max = SPEC_MAX_LENGTH },
	{ "sale_unit", KIND_TEXT, SKU(sale_unit), .min = 1, .max = 10 },
	{ "weight_g", KIND_INT, SKU(weight_g), .only = IN, .min = 1, .max = WEIGHT_MAX_G },
	{ "weight_g", KIND_INT, SKU(weight_g), .only = OUT, .optional = true },
	{ "barcode", KIND_TEXT, SKU(barcode), .optional = true, .max = 20 },
	{ "minimum", KIND_INT, SKU(minimum), .only = IN, .optional = true,
	  .min = 1, .max = QUANTITY_MAX },
	{ "multiple", KIND_INT, SKU(multiple), .only = IN, .optional = true,
	  .min = 1, .max = QUANTITY_MAX },
	{ "minimum", KIND_INT, SKU(minimum), .only = OUT },
	{ "multiple", KIND_INT, SKU(multiple), .only = OUT },
	{ "ladder", KIND_LIST, SKU(rungs), .only = IN, .optional = true, .max = LADDER_RUNGS_MAX,
	  .of = rung_in_fields, .of_count = COUNT_OF(rung_in_fields),
	  .of_size = sizeof(struct rung) },
	{ "ladder", KIND_RAW, SKU(ladder), .only = OUT, .optional = true },
	{ "price_reason", KIND_TEXT, SKU(price_reason), .optional = true, .max = 200 },
	{ "stock", KIND_INT, SKU(stock), .only = IN, .optional = true, .max = QUANTITY_MAX },
	{ "joins", KIND_BOOL, SKU(joins), .only = OUT },
};

#define CERTIFICATE(member) FIELD_AT(certificate, member)
const struct field certificate_fields[CERTIFICATE_FIELD_COUNT] = {
	{ "name", KIND_TEXT, CERTIFICATE(name), .min = 1, .max = 20 },
	{ "number", KIND_TEXT, CERTIFICATE(number), .optional = true, .max = 60 },
	{ "issuer", KIND_TEXT, CERTIFICATE(issuer), .optional = true, .max = 80 },
	{ "valid_until", KIND_DAY, CERTIFICATE(valid_until), .optional = true },
	{ "file", KIND_ID, CERTIFICATE(file), .optional = true },
};

const struct field content_image_fields[CONTENT_IMAGE_FIELD_COUNT] = {
	{ "id", KIND_ID, FIELD_AT(content_image, id) },
};

/* clang-format on */

/* ---- the digest ------------------------------------------------------------------------------ */

static void add_text(struct buffer *out, struct text t)
{
	buffer_int(out, (int64_t)t.size);
	buffer_char(out, ':');
	buffer_add(out, t);
}

static void add_int(struct buffer *out, int64_t number)
{
	buffer_int(out, number);
	buffer_char(out, ';');
}

static void add_id(struct buffer *out, struct id id)
{
	char text[37];

	add_text(out, id_is_none(id) ? TEXT("") : id_format(id, text));
}

static void add_product(struct buffer *out, const struct content *content)
{
	const struct text texts[] = { content->name,    content->county,   content->category,
				      content->storage, content->remark,   content->certificates,
				      content->brand,   content->producer, content->origin,
				      content->farmers };
	const int64_t numbers[] = {
		content->shelf_days,    content->households, content->agency,
		content->mandate_until, content->vat_kind,   content->vat_rate
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		add_text(out, texts[i]);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		add_int(out, numbers[i]);
	add_id(out, content->mandate);
}

bool certificate_has_row(const struct certificate *certificate)
{
	return certificate->number.size || certificate->issuer.size ||
	       certificate->valid_until != DAY_NONE || !id_is_none(certificate->file);
}

static void add_certificates(struct buffer *out, const struct list *certificates)
{
	for (size_t i = 0; i < certificates->count; i++) {
		const struct certificate *one = LIST_ITEM(*certificates, struct certificate, i);

		if (!certificate_has_row(one))
			continue;
		buffer_char(out, 'c');
		add_text(out, one->name);
		add_text(out, one->number);
		add_text(out, one->issuer);
		add_int(out, one->valid_until);
		add_id(out, one->file);
	}
}

static int by_code(const void *a, const void *b)
{
	const struct content_sku *const *x = a, *const *y = b;

	return text_compare((*x)->code, (*y)->code);
}

static void add_sku(struct buffer *out, const struct content_sku *sku)
{
	buffer_char(out, 's');
	add_text(out, sku->code);
	add_text(out, sku->specification);
	add_text(out, sku->sale_unit);
	add_text(out, sku->barcode);
	add_int(out, sku->weight_g);
	add_int(out, sku->minimum);
	add_int(out, sku->multiple);
}

static void add_skus(struct buffer *out, const struct list *skus)
{
	const struct content_sku *sorted[CONTENT_SKUS_MAX] = { NULL };
	size_t count = skus->count < CONTENT_SKUS_MAX ? skus->count : CONTENT_SKUS_MAX;

	for (size_t i = 0; i < count; i++)
		sorted[i] = LIST_ITEM(*skus, struct content_sku, i);
	if (count)
		qsort(sorted, count, sizeof(sorted[0]), by_code);
	for (size_t i = 0; i < count; i++)
		add_sku(out, sorted[i]);
}

enum err content_digest(const struct content *content, struct buffer *scratch, struct digest *out)
{
	scratch->size = 0;
	buffer_add(scratch, TEXT("xiangcai revision 2\n"));
	add_product(scratch, content);
	add_certificates(scratch, &content->certificate_list);
	for (size_t i = 0; i < content->images.count; i++) {
		buffer_char(scratch, 'p');
		add_id(scratch, LIST_ITEM(content->images, struct content_image, i)->id);
	}
	add_skus(scratch, &content->skus);
	if (scratch->failed)
		return ERR_MEMORY;
	*out = sm3(buffer_text(scratch));
	return OK;
}
