/*
 * What the codes of goods are called, and the values of every facet, numbered: segments hold the
 * numbers alone. A glossary only grows, by a copy when others hold it, so numbers last as long as
 * the view's first layer.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

const char *const facet_names[] = {
	[FACET_CATEGORY] = "category",
	[FACET_COUNTY] = "county",
	[FACET_SUPPLIER] = "supplier",
	[FACET_BAND] = "price_band",
	[FACET_CERTIFICATE] = "certificate",
	[FACET_STORAGE] = "storage",
	NULL,
};
const char *const storage_words[] = { "常温", "冷藏", "冷冻", NULL };
const char *const band_words[] = { "under_20", "20_50", "50_100", "100_200", "over_200", NULL };
/* The first price, in fen, of each band but the last: that of the next. */
static const int64_t band_ends[] = { 2000, 5000, 10000, 20000 };
_Static_assert(COUNT_OF(band_words) == COUNT_OF(band_ends) + 2, "every band has its word");

enum { GLOSSARY_ARENA = 256 * 1024 * 1024, DICTIONARY_FIRST = 64 };

uint8_t band_of(int64_t unit_price_fen)
{
	uint8_t band = 0;

	while (band < COUNT_OF(band_ends) && unit_price_fen >= band_ends[band])
		band++;
	return band;
}

/* ---- reference data -------------------------------------------------------------------------- */

static int county_code(const void *key, const void *item)
{
	const struct county *county = item;
	const struct text *code = key;

	return text_compare(*code, county->code);
}

static int category_code(const void *key, const void *item)
{
	const struct category *category = item;
	const struct text *code = key;

	return text_compare(*code, category->code);
}

const struct county *reference_county(const struct reference *reference, struct text code)
{
	if (!reference->counties.count)
		return NULL;
	return bsearch(&code, reference->counties.at, reference->counties.count,
		       sizeof(struct county), county_code);
}

struct text reference_category(const struct reference *reference, struct text code)
{
	const struct category *found =
		reference->categories.count
			? bsearch(&code, reference->categories.at, reference->categories.count,
				  sizeof(*found), category_code)
			: NULL;

	return found ? found->name : code;
}

/* ---- dictionaries ---------------------------------------------------------------------------- */

