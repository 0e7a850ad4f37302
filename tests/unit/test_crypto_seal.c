/*
 * Sealed fields and their ring of keys: as another implementation seals, no byte changed unnoticed,
 * no value moved, keys added by other processes found, none of them lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail

#include "xiangcai/crypto.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 200, WHY_SIZE = 128 };

struct place {
	char directory[PATH_SIZE], key[PATH_SIZE], ring[PATH_SIZE];
	struct keys *keys;
	struct arena *arena;
};

static const struct seal_place phone = {
	"contact",
	"phone",
	{ { 0x01, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0x70, 0xe0, 0x8f, 0x90, 0xa1, 0xb2, 0xc3, 0xd4,
	    0xe5, 0xf6 } },
};

static struct keys *load(const struct place *place)
{
	char why[WHY_SIZE] = "";
	struct keys *keys = keys_load(place->directory, why);

	assert_string_equal(why, "");
	assert_non_null(keys);
	return keys;
}

static int make_place(void **state)
{
	struct place *place = memory_take(sizeof(*place));

	if (!place)
		return -1;
	snprintf(place->directory, sizeof(place->directory), "/tmp/test_seal_XXXXXX");
	if (!mkdtemp(place->directory))
		return -1;
	snprintf(place->key, sizeof(place->key), "%.80s/authentication.key", place->directory);
	snprintf(place->ring, sizeof(place->ring), "%.80s/encryption.keys", place->directory);
	place->arena = arena_new(0);
	place->keys = load(place);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;

	keys_free(place->keys);
	arena_free(place->arena);
	unlink(place->key);
	unlink(place->ring);
	/* nothing but the keys was left behind */
	if (rmdir(place->directory) != 0)
		return -1;
	memory_free(place);
	return 0;
}

/* Puts @content into the place of the ring as another process does: whole, by renaming. */
static void write_ring(const struct place *place, struct text content, mode_t mode)
{
	char draft[PATH_SIZE + 8];

	snprintf(draft, sizeof(draft), "%s.new", place->ring);

	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content.at, content.size), content.size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	assert_int_equal(rename(draft, place->ring), 0);
}

static struct text read_ring(const struct place *place)
{
	char bytes[8192];
	int fd = open(place->ring, O_RDONLY);
	ssize_t size = read(fd, bytes, sizeof(bytes));

	assert_true(size >= 0);
	close(fd);
	return arena_text(place->arena, (struct text){ bytes, (size_t)size });
}

static struct text seal(const struct place *place, const struct keys *keys, struct text plain)
{
	struct text sealed;

	assert_int_equal(seal_text(keys, phone, plain, place->arena, &sealed), OK);
	assert_int_equal(sealed.size, plain.size + SEAL_OVERHEAD);
	return sealed;
}

static void holds(const struct place *place, const struct keys *keys, struct text sealed,
		  struct text plain)
{
	struct text out;

	assert_int_equal(unseal_text(keys, phone, sealed, place->arena, &out), OK);
	assert_non_null(out.at);
	assert_true(text_equal(out, plain));
}

static void refused(const struct place *place, const struct keys *keys, struct seal_place at,
		    struct text sealed)
{
	struct text out = TEXT("left");

	assert_int_equal(unseal_text(keys, at, sealed, place->arena, &out), ERR_SEAL);
	assert_null(out.at);
}

static void sealed_and_back(void **state)
{
	static const char *const plains[] = { "", "1", "13800001234", "湘采 · 建设银行" };
	struct place *place = *state;
	struct text whole = { arena_take(place->arena, SEALED_PLAIN_MAX), SEALED_PLAIN_MAX };
	struct text out = TEXT("left");

	for (size_t i = 0; i < COUNT_OF(plains); i++) {
		struct text plain = text_of(plains[i]);
		struct text one = seal(place, place->keys, plain);
		struct text two = seal(place, place->keys, plain);

		holds(place, place->keys, one, plain);
		holds(place, place->keys, two, plain);
		assert_false(text_equal(one, two));
	}
	holds(place, place->keys, seal(place, place->keys, whole), whole);
	assert_int_equal(seal_text(place->keys, phone, NO_TEXT, place->arena, &out), OK);
	assert_null(out.at);
	out = TEXT("left");
	assert_int_equal(unseal_text(place->keys, phone, NO_TEXT, place->arena, &out), OK);
	assert_null(out.at);
}

