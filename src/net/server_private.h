/*
 * The inside of the server, shared by its files: server.c (listening, ceilings, the end), peer.c
 * (connections by address), conn.c (a connection's life), exchange.c (requests in work), reply.c
 * (writing), stream.c (replies that come in pieces), deadline.c (who has waited too long), proxy.c
 * (who a proxy says that the client is).
 *
 * A connection is in exactly one state and on that state's list. All connections of a state have
 * the same time, so each list is in the order of its deadlines, and one coarse timer looks at the
 * fronts of the lists: no timer is set or moved per request. An idle connection holds nothing but
 * itself; what a request needs, an exchange with its codec and arena, comes from a small pool when
 * its first byte arrives.
 */
#ifndef XIANGCAI_NET_SERVER_PRIVATE_H
#define XIANGCAI_NET_SERVER_PRIVATE_H

#include "codec_private.h"
#include "xiangcai/net.h"

#include <netinet/in.h>

struct bufferevent;
struct evbuffer;
struct event;
struct evconnlistener;
struct sockaddr;

enum conn_state {
	CONN_PROXY, /* from a proxy, whose header is not whole */
	CONN_IDLE,  /* between requests, nothing of the next one has come */
	CONN_READY, /* a request waits in the input for this connection's turn */
	CONN_HEAD,
	CONN_BODY,
	CONN_HANDLING, /* the handler has the request */
	CONN_STREAM,   /* a reply comes piece by piece */
	CONN_HELD,     /* a reply waits for its time in the output */
	CONN_WRITING,  /* the kernel did not take all of a reply */
	CONN_CLOSING,  /* our side is shut; what still comes is thrown away, so that no reset
			  overtakes the reply */
	CONN_DEAD,     /* to be freed when it settles; on no list */
	CONN_STATE_COUNT
};

/* What happens when a reply has left. */
enum conn_after { AFTER_KEEP, AFTER_CLOSE, AFTER_LINGER };

/* Connections from one address. */
struct peer {
	struct peer *next;
	uint8_t key[8]; /* an IPv6 network of 64 bits, or an IPv4 address behind zeros */
	size_t count;
};

/* A reply that has begun and not ended; part of its connection. */
struct http_stream {
	struct conn *conn;
	void (*gone)(void *owner); /* NULL: nobody is to be told */
	void *owner;
	bool chunked;
};

struct conn {
	struct http_server *server;
	struct bufferevent *stream; /* for what the kernel does not take at once; reads nothing */
	struct event *readable;
	struct text fresh;     /* just read and not yet used; empty but in conn_turn */
	struct evbuffer *kept; /* read before that, when a codec did not take it; NULL: nothing */
	struct http_exchange *exchange; /* NULL between requests */
	struct peer *peer;              /* NULL: a proxy itself, which counts for nobody */
	struct conn *before, *behind;   /* on the list of @listed */
	int64_t deadline;
	int64_t body_end;         /* of the body that comes, however steadily it does */
	uint64_t mark;            /* progress when the deadline was set */
	uint64_t received, given; /* bytes read from it; bytes of replies for it, sent or waiting */
	int fd;
	enum conn_state state;
	enum conn_state listed; /* CONN_DEAD: on no list */
	enum conn_after after;
	bool turning; /* conn_turn is below us on the stack and will settle it */
	bool renewed; /* a request ended: even the same state starts its time anew */
	bool reading;
	bool at_end;        /* the client has shut its side */
	uint8_t network[8]; /* as in struct http_request */
	char address[INET6_ADDRSTRLEN];
	struct http_stream live; /* in CONN_STREAM */
};

/*
 * How far the handler above knows of a request, and so what it must be told when the request dies.
 */
enum exchange_phase { PHASE_READING, PHASE_OFFERED, PHASE_TAKEN, PHASE_HANDLING, PHASE_GONE };

struct http_exchange {
	struct conn *conn;
	struct http_exchange *next; /* in the pool */
	struct arena *arena;
	void *context;
	enum exchange_phase phase;
	size_t body_told; /* of the body's room, to on_body */
	struct codec codec;
};

struct conn_list {
	struct conn *first, *last;
	size_t count;
};

