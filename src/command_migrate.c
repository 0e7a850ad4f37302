/* `xiangcai migrate`: opening the database has brought the schema up to date; this says so. */
#include "command.h"

int command_migrate(struct app *app, int argc, char **argv)
{
	(void)app;
	(void)argc;
	(void)argv;
	puts("the schema is up to date");
	return EXIT_FINE;
}
