/*
 * Processes for what must not happen in this one: the program starts itself with a hidden command,
 * gives it bytes as standard input and reads what it writes. The child inherits no descriptor but
 * those and no environment; it is killed at its deadline, or when it writes more than is wanted. At
 * most CHILDREN_MAX run at once, so that their memory has a ceiling; whoever comes later waits.
 *
 * It stands in a process group of its own, so that what a terminal or a supervisor sends to the
 * group of the program does not reach it, and its end tells whether its input or the world was to
 * blame.
 */
#include "run_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, WAIT_NS = 10000000, LOOK_MS = 500 };

/* ---- a place ---- */

static enum err place_take(struct app *app)
{
	const struct timespec pause = { .tv_nsec = WAIT_NS };

	if (!app->runtime)
		return OK;
	while (atomic_fetch_add(&app->runtime->children, 1) >= CHILDREN_MAX) {
		atomic_fetch_sub(&app->runtime->children, 1);
		if (atomic_load(&app->runtime->stopping))
			return ERR_BUSY;
		nanosleep(&pause, NULL);
	}
	return OK;
}

static void place_give(struct app *app)
{
	if (app->runtime)
		atomic_fetch_sub(&app->runtime->children, 1);
}

/* ---- its input ---- */

static bool write_all(int fd, struct text bytes)
{
	for (size_t at = 0; at < bytes.size;) {
		ssize_t size = write(fd, bytes.at + at, bytes.size - at);

		if (size < 0 && errno != EINTR)
			return false;
		at += size > 0 ? (size_t)size : 0;
	}
	return lseek(fd, 0, SEEK_SET) == 0;
}

/* A file without a name: the child reads it when it wants, and nobody waits for it to do so. */
static int input_make(struct text bytes)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || write_all(fd, bytes))
		return fd;
	close(fd);
	return -1;
}

/* ---- the process ---- */

static bool spawn(const char *command, int input, int output, pid_t *pid)
{
	char program[] = "/proc/self/exe", name[] = "xiangcai", word[32];
	char *const arguments[] = { name, word, NULL };
	char *const environment[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;

	snprintf(word, sizeof(word), "%s", command);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	int failed = posix_spawn(pid, program, &files, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return !failed;
}

enum heard {
	HEARD_ALL,      /* it closed its end */
	HEARD_TOO_MUCH, /* its time is over, or it says more than is wanted */
	HEARD_STOP      /* the program stops */
};

static enum heard output_read(const struct app *app, int fd, int64_t deadline, struct buffer *out)
{
	char piece[PIECE];

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left_ms = (deadline - clock_monotonic()) / 1000;

		if (app->runtime && atomic_load(&app->runtime->stopping))
			return HEARD_STOP;
		if (left_ms <= 0 || out->failed)
			return HEARD_TOO_MUCH;
		if (poll(&wait, 1, (int)(left_ms > LOOK_MS ? LOOK_MS : left_ms)) <= 0)
			continue;
		ssize_t size = read(fd, piece, sizeof(piece));
		if (size == 0)
			return HEARD_ALL;
		if (size < 0 && errno != EINTR)
			return HEARD_STOP;
		if (size > 0)
			buffer_add(out, (struct text){ piece, (size_t)size });
	}
}

/* A signal that a process brings upon itself, by what it computes or takes. */
static bool is_own_fault(int signal)
{
	static const int faults[] = { SIGXCPU, SIGXFSZ, SIGSYS, SIGSEGV, SIGBUS,
				      SIGABRT, SIGILL,  SIGFPE, SIGTRAP };
	bool is = false;

	for (size_t i = 0; i < COUNT_OF(faults); i++)
		is |= signal == faults[i];
	return is;
}

static struct child_end end_of(int status, enum heard heard)
{
	if (heard != HEARD_ALL)
		return (struct child_end){ .how = heard == HEARD_STOP ? CHILD_STOPPED
								      : CHILD_KILLED,
					   .number = SIGKILL };
	if (WIFEXITED(status))
		return (struct child_end){ .how = CHILD_EXITED, .number = WEXITSTATUS(status) };
	return (struct child_end){ .how = is_own_fault(WTERMSIG(status)) ? CHILD_KILLED
									 : CHILD_STOPPED,
				   .number = WTERMSIG(status) };
}

static struct child_end end_wait(pid_t pid, enum heard heard)
{
	int status = 0;

	if (heard != HEARD_ALL)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return (struct child_end){ .how = CHILD_STOPPED };
	return end_of(status, heard);
}

static enum err run_it(struct app *app, const char *command, int input, int64_t limit_us,
		       struct buffer *out, struct child_end *end)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_BUSY;
	bool begun = spawn(command, input, ends[1], &pid);
	close(ends[1]);
	if (begun)
		*end = end_wait(pid, output_read(app, ends[0], clock_monotonic() + limit_us, out));
	close(ends[0]);
	return begun ? OK : ERR_BUSY;
}

enum err child_run(struct app *app, const char *command, struct text input, int64_t limit_us,
		   struct buffer *out, struct child_end *end)
{
	enum err e = place_take(app);

	*end = (struct child_end){ .how = CHILD_STOPPED };
	if (e)
		return e;
	int fd = input_make(input);
	e = fd < 0 ? ERR_MEMORY : run_it(app, command, fd, limit_us, out, end);
	if (fd >= 0)
		close(fd);
	place_give(app);
	return e;
}