static void as_others_seal(void **state)
{
	/* by another implementation of AES-256-GCM */
	static const char ring[] = "0badcafe "
				   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
				   "1f 2026-11-22T00:00:00.000000Z\n";
	static const struct {
		const char *plain, *sealed;
	} cases[] = {
		{ "13800001234", "010badcafea0a1a2a3a4a5a6a7a8a9aaabd72b441d75fb328e5056b3439a4637"
				 "05770a4176c525816012aad7" },
		{ "", "010badcafea0a1a2a3a4a5a6a7a8a9aaab72afa777a73b6140e004e097886cba64" },
		{ "湘采", "010badcafea0a1a2a3a4a5a6a7a8a9aaab00a1e4c4c24cb900b6844682f86df3b2f78203"
			  "eda8be" },
	};
	struct place *place = *state;
	uint8_t now[SEAL_KEY_ID_SIZE], bytes[64];

	write_ring(place, text_of(ring), 0600);

	struct keys *keys = load(place);

	seal_key_now(keys, now);
	assert_memory_equal(now, "\x0b\xad\xca\xfe", sizeof(now));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text hex = text_of(cases[i].sealed);

		assert_true(hex_parse(hex, bytes, hex.size / 2));
		holds(place, keys, (struct text){ (const char *)bytes, hex.size / 2 },
		      text_of(cases[i].plain));
	}
	keys_free(keys);
}

static void any_byte_changed_is_noticed(void **state)
{
	struct place *place = *state;
	struct text sealed = seal(place, place->keys, TEXT("13800001234"));
	char *bytes = arena_copy(place->arena, sealed.at, sealed.size);
	uint8_t id[SEAL_KEY_ID_SIZE];
	char why[WHY_SIZE];

	for (size_t i = 0; i < sealed.size; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] ^= (char)(1 << bit);
			refused(place, place->keys, phone, (struct text){ bytes, sealed.size });
			bytes[i] ^= (char)(1 << bit);
		}
	for (size_t size = 0; size < sealed.size; size++)
		refused(place, place->keys, phone, text_part(sealed, 0, size));
	for (size_t from = 1; from <= sealed.size; from++)
		refused(place, place->keys, phone, text_part(sealed, from, sealed.size));
	holds(place, place->keys, (struct text){ bytes, sealed.size }, TEXT("13800001234"));

	/* the id of another key that exists */
	assert_true(seal_key_add(place->keys, 1, id, why));
	memcpy(bytes + 1, id, sizeof(id));
	refused(place, place->keys, phone, (struct text){ bytes, sealed.size });
}

static void no_value_can_be_moved(void **state)
{
	struct place *place = *state;
	struct text sealed = seal(place, place->keys, TEXT("13800001234"));
	struct seal_place table = phone, column = phone, border = phone, row = phone;

	table.table = "contacts";
	column.column = "name";
	border.table = "contac";
	border.column = "tphone";
	refused(place, place->keys, table, sealed);
	refused(place, place->keys, column, sealed);
	refused(place, place->keys, border, sealed);
	for (size_t i = 0; i < sizeof(row.row.bytes); i++) {
		row.row.bytes[i] ^= 1;
		refused(place, place->keys, row, sealed);
		row.row.bytes[i] ^= 1;
	}
	holds(place, place->keys, sealed, TEXT("13800001234"));
}

static void indexes_are_of_table_and_column(void **state)
{
	/* under the key 00 01 … 1f, by another implementation */
	static const char *const known[][2] = {
		{ "13800001234",
		  "470a9cf0a9c8344aeccb4cf25ad5648d837abf06c1984ec564940d26742b63bc" },
		{ "", "c0155e544e2e3c04a09c93308d6d07f99a6a2d4a5cb2fd0929f94bf3259ed3a2" },
	};
	struct place *place = *state;
	char key[32], hex[2 * DIGEST_SIZE + 1];
	int fd = open(place->key, O_WRONLY | O_TRUNC);

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (char)i;
	assert_int_equal(write(fd, key, sizeof(key)), sizeof(key));
	close(fd);

	struct keys *keys = load(place);

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		struct digest index = seal_index(keys, "contact", "phone", text_of(known[i][0]));

		hex_format(index.bytes, sizeof(index.bytes), hex);
		assert_string_equal(hex, known[i][1]);
	}
	assert_false(digest_equal(seal_index(keys, "contact", "phone", TEXT("1")),
				  seal_index(keys, "contact", "name", TEXT("1"))));
	assert_false(digest_equal(seal_index(keys, "contact", "phone", TEXT("1")),
				  seal_index(place->keys, "contact", "phone", TEXT("1"))));
	keys_free(keys);
}

