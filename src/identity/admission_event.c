/*
 * What an approval makes of an application: the organisation with its capacity, its place, its
 * licences and its contact. One that stands keeps its name, its contact and its people, who get the
 * new capacity as well. Each object has its event beside the application's own; they are written
 * together at the end.
 */
#include "application.h"
#include "organisation_rows.h"

#include <string.h>

static enum err note_add(struct tx *tx, struct list *notes, struct audit_note note)
{
	struct audit_note *to = list_add(notes, tx->arena, sizeof(*to));

	if (!to)
		return ERR_MEMORY;
	*to = note;
	return OK;
}

/* Notes are written at the end: what they tell of must last until then. */
static const void *lasting(struct tx *tx, const void *from, size_t size)
{
	void *to = arena_take(tx->arena, size);

	if (to)
		memcpy(to, from, size);
	return to;
}

static const struct field capacity_fields[] = {
	{ "id", KIND_ID, FIELD_AT(applicant_organisation, id) },
	{ "name", KIND_TEXT, FIELD_AT(applicant_organisation, name) },
	{ "is_unit", KIND_BOOL, FIELD_AT(applicant_organisation, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(applicant_organisation, is_supplier) },
	{ "version", KIND_INT, FIELD_AT(applicant_organisation, version) },
};

/* @before NULL: it was made. */
static enum err capacity_note(struct tx *tx, const struct application *application,
			      const struct applicant_organisation *before, struct list *notes)
{
	bool is_supplier = application->kind == APPLICATION_SUPPLIER;
	struct applicant_organisation after = {
		.id = application->organisation,
		.name = application->content.name,
		.is_unit = !is_supplier || (before && before->is_unit),
		.is_supplier = is_supplier || (before && before->is_supplier),
		.version = before ? before->version + 1 : 1,
	};
	const struct applicant_organisation *was =
		before ? lasting(tx, before, sizeof(*before)) : NULL;
	const struct applicant_organisation *is = lasting(tx, &after, sizeof(after));

	if (!is || (before && !was))
		return ERR_MEMORY;
	return note_add(tx, notes,
			(struct audit_note){ .kind = before ? "organisation.capacity_added"
							    : "organisation.admitted",
					     .object = after.id,
					     .fields = capacity_fields,
					     .field_count = COUNT_OF(capacity_fields),
					     .before = was,
					     .after = is });
}

static const struct field widened_fields[] = {
	{ "user", KIND_ID, FIELD_AT(widened_member, user) },
	{ "roles", KIND_WORDS, FIELD_AT(widened_member, roles), .words = role_words },
};

/* Who administers an organisation that stands administers its new capacity too. */
static enum err admins_take(struct tx *tx, const struct application *application,
			    struct list *notes)
{
	bool is_supplier = application->kind == APPLICATION_SUPPLIER;
	uint32_t had = is_supplier ? ROLE_UNIT_ADMIN : ROLE_SUPPLIER_ADMIN;
	uint32_t more = is_supplier ? ROLE_SUPPLIER_ADMIN : ROLE_UNIT_ADMIN;
	struct list admins = { 0 };
	enum err e = admins_of(tx->db, tx->arena, application->organisation, had, &admins);

	for (size_t i = 0; !e && i < admins.count; i++) {
		const struct widened_member *before = LIST_ITEM(admins, struct widened_member, i);
		const struct widened_member wide = { before->user, before->roles | more };
		const struct widened_member *after = lasting(tx, &wide, sizeof(wide));

		if (!after)
			return ERR_MEMORY;
		e = note_add(tx, notes,
			     (struct audit_note){ .kind = "member.changed",
						  .object = before->user,
						  .fields = widened_fields,
						  .field_count = COUNT_OF(widened_fields),
						  .before = before,
						  .after = after });
	}
	return e || !admins.count ? e : admins_widen(tx->db, application->organisation, had, more);
}

/* The organisation with that code: the one that stands, or a new one. */
static enum err holder_take(struct tx *tx, struct application *application, struct id organisation,
			    struct list *notes)
{
	struct applicant_organisation known = { 0 };
	bool is_supplier = application->kind == APPLICATION_SUPPLIER;
	enum err e =
		organisation_of_uscc(tx->db, tx->arena, application->content.uscc, true, &known);

	if (e == ERR_NOT_FOUND) {
		application->organisation = organisation;
		e = organisation_admit(tx->db, application, organisation, tx->now);
		return e ? e : capacity_note(tx, application, NULL, notes);
	}
	if (e)
		return e;
	if (known.status == STATUS_ENDED || (is_supplier ? known.is_supplier : known.is_unit))
		return fail(tx->problems, ERR_ADMITTED, AT(""));
	if (!text_equal(known.name, application->content.name))
		return fail(tx->problems, ERR_NAME_DIFFERS, AT(""), ARG_TEXT(known.name));
	application->organisation = known.id;
	e = organisation_touch(tx->db, known.id);
	if (!e)
		e = capacity_note(tx, application, &known, notes);
	return e ? e : admins_take(tx, application, notes);
}

static const struct field taken_licence_fields[] = {
	{ "id", KIND_ID, FIELD_AT(licence, id) },
	{ "organisation", KIND_ID, FIELD_AT(licence, organisation) },
	{ "kind", KIND_WORD, FIELD_AT(licence, kind), .words = licence_kind_words },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence, state), .words = licence_words },
};

