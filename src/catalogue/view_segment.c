/*
 * Makes segments: groups the rows of a shop by product, numbers the products, and fills what never
 * changes of them: facet values, ids, SKUs and the text index.
 */
#include "category.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENT_ARENA = 1024 * 1024 * 1024 };

/* ---- products out of rows -------------------------------------------------------------------- */

static int by_product_and_sku(const void *a, const void *b)
{
	const struct shop_row *x = *(const struct shop_row *const *)a;
	const struct shop_row *y = *(const struct shop_row *const *)b;
	int order = id_compare(x->terms.product, y->terms.product);

	return order ? order : (x->terms.sku > y->terms.sku) - (x->terms.sku < y->terms.sku);
}

int offering_by_number(const void *a, const void *b)
{
	const struct offering *x = a, *y = b;
	int64_t p = x->rows[0]->terms.sku, q = y->rows[0]->terms.sku;

	return (p > q) - (p < q);
}

static int certificate_order(const void *a, const void *b)
{
	const struct shop_certificate *x = a, *y = b;
	int order = id_compare(x->revision, y->revision);

	if (!order)
		order = text_compare(x->name, y->name);
	return order ? order : text_compare(x->number, y->number);
}

static int image_order(const void *a, const void *b)
{
	const struct shop_image *x = a, *y = b;
	int order = id_compare(x->revision, y->revision);

	if (!order)
		order = (x->number > y->number) - (x->number < y->number);
	return order ? order : (x->size > y->size) - (x->size < y->size);
}

static int price_order(const void *a, const void *b)
{
	const struct shop_price *x = a, *y = b;

	if (x->sku != y->sku)
		return x->sku < y->sku ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void sort_list(struct list *list, size_t size, int (*order)(const void *, const void *))
{
	if (list->count > 1)
		qsort(list->at, list->count, size, order);
}

void shop_sort(struct shop *shop)
{
	sort_list(&shop->certificates, sizeof(struct shop_certificate), certificate_order);
	sort_list(&shop->images, sizeof(struct shop_image), image_order);
	sort_list(&shop->prices, sizeof(struct shop_price), price_order);
}

/* The items of a sorted list, which begin with a revision, that are of @revision. */
static const void *of_revision(const struct list *list, size_t size, struct id revision,
			       size_t *count)
{
	const char *all = list->at;
	size_t from = 0, to = list->count, end;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (id_compare(*(const struct id *)(const void *)(all + middle * size), revision) <
		    0)
			from = middle + 1;
		else
			to = middle;
	}
	for (end = from; end < list->count; end++) {
		const struct id *id = (const void *)(all + end * size);

		if (!id_equal(*id, revision))
			break;
	}
	*count = end - from;
	return *count ? all + from * size : NULL;
}

const struct shop_price *prices_of(const struct shop *shop, int64_t sku, size_t *count)
{
	const struct shop_price *all = shop->prices.at;
	size_t from = 0, to = shop->prices.count, end;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (all[middle].sku < sku)
			from = middle + 1;
		else
			to = middle;
	}
	for (end = from; end < shop->prices.count && all[end].sku == sku;)
		end++;
	*count = end - from;
	return all ? all + from : NULL;
}

static enum err offering_add(struct shop *shop, const struct shop_row *const *rows, size_t count,
			     struct arena *arena, struct list *out)
{
	struct offering *offering = list_add(out, arena, sizeof(*offering));
	struct id revision = rows[0]->terms.revision;

	if (!offering)
		return ERR_MEMORY;
	offering->rows = rows;
	offering->count = count;
	offering->certificates = of_revision(&shop->certificates, sizeof(struct shop_certificate),
					     revision, &offering->certificate_count);
	offering->images = of_revision(&shop->images, sizeof(struct shop_image), revision,
				       &offering->image_count);
	return OK;
}

enum err offerings_of(struct shop *shop, struct arena *arena, struct list *out)
{
	size_t count = shop->rows.count;
	const struct shop_row **rows = arena_take(arena, (count + 1) * sizeof(*rows));
	enum err e = OK;

