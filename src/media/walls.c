/*
 * What a process that decodes foreign bytes may do: use a bounded amount of memory and time, read
 * and write what it was given, and end. No file, no socket, no other process; anything else kills
 * it. Sanitizers map terabytes and make calls of their own, so that under them only the time is
 * bounded.
 */
#include "media_rows.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { CPU_SECONDS = 10, CPU_SECONDS_SANITIZED = 60 };
/* The coefficients of a progressive JPEG of 40 megapixels are 240 MB, four inks 320. */
#define MEMORY_MAX MIB(512)

static bool limit_between(__rlimit_resource_t what, size_t most, size_t hard)
{
	struct rlimit rows = { .rlim_cur = most, .rlim_max = hard };

	return setrlimit(what, &rows) == 0;
}

static bool limit(__rlimit_resource_t what, size_t most)
{
	return limit_between(what, most, most);
}

static bool limits_set(void)
{
	size_t seconds = SANITIZED ? CPU_SECONDS_SANITIZED : CPU_SECONDS;
	/* the first limit says by its signal what it was; the hard one would kill as anybody can */
	bool set = limit_between(RLIMIT_CPU, seconds, seconds + 1) && limit(RLIMIT_FSIZE, 0) &&
		   limit(RLIMIT_CORE, 0);

	if (SANITIZED)
		return set;
	return set && limit(RLIMIT_AS, MEMORY_MAX) && limit(RLIMIT_DATA, MEMORY_MAX) &&
	       limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_MEMLOCK, 0);
}

static bool calls_filter(void)
{
	static const int allowed[] = {
		SCMP_SYS(read),      SCMP_SYS(write),        SCMP_SYS(mmap),
		SCMP_SYS(munmap),    SCMP_SYS(mremap),       SCMP_SYS(mprotect),
		SCMP_SYS(brk),       SCMP_SYS(madvise),      SCMP_SYS(futex),
		SCMP_SYS(exit),      SCMP_SYS(exit_group),   SCMP_SYS(clock_gettime),
		SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool good = filter != NULL;

	for (size_t i = 0; i < COUNT_OF(allowed) && good; i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	good = good && seccomp_load(filter) == 0;
	if (filter)
		seccomp_release(filter);
	return good;
}

bool walls_raise(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_DUMPABLE, SANITIZED, 0, 0, 0) != 0)
		return false;
	return limits_set() && (SANITIZED || calls_filter());
}
