/*
 * Bounded queues between loops and workers. Short critical sections and few wake-ups: a put signals
 * only when the queue was empty, because a taker that leaves something behind wakes the next
 * sleeper itself. So a burst costs one signal from the loop, and none while every worker is busy.
 */
#include "run_private.h"

void queue_init(struct queue *queue, size_t max)
{
	*queue = (struct queue){ .max = max };
	pthread_mutex_init(&queue->mutex, NULL);
	condition_init(&queue->filled);
}

bool queue_put(struct queue *queue, struct queue_link *link)
{
	pthread_mutex_lock(&queue->mutex);
	bool room = !queue->closed && queue->count < queue->max;
	bool wake = room && queue->count == 0 && queue->waiting > 0;
	if (room) {
		link->next = NULL;
		if (queue->last)
			queue->last->next = link;
		else
			queue->first = link;
		queue->last = link;
		queue->count++;
	} else {
		queue->refused++;
	}
	pthread_mutex_unlock(&queue->mutex);
	if (wake)
		pthread_cond_signal(&queue->filled);
	return room;
}

/* With the mutex held, and something there. */
static struct queue_link *unlink_first(struct queue *queue)
{
	struct queue_link *link = queue->first;

	queue->first = link->next;
	if (!queue->first)
		queue->last = NULL;
	queue->count--;
	link->next = NULL;
	return link;
}

struct queue_link *queue_take(struct queue *queue)
{
	struct queue_link *link = NULL;

	pthread_mutex_lock(&queue->mutex);
	queue->waiting++;
	while (queue->count == 0 && !queue->closed)
		pthread_cond_wait(&queue->filled, &queue->mutex);
	queue->waiting--;
	if (queue->count > 0)
		link = unlink_first(queue);
	bool wake = queue->count > 0 && queue->waiting > 0;
	pthread_mutex_unlock(&queue->mutex);
	if (wake)
		pthread_cond_signal(&queue->filled);
	return link;
}

struct queue_link *queue_try(struct queue *queue, bool (*fits)(void *, struct queue_link *),
			     void *context)
{
	struct queue_link *link = NULL;

	pthread_mutex_lock(&queue->mutex);
	if (queue->count > 0 && fits(context, queue->first))
		link = unlink_first(queue);
	pthread_mutex_unlock(&queue->mutex);
	return link;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->closed = true;
	pthread_mutex_unlock(&queue->mutex);
	pthread_cond_broadcast(&queue->filled);
}

size_t queue_count(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	size_t count = queue->count;
	pthread_mutex_unlock(&queue->mutex);
	return count;
}

uint64_t queue_refused(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	uint64_t refused = queue->refused;
	pthread_mutex_unlock(&queue->mutex);
	return refused;
}

void queue_destroy(struct queue *queue)
{
	assert(queue->count == 0);
	pthread_mutex_destroy(&queue->mutex);
	pthread_cond_destroy(&queue->filled);
}
