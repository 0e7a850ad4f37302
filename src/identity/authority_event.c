/*
 * The event that makes an authority. Its organisation may be there already, as a unit of a roster
 * is; a new one must have a name and a credit code that holds.
 */
#include "authority.h"
#include "identity_rows.h"

enum { CODE_MAX = 16, NAME_MAX_CHARACTERS = 120, SHORT_NAME_MAX_CHARACTERS = 60 };

const struct field new_authority_fields[] = {
	{ "id", KIND_ID, FIELD_AT(new_authority, id) },
	{ "code", KIND_TEXT, FIELD_AT(new_authority, code) },
	{ "name", KIND_TEXT, FIELD_AT(new_authority, name), .optional = true },
	{ "scope", KIND_WORD, FIELD_AT(new_authority, scope), .words = scope_words },
	{ "county", KIND_TEXT, FIELD_AT(new_authority, county), .optional = true },
	{ "hierarchy", KIND_WORD, FIELD_AT(new_authority, hierarchy), .words = hierarchy_words,
	  .optional = true },
	{ "root", KIND_TEXT, FIELD_AT(new_authority, root), .optional = true },
};
const size_t new_authority_field_count = COUNT_OF(new_authority_fields);

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

void authority_check(struct problems *problems, const struct new_authority *authority, bool is_new)
{
	const char *fault = authority->uscc.at || is_new ? uscc_fault(authority->uscc) : NULL;

	if (authority->code.at && !code_is_sound(authority->code))
		fail(problems, ERR_FORMAT, AT("/code"));
	if (fault)
		fail(problems, ERR_USCC, AT("/uscc"), ARG_TEXT(text_of(fault)));
	if (authority->name.at || is_new)
		check_length(problems, "/name", authority->name, NAME_MAX_CHARACTERS);
	if (authority->short_name.at || is_new)
		check_length(problems, "/short_name", authority->short_name,
			     SHORT_NAME_MAX_CHARACTERS);
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
	authority->id = id_new(tx->now);

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

/* What an organisation that stands was as an authority; false when it was none. */
static enum err authority_before(struct tx *tx, struct new_authority *authority,
				 const struct organisation *found, struct new_authority *before,
				 bool *was)
{
	authority->id = found->id;
	authority->name = found->name; /* what was said of one that stands does not count */
	enum err e = authority_was(tx->db, tx->arena, found->id, before);

	*was = !e;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err authority_add(struct tx *tx, void *arg)
{
	struct new_authority *authority = arg;
	struct new_authority before = { .scope = SCOPE_NONE };
	struct organisation found = { NO_ID };
	struct id root;
	bool was = false;

	enum err e = organisation_by_code(tx->db, tx->arena, authority->code, &found);
	bool is_new = e == ERR_NOT_FOUND;
	if (e && !is_new)
		return e;
	authority_check(tx->problems, authority, is_new);
	e = check_scope(tx, authority, &root);
	if (e)
		return e;
	if (tx->problems->items.count)
		return ERR_REFUSED;
	e = is_new ? organisation_make(tx, authority)
		   : authority_before(tx, authority, &found, &before, &was);
	if (!e)
		e = authority_put(tx->db, &(struct authority){ authority->id, authority->scope,
							       authority->county,
							       authority->hierarchy, root });
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "authority.added",
						     .object = authority->id,
						     .fields = new_authority_fields,
						     .field_count = new_authority_field_count,
						     .before = was ? &before : NULL,
						     .after = authority });
}
