/*
 * Processes for what must not happen in this one: the program starts itself with a hidden command,
 * gives it bytes as standard input and reads what it writes. The child inherits no descriptor but
 * those and no environment; it is killed at its deadline, or when it writes more than is wanted. At
 * most CHILDREN_MAX run at once, so that their memory has a ceiling; whoever comes later waits.
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

enum { PIECE = 64 * 1024, WAIT_NS = 10000000 };

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
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
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

/* Until the child has closed its end. False: its time is over, or it says too much. */
static bool output_read(int fd, int64_t deadline, struct buffer *out)
{
	char piece[PIECE];

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left_ms = (deadline - clock_monotonic()) / 1000;

		if (left_ms <= 0 || out->failed)
			return false;
		if (poll(&wait, 1, (int)(left_ms > 1000 ? 1000 : left_ms)) <= 0)
			continue;
		ssize_t size = read(fd, piece, sizeof(piece));
		if (size == 0)
			return true;
		if (size < 0 && errno != EINTR)
			return false;
		if (size > 0)
			buffer_add(out, (struct text){ piece, (size_t)size });
	}
}

static bool ended_well(pid_t pid, bool heard)
{
	int status = 0;

	if (!heard)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return heard && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static enum err run_it(const char *command, int input, int64_t limit_us, struct buffer *out,
		       bool *well)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_BUSY;
	bool begun = spawn(command, input, ends[1], &pid);
	close(ends[1]);
	if (begun)
		*well = ended_well(pid, output_read(ends[0], clock_monotonic() + limit_us, out));
	close(ends[0]);
	return begun ? OK : ERR_BUSY;
}

enum err child_run(struct app *app, const char *command, struct text input, int64_t limit_us,
		   struct buffer *out, bool *well)
{
	enum err e = place_take(app);

	*well = false;
	if (e)
		return e;
	int fd = input_make(input);
	e = fd < 0 ? ERR_MEMORY : run_it(command, fd, limit_us, out, well);
	if (fd >= 0)
		close(fd);
	place_give(app);
	return e;
}