/* The place in by_code of @code, or of the first one above it. */
static size_t code_place(const struct dictionary *dictionary, struct text code)
{
	size_t from = 0, to = dictionary->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		uint16_t at = dictionary->by_code[middle];

		if (text_compare(dictionary->values[at].code, code) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int dictionary_find(const struct dictionary *dictionary, struct text code)
{
	size_t place = code_place(dictionary, code);

	if (place == dictionary->count)
		return -1;
	uint16_t at = dictionary->by_code[place];
	return text_equal(dictionary->values[at].code, code) ? at : -1;
}

static enum err dictionary_room(struct glossary *glossary, struct dictionary *dictionary)
{
	size_t room = dictionary->room ? 2 * dictionary->room : DICTIONARY_FIRST;

	if (dictionary->count < dictionary->room)
		return OK;
	struct facet_value *values = arena_take(glossary->arena, room * sizeof(*values));
	uint16_t *by_code = arena_take(glossary->arena, room * sizeof(*by_code));
	if (!values || !by_code)
		return ERR_MEMORY;
	if (dictionary->count) {
		memcpy(values, dictionary->values, dictionary->count * sizeof(*values));
		memcpy(by_code, dictionary->by_code, dictionary->count * sizeof(*by_code));
	}
	dictionary->values = values;
	dictionary->by_code = by_code;
	dictionary->room = room;
	return OK;
}

void facet_value_write(struct buffer *out, struct text code, struct text name)
{
	buffer_add(out, TEXT("{\"code\":"));
	json_string(out, code);
	buffer_add(out, TEXT(",\"name\":"));
	json_string(out, name);
	buffer_add(out, TEXT(",\"count\":"));
}

static enum err value_make(struct arena *arena, struct text code, struct text name,
			   struct facet_value *out)
{
	struct buffer text = { 0 };

	facet_value_write(&text, code, name);
	*out = (struct facet_value){ arena_text(arena, code), arena_text(arena, name),
				     text.failed ? NO_TEXT
						 : arena_text(arena, buffer_text(&text)) };
	buffer_free(&text);
	return out->code.at && out->name.at && out->json.at ? OK : ERR_MEMORY;
}

static enum err dictionary_add(struct glossary *glossary, enum facet facet, struct text code,
			       struct text name)
{
	struct dictionary *dictionary = &glossary->facets[facet];
	struct facet_value value;

	if (dictionary->count == FACET_VALUES_MAX)
		return ERR_MEMORY;
	enum err e = value_make(glossary->arena, code, name, &value);
	if (!e)
		e = dictionary_room(glossary, dictionary);
	if (e)
		return e;
	size_t place = code_place(dictionary, code);
	memmove(dictionary->by_code + place + 1, dictionary->by_code + place,
		(dictionary->count - place) * sizeof(*dictionary->by_code));
	dictionary->by_code[place] = (uint16_t)dictionary->count;
	dictionary->values[dictionary->count++] = value;
	return OK;
}

/* ---- glossaries ------------------------------------------------------------------------------ */

static struct glossary *glossary_empty(void)
{
	struct arena *arena = arena_new(GLOSSARY_ARENA);
	struct glossary *glossary = arena ? arena_take(arena, sizeof(*glossary)) : NULL;

	if (!glossary) {
		arena_free(arena);
		return NULL;
	}
	glossary->arena = arena;
	atomic_init(&glossary->references, 1);
	return glossary;
}

static enum err words_add(struct glossary *glossary, enum facet facet, const char *const *words)
{
	enum err e = OK;

	for (size_t i = 0; words[i] && !e; i++)
		e = dictionary_add(glossary, facet, text_of(words[i]), text_of(words[i]));
	return e;
}

struct glossary *glossary_new(void)
{
	struct glossary *glossary = glossary_empty();

	if (!glossary)
		return NULL;
	if (!words_add(glossary, FACET_BAND, band_words) &&
	    !words_add(glossary, FACET_STORAGE, storage_words))
		return glossary;
	glossary_drop(glossary);
	return NULL;
}

void glossary_drop(struct glossary *glossary)
{
	if (glossary && atomic_fetch_sub(&glossary->references, 1) == 1)
		arena_free(glossary->arena);
}

static struct glossary *glossary_copy(const struct glossary *from)
{
	struct glossary *to = glossary_empty();
	enum err e = to ? OK : ERR_MEMORY;

	for (int facet = 0; facet < FACET_COUNT && !e; facet++) {
		const struct dictionary *all = &from->facets[facet];

		for (size_t i = 0; i < all->count && !e; i++)
			e = dictionary_add(to, (enum facet)facet, all->values[i].code,
					   all->values[i].name);
	}
	if (!e)
		return to;
	glossary_drop(to);
	return NULL;
}

static enum err glossary_own(struct glossary **glossary)
{
	if (atomic_load(&(*glossary)->references) == 1)
		return OK;
	struct glossary *copy = glossary_copy(*glossary);
	if (!copy)
		return ERR_MEMORY;
	glossary_drop(*glossary);
	*glossary = copy;
	return OK;
}

enum err glossary_put(struct glossary **glossary, enum facet facet, struct text code,
		      struct text name, uint16_t *out)
{
	int found = dictionary_find(&(*glossary)->facets[facet], code);
	enum err e = OK;

	if (found >= 0 && text_equal((*glossary)->facets[facet].values[found].name, name)) {
		*out = (uint16_t)found;
		return OK;
	}
	e = glossary_own(glossary);
	if (e)
		return e;
	struct dictionary *dictionary = &(*glossary)->facets[facet];
	*out = (uint16_t)(found >= 0 ? (size_t)found : dictionary->count);
	if (found < 0)
		return dictionary_add(*glossary, facet, code, name);
	return value_make((*glossary)->arena, code, name, &dictionary->values[found]);
}

int glossary_find(const struct glossary *glossary, enum facet facet, struct text code)
{
	return dictionary_find(&glossary->facets[facet], code);
}
