/*
 * The rules of applications without I/O: words, transitions, what must be there before one is
 * handed in. The code, docs/states.md and the exhaustive test are made from the table.
 */
#include "application.h"

#include <string.h>

const char *const application_kind_words[] = { "supplier", "unit", NULL };
const char *const application_words[] = { "draft",    "applied",  "recommended", "approved",
					  "returned", "rejected", "withdrawn",   NULL };
_Static_assert(COUNT_OF(application_words) == APPLICATION_STATE_COUNT + 1,
	       "every state has its word");
const char *const party_words[] = { "the applicant", "a reviewer of the county",
				    "a reviewer who decides", "the daily run", NULL };
_Static_assert(COUNT_OF(party_words) == PARTY_COUNT + 1, "every party has its word");

enum { SUPPLIER = 1 << APPLICATION_SUPPLIER, UNIT = 1 << APPLICATION_UNIT, BOTH = SUPPLIER | UNIT };

const struct application_transition application_transitions[] = {
	{ APPLICATION_DRAFT, APPLICATION_SUBMIT, PARTY_APPLICANT, BOTH, .to = APPLICATION_APPLIED },
	{ APPLICATION_RETURNED, APPLICATION_SUBMIT, PARTY_APPLICANT, BOTH,
	  .to = APPLICATION_APPLIED },
	{ APPLICATION_APPLIED, APPLICATION_RECOMMEND, PARTY_COUNTY, SUPPLIER,
	  .to = APPLICATION_RECOMMENDED },
	{ APPLICATION_APPLIED, APPLICATION_RETURN, PARTY_COUNTY, SUPPLIER,
	  .to = APPLICATION_RETURNED },
	{ APPLICATION_APPLIED, APPLICATION_REJECT, PARTY_COUNTY, SUPPLIER,
	  .to = APPLICATION_REJECTED },
	{ APPLICATION_RECOMMENDED, APPLICATION_APPROVE, PARTY_DECIDER, SUPPLIER,
	  .not_recommender = true, .to = APPLICATION_APPROVED },
	{ APPLICATION_RECOMMENDED, APPLICATION_RETURN, PARTY_DECIDER, SUPPLIER,
	  .not_recommender = true, .to = APPLICATION_RETURNED },
	{ APPLICATION_RECOMMENDED, APPLICATION_REJECT, PARTY_DECIDER, SUPPLIER,
	  .not_recommender = true, .to = APPLICATION_REJECTED },
	{ APPLICATION_APPLIED, APPLICATION_APPROVE, PARTY_DECIDER, UNIT,
	  .to = APPLICATION_APPROVED },
	{ APPLICATION_APPLIED, APPLICATION_RETURN, PARTY_DECIDER, UNIT,
	  .to = APPLICATION_RETURNED },
	{ APPLICATION_APPLIED, APPLICATION_REJECT, PARTY_DECIDER, UNIT,
	  .to = APPLICATION_REJECTED },
	{ APPLICATION_DRAFT, APPLICATION_WITHDRAW, PARTY_APPLICANT, BOTH,
	  .to = APPLICATION_WITHDRAWN },
	{ APPLICATION_DRAFT, APPLICATION_LAPSE, PARTY_SYSTEM, BOTH, .to = APPLICATION_WITHDRAWN },
	{ APPLICATION_APPLIED, APPLICATION_WITHDRAW, PARTY_APPLICANT, BOTH,
	  .to = APPLICATION_WITHDRAWN },
	{ APPLICATION_RECOMMENDED, APPLICATION_WITHDRAW, PARTY_APPLICANT, SUPPLIER,
	  .to = APPLICATION_WITHDRAWN },
	{ APPLICATION_RETURNED, APPLICATION_WITHDRAW, PARTY_APPLICANT, BOTH,
	  .to = APPLICATION_WITHDRAWN },
};
const size_t application_transition_count = COUNT_OF(application_transitions);

