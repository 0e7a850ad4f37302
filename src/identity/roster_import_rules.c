/*
 * One row of a roster: its header words, how each cell is judged, what is said of it. All faults of
 * a row are told at once. The list of places, a table of its own, is read here too.
 */
#include <string.h>

#include "roster_import.h"

enum { NAME_MAX = 120, SHORT_NAME_MAX = 60, KIND_MAX = 20, CITY_MAX = 30, CODE_MAX = 16 };
enum { MEMBERS_MAX = 10000000, PLACES_KNOWN_MIN = 2 };

const char *const roster_column_words[] = {
	[ROSTER_CODE] = "unit_code",        [ROSTER_NAME] = "name",
	[ROSTER_SHORT_NAME] = "short_name", [ROSTER_KIND] = "unit_type",
	[ROSTER_PARENT] = "parent_code",    [ROSTER_CITY] = "city",
	[ROSTER_REGION] = "region_code",    [ROSTER_USCC] = "uscc",
	[ROSTER_MEMBERS] = "member_count",  [ROSTER_BUDGET_FEN] = "annual_budget_fen",
	[ROSTER_BUDGET] = "annual_budget",  [ROSTER_HIERARCHIES] = "hierarchies",
	[ROSTER_COLUMN_COUNT] = NULL,
};
_Static_assert(COUNT_OF(roster_column_words) == ROSTER_COLUMN_COUNT + 1, "a word each");
const char *const place_column_words[] = {
	[PLACE_UNIT] = "places.unit_code",
	[PLACE_HIERARCHY] = "places.hierarchy",
	[PLACE_PARENT] = "places.parent_code",
	[PLACE_COLUMN_COUNT] = NULL,
};
/* Behind the header's last cell. */
static const char beyond[] = "columns";

/* ---- headers ---- */

static const struct header_word unit_words[] = {
	{ "unit_code", ROSTER_CODE },
	{ "单位编码", ROSTER_CODE },
	{ "单位代码", ROSTER_CODE },
	{ "单位编号", ROSTER_CODE },
	{ "编码", ROSTER_CODE },
	{ "code", ROSTER_CODE },
	{ "name", ROSTER_NAME },
	{ "单位名称", ROSTER_NAME },
	{ "单位全称", ROSTER_NAME },
	{ "名称", ROSTER_NAME },
	{ "全称", ROSTER_NAME },
	{ "unit_name", ROSTER_NAME },
	{ "short_name", ROSTER_SHORT_NAME },
	{ "简称", ROSTER_SHORT_NAME },
	{ "单位简称", ROSTER_SHORT_NAME },
	{ "unit_type", ROSTER_KIND },
	{ "单位类型", ROSTER_KIND },
	{ "单位性质", ROSTER_KIND },
	{ "类型", ROSTER_KIND },
	{ "type", ROSTER_KIND },
	{ "kind", ROSTER_KIND },
	{ "parent_code", ROSTER_PARENT },
	{ "parent_unit_code", ROSTER_PARENT },
	{ "上级编码", ROSTER_PARENT },
	{ "上级单位编码", ROSTER_PARENT },
	{ "上级单位代码", ROSTER_PARENT },
	{ "上级单位", ROSTER_PARENT },
	{ "parent", ROSTER_PARENT },
	{ "city", ROSTER_CITY },
	{ "地市", ROSTER_CITY },
	{ "所在地市", ROSTER_CITY },
	{ "市", ROSTER_CITY },
	{ "region_code", ROSTER_REGION },
	{ "行政区划代码", ROSTER_REGION },
	{ "区划代码", ROSTER_REGION },
	{ "行政区划", ROSTER_REGION },
	{ "uscc", ROSTER_USCC },
	{ "统一社会信用代码", ROSTER_USCC },
	{ "社会信用代码", ROSTER_USCC },
	{ "信用代码", ROSTER_USCC },
	{ "credit_code", ROSTER_USCC },
	{ "member_count", ROSTER_MEMBERS },
	{ "职工人数", ROSTER_MEMBERS },
	{ "会员人数", ROSTER_MEMBERS },
	{ "人数", ROSTER_MEMBERS },
	{ "members", ROSTER_MEMBERS },
	{ "annual_budget_fen", ROSTER_BUDGET_FEN },
	{ "年度预算(分)", ROSTER_BUDGET_FEN },
	{ "预算(分)", ROSTER_BUDGET_FEN },
	{ "annual_budget", ROSTER_BUDGET },
	{ "年度预算", ROSTER_BUDGET },
	{ "预算", ROSTER_BUDGET },
	{ "年度预算(元)", ROSTER_BUDGET },
	{ "预算(元)", ROSTER_BUDGET },
	{ "hierarchies", ROSTER_HIERARCHIES },
	{ "hierarchy", ROSTER_HIERARCHIES },
	{ "条线", ROSTER_HIERARCHIES },
	{ "所属条线", ROSTER_HIERARCHIES },
};

