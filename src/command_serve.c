/* `xiangcai serve`: everything is open already, and run serves until told to stop. */
#include "command.h"

static void ready(struct app *app, uint16_t port)
{
	struct text host = app->settings.listen_host;
	bool bracketed = text_is(host, "::1");

	printf("http://%s%.*s%s:%u\n", bracketed ? "[" : "", TEXT_FMT(host), bracketed ? "]" : "",
	       (unsigned)port);
	fflush(stdout);
}

int command_serve(struct app *app, int argc, char **argv)
{
	struct program *program = program_of(app);

	(void)argc;
	(void)argv;
	docs_load(app, &program->docs);
	db_disconnect(program->db); /* the threads have their own */
	int status = serve(app, ready);
	docs_free(&program->docs);
	return status;
}
