/*
 * Jobs in the database. A job is taken by one conditional UPDATE and carries a fence that grows
 * with each taking: whoever was too slow, or slept through the end of its lease, changes no row any
 * more. The states `queued` and `running` stand together at one end of the index by_state, so
 * looking for work touches no finished job.
 *
 * Among organisations the choice is fair: first comes the oldest job of one for whom nothing runs,
 * then the oldest of one that has not all the runners but one. So whoever sends many long jobs has
 * the others wait for at most one of them.
 */
#include "background.h"

enum {
	JOB_ADD,
	JOB_WAITING,
	JOB_TAKE,
	JOB_KEEP,
	JOB_TELL,
	JOB_FINISH,
	JOB_RETRY,
	JOB_PUT_BACK,
	JOB_DECIDE,
	JOB_WISH,
	JOB_CANCEL,
	JOB_STOP,
	JOB_GET,
	JOB_WATCH,
	JOB_NEWEST,
	JOB_OLDER,
	SQL_COUNT
};

#define JOB_COLUMNS                                                                                \
	"id, kind, state, organisation, user, done, total, counts, problem, argument, "            \
	"created_at, "                                                                             \
	"ended_at"
#define JOB_TAKEN_COLUMNS                                                                          \
	JOB_COLUMNS ", roles, scope, scope_county, scope_hierarchy, scope_root, attempts, fence"

/* Jobs that run for the organisation of the row of job. */
#define RUNNING_OF_OWNER                                                                           \
	"(SELECT COUNT(*) FROM job r"                                                              \
	" WHERE r.state = 'running' AND r.until >= NOW(6) AND r.organisation = job.organisation)"