	if (!rows)
		return ERR_MEMORY;
	for (size_t i = 0; i < count; i++)
		rows[i] = LIST_ITEM(shop->rows, struct shop_row, i);
	qsort(rows, count, sizeof(const struct shop_row *), by_product_and_sku);
	shop_sort(shop);
	for (size_t from = 0, to; from < count && !e; from = to) {
		for (to = from + 1;
		     to < count && id_equal(rows[from]->terms.product, rows[to]->terms.product);)
			to++;
		e = offering_add(shop, rows + from, to - from, arena, out);
	}
	sort_list(out, sizeof(struct offering), offering_by_number);
	return e;
}

/* ---- certificates ---------------------------------------------------------------------------- */

bool certificate_holds(const struct shop_certificate *certificate, int32_t today)
{
	return certificate->valid_until == DAY_NONE || certificate->valid_until >= today;
}

/* A name without a row of its own is only named, and holds. */
static bool name_holds(const struct offering *offering, struct text name, int32_t today)
{
	bool is_only_named = true;

	for (size_t i = 0; i < offering->certificate_count; i++) {
		const struct shop_certificate *certificate = &offering->certificates[i];

		if (!text_equal(certificate->name, name))
			continue;
		if (certificate_holds(certificate, today))
			return true;
		is_only_named = false;
	}
	return is_only_named;
}

enum err certificate_names(const struct offering *offering, int32_t today, struct arena *arena,
			   struct list *out)
{
	static const char separator[] = "、";
	struct text rest = offering->rows[0]->certificates;

	while (rest.size) {
		const char *found = memmem(rest.at, rest.size, separator, sizeof(separator) - 1);
		size_t size = found ? (size_t)(found - rest.at) : rest.size;
		struct text name = text_part(rest, 0, size);

		if (size && name_holds(offering, name, today)) {
			struct text *slot = list_add(out, arena, sizeof(*slot));

			if (!slot)
				return ERR_MEMORY;
			*slot = name;
		}
		rest = found ? text_part(rest, size + sizeof(separator) - 1, rest.size) : NO_TEXT;
	}
	return OK;
}

/*
 * Revisions never change, so little beyond the revision's id can tell content apart: which of its
 * SKUs are on sale, what its supplier is called, and which certificates still hold.
 */
enum err content_of(const struct offering *offering, int32_t today, struct arena *arena,
		    uint64_t *out)
{
	const struct shop_row *row = offering->rows[0];
	struct text revision = { (const char *)row->terms.revision.bytes,
				 sizeof(row->terms.revision) };
	uint64_t tag = tag_join(tag_of(revision), tag_of(row->supplier_name));
	struct list names = { 0 };
	enum err e = certificate_names(offering, today, arena, &names);

	tag = tag_join(tag, tag_of(row->supplier_county));
	for (size_t i = 0; i < offering->count; i++)
		tag = tag_join(tag, (uint64_t)offering->rows[i]->terms.sku);
	for (size_t i = 0; i < names.count; i++)
		tag = tag_join(tag, tag_of(*LIST_ITEM(names, struct text, i)));
	*out = tag;
	return e;
}

/* ---- the making ------------------------------------------------------------------------------ */

struct segmenting {
	struct segment *segment;
	const struct shop *shop;
	const struct reference *reference;
	struct glossary **glossary;
	struct search_builder *search;
	struct arena *arena; /* for the while */
	uint32_t stand_count, certificate_count, certificate_room;
};

static void index_number(struct segmenting *s, uint32_t ordinal, int64_t sku)
{
	char digits[24];
	int size = snprintf(digits, sizeof(digits), "%08lld", (long long)sku);

	search_add(s->search, ordinal, SEARCH_NUMBER, (struct text){ digits, (size_t)size });
}

static void index_texts(struct segmenting *s, uint32_t ordinal, const struct offering *offering,
			const struct list *certificates)
{
	const struct shop_row *row = offering->rows[0];
	const struct county *county = reference_county(s->reference, row->terms.county);
	struct search_builder *search = s->search;

	search_add(search, ordinal, SEARCH_NAME, row->terms.name);
	search_add(search, ordinal, SEARCH_BRAND, row->brand);
	search_add(search, ordinal, SEARCH_CATEGORY,
		   reference_category(s->reference, row->terms.category));
	search_add(search, ordinal, SEARCH_PARENT,
		   reference_category(s->reference, text_part(row->terms.category, 0, 2)));
	if (county) {
		search_add(search, ordinal, SEARCH_COUNTY, county->name);
		search_add(search, ordinal, SEARCH_CITY, county->city_name);
	}
	search_add(search, ordinal, SEARCH_SUPPLIER, row->supplier_name);
	for (size_t i = 0; i < certificates->count; i++)
		search_add(search, ordinal, SEARCH_CERTIFICATE,
			   *LIST_ITEM(*certificates, struct text, i));
	for (size_t i = 0; i < offering->count; i++) {
		const struct shop_row *each = offering->rows[i];

		index_number(s, ordinal, each->terms.sku);
		if (each->barcode.size)
			search_add(search, ordinal, SEARCH_NUMBER, each->barcode);
		search_add(search, ordinal, SEARCH_SPECIFICATION, each->terms.specification);
	}
}

