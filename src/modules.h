/* The modules' tables, collected for run and for the commands. */
#ifndef MODULES_H
#define MODULES_H

#include "xiangcai/notify.h"

enum { ROUTE_TABLES_MAX = 24, JOB_KINDS_MAX = 16, CONSEQUENCES_MAX = 64 };

/* What run is given: routes, the hook that authenticates, desk, view, jobs, leased loops,
 * consequences; and room for its tables. */
struct assembly {
	struct hooks hooks;
	struct route_table tables[ROUTE_TABLES_MAX];
	struct job_kind jobs[JOB_KINDS_MAX];
	struct consequence consequences[CONSEQUENCES_MAX];
};
/* Fills @out, which must stay where it is while it is used. */
void assembly_make(struct assembly *out);

/* Positions all events that wait and folds them into the roll-ups; for commands. */
enum err sequence_all(struct app *app, struct db *db);

/* What turns rows of before into what the modules expect now, once the schema stands; re-runnable.
 */
enum err convert_all(struct app *app, struct db *db, struct arena *arena);

/* All sealed columns, for the rotation of keys: a table for each module that has some. */
struct sealed_table {
	const struct sealed_column *columns;
	const size_t *count;
};
extern const struct sealed_table sealed_tables[];
extern const size_t sealed_table_count;

/* What `verify` asks, in the order of the floors. */
struct module_check {
	const char *name;
	enum err (*run)(struct app *app, struct db *db, struct arena *arena,
			struct verdict *verdict);
};
extern const struct module_check program_checks[];
extern const size_t program_check_count;

#endif