static const struct sql sql[] = {
	[JOB_ADD] = { "INSERT INTO job (id, kind, state, organisation, user, roles, scope, "
		      "scope_county,"
		      "  scope_hierarchy, scope_root, argument, created_at)"
		      " VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[JOB_WAITING] = { "(SELECT " JOB_TAKEN_COLUMNS "   FROM job"
			  "  WHERE state = 'queued' AND " RUNNING_OF_OWNER " = 0"
			  "  ORDER BY id"
			  "  LIMIT 1)"
			  " UNION ALL"
			  " (SELECT " JOB_TAKEN_COLUMNS "   FROM job"
			  "  WHERE state = 'queued' AND " RUNNING_OF_OWNER " < ?"
			  "  ORDER BY id"
			  "  LIMIT 1)"
			  " UNION ALL"
			  " (SELECT " JOB_TAKEN_COLUMNS "   FROM job"
			  "  WHERE state = 'running' AND until < NOW(6)"
			  "  ORDER BY id"
			  "  LIMIT 1)"
			  " LIMIT 1" },
	[JOB_TAKE] = { "UPDATE job"
		       "   SET state = 'running', holder = ?, until = NOW(6) + INTERVAL ? SECOND,"
		       "       fence = fence + 1, attempts = attempts + 1"
		       " WHERE id = ? AND fence = ?"
		       "   AND (state = 'queued' OR state = 'running' AND until < NOW(6))" },
	[JOB_KEEP] = { "UPDATE job"
		       "   SET until = NOW(6) + INTERVAL ? SECOND"
		       " WHERE id = ? AND fence = ? AND state = 'running'" },
	[JOB_TELL] = { "UPDATE job"
		       "   SET done = ?, total = ?, counts = ?, until = NOW(6) + INTERVAL ? SECOND"
		       " WHERE id = ? AND fence = ? AND state = 'running'"
		       "   AND (cancelled_at IS NULL OR decided)" },
	[JOB_FINISH] = { "UPDATE job"
			 "   SET state = ?, problem = ?, done = ?, total = ?, counts = COALESCE(?, "
			 "counts), ended_at = ?,"
			 "       holder = NULL, until = NULL"
			 " WHERE id = ? AND fence = ? AND state = 'running'" },
	[JOB_RETRY] = { "UPDATE job"
			"   SET holder = NULL, until = NOW(6) + INTERVAL ? SECOND"
			" WHERE id = ? AND fence = ? AND state = 'running'" },
	[JOB_PUT_BACK] = { "UPDATE job"
			   "   SET state = 'queued', holder = NULL, until = NULL, attempts = "
			   "attempts - 1"
			   " WHERE id = ? AND fence = ? AND state = 'running'" },
	[JOB_DECIDE] = { "UPDATE job SET decided = 1"
			 " WHERE id = ? AND fence = ? AND state = 'running'"
			 "   AND (cancelled_at IS NULL OR decided)" },
	[JOB_WISH] = { "SELECT COUNT(*) FROM job"
		       " WHERE id = ? AND fence = ? AND state = 'running'"
		       "   AND cancelled_at IS NOT NULL" },
	[JOB_CANCEL] = { "UPDATE job"
			 "   SET cancelled_at = ?, state = 'cancelled', ended_at = ?"
			 " WHERE id = ? AND organisation = ? AND user = ? AND state = 'queued'" },
	[JOB_STOP] = { "UPDATE job"
		       "   SET cancelled_at = COALESCE(cancelled_at, ?)"
		       " WHERE id = ? AND organisation = ? AND user = ?"
		       "   AND (state = 'cancelled' OR state = 'running' AND NOT decided)" },
	[JOB_WATCH] = { "SELECT " JOB_COLUMNS "  FROM job"
			" WHERE id IN (",
			"?", ")" },
	[JOB_GET] = { "SELECT " JOB_COLUMNS "  FROM job"
		      " WHERE id = ? AND organisation = ? AND user = ?" },
	[JOB_NEWEST] = { "SELECT " JOB_COLUMNS "  FROM job"
			 " WHERE organisation = ? AND user = ?"
			 " ORDER BY id DESC"
			 " LIMIT ?" },
	[JOB_OLDER] = { "SELECT " JOB_COLUMNS "  FROM job"
			" WHERE organisation = ? AND user = ? AND id < ?"
			" ORDER BY id DESC"
			" LIMIT ?" },
};
_Static_assert(COUNT_OF(sql) == SQL_COUNT, "every statement has its text");

const char *const job_state_words[] = { "queued", "running", "done", "failed", "cancelled", NULL };

/*
 * The columns of JOB_COLUMNS, for a job that stands at @at inside struct @type. The organisation,
 * the user and the argument are the row's own business: no answer tells them.
 */
/* clang-format off */
#define JOB_FIELDS(type, at)                                                                               \
	{ "id", KIND_ID, FIELD_AT(type, at id) },                                                          \
	{ "kind", KIND_TEXT, FIELD_AT(type, at kind) },                                                    \
	{ "state", KIND_WORD, FIELD_AT(type, at state), .words = job_state_words },                        \
	{ "organisation", KIND_ID, FIELD_AT(type, at organisation), .only = ROW, .optional = true },       \
	{ "user", KIND_ID, FIELD_AT(type, at user), .only = ROW, .optional = true },                       \
	{ "done", KIND_INT, FIELD_AT(type, at done) },                                                     \
	{ "total", KIND_INT, FIELD_AT(type, at total) },                                                   \
	{ "counts", KIND_RAW, FIELD_AT(type, at counts), .only = OUT | ROW, .optional = true },            \
	{ "problem", KIND_TEXT, FIELD_AT(type, at problem), .optional = true },                            \
	{ "argument", KIND_TEXT, FIELD_AT(type, at argument), .only = ROW },                               \
	{ "created_at", KIND_INSTANT, FIELD_AT(type, at created_at) },                                     \
	{ "ended_at", KIND_INSTANT, FIELD_AT(type, at ended_at), .optional = true }
/* clang-format on */

const struct field job_fields[] = { JOB_FIELDS(job, ) };
const size_t job_field_count = COUNT_OF(job_fields);

static const struct field taken_fields[] = {
	JOB_FIELDS(job_taken, job.),
	{ "roles", KIND_INT, FIELD_AT(job_taken, roles) },
	{ "scope", KIND_SMALL, FIELD_AT(job_taken, scope) },
	{ "scope_county", KIND_TEXT, FIELD_AT(job_taken, scope_county) },
	{ "scope_hierarchy", KIND_SMALL, FIELD_AT(job_taken, scope_hierarchy) },
	{ "scope_root", KIND_ID, FIELD_AT(job_taken, scope_root), .optional = true },
	{ "attempts", KIND_INT, FIELD_AT(job_taken, attempts) },
	{ "fence", KIND_INT, FIELD_AT(job_taken, fence) },
};

/* The nil UUID where there is nobody: these columns are never NULL. */
static struct value id_or_nil(struct id id)
{
	return (struct value){ .kind = VALUE_ID, .as.id = id };
}

enum err job_add(struct tx *tx, struct id id, const char *kind, struct text argument)
{
	const struct actor *actor = tx->actor;
	const struct scope *scope = &actor->scope;

	return db_exec(tx->db, &sql[JOB_ADD],
		       db_values(id, kind, id_or_nil(actor->organisation), id_or_nil(actor->user),
				 actor->roles, scope->kind, text_of(scope->county),
				 scope->hierarchy, id_or_nil(scope->root), argument, tx->now));
}

enum err job_take(struct db *db, struct arena *arena, struct id holder, int64_t most,
		  struct job_taken *out)
{
	enum err e = db_read(db, &sql[JOB_WAITING], db_values(most), taken_fields,
			     COUNT_OF(taken_fields), arena, out);

	if (e)
		return e;
	e = still_ours(db,
		       db_exec(db, &sql[JOB_TAKE],
			       db_values(holder, (int32_t)LEASE_SECONDS, out->job.id, out->fence)));
	if (e)
		return e;
	out->job.state = JOB_RUNNING;
	out->attempts++;
	out->fence++;
	return OK;
}

enum err job_keep(struct db *db, struct id job, int64_t fence)
{
	return still_ours(
		db, db_exec(db, &sql[JOB_KEEP], db_values((int32_t)LEASE_SECONDS, job, fence)));
}

/* Behind a write that a cancelled job may not do. */
static enum err still_wanted(struct db *db, struct id job, int64_t fence, enum err e)
{
	int64_t cancelled = 0;

	if (e == ERR_CONFLICT && !db_number(db, &sql[JOB_WISH], db_values(job, fence), &cancelled))
		return cancelled ? ERR_CANCELLED : e;
	return e;
}

enum err job_tell(struct db *db, const struct job *job, int64_t fence)
{
	enum err e = still_ours(db, db_exec(db, &sql[JOB_TELL],
					    db_values(job->done, job->total, job->counts,
						      (int32_t)LEASE_SECONDS, job->id, fence)));

	return still_wanted(db, job->id, fence, e);
}

enum err job_settle(struct db *db, struct id job, int64_t fence)
{
	return still_wanted(db, job, fence,
			    still_ours(db, db_exec(db, &sql[JOB_DECIDE], db_values(job, fence))));
}

/* What waits is cancelled at once; what runs is asked to stop. */
enum err job_cancel(struct tx *tx, void *arg)
{
	struct job *job = arg;
	struct value organisation = id_or_nil(tx->actor->organisation);
	struct value user = id_or_nil(tx->actor->user);
	enum err e = db_exec(tx->db, &sql[JOB_CANCEL],
			     db_values(tx->now, tx->now, job->id, organisation, user));

	if (!e && !db_affected(tx->db))
		e = db_exec(tx->db, &sql[JOB_STOP],
			    db_values(tx->now, job->id, organisation, user));
	bool stopped = !e && db_affected(tx->db);
	if (!e)
		e = job_get(tx->db, tx->arena, tx->actor, job->id, job);
	return e || stopped ? e : ERR_DECIDED;
}

enum err job_watch(struct db *db, struct arena *arena, const struct value *ids, size_t count,
		   struct list *out)
{
	return db_list_in(db, &sql[JOB_WATCH], db_none, ids, count, db_none, job_fields,
			  job_field_count, sizeof(struct job), arena, out);
}

enum err job_finish(struct db *db, const struct job_taken *taken, enum err outcome, int64_t now)
{
	bool cancelled = outcome == ERR_CANCELLED;
	const char *state = job_state_words[cancelled ? JOB_CANCELLED
					    : outcome ? JOB_FAILED
						      : JOB_DONE];
	const char *problem = outcome && !cancelled ? err_info(outcome)->code : NULL;
	const struct job *job = &taken->job;

	return still_ours(db, db_exec(db, &sql[JOB_FINISH],
				      db_values(state, problem, job->done, job->total, job->counts,
						now, job->id, taken->fence)));
}

enum err job_retry(struct db *db, const struct job_taken *taken, int64_t pause_s)
{
	return still_ours(
		db, db_exec(db, &sql[JOB_RETRY], db_values(pause_s, taken->job.id, taken->fence)));
}

enum err job_put_back(struct db *db, const struct job_taken *taken)
{
	return still_ours(db,
			  db_exec(db, &sql[JOB_PUT_BACK], db_values(taken->job.id, taken->fence)));
}

enum err job_get(struct db *db, struct arena *arena, const struct actor *owner, struct id job,
		 struct job *out)
{
	return db_read(db, &sql[JOB_GET],
		       db_values(job, id_or_nil(owner->organisation), id_or_nil(owner->user)),
		       job_fields, job_field_count, arena, out);
}

enum err job_list(struct db *db, struct arena *arena, const struct actor *owner, struct id after,
		  int64_t limit, struct list *out)
{
	struct value organisation = id_or_nil(owner->organisation), user = id_or_nil(owner->user);

	if (id_is_none(after))
		return db_list(db, &sql[JOB_NEWEST], db_values(organisation, user, limit),
			       job_fields, job_field_count, sizeof(struct job), arena, out);
	return db_list(db, &sql[JOB_OLDER], db_values(organisation, user, after, limit), job_fields,
		       job_field_count, sizeof(struct job), arena, out);
}
