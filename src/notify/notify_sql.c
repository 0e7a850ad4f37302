/*
 * The statements of the inbox. A notice is written for all its readers by one statement, whose text
 * depends on where they are found; the notice's id is that of the event, and the reader stands
 * beside it in the key.
 */
#include "notify_private.h"

#define NOTICE_COLUMNS "n.id, n.kind, n.object, n.organisation, n.arguments, n.at, n.read_at"
#define INSERT_NOTICES                                                                             \
	"INSERT IGNORE INTO notice (user, organisation, id, kind, object, at, arguments)"          \
	" SELECT m.user, m.organisation, ?, ?, ?, ?,"
/* active members of active organisations with one of the roles */
#define READERS                                                                                    \
	"  JOIN user w ON w.id = m.user AND w.status = 'active'"                                   \
	"  JOIN organisation h ON h.id = m.organisation AND h.status = 'active'"
#define LICENCE_ARGUMENTS                                                                          \
	" CONCAT_WS('\x1f', o.short_name, l.kind, COALESCE(l.expires_on, '—'), '')"

enum {
	OF_LICENCE,
	OF_LICENCE_REVIEWED,
	OF_SUPPLIER,
	OF_SUPPLIER_SUSPENDED,
	OF_APPLICATION,
	OF_REVISION,
	OF_GOODS,
	NOTICE_LIST,
	NOTICE_READ,
	NOTICE_MARK,
	NOTICES_MARK_ALL,
	SQL_COUNT
};

/* clang-format off */
static const struct sql sql[] = {
	[OF_LICENCE] = {
		INSERT_NOTICES LICENCE_ARGUMENTS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		"  JOIN membership m ON m.organisation = l.organisation AND m.status = 'active'"
		READERS
		" WHERE l.id = ? AND m.roles & ?" },
	[OF_LICENCE_REVIEWED] = {
		INSERT_NOTICES LICENCE_ARGUMENTS
		"  FROM licence l"
		"  JOIN organisation o ON o.id = l.organisation"
		"  LEFT JOIN supplier s ON s.organisation = l.organisation"
		"  LEFT JOIN unit n ON n.organisation = l.organisation"
		"  JOIN authority a"
		"    ON a.scope = 'platform'"
		"    OR a.scope = 'county' AND (a.county = s.county OR a.county = n.region_code)"
		"    OR a.scope = 'hierarchy' AND EXISTS ("
		"         SELECT 1 FROM unit_ancestor u"
		"          WHERE u.hierarchy = a.hierarchy AND u.ancestor = a.root"
		"            AND u.unit = l.organisation AND ? BETWEEN u.since AND u.until)"
		"  JOIN membership m ON m.organisation = a.organisation AND m.status = 'active'"
		READERS
		" WHERE l.id = ? AND m.roles & ?" },
	[OF_SUPPLIER] = {
		INSERT_NOTICES
		" CONCAT(o.short_name, '\x1f')"
		"  FROM organisation o"
		"  JOIN membership m ON m.organisation = o.id AND m.status = 'active'"
		READERS
		" WHERE o.id = ? AND m.roles & ?" },
	/* a reviewer's suspension gives its reason, and is told to members of what is suspended */
	[OF_SUPPLIER_SUSPENDED] = {
		"INSERT IGNORE INTO notice (user, organisation, id, kind, object, at, arguments)"
		" SELECT m.user, m.organisation, ?,"
		"        IF(o.status = 'suspended', 'supplier.stopped', ?), ?, ?,"
		"        CONCAT(o.short_name, '\x1f', IF(o.status = 'suspended',"
		"               CONCAT(LEFT(COALESCE(o.status_reason, '—'), 300), '\x1f'), ''))"
		"  FROM organisation o"
		"  JOIN membership m ON m.organisation = o.id AND m.status = 'active'"
		"  JOIN user w ON w.id = m.user AND w.status = 'active'"
		" WHERE o.id = ? AND m.roles & ?" },
	/* whose turn it is: the county's while a supplier's waits for its word, then the platform's */
	[OF_APPLICATION] = {
		INSERT_NOTICES
		" CONCAT(p.name, '\x1f', p.number, '\x1f')"
		"  FROM application p"
		"  JOIN authority a"
		"    ON p.kind = 'supplier' AND p.state = 'applied'"
		"       AND a.scope = 'county' AND a.county = p.county"
		"    OR (p.kind = 'unit' OR p.state = 'recommended') AND a.scope = 'platform'"
		"    OR p.kind = 'unit' AND a.scope = 'hierarchy' AND a.hierarchy = p.hierarchy AND EXISTS ("
		"         SELECT 1 FROM unit_ancestor u"
		"          WHERE u.hierarchy = a.hierarchy AND u.ancestor = a.root AND u.unit = p.parent"
		"            AND ? BETWEEN u.since AND u.until)"
		"  JOIN membership m ON m.organisation = a.organisation AND m.status = 'active'"
		READERS
		" WHERE p.id = ? AND m.roles & ?" },
	[OF_REVISION] = {
		INSERT_NOTICES
		" CONCAT(r.name, '\x1f', LEFT(COALESCE(r.reason, '—'), 300), '\x1f')"
		"  FROM revision r"
		"  JOIN membership m ON m.organisation = r.supplier AND m.status = 'active'"
		READERS
		" WHERE r.id = ? AND m.roles & ?" },
	/* how many, and the first of them by name */
	[OF_GOODS] = {
		INSERT_NOTICES
		" (SELECT CONCAT(o.short_name, '\x1f', COUNT(*), '\x1f',"
		"                SUBSTRING_INDEX(GROUP_CONCAT(g.name ORDER BY g.name SEPARATOR '、'),"
		"                                '、', 3), '\x1f')"
		"    FROM (SELECT DISTINCT r.id, r.name"
		"            FROM paper_told t JOIN revision r ON r.id = t.revision"
		"           WHERE t.event = ?) g)"
		"  FROM organisation o"
		"  JOIN membership m ON m.organisation = o.id AND m.status = 'active'"
		READERS
		" WHERE o.id = ? AND m.roles & ?" },
	[NOTICE_LIST] = {
		"SELECT " NOTICE_COLUMNS
		"  FROM notice n"
		" WHERE n.user = ? AND n.organisation = ?"
		"   AND (? IS NULL OR n.id < ?)"
		"   AND (NOT ? OR n.read_at IS NULL)"
		" ORDER BY n.id DESC"
		" LIMIT ?" },
	[NOTICE_READ] = {
		"SELECT " NOTICE_COLUMNS
		"  FROM notice n"
		" WHERE n.user = ? AND n.organisation = ? AND n.id = ?" },
	[NOTICE_MARK] = {
		"UPDATE notice"
		"   SET read_at = ?"
		" WHERE user = ? AND organisation = ? AND id = ?" },
	[NOTICES_MARK_ALL] = {
		"UPDATE notice"
		"   SET read_at = ?"
		" WHERE user = ? AND organisation = ? AND read_at IS NULL" },
};
/* clang-format on */
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const struct field notice_fields[] = {
	{ "id", KIND_ID, FIELD_AT(notice, id) },
	{ "kind", KIND_TEXT, FIELD_AT(notice, kind) },
	{ "object", KIND_ID, FIELD_AT(notice, object) },
	{ "organisation", KIND_ID, FIELD_AT(notice, organisation), .only = ROW },
	{ "arguments", KIND_TEXT, FIELD_AT(notice, arguments), .only = ROW },
	{ "at", KIND_INSTANT, FIELD_AT(notice, at) },
	{ "read_at", KIND_INSTANT, FIELD_AT(notice, read_at), .optional = true },
	{ "sentence", KIND_TEXT, FIELD_AT(notice, sentence), .only = OUT },
};
const size_t notice_field_count = COUNT_OF(notice_fields);

