/*
 * Orders without HTTP: what the server's order desk does with what its workers have prepared, here
 * by one process a connection, each for itself: it prepares a batch of orders against a view of the
 * shop and places it by run_batch, again and again. What the product could do if nothing came
 * between its clients and its statements.
 */
#include "bench.h"

#include "modules.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACER_ARENA_MAX MIB(512)

/* One process, with everything of its own. */
struct placer {
	struct app *app;
	struct db *db;
	struct arena *arena; /* of a batch */
	struct problems problems;
	const struct bench_orders *wanted;
	const void *view;
	struct actor buyer;
	struct list skus; /* of int64_t */
	uint64_t random;
	struct batch_item *items;
	struct batch_item **places;
};

uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* ---- one batch ------------------------------------------------------------------------------- */

static bool line_add(struct placer *placer, struct submission *submission, size_t at)
{
	int64_t sku = *LIST_ITEM(placer->skus, int64_t, at % placer->skus.count);
	const struct terms *terms = view_terms(placer->view, sku);
	struct submitted_line *line = list_add(&submission->lines, placer->arena, sizeof(*line));

	if (!line || !terms)
		return false;
	line->sku = sku;
	line->offer = terms->offer;
	line->quantity = (terms->minimum + terms->multiple - 1) / terms->multiple * terms->multiple;
	return true;
}

/* Runs of neighbours from anywhere; when hot, the first line is always the same. An order of as
 * many lines as there are goods has each once. */
static enum err order_make(struct placer *placer, struct submission *submission)
{
	size_t lines = (size_t)placer->wanted->lines;
	bool all = lines >= placer->skus.count;
	size_t at = 0;

	*submission = (struct submission){ .terms = PAY_LATER,
					   .ship_within_days = 7,
					   .delivery_address = TEXT("西安市新城区"),
					   .note = TEXT("") };
	for (size_t i = 0; i < lines; i++) {
		if (!all && i % BENCH_RUN == 0)
			at = bench_random(&placer->random) % placer->skus.count;
		if (!line_add(placer, submission, placer->wanted->hot && i == 0 ? 0 : at++))
			return ERR_NOT_FOUND;
	}
	return submission_prepare(placer->app, placer->db, placer->view, placer->arena,
				  &placer->problems, &placer->buyer, clock_now(&placer->app->clock),
				  submission);
}

static enum err item_make(struct placer *placer, struct batch_item *item)
{
	struct submission *submission = arena_take(placer->arena, sizeof(*submission));
	char *key = arena_take(placer->arena, 37);

	if (!submission || !key)
		return ERR_MEMORY;
	enum err e = order_make(placer, submission);
	*item = (struct batch_item){ .actor = &placer->buyer,
				     .request_id = TEXT("bench"),
				     .address = TEXT("127.0.0.1"),
				     .key = id_format(submission->id, key),
				     .digest = sha256(submission->payment_code),
				     .now = submission->submitted_at,
				     .arg = submission,
				     .weight = submission->lines.count,
				     .arena = placer->arena,
				     .problems = &placer->problems,
				     .fields = submission_reply_fields,
				     .field_count = submission_reply_field_count };
	return e;
}

static enum err batch_place(struct placer *placer, struct bench_placed *placed)
{
	struct step step = { .app = placer->app,
			     .db = placer->db,
			     .arena = placer->arena,
			     .problems = &placer->problems };
	size_t count = (size_t)placer->wanted->batch;
	enum err e = OK;

	for (size_t i = 0; !e && i < count; i++) {
		placer->places[i] = &placer->items[i];
		e = item_make(placer, &placer->items[i]);
	}
	if (!e)
		e = run_batch(&step, placer->places, count);
	for (size_t i = 0; !e && i < count; i++) {
		placed->orders += placer->items[i].outcome == OK;
		placed->refused += placer->items[i].outcome != OK;
	}
	placed->batches++;
	arena_reset(placer->arena);
	placer->problems = (struct problems){ .arena = placer->arena };
	return e;
}

/* ---- one process ----------------------------------------------------------------------------- */

static enum err placer_open(struct placer *placer, struct arena *lasting)
{
	size_t batch = (size_t)placer->wanted->batch;
	enum err e = OK;

