/*
 * The rules of a product that its supplier writes: those of imported rows, by JSON pointer. Texts
 * are brought into the form that imports keep, so that the same goods have the same digest
 * whichever way they came. No I/O.
 */
#include "goods_rules.h"
#include "import_rules.h"
#include "import_values.h"
#include "import_words.h"
#include "product_draft.h"

#include <string.h>

struct judging {
	struct content *content;
	const struct goods_reference *reference;
	struct problems *problems;
	const struct category *category; /* NULL when at fault */
	bool out_of_memory;
};

/* ---- texts ----------------------------------------------------------------------------------- */

/* Notes all that is wrong with @raw as text; true when nothing is. */
static bool text_is_sound(struct problems *problems, struct text raw, struct arg at)
{
	bool lost = text_holds_replacement(raw), control = cell_has_control(raw);
	bool formula = cell_is_formula(raw), markup = text_holds_markup(raw);

	if (lost)
		fail(problems, ERR_ENCODING_LOSS, at);
	if (control)
		fail(problems, ERR_CONTROL_CHAR, at);
	if (formula)
		fail(problems, ERR_FORMULA, at);
	if (markup)
		fail(problems, ERR_MARKUP, at);
	return !lost && !control && !formula && !markup;
}

/* Optional ones become empty, required ones must have something to see. */
static void judge_text(struct judging *j, struct text *text, struct arg at, bool required)
{
	struct text raw = *text;

	if (!raw.at) {
		*text = TEXT("");
		return;
	}
	*text = cell_clean(j->problems->arena, raw);
	if (!text->at)
		j->out_of_memory = true;
	else if (text_is_sound(j->problems, raw, at) && required && !text->size)
		fail(j->problems, ERR_REQUIRED, at);
}

