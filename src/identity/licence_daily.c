/*
 * The daily run: a table of steps, and those of other modules behind it (hooks->day_steps), each
 * worked off once a business day. A step goes through what
 * the day makes due, one small transaction each, under a key of the thing and the day, so that a
 * run that was cut short goes on where it ended; then its mark says that it is done.
 */
#include "application.h"

#include <string.h>

enum { NOTICE_DAYS = 90 };

const char daily_job_kind[] = "daily";
static const char whole_day[] = "day"; /* the mark that stands when all steps are done */

struct day_run {
	struct step step;
	int32_t day;
	int64_t done;
};

/* ---- licences ---- */

static enum err turn_licence(struct day_run *run, event_fn *event, const char *what,
			     struct licence_turn *turn)
{
	char id[37], day[11];
	struct text key =
		arena_print(run->step.arena, "licence:%s:%s:%s", id_format(turn->id, id).at, what,
			    day_format(run->day, day).at);
	enum err e = key.at ? run_step(&run->step, key, event, turn, NULL) : ERR_MEMORY;

	run->done += !e && turn->done;
	return e;
}

struct licence_work {
	event_fn *event;
	const char *what;
	int32_t ahead;     /* licences that end in fewer days than this are looked at */
	bool by_threshold; /* only those that somebody must be told of */
};

static enum err turn_page(struct day_run *run, const struct licence_work *work,
			  const struct list *licences)
{
	enum err e = OK;

	for (size_t i = 0; i < licences->count && !e; i++) {
		const struct licence *licence = LIST_ITEM(*licences, struct licence, i);
		struct licence_turn turn = { .id = licence->id, .day = run->day };

		if (work->by_threshold &&
		    !licence_threshold(licence->expires_on, run->day, licence->noticed))
			continue;
		e = turn_licence(run, work->event, work->what, &turn);
	}
	return e;
}

static enum err turn_licences(struct day_run *run, const struct licence_work *work)
{
	struct id after = NO_ID;
	enum err e = OK;
	size_t count;

	do {
		struct list page = { 0 };

		e = licences_ending(run->step.db, run->step.arena, run->day + work->ahead, after,
				    &page);
		count = page.count;
		if (!e && count) {
			after = LIST_ITEM(page, struct licence, count - 1)->id;
			e = turn_page(run, work, &page);
		}
	} while (!e && count);
	return e;
}

static enum err notice_step(struct day_run *run)
{
	static const struct licence_work work = { licence_notice, "notice", NOTICE_DAYS + 1, true };

	return turn_licences(run, &work);
}

static enum err expiry_step(struct day_run *run)
{
	static const struct licence_work work = { licence_expire, "expire", 0, false };

	return turn_licences(run, &work);
}

/* ---- applications ---- */

static enum err lapse(struct day_run *run, struct application *draft)
{
	char id[37], day[11];
	struct text key = arena_print(run->step.arena, "application:%s:lapse:%s",
				      id_format(draft->id, id).at, day_format(run->day, day).at);
	enum err e =
		key.at ? run_step(&run->step, key, application_lapse, draft, NULL) : ERR_MEMORY;

	run->done += !e && draft->state == APPLICATION_WITHDRAWN;
	return e;
}

/* What nobody handed in for thirty days. */
static enum err drafts_step(struct day_run *run)
{
	enum { KEPT_DAYS = 30 };
	int64_t before = day_start(run->day - KEPT_DAYS);
	struct id after = NO_ID;
	size_t count;
	enum err e;

	do {
		struct list page = { 0 };

		e = drafts_old(run->step.db, run->step.arena, before, after, &page);
		count = page.count;
		for (size_t i = 0; i < count && !e; i++) {
			struct application *draft = LIST_ITEM(page, struct application, i);

			after = draft->id;
			e = lapse(run, draft);
		}
	} while (!e && count);
	return e;
}

/* ---- organisations ---- */

static enum err organisations_step(struct day_run *run)
{
	return organisations_day(&run->step, run->day, &run->done);
}

/* ---- the run ---- */

static const struct daily_step {
	const char *name;
	enum err (*run)(struct day_run *run);
} steps[] = {
	{ "licence_notices", notice_step },
	{ "licence_expiries", expiry_step },
	{ "organisations", organisations_step },
	{ "drafts", drafts_step },
};
_Static_assert(COUNT_OF(steps) <= DAILY_STEPS_MAX, "room for every step in the report");

static const struct field mark_fields[] = {
	{ "day", KIND_DAY, FIELD_AT(daily_mark, day) },
	{ "step", KIND_TEXT, FIELD_AT(daily_mark, step) },
	{ "done", KIND_INT, FIELD_AT(daily_mark, done) },
};

static enum err put_mark(struct tx *tx, void *arg)
{
	struct daily_mark *mark = arg;
	enum err e;

