/*
 * The statements of applications: the rows of applicants, the reviewers' queue, and what becomes of
 * an application that is approved. Columns stand in the order of the field tables.
 */
#include "application.h"

#define CONTENT_COLUMNS                                                                            \
	"a.id, a.number, a.kind, a.state, a.version, a.uscc, a.name, a.short_name, a.type, "       \
	"a.county, a.households_assisted, a.city, a.region_code, a.hierarchy, a.parent_uscc, "     \
	"a.member_count, a.annual_budget_fen, a.contact_name, a.contact_phone, a.parent, "         \
	"a.waiting_since, a.recommended_by, a.recommended_at, a.decided_by, a.decided_at, "        \
	"a.reason, a.points, a.organisation, a.created_at"
#define DOCUMENT_COLUMNS "id, application, kind, expires_on, file, media_type, size, created_at"

enum {
	APPLICATION_ADD,
	APPLICATION_LOCK,
	APPLICATION_READ,
	APPLICATION_OF_TOKEN,
	APPLICATION_UPDATE,
	QUEUE_PLATFORM,
	QUEUE_COUNTY,
	QUEUE_HIERARCHY,
	DOCUMENTS,
	DOCUMENT,
	DOCUMENT_ADD,
	DOCUMENT_DROP,
	DOCUMENTS_WEIGH,
	DRAFTS_OLD,
	TAKEN,
	COUNTY_ASSISTED,
	PARENT,
	PARENT_PLANNED,
	ORGANISATION,
	ORGANISATION_ADD,
	CAPACITY_SET,
	SUPPLIER_ADD,
	UNIT_ADD,
	LICENCES_ADD,
	CONTACT_PUT,
	HOLDERS,
	LINKS_REVOKE,
	SQL_COUNT
};

/* clang-format off */
/* One state each, in the order of its index, so that a page reads what it shows and no more. */
#define BRANCH(where)                                                                              \
	"(SELECT a.id, a.waiting_since"                                                            \
	"   FROM application a"                                                                    \
	"   LEFT JOIN application c ON c.id = ?"                                                   \
	"  WHERE a.state = ?"                                                                      \
	"    AND (? IS NULL OR a.kind = ?)"                                                        \
	"    AND (? IS NULL OR a.county = ?)"                                                      \
	"    AND (? IS NULL OR a.waiting_since <= ?)"                                              \
	"    AND (c.id IS NULL OR c.waiting_since IS NULL AND a.waiting_since IS NOT NULL"         \
	"         OR a.waiting_since > c.waiting_since"                                            \
	"         OR a.waiting_since <=> c.waiting_since AND a.id > c.id)"                         \
	where                                                                                      \
	"  ORDER BY a.waiting_since, a.id"                                                         \
	"  LIMIT ?)"
#define IN_SUBTREE                                                                                 \
	" AND a.kind = 'unit' AND a.hierarchy = ? AND EXISTS ("                                    \
	"     SELECT 1 FROM unit_ancestor u"                                                       \
	"      WHERE u.hierarchy = ? AND u.ancestor = ? AND u.unit = a.parent"                     \
	"        AND ? BETWEEN u.since AND u.until)"
#define QUEUE(branches)                                                                            \
	"SELECT " CONTENT_COLUMNS                                                                  \
	"  FROM (" branches ") q JOIN application a ON a.id = q.id"                                \
	" ORDER BY a.waiting_since, a.id"                                                          \
	" LIMIT ?"