enum err application_step(const struct application *application, enum application_event event,
			  enum application_party by, struct problems *problems,
			  const struct application_transition **row)
{
	for (size_t i = 0; i < COUNT_OF(application_transitions); i++) {
		const struct application_transition *t = &application_transitions[i];

		if ((int32_t)t->from != application->state || t->event != event || t->by != by ||
		    !(t->kinds & 1u << application->kind))
			continue;
		if (row)
			*row = t;
		return OK;
	}
	return fail(problems, ERR_TRANSITION, AT(""),
		    ARG_TEXT(text_of(word_of(application_words, application->state))));
}

bool application_waits(int32_t state)
{
	return state == APPLICATION_APPLIED || state == APPLICATION_RECOMMENDED;
}

bool application_is_open(int32_t state)
{
	return state == APPLICATION_DRAFT || state == APPLICATION_RETURNED;
}

/* ---- shapes ---- */

static bool all_of(struct text t, const char *allowed)
{
	for (size_t i = 0; i < t.size; i++)
		if (!t.at[i] || !strchr(allowed, t.at[i]))
			return false;
	return true;
}

bool uscc_has_shape(struct text t)
{
	return t.size == 18 && all_of(t, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool region_has_shape(struct text t)
{
	return t.size == 6 && all_of(t, "0123456789");
}

bool phone_is_mobile(struct text t)
{
	return t.size == 11 && t.at[0] == '1' && all_of(t, "0123456789");
}

/* An area code is 0 and two or three digits, a number behind it has seven or eight. */
static bool phone_is_landline(struct text t)
{
	for (size_t area = 3; area <= 4 && area < t.size; area++) {
		struct text rest = text_part(t, area, t.size - area);

		if (text_starts(rest, "-"))
			rest = text_part(rest, 1, rest.size - 1);
		if (t.at[0] == '0' && all_of(text_part(t, 0, area), "0123456789") &&
		    (rest.size == 7 || rest.size == 8) && all_of(rest, "0123456789"))
			return true;
	}
	return false;
}

bool phone_is_reachable(struct text t)
{
	return phone_is_mobile(t) || phone_is_landline(t);
}

bool pointer_is_of_application(struct text pointer, size_t documents)
{
	static const char *const members[] = {
		"/uscc",         "/name",          "/short_name",
		"/type",         "/county",        "/households_assisted",
		"/city",         "/region_code",   "/hierarchy",
		"/parent_uscc",  "/member_count",  "/annual_budget_fen",
		"/contact_name", "/contact_phone", "/documents",
	};
	const struct text list = TEXT("/documents/");
	int64_t index;

	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (text_is(pointer, members[i]))
			return true;
	if (!text_starts(pointer, "/documents/"))
		return false;
	pointer = text_part(pointer, list.size, pointer.size - list.size);
	return text_to_int(text_cut(&pointer, '/'), &index) && index >= 0 &&
	       (size_t)index < documents &&
	       (!pointer.at || text_is(pointer, "kind") || text_is(pointer, "expires_on"));
}

/* ---- what must be there ---- */

static void require_text(struct problems *problems, struct text value, const char *pointer)
{
	if (!text_trim(value).size)
		fail(problems, ERR_REQUIRED, ARG_TEXT(text_of(pointer)));
}

static void require_number(struct problems *problems, bool is_there, const char *pointer)
{
	if (!is_there)
		fail(problems, ERR_REQUIRED, ARG_TEXT(text_of(pointer)));
}

static void check_supplier(const struct application_content *content, struct problems *problems)
{
	require_text(problems, content->county, "/county");
}

static void check_unit(const struct application_content *content, struct problems *problems)
{
	require_text(problems, content->city, "/city");
	require_text(problems, content->region_code, "/region_code");
	require_number(problems, content->hierarchy != SMALL_NONE, "/hierarchy");
	require_text(problems, content->parent_uscc, "/parent_uscc");
	require_number(problems, content->member_count != INT_NONE, "/member_count");
}

static void check_document(const struct application_document *document, size_t i, int32_t day,
			   struct problems *problems)
{
	struct arg at = problem_at(problems, "/documents/%zu/expires_on", i);

	if (document->expires_on == DAY_NONE && licence_kinds[document->kind].must_end)
		fail(problems, ERR_REQUIRED, at);
	else if (document->expires_on != DAY_NONE && document->expires_on < day)
		fail(problems, ERR_LICENCE_OVER, at);
}

/* One document of each group that the capacity needs. */
static void check_groups(const struct application *application, struct problems *problems)
{
	unsigned there = 0, needed = licence_groups_needed(1u << application->kind);

	for (size_t i = 0; i < application->documents.count; i++)
		there |= 1u << licence_kinds[LIST_ITEM(application->documents,
						       struct application_document, i)
						     ->kind]
				       .group;
	for (int group = 0; group < LICENCE_GROUP_COUNT; group++)
		if (needed & ~there & 1u << group)
			fail(problems, ERR_DOCUMENT_MISSING, AT("/documents"),
			     ARG_TEXT(text_of(licence_group_words[group])));
}

enum err application_kind_check(int32_t kind, const struct application_content *content,
				struct problems *problems)
{
	const struct {
		int32_t kind;
		const char *pointer;
		bool is_there;
	} fields[] = {
		{ APPLICATION_SUPPLIER, "/county", content->county.at },
		{ APPLICATION_SUPPLIER, "/households_assisted",
		  content->households_assisted != INT_NONE },
		{ APPLICATION_UNIT, "/city", content->city.at },
		{ APPLICATION_UNIT, "/region_code", content->region_code.at },
		{ APPLICATION_UNIT, "/hierarchy", content->hierarchy != SMALL_NONE },
		{ APPLICATION_UNIT, "/parent_uscc", content->parent_uscc.at },
		{ APPLICATION_UNIT, "/member_count", content->member_count != INT_NONE },
		{ APPLICATION_UNIT, "/annual_budget_fen", content->annual_budget_fen != INT_NONE },
	};

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (fields[i].kind != kind && fields[i].is_there)
			fail(problems, ERR_OTHER_KIND, ARG_TEXT(text_of(fields[i].pointer)));
	return problems->items.count ? ERR_REFUSED : OK;
}

enum err application_check(const struct application *application, int32_t day,
			   struct problems *problems)
{
	const struct application_content *content = &application->content;

	application_kind_check(application->kind, content, problems);
	require_text(problems, content->type, "/type");
	require_number(problems, application->sealed_name.size > 0, "/contact_name");
	require_number(problems, application->sealed_phone.size > 0, "/contact_phone");
	if (application->kind == APPLICATION_SUPPLIER)
		check_supplier(content, problems);
	else
		check_unit(content, problems);
	for (size_t i = 0; i < application->documents.count; i++)
		check_document(LIST_ITEM(application->documents, struct application_document, i), i,
			       day, problems);
	check_groups(application, problems);
	return problems->items.count ? ERR_REFUSED : OK;
}

/* ---- changes ---- */

static void take_text(struct text *to, struct text from)
{
	if (from.at)
		*to = from;
}

static void take_number(int64_t *to, int64_t from)
{
	if (from != INT_NONE)
		*to = from;
}

void application_merge(struct application_content *content, const struct application_content *from)
{
	take_text(&content->uscc, from->uscc);
	take_text(&content->name, from->name);
	take_text(&content->short_name, from->short_name);
	take_text(&content->type, from->type);
	take_text(&content->county, from->county);
	take_number(&content->households_assisted, from->households_assisted);
	take_text(&content->city, from->city);
	take_text(&content->region_code, from->region_code);
	if (from->hierarchy != SMALL_NONE)
		content->hierarchy = from->hierarchy;
	take_text(&content->parent_uscc, from->parent_uscc);
	take_number(&content->member_count, from->member_count);
	take_number(&content->annual_budget_fen, from->annual_budget_fen);
	take_text(&content->contact_name, from->contact_name);
	take_text(&content->contact_phone, from->contact_phone);
}
