/* Requests in work, and the pool that they come from. */
#include "server_private.h"

#include <string.h>

enum { POOL_MAX = 64 };

static struct http_exchange *exchange_new(void)
{
	struct http_exchange *exchange = memory_take(sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->arena = arena_new(0);
	if (!exchange->arena) {
		memory_free(exchange);
		return NULL;
	}
	codec_init(&exchange->codec);
	return exchange;
}

static void exchange_free(struct http_exchange *exchange)
{
	codec_clear(&exchange->codec);
	arena_free(exchange->arena);
	memory_free(exchange);
}

static void exchange_name(struct http_exchange *exchange)
{
	const struct conn *conn = exchange->conn;
	struct http_request *request = &exchange->codec.request;

	request->peer = text_of(conn->address);
	memcpy(request->network, conn->network, sizeof(request->network));
}

struct http_exchange *exchange_take(struct http_server *server, struct conn *conn)
{
	struct http_exchange *exchange = server->pool;

	if (exchange) {
		server->pool = exchange->next;
		server->pool_count--;
	} else {
		exchange = exchange_new();
	}
	if (exchange) {
		exchange->conn = conn;
		exchange_name(exchange);
	}
	return exchange;
}

void exchange_reset(struct http_exchange *exchange)
{
	codec_next(&exchange->codec);
	arena_reset(exchange->arena);
	exchange->context = NULL;
	exchange->phase = PHASE_READING;
	exchange->body_told = 0;
	exchange_name(exchange);
}

void exchange_put(struct http_server *server, struct http_exchange *exchange)
{
	if (server->pool_count == POOL_MAX) {
		exchange_free(exchange);
		return;
	}
	if (exchange->phase != PHASE_READING || !codec_is_idle(&exchange->codec))
		exchange_reset(exchange);
	exchange->next = server->pool;
	server->pool = exchange;
	server->pool_count++;
}

void exchange_gone(struct http_exchange *exchange)
{
	const struct http_handler *handler = &exchange->conn->server->handler;
	bool known = exchange->phase == PHASE_TAKEN || exchange->phase == PHASE_HANDLING;

	exchange->phase = PHASE_GONE;
	if (known)
		handler->on_gone(handler->context, exchange);
}

void exchange_pool_free(struct http_server *server)
{
	while (server->pool) {
		struct http_exchange *exchange = server->pool;

		server->pool = exchange->next;
		exchange_free(exchange);
	}
}

const struct http_request *http_request(const struct http_exchange *exchange)
{
	return codec_request(&exchange->codec);
}

struct arena *http_arena(struct http_exchange *exchange)
{
	return exchange->arena;
}

void http_set_context(struct http_exchange *exchange, void *context)
{
	exchange->context = context;
}

void *http_context(struct http_exchange *exchange)
{
	return exchange->context;
}
