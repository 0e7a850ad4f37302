/* What the files of reporting share. */
#ifndef REPORTING_PRIVATE_H
#define REPORTING_PRIVATE_H

#include "xiangcai/reporting.h"

enum by { BY_COUNTY, BY_SUPPLIER, BY_UNIT, BY_MONTH, BY_COUNT };
extern const char *const by_words[];

/* Measures as reports name them: those of the movements, and what is made of several. */
enum report_measure {
	REPORT_ORDERED,
	REPORT_CONFIRMED,
	REPORT_SHIPPED,
	REPORT_ACCEPTED,
	REPORT_RETURNED,
	REPORT_SETTLED,
	REPORT_NET_ACCEPTED,
	REPORT_MEASURE_COUNT
};
extern const char *const report_measure_words[];

/*
 * What a number means: everything but the number itself. With @key it is one row of a report,
 * without it the sum of all rows.
 */
struct definition {
	int32_t measure;  /* enum report_measure */
	int32_t by;       /* enum by */
	struct text key;  /* county code, organisation id, YYYY-MM; NO_TEXT: the sum */
	int32_t from, to; /* business days, both included */
	int32_t channel;  /* enum channel; SMALL_NONE: all */
	struct scope scope;
	int64_t position;
};

/* The movements that a measure is the sum of: one, or two (returns are negative movements). */
struct measures {
	enum measure first, second;
};
struct measures measures_of(enum report_measure measure);

/* Days from..to as whole months between two runs of days; an empty run has its first day behind its
 * last. */
struct periods {
	int32_t head_first, head_last, month_first, month_last, tail_first, tail_last;
};
struct periods periods_of(int32_t from, int32_t to);
/* The days that a definition means: a month's row is limited to that month. False for a malformed
 * month. */
bool definition_days(const struct definition *definition, struct arena *arena, int32_t *from,
		     int32_t *to);

/* ---- passports: base64url of the definition, a dot, the MAC in hexadecimal --- */
struct text passport_make(const struct keys *keys, const struct definition *definition,
			  struct arena *arena);
/* ERR_PASSPORT for anything that this server did not make. */
enum err passport_open(const struct keys *keys, struct text passport, struct arena *arena,
		       struct definition *out);
/* Whether an actor of @scope may open a number of @definition: platform scopes all, others exactly
 * their own. */
bool scope_covers(const struct scope *scope, const struct definition *definition);
struct text scope_text(const struct scope *scope, struct arena *arena);

/* ---- reporting_sql.c --------------------------------------------------------- */

struct total {
	struct text key, label;
	int64_t movements, quantity, amount_fen;
	int64_t position;     /* the same in all rows */
	struct text passport; /* of the answer */
};
extern const struct field total_fields[];
extern const size_t total_field_count;
/* All rows of a report in one snapshot, with the position they hold; keys in order. At least the
 * position comes back. One statement. */
enum err totals_read(struct db *db, const struct definition *definition, struct arena *arena,
		     struct list *out, int64_t *position);

/* A row behind a number. */
struct passport_row {
	int64_t position, number;
	int32_t day, measure, channel;
	struct id event, supply_order;
	int64_t supply_order_number, line;
	struct id unit, supplier;
	struct text county, category;
	int64_t quantity, amount_fen;
};
extern const struct field passport_row_fields[];
extern const size_t passport_row_field_count;
/* Rows behind (@after_position, @after_number), at most @limit, by position. */
enum err passport_rows_list(struct db *db, const struct definition *definition,
			    int64_t after_position, int64_t after_number, int64_t limit,
			    struct arena *arena, struct list *out);
/* All of them, one at a time. */
enum err passport_rows_each(struct db *db, const struct definition *definition, struct arena *arena,
			    db_row_fn *fn, void *context);
enum err position_instant(struct db *db, int64_t position,
			  int64_t *at); /* INT_NONE at position 0 */

#endif
