/*
 * Deadlines. They are absolute: bytes that trickle in do not move them. Bodies and replies may take
 * longer than one span of time, but each span must bring bytes_per_second_min, and a body has an
 * end by its size besides, which is looked at when a span ends. Progress of a reply
 * is what the client's kernel has acknowledged, not what ours has taken: a socket's buffer can hold
 * megabytes for a client that reads nothing.
 */
#include "server_private.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

static const int64_t closing_us = 2 * SECOND_US;

/* Coarse (4 ms) and so nearly free; deadlines are looked at four times a second. */
static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* The handler above has its own deadline; twice that is the end of our patience with it. */
void deadline_times(struct http_server *server)
{
	const struct http_limits *limits = &server->limits;

	server->time_us[CONN_PROXY] = limits->head_us;
	server->time_us[CONN_HELD] = limits->hold_us;
	server->time_us[CONN_IDLE] = limits->idle_us;
	server->time_us[CONN_READY] = limits->head_us;
	server->time_us[CONN_HEAD] = limits->head_us;
	server->time_us[CONN_BODY] = limits->body_us;
	server->time_us[CONN_HANDLING] = limits->handling_us * 2;
	server->time_us[CONN_STREAM] = limits->body_us;
	server->time_us[CONN_WRITING] = limits->body_us;
	server->time_us[CONN_CLOSING] = closing_us;
}

/* What has been acknowledged of all replies, or what has come. */
static uint64_t progress(const struct conn *conn)
{
	size_t waiting = evbuffer_get_length(bufferevent_get_output(conn->stream));
	int in_kernel = 0;

	if (conn->state != CONN_WRITING && conn->state != CONN_STREAM)
		return conn->received;
	if (ioctl(conn->fd, SIOCOUTQ, &in_kernel) != 0)
		in_kernel = 0;
	return conn->given - waiting - (uint64_t)in_kernel;
}

void deadline_unlist(struct conn *conn)
{
	struct conn_list *list;

	if (conn->listed == CONN_DEAD)
		return;
	list = &conn->server->lists[conn->listed];
	if (conn->before)
		conn->before->behind = conn->behind;
	else
		list->first = conn->behind;
	if (conn->behind)
		conn->behind->before = conn->before;
	else
		list->last = conn->before;
	list->count--;
	conn->before = conn->behind = NULL;
	conn->listed = CONN_DEAD;
}

void deadline_list(struct conn *conn)
{
	struct conn_list *list = &conn->server->lists[conn->state];

	deadline_unlist(conn);
	conn->deadline = now_us() + conn->server->time_us[conn->state];
	if (conn->state == CONN_BODY || conn->state == CONN_WRITING || conn->state == CONN_STREAM)
		conn->mark = progress(conn);
	conn->renewed = false;
	conn->listed = conn->state;
	conn->before = list->last;
	if (list->last)
		list->last->behind = conn;
	else
		list->first = conn;
	list->last = conn;
	list->count++;
}

static bool keeps_pace(struct conn *conn)
{
	int64_t span_us = conn->server->time_us[conn->state];
	int64_t moved = (int64_t)(progress(conn) - conn->mark);

	return moved && moved >= span_us / 1000 * conn->server->limits.bytes_per_second_min / 1000;
}

void deadline_of_body(struct conn *conn)
{
	const struct http_limits *limits = &conn->server->limits;
	const struct codec *codec = &conn->exchange->codec;
	uint64_t size =
		codec->chunked || codec->left > codec->body_max ? codec->body_max : codec->left;
	int64_t time_us = limits->body_max_us;

	if (limits->body_rate)
		time_us = limits->body_us + (int64_t)(size * SECOND_US / limits->body_rate);
	if (time_us > limits->body_max_us)
		time_us = limits->body_max_us;
	conn->body_end = now_us() + time_us;
}

static bool body_is_late(const struct conn *conn)
{
	return conn->state == CONN_BODY && conn->server->limits.body_max_us &&
	       now_us() >= conn->body_end;
}

/* A stream may be silent for as long as it likes; what it said must be taken. */
static bool stream_is_read(struct conn *conn)
{
	uint64_t taken = progress(conn);

	return taken == conn->given || taken != conn->mark;
}

static void expire(struct conn *conn)
{
	bool moves = conn->state == CONN_BODY || conn->state == CONN_WRITING;

	if ((moves && keeps_pace(conn) && !body_is_late(conn)) ||
	    (conn->state == CONN_STREAM && stream_is_read(conn))) {
		deadline_list(conn);
		return;
	}
	if (conn->state == CONN_HELD) {
		reply_release(conn);
		conn_settle(conn);
		return;
	}
	conn->server->counts.timed_out++;
	if (conn->exchange && conn->state != CONN_HANDLING &&
	    codec_has_begun(&conn->exchange->codec))
		conn_refuse(conn, ERR_TIMEOUT);
	else
		conn_drop(conn);
	conn_settle(conn);
}

/* IMF-fixdate (RFC 9110 §5.6.7), made once a second. */
static void date_renew(struct http_server *server)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t second = (int64_t)time(NULL);
	int32_t day = (int32_t)(second / 86400);
	int rest = (int)(second % 86400);
	int year, month, day_of_month;

	if (second == server->date_second)
		return;
	server->date_second = second;
	day_split(day, &year, &month, &day_of_month);
	server->date_size = (size_t)snprintf(server->date, sizeof(server->date),
					     "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
					     days[(day + 4) % 7], day_of_month, months[month - 1],
					     year, rest / 3600, rest / 60 % 60, rest % 60);
}

void deadline_tick(int fd, short what, void *arg)
{
	struct http_server *server = arg;
	int64_t now = now_us();

	(void)fd;
	(void)what;
	date_renew(server);
	if (server->accepting_paused)
		server_resume_accepting(server);
	for (size_t state = 0; state < CONN_DEAD; state++) {
		struct conn_list *list = &server->lists[state];

		while (list->first && list->first->deadline <= now)
			expire(list->first);
	}
}
