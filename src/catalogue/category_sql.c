/*
 * The rows of categories: what each began with, and the versions after it, read as one list.
 */
#include "category.h"

enum { VERSIONS, LOCK, PUT, INSERT, VERSION_PUT, TOUCH, SQL_COUNT };

/* clang-format off */
static const struct sql sql[] = {
	/* the row itself comes first, before a version of the very day on which it begins */
	[VERSIONS] = {
		"SELECT code, parent, level, name, name_en, vat_kind, vat_rate, since, until,"
		" CAST(NULL AS DATE), version"
		"  FROM category"
		" UNION ALL "
		"SELECT v.category, c.parent, c.level, v.name, v.name_en, v.vat_kind, v.vat_rate, c.since,"
		" c.until, v.since, c.version"
		"  FROM category_version v JOIN category c ON c.code = v.category"
		" ORDER BY 1, 10" },
	[LOCK] = { "SELECT code FROM category ORDER BY code FOR UPDATE" },
	[PUT] = {
		"INSERT INTO category (code, parent, level, name, name_en, vat_kind, vat_rate) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		" ON DUPLICATE KEY UPDATE version = version" },
	[INSERT] = {
		"INSERT INTO category (code, parent, level, name, name_en, vat_kind, vat_rate, since)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
	[VERSION_PUT] = {
		"INSERT INTO category_version (category, name, name_en, vat_kind, vat_rate, since)"
		" VALUES (?, ?, ?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE name = VALUES(name), name_en = VALUES(name_en),"
		" vat_kind = VALUES(vat_kind), vat_rate = VALUES(vat_rate)" },
	[TOUCH] = { "UPDATE category SET until = ?, version = version + 1 WHERE code = ?" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

#define CODE_COLUMN                                                                                \
	{                                                                                          \
		"code", KIND_TEXT, FIELD_AT(category, code)                                        \
	}
#define PLACE_COLUMNS                                                                              \
	{ "parent", KIND_TEXT, FIELD_AT(category, parent), .optional = true },                     \
	{                                                                                          \
		"level", KIND_INT, FIELD_AT(category, level)                                       \
	}
#define WORD_COLUMNS                                                                               \
	{ "name", KIND_TEXT, FIELD_AT(category, name) },                                           \
		{ "name_en", KIND_TEXT, FIELD_AT(category, name_en) },                             \
		{ "vat_kind", KIND_WORD, FIELD_AT(category, vat_kind), .words = vat_words },       \
	{                                                                                          \
		"vat_rate", KIND_INT, FIELD_AT(category, vat_rate)                                 \
	}
#define DAY_COLUMNS                                                                                \
	{ "since", KIND_DAY, FIELD_AT(category, since), .optional = true },                        \
	{                                                                                          \
		"until", KIND_DAY, FIELD_AT(category, until), .optional = true                     \
	}

const struct field category_fields[] = { CODE_COLUMN, PLACE_COLUMNS, WORD_COLUMNS, DAY_COLUMNS };
const size_t category_field_count = COUNT_OF(category_fields);

static const struct field version_columns[] = {
	CODE_COLUMN,
	PLACE_COLUMNS,
	WORD_COLUMNS,
	DAY_COLUMNS,
	{ "from", KIND_DAY, FIELD_AT(category, from), .optional = true },
	{ "version", KIND_INT, FIELD_AT(category, version) },
};
static const struct field put_columns[] = { CODE_COLUMN, PLACE_COLUMNS, WORD_COLUMNS };
static const struct field code_columns[] = { CODE_COLUMN };

enum err category_versions_read(struct db *db, struct arena *arena, struct list *out)
{
	return db_list(db, &sql[VERSIONS], db_none, version_columns, COUNT_OF(version_columns),
		       sizeof(struct category), arena, out);
}

enum err category_list_on(struct db *db, int32_t day, struct arena *arena, struct list *out)
{
	struct list versions = { 0 };
	enum err e = category_versions_read(db, arena, &versions);

	return e ? e : categories_on(&versions, day, arena, out);
}

enum err categories_lock(struct db *db, struct arena *arena)
{
	struct list codes = { 0 };

	return db_list(db, &sql[LOCK], db_none, code_columns, COUNT_OF(code_columns),
		       sizeof(struct category), arena, &codes);
}

enum err categories_put(struct db *db, const struct category *rows, size_t count)
{
	return count ? db_rows(db, &sql[PUT], put_columns, COUNT_OF(put_columns), rows, count,
			       sizeof(*rows))
		     : OK;
}

enum err category_insert(struct db *db, const struct category *category)
{
	return db_exec(db, &sql[INSERT],
		       db_values(category->code, category->parent, category->level, category->name,
				 category->name_en, word_of(vat_words, category->vat_kind),
				 category->vat_rate, value_day(category->since)));
}

enum err category_version_put(struct db *db, const struct category *category)
{
	return db_exec(db, &sql[VERSION_PUT],
		       db_values(category->code, category->name, category->name_en,
				 word_of(vat_words, category->vat_kind), category->vat_rate,
				 value_day(category->from)));
}

enum err category_touch(struct db *db, struct text code, int32_t until)
{
	return db_exec(db, &sql[TOUCH], db_values(value_day(until), code));
}
