/*
 * The dispatcher, from outside: a child process serves a small table of routes with everything
 * behind it (loops, workers, desk, view, an embedded database), and the tests speak HTTP with it.
 */
#include "test_run_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- what the child serves ----------------------------------------------------------------------
 */

enum { ROLE_MAKER = 1, ROLE_OTHER = 2, VIEW_BODY = 6000 };

/* A view of these tests: one body; how many there are is counted. */
struct picture {
	int64_t version;
	char etag[24];
	char body[VIEW_BODY];
};

static atomic_long wanted_version = 1, pictures;

static const void *picture_build(struct app *app, struct db *db, const void *old, enum err *e)
{
	const struct picture *before = old;
	int64_t version = atomic_load(&wanted_version);

	(void)app;
	(void)db;
	*e = OK;
	if (before && before->version == version)
		return before;
	struct picture *picture = memory_take(sizeof(*picture));
	picture->version = version;
	snprintf(picture->etag, sizeof(picture->etag), "\"v%lld\"", (long long)version);
	memset(picture->body, 'a' + (int)(version % 26), sizeof(picture->body));
	atomic_fetch_add(&pictures, 1);
	return picture;
}

static void picture_release(const void *view)
{
	struct picture *picture = (struct picture *)(uintptr_t)view;

	memset(picture->body, '!', sizeof(picture->body));
	memory_free(picture);
	atomic_fetch_sub(&pictures, 1);
}

static enum err get_picture(struct req *rq)
{
	const struct picture *picture = rq->view;

	return reply_shared(
		rq, "application/json",
		(struct shared_body){ .bytes = { picture->body, sizeof(picture->body) } },
		text_of(picture->etag));
}

static enum err post_picture(struct req *rq)
{
	atomic_fetch_add(&wanted_version, 1);
	view_kick(rq->app);
	return reply_empty(rq);
}

struct hello {
	struct text name;
	int64_t number, pictures;
};

static const struct field hello_fields[] = {
	{ .name = "name", .kind = KIND_TEXT, .at = FIELD_AT(hello, name), .min = 2, .max = 10 },
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(hello, number), .min = 1, .max = 9 },
	{ .name = "pictures", .kind = KIND_INT, .at = FIELD_AT(hello, pictures), .only = OUT },
};

static enum err get_hello(struct req *rq)
{
	struct hello hello = { .name = req_path_text(rq, "name"), .number = 7 };

	hello.pictures = atomic_load(&pictures);
	return reply_fields(rq, hello_fields, COUNT_OF(hello_fields), &hello);
}

static enum err post_hello(struct req *rq)
{
	struct hello hello = { 0 };

	enum err e = json_read(rq, hello_fields, COUNT_OF(hello_fields), &hello);
	return e ? e : reply_fields(rq, hello_fields, COUNT_OF(hello_fields), &hello);
}

struct listing {
	struct page page;
	struct text colour;
};

static const struct field listing_fields[] = {
	PAGE_FIELDS(listing),
	{ .name = "colour", .kind = KIND_TEXT, .at = FIELD_AT(listing, colour), .optional = true },
};

struct entry {
	int64_t number;
};

static const struct field entry_fields[] = {
	{ .name = "number", .kind = KIND_INT, .at = FIELD_AT(entry, number) },
};

static struct text entry_cursor(struct arena *arena, const void *row)
{
	return page_cursor_number(arena, ((const struct entry *)row)->number);
}

static enum err get_list(struct req *rq)
{
	struct listing listing = { 0 };
	struct list list = { 0 };
	int64_t after;

	enum err e = query_read(rq, listing_fields, COUNT_OF(listing_fields), &listing);
	if (!e)
		e = page_after_number(rq, &listing.page, &after);
	if (e)
		return e;
	int64_t limit = page_limit(&listing.page);
	for (int64_t n = after + 1; n <= 45 && list.count <= (size_t)limit; n++)
		((struct entry *)list_add(&list, rq->arena, sizeof(struct entry)))->number = n;
	return reply_page(rq, entry_fields, COUNT_OF(entry_fields), sizeof(struct entry), &list,
			  limit, entry_cursor);
}

static enum err get_slow(struct req *rq)
{
	struct buffer body = { 0 };

	usleep(600000);
	buffer_add(&body, TEXT("at last"));
	return reply_body(rq, "text/plain", &body);
}

struct change {
	struct id id;
	int64_t amount;
};

static const struct field change_fields[] = {
	{ .name = "id", .kind = KIND_ID, .at = FIELD_AT(change, id), .only = OUT },
	{ .name = "amount", .kind = KIND_INT, .at = FIELD_AT(change, amount) },
};
#define CHANGE change_fields, COUNT_OF(change_fields)

static enum err change_thing(struct tx *tx, void *arg)
{
	struct change *change = arg;

	return db_exec(tx->db, &add_thing, db_values(change->amount, INT64_C(1)));
}

static enum err post_thing(struct req *rq)
{
	struct change change = { .id = id_new(rq->now) };

	enum err e = json_read(rq, CHANGE, &change);
	return e ? e : run_event(rq, change_thing, &change, CHANGE);
}

