/*
 * The files of the demonstration as structs. A product of a county is listed by two of the county's
 * five suppliers.
 */
#include "demo.h"

#include "program.h"
#include "table.h"

struct reading {
	struct arena *arena;
	struct demo_data *data;
	struct text county; /* of the last product, and */
	struct text county_name;
	size_t rank;           /* the product's rank in it, from 1 */
	size_t first_supplier; /* index of the county's first supplier */
};

static enum err take_supplier(void *context, int64_t record, const struct text *cells)
{
	struct reading *reading = context;
	struct list *suppliers = &reading->data->suppliers;
	struct demo_supplier *supplier = list_add(suppliers, reading->arena, sizeof(*supplier));

	(void)record;
	if (!supplier)
		return ERR_MEMORY;
	*supplier = (struct demo_supplier){ .code = cells[0],
					    .name = cells[1],
					    .short_name = cells[2],
					    .county = cells[3],
					    .kind = cells[4],
					    .uscc = cells[5] };
	if (suppliers->count > 1 && text_equal(supplier[-1].county, supplier->county))
		supplier->rank = supplier[-1].rank + 1;
	return text_to_int(cells[6], &supplier->households) ? OK : ERR_FORMAT;
}

static enum err take_unit(void *context, int64_t record, const struct text *cells)
{
	struct reading *reading = context;
	struct demo_unit *unit = list_add(&reading->data->units, reading->arena, sizeof(*unit));

	(void)record;
	if (!unit)
		return ERR_MEMORY;
	*unit = (struct demo_unit){ .code = cells[0],
				    .name = cells[1],
				    .short_name = cells[2],
				    .kind = cells[3],
				    .city = cells[4],
				    .region = cells[5],
				    .uscc = cells[6] };
	return text_to_int(cells[7], &unit->members) && text_to_int(cells[8], &unit->budget_fen)
		       ? OK
		       : ERR_FORMAT;
}

static enum err take_place(void *context, int64_t record, const struct text *cells)
{
	struct reading *reading = context;
	struct demo_place *place = list_add(&reading->data->places, reading->arena, sizeof(*place));

	(void)record;
	if (!place)
		return ERR_MEMORY;
	*place = (struct demo_place){ cells[0], cells[1], cells[2] };
	return OK;
}

/* ---- products ---- */

enum {
	CODE,
	NAME,
	COUNTY,
	CATEGORY,
	SPECIFICATION,
	UNIT,
	LADDER,
	SHELF,
	STORAGE,
	WEIGHT,
	CERTIFICATES,
	STOCK,
	COUNTY_NAME
};
static const char *const product_columns[] = {
	"sku",           "name_zh",     "county_code",     "category_code", "spec",
	"unit",          "tier_prices", "shelf_life_days", "storage",       "weight_g",
	"certification", "stock",       "county",
};

static const struct category *category_of(const struct demo_data *data, struct text code)
{
	for (size_t i = 0; i < data->categories.count; i++) {
		const struct category *category = LIST_ITEM(data->categories, struct category, i);

		if (text_equal(category->code, code))
			return category;
	}
	return NULL;
}

static enum err row_fill(const struct demo_data *data, const struct text *cells,
			 struct catalogue_row *row)
{
	const struct category *category = category_of(data, cells[CATEGORY]);
	int64_t shelf = SMALL_NONE;

	*row = (struct catalogue_row){
		.code = cells[CODE],
		.name = cells[NAME],
		.county = cells[COUNTY],
		.category = cells[CATEGORY],
		.specification = cells[SPECIFICATION],
		.sale_unit = cells[UNIT],
		.multiple = 1,
		.storage = cells[STORAGE],
		.certificates = text_is(cells[CERTIFICATES], "无") ? TEXT("") : cells[CERTIFICATES],
		.barcode = TEXT(""),
		.remark = TEXT(""),
	};
	if (!category || !ladder_parse(cells[LADDER], &row->ladder) ||
	    !text_to_int(cells[WEIGHT], &row->weight_g) ||
	    !text_to_int(cells[STOCK], &row->stock) ||
	    (cells[SHELF].size && !text_to_int(cells[SHELF], &shelf)))
		return ERR_FORMAT;
	row->shelf_days = (int32_t)shelf;
	row->minimum = row->ladder.rungs[0].quantity;
	row->vat_kind = category->vat_kind;
	row->vat_rate = category->vat_rate;
	return OK;
}