	mark->at = tx->now;
	e = daily_mark_put(tx->db, mark);
	if (e)
		return e;
	return audit_event(tx, &(struct audit_note){ .kind = "daily.done",
						     .object = tx->event,
						     .fields = mark_fields,
						     .field_count = COUNT_OF(mark_fields),
						     .after = mark });
}

static enum err mark_done(struct day_run *run, const char *step)
{
	struct daily_mark mark = { .day = run->day, .step = text_of(step), .done = run->done };
	char day[11];
	struct text key =
		arena_print(run->step.arena, "daily:%s:%s", day_format(run->day, day).at, step);

	return key.at ? run_step(&run->step, key, put_mark, &mark, NULL) : ERR_MEMORY;
}

static enum err step_begin(struct day_run *run, const char *name, struct daily_count *count)
{
	run->done = 0;
	count->step = name;
	return daily_mark_find(run->step.db, run->day, text_of(name), &count->done_before);
}

/* @e: what became of the step. */
static enum err step_end(struct day_run *run, struct daily_count *count, enum err e)
{
	count->done = run->done;
	return e ? e : mark_done(run, count->step);
}

/* The steps of the table above, then those of other modules. */
static enum err steps_run(struct day_run *run, const struct hooks *hooks, struct daily_report *out)
{
	size_t others = hooks ? hooks->day_step_count : 0;
	struct daily_count *count = out->counts;
	enum err e = OK;

	*out = (struct daily_report){ .count = COUNT_OF(steps) + others };
	assert(out->count <= DAILY_STEPS_MAX);
	for (size_t i = 0; i < COUNT_OF(steps) && !e; i++, count++) {
		e = step_begin(run, steps[i].name, count);
		if (!e && !count->done_before)
			e = step_end(run, count, steps[i].run(run));
	}
	for (size_t i = 0; i < others && !e; i++, count++) {
		const struct day_step *step = &hooks->day_steps[i];

		e = step_begin(run, step->name, count);
		if (!e && !count->done_before)
			e = step_end(run, count, step->run(&run->step, run->day, &run->done));
	}
	return e;
}

enum err daily_run(struct app *app, struct db *db, struct arena *arena, int32_t day,
		   struct daily_report *out)
{
	struct problems problems = { .arena = arena };
	struct day_run run = {
		.step = { .app = app, .db = db, .arena = arena, .problems = &problems },
		.day = day,
	};
	bool done_before = false;
	enum err e = steps_run(&run, app->hooks, out);

	run.done = 0;
	if (!e)
		e = daily_mark_find(db, day, text_of(whole_day), &done_before);
	return e || done_before ? e : mark_done(&run, whole_day);
}

/* ---- by itself, and as a job ---- */

/*
 * How many days the loop makes up for by itself. A clock that is wrong by more would otherwise end
 * licences, names and organisations for good; an operator who runs a day says that it is right.
 */
enum { MAKES_UP_MAX = 7 };

static void daily_doubt(const struct app *app, int32_t last, int32_t today)
{
	char since[11], now[11];

	log_line(&app->log, LOG_ERROR, "daily",
		 "stands still: the clock is far ahead of the last day that was run; if it is "
		 "right, "
		 "run `xiangcai daily --day` for the days left out or for today",
		 LOG_TEXT("last", day_format(last, since)),
		 LOG_TEXT("today", day_format(today, now)));
}

enum err daily_turn(struct app *app, struct db *db, struct arena *arena, const struct lease *lease,
		    bool *more)
{
	int32_t today = day_of(clock_now(&app->clock)), last, day;
	struct daily_report report;
	enum err e = daily_last(db, arena, text_of(whole_day), today, &last);

	(void)lease; /* what it does is done once by its keys and marks, whoever does it */
	if (e || last == today)
		return e;
	if (last != DAY_NONE && today - last > MAKES_UP_MAX) {
		daily_doubt(app, last, today);
		return OK;
	}
	day = last == DAY_NONE ? today : last + 1;
	e = daily_run(app, db, arena, day, &report);
	*more = !e && day < today;
	return e;
}

struct daily_argument {
	int32_t day;
};
static const struct field argument_fields[] = { { "day", KIND_DAY,
						  FIELD_AT(daily_argument, day) } };

static enum err daily_job(struct job_run *run)
{
	struct daily_argument argument = { 0 };
	struct daily_report report;
	enum err e = json_decode(run->job.argument, argument_fields, COUNT_OF(argument_fields),
				 &argument, run->step.problems);

	if (e)
		return e;
	e = daily_run(run->step.app, run->step.db, run->step.arena, argument.day, &report);
	if (!e)
		e = job_progress(run, (int64_t)report.count, (int64_t)report.count);
	view_kick(run->step.app);
	return e;
}

const struct job_kind daily_jobs[] = { { daily_job_kind, daily_job } };
const size_t daily_job_count = COUNT_OF(daily_jobs);
