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

/* ---- how children end ---- */

static void is_leader(void)
{
	_exit(getpgrp() == getpid() ? FINE : 1);
}

static void interrupted(void)
{
	raise(SIGINT);
}

static void terminated(void)
{
	raise(SIGTERM);
}

static void hung_up(void)
{
	raise(SIGHUP);
}

static void killed(void)
{
	raise(SIGKILL);
}

static void breaks(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void runs_out(void)
{
	raise(SIGXCPU);
}

static void forbidden(void)
{
	raise(SIGSYS);
}

static void without_walls(void)
{
	_exit(THUMBNAIL_NO_WALLS);
}

static void chatters(void)
{
	char piece[1000] = "";

	while (write(STDOUT_FILENO, piece, sizeof(piece)) > 0)
		;
}

static void sleeps(void)
{
	for (;;)
		pause();
}

static const struct act {
	const char *command;
	void (*act)(void);
	int how, number;
	enum err told;
} child_acts[] = {
	{ "leader", is_leader, CHILD_EXITED, FINE, ERR_BUSY },
	{ "interrupted", interrupted, CHILD_STOPPED, SIGINT, ERR_BUSY },
	{ "terminated", terminated, CHILD_STOPPED, SIGTERM, ERR_BUSY },
	{ "hung up", hung_up, CHILD_STOPPED, SIGHUP, ERR_BUSY },
	{ "killed", killed, CHILD_STOPPED, SIGKILL, ERR_BUSY },
	{ "breaks", breaks, CHILD_KILLED, SIGSEGV, ERR_IMAGE_COST },
	{ "runs out", runs_out, CHILD_KILLED, SIGXCPU, ERR_IMAGE_COST },
	{ "forbidden", forbidden, CHILD_KILLED, SIGSYS, ERR_IMAGE_COST },
	{ "without walls", without_walls, CHILD_EXITED, THUMBNAIL_NO_WALLS, ERR_BUSY },
	{ "chatters", chatters, CHILD_KILLED, SIGKILL, ERR_IMAGE_COST },
	{ "sleeps", sleeps, CHILD_KILLED, SIGKILL, ERR_IMAGE_COST },
};

/* Only what the child does itself is the picture's fault: nobody's signal refuses it for ever. */
static void test_ends(void **state)
{
	struct app app = { .log = { .level = LOG_ERROR } };

	(void)state;
	app.log.clock = &app.clock;
	app.log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < COUNT_OF(child_acts); i++) {
		const struct act *act = &child_acts[i];
		struct buffer answer = { .max = 10000 };
		struct child_end end;

		assert_int_equal(child_run(&app, act->command, TEXT("x"), SECOND_US, &answer, &end),
				 OK);
		print_message("%s\n", act->command);
		assert_int_equal(end.how, act->how);
		assert_int_equal(end.number, act->number);
		assert_int_equal(thumbnail_end(&app, &end), act->told);
		buffer_free(&answer);
	}
	close(app.log.fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_working),
	};

	for (size_t i = 0; i < COUNT_OF(child_acts) && argc == 2; i++)
		if (strcmp(argv[1], child_acts[i].command) == 0)
			child_acts[i].act();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