static const struct header_word place_words[] = {
	{ "unit_code", PLACE_UNIT },      { "单位编码", PLACE_UNIT },
	{ "单位代码", PLACE_UNIT },       { "hierarchy", PLACE_HIERARCHY },
	{ "条线", PLACE_HIERARCHY },      { "parent_unit_code", PLACE_PARENT },
	{ "parent_code", PLACE_PARENT },  { "上级编码", PLACE_PARENT },
	{ "上级单位编码", PLACE_PARENT }, { "上级单位代码", PLACE_PARENT },
};

static bool bracket_known(struct text inside)
{
	return text_is(inside, "必填") || text_is(inside, "选填") || text_is(inside, "人");
}

enum err roster_header_begin(struct header *header, struct arena *lasting, struct arena *scratch)
{
	enum err e = header_begin(header, unit_words, COUNT_OF(unit_words), ROSTER_COLUMN_COUNT,
				  lasting, scratch);

	header->bracket_known = bracket_known;
	return e;
}

enum err places_header_begin(struct header *header, struct arena *lasting, struct arena *scratch)
{
	enum err e = header_begin(header, place_words, COUNT_OF(place_words), PLACE_COLUMN_COUNT,
				  lasting, scratch);

	header->bracket_known = bracket_known;
	header->known_min = PLACES_KNOWN_MIN;
	return e;
}

enum err roster_begin(struct roster_reading *reading, struct arena *arena, struct arena *scratch)
{
	reading->arena = arena;
	reading->scratch = scratch;
	names_begin(&reading->codes, arena);
	names_begin(&reading->known_codes, arena);
	return roster_header_begin(&reading->header, arena, scratch);
}

enum err places_begin(struct roster_reading *reading, struct header *header)
{
	return places_header_begin(header, reading->arena, reading->scratch);
}

/* ---- remarks ---- */

static struct text keep(struct roster_reading *reading, struct text t)
{
	struct text kept = arena_text(reading->arena, t.at ? t : TEXT(""));

	reading->out_of_memory |= !kept.at;
	return kept;
}

static struct roster_remark *remark_add(struct roster_reading *reading, struct list *list,
					const char *column, struct text cell)
{
	struct roster_remark *remark = list_add(list, reading->arena, sizeof(*remark));

	if (!remark) {
		reading->out_of_memory = true;
		return NULL;
	}
	remark->problem = (struct problem){ .pointer = text_of(column), .args = { ARG_END } };
	remark->cell = keep(reading, cell);
	return remark;
}

static void remark_args(struct roster_reading *reading, struct problem *problem, struct arg one,
			struct arg two)
{
	struct arg given[] = { one, two };

	for (size_t i = 0; i < COUNT_OF(given) && !given[i].end; i++) {
		if (given[i].text.at)
			given[i].text = keep(reading, given[i].text);
		problem->args[i] = given[i];
		problem->args[i + 1] = ARG_END;
	}
}

void roster_fault(struct roster_reading *reading, struct roster_row *row, const char *column,
		  struct text cell, enum err code, struct arg one, struct arg two)
{
	struct roster_remark *remark = remark_add(reading, &row->faults, column, cell);

	if (!remark)
		return;
	remark->problem.code = code;
	remark_args(reading, &remark->problem, one, two);
}

void roster_note(struct roster_reading *reading, struct roster_row *row, const char *column,
		 struct text cell, struct text taken)
{
	struct roster_remark *remark;

	if (!cell.size || text_equal(cell, taken))
		return;
	remark = remark_add(reading, &row->notes, column, cell);
	if (remark)
		remark->taken = keep(reading, taken);
}