static const struct sql sql[] = {
	[APPLICATION_ADD] = {
		"INSERT INTO application (id, number, kind, state, version, token_digest, uscc, name,"
		" short_name, type, county, households_assisted, city, region_code, hierarchy, parent_uscc,"
		" member_count, annual_budget_fen, contact_name, contact_phone, created_at)"
		" VALUES (?, ?, ?, 'draft', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[APPLICATION_LOCK] = {
		"SELECT " CONTENT_COLUMNS
		"  FROM application a"
		" WHERE a.id = ? FOR UPDATE" },
	[APPLICATION_READ] = {
		"SELECT " CONTENT_COLUMNS
		"  FROM application a"
		" WHERE a.id = ?" },
	[APPLICATION_OF_TOKEN] = {
		"SELECT " CONTENT_COLUMNS
		"  FROM application a"
		" WHERE a.id = ? AND a.token_digest = ?" },
	[APPLICATION_UPDATE] = {
		"UPDATE application"
		"   SET state = ?, uscc = ?, open_code = IF(?, CONCAT(kind, uscc), NULL), name = ?, short_name = ?,"
		"       type = ?, county = ?, households_assisted = ?, city = ?, region_code = ?,"
		"       hierarchy = ?, parent_uscc = ?, member_count = ?, annual_budget_fen = ?,"
		"       contact_name = ?, contact_phone = ?, parent = ?, waiting_since = ?,"
		"       recommended_by = ?, recommended_at = ?, decided_by = ?, decided_at = ?,"
		"       reason = ?, points = ?, organisation = ?, version = version + 1"
		" WHERE id = ?" },
	[QUEUE_PLATFORM] = { QUEUE(BRANCH("") " UNION ALL " BRANCH("")) },
	[QUEUE_COUNTY] = {
		QUEUE(BRANCH(" AND a.kind = 'supplier' AND a.county = ?") " UNION ALL "
		      BRANCH(" AND a.kind = 'supplier' AND a.county = ?") " UNION ALL "
		      BRANCH(" AND a.kind = 'unit' AND a.region_code = ?") " UNION ALL "
		      BRANCH(" AND a.kind = 'unit' AND a.region_code = ?")) },
	[QUEUE_HIERARCHY] = { QUEUE(BRANCH(IN_SUBTREE) " UNION ALL " BRANCH(IN_SUBTREE)) },
	[DOCUMENTS] = {
		"SELECT " DOCUMENT_COLUMNS
		"  FROM application_document"
		" WHERE application = ?"
		" ORDER BY id" },
	[DOCUMENT] = {
		"SELECT " DOCUMENT_COLUMNS
		"  FROM application_document"
		" WHERE application = ? AND id = ?" },
	[DOCUMENT_ADD] = {
		"INSERT INTO application_document (" DOCUMENT_COLUMNS ")"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)" },
	[DOCUMENT_DROP] = {
		"DELETE FROM application_document WHERE application = ? AND id = ?" },
	[DOCUMENTS_WEIGH] = {
		"UPDATE application"
		"   SET uploaded_bytes = uploaded_bytes + ?"
		" WHERE id = ? AND uploaded_bytes + ? <= ?" },
	[DRAFTS_OLD] = {
		"SELECT " CONTENT_COLUMNS
		"  FROM application a"
		" WHERE a.state = 'draft' AND a.created_at < ? AND (? IS NULL OR a.id > ?)"
		"   AND NOT EXISTS (SELECT 1 FROM application_document d"
		"                    WHERE d.application = a.id AND d.created_at >= ?)"
		" ORDER BY a.id"
		" LIMIT 200" },
	[TAKEN] = {
		"SELECT COUNT(*) FROM application WHERE open_code = ? AND id <> ? LOCK IN SHARE MODE" },
	[COUNTY_ASSISTED] = {
		"SELECT COUNT(*)"
		"  FROM county_designation"
		" WHERE county = ? AND kind = 'assisted' AND until IS NULL LOCK IN SHARE MODE" },
	[PARENT] = {
		"SELECT o.id, o.is_unit, o.is_supplier, o.status"
		"  FROM organisation o"
		"  JOIN unit_ancestor a ON a.hierarchy = ? AND a.ancestor = o.id AND a.unit = o.id"
		"   AND ? BETWEEN a.since AND a.until"
		" WHERE o.uscc = ? AND o.is_unit AND o.status = 'active'"
		" LIMIT 1 LOCK IN SHARE MODE" },
	[PARENT_PLANNED] = {
		"SELECT MIN(p.since)"
		"  FROM organisation o"
		"  JOIN unit_place p ON p.hierarchy = ? AND p.unit = o.id AND p.since > ?"
		" WHERE o.uscc = ? AND o.is_unit AND o.status = 'active'" },
	[ORGANISATION] = {
		"SELECT id, is_unit, is_supplier, status FROM organisation WHERE uscc = ? FOR UPDATE" },
	[ORGANISATION_ADD] = {
		"INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier,"
		" is_authority, status, created_at)"
		" VALUES (?, ?, CONCAT('A', ?), ?, ?, ?, ?, FALSE, 'active', ?)" },
	[CAPACITY_SET] = {
		"UPDATE organisation"
		"   SET is_unit = is_unit OR ?, is_supplier = is_supplier OR ?"
		" WHERE id = ?" },
	[SUPPLIER_ADD] = {
		"INSERT INTO supplier (organisation, county, kind, households_assisted)"
		" VALUES (?, ?, ?, ?)" },
	[UNIT_ADD] = {
		"INSERT INTO unit (organisation, kind, city, region_code, member_count, annual_budget_fen)"
		" VALUES (?, ?, ?, ?, ?, ?)" },
	[LICENCES_ADD] = {
		"INSERT INTO licence (id, organisation, kind, file, expires_on, state, submitted_at,"
		" decided_by, decided_at) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"" },
	[CONTACT_PUT] = {
		"INSERT INTO contact (organisation, name_sealed, phone_sealed, updated_at)"
		" VALUES (?, ?, ?, ?)"
		" ON DUPLICATE KEY UPDATE name_sealed = VALUES(name_sealed),"
		" phone_sealed = VALUES(phone_sealed), updated_at = VALUES(updated_at)" },
	[HOLDERS] = {
		"SELECT COUNT(*)"
		"  FROM membership"
		" WHERE organisation = ? AND status = 'active' AND roles & ? LOCK IN SHARE MODE" },
	[LINKS_REVOKE] = {
		"UPDATE invitation"
		"   SET revoked_at = ?"
		" WHERE organisation = ? AND kind = 'admin' AND accepted_at IS NULL"
		"   AND revoked_at IS NULL" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

/* ---- fields ---- */

#define CONTENT_AT(member) FIELD_AT(application, content.member)

const struct field application_document_fields[] = {
	{ "id", KIND_ID, FIELD_AT(application_document, id) },
	{ "application", KIND_ID, FIELD_AT(application_document, application), .only = ROW },
	{ "kind", KIND_WORD, FIELD_AT(application_document, kind), .words = licence_kind_words },
	{ "expires_on", KIND_DAY, FIELD_AT(application_document, expires_on), .optional = true },
	{ "file", KIND_ID, FIELD_AT(application_document, file), .only = ROW },
	{ "media_type", KIND_TEXT, FIELD_AT(application_document, media_type) },
	{ "size", KIND_INT, FIELD_AT(application_document, size) },
	{ "created_at", KIND_INSTANT, FIELD_AT(application_document, created_at) },
};
const size_t application_document_field_count = COUNT_OF(application_document_fields);

const struct field application_fields[] = {
	{ "id", KIND_ID, FIELD_AT(application, id) },
	{ "number", KIND_REF, FIELD_AT(application, number) },
	{ "kind", KIND_WORD, FIELD_AT(application, kind), .words = application_kind_words },
	{ "state", KIND_WORD, FIELD_AT(application, state), .words = application_words },
	{ "version", KIND_INT, FIELD_AT(application, version) },
	{ "uscc", KIND_TEXT, CONTENT_AT(uscc) },
	{ "name", KIND_TEXT, CONTENT_AT(name) },
	{ "short_name", KIND_TEXT, CONTENT_AT(short_name), .optional = true },
	{ "type", KIND_TEXT, CONTENT_AT(type), .optional = true },
	{ "county", KIND_TEXT, CONTENT_AT(county), .optional = true },
	{ "households_assisted", KIND_INT, CONTENT_AT(households_assisted), .optional = true },
	{ "city", KIND_TEXT, CONTENT_AT(city), .optional = true },
	{ "region_code", KIND_TEXT, CONTENT_AT(region_code), .optional = true },
	{ "hierarchy", KIND_WORD, CONTENT_AT(hierarchy), .optional = true,
	  .words = hierarchy_words },
	{ "parent_uscc", KIND_TEXT, CONTENT_AT(parent_uscc), .optional = true },
	{ "member_count", KIND_INT, CONTENT_AT(member_count), .optional = true },
	{ "annual_budget_fen", KIND_FEN, CONTENT_AT(annual_budget_fen), .optional = true },
	{ "sealed_name", KIND_BYTES, FIELD_AT(application, sealed_name), .only = ROW,
	  .optional = true, .secret = true },
	{ "sealed_phone", KIND_BYTES, FIELD_AT(application, sealed_phone), .only = ROW,
	  .optional = true, .secret = true },
	{ "parent", KIND_ID, FIELD_AT(application, parent), .only = ROW, .optional = true },
	{ "waiting_since", KIND_INSTANT, FIELD_AT(application, waiting_since), .optional = true },
	{ "recommended_by", KIND_ID, FIELD_AT(application, recommended_by), .only = ROW,
	  .optional = true },
	{ "recommended_at", KIND_INSTANT, FIELD_AT(application, recommended_at), .optional = true },
	{ "decided_by", KIND_ID, FIELD_AT(application, decided_by), .only = ROW, .optional = true },
	{ "decided_at", KIND_INSTANT, FIELD_AT(application, decided_at), .optional = true },
	{ "reason", KIND_TEXT, FIELD_AT(application, reason), .optional = true },
	{ "points", KIND_RAW, FIELD_AT(application, points), .optional = true },
	{ "organisation", KIND_ID, FIELD_AT(application, organisation), .optional = true },
	{ "created_at", KIND_INSTANT, FIELD_AT(application, created_at) },
	{ "contact_name", KIND_TEXT, CONTENT_AT(contact_name), .only = OUT, .optional = true },
	{ "contact_phone", KIND_TEXT, CONTENT_AT(contact_phone), .only = OUT, .optional = true },
	{ "age_days", KIND_INT, FIELD_AT(application, age_days), .only = OUT, .optional = true },
	{ "documents", KIND_LIST, FIELD_AT(application, documents), .only = OUT,
	  .of = application_document_fields, .of_count = COUNT_OF(application_document_fields),
	  .of_size = sizeof(struct application_document) },
	{ "token", KIND_TEXT, FIELD_AT(application, token), .only = OUT, .optional = true,
	  .secret = true },
};
const size_t application_field_count = COUNT_OF(application_fields);
const size_t application_list_field_count = COUNT_OF(application_fields) - 2;

/* ---- applications ---- */

static const char *hierarchy_word(int32_t hierarchy)
{
	return hierarchy == SMALL_NONE ? NULL : hierarchy_words[hierarchy];
}

enum err application_insert(struct db *db, const struct application *a)
{
	const struct application_content *c = &a->content;

	return db_exec(db, &sql[APPLICATION_ADD],
		       db_values(a->id, a->number, word_of(application_kind_words, a->kind),
				 value_bytes(a->digest), c->uscc, c->name, c->short_name, c->type,
				 c->county, value_optional(c->households_assisted), c->city,
				 c->region_code, value_string(hierarchy_word(c->hierarchy)),
				 c->parent_uscc, value_optional(c->member_count),
				 value_optional(c->annual_budget_fen), value_bytes(a->sealed_name),
				 value_bytes(a->sealed_phone), a->created_at));
}

enum err application_lock(struct db *db, struct arena *arena, struct id id, struct application *out)
{
	return db_read(db, &sql[APPLICATION_LOCK], db_values(id), application_fields,
		       COUNT_OF(application_fields), arena, out);
}

enum err application_read(struct db *db, struct arena *arena, struct id id, struct application *out)
{
	return db_read(db, &sql[APPLICATION_READ], db_values(id), application_fields,
		       COUNT_OF(application_fields), arena, out);
}

enum err application_of_token(struct db *db, struct arena *arena, struct id id,
			      struct digest digest, struct application *out)
{
	return db_read(db, &sql[APPLICATION_OF_TOKEN], db_values(id, value_digest(digest.bytes)),
		       application_fields, COUNT_OF(application_fields), arena, out);
}

enum err application_update(struct db *db, struct application *a)
{
	const struct application_content *c = &a->content;
	bool open = application_waits(a->state) || a->state == APPLICATION_RETURNED;
	const struct value values[] = {
		value_string(word_of(application_words, a->state)),
		value_text(c->uscc),
		value_bool(open),
		value_text(c->name),
		value_text(c->short_name),
		value_text(c->type),
		value_text(c->county),
		value_optional(c->households_assisted),
		value_text(c->city),
		value_text(c->region_code),
		value_string(hierarchy_word(c->hierarchy)),
		value_text(c->parent_uscc),
		value_optional(c->member_count),
		value_optional(c->annual_budget_fen),
		value_bytes(a->sealed_name),
		value_bytes(a->sealed_phone),
		value_id(a->parent),
		value_optional(a->waiting_since),
		value_id(a->recommended_by),
		value_optional(a->recommended_at),
		value_id(a->decided_by),
		value_optional(a->decided_at),
		value_text(a->reason),
		value_text(a->points),
		value_id(a->organisation),
		value_id(a->id),
	};

	a->version++;
	return db_exec(db, &sql[APPLICATION_UPDATE], (struct values){ values, COUNT_OF(values) });
}

enum { QUEUE_VALUES_MAX = 48 };
struct queue_values {
	struct value at[QUEUE_VALUES_MAX];
	size_t count;
};

static void queue_value(struct queue_values *values, struct value value)
{
	assert(values->count < QUEUE_VALUES_MAX);
	values->at[values->count++] = value;
}

/* The values of one branch: those of the filter, those that its scope asks for, the limit. */
static void queue_branch(struct queue_values *values, const struct application_filter *f,
			 const char *state)
{
	const struct scope *scope = f->scope;
	struct value kind =
		value_string(f->kind == SMALL_NONE ? NULL : application_kind_words[f->kind]);
	const struct value filter[] = {
		value_id(f->after),
		value_string(state),
		kind,
		kind,
		value_text(f->county),
		value_text(f->county),
		value_optional(f->waiting_before),
		value_optional(f->waiting_before),
	};

	for (size_t i = 0; i < COUNT_OF(filter); i++)
		queue_value(values, filter[i]);
	if (scope->kind == SCOPE_COUNTY)
		queue_value(values, value_string(scope->county));
	if (scope->kind == SCOPE_HIERARCHY) {
		struct value tree = value_string(hierarchy_words[scope->hierarchy]);

		queue_value(values, tree);
		queue_value(values, tree);
		queue_value(values, value_id(scope->root));
		queue_value(values, value_day(scope->day));
	}
	queue_value(values, value_i64(f->limit));
}

enum err application_list(struct db *db, struct arena *arena, const struct application_filter *f,
			  struct list *out)
{
	static const struct {
		int statement, branches;
	} queues[] = {
		[SCOPE_PLATFORM] = { QUEUE_PLATFORM, 2 },
		[SCOPE_COUNTY] = { QUEUE_COUNTY, 4 },
		[SCOPE_HIERARCHY] = { QUEUE_HIERARCHY, 2 },
	};
	enum scope_kind kind = f->scope->kind;
	bool waiting = f->state == SMALL_NONE;
	const char *states[] = { application_words[waiting ? APPLICATION_APPLIED : f->state],
				 waiting ? application_words[APPLICATION_RECOMMENDED] : NULL };
	struct queue_values values = { .count = 0 };

	if (kind >= COUNT_OF(queues) || !queues[kind].branches)
		return OK;
	for (int i = 0; i < queues[kind].branches; i++)
		queue_branch(&values, f, states[i % 2]);
	queue_value(&values, value_i64(f->limit));
	return db_list(db, &sql[queues[kind].statement], (struct values){ values.at, values.count },
		       application_fields, COUNT_OF(application_fields), sizeof(struct application),
		       arena, out);
}

/* ---- documents ---- */

enum err document_list(struct db *db, struct arena *arena, struct id application, struct list *out)
{
	return db_list(db, &sql[DOCUMENTS], db_values(application), application_document_fields,
		       COUNT_OF(application_document_fields), sizeof(struct application_document),
		       arena, out);
}

enum err document_read(struct db *db, struct arena *arena, struct id application,
		       struct id document, struct application_document *out)
{
	return db_read(db, &sql[DOCUMENT], db_values(application, document),
		       application_document_fields, COUNT_OF(application_document_fields), arena,
		       out);
}

enum err document_insert(struct db *db, const struct application_document *d)
{
	return db_exec(db, &sql[DOCUMENT_ADD],
		       db_values(d->id, d->application, licence_kind_words[d->kind],
				 value_day(d->expires_on), d->file, d->media_type, d->size,
				 d->created_at));
}

enum err document_delete(struct db *db, struct id application, struct id document)
{
	enum err e = db_exec(db, &sql[DOCUMENT_DROP], db_values(application, document));

	if (e)
		return e;
	return db_affected(db) ? OK : ERR_NOT_FOUND;
}

enum err documents_weigh(struct db *db, struct id application, int64_t bytes)
{
	enum err e =
		db_exec(db, &sql[DOCUMENTS_WEIGH],
			db_values(bytes, application, bytes, DOCUMENTS_MIB_MAX * (int64_t)MIB(1)));

	if (e)
		return e;
	return db_affected(db) ? OK : ERR_REFUSED;
}

enum err drafts_old(struct db *db, struct arena *arena, int64_t before, struct id after,
		    struct list *out)
{
	return db_list(db, &sql[DRAFTS_OLD], db_values(before, after, after, before),
		       application_fields, COUNT_OF(application_fields), sizeof(struct application),
		       arena, out);
}

/* ---- what other tables say ---- */

static enum err counted(struct db *db, int statement, struct values values, bool *some)
{
	int64_t count = 0;
	enum err e = db_number(db, &sql[statement], values, &count);

	*some = count > 0;
	return e;
}

enum err application_is_taken(struct db *db, struct text open_code, struct id but, bool *taken)
{
	return counted(db, TAKEN, db_values(open_code, but), taken);
}

enum err county_is_assisted(struct db *db, struct text county, bool *assisted)
{
	return counted(db, COUNTY_ASSISTED, db_values(county), assisted);
}

static const struct field organisation_columns[] = {
	{ "id", KIND_ID, FIELD_AT(applicant_organisation, id) },
	{ "is_unit", KIND_BOOL, FIELD_AT(applicant_organisation, is_unit) },
	{ "is_supplier", KIND_BOOL, FIELD_AT(applicant_organisation, is_supplier) },
	{ "status", KIND_WORD, FIELD_AT(applicant_organisation, status), .words = status_words },
};

enum err parent_find(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
		     struct id *out)
{
	struct applicant_organisation found = { 0 };
	enum err e = db_read(db, &sql[PARENT],
			     db_values(hierarchy_words[hierarchy], value_day(day), uscc),
			     organisation_columns, COUNT_OF(organisation_columns), NULL, &found);

	*out = found.id;
	return e;
}

struct planned_parent {
	int32_t since;
};
static const struct field planned_columns[] = {
	{ "since", KIND_DAY, FIELD_AT(planned_parent, since), .optional = true },
};

enum err parent_planned(struct db *db, int32_t hierarchy, struct text uscc, int32_t day,
			int32_t *out)
{
	struct planned_parent found = { DAY_NONE };
	enum err e = db_read(db, &sql[PARENT_PLANNED],
			     db_values(hierarchy_words[hierarchy], value_day(day), uscc),
			     planned_columns, COUNT_OF(planned_columns), NULL, &found);

	*out = found.since;
	return e;
}

enum err organisation_of_uscc(struct db *db, struct text uscc, struct applicant_organisation *out)
{
	return db_read(db, &sql[ORGANISATION], db_values(uscc), organisation_columns,
		       COUNT_OF(organisation_columns), NULL, out);
}

/* ---- admission ---- */

enum err organisation_admit(struct db *db, const struct application *a, struct id id, int64_t now)
{
	const struct application_content *c = &a->content;
	bool is_unit = a->kind == APPLICATION_UNIT;

	return db_exec(db, &sql[ORGANISATION_ADD],
		       db_values(id, c->uscc, a->number, c->name,
				 c->short_name.size ? c->short_name : text_part(c->name, 0, 60),
				 is_unit, !is_unit, now));
}

static int64_t or_zero(int64_t number)
{
	return number == INT_NONE ? 0 : number;
}

enum err capacity_add(struct db *db, const struct application *a, struct id id)
{
	const struct application_content *c = &a->content;
	bool is_unit = a->kind == APPLICATION_UNIT;
	enum err e = db_exec(db, &sql[CAPACITY_SET], db_values(is_unit, !is_unit, id));

	if (!e && !is_unit)
		return db_exec(db, &sql[SUPPLIER_ADD],
			       db_values(id, c->county, c->type, or_zero(c->households_assisted)));
	if (e)
		return e;
	return db_exec(db, &sql[UNIT_ADD],
		       db_values(id, c->type, c->city, c->region_code, or_zero(c->member_count),
				 or_zero(c->annual_budget_fen)));
}

static const struct field taken_over_columns[] = {
	{ "id", KIND_ID, FIELD_AT(licence, id) },
	{ "organisation", KIND_ID, FIELD_AT(licence, organisation) },
	{ "kind", KIND_WORD, FIELD_AT(licence, kind), .words = licence_kind_words },
	{ "file", KIND_ID, FIELD_AT(licence, file) },
	{ "expires_on", KIND_DAY, FIELD_AT(licence, expires_on), .optional = true },
	{ "state", KIND_WORD, FIELD_AT(licence, state), .words = licence_words },
	{ "submitted_at", KIND_INSTANT, FIELD_AT(licence, submitted_at) },
	{ "decided_by", KIND_ID, FIELD_AT(licence, decided_by), .optional = true },
	{ "decided_at", KIND_INSTANT, FIELD_AT(licence, decided_at), .optional = true },
};

enum err licences_take_over(struct db *db, const struct list *licences)
{
	return db_rows(db, &sql[LICENCES_ADD], taken_over_columns, COUNT_OF(taken_over_columns),
		       licences->at, licences->count, sizeof(struct licence));
}

enum err contact_take_over(struct db *db, struct id organisation, struct text name,
			   struct text phone, int64_t now)
{
	return db_exec(db, &sql[CONTACT_PUT],
		       db_values(organisation, value_bytes(name), value_bytes(phone), now));
}

enum err holders_count(struct db *db, struct id organisation, uint32_t roles, int64_t *out)
{
	return db_number(db, &sql[HOLDERS], db_values(organisation, roles), out);
}

enum err admin_links_revoke(struct db *db, struct id organisation, int64_t now)
{
	return db_exec(db, &sql[LINKS_REVOKE], db_values(now, organisation));
}