static enum err put_value(struct segmenting *s, enum facet facet, uint32_t ordinal,
			  struct text code, struct text name)
{
	return glossary_put(s->glossary, facet, code, name, &s->segment->values[facet][ordinal]);
}

static enum err put_certificates(struct segmenting *s, uint32_t ordinal,
				 const struct list *certificates)
{
	enum err e = OK;

	for (size_t i = 0; i < certificates->count && !e; i++) {
		struct text name = *LIST_ITEM(*certificates, struct text, i);

		assert(s->certificate_count < s->certificate_room);
		e = glossary_put(s->glossary, FACET_CERTIFICATE, name, name,
				 &s->segment->certificates[s->certificate_count++]);
	}
	s->segment->certificate_starts[ordinal + 1] = s->certificate_count;
	return e;
}

static enum err put_values(struct segmenting *s, uint32_t ordinal, const struct shop_row *row)
{
	const struct county *county = reference_county(s->reference, row->terms.county);
	char id[37];
	enum err e = put_value(s, FACET_CATEGORY, ordinal, row->terms.category,
			       reference_category(s->reference, row->terms.category));

	if (!e)
		e = put_value(s, FACET_COUNTY, ordinal, row->terms.county,
			      county ? county->name : row->terms.county);
	if (!e)
		e = put_value(s, FACET_SUPPLIER, ordinal, id_format(row->terms.supplier, id),
			      row->supplier_name);
	if (!e)
		e = put_value(s, FACET_STORAGE, ordinal, row->storage, row->storage);
	return e;
}

static enum err put_product(struct segmenting *s, uint32_t ordinal, const struct offering *offering)
{
	struct segment *segment = s->segment;
	const struct shop_row *row = offering->rows[0];
	struct list certificates = { 0 };
	enum err e = certificate_names(offering, s->shop->today, s->arena, &certificates);

	segment->numbers[ordinal] = row->terms.sku;
	segment->products[ordinal] = row->terms.product;
	segment->created_at[ordinal] = row->created_at;
	for (uint32_t i = 0; i < offering->count; i++)
		segment->stands[s->stand_count++] =
			(struct stand){ offering->rows[i]->terms.sku, ordinal, i };
	if (!e)
		e = content_of(offering, s->shop->today, s->arena, &segment->contents[ordinal]);
	if (!e)
		e = put_values(s, ordinal, row);
	if (!e)
		e = put_certificates(s, ordinal, &certificates);
	if (!e)
		index_texts(s, ordinal, offering, &certificates);
	arena_reset(s->arena);
	return e;
}

static int by_sku(const void *a, const void *b)
{
	const struct stand *x = a, *y = b;

	return (x->sku > y->sku) - (x->sku < y->sku);
}

static int by_id(const void *a, const void *b, void *products)
{
	const struct id *all = products;
	const uint32_t *x = a, *y = b;

	return id_compare(all[*x], all[*y]);
}

static enum err make_room(struct segmenting *s)
{
	static const enum facet single[] = { FACET_CATEGORY, FACET_COUNTY, FACET_SUPPLIER,
					     FACET_STORAGE };
	struct segment *segment = s->segment;
	struct arena *arena = segment->arena;
	size_t room = segment->count + 1;