void roster_place_fault(struct roster_reading *reading, const struct roster_place *place,
			enum place_column column, struct text cell, enum err code, struct arg one,
			bool alone)
{
	struct place_fault *fault =
		list_add(&reading->place_faults, reading->arena, sizeof(*fault));

	if (!fault) {
		reading->out_of_memory = true;
		return;
	}
	*fault = (struct place_fault){ .record = place->record, .alone = alone };
	fault->remark.problem = (struct problem){ .code = code,
						  .pointer = text_of(place_column_words[column]),
						  .args = { ARG_END } };
	fault->remark.cell = keep(reading, cell);
	remark_args(reading, &fault->remark.problem, one, ARG_END);
}

/* ---- cells ---- */

/* One cell on its way: raw, and folded as its column says. */
struct roster_cell {
	struct roster_reading *reading;
	struct roster_row *row;
	const char *column;
	struct text raw, clean;
};

static void cell_fail(const struct roster_cell *cell, enum err code)
{
	const struct arg none = ARG_END;

	roster_fault(cell->reading, cell->row, cell->column, cell->raw, code, none, none);
}

static void cell_fail_range(const struct roster_cell *cell, enum err code, int64_t min, int64_t max)
{
	const struct arg least = ARG_INT(min), most = ARG_INT(max);

	roster_fault(cell->reading, cell->row, cell->column, cell->raw, code, least, most);
}

static void take_text(const struct roster_cell *cell, struct text *out, size_t max)
{
	if (text_length(cell->clean) > max)
		roster_fault(cell->reading, cell->row, cell->column, cell->raw, ERR_TOO_LONG,
			     ARG_INT((int64_t)max), ARG_END);
	*out = keep(cell->reading, cell->clean);
	roster_note(cell->reading, cell->row, cell->column, cell->raw, *out);
}

static void take_name(const struct roster_cell *cell)
{
	take_text(cell, &cell->row->name, NAME_MAX);
}

static void take_short_name(const struct roster_cell *cell)
{
	take_text(cell, &cell->row->short_name, SHORT_NAME_MAX);
}

static void take_kind(const struct roster_cell *cell)
{
	take_text(cell, &cell->row->facts.kind, KIND_MAX);
}

static void take_city(const struct roster_cell *cell)
{
	take_text(cell, &cell->row->facts.city, CITY_MAX);
}

static bool code_is_formed(struct text code)
{
	if (code.size < 1 || code.size > CODE_MAX)
		return false;
	for (size_t i = 0; i < code.size; i++) {
		char c = code.at[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (i > 0 && (c == '-' || c == '_'))))
			return false;
	}
	return true;
}

/* A unit's code, one's own or another's. */
static void take_code_into(const struct roster_cell *cell, struct text *out)
{
	struct text code = upper_case(cell->reading->arena, cell->clean);

	cell->reading->out_of_memory |= !code.at;
	if (!code.at)
		return;
	if (!code_is_formed(code))
		cell_fail(cell, ERR_UNIT_CODE);
	*out = code;
	roster_note(cell->reading, cell->row, cell->column, cell->raw, code);
}

static void take_code(const struct roster_cell *cell)
{
	take_code_into(cell, &cell->row->code);
}

static void take_parent(const struct roster_cell *cell)
{
	if (cell->clean.size > 0)
		take_code_into(cell, &cell->row->parent);
}

struct text uscc_normalised(struct arena *arena, struct text cell)
{
	struct text folded = cell_fold(arena, cell);
	char *out = folded.at ? arena_take(arena, folded.size + 1) : NULL;
	size_t size = 0;

	if (!out)
		return NO_TEXT;
	for (size_t at = 0; at < folded.size;) {
		size_t from = at;

		/* cell_fold leaves U+200D, which emoji need */
		if (text_next(folded, &at) == 0x200D)
			continue;
		memcpy(out + size, folded.at + from, at - from);
		size += at - from;
	}
	return upper_case(arena, text_trim((struct text){ out, size }));
}

static void take_uscc(const struct roster_cell *cell)
{
	struct text code = uscc_normalised(cell->reading->arena, cell->raw);
	const char *fault;

	cell->reading->out_of_memory |= !code.at;
	if (!code.at)
		return;
	fault = uscc_fault(code);
	if (fault)
		roster_fault(cell->reading, cell->row, cell->column, cell->raw, ERR_USCC,
			     ARG_TEXT(text_of(fault)), ARG_END);
	cell->row->uscc = code;
	roster_note(cell->reading, cell->row, cell->column, cell->raw, code);
}

