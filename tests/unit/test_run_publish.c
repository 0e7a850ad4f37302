/* Publication of views: each is freed once, when its last reader let go; builds are at most twenty
 * a second. */
#include "test_back_fixture.h"

enum { VIEWS_MAX = 1000 };

struct view {
	int number;
};

/* What the test's source does and has seen. */
static struct {
	struct view views[VIEWS_MAX];
	atomic_int wanted; /* the number of the view that the next build shall give */
	atomic_int builds, released[VIEWS_MAX];
	atomic_int failures; /* builds that shall fail */
} source;

static const void *build(struct app *app, struct db *db, const void *old, enum err *e)
{
	int number = atomic_load(&source.wanted);
	const struct view *last = old;

	assert(app && db && number < VIEWS_MAX);
	atomic_fetch_add(&source.builds, 1);
	if (atomic_load(&source.failures) > 0) {
		atomic_fetch_sub(&source.failures, 1);
		*e = ERR_DB_DOWN;
		return NULL;
	}
	if (last && last->number == number)
		return old;
	source.views[number].number = number;
	return &source.views[number];
}

static void release(const void *view)
{
	const struct view *gone = view;

	atomic_fetch_add(&source.released[gone->number], 1);
}

static int released(int number)
{
	return atomic_load(&source.released[number]);
}

static int current(struct back *back)
{
	const struct view *view = view_borrow(&back->app);
	int number = view ? view->number : -1;

	if (view)
		view_return(&back->app, view);
	return number;
}

static void wait_for_view(struct back *back, int number)
{
	int64_t give_up = clock_monotonic() + 10 * SECOND_US;

	atomic_store(&source.wanted, number);
	view_kick(&back->app);
	while (current(back) != number) {
		assert_true(clock_monotonic() < give_up);
		usleep(1000);
	}
}

static void test_no_source(void **state)
{
	struct back *back = *state;

	back->hooks.view = (struct view_source){ 0 };
	assert_true(publisher_start(&back->app));
	assert_null(view_borrow(&back->app));
	view_kick(&back->app);
	publisher_stop(&back->app);
	publisher_free(&back->app);
}

static void test_first_view_fails(void **state)
{
	struct back *back = *state;

	back->hooks.view = (struct view_source){ build, release };
	atomic_store(&source.failures, 1);
	assert_false(publisher_start(&back->app));
	publisher_stop(&back->app);
	publisher_free(&back->app);
}

static void test_readers_hold(void **state)
{
	struct back *back = *state;

	back->hooks.view = (struct view_source){ build, release };
	atomic_store(&source.wanted, 1);
	assert_true(publisher_start(&back->app));
	assert_int_equal(current(back), 1);
	const struct view *one = view_borrow(&back->app);
	const struct view *again = view_borrow(&back->app);
	assert_ptr_equal(one, again);
	wait_for_view(back, 2);
	assert_int_equal(released(1), 0);
	view_return(&back->app, one);
	assert_int_equal(released(1), 0);
	view_return(&back->app, again);
	assert_int_equal(released(1), 1);
	wait_for_view(back, 3);
	assert_int_equal(released(2), 1);
	/* a failed build leaves the view as it is, and a kick ends the pause behind it */
	atomic_store(&source.failures, 2);
	atomic_store(&source.wanted, 4);
	while (atomic_load(&source.failures) > 0) {
		assert_int_equal(current(back), 3);
		view_kick(&back->app);
		usleep(1000);
	}
	wait_for_view(back, 4);
	const struct view *held = view_borrow(&back->app);
	publisher_stop(&back->app);
	assert_int_equal(held->number, 4);
	view_return(&back->app, held);
	assert_int_equal(released(4), 0);
	publisher_free(&back->app);
	assert_int_equal(released(4), 1);
}

static void test_rate(void **state)
{
	struct back *back = *state;

	back->hooks.view = (struct view_source){ build, release };
	assert_true(publisher_start(&back->app));
	int before = atomic_load(&source.builds);
	int64_t begun = clock_monotonic();
	while (clock_monotonic() < begun + SECOND_US / 2) {
		view_kick(&back->app);
		usleep(500);
	}
	int64_t took = clock_monotonic() - begun;
	int builds = atomic_load(&source.builds) - before;
	publisher_stop(&back->app);
	publisher_free(&back->app);
	assert_in_range(builds, 2, 1 + took / (SECOND_US / 20));
}

static void test_loops_get_each_view(void **state)
{
	struct back *back = *state;
	struct loop loops[2] = { { .app = &back->app }, { .app = &back->app, .number = 1 } };

	for (size_t i = 0; i < 2; i++)
		mailbox_open(&loops[i].mailbox);
	back->runtime.loops = loops;
	back->runtime.loop_count = 2;
	back->hooks.view = (struct view_source){ build, release };
	atomic_store(&source.wanted, 11);
	assert_true(publisher_start(&back->app));
	mailbox_run(&loops[0]);
	assert_int_equal(((const struct view *)loops[0].hold->view)->number, 11);
	assert_null(loops[1].hold);
	struct view_hold *reply = view_hold_take(loops[0].hold);
	wait_for_view(back, 12);
	wait_for_view(back, 13);
	mailbox_run(&loops[0]);
	assert_int_equal(((const struct view *)loops[0].hold->view)->number, 13);
	assert_int_equal(released(11), 0);
	mailbox_run(&loops[1]); /* 11, 12, 13 in their order */
	assert_int_equal(((const struct view *)loops[1].hold->view)->number, 13);
	assert_int_equal(released(11), 0);
	assert_int_equal(released(12), 1);
	view_hold_drop(reply);
	assert_int_equal(released(11), 1);
	/* what no loop has read yet goes with the publisher */
	wait_for_view(back, 14);
	publisher_stop(&back->app);
	mailbox_run(&loops[0]);
	for (size_t i = 0; i < 2; i++) {
		loop_view_clear(&loops[i]);
		mailbox_run(&loops[i]);
		loop_view_clear(&loops[i]);
		mailbox_close(&loops[i].mailbox);
	}
	assert_int_equal(released(13), 1);
	assert_int_equal(released(14), 0);
	publisher_free(&back->app);
	assert_int_equal(released(14), 1);
	back->runtime.loop_count = 0;
	back->runtime.loops = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_source),           cmocka_unit_test(test_first_view_fails),
		cmocka_unit_test(test_readers_hold),        cmocka_unit_test(test_rate),
		cmocka_unit_test(test_loops_get_each_view),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
