/*
 * Which county and which category a cell means. All the names of each stand in one lookup, exact
 * ones before derived ones, built once for a file; a cell then costs a few look-ups, however it is
 * written.
 */
#include "import_rules.h"
#include "import_values.h"
#include "import_words.h"

#include <string.h>

/* In `places`: known, but no county. Far above any index. */
enum { PLACE_CITY = 1000000, PLACE_PROVINCE };

static const struct county *county_at(const struct import_reader *reader, int32_t index)
{
	return LIST_ITEM(reader->reference->counties, const struct county, index);
}

static const struct category *category_at(const struct import_reader *reader, int32_t index)
{
	return LIST_ITEM(reader->reference->categories, const struct category, index);
}

static bool ends(struct text t, const char *word)
{
	size_t size = strlen(word);

	return t.size > size && memcmp(t.at + t.size - size, word, size) == 0;
}

/* A name without the word at its end that tells its rank. */
static struct text stem(struct text name)
{
	static const char *const ranks[] = { "县", "区", "市" };

	for (size_t i = 0; i < COUNT_OF(ranks); i++)
		if (ends(name, ranks[i]))
			return text_part(name, 0, name.size - strlen(ranks[i]));
	return name;
}

/* ---- filling the lookups ---- */

static enum err county_exact_put(struct import_reader *reader, int32_t index)
{
	const struct county *county = county_at(reader, index);
	struct text former = county->former_codes;
	enum err e = names_put(&reader->places, county->name, index);

	if (!e)
		e = names_put(&reader->places, county->code, index);
	while (!e && former.size > 0)
		e = names_put(&reader->places, text_trim(text_cut(&former, ';')), index);
	return e;
}

static enum err city_put(struct import_reader *reader, int32_t index)
{
	struct text city = county_at(reader, index)->city_name;
	enum err e = names_put(&reader->cities, city, index);

	if (!e)
		e = names_put(&reader->cities, stem(city), index);
	if (!e)
		e = names_put(&reader->places, city, PLACE_CITY);
	return e;
}

static enum err county_alias_put(struct import_reader *reader, const struct alias *alias)
{
	int32_t index = names_get(&reader->places, text_of(alias->to));

	return index < 0 ? OK : names_put(&reader->places, text_of(alias->from), index);
}

/* The stem alone, and the county that it was before it became a district or city. A stem of one
 * character is no name. */
static enum err county_stem_put(struct import_reader *reader, int32_t index)
{
	struct text short_name = stem(county_at(reader, index)->name);
	struct text former;
	enum err e;

	if (text_length(short_name) < 2)
		return OK;
	former = arena_print(reader->lasting, "%.*s县", TEXT_FMT(short_name));
	e = former.at ? names_put(&reader->places, short_name, index) : ERR_MEMORY;
	return e ? e : names_put(&reader->places, former, index);
}

static enum err each_county(struct import_reader *reader,
			    enum err (*put)(struct import_reader *, int32_t))
{
	for (size_t i = 0; i < reader->reference->counties.count; i++) {
		enum err e = put(reader, (int32_t)i);

		if (e)
			return e;
	}
	return OK;
}

/* The name of a city without its rank comes last: where a county is called the same, the county is
 * meant. */
static enum err city_stem_put(struct import_reader *reader, int32_t index)
{
	return names_put(&reader->places, stem(county_at(reader, index)->city_name), PLACE_CITY);
}

static enum err places_begin(struct import_reader *reader)
{
	enum err e = each_county(reader, county_exact_put);

	if (!e)
		e = each_county(reader, city_put);
	for (size_t i = 0; i < county_alias_count && !e; i++)
		e = county_alias_put(reader, &county_aliases[i]);
	if (!e)
		e = each_county(reader, county_stem_put);
	if (!e)
		e = each_county(reader, city_stem_put);
	if (!e)
		e = names_put(&reader->places, TEXT("陕西省"), PLACE_PROVINCE);
	return e ? e : names_put(&reader->places, TEXT("陕西"), PLACE_PROVINCE);
}

static struct text kind_key(struct arena *arena, struct text name)
{
	struct text key = squeeze(arena, name);

	return key.at ? lower_case(arena, key) : NO_TEXT;
}

static enum err category_put(struct import_reader *reader, int32_t index)
{
	const struct category *category = category_at(reader, index);
	struct text english = kind_key(reader->lasting, category->name_en);
	enum err e = names_put(&reader->kinds, category->code, index);

	if (!e)
		e = names_put(&reader->kinds, category->name, index);
	if (!e && category->name_en.size > 0)
		e = english.at ? names_put(&reader->kinds, english, index) : ERR_MEMORY;
	return e;
}

static enum err kinds_of_level(struct import_reader *reader, int64_t level, bool ended)
{
	enum err e = OK;

	for (size_t i = 0; i < reader->reference->categories.count && !e; i++) {
		const struct category *category = category_at(reader, (int32_t)i);

		if (category->level == level && category->ended == ended)
			e = category_put(reader, (int32_t)i);
	}
	return e;
}

