/*
 * What a process does behind its requests: the threads of jobs, of leased loops and of the view's
 * builder, and the ranges of spoken numbers. Each thread has a database connection of its own and a
 * struct beat, by which it is paused, kicked and stopped.
 */
#ifndef XIANGCAI_RUN_BACKGROUND_H
#define XIANGCAI_RUN_BACKGROUND_H

#include "run_private.h"

/*
 * ---- a background thread ------------------------------------------------------------------------
 */

/* A thread that turns now and then. Zeroed memory is one that was never started. */
struct beat {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool started, kicked, stopping;
};
enum beat_cause { BEAT_STOP, BEAT_TIME, BEAT_KICK };

/*
 * Starts @run(@arg) on a thread called @name (at most 15 bytes). False when the system gives none.
 */
bool beat_start(struct beat *beat, const char *name, void *(*run)(void *), void *arg);
/* Called by the thread: sleeps @pause_us, or until kicked or stopped, and says which. */
enum beat_cause beat_wait(struct beat *beat, int64_t pause_us);
void beat_kick(struct beat *beat);
/* Asks the thread to end behind its turn; beat_join waits for that. Neither minds a beat never
 * started. */
void beat_stop(struct beat *beat);
void beat_join(struct beat *beat);

/* ---- the parts of runtime->background
 * ------------------------------------------------------------ */

enum { LEASE_SECONDS = 10 };
#define LEASE_RENEW_US (LEASE_SECONDS * SECOND_US / 3)

/* Inside a transaction: locks the lease's row. ERR_CONFLICT when its fence is another one. */
enum err lease_lock(struct db *db, const struct lease *lease);
/* Behind an UPDATE of one row under its fence, which gave @e: ERR_CONFLICT when it found none. */
enum err still_ours(struct db *db, enum err e);

/* The loops of hooks->loops. @holder names this process. */
struct leased_loops;
struct leased_loops *leased_loops_start(struct app *app, struct id holder);
void leased_loops_kick(struct leased_loops *loops, const char *name);
void leased_loops_stop(
	struct leased_loops *loops); /* ends and joins them, gives leases back, frees */

/* The runners of hooks->jobs and the keeper that renews their leases. */
struct job_runners;
struct job_runners *job_runners_start(struct app *app, struct id holder);
void job_runners_stop(struct job_runners *runners);

struct background {
	struct leased_loops *loops;
	struct job_runners *jobs;
	struct job_watch *watch;
};

/* Who watches jobs by event streams (job_events.c). */
struct job_watch *job_watch_start(struct app *app);
void job_watch_stop(struct job_watch *watch); /* NULL is allowed, as below */
void job_watch_free(struct job_watch *watch); /* when the loops have ended */
enum err get_job_events(struct req *rq);

/* Builds the first view (none without a source) and starts the builder. */
bool publisher_start(struct app *app);
void publisher_stop(struct app *app);
void publisher_free(struct app *app); /* with all views, held or not */

/* ---- jobs in the database (job_sql.c)
 * ------------------------------------------------------------- */

enum { JOB_ATTEMPTS_MAX = 5 };

/* A job as a runner takes it. */
struct job_taken {
	struct job job;
	int64_t roles;
	int32_t scope, scope_hierarchy;
	struct text scope_county;
	struct id scope_root;
	int64_t attempts, fence;
};
/* The oldest job that waits or whose runner died, now this one's for LEASE_SECONDS; of an
 * organisation with jobs running only when no other waits, and never with @most of them.
 * ERR_NOT_FOUND: none; ERR_CONFLICT: another was faster. */
enum err job_take(struct db *db, struct arena *arena, struct id holder, int64_t most,
		  struct job_taken *out);
/* Each of these writes only while the job has this fence; ERR_CONFLICT when it has not. */
enum err job_keep(struct db *db, struct id job, int64_t fence);
/* These two: ERR_CANCELLED, too. */
enum err job_tell(struct db *db, const struct job *job, int64_t fence);
enum err job_settle(struct db *db, struct id job, int64_t fence);
enum err job_finish(struct db *db, const struct job_taken *taken, enum err outcome, int64_t now);
enum err job_retry(struct db *db, const struct job_taken *taken,
		   int64_t pause_s);                                 /* counts as an attempt */
enum err job_put_back(struct db *db, const struct job_taken *taken); /* does not */

/* Of the user of @owner, for the organisation that the job was asked for. */
enum err job_get(struct db *db, struct arena *arena, const struct actor *owner, struct id job,
		 struct job *out);
/* Cancels a job of the actor's, arg: struct job with its id, filled with the row. ERR_DECIDED. */
event_fn job_cancel;
/* The rows of @ids, in no order. */
enum err job_watch(struct db *db, struct arena *arena, const struct value *ids, size_t count,
		   struct list *out);
/* The newest first, those older than @after (NO_ID: from the newest). */
enum err job_list(struct db *db, struct arena *arena, const struct actor *owner, struct id after,
		  int64_t limit, struct list *out);

/* ---- files
 * ------------------------------------------------------------------------------------------ */

struct file {
	struct id id, organisation, user;
	struct text digest; /* 32 bytes: SM3 of the content */
	int64_t size;
	struct text media_type;
	int64_t created_at;
	struct text content; /* of an upload */
};
extern const struct field file_fields[];
extern const size_t file_field_count;

/* Why a content of no type is not taken. */
enum err file_refusal(struct text content);
/* The ending of a name for a file of that type, with its dot; "" where there is none. */
const char *file_ending(struct text media_type);

enum err file_insert(struct tx *tx, const struct file *file);
/* Counts @bytes of today up for @who; *sum: what it comes to. */
enum err upload_sum(struct tx *tx, struct text who, int64_t bytes, int64_t *sum);
enum err uploads_forget(struct db *db, int32_t before);
/* Takes away sums that nothing is held against any more. */
enum err uploads_turn(struct app *app, struct db *db);
enum err file_get(struct db *db, struct arena *arena, struct id organisation, struct id id,
		  struct file *out);
/* The whole content into @out, which is empty. ERR_FILE_BROKEN: it has another SM3 than it had. */
enum err file_content(struct db *db, const struct file *file, struct buffer *out);
enum err file_give(struct req *rq, const struct file *file, struct buffer *out); /* and logs that */

/* Results of jobs (job_file_sql.c): a piece of content, the file's name, and a file with digest,
 * size and type for whoever asked for the job; ERR_NOT_FOUND. */
enum err job_piece_insert(struct db *db, struct text digest, int32_t number, struct text content);
enum err job_file_insert(struct db *db, struct id job, const char *name, const struct file *file);
enum err job_file_get(struct db *db, struct arena *arena, const struct actor *actor, struct id job,
		      struct text name, struct file *out);
enum err get_job_file(struct req *rq);

enum err post_file(struct req *rq);
enum err get_file(struct req *rq);

/* ---- numbers (number_sql.c)
 * --------------------------------------------------------------------------- */

/* Moves the end of what is reserved of @name by @count; *first is where it stood. */
enum err number_reserve(struct db *db, const char *name, int64_t count, int64_t *first);

#endif
