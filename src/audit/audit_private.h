/* What the files of audit know of each other: an event as its row, its seal, and the statements
 * over both tables. */
#ifndef XIANGCAI_AUDIT_PRIVATE_H
#define XIANGCAI_AUDIT_PRIVATE_H

#include "xiangcai/audit.h"

/*
 * ---- an event ----------------------------------------------------------------------------------
 */

struct event {
	struct id id;
	struct text kind;
	struct id object, organisation, user;
	int64_t roles;
	struct text address, request;
	int64_t at;
	struct text before, after; /* JSON, or NO_TEXT */
	struct text mac;           /* DIGEST_SIZE bytes */
};
/* The columns EVENT_COLUMNS inside struct @type, at its member @event. */
/* clang-format off */
#define EVENT_COLUMNS "e.id, e.kind, e.object, e.organisation, e.user, e.roles, e.address, e.request, e.at, e.before_state, e.after_state, e.mac"
#define EVENT_FIELDS(type, event)                                                                          \
	{ "id", KIND_ID, FIELD_AT(type, event id) },                                                       \
	{ "kind", KIND_TEXT, FIELD_AT(type, event kind) },                                                 \
	{ "object", KIND_ID, FIELD_AT(type, event object) },                                               \
	{ "organisation", KIND_ID, FIELD_AT(type, event organisation) },                                   \
	{ "user", KIND_ID, FIELD_AT(type, event user) },                                                   \
	{ "roles", KIND_INT, FIELD_AT(type, event roles) },                                                \
	{ "address", KIND_TEXT, FIELD_AT(type, event address) },                                           \
	{ "request", KIND_TEXT, FIELD_AT(type, event request) },                                           \
	{ "at", KIND_INSTANT, FIELD_AT(type, event at) },                                                  \
	{ "before_state", KIND_TEXT, FIELD_AT(type, event before) },                                       \
	{ "after_state", KIND_TEXT, FIELD_AT(type, event after) },                                         \
	{ "mac", KIND_BYTES, FIELD_AT(type, event mac) }
/* clang-format on */

/* Lists longer than this stand in the trail as their number alone. */
enum { STATE_LIST_MAX = 50, STATE_SIZE_MAX = 4 * 1024 * 1024 };

/* The JSON of @row for the trail: every field of the table, whatever its place, secrets masked; at
 * the end of @out. */
void event_state(struct buffer *out, const struct field *fields, size_t count, const void *row);
/*
 * For a change: which of the fields say the same in both rows, into @unchanged (@count of them);
 * ids never do. Secrets are compared as they are, lists whole. @scratch is emptied.
 */
void event_unchanged(const struct field *fields, size_t count, const void *before,
		     const void *after, struct buffer *scratch, bool *unchanged);
/* As event_state, without the fields of which @but is true. */
void event_state_but(struct buffer *out, const struct field *fields, size_t count, const void *row,
		     const bool *but);
/* The bytes that the MAC covers, as docs/audit.md lays them out; @out is emptied first. */
void event_canonical(const struct event *event, struct buffer *out);
/* HMAC-SM3 over them; @scratch is any buffer, kept by the caller from one event to the next. False:
 * out of memory. */
bool event_mac(const struct keys *keys, const struct event *event, struct buffer *scratch,
	       struct digest *out);
/* Whether the row's mac is what it should be. */
enum err event_holds(const struct keys *keys, const struct event *event, struct buffer *scratch,
		     bool *holds);
/* The chain at @position: SM3 of the chain before, the position as 8 bytes, the greatest first, and
 * the event's mac. */
struct digest chain_next(struct digest before, int64_t position, struct text mac);
/* HMAC-SM3 of a day's seal, as docs/audit.md lays it out. False: out of memory. */
bool seal_mac(const struct keys *keys, const struct seal *seal, struct digest *out);

/* ---- the trail (audit_sql.c)
 * ----------------------------------------------------------------------- */

/* Rows of event and outbox. */
enum err events_insert(struct db *db, const struct event *events, size_t count);

/* One place of the sequence with its event. */
struct positioned {
	int64_t position;
	struct id named; /* the event that the sequence names */
	struct text chain;
	struct event event; /* id NO_ID: there is no such event any more */
};
enum { VERIFY_PAGE = 4096 };
/* At most VERIFY_PAGE places behind @after, in order, each through @fn (a struct positioned). */
enum err positions_each(struct db *db, int64_t after, db_row_fn *fn, void *context);
/* The first position behind the head of that moment; INT_NONE: none is. */
enum err positions_beyond(struct db *db, int64_t *first);
/*
 * Events that have no position and do not wait for one. The first VERDICT_LINES_MAX, as struct id.
 */
enum err events_astray(struct db *db, struct arena *arena, struct list *out);

/* A row of the outbox with its event. */
struct waiting {
	struct id named;
	int64_t position;   /* INT_NONE, unless the event has one already */
	int64_t refused_at; /* INT_NONE, unless it was refused */
	struct event event; /* id NO_ID: there is no such event */
};
extern const struct field waiting_fields[];
extern const size_t waiting_field_count;
/* Those behind @after in the order of their ids, refused ones too, at most VERIFY_PAGE. */
enum err waiting_each(struct db *db, struct id after, db_row_fn *fn, void *context);

/* ---- the sequence (sequencer_sql.c)
 * -------------------------------------------------------------- */

struct head {
	int64_t position;
	struct text chain;
};
struct sequence_row {
	int64_t position;
	struct id event;
	struct text chain;
	struct digest chain_bytes; /* what @chain points at */
};

/* Those that wait and were not refused, in the order of their ids, at most SEQUENCE_STEP_MAX. */
enum err outbox_each(struct db *db, db_row_fn *fn, void *context);
enum err outbox_refuse(struct db *db, const struct value *events, size_t count, int64_t now);
/* The greatest id that waits; ERR_NOT_FOUND: none does. */
enum err outbox_last(struct db *db, struct arena *arena, struct id *out);
/* Whether one up to @last still waits. */
enum err outbox_waits(struct db *db, struct id last, bool *waits);
/* Takes the events of the positions @first to @last out of the outbox. */
enum err outbox_delete(struct db *db, int64_t first, int64_t last);

enum err sequence_head_read(struct db *db, struct arena *arena, struct head *out);
enum err head_lock(struct db *db, struct arena *arena, struct head *out);
enum err head_move(struct db *db, int64_t position, struct text chain);
enum err sequence_insert(struct db *db, const struct sequence_row *rows, size_t count);

/* ---- seals of days (seal_sql.c)
 * ---------------------------------------------------------------------------- */

/* The last day that has a seal; DAY_NONE: none has. */
enum err seal_last_day(struct db *db, struct arena *arena, int32_t until, int32_t *day);
enum err seal_insert(struct db *db, const struct seal *seal);
/* A seal with the chain that the sequence has at its position today; NO_TEXT: the position is not
 * there. */
struct sealed_position {
	struct seal seal;
	struct text chain;
};
/* All of them by their days, each through @fn (a struct sealed_position). */
enum err seals_each(struct db *db, db_row_fn *fn, void *context);
/* Part of audit_verify: holds each seal against the sequence. */
enum err seals_verify(struct app *app, struct db *db, struct verdict *verdict);

#endif
