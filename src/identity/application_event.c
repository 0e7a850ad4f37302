/*
 * What applicants do with their application: begin it, change it, add documents, hand it in,
 * withdraw it. The applicant is known by a token; in the audit trail the application itself stands
 * where others have their organisation.
 */
#include "application.h"

/* ---- what the trail keeps, and what is shown ---- */

static const struct field trail_fields[] = {
	{ "number", KIND_REF, FIELD_AT(application, number) },
	{ "kind", KIND_WORD, FIELD_AT(application, kind), .words = application_kind_words },
	{ "state", KIND_WORD, FIELD_AT(application, state), .words = application_words },
	{ "uscc", KIND_TEXT, FIELD_AT(application, content.uscc) },
	{ "name", KIND_TEXT, FIELD_AT(application, content.name) },
	{ "short_name", KIND_TEXT, FIELD_AT(application, content.short_name), .optional = true },
	{ "type", KIND_TEXT, FIELD_AT(application, content.type), .optional = true },
	{ "county", KIND_TEXT, FIELD_AT(application, content.county), .optional = true },
	{ "households_assisted", KIND_INT, FIELD_AT(application, content.households_assisted),
	  .optional = true },
	{ "city", KIND_TEXT, FIELD_AT(application, content.city), .optional = true },
	{ "region_code", KIND_TEXT, FIELD_AT(application, content.region_code), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(application, content.hierarchy), .optional = true,
	  .words = hierarchy_words },
	{ "parent_uscc", KIND_TEXT, FIELD_AT(application, content.parent_uscc), .optional = true },
	{ "member_count", KIND_INT, FIELD_AT(application, content.member_count), .optional = true },
	{ "annual_budget_fen", KIND_FEN, FIELD_AT(application, content.annual_budget_fen),
	  .optional = true },
	{ "contact_name", KIND_BYTES, FIELD_AT(application, sealed_name), .optional = true,
	  .secret = true },
	{ "contact_phone", KIND_BYTES, FIELD_AT(application, sealed_phone), .optional = true,
	  .secret = true },
	{ "reason", KIND_TEXT, FIELD_AT(application, reason), .optional = true },
	{ "points", KIND_RAW, FIELD_AT(application, points), .optional = true },
	{ "organisation", KIND_ID, FIELD_AT(application, organisation), .optional = true },
};

enum err application_note(struct tx *tx, const char *kind, const struct application *before,
			  const struct application *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = after->id,
						     .fields = trail_fields,
						     .field_count = COUNT_OF(trail_fields),
						     .before = before,
						     .after = after });
}

enum err application_notes(struct tx *tx, const char *kind, const struct application *before,
			   const struct application *after, const struct list *others)
{
	size_t count = 1 + others->count;
	struct audit_note *notes = arena_take(tx->arena, count * sizeof(*notes));
	struct id *events = arena_take(tx->arena, count * sizeof(*events));

	if (!notes || !events)
		return ERR_MEMORY;
	notes[0] = (struct audit_note){ .kind = kind,
					.object = after->id,
					.fields = trail_fields,
					.field_count = COUNT_OF(trail_fields),
					.before = before,
					.after = after };
	for (size_t i = 1; i < count; i++)
		notes[i] = *LIST_ITEM(*others, struct audit_note, i - 1);
	ids_new(tx->now, events, count);
	events[0] = tx->event;
	return audit_many(tx, events, notes, count);
}

static struct seal_place place_of(const struct application *application, const char *column)
{
	return (struct seal_place){ .table = "application",
				    .column = column,
				    .row = application->id };
}

enum err application_unseal(const struct keys *keys, struct arena *arena,
			    const struct application *application, struct text *name,
			    struct text *phone)
{
	enum err e = unseal_text(keys, place_of(application, "contact_name"),
				 application->sealed_name, arena, name);

	if (e)
		return e;
	return unseal_text(keys, place_of(application, "contact_phone"), application->sealed_phone,
			   arena, phone);
}

/* Seals what came in clear; what did not come stays as it was. */
static enum err contacts_seal(const struct keys *keys, struct arena *arena,
			      struct application *application)
{
	const struct application_content *content = &application->content;
	enum err e = OK;

	if (content->contact_name.at)
		e = seal_text(keys, place_of(application, "contact_name"), content->contact_name,
			      arena, &application->sealed_name);
	if (!e && content->contact_phone.at)
		e = seal_text(keys, place_of(application, "contact_phone"), content->contact_phone,
			      arena, &application->sealed_phone);
	return e;
}

