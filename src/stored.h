/* What is stored as files, for `verify`. */
#ifndef STORED_H
#define STORED_H

#include "modules.h"

/* One piece of a content, in the order of the contents. */
struct stored_piece {
	struct text digest;
	int32_t number;
	struct text content;
};
enum err stored_pieces(struct db *db, db_row_fn *fn, void *context);
/* How many files, of people or of jobs, have the content @digest. */
enum err stored_names(struct db *db, struct text digest, int64_t *count);
/* Their sizes against those of their pieces. */
extern const struct check stored_checks[];
extern const size_t stored_check_count;

/* Whether the content of every file is the one that was uploaded. */
enum err stored_verify(struct app *app, struct db *db, struct arena *arena,
		       struct verdict *verdict);

#endif
