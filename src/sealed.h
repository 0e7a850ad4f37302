/* What is sealed in the database, for the commands that go through all of it. */
#ifndef SEALED_H
#define SEALED_H

#include "modules.h"

/* One value; borrowed until it returns. What it returns other than OK ends the reading. */
typedef enum err sealed_fn(const struct sealed_column *column, struct id row, struct text value,
			   struct arena *page, void *context);
/*
 * All values of @column that are not under the key @but (its id; a text of another length: all), in
 * pages of 500, each in @page, which is emptied before. @fn may write.
 */
enum err sealed_each(struct db *db, const struct sealed_column *column, struct text but,
		     struct arena *page, sealed_fn *fn, void *context);

/* Whether every sealed value can be read, for `verify`. */
enum err sealed_verify(struct app *app, struct db *db, struct arena *arena,
		       struct verdict *verdict);

#endif