/* Level 2 first: a name that stands on both levels means goods. What has ended leaves its name to
 * whatever bears it now. */
static enum err kinds_begin(struct import_reader *reader)
{
	enum err e = OK;

	for (int ended = 0; ended < 2; ended++)
		for (int64_t level = 2; level > 0 && !e; level--)
			e = kinds_of_level(reader, level, ended != 0);
	for (size_t i = 0; i < category_alias_count && !e; i++) {
		int32_t index = names_get(&reader->kinds, text_of(category_aliases[i].to));

		if (index >= 0)
			e = names_put(&reader->kinds, text_of(category_aliases[i].from), index);
	}
	return e;
}

enum err import_lookups_begin(struct import_reader *reader)
{
	enum err e;

	names_begin(&reader->places, reader->lasting);
	names_begin(&reader->cities, reader->lasting);
	names_begin(&reader->kinds, reader->lasting);
	e = places_begin(reader);
	return e ? e : kinds_begin(reader);
}

/* ---- counties ---- */

static struct text after(struct text t, size_t size)
{
	return text_part(t, size, t.size - size);
}

/* Takes one of the marks people put between the parts of an address off the front of @rest. */
static void mark_skip(struct text *rest)
{
	static const char *const marks[] = { "/", "-", ",", ">", "·", "、" };

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (text_starts(*rest, marks[i])) {
			*rest = after(*rest, strlen(marks[i]));
			return;
		}
}

/*
 * The county behind the city that @rest begins with, when it lies there; -1 otherwise. City names
 * are short: every prefix of up to seven characters is looked up.
 */
static int32_t place_in_city(const struct import_reader *reader, struct text rest)
{
	size_t at = 0;

	for (int i = 0; i < 7 && at < rest.size; i++) {
		struct text behind;
		int32_t city, place;

		text_next(rest, &at);
		city = names_get(&reader->cities, text_part(rest, 0, at));
		if (city < 0)
			continue;
		behind = after(rest, at);
		mark_skip(&behind);
		place = names_get(&reader->places, behind);
		if (place >= 0 && place < PLACE_CITY &&
		    text_equal(county_at(reader, place)->city_name,
			       county_at(reader, city)->city_name))
			return place;
	}
	return -1;
}

static int32_t place_find(const struct import_reader *reader, struct text name)
{
	int32_t place = names_get(&reader->places, name);

	if (place < 0 && (text_starts(name, "陕西省") || text_starts(name, "陕西"))) {
		name = after(name, strlen(text_starts(name, "陕西省") ? "陕西省" : "陕西"));
		mark_skip(&name);
		place = names_get(&reader->places, name);
	}
	return place >= 0 ? place : place_in_city(reader, name);
}

enum err import_county(const struct import_reader *reader, struct text cell,
		       const struct county **out)
{
	struct text name = squeeze(reader->scratch, cell);
	int32_t place;

	if (!name.at)
		return ERR_MEMORY;
	place = place_find(reader, name);
	if (place < 0)
		return ERR_COUNTY_UNKNOWN;
	if (place >= PLACE_CITY || !county_at(reader, place)->is_assisted)
		return ERR_COUNTY_NOT_ELIGIBLE;
	*out = county_at(reader, place);
	return OK;
}

/* ---- categories ---- */

/* What stands behind the last mark of a path: 茶叶/红茶. */
static struct text last_segment(struct text path)
{
	static const char *const marks[] = { "/", "\\", ">", "|", "-", ":", "→", "—", "·" };

	for (size_t at = path.size; at > 0; at--) {
		struct text tail = after(path, at - 1);

		for (size_t i = 0; i < COUNT_OF(marks); i++)
			if (text_starts(tail, marks[i]) && tail.size > strlen(marks[i]))
				return after(tail, strlen(marks[i]));
	}
	return path;
}

/* A spreadsheet makes 403 of the code 0403. */
static int32_t kind_by_short_code(const struct import_reader *reader, struct text key)
{
	char code[5] = "0";

	if (key.size != 1 && key.size != 3)
		return -1;
	memcpy(code + 1, key.at, key.size);
	return names_get(&reader->kinds, text_of(code));
}

enum err import_category(const struct import_reader *reader, struct text cell,
			 const struct category **out)
{
	struct text key = kind_key(reader->scratch, cell);
	int32_t index;

	if (!key.at)
		return ERR_MEMORY;
	index = names_get(&reader->kinds, key);
	if (index < 0)
		index = names_get(&reader->kinds, last_segment(key));
	if (index < 0)
		index = kind_by_short_code(reader, key);
	if (index < 0)
		return ERR_CATEGORY_UNKNOWN;
	*out = category_at(reader, index);
	if ((*out)->level != 2)
		return ERR_CATEGORY_LEVEL;
	return (*out)->ended ? ERR_CATEGORY_ENDED : OK;
}
