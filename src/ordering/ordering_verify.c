/*
 * Orders against their rows: heads equal the sums of their supply orders and lines, as placed.
 */
#include "ordering_private.h"

struct mismatch {
	int64_t number, stored_fen, summed_fen;
};

static const struct field mismatch_fields[] = {
	{ "number", KIND_INT, FIELD_AT(mismatch, number) },
	{ "stored_fen", KIND_FEN, FIELD_AT(mismatch, stored_fen) },
	{ "summed_fen", KIND_FEN, FIELD_AT(mismatch, summed_fen) },
};

struct check_context {
	struct verdict *verdict;
	const char *what;
};

static enum err note_mismatch(void *context, void *row)
{
	const struct check_context *check = context;
	const struct mismatch *mismatch = row;

	verdict_fault(check->verdict, "%s %lld: %lld fen stored, %lld fen in its rows", check->what,
		      (long long)mismatch->number, (long long)mismatch->stored_fen,
		      (long long)mismatch->summed_fen);
	return OK;
}

enum err ordering_verify(struct app *app, struct db *db, struct arena *arena,
			 struct verdict *verdict)
{
	(void)app;
	(void)arena;
	for (size_t i = 0; i < ordering_check_count; i++) {
		struct check_context check = { verdict, ordering_checks[i].what };
		int64_t checked;

		enum err e = db_each(db, &ordering_checks[i].mismatches, db_none, mismatch_fields,
				     COUNT_OF(mismatch_fields), sizeof(struct mismatch),
				     note_mismatch, &check);
		if (e)
			return e;
		e = db_number(db, &ordering_checks[i].count, db_none, &checked);
		if (e)
			return e;
		verdict->checked += checked;
	}
	return OK;
}
