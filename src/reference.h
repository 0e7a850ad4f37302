/* Reference data: what the schema itself comes with. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "xiangcai/run.h"

/* Counties and categories of schema/reference into the database, unless this content stands there
 * already. False: @faults says why. */
bool reference_load(struct app *app, struct db *db, struct buffer *faults);

#endif
