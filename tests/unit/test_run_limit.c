/* The limiter: quotas used at once and coming back, clients apart, what it says of itself, and
 * threads that ask at once. Time is an argument here: nothing waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* base has its own */

#include "../../src/run/run_private.h"

enum { QUOTA = 60, START_US = 1000 * SECOND_US };

static struct limiter *limiter_of(int64_t per_address, int64_t per_user)
{
	struct run_settings settings = { .rate_per_address = { [RATE_READ] = per_address },
					 .rate_per_user = { [RATE_READ] = per_user } };
	struct limiter *limiter = limiter_new(&settings);

	assert_non_null(limiter);
	return limiter;
}

static struct limit_answer ask_as(struct limiter *limiter, uint64_t client, int64_t now)
{
	uint8_t key[LIMIT_KEY_SIZE] = { 0 };

	memcpy(key, &client, sizeof(client));
	return limiter_ask(limiter, LIMIT_BY_ADDRESS, RATE_READ, key, now);
}

/* How many of @count requests at once are let through. */
static int let_through(struct limiter *limiter, uint64_t client, int count, int64_t now)
{
	int through = 0;

	for (int i = 0; i < count; i++)
		through += !ask_as(limiter, client, now).over;
	return through;
}

/* Key and bytes 0, 1, 2 …, as in the reference. */
static void the_hash_is_siphash(void **state)
{
	const uint64_t key[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
	uint8_t bytes[LIMIT_KEY_SIZE];

	(void)state;
	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	assert_int_equal(siphash(key, bytes), UINT64_C(0x3f2acc7f57c29bdb));
}

static void a_quota_may_be_used_at_once_and_comes_back(void **state)
{
	struct limiter *limiter = limiter_of(QUOTA, 0);
	int64_t now = START_US;

	(void)state;
	for (int i = 0; i < QUOTA; i++) {
		struct limit_answer answer = ask_as(limiter, 7, now);

		assert_true(answer.told && !answer.over);
		assert_int_equal(answer.left, QUOTA - 1 - i);
		assert_int_equal(answer.full_us, (i + 1) * SECOND_US);
	}
	struct limit_answer refused = ask_as(limiter, 7, now + 1);
	assert_true(refused.over);
	assert_int_equal(refused.left, 0);
	assert_int_equal(refused.wait_us, SECOND_US - 1);
	assert_int_equal(limiter_refused(limiter, LIMIT_BY_ADDRESS, RATE_READ), 1);
	/* refusals cost nothing: what was said holds */
	assert_int_equal(let_through(limiter, 7, 100, now + 1), 0);
	assert_true(ask_as(limiter, 7, now + SECOND_US - 1).over);
	assert_int_equal(let_through(limiter, 7, 3, now + SECOND_US), 1);
	assert_int_equal(let_through(limiter, 7, 100, now + 11 * SECOND_US), 10);
	assert_int_equal(let_through(limiter, 7, 100, now + 500 * SECOND_US), QUOTA);
	limiter_free(limiter);
}

/* Whatever the quota, that many and no more. */
static void quotas_are_exact(void **state)
{
	static const int quotas[] = { 1, 2, 3, 7, 1200, 7000, 59000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(quotas); i++) {
		struct limiter *limiter = limiter_of(quotas[i], 0);

		assert_int_equal(ask_as(limiter, 1, START_US).left, quotas[i] - 1);
		assert_int_equal(let_through(limiter, 1, quotas[i] + 100, START_US), quotas[i] - 1);
		limiter_free(limiter);
	}
}

static void what_has_no_limit_is_not_told(void **state)
{
	struct limiter *limiter = limiter_of(QUOTA, 0);
	uint8_t key[LIMIT_KEY_SIZE] = { 0 };

	(void)state;
	for (int i = 0; i < 2 * QUOTA; i++) {
		assert_false(limiter_ask(limiter, LIMIT_BY_USER, RATE_READ, key, START_US).told);
		assert_false(
			limiter_ask(limiter, LIMIT_BY_ADDRESS, RATE_BY_METHOD, key, START_US).told);
		assert_false(
			limiter_ask(limiter, LIMIT_BY_ADDRESS, RATE_LOGIN, key, START_US).told);
	}
	limiter_free(limiter);
}

/* A thousand clients at their limit: a hundred thousand others, of whom each asks once, are next to
 * never refused: 1.4 of them by the bound. */
static void others_are_not_refused_for_them(void **state)
{
	struct limiter *limiter = limiter_of(QUOTA, 0);
	int refused = 0;

	(void)state;
	for (uint64_t client = 0; client < 1000; client++)
		let_through(limiter, client, QUOTA + 1, START_US);
	for (uint64_t client = 1000; client < 101000; client++)
		refused += ask_as(limiter, client, START_US).over;
	assert_true(refused < 100);
	/* and in a minute all is forgotten, however often a slot was shared */
	for (uint64_t client = 0; client < 1000; client++)
		assert_int_equal(let_through(limiter, client, 1, START_US + 61 * SECOND_US), 1);
	limiter_free(limiter);
}

static void what_clients_are_told(void **state)
{
	struct run_settings settings = {
		.rate_per_address = { [RATE_PUBLIC] = 12000,
				      [RATE_READ] = 6000,
				      [RATE_APPLICATION] = INT64_C(6000000) },
		.rate_per_user = { [RATE_READ] = 1200, [RATE_APPLICATION] = INT64_C(6000000) },
	};
	struct limiter *limiter = limiter_new(&settings);
	const struct limit_answer none[2] = { 0 };
	const struct limit_answer one[2] = { { .told = true, .left = 11999, .full_us = 5000 } };
	const struct limit_answer both[2] = { { .told = true, .left = 5, .full_us = 59000001 },
					      { .told = true, .left = 0, .full_us = 60000000 } };
	const struct limit_answer user[2] = { [1] = { .told = true, .left = 7, .full_us = 1 } };
	char room[LIMIT_ROOM];

	(void)state;
	assert_non_null(limiter);
	assert_null(limit_lines(limiter, RATE_PUBLIC, none, room).at);
	assert_true(text_is(limit_lines(limiter, RATE_PUBLIC, one, room),
			    "RateLimit-Policy: \"public\";q=12000;w=60\r\n"
			    "RateLimit: \"public\";r=11999;t=1\r\n"));
	assert_true(text_is(limit_lines(limiter, RATE_READ, both, room),
			    "RateLimit-Policy: \"read\";q=6000;w=60, \"read-user\";q=1200;w=60\r\n"
			    "RateLimit: \"read\";r=5;t=60, \"read-user\";r=0;t=60\r\n"));
	assert_true(text_is(limit_lines(limiter, RATE_READ, user, room),
			    "RateLimit-Policy: \"read-user\";q=1200;w=60\r\n"
			    "RateLimit: \"read-user\";r=7;t=1\r\n"));
	/* the longest there can be */
	const struct limit_answer longest[2] = {
		{ .told = true, .left = INT64_MAX, .full_us = INT64_MAX / 2 },
		{ .told = true, .left = INT64_MAX, .full_us = INT64_MAX / 2 },
	};
	assert_true(limit_lines(limiter, RATE_APPLICATION, longest, room).size <= LIMIT_ROOM);
	limiter_free(limiter);
}

/* ---- threads ---- */

enum { THREADS = 8, ASKS = 20000, CLIENTS = 3, LARGE = 30000 };

struct asker {
	struct limiter *limiter;
	pthread_t thread;
	int through[CLIENTS];
};

static void *ask_often(void *arg)
{
	struct asker *asker = arg;

	for (int i = 0; i < ASKS; i++) {
		for (uint64_t client = 0; client < CLIENTS; client++)
			asker->through[client] += !ask_as(asker->limiter, client, START_US).over;
	}
	return NULL;
}

/* No request is lost on the way: at one instant a quota is given out once, and beyond it at most
 * one more a thread. */
static void threads_share_a_quota(void **state)
{
	struct limiter *limiter = limiter_of(LARGE, 0);
	struct asker askers[THREADS] = { 0 };

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		askers[i].limiter = limiter;
		assert_true(thread_start(&askers[i].thread, "asker", ask_often, &askers[i]));
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(askers[i].thread, NULL);
	for (size_t client = 0; client < CLIENTS; client++) {
		int through = 0;

		for (size_t i = 0; i < THREADS; i++)
			through += askers[i].through[client];
		assert_in_range(through, LARGE, LARGE + THREADS);
	}
	assert_in_range(limiter_refused(limiter, LIMIT_BY_ADDRESS, RATE_READ),
			CLIENTS * (THREADS * ASKS - LARGE - THREADS),
			CLIENTS * (THREADS * ASKS - LARGE));
	limiter_free(limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash),
		cmocka_unit_test(a_quota_may_be_used_at_once_and_comes_back),
		cmocka_unit_test(quotas_are_exact),
		cmocka_unit_test(what_has_no_limit_is_not_told),
		cmocka_unit_test(others_are_not_refused_for_them),
		cmocka_unit_test(what_clients_are_told),
		cmocka_unit_test(threads_share_a_quota),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
