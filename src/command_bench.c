/*
 * `xiangcai bench-…`: what tools/bench asks of the program itself. Results are lines of a name and
 * a number, for scripts.
 */
#include "bench.h"
#include "command.h"
#include "options.h"

#include "modules.h"

#define BENCH_ARENA_MAX MIB(512)

/* ---- options --------------------------------------------------------------------------------- */

/* A whole number within limits; what was not given keeps its default. */
struct number_row {
	const char *name;
	int64_t *value;
	int64_t min, max;
};

static void numbers_read(const struct number_row *rows, const char *const *given, size_t count,
			 struct buffer *faults)
{
	for (size_t i = 0; i < count; i++) {
		int64_t number = *rows[i].value;

		if (given[i] && !text_to_int(text_of(given[i]), &number))
			number = rows[i].min - 1;
		if (number < rows[i].min || number > rows[i].max)
			buffer_print(faults, "%s: is a number from %lld to %lld\n", rows[i].name,
				     (long long)rows[i].min, (long long)rows[i].max);
		*rows[i].value = number;
	}
}

enum { NUMBERS_MAX = 8 };

/* Numbers by @rows and the flag --hot. False: said on standard error. */
static bool options_read(const struct number_row *rows, size_t count, bool *hot, int argc,
			 char **argv)
{
	const char *given[NUMBERS_MAX] = { NULL };
	struct option_row options[NUMBERS_MAX + 1];
	struct buffer faults = { .max = KIB(64) };
	size_t known = 0;

	assert(count <= NUMBERS_MAX);
	for (; known < count; known++)
		options[known] =
			(struct option_row){ .name = rows[known].name, .value = &given[known] };
	if (hot)
		options[known++] = (struct option_row){ .name = "--hot", .flag = hot };
	argc = options_take(options, known, argc, argv, &faults);
	options_end(argc, argv, &faults);
	numbers_read(rows, given, count, &faults);
	bool refused = command_refused(&faults);
	buffer_free(&faults);
	return !refused;
}

/* ---- commands that write steps --------------------------------------------------------------- */

typedef enum err step_fn(struct step *step, const void *wanted);

static enum err products_step(struct step *step, const void *wanted)
{
	return bench_products_run(step, wanted);
}

static enum err movements_step(struct step *step, const void *wanted)
{
	return bench_movements_run(step, wanted);
}

static int steps_run(struct app *app, const char *doing, step_fn *fn, const void *wanted)
{
	struct arena *arena = arena_new(BENCH_ARENA_MAX);
	struct problems problems = { .arena = arena };
	int status = EXIT_FINE;

	if (!arena)
		return EXIT_FAULTS;
	struct step step = command_step(app, arena, &problems);
	enum err e = runtime_for_command(app);
	if (!e)
		e = fn(&step, wanted);
	if (e)
		status = command_failed(doing, e, &problems);
	runtime_free(app);
	arena_free(arena);
	return status;
}

int command_bench_products(struct app *app, int argc, char **argv)
{
	struct bench_products wanted = { .count = 1000 };
	const struct number_row rows[] = { { "--count", &wanted.count, 1, 200000 } };

	if (!options_read(rows, COUNT_OF(rows), NULL, argc, argv))
		return EXIT_USAGE;
	if (!program_open(program_of(app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	return steps_run(app, "publishing goods", products_step, &wanted);
}

int command_bench_movements(struct app *app, int argc, char **argv)
{
	struct bench_movements wanted = { .lines = 300000 };
	const struct number_row rows[] = { { "--lines", &wanted.lines, 1, 100000000 } };

	if (!options_read(rows, COUNT_OF(rows), NULL, argc, argv))
		return EXIT_USAGE;
	if (!program_open(program_of(app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	return steps_run(app, "adding movements", movements_step, &wanted);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void placed_print(const struct bench_placed *placed)
{
	int64_t orders = placed->orders ? placed->orders : 1;

	printf("orders %lld\nrefused %lld\nbatches %lld\norders_a_second %.1f\n",
	       (long long)placed->orders, (long long)placed->refused, (long long)placed->batches,
	       placed->a_second);
	printf("statements %lld\nstatements_a_batch %.1f\nstatements_an_order %.2f\n"
	       "client_cpu_us %lld\nclient_cpu_us_an_order %.1f\n",
	       (long long)placed->statements,
	       (double)placed->statements / (double)(placed->batches ? placed->batches : 1),
	       (double)placed->statements / (double)orders, (long long)placed->cpu_us,
	       (double)placed->cpu_us / (double)orders);
}

int command_bench_orders(struct app *app, int argc, char **argv)
{
	struct bench_orders wanted = { .login = "buyer",
				       .connections = 1,
				       .seconds = 3,
				       .batch = BATCH_ORDERS_MAX,
				       .lines = 20,
				       .skus = 1000 };
	const struct number_row rows[] = {
		{ "--connections", &wanted.connections, 1, BENCH_CONNECTIONS_MAX },
		{ "--seconds", &wanted.seconds, 1, 600 },
		{ "--batch", &wanted.batch, 1, BATCH_ORDERS_MAX },
		{ "--lines", &wanted.lines, 1, ORDER_LINES_MAX },
		{ "--skus", &wanted.skus, 1, 200000 },
		{ "--orders", &wanted.orders, 0, 1000000 },
	};
	struct bench_placed placed;

	if (!options_read(rows, COUNT_OF(rows), &wanted.hot, argc, argv))
		return EXIT_USAGE;
	if (!program_open(program_of(app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	if (!bench_orders_run(app, &wanted, &placed))
		return EXIT_FAULTS;
	placed_print(&placed);
	return placed.refused ? EXIT_FAULTS : EXIT_FINE;
}

/* ---- search ---------------------------------------------------------------------------------- */

int command_bench_search(struct app *app, int argc, char **argv)
{
	struct bench_search wanted = { .least = 1000, .most = 100000, .questions = 5000 };
	const struct number_row rows[] = {
		{ "--least", &wanted.least, 1, 1000000 },
		{ "--most", &wanted.most, 1, 1000000 },
		{ "--questions", &wanted.questions, 100, 1000000 },
	};

	if (!options_read(rows, COUNT_OF(rows), NULL, argc, argv))
		return EXIT_USAGE;
	/* nothing is opened that would look for the files: they are below where it is called */
	if (!program_of(app)->settings.share.size)
		program_of(app)->settings.share = TEXT(".");
	return bench_search_run(app, &wanted) ? EXIT_FINE : EXIT_FAULTS;
}