static enum err take_all(struct tx *tx, struct batch_item *const *items, size_t count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += ((struct change *)items[i]->arg)->amount;
	enum err e = db_exec(tx->db, &add_thing, db_values(-sum, INT64_C(1)));
	return e == ERR_DB_CHECK ? ERR_STOCK_SHORT : e;
}

static enum err post_order(struct req *rq)
{
	struct change *change = arena_take(rq->arena, sizeof(*change));

	change->id = id_new(rq->now);
	enum err e = json_read(rq, CHANGE, change);
	return e ? e : run_batched(rq, change, 20, CHANGE);
}

static enum err get_private(struct req *rq)
{
	return reply_empty(rq);
}

static enum err authenticate(struct req *rq, struct text token, struct actor *out)
{
	int64_t one;
	static const struct sql look = { "SELECT 1" };

	if (db_number(rq->db, &look, db_none, &one))
		return ERR_DB_DOWN;
	if (!text_is(token, "maker") && !text_is(token, "other"))
		return ERR_UNAUTHENTICATED;
	*out = (struct actor){ .organisation = { { 9 } },
			       .user = { { 8 } },
			       .roles = text_is(token, "maker") ? ROLE_MAKER : ROLE_OTHER };
	return OK;
}

static const struct route routes[] = {
	{ .method = HTTP_GET, .path = "/picture", .handle = get_picture, .runs = ON_LOOP },
	{ .method = HTTP_POST, .path = "/picture", .handle = post_picture, .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/hello/{name:text}",
	  .handle = get_hello,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/hello",
	  .handle = post_hello,
	  .runs = ON_WORKER,
	  .body_max = 200 },
	{ .method = HTTP_GET, .path = "/list", .handle = get_list, .runs = ON_LOOP },
	{ .method = HTTP_GET, .path = "/slow", .handle = get_slow, .runs = ON_REPORTS },
	{ .method = HTTP_POST, .path = "/hash", .handle = get_private, .runs = ON_HASHER },
	{ .method = HTTP_GET,
	  .path = "/private",
	  .handle = get_private,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/any",
	  .handle = get_private,
	  .roles = ROLES_ANY,
	  .runs = ON_WORKER },
	{ .method = HTTP_POST,
	  .path = "/things",
	  .handle = post_thing,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER,
	  .body_max = 1000,
	  .success = 201 },
	{ .method = HTTP_POST,
	  .path = "/orders",
	  .handle = post_order,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER,
	  .key = KEY_REQUIRED,
	  .body_max = 1000,
	  .success = 201 },
	{ .method = HTTP_PUT,
	  .path = "/sheet",
	  .handle = get_private,
	  .runs = ON_WORKER,
	  .body_max = 1000,
	  .media = "text/csv" },
};

/* ---- the child
 * -------------------------------------------------------------------------------------- */

struct child {
	char directory[256];
	pid_t pid;
	uint16_t port, admin_port;
	int tells; /* where the child says its port */
};

static int tells_in_child;

static void on_ready(struct app *app, uint16_t port)
{
	(void)app;
	if (write(tells_in_child, &port, sizeof(port)) != sizeof(port))
		abort();
}

static int child_main(const char *directory, uint16_t admin_port)
{
	static const struct route_table tables[] = { { routes, COUNT_OF(routes) } };
	static struct clock clock;
	static struct hooks hooks = {
		.tables = tables,
		.table_count = COUNT_OF(tables),
		.authenticate = authenticate,
		.desk = take_all,
		.view = { picture_build, picture_release },
	};
	struct app app = {
		.log = { .fd = STDERR_FILENO, .clock = &clock, .level = LOG_ERROR },
		.hooks = &hooks,
		.settings = { .listen_host = TEXT("127.0.0.1"),
			      .admin_port = admin_port,
			      .loops = 2,
			      .workers = 3,
			      .report_workers = 1,
			      .hashers = 1,
			      .job_runners = 1,
			      .queue_max = 4,
			      .handling_s = 2,
			      .idle_s = 20,
			      .connections_max = 100,
			      .report_statements = true },
	};
	char why[EMBEDDED_WHY_SIZE];

	if (getenv("XIANGCAI_TEST_LOG"))
		app.log.level = LOG_DEBUG;
	app.embedded = embedded_start(directory, &app.log, why);
	assert(app.embedded);
	app.database = embedded_config(app.embedded);
	struct db *db = db_new(app.database, &app.log);
	migrate(db, directory, &app.log);
	assert(!db_exec(db, &put_thing, db_values(INT64_C(1), INT64_C(1000))));
	db_free(db);
	int status = serve(&app, on_ready);
	embedded_stop(app.embedded);
	if (atomic_load(&pictures) != 0)
		status = 3; /* a view was not given back */
	return status;
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int child_start(void **state)
{
	static struct child child;
	int tells[2];

	fixture_directory(child.directory, sizeof(child.directory));
	child.admin_port = free_port();
	assert_int_equal(pipe(tells), 0);
	child.pid = fork();
	if (child.pid == 0) {
		close(tells[0]);
		tells_in_child = tells[1];
		exit(child_main(child.directory, child.admin_port));
	}
	close(tells[1]);
	assert_int_equal(read(tells[0], &child.port, sizeof(child.port)), sizeof(child.port));
	close(tells[0]);
	*state = &child;
	return 0;
}

static int child_end(void **state)
{
	struct child *child = *state;

	if (child->pid) { /* a test failed before the last one */
		kill(child->pid, SIGTERM);
		waitpid(child->pid, NULL, 0);
	}
	fixture_remove(child->directory);
	return 0;
}

/* ---- a client
 * ------------------------------------------------------------------------------------------ */

enum { ANSWER_MAX = 32768 };

struct answer {
	int status;
	char bytes[ANSWER_MAX];
	size_t size;
	struct text head, body;
};

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 15 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_all(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), strlen(bytes));
}

