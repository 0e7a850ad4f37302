/*
 * The rules of admission without a database: every state, event and party against the transitions
 * as they are meant, what an application must hold before it is handed in, when notice is given of
 * a licence, and when a supplier lacks one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail

#include "../../src/identity/application.h"

static const char *const event_words[] = { "submit", "recommend", "approve", "return",
					   "reject", "withdraw",  "lapse" };
_Static_assert(COUNT_OF(event_words) == APPLICATION_EVENT_COUNT, "a word for every event");
static const char *const short_parties[] = { "applicant", "county", "decider", "system" };

/* What is meant, in words: kind, from, event, party, to. Everything else is refused. */
static const struct {
	const char *kind, *from, *event, *by, *to;
} meant[] = {
	{ "supplier", "draft", "submit", "applicant", "applied" },
	{ "supplier", "draft", "withdraw", "applicant", "withdrawn" },
	{ "supplier", "draft", "lapse", "system", "withdrawn" },
	{ "supplier", "applied", "recommend", "county", "recommended" },
	{ "supplier", "applied", "return", "county", "returned" },
	{ "supplier", "applied", "reject", "county", "rejected" },
	{ "supplier", "applied", "withdraw", "applicant", "withdrawn" },
	{ "supplier", "recommended", "approve", "decider", "approved" },
	{ "supplier", "recommended", "return", "decider", "returned" },
	{ "supplier", "recommended", "reject", "decider", "rejected" },
	{ "supplier", "recommended", "withdraw", "applicant", "withdrawn" },
	{ "supplier", "returned", "submit", "applicant", "applied" },
	{ "supplier", "returned", "withdraw", "applicant", "withdrawn" },
	{ "unit", "draft", "submit", "applicant", "applied" },
	{ "unit", "draft", "withdraw", "applicant", "withdrawn" },
	{ "unit", "draft", "lapse", "system", "withdrawn" },
	{ "unit", "applied", "approve", "decider", "approved" },
	{ "unit", "applied", "return", "decider", "returned" },
	{ "unit", "applied", "reject", "decider", "rejected" },
	{ "unit", "applied", "withdraw", "applicant", "withdrawn" },
	{ "unit", "returned", "submit", "applicant", "applied" },
	{ "unit", "returned", "withdraw", "applicant", "withdrawn" },
};

static const char *meant_to(int kind, int from, int event, int by)
{
	for (size_t i = 0; i < COUNT_OF(meant); i++)
		if (strcmp(meant[i].kind, application_kind_words[kind]) == 0 &&
		    strcmp(meant[i].from, application_words[from]) == 0 &&
		    strcmp(meant[i].event, event_words[event]) == 0 &&
		    strcmp(meant[i].by, short_parties[by]) == 0)
			return meant[i].to;
	return NULL;
}

static void check_step(struct arena *arena, int kind, int from, int event, int by)
{
	struct problems problems = { .arena = arena };
	struct application application = { .kind = kind, .state = from };
	const struct application_transition *row = NULL;
	enum err e = application_step(&application, (enum application_event)event,
				      (enum application_party)by, &problems, &row);
	const char *to = meant_to(kind, from, event, by);

	if (!to) {
		assert_int_equal(e, ERR_TRANSITION);
		assert_null(row);
		return;
	}
	assert_int_equal(e, OK);
	assert_string_equal(application_words[row->to], to);
	assert_int_equal(row->not_recommender, kind == APPLICATION_SUPPLIER && by == PARTY_DECIDER);
}

static void every_step_is_what_is_meant(void **state)
{
	struct arena *arena = arena_new(0);
	size_t steps = 0;

	(void)state;
	for (int kind = 0; kind < 2; kind++)
		for (int from = 0; from < APPLICATION_STATE_COUNT; from++)
			for (int event = 0; event < APPLICATION_EVENT_COUNT; event++)
				for (int by = 0; by < PARTY_COUNT; by++, steps++)
					check_step(arena, kind, from, event, by);
	assert_int_equal(steps, 2 * 7 * 7 * 4);
	arena_free(arena);
}

static void only_applicants_open_what_waits_for_nobody(void **state)
{
	(void)state;
	for (int s = 0; s < APPLICATION_STATE_COUNT; s++) {
		assert_int_equal(application_is_open(s),
				 s == APPLICATION_DRAFT || s == APPLICATION_RETURNED);
		assert_int_equal(application_waits(s),
				 s == APPLICATION_APPLIED || s == APPLICATION_RECOMMENDED);
	}
}

