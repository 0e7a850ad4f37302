/*
 * `xiangcai authority add`: who oversees a platform comes in by the command line, for nobody who
 * could decide on it over HTTP is there before them.
 */
#include "command.h"
#include "options.h"
#include "xiangcai/identity.h"

#include <string.h>

#define AUTHORITY_ARENA_MAX MIB(1)

struct authority_run {
	struct app *app;
	struct arena *arena;
	const char *code, *uscc, *name, *short_name, *scope;
	struct buffer faults;
	struct new_authority authority;
};

/* "platform", "county:610124" or "hierarchy:union:U00001". */
static bool scope_parse(struct text words, struct new_authority *out)
{
	struct text kind = text_cut(&words, ':');

	out->hierarchy = SMALL_NONE;
	if (text_is(kind, "platform")) {
		out->scope = SCOPE_PLATFORM;
		return !words.at;
	}
	if (text_is(kind, "county")) {
		out->scope = SCOPE_COUNTY;
		out->county = words;
		return words.size > 0;
	}
	out->scope = SCOPE_HIERARCHY;
	out->hierarchy = word_find(hierarchy_words, text_cut(&words, ':'));
	out->root = words;
	return text_is(kind, "hierarchy") && out->hierarchy >= 0 && words.size > 0;
}

static const char *option_of(struct text pointer)
{
	static const struct {
		const char *pointer, *option;
	} options[] = {
		{ "/code", "--code" },
		{ "/uscc", "--uscc" },
		{ "/name", "--name" },
		{ "/short_name", "--short-name" },
	};

	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (text_is(pointer, options[i].pointer))
			return options[i].option;
	return "authority";
}

/* Where options are refused already, what else can be said of them is said in the same round. */
static void check(struct authority_run *run)
{
	struct problems problems = { .arena = run->arena };

	authority_check(&problems, &run->authority, false);
	for (size_t i = 0; i < problems.items.count; i++) {
		const struct problem *problem = LIST_ITEM(problems.items, struct problem, i);

		buffer_print(&run->faults, "%s: ", option_of(problem->pointer));
		problem_sentence(problem, EN, &run->faults);
		buffer_char(&run->faults, '\n');
	}
}

static void take(struct authority_run *run)
{
	const char *const texts[] = { run->code, run->uscc, run->name, run->short_name };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (texts[i] && !text_is_utf8(text_of(texts[i])))
			buffer_print(&run->faults, "an option is not UTF-8\n");
	}
	if (!run->code)
		buffer_add(&run->faults, TEXT("--code: is missing\n"));
	if (!run->scope || !scope_parse(text_of(run->scope), &run->authority))
		buffer_add(&run->faults, TEXT("--scope: must be platform, county:CODE or "
					      "hierarchy:union|state_assets|government:CODE\n"));
	run->authority.code = text_of(run->code);
	run->authority.uscc = text_of(run->uscc);
	run->authority.name = text_of(run->name);
	run->authority.short_name = text_of(run->short_name ? run->short_name : run->name);
	if (run->faults.size)
		check(run);
}

static int add(struct authority_run *run)
{
	struct problems problems = { .arena = run->arena };
	struct step step = command_step(run->app, run->arena, &problems);
	char id[37];
	struct text key = arena_print(run->arena, "authority-%s",
				      id_format(id_new(clock_now(&run->app->clock)), id).at);
	enum err e =
		key.at ? run_step(&step, key, authority_add, &run->authority, NULL) : ERR_MEMORY;

	if (e)
		return command_failed("adding the authority", e, &problems);
	printf("%s\n", id_format(run->authority.id, id).at);
	return EXIT_FINE;
}

static int authority_run(struct authority_run *run, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ .name = "--code", .value = &run->code },
		{ .name = "--uscc", .value = &run->uscc },
		{ .name = "--name", .value = &run->name },
		{ .name = "--short-name", .value = &run->short_name },
		{ .name = "--scope", .value = &run->scope },
	};

	if (argc < 1 || strcmp(argv[0], "add") != 0) {
		fprintf(stderr, "xiangcai: authority: say \"authority add\"\n");
		return EXIT_USAGE;
	}
	argc = options_take(rows, COUNT_OF(rows), argc - 1, argv + 1, &run->faults);
	options_end(argc, argv + 1, &run->faults);
	take(run);
	if (command_refused(&run->faults))
		return EXIT_USAGE;
	if (!program_open(program_of(run->app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	return add(run);
}

int command_authority(struct app *app, int argc, char **argv)
{
	struct authority_run run = { .app = app,
				     .arena = arena_new(AUTHORITY_ARENA_MAX),
				     .faults = { .max = KIB(64) } };
	int status = run.arena ? authority_run(&run, argc, argv) : EXIT_FAULTS;

	buffer_free(&run.faults);
	arena_free(run.arena);
	return status;
}
