/*
 * Large bodies in memory have a ceiling together, requests' and replies'. Those of requests are
 * counted beside that by whom they come from, before anybody knows who it is: what strangers may
 * send has a share of its own, and so has each address. So whoever has no token, or a false one,
 * cannot take the room of those who have one. Up to BODY_SMALL a body counts as none.
 */
#include "run_private.h"

#include <string.h>

/* The largest body there is, and half as much of whoever shares the address. */
enum { ADDRESS_MAX = BODIES_MAX / 8 * 3, PUBLIC_OF_ADDRESS_MAX = 4 };

/* ---- all together ---- */

bool bodies_reserve(struct app *app, size_t size, size_t *reserved)
{
	atomic_size_t *bodies = &app->runtime->bodies;

	if (size <= BODY_SMALL || size <= *reserved)
		return true;
	size_t more = size - *reserved;
	if (atomic_fetch_add(bodies, more) + more > BODIES_MAX) {
		atomic_fetch_sub(bodies, more);
		return false;
	}
	*reserved = size;
	return true;
}

void bodies_release(struct app *app, size_t reserved)
{
	if (reserved)
		atomic_fetch_sub(&app->runtime->bodies, reserved);
}

/* ---- by whom they come from ---- */

/* The sender's row, or where it would stand. */
static struct body_sender *sender_of(struct body_senders *senders, const uint8_t network[8])
{
	size_t i = 0;

	while (i < senders->count &&
	       memcmp(senders->rows[i].network, network, sizeof(senders->rows[i].network)) != 0)
		i++;
	return &senders->rows[i];
}

static bool is_public(const struct req_private *p)
{
	return p->req.route->roles == ROLES_PUBLIC;
}

/* Whether a body of @p may grow by @more bytes; @sender may be a row that is not there yet. */
static bool senders_allow(const struct body_senders *senders, const struct body_sender *sender,
			  const struct req_private *p, size_t more)
{
	bool known = sender < senders->rows + senders->count;
	size_t bytes = known ? sender->bytes : 0, others = known ? sender->public_count : 0;

	if (!known && senders->count == BODY_SENDERS_MAX)
		return false;
	if (bytes + more > ADDRESS_MAX)
		return false;
	if (!is_public(p))
		return true;
	return senders->public_bytes + more <= BODIES_PUBLIC_MAX &&
	       (p->body_reserved || others < PUBLIC_OF_ADDRESS_MAX);
}

static void senders_add(struct body_senders *senders, struct body_sender *sender,
			const struct req_private *p, size_t more)
{
	if (sender == senders->rows + senders->count) {
		*sender = (struct body_sender){ 0 };
		memcpy(sender->network, p->network, sizeof(sender->network));
		senders->count++;
	}
	sender->bytes += more;
	if (!is_public(p))
		return;
	senders->public_bytes += more;
	sender->public_count += !p->body_reserved;
}

bool body_take(struct req_private *p, size_t size)
{
	struct body_senders *senders = &p->req.app->runtime->senders;
	size_t more = size > p->body_reserved ? size - p->body_reserved : 0;

	if (size <= BODY_SMALL || !more)
		return true;
	pthread_mutex_lock(&senders->mutex);
	struct body_sender *sender = sender_of(senders, p->network);
	size_t reserved = p->body_reserved;
	bool fits = senders_allow(senders, sender, p, more) &&
		    bodies_reserve(p->req.app, size, &reserved);
	if (fits)
		senders_add(senders, sender, p, more);
	pthread_mutex_unlock(&senders->mutex);
	p->body_reserved = reserved;
	return fits;
}

bool body_has_room(struct req_private *p, size_t size)
{
	struct body_senders *senders = &p->req.app->runtime->senders;

	if (size <= BODY_SMALL)
		return true;
	pthread_mutex_lock(&senders->mutex);
	bool fits = senders_allow(senders, sender_of(senders, p->network), p, size) &&
		    atomic_load(&p->req.app->runtime->bodies) + size <= BODIES_MAX;
	pthread_mutex_unlock(&senders->mutex);
	return fits;
}

void body_give_back(struct req_private *p)
{
	struct body_senders *senders = &p->req.app->runtime->senders;

	if (!p->body_reserved)
		return;
	pthread_mutex_lock(&senders->mutex);
	struct body_sender *sender = sender_of(senders, p->network);
	assert(sender < senders->rows + senders->count);
	sender->bytes -= p->body_reserved;
	if (is_public(p)) {
		senders->public_bytes -= p->body_reserved;
		sender->public_count--;
	}
	if (!sender->bytes)
		*sender = senders->rows[--senders->count];
	pthread_mutex_unlock(&senders->mutex);
	bodies_release(p->req.app, p->body_reserved);
	p->body_reserved = 0;
}
