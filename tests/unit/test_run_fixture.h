/*
 * What the tests of transactions share: the embedded server with the tables of run and one more, an
 * app with a runtime that has no threads, requests made by hand, and a proxy in front of the
 * database that breaks connections at COMMIT.
 */
#ifndef TEST_RUN_FIXTURE_H
#define TEST_RUN_FIXTURE_H

#include "test_db_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../src/run/run_private.h"

struct stage {
	struct fixture *base;
	struct db *db, *other;
	struct hooks hooks;
	struct runtime runtime;
	struct app app;
	struct id organisation;
};

static const struct sql make_thing = {
	"CREATE TABLE IF NOT EXISTS thing (id BIGINT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0))"
};
static const struct sql empty_thing = { "DELETE FROM thing" };
static const struct sql put_thing = { "INSERT INTO thing (id, n) VALUES (?, ?)" };
static const struct sql add_thing = { "UPDATE thing SET n = n + ? WHERE id = ?" };
static const struct sql get_thing = { "SELECT n FROM thing WHERE id = ?" };
static const struct sql count_keys = { "SELECT COUNT(*) FROM idempotency" };
static const struct sql empty_keys = { "DELETE FROM idempotency" };
static const struct sql connection_id = { "SELECT CONNECTION_ID()" };
static const struct sql kill_connection = { "KILL CONNECTION ?" };