static struct text field_of(const struct answer *answer, const char *name)
{
	struct text rest = answer->head;

	while (rest.size) {
		struct text line = text_trim(text_cut(&rest, '\n'));
		struct text label = text_cut(&line, ':');

		if (text_equal_fold(label, text_of(name)))
			return text_trim(text_part(line, 0,
						   line.size && line.at[line.size - 1] == '\r'
							   ? line.size - 1
							   : line.size));
	}
	return NO_TEXT;
}

/* Reads until the head is whole; false when the connection ended before. */
static bool read_head(int fd, struct answer *answer)
{
	char *end;

	answer->size = 0;
	do {
		ssize_t size = recv(fd, answer->bytes + answer->size,
				    sizeof(answer->bytes) - answer->size, 0);

		if (size <= 0)
			return false;
		answer->size += (size_t)size;
	} while (!(end = memmem(answer->bytes, answer->size, "\r\n\r\n", 4)));
	answer->head = (struct text){ answer->bytes, (size_t)(end - answer->bytes) };
	answer->status = (answer->bytes[9] - '0') * 100 + (answer->bytes[10] - '0') * 10 +
			 answer->bytes[11] - '0';
	return true;
}

static void answer_read(int fd, struct answer *answer, bool has_body)
{
	int64_t length = 0;

	assert_true(read_head(fd, answer));
	size_t head = answer->head.size + 4;
	if (has_body && field_of(answer, "Content-Length").at)
		assert_true(text_to_int(field_of(answer, "Content-Length"), &length));
	while (answer->size < head + (size_t)length) {
		ssize_t size = recv(fd, answer->bytes + answer->size,
				    sizeof(answer->bytes) - answer->size, 0);

		assert_true(size > 0);
		answer->size += (size_t)size;
	}
	answer->body = (struct text){ answer->bytes + head, (size_t)length };
}

/* @request: the first line and fields, lines ended by \n; a body behind an empty line. Host and
 * Content-Length are added. */
static void ask_on(int fd, const char *request, struct answer *answer)
{
	struct text rest = text_of(request);
	struct buffer out = { 0 };
	bool head = text_starts(rest, "HEAD");
	struct text line;

	while ((line = text_cut(&rest, '\n')).size) {
		buffer_add(&out, line);
		buffer_add(&out, TEXT("\r\n"));
	}
	buffer_add(&out, TEXT("Host: shop.example\r\n"));
	if (rest.size)
		buffer_print(&out, "Content-Length: %zu\r\n", rest.size);
	buffer_add(&out, TEXT("\r\n"));
	buffer_add(&out, rest);
	buffer_char(&out, '\0');
	send_all(fd, out.at);
	buffer_free(&out);
	answer_read(fd, answer, !head);
}

static void ask(const struct child *child, const char *request, struct answer *answer)
{
	int fd = connect_to(child->port);

	assert_true(fd >= 0);
	ask_on(fd, request, answer);
	close(fd);
}

static bool holds(struct text t, const char *part)
{
	return memmem(t.at, t.size, part, strlen(part)) != NULL;
}

/* ---- statuses
 * --------------------------------------------------------------------------------------------- */

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
	assert_true(holds(answer.body, "\"title\":\"the body exceeds … bytes\""));
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

/* ---- the view
 * ------------------------------------------------------------------------------------------------
 */

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

/* ---- load
 * -------------------------------------------------------------------------------------------------------
 */

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

/* ---- the end
 * ------------------------------------------------------------------------------------------------------
 */

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

/* ---- pure parts
 * -----------------------------------------------------------------------------------------------------
 */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_chosen_by_quality),
		cmocka_unit_test(entity_tags_compare_weakly),
		cmocka_unit_test(each_request_gets_its_status),
		cmocka_unit_test(every_reply_has_the_common_fields),
		cmocka_unit_test(problems_say_all_in_the_language_asked),
		cmocka_unit_test(unchanged_is_told_without_a_body),
		cmocka_unit_test(events_are_replayed_over_http),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(a_new_view_is_seen_and_the_old_one_freed),
		cmocka_unit_test(a_full_queue_answers_at_once),
		cmocka_unit_test(orders_share_batches),
		cmocka_unit_test(who_leaves_is_forgotten),
		cmocka_unit_test(what_was_begun_is_answered_before_the_end),
	};

	return cmocka_run_group_tests_name("dispatcher", tests, child_start, child_end);
}
