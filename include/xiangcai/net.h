/*
 * net: an HTTP/1.1 server (RFC 9110, 9112) over libevent's bufferevents, strict by design: what is
 * not in the grammar is refused once and the connection closed. Knows bytes, requests and replies,
 * paths and patterns; knows nothing of users, databases or threads. Everything here runs on the
 * loop thread that owns the connection.
 */
#ifndef XIANGCAI_NET_H
#define XIANGCAI_NET_H

#include "xiangcai/base.h"

enum method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER,
	METHOD_COUNT
};
const char *method_name(enum method method);

/* Ceilings of the border; beyond them 414, 431 or 400. Bodies have theirs by route. */
enum {
	HTTP_TARGET_MAX = 16 * 1024,
	HTTP_LINE_MAX = 16 * 1024,
	HTTP_HEAD_MAX = 32 * 1024,
	HTTP_FIELDS_MAX = 120,
	HTTP_PIPELINE_MAX = 100,
	PATH_PARAMS_MAX = 4,
	QUERY_PAIRS_MAX = 64
};

/* ---- patterns ---------------------------------------------------------------- */

/*
 * (method, path) of a route. A segment in braces is a parameter with a type behind a colon: {id} or
 * {id:uuid} a UUID, {number:digits}, {code:word} ([A-Za-z0-9._-]+), {name:text} (any
 * percent-decoded UTF-8 without '/'). A value that is not of its type does not match: 404.
 */
struct pattern {
	enum method method;
	const char *path;
};

struct match {
	/*
	 * of the pattern; -1: no path matches, 404; -2: the path matches, the method does not, 405
	 */
	int index;
	/* bits by enum method of what the path takes, HEAD with GET, OPTIONS always */
	unsigned allow;
	/* decoded; in the path where nothing was encoded, else in the arena */
	struct pair params[PATH_PARAMS_MAX];
	size_t param_count;
	/* the path is malformed (%00, other controls, invalid UTF-8, encoded slash, dot segments):
	 * 400; @index is -1 */
	bool bad;
};

struct router;
/*
 * Builds a matcher over @count patterns (borrowed for its life). Asserts on patterns that collide.
 */
struct router *router_new(const struct pattern *patterns, size_t count);
void router_free(struct router *router);
/*
 * HEAD matches as GET; literal segments win over parameters, narrow types over wide ones. @path is
 * raw (before percent-decoding), without the query. "*" (of OPTIONS) is a path that takes every
 * method there is: index -2.
 */
struct match router_match(const struct router *router, enum method method, struct text path,
			  struct arena *arena);

/* Splits and decodes a raw query ("a=1&b=%20", '+' is a blank) into QUERY_PAIRS_MAX @pairs. False:
 * malformed or more than that. */
bool query_decode(struct text query, struct arena *arena, struct pair *pairs, size_t *count);

/* ---- one exchange ------------------------------------------------------------ */

struct http_request {
	enum method method;
	struct text method_text;
	struct text path;          /* raw, from '/'; "*" of an OPTIONS for the whole server */
	struct text query;         /* raw, without '?'; NO_TEXT when there is none */
	struct text host;          /* of an absolute-form target, else of Host */
	const struct pair *fields; /* names as sent; compare folded */
	size_t field_count;
	struct text body; /* whole, once on_request is called */
	struct text peer; /* address of the client, without port */
	/* what stands for the client when it is counted: IPv4 behind zeros, of IPv6 its /64 */
	uint8_t network[8];
	bool http_1_0;
};
/* The value of the only field @name, NO_TEXT when it is absent; repeated fields give the first. */
struct text http_field(const struct http_request *request, const char *name);

/*
 * Bytes to send that several replies may share (bodies of the view, static files): @release is
 * called with @owner on the loop thread once the last byte was handed to the kernel or the
 * connection died. NULL: the bytes outlive the server.
 */
struct shared_body {
	struct text bytes;
	void (*release)(void *owner);
	void *owner;
};

