/*
 * The dispatcher, from outside: statuses, fields, problem documents, replays, pages, the view, full
 * queues, clients that leave, and the end.
 */
#include "test_run_child.h"

/* ---- statuses ---------------------------------------------------------------------------- */

#define MAKER "Authorization: Bearer maker\n"
#define JSON  "Content-Type: application/json\n"

static void each_request_gets_its_status(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *code; /* in the problem document */
	} cases[] = {
		{ "GET /hello/world HTTP/1.1\n", 200, NULL },
		{ "HEAD /hello/world HTTP/1.1\n", 200, NULL },
		{ "GET /hello/world?a=%zz HTTP/1.1\n", 400, "E_BAD_TARGET" },
		{ "GET /hello/%00 HTTP/1.1\n", 400, "E_BAD_TARGET" },
		{ "GET /nowhere HTTP/1.1\n", 404, "E_NOT_FOUND" },
		{ "DELETE /picture HTTP/1.1\n", 405, "E_METHOD" },
		{ "OPTIONS /picture HTTP/1.1\n", 204, NULL },
		{ "OPTIONS * HTTP/1.1\n", 204, NULL },
		{ "POST /hello HTTP/1.1\n" JSON "\n{\"name\":\"abc\",\"number\":3}", 200, NULL },
		{ "POST /hello HTTP/1.1\nContent-Type: application/json; "
		  "charset=UTF-8\n\n{\"name\":\"abc\",\"number\":3}",
		  200, NULL },
		{ "POST /hello HTTP/1.1\nContent-Type: application/json; charset=gbk\n\n{}", 415,
		  "E_MEDIA_TYPE" },
		{ "POST /hello HTTP/1.1\nContent-Type: text/plain\n\n{}", 415, "E_MEDIA_TYPE" },
		{ "POST /hello HTTP/1.1\n\n{}", 415, "E_MEDIA_TYPE" },
		{ "POST /hello HTTP/1.1\n" JSON, 400, "E_BAD_JSON" },
		{ "POST /hello HTTP/1.1\n" JSON "\n{\"name\":", 400, "E_BAD_JSON" },
		{ "POST /hello HTTP/1.1\n" JSON "\n{\"name\":\"a\",\"number\":12,\"x\":1}", 422,
		  "E_REFUSED" },
		{ "POST /picture HTTP/1.1\n" JSON "\n{}", 413, "E_TOO_LARGE" },
		{ "PUT /sheet HTTP/1.1\nContent-Type: text/csv\n\na,b", 204, NULL },
		{ "PUT /sheet HTTP/1.1\n" JSON "\n{}", 415, "E_MEDIA_TYPE" },
		{ "POST /hash HTTP/1.1\n", 204, NULL },
		/* who */
		{ "GET /private HTTP/1.1\n", 401, "E_UNAUTHENTICATED" },
		{ "GET /private HTTP/1.1\nAuthorization: Bearer nobody\n", 401,
		  "E_UNAUTHENTICATED" },
		{ "GET /private HTTP/1.1\nAuthorization: Basic maker\n", 401, "E_UNAUTHENTICATED" },
		{ "GET /private HTTP/1.1\nAuthorization: Bearer other\n", 403, "E_FORBIDDEN" },
		{ "GET /private HTTP/1.1\n" MAKER, 204, NULL },
		{ "GET /any HTTP/1.1\nAuthorization: bearer other\n", 204, NULL },
		{ "GET /private HTTP/1.1\nCookie: a=b; __Host-session=maker; c=d\n", 204, NULL },
		/* what must be done first, before the role is asked for; and in person */
		{ "GET /private HTTP/1.1\nAuthorization: Bearer due\n", 403, "E_PASSWORD_DUE" },
		{ "GET /private HTTP/1.1\nAuthorization: Bearer due-other\n", 403, "E_TOTP_DUE" },
		{ "GET /while-due HTTP/1.1\nAuthorization: Bearer due\n", 204, NULL },
		{ "GET /while-due HTTP/1.1\nAuthorization: Bearer due-other\n", 403,
		  "E_FORBIDDEN" },
		{ "GET /in-person HTTP/1.1\n" MAKER, 204, NULL },
		{ "GET /in-person HTTP/1.1\nAuthorization: Bearer key\n", 403, "E_FORBIDDEN" },
		{ "GET /any HTTP/1.1\nAuthorization: Bearer key\n", 204, NULL },
		/* versions */
		{ "GET /versioned HTTP/1.1\n" MAKER "If-None-Match: \"v12\"\n", 304, NULL },
		{ "GET /versioned HTTP/1.1\n" MAKER "If-None-Match: \"v11\"\n", 200, NULL },
		{ "PUT /versioned HTTP/1.1\n" MAKER, 428, "E_PRECONDITION_MISSING" },
		{ "PUT /versioned HTTP/1.1\n" MAKER "If-Match: \"v11\"\n", 412, "E_PRECONDITION" },
		{ "PUT /versioned HTTP/1.1\n" MAKER "If-Match: W/\"v12\"\n", 412,
		  "E_PRECONDITION" },
		{ "PUT /versioned HTTP/1.1\n" MAKER "If-Match: \"v11\", \"v12\"\n", 200, NULL },
		{ "PUT /versioned HTTP/1.1\n" MAKER "If-Match: *\n", 200, NULL },
		/* from where */
		{ "POST /things HTTP/1.1\n" JSON "Cookie: __Host-session=maker\n\n{\"amount\":1}",
		  403, "E_ORIGIN" },
		{ "POST /things HTTP/1.1\n" JSON
		  "Cookie: __Host-session=maker\nOrigin: http://evil.example\n\n{\"amount\":1}",
		  403, "E_ORIGIN" },
		{ "POST /things HTTP/1.1\n" JSON
		  "Cookie: __Host-session=maker\nSec-Fetch-Site: cross-site\n\n{\"amount\":1}",
		  403, "E_ORIGIN" },
		{ "POST /things HTTP/1.1\n" JSON
		  "Cookie: __Host-session=maker\nOrigin: http://shop.example\n\n{\"amount\":1}",
		  201, NULL },
		{ "POST /things HTTP/1.1\n" JSON
		  "Cookie: __Host-session=maker\nSec-Fetch-Site: same-origin\n\n{\"amount\":-1}",
		  201, NULL },
		{ "POST /hello HTTP/1.1\n" JSON
		  "Origin: http://evil.example\n\n{\"name\":\"abc\",\"number\":3}",
		  403, "E_ORIGIN" },
		/* keys */
		{ "POST /orders HTTP/1.1\n" JSON MAKER "\n{\"amount\":0}", 400, "E_KEY_MISSING" },
		{ "POST /orders HTTP/1.1\n" JSON MAKER "Idempotency-Key: a b\n\n{\"amount\":0}",
		  400, "E_KEY_FORMAT" },
		{ "POST /orders HTTP/1.1\n" JSON MAKER "Idempotency-Key:\n\n{\"amount\":0}", 400,
		  "E_KEY_FORMAT" },
		{ "POST /orders HTTP/1.1\n" JSON MAKER "Idempotency-Key: k0\n\n{\"amount\":0}", 201,
		  NULL },
		{ "POST /orders HTTP/1.1\n" JSON MAKER "Idempotency-Key: k0\n\n{\"amount\":1}", 422,
		  "E_KEY_REUSED" },
		{ "POST /orders HTTP/1.1\n" JSON MAKER "Idempotency-Key: k1\n\n{\"amount\":5000}",
		  409, "E_STOCK_SHORT" },
		/* the program's own */
		{ "GET /healthz HTTP/1.1\n", 200, NULL },
		{ "GET /metrics HTTP/1.1\n", 404, "E_NOT_FOUND" },
		{ "GET /problems/stock-short HTTP/1.1\n", 200, NULL },
		{ "GET /problems/nothing HTTP/1.1\n", 404, "E_NOT_FOUND" },
		{ "GET /list?limit=0 HTTP/1.1\n", 422, "E_REFUSED" },
		{ "GET /list?after=xx HTTP/1.1\n", 422, "E_REFUSED" },
		{ "GET /list?colour=%E7%BA%A2 HTTP/1.1\n", 200, NULL },
		{ "GET /list?size=3 HTTP/1.1\n", 422, "E_REFUSED" },
	};
	struct answer answer;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ask(*state, cases[i].request, &answer);
		if (answer.status != cases[i].status ||
		    (cases[i].code && !holds(answer.body, cases[i].code)))
			print_error("%s: %d %.*s\n", cases[i].request, answer.status,
				    TEXT_FMT(answer.body));
		assert_int_equal(answer.status, cases[i].status);
		if (!cases[i].code)
			continue;
		assert_text(field_of(&answer, "Content-Type"), "application/problem+json");
		assert_true(holds(answer.body, cases[i].code));
	}
}

