/*
 * `xiangcai keys`: the keys that sealed fields are under. `rotate` adds a key and seals every value
 * again under it, beside servers that run: each value is written only where it is still the one
 * that was read, so that no change of anybody's is lost, and the tables are gone through until none
 * is left, because a server goes on sealing under the key before for up to a second. `drop` waits
 * until nothing that was sealed under a key before it was superseded can still be on its way into
 * the database, which is as long as a request or a step of a job may take by the settings, and
 * then refuses while any value is under it.
 */
#include "command.h"
#include "sealed.h"

#include <string.h>
#include <time.h>

enum {
	WHY_MAX = 128,
	PASSES_MAX = 1000,
	KEY_TEXT_SIZE = 2 * SEAL_KEY_ID_SIZE + 1,
	/* how long servers may still seal under the key before; and what stands behind the longest
	 * that what they sealed may take to its COMMIT: the notice, and a little */
	NOTICE_US = 3 * SEAL_NOTICE_US,
	MARGIN_S = 10
};
#define PAGE_ARENA_MAX MIB(16)

struct keys_run {
	struct app *app;
	struct db *db;
	struct arena *arena; /* of the whole run */
	struct arena *page;  /* emptied between pages */
};

struct key_count {
	struct text key;
	int64_t count;
};
static const struct field key_count_fields[] = {
	{ "key", KIND_BYTES, FIELD_AT(key_count, key) },
	{ "count", KIND_INT, FIELD_AT(key_count, count) },
};

static struct text id_text(const uint8_t *id)
{
	return (struct text){ (const char *)id, SEAL_KEY_ID_SIZE };
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "xiangcai: keys: %s: %s\n", what, why);
	return EXIT_FAULTS;
}

static int64_t real_now(void)
{
	return clock_now(&(struct clock){ 0 });
}

static void wait_us(int64_t duration)
{
	const struct timespec time = { duration / SEAL_NOTICE_US,
				       duration % SEAL_NOTICE_US * 1000 };

	if (duration > 0)
		nanosleep(&time, NULL);
}

/* ---- all sealed columns ---- */

typedef enum err column_fn(struct keys_run *run, const struct sealed_column *column, void *context);

static enum err each_column(struct keys_run *run, column_fn *fn, void *context)
{
	enum err e = OK;

	for (size_t i = 0; i < sealed_table_count; i++)
		for (size_t k = 0; k < *sealed_tables[i].count && !e; k++) {
			arena_reset(run->page);
			e = fn(run, &sealed_tables[i].columns[k], context);
		}
	return e;
}

static enum err counts_read(struct keys_run *run, const struct sealed_column *column,
			    struct list *out)
{
	return db_list(run->db, &column->count, db_none, key_count_fields,
		       COUNT_OF(key_count_fields), sizeof(struct key_count), run->page, out);
}

/* ---- the trail ---- */

struct key_event {
	const char *kind;
	struct text key;
};
static const struct field key_event_fields[] = {
	{ "key", KIND_BYTES, FIELD_AT(key_event, key) },
};

static enum err key_event_write(struct tx *tx, void *arg)
{
	const struct key_event *event = arg;

	return audit_event(tx, &(struct audit_note){ .kind = event->kind,
						     .object = tx->event,
						     .fields = key_event_fields,
						     .field_count = COUNT_OF(key_event_fields),
						     .after = event });
}

static enum err key_event(struct keys_run *run, const char *kind, const uint8_t *id)
{
	struct problems problems = { .arena = run->arena };
	struct step step = command_step(run->app, run->arena, &problems);
	struct key_event event = { kind, id_text(id) };
	char unique[37];
	struct text key =
		arena_print(run->arena, "%s-%s", kind, id_format(id_new(real_now()), unique).at);

	return key.at ? run_step(&step, key, key_event_write, &event, NULL) : ERR_MEMORY;
}

/* ---- list ---- */

struct shown {
	const uint8_t *id;
	bool current; /* of this one every column is told, also those without values */
};