enum { REPLY_FIELDS_MAX = 16 };
/*
 * A reply. Date, Content-Length and Connection are the codec's. 204 and 304 carry no body; replies
 * to HEAD send the head alone. Either @body (taken over, freed by the codec) or @shared.
 */
struct http_reply {
	int status;
	struct pair fields[REPLY_FIELDS_MAX]; /* borrowed until http_respond returns */
	size_t field_count;
	/* further whole field lines, each ended by CRLF, sent as they are, or NO_TEXT; borrowed as
	 * the fields are */
	struct text prepared[2];
	struct buffer body;
	struct shared_body shared;
	bool close; /* close the connection behind it */
	/* leaves after limits.hold_us: for refusals, whose clients would else ask again at once */
	bool held;
};

/* one request and its reply; lives until answered or its connection is gone */
struct http_exchange;
const struct http_request *http_request(const struct http_exchange *exchange);
struct arena *http_arena(struct http_exchange *exchange); /* freed with the exchange */
void http_set_context(struct http_exchange *exchange, void *context);
void *http_context(struct http_exchange *exchange);
/* Answers; exactly once; loop thread only. The exchange must not be touched afterwards. */
void http_respond(struct http_exchange *exchange, struct http_reply *reply);

/*
 * A reply whose body comes in pieces, for as long as it takes (event streams). HTTP/1.1 gets chunks,
 * HTTP/1.0 the bytes up to the end of the connection. All on the loop thread.
 *
 * Who reads too slowly is dropped: when more than HTTP_STREAM_WAITING_MAX bytes wait for the client,
 * or when it takes none of those that wait for limits.body_us. @gone is called with @owner when the
 * stream ends otherwise than by http_stream_end: the client left, or the server drains (then the
 * client gets a whole reply). From then on, and behind http_stream_end, the stream must not be
 * touched.
 */
enum { HTTP_STREAM_WAITING_MAX = 64 * 1024 };
struct http_stream;
/*
 * As http_respond; the reply's body, which must not be a shared one, is the first piece. NULL: there
 * is no stream (HEAD, a server that drains, a connection that broke); @gone is not called then.
 */
struct http_stream *http_respond_stream(struct http_exchange *exchange, struct http_reply *reply,
					void (*gone)(void *owner), void *owner);
/* False: the client was too slow or is gone, and so is the stream, without a call of @gone. */
bool http_stream_write(struct http_stream *stream, struct text bytes);
/* Ends the reply; the connection is kept where it would be. */
void http_stream_end(struct http_stream *stream);

/* ---- the server -------------------------------------------------------------- */

/* What the server asks of whoever stands above it. All on the loop thread. */
struct http_handler {
	void *context;
	/*
	 * The head is accepted: says how large a body may be (0: none allowed beyond Content-Length
	 * 0). False: refused; on_head has answered by http_respond, and the codec closes where a
	 * body was still to come. 100-continue is sent after this said true.
	 */
	bool (*on_head)(void *context, struct http_exchange *exchange, size_t *body_max);
	/*
	 * The body has grown and takes @room bytes of memory. False: that is too much for now; the
	 * request is refused as busy, by on_gone and on_refusal. NULL: bodies are not watched.
	 */
	bool (*on_body)(void *context, struct http_exchange *exchange, size_t room);
	/* The body is whole. Answers now or later with http_respond. */
	void (*on_request)(void *context, struct http_exchange *exchange);
	/*
	 * The client left, its deadline passed or its body broke the rules before the answer: the
	 * exchange dies after this returns. What still works on it must be told. Called only where
	 * on_head said true.
	 */
	void (*on_gone)(void *context, struct http_exchange *exchange);
	/* The codec refuses a request by itself with @e, whose sentence takes @argument (bytes, of
	 * ERR_TOO_LARGE): fills the reply (a problem document). */
	void (*on_refusal)(void *context, enum err e, int64_t argument, struct http_reply *reply);
};

