/*
 * What a cell that names no county or category may have meant: the names nearest to it, for whoever
 * mends a row in place. Near is what shares characters with it and takes few of them to be changed;
 * Latin names are held against the English ones, by the changes alone.
 */
#include "import_suggest.h"
#include "import_values.h"

#include "xiangcai/identity.h"

enum { LETTERS_MAX = 40 };
/* Of two thousand: less than this is no likeness. */
enum { LIKE_CHINESE = 600, LIKE_LATIN = 1200 };

/* A name as characters, lower case, without blanks. */
struct letters {
	uint32_t at[LETTERS_MAX];
	size_t count;
};

static struct letters letters_of(struct text t)
{
	struct letters letters = { .count = 0 };

	for (size_t at = 0; at < t.size && letters.count < LETTERS_MAX;) {
		uint32_t c = text_next(t, &at);

		if (c == ' ')
			continue;
		letters.at[letters.count++] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	}
	return letters;
}

/* The rank at the end of a county's name tells nothing: all have one. */
static struct letters without_rank(struct letters letters)
{
	static const uint32_t ranks[] = { 0x53BF, 0x533A, 0x5E02 }; /* 县 区 市 */

	for (size_t i = 0; i < COUNT_OF(ranks); i++)
		if (letters.count > 1 && letters.at[letters.count - 1] == ranks[i]) {
			letters.count--;
			break;
		}
	return letters;
}

/* How many characters stand in both. */
static size_t shared(const struct letters *a, const struct letters *b)
{
	bool taken[LETTERS_MAX] = { false };
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (!taken[k] && a->at[i] == b->at[k]) {
				taken[k] = true;
				count++;
				break;
			}
	return count;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t low = a < b ? a : b;

	return low < c ? low : c;
}

/* Levenshtein's: characters to be put in, taken out or changed. */
static size_t changes(const struct letters *a, const struct letters *b)
{
	size_t row[LETTERS_MAX + 1];

	for (size_t k = 0; k <= b->count; k++)
		row[k] = k;
	for (size_t i = 1; i <= a->count; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= b->count; k++) {
			size_t above = row[k];

			row[k] = least(above + 1, row[k - 1] + 1,
				       diagonal + (a->at[i - 1] != b->at[k - 1]));
			diagonal = above;
		}
	}
	return row[b->count];
}

static bool is_latin(const struct letters *letters)
{
	for (size_t i = 0; i < letters->count; i++)
		if (letters->at[i] >= 0x80)
			return false;
	return true;
}

/* From 0, nothing alike, to 2000, the same. */
static int likeness(const struct letters *a, const struct letters *b)
{
	size_t longer = a->count > b->count ? a->count : b->count, common = shared(a, b);

	if (!a->count || !b->count || !common)
		return 0;
	return (int)(2000 * common / (a->count + b->count) +
		     1000 * (longer - changes(a, b)) / longer);
}

/* Keeps the best of what is offered, the best first; of equals the one that came before. */
static void offer(struct near_names *out, struct text name, int like)
{
	size_t at = out->count;

	while (at > 0 && out->likeness[at - 1] < like)
		at--;
	if (at == NEAR_NAMES_MAX)
		return;
	if (out->count < NEAR_NAMES_MAX)
		out->count++;
	for (size_t i = out->count - 1; i > at; i--) {
		out->names[i] = out->names[i - 1];
		out->likeness[i] = out->likeness[i - 1];
	}
	out->names[at] = name;
	out->likeness[at] = like;
}

static void weigh(struct near_names *out, struct text cell, struct text name, struct text english,
		  bool ranked)
{
	struct letters wanted = letters_of(cell);
	bool latin = is_latin(&wanted);
	struct letters given = letters_of(latin ? english : name);

	if (ranked && !latin) {
		wanted = without_rank(wanted);
		given = without_rank(given);
	}
	int like = likeness(&wanted, &given);
	if (like >= (latin ? LIKE_LATIN : LIKE_CHINESE))
		offer(out, name, like);
}

void suggest_counties(const struct list *counties, struct text cell, struct near_names *out)
{
	*out = (struct near_names){ .count = 0 };
	for (size_t i = 0; i < counties->count; i++) {
		const struct county *county = LIST_ITEM(*counties, struct county, i);

		if (county->is_assisted)
			weigh(out, cell, county->name, county->name_en, true);
	}
}

void suggest_categories(const struct list *categories, struct text cell, struct near_names *out)
{
	*out = (struct near_names){ .count = 0 };
	for (size_t i = 0; i < categories->count; i++) {
		const struct category *category = LIST_ITEM(*categories, struct category, i);

		if (category->level == 2 && !category->ended)
			weigh(out, cell, category->name, category->name_en, false);
	}
}

/* ---- for the pages of imports ---------------------------------------------------------------- */

static enum err reference_read(struct db *db, struct arena *arena, int32_t today, void **known)
{
	struct import_reference *reference = arena_take(arena, sizeof(*reference));
	enum err e =
		reference ? county_list_on(db, today, arena, &reference->counties) : ERR_MEMORY;

	if (!e)
		e = category_list_on(db, today, arena, &reference->categories);
	*known = e ? NULL : reference;
	return e;
}

enum err import_suggest(struct db *db, struct arena *arena, int32_t today, void **known,
			const struct import_cell_fault *fault, struct near_names *out)
{
	bool county = text_is(fault->code, err_info(ERR_COUNTY_UNKNOWN)->code);
	bool category = text_is(fault->code, err_info(ERR_CATEGORY_UNKNOWN)->code);
	enum err e = OK;

	*out = (struct near_names){ .count = 0 };
	if (!county && !category)
		return OK;
	if (!*known)
		e = reference_read(db, arena, today, known);
	if (e)
		return e;
	const struct import_reference *reference = *known;
	struct text cell = cell_fold(arena, fault->cell);
	if (!cell.at)
		return ERR_MEMORY;
	if (county)
		suggest_counties(&reference->counties, cell, out);
	else
		suggest_categories(&reference->categories, cell, out);
	return OK;
}
