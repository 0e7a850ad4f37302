/*
 * What stands around whoever decodes foreign bytes: a process that tries to leave is gone, and one
 * that only computes, reads and writes ends as it should. Sanitizers leave only the limits of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/media/media_rows.h"

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

enum { FINE = 7, NO_WALLS = 8 };

static void opens(void)
{
	(void)open("/etc/hostname", O_RDONLY);
}

static void connects(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void forks(void)
{
	(void)fork();
}

static void executes(void)
{
	char program[] = "/bin/true", *arguments[] = { program, NULL };

	execv(program, arguments);
}

static void signals_others(void)
{
	kill(getppid(), 0);
}

static void computes(void)
{
	void *some = memory_take(MIB(100));

	if (!some)
		_exit(NO_WALLS);
	memset(some, 1, MIB(100));
	memory_free(some);
}

/* More memory than there may be is not given, and nothing else happens. */
static void takes_much(void)
{
	void *much = memory_take(MIB(600));

	if (much)
		_exit(NO_WALLS);
}

/* The status of a process that did @act behind walls. */
static int behind_walls(void (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!walls_raise())
			_exit(NO_WALLS);
		act();
		_exit(FINE);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_leaving(void **state)
{
	void (*const acts[])(void) = { opens, connects, forks, executes, signals_others };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(acts) && !SANITIZED; i++) {
		int status = behind_walls(acts[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void test_working(void **state)
{
	int status = behind_walls(computes);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
	status = SANITIZED ? status : behind_walls(takes_much);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_working),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
