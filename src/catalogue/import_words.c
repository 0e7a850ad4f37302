/*
 * The tables of what stands in cells by choice of word: units, storage, certificates. Each word in
 * them was or would be written by a supplier; what is not here is refused by name rather than
 * guessed.
 */
#include "import_words.h"

#include <string.h>

static const char *alias_find(const struct alias *aliases, size_t count, struct text word)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_fold(word, text_of(aliases[i].from)))
			return aliases[i].to;
	return NULL;
}

static bool holds(struct text t, const char *word)
{
	return t.size > 0 && memmem(t.at, t.size, word, strlen(word)) != NULL;
}

/* ---- units of sale ---- */

static const struct alias units[] = {
	{ "箱", "箱" },     { "盒", "盒" },     { "袋", "袋" },     { "瓶", "瓶" },
	{ "罐", "罐" },     { "桶", "桶" },     { "包", "包" },     { "件", "件" },
	{ "套", "套" },     { "个", "个" },     { "只", "只" },     { "条", "条" },
	{ "双", "双" },     { "份", "份" },     { "提", "提" },     { "坛", "坛" },
	{ "枚", "枚" },     { "对", "对" },     { "支", "支" },     { "块", "块" },
	{ "盘", "盘" },     { "饼", "饼" },     { "篮", "篮" },     { "幅", "幅" },
	{ "张", "张" },     { "把", "把" },     { "听", "听" },     { "扎", "扎" },
	{ "捆", "捆" },     { "组", "组" },     { "斤", "斤" },     { "市斤", "斤" },
	{ "千克", "千克" }, { "公斤", "千克" }, { "kg", "千克" },   { "礼盒", "盒" },
	{ "纸箱", "箱" },   { "整箱", "箱" },   { "玻璃瓶", "瓶" }, { "铁罐", "罐" },
};

const char *unit_find(struct text cell)
{
	return alias_find(units, COUNT_OF(units), cell);
}

/* ---- storage ---- */

/* A part of a cell that tells the storage. */
static const struct alias storage_parts[] = {
	{ "常温", "常温" },    { "室温", "常温" },         { "阴凉", "常温" },
	{ "干燥", "常温" },    { "避光", "常温" },         { "通风", "常温" },
	{ "冷藏", "冷藏" },    { "保鲜", "冷藏" },         { "冷冻", "冷冻" },
	{ "速冻", "冷冻" },    { "冰冻", "冷冻" },         { "ambient", "常温" },
	{ "chilled", "冷藏" }, { "refrigerated", "冷藏" }, { "frozen", "冷冻" },
};

/* Temperatures that are written instead of a word, once ℃ and ~ are written one way. */
static const struct alias storage_ranges[] = {
	{ "0~4℃", "冷藏" },     { "0~5℃", "冷藏" },        { "0~8℃", "冷藏" },
	{ "0~10℃", "冷藏" },    { "1~5℃", "冷藏" },        { "2~6℃", "冷藏" },
	{ "2~8℃", "冷藏" },     { "2~10℃", "冷藏" },       { "4℃", "冷藏" },
	{ "4℃以下", "冷藏" },   { "-18℃", "冷冻" },        { "-18℃以下", "冷冻" },
	{ "≤-18℃", "冷冻" },    { "<-18℃", "冷冻" },       { "低于-18℃", "冷冻" },
	{ "零下18℃", "冷冻" },  { "零下18℃以下", "冷冻" }, { "-15℃以下", "冷冻" },
	{ "-20℃以下", "冷冻" }, { "0~25℃", "常温" },       { "5~25℃", "常温" },
	{ "10~25℃", "常温" },   { "25℃以下", "常温" },     { "0~30℃", "常温" },
	{ "10~30℃", "常温" },   { "30℃以下", "常温" },
};

/* How the degree sign and the dash between two temperatures are written. */
static const struct alias storage_spellings[] = {
	{ "摄氏度", "℃" }, { "°C", "℃" }, { "°c", "℃" }, { "℃~", "~" }, { "℃-", "~" },
	{ "至", "~" },     { "到", "~" }, { "—", "~" },  { "–", "~" },
};

/* A cell about temperatures is short; longer ones are prose and are read by their parts only. */
enum { SPELLED_MAX = 64 };

/* Replaces each @from in the NUL-ended @spelled by @to, which is never longer. */
static void respell(char *spelled, const struct alias *spelling)
{
	size_t from = strlen(spelling->from), to = strlen(spelling->to);

	for (char *at = strstr(spelled, spelling->from); at; at = strstr(at, spelling->from)) {
		memcpy(at, spelling->to, to);
		memmove(at + to, at + from, strlen(at + from) + 1);
		at += to;
	}
}

/* Between two digits a dash is a range: 0-4℃. */
static void respell_dash(char *spelled)
{
	for (char *at = spelled; *at; at++)
		if (*at == '-' && at > spelled && at[-1] >= '0' && at[-1] <= '9')
			*at = '~';
}