enum { LISTENERS_MAX = 4, PEER_BUCKETS = 1024, DATE_ROOM = 40, READ_ROOM = 16384 };

struct http_server {
	struct event_base *base;
	struct http_limits limits;
	struct http_handler handler;
	struct http_counts counts;
	struct conn_list lists[CONN_DEAD];
	int64_t time_us[CONN_DEAD]; /* of each state */
	struct event *tick, *turns;
	struct evconnlistener *listeners[LISTENERS_MAX];
	size_t listener_count;
	bool draining;
	bool accepting_paused; /* out of descriptors; tried again with the next tick */
	struct http_exchange *pool;
	size_t pool_count;
	struct buffer head;   /* of the reply being written */
	char read[READ_ROOM]; /* where all connections read to, one after the other */
	int64_t date_second;
	char date[DATE_ROOM]; /* "Date: …\r\n" */
	size_t date_size;
	uint64_t peer_seed;
	struct peer *peers[PEER_BUCKETS];
};

/* server.c */
void server_resume_accepting(struct http_server *server);

/* conn.c */
/* @peer NULL: a proxy is there, and will say for whom. */
struct conn *conn_new(struct http_server *server, int fd, struct peer *peer,
		      const uint8_t address[16]);
/* Bytes of the client that no codec has taken yet. */
size_t conn_unread(const struct conn *conn);
/* Serves what is in the input, at most HTTP_PIPELINE_MAX requests; the connection may be gone
 * afterwards. */
void conn_turn(struct conn *conn);
/* After anything that may have changed @conn's state: frees it, or puts it on its list, reading or
 * not. */
void conn_settle(struct conn *conn);
/* The connection is over; whoever works on its request is told. */
void conn_drop(struct conn *conn);
/* Answers with @e and closes, in a way that lets the answer arrive. */
void conn_refuse(struct conn *conn, enum err e);
void conn_turns(int fd, short what, void *server); /* all that are ready get their turn */

/* exchange.c */
struct http_exchange *exchange_take(struct http_server *server,
				    struct conn *conn); /* NULL when out of memory */
void exchange_reset(struct http_exchange *exchange);    /* for the next request */
void exchange_put(struct http_server *server, struct http_exchange *exchange);
void exchange_gone(struct http_exchange *exchange); /* tells the handler where it must know */
void exchange_pool_free(struct http_server *server);

/* reply.c */
/* The head of @reply in the server's buffer; @size LENGTH_UNKNOWN: its body comes in pieces. */
#define LENGTH_UNKNOWN SIZE_MAX
struct text reply_head(struct conn *conn, const struct http_reply *reply, size_t size,
		       enum conn_after after);
void reply_bytes(struct conn *conn, struct text bytes); /* more of a reply that has begun */
/* Writes @reply to the request of @conn and frees its body; @after applies once the last byte has
 * left. */
void reply_send(struct conn *conn, struct http_reply *reply, enum conn_after after);
void reply_continue(struct conn *conn); /* 100 */
void reply_left(struct conn *conn); /* all that was given to @conn has been handed to the kernel */
void reply_release(struct conn *conn); /* what was held may leave */

/* stream.c */
void stream_gone(struct conn *conn);  /* its owner is told */
void stream_drain(struct conn *conn); /* ends it for a server that leaves */

/* deadline.c */
void deadline_list(struct conn *conn); /* at the end of its state's list, with a new deadline */
void deadline_unlist(struct conn *conn);
void deadline_of_body(struct conn *conn); /* its head was accepted */
void deadline_times(struct http_server *server);
void deadline_tick(int fd, short what, void *server);

/* peer.c; addresses as 16 bytes, IPv4 as within IPv6 */
bool peer_address(const struct sockaddr *address, uint8_t bytes[16]);
/* Counts a connection from @address; NULL when it has too many, or when out of memory. */
struct peer *peer_enter(struct http_server *server, const uint8_t address[16]);
void peer_leave(struct http_server *server, struct peer *peer);
void peer_name(const uint8_t address[16], char name[INET6_ADDRSTRLEN]);
void peer_key(const uint8_t address[16], uint8_t key[8]);

/* proxy.c */
bool proxy_is_trusted(const struct http_server *server, const uint8_t address[16]);

#endif
