/* The list of what an import's rows do to the catalogue, or would do. */
#ifndef CATALOGUE_IMPORT_CHANGES_H
#define CATALOGUE_IMPORT_CHANGES_H

#include "publishing.h"

enum outcome {
	OUTCOME_CREATED,
	OUTCOME_CHANGED,
	OUTCOME_PRICED,
	OUTCOME_RESTOCKED,
	OUTCOME_UNCHANGED
};
struct outcome_page {
	int32_t outcome; /* SMALL_NONE: all */
	int64_t after, limit;
};
enum err outcomes_list(struct db *db, struct arena *arena, struct id import,
		       const struct outcome_page *page, struct list *out);
/* ERR_NOT_FOUND for imports of others, and of another kind. */
enum err import_is_of(struct db *db, struct id import, struct id supplier);

#endif