enum err application_show(struct db *db, const struct keys *keys, struct arena *arena, int64_t now,
			  bool documents, struct application *application)
{
	struct application_content *content = &application->content;
	struct text name, phone;
	enum err e = application_unseal(keys, arena, application, &name, &phone);

	if (e)
		return e;
	content->contact_name = mask_name(arena, name);
	content->contact_phone = mask_phone(arena, phone);
	application->age_days = application->waiting_since == INT_NONE
					? INT_NONE
					: (now - application->waiting_since) / DAY_US;
	application->documents = (struct list){ 0 };
	return documents ? document_list(db, arena, application->id, &application->documents) : OK;
}

/* ---- beginning and changing ---- */

/* Leaves what came in clear as it is: it may run again. */
enum err application_open(struct tx *tx, void *arg)
{
	struct application *application = arg;
	enum err e = contacts_seal(tx->app->keys, tx->arena, application);

	if (!e)
		e = application_insert(tx->db, application);
	return e ? e : application_note(tx, "application.opened", NULL, application);
}

static enum err not_now(struct tx *tx, const struct application *application)
{
	return fail(tx->problems, ERR_TRANSITION, AT(""),
		    ARG_TEXT(text_of(word_of(application_words, application->state))));
}

static enum err lock_open(struct tx *tx, struct id id, struct application *out)
{
	enum err e = application_lock(tx->db, tx->arena, id, out);

	if (e)
		return e;
	return application_is_open(out->state) ? OK : not_now(tx, out);
}

enum err application_change(struct tx *tx, void *arg)
{
	struct application_patch *patch = arg;
	struct application before = { .number = 0 }, *after = &patch->out;
	enum err e = lock_open(tx, patch->id, &before);

	if (!e && before.version != patch->version)
		e = ERR_PRECONDITION;
	if (!e)
		e = application_kind_check(before.kind, &patch->content, tx->problems);
	if (e)
		return e;
	*after = before;
	application_merge(&after->content, &patch->content);
	e = contacts_seal(tx->app->keys, tx->arena, after);
	if (!e)
		e = application_update(tx->db, after);
	if (e == ERR_DB_DUPLICATE)
		return fail(tx->problems, ERR_APPLICATION_OPEN, AT("/uscc"));
	if (!e)
		e = application_note(tx, "application.changed", &before, after);
	return e ? e : application_show(tx->db, tx->app->keys, tx->arena, tx->now, true, after);
}

/* ---- documents ---- */

static const struct field trail_document_fields[] = {
	{ "document", KIND_ID, FIELD_AT(application_document, id) },
	{ "kind", KIND_WORD, FIELD_AT(application_document, kind), .words = licence_kind_words },
	{ "expires_on", KIND_DAY, FIELD_AT(application_document, expires_on), .optional = true },
	{ "media_type", KIND_TEXT, FIELD_AT(application_document, media_type) },
	{ "size", KIND_INT, FIELD_AT(application_document, size) },
};

static enum err document_note(struct tx *tx, const char *kind,
			      const struct application_document *before,
			      const struct application_document *after)
{
	return audit_event(tx,
			   &(struct audit_note){ .kind = kind,
						 .object = (after ? after : before)->application,
						 .fields = trail_document_fields,
						 .field_count = COUNT_OF(trail_document_fields),
						 .before = before,
						 .after = after });
}

/* Held against both budgets before a byte is written. */
static enum err weigh(struct tx *tx, const struct application_document *document)
{
	enum err e = documents_weigh(tx->db, document->application, document->size);

	if (e == ERR_REFUSED)
		e = fail(tx->problems, ERR_DOCUMENTS_HEAVY, AT(""), ARG_INT(DOCUMENTS_MIB_MAX));
	return e ? e : upload_of_address(tx, document->size);
}

enum err application_add_file(struct tx *tx, void *arg)
{
	struct new_document *new = arg;
	struct application application = { .number = 0 };
	struct list documents = { 0 };
	enum err e = lock_open(tx, new->document.application, &application);

	if (!e)
		e = document_list(tx->db, tx->arena, application.id, &documents);
	if (!e && documents.count >= DOCUMENTS_MAX)
		e = fail(tx->problems, ERR_DOCUMENTS_MANY, AT(""), ARG_INT(DOCUMENTS_MAX));
	if (!e && new->document.expires_on != DAY_NONE &&new->document.expires_on < tx->day)
		e = fail(tx->problems, ERR_LICENCE_OVER, AT("expires_on"));
	if (!e)
		e = weigh(tx, &new->document);
	if (!e)
		e = file_store(tx, new->document.file, application.id, new->content,
			       arena_string(tx->arena, new->document.media_type));
	if (!e)
		e = document_insert(tx->db, &new->document);
	if (!e)
		e = application_update(tx->db, &application);
	return e ? e : document_note(tx, "application.document_added", NULL, &new->document);
}

