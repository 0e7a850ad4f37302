/*
 * The contacts of organisations: whom to ask, and at which number. Both are sealed; they are shown
 * masked, and in the clear to whoever says why, which stands in the trail.
 */
#include "organisation_rows.h"

/* ---- shapes: what is asked, answered and noted in the trail ---- */

static bool phone_holds(struct text phone)
{
	size_t digits = 0;

	for (size_t i = 0; i < phone.size; i++) {
		bool is_digit = phone.at[i] >= '0' && phone.at[i] <= '9';

		digits += is_digit;
		if (!is_digit && !(phone.at[i] == '-' && i && i + 1 < phone.size) &&
		    !(phone.at[i] == '+' && !i))
			return false;
	}
	return digits >= 7 && digits <= 15;
}

const struct field contact_fields[] = {
	{ "id", KIND_ID, FIELD_AT(contact, change.id), .only = OUT },
	{ "version", KIND_INT, FIELD_AT(contact, change.version), .only = OUT },
	{ "name", KIND_TEXT, FIELD_AT(contact, name), .min = 1, .max = 60, .secret = true },
	{ "phone", KIND_TEXT, FIELD_AT(contact, phone), .min = 1, .max = 30, .check = phone_holds,
	  .wrong = ERR_PHONE, .secret = true },
};
_Static_assert(COUNT_OF(contact_fields) == CONTACT_FIELDS, "as the header says");

const struct field disclosure_fields[] = {
	{ "reason", KIND_TEXT, FIELD_AT(disclosure, reason), .min = 2, .max = 200 },
	{ "name", KIND_TEXT, FIELD_AT(disclosure, name), .only = OUT, .secret = true },
	{ "phone", KIND_TEXT, FIELD_AT(disclosure, phone), .only = OUT, .secret = true },
};
_Static_assert(COUNT_OF(disclosure_fields) == DISCLOSURE_FIELDS, "as the header says");

/* ---- the events ---- */

static enum err contact_note(struct tx *tx, const char *kind, struct id object,
			     const struct field *fields, size_t count, const void *after)
{
	return audit_event(tx, &(struct audit_note){ .kind = kind,
						     .object = object,
						     .fields = fields,
						     .field_count = count,
						     .after = after });
}

/* An organisation's administrator keeps its own; a reviewer those of the scope; who is both, both.
 */
static struct id own_of(const struct tx *tx, struct id organisation)
{
	bool keeps = tx->actor->roles & (ROLE_UNIT_ADMIN | ROLE_SUPPLIER_ADMIN);
	bool reviews = tx->actor->roles & ROLE_REVIEWER;

	return keeps && (!reviews || id_equal(organisation, tx->actor->organisation))
		       ? tx->actor->organisation
		       : NO_ID;
}

static enum err seal_contact(struct tx *tx, const struct contact *contact, struct text *name,
			     struct text *phone)
{
	struct seal_place place = { "contact", "name_sealed", contact->change.id };

	enum err e = seal_text(tx->app->keys, place, contact->name, tx->arena, name);
	place.column = "phone_sealed";
	return e ? e : seal_text(tx->app->keys, place, contact->phone, tx->arena, phone);
}

enum err contact_change(struct tx *tx, void *arg)
{
	struct contact *contact = arg;
	struct organisation_row row;
	struct text name = NO_TEXT, phone = NO_TEXT;

	enum err e = organisation_take(tx, &contact->change, own_of(tx, contact->change.id), &row);
	if (!e)
		e = seal_contact(tx, contact, &name, &phone);
	if (!e)
		e = contact_put(tx->db, row.id, name, phone, tx->now);
	if (!e)
		e = organisation_touch(tx->db, row.id);
	if (e)
		return e;
	contact->change.version = row.version + 1;
	return contact_note(tx, "contact.changed", row.id, contact_fields, CONTACT_FIELDS, contact);
}

enum err contact_disclose(struct tx *tx, void *arg)
{
	struct disclosure *disclosure = arg;
	struct organisation_row row;
	struct seal_place place = { "contact", "name_sealed", disclosure->change.id };

	enum err e =
		organisation_read(tx->db, disclosure->change.id, own_of(tx, disclosure->change.id),
				  &tx->actor->scope, false, tx->arena, &row);
	if (e)
		return e;
	if (!row.phone_sealed.at)
		return ERR_NOT_FOUND;
	e = unseal_text(tx->app->keys, place, row.name_sealed, tx->arena, &disclosure->name);
	place.column = "phone_sealed";
	if (!e)
		e = unseal_text(tx->app->keys, place, row.phone_sealed, tx->arena,
				&disclosure->phone);
	if (e)
		return e;
	return contact_note(tx, "contact.disclosed", row.id, disclosure_fields, DISCLOSURE_FIELDS,
			    disclosure);
}
