/*
 * A connection's life: what its input means in the state it is in, and what the codec's events lead
 * to. Callbacks change the state and leave the rest to conn_settle, which alone frees, lists, and
 * starts or stops reading; so a reply given inside a handler and one given much later take the same
 * way.
 *
 * Reading stops while a request waits behind one in work: the client feels it in its own buffers.
 * While nothing waits, reading goes on, so that a client that leaves is noticed. Bytes are read
 * into one place of the server and used from there; only what no codec takes at once is kept.
 */
#include "server_private.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

static const bool takes_input[CONN_STATE_COUNT] = {
	[CONN_IDLE] = true, [CONN_READY] = true, [CONN_HEAD] = true, [CONN_BODY] = true
};
static const bool holds_exchange[CONN_STATE_COUNT] = {
	[CONN_HEAD] = true, [CONN_BODY] = true, [CONN_HANDLING] = true
};

static size_t kept(const struct conn *conn)
{
	return conn->kept ? evbuffer_get_length(conn->kept) : 0;
}

size_t conn_unread(const struct conn *conn)
{
	return kept(conn) + conn->fresh.size;
}

static void conn_free(struct conn *conn)
{
	struct http_server *server = conn->server;

	deadline_unlist(conn);
	if (conn->exchange)
		exchange_put(server, conn->exchange);
	if (conn->kept)
		evbuffer_free(conn->kept);
	event_free(conn->readable);
	bufferevent_free(conn->stream);
	close(conn->fd);
	peer_leave(server, conn->peer);
	memory_free(conn);
	server->counts.open--;
	if (server->draining && !server->counts.open)
		event_del(server->tick);
}

void conn_drop(struct conn *conn)
{
	if (conn->state == CONN_STREAM)
		stream_gone(conn);
	if (conn->exchange)
		exchange_gone(conn->exchange);
	conn->state = CONN_DEAD;
}

/* Nothing more will come of an idle connection whose client has left or whose server is leaving. */
static enum conn_state settled_idle(struct conn *conn)
{
	if (!conn_unread(conn))
		return conn->at_end || conn->server->draining ? CONN_DEAD : CONN_IDLE;
	if (!event_pending(conn->server->turns, EV_TIMEOUT, NULL))
		event_add(conn->server->turns, &(struct timeval){ 0, 0 });
	return CONN_READY;
}

static void settle_reading(struct conn *conn)
{
	bool wanted = !conn->at_end && (conn->state == CONN_CLOSING || conn->state == CONN_PROXY ||
					!conn_unread(conn));

	if (wanted == conn->reading)
		return;
	if (wanted)
		event_add(conn->readable, NULL);
	else
		event_del(conn->readable);
	conn->reading = wanted;
}

void conn_settle(struct conn *conn)
{
	if (conn->state == CONN_IDLE)
		conn->state = settled_idle(conn);
	if (conn->state == CONN_DEAD) {
		conn_free(conn);
		return;
	}
	if (conn->exchange && !holds_exchange[conn->state]) {
		exchange_put(conn->server, conn->exchange);
		conn->exchange = NULL;
	}
	if (conn->state != conn->listed || conn->renewed)
		deadline_list(conn);
	settle_reading(conn);
}

/* ---- requests ---- */

void conn_refuse(struct conn *conn, enum err e)
{
	const struct http_handler *handler = &conn->server->handler;
	int64_t argument = e == ERR_TOO_LARGE ? (int64_t)conn->exchange->codec.body_max : 0;
	struct http_reply reply = { 0 };

	conn->server->counts.refused++;
	exchange_gone(conn->exchange);
	handler->on_refusal(handler->context, e, argument, &reply);
	if (reply.body.failed)
		buffer_free(&reply.body);
	reply_send(conn, &reply, AFTER_LINGER);
	exchange_reset(conn->exchange);
}

/* A head refused above with its body still to come leaves no way to the next request but to close.
 */
void http_respond(struct http_exchange *exchange, struct http_reply *reply)
{
	struct conn *conn = exchange->conn;
	bool body_to_come = exchange->phase == PHASE_OFFERED && codec_has_body(&exchange->codec);
	enum conn_after after = AFTER_KEEP;

	assert(exchange->phase == PHASE_OFFERED || exchange->phase == PHASE_HANDLING);
	if (reply->close || conn->server->draining || !codec_keeps_alive(&exchange->codec))
		after = AFTER_CLOSE;
	if (body_to_come)
		after = AFTER_LINGER;
	exchange->phase = PHASE_READING;
	if (reply->body.failed) {
		buffer_free(&reply->body);
		conn_refuse(conn, ERR_MEMORY);
	} else {
		reply_send(conn, reply, after);
	}
	exchange_reset(exchange);
	if (!conn->turning)
		conn_settle(conn);
}

