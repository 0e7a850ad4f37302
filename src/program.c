/*
 * Opening and closing the program. Each step stands on the one before; what failed is said once, on
 * standard error, for the person who started it, because the log may be read by nobody yet.
 */
#include "program.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key_need.h"
#include "reference.h"

enum { WHY_MAX = 256, PATH_SIZE_MAX = 4096 };
static const struct text nothing = { "", 0 };

struct program *program_of(struct app *app)
{
	return (struct program *)app;
}

const char *program_path(struct app *app, const char *below)
{
	struct program *program = program_of(app);

	return arena_print(program->arena, "%.*s/%s", TEXT_FMT(program->settings.share), below).at;
}

static bool complain(const char *subject, const char *why)
{
	fprintf(stderr, "xiangcai: %s: %s\n", subject, why);
	return false;
}

/* ---- where things are ---- */

/* The directory of the running program, without a slash behind it. */
static struct text own_directory(struct arena *arena)
{
	char path[PATH_SIZE_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path));

	while (size > 0 && path[size - 1] != '/')
		size--;
	return size > 1 ? arena_text(arena, (struct text){ path, (size_t)size - 1 }) : nothing;
}

/* In the build directory of a source tree, or installed. The one that has a schema is right. */
static bool find_share(struct program *program)
{
	static const char *const places[] = { "/../..", "/../share/xiangcai" };
	struct text own = own_directory(program->arena);

	if (program->settings.share.size)
		return true;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct text place = arena_print(program->arena, "%.*s%s", TEXT_FMT(own), places[i]);
		struct text schema =
			arena_print(program->arena, "%.*s/schema/sql", TEXT_FMT(place));

		program->settings.share = place;
		if (schema.at && access(schema.at, R_OK | X_OK) == 0)
			return true;
	}
	return complain("share", "schema/ was found neither in the source tree nor beside the "
				 "program; set share");
}

static bool make_data(const char *directory)
{
	if (mkdir(directory, 0700) == 0 || errno == EEXIST)
		return true;
	return complain(directory, strerror(errno));
}

/* ---- what stands on them ---- */

/* NULL for what is not set. */
static const char *string_or_null(struct text t)
{
	return t.size ? t.at : NULL;
}

static bool choose_database(struct program *program)
{
	const struct settings *settings = &program->settings;
	char why[WHY_MAX] = "";

	if (settings_name_database(settings)) {
		program->database = (struct db_config){
			.socket = string_or_null(settings->database_socket),
			.host = string_or_null(settings->database_host),
			.port = (int)settings->database_port,
			.user = settings->database_user.at,
			.password = settings->database_password.at,
			.database = settings->database_name.at,
		};
		program->app.database = &program->database;
		return true;
	}
	program->app.embedded = embedded_start(settings->data.at, &program->app.log, why);
	if (!program->app.embedded)
		return complain("embedded database", why);
	program->app.database = embedded_config(program->app.embedded);
	return true;
}

static struct text key_path(struct program *program, const char *name)
{
	return arena_print(program->arena, "%.*s/keys/%s", TEXT_FMT(program->settings.data), name);
}

static bool key_stands(struct program *program, const char *name)
{
	struct text path = key_path(program, name);

	if (path.at && access(path.at, F_OK) == 0)
		return true;
	return complain(path.at ? path.at : name,
			"is missing, and the database holds what can be read only with it: put the "
			"file back from its backup, or say --data with the directory that has it");
}

/*
 * A new key over an old database would be found out by whoever needs the old one, much later. The
 * database is asked first: of several processes that start together on an empty one, whoever sees
 * what another has written sees the files that it made before.
 */
static bool keys_stand(struct program *program)
{
	struct key_need need;
	enum err e = key_need_read(program->db, &need);
	bool stand = true;

	if (e)
		return complain("database", err_info(e)->sentence[EN]);
	if (need.authentication)
		stand = key_stands(program, "authentication.key");
	if (need.encryption)
		stand = key_stands(program, "encryption.keys") && stand;
	return stand;
}

