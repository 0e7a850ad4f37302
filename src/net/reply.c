/*
 * Replies. Head and body go to the kernel in one call, straight from where they lie: most replies
 * fit the socket's buffer, and then no byte is copied and no event is armed. What the kernel does
 * not take waits in the bufferevent's output, large bodies by reference; so does a reply that is
 * held, with writing switched off.
 */
#include "grammar.h"
#include "server_private.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { COPY_MAX = 4096 };

/* The words of RFC 9110 §15; a status without a row goes out with an empty one, as the grammar
 * allows. */
static const char *const reasons[] = {
	[200] = "OK",
	[201] = "Created",
	[202] = "Accepted",
	[204] = "No Content",
	[206] = "Partial Content",
	[301] = "Moved Permanently",
	[302] = "Found",
	[303] = "See Other",
	[304] = "Not Modified",
	[307] = "Temporary Redirect",
	[308] = "Permanent Redirect",
	[400] = "Bad Request",
	[401] = "Unauthorized",
	[403] = "Forbidden",
	[404] = "Not Found",
	[405] = "Method Not Allowed",
	[406] = "Not Acceptable",
	[408] = "Request Timeout",
	[409] = "Conflict",
	[410] = "Gone",
	[412] = "Precondition Failed",
	[413] = "Content Too Large",
	[414] = "URI Too Long",
	[415] = "Unsupported Media Type",
	[416] = "Range Not Satisfiable",
	[417] = "Expectation Failed",
	[422] = "Unprocessable Content",
	[428] = "Precondition Required",
	[429] = "Too Many Requests",
	[431] = "Request Header Fields Too Large",
	[500] = "Internal Server Error",
	[501] = "Not Implemented",
	[503] = "Service Unavailable",
	[505] = "HTTP Version Not Supported",
};

static void add_status(struct buffer *head, int status)
{
	const char *reason = (size_t)status < COUNT_OF(reasons) ? reasons[status] : NULL;

	assert(status >= 200 && status <= 599);
	buffer_add(head, TEXT("HTTP/1.1 "));
	buffer_int(head, status);
	buffer_char(head, ' ');
	buffer_add(head, text_of(reason));
	buffer_add(head, TEXT("\r\n"));
}

/* A control in a value would end the line for whoever reads it: it goes out as a blank, wherever it
 * came from. */
static void add_field(struct buffer *head, const struct pair *field)
{
	buffer_add(head, field->name);
	buffer_add(head, TEXT(": "));
	if (text_is_value(field->value)) {
		buffer_add(head, field->value);
	} else {
		for (size_t i = 0; i < field->value.size; i++) {
			bool sound = text_is_value(text_part(field->value, i, 1));

			buffer_char(head, sound ? field->value.at[i] : ' ');
		}
	}
	buffer_add(head, TEXT("\r\n"));
}

/* 204 and 304 carry no length: there is no body whose length it could be (RFC 9110 §8.6). */
static bool status_has_body(int status)
{
	return status != 204 && status != 304;
}

struct text reply_head(struct conn *conn, const struct http_reply *reply, size_t size,
		       enum conn_after after)
{
	struct http_server *server = conn->server;
	struct buffer *head = &server->head;

	head->size = 0;
	head->failed = false;
	add_status(head, reply->status);
	buffer_add(head, (struct text){ server->date, server->date_size });
	for (size_t i = 0; i < reply->field_count; i++)
		add_field(head, &reply->fields[i]);
	buffer_add(head, reply->prepared[0]);
	buffer_add(head, reply->prepared[1]);
	if (size == LENGTH_UNKNOWN) {
		if (!conn->exchange->codec.request.http_1_0)
			buffer_add(head, TEXT("Transfer-Encoding: chunked\r\n"));
	} else if (status_has_body(reply->status)) {
		buffer_add(head, TEXT("Content-Length: "));
		buffer_int(head, (int64_t)size);
		buffer_add(head, TEXT("\r\n"));
	}
	if (after != AFTER_KEEP)
		buffer_add(head, TEXT("Connection: close\r\n"));
	else if (conn->exchange->codec.request.http_1_0)
		buffer_add(head, TEXT("Connection: keep-alive\r\n"));
	buffer_add(head, TEXT("\r\n"));
	return buffer_text(head);
}