static void every_reply_has_the_common_fields(void **state)
{
	static const char *const requests[] = {
		"GET /picture HTTP/1.1\n", "GET /hello/world HTTP/1.1\n",
		"GET /nowhere HTTP/1.1\n", "POST /picture HTTP/1.1\n",
		"GET /private HTTP/1.1\n", "BAD\n",
	};
	static const char *const fields[][2] = {
		{ "Server", "xiangcai" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
	};
	struct answer answer;

	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		ask(*state, requests[i], &answer);
		for (size_t f = 0; f < COUNT_OF(fields); f++)
			assert_text(field_of(&answer, fields[f][0]), fields[f][1]);
		assert_true(text_starts(field_of(&answer, "Content-Security-Policy"),
					"default-src 'none';"));
		assert_true(field_of(&answer, "X-Request-Id").size >= 16);
		assert_text(field_of(&answer, "Cache-Control"), i < 2 ? "no-cache" : "no-store");
	}
}

static void problems_say_all_in_the_language_asked(void **state)
{
	struct answer answer;

	ask(*state,
	    "POST /hello HTTP/1.1\n" JSON
	    "Accept-Language: fr, en;q=0.8, zh;q=0.3\nX-Request-Id: mine-1\n\n"
	    "{\"name\":\"a\",\"number\":12,\"x\":1}",
	    &answer);
	assert_int_equal(answer.status, 422);
	assert_text(field_of(&answer, "X-Request-Id"), "mine-1");
	assert_true(holds(
		answer.body,
		"{\"type\":\"/problems/refused\",\"title\":\"the request's content is refused\","
		"\"status\":422,\"code\":\"E_REFUSED\",\"detail\":\"3 faults\","
		"\"instance\":\"mine-1\",\"errors\":["));
	assert_true(holds(answer.body,
			  "{\"pointer\":\"/name\",\"code\":\"E_LENGTH\",\"detail\":\"takes 2 to 10 "
			  "characters\"}"));
	assert_true(holds(answer.body,
			  "{\"pointer\":\"/number\",\"code\":\"E_RANGE\",\"detail\":\"must be "
			  "between 1 and 9\"}"));
	assert_true(holds(answer.body, "{\"pointer\":\"/x\",\"code\":\"E_UNKNOWN_FIELD\""));

	ask(*state,
	    "POST /hello HTTP/1.1\n" JSON
	    "X-Request-Id: not good\n\n{\"name\":\"abc\",\"number\":12}",
	    &answer);
	assert_true(holds(answer.body, "\"title\":\"请求内容有误\""));
	assert_true(holds(answer.body, "\"detail\":\"应在 1 与 9 之间\""));
	assert_false(text_is(field_of(&answer, "X-Request-Id"), "not good"));

	ask(*state, "POST /picture HTTP/1.1\nAccept-Language: en-GB\n" JSON "\n{}", &answer);
	assert_true(holds(answer.body, "\"title\":\"the body is too large\""));
	assert_true(holds(answer.body, "\"detail\":\"the body exceeds 0 bytes\""));

	ask(*state, "DELETE /picture HTTP/1.1\n", &answer);
	assert_text(field_of(&answer, "Allow"), "GET, HEAD, POST, OPTIONS");
	ask(*state, "GET /private HTTP/1.1\n", &answer);
	assert_text(field_of(&answer, "WWW-Authenticate"), "Bearer");
}