static bool open_keys(struct program *program)
{
	char why[WHY_MAX] = "";
	struct text directory =
		arena_print(program->arena, "%.*s/keys", TEXT_FMT(program->settings.data));

	if (!directory.at)
		return complain("keys", "out of memory");
	program->app.keys = keys_load(directory.at, why);
	return program->app.keys || complain("keys", why);
}

static enum err convert(struct db *db, void *context)
{
	struct arena *arena = arena_new(0);
	enum err e = arena ? convert_all(context, db, arena) : ERR_MEMORY;

	arena_free(arena);
	return e;
}

static bool open_database(struct program *program)
{
	if (!choose_database(program))
		return false;
	program->db = db_new(program->app.database, &program->app.log);
	enum err e = program->db ? db_connect(program->db) : ERR_MEMORY;
	return !e || complain("database", err_info(e)->sentence[EN]);
}

static bool open_schema(struct program *program)
{
	const char *schema = program_path(&program->app, "schema/sql");
	size_t applied = 0;

	if (!schema)
		return complain("schema", "out of memory");
	enum err e = db_migrate_then(program->db, schema, &program->app.log, &applied, convert,
				     &program->app);
	if (e)
		return complain("schema", "cannot be brought up to date, see the log");
	if (applied)
		log_line(&program->app.log, LOG_INFO, "schema", "migrated",
			 LOG_INT("files", (int64_t)applied));
	return true;
}

static bool open_reference(struct program *program)
{
	struct buffer faults = { .max = KIB(64) };
	bool done = reference_load(&program->app, program->db, &faults);

	if (!done)
		fprintf(stderr, "xiangcai: reference data:\n%.*s", TEXT_FMT(buffer_text(&faults)));
	buffer_free(&faults);
	return done;
}

/* The program's clock begins at the instant that was set, and runs on; the same when a command
 * opens the program in two steps. */
static void set_clock(struct program *program)
{
	int64_t instant;

	if (program->settings.clock.size && instant_parse(program->settings.clock, &instant))
		program->app.clock.shift_us = instant - clock_now(&(struct clock){ 0 });
}

/*
 * While things are opened nobody could close them again: a signal to end waits until all stand, and
 * then ends the program in good order, with the database that it had started.
 */
static sigset_t endings(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

bool program_told_to_end(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

/* Who only looks must not be shown an empty database made for the occasion. */
static bool data_stands(struct program *program)
{
	const struct settings *settings = &program->settings;
	struct text place = arena_print(program->arena, "%.*s/db", TEXT_FMT(settings->data));

	if (settings_name_database(settings) || (place.at && access(place.at, F_OK) == 0))
		return true;
	return complain(settings->data.at, "holds no data; say --data DIR");
}

static bool open_all(struct program *program, enum needs needs)
{
	sigset_t set = endings();

	if (needs == NEEDS_DATA && !data_stands(program))
		return false;

	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!find_share(program) || !make_data(program->settings.data.at) ||
	    !open_database(program) || !keys_stand(program) || !open_keys(program) ||
	    !open_schema(program) || !open_reference(program))
		return false;
	if (program_told_to_end())
		return complain("start", "told to end");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return true;
}

void program_hold_signals(void)
{
	sigset_t set = endings();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool program_open(struct program *program, enum needs needs)
{
	struct app *app = &program->app;

	signal(SIGPIPE, SIG_IGN);
	set_clock(program);
	app->settings = program->settings.run;
	app->identity = &program->settings.identity;
	assembly_make(&program->assembly);
	app->hooks = &program->assembly.hooks;
	app->log = (struct log){ .fd = STDERR_FILENO,
				 .level = (enum log_level)program->settings.log_level,
				 .clock = &app->clock };
	return needs == NEEDS_SETTINGS || open_all(program, needs);
}

void program_close(struct program *program)
{
	sigset_t set = endings();

	sigprocmask(SIG_BLOCK, &set, NULL); /* nor is closing cut short */
	db_free(program->db);
	embedded_stop(program->app.embedded);
	keys_free(program->app.keys);
	arena_free(program->arena);
}
