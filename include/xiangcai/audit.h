/*
 * audit: who did what. Every business event writes its row here in its own transaction, with an
 * HMAC-SM3 under the server's key, and puts its id into the outbox. The sequencer, a leased loop,
 * gives committed events gapless positions, chains them with SM3, and runs the folds that the
 * modules above hand in (roll-ups), all in one transaction. An event row is never changed; position
 * and chain stand in `sequence`.
 */
#ifndef XIANGCAI_AUDIT_H
#define XIANGCAI_AUDIT_H

#include "xiangcai/run.h"

/*
 * One event to write. @before and @after are structs of @fields (either may be NULL). Where there
 * are both, each tells only the members that differ, and ids; secret fields are masked, so that a
 * changed one shows that it changed and nothing else.
 */
struct audit_note {
	const char *kind; /* "shipment.created": object, dot, what happened to it */
	struct id object;
	const struct field *fields;
	size_t field_count;
	const void *before, *after;
};

/*
 * Writes the event of the transaction under tx->event: two statements. At most once a transaction.
 */
enum err audit_event(struct tx *tx, const struct audit_note *note);
/* The same for the items of a batch (notes[i] belongs to items[i]): two multi-row statements. */
enum err audit_batch(struct tx *tx, struct batch_item *const *items, const struct audit_note *notes,
		     size_t count);
/*
 * Several events in one transaction (commands that load data): @events are the ids to use, made
 * with id_new(tx->now).
 */
enum err audit_many(struct tx *tx, const struct id *events, const struct audit_note *notes,
		    size_t count);
/*
 * For commands that run many events in one transaction, each in a copy of @tx with an id of its
 * own: from here on audit_event keeps its rows in @rows, a zeroed list; audit_write writes them,
 * two multi-row statements however many they are.
 */
void audit_later(struct tx *tx, struct list *rows);
enum err audit_write(struct tx *tx);

/* ---- exports ----------------------------------------------------------------- */

/*
 * For handlers of GETs that give a list or a report as a file: writes the event @kind
 * ("passport.exported") of @object (NO_ID: none) with the request's path and filters, @media and
 * how many rows it is. Called before the reply is decided, which it does away with. A transaction
 * of its own: six statements. A key that the client sent stands for nothing in a GET.
 */
enum err audit_export(struct req *rq, const char *kind, struct id object, const char *media,
		      int64_t rows);
/* What such an event says, for those who write it in a transaction of their own. */
struct export_note {
	struct text path, filter; /* @filter: JSON of the query */
	struct text media;
	int64_t rows; /* INT_NONE: not known yet */
};
extern const struct field export_note_fields[];
extern const size_t export_note_field_count;
/* Fills all but @rows from the request. */
enum err export_note_of(struct req *rq, const char *media, struct export_note *out);

/* ---- seals of days ----------------------------------------------------------- */

/*
 * Position and chain soon after a business day ended, for auditors to note down: whoever later
 * changes, or cuts off, what stands up to there changes one of the two. Sealed by the server's key.
 */
struct seal {
	int32_t day;
	int64_t position;
	struct text chain;
	int64_t sealed_at;
	struct text mac;
};
extern const struct field seal_fields[];
extern const size_t seal_field_count;
/* The newest first, of days before @before (DAY_NONE: from the newest). */
enum err seals_list(struct db *db, struct arena *arena, int32_t before, int64_t limit,
		    struct list *out);
extern const char sealer_name[]; /* of the leased loop */
enum { SEALER_PERIOD_S = 15 };
/* What it does each turn: writes the seal of yesterday when there is none. */
enum err sealer_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		     bool *more);

/* ---- the sequencer ----------------------------------------------------------- */

/* Runs inside the sequencer's transaction for the events of the positions first..last, which
 * `sequence` already holds. Set-based: one statement or a few, whatever the count. */
typedef enum err fold_fn(struct tx *tx, int64_t first, int64_t last);
struct fold {
	const char *name;
	fold_fn *run;
};
enum { SEQUENCE_STEP_MAX = 1024 };  /* two statements of the greatest width */
extern const char sequencer_name[]; /* of the leased loop */
/*
 * What the leased loop does each turn: positions at most SEQUENCE_STEP_MAX of the events that wait
 * and runs @folds over them. Nothing waits: one SELECT and no transaction. An event whose MAC does
 * not hold, or that has a position already, gets none: it is logged and stays, marked, in the
 * outbox.
 */
enum err sequencer_turn(struct app *app, struct db *db, struct arena *arena,
			const struct lease *lease, const struct fold *folds, size_t count,
			bool *more);
/*
 * For commands: positions everything that waits, on the caller's connection, taking the lease;
 * while another process holds it, waits for that one to do it (ERR_BUSY when nothing was done for a
 * minute).
 */
enum err sequencer_drain(struct app *app, struct db *db, const struct fold *folds, size_t count);
/* Waits until every event committed before the call has its position: ERR_BUSY after 5 s. One
 * statement when nothing waits. Not inside an event. */
enum err sequencer_wait(struct req *rq);

/* ---- verification ------------------------------------------------------------ */

/* Each check of `xiangcai verify` says what it found through this. */
enum { VERDICT_LINES_MAX = 100 };
struct verdict {
	struct buffer *report; /* lines for people, one a fault, at most VERDICT_LINES_MAX */
	int64_t checked, faults;
};
void verdict_fault(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * A check of a module: a SELECT that gives (label, stored, computed) of what disagrees, and one
 * that counts what was looked at. The texts stand in the module's x_sql.c.
 */
struct check {
	const char *what;
	struct sql mismatches, count;
};
/* Runs them, noting every row of @mismatches as a fault. Each reads its own snapshot: meaningful on
 * a quiet database. */
enum err checks_run(struct db *db, const struct check *checks, size_t count,
		    struct verdict *verdict);
/*
 * Recomputes MACs and chain up to the head of the sequence; names each event changed, removed or
 * slipped in, the first one first. May run while events are written.
 */
enum err audit_verify(struct app *app, struct db *db, struct arena *arena, struct verdict *verdict);

#endif
