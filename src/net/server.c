/*
 * The server: listeners, the ceilings at the door, and the two ways to end: http_server_drain lets
 * what is in work finish, http_server_free does not. All of it lives on one event base and is
 * turned by whoever owns that.
 */
#include "server_private.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_US = 250 * 1000, BACKLOG = 1024, PORT_ROOM = 6 };

const struct http_limits http_limits_standard = {
	.head_us = 10 * SECOND_US,
	.body_us = 20 * SECOND_US,
	.idle_us = 75 * SECOND_US,
	.handling_us = 30 * SECOND_US,
	.hold_us = SECOND_US,
	.bytes_per_second_min = 512,
	.body_rate = KIB(16),
	.body_max_us = 600 * SECOND_US,
	.connections_max = 20000,
	.connections_per_address_max = 2000,
};

struct http_server *http_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct http_handler *handler)
{
	struct http_server *server = memory_take(sizeof(*server));

	if (!server)
		return NULL;
	assert(handler->on_head && handler->on_request && handler->on_gone && handler->on_refusal);
	signal(SIGPIPE, SIG_IGN);
	server->base = base;
	server->limits = *limits;
	server->handler = *handler;
	random_bytes(&server->peer_seed, sizeof(server->peer_seed));
	deadline_times(server);
	server->tick = event_new(base, -1, EV_PERSIST, deadline_tick, server);
	server->turns = event_new(base, -1, 0, conn_turns, server);
	if (!server->tick || !server->turns ||
	    event_add(server->tick, &(struct timeval){ 0, TICK_US }) != 0) {
		http_server_free(server);
		return NULL;
	}
	deadline_tick(-1, 0, server);
	return server;
}

static bool is_full(const struct http_server *server)
{
	return server->limits.connections_max &&
	       server->counts.open >= server->limits.connections_max;
}

static void on_accept(struct evconnlistener *listener, int fd, struct sockaddr *address, int size,
		      void *arg)
{
	struct http_server *server = arg;
	struct peer *peer = NULL;
	uint8_t bytes[16];
	bool welcome = !is_full(server) && peer_address(address, bytes);

	(void)listener;
	(void)size;
	if (welcome && server->limits.proxy_count)
		welcome = proxy_is_trusted(server, bytes);
	else if (welcome)
		welcome = (peer = peer_enter(server, bytes)) != NULL;
	if (welcome)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (!welcome || !conn_new(server, fd, peer, bytes)) {
		peer_leave(server, peer);
		close(fd);
	}
}

/* Out of descriptors: the ones waiting stay in the backlog until a connection closes; the
 * listener's own event would spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct http_server *server = arg;

	evconnlistener_disable(listener);
	server->accepting_paused = true;
}

void server_resume_accepting(struct http_server *server)
{
	server->accepting_paused = false;
	for (size_t i = 0; i < server->listener_count; i++)
		evconnlistener_enable(server->listeners[i]);
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (getsockname(fd, (void *)&address, &size) != 0)
		return 0;
	memcpy(&in, &address, sizeof(in));
	memcpy(&in6, &address, sizeof(in6));
	return ntohs(address.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

static struct evconnlistener *listen_on(struct http_server *server, const struct addrinfo *info)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
			       LEV_OPT_REUSEABLE_PORT;
	struct evconnlistener *listener =
		evconnlistener_new_bind(server->base, on_accept, server, flags, BACKLOG,
					info->ai_addr, (int)info->ai_addrlen);

	if (listener)
		evconnlistener_set_error_cb(listener, on_accept_error);
	return listener;
}

/* NULL with errno; to be freed. */
static struct addrinfo *addresses_of(const char *host, uint16_t port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found;
	char service[PORT_ROOM];

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(host, service, &hints, &found) == 0)
		return found;
	errno = EADDRNOTAVAIL;
	return NULL;
}

/* A socket that does not want to share is refused by one that does. */
static bool is_taken(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
	bool taken;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	taken = bind(fd, info->ai_addr, info->ai_addrlen) != 0 && errno == EADDRINUSE;
	close(fd);
	return taken;
}

bool http_port_is_free(const char *host, uint16_t port)
{
	struct addrinfo *found = addresses_of(host, port);
	bool taken = false;

	for (const struct addrinfo *info = found; info && !taken; info = info->ai_next)
		taken = is_taken(info);
	if (found)
		freeaddrinfo(found);
	if (taken)
		errno = EADDRINUSE;
	return !taken;
}

bool http_server_listen(struct http_server *server, const char *host, uint16_t *port)
{
	struct evconnlistener *listener = NULL;
	struct addrinfo *found = addresses_of(host, *port);

	assert(server->listener_count < LISTENERS_MAX);
	if (!found)
		return false;
	for (const struct addrinfo *info = found; info && !listener; info = info->ai_next)
		listener = listen_on(server, info);
	freeaddrinfo(found);
	if (!listener)
		return false;
	server->listeners[server->listener_count++] = listener;
	*port = bound_port(evconnlistener_get_fd(listener));
	return true;
}

static void stop_listening(struct http_server *server)
{
	while (server->listener_count)
		evconnlistener_free(server->listeners[--server->listener_count]);
}

void http_server_drain(struct http_server *server)
{
	struct conn_list *idle = &server->lists[CONN_IDLE];
	struct conn_list *proxies = &server->lists[CONN_PROXY];

	stop_listening(server);
	server->draining = true;
	for (struct conn *conn = idle->first, *next; conn; conn = next) {
		next = conn->behind;
		if (!conn->turning)
			conn_settle(conn);
	}
	while (proxies->first) {
		struct conn *conn = proxies->first;

		conn_drop(conn);
		conn_settle(conn);
	}
	while (server->lists[CONN_STREAM].first)
		stream_drain(server->lists[CONN_STREAM].first);
	if (!server->counts.open)
		event_del(server->tick);
}

struct http_counts http_server_counts(const struct http_server *server)
{
	return server->counts;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	stop_listening(server);
	server->draining = true;
	for (size_t state = 0; state < CONN_DEAD; state++) {
		while (server->lists[state].first) {
			struct conn *conn = server->lists[state].first;

			conn_drop(conn);
			conn_settle(conn);
		}
	}
	if (server->tick)
		event_free(server->tick);
	if (server->turns)
		event_free(server->turns);
	exchange_pool_free(server);
	buffer_free(&server->head);
	memory_free(server);
}
