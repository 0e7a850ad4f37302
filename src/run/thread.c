/*
 * How threads begin and wait. Signals are for the main thread alone, so every other thread is born
 * with all of them blocked; waits go by the monotonic clock, so that a set clock neither hurries
 * nor stops anybody.
 */
#include <signal.h>
#include <time.h>

#include "run_private.h"

bool thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	char shown[16];

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return false;
	snprintf(shown, sizeof(shown), "%.15s", name);
	pthread_setname_np(*thread, shown);
	return true;
}

void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	int failed = pthread_cond_init(condition, &attributes);
	assert(!failed);
	pthread_condattr_destroy(&attributes);
}

struct timespec deadline_after(int64_t wait_us)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t nanoseconds = now.tv_nsec + wait_us % SECOND_US * 1000;
	now.tv_sec += (time_t)(wait_us / SECOND_US + nanoseconds / 1000000000);
	now.tv_nsec = (long)(nanoseconds % 1000000000);
	return now;
}
