/*
 * What the tests of the dispatcher talk to, and how: a child process that serves a small table of
 * routes with everything behind it (loops, workers, desk, view, an embedded database), and a plain
 * HTTP client.
 */
#ifndef TEST_RUN_CHILD_H
#define TEST_RUN_CHILD_H

#include "test_run_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

/* ---- what the child serves ------------------------------------------------------------ */

enum { ROLE_MAKER = 1, ROLE_OTHER = 2, VIEW_BODY = 6000, UPLOAD_MAX = 16 * 1024 * 1024 };

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

enum { LARGE_BODY = 24 * 1024 * 1024 };

static enum err get_large(struct req *rq)
{
	struct buffer body = { 0 };

	for (int i = 0; i < LARGE_BODY / 1024; i++)
		buffer_print(&body, "%1024d", i);
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

/* A resource with a version, which nobody but its writers knows to be 12. */
enum { VERSIONED = 12 };

static enum err get_versioned(struct req *rq)
{
	struct change change = { .amount = 3 };

	enum err e = reply_version(rq, VERSIONED);
	return e ? e : reply_fields(rq, CHANGE, &change);
}

struct versioned {
	struct change change; /* the reply */
	int64_t seen;
};

static enum err change_versioned(struct tx *tx, void *arg)
{
	const struct versioned *versioned = arg;

	(void)tx;
	return versioned->seen == VERSIONED || versioned->seen == INT_NONE ? OK : ERR_PRECONDITION;
}

static enum err put_versioned(struct req *rq)
{
	struct versioned versioned = { .change.id = id_new(rq->now) };

	enum err e = req_version(rq, &versioned.seen);
	if (!e)
		e = reply_version(rq, VERSIONED + 1);
	return e ? e : run_event(rq, change_versioned, &versioned, CHANGE);
}

static const struct {
	const char *token;
	struct actor actor;
} actors[] = {
	{ "maker", { .organisation = { { 9 } }, .user = { { 8 } }, .roles = ROLE_MAKER } },
	{ "other", { .organisation = { { 9 } }, .user = { { 8 } }, .roles = ROLE_OTHER } },
	{ "second", { .organisation = { { 9 } }, .user = { { 6 } }, .roles = ROLE_MAKER } },
	/* a program with a key of the maker's, and makers with something to do first */
	{ "key",
	  { .organisation = { { 9 } },
	    .user = { { 8 } },
	    .api_key = { { 7 } },
	    .roles = ROLE_MAKER } },
	{ "due",
	  { .organisation = { { 9 } },
	    .user = { { 8 } },
	    .roles = ROLE_MAKER,
	    .due = ERR_PASSWORD_DUE } },
	{ "due-other",
	  { .organisation = { { 9 } },
	    .user = { { 8 } },
	    .roles = ROLE_OTHER,
	    .due = ERR_TOTP_DUE } },
};

static enum err authenticate(struct req *rq, struct text token, struct actor *out)
{
	int64_t one;
	static const struct sql look = { "SELECT 1" };

	if (db_number(rq->db, &look, db_none, &one))
		return ERR_DB_DOWN;
	for (size_t i = 0; i < COUNT_OF(actors); i++) {
		if (!text_is(token, actors[i].token))
			continue;
		*out = actors[i].actor;
		return OK;
	}
	return ERR_UNAUTHENTICATED;
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
	{ .method = HTTP_GET, .path = "/large", .handle = get_large, .runs = ON_WORKER },
	{ .method = HTTP_POST, .path = "/hash", .handle = get_private, .runs = ON_HASHER },
	{ .method = HTTP_GET, .path = "/slow-hash", .handle = get_slow, .runs = ON_HASHER },
	{ .method = HTTP_GET,
	  .path = "/private",
	  .handle = get_private,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET, .path = "/api/v1/list", .handle = get_list, .runs = ON_LOOP },
	{ .method = HTTP_GET,
	  .path = "/api/v1/private",
	  .handle = get_private,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/api/v1/login",
	  .handle = get_private,
	  .rate = RATE_LOGIN,
	  .runs = ON_WORKER },
	{ .method = HTTP_PUT,
	  .path = "/api/v1/upload",
	  .handle = get_private,
	  .runs = ON_WORKER,
	  .body_max = UPLOAD_MAX,
	  .media = "*" },
	{ .method = HTTP_PUT,
	  .path = "/upload",
	  .handle = get_private,
	  .runs = ON_WORKER,
	  .body_max = UPLOAD_MAX,
	  .media = "*" },
	{ .method = HTTP_GET,
	  .path = "/versioned",
	  .handle = get_versioned,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
	{ .method = HTTP_PUT,
	  .path = "/versioned",
	  .handle = put_versioned,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/while-due",
	  .handle = get_private,
	  .roles = ROLE_MAKER,
	  .while_due = true,
	  .runs = ON_WORKER },
	{ .method = HTTP_GET,
	  .path = "/in-person",
	  .handle = get_private,
	  .roles = ROLES_ANY,
	  .by_session = true,
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
	{ .method = HTTP_GET,
	  .path = "/things/{id}",
	  .handle = get_private,
	  .roles = ROLE_MAKER,
	  .runs = ON_WORKER },
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

/* ---- the child --------------------------------------------------------------------------- */

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
		.log = { .fd = STDERR_FILENO, .clock = &clock, .level = LOG_ERROR + 1 },
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
			      .rate_per_address = { [RATE_PUBLIC] = 1000,
						    [RATE_READ] = 40,
						    [RATE_WRITE] = 3,
						    [RATE_LOGIN] = 2 },
			      .rate_per_user = { [RATE_READ] = 4 },
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

/* ---- a client ---------------------------------------------------------------------------- */

enum { ANSWER_MAX = 32768 };

struct answer {
	int status;
	char bytes[ANSWER_MAX];
	size_t size;
	struct text head, body;
};

/* As the client 127.0.0.@client of the loopback. */
static int connect_from(uint16_t port, uint32_t client)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl((127u << 24) + client) };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = 15 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_to(uint16_t port)
{
	return connect_from(port, 1);
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

#endif