static enum err print_counts(struct keys_run *run, const struct sealed_column *column,
			     void *context)
{
	const struct shown *shown = context;
	struct list counts = { 0 };
	int64_t values = 0;
	enum err e = counts_read(run, column, &counts);

	for (size_t i = 0; i < counts.count && !e; i++) {
		const struct key_count *count = LIST_ITEM(counts, struct key_count, i);

		if (text_equal(count->key, id_text(shown->id)))
			values += count->count;
	}
	if (!e && (values || shown->current))
		printf("  %s.%s %lld\n", column->table, column->column, (long long)values);
	return e;
}

struct strangers {
	const struct seal_key *keys;
	size_t count;
	int64_t values;
};

static bool is_listed(const struct strangers *strangers, struct text id)
{
	for (size_t i = 0; i < strangers->count; i++)
		if (text_equal(id_text(strangers->keys[i].id), id))
			return true;
	return false;
}

/* Values under a key that is not in the file: nobody can read them. */
static enum err print_strangers(struct keys_run *run, const struct sealed_column *column,
				void *context)
{
	struct strangers *strangers = context;
	struct list counts = { 0 };
	enum err e = counts_read(run, column, &counts);

	for (size_t i = 0; i < counts.count && !e; i++) {
		const struct key_count *count = LIST_ITEM(counts, struct key_count, i);
		char hex[2 * SEALED_PLAIN_MAX];

		if (is_listed(strangers, count->key))
			continue;
		fprintf(stderr,
			"xiangcai: keys: %s.%s: %lld values are under %s, which is nowhere\n",
			column->table, column->column, (long long)count->count,
			hex_format(count->key.at, count->key.size, hex).at);
		strangers->values += count->count;
	}
	return e;
}

static int keys_list(struct keys_run *run, const char *id)
{
	struct seal_key keys[SEAL_KEYS_MAX];
	struct strangers strangers = { .keys = keys };
	char why[WHY_MAX], hex[KEY_TEXT_SIZE], made[28];
	enum err e = OK;

	(void)id;
	if (!seal_key_list(run->app->keys, keys, &strangers.count, why))
		return complain("list", why);
	for (size_t i = 0; i < strangers.count && !e; i++) {
		struct shown shown = { keys[i].id, i + 1 == strangers.count };

		printf("%s %s%s\n", hex_format(keys[i].id, sizeof(keys[i].id), hex).at,
		       instant_format(keys[i].made, made).at, shown.current ? " current" : "");
		e = each_column(run, print_counts, &shown);
	}
	if (!e)
		e = each_column(run, print_strangers, &strangers);
	if (e)
		return complain("counting", err_info(e)->sentence[EN]);
	return strangers.values ? EXIT_FAULTS : EXIT_FINE;
}

/* ---- add ---- */

static int key_add(struct keys_run *run, uint8_t *id)
{
	char why[WHY_MAX];

	if (!seal_key_add(run->app->keys, real_now(), id, why))
		return complain("adding", why);

	enum err e = key_event(run, "key.added", id);

	return e ? complain("the key is added, but not in the trail", err_info(e)->sentence[EN])
		 : EXIT_FINE;
}

static int keys_add(struct keys_run *run, const char *unused)
{
	uint8_t id[SEAL_KEY_ID_SIZE];
	char hex[KEY_TEXT_SIZE];

	(void)unused;
	if (key_add(run, id) != EXIT_FINE)
		return EXIT_FAULTS;
	printf("%s\n", hex_format(id, sizeof(id), hex).at);
	return EXIT_FINE;
}

/* ---- rotate ---- */

struct rotation {
	struct keys_run *run;
	uint8_t key[SEAL_KEY_ID_SIZE];
	int64_t sealed;     /* of all passes */
	int64_t left;       /* of this pass: found, but somebody else was writing them */
	int64_t found;      /* of this pass */
	int64_t unreadable; /* of this pass */
};

static void say_unreadable(const struct sealed_column *column, struct id row)
{
	char text[37];

	fprintf(stderr, "xiangcai: keys: %s.%s of %s cannot be read\n", column->table,
		column->column, id_format(row, text).at);
}

