/*
 * Replies that come in pieces. A stream holds nothing but its connection: the exchange goes back to
 * the pool with the head. Each piece is one chunk (RFC 9112 §7.1), handed to the kernel at once;
 * what the kernel does not take waits in the bufferevent, up to a bound, and who lets more wait is
 * dropped: a stream tells how things stand, and who is late may ask anew.
 */
#include "server_private.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

static size_t waiting(const struct conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->stream));
}

static void put_piece(struct conn *conn, struct text bytes)
{
	struct buffer *out = &conn->server->head;

	if (!bytes.size)
		return;
	out->size = 0;
	out->failed = false;
	if (conn->live.chunked)
		buffer_print(out, "%zx\r\n", bytes.size);
	buffer_add(out, bytes);
	if (conn->live.chunked)
		buffer_add(out, TEXT("\r\n"));
	if (out->failed)
		conn_drop(conn);
	else
		reply_bytes(conn, buffer_text(out));
}

/* Not more than is settled below us on the stack. */
static void settle(struct conn *conn)
{
	if (!conn->turning)
		conn_settle(conn);
}

static void finish(struct conn *conn)
{
	conn->live.gone = NULL;
	if (conn->live.chunked)
		reply_bytes(conn, TEXT("0\r\n\r\n"));
	if (conn->state != CONN_STREAM)
		return;
	conn->state = CONN_WRITING;
	if (!waiting(conn))
		reply_left(conn);
}

static void begin(struct conn *conn, const struct http_reply *reply, enum conn_after after,
		  bool chunked)
{
	struct text head = reply_head(conn, reply, LENGTH_UNKNOWN, after);

	conn->after = after;
	conn->state = CONN_STREAM;
	conn->live = (struct http_stream){ .conn = conn, .chunked = chunked };
	if (conn->server->head.failed)
		conn_drop(conn);
	else
		reply_bytes(conn, head);
}

struct http_stream *http_respond_stream(struct http_exchange *exchange, struct http_reply *reply,
					void (*gone)(void *owner), void *owner)
{
	struct conn *conn = exchange->conn;
	bool old = exchange->codec.request.http_1_0;
	bool bodiless = exchange->codec.request.method == HTTP_HEAD;
	enum conn_after after = AFTER_KEEP;

	assert(exchange->phase == PHASE_HANDLING && !reply->shared.bytes.at);
	if (old || reply->close || conn->server->draining || !codec_keeps_alive(&exchange->codec))
		after = AFTER_CLOSE;
	exchange->phase = PHASE_READING;
	begin(conn, reply, after, !old && !bodiless);
	if (conn->state == CONN_STREAM && !bodiless)
		put_piece(conn, buffer_text(&reply->body));
	buffer_free(&reply->body);
	if (conn->state == CONN_STREAM && (bodiless || conn->server->draining))
		finish(conn);
	bool lives = conn->state == CONN_STREAM;
	if (lives) {
		conn->live.gone = gone;
		conn->live.owner = owner;
	}
	exchange_reset(exchange);
	settle(conn);
	return lives ? &conn->live : NULL;
}

bool http_stream_write(struct http_stream *stream, struct text bytes)
{
	struct conn *conn = stream->conn;
	void (*gone)(void *owner) = stream->gone;

	assert(conn->state == CONN_STREAM);
	stream->gone = NULL;
	put_piece(conn, bytes);
	if (conn->state == CONN_STREAM && waiting(conn) > HTTP_STREAM_WAITING_MAX) {
		conn->server->counts.timed_out++;
		conn_drop(conn);
	}
	if (conn->state == CONN_STREAM) {
		stream->gone = gone;
		return true;
	}
	settle(conn);
	return false;
}

void http_stream_end(struct http_stream *stream)
{
	struct conn *conn = stream->conn;

	assert(conn->state == CONN_STREAM);
	finish(conn);
	settle(conn);
}

void stream_gone(struct conn *conn)
{
	struct http_stream stream = conn->live;

	conn->live.gone = NULL;
	if (stream.gone)
		stream.gone(stream.owner);
}

void stream_drain(struct conn *conn)
{
	stream_gone(conn);
	conn->after = AFTER_CLOSE;
	finish(conn);
	conn_settle(conn);
}