/* Another process adds a key: what it seals is read at once, and sealed under a second later. */
static void keys_of_others_are_found(void **state)
{
	struct place *place = *state;
	struct keys *other = load(place);
	uint8_t id[SEAL_KEY_ID_SIZE], now[SEAL_KEY_ID_SIZE];
	char why[WHY_SIZE];
	struct text old = seal(place, place->keys, TEXT("old"));

	for (int i = 0; i < 3; i++) {
		assert_true(seal_key_add(other, 1, id, why));

		struct text new = seal(place, other, TEXT("new"));

		assert_memory_equal(new.at + 1, id, sizeof(id));
		holds(place, place->keys, new, TEXT("new"));
		holds(place, place->keys, old, TEXT("old"));
	}
	/* a reader that never meets the new key sees it by its clock */
	assert_true(seal_key_add(other, 1, id, why));
	usleep(SEAL_NOTICE_US + 50000);
	seal_key_now(place->keys, now);
	assert_memory_equal(now, id, sizeof(id));
	keys_free(other);
}

static void keys_that_are_gone_read_nothing(void **state)
{
	struct place *place = *state;
	struct text old = seal(place, place->keys, TEXT("old"));
	struct seal_key listed[SEAL_KEYS_MAX];
	uint8_t first[SEAL_KEY_ID_SIZE], id[SEAL_KEY_ID_SIZE];
	size_t count = 0;
	char why[WHY_SIZE] = "";

	seal_key_now(place->keys, first);
	assert_false(seal_key_drop(place->keys, first, why));
	assert_string_equal(why, "the newest key is in use");
	assert_true(seal_key_add(place->keys, INT64_C(1700000000123456), id, why));
	assert_true(seal_key_list(place->keys, listed, &count, why));
	assert_int_equal(count, 2);
	assert_memory_equal(listed[0].id, first, sizeof(first));
	assert_memory_equal(listed[1].id, id, sizeof(id));
	assert_int_equal(listed[1].made, INT64_C(1700000000123456));
	holds(place, place->keys, old, TEXT("old"));
	assert_true(seal_key_drop(place->keys, first, why));
	refused(place, place->keys, phone, old);
	assert_false(seal_key_drop(place->keys, first, why));
	assert_string_equal(why, "there is no such key");
	assert_true(seal_key_list(place->keys, listed, &count, why));
	assert_int_equal(count, 1);
}

/* A file that is damaged while the server runs: it goes on with what it knows. */
static void a_damaged_file_changes_nothing(void **state)
{
	struct place *place = *state;
	struct text sealed = seal(place, place->keys, TEXT("old")), file = read_ring(place);
	uint8_t id[SEAL_KEY_ID_SIZE];
	char why[WHY_SIZE] = "";

	write_ring(place, TEXT("what is this?\n"), 0600);
	assert_false(seal_key_add(place->keys, 1, id, why));
	assert_string_equal(why, "encryption.keys: line 1 is not a key");
	holds(place, place->keys, sealed, TEXT("old"));
	unlink(place->ring);
	holds(place, place->keys, sealed, TEXT("old"));
	write_ring(place, file, 0600);
	assert_true(seal_key_add(place->keys, 1, id, why));
	holds(place, place->keys, sealed, TEXT("old"));
}