/* Addresses that begin alike: IPv4 as within IPv6, ::ffff:192.0.2.0/120. */
struct http_network {
	uint8_t bytes[16];
	int bits;
};
/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32"; bits behind the prefix must be 0. */
bool http_network_parse(struct text t, struct http_network *out);

struct http_limits {
	/* absolute deadlines; 10 s, 20 s, 75 s, 30 s */
	int64_t head_us, body_us, idle_us, handling_us;
	int64_t hold_us;              /* 1 s */
	int64_t bytes_per_second_min; /* for bodies and writes: 512 */
	/* a body ends within body_us and its size at this rate, but at most body_max_us; in chunks
	 * its size is what its route allows; 16 KiB, 10 minutes; 0: no such end */
	uint64_t body_rate;
	int64_t body_max_us;
	size_t connections_max; /* of this loop; above it new ones are closed; 0: no ceiling */
	size_t connections_per_address_max; /* an IPv6 address counts by its /64; 0: no ceiling */
	/*
	 * Borrowed. If there are any, every connection comes from one of them and begins with a
	 * header of the PROXY protocol, version 2, which says who the client is; others are closed.
	 */
	const struct http_network *proxies;
	size_t proxy_count;
};
extern const struct http_limits http_limits_standard;

struct http_counts {
	uint64_t accepted, requests, refused, timed_out, open, bytes_in, bytes_out;
};

struct event_base;
struct http_server;
/* Serves connections on @base; the caller turns the loop. NULL when out of memory. SIGPIPE is
 * ignored from then on. */
struct http_server *http_server_new(struct event_base *base, const struct http_limits *limits,
				    const struct http_handler *handler);
/* Listens on host:port (SO_REUSEPORT, so that each loop has its own listener); *port 0 is filled
 * in. False with errno. */
bool http_server_listen(struct http_server *server, const char *host, uint16_t *port);
/* False with errno when somebody listens there: http_server_listen would share it with them. */
bool http_port_is_free(const char *host, uint16_t port);
/* Stops accepting; idle connections close at once, busy ones behind their reply. Done when the
 * count of open ones is 0. */
void http_server_drain(struct http_server *server);
struct http_counts http_server_counts(const struct http_server *server);
/* Ends all connections. Shared bodies still being sent are released when @base next turns or is
 * freed. */
void http_server_free(struct http_server *server);

/* ---- what a proxy says, alone ------------------------------------------------ */

enum { PROXY_HEADER_MAX = 1024 };
enum proxy_event { PROXY_MORE, PROXY_READ, PROXY_BROKEN };
struct proxy_header {
	size_t size;
	bool local;          /* the proxy speaks for itself, to see whether we are well */
	uint8_t address[16]; /* of the client; IPv4 as within IPv6 */
};
/*
 * The header at the front of @bytes, which @out->size bytes are part of. PROXY_MORE: as far as it
 * has come it may be one.
 */
enum proxy_event proxy_header_read(struct text bytes, struct proxy_header *out);

/* ---- the codec, alone -------------------------------------------------------- */

/*
 * The parser behind the server, for tests and the fuzzer: feed bytes, get events. Incremental: the
 * same bytes in any split give the same result.
 */
enum codec_event { CODEC_MORE, CODEC_HEAD, CODEC_REQUEST, CODEC_ERROR };
struct codec;
struct codec *codec_new(void);
void codec_free(struct codec *codec);
/*
 * Takes bytes off the front of @input until something happened. CODEC_HEAD: codec_request holds the
 * head; call codec_accept or drop the connection. CODEC_REQUEST: the body is whole; codec_next
 * before feeding on. CODEC_ERROR: codec_error says which err.
 */
enum codec_event codec_feed(struct codec *codec, struct text *input);
void codec_accept(struct codec *codec, size_t body_max);
const struct http_request *codec_request(const struct codec *codec);
enum err codec_error(const struct codec *codec);
bool codec_keeps_alive(const struct codec *codec);
bool codec_expects_continue(const struct codec *codec);
void codec_next(struct codec *codec);

#endif
