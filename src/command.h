/* The commands of the program: what `xiangcai NAME …` runs. */
#ifndef COMMAND_H
#define COMMAND_H

#include "program.h"

/* What the process ends with: a fault of the work, or of what was asked. */
enum { EXIT_FINE = 0, EXIT_FAULTS = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *usage; /* what may follow the name, besides --config and --data */
	const char *sentence;
	enum needs needs;
	bool serves;        /* takes --port and --print-config */
	bool has_arguments; /* reads some itself; else there must be none */
	/* @argv: what followed the name, without the options that all commands have. Gives the exit
	 * status. */
	int (*run)(struct app *app, int argc, char **argv);
};

int command_serve(struct app *app, int argc, char **argv);
int command_migrate(struct app *app, int argc, char **argv);
int command_authority(struct app *app, int argc, char **argv);
int command_user(struct app *app, int argc, char **argv);
int command_keys(struct app *app, int argc, char **argv);
int command_verify(struct app *app, int argc, char **argv);
int command_routes(struct app *app, int argc, char **argv);
int command_permissions(struct app *app, int argc, char **argv);
int command_daily(struct app *app, int argc, char **argv);
int command_demo(struct app *app, int argc, char **argv);
int command_bench_products(struct app *app, int argc, char **argv);
int command_bench_movements(struct app *app, int argc, char **argv);
int command_bench_orders(struct app *app, int argc, char **argv);
int command_bench_search(struct app *app, int argc, char **argv);

/* Says @faults (lines) on standard error when there are any, and gives whether there were. */
bool command_refused(const struct buffer *faults);
/*
 * Says what a step of a command failed with: @e, and every fault of @problems, by its option. Gives
 * EXIT_FAULTS.
 */
int command_failed(const char *doing, enum err e, const struct problems *problems);
/* A step of a command, by the system itself, on the program's connection. @problems is the
 * caller's. */
struct step command_step(struct app *app, struct arena *arena, struct problems *problems);

#endif