/* ---- what must be there ---- */

struct needed_case {
	int kind;
	bool filled;
	int documents[3]; /* kinds; -1 ends */
	int32_t expires_on;
	const char *faults; /* their pointers, in order */
};

static void fill(struct application *application, int kind)
{
	struct application_content *content = &application->content;

	application->sealed_name = application->sealed_phone = TEXT("x");
	content->type = TEXT("合作社");
	if (kind == APPLICATION_SUPPLIER) {
		content->county = TEXT("610124");
		return;
	}
	content->city = TEXT("西安市");
	content->region_code = TEXT("610102");
	content->hierarchy = HIERARCHY_UNION;
	content->parent_uscc = TEXT("89610000XU003B348X");
	content->member_count = 3;
}

static void check_needed(const struct needed_case *c)
{
	struct arena *arena = arena_new(0);
	struct problems problems = { .arena = arena };
	struct application application = { .kind = c->kind };
	struct buffer told = { .max = KIB(4) };

	application.content.hierarchy = SMALL_NONE;
	application.content.member_count = INT_NONE;
	application.content.households_assisted = INT_NONE;
	application.content.annual_budget_fen = INT_NONE;
	if (c->filled)
		fill(&application, c->kind);
	for (size_t i = 0; i < COUNT_OF(c->documents) && c->documents[i] >= 0; i++)
		*(struct application_document *)list_add(&application.documents, arena,
							 sizeof(struct application_document)) =
			(struct application_document){ .kind = c->documents[i],
						       .expires_on = c->expires_on };
	enum err e = application_check(&application, 20000, &problems);
	for (size_t i = 0; i < problems.items.count; i++)
		buffer_print(&told, "%s%.*s", i ? " " : "",
			     TEXT_FMT(LIST_ITEM(problems.items, struct problem, i)->pointer));
	assert_int_equal(e, *c->faults ? ERR_REFUSED : OK);
	assert_string_equal(arena_string(arena, buffer_text(&told)), c->faults);
	buffer_free(&told);
	arena_free(arena);
}