static void take_region(const struct roster_cell *cell)
{
	const struct list *counties = &cell->reading->counties;
	struct text code = county_code_today(counties, cell->clean);

	if (!region_is_known(counties, code)) {
		roster_fault(cell->reading, cell->row, cell->column, cell->raw, ERR_REGION_UNKNOWN,
			     ARG_TEXT(cell->clean), ARG_END);
		return;
	}
	cell->row->facts.region_code = keep(cell->reading, code);
	roster_note(cell->reading, cell->row, cell->column, cell->raw, code);
}

/* The digits of a number as they are read: its value so far, and how many stand behind the point.
 */
struct decimal {
	int64_t value;
	int places; /* -1: the point was not met */
	bool any;
};

/* One more digit; false when it says more than the column can keep. */
static bool digit_take(struct decimal *decimal, char c, int places)
{
	if (c < '0' || c > '9' || decimal->value > AMOUNT_MAX_FEN)
		return false;
	decimal->any = true;
	if (decimal->places >= places)
		return c == '0';
	decimal->value = decimal->value * 10 + (c - '0');
	decimal->places += decimal->places >= 0;
	return true;
}

/* Without the sign and the word of the currency. */
static struct text currency_off(struct text cell)
{
	if (text_starts(cell, "\u00A5"))
		cell = text_part(cell, 2, cell.size - 2);
	if (cell.size > 3 && text_is(text_part(cell, cell.size - 3, 3), "元"))
		cell = text_part(cell, 0, cell.size - 3);
	return text_trim(cell);
}

/*
 * [¥]digits[.digits][元] with commas between thousands: times ten to the @places, exactly; false
 * for anything else.
 */
static bool decimal_read(struct text cell, int places, int64_t *out)
{
	struct decimal decimal = { .places = -1 };
	struct text digits = currency_off(cell);

	for (size_t i = 0; i < digits.size; i++) {
		char c = digits.at[i];
		bool before_point = decimal.places < 0 && i > 0;

		if (c == ',' && before_point)
			continue;
		if (c == '.' && before_point)
			decimal.places = 0;
		else if (!digit_take(&decimal, c, places))
			return false;
	}
	for (int i = decimal.places < 0 ? 0 : decimal.places; i < places; i++)
		decimal.value *= 10;
	*out = decimal.value;
	return decimal.any;
}

static void take_number(const struct roster_cell *cell, int places, enum err wrong, int64_t max,
			int64_t *out)
{
	int64_t number;

	if (!decimal_read(cell->clean, places, &number))
		cell_fail(cell, wrong);
	else if (number > max)
		cell_fail_range(cell, ERR_RANGE, 0, max);
	else
		*out = number;
}

static void take_members(const struct roster_cell *cell)
{
	take_number(cell, 0, ERR_QTY_FORMAT, MEMBERS_MAX, &cell->row->facts.member_count);
}

static void take_budget_fen(const struct roster_cell *cell)
{
	if (cell->clean.size > 0)
		take_number(cell, 0, ERR_AMOUNT_FORMAT, AMOUNT_MAX_FEN,
			    &cell->row->facts.annual_budget_fen);
}

/* Yuan; where both columns are filled, the one in fen holds. */
static void take_budget(const struct roster_cell *cell)
{
	if (cell->clean.size > 0 && cell->row->facts.annual_budget_fen == INT_NONE)
		take_number(cell, 2, ERR_AMOUNT_FORMAT, AMOUNT_MAX_FEN,
			    &cell->row->facts.annual_budget_fen);
}

static int hierarchy_find(struct text word)
{
	static const struct {
		const char *word;
		int hierarchy;
	} words[] = {
		{ "union", HIERARCHY_UNION },           { "工会", HIERARCHY_UNION },
		{ "工会条线", HIERARCHY_UNION },        { "state_assets", HIERARCHY_STATE_ASSETS },
		{ "国资", HIERARCHY_STATE_ASSETS },     { "国资条线", HIERARCHY_STATE_ASSETS },
		{ "government", HIERARCHY_GOVERNMENT }, { "政府", HIERARCHY_GOVERNMENT },
		{ "政府条线", HIERARCHY_GOVERNMENT },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_equal_fold(word, text_of(words[i].word)))
			return words[i].hierarchy;
	return -1;
}