static void unchanged_is_told_without_a_body(void **state)
{
	static const char *const paths[] = { "/picture", "/hello/world" };
	struct answer answer;
	char request[300];

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\n", paths[i]);
		ask(*state, request, &answer);
		struct text etag = field_of(&answer, "ETag");
		assert_true(etag.size > 3);
		snprintf(request, sizeof(request),
			 "GET %s HTTP/1.1\nIf-None-Match: \"x\", W/%.*s\n", paths[i],
			 TEXT_FMT(etag));
		char kept[64];
		snprintf(kept, sizeof(kept), "%.*s", TEXT_FMT(etag));
		ask(*state, request, &answer);
		assert_int_equal(answer.status, 304);
		assert_text(field_of(&answer, "ETag"), kept);
		assert_null(field_of(&answer, "Content-Type").at);
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\nIf-None-Match: \"x\"\n",
			 paths[i]);
		ask(*state, request, &answer);
		assert_int_equal(answer.status, 200);
	}
}

static void events_are_replayed_over_http(void **state)
{
	static const char request[] =
		"POST /things HTTP/1.1\n" JSON MAKER "Idempotency-Key: t1\n\n{\"amount\":7}";
	struct answer first, again;

	ask(*state, request, &first);
	assert_int_equal(first.status, 201);
	assert_true(text_starts(field_of(&first, "Location"), "/things/"));
	assert_null(field_of(&first, "Idempotency-Replayed").at);
	/* who asks, BEGIN, key, event, reply, COMMIT */
	assert_text(field_of(&first, "X-Statements"), "6");
	ask(*state, request, &again);
	assert_int_equal(again.status, 201);
	assert_true(text_equal(first.body, again.body));
	assert_true(text_equal(field_of(&first, "Location"), field_of(&again, "Location")));
	assert_text(field_of(&again, "Idempotency-Replayed"), "true");
}