static enum err licences_make(struct tx *tx, const struct application *application,
			      struct list *notes)
{
	const struct list *documents = &application->documents;
	struct list licences = { 0 };
	enum err e = OK;

	for (size_t i = 0; i < documents->count && !e; i++) {
		const struct application_document *document =
			LIST_ITEM(*documents, struct application_document, i);
		struct licence *licence = list_add(&licences, tx->arena, sizeof(*licence));

		if (!licence)
			return ERR_MEMORY;
		*licence = (struct licence){ .id = id_new(tx->now),
					     .organisation = application->organisation,
					     .kind = document->kind,
					     .file = id_new(tx->now),
					     .expires_on = document->expires_on,
					     .state = LICENCE_VALID,
					     .submitted_at = document->created_at,
					     .decided_by = tx->actor->user,
					     .decided_at = tx->now };
		e = file_copy(tx, document->file, application->id, licence->file,
			      application->organisation);
	}
	for (size_t i = 0; i < licences.count && !e; i++)
		e = note_add(
			tx, notes,
			(struct audit_note){ .kind = "licence.taken_over",
					     .object = LIST_ITEM(licences, struct licence, i)->id,
					     .fields = taken_licence_fields,
					     .field_count = COUNT_OF(taken_licence_fields),
					     .after = LIST_ITEM(licences, struct licence, i) });
	return e || !licences.count ? e : licences_take_over(tx->db, &licences);
}

/* The applicant's contact becomes that of an organisation without one, sealed for its new place. */
static enum err contact_make(struct tx *tx, const struct application *application)
{
	struct text name, phone;
	struct seal_place place = { "contact", "name_sealed", application->organisation };
	enum err e = application_unseal(tx->app->keys, tx->arena, application, &name, &phone);

	if (!e)
		e = seal_text(tx->app->keys, place, name, tx->arena, &name);
	place.column = "phone_sealed";
	if (!e)
		e = seal_text(tx->app->keys, place, phone, tx->arena, &phone);
	return e ? e : contact_take_over(tx->db, application->organisation, name, phone, tx->now);
}

/* The unit above may have ended while the application waited. */
static enum err parent_check(struct tx *tx, struct application *application)
{
	const struct application_content *content = &application->content;
	enum err e = OK;

	if (application->kind == APPLICATION_UNIT)
		e = parent_find(tx->db, content->hierarchy, content->parent_uscc, tx->day,
				&application->parent);
	if (e != ERR_NOT_FOUND)
		return e;
	e = parent_missing(tx, content, "");
	return e ? e : LIST_ITEM(tx->problems->items, struct problem, 0)->code;
}

static const struct field placed_fields[] = {
	{ "hierarchy", KIND_WORD, FIELD_AT(placement, hierarchy), .words = hierarchy_words },
	{ "parent", KIND_ID, FIELD_AT(placement, parent), .optional = true },
	{ "since", KIND_DAY, FIELD_AT(placement, since), .optional = true },
};

/* A unit stands where it asked to, from today on. */
static enum err place_make(struct tx *tx, const struct application *application, struct list *notes)
{
	struct placement placement = { .hierarchy = application->content.hierarchy,
				       .unit = application->organisation,
				       .parent = application->parent,
				       .since = tx->day,
				       .is_new = true };
	enum err e = OK;

	if (application->kind == APPLICATION_UNIT)
		e = units_place(tx, &placement, 1);
	if (e == ERR_REFUSED)
		placement_fail(tx->problems, "", &placement);
	if (e || application->kind != APPLICATION_UNIT)
		return e;
	const struct placement *is = lasting(tx, &placement, sizeof(placement));
	if (!is)
		return ERR_MEMORY;
	return note_add(tx, notes,
			(struct audit_note){ .kind = "unit.placed",
					     .object = application->organisation,
					     .fields = placed_fields,
					     .field_count = COUNT_OF(placed_fields),
					     .after = is });
}

/* A document may have ended while the application waited. */
static enum err check_again(struct tx *tx, struct application *application)
{
	enum err e = document_list(tx->db, tx->arena, application->id, &application->documents);

	return e ? e : application_check(application, tx->day, tx->problems);
}

enum err application_admit(struct tx *tx, struct application *application, struct id organisation,
			   struct list *notes)
{
	enum err e = check_again(tx, application);

	if (!e)
		e = parent_check(tx, application);
	if (!e)
		e = holder_take(tx, application, organisation, notes);
	if (!e)
		e = capacity_add(tx->db, application, application->organisation);
	if (!e)
		e = place_make(tx, application, notes);
	if (!e)
		e = licences_make(tx, application, notes);
	return e ? e : contact_make(tx, application);
}