/* The suppliers of a county stand together in their file. */
static bool find_suppliers(struct reading *reading, struct text county)
{
	const struct list *suppliers = &reading->data->suppliers;

	for (size_t i = 0; i < suppliers->count; i++)
		if (text_equal(LIST_ITEM(*suppliers, struct demo_supplier, i)->county, county)) {
			reading->first_supplier = i;
			return i + DEMO_SUPPLIERS_A_COUNTY <= suppliers->count;
		}
	return false;
}

/* The two characters that a supplier calls itself by, behind its county: 延长县乐农果业… */
static struct text brand_of(struct text name)
{
	size_t at = 0, from, end;

	for (int i = 0; i < 5 && at < name.size; i++) {
		from = at;
		text_next(name, &at);
		struct text letter = text_part(name, from, at - from);

		if (i && (text_is(letter, "县") || text_is(letter, "区") || text_is(letter, "市")))
			break;
	}
	end = at;
	for (int i = 0; i < 2 && end < name.size; i++)
		text_next(name, &end);
	return text_part(name, at, end - at);
}

/* What a listing says beyond its product: of every other one a brand, and how farmers take part. */
static bool listing_tell(const struct reading *reading, struct demo_listing *listing, size_t number)
{
	const struct demo_supplier *supplier =
		LIST_ITEM(reading->data->suppliers, struct demo_supplier, listing->supplier);
	struct catalogue_row *row = &listing->row;

	row->producer = supplier->short_name;
	if ((reading->rank + number) % 2)
		return true;
	row->brand = brand_of(supplier->short_name);
	row->households = supplier->households;
	row->origin = arena_print(reading->arena, "产自%.*s，当季采收，产地直发。",
				  TEXT_FMT(reading->county_name));
	row->farmers = arena_print(reading->arena,
				   "与 %lld 户农户签订收购协议，保底收购，年底按交售量返还盈余。",
				   (long long)supplier->households);
	return row->farmers.at && row->origin.at;
}

static enum err take_product(void *context, int64_t record, const struct text *cells)
{
	struct reading *reading = context;
	struct catalogue_row row;

	(void)record;
	if (!text_equal(cells[COUNTY], reading->county)) {
		reading->county = cells[COUNTY];
		reading->county_name = cells[COUNTY_NAME];
		reading->rank = 0;
		if (!find_suppliers(reading, cells[COUNTY]))
			return ERR_UNKNOWN_REFERENCE;
	}
	reading->rank++;
	enum err e = row_fill(reading->data, cells, &row);
	if (e)
		return e;
	for (size_t i = 0; i < DEMO_LISTINGS_A_PRODUCT; i++) {
		struct demo_listing *listing =
			list_add(&reading->data->listings, reading->arena, sizeof(*listing));

		if (!listing)
			return ERR_MEMORY;
		listing->supplier =
			reading->first_supplier + (reading->rank - 1 + i) % DEMO_SUPPLIERS_A_COUNTY;
		listing->row = row;
		if (!listing_tell(reading, listing, i))
			return ERR_MEMORY;
	}
	return OK;
}

static const char *const supplier_columns[] = { "supplier_code",      "name", "short_name",
						"county_code",        "type", "uscc",
						"households_assisted" };
static const char *const unit_columns[] = { "unit_code", "name",         "short_name",
					    "unit_type", "city",         "region_code",
					    "uscc",      "member_count", "annual_budget_fen" };
static const char *const place_columns[] = { "unit_code", "hierarchy", "parent_unit_code" };

bool demo_read(struct app *app, struct arena *arena, struct demo_data *out, struct buffer *faults)
{
	struct reading reading = { .arena = arena, .data = out };
	const struct {
		const char *path;
		const char *const *columns;
		size_t count;
		table_row_fn *row;
	} files[] = {
		{ "demo/suppliers.csv", supplier_columns, COUNT_OF(supplier_columns),
		  take_supplier },
		{ "demo/units.csv", unit_columns, COUNT_OF(unit_columns), take_unit },
		{ "demo/unit_hierarchies.csv", place_columns, COUNT_OF(place_columns), take_place },
		{ "demo/products.csv", product_columns, COUNT_OF(product_columns), take_product },
	};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		const char *path = program_path(app, files[i].path);

		if (!path || !table_load(arena, path, files[i].columns, files[i].count,
					 files[i].row, &reading, faults))
			return false;
	}
	return true;
}
