/*
 * Orders against their rows: heads equal the sums of their supply orders and lines, as placed.
 */
#include "ordering_private.h"

enum err ordering_verify(struct app *app, struct db *db, struct arena *arena,
			 struct verdict *verdict)
{
	(void)app;
	(void)arena;
	return checks_run(db, ordering_checks, ordering_check_count, verdict);
}
