/*
 * `xiangcai demo`: loads the demonstration data. Stopped and run again, it goes on where it was;
 * run once more when it is whole, it changes nothing.
 */
#include "command.h"
#include "demo.h"
#include "modules.h"
#include "options.h"

enum { ORDERS_STANDARD = 2400, ORDERS_MIN = 200, ORDERS_MAX = 20000 };
#define DEMO_ARENA_MAX MIB(512)

static const struct text password = { "xiangcai-demo", sizeof("xiangcai-demo") - 1 };

struct demo_options {
	const char *today, *orders;
	int64_t order_count;
};

static void options_check(struct demo_options *options, struct app *app, int32_t *today,
			  struct buffer *faults)
{
	*today = day_of(clock_now(&app->clock));
	options->order_count = ORDERS_STANDARD;
	if (options->today && !day_parse(text_of(options->today), today))
		buffer_print(faults, "--today: is not a day such as 2026-01-31\n");
	if (options->orders && (!text_to_int(text_of(options->orders), &options->order_count) ||
				options->order_count > ORDERS_MAX ||
				(options->order_count && options->order_count < ORDERS_MIN)))
		buffer_print(faults, "--orders: is 0, or from %d to %d\n", ORDERS_MIN, ORDERS_MAX);
}

static bool demo_read_all(struct demo_run *run, struct buffer *faults)
{
	enum err e = category_list_on(run->step.db, day_of(clock_now(&run->app->clock)), run->arena,
				      &run->data.categories);

	if (e)
		buffer_print(faults, "reading the categories: %s\n", err_info(e)->code);
	return !e && demo_read(run->app, run->arena, &run->data, faults);
}

static bool demo_do(struct demo_run *run, int64_t order_count)
{
	struct buffer faults = { .max = KIB(64) };
	bool done = demo_read_all(run, &faults);

	command_refused(&faults);
	buffer_free(&faults);
	if (!done)
		return false;
	if (!demo_plan_make(&run->data, run->today, order_count, run->arena, &run->plan)) {
		fprintf(stderr,
			"xiangcai: demo: the orders cannot be planned for that day and number\n");
		return false;
	}
	done = demo_organisations(run) && demo_users(run, password);
	if (!done)
		return false;
	run->clerk.roles = ROLE_BUYER;
	run->clerk.organisation = LIST_ITEM(run->data.units, struct demo_unit, 0)->id;
	run->step.actor = run->clerk;
	done = demo_bank_account(run) && demo_catalogue(run) && demo_orders(run) &&
	       (!order_count || demo_statements(run));
	if (!done)
		return false;
	enum err e = sequence_all(run->app, run->step.db);
	return !e || command_failed("giving the events their positions", e, &run->problems) < 0;
}

static int demo_run(struct app *app, const struct demo_options *options, int32_t today)
{
	struct demo_run run = { .app = app, .arena = arena_new(DEMO_ARENA_MAX), .today = today };

	if (!run.arena)
		return EXIT_FAULTS;
	run.problems.arena = run.arena;
	run.step = command_step(app, run.arena, &run.problems);
	run.step.now = day_start(day_make(2023, 1, 2));
	program_hold_signals();
	bool done = runtime_for_command(app) == OK && demo_do(&run, options->order_count);
	runtime_free(app);
	if (done) {
		printf("%zu suppliers, %zu units, %zu listings, %zu orders\n",
		       run.data.suppliers.count, run.data.units.count, run.data.listings.count,
		       run.plan.orders.count);
		demo_users_print(password);
	}
	arena_free(run.arena);
	return done ? EXIT_FINE : EXIT_FAULTS;
}

int command_demo(struct app *app, int argc, char **argv)
{
	struct demo_options options = { 0 };
	const struct option_row rows[] = {
		{ .name = "--today", .value = &options.today },
		{ .name = "--orders", .value = &options.orders },
	};
	struct buffer faults = { .max = KIB(64) };
	int32_t today;

	argc = options_take(rows, COUNT_OF(rows), argc, argv, &faults);
	options_end(argc, argv, &faults);
	options_check(&options, app, &today, &faults);
	bool refused = command_refused(&faults);
	buffer_free(&faults);
	if (refused)
		return EXIT_USAGE;
	if (!program_open(program_of(app), NEEDS_DATABASE))
		return EXIT_FAULTS;
	return demo_run(app, &options, today);
}