static void conn_head(struct conn *conn)
{
	const struct http_handler *handler = &conn->server->handler;
	struct http_exchange *exchange = conn->exchange;
	size_t body_max = 0;

	conn->server->counts.requests++;
	exchange->phase = PHASE_OFFERED;
	if (!handler->on_head(handler->context, exchange, &body_max)) {
		assert(exchange->phase == PHASE_READING);
		return;
	}
	assert(exchange->phase == PHASE_OFFERED);
	exchange->phase = PHASE_TAKEN;
	codec_accept(&exchange->codec, body_max);
	deadline_of_body(conn);
	if (codec_expects_continue(&exchange->codec) && !conn_unread(conn))
		reply_continue(conn);
}

static void conn_request(struct conn *conn)
{
	const struct http_handler *handler = &conn->server->handler;

	conn->exchange->phase = PHASE_HANDLING;
	conn->state = CONN_HANDLING;
	handler->on_request(handler->context, conn->exchange);
}

/* What comes next: bytes kept from before, else those just read. */
static struct text conn_front(const struct conn *conn)
{
	struct evbuffer_iovec chunk;

	if (!kept(conn))
		return conn->fresh.size ? conn->fresh : TEXT("");
	evbuffer_peek(conn->kept, -1, NULL, &chunk, 1);
	return (struct text){ chunk.iov_base, chunk.iov_len };
}

static void conn_take(struct conn *conn, size_t size)
{
	if (kept(conn))
		evbuffer_drain(conn->kept, size);
	else
		conn->fresh = text_part(conn->fresh, size, conn->fresh.size);
	conn->received += size;
}

/* Feeds the codec until it says something or the input is used up. */
static enum codec_event conn_feed(struct conn *conn)
{
	enum codec_event event;
	size_t taken;

	do {
		struct text bytes = conn_front(conn);
		size_t size = bytes.size;

		event = codec_feed(&conn->exchange->codec, &bytes);
		taken = size - bytes.size;
		conn_take(conn, taken);
	} while (event == CODEC_MORE && taken);
	return event;
}

/* Whether the handler above lets the body take the memory that it takes by now. */
static bool conn_body_fits(struct conn *conn)
{
	const struct http_handler *handler = &conn->server->handler;
	struct http_exchange *exchange = conn->exchange;
	size_t room = exchange->codec.body_room;

	if (exchange->phase != PHASE_TAKEN || room == exchange->body_told || !handler->on_body)
		return true;
	exchange->body_told = room;
	return handler->on_body(handler->context, exchange, room);
}

static void conn_wait(struct conn *conn)
{
	const struct codec *codec = &conn->exchange->codec;

	if (codec_is_idle(codec))
		conn->state = CONN_IDLE;
	else
		conn->state = codec_has_body(codec) ? CONN_BODY : CONN_HEAD;
	if (conn->at_end)
		conn_drop(conn);
}

/* False: nothing more can be done with what is at hand. */
static bool conn_step(struct conn *conn)
{
	enum codec_event event = conn_feed(conn);

	if (event != CODEC_ERROR && !conn_body_fits(conn)) {
		conn_refuse(conn, ERR_BUSY);
		return true;
	}
	switch (event) {
	case CODEC_MORE:
		conn_wait(conn);
		break;
	case CODEC_HEAD:
		conn_head(conn);
		break;
	case CODEC_REQUEST:
		conn_request(conn);
		break;
	case CODEC_ERROR:
		conn_refuse(conn, codec_error(&conn->exchange->codec));
		break;
	}
	return event != CODEC_MORE;
}

/* Between two requests there must be input; an accepted head may be the whole of its request. */
static bool conn_has_work(const struct conn *conn)
{
	return takes_input[conn->state] &&
	       (conn->exchange->phase == PHASE_TAKEN || conn_unread(conn));
}

/* What was read and not used outlives the place where it was read to; a buffer for it is made on
 * first need and goes when it is empty. */
static void conn_keep(struct conn *conn)
{
	struct text rest = conn->fresh;

	conn->fresh = NO_TEXT;
	if (rest.size && conn->state != CONN_DEAD) {
		if (!conn->kept)
			conn->kept = evbuffer_new();
		if (!conn->kept || evbuffer_add(conn->kept, rest.at, rest.size) != 0)
			conn_drop(conn);
	} else if (conn->kept && !kept(conn)) {
		evbuffer_free(conn->kept);
		conn->kept = NULL;
	}
}