static enum err value_seal(const struct sealed_column *column, struct id row, struct text value,
			   struct arena *page, void *context)
{
	struct rotation *rotation = context;
	struct seal_place place = { column->table, column->column, row };
	const struct keys *keys = rotation->run->app->keys;
	struct db *db = rotation->run->db;
	struct text plain, sealed;
	enum err e = unseal_text(keys, place, value, page, &plain);

	rotation->found++;
	if (e == ERR_SEAL) {
		rotation->unreadable++;
		say_unreadable(column, row);
		return OK;
	}
	if (!e)
		e = seal_text(keys, place, plain, page, &sealed);
	if (!e)
		e = db_exec(db, &column->write,
			    db_values(value_bytes(sealed), row, value_bytes(value)));
	if (e == ERR_DB_CONFLICT || e == ERR_DB_LOCKED || (!e && db_affected(db) == 0)) {
		rotation->left++;
		return OK;
	}
	rotation->sealed += !e;
	if (!e && rotation->sealed % 1000 == 0)
		fprintf(stderr, "xiangcai: keys: %lld values sealed\n",
			(long long)rotation->sealed);
	return !e && program_told_to_end() ? ERR_BUSY : e;
}

static enum err column_seal(struct keys_run *run, const struct sealed_column *column, void *context)
{
	struct rotation *rotation = context;
	int64_t before = rotation->sealed;
	enum err e = sealed_each(run->db, column, id_text(rotation->key), run->page, value_seal,
				 rotation);

	if (rotation->sealed > before)
		fprintf(stderr, "xiangcai: keys: %s.%s: %lld values sealed\n", column->table,
			column->column, (long long)(rotation->sealed - before));
	return e;
}

/*
 * Until a pass that began when every server had noticed the key finds nothing that can be read
 * under another one. When somebody adds a newer key meanwhile, that one is the key.
 */
static enum err rotation_run(struct keys_run *run, struct rotation *rotation)
{
	int64_t added = clock_monotonic();

	for (int pass = 0; pass < PASSES_MAX; pass++) {
		uint8_t newest[SEAL_KEY_ID_SIZE];
		int64_t began = clock_monotonic();

		seal_key_now(run->app->keys, newest);
		if (memcmp(newest, rotation->key, sizeof(newest)) != 0) {
			memcpy(rotation->key, newest, sizeof(newest));
			added = began;
		}
		rotation->found = rotation->left = rotation->unreadable = 0;
		enum err e = each_column(run, column_seal, rotation);
		if (e)
			return e;
		if (rotation->found == rotation->unreadable && began - added >= NOTICE_US)
			return OK;
		if (program_told_to_end())
			return ERR_BUSY;
		wait_us(rotation->left ? SEAL_NOTICE_US / 10
				       : NOTICE_US - (clock_monotonic() - added));
	}
	return ERR_BUSY;
}

static int keys_rotate(struct keys_run *run, const char *unused)
{
	struct rotation rotation = { .run = run };
	char hex[KEY_TEXT_SIZE];

	(void)unused;
	if (key_add(run, rotation.key) != EXIT_FINE)
		return EXIT_FAULTS;
	program_hold_signals();
	enum err e = rotation_run(run, &rotation);
	if (!e)
		e = key_event(run, "key.rotated", rotation.key);
	hex_format(rotation.key, sizeof(rotation.key), hex);
	printf("%s: %lld values sealed, %lld cannot be read\n", hex, (long long)rotation.sealed,
	       (long long)rotation.unreadable);
	if (e)
		return complain("rotating stopped; run it again to go on",
				err_info(e)->sentence[EN]);
	return rotation.unreadable ? EXIT_FAULTS : EXIT_FINE;
}

/* ---- drop ---- */

struct needed {
	const uint8_t *id;
	int64_t values;
};

static enum err count_needed(struct keys_run *run, const struct sealed_column *column,
			     void *context)
{
	struct needed *needed = context;
	struct list counts = { 0 };
	enum err e = counts_read(run, column, &counts);

	for (size_t i = 0; i < counts.count && !e; i++) {
		const struct key_count *count = LIST_ITEM(counts, struct key_count, i);

		if (text_equal(count->key, id_text(needed->id)))
			needed->values += count->count;
	}
	return e;
}

