/*
 * Messages to a loop: a list under a mutex and an eventfd that wakes the loop. The descriptor is
 * written only when the box was empty, since the loop takes all that is there at once; so many
 * replies that come together cost one wake-up.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "run_private.h"

void mailbox_open(struct mailbox *mailbox)
{
	*mailbox = (struct mailbox){ .descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	pthread_mutex_init(&mailbox->mutex, NULL);
}

void mailbox_close(struct mailbox *mailbox)
{
	assert(!mailbox->first);
	if (mailbox->descriptor >= 0)
		close(mailbox->descriptor);
	pthread_mutex_destroy(&mailbox->mutex);
}

void loop_send(struct loop *loop, struct message *message)
{
	struct mailbox *mailbox = &loop->mailbox;

	message->next = NULL;
	pthread_mutex_lock(&mailbox->mutex);
	bool empty = !mailbox->first;
	if (empty)
		mailbox->first = message;
	else
		mailbox->last->next = message;
	mailbox->last = message;
	/* Written under the mutex: behind it the loop might be gone with the message already done.
	 */
	ssize_t written = 0;
	if (empty)
		written = write(mailbox->descriptor, &(uint64_t){ 1 }, sizeof(uint64_t));
	pthread_mutex_unlock(&mailbox->mutex);
	assert(written >= 0 || errno == EAGAIN);
}

/* A message that frees itself. */
struct letter {
	struct message message;
	void (*run)(struct loop *loop, void *arg);
	void *arg;
};

static void letter_run(struct loop *loop, void *arg)
{
	struct letter *letter = arg;

	letter->run(loop, letter->arg);
	memory_free(letter);
}

bool loop_post(struct app *app, size_t loop, void (*fn)(struct loop *loop, void *arg), void *arg)
{
	assert(loop < app->runtime->loop_count);
	struct letter *letter = memory_take(sizeof(*letter));

	if (!letter)
		return false;
	*letter = (struct letter){ .message = { .run = letter_run, .arg = letter },
				   .run = fn,
				   .arg = arg };
	loop_send(&app->runtime->loops[loop], &letter->message);
	return true;
}

void mailbox_run(struct loop *loop)
{
	struct mailbox *mailbox = &loop->mailbox;
	uint64_t signals;

	ssize_t size = read(mailbox->descriptor, &signals, sizeof(signals));
	assert(size >= 0 || errno == EAGAIN);
	pthread_mutex_lock(&mailbox->mutex);
	struct message *message = mailbox->first;
	mailbox->first = mailbox->last = NULL;
	pthread_mutex_unlock(&mailbox->mutex);
	while (message) {
		struct message *next = message->next; /* running it may free it */
		message->run(loop, message->arg);
		message = next;
	}
}