static void versions_are_the_tags_of_shared_things(void **state)
{
	struct answer answer;

	ask(*state, "GET /versioned HTTP/1.1\n" MAKER, &answer);
	assert_text(field_of(&answer, "ETag"), "\"v12\"");
	ask(*state, "GET /versioned HTTP/1.1\nIf-None-Match: W/\"v12\"\n" MAKER, &answer);
	assert_int_equal(answer.status, 304);
	assert_text(field_of(&answer, "ETag"), "\"v12\"");
	for (int i = 0; i < 2; i++) {
		ask(*state,
		    "PUT /versioned HTTP/1.1\nIdempotency-Key: v1\nIf-Match: \"v12\"\n" MAKER,
		    &answer);
		assert_int_equal(answer.status, 200);
		assert_text(field_of(&answer, "ETag"), "\"v13\"");
		assert_int_equal(field_of(&answer, "Idempotency-Replayed").at != NULL, i);
	}
	ask(*state, "PUT /versioned HTTP/1.1\nIf-Match: \"v13\"\n" MAKER, &answer);
	assert_int_equal(answer.status, 412);
	assert_null(field_of(&answer, "ETag").at);
}

static void pages_follow_each_other(void **state)
{
	static const size_t sizes[] = { 20, 20, 5 };
	struct answer answer;
	char request[200] = "GET /list HTTP/1.1\n";

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char last[32];

		ask(*state, request, &answer);
		snprintf(last, sizeof(last), "{\"number\":%zu}]", 20 * i + sizes[i]);
		assert_true(holds(answer.body, last));
		char *next = memmem(answer.body.at, answer.body.size, "\"next\":", 7);
		assert_non_null(next);
		if (i == 2)
			assert_memory_equal(next + 7, "null", 4);
		else
			snprintf(request, sizeof(request), "GET /list?after=%.*s HTTP/1.1\n",
				 (int)(strchr(next + 8, '"') - next - 8), next + 8);
	}
}

/* ---- the view ---------------------------------------------------------------------------- */

static void a_new_view_is_seen_and_the_old_one_freed(void **state)
{
	const struct child *child = *state;
	struct answer answer;
	int fd = connect_to(child->port);

	for (int round = 0; round < 20; round++) {
		ask_on(fd, "GET /picture HTTP/1.1\n", &answer);
		char before[64];
		snprintf(before, sizeof(before), "%.*s", TEXT_FMT(field_of(&answer, "ETag")));
		for (size_t i = 1; i < answer.body.size; i++)
			assert_int_equal(answer.body.at[i], answer.body.at[0]);
		ask_on(fd, "POST /picture HTTP/1.1\n", &answer);
		assert_int_equal(answer.status, 204);
		int64_t give_up = clock_monotonic() + 5 * SECOND_US;
		do {
			ask_on(fd, "GET /picture HTTP/1.1\n", &answer);
			assert_true(clock_monotonic() < give_up);
		} while (text_is(field_of(&answer, "ETag"), before));
	}
	int64_t give_up = clock_monotonic() + 5 * SECOND_US;
	do { /* the last but one goes when the other loop has its news */
		ask_on(fd, "GET /hello/world HTTP/1.1\n", &answer);
		assert_true(clock_monotonic() < give_up);
	} while (!holds(answer.body, "\"pictures\":1}"));
	close(fd);
}

/* ---- load -------------------------------------------------------------------------------- */

/* One worker of reports, four places: of seven one runs, four wait (the last of them too long), two
 * are refused at once. */
