/* The program's clock: the kernel's, moved or held still for tests and demonstrations. */
#include "xiangcai/base.h"

#include <time.h>

static int64_t read_clock(clockid_t which)
{
	struct timespec now;
	int failed = clock_gettime(which, &now);

	assert(!failed);
	return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_now(const struct clock *clock)
{
	return clock->fixed_us ? clock->fixed_us : read_clock(CLOCK_REALTIME) + clock->shift_us;
}

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
