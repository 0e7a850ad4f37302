/*
 * What reviewers do with applications: recommend, return, reject, approve, look at the contacts. An
 * approval admits in the same transaction (admission_event.c).
 */
#include "application.h"

/* ---- who may ---- */

/* A supplier is its county's, by which it is recommended; a unit that of where it lies. */
static bool county_holds(const struct scope *scope, const struct application *application)
{
	const struct application_content *content = &application->content;

	return text_equal(application->kind == APPLICATION_SUPPLIER ? content->county
								    : content->region_code,
			  text_of(scope->county));
}

enum err application_in_scope(struct db *db, const struct scope *scope,
			      const struct application *application, bool *within)
{
	*within = false;
	if (application->state == APPLICATION_DRAFT)
		return OK;
	if (scope->kind == SCOPE_PLATFORM)
		*within = true;
	else if (scope->kind == SCOPE_COUNTY)
		*within = county_holds(scope, application);
	else if (scope->kind == SCOPE_HIERARCHY && application->kind == APPLICATION_UNIT &&
		 application->content.hierarchy == scope->hierarchy &&
		 !id_is_none(application->parent))
		return scope_covers_unit(db, scope, application->parent, within);
	return OK;
}

static enum err lock_in_scope(struct tx *tx, struct id id, struct application *out)
{
	bool within;
	enum err e = application_lock(tx->db, tx->arena, id, out);

	if (!e)
		e = application_in_scope(tx->db, &tx->actor->scope, out, &within);
	if (e)
		return e;
	return within ? OK : ERR_NOT_FOUND;
}

/* Recommendations are the county's, decisions the platform's or, for units, the subtree's. */
static bool is_party(const struct scope *scope, enum application_party party,
		     const struct application *application)
{
	if (party == PARTY_COUNTY)
		return scope->kind == SCOPE_COUNTY;
	return scope->kind == SCOPE_PLATFORM ||
	       (scope->kind == SCOPE_HIERARCHY && application->kind == APPLICATION_UNIT);
}

/* ---- verdicts ---- */

static const struct field point_fields[] = {
	{ "pointer", KIND_TEXT, FIELD_AT(application_point, pointer) },
	{ "text", KIND_TEXT, FIELD_AT(application_point, text) },
};

/* The points as they are kept; NO_TEXT where there are none. */
static enum err points_json(struct arena *arena, const struct list *points, struct text *out)
{
	struct buffer buffer = { .max = KIB(60) };
	struct json json = { .out = &buffer };

	*out = NO_TEXT;
	if (!points->count)
		return OK;
	json_list(&json, NULL, point_fields, COUNT_OF(point_fields),
		  sizeof(struct application_point), points);
	if (!buffer.failed)
		*out = arena_text(arena, buffer_text(&buffer));
	buffer_free(&buffer);
	return out->at ? OK : ERR_MEMORY;
}

/* Whether there is a point of documents, which alone need them to be read. */
static bool has_point_of_documents(const struct list *points)
{
	for (size_t i = 0; i < points->count; i++)
		if (text_starts(LIST_ITEM(*points, struct application_point, i)->pointer,
				"/documents/"))
			return true;
	return false;
}

/* What does not simply let it pass says why; each point names something that is there. */
static enum err check_verdict(struct tx *tx, const struct verdict_on_application *verdict)
{
	const struct list *points = &verdict->points;
	struct list documents = { 0 };
	enum err e = OK;

	if (has_point_of_documents(points))
		e = document_list(tx->db, tx->arena, verdict->id, &documents);
	if (e)
		return e;
	if (verdict->verdict != VERDICT_GOOD && !text_trim(verdict->reason).size)
		fail(tx->problems, ERR_REQUIRED, AT("/reason"));
	for (size_t i = 0; i < points->count; i++)
		if (!pointer_is_of_application(
			    LIST_ITEM(*points, struct application_point, i)->pointer,
			    documents.count))
			fail(tx->problems, ERR_POINT_NOWHERE,
			     problem_at(tx->problems, "/points/%zu/pointer", i));
	return tx->problems->items.count ? ERR_REFUSED : OK;
}

