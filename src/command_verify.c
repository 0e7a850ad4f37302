/*
 * `xiangcai verify`: every module recomputes what it keeps from its rows and names what does not
 * agree. The report is for people; the exit status is for scripts.
 */
#include "command.h"
#include "modules.h"

#define VERIFY_ARENA_MAX  ((size_t)2 * 1024 * 1024 * 1024)
#define VERIFY_REPORT_MAX MIB(16)

/* One check in an arena of its own. True: it ran to its end and found nothing. */
static bool run_check(struct app *app, const struct module_check *check)
{
	struct arena *arena = arena_new(VERIFY_ARENA_MAX);
	struct buffer report = { .max = VERIFY_REPORT_MAX };
	struct verdict verdict = { .report = &report };
	enum err e = arena ? check->run(app, program_of(app)->db, arena, &verdict) : ERR_MEMORY;

	printf("%-12s %lld checked, %lld faults%s%s\n", check->name, (long long)verdict.checked,
	       (long long)verdict.faults, e ? "; stopped: " : "",
	       e ? err_info(e)->sentence[EN] : "");
	fwrite(report.at ? report.at : "", 1, report.size, stdout);
	buffer_free(&report);
	arena_free(arena);
	return !e && verdict.faults == 0;
}

int command_verify(struct app *app, int argc, char **argv)
{
	int status = EXIT_FINE;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < program_check_count; i++)
		if (!run_check(app, &program_checks[i]))
			status = EXIT_FAULTS;
	puts(status == EXIT_FINE ? "verified" : "NOT verified");
	return status;
}