	segment->numbers = arena_take(arena, room * sizeof(*segment->numbers));
	segment->products = arena_take(arena, room * sizeof(*segment->products));
	segment->created_at = arena_take(arena, room * sizeof(*segment->created_at));
	segment->contents = arena_take(arena, room * sizeof(*segment->contents));
	segment->certificate_starts = arena_take(arena, room * sizeof(uint32_t));
	segment->certificates = arena_take(arena, (s->certificate_room + 1) * sizeof(uint16_t));
	segment->profiles = arena_take(arena, room * sizeof(*segment->profiles));
	segment->models = arena_take(arena, room * sizeof(*segment->models));
	segment->by_product = arena_take(arena, room * sizeof(*segment->by_product));
	segment->stands = arena_take(arena, (segment->stand_count + 1) * sizeof(struct stand));
	for (size_t i = 0; i < COUNT_OF(single); i++) {
		segment->values[single[i]] = arena_take(arena, room * sizeof(uint16_t));
		if (!segment->values[single[i]])
			return ERR_MEMORY;
	}
	return segment->numbers && segment->products && segment->created_at && segment->contents &&
			       segment->certificate_starts && segment->certificates &&
			       segment->profiles && segment->models && segment->by_product &&
			       segment->stands
		       ? OK
		       : ERR_MEMORY;
}

/* How many names a column of certificates may hold. */
static uint32_t names_in(struct text certificates)
{
	uint32_t count = certificates.size > 0;
	size_t at = 0;

	while (at < certificates.size)
		count += text_next(certificates, &at) == 0x3001;
	return count;
}

static void count_up(struct segmenting *s, const struct list *offerings)
{
	s->segment->count = offerings->count;
	for (size_t i = 0; i < offerings->count; i++) {
		const struct offering *offering = LIST_ITEM(*offerings, struct offering, i);

		s->segment->stand_count += offering->count;
		s->certificate_room += names_in(offering->rows[0]->certificates);
	}
}

static bool same_profile(const struct segment *segment, uint32_t a, uint32_t b)
{
	uint32_t first = segment->certificate_starts[a], second = segment->certificate_starts[b];
	uint32_t count = segment->certificate_starts[a + 1] - first;

	for (int facet = 0; facet < FACET_COUNT; facet++)
		if (segment->values[facet] &&
		    segment->values[facet][a] != segment->values[facet][b])
			return false;
	return count == segment->certificate_starts[b + 1] - second &&
	       !memcmp(segment->certificates + first, segment->certificates + second,
		       count * sizeof(*segment->certificates));
}

static uint64_t profile_tag(const struct segment *segment, uint32_t ordinal)
{
	uint32_t first = segment->certificate_starts[ordinal];
	uint64_t tag = 0;

	for (int facet = 0; facet < FACET_COUNT; facet++)
		if (segment->values[facet])
			tag = tag << 16 | segment->values[facet][ordinal];
	for (uint32_t i = first; i < segment->certificate_starts[ordinal + 1]; i++)
		tag = tag_join(tag, segment->certificates[i]);
	return tag_join(tag, 0);
}

/* Of all that are alike the first stands in a table of twice as many places. */
static enum err put_profiles(struct segment *segment)
{
	size_t places = 16, at;

	while (places < 2 * segment->count)
		places *= 2;
	uint32_t *table = memory_take(places * sizeof(*table));
	if (!table)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < segment->count; i++) {
		for (at = profile_tag(segment, i) & (places - 1);
		     table[at] && !same_profile(segment, segment->models[table[at] - 1], i);)
			at = (at + 1) & (places - 1);
		if (!table[at]) {
			segment->models[segment->profile_count++] = i;
			table[at] = (uint32_t)segment->profile_count;
		}
		segment->profiles[i] = table[at] - 1;
	}
	memory_free(table);
	return OK;
}

static enum err fill(struct segmenting *s, const struct list *offerings)
{
	struct segment *segment = s->segment;
	enum err e;

	count_up(s, offerings);
	e = make_room(s);
	for (uint32_t i = 0; i < offerings->count && !e; i++)
		e = put_product(s, i, LIST_ITEM(*offerings, struct offering, i));
	if (!e)
		e = put_profiles(segment);
	if (e)
		return e;
	for (uint32_t i = 0; i < segment->count; i++)
		segment->by_product[i] = i;
	qsort_r(segment->by_product, segment->count, sizeof(uint32_t), by_id, segment->products);
	qsort(segment->stands, segment->stand_count, sizeof(struct stand), by_sku);
	return OK;
}

/* ---- reference data -------------------------------------------------------------------------- */

static enum err own(struct arena *arena, struct text *text)
{
	if (!text->at)
		return OK;
	*text = arena_text(arena, *text);
	return text->at ? OK : ERR_MEMORY;
}