static enum application_event event_of(enum application_party party, int32_t verdict)
{
	if (verdict == VERDICT_GOOD)
		return party == PARTY_COUNTY ? APPLICATION_RECOMMEND : APPLICATION_APPROVE;
	return verdict == VERDICT_RETURN ? APPLICATION_RETURN : APPLICATION_REJECT;
}

static const char *const event_kinds[] = {
	[APPLICATION_RECOMMEND] = "application.recommended",
	[APPLICATION_APPROVE] = "application.approved",
	[APPLICATION_RETURN] = "application.returned",
	[APPLICATION_REJECT] = "application.rejected",
};

/* Writes into @application what the verdict says. */
static enum err apply(struct tx *tx, const struct verdict_on_application *verdict,
		      const struct application_transition *step, struct application *application)
{
	application->state = (int32_t)step->to;
	application->waiting_since = application_waits(application->state) ? tx->now : INT_NONE;
	application->reason = verdict->reason;
	if (step->event == APPLICATION_RECOMMEND) {
		application->recommended_by = tx->actor->user;
		application->recommended_at = tx->now;
	} else {
		application->decided_by = tx->actor->user;
		application->decided_at = tx->now;
	}
	return points_json(tx->arena, &verdict->points, &application->points);
}

/* Whether the application @before, locked here, is this party's to judge so, in the version that
 * was seen; *step: what then happens. */
static enum err may_judge(struct tx *tx, const struct verdict_on_application *verdict,
			  enum application_party party, struct application *before,
			  const struct application_transition **step)
{
	enum err e = lock_in_scope(tx, verdict->id, before);

	if (!e && verdict->version != INT_NONE && verdict->version != before->version)
		e = ERR_PRECONDITION;
	if (!e && !is_party(&tx->actor->scope, party, before))
		e = ERR_SCOPE;
	if (!e)
		e = application_step(before, event_of(party, verdict->verdict), party, tx->problems,
				     step);
	if (!e && (*step)->not_recommender && id_equal(before->recommended_by, tx->actor->user))
		e = ERR_SAME_PERSON;
	return e ? e : check_verdict(tx, verdict);
}

static enum err judge(struct tx *tx, struct verdict_on_application *verdict,
		      enum application_party party)
{
	struct application before = { .number = 0 }, *after = &verdict->out;
	const struct application_transition *step;
	struct list notes = { 0 };
	enum err e = may_judge(tx, verdict, party, &before, &step);

	if (e)
		return e;
	*after = before;
	e = apply(tx, verdict, step, after);
	if (!e && after->state == APPLICATION_APPROVED)
		e = application_admit(tx, after, verdict->organisation, &notes);
	if (!e)
		e = application_update(tx->db, after);
	if (!e)
		e = application_notes(tx, event_kinds[step->event], &before, after, &notes);
	return e ? e : application_show(tx->db, tx->app->keys, tx->arena, tx->now, true, after);
}

enum err application_recommend(struct tx *tx, void *arg)
{
	return judge(tx, arg, PARTY_COUNTY);
}

enum err application_decide(struct tx *tx, void *arg)
{
	return judge(tx, arg, PARTY_DECIDER);
}

/* ---- disclosure ---- */

static const struct field disclosure_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(disclosure_of_application, reason) },
	{ "contact_name", KIND_TEXT, FIELD_AT(disclosure_of_application, contact_name),
	  .secret = true, .optional = true },
	{ "contact_phone", KIND_TEXT, FIELD_AT(disclosure_of_application, contact_phone),
	  .secret = true, .optional = true },
};

enum err application_disclose(struct tx *tx, void *arg)
{
	struct disclosure_of_application *disclosure = arg;
	struct application application = { .number = 0 };
	enum err e = lock_in_scope(tx, disclosure->id, &application);

	if (!e)
		e = application_unseal(tx->app->keys, tx->arena, &application,
				       &disclosure->contact_name, &disclosure->contact_phone);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "application.disclosed",
						     .object = disclosure->id,
						     .fields = disclosure_fields,
						     .field_count = COUNT_OF(disclosure_fields),
						     .after = disclosure });
}