static void a_full_queue_answers_at_once(void **state)
{
	const struct child *child = *state;
	int fds[7], counts[2] = { 0 };
	struct answer answer;

	for (int i = 0; i < 7; i++) {
		fds[i] = connect_to(child->port);
		send_all(fds[i], "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
		usleep(20000);
	}
	for (int i = 6; i >= 0; i--) {
		answer_read(fds[i], &answer, true);
		if (answer.status == 503)
			assert_true(field_of(&answer, "Retry-After").at != NULL);
		else
			assert_text(answer.body, "at last");
		assert_int_equal(answer.status, i < 4 ? 200 : 503);
		counts[answer.status == 503]++;
		close(fds[i]);
	}
	assert_int_equal(counts[0], 4);
}

/* Whoever finds no room among the passwords is told to wait longer, and told so late. */
static void a_full_queue_of_hashes_sends_away_for_long(void **state)
{
	enum { CLIENTS = 6 }; /* one at work, four waiting */
	const struct child *child = *state;
	int fds[CLIENTS];
	struct answer answer;

	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = connect_to(child->port);
		send_all(fds[i], "GET /slow-hash HTTP/1.1\r\nHost: a\r\n\r\n");
		usleep(20000);
	}
	/* other queues go on meanwhile */
	ask(child, "GET /hello/world HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_int_equal(recv(fds[CLIENTS - 1], answer.bytes, 1, MSG_DONTWAIT), -1);
	answer_read(fds[CLIENTS - 1], &answer, true);
	assert_int_equal(answer.status, 503);
	assert_text(field_of(&answer, "Retry-After"), "10");
	answer_read(fds[0], &answer, true);
	assert_text(answer.body, "at last");
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
}

static void orders_share_batches(void **state)
{
	const struct child *child = *state;
	enum { CLIENTS = 4, ROUNDS = 50 };
	struct answer answer;
	char request[300];
	int fds[CLIENTS];
	int64_t largest = 0;

	for (int c = 0; c < CLIENTS; c++)
		fds[c] = connect_to(child->port);
	for (int round = 0; round < ROUNDS; round++) {
		for (int c = 0; c < CLIENTS; c++) {
			snprintf(request, sizeof(request),
				 "POST /orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
				 "maker\r\n"
				 "Content-Type: application/json\r\nIdempotency-Key: o-%d-%d\r\n"
				 "Content-Length: 12\r\n\r\n{\"amount\":1}",
				 round, c);
			send_all(fds[c], request);
		}
		for (int c = 0; c < CLIENTS; c++) {
			int64_t batch;

			answer_read(fds[c], &answer, true);
			assert_int_equal(answer.status, 201);
			assert_true(text_to_int(field_of(&answer, "X-Batch"), &batch));
			assert_true(batch >= 1 && batch <= CLIENTS);
			largest = batch > largest ? batch : largest;
		}
	}
	for (int c = 0; c < CLIENTS; c++)
		close(fds[c]);
	assert_true(largest > 1);
}

static void who_leaves_is_forgotten(void **state)
{
	const struct child *child = *state;
	struct answer answer;

	for (int i = 0; i < 3; i++) {
		int fd = connect_to(child->port);

		send_all(fd, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
		usleep(50000);
		close(fd);
	}
	usleep(100000);
	ask(child, "GET /slow HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	struct child admin = { .port = child->admin_port };
	ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_true(holds(answer.body, "xiangcai_requests_gone_total 2\n"));
	assert_true(holds(answer.body, "xiangcai_requests_expired_total 1\n"));
	assert_true(holds(answer.body, "xiangcai_queue_refused_total{queue=\"reports\"} 2\n"));
	assert_true(holds(answer.body, "xiangcai_database_ready 1\n"));
	ask(child, "GET /readyz HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
}

static void large_bodies_count_until_they_are_read(void **state)
{
	enum { READERS = 12, ALL = 256 * 1024 * 1024 };
	const struct child *child = *state;
	struct child admin = { .port = child->admin_port };
	struct answer answer;
	int fds[READERS], refused = 0;

	for (int i = 0; i < READERS; i++) {
		fds[i] = connect_to(child->port);
		send_all(fds[i], "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_true(read_head(fds[i], &answer));
		refused += answer.status == 503;
		assert_int_equal(answer.status, refused ? 503 : 200);
	}
	assert_int_equal(refused, READERS - ALL / LARGE_BODY);
	ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
	assert_true(holds(answer.body, "xiangcai_bodies_bytes 251658240\n"));
	ask(child, "GET /list HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	for (int i = 0; i < READERS; i++)
		close(fds[i]);
	bool given_back = false;
	for (int tries = 0; tries < 100 && !given_back; tries++) {
		usleep(100000);
		ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
		given_back = holds(answer.body, "xiangcai_bodies_bytes 0\n");
	}
	assert_true(given_back);
}

/*
 * More slow uploads than would fit if each took what its route allows, announced and in chunks:
 * they count with what they have sent, so that an honest one goes through.
 */
static void slow_uploads_take_only_what_they_sent(void **state)
{
	enum { FAKES = 32, PIECE = 100 * 1024 };
	static char piece[PIECE + 1];
	const struct child *child = *state;
	struct child admin = { .port = child->admin_port };
	struct answer answer;
	int fds[FAKES];

	memset(piece, 'x', PIECE);
	for (int i = 0; i < FAKES; i++) {
		/* four from each address: strangers may have no more of them at once */
		fds[i] = connect_from(child->port, 2 + (uint32_t)i / 4);
		send_all(fds[i], i % 2 ? "PUT /upload HTTP/1.1\r\nHost: a\r\n"
					 "Content-Length: 16777216\r\n\r\n"
				       : "PUT /upload HTTP/1.1\r\nHost: a\r\n"
					 "Transfer-Encoding: chunked\r\n\r\n1000000\r\n");
		send_all(fds[i], piece);
	}
	int64_t counted = 0;
	for (int tries = 0; tries < 100 && counted < (int64_t)FAKES * PIECE; tries++) {
		usleep(50000);
		ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
		const char *at =
			memmem(answer.body.at, answer.body.size, "\nxiangcai_bodies_bytes ", 23);
		struct text line = { at + 23,
				     (size_t)(answer.body.at + answer.body.size - at - 23) };
		assert_true(text_to_int(text_cut(&line, '\n'), &counted));
	}
	assert_in_range(counted, FAKES * PIECE, 3 * FAKES * PIECE);

	int fd = connect_from(child->port, 2);
	send_all(fd, "PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 102400\r\n\r\n");
	answer_read(fd, &answer, true);
	assert_int_equal(answer.status, 503);
	close(fd);
	fd = connect_to(child->port);
	send_all(fd, "PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 16384000\r\n\r\n");
	for (int i = 0; i < 160; i++)
		send_all(fd, piece);
	answer_read(fd, &answer, true);
	assert_int_equal(answer.status, 204);
	close(fd);
	for (int i = 0; i < FAKES; i++)
		close(fds[i]);
	bool given_back = false;
	for (int tries = 0; tries < 100 && !given_back; tries++) {
		usleep(100000);
		ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
		given_back = holds(answer.body, "xiangcai_bodies_bytes 0\n");
	}
	assert_true(given_back);
}

/* Handling has 2 s here; they begin when the body is there. */
static void a_slow_upload_costs_no_time_for_handling(void **state)
{
	const struct child *child = *state;
	int fd = connect_to(child->port);
	struct answer answer;

	send_all(fd, "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
		     "Content-Length: 26\r\n\r\n{\"name\":\"slow\"");
	usleep(2300000);
	send_all(fd, ",\"number\":3}");
	answer_read(fd, &answer, true);
	assert_int_equal(answer.status, 200);
	close(fd);
}

/* ---- the database dies ---------------------------------------------------------------------- */

static pid_t database_pid(const struct child *child)
{
	char path[300], digits[32] = "";
	FILE *file;
	int64_t pid;

	snprintf(path, sizeof(path), "%s/db/mariadbd.pid", child->directory);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(digits, sizeof(digits), file));
	fclose(file);
	assert_true(text_to_int((struct text){ digits, strcspn(digits, "\n") }, &pid));
	return (pid_t)pid;
}

/* Asked until it is done: 503 while there is no database, 409 while the first try still holds the
 * key. */
static void ask_until_done(const struct child *child, const char *request, struct answer *answer)
{
	int64_t give_up = clock_monotonic() + 60 * SECOND_US;

	do {
		ask(child, request, answer);
		assert_true(answer->status == 201 || answer->status == 503 ||
			    answer->status == 409);
		assert_true(clock_monotonic() < give_up);
	} while (answer->status != 201);
}

static void orders_outlive_the_database(void **state)
{
	const struct child *child = *state;
	struct answer before, again;
	char request[300];

	for (int i = 0; i < 3; i++) {
		snprintf(request, sizeof(request),
			 "POST %s HTTP/1.1\n" JSON MAKER "Idempotency-Key: d%d\n\n{\"amount\":1}",
			 i == 1 ? "/orders" : "/things", i);
		if (i < 2)
			kill(database_pid(child), SIGKILL);
		ask_until_done(child, request, &before);
		ask(child, request, &again);
		assert_int_equal(again.status, 201);
		assert_text(field_of(&again, "Idempotency-Replayed"), "true");
		assert_true(text_equal(before.body, again.body));
	}
}

/* ---- limits ------------------------------------------------------------------------------ */

static void replies_tell_what_is_left(void **state)
{
	struct answer answer;

	ask(*state, "GET /api/v1/list HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	assert_text(field_of(&answer, "RateLimit-Policy"), "\"public\";q=1000;w=60");
	assert_true(text_starts(field_of(&answer, "RateLimit"), "\"public\";r=99"));
	ask(*state, "GET /api/v1/nothing HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 404);
	assert_true(text_starts(field_of(&answer, "RateLimit"), "\"public\";r=99"));
	ask(*state, "GET /api/v1/private HTTP/1.1\n" MAKER, &answer);
	assert_text(field_of(&answer, "RateLimit-Policy"),
		    "\"read\";q=40;w=60, \"read-user\";q=4;w=60");
	assert_text(field_of(&answer, "RateLimit"), "\"read\";r=39;t=2, \"read-user\";r=3;t=15");
	ask(*state, "GET /api/v1/private HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 401);
	assert_text(field_of(&answer, "RateLimit-Policy"), "\"read\";q=40;w=60");
	ask(*state, "GET /list HTTP/1.1\n", &answer);
	assert_null(field_of(&answer, "RateLimit").at);
}

/* The refused body is not read, and the connection ends behind the refusal. */
static void addresses_have_a_limit(void **state)
{
	const struct child *child = *state;
	struct child admin = { .port = child->admin_port };
	struct answer answer;
	char one;

	for (int i = 0; i < 3; i++) {
		ask(child, "PUT /api/v1/upload HTTP/1.1\n\nabc", &answer);
		assert_int_equal(answer.status, 204);
	}
	int fd = connect_to(child->port);
	send_all(fd, "PUT /api/v1/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
	answer_read(fd, &answer, true);
	assert_int_equal(answer.status, 429);
	assert_true(holds(answer.body, "E_TOO_MANY"));
	assert_text(field_of(&answer, "RateLimit"), "\"write\";r=0;t=60");
	assert_text(field_of(&answer, "Retry-After"), "20");
	assert_int_equal(recv(fd, &one, 1, 0), 0);
	close(fd);
	ask(child, "GET /api/v1/list HTTP/1.1\n", &answer);
	assert_int_equal(answer.status, 200);
	for (int i = 0; i < 3; i++) {
		ask(child, "GET /api/v1/login HTTP/1.1\n", &answer);
		assert_int_equal(answer.status, i < 2 ? 204 : 429);
	}
	ask(&admin, "GET /metrics HTTP/1.1\n", &answer);
	assert_true(holds(answer.body,
			  "xiangcai_rate_refused_total{class=\"write\",by=\"address\"} 1\n"));
	assert_true(holds(answer.body,
			  "xiangcai_rate_refused_total{class=\"login\",by=\"address\"} 1\n"));
}

static void users_have_a_limit(void **state)
{
	struct answer answer;
	int refused = 0;

	for (int i = 0; i < 6; i++) {
		ask(*state, "GET /api/v1/private HTTP/1.1\n" MAKER, &answer);
		assert_true(answer.status == 204 || answer.status == 429);
		refused += answer.status == 429;
	}
	assert_in_range(refused, 1, 3); /* one was asked before, and one may have come back */
	assert_int_equal(answer.status, 429);
	assert_true(holds(field_of(&answer, "RateLimit"), "\"read-user\";r=0;t="));
	int64_t wait_s;
	assert_true(text_to_int(field_of(&answer, "Retry-After"), &wait_s));
	assert_in_range(wait_s, 1, 15);
	ask(*state, "GET /api/v1/private HTTP/1.1\nAuthorization: Bearer second\n", &answer);
	assert_int_equal(answer.status, 204);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void what_was_begun_is_answered_before_the_end(void **state)
{
	struct child *child = *state;
	int fd = connect_to(child->port), idle = connect_to(child->port), status;
	struct answer answer;

	send_all(fd, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
	usleep(100000);
	kill(child->pid, SIGTERM);
	usleep(100000);
	assert_int_equal(connect_to(child->port), -1);
	assert_int_equal(recv(idle, answer.bytes, 1, 0), 0);
	answer_read(fd, &answer, true);
	assert_text(answer.body, "at last");
	assert_text(field_of(&answer, "Connection"), "close");
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	child->pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
	close(idle);
}

/* ---- pure parts -------------------------------------------------------------------------- */

static void languages_are_chosen_by_quality(void **state)
{
	static const struct {
		const char *accept;
		enum language language;
	} cases[] = {
		{ NULL, ZH },
		{ "", ZH },
		{ "en", EN },
		{ "zh-CN,zh;q=0.9,en;q=0.8", ZH },
		{ "en-US", EN },
		{ "en;q=0.5, zh;q=0.4", EN },
		{ "en;q=0.5, zh", ZH },
		{ "fr", ZH },
		{ "en;q=0", ZH },
		{ "EN", EN },
		{ "en;q=x", ZH },
		{ "*", ZH },
		{ "en;q=0.5,zh;q=0.55", ZH },
		{ " en ; q=1.0 ", EN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(language_of(text_of(cases[i].accept)), cases[i].language);
}

static void a_file_is_sent_to_who_prefers_it(void **state)
{
	static const struct {
		const char *accept;
		bool preferred;
	} cases[] = {
		{ "text/csv", true },
		{ "Text/CSV; charset=utf-8", true },
		{ "text/csv, */*", true },
		{ "text/csv, application/json", true },
		{ "application/json;q=0.5, text/csv", true },
		{ "text/html, text/csv;q=0.3, */*;q=0.1", true },
		{ "text/csv; header=present; q=0.2, application/json; q=0.1", true },
		{ "", false },
		{ "*/*", false },
		{ "application/json", false },
		{ "application/json, text/csv", false },
		{ "*/*, text/csv", false },
		{ "text/csv;q=0", false },
		{ "text/csv;q=0.1, application/json", false },
		{ "text/csvx, text/*", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(media_preferred(text_of(cases[i].accept), "text/csv"),
				 cases[i].preferred);
}

static void entity_tags_compare_weakly(void **state)
{
	static const struct {
		const char *condition, *etag;
		bool matches;
	} cases[] = {
		{ "\"a\"", "\"a\"", true },        { "W/\"a\"", "\"a\"", true },
		{ "\"b\", \"a\"", "\"a\"", true }, { "*", "\"a\"", true },
		{ "\"b\"", "\"a\"", false },       { "a", "\"a\"", false },
		{ "\"b\",", "\"a\"", false },      { "\"b\" ,W/\"a\" ", "\"a\"", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(etag_matches(text_of(cases[i].condition), text_of(cases[i].etag)),
				 cases[i].matches);
}

static void versions_are_read_strictly(void **state)
{
	static const struct {
		const char *condition;
		int64_t version;
	} cases[] = {
		{ "\"v1\"", 1 },
		{ "\"v0\"", 0 },
		{ " \"v12\" ", 12 },
		{ "\"v12-0123456789abcdef0123456789abcdef\"", 12 },
		{ "\"v-12\"", -1 },
		{ "*", INT_NONE },
		{ " * ", INT_NONE },
		{ "\"v1\", \"v7\",\"v3\"", 7 },
		{ "\"a,b\", \"v7\"", 7 },
		{ "\"v9,\", \"v7\"", 7 },
		{ "W/\"v9\", \"v7\"", 7 },
		{ "W/\"v9\"", -1 },
		{ "", -1 },
		{ ",,", -1 },
		{ "v9", -1 },
		{ "\"9\"", -1 },
		{ "\"v\"", -1 },
		{ "\"v-1\"", -1 },
		{ "\"v01\"", -1 },
		{ "\"v+1\"", -1 },
		{ "\"v1", -1 },
		{ "\"v1\" x", -1 },
		{ "\"V1\"", -1 },
		{ "\"v99999999999999999999\"", -1 },
		{ "*, \"v1\"", 1 },
		{ "\"", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		if (version_of(text_of(cases[i].condition)) != cases[i].version)
			print_error("%s\n", cases[i].condition);
		assert_int_equal(version_of(text_of(cases[i].condition)), cases[i].version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_chosen_by_quality),
		cmocka_unit_test(a_file_is_sent_to_who_prefers_it),
		cmocka_unit_test(entity_tags_compare_weakly),
		cmocka_unit_test(versions_are_read_strictly),
		cmocka_unit_test(each_request_gets_its_status),
		cmocka_unit_test(every_reply_has_the_common_fields),
		cmocka_unit_test(problems_say_all_in_the_language_asked),
		cmocka_unit_test(unchanged_is_told_without_a_body),
		cmocka_unit_test(events_are_replayed_over_http),
		cmocka_unit_test(versions_are_the_tags_of_shared_things),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(a_new_view_is_seen_and_the_old_one_freed),
		cmocka_unit_test(a_full_queue_answers_at_once),
		cmocka_unit_test(orders_share_batches),
		cmocka_unit_test(who_leaves_is_forgotten),
		cmocka_unit_test(a_full_queue_of_hashes_sends_away_for_long),
		cmocka_unit_test(large_bodies_count_until_they_are_read),
		cmocka_unit_test(slow_uploads_take_only_what_they_sent),
		cmocka_unit_test(a_slow_upload_costs_no_time_for_handling),
		cmocka_unit_test(replies_tell_what_is_left),
		cmocka_unit_test(addresses_have_a_limit),
		cmocka_unit_test(users_have_a_limit),
		cmocka_unit_test(orders_outlive_the_database),
		cmocka_unit_test(what_was_begun_is_answered_before_the_end),
	};

	return cmocka_run_group_tests_name("dispatcher", tests, child_start, child_end);
}
