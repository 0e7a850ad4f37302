/*
 * What a reviewer of the platform does with categories. Each event holds all of them, for names and
 * days of one look at others; there are about a hundred, and they change a few times a year.
 */
#include "category.h"

#include "xiangcai/audit.h"

/* ---- loading --------------------------------------------------------------------------------- */

struct categories_loaded {
	int64_t count;
};
static const struct field categories_loaded_fields[] = {
	{ "count", KIND_INT, FIELD_AT(categories_loaded, count) },
};

enum err categories_insert(struct tx *tx, void *arg)
{
	const struct list *categories = arg;
	struct categories_loaded loaded = { (int64_t)categories->count };
	const struct audit_note note = {
		.kind = "category.loaded",
		.object = tx->event,
		.fields = categories_loaded_fields,
		.field_count = COUNT_OF(categories_loaded_fields),
		.after = &loaded,
	};
	enum err e = categories_put(tx->db, categories->at, categories->count);

	return e ? e : audit_event(tx, &note);
}

/* ---- the card -------------------------------------------------------------------------------- */

static const struct field card_version_fields[] = {
	{ "since", KIND_DAY, FIELD_AT(category, from), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(category, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(category, name_en) },
	{ "vat_kind", KIND_WORD, FIELD_AT(category, vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(category, vat_rate) },
};

const struct field category_card_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(category_card, now.code) },
	{ "parent", KIND_TEXT, FIELD_AT(category_card, now.parent), .optional = true },
	{ "level", KIND_INT, FIELD_AT(category_card, now.level) },
	{ "since", KIND_DAY, FIELD_AT(category_card, now.since), .optional = true },
	{ "until", KIND_DAY, FIELD_AT(category_card, now.until), .optional = true },
	{ "versions", KIND_LIST, FIELD_AT(category_card, versions), .of = card_version_fields,
	  .of_count = COUNT_OF(card_version_fields), .of_size = sizeof(struct category) },
};
const size_t category_card_field_count = COUNT_OF(category_card_fields);

/* What a version took the place of on its very day is not told. */
enum err category_card_of(const struct list *versions, struct text code, struct arena *arena,
			  struct category_card *out)
{
	struct category *last = NULL;

	out->versions = (struct list){ 0 };
	for (size_t i = 0; i < versions->count; i++) {
		const struct category *version = LIST_ITEM(*versions, struct category, i);

		if (!text_equal(version->code, code))
			continue;
		if (!last || version->from == DAY_NONE || version->from != last->from)
			last = list_add(&out->versions, arena, sizeof(*last));
		if (!last)
			return ERR_MEMORY;
		*last = *version;
		if (last->from == DAY_NONE)
			last->from = last->since;
	}
	if (!last)
		return ERR_NOT_FOUND;
	out->now = *last;
	return OK;
}

/* ---- events ---------------------------------------------------------------------------------- */

static const struct field trail_fields[] = {
	{ "code", KIND_TEXT, FIELD_AT(category, code) },
	{ "since", KIND_DAY, FIELD_AT(category, from), .optional = true },
	{ "name", KIND_TEXT, FIELD_AT(category, name) },
	{ "name_en", KIND_TEXT, FIELD_AT(category, name_en) },
	{ "vat_kind", KIND_WORD, FIELD_AT(category, vat_kind), .words = vat_words },
	{ "vat_rate", KIND_INT, FIELD_AT(category, vat_rate) },
	{ "until", KIND_DAY, FIELD_AT(category, until), .optional = true },
};

static enum err note(struct tx *tx, const char *kind, const struct category *before,
		     const struct category *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = NO_ID,
						     .fields = trail_fields,
						     .field_count = COUNT_OF(trail_fields),
						     .before = before,
						     .after = after });
}

/* All versions, held; ERR_NOT_FOUND and ERR_PRECONDITION about the one that is changed. */
static enum err hold(struct tx *tx, const struct category_asked *asked, bool exists,
		     struct list *versions)
{
	enum err e = categories_lock(tx->db, tx->arena);

	if (!e)
		e = category_versions_read(tx->db, tx->arena, versions);
	if (e || !exists)
		return e;
	const struct category *category = category_find(versions, asked->code);
	if (!category)
		return ERR_NOT_FOUND;
	return asked->seen == INT_NONE || asked->seen == category->version ? OK : ERR_PRECONDITION;
}

static enum err judged(struct tx *tx)
{
	return tx->problems->items.count ? ERR_REFUSED : OK;
}

/* Reads the card again, as the transaction leaves it. */
static enum err tell(struct tx *tx, struct category_change *change)
{
	struct list versions = { 0 };
	enum err e = category_versions_read(tx->db, tx->arena, &versions);

	return e ? e : category_card_of(&versions, change->asked.code, tx->arena, &change->card);
}

static struct category category_of(const struct category_asked *asked)
{
	bool has_parent = asked->code.size == 4;

	return (struct category){
		.code = asked->code,
		.parent = has_parent ? text_part(asked->code, 0, 2) : NO_TEXT,
		.level = has_parent ? 2 : 1,
		.name = asked->name,
		.name_en = asked->name_en,
		.vat_kind = asked->vat_kind,
		.vat_rate = asked->vat_rate,
		.since = asked->since,
		.from = asked->since,
		.until = DAY_NONE,
	};
}

enum err category_add(struct tx *tx, void *arg)
{
	struct category_change *change = arg;
	struct category_asked asked = change->asked;
	struct list versions = { 0 };
	enum err e = hold(tx, &asked, false, &versions);

	if (e)
		return e;
	category_judge_new(&versions, &asked, tx->day, tx->problems);
	struct category category = category_of(&asked);
	e = judged(tx);
	if (!e)
		e = category_insert(tx->db, &category);
	if (!e)
		e = note(tx, "category.added", NULL, &category);
	return e ? e : tell(tx, change);
}

enum err category_change(struct tx *tx, void *arg)
{
	struct category_change *change = arg;
	struct category_asked asked = change->asked;
	struct list versions = { 0 }, before = { 0 };
	enum err e = hold(tx, &asked, true, &versions);

	if (e)
		return e;
	category_judge_version(&versions, &asked, tx->day, tx->problems);
	struct category category = category_of(&asked);
	category.until = category_find(&versions, asked.code)->until;
	e = judged(tx);
	if (!e)
		e = category_version_put(tx->db, &category);
	if (!e)
		e = category_touch(tx->db, asked.code, category.until);
	if (!e)
		e = categories_on(&versions, asked.since, tx->arena, &before);
	if (!e)
		e = note(tx, "category.changed", category_find(&before, asked.code), &category);
	return e ? e : tell(tx, change);
}

enum err category_end(struct tx *tx, void *arg)
{
	struct category_change *change = arg;
	struct list versions = { 0 };
	enum err e = hold(tx, &change->asked, true, &versions);

	if (e)
		return e;
	category_judge_end(&versions, &change->asked, tx->day, tx->problems);
	const struct category *before = category_find(&versions, change->asked.code);
	struct category category = *before;
	category.until = change->asked.until;
	e = judged(tx);
	if (!e)
		e = category_touch(tx->db, category.code, category.until);
	if (!e)
		e = note(tx, "category.ended", before, &category);
	return e ? e : tell(tx, change);
}