enum err notices_insert(struct tx *tx, enum notice_kind kind, struct id object)
{
	static const int statements[] = {
		[FROM_LICENCE] = OF_LICENCE,
		[FROM_LICENCE_REVIEWED] = OF_LICENCE_REVIEWED,
		[FROM_SUPPLIER] = OF_SUPPLIER,
		[FROM_SUPPLIER_SUSPENDED] = OF_SUPPLIER_SUSPENDED,
		[FROM_APPLICATION] = OF_APPLICATION,
		[FROM_REVISION] = OF_REVISION,
		[FROM_GOODS] = OF_GOODS,
	};
	const struct notice_row *row = &notice_rows[kind];
	const struct sql *one = &sql[statements[row->source]];

	if (row->source == FROM_LICENCE || row->source == FROM_SUPPLIER ||
	    row->source == FROM_SUPPLIER_SUSPENDED || row->source == FROM_REVISION)
		return db_exec(
			tx->db, one,
			db_values(tx->event, row->kind, object, tx->now, object, row->roles));
	if (row->source == FROM_GOODS)
		return db_exec(tx->db, one,
			       db_values(tx->event, row->kind, object, tx->now, tx->event, object,
					 row->roles));
	return db_exec(tx->db, one,
		       db_values(tx->event, row->kind, object, tx->now, value_day(tx->day), object,
				 row->roles));
}

enum err notice_list(struct db *db, struct arena *arena, const struct actor *actor, bool unread,
		     struct id after, int64_t limit, struct list *out)
{
	return db_list(db, &sql[NOTICE_LIST],
		       db_values(actor->user, actor->organisation, after, after, unread, limit),
		       notice_fields, notice_field_count, sizeof(struct notice), arena, out);
}

enum err notice_read(struct db *db, struct arena *arena, const struct actor *actor, struct id id,
		     struct notice *out)
{
	return db_read(db, &sql[NOTICE_READ], db_values(actor->user, actor->organisation, id),
		       notice_fields, notice_field_count, arena, out);
}

enum err notice_mark(struct db *db, const struct actor *actor, struct id id, int64_t read_at)
{
	enum err e =
		db_exec(db, &sql[NOTICE_MARK],
			db_values(value_optional(read_at), actor->user, actor->organisation, id));

	if (e)
		return e;
	return db_affected(db) ? OK : ERR_NOT_FOUND;
}

enum err notices_mark_all(struct db *db, const struct actor *actor, int64_t now, int64_t *count)
{
	enum err e = db_exec(db, &sql[NOTICES_MARK_ALL],
			     db_values(now, actor->user, actor->organisation));

	*count = (int64_t)db_affected(db);
	return e;
}