enum err application_drop_file(struct tx *tx, void *arg)
{
	const struct lost_document *lost = arg;
	struct application application = { .number = 0 };
	struct application_document document = { .size = 0 };
	enum err e = lock_open(tx, lost->application, &application);

	if (!e)
		e = document_read(tx->db, tx->arena, lost->application, lost->document, &document);
	if (!e)
		e = document_delete(tx->db, lost->application, lost->document);
	if (!e)
		e = file_drop(tx, lost->application, document.file);
	if (!e)
		e = application_update(tx->db, &application);
	return e ? e : document_note(tx, "application.document_removed", &document, NULL);
}

/* ---- handing in and withdrawing ---- */

static enum err check_supplier(struct tx *tx, const struct application *application)
{
	bool assisted = true;
	enum err e = OK;

	if (application->content.county.size)
		e = county_is_assisted(tx->db, application->content.county, tx->day, &assisted);
	if (!e && !assisted)
		fail(tx->problems, ERR_COUNTY_NOT_ASSISTED, AT("/county"));
	return e;
}

enum err parent_missing(struct tx *tx, const struct application_content *content,
			const char *pointer)
{
	int32_t day = DAY_NONE;
	char text[11];
	enum err e =
		parent_planned(tx->db, content->hierarchy, content->parent_uscc, tx->day, &day);

	if (e)
		return e;
	if (day == DAY_NONE)
		fail(tx->problems, ERR_PARENT_UNKNOWN, ARG_TEXT(text_of(pointer)));
	else
		fail(tx->problems, ERR_PARENT_LATER, ARG_TEXT(text_of(pointer)),
		     ARG_TEXT(day_format(day, text)));
	return OK;
}

static enum err check_unit(struct tx *tx, struct application *application)
{
	const struct application_content *content = &application->content;
	enum err e;

	application->parent = NO_ID;
	if (content->hierarchy == SMALL_NONE || !content->parent_uscc.size)
		return OK; /* told already */
	e = parent_find(tx->db, content->hierarchy, content->parent_uscc, tx->day,
			&application->parent);
	if (e == ERR_NOT_FOUND)
		return parent_missing(tx, content, "/parent_uscc");
	return e;
}

/* Whether the organisation has the capacity, or another application asks for it. */
static enum err check_capacity(struct tx *tx, const struct application *application)
{
	struct applicant_organisation organisation = { 0 };
	bool is_supplier = application->kind == APPLICATION_SUPPLIER, taken;
	struct text open_code =
		arena_print(tx->arena, "%s%.*s", application_kind_words[application->kind],
			    TEXT_FMT(application->content.uscc));
	enum err e = organisation_of_uscc(tx->db, tx->arena, application->content.uscc, true,
					  &organisation);

	if (e && e != ERR_NOT_FOUND)
		return e;
	if (!e && (organisation.status == STATUS_ENDED ||
		   (is_supplier ? organisation.is_supplier : organisation.is_unit)))
		return fail(tx->problems, ERR_ADMITTED, AT("/uscc"));
	if (!e && !text_equal(organisation.name, application->content.name))
		return fail(tx->problems, ERR_NAME_DIFFERS, AT("/name"),
			    ARG_TEXT(organisation.name));
	e = application_is_taken(tx->db, open_code, application->id, &taken);
	if (!e && taken)
		e = fail(tx->problems, ERR_APPLICATION_OPEN, AT("/uscc"));
	return e;
}

static enum err check_all(struct tx *tx, struct application *application)
{
	enum err e = document_list(tx->db, tx->arena, application->id, &application->documents);

	if (e)
		return e;
	application_check(application, tx->day, tx->problems);
	e = application->kind == APPLICATION_SUPPLIER ? check_supplier(tx, application)
						      : check_unit(tx, application);
	if (e)
		return e;
	return tx->problems->items.count ? ERR_REFUSED : check_capacity(tx, application);
}

/* The state it comes to, and since when somebody is awaited. */
static void step_to(struct application *application, const struct application_transition *step,
		    int64_t now)
{
	application->state = (int32_t)step->to;
	application->waiting_since = application_waits(application->state) ? now : INT_NONE;
}

