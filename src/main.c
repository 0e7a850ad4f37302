/*
 * xiangcai: one program, and a table of what it does. Reads the options that all commands have and
 * the settings, opens what the command needs, runs it, and closes everything again.
 */
#include <string.h>

#include "command.h"
#include "options.h"
#include "xiangcai/media.h"

extern char **environ;

#define PROGRAM_ARENA_MAX MIB(16)

static const struct command commands[] = {
	{ .name = "serve",
	  .usage = "[--port N] [--print-config]",
	  .sentence = "serves HTTP until SIGTERM or SIGINT",
	  .needs = NEEDS_DATABASE,
	  .serves = true,
	  .run = command_serve },
	{ .name = "migrate",
	  .usage = "",
	  .sentence = "brings the schema of the database up to date",
	  .needs = NEEDS_DATABASE,
	  .run = command_migrate },
	{ .name = "authority",
	  .usage = "add --code C [--uscc U --name N [--short-name S]]\n"
		   "                --scope platform|county:CODE|hierarchy:WORD:CODE",
	  .sentence = "makes an organisation an authority, or changes what it oversees",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_authority },
	{ .name = "user",
	  .usage = "add --login L --name N --organisation CODE --roles A,B [--password-stdin]\n"
		   "                | join --login L --organisation CODE --roles A,B\n"
		   "                | reset --login L [--second-factor]",
	  .sentence = "adds a user, or a membership of one; reset makes a new password for whoever "
		      "lost it",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_user },
	{ .name = "keys",
	  .usage = "list | add | rotate | drop ID",
	  .sentence = "keeps the keys of sealed fields; rotate seals all anew under a new one, "
		      "beside servers",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_keys },
	{ .name = "demo",
	  .usage = "[--today YYYY-MM-DD] [--orders N]",
	  .sentence = "loads the demonstration data; again, it changes nothing",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_demo },
	{ .name = "daily",
	  .usage = "[--day YYYY-MM-DD]",
	  .sentence = "runs what a business day makes due; again, it changes nothing",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_daily },
	{ .name = "routes",
	  .usage = "",
	  .sentence = "prints every route: method, path, roles, key, body, content type, status, "
		      "permission",
	  .needs = NEEDS_SETTINGS,
	  .run = command_routes },
	{ .name = "permissions",
	  .usage = "",
	  .sentence = "prints the permission table: word, roles, reach, Chinese, English",
	  .needs = NEEDS_SETTINGS,
	  .run = command_permissions },
	{ .name = "verify",
	  .usage = "",
	  .sentence =
		  "recomputes the books from their rows; status 1 when something does not agree",
	  .needs = NEEDS_DATA,
	  .run = command_verify },
	{ .name = "bench-products",
	  .usage = "[--count N]",
	  .sentence = "publishes goods without end of stock, for tools/bench and scratch data only",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_bench_products },
	{ .name = "bench-movements",
	  .usage = "[--lines N]",
	  .sentence = "adds sales of four years to the totals, for scratch data only",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_bench_movements },
	{ .name = "bench-orders",
	  .usage = "[--connections N] [--seconds N | --orders N] [--batch N] [--lines N]\n"
		   "                      [--skus N] [--hot]",
	  .sentence = "places orders of those goods without HTTP and counts them",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_bench_orders },
	{ .name = "bench-search",
	  .usage = "[--least N] [--most N] [--questions N]",
	  .sentence = "asks search indexes of growing size in this process, without a database",
	  .needs = NEEDS_SETTINGS,
	  .has_arguments = true,
	  .run = command_bench_search },
};

/* The options that all commands have. */
struct common {
	const char *config, *data, *port;
	bool print_config;
};

static int help(FILE *out)
{
	fputs("xiangcai COMMAND [--config FILE] [--data DIR] …\n\n", out);
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		fprintf(out, "xiangcai %s %s\n    %s\n", commands[i].name, commands[i].usage,
			commands[i].sentence);
	fputs("xiangcai help\n    this text\n", out);
	return out == stdout ? EXIT_FINE : EXIT_USAGE;
}

static int unknown(const char *name)
{
	if (name)
		fprintf(stderr, "xiangcai: there is no command \"%s\"; these are:\n\n", name);
	return help(stderr);
}

static int print_config(void)
{
	struct buffer out = { .max = MIB(1) };

	settings_print(setting_rows, setting_count, &out);
	fwrite(out.at ? out.at : "", 1, out.size, stdout);
	buffer_free(&out);
	return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAULTS;
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int common_take(const struct command *command, struct common *common, int argc, char **argv,
		       struct buffer *faults)
{
	const struct option_row rows[] = {
		{ .name = "--config", .value = &common->config },
		{ .name = "--data", .value = &common->data },
		{ .name = "--port", .value = &common->port },
		{ .name = "--print-config", .flag = &common->print_config },
	};

	return options_take(rows, command->serves ? COUNT_OF(rows) : 2, argc, argv, faults);
}

/* Settings from the file and the environment, and over them what the options say. */
static bool settings_take(struct program *program, const struct common *common,
			  struct buffer *faults)
{
	struct settings *settings = &program->settings;

	settings_load(common->config, environ, program->arena, settings, faults);
	if (common->data && *common->data)
		settings->data = text_of(common->data);
	else if (common->data)
		buffer_add(faults, TEXT("--data: is empty\n"));
	if (common->port && (!text_to_int(text_of(common->port), &settings->run.listen_port) ||
			     settings->run.listen_port < 0 || settings->run.listen_port > 65535))
		buffer_print(faults, "--port: %s is not between 0 and 65535\n", common->port);
	if (faults->size == 0)
		settings_check(settings, faults);
	return !command_refused(faults);
}

static int command_run(const struct command *command, struct program *program, int argc,
		       char **argv)
{
	struct buffer faults = { .max = KIB(64) };
	struct common common = { 0 };
	int status = EXIT_USAGE;

	argc = common_take(command, &common, argc, argv, &faults);
	if (!command->has_arguments)
		options_end(argc, argv, &faults);
	if (common.print_config && faults.size == 0)
		status = print_config();
	else if (settings_take(program, &common, &faults))
		status = program_open(program, command->needs)
				 ? command->run(&program->app, argc, argv)
				 : EXIT_FAULTS;
	buffer_free(&faults);
	return status;
}

/* What no person runs: it opens nothing of the program. */
static bool is_child(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], thumbnail_command) == 0;
}

int main(int argc, char **argv)
{
	if (is_child(argc, argv))
		return thumbnail_child();

	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	struct program program = { .arena = arena_new(PROGRAM_ARENA_MAX) };
	bool asked = argc > 1 && (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0);
	int status;

	if (!program.arena)
		return EXIT_FAULTS;
	if (command)
		status = command_run(command, &program, argc - 2, argv + 2);
	else
		status = asked ? help(stdout) : unknown(argc > 1 ? argv[1] : NULL);
	program_close(&program);
	return status;
}