static inline void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	char bytes[4096];
	size_t size;

	assert_non_null(in);
	assert_non_null(out);
	while ((size = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Only run's own migration: what stands on it may be half written. */
static inline void migrate(struct db *db, const char *directory, const struct log *log)
{
	char path[300];
	size_t applied;

	snprintf(path, sizeof(path), "%s/sql", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/sql/0001_run.sql", directory);
	copy_file(SOURCE_DIR "/schema/sql/0001_run.sql", path);
	snprintf(path, sizeof(path), "%s/sql", directory);
	assert_int_equal(db_migrate(db, path, log, &applied), OK);
	run(db, &make_thing);
}

static inline int stage_start(void **state)
{
	static struct stage stage;

	fixture_start(state);
	stage.base = *state;
	stage.db = stage.base->db;
	stage.other = db_new(embedded_config(stage.base->embedded), &stage.base->log);
	assert_non_null(stage.other);
	migrate(stage.db, stage.base->directory, &stage.base->log);
	stage.app = (struct app){
		.log = stage.base->log,
		.database = embedded_config(stage.base->embedded),
		.hooks = &stage.hooks,
		.runtime = &stage.runtime,
		.settings = { .handling_s = 30 },
	};
	stage.runtime.app = &stage.app;
	stage.organisation = id_new(1);
	*state = &stage;
	return 0;
}

static inline int stage_stop(void **state)
{
	struct stage *stage = *state;

	db_free(stage->other);
	*state = stage->base;
	return fixture_stop(state);
}

static inline void stage_clear(struct stage *stage)
{
	run(stage->db, &empty_thing);
	run(stage->db, &empty_keys);
	assert_int_equal(db_exec(stage->db, &put_thing, db_values(INT64_C(1), INT64_C(10))), OK);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		atomic_store(&stage->runtime.counters[i], 0);
	db_statement_count(stage->db);
}

static inline int64_t thing(struct stage *stage, int64_t id)
{
	int64_t n = -1;

	assert_int_equal(db_number(stage->other, &get_thing, db_values(id), &n), OK);
	return n;
}

/* ---- requests ------------------------------------------------------------------------- */

static const struct route created_route = {
	.method = HTTP_POST, .path = "/things", .runs = ON_WORKER, .success = 201, .body_max = 1000
};

/* A request as a worker has it, with @key and a digest made of @body. */
static inline struct req *request_of(struct stage *stage, const char *key, const char *body)
{
	struct arena *arena = arena_new(0);
	struct req_private *p = arena_take(arena, sizeof(*p));

	p->own_arena = arena;
	p->deadline = clock_monotonic() + 20 * SECOND_US;
	p->method = HTTP_POST;
	p->req = (struct req){
		.app = &stage->app,
		.db = stage->db,
		.arena = arena,
		.route = &created_route,
		.actor = { .organisation = stage->organisation },
		.request_id = TEXT("test-1"),
		.address = TEXT("192.0.2.1"),
		.now = clock_now(&stage->app.clock),
		.path = TEXT("/things"),
		.key = text_of(key),
		.digest = sha256(text_of(body)),
		.problems = { .arena = arena },
		.private = p,
	};
	return &p->req;
}

static inline void request_end(struct req *rq)
{
	request_free(rq->private);
}

static inline struct text header_of(const struct req *rq, const char *name)
{
	const struct reply *reply = &rq->private->reply;

	for (size_t i = 0; i < reply->header_count; i++) {
		if (text_is(reply->headers[i].name, name))
			return reply->headers[i].value;
	}
	return NO_TEXT;
}

static inline void assert_text(struct text t, const char *expected)
{
	if (!text_is(t, expected))
		print_error("\"%.*s\" is not \"%s\"\n", TEXT_FMT(t), expected);
	assert_true(text_is(t, expected));
}

/* ---- the proxy --------------------------------------------------------------------------- */

/* What happens to the next COMMIT: it never arrives, or its answer does not. Once. */
enum proxy_mode { PROXY_PASSES, PROXY_DROPS_COMMIT, PROXY_DROPS_ANSWER };

struct proxy {
	const char *target;
	char path[300];
	int listener;
	pthread_t thread;
	atomic_int mode;
	struct db_config config;
};

static inline int unix_socket(const char *path, bool listens)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	if (listens) {
		assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(fd, 8), 0);
	} else {
		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	}
	return fd;
}

/* Passes what is there; false when the connection is to be broken. */
static inline bool proxy_pass(struct proxy *proxy, int from, int to, bool asks)
{
	static _Thread_local char bytes[65536];
	ssize_t size = read(from, bytes, sizeof(bytes));
	int mode = atomic_load(&proxy->mode);

	if (size <= 0)
		return false;
	bool commits = asks && mode != PROXY_PASSES && memmem(bytes, (size_t)size, "\003COMMIT", 7);
	if (commits)
		atomic_store(&proxy->mode, PROXY_PASSES);
	if (commits && mode == PROXY_DROPS_COMMIT)
		return false;
	bool passed = write(to, bytes, (size_t)size) == size;
	if (commits) { /* answered, but to nobody */
		passed = false;
		if (read(to, bytes, sizeof(bytes)) < 0)
			return false;
	}
	return passed;
}

static inline void proxy_serve(struct proxy *proxy, int client)
{
	int server = unix_socket(proxy->target, false);
	struct pollfd both[2] = { { .fd = client, .events = POLLIN },
				  { .fd = server, .events = POLLIN } };
	bool open = true;

	while (open && poll(both, 2, -1) > 0) {
		if (both[0].revents)
			open = proxy_pass(proxy, client, server, true);
		if (open && both[1].revents)
			open = proxy_pass(proxy, server, client, false);
	}
	close(server);
	close(client);
}

/* One connection after the other: the tests have one at a time. */
static inline void *proxy_main(void *arg)
{
	struct proxy *proxy = arg;
	int client;

	while ((client = accept(proxy->listener, NULL, NULL)) >= 0)
		proxy_serve(proxy, client);
	return NULL;
}

static inline void proxy_start(struct proxy *proxy, struct stage *stage)
{
	*proxy = (struct proxy){ .config = *stage->app.database };
	proxy->target = stage->app.database->socket;
	snprintf(proxy->path, sizeof(proxy->path), "%s/proxy.sock", stage->base->directory);
	unlink(proxy->path);
	proxy->config.socket = proxy->path;
	proxy->listener = unix_socket(proxy->path, true);
	assert_int_equal(pthread_create(&proxy->thread, NULL, proxy_main, proxy), 0);
}

static inline void proxy_stop(struct proxy *proxy)
{
	shutdown(proxy->listener, SHUT_RDWR);
	pthread_join(proxy->thread, NULL);
	close(proxy->listener);
}

#endif