/* How much of both the kernel took; -1 when the connection is broken. */
static ssize_t send_now(int fd, struct text head, struct text body)
{
	struct iovec parts[2];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.size ? 2 : 1 };
	ssize_t sent;

	memcpy(&parts[0].iov_base, &head.at, sizeof(head.at));
	memcpy(&parts[1].iov_base, &body.at, sizeof(body.at));
	parts[0].iov_len = head.size;
	parts[1].iov_len = body.size;
	do {
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return sent;
}

/* Bytes that lie somewhere until @release is called with @owner: a shared body's, or a buffer's. */
struct held {
	void (*release)(void *owner);
	void *owner;
};

static void held_release(struct held held)
{
	if (held.release)
		held.release(held.owner);
}

static void reference_done(const void *bytes, size_t size, void *arg)
{
	struct held *held = arg;

	(void)bytes;
	(void)size;
	held_release(*held);
	memory_free(held);
}

static bool queue_reference(struct evbuffer *output, struct text rest, struct held held)
{
	struct held *copy = memory_take(sizeof(*copy));

	if (copy)
		*copy = held;
	if (copy && evbuffer_add_reference(output, rest.at, rest.size, reference_done, copy) == 0)
		return true;
	memory_free(copy);
	held_release(held);
	return false;
}

/* What is left of a body goes behind the output; small rests are copied, so that their owner is
 * free at once. */
static bool queue_body(struct evbuffer *output, struct text rest, struct held held)
{
	bool queued = true;

	if (rest.size > COPY_MAX)
		return queue_reference(output, rest, held);
	if (rest.size)
		queued = evbuffer_add(output, rest.at, rest.size) == 0;
	held_release(held);
	return queued;
}

static void send_parts(struct conn *conn, struct text head, struct text body, struct held held)
{
	struct evbuffer *output = bufferevent_get_output(conn->stream);
	size_t total = head.size + body.size, sent = 0;
	bool whole = true;

	conn->given += total;
	if (conn->state != CONN_HELD && !evbuffer_get_length(output)) {
		ssize_t taken = send_now(conn->fd, head, body);

		whole = taken >= 0;
		sent = whole ? (size_t)taken : 0;
		conn->server->counts.bytes_out += sent;
	}
	if (!whole || sent == total) {
		held_release(held);
	} else {
		struct text rest = text_part(head, sent, head.size);

		if (rest.size)
			whole = evbuffer_add(output, rest.at, rest.size) == 0;
		conn->server->counts.bytes_out += total - sent;
		whole &= queue_body(
			output, text_part(body, sent > head.size ? sent - head.size : 0, body.size),
			held);
	}
	if (!whole)
		conn_drop(conn);
}

void reply_bytes(struct conn *conn, struct text bytes)
{
	send_parts(conn, bytes, NO_TEXT, (struct held){ NULL, NULL });
}

void reply_left(struct conn *conn)
{
	bool unread = conn_unread(conn) > 0;

	if (conn->after == AFTER_KEEP) {
		conn->state = CONN_IDLE;
		conn->renewed = true;
		return;
	}
	conn->state = CONN_DEAD;
	if (conn->at_end || (conn->after == AFTER_CLOSE && !unread))
		return;
	if (shutdown(conn->fd, SHUT_WR) == 0)
		conn->state = CONN_CLOSING;
}

void reply_send(struct conn *conn, struct http_reply *reply, enum conn_after after)
{
	struct held held = { reply->shared.release, reply->shared.owner };
	struct text body = reply->shared.bytes;
	struct text head;

	if (!body.at) {
		body = buffer_text(&reply->body);
		held = (struct held){ memory_free, reply->body.at };
	}
	head = reply_head(conn, reply, body.size, after);
	if (conn->exchange->codec.request.method == HTTP_HEAD || !status_has_body(reply->status))
		body.size = 0;
	conn->after = after;
	conn->state = reply->held && bufferevent_disable(conn->stream, EV_WRITE) == 0
			      ? CONN_HELD
			      : CONN_WRITING;
	if (conn->server->head.failed) {
		held_release(held);
		conn_drop(conn);
		return;
	}
	send_parts(conn, head, body, held);
	if (conn->state == CONN_WRITING &&
	    !evbuffer_get_length(bufferevent_get_output(conn->stream)))
		reply_left(conn);
}

void reply_release(struct conn *conn)
{
	conn->state = CONN_WRITING;
	if (bufferevent_enable(conn->stream, EV_WRITE) != 0)
		conn_drop(conn);
}

void reply_continue(struct conn *conn)
{
	send_parts(conn, TEXT("HTTP/1.1 100 Continue\r\n\r\n"), NO_TEXT,
		   (struct held){ NULL, NULL });
}
