/*
 * The audit trail as auditors read it: filters, rows and the scope that bounds them. Read here,
 * above identity, because names of people and organisations, words of roles and scopes stand there.
 */
#ifndef REPORTING_TRAIL_H
#define REPORTING_TRAIL_H

#include "xiangcai/reporting.h"

/* What is asked for; absent: anything. */
struct trail_filter {
	struct page page; /* first, as query_read's pages are */
	struct id object, organisation, user;
	struct text login; /* of the user */
	struct text kind;  /* one; with a dot at the end, or without any, all that begin so */
	struct text request, address;
	struct text from, to; /* instants, or days of Shanghai, @to included */
	int64_t position_from, position_to;
};
extern const struct field trail_filter_fields[];
extern const size_t trail_filter_field_count;

/* Where a page begins: behind this row. */
struct trail_place {
	int64_t at; /* INT64_MAX: from the newest */
	struct id id;
};

/* What is read: rows of one auditor's scope, within filters, behind a place. */
struct trail_query {
	const struct trail_filter *filter;
	const struct actor *actor;
	int32_t day;                      /* on which units stand in the scope: today */
	int64_t first, last;              /* of @at */
	struct text kind_begin, kind_end; /* of a beginning of kinds: before and behind all of
					   * them; else NO_TEXT */
	struct trail_place after;
	int64_t limit;
};
/* The newest of what @filter asks for, without a limit; both are borrowed. ERR_REFUSED with a fault
 * for each filter that cannot be met. */
enum err trail_query_make(const struct trail_filter *filter, const struct actor *actor, int32_t day,
			  struct problems *problems, struct trail_query *out);

struct trail_party {
	struct id id;
	struct text login; /* of a user */
	struct text name;
};
struct trail_row {
	int64_t position; /* INT_NONE: none yet */
	struct id id;
	struct text kind;
	struct id object;
	struct trail_party organisation, user;
	int64_t role_bits;
	uint32_t roles;
	struct text address, request;
	int64_t at;
	struct text before, after, chain, mac;
};
extern const struct field trail_row_fields[];
extern const size_t trail_row_field_count;

/* The newest first; each through @fn (a struct trail_row with @roles set). One statement. */
enum err trail_each(struct db *db, const struct trail_query *query, db_row_fn *fn, void *context);
enum err trail_list(struct db *db, const struct trail_query *query, struct arena *arena,
		    struct list *out);
/* Who has the login name; an id that nobody has when nobody does. One statement. */
enum err trail_user(struct db *db, struct text login, struct id *out);
/* ERR_NOT_FOUND outside of the scope. */
enum err trail_read(struct db *db, const struct actor *actor, int32_t day, struct id id,
		    struct arena *arena, struct trail_row *out);

/* By which index the rows are found: one text each, for each scope. */
enum trail_way {
	BY_OBJECT,
	BY_REQUEST,
	BY_USER,
	BY_ADDRESS,
	BY_ORGANISATION,
	BY_POSITION_RANGE,
	BY_KIND,
	BY_SCOPE,
	BY_TIME,
	TRAIL_WAY_COUNT
};
enum { TRAIL_SCOPES = SCOPE_HIERARCHY + 1 };
extern const struct sql trail_sql[TRAIL_SCOPES][TRAIL_WAY_COUNT];
enum trail_way trail_way_of(const struct trail_query *query);
enum { TRAIL_VALUES_MAX = 40 };
/* The values of trail_sql's text for @query; gives how many. @out: TRAIL_VALUES_MAX. */
size_t trail_values(const struct trail_query *query, struct value *out);

/* ---- files of it (trail_export.c) ---- */

enum trail_format { TRAIL_JSON, TRAIL_CSV, TRAIL_XLSX };
enum { TRAIL_AT_ONCE_MAX = 5000 };
/* The whole of what @query asks for as a file: at once, or by a job when it is more. */
enum err trail_export(struct req *rq, struct trail_query *query, enum trail_format format);

#endif
