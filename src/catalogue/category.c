/*
 * Rules of categories, without I/O: what holds on a day, and what may be asked of them. Goods are
 * found by the codes of their categories and stay where they are, so codes never come back, and a
 * category of level 1 outlasts those of its goods.
 */
#include "category.h"

#include "goods_rules.h"
#include "import_values.h"
#include "review_rows.h"
#include "xiangcai/sheet.h"

bool category_code_is_formed(struct text code)
{
	for (size_t i = 0; i < code.size; i++)
		if (code.at[i] < '0' || code.at[i] > '9')
			return false;
	return code.size == 2 || code.size == 4;
}

/* ---- what holds on a day --------------------------------------------------------------------- */

enum err categories_on(const struct list *versions, int32_t day, struct arena *arena,
		       struct list *out)
{
	struct category *last = NULL;

	for (size_t i = 0; i < versions->count; i++) {
		const struct category *version = LIST_ITEM(*versions, struct category, i);

		/* DAY_NONE is below all days */
		if (version->since > day || version->from > day)
			continue;
		if (!last || !text_equal(last->code, version->code))
			last = list_add(out, arena, sizeof(*last));
		if (!last)
			return ERR_MEMORY;
		*last = *version;
		last->ended = version->until != DAY_NONE && version->until < day;
	}
	return OK;
}

const struct category *category_find(const struct list *versions, struct text code)
{
	const struct category *found = NULL;

	for (size_t i = 0; i < versions->count; i++) {
		const struct category *version = LIST_ITEM(*versions, struct category, i);

		if (text_equal(version->code, code))
			found = version;
	}
	return found;
}

/* ---- what may be asked ----------------------------------------------------------------------- */

static struct text parent_of(struct text code)
{
	return text_part(code, 0, 2);
}

static void judge_name(struct text *name, const char *pointer, struct problems *problems)
{
	struct arg at = ARG_TEXT(text_of(pointer));

	*name = text_trim_wide(*name);
	if (!name->size)
		fail(problems, ERR_REQUIRED, at);
	if (text_holds_replacement(*name))
		fail(problems, ERR_ENCODING_LOSS, at);
	if (cell_has_control(*name))
		fail(problems, ERR_CONTROL_CHAR, at);
	if (cell_is_formula(*name))
		fail(problems, ERR_FORMULA, at);
	if (text_holds_markup(*name))
		fail(problems, ERR_MARKUP, at);
}

static void judge_vat(struct category_asked *asked, struct problems *problems)
{
	bool taxed = asked->vat_kind == VAT_TAXED;
	char written[8];
	int32_t kind;
	int64_t rate;

	if (asked->vat_rate == INT_NONE && !taxed)
		asked->vat_rate = 0;
	if (asked->vat_rate == INT_NONE)
		fail(problems, ERR_REQUIRED, AT("/vat_rate"));
	else if (!taxed ? asked->vat_rate != 0
			: asked->vat_rate == 0 ||
				  vat_parse(vat_format(VAT_TAXED, asked->vat_rate, written), &kind,
					    &rate))
		fail(problems, ERR_VAT, AT("/vat_rate"));
}

/* The last day on which the @i-th version holds; INT32_MAX: no end is known. */
static int32_t last_day(const struct list *versions, size_t i)
{
	const struct category *version = LIST_ITEM(*versions, struct category, i);
	int32_t last = version->until == DAY_NONE ? INT32_MAX : version->until;

	if (i + 1 == versions->count)
		return last;
	const struct category *next = LIST_ITEM(*versions, struct category, i + 1);
	if (text_equal(next->code, version->code) && next->from - 1 < last)
		last = next->from - 1;
	return last;
}

/* One name means one category of a level: files name them so. */
static void judge_name_alone(const struct list *versions, const struct category_asked *asked,
			     struct problems *problems)
{
	for (size_t i = 0; i < versions->count; i++) {
		const struct category *other = LIST_ITEM(*versions, struct category, i);

		if (other->code.size != asked->code.size || text_equal(other->code, asked->code) ||
		    !text_equal(other->name, asked->name) || last_day(versions, i) < asked->since)
			continue;
		fail(problems, ERR_CATEGORY_NAME, AT("/name"), ARG_TEXT(other->code));
		return;
	}
}

static void judge_day(int32_t day, int32_t earliest, const char *pointer, struct problems *problems)
{
	char text[11];

	if (day < earliest)
		fail(problems, ERR_TOO_EARLY, ARG_TEXT(text_of(pointer)),
		     ARG_TEXT(day_format(earliest, text)));
}

static void judge_words(const struct list *versions, struct category_asked *asked,
			struct problems *problems)
{
	judge_name(&asked->name, "/name", problems);
	judge_name(&asked->name_en, "/name_en", problems);
	judge_vat(asked, problems);
	judge_name_alone(versions, asked, problems);
}

void category_judge_new(const struct list *versions, struct category_asked *asked, int32_t today,
			struct problems *problems)
{
	const struct category *parent = category_find(versions, parent_of(asked->code));

	if (category_find(versions, asked->code))
		fail(problems, ERR_CATEGORY_TAKEN, AT("/code"), ARG_TEXT(asked->code));
	else if (asked->code.size == 4 &&
		 (!parent || parent->since > asked->since || parent->until != DAY_NONE))
		fail(problems, ERR_CATEGORY_PARENT, AT("/code"), ARG_TEXT(parent_of(asked->code)));
	judge_day(asked->since, today, "/since", problems);
	judge_words(versions, asked, problems);
}

void category_judge_version(const struct list *versions, struct category_asked *asked,
			    int32_t today, struct problems *problems)
{
	const struct category *category = category_find(versions, asked->code);

	judge_day(asked->since, category->since > today ? category->since : today, "/since",
		  problems);
	if (category->until != DAY_NONE && category->until < asked->since)
		fail(problems, ERR_CATEGORY_ENDED, AT("/since"), ARG_TEXT(asked->code));
	judge_words(versions, asked, problems);
}

/* A category of level 1 ends when nothing below it goes on; one of level 2, not behind it. */
static void judge_around(const struct list *versions, const struct category_asked *asked,
			 struct problems *problems)
{
	for (size_t i = 0; i < versions->count; i++) {
		const struct category *other = LIST_ITEM(*versions, struct category, i);
		bool below = asked->code.size == 2 && other->code.size == 4 &&
			     text_equal(parent_of(other->code), asked->code);
		bool above =
			asked->code.size == 4 && text_equal(parent_of(asked->code), other->code);

		if (below && (other->until == DAY_NONE || other->until > asked->until)) {
			fail(problems, ERR_CATEGORY_BELOW, AT("/until"), ARG_TEXT(other->code));
			return;
		}
		if (above && other->until != DAY_NONE && other->until < asked->until) {
			fail(problems, ERR_CATEGORY_PARENT, AT("/until"), ARG_TEXT(other->code));
			return;
		}
	}
}

void category_judge_end(const struct list *versions, const struct category_asked *asked,
			int32_t today, struct problems *problems)
{
	const struct category *category = category_find(versions, asked->code);

	if (category->until != DAY_NONE && category->until < today) {
		fail(problems, ERR_CATEGORY_ENDED, AT("/until"), ARG_TEXT(asked->code));
		return;
	}
	judge_day(asked->until, category->since > today ? category->since : today, "/until",
		  problems);
	judge_around(versions, asked, problems);
}