	placer->db = db_new(placer->app->database, &placer->app->log);
	placer->arena = arena_new(PLACER_ARENA_MAX);
	placer->items = arena_take(lasting, batch * sizeof(*placer->items));
	placer->places = arena_take(lasting, batch * sizeof(struct batch_item *));
	if (!placer->db || !placer->arena || !placer->items || !placer->places)
		return ERR_MEMORY;
	placer->problems = (struct problems){ .arena = placer->arena };
	e = runtime_for_command(placer->app);
	if (!e)
		e = bench_buyer_read(placer->db, placer->wanted->login, &placer->buyer);
	if (!e)
		e = bench_skus_read(placer->db, placer->wanted->skus, lasting, &placer->skus);
	if (!e && !placer->skus.count)
		e = ERR_NOT_FOUND;
	if (!e)
		placer->view = catalogue_view_source.build(placer->app, placer->db, NULL, &e);
	return e;
}

static void placer_close(struct placer *placer)
{
	catalogue_view_source.release(placer->view);
	runtime_free(placer->app);
	db_free(placer->db);
	arena_free(placer->arena);
}

static bool placer_goes_on(const struct bench_orders *wanted, const struct bench_placed *placed,
			   int64_t begun)
{
	if (wanted->orders)
		return placed->orders + placed->refused < wanted->orders;
	return clock_monotonic() < begun + wanted->seconds * SECOND_US;
}

static enum err place(struct placer *placer, struct bench_placed *placed)
{
	struct bench_placed warm = { 0 };
	struct rusage usage;
	int64_t begun;

	enum err e = batch_place(placer, &warm); /* statements are prepared on first use */
	begun = clock_monotonic();
	db_statement_count(placer->db);
	getrusage(RUSAGE_SELF, &usage);
	placed->cpu_us = -(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_US -
			 usage.ru_utime.tv_usec - usage.ru_stime.tv_usec;
	while (!e && placer_goes_on(placer->wanted, placed, begun))
		e = batch_place(placer, placed);
	placed->a_second =
		(double)placed->orders * (double)SECOND_US / (double)(clock_monotonic() - begun);
	placed->statements = (int64_t)db_statement_count(placer->db);
	getrusage(RUSAGE_SELF, &usage);
	placed->cpu_us += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_US +
			  usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	return e;
}

static int placer_main(struct app *app, const struct bench_orders *wanted, uint64_t number, int out)
{
	struct placer placer = { .app = app, .wanted = wanted, .random = number };
	struct arena *lasting = arena_new(PLACER_ARENA_MAX);
	struct bench_placed placed = { 0 };
	enum err e = lasting ? OK : ERR_MEMORY;

	if (!e)
		e = placer_open(&placer, lasting);
	if (!e)
		e = place(&placer, &placed);
	if (e)
		fprintf(stderr, "xiangcai: bench-orders: %s: %s\n", err_info(e)->code,
			err_info(e)->sentence[EN]);
	if (!e && write(out, &placed, sizeof(placed)) != sizeof(placed))
		e = ERR_INTERNAL;
	placer_close(&placer);
	arena_free(lasting);
	return e ? 1 : 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool placed_add(int in, struct bench_placed *sum)
{
	struct bench_placed one;

	if (read(in, &one, sizeof(one)) != sizeof(one))
		return false;
	sum->orders += one.orders;
	sum->refused += one.refused;
	sum->batches += one.batches;
	sum->statements += one.statements;
	sum->cpu_us += one.cpu_us;
	sum->a_second += one.a_second;
	return true;
}

/* A child leaves by _exit: the database that the parent may own is not its to stop. */
static pid_t placer_start(struct app *app, const struct bench_orders *wanted, uint64_t number,
			  int out)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(placer_main(app, wanted, number, out));
	return pid;
}

bool bench_orders_run(struct app *app, const struct bench_orders *wanted, struct bench_placed *out)
{
	pid_t pids[BENCH_CONNECTIONS_MAX];
	int ends[2], status;
	int64_t started = 0;
	bool done = true;

	*out = (struct bench_placed){ 0 };
	if (pipe(ends) != 0)
		return false;
	fflush(stdout);
	for (; started < wanted->connections && done; started++) {
		pids[started] = placer_start(app, wanted, (uint64_t)started + 1, ends[1]);
		done = pids[started] > 0;
	}
	close(ends[1]);
	for (int64_t i = 0; i < started; i++)
		done &= pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] && status == 0;
	for (int64_t i = 0; done && i < started; i++)
		done = placed_add(ends[0], out);
	close(ends[0]);
	return done;
}