enum err application_submit(struct tx *tx, void *arg)
{
	struct application *application = arg, before = { .number = 0 };
	const struct application_transition *step;
	enum err e = application_lock(tx->db, tx->arena, application->id, &before);

	if (!e)
		e = application_step(&before, APPLICATION_SUBMIT, PARTY_APPLICANT, tx->problems,
				     &step);
	if (e)
		return e;
	*application = before;
	e = check_all(tx, application);
	if (e)
		return e;
	step_to(application, step, tx->now);
	/* what was said of the last version is history, which the trail has */
	application->reason = application->points = NO_TEXT;
	application->recommended_by = NO_ID;
	application->recommended_at = INT_NONE;
	e = application_update(tx->db, application);
	if (e == ERR_DB_DUPLICATE)
		return fail(tx->problems, ERR_APPLICATION_OPEN, AT("/uscc"));
	if (!e)
		e = application_note(tx, "application.applied", &before, application);
	return e ? e
		 : application_show(tx->db, tx->app->keys, tx->arena, tx->now, true, application);
}

enum err application_withdraw(struct tx *tx, void *arg)
{
	struct application *application = arg, before = { .number = 0 };
	const struct application_transition *step;
	enum err e = application_lock(tx->db, tx->arena, application->id, &before);

	if (!e)
		e = application_step(&before, APPLICATION_WITHDRAW, PARTY_APPLICANT, tx->problems,
				     &step);
	if (e)
		return e;
	*application = before;
	step_to(application, step, tx->now);
	e = application_update(tx->db, application);
	if (!e)
		e = application_note(tx, "application.withdrawn", &before, application);
	return e ? e
		 : application_show(tx->db, tx->app->keys, tx->arena, tx->now, true, application);
}

static enum err documents_drop(struct tx *tx, struct id application)
{
	struct list documents = { 0 };
	enum err e = document_list(tx->db, tx->arena, application, &documents);

	for (size_t i = 0; i < documents.count && !e; i++) {
		const struct application_document *document =
			LIST_ITEM(documents, struct application_document, i);

		e = document_delete(tx->db, application, document->id);
		if (!e)
			e = file_drop(tx, application, document->file);
	}
	return e;
}

/* One that was handed in or withdrawn since it was found stays as it is. */
enum err application_lapse(struct tx *tx, void *arg)
{
	struct application *application = arg, before = { .number = 0 };
	const struct application_transition *step;
	enum err e = application_lock(tx->db, tx->arena, application->id, &before);

	if (e)
		return e;
	*application = before;
	if (before.state != APPLICATION_DRAFT)
		return OK;
	e = application_step(&before, APPLICATION_LAPSE, PARTY_SYSTEM, tx->problems, &step);
	if (e)
		return e;
	step_to(application, step, tx->now);
	application->sealed_name = application->sealed_phone = NO_TEXT;
	e = documents_drop(tx, application->id);
	if (!e)
		e = application_update(tx->db, application);
	return e ? e : application_note(tx, "application.lapsed", &before, application);
}

/* ---- the first administrator ---- */

enum err application_invite(struct tx *tx, void *arg)
{
	struct invitation *invitation = arg;
	struct application application = { .number = 0 };
	struct applicant_organisation organisation = { 0 };
	int64_t holders = 0;
	enum err e = application_lock(tx->db, tx->arena, tx->actor->organisation, &application);

	if (!e && application.state != APPLICATION_APPROVED)
		e = not_now(tx, &application);
	if (e)
		return e;
	invitation->organisation = application.organisation;
	invitation->kind = INVITATION_ADMIN;
	invitation->roles =
		application.kind == APPLICATION_SUPPLIER ? ROLE_SUPPLIER_ADMIN : ROLE_UNIT_ADMIN;
	e = organisation_of_uscc(tx->db, tx->arena, application.content.uscc, true, &organisation);
	if (!e && organisation.status != STATUS_ACTIVE)
		return fail(tx->problems, ERR_TRANSITION, AT(""),
			    ARG_TEXT(text_of(status_words[organisation.status])));
	if (!e)
		e = holders_count(tx->db, application.organisation,
				  ROLE_SUPPLIER_ADMIN | ROLE_UNIT_ADMIN, &holders);
	if (!e && holders)
		return fail(tx->problems, ERR_ADMIN_THERE, AT(""));
	if (!e)
		e = admin_links_revoke(tx->db, application.organisation, tx->now);
	if (!e)
		e = invitation_insert(tx, invitation);
	return e ? e : application_note(tx, "application.invited", NULL, &application);
}