static size_t separator_at(struct text rest)
{
	static const char *const marks[] = { ",", ";", "/", "、" };

	for (size_t at = 0; at < rest.size; at++)
		for (size_t i = 0; i < COUNT_OF(marks); i++)
			if (text_starts(text_part(rest, at, rest.size - at), marks[i]))
				return at;
	return rest.size;
}

static void take_hierarchies(const struct roster_cell *cell)
{
	struct text rest = cell->clean;

	while (rest.size > 0) {
		size_t at = separator_at(rest);
		int hierarchy = hierarchy_find(text_trim(text_part(rest, 0, at)));

		if (hierarchy < 0)
			roster_fault(cell->reading, cell->row, cell->column, cell->raw,
				     ERR_HIERARCHY_UNKNOWN, ARG_TEXT(text_part(rest, 0, at)),
				     ARG_END);
		else
			cell->row->hierarchies |= 1u << hierarchy;
		at += at < rest.size && rest.at[at] == TEXT("、").at[0] ? 3 : 1;
		rest = text_part(rest, at, rest.size > at ? rest.size - at : 0);
	}
}

static const struct roster_judge {
	bool required;
	bool prose; /* cell_clean rather than cell_fold; must not begin like a formula */
	void (*take)(const struct roster_cell *cell);
} judges[ROSTER_COLUMN_COUNT] = {
	[ROSTER_CODE] = { .required = true, .take = take_code },
	[ROSTER_NAME] = { .required = true, .prose = true, .take = take_name },
	[ROSTER_SHORT_NAME] = { .prose = true, .take = take_short_name },
	[ROSTER_KIND] = { .required = true, .prose = true, .take = take_kind },
	[ROSTER_PARENT] = { .take = take_parent },
	[ROSTER_CITY] = { .required = true, .prose = true, .take = take_city },
	[ROSTER_REGION] = { .required = true, .take = take_region },
	[ROSTER_USCC] = { .required = true, .take = take_uscc },
	[ROSTER_MEMBERS] = { .required = true, .take = take_members },
	[ROSTER_BUDGET_FEN] = { .take = take_budget_fen },
	[ROSTER_BUDGET] = { .take = take_budget },
	[ROSTER_HIERARCHIES] = { .take = take_hierarchies },
};

/* What is wrong with the cell as such; OK when it can be read. */
static enum err cell_fault(const struct roster_cell *cell, enum cell_mark mark, bool prose)
{
	if (mark == CELL_ERROR)
		return ERR_CELL_ERROR;
	if (mark == CELL_UNCOMPUTED)
		return ERR_CELL_UNCOMPUTED;
	if (prose && cell_lost_characters(cell->clean))
		return ERR_ENCODING_LOSS;
	if (cell_has_control(cell->raw))
		return ERR_CONTROL_CHAR;
	if (prose && (mark == CELL_FORMULA || cell_is_formula(cell->raw)))
		return ERR_FORMULA;
	return OK;
}

static void cell_judge(struct roster_reading *reading, struct roster_row *row,
		       const struct sheet_row *from, enum roster_column column)
{
	const struct roster_judge *judge = &judges[column];
	enum cell_mark mark;
	struct text raw = cell_bare(header_cell(&reading->header, from, column, &mark));
	struct roster_cell cell = { reading, row, roster_column_words[column], raw, NO_TEXT };
	enum err fault;

	cell.clean =
		judge->prose ? cell_clean(reading->scratch, raw) : cell_fold(reading->scratch, raw);
	reading->out_of_memory |= !cell.clean.at;
	fault = cell_fault(&cell, mark, judge->prose);
	if (fault)
		roster_fault(reading, row, cell.column, raw, fault, ARG_TEXT(raw), ARG_END);
	else if (judge->required && cell.clean.size == 0)
		cell_fail(&cell, ERR_REQUIRED);
	else
		judge->take(&cell);
}

/* ---- rows ---- */

static struct text first_characters(struct text t, size_t max)
{
	size_t at = 0;

	while (at < t.size && max--)
		text_next(t, &at);
	return text_part(t, 0, at);
}