static void judge_texts(struct judging *j)
{
	struct content *content = j->content;
	struct {
		struct text *text;
		struct arg at;
		bool required;
	} const texts[] = {
		{ &content->name, AT("/name"), true },
		{ &content->remark, AT("/remark"), false },
		{ &content->brand, AT("/brand"), false },
		{ &content->producer, AT("/producer"), false },
		{ &content->origin, AT("/origin"), false },
		{ &content->farmers, AT("/farmers"), false },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		judge_text(j, texts[i].text, texts[i].at, texts[i].required);
}

/* ---- places, kinds, keeping ------------------------------------------------------------------ */

static void judge_county(struct judging *j)
{
	struct text code = j->content->county;
	const struct list *counties = &j->reference->counties;

	if (!code.at)
		return;
	code = county_code_today(counties, code);
	for (size_t i = 0; i < counties->count; i++) {
		const struct county *county = LIST_ITEM(*counties, struct county, i);

		if (!text_equal(county->code, code))
			continue;
		j->content->county = county->code;
		if (!county->is_assisted)
			fail(j->problems, ERR_COUNTY_NOT_ELIGIBLE, AT("/county"), ARG_TEXT(code));
		return;
	}
	fail(j->problems, ERR_COUNTY_UNKNOWN, AT("/county"), ARG_TEXT(code));
}

static void judge_category(struct judging *j)
{
	struct text code = j->content->category;
	const struct list *categories = &j->reference->categories;

	if (!code.at)
		return;
	for (size_t i = 0; i < categories->count; i++) {
		const struct category *category = LIST_ITEM(*categories, struct category, i);

		if (!text_equal(category->code, code))
			continue;
		if (category->level != 2)
			fail(j->problems, ERR_CATEGORY_LEVEL, AT("/category"), ARG_TEXT(code));
		else if (category->ended)
			fail(j->problems, ERR_CATEGORY_ENDED, AT("/category"), ARG_TEXT(code));
		else
			j->category = category;
		return;
	}
	fail(j->problems, ERR_CATEGORY_UNKNOWN, AT("/category"), ARG_TEXT(code));
}

/* What is not said is the category's. */
static void judge_vat(struct judging *j)
{
	struct content *content = j->content;
	bool taxed = content->vat_kind == VAT_TAXED;
	char written[8];
	int32_t kind;
	int64_t rate;

	if (content->vat_kind == SMALL_NONE) {
		if (content->vat_rate != INT_NONE)
			fail(j->problems, ERR_REQUIRED, AT("/vat_kind"));
		content->vat_kind = j->category ? j->category->vat_kind : VAT_TAXED;
		content->vat_rate = j->category ? j->category->vat_rate : 0;
		return;
	}
	if (content->vat_rate == INT_NONE && !taxed)
		content->vat_rate = 0;
	if (content->vat_rate == INT_NONE)
		fail(j->problems, ERR_REQUIRED, AT("/vat_rate"));
	else if (!taxed ? content->vat_rate != 0
			: content->vat_rate == 0 ||
				  vat_parse(vat_format(VAT_TAXED, content->vat_rate, written),
					    &kind, &rate))
		fail(j->problems, ERR_VAT, AT("/vat_rate"));
}

static void judge_keeping(struct judging *j)
{
	struct content *content = j->content;
	bool keeps = j->category && category_keeps(j->category->parent);

	if (content->storage.at) {
		struct text cell = squeeze(j->problems->arena,
					   cell_fold(j->problems->arena, content->storage));
		const char *storage = cell.at ? storage_find(cell) : NULL;

		j->out_of_memory |= !cell.at;
		if (storage)
			content->storage = text_of(storage);
		else
			fail(j->problems, ERR_STORAGE, AT("/storage"));
	}
	if (content->shelf_days == SMALL_NONE && j->category && !keeps)
		fail(j->problems, ERR_REQUIRED, AT("/shelf_days"));
}

static void judge_agency(struct judging *j)
{
	struct content *content = j->content;
	bool agency = content->agency;

	if (agency && !content->producer.size)
		fail(j->problems, ERR_REQUIRED, AT("/producer"));
	if (agency && id_is_none(content->mandate))
		fail(j->problems, ERR_REQUIRED, AT("/mandate"));
	if (agency && content->mandate_until == DAY_NONE)
		fail(j->problems, ERR_REQUIRED, AT("/mandate_until"));
	else if (agency && content->mandate_until < j->reference->day)
		fail(j->problems, ERR_LICENCE_OVER, AT("/mandate_until"));
	if (!agency && !id_is_none(content->mandate))
		fail(j->problems, ERR_AGENCY_ONLY, AT("/mandate"));
	if (!agency && content->mandate_until != DAY_NONE)
		fail(j->problems, ERR_AGENCY_ONLY, AT("/mandate_until"));
}

/* ---- certificates and pictures -----------------------------------------------------------------
 */

static void judge_certificate(struct judging *j, size_t i)
{
	struct list *all = &j->content->certificate_list;
	struct certificate *one = LIST_ITEM(*all, struct certificate, i);
	struct problems *problems = j->problems;
	struct text name = NO_TEXT;

	one->place = (int64_t)i + 1;
	judge_text(j, &one->number, problem_at(problems, "/certificates/%zu/number", i), false);
	judge_text(j, &one->issuer, problem_at(problems, "/certificates/%zu/issuer", i), false);
	if (!one->name.at)
		return;
	struct text cell = cell_fold(problems->arena, one->name);
	enum err e = cell.at ? certificates_parse(problems->arena, cell, &name) : ERR_MEMORY;
	if (e == ERR_MEMORY) {
		j->out_of_memory = true;
		return;
	}
	if (e || !name.size || memmem(name.at, name.size, "、", strlen("、"))) {
		fail(problems, ERR_CERT_UNKNOWN, problem_at(problems, "/certificates/%zu/name", i),
		     ARG_TEXT(one->name));
		return;
	}
	one->name = name;
	for (size_t k = 0; k < i; k++) {
		const struct certificate *other = LIST_ITEM(*all, struct certificate, k);

		if (text_equal(other->name, name) && text_equal(other->number, one->number))
			fail(problems, ERR_REPEATED, problem_at(problems, "/certificates/%zu", i));
	}
}

/* The names of all, each once, in the order in which imports have them. */
static void join_certificates(struct judging *j)
{
	const struct list *all = &j->content->certificate_list;
	struct text joined = TEXT("");

	for (size_t i = 0; i < all->count && joined.at; i++)
		joined = arena_print(j->problems->arena, "%.*s%s%.*s", TEXT_FMT(joined),
				     i ? "、" : "",
				     TEXT_FMT(LIST_ITEM(*all, struct certificate, i)->name));
	j->content->certificates = TEXT("");
	if (!joined.at ||
	    certificates_parse(j->problems->arena, joined, &j->content->certificates) == ERR_MEMORY)
		j->out_of_memory = true;
}

static void judge_images(struct judging *j)
{
	struct list *images = &j->content->images;

	for (size_t i = 0; i < images->count; i++) {
		struct content_image *one = LIST_ITEM(*images, struct content_image, i);

		one->place = (int64_t)i + 1;
		for (size_t k = 0; k < i && !id_is_none(one->id); k++)
			if (id_equal(LIST_ITEM(*images, struct content_image, k)->id, one->id))
				fail(j->problems, ERR_REPEATED,
				     problem_at(j->problems, "/images/%zu/id", i));
	}
}

/* ---- SKUs --------------------------------------------------------------------------------------
 */

static void judge_code(struct judging *j, struct content_sku *sku, size_t i)
{
	struct arena *arena = j->problems->arena;
	struct arg at = problem_at(j->problems, "/skus/%zu/code", i);
	bool repeated = false;

	if (!sku->code.at)
		return;
	sku->code = upper_case(arena, cell_fold(arena, sku->code));
	if (!sku->code.at)
		j->out_of_memory = true;
	else if (!sku_code_is_formed(sku->code))
		fail(j->problems, ERR_SKU_FORMAT, at);
	for (size_t k = 0; k < i && sku->code.size; k++)
		if (text_equal(LIST_ITEM(j->content->skus, struct content_sku, k)->code, sku->code))
			repeated = true;
	if (repeated)
		fail(j->problems, ERR_REPEATED, at);
}

static void judge_unit(struct judging *j, struct content_sku *sku, size_t i)
{
	struct text cell =
		sku->sale_unit.at ? cell_fold(j->problems->arena, sku->sale_unit) : TEXT("");
	const char *unit = cell.size ? unit_find(cell) : NULL;

	if (!sku->sale_unit.at)
		return;
	if (!unit)
		fail(j->problems, ERR_UNIT_UNKNOWN,
		     problem_at(j->problems, "/skus/%zu/sale_unit", i), ARG_TEXT(cell));
	else
		sku->sale_unit = text_of(unit);
}

static void judge_barcode(struct judging *j, struct content_sku *sku, size_t i)
{
	struct arena *arena = j->problems->arena;

	if (!sku->barcode.size) {
		sku->barcode = NO_TEXT;
		return;
	}
	struct text code = squeeze(arena, cell_fold(arena, sku->barcode));
	enum err e = code.at ? barcode_check(code) : ERR_MEMORY;
	if (e == ERR_MEMORY)
		j->out_of_memory = true;
	else if (e)
		fail(j->problems, e, problem_at(j->problems, "/skus/%zu/barcode", i));
	sku->barcode = code;
}

/* Rungs that could not be read have their fault already: nothing is said of their order. */
static bool rungs_are_read(const struct list *rungs)
{
	for (size_t i = 0; i < rungs->count; i++) {
		const struct rung *rung = LIST_ITEM(*rungs, struct rung, i);

		if (rung->quantity < 1 || rung->unit_price_fen < 1)
			return false;
	}
	return rungs->count > 0;
}

static void judge_ladder(struct judging *j, struct content_sku *sku, size_t i)
{
	const struct rung *rungs = sku->rungs.at;
	struct ladder ladder = { .count = sku->rungs.count };

	sku->ladder = NO_TEXT;
	if (!rungs_are_read(&sku->rungs))
		return;
	if (rungs[0].quantity != sku->minimum)
		fail(j->problems, ERR_PRICE_MINIMUM,
		     problem_at(j->problems, "/skus/%zu/ladder/0/quantity", i),
		     ARG_INT(sku->minimum));
	for (size_t k = 1; k < ladder.count; k++)
		if (!rung_follows(&rungs[k - 1], &rungs[k]))
			fail(j->problems, ERR_TIER_ORDER,
			     problem_at(j->problems, "/skus/%zu/ladder/%zu", i, k));
	memcpy(ladder.rungs, rungs, ladder.count * sizeof(*rungs));
	sku->ladder = ladder_format(&ladder, j->problems->arena);
	j->out_of_memory |= !sku->ladder.at;
}

static void judge_sku(struct judging *j, size_t i)
{
	struct content_sku *sku = LIST_ITEM(j->content->skus, struct content_sku, i);
	struct problems *problems = j->problems;

	judge_code(j, sku, i);
	judge_text(j, &sku->specification, problem_at(problems, "/skus/%zu/specification", i),
		   true);
	judge_unit(j, sku, i);
	judge_barcode(j, sku, i);
	if (sku->multiple == INT_NONE)
		sku->multiple = 1;
	if (sku->minimum == INT_NONE && rungs_are_read(&sku->rungs))
		sku->minimum = LIST_ITEM(sku->rungs, struct rung, 0)->quantity;
	if (sku->minimum != INT_NONE && sku->multiple > 0 && sku->minimum % sku->multiple)
		fail(problems, ERR_NOT_MULTIPLE, problem_at(problems, "/skus/%zu/minimum", i),
		     ARG_INT(sku->multiple));
	judge_ladder(j, sku, i);
	judge_text(j, &sku->price_reason, problem_at(problems, "/skus/%zu/price_reason", i), false);
	if (!text_trim_wide(sku->price_reason).size)
		sku->price_reason = NO_TEXT;
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

enum err content_judge(struct content *content, const struct goods_reference *reference,
		       struct problems *problems)
{
	struct judging j = { .content = content, .reference = reference, .problems = problems };

	judge_texts(&j);
	judge_county(&j);
	judge_category(&j);
	judge_vat(&j);
	judge_keeping(&j);
	judge_agency(&j);
	for (size_t i = 0; i < content->certificate_list.count; i++)
		judge_certificate(&j, i);
	join_certificates(&j);
	judge_images(&j);
	for (size_t i = 0; i < content->skus.count; i++)
		judge_sku(&j, i);
	return j.out_of_memory ? ERR_MEMORY : OK;
}

enum err content_judge_days(const struct content *content, int32_t day, struct problems *problems)
{
	const struct list *all = &content->certificate_list;

	for (size_t i = 0; i < all->count; i++) {
		int32_t until = LIST_ITEM(*all, struct certificate, i)->valid_until;

		if (until != DAY_NONE && until < day)
			fail(problems, ERR_LICENCE_OVER,
			     problem_at(problems, "/certificates/%zu/valid_until", i));
	}
	if (content->agency && content->mandate_until < day)
		fail(problems, ERR_LICENCE_OVER, AT("/mandate_until"));
	return problems->items.count ? ERR_REFUSED : OK;
}