static const char *storage_by_range(struct text cell)
{
	char spelled[SPELLED_MAX + 1] = { 0 };

	if (cell.size == 0 || cell.size > SPELLED_MAX)
		return NULL;
	memcpy(spelled, cell.at, cell.size);
	for (size_t i = 0; i < COUNT_OF(storage_spellings); i++)
		respell(spelled, &storage_spellings[i]);
	respell_dash(spelled);
	return alias_find(storage_ranges, COUNT_OF(storage_ranges), text_of(spelled));
}

/* "Do not freeze" tells nothing of how to store. */
static bool says_no(struct text cell)
{
	static const char *const no[] = { "不",   "勿",   "免",   "非", "无需",
					  "防止", "严禁", "禁止", "not" };

	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (holds(cell, no[i]))
			return true;
	return false;
}

const char *storage_find(struct text cell)
{
	const char *found = storage_by_range(cell);

	if (found || says_no(cell))
		return found;
	for (size_t i = 0; i < COUNT_OF(storage_parts); i++) {
		const struct alias *part = &storage_parts[i];

		if (!holds(cell, part->from))
			continue;
		if (found && strcmp(found, part->to) != 0)
			return NULL;
		found = part->to;
	}
	return found;
}

/* ---- certificates ---- */

/* In the order in which they stand in a row. */
static const char *const certificates[] = { "绿色食品", "有机", "地理标志", "名特优新",
					    "达标合格证" };

static const struct alias certificate_aliases[] = {
	{ "绿色食品", "绿色食品" },
	{ "绿色", "绿色食品" },
	{ "绿色认证", "绿色食品" },
	{ "绿色食品认证", "绿色食品" },
	{ "绿标", "绿色食品" },
	{ "有机", "有机" },
	{ "有机食品", "有机" },
	{ "有机产品", "有机" },
	{ "有机认证", "有机" },
	{ "有机产品认证", "有机" },
	{ "中国有机产品", "有机" },
	{ "地理标志", "地理标志" },
	{ "地标", "地理标志" },
	{ "地标产品", "地理标志" },
	{ "地理标志产品", "地理标志" },
	{ "国家地理标志", "地理标志" },
	{ "国家地理标志产品", "地理标志" },
	{ "农产品地理标志", "地理标志" },
	{ "地理标志农产品", "地理标志" },
	{ "地理标志保护产品", "地理标志" },
	{ "国家地理标志保护产品", "地理标志" },
	{ "地理标志证明商标", "地理标志" },
	{ "名特优新", "名特优新" },
	{ "名特优新农产品", "名特优新" },
	{ "全国名特优新农产品", "名特优新" },
	{ "达标合格证", "达标合格证" },
	{ "承诺达标合格证", "达标合格证" },
	{ "合格证", "达标合格证" },
	{ "无", "" },
	{ "-", "" },
	{ "/", "" },
	{ "none", "" },
};

/* What stands between two certificates; after cell_fold "，" and "；" are ASCII. */
static const char *const list_marks[] = { "、", ",", ";", "/", "+", "|", "和", "及" };

static size_t mark_size(struct text rest)
{
	for (size_t i = 0; i < COUNT_OF(list_marks); i++)
		if (text_starts(rest, list_marks[i]))
			return strlen(list_marks[i]);
	return 0;
}

/* Cuts what stands before the first mark off @rest; the whole of it when there is none. */
static struct text part_cut(struct text *rest)
{
	size_t at = 0, mark = 0;
	struct text part;

	while (at < rest->size && mark == 0) {
		mark = mark_size(text_part(*rest, at, rest->size - at));
		at += mark == 0;
	}
	part = text_part(*rest, 0, at);
	*rest = text_part(*rest, at + mark, rest->size - at - mark);
	return text_trim(part);
}

static uint32_t certificate_bit(const char *certificate)
{
	for (size_t i = 0; i < COUNT_OF(certificates); i++)
		if (strcmp(certificates[i], certificate) == 0)
			return UINT32_C(1) << i;
	return 0;
}

enum err certificates_parse(struct arena *arena, struct text cell, struct text *out)
{
	uint32_t set = 0;

	while (cell.size > 0) {
		struct text part = part_cut(&cell);
		const char *known =
			alias_find(certificate_aliases, COUNT_OF(certificate_aliases), part);

		if (part.size > 0 && !known)
			return ERR_CERT_UNKNOWN;
		set |= known ? certificate_bit(known) : 0;
	}
	*out = TEXT("");
	for (size_t i = 0; i < COUNT_OF(certificates); i++) {
		if (!(set & UINT32_C(1) << i))
			continue;
		*out = arena_print(arena, "%.*s%s%s", TEXT_FMT(*out), out->size > 0 ? "、" : "",
				   certificates[i]);
		if (!out->at)
			return ERR_MEMORY;
	}
	return OK;
}
