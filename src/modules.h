/* The modules' tables, collected for run and for the commands. */
#ifndef MODULES_H
#define MODULES_H

#include "xiangcai/reporting.h"

enum { ROUTE_TABLES_MAX = 16, JOB_KINDS_MAX = 16 };

/* What run is given: routes, the hook that authenticates, desk, view, jobs, leased loops; and room
 * for its tables. */
struct assembly {
	struct hooks hooks;
	struct route_table tables[ROUTE_TABLES_MAX];
	struct job_kind jobs[JOB_KINDS_MAX];
};
/* Fills @out, which must stay where it is while it is used. */
void assembly_make(struct assembly *out);

/* Positions all events that wait and folds them into the roll-ups; for commands. */
enum err sequence_all(struct app *app, struct db *db);

/* What `verify` asks, in the order of the floors. */
struct module_check {
	const char *name;
	enum err (*run)(struct app *app, struct db *db, struct arena *arena,
			struct verdict *verdict);
};
extern const struct module_check program_checks[];
extern const size_t program_check_count;

#endif