static void all_that_is_missing_is_told(void **state)
{
	static const struct needed_case cases[] = {
		{ APPLICATION_SUPPLIER,
		  false,
		  { -1 },
		  20100,
		  "/type /contact_name /contact_phone /county /documents /documents" },
		{ APPLICATION_SUPPLIER, true, { LICENCE_BUSINESS, -1 }, 20100, "/documents" },
		{ APPLICATION_SUPPLIER,
		  true,
		  { LICENCE_BUSINESS, LICENCE_FOOD_BUSINESS, -1 },
		  20100,
		  "" },
		{ APPLICATION_SUPPLIER,
		  true,
		  { LICENCE_LEGAL_PERSON, LICENCE_FOOD_PRODUCTION, -1 },
		  20000,
		  "" },
		{ APPLICATION_SUPPLIER,
		  true,
		  { LICENCE_BUSINESS, LICENCE_FOOD_BUSINESS, -1 },
		  19999,
		  "/documents/0/expires_on /documents/1/expires_on" },
		{ APPLICATION_SUPPLIER,
		  true,
		  { LICENCE_BUSINESS, LICENCE_FOOD_BUSINESS, -1 },
		  DAY_NONE,
		  "/documents/1/expires_on" },
		{ APPLICATION_UNIT,
		  false,
		  { -1 },
		  20100,
		  "/type /contact_name /contact_phone /city /region_code /hierarchy /parent_uscc "
		  "/member_count /documents" },
		{ APPLICATION_UNIT, true, { LICENCE_FOOD_BUSINESS, -1 }, 20100, "/documents" },
		{ APPLICATION_UNIT, true, { LICENCE_LEGAL_PERSON, -1 }, DAY_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_needed(&cases[i]);
}

static void fields_of_the_other_kind_are_named(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct problems problems = { .arena = arena };
		struct application own = { .kind = kind }, both;

		own.content.hierarchy = SMALL_NONE;
		own.content.member_count = own.content.households_assisted = INT_NONE;
		own.content.annual_budget_fen = INT_NONE;
		both = own;
		fill(&own, kind);
		assert_int_equal(application_kind_check(kind, &own.content, &problems), OK);
		fill(&both, 1 - kind);
		assert_int_equal(application_kind_check(kind, &both.content, &problems),
				 ERR_REFUSED);
		assert_int_equal(problems.items.count, kind == APPLICATION_SUPPLIER ? 5 : 1);
		for (size_t i = 0; i < problems.items.count; i++)
			assert_int_equal(LIST_ITEM(problems.items, struct problem, i)->code,
					 ERR_OTHER_KIND);
	}
	arena_free(arena);
}

static void shapes(void **state)
{
	(void)state;
	assert_true(phone_is_mobile(TEXT("13812345678")));
	assert_false(phone_is_mobile(TEXT("23812345678")));
	assert_false(phone_is_mobile(TEXT("1381234567x")));
	assert_false(phone_is_mobile(TEXT("1381234567")));
	assert_true(region_has_shape(TEXT("610124")));
	assert_false(region_has_shape(TEXT("61012a")));
	assert_true(uscc_has_shape(TEXT("91610124XD00048BXH")));
	assert_false(uscc_has_shape(TEXT("91610124XD00048BX")));
	assert_false(uscc_has_shape(TEXT("91610124XD00048Bxh")));
}

/* ---- licences ---- */

static void notice_is_given_by_the_narrowest_term(void **state)
{
	static const struct {
		int32_t left;
		int64_t noticed, expected;
	} cases[] = {
		{ 91, INT_NONE, 0 }, { 90, INT_NONE, 90 }, { 90, 90, 0 },       { 31, 90, 0 },
		{ 30, 90, 30 },      { 29, INT_NONE, 30 }, { 30, 30, 0 },       { 8, 30, 0 },
		{ 7, 30, 7 },        { 7, INT_NONE, 7 },   { 5, 90, 7 },        { 0, 30, 7 },
		{ 0, 7, 0 },         { -1, 30, 0 },        { -1, INT_NONE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(licence_threshold(20000 + cases[i].left, 20000, cases[i].noticed),
				 cases[i].expected);
	assert_int_equal(licence_threshold(DAY_NONE, 20000, INT_NONE), 0);
}

static void a_supplier_lacks_what_has_expired_without_another(void **state)
{
	static const struct {
		struct licence licences[3];
		size_t count;
		bool lapsed;
	} cases[] = {
		{ .count = 0, .lapsed = false },
		{ .licences = { { .kind = LICENCE_FOOD_BUSINESS, .state = LICENCE_EXPIRED } },
		  .count = 1,
		  .lapsed = true },
		{ .licences = { { .kind = LICENCE_FOOD_BUSINESS, .state = LICENCE_EXPIRED },
				{ .kind = LICENCE_FOOD_PRODUCTION, .state = LICENCE_VALID } },
		  .count = 2,
		  .lapsed = false },
		{ .licences = { { .kind = LICENCE_ORGANIC, .state = LICENCE_EXPIRED } },
		  .count = 1,
		  .lapsed = false },
		{ .licences = { { .kind = LICENCE_FOOD_BUSINESS, .state = LICENCE_VALID },
				{ .kind = LICENCE_BUSINESS, .state = LICENCE_EXPIRED } },
		  .count = 2,
		  .lapsed = true },
		{ .licences = { { .kind = LICENCE_BUSINESS, .state = LICENCE_VALID } },
		  .count = 1,
		  .lapsed = false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct licence rows[3];

		memcpy(rows, cases[i].licences, sizeof(rows));
		struct list list = { rows, cases[i].count, 3 };
		assert_int_equal(licences_lapsed(&list), cases[i].lapsed);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(licence_kind_name(TEXT("business_licence"), ZH), "营业执照");
	assert_string_equal(licence_kind_name(TEXT("business_licence"), EN), "business licence");
	assert_null(licence_kind_name(TEXT("driving_licence"), EN));
	assert_true(licence_media_is_taken("image/png"));
	assert_false(licence_media_is_taken("text/csv"));
	assert_false(licence_media_is_taken(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_is_what_is_meant),
		cmocka_unit_test(only_applicants_open_what_waits_for_nobody),
		cmocka_unit_test(all_that_is_missing_is_told),
		cmocka_unit_test(fields_of_the_other_kind_are_named),
		cmocka_unit_test(shapes),
		cmocka_unit_test(notice_is_given_by_the_narrowest_term),
		cmocka_unit_test(a_supplier_lacks_what_has_expired_without_another),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
