/*
 * Spoken numbers. A process reserves them a thousand at a time, on a connection and in a
 * transaction of their own, so that no order waits for another order's number; what is reserved and
 * never used is a gap, which nobody minds. One lock over all kinds: a reservation is one statement
 * in a thousand orders.
 */
#include "background.h"

enum { NUMBERS_RESERVED = 1000 };

static const char *const number_names[] = {
	[NUMBER_PURCHASE_ORDER] = "purchase_order",
	[NUMBER_SUPPLY_ORDER] = "supply_order",
	[NUMBER_SKU] = "sku",
	[NUMBER_STATEMENT] = "statement",
	[NUMBER_PAYMENT_CODE] = "payment_code",
	[NUMBER_APPLICATION] = "application",
};
_Static_assert(COUNT_OF(number_names) == NUMBER_KIND_COUNT, "every kind has its row");

/* From @next up to, but not with, @end. */
struct range {
	int64_t next, end;
};
struct numbers {
	pthread_mutex_t mutex; /* over all below */
	struct db *db;
	struct range ranges[NUMBER_KIND_COUNT];
};

bool numbers_start(struct app *app)
{
	struct numbers *numbers = memory_take(sizeof(*numbers));

	if (!numbers)
		return false;
	pthread_mutex_init(&numbers->mutex, NULL);
	numbers->db = db_new(app->database, &app->log);
	app->runtime->numbers = numbers;
	return numbers->db != NULL;
}

void numbers_free(struct app *app)
{
	struct numbers *numbers = app->runtime->numbers;

	if (!numbers)
		return;
	db_free(numbers->db);
	pthread_mutex_destroy(&numbers->mutex);
	memory_free(numbers);
	app->runtime->numbers = NULL;
}

/* What was left of the old range is a gap: the numbers of one call stand together. */
static enum err range_renew(struct numbers *numbers, enum number_kind kind, int64_t count)
{
	int64_t reserved = count > NUMBERS_RESERVED ? count : NUMBERS_RESERVED;
	struct range *range = &numbers->ranges[kind];
	int64_t first;
	enum err e = number_reserve(numbers->db, number_names[kind], reserved, &first);

	/* A connection that broke after the UPDATE has reserved a gap: taking another range is
	 * always right. */
	if (e == ERR_DB_GONE)
		e = number_reserve(numbers->db, number_names[kind], reserved, &first);
	if (e)
		return e;
	*range = (struct range){ .next = first, .end = first + reserved };
	return OK;
}

enum err numbers_take(struct app *app, enum number_kind kind, size_t count, int64_t *first)
{
	struct numbers *numbers = app->runtime->numbers;
	struct range *range = &numbers->ranges[kind];
	enum err e = OK;

	assert(kind < NUMBER_KIND_COUNT && count > 0);
	pthread_mutex_lock(&numbers->mutex);
	if (range->end - range->next < (int64_t)count)
		e = range_renew(numbers, kind, (int64_t)count);
	if (!e) {
		*first = range->next;
		range->next += (int64_t)count;
	}
	pthread_mutex_unlock(&numbers->mutex);
	return e;
}