/* When the key that came behind @id was made; false when there is none, or no such key. */
static bool superseded_at(struct keys_run *run, const uint8_t *id, int64_t *out, char *why)
{
	struct seal_key keys[SEAL_KEYS_MAX];
	size_t count = 0;

	if (!seal_key_list(run->app->keys, keys, &count, why))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (memcmp(keys[i].id, id, SEAL_KEY_ID_SIZE) != 0)
			continue;
		if (i + 1 < count) {
			*out = keys[i + 1].made;
			return true;
		}
		snprintf(why, WHY_MAX, "the newest key is in use");
		return false;
	}
	snprintf(why, WHY_MAX, "there is no such key");
	return false;
}

/* By the settings of this process, which are those of the servers on the same file. */
static int64_t in_flight_us(const struct app *app)
{
	int64_t handling_s = app->settings.handling_s;

	return ((handling_s > STEP_BUDGET_S ? handling_s : STEP_BUDGET_S) + MARGIN_S) * SECOND_US;
}

static int refuse_needed(struct keys_run *run, const uint8_t *id)
{
	struct needed needed = { .id = id };
	enum err e = each_column(run, count_needed, &needed);

	if (e)
		return complain("counting", err_info(e)->sentence[EN]);
	if (!needed.values)
		return EXIT_FINE;
	fprintf(stderr, "xiangcai: keys: drop: %lld values are under it; rotate first\n",
		(long long)needed.values);
	return EXIT_FAULTS;
}

static int keys_drop(struct keys_run *run, const char *text)
{
	uint8_t id[SEAL_KEY_ID_SIZE];
	char why[WHY_MAX];
	int64_t superseded;

	if (!text || !hex_parse(text_of(text), id, sizeof(id))) {
		fprintf(stderr,
			"xiangcai: keys: drop: say the key's id, eight hexadecimal digits\n");
		return EXIT_USAGE;
	}
	if (!superseded_at(run, id, &superseded, why))
		return complain("drop", why);
	if (refuse_needed(run, id) != EXIT_FINE)
		return EXIT_FAULTS;

	int64_t longest = in_flight_us(run->app), wait = superseded + longest - real_now();

	if (wait > 0) {
		fprintf(stderr, "xiangcai: keys: drop: waits %lld s for what is on its way\n",
			(long long)wait / SEAL_NOTICE_US + 1);
		wait_us(wait < longest ? wait : longest);
		if (refuse_needed(run, id) != EXIT_FINE)
			return EXIT_FAULTS;
	}
	enum err e = key_event(run, "key.dropped", id);
	if (e)
		return complain("drop", err_info(e)->sentence[EN]);
	if (!seal_key_drop(run->app->keys, id, why))
		return complain("drop", why);
	printf("%s dropped\n", text);
	return EXIT_FINE;
}

/* ---- the command ---- */

static const struct keys_action {
	const char *name;
	int (*run)(struct keys_run *run, const char *id);
	bool takes_id;
} actions[] = {
	{ "list", keys_list, false },
	{ "add", keys_add, false },
	{ "rotate", keys_rotate, false },
	{ "drop", keys_drop, true },
};

static const struct keys_action *action_of(int argc, char **argv)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (argc > 0 && strcmp(actions[i].name, argv[0]) == 0 &&
		    argc == 1 + actions[i].takes_id)
			return &actions[i];
	return NULL;
}

int command_keys(struct app *app, int argc, char **argv)
{
	const struct keys_action *action = action_of(argc, argv);
	struct keys_run run = { .app = app };
	int status = EXIT_FAULTS;

	if (!action) {
		fprintf(stderr,
			"xiangcai: keys: say \"keys list\", \"keys add\", \"keys rotate\" or "
			"\"keys drop ID\"\n");
		return EXIT_USAGE;
	}
	if (!program_open(program_of(app), NEEDS_DATA))
		return EXIT_FAULTS;
	run.db = program_of(app)->db;
	run.arena = arena_new(PAGE_ARENA_MAX);
	run.page = arena_new(PAGE_ARENA_MAX);
	if (run.arena && run.page)
		status = action->run(&run, action->takes_id ? argv[1] : NULL);
	arena_free(run.arena);
	arena_free(run.page);
	return status;
}
