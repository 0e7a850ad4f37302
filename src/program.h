/*
 * The program around the app: its settings, directories, keys, database and documents, opened in
 * order and closed in the opposite one. Commands get the app; what else they need of the program is
 * reached from it here.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "docs.h"
#include "modules.h"
#include "settings.h"

enum needs {
	NEEDS_SETTINGS, /* settings and log alone */
	NEEDS_DATA,     /* the same, of data that stands already: nothing is made */
	NEEDS_DATABASE, /* and keys, an open database with the newest schema, reference data */
};

struct program {
	struct app app; /* first: program_of */
	struct settings settings;
	struct arena *arena; /* for the life of the program */
	struct db_config database;
	struct db *db; /* for commands; the server's threads have their own */
	struct docs docs;
	struct assembly assembly; /* the hooks of the app */
};
_Static_assert(offsetof(struct program, app) == 0, "program_of goes back");

/* The program that @app is the first part of. */
struct program *program_of(struct app *app);
/* A path under the directory of what comes with the program, such as "schema/sql". NULL when out of
 * memory. */
const char *program_path(struct app *app, const char *below);

/* Opens what @needs asks for; the settings stand already. False: said on standard error. Close it
 * in either case. */
bool program_open(struct program *program, enum needs needs);
void program_close(struct program *program);

/*
 * For commands that work for long: from here on SIGINT and SIGTERM wait, and the command asks
 * between its steps whether one came, so that it ends in good order.
 */
void program_hold_signals(void);
bool program_told_to_end(void);

#endif