static enum err own_county(struct arena *arena, const struct county *from, struct list *to)
{
	struct county *county = list_add(to, arena, sizeof(*county));
	enum err e;

	if (!county)
		return ERR_MEMORY;
	county->code = from->code;
	county->name = from->name;
	county->city_name = from->city_name;
	county->former_codes = from->former_codes;
	e = own(arena, &county->code);
	if (!e)
		e = own(arena, &county->name);
	if (!e)
		e = own(arena, &county->city_name);
	return e ? e : own(arena, &county->former_codes);
}

static enum err own_category(struct arena *arena, const struct category *from, struct list *to)
{
	struct category *category = list_add(to, arena, sizeof(*category));
	enum err e;

	if (!category)
		return ERR_MEMORY;
	category->code = from->code;
	category->name = from->name;
	category->level = from->level;
	e = own(arena, &category->code);
	return e ? e : own(arena, &category->name);
}

/* All of it: the answer for another day is made from it. */
static enum err own_category_version(struct arena *arena, const struct category *from,
				     struct list *to)
{
	struct category *category = list_add(to, arena, sizeof(*category));
	enum err e;

	if (!category)
		return ERR_MEMORY;
	*category = *from;
	e = own(arena, &category->code);
	if (!e)
		e = own(arena, &category->parent);
	if (!e)
		e = own(arena, &category->name);
	return e ? e : own(arena, &category->name_en);
}

static enum err own_categories_body(struct arena *arena, const struct shop *shop,
				    struct reference *out)
{
	struct buffer text = { 0 };

	categories_write(&shop->categories, &text);
	out->categories_body = text.failed ? NO_TEXT : arena_text(arena, buffer_text(&text));
	out->categories_tag = tag_of(out->categories_body);
	buffer_free(&text);
	return out->categories_body.at ? OK : ERR_MEMORY;
}

static enum err own_reference(struct arena *arena, const struct shop *shop, struct reference *out)
{
	enum err e = own_categories_body(arena, shop, out);

	for (size_t i = 0; i < shop->counties.count && !e; i++)
		e = own_county(arena, LIST_ITEM(shop->counties, struct county, i), &out->counties);
	for (size_t i = 0; i < shop->categories.count && !e; i++)
		e = own_category(arena, LIST_ITEM(shop->categories, struct category, i),
				 &out->categories);
	for (size_t i = 0; i < shop->category_versions.count && !e; i++)
		e = own_category_version(arena,
					 LIST_ITEM(shop->category_versions, struct category, i),
					 &out->category_versions);
	return e;
}

/* ---- the face -------------------------------------------------------------------------------- */

static enum err segment_fill(struct segment *segment, struct shop *shop,
			     const struct list *offerings, const struct reference *reference,
			     struct glossary **glossary)
{
	struct segmenting s = {
		.segment = segment,
		.shop = shop,
		.reference = reference ? reference : &segment->reference,
		.glossary = glossary,
		.search = search_begin(),
		.arena = arena_new(0),
	};
	enum err e = s.search && s.arena ? OK : ERR_MEMORY;

	if (!e && !reference)
		e = own_reference(segment->arena, shop, &segment->reference);
	if (!e)
		e = fill(&s, offerings);
	if (s.search)
		segment->index = search_finish(s.search, segment->count);
	arena_free(s.arena);
	return e || segment->index ? e : ERR_MEMORY;
}

struct segment *segment_make(struct shop *shop, const struct list *offerings,
			     const struct reference *reference, struct glossary **glossary,
			     enum err *e)
{
	struct arena *arena = arena_new(SEGMENT_ARENA);
	struct segment *segment = arena ? arena_take(arena, sizeof(*segment)) : NULL;

	*e = ERR_MEMORY;
	if (!segment) {
		arena_free(arena);
		return NULL;
	}
	segment->arena = arena;
	atomic_init(&segment->references, 1);
	*e = segment_fill(segment, shop, offerings, reference, glossary);
	if (!*e)
		return segment;
	segment_drop(segment);
	return NULL;
}

void segment_drop(struct segment *segment)
{
	if (!segment || atomic_fetch_sub(&segment->references, 1) != 1)
		return;
	if (segment->index)
		search_free(segment->index);
	arena_free(segment->arena);
}
