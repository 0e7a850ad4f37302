/*
 * `xiangcai daily`: runs the day that --day names, today without it, beside servers that run or
 * none. What was done before is not done again.
 */
#include "command.h"
#include "options.h"

#define DAILY_ARENA_MAX MIB(256)

static int daily_print(struct app *app, struct arena *arena, int32_t day)
{
	struct problems problems = { .arena = arena };
	struct daily_report report = { .count = 0 };
	char text[11];
	enum err e = daily_run(app, program_of(app)->db, arena, day, &report);

	if (e)
		return command_failed("the daily run", e, &problems);
	printf("%s\n", day_format(day, text).at);
	for (size_t i = 0; i < report.count; i++)
		printf("%-18s %lld%s\n", report.counts[i].step, (long long)report.counts[i].done,
		       report.counts[i].done_before ? " (done before)" : "");
	return EXIT_FINE;
}

static int daily_open(struct app *app, struct arena *arena, int32_t day)
{
	if (!program_open(program_of(app), NEEDS_DATA))
		return EXIT_FAULTS;
	return daily_print(app, arena, day);
}

static bool day_take(struct app *app, int argc, char **argv, struct buffer *faults, int32_t *day)
{
	const char *text = NULL;
	const struct option_row rows[] = { { .name = "--day", .value = &text } };

	argc = options_take(rows, COUNT_OF(rows), argc, argv, faults);
	options_end(argc, argv, faults);
	*day = day_of(clock_now(&app->clock));
	if (text && !day_parse(text_of(text), day))
		buffer_print(faults, "--day: %s is no day YYYY-MM-DD\n", text);
	return !command_refused(faults);
}

int command_daily(struct app *app, int argc, char **argv)
{
	struct buffer faults = { .max = KIB(4) };
	struct arena *arena = arena_new(DAILY_ARENA_MAX);
	int status = EXIT_USAGE;
	int32_t day;

	if (day_take(app, argc, argv, &faults, &day))
		status = arena ? daily_open(app, arena, day) : EXIT_FAULTS;
	buffer_free(&faults);
	arena_free(arena);
	return status;
}