static void refuses_what_is_not_safe(void **state)
{
	struct place *place = *state;
	struct text good = read_ring(place);
	struct text twice = arena_print(place->arena, "%.*s%.*s", TEXT_FMT(good), TEXT_FMT(good));
	char why[WHY_SIZE];
	const struct {
		struct text content;
		mode_t mode;
		const char *why;
	} cases[] = {
		{ good, 0640, "encryption.keys is open to others (mode 640, should be 600)" },
		{ good, 0604, "encryption.keys is open to others (mode 604, should be 600)" },
		{ TEXT(""), 0600, "encryption.keys holds no key" },
		{ TEXT("\n"), 0600, "encryption.keys: line 1 is not a key" },
		{ text_part(good, 0, 20), 0600, "encryption.keys: line 1 is not a key" },
		{ text_part(good, 1, good.size), 0600, "encryption.keys: line 1 is not a key" },
		{ twice, 0600, "encryption.keys: line 2 is not a key" },
		{ { arena_take(place->arena, 8000), 8000 }, 0600, "encryption.keys is too long" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_ring(place, cases[i].content, cases[i].mode);
		assert_null(keys_load(place->directory, why));
		assert_string_equal(why, cases[i].why);
	}
	unlink(place->ring);
	assert_int_equal(symlink("/etc/passwd", place->ring), 0);
	assert_null(keys_load(place->directory, why));
	assert_non_null(strstr(why, "encryption.keys cannot be opened"));
	unlink(place->ring);
	keys_free(load(place));
	assert_int_equal(chmod(place->ring, 0600), 0);
}

/* Processes that add keys at the same time lose none, and the file never holds too many. */
static void additions_at_once_lose_none(void **state)
{
	enum { WRITERS = 4, EACH = 5 };
	struct place *place = *state;
	struct seal_key listed[SEAL_KEYS_MAX];
	uint8_t id[SEAL_KEY_ID_SIZE];
	size_t count = 0;
	char why[WHY_SIZE] = "";

	for (int i = 0; i < WRITERS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			bool done = true;

			for (int k = 0; k < EACH && done; k++)
				done = seal_key_add(place->keys, k, id, why);
			_exit(done ? 0 : 1);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = 1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_true(seal_key_list(place->keys, listed, &count, why));
	assert_int_equal(count, 1 + WRITERS * EACH);
	while (count < SEAL_KEYS_MAX) {
		assert_true(seal_key_add(place->keys, 1, id, why));
		count++;
	}
	assert_false(seal_key_add(place->keys, 1, id, why));
	assert_non_null(strstr(why, "encryption.keys is full"));
	holds(place, place->keys, seal(place, place->keys, TEXT("x")), TEXT("x"));
}

/* One of several threads that seal and read while keys are added. */
struct worker {
	struct keys *keys;
	const char *failed; /* what went wrong; NULL */
};

static void *work(void *arg)
{
	enum { ROUNDS = 3000 };
	struct worker *worker = arg;
	struct arena *arena = arena_new(0);
	struct text sealed, plain;

	for (int i = 0; i < ROUNDS && !worker->failed; i++) {
		arena_reset(arena);
		if (seal_text(worker->keys, phone, TEXT("13800001234"), arena, &sealed))
			worker->failed = "sealing";
		else if (unseal_text(worker->keys, phone, sealed, arena, &plain) ||
			 !text_is(plain, "13800001234"))
			worker->failed = "reading";
	}
	arena_free(arena);
	return NULL;
}

static void threads_share_the_ring(void **state)
{
	enum { THREADS = 4, ADDITIONS = 12 };
	struct place *place = *state;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	uint8_t id[SEAL_KEY_ID_SIZE];
	char why[WHY_SIZE] = "";
	struct text last;

	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .keys = place->keys };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < ADDITIONS; i++) {
		assert_true(seal_key_add(place->keys, i, id, why));
		holds(place, place->keys, seal(place, place->keys, TEXT("x")), TEXT("x"));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (workers[i].failed)
			print_error("thread %d: %s\n", i, workers[i].failed);
		assert_null(workers[i].failed);
	}
	/* who seals after all this, seals under the last one */
	last = seal(place, place->keys, TEXT("x"));
	assert_memory_equal(last.at + 1, id, sizeof(id));
}

/* Several first starts at once agree on one key. */
static void first_starts_agree(void **state)
{
	enum { STARTS = 8 };
	struct place *place = *state;
	uint8_t seen[STARTS][SEAL_KEY_ID_SIZE];
	int ends[2];

	unlink(place->ring);
	assert_int_equal(pipe(ends), 0);
	for (int i = 0; i < STARTS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			char why[WHY_SIZE];
			struct keys *keys = keys_load(place->directory, why);
			uint8_t id[SEAL_KEY_ID_SIZE] = { 0 };

			if (keys)
				seal_key_now(keys, id);
			_exit(keys && write(ends[1], id, sizeof(id)) == sizeof(id) ? 0 : 1);
		}
	}
	for (int i = 0; i < STARTS; i++) {
		int status = 1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(ends[0], seen[i], sizeof(seen[i])), sizeof(seen[i]));
		assert_memory_equal(seen[i], seen[0], sizeof(seen[i]));
	}
	close(ends[0]);
	close(ends[1]);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(sealed_and_back),
		IN_PLACE(as_others_seal),
		IN_PLACE(any_byte_changed_is_noticed),
		IN_PLACE(no_value_can_be_moved),
		IN_PLACE(indexes_are_of_table_and_column),
		IN_PLACE(keys_of_others_are_found),
		IN_PLACE(keys_that_are_gone_read_nothing),
		IN_PLACE(a_damaged_file_changes_nothing),
		IN_PLACE(refuses_what_is_not_safe),
		IN_PLACE(additions_at_once_lose_none),
		IN_PLACE(threads_share_the_ring),
		IN_PLACE(first_starts_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
