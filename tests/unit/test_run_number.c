/* Spoken numbers: no repeats from any thread or process, whatever the counts; a thousand for one
 * statement. */
#include "test_back_fixture.h"

#include <pthread.h>

static const struct sql next_order = {
	"SELECT next FROM number_range WHERE name = 'purchase_order'"
};
static const struct sql drop_sku = { "DELETE FROM number_range WHERE name = 'sku'" };

static int64_t take(struct back *back, enum number_kind kind, size_t count)
{
	int64_t first = 0;

	assert_int_equal(numbers_take(&back->app, kind, count, &first), OK);
	return first;
}

static void test_ranges(void **state)
{
	struct back *back = *state;
	int64_t start = number(back->db, &next_order);

	assert_true(numbers_start(&back->app));
	assert_int_equal(take(back, NUMBER_PURCHASE_ORDER, 1), start);
	assert_int_equal(take(back, NUMBER_PURCHASE_ORDER, 998), start + 1);
	assert_int_equal(number(back->db, &next_order), start + 1000);
	/* two do not fit into the one that is left */
	assert_int_equal(take(back, NUMBER_PURCHASE_ORDER, 2), start + 1000);
	assert_int_equal(take(back, NUMBER_PURCHASE_ORDER, 2500), start + 2000);
	assert_int_equal(take(back, NUMBER_PURCHASE_ORDER, 1), start + 4500);
	assert_int_equal(take(back, NUMBER_PAYMENT_CODE, 1), 100000001);
	numbers_free(&back->app);
}

static void test_another_process_begins_behind(void **state)
{
	struct back *back = *state;

	assert_true(numbers_start(&back->app));
	int64_t first = take(back, NUMBER_STATEMENT, 1);
	numbers_free(&back->app);
	assert_true(numbers_start(&back->app));
	assert_int_equal(take(back, NUMBER_STATEMENT, 1), first + 1000);
	numbers_free(&back->app);
}

static void test_unknown_range(void **state)
{
	struct back *back = *state;
	int64_t first;

	run(back->db, &drop_sku);
	assert_true(numbers_start(&back->app));
	assert_int_equal(numbers_take(&back->app, NUMBER_SKU, 1, &first), ERR_DB_BROKEN);
	numbers_free(&back->app);
}

enum { TAKERS = 4, TAKES = 2000 };
struct taker {
	pthread_t thread;
	struct app *app;
	int64_t first[TAKES];
};

static void *taker_main(void *arg)
{
	struct taker *taker = arg;

	for (size_t i = 0; i < TAKES; i++)
		if (numbers_take(taker->app, NUMBER_SUPPLY_ORDER, 1 + i % 7, &taker->first[i]))
			taker->first[i] = -1;
	return NULL;
}

static void test_threads(void **state)
{
	static struct taker takers[TAKERS];
	static uint8_t seen[TAKERS * TAKES * 8];
	struct back *back = *state;

	assert_true(numbers_start(&back->app));
	int64_t base = take(back, NUMBER_SUPPLY_ORDER, 1);
	for (size_t t = 0; t < TAKERS; t++) {
		takers[t].app = &back->app;
		assert_int_equal(pthread_create(&takers[t].thread, NULL, taker_main, &takers[t]),
				 0);
	}
	for (size_t t = 0; t < TAKERS; t++)
		pthread_join(takers[t].thread, NULL);
	for (size_t t = 0; t < TAKERS; t++)
		for (size_t i = 0; i < TAKES; i++)
			for (size_t n = 0; n < 1 + i % 7; n++) {
				int64_t at = takers[t].first[i] + (int64_t)n - base;
				assert_in_range(at, 1, sizeof(seen) - 1);
				assert_int_equal(seen[at]++, 0);
			}
	numbers_free(&back->app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_another_process_begins_behind),
		cmocka_unit_test(test_unknown_range),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, back_start, back_stop);
}
