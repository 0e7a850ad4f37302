/* Queues and mailboxes: their bounds, their order, and that nobody sleeps while there is work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* base has its own */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>

#include "../../src/run/run_private.h"

enum { PUTTERS = 3, TAKERS = 4, EACH = 20000 };

struct item {
	struct queue_link link;
	int number;
};

static void a_full_queue_refuses(void **state)
{
	struct item items[4] = {
		{ .number = 0 }, { .number = 1 }, { .number = 2 }, { .number = 3 }
	};
	struct queue queue;

	(void)state;
	queue_init(&queue, 3);
	for (int i = 0; i < 4; i++)
		assert_int_equal(queue_put(&queue, &items[i].link), i < 3);
	assert_int_equal(queue_count(&queue), 3);
	assert_int_equal(queue_refused(&queue), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(((struct item *)queue_take(&queue))->number, i);
	assert_true(queue_put(&queue, &items[3].link));
	queue_close(&queue);
	assert_false(queue_put(&queue, &items[0].link));
	assert_int_equal(((struct item *)queue_take(&queue))->number, 3);
	assert_null(queue_take(&queue));
	queue_destroy(&queue);
}

static bool is_small(void *context, struct queue_link *link)
{
	return ((struct item *)link)->number <= *(int *)context;
}

static void only_what_fits_is_taken(void **state)
{
	struct item items[2] = { { .number = 1 }, { .number = 5 } };
	struct queue queue;
	int limit = 3;

	(void)state;
	queue_init(&queue, 3);
	assert_null(queue_try(&queue, is_small, &limit));
	assert_true(queue_put(&queue, &items[0].link));
	assert_true(queue_put(&queue, &items[1].link));
	assert_ptr_equal(queue_try(&queue, is_small, &limit), &items[0].link);
	assert_null(queue_try(&queue, is_small, &limit));
	assert_ptr_equal(queue_take(&queue), &items[1].link);
	queue_destroy(&queue);
}

/* ---- many threads --------------------------------------------------------------------- */

struct traffic {
	struct queue queue;
	atomic_long sum, taken;
};

static void *putter(void *arg)
{
	struct traffic *traffic = arg;

	for (int i = 1; i <= EACH; i++) {
		struct item *item = memory_take(sizeof(*item));

		item->number = i;
		while (!queue_put(&traffic->queue, &item->link))
			sched_yield();
	}
	return NULL;
}

static void *taker(void *arg)
{
	struct traffic *traffic = arg;
	struct queue_link *link;

	while ((link = queue_take(&traffic->queue))) {
		atomic_fetch_add(&traffic->sum, ((struct item *)link)->number);
		atomic_fetch_add(&traffic->taken, 1);
		memory_free(link);
	}
	return NULL;
}

static void everything_put_is_taken_once(void **state)
{
	static struct traffic traffic;
	pthread_t putters[PUTTERS], takers[TAKERS];

	(void)state;
	queue_init(&traffic.queue, 16);
	for (int i = 0; i < TAKERS; i++)
		assert_true(thread_start(&takers[i], "taker", taker, &traffic));
	for (int i = 0; i < PUTTERS; i++)
		assert_true(thread_start(&putters[i], "putter", putter, &traffic));
	for (int i = 0; i < PUTTERS; i++)
		pthread_join(putters[i], NULL);
	queue_close(&traffic.queue);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(takers[i], NULL);
	assert_int_equal(atomic_load(&traffic.taken), PUTTERS * EACH);
	assert_int_equal(atomic_load(&traffic.sum), (long)PUTTERS * EACH * (EACH + 1) / 2);
	queue_destroy(&traffic.queue);
}

/* Two are put while both takers sleep: both must wake, though only one put signals. */
static void a_taker_wakes_the_next(void **state)
{
	static struct traffic traffic;
	pthread_t takers[TAKERS];

	(void)state;
	queue_init(&traffic.queue, 16);
	for (int i = 0; i < TAKERS; i++)
		assert_true(thread_start(&takers[i], "taker", taker, &traffic));
	for (int round = 0; round < 200; round++) {
		long before = atomic_load(&traffic.taken);

		for (int i = 0; i < 5; i++)
			assert_true(queue_put(&traffic.queue, memory_take(sizeof(struct item))));
		int64_t give_up = clock_monotonic() + 10 * SECOND_US;
		while (atomic_load(&traffic.taken) < before + 5)
			assert_true(clock_monotonic() < give_up);
	}
	queue_close(&traffic.queue);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(takers[i], NULL);
	queue_destroy(&traffic.queue);
}

/* ---- mailboxes --------------------------------------------------------------------------- */

struct post {
	struct app app;
	struct runtime runtime;
	struct loop loop;
	long got;
	int last[PUTTERS];
	bool ordered;
};

struct note {
	struct post *post;
	int sender, number;
};

static void note_run(struct loop *loop, void *arg)
{
	struct note *note = arg;
	struct post *post = note->post;

	assert_ptr_equal(loop, &post->loop);
	post->ordered = post->ordered && note->number == post->last[note->sender] + 1;
	post->last[note->sender] = note->number;
	post->got++;
	memory_free(note);
}

struct sender {
	struct post *post;
	int number;
};

static void *send_notes(void *arg)
{
	struct sender *sender = arg;

	for (int i = 1; i <= EACH; i++) {
		struct note *note = memory_take(sizeof(*note));

		*note = (struct note){ sender->post, sender->number, i };
		if (!loop_post(&sender->post->app, 0, note_run, note))
			abort();
	}
	return NULL;
}

static void messages_arrive_in_order_and_wake_once(void **state)
{
	static struct post post;
	struct sender senders[PUTTERS];
	pthread_t threads[PUTTERS];
	struct pollfd mail;

	(void)state;
	post = (struct post){ .ordered = true };
	post.app.runtime = &post.runtime;
	post.runtime.loops = &post.loop;
	post.runtime.loop_count = 1;
	mailbox_open(&post.loop.mailbox);
	mail = (struct pollfd){ .fd = post.loop.mailbox.descriptor, .events = POLLIN };
	assert_int_equal(poll(&mail, 1, 0), 0);
	for (int i = 0; i < PUTTERS; i++) {
		senders[i] = (struct sender){ &post, i };
		assert_true(thread_start(&threads[i], "sender", send_notes, &senders[i]));
	}
	while (post.got < (long)PUTTERS * EACH) {
		assert_int_equal(poll(&mail, 1, 10000), 1);
		mailbox_run(&post.loop);
	}
	for (int i = 0; i < PUTTERS; i++)
		pthread_join(threads[i], NULL);
	assert_true(post.ordered);
	mailbox_run(&post.loop);
	assert_int_equal(poll(&mail, 1, 0), 0);
	mailbox_close(&post.loop.mailbox);
}

/* As when the start fails behind the opening of loops: told to end, they never turn. */
static void a_loop_that_never_turned_takes_its_mail_at_the_end(void **state)
{
	static struct post post;
	struct loop *loop = &post.loop;
	struct route_table none = { NULL, 0 };
	struct site *site = site_new(&none, 1);
	int64_t until = clock_monotonic();

	(void)state;
	post = (struct post){ 0 };
	assert_non_null(site);
	assert_true(loop_open(loop, &post.app, 0, site, &http_limits_standard));
	loop->drain = (struct message){ .run = loop_drain, .arg = &until };
	loop_send(loop, &loop->drain);
	loop_close(loop);
	assert_true(loop->draining);
	site_free(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(only_what_fits_is_taken),
		cmocka_unit_test(everything_put_is_taken_once),
		cmocka_unit_test(a_taker_wakes_the_next),
		cmocka_unit_test(messages_arrive_in_order_and_wake_once),
		cmocka_unit_test(a_loop_that_never_turned_takes_its_mail_at_the_end),
	};

	return cmocka_run_group_tests_name("queues", tests, NULL, NULL);
}