/* What the row leaves out. */
static void row_complete(struct roster_reading *reading, struct roster_row *row)
{
	const struct arg none = ARG_END;
	bool budget_at_fault = false;

	for (size_t i = 0; i < row->faults.count; i++)
		budget_at_fault |= text_starts(
			LIST_ITEM(row->faults, struct roster_remark, i)->problem.pointer,
			roster_column_words[ROSTER_BUDGET]);
	if (row->facts.annual_budget_fen == INT_NONE && !budget_at_fault)
		roster_fault(reading, row, roster_column_words[ROSTER_BUDGET], TEXT(""),
			     ERR_REQUIRED, none, none);
	if (!row->short_name.size)
		row->short_name = first_characters(row->name, SHORT_NAME_MAX);
	if (!row->hierarchies)
		row->hierarchies = 1u << HIERARCHY_UNION;
}

enum err roster_row_read(void *context, const struct sheet_row *from)
{
	struct roster_reading *reading = context;
	const struct arg none = ARG_END;
	struct roster_row *row;
	enum import_skip skip;
	enum err e;

	arena_reset(reading->scratch);
	e = header_look(&reading->header, from, &skip);
	if (e)
		return e;
	if (skip != SKIP_NONE) {
		reading->skipped++;
		return OK;
	}
	row = list_add(&reading->rows, reading->arena, sizeof(*row));
	if (!row)
		return ERR_MEMORY;
	*row = (struct roster_row){ .record = from->record, .parent = TEXT("") };
	row->facts.member_count = row->facts.annual_budget_fen = INT_NONE;
	for (int i = 0; i < ROSTER_COLUMN_COUNT; i++)
		cell_judge(reading, row, from, (enum roster_column)i);
	if (header_exceeded(&reading->header, from))
		roster_fault(reading, row, beyond, TEXT(""), ERR_COLUMN_COUNT, none, none);
	row_complete(reading, row);
	return reading->out_of_memory ? ERR_MEMORY : OK;
}

/* ---- the list of places ---- */

static struct text place_cell(struct places_reading *places, const struct sheet_row *from,
			      enum place_column column)
{
	struct roster_reading *reading = places->roster;
	struct text raw = cell_bare(header_cell(&places->header, from, column, NULL));
	struct text folded = cell_fold(reading->arena, raw);
	struct text upper = folded.at ? upper_case(reading->arena, folded) : NO_TEXT;

	reading->out_of_memory |= !upper.at;
	return upper.at ? upper : TEXT("");
}

enum err roster_place_read(void *context, const struct sheet_row *from)
{
	struct places_reading *places = context;
	struct roster_reading *reading = places->roster;
	struct roster_place place = { .record = from->record };
	struct roster_place *kept;
	enum import_skip skip;
	struct text unit, hierarchy;
	enum err e;

	arena_reset(reading->scratch);
	e = header_look(&places->header, from, &skip);
	if (e || skip != SKIP_NONE)
		return e;
	unit = place_cell(places, from, PLACE_UNIT);
	hierarchy = place_cell(places, from, PLACE_HIERARCHY);
	place.parent = place_cell(places, from, PLACE_PARENT);
	int32_t row = names_get(&reading->codes, unit);
	place.hierarchy = hierarchy_find(hierarchy);
	if (row < 0)
		roster_place_fault(reading, &place, PLACE_UNIT, unit, ERR_UNIT_UNNAMED,
				   ARG_TEXT(unit), true);
	if (place.hierarchy < 0)
		roster_place_fault(reading, &place, PLACE_HIERARCHY, hierarchy,
				   ERR_HIERARCHY_UNKNOWN, ARG_TEXT(hierarchy), row < 0);
	if (row >= 0 && place.hierarchy < 0)
		roster_fault(reading, LIST_ITEM(reading->rows, struct roster_row, row), "places",
			     hierarchy, ERR_PLACE_REFUSED, ARG_INT(place.record), ARG_END);
	if (row < 0 || place.hierarchy < 0)
		return reading->out_of_memory ? ERR_MEMORY : OK;
	place.row = (size_t)row;
	LIST_ITEM(reading->rows, struct roster_row, row)->has_places = true;
	kept = list_add(&reading->places, reading->arena, sizeof(*kept));
	if (!kept)
		return ERR_MEMORY;
	*kept = place;
	return reading->out_of_memory ? ERR_MEMORY : OK;
}
