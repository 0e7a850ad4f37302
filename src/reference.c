/*
 * Reference data, loaded on every start: a step whose key is the digest of the file does nothing
 * when this content stands there already.
 */
#include "reference.h"

#include "program.h"
#include "table.h"
#include "xiangcai/catalogue.h"

enum { KEY_DIGITS = 32 };
#define REFERENCE_ARENA_MAX MIB(64)

/* What the rows of one file become. */
struct loading {
	struct arena *arena;
	struct list rows;
};

struct reference {
	const char *name, *path;
	const char *const *columns;
	size_t column_count;
	table_row_fn *row;
	event_fn *insert;
};

/* ---- counties ---- */

enum {
	COUNTY_CODE,
	COUNTY_NAME,
	COUNTY_NAME_EN,
	COUNTY_CITY_CODE,
	COUNTY_CITY_NAME,
	COUNTY_LONGITUDE,
	COUNTY_LATITUDE,
	COUNTY_IS_ASSISTED,
	COUNTY_IS_NATIONAL_KEY,
	COUNTY_FORMER_CODES,
	COUNTY_COLUMN_COUNT
};

static const char *const county_columns[] = {
	"code", "name_zh", "name_en",     "city_code",       "city_zh",
	"lon",  "lat",     "is_assisted", "is_national_key", "former_codes",
};
_Static_assert(COUNT_OF(county_columns) == COUNTY_COLUMN_COUNT, "a name for every column");

static enum err take_county(void *context, int64_t record, const struct text *cells)
{
	struct loading *loading = context;
	struct county *county = list_add(&loading->rows, loading->arena, sizeof(*county));

	(void)record;
	if (!county)
		return ERR_MEMORY;
	if (cells[COUNTY_CODE].size != 6)
		return ERR_FORMAT;
	*county = (struct county){ .code = cells[COUNTY_CODE],
				   .name = cells[COUNTY_NAME],
				   .name_en = cells[COUNTY_NAME_EN],
				   .city_code = cells[COUNTY_CITY_CODE],
				   .city_name = cells[COUNTY_CITY_NAME],
				   .longitude = cells[COUNTY_LONGITUDE],
				   .latitude = cells[COUNTY_LATITUDE],
				   .former_codes = cells[COUNTY_FORMER_CODES],
				   .is_assisted = text_is(cells[COUNTY_IS_ASSISTED], "1"),
				   .is_national_key = text_is(cells[COUNTY_IS_NATIONAL_KEY], "1") };
	return OK;
}

/* ---- categories ---- */

enum {
	CATEGORY_CODE,
	CATEGORY_PARENT,
	CATEGORY_LEVEL,
	CATEGORY_NAME,
	CATEGORY_NAME_EN,
	CATEGORY_VAT,
	CATEGORY_COLUMN_COUNT
};

static const char *const category_columns[] = { "code",    "parent_code", "level",
						"name_zh", "name_en",     "vat_rate" };
_Static_assert(COUNT_OF(category_columns) == CATEGORY_COLUMN_COUNT, "a name for every column");

/* "13" is a rate, "exempt" and "zero" are kinds without one. */
static bool take_vat(struct text cell, struct category *category)
{
	int kind = word_find(vat_words, cell);

	category->vat_kind = kind == VAT_ZERO || kind == VAT_EXEMPT ? kind : VAT_TAXED;
	if (category->vat_kind != VAT_TAXED)
		return true;
	return text_to_int(cell, &category->vat_rate) && category->vat_rate > 0 &&
	       category->vat_rate < 100;
}

static enum err take_category(void *context, int64_t record, const struct text *cells)
{
	struct loading *loading = context;
	struct category *category = list_add(&loading->rows, loading->arena, sizeof(*category));

	(void)record;
	if (!category)
		return ERR_MEMORY;
	category->code = cells[CATEGORY_CODE];
	category->parent = cells[CATEGORY_PARENT].size ? cells[CATEGORY_PARENT] : NO_TEXT;
	category->name = cells[CATEGORY_NAME];
	category->name_en = cells[CATEGORY_NAME_EN];
	if (!text_to_int(cells[CATEGORY_LEVEL], &category->level) ||
	    !take_vat(cells[CATEGORY_VAT], category))
		return ERR_FORMAT;
	return OK;
}

/* ---- both ---- */

static const struct reference references[] = {
	{ "counties", "schema/reference/counties.csv", county_columns, COUNTY_COLUMN_COUNT,
	  take_county, counties_insert },
	{ "categories", "schema/reference/categories.csv", category_columns, CATEGORY_COLUMN_COUNT,
	  take_category, categories_insert },
};

static enum err reference_step(struct app *app, struct db *db, struct loading *loading,
			       const struct reference *reference, struct text file)
{
	struct problems problems = { .arena = loading->arena };
	struct step step = { .app = app, .db = db, .arena = loading->arena, .problems = &problems };
	struct digest digest = sha256(file);
	char digits[2 * DIGEST_SIZE + 1];
	bool done_before;

	hex_format(digest.bytes, DIGEST_SIZE, digits);
	struct text key = arena_print(loading->arena, "reference-%s-%.*s", reference->name,
				      KEY_DIGITS, digits);
	if (!key.at)
		return ERR_MEMORY;
	enum err e = run_step(&step, key, reference->insert, &loading->rows, &done_before);
	if (!e && !done_before)
		log_line(&app->log, LOG_INFO, "reference", "loaded",
			 LOG_TEXT("table", text_of(reference->name)),
			 LOG_INT("rows", (int64_t)loading->rows.count));
	return e;
}

static bool load_one(struct app *app, struct db *db, struct arena *arena,
		     const struct reference *reference, struct buffer *faults)
{
	struct loading loading = { .arena = arena };
	const char *path = program_path(app, reference->path);
	struct text file;

	if (!path || !file_load(arena, path, TABLE_FILE_MAX, &file, faults) ||
	    !table_load(arena, path, reference->columns, reference->column_count, reference->row,
			&loading, faults))
		return false;
	enum err e = reference_step(app, db, &loading, reference, file);
	if (e)
		buffer_print(faults, "%s: %s\n", path, err_info(e)->sentence[EN]);
	return !e;
}

bool reference_load(struct app *app, struct db *db, struct buffer *faults)
{
	struct arena *arena = arena_new(REFERENCE_ARENA_MAX);
	bool done = arena != NULL;

	for (size_t i = 0; done && i < COUNT_OF(references); i++)
		done = load_one(app, db, arena, &references[i], faults);
	arena_free(arena);
	return done;
}
