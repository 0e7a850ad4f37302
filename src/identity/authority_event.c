/*
 * The event that makes an authority. Its organisation may be there already, as a unit of a roster
 * is; a new one must have a name and a credit code that holds.
 */
#include "authority.h"
#include "identity_rows.h"

enum { CODE_MAX = 16, NAME_MAX_CHARACTERS = 120, SHORT_NAME_MAX_CHARACTERS = 60 };

static const struct field new_authority_fields[] = {
	{ "id", KIND_ID, FIELD_AT(new_authority, id) },
	{ "code", KIND_TEXT, FIELD_AT(new_authority, code) },
	{ "name", KIND_TEXT, FIELD_AT(new_authority, name), .optional = true },
	{ "scope", KIND_WORD, FIELD_AT(new_authority, scope), .words = scope_words },
	{ "county", KIND_TEXT, FIELD_AT(new_authority, county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(new_authority, hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_TEXT, FIELD_AT(new_authority, root), .optional = true },
};

/* ---- what is asked ---- */

static bool code_is_sound(struct text code)
{
	for (size_t i = 0; i < code.size; i++) {
		char c = code.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-'))
			return false;
	}
	return code.size >= 1 && code.size <= CODE_MAX;
}

static void check_length(struct problems *problems, const char *place, struct text t, int64_t max)
{
	if (!t.size || (int64_t)text_length(t) > max)
		fail(problems, ERR_LENGTH, ARG_TEXT(text_of(place)), ARG_INT(1), ARG_INT(max));
}

static void check_new(struct problems *problems, const struct new_authority *authority)
{
	const char *fault = uscc_fault(authority->uscc);

	if (fault)
		fail(problems, ERR_USCC, AT("/uscc"), ARG_TEXT(text_of(fault)));
	check_length(problems, "/name", authority->name, NAME_MAX_CHARACTERS);
	check_length(problems, "/short_name", authority->short_name, SHORT_NAME_MAX_CHARACTERS);
}

static enum err check_scope(struct tx *tx, const struct new_authority *authority, struct id *root)
{
	bool exists = true;
	enum err e = OK;

	*root = NO_ID;
	if (authority->scope == SCOPE_COUNTY)
		e = county_exists(tx->db, authority->county, &exists);
	if (e)
		return e;
	if (!exists)
		fail(tx->problems, ERR_COUNTY_UNKNOWN, AT("/county"), ARG_TEXT(authority->county));
	if (authority->scope != SCOPE_HIERARCHY)
		return OK;
	e = root_by_code(tx->db, tx->arena, authority->hierarchy, tx->day, authority->root, root);
	if (e != ERR_NOT_FOUND)
		return e;
	fail(tx->problems, ERR_UNKNOWN_REFERENCE, AT("/root"));
	return OK;
}

/* ---- what is done ---- */

static enum err organisation_make(struct tx *tx, struct new_authority *authority)
{
	struct organisation organisation = { .id = authority->id,
					     .uscc = authority->uscc,
					     .code = authority->code,
					     .name = authority->name,
					     .short_name = authority->short_name,
					     .is_authority = true,
					     .created_at = tx->now };
	struct list one = { &organisation, 1, 1 };
	enum err e = organisations_insert(tx->db, &one);

	return e == ERR_DB_DUPLICATE ? fail(tx->problems, ERR_DB_DUPLICATE, AT("/uscc")) : e;
}

enum err authority_add(struct tx *tx, void *arg)
{
	struct new_authority *authority = arg;
	struct organisation found = { NO_ID };
	struct id root;

	if (!code_is_sound(authority->code))
		return fail(tx->problems, ERR_FORMAT, AT("/code"));
	enum err e = organisation_by_code(tx->db, tx->arena, authority->code, &found);
	bool is_new = e == ERR_NOT_FOUND;
	if (e && !is_new)
		return e;
	if (is_new)
		check_new(tx->problems, authority);
	e = check_scope(tx, authority, &root);
	if (e)
		return e;
	if (tx->problems->items.count)
		return ERR_REFUSED;
	authority->id = is_new ? id_new(tx->now) : found.id;
	e = is_new ? organisation_make(tx, authority) : OK;
	if (e)
		return e;
	e = authority_put(tx->db,
			  &(struct authority){ authority->id, authority->scope, authority->county,
					       authority->hierarchy, root });
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "authority.added",
						     .object = authority->id,
						     .fields = new_authority_fields,
						     .field_count = COUNT_OF(new_authority_fields),
						     .after = authority });
}