void conn_turn(struct conn *conn)
{
	uint64_t last = conn->server->counts.requests + HTTP_PIPELINE_MAX;
	bool goes_on = true;

	if (conn->state == CONN_READY)
		conn->state = CONN_IDLE;
	if (!conn->exchange)
		conn->exchange = exchange_take(conn->server, conn);
	if (!conn->exchange)
		conn->state = CONN_DEAD;
	conn->turning = true;
	while (goes_on && conn_has_work(conn)) {
		goes_on = conn_step(conn);
		if (conn->server->counts.requests == last && conn->exchange->phase == PHASE_READING)
			break;
	}
	conn->turning = false;
	conn_keep(conn);
	conn_settle(conn);
}

void conn_turns(int fd, short what, void *arg)
{
	struct conn_list *ready = &((struct http_server *)arg)->lists[CONN_READY];

	(void)fd;
	(void)what;
	for (size_t count = ready->count; count && ready->first; count--)
		conn_turn(ready->first);
}

/* ---- a proxy's header ---- */

/* The client that the proxy speaks for; false when it has too many connections. */
static bool conn_named(struct conn *conn, const uint8_t address[16])
{
	conn->peer = peer_enter(conn->server, address);
	peer_name(address, conn->address);
	peer_key(address, conn->network);
	return conn->peer != NULL;
}

/* What came is kept until the header is whole; behind it the connection is like any other. */
static void conn_proxy(struct conn *conn)
{
	struct proxy_header header;
	struct text bytes;

	conn_keep(conn);
	if (conn->state != CONN_PROXY || !kept(conn))
		return;
	bytes = (struct text){ (const char *)evbuffer_pullup(conn->kept, -1), kept(conn) };
	enum proxy_event event = bytes.at ? proxy_header_read(bytes, &header) : PROXY_BROKEN;
	if (event == PROXY_MORE)
		return;
	if (event == PROXY_BROKEN || (!header.local && !conn_named(conn, header.address))) {
		conn->server->counts.refused++;
		conn_drop(conn);
		return;
	}
	evbuffer_drain(conn->kept, header.size);
	conn->state = CONN_IDLE;
	conn_keep(conn); /* an empty buffer goes */
}

/* ---- the socket ---- */

/* A client that shuts its side while its request is in work has left; one that does so behind its
 * last request still gets the reply being written. */
static void conn_ended(struct conn *conn, bool broken)
{
	event_del(conn->readable);
	conn->reading = false;
	conn->at_end = true;
	if (broken || (conn->state != CONN_WRITING && conn->state != CONN_READY))
		conn_drop(conn);
	conn_settle(conn);
}

static void on_readable(int fd, short what, void *arg)
{
	struct conn *conn = arg;
	struct http_server *server = conn->server;
	ssize_t size = recv(fd, server->read, sizeof(server->read), 0);

	(void)what;
	if (size <= 0) {
		if (size == 0 || (errno != EAGAIN && errno != EINTR))
			conn_ended(conn, size < 0);
		return;
	}
	server->counts.bytes_in += (size_t)size;
	if (conn->state == CONN_CLOSING)
		return;
	conn->fresh = (struct text){ server->read, (size_t)size };
	if (takes_input[conn->state]) {
		conn_turn(conn);
	} else if (conn->state == CONN_PROXY) {
		conn_proxy(conn);
		conn_settle(conn);
	} else {
		conn_keep(conn);
		conn_settle(conn);
	}
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct conn *conn = arg;

	(void)stream;
	if (conn->state != CONN_WRITING)
		return;
	reply_left(conn);
	conn_settle(conn);
}

/* The kernel no longer takes what waits in the output. */
static void on_event(struct bufferevent *stream, short what, void *arg)
{
	(void)stream;
	conn_ended(arg, what & BEV_EVENT_ERROR);
}

/* One that was never opened: its descriptor stays with the caller. */
static void conn_undo(struct conn *conn)
{
	if (conn->readable)
		event_free(conn->readable);
	if (conn->stream)
		bufferevent_free(conn->stream);
	memory_free(conn);
}

struct conn *conn_new(struct http_server *server, int fd, struct peer *peer,
		      const uint8_t address[16])
{
	struct conn *conn = memory_take(sizeof(*conn));

	if (!conn)
		return NULL;
	conn->stream = bufferevent_socket_new(server->base, fd, 0);
	conn->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
	if (!conn->stream || !conn->readable) {
		conn_undo(conn);
		return NULL;
	}
	conn->server = server;
	conn->fd = fd;
	conn->peer = peer;
	conn->state = peer ? CONN_IDLE : CONN_PROXY;
	conn->listed = CONN_DEAD;
	peer_name(address, conn->address);
	peer_key(address, conn->network);
	bufferevent_setcb(conn->stream, NULL, on_written, on_event, conn);
	server->counts.accepted++;
	server->counts.open++;
	conn_settle(conn);
	return conn;
}
