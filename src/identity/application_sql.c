/*
 * The statements of applications: the rows of applicants with their documents, and the reviewers'
 * queue. Columns stand in the order of the field tables.
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
	{ "existing", KIND_RAW, FIELD_AT(application, existing), .only = OUT, .optional = true },
	{ "documents", KIND_LIST, FIELD_AT(application, documents), .only = OUT,
	  .of = application_document_fields, .of_count = COUNT_OF(application_document_fields),
	  .of_size = sizeof(struct application_document) },
	{ "token", KIND_TEXT, FIELD_AT(application, token), .only = OUT, .optional = true,
	  .secret = true },
};
const size_t application_field_count = COUNT_OF(application_fields);
const size_t application_list_field_count = COUNT_OF(application_fields) - 3;

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
	enum scope_kind kind = (enum scope_kind)f->scope->kind;
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
