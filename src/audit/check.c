/*
 * Checks that are one SELECT each: whatever row comes back is a fault.
 */
#include "xiangcai/audit.h"

struct mismatch {
	struct text label;
	int64_t stored, computed;
};

static const struct field mismatch_fields[] = {
	{ "label", KIND_TEXT, FIELD_AT(mismatch, label) },
	{ "stored", KIND_INT, FIELD_AT(mismatch, stored) },
	{ "computed", KIND_INT, FIELD_AT(mismatch, computed) },
};

struct context {
	struct verdict *verdict;
	const char *what;
};

static enum err note_mismatch(void *context, void *row)
{
	const struct context *check = context;
	const struct mismatch *mismatch = row;

	verdict_fault(check->verdict, "%s %.*s: %lld stored, %lld by its rows", check->what,
		      TEXT_FMT(mismatch->label), (long long)mismatch->stored,
		      (long long)mismatch->computed);
	return OK;
}

enum err checks_run(struct db *db, const struct check *checks, size_t count,
		    struct verdict *verdict)
{
	for (size_t i = 0; i < count; i++) {
		struct context context = { verdict, checks[i].what };
		int64_t rows;

		enum err e = db_each(db, &checks[i].mismatches, db_none, mismatch_fields,
				     COUNT_OF(mismatch_fields), sizeof(struct mismatch),
				     note_mismatch, &context);
		if (e)
			return e;
		e = db_number(db, &checks[i].count, db_none, &rows);
		if (e)
			return e;
		verdict->checked += rows;
	}
	return OK;
}
